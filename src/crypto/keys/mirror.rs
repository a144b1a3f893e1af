//! The one current copy of the key directory, kept elsewhere, and the way back from it.

use std::path::Path;

use crate::crypto::error::KeyError;
use crate::crypto::files;
use crate::crypto::master::MasterKey;

use super::head::{self, Head};
use super::pool_file::{self, KEY_FILE_ENDING, PoolFile};

/// Brings a mirror to the state of `directory`, whose head is `ours`.
///
/// The head goes last: a mirror that was cut short still shows its old version, and is refused where that is too
/// old, though destroyed keys may already be gone from it.
pub(super) fn write(
    directory: &Path,
    mirror: &Path,
    ours: &Head,
    master: &MasterKey,
) -> Result<(), KeyError> {
    files::make_directory(mirror)?;
    match Head::read(mirror, master) {
        Ok(Some(theirs)) if theirs.store != ours.store => return Err(KeyError::OtherStore),
        Err(KeyError::WrongMasterKey) => return Err(KeyError::OtherStore),
        // A damaged mirror is what this copy mends.
        Ok(Some(_) | None) | Err(KeyError::Damaged { .. }) => {}
        Err(other) => return Err(other),
    }
    copy(directory, mirror)
}

/// Checks a mirror whole, and against the head in `known` if there is one; its version.
pub(super) fn check(mirror: &Path, known: &Path, master: &MasterKey) -> Result<u64, KeyError> {
    let theirs = head_of(mirror, master)?;
    if let Some(ours) = Head::read(known, master)? {
        if ours.store != theirs.store {
            return Err(KeyError::OtherStore);
        }
        not_older(&theirs, ours.version)?;
    }
    whole(mirror, master)?;
    Ok(theirs.version)
}

/// Puts a mirror in place as `directory`; nothing is changed before everything was checked.
pub(super) fn restore(
    mirror: &Path,
    directory: &Path,
    master: &MasterKey,
    known: u64,
) -> Result<u64, KeyError> {
    let theirs = head_of(mirror, master)?;
    files::make_directory(directory)?;
    let lock = files::lock(directory)?;
    let known = match Head::read(directory, master) {
        Ok(Some(ours)) if ours.store != theirs.store => return Err(KeyError::OtherStore),
        Err(KeyError::WrongMasterKey) => return Err(KeyError::OtherStore),
        Ok(Some(ours)) => known.max(ours.version),
        // A damaged directory is what is being restored.
        Ok(None) | Err(KeyError::Damaged { .. }) => known,
        Err(other) => return Err(other),
    };
    not_older(&theirs, known)?;
    whole(mirror, master)?;
    copy(mirror, directory)?;
    drop(lock);
    Ok(theirs.version)
}

fn head_of(mirror: &Path, master: &MasterKey) -> Result<Head, KeyError> {
    let missing = || KeyError::MissingFile { file: head::NAME.to_owned() };
    Head::read(mirror, master)?.ok_or_else(missing)
}

const fn not_older(mirror: &Head, known: u64) -> Result<(), KeyError> {
    if mirror.version < known {
        return Err(KeyError::OlderMirror { mirror: mirror.version, known });
    }
    Ok(())
}

/// Every key file of it opens.
fn whole(mirror: &Path, master: &MasterKey) -> Result<(), KeyError> {
    for name in key_files(mirror)? {
        let name = name.strip_suffix(".keys").unwrap_or(&name);
        PoolFile::read(mirror, name, master)?;
    }
    Ok(())
}

/// Makes the key files of `to` those of `from`, then its head.
fn copy(from: &Path, to: &Path) -> Result<(), KeyError> {
    let wanted = key_files(from)?;
    for name in &wanted {
        let missing = || KeyError::MissingFile { file: name.clone() };
        let bytes = files::read(&from.join(name))?.ok_or_else(missing)?;
        if files::read(&to.join(name))?.as_ref() != Some(&bytes) {
            pool_file::replace(&to.join(name), &bytes)?;
        }
    }
    for name in key_files(to)?.iter().filter(|name| !wanted.contains(name)) {
        files::remove(&to.join(name))?;
    }
    let missing = || KeyError::MissingFile { file: head::NAME.to_owned() };
    let bytes = files::read(&from.join(head::NAME))?.ok_or_else(missing)?;
    files::replace(&to.join(head::NAME), &bytes)
}

fn key_files(directory: &Path) -> Result<Vec<String>, KeyError> {
    let mut names = files::names(directory)?;
    names.retain(|name| super::ends_in(name, KEY_FILE_ENDING));
    Ok(names)
}
