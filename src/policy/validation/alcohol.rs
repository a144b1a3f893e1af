//! The part of an alcohol attendance (domain 3.6, 6.3).

use super::Subject;
use super::findings::Findings;
use crate::domain::submission::{
    AlcoholFacts, Bool3, CompetenceFacts, CompetenceOutcome, CpisResult, Length, Need, Offer,
    RiskMarker, Substance, path,
};

const NOTES_MIN: Length = Length(20);

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(facts) = subject.submission.alcohol() else { return };
    findings.require(&facts.attendance_at, path::ALCOHOL, "attendance_at");
    findings.require(&facts.intoxication, path::ALCOHOL, "intoxication");
    findings.require(&facts.injury, path::ALCOHOL, "injury");
    findings.require(&facts.admitted, path::ALCOHOL, "admitted");
    findings.require(&facts.safe_discharge_to, path::ALCOHOL, "safe_discharge_to");
    findings.require(&facts.cpis_result, path::ALCOHOL, "cpis_result");
    findings.require(&facts.competence, path::ALCOHOL, "competence");
    findings.require(&facts.offer, path::ALCOHOL, "offer");
    if facts.risk_markers.is_empty() {
        findings.missing(of("risk_markers"), Need::Required, "give NONE if none");
    }
    if !facts.substances.contains(Substance::Alcohol) {
        findings.missing(of("substances"), Need::Required, "give the substances, with ALCOHOL");
    }
    if facts.attendance_at.get().is_some_and(|at| *at > subject.context.now) {
        findings.wrong(of("attendance_at"), "IN_FUTURE", "correct the clock or the time");
    }
    conditions(facts, findings);
    offer(facts, findings);
    if let Some(record) = facts.competence.get() {
        competence(record, findings);
    }
}

fn conditions(facts: &AlcoholFacts, findings: &mut Findings) {
    if facts.injury.is(Bool3::Yes) {
        let what = "say how the injury came about";
        findings.require_since(&facts.injury_mechanism, path::ALCOHOL, "injury_mechanism", what);
    }
    if facts.risk_markers.contains_any(RiskMarker::EXPLOITATION) {
        let what = "say who is suspected, UNKNOWN if not known";
        findings.require_since(
            &facts.suspected_person_type,
            path::ALCOHOL,
            "suspected_person_type",
            what,
        );
        let what = "say what the child thinks of telling police, NOT_ASKED if not asked";
        findings.require_since(&facts.view_on_police, path::ALCOHOL, "view_on_police", what);
    }
    match facts.cpis_result.known() {
        Some(CpisResult::NotChecked) => {
            let what = "say why CP-IS was not checked";
            let field = "cpis_not_checked_reason";
            findings.require_since(&facts.cpis_not_checked_reason, path::ALCOHOL, field, what);
        }
        Some(
            CpisResult::NoFlag
            | CpisResult::CpPlan
            | CpisResult::UnbornPlan
            | CpisResult::LookedAfter
            | CpisResult::Last12Months,
        ) => {
            let what = "say when CP-IS was checked";
            findings.require_since(&facts.cpis_checked_at, path::ALCOHOL, "cpis_checked_at", what);
        }
        None => {}
    }
}

fn offer(facts: &AlcoholFacts, findings: &mut Findings) {
    match facts.offer.known() {
        Some(Offer::Accepted) => {
            let what = "say who agreed";
            findings.require_since(&facts.offer_agreed_by, path::ALCOHOL, "offer_agreed_by", what);
            let what = "say to what, for example \"appointment with Response\"";
            findings.require_since(&facts.agreement_scope, path::ALCOHOL, "agreement_scope", what);
        }
        Some(Offer::Declined) => {
            let what = "say who declined";
            let field = "offer_declined_by";
            findings.require_since(&facts.offer_declined_by, path::ALCOHOL, field, what);
        }
        Some(Offer::NotOffered) => {
            let what = "say why nothing was offered";
            let field = "not_offered_reason";
            findings.require_since(&facts.not_offered_reason, path::ALCOHOL, field, what);
        }
        Some(Offer::Undecided) | None => {}
    }
}

fn competence(record: &CompetenceFacts, findings: &mut Findings) {
    let at = of("competence");
    findings.require(&record.age, &at, "age");
    findings.require(&record.basis, &at, "basis");
    findings.require(&record.scope, &at, "decision_scope");
    findings.require(&record.assessed_by, &at, "assessed_by");
    findings.require(&record.assessed_at, &at, "assessed_at");
    findings.require(&record.outcome, &at, "outcome");
    findings.require(&record.notes, &at, "notes");
    if record.notes.get().is_some_and(|notes| *notes < NOTES_MIN) {
        findings.wrong(format!("{at}.notes"), "TOO_SHORT", "use at least 20 characters");
    }
    // Competent to decide means all of it, free from pressure (Gillick; domain 6.3).
    if record.outcome.is(CompetenceOutcome::Competent) && !record.understands_all {
        findings.wrong(
            format!("{at}.outcome"),
            "CONTRADICTION",
            "COMPETENT needs what, why, consequences and alternatives understood, free from pressure",
        );
    }
}

fn of(field: &str) -> String {
    format!("{}.{field}", path::ALCOHOL)
}
