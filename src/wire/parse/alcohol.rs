//! Reads the part of ALCOHOL_ATTENDANCE (domain 3.6).

use super::reader::{At, Reader, up_to};
use super::{format, sharing};
use crate::domain::submission::{
    AlcoholFacts, Bool3, CpisResult, InjuryMechanism, Intoxication, Need, NotOfferedReason, Offer,
    OfferAgreedBy, OfferDeclinedBy, RiskMarker, SafeDischarge, Substance, SuspectedPersonType,
    ViewOnPolice, path,
};
use crate::wire::v1;
use crate::wire::words::reason;

const REQUIRED: Option<Need> = Some(Need::Required);

/// Reads the part.
pub(super) fn alcohol(reader: &mut Reader, raw: &v1::AlcoholAttendance) -> AlcoholFacts {
    let at = At::root(path::ALCOHOL);
    let mut facts = AlcoholFacts::default();
    attendance(reader, at, raw, &mut facts);
    health(reader, at, raw, &mut facts);
    markers(reader, at, raw, &mut facts);
    cpis(reader, at, raw, &mut facts);
    offer(reader, at, raw, &mut facts);
    facts
}

fn attendance(
    reader: &mut Reader,
    at: At<'_>,
    raw: &v1::AlcoholAttendance,
    facts: &mut AlcoholFacts,
) {
    let attended = raw.attendance_at.as_ref();
    facts.attendance_at = reader.instant(at.field("attendance_at"), attended, REQUIRED);
    reader.instant(at.field("left_at"), raw.left_at.as_ref(), None);
    reader.listed::<v1::ArrivalMode>(at.field("arrival_mode"), raw.arrival_mode, None);
    reader.text(at.field("accompanied_by"), &raw.accompanied_by, up_to(100), None);
    let discharge = at.field("safe_discharge_to");
    facts.safe_discharge_to =
        reader.code(discharge, raw.safe_discharge_to, SafeDischarge::from_code, REQUIRED);
}

fn health(reader: &mut Reader, at: At<'_>, raw: &v1::AlcoholAttendance, facts: &mut AlcoholFacts) {
    let substances = at.field("substances");
    facts.substances = reader.codes(substances, &raw.substances, Substance::from_code, REQUIRED);
    if !facts.substances.is_empty() && !facts.substances.contains(Substance::Alcohol) {
        reader.absent(substances, REQUIRED);
    }
    let intoxication = at.field("intoxication");
    facts.intoxication =
        reader.code(intoxication, raw.intoxication, Intoxication::from_code, REQUIRED);
    facts.gcs_lowest = reader.number(at.field("gcs_lowest"), raw.gcs_lowest, 3..=15, None);
    facts.injury = reader.code(at.field("injury"), raw.injury, Bool3::from_code, REQUIRED);
    let need = facts.injury.is(Bool3::Yes).then_some(Need::Conditional);
    let mechanism = at.field("injury_mechanism");
    facts.injury_mechanism =
        reader.code(mechanism, raw.injury_mechanism, InjuryMechanism::from_code, need);
    facts.admitted = reader.code(at.field("admitted"), raw.admitted, Bool3::from_code, REQUIRED);
    let diagnosis = at.field("diagnosis_code");
    reader.shaped(diagnosis, &raw.diagnosis_code, format::is_diagnosis, None);
    reader.number(at.field("audit_c"), raw.audit_c, 0..=12, None);
    let brief = at.field("brief_intervention_given");
    reader.listed::<v1::Bool3>(brief, raw.brief_intervention_given, REQUIRED);
}

fn markers(reader: &mut Reader, at: At<'_>, raw: &v1::AlcoholAttendance, facts: &mut AlcoholFacts) {
    let markers = at.field("risk_markers");
    facts.risk_markers = reader.codes(markers, &raw.risk_markers, RiskMarker::from_code, REQUIRED);
    if facts.risk_markers.contains(RiskMarker::None) && raw.risk_markers.len() > 1 {
        reader.malformed(markers, reason::CONTRADICTION);
    }
    let crime = at.field("crime_suspected");
    facts.crime_suspected = reader.code(crime, raw.crime_suspected, Bool3::from_code, None);
    let is_exploitation = facts.risk_markers.contains_any(RiskMarker::EXPLOITATION);
    let need = is_exploitation.then_some(Need::Conditional);
    let suspected = at.field("suspected_person_type");
    facts.suspected_person_type =
        reader.code(suspected, raw.suspected_person_type, SuspectedPersonType::from_code, need);
    let view = at.field("view_on_police");
    facts.view_on_police = reader.code(view, raw.view_on_police, ViewOnPolice::from_code, need);
}

fn cpis(reader: &mut Reader, at: At<'_>, raw: &v1::AlcoholAttendance, facts: &mut AlcoholFacts) {
    let result = at.field("cpis_result");
    facts.cpis_result = reader.code(result, raw.cpis_result, CpisResult::from_code, REQUIRED);
    let is_unchecked = facts.cpis_result.is(CpisResult::NotChecked);
    let when = raw.cpis_checked_at.as_ref();
    let when_need = (!is_unchecked).then_some(Need::Conditional);
    facts.cpis_checked_at = reader.instant(at.field("cpis_checked_at"), when, when_need);
    let why = at.field("cpis_not_checked_reason");
    let why_need = is_unchecked.then_some(Need::Conditional);
    facts.cpis_not_checked_reason =
        reader.text(why, &raw.cpis_not_checked_reason, up_to(200), why_need);
}

fn offer(reader: &mut Reader, at: At<'_>, raw: &v1::AlcoholAttendance, facts: &mut AlcoholFacts) {
    let competence = raw.competence.as_ref();
    facts.competence = sharing::competence(reader, at.field("competence"), competence);
    facts.offer = reader.code(at.field("offer"), raw.offer, Offer::from_code, REQUIRED);
    let offer = facts.offer;
    let need = |answer| offer.is(answer).then_some(Need::Conditional);
    let declined = at.field("offer_declined_by");
    facts.offer_declined_by = reader.code(
        declined,
        raw.offer_declined_by,
        OfferDeclinedBy::from_code,
        need(Offer::Declined),
    );
    let not_offered = at.field("not_offered_reason");
    facts.not_offered_reason = reader.code(
        not_offered,
        raw.not_offered_reason,
        NotOfferedReason::from_code,
        need(Offer::NotOffered),
    );
    let agreed = at.field("offer_agreed_by");
    let accepted = need(Offer::Accepted);
    facts.offer_agreed_by =
        reader.code(agreed, raw.offer_agreed_by, OfferAgreedBy::from_code, accepted);
    let scope = at.field("agreement_scope");
    facts.agreement_scope = sharing::scope(reader, scope, &raw.agreement_scope, 200, accepted);
    let contact = at.field("safe_contact_for_appointment");
    reader.text(contact, &raw.safe_contact_for_appointment, up_to(200), None);
}
