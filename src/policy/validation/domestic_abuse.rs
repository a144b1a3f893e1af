//! The part of a domestic abuse notification (domain 3.7): its rules, and what it means.

use super::assess::{Assessed, Assessment, mismatch};
use super::child_impact;
use super::findings::Findings;
use super::{Age, Reading, Subject, partners};
use crate::domain::alert::Gap;
use crate::domain::submission::{
    Bool3, ChildrenInScope, DomesticAbuseFacts, ImpactCode, ImpactedChild, Need, RiskBand,
    RiskTool, SubjectFacts, SubjectRole, Submission, path,
};
use crate::domain::{Priority, Risk, Rule};
use crate::policy::{Measures, clock};

/// What makes domestic abuse immediate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Danger {
    /// Nothing told.
    NoneTold,
    /// A child was injured.
    ChildInjured,
    /// The threat goes on, whether or not a child was injured.
    ImmediateThreat,
}

/// A domestic abuse notification as routing and sharing read it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DomesticAbuseAssessment {
    /// The effective band.
    pub band: RiskBand,
    /// Whether a child is in scope (domain 3.7).
    pub child_in_scope: bool,
    /// What makes it more than its band.
    pub danger: Danger,
    /// Whether the victim is pregnant.
    pub pregnant: bool,
    /// The victim's index in `subjects`.
    pub victim: Option<usize>,
    /// The indices of the child subjects: siblings, other children, unborn, and a victim under 18.
    pub children: Vec<usize>,
    /// Whether the alleged perpetrator is known to be under 18: a child too.
    pub child_alleged: bool,
}

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
    band(facts, &subject.context.clocks.measures, findings);
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
    let is_unborn = |role: &SubjectFacts| role.role.is(SubjectRole::Unborn);
    if is_pregnant && !subject.submission.subjects.iter().any(is_unborn) {
        findings.missing(
            format!("{}.subjects", path::ENVELOPE),
            Need::Conditional,
            "add the unborn child as a subject with role UNBORN",
        );
    }
}

