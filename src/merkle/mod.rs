//! The audit tree: RFC 9162 hashing and proofs, C2SP checkpoints.
