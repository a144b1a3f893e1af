//! The store as simple as it can be said: everything in memory, every query worked out from scratch.
//!
//! The oracle of the conformance suite, and a store for the tests of services. Durable is what it is not.

#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use futures_util::future::BoxFuture;

use super::{
    Commit, Committed, Expect, Group, MailboxStanding, Recorded, Store, StoreError, StoreStanding,
    SubmissionFacts, Write, WriteStanding,
};
use crate::crypto::Sealed;
use crate::domain::alert::BodyRef;
use crate::domain::delivery::DeliveryState;
use crate::domain::directory::Directory;
use crate::domain::{
    AgencyCode, AlertId, AlertRecord, DeliveryId, EpisodeId, EpisodeReference, IdempotencyKey,
    MailboxId, MentionToken, Position, Priority, Timestamp,
};
use crate::merkle::{Hash, root_of};
use crate::record::RecordedEntry;

/// A store in memory.
#[derive(Debug, Default)]
pub struct ModelStore {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    entries: Vec<(RecordedEntry, Timestamp)>,
    alerts: BTreeMap<AlertId, Arc<AlertRecord>>,
    /// The commit in which each delivery first stood.
    queued: BTreeMap<DeliveryId, u64>,
    bodies: BTreeMap<(Position, AlertId), Sealed>,
    keys: BTreeMap<(AgencyCode, IdempotencyKey), (AlertId, Timestamp)>,
    references: BTreeMap<(AgencyCode, EpisodeReference), AlertId>,
    mentions: BTreeSet<(MentionToken, AlertId)>,
    handed: BTreeMap<MailboxId, Vec<DeliveryId>>,
    directory: Arc<Directory>,
}

impl State {
    fn now(&self) -> Timestamp {
        self.entries.last().map_or(Timestamp::from_millis(i64::MIN), |(_, at)| *at)
    }

    fn position(&self) -> Position {
        Position(self.entries.len().try_into().unwrap())
    }

    fn version(&self, alert: AlertId) -> u64 {
        self.alerts.get(&alert).map_or(0, |record| record.version)
    }

    fn next_sequence(&self, mailbox: &MailboxId) -> u64 {
        let count = self.handed.get(mailbox).map_or(0, Vec::len);
        u64::try_from(count).unwrap() + 1
    }

    fn key_in_use(&self, agency: &AgencyCode, key: &IdempotencyKey, now: Timestamp) -> bool {
        let usage = self.keys.get(&(agency.clone(), key.clone()));
        usage.is_some_and(|(_, expires_at)| *expires_at > now)
    }

    fn holds(&self, expect: &Expect, now: Timestamp) -> bool {
        match expect {
            Expect::KeyAbsent { agency, key } => !self.key_in_use(agency, key, now),
            Expect::Reference { agency, reference, alert } => {
                self.references.get(&(agency.clone(), *reference)) == alert.as_ref()
            }
            Expect::AlertVersion { alert, version } => self.version(*alert) == *version,
            Expect::NextSequence { mailbox, sequence } => self.next_sequence(mailbox) == *sequence,
            Expect::Mentioned { token, alerts, limit } => {
                let found = self.mentions.iter().rev().filter(|(of, _)| of == token);
                let found: BTreeSet<AlertId> =
                    found.map(|(_, alert)| *alert).take(*limit).collect();
                found == alerts.iter().copied().collect()
            }
            Expect::DirectoryVersion(version) => self.directory.version == *version,
        }
    }

    fn is_next(&self, write: &Write, now: Timestamp) -> bool {
        match write {
            Write::Alert(record) => record.version == self.version(record.id) + 1,
            Write::Body { .. } | Write::Reference { .. } | Write::Mentions { .. } => true,
            Write::Key { agency, key, .. } => !self.key_in_use(agency, key, now),
            Write::HandOut { mailbox, first_sequence, .. } => {
                *first_sequence == self.next_sequence(mailbox)
            }
            Write::Directory(directory) => directory.version == self.directory.version + 1,
        }
    }

    fn apply(&mut self, position: Position, write: Write) {
        match write {
            Write::Alert(record) => {
                let record = record.settled_at(position);
                for delivery in &record.deliveries {
                    let id = DeliveryId { alert: record.id, number: delivery.number };
                    self.queued.entry(id).or_insert(position.0);
                }
                self.alerts.insert(record.id, Arc::new(record));
            }
            Write::Body { alert, sealed } => {
                self.bodies.insert((position, alert), sealed);
            }
            Write::Key { agency, key, alert, expires_at } => {
                self.keys.insert((agency, key), (alert, expires_at));
            }
            Write::Reference { agency, reference, alert } => {
                self.references.insert((agency, reference), alert);
            }
            Write::Mentions { alert, tokens } => {
                self.mentions.extend(tokens.into_iter().map(|token| (token, alert)));
            }
            Write::HandOut { mailbox, deliveries, .. } => {
                self.handed.entry(mailbox).or_default().extend(deliveries);
            }
            Write::Directory(directory) => self.directory = Arc::from(directory),
        }
    }

