//! What an operator does with a data directory beside serving from it: verify, back up, restore, build the
//! index anew.
//!
//! Verifying and backing up only read and may run beside a hub. A backup holds the journal and a list of
//! digests (`DIGESTS`, as `sha256sum -c` reads it); keys are another module's and are never in it.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ring::digest::{Context, SHA256};

use super::bytes::{hex, wide};
use super::disk::{FILE_MODE, SystemDisk};
use super::error::OpenError;
use super::event::{StoreObserver, Unobserved};
use super::group::{GroupBytes, root};
use super::place::{Place, make_directory, sync_directory, write_durably};
use super::segment::{self, Segment, SegmentReader};
use super::state::commit_in;
use super::survey::{Survey, no_visit};
use super::{EmbeddedOptions, EmbeddedStore};
use crate::domain::{Position, Timestamp};
use crate::merkle::{Hash, Tree};
use crate::record::RecordedEntry;
use crate::store::StoreError;

const DIGESTS: &str = "DIGESTS";

/// How much is copied at once, in bytes.
const COPY_BYTES: usize = 1024 * 1024;

/// How often a survey is taken beside a running hub, which may be writing just where it reads.
const SURVEYS_MAX: u32 = 3;

/// What [`verify`] found: a journal that is whole.
#[derive(Debug)]
pub struct Verified {
    /// How many positions it holds.
    pub positions: u64,
    /// In how many groups.
    pub groups: u64,
    /// In which segment files.
    pub segments: Vec<String>,
    /// Bytes at the end that are not a whole group: segment, offset and length. A crash leaves them, and so
    /// does a hub that is writing just now.
    pub torn: Option<(String, u64, u64)>,
    /// Hub time of the newest group.
    pub last_group_at: Option<Timestamp>,
    tree: Tree,
}

impl Verified {
    /// The audit tree's root over the first `size` entries; none when the journal holds fewer.
    #[must_use]
    pub fn root_at(&self, size: u64) -> Option<Hash> {
        self.tree.root_at(size).ok()
    }
}

/// Reads the whole journal and checks every group, its chain, every commit and every leaf.
///
/// # Errors
/// What is damaged, and where; or that the directory is not a store this release reads.
pub fn verify(directory: &Path, observer: &dyn StoreObserver) -> Result<Verified, OpenError> {
    let place = Place::new(directory);
    place.check_version()?;
    let mut tries = 1;
    loop {
        match verify_once(&place, observer) {
            Err(OpenError::Damaged { .. }) if tries < SURVEYS_MAX => {
                tries = tries.saturating_add(1)
            }
            other => return other,
        }
    }
}

fn verify_once(place: &Place, observer: &dyn StoreObserver) -> Result<Verified, OpenError> {
    let mut tree = Tree::new();
    let disk = SystemDisk::read_only();
    let survey = Survey::take(&disk, &place.journal(), observer, &mut |group| {
        verify_group(group).map_err(|source| OpenError::Replay { source })?;
        group.leaves().into_iter().for_each(|leaf| {
            tree.push(Hash(leaf));
        });
        Ok(())
    })?;
    let torn = survey.torn.map(|torn| {
        (segment::name(torn.segment), torn.offset, torn.end.saturating_sub(torn.offset))
    });
    Ok(Verified {
        positions: survey.link.first.0,
        groups: survey.groups,
        segments: survey.segments.iter().map(|segment| segment::name(segment.number)).collect(),
        torn,
        last_group_at: survey.tail.map(|_| survey.link.at),
        tree,
    })
}

/// Reads every entry of the journal in order. Checks what a checksum can show; whether an entry is what was
/// signed is for [`crate::audit::verify`].
///
/// # Errors
/// What is damaged, and where; or that the directory is not a store this release reads.
pub fn read_entries(
    directory: &Path,
    observer: &dyn StoreObserver,
    visit: &mut dyn FnMut(RecordedEntry),
) -> Result<(), OpenError> {
    let place = Place::new(directory);
    place.check_version()?;
    let disk = SystemDisk::read_only();
    Survey::take(&disk, &place.journal(), observer, &mut |group| {
        let positions = (group.header.first.0..).map(Position).take(group.leaves().len());
        for position in positions {
            let commit =
                commit_in(group, position).map_err(|source| OpenError::Replay { source })?;
            visit(commit.entry);
        }
        Ok(())
    })?;
    Ok(())
}

