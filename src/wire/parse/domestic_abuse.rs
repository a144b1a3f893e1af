//! Reads the part of DV_NOTIFICATION (domain 3.7). The impact on the children: [`super::child_impact`].

use super::child_impact;
use super::format;
use super::people::{People, Whom};
use super::person::{self, Staff};
use super::reader::{At, FREE_TEXT, Reader, up_to};
use crate::domain::submission::{
    AbuseType, Bool3, ChildrenInScope, DomesticAbuseFacts, Given, Need, PerpetratorFacts,
    PersonallyConnected, PlaceType, RiskBand, RiskTool, SubjectFacts, VictimConsentSupport, path,
};
use crate::wire::v1;
use crate::wire::words::reason;

const REQUIRED: Option<Need> = Some(Need::Required);

/// The alert's subjects, as sent and as read.
#[derive(Clone, Copy)]
pub(super) struct Subjects<'a> {
    /// As sent.
    pub(super) raw: &'a [v1::Person],
    /// As read, in the same order.
    pub(super) facts: &'a [SubjectFacts],
}

/// Reads the part. Gives what makes a person of it a conflict of interest, too, but the employer of the alleged
/// perpetrator: that is a fact of its own.
pub(super) fn domestic_abuse(
    reader: &mut Reader,
    raw: &v1::DomesticViolenceNotification,
    subjects: Subjects<'_>,
    people: &People<'_>,
) -> (DomesticAbuseFacts, Staff) {
    let at = At::root(path::DOMESTIC_ABUSE);
    let mut facts = DomesticAbuseFacts::default();
    incident(reader, at, raw, &mut facts);
    facts.victim = victim(reader, at, raw, people);
    let staff = perpetrator(reader, at, raw, people, &mut facts);
    risk(reader, at, raw, &mut facts);
    scope(reader, at, raw, &mut facts);
    let due = matches!(
        facts.children_in_scope.known(),
        Some(ChildrenInScope::Yes | ChildrenInScope::Unknown)
    );
    facts.impacts = child_impact::impacts(reader, at, &raw.child_impacts, subjects, people);
    if due {
        let is_yes = facts.children_in_scope.is(ChildrenInScope::Yes);
        child_impact::expect_one_each(reader, at, subjects, &facts.impacts, is_yes);
    }
    orders(reader, at, &raw.protective_orders);
    reader.text(at.field("safe_contact"), &raw.safe_contact, up_to(200), None);
    (facts, staff)
}

fn incident(
    reader: &mut Reader,
    at: At<'_>,
    raw: &v1::DomesticViolenceNotification,
    facts: &mut DomesticAbuseFacts,
) {
    let when = raw.incident_at.as_ref();
    facts.incident_at = reader.instant(at.field("incident_at"), when, REQUIRED);
    let place = at.field("place_type");
    facts.place_type = reader.code(place, raw.place_type, PlaceType::from_code, REQUIRED);
    facts.incident_ref = reader.text(at.field("incident_ref"), &raw.incident_ref, up_to(30), None);
    let threat = at.field("immediate_threat");
    facts.immediate_threat = reader.code(threat, raw.immediate_threat, Bool3::from_code, REQUIRED);
    let types = at.field("abuse_types");
    facts.abuse_types = reader.codes(types, &raw.abuse_types, AbuseType::from_code, REQUIRED);
}

fn victim(
    reader: &mut Reader,
    at: At<'_>,
    raw: &v1::DomesticViolenceNotification,
    people: &People<'_>,
) -> Given<usize> {
    let at = at.field("victim_ref");
    match people.refer(reader, at, &raw.victim_ref, None) {
        Given::Given(Whom::Subject(index)) => Given::Given(index),
        Given::Given(Whom::Other) => {
            reader.malformed(at, reason::REF_UNKNOWN);
            Given::Malformed
        }
        Given::Missing => Given::Missing,
        Given::Malformed => Given::Malformed,
    }
}

fn perpetrator(
    reader: &mut Reader,
    at: At<'_>,
    raw: &v1::DomesticViolenceNotification,
    people: &People<'_>,
    facts: &mut DomesticAbuseFacts,
) -> Staff {
    let mut staff = Staff::default();
    facts.perpetrator_unknown = raw.alleged_perpetrator_unknown;
    let alleged = at.field("alleged_perpetrator");
    facts.perpetrator = match &raw.alleged_perpetrator {
        Some(concern) => {
            if raw.alleged_perpetrator_unknown {
                reader.malformed(at.field("alleged_perpetrator_unknown"), reason::CONTRADICTION);
            }
            let read = person::concern(reader, alleged, concern, people);
            facts.partner = Some(read.partner());
            staff.users.extend(read.staff_user);
            Given::Given(PerpetratorFacts {
                age: read.age,
                lives_with_family: read.lives_with_family,
                has_contact: read.has_contact,
                employed_by: read.employed_by,
            })
        }
        None => {
            let need = (!raw.alleged_perpetrator_unknown).then_some(Need::Conditional);
            reader.absent(alleged, need);
            Given::Missing
        }
    };
    if let Some(behalf) = &raw.on_behalf_of {
        let read = person::concern(reader, at.field("on_behalf_of"), behalf, people);
        facts.partner = Some(read.partner());
        staff.employers.extend(read.employed_by);
        staff.users.extend(read.staff_user);
    }
    staff
}

