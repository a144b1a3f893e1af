//! What can go wrong with keys.

use std::io;
use std::path::PathBuf;

/// Why keys cannot be had. Names files and rules, never a key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file of the master key is not acceptable.
    #[error("the master key file must be {rule}")]
    MasterKeyFile {
        /// The rule in words.
        rule: &'static str,
    },
    /// The key store was made under another master key.
    #[error("this master key does not open the key store: it was made under another master key")]
    WrongMasterKey,
    /// Another process has the key store open.
    #[error("the key store is in use by another process")]
    InUse,
    /// A newer program wrote it.
    #[error("the key store has format {found}, this program reads up to {known}")]
    Newer {
        /// The format in the file.
        found: u32,
        /// The newest format this program reads.
        known: u32,
    },
    /// A file is not what was written.
    #[error("{file} is damaged")]
    Damaged {
        /// The file's name.
        file: String,
    },
    /// A file that should be there is not; its keys are lost unless a mirror has them.
    #[error("{file} is missing from the key store")]
    MissingFile {
        /// The file's name.
        file: String,
    },
    /// There are key files but nothing that says which store they belong to.
    #[error("the key directory holds keys but no `key-store` file")]
    Headless,
    /// The mirror is older than what is known: to restore it would bring destroyed keys back and lose new ones.
    #[error(
        "the key mirror has version {mirror}, older than the known version {known}: not restored"
    )]
    OlderMirror {
        /// The mirror's version.
        mirror: u64,
        /// The newest version known.
        known: u64,
    },
    /// The mirror is of another key store.
    #[error("the key mirror belongs to another key store: not restored")]
    OtherStore,
    /// The pools ran dry and could not be filled in time.
    #[error("no fresh data key could be made in time")]
    Exhausted,
    /// The operating system refused.
    #[error("could not {doing} {}", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// Its error.
        #[source]
        source: io::Error,
    },
}

impl KeyError {
    /// The stable reason code.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::MasterKeyFile { .. } => "MASTER_KEY_FILE",
            Self::WrongMasterKey => "WRONG_MASTER_KEY",
            Self::InUse => "KEYS_IN_USE",
            Self::Newer { .. } => "KEYS_NEWER",
            Self::Damaged { .. } => "KEYS_DAMAGED",
            Self::MissingFile { .. } => "KEYS_MISSING",
            Self::Headless => "KEYS_HEADLESS",
            Self::OlderMirror { .. } => "KEY_MIRROR_OLDER",
            Self::OtherStore => "KEY_MIRROR_OF_ANOTHER_STORE",
            Self::Exhausted => "KEYS_EXHAUSTED",
            Self::Io { .. } => "KEYS_IO",
        }
    }

    pub(crate) fn io(
        doing: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { doing, path, source }
    }
}
