//! A referral and its way: received, decided, answered (domain 3.10).
//!
//! The front door must decide within one working day and tell the referrer (Working Together, STAT; 8 working hours
//! is our reading of it). A transition consumes the referral and gives the next one or says why not. The referral is
//! kept in the record of the alert that opened the episode; it holds codes and times, nothing of a person.

use super::alert::AlertKind;
use super::codes::code_list;
use super::id::AlertId;
use super::time::Timestamp;

code_list! {
    /// Who refers. Only a professional hears of the decision from the hub (domain 3.10).
    ReferrerType {
        /// Somebody whose work it is.
        Professional = 1 => "PROFESSIONAL",
        /// A family member.
        Family = 2 => "FAMILY",
        /// The child.
        Child = 3 => "CHILD",
        /// Anybody else; may ask to stay unnamed.
        Public = 4 => "PUBLIC",
    }
}

code_list! {
    /// What the front door decided. Only a person decides; the hub carries it.
    ReferralOutcome {
        /// No further action.
        Nfa = 1 => "NFA",
        /// Information or advice.
        InfoAdvice = 2 => "INFO_ADVICE",
        /// Another service is named.
        Signpost = 3 => "SIGNPOST",
        /// Level 2: one agency's help through the Area Team.
        L2AreaTeam = 4 => "L2_AREA_TEAM",
        /// Level 3: early help by several agencies.
        L3EarlyHelpTac = 5 => "L3_EARLY_HELP_TAC",
        /// Level 4: an assessment, Children Act 1989 s17.
        L4S17Assessment = 6 => "L4_S17_ASSESSMENT",
        /// Level 4: a strategy discussion, Children Act 1989 s47.
        L4S47Strategy = 7 => "L4_S47_STRATEGY",
        /// The child is protected now.
        ImmediateProtection = 8 => "IMMEDIATE_PROTECTION",
        /// A worker is allocated already.
        AlreadyOpen = 9 => "ALREADY_OPEN",
        /// Another council decides.
        TransferOtherLa = 10 => "TRANSFER_OTHER_LA",
    }
}

impl ReferralOutcome {
    /// Early help below the statutory threshold: the Area Team's (R51, by agreement only).
    #[must_use]
    pub const fn is_early_help(self) -> bool {
        matches!(self, Self::L2AreaTeam | Self::L3EarlyHelpTac)
    }

    /// Whether an assessment follows, due 45 working days after the referral (R51).
    #[must_use]
    pub const fn is_assessed(self) -> bool {
        matches!(self, Self::L4S17Assessment | Self::L4S47Strategy)
    }
}

/// How far a referral has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// Taken; nobody has decided.
    Received,
    /// Decided; the referrer has not been told by the hub.
    Decided(Decided),
    /// Decided, and the referrer was told.
    FedBack(Decided),
}

/// A decision on a referral.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decided {
    /// What.
    pub outcome: ReferralOutcome,
    /// The REFERRAL_DECISION that says so.
    pub by: AlertId,
    /// When the hub took it.
    pub at: Timestamp,
    /// Whether a manager accepted the contact as a referral (domain 8, NI 68).
    pub status: ReferralStatus,
    /// Whether another referral of the person came within the 12 calendar months before it (T6).
    pub is_rereferral: bool,
}

code_list! {
    /// What a contact became: contacts are not counted as referrals.
    ReferralStatus {
        /// Accepted as a referral.
        Referral = 1 => "REFERRAL",
        /// A contact only.
        Contact = 2 => "CONTACT",
    }
}

/// A referral.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Referral {
    /// Who refers.
    pub referrer: ReferrerType,
    /// Whether the sender owes a report of its own besides.
    pub own_report: OwnReport,
    /// How far it has come.
    pub stage: Stage,
}

code_list! {
    /// A report of the sender's own that the law asks for and no message of the hub makes.
    OwnReport {
        /// None.
        None = 1 => "NONE",
        /// To police on 101, FGM Act 2003 s5B.
        Fgm = 2 => "FGM",
    }
}

/// Why a step is not possible.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReferralError {
    /// There is nothing to tell the referrer yet.
    #[error("the referral has not been decided")]
    NotDecided,
}

