//! What this side has stored: copies, receipts, and how far a mailbox was read.
//!
//! Nothing is confirmed to the hub before it is here and synced; the cursor is written after the copies it covers.
//! A crash in between means a copy is received again, never lost. Copies are personal data: readable by their owner
//! only.
//!
//! Several processes of one agency may keep things here at once: each writes beside under a name of its own, and what
//! is installed is always one's own whole file. Whose position is installed last stands; what it does not cover comes
//! again.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use clap::Args;
use serde_json::Value;

use super::super::connect::ConnectArgs;
use super::super::error::CliError;
use crate::domain::Timestamp;
use crate::env::{Machine, MachineTime as _, SystemEntropy, random};

/// How a file being written is named until it is whole.
const BESIDE: &str = ".new";
/// After so long nobody writes it any more: its process was killed.
const ABANDONED: Duration = Duration::from_secs(3600);

/// The longest file read back, in bytes.
const FILE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Where to keep what was received.
#[derive(Debug, Clone, Args)]
pub(crate) struct StateArgs {
    /// Directory that keeps copies, receipts and cursors; by default state/AGENCY under --certs.
    #[arg(long, env = "STAYSAFE_STATE", hide_env_values = true, value_name = "DIR")]
    state: Option<PathBuf>,
}

impl StateArgs {
    /// The directory; none where neither `--state` nor `--as` names one.
    pub(crate) fn directory(&self, connect: &ConnectArgs) -> Option<PathBuf> {
        self.state.clone().or_else(|| connect.state_directory())
    }
}

/// What is stored of one mailbox.
pub(crate) struct MailboxState {
    directory: PathBuf,
}

impl MailboxState {
    /// Opens, or makes, the part of `state` that belongs to `mailbox`.
    pub(crate) fn open(state: &Path, mailbox: &str) -> Result<Self, CliError> {
        let directory = state.join("mailboxes").join(file_name(mailbox));
        let copies = directory.join("copies");
        make_directory(&copies)?;
        remove_abandoned(&[&directory, &copies], Machine::new().wall());
        Ok(Self { directory })
    }

    /// The cursor of the last copy stored; empty before the first.
    pub(crate) fn cursor(&self) -> Result<Vec<u8>, CliError> {
        Ok(read(&self.directory.join("cursor"))?.unwrap_or_default())
    }

    /// Sequences stored whose confirmation may not have reached the hub.
    pub(crate) fn unconfirmed(&self) -> Result<Vec<u64>, CliError> {
        let path = self.directory.join("unconfirmed");
        let text = read(&path)?.unwrap_or_default();
        let damaged = || CliError::failed(format!("{} is damaged", path.display()));
        let text = String::from_utf8(text).map_err(|_not_text| damaged())?;
        let numbers = text.lines().map(|line| line.parse().map_err(|_not_a_number| damaged()));
        numbers.collect()
    }

    /// Stores a copy; whether it had been stored before. Durable after [`Self::keep_position`].
    pub(crate) fn keep_copy(&self, sequence: u64, copy: &Value) -> Result<bool, CliError> {
        let path = self.copy_path(sequence);
        let known = path.try_exists().unwrap_or(false);
        replace(&path, format!("{copy:#}\n").as_bytes())?;
        Ok(known)
    }

    /// Drops the copy of a delivery that has ended; whether there was one.
    pub(crate) fn drop_copy(&self, sequence: u64) -> Result<bool, CliError> {
        let path = self.copy_path(sequence);
        match fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(CliError::file("remove", &path, source)),
        }
    }

    /// Drops the look-out copies of an episode whose look-out has ended; how many there were.
    pub(crate) fn drop_look_outs(&self, episode: &str) -> Result<u64, CliError> {
        let directory = self.directory.join("copies");
        let failed = |source| CliError::file("read", &directory, source);
        let mut dropped = 0_u64;
        for entry in fs::read_dir(&directory).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            let copy: Value = match read(&path)? {
                Some(bytes) => serde_json::from_slice(&bytes).unwrap_or_default(),
                None => continue,
            };
            let is = |name: &str, value: &str| copy.get(name).is_some_and(|found| found == value);
            if is("view", "COPY_VIEW_LOOKOUT") && is("episodeId", episode) {
                fs::remove_file(&path).map_err(|source| CliError::file("remove", &path, source))?;
                dropped = dropped.saturating_add(1);
            }
        }
        Ok(dropped)
    }

    /// Makes the copies durable, then notes how far the mailbox was read and what is to be confirmed.
    pub(crate) fn keep_position(&self, cursor: &[u8], unconfirmed: &[u64]) -> Result<(), CliError> {
        sync_directory(&self.directory.join("copies"))?;
        let numbers: String = unconfirmed.iter().map(|number| format!("{number}\n")).collect();
        replace(&self.directory.join("unconfirmed"), numbers.as_bytes())?;
        replace(&self.directory.join("cursor"), cursor)?;
        sync_directory(&self.directory)
    }

    /// Notes that the hub has heard of everything stored.
    pub(crate) fn confirmed(&self) -> Result<(), CliError> {
        replace(&self.directory.join("unconfirmed"), b"")
    }

    fn copy_path(&self, sequence: u64) -> PathBuf {
        self.directory.join("copies").join(format!("{sequence:012}.json"))
    }
}

