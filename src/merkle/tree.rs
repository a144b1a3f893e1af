//! Roots and proofs, made from the hashes of complete subtrees.
//!
//! A subtree of 2^level leaves that starts at a multiple of 2^level is *complete*: its hash never changes again
//! as the tree grows. Roots and proofs of every size need no other hashes, so a reader of complete subtrees
//! ([`Nodes`]) is all that is asked for; [`Tree`] keeps them in memory.

use std::error::Error;
use std::fmt;

use super::hash::{Hash, empty_root, node_hash};

/// A reader of the hashes of complete subtrees.
pub trait Nodes {
    /// Why a hash could not be read.
    type Error: Error;

    /// Leaves in the tree; every complete subtree of them can be read.
    fn size(&self) -> u64;

    /// The hash of the leaves `index * 2^level .. (index + 1) * 2^level`; level 0 is the leaf hashes.
    ///
    /// # Errors
    /// When the subtree is not complete in this tree, or its hash cannot be read.
    fn node(&self, level: u32, index: u64) -> Result<Hash, Self::Error>;
}

/// Why a root or a proof could not be made.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TreeError<E: Error + 'static> {
    /// The tree is not that large.
    #[error("size {size} is beyond the tree of {leaves} leaves")]
    SizeBeyondTree {
        /// The size asked for.
        size: u64,
        /// The leaves there are.
        leaves: u64,
    },
    /// There is no such leaf at that size.
    #[error("leaf {index} is not in a tree of {size} leaves")]
    IndexBeyondSize {
        /// The leaf asked for.
        index: u64,
        /// The size of the tree.
        size: u64,
    },
    /// A tree does not shrink.
    #[error("size {old} is larger than size {new}")]
    SizesReversed {
        /// The smaller size, as given.
        old: u64,
        /// The larger size, as given.
        new: u64,
    },
    /// A hash that must be there could not be read.
    #[error("could not read node {index} of level {level}")]
    Node {
        /// The level: a subtree of 2^level leaves.
        level: u32,
        /// Which of that level, from the left.
        index: u64,
        /// Why.
        #[source]
        source: E,
    },
}

/// Computes the root over the first `size` leaves.
///
/// # Errors
/// When the tree is smaller than that, or a node cannot be read.
pub fn root_at<N: Nodes + ?Sized>(nodes: &N, size: u64) -> Result<Hash, TreeError<N::Error>> {
    let leaves = nodes.size();
    if size > leaves {
        return Err(TreeError::SizeBeyondTree { size, leaves });
    }
    range_root(nodes, Range { start: 0, len: size })
}

/// Makes the inclusion proof (RFC 9162 section 2.1.3.1) of leaf `index` in the tree of the first `size` leaves,
/// from the leaf's neighbour upwards. At most 64 hashes.
///
/// # Errors
/// When there is no such leaf, the tree is smaller than that, or a node cannot be read.
pub fn inclusion<N: Nodes + ?Sized>(
    nodes: &N,
    index: u64,
    size: u64,
) -> Result<Vec<Hash>, TreeError<N::Error>> {
    let leaves = nodes.size();
    if size > leaves {
        return Err(TreeError::SizeBeyondTree { size, leaves });
    }
    if index >= size {
        return Err(TreeError::IndexBeyondSize { index, size });
    }

    let mut path = Vec::new();
    let mut around = Range { start: 0, len: size };
    while let Some((left, right)) = around.split() {
        if index < right.start {
            path.push(range_root(nodes, right)?);
            around = left;
        } else {
            path.push(range_root(nodes, left)?);
            around = right;
        }
    }
    path.reverse();
    Ok(path)
}

/// Makes the consistency proof (RFC 9162 section 2.1.4.1) between the first `old` and the first `new` leaves.
/// Empty when they are equal or `old` is 0. At most 65 hashes.
///
/// # Errors
/// When `old` is larger than `new`, the tree is smaller than that, or a node cannot be read.
pub fn consistency<N: Nodes + ?Sized>(
    nodes: &N,
    old: u64,
    new: u64,
) -> Result<Vec<Hash>, TreeError<N::Error>> {
    let leaves = nodes.size();
    if new > leaves {
        return Err(TreeError::SizeBeyondTree { size: new, leaves });
    }
    if old > new {
        return Err(TreeError::SizesReversed { old, new });
    }
    if old == 0 {
        return Ok(Vec::new());
    }

    let mut proof = Vec::new();
    let mut around = Range { start: 0, len: new };
    // The verifier knows the old root; it needs the hash the walk ends at only if that is not the old root.
    let mut ends_at_old_root = true;
    while old < around.end() {
        let Some((left, right)) = around.split() else { break };
        if old <= right.start {
            proof.push(range_root(nodes, right)?);
            around = left;
        } else {
            proof.push(range_root(nodes, left)?);
            around = right;
            ends_at_old_root = false;
        }
    }
    if !ends_at_old_root {
        proof.push(range_root(nodes, around)?);
    }
    proof.reverse();
    Ok(proof)
}

