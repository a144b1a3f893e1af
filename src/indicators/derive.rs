//! From the clear part of stored alerts to facts.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::{CHAIN_MAX, EpisodeAlert};
use crate::calendar;
use crate::domain::alert::TimerKind;
use crate::domain::counted::{AssessmentDone, AttendanceCounted, MissingCounted};
use crate::domain::decision::ShareOutcome;
use crate::domain::delivery::{DeliveryState, Purpose};
use crate::domain::referral::{Decided, ReferralStatus, ReferrerType};
use crate::domain::submission::{self, Bool3, QualityRating};
use crate::domain::{
    AlertId, AlertKind, AlertRecord, Delivery, Letter, Rule, Span, Stage, Timestamp, View,
};
use crate::policy::indicators::{
    Acknowledgement, AgeGroup, Assessment, AssessmentKind, Attendance, CafAudit, CafRating,
    CafRegistered, Ended, Facts, FrontDoorContact, Interview, Known, MissingEnd, MissingEpisode,
    Notification, Operation, Referrer, Share, Source, Standing, link_of,
};
use crate::policy::recall::{is_end, is_recalled};
use crate::policy::speaks_for;

/// The paths of gaps that say that a child's impact was not complete.
const IMPACTS: &str = "child_impacts";
/// A return home interview is due so long after the child was found (R06).
const RHI_DUE_AFTER: Span = Span::hours(72);
/// The stages that say whether anything was offered; what only follows an offer does not say that one was recorded.
const OFFERS: &[Stage] = &[Stage::Offered, Stage::NotOffered, Stage::Accepted, Stage::Refused];

/// What the hub has of these episodes, each whole, by its first alert. Of which period a fact is, its own date says.
#[must_use]
pub fn facts(episodes: &BTreeMap<AlertId, Vec<EpisodeAlert>>) -> Facts {
    let read = Reading::of(episodes);
    let mut alerts: Vec<&AlertRecord> = read.alerts.values().map(|it| it.record.as_ref()).collect();
    alerts.sort_by_key(|it| (it.submitted, it.id));
    let all = alerts.iter().copied();
    Facts {
        // They count from the twelve months before the end of the period: see [`super::cases`].
        pair_cases: Known::NotTold("the cases before the MARAC were not read"),
        assessments: Known::Facts(all.clone().filter_map(|it| read.assessment(it)).collect()),
        contacts: Known::Facts(all.clone().filter_map(|it| read.contact(it)).collect()),
        attendances: Known::Facts(all.clone().filter_map(|it| read.attendance(it)).collect()),
        episodes: Known::Facts(
            episodes.values().filter_map(|episode| read.missing_episode(episode)).collect(),
        ),
        operations: Known::Facts(all.clone().filter_map(|it| read.operation(it)).collect()),
        cafs: Known::Facts(all.clone().filter_map(|it| read.caf(it)).collect()),
        audits: Known::Facts(all.clone().filter_map(|it| read.audit(it)).collect()),
        acknowledgements: Known::Facts(
            all.clone().flat_map(|it| read.acknowledgements(it)).collect(),
        ),
        notifications: Known::Facts(all.clone().filter_map(|it| read.notification(it)).collect()),
        shares: Known::Facts(all.flat_map(|it| read.shares(it)).collect()),
    }
}

pub(super) fn day(at: Timestamp) -> Date {
    calendar::local_date(at.to_jiff())
}

/// The episodes that were read, and every alert of them by its id.
pub(super) struct Reading<'a> {
    episodes: &'a BTreeMap<AlertId, Vec<EpisodeAlert>>,
    alerts: BTreeMap<AlertId, &'a EpisodeAlert>,
}

impl<'a> Reading<'a> {
    pub(super) fn of(episodes: &'a BTreeMap<AlertId, Vec<EpisodeAlert>>) -> Self {
        let alerts = episodes.values().flatten().map(|it| (it.record.id, it)).collect();
        Self { episodes, alerts }
    }

    /// Where a fact of this alert comes from, and whether it counts.
    pub(super) fn source(&self, alert: &AlertRecord) -> Source {
        let original = self.original(alert);
        let same = [alert, original].into_iter().find_map(|it| it.after.same_event.earlier);
        let first = same.and_then(|first| self.alerts.get(&first));
        Source {
            entry: alert.submitted,
            episode: alert.episode,
            event: first.map_or(original.id, |first| self.original(&first.record).id),
            told_on: day(original.received_at),
            link: link_of(&alert.links, alert.counted.about),
            is_training: alert.exercise,
            standing: self.standing(alert),
        }
    }

