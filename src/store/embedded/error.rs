//! Why a store does not open, in words for the person who must act: what, where, what to do.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::domain::Position;
use crate::store::StoreError;

/// Why a store does not open.
#[derive(Clone, Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process holds the directory.
    #[error("{} is in use by another hub; stop that one first", .directory.display())]
    InUse {
        /// The data directory.
        directory: PathBuf,
    },
    /// The directory holds something else.
    #[error(
        "{} is not empty and not a store; give an empty directory or the one the hub used before",
        .directory.display()
    )]
    NotAStore {
        /// The directory.
        directory: PathBuf,
    },
    /// The directory was a store and its journal is gone.
    #[error("{} has no journal any more; restore from a backup", .directory.display())]
    JournalMissing {
        /// The data directory.
        directory: PathBuf,
    },
    /// The data were written by a newer release.
    #[error(
        "{what} has format {found}, and this release reads up to {known}; use the release that wrote it"
    )]
    Newer {
        /// What is newer.
        what: String,
        /// Its format version.
        found: u64,
        /// The newest this release reads.
        known: u64,
    },
    /// Bytes in the journal are not what was written.
    #[error(
        "segment {segment} is damaged at offset {offset}: {why}; nothing was changed; keep a copy of the \
         directory and restore from a backup"
    )]
    Damaged {
        /// The segment's file name.
        segment: String,
        /// Where in it, in bytes.
        offset: u64,
        /// What is wrong.
        why: &'static str,
    },
    /// The journal ends before something that was known to be durable.
    #[error(
        "the journal ends at position {end} in segment {segment} at offset {offset}, but {witness} covers \
         {covered} positions: durable commits are missing; nothing was changed; keep a copy of the \
         directory and restore from a backup"
    )]
    CommitsMissing {
        /// The segment the journal ends in.
        segment: String,
        /// Where it ends in it, in bytes.
        offset: u64,
        /// How many positions it holds.
        end: Position,
        /// How many the witness covers.
        covered: Position,
        /// What shows that there were more.
        witness: Witness,
    },
    /// The destination of a restore or backup holds something.
    #[error("{} is not empty; give an empty directory", .directory.display())]
    DestinationNotEmpty {
        /// The directory.
        directory: PathBuf,
    },
    /// A file of a backup is not what its digest list says.
    #[error("{file} of the backup does not have the digest its list gives; use another backup")]
    BackupDamaged {
        /// The file.
        file: String,
    },
    /// The operating system refused.
    #[error("could not {doing} {}", .path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// Its error.
        #[source]
        source: Arc<io::Error>,
    },
    /// The journal is whole, but a commit in it cannot be taken in.
    #[error(
        "a commit in the journal cannot be taken in; use the release that wrote it, or restore from a backup"
    )]
    Replay {
        /// Why.
        #[source]
        source: StoreError,
    },
    /// The index refused even after it was built anew.
    #[error(
        "the index could not {doing}; check the disk, then start again: it is built anew from the journal"
    )]
    Index {
        /// What was being done.
        doing: &'static str,
    },
}

/// What shows how long the journal was.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Witness {
    /// A published checkpoint.
    Checkpoint,
    /// The index's applied position, itself fsynced.
    Index,
    /// The mark of an orderly stop.
    CleanStop,
}

impl std::fmt::Display for Witness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Checkpoint => "a published checkpoint",
            Self::Index => "the index",
            Self::CleanStop => "the mark of the last orderly stop",
        })
    }
}

impl OpenError {
    /// An error of the operating system about `path`; to be used in `map_err`.
    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source: Arc::new(source) }
    }
}
