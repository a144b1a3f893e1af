//! One suite for every engine: the same history gives the same answers.
//!
//! Histories are random and small in names, so that keys collide, versions conflict and mailboxes fill. Every
//! answer of the embedded engine is compared with the model's, half of the time while the index has nothing
//! new and the tail everything, half of the time the other way round.

#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic")]

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;

use super::embedded::{EmbeddedOptions, EmbeddedStore, Unobserved};
use super::fixture::{
    AT, agency, alert, alert_id, changes, data_key, delivery, delivery_id, directory, hands_out,
    key, mailbox, next, notes, sealed, seconds, submits_raw, with_rung,
};
use super::model::ModelStore;
use super::{Commit, Expect, Store, StoreError, Write};
use crate::domain::delivery::{AckOutcome, EndReason};
use crate::domain::{
    AlertRecord, DeliveryId, EpisodeId, EpisodeReference, MentionToken, Position, Priority, Span,
    Timestamp, UserId,
};
use crate::merkle::{Hash, root_of};

const MAILBOXES: [&str; 3] = ["CADT", "EDT", "CADT/lead"];
const AGENCIES: [&str; 2] = ["MERPOL", "WUTH-AED"];
const ALERTS: u64 = 8;

/// One step of a history. Numbers are taken modulo what there is.
#[derive(Clone, Debug)]
enum Step {
    Submit(Submission),
    HandOut {
        to: usize,
        count: usize,
        first_off_by: u64,
    },
    Call {
        number: u64,
        to: usize,
        priority: usize,
        stale: bool,
    },
    Acknowledge {
        number: u64,
    },
    End {
        number: u64,
    },
    Both {
        one: u64,
        other: u64,
    },
    Directory {
        version_off_by: u64,
    },
    Note,
    /// Hub time goes on.
    Wait {
        hours: i64,
    },
    /// The index is held back or let go.
    Hold(bool),
    /// A stop, in order or not, and a start.
    Restart {
        clean: bool,
    },
}

/// An alert of an agency under one of a few keys: which mailboxes, how urgent.
#[derive(Clone, Debug)]
struct Submission {
    number: u64,
    agency: usize,
    key: u8,
    episode: Option<u64>,
    /// One of a few references, and whether what it names by now is expected right.
    reference: Option<(u8, bool)>,
    to: Vec<(usize, usize)>,
}

fn step() -> impl Strategy<Value = Step> {
    let number = 0..ALERTS;
    let to = || vec((0..MAILBOXES.len(), 0..Priority::ALL.len()), 0..4);
    prop_oneof![
        6 => (
            (number.clone(), 0..AGENCIES.len(), 0_u8..5, proptest::option::of(number.clone())),
            proptest::option::of((0_u8..3, proptest::bool::weighted(0.8))),
            to(),
        )
            .prop_map(|((number, agency, key, episode), reference, to)| {
                Step::Submit(Submission { number, agency, key, episode, reference, to })
            }),
        4 => (0..MAILBOXES.len(), 0_usize..4, prop_oneof![6 => Just(0_u64), 1 => 1_u64..3])
            .prop_map(|(to, count, first_off_by)| Step::HandOut { to, count, first_off_by }),
        3 => (number.clone(), 0..MAILBOXES.len(), 0..Priority::ALL.len(), proptest::bool::weighted(0.2))
            .prop_map(|(number, to, priority, stale)| Step::Call { number, to, priority, stale }),
        2 => number.clone().prop_map(|number| Step::Acknowledge { number }),
        2 => number.clone().prop_map(|number| Step::End { number }),
        1 => (number.clone(), number).prop_map(|(one, other)| Step::Both { one, other }),
        1 => (0_u64..2).prop_map(|version_off_by| Step::Directory { version_off_by }),
        1 => Just(Step::Note),
        1 => prop_oneof![Just(1), Just(400), Just(721)].prop_map(|hours| Step::Wait { hours }),
        2 => any::<bool>().prop_map(Step::Hold),
        1 => any::<bool>().prop_map(|clean| Step::Restart { clean }),
    ]
}

