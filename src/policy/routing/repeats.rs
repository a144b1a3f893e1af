//! R23 and what T1 raises: a repeat makes an alert more urgent to those who have it already (domain 5.3, 5.8).
//!
//! These rows look at what the rows before them named.

use crate::domain::{Letter, Priority, Rule, View};

use super::super::partners::{CADT, EDT, FSU, MARAC, SAFERFUT};
use super::super::triggers::{self, Trigger};
use super::row::{Row, line, told};
use super::{Facts, Target, Wish, Wishes};

pub(super) const ROWS: &[Row] = &[
    Row {
        rule: Rule::T1,
        when: "MISSING_REPORTED, the third or later episode in 90 days (T1)",
        applies: |facts| triggers::fires(&facts.validated.repeats, Trigger::T1),
        lines: &[line(SAFERFUT, Priority::P3)],
    },
    Row {
        rule: Rule::R23,
        when: "DV_NOTIFICATION, a MARAC repeat (T4) or the third or later of the pair in 12 months (T5)",
        applies: is_repeat,
        lines: &[
            told(
                (
                    "CADT, where a row above names it, one level up, not above P2 (a P1 stays P1)",
                    &[Letter::C],
                ),
                |facts, wishes| one_level_up(facts, wishes, CADT),
                Priority::P3,
            )
            .up_to(Priority::P2),
            told(
                ("FSU, one level up, not above P2", &[Letter::F]),
                |facts, wishes| one_level_up(facts, wishes, FSU),
                Priority::P3,
            )
            .up_to(Priority::P2),
            line(MARAC, Priority::P3),
        ],
    },
];

/// Whether it is a repeat by T4 or T5; then it is high for sharing too (D4).
pub(in crate::policy) fn is_repeat_of(repeats: &[triggers::Finding]) -> bool {
    triggers::holds(repeats, Trigger::T4) || triggers::holds(repeats, Trigger::T5)
}

fn is_repeat(facts: &Facts<'_>) -> bool {
    is_repeat_of(&facts.validated.repeats)
}

fn one_level_up(_: &Facts<'_>, wishes: &mut Wishes, code: &str) {
    let is_for = |wish: &&Wish| match &wish.to {
        Target::Duty(agency) => agency.as_str() == code,
        Target::Again(mailbox) => {
            // The front door's work of the night is the out-of-hours team's.
            mailbox.agency_code() == code || (code == CADT && mailbox.agency_code() == EDT)
        }
    };
    let Some(named) = wishes.list.iter().filter(is_for).map(|wish| wish.priority).min() else {
        return;
    };
    let raised = match named {
        Priority::P1 => Priority::P1,
        Priority::P2 | Priority::P3 => Priority::P2,
        Priority::P4 => Priority::P3,
        Priority::P5 => Priority::P4,
    };
    wishes.tell(Rule::R23, code, raised, View::Standard);
}
