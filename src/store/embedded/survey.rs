//! Reading the whole journal: every group checked and chained, and what is wrong told apart.
//!
//! The first invalid group with no valid later group is a torn tail; with one, it is damage. Changes nothing.

use std::path::Path;

use super::bytes::wide;
use super::disk::Disk;
use super::error::{OpenError, Witness};
use super::event::{Stage, StoreEvent, StoreObserver};
use super::group::{GroupBytes, Link};
use super::segment::{self, Segment, SegmentReader, Step};
use crate::domain::Position;

/// A place in the table is remembered for about every so many bytes of a segment.
const PLACE_BYTES: u64 = 16 * 1024;

/// Progress is told about every so many bytes.
const PROGRESS_BYTES: u64 = 16 * 1024 * 1024;

/// Where some group lies. Groups between two remembered places are found by going from header to header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Remembered {
    /// The position of its first commit.
    pub(crate) first: u64,
    /// Its segment.
    pub(crate) segment: u32,
    /// Its offset there; a segment holds less than 4 GiB.
    pub(crate) offset: u32,
}

/// Where groups lie, a few bytes for many of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    remembered: Vec<Remembered>,
}

impl Places {
    /// Remembers a group where that is needed: at the start of a segment and now and then within it.
    pub(crate) fn note(&mut self, first: Position, segment: u32, offset: u64) {
        let needed = self.remembered.last().is_none_or(|last| {
            last.segment != segment || offset.saturating_sub(u64::from(last.offset)) >= PLACE_BYTES
        });
        if needed && let Ok(offset) = u32::try_from(offset) {
            self.remembered.push(Remembered { first: first.0, segment, offset });
        }
    }

    /// The remembered place from which to go on to the group that holds `position`.
    pub(crate) fn before(&self, position: Position) -> Option<Remembered> {
        let after = self.remembered.partition_point(|place| place.first <= position.0);
        self.remembered.get(after.checked_sub(1)?).copied()
    }
}

/// Where the journal's last group lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Tail {
    /// Its segment.
    pub(crate) segment: u32,
    /// Where it begins.
    pub(crate) offset: u64,
    /// Where it ends.
    pub(crate) end: u64,
}

/// Bytes at the end that are not a whole group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Torn {
    /// The segment.
    pub(crate) segment: u32,
    /// Where they begin.
    pub(crate) offset: u64,
    /// Where they end: after the last byte that is not zero.
    pub(crate) end: u64,
}

/// What the journal holds.
pub(crate) struct Survey {
    /// Its segments, ascending.
    pub(crate) segments: Vec<Segment>,
    /// Where groups lie.
    pub(crate) places: Places,
    /// What the next group must follow.
    pub(crate) link: Link,
    /// The last group; none in an empty journal.
    pub(crate) tail: Option<Tail>,
    /// A torn tail.
    pub(crate) torn: Option<Torn>,
    /// How many groups.
    pub(crate) groups: u64,
}

impl Survey {
    /// Reads the journal in `directory`; `visit` sees every group once, in order.
    pub(crate) fn take(
        disk: &dyn Disk,
        directory: &Path,
        observer: &dyn StoreObserver,
        visit: &mut dyn FnMut(&GroupBytes) -> Result<(), OpenError>,
    ) -> Result<Self, OpenError> {
        let segments = open_segments(disk, directory)?;
        let mut total = 0_u64;
        for segment in &segments {
            total = total.saturating_add(SegmentReader::new(segment, directory)?.length());
        }
        let progress = Progress { observer, total, done: 0, told: 0 };
        let mut surveyor = Surveyor {
            directory,
            progress,
            visit,
            survey: Self {
                segments: segments.clone(),
                places: Places::default(),
                link: Link::START,
                tail: None,
                torn: None,
                groups: 0,
            },
        };
        surveyor.go_through(&segments)?;
        Ok(surveyor.survey)
    }

    /// Refuses a journal that ends before what `witness` covers.
    pub(crate) fn must_cover(&self, covered: Position, witness: Witness) -> Result<(), OpenError> {
        if covered <= self.link.first {
            return Ok(());
        }
        let (segment, offset) = match (self.torn, self.tail) {
            (Some(torn), _) => (torn.segment, torn.offset),
            (None, Some(tail)) => (tail.segment, tail.end),
            (None, None) => (1, 0),
        };
        let (segment, end) = (segment::name(segment), self.link.first);
        Err(OpenError::CommitsMissing { segment, offset, end, covered, witness })
    }
}

fn open_segments(disk: &dyn Disk, directory: &Path) -> Result<Vec<Segment>, OpenError> {
    let names = disk.list(directory).map_err(OpenError::io("list", directory))?;
    let numbers = names.iter().filter_map(|name| segment::number(name));
    numbers
        .map(|number| {
            let path = segment::path(directory, number);
            let file = disk.open(&path).map_err(OpenError::io("open", &path))?;
            Ok(Segment { number, file })
        })
        .collect()
}

struct Progress<'a> {
    observer: &'a dyn StoreObserver,
    total: u64,
    done: u64,
    told: u64,
}