/// The model and the engine side by side.
struct Pair {
    model: ModelStore,
    data: tempfile::TempDir,
    engine: Option<EmbeddedStore>,
    now: Timestamp,
    entries: u64,
}

impl Pair {
    fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let engine = Some(open(&data));
        Self { model: ModelStore::default(), data, engine, now: AT, entries: 0 }
    }

    fn engine(&self) -> &EmbeddedStore {
        self.engine.as_ref().unwrap()
    }

    async fn take(&mut self, step: &Step) {
        match step {
            Step::Wait { hours } => self.now = self.now.plus(Span::hours(*hours)),
            Step::Hold(held) => self.engine().hold_index(*held),
            Step::Restart { clean } => {
                if *clean {
                    self.engine().close().unwrap();
                }
                self.engine = None;
                self.engine = Some(open(&self.data));
            }
            Step::Submit(_)
            | Step::HandOut { .. }
            | Step::Call { .. }
            | Step::Acknowledge { .. }
            | Step::End { .. }
            | Step::Both { .. }
            | Step::Directory { .. }
            | Step::Note => {
                self.now = self.now.plus(Span::seconds(1));
                if let Some((one, twin)) = self.commits(step).await {
                    self.commit(one, twin).await;
                }
            }
        }
    }

    /// The step as a commit, twice: a commit is not to be copied.
    async fn commits(&self, step: &Step) -> Option<(Commit, Commit)> {
        Some((self.as_commit(step).await?, self.as_commit(step).await?))
    }

    async fn as_commit(&self, step: &Step) -> Option<Commit> {
        match step {
            Step::Submit(submission) => Some(self.submission(submission).await),
            Step::HandOut { to, count, first_off_by } => {
                let to = mailbox(MAILBOXES[*to]);
                let deliveries = self.model.waiting(&to, *count).await.unwrap();
                let mut records: Vec<AlertRecord> = Vec::new();
                for delivery in &deliveries {
                    if !records.iter().any(|record| record.id == delivery.alert) {
                        let held = self.model.alert(delivery.alert).await.unwrap().unwrap();
                        records.push(held.as_ref().clone());
                    }
                }
                let last = self.model.mailbox(&to).await.unwrap().last_sequence;
                let first = last + 1 + first_off_by;
                Some(hands_out(&to, first, &records, &deliveries, self.now))
            }
            Step::Call { number, to, priority, stale } => {
                let mut record = self.record(*number).await?;
                record.version -= u64::from(*stale && record.version > 1);
                let called = next(&record, |record| {
                    let number = u32::try_from(record.deliveries.len()).unwrap();
                    let priority = Priority::ALL[*priority];
                    record.deliveries.push(delivery(number, MAILBOXES[*to], priority));
                });
                Some(changes(self.now, &[called]))
            }
            Step::Acknowledge { number } => {
                let record = self.record(*number).await?;
                let by = UserId::try_from("u-1").unwrap();
                let taken = next(&record, |record| {
                    for held in &mut record.deliveries {
                        let taken =
                            held.clone().acknowledge(by.clone(), AckOutcome::Accepted, self.now);
                        *held = taken.unwrap_or_else(|_not_possible| held.clone());
                    }
                });
                Some(changes(self.now, &[taken]))
            }
            Step::End { number } => {
                let record = self.record(*number).await?;
                let ended = next(&record, |record| {
                    if let Some(held) = record.deliveries.first_mut() {
                        *held = held.clone().end(EndReason::LookoutPurged);
                    }
                });
                Some(changes(self.now, &[ended]))
            }
            Step::Both { one, other } => {
                let (one, other) = (self.record(*one).await?, self.record(*other).await?);
                // The same alert twice in one commit is refused by both.
                let follows = next(&one, |record| record.followers.push(other.id));
                Some(changes(self.now, &[follows, next(&other, |_| ())]))
            }
            Step::Directory { version_off_by } => {
                Some(directory(self.model.directory().version + 1 + version_off_by, self.now))
            }
            Step::Note => Some(notes(self.now)),
            Step::Wait { .. } | Step::Hold(_) | Step::Restart { .. } => None,
        }
    }

    async fn submission(&self, step: &Submission) -> Commit {
        let mut record = alert(step.number);
        record.sender = agency(AGENCIES[step.agency]);
        record.key = key(&format!("k-{}", step.key));
        record.received_at = self.now;
        if let Some(episode) = step.episode {
            record.episode = EpisodeId::from(alert_id(episode));
        }
        record.deliveries = (0..)
            .zip(&step.to)
            .map(|(number, (to, priority))| {
                let queued = delivery(number, MAILBOXES[*to], Priority::ALL[*priority]);
                let minutes = i64::from(number) * 15;
                with_rung(queued, self.now.plus(Span::minutes(minutes)))
            })
            .collect();
        let (agency, key) = (record.sender.clone(), record.key.clone());
        // Half of the time only the write itself says that the key is new.
        let mut expects = if step.key.is_multiple_of(2) {
            vec![Expect::KeyAbsent { agency: agency.clone(), key: key.clone() }]
        } else {
            vec![Expect::AlertVersion { alert: record.id, version: 0 }]
        };
        let expires_at = self.now.plus(Span::days(30));
        let id = record.id;
        let mut writes = vec![
            Write::Alert(Box::new(record)),
            Write::Body { alert: id, sealed: sealed(50 + usize::from(step.key)) },
            Write::Key { agency: agency.clone(), key, alert: id, expires_at },
        ];
        if let Some((number, is_right)) = step.reference {
            let reference = EpisodeReference::from_bytes([number; 32]);
            let named = self.model.referenced(&agency, reference).await.unwrap();
            let alert = if is_right { named } else { Some(alert_id(ALERTS + 1)) };
            expects.push(Expect::Reference { agency: agency.clone(), reference, alert });
            writes.push(Write::Reference { agency, reference, alert: id });
        }
        // A person is found by few tokens; some alerts share one.
        let tokens =
            [step.key % 3, step.key % 5].map(|token| MentionToken::from_bytes([token; 16]));
        writes.push(Write::Mentions { alert: id, tokens: tokens.to_vec() });
        submits_raw(self.now, writes, expects)
    }

    async fn record(&self, number: u64) -> Option<AlertRecord> {
        let held = self.model.alert(alert_id(number)).await.unwrap()?;
        Some(held.as_ref().clone())
    }

    async fn commit(&mut self, one: Commit, twin: Commit) {
        let expected = self.model.commit(one).await;
        let found = self.engine().commit(twin).await;
        match (expected, found) {
            (Ok(expected), Ok(found)) => {
                assert_eq!(found.position, expected.position);
                assert_eq!(found.group.at, expected.group.at);
                self.entries += 1;
            }
            (Err(StoreError::Conflict), Err(StoreError::Conflict)) => {}
            (expected, found) => panic!("expected {expected:?}, found {found:?}"),
        }
    }

    /// Asks both everything.
    async fn compare(&self) {
        self.compare_alerts().await;
        self.compare_mailboxes().await;
        self.compare_entries().await;
        let (model, engine) = (&self.model, self.engine());
        assert_eq!(engine.directory(), model.directory());
        assert_eq!(engine.next_due().await.unwrap(), model.next_due().await.unwrap());
        for limit in [1, 100] {
            let at = self.now.plus(Span::minutes(20));
            let expected = model.due(at, limit).await.unwrap();
            assert_eq!(engine.due(at, limit).await.unwrap(), expected);
        }
        let (found, expected) = (engine.standing(), model.standing());
        assert_eq!(found.durable, expected.durable);
        assert_eq!(found.last_group_at, expected.last_group_at);
        assert_eq!(found.writing, expected.writing);
    }

    async fn compare_alerts(&self) {
        let (model, engine) = (&self.model, self.engine());
        for number in 0..=ALERTS {
            let expected = model.alert(alert_id(number)).await.unwrap();
            assert_eq!(engine.alert(alert_id(number)).await.unwrap(), expected);
            if let Some(body) = expected.and_then(|record| record.body.clone()) {
                let id = alert_id(number);
                let expected = model.body(id, &body).await.unwrap();
                assert_eq!(engine.body(id, &body).await.unwrap(), expected);
                let mut other = body;
                other.key = data_key(99);
                let refused = engine.body(id, &other).await;
                assert!(matches!(refused, Err(StoreError::Damaged { .. })));
            }
        }
        for (token, limit) in [(0, 100), (1, 100), (1, 2), (2, 1), (4, 0), (9, 100)] {
            let token = MentionToken::from_bytes([token; 16]);
            let expected = model.mentioned(token, limit).await.unwrap();
            assert_eq!(engine.mentioned(token, limit).await.unwrap(), expected);
        }
        for agency in AGENCIES.map(agency) {
            for (before, limit) in [(None, 100), (Some(alert_id(4)), 2), (None, 0)] {
                let expected = model.own_alerts(&agency, before, limit).await.unwrap();
                let found = engine.own_alerts(&agency, before, limit).await.unwrap();
                assert_eq!(found, expected);
            }
            for number in 0..4 {
                let reference = EpisodeReference::from_bytes([number; 32]);
                let expected = model.referenced(&agency, reference).await.unwrap();
                assert_eq!(engine.referenced(&agency, reference).await.unwrap(), expected);
            }
            for used in 0..5 {
                let key = key(&format!("k-{used}"));
                let episode = Some(alert_id(used));
                let expected = model.submission_facts(&agency, &key, episode).await.unwrap();
                let found = engine.submission_facts(&agency, &key, episode).await.unwrap();
                assert_eq!(found.earlier, expected.earlier);
                assert_eq!(found.episode, expected.episode);
            }
        }
    }

    async fn compare_mailboxes(&self) {
        let (model, engine) = (&self.model, self.engine());
        for to in MAILBOXES.map(mailbox) {
            assert_eq!(engine.mailbox(&to).await.unwrap(), model.mailbox(&to).await.unwrap());
            for limit in [0, 1, 3, 100] {
                let expected = model.waiting(&to, limit).await.unwrap();
                assert_eq!(engine.waiting(&to, limit).await.unwrap(), expected);
            }
            for (after, limit) in [(0, 100), (0, 1), (1, 2), (3, 100), (100, 1), (u64::MAX, 1)] {
                let expected = model.handed_out(&to, after, limit).await.unwrap();
                assert_eq!(engine.handed_out(&to, after, limit).await.unwrap(), expected);
            }
        }
    }

    async fn compare_entries(&self) {
        let (model, engine) = (&self.model, self.engine());
        for (from, limit) in [(0, 1_000), (2, 3), (self.entries, 5), (self.entries + 9, 1)] {
            let from = Position(from);
            let expected = model.recorded_from(from, limit).await.unwrap();
            assert_eq!(engine.recorded_from(from, limit).await.unwrap(), expected);
            let expected = model.leaf_hashes_from(from, limit).await.unwrap();
            assert_eq!(engine.leaf_hashes_from(from, limit).await.unwrap(), expected);
        }
        for position in [0, self.entries / 2, self.entries] {
            let position = Position(position);
            let expected = model.recorded(position).await.unwrap();
            let found = engine.recorded(position).await.unwrap();
            let entry = |recorded: &super::Recorded| recorded.entry.clone();
            assert_eq!(found.as_ref().map(entry), expected.as_ref().map(entry));
            if let Some(found) = found {
                let number = usize::try_from(position.0 - found.group.first.0).unwrap();
                assert_eq!(found.group.leaves[number], found.entry.leaf_hash());
                let leaves: Vec<Hash> = found.group.leaves.iter().copied().map(Hash).collect();
                assert_eq!(found.group.root, root_of(&leaves).0);
            }
        }
    }
}

