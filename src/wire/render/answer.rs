//! Who answered a delivery and what they wrote.

use super::super::v1;
use super::timestamp;
use crate::domain::Redacted;
use crate::domain::delivery::{AckOutcome, DeclineReason, Moment};

/// One answer: who and when, how, and the words.
type Answer<How> = Option<(Moment, How, Redacted<String>)>;

/// The answers to one delivery, for the recipient agency.
#[must_use]
pub fn answers(
    acknowledged: &Answer<AckOutcome>,
    declined: &Answer<DeclineReason>,
    closed: &Option<(Moment, Redacted<String>)>,
) -> v1::ReadAnswerResponse {
    let by = |moment: &Moment| moment.by.as_ref().map(ToString::to_string).unwrap_or_default();
    v1::ReadAnswerResponse {
        acknowledged: acknowledged.as_ref().map(|(moment, outcome, note)| v1::AcknowledgedAnswer {
            user_id: by(moment),
            at: Some(timestamp(moment.at)),
            outcome: code_of_outcome(*outcome).into(),
            note: note.expose().clone(),
        }),
        declined: declined.as_ref().map(|(moment, reason, text)| v1::DeclinedAnswer {
            user_id: by(moment),
            at: Some(timestamp(moment.at)),
            reason: code_of_reason(*reason).into(),
            text: text.expose().clone(),
        }),
        closed: closed.as_ref().map(|(moment, note)| v1::ClosedAnswer {
            user_id: by(moment),
            at: Some(timestamp(moment.at)),
            note: note.expose().clone(),
        }),
    }
}

const fn code_of_outcome(outcome: AckOutcome) -> v1::AcknowledgeOutcome {
    match outcome {
        AckOutcome::Accepted => v1::AcknowledgeOutcome::Accepted,
        AckOutcome::Forwarded => v1::AcknowledgeOutcome::Forwarded,
        AckOutcome::Closed => v1::AcknowledgeOutcome::Closed,
    }
}

const fn code_of_reason(reason: DeclineReason) -> v1::DeclineReason {
    match reason {
        DeclineReason::NotOurs => v1::DeclineReason::NotOurs,
        DeclineReason::NoCapacity => v1::DeclineReason::NoCapacity,
        DeclineReason::ConflictOfInterest => v1::DeclineReason::ConflictOfInterest,
        DeclineReason::Other => v1::DeclineReason::Other,
    }
}
