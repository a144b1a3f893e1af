//! Reads the sharing record and the competence record (domain 6.2-6.4).
//!
//! Whether a basis is one the sender may use, and whether the record is coherent, is for policy.

use super::people::People;
use super::reader::{At, FREE_TEXT, Reader, between, up_to};
use crate::domain::UserId;
use crate::domain::decision::Basis6;
use crate::domain::principal::Role;
use crate::domain::submission::{
    Basis9, Basis9G18Reason, Basis10, CompetenceBasis, CompetenceFacts, CompetenceOutcome,
    Confidentiality, ConsentFact, ConsentGiver, ConsentState, ConsentType, Gateway, Given, Length,
    Need, OverrideFact, RefusedBy, Scope, SenderRegime, SharingFacts, SharingPurpose,
};
use crate::wire::v1;
use crate::wire::words::reason;

const REQUIRED: Option<Need> = Some(Need::Required);

/// Reads the sharing record at `at`; without one every fact is missing.
pub(super) fn sharing(
    reader: &mut Reader,
    at: At<'_>,
    raw: Option<&v1::SharingRecord>,
    people: &People<'_>,
) -> SharingFacts {
    let Some(raw) = raw else {
        reader.absent(at, REQUIRED);
        return SharingFacts::default();
    };
    let basis9 = reader.codes(at.field("basis9"), &raw.basis9, Basis9::from_code, None);
    let reason_need = basis9.contains(Basis9::Safeguarding).then_some(Need::Conditional);
    let g18 = at.field("basis9_g18_reason");
    reader.text(at.field("agreement_ref"), &raw.agreement_ref, up_to(64), None);
    opt_outs(reader, at, &raw.opt_out_fields);
    SharingFacts {
        basis6: reader.code(at.field("basis6"), raw.basis6, Basis6::from_code, REQUIRED),
        basis9,
        basis10: reader.code(at.field("basis10"), raw.basis10, Basis10::from_code, None),
        basis9_g18_reason: reader.code(
            g18,
            raw.basis9_g18_reason,
            Basis9G18Reason::from_code,
            reason_need,
        ),
        gateways: reader.codes(at.field("gateways"), &raw.gateways, Gateway::from_code, None),
        confidentiality: reader.code(
            at.field("confidentiality"),
            raw.confidentiality,
            Confidentiality::from_code,
            None,
        ),
        sender_regime: reader.code(
            at.field("sender_regime"),
            raw.sender_regime,
            SenderRegime::from_code,
            REQUIRED,
        ),
        purpose: reader.code(at.field("purpose"), raw.purpose, SharingPurpose::from_code, REQUIRED),
        necessity: reader.text(
            at.field("necessity"),
            &raw.necessity,
            between(20, FREE_TEXT),
            REQUIRED,
        ),
        refused_by: reader.code(at.field("refused_by"), raw.refused_by, RefusedBy::from_code, None),
        override_: overriding(reader, at.field("override"), raw.r#override.as_ref()),
        decided_by: reader.text(at.field("decided_by"), &raw.decided_by, up_to(140), REQUIRED),
        decided_at: reader.instant(at.field("decided_at"), raw.decided_at.as_ref(), REQUIRED),
        consents: consents(reader, at, &raw.consents, people),
    }
}

fn overriding(
    reader: &mut Reader,
    at: At<'_>,
    raw: Option<&v1::SharingOverride>,
) -> Given<OverrideFact> {
    let Some(raw) = raw else { return Given::Missing };
    reader.instant(at.field("at"), raw.at.as_ref(), None);
    let approver = reader.id::<UserId>(at.field("approver_user_id"), &raw.approver_user_id, None);
    let approver_role = Role::parse(&raw.approver_role);
    if !raw.approver_role.is_empty() && approver_role.is_none() {
        reader.malformed(at.field("approver_role"), reason::UNKNOWN_CODE);
    }
    Given::Given(OverrideFact {
        reason: reader.text(at.field("reason"), &raw.reason, between(50, FREE_TEXT), REQUIRED),
        approver: approver.get().cloned(),
        approver_role,
    })
}

fn opt_outs(reader: &mut Reader, at: At<'_>, raw: &[v1::OptOut]) {
    const MAX: usize = 32;

    reader.count(at.field("opt_out_fields"), raw.len(), MAX);
    for (index, opt_out) in raw.iter().take(MAX).enumerate() {
        let at = at.item("opt_out_fields", index);
        reader.text(at.field("path"), &opt_out.path, up_to(200), REQUIRED);
        reader.text(at.field("reason"), &opt_out.reason, up_to(200), REQUIRED);
    }
}

fn consents(
    reader: &mut Reader,
    at: At<'_>,
    raw: &[v1::ConsentRecord],
    people: &People<'_>,
) -> Vec<ConsentFact> {
    const MAX: usize = 16;

    reader.count(at.field("consents"), raw.len(), MAX);
    let listed = raw.iter().take(MAX).enumerate();
    listed.map(|(index, raw)| consent(reader, at.item("consents", index), raw, people)).collect()
}

pub(super) fn consent(
    reader: &mut Reader,
    at: At<'_>,
    raw: &v1::ConsentRecord,
    people: &People<'_>,
) -> ConsentFact {
    people.refer(reader, at.field("subject_ref"), &raw.subject_ref, None);
    people.refer(reader, at.field("giver_ref"), &raw.giver_ref, None);
    reader.instant(at.field("entered_at"), raw.entered_at.as_ref(), None);
    reader.text(at.field("entered_by"), &raw.entered_by, up_to(140), None);
    ConsentFact {
        kind: reader.code(at.field("type"), raw.r#type, ConsentType::from_code, REQUIRED),
        scope: scope(reader, at.field("scope"), &raw.scope, 100, REQUIRED),
        giver: reader.code(at.field("giver"), raw.giver, ConsentGiver::from_code, REQUIRED),
        standing: people.standing_of(&raw.giver_ref),
        state: reader.code(at.field("state"), raw.state, ConsentState::from_code, REQUIRED),
        effective_at: reader.instant(at.field("effective_at"), raw.effective_at.as_ref(), REQUIRED),
    }
}

/// Reads which service an agreement or an assessment is about. Over-long words name none.
pub(super) fn scope(
    reader: &mut Reader,
    at: At<'_>,
    raw: &str,
    max: usize,
    need: Option<Need>,
) -> Given<Scope> {
    match reader.text(at, raw, up_to(max), need) {
        Given::Given(Length(length)) if length <= max => Scope::of(raw),
        Given::Given(_) | Given::Malformed => Given::Malformed,
        Given::Missing => Given::Missing,
    }
}

/// Reads a competence record (domain 6.3).
pub(super) fn competence(
    reader: &mut Reader,
    at: At<'_>,
    raw: Option<&v1::CompetenceRecord>,
) -> Given<CompetenceFacts> {
    let Some(raw) = raw else {
        reader.absent(at, REQUIRED);
        return Given::Missing;
    };
    // Nobody assesses a baby: age 0 is a field left out.
    let stated = (raw.age != 0).then_some(raw.age);
    let age = match reader.number(at.field("age"), stated, 1..=25, REQUIRED) {
        Given::Given(age) => Given::from_option(u8::try_from(age).ok()),
        Given::Missing => Given::Missing,
        Given::Malformed => Given::Malformed,
    };
    let understands_all = raw.understands_what
        && raw.understands_why
        && raw.understands_consequences
        && raw.understands_alternatives
        && raw.free_from_pressure;
    let basis = at.field("basis");
    let outcome = at.field("outcome");
    Given::Given(CompetenceFacts {
        age,
        basis: reader.code(basis, raw.basis, CompetenceBasis::from_code, REQUIRED),
        scope: scope(reader, at.field("decision_scope"), &raw.decision_scope, 100, REQUIRED),
        assessed_by: reader.text(at.field("assessed_by"), &raw.assessed_by, up_to(140), REQUIRED),
        assessed_at: reader.instant(at.field("assessed_at"), raw.assessed_at.as_ref(), REQUIRED),
        understands_all,
        outcome: reader.code(outcome, raw.outcome, CompetenceOutcome::from_code, REQUIRED),
        notes: reader.text(at.field("notes"), &raw.notes, between(20, FREE_TEXT), REQUIRED),
    })
}
