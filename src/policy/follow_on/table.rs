//! The table of clocks: one line for each kind.

use super::super::clock;
use super::FollowOn;
use crate::domain::alert::{Timer, TimerKind, TimerState};
use crate::domain::directory::MailboxRole;
use crate::domain::event::EventKind;
use crate::domain::place_of_safety::POLICE_PROTECTION_MAX;
use crate::domain::{
    AlertKind, Deadline, DeadlineTag, MailboxId, Priority, Span, Submission, Timestamp,
};

/// When a clock is due, counted from the instant that starts it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Due {
    /// Elapsed time, day and night.
    Elapsed(Span),
    /// Days of 24 hours.
    Days(i64),
    /// 17:00 on the n-th working day after day 0.
    WorkingDays(u32),
    /// Minutes of office time.
    WorkingMinutes(u32),
    /// An instant that the alert, the school calendar or the configuration gives: it is handed in.
    Given,
    /// The partnership's choice: one of the others.
    Local(fn(&FollowOn) -> Self),
}

impl Due {
    /// What it is in this deployment.
    pub(super) fn chosen(self, lengths: &FollowOn) -> Self {
        match self {
            Self::Local(of) => of(lengths),
            Self::Elapsed(_)
            | Self::Days(_)
            | Self::WorkingDays(_)
            | Self::WorkingMinutes(_)
            | Self::Given => self,
        }
    }

    /// When a clock is due that starts at `from`, or is due then where its instant is given.
    fn after(self, from: Timestamp) -> Timestamp {
        match self {
            Self::Elapsed(span) => from.plus(span),
            Self::Days(days) => from.plus(Span::days(days)),
            Self::WorkingDays(days) => clock::working_days(from, days),
            Self::WorkingMinutes(minutes) => clock::working_minutes(from, minutes),
            // A choice is a length: see `FollowOn`.
            Self::Given | Self::Local(_) => from,
        }
    }
}

/// What settles a clock before it is due.
#[derive(Clone, Copy, Debug)]
pub(super) enum SettledBy {
    /// The sender completes the alert.
    Completion,
    /// A person takes the delivery the clock belongs to.
    Answer,
    /// A person sees or takes the delivery.
    OpeningOrAnswer,
    /// Something came of the delivery: a closing note, or news of the episode by the agency that took it.
    Outcome,
    /// A later alert of the episode, of one of these kinds, that says so.
    News {
        /// The kinds.
        kinds: &'static [AlertKind],
        /// Whether one of them settles it.
        says: fn(&Submission) -> bool,
    },
    /// The recipient confirms that nothing more is done with what was recalled.
    StopConfirmed,
    /// The confirmed end of the missing episode.
    End,
    /// Nothing: it fires.
    Nothing,
}

/// Whom a clock that fires tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Whom {
    /// Whose duty it is, under its own letter.
    Holder,
    /// The sender's inbox whose duty it is: what a sender may see.
    Sender,
    /// The safeguarding lead of whose duty it is, or that inbox itself where it has none.
    Lead,
    /// The same on the sender's side.
    SendersLead,
    /// The duty manager of whose duty it is, or that inbox itself where it has none (L1).
    Manager,
    /// The front door, unless it is its own duty.
    FrontDoor,
}

impl Whom {
    /// Whom to look for in the directory in the holder's agency.
    pub(super) const fn role(self) -> Option<MailboxRole> {
        match self {
            Self::Lead | Self::SendersLead => Some(MailboxRole::Lead),
            Self::Manager => Some(MailboxRole::Manager),
            Self::FrontDoor => Some(MailboxRole::Duty),
            Self::Holder | Self::Sender => None,
        }
    }

    /// Whether the task is cut for the alert's sender.
    pub(super) const fn is_sender(self) -> bool {
        matches!(self, Self::Sender | Self::SendersLead)
    }
}

/// What a clock does when it fires.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fires {
    /// Records this and tells these, each by a task of this priority.
    Tells(EventKind, &'static [(Whom, Priority)]),
    /// The out-of-hours team takes over what the front door still holds.
    Handover,
    /// Whose inbox it is becomes a recipient of the episode.
    Joins,
    /// T2: front door and police have the episode at P1, and the front door is asked.
    MissingLong,
    /// A disagreement goes to its next stage.
    NextStage,
    /// Deliveries end that rested on an agreement.
    ConsentTakesEffect,
    /// Copies go: retention's to do.
    Purge,
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    /// In words.
    pub(super) what: &'static str,
    /// The rule or section it stands in.
    pub(super) source: &'static str,
    pub(super) due: Due,
    pub(super) tag: DeadlineTag,
    pub(super) settled_by: SettledBy,
    pub(super) fires: Fires,
}