/// Tool, score and band must agree: a lower band than the score's is a contradiction.
fn band(facts: &DomesticAbuseFacts, measures: &Measures, findings: &mut Findings) {
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
    let (stated, by_score) = (facts.risk_band.known(), score_band(facts, measures));
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

pub(super) fn assess(
    submission: &Submission,
    context: &Reading<'_>,
    ages: &[Age],
    facts: &DomesticAbuseFacts,
) -> Assessed {
    let by_score = score_band(facts, &context.clocks.measures);
    let stated = facts.risk_band.known();
    let band = effective_band(stated, by_score);
    let victim = victim_index(submission, facts);
    let victim_age = victim.and_then(|index| ages.get(index)).copied().unwrap_or(Age::Unknown);
    let children = children(submission, victim, victim_age);
    let child_alleged = child_alleged(facts, context);
    let found = DomesticAbuseAssessment {
        band,
        child_in_scope: child_in_scope(facts, victim_age, &children) || child_alleged,
        danger: danger(submission, facts),
        pregnant: facts.pregnancy.is(Bool3::Yes)
            || submission.subjects.iter().any(|person| person.role.is(SubjectRole::Unborn)),
        victim,
        children,
        child_alleged,
    };

    let mut mismatches = Vec::new();
    if by_score > stated && stated.is_some() {
        mismatches.push(mismatch(path::DOMESTIC_ABUSE, "risk_band", "CONTRADICTION"));
    }
    let denies_children = facts.children_in_scope.is(ChildrenInScope::NoneConfirmed);
    if denies_children && found.child_in_scope {
        mismatches.push(mismatch(path::DOMESTIC_ABUSE, "children_in_scope", "CONTRADICTION"));
    }
    let minimum = minimum_of(submission, facts, &found, victim_age);
    let asks_for_children =
        minimum.is_urgent() && facts.children_in_scope.is(ChildrenInScope::Unknown);
    let gaps = asks_for_children.then(|| Gap {
        path: format!("{}.children_in_scope", path::DOMESTIC_ABUSE),
        rule: Rule::GAP,
        reason: "CHILDREN_UNKNOWN".to_owned(),
    });
    Assessed {
        assessment: Assessment::DomesticAbuse(found),
        minimum,
        row: minimum,
        risk: submission.envelope.risk.known(),
        mismatches,
        gaps: gaps.into_iter().collect(),
        refused_fields: Vec::new(),
    }
}

fn minimum_of(
    submission: &Submission,
    facts: &DomesticAbuseFacts,
    found: &DomesticAbuseAssessment,
    victim_age: Age,
) -> Priority {
    let risk = &submission.envelope.risk;
    let is_high = found.band == RiskBand::HighGold;
    // A victim under 16 is an abused child: significant harm is suspected.
    let is_abused_child = matches!(victim_age, Age::Years(age) if age < 16);
    let is_unreadable = facts.risk_band.is_unrecognised()
        || facts.immediate_threat.is_unrecognised()
        || risk.is_unrecognised();
    if found.danger == Danger::ImmediateThreat || (is_high && found.danger == Danger::ChildInjured)
    {
        Priority::P1
    } else if is_high || is_abused_child || is_unreadable || risk.is(Risk::High) {
        Priority::P2
    } else if found.band == RiskBand::MediumSilver {
        Priority::P3
    } else {
        Priority::P4
    }
}

/// The band an alert is taken at: the higher of what is stated and what the score gives. Nothing to tell the band
/// from: P2, which is the row of the highest band.
fn effective_band(stated: Option<RiskBand>, by_score: Option<RiskBand>) -> RiskBand {
    stated.max(by_score).unwrap_or(RiskBand::HighGold)
}

/// The band the score alone gives (domain 3.7).
fn score_band(facts: &DomesticAbuseFacts, measures: &Measures) -> Option<RiskBand> {
    measures.band(facts.tool.known()?, *facts.tool_score.get()?)
}

fn victim_index(submission: &Submission, facts: &DomesticAbuseFacts) -> Option<usize> {
    let has_role = |role| submission.subjects.iter().position(|person| person.role.is(role));
    facts
        .victim
        .get()
        .copied()
        .or_else(|| has_role(SubjectRole::Victim))
        .or_else(|| has_role(SubjectRole::Primary))
        .or(if submission.subjects.is_empty() { None } else { Some(0) })
}

/// Every child subject, and the victim where known to be under 18.
pub(super) fn children(
    submission: &Submission,
    victim: Option<usize>,
    victim_age: Age,
) -> Vec<usize> {
    let is_child = |(index, person): &(usize, &SubjectFacts)| {
        let has_child_role = matches!(
            person.role.known(),
            Some(SubjectRole::Sibling | SubjectRole::OtherChild | SubjectRole::Unborn)
        );
        has_child_role || (Some(*index) == victim && is_known_child(victim_age))
    };
    submission.subjects.iter().enumerate().filter(is_child).map(|(index, _)| index).collect()
}

const fn is_known_child(age: Age) -> bool {
    matches!(age, Age::Years(years) if years < 18)
}

fn child_alleged(facts: &DomesticAbuseFacts, context: &Reading<'_>) -> bool {
    let day = clock::date_of(context.now);
    let perpetrator = facts.perpetrator.get();
    perpetrator.is_some_and(|perpetrator| is_known_child(Age::on(perpetrator.age, day)))
}

/// Child in scope (domain 3.7). An answer that cannot be read is a yes.
fn child_in_scope(facts: &DomesticAbuseFacts, victim_age: Age, children: &[usize]) -> bool {
    !facts.children_in_scope.is(ChildrenInScope::NoneConfirmed)
        || facts.pregnancy.is(Bool3::Yes)
        || is_known_child(victim_age)
        || !children.is_empty()
        || !facts.impacts.is_empty()
}

fn danger(submission: &Submission, facts: &DomesticAbuseFacts) -> Danger {
    let is_injured = facts.impacts.iter().any(|impact| {
        let person = impact.subject().and_then(|index| submission.subjects.get(index));
        let is_unborn = person.is_some_and(|person| person.role.is(SubjectRole::Unborn));
        impact.codes.contains(ImpactCode::PhysicalInjury) && !is_unborn
    });
    match (facts.immediate_threat.is(Bool3::Yes), is_injured) {
        (true, _) => Danger::ImmediateThreat,
        (false, true) => Danger::ChildInjured,
        (false, false) => Danger::NoneTold,
    }
}
