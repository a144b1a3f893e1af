//! Why a command failed: in words for people, with a stable reason for scripts, and the exit code.
//!
//! 0 done, 1 refused or failed, 2 wrongly called, 3 done though the hub's audit log raised an alarm: a script that takes
//! 1 for "not sent" must not send again because of it.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};
use tonic::Code;

use super::certs::CertsError;
use super::output::{clean, loud};
use crate::sdk::{ClientError, FieldViolation, WitnessError};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// Called in a way that cannot work.
    #[error("{0}")]
    Usage(String),
    /// The hub refused, or could not be reached.
    #[error("the hub did not do it")]
    Client(ClientError),
    /// An alert that was urgent, or may have been, is not known to be stored.
    #[error("the alert is not known to be stored")]
    NotSent(ClientError),
    /// A file could not be used.
    #[error("could not {doing} {}", path.display())]
    File {
        /// What was being done.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The operating system refused.
    #[error("could not {doing}")]
    System {
        /// What was being done.
        doing: &'static str,
        /// What it said.
        #[source]
        source: io::Error,
    },
    /// Something given is not in the form it must have.
    #[error("{what}: {why}")]
    Malformed {
        /// What was given.
        what: String,
        /// What is wrong with it.
        why: String,
    },
    /// The log was to be verified and is in doubt, or could not be checked.
    #[error("{}", finding(.0))]
    Witness(#[source] Arc<WitnessError>),
    /// The command did its work; that the log is in doubt was told when it connected.
    #[error("this was done, but there is an ALARM above: the hub's audit log is in doubt")]
    Alarmed,
    /// A signature, proof or log does not hold.
    #[error("ALARM: {0}")]
    Proof(String),
    /// An urgent alert was answered with a receipt that does not hold: nobody knows whether it is stored.
    #[error("ALARM: {why}")]
    NotReceipted {
        /// What is wrong with the receipt.
        why: String,
        /// Whom to phone, as far as the answer names somebody.
        contacts: Vec<String>,
    },
    /// The hub or its store could not do it.
    #[error("{what}")]
    Failed {
        /// What failed.
        what: String,
        /// Why.
        #[source]
        source: Option<Box<dyn Error + Send + Sync>>,
    },
    /// The demonstration broke off, or did not come out as it is written; with `--json` its summary has said so.
    #[error("the story did not come out as it is written")]
    Story(#[source] Option<Box<Self>>),
    /// A `certs` command failed.
    #[error("the certificates could not be made")]
    Certs(#[from] CertsError),
    /// The answer could not be printed.
    #[error("the answer could not be printed")]
    Print(#[source] io::Error),
}

impl From<ClientError> for CliError {
    fn from(error: ClientError) -> Self {
        Self::Client(error)
    }
}

/// What a witness found, in words that do not accuse a hub of what it has not done.
fn finding(found: &WitnessError) -> &'static str {
    match found.is_alarm() {
        true => "ALARM: the hub's audit log is not consistent with what this client saw before",
        false => "the hub's audit log was not checked",
    }
}

impl CliError {
    /// A file that could not be used.
    pub(crate) fn file(doing: &'static str, path: &Path, source: io::Error) -> Self {
        Self::File { doing, path: path.to_owned(), source }
    }

    /// A refusal by the operating system.
    pub(crate) const fn system(doing: &'static str, source: io::Error) -> Self {
        Self::System { doing, source }
    }

    /// Something that failed without a cause of its own to show.
    pub(crate) fn failed(what: impl Into<String>) -> Self {
        Self::Failed { what: what.into(), source: None }
    }

    /// Something that failed, and why.
    pub(crate) fn because(
        what: impl Into<String>,
        source: impl Error + Send + Sync + 'static,
    ) -> Self {
        Self::Failed { what: what.into(), source: Some(Box::new(source)) }
    }

    /// 2 for a wrong call, 3 for what was done under an alarm, 0 when nobody reads any more, 1 for all else.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Alarmed => 3,
            Self::Print(source) if source.kind() == io::ErrorKind::BrokenPipe => 0,
            Self::Client(_)
            | Self::Witness(_)
            | Self::NotSent(_)
            | Self::File { .. }
            | Self::System { .. }
            | Self::Malformed { .. }
            | Self::Proof(_)
            | Self::NotReceipted { .. }
            | Self::Failed { .. }
            | Self::Story(_)
            | Self::Certs(_)
            | Self::Print(_) => 1,
        }
    }

    /// The stable reason.
    pub(crate) fn reason(&self) -> &str {
        match self {
            Self::Usage(_) => "USAGE",
            Self::Client(error) | Self::NotSent(error) => match error.reason() {
                "" => "REFUSED",
                reason => reason,
            },
            Self::Witness(found) => found.reason(),
            Self::Alarmed => "AUDIT_LOG_INCONSISTENT",
            Self::File { .. } => "FILE",
            Self::System { .. } => "SYSTEM",
            Self::Malformed { .. } => "MALFORMED",
            Self::Proof(_) | Self::NotReceipted { .. } => "PROOF_DOES_NOT_HOLD",
            Self::Failed { .. } => "FAILED",
            Self::Story(_) => "STORY",
            Self::Certs(_) => "CERTS",
            Self::Print(_) => "PRINT",
        }
    }

    /// For people: what failed, why, every field that is wrong, and what to do where life may hang on it.
    pub(crate) fn to_text(&self) -> String {
        let mut lines = match self {
            Self::Client(error) => client_text(error),
            Self::NotSent(error) => format!("{}\n{}", loud(&phone(error)), client_text(error)),
            Self::NotReceipted { contacts, .. } => {
                format!("{}\nerror: {self}", loud(&phone_one_of(contacts)))
            }
            Self::Witness(found) if found.is_alarm() => loud(&format!("{self}{}", causes(self))),
            Self::Alarmed => self.to_string(),
            Self::Usage(_)
            | Self::Witness(_)
            | Self::File { .. }
            | Self::System { .. }
            | Self::Malformed { .. }
            | Self::Proof(_)
            | Self::Failed { .. }
            | Self::Story(_)
            | Self::Certs(_)
            | Self::Print(_) => format!("error: {self}{}", causes(self)),
        };
        if matches!(self, Self::Usage(_)) {
            lines.push_str("\nsee `staysafe help`");
        }
        clean(&lines)
    }

    /// For scripts: the same as one object.
    pub(crate) fn to_json(&self) -> Value {
        let (message, violations) = match self {
            Self::Client(error) | Self::NotSent(error) => (words(error), violations(error)),
            Self::Usage(_)
            | Self::Witness(_)
            | Self::Alarmed
            | Self::File { .. }
            | Self::System { .. }
            | Self::Malformed { .. }
            | Self::Proof(_)
            | Self::NotReceipted { .. }
            | Self::Failed { .. }
            | Self::Story(_)
            | Self::Certs(_)
            | Self::Print(_) => (format!("{self}{}", causes(self)), &[][..]),
        };
        let violations: Vec<Value> = violations
            .iter()
            .map(|at| json!({ "field": at.field, "description": at.description }))
            .collect();
        let mut error = json!({
            "reason": self.reason(),
            "message": message,
            "violations": violations,
        });
        let phone = if let Self::NotSent(source) = self {
            Some(phone(source))
        } else if let Self::NotReceipted { contacts, .. } = self {
            Some(phone_one_of(contacts))
        } else {
            None
        };
        if let (Some(phone), Some(object)) = (phone, error.as_object_mut()) {
            object.insert("phone".to_owned(), json!(phone));
        }
        json!({ "error": error })
    }

    /// Whether a script has had it all as an object already.
    pub(crate) const fn is_told_in_json(&self) -> bool {
        matches!(self, Self::Alarmed | Self::Story(_))
    }

    /// For scripts, where the command goes on.
    pub(crate) fn to_alarm(&self) -> Value {
        let message = format!("{self}{}", causes(self));
        json!({ "alarm": { "reason": self.reason(), "message": message } })
    }
}

fn client_text(error: &ClientError) -> String {
    let mut lines = format!("error: {}", words(error));
    if let ClientError::Refused { reason, .. } = error
        && !reason.is_empty()
    {
        lines.push_str(&format!(" ({reason})"));
    }
    for violation in violations(error) {
        lines.push_str(&format!("\n  {}\n      {}", violation.field, violation.description));
    }
    if matches!(error, ClientError::Certificate(_)) {
        lines.push_str(&causes(error));
    }
    lines
}

/// The words without code and violations, which stand apart.
fn words(error: &ClientError) -> String {
    match error {
        ClientError::Refused { message, .. } => message.clone(),
        ClientError::Endpoint
        | ClientError::Certificate(_)
        | ClientError::Connection { .. }
        | ClientError::StreamEnded => error.to_string(),
    }
}

fn violations(error: &ClientError) -> &[FieldViolation] {
    match error {
        ClientError::Refused { violations, .. } => violations,
        ClientError::Endpoint
        | ClientError::Certificate(_)
        | ClientError::Connection { .. }
        | ClientError::StreamEnded => &[],
    }
}

const NOT_SENT: &str = "NOT SENT";
const NOT_KNOWN: &str = "NOT KNOWN TO BE STORED";

/// The hub's own words where it gave a number, else what is known without them.
fn phone(error: &ClientError) -> String {
    if let Some((head, said)) = advice(error) {
        return format!("{head}\n{said}");
    }
    if may_be_stored(error) {
        return format!(
            "{NOT_KNOWN}\nThe hub may have this alert or not. Phone the recipient's duty desk now. \
             In danger call 999."
        );
    }
    format!(
        "{NOT_SENT}\nThe hub does not have this alert. Phone the recipient's duty desk now. \
         In danger call 999."
    )
}

/// Where the hub answered and its receipt does not hold. Its numbers may be no better than its receipt.
fn phone_one_of(contacts: &[String]) -> String {
    let said = match contacts {
        [] => String::new(),
        named => format!(" (the hub says: {})", named.join("; ")),
    };
    format!(
        "{NOT_KNOWN}\nThe hub's receipt does not hold. Phone the recipient's duty desk now{said}. In \
         danger call 999."
    )
}

/// Whom the hub says to phone, and what it says of the alert.
pub(crate) fn advice(error: &ClientError) -> Option<(&'static str, String)> {
    let said = words(error);
    let from = |start: &str| said.find(start).and_then(|at| said.get(at..)).map(str::to_owned);
    let not_sent = from("Not sent: phone").map(|said| (NOT_SENT, said));
    not_sent.or_else(|| from("Not known to be stored: phone").map(|said| (NOT_KNOWN, said)))
}

/// Whether the call may have done what it was for although no answer says so: the line broke, or the hub failed.
fn may_be_stored(error: &ClientError) -> bool {
    match error {
        ClientError::Refused { reason, .. } if reason == "TLS_REFUSED" => false,
        ClientError::Refused { code, .. } => matches!(
            code,
            Code::Unavailable
                | Code::DeadlineExceeded
                | Code::Internal
                | Code::Unknown
                | Code::Cancelled
                | Code::DataLoss
        ),
        ClientError::StreamEnded => true,
        // No call was made.
        ClientError::Endpoint | ClientError::Certificate(_) | ClientError::Connection { .. } => {
            false
        }
    }
}

fn causes(error: &dyn Error) -> String {
    let mut lines = String::new();
    let mut next = error.source();
    while let Some(cause) = next {
        lines.push_str(&format!("\n  because: {cause}"));
        next = cause.source();
    }
    lines
}