fn open(data: &tempfile::TempDir) -> EmbeddedStore {
    let options = EmbeddedOptions { segment_bytes: 32 * 1024, ..EmbeddedOptions::new(data.path()) };
    EmbeddedStore::open(&options, Arc::new(Unobserved), None).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_embedded_engine_answers_as_the_model_does(history in vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut pair = Pair::new();
            for (number, step) in history.iter().enumerate() {
                pair.take(step).await;
                if number % 5 == 4 {
                    pair.compare().await;
                }
            }
            // Once from the tail as far as it is held, once from the index, once after a start.
            pair.compare().await;
            pair.engine().hold_index(false);
            pair.engine().drain_index();
            pair.compare().await;
            pair.take(&Step::Restart { clean: false }).await;
            pair.compare().await;
        });
    }
}

/// Runs a check on a new store of every engine.
macro_rules! on_every_engine {
    ($($name:ident => $check:path;)+) => {$(
        #[tokio::test]
        async fn $name() {
            $check(&ModelStore::default()).await;
            let data = tempfile::tempdir().unwrap();
            $check(&open(&data)).await;
        }
    )+};
}

on_every_engine! {
    a_commit_whose_expectation_fails_changes_nothing_at_all => refused_whole;
    an_episode_keeps_its_order_and_goes_by_its_most_urgent => episode_order;
    a_delivery_waits_until_it_is_handed_out_and_not_after => waits_once;
    a_key_belongs_to_its_agency => keys_apart;
    a_reference_names_the_newest_episode_of_its_agency_alone => references_apart;
    who_decided_before_another_was_mentioned_decides_again_and_others_do_not => mentions_seen;
}

