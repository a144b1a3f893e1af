//! The embedded engine: a journal that is the truth, and sled as its index.
//!
//! Owns a data directory. A commit is written to the journal and fsynced with the others of its group, then
//! visible, then answered; the index follows on its own. What an acknowledgement rests on is the journal
//! alone: the index may be lost, late or wrong and is built anew.
//!
//! Refuses to start on damage, in words ([`OpenError`]): it never serves altered data and never goes on as if
//! something that was durable had not been.

mod admission;
mod applier;
mod backlog;
mod build;
mod bytes;
mod disk;
mod effect;
mod error;
mod event;
mod filter;
mod group;
mod index;
mod index_alert;
mod index_lock;
mod index_position;
mod journal;
mod live;
mod opening;
mod place;
mod segment;
mod state;
mod survey;
mod tail;
pub mod tools;
mod writer;

#[cfg(test)]
pub(crate) mod tests;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;

use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, oneshot};

use super::{
    Commit, Committed, MailboxStanding, Recorded, Store, StoreError, StoreStanding,
    SubmissionFacts, WriteStanding,
};
use crate::crypto::Sealed;
use crate::domain::alert::BodyRef;
use crate::domain::directory::Directory;
use crate::domain::{
    AgencyCode, AlertId, AlertRecord, DeliveryId, EpisodeReference, IdempotencyKey, MailboxId,
    MentionToken, Position, Timestamp,
};
use crate::record::{self, RecordedEntry, Write};
use backlog::{Stop, TailBound};
use build::Building;
use disk::{Disk, SystemDisk};
use effect::InGroup;
use group::Link;
use index_position::IndexPosition;
use opening::Opening;
use place::{Lock, Place, sync_directory};
use state::Shared;
use writer::{GroupBound, Reply, Request, Writer};

pub use error::{OpenError, Witness};
pub use event::{Stage, StoreEvent, StoreObserver, Unobserved};

/// How the engine runs. Every bound has a default; tests set others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EmbeddedOptions {
    /// The data directory; made when absent.
    pub directory: PathBuf,
    /// Size of a segment file in bytes, set aside on the disk when it is begun. Default 64 MiB, at most 2 GiB.
    pub segment_bytes: u64,
    /// Most commits in one group. Default 256.
    pub group_commits_max: usize,
    /// Most bytes of commits in one group, unless a single commit has more. Default 4 MiB.
    pub group_bytes_max: usize,
    /// Most commits that may wait for the index; then the writer waits. Default 50,000.
    pub tail_commits_max: u64,
    /// Most bytes of commits that may wait for the index. Default 64 MiB.
    pub tail_bytes_max: u64,
    /// Most commits that may wait for the writer; then callers wait. Default 1,024.
    pub queue_commits_max: usize,
}

impl EmbeddedOptions {
    /// The defaults, in this directory.
    #[must_use]
    pub fn new(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
            segment_bytes: 64 * 1024 * 1024,
            group_commits_max: 256,
            group_bytes_max: 4 * 1024 * 1024,
            tail_commits_max: 50_000,
            tail_bytes_max: 64 * 1024 * 1024,
            queue_commits_max: 1_024,
        }
    }
}

/// The largest encoded commit that is taken: far above any bound of the contract.
const COMMIT_BYTES_MAX: usize = 32 * 1024 * 1024;

/// A store in a directory of this machine.
pub struct EmbeddedStore {
    shared: Arc<Shared>,
    requests: RwLock<Option<mpsc::Sender<Request>>>,
    threads: Mutex<Option<Threads>>,
    place: Place,
    clean: bool,
    _lock: Lock,
}

struct Threads {
    writer: JoinHandle<Option<Link>>,
    applier: JoinHandle<()>,
}

impl EmbeddedStore {
    /// Opens the store, or makes it when the directory is empty. Blocks while the journal is read and checked
    /// and the index is brought up to it; `observer` hears how far it is. `published_size` is how many entries
    /// the newest published checkpoint covers, if there is one.
    ///
    /// # Errors
    /// [`OpenError`], in words: another hub holds the directory, a newer release wrote it, the journal is
    /// damaged or ends before what was published or indexed. Nothing is changed then.
    pub fn open(
        options: &EmbeddedOptions,
        observer: Arc<dyn StoreObserver>,
        published_size: Option<u64>,
    ) -> Result<Self, OpenError> {
        Self::open_on(Arc::new(SystemDisk::new()), options, observer, published_size)
    }

