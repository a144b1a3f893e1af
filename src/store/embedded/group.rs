//! The group: the unit of the journal, what one write and one fsync make durable.
//!
//! Owns its bytes. Layout, numbers little end first:
//!
//! | offset | bytes | what |
//! |---|---|---|
//! | 0 | 8 | magic `StaySafG` |
//! | 8 | 2 | format version, 1 |
//! | 10 | 2 | zero |
//! | 12 | 4 | how many commits, at least 1 |
//! | 16 | 8 | the group's sequence number, from 0, contiguous |
//! | 24 | 8 | position of its first commit |
//! | 32 | 8 | hub time in milliseconds, never less than the group before |
//! | 40 | 8 | bytes of payload |
//! | 48 | 32 | SHA-256 of the group before (its own at 112); zeros in the first |
//! | 80 | 32 | RFC 9162 root over the leaves |
//! | 112 | 32 | SHA-256 over bytes 0–111 and the payload |
//! | 144 | 4 | CRC-32C over bytes 0–143 and the payload |
//! | 148 | | payload: 32 bytes of leaf hash a commit, then each commit as four bytes of length and its bytes |
//!
//! The leaves stand apart from the commits, so that hashes can be read without entries.

use ring::digest::{Context, SHA256};

use super::bytes::{Cursor, narrow, wide};
use crate::domain::{Position, Timestamp};
use crate::merkle::{self, Hash};

/// Bytes of a header.
pub(crate) const HEADER_BYTES: usize = 148;

/// The format this code writes, and the newest it reads.
pub(crate) const FORMAT_VERSION: u16 = 1;

/// No group is longer: a bound for what a damaged length can make the hub read.
pub(crate) const GROUP_BYTES_CEILING: u64 = 64 * 1024 * 1024;

/// What every group starts with.
pub(crate) const MAGIC: [u8; 8] = *b"StaySafG";

const DIGESTED_BYTES: usize = 112;
const CHECKED_BYTES: usize = 144;
const LEAF_BYTES: usize = 32;
const LENGTH_BYTES: usize = 4;

/// What a new group follows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Link {
    /// Its sequence number.
    pub(crate) sequence: u64,
    /// The position of its first commit.
    pub(crate) first: Position,
    /// The digest of the group before.
    pub(crate) previous: [u8; 32],
    /// Hub time of the group before; the earliest a new group may say.
    pub(crate) at: Timestamp,
}

impl Link {
    /// Where an empty journal begins.
    pub(crate) const START: Self = Self {
        sequence: 0,
        first: Position(0),
        previous: [0; 32],
        at: Timestamp::from_millis(i64::MIN),
    };
}

/// A group's header.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Header {
    pub(crate) commits: u32,
    pub(crate) sequence: u64,
    pub(crate) first: Position,
    pub(crate) at: Timestamp,
    pub(crate) payload_bytes: u64,
    pub(crate) previous: [u8; 32],
    pub(crate) root: [u8; 32],
    pub(crate) digest: [u8; 32],
    check: u32,
}

/// Why some bytes are not a group's header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum HeaderFault {
    /// They are not one.
    NotAGroup,
    /// They are one of a newer format.
    Newer(u16),
}

