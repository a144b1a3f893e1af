//! The audit log: recorded with each commit, integrated into a tree, published as signed checkpoints.
//!
//! Owns the tree's files (`tree/`, `checkpoints/` in the data directory), the drivers [`Integrator`] and
//! [`Publisher`], proofs, receipts, the reading of entries, and the recording of what the hub itself does and
//! refuses. Does not decide what is recorded in a use case's own commit: that is the use case. Holds no
//! signing key (see [`crate::crypto`]) and never alters an entry.
//!
//! *Recorded*: in the same commit as the effect. *Integrated*: within 1 s, in order, each leaf once. *Published*:
//! within 60 s, else an alarm. The journal is the truth; a tree file that disagrees with it, or with what was
//! published, stops publishing for good (AUDIT_BROKEN): a log that was altered must not be signed again.

mod alarm;
mod checkpoints;
mod entries;
mod integrator;
mod peer;
mod publisher;
mod receipt;
mod refusal;
mod tree;
mod verify;

#[cfg(test)]
pub(crate) mod fake_store;
#[cfg(test)]
mod tests;

use std::io;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

pub use alarm::raise_alarm;
pub use checkpoints::{PublishedCheckpoint, published_size};
pub use entries::{AuditedEntry, ENTRIES_MAX, EntryPage};
pub use integrator::{Integrated, Integrator};
pub use peer::{Caller, Peer};
pub use publisher::{Publication, Publisher, PublisherPace};
pub use receipt::ReceiptOf;
pub use refusal::{HubEvent, Refusal};
pub use tree::NodeError;
pub use verify::{LogVerified, VerifyError, verify};

use crate::crypto::Signer;
use crate::domain::{AlertId, ErrorKind, Principal};
use crate::env::Env;
use crate::merkle::{CheckpointError, Hash, KeyError, KeyName, Nodes as _, TreeError, VerifierKey};
use crate::policy::access::{self, Action, Denied};
use crate::record::{ReceiptKind, RecordError};
use crate::store::{Store, StoreError};
use checkpoints::Checkpoints;
use receipt::GroupCache;
use refusal::RateBounds;
use tree::TreeFile;

/// What the audit log is built from.
pub struct Parts<'a> {
    /// Where entries are recorded.
    pub store: Arc<dyn Store>,
    /// Time and randomness.
    pub env: Env,
    /// Signs checkpoints and receipts. Its name is the log's, see [`origin`].
    pub signer: Arc<Signer>,
    /// The data directory.
    pub data_dir: &'a Path,
}

/// The audit log of this hub.
pub struct Audit {
    store: Arc<dyn Store>,
    env: Env,
    signer: Arc<Signer>,
    key: VerifierKey,
    tree: TreeFile,
    checkpoints: Checkpoints,
    broken: Mutex<Option<Breach>>,
    /// Whether the root was compared with the checkpoint found at the start; nothing is published before.
    anchored: AtomicBool,
    groups: GroupCache,
    bounds: RateBounds,
}

/// What does not hold any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Breach {
    /// The first index that disagrees, or the size at which the roots differ.
    pub index: u64,
    /// The stable reason code.
    pub reason: &'static str,
}

/// What the name of a simulated hub's log says.
const SIMULATED: &str = "SIMULATED";

/// The name of this hub's log, its origin: the configured name, which says SIMULATED when hub time is simulated, so that
/// no checkpoint of a demonstration passes for a real one.
///
/// # Errors
/// When the name is not one ([`KeyName`]).
pub fn origin(configured: &str, simulated: bool) -> Result<KeyName, KeyError> {
    match simulated && !configured.contains(SIMULATED) {
        true => KeyName::try_from(format!("{configured}/{SIMULATED}")),
        false => KeyName::try_from(configured.to_owned()),
    }
}

