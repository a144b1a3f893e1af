//! What a referral to the MARAC and its outcome say, as far as a decision reads it (domain 3.8).

use super::super::codes::code_list;
use super::super::id::AgencyCode;
use super::super::time::Timestamp;
use super::{Code, Codes, Given, ImpactFacts, Length, PartnerFacts};

code_list! {
    /// Why the case comes to the MARAC.
    MaracBasis {
        /// The tool says high.
        VisibleHighRisk = 1 => "VISIBLE_HIGH_RISK",
        /// Professional judgement.
        ProfessionalJudgement = 2 => "PROFESSIONAL_JUDGEMENT",
        /// It may get worse.
        PotentialEscalation = 3 => "POTENTIAL_ESCALATION",
        /// Again, within 12 months.
        Repeat = 4 => "REPEAT",
        /// "Honour"-based.
        Hba = 5 => "HBA",
    }
}

code_list! {
    /// What the victim was asked.
    VictimAnswer {
        /// Yes.
        Yes = 1 => "YES",
        /// No.
        No = 2 => "NO",
        /// Asking would not be safe.
        UnsafeToAsk = 3 => "UNSAFE_TO_ASK",
    }
}

/// What both kinds say.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MaracCaseFacts {
    /// Whether the victim knows.
    pub victim_informed: Given<Code<VictimAnswer>>,
    /// Whether the victim agrees.
    pub victim_agrees: Given<Code<VictimAnswer>>,
    /// Why it is shared all the same.
    pub share_without_agreement_reason: Given<Length>,
    /// Whether the alleged perpetrator is named among the persons of concern, where more than one stands there.
    pub perpetrator: Given<()>,
    /// How many persons of concern there are.
    pub persons_of_concern: usize,
    /// The alleged perpetrator, who makes the pair with the victim: the one named, or the only one there is.
    pub partner: Option<PartnerFacts>,
    /// The impact on each child.
    pub impacts: Vec<ImpactFacts>,
    /// Agencies invited, or there.
    pub attendees: Vec<AgencyCode>,
    /// When the conference meets, or met.
    pub meeting_at: Given<Timestamp>,
}

/// The part of MARAC_REFERRAL.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MaracReferralFacts {
    /// What both kinds say.
    pub case: MaracCaseFacts,
    /// Why.
    pub basis: Codes<MaracBasis>,
    /// The judgement in words.
    pub judgement_reason: Given<Length>,
}

/// The part of MARAC_OUTCOME.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MaracOutcomeFacts {
    /// What both kinds say.
    pub case: MaracCaseFacts,
    /// The agency of each usable action.
    pub actions: Vec<AgencyCode>,
}
