//! The engine under faults.

#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic")]

mod damage;
mod faults;
mod journal;
mod reopening;
pub(crate) mod rig;
mod tools;

use std::path::Path;
use std::sync::{Arc, Mutex};

use super::{EmbeddedOptions, EmbeddedStore, OpenError, StoreEvent, StoreObserver};
use rig::RigDisk;

/// Hears everything and keeps it.
#[derive(Debug, Default)]
pub(crate) struct Heard(Mutex<Vec<StoreEvent>>);

impl StoreObserver for Heard {
    fn observe(&self, event: &StoreEvent) {
        self.0.lock().unwrap().push(event.clone());
    }
}

impl Heard {
    pub(crate) fn events(&self) -> Vec<StoreEvent> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn any(&self, wanted: impl Fn(&StoreEvent) -> bool) -> bool {
        self.events().iter().any(wanted)
    }
}

/// Small segments, so that a test has several.
pub(crate) fn options(directory: &Path) -> EmbeddedOptions {
    EmbeddedOptions { segment_bytes: 16 * 1024, ..EmbeddedOptions::new(directory) }
}

/// Opens a store in a real directory.
pub(crate) fn open(directory: &Path) -> EmbeddedStore {
    try_open(directory).unwrap().0
}

pub(crate) fn try_open(directory: &Path) -> Result<(EmbeddedStore, Arc<Heard>), OpenError> {
    let heard = Arc::new(Heard::default());
    let observer = Arc::clone(&heard);
    Ok((EmbeddedStore::open(&options(directory), observer, None)?, heard))
}

/// Opens a store whose journal lies on a rigged disk; its index lies in a real directory.
pub(crate) fn open_on(disk: &RigDisk, directory: &Path) -> EmbeddedStore {
    try_open_on(disk, directory).unwrap().0
}

pub(crate) fn try_open_on(
    disk: &RigDisk,
    directory: &Path,
) -> Result<(EmbeddedStore, Arc<Heard>), OpenError> {
    let heard = Arc::new(Heard::default());
    let observer = Arc::clone(&heard);
    let disk = Arc::new(disk.clone());
    Ok((EmbeddedStore::open_on(disk, &options(directory), observer, None)?, heard))
}
