//! Segment files: their names, and reading one group after the other.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::bytes::{narrow, wide};
use super::disk::JournalFile;
use super::error::OpenError;
use super::group::{
    FORMAT_VERSION, GroupBytes, HEADER_BYTES, Header, HeaderFault, MAGIC, Scrutiny,
};

/// How much is read at once while going through a segment.
const WINDOW_BYTES: usize = 1024 * 1024;

const ENDING: &str = ".journal";

/// One open segment.
#[derive(Clone)]
pub(crate) struct Segment {
    /// Its number, from 1; later groups lie in higher numbers.
    pub(crate) number: u32,
    /// Its file.
    pub(crate) file: Arc<dyn JournalFile>,
}

/// The file name of a segment.
pub(crate) fn name(number: u32) -> String {
    format!("{number:010}{ENDING}")
}

/// The number of the segment with this file name; none for any other file.
pub(crate) fn number(name: &str) -> Option<u32> {
    let digits = name.strip_suffix(ENDING)?;
    let well_formed = digits.len() == 10 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if well_formed { digits.parse().ok() } else { None }
}

/// The path of a segment.
pub(crate) fn path(directory: &Path, number: u32) -> PathBuf {
    directory.join(name(number))
}

/// What lies at an offset of a segment.
pub(crate) enum Step {
    /// A whole group.
    Group(GroupBytes),
    /// Zeros to the end of the file, or the end itself.
    End,
    /// Something else.
    Invalid,
}

/// Goes through a segment in windows, so that its size does not matter.
pub(crate) struct SegmentReader<'a> {
    segment: &'a Segment,
    path: PathBuf,
    length: u64,
    start: u64,
    window: Vec<u8>,
}

impl<'a> SegmentReader<'a> {
    /// Begins to read a segment of the journal in `directory`.
    pub(crate) fn new(segment: &'a Segment, directory: &Path) -> Result<Self, OpenError> {
        let path = path(directory, segment.number);
        let length = segment.file.length().map_err(OpenError::io("measure", &path))?;
        Ok(Self { segment, path, length, start: 0, window: Vec::new() })
    }

    /// Its length in bytes.
    pub(crate) const fn length(&self) -> u64 {
        self.length
    }

    /// What lies at `offset`.
    pub(crate) fn step(&mut self, offset: u64) -> Result<Step, OpenError> {
        match Header::parse(self.bytes(offset, HEADER_BYTES)?) {
            Ok(header) => {
                let length = narrow(header.group_bytes()).unwrap_or(usize::MAX);
                if header.group_bytes() > self.length.saturating_sub(offset) {
                    return Ok(Step::Invalid);
                }
                let raw = self.bytes(offset, length)?.to_vec();
                Ok(GroupBytes::new(raw, Scrutiny::Digest).map_or(Step::Invalid, Step::Group))
            }
            Err(HeaderFault::Newer(found)) => Err(OpenError::Newer {
                what: format!("segment {} at offset {offset}", name(self.segment.number)),
                found: u64::from(found),
                known: u64::from(FORMAT_VERSION),
            }),
            Err(HeaderFault::NotAGroup) if self.last_byte_set(offset)?.is_none() => Ok(Step::End),
            Err(HeaderFault::NotAGroup) => Ok(Step::Invalid),
        }
    }

    /// The offset after the last byte that is not zero, from `offset` on; none when all are zero.
    pub(crate) fn last_byte_set(&mut self, offset: u64) -> Result<Option<u64>, OpenError> {
        let mut last = None;
        let mut at = offset;
        while at < self.length {
            let bytes = self.bytes(at, WINDOW_BYTES)?;
            if let Some(index) = bytes.iter().rposition(|byte| *byte != 0) {
                last = Some(at.saturating_add(wide(index)).saturating_add(1));
            }
            let read = wide(bytes.len());
            if read == 0 {
                break;
            }
            at = at.saturating_add(read);
        }
        Ok(last)
    }

    /// Looks at every byte from `offset` on for a whole group with a sequence number of at least `sequence`.
    pub(crate) fn holds_group_since(
        &mut self,
        offset: u64,
        sequence: u64,
    ) -> Result<bool, OpenError> {
        let mut at = offset;
        while at < self.length {
            let bytes = self.bytes(at, WINDOW_BYTES)?;
            let found = bytes.windows(MAGIC.len()).position(|window| window == MAGIC);
            let read = wide(bytes.len());
            match found {
                Some(index) => {
                    at = at.saturating_add(wide(index));
                    if let Step::Group(group) = self.step(at)?
                        && group.header.sequence >= sequence
                    {
                        return Ok(true);
                    }
                    at = at.saturating_add(1);
                }
                // The magic may lie across the border of two windows.
                None if read > wide(MAGIC.len()) => {
                    at = at.saturating_add(read).saturating_sub(wide(MAGIC.len()));
                }
                None => break,
            }
        }
        Ok(false)
    }

    /// Up to `count` bytes from `offset` on; fewer only at the end of the file.
    pub(crate) fn bytes(&mut self, offset: u64, count: usize) -> Result<&[u8], OpenError> {
        let available = self.length.saturating_sub(offset);
        let count = narrow(available).unwrap_or(usize::MAX).min(count);
        let held = offset
            .checked_sub(self.start)
            .and_then(narrow)
            .is_some_and(|skip| skip.saturating_add(count) <= self.window.len());
        if !held {
            let size = narrow(available).unwrap_or(usize::MAX).min(count.max(WINDOW_BYTES));
            self.window.resize(size, 0);
            let read = self
                .segment
                .file
                .read_at(&mut self.window, offset)
                .map_err(OpenError::io("read", &self.path))?;
            self.window.truncate(read);
            self.start = offset;
        }
        let skip = narrow(offset.saturating_sub(self.start)).unwrap_or(usize::MAX);
        let rest = self.window.get(skip..).unwrap_or_default();
        Ok(rest.get(..count).unwrap_or(rest))
    }
}
