//! What the key store promises.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use tempfile::TempDir;

use super::*;
use crate::env::{FakeClock, FakeEntropy};

/// 2026-11-23T08:00:00Z.
const NOW: Timestamp = Timestamp::from_millis(1_795_420_800_000);

/// A key directory and what is needed to open it.
pub(crate) struct Rig {
    pub(crate) place: TempDir,
    pub(crate) env: Env,
    master: [u8; 32],
}

impl Rig {
    pub(crate) fn new() -> Self {
        let env = Env::new(Arc::new(FakeClock::at(NOW)), Arc::new(FakeEntropy::seeded(42)));
        Self { place: TempDir::new().unwrap(), env, master: [0x33; 32] }
    }

    pub(crate) fn directory(&self) -> PathBuf {
        self.place.path().join("keys")
    }

    pub(crate) fn open(&self) -> Result<KeyStore, KeyError> {
        KeyStore::open(&self.directory(), self.master(), self.env.clone())
    }

    fn master(&self) -> MasterKey {
        MasterKey::parse(&self.master).unwrap()
    }

    fn mirror(&self) -> PathBuf {
        self.place.path().join("mirror")
    }

    fn restore(&self, known: u64) -> Result<u64, KeyError> {
        KeyStore::restore(&self.mirror(), &self.directory(), &self.master(), known)
    }

    fn key_file(&self, id: &DataKeyId) -> PathBuf {
        pool_file::path(&self.directory(), &id.file)
    }
}

/// The first key, had without taking one: taking makes the next pool, which is a new version at a time of its own.
fn first_key(store: &KeyStore) -> DataKey {
    store.get(&DataKeyId { file: "2026-11-0001".into(), slot: 0 }).unwrap().unwrap()
}

fn secret(key: &DataKey) -> [u8; 32] {
    *key.secret()
}

#[test]
fn keys_differ_and_are_found_again_after_a_restart() {
    let rig = Rig::new();
    let store = rig.open().unwrap();
    let taken: Vec<DataKey> = (0..1_500).map(|_| store.take().unwrap()).collect();
    drop(store);

    let store = rig.open().unwrap();

    for key in &taken {
        assert_eq!(secret(&store.get(key.id()).unwrap().unwrap()), secret(key));
    }
    let different: BTreeSet<[u8; 32]> = taken.iter().map(secret).collect();
    assert_eq!(different.len(), taken.len());
    assert_eq!(taken[0].id().to_owned(), DataKeyId { file: "2026-11-0001".into(), slot: 0 });
}

#[test]
fn the_rest_of_a_pool_is_never_handed_out_after_a_restart() {
    let rig = Rig::new();
    let mut seen = BTreeSet::new();

    for _restart in 0..4 {
        let store = rig.open().unwrap();
        let earlier: BTreeSet<_> = seen.iter().map(|id: &DataKeyId| id.file.clone()).collect();
        for _ in 0..10 {
            let key = store.take().unwrap();
            assert!(!earlier.contains(&key.id().file), "{:?} is of an earlier pool", key.id());
            assert!(seen.insert(key.id().clone()));
        }
    }
}

#[test]
fn a_key_is_on_disk_before_it_is_handed_out() {
    let rig = Rig::new();
    let store = rig.open().unwrap();

    for _ in 0..3_000 {
        let key = store.take().unwrap();
        assert!(rig.key_file(key.id()).exists());
    }
}

#[test]
fn many_takers_at_once_get_different_keys() {
    let rig = Rig::new();
    let store = rig.open().unwrap();

    let taken: Vec<DataKeyId> = thread_scope(8, 500, || store.take().unwrap().id().clone());

    assert_eq!(taken.iter().collect::<BTreeSet<_>>().len(), 4_000);
}