async fn refused_whole(store: &dyn Store) {
    store.commit(super::fixture::submits(&alert(1))).await.unwrap();
    let mut other = alert(2);
    other.deliveries = vec![delivery(0, "CADT", Priority::P1)];
    let writes = vec![
        Write::Alert(Box::new(other.clone())),
        Write::Key {
            agency: agency("MERPOL"),
            key: key("key-2"),
            alert: other.id,
            expires_at: seconds(60),
        },
    ];
    let expects = vec![
        Expect::AlertVersion { alert: other.id, version: 0 },
        Expect::AlertVersion { alert: alert_id(1), version: 7 },
    ];

    let refused = store.commit(submits_raw(AT, writes, expects)).await;

    assert!(matches!(refused, Err(StoreError::Conflict)));
    assert!(store.alert(other.id).await.unwrap().is_none());
    assert_eq!(store.waiting(&mailbox("CADT"), 9).await.unwrap(), []);
    let facts = store.submission_facts(&agency("MERPOL"), &key("key-2"), None).await.unwrap();
    assert!(facts.earlier.is_none());
    assert_eq!(store.standing().durable, Position(1));
    assert!(store.recorded(Position(1)).await.unwrap().is_none());
}

async fn episode_order(store: &dyn Store) {
    for (number, episode, priority) in [
        (1, 1, Priority::P3),
        (2, 2, Priority::P2),
        (3, 1, Priority::P1),
        (4, 1, Priority::P5),
        (5, 5, Priority::P4),
    ] {
        let mut record = alert(number);
        record.episode = EpisodeId::from(alert_id(episode));
        record.deliveries = vec![delivery(0, "CADT", priority)];
        store.commit(super::fixture::submits(&record)).await.unwrap();
    }

    let waiting = store.waiting(&mailbox("CADT"), 9).await.unwrap();

    let order: Vec<DeliveryId> = [1, 3, 2, 5, 4].map(|number| delivery_id(number, 0)).into();
    assert_eq!(waiting, order);
}

