//! Deadlines and the acknowledgement ladder: what happens when nobody answers.
//!
//! Owns the driver that fires what is due. What is due, to whom and with which copy is decided by
//! [`crate::policy::escalation`]. A driver that is run twice, or killed between two steps, escalates once: each
//! step is one commit that rests on the versions of the alerts and of the directory it was decided on.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use crate::crypto::{SealError, Sealer};
use crate::denylist;
use crate::domain::alert::Conflicts;
use crate::domain::directory::Directory;
use crate::domain::principal::Driver as HubDriver;
use crate::domain::{AlertId, AlertRecord, Delivery, MailboxId, Principal, Timestamp};
use crate::env::Env;
use crate::policy::Clocks;
use crate::policy::access::{self, Action, Denied};
use crate::policy::escalation::{self, Beside};
use crate::record::open_conflicts;
use crate::store::{Commit, CommitError, Expect, Store, StoreError, Write, episode_of};
use crate::wake::Wake;

/// Alerts asked for at once, beside those that were looked at and stay due.
const BATCH_MAX: usize = 256;

/// Alerts looked at in one run that stay due: nothing to do for them here, or they cannot be done.
const PASSED_MAX: usize = 16_384;

/// Fires deadlines.
pub struct Driver {
    store: Arc<dyn Store>,
    env: Env,
    sealer: Arc<Sealer>,
    wake: Arc<dyn Wake>,
    clocks: Clocks,
    /// Those that could not be done in the last run: each is told once.
    failing: Mutex<HashSet<AlertId>>,
}

/// What a run did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Fired {
    /// Alerts that changed.
    pub changed: usize,
    /// Alerts for which what is due cannot be done, beyond those of the run before: an alarm.
    pub newly_failing: usize,
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
    /// From whom the alert is kept does not open: whom to call cannot be decided.
    #[error("from whom the alert is kept cannot be opened")]
    Conflicts(#[source] SealError),
    /// Policy gave the driver no permit.
    #[error("the driver has no permit")]
    Denied(#[from] Denied),
}

impl EscalationError {
    /// The stable reason code.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Store(source) => source.reason(),
            Self::Commit(_) => "COMMIT_REFUSED",
            Self::Conflicts(source) => source.reason(),
            Self::Denied(denied) => denied.reason(),
        }
    }

    /// Whether the next alert would fare no better.
    const fn concerns_every_alert(&self) -> bool {
        match self {
            Self::Store(error) => error.concerns_every_commit(),
            Self::Denied(_) => true,
            Self::Commit(_) | Self::Conflicts(_) => false,
        }
    }
}

impl Driver {
    /// Puts the driver together.
    #[must_use]
    pub fn new(
        (store, sealer): (Arc<dyn Store>, Arc<Sealer>),
        env: Env,
        wake: Arc<dyn Wake>,
        clocks: Clocks,
    ) -> Self {
        Self { store, env, sealer, wake, clocks, failing: Mutex::default() }
    }

    /// Fires everything due now. An alert that cannot be done holds up no other. Takes no input and may be
    /// repeated.
    ///
    /// # Errors
    /// When the store takes nothing from anybody; what is due stays due.
    pub async fn run_once(&self) -> Result<Fired, EscalationError> {
        let mut changed: usize = 0;
        // What stays due is passed over, so that it does not stand before what can be done.
        let mut passed = HashSet::new();
        let mut failing = HashSet::new();
        loop {
            let now = self.env.now();
            let asked = BATCH_MAX.saturating_add(passed.len());
            let due = self.store.due(now, asked).await?;
            let mut again = due.len() == asked;
            for alert in due {
                if passed.contains(&alert) {
                    continue;
                }
                match self.fire(alert, now).await {
                    Ok(true) => {
                        again = true;
                        changed = changed.saturating_add(1);
                    }
                    Ok(false) => {
                        passed.insert(alert);
                    }
                    Err(error) if error.concerns_every_alert() => return Err(error),
                    Err(error) => {
                        self.tell(alert, &error);
                        passed.insert(alert);
                        failing.insert(alert);
                    }
                }
            }
            if !again || passed.len() >= PASSED_MAX {
                return Ok(Fired { changed, newly_failing: self.note(failing) });
            }
        }
    }

