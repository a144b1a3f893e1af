//! What RHI_UPDATE says (domain 3.5): a return home interview that was offered, held, declined or not possible.

use super::super::codes::code_list;
use super::super::id::AgencyCode;
use super::super::time::Timestamp;
use super::{Bool3, Code, Given, Length};

code_list! {
    /// How far the interview has come.
    InterviewState {
        /// Offered.
        Offered = 1 => "OFFERED",
        /// Held.
        Completed = 2 => "COMPLETED",
        /// Declined.
        Declined = 3 => "DECLINED",
        /// Not possible.
        NotPossible = 4 => "NOT_POSSIBLE",
    }
}

code_list! {
    /// How it was offered.
    OfferMethod {
        /// In person.
        InPerson = 1 => "IN_PERSON",
        /// By phone.
        Phone = 2 => "PHONE",
        /// By letter.
        Letter = 3 => "LETTER",
        /// Through a carer.
        ViaCarer = 4 => "VIA_CARER",
    }
}

code_list! {
    /// What became of it.
    InterviewOutcome {
        /// Held.
        Completed = 1 => "COMPLETED",
        /// The child declined.
        DeclinedByChild = 2 => "DECLINED_BY_CHILD",
        /// A parent refused. Does not close the duty: it is offered to the child directly.
        RefusedByParent = 3 => "REFUSED_BY_PARENT",
        /// The child went missing again.
        WentMissingAgain = 4 => "WENT_MISSING_AGAIN",
        /// The child could not be reached.
        NotContactable = 5 => "NOT_CONTACTABLE",
        /// It was not offered; needs a reason.
        NotOffered = 6 => "NOT_OFFERED",
    }
}

impl InterviewOutcome {
    /// The state that the outcome belongs to.
    #[must_use]
    pub const fn state(self) -> InterviewState {
        match self {
            Self::Completed => InterviewState::Completed,
            Self::DeclinedByChild | Self::RefusedByParent => InterviewState::Declined,
            Self::WentMissingAgain | Self::NotContactable | Self::NotOffered => {
                InterviewState::NotPossible
            }
        }
    }
}

code_list! {
    /// What pushed the child away or pulled them.
    PushPullFactor {
        /// Conflict at home.
        HomeConflict = 1 => "HOME_CONFLICT",
        /// Domestic abuse.
        DomesticAbuse = 2 => "DA",
        /// School.
        School = 3 => "SCHOOL",
        /// Friends.
        Peer = 4 => "PEER",
        /// Exploitation.
        Exploitation = 5 => "EXPLOITATION",
        /// The placement.
        Placement = 6 => "PLACEMENT",
        /// Mental health.
        MentalHealth = 7 => "MENTAL_HEALTH",
        /// Something else.
        Other = 8 => "OTHER",
    }
}

/// The part of RHI_UPDATE.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ReturnInterviewFacts {
    /// How far it has come.
    pub state: Given<Code<InterviewState>>,
    /// When it was offered.
    pub offered_at: Given<Timestamp>,
    /// How.
    pub offer_method: Given<Code<OfferMethod>>,
    /// Whether whoever holds it is neither the carer nor the social worker responsible.
    pub independent: Given<Code<Bool3>>,
    /// When it was held.
    pub completed_at: Given<Timestamp>,
    /// What became of it.
    pub outcome: Given<Code<InterviewOutcome>>,
    /// Why it was not offered.
    pub not_offered_reason: Given<Length>,
    /// How many parts the child disclosed.
    pub disclosures: usize,
    /// Whether the child was told how that is shared.
    pub child_told: Given<Code<Bool3>>,
    /// Whether the child told of harm.
    pub harm_disclosed: Given<Code<Bool3>>,
    /// Whom the interviewer has told, at most 20.
    pub shared_with: Vec<AgencyCode>,
}

impl ReturnInterviewFacts {
    /// Whether nothing more is owed: everything that ends it but a parent's refusal.
    #[must_use]
    pub fn closes_the_duty(&self) -> bool {
        match self.outcome.known() {
            Some(
                InterviewOutcome::Completed
                | InterviewOutcome::DeclinedByChild
                | InterviewOutcome::WentMissingAgain
                | InterviewOutcome::NotContactable
                | InterviewOutcome::NotOffered,
            ) => true,
            Some(InterviewOutcome::RefusedByParent) | None => false,
        }
    }
}
