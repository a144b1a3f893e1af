//! The parts of the MARAC kinds (domain 3.8): what they mean, and what must stand in them.
//!
//! The pair – victim and alleged perpetrator, by whom repeats are counted – is of confirmed people, whom nothing here
//! knows: `pair_key`, the last referral and the last meeting of a pair are the pair register's.

use super::super::age::Age;
use super::assess::{Assessed, Assessment};
use super::domestic_abuse::children;
use super::findings::Findings;
use super::{Reading, Subject, child_impact};
use crate::domain::marac::{CaseError, Referred};
use crate::domain::submission::{
    Given, ImpactedChild, Length, MaracBasis, MaracCaseFacts, MaracOutcomeFacts,
    MaracReferralFacts, Need, SubjectRole, Submission, VictimAnswer, path,
};
use crate::domain::{AlertKind, Priority, Timestamp};

const JUDGEMENT_MIN: Length = Length(50);

/// A case before the MARAC as routing and sharing read it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MaracAssessment {
    /// The indices of the child subjects: siblings, other children, unborn, and a victim under 18.
    pub children: Vec<usize>,
    /// Whether children[] is not empty: the front door is told (R30, R31).
    pub has_children: bool,
    /// Whether an unborn child is among them.
    pub pregnant: bool,
    /// When the hub took the referral: this one, or the earlier one of an outcome's episode.
    pub referred_at: Option<Timestamp>,
}

/// The coordinator's priority is the alert's: an adviser's row has its own (R30), which lifts nobody else's.
pub(super) fn assess(
    submission: &Submission,
    context: &Reading<'_>,
    ages: &[Age],
    case: &MaracCaseFacts,
) -> Assessed {
    let has_role = |role| submission.subjects.iter().position(|person| person.role.is(role));
    let victim = has_role(SubjectRole::Victim).or_else(|| has_role(SubjectRole::Primary));
    let victim_age = victim.and_then(|index| ages.get(index)).copied().unwrap_or(Age::Unknown);
    let children = children(submission, victim, victim_age);
    let is_referral = submission.kind == AlertKind::MaracReferral;
    let mut earlier = context.episode.iter().rev();
    let referred = earlier.find(|record| record.kind == AlertKind::MaracReferral);
    let found = MaracAssessment {
        has_children: !children.is_empty() || !case.impacts.is_empty(),
        children,
        pregnant: has_role(SubjectRole::Unborn).is_some(),
        referred_at: if is_referral {
            Some(context.now)
        } else {
            referred.map(|record| record.received_at)
        },
    };
    let has_recipients = !case.attendees.is_empty() || found.has_children;
    let minimum = if is_referral || has_recipients { Priority::P3 } else { Priority::P4 };
    Assessed {
        assessment: Assessment::Marac(found),
        minimum,
        row: minimum,
        risk: submission.envelope.risk.known(),
        mismatches: Vec::new(),
        gaps: Vec::new(),
        refused_fields: Vec::new(),
    }
}

pub(super) fn check(subject: &Subject<'_>, found: &MaracAssessment, findings: &mut Findings) {
    if let Some(facts) = subject.submission.marac_referral() {
        referral(facts, findings);
    }
    if let Some(facts) = subject.submission.marac_outcome() {
        outcome(subject, found, facts, findings);
    }
    let Some(case) = subject.submission.marac_case() else { return };
    let root = subject.submission.body.path();
    findings.require(&case.victim_informed, root, "victim_informed");
    findings.require(&case.victim_agrees, root, "victim_agrees");
    if !case.victim_agrees.is(VictimAnswer::Yes) {
        let what = "say why it is shared all the same";
        let field = "share_without_agreement_reason";
        findings.require_since(&case.share_without_agreement_reason, root, field, what);
    }
    if case.attendees.is_empty() {
        let what = "say which agencies are invited, by their codes";
        findings.missing(format!("{root}.attendees"), Need::Required, what);
    }
    if case.persons_of_concern > 1 {
        let what = "say which of the persons of concern is the alleged perpetrator";
        findings.require_since(&case.perpetrator, root, "perpetrator_ref", what);
    }
    let due: Vec<ImpactedChild> =
        found.children.iter().copied().map(ImpactedChild::Subject).collect();
    child_impact::check(subject, root, &case.impacts, &due, findings);
}

fn referral(facts: &MaracReferralFacts, findings: &mut Findings) {
    let root = path::MARAC_REFERRAL;
    if facts.basis.is_empty() {
        let what = "say why the case comes to the MARAC";
        findings.missing(format!("{root}.referral_basis"), Need::Required, what);
    }
    if facts.basis.contains(MaracBasis::ProfessionalJudgement) {
        let what = "say what the judgement rests on";
        findings.require_since(&facts.judgement_reason, root, "judgement_reason", what);
    }
    if facts.judgement_reason.get().is_some_and(|reason| *reason < JUDGEMENT_MIN) {
        let at = format!("{root}.judgement_reason");
        findings.wrong(at, "TOO_SHORT", "use at least 50 characters");
    }
}

/// An outcome is of a case that was heard, and gives somebody something to do who was there.
fn outcome(
    subject: &Subject<'_>,
    found: &MaracAssessment,
    facts: &MaracOutcomeFacts,
    findings: &mut Findings,
) {
    let root = path::MARAC_OUTCOME;
    findings.require(&facts.case.meeting_at, root, "meeting_at");
    let Given::Given(meeting_at) = facts.case.meeting_at else { return };
    let case = Referred { referred_at: found.referred_at };
    let decided = case
        .heard(meeting_at, subject.context.now)
        .and_then(|heard| heard.decided(facts.actions.len()));
    let at = |field: &str| format!("{root}.{field}");
    match decided {
        Err(CaseError::NotHeardYet) => {
            findings.wrong(at("meeting_at"), "IN_FUTURE", "an outcome comes after the meeting");
        }
        Err(CaseError::BeforeReferral) => {
            let what = "the meeting comes after the referral: correct the time";
            findings.wrong(at("meeting_at"), "BEFORE_REFERRAL", what);
        }
        Err(CaseError::NoAction) => {
            findings.missing(at("actions"), Need::Required, "say who is to do what, by when");
        }
        Ok(_) => {}
    }
    for (index, agency) in facts.actions.iter().enumerate() {
        if !facts.case.attendees.contains(agency) {
            let what = "an action is for an agency that attends: add it to attendees";
            findings.wrong(at(&format!("actions[{index}].agency")), "NOT_ATTENDING", what);
        }
    }
}
