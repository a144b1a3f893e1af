//! Every partner is a witness: it keeps the last checkpoint it saw and checks on every connect that the hub's log
//! still begins with it.
//!
//! One old checkpoint finds truncation, rollback, edits and a split view. Where the new one does not fit, the old one
//! stays and the new one is kept beside it: both are signed by the hub, and together they are the evidence. A finding
//! never stands in the way of an alert (domain 7.1): it is handed over
//! beside a client that works.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tonic::Code;

use super::{Client, ClientError};
use crate::merkle::{Checkpoint, CheckpointError, Hash, KeyError, ProofError, VerifierKey};
use crate::wire::v1;

/// A checkpoint file: the verifier key in the first line, the signed note after it.
const CHECKPOINT_BYTES_MAX: u64 = 64 * 1024;

/// How long the whole check may take: an alert waits behind it.
pub(super) const CHECK_MAX: Duration = Duration::from_secs(5);

/// Checkpoints that do not fit, kept beside the last that did. The first ones say most; no later one displaces them.
const EVIDENCE_MAX: u32 = 8;

/// Keeps the last checkpoint of one hub.
#[derive(Clone, Debug)]
pub struct Witness {
    path: PathBuf,
    key: VerifierKey,
    kept: Option<Checkpoint>,
}

/// What a witness found.
#[derive(Clone, Debug)]
pub struct Witnessed {
    /// The checkpoint now kept.
    pub checkpoint: Checkpoint,
    /// The size of the log at the checkpoint kept before; none on the first meeting.
    pub before: Option<u64>,
}

