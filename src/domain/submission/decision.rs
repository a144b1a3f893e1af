//! What a decision on a referral and its feedback say, as far as policy reads them (domain 3.10).

use super::super::id::{AgencyCode, MailboxId, UserId};
use super::super::referral::ReferralOutcome;
use super::super::time::Timestamp;
use super::{Bool3, Code, Given, Length};

/// What the front door hands on after it has decided (R52).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ReleaseFact {
    /// To which inbox.
    pub inbox: Given<MailboxId>,
    /// How many parts in words.
    pub parts: usize,
}

/// What the referrer reads.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FeedbackFacts {
    /// What was decided.
    pub outcome: Given<Code<ReferralOutcome>>,
    /// The words: acknowledgement and next step.
    pub text: Given<Length>,
    /// Whom to contact.
    pub contact: Given<Length>,
}

/// The part of REFERRAL_DECISION.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DecisionFacts {
    /// What was decided.
    pub outcome: Given<Code<ReferralOutcome>>,
    /// Whether a manager accepted the contact as a referral.
    pub became_referral: Given<Code<Bool3>>,
    /// The registered social worker or manager.
    pub decided_by: Given<Length>,
    /// When.
    pub decided_at: Given<Timestamp>,
    /// Why.
    pub rationale: Given<Length>,
    /// What is handed on.
    pub releases: Vec<ReleaseFact>,
    /// What the referrer reads.
    pub feedback: FeedbackFacts,
    /// TRANSFER_OTHER_LA: the council that decides, `LA-341`.
    pub transfer_to: Given<AgencyCode>,
    /// ALREADY_OPEN: the worker who has the child, by opaque id.
    pub allocated_worker: Given<UserId>,
    /// L4_S47_STRATEGY: when the strategy discussion decided on enquiries.
    pub strategy_at: Given<Timestamp>,
}
