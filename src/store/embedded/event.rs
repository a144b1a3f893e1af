//! What the engine tells whoever runs it: progress while opening, alarms while running.

use std::path::PathBuf;

use crate::domain::Position;

/// Hears what the engine has to tell. Called from the engine's own threads; must not block.
pub trait StoreObserver: Send + Sync {
    /// Takes one event.
    fn observe(&self, event: &StoreEvent);
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unobserved;

impl StoreObserver for Unobserved {
    fn observe(&self, _event: &StoreEvent) {}
}

/// Something whoever runs the store should know. Holds no content.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StoreEvent {
    /// Opening goes on.
    Progress {
        /// With what.
        stage: Stage,
        /// How much is done.
        done: u64,
        /// Of how much.
        total: u64,
    },
    /// The last stop was not orderly; the last group was written again and fsynced before serving.
    UncleanStart {
        /// How many positions the journal holds.
        positions: Position,
    },
    /// A torn tail was kept aside and left out: a group that was never acknowledged.
    TornTail {
        /// The segment.
        segment: String,
        /// Where it began, in bytes.
        offset: u64,
        /// Where its bytes are kept.
        kept: PathBuf,
    },
    /// The index was put aside and is built anew from the journal.
    IndexPutAside {
        /// Why.
        reason: &'static str,
        /// Where it is kept.
        kept: PathBuf,
    },
    /// A half-written snapshot of the index, left by a crash, was removed.
    SnapshotRemoved,
    /// The disk is full: groups are refused until there is space.
    DiskFull,
    /// There is space again.
    SpaceAgain,
    /// An fsync failed: nothing is taken until a restart.
    Poisoned,
    /// The index cannot be written; commits go on until the tail is at its bound.
    IndexFailed,
    /// The tail is at its bound: the writer waits for the index.
    TailFull,
}

/// What opening is busy with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// Reading and checking the journal; counted in bytes.
    ReadingJournal,
    /// Reading and checking the index; counted in keys, total unknown (0).
    ReadingIndex,
    /// Bringing the index up to the journal; counted in positions.
    Indexing,
}
