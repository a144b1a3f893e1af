//! A referrer that does not agree with a decision of the front door (R90, domain 5.2a): what the decision's record keeps.
//!
//! Codes, numbers and times; what the referrer wrote is sealed and only pointed to.

use super::alert::BodyRef;
use super::codes::code_list;
use super::delivery::Moment;
use super::id::{AgencyCode, AlertId, IdempotencyKey, Position};
use super::time::Timestamp;

code_list! {
    /// How far a disagreement has gone. Orders from first to last.
    DisagreementStage {
        /// With the duty manager of the front door.
        Manager = 1 => "STAGE_1",
        /// With the safeguarding leads of both agencies.
        Leads = 2 => "STAGE_2",
        /// With the senior on call.
        Senior = 3 => "STAGE_3",
    }
}

impl DisagreementStage {
    /// Whether a referrer may go from this stage to `asked`: further, as soon as the child's safety needs it; never back.
    #[must_use]
    pub fn may_become(self, asked: Self) -> bool {
        self < asked
    }
}

/// What the referrer said with a stage.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Said {
    /// The referrer's key.
    pub key: IdempotencyKey,
    /// The words, sealed; seen by whom the stage and the later ones call.
    pub text: BodyRef,
}

/// The front door has answered, by a new decision or by feedback.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Answered {
    /// When the hub took it.
    pub at: Timestamp,
    /// The alert that says so.
    pub by: AlertId,
}

/// One stage that was reached.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Raised {
    /// Which.
    pub stage: DisagreementStage,
    /// When, and who raised it; nobody where the clock did.
    pub at: Moment,
    /// The deliveries by which it was called, by their numbers within the decision.
    pub called: Vec<u32>,
    /// What the referrer said; none where the clock raised it.
    pub said: Option<Said>,
    /// The answer to it; none while it is open, and where the next stage came first.
    pub answered: Option<Answered>,
}

/// One referrer's disagreement with the decision in whose record it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Disagreement {
    /// The alert that was decided on.
    pub referral: AlertId,
    /// The agency that sent that alert.
    pub referrer: AgencyCode,
    /// The stages in the order in which they were reached, ascending; at least one.
    pub raised: Vec<Raised>,
}

impl Disagreement {
    /// The stage it has reached.
    #[must_use]
    pub fn last(&self) -> Option<&Raised> {
        self.raised.last()
    }

    /// Whether nobody has answered it yet.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.last().is_some_and(|raised| raised.answered.is_none())
    }

    /// From when the steps are counted: since it was raised, or raised again after an answer.
    #[must_use]
    pub fn open_since(&self) -> Option<Timestamp> {
        let unanswered = self.raised.iter().rev().take_while(|raised| raised.answered.is_none());
        unanswered.last().map(|raised| raised.at.at)
    }

    /// Answers what is open.
    pub fn answer(&mut self, answered: Answered) {
        if let Some(raised) = self.raised.last_mut() {
            raised.answered.get_or_insert(answered);
        }
    }

    /// The stage that called this delivery, and what the referrer had said up to then, oldest first, each with its stage;
    /// none where no stage called it.
    #[must_use]
    pub fn call(&self, delivery: u32) -> Option<(&Raised, Vec<(&Raised, &Said)>)> {
        let at = self.raised.iter().position(|raised| raised.called.contains(&delivery))?;
        let heard = self.raised.iter().take(at.saturating_add(1));
        let said = heard.filter_map(|raised| raised.said.as_ref().map(|said| (raised, said)));
        Some((self.raised.get(at)?, said.collect()))
    }

    /// Replaces every [`Position::THIS`] by the position of the commit that carries the record.
    pub(super) fn settle(&mut self, own: Position) {
        for raised in &mut self.raised {
            raised.at.position = raised.at.position.or_own(own);
            if let Some(said) = &mut raised.said {
                said.text.settle(own);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r90_a_stage_may_be_asked_for_sooner_and_never_again() {
        use DisagreementStage::{Leads, Manager, Senior};

        for (from, to, may) in [
            (Manager, Leads, true),
            (Manager, Senior, true),
            (Leads, Senior, true),
            (Manager, Manager, false),
            (Senior, Leads, false),
        ] {
            assert_eq!(from.may_become(to), may, "{from} to {to}");
        }
    }

    #[test]
    fn the_steps_are_counted_from_when_it_was_raised_again_after_an_answer() {
        let raised = |stage, millis| Raised {
            stage,
            at: Moment { at: Timestamp::from_millis(millis), by: None, position: Position(1) },
            called: Vec::new(),
            said: None,
            answered: None,
        };
        let mut disagreement = Disagreement {
            referral: AlertId::from_bytes([1; 16]),
            referrer: AgencyCode::try_from("MERPOL").unwrap(),
            raised: vec![raised(DisagreementStage::Manager, 1)],
        };
        let by = AlertId::from_bytes([2; 16]);

        disagreement.answer(Answered { at: Timestamp::from_millis(2), by });
        assert!(!disagreement.is_open());
        assert_eq!(disagreement.open_since(), None);
        disagreement.raised.push(raised(DisagreementStage::Leads, 3));
        disagreement.raised.push(raised(DisagreementStage::Senior, 4));

        assert!(disagreement.is_open());
        assert_eq!(disagreement.open_since(), Some(Timestamp::from_millis(3)));
    }
}
