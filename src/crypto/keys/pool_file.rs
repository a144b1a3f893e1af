//! One key file, `YYYY-MM-NNNN.keys`.
//!
//! Bytes: magic (8), format (4), nonce (12), the sealed file key (32 + 16), nonce (12), the keys sealed as a
//! whole under the file key. Inside, for each key: slot (4), key (32). Magic, format and the file's name are the
//! associated data of both sealings, so a file under another's name does not open.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::crypto::error::KeyError;
use crate::crypto::master::MasterKey;
use crate::crypto::secret::Secret;
use crate::crypto::{aead, files};
use crate::env::{Entropy, random};

use super::POOL_KEYS;
use super::head::FORMAT;

pub(super) const KEY_FILE_ENDING: &str = "keys";

const MAGIC: &[u8; 8] = b"STAYPOOL";

/// Everything before the sealed keys: overwritten where a file is dropped, for without the file key they are
/// noise.
const OPENING_BYTES: usize = 8 + 4 + aead::NONCE_BYTES + 32 + aead::TAG_BYTES;

/// One key inside the file: slot and key.
const ROW_BYTES: usize = 4 + 32;

/// The keys of one file, by slot, ascending.
pub(super) struct PoolFile(Vec<(u32, Arc<Secret>)>);

impl PoolFile {
    /// A whole pool of new keys.
    pub(super) fn fresh(entropy: &dyn Entropy) -> Self {
        let key = |slot| (slot, Arc::new(Zeroizing::new(random(entropy))));
        Self((0..POOL_KEYS).map(key).collect())
    }

    /// The key in a slot; none once destroyed.
    pub(super) fn key(&self, slot: u32) -> Option<Arc<Secret>> {
        let place = self.0.binary_search_by_key(&slot, |(slot, _)| *slot).ok()?;
        self.0.get(place).map(|(_, secret)| Arc::clone(secret))
    }

    /// Every key with its slot.
    pub(super) fn keys(&self) -> impl Iterator<Item = (u32, Arc<Secret>)> {
        self.0.iter().map(|(slot, secret)| (*slot, Arc::clone(secret)))
    }

    /// The keys that are not in `slots`.
    pub(super) fn without(&self, slots: &BTreeSet<u32>) -> Self {
        Self(self.keys().filter(|(slot, _)| !slots.contains(slot)).collect())
    }

    /// Reads a file.
    pub(super) fn read(directory: &Path, name: &str, master: &MasterKey) -> Result<Self, KeyError> {
        let file = || format!("{name}.{KEY_FILE_ENDING}");
        // The name comes from a stored record: nothing else may be read through it.
        let well_formed = (1..=32).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        if !well_formed {
            return Err(KeyError::MissingFile { file: "a key file with a malformed name".into() });
        }
        let bytes = files::read(&path(directory, name))?
            .ok_or_else(|| KeyError::MissingFile { file: file() })?;
        Self::decode(name, &bytes, master)?.ok_or_else(|| KeyError::Damaged { file: file() })
    }

    /// Encrypts the keys under a new file key and wraps that.
    pub(super) fn encode(
        &self,
        name: &str,
        master: &MasterKey,
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, KeyError> {
        let unsealed = |aead::Unopened| KeyError::Damaged { file: name.to_owned() };
        let mut rows = Zeroizing::new(Vec::with_capacity(self.0.len().saturating_mul(ROW_BYTES)));
        for (slot, secret) in &self.0 {
            rows.extend_from_slice(&slot.to_be_bytes());
            rows.extend_from_slice(secret.as_slice());
        }
        let file_key: Secret = Zeroizing::new(random(entropy));
        let associated = associated(name);
        let (wrap_nonce, wrapped) =
            aead::seal(master.secret(), entropy, &associated, file_key.as_slice())
                .map_err(unsealed)?;
        let (nonce, sealed) =
            aead::seal(&file_key, entropy, &associated, &rows).map_err(unsealed)?;
        let format = FORMAT.to_be_bytes();
        Ok([MAGIC.as_slice(), &format, &wrap_nonce, &wrapped, &nonce, &sealed].concat())
    }

    /// `Ok(None)` when the bytes are damaged or not this file's.
    fn decode(name: &str, bytes: &[u8], master: &MasterKey) -> Result<Option<Self>, KeyError> {
        let Some((magic, rest)) = bytes.split_first_chunk::<8>() else { return Ok(None) };
        let Some((format, rest)) = rest.split_first_chunk::<4>() else { return Ok(None) };
        let found = u32::from_be_bytes(*format);
        if magic != MAGIC || found == 0 {
            return Ok(None);
        }
        if found > FORMAT {
            return Err(KeyError::Newer { found, known: FORMAT });
        }
        Ok(open_rows(name, rest, master).and_then(|rows| parse_rows(&rows)).map(Self))
    }
}

/// Unwraps the file key and opens the rows.
fn open_rows(name: &str, rest: &[u8], master: &MasterKey) -> Option<Zeroizing<Vec<u8>>> {
    let associated = associated(name);
    let (wrap_nonce, rest) = rest.split_first_chunk::<12>()?;
    let (wrapped, rest) = rest.split_first_chunk::<48>()?;
    let (nonce, sealed) = rest.split_first_chunk::<12>()?;
    let file_key = aead::open(master.secret(), *wrap_nonce, &associated, wrapped).ok()?;
    let file_key = file_key.as_slice().try_into().ok()?;
    aead::open(file_key, *nonce, &associated, sealed).ok()
}

fn parse_rows(rows: &[u8]) -> Option<Vec<(u32, Arc<Secret>)>> {
    let row = |row: &[u8]| {
        let (slot, key) = row.split_first_chunk::<4>()?;
        let key: [u8; 32] = key.try_into().ok()?;
        Some((u32::from_be_bytes(*slot), Arc::new(Zeroizing::new(key))))
    };
    let keys: Vec<(u32, Arc<Secret>)> = rows.chunks(ROW_BYTES).map(row).collect::<Option<_>>()?;
    keys.is_sorted_by(|(a, _), (b, _)| a < b).then_some(keys)
}

fn associated(name: &str) -> Vec<u8> {
    [MAGIC.as_slice(), &FORMAT.to_be_bytes(), name.as_bytes()].concat()
}

pub(super) fn path(directory: &Path, name: &str) -> PathBuf {
    directory.join(format!("{name}.{KEY_FILE_ENDING}"))
}

/// Writes a key file in place of the one that may be there, then overwrites the old one's file key where it lay.
///
/// The overwriting comes last, through the old file's own handle: a crash before it leaves a dropped file behind,
/// never a store without its survivors. On media that write elsewhere it reaches what it can; the rest is what
/// keeping the master key apart is for.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), KeyError> {
    let old = match OpenOptions::new().write(true).open(path) {
        Ok(file) => Some(file),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(KeyError::io("open", path)(error)),
    };
    files::replace(path, bytes)?;
    if let Some(mut old) = old {
        old.write_all(&[0; OPENING_BYTES]).map_err(KeyError::io("overwrite", path))?;
        old.sync_all().map_err(KeyError::io("fsync", path))?;
    }
    Ok(())
}
