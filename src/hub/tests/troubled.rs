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

#[derive(Default)]
pub(super) struct TroubledStore {
    model: ModelStore,
    troubles: Mutex<Troubles>,
    reads: AtomicUsize,
    conflicts: AtomicUsize,
}

#[derive(Default)]
struct Troubles {
    unreadable: HashSet<AlertId>,
    bodies: HashSet<AlertId>,
    commits: VecDeque<StoreError>,
    after_directory: Option<Commit>,
    before_commit: Option<Commit>,
    after_commit: Option<Commit>,
    stuck: bool,
}

impl TroubledStore {
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

    /// What was to fail and did not, does not.
    pub(super) fn fail_no_more(&self) {
        self.change(|troubles| troubles.commits.clear());
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
        self.model.recorded_from(Position(0), 100_000).now_or_never().unwrap().unwrap()
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

impl Store for TroubledStore {
    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<Committed, StoreError>> {
        let (stuck, error) = self.change(|it| (it.stuck, it.commits.pop_front()));
        match error {
            Some(error) => ready(Err(error)).boxed(),
            None if stuck => std::future::pending().boxed(),
            None => {
                let (before, after) =
                    self.change(|it| (it.before_commit.take(), it.after_commit.take()));
                // The model answers at once.
                if let Some(other) = before {
                    self.model.commit(other).now_or_never().unwrap().unwrap();
                }
                let done = self.model.commit(commit).now_or_never().unwrap();
                if let Some(other) = after {
                    self.model.commit(other).now_or_never().unwrap().unwrap();
                }
                let (done, conflicts) = (ready(done), &self.conflicts);
                done.inspect(|done| {
                    if matches!(done, Err(StoreError::Conflict)) {
                        conflicts.fetch_add(1, Ordering::Relaxed);
                    }
                })
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
        self.model.submission_facts(agency, key, episode)
    }

    fn referenced<'a>(
        &'a self,
        agency: &'a AgencyCode,
        reference: EpisodeReference,
    ) -> BoxFuture<'a, Result<Option<AlertId>, StoreError>> {
        self.model.referenced(agency, reference)
    }

    fn mentioned(
        &self,
        token: MentionToken,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<AlertId>, StoreError>> {
        self.model.mentioned(token, limit)
    }

    fn alert(&self, alert: AlertId) -> BoxFuture<'_, Result<Option<Arc<AlertRecord>>, StoreError>> {
        self.reads.fetch_add(1, Ordering::Relaxed);
        if self.change(|troubles| troubles.unreadable.contains(&alert)) {
            return damaged();
        }
        self.model.alert(alert)
    }

    fn own_alerts<'a>(
        &'a self,
        agency: &'a AgencyCode,
        before: Option<AlertId>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Arc<AlertRecord>>, StoreError>> {
        self.model.own_alerts(agency, before, limit)
    }

    fn body<'a>(
        &'a self,
        alert: AlertId,
        body: &'a BodyRef,
    ) -> BoxFuture<'a, Result<Sealed, StoreError>> {
        if self.change(|troubles| troubles.bodies.contains(&alert)) {
            return damaged();
        }
        self.model.body(alert, body)
    }

    fn waiting<'a>(
        &'a self,
        mailbox: &'a MailboxId,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<DeliveryId>, StoreError>> {
        self.model.waiting(mailbox, limit)
    }

    fn handed_out<'a>(
        &'a self,
        mailbox: &'a MailboxId,
        after: u64,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(u64, DeliveryId)>, StoreError>> {
        self.model.handed_out(mailbox, after, limit)
    }

    fn mailbox<'a>(
        &'a self,
        mailbox: &'a MailboxId,
    ) -> BoxFuture<'a, Result<MailboxStanding, StoreError>> {
        self.model.mailbox(mailbox)
    }

    fn due(&self, now: Timestamp, limit: usize) -> BoxFuture<'_, Result<Vec<AlertId>, StoreError>> {
        self.model.due(now, limit)
    }

    fn next_due(&self) -> BoxFuture<'_, Result<Option<Timestamp>, StoreError>> {
        self.model.next_due()
    }

    fn directory(&self) -> Arc<Directory> {
        let read = self.model.directory();
        if let Some(commit) = self.change(|troubles| troubles.after_directory.take()) {
            self.model.commit(commit).now_or_never().unwrap().unwrap();
        }
        read
    }

    fn recorded(&self, position: Position) -> BoxFuture<'_, Result<Option<Recorded>, StoreError>> {
        self.model.recorded(position)
    }

    fn recorded_from(
        &self,
        from: Position,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<RecordedEntry>, StoreError>> {
        self.model.recorded_from(from, limit)
    }

    fn leaf_hashes_from(
        &self,
        from: Position,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<[u8; 32]>, StoreError>> {
        self.model.leaf_hashes_from(from, limit)
    }

    fn standing(&self) -> StoreStanding {
        self.model.standing()
    }
}
