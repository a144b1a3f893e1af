//! What is there again after a stop: everything, in the same order, under the same numbers.

use std::fs;
use std::path::Path;

use super::{open, options, try_open};
use crate::domain::delivery::{EndReason, Purpose};
use crate::domain::{AlertRecord, Position, Priority, Span};
use crate::store::embedded::error::OpenError;
use crate::store::embedded::event::StoreEvent;
use crate::store::embedded::{EmbeddedStore, Unobserved};
use crate::store::fixture::{
    AT, agency, alert, alert_id, changes, delivery, delivery_id, directory, hands_out, key,
    mailbox, next, notes, sealed, seconds, submits, submits_with, with_rung,
};
use crate::store::{Store, StoreError, WriteStanding};

/// Two alerts of one episode and one of another, waiting at CADT; one handed out.
async fn busy(store: &EmbeddedStore) {
    let mut first = alert(1);
    first.deliveries = vec![
        delivery(0, "CADT", Priority::P4),
        with_rung(delivery(1, "EDT", Priority::P2), seconds(900)),
    ];
    let mut second = alert(2);
    second.episode = first.episode;
    second.deliveries = vec![delivery(0, "CADT", Priority::P1)];
    let mut other = alert(3);
    other.deliveries = vec![delivery(0, "CADT", Priority::P2)];
    store.commit(submits(&other)).await.unwrap();
    store.commit(submits(&first)).await.unwrap();
    store.commit(submits(&second)).await.unwrap();
    let edt = mailbox("EDT");
    let first = record(store, 1).await;
    let handed = hands_out(&edt, 1, &[first], &[delivery_id(1, 1)], seconds(5));
    store.commit(handed).await.unwrap();
    // A rung of the first alert's ladder, queued after the second alert was.
    let first = record(store, 1).await;
    let called = next(&first, |record| {
        let mut rung = delivery(2, "CADT", Priority::P4);
        rung.purpose = Purpose::Level3;
        record.deliveries.push(rung);
    });
    store.commit(changes(seconds(10), &[called])).await.unwrap();
    store.commit(directory(1, seconds(11))).await.unwrap();
}

async fn record(store: &EmbeddedStore, number: u64) -> AlertRecord {
    store.alert(alert_id(number)).await.unwrap().unwrap().as_ref().clone()
}

async fn check_busy(store: &EmbeddedStore) {
    let (cadt, edt) = (mailbox("CADT"), mailbox("EDT"));
    // The episode with a P1 in it goes first, in its own order; then the other.
    let order = [delivery_id(1, 0), delivery_id(2, 0), delivery_id(3, 0), delivery_id(1, 2)];
    assert_eq!(store.waiting(&cadt, 9).await.unwrap(), order);
    assert_eq!(store.waiting(&cadt, 2).await.unwrap(), order[..2]);
    assert_eq!(store.mailbox(&cadt).await.unwrap().waiting, 4);
    assert_eq!(store.waiting(&edt, 9).await.unwrap(), []);
    assert_eq!(store.mailbox(&edt).await.unwrap().last_sequence, 1);
    assert_eq!(store.handed_out(&edt, 0, 9).await.unwrap(), [(1, delivery_id(1, 1))]);
    assert_eq!(store.handed_out(&edt, 1, 9).await.unwrap(), []);
    assert_eq!(store.next_due().await.unwrap(), Some(seconds(900)));
    assert_eq!(store.due(seconds(900), 9).await.unwrap(), [alert_id(1)]);
    assert_eq!(store.due(seconds(899), 9).await.unwrap(), []);
    assert_eq!(store.directory().version, 1);
    let own = store.own_alerts(&agency("MERPOL"), None, 9).await.unwrap();
    let own: Vec<_> = own.iter().map(|record| record.id).collect();
    assert_eq!(own, [alert_id(3), alert_id(2), alert_id(1)]);
    let (merpol, used) = (agency("MERPOL"), key("key-2"));
    let facts = store.submission_facts(&merpol, &used, Some(alert_id(1))).await.unwrap();
    assert_eq!(facts.earlier.unwrap().id, alert_id(2));
    assert_eq!(facts.episode.unwrap().version, 3);
    let first = record(store, 1).await;
    assert_eq!(first.submitted, Position(1));
    assert_eq!(first.deliveries[1].delivered.as_ref().unwrap().position, Position(3));
    let body = store.body(first.id, first.body.as_ref().unwrap()).await.unwrap();
    assert_eq!(body, sealed(200));
    assert_eq!(store.standing().durable, Position(6));
    assert_eq!(store.standing().last_group_at, Some(seconds(11)));
}