    /// Whether what it tells stands. What took its place counts only where it tells the same kind of thing: news of another
    /// kind leaves the report standing.
    fn standing(&self, alert: &AlertRecord) -> Standing {
        if is_recalled(alert) {
            return Standing::Recalled;
        }
        let Some(by) = alert.after.superseded_by else { return Standing::Stands };
        match self.alerts.get(&by) {
            Some(newer) if !speaks_for(&newer.record, alert) => Standing::Stands,
            Some(_) | None => Standing::Corrected,
        }
    }

    fn stands(&self, alert: &AlertRecord) -> bool {
        self.standing(alert) == Standing::Stands
    }

    /// The alert and those whose place it took, the newest first.
    fn versions<'b>(&self, alert: &'b AlertRecord) -> impl Iterator<Item = &'b AlertRecord>
    where
        'a: 'b,
    {
        let older = |newer: &&'b AlertRecord| -> Option<&'b AlertRecord> {
            let found: &'a EpisodeAlert = self.alerts.get(&newer.after.supersedes?)?;
            Some(found.record.as_ref()).filter(|older| speaks_for(newer, older))
        };
        let all: Vec<_> = std::iter::successors(Some(alert), older).take(CHAIN_MAX).collect();
        all.into_iter()
    }

    /// The first of them.
    fn original<'b>(&self, alert: &'b AlertRecord) -> &'b AlertRecord
    where
        'a: 'b,
    {
        self.versions(alert).last().unwrap_or(alert)
    }

    /// What stands of the alert's episode, in order.
    fn episode(&self, alert: &AlertRecord) -> impl Iterator<Item = &'a EpisodeAlert> {
        let of_it = self.episodes.get(&alert.episode.first_alert()).into_iter().flatten();
        of_it.filter(|it| self.stands(&it.record))
    }

    /// Urgent deliveries to people who must answer, not the steps of the ladder nor tasks.
    fn acknowledgements(&self, alert: &AlertRecord) -> Vec<Acknowledgement> {
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
        let source = self.source(alert);
        let fact = |delivery: &Delivery| {
            Some(Acknowledgement {
                source,
                recipient: delivery.mailbox.clone(),
                priority: delivery.priority,
                queued_at: delivery.queued_at,
                due: delivery.due?.at,
                acknowledged_at: delivery.acknowledged.as_ref().map(|(moment, _)| moment.at),
                is_cancelled: matches!(delivery.state, DeliveryState::Ended(_)),
            })
        };
        alert.deliveries.iter().filter(is_meant).filter_map(fact).collect()
    }

    /// Domestic abuse with a child in scope: then the front door is a recipient of R20 to R22. Whether every impact was
    /// there, the first alert says that told of it: what is added later was not there at first send.
    fn notification(&self, alert: &AlertRecord) -> Option<Notification> {
        let by_band = |rule: &Rule| matches!(rule, Rule::R20 | Rule::R21 | Rule::R22);
        let has_child = alert
            .decisions
            .iter()
            .any(|decision| decision.letter == Letter::C && decision.routes.iter().any(by_band));
        let is_it = alert.kind == AlertKind::DvNotification && !is_told_again(alert);
        let first = self.original(alert);
        (is_it && has_child).then(|| Notification {
            source: self.source(alert),
            received_on: day(first.received_at),
            impacts_complete: !first.gaps.iter().any(|gap| gap.path.contains(IMPACTS)),
        })
    }

    /// Copies that went out, by the basis of their decision.
    fn shares(&self, alert: &AlertRecord) -> Vec<Share> {
        let is_shared = |outcome: ShareOutcome| match outcome {
            ShareOutcome::Share | ShareOutcome::ShareLimited | ShareOutcome::AlternateRoute => true,
            ShareOutcome::Withhold => false,
        };
        let source = self.source(alert);
        let shared = alert.decisions.iter().filter(|decision| is_shared(decision.outcome));
        shared
            .map(|decision| Share {
                source,
                recipient: decision.mailbox.clone(),
                shared_on: day(alert.received_at),
                basis: decision.basis.map(|basis| basis.as_str()),
            })
            .collect()
    }

    /// A common assessment, counted when it is registered and not again when its report is completed.
    fn caf(&self, alert: &AlertRecord) -> Option<CafRegistered> {
        let is_it = alert.kind == AlertKind::CafRegistered && !is_told_again(alert);
        let on = day(self.original(alert).received_at);
        is_it.then(|| CafRegistered { source: self.source(alert), on })
    }

    /// An audit of a common assessment, on the day of the audit.
    fn audit(&self, alert: &AlertRecord) -> Option<CafAudit> {
        let audited = alert.counted.audit.filter(|_| !is_told_again(alert))?;
        Some(CafAudit {
            source: self.source(alert),
            audited_on: day(audited.at),
            rating: match audited.rating {
                QualityRating::Poor => CafRating::Poor,
                QualityRating::Adequate => CafRating::Adequate,
                QualityRating::Good => CafRating::Good,
                QualityRating::Excellent => CafRating::Excellent,
            },
        })
    }

    /// The numbers of an operation, on its day.
    fn operation(&self, alert: &AlertRecord) -> Option<Operation> {
        let told = alert.counted.operation.filter(|_| !is_told_again(alert))?;
        Some(Operation {
            source: self.source(alert),
            on: day(told.on),
            engaged: u64::from(told.engaged),
            moved: u64::from(told.moved),
            powers_used: u64::from(told.powers_used),
        })
    }

    /// An assessment that is done. Its clock begins when the hub took the referral that it names.
    fn assessment(&self, alert: &AlertRecord) -> Option<Assessment> {
        let done = alert.counted.assessment.filter(|_| !is_told_again(alert))?;
        let referral = &self.alerts.get(&done.referral)?.record;
        Some(Assessment {
            source: self.source(alert),
            kind: match done.kind {
                submission::AssessmentKind::Single => AssessmentKind::Single,
                submission::AssessmentKind::Initial => AssessmentKind::Initial,
                submission::AssessmentKind::Core => AssessmentKind::Core,
            },
            referred_at: self.original(referral).received_at,
            started_at: done.started_at,
            completed_on: day(done.ended_at),
        })
    }

    /// An attendance, with how far its pathway went.
    fn attendance(&self, alert: &AlertRecord) -> Option<Attendance> {
        if alert.kind != AlertKind::AlcoholAttendance || is_told_again(alert) {
            return None;
        }
        // An urgent report may be completed later: what it says then is what was asked for.
        let completed = self.episode(alert).filter(|it| it.record.completes == Some(alert.id));
        let whole = completed.last().and_then(|it| it.record.counted.attendance);
        let told = whole.or(alert.counted.attendance);
        let stages: Vec<Stage> = self.episode(alert).filter_map(|it| it.record.stage).collect();
        let reached = |wanted: &[Stage]| stages.iter().any(|stage| wanted.contains(stage));
        let offered = stages.iter().any(|it| OFFERS.contains(it) && *it != Stage::NotOffered);
        let attended_at = told.and_then(|told| told.at);
        Some(Attendance {
            source: self.source(alert),
            attended_on: day(attended_at.unwrap_or(self.original(alert).received_at)),
            ages: told.map_or_else(|| ages_of_routes(alert), |told| told.ages),
            offered: reached(OFFERS).then_some(offered),
            // Accepted, with an appointment.
            took_up: Some(reached(&[
                Stage::AppointmentBooked,
                Stage::AttendedFirst,
                Stage::DidNotAttend,
                Stage::Engaged,
            ])),
            engaged: Some(reached(&[Stage::Engaged])),
            injury_admission: answer(told, |told| told.injury_admission),
            resident: answer(told, |told| told.resident),
        })
    }

    /// A contact with the front door, what became of it, and when its referrer was told.
    fn contact(&self, alert: &AlertRecord) -> Option<FrontDoorContact> {
        let referral = alert.referral.filter(|_| alert.kind.is_referral())?;
        let decided = self.decided(alert);
        // Only an initial or single assessment counts (NI 68).
        let is_of_it = |it: &AssessmentDone| {
            let is_named = self.versions(alert).any(|version| version.id == it.referral);
            is_named && it.kind != submission::AssessmentKind::Core
        };
        let assessed =
            self.episode(alert).filter_map(|it| it.record.counted.assessment).find(is_of_it);
        let is_told = |delivery: &Delivery| {
            delivery.view == View::Feedback
                && delivery.mailbox.agency_code() == alert.sender.as_str()
        };
        // Once told is told, though the words were corrected since.
        let of_it = self.episodes.get(&alert.episode.first_alert()).into_iter().flatten();
        let fed_back = of_it
            .filter(|it| !is_recalled(&it.record) && it.record.deliveries.iter().any(is_told))
            .map(|it| it.record.received_at)
            .min();
        Some(FrontDoorContact {
            source: self.source(alert),
            received_at: self.original(alert).received_at,
            became_referral: decided.map(|decided| decided.status == ReferralStatus::Referral),
            is_rereferral: decided.is_some_and(|decided| decided.is_rereferral),
            assessment_started_on: assessed.map(|assessment| day(assessment.started_at)),
            referrer: match referral.referrer {
                ReferrerType::Professional => Referrer::Professional,
                ReferrerType::Family | ReferrerType::Child | ReferrerType::Public => {
                    Referrer::Public
                }
            },
            decided_at: decided.map(|decided| decided.at),
            feedback_at: fed_back,
        })
    }

    /// What the front door decided, of the alert or of what it corrects.
    fn decided(&self, alert: &AlertRecord) -> Option<Decided> {
        self.versions(alert).find_map(|it| it.referral?.decided())
    }

    /// A missing episode from its whole course: of one that was never reported there is none.
    fn missing_episode(&self, episode: &[EpisodeAlert]) -> Option<MissingEpisode> {
        let standing = || episode.iter().filter(|it| self.stands(&it.record));
        let is_report = |it: &&EpisodeAlert| it.record.kind == AlertKind::MissingReported;
        let first = standing().find(is_report).or_else(|| episode.iter().find(is_report))?;
        let since = standing().find_map(|it| match it.record.counted.missing? {
            MissingCounted::Since(at) => at,
            MissingCounted::Ended(_) => None,
        });
        let ended = standing().find_map(|it| self.end_of(&it.record));
        let told = |stage: Stage| standing().find(|it| it.record.stage == Some(stage));
        let completed = told(Stage::InterviewCompleted);
        let interview = Interview {
            offered_at: told(Stage::InterviewOffered).or(completed).map(|it| it.record.received_at),
            completed_at: completed.zip(ended).map(|(it, (ended, _))| {
                let due = ended.at.plus(RHI_DUE_AFTER);
                if it.is_late { due.plus(Span::millis(1)) } else { due }
            }),
        };
        Some(MissingEpisode {
            source: self.source(&first.record),
            started_at: since.unwrap_or(self.original(&first.record).received_at),
            ended: ended.map(|(ended, _)| ended),
            turned_18: ended.is_some_and(|(_, is_adult)| is_adult),
            interview: Some(interview),
        })
    }

    /// How an alert ends its episode, and whether the young person was 18 by then. Found by the hospital alone is no end
    /// (domain 3.5).
    fn end_of(&self, alert: &AlertRecord) -> Option<(Ended, bool)> {
        if !is_end(alert) {
            return None;
        }
        let first = self.original(alert).received_at;
        let ended = |at, how| Ended { at, how, told_on: day(first) };
        if let Some(MissingCounted::Ended(told)) = alert.counted.missing {
            return Some((ended(told.at.unwrap_or(first), told.how), told.is_adult));
        }
        let due = alert.timers.iter().find(|timer| timer.kind == TimerKind::RhiDue);
        let found = match (alert.kind, due) {
            (AlertKind::MissingCancelled, _) => ended(first, MissingEnd::Cancelled),
            (_, Some(due)) => ended(due.due.at.minus(RHI_DUE_AFTER), MissingEnd::Found),
            // Found dead has no interview, so no clock for one.
            (_, None) => ended(first, MissingEnd::Deceased),
        };
        Some((found, false))
    }
}

/// Whether it only completes a report that counts by itself. A correction takes the place of what it completes.
fn is_told_again(alert: &AlertRecord) -> bool {
    alert.completes.is_some() && alert.after.supersedes.is_none()
}

/// The age group by what the routing rows asked for, where it was not kept: under 16 community health is told (R10 to R12).
fn ages_of_routes(alert: &AlertRecord) -> AgeGroup {
    let for_under_16 = |rule: &Rule| matches!(rule, Rule::R10 | Rule::R11 | Rule::R12);
    let is_under_16 = alert
        .decisions
        .iter()
        .any(|decision| decision.letter == Letter::N && decision.routes.iter().any(for_under_16));
    if is_under_16 { AgeGroup::Under16 } else { AgeGroup::Of16To17 }
}

/// Yes or no; none where it was not told or not kept.
fn answer(
    told: Option<AttendanceCounted>,
    of: impl FnOnce(AttendanceCounted) -> Bool3,
) -> Option<bool> {
    match told.map(of)? {
        Bool3::Yes => Some(true),
        Bool3::No => Some(false),
        Bool3::Unknown => None,
    }
}
