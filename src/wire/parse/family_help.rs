//! Reads the part of CAF_REGISTERED and TAC_UPDATE (domain 3.11).

use super::people::People;
use super::reader::{At, Reader, between, up_to};
use super::sharing;
use crate::domain::submission::{
    FamilyHelpFacts, FamilyHelpStatus, Given, Need, ParentAgreement, QualityRating, path,
};
use crate::domain::{AgencyCode, AlertKind};
use crate::wire::v1;
use crate::wire::words::reason;

const REQUIRED: Option<Need> = Some(Need::Required);
const CONDITIONAL: Option<Need> = Some(Need::Conditional);
const HARD: Option<Need> = Some(Need::Hard);

/// The most agencies of one plan, and the most parts of one list.
const LISTED_MAX: usize = 20;

/// Reads the part for an alert of `kind`.
pub(super) fn family_help(
    reader: &mut Reader,
    kind: AlertKind,
    raw: &v1::FamilyHelp,
    people: &People<'_>,
) -> FamilyHelpFacts {
    let at = At::root(path::FAMILY_HELP);
    let mut facts = FamilyHelpFacts::default();
    registration(reader, at, raw, people, &mut facts);
    plan(reader, at, raw, &mut facts);
    standing(reader, at, raw, &mut facts);
    audit(reader, at, kind, raw, &mut facts);
    facts
}

fn registration(
    reader: &mut Reader,
    at: At<'_>,
    raw: &v1::FamilyHelp,
    people: &People<'_>,
    facts: &mut FamilyHelpFacts,
) {
    facts.caf_ref = reader.text(at.field("caf_ref"), &raw.caf_ref, up_to(40), REQUIRED);
    let registered = raw.registered_at.as_ref();
    facts.registered_at = reader.instant(at.field("registered_at"), registered, REQUIRED);
    facts.agreement = match &raw.agreement {
        Some(record) => {
            Given::Given(sharing::consent(reader, at.field("agreement"), record, people))
        }
        None => {
            // R!: early help is voluntary (domain 3.2).
            reader.absent(at.field("agreement"), HARD);
            Given::Missing
        }
    };
    if raw.competence.is_some() {
        let record = at.field("competence");
        facts.competence = sharing::competence(reader, record, raw.competence.as_ref());
    }
    facts.agreed = agencies(reader, at, ("agreed_agencies", REQUIRED), &raw.agreed_agencies);
    let lead = at.field("lead_practitioner");
    facts.lead_practitioner = reader.text(lead, &raw.lead_practitioner, up_to(140), REQUIRED);
}

fn plan(reader: &mut Reader, at: At<'_>, raw: &v1::FamilyHelp, facts: &mut FamilyHelpFacts) {
    if raw.needs.is_empty() {
        reader.absent(at.field("needs"), REQUIRED);
    }
    facts.needs = raw.needs.len();
    for (name, parts) in [
        ("needs", &raw.needs),
        ("strengths", &raw.strengths),
        ("goals", &raw.goals),
        ("actions", &raw.actions),
    ] {
        reader.count(at.field(name), parts.len(), LISTED_MAX);
        for (index, part) in parts.iter().take(LISTED_MAX).enumerate() {
            let at = at.item(name, index);
            reader.text(at.field("text"), &part.text, up_to(1_000), REQUIRED);
            let whom = agencies(reader, at, ("for_agencies", None), &part.for_agencies);
            if whom.iter().any(|code| !facts.agreed.contains(code)) {
                reader.malformed(at.field("for_agencies"), reason::NOT_AGREED);
            }
        }
    }
    reader.instant(at.field("tac_meeting_at"), raw.tac_meeting_at.as_ref(), None);
    agencies(reader, at, ("tac_attendees", None), &raw.tac_attendees);
}

fn standing(reader: &mut Reader, at: At<'_>, raw: &v1::FamilyHelp, facts: &mut FamilyHelpFacts) {
    let status = at.field("status");
    facts.status = reader.code(status, raw.status, FamilyHelpStatus::from_code, REQUIRED);
    let need = if facts.steps_up() { CONDITIONAL } else { None };
    let agreed = at.field("parent_agreement");
    facts.parent_agreement =
        reader.code(agreed, raw.parent_agreement, ParentAgreement::from_code, need);
    let why = at.field("parent_agreement_reason");
    facts.parent_agreement_reason =
        reader.text(why, &raw.parent_agreement_reason, between(20, 1_000), None);
}

fn audit(
    reader: &mut Reader,
    at: At<'_>,
    kind: AlertKind,
    raw: &v1::FamilyHelp,
    facts: &mut FamilyHelpFacts,
) {
    let rating = at.field("quality_rating");
    facts.quality_rating = reader.code(rating, raw.quality_rating, QualityRating::from_code, None);
    let need = if facts.quality_rating.is_given() { CONDITIONAL } else { None };
    facts.audited_at = reader.instant(at.field("audited_at"), raw.audited_at.as_ref(), need);
    if facts.quality_rating.is_given() && kind != AlertKind::TacUpdate {
        reader.malformed(rating, reason::NOT_FOR_KIND);
    }
}

fn agencies(
    reader: &mut Reader,
    at: At<'_>,
    (name, need): (&'static str, Option<Need>),
    raw: &[String],
) -> Vec<AgencyCode> {
    if raw.is_empty() {
        reader.absent(at.field(name), need);
    }
    reader.count(at.field(name), raw.len(), LISTED_MAX);
    let listed = raw.iter().take(LISTED_MAX).enumerate();
    let read = listed.filter_map(|(index, code)| {
        let code = reader.id::<AgencyCode>(at.item(name, index), code, Some(Need::Format));
        code.get().cloned()
    });
    read.collect()
}