async fn waits_once(store: &dyn Store) {
    let mut record = alert(1);
    record.deliveries = vec![delivery(0, "CADT", Priority::P1), delivery(1, "CADT", Priority::P1)];
    store.commit(super::fixture::submits(&record)).await.unwrap();
    let to = mailbox("CADT");

    let handed = hands_out(&to, 1, &[record], &[delivery_id(1, 0)], seconds(1));
    store.commit(handed).await.unwrap();

    assert_eq!(store.waiting(&to, 9).await.unwrap(), [delivery_id(1, 1)]);
    assert_eq!(store.handed_out(&to, 0, 9).await.unwrap(), [(1, delivery_id(1, 0))]);
    let standing = store.mailbox(&to).await.unwrap();
    assert_eq!((standing.last_sequence, standing.waiting), (1, 1));
    assert_eq!(store.waiting(&mailbox("EDT"), 9).await.unwrap(), []);
}

async fn references_apart(store: &dyn Store) {
    let reference = EpisodeReference::from_bytes([1; 32]);
    let names = |code: &str, number, before: Option<u64>| {
        let (agency, alert) = (agency(code), alert_id(number));
        let before = before.map(alert_id);
        let expects = vec![Expect::Reference { agency: agency.clone(), reference, alert: before }];
        submits_raw(AT, vec![Write::Reference { agency, reference, alert }], expects)
    };
    store.commit(names("MERPOL", 1, None)).await.unwrap();
    store.commit(names("CADT", 2, None)).await.unwrap();

    // Who decided before another named an episode so must decide again.
    let late = store.commit(names("MERPOL", 3, None)).await;
    assert!(matches!(late, Err(StoreError::Conflict)));
    store.commit(names("MERPOL", 4, Some(1))).await.unwrap();

    for (code, expected) in [("MERPOL", Some(4)), ("CADT", Some(2)), ("EDT", None)] {
        let found = store.referenced(&agency(code), reference).await.unwrap();
        assert_eq!(found, expected.map(alert_id), "{code}");
    }
}

