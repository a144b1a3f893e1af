//! What figures are made of: plain facts, one type a kind, derived from what the hub stores. References, codes and
//! times only; nobody's name, birth or address.

use jiff::civil::Date;

use super::period::LATE_DAYS;
use crate::calendar;
pub use crate::domain::counted::{AgeGroup, MissingEnd};
use crate::domain::identity::{self, LinkState};
use crate::domain::{AlertId, EpisodeId, MailboxId, Position, Priority, Timestamp};
use crate::policy::triggers::{Link, MaracRepeat};

/// Whether what an alert tells still stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It does.
    Stands,
    /// Another alert took its place: that one counts.
    Corrected,
    /// Its sender took it back: nothing counts.
    Recalled,
}

/// Where a fact comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Source {
    /// The audit entry that took it.
    pub entry: Position,
    /// Its episode: the facts of one episode count once (domain 5.9).
    pub episode: EpisodeId,
    /// The first alert that tells of the same event: the same for a duplicate and for a correction.
    pub event: AlertId,
    /// The day on which the hub was first told of it; of a correction, the day of what it corrects.
    pub told_on: Date,
    /// How sure it is whom it is about.
    pub link: Link,
    /// Training counts in nothing.
    pub is_training: bool,
    /// Whether it stands.
    pub standing: Standing,
}

impl Source {
    /// The day that decides which period a fact of this day is of.
    #[must_use]
    pub fn counted_on(&self, day: Date) -> Date {
        counted_on(day, self.told_on)
    }
}

/// The day that decides which period a fact is of: its own; where the hub was told more than [`LATE_DAYS`] later, the day
/// on which it was told. So each fact is in one period and in no other, whenever a report is asked for after it was told.
#[must_use]
pub fn counted_on(day: Date, told_on: Date) -> Date {
    let is_late = calendar::days_after(day, LATE_DAYS).is_ok_and(|last| told_on > last);
    if is_late { told_on } else { day }
}

/// How sure it is whom an alert is about, by the claims that it makes. Whoever is matched with nobody is a person of their
/// own; of one who may be somebody else that is not known yet, nor of one whose NHS number is another's. Where it is not
/// kept whom the alert is about, everybody it mentions must be sure.
#[must_use]
pub fn link_of(claims: &[identity::Link], about: Option<u32>) -> Link {
    let of_subject = || {
        let is_it = move |claim: &&identity::Link| about.is_none_or(|about| claim.mention == about);
        claims.iter().filter(is_it)
    };
    let is_known =
        |mention| of_subject().any(|claim| claim.mention == mention && claim.state.is_confirmed());
    let open = of_subject().filter(|claim| !is_known(claim.mention));
    open.fold(Link::Confirmed, |so_far, claim| match (so_far, claim.state) {
        (_, LinkState::Candidate | LinkState::Conflict) | (Link::Possible, _) => Link::Possible,
        (_, LinkState::Proposed) => Link::Strong,
        (
            so_far,
            LinkState::Automatic | LinkState::Confirmed | LinkState::Rejected | LinkState::Unlinked,
        ) => so_far,
    })
}

/// What the hub has of one kind of fact.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Known<T> {
    /// Every fact it has; perhaps none.
    Facts(Vec<T>),
    /// The hub is not told of it, and why: figures of it are not computable.
    NotTold(&'static str),
}

/// A pair's case heard at a MARAC.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PairCase {
    /// Where from; the episode is the pair's case.
    pub source: Source,
    /// The day of the meeting.
    pub heard_on: Date,
    /// T4: by the definition of today.
    pub current: MaracRepeat,
    /// T4-legacy: by that of NI 32.
    pub legacy: MaracRepeat,
}

/// Which assessment (the initial and core split ended in 2013).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AssessmentKind {
    /// Initial.
    Initial,
    /// Core.
    Core,
    /// Single: today's.
    Single,
}

