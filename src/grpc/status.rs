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
    if let SubmitError::Rejected { violations, .. } = error {
        add_violations(&mut details, violations);
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
        of(error.kind(), error.reason())
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