/// Computes the root over a list of leaf hashes.
#[must_use]
pub fn root_of(leaves: &[Hash]) -> Hash {
    // Level by level: pairs are joined, a hash without a neighbour goes up as it is (RFC 9162 2.1.1).
    let mut row = leaves.to_vec();
    while row.len() > 1 {
        row = row
            .chunks(2)
            .filter_map(|pair| match pair {
                [left, right] => Some(node_hash(left, right)),
                [alone] => Some(*alone),
                _ => None,
            })
            .collect();
    }
    row.first().copied().unwrap_or_else(empty_root)
}

/// Leaves `start .. start + len`, where the walk from the root has stopped: `start` is a multiple of every
/// power of two that is not larger than `len`, so all its parts are complete subtrees.
#[derive(Clone, Copy)]
struct Range {
    start: u64,
    len: u64,
}

impl Range {
    const fn end(self) -> u64 {
        // Both come from one tree size, so the sum is at most that size.
        self.start.saturating_add(self.len)
    }

    /// The two halves of the RFC: the left is the largest power of two smaller than the whole.
    fn split(self) -> Option<(Self, Self)> {
        let half =
            self.len.checked_sub(1)?.checked_ilog2().and_then(|log| 1_u64.checked_shl(log))?;
        let left = Self { start: self.start, len: half };
        let right = Self { start: left.end(), len: self.len.saturating_sub(half) };
        Some((left, right))
    }
}

fn range_root<N: Nodes + ?Sized>(nodes: &N, range: Range) -> Result<Hash, TreeError<N::Error>> {
    // One complete subtree for each bit of the length, the largest first; joined from the right.
    let mut start = range.start;
    let mut parts = Vec::new();
    for level in (0..u64::BITS).rev() {
        let Some(leaves) = 1_u64.checked_shl(level).filter(|bit| range.len & bit != 0) else {
            continue;
        };
        let index = start.checked_shr(level).unwrap_or(0);
        let hash =
            nodes.node(level, index).map_err(|source| TreeError::Node { level, index, source })?;
        parts.push(hash);
        start = start.saturating_add(leaves);
    }
    let joined = parts.into_iter().rev().reduce(|right, left| node_hash(&left, &right));
    Ok(joined.unwrap_or_else(empty_root))
}

/// A tree in memory: every complete subtree's hash, two hashes a leaf.
#[derive(Clone, Default)]
pub struct Tree {
    // levels[0] is the leaf hashes; levels[n] has half as many as levels[n - 1], rounded down.
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    /// A tree without leaves.
    #[must_use]
    pub const fn new() -> Self {
        Self { levels: Vec::new() }
    }

    /// Appends a leaf by its hash (see [`super::leaf_hash`]) and returns its index.
    pub fn push(&mut self, leaf: Hash) -> u64 {
        let index = self.size();
        let mut carried = Some(leaf);
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
        index
    }

    /// The root over the first `size` leaves.
    ///
    /// # Errors
    /// When the tree is smaller than that.
    pub fn root_at(&self, size: u64) -> Result<Hash, TreeError<NodeAbsent>> {
        root_at(self, size)
    }

    /// The root over all leaves.
    #[must_use]
    pub fn root(&self) -> Hash {
        root_at(self, self.size()).unwrap_or_else(|_| empty_root())
    }

    /// The inclusion proof of a leaf, see [`inclusion`].
    ///
    /// # Errors
    /// When there is no such leaf or the tree is smaller than that.
    pub fn inclusion(&self, index: u64, size: u64) -> Result<Vec<Hash>, TreeError<NodeAbsent>> {
        inclusion(self, index, size)
    }

    /// The consistency proof between two sizes, see [`consistency`].
    ///
    /// # Errors
    /// When `old` is larger than `new` or the tree is smaller than that.
    pub fn consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, TreeError<NodeAbsent>> {
        consistency(self, old, new)
    }
}

impl Nodes for Tree {
    type Error = NodeAbsent;

    fn size(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| u64::try_from(leaves.len()).unwrap_or(u64::MAX))
    }

    fn node(&self, level: u32, index: u64) -> Result<Hash, NodeAbsent> {
        let row = usize::try_from(level).ok().and_then(|level| self.levels.get(level));
        let hash = row.zip(usize::try_from(index).ok()).and_then(|(row, index)| row.get(index));
        hash.copied().ok_or(NodeAbsent)
    }
}

impl FromIterator<Hash> for Tree {
    fn from_iter<I: IntoIterator<Item = Hash>>(leaves: I) -> Self {
        let mut tree = Self::new();
        for leaf in leaves {
            tree.push(leaf);
        }
        tree
    }
}

impl fmt::Debug for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tree").field("size", &self.size()).finish_non_exhaustive()
    }
}

/// The subtree asked for is not complete in this tree.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("no such complete subtree")]
pub struct NodeAbsent;
