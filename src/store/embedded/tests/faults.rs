//! Full disks, failed fsyncs, and the order of write, sync and reply (V04–V07).

#![expect(clippy::disallowed_methods, reason = "a test owns its tasks")]

use std::sync::Arc;

use futures_util::future::join_all;

use super::rig::{Dice, Happened, RigDisk};
use super::{open_on, try_open_on};
use crate::domain::{AlertId, ErrorKind, Position};
use crate::store::embedded::event::StoreEvent;
use crate::store::embedded::{EmbeddedStore, tests};
use crate::store::fixture::{AT, alert, alert_id, hands_out, key, mailbox, notes, submits};
use crate::store::{Store, StoreError, WriteStanding};

/// Random schedules of senders, writer and disk in which a reply must not come too early.
const SCHEDULES: u32 = 10_000;

/// Lets other tasks run until `done`.
async fn until(done: impl Fn() -> bool) {
    let waiting = async {
        while !done() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(60), waiting).await.expect("it happens");
}

/// Commits once and waits until the writer has nothing to do: the next sync is that of a group, not of zeros ahead.
async fn idle(disk: &RigDisk, store: &EmbeddedStore) {
    store.commit(notes(AT)).await.unwrap();
    let ahead = [Happened::Wrote(1), Happened::Synced, Happened::Synced];
    until(|| disk.log().ends_with(&ahead)).await;
}

