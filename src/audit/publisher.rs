//! The driver that signs the tree's size and root and publishes them.
//!
//! Takes no input and may be repeated. Publishes when there are new leaves and the last checkpoint is at least
//! [`PublisherPace::at_least`] old; never a smaller size, never a log whose root was not compared with what had
//! been published before the start. A leaf that waits longer than [`PublisherPace::at_latest`] is late:
//! whoever runs the driver raises the alarm ([`Publisher::is_newly_late`]).

use std::convert::Infallible;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::{Audit, AuditError, PublishedCheckpoint};
use crate::merkle::{Checkpoint, Nodes as _, root_at};

/// How often checkpoints are published, in monotonic time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PublisherPace {
    /// The least time between two.
    pub at_least: Duration,
    /// The longest a durable entry may wait before the alarm.
    pub at_latest: Duration,
}

impl Default for PublisherPace {
    /// 1 s and 60 s (architecture section 5).
    fn default() -> Self {
        Self { at_least: Duration::from_secs(1), at_latest: Duration::from_secs(60) }
    }
}

/// What a run did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Publication {
    /// Everything durable is published.
    UpToDate,
    /// There are new leaves; it is too early, or they are not integrated yet.
    Waiting,
    /// Published this size.
    Published(u64),
}

/// Publishes checkpoints.
pub struct Publisher {
    audit: Arc<Audit>,
    pace: PublisherPace,
    timing: Mutex<Timing>,
}

#[derive(Clone, Copy, Default)]
struct Timing {
    last: Option<Duration>,
    waiting_since: Option<Duration>,
    alarmed: bool,
}

impl Publisher {
    /// A driver for this log. One at a time.
    #[must_use]
    pub fn new(audit: Arc<Audit>, pace: PublisherPace) -> Self {
        Self { audit, pace, timing: Mutex::default() }
    }

    /// Publishes if it is time.
    ///
    /// # Errors
    /// When the log is broken, or the checkpoint cannot be signed or written.
    pub async fn run_once(&self) -> Result<Publication, AuditError> {
        self.run(false).await
    }

    /// Publishes whatever is integrated now, without waiting for the pace: on demand and at shutdown.
    ///
    /// # Errors
    /// As [`Self::run_once`].
    pub async fn publish_now(&self) -> Result<Publication, AuditError> {
        self.run(true).await
    }

    /// Whether a durable entry waits too long and nobody was told yet: true once a lateness, for the alarm.
    #[must_use]
    pub fn is_newly_late(&self) -> bool {
        let late = self.is_late();
        let before = std::mem::replace(&mut self.timing().alarmed, late);
        late && !before
    }

    /// Whether a durable entry has waited too long to be published: for health and metrics.
    #[must_use]
    pub fn is_late(&self) -> bool {
        let timing = *self.timing();
        timing.waiting_since.is_some_and(|since| self.waited(since) > self.pace.at_latest)
    }

    async fn run(&self, at_once: bool) -> Result<Publication, AuditError> {
        let published = self.audit.checkpoints.latest().map_or(0, |last| last.checkpoint.size());
        if self.audit.store.standing().durable.0 <= published {
            self.timing().waiting_since = None;
            return Ok(Publication::UpToDate);
        }
        let now = self.audit.env.clock.monotonic();
        self.timing().waiting_since.get_or_insert(now);
        if let Some(breach) = self.audit.breach() {
            return Err(AuditError::Broken(breach));
        }
        let early = self.timing().last.is_some_and(|last| self.waited(last) < self.pace.at_least);
        let ready = self.audit.anchored.load(Ordering::Acquire);
        if !ready || self.audit.tree.size() <= published || (early && !at_once) {
            return Ok(Publication::Waiting);
        }

        let audit = Arc::clone(&self.audit);
        let publish = move || audit.publish();
        let size = match tokio::task::spawn_blocking(publish).await {
            Ok(size) => size?,
            Err(stopped) => {
                let source = std::io::Error::other(stopped);
                return Err(AuditError::Io { doing: "publish a checkpoint", source });
            }
        };
        let mut timing = self.timing();
        timing.last = Some(now);
        timing.waiting_since = None;
        drop(timing);
        Ok(Publication::Published(size))
    }

    fn waited(&self, since: Duration) -> Duration {
        self.audit.env.clock.monotonic().saturating_sub(since)
    }

    fn timing(&self) -> std::sync::MutexGuard<'_, Timing> {
        self.timing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Audit {
    /// Signs and publishes the tree as it stands.
    fn publish(&self) -> Result<u64, AuditError> {
        let (size, root) = {
            let nodes = self.tree.nodes();
            (nodes.size(), root_at(&nodes, nodes.size()).map_err(AuditError::tree)?)
        };
        let checkpoint = Checkpoint::new(self.key.name().clone(), size, root)?;
        let sign = |message: &[u8]| Ok::<_, Infallible>(self.signer.sign(message));
        let note = checkpoint.sign(&self.key, sign)?.to_string();
        self.checkpoints.publish(PublishedCheckpoint { checkpoint, note })?;
        tracing::debug!(size, "checkpoint published");
        Ok(size)
    }
}
