//! R07: a return home interview (domain 5.3).

use crate::domain::{AlertKind, Letter, Priority, Rule};

use super::super::partners::{CADT, MERPOL, SAFERFUT};
use super::missing::{is_looked_after, responsible};
use super::row::{Row, line, those};

pub(super) const ROWS: &[Row] = &[Row {
    rule: Rule::R07,
    when: "RHI_UPDATE",
    applies: |facts| facts.submission.kind == AlertKind::RhiUpdate,
    lines: &[
        line(CADT, Priority::P4),
        line(MERPOL, Priority::P4),
        line(SAFERFUT, Priority::P4),
        those(
            ("CIC or the responsible council", &[Letter::L, Letter::X]),
            responsible,
            Priority::P4,
        )
        .only("looked after", is_looked_after),
    ],
}];