impl ReferralError {
    /// The stable reason code.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NotDecided => "NOT_DECIDED",
        }
    }
}

impl Referral {
    /// A referral that has just been taken.
    #[must_use]
    pub const fn received(referrer: ReferrerType, own_report: OwnReport) -> Self {
        Self { referrer, own_report, stage: Stage::Received }
    }

    /// The front door decides, again where it changes its mind: stepping up or down is a new decision that says why,
    /// and the referrer is told again (domain 5.4).
    #[must_use]
    pub const fn decide(self, decided: Decided) -> Self {
        Self { stage: Stage::Decided(decided), ..self }
    }

    /// With what a later count says of it: whether another referral of the person came before it (T6). What was decided
    /// and told stands.
    #[must_use]
    pub const fn counted_again(self, is_rereferral: bool) -> Self {
        let stage = match self.stage {
            Stage::Received => Stage::Received,
            Stage::Decided(decided) => Stage::Decided(Decided { is_rereferral, ..decided }),
            Stage::FedBack(decided) => Stage::FedBack(Decided { is_rereferral, ..decided }),
        };
        Self { stage, ..self }
    }

    /// The referrer is told. Telling twice changes nothing.
    ///
    /// # Errors
    /// While nobody has decided.
    pub const fn feed_back(self) -> Result<Self, ReferralError> {
        match self.stage {
            Stage::Received => Err(ReferralError::NotDecided),
            Stage::Decided(decided) | Stage::FedBack(decided) => {
                Ok(Self { stage: Stage::FedBack(decided), ..self })
            }
        }
    }

    /// What was decided, if anything.
    #[must_use]
    pub const fn decided(&self) -> Option<Decided> {
        match self.stage {
            Stage::Received => None,
            Stage::Decided(decided) | Stage::FedBack(decided) => Some(decided),
        }
    }

    /// Whether the hub itself tells the referrer: a professional; for anybody else the front door decides by hand.
    #[must_use]
    pub const fn hub_feeds_back(&self) -> bool {
        matches!(self.referrer, ReferrerType::Professional)
    }
}

impl AlertKind {
    /// Whether the alert asks the front door for a decision by itself.
    #[must_use]
    pub const fn is_referral(self) -> bool {
        matches!(self, Self::CscContact | Self::CscReferral | Self::Concern)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DECIDED: Decided = Decided {
        outcome: ReferralOutcome::L4S17Assessment,
        by: AlertId::from_bytes([1; 16]),
        at: Timestamp::from_millis(1),
        status: ReferralStatus::Referral,
        is_rereferral: false,
    };

    fn received() -> Referral {
        Referral::received(ReferrerType::Professional, OwnReport::None)
    }

    #[test]
    fn a_referral_is_received_then_decided_then_answered() {
        let decided = received().decide(DECIDED);

        assert_eq!(decided.stage, Stage::Decided(DECIDED));
        assert_eq!(decided.feed_back().unwrap().stage, Stage::FedBack(DECIDED));
    }

    #[test]
    fn nobody_is_told_of_a_decision_that_was_not_made() {
        assert_eq!(received().feed_back(), Err(ReferralError::NotDecided));
        assert_eq!(received().decided(), None);
    }

    #[test]
    fn telling_twice_changes_nothing_and_a_new_decision_is_to_be_told_again() {
        let told = received().decide(DECIDED).feed_back().unwrap();
        let stepped_up = Decided { outcome: ReferralOutcome::L4S47Strategy, ..DECIDED };

        assert_eq!(told.feed_back().unwrap(), told);
        assert_eq!(told.decide(stepped_up).stage, Stage::Decided(stepped_up));
    }

    #[test]
    fn the_hub_tells_professionals_only() {
        let told = ReferrerType::ALL
            .iter()
            .filter(|by| Referral::received(**by, OwnReport::None).hub_feeds_back());

        assert_eq!(told.collect::<Vec<_>>(), [&ReferrerType::Professional]);
    }

    #[test]
    fn early_help_and_assessment_exclude_each_other() {
        for outcome in ReferralOutcome::ALL {
            assert!(!(outcome.is_early_help() && outcome.is_assessed()), "{outcome}");
        }
    }
}
