//! Accepting an alert: load, decide, seal, commit, promise.
//!
//! Owns what a sender may do with its own agency's alerts: submit, complete, correct, recall, see their status,
//! disagree with what was decided on them. Does not
//! hand out copies (see [`crate::mailbox`]) and decides nothing itself (see [`crate::policy`]).
//!
//! A reply is sent only after the commit is durable. The same key again gives the same reply; another body
//! under the same key is refused and recorded. When the store cannot write, nothing is stored and the sender of
//! an urgent alert is told to phone.

mod consent;
mod correct;
mod deny;
mod disagree;
mod duplicate;
mod episode;
mod identify;
mod recall;
mod reply;
mod status;
mod submit;

use std::sync::Arc;

pub use crate::policy::recall::Recipients;
pub use consent::{ChangeConsent, ConsentDone, Reread};
pub use correct::Correction;
pub use disagree::Disagree;
pub use recall::{Recall, RecallDone};
pub use reply::Accepted;
pub use status::{PAGE_MAX, Seen, Status};

use crate::audit::{Audit, AuditError};
use crate::crypto::{SealError, Sealer};
use crate::domain::submission::Violation;
use crate::domain::{AgencyCode, AlertId, ErrorKind, IdempotencyKey};
use crate::env::Env;
use crate::policy::Clocks;
use crate::policy::access::Denied;
use crate::repeats::{Counting, RepeatsError};
use crate::store::{CommitError, Store, StoreError};
use crate::wake::Wake;

/// How many times a use case loads and decides again after a conflict.
const ATTEMPTS_MAX: u32 = 16;

/// For how long a sender's key is remembered (domain 3.2).
const KEY_DAYS: i64 = 30;

/// What the broker is built from.
pub struct Parts {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// Time and randomness.
    pub env: Env,
    /// Seals bodies.
    pub sealer: Arc<Sealer>,
    /// Says when a mailbox has news.
    pub wake: Arc<dyn Wake>,
    /// Records refusals, makes receipts.
    pub audit: Arc<Audit>,
    /// The local clocks of this deployment.
    pub clocks: Clocks,
    /// Who can be reached.
    pub reach: Arc<dyn Reach>,
}

/// Whom the hub knows to be out of reach.
pub trait Reach: Send + Sync {
    /// Whether nobody of the agency can fetch anything: every certificate known of it is revoked. An agency that has a
    /// good one and does not call is none.
    fn is_cut_off(&self, agency: &AgencyCode) -> bool;
}

/// Accepts alerts.
pub struct Broker {
    parts: Parts,
    prospects: identify::Prospects,
}

impl Broker {
    /// Puts the broker together.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self { parts, prospects: identify::Prospects::default() }
    }

    /// Counts again what later alerts have counted.
    fn counting(&self) -> Counting<'_> {
        let Parts { store, sealer, env, clocks, .. } = &self.parts;
        Counting { store: store.as_ref(), sealer, env, clocks }
    }
}

/// What a sender is told to do by phone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Advice<'a> {
    /// The alert was not sent.
    NotSent {
        /// Whom to phone.
        phone: &'a str,
    },
    /// Nobody knows whether the alert was sent.
    NotKnown {
        /// Whom to phone.
        phone: &'a str,
    },
}

impl std::fmt::Display for Advice<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotSent { phone } => write!(f, "Not sent: phone {phone}. In danger call 999."),
            Self::NotKnown { phone } => {
                write!(f, "Not known to be stored: phone {phone}. In danger call 999.")
            }
        }
    }
}

/// One submission as the edge parsed it.
#[derive(Clone, Debug)]
pub struct Received {
    /// What a decision reads.
    pub submission: crate::domain::submission::Submission,
    /// The sender's key.
    pub key: IdempotencyKey,
    /// The encoded alert, as received.
    pub alert: prost::bytes::Bytes,
    /// The alert that this one says it completes; none where the name cannot be read.
    pub completes: Option<AlertId>,
    /// The alert that this one corrects, and what was wrong with it.
    pub corrects: Option<Correction>,
}

