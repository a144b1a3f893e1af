//! The journal: the truth. Appends groups, and reads them back by position.
//!
//! One group is written and fsynced before the next is, so at most one can be torn. A full disk refuses the
//! group and cuts back; a failed fsync poisons the journal, because what the kernel then holds cannot be
//! known: it is never retried and believed.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::bytes::{narrow, wide};
use super::disk::{Disk, JournalFile, is_full};
use super::effect::InGroup;
use super::error::OpenError;
use super::group::{
    GROUP_BYTES_CEILING, GroupBytes, HEADER_BYTES, Header, Link, Scrutiny, encode, leaf_section,
    leaves_in, payload_bytes, root,
};
use super::segment::{self, Segment};
use super::survey::Places;
use crate::domain::{Position, Timestamp};
use crate::store::StoreError;

/// How many groups that were read last are kept in memory, and how large one may be to be kept.
const KEPT_GROUPS: usize = 8;
const KEPT_GROUP_BYTES: usize = 256 * 1024;

/// The largest buffer that is kept from group to group.
const KEPT_BUFFER_BYTES: usize = 1024 * 1024;

/// Appends groups. One thread owns it.
pub(crate) struct Appender {
    disk: Arc<dyn Disk>,
    reader: Arc<Reader>,
    link: Link,
    current: Option<Current>,
    segment_bytes: u64,
    buffer: Vec<u8>,
    poisoned: bool,
}

/// The segment that is written to.
struct Current {
    number: u32,
    file: Arc<dyn JournalFile>,
    /// Where the next group goes.
    tail: u64,
    /// Where the segment ends.
    capacity: u64,
    /// Up to here the disk's blocks hold what was written, if only zeros. Beyond, space is set aside and not
    /// written yet, and the first write to it costs the file system a change of its own records at the fsync.
    written: u64,
}

/// How much is written with zeros at a time, ahead of the tail, and how far the tail must have come for that.
const AHEAD_BYTES: u64 = 1024 * 1024;

/// Why a group was not made durable.
#[derive(Clone, Debug)]
pub(crate) enum AppendError {
    /// The disk is full; nothing of the group is in the journal.
    DiskFull,
    /// An fsync failed, or what a failed write left could not be cut off. Nothing is appended any more.
    Poisoned,
    /// The write was refused; nothing of the group is in the journal.
    Io(Arc<io::Error>),
}

impl Appender {
    /// Goes on after `link`, in `current` from the given offset on, or in a new segment.
    pub(crate) fn new(
        disk: Arc<dyn Disk>,
        reader: Arc<Reader>,
        link: Link,
        current: Option<(Segment, u64)>,
        segment_bytes: u64,
    ) -> Result<Self, OpenError> {
        let current = match current {
            None => None,
            Some((segment, tail)) => {
                let path = segment::path(&reader.directory, segment.number);
                let length = segment.file.length().map_err(OpenError::io("measure", &path))?;
                let capacity = length.max(tail);
                let number = segment.number;
                Some(Current { number, file: segment.file, tail, capacity, written: tail })
            }
        };
        // Offsets within a segment are remembered in 32 bits.
        let segment_bytes = segment_bytes.min(u64::from(u32::MAX) / 2);
        let buffer = Vec::new();
        Ok(Self { disk, reader, link, current, segment_bytes, buffer, poisoned: false })
    }

    /// What the next group follows.
    pub(crate) const fn link(&self) -> &Link {
        &self.link
    }

    /// Makes one group durable: one write, one fsync. Readers see it after [`Reader::publish`].
    pub(crate) fn append(
        &mut self,
        at: Timestamp,
        leaves: &[[u8; 32]],
        commits: &[&[u8]],
    ) -> Result<Header, AppendError> {
        if self.poisoned {
            return Err(AppendError::Poisoned);
        }
        // What a reader would take for damage must never be acknowledged.
        if wide(payload_bytes(leaves, commits)) > GROUP_BYTES_CEILING {
            let error = io::Error::from(io::ErrorKind::FileTooLarge);
            return Err(AppendError::Io(Arc::new(error)));
        }
        let mut buffer = std::mem::take(&mut self.buffer);
        let header = encode(&mut buffer, &self.link, at, leaves, commits);
        let written = self.write(&buffer);
        // Kept for the next group, unless this one was unusually large.
        if buffer.capacity() <= KEPT_BUFFER_BYTES {
            self.buffer = buffer;
        }
        let (segment, offset) = written?;
        self.reader.note(header.first, segment, offset);
        self.link = header.link();
        Ok(header)
    }

    /// Writes and fsyncs; where the bytes lie.
    fn write(&mut self, bytes: &[u8]) -> Result<(u32, u64), AppendError> {
        self.make_room(wide(bytes.len()))?;
        let Some(current) = &mut self.current else { return Err(AppendError::DiskFull) };
        if let Err(error) = current.file.write_at(bytes, current.tail) {
            return Err(self.cut_back(error));
        }
        if current.file.sync_data().is_err() {
            self.poisoned = true;
            return Err(AppendError::Poisoned);
        }
        let offset = current.tail;
        current.tail = offset.saturating_add(wide(bytes.len()));
        current.capacity = current.capacity.max(current.tail);
        current.written = current.written.max(current.tail);
        Ok((current.number, offset))
    }

