//! The journal alone: power cuts, torn tails, damage.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Heard;
use super::rig::{Dice, Happened, RigDisk};
use crate::domain::{Position, Timestamp};
use crate::store::StoreError;
use crate::store::embedded::disk::Disk as _;
use crate::store::embedded::effect::InGroup;
use crate::store::embedded::error::{OpenError, Witness};
use crate::store::embedded::event::StoreEvent;
use crate::store::embedded::group::{GROUP_BYTES_CEILING, HEADER_BYTES};
use crate::store::embedded::journal::AppendError;
use crate::store::embedded::opening::{Opened, Opening};
use crate::store::embedded::place::CleanMark;
use crate::store::embedded::segment;

const DIRECTORY: &str = "/journal";

struct Rig {
    disk: RigDisk,
    torn: tempfile::TempDir,
    heard: Heard,
    segment_bytes: u64,
}

impl Rig {
    fn new() -> Self {
        Self {
            disk: RigDisk::default(),
            torn: tempfile::tempdir().unwrap(),
            heard: Heard::default(),
            segment_bytes: 2_048,
        }
    }

    fn with(disk: RigDisk) -> Self {
        Self { disk, ..Self::new() }
    }

    fn open(&self) -> Result<Opened, OpenError> {
        self.open_covering(None, Vec::new())
    }

