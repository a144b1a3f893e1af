//! What an alert says that figures are made of, kept beside its sealed body (domain 8): codes, counts and times, nothing
//! that names or finds a person.
//!
//! Each part is the least that its figure needs, and says no more than what already stands in the clear beside it: the
//! rows that routed the alert, its stage, its clocks. What a figure needs of two fields together is kept as their one
//! answer ([`AttendanceCounted::injury_admission`]), never as the fields.

use super::codes::code_list;
use super::id::AlertId;
use super::submission::{AssessmentKind, Bool3, QualityRating, Submission};
use super::time::Timestamp;

/// An assessment that is done (ASSESSMENT_COMPLETED).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AssessmentDone {
    /// The referral it follows.
    pub referral: AlertId,
    /// Which.
    pub kind: AssessmentKind,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
}

/// What the monthly panel found when it audited a common assessment (TAC_UPDATE).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PlanAudited {
    /// How it is rated.
    pub rating: QualityRating,
    /// When.
    pub at: Timestamp,
}

code_list! {
    /// `marac_repeat` (domain 3.7).
    MaracRepeat {
        /// Within twelve months of the last referral.
        Repeat = 1 => "REPEAT",
        /// Not a repeat.
        NotRepeat = 2 => "NOT_REPEAT",
        /// The pair is not confirmed.
        Unknown = 3 => "UNKNOWN",
    }
}

/// The case of a pair before the MARAC (MARAC_REFERRAL, MARAC_OUTCOME), as the pair was known when the alert was taken
/// or a claim of its last changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PairCounted {
    /// T4: by the definition of today.
    pub current: MaracRepeat,
    /// T4-legacy: by that of NI 32.
    pub legacy: MaracRepeat,
    /// The referral of another case from which T4 counts.
    pub referral: Option<AlertId>,
    /// The outcome of another case from which T4-legacy counts.
    pub meeting: Option<AlertId>,
    /// When the conference heard the case: of an outcome.
    pub heard_at: Option<Timestamp>,
}

/// The numbers of an operation (OPERATION_REPORT), which has no persons (domain 3.9).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OperationCounted {
    /// The start of its day, London time.
    pub on: Timestamp,
    /// Young people spoken to.
    pub engaged: u32,
    /// Moved to a place of safety.
    pub moved: u32,
    /// Of these, by a power.
    pub powers_used: u32,
}

code_list! {
    /// The age group at an attendance (domain 3.6), as its routing rows tell it too (R10 to R14, R81).
    AgeGroup {
        /// Under 16.
        Under16 = 1 => "U16",
        /// 16 or 17.
        Of16To17 = 2 => "16_17",
        /// 18 or over.
        Adult = 3 => "ADULT",
        /// Not known.
        Unknown = 4 => "UNKNOWN",
    }
}

/// An attendance because of alcohol (ALCOHOL_ATTENDANCE).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AttendanceCounted {
    /// When, where it was told and can be true.
    pub at: Option<Timestamp>,
    /// The age group.
    pub ages: AgeGroup,
    /// Whether the young person was admitted with an injury: the two clinical answers stay sealed, their conjunction is
    /// what is counted. UNKNOWN where one of them was not told and the other is not NO.
    pub injury_admission: Bool3,
    /// Whether the young person lives in the area of the hub. UNKNOWN where no home is known or it is sealed.
    pub resident: Bool3,
}

code_list! {
    /// How a missing episode ended (MISSING_FOUND, MISSING_CANCELLED).
    MissingEnd {
        /// Found or returned.
        Found = 1 => "FOUND",
        /// Found dead.
        Deceased = 2 => "DECEASED",
        /// Nobody was missing.
        Cancelled = 3 => "CANCELLED",
    }
}

/// How and when a missing episode ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MissingEnded {
    /// When, where it was told and can be true.
    pub at: Option<Timestamp>,
    /// How. That no interview is due stands in the clear anyway: there is no clock for one.
    pub how: MissingEnd,
    /// Whether the young person was 18 by then: the answer, for the date of birth stays sealed.
    pub is_adult: bool,
}

/// A missing episode, as far as one alert tells of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MissingCounted {
    /// MISSING_REPORTED: when the child was last seen, where it was told and can be true. The clock of T2 counts from it.
    Since(Option<Timestamp>),
    /// The end.
    Ended(MissingEnded),
}

/// What is counted of one alert; nothing of most.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counted {
    /// An assessment.
    pub assessment: Option<AssessmentDone>,
    /// An audit.
    pub audit: Option<PlanAudited>,
    /// A case before the MARAC; what it counts as is not in the alert, but in what is known of its pair.
    pub pair: Option<PairCounted>,
    /// An operation.
    pub operation: Option<OperationCounted>,
    /// An attendance.
    pub attendance: Option<AttendanceCounted>,
    /// A missing episode.
    pub missing: Option<MissingCounted>,
    /// Whom it is about: the place among those whom the alert mentions, from 0. Claims of this one say whether it is known
    /// who it is; where it is not kept, the claims of everybody mentioned do.
    pub about: Option<u32>,
}

impl Counted {
    /// What is counted of this submission by itself; a part that is not whole counts in nothing. What needs an age, a home
    /// or the hub's time is added by [`crate::policy::counted`].
    #[must_use]
    pub fn of(submission: &Submission) -> Self {
        Self { assessment: assessment(submission), audit: audit(submission), ..Self::default() }
    }
}

fn assessment(submission: &Submission) -> Option<AssessmentDone> {
    let facts = submission.assessment_completed()?;
    Some(AssessmentDone {
        referral: *facts.referral.get()?,
        kind: facts.kind.known()?,
        started_at: *facts.started_at.get()?,
        ended_at: *facts.ended_at.get()?,
    })
}

fn audit(submission: &Submission) -> Option<PlanAudited> {
    let facts = submission.family_help()?;
    Some(PlanAudited { rating: facts.quality_rating.known()?, at: *facts.audited_at.get()? })
}
