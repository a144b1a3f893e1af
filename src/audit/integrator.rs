//! The driver that takes leaves from the journal into the tree.
//!
//! Takes no input and may be repeated. Each run takes all leaves that became durable since the last. After a start
//! it also compares, a bounded part a run, what the tree file held with the journal, and the root with the last
//! checkpoint; a difference is AUDIT_BROKEN, recorded once, and from then on nothing is integrated or published.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};

use tokio::sync::Mutex;

use super::{Audit, AuditError, Breach, HubEvent};
use crate::domain::Position;
use crate::domain::event::EventKind;
use crate::domain::principal::Driver;
use crate::merkle::root_at;

/// Leaves asked for at once.
const BATCH: usize = 4_096;
/// Batches compared with the journal in one run.
const COMPARED_BATCHES: u32 = 16;
/// Batches integrated in one run: a million leaves.
const INTEGRATED_BATCHES: u32 = 256;

/// Grows the tree.
pub struct Integrator {
    audit: Arc<Audit>,
    /// Leaves of the file at the start that are compared, and how many there were.
    compared: AtomicU64,
    found: u64,
    /// One run at a time: two would take the same leaves from the journal.
    running: Mutex<()>,
}

/// What a run did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Integrated {
    /// Leaves added.
    pub added: u64,
    /// Leaves in the tree.
    pub size: u64,
}

impl Integrator {
    /// A driver for this log; the only one.
    #[must_use]
    pub fn new(audit: Arc<Audit>) -> Self {
        let found = audit.tree.size();
        Self { audit, compared: AtomicU64::new(0), found, running: Mutex::default() }
    }

    /// Integrates what became durable. A run that is called while another is under way waits for it.
    ///
    /// # Errors
    /// When the store or the file cannot be read or written, or the log is broken.
    pub async fn run_once(&self) -> Result<Integrated, AuditError> {
        let _one_at_a_time = self.running.lock().await;
        if let Some(breach) = self.audit.breach() {
            return Err(AuditError::Broken(breach));
        }
        self.compare().await?;
        let before = self.audit.tree.size();
        for _ in 0..INTEGRATED_BATCHES {
            let next = self.audit.tree.size();
            let leaves = self.audit.store.leaf_hashes_from(Position(next), BATCH).await?;
            if leaves.is_empty() {
                break;
            }
            let audit = Arc::clone(&self.audit);
            blocking("append to the tree", move || audit.tree.append(next, &leaves)).await?;
        }
        let size = self.audit.tree.size();
        if size > self.audit.store.standing().durable.0 {
            return self.broken(size, "JOURNAL_SHORTER_THAN_TREE").await;
        }
        self.anchor().await?;
        Ok(Integrated { added: size.saturating_sub(before), size })
    }

    /// Compares part of what the file held at the start with the journal.
    async fn compare(&self) -> Result<(), AuditError> {
        for _ in 0..COMPARED_BATCHES {
            let from = self.compared.load(Ordering::Relaxed);
            let left = self.found.saturating_sub(from);
            if left == 0 {
                return Ok(());
            }
            let limit = usize::try_from(left).unwrap_or(BATCH).min(BATCH);
            let recorded = self.audit.store.leaf_hashes_from(Position(from), limit).await?;
            if recorded.is_empty() {
                return self.broken(from, "JOURNAL_SHORTER_THAN_TREE").await;
            }
            let count = u64::try_from(recorded.len()).unwrap_or(0);
            let audit = Arc::clone(&self.audit);
            let kept = blocking("read the tree", move || audit.tree.read(from, count)).await?;
            let differs = kept.iter().zip(&recorded).position(|(kept, leaf)| kept.0 != *leaf);
            if let Some(place) = differs {
                let index = from.saturating_add(u64::try_from(place).unwrap_or(0));
                return self.broken(index, "TREE_DISAGREES_WITH_JOURNAL").await;
            }
            let done = from.saturating_add(count);
            self.compared.store(done, Ordering::Relaxed);
            if done == self.found {
                let verified = HubEvent::new(EventKind::AuditVerified).counting(done);
                self.audit.hub_event(Driver::Audit, verified).await?;
            }
        }
        Ok(())
    }

    /// Compares the root with the checkpoint that was published before this start.
    async fn anchor(&self) -> Result<(), AuditError> {
        if self.audit.anchored.load(Ordering::Acquire) {
            return Ok(());
        }
        if let Some(latest) = self.audit.checkpoints.latest() {
            let published = latest.checkpoint.size();
            if published > self.audit.tree.size() {
                return self.broken(published, "JOURNAL_SHORTER_THAN_CHECKPOINT").await;
            }
            let root = root_at(&self.audit.tree.nodes(), published).map_err(AuditError::tree)?;
            if root != *latest.checkpoint.root() {
                return self.broken(published, "ROOT_DISAGREES_WITH_CHECKPOINT").await;
            }
        }
        self.audit.anchored.store(true, Ordering::Release);
        Ok(())
    }

    async fn broken<T>(&self, index: u64, reason: &'static str) -> Result<T, AuditError> {
        let breach = Breach { index, reason };
        *self.audit.broken.lock().unwrap_or_else(PoisonError::into_inner) = Some(breach);
        tracing::error!(index, reason, "the audit log is broken; nothing more is published");
        let event = HubEvent::error(EventKind::AuditBroken, reason).counting(index);
        self.audit.hub_event(Driver::Audit, event).await?;
        Err(AuditError::Broken(breach))
    }
}

/// Runs file work off the async threads.
pub(super) async fn blocking<T: Send + 'static>(
    doing: &'static str,
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, AuditError> {
    let io = |source| AuditError::Io { doing, source };
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(io),
        Err(stopped) => Err(io(std::io::Error::other(stopped))),
    }
}