    /// What waits: episode, turn and priority of each delivery.
    fn waiting(&self, mailbox: &MailboxId) -> Vec<(EpisodeId, (u64, DeliveryId), Priority)> {
        let mut waiting = Vec::new();
        for record in self.alerts.values() {
            for delivery in &record.deliveries {
                if delivery.mailbox == *mailbox && delivery.state == DeliveryState::Queued {
                    let id = DeliveryId { alert: record.id, number: delivery.number };
                    waiting.push((record.episode, (self.queued[&id], id), delivery.priority));
                }
            }
        }
        waiting
    }

    fn group(&self, position: Position) -> Option<Recorded> {
        let (entry, at) = self.entries.get(usize::try_from(position.0).unwrap())?.clone();
        let leaf = entry.leaf_hash();
        let root = root_of(&[Hash(leaf)]).0;
        let group = Arc::new(Group { first: position, leaves: vec![leaf], root, at });
        Some(Recorded { entry, group })
    }
}

impl ModelStore {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn commit_now(&self, commit: Commit) -> Result<Committed, StoreError> {
        let mut state = self.state();
        let now = state.now().max(commit.at());
        let holds = commit.expects().iter().all(|expect| state.holds(expect, now))
            && commit.writes().iter().all(|write| state.is_next(write, now))
            && changes_nothing_twice(commit.writes());
        if !holds {
            return Err(StoreError::Conflict);
        }
        let position = state.position();
        let (entry, writes, _) = commit.into_parts();
        let mut alerts = Vec::new();
        for write in writes {
            if let Write::Alert(record) = &write {
                alerts.push(Arc::new(record.as_ref().clone().settled_at(position)));
            }
            state.apply(position, write);
        }
        state.entries.push((entry, now));
        let group = state.group(position).unwrap().group;
        Ok(Committed { position, group, alerts })
    }
}

/// Whether every write is about something else.
fn changes_nothing_twice(writes: &[Write]) -> bool {
    let about: Vec<String> = writes
        .iter()
        .filter_map(|write| match write {
            Write::Alert(record) => Some(format!("alert {}", record.id)),
            Write::Body { .. } | Write::Mentions { .. } => None,
            Write::Key { agency, key, .. } => Some(format!("key {agency} {key}")),
            Write::Reference { agency, reference, .. } => {
                Some(format!("reference {agency} {reference:?}"))
            }
            Write::HandOut { mailbox, .. } => Some(format!("mailbox {mailbox}")),
            Write::Directory(_) => Some("directory".to_owned()),
        })
        .collect();
    about.iter().collect::<BTreeSet<_>>().len() == about.len()
}

fn ready<'a, T: Send + 'a>(value: T) -> BoxFuture<'a, T> {
    Box::pin(std::future::ready(value))
}

