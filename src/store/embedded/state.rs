//! What everybody shares: the journal to read, the index, and what is visible of commits in memory.
//!
//! Visible is durable: a commit is taken in here after its fsync, not before. A reader looks into the tail,
//! then into the index; the applier puts a commit into the index before it takes it out of the tail, so a
//! reader never misses one between them.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use arc_swap::ArcSwap;

use super::backlog::Backlog;
use super::effect::{Effect, Effects, Held, KeyUse};
use super::event::StoreObserver;
use super::group::GroupBytes;
use super::index::Index;
use super::journal::Reader;
use super::live::Live;
use super::tail::Tail;
use crate::crypto::Sealed;
use crate::domain::alert::BodyRef;
use crate::domain::directory::Directory;
use crate::domain::{
    AgencyCode, AlertId, AlertRecord, DeliveryId, EpisodeReference, IdempotencyKey, MailboxId,
    MentionToken, Position, Timestamp,
};
use crate::record::{self, RecordedEntry, StoredCommit, Write};
use crate::store::{Group, Recorded, StoreError, StoreStanding, SubmissionFacts, WriteStanding};

/// Shared by the store, the writer and the applier.
pub(crate) struct Shared {
    pub(crate) reader: Arc<Reader>,
    pub(crate) index: Index,
    pub(crate) backlog: Backlog,
    pub(crate) observer: Arc<dyn StoreObserver>,
    /// Read several times in every call: without waiting for a group that is just becoming visible.
    directory: Arc<ArcSwap<Directory>>,
    visible: RwLock<Visible>,
}

/// What is visible.
#[derive(Debug)]
pub(crate) struct Visible {
    pub(crate) tail: Tail,
    pub(crate) live: Live,
    pub(crate) directory: Arc<ArcSwap<Directory>>,
    /// The next commit's position.
    pub(crate) durable: Position,
    /// Hub time of the newest group.
    pub(crate) last_group_at: Option<Timestamp>,
    pub(crate) writing: WriteStanding,
}

impl Visible {
    /// Makes a commit visible.
    pub(crate) fn take(&mut self, effects: &mut Effects) {
        for change in &mut effects.changes {
            self.live.take(change);
            self.tail.take(effects.position, change);
            match change {
                // Nobody needs the earlier record any more.
                Effect::Alert { old, .. } => *old = None,
                Effect::Directory(directory) => self.directory.store(Arc::clone(directory)),
                Effect::Key { .. }
                | Effect::Reference { .. }
                | Effect::Mentions { .. }
                | Effect::HandOut { .. } => {}
            }
        }
        self.durable = effects.position.next();
    }

    /// Keys that expired by now are not in use. The newest group's time stands for now: the store has no
    /// clock, and a hub commits all the time.
    fn now(&self) -> Timestamp {
        self.last_group_at.unwrap_or(Timestamp::from_millis(i64::MIN))
    }
}

impl Shared {
    pub(crate) fn new(
        reader: Arc<Reader>,
        index: Index,
        backlog: Backlog,
        observer: Arc<dyn StoreObserver>,
        visible: Visible,
    ) -> Self {
        let directory = Arc::clone(&visible.directory);
        Self { reader, index, backlog, observer, directory, visible: RwLock::new(visible) }
    }

    pub(crate) fn visible(&self) -> RwLockReadGuard<'_, Visible> {
        self.visible.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn visible_mut(&self) -> RwLockWriteGuard<'_, Visible> {
        self.visible.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The directory at its newest version.
    pub(crate) fn directory(&self) -> Arc<Directory> {
        self.directory.load_full()
    }

    pub(crate) fn held(&self, alert: AlertId) -> Result<Option<Arc<Held>>, StoreError> {
        let in_tail = self.visible().tail.alert(alert);
        match in_tail {
            Some(held) => Ok(Some(held)),
            None => Ok(self.index.alert(alert, &self.reader)?.map(Arc::new)),
        }
    }

    pub(crate) fn record(&self, alert: AlertId) -> Result<Option<Arc<AlertRecord>>, StoreError> {
        Ok(self.held(alert)?.map(|held| Arc::clone(&held.record)))
    }

    /// What a key was used for, expired or not.
    pub(crate) fn key(
        &self,
        agency: &AgencyCode,
        key: &IdempotencyKey,
    ) -> Result<Option<KeyUse>, StoreError> {
        let in_tail = self.visible().tail.key(agency, key);
        match in_tail {
            Some(usage) => Ok(Some(usage)),
            None => self.index.key(agency, key),
        }
    }

    /// The first alert of the episode that an agency calls by this reference.
    pub(crate) fn referenced(
        &self,
        agency: &AgencyCode,
        reference: EpisodeReference,
    ) -> Result<Option<AlertId>, StoreError> {
        let in_tail = self.visible().tail.referenced(agency, reference);
        match in_tail {
            Some(alert) => Ok(Some(alert)),
            None => self.index.referenced(agency, reference),
        }
    }

    /// Up to `limit` alerts that mention whom the token may be of, newest first.
    pub(crate) fn mentioned(
        &self,
        token: MentionToken,
        limit: usize,
    ) -> Result<Vec<AlertId>, StoreError> {
        let mut alerts = self.visible().tail.mentioned(token);
        alerts.extend(self.index.mentioned(token, limit)?);
        // Ids tell the time.
        alerts.sort_unstable_by(|one, other| other.cmp(one));
        alerts.dedup();
        alerts.truncate(limit);
        Ok(alerts)
    }