#[tokio::test]
async fn after_an_orderly_stop_everything_is_there_in_its_order() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    assert!(store.was_clean(), "a new store");
    busy(&store).await;
    check_busy(&store).await;
    store.close().unwrap();
    drop(store);

    let (store, heard) = try_open(directory.path()).unwrap();

    assert!(store.was_clean());
    assert_eq!(heard.events(), []);
    check_busy(&store).await;
}

#[tokio::test]
async fn after_a_crash_everything_is_there_in_its_order_however_far_the_index_was() {
    for applied in [false, true] {
        let directory = tempfile::tempdir().unwrap();
        let store = open(directory.path());
        store.shared.backlog.pause(!applied);
        busy(&store).await;
        if applied {
            store.shared.backlog.drain();
        }
        check_busy(&store).await;
        drop(store);

        let (store, heard) = try_open(directory.path()).unwrap();

        assert!(!store.was_clean());
        assert!(heard.any(|event| matches!(event, StoreEvent::UncleanStart { .. })));
        check_busy(&store).await;
    }
}

#[tokio::test]
async fn numbers_go_on_after_a_restart_without_a_gap_or_a_repeat() {
    let directory = tempfile::tempdir().unwrap();
    let edt = mailbox("EDT");
    let mut expected = Vec::new();
    let mut number = 0_u64;

    // More than a chunk of the index, over several stops.
    for round in 0..4_u64 {
        let store = open(directory.path());
        for _ in 0..60 {
            number += 1;
            let mut record = alert(number);
            record.deliveries = vec![delivery(0, "EDT", Priority::P3)];
            store.commit(submits(&record)).await.unwrap();
            let last = store.mailbox(&edt).await.unwrap().last_sequence;
            assert_eq!(last, number - 1);
            let repeated = hands_out(&edt, last, &[], &[], AT);
            assert!(matches!(store.commit(repeated).await, Err(StoreError::Conflict)));
            let gap = hands_out(&edt, last + 2, &[], &[], AT);
            assert!(matches!(store.commit(gap).await, Err(StoreError::Conflict)));
            let handed =
                hands_out(&edt, last + 1, &[record], &[delivery_id(number, 0)], seconds(1));
            store.commit(handed).await.unwrap();
            expected.push((number, delivery_id(number, 0)));
        }
        if round % 2 == 0 {
            store.close().unwrap();
        }
    }

    let store = open(directory.path());
    assert_eq!(store.handed_out(&edt, 0, 1_000).await.unwrap(), expected);
    assert_eq!(store.handed_out(&edt, 198, 4).await.unwrap(), expected[198..202]);
    assert_eq!(store.mailbox(&edt).await.unwrap().waiting, 0);
}

#[tokio::test]
async fn a_record_too_large_for_the_index_is_read_from_the_journal() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let mut record = alert(1);
    record.followers = (10..2_000).map(alert_id).collect();
    record.deliveries = vec![delivery(0, "CADT", Priority::P1)];
    store.commit(submits(&record)).await.unwrap();
    let longer = next(&record.clone().settled_at(Position(0)), |record| {
        record.followers.push(alert_id(3_000));
        record.deliveries.push(delivery(1, "CADT", Priority::P1));
    });
    store.commit(changes(seconds(1), std::slice::from_ref(&longer))).await.unwrap();
    store.shared.backlog.drain();

    assert_eq!(*store.alert(record.id).await.unwrap().unwrap(), longer);
    drop(store);
    let store = open(directory.path());
    assert_eq!(*store.alert(record.id).await.unwrap().unwrap(), longer);
    let order = [delivery_id(1, 0), delivery_id(1, 1)];
    assert_eq!(store.waiting(&mailbox("CADT"), 9).await.unwrap(), order);
}

#[tokio::test]
async fn an_ended_delivery_no_longer_waits_and_an_expired_key_may_be_used_anew() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    busy(&store).await;
    let other = record(&store, 3).await;
    let ended = next(&other, |record| {
        record.deliveries[0] = record.deliveries[0].clone().end(EndReason::Cancelled);
    });
    store.commit(changes(seconds(20), &[ended])).await.unwrap();
    assert_eq!(store.mailbox(&mailbox("CADT")).await.unwrap().waiting, 3);

    let later = AT.plus(Span::days(30));
    let mut anew = alert(9);
    anew.key = key("key-1");
    anew.received_at = later.minus(Span::millis(1));
    assert!(matches!(store.commit(submits(&anew)).await, Err(StoreError::Conflict)));
    anew.received_at = later;
    store.commit(submits(&anew)).await.unwrap();

    for _ in 0..2 {
        let facts = store.submission_facts(&agency("MERPOL"), &key("key-1"), None).await.unwrap();
        assert_eq!(facts.earlier.unwrap().id, alert_id(9));
        let own = store.own_alerts(&agency("MERPOL"), None, 9).await.unwrap();
        assert_eq!(own.len(), 1, "only what was sent in the last 30 days");
        store.shared.backlog.drain();
    }
    store.close().unwrap();
    drop(store);
    let store = open(directory.path());
    assert_eq!(store.own_alerts(&agency("MERPOL"), None, 9).await.unwrap().len(), 1);
    assert_eq!(store.mailbox(&mailbox("CADT")).await.unwrap().waiting, 3);
}