fn thread_scope<T: Send>(threads: usize, times: usize, act: impl Fn() -> T + Sync) -> Vec<T> {
    std::thread::scope(|scope| {
        let spawn = |_| scope.spawn(|| (0..times).map(|_| act()).collect::<Vec<T>>());
        let running: Vec<_> = (0..threads).map(spawn).collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

#[test]
fn a_destroyed_key_is_gone_and_its_neighbours_stay() {
    let rig = Rig::new();
    let store = rig.open().unwrap();
    let (gone, stays) = (store.take().unwrap(), store.take().unwrap());
    assert!(store.get(gone.id()).unwrap().is_some(), "known to the cache");

    store.destroy(&[gone.id().clone()]).unwrap();

    assert!(store.get(gone.id()).unwrap().is_none());
    assert_eq!(secret(&store.get(stays.id()).unwrap().unwrap()), secret(&stays));
    drop(store);
    let store = rig.open().unwrap();
    assert!(store.get(gone.id()).unwrap().is_none());
    assert_eq!(secret(&store.get(stays.id()).unwrap().unwrap()), secret(&stays));
}

#[test]
fn destroying_writes_the_survivors_under_a_new_file_key_and_wipes_the_old_one() {
    let rig = Rig::new();
    let store = rig.open().unwrap();
    let key = store.take().unwrap();
    let path = rig.key_file(key.id());
    let before = fs::read(&path).unwrap();
    // Another name for the old file's blocks, as a curious person would keep them.
    let kept = rig.place.path().join("kept");
    fs::hard_link(&path, &kept).unwrap();

    store.destroy(&[key.id().clone()]).unwrap();

    let after = fs::read(&path).unwrap();
    assert_ne!(before[12..72], after[12..72], "a new file key, wrapped anew");
    let old = fs::read(&kept).unwrap();
    assert_eq!(old[..72], [0; 72], "the old file key is overwritten where it lay");
    assert_eq!(old[72..], before[72..]);
}

#[test]
fn destroying_again_or_all_changes_nothing_more_and_frees_no_name() {
    let rig = Rig::new();
    let store = rig.open().unwrap();
    let file = first_key(&store).id().file.clone();
    let all: Vec<DataKeyId> =
        (0..POOL_KEYS).map(|slot| DataKeyId { file: file.clone(), slot }).collect();

    store.destroy(&all).unwrap();
    let once = fs::read(rig.key_file(&all[0])).unwrap();
    store.destroy(&all).unwrap();

    assert_eq!(fs::read(rig.key_file(&all[0])).unwrap(), once, "nothing to do, nothing written");
    assert!(all.iter().all(|id| store.get(id).unwrap().is_none()));
    assert!(rig.key_file(&all[0]).exists(), "the name stays taken");
    assert!(all.iter().all(|id| store.take().unwrap().id() != id), "nor is one handed out");
}

#[test]
fn another_master_key_is_refused_in_words() {
    let mut rig = Rig::new();
    drop(rig.open().unwrap());
    rig.master = [0x34; 32];

    let error = rig.open().unwrap_err();

    assert_eq!(error.reason(), "WRONG_MASTER_KEY");
    assert!(error.to_string().contains("made under another master key"));
}

#[test]
fn a_second_opener_is_refused_until_the_first_has_closed() {
    let rig = Rig::new();
    let first = rig.open().unwrap();

    assert_eq!(rig.open().unwrap_err().reason(), "KEYS_IN_USE");
    drop(first);
    assert!(rig.open().is_ok());
}

#[test]
fn a_newer_format_is_refused_in_words() {
    let rig = Rig::new();
    drop(rig.open().unwrap());
    let path = rig.directory().join(head::NAME);
    let mut bytes = fs::read(&path).unwrap();
    bytes[11] = 2;
    let body = bytes.len() - 4;
    let sum = crc32c::crc32c(&bytes[..body]);
    bytes[body..].copy_from_slice(&sum.to_be_bytes());
    fs::write(&path, bytes).unwrap();

    let error = rig.open().unwrap_err();

    assert_eq!(error.to_string(), "the key store has format 2, this program reads up to 1");
}

#[test]
fn every_changed_bit_of_the_head_is_noticed() {
    let rig = Rig::new();
    drop(rig.open().unwrap());
    let path = rig.directory().join(head::NAME);
    let whole = fs::read(&path).unwrap();

    for place in 0..whole.len() {
        let mut changed = whole.clone();
        changed[place] ^= 0x10;
        fs::write(&path, changed).unwrap();
        assert_eq!(rig.open().unwrap_err().reason(), "KEYS_DAMAGED", "byte {place}");
    }
}

#[test]
fn a_damaged_missing_or_swapped_key_file_is_named_and_never_read_as_destroyed() {
    let rig = Rig::new();
    let store = rig.open().unwrap();
    let first = store.take().unwrap();
    drop(store);
    let store = rig.open().unwrap();
    let second = store.take().unwrap();
    drop(store);
    let (path, other) = (rig.key_file(first.id()), rig.key_file(second.id()));
    assert_ne!(path, other);
    let whole = fs::read(&path).unwrap();
    let reason = || rig.open().unwrap().get(first.id()).map(|_| ()).unwrap_err().reason();

    for place in [0, 9, 12, 30, 71, 72, 90, whole.len() - 1] {
        let mut changed = whole.clone();
        changed[place] ^= 1;
        fs::write(&path, changed).unwrap();
        let expected = if place == 9 { "KEYS_NEWER" } else { "KEYS_DAMAGED" };
        assert_eq!(reason(), expected, "byte {place}");
    }
    fs::write(&path, &whole[..50]).unwrap();
    assert_eq!(reason(), "KEYS_DAMAGED");
    fs::copy(&other, &path).unwrap();
    assert_eq!(reason(), "KEYS_DAMAGED", "another file under this name");
    fs::remove_file(&path).unwrap();
    assert_eq!(reason(), "KEYS_MISSING");
}

#[test]
fn a_key_name_leads_to_no_other_file() {
    let rig = Rig::new();
    let store = rig.open().unwrap();

    for file in ["", "../mirror/2026-11-0001", "/etc/passwd", "2026-11-0001.keys"] {
        let error = store.get(&DataKeyId { file: file.into(), slot: 0 }).map(|_| ()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a key file with a malformed name is missing from the key store"
        );
    }
}

#[test]
fn keys_without_their_head_are_not_started_over() {
    let rig = Rig::new();
    drop(rig.open().unwrap());
    fs::remove_file(rig.directory().join(head::NAME)).unwrap();

    assert_eq!(rig.open().unwrap_err().reason(), "KEYS_HEADLESS");
}

#[test]
fn a_half_written_file_of_a_crash_is_removed() {
    let rig = Rig::new();
    drop(rig.open().unwrap());
    let half = rig.directory().join("2026-11-0009.keys.new");
    fs::write(&half, b"half").unwrap();

    let store = rig.open().unwrap();

    assert!(!half.exists());
    assert!(store.take().is_ok());
}

#[test]
fn nobody_but_its_owner_may_read_the_directory() {
    let rig = Rig::new();
    let store = rig.open().unwrap();
    store.mirror_to(&rig.mirror()).unwrap();

    for directory in [rig.directory(), rig.mirror()] {
        assert_eq!(fs::metadata(&directory).unwrap().permissions().mode() & 0o777, 0o700);
        for entry in fs::read_dir(&directory).unwrap() {
            let about = entry.unwrap().metadata().unwrap();
            assert_eq!(about.permissions().mode() & 0o077, 0);
        }
    }
}

#[test]
fn key_files_hold_no_key_in_the_clear() {
    let rig = Rig::new();
    let store = rig.open().unwrap();
    let keys: Vec<[u8; 32]> = (0..50).map(|_| secret(&store.take().unwrap())).collect();

    for entry in fs::read_dir(rig.directory()).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        for key in keys.iter().chain([&rig.master]) {
            assert!(!bytes.windows(32).any(|part| part == key));
        }
    }
}

#[test]
fn when_no_key_can_be_made_the_taker_is_told_and_later_ones_are_served_again() {
    let rig = Rig::new();
    let store = rig.open().unwrap();
    let away = rig.place.path().join("away");
    fs::rename(rig.directory(), &away).unwrap();

    let error = (0..10_000).find_map(|_| store.take().err()).unwrap();
    assert_eq!(error.reason(), "KEYS_IO");

    fs::rename(&away, rig.directory()).unwrap();
    let served = (0..10).any(|_| store.take().is_ok());
    assert!(served);
}

#[test]
fn a_mirror_restores_every_key() {
    let rig = Rig::new();
    let store = rig.open().unwrap();
    let key = store.take().unwrap();
    let version = store.mirror_to(&rig.mirror()).unwrap();
    drop(store);
    fs::remove_dir_all(rig.directory()).unwrap();

    assert_eq!(rig.restore(version).unwrap(), version);

    let store = rig.open().unwrap();
    assert_eq!(secret(&store.get(key.id()).unwrap().unwrap()), secret(&key));
}

#[test]
fn a_mirror_forgets_a_destroyed_key_and_says_from_which_version_on() {
    let rig = Rig::new();
    let store = rig.open().unwrap();
    let key = store.take().unwrap();
    let before = store.mirror_to(&rig.mirror()).unwrap();

    let free_from = store.destroy(&[key.id().clone()]).unwrap();
    assert!(before < free_from, "the mirror of {before} still has the key");
    let after = store.mirror_to(&rig.mirror()).unwrap();
    assert!(after >= free_from);
    drop(store);
    fs::remove_dir_all(rig.directory()).unwrap();
    rig.restore(after).unwrap();

    assert!(rig.open().unwrap().get(key.id()).unwrap().is_none());
}

#[test]
fn an_older_mirror_is_refused_in_words_and_changes_nothing() {
    let rig = Rig::new();
    let store = rig.open().unwrap();
    let key = first_key(&store);
    let mirror = store.mirror_to(&rig.mirror()).unwrap();
    store.destroy(&[key.id().clone()]).unwrap();
    drop(store);
    // Read once the maker of pools has stopped: it raises the version at times of its own.
    let known = Head::read(&rig.directory(), &rig.master()).unwrap().unwrap().version;

    let error = rig.restore(0).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the key mirror has version {mirror}, older than the known version {known}: not restored"
        )
    );
    assert!(rig.open().unwrap().get(key.id()).unwrap().is_none(), "not brought back");

    fs::remove_dir_all(rig.directory()).unwrap();
    assert_eq!(rig.restore(known).unwrap_err().reason(), "KEY_MIRROR_OLDER");
    assert!(rig.restore(mirror).is_ok(), "the bound itself is not too old");
}

