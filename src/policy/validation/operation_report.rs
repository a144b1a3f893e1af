//! The part of an operation's report (domain 3.9). That it names nobody is the parser's to see.

use super::Subject;
use super::assess::{Assessed, Assessment};
use super::findings::Findings;
use crate::domain::Priority;
use crate::domain::submission::{Need, Submission, path};

/// A report asks nobody for anything: P5, whatever its sender says up to P3.
pub(super) fn assess(submission: &Submission) -> Assessed {
    Assessed {
        assessment: Assessment::OperationReport,
        minimum: Priority::P5,
        row: Priority::P5,
        risk: submission.envelope.risk.known(),
        mismatches: Vec::new(),
        gaps: Vec::new(),
        refused_fields: Vec::new(),
    }
}

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(facts) = subject.submission.operation_report() else { return };
    let root = path::OPERATION_REPORT;
    findings.require(&facts.operation_id, root, "operation_id");
    findings.require(&facts.date, root, "date");
    findings.require(&facts.engaged, root, "engaged_count");
    findings.require(&facts.moved, root, "moved_to_place_of_safety");
    findings.require(&facts.powers_used, root, "powers_used_count");
    if facts.areas.is_empty() {
        findings.missing(of("areas"), Need::Required, "say where, by area codes");
    }
    if facts.agencies == 0 {
        findings.missing(of("agencies"), Need::Required, "say who took part, by agency codes");
    }
    let moved_by_power = facts.powers_used.get().zip(facts.moved.get());
    if moved_by_power.is_some_and(|(powers, moved)| powers > moved) {
        let what = "a power is used on somebody who is moved: correct one of the two counts";
        findings.wrong(of("powers_used_count"), "CONTRADICTION", what);
    }
    if facts.date.get().is_some_and(|day| *day > super::clock::date_of(subject.context.now)) {
        findings.wrong(of("date"), "IN_FUTURE", "a report comes after the operation");
    }
    if !subject.submission.subjects.is_empty() {
        let at = format!("{}.subjects", path::ENVELOPE);
        findings.wrong(at, "PERSON_DATA", "a report names nobody");
    }
}

fn of(field: &str) -> String {
    format!("{}.{field}", path::OPERATION_REPORT)
}