/// The interview has come to its end, a parent's refusal apart; or nobody was missing and there is nothing to talk about.
const INTERVIEWED: SettledBy = SettledBy::News {
    kinds: &[AlertKind::RhiUpdate, AlertKind::MissingCancelled],
    says: |news| news.return_interview().is_none_or(|facts| facts.closes_the_duty()),
};

/// The young people's service has told a state: it has the young person.
const ON_THE_PATHWAY: SettledBy =
    SettledBy::News { kinds: &[AlertKind::AlcoholPathway], says: |_| true };

/// The child was let go: a later alert of the episode says when.
const LET_GO: SettledBy = SettledBy::News {
    kinds: &[AlertKind::PlaceOfSafety],
    says: |news| news.place_of_safety().is_some_and(|facts| facts.released_at.is_given()),
};
/// The front door decides, again or for the first time.
const DECIDED: SettledBy =
    SettledBy::News { kinds: &[AlertKind::ReferralDecision], says: |_| true };
/// The assessment is done, or the front door decides otherwise.
const ASSESSED: SettledBy = SettledBy::News {
    kinds: &[AlertKind::AssessmentCompleted, AlertKind::ReferralDecision],
    says: |_| true,
};

const fn line(what: &'static str, source: &'static str, due: Due) -> Plan {
    Plan {
        what,
        source,
        due,
        tag: DeadlineTag::Default,
        settled_by: SettledBy::Nothing,
        fires: Fires::Purge,
    }
}

impl Plan {
    const fn on(self, tag: DeadlineTag) -> Self {
        Self { tag, ..self }
    }

    const fn until(self, settled_by: SettledBy) -> Self {
        Self { settled_by, ..self }
    }

    const fn then(self, event: EventKind, tells: &'static [(Whom, Priority)]) -> Self {
        Self { fires: Fires::Tells(event, tells), ..self }
    }

    const fn doing(self, fires: Fires) -> Self {
        Self { fires, ..self }
    }
}

/// A referral has come to the MARAC, in the episode that expected one.
const REFERRED: SettledBy = SettledBy::News { kinds: &[AlertKind::MaracReferral], says: |_| true };

const MARAC_RESEARCH_DUE: Plan =
    line("an attending agency's research for the MARAC", "R30", Due::Given)
        .until(SettledBy::Answer)
        .then(EventKind::DeadlineMissed, &[(Whom::Holder, Priority::P4)]);

/// Police protection is warned of three times.
const fn s46_warning(what: &'static str, due: fn(&FollowOn) -> Due) -> Plan {
    line(what, "R41", Due::Local(due))
        .until(LET_GO)
        .then(EventKind::DeadlineWarned, &[(Whom::Holder, Priority::P2)])
}

const S46_WARNING_48: Plan = s46_warning("police protection ends: first warning", |it| {
    Due::Elapsed(it.police_protection_warning(0))
});
const S46_WARNING_60: Plan = s46_warning("police protection ends: second warning", |it| {
    Due::Elapsed(it.police_protection_warning(1))
});
const S46_WARNING_71: Plan = s46_warning("police protection ends: last warning", |it| {
    Due::Elapsed(it.police_protection_warning(2))
});

const S46_EXPIRY: Plan =
    line("police protection has ended", "R41", Due::Elapsed(POLICE_PROTECTION_MAX))
        .on(DeadlineTag::Law)
        .until(LET_GO)
        .then(EventKind::Expired, &[]);

const EPO_EXPIRY: Plan = line("an emergency protection order has ended", "R41", Due::Given)
    .on(DeadlineTag::Law)
    .until(LET_GO)
    .then(EventKind::Expired, &[]);

const S47_DUE: Plan = line("the front door's duty to make enquiries (s47)", "R41", Due::Given)
    .until(SettledBy::Answer)
    .then(EventKind::DeadlineMissed, &[(Whom::Lead, Priority::P2)]);
