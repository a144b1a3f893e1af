//! Checking a whole log against a checkpoint that was kept elsewhere.
//!
//! Pure, and needs nothing of the hub: every leaf is hashed again from its stored bytes, every event under its
//! salt, and the root at the checkpoint's size is compared. Whoever can change the data directory cannot change
//! a checkpoint that a partner keeps.

use crate::merkle::{
    Checkpoint, CheckpointError, Hash, VerifierKey, empty_root, leaf_hash, node_hash,
};
use crate::record::{RecordError, RecordedEntry, event_hash};

/// What was found to hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LogVerified {
    /// Entries under the checkpoint, all as they were when it was signed.
    pub size: u64,
    /// Their root.
    pub root: Hash,
    /// Entries recorded since, which no given checkpoint covers.
    pub beyond: u64,
}

/// Why a log does not verify.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum VerifyError<E: std::error::Error + 'static> {
    /// The checkpoint is not one of this log and key.
    #[error("the checkpoint is not acceptable")]
    Checkpoint(#[from] CheckpointError),
    /// An entry could not be read from the store.
    #[error("entry {index} could not be read from the store")]
    Store {
        /// The entry.
        index: u64,
        /// Why.
        #[source]
        source: E,
    },
    /// An entry's leaf is not one.
    #[error("entry {index} is not an entry")]
    Unreadable {
        /// The entry.
        index: u64,
        /// Why.
        #[source]
        source: RecordError,
    },
    /// An event is not the one that the leaf commits to.
    #[error("an event of entry {index} is not the one recorded")]
    EventChanged {
        /// The entry.
        index: u64,
    },
    /// There are fewer entries than the checkpoint says.
    #[error("the log has {found} entries, the checkpoint covers {size}")]
    Shorter {
        /// Entries found.
        found: u64,
        /// Entries under the checkpoint.
        size: u64,
    },
    /// The entries are not those the checkpoint was signed over.
    #[error("the {size} entries under the checkpoint are not those it was signed over")]
    RootDiffers {
        /// Entries under the checkpoint.
        size: u64,
    },
}

/// Verifies the log whose entries are `entries`, from index 0 on, against the signed checkpoint `note`.
///
/// # Errors
/// [`VerifyError`]: the first thing that does not hold.
pub fn verify<E: std::error::Error + 'static>(
    entries: impl IntoIterator<Item = Result<RecordedEntry, E>>,
    note: &[u8],
    key: &VerifierKey,
) -> Result<LogVerified, VerifyError<E>> {
    let checkpoint = Checkpoint::open(note, key)?;
    let size = checkpoint.size();
    let mut tree = Frontier::default();
    let mut root = (size == 0).then(empty_root);
    for entry in entries {
        let index = tree.size;
        let entry = entry.map_err(|source| VerifyError::Store { index, source })?;
        check_events(index, &entry)?;
        tree.push(leaf_hash(&entry.leaf));
        if tree.size == size {
            root = Some(tree.root());
        }
    }
    match root {
        None => Err(VerifyError::Shorter { found: tree.size, size }),
        Some(root) if root != *checkpoint.root() => Err(VerifyError::RootDiffers { size }),
        Some(root) => Ok(LogVerified { size, root, beyond: tree.size.saturating_sub(size) }),
    }
}

fn check_events<E: std::error::Error + 'static>(
    index: u64,
    entry: &RecordedEntry,
) -> Result<(), VerifyError<E>> {
    let leaf = entry.decode_leaf().map_err(|source| VerifyError::Unreadable { index, source })?;
    let hashes = entry.events.iter().map(|event| event_hash(&event.salt, &event.bytes));
    match hashes.eq(leaf.event_hashes.iter().copied()) {
        true => Ok(()),
        false => Err(VerifyError::EventChanged { index }),
    }
}

/// The complete subtrees of a growing tree from the left, the largest first: 64 hashes at most.
#[derive(Default)]
struct Frontier {
    size: u64,
    subtrees: Vec<(u32, Hash)>,
}

impl Frontier {
    fn push(&mut self, leaf: Hash) {
        let (mut level, mut hash) = (0_u32, leaf);
        while let Some((_, left)) = self.subtrees.pop_if(|(at, _)| *at == level) {
            hash = node_hash(&left, &hash);
            level = level.saturating_add(1);
        }
        self.subtrees.push((level, hash));
        self.size = self.size.saturating_add(1);
    }

    fn root(&self) -> Hash {
        let hashes = self.subtrees.iter().rev().map(|(_, hash)| *hash);
        hashes.reduce(|right, left| node_hash(&left, &right)).unwrap_or_else(empty_root)
    }
}
