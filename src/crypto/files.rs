//! Files that are there whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use zeroize::Zeroizing;

use super::error::KeyError;

/// What a half-written file ends in; removed at the next opening.
pub(crate) const UNFINISHED: &str = "new";

/// Writes a file new, fsyncs it, renames it into place and fsyncs the directory. For its owner's eyes only.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), KeyError> {
    let unfinished = unfinished(path);
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&unfinished)
        .map_err(KeyError::io("create", &unfinished))?;
    file.write_all(bytes).map_err(KeyError::io("write", &unfinished))?;
    file.sync_all().map_err(KeyError::io("fsync", &unfinished))?;
    fs::rename(&unfinished, path).map_err(KeyError::io("rename", &unfinished))?;
    sync_directory(path)
}

/// Writes a secret into a file that must not exist yet, for its owner's eyes only.
pub(crate) fn create_secret(path: &Path, bytes: &[u8]) -> Result<(), KeyError> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(KeyError::io("create", path))?;
    file.write_all(bytes).map_err(KeyError::io("write", path))?;
    file.sync_all().map_err(KeyError::io("fsync", path))?;
    sync_directory(path)
}

/// Reads a file that only its owner may read, of at most `limit` bytes. `None` when others may read it too, or
/// it is longer, or no regular file.
pub(crate) fn read_secret(path: &Path, limit: u64) -> Result<Option<Zeroizing<Vec<u8>>>, KeyError> {
    let file = File::open(path).map_err(KeyError::io("open", path))?;
    let about = file.metadata().map_err(KeyError::io("read", path))?;
    let private = about.permissions().mode() & 0o077 == 0;
    if !about.is_file() || !private || about.len() > limit {
        return Ok(None);
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(limit).unwrap_or(0)));
    file.take(limit).read_to_end(&mut bytes).map_err(KeyError::io("read", path))?;
    Ok(Some(bytes))
}

/// Makes a directory, and those above it, that only their owner may enter.
pub(crate) fn make_directory(path: &Path) -> Result<(), KeyError> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
        .map_err(KeyError::io("create", path))?;
    sync_directory(path)
}

/// Holds a directory for this process until the file is dropped.
pub(crate) fn lock(directory: &Path) -> Result<File, KeyError> {
    let path = directory.join("lock");
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(KeyError::io("open", &path))?;
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(rustix::io::Errno::WOULDBLOCK) => Err(KeyError::InUse),
        Err(other) => Err(KeyError::io("lock", path)(other.into())),
    }
}

/// The names in a directory, in order; empty when there is no such directory.
pub(crate) fn names(directory: &Path) -> Result<Vec<String>, KeyError> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(KeyError::io("list", directory)(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(KeyError::io("list", directory))?;
        // A name that is not text is none of ours.
        names.extend(entry.file_name().into_string());
    }
    names.sort();
    Ok(names)
}

/// Reads a file whole; `None` when it is not there.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, KeyError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(KeyError::io("read", path)(error)),
    }
}

/// Removes a file and fsyncs its directory.
pub(crate) fn remove(path: &Path) -> Result<(), KeyError> {
    fs::remove_file(path).map_err(KeyError::io("remove", path))?;
    sync_directory(path)
}

/// Fsyncs the directory that holds `path`.
fn sync_directory(path: &Path) -> Result<(), KeyError> {
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        Some(_) | None => Path::new("."),
    };
    let directory = File::open(parent).map_err(KeyError::io("open", parent))?;
    directory.sync_all().map_err(KeyError::io("fsync", parent))
}

fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(UNFINISHED);
    PathBuf::from(name)
}
