//! Every partner is a witness: it keeps the last checkpoint it saw and checks on every connect that the hub's log
//! still begins with it.
//!
//! One old checkpoint finds truncation, rollback, edits and a split view. What does not fit is never replaced: the
//! kept checkpoint is the evidence.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use super::{Client, ClientError};
use crate::merkle::{Checkpoint, CheckpointError, Hash, KeyError, ProofError, VerifierKey};
use crate::wire::v1;

/// A checkpoint file: the verifier key in the first line, the signed note after it.
const CHECKPOINT_BYTES_MAX: u64 = 64 * 1024;

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

/// Why a hub's log is not to be trusted.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    /// The file of the last checkpoint could not be read or written.
    #[error("the file of the last checkpoint could not be {doing}")]
    File {
        /// `read` or `written`.
        doing: &'static str,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
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
    /// The hub could not be asked.
    #[error("the hub could not be asked for its checkpoint")]
    Asking(#[source] Box<ClientError>),
}

impl Witness {
    /// The witness whose memory is the file at `path`; the file need not exist yet.
    ///
    /// # Errors
    /// A damaged file, or a hub that signs with another key than before.
    pub fn at(path: &Path, hub: &v1::HelloResponse) -> Result<Self, WitnessError> {
        let key = VerifierKey::from_str(&hub.verifier_key)?;
        let kept = match read(path)? {
            None => None,
            Some(text) => {
                let (known, note) = text.split_once('\n').ok_or(WitnessError::FileDamaged)?;
                if known != hub.verifier_key {
                    return Err(WitnessError::KeyChanged);
                }
                Some(Checkpoint::open(note.as_bytes(), &key)?)
            }
        };
        Ok(Self { path: path.to_owned(), key, kept })
    }

    /// Asks for the newest checkpoint, checks it against the one kept, and keeps it.
    ///
    /// # Errors
    /// Anything that does not fit; the kept checkpoint stays.
    pub async fn check(&self, client: &mut Client) -> Result<Witnessed, WitnessError> {
        let note = client.checkpoint().await.map_err(asking)?;
        let checkpoint = Checkpoint::open(note.as_bytes(), &self.key)?;
        let before = self.kept.as_ref().map(Checkpoint::size);
        if let Some(kept) = &self.kept {
            self.consistent(client, kept, &checkpoint).await?;
        }
        self.keep(&note)?;
        Ok(Witnessed { checkpoint, before })
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
            let path = answer.map_err(asking)?.path;
            path.iter()
                .map(|hash| Hash::from_slice(hash).ok_or(WitnessError::ProofMalformed))
                .collect::<Result<_, _>>()?
        };
        crate::merkle::verify_consistency(kept.size(), now.size(), &proof, kept.root(), now.root())
            .map_err(|source| WitnessError::Inconsistent { before: kept.size(), source })
    }

    /// Written new, synced, renamed: a crash leaves the old checkpoint or the new one.
    fn keep(&self, note: &str) -> Result<(), WitnessError> {
        let written = |source| WitnessError::File { doing: "written", source };
        if let Some(parent) = self.path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            fs::create_dir_all(parent).map_err(written)?;
        }
        let new = self.path.with_extension("new");
        let mut file = fs::File::create(&new).map_err(written)?;
        file.write_all(format!("{}\n{note}", self.key).as_bytes()).map_err(written)?;
        file.sync_all().map_err(written)?;
        fs::rename(&new, &self.path).map_err(written)
    }
}

fn asking(error: ClientError) -> WitnessError {
    WitnessError::Asking(Box::new(error))
}

fn read(path: &Path) -> Result<Option<String>, WitnessError> {
    let failed = |source| WitnessError::File { doing: "read", source };
    match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(error)),
        Ok(meta) if meta.len() > CHECKPOINT_BYTES_MAX => Err(WitnessError::FileDamaged),
        Ok(_) => fs::read_to_string(path).map(Some).map_err(failed),
    }
}
