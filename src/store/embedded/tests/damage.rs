//! The index lost, late, ahead or damaged: the same answers, from the journal (V03, V08).

use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::rig::Dice;
use super::{open, try_open};
use crate::domain::{AlertRecord, Position, Priority};
use crate::store::Store;
use crate::store::embedded::error::{OpenError, Witness};
use crate::store::embedded::event::StoreEvent;
use crate::store::fixture::{
    agency, alert, alert_id, changes, delivery, delivery_id, directory, hands_out, mailbox, next,
    seconds, submits,
};

const ALERTS: u64 = 40;

/// A directory with a store of [`ALERTS`] alerts, stopped in order.
async fn stopped() -> tempfile::TempDir {
    let data = tempfile::tempdir().unwrap();
    let store = open(data.path());
    let to = mailbox("CADT");
    for number in 1..=ALERTS {
        let mut record = alert(number);
        record.deliveries =
            vec![delivery(0, "CADT", Priority::P3), delivery(1, "EDT", Priority::P1)];
        store.commit(submits(&record)).await.unwrap();
        if number % 3 == 0 {
            let sequence = store.mailbox(&to).await.unwrap().last_sequence + 1;
            let handed = hands_out(&to, sequence, &[record], &[delivery_id(number, 0)], seconds(9));
            store.commit(handed).await.unwrap();
        }
    }
    store.commit(directory(1, seconds(10))).await.unwrap();
    store.close().unwrap();
    data
}

/// Everything the store answers.
#[derive(PartialEq, Debug)]
struct Answers {
    alerts: Vec<AlertRecord>,
    waiting: Vec<Vec<crate::domain::DeliveryId>>,
    handed: Vec<(u64, crate::domain::DeliveryId)>,
    own: usize,
    directory: u64,
    durable: Position,
}

