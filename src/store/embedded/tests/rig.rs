//! A disk in memory that can fail, wait, fill up, lose its power, and says in which order things were done.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use crate::store::embedded::disk::{Disk, JournalFile};
use crate::store::embedded::group::Header;

/// What a disk writes at once: a power cut leaves each old or new.
const SECTOR: usize = 512;

/// A small generator, so that a seed tells the whole run.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % bound
    }

    pub(crate) fn coin(&mut self) -> bool {
        self.below(2) == 0
    }
}

/// What happened on the disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Happened {
    /// A group up to before this position was written.
    Wrote(u64),
    /// The file was synced; everything written is durable.
    Synced,
    /// A sync failed.
    SyncFailed,
}

/// The disk.
#[derive(Clone, Default)]
pub(crate) struct RigDisk(Arc<Rig>);

#[derive(Default)]
struct Rig {
    state: Mutex<State>,
    gate: Mutex<Gate>,
    gate_moved: Condvar,
}

/// Holds syncs back.
#[derive(Default)]
struct Gate {
    closed: bool,
    /// So many syncs may pass although it is closed.
    passes: u32,
}

#[derive(Default)]
struct State {
    names: BTreeMap<PathBuf, Arc<Mutex<Content>>>,
    durable_names: BTreeMap<PathBuf, Arc<Mutex<Content>>>,
    log: Vec<Happened>,
    synced: u64,
    written: u64,
    /// So many operations still work, then the power is gone.
    power_for: Option<u64>,
    fail_sync_in: Option<u64>,
    fail_write_after: Option<usize>,
    fail_create: Option<i32>,
    fail_truncate: bool,
    waiting_at_gate: bool,
}

#[derive(Clone, Default)]
struct Content {
    now: Vec<u8>,
    durable: Vec<u8>,
}