impl Store for ModelStore {
    fn commit(&self, commit: Commit) -> BoxFuture<'_, Result<Committed, StoreError>> {
        ready(self.commit_now(commit))
    }

    fn submission_facts<'a>(
        &'a self,
        agency: &'a AgencyCode,
        key: &'a IdempotencyKey,
        episode: Option<AlertId>,
    ) -> BoxFuture<'a, Result<SubmissionFacts, StoreError>> {
        let state = self.state();
        let in_use = state.key_in_use(agency, key, state.now());
        let usage = state.keys.get(&(agency.clone(), key.clone())).filter(|_| in_use);
        let earlier = usage.and_then(|(alert, _)| state.alerts.get(alert).cloned());
        let episode = episode.and_then(|alert| state.alerts.get(&alert).cloned());
        ready(Ok(SubmissionFacts { earlier, episode }))
    }

    fn referenced<'a>(
        &'a self,
        agency: &'a AgencyCode,
        reference: EpisodeReference,
    ) -> BoxFuture<'a, Result<Option<AlertId>, StoreError>> {
        ready(Ok(self.state().references.get(&(agency.clone(), reference)).copied()))
    }

    fn mentioned(
        &self,
        token: MentionToken,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<AlertId>, StoreError>> {
        let state = self.state();
        let all = state.mentions.iter().rev().filter(|(of, _)| *of == token);
        ready(Ok(all.map(|(_, alert)| *alert).take(limit).collect()))
    }

    fn alert(&self, alert: AlertId) -> BoxFuture<'_, Result<Option<Arc<AlertRecord>>, StoreError>> {
        ready(Ok(self.state().alerts.get(&alert).cloned()))
    }

    fn own_alerts<'a>(
        &'a self,
        agency: &'a AgencyCode,
        before: Option<AlertId>,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<Arc<AlertRecord>>, StoreError>> {
        let state = self.state();
        let now = state.now();
        let mut own: Vec<AlertId> = state
            .keys
            .iter()
            .filter(|((of, _), (_, expires_at))| of == agency && *expires_at > now)
            .map(|(_, (alert, _))| *alert)
            .filter(|alert| before.is_none_or(|before| *alert < before))
            .collect();
        own.sort_unstable();
        own.dedup();
        let newest_first = own.iter().rev().take(limit);
        ready(Ok(newest_first.filter_map(|alert| state.alerts.get(alert).cloned()).collect()))
    }

    fn body<'a>(
        &'a self,
        alert: AlertId,
        body: &'a BodyRef,
    ) -> BoxFuture<'a, Result<Sealed, StoreError>> {
        let found = self.state().bodies.get(&(body.position, alert)).cloned();
        let found = found.filter(|sealed| sealed.key == body.key);
        ready(found.ok_or(StoreError::Damaged { place: "no such body".into() }))
    }

    fn waiting<'a>(
        &'a self,
        mailbox: &'a MailboxId,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<DeliveryId>, StoreError>> {
        let mut waiting = self.state().waiting(mailbox);
        let mut order = Vec::new();
        while order.len() < limit && !waiting.is_empty() {
            // The episode with the most urgent delivery, then the one whose first delivery is oldest.
            let rank = |episode: EpisodeId| {
                let of = || waiting.iter().filter(move |(id, _, _)| *id == episode);
                let urgent = of().map(|(_, _, priority)| *priority).min();
                (urgent, of().map(|(_, turn, _)| *turn).min())
            };
            let (episode, _, _) =
                *waiting.iter().min_by_key(|(episode, _, _)| rank(*episode)).unwrap();
            let (_, first) = rank(episode);
            order.push(first.unwrap().1);
            waiting.retain(|(_, turn, _)| Some(*turn) != first);
        }
        ready(Ok(order))
    }

    fn handed_out<'a>(
        &'a self,
        mailbox: &'a MailboxId,
        after: u64,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<(u64, DeliveryId)>, StoreError>> {
        let state = self.state();
        let all = state.handed.get(mailbox).cloned().unwrap_or_default();
        let above = (1_u64..).zip(all).filter(|(sequence, _)| *sequence > after);
        ready(Ok(above.take(limit).collect()))
    }

    fn mailbox<'a>(
        &'a self,
        mailbox: &'a MailboxId,
    ) -> BoxFuture<'a, Result<MailboxStanding, StoreError>> {
        let state = self.state();
        let last_sequence = state.next_sequence(mailbox) - 1;
        let waiting = state.waiting(mailbox).len().try_into().unwrap();
        ready(Ok(MailboxStanding { last_sequence, waiting }))
    }

    fn due(&self, now: Timestamp, limit: usize) -> BoxFuture<'_, Result<Vec<AlertId>, StoreError>> {
        let state = self.state();
        let mut due: Vec<(Timestamp, AlertId)> = state
            .alerts
            .values()
            .filter_map(|record| Some((record.next_due()?, record.id)))
            .filter(|(at, _)| *at <= now)
            .collect();
        due.sort_unstable();
        ready(Ok(due.into_iter().map(|(_, alert)| alert).take(limit).collect()))
    }

    fn next_due(&self) -> BoxFuture<'_, Result<Option<Timestamp>, StoreError>> {
        let state = self.state();
        ready(Ok(state.alerts.values().filter_map(|record| record.next_due()).min()))
    }

    fn directory(&self) -> Arc<Directory> {
        Arc::clone(&self.state().directory)
    }

    fn recorded(&self, position: Position) -> BoxFuture<'_, Result<Option<Recorded>, StoreError>> {
        ready(Ok(self.state().group(position)))
    }

    fn recorded_from(
        &self,
        from: Position,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<RecordedEntry>, StoreError>> {
        let state = self.state();
        let from = usize::try_from(from.0).unwrap();
        let some = state.entries.iter().skip(from).take(limit);
        ready(Ok(some.map(|(entry, _)| entry.clone()).collect()))
    }

    fn leaf_hashes_from(
        &self,
        from: Position,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<[u8; 32]>, StoreError>> {
        let state = self.state();
        let from = usize::try_from(from.0).unwrap();
        let some = state.entries.iter().skip(from).take(limit);
        ready(Ok(some.map(|(entry, _)| entry.leaf_hash()).collect()))
    }

    fn standing(&self) -> StoreStanding {
        let state = self.state();
        StoreStanding {
            writing: WriteStanding::Open,
            durable: state.position(),
            index_backlog: 0,
            last_group_at: state.entries.last().map(|(_, at)| *at),
        }
    }
}
