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
use crate::domain::submission::Violation;
use crate::mailbox::MailboxError;

/// The domain of `google.rpc.ErrorInfo` reasons.
pub const ERROR_DOMAIN: &str = "staysafe";

/// What a caller hears for a failure of `kind` with the stable `reason`.
#[must_use]
pub fn of(kind: ErrorKind, reason: &str) -> Status {
    with_details(kind, reason, ErrorDetails::new())
}

/// A refused submission: every violation at once, and whom to phone where it is urgent.
#[must_use]
pub fn of_submit(error: &SubmitError) -> Status {
    let mut details = ErrorDetails::new();
    let phone = match error {
        SubmitError::Rejected { violations, phone } => {
            add_violations(&mut details, violations);
            phone.as_ref()
        }
        SubmitError::NotSent { phone, .. } => phone.as_ref(),
        SubmitError::Denied(_)
        | SubmitError::KeyReused
        | SubmitError::NothingToComplete
        | SubmitError::NotFound
        | SubmitError::Busy
        | SubmitError::Store(_)
        | SubmitError::Commit(_)
        | SubmitError::Seal(_)
        | SubmitError::Receipt(_) => None,
    };
    if let Some(phone) = phone {
        let text = format!("Not sent: phone {phone}. In danger call 999.");
        details.set_localized_message("en-GB", text);
    }
    with_details(error.kind(), error.reason(), details)
}

/// A unary call took longer than it may.
#[must_use]
pub fn timed_out() -> Status {
    of(ErrorKind::Unavailable, "CALL_TIMED_OUT")
}

/// Violations found before a service was asked.
#[must_use]
pub fn of_violations(violations: &[Violation]) -> Status {
    let mut details = ErrorDetails::new();
    add_violations(&mut details, violations);
    with_details(ErrorKind::Invalid, "ALERT_REJECTED", details)
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
            let what_to_do = "say in at least 20 characters how the agency was reached";
            details.add_bad_request_violation("note", format!("{}: {what_to_do}", error.reason()));
        }
        with_details(error.kind(), error.reason(), details)
    }
}

impl From<DirectoryError> for Status {
    fn from(error: DirectoryError) -> Self {
        log(error.kind(), error.reason(), &error);
        of(error.kind(), error.reason())
    }
}

/// The chain goes to the log once, where the error becomes a reply. Errors hold no personal data.
pub(super) fn log(kind: ErrorKind, reason: &str, error: &dyn std::error::Error) {
    let source = error.source().map(ToString::to_string).unwrap_or_default();
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

fn add_violations(details: &mut ErrorDetails, violations: &[Violation]) {
    for violation in violations {
        let text = format!("{}: {}", violation.reason, violation.what_to_do);
        details.add_bad_request_violation(&violation.path, text);
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
