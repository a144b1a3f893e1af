//! Files of an authority: written beside, synced, renamed; private keys readable by their owner only.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::AuthorityError;

/// Who may read a file.
#[derive(Clone, Copy)]
pub(super) enum Mode {
    /// Everybody: certificates and lists.
    Public,
    /// The owner: keys.
    Private,
}

/// Puts `bytes` at `path` in one step: a reader (a hub that reloads) sees the former content or the new one.
pub(super) fn replace(path: &Path, bytes: &[u8], mode: Mode) -> Result<(), AuthorityError> {
    write(path, bytes, mode)
        .map_err(|source| AuthorityError::File { path: path.to_owned(), source })
}

fn write(path: &Path, bytes: &[u8], mode: Mode) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    // A leftover of a crash may have another mode; opening does not change the mode of what exists.
    match fs::remove_file(&beside) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let mode = match mode {
        Mode::Public => 0o644,
        Mode::Private => 0o600,
    };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)
}
