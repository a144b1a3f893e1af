//! Checkpoints (c2sp.org/tlog-checkpoint): the hub's signed word for how large its log is and what is in it.

use std::fmt;
use std::str::FromStr as _;

use super::hash::{Hash, empty_root};
use super::key::{KeyName, VerifierKey};
use super::note::{NoteError, SIGNATURE_BYTES, SignedNote};

/// Why a checkpoint is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CheckpointError {
    /// Not exactly three lines: origin, size, root. Extension lines are refused: nobody could audit them.
    #[error("checkpoint must be three lines")]
    Lines,
    /// The first line is not an origin, see [`KeyName`].
    #[error("checkpoint origin is malformed")]
    Origin,
    /// The second line is not a decimal size without leading zeros, below 2^64.
    #[error("checkpoint size is malformed")]
    Size,
    /// The third line is not a hash in base64, or not the empty root at size 0.
    #[error("checkpoint root is malformed")]
    Root,
    /// The origin is not the name of the key that should have signed.
    #[error("checkpoint is of another log")]
    OtherOrigin,
    /// The note around it is malformed or not signed as expected.
    #[error("checkpoint note is not acceptable")]
    Note(#[from] NoteError),
}

/// How large a log was and the root of its tree at that size.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    origin: KeyName,
    size: u64,
    root: Hash,
}

impl Checkpoint {
    /// A checkpoint of the log `origin`.
    ///
    /// # Errors
    /// [`CheckpointError::Root`] when the size is 0 and the root is not the empty tree's.
    pub fn new(origin: KeyName, size: u64, root: Hash) -> Result<Self, CheckpointError> {
        match size == 0 && root != empty_root() {
            true => Err(CheckpointError::Root),
            false => Ok(Self { origin, size, root }),
        }
    }

    /// Reads the text of a checkpoint, without signatures.
    ///
    /// # Errors
    /// When it is not exactly what `Display` writes.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let lines: Vec<&str> =
            text.strip_suffix('\n').ok_or(CheckpointError::Lines)?.splitn(4, '\n').collect();
        let [origin, size, root] = lines.as_slice() else { return Err(CheckpointError::Lines) };
        let origin = KeyName::from_str(origin).ok().ok_or(CheckpointError::Origin)?;
        let number: u64 = size.parse().ok().ok_or(CheckpointError::Size)?;
        // One size, one spelling: `+4` and `04` are numbers to Rust.
        if number.to_string() != *size {
            return Err(CheckpointError::Size);
        }
        let root = Hash::from_base64(root).ok_or(CheckpointError::Root)?;
        Self::new(origin, number, root)
    }

    /// Reads a signed checkpoint and checks that `key` has signed it and that it is of the log of that name.
    ///
    /// # Errors
    /// When the note or the checkpoint is malformed, not signed by `key`, or of another log.
    pub fn open(note: &[u8], key: &VerifierKey) -> Result<Self, CheckpointError> {
        let note = SignedNote::parse(note)?;
        note.verify(key)?;
        let checkpoint = Self::parse(note.text())?;
        match checkpoint.origin == *key.name() {
            true => Ok(checkpoint),
            false => Err(CheckpointError::OtherOrigin),
        }
    }

    /// Signs this checkpoint; `sign` as in [`SignedNote::sign`].
    ///
    /// # Errors
    /// When the key's name is not the origin, the signer fails, or it holds another key.
    pub fn sign<E>(
        &self,
        key: &VerifierKey,
        sign: impl FnOnce(&[u8]) -> Result<[u8; SIGNATURE_BYTES], E>,
    ) -> Result<SignedNote, CheckpointError> {
        if self.origin != *key.name() {
            return Err(CheckpointError::OtherOrigin);
        }
        Ok(SignedNote::sign(self.to_string(), key, sign)?)
    }

    /// The log.
    #[must_use]
    pub const fn origin(&self) -> &KeyName {
        &self.origin
    }

    /// Leaves in the log.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree over them.
    #[must_use]
    pub const fn root(&self) -> &Hash {
        &self.root
    }
}

/// The text that is signed: three lines, each with its newline.
impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}\n", self.origin, self.size, self.root.to_base64())
    }
}