/// Looks into a group whose checksums hold: every commit must decode and have the leaf the group says.
fn verify_group(group: &GroupBytes) -> Result<(), StoreError> {
    let wrong = |position: Position, what: &str| StoreError::Damaged {
        place: format!("the commit at position {position}: {what}"),
    };
    let leaves = group.leaves();
    if root(&leaves) != group.header.root {
        return Err(wrong(group.header.first, "its group's root is another"));
    }
    for (number, leaf) in (group.header.first.0..).zip(&leaves) {
        let position = Position(number);
        if commit_in(group, position)?.entry.leaf_hash() != *leaf {
            return Err(wrong(position, "its leaf hash is another"));
        }
    }
    Ok(())
}

/// Puts the index aside and builds it anew from the journal; how many positions it then covers. No hub may run.
///
/// # Errors
/// As for opening a store.
pub fn rebuild_index(directory: &Path, observer: Arc<dyn StoreObserver>) -> Result<u64, OpenError> {
    let place = Place::new(directory);
    place.check_version()?;
    let lock = place.take()?;
    let (index, kept) = (place.index(), place.index_aside());
    if index.exists() {
        if kept.exists() {
            fs::remove_dir_all(&kept).map_err(OpenError::io("remove", &kept))?;
        }
        fs::rename(&index, &kept).map_err(OpenError::io("put aside", &index))?;
    }
    drop(lock);
    let store = EmbeddedStore::open(&EmbeddedOptions::new(directory), observer, None)?;
    store.close()?;
    Ok(store.shared.standing().durable.0)
}

/// What a backup holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BackedUp {
    /// How many positions.
    pub positions: u64,
    /// How many segment files.
    pub segments: usize,
    /// How many bytes.
    pub bytes: u64,
}

/// Copies the journal of a store into a new or empty directory, durably, with a list of digests. Only reads
/// the store; a hub may serve from it meanwhile.
///
/// # Errors
/// When the destination holds something, the journal is damaged, or the operating system refuses.
pub fn backup(directory: &Path, destination: &Path) -> Result<BackedUp, OpenError> {
    let place = Place::new(directory);
    place.check_version()?;
    let target = Place::new(destination);
    must_be_empty(destination)?;
    let survey = survey_beside_a_hub(&place)?;
    make_directory(&target.journal())?;
    let mut digests = String::new();
    let mut report = BackedUp { positions: survey.link.first.0, segments: 0, bytes: 0 };
    if let Some(tail) = survey.tail {
        for held in survey.segments.iter().filter(|held| held.number <= tail.segment) {
            let mut end = None;
            if held.number == tail.segment {
                end = Some(tail.end);
                // The last group may be visible to us and not yet durable.
                let path = segment::path(&place.journal(), held.number);
                held.file.sync_data().map_err(OpenError::io("fsync", &path))?;
            }
            let copied = copy_segment(held, &place.journal(), &target.journal(), end)?;
            let name = segment::name(held.number);
            digests.push_str(&format!("{}  journal/{name}\n", copied.digest));
            report.segments = report.segments.saturating_add(1);
            report.bytes = report.bytes.saturating_add(copied.bytes);
        }
    }
    sync_directory(&target.journal())?;
    write_durably(&destination.join(DIGESTS), digests.as_bytes())?;
    target.write_version()?;
    Ok(report)
}

fn survey_beside_a_hub(place: &Place) -> Result<Survey, OpenError> {
    let disk = SystemDisk::read_only();
    let mut tries = 1;
    loop {
        match Survey::take(&disk, &place.journal(), &Unobserved, &mut no_visit) {
            Err(OpenError::Damaged { .. }) if tries < SURVEYS_MAX => {
                tries = tries.saturating_add(1)
            }
            other => return other,
        }
    }
}

/// Checks a backup: every file has the digest its list gives, and the journal in it is whole.
///
/// # Errors
/// Which file is not what it was, or what is damaged in the journal.
pub fn verify_backup(source: &Path, observer: &dyn StoreObserver) -> Result<Verified, OpenError> {
    for (name, digest) in listed(source)? {
        let segment = opened(&source.join("journal"), &name)?;
        let copied = read_segment(&segment, &source.join("journal"), None, &mut |_bytes| Ok(()))?;
        if copied.digest != digest {
            return Err(OpenError::BackupDamaged { file: format!("journal/{name}") });
        }
    }
    verify(source, observer)
}

