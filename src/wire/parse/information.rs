//! Reads the parts of INFORMATION_REQUEST, INFORMATION_RESPONSE, NOT_SHARED_RECORD and ASSESSMENT_COMPLETED (domain
//! 3.13).

use super::reader::{At, FREE_TEXT, Reader, between, up_to};
use crate::domain::submission::{
    AnswerOutcome, AssessmentCompletedFacts, AssessmentKind, Bool3, Given, InformationRequestFacts,
    InformationResponseFacts, LegalRoute, Need, NotSharedFacts, RequestRating, path,
};
use crate::domain::{AgencyCode, AlertId};
use crate::wire::v1;
use crate::wire::words::reason;

const REQUIRED: Option<Need> = Some(Need::Required);
const QUESTIONS_MAX: usize = 10;
const CONSIDERED_MAX: usize = 20;

/// Reads a question to one agency.
pub(super) fn request(
    reader: &mut Reader,
    raw: &v1::InformationRequest,
) -> InformationRequestFacts {
    let at = At::root(path::INFORMATION_REQUEST);
    if raw.questions.is_empty() {
        reader.absent(at.field("questions"), REQUIRED);
    }
    reader.count(at.field("questions"), raw.questions.len(), QUESTIONS_MAX);
    for (index, question) in raw.questions.iter().take(QUESTIONS_MAX).enumerate() {
        reader.text(at.item("questions", index), question, between(20, 1_000), REQUIRED);
    }
    let (route, rating) = (at.field("legal_route"), at.field("rating"));
    InformationRequestFacts {
        legal_route: reader.code(route, raw.legal_route, LegalRoute::from_code, REQUIRED),
        rating: reader.code(rating, raw.rating, RequestRating::from_code, REQUIRED),
        harm_suspected: reader.code(
            at.field("harm_suspected"),
            raw.harm_suspected,
            Bool3::from_code,
            None,
        ),
        asked: reader.id::<AgencyCode>(at.field("asked_agency"), &raw.asked_agency, REQUIRED),
        questions: raw.questions.len(),
    }
}

/// Reads an answer.
pub(super) fn response(
    reader: &mut Reader,
    raw: &v1::InformationResponse,
) -> InformationResponseFacts {
    let at = At::root(path::INFORMATION_RESPONSE);
    let outcome = at.field("outcome");
    let outcome = reader.code(outcome, raw.outcome, AnswerOutcome::from_code, REQUIRED);
    let is_answered = outcome.is(AnswerOutcome::Answered);
    if is_answered && raw.answers.is_empty() {
        reader.absent(at.field("answers"), Some(Need::Conditional));
    }
    if outcome.known().is_some() && !is_answered && !raw.answers.is_empty() {
        reader.malformed(at.field("answers"), reason::CONTRADICTION);
    }
    reader.count(at.field("answers"), raw.answers.len(), QUESTIONS_MAX);
    for (index, answer) in raw.answers.iter().take(QUESTIONS_MAX).enumerate() {
        reader.text(at.item("answers", index), answer, up_to(FREE_TEXT), REQUIRED);
    }
    let why = outcome.is(AnswerOutcome::NotShared).then_some(Need::Conditional);
    let route = at.field("legal_route");
    let refusal = at.field("refusal_reason");
    InformationResponseFacts {
        request: reader.id::<AlertId>(at.field("request"), &raw.request, REQUIRED),
        legal_route: reader.code(route, raw.legal_route, LegalRoute::from_code, REQUIRED),
        harm_suspected: reader.code(
            at.field("harm_suspected"),
            raw.harm_suspected,
            Bool3::from_code,
            None,
        ),
        outcome,
        answers: raw.answers.len(),
        refusal_reason: reader.text(refusal, &raw.refusal_reason, up_to(500), why),
    }
}

/// Reads a decision not to share.
pub(super) fn not_shared(reader: &mut Reader, raw: &v1::NotShared) -> NotSharedFacts {
    let at = At::root(path::NOT_SHARED);
    let considered = at.field("considered_for");
    if raw.considered_for.is_empty() {
        reader.absent(considered, REQUIRED);
    }
    reader.count(considered, raw.considered_for.len(), CONSIDERED_MAX);
    let listed = raw.considered_for.iter().take(CONSIDERED_MAX).enumerate();
    let considered_for = listed
        .filter_map(|(index, code)| {
            let at = at.item("considered_for", index);
            match reader.id::<AgencyCode>(at, code, Some(Need::Format)) {
                Given::Given(code) => Some(code),
                Given::Missing | Given::Malformed => None,
            }
        })
        .collect();
    let why = at.field("why_not");
    NotSharedFacts {
        considered_for,
        why_not: reader.text(why, &raw.why_not, between(20, FREE_TEXT), REQUIRED),
        review_at: reader.instant(at.field("review_at"), raw.review_at.as_ref(), REQUIRED),
    }
}

/// Reads that an assessment is done.
pub(super) fn assessment(
    reader: &mut Reader,
    raw: &v1::AssessmentCompleted,
) -> AssessmentCompletedFacts {
    let at = At::root(path::ASSESSMENT_COMPLETED);
    let started = reader.instant(at.field("started_at"), raw.started_at.as_ref(), REQUIRED);
    let ended = reader.instant(at.field("ended_at"), raw.ended_at.as_ref(), REQUIRED);
    if let (Given::Given(started), Given::Given(ended)) = (started, ended)
        && ended < started
    {
        reader.malformed(at.field("ended_at"), reason::CONTRADICTION);
    }
    AssessmentCompletedFacts {
        referral: reader.id::<AlertId>(at.field("referral"), &raw.referral, REQUIRED),
        kind: reader.code(at.field("kind"), raw.kind, AssessmentKind::from_code, REQUIRED),
        started_at: started,
        ended_at: ended,
    }
}
