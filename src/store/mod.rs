//! What the hub keeps, behind one port.
//!
//! Owns the [`Store`] trait – queries named after use cases, one [`Store::commit`] – and [`Commit`], the only
//! way to change anything: it needs a [`Permit`](crate::policy::access::Permit), an audit entry, and writes that the permit's action allows.
//! Engines share nothing but the conformance suite; they hold no key and see personal data only sealed.

mod commit;
pub mod embedded;

#[cfg(test)]
mod conformance;
#[cfg(test)]
pub(crate) mod fixture;
#[cfg(test)]
pub mod model;

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::crypto::Sealed;
use crate::domain::alert::BodyRef;
use crate::domain::directory::Directory;
use crate::domain::{
    AgencyCode, AlertId, AlertRecord, DeliveryId, EpisodeReference, ErrorKind, IdempotencyKey,
    MailboxId, MentionToken, Position, Timestamp,
};
use crate::record::RecordedEntry;

pub use crate::record::Write;
pub use commit::{Commit, CommitError, Expect};

/// The alerts that mention whom one of these tokens may be of, ascending, up to `limit` of the newest under each.
///
/// # Errors
/// As [`Store::mentioned`].
pub async fn mentioned_under(
    store: &dyn Store,
    tokens: &[MentionToken],
    limit: usize,
) -> Result<BTreeSet<AlertId>, StoreError> {
    let mut alerts = BTreeSet::new();
    for token in tokens {
        alerts.extend(store.mentioned(*token, limit).await?);
    }
    Ok(alerts)
}

/// The alerts of the episode that `first` opened: it first, then the others as they came, each as `standing` has it where it
/// is to change.
///
/// # Errors
/// As [`Store::alert`].
pub async fn episode_of(
    store: &dyn Store,
    first: Arc<AlertRecord>,
    standing: &[AlertRecord],
) -> Result<Vec<Arc<AlertRecord>>, StoreError> {
    let mut episode = vec![Arc::clone(&first)];
    for follower in &first.followers {
        let changed = standing.iter().find(|it| it.id == *follower).cloned().map(Arc::new);
        match changed {
            Some(changed) => episode.push(changed),
            None => episode.extend(store.alert(*follower).await?),
        }
    }
    Ok(episode)
}

/// What the hub keeps. `dyn` at this port; every method may be called from any task.
pub trait Store: Send + Sync {
    /// Commits all or nothing; durable and visible when it returns.
    ///
    /// [`StoreError::Conflict`] when an expectation does not hold, and also when a write is not the next of
    /// its kind: an alert's or the directory's next version, a mailbox's next number, a key not in use. One
    /// commit changes a thing once. Keys expire by hub time: that of the commit or of the newest group,
    /// whichever is later.
    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<Committed, StoreError>>;

    /// What a submission is decided on, in one load: the alert this key was used for in the last 30 days, and
    /// the first alert of the episode it joins. The 30 days end at the newest group's hub time: the store has
    /// no clock.
    fn submission_facts<'a>(
        &'a self,
        agency: &'a AgencyCode,
        key: &'a IdempotencyKey,
        episode: Option<AlertId>,
    ) -> BoxFuture<'a, Result<SubmissionFacts, StoreError>>;

    /// The first alert of the episode that `agency` calls by this reference.
    fn referenced<'a>(
        &'a self,
        agency: &'a AgencyCode,
        reference: EpisodeReference,
    ) -> BoxFuture<'a, Result<Option<AlertId>, StoreError>>;

    /// Up to `limit` alerts that mention a person who may be found by `token`, newest first.
    fn mentioned(
        &self,
        token: MentionToken,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<AlertId>, StoreError>>;

    /// One alert's record.
    fn alert(&self, alert: AlertId) -> BoxFuture<'_, Result<Option<Arc<AlertRecord>>, StoreError>>;

    /// Up to `limit` alerts `agency` sent in the last 30 days, newest first, older than `before`.
    fn own_alerts<'a>(
        &'a self,
        agency: &'a AgencyCode,
        before: Option<AlertId>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Arc<AlertRecord>>, StoreError>>;

    /// The sealed bytes of an alert.
    fn body<'a>(
        &'a self,
        alert: AlertId,
        body: &'a BodyRef,
    ) -> BoxFuture<'a, Result<Sealed, StoreError>>;

    /// Up to `limit` deliveries of `mailbox` that were never handed out: most urgent first across episodes,
    /// strictly in commit order within an episode.
    fn waiting<'a>(
        &'a self,
        mailbox: &'a MailboxId,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<DeliveryId>, StoreError>>;

    /// Up to `limit` deliveries handed out with a sequence number above `after`, ascending.
    fn handed_out<'a>(
        &'a self,
        mailbox: &'a MailboxId,
        after: u64,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(u64, DeliveryId)>, StoreError>>;

    /// Where a mailbox stands.
    fn mailbox<'a>(
        &'a self,
        mailbox: &'a MailboxId,
    ) -> BoxFuture<'a, Result<MailboxStanding, StoreError>>;

    /// Up to `limit` alerts for which something is due at or before `now`, earliest first.
    fn due(&self, now: Timestamp, limit: usize) -> BoxFuture<'_, Result<Vec<AlertId>, StoreError>>;

    /// The earliest instant at which something is due.
    fn next_due(&self) -> BoxFuture<'_, Result<Option<Timestamp>, StoreError>>;

    /// The directory at its newest version.
    fn directory(&self) -> Arc<Directory>;

    /// One entry with its group, for a receipt or a proof.
    fn recorded(&self, position: Position) -> BoxFuture<'_, Result<Option<Recorded>, StoreError>>;

    /// Up to `limit` entries from `from` on.
    fn recorded_from(
        &self,
        from: Position,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<RecordedEntry>, StoreError>>;

    /// Up to `limit` leaf hashes from `from` on, without reading entries where the engine can.
    fn leaf_hashes_from(
        &self,
        from: Position,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<[u8; 32]>, StoreError>>;

    /// How it is.
    fn standing(&self) -> StoreStanding;
}

/// A commit that is durable.
#[derive(Clone, Debug)]
pub struct Committed {
    /// Its position; also the index of its leaf.
    pub position: Position,
    /// The group it was made durable with.
    pub group: Arc<Group>,
    /// The alerts it wrote, as they are stored now: settled, in the order of the writes.
    pub alerts: Vec<Arc<AlertRecord>>,
}

impl Committed {
    /// An alert that the commit wrote, as it is stored now.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the commit wrote no such alert: a fault of the hub.
    pub fn alert(&self, alert: AlertId) -> Result<Arc<AlertRecord>, StoreError> {
        let written = self.alerts.iter().find(|written| written.id == alert);
        let place =
            || format!("the commit at position {}: it wrote no such alert", self.position.0);
        written.cloned().ok_or_else(|| StoreError::Damaged { place: place() })
    }
}

/// The commits that one fsync covered: what a receipt's signature is over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// The position of the first commit of the group.
    pub first: Position,
    /// The leaf hashes of the group's commits, in order; at least one.
    pub leaves: Vec<[u8; 32]>,
    /// RFC 9162 root over `leaves`, as in the group's header.
    pub root: [u8; 32],
    /// Hub time of the group.
    pub at: Timestamp,
}