    fn open_covering(
        &self,
        clean: Option<CleanMark>,
        covered: Vec<(Position, Witness)>,
    ) -> Result<Opened, OpenError> {
        Opening {
            disk: Arc::new(self.disk.clone()),
            directory: PathBuf::from(DIRECTORY),
            torn: self.torn.path().join("torn"),
            segment_bytes: self.segment_bytes,
            observer: &self.heard,
            clean,
            covered,
        }
        .run()
    }
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// A group's commits, recognisable by their position.
fn commits(first: u64, count: u64) -> (Vec<[u8; 32]>, Vec<Vec<u8>>) {
    let leaf = |position: u64| {
        let mut leaf = [0x1E; 32];
        leaf[..8].copy_from_slice(&position.to_le_bytes());
        leaf
    };
    let commit = |position: u64| format!("commit {position} ").repeat(20).into_bytes();
    let positions = || first..first + count;
    (positions().map(leaf).collect(), positions().map(commit).collect())
}

fn append(opened: &mut Opened, count: u64) -> Result<(), AppendError> {
    let first = opened.appender.link().first.0;
    let (leaves, commits) = commits(first, count);
    let commits: Vec<&[u8]> = commits.iter().map(Vec::as_slice).collect();
    let header = opened.appender.append(at(i64::try_from(first).unwrap()), &leaves, &commits)?;
    opened.reader.publish(header.end());
    Ok(())
}

/// Every position below `count` reads back as it was appended, and nothing more does.
fn holds(opened: &Opened, count: u64) {
    assert_eq!(opened.appender.link().first, Position(count));
    let (leaves, all) = commits(0, count);
    for (position, commit) in (0..count).zip(&all) {
        let group = opened.reader.group(Position(position)).unwrap().unwrap();
        assert_eq!(group.commit(Position(position)), Some(commit.as_slice()));
    }
    assert!(opened.reader.group(Position(count)).unwrap().is_none());
    assert_eq!(opened.reader.leaves(Position(0), usize::MAX).unwrap(), leaves);
}

fn segment_path(number: u32) -> PathBuf {
    segment::path(Path::new(DIRECTORY), number)
}

/// A journal of 20 commits in 10 groups over several segments, stopped without a mark.
fn journal_of_twenty() -> Rig {
    let rig = Rig::new();
    let mut opened = rig.open().unwrap();
    for _ in 0..10 {
        append(&mut opened, 2).unwrap();
    }
    assert!(rig.disk.paths().len() >= 2, "more than one segment");
    rig
}

/// Where the last group begins, and where it ends, in the last segment.
fn last_group(rig: &Rig) -> (PathBuf, usize, usize) {
    let path = rig.disk.paths().pop().unwrap();
    let bytes = rig.disk.bytes(&path);
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    let magic = crate::store::embedded::group::MAGIC;
    let start = bytes.windows(8).rposition(|window| window == magic).unwrap();
    (path, start, end)
}

#[test]
fn what_was_appended_reads_back_by_position_over_several_segments() {
    let rig = journal_of_twenty();

    holds(&rig.open().unwrap(), 20);
}

#[test]
fn a_group_that_no_reader_would_take_is_refused_and_the_next_is_taken() {
    let rig = Rig::new();
    let mut opened = rig.open().unwrap();
    append(&mut opened, 1).unwrap();
    let largest = usize::try_from(GROUP_BYTES_CEILING).unwrap() - 32 - 4;
    let long = vec![0x5E; largest + 1];

    let refused = opened.appender.append(at(1), &[[1; 32]], &[&long]).unwrap_err();

    let AppendError::Io(why) = refused else { panic!("{refused:?}") };
    assert_eq!(why.kind(), std::io::ErrorKind::FileTooLarge);
    let header = opened.appender.append(at(1), &[[1; 32]], &[&long[1..]]).unwrap();
    opened.reader.publish(header.end());
    let group = opened.reader.group(Position(1)).unwrap().unwrap();
    assert_eq!(group.commit(Position(1)).map(<[u8]>::len), Some(largest), "at the bound");
    drop(opened);
    assert_eq!(rig.open().unwrap().appender.link().first, Position(2));
}

#[test]
fn hub_time_never_goes_back_from_group_to_group() {
    let rig = Rig::new();
    let mut opened = rig.open().unwrap();
    let (leaves, commits) = commits(0, 1);
    let commits: Vec<&[u8]> = commits.iter().map(Vec::as_slice).collect();

    let first = opened.appender.append(at(5_000), &leaves, &commits).unwrap();
    let second = opened.appender.append(at(4_000), &leaves, &commits).unwrap();

    assert_eq!((first.at, second.at), (at(5_000), at(5_000)));
}

#[test]
fn a_tail_torn_at_any_byte_of_the_last_group_is_kept_aside_and_left_out() {
    let whole = journal_of_twenty();
    let (path, start, end) = last_group(&whole);
    let bytes = whole.disk.bytes(&path);

    for cut in start..end {
        let rig = Rig::with(whole.disk.copy());
        let mut torn = bytes.clone();
        torn[cut..].fill(0);
        rig.disk.put(&path, torn.clone());

        let mut opened = rig.open().unwrap();

        // A group that happens to end in zeros is whole all the same.
        let lost = torn != bytes;
        holds(&opened, if lost { 18 } else { 20 });
        let tail = torn[start..].iter().rposition(|byte| *byte != 0);
        if let Some(last) = tail.filter(|_| lost) {
            let name = format!("{}.{start}", path.file_name().unwrap().to_string_lossy());
            let kept = std::fs::read(rig.torn.path().join("torn").join(name)).unwrap();
            assert_eq!(kept, torn[start..=start + last], "cut at {cut}");
        }
        append(&mut opened, 2).unwrap();
        holds(&rig.open().unwrap(), if lost { 20 } else { 22 });
    }
}

#[test]
fn a_torn_tail_whose_sectors_arrived_out_of_order_is_left_out_too() {
    let whole = journal_of_twenty();
    let (path, start, end) = last_group(&whole);
    let mut bytes = whole.disk.bytes(&path);
    bytes[start..start + HEADER_BYTES].fill(0);
    assert!(end > start + HEADER_BYTES);
    whole.disk.put(&path, bytes);

    holds(&whole.open().unwrap(), 18);
}

#[test]
fn a_torn_tail_that_a_checkpoint_the_index_or_the_clean_mark_covers_is_damage() {
    let whole = journal_of_twenty();
    let (path, start, end) = last_group(&whole);
    let mut bytes = whole.disk.bytes(&path);
    bytes[end - 1] ^= 1;
    whole.disk.put(&path, bytes);
    let segment = path.file_name().unwrap().to_string_lossy().into_owned();

    for witness in [Witness::Checkpoint, Witness::Index] {
        let rig = Rig::with(whole.disk.copy());
        let error = rig.open_covering(None, vec![(Position(19), witness)]).map(drop).unwrap_err();
        assert!(
            matches!(
                &error,
                OpenError::CommitsMissing { segment: named, offset, end: Position(18), covered: Position(19), .. }
                    if *named == segment && *offset == u64::try_from(start).unwrap()
            ),
            "{error}"
        );
        assert_eq!(rig.disk.bytes(&path), whole.disk.bytes(&path), "nothing is changed");
        // What it does cover is enough.
        holds(&rig.open_covering(None, vec![(Position(18), witness)]).unwrap(), 18);
    }
}

#[test]
fn damage_with_valid_groups_after_it_refuses_to_start_and_names_the_place() {
    let whole = journal_of_twenty();
    let first = segment_path(1);
    let length = whole.disk.bytes(&first).len();
    let damages: [fn(&mut Vec<u8>); 3] =
        [|bytes| bytes[300] ^= 0x10, |bytes| bytes[..1_024].fill(0), |bytes| bytes.truncate(700)];

    for damage in damages {
        let rig = Rig::with(whole.disk.copy());
        let mut bytes = rig.disk.bytes(&first);
        assert_eq!(bytes.len(), length);
        damage(&mut bytes);
        rig.disk.put(&first, bytes.clone());

        let error = rig.open().map(drop).unwrap_err();

        let named = matches!(&error, OpenError::Damaged { segment, .. } if segment.starts_with("000000000"));
        assert!(named, "{error}");
        assert_eq!(rig.disk.bytes(&first), bytes, "nothing is changed");
    }
}

#[test]
fn a_missing_a_swapped_and_a_foreign_segment_are_damage() {
    let whole = journal_of_twenty();
    let segments = whole.disk.paths();
    assert!(segments.len() >= 3);

    let missing = Rig::new();
    for path in segments.iter().filter(|path| **path != segment_path(2)) {
        missing.disk.put(path, whole.disk.bytes(path));
    }
    assert!(matches!(missing.open().map(drop), Err(OpenError::Damaged { offset: 0, .. })));

    let swapped = Rig::with(whole.disk.copy());
    swapped.disk.put(&segment_path(1), whole.disk.bytes(&segment_path(2)));
    swapped.disk.put(&segment_path(2), whole.disk.bytes(&segment_path(1)));
    assert!(matches!(swapped.open().map(drop), Err(OpenError::Damaged { offset: 0, .. })));

    let repeated = Rig::with(whole.disk.copy());
    repeated.disk.put(&segment_path(3), whole.disk.bytes(&segment_path(2)));
    assert!(matches!(repeated.open().map(drop), Err(OpenError::Damaged { offset: 0, .. })));
}

#[test]
fn a_start_without_the_mark_writes_the_last_group_again_and_syncs_before_serving() {
    let rig = journal_of_twenty();
    let before = rig.disk.paths().len();

    let opened = rig.open().unwrap();

    assert!(!opened.clean);
    assert_eq!(rig.disk.paths().len(), before + 1);
    assert!(rig.heard.any(|event| *event == StoreEvent::UncleanStart { positions: Position(20) }));
    // What lay only in the page cache is lost; the copy is not.
    let (old, start, _) = {
        let old = rig.disk.paths()[before - 1].clone();
        let bytes = rig.disk.bytes(&old);
        let magic = crate::store::embedded::group::MAGIC;
        let start = bytes.windows(8).rposition(|window| window == magic).unwrap();
        (old, start, bytes)
    };
    for garbage in [0x00, 0x6B] {
        let mut bytes = rig.disk.bytes(&old);
        bytes[start..].fill(garbage);
        let after = Rig::with(rig.disk.copy());
        after.disk.put(&old, bytes);
        holds(&after.open().unwrap(), 20);
    }
}

#[test]
fn a_start_with_the_mark_goes_on_where_the_journal_ended() {
    let rig = journal_of_twenty();
    let opened = rig.open().unwrap();
    let mark = CleanMark::of(opened.appender.link());
    let segments = rig.disk.paths();

    let mut again = rig.open_covering(Some(mark.clone()), Vec::new()).unwrap();
    assert!(again.clean);
    assert_eq!(rig.disk.paths(), segments);
    append(&mut again, 1).unwrap();

    // The old mark no longer fits: an orderly stop it was not.
    let stale = rig.open_covering(Some(mark), Vec::new()).unwrap();
    assert!(!stale.clean);
    holds(&rig.open().unwrap(), 21);
}

#[test]
fn a_mark_that_says_more_than_the_journal_holds_is_damage() {
    let rig = journal_of_twenty();
    let mark = CleanMark::of(rig.open().unwrap().appender.link());
    let (path, start, _) = last_group(&rig);
    let mut bytes = rig.disk.bytes(&path);
    bytes.truncate(start);
    rig.disk.put(&path, bytes);
    let before_copy = rig.disk.paths().len();
    let old = segment_path(u32::try_from(before_copy).unwrap() - 1);
    let magic = crate::store::embedded::group::MAGIC;
    let mut bytes = rig.disk.bytes(&old);
    let start = bytes.windows(8).rposition(|window| window == magic).unwrap();
    bytes.truncate(start);
    rig.disk.put(&old, bytes);

    let error = rig.open_covering(Some(mark), Vec::new()).map(drop).unwrap_err();

    assert!(
        matches!(error, OpenError::CommitsMissing { witness: Witness::CleanStop, .. }),
        "{error}"
    );
}

#[test]
fn a_group_larger_than_a_segment_gets_one_of_its_own() {
    let rig = Rig::new();
    let mut opened = rig.open().unwrap();
    append(&mut opened, 1).unwrap();
    append(&mut opened, 60).unwrap();
    append(&mut opened, 1).unwrap();

    assert_eq!(rig.disk.paths().len(), 3);
    holds(&rig.open().unwrap(), 62);
}

#[test]
fn zeros_written_ahead_are_synced_once_and_are_no_group_to_any_reader() {
    let rig = Rig::new();
    let mut opened = rig.open().unwrap();
    append(&mut opened, 2).unwrap();
    let before = rig.disk.log().len();

    opened.appender.write_ahead().unwrap();
    opened.appender.write_ahead().unwrap();

    assert_eq!(rig.disk.log()[before..], [Happened::Synced], "once: nothing more lies ahead");
    append(&mut opened, 1).unwrap();
    holds(&opened, 3);
    holds(&rig.open().unwrap(), 3);
    assert!(!rig.heard.any(|event| matches!(event, StoreEvent::TornTail { .. })));
}

#[test]
fn a_failed_fsync_of_zeros_poisons_as_any_other() {
    let rig = Rig::new();
    let mut opened = rig.open().unwrap();
    append(&mut opened, 2).unwrap();
    rig.disk.fail_sync_in(0);

    assert!(matches!(opened.appender.write_ahead(), Err(AppendError::Poisoned)));

    assert!(matches!(append(&mut opened, 1), Err(AppendError::Poisoned)));
    holds(&rig.open().unwrap(), 2);
}

#[test]
fn zeros_that_a_full_disk_refuses_are_left_out_and_the_next_group_goes_on() {
    let rig = Rig::new();
    let mut opened = rig.open().unwrap();
    append(&mut opened, 2).unwrap();
    rig.disk.fill_up_after(100);

    opened.appender.write_ahead().unwrap();
    append(&mut opened, 1).unwrap();

    holds(&opened, 3);
    holds(&rig.open().unwrap(), 3);
}

#[test]
fn a_write_that_finds_the_disk_full_is_cut_off_and_the_next_goes_on() {
    let rig = Rig::new();
    let mut opened = rig.open().unwrap();
    append(&mut opened, 2).unwrap();

    for written in [0, 1, 100, 400] {
        rig.disk.fill_up_after(written);
        assert!(matches!(append(&mut opened, 2), Err(AppendError::DiskFull)));
    }
    append(&mut opened, 1).unwrap();

    holds(&opened, 3);
    holds(&rig.open().unwrap(), 3);
    assert!(!rig.heard.any(|event| matches!(event, StoreEvent::TornTail { .. })));
}

#[test]
fn a_new_segment_that_finds_the_disk_full_refuses_the_group_and_the_next_goes_on() {
    let rig = Rig::new();
    let mut opened = rig.open().unwrap();
    append(&mut opened, 2).unwrap();

    rig.disk.fail_create(Some(28));
    assert!(matches!(append(&mut opened, 30), Err(AppendError::DiskFull)));
    rig.disk.fail_create(None);
    append(&mut opened, 30).unwrap();

    holds(&rig.open().unwrap(), 32);
}

#[test]
fn what_a_refused_write_left_and_cannot_be_cut_off_poisons() {
    let rig = Rig::new();
    let mut opened = rig.open().unwrap();
    append(&mut opened, 2).unwrap();

    rig.disk.fail_truncate();
    rig.disk.fill_up_after(100);

    assert!(matches!(append(&mut opened, 2), Err(AppendError::Poisoned)));
    assert!(matches!(append(&mut opened, 2), Err(AppendError::Poisoned)));
}

#[test]
fn no_power_cut_at_any_moment_loses_what_was_acknowledged_or_halves_what_was_not() {
    for seed in 0..300 {
        let mut dice = Dice::new(seed);
        let mut disk = RigDisk::default();
        let (mut acknowledged, mut attempted) = (0_u64, 0_u64);
        // Several cuts in a row, some of them while the journal is being opened.
        for _ in 0..4 {
            let rig = Rig::with(disk);
            rig.disk.cut_power_in(dice.below(40));
            if let Ok(mut opened) = rig.open() {
                let found = opened.appender.link().first.0;
                assert!(found >= acknowledged, "seed {seed}: {found} of {acknowledged}");
                acknowledged = found;
                loop {
                    let count = 1 + dice.below(4);
                    attempted = acknowledged + count;
                    if append(&mut opened, count).is_err() {
                        break;
                    }
                    acknowledged = attempted;
                }
            }
            disk = rig.disk.after_power_cut(&mut dice);
            let check = Rig::with(disk.copy());
            let opened = check.open().unwrap_or_else(|error| panic!("seed {seed}: {error}"));
            let found = opened.appender.link().first.0;
            assert!(
                found == acknowledged || found == attempted,
                "seed {seed}: {found}, acknowledged {acknowledged}, attempted {attempted}"
            );
            holds(&opened, found);
        }
    }
}

#[test]
fn damage_within_the_last_segment_is_not_taken_for_a_torn_tail() {
    let mut whole = Rig::new();
    whole.segment_bytes = 64 * 1024;
    let mut opened = whole.open().unwrap();
    for _ in 0..10 {
        append(&mut opened, 2).unwrap();
    }
    let path = segment_path(1);
    assert_eq!(whole.disk.paths(), std::slice::from_ref(&path));
    let (_, last, end) = last_group(&whole);

    for at in (0..end).step_by(37) {
        let rig = Rig::with(whole.disk.copy());
        let mut bytes = rig.disk.bytes(&path);
        bytes[at] ^= 0x20;
        rig.disk.put(&path, bytes);

        match rig.open() {
            Ok(opened) => {
                assert!(at >= last, "damage at {at} was taken for a torn tail");
                holds(&opened, 18);
            }
            Err(error) => {
                let damage = matches!(error, OpenError::Damaged { .. } | OpenError::Newer { .. });
                assert!(at < last && damage, "at {at}: {error}");
            }
        }
    }
}

#[test]
fn a_leaf_hash_that_rots_while_the_hub_runs_is_not_served() {
    let rig = Rig::new();
    let mut opened = rig.open().unwrap();
    append(&mut opened, 2).unwrap();
    append(&mut opened, 2).unwrap();
    let path = segment_path(1);
    let mut file_bytes = rig.disk.bytes(&path);
    file_bytes[HEADER_BYTES + 5] ^= 1;

    rig.disk.open(&path).unwrap().write_at(&file_bytes, 0).unwrap();

    let refused = opened.reader.leaves(Position(0), 4).unwrap_err();
    assert!(matches!(refused, StoreError::Damaged { .. }));
    assert_eq!(opened.reader.leaves(Position(2), 4).unwrap(), commits(2, 2).0);
}

/// Where the commit at a position lies.
fn lies(opened: &Opened, position: Position) -> (InGroup, Vec<u8>) {
    let group = opened.reader.group(position).unwrap().unwrap();
    let (begin, commit) = group.place(position).unwrap();
    let [offset, length] = [begin, commit.len()].map(|number| u32::try_from(number).unwrap());
    (InGroup { offset, length, check: crc32c::crc32c(commit) }, commit.to_vec())
}

#[test]
fn a_part_of_a_group_is_read_alone_and_only_where_it_adds_up() {
    let rig = journal_of_twenty();
    let opened = rig.open().unwrap();
    for position in 0..20 {
        let position = Position(position);
        let (right, written) = lies(&opened, position);
        let longer = InGroup { length: u32::MAX, ..right };
        let elsewhere = InGroup { offset: right.offset + 1, ..right };
        let other = InGroup { check: !right.check, ..right };

        // Once from the groups in memory, once opened anew: none is in memory.
        for reader in [&opened.reader, &rig.open().unwrap().reader] {
            assert_eq!(reader.part(position, right).unwrap().unwrap(), written);
            for wrong in [longer, elsewhere, other, InGroup::default()] {
                assert_eq!(reader.part(position, wrong).unwrap(), None);
            }
        }
    }
    assert_eq!(opened.reader.part(Position(20), InGroup::default()).unwrap(), None);
}

#[test]
fn a_part_that_rots_while_the_hub_runs_is_not_served() {
    let rig = journal_of_twenty();
    let (right, _) = lies(&rig.open().unwrap(), Position(0));
    let reader = rig.open().unwrap().reader;
    let path = segment_path(1);
    let mut file_bytes = rig.disk.bytes(&path);
    file_bytes[right.offset as usize] ^= 1;
    rig.disk.open(&path).unwrap().write_at(&file_bytes, 0).unwrap();

    assert_eq!(reader.part(Position(0), right).unwrap(), None);
    let refused = reader.group(Position(0)).unwrap_err();
    assert!(matches!(refused, StoreError::Damaged { .. }), "{refused}");
}
