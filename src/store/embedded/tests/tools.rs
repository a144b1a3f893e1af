//! Verify, back up, restore, rebuild.

use std::fs;
use std::sync::{Arc, Mutex};

use super::{open, try_open};
use crate::domain::{Position, Priority};
use crate::merkle::{Hash, root_of};
use crate::record::encode_commit;
use crate::store::embedded::disk::SystemDisk;
use crate::store::embedded::error::OpenError;
use crate::store::embedded::event::{StoreEvent, StoreObserver};
use crate::store::embedded::opening::Opening;
use crate::store::embedded::place::Place;
use crate::store::embedded::tools::{
    TimeKind, backup, rebuild_index, restore, verify, verify_backup,
};
use crate::store::embedded::{EmbeddedStore, Unobserved};
use crate::store::fixture::{AT, alert, alert_id, delivery, directory, mailbox, notes, submits};
use crate::store::{Store, StoreError};

async fn filled(store: &EmbeddedStore, numbers: std::ops::Range<u64>) {
    for number in numbers {
        let mut record = alert(number);
        record.deliveries = vec![delivery(0, "CADT", Priority::P3)];
        store.commit(submits(&record)).await.unwrap();
    }
}

#[tokio::test]
async fn verifying_gives_the_tree_beside_a_running_hub() {
    let data = tempfile::tempdir().unwrap();
    let store = open(data.path());
    filled(&store, 0..30).await;
    let leaves = store.leaf_hashes_from(Position(0), 100).await.unwrap();
    let leaves: Vec<Hash> = leaves.into_iter().map(Hash).collect();

    let verified = verify(data.path(), &Unobserved).unwrap();

    assert_eq!((verified.positions, verified.groups), (30, 30));
    assert!(verified.segments.len() > 1);
    assert_eq!(verified.torn, None);
    assert_eq!(verified.last_group_at, Some(AT));
    for size in [0, 1, 17, 30] {
        let root = root_of(&leaves[..usize::try_from(size).unwrap()]);
        assert_eq!(verified.root_at(size), Some(root));
    }
    assert_eq!(verified.root_at(31), None);
}

#[tokio::test]
async fn verifying_names_what_is_damaged_and_changes_nothing() {
    let data = tempfile::tempdir().unwrap();
    let store = open(data.path());
    filled(&store, 0..30).await;
    drop(store);
    let segment = data.path().join("journal").join("0000000001.journal");
    let mut bytes = fs::read(&segment).unwrap();
    bytes[1_000] ^= 1;
    fs::write(&segment, &bytes).unwrap();

    let error = verify(data.path(), &Unobserved).map(drop).unwrap_err();

    assert!(
        matches!(&error, OpenError::Damaged { segment, .. } if segment == "0000000001.journal")
    );
    assert_eq!(fs::read(&segment).unwrap(), bytes);
}

#[tokio::test]
async fn a_backup_taken_beside_a_running_hub_restores_to_the_same_store() {
    let (data, parent) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (kept, again) = (parent.path().join("kept"), parent.path().join("again"));
    let store = open(data.path());
    filled(&store, 0..30).await;
    store.commit(directory(1, AT)).await.unwrap();

    let report = backup(data.path(), &kept, &Unobserved).unwrap();
    filled(&store, 30..33).await;
    let verified = restore(&kept, &again, &Unobserved).unwrap();

    assert_eq!((report.positions, verified.positions), (31, 31));
    assert!(!kept.join("index").exists() && !again.join("index").exists());
    let (restored, heard) = try_open(&again).unwrap();
    assert!(restored.is_restored());
    assert!(heard.any(|event| matches!(event, StoreEvent::UncleanStart { .. })));
    assert_eq!(restored.standing().durable, Position(31));
    assert_eq!(
        restored.waiting(&mailbox("CADT"), 100).await.unwrap().len(),
        30,
        "what came after the backup is not there"
    );
    assert!(restored.alert(alert_id(29)).await.unwrap().is_some());
    assert_eq!(restored.directory().version, 1);
    assert_eq!(
        restored.recorded_from(Position(0), 31).await.unwrap(),
        store.recorded_from(Position(0), 31).await.unwrap()
    );
    restored.restore_recorded().unwrap();
    assert!(!restored.is_restored());
    restored.commit(notes(AT)).await.unwrap();
}

#[tokio::test]
async fn a_restored_directory_is_of_the_kind_that_was_backed_up() {
    for (marked, time) in [(true, TimeKind::Simulated), (false, TimeKind::Real)] {
        let (data, parent) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (kept, again) = (parent.path().join("kept"), parent.path().join("again"));
        let store = open(data.path());
        filled(&store, 0..3).await;
        if marked {
            fs::write(data.path().join("SIMULATED"), "").unwrap();
        }

        let report = backup(data.path(), &kept, &Unobserved).unwrap();
        restore(&kept, &again, &Unobserved).unwrap();

        assert_eq!(report.time, time);
        assert_eq!(again.join("SIMULATED").exists(), marked);
    }
}

#[tokio::test]
async fn a_backup_and_a_restore_show_one_bar_that_goes_to_its_end_once() {
    let (data, parent) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (kept, again) = (parent.path().join("kept"), parent.path().join("again"));
    let store = open(data.path());
    filled(&store, 0..30).await;
    store.close().unwrap();
    let (copied, restored) = (Parts::default(), Parts::default());

    backup(data.path(), &kept, &copied).unwrap();
    restore(&kept, &again, &restored).unwrap();

    for parts in [copied, restored] {
        let parts = parts.0.into_inner().unwrap();
        assert!(parts.len() > 1, "{parts:?}");
        assert!(parts.is_sorted(), "never back: {parts:?}");
        assert!(parts.iter().all(|part| *part <= 100), "{parts:?}");
        assert!(parts.last().is_some_and(|part| *part > 80), "{parts:?}");
    }
}