#[test]
fn a_mirror_of_another_store_is_neither_restored_nor_overwritten() {
    let (rig, mut other) = (Rig::new(), Rig::new());
    other.env.entropy = Arc::new(FakeEntropy::seeded(43));
    let store = rig.open().unwrap();
    store.mirror_to(&rig.mirror()).unwrap();
    drop(store);

    let stranger = other.open().unwrap();
    assert_eq!(
        stranger.mirror_to(&rig.mirror()).unwrap_err().reason(),
        "KEY_MIRROR_OF_ANOTHER_STORE"
    );
    drop(stranger);
    let error =
        KeyStore::restore(&rig.mirror(), &other.directory(), &other.master(), 0).unwrap_err();
    assert_eq!(error.reason(), "KEY_MIRROR_OF_ANOTHER_STORE");
}

#[test]
fn a_damaged_mirror_is_not_restored_and_is_mended_by_the_next_copy() {
    let rig = Rig::new();
    let store = rig.open().unwrap();
    let key = first_key(&store);
    store.mirror_to(&rig.mirror()).unwrap();
    let copy = pool_file::path(&rig.mirror(), &key.id().file);
    fs::write(&copy, b"rot").unwrap();
    drop(store);

    let error = rig.restore(0).unwrap_err();
    assert_eq!(error.to_string(), "2026-11-0001.keys is damaged");

    let store = rig.open().unwrap();
    assert!(store.get(key.id()).unwrap().is_some(), "the directory itself is untouched");
    store.mirror_to(&rig.mirror()).unwrap();
    drop(store);
    assert!(rig.restore(0).is_ok());
}

#[test]
fn a_store_in_use_is_not_restored_over() {
    let rig = Rig::new();
    let store = rig.open().unwrap();
    store.mirror_to(&rig.mirror()).unwrap();

    assert_eq!(rig.restore(0).unwrap_err().reason(), "KEYS_IN_USE");
}
