//! From the clear part of stored alerts to facts.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;

use super::EpisodeAlert;
use crate::calendar;
use crate::domain::alert::TimerKind;
use crate::domain::counted::AssessmentDone;
use crate::domain::decision::ShareOutcome;
use crate::domain::delivery::{DeliveryState, Purpose};
use crate::domain::referral::{ReferralStatus, ReferrerType};
use crate::domain::submission::{self, QualityRating};
use crate::domain::{
    AlertId, AlertKind, AlertRecord, Delivery, Letter, Rule, Span, Stage, Timestamp, View,
};
use crate::policy::indicators::{
    Acknowledgement, Assessment, AssessmentKind, Attendance, CafAudit, CafRating, CafRegistered,
    Cohort, Facts, FrontDoorContact, Interview, Known, MissingEnd, MissingEpisode, Notification,
    Referrer, Share, Source,
};
use crate::policy::triggers::Link;

/// The paths of gaps that say that a child's impact was not complete.
const IMPACTS: &str = "child_impacts";
/// A return home interview is due so long after the child was found (R06).
const RHI_DUE_AFTER: Span = Span::hours(72);

/// What the hub has, of alerts taken in a period. `episodes` holds all of each of their episodes, by its first alert.
#[must_use]
pub fn facts(
    alerts: &[Arc<AlertRecord>],
    episodes: &BTreeMap<AlertId, Vec<EpisodeAlert>>,
) -> Facts {
    Facts {
        // They count from the twelve months before the end of the period: see [`super::cases`].
        pair_cases: Known::NotTold("the cases before the MARAC were not read"),
        assessments: Known::Facts(
            alerts.iter().filter_map(|it| assessment(it, episodes)).collect(),
        ),
        contacts: Known::Facts(alerts.iter().filter_map(|it| contact(it, episodes)).collect()),
        attendances: Known::Facts(
            alerts.iter().filter_map(|it| attendance(it, episodes)).collect(),
        ),
        episodes: Known::Facts(
            episodes.values().filter_map(|episode| missing_episode(episode)).collect(),
        ),
        operations: Known::NotTold("the numbers of an operation are sealed with its report"),
        cafs: Known::Facts(alerts.iter().filter_map(|it| caf(it)).collect()),
        audits: Known::Facts(alerts.iter().filter_map(|it| audit(it)).collect()),
        acknowledgements: Known::Facts(alerts.iter().flat_map(|it| acknowledgements(it)).collect()),
        notifications: Known::Facts(alerts.iter().filter_map(|it| notification(it)).collect()),
        shares: Known::Facts(alerts.iter().flat_map(|it| shares(it)).collect()),
    }
}

/// Each alert is of a person of its own until people are matched: whoever is not linked counts once for each alert.
pub(super) fn source(alert: &AlertRecord) -> Source {
    Source {
        entry: alert.submitted,
        episode: alert.episode,
        link: Link::Confirmed,
        is_training: alert.exercise,
    }
}

pub(super) fn day(at: Timestamp) -> Date {
    calendar::local_date(at.to_jiff())
}

/// Urgent deliveries to people who must answer, not the steps of the ladder nor tasks.
fn acknowledgements(alert: &AlertRecord) -> Vec<Acknowledgement> {
    let is_meant = |delivery: &&Delivery| match delivery.purpose {
        Purpose::Alert => delivery.priority.is_urgent(),
        Purpose::OutOfHoursCopy
        | Purpose::Level1
        | Purpose::Level2
        | Purpose::Level3
        | Purpose::Level4
        | Purpose::Task
        | Purpose::Recall => false,
    };
    let fact = |delivery: &Delivery| {
        Some(Acknowledgement {
            source: source(alert),
            priority: delivery.priority,
            queued_at: delivery.queued_at,
            due: delivery.due?.at,
            acknowledged_at: delivery.acknowledged.as_ref().map(|(moment, _)| moment.at),
            is_cancelled: matches!(delivery.state, DeliveryState::Ended(_)),
        })
    };
    alert.deliveries.iter().filter(is_meant).filter_map(fact).collect()
}