async fn mentions_seen(store: &dyn Store) {
    let token = |of: u8| MentionToken::from_bytes([of; 16]);
    let mentions = |number: u64, of: u8, seen: &[u64]| {
        let seen = seen.iter().copied().map(alert_id).collect();
        let expects = vec![Expect::Mentioned { token: token(of), alerts: seen, limit: 2 }];
        let (alert, tokens) = (alert_id(number), vec![token(of)]);
        store.commit(submits_raw(AT, vec![Write::Mentions { alert, tokens }], expects))
    };
    mentions(1, 1, &[]).await.unwrap();

    // At the same instant, on the same knowledge: one decides again. Who is about somebody else does not wait for it.
    let (first, second, other) =
        tokio::join!(mentions(2, 1, &[1]), mentions(3, 1, &[1]), mentions(4, 2, &[]));

    other.unwrap();
    assert_ne!(first.is_ok(), second.is_ok());
    for lost in [first, second] {
        assert!(lost.is_ok() || matches!(lost, Err(StoreError::Conflict)));
    }
    let found = store.mentioned(token(1), 9).await.unwrap();
    assert_eq!(found.len(), 2);
    let late = mentions(5, 1, &[1]).await;
    assert!(matches!(late, Err(StoreError::Conflict)));
    let newest: Vec<u64> = if found.contains(&alert_id(2)) { vec![1, 2] } else { vec![3, 1] };
    mentions(5, 1, &newest).await.unwrap();
}

async fn keys_apart(store: &dyn Store) {
    store.commit(super::fixture::submits(&alert(1))).await.unwrap();
    let mut same_key = alert(2);
    same_key.sender = agency("WUTH-AED");
    same_key.key = key("key-1");
    store.commit(super::fixture::submits(&same_key)).await.unwrap();
    let mut twice = alert(3);
    twice.key = key("key-1");

    assert!(matches!(
        store.commit(super::fixture::submits(&twice)).await,
        Err(StoreError::Conflict)
    ));

    let own = store.own_alerts(&agency("WUTH-AED"), None, 9).await.unwrap();
    assert_eq!(own.iter().map(|record| record.id).collect::<Vec<_>>(), [alert_id(2)]);
}
