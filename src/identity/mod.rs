//! Who the persons of alerts are, as people decide it: the stewards' queue, links by hand, the protected-subject
//! register (domain 4.5, 3.4).
//!
//! Owns what a steward sees and says of the claims that the hub made when an alert came (see [`crate::broker`]), and
//! who is in the register. A steward sees who somebody is and never what happened to them. Decides nothing itself (see
//! [`crate::policy::matching`]), and changes no alert but by its claims and flags, and by its
//! episode where a human says that what was linked as one event was two (domain 5.9): nothing is merged or taken back
//! here. Where a claim or an event changes, the repeats that rested on it are counted again, and whoever was told of one
//! hears what became of it.

mod decide;
mod list;
mod queue;
mod recounted;
mod split;

use std::sync::Arc;

pub use decide::{Asked, Between, Mention, Registered};
pub use queue::{Claim, PAGE_MAX, Page, Person, Task};

pub use crate::policy::matching::{Entry, Hand};

use crate::audit::Audit;
use crate::crypto::{SealError, Sealer};
use crate::domain::{AlertRecord, ErrorKind, Principal};
use crate::env::Env;
use crate::policy::Clocks;
use crate::policy::access::{Denied, Permit};
use crate::policy::matching::Refused;
use crate::repeats::RepeatsError;
use crate::store::{CommitError, Store, StoreError};
use crate::wake::Wake;

/// How many times a use case loads and decides again after a conflict.
const ATTEMPTS_MAX: u32 = 16;

/// What the service is built from.
pub struct Parts {
    /// Where everything is kept.
    pub store: Arc<dyn Store>,
    /// Time and randomness.
    pub env: Env,
    /// Opens who is mentioned.
    pub sealer: Arc<Sealer>,
    /// Records refusals.
    pub audit: Arc<Audit>,
    /// Wakes whoever waits for a task.
    pub wake: Arc<dyn Wake>,
    /// Thresholds and deadlines.
    pub clocks: Clocks,
}

/// Claims, and the register.
pub struct Identity {
    parts: Parts,
}

impl Identity {
    /// Puts the service together.
    #[must_use]
    pub const fn new(parts: Parts) -> Self {
        Self { parts }
    }

    /// Leave, or a recorded refusal.
    async fn permitted(
        &self,
        principal: &Principal,
        asked: Result<Permit, Denied>,
    ) -> Result<Permit, IdentityError> {
        match asked {
            Ok(permit) => Ok(permit),
            Err(denied) => {
                self.parts.audit.refuse(principal, denied.reason()).await?;
                Err(denied.into())
            }
        }
    }

    /// What came of a call; what is not there, and what may not be, is a recorded refusal.
    async fn told<T>(
        &self,
        principal: &Principal,
        done: Result<T, IdentityError>,
    ) -> Result<T, IdentityError> {
        if let Err(error @ (IdentityError::NotFound | IdentityError::Refused(_))) = &done {
            self.parts.audit.refuse(principal, error.reason()).await?;
        }
        done
    }
}

/// The reference by which entries know a person of an alert; none of who is no subject.
fn reference(record: &AlertRecord, mention: u32) -> Option<crate::domain::SubjectRef> {
    record.subjects.get(usize::try_from(mention).ok()?).copied()
}

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The caller may not.
    #[error("not permitted")]
    Denied(#[from] Denied),
    /// There is no such alert or person for this caller.
    #[error("no such alert or person")]
    NotFound,
    /// A rule of identity forbids it.
    #[error("refused: {0}")]
    Refused(Refused),
    /// Others kept changing the same alerts.
    #[error("others keep changing these alerts")]
    Busy,
    /// Who is mentioned does not open; gone with the alert, or damaged.
    #[error("who is mentioned cannot be opened")]
    Seal(#[from] SealError),
    /// The store could not.
    #[error("the store could not")]
    Store(#[from] StoreError),
    /// The commit could not be made.
    #[error("the commit could not be made")]
    Commit(#[from] CommitError),
}

impl From<RepeatsError> for IdentityError {
    fn from(error: RepeatsError) -> Self {
        match error {
            RepeatsError::Seal(source) => Self::Seal(source),
            RepeatsError::Store(source) => Self::Store(source),
        }
    }
}

impl From<Refused> for IdentityError {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl IdentityError {
    /// What kind of failure the caller sees.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Denied(denied) => denied.kind(),
            Self::NotFound => ErrorKind::NotFound,
            Self::Refused(_) | Self::Seal(SealError::Shredded) => ErrorKind::Precondition,
            Self::Busy => ErrorKind::Conflict,
            Self::Seal(SealError::Unopened | SealError::Key(_)) | Self::Commit(_) => {
                ErrorKind::Internal
            }
            Self::Store(source) => source.kind(),
        }
    }

    /// The stable reason code.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Denied(denied) => denied.reason(),
            Self::NotFound => "NOT_FOUND",
            Self::Refused(refused) => refused.as_str(),
            Self::Busy => "BUSY",
            Self::Seal(source) => source.reason(),
            Self::Store(source) => source.reason(),
            Self::Commit(_) => "COMMIT_REFUSED",
        }
    }
}
