//! Whether the sharing record is coherent (domain 6.2, 6.4).

use super::assess::Assessment;
use super::findings::Findings;
use super::{Subject, partners};
use crate::domain::UserId;
use crate::domain::decision::Basis6;
use crate::domain::directory::{Agency, AgencyType};
use crate::domain::principal::Role;
use crate::domain::submission::{
    Basis9, Basis9G18Reason, Circumstance, CompetenceOutcome, ConcernCode, ConsentState,
    ConsentType, Gateway, Length, MissingRiskFactor, Need, ParentAgreement, PowerUsed, RefusedBy,
    SharingFacts, Submission, VictimAnswer,
};

/// The root of its field paths.
pub(super) const PATH: &str = "alert.envelope.sharing";

const NECESSITY_MIN: Length = Length(20);
const OVERRIDE_REASON_MIN: Length = Length(50);

pub(super) fn check(subject: &Subject<'_>, assessment: &Assessment, findings: &mut Findings) {
    let record = &subject.submission.sharing;
    let sender = subject.context.sender;
    findings.require(&record.basis6, PATH, "basis6");
    findings.require(&record.sender_regime, PATH, "sender_regime");
    findings.require(&record.purpose, PATH, "purpose");
    findings.require(&record.necessity, PATH, "necessity");
    findings.require(&record.decided_by, PATH, "decided_by");
    findings.require(&record.decided_at, PATH, "decided_at");
    if record.necessity.get().is_some_and(|text| *text < NECESSITY_MIN) {
        findings.wrong(of("necessity"), "TOO_SHORT", "use at least 20 characters");
    }
    if is_bound_to_confidence(sender) {
        let what = "say how the duty of confidence stands";
        findings.require_since(&record.confidentiality, PATH, "confidentiality", what);
    }
    basis6(record, sender, findings);
    special_categories(subject, assessment, findings);
    gateways(record, sender, findings);
    overrides(subject, assessment, findings);
}

fn basis6(record: &SharingFacts, sender: &Agency, findings: &mut Findings) {
    let is_public = sender.kind == AgencyType::Public;
    match record.basis6.known() {
        Some(Basis6::RecognisedInterest | Basis6::LegitimateInterests) if is_public => findings
            .wrong(
                of("basis6"),
                "BASIS_NOT_FOR_PUBLIC",
                "a public authority performing its tasks uses 6E or 6C",
            ),
        Some(Basis6::Consent) => {
            let is_consent = record.consents.iter().any(|consent| {
                consent.kind.is(ConsentType::DpConsent) && consent.state.is(ConsentState::Given)
            });
            if !is_consent {
                findings.wrong(
                    of("basis6"),
                    "CONSENT_RECORD_MISSING",
                    "6A needs a DP_CONSENT record",
                );
            }
        }
        Some(
            Basis6::LegalObligation
            | Basis6::VitalInterests
            | Basis6::PublicTask
            | Basis6::RecognisedInterest
            | Basis6::LegitimateInterests,
        )
        | None => {}
    }
}

/// Health and crime data need a condition of their own, 9G18 its reason.
fn special_categories(subject: &Subject<'_>, assessment: &Assessment, findings: &mut Findings) {
    let record = &subject.submission.sharing;
    let of_a_missing_child = subject.submission.missing().is_some_and(|facts| {
        facts.risk_factors.contains_any(&[
            MissingRiskFactor::SelfHarm,
            MissingRiskFactor::Medication,
            MissingRiskFactor::Disability,
        ])
    });
    let worry = subject.submission.worry();
    let of_a_concern = worry.is_some_and(|worry| worry.codes.contains_any(ConcernCode::OF_HEALTH));
    let has_health_data = of_a_missing_child
        || of_a_place_of_safety(subject)
        || of_a_concern
        || assessment.alcohol().is_some()
        || assessment.domestic_abuse().is_some_and(|found| found.pregnant)
        || assessment.marac().is_some_and(|found| found.pregnant);
    if has_health_data && record.basis9.is_empty() {
        let what = "give the Article 9 condition for health data";
        findings.missing(of("basis9"), Need::Conditional, what);
    }
    let is_arrest = subject
        .submission
        .place_of_safety()
        .is_some_and(|facts| facts.power_used.is(PowerUsed::PaceArrest));
    let is_crime = assessment.worry().is_some_and(|found| found.crime);
    let is_of_abuse = assessment.domestic_abuse().is_some() || assessment.marac().is_some();
    if is_of_abuse || is_arrest || is_crime {
        let what = "give the condition for criminal-offence data";
        findings.require_since(&record.basis10, PATH, "basis10", what);
    }
    if record.basis9.contains(Basis9::Safeguarding) {
        let what = "say why consent is not relied on";
        findings.require_since(&record.basis9_g18_reason, PATH, "basis9_g18_reason", what);
        let prejudices = record.basis9_g18_reason.is(Basis9G18Reason::WouldPrejudiceProtection);
        let only = !record.basis9.contains_any(&[
            Basis9::StatutoryFunctions,
            Basis9::HealthOrSocialCare,
            Basis9::VitalInterests,
        ]);
        if refused_by_a_competent_person(subject) && only && !prejudices {
            let what = "a competent refusal: give 9G6, 9H or 9C, or WOULD_PREJUDICE_PROTECTION";
            findings.wrong(of("basis9"), "REFUSED_IS_NO_REASON", what);
        }
    }
}