impl Progress<'_> {
    fn advance(&mut self, bytes: u64) {
        self.done = self.done.saturating_add(bytes);
        if self.done.saturating_sub(self.told) >= PROGRESS_BYTES {
            self.told = self.done;
            let (stage, done, total) = (Stage::ReadingJournal, self.done, self.total);
            self.observer.observe(&StoreEvent::Progress { stage, done, total });
        }
    }
}

struct Surveyor<'a> {
    directory: &'a Path,
    progress: Progress<'a>,
    visit: &'a mut dyn FnMut(&GroupBytes) -> Result<(), OpenError>,
    survey: Survey,
}

impl Surveyor<'_> {
    fn go_through(&mut self, segments: &[Segment]) -> Result<(), OpenError> {
        let mut remaining = segments;
        while let Some((segment, later)) = remaining.split_first() {
            let mut reader = SegmentReader::new(segment, self.directory)?;
            let stopped = self.go_through_segment(segment, &mut reader)?;
            if let Some(offset) = stopped
                && !self.continues_in(later)?
            {
                self.judge(segment, &mut reader, offset, later)?;
            }
            remaining = later;
        }
        Ok(())
    }

    /// Goes from group to group; the offset of what is not one, if that is where it ends.
    fn go_through_segment(
        &mut self,
        segment: &Segment,
        reader: &mut SegmentReader<'_>,
    ) -> Result<Option<u64>, OpenError> {
        let mut offset = 0_u64;
        loop {
            let group = match reader.step(offset)? {
                Step::Group(group) => group,
                Step::End => return Ok(None),
                Step::Invalid => return Ok(Some(offset)),
            };
            let end = offset.saturating_add(group.header.group_bytes());
            if group.header.follows(&self.survey.link) && self.survey.torn.is_none() {
                (self.visit)(&group)?;
                self.survey.link = group.header.link();
                self.survey.groups = self.survey.groups.saturating_add(1);
            } else if !(offset == 0 && self.repeats_last(&group)) {
                let why = "a group that does not follow the one before it";
                return Err(damaged(segment, offset, why));
            }
            self.survey.places.note(group.header.first, segment.number, offset);
            self.survey.tail = Some(Tail { segment: segment.number, offset, end });
            self.progress.advance(end.saturating_sub(offset));
            offset = end;
        }
    }

    /// Whether this is the last group once more, as a start after a crash writes it.
    fn repeats_last(&self, group: &GroupBytes) -> bool {
        self.survey.tail.is_some() && group.header.digest == self.survey.link.previous
    }

    /// Whether the next segment begins with the very group that comes next: then what was not a group is a
    /// last group that never became durable where it first lay, and was written again.
    fn continues_in(&self, later: &[Segment]) -> Result<bool, OpenError> {
        let Some(next) = later.first() else { return Ok(false) };
        let step = SegmentReader::new(next, self.directory)?.step(0)?;
        Ok(matches!(step, Step::Group(group) if group.header.follows(&self.survey.link)))
    }

    /// Tells a torn tail from damage.
    fn judge(
        &mut self,
        segment: &Segment,
        reader: &mut SegmentReader<'_>,
        offset: u64,
        later: &[Segment],
    ) -> Result<(), OpenError> {
        if self.survey.torn.is_some() {
            return Err(damaged(
                segment,
                offset,
                "a second torn place; a crash tears only one group",
            ));
        }
        let sequence = self.survey.link.sequence;
        let mut followed = reader.holds_group_since(offset.saturating_add(1), sequence)?;
        for segment in later {
            let mut reader = SegmentReader::new(segment, self.directory)?;
            followed = followed || reader.holds_group_since(0, sequence)?;
        }
        if followed {
            let why = "a group is not what was written, and later groups follow it";
            return Err(damaged(segment, offset, why));
        }
        let end = reader.last_byte_set(offset)?.unwrap_or(offset);
        self.survey.torn = Some(Torn { segment: segment.number, offset, end });
        Ok(())
    }
}

fn damaged(segment: &Segment, offset: u64, why: &'static str) -> OpenError {
    OpenError::Damaged { segment: segment::name(segment.number), offset, why }
}

/// Reads the bytes of one group.
pub(crate) fn read_raw(
    segment: &Segment,
    directory: &Path,
    offset: u64,
    end: u64,
) -> Result<Vec<u8>, OpenError> {
    let mut reader = SegmentReader::new(segment, directory)?;
    let length = usize::try_from(end.saturating_sub(offset)).unwrap_or(usize::MAX);
    let raw = reader.bytes(offset, length)?.to_vec();
    if wide(raw.len()) == end.saturating_sub(offset) {
        Ok(raw)
    } else {
        Err(damaged(segment, offset, "the file ends before the group does"))
    }
}

impl std::fmt::Debug for Survey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Survey")
            .field("link", &self.link)
            .field("tail", &self.tail)
            .field("torn", &self.torn)
            .finish_non_exhaustive()
    }
}

/// A visitor for those who need no more than the survey.
pub(crate) fn no_visit(_group: &GroupBytes) -> Result<(), OpenError> {
    Ok(())
}

/// Gives a segment's file by number.
pub(crate) fn find(segments: &[Segment], number: u32) -> Option<&Segment> {
    let index = segments.binary_search_by_key(&number, |segment| segment.number).ok()?;
    segments.get(index)
}
