//! R30, R31: a case before the MARAC (domain 5.3).
//!
//! Who attends is told under letter K, whatever its own (domain 3.1). Whom a row names besides has its own letter, and
//! keeps it where it attends too.

use crate::domain::{AgencyCode, AlertKind, Letter, Priority, Rule};

use super::super::partners::{CADT, FSU, MARAC};
use super::Facts;
use super::row::{Line, Row, line, those};

pub(super) const ROWS: &[Row] = &[
    Row {
        rule: Rule::R30,
        when: "MARAC_REFERRAL",
        applies: |facts| facts.submission.kind == AlertKind::MaracReferral,
        lines: &[
            line(MARAC, Priority::P3),
            line(FSU, Priority::P2),
            attendees(Priority::P4),
            line(CADT, Priority::P3).only("children[] is not empty", has_children),
        ],
    },
    Row {
        rule: Rule::R31,
        when: "MARAC_OUTCOME",
        applies: |facts| facts.submission.kind == AlertKind::MaracOutcome,
        lines: &[
            attendees(Priority::P3),
            line(MARAC, Priority::P4),
            line(FSU, Priority::P4),
            line(CADT, Priority::P3).only("children[] is not empty", has_children),
        ],
    },
];

/// A referral asks them for research, an outcome gives each its own actions.
const fn attendees(priority: Priority) -> Line {
    those(("each agency that attends", &[Letter::K]), attending, priority).under(Letter::K)
}

fn attending(facts: &Facts<'_>) -> Vec<AgencyCode> {
    let attending = facts.submission.marac_case().map(|case| case.attendees.iter());
    let open = attending.into_iter().flatten().filter(|code| !facts.is_kept_from(code));
    open.cloned().collect()
}

fn has_children(facts: &Facts<'_>) -> bool {
    facts.validated.assessment.marac().is_some_and(|found| found.has_children)
}