/// A completed assessment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assessment {
    /// Where from.
    pub source: Source,
    /// Which.
    pub kind: AssessmentKind,
    /// When its referral was received.
    pub referred_at: Timestamp,
    /// When it began.
    pub started_at: Timestamp,
    /// The day on which it was completed.
    pub completed_on: Date,
}

/// Who contacted the front door.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Referrer {
    /// A professional: hears what became of it.
    Professional,
    /// A family, a child or a member of the public: the front door decides by hand what to say.
    Public,
}

/// A contact with the front door.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FrontDoorContact {
    /// Where from.
    pub source: Source,
    /// When it was received.
    pub received_at: Timestamp,
    /// Whether a manager accepted it as a referral; none while undecided.
    pub became_referral: Option<bool>,
    /// Whether it is a re-referral (T6).
    pub is_rereferral: bool,
    /// The day on which an initial or single assessment began, if one did.
    pub assessment_started_on: Option<Date>,
    /// Who made it.
    pub referrer: Referrer,
    /// When it was decided.
    pub decided_at: Option<Timestamp>,
    /// When the referrer was told.
    pub feedback_at: Option<Timestamp>,
}

/// An attendance because of alcohol, and how far the pathway went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attendance {
    /// Where from.
    pub source: Source,
    /// The local day.
    pub attended_on: Date,
    /// The age group.
    pub ages: AgeGroup,
    /// Whether the young people's service was offered; none where that was not recorded.
    pub offered: Option<bool>,
    /// Accepted, with an appointment; none where the hub is not told.
    pub took_up: Option<bool>,
    /// State ENGAGED; none where the hub is not told.
    pub engaged: Option<bool>,
    /// Admitted with an injury; none where one of the two was not told.
    pub injury_admission: Option<bool>,
    /// Whether the young person lives in Wirral; none where that is not known, or sealed.
    pub resident: Option<bool>,
}

/// How a missing episode ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ended {
    /// When.
    pub at: Timestamp,
    /// How.
    pub how: MissingEnd,
    /// The day on which the hub was first told of the end.
    pub told_on: Date,
}

/// The return home interview of an episode, as far as it went.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Interview {
    /// When it was offered.
    pub offered_at: Option<Timestamp>,
    /// When it was completed.
    pub completed_at: Option<Timestamp>,
}

/// A missing episode.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MissingEpisode {
    /// Where from.
    pub source: Source,
    /// When the child was last seen, or else when it was reported.
    pub started_at: Timestamp,
    /// When and how it ended; none while it goes on.
    pub ended: Option<Ended>,
    /// Whether the young person turned 18 before the return.
    pub turned_18: bool,
    /// The interview; none where the hub is not told of interviews.
    pub interview: Option<Interview>,
}

/// A night of Operation Stay Safe: numbers only.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Operation {
    /// Where from.
    pub source: Source,
    /// The day it began.
    pub on: Date,
    /// Young people spoken to.
    pub engaged: u64,
    /// Moved to a place of safety.
    pub moved: u64,
    /// Of those moved, under a legal power.
    pub powers_used: u64,
}

/// A common assessment that was registered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CafRegistered {
    /// Where from.
    pub source: Source,
    /// The day.
    pub on: Date,
}

/// How an audit rated a common assessment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CafRating {
    /// Poor.
    Poor,
    /// Adequate.
    Adequate,
    /// Good.
    Good,
    /// Excellent.
    Excellent,
}

/// A common assessment that the monthly panel audited.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CafAudit {
    /// Where from.
    pub source: Source,
    /// The day of the audit.
    pub audited_on: Date,
    /// The rating.
    pub rating: CafRating,
}

