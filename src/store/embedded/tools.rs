//! What an operator does with a data directory beside serving from it: verify, back up, restore, build the
//! index anew.
//!
//! Verifying and backing up only read and may run beside a hub. Keys are another module's and are never in a
//! backup. It holds:
//!
//! | name | what |
//! |---|---|
//! | `journal/` | the segments, up to the last group that was whole |
//! | `ABOUT` | whether its time is real or simulated; a restored directory is of the same kind |
//! | `key-store` | which key store its content needs, and at which version at least; no key |
//! | `DIGESTS` | what must be there, as `sha256sum -c` reads it |

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ring::digest::{Context, SHA256};

use super::bytes::{hex, wide};
use super::disk::{FILE_MODE, SystemDisk};
use super::error::OpenError;
use super::event::{Stage, StoreEvent, StoreObserver};
use super::group::{GroupBytes, root};
use super::place::{Place, make_directory, sync_directory, write_durably};
use super::segment::{self, Segment, SegmentReader};
use super::state::commit_in;
use super::survey::{Survey, no_visit};
use super::{EmbeddedOptions, EmbeddedStore};
use crate::crypto::KeyStore;
use crate::domain::{Position, Timestamp};
use crate::merkle::{Hash, Tree};
use crate::record::RecordedEntry;
use crate::store::StoreError;

const DIGESTS: &str = "DIGESTS";
const ABOUT: &str = "ABOUT";

/// The mark of a data directory whose time was simulated: no hub with real time serves it.
const SIMULATED: &str = "SIMULATED";

/// Where the data keys lie in a data directory.
const KEYS: &str = "keys";

/// The longest file beside the journal, in bytes.
const SMALL_BYTES_MAX: u64 = 4_096;

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
    /// Which kind of time it holds.
    pub time: TimeKind,
    /// The version that the key store had: its content needs a mirror of this version or a newer one. None where
    /// there are no keys.
    pub keys_version: Option<u64>,
}

/// Which kind of hub time a data directory holds. It is of one kind for ever.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimeKind {
    /// Alerts of real days.
    Real,
    /// A demonstration or a test.
    Simulated,
}

impl TimeKind {
    const fn about(self) -> &'static str {
        match self {
            Self::Real => "time real\n",
            Self::Simulated => "time simulated\n",
        }
    }

    fn parse(about: &str) -> Option<Self> {
        [Self::Real, Self::Simulated].into_iter().find(|kind| kind.about() == about)
    }
}

/// Copies the journal of a store into a new or empty directory, durably, with a list of digests. Only reads
/// the store; a hub may serve from it meanwhile.
///
/// # Errors
/// When the destination holds something, the journal is damaged, or the operating system refuses.
pub fn backup(
    directory: &Path,
    destination: &Path,
    observer: &dyn StoreObserver,
) -> Result<BackedUp, OpenError> {
    let place = Place::new(directory);
    place.check_version()?;
    let target = Place::new(destination);
    must_be_empty(destination)?;
    let survey = survey_beside_a_hub(&place, &Part { observer, of: 2, part: 0 })?;
    make_directory(&target.journal())?;
    let time = match directory.join(SIMULATED).exists() {
        true => TimeKind::Simulated,
        false => TimeKind::Real,
    };
    let copying = Part { observer, of: 2, part: 1 };
    let (segments, bytes, mut digests) = copy_journal(&survey, (&place, &target), &copying)?;
    digests.push_str(&keep_small(destination, ABOUT, time.about().as_bytes())?);
    // After the journal: whatever stands in it was sealed under keys of this version or an earlier one.
    let keys = read_small(&directory.join(KEYS).join(KeyStore::HEAD_FILE))?;
    if let Some(head) = &keys {
        digests.push_str(&keep_small(destination, KeyStore::HEAD_FILE, head)?);
    }
    write_durably(&destination.join(DIGESTS), digests.as_bytes())?;
    target.write_version()?;
    Ok(BackedUp {
        positions: survey.link.first.0,
        segments,
        bytes,
        time,
        keys_version: keys.as_deref().and_then(KeyStore::version_stated),
    })
}

