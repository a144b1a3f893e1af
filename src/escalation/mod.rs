//! Deadlines and the acknowledgement ladder: what happens when nobody answers.
//!
//! Owns the driver that fires what is due. What is due, to whom and with which copy is decided by
//! [`crate::policy::escalation`]. A driver that is run twice, or killed between two steps, escalates once: each
//! step is one commit that rests on the version of the alert it was decided on.

use std::sync::Arc;

use crate::domain::principal::Driver as HubDriver;
use crate::domain::{AlertId, Principal, Timestamp};
use crate::env::Env;
use crate::policy::access::{self, Action, Denied};
use crate::policy::{Clocks, escalation};
use crate::store::{Commit, CommitError, Expect, Store, StoreError, Write};
use crate::wake::Wake;

/// Alerts looked at in one run.
const BATCH_MAX: usize = 256;

/// Fires deadlines.
pub struct Driver {
    store: Arc<dyn Store>,
    env: Env,
    wake: Arc<dyn Wake>,
    clocks: Clocks,
}

/// Why a run stopped.
#[derive(Debug, thiserror::Error)]
pub enum EscalationError {
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

impl Driver {
    /// Puts the driver together.
    #[must_use]
    pub const fn new(store: Arc<dyn Store>, env: Env, wake: Arc<dyn Wake>, clocks: Clocks) -> Self {
        Self { store, env, wake, clocks }
    }

    /// Fires everything due now; tells how many alerts it changed. Takes no input and may be repeated.
    ///
    /// # Errors
    /// When the store cannot; what is due stays due.
    pub async fn run_once(&self) -> Result<usize, EscalationError> {
        let mut changed: usize = 0;
        loop {
            let now = self.env.now();
            let due = self.store.due(now, BATCH_MAX).await?;
            let mut progress = false;
            for alert in due {
                if self.fire(alert, now).await? {
                    progress = true;
                    changed = changed.saturating_add(1);
                }
            }
            if !progress {
                return Ok(changed);
            }
        }
    }

    /// When something is due next.
    ///
    /// # Errors
    /// When the store cannot.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, EscalationError> {
        Ok(self.store.next_due().await?)
    }

    /// Fires what is due for one alert; whether anything was.
    async fn fire(&self, id: AlertId, now: Timestamp) -> Result<bool, EscalationError> {
        let Some(alert) = self.store.alert(id).await? else { return Ok(false) };
        let directory = self.store.directory();
        let steps = escalation::steps(&alert, now, (&directory, &self.clocks));
        if steps.events.is_empty() {
            return Ok(false);
        }
        let mailboxes: Vec<_> = steps
            .record
            .deliveries
            .iter()
            .filter(|delivery| alert.delivery(delivery.number).is_none())
            .map(|delivery| delivery.mailbox.clone())
            .collect();
        let mut record = steps.record;
        record.version = alert.version.saturating_add(1);
        let events = steps
            .events
            .into_iter()
            .map(|mut event| {
                event.id = self.env.ids(self.env.now()).event();
                event
            })
            .collect();
        let permit =
            access::permit(&Principal::Hub(HubDriver::Escalation), Action::Escalate, None)?;
        let commit = Commit::new(&permit, now, events, self.env.salt_seed())?
            .writing(vec![Write::Alert(Box::new(record))])?
            .expecting(vec![Expect::AlertVersion { alert: id, version: alert.version }]);
        match self.store.commit(commit).await {
            Ok(_) => {
                mailboxes.iter().for_each(|mailbox| self.wake.notify(mailbox));
                Ok(true)
            }
            // Somebody answered meanwhile: the next look decides anew.
            Err(StoreError::Conflict) => Ok(true),
            Err(other) => Err(other.into()),
        }
    }
}