/// An urgent delivery with a clock.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Acknowledgement {
    /// Where from.
    pub source: Source,
    /// Whose inbox.
    pub recipient: MailboxId,
    /// P1 or P2.
    pub priority: Priority,
    /// When it came into the inbox.
    pub queued_at: Timestamp,
    /// By when a person had to take it.
    pub due: Timestamp,
    /// When a person of the recipient agency took it.
    pub acknowledged_at: Option<Timestamp>,
    /// Whether it was taken back before anybody had to answer.
    pub is_cancelled: bool,
}

/// A notification of domestic abuse with a child in scope.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notification {
    /// Where from.
    pub source: Source,
    /// The local day on which it was first received.
    pub received_on: Date,
    /// Whether the impact on every child was complete when it was taken.
    pub impacts_complete: bool,
}

/// One recipient's copy that was shared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Share {
    /// Where from.
    pub source: Source,
    /// Whose inbox.
    pub recipient: MailboxId,
    /// The local day.
    pub shared_on: Date,
    /// The basis code, e.g. `6E`; none where the row stated none.
    pub basis: Option<&'static str>,
}

/// Everything the hub has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Facts {
    /// Cases heard at a MARAC.
    pub pair_cases: Known<PairCase>,
    /// Completed assessments.
    pub assessments: Known<Assessment>,
    /// Contacts with the front door.
    pub contacts: Known<FrontDoorContact>,
    /// Attendances because of alcohol.
    pub attendances: Known<Attendance>,
    /// Missing episodes.
    pub episodes: Known<MissingEpisode>,
    /// Operations.
    pub operations: Known<Operation>,
    /// Common assessments registered.
    pub cafs: Known<CafRegistered>,
    /// Common assessments audited.
    pub audits: Known<CafAudit>,
    /// Urgent deliveries.
    pub acknowledgements: Known<Acknowledgement>,
    /// Notifications of domestic abuse.
    pub notifications: Known<Notification>,
    /// Copies shared.
    pub shares: Known<Share>,
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::policy::fixtures::link;

    fn claim(mention: u32, state: LinkState) -> identity::Link {
        link((mention, AlertId::from_bytes([7; 16]), 0), state)
    }

    #[test]
    fn whoever_is_matched_with_nobody_is_sure_and_whoever_may_be_somebody_else_is_not() {
        use LinkState::{Automatic, Candidate, Confirmed, Conflict, Proposed, Rejected, Unlinked};

        for (states, expected) in [
            (&[][..], Link::Confirmed),
            (&[Automatic], Link::Confirmed),
            (&[Confirmed, Candidate], Link::Confirmed),
            (&[Rejected, Unlinked], Link::Confirmed),
            (&[Proposed], Link::Strong),
            (&[Rejected, Proposed], Link::Strong),
            (&[Candidate, Proposed], Link::Possible),
            (&[Proposed, Candidate], Link::Possible),
            (&[Conflict], Link::Possible),
        ] {
            let claims: Vec<_> = states.iter().map(|state| claim(0, *state)).collect();
            assert_eq!(link_of(&claims, Some(0)), expected, "{states:?}");
        }
    }

    #[test]
    fn only_whom_it_is_about_must_be_sure_and_everybody_where_that_is_not_kept() {
        let claims = [claim(0, LinkState::Automatic), claim(1, LinkState::Candidate)];

        assert_eq!(link_of(&claims, Some(0)), Link::Confirmed, "a parent may be anybody");
        assert_eq!(link_of(&claims, Some(1)), Link::Possible);
        assert_eq!(link_of(&claims, None), Link::Possible);
    }

    #[test]
    fn a_fact_is_of_its_own_day_unless_it_was_told_more_than_31_days_later() {
        let day = date(2026, 3, 31);

        assert_eq!(counted_on(day, day), day);
        assert_eq!(counted_on(day, date(2026, 5, 1)), day, "the thirty-first day");
        assert_eq!(counted_on(day, date(2026, 5, 2)), date(2026, 5, 2));
        assert_eq!(counted_on(day, date(2026, 3, 1)), day, "told of the day beforehand");
    }
}