    pub(crate) fn open_on(
        disk: Arc<dyn Disk>,
        options: &EmbeddedOptions,
        observer: Arc<dyn StoreObserver>,
        published_size: Option<u64>,
    ) -> Result<Self, OpenError> {
        let place = Place::new(&options.directory);
        let lock = place.take()?;
        let index_position = IndexPosition::open(&place.index_position())?;
        sync_directory(place.root())?;
        let published = Position(published_size.unwrap_or(0));
        let opened = Opening {
            disk,
            directory: place.journal(),
            torn: place.torn(),
            segment_bytes: options.segment_bytes,
            observer: &*observer,
            clean: place.clean_mark(),
            covered: vec![
                (published, Witness::Checkpoint),
                (index_position.position(), Witness::Index),
            ],
        }
        .run()?;
        place.unmark_clean()?;
        let link = *opened.appender.link();
        let building = Building {
            place: &place,
            reader: opened.reader,
            observer,
            durable: link.first,
            last_group_at: (link.sequence > 0).then_some(link.at),
            tail_bound: TailBound {
                commits: options.tail_commits_max,
                bytes: options.tail_bytes_max,
            },
        };
        let shared = Arc::new(building.run(index_position)?);
        let (sender, receiver) = mpsc::channel(options.queue_commits_max.max(1));
        let bound = GroupBound {
            commits: options.group_commits_max.max(1),
            bytes: options.group_bytes_max,
        };
        let writer = Writer::new(Arc::clone(&shared), opened.appender, receiver, bound);
        let threads = start(writer, &shared)
            .map_err(|source| OpenError::io("start the threads of", place.root())(source))?;
        Ok(Self {
            shared,
            requests: RwLock::new(Some(sender)),
            threads: Mutex::new(Some(threads)),
            clean: opened.clean,
            place,
            _lock: lock,
        })
    }

    /// Whether the last stop was orderly.
    #[must_use]
    pub const fn was_clean(&self) -> bool {
        self.clean
    }

    /// Whether these data come from a backup and that is not recorded yet.
    #[must_use]
    pub fn is_restored(&self) -> bool {
        self.place.restored().exists()
    }

    /// Notes that the restore is recorded: [`Self::is_restored`] is false from now on.
    ///
    /// # Errors
    /// When the mark cannot be removed.
    pub fn restore_recorded(&self) -> Result<(), OpenError> {
        self.place.unmark_restored()
    }

    /// Stops in order: takes no more commits, finishes those it has, brings the index up to the journal and
    /// marks the stop as clean. Blocks until then; may be repeated.
    ///
    /// # Errors
    /// When the mark cannot be written. The next start then treats the stop as a crash and loses nothing.
    pub fn close(&self) -> Result<(), OpenError> {
        let Some(end) = self.stop(Stop::Drained) else { return Ok(()) };
        self.place.mark_clean(&end)
    }

    /// Ends the threads; where the journal ends, when everything went well.
    fn stop(&self, how: Stop) -> Option<Link> {
        let threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        drop(self.requests.write().unwrap_or_else(PoisonError::into_inner).take());
        let end = threads.writer.join().ok().flatten();
        self.shared.backlog.stop(how);
        // An applier that panicked has said so; what it left is applied at the next opening.
        threads.applier.join().unwrap_or_default();
        let mut visible = self.shared.visible_mut();
        if visible.writing != WriteStanding::Poisoned {
            visible.writing = WriteStanding::Closed;
        }
        end
    }

    fn sender(&self) -> Result<mpsc::Sender<Request>, StoreError> {
        let requests = self.requests.read().unwrap_or_else(PoisonError::into_inner);
        requests.clone().ok_or_else(|| self.refusal())
    }

    /// What a commit is told when the writer no longer listens.
    fn refusal(&self) -> StoreError {
        match self.shared.visible().writing {
            WriteStanding::Poisoned => StoreError::Poisoned,
            WriteStanding::Open
            | WriteStanding::DiskFull
            | WriteStanding::IndexStopped
            | WriteStanding::Closed => StoreError::Closed,
        }
    }

    async fn send(&self, commit: Commit) -> Result<Committed, StoreError> {
        let at = commit.at();
        let (entry, mut writes, expects) = commit.into_parts();
        // Encoded here, by many at once, and not by the one writer.
        let encoded = record::encode_commit(&entry, &writes);
        let leaf = entry.leaf_hash();
        let alerts = InGroup::of_alerts(&encoded);
        if encoded.len() > COMMIT_BYTES_MAX {
            let source = Arc::new(std::io::Error::from(std::io::ErrorKind::FileTooLarge));
            return Err(StoreError::Io { doing: "take a commit of this size", source });
        }
        writes.retain(|write| !matches!(write, Write::Body { .. }));
        let (reply, answer) = oneshot::channel();
        let request =
            Request { encoded, leaf, alerts, at, writes, expects, reply: Reply::new(reply) };
        let sender = self.sender()?;
        sender.send(request).await.map_err(|_ended| self.refusal())?;
        drop(sender);
        answer.await.unwrap_or_else(|_ended| Err(self.refusal()))
    }
}

impl Drop for EmbeddedStore {
    /// Ends the threads without marking the stop as clean.
    fn drop(&mut self) {
        self.stop(Stop::AtOnce);
    }
}

impl std::fmt::Debug for EmbeddedStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EmbeddedStore").field("place", &self.place).finish_non_exhaustive()
    }
}