    pub(crate) fn facts(
        &self,
        agency: &AgencyCode,
        key: &IdempotencyKey,
        episode: Option<AlertId>,
    ) -> Result<SubmissionFacts, StoreError> {
        let now = self.visible().now();
        let usage = self.key(agency, key)?.filter(|usage| usage.counts_at(now));
        let load = |alert: Option<AlertId>| alert.map_or(Ok(None), |alert| self.record(alert));
        let earlier = load(usage.map(|usage| usage.alert))?;
        Ok(SubmissionFacts { earlier, episode: load(episode)? })
    }

    pub(crate) fn own_alerts(
        &self,
        agency: &AgencyCode,
        before: Option<AlertId>,
        limit: usize,
    ) -> Result<Vec<Arc<AlertRecord>>, StoreError> {
        let (mut keys, now) = {
            let visible = self.visible();
            (visible.tail.keys_of(agency), visible.now())
        };
        keys.extend(self.index.keys_of(agency)?);
        let mut alerts: Vec<AlertId> = keys
            .into_iter()
            .filter(|usage| usage.counts_at(now))
            .map(|usage| usage.alert)
            .filter(|alert| before.is_none_or(|before| *alert < before))
            .collect();
        alerts.sort_unstable_by(|a, b| b.cmp(a));
        alerts.dedup();
        let some = alerts.into_iter().take(limit);
        some.filter_map(|alert| self.record(alert).transpose()).collect()
    }

    pub(crate) fn handed_out(
        &self,
        mailbox: &MailboxId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<(u64, DeliveryId)>, StoreError> {
        // The tail first: what leaves it meanwhile is in the index by then.
        let recent = self.visible().tail.handed_out(mailbox, after, limit);
        if recent.first().is_some_and(|(first, _)| *first == after.saturating_add(1)) {
            return Ok(recent);
        }
        let mut handed = self.index.handed_out(mailbox, after, limit)?;
        let last = handed.last().map_or(after, |(sequence, _)| *sequence);
        handed.extend(recent.into_iter().filter(|(sequence, _)| *sequence > last));
        handed.truncate(limit);
        Ok(handed)
    }

    pub(crate) fn body(&self, alert: AlertId, body: &BodyRef) -> Result<Sealed, StoreError> {
        let writes = writes_at(&self.reader, body.position)?;
        let found = writes.into_iter().find_map(|write| match write {
            Write::Body { alert: of, sealed } if of == alert && sealed.key == body.key => {
                Some(sealed)
            }
            Write::Body { .. }
            | Write::Alert(_)
            | Write::Key { .. }
            | Write::Reference { .. }
            | Write::Mentions { .. }
            | Write::HandOut { .. }
            | Write::Directory(_) => None,
        });
        found.ok_or_else(|| damaged(body.position, "it does not hold the body"))
    }

    pub(crate) fn recorded(&self, position: Position) -> Result<Option<Recorded>, StoreError> {
        let Some(group) = self.reader.group(position)? else { return Ok(None) };
        let entry = entry_in(&group, position)?;
        Ok(Some(Recorded { entry, group: Arc::new(port_group(&group)) }))
    }

    pub(crate) fn recorded_from(
        &self,
        from: Position,
        limit: usize,
    ) -> Result<Vec<RecordedEntry>, StoreError> {
        let mut entries = Vec::new();
        let mut next = from;
        while entries.len() < limit
            && let Some(group) = self.reader.group(next)?
        {
            while entries.len() < limit && next < group.header.end() {
                entries.push(entry_in(&group, next)?);
                next = next.next();
            }
        }
        Ok(entries)
    }

    pub(crate) fn standing(&self) -> StoreStanding {
        let visible = self.visible();
        // Told before the first commit is refused.
        let taking = matches!(visible.writing, WriteStanding::Open | WriteStanding::DiskFull);
        let stuck = taking && self.backlog.is_stuck();
        let writing = if stuck { WriteStanding::IndexStopped } else { visible.writing };
        StoreStanding {
            writing,
            durable: visible.durable,
            index_backlog: self.backlog.commits(),
            last_group_at: visible.last_group_at,
        }
    }
}

/// The commit at a durable position, decoded.
pub(crate) fn commit_in(
    group: &GroupBytes,
    position: Position,
) -> Result<StoredCommit, StoreError> {
    let bytes = group.commit(position).ok_or_else(|| damaged(position, "its group is short"))?;
    record::decode_commit(bytes).map_err(|_error| damaged(position, "it cannot be decoded"))
}

/// The writes of the commit at a durable position.
pub(crate) fn writes_at(reader: &Reader, position: Position) -> Result<Vec<Write>, StoreError> {
    let group = reader.group(position)?;
    let group = group.ok_or_else(|| damaged(position, "the journal does not reach it"))?;
    Ok(commit_in(&group, position)?.writes)
}

fn entry_in(group: &GroupBytes, position: Position) -> Result<RecordedEntry, StoreError> {
    let entry = commit_in(group, position)?.entry;
    let number = position.0.saturating_sub(group.header.first.0);
    let leaf = usize::try_from(number).ok().and_then(|n| group.leaves().get(n).copied());
    if leaf == Some(entry.leaf_hash()) {
        Ok(entry)
    } else {
        Err(damaged(position, "its leaf hash is another"))
    }
}

/// A group as the port tells it.
pub(crate) fn port_group(group: &GroupBytes) -> Group {
    Group {
        first: group.header.first,
        leaves: group.leaves(),
        root: group.header.root,
        at: group.header.at,
    }
}

fn damaged(position: Position, why: &str) -> StoreError {
    StoreError::Damaged { place: format!("the commit at position {position}: {why}") }
}