/// One entry and the group that made it durable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recorded {
    /// The entry.
    pub entry: RecordedEntry,
    /// Its group.
    pub group: Arc<Group>,
}

/// What a submission is decided on.
#[derive(Clone, Debug, Default)]
pub struct SubmissionFacts {
    /// The alert this key was used for.
    pub earlier: Option<Arc<AlertRecord>>,
    /// The first alert of the episode.
    pub episode: Option<Arc<AlertRecord>>,
}

/// Where a mailbox stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct MailboxStanding {
    /// The highest sequence number handed out; 0 before the first.
    pub last_sequence: u64,
    /// How many deliveries wait to be handed out.
    pub waiting: u64,
}

/// How the store is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoreStanding {
    /// Whether it takes writes.
    pub writing: WriteStanding,
    /// Commits that are durable: the next commit's position.
    pub durable: Position,
    /// Commits not yet applied to the index.
    pub index_backlog: u64,
    /// Hub time of the newest group; none in an empty store.
    pub last_group_at: Option<Timestamp>,
}

/// Whether a store takes writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WriteStanding {
    /// Yes.
    Open,
    /// The last write found the disk full; the next is tried again.
    DiskFull,
    /// An fsync failed; nothing is taken until a restart.
    Poisoned,
    /// The index takes nothing any more and no more may wait for it; nothing is taken until a restart.
    IndexStopped,
    /// Closed in order.
    Closed,
}

/// Why the store could not do it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// What the commit rested on has changed; load and decide again.
    #[error("what the commit rested on has changed")]
    Conflict,
    /// The disk is full; nothing of the commit is stored.
    #[error("the disk is full")]
    DiskFull,
    /// An fsync failed earlier; the store takes no writes until a restart.
    #[error("the store takes no writes since an fsync failed")]
    Poisoned,
    /// The index takes nothing any more and no more commits may wait for it; nothing of the commit is stored.
    #[error("the store takes no writes since its index stopped")]
    IndexStopped,
    /// The store is closed.
    #[error("the store is closed")]
    Closed,
    /// Stored bytes are not what was written. Names where, never what.
    #[error("stored bytes are damaged: {place}")]
    Damaged {
        /// Segment and offset, or the kind of record.
        place: String,
    },
    /// The operating system refused.
    #[error("could not {doing}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// Its error.
        #[source]
        source: Arc<std::io::Error>,
    },
    /// The index refused; it can be rebuilt from the journal.
    #[error("the index could not {doing}")]
    Index {
        /// What was being done.
        doing: &'static str,
    },
}

impl StoreError {
    /// What kind of failure a caller sees.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Conflict => ErrorKind::Conflict,
            Self::DiskFull => ErrorKind::Exhausted,
            Self::Poisoned | Self::IndexStopped | Self::Closed | Self::Io { .. } => {
                ErrorKind::Unavailable
            }
            Self::Damaged { .. } | Self::Index { .. } => ErrorKind::Internal,
        }
    }

    /// Whether any other commit would be refused for the same reason: then there is no point in trying others.
    #[must_use]
    pub const fn concerns_every_commit(&self) -> bool {
        match self {
            Self::DiskFull | Self::Poisoned | Self::IndexStopped | Self::Closed => true,
            Self::Conflict | Self::Damaged { .. } | Self::Io { .. } | Self::Index { .. } => false,
        }
    }

    /// The stable reason code.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Conflict => "CONFLICT",
            Self::DiskFull => "DISK_FULL",
            Self::Poisoned => "STORE_POISONED",
            Self::IndexStopped => "INDEX_STOPPED",
            Self::Closed => "STORE_CLOSED",
            Self::Damaged { .. } => "STORE_DAMAGED",
            Self::Io { .. } => "STORE_IO",
            Self::Index { .. } => "INDEX_FAILED",
        }
    }
}