/// "Within one working day" is statutory; 8 working hours is our reading of it.
const DECISION_DUE: Plan =
    line("the front door decides and tells the referrer", "R50", Due::WorkingMinutes(480))
        .on(DeadlineTag::StatReading)
        .until(DECIDED)
        .then(EventKind::DeadlineMissed, &[(Whom::Manager, Priority::P3)]);

/// From the referral, not from the decision.
const ASSESSMENT_DUE: Plan = line("the assessment is done", "R51", Due::WorkingDays(45))
    .on(DeadlineTag::Verify)
    .until(ASSESSED)
    .then(EventKind::DeadlineMissed, &[(Whom::Manager, Priority::P3)]);

/// No message says that a conference was held: a reminder, no more.
const CONFERENCE_DUE: Plan =
    line("the child protection conference is held", "R51", Due::WorkingDays(15))
        .on(DeadlineTag::Stat)
        .until(DECIDED)
        .then(EventKind::TaskCreated, &[(Whom::Holder, Priority::P3)]);

/// A word that holds from a later instant on.
const CONSENT_TAKES_EFFECT: Plan =
    line("what was said of an agreement takes effect", "6.6", Due::Given)
        .doing(Fires::ConsentTakesEffect);

/// The front door has answered whoever does not agree with it.
const HEARD: SettledBy =
    SettledBy::News { kinds: &[AlertKind::ReferralDecision, AlertKind::Feedback], says: |_| true };

const LEADS: fn(&FollowOn) -> Due = |it| Due::WorkingMinutes(it.disagreement_leads_working_minutes);
const SENIOR: fn(&FollowOn) -> Due = |it| Due::WorkingDays(it.disagreement_senior_working_days);

/// Unresolved after one working day.
const DISAGREEMENT_TO_LEADS: Plan =
    line("a disagreement goes to both agencies' leads", "R90", Due::Local(LEADS))
        .on(DeadlineTag::Local)
        .until(HEARD)
        .doing(Fires::NextStage);

/// Unresolved within a working week.
const DISAGREEMENT_TO_SENIOR: Plan =
    line("a disagreement goes to the senior on call", "R90", Due::Local(SENIOR))
        .on(DeadlineTag::Local)
        .until(HEARD)
        .doing(Fires::NextStage);

/// No message says that the designated officer decided: a reminder, no more.
const LADO_DECISION_DUE: Plan =
    line("the designated officer decides", "R70", Due::WorkingMinutes(480))
        .on(DeadlineTag::StatReading)
        .then(EventKind::TaskCreated, &[(Whom::Holder, Priority::P3)]);

/// Whose people have seen what was recalled says that they stopped (domain 6.6).
const STOP_CONFIRMATION_DUE: Plan = line(
    "a recipient confirms that it stopped using what was recalled",
    "6.6",
    Due::Local(|it| Due::WorkingDays(it.stop_confirmed_working_days)),
)
.until(SettledBy::StopConfirmed)
.then(EventKind::Chased, &[(Whom::Holder, Priority::P3)]);

const OUT_OF_HOURS_HANDOVER: Plan =
    line("the front door's urgent alerts go to the out-of-hours team", "5.1", Due::Given)
        .until(SettledBy::Answer)
        .doing(Fires::Handover);
/// A question that was not answered in time goes to the duty manager of whoever was asked (R55).
const fn answer_due(what: &'static str, due: fn(&FollowOn) -> Due) -> Plan {
    line(what, "R55", Due::Local(due))
        .on(DeadlineTag::Practice)
        .until(ANSWERED)
        .then(EventKind::DeadlineMissed, &[(Whom::Manager, Priority::P3)])
}

const ANSWER_DUE_RED: Plan = answer_due("a question asked RED is answered", |it| {
    Due::WorkingMinutes(it.answer_red_working_minutes)
});
const ANSWER_DUE_AMBER: Plan = answer_due("a question asked AMBER is answered", |it| {
    Due::WorkingMinutes(it.answer_amber_working_minutes)
});
const ANSWER_DUE_GREEN: Plan = answer_due("a question asked GREEN is answered", |it| {
    Due::WorkingDays(it.answer_green_working_days)
});

const ANSWERED: SettledBy =
    SettledBy::News { kinds: &[AlertKind::InformationResponse], says: |_| true };