/// Stores a receipt of one's own alert, with the key that proves its content; where it lies.
pub(crate) fn keep_receipt(
    state: &Path,
    alert_id: &str,
    receipt: &Value,
) -> Result<PathBuf, CliError> {
    let directory = state.join("receipts");
    make_directory(&directory)?;
    let path = directory.join(format!("{}.json", file_name(alert_id)));
    replace(&path, format!("{receipt:#}\n").as_bytes())?;
    sync_directory(&directory)?;
    Ok(path)
}

/// A name from outside as a name of one file: nothing in it leads elsewhere.
fn file_name(raw: &str) -> String {
    let kept = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    raw.chars().take(100).map(kept).collect()
}

fn make_directory(path: &Path) -> Result<(), CliError> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|source| CliError::file("make", path, source))
}

fn read(path: &Path) -> Result<Option<Vec<u8>>, CliError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(CliError::file("read", path, source)),
    };
    let mut bytes = Vec::new();
    let done = file.take(FILE_BYTES_MAX).read_to_end(&mut bytes);
    done.map_err(|source| CliError::file("read", path, source))?;
    Ok(Some(bytes))
}

/// Written beside, synced, renamed: a crash leaves the former content or the new one.
fn replace(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    let beside = beside(path);
    let written = (|| {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    })();
    if written.is_err() {
        // The first error is the one that is told.
        drop(fs::remove_file(&beside));
    }
    written.map_err(|source| CliError::file("write", path, source))
}

/// A name that no other process and no other call of this one uses. Process numbers come again, and differ between
/// containers on one directory; chance does not.
fn beside(path: &Path) -> PathBuf {
    let chance: [u8; 8] = random(&SystemEntropy::new());
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{:016x}{BESIDE}", u64::from_be_bytes(chance)));
    PathBuf::from(name)
}

/// Removes what a process left half written when it was killed: copies are personal data. That one cannot be removed
/// keeps nobody from an alert.
fn remove_abandoned(directories: &[&Path], now: Timestamp) {
    let entries = directories.iter().filter_map(|directory| fs::read_dir(directory).ok()).flatten();
    for entry in entries.flatten() {
        let is_beside = entry.file_name().to_string_lossy().ends_with(BESIDE);
        if is_beside && is_abandoned(&entry, now) {
            drop(fs::remove_file(entry.path()));
        }
    }
}

fn is_abandoned(entry: &fs::DirEntry, now: Timestamp) -> bool {
    let written = entry.metadata().and_then(|meta| meta.modified()).ok();
    let written = written.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let now = u64::try_from(now.as_millis()).map(Duration::from_millis).unwrap_or_default();
    written.is_some_and(|written| now.saturating_sub(written) > ABANDONED)
}

