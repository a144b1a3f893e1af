//! How far the index has durably got: a file of its own, fsynced, that only ever says more.
//!
//! It is also a witness: the journal held at least so many positions, whatever became of the index. Two slots
//! are written in turn, so that a torn write leaves the other.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use super::bytes::Cursor;
use super::disk::FILE_MODE;
use super::error::OpenError;
use crate::domain::Position;

const MAGIC: [u8; 8] = *b"StaySafI";
const SLOT_BYTES: usize = 28;

/// The distance between the slots: more than a disk writes at once.
const SLOT_DISTANCE: u64 = 4096;

/// The file.
#[derive(Debug)]
pub(crate) struct IndexPosition {
    file: File,
    turn: u64,
    position: Position,
}

impl IndexPosition {
    /// Opens the file, or makes it.
    pub(crate) fn open(path: &Path) -> Result<Self, OpenError> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .mode(FILE_MODE)
            .open(path)
            .map_err(OpenError::io("open", path))?;
        let slots = [0, SLOT_DISTANCE].map(|offset| read_slot(&file, offset));
        let newest = slots.into_iter().flatten().max_by_key(|(turn, _)| *turn);
        let (turn, position) = newest.unwrap_or_default();
        Ok(Self { file, turn, position })
    }

    /// How far the index durably got.
    pub(crate) const fn position(&self) -> Position {
        self.position
    }

    /// Says durably that the index has got to `position`; says nothing new when it had been further.
    pub(crate) fn advance(&mut self, position: Position) -> io::Result<()> {
        if position <= self.position {
            return Ok(());
        }
        let turn = self.turn.saturating_add(1);
        let mut slot = Vec::with_capacity(SLOT_BYTES);
        slot.extend_from_slice(&MAGIC);
        slot.extend_from_slice(&turn.to_le_bytes());
        slot.extend_from_slice(&position.0.to_le_bytes());
        slot.extend_from_slice(&crc32c::crc32c(&slot).to_le_bytes());
        let offset = if turn.is_multiple_of(2) { 0 } else { SLOT_DISTANCE };
        self.file.write_all_at(&slot, offset)?;
        self.file.sync_data()?;
        self.turn = turn;
        self.position = position;
        Ok(())
    }
}

fn read_slot(file: &File, offset: u64) -> Option<(u64, Position)> {
    let mut slot = [0; SLOT_BYTES];
    file.read_exact_at(&mut slot, offset).ok()?;
    let mut cursor = Cursor::new(&slot);
    let (magic, turn, position) = (cursor.array()?, cursor.u64()?, cursor.u64()?);
    let body = slot.get(..SLOT_BYTES.checked_sub(4)?)?;
    let whole = magic == MAGIC && cursor.u32()? == crc32c::crc32c(body);
    whole.then_some((turn, Position(position)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_whole_slot_counts_and_a_torn_one_does_not() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("index.position");
        let mut file = IndexPosition::open(&path).unwrap();
        assert_eq!(file.position(), Position(0));
        file.advance(Position(3)).unwrap();
        file.advance(Position(9)).unwrap();
        file.advance(Position(5)).unwrap();
        assert_eq!(IndexPosition::open(&path).unwrap().position(), Position(9));

        // Turn 2 lies in the first slot.
        file.file.write_all_at(b"torn", 16).unwrap();

        assert_eq!(IndexPosition::open(&path).unwrap().position(), Position(3));
    }
}
