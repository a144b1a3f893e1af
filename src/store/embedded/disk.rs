//! The file operations the journal rests on, behind two small traits so that tests can make any of them fail
//! or wait, and can cut the power.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{FallocateFlags, fallocate};

/// Files may be read and written by the hub's own user only.
pub(crate) const FILE_MODE: u32 = 0o600;

/// Where journal files lie.
pub(crate) trait Disk: Send + Sync {
    /// The names in a directory, sorted; empty when there is no such directory.
    fn list(&self, directory: &Path) -> io::Result<Vec<String>>;

    /// Creates a file that must not exist, `reserve` bytes long and reading as zeros, with those bytes set
    /// aside on the disk where the file system can. Nothing of it is durable yet.
    fn create(&self, path: &Path, reserve: u64) -> io::Result<Arc<dyn JournalFile>>;

    /// Opens a file that exists.
    fn open(&self, path: &Path) -> io::Result<Arc<dyn JournalFile>>;

    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes the names in a directory durable.
    fn sync_directory(&self, directory: &Path) -> io::Result<()>;
}

/// One file of the journal.
pub(crate) trait JournalFile: Send + Sync {
    /// Its length in bytes.
    fn length(&self) -> io::Result<u64>;

    /// Reads as much as there is into `buffer`, from `offset` on; how much is returned.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes all of `bytes` at `offset`; on an error any part of them may have been written.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Cuts the file to `length` bytes.
    fn truncate(&self, length: u64) -> io::Result<()>;

    /// Makes the file's bytes, and what is needed to read them, durable.
    fn sync_data(&self) -> io::Result<()>;

    /// Makes the file's bytes and all its metadata durable.
    fn sync_all(&self) -> io::Result<()>;
}

/// The machine's own disk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SystemDisk {
    read_only: bool,
}

impl SystemDisk {
    /// To read and write.
    pub(crate) const fn new() -> Self {
        Self { read_only: false }
    }

    /// To read: safe beside a running hub.
    pub(crate) const fn read_only() -> Self {
        Self { read_only: true }
    }
}

impl Disk for SystemDisk {
    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut names = entries
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect::<io::Result<Vec<_>>>()?;
        names.sort_unstable();
        Ok(names)
    }

    fn create(&self, path: &Path, reserve: u64) -> io::Result<Arc<dyn JournalFile>> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(FILE_MODE)
            .open(path)?;
        if reserve > 0
            && let Err(error) = fallocate(&file, FallocateFlags::empty(), 0, reserve)
        {
            // Some file systems cannot set space aside; the journal then grows as it is written.
            if !matches!(error, rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) {
                fs::remove_file(path)?;
                return Err(error.into());
            }
        }
        Ok(Arc::new(file))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn JournalFile>> {
        let file = OpenOptions::new().read(true).write(!self.read_only).open(path)?;
        Ok(Arc::new(file))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn sync_directory(&self, directory: &Path) -> io::Result<()> {
        File::open(directory)?.sync_all()
    }
}

impl JournalFile for File {
    fn length(&self) -> io::Result<u64> {
        Ok(self.metadata()?.len())
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut done = 0_usize;
        while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let at = offset.saturating_add(u64::try_from(done).unwrap_or(u64::MAX));
            match FileExt::read_at(self, rest, at) {
                Ok(0) => break,
                Ok(read) => done = done.saturating_add(read),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(done)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.write_all_at(bytes, offset)
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }

    fn sync_data(&self) -> io::Result<()> {
        Self::sync_data(self)
    }

    fn sync_all(&self) -> io::Result<()> {
        Self::sync_all(self)
    }
}

/// Whether an error says that the disk, or the share of it the hub may use, is full.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