/// Why a hub's log is not to be trusted, or why it was not checked: see [`WitnessError::is_alarm`].
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// The file of the last checkpoint could not be read or written.
    #[error("the file of the last checkpoint could not be {doing}")]
    File {
        /// `read` or `written`.
        doing: &'static str,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// The file of the last checkpoint is not one.
    #[error("the file of the last checkpoint is damaged")]
    FileDamaged,
    /// The hub's verifier key is malformed.
    #[error("the hub's verifier key is malformed")]
    Key(#[from] KeyError),
    /// The hub signs with another key than before.
    #[error("the hub signs with another key than before")]
    KeyChanged,
    /// The checkpoint does not verify.
    #[error("the checkpoint does not verify")]
    Checkpoint(#[from] CheckpointError),
    /// The log is shorter than it was: entries were removed.
    #[error("the log has {now} entries and had {before}: it was rolled back")]
    RolledBack {
        /// Entries before.
        before: u64,
        /// Entries now.
        now: u64,
    },
    /// The log does not begin with what was seen before: entries were changed, or it is another log.
    #[error("the log does not begin with the {before} entries seen before")]
    Inconsistent {
        /// Entries before.
        before: u64,
        /// Why.
        #[source]
        source: ProofError,
    },
    /// A hash in a proof is not 32 bytes.
    #[error("the consistency proof is malformed")]
    ProofMalformed,
    /// The hub shows no checkpoint and has shown one before.
    #[error("the hub shows no checkpoint and has shown one of {before} entries")]
    Withheld {
        /// Entries before.
        before: u64,
    },
    /// The hub shows a checkpoint and refuses the proof for it.
    #[error("the hub refuses to prove that its log begins with the {before} entries seen before")]
    Unproven {
        /// Entries before.
        before: u64,
        /// Its refusal.
        #[source]
        source: Box<ClientError>,
    },
    /// Something speaks against the hub; what it showed is kept as evidence.
    #[error("what the hub showed is kept in {}", path.display())]
    Kept {
        /// In which file, in the form of the last checkpoint's.
        path: PathBuf,
        /// What speaks against the hub.
        #[source]
        found: Box<Self>,
    },
    /// Something speaks against the hub; what it showed could not be kept as evidence.
    #[error("what the hub showed is not kept: {why}")]
    NotKept {
        /// Why not.
        why: io::Error,
        /// What speaks against the hub.
        #[source]
        found: Box<Self>,
    },
    /// The hub could not be asked.
    #[error("the hub could not be asked for its checkpoint")]
    Asking(#[source] Box<ClientError>),
    /// The hub did not answer in time.
    #[error("the hub did not show its checkpoint within 5 seconds")]
    TooSlow,
}

impl WitnessError {
    /// Whether this speaks against the hub. If not, nobody knows: the log was not checked.
    #[must_use]
    pub fn is_alarm(&self) -> bool {
        self.unchecked().is_none()
    }

    /// The stable reason code.
    #[must_use]
    pub fn reason(&self) -> &str {
        self.unchecked().unwrap_or("AUDIT_LOG_INCONSISTENT")
    }

    /// Why the log was not checked; none where it was, and this speaks against the hub.
    fn unchecked(&self) -> Option<&str> {
        match self {
            Self::Key(_)
            | Self::KeyChanged
            | Self::Checkpoint(_)
            | Self::RolledBack { .. }
            | Self::Inconsistent { .. }
            | Self::ProofMalformed
            | Self::Withheld { .. }
            | Self::Unproven { .. }
            | Self::Kept { .. }
            | Self::NotKept { .. } => None,
            Self::File { .. } | Self::FileDamaged => Some("WITNESS_FILE"),
            Self::Asking(source) => Some(source.reason()),
            Self::TooSlow => Some("CHECKPOINT_TOO_SLOW"),
        }
    }
}

impl Witness {
    /// The witness whose memory is the file at `path`; the file need not exist yet.
    ///
    /// # Errors
    /// A damaged file, or a hub that signs with another key than before.
    pub fn at(path: &Path, hub: &v1::HelloResponse) -> Result<Self, WitnessError> {
        let key = VerifierKey::from_str(&hub.verifier_key)?;
        let kept = kept(path, &key)?;
        Ok(Self { path: path.to_owned(), key, kept })
    }

    /// Asks for the newest checkpoint, checks it against the one kept, and keeps it.
    ///
    /// # Errors
    /// Anything that does not fit; the kept checkpoint stays, and what does not fit is kept beside it.
    pub async fn check(&self, client: &mut Client) -> Result<Witnessed, WitnessError> {
        let before = self.kept.as_ref().map(Checkpoint::size);
        let note = client.checkpoint().await.map_err(|error| match before {
            Some(before) if error.reason() == "NOT_PUBLISHED" => WitnessError::Withheld { before },
            Some(_) | None => asking(error),
        })?;
        let checkpoint = match self.fitting(client, &note).await {
            Err(found) if found.is_alarm() => return Err(self.with_evidence(found, &note)),
            checked => checked?,
        };
        self.keep(&checkpoint, &note)?;
        Ok(Witnessed { checkpoint, before })
    }

    /// The checkpoint, where it verifies and fits.
    async fn fitting(&self, client: &mut Client, note: &str) -> Result<Checkpoint, WitnessError> {
        let checkpoint = Checkpoint::open(note.as_bytes(), &self.key)?;
        if let Some(kept) = &self.kept {
            self.consistent(client, kept, &checkpoint).await?;
        }
        Ok(checkpoint)
    }

    /// The finding, and where what the hub showed is kept.
    fn with_evidence(&self, found: WitnessError, note: &str) -> WitnessError {
        let found = Box::new(found);
        match self.keep_evidence(note) {
            Ok(path) => WitnessError::Kept { path, found },
            Err(why) => WitnessError::NotKept { why, found },
        }
    }

    /// Keeps what does not fit under the first free of a few names; the same once. Whole or not at all.
    fn keep_evidence(&self, note: &str) -> io::Result<PathBuf> {
        let text = self.text(note);
        if u64::try_from(text.len()).is_ok_and(|length| length > CHECKPOINT_BYTES_MAX) {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is longer than 64 KiB"));
        }
        let new = self.beside();
        let kept = self.write(&new, &text).and_then(|()| {
            for number in 1..=EVIDENCE_MAX {
                let path = self.with_ending(&format!("unfit-{number}"));
                // Unlike a rename, a link takes nobody's place.
                match fs::hard_link(&new, &path) {
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                        if fs::read(&path).is_ok_and(|kept| kept == text.as_bytes()) {
                            return Ok(path);
                        }
                    }
                    linked => return linked.map(|()| path),
                }
            }
            Err(io::Error::other(format!("{EVIDENCE_MAX} are kept already")))
        });
        // The first error is the one that is told.
        drop(fs::remove_file(&new));
        kept
    }

    async fn consistent(
        &self,
        client: &mut Client,
        kept: &Checkpoint,
        now: &Checkpoint,
    ) -> Result<(), WitnessError> {
        if now.size() < kept.size() {
            return Err(WitnessError::RolledBack { before: kept.size(), now: now.size() });
        }
        let proof = if now.size() == kept.size() || kept.size() == 0 {
            Vec::new()
        } else {
            let answer = client.prove_consistency(kept.size(), now.size()).await;
            let path = answer.map_err(|error| unproven(kept.size(), error))?.path;
            path.iter()
                .map(|hash| Hash::from_slice(hash).ok_or(WitnessError::ProofMalformed))
                .collect::<Result<_, _>>()?
        };
        crate::merkle::verify_consistency(kept.size(), now.size(), &proof, kept.root(), now.root())
            .map_err(|source| WitnessError::Inconsistent { before: kept.size(), source })
    }

    /// Written new, synced, renamed: a crash leaves the old checkpoint or the new one. Other processes of the agency
    /// may keep theirs at the same time: each writes a file of its own, and the larger checkpoint stays.
    fn keep(&self, checkpoint: &Checkpoint, note: &str) -> Result<(), WitnessError> {
        let written = |source| WitnessError::File { doing: "written", source };
        let new = self.beside();
        let synced = self.write(&new, &self.text(note));
        // What was kept is read again at the last moment: an older one must not take its place.
        let newer = synced.map_err(written).and_then(|()| kept(&self.path, &self.key));
        let replaced = newer.and_then(|kept| match kept {
            Some(kept) if kept.size() >= checkpoint.size() => {
                fs::remove_file(&new).map_err(written)
            }
            Some(_) | None => fs::rename(&new, &self.path).map_err(written),
        });
        if replaced.is_err() {
            // The first error is the one that is told.
            drop(fs::remove_file(&new));
        }
        replaced
    }

    /// Writes a file beside the checkpoint's, and syncs it.
    fn write(&self, new: &Path, text: &str) -> io::Result<()> {
        if let Some(parent) = self.path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            fs::create_dir_all(parent)?;
        }
        let mut file = fs::File::create(new)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all())
    }

    /// What stands in a file: the key, and the note it signs.
    fn text(&self, note: &str) -> String {
        format!("{}\n{note}", self.key)
    }

    /// A name that no other process and no other call of this one uses.
    fn beside(&self) -> PathBuf {
        static CALLS: AtomicU64 = AtomicU64::new(0);
        let call = CALLS.fetch_add(1, Ordering::Relaxed);
        self.with_ending(&format!("{}-{call}.new", std::process::id()))
    }

    fn with_ending(&self, ending: &str) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(format!(".{ending}"));
        PathBuf::from(name)
    }
}

