//! What the hub's signature on a receipt is over.

use super::id::Position;
use super::time::Timestamp;

/// The commits that one fsync covered, as a receipt's signature states them. One signature serves them all: a
/// receipt adds the entry and its path to `root`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GroupStatement {
    /// The position of the group's first commit.
    pub first: Position,
    /// How many commits the group has; at least 1.
    pub size: u32,
    /// Hub time of the group.
    pub at: Timestamp,
    /// RFC 9162 root over the leaf hashes of the group.
    pub root: [u8; 32],
}

impl GroupStatement {
    /// Keeps a receipt's signature apart from every other use of the key.
    pub const DOMAIN: &[u8; 19] = b"staysafe receipt v1";

    /// The signed bytes: the domain and a line feed, the first position (8 bytes), the size (4 bytes), hub time
    /// in milliseconds (8 bytes, two's complement) and the root (32 bytes); numbers most significant byte first.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(72);
        bytes.extend_from_slice(Self::DOMAIN);
        bytes.push(b'\n');
        bytes.extend_from_slice(&self.first.0.to_be_bytes());
        bytes.extend_from_slice(&self.size.to_be_bytes());
        bytes.extend_from_slice(&self.at.as_millis().to_be_bytes());
        bytes.extend_from_slice(&self.root);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_these_bytes_for_ever() {
        let statement = GroupStatement {
            first: Position(0x0102),
            size: 3,
            at: Timestamp::from_millis(-2),
            root: [0xAB; 32],
        };

        let expected = [
            b"staysafe receipt v1\n".as_slice(),
            &[0, 0, 0, 0, 0, 0, 1, 2],
            &[0, 0, 0, 3],
            &[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE],
            &[0xAB; 32],
        ]
        .concat();
        assert_eq!(statement.to_bytes(), expected);
        assert_eq!(expected.len(), 72);
    }
}