const REVIEWED: fn(&FollowOn) -> Due = |it| Due::Days(i64::from(it.team_review_days));

const TAC_REVIEW_DUE: Plan = line("the team around the child reviews", "R60", Due::Local(REVIEWED))
    .until(SettledBy::News { kinds: &[AlertKind::TacUpdate], says: |_| true })
    .then(EventKind::TaskCreated, &[(Whom::Holder, Priority::P4)]);

const NOT_SHARED_REVIEW: Plan =
    line("a decision not to share is looked at again", "R58", Due::Given)
        .then(EventKind::TaskCreated, &[(Whom::Sender, Priority::P4)]);

const fn chase(what: &'static str) -> Plan {
    line(what, "3.2", Due::Given)
        .until(SettledBy::Completion)
        .then(EventKind::Chased, &[(Whom::Sender, Priority::P3)])
}

/// News of the episode says what it did to every child.
const IMPACT_DUE: Plan = line("the sender assesses what it did to each child", "3.7", Due::Given)
    .until(SettledBy::News {
        kinds: &[AlertKind::DvNotification, AlertKind::MaracReferral, AlertKind::MaracOutcome],
        says: |news| {
            let impacts = news.impacts();
            !impacts.is_empty() && impacts.iter().all(|impact| impact.is_assessed())
        },
    })
    .then(EventKind::Chased, &[(Whom::Sender, Priority::P4)]);

const CONTACTED: fn(&FollowOn) -> Due = |it| Due::WorkingDays(it.contact_working_days);

const RESPONSE_CONTACT_DUE: Plan =
    line("the young people's service has made contact", "R10", Due::Local(CONTACTED))
        .until(ON_THE_PATHWAY)
        .then(EventKind::TaskCreated, &[(Whom::Holder, Priority::P4)]);

const WEIGHED: fn(&FollowOn) -> Due = |it| Due::WorkingMinutes(it.override_review_working_minutes);

const OVERRIDE_REVIEW_DUE: Plan =
    line("an overridden refusal is reviewed", "6.4", Due::Local(WEIGHED))
        .until(SettledBy::Answer)
        .then(EventKind::DeadlineMissed, &[(Whom::SendersLead, Priority::P3)]);

const LOOKOUT_PURGE: Plan =
    line("look-out copies are purged", "R06", Due::Elapsed(Span::hours(1))).doing(Fires::Purge);

const TURNS_18: Plan =
    line("the missing child turns 18: adult social care joins the episode", "5.6", Due::Given)
        .on(DeadlineTag::Law)
        .until(SettledBy::End)
        .doing(Fires::Joins);

/// Due one millisecond after the hours of T2: longer than 24 hours, not 24 hours.
const MISSING_LONG: Plan =
    line("missing for more than 24 hours: front door and police have it at P1", "T2", Due::Given)
        .on(DeadlineTag::Local)
        .until(SettledBy::End)
        .doing(Fires::MissingLong);

const OUTCOME_DUE: Plan =
    line("taken, and nobody has said what came of it: the inbox is reminded", "5.2", Due::Given)
        .until(SettledBy::Outcome)
        .then(EventKind::Chased, &[(Whom::Holder, Priority::P4)]);

const RHI_WARNING: Plan = line(
    "return home interview: it is due soon",
    "R06",
    Due::Local(|it| Due::Elapsed(Span::hours(i64::from(it.interview_warning_hours)))),
)
.until(INTERVIEWED)
.then(EventKind::DeadlineWarned, &[(Whom::Holder, Priority::P3)]);

const MARAC_REFERRAL_EXPECTED: Plan = line(
    "a referral to the MARAC is expected",
    "R20",
    Due::Local(|it| Due::WorkingDays(it.marac_referral_working_days)),
)
.until(REFERRED)
.then(EventKind::TaskCreated, &[(Whom::Holder, Priority::P4)]);