impl Audit {
    /// Opens the log of a data directory.
    ///
    /// # Errors
    /// When its files cannot be opened, or the newest checkpoint is not one of this log and key.
    pub fn open(parts: Parts<'_>) -> Result<Arc<Self>, AuditError> {
        let Parts { store, env, signer, data_dir } = parts;
        let name = KeyName::try_from(signer.name().to_owned()).map_err(AuditError::Key)?;
        if name.as_str().contains(SIMULATED) != env.clock.is_simulated() {
            return Err(AuditError::Simulated);
        }
        let key = VerifierKey::new(name, signer.public_key()).map_err(AuditError::Key)?;
        let checkpoints = Checkpoints::open(data_dir, &key)?;
        let believed = checkpoints.latest().map_or(0, |latest| latest.checkpoint.size());
        let tree = TreeFile::open(data_dir, believed)
            .map_err(|source| AuditError::Io { doing: "open the tree", source })?;
        Ok(Arc::new(Self {
            store,
            env,
            signer,
            key,
            tree,
            checkpoints,
            broken: Mutex::default(),
            anchored: AtomicBool::new(false),
            groups: GroupCache::default(),
            bounds: RateBounds::default(),
        }))
    }

    /// The public key that receipts and checkpoints are checked with.
    #[must_use]
    pub const fn verifier_key(&self) -> &VerifierKey {
        &self.key
    }

    /// Leaves in the tree.
    #[must_use]
    pub fn integrated_size(&self) -> u64 {
        self.tree.size()
    }

    /// The newest published checkpoint without asking who wants it: for the hub's own screens.
    #[must_use]
    pub fn latest(&self) -> Option<Arc<PublishedCheckpoint>> {
        self.checkpoints.latest()
    }

    /// What does not hold any more, if anything: then nothing is published until a person has looked.
    #[must_use]
    pub fn breach(&self) -> Option<Breach> {
        *self.broken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows the newest published checkpoint. Any agency may: each is a witness.
    ///
    /// # Errors
    /// Not permitted, or nothing is published yet.
    pub fn checkpoint(&self, caller: &Principal) -> Result<Arc<PublishedCheckpoint>, AuditError> {
        access::permit(caller, Action::Witness, None)?;
        self.checkpoints.latest().ok_or(AuditError::NotPublished)
    }

    /// Proves that entry `index` stands in the tree of `size` leaves; size 0 is that of the newest checkpoint.
    ///
    /// # Errors
    /// Not permitted, or not integrated yet.
    pub fn prove_inclusion(
        &self,
        caller: &Principal,
        index: u64,
        size: u64,
    ) -> Result<InclusionProof, AuditError> {
        access::permit(caller, Action::Witness, None)?;
        let size = self.size_or_published(size)?;
        let nodes = self.tree.nodes();
        if size > nodes.size() || index >= size {
            return Err(AuditError::NotIntegrated { size: nodes.size() });
        }
        let path = crate::merkle::inclusion(&nodes, index, size).map_err(AuditError::tree)?;
        let leaf = nodes.node(0, index).map_err(AuditError::Tree)?;
        Ok(InclusionProof { index, size, leaf, path })
    }

    /// Proves that the tree of `new` leaves begins with the tree of `old` leaves; new 0 is the size of the newest
    /// checkpoint.
    ///
    /// # Errors
    /// Not permitted, sizes reversed, or not integrated yet.
    pub fn prove_consistency(
        &self,
        caller: &Principal,
        old: u64,
        new: u64,
    ) -> Result<ConsistencyProof, AuditError> {
        access::permit(caller, Action::Witness, None)?;
        let new = self.size_or_published(new)?;
        let nodes = self.tree.nodes();
        if new > nodes.size() || old > new {
            return Err(AuditError::NotIntegrated { size: nodes.size() });
        }
        let path = crate::merkle::consistency(&nodes, old, new).map_err(AuditError::tree)?;
        Ok(ConsistencyProof { old, new, path })
    }

    fn size_or_published(&self, size: u64) -> Result<u64, AuditError> {
        match (size, self.checkpoints.latest()) {
            (0, None) => Err(AuditError::NotPublished),
            (0, Some(latest)) => Ok(latest.checkpoint.size()),
            (size, _) => Ok(size),
        }
    }
}

/// Shows that a leaf stands in a tree (RFC 9162 section 2.1.3).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InclusionProof {
    /// The entry.
    pub index: u64,
    /// The size of the tree.
    pub size: u64,
    /// The leaf's hash.
    pub leaf: Hash,
    /// From the leaf's neighbour upward; at most 64 hashes.
    pub path: Vec<Hash>,
}