impl RigDisk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap()
    }

    /// The bytes of a file now.
    pub(crate) fn bytes(&self, path: &Path) -> Vec<u8> {
        self.state().names[path].lock().unwrap().now.clone()
    }

    /// Puts bytes in the place of a file's, durably.
    pub(crate) fn put(&self, path: &Path, bytes: Vec<u8>) {
        let content = Content { now: bytes.clone(), durable: bytes };
        let content = Arc::new(Mutex::new(content));
        let mut state = self.state();
        state.names.insert(path.to_owned(), Arc::clone(&content));
        state.durable_names.insert(path.to_owned(), content);
    }

    /// The paths of all files.
    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        self.state().names.keys().cloned().collect()
    }

    /// A disk with the same files, apart from this one.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::default();
        for path in self.paths() {
            copy.put(&path, self.bytes(&path));
        }
        copy
    }

    /// After so many more operations the power is gone: nothing works any more.
    pub(crate) fn cut_power_in(&self, operations: u64) {
        self.state().power_for = Some(operations);
    }

    /// The disk as it may be found after the power cut: what was synced is there; of the rest, each sector and
    /// each name may or may not be.
    pub(crate) fn after_power_cut(&self, dice: &mut Dice) -> Self {
        let after = Self::default();
        let state = self.state();
        let mut names = state.durable_names.clone();
        for (path, content) in &state.names {
            if !names.contains_key(path) && dice.coin() {
                names.insert(path.clone(), Arc::clone(content));
            }
        }
        names.retain(|path, _| state.names.contains_key(path) || dice.coin());
        for (path, content) in names {
            after.put(&path, content.lock().unwrap().torn(dice));
        }
        after
    }

    /// The n-th sync from now on fails, counted from 0, and every later one would work.
    pub(crate) fn fail_sync_in(&self, count: u64) {
        self.state().fail_sync_in = Some(count);
    }

    /// The next write stops after so many bytes: the disk is full.
    pub(crate) fn fill_up_after(&self, bytes: usize) {
        self.state().fail_write_after = Some(bytes);
    }

    /// Files can no longer be made, with this error of the operating system, or can be again.
    pub(crate) fn fail_create(&self, errno: Option<i32>) {
        self.state().fail_create = errno;
    }

    /// Files can no longer be cut.
    pub(crate) fn fail_truncate(&self) {
        self.state().fail_truncate = true;
    }

    /// Holds every sync back until the gate is opened, or dropped by a test that fails.
    #[must_use]
    pub(crate) fn close_gate(&self) -> ClosedGate {
        self.0.gate.lock().unwrap().closed = true;
        ClosedGate(self.clone())
    }

    /// Whether a sync waits at the gate.
    pub(crate) fn waits_at_gate(&self) -> bool {
        self.state().waiting_at_gate
    }

    /// Positions before this one are durable.
    pub(crate) fn synced(&self) -> u64 {
        self.state().synced
    }

    /// What was done, in order.
    pub(crate) fn log(&self) -> Vec<Happened> {
        self.state().log.clone()
    }

    fn operate(&self) -> io::Result<()> {
        let mut state = self.state();
        match &mut state.power_for {
            Some(0) => Err(io::Error::other("no power")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

/// A gate that is closed until this is dropped.
pub(crate) struct ClosedGate(RigDisk);

impl ClosedGate {
    /// Lets one sync go on.
    pub(crate) fn let_one_pass(&self) {
        self.0.state().waiting_at_gate = false;
        self.0.0.gate.lock().unwrap().passes += 1;
        self.0.0.gate_moved.notify_all();
    }
}

impl Drop for ClosedGate {
    fn drop(&mut self) {
        self.0.0.gate.lock().unwrap().closed = false;
        self.0.0.gate_moved.notify_all();
    }
}

impl Content {
    fn torn(&self, dice: &mut Dice) -> Vec<u8> {
        let length = if dice.coin() { self.now.len() } else { self.durable.len() };
        let mut torn = self.durable.clone();
        torn.resize(length, 0);
        for (index, sector) in torn.chunks_mut(SECTOR).enumerate() {
            let new = self.now.get(index * SECTOR..).unwrap_or_default();
            if dice.coin() {
                for (byte, new) in sector.iter_mut().zip(new) {
                    *byte = *new;
                }
            }
        }
        torn
    }
}

struct RigFile {
    disk: RigDisk,
    content: Arc<Mutex<Content>>,
}

impl Disk for RigDisk {
    fn list(&self, directory: &Path) -> io::Result<Vec<String>> {
        let paths = self.paths().into_iter().filter(|path| path.parent() == Some(directory));
        Ok(paths.map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect())
    }

    fn create(&self, path: &Path, reserve: u64) -> io::Result<Arc<dyn JournalFile>> {
        self.operate()?;
        let mut state = self.state();
        if let Some(errno) = state.fail_create {
            return Err(io::Error::from_raw_os_error(errno));
        }
        if state.names.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let content = Content { now: vec![0; reserve.try_into().unwrap()], durable: Vec::new() };
        let content = Arc::new(Mutex::new(content));
        state.names.insert(path.to_owned(), Arc::clone(&content));
        Ok(Arc::new(RigFile { disk: self.clone(), content }))
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn JournalFile>> {
        self.operate()?;
        let content = self.state().names.get(path).cloned().ok_or(io::ErrorKind::NotFound)?;
        Ok(Arc::new(RigFile { disk: self.clone(), content }))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.operate()?;
        self.state().names.remove(path).map(drop).ok_or(io::ErrorKind::NotFound.into())
    }

    fn sync_directory(&self, _directory: &Path) -> io::Result<()> {
        self.operate()?;
        let mut state = self.state();
        state.durable_names = state.names.clone();
        Ok(())
    }
}

impl JournalFile for RigFile {
    fn length(&self) -> io::Result<u64> {
        Ok(self.content.lock().unwrap().now.len().try_into().unwrap())
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let content = self.content.lock().unwrap();
        let rest = content.now.get(usize::try_from(offset).unwrap()..).unwrap_or_default();
        let read = rest.len().min(buffer.len());
        buffer[..read].copy_from_slice(&rest[..read]);
        Ok(read)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let powered = self.disk.operate();
        let offset = usize::try_from(offset).unwrap();
        let full = self.disk.state().fail_write_after.take();
        let written = &bytes[..full.unwrap_or(bytes.len()).min(bytes.len())];
        let mut content = self.content.lock().unwrap();
        let end = content.now.len().max(offset + written.len());
        content.now.resize(end, 0);
        content.now[offset..offset + written.len()].copy_from_slice(written);
        powered?;
        if full.is_some() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let mut state = self.disk.state();
        if let Ok(header) = Header::parse(bytes) {
            state.written = header.end().0;
            let wrote = state.written;
            state.log.push(Happened::Wrote(wrote));
        }
        Ok(())
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        self.disk.operate()?;
        if self.disk.state().fail_truncate {
            return Err(io::Error::other("cannot cut"));
        }
        self.content.lock().unwrap().now.resize(length.try_into().unwrap(), 0);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.disk.operate()?;
        let mut gate = self.disk.0.gate.lock().unwrap();
        while gate.closed && gate.passes == 0 {
            self.disk.state().waiting_at_gate = true;
            gate = self.disk.0.gate_moved.wait(gate).unwrap();
        }
        gate.passes = gate.passes.saturating_sub(1);
        drop(gate);
        let mut state = self.disk.state();
        match &mut state.fail_sync_in {
            Some(0) => {
                state.fail_sync_in = None;
                state.log.push(Happened::SyncFailed);
                return Err(io::Error::from_raw_os_error(5));
            }
            Some(left) => *left -= 1,
            None => {}
        }
        let mut content = self.content.lock().unwrap();
        content.durable = content.now.clone();
        state.synced = state.written;
        state.log.push(Happened::Synced);
        Ok(())
    }

    fn sync_all(&self) -> io::Result<()> {
        self.sync_data()
    }
}
