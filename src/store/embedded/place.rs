//! The data directory: its names, its format version, its lock and its marks.
//!
//! | name | what |
//! |---|---|
//! | `VERSION` | the format of everything below |
//! | `LOCK` | held by the one process that serves from here |
//! | `CLEAN` | where the journal ended at the last orderly stop; gone while a hub runs |
//! | `RESTORED` | these data come from a backup; gone once that is recorded |
//! | `journal/` | the segments: the truth |
//! | `torn/` | tails that a crash tore, kept and left out |
//! | `index/`, `index.position` | sled and how far it has got; can be built anew |

use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use super::bytes::hex;
use super::disk::FILE_MODE;
use super::error::OpenError;
use super::group::Link;

/// The format of the data directory that this code writes, and the newest it reads.
pub(crate) const STORE_VERSION: u64 = 1;

const VERSION_TEXT: &str = "staysafe store ";
const DIRECTORY_MODE: u32 = 0o700;

/// A data directory.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    root: PathBuf,
}

impl Place {
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.root.join("journal")
    }

    pub(crate) fn torn(&self) -> PathBuf {
        self.root.join("torn")
    }

    pub(crate) fn index(&self) -> PathBuf {
        self.root.join("index")
    }

    pub(crate) fn index_aside(&self) -> PathBuf {
        self.root.join("index.aside")
    }

    pub(crate) fn index_position(&self) -> PathBuf {
        self.root.join("index.position")
    }

    pub(crate) fn version(&self) -> PathBuf {
        self.root.join("VERSION")
    }

    pub(crate) fn restored(&self) -> PathBuf {
        self.root.join("RESTORED")
    }

    fn clean(&self) -> PathBuf {
        self.root.join("CLEAN")
    }

    fn lock_file(&self) -> PathBuf {
        self.root.join("LOCK")
    }

    /// Makes the directory, takes its lock, and checks or writes its format version.
    pub(crate) fn take(&self) -> Result<Lock, OpenError> {
        make_directory(&self.root)?;
        let lock = self.lock()?;
        match self.check_version() {
            Err(OpenError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                if self.holds_anything()? {
                    return Err(OpenError::NotAStore { directory: self.root.clone() });
                }
                // The version last: where it stands, the journal was there.
                make_directory(&self.journal())?;
                self.write_version()?;
            }
            other => other?,
        }
        if self.journal().is_dir() {
            Ok(lock)
        } else {
            Err(OpenError::JournalMissing { directory: self.root.clone() })
        }
    }

    fn lock(&self) -> Result<Lock, OpenError> {
        let path = self.lock_file();
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(FILE_MODE)
            .open(&path)
            .map_err(OpenError::io("open", &path))?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Lock { _file: file }),
            Err(rustix::io::Errno::WOULDBLOCK) => {
                Err(OpenError::InUse { directory: self.root.clone() })
            }
            Err(errno) => Err(OpenError::io("lock", &path)(errno.into())),
        }
    }

    /// Refuses a directory of a newer release, and one whose version cannot be read.
    pub(crate) fn check_version(&self) -> Result<(), OpenError> {
        let path = self.version();
        let text = fs::read_to_string(&path).map_err(OpenError::io("read", &path))?;
        let found = text.trim_end().strip_prefix(VERSION_TEXT).and_then(|n| n.parse::<u64>().ok());
        match found {
            Some(version) if version > STORE_VERSION => Err(OpenError::Newer {
                what: self.root.display().to_string(),
                found: version,
                known: STORE_VERSION,
            }),
            Some(version) if version == STORE_VERSION => Ok(()),
            Some(_) | None => Err(OpenError::NotAStore { directory: self.root.clone() }),
        }
    }

    /// Writes the format version, durably.
    pub(crate) fn write_version(&self) -> Result<(), OpenError> {
        write_durably(&self.version(), format!("{VERSION_TEXT}{STORE_VERSION}\n").as_bytes())
    }

    /// Whether the directory holds anything but what a first start that broke off at once may have left.
    fn holds_anything(&self) -> Result<bool, OpenError> {
        let names = |path: &Path| -> io::Result<Vec<OsString>> {
            fs::read_dir(path)?.map(|entry| Ok(entry?.file_name())).collect()
        };
        let names = |path: &Path| names(path).map_err(OpenError::io("read", path));
        let left = [OsStr::new("LOCK"), OsStr::new("VERSION.new"), OsStr::new("journal")];
        let other = names(&self.root)?.iter().any(|name| !left.contains(&name.as_os_str()));
        let journal = self.journal();
        Ok(other || (journal.exists() && !names(&journal)?.is_empty()))
    }

    /// Where the journal ended at the last orderly stop. A mark that cannot be read is no mark.
    pub(crate) fn clean_mark(&self) -> Option<CleanMark> {
        let text = fs::read_to_string(self.clean()).ok()?;
        let mut words = text.split_ascii_whitespace();
        Some(CleanMark {
            positions: words.next()?.parse().ok()?,
            sequence: words.next()?.parse().ok()?,
            digest: words.next()?.to_owned(),
        })
    }

    /// Writes the mark of an orderly stop, durably.
    pub(crate) fn mark_clean(&self, end: &Link) -> Result<(), OpenError> {
        let mark = CleanMark::of(end);
        let text = format!("{} {} {}\n", mark.positions, mark.sequence, mark.digest);
        write_durably(&self.clean(), text.as_bytes())
    }

    /// Takes the mark away, durably: from now on a stop is not orderly unless it says so.
    pub(crate) fn unmark_clean(&self) -> Result<(), OpenError> {
        self.remove_mark(&self.clean())
    }

    /// Takes the mark of a restore away, durably.
    pub(crate) fn unmark_restored(&self) -> Result<(), OpenError> {
        self.remove_mark(&self.restored())
    }

    fn remove_mark(&self, path: &Path) -> Result<(), OpenError> {
        match fs::remove_file(path) {
            Ok(()) => sync_directory(&self.root),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(OpenError::io("remove", path)(error)),
        }
    }
}

/// The hold on a data directory; given up when dropped.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

/// What the mark of an orderly stop says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct CleanMark {
    pub(crate) positions: u64,
    sequence: u64,
    digest: String,
}

impl CleanMark {
    /// The mark for a journal that ends so.
    pub(crate) fn of(end: &Link) -> Self {
        Self { positions: end.first.0, sequence: end.sequence, digest: hex(&end.previous) }
    }
}

/// Makes a directory and those above it, for the hub's own user only, and their names durable.
pub(crate) fn make_directory(path: &Path) -> Result<(), OpenError> {
    let missing: Vec<&Path> =
        path.ancestors().filter(|above| !above.as_os_str().is_empty() && !above.exists()).collect();
    DirBuilder::new()
        .recursive(true)
        .mode(DIRECTORY_MODE)
        .create(path)
        .map_err(OpenError::io("make", path))?;
    missing.into_iter().try_for_each(|made| sync_directory(parent(made)))
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."))
}

/// Makes the names in a directory durable.
pub(crate) fn sync_directory(path: &Path) -> Result<(), OpenError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(OpenError::io("fsync", path))
}

/// Writes a small file so that after a crash it is there whole or not at all.
pub(crate) fn write_durably(path: &Path, bytes: &[u8]) -> Result<(), OpenError> {
    let new = path.with_extension("new");
    let write = || {
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(FILE_MODE)
            .open(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        File::open(parent(path))?.sync_all()
    };
    write().map_err(OpenError::io("write", path))
}
