//! What a trigger asks of people: tasks beside the alert, one for each inbox, however many triggers ask.

use super::Trigger;
use super::crossing::News;
use super::find::{Finding, Standing};
use crate::domain::Priority;
use crate::domain::codes::code_list;

code_list! {
    /// What is asked, and of whom.
    Ask {
        /// The front door: consider a strategy meeting (T1, T2).
        StrategyMeeting = 1 => "STRATEGY_MEETING",
        /// The missing from home service: the child is a repeat (T1).
        RepeatMissing = 2 => "REPEAT_MISSING",
        /// The MARAC coordinator: a repeat, or a possible escalation (T4, T5).
        MaracRepeat = 3 => "MARAC_REPEAT",
        /// The front door's duty manager: contacts and no referral (T7).
        ManagerReview = 4 => "MANAGER_REVIEW",
        /// The front door: confirm a link that would make a repeat.
        PossibleRepeat = 5 => "POSSIBLE_REPEAT",
        /// Whoever was told: the trigger is taken back, or its count was too high.
        TriggerWithdrawn = 6 => "TRIGGER_WITHDRAWN",
    }
}

impl Ask {
    /// How urgent [domain 5.8; T7 states none and is routine].
    #[must_use]
    pub const fn priority(self) -> Priority {
        match self {
            Self::StrategyMeeting
            | Self::RepeatMissing
            | Self::MaracRepeat
            | Self::PossibleRepeat
            | Self::TriggerWithdrawn => Priority::P3,
            Self::ManagerReview => Priority::P4,
        }
    }
}

/// One thing asked, by all the triggers that ask it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    /// What.
    pub ask: Ask,
    /// By which, ascending.
    pub triggers: Vec<Trigger>,
}

/// What the findings ask: T1 and T2 together one task of the front door.
#[must_use]
pub fn asked(findings: &[Finding]) -> Vec<Asked> {
    let fires = |finding: &&Finding| finding.news == News::Fires;
    let mut asked: Vec<Asked> = Vec::new();
    for finding in findings.iter().filter(fires) {
        for ask in asks_of(finding.trigger) {
            put(&mut asked, *ask, finding.trigger);
        }
    }
    for finding in findings.iter().filter(|finding| finding.standing == Standing::Possible) {
        put(&mut asked, Ask::PossibleRepeat, finding.trigger);
    }
    asked
}

/// What a trigger asks when it fires. A marker (T3) and a flag (T6) ask nothing of anybody by themselves.
#[must_use]
pub(crate) const fn asks_of(trigger: Trigger) -> &'static [Ask] {
    match trigger {
        Trigger::T1 => &[Ask::StrategyMeeting, Ask::RepeatMissing],
        Trigger::T2 => &[Ask::StrategyMeeting],
        Trigger::T4 | Trigger::T5 => &[Ask::MaracRepeat],
        Trigger::T7 => &[Ask::ManagerReview],
        Trigger::T3 | Trigger::T6 => &[],
    }
}

fn put(asked: &mut Vec<Asked>, ask: Ask, trigger: Trigger) {
    match asked.iter_mut().find(|asked| asked.ask == ask) {
        Some(found) => {
            found.triggers.push(trigger);
            found.triggers.sort_unstable();
            found.triggers.dedup();
        }
        None => asked.push(Asked { ask, triggers: vec![trigger] }),
    }
}
