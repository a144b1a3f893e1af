//! What an alert says that figures are made of, kept beside its sealed body (domain 8): codes and times, nothing of a
//! person.

use super::codes::code_list;
use super::id::AlertId;
use super::submission::{AssessmentKind, QualityRating, Submission};
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

/// What is counted of one alert; nothing of most.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counted {
    /// An assessment.
    pub assessment: Option<AssessmentDone>,
    /// An audit.
    pub audit: Option<PlanAudited>,
    /// A case before the MARAC; what it counts as is not in the alert, but in what is known of its pair.
    pub pair: Option<PairCounted>,
}

impl Counted {
    /// What is counted of this submission; a part that is not whole counts in nothing.
    #[must_use]
    pub fn of(submission: &Submission) -> Self {
        Self { assessment: assessment(submission), audit: audit(submission), pair: None }
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
