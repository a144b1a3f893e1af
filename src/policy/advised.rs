//! What a sender is told to do besides its alert, in words.

use super::sender_view::NoticeCode;
use crate::domain::Advice;

/// What the sender does besides, in words.
pub(super) const fn advised(advice: Advice) -> (NoticeCode, &'static str) {
    match advice {
        Advice::SendConcern => (
            NoticeCode::SendConcern,
            "The child told of harm: send a CONCERN at P2 now. This message does not make it.",
        ),
        Advice::InterviewerNotIndependent => (
            NoticeCode::InterviewerNotIndependent,
            "A return home interview is held by somebody independent of the child's care. The front door is told.",
        ),
        Advice::OfferToChildDirectly => (
            NoticeCode::OfferToChildDirectly,
            "A parent's refusal does not close the duty: the interview is offered to the child directly.",
        ),
        Advice::UrgentInConcern => (
            NoticeCode::UrgentInConcern,
            "This kind of alert is never urgent, and your priority was not taken: urgent content belongs in a CONCERN.",
        ),
        Advice::SendMissingReport => (
            NoticeCode::KindMismatch,
            "Taken as a concern. If a child is missing send MISSING_REPORTED besides: only that reaches the look-outs.",
        ),
        Advice::SendDvNotification => (
            NoticeCode::KindMismatch,
            "Taken as a concern. For domestic abuse send DV_NOTIFICATION: only that asks for risk, children and school.",
        ),
    }
}