async fn answers(store: &dyn Store) -> Answers {
    let mut alerts = Vec::new();
    for number in 1..=ALERTS {
        alerts.push(store.alert(alert_id(number)).await.unwrap().unwrap().as_ref().clone());
    }
    let (cadt, edt) = (mailbox("CADT"), mailbox("EDT"));
    Answers {
        alerts,
        waiting: vec![
            store.waiting(&cadt, 100).await.unwrap(),
            store.waiting(&edt, 100).await.unwrap(),
        ],
        handed: store.handed_out(&cadt, 0, 100).await.unwrap(),
        own: store.own_alerts(&agency("MERPOL"), None, 100).await.unwrap().len(),
        directory: store.directory().version,
        durable: store.standing().durable,
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn copied(from: &Path) -> tempfile::TempDir {
    let data = tempfile::tempdir().unwrap();
    copy(from, data.path());
    data
}

#[tokio::test]
async fn an_index_that_is_gone_is_built_anew_and_answers_the_same() {
    let data = stopped().await;
    let expected = answers(&open(data.path())).await;
    fs::remove_dir_all(data.path().join("index")).unwrap();

    assert_eq!(answers(&open(data.path())).await, expected);

    fs::remove_file(data.path().join("index.position")).unwrap();
    assert_eq!(answers(&open(data.path())).await, expected);
}

#[tokio::test]
async fn an_index_that_is_late_is_brought_up_to_the_journal() {
    let data = stopped().await;
    let late = copied(&data.path().join("index"));
    let store = open(data.path());
    let first = store.alert(alert_id(1)).await.unwrap().unwrap();
    let changed = next(&first, |record| record.deliveries.push(delivery(2, "EDT", Priority::P4)));
    store.commit(changes(seconds(60), &[changed])).await.unwrap();
    let expected = answers(&store).await;
    store.close().unwrap();
    drop(store);
    fs::remove_dir_all(data.path().join("index")).unwrap();
    copy(late.path(), &data.path().join("index"));

    let (store, heard) = try_open(data.path()).unwrap();

    assert_eq!(answers(&store).await, expected);
    assert!(!heard.any(|event| matches!(event, StoreEvent::IndexPutAside { .. })));
}

#[tokio::test]
async fn an_index_ahead_of_the_journal_is_put_aside_and_built_anew() {
    let data = stopped().await;
    let shorter = copied(data.path());
    let expected = answers(&open(shorter.path())).await;
    let store = open(data.path());
    store.commit(submits(&alert(ALERTS + 1))).await.unwrap();
    store.close().unwrap();
    drop(store);
    fs::remove_dir_all(shorter.path().join("index")).unwrap();
    copy(&data.path().join("index"), &shorter.path().join("index"));

    let (store, heard) = try_open(shorter.path()).unwrap();

    assert_eq!(answers(&store).await, expected);
    let reason = "it is ahead of the journal";
    let kept = shorter.path().join("index.aside");
    assert!(kept.exists());
    assert!(heard.any(|event| *event == StoreEvent::IndexPutAside { reason, kept: kept.clone() }));
}

#[tokio::test]
async fn an_index_position_ahead_of_the_journal_means_lost_commits_and_refuses() {
    let data = stopped().await;
    let shorter = copied(data.path());
    let store = open(data.path());
    store.commit(submits(&alert(ALERTS + 1))).await.unwrap();
    store.close().unwrap();
    drop(store);
    fs::copy(data.path().join("index.position"), shorter.path().join("index.position")).unwrap();

    let error = try_open(shorter.path()).map(drop).unwrap_err();

    assert!(matches!(error, OpenError::CommitsMissing { witness: Witness::Index, .. }), "{error}");
}

#[tokio::test]
async fn a_half_written_snapshot_is_removed_and_the_index_opens() {
    let data = stopped().await;
    let expected = answers(&open(data.path())).await;
    let snapshot = data.path().join("index").join("snap.00000000FFFFFFFF.generating");
    fs::write(&snapshot, b"half written").unwrap();

    let (store, heard) = try_open(data.path()).unwrap();

    assert_eq!(answers(&store).await, expected);
    assert!(!snapshot.exists());
    assert!(heard.any(|event| *event == StoreEvent::SnapshotRemoved));
    assert!(!heard.any(|event| matches!(event, StoreEvent::IndexPutAside { .. })));
}

#[tokio::test]
async fn an_index_that_lost_or_changed_a_key_does_not_add_up_and_is_built_anew() {
    type Change = fn(&sled::Db);
    let damages: [Change; 3] = [
        |tree| {
            let (key, _) = tree.scan_prefix(b"a").next().unwrap().unwrap();
            tree.remove(key).unwrap();
        },
        |tree| {
            // An older value in the place of the newest, as a power cut may leave it.
            let (old, value) = tree.scan_prefix(b"m").next().unwrap().unwrap();
            tree.insert(old, &value[..20]).unwrap();
        },
        |tree| {
            tree.insert(b"zunknown", b"x").unwrap();
        },
    ];
    let data = stopped().await;
    let expected = answers(&open(data.path())).await;

    for damage in damages {
        let damaged = copied(data.path());
        let tree = sled::open(damaged.path().join("index")).unwrap();
        damage(&tree);
        tree.flush().unwrap();
        drop(tree);

        let (store, heard) = try_open(damaged.path()).unwrap();

        assert_eq!(answers(&store).await, expected);
        assert!(heard.any(|event| matches!(event, StoreEvent::IndexPutAside { .. })));
    }
}

#[tokio::test]
async fn no_damage_to_any_file_of_the_index_changes_an_answer() {
    let data = stopped().await;
    let expected = answers(&open(data.path())).await;

    for seed in 0..40 {
        let mut dice = Dice::new(seed);
        let damaged = copied(data.path());
        damage_one_file(&damaged.path().join("index"), &mut dice);

        let (store, _) = try_open(damaged.path()).unwrap_or_else(|e| panic!("seed {seed}: {e}"));

        assert_eq!(answers(&store).await, expected, "seed {seed}");
    }
}

#[tokio::test]
async fn damage_to_the_journal_refuses_or_changes_no_answer() {
    let data = stopped().await;
    let expected = answers(&open(data.path())).await;
    let mut refused = 0;

    for seed in 0..120 {
        let mut dice = Dice::new(seed);
        let damaged = copied(data.path());
        damage_one_file(&damaged.path().join("journal"), &mut dice);

        match try_open(damaged.path()) {
            Ok((store, _)) => assert_eq!(answers(&store).await, expected, "seed {seed}"),
            Err(
                OpenError::Damaged { .. }
                | OpenError::CommitsMissing { .. }
                | OpenError::Newer { .. },
            ) => {
                refused += 1;
            }
            Err(other) => panic!("seed {seed}: {other}"),
        }
    }

    assert!(refused > 60, "{refused}");
}

/// Flips a bit, zeroes 4 KiB, or cuts, in one file below a directory.
fn damage_one_file(directory: &Path, dice: &mut Dice) {
    let mut files: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file() && fs::metadata(path).unwrap().len() > 0)
        .collect();
    files.sort();
    let path = &files[usize::try_from(dice.below(files.len().try_into().unwrap())).unwrap()];
    let mut bytes = fs::read(path).unwrap();
    let at = usize::try_from(dice.below(bytes.len().try_into().unwrap())).unwrap();
    match dice.below(3) {
        0 => bytes[at] ^= 1 << dice.below(8),
        1 => {
            let end = bytes.len().min(at + 4_096);
            bytes[at..end].fill(0);
        }
        _ => bytes.truncate(at),
    }
    fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn what_rots_while_the_hub_runs_is_not_served() {
    let data = stopped().await;
    let store = open(data.path());
    let record = store.alert(alert_id(1)).await.unwrap().unwrap();
    let segment = data.path().join("journal").join("0000000001.journal");
    let mut bytes = fs::read(&segment).unwrap();
    bytes[220] ^= 4;
    fs::write(&segment, bytes).unwrap();

    let damaged = |error: crate::store::StoreError| {
        assert!(matches!(error, crate::store::StoreError::Damaged { .. }), "{error}");
    };
    damaged(store.recorded(Position(0)).await.unwrap_err());
    damaged(store.recorded_from(Position(0), 3).await.unwrap_err());
    damaged(store.body(record.id, record.body.as_ref().unwrap()).await.unwrap_err());
    assert!(store.recorded(Position(9)).await.is_ok());
    drop(Arc::new(store));
}
