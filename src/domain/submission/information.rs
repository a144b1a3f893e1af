//! What INFORMATION_REQUEST, INFORMATION_RESPONSE, NOT_SHARED_RECORD and ASSESSMENT_COMPLETED say (domain 3.13).

use super::super::codes::code_list;
use super::super::id::{AgencyCode, AlertId};
use super::super::time::Timestamp;
use super::{Bool3, Code, Gateway, Given, Length};

code_list! {
    /// Under which law or agreement it is asked and answered.
    LegalRoute {
        /// A council's enquiries, Children Act 1989 s47(9).
        Ca89S47Help = 1 => "CA89_S47_9",
        /// Children Act 2004 s16H.
        Ca04S16H = 2 => "CA04_S16H",
        /// Children Act 2004 s16LA; not in force.
        Ca04S16La = 3 => "CA04_S16LA",
        /// Children Act 1989 s47.
        Ca89S47 = 4 => "CA89_S47",
        /// Children Act 2004 s11.
        Ca04S11 = 5 => "CA04_S11",
        /// Children Act 1989 s17.
        Ca89S17 = 6 => "CA89_S17",
        /// DPA 2018 Sch 2 para 2.
        Crime = 7 => "CRIME_DPA18_SCH2",
        /// By agreement.
        Agreement = 8 => "AGREEMENT",
    }
}

impl LegalRoute {
    /// The gateway that the sharing record names for it; none where it is none of the list (domain 6.2).
    #[must_use]
    pub const fn gateway(self) -> Option<Gateway> {
        match self {
            Self::Ca89S47Help => Some(Gateway::Ca89S47Help),
            Self::Ca04S16H => Some(Gateway::Ca04S16H),
            Self::Ca04S16La => Some(Gateway::Ca04S16La),
            Self::Ca89S47 => Some(Gateway::Ca89S47),
            Self::Ca04S11 => Some(Gateway::Ca04S11),
            Self::Ca89S17 => Some(Gateway::Ca89S17),
            Self::Crime | Self::Agreement => None,
        }
    }
}

code_list! {
    /// How soon an answer is needed.
    RequestRating {
        /// 4 working hours.
        Red = 1 => "RED",
        /// 8 working hours.
        Amber = 2 => "AMBER",
        /// 3 working days.
        Green = 3 => "GREEN",
    }
}

/// The part of INFORMATION_REQUEST.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct InformationRequestFacts {
    /// Under which route.
    pub legal_route: Given<Code<LegalRoute>>,
    /// How soon.
    pub rating: Given<Code<RequestRating>>,
    /// Whether harm is suspected; missing is not known.
    pub harm_suspected: Given<Code<Bool3>>,
    /// Whom.
    pub asked: Given<AgencyCode>,
    /// How many questions.
    pub questions: usize,
}

code_list! {
    /// What the answer is.
    AnswerOutcome {
        /// Answered.
        Answered = 1 => "ANSWERED",
        /// Nothing is held.
        NothingHeld = 2 => "NOTHING_HELD",
        /// Not shared; needs a reason.
        NotShared = 3 => "NOT_SHARED",
    }
}

/// The part of INFORMATION_RESPONSE.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct InformationResponseFacts {
    /// The request.
    pub request: Given<AlertId>,
    /// Under which route it is answered.
    pub legal_route: Given<Code<LegalRoute>>,
    /// Whether the answerer suspects harm; missing is not known.
    pub harm_suspected: Given<Code<Bool3>>,
    /// What it is.
    pub outcome: Given<Code<AnswerOutcome>>,
    /// How many answers.
    pub answers: usize,
    /// Why not shared.
    pub refusal_reason: Given<Length>,
}

/// The part of NOT_SHARED_RECORD.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct NotSharedFacts {
    /// For whom it was considered.
    pub considered_for: Vec<AgencyCode>,
    /// Why not.
    pub why_not: Given<Length>,
    /// When the sender looks at it again.
    pub review_at: Given<Timestamp>,
}

code_list! {
    /// Which assessment.
    AssessmentKind {
        /// Child and family assessment.
        Single = 1 => "SINGLE",
        /// Historic.
        Initial = 2 => "INITIAL",
        /// Historic.
        Core = 3 => "CORE",
    }
}

/// The part of ASSESSMENT_COMPLETED.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AssessmentCompletedFacts {
    /// Of which referral.
    pub referral: Given<AlertId>,
    /// Which assessment.
    pub kind: Given<Code<AssessmentKind>>,
    /// When it began.
    pub started_at: Given<Timestamp>,
    /// When it ended.
    pub ended_at: Given<Timestamp>,
}