/// Domestic abuse with a child in scope: then the front door is a recipient of R20 to R22.
fn notification(alert: &AlertRecord) -> Option<Notification> {
    let by_band = |rule: &Rule| matches!(rule, Rule::R20 | Rule::R21 | Rule::R22);
    let has_child = alert
        .decisions
        .iter()
        .any(|decision| decision.letter == Letter::C && decision.routes.iter().any(by_band));
    let is_first = alert.kind == AlertKind::DvNotification && alert.completes.is_none();
    (is_first && has_child).then(|| Notification {
        source: source(alert),
        received_on: day(alert.received_at),
        impacts_complete: !alert.gaps.iter().any(|gap| gap.path.contains(IMPACTS)),
    })
}

/// Copies that went out, by the basis of their decision.
fn shares(alert: &AlertRecord) -> Vec<Share> {
    let is_shared = |outcome: ShareOutcome| match outcome {
        ShareOutcome::Share | ShareOutcome::ShareLimited | ShareOutcome::AlternateRoute => true,
        ShareOutcome::Withhold => false,
    };
    let shared = alert.decisions.iter().filter(|decision| is_shared(decision.outcome));
    shared
        .map(|decision| Share {
            source: source(alert),
            shared_on: day(alert.received_at),
            basis: decision.basis.map(|basis| basis.as_str()),
        })
        .collect()
}

/// A common assessment, counted when it is registered and not again when its report is completed.
fn caf(alert: &AlertRecord) -> Option<CafRegistered> {
    let is_first = alert.kind == AlertKind::CafRegistered && alert.completes.is_none();
    is_first.then(|| CafRegistered { source: source(alert), on: day(alert.received_at) })
}

/// An audit of a common assessment, on the day of the audit.
fn audit(alert: &AlertRecord) -> Option<CafAudit> {
    let audited = alert.counted.audit.filter(|_| alert.completes.is_none())?;
    Some(CafAudit {
        source: source(alert),
        audited_on: day(audited.at),
        rating: match audited.rating {
            QualityRating::Poor => CafRating::Poor,
            QualityRating::Adequate => CafRating::Adequate,
            QualityRating::Good => CafRating::Good,
            QualityRating::Excellent => CafRating::Excellent,
        },
    })
}

/// An assessment that is done. Its clock begins when the hub took the referral that it names.
fn assessment(
    alert: &AlertRecord,
    episodes: &BTreeMap<AlertId, Vec<EpisodeAlert>>,
) -> Option<Assessment> {
    let done = alert.counted.assessment.filter(|_| alert.completes.is_none())?;
    let mut episode = episodes.get(&alert.episode.first_alert()).into_iter().flatten();
    let referral = episode.find(|it| it.record.id == done.referral)?;
    Some(Assessment {
        source: source(alert),
        kind: match done.kind {
            submission::AssessmentKind::Single => AssessmentKind::Single,
            submission::AssessmentKind::Initial => AssessmentKind::Initial,
            submission::AssessmentKind::Core => AssessmentKind::Core,
        },
        referred_at: referral.record.received_at,
        started_at: done.started_at,
        completed_on: day(done.ended_at),
    })
}

/// An attendance, with how far its pathway went. The age group is what its routing rows asked for: under 16 community
/// health is told (R10 to R12).
fn attendance(
    alert: &AlertRecord,
    episodes: &BTreeMap<AlertId, Vec<EpisodeAlert>>,
) -> Option<Attendance> {
    if alert.kind != AlertKind::AlcoholAttendance {
        return None;
    }
    let for_under_16 = |rule: &Rule| matches!(rule, Rule::R10 | Rule::R11 | Rule::R12);
    let is_under_16 = alert
        .decisions
        .iter()
        .any(|decision| decision.letter == Letter::N && decision.routes.iter().any(for_under_16));
    let episode = episodes.get(&alert.episode.first_alert());
    let stages: Vec<Stage> =
        episode.into_iter().flatten().filter_map(|it| it.record.stage).collect();
    let reached = |wanted: &[Stage]| stages.iter().any(|stage| wanted.contains(stage));
    let offered = stages.iter().any(|stage| {
        !stage.is_of_interview() && !matches!(stage, Stage::NotOffered | Stage::Closed)
    });
    Some(Attendance {
        source: source(alert),
        attended_on: day(alert.received_at),
        cohort: if is_under_16 { Cohort::U16 } else { Cohort::Of16To17 },
        offered: (!stages.is_empty()).then_some(offered),
        // Accepted, with an appointment.
        took_up: Some(reached(&[
            Stage::AppointmentBooked,
            Stage::AttendedFirst,
            Stage::DidNotAttend,
            Stage::Engaged,
        ])),
        engaged: Some(reached(&[Stage::Engaged])),
        admitted: None,
        injured: None,
        resident: None,
    })
}