fn risk(
    reader: &mut Reader,
    at: At<'_>,
    raw: &v1::DomesticViolenceNotification,
    facts: &mut DomesticAbuseFacts,
) {
    const ANSWERS_BYTES: usize = 64 * 1024;

    let connected = at.field("personally_connected");
    let number = raw.personally_connected;
    facts.personally_connected =
        reader.code(connected, number, PersonallyConnected::from_code, REQUIRED);
    facts.tool = reader.code(at.field("tool"), raw.tool, RiskTool::from_code, REQUIRED);
    let tool = facts.tool.known();
    let need = (tool == Some(RiskTool::NotCompleted)).then_some(Need::Conditional);
    let why = at.field("tool_not_completed_reason");
    facts.tool_not_completed_reason =
        reader.text(why, &raw.tool_not_completed_reason, up_to(200), need);
    // GAP2: a band stands on a score or on a reason.
    let judged = tool == Some(RiskTool::ProfessionalJudgement);
    let judgement = at.field("judgement_reason");
    let need = judged.then_some(Need::Conditional);
    facts.judgement_reason = reader.text(judgement, &raw.judgement_reason, up_to(FREE_TEXT), need);
    let is_scored = matches!(tool, Some(RiskTool::Dash | RiskTool::Merit));
    let need = (is_scored && !facts.judgement_reason.is_given()).then_some(Need::Conditional);
    let range = if tool == Some(RiskTool::Dash) { 0..=24 } else { 0..=1_000 };
    facts.tool_score = reader.number(at.field("tool_score"), raw.tool_score, range, need);
    facts.risk_band =
        reader.code(at.field("risk_band"), raw.risk_band, RiskBand::from_code, REQUIRED);
    if raw.tool_answers.len() > ANSWERS_BYTES {
        reader.malformed(at.field("tool_answers"), reason::TOO_LONG);
    }
}

fn scope(
    reader: &mut Reader,
    at: At<'_>,
    raw: &v1::DomesticViolenceNotification,
    facts: &mut DomesticAbuseFacts,
) {
    let in_scope = at.field("children_in_scope");
    facts.children_in_scope =
        reader.code(in_scope, raw.children_in_scope, ChildrenInScope::from_code, REQUIRED);
    let confirmed = facts.children_in_scope.is(ChildrenInScope::NoneConfirmed);
    let need = confirmed.then_some(Need::Conditional);
    let how = at.field("none_confirmed_how");
    facts.none_confirmed_how = reader.text(how, &raw.none_confirmed_how, up_to(200), need);
    let pregnancy = at.field("pregnancy");
    facts.pregnancy = reader.code(pregnancy, raw.pregnancy, Bool3::from_code, REQUIRED);
    let support = at.field("victim_consent_support");
    let number = raw.victim_consent_support;
    facts.victim_consent_support =
        reader.code(support, number, VictimConsentSupport::from_code, REQUIRED);
}

fn orders(reader: &mut Reader, at: At<'_>, raw: &[v1::ProtectiveOrder]) {
    const MAX: usize = 10;
    const SCHOOLS: usize = 20;

    reader.count(at.field("protective_orders"), raw.len(), MAX);
    for (index, order) in raw.iter().take(MAX).enumerate() {
        let at = at.item("protective_orders", index);
        reader.listed::<v1::ProtectiveOrderType>(at.field("type"), order.r#type, REQUIRED);
        reader.text(at.field("person_name"), &order.person_name, up_to(140), None);
        reader.listed::<v1::Relationship>(at.field("relationship"), order.relationship, None);
        reader.text(at.field("condition"), &order.condition, up_to(500), None);
        reader.date(at.field("ends_on"), &order.ends_on, None);
        reader.count(at.field("school_urns"), order.school_urns.len(), SCHOOLS);
        for (index, urn) in order.school_urns.iter().take(SCHOOLS).enumerate() {
            let at = at.item("school_urns", index);
            reader.shaped(at, urn, format::is_urn, Some(Need::Format));
        }
    }
}
