//! Reads the parts of contacts, referrals and concerns (domain 3.10, 3.12).

use super::reader::{At, FREE_TEXT, Reader, between, up_to};
use crate::domain::AgencyCode;
use crate::domain::referral::ReferrerType;
use crate::domain::submission::{
    Bool3, Code, Codes, ConcernCode, ConcernFacts, ConcernSource, ContactType, CscContactFacts,
    FgmDisclosed, Given, Length, Need, ParentAgreement, ResponseWanted, Worry, path,
};
use crate::wire::v1;

const REQUIRED: Option<Need> = Some(Need::Required);

/// The shortest account of what was seen and heard.
const ACCOUNT_MIN: usize = 50;

/// The shortest reason a parent's refusal is set aside for (D14).
const REASON_MIN: usize = 20;
const REASON_MAX: usize = 500;

/// Reads the part of CSC_CONTACT and CSC_REFERRAL.
pub(super) fn contact(reader: &mut Reader, raw: &v1::CscContact) -> CscContactFacts {
    let at = At::root(path::CONTACT);
    let codes = codes(reader, at, &raw.concern_codes);
    let harm = at.field("significant_harm_suspected");
    let seen = raw.child_seen_by_referrer_at.as_ref();
    let history = at.field("early_help_history");
    reader.text(history, &raw.early_help_history, up_to(FREE_TEXT), None);
    reader.text(at.field("referrer"), &raw.referrer, up_to(200), None);
    let account = between(ACCOUNT_MIN, FREE_TEXT);
    let type_at = at.field("contact_type");
    let referrer_at = at.field("referrer_type");
    CscContactFacts {
        worry: Worry {
            fgm_disclosed: fgm(reader, at, raw.fgm_disclosed, &codes),
            codes,
            harm: reader.code(harm, raw.significant_harm_suspected, Bool3::from_code, REQUIRED),
            crime: crime(reader, at, raw.crime_suspected),
            parent_agreement: agreement(reader, at, raw.parent_agreement, REQUIRED),
            parent_reason: parent_reason(reader, at, &raw.parent_agreement_reason),
        },
        contact_type: reader.code(type_at, raw.contact_type, ContactType::from_code, REQUIRED),
        child_seen_at: reader.instant(at.field("child_seen_by_referrer_at"), seen, None),
        evidence: reader.text(at.field("evidence"), &raw.evidence, account, REQUIRED),
        referrer: reader.code(referrer_at, raw.referrer_type, ReferrerType::from_code, REQUIRED),
    }
}

/// Reads the part of CONCERN.
pub(super) fn concern(reader: &mut Reader, raw: &v1::Concern) -> ConcernFacts {
    const WISHES_MAX: usize = 10;

    let at = At::root(path::CONCERN);
    let codes = codes(reader, at, &raw.concern_codes);
    let harm_at = at.field("significant_harm_suspected");
    let harm = reader.code(harm_at, raw.significant_harm_suspected, Bool3::from_code, None);
    // What was not asked is not needed; what was answered NO needs a parent's answer.
    let asked = harm.is(Bool3::No).then_some(Need::Conditional);
    let wishes = at.field("requested_recipients");
    reader.count(wishes, raw.requested_recipients.len(), WISHES_MAX);
    for (index, wish) in raw.requested_recipients.iter().take(WISHES_MAX).enumerate() {
        let at = at.item("requested_recipients", index);
        reader.id::<AgencyCode>(at, wish, Some(Need::Format));
    }
    let account = between(ACCOUNT_MIN, FREE_TEXT);
    let source = at.field("source");
    let worker = at.field("about_worker");
    let wanted = at.field("response_wanted");
    ConcernFacts {
        worry: Worry {
            fgm_disclosed: fgm(reader, at, raw.fgm_disclosed, &codes),
            codes,
            harm,
            crime: crime(reader, at, raw.crime_suspected),
            parent_agreement: agreement(reader, at, raw.parent_agreement, asked),
            parent_reason: parent_reason(reader, at, &raw.parent_agreement_reason),
        },
        narrative: reader.text(at.field("narrative"), &raw.narrative, account, REQUIRED),
        source: reader.code(source, raw.source, ConcernSource::from_code, REQUIRED),
        about_worker: reader.code(worker, raw.about_worker, Bool3::from_code, REQUIRED),
        response_wanted: reader.code(
            wanted,
            raw.response_wanted,
            ResponseWanted::from_code,
            REQUIRED,
        ),
    }
}

fn codes(reader: &mut Reader, at: At<'_>, raw: &[i32]) -> Codes<ConcernCode> {
    reader.codes(at.field("concern_codes"), raw, ConcernCode::from_code, REQUIRED)
}

fn fgm(
    reader: &mut Reader,
    at: At<'_>,
    raw: i32,
    codes: &Codes<ConcernCode>,
) -> Given<Code<FgmDisclosed>> {
    let need = codes.contains(ConcernCode::Fgm).then_some(Need::Conditional);
    reader.code(at.field("fgm_disclosed"), raw, FgmDisclosed::from_code, need)
}

fn crime(reader: &mut Reader, at: At<'_>, raw: i32) -> Given<Code<Bool3>> {
    reader.code(at.field("crime_suspected"), raw, Bool3::from_code, None)
}

fn agreement(
    reader: &mut Reader,
    at: At<'_>,
    raw: i32,
    need: Option<Need>,
) -> Given<Code<ParentAgreement>> {
    reader.code(at.field("parent_agreement"), raw, ParentAgreement::from_code, need)
}

/// Where it is needed and none is given D14 withholds; one that says nothing is told here.
fn parent_reason(reader: &mut Reader, at: At<'_>, raw: &str) -> Given<Length> {
    let bound = between(REASON_MIN, REASON_MAX);
    reader.text(at.field("parent_agreement_reason"), raw, bound, None)
}