/// A contact with the front door, what became of it, and when its referrer was told.
fn contact(
    alert: &AlertRecord,
    episodes: &BTreeMap<AlertId, Vec<EpisodeAlert>>,
) -> Option<FrontDoorContact> {
    let referral = alert.referral.filter(|_| alert.kind.is_referral())?;
    let decided = referral.decided();
    let episode = || episodes.get(&alert.episode.first_alert()).into_iter().flatten();
    // Only an initial or single assessment counts (NI 68).
    let is_of_it = |it: &AssessmentDone| {
        it.referral == alert.id && it.kind != submission::AssessmentKind::Core
    };
    let assessed = episode().filter_map(|it| it.record.counted.assessment).find(is_of_it);
    let is_told = |delivery: &Delivery| {
        delivery.view == View::Feedback && delivery.mailbox.agency_code() == alert.sender.as_str()
    };
    let fed_back = episode()
        .filter(|it| it.record.deliveries.iter().any(is_told))
        .map(|it| it.record.received_at)
        .min();
    Some(FrontDoorContact {
        source: source(alert),
        received_at: alert.received_at,
        became_referral: decided.map(|decided| decided.status == ReferralStatus::Referral),
        is_rereferral: decided.is_some_and(|decided| decided.is_rereferral),
        assessment_started_on: assessed.map(|assessment| day(assessment.started_at)),
        referrer: match referral.referrer {
            ReferrerType::Professional => Referrer::Professional,
            ReferrerType::Family | ReferrerType::Child | ReferrerType::Public => Referrer::Public,
        },
        decided_at: decided.map(|decided| decided.at),
        feedback_at: fed_back,
    })
}

/// A missing episode from its whole course.
fn missing_episode(episode: &[EpisodeAlert]) -> Option<MissingEpisode> {
    let first = &episode.first()?.record;
    if first.kind != AlertKind::MissingReported {
        return None;
    }
    let ended = episode.iter().find_map(|it| end_of(&it.record));
    let told = |stage: Stage| episode.iter().find(|it| it.record.stage == Some(stage));
    let completed = told(Stage::InterviewCompleted);
    let interview = Interview {
        offered_at: told(Stage::InterviewOffered).or(completed).map(|it| it.record.received_at),
        completed_at: completed.zip(ended).map(|(it, (found_at, _))| {
            let due = found_at.plus(RHI_DUE_AFTER);
            if it.is_late { due.plus(Span::millis(1)) } else { due }
        }),
    };
    Some(MissingEpisode {
        source: source(first),
        started_at: first.received_at,
        ended,
        turned_18: false,
        interview: Some(interview),
    })
}

/// How an alert ends its episode. Found dead has no interview, so no clock for one.
fn end_of(alert: &AlertRecord) -> Option<(Timestamp, MissingEnd)> {
    let due = alert.timers.iter().find(|timer| timer.kind == TimerKind::RhiDue);
    match (alert.kind, due) {
        (AlertKind::MissingCancelled, _) => Some((alert.received_at, MissingEnd::Cancelled)),
        (AlertKind::MissingFound, Some(due)) => {
            Some((due.due.at.minus(RHI_DUE_AFTER), MissingEnd::Found))
        }
        (..) => None,
    }
}