impl Header {
    /// Reads a header. Says nothing yet about whether the group is whole.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, HeaderFault> {
        let mut cursor = Cursor::new(bytes);
        if cursor.array() != Some(MAGIC) {
            return Err(HeaderFault::NotAGroup);
        }
        let version = cursor.array().map(u16::from_le_bytes).ok_or(HeaderFault::NotAGroup)?;
        if version > FORMAT_VERSION {
            return Err(HeaderFault::Newer(version));
        }
        let header = Self::parse_fields(&mut cursor).ok_or(HeaderFault::NotAGroup)?;
        let leaves = u64::from(header.commits).saturating_mul(wide(LEAF_BYTES));
        let sane = version == FORMAT_VERSION
            && header.commits > 0
            && header.payload_bytes >= leaves
            && header.payload_bytes <= GROUP_BYTES_CEILING;
        if sane { Ok(header) } else { Err(HeaderFault::NotAGroup) }
    }

    fn parse_fields(cursor: &mut Cursor<'_>) -> Option<Self> {
        let _zero: [u8; 2] = cursor.array()?;
        Some(Self {
            commits: cursor.u32()?,
            sequence: cursor.u64()?,
            first: Position(cursor.u64()?),
            at: Timestamp::from_millis(i64::from_le_bytes(cursor.array()?)),
            payload_bytes: cursor.u64()?,
            previous: cursor.array()?,
            root: cursor.array()?,
            digest: cursor.array()?,
            check: cursor.u32()?,
        })
    }

    /// Bytes of the whole group.
    pub(crate) fn group_bytes(&self) -> u64 {
        self.payload_bytes.saturating_add(wide(HEADER_BYTES))
    }

    /// The position after the group's last commit.
    pub(crate) fn end(&self) -> Position {
        Position(self.first.0.saturating_add(u64::from(self.commits)))
    }

    /// Whether the group is the one that `link` asks for.
    pub(crate) fn follows(&self, link: &Link) -> bool {
        self.sequence == link.sequence
            && self.first == link.first
            && self.previous == link.previous
            && self.at >= link.at
    }

    /// What the next group must follow.
    pub(crate) fn link(&self) -> Link {
        Link {
            sequence: self.sequence.saturating_add(1),
            first: self.end(),
            previous: self.digest,
            at: self.at,
        }
    }
}

/// Bytes that a group's payload takes.
pub(crate) fn payload_bytes(leaves: &[[u8; 32]], commits: &[&[u8]]) -> usize {
    commits.iter().fold(leaves.len().saturating_mul(LEAF_BYTES), |sum, commit| {
        sum.saturating_add(LENGTH_BYTES).saturating_add(commit.len())
    })
}

/// Writes a group into `buffer`, which is emptied first, and gives its header. `at` is raised to the time of
/// the group before. Its payload must be within [`GROUP_BYTES_CEILING`]: a longer one is never read again.
pub(crate) fn encode(
    buffer: &mut Vec<u8>,
    link: &Link,
    at: Timestamp,
    leaves: &[[u8; 32]],
    commits: &[&[u8]],
) -> Header {
    let payload_bytes = payload_bytes(leaves, commits);
    let mut header = Header {
        commits: u32::try_from(leaves.len()).unwrap_or(u32::MAX),
        sequence: link.sequence,
        first: link.first,
        at: at.max(link.at),
        payload_bytes: wide(payload_bytes),
        previous: link.previous,
        root: root(leaves),
        digest: [0; 32],
        check: 0,
    };
    buffer.clear();
    buffer.reserve(payload_bytes.saturating_add(HEADER_BYTES));
    buffer.extend_from_slice(&MAGIC);
    buffer.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
    buffer.extend_from_slice(&[0; 2]);
    buffer.extend_from_slice(&header.commits.to_le_bytes());
    buffer.extend_from_slice(&header.sequence.to_le_bytes());
    buffer.extend_from_slice(&header.first.0.to_le_bytes());
    buffer.extend_from_slice(&header.at.as_millis().to_le_bytes());
    buffer.extend_from_slice(&header.payload_bytes.to_le_bytes());
    buffer.extend_from_slice(&header.previous);
    buffer.extend_from_slice(&header.root);
    buffer.resize(HEADER_BYTES, 0);
    for leaf in leaves {
        buffer.extend_from_slice(leaf);
    }
    for commit in commits {
        let length = u32::try_from(commit.len()).unwrap_or(u32::MAX);
        buffer.extend_from_slice(&length.to_le_bytes());
        buffer.extend_from_slice(commit);
    }
    header.digest = digest(buffer);
    put(buffer, DIGESTED_BYTES, &header.digest);
    header.check = check(buffer);
    put(buffer, CHECKED_BYTES, &header.check.to_le_bytes());
    header
}

/// The RFC 9162 root over leaf hashes.
pub(crate) fn root(leaves: &[[u8; 32]]) -> [u8; 32] {
    let hashes: Vec<Hash> = leaves.iter().map(|leaf| Hash(*leaf)).collect();
    merkle::root_of(&hashes).0
}

/// A whole group as read back, its checks passed.
#[derive(Clone, Debug)]
pub(crate) struct GroupBytes {
    pub(crate) header: Header,
    raw: Vec<u8>,
}