async fn reads(store: &EmbeddedStore, alert: AlertId) -> bool {
    store.alert(alert).await.unwrap().is_some()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_is_not_visible_before_its_fsync() {
    let (disk, directory) = (RigDisk::default(), tempfile::tempdir().unwrap());
    let store = Arc::new(open_on(&disk, directory.path()));
    idle(&disk, &store).await;

    let gate = disk.close_gate();
    let record = alert(1);
    let submitted = tokio::task::spawn({
        let (store, commit) = (Arc::clone(&store), submits(&record));
        async move { store.commit(commit).await }
    });
    until(|| disk.waits_at_gate()).await;

    assert!(!submitted.is_finished());
    assert!(!reads(&store, record.id).await);
    let facts = store.submission_facts(&record.sender, &record.key, None).await.unwrap();
    assert!(facts.earlier.is_none());
    assert!(store.recorded(Position(1)).await.unwrap().is_none());
    assert!(store.recorded_from(Position(1), 9).await.unwrap().is_empty());
    assert!(store.leaf_hashes_from(Position(1), 9).await.unwrap().is_empty());
    assert_eq!(store.standing().durable, Position(1));

    drop(gate);
    assert_eq!(submitted.await.unwrap().unwrap().position, Position(1));
    assert!(reads(&store, record.id).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_submissions_under_one_key_in_one_group_the_second_hears_of_it_after_the_fsync() {
    let (disk, directory) = (RigDisk::default(), tempfile::tempdir().unwrap());
    let store = Arc::new(open_on(&disk, directory.path()));
    idle(&disk, &store).await;
    let before = disk.log().len();
    let gate = disk.close_gate();
    let commit = |commit| {
        let store = Arc::clone(&store);
        tokio::task::spawn(async move { store.commit(commit).await })
    };
    // Whatever is queued while this one is being synced makes one group.
    let first = commit(notes(AT));
    until(|| disk.waits_at_gate()).await;
    let one = commit(submits(&alert(1)));
    tokio::task::yield_now().await;
    let mut twin = alert(2);
    twin.key = key("key-1");
    let two = commit(submits(&twin));
    let other = commit(submits(&alert(3)));
    until(|| store.queued() == 3).await;
    gate.let_one_pass();
    first.await.unwrap().unwrap();
    until(|| disk.waits_at_gate()).await;
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert!(!one.is_finished() && !two.is_finished() && !other.is_finished());

    drop(gate);

    let answers = [one.await.unwrap(), two.await.unwrap()];
    assert!(other.await.unwrap().is_ok());
    let conflicts = answers.iter().filter(|a| matches!(a, Err(StoreError::Conflict))).count();
    assert_eq!(conflicts, 1, "only the loser is a conflict");
    let winner = if answers[0].is_ok() { alert_id(1) } else { alert_id(2) };
    let facts = store.submission_facts(&alert(1).sender, &key("key-1"), None).await.unwrap();
    assert_eq!(facts.earlier.unwrap().id, winner);
    let groups = disk.log().into_iter().skip(before).filter(|it| matches!(it, Happened::Wrote(_)));
    assert_eq!(groups.count(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_reply_comes_before_the_sync_that_covers_it() {
    let (disk, directory) = (RigDisk::default(), tempfile::tempdir().unwrap());
    let store = open_on(&disk, directory.path());
    let mut dice = Dice::new(7);
    let mut number = 0;

    // A schedule: up to 12 senders, each late by its own number of turns, over whatever the writer is at.
    for _ in 0..SCHEDULES {
        let count = 1 + dice.below(12);
        let commits = (0..count).map(|_| {
            number += 1;
            let (commit, late) = (submits(&alert(number)), dice.below(4));
            let (store, disk) = (&store, &disk);
            async move {
                for _ in 0..late {
                    tokio::task::yield_now().await;
                }
                let committed = store.commit(commit).await.unwrap();
                assert!(disk.synced() > committed.position.0);
                assert!(store.standing().durable > committed.position);
            }
        });
        join_all(commits).await;
    }

    // The next group is written only after the last one is durable.
    let log = disk.log();
    let steps: Vec<&Happened> = log.iter().skip_while(|it| **it == Happened::Synced).collect();
    for pair in steps.windows(2) {
        if let (Happened::Wrote(_), next) = (pair[0], pair[1]) {
            assert_eq!(*next, Happened::Synced);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_failed_fsync_nothing_of_its_group_or_later_is_acknowledged() {
    for failing in 0..20 {
        let (disk, directory) = (RigDisk::default(), tempfile::tempdir().unwrap());
        let (store, heard) = try_open_on(&disk, directory.path()).unwrap();
        store.commit(notes(AT)).await.unwrap();
        disk.fail_sync_in(failing);

        let mut acknowledged = Vec::new();
        let mut refused = 0;
        for round in 0..10_u64 {
            let commits = (0..4).map(|n| store.commit(submits(&alert(round * 4 + n))));
            for (n, answer) in (0..).zip(join_all(commits).await) {
                match answer {
                    Ok(_) => acknowledged.push(alert_id(round * 4 + n)),
                    Err(StoreError::Poisoned) => refused += 1,
                    Err(other) => panic!("{other}"),
                }
            }
        }

        let log = disk.log();
        let failed = log.iter().position(|it| *it == Happened::SyncFailed);
        // Zeros that were being written ahead after the last commit may be what failed: then nobody was refused yet.
        assert!(failed.is_some() || refused == 0);
        if let Some(failed) = failed {
            assert_eq!(log.len(), failed + 1, "nothing is written or synced after it");
            assert!(matches!(store.commit(notes(AT)).await, Err(StoreError::Poisoned)));
            assert_eq!(store.standing().writing, WriteStanding::Poisoned);
            assert!(heard.any(|event| *event == StoreEvent::Poisoned));
        }
        assert_eq!(store.standing().durable.0, 1 + u64::try_from(acknowledged.len()).unwrap());
        store.close().unwrap();
        drop(store);

        // What was acknowledged is there after the power is gone too.
        let after = disk.after_power_cut(&mut Dice::new(failing));
        let again = open_on(&after, directory.path());
        // Zeros that were written ahead may have failed since the log was read.
        assert_eq!(again.was_clean(), !disk.log().contains(&Happened::SyncFailed));
        for alert in acknowledged {
            assert!(reads(&again, alert).await);
        }
    }
}

#[tokio::test]
async fn a_full_disk_refuses_its_group_and_takes_the_next_when_there_is_space() {
    let (disk, directory) = (RigDisk::default(), tempfile::tempdir().unwrap());
    let (store, heard) = try_open_on(&disk, directory.path()).unwrap();
    idle(&disk, &store).await;
    store.commit(submits(&alert(1))).await.unwrap();

    disk.fill_up_after(100);
    let refused = store.commit(submits(&alert(2))).await;

    assert!(matches!(refused, Err(StoreError::DiskFull)));
    assert_eq!(store.standing().writing, WriteStanding::DiskFull);
    assert!(!reads(&store, alert_id(2)).await);
    assert!(reads(&store, alert_id(1)).await);

    store.commit(submits(&alert(2))).await.unwrap();
    assert_eq!(store.standing().writing, WriteStanding::Open);
    let full = |event: &StoreEvent| matches!(event, StoreEvent::DiskFull | StoreEvent::SpaceAgain);
    let told: Vec<StoreEvent> = heard.events().into_iter().filter(full).collect();
    assert_eq!(told, [StoreEvent::DiskFull, StoreEvent::SpaceAgain]);
    drop(store);

    let again = open_on(&disk, directory.path());
    assert!(reads(&again, alert_id(1)).await && reads(&again, alert_id(2)).await);
    assert_eq!(again.standing().durable, Position(3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_its_bound_the_tail_makes_the_writer_wait_for_the_index() {
    let directory = tempfile::tempdir().unwrap();
    let mut options = tests::options(directory.path());
    options.tail_commits_max = 3;
    options.group_commits_max = 1;
    let heard = Arc::new(tests::Heard::default());
    let observer = Arc::clone(&heard);
    let store = Arc::new(EmbeddedStore::open(&options, observer, None).unwrap());
    store.shared.backlog.pause(true);
    for number in 0..3 {
        store.commit(submits(&alert(number))).await.unwrap();
    }

    let waiting = tokio::task::spawn({
        let store = Arc::clone(&store);
        async move { store.commit(submits(&alert(3))).await }
    });
    until(|| heard.any(|event| *event == StoreEvent::TailFull)).await;
    assert!(!waiting.is_finished());
    assert_eq!(store.standing().index_backlog, 3);

    store.shared.backlog.pause(false);
    waiting.await.unwrap().unwrap();
    store.shared.backlog.drain();
    assert!(store.shared.visible().tail.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_that_failed_stops_writes_at_the_bound_of_the_tail_and_the_store_says_so() {
    let directory = tempfile::tempdir().unwrap();
    let mut options = tests::options(directory.path());
    options.tail_commits_max = 3;
    let store = EmbeddedStore::open(&options, Arc::new(tests::Heard::default()), None).unwrap();
    store.shared.backlog.pause(true);
    store.shared.backlog.fail();
    for number in 0..2 {
        store.commit(submits(&alert(number))).await.unwrap();
    }
    assert_eq!(store.standing().writing, WriteStanding::Open, "there is room for one more");

    store.commit(submits(&alert(2))).await.unwrap();
    assert_eq!(store.standing().writing, WriteStanding::IndexStopped);
    let refused = store.commit(submits(&alert(3))).await.unwrap_err();

    assert!(matches!(refused, StoreError::IndexStopped), "{refused}");
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    assert!(reads(&store, alert_id(2)).await, "what was taken is still read");
}

#[tokio::test]
async fn a_closed_store_takes_nothing_and_still_answers() {
    let directory = tempfile::tempdir().unwrap();
    let store = tests::open(directory.path());
    let mut record = alert(1);
    record.deliveries =
        vec![crate::store::fixture::delivery(0, "CADT", crate::domain::Priority::P1)];
    store.commit(submits(&record)).await.unwrap();
    store.close().unwrap();
    store.close().unwrap();

    let to = mailbox("CADT");
    let handed = hands_out(&to, 1, &[], &[], AT);
    assert!(matches!(store.commit(handed).await, Err(StoreError::Closed)));
    assert_eq!(store.standing().writing, WriteStanding::Closed);
    assert!(reads(&store, record.id).await);
}