    /// Writes zeros ahead of the tail where nothing was written yet, and fsyncs them: half of what an fsync costs is
    /// saved for the groups that come to lie there. For when there is nothing else to do; a load that leaves no such
    /// moment shares each fsync among many.
    ///
    /// A write that is refused is no matter, the next group tries its own. A failed fsync poisons as any other.
    pub(crate) fn write_ahead(&mut self) -> Result<(), AppendError> {
        let Some(current) = self.current.as_mut().filter(|_| !self.poisoned) else { return Ok(()) };
        let room = current.capacity.saturating_sub(current.written);
        if room == 0 || current.written.saturating_sub(current.tail) > AHEAD_BYTES / 2 {
            return Ok(());
        }
        let zeros = vec![0; narrow(room.min(AHEAD_BYTES)).unwrap_or(0)];
        if current.file.write_at(&zeros, current.written).is_err() {
            current.written = current.capacity;
            return Ok(());
        }
        current.written = current.written.saturating_add(wide(zeros.len()));
        if current.file.sync_data().is_err() {
            self.poisoned = true;
            return Err(AppendError::Poisoned);
        }
        Ok(())
    }

    /// Cuts off what a refused write left.
    fn cut_back(&mut self, error: io::Error) -> AppendError {
        let Some(current) = &mut self.current else { return AppendError::Poisoned };
        // After this the file grows as it is written: what was set aside is given back.
        if current.file.truncate(current.tail).is_err() {
            self.poisoned = true;
            return AppendError::Poisoned;
        }
        if is_full(&error) { AppendError::DiskFull } else { AppendError::Io(Arc::new(error)) }
    }

    /// Begins a new segment when the group does not fit into the current one.
    fn make_room(&mut self, length: u64) -> Result<(), AppendError> {
        let (number, old) = match &self.current {
            Some(current) if current.tail.saturating_add(length) <= current.capacity => {
                return Ok(());
            }
            Some(current) => {
                (current.number.saturating_add(1), Some((Arc::clone(&current.file), current.tail)))
            }
            None => (1, None),
        };
        let file = self.new_segment(number, length)?;
        // An old segment that cannot be cut keeps zeros at its end, which a reader passes over.
        if let Some((file, tail)) = old {
            file.truncate(tail).unwrap_or_default();
        }
        let capacity = file.length().map_err(|error| AppendError::Io(Arc::new(error)))?;
        self.reader.add(Segment { number, file: Arc::clone(&file) });
        let capacity = capacity.max(length);
        self.current = Some(Current { number, file, tail: 0, capacity, written: 0 });
        Ok(())
    }

    /// Makes a segment whose length and name are durable; a smaller one where the disk is nearly full.
    fn new_segment(
        &mut self,
        number: u32,
        length: u64,
    ) -> Result<Arc<dyn JournalFile>, AppendError> {
        let path = segment::path(&self.reader.directory, number);
        let full = self.segment_bytes.max(length);
        let mut made = self.disk.create(&path, full);
        for reserve in [(full / 8).max(length), length] {
            if made.as_ref().is_err_and(is_full) {
                made = self.disk.create(&path, reserve);
            }
        }
        let file = made.map_err(refused)?;
        let durable =
            file.sync_all().and_then(|()| self.disk.sync_directory(&self.reader.directory));
        match durable {
            Ok(()) => Ok(file),
            Err(error) if is_full(&error) => {
                // Nothing was written to it yet, so it is left out and made again.
                self.disk.remove(&path).map_err(refused)?;
                Err(AppendError::DiskFull)
            }
            Err(_failed_fsync) => {
                self.poisoned = true;
                Err(AppendError::Poisoned)
            }
        }
    }
}

fn refused(error: io::Error) -> AppendError {
    if is_full(&error) { AppendError::DiskFull } else { AppendError::Io(Arc::new(error)) }
}

/// Reads groups by position. Shared by everybody.
pub(crate) struct Reader {
    directory: PathBuf,
    table: RwLock<Table>,
    kept: Mutex<VecDeque<Arc<GroupBytes>>>,
}

struct Table {
    segments: Vec<Segment>,
    places: Places,
    /// Positions before this one are durable and may be read.
    durable: Position,
}

impl Reader {
    /// Reads what a survey found.
    pub(crate) fn new(
        directory: PathBuf,
        segments: Vec<Segment>,
        places: Places,
        durable: Position,
    ) -> Self {
        let table = RwLock::new(Table { segments, places, durable });
        Self { directory, table, kept: Mutex::new(VecDeque::new()) }
    }

    /// Lets positions before `durable` be read.
    pub(crate) fn publish(&self, durable: Position) {
        self.table.write().unwrap_or_else(PoisonError::into_inner).durable = durable;
    }