    /// Logs an alert that cannot be done, once until it can be done again.
    fn tell(&self, alert: AlertId, error: &EscalationError) {
        let known = self.failing.lock().unwrap_or_else(PoisonError::into_inner).contains(&alert);
        if !known {
            let source = std::error::Error::source(error).map(ToString::to_string);
            let source = source.unwrap_or_default();
            tracing::error!(%alert, %error, source, "what is due for an alert cannot be done");
        }
    }

    /// Remembers which fail; how many of them did not before.
    fn note(&self, failing: HashSet<AlertId>) -> usize {
        let mut before = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        let news = failing.difference(&before).count();
        *before = failing;
        news
    }

    /// When something is due next.
    ///
    /// # Errors
    /// When the store cannot.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, EscalationError> {
        Ok(self.store.next_due().await?)
    }

    /// From whom the alert is kept, by its sender or by the list: rotas skip whoever must learn nothing of its persons
    /// (domain 5.7, 2).
    fn kept_from(
        &self,
        alert: &AlertRecord,
        directory: &Directory,
    ) -> Result<Conflicts, SealError> {
        let conflicts = open_conflicts(&self.sealer, alert)?;
        let users = denylist::denied(&self.sealer, (alert, None), directory)?;
        Ok(conflicts.and(&Conflicts { users, ..Conflicts::default() }))
    }

    /// The other alerts of the episode, where what is due asks for them; none whose time is over.
    async fn beside(
        &self,
        alert: &AlertRecord,
        (directory, now): (&Directory, Timestamp),
    ) -> Result<Vec<Beside>, EscalationError> {
        if !escalation::needs_episode(alert, now) {
            return Ok(Vec::new());
        }
        let first = alert.episode.first_alert();
        let Some(first) = self.store.alert(first).await? else { return Ok(Vec::new()) };
        let episode = episode_of(self.store.as_ref(), first, &[]).await?;
        let mut beside = Vec::with_capacity(episode.len());
        for record in episode.into_iter().filter(|other| other.id != alert.id) {
            match self.kept_from(&record, directory) {
                Ok(conflicts) => beside.push(Beside { record, conflicts }),
                Err(SealError::Shredded) => {}
                Err(error) => return Err(EscalationError::Conflicts(error)),
            }
        }
        Ok(beside)
    }

    /// Fires what is due for one alert; whether anything was.
    async fn fire(&self, id: AlertId, now: Timestamp) -> Result<bool, EscalationError> {
        let Some(alert) = self.store.alert(id).await? else { return Ok(false) };
        let directory = self.store.directory();
        let steps = match self.kept_from(&alert, &directory) {
            Ok(conflicts) => {
                let beside = self.beside(&alert, (&directory, now)).await?;
                let one_of = (alert.as_ref(), beside.as_slice());
                escalation::steps_in(one_of, &conflicts, now, (&directory, &self.clocks))
            }
            // Its time is over: nobody can be told of it any more.
            Err(SealError::Shredded) => escalation::over(&alert),
            Err(error) => return Err(EscalationError::Conflicts(error)),
        };
        if steps.events.is_empty() {
            return Ok(false);
        }
        let mut mailboxes: Vec<MailboxId> = Vec::new();
        let mut writes = Vec::with_capacity(steps.others.len().saturating_add(1));
        let mut expects = vec![Expect::DirectoryVersion(directory.version)];
        for mut record in std::iter::once(steps.record).chain(steps.others) {
            let is_new = |delivery: &&Delivery| delivery.queued_at == now;
            let told = record.deliveries.iter().filter(is_new);
            mailboxes.extend(told.map(|delivery| delivery.mailbox.clone()));
            expects.push(Expect::AlertVersion { alert: record.id, version: record.version });
            record.version = record.version.saturating_add(1);
            writes.push(Write::Alert(Box::new(record)));
        }
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
            .writing(writes)?
            .expecting(expects);
        match self.store.commit(commit).await {
            Ok(_) => {
                mailboxes.iter().for_each(|mailbox| self.wake.notify(mailbox));
                Ok(true)
            }
            // Somebody answered, or the directory changed: the next look decides anew.
            Err(StoreError::Conflict) => Ok(true),
            Err(other) => Err(other.into()),
        }
    }
}