/// How closely a group is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Scrutiny {
    /// The CRC-32C only: for reading back what this process has checked or written.
    Check,
    /// The CRC-32C and the SHA-256.
    Digest,
}

impl GroupBytes {
    /// Takes the bytes of a whole group; none when they are not what was written.
    pub(crate) fn new(raw: Vec<u8>, scrutiny: Scrutiny) -> Option<Self> {
        let header = Header::parse(&raw).ok()?;
        let whole = wide(raw.len()) == header.group_bytes()
            && check(&raw) == header.check
            && (scrutiny == Scrutiny::Check || digest(&raw) == header.digest);
        whole.then_some(Self { header, raw })
    }

    /// The bytes as written.
    pub(crate) fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// The leaf hashes, in order.
    pub(crate) fn leaves(&self) -> Vec<[u8; 32]> {
        leaves_in(self.payload(), self.header.commits)
    }

    /// The bytes of the commits, in order.
    pub(crate) fn commits(&self) -> Commits<'_> {
        let leaves = leaf_section(self.header.commits);
        Commits { cursor: Cursor::new(self.payload().get(leaves..).unwrap_or_default()) }
    }

    /// The bytes of the commit at `position`; none when it is another group's.
    pub(crate) fn commit(&self, position: Position) -> Option<&[u8]> {
        self.place(position).map(|(_, commit)| commit)
    }

    /// The bytes of the commit at `position` and where they begin; none when it is another group's.
    pub(crate) fn place(&self, position: Position) -> Option<(usize, &[u8])> {
        let number = position.0.checked_sub(self.header.first.0)?;
        places(self.header.commits, self.commits()).nth(narrow(number)?)
    }

    fn payload(&self) -> &[u8] {
        self.raw.get(HEADER_BYTES..).unwrap_or_default()
    }
}

/// Bytes that the leaf hashes of `commits` commits take.
pub(crate) fn leaf_section(commits: u32) -> usize {
    narrow(u64::from(commits)).unwrap_or(usize::MAX).saturating_mul(LEAF_BYTES)
}

/// The leaf hashes at the start of a payload.
pub(crate) fn leaves_in(payload: &[u8], commits: u32) -> Vec<[u8; 32]> {
    let section = payload.get(..leaf_section(commits)).unwrap_or_default();
    section.as_chunks::<LEAF_BYTES>().0.to_vec()
}

/// The commits of a group, in order, and where in the group each begins.
pub(crate) fn places<'a>(
    count: u32,
    commits: impl Iterator<Item = &'a [u8]>,
) -> impl Iterator<Item = (usize, &'a [u8])> {
    let mut end = HEADER_BYTES.saturating_add(leaf_section(count));
    commits.map(move |commit| {
        let begin = end.saturating_add(LENGTH_BYTES);
        end = begin.saturating_add(commit.len());
        (begin, commit)
    })
}

/// Goes through the commits of a group.
pub(crate) struct Commits<'a> {
    cursor: Cursor<'a>,
}

impl<'a> Iterator for Commits<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<Self::Item> {
        let length = self.cursor.u32()?;
        self.cursor.bytes(narrow(u64::from(length))?)
    }
}

fn digest(group: &[u8]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    context.update(group.get(..DIGESTED_BYTES).unwrap_or_default());
    context.update(group.get(HEADER_BYTES..).unwrap_or_default());
    context.finish().as_ref().try_into().unwrap_or_default()
}

fn check(group: &[u8]) -> u32 {
    let head = crc32c::crc32c(group.get(..CHECKED_BYTES).unwrap_or_default());
    crc32c::crc32c_append(head, group.get(HEADER_BYTES..).unwrap_or_default())
}

