//! The data directory: which parts lie where, and whether its time is real.

use std::fs;
use std::path::{Path, PathBuf};

use super::StartError;

/// The mark of a data directory whose time was simulated.
const SIMULATED: &str = "SIMULATED";

/// Where things lie in a data directory.
pub(super) struct DataDir {
    root: PathBuf,
}

impl DataDir {
    /// Takes the directory, making it if absent, and checks that its time is of the kind it is started with.
    pub(super) fn take(root: &Path, simulated: bool) -> Result<Self, StartError> {
        let failed = |source| StartError::DataDir { path: root.to_owned(), source };
        fs::create_dir_all(root).map_err(failed)?;
        let mark = root.join(SIMULATED);
        let is_new = fs::read_dir(root).map_err(failed)?.next().is_none();
        match (simulated, mark.exists(), is_new) {
            (true, true, _) | (false, false, _) | (true, false, true) => {}
            (true, false, false) => {
                return Err(StartError::RealData { path: root.to_owned() });
            }
            (false, true, _) => {
                return Err(StartError::SimulatedData { path: root.to_owned() });
            }
        }
        Ok(Self { root: root.to_owned() })
    }

    /// Marks the directory as one with simulated time; before anything is committed to it.
    pub(super) fn mark_simulated(&self) -> Result<(), StartError> {
        let mark = self.root.join(SIMULATED);
        fs::write(&mark, "hub time in this directory is simulated\n")
            .and_then(|()| fs::File::open(&mark)?.sync_all())
            .and_then(|()| fs::File::open(&self.root)?.sync_all())
            .map_err(|source| StartError::DataDir { path: self.root.clone(), source })
    }

    /// The whole.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Data keys.
    pub(super) fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }
}
