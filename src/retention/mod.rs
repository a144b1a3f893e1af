//! What must go goes: look-out copies an hour after the child is found.
//!
//! Owns the driver; what is due is decided by [`crate::policy::retention`]. A purged copy is never handed out
//! again: a partner that reads its mailbox anew gets a tombstone. Repeating a run does nothing twice. What is due and
//! not to be purged, or cannot be, never stands before what can.

use std::collections::HashSet;
use std::sync::Arc;

use crate::domain::principal::Driver as HubDriver;
use crate::domain::{AlertId, Principal, Timestamp};
use crate::env::Env;
use crate::policy::access::{self, Action, Denied};
use crate::policy::retention;
use crate::store::{Commit, CommitError, Expect, Store, StoreError, Write};

/// Alerts asked for at once, beside those that were looked at.
const BATCH_MAX: usize = 256;

/// Alerts looked at in one run.
const LOOKED_AT_MAX: usize = 16_384;

/// Purges what is due.
pub struct Driver {
    store: Arc<dyn Store>,
    env: Env,
}

/// Why a run stopped.
#[derive(Debug, thiserror::Error)]
pub enum RetentionError {
    /// The store could not.
    #[error("the store could not")]
    Store(#[from] StoreError),
    /// The commit could not be made.
    #[error("the commit could not be made")]
    Commit(#[from] CommitError),
    /// Policy gave the driver no permit.
    #[error("the driver has no permit")]
    Denied(#[from] Denied),
}

impl RetentionError {
    /// The stable reason code.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Store(source) => source.reason(),
            Self::Commit(_) => "COMMIT_REFUSED",
            Self::Denied(denied) => denied.reason(),
        }
    }

    /// Whether the next alert would fare no better.
    const fn concerns_every_alert(&self) -> bool {
        match self {
            Self::Store(error) => error.concerns_every_commit(),
            Self::Denied(_) => true,
            Self::Commit(_) => false,
        }
    }
}

impl Driver {
    /// Puts the driver together.
    #[must_use]
    pub const fn new(store: Arc<dyn Store>, env: Env) -> Self {
        Self { store, env }
    }

    /// Purges everything due now; tells how many alerts it changed. An alert that cannot be done holds up no other.
    /// Takes no input and may be repeated.
    ///
    /// # Errors
    /// The first of what the store could not; what is due stays due.
    pub async fn run_once(&self) -> Result<usize, RetentionError> {
        let now = self.env.now();
        let mut changed: usize = 0;
        let mut failed = None;
        // Most of what is due is the ladder's, and stays due here.
        let mut looked_at = HashSet::new();
        loop {
            let asked = BATCH_MAX.saturating_add(looked_at.len());
            let due = self.store.due(now, asked).await?;
            let is_last = due.len() < asked;
            for alert in due {
                if !looked_at.insert(alert) {
                    continue;
                }
                match self.purge(alert, now).await {
                    Ok(purged) => changed = changed.saturating_add(usize::from(purged)),
                    Err(error) if error.concerns_every_alert() => return Err(error),
                    Err(error) => failed = failed.or(Some(error)),
                }
            }
            if is_last || looked_at.len() >= LOOKED_AT_MAX {
                return failed.map_or(Ok(changed), Err);
            }
        }
    }

    async fn purge(&self, id: AlertId, now: Timestamp) -> Result<bool, RetentionError> {
        let Some(alert) = self.store.alert(id).await? else { return Ok(false) };
        let Some(purge) = retention::purge(&alert, now) else { return Ok(false) };
        let mut record = purge.record;
        record.version = alert.version.saturating_add(1);
        let ids = self.env.ids(now);
        let events = purge
            .events
            .into_iter()
            .map(|mut event| {
                event.id = ids.event();
                event.subjects.clone_from(&alert.subjects);
                event.about(alert.id, alert.episode)
            })
            .collect();
        let driver = Principal::Hub(HubDriver::Retention);
        let permit = access::permit(&driver, Action::Purge, None)?;
        let commit = Commit::new(&permit, now, events, self.env.salt_seed())?
            .writing(vec![Write::Alert(Box::new(record))])?
            .expecting(vec![Expect::AlertVersion { alert: id, version: alert.version }]);
        match self.store.commit(commit).await {
            Ok(_) => Ok(true),
            // Somebody changed the alert meanwhile: the next run looks anew.
            Err(StoreError::Conflict) => Ok(false),
            Err(other) => Err(other.into()),
        }
    }
}
