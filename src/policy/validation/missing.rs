//! The part of the missing kinds (domain 3.5).

use super::super::{partners, standing};
use super::Subject;
use super::findings::Findings;
use crate::domain::AlertKind;
use crate::domain::submission::{Need, path};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(facts) = subject.submission.missing() else { return };
    let of = |field: &str| format!("{}.{field}", path::MISSING);
    let kind = subject.submission.kind;
    if matches!(kind, AlertKind::MissingReported | AlertKind::MissingUpdated) {
        findings.require(&facts.category, path::MISSING, "category");
        findings.require(&facts.last_seen_at, path::MISSING, "last_seen_at");
        findings.require(&facts.missing_from, path::MISSING, "missing_from");
        if facts.risk_factors.is_empty() {
            findings.missing(of("risk_factors"), Need::Required, "give NONE_KNOWN if none");
        }
    }
    if kind == AlertKind::MissingFound {
        findings.require(&facts.found_at, path::MISSING, "found_at");
        findings.require(&facts.found_how, path::MISSING, "found_how");
        if facts.found_at.get().is_some_and(|at| *at > subject.context.now) {
            findings.wrong(of("found_at"), "IN_FUTURE", "correct the clock or the time");
        }
    }
    if kind == AlertKind::MissingCancelled {
        findings.require(&facts.cancelled_at, path::MISSING, "cancelled_at");
    }
    follows(subject, findings);
    if partners::is(subject.context.sender, partners::MERPOL) {
        let what = "police give their own reference";
        findings.require_since(&facts.police_ref, path::MISSING, "police_ref", what);
    } else if !facts.police_ref.is_given() && subject.submission.kind == AlertKind::MissingReported
    {
        let what = "give the police reference, or when police were told";
        findings.require_since(&facts.police_told_at, path::MISSING, "police_told_at", what);
    }
    let is_report = subject.submission.kind == AlertKind::MissingReported;
    if is_report && subject.mode.is_urgent() {
        let what = "describe the child's appearance for the look-out";
        findings.require_since(
            &facts.description_lookout,
            path::MISSING,
            "description_lookout",
            what,
        );
    }
    if facts.inform_school {
        let what = "say why the school should be told";
        findings.require_since(
            &facts.inform_school_reason,
            path::MISSING,
            "inform_school_reason",
            what,
        );
    }
}

/// Nothing but the same end follows the end of an episode (domain 3.5); where it is urgent it is a gap.
fn follows(subject: &Subject<'_>, findings: &mut Findings) {
    let Subject { submission, context, .. } = subject;
    let told = (submission.kind, &context.sender.code);
    if let Err(error) = standing::follows(told, context) {
        let what = "the episode has ended: recall the end that was wrong, or report the child missing anew";
        findings.wrong(format!("{}.kind", path::ENVELOPE), error.reason(), what);
    }
}