/// The line of a kind.
pub(super) const fn plan(kind: TimerKind) -> Plan {
    use DeadlineTag as T;
    use Due::{Elapsed, Given, WorkingDays};
    use EventKind as E;
    use Priority::{P2, P3, P4};
    use SettledBy::OpeningOrAnswer;

    match kind {
        TimerKind::ChaseFirst => chase("incomplete alert: the sender's desk is chased"),
        TimerKind::ChaseSecond => chase("incomplete alert: the sender's duty manager is chased"),
        TimerKind::LookoutPurge => LOOKOUT_PURGE,
        TimerKind::RhiWarning => RHI_WARNING,
        TimerKind::RhiDue => line("return home interview", "R06", Elapsed(Span::hours(72)))
            .on(T::Stat)
            .until(INTERVIEWED)
            .then(E::DeadlineMissed, &[(Whom::Lead, P3), (Whom::FrontDoor, P4)]),
        TimerKind::EncompassDue => line("Operation Encompass: the school knows", "R24", Given)
            .on(T::StatReading)
            .until(OpeningOrAnswer)
            .then(E::DeadlineMissed, &[(Whom::Sender, P2)]),
        TimerKind::MaracReferralExpected => MARAC_REFERRAL_EXPECTED,
        TimerKind::ResponseContactDue => RESPONSE_CONTACT_DUE,
        TimerKind::SafeguardingReviewDue => {
            line("the hospital's safeguarding team reviews", "R11", WorkingDays(1))
                .until(ON_THE_PATHWAY)
                .then(E::TaskCreated, &[(Whom::Holder, P4)])
        }
        TimerKind::OverrideReviewDue => OVERRIDE_REVIEW_DUE,
        TimerKind::MaracResearchDue => MARAC_RESEARCH_DUE,
        TimerKind::S46Warning48 => S46_WARNING_48,
        TimerKind::S46Warning60 => S46_WARNING_60,
        TimerKind::S46Warning71 => S46_WARNING_71,
        TimerKind::S46Expiry => S46_EXPIRY,
        TimerKind::EpoExpiry => EPO_EXPIRY,
        TimerKind::S47Due => S47_DUE,
        TimerKind::Turns18 => TURNS_18,
        TimerKind::MissingLong => MISSING_LONG,
        TimerKind::OutcomeDue => OUTCOME_DUE,
        TimerKind::ReferralDecisionDue => DECISION_DUE,
        TimerKind::AssessmentDue => ASSESSMENT_DUE,
        TimerKind::ConferenceDue => CONFERENCE_DUE,
        TimerKind::LadoDecisionDue => LADO_DECISION_DUE,
        TimerKind::DisagreementToLeads => DISAGREEMENT_TO_LEADS,
        TimerKind::DisagreementToSenior => DISAGREEMENT_TO_SENIOR,
        TimerKind::OutOfHoursHandover => OUT_OF_HOURS_HANDOVER,
        TimerKind::StopConfirmationDue => STOP_CONFIRMATION_DUE,
        TimerKind::ConsentTakesEffect => CONSENT_TAKES_EFFECT,
        TimerKind::AnswerDueRed => ANSWER_DUE_RED,
        TimerKind::AnswerDueAmber => ANSWER_DUE_AMBER,
        TimerKind::AnswerDueGreen => ANSWER_DUE_GREEN,
        TimerKind::TacReviewDue => TAC_REVIEW_DUE,
        TimerKind::NotSharedReview => NOT_SHARED_REVIEW,
        TimerKind::ImpactDue => IMPACT_DUE,
    }
}

/// When a clock is due that starts at `from`; then where the line says that its instant is given.
pub(crate) fn due(kind: TimerKind, (from, lengths): (Timestamp, &FollowOn)) -> Deadline {
    let plan = plan(kind);
    Deadline { at: plan.due.chosen(lengths).after(from), tag: plan.tag }
}

/// A clock that starts at `from`, or is due then where the line says that its instant is given.
pub(crate) fn armed(
    kind: TimerKind,
    (from, lengths): (Timestamp, &FollowOn),
    holder: MailboxId,
) -> Timer {
    let due = due(kind, (from, lengths));
    Timer { kind, due, mailbox: holder, delivery: None, state: TimerState::Armed }
}

/// A clock that no partnership chooses the length of.
pub(crate) fn fixed(kind: TimerKind, from: Timestamp, holder: MailboxId) -> Timer {
    debug_assert!(!matches!(plan(kind).due, Due::Local(_)), "{kind} is a local choice");
    armed(kind, (from, &FollowOn::DEFAULT), holder)
}