/// How far it was said to be, in percent.
#[derive(Default)]
struct Parts(Mutex<Vec<u64>>);

impl StoreObserver for Parts {
    fn observe(&self, event: &StoreEvent) {
        if let StoreEvent::Progress { done, total, .. } = event {
            self.0.lock().unwrap().push(done * 100 / total.max(&1));
        }
    }
}

#[tokio::test]
async fn a_backup_goes_only_to_an_empty_place_and_a_restore_too() {
    let (data, parent) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let kept = parent.path().join("kept");
    let store = open(data.path());
    filled(&store, 0..3).await;
    backup(data.path(), &kept, &Unobserved).unwrap();

    let twice = backup(data.path(), &kept, &Unobserved).unwrap_err();
    assert!(matches!(twice, OpenError::DestinationNotEmpty { .. }));
    let over = restore(&kept, data.path(), &Unobserved).map(drop).unwrap_err();
    assert!(matches!(over, OpenError::DestinationNotEmpty { .. }));
    assert_eq!(store.standing().durable, Position(3));
}

#[tokio::test]
async fn a_damaged_backup_is_refused_and_nothing_is_restored() {
    let (data, parent) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open(data.path());
    filled(&store, 0..30).await;
    type Damage = fn(&mut Vec<u8>);
    let damages: [(&str, Damage); 6] = [
        ("journal/0000000001.journal", |bytes| bytes[900] ^= 1),
        ("journal/0000000002.journal", |bytes| bytes.truncate(500)),
        ("DIGESTS", |bytes| bytes[3] = b'z'),
        // The line of ABOUT, the last one.
        ("DIGESTS", |bytes| bytes.truncate(bytes.len() - 72)),
        ("DIGESTS", |bytes| drop(bytes.drain(..93))),
        ("ABOUT", |bytes| *bytes = b"time simulated\n".to_vec()),
    ];

    for (number, (file, damage)) in damages.into_iter().enumerate() {
        let kept = parent.path().join(format!("kept-{number}"));
        let again = parent.path().join(format!("again-{number}"));
        backup(data.path(), &kept, &Unobserved).unwrap();
        verify_backup(&kept, &Unobserved).unwrap();
        let mut bytes = fs::read(kept.join(file)).unwrap();
        damage(&mut bytes);
        fs::write(kept.join(file), bytes).unwrap();

        let error = restore(&kept, &again, &Unobserved).map(drop).unwrap_err();

        assert!(matches!(error, OpenError::BackupDamaged { .. }), "{file}: {error}");
        assert!(!again.exists());
    }
}

#[tokio::test]
async fn a_restore_that_broke_off_is_not_taken_for_a_store() {
    let (data, parent) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (kept, again) = (parent.path().join("kept"), parent.path().join("again"));
    let store = open(data.path());
    filled(&store, 0..3).await;
    backup(data.path(), &kept, &Unobserved).unwrap();
    restore(&kept, &again, &Unobserved).unwrap();
    fs::remove_file(again.join("VERSION")).unwrap();

    assert!(matches!(try_open(&again).map(drop), Err(OpenError::NotAStore { .. })));
}

#[tokio::test]
async fn the_index_is_rebuilt_on_demand_but_not_under_a_running_hub() {
    let data = tempfile::tempdir().unwrap();
    let store = open(data.path());
    filled(&store, 0..30).await;
    let refused = rebuild_index(data.path(), Arc::new(Unobserved)).unwrap_err();
    assert!(matches!(refused, OpenError::InUse { .. }));
    store.close().unwrap();
    drop(store);

    assert_eq!(rebuild_index(data.path(), Arc::new(Unobserved)).unwrap(), 30);

    assert!(data.path().join("index.aside").exists());
    let store = open(data.path());
    assert!(store.was_clean());
    assert_eq!(store.waiting(&mailbox("CADT"), 100).await.unwrap().len(), 30);
}

#[tokio::test]
async fn a_group_whose_leaf_is_not_its_commits_is_found_though_its_checksums_hold() {
    let data = tempfile::tempdir().unwrap();
    drop(open(data.path()));
    let (entry, writes, _) = notes(AT).into_parts();
    let commit = encode_commit(&entry, &writes);
    let place = Place::new(data.path());
    let mut opened = Opening {
        disk: Arc::new(SystemDisk::new()),
        directory: place.journal(),
        torn: place.torn(),
        segment_bytes: 4_096,
        observer: &Unobserved,
        clean: None,
        covered: Vec::new(),
    }
    .run()
    .unwrap();
    opened.appender.append(AT, &[entry.leaf_hash(), [0xBA; 32]], &[&commit, &commit]).unwrap();
    drop(opened);

    let error = verify(data.path(), &Unobserved).map(drop).unwrap_err();
    assert!(matches!(error, OpenError::Replay { .. }), "{error}");
    let store = open(data.path());
    assert!(store.recorded(Position(0)).await.unwrap().is_some());
    let refused = store.recorded(Position(1)).await.unwrap_err();
    assert!(matches!(refused, StoreError::Damaged { .. }), "{refused}");
}