/// Puts a backup, checked first, into a new or empty directory and marks it as restored. The index is built
/// when the store is opened.
///
/// # Errors
/// When the destination holds something, the backup is damaged, or the operating system refuses.
pub fn restore(
    source: &Path,
    destination: &Path,
    observer: &dyn StoreObserver,
) -> Result<Verified, OpenError> {
    let target = Place::new(destination);
    must_be_empty(destination)?;
    let verified = verify_backup(source, observer)?;
    make_directory(&target.journal())?;
    for (name, digest) in listed(source)? {
        let segment = opened(&source.join("journal"), &name)?;
        let copied = copy_segment(&segment, &source.join("journal"), &target.journal(), None)?;
        if copied.digest != digest {
            return Err(OpenError::BackupDamaged { file: format!("journal/{name}") });
        }
    }
    sync_directory(&target.journal())?;
    let mark = format!("{} positions\n", verified.positions);
    write_durably(&target.restored(), mark.as_bytes())?;
    // Last: without it a restore that broke off is not taken for a store.
    target.write_version()?;
    Ok(verified)
}

/// The segment files a backup lists, with their digests.
fn listed(source: &Path) -> Result<Vec<(String, String)>, OpenError> {
    let path = source.join(DIGESTS);
    let text = fs::read_to_string(&path).map_err(OpenError::io("read", &path))?;
    let damaged = || OpenError::BackupDamaged { file: DIGESTS.to_owned() };
    let listed: Vec<(String, String)> = text
        .lines()
        .map(|line| {
            let (digest, path) = line.split_once("  ").ok_or_else(damaged)?;
            let name = path.strip_prefix("journal/").ok_or_else(damaged)?;
            // Nothing but a segment's name: a list must not lead out of the backup.
            segment::number(name).ok_or_else(damaged)?;
            Ok((name.to_owned(), digest.to_owned()))
        })
        .collect::<Result<_, OpenError>>()?;
    let journal = source.join("journal");
    let held = fs::read_dir(&journal).map_err(OpenError::io("read", &journal))?.count();
    if held == listed.len() { Ok(listed) } else { Err(damaged()) }
}

fn opened(directory: &Path, name: &str) -> Result<Segment, OpenError> {
    let path = directory.join(name);
    let file = fs::File::open(&path).map_err(OpenError::io("open", &path))?;
    Ok(Segment { number: segment::number(name).unwrap_or(0), file: Arc::new(file) })
}

struct Copied {
    digest: String,
    bytes: u64,
}

/// Copies a segment, up to `end` where that is given, and makes the copy durable.
fn copy_segment(
    segment: &Segment,
    from: &Path,
    to: &Path,
    end: Option<u64>,
) -> Result<Copied, OpenError> {
    let path: PathBuf = segment::path(to, segment.number);
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(FILE_MODE)
        .open(&path)
        .map_err(OpenError::io("make", &path))?;
    let copied = read_segment(segment, from, end, &mut |bytes| file.write_all(bytes))?;
    file.sync_all().map_err(OpenError::io("fsync", &path))?;
    Ok(copied)
}

/// Reads a segment piece by piece.
fn read_segment(
    segment: &Segment,
    directory: &Path,
    end: Option<u64>,
    take: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> Result<Copied, OpenError> {
    let mut reader = SegmentReader::new(segment, directory)?;
    let end = end.unwrap_or(reader.length());
    let mut context = Context::new(&SHA256);
    let mut offset = 0_u64;
    while offset < end {
        let left = usize::try_from(end.saturating_sub(offset)).unwrap_or(usize::MAX);
        let bytes = reader.bytes(offset, left.min(COPY_BYTES))?;
        if bytes.is_empty() {
            break;
        }
        context.update(bytes);
        let path = segment::path(directory, segment.number);
        take(bytes).map_err(OpenError::io("copy", &path))?;
        offset = offset.saturating_add(wide(bytes.len()));
    }
    Ok(Copied { digest: hex(context.finish().as_ref()), bytes: offset })
}

fn must_be_empty(directory: &Path) -> Result<(), OpenError> {
    match fs::read_dir(directory) {
        Ok(entries) => match entries.count() {
            0 => Ok(()),
            _ => Err(OpenError::DestinationNotEmpty { directory: directory.to_owned() }),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(OpenError::io("read", directory)(error)),
    }
}
