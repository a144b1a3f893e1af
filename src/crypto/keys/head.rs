//! The file `key-store`: which store this is, its version, and whether the master key is the right one.
//!
//! Bytes: magic (8), format (4), version (8), nonce (12), the sealed store id (16 + 16), CRC-32C of all before
//! (4); numbers most significant byte first. Magic, format and version are the sealing's associated data.

use std::path::Path;

use crate::crypto::error::KeyError;
use crate::crypto::master::MasterKey;
use crate::crypto::{aead, files};
use crate::env::{Entropy, random};

pub(super) const NAME: &str = "key-store";

const MAGIC: &[u8; 8] = b"STAYKEYS";

/// The format of the key directory this program writes, and the newest it reads.
pub(super) const FORMAT: u32 = 1;

/// Which store, and at which version.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Head {
    pub(super) store: [u8; 16],
    pub(super) version: u64,
}

impl Head {
    /// A new store.
    pub(super) fn new(entropy: &dyn Entropy) -> Self {
        Self { store: random(entropy), version: 1 }
    }

    /// The same store, changed.
    pub(super) const fn next(&self) -> Self {
        Self { store: self.store, version: self.version.saturating_add(1) }
    }

    /// Reads the file of a directory; `None` when there is none.
    pub(super) fn read(directory: &Path, master: &MasterKey) -> Result<Option<Self>, KeyError> {
        let bytes = files::read(&directory.join(NAME))?;
        bytes.map(|bytes| Self::decode(&bytes, master)).transpose()
    }

    pub(super) fn write(
        &self,
        directory: &Path,
        master: &MasterKey,
        entropy: &dyn Entropy,
    ) -> Result<(), KeyError> {
        let mut bytes = associated(self.version);
        let (nonce, sealed) = aead::seal(master.secret(), entropy, &bytes, &self.store)
            .map_err(|aead::Unopened| damaged())?;
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&sealed);
        let sum = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&sum.to_be_bytes());
        files::replace(&directory.join(NAME), &bytes)
    }

    fn decode(bytes: &[u8], master: &MasterKey) -> Result<Self, KeyError> {
        let (body, sum) = bytes.split_last_chunk::<4>().ok_or_else(damaged)?;
        if u32::from_be_bytes(*sum) != crc32c::crc32c(body) {
            return Err(damaged());
        }
        let (magic, rest) = body.split_first_chunk::<8>().ok_or_else(damaged)?;
        let (format, rest) = rest.split_first_chunk::<4>().ok_or_else(damaged)?;
        let found = u32::from_be_bytes(*format);
        if magic != MAGIC || found == 0 {
            return Err(damaged());
        }
        if found > FORMAT {
            return Err(KeyError::Newer { found, known: FORMAT });
        }
        let (version, rest) = rest.split_first_chunk::<8>().ok_or_else(damaged)?;
        let version = u64::from_be_bytes(*version);
        let (nonce, sealed) = rest.split_first_chunk::<12>().ok_or_else(damaged)?;
        // The sum was right, so it is not damage that keeps the sealing shut.
        let store = aead::open(master.secret(), *nonce, &associated(version), sealed)
            .map_err(|aead::Unopened| KeyError::WrongMasterKey)?;
        let store = store.as_slice().try_into().map_err(|_length| damaged())?;
        Ok(Self { store, version })
    }
}

/// The version in the bytes of a head file, by their checksum alone.
pub(super) fn version_stated(bytes: &[u8]) -> Option<u64> {
    let (body, sum) = bytes.split_last_chunk::<4>()?;
    let whole = u32::from_be_bytes(*sum) == crc32c::crc32c(body) && body.starts_with(MAGIC);
    let version: &[u8; 8] = body.get(12..)?.first_chunk()?;
    whole.then(|| u64::from_be_bytes(*version))
}

fn associated(version: u64) -> Vec<u8> {
    [MAGIC.as_slice(), &FORMAT.to_be_bytes(), &version.to_be_bytes()].concat()
}

fn damaged() -> KeyError {
    KeyError::Damaged { file: NAME.to_owned() }
}
