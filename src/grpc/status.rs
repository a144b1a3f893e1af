//! From the words of the field to gRPC status codes: the only place that names them.
//!
//! Retry the call = UNAVAILABLE, redo the whole operation = ABORTED, do not retry = FAILED_PRECONDITION, may
//! not know that it exists = NOT_FOUND. The text is from a fixed list; reasons and field paths go as
//! `google.rpc` details; values never.

use std::collections::HashMap;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::broker::SubmitError;
use crate::directory::DirectoryError;
use crate::domain::ErrorKind;
use crate::domain::error::Fault;
use crate::identity::IdentityError;
use crate::mailbox::MailboxError;

/// The domain of `google.rpc.ErrorInfo` reasons.
pub const ERROR_DOMAIN: &str = "staysafe";

/// The most bytes of violations in one refusal. It travels in the trailers as base64, and clients take 8 KiB of
/// them: a longer list would reach the sender as a broken call that says nothing.
const VIOLATION_BYTES_MAX: usize = 5_000;
/// What a violation costs besides its texts.
const FRAMING_BYTES: usize = 10;

/// What a caller hears for a failure of `kind` with the stable `reason`.
#[must_use]
pub fn of(kind: ErrorKind, reason: &str) -> Status {
    with_details(kind, reason, ErrorDetails::new())
}

/// A refused submission: every violation at once, and whom to phone where it is urgent.
#[must_use]
pub fn of_submit(error: &SubmitError) -> Status {
    let mut details = ErrorDetails::new();
    if let SubmitError::Rejected { violations, .. } = error {
        let violations = violations
            .iter()
            .map(|violation| (violation.path.as_str(), violation.reason, violation.what_to_do));
        let violations: Vec<_> = violations.collect();
        add_violations(&mut details, &violations, ("alert", "send the alert again"));
    }
    if let Some(advice) = error.advice() {
        details.set_localized_message("en-GB", advice.to_string());
    }
    with_details(error.kind(), error.reason(), details)
}

/// A unary call took longer than it may.
#[must_use]
pub fn timed_out() -> Status {
    of(ErrorKind::Unavailable, "CALL_TIMED_OUT")
}

/// One malformed field of a request.
#[must_use]
pub fn of_field(field: &str, what_to_do: &str) -> Status {
    let mut details = ErrorDetails::new();
    details.add_bad_request_violation(field, format!("MALFORMED: {what_to_do}"));
    with_details(ErrorKind::Invalid, "MALFORMED", details)
}

impl From<MailboxError> for Status {
    fn from(error: MailboxError) -> Self {
        log(error.kind(), error.reason(), &error);
        let mut details = ErrorDetails::new();
        if matches!(error, MailboxError::NoteNeeded) {
            let what_to_do = "say in at least 20 characters how the agency was reached, where you \
                              take over from one; in at least 10 what came of it, where you close";
            details.add_bad_request_violation("note", format!("{}: {what_to_do}", error.reason()));
        }
        if matches!(error, MailboxError::NotOfThisDesk) {
            let what_to_do = "name an active person who serves this mailbox";
            let text = format!("{}: {what_to_do}", error.reason());
            details.add_bad_request_violation("to_user_id", text);
        }
        if matches!(error, MailboxError::NotOfTheAgency) {
            let what_to_do = "name users of the agency that you are asked about";
            let text = format!("{}: {what_to_do}", error.reason());
            details.add_bad_request_violation("staff_user_ids", text);
        }
        with_details(error.kind(), error.reason(), details)
    }
}

impl From<IdentityError> for Status {
    fn from(error: IdentityError) -> Self {
        log(error.kind(), error.reason(), &error);
        with_details(error.kind(), error.reason(), ErrorDetails::new())
    }
}

impl From<DirectoryError> for Status {
    fn from(error: DirectoryError) -> Self {
        log(error.kind(), error.reason(), &error);
        let mut details = ErrorDetails::new();
        if let DirectoryError::Malformed(faults) = &error {
            let faults = faults.iter().map(|fault| match fault.fault {
                Fault::Missing => (fault.field.as_str(), "REQUIRED", "give it"),
                Fault::Malformed => (fault.field.as_str(), error.reason(), fault.rule),
            });
            add_violations(&mut details, &faults.collect::<Vec<_>>(), ("change", "ask again"));
        }
        if let DirectoryError::Rota { fault, .. } = &error {
            let fault = (fault.field.as_str(), error.reason(), fault.rule);
            add_violations(&mut details, &[fault], ("change", "ask again"));
        }
        with_details(error.kind(), error.reason(), details)
    }
}

/// The chain goes to the log once, where the error becomes a reply. Errors hold no personal data.
pub(super) fn log(kind: ErrorKind, reason: &str, error: &dyn std::error::Error) {
    let source = causes(error);
    match kind {
        ErrorKind::Internal => tracing::error!(reason, source, "a call failed"),
        ErrorKind::Unavailable | ErrorKind::Exhausted => {
            tracing::warn!(reason, source, "a call could not be served");
        }
        ErrorKind::Invalid
        | ErrorKind::Unauthenticated
        | ErrorKind::Denied
        | ErrorKind::NotFound
        | ErrorKind::AlreadyExists
        | ErrorKind::Precondition
        | ErrorKind::Conflict => tracing::debug!(reason, source, "a call was refused"),
    }
}