fn sync_directory(path: &Path) -> Result<(), CliError> {
    let synced = File::open(path).and_then(|directory| directory.sync_all());
    synced.map_err(|source| CliError::file("sync", path, source))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::domain::Span;

    #[test]
    fn a_mailbox_read_before_goes_on_where_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let state = MailboxState::open(dir.path(), "CADT/manager").unwrap();
        assert_eq!(state.cursor().unwrap(), Vec::<u8>::new());
        assert_eq!(state.unconfirmed().unwrap(), Vec::<u64>::new());

        state.keep_copy(7, &serde_json::json!({"sequence": "7"})).unwrap();
        state.keep_position(&[1, 0, 7], &[7]).unwrap();

        let again = MailboxState::open(dir.path(), "CADT/manager").unwrap();
        assert_eq!(again.cursor().unwrap(), [1, 0, 7]);
        assert_eq!(again.unconfirmed().unwrap(), [7], "the hub may not have heard of it");
        again.confirmed().unwrap();
        assert_eq!(again.unconfirmed().unwrap(), Vec::<u64>::new());
    }

    #[test]
    fn a_copy_that_comes_twice_is_stored_once_and_known_again() {
        let dir = tempfile::tempdir().unwrap();
        let state = MailboxState::open(dir.path(), "EDT").unwrap();
        let copy = serde_json::json!({"sequence": "1"});

        assert!(!state.keep_copy(1, &copy).unwrap());
        assert!(state.keep_copy(1, &copy).unwrap());

        assert!(state.drop_copy(1).unwrap());
        assert!(!state.drop_copy(1).unwrap(), "a look-out is purged once");
    }

    #[test]
    fn a_look_out_that_has_ended_is_dropped_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let state = MailboxState::open(dir.path(), "WUTH-AED").unwrap();
        for (sequence, view, episode) in [
            (1, "COPY_VIEW_LOOKOUT", "e"),
            (2, "COPY_VIEW_LOOKOUT", "another"),
            (3, "COPY_VIEW_STANDARD", "e"),
        ] {
            let copy = serde_json::json!({"view": view, "episodeId": episode});
            state.keep_copy(sequence, &copy).unwrap();
        }

        assert_eq!(state.drop_look_outs("e").unwrap(), 1);

        assert!(!state.copy_path(1).exists());
        assert!(state.copy_path(2).exists());
        assert!(state.copy_path(3).exists());
    }

    #[test]
    fn copies_are_readable_by_their_owner_only() {
        let dir = tempfile::tempdir().unwrap();
        let state = MailboxState::open(dir.path(), "EDT").unwrap();
        state.keep_copy(1, &serde_json::json!({})).unwrap();

        let mode = |path: PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(state.copy_path(1)), 0o600);
        assert_eq!(mode(state.directory.clone()), 0o700);
    }

    #[test]
    fn a_name_from_outside_does_not_lead_elsewhere() {
        let dir = tempfile::tempdir().unwrap();

        let kept = keep_receipt(dir.path(), "../../etc/passwd", &serde_json::json!({})).unwrap();

        assert_eq!(kept, dir.path().join("receipts/______etc_passwd.json"));
    }

    #[test]
    fn what_another_process_is_writing_is_neither_installed_nor_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let state = MailboxState::open(dir.path(), "EDT").unwrap();
        let of_another =
            [state.directory.join("cursor.new"), state.directory.join("unconfirmed.new")];
        for path in &of_another {
            fs::write(path, "ha").unwrap();
        }

        state.keep_position(&[1, 0, 7], &[7]).unwrap();
        state.confirmed().unwrap();

        assert_eq!(state.cursor().unwrap(), [1, 0, 7]);
        for path in &of_another {
            assert_eq!(fs::read_to_string(path).unwrap(), "ha", "{}", path.display());
        }
    }

    #[test]
    fn processes_that_keep_their_position_at_once_all_succeed_and_one_whole_position_stands() {
        let dir = tempfile::tempdir().unwrap();
        let keep = |letter: u8| {
            let state = MailboxState::open(dir.path(), "EDT").unwrap();
            for _ in 0..40 {
                state.keep_position(&[letter; 20_000], &[u64::from(letter)]).unwrap();
                let found = state.cursor().unwrap();
                assert!(found.len() == 20_000 && found.iter().all(|byte| *byte == found[0]));
            }
        };

        std::thread::scope(|scope| {
            for letter in *b"abc" {
                scope.spawn(move || keep(letter));
            }
        });

        let state = MailboxState::open(dir.path(), "EDT").unwrap();
        let left: Vec<_> = fs::read_dir(&state.directory).unwrap().collect();
        assert_eq!(left.len(), 3, "copies, cursor, unconfirmed: {left:?}");
    }

    #[test]
    fn half_a_copy_of_a_process_that_was_killed_goes_after_an_hour_and_not_while_it_may_be_written()
    {
        let dir = tempfile::tempdir().unwrap();
        let state = MailboxState::open(dir.path(), "EDT").unwrap();
        state.keep_copy(1, &serde_json::json!({})).unwrap();
        let half = beside(&state.copy_path(2));
        fs::write(&half, "{").unwrap();
        let copies = state.directory.join("copies");
        let in_minutes = |minutes| Machine::new().wall().plus(Span::minutes(minutes));

        remove_abandoned(&[&copies], in_minutes(59));
        assert!(half.exists());
        remove_abandoned(&[&copies], in_minutes(61));

        assert!(!half.exists());
        assert!(state.copy_path(1).exists(), "a whole copy stays");
    }

    #[test]
    fn a_damaged_file_is_said_and_not_taken_for_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let state = MailboxState::open(dir.path(), "EDT").unwrap();
        fs::write(state.directory.join("unconfirmed"), "seven").unwrap();

        assert!(state.unconfirmed().unwrap_err().to_string().contains("damaged"));
    }
}
