//! What an authority has issued and revoked: `issued.toml`, read and written under a lock on `.lock` beside it, so
//! that two commands at once do not lose an entry.

use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::AuthorityError;
use super::write::{self, Mode};

/// One certificate that an authority issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IssuedEntry {
    /// The serial number, hexadecimal.
    pub serial: String,
    /// The URI of a client, the first name of a server, or `custom`.
    pub name: String,
    /// The end of its validity.
    pub not_after: Timestamp,
    /// When it was revoked, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
}

/// The content of `issued.toml`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Index {
    pub(super) trust_domain: String,
    /// The number of the last revocation list; goes up only.
    pub(super) revocation_list: u64,
    #[serde(default, rename = "issued")]
    pub(super) entries: Vec<IssuedEntry>,
}

/// The index, locked against other commands until dropped.
pub(super) struct Locked {
    pub(super) index: Index,
    path: PathBuf,
    _lock: File,
}

impl Index {
    pub(super) fn path(dir: &Path) -> PathBuf {
        dir.join("issued.toml")
    }

    pub(super) fn read(dir: &Path) -> Result<Self, AuthorityError> {
        let path = Self::path(dir);
        let text = fs::read_to_string(&path)
            .map_err(|source| AuthorityError::File { path: path.clone(), source })?;
        toml::from_str(&text)
            .map_err(|source| AuthorityError::Index { path, source: Box::new(source) })
    }

    pub(super) fn create(self, dir: &Path) -> Result<(), AuthorityError> {
        store(&Self::path(dir), &self)
    }

    pub(super) fn lock(dir: &Path) -> Result<Locked, AuthorityError> {
        let path = dir.join(".lock");
        let failed = |source| AuthorityError::File { path: path.clone(), source };
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(failed)?;
        lock.lock().map_err(failed)?;
        Ok(Locked { index: Self::read(dir)?, path: Self::path(dir), _lock: lock })
    }
}

impl Locked {
    pub(super) fn save(&self) -> Result<(), AuthorityError> {
        store(&self.path, &self.index)
    }
}

fn store(path: &Path, index: &Index) -> Result<(), AuthorityError> {
    let text = toml::to_string(index).map_err(|source| AuthorityError::IndexForm { source })?;
    write::replace(path, text.as_bytes(), Mode::Public)
}