fn start(writer: Writer, shared: &Arc<Shared>) -> std::io::Result<Threads> {
    let shared = Arc::clone(shared);
    let named = |name: &str| std::thread::Builder::new().name(name.to_owned());
    let applier = named("store-applier").spawn(move || applier::run(&shared))?;
    let writer = named("store-writer").spawn(move || writer.run())?;
    Ok(Threads { writer, applier })
}

#[cfg(test)]
impl EmbeddedStore {
    /// Holds the index back, so that everything new is read from the tail, or lets it go on.
    pub(crate) fn hold_index(&self, held: bool) {
        self.shared.backlog.pause(held);
    }

    /// How often the index was looked through, not asked for one key.
    pub(crate) fn index_scans(&self) -> u64 {
        self.shared.index.scans()
    }

    /// How many commits wait for the writer.
    pub(crate) fn queued(&self) -> usize {
        let sender = self.sender().unwrap();
        sender.max_capacity().saturating_sub(sender.capacity())
    }

    /// Waits until the index has everything.
    pub(crate) fn drain_index(&self) {
        self.shared.backlog.drain();
    }
}

/// Something already known, as the port wants it.
fn ready<'a, T: Send + 'a>(value: T) -> BoxFuture<'a, T> {
    Box::pin(std::future::ready(value))
}

impl EmbeddedStore {
    /// Runs a query that may read much from the disk where it holds nobody up.
    fn aside<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Shared) -> Result<T, StoreError> + Send + 'static,
    ) -> BoxFuture<'static, Result<T, StoreError>> {
        let shared = Arc::clone(&self.shared);
        Box::pin(async move {
            let query = tokio::task::spawn_blocking(move || query(&shared));
            query.await.unwrap_or_else(|ended| {
                let source = Arc::new(std::io::Error::other(ended));
                Err(StoreError::Io { doing: "finish a query", source })
            })
        })
    }
}

impl Store for EmbeddedStore {
    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<Committed, StoreError>> {
        Box::pin(self.send(commit))
    }

    fn submission_facts<'a>(
        &'a self,
        agency: &'a AgencyCode,
        key: &'a IdempotencyKey,
        episode: Option<AlertId>,
    ) -> BoxFuture<'a, Result<SubmissionFacts, StoreError>> {
        ready(self.shared.facts(agency, key, episode))
    }

    fn referenced<'a>(
        &'a self,
        agency: &'a AgencyCode,
        reference: EpisodeReference,
    ) -> BoxFuture<'a, Result<Option<AlertId>, StoreError>> {
        ready(self.shared.referenced(agency, reference))
    }

    fn mentioned(
        &self,
        token: MentionToken,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<AlertId>, StoreError>> {
        ready(self.shared.mentioned(token, limit))
    }

    fn alert(&self, alert: AlertId) -> BoxFuture<'_, Result<Option<Arc<AlertRecord>>, StoreError>> {
        ready(self.shared.record(alert))
    }

    fn own_alerts<'a>(
        &'a self,
        agency: &'a AgencyCode,
        before: Option<AlertId>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Arc<AlertRecord>>, StoreError>> {
        let agency = agency.clone();
        self.aside(move |shared| shared.own_alerts(&agency, before, limit))
    }

    fn body<'a>(
        &'a self,
        alert: AlertId,
        body: &'a BodyRef,
    ) -> BoxFuture<'a, Result<Sealed, StoreError>> {
        ready(self.shared.body(alert, body))
    }

    fn waiting<'a>(
        &'a self,
        mailbox: &'a MailboxId,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<DeliveryId>, StoreError>> {
        ready(Ok(self.shared.visible().live.waiting(mailbox, limit)))
    }

    fn handed_out<'a>(
        &'a self,
        mailbox: &'a MailboxId,
        after: u64,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(u64, DeliveryId)>, StoreError>> {
        ready(self.shared.handed_out(mailbox, after, limit))
    }

    fn mailbox<'a>(
        &'a self,
        mailbox: &'a MailboxId,
    ) -> BoxFuture<'a, Result<MailboxStanding, StoreError>> {
        ready(Ok(self.shared.visible().live.standing(mailbox)))
    }

    fn due(&self, now: Timestamp, limit: usize) -> BoxFuture<'_, Result<Vec<AlertId>, StoreError>> {
        ready(Ok(self.shared.visible().live.due(now, limit)))
    }

    fn next_due(&self) -> BoxFuture<'_, Result<Option<Timestamp>, StoreError>> {
        ready(Ok(self.shared.visible().live.next_due()))
    }

    fn directory(&self) -> Arc<Directory> {
        self.shared.directory()
    }

    fn recorded(&self, position: Position) -> BoxFuture<'_, Result<Option<Recorded>, StoreError>> {
        ready(self.shared.recorded(position))
    }

    fn recorded_from(
        &self,
        from: Position,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<RecordedEntry>, StoreError>> {
        self.aside(move |shared| shared.recorded_from(from, limit))
    }

    fn leaf_hashes_from(
        &self,
        from: Position,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<[u8; 32]>, StoreError>> {
        self.aside(move |shared| shared.reader.leaves(from, limit))
    }

    fn standing(&self) -> StoreStanding {
        self.shared.standing()
    }
}
