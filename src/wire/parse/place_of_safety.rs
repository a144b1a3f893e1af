//! Reads the part of PLACE_OF_SAFETY (domain 3.9).
//!
//! Whether the block of police protection and the power belong together is policy's to say.

use super::people::People;
use super::reader::{At, FREE_TEXT, Reader, up_to};
use super::sharing;
use crate::domain::submission::{
    Circumstance, Collection, Given, Need, OfferAgreedBy, Onward, PlaceAgreement,
    PlaceOfSafetyFacts, PoliceProtectionFacts, PowerUsed, ReleasedTo, path,
};
use crate::wire::v1;

const REQUIRED: Option<Need> = Some(Need::Required);
const CONDITIONAL: Option<Need> = Some(Need::Conditional);

/// Reads the part.
pub(super) fn place_of_safety(
    reader: &mut Reader,
    raw: &v1::PlaceOfSafety,
    people: &People<'_>,
) -> PlaceOfSafetyFacts {
    let at = At::root(path::PLACE_OF_SAFETY);
    let mut facts = PlaceOfSafetyFacts::default();
    found_and_moved(reader, at, raw, &mut facts);
    power(reader, at, raw, &mut facts);
    onward(reader, at, raw, &mut facts);
    released(reader, at, raw, people, &mut facts);
    facts
}

fn found_and_moved(
    reader: &mut Reader,
    at: At<'_>,
    raw: &v1::PlaceOfSafety,
    facts: &mut PlaceOfSafetyFacts,
) {
    reader.text(at.field("operation_id"), &raw.operation_id, up_to(40), None);
    facts.found_at = reader.instant(at.field("found_at"), raw.found_at.as_ref(), REQUIRED);
    facts.found_place =
        reader.text(at.field("found_place"), &raw.found_place, up_to(200), REQUIRED);
    let how = at.field("circumstances");
    facts.circumstances = reader.codes(how, &raw.circumstances, Circumstance::from_code, REQUIRED);
    facts.moved_to = reader.text(at.field("moved_to"), &raw.moved_to, up_to(200), REQUIRED);
    facts.moved_at = reader.instant(at.field("moved_at"), raw.moved_at.as_ref(), REQUIRED);
    facts.staffed_by = reader.text(at.field("staffed_by"), &raw.staffed_by, up_to(140), REQUIRED);
}

fn power(reader: &mut Reader, at: At<'_>, raw: &v1::PlaceOfSafety, facts: &mut PlaceOfSafetyFacts) {
    let power = at.field("power_used");
    facts.power_used = reader.code(power, raw.power_used, PowerUsed::from_code, REQUIRED);
    let needs = |power| facts.power_used.is(power).then_some(Need::Conditional);
    let block = at.field("s46");
    facts.s46 = match &raw.s46 {
        Some(raw) => Given::Given(police_protection(reader, block, raw)),
        None => {
            reader.absent(block, needs(PowerUsed::Ca89S46));
            Given::Missing
        }
    };
    let order = raw.order_expires_at.as_ref();
    facts.order_expires_at =
        reader.instant(at.field("order_expires_at"), order, needs(PowerUsed::EpoS44));
    let agreed = at.field("agreement");
    let need = needs(PowerUsed::NoneVoluntary);
    facts.agreement = reader.code(agreed, raw.agreement, PlaceAgreement::from_code, need);
}

fn police_protection(
    reader: &mut Reader,
    at: At<'_>,
    raw: &v1::PoliceProtection,
) -> PoliceProtectionFacts {
    let told = raw.parents_informed_at.as_ref();
    let why_not = at.field("parents_not_informed_reason");
    let need = if told.is_none() { CONDITIONAL } else { None };
    let initiating = at.field("initiating_officer");
    let designated = at.field("designated_officer");
    PoliceProtectionFacts {
        taken_at: reader.instant(at.field("taken_at"), raw.taken_at.as_ref(), REQUIRED),
        initiating_officer: reader.text(initiating, &raw.initiating_officer, up_to(140), REQUIRED),
        designated_officer: reader.text(designated, &raw.designated_officer, up_to(140), REQUIRED),
        grounds: reader.text(at.field("grounds"), &raw.grounds, up_to(FREE_TEXT), REQUIRED),
        la_informed_at: reader.instant(
            at.field("la_informed_at"),
            raw.la_informed_at.as_ref(),
            REQUIRED,
        ),
        parents_informed_at: reader.instant(at.field("parents_informed_at"), told, None),
        parents_not_informed_reason: reader.text(
            why_not,
            &raw.parents_not_informed_reason,
            up_to(200),
            need,
        ),
        child_wishes: reader.text(
            at.field("child_wishes"),
            &raw.child_wishes,
            up_to(2_000),
            REQUIRED,
        ),
    }
}

fn onward(
    reader: &mut Reader,
    at: At<'_>,
    raw: &v1::PlaceOfSafety,
    facts: &mut PlaceOfSafetyFacts,
) {
    facts.onward = reader.codes(at.field("onward"), &raw.onward, Onward::from_code, REQUIRED);
    let need = facts.onward.contains(Onward::Response).then_some(Need::Conditional);
    let agreed = at.field("offer_agreed_by");
    facts.offer_agreed_by =
        reader.code(agreed, raw.offer_agreed_by, OfferAgreedBy::from_code, need);
    let is_by_child = facts.offer_agreed_by.is(OfferAgreedBy::ChildCompetent);
    let record = at.field("competence");
    if raw.competence.is_some() {
        facts.competence = sharing::competence(reader, record, raw.competence.as_ref());
    } else {
        reader.absent(record, is_by_child.then_some(Need::Conditional));
    }
    let collection = at.field("collection");
    facts.collection = reader.code(collection, raw.collection, Collection::from_code, REQUIRED);
}

fn released(
    reader: &mut Reader,
    at: At<'_>,
    raw: &v1::PlaceOfSafety,
    people: &People<'_>,
    facts: &mut PlaceOfSafetyFacts,
) {
    let when = raw.released_at.as_ref();
    facts.released_at = reader.instant(at.field("released_at"), when, None);
    let to = at.field("released_to");
    let need = if when.is_some() { CONDITIONAL } else { None };
    facts.released_to = reader.code(to, raw.released_to, ReleasedTo::from_code, need);
    people.refer(reader, at.field("released_to_ref"), &raw.released_to_ref, None);
}
