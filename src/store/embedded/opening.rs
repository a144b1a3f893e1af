//! Opening the journal for writing: what a crash left is put right before anything is served.
//!
//! A torn tail is copied to `torn/` and cut off. Without the mark of an orderly stop the last valid group is
//! written again into a new segment, and that file and its directory are fsynced: what was read may have come
//! from the page cache of a machine whose fsync had failed, so it is not believed. Every step may be broken
//! off and begun again.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::bytes::wide;
use super::disk::Disk;
use super::error::{OpenError, Witness};
use super::event::{StoreEvent, StoreObserver};
use super::group::Header;
use super::journal::{Appender, Reader};
use super::place::{CleanMark, make_directory, sync_directory, write_durably};
use super::segment::{self, Segment};
use super::survey::{Survey, Tail, Torn, find, no_visit, read_raw};
use crate::domain::Position;

/// Where a journal lies and what it must cover.
pub(crate) struct Opening<'a> {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) directory: PathBuf,
    /// Where torn tails are kept.
    pub(crate) torn: PathBuf,
    pub(crate) segment_bytes: u64,
    pub(crate) observer: &'a dyn StoreObserver,
    /// The mark of an orderly stop, if there is one.
    pub(crate) clean: Option<CleanMark>,
    /// How many positions are known to have been durable, and by what.
    pub(crate) covered: Vec<(Position, Witness)>,
}

/// A journal ready to serve.
pub(crate) struct Opened {
    pub(crate) reader: Arc<Reader>,
    pub(crate) appender: Appender,
    /// Whether the last stop was orderly and nothing had to be put right.
    pub(crate) clean: bool,
}

impl Opening<'_> {
    /// Reads, judges and mends the journal.
    pub(crate) fn run(self) -> Result<Opened, OpenError> {
        let mut survey = Survey::take(&*self.disk, &self.directory, self.observer, &mut no_visit)?;
        for (covered, witness) in &self.covered {
            survey.must_cover(*covered, *witness)?;
        }
        if let Some(mark) = &self.clean {
            survey.must_cover(Position(mark.positions), Witness::CleanStop)?;
        }
        let orderly = self.clean == Some(CleanMark::of(&survey.link));
        let clean = survey.torn.is_none() && (orderly || survey.tail.is_none());
        if let Some(torn) = survey.torn.take() {
            self.put_aside(&survey, torn)?;
        }
        self.drop_empty_segments(&mut survey)?;
        let end = match survey.tail {
            Some(tail) if !clean => Some(self.write_again(&mut survey, tail)?),
            other => other,
        };
        let reader = Arc::new(Reader::new(
            self.directory.clone(),
            survey.segments.clone(),
            survey.places,
            survey.link.first,
        ));
        let current =
            end.and_then(|tail| Some((find(&survey.segments, tail.segment)?.clone(), tail.end)));
        let appender = Appender::new(
            self.disk,
            Arc::clone(&reader),
            survey.link,
            current,
            self.segment_bytes,
        )?;
        Ok(Opened { reader, appender, clean })
    }

    /// Copies a torn tail to where such tails are kept, then cuts it off.
    fn put_aside(&self, survey: &Survey, torn: Torn) -> Result<(), OpenError> {
        let Some(segment) = find(&survey.segments, torn.segment) else { return Ok(()) };
        let name = segment::name(torn.segment);
        let bytes = read_raw(segment, &self.directory, torn.offset, torn.end)?;
        make_directory(&self.torn)?;
        let kept = free_name(&self.torn, &format!("{name}.{}", torn.offset), &bytes);
        write_durably(&kept, &bytes)?;
        sync_directory(&self.torn)?;
        let path = segment::path(&self.directory, torn.segment);
        segment.file.truncate(torn.offset).map_err(OpenError::io("cut", &path))?;
        segment.file.sync_all().map_err(OpenError::io("fsync", &path))?;
        self.observer.observe(&StoreEvent::TornTail { segment: name, offset: torn.offset, kept });
        Ok(())
    }

    /// Removes segments after the last group: they were made and never used, or held a torn tail that is now
    /// kept elsewhere.
    fn drop_empty_segments(&self, survey: &mut Survey) -> Result<(), OpenError> {
        let last = survey.tail.map_or(0, |tail| tail.segment);
        for segment in survey.segments.iter().filter(|segment| segment.number > last) {
            let path = segment::path(&self.directory, segment.number);
            self.disk.remove(&path).map_err(OpenError::io("remove", &path))?;
        }
        survey.segments.retain(|segment| segment.number <= last);
        self.disk.sync_directory(&self.directory).map_err(OpenError::io("fsync", &self.directory))
    }

    /// Writes the last group again, into a new segment, and makes it durable.
    fn write_again(&self, survey: &mut Survey, tail: Tail) -> Result<Tail, OpenError> {
        let Some(old) = find(&survey.segments, tail.segment).cloned() else { return Ok(tail) };
        let raw = read_raw(&old, &self.directory, tail.offset, tail.end)?;
        let number = tail.segment.saturating_add(1);
        let path = segment::path(&self.directory, number);
        let reserve = self.segment_bytes.max(wide(raw.len()));
        let file = self
            .disk
            .create(&path, reserve)
            .or_else(|_no_room| self.disk.create(&path, wide(raw.len())))
            .map_err(OpenError::io("make", &path))?;
        file.write_at(&raw, 0).map_err(OpenError::io("write", &path))?;
        file.sync_all().map_err(OpenError::io("fsync", &path))?;
        self.disk
            .sync_directory(&self.directory)
            .map_err(OpenError::io("fsync", &self.directory))?;
        // Gives the unused rest of the old segment back; it reads the same either way.
        let old_path = segment::path(&self.directory, tail.segment);
        old.file.truncate(tail.end).map_err(OpenError::io("cut", &old_path))?;
        let first = survey.link.first;
        survey.segments.push(Segment { number, file });
        if let Ok(header) = Header::parse(&raw) {
            survey.places.note(header.first, number, 0);
        }
        self.observer.observe(&StoreEvent::UncleanStart { positions: first });
        Ok(Tail { segment: number, offset: 0, end: wide(raw.len()) })
    }
}

/// A path that is not taken, or taken by the same bytes: the copy may have been made by a start that broke off.
fn free_name(directory: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let candidate = directory.join(name);
    let usable =
        |path: &Path| !path.exists() || std::fs::read(path).is_ok_and(|held| held == bytes);
    if usable(&candidate) {
        return candidate;
    }
    let numbered = (1_u32..).map(|n| directory.join(format!("{name}.{n}")));
    numbered.into_iter().find(|path| usable(path)).unwrap_or(candidate)
}