fn asking(error: ClientError) -> WitnessError {
    WitnessError::Asking(Box::new(error))
}

/// A hub that is busy or gone is no alarm; one that will not prove what it signed is.
fn unproven(before: u64, error: ClientError) -> WitnessError {
    let refused = match &error {
        ClientError::Refused { code, .. } => !matches!(
            code,
            Code::Unavailable
                | Code::Aborted
                | Code::Cancelled
                | Code::DeadlineExceeded
                | Code::ResourceExhausted
        ),
        ClientError::Endpoint
        | ClientError::Certificate(_)
        | ClientError::Connection { .. }
        | ClientError::StreamEnded => false,
    };
    match refused {
        true => WitnessError::Unproven { before, source: Box::new(error) },
        false => asking(error),
    }
}

/// The checkpoint kept at `path` under this key.
fn kept(path: &Path, key: &VerifierKey) -> Result<Option<Checkpoint>, WitnessError> {
    let Some(text) = read(path)? else { return Ok(None) };
    let (known, note) = text.split_once('\n').ok_or(WitnessError::FileDamaged)?;
    let known = VerifierKey::from_str(known).map_err(|_malformed| WitnessError::FileDamaged)?;
    if known != *key {
        return Err(WitnessError::KeyChanged);
    }
    // It was verified before it was written.
    let kept =
        Checkpoint::open(note.as_bytes(), key).map_err(|_damaged| WitnessError::FileDamaged)?;
    Ok(Some(kept))
}

