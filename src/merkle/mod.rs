//! The audit tree: RFC 9162 hashing and proofs, C2SP checkpoints and signed notes.
//!
//! Owns the SHA-256 tree of RFC 9162 section 2.1 (the same tree as RFC 6962): leaf and node hashes, roots,
//! inclusion and consistency proofs and their verification; the checkpoint text of c2sp.org/tlog-checkpoint;
//! notes and Ed25519 signature lines of c2sp.org/signed-note. Does not read or write anything, holds no
//! private key and does not know what a leaf means: a leaf is bytes, hashed once.
//!
//! Sizes and indices are `u64` throughout. Everything that comes from outside (paths, proofs, notes, keys) is
//! refused with a typed error when malformed; no function panics or overflows for any input.

mod checkpoint;
mod hash;
mod key;
mod note;
mod tree;
mod verify;

#[cfg(test)]
mod tests;

pub use checkpoint::{Checkpoint, CheckpointError};
pub use hash::{HASH_BYTES, Hash, empty_root, leaf_hash, node_hash};
pub use key::{KEY_NAME_BYTES_MAX, KeyError, KeyId, KeyName, VerifierKey};
pub use note::{
    NOTE_BYTES_MAX, NOTE_SIGNATURES_MAX, NOTE_TEXT_BYTES_MAX, NoteError, SIGNATURE_BYTES,
    SIGNATURE_BYTES_MAX, SignatureLine, SignedNote,
};
pub use tree::{NodeAbsent, Nodes, Tree, TreeError, consistency, inclusion, root_at, root_of};
pub use verify::{
    CONSISTENCY_HASHES_MAX, INCLUSION_HASHES_MAX, ProofError, root_from_inclusion,
    verify_consistency, verify_inclusion,
};
