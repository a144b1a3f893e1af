//! The impact on each child, of domestic abuse and the MARAC kinds alike (domain 3.7, ChildImpact).

use super::super::clock;
use super::findings::Findings;
use super::{Age, Subject};
use crate::domain::submission::{
    ImpactCode, ImpactFacts, ImpactText, ImpactedChild, Need, SeenAndSpokenTo,
};

/// Children further apart than this are not affected in the same words (domain 3.7).
const SAME_TEXT_YEARS_MAX: u8 = 3;

/// Checks the impacts of the part at `root`; one each is due for these children, the unborn and an alleged perpetrator
/// under 18 too.
pub(super) fn check(
    subject: &Subject<'_>,
    root: &str,
    impacts: &[ImpactFacts],
    due: &[ImpactedChild],
    findings: &mut Findings,
) {
    for (index, impact) in impacts.iter().enumerate() {
        impact_of(subject, &format!("{root}.child_impacts[{index}]"), impact, findings);
    }
    same_text(subject, root, impacts, findings);
    one_each(root, impacts, due, findings);
}

fn impact_of(subject: &Subject<'_>, at: &str, impact: &ImpactFacts, findings: &mut Findings) {
    findings.require(&impact.child, at, "child_ref");
    findings.require(&impact.presence, at, "presence");
    findings.require(&impact.seen, at, "seen_and_spoken_to");
    findings.require(&impact.text, at, "impact_text");
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
            findings.require_since(&impact.not_seen_reason, at, "not_seen_reason", what);
        }
        Some(SeenAndSpokenTo::YesAlone | SeenAndSpokenTo::YesWithAdult) => {
            let what = "give the child's words";
            findings.require_since(&impact.child_voice, at, "child_voice", what);
        }
        Some(SeenAndSpokenTo::SeenNotSpoken) | None => {}
    }
    if impact.codes.contains(ImpactCode::NotYetAssessed) {
        let what = "give the reason and the day by which it will be assessed";
        findings.require_since(&impact.assess_by, at, "not_assessed", what);
        let latest = clock::date_of(clock::working_days(subject.context.now, 2));
        if impact.assess_by.get().is_some_and(|day| *day > latest) {
            let path = format!("{at}.not_assessed.assess_by");
            findings.wrong(path, "TOO_LATE", "assess within 2 working days");
        }
    }
}

fn same_text(subject: &Subject<'_>, root: &str, impacts: &[ImpactFacts], findings: &mut Findings) {
    let age_of = |impact: &ImpactFacts| match impact.subject() {
        Some(child) => subject.ages.get(child).copied().unwrap_or(Age::Unknown),
        None => Age::Unknown,
    };
    for (index, impact) in impacts.iter().enumerate() {
        let earlier = impacts.iter().take(index).find(|other| {
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
                format!("{root}.child_impacts[{index}].impact_text"),
                "SAME_TEXT",
                "say what it did to this child, or confirm that the same text is meant",
            );
        }
    }
}

/// Exactly one impact per child that it is due for. Due as soon as a child is named.
fn one_each(root: &str, impacts: &[ImpactFacts], due: &[ImpactedChild], findings: &mut Findings) {
    let is_told =
        |child: &ImpactedChild| impacts.iter().any(|impact| impact.child.get() == Some(child));
    let mut next = impacts.len();
    for _ in due.iter().filter(|child| !is_told(child)) {
        findings.missing(
            format!("{root}.child_impacts[{next}]"),
            Need::Conditional,
            "give the impact on every child, also unborn, living elsewhere, or the alleged perpetrator",
        );
        next = next.saturating_add(1);
    }
    for (index, impact) in impacts.iter().enumerate() {
        let Some(child) = impact.child.get() else { continue };
        let at = format!("{root}.child_impacts[{index}].child_ref");
        let is_repeated = impacts.iter().take(index).any(|other| other.child.get() == Some(child));
        if is_repeated {
            findings.wrong(at, "DUPLICATE", "give one impact per child");
        } else if !due.contains(child) {
            let what = "name a child of `subjects`, or an alleged perpetrator under 18";
            findings.wrong(at, "NOT_A_CHILD", what);
        }
    }
}