#[tokio::test]
async fn entries_and_groups_are_the_same_before_and_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    let mut committed = Vec::new();
    for number in 0..40 {
        let large = if number % 7 == 0 { 9_000 } else { 100 };
        let commit = submits_with(&alert(number), sealed(large));
        committed.push((commit.entry().clone(), store.commit(commit).await.unwrap()));
    }
    let entries = store.recorded_from(Position(3), 20).await.unwrap();
    drop(store);

    let store = open(directory.path());

    for (entry, committed) in committed {
        let recorded = store.recorded(committed.position).await.unwrap().unwrap();
        assert_eq!(recorded.entry, entry);
        assert_eq!(recorded.group, committed.group);
        let number = usize::try_from(committed.position.0 - recorded.group.first.0).unwrap();
        assert_eq!(recorded.group.leaves[number], entry.leaf_hash());
    }
    assert_eq!(store.recorded_from(Position(3), 20).await.unwrap(), entries);
    assert_eq!(entries.len(), 20);
    assert!(store.recorded(Position(40)).await.unwrap().is_none());
    let leaves = store.leaf_hashes_from(Position(38), 9).await.unwrap();
    assert_eq!(leaves.len(), 2);
}

#[tokio::test]
async fn one_directory_is_opened_by_one_hub_only() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());

    let second =
        EmbeddedStore::open(&options(directory.path()), std::sync::Arc::new(Unobserved), None);

    assert!(matches!(second, Err(OpenError::InUse { .. })));
    drop(store);
    open(directory.path());
}

#[tokio::test]
async fn a_newer_store_and_a_directory_of_something_else_are_refused_in_words() {
    let newer = tempfile::tempdir().unwrap();
    drop(open(newer.path()));
    fs::write(newer.path().join("VERSION"), "staysafe store 2\n").unwrap();
    let error = try_open(newer.path()).map(drop).unwrap_err();
    assert!(matches!(error, OpenError::Newer { found: 2, known: 1, .. }));
    assert!(error.to_string().ends_with("use the release that wrote it"), "{error}");

    let other = tempfile::tempdir().unwrap();
    fs::write(other.path().join("letters.txt"), "dear").unwrap();
    let error = try_open(other.path()).map(drop).unwrap_err();
    assert!(matches!(error, OpenError::NotAStore { .. }), "{error}");
    assert!(!other.path().join("VERSION").exists());
}

#[test]
fn a_store_whose_journal_is_gone_is_not_taken_for_a_new_one() {
    let directory = tempfile::tempdir().unwrap();
    drop(open(directory.path()));
    fs::remove_dir_all(directory.path().join("journal")).unwrap();
    fs::remove_file(directory.path().join("index.position")).unwrap();

    let error = try_open(directory.path()).map(drop).unwrap_err();

    assert!(matches!(error, OpenError::JournalMissing { .. }), "{error}");
}

#[test]
fn a_first_start_that_broke_off_is_begun_again() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("LOCK"), "").unwrap();
    fs::write(directory.path().join("VERSION.new"), "stays").unwrap();
    fs::create_dir(directory.path().join("journal")).unwrap();

    assert!(open(directory.path()).was_clean());
}

#[tokio::test]
async fn a_journal_shorter_than_the_published_checkpoint_is_not_opened() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path());
    store.commit(notes(AT)).await.unwrap();
    drop(store);
    let observer = || std::sync::Arc::new(Unobserved);
    let with = |size| EmbeddedStore::open(&options(directory.path()), observer(), Some(size));

    let error = with(2).map(drop).unwrap_err();

    assert!(matches!(error, OpenError::CommitsMissing { covered: Position(2), .. }), "{error}");
    assert_eq!(with(1).unwrap().standing().writing, WriteStanding::Open);
}

#[test]
fn files_are_for_the_hubs_own_user_only() {
    use std::os::unix::fs::PermissionsExt as _;

    let parent = tempfile::tempdir().unwrap();
    let directory = parent.path().join("data");
    drop(open(&directory));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;

    assert_eq!(mode(&directory), 0o700);
    assert_eq!(mode(&directory.join("VERSION")), 0o600);
    assert_eq!(mode(&directory.join("journal")), 0o700);
}
