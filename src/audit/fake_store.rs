//! A store for the tests of this module and of the directory: entries, groups and the directory, in memory.

use std::sync::{Arc, Mutex, MutexGuard};

use futures_util::future::{BoxFuture, FutureExt as _, ready};

use crate::crypto::Sealed;
use crate::domain::alert::BodyRef;
use crate::domain::directory::Directory;
use crate::domain::{
    AgencyCode, AlertId, AlertRecord, DeliveryId, EpisodeReference, IdempotencyKey, MailboxId,
    MentionToken, Position, Timestamp,
};
use crate::merkle::{Hash, root_of};
use crate::record::{RecordedEntry, decode_event};
use crate::store::{
    Commit, Committed, Expect, Group, MailboxStanding, Recorded, Store, StoreError, StoreStanding,
    SubmissionFacts, Write, WriteStanding,
};

#[derive(Default)]
pub(crate) struct FakeStore(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    entries: Vec<RecordedEntry>,
    groups: Vec<Arc<Group>>,
    directory: Arc<Directory>,
    fails: Option<StoreError>,
    conflicts: u32,
    last_at: Option<Timestamp>,
}

impl FakeStore {
    /// Every commit from now on fails so.
    pub(crate) fn fail(&self, error: StoreError) {
        self.inner().fails = Some(error);
    }

    /// The next `count` commits that rest on something lose their race.
    pub(crate) fn lose_races(&self, count: u32) {
        self.inner().conflicts = count;
    }

    /// Adds a group of entries as the journal would hold them.
    pub(crate) fn add_group(&self, entries: Vec<RecordedEntry>, at: Timestamp) -> Arc<Group> {
        self.inner().add_group(entries, at)
    }

    /// Changes a stored leaf behind the hub's back.
    pub(crate) fn tamper(&self, index: usize) {
        let leaf = &mut self.inner().entries[index].leaf;
        *leaf = [leaf.as_ref(), &[0]].concat().into();
    }

    /// Loses the entries from `len` on, as a disk that lied would.
    pub(crate) fn truncate(&self, len: usize) {
        self.inner().entries.truncate(len);
    }

    pub(crate) fn entries(&self) -> Vec<RecordedEntry> {
        self.inner().entries.clone()
    }

    /// The events of every entry, in order, as `KIND` or `KIND:reason`.
    pub(crate) fn trace(&self) -> Vec<String> {
        let events = self.entries().into_iter().flat_map(|entry| entry.events);
        events
            .map(|event| decode_event(&event.bytes).unwrap())
            .map(|event| match event.reason {
                Some(reason) => format!("{}:{reason}", event.kind),
                None => event.kind.to_string(),
            })
            .collect()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }
}

impl Inner {
    fn add_group(&mut self, entries: Vec<RecordedEntry>, at: Timestamp) -> Arc<Group> {
        let first = Position(u64::try_from(self.entries.len()).unwrap());
        let leaves: Vec<[u8; 32]> = entries.iter().map(RecordedEntry::leaf_hash).collect();
        let root = root_of(&leaves.iter().copied().map(Hash).collect::<Vec<_>>()).0;
        let group = Arc::new(Group { first, leaves, root, at });
        self.groups.extend(entries.iter().map(|_| Arc::clone(&group)));
        self.entries.extend(entries);
        self.last_at = Some(at);
        group
    }

    fn commit(&mut self, commit: Commit) -> Result<Committed, StoreError> {
        if let Some(error) = &self.fails {
            return Err(error.clone());
        }
        if self.conflicts > 0 && !commit.expects().is_empty() {
            self.conflicts = self.conflicts.saturating_sub(1);
            return Err(StoreError::Conflict);
        }
        let stale = |expect: &Expect| matches!(expect, Expect::DirectoryVersion(version) if *version != self.directory.version);
        if commit.expects().iter().any(stale) {
            return Err(StoreError::Conflict);
        }
        let at = commit.at();
        let (entry, writes, _expects) = commit.into_parts();
        for write in writes {
            if let Write::Directory(directory) = write {
                self.directory = Arc::new(*directory);
            }
        }
        let position = Position(u64::try_from(self.entries.len()).unwrap());
        let group = self.add_group(vec![entry], at);
        Ok(Committed { position, group, alerts: Vec::new() })
    }

