//! Verification of proofs (RFC 9162 sections 2.1.3.2 and 2.1.4.2): what a partner runs on what the hub sent.

use super::hash::{Hash, empty_root, node_hash};

/// The most hashes in an inclusion proof, at any size.
pub const INCLUSION_HASHES_MAX: usize = 64;

/// The most hashes in a consistency proof, at any two sizes.
pub const CONSISTENCY_HASHES_MAX: usize = 65;

/// Why a proof does not prove what it should.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ProofError {
    /// There is no such leaf at that size.
    #[error("the leaf is not in a tree of that size")]
    IndexBeyondSize,
    /// A tree does not shrink.
    #[error("the old size is larger than the new size")]
    SizesReversed,
    /// Too few hashes for the sizes.
    #[error("the proof is too short for the sizes")]
    TooShort,
    /// Too many hashes for the sizes.
    #[error("the proof is too long for the sizes")]
    TooLong,
    /// The leaf and the path do not lead to the root: the leaf is not in that tree.
    #[error("the proof does not lead to the root")]
    RootMismatch,
    /// The proof does not lead to the old root.
    #[error("the proof does not lead to the old root")]
    OldRootMismatch,
    /// The proof does not lead to the new root: entries of the old tree were changed or removed.
    #[error("the proof does not lead to the new root")]
    NewRootMismatch,
}

/// Checks that `leaf` is the `index`-th leaf of the tree of `size` leaves that has this root.
///
/// # Errors
/// When the index or the length is impossible, or the path leads elsewhere.
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    path: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    match root_from_inclusion(leaf, index, size, path)? == *root {
        true => Ok(()),
        false => Err(ProofError::RootMismatch),
    }
}

/// The root to which `leaf`, as the `index`-th of `size` leaves, and its path lead: what a signature over the
/// root must be checked against.
///
/// # Errors
/// When there is no such leaf at that size, or the path is too short or too long for it.
pub fn root_from_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    path: &[Hash],
) -> Result<Hash, ProofError> {
    if index >= size {
        return Err(ProofError::IndexBeyondSize);
    }
    let mut climb = Climb { node: index, last: size.saturating_sub(1) };
    let mut root = *leaf;
    for sibling in path {
        root = match climb.step()? {
            Side::Left => node_hash(sibling, &root),
            Side::Right => node_hash(&root, sibling),
        };
    }
    climb.arrived()?;
    Ok(root)
}

/// Checks that the tree of `new` leaves with `new_root` begins with the tree of `old` leaves with `old_root`.
///
/// # Errors
/// When the sizes or the length are impossible, or the proof leads to other roots.
pub fn verify_consistency(
    old: u64,
    new: u64,
    proof: &[Hash],
    old_root: &Hash,
    new_root: &Hash,
) -> Result<(), ProofError> {
    if old > new {
        return Err(ProofError::SizesReversed);
    }
    if old == 0 && *old_root != empty_root() {
        return Err(ProofError::OldRootMismatch);
    }
    if old == new {
        return match (proof.is_empty(), old_root == new_root) {
            (false, _) => Err(ProofError::TooLong),
            (true, false) => Err(ProofError::NewRootMismatch),
            (true, true) => Ok(()),
        };
    }
    if old == 0 {
        // Every tree begins with the empty one.
        return if proof.is_empty() { Ok(()) } else { Err(ProofError::TooLong) };
    }

    // The walk begins at the largest complete subtree that ends the old tree. Of a power of two that is the old
    // tree itself, whose root is not sent.
    let (first, rest) = match (old.is_power_of_two(), proof.split_first()) {
        (true, _) => (old_root, proof),
        (false, Some((first, rest))) => (first, rest),
        (false, None) => return Err(ProofError::TooShort),
    };
    let mut climb =
        Climb { node: old.saturating_sub(1), last: new.saturating_sub(1) }.above_right_edges();
    let (mut from_old, mut from_new) = (*first, *first);
    for sibling in rest {
        match climb.step()? {
            Side::Left => {
                from_old = node_hash(sibling, &from_old);
                from_new = node_hash(sibling, &from_new);
            }
            Side::Right => from_new = node_hash(&from_new, sibling),
        }
    }
    climb.arrived()?;
    match (from_old == *old_root, from_new == *new_root) {
        (false, _) => Err(ProofError::OldRootMismatch),
        (true, false) => Err(ProofError::NewRootMismatch),
        (true, true) => Ok(()),
    }
}

/// On which side of the node the next hash of the proof stands.
enum Side {
    Left,
    Right,
}

/// A walk from a node to the root; `node` and `last` are its place and the last place at its level.
struct Climb {
    node: u64,
    last: u64,
}

impl Climb {
    /// Goes up while the node is a right child: those parents are in both trees, so no hash is sent for them.
    fn above_right_edges(mut self) -> Self {
        while self.node & 1 == 1 {
            self.up();
        }
        self
    }

    fn step(&mut self) -> Result<Side, ProofError> {
        if self.last == 0 {
            return Err(ProofError::TooLong);
        }
        let side = if self.node & 1 == 1 || self.node == self.last {
            // A last node without a neighbour goes up as it is, until it is somebody's right child.
            while self.node & 1 == 0 && self.node != 0 {
                self.up();
            }
            Side::Left
        } else {
            Side::Right
        };
        self.up();
        Ok(side)
    }

    const fn up(&mut self) {
        self.node >>= 1;
        self.last >>= 1;
    }

    const fn arrived(&self) -> Result<(), ProofError> {
        if self.last == 0 { Ok(()) } else { Err(ProofError::TooShort) }
    }
}
