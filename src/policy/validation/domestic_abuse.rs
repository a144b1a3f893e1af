//! The part of a domestic abuse notification (domain 3.7).

use super::assess::{DomesticAbuseAssessment, score_band};
use super::child_impact;
use super::findings::Findings;
use super::{Age, Subject, partners};
use crate::domain::submission::{
    Bool3, ChildrenInScope, DomesticAbuseFacts, ImpactedChild, Need, RiskTool, SubjectRole, path,
};

pub(super) fn check(
    subject: &Subject<'_>,
    found: &DomesticAbuseAssessment,
    findings: &mut Findings,
) {
    let Some(facts) = subject.submission.domestic_abuse() else { return };
    let root = path::DOMESTIC_ABUSE;
    findings.require(&facts.incident_at, root, "incident_at");
    findings.require(&facts.place_type, root, "place_type");
    findings.require(&facts.immediate_threat, root, "immediate_threat");
    findings.require(&facts.personally_connected, root, "personally_connected");
    findings.require(&facts.tool, root, "tool");
    findings.require(&facts.risk_band, root, "risk_band");
    findings.require(&facts.children_in_scope, root, "children_in_scope");
    findings.require(&facts.pregnancy, root, "pregnancy");
    findings.require(&facts.victim_consent_support, root, "victim_consent_support");
    if facts.abuse_types.is_empty() {
        findings.missing(of("abuse_types"), Need::Required, "say what was done");
    }
    if !facts.perpetrator_unknown {
        let what = "name the alleged perpetrator, or say that it is unknown";
        findings.require_since(&facts.perpetrator, root, "alleged_perpetrator", what);
    }
    if partners::is(subject.context.sender, partners::MERPOL) {
        let what = "police give the log or VPRF1 reference";
        findings.require_since(&facts.incident_ref, root, "incident_ref", what);
    }
    people(subject, found, findings);
    band(facts, findings);
    scope(facts, found, findings);
    let subjects = found.children.iter().copied().map(ImpactedChild::Subject);
    let alleged = found.child_alleged.then_some(ImpactedChild::AllegedPerpetrator);
    let due: Vec<ImpactedChild> = subjects.chain(alleged).collect();
    child_impact::check(subject, root, &facts.impacts, &due, findings);
}

fn people(subject: &Subject<'_>, found: &DomesticAbuseAssessment, findings: &mut Findings) {
    let victim = found.victim.and_then(|index| subject.ages.get(index));
    if matches!(victim, Some(Age::Years(age)) if *age < 16) {
        findings.wrong(
            of("victim_ref"),
            "VICTIM_UNDER_16",
            "a victim under 16 is a child abuse concern: phone the front door",
        );
    }
    let facts = subject.submission.domestic_abuse();
    let is_pregnant = facts.is_some_and(|facts| facts.pregnancy.is(Bool3::Yes));
    let is_unborn =
        |role: &crate::domain::submission::SubjectFacts| role.role.is(SubjectRole::Unborn);
    if is_pregnant && !subject.submission.subjects.iter().any(is_unborn) {
        findings.missing(
            format!("{}.subjects", path::ENVELOPE),
            Need::Conditional,
            "add the unborn child as a subject with role UNBORN",
        );
    }
}

/// Tool, score and band must agree: a lower band than the score's is a contradiction.
fn band(facts: &DomesticAbuseFacts, findings: &mut Findings) {
    let root = path::DOMESTIC_ABUSE;
    match facts.tool.known() {
        Some(RiskTool::Dash | RiskTool::Merit) => {
            let what = "give the score of the tool";
            findings.require_since(&facts.tool_score, root, "tool_score", what);
        }
        Some(RiskTool::NotCompleted) => {
            let what = "say why no tool was completed";
            let field = "tool_not_completed_reason";
            findings.require_since(&facts.tool_not_completed_reason, root, field, what);
        }
        Some(RiskTool::Dara | RiskTool::ProfessionalJudgement) | None => {}
    }
    let is_dash = facts.tool.is(RiskTool::Dash);
    if is_dash && facts.tool_score.get().is_some_and(|score| *score > 24) {
        findings.wrong(of("tool_score"), "OUT_OF_RANGE", "DASH counts 0 to 24");
    }
    let (stated, by_score) = (facts.risk_band.known(), score_band(facts));
    if let (Some(stated), Some(by_score)) = (stated, by_score) {
        if stated < by_score {
            let what = "give the score's band, or correct the score";
            findings.wrong(of("risk_band"), "CONTRADICTION", what);
        } else if stated > by_score {
            let what = "say why the band is higher than the score's";
            findings.require_since(&facts.judgement_reason, root, "judgement_reason", what);
        }
    }
}

fn scope(facts: &DomesticAbuseFacts, found: &DomesticAbuseAssessment, findings: &mut Findings) {
    match facts.children_in_scope.known() {
        Some(ChildrenInScope::NoneConfirmed) => {
            let what = "say how it is known that there are no children";
            let field = "none_confirmed_how";
            findings.require_since(&facts.none_confirmed_how, path::DOMESTIC_ABUSE, field, what);
            if found.child_in_scope {
                findings.wrong(
                    of("children_in_scope"),
                    "CONTRADICTION",
                    "a child subject, a pregnancy, or a victim or alleged perpetrator under 18 is a \
                     child in scope",
                );
            }
        }
        Some(ChildrenInScope::Yes) if found.children.is_empty() && !found.child_alleged => findings
            .missing(
                format!("{}.subjects", path::ENVELOPE),
                Need::Conditional,
                "add each child as a subject",
            ),
        Some(ChildrenInScope::Yes | ChildrenInScope::Unknown) | None => {}
    }
}

fn of(field: &str) -> String {
    format!("{}.{field}", path::DOMESTIC_ABUSE)
}
