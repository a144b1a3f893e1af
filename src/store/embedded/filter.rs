//! Which keys the index may hold, in memory: most look-ups on the way of a new alert are for what is not there,
//! and asking sled for that costs more than all the rest of a commit.
//!
//! A Bloom filter that grows by layers, two bytes a key. It says "perhaps" for about one absent key in 200 and
//! never "no" for one that is there.

use std::hash::{BuildHasher as _, RandomState};

/// Room of the first layer; each further one has twice as much.
const FIRST_ROOM: usize = 4_096;

/// Keys to a block of 512 bits: 16 bits a key.
const BLOCK_KEYS: usize = 32;

/// Bits set for a key, all in one block, so that asking a layer touches one cache line.
const BITS: u32 = 6;

/// The filter.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    hasher: RandomState,
    layers: Vec<Layer>,
}

#[derive(Debug)]
struct Layer {
    blocks: Vec<[u64; 8]>,
    room: usize,
}

impl Filter {
    /// Whether `key` may have been added; "no" is certain.
    pub(crate) fn may_hold(&self, key: &[u8]) -> bool {
        let hash = self.hasher.hash_one(key);
        self.layers.iter().any(|layer| layer.holds(hash))
    }

    /// Adds a key.
    pub(crate) fn add(&mut self, key: &[u8]) {
        let hash = self.hasher.hash_one(key);
        if self.layers.iter().any(|layer| layer.holds(hash)) {
            return;
        }
        if self.layers.last().is_none_or(|layer| layer.room == 0) {
            let grown = FIRST_ROOM.checked_shl(u32::try_from(self.layers.len()).unwrap_or(0));
            let room = grown.unwrap_or(FIRST_ROOM);
            self.layers.push(Layer { blocks: vec![[0; 8]; room.div_ceil(BLOCK_KEYS)], room });
        }
        if let Some(layer) = self.layers.last_mut() {
            layer.add(hash);
        }
    }
}

impl Layer {
    fn holds(&self, hash: u64) -> bool {
        let block = self.blocks.get(self.block(hash));
        block.is_some_and(|block| {
            bits(hash).all(|(word, bit)| block.get(word).is_some_and(|held| held & bit != 0))
        })
    }

    fn add(&mut self, hash: u64) {
        self.room = self.room.saturating_sub(1);
        let index = self.block(hash);
        if let Some(block) = self.blocks.get_mut(index) {
            for (word, bit) in bits(hash) {
                if let Some(held) = block.get_mut(word) {
                    *held |= bit;
                }
            }
        }
    }

    /// The block of a key: the hash's upper half, scaled to the number of blocks.
    fn block(&self, hash: u64) -> usize {
        let count = u64::try_from(self.blocks.len()).unwrap_or(0);
        let scaled = (hash >> 32).saturating_mul(count) >> 32;
        usize::try_from(scaled).unwrap_or(0)
    }
}

/// The words and bits of a key within its block, from the hash mixed anew.
fn bits(hash: u64) -> impl Iterator<Item = (usize, u64)> {
    let mixed = hash.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (0..BITS).map(move |turn| {
        let nine = mixed.wrapping_shr(turn.saturating_mul(9)) & 0x1FF;
        (
            usize::try_from(nine >> 6).unwrap_or(0),
            1_u64.wrapping_shl(u32::try_from(nine & 63).unwrap_or(0)),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_added_is_never_denied_and_little_else_is_suspected() {
        let mut filter = Filter::default();
        assert!(!filter.may_hold(b"anything"));

        let key = |number: u32| format!("key {number}").into_bytes();
        for number in 0..50_000 {
            filter.add(&key(number));
        }

        assert!((0..50_000).all(|number| filter.may_hold(&key(number))));
        let suspected = (50_000..150_000).filter(|number| filter.may_hold(&key(*number))).count();
        assert!(suspected < 3_000, "{suspected} of 100000");
        let bytes: usize = filter.layers.iter().map(|layer| layer.blocks.len() * 64).sum();
        assert!(bytes <= 50_000 * 2 * 3, "{bytes}");
    }
}