fn put(buffer: &mut [u8], offset: usize, field: &[u8]) {
    let target = buffer.iter_mut().skip(offset);
    target.zip(field).for_each(|(byte, new)| *byte = *new);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::embedded::bytes::hex;

    fn sample() -> (Header, Vec<u8>) {
        let link = Link {
            sequence: 7,
            first: Position(40),
            previous: [0xAB; 32],
            at: Timestamp::from_millis(1_000),
        };
        let mut buffer = Vec::new();
        let header = encode(
            &mut buffer,
            &link,
            Timestamp::from_millis(900),
            &[[1; 32], [2; 32]],
            &[b"first", b"second"],
        );
        (header, buffer)
    }

    #[test]
    fn the_bytes_of_a_group_header_are_those_of_the_format() {
        let (_, raw) = sample();

        let expected = concat!(
            "5374617953616647",                                                 // magic
            "0100",                                                             // version 1
            "0000",                                                             // zero
            "02000000",                                                         // two commits
            "0700000000000000",                                                 // sequence 7
            "2800000000000000",                                                 // first position 40
            "e803000000000000", // hub time 1000 ms: not less than the group before
            "5300000000000000", // 83 bytes of payload
            "abababababababababababababababababababababababababababababababab", // the group before
        );
        assert_eq!(hex(&raw[..80]), expected);
        // Computed apart with Python's hashlib and a table-driven CRC-32C.
        assert_eq!(hex(&raw[80..112]), GOLDEN_ROOT);
        assert_eq!(hex(&raw[112..144]), GOLDEN_DIGEST);
        assert_eq!(hex(&raw[144..148]), GOLDEN_CHECK);
    }

    const GOLDEN_ROOT: &str = "b331da6ec49d4547d9942a6727e5123f69bed5a0b97ac171cfbfd6201431fcfa";
    const GOLDEN_DIGEST: &str = "7c97e27b58db35f473642205d740cffc7cea9f6976ff9861c27da5ec3a1deba2";
    const GOLDEN_CHECK: &str = "a86d4da2";

    #[test]
    fn a_group_reads_back_as_it_was_written() {
        let (header, raw) = sample();

        let group = GroupBytes::new(raw, Scrutiny::Digest).unwrap();

        assert_eq!(group.header, header);
        assert_eq!(group.leaves(), [[1; 32], [2; 32]]);
        assert_eq!(group.commits().collect::<Vec<_>>(), [&b"first"[..], b"second"]);
        assert_eq!(group.commit(Position(41)), Some(&b"second"[..]));
        assert_eq!(group.commit(Position(39)), None);
        assert_eq!(group.commit(Position(42)), None);
        for (number, commit) in (40..).zip(group.commits()) {
            let (begin, bytes) = group.place(Position(number)).unwrap();
            assert_eq!(bytes, commit);
            assert_eq!(&group.raw()[begin..begin + commit.len()], commit);
        }
    }

    #[test]
    fn no_flipped_bit_anywhere_in_a_group_goes_unnoticed() {
        let (_, raw) = sample();

        for bit in 0..raw.len() * 8 {
            let (byte, mask) = (bit / 8, 1_u8 << (bit % 8));
            let mut damaged = raw.clone();
            damaged[byte] ^= mask;
            assert!(GroupBytes::new(damaged, Scrutiny::Check).is_none(), "bit {bit}");
        }
    }

    #[test]
    fn a_group_cut_short_anywhere_is_not_a_group() {
        let (_, raw) = sample();

        for length in 0..raw.len() {
            assert!(GroupBytes::new(raw[..length].to_vec(), Scrutiny::Check).is_none());
        }
    }

    #[test]
    fn a_newer_format_is_told_from_damage() {
        let (_, mut raw) = sample();
        raw[8] = 2;

        assert_eq!(Header::parse(&raw).unwrap_err(), HeaderFault::Newer(2));
        raw[8] = 0;
        assert_eq!(Header::parse(&raw).unwrap_err(), HeaderFault::NotAGroup);
    }

    #[test]
    fn a_group_follows_only_the_one_before_it() {
        let (header, _) = sample();
        let link = header.link();

        assert_eq!((link.sequence, link.first), (8, Position(42)));
        let (next, _) = {
            let mut buffer = Vec::new();
            (encode(&mut buffer, &link, Timestamp::from_millis(5_000), &[[3; 32]], &[b"x"]), buffer)
        };
        assert!(next.follows(&link));
        assert!(!next.follows(&Link { sequence: 9, ..link }));
        assert!(!next.follows(&Link { first: Position(41), ..link }));
        assert!(!next.follows(&Link { previous: [0; 32], ..link }));
        assert!(!next.follows(&Link { at: Timestamp::from_millis(5_001), ..link }));
    }
}
