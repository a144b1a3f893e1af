//! What can go wrong for a client, in words.

use std::error::Error;
use std::fmt;

use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::tls::{self, ConnectorError};

/// One field the hub found missing or unusable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FieldViolation {
    /// The field's path.
    pub field: String,
    /// `REASON: what to do`.
    pub description: String,
}

/// Why a call failed.
#[derive(Debug)]
pub enum ClientError {
    /// The endpoint is not an `https://host:port` address.
    Endpoint,
    /// The certificate files could not be used.
    Certificate(ConnectorError),
    /// No connection, or a refused one.
    Connection {
        /// In plain words, with what to do.
        words: &'static str,
        /// The transport's error.
        source: tonic::transport::Error,
    },
    /// The hub refused the call.
    Refused {
        /// The gRPC code.
        code: Code,
        /// The stable reason code; empty where the hub gave none.
        reason: String,
        /// The hub's words.
        message: String,
        /// Every field it names.
        violations: Vec<FieldViolation>,
    },
    /// The hub ended the stream.
    StreamEnded,
}

impl ClientError {
    /// Whether the same call may succeed if made again: the hub was not there.
    #[must_use]
    pub const fn is_worth_retrying(&self) -> bool {
        matches!(
            self,
            Self::Connection { .. } | Self::Refused { code: Code::Unavailable | Code::Aborted, .. }
        )
    }

    /// The stable reason code, or a word for what is not the hub's answer.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::Endpoint => "ENDPOINT_MALFORMED",
            Self::Certificate(_) => "CERTIFICATE_FILES",
            Self::Connection { .. } => "NO_CONNECTION",
            Self::Refused { reason, .. } => reason,
            Self::StreamEnded => "STREAM_ENDED",
        }
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Endpoint => f.write_str("the endpoint must be https://HOST:PORT"),
            Self::Certificate(_) => f.write_str("the certificate files could not be used"),
            Self::Connection { words, .. } => f.write_str(words),
            Self::Refused { code, reason, message, violations } => {
                write!(f, "{message} ({code:?} {reason})")?;
                for violation in violations {
                    write!(f, "\n  {}: {}", violation.field, violation.description)?;
                }
                Ok(())
            }
            Self::StreamEnded => f.write_str("the hub ended the stream"),
        }
    }
}

impl Error for ClientError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Certificate(source) => Some(source),
            Self::Connection { source, .. } => Some(source),
            Self::Endpoint | Self::Refused { .. } | Self::StreamEnded => None,
        }
    }
}

impl From<ConnectorError> for ClientError {
    fn from(source: ConnectorError) -> Self {
        Self::Certificate(source)
    }
}

impl From<tonic::transport::Error> for ClientError {
    fn from(source: tonic::transport::Error) -> Self {
        let words = tls::explain(&source)
            .unwrap_or("the hub could not be reached; check the address and that it is running");
        Self::Connection { words, source }
    }
}

impl From<Status> for ClientError {
    fn from(status: Status) -> Self {
        // TLS 1.3: a client learns at its first read that its certificate was refused; that is no answer of
        // the hub's services, and is told in the words of the TLS layer.
        if let Some(words) = tls::explain(&status) {
            return Self::Refused {
                code: status.code(),
                reason: "TLS_REFUSED".to_owned(),
                message: words.to_owned(),
                violations: Vec::new(),
            };
        }
        // Only this side gives a status a cause: the connection broke under the call, or closed (CANCELLED) while the
        // call waited for its turn. Whether the hub did it is unknown, and a key makes asking again safe.
        let broke = matches!(status.code(), Code::Unknown | Code::Cancelled);
        if broke && status.source().is_some() {
            return Self::Refused {
                code: Code::Unavailable,
                reason: "NO_CONNECTION".to_owned(),
                message: "the connection broke before the hub answered".to_owned(),
                violations: Vec::new(),
            };
        }
        let details = status.get_error_details();
        let violations = details
            .bad_request()
            .map(|bad| bad.field_violations.as_slice())
            .unwrap_or_default()
            .iter()
            .map(|violation| FieldViolation {
                field: violation.field.clone(),
                description: violation.description.clone(),
            })
            .collect();
        let message = match details.localized_message() {
            Some(localized) => format!("{}. {}", status.message(), localized.message),
            None => status.message().to_owned(),
        };
        Self::Refused {
            code: status.code(),
            reason: details.error_info().map(|info| info.reason.clone()).unwrap_or_default(),
            message,
            violations,
        }
    }
}
