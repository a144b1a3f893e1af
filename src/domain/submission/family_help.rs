//! What CAF_REGISTERED and TAC_UPDATE say, as far as a decision reads it (domain 3.11).

use super::super::codes::code_list;
use super::super::id::AgencyCode;
use super::super::time::Timestamp;
use super::{Code, CompetenceFacts, ConsentFact, Given, Length, ParentAgreement};

code_list! {
    /// How far the help has come.
    FamilyHelpStatus {
        /// Going on.
        Open = 1 => "OPEN",
        /// More is needed: the front door is asked.
        StepUpRequested = 2 => "STEP_UP_REQUESTED",
        /// The needs are met.
        ClosedNeedsMet = 3 => "CLOSED_NEEDS_MET",
        /// The family withdrew.
        ClosedWithdrawn = 4 => "CLOSED_WITHDRAWN",
        /// The family moved.
        ClosedMoved = 5 => "CLOSED_MOVED",
    }
}

impl FamilyHelpStatus {
    /// Whether nothing more comes.
    #[must_use]
    pub const fn is_closed(self) -> bool {
        match self {
            Self::ClosedNeedsMet | Self::ClosedWithdrawn | Self::ClosedMoved => true,
            Self::Open | Self::StepUpRequested => false,
        }
    }
}

code_list! {
    /// What the monthly audit panel found.
    QualityRating {
        /// Poor.
        Poor = 1 => "POOR",
        /// Adequate.
        Adequate = 2 => "ADEQUATE",
        /// Good.
        Good = 3 => "GOOD",
        /// Excellent.
        Excellent = 4 => "EXCELLENT",
    }
}

/// The part of CAF_REGISTERED and TAC_UPDATE.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FamilyHelpFacts {
    /// How long the reference is.
    pub caf_ref: Given<Length>,
    /// When it was registered.
    pub registered_at: Given<Timestamp>,
    /// The agreement it rests on.
    pub agreement: Given<ConsentFact>,
    /// Whether a child who agreed can decide that.
    pub competence: Given<CompetenceFacts>,
    /// Whom the family agreed to besides the Area Team.
    pub agreed: Vec<AgencyCode>,
    /// Who leads.
    pub lead_practitioner: Given<Length>,
    /// How many needs there are.
    pub needs: usize,
    /// How far it has come.
    pub status: Given<Code<FamilyHelpStatus>>,
    /// What the parents say to a step up.
    pub parent_agreement: Given<Code<ParentAgreement>>,
    /// Why.
    pub parent_agreement_reason: Given<Length>,
    /// What the audit panel found.
    pub quality_rating: Given<Code<QualityRating>>,
    /// When.
    pub audited_at: Given<Timestamp>,
}

impl FamilyHelpFacts {
    /// Whether the front door is asked.
    #[must_use]
    pub fn steps_up(&self) -> bool {
        self.status.is(FamilyHelpStatus::StepUpRequested)
    }

    /// Whether the family named this agency.
    #[must_use]
    pub fn agrees_to(&self, agency: &AgencyCode) -> bool {
        self.agreed.contains(agency)
    }
}