    fn window<T>(
        &self,
        from: Position,
        limit: usize,
        read: impl Fn(&RecordedEntry) -> T,
    ) -> Vec<T> {
        let from = usize::try_from(from.0).unwrap();
        self.entries.iter().skip(from).take(limit).map(read).collect()
    }
}

fn done<'a, T: Send + 'a>(value: T) -> BoxFuture<'a, Result<T, StoreError>> {
    ready(Ok(value)).boxed()
}

impl Store for FakeStore {
    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<Committed, StoreError>> {
        ready(self.inner().commit(commit)).boxed()
    }

    fn submission_facts<'a>(
        &'a self,
        _agency: &'a AgencyCode,
        _key: &'a IdempotencyKey,
        _episode: Option<AlertId>,
    ) -> BoxFuture<'a, Result<SubmissionFacts, StoreError>> {
        done(SubmissionFacts::default())
    }

    fn referenced<'a>(
        &'a self,
        _agency: &'a AgencyCode,
        _reference: EpisodeReference,
    ) -> BoxFuture<'a, Result<Option<AlertId>, StoreError>> {
        done(None)
    }

    fn mentioned(
        &self,
        _token: MentionToken,
        _limit: usize,
    ) -> BoxFuture<'_, Result<Vec<AlertId>, StoreError>> {
        done(Vec::new())
    }

    fn alert(
        &self,
        _alert: AlertId,
    ) -> BoxFuture<'_, Result<Option<Arc<AlertRecord>>, StoreError>> {
        done(None)
    }

    fn own_alerts<'a>(
        &'a self,
        _agency: &'a AgencyCode,
        _before: Option<AlertId>,
        _limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Arc<AlertRecord>>, StoreError>> {
        done(Vec::new())
    }

    fn body<'a>(
        &'a self,
        _alert: AlertId,
        _body: &'a BodyRef,
    ) -> BoxFuture<'a, Result<Sealed, StoreError>> {
        ready(Err(StoreError::Closed)).boxed()
    }

    fn waiting<'a>(
        &'a self,
        _mailbox: &'a MailboxId,
        _limit: usize,
    ) -> BoxFuture<'a, Result<Vec<DeliveryId>, StoreError>> {
        done(Vec::new())
    }

    fn handed_out<'a>(
        &'a self,
        _mailbox: &'a MailboxId,
        _after: u64,
        _limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(u64, DeliveryId)>, StoreError>> {
        done(Vec::new())
    }

    fn mailbox<'a>(
        &'a self,
        _mailbox: &'a MailboxId,
    ) -> BoxFuture<'a, Result<MailboxStanding, StoreError>> {
        done(MailboxStanding::default())
    }

    fn due(
        &self,
        _now: Timestamp,
        _limit: usize,
    ) -> BoxFuture<'_, Result<Vec<AlertId>, StoreError>> {
        done(Vec::new())
    }

    fn next_due(&self) -> BoxFuture<'_, Result<Option<Timestamp>, StoreError>> {
        done(None)
    }

    fn directory(&self) -> Arc<Directory> {
        Arc::clone(&self.inner().directory)
    }

    fn recorded(&self, position: Position) -> BoxFuture<'_, Result<Option<Recorded>, StoreError>> {
        let inner = self.inner();
        let place = usize::try_from(position.0).unwrap();
        let found = inner.entries.get(place).zip(inner.groups.get(place));
        done(
            found.map(|(entry, group)| Recorded { entry: entry.clone(), group: Arc::clone(group) }),
        )
    }

    fn recorded_from(
        &self,
        from: Position,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<RecordedEntry>, StoreError>> {
        done(self.inner().window(from, limit, RecordedEntry::clone))
    }

    fn leaf_hashes_from(
        &self,
        from: Position,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<[u8; 32]>, StoreError>> {
        done(self.inner().window(from, limit, RecordedEntry::leaf_hash))
    }

    fn standing(&self) -> StoreStanding {
        let inner = self.inner();
        StoreStanding {
            writing: WriteStanding::Open,
            durable: Position(u64::try_from(inner.entries.len()).unwrap()),
            index_backlog: 0,
            last_group_at: inner.last_at,
        }
    }
}