/// Copies the segments that hold groups; how many, of how many bytes, and their lines in the list of digests.
fn copy_journal(
    survey: &Survey,
    (place, target): (&Place, &Place),
    observer: &dyn StoreObserver,
) -> Result<(usize, u64, String), OpenError> {
    let (mut segments, mut bytes, mut digests) = (0_usize, 0_u64, String::new());
    let Some(tail) = &survey.tail else { return Ok((segments, bytes, digests)) };
    let held: Vec<&Segment> =
        survey.segments.iter().filter(|held| held.number <= tail.segment).collect();
    let mut progress = Progress { observer, done: 0, total: 0 };
    for held in &held {
        progress.total = progress.total.saturating_add(length_of(held, &place.journal())?);
    }
    for held in held {
        let mut end = None;
        if held.number == tail.segment {
            end = Some(tail.end);
            // The last group may be visible to us and not yet durable.
            let path = segment::path(&place.journal(), held.number);
            held.file.sync_data().map_err(OpenError::io("fsync", &path))?;
        }
        let copied = copy_segment(held, (&place.journal(), &target.journal()), end, &mut progress)?;
        let name = segment::name(held.number);
        digests.push_str(&format!("{}  journal/{name}\n", copied.digest));
        segments = segments.saturating_add(1);
        bytes = bytes.saturating_add(copied.bytes);
    }
    sync_directory(&target.journal())?;
    Ok((segments, bytes, digests))
}

fn survey_beside_a_hub(place: &Place, observer: &dyn StoreObserver) -> Result<Survey, OpenError> {
    let disk = SystemDisk::read_only();
    let mut tries = 1;
    loop {
        match Survey::take(&disk, &place.journal(), observer, &mut no_visit) {
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
    let listed = Listed::read(source)?;
    check_digests(source, &listed, &Part { observer, of: 2, part: 0 })?;
    verify(source, &Part { observer, of: 2, part: 1 })
}

fn check_digests(
    source: &Path,
    listed: &Listed,
    observer: &dyn StoreObserver,
) -> Result<(), OpenError> {
    let journal = source.join("journal");
    let mut progress = Progress { observer, done: 0, total: listed.bytes(source)? };
    for (name, digest) in &listed.segments {
        let segment = opened(&journal, name)?;
        let copied = read_segment(&segment, &journal, None, &mut |bytes| {
            progress.add(bytes.len());
            Ok(())
        })?;
        if copied.digest != *digest {
            return Err(OpenError::BackupDamaged { file: format!("journal/{name}") });
        }
    }
    Ok(())
}

/// Puts a backup, checked first, into a new or empty directory and marks it as restored, and as simulated where
/// it was. The index is built when the store is opened. Keys come from their mirror: [`KeyStore::restore`].
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
    let part = |part| Part { observer, of: 3, part };
    let listed = Listed::read(source)?;
    check_digests(source, &listed, &part(0))?;
    let verified = verify(source, &part(1))?;
    make_directory(&target.journal())?;
    let copying = part(2);
    let mut progress = Progress { observer: &copying, done: 0, total: listed.bytes(source)? };
    let journals = (source.join("journal"), target.journal());
    for (name, digest) in &listed.segments {
        let segment = opened(&journals.0, name)?;
        let copied = copy_segment(&segment, (&journals.0, &journals.1), None, &mut progress)?;
        if copied.digest != *digest {
            return Err(OpenError::BackupDamaged { file: format!("journal/{name}") });
        }
    }
    sync_directory(&target.journal())?;
    if listed.time == TimeKind::Simulated {
        let text = b"hub time in this directory is simulated\n";
        write_durably(&destination.join(SIMULATED), text)?;
    }
    let mark = format!("{} positions\n", verified.positions);
    write_durably(&target.restored(), mark.as_bytes())?;
    // Last: without it a restore that broke off is not taken for a store.
    target.write_version()?;
    Ok(verified)
}

/// What a backup lists.
struct Listed {
    /// Segment files with their digests.
    segments: Vec<(String, String)>,
    time: TimeKind,
}

impl Listed {
    /// Reads the list and checks what stands beside the journal. What is listed and not there is refused, and so is
    /// a list that leaves out which kind of time it is.
    fn read(source: &Path) -> Result<Self, OpenError> {
        let path = source.join(DIGESTS);
        let text = fs::read_to_string(&path).map_err(OpenError::io("read", &path))?;
        let damaged = |file: &str| OpenError::BackupDamaged { file: file.to_owned() };
        let (mut segments, mut time) = (Vec::new(), None);
        for line in text.lines() {
            let (digest, name) = line.split_once("  ").ok_or_else(|| damaged(DIGESTS))?;
            if let Some(segment) = name.strip_prefix("journal/") {
                // Nothing but a segment's name: a list must not lead out of the backup.
                segment::number(segment).ok_or_else(|| damaged(DIGESTS))?;
                segments.push((segment.to_owned(), digest.to_owned()));
                continue;
            }
            if ![ABOUT, KeyStore::HEAD_FILE].contains(&name) {
                return Err(damaged(DIGESTS));
            }
            let bytes = read_small(&source.join(name))?.ok_or_else(|| damaged(name))?;
            if digest_of(&bytes) != digest {
                return Err(damaged(name));
            }
            if name == ABOUT {
                time = std::str::from_utf8(&bytes).ok().and_then(TimeKind::parse);
            }
        }
        let journal = source.join("journal");
        let held = fs::read_dir(&journal).map_err(OpenError::io("read", &journal))?.count();
        match time {
            Some(time) if held == segments.len() => Ok(Self { segments, time }),
            Some(_) => Err(damaged(DIGESTS)),
            None => Err(damaged(ABOUT)),
        }
    }

    /// How many bytes the journal has.
    fn bytes(&self, source: &Path) -> Result<u64, OpenError> {
        let journal = source.join("journal");
        let lengths = self.segments.iter().map(|(name, _)| {
            let path = journal.join(name);
            fs::metadata(&path).map(|meta| meta.len()).map_err(OpenError::io("read", &path))
        });
        lengths.sum()
    }
}

fn digest_of(bytes: &[u8]) -> String {
    let mut context = Context::new(&SHA256);
    context.update(bytes);
    hex(context.finish().as_ref())
}

/// Writes a file beside the journal; its line in the list of digests.
fn keep_small(directory: &Path, name: &str, bytes: &[u8]) -> Result<String, OpenError> {
    write_durably(&directory.join(name), bytes)?;
    Ok(format!("{}  {name}\n", digest_of(bytes)))
}

/// Reads a small file; none where there is none.
fn read_small(path: &Path) -> Result<Option<Vec<u8>>, OpenError> {
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(OpenError::io("open", path)(error)),
    };
    let mut bytes = Vec::new();
    let read = file.take(SMALL_BYTES_MAX).read_to_end(&mut bytes);
    read.map_err(OpenError::io("read", path))?;
    Ok(Some(bytes))
}