/// What caused an error, the nearest first.
fn causes(error: &dyn std::error::Error) -> String {
    let chain = std::iter::successors(error.source(), |cause| cause.source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// Adds every violation – path, reason, what to do – with its words where they fit; else every path with its reason
/// alone, as many as fit, and how many more there are, under the name of what is refused as a `whole`.
fn add_violations(
    details: &mut ErrorDetails,
    violations: &[(&str, &str, &str)],
    (whole, again): (&str, &str),
) {
    let in_words = |(_, reason, what_to_do): &(&str, &str, &str)| format!("{reason}: {what_to_do}");
    let cost = |path: &str, text: &str| {
        path.len().saturating_add(text.len()).saturating_add(FRAMING_BYTES)
    };
    let all = violations.iter().map(|violation| cost(violation.0, &in_words(violation)));
    let fits = all.fold(0, usize::saturating_add) <= VIOLATION_BYTES_MAX;
    let mut left = VIOLATION_BYTES_MAX;
    for (told, violation) in violations.iter().enumerate() {
        let (path, reason, _) = *violation;
        let text = if fits { in_words(violation) } else { reason.to_owned() };
        let Some(rest) = left.checked_sub(cost(path, &text)) else {
            let more = violations.len().saturating_sub(told);
            let text = format!("TOO_MANY: {more} more; correct these and {again}.");
            details.add_bad_request_violation(whole, text);
            return;
        };
        left = rest;
        details.add_bad_request_violation(path, text);
    }
}

fn with_details(kind: ErrorKind, reason: &str, mut details: ErrorDetails) -> Status {
    details.set_error_info(reason, ERROR_DOMAIN, HashMap::new());
    if matches!(kind, ErrorKind::Exhausted | ErrorKind::Unavailable) {
        details.set_retry_info(Some(Duration::from_secs(2)));
    }
    Status::with_error_details(code(kind), text(kind), details)
}

const fn code(kind: ErrorKind) -> Code {
    match kind {
        ErrorKind::Invalid => Code::InvalidArgument,
        ErrorKind::Unauthenticated => Code::Unauthenticated,
        ErrorKind::Denied => Code::PermissionDenied,
        ErrorKind::NotFound => Code::NotFound,
        ErrorKind::AlreadyExists => Code::AlreadyExists,
        ErrorKind::Precondition => Code::FailedPrecondition,
        ErrorKind::Conflict => Code::Aborted,
        ErrorKind::Exhausted => Code::ResourceExhausted,
        ErrorKind::Unavailable => Code::Unavailable,
        ErrorKind::Internal => Code::Internal,
    }
}

const fn text(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Invalid => "the request is not acceptable as sent; see the field violations",
        ErrorKind::Unauthenticated => "the certificate is not that of a known caller",
        ErrorKind::Denied => "your role may not do this",
        ErrorKind::NotFound => "there is no such object",
        ErrorKind::AlreadyExists => "the idempotency key was used for something else",
        ErrorKind::Precondition => "this is not possible in the present state",
        ErrorKind::Conflict => "somebody else was faster; do the whole operation again",
        ErrorKind::Exhausted => "a limit is reached; try again later",
        ErrorKind::Unavailable => {
            "the hub cannot do this now; try again, and phone if it is urgent"
        }
        ErrorKind::Internal => "the hub failed; someone has been told",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::submission::{Need, Violation};

    /// What every client takes: 8 KiB of trailers.
    const TRAILER_BYTES: usize = 8 * 1024;

    fn refusal_of(count: usize) -> Status {
        let violation = |index| Violation {
            path: format!("alert.domestic_violence.child_impacts[{index}].not_assessed.assess_by"),
            reason: "MALFORMED",
            need: Need::Format,
            what_to_do: "Give a date as YYYY-MM-DD, not later than two working days from now.",
        };
        let violations = (0..count).map(violation).collect();
        of_submit(&SubmitError::Rejected { violations, phone: None })
    }

    fn told(status: &Status) -> Vec<(String, String)> {
        let details = status.get_error_details();
        let violations = details.bad_request().unwrap().field_violations.clone();
        violations.into_iter().map(|told| (told.field, told.description)).collect()
    }

    #[test]
    fn a_few_violations_are_told_in_words_and_many_by_their_reason() {
        let few = told(&refusal_of(3));
        assert_eq!(few.len(), 3);
        assert!(few.iter().all(|(_, text)| text.starts_with("MALFORMED: Give a date")));

        let many = told(&refusal_of(50));
        assert_eq!(many.len(), 50);
        assert!(many.iter().all(|(_, text)| text == "MALFORMED"));
    }

    #[test]
    fn a_refusal_with_all_violations_there_can_be_fits_what_clients_take() {
        for count in [1, 31, 32, 57, 58, 100] {
            let status = refusal_of(count);

            let trailers = status.details().len().div_ceil(3).saturating_mul(4);
            assert!(trailers.saturating_add(512) <= TRAILER_BYTES, "{count}: {trailers}");
        }
        let told = told(&refusal_of(100));
        let (path, text) = told.last().unwrap();
        let more = 101_usize.saturating_sub(told.len());
        assert_eq!(path, "alert");
        assert!(text.starts_with(&format!("TOO_MANY: {more} more")), "{text}");
    }
}