    /// The group that holds `position`; none when that is not durable yet.
    pub(crate) fn group(&self, position: Position) -> Result<Option<Arc<GroupBytes>>, StoreError> {
        if let Some(group) = self.kept_group(position) {
            return Ok(Some(group));
        }
        let Some(found) = self.locate(position)? else { return Ok(None) };
        let raw = found.bytes(0, found.header.group_bytes())?;
        let group = GroupBytes::new(raw, Scrutiny::Check).ok_or_else(|| found.damaged())?;
        let group = Arc::new(group);
        self.keep(&group);
        Ok(Some(group))
    }

    /// The bytes that lie at `hint` in the group that holds `position`; none when that is not durable yet, or when what
    /// lies there does not add up.
    pub(crate) fn part(
        &self,
        position: Position,
        hint: InGroup,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let (offset, length) = (u64::from(hint.offset), u64::from(hint.length));
        let end = offset.saturating_add(length);
        let part = match self.kept_group(position) {
            Some(group) => {
                let range = narrow(offset).zip(narrow(end));
                range.and_then(|(from, to)| group.raw().get(from..to).map(<[u8]>::to_vec))
            }
            None => {
                let found = self.locate(position)?;
                let found = found.filter(|found| end <= found.header.group_bytes());
                found.and_then(|found| found.bytes(offset, length).ok())
            }
        };
        Ok(part.filter(|part| !part.is_empty() && crc32c::crc32c(part) == hint.check))
    }

    /// Up to `limit` leaf hashes from `from` on, without reading any commit.
    pub(crate) fn leaves(&self, from: Position, limit: usize) -> Result<Vec<[u8; 32]>, StoreError> {
        let mut leaves = Vec::new();
        let mut next = from;
        while leaves.len() < limit
            && let Some(found) = self.locate(next)?
        {
            let section = leaf_section(found.header.commits);
            let payload = found.bytes(wide(HEADER_BYTES), wide(section))?;
            let all = leaves_in(&payload, found.header.commits);
            if root(&all) != found.header.root {
                return Err(found.damaged());
            }
            let skip = narrow(next.0.saturating_sub(found.header.first.0)).unwrap_or(usize::MAX);
            let room = limit.saturating_sub(leaves.len());
            leaves.extend(all.into_iter().skip(skip).take(room));
            next = found.header.end();
        }
        Ok(leaves)
    }

    fn note(&self, first: Position, segment: u32, offset: u64) {
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        table.places.note(first, segment, offset);
    }

    fn add(&self, segment: Segment) {
        self.table.write().unwrap_or_else(PoisonError::into_inner).segments.push(segment);
    }

    fn locate(&self, position: Position) -> Result<Option<Found>, StoreError> {
        let (segment, mut offset) = {
            let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
            if position >= table.durable {
                return Ok(None);
            }
            let place = table.places.before(position);
            let place = place.ok_or_else(|| no_segment(position))?;
            let segment = super::survey::find(&table.segments, place.segment);
            (segment.cloned().ok_or_else(|| no_segment(position))?, u64::from(place.offset))
        };
        loop {
            let found = Found::at(segment.clone(), offset)?;
            if position < found.header.first {
                return Err(found.damaged());
            }
            if position < found.header.end() {
                return Ok(Some(found));
            }
            offset = offset.saturating_add(found.header.group_bytes());
        }
    }

    fn kept_group(&self, position: Position) -> Option<Arc<GroupBytes>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let holds = |group: &&Arc<GroupBytes>| {
            group.header.first <= position && position < group.header.end()
        };
        kept.iter().find(holds).cloned()
    }

    fn keep(&self, group: &Arc<GroupBytes>) {
        if group.raw().len() > KEPT_GROUP_BYTES {
            return;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_front(Arc::clone(group));
        kept.truncate(KEPT_GROUPS);
    }
}

/// A group's place and header.
struct Found {
    segment: Segment,
    offset: u64,
    header: Header,
}

impl Found {
    fn at(segment: Segment, offset: u64) -> Result<Self, StoreError> {
        let mut raw = [0; HEADER_BYTES];
        let read = segment.file.read_at(&mut raw, offset).map_err(read_error)?;
        let header = raw.get(..read).and_then(|raw| Header::parse(raw).ok());
        let header = header.ok_or_else(|| damaged(&segment, offset))?;
        Ok(Self { segment, offset, header })
    }

    fn bytes(&self, skip: u64, length: u64) -> Result<Vec<u8>, StoreError> {
        let mut bytes = vec![0; narrow(length).unwrap_or(0)];
        let offset = self.offset.saturating_add(skip);
        let read = self.segment.file.read_at(&mut bytes, offset).map_err(read_error)?;
        if wide(read) == length { Ok(bytes) } else { Err(self.damaged()) }
    }

    fn damaged(&self) -> StoreError {
        damaged(&self.segment, self.offset)
    }
}

fn damaged(segment: &Segment, offset: u64) -> StoreError {
    StoreError::Damaged { place: format!("{} at offset {offset}", segment::name(segment.number)) }
}

fn no_segment(position: Position) -> StoreError {
    StoreError::Damaged { place: format!("the journal's table at position {position}") }
}

fn read_error(source: io::Error) -> StoreError {
    StoreError::Io { doing: "read the journal", source: Arc::new(source) }
}
