//! Reads the parts of a decision on a referral and of feedback (domain 3.10).

use super::people::People;
use super::reader::{At, FREE_TEXT, Reader, between, up_to};
use crate::domain::referral::ReferralOutcome;
use crate::domain::submission::{
    Bool3, DecisionFacts, FeedbackFacts, Given, Length, Need, ReleaseFact, path,
};
use crate::wire::v1;
use crate::wire::words::reason;

const REQUIRED: Option<Need> = Some(Need::Required);

/// What one decision may hand on.
const RELEASES_MAX: usize = 10;
const PARTS_MAX: usize = 10;

/// Reads the part of REFERRAL_DECISION.
pub(super) fn decision(
    reader: &mut Reader,
    raw: &v1::ReferralDecision,
    people: &People<'_>,
) -> DecisionFacts {
    let at = At::root(path::DECISION);
    let outcome_at = at.field("decision");
    let outcome = reader.code(outcome_at, raw.decision, ReferralOutcome::from_code, REQUIRED);
    let needed_by = |of: ReferralOutcome| outcome.is(of).then_some(Need::Conditional);
    let transfers = needed_by(ReferralOutcome::TransferOtherLa);
    let is_open = needed_by(ReferralOutcome::AlreadyOpen);
    let became = at.field("became_referral");
    let rationale = between(50, FREE_TEXT);
    let decided_at = raw.decided_at.as_ref();
    let strategy_at = raw.strategy_discussion_at.as_ref();
    let feedback_at = at.field("feedback");
    let feedback = match &raw.feedback {
        Some(raw) => feedback_at_field(reader, feedback_at, raw, people),
        None => {
            reader.absent(feedback_at, REQUIRED);
            FeedbackFacts::default()
        }
    };
    DecisionFacts {
        became_referral: reader.code(became, raw.became_referral, Bool3::from_code, REQUIRED),
        decided_by: reader.text(at.field("decided_by"), &raw.decided_by, up_to(140), REQUIRED),
        decided_at: reader.instant(at.field("decided_at"), decided_at, REQUIRED),
        rationale: reader.text(at.field("rationale"), &raw.rationale, rationale, REQUIRED),
        releases: releases(reader, at, &raw.release_to),
        feedback,
        transfer_to: reader.id(at.field("transfer_to"), &raw.transfer_to, transfers),
        allocated_worker: reader.id(at.field("allocated_worker"), &raw.allocated_worker, is_open),
        strategy_at: reader.instant(at.field("strategy_discussion_at"), strategy_at, None),
        outcome,
    }
}

/// Reads the part of FEEDBACK.
pub(super) fn feedback(
    reader: &mut Reader,
    raw: &v1::Feedback,
    people: &People<'_>,
) -> FeedbackFacts {
    feedback_at_field(reader, At::root(path::FEEDBACK), raw, people)
}

fn feedback_at_field(
    reader: &mut Reader,
    at: At<'_>,
    raw: &v1::Feedback,
    people: &People<'_>,
) -> FeedbackFacts {
    let outcome = at.field("decision");
    FeedbackFacts {
        outcome: reader.code(outcome, raw.decision, ReferralOutcome::from_code, REQUIRED),
        text: told(reader, at.field("text"), &raw.text, (500, people)),
        contact: told(reader, at.field("contact"), &raw.contact, (140, people)),
    }
}

/// Words for the referrer name nobody but the child (domain 3.10: no third party).
fn told(
    reader: &mut Reader,
    at: At<'_>,
    raw: &str,
    (max, people): (usize, &People<'_>),
) -> Given<Length> {
    let words = reader.text(at, raw, up_to(max), REQUIRED);
    if words.is_given() && people.names_a_third_party(raw) {
        reader.malformed(at, reason::STOP_LIST);
    }
    words
}

fn releases(reader: &mut Reader, at: At<'_>, raw: &[v1::Release]) -> Vec<ReleaseFact> {
    reader.count(at.field("release_to"), raw.len(), RELEASES_MAX);
    let listed = raw.iter().take(RELEASES_MAX).enumerate();
    listed.map(|(index, raw)| release(reader, at.item("release_to", index), raw)).collect()
}

fn release(reader: &mut Reader, at: At<'_>, raw: &v1::Release) -> ReleaseFact {
    if raw.parts.is_empty() {
        reader.absent(at.field("parts"), REQUIRED);
    }
    reader.count(at.field("parts"), raw.parts.len(), PARTS_MAX);
    for (index, part) in raw.parts.iter().take(PARTS_MAX).enumerate() {
        reader.text(at.item("parts", index), part, up_to(2_000), REQUIRED);
    }
    reader.text(at.field("note"), &raw.note, up_to(500), None);
    ReleaseFact {
        inbox: reader.id(at.field("inbox"), &raw.inbox, REQUIRED),
        parts: raw.parts.len(),
    }
}
