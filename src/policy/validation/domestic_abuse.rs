//! The part of a domestic abuse notification (domain 3.7).

use super::super::clock;
use super::assess::{DomesticAbuseAssessment, score_band};
use super::findings::Findings;
use super::{Age, Subject, partners};
use crate::domain::submission::{
    Bool3, ChildrenInScope, DomesticAbuseFacts, ImpactCode, ImpactFacts, ImpactText, ImpactedChild,
    Need, RiskTool, SeenAndSpokenTo, SubjectRole, path,
};

/// Children further apart than this are not affected in the same words (domain 3.7).
const SAME_TEXT_YEARS_MAX: u8 = 3;

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
    for (index, impact) in facts.impacts.iter().enumerate() {
        impact_of(subject, index, impact, findings);
    }
    same_text(subject, facts, findings);
    one_impact_each(facts, found, findings);
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

fn impact_of(subject: &Subject<'_>, index: usize, impact: &ImpactFacts, findings: &mut Findings) {
    let at = format!("{}.child_impacts[{index}]", path::DOMESTIC_ABUSE);
    findings.require(&impact.child, &at, "child_ref");
    findings.require(&impact.presence, &at, "presence");
    findings.require(&impact.seen, &at, "seen_and_spoken_to");
    findings.require(&impact.text, &at, "impact_text");
    if impact.codes.is_empty() {
        let what = "give at least one code, NOT_YET_ASSESSED if not known";
        findings.missing(format!("{at}.impact_codes"), Need::Required, what);
    }
    if let Some(text) = impact.text.get() {
        let path = format!("{at}.impact_text");
        if text.says_nothing {
            findings.wrong(path, "STOP_LIST", "say what it did to this child");
        } else if text.length.0 < ImpactText::LENGTH_MIN {
            findings.wrong(path, "TOO_SHORT", "use at least 30 characters about this child");
        }
    }
    match impact.seen.known() {
        Some(SeenAndSpokenTo::NotSeen) => {
            let what = "say why the child was not seen";
            findings.require_since(&impact.not_seen_reason, &at, "not_seen_reason", what);
        }
        Some(SeenAndSpokenTo::YesAlone | SeenAndSpokenTo::YesWithAdult) => {
            let what = "give the child's words";
            findings.require_since(&impact.child_voice, &at, "child_voice", what);
        }
        Some(SeenAndSpokenTo::SeenNotSpoken) | None => {}
    }
    if impact.codes.contains(ImpactCode::NotYetAssessed) {
        let what = "give the reason and the day by which it will be assessed";
        findings.require_since(&impact.assess_by, &at, "not_assessed", what);
        let latest = clock::date_of(clock::working_days(subject.context.now, 2));
        if impact.assess_by.get().is_some_and(|day| *day > latest) {
            let path = format!("{at}.not_assessed.assess_by");
            findings.wrong(path, "TOO_LATE", "assess within 2 working days");
        }
    }
}

fn same_text(subject: &Subject<'_>, facts: &DomesticAbuseFacts, findings: &mut Findings) {
    let age_of = |impact: &ImpactFacts| match impact.subject() {
        Some(child) => subject.ages.get(child).copied().unwrap_or(Age::Unknown),
        None => Age::Unknown,
    };
    for (index, impact) in facts.impacts.iter().enumerate() {
        let earlier = facts.impacts.iter().take(index).find(|other| {
            let is_same = match (impact.text.get(), other.text.get()) {
                (Some(one), Some(two)) => one.group == two.group,
                (_, _) => false,
            };
            let is_apart = match (age_of(impact), age_of(other)) {
                (Age::Years(one), Age::Years(two)) => one.abs_diff(two) > SAME_TEXT_YEARS_MAX,
                (_, _) => false,
            };
            is_same && is_apart && !impact.same_text_confirmed
        });
        if earlier.is_some() {
            findings.wrong(
                format!("{}.child_impacts[{index}].impact_text", path::DOMESTIC_ABUSE),
                "SAME_TEXT",
                "say what it did to this child, or confirm that the same text is meant",
            );
        }
    }
}

/// Exactly one impact per child, with the unborn and an alleged perpetrator under 18 (domain 3.7). Due as soon as a
/// child is named.
fn one_impact_each(
    facts: &DomesticAbuseFacts,
    found: &DomesticAbuseAssessment,
    findings: &mut Findings,
) {
    let is_told = |child: &ImpactedChild| {
        facts.impacts.iter().any(|impact| impact.child.get() == Some(child))
    };
    let subjects = found.children.iter().copied().map(ImpactedChild::Subject);
    let alleged = found.child_alleged.then_some(ImpactedChild::AllegedPerpetrator);
    let due: Vec<ImpactedChild> = subjects.chain(alleged).collect();
    let mut next = facts.impacts.len();
    for _ in due.iter().filter(|child| !is_told(child)) {
        findings.missing(
            format!("{}.child_impacts[{next}]", path::DOMESTIC_ABUSE),
            Need::Conditional,
            "give the impact on every child, also unborn, living elsewhere, or the alleged perpetrator",
        );
        next = next.saturating_add(1);
    }
    for (index, impact) in facts.impacts.iter().enumerate() {
        let Some(child) = impact.child.get() else { continue };
        let at = format!("{}.child_impacts[{index}].child_ref", path::DOMESTIC_ABUSE);
        let is_repeated =
            facts.impacts.iter().take(index).any(|other| other.child.get() == Some(child));
        if is_repeated {
            findings.wrong(at, "DUPLICATE", "give one impact per child");
        } else if !due.contains(child) {
            let what = "name a child of `subjects`, or an alleged perpetrator under 18";
            findings.wrong(at, "NOT_A_CHILD", what);
        }
    }
}

fn of(field: &str) -> String {
    format!("{}.{field}", path::DOMESTIC_ABUSE)
}
