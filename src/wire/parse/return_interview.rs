//! Reads the part of RHI_UPDATE (domain 3.5).

use super::reader::{At, FREE_TEXT, Reader, up_to};
use crate::domain::AgencyCode;
use crate::domain::submission::{
    Bool3, Given, InterviewOutcome, InterviewState, Need, OfferMethod, ReturnInterviewFacts, path,
};
use crate::wire::v1;
use crate::wire::words::reason;

const REQUIRED: Option<Need> = Some(Need::Required);

/// The most entries of each list.
const FACTORS_MAX: usize = 16;
const DISCLOSURES_MAX: usize = 20;
const SHARED_MAX: usize = 20;

/// Reads the part.
pub(super) fn return_interview(
    reader: &mut Reader,
    raw: &v1::ReturnInterview,
) -> ReturnInterviewFacts {
    let at = At::root(path::RETURN_INTERVIEW);
    let state = reader.code(at.field("state"), raw.state, InterviewState::from_code, REQUIRED);
    let when = |wanted: InterviewState| state.is(wanted).then_some(Need::Conditional);
    let is_over = !state.is(InterviewState::Offered) && state.is_given();
    let outcome_need = is_over.then_some(Need::Conditional);
    let outcome = at.field("outcome");
    let outcome = reader.code(outcome, raw.outcome, InterviewOutcome::from_code, outcome_need);
    let why = outcome.is(InterviewOutcome::NotOffered).then_some(Need::Conditional);
    let independent = at.field("interviewer_independent");
    let (offered, completed) = (when(InterviewState::Offered), when(InterviewState::Completed));
    let method = at.field("offer_method");
    factors(reader, at, &raw.push_pull);
    let facts = ReturnInterviewFacts {
        state,
        offered_at: reader.instant(at.field("offered_at"), raw.offered_at.as_ref(), offered),
        offer_method: reader.code(method, raw.offer_method, OfferMethod::from_code, offered),
        independent: reader.code(
            independent,
            raw.interviewer_independent,
            Bool3::from_code,
            REQUIRED,
        ),
        completed_at: reader.instant(
            at.field("completed_at"),
            raw.completed_at.as_ref(),
            completed,
        ),
        outcome,
        not_offered_reason: reader.text(
            at.field("not_offered_reason"),
            &raw.not_offered_reason,
            up_to(200),
            why,
        ),
        disclosures: disclosures(reader, at, &raw.disclosures),
        child_told: reader.code(
            at.field("child_told_how_shared"),
            raw.child_told_how_shared,
            Bool3::from_code,
            (!raw.disclosures.is_empty()).then_some(Need::Conditional),
        ),
        harm_disclosed: reader.code(
            at.field("harm_disclosed"),
            raw.harm_disclosed,
            Bool3::from_code,
            completed,
        ),
        shared_with: shared_with(reader, at, &raw.shared_with, completed),
    };
    contradictions(reader, at, &facts);
    facts
}

/// The outcome is of the state; an interview that was only offered has neither outcome nor content.
fn contradictions(reader: &mut Reader, at: At<'_>, facts: &ReturnInterviewFacts) {
    let Some(state) = facts.state.known() else { return };
    if let Some(outcome) = facts.outcome.known()
        && outcome.state() != state
    {
        reader.malformed(at.field("outcome"), reason::CONTRADICTION);
    }
    if facts.completed_at.is_given() && state != InterviewState::Completed {
        reader.malformed(at.field("completed_at"), reason::CONTRADICTION);
    }
}

fn factors(reader: &mut Reader, at: At<'_>, raw: &[v1::PushPull]) {
    reader.count(at.field("push_pull"), raw.len(), FACTORS_MAX);
    for (index, entry) in raw.iter().take(FACTORS_MAX).enumerate() {
        let at = at.item("push_pull", index);
        reader.listed::<v1::PushPullFactor>(at.field("factor"), entry.factor, REQUIRED);
    }
}

fn disclosures(reader: &mut Reader, at: At<'_>, raw: &[v1::InterviewDisclosure]) -> usize {
    reader.count(at.field("disclosures"), raw.len(), DISCLOSURES_MAX);
    for (index, entry) in raw.iter().take(DISCLOSURES_MAX).enumerate() {
        let at = at.item("disclosures", index);
        reader.text(at.field("text"), &entry.text, up_to(FREE_TEXT), REQUIRED);
    }
    raw.len()
}

fn shared_with(
    reader: &mut Reader,
    at: At<'_>,
    raw: &[String],
    need: Option<Need>,
) -> Vec<AgencyCode> {
    if raw.is_empty() {
        reader.absent(at.field("shared_with"), need);
    }
    reader.count(at.field("shared_with"), raw.len(), SHARED_MAX);
    let listed = raw.iter().take(SHARED_MAX).enumerate();
    let read = listed.filter_map(|(index, code)| {
        match reader.id::<AgencyCode>(at.item("shared_with", index), code, Some(Need::Format)) {
            Given::Given(code) => Some(code),
            Given::Missing | Given::Malformed => None,
        }
    });
    read.collect()
}
