//! The part of CAF_REGISTERED and TAC_UPDATE (domain 3.11).

use super::super::stage;
use super::Subject;
use super::assess::{Assessed, Assessment, at_row};
use super::findings::Findings;
use crate::domain::submission::{
    ConsentFact, ConsentGiver, ConsentState, ConsentType, FamilyHelpFacts, FamilyHelpStatus, Given,
    GiverStanding, Length, Need, ParentAgreement, Scope, Submission, path,
};
use crate::domain::{AlertKind, Priority, Stage};

/// What a reason must say at least.
const REASON_MIN: Length = Length(20);

/// Routine: P4, and P3 where the front door is asked (R60).
pub(super) fn assess(submission: &Submission, facts: &FamilyHelpFacts) -> Assessed {
    let priority = if facts.steps_up() { Priority::P3 } else { Priority::P4 };
    at_row(submission, Assessment::FamilyHelp, priority)
}

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(facts) = subject.submission.family_help() else { return };
    let at = path::FAMILY_HELP;
    findings.require(&facts.caf_ref, at, "caf_ref");
    findings.require(&facts.registered_at, at, "registered_at");
    findings.require(&facts.lead_practitioner, at, "lead_practitioner");
    findings.require(&facts.status, at, "status");
    if facts.agreed.is_empty() {
        findings.missing(of("agreed_agencies"), Need::Required, "say whom the family agreed to");
    }
    if facts.needs == 0 {
        findings.missing(of("needs"), Need::Required, "give at least one need");
    }
    if facts.registered_at.get().is_some_and(|at| *at > subject.context.now) {
        findings.wrong(of("registered_at"), "IN_FUTURE", "correct the clock or the time");
    }
    agreement(facts, findings);
    agencies(subject, facts, findings);
    follows(subject, facts, findings);
    step_up(subject, facts, findings);
    audit(subject, facts, findings);
}

/// R!: early help is voluntary. A record of a no is no agreement.
fn agreement(facts: &FamilyHelpFacts, findings: &mut Findings) {
    let what = "record the family's agreement to early help: without it nothing is registered";
    let Given::Given(record) = &facts.agreement else {
        findings.hard(of("agreement"), "REQUIRED", what);
        return;
    };
    if !is_agreement(record) {
        findings.hard(of("agreement"), "NOT_AGREED", what);
    }
    if record.giver.is(ConsentGiver::ChildCompetent) {
        let what = "record that the child can decide this";
        findings.require_since(&facts.competence, path::FAMILY_HELP, "competence", what);
    }
}

/// A service agreement to early help that was given, by somebody who is not barred. Whether that person may agree at the
/// child's age is D13's.
fn is_agreement(record: &ConsentFact) -> bool {
    record.kind.is(ConsentType::ServiceAgreement)
        && record.state.is(ConsentState::Given)
        && record.scope.get() == Some(&Scope::EarlyHelp)
        && record.standing == GiverStanding::Counts
}

fn agencies(subject: &Subject<'_>, facts: &FamilyHelpFacts, findings: &mut Findings) {
    for (index, code) in facts.agreed.iter().enumerate() {
        if !subject.context.directory.agencies.contains_key(code) {
            let what = "name an agency of the directory";
            findings.wrong(of(&format!("agreed_agencies[{index}]")), "NO_SUCH_AGENCY", what);
        }
    }
}

/// Registered once, then open, stepped up and down again, and closed; nothing follows the end (domain 3.11). An update
/// whose registration the hub does not know is the first it hears of that help.
fn follows(subject: &Subject<'_>, facts: &FamilyHelpFacts, findings: &mut Findings) {
    let Some(told) = facts.status.known().map(Stage::from) else { return };
    if let Some(error) = stage::refused(told, subject.context) {
        let what = "give a status that follows the last one told; register new help by itself";
        findings.wrong(of("status"), error.reason(), what);
    } else if subject.submission.kind == AlertKind::CafRegistered
        && stage::before(told, subject.context).is_some()
    {
        let what = "it is registered: send a TAC_UPDATE, or register other help by itself";
        findings.wrong(of("status"), "ALREADY_REGISTERED", what);
    }
}

/// D14 decides what the front door gets; here only that the answer stands there (domain 3.10).
fn step_up(subject: &Subject<'_>, facts: &FamilyHelpFacts, findings: &mut Findings) {
    let is_new = subject.submission.kind == AlertKind::CafRegistered;
    let is_over = facts.status.known().is_some_and(FamilyHelpStatus::is_closed);
    if is_new && (facts.steps_up() || is_over) {
        findings.wrong(of("status"), "NOT_FOR_KIND", "register it OPEN and send a TAC_UPDATE");
    }
    if !facts.steps_up() {
        return;
    }
    let what = "say whether a parent agrees to the step up";
    findings.require_since(&facts.parent_agreement, path::FAMILY_HELP, "parent_agreement", what);
    if facts.parent_agreement.is(ParentAgreement::NotAskedUnsafe) {
        let what = "where it is not safe to ask, send a CSC_REFERRAL: it needs no agreement";
        findings.wrong(of("parent_agreement"), "SEND_REFERRAL", what);
    }
    let needs_reason = matches!(
        facts.parent_agreement.known(),
        Some(ParentAgreement::Refuses | ParentAgreement::NotAskedOther)
    );
    let is_short = facts.parent_agreement_reason.get().is_none_or(|text| *text < REASON_MIN);
    if needs_reason && is_short {
        let what = "write why the child may be at risk, or why nobody was asked";
        findings.missing(of("parent_agreement_reason"), Need::Conditional, what);
    }
}

fn audit(subject: &Subject<'_>, facts: &FamilyHelpFacts, findings: &mut Findings) {
    if facts.quality_rating.is_given() {
        let what = "say when it was audited";
        findings.require_since(&facts.audited_at, path::FAMILY_HELP, "audited_at", what);
    }
    if facts.audited_at.get().is_some_and(|at| *at > subject.context.now) {
        findings.wrong(of("audited_at"), "IN_FUTURE", "correct the clock or the time");
    }
}

fn of(field: &str) -> String {
    format!("{}.{field}", path::FAMILY_HELP)
}