fn read(path: &Path) -> Result<Option<String>, WitnessError> {
    let failed = |source| WitnessError::File { doing: "read", source };
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(error)),
        Ok(meta) if meta.len() > CHECKPOINT_BYTES_MAX => Err(WitnessError::FileDamaged),
        Ok(_) => fs::read_to_string(path).map(Some).map_err(failed),
    }
}

#[cfg(test)]
mod tests {
    use ring::signature::{Ed25519KeyPair, KeyPair as _};

    use super::*;
    use crate::merkle::KeyName;

    fn pair(seed: u8) -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap()
    }

    fn key(seed: u8) -> VerifierKey {
        let public = pair(seed).public_key().as_ref().try_into().unwrap();
        VerifierKey::new(KeyName::try_from("log.example".to_owned()).unwrap(), public).unwrap()
    }

    /// A checkpoint of `size` entries, and its signed note.
    fn signed(size: u64) -> (Checkpoint, String) {
        let name = KeyName::try_from("log.example".to_owned()).unwrap();
        let checkpoint = Checkpoint::new(name, size, Hash([7; 32])).unwrap();
        let sign = |text: &[u8]| -> Result<[u8; 64], std::convert::Infallible> {
            Ok(pair(1).sign(text).as_ref().try_into().unwrap())
        };
        let note = checkpoint.sign(&key(1), sign).unwrap();
        (checkpoint, note.to_string())
    }

    fn witness(path: &Path, seed: u8) -> Result<Witness, WitnessError> {
        let hub = v1::HelloResponse {
            verifier_key: key(seed).to_string(),
            ..v1::HelloResponse::default()
        };
        Witness::at(path, &hub)
    }

    #[test]
    fn an_older_checkpoint_never_takes_the_place_of_a_newer_one() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("EDT.1");
        let (early, late) = (witness(&path, 1).unwrap(), witness(&path, 1).unwrap());
        let (small, large) = (signed(5), signed(9));

        late.keep(&large.0, &large.1).unwrap();
        early.keep(&small.0, &small.1).unwrap();

        assert_eq!(witness(&path, 1).unwrap().kept.unwrap().size(), 9);
        let left: Vec<_> = fs::read_dir(dir.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "nothing half written stays: {left:?}");
    }

    #[test]
    fn what_does_not_fit_is_kept_beside_what_did_and_neither_is_ever_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("witness/EDT");
        let witness = witness(&path, 1).unwrap();
        let (checkpoint, note) = signed(9);
        witness.keep(&checkpoint, &note).unwrap();
        let finding = || WitnessError::RolledBack { before: 9, now: 5 };
        let file = |finding: &WitnessError| {
            let WitnessError::Kept { path, .. } = finding else { panic!("{finding}") };
            path.clone()
        };

        let told = witness.with_evidence(finding(), &signed(5).1);
        let again = witness.with_evidence(finding(), &signed(5).1);
        let other = witness.with_evidence(finding(), &signed(4).1);

        assert_eq!((told.reason(), told.is_alarm()), ("AUDIT_LOG_INCONSISTENT", true));
        assert!(told.to_string().contains("witness/EDT.unfit-1"), "{told}");
        assert_eq!(file(&again), file(&told), "the same is kept once");
        assert_ne!(file(&other), file(&told));
        let evidence = kept(&file(&told), &key(1)).unwrap().unwrap();
        assert_eq!(evidence.size(), 5, "whole, and signed by the hub");
        assert_eq!(kept(&path, &key(1)).unwrap().unwrap().size(), 9);
        assert_eq!(fs::read_dir(dir.path().join("witness")).unwrap().count(), 3);
    }

    #[test]
    fn evidence_is_bounded_the_first_stays_and_that_one_is_not_kept_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let witness = witness(&dir.path().join("EDT"), 1).unwrap();
        let finding = || WitnessError::ProofMalformed;
        for size in 1..=u64::from(EVIDENCE_MAX) {
            let kept = witness.with_evidence(finding(), &signed(size).1);
            assert!(matches!(kept, WitnessError::Kept { .. }), "{kept}");
        }

        let one_more = witness.with_evidence(finding(), &signed(100).1);
        let too_long = witness.with_evidence(finding(), &"x".repeat(64 * 1024));

        assert!(one_more.to_string().contains("8 are kept already"), "{one_more}");
        assert!(too_long.to_string().contains("longer than 64 KiB"), "{too_long}");
        assert!(one_more.is_alarm() && too_long.is_alarm(), "what was found stays an alarm");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 8, "nothing half written stays");
        let first = fs::read_to_string(dir.path().join("EDT.unfit-1")).unwrap();
        assert!(first.ends_with(&signed(1).1));
    }

    #[test]
    fn two_that_keep_at_once_do_not_write_one_file() {
        let dir = tempfile::tempdir().unwrap();
        let witness = witness(&dir.path().join("EDT"), 1).unwrap();

        assert_ne!(witness.beside(), witness.beside());
    }

    #[test]
    fn an_own_file_that_is_of_no_use_is_not_laid_at_the_door_of_the_hub() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("EDT");
        for text in ["", "no key\nno note", &format!("{}\nno note", key(1))] {
            fs::write(&path, text).unwrap();

            let error = witness(&path, 1).unwrap_err();

            assert_eq!((error.reason(), error.is_alarm()), ("WITNESS_FILE", false), "{text}");
        }
        let unreadable = witness(dir.path(), 1).unwrap_err();
        assert_eq!(unreadable.reason(), "WITNESS_FILE", "a directory is no file: {unreadable}");
        assert!(!unreadable.to_string().contains("consistent"), "{unreadable}");
    }

    #[test]
    fn a_hub_that_will_not_prove_what_it_signed_is_an_alarm_and_one_that_is_busy_is_not() {
        for (code, is_alarm) in [
            (Code::NotFound, true),
            (Code::PermissionDenied, true),
            (Code::Unavailable, false),
            (Code::ResourceExhausted, false),
        ] {
            let refused = ClientError::Refused {
                code,
                reason: "X".to_owned(),
                message: String::new(),
                violations: Vec::new(),
            };

            assert_eq!(unproven(5, refused).is_alarm(), is_alarm, "{code:?}");
        }
        assert!(!unproven(5, ClientError::StreamEnded).is_alarm());
    }

    #[test]
    fn a_hub_that_signs_with_another_key_is_an_alarm() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("EDT");
        let (checkpoint, note) = signed(5);
        witness(&path, 1).unwrap().keep(&checkpoint, &note).unwrap();

        let error = witness(&path, 2).unwrap_err();

        assert_eq!((error.reason(), error.is_alarm()), ("AUDIT_LOG_INCONSISTENT", true));
    }
}