/// Why an alert was not taken. Nothing of it is stored, and nobody but its sender learns of it.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// The caller may not send this.
    #[error("not permitted")]
    Denied(#[from] Denied),
    /// The alert is not acceptable as sent; every reason at once.
    #[error("the alert is not acceptable as sent")]
    Rejected {
        /// What is wrong with it.
        violations: Vec<Violation>,
        /// The duty phone to call instead, where the alert is urgent.
        phone: Option<String>,
    },
    /// The key was used for another alert.
    #[error("the idempotency key was used for another alert")]
    KeyReused {
        /// The duty phone to call instead, where the alert is urgent.
        phone: Option<String>,
    },
    /// There is no such alert for this caller.
    #[error("no such alert")]
    NotFound,
    /// The alert was recalled, or another took its place.
    #[error("this is not possible with the alert as it stands")]
    NotPossible {
        /// The stable reason code.
        reason: &'static str,
    },
    /// Others kept changing the same episode.
    #[error("others keep changing this episode")]
    Busy,
    /// The hub could not take it; an urgent sender is told to phone.
    #[error("not sent")]
    NotSent {
        /// The duty phone to call instead, where the alert is urgent.
        phone: Option<String>,
        /// Why.
        #[source]
        source: Box<Self>,
    },
    /// It took too long: the alert may be stored or not. The same key asks; an urgent sender is told to phone.
    #[error("not known to be stored")]
    OutcomeUnknown {
        /// The duty phone to call, where the alert is urgent.
        phone: Option<String>,
    },
    /// The store could not.
    #[error("the store could not")]
    Store(#[from] StoreError),
    /// The commit could not be made.
    #[error("the commit could not be made")]
    Commit(#[from] CommitError),
    /// No data key was to be had, or sealing failed.
    #[error("the alert could not be sealed")]
    Seal(#[from] SealError),
    /// From whom the episode is kept does not open: to whom the alert may go cannot be decided.
    #[error("from whom the episode is kept cannot be opened")]
    Conflicts(#[source] SealError),
    /// The key of an alert that is stored cannot be had; the same key asks for it again.
    #[error("the key of a stored alert cannot be had")]
    StoredKey(#[source] SealError),
    /// The receipt could not be made; the alert is stored, and the same key asks for it again.
    #[error("the receipt could not be made")]
    Receipt(#[from] AuditError),
}

impl From<RepeatsError> for SubmitError {
    fn from(error: RepeatsError) -> Self {
        match error {
            RepeatsError::Seal(source) => Self::Seal(source),
            RepeatsError::Store(source) => Self::Store(source),
        }
    }
}

impl SubmitError {
    /// Whom to phone, where an urgent alert was not sent or nobody knows.
    #[must_use]
    pub fn advice(&self) -> Option<Advice<'_>> {
        match self {
            Self::Rejected { phone, .. }
            | Self::KeyReused { phone }
            | Self::NotSent { phone, .. } => {
                phone.as_deref().map(|phone| Advice::NotSent { phone })
            }
            Self::OutcomeUnknown { phone } => {
                phone.as_deref().map(|phone| Advice::NotKnown { phone })
            }
            Self::Denied(_)
            | Self::NotFound
            | Self::NotPossible { .. }
            | Self::Busy
            | Self::Store(_)
            | Self::Commit(_)
            | Self::Seal(_)
            | Self::Conflicts(_)
            | Self::StoredKey(_)
            | Self::Receipt(_) => None,
        }
    }

    /// What kind of failure the caller sees.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Denied(denied) => denied.kind(),
            Self::Rejected { .. } => ErrorKind::Invalid,
            Self::KeyReused { .. } => ErrorKind::AlreadyExists,
            Self::NotFound => ErrorKind::NotFound,
            Self::NotPossible { .. } => ErrorKind::Precondition,
            Self::Busy => ErrorKind::Conflict,
            Self::NotSent { source, .. } => source.kind(),
            Self::Store(source) => source.kind(),
            Self::Commit(_) => ErrorKind::Internal,
            Self::OutcomeUnknown { .. }
            | Self::StoredKey(_)
            | Self::Conflicts(_)
            | Self::Seal(_) => ErrorKind::Unavailable,
            Self::Receipt(source) => source.kind(),
        }
    }

    /// The stable reason code.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Denied(denied) => denied.reason(),
            Self::Rejected { .. } => "ALERT_REJECTED",
            Self::KeyReused { .. } => "IDEMPOTENCY_KEY_REUSED",
            Self::NotFound => "NOT_FOUND",
            Self::NotPossible { reason } => reason,
            Self::Busy => "BUSY",
            Self::NotSent { .. } => "NOT_SENT",
            Self::OutcomeUnknown { .. } => "CALL_TIMED_OUT",
            Self::StoredKey(source) | Self::Conflicts(source) => source.reason(),
            Self::Store(source) => source.reason(),
            Self::Commit(_) => "COMMIT_REFUSED",
            Self::Seal(_) => "SEALING_FAILED",
            Self::Receipt(source) => source.reason(),
        }
    }
}
