//! R55, R56, R58: questions, answers, and what is kept and goes to nobody (domain 5.3).

use crate::domain::{AgencyCode, AlertKind, Letter, Priority, Rule};

use super::super::validation::{asked, asker};
use super::Facts;
use super::row::{Row, those};

/// Whoever may be asked, and whoever may ask.
const ANYBODY: &[Letter] = &[
    Letter::C,
    Letter::P,
    Letter::F,
    Letter::M,
    Letter::N,
    Letter::H1,
    Letter::H2,
    Letter::R,
    Letter::S,
    Letter::E,
    Letter::A,
    Letter::Y,
    Letter::L,
    Letter::X,
    Letter::D,
    Letter::Z,
];

/// Those who may ask: the front door, police, other councils (domain 2.1).
const ASKERS: &[Letter] = &[Letter::C, Letter::P, Letter::X];

pub(super) const ROWS: &[Row] = &[
    Row {
        rule: Rule::R55,
        when: "INFORMATION_REQUEST",
        applies: |facts| facts.submission.kind == AlertKind::InformationRequest,
        lines: &[those(
            ("the agency asked; the front door where police ask on a crime route", ANYBODY),
            |facts| named(asked(facts.submission, facts.context)),
            Priority::P3,
        )],
    },
    Row {
        rule: Rule::R56,
        when: "INFORMATION_RESPONSE",
        applies: |facts| facts.submission.kind == AlertKind::InformationResponse,
        lines: &[
            those(("whoever asked", ASKERS), asking, Priority::P4),
            those(("whoever asked", ASKERS), asking, Priority::P3)
                .only("asked RED or AMBER", |it| it.validated.priority == Priority::P3),
        ],
    },
    Row {
        rule: Rule::R58,
        when: "NOT_SHARED_RECORD, ASSESSMENT_COMPLETED: recorded, and goes to nobody",
        applies: |_| false,
        lines: &[],
    },
];

fn asking(facts: &Facts<'_>) -> Vec<AgencyCode> {
    named(asker(facts.submission, facts.context).map(|agency| agency.code.clone()))
}

fn named(agency: Option<AgencyCode>) -> Vec<AgencyCode> {
    agency.into_iter().collect()
}
