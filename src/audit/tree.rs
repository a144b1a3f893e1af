//! The tree's hashes on disk: `tree/hashes` in the data directory, 32 bytes a leaf.
//!
//! Owns that file and the hashes of its large complete subtrees in memory: one for each 256 leaves and above,
//! a quarter of a byte a leaf. Smaller subtrees are hashed from the file when asked for. The journal is the truth: what the file
//! lacks is taken from there, and nothing in it is believed beyond the published checkpoint.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard};

use crate::merkle::{HASH_BYTES, Hash, Nodes, node_hash, root_of};

/// Subtrees of 2^8 leaves and more are kept in memory.
const COARSE_LEVEL: u32 = 8;
const CHUNK: usize = 1 << COARSE_LEVEL;
const HASH_BYTES_U64: u64 = 32;
/// Leaves read at once when the file is opened: half a megabyte.
const LEAVES_READ: u64 = 16_384;

/// The leaf hashes on disk and the coarse levels above them.
pub(super) struct TreeFile {
    file: File,
    coarse: RwLock<Coarse>,
    appending: Mutex<()>,
}

#[derive(Default)]
struct Coarse {
    /// Leaves, all durable.
    size: u64,
    /// `levels[n]` holds the subtrees of 2^(8 + n) leaves.
    levels: Vec<Vec<Hash>>,
    /// The leaves after the last complete chunk.
    rest: Vec<Hash>,
}

impl TreeFile {
    /// Opens the file, making it where it is not there, and drops what is beyond `believed` leaves: hashes that
    /// no published checkpoint covers come from the journal again, so a torn tail is never believed.
    pub(super) fn open(data_dir: &Path, believed: u64) -> io::Result<Self> {
        let folder = data_dir.join("tree");
        std::fs::create_dir_all(&folder)?;
        let path = folder.join("hashes");
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        File::open(&folder)?.sync_all()?;
        File::open(data_dir)?.sync_all()?;
        let whole = file.metadata()?.len().checked_div(HASH_BYTES_U64).unwrap_or(0).min(believed);
        file.set_len(whole.saturating_mul(HASH_BYTES_U64))?;
        file.sync_all()?;

        let tree = Self { file, coarse: RwLock::default(), appending: Mutex::default() };
        let mut coarse = Coarse::default();
        while coarse.size < whole {
            let count = whole.saturating_sub(coarse.size).min(LEAVES_READ);
            tree.read(coarse.size, count)?.into_iter().for_each(|leaf| coarse.push(leaf));
        }
        *tree.coarse.write().unwrap_or_else(PoisonError::into_inner) = coarse;
        Ok(tree)
    }

    /// Leaves in the tree.
    pub(super) fn size(&self) -> u64 {
        self.nodes().coarse.size
    }

    /// Appends the leaves that begin at index `at`; they are durable when it returns, and part of the tree only
    /// then. Refuses leaves that do not begin where the tree ends: taken twice they would alter it.
    pub(super) fn append(&self, at: u64, leaves: &[[u8; HASH_BYTES]]) -> io::Result<()> {
        let _one_at_a_time = self.appending.lock().unwrap_or_else(PoisonError::into_inner);
        let size = self.size();
        if at != size {
            let what = format!("leaves from {at} on do not follow a tree of {size}");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
        }
        let offset = size.saturating_mul(HASH_BYTES_U64);
        self.file.write_all_at(leaves.as_flattened(), offset)?;
        self.file.sync_data()?;
        let mut coarse = self.coarse.write().unwrap_or_else(PoisonError::into_inner);
        leaves.iter().for_each(|leaf| coarse.push(Hash(*leaf)));
        Ok(())
    }

    /// The leaf hashes `from .. from + count` as they stand in the file.
    pub(super) fn read(&self, from: u64, count: u64) -> io::Result<Vec<Hash>> {
        let count = usize::try_from(count).map_err(io::Error::other)?;
        let mut bytes = vec![[0; HASH_BYTES]; count];
        self.file.read_exact_at(bytes.as_flattened_mut(), from.saturating_mul(HASH_BYTES_U64))?;
        Ok(bytes.into_iter().map(Hash).collect())
    }

    /// The tree as it stands, for roots and proofs; appending waits while it is held.
    pub(super) fn nodes(&self) -> TreeNodes<'_> {
        let coarse = self.coarse.read().unwrap_or_else(PoisonError::into_inner);
        TreeNodes { tree: self, coarse }
    }
}

impl Coarse {
    fn push(&mut self, leaf: Hash) {
        self.size = self.size.saturating_add(1);
        self.rest.push(leaf);
        if self.rest.len() < CHUNK {
            return;
        }
        let mut carried = Some(root_of(&self.rest));
        self.rest.clear();
        let mut level = 0_usize;
        while let Some(hash) = carried.take() {
            if self.levels.len() <= level {
                self.levels.push(Vec::new());
            }
            if let Some(row) = self.levels.get_mut(level) {
                row.push(hash);
                // An even row has just got the right half of a pair: the level above grows too.
                carried = match row.as_slice() {
                    [.., left, right] if row.len().is_multiple_of(2) => {
                        Some(node_hash(left, right))
                    }
                    _ => None,
                };
            }
            level = level.saturating_add(1);
        }
    }
}

/// The tree at one moment.
pub(super) struct TreeNodes<'a> {
    tree: &'a TreeFile,
    coarse: RwLockReadGuard<'a, Coarse>,
}

/// Why a hash of the tree could not be read.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The subtree is not complete in this tree.
    #[error("no such complete subtree")]
    Absent,
    /// The file could not be read.
    #[error("could not read the tree's hashes")]
    Read(#[source] io::Error),
}

impl Nodes for TreeNodes<'_> {
    type Error = NodeError;

    fn size(&self) -> u64 {
        self.coarse.size
    }

    fn node(&self, level: u32, index: u64) -> Result<Hash, NodeError> {
        if let Some(above) = level.checked_sub(COARSE_LEVEL) {
            let row = usize::try_from(above).ok().and_then(|above| self.coarse.levels.get(above));
            let hash = row.zip(usize::try_from(index).ok()).and_then(|(row, i)| row.get(i));
            return hash.copied().ok_or(NodeError::Absent);
        }
        let count = 1_u64.checked_shl(level).ok_or(NodeError::Absent)?;
        let from = index.checked_mul(count).ok_or(NodeError::Absent)?;
        match from.checked_add(count) {
            Some(end) if end <= self.coarse.size => {}
            Some(_) | None => return Err(NodeError::Absent),
        }
        self.tree.read(from, count).map(|leaves| root_of(&leaves)).map_err(NodeError::Read)
    }
}