/// One part of several that take about as long: the bar goes from one end to the other once.
struct Part<'a> {
    observer: &'a dyn StoreObserver,
    of: u64,
    part: u64,
}

impl StoreObserver for Part<'_> {
    fn observe(&self, event: &StoreEvent) {
        if let StoreEvent::Progress { stage, done, total } = event {
            self.observer.observe(&StoreEvent::Progress {
                stage: *stage,
                done: total.saturating_mul(self.part).saturating_add(*done),
                total: total.saturating_mul(self.of),
            });
        }
    }
}

/// Tells how many bytes were read or copied.
struct Progress<'a> {
    observer: &'a dyn StoreObserver,
    done: u64,
    total: u64,
}

impl Progress<'_> {
    fn add(&mut self, bytes: usize) {
        self.done = self.done.saturating_add(wide(bytes));
        let (stage, done, total) = (Stage::ReadingJournal, self.done, self.total);
        self.observer.observe(&StoreEvent::Progress { stage, done, total });
    }
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
    (from, to): (&Path, &Path),
    end: Option<u64>,
    progress: &mut Progress<'_>,
) -> Result<Copied, OpenError> {
    let path: PathBuf = segment::path(to, segment.number);
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(FILE_MODE)
        .open(&path)
        .map_err(OpenError::io("make", &path))?;
    let copied = read_segment(segment, from, end, &mut |bytes| {
        progress.add(bytes.len());
        file.write_all(bytes)
    })?;
    file.sync_all().map_err(OpenError::io("fsync", &path))?;
    Ok(copied)
}

fn length_of(segment: &Segment, directory: &Path) -> Result<u64, OpenError> {
    let path = segment::path(directory, segment.number);
    fs::metadata(&path).map(|meta| meta.len()).map_err(OpenError::io("read", &path))
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
