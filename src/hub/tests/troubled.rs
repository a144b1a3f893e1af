//! A store with troubles that a test chooses: unreadable alerts, bodies that do not open, commits that fail, a
//! directory that changes at the wrong moment.

use std::collections::{HashSet, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::{BoxFuture, FutureExt as _, ready};

use crate::crypto::Sealed;
use crate::domain::alert::BodyRef;
use crate::domain::directory::Directory;
use crate::domain::{
    AgencyCode, AlertId, AlertRecord, DeliveryId, EpisodeReference, IdempotencyKey, MailboxId,
    MentionToken, Position, Timestamp,
};
use crate::record::{RecordedEntry, decode_event};
use crate::store::model::ModelStore;
use crate::store::{
    Commit, Committed, MailboxStanding, Recorded, Store, StoreError, StoreStanding, SubmissionFacts,
};

pub(super) struct TroubledStore {
    store: Arc<dyn Store>,
    troubles: Mutex<Troubles>,
    reads: AtomicUsize,
    conflicts: AtomicUsize,
}

impl Default for TroubledStore {
    /// In memory.
    fn default() -> Self {
        Self::on(Arc::new(ModelStore::default()))
    }
}

#[derive(Default)]
struct Troubles {
    unreadable: HashSet<AlertId>,
    bodies: HashSet<AlertId>,
    commits: VecDeque<StoreError>,
    /// Commits that succeed before these fail.
    good: usize,
    after_directory: Option<Commit>,
    before_commit: Option<Commit>,
    after_commit: Option<Commit>,
    stuck: bool,
}

impl TroubledStore {
    /// With troubles on top of a store.
    pub(super) fn on(store: Arc<dyn Store>) -> Self {
        let (reads, conflicts) = (AtomicUsize::default(), AtomicUsize::default());
        Self { store, troubles: Mutex::default(), reads, conflicts }
    }

    /// How many records have been asked for.
    pub(super) fn reads(&self) -> usize {
        self.reads.load(Ordering::Relaxed)
    }

    /// Whether the record of `alert` cannot be read from now on.
    pub(super) fn set_unreadable(&self, alert: AlertId, unreadable: bool) {
        self.change(|troubles| toggle(&mut troubles.unreadable, alert, unreadable));
    }

    /// Whether the body of `alert` cannot be read from now on.
    pub(super) fn set_body_damaged(&self, alert: AlertId, damaged: bool) {
        self.change(|troubles| toggle(&mut troubles.bodies, alert, damaged));
    }

    /// The next commits fail so, one after the other.
    pub(super) fn fail_next(&self, errors: impl IntoIterator<Item = StoreError>) {
        self.change(|troubles| troubles.commits.extend(errors));
    }

    /// The commit after the next `good` fails so.
    pub(super) fn fail_after(&self, good: usize, error: StoreError) {
        self.change(|troubles| {
            troubles.good = good;
            troubles.commits.push_back(error);
        });
    }

    /// What was to fail and did not, does not.
    pub(super) fn fail_no_more(&self) {
        self.change(|troubles| {
            troubles.good = 0;
            troubles.commits.clear();
        });
    }

    /// Commits right after the directory was read the next time.
    pub(super) fn after_directory_is_read(&self, commit: Commit) {
        self.change(|troubles| troubles.after_directory = Some(commit));
    }

    /// Commits right before the next commit, after whatever that one was decided on.
    pub(super) fn before_next_commit(&self, commit: Commit) {
        self.change(|troubles| troubles.before_commit = Some(commit));
    }

    /// Commits right after the next commit, before its caller goes on.
    pub(super) fn after_next_commit(&self, commit: Commit) {
        self.change(|troubles| troubles.after_commit = Some(commit));
    }

    /// No commit is answered any more.
    pub(super) fn never_answer(&self) {
        self.change(|troubles| troubles.stuck = true);
    }

    /// How many commits lost, because what they rested on had changed.
    pub(super) fn conflicts(&self) -> usize {
        self.conflicts.load(Ordering::Relaxed)
    }

    /// Every entry so far.
    pub(super) fn entries(&self) -> Vec<RecordedEntry> {
        self.store.recorded_from(Position(0), 100_000).now_or_never().unwrap().unwrap()
    }

    /// Every event so far, as `KIND` or `KIND:reason`, with the alert it is about.
    pub(super) fn trace(&self) -> Vec<(String, Option<AlertId>)> {
        let events = self.entries().into_iter().flat_map(|entry| entry.events);
        events
            .map(|event| decode_event(&event.bytes).unwrap())
            .map(|event| match event.reason {
                Some(reason) => (format!("{}:{reason}", event.kind), event.alert),
                None => (event.kind.to_string(), event.alert),
            })
            .collect()
    }

    /// How many events of `kind` there are about `alert`.
    pub(super) fn count(&self, kind: &str, alert: AlertId) -> usize {
        let found = |(text, about): &&(String, Option<AlertId>)| {
            text.as_str() == kind && *about == Some(alert)
        };
        self.trace().iter().filter(found).count()
    }

    fn change<T>(&self, change: impl FnOnce(&mut Troubles) -> T) -> T {
        change(&mut self.troubles.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn toggle(set: &mut HashSet<AlertId>, alert: AlertId, on: bool) {
    if on {
        set.insert(alert);
    } else {
        set.remove(&alert);
    }
}

fn damaged<'a, T: Send + 'a>() -> BoxFuture<'a, Result<T, StoreError>> {
    ready(Err(StoreError::Damaged { place: "a test".into() })).boxed()
}

impl Troubles {
    /// How the next commit fails, if it does.
    fn next_failure(&mut self) -> Option<StoreError> {
        if self.good > 0 {
            self.good -= 1;
            return None;
        }
        self.commits.pop_front()
    }
}

impl Store for TroubledStore {
    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<Committed, StoreError>> {
        let (stuck, error) = self.change(|it| (it.stuck, it.next_failure()));
        match error {
            Some(error) => ready(Err(error)).boxed(),
            None if stuck => std::future::pending().boxed(),
            None => {
                let (before, after) =
                    self.change(|it| (it.before_commit.take(), it.after_commit.take()));
                async move {
                    if let Some(other) = before {
                        self.store.commit(other).await.unwrap();
                    }
                    let done = self.store.commit(commit).await;
                    if let Some(other) = after {
                        self.store.commit(other).await.unwrap();
                    }
                    if matches!(done, Err(StoreError::Conflict)) {
                        self.conflicts.fetch_add(1, Ordering::Relaxed);
                    }
                    done
                }
                .boxed()
            }
        }
    }

    fn submission_facts<'a>(
        &'a self,
        agency: &'a AgencyCode,
        key: &'a IdempotencyKey,
        episode: Option<AlertId>,
    ) -> BoxFuture<'a, Result<SubmissionFacts, StoreError>> {
        self.store.submission_facts(agency, key, episode)
    }

    fn referenced<'a>(
        &'a self,
        agency: &'a AgencyCode,
        reference: EpisodeReference,
    ) -> BoxFuture<'a, Result<Option<AlertId>, StoreError>> {
        self.store.referenced(agency, reference)
    }

    fn mentioned(
        &self,
        token: MentionToken,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<AlertId>, StoreError>> {
        self.store.mentioned(token, limit)
    }

    fn alert(&self, alert: AlertId) -> BoxFuture<'_, Result<Option<Arc<AlertRecord>>, StoreError>> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        if self.change(|troubles| troubles.unreadable.contains(&alert)) {
            return damaged();
        }
        self.store.alert(alert)
    }

    fn own_alerts<'a>(
        &'a self,
        agency: &'a AgencyCode,
        before: Option<AlertId>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Arc<AlertRecord>>, StoreError>> {
        self.store.own_alerts(agency, before, limit)
    }

    fn body<'a>(
        &'a self,
        alert: AlertId,
        body: &'a BodyRef,
    ) -> BoxFuture<'a, Result<Sealed, StoreError>> {
        if self.change(|troubles| troubles.bodies.contains(&alert)) {
            return damaged();
        }
        self.store.body(alert, body)
    }

    fn waiting<'a>(
        &'a self,
        mailbox: &'a MailboxId,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<DeliveryId>, StoreError>> {
        self.store.waiting(mailbox, limit)
    }

    fn handed_out<'a>(
        &'a self,
        mailbox: &'a MailboxId,
        after: u64,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(u64, DeliveryId)>, StoreError>> {
        self.store.handed_out(mailbox, after, limit)
    }

    fn mailbox<'a>(
        &'a self,
        mailbox: &'a MailboxId,
    ) -> BoxFuture<'a, Result<MailboxStanding, StoreError>> {
        self.store.mailbox(mailbox)
    }

    fn due(&self, now: Timestamp, limit: usize) -> BoxFuture<'_, Result<Vec<AlertId>, StoreError>> {
        self.store.due(now, limit)
    }

    fn next_due(&self) -> BoxFuture<'_, Result<Option<Timestamp>, StoreError>> {
        self.store.next_due()
    }

    fn directory(&self) -> Arc<Directory> {
        let read = self.store.directory();
        if let Some(commit) = self.change(|troubles| troubles.after_directory.take()) {
            self.store.commit(commit).now_or_never().unwrap().unwrap();
        }
        read
    }

    fn recorded(&self, position: Position) -> BoxFuture<'_, Result<Option<Recorded>, StoreError>> {
        self.store.recorded(position)
    }

    fn recorded_from(
        &self,
        from: Position,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<RecordedEntry>, StoreError>> {
        self.store.recorded_from(from, limit)
    }

    fn leaf_hashes_from(
        &self,
        from: Position,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<[u8; 32]>, StoreError>> {
        self.store.leaf_hashes_from(from, limit)
    }

    fn standing(&self) -> StoreStanding {
        self.store.standing()
    }
}
