//! The tree, its proofs and the signed checkpoints, against the RFC, every small size, and other people's code.

mod notes;
mod oracles;
mod proofs;
mod refusals;

use ring::signature::{Ed25519KeyPair, KeyPair as _};

use super::{Hash, KeyName, Nodes, SIGNATURE_BYTES, Tree, VerifierKey, leaf_hash, node_hash};

/// Every size up to here is checked exhaustively: beyond two full levels of 32 and both sides of 64.
const SMALL: u64 = 70;

fn leaf(index: u64) -> Hash {
    leaf_hash(&index.to_be_bytes())
}

fn tree(size: u64) -> Tree {
    (0..size).map(leaf).collect()
}

/// A tree of any size whose leaves are all the same, so that each level has one hash.
struct Uniform {
    size: u64,
    levels: [Hash; 64],
}

impl Uniform {
    fn new(size: u64) -> Self {
        let mut next = leaf(0);
        let levels = std::array::from_fn(|_| {
            let this = next;
            next = node_hash(&this, &this);
            this
        });
        Self { size, levels }
    }
}

impl Nodes for Uniform {
    type Error = super::NodeAbsent;

    fn size(&self) -> u64 {
        self.size
    }

    fn node(&self, level: u32, index: u64) -> Result<Hash, super::NodeAbsent> {
        let complete = index < self.size.checked_shr(level).unwrap_or(0);
        let row = usize::try_from(level).unwrap();
        if complete { Ok(self.levels[row]) } else { Err(super::NodeAbsent) }
    }
}

/// A signer with a fixed seed: a test key, never a real one.
struct Signer {
    pair: Ed25519KeyPair,
    key: VerifierKey,
}

impl Signer {
    fn new(name: &str, seed: u8) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap();
        let public: [u8; 32] = pair.public_key().as_ref().try_into().unwrap();
        Self { pair, key: VerifierKey::new(name.parse::<KeyName>().unwrap(), public).unwrap() }
    }

    fn sign(&self, bytes: &[u8]) -> Result<[u8; SIGNATURE_BYTES], std::convert::Infallible> {
        Ok(self.pair.sign(bytes).as_ref().try_into().unwrap())
    }
}