/// Shows that a tree only adds to another (RFC 9162 section 2.1.4).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConsistencyProof {
    /// The smaller size.
    pub old: u64,
    /// The larger size.
    pub new: u64,
    /// At most 65 hashes.
    pub path: Vec<Hash>,
}

/// Why the audit log could not do it.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The caller may not.
    #[error("not permitted")]
    Denied(#[from] Denied),
    /// The index or size asked for is not in the tree (yet).
    #[error("the tree has {size} leaves")]
    NotIntegrated {
        /// Leaves in the tree.
        size: u64,
    },
    /// No checkpoint has been published yet.
    #[error("no checkpoint is published yet")]
    NotPublished,
    /// The entry does not hold the event that a receipt of this kind about this alert shows.
    #[error("entry holds no {} event of {alert}", .kind.event())]
    NoSuchEvent {
        /// The kind of receipt.
        kind: ReceiptKind,
        /// The alert.
        alert: AlertId,
    },
    /// The log does not hold any more: nothing is integrated or published.
    #[error("the audit log is broken at {}: {}", .0.index, .0.reason)]
    Broken(Breach),
    /// A hash of the tree could not be read.
    #[error("could not read the tree")]
    Tree(#[source] NodeError),
    /// A stored entry cannot be read.
    #[error("entry {index} cannot be read")]
    Unreadable {
        /// The entry.
        index: u64,
        /// Why.
        #[source]
        source: RecordError,
    },
    /// A checkpoint file is not one of this log.
    #[error("the newest checkpoint is not acceptable")]
    Checkpoint(#[from] CheckpointError),
    /// The log's name says SIMULATED and hub time is real, or the other way round.
    #[error("the log's name must say SIMULATED exactly when hub time is simulated")]
    Simulated,
    /// The log's name or public key is not acceptable.
    #[error("the log's name or key is not acceptable")]
    Key(#[source] KeyError),
    /// The operating system refused.
    #[error("could not {doing}")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// Its error.
        #[source]
        source: io::Error,
    },
    /// The store refused.
    #[error("the store could not do it")]
    Store(#[from] StoreError),
}

impl AuditError {
    fn tree(error: TreeError<NodeError>) -> Self {
        match error {
            TreeError::Node { source, .. } => Self::Tree(source),
            TreeError::SizeBeyondTree { leaves, .. } => Self::NotIntegrated { size: leaves },
            TreeError::IndexBeyondSize { size, .. } => Self::NotIntegrated { size },
            TreeError::SizesReversed { new, .. } => Self::NotIntegrated { size: new },
        }
    }

    /// What kind of failure a caller sees.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Denied(denied) => denied.kind(),
            Self::NotIntegrated { .. } => ErrorKind::Precondition,
            Self::NotPublished => ErrorKind::Unavailable,
            Self::NoSuchEvent { .. } => ErrorKind::NotFound,
            Self::Store(source) => source.kind(),
            Self::Broken(_)
            | Self::Tree(_)
            | Self::Unreadable { .. }
            | Self::Checkpoint(_)
            | Self::Key(_)
            | Self::Simulated
            | Self::Io { .. } => ErrorKind::Internal,
        }
    }

    /// The stable reason code.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Denied(denied) => denied.reason(),
            Self::NotIntegrated { .. } => "NOT_INTEGRATED",
            Self::NotPublished => "NOT_PUBLISHED",
            Self::NoSuchEvent { .. } => "NO_SUCH_EVENT",
            Self::Broken(_) => "AUDIT_BROKEN",
            Self::Tree(_) => "TREE_UNREADABLE",
            Self::Unreadable { .. } => "ENTRY_UNREADABLE",
            Self::Checkpoint(_) => "CHECKPOINT_UNREADABLE",
            Self::Key(_) | Self::Simulated => "LOG_KEY_UNUSABLE",
            Self::Io { .. } => "AUDIT_IO",
            Self::Store(source) => source.reason(),
        }
    }
}