/// The kinds of clock of the episode's earlier alerts that this alert settles.
pub(crate) fn settled_by_news(news: &Submission) -> Vec<TimerKind> {
    let settles = |kind: &TimerKind| match plan(*kind).settled_by {
        SettledBy::News { kinds, says } => kinds.contains(&news.kind) && says(news),
        SettledBy::Completion
        | SettledBy::Answer
        | SettledBy::OpeningOrAnswer
        | SettledBy::Outcome
        | SettledBy::End
        | SettledBy::StopConfirmed
        | SettledBy::Nothing => false,
    };
    TimerKind::ALL.iter().copied().filter(settles).collect()
}

/// Whether the confirmed end of the missing episode settles it.
pub(crate) fn ends_with_episode(kind: TimerKind) -> bool {
    matches!(plan(kind).settled_by, SettledBy::End)
}

/// Whether it purges copies: retention's to do.
pub(crate) fn is_purge(kind: TimerKind) -> bool {
    plan(kind).fires == Fires::Purge
}

/// Whether news of the episode by the holder's own agency settles it, whatever the news says.
pub(crate) fn waits_for_its_holder(kind: TimerKind) -> bool {
    matches!(plan(kind).settled_by, SettledBy::Outcome)
}

/// On whose authority a clock stands, for a reader.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Authority {
    /// The rule or section of the domain.
    pub source: &'static str,
    /// Its status.
    pub tag: DeadlineTag,
}

/// The table in words, a line a clock: its code, what it is for, when it is due, on whose authority.
pub fn lines(
    lengths: &FollowOn,
) -> impl Iterator<Item = (TimerKind, &'static str, String, Authority)> {
    TimerKind::ALL.iter().map(|kind| {
        let plan = plan(*kind);
        let due = match plan.due.chosen(lengths) {
            Due::Elapsed(span) if span == Span::hours(1) => "1 hour, day and night".to_owned(),
            Due::Elapsed(span) => format!("{} hours, day and night", span.as_millis() / 3_600_000),
            Due::Days(days) => format!("{days} days"),
            // One working day is 8 working hours (domain 5.5).
            Due::WorkingDays(1) => "8 working hours".to_owned(),
            Due::WorkingDays(days) => format!("17:00 on working day {days}"),
            Due::WorkingMinutes(minutes) => format!("{} working hours", minutes / 60),
            Due::Given | Due::Local(_) => {
                "at an instant of the alert or the configuration".to_owned()
            }
        };
        (*kind, plan.what, due, Authority { source: plan.source, tag: plan.tag })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_clock_has_a_line_with_words_and_a_source() {
        for (kind, what, due, authority) in lines(&FollowOn::DEFAULT) {
            assert!(!what.is_empty() && !due.is_empty(), "{kind}");
            assert!(!authority.source.is_empty(), "{kind}");
        }
    }

    /// What statute or law sets, and what reads it, is in no configuration.
    #[test]
    fn only_what_no_statute_sets_is_a_local_choice() {
        for kind in TimerKind::ALL {
            let plan = plan(*kind);
            let is_choice = matches!(plan.due, Due::Local(_));
            let is_free = matches!(
                plan.tag,
                DeadlineTag::Default | DeadlineTag::Local | DeadlineTag::Practice
            );
            assert!(is_free || !is_choice, "{kind}");
        }
        let sooner = FollowOn { contact_working_days: 1, ..FollowOn::DEFAULT };
        let due = |lengths| plan(TimerKind::ResponseContactDue).due.chosen(lengths);
        assert!(matches!(due(&sooner), Due::WorkingDays(1)));
        assert!(matches!(due(&FollowOn::DEFAULT), Due::WorkingDays(2)));
    }

    #[test]
    fn a_statutory_clock_is_not_called_a_local_target_nor_the_other_way_round() {
        let label = |kind| plan(kind).tag.label();

        assert_eq!(label(TimerKind::RhiDue), "statutory");
        assert_eq!(label(TimerKind::EncompassDue), "local reading of a statutory time");
        assert_eq!(label(TimerKind::ReferralDecisionDue), "local reading of a statutory time");
        assert_eq!(label(TimerKind::AssessmentDue), "local target", "to be confirmed");
        assert_eq!(label(TimerKind::RhiWarning), "local target");
        assert_eq!(label(TimerKind::MaracReferralExpected), "local target");
    }
}