/// A place of safety record that tells of a young person's health.
fn of_a_place_of_safety(subject: &Subject<'_>) -> bool {
    const HEALTH: &[Circumstance] =
        &[Circumstance::Drunk, Circumstance::Drugs, Circumstance::Injured];
    subject.submission.place_of_safety().is_some_and(|facts| {
        facts.circumstances.contains_any(HEALTH) || facts.power_used.is(PowerUsed::MhaS136)
    })
}

fn gateways(record: &SharingFacts, sender: &Agency, findings: &mut Findings) {
    if sender.kind == AgencyType::Public && record.gateways.is_empty() {
        let what = "give the power or duty to share";
        findings.missing(of("gateways"), Need::Conditional, what);
    }
    // No commencement date has been found (domain 6.2, 10 q1).
    if record.gateways.contains(Gateway::Ca04S16La) {
        findings.wrong(of("gateways"), "NOT_IN_FORCE", "CA04_S16LA is not in force yet");
    }
}

/// A refusal set aside below P2 needs its approver first (domain 6.4). Above, nobody waits.
fn overrides(subject: &Subject<'_>, assessment: &Assessment, findings: &mut Findings) {
    let record = &subject.submission.sharing;
    if let Some(set_aside) = record.override_.get()
        && set_aside.reason.get().is_none_or(|reason| *reason < OVERRIDE_REASON_MIN)
    {
        findings.wrong(of("override.reason"), "TOO_SHORT", "use at least 50 characters");
    }
    let risk = subject.submission.envelope.risk.known();
    // D4 sets a victim's refusal aside whatever the record says of it.
    let victim_refuses =
        subject.submission.marac_case().is_some_and(|case| case.victim_agrees.is(VictimAnswer::No));
    let would_override = assessment.alcohol().is_some_and(|found| found.hard)
        || assessment.marac().is_some()
        || assessment.worry().is_some_and(|found| found.is_suspected(risk));
    let is_refused = is_refused(record) || parent_refuses(subject.submission) || victim_refuses;
    let is_approved = is_approved(record, subject.context.approver);
    if !subject.mode.is_urgent() && would_override && is_refused && !is_approved {
        let what = "a duty manager of your agency approves first: named as approver, who sends this with an own \
                    certificate";
        findings.wrong(of("override"), "APPROVER_FIRST", what);
    }
}

/// Whether the sender's duty manager set the refusal aside: the one the record names, and with whose own certificate
/// the alert came (domain 2.2, 6.4). A name and a role in a message are a claim of whoever wrote it.
pub(crate) fn is_approved(record: &SharingFacts, approver: Option<&UserId>) -> bool {
    record.override_.get().is_some_and(|given| {
        let is_named = approver.is_some() && given.approver.as_ref() == approver;
        is_named && given.approver_role == Some(Role::DutyManager)
    })
}

/// Whether anybody said no.
pub(crate) fn is_refused(record: &SharingFacts) -> bool {
    record.refused_by.known().is_some_and(|by| by != RefusedBy::Nobody)
        || record.refused_by.is_unrecognised()
}

/// Whether a parent refuses that the front door is told (domain 3.10).
pub(crate) fn parent_refuses(submission: &Submission) -> bool {
    submission.worry().is_some_and(|worry| worry.parent_agreement.is(ParentAgreement::Refuses))
}

fn refused_by_a_competent_person(subject: &Subject<'_>) -> bool {
    let record = &subject.submission.sharing;
    match record.refused_by.known() {
        Some(RefusedBy::AdultVictim | RefusedBy::Parent) => true,
        Some(RefusedBy::Child | RefusedBy::Both) => {
            let of_attendance = subject.submission.alcohol().map(|facts| &facts.competence);
            let of_place = || subject.submission.place_of_safety().map(|facts| &facts.competence);
            let competence = of_attendance.or_else(of_place).and_then(|given| given.get());
            competence.is_some_and(|record| record.outcome.is(CompetenceOutcome::Competent))
        }
        Some(RefusedBy::Nobody) | None => false,
    }
}

/// Health, RESPONSE, FSU and SAFERFUT owe confidence (domain 6.2).
fn is_bound_to_confidence(sender: &Agency) -> bool {
    matches!(
        sender.code.as_str(),
        partners::WUTH_AED
            | partners::WUTH_SG
            | partners::WCHC
            | partners::MIDW
            | partners::RESPONSE
            | partners::FSU
            | partners::SAFERFUT
    )
}

fn of(field: &str) -> String {
    format!("{PATH}.{field}")
}
