//! Reads the part of the missing kinds (domain 3.5).
//!
//! What was reported must stand in a report and in an update; a FOUND or CANCELLED is never refused because the
//! sender does not say again from where the child went missing.

use super::reader::{At, Reader, up_to};
use crate::domain::AlertKind;
use crate::domain::submission::{
    FoundHow, FoundPlace, Given, MissingCategory, MissingFacts, MissingFrom, MissingRiskFactor,
    Need, Rank, path,
};
use crate::wire::v1;
use crate::wire::words::reason;

/// Reads the part for an alert of `kind`.
pub(super) fn missing(
    reader: &mut Reader,
    kind: AlertKind,
    raw: &v1::MissingFromHome,
) -> MissingFacts {
    let at = At::root(path::MISSING);
    let mut facts = reported(reader, at, kind, raw);
    details(reader, at, raw);
    found(reader, at, kind, raw, &mut facts);
    cancelled(reader, at, kind, raw, &mut facts);
    facts
}

fn reported(
    reader: &mut Reader,
    at: At<'_>,
    kind: AlertKind,
    raw: &v1::MissingFromHome,
) -> MissingFacts {
    let is_report = matches!(kind, AlertKind::MissingReported | AlertKind::MissingUpdated);
    let need = is_report.then_some(Need::Required);
    let category = at.field("category");
    let from = at.field("missing_from");
    let factors = at.field("risk_factors");
    let risk_factors = reader.codes(factors, &raw.risk_factors, MissingRiskFactor::from_code, need);
    if risk_factors.contains(MissingRiskFactor::NoneKnown) && raw.risk_factors.len() > 1 {
        reader.malformed(factors, reason::CONTRADICTION);
    }
    let last_seen = raw.last_seen_at.as_ref();
    let told = raw.police_told_at.as_ref();
    reader.text(at.field("last_seen_place"), &raw.last_seen_place, up_to(200), need);
    let lookout = at.field("description_lookout");
    let school = raw.inform_school.then_some(Need::Conditional);
    let school_at = at.field("inform_school_reason");
    MissingFacts {
        category: reader.code(category, raw.category, MissingCategory::from_code, need),
        police_ref: reader.text(at.field("police_ref"), &raw.police_ref, up_to(30), None),
        police_told_at: reader.instant(at.field("police_told_at"), told, None),
        last_seen_at: reader.instant(at.field("last_seen_at"), last_seen, need),
        missing_from: reader.code(from, raw.missing_from, MissingFrom::from_code, need),
        description_lookout: reader.text(lookout, &raw.description_lookout, up_to(500), None),
        inform_school: raw.inform_school,
        inform_school_reason: reader.text(school_at, &raw.inform_school_reason, up_to(200), school),
        risk_factors,
        downgrade_by: downgrade(reader, at.field("downgrade_by"), raw.downgrade_by.as_ref()),
        ..MissingFacts::default()
    }
}

/// Somebody without name or rank has no authority (GAP4).
fn downgrade(reader: &mut Reader, at: At<'_>, raw: Option<&v1::DowngradeAuthority>) -> Given<Rank> {
    let Some(raw) = raw else { return Given::Missing };
    let need = Some(Need::Conditional);
    let name = reader.text(at.field("name"), &raw.name, up_to(140), need);
    let rank = reader.text(at.field("rank"), &raw.rank, up_to(50), need);
    if name.is_given() && rank.is_given() {
        Given::Given(Rank::of(&raw.rank))
    } else {
        Given::Malformed
    }
}

fn details(reader: &mut Reader, at: At<'_>, raw: &v1::MissingFromHome) {
    let episodes = at.field("previous_episodes_known");
    reader.number(episodes, raw.previous_episodes_known, 0..=1_000, None);
    let held = at.field("philomena_held");
    reader.listed::<v1::PhilomenaHeld>(held, raw.philomena_held, None);
    reader.text(at.field("associates"), &raw.associates, up_to(2_000), None);
    reader.text(at.field("likely_places"), &raw.likely_places, up_to(2_000), None);
}

fn found(
    reader: &mut Reader,
    at: At<'_>,
    kind: AlertKind,
    raw: &v1::MissingFromHome,
    facts: &mut MissingFacts,
) {
    let is_found = kind == AlertKind::MissingFound;
    let need = is_found.then_some(Need::Required);
    let how = at.field("found_how");
    facts.found_at = reader.instant(at.field("found_at"), raw.found_at.as_ref(), need);
    facts.found_how = reader.code(how, raw.found_how, FoundHow::from_code, need);
    facts.found_place =
        if raw.found_place_is_safe { FoundPlace::Safe } else { FoundPlace::Ordinary };
    // Nothing is told about a sealed place but that there is one, which the sender knows.
    let place = reader.text(at.field("found_place"), &raw.found_place, up_to(200), need);
    for (name, given) in [
        ("found_at", facts.found_at.is_given()),
        ("found_how", facts.found_how.is_given()),
        ("found_place", place.is_given()),
    ] {
        if given && !is_found {
            reader.malformed(at.field(name), reason::NOT_FOR_KIND);
        }
    }
    let checked = raw.prevention_check_done_at.as_ref();
    reader.instant(at.field("prevention_check_done_at"), checked, None);
    let harm =
        reader.listed::<v1::Bool3>(at.field("harm_while_missing"), raw.harm_while_missing, None);
    let codes = at.field("harm_codes");
    reader.count(codes, raw.harm_codes.len(), 8);
    if raw.harm_codes.is_empty() && harm == Some(v1::Bool3::Yes) {
        reader.absent(codes, Some(Need::Conditional));
    }
    for (index, code) in raw.harm_codes.iter().take(8).enumerate() {
        reader.listed::<v1::HarmCode>(at.item("harm_codes", index), *code, Some(Need::Format));
    }
}

fn cancelled(
    reader: &mut Reader,
    at: At<'_>,
    kind: AlertKind,
    raw: &v1::MissingFromHome,
    facts: &mut MissingFacts,
) {
    let is_cancelled = kind == AlertKind::MissingCancelled;
    let need = is_cancelled.then_some(Need::Required);
    let when = at.field("cancelled_at");
    facts.cancelled_at = reader.instant(when, raw.cancelled_at.as_ref(), need);
    if facts.cancelled_at.is_given() && !is_cancelled {
        reader.malformed(when, reason::NOT_FOR_KIND);
    }
    reader.text(at.field("cancel_reason"), &raw.cancel_reason, up_to(200), None);
}
