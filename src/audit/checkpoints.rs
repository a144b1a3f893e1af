//! Checkpoints on disk: `checkpoints/latest`, and every one ever published in `checkpoints/archive`.
//!
//! A checkpoint counts as published once `latest` is durable. It is replaced as a whole (written beside, fsynced,
//! renamed, directory fsynced), never edited. The archive is appended and fsynced before: what partners may have
//! seen is always there, five lines each.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::AuditError;
use crate::merkle::{Checkpoint, CheckpointError, SignedNote, VerifierKey};

const FOLDER: &str = "checkpoints";
/// How every signature line begins: the last line of each note.
const SIGNATURE_START: &[u8] = "\n\u{2014} ".as_bytes();
/// What is read of the archive's end: longer than the two notes that a torn append may concern.
const ARCHIVE_END: usize = 4_096;

/// A checkpoint that partners may have seen.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PublishedCheckpoint {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// The signed note, as sent (c2sp.org/signed-note).
    pub note: String,
}

/// The size of the newest published checkpoint of a data directory; 0 before the first. For the store's rule
/// that a tail under a checkpoint is damage, not a torn write. The signature is not checked here.
///
/// # Errors
/// When the file cannot be read or is not a checkpoint.
pub fn published_size(data_dir: &Path) -> Result<u64, AuditError> {
    let Some(bytes) = read(&data_dir.join(FOLDER).join("latest"))? else { return Ok(0) };
    let note = SignedNote::parse(&bytes).map_err(CheckpointError::from)?;
    Ok(Checkpoint::parse(note.text())?.size())
}

pub(super) struct Checkpoints {
    folder: PathBuf,
    latest: RwLock<Option<Arc<PublishedCheckpoint>>>,
    publishing: Mutex<()>,
}

impl Checkpoints {
    /// Opens the checkpoints of a data directory; the newest must be of this log and key.
    pub(super) fn open(data_dir: &Path, key: &VerifierKey) -> Result<Self, AuditError> {
        let folder = data_dir.join(FOLDER);
        fs::create_dir_all(&folder).map_err(io_error)?;
        File::open(data_dir).and_then(|folder| folder.sync_all()).map_err(io_error)?;
        drop_torn_end(&folder.join("archive")).map_err(io_error)?;
        let latest = read(&folder.join("latest"))?
            .map(|bytes| {
                let checkpoint = Checkpoint::open(&bytes, key)?;
                let note = String::from_utf8_lossy(&bytes).into_owned();
                Ok::<_, AuditError>(Arc::new(PublishedCheckpoint { checkpoint, note }))
            })
            .transpose()?;
        Ok(Self { folder, latest: RwLock::new(latest), publishing: Mutex::default() })
    }

    pub(super) fn latest(&self) -> Option<Arc<PublishedCheckpoint>> {
        self.latest.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes a checkpoint durable, then visible; one that is not larger than the last is let go.
    pub(super) fn publish(&self, published: PublishedCheckpoint) -> Result<(), AuditError> {
        let _one_at_a_time = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        let size = published.checkpoint.size();
        if self.latest().is_some_and(|latest| size <= latest.checkpoint.size()) {
            return Ok(());
        }
        self.write(published.note.as_bytes()).map_err(io_error)?;
        let mut latest = self.latest.write().unwrap_or_else(PoisonError::into_inner);
        *latest = Some(Arc::new(published));
        Ok(())
    }

    fn write(&self, note: &[u8]) -> io::Result<()> {
        let archive = self.folder.join("archive");
        let mut archive = OpenOptions::new().append(true).create(true).open(archive)?;
        archive.write_all(note)?;
        archive.sync_data()?;
        let beside = self.folder.join("latest.new");
        let mut file = File::create(&beside)?;
        file.write_all(note)?;
        file.sync_all()?;
        fs::rename(&beside, self.folder.join("latest"))?;
        File::open(&self.folder)?.sync_all()
    }
}

/// Cuts off a note that a power cut left unfinished; it was never published.
fn drop_torn_end(archive: &Path) -> io::Result<()> {
    let file = match OpenOptions::new().read(true).write(true).open(archive) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let len = file.metadata()?.len();
    let from = len.saturating_sub(u64::try_from(ARCHIVE_END).unwrap_or(0));
    let mut end = vec![0; usize::try_from(len.saturating_sub(from)).unwrap_or(ARCHIVE_END)];
    file.read_exact_at(&mut end, from)?;
    // The whole notes end with the last signature line that has its newline.
    let whole = (0..end.len()).rev().find_map(|start| {
        let line = end.get(start..)?.strip_prefix(SIGNATURE_START)?;
        let newline = line.iter().position(|b| *b == b'\n')?;
        start.checked_add(SIGNATURE_START.len())?.checked_add(newline)?.checked_add(1)
    });
    let keep = from.saturating_add(u64::try_from(whole.unwrap_or(0)).unwrap_or(0));
    if keep < len {
        file.set_len(keep)?;
        file.sync_all()?;
    }
    Ok(())
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, AuditError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(io_error(error)),
    }
}

fn io_error(source: io::Error) -> AuditError {
    AuditError::Io { doing: "read or write a checkpoint", source }
}
