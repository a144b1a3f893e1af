//! The store of data keys: a directory of small key files beside whichever engine.
//!
//! Owns making keys ahead, finding them and destroying them for good. A key is handed out once: after a restart
//! the rest of every earlier pool is never handed out again, so no key can seal two alerts whatever was lost in a
//! crash. Key files are written new, fsynced, renamed, and the directory fsynced, before any key of them is
//! handed out.
//!
//! Each key file is encrypted under a key of its own, and that under the master key. Destroying a key rewrites
//! the survivors under a **new** file key, drops the old file and overwrites the old file key where it lay. A
//! file whose keys are all destroyed stays, empty: its name is never used again.

mod head;
mod mirror;
mod pool;
mod pool_file;

#[cfg(test)]
pub(crate) mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::domain::Timestamp;
use crate::domain::alert::DataKeyId;
use crate::env::Env;

use super::error::KeyError;
use super::files;
use super::master::MasterKey;
use super::secret::DataKey;
use head::Head;
use pool::Pools;
use pool_file::{KEY_FILE_ENDING, PoolFile};

/// Keys in one key file.
pub(crate) const POOL_KEYS: u32 = 1_024;

/// Opened key files kept in memory: 64 files of 1,024 keys are about 4 MiB.
const FILES_KEPT: usize = 64;

/// The data keys of one hub.
pub struct KeyStore {
    keys: Arc<Keys>,
    pools: Pools,
}

impl KeyStore {
    /// Opens the key directory, or makes it, and prepares the first fresh keys.
    ///
    /// # Errors
    /// When another process has it open, the master key is another, a file is damaged or newer than this program
    /// reads, or the directory cannot be written.
    pub fn open(directory: &Path, master: MasterKey, env: Env) -> Result<Self, KeyError> {
        let keys = Arc::new(Keys::open(directory, master, env)?);
        let pools = Pools::start(Arc::clone(&keys))?;
        Ok(Self { keys, pools })
    }

    /// Whether a directory holds a key store. Opening one that holds none makes a new one, which opens nothing that was
    /// sealed before.
    #[must_use]
    pub fn exists(directory: &Path) -> bool {
        directory.join(head::NAME).exists()
    }

    /// Takes a key that nobody has had before. Costs no fsync while the pools hold out; waits for one, at most
    /// 5 s, when they have run dry.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn take(&self) -> Result<DataKey, KeyError> {
        self.pools.take()
    }

    /// Finds a key; `None` once it was destroyed.
    ///
    /// # Errors
    /// When its file is missing, damaged or unreadable.
    pub fn get(&self, id: &DataKeyId) -> Result<Option<DataKey>, KeyError> {
        let file = self.keys.file(&id.file)?;
        Ok(file.key(id.slot).map(|secret| DataKey::new(id.clone(), secret)))
    }

    /// Destroys keys for good and gives the version from which on a mirror is free of them. Keys already
    /// destroyed are no error, so a destruction cut short by a crash is simply repeated.
    ///
    /// # Errors
    /// When a file is missing, damaged or cannot be written; files before it are done, the rest is not.
    pub fn destroy(&self, ids: &[DataKeyId]) -> Result<u64, KeyError> {
        self.pools.forget(ids);
        self.keys.destroy(ids)
    }

    /// Brings the one current mirror in `directory` to this store's version, and gives that version once it is
    /// durable. Nothing older stays in the mirror: it is a copy of what is, not a history.
    ///
    /// # Errors
    /// When the mirror is of another key store, or cannot be written.
    pub fn mirror_to(&self, directory: &Path) -> Result<u64, KeyError> {
        self.keys.mirror_to(directory)
    }

    /// Puts a mirror in place as the key directory and gives its version. `known` is the newest version anybody
    /// knows of, e.g. from the audit log; 0 when nothing is known.
    ///
    /// # Errors
    /// [`KeyError::OlderMirror`] when the mirror is older than `known` or than what is in `directory`; or the
    /// mirror is of another store, incomplete or damaged. Then nothing was changed.
    pub fn restore(
        mirror: &Path,
        directory: &Path,
        master: &MasterKey,
        known: u64,
    ) -> Result<u64, KeyError> {
        mirror::restore(mirror, directory, master, known)
    }

    /// The file that says which store a directory belongs to and at which version it is. It holds no key: a backup
    /// carries it, so that a mirror of another store or of an earlier day is told from the right one.
    pub const HEAD_FILE: &str = head::NAME;

    /// The version that a head file states. Without the master key nobody knows whether it is true.
    #[must_use]
    pub fn version_stated(head: &[u8]) -> Option<u64> {
        head::version_stated(head)
    }

    /// Checks a mirror whole, against the head file in the directory `known` if there is one, and gives the mirror's
    /// version. Changes nothing.
    ///
    /// # Errors
    /// [`KeyError::OlderMirror`] when the mirror is older than that head; or the mirror is of another store,
    /// incomplete or damaged.
    pub fn check_mirror(mirror: &Path, known: &Path, master: &MasterKey) -> Result<u64, KeyError> {
        mirror::check(mirror, known, master)
    }

    /// The version: one more with each change of the directory.
    #[must_use]
    pub fn version(&self) -> u64 {
        lock(&self.keys.head).version
    }

    /// The key above all others, to derive one for another purpose from.
    pub(super) fn master(&self) -> &[u8; 32] {
        self.keys.master.secret()
    }

    /// How many fresh keys are at hand.
    #[must_use]
    pub fn fresh_keys(&self) -> usize {
        self.pools.fresh_keys()
    }
}

impl fmt::Debug for KeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyStore").field("directory", &self.keys.directory).finish_non_exhaustive()
    }
}

/// The key directory.
struct Keys {
    directory: PathBuf,
    master: MasterKey,
    env: Env,
    /// Held by whoever changes the directory. Taken before `cache`.
    head: Mutex<Head>,
    cache: Mutex<Cache>,
    _lock: File,
}

impl Keys {
    fn open(directory: &Path, master: MasterKey, env: Env) -> Result<Self, KeyError> {
        files::make_directory(directory)?;
        let lock = files::lock(directory)?;
        let names = files::names(directory)?;
        for unfinished in names.iter().filter(|name| ends_in(name, files::UNFINISHED)) {
            files::remove(&directory.join(unfinished))?;
        }
        let head = match Head::read(directory, &master)? {
            Some(head) => head,
            None if names.iter().any(|name| ends_in(name, KEY_FILE_ENDING)) => {
                return Err(KeyError::Headless);
            }
            None => {
                let head = Head::new(env.entropy.as_ref());
                head.write(directory, &master, env.entropy.as_ref())?;
                head
            }
        };
        let (head, cache) = (Mutex::new(head), Mutex::new(Cache::default()));
        Ok(Self { directory: directory.to_owned(), master, env, head, cache, _lock: lock })
    }

    /// Makes a file of fresh keys; durable when it returns.
    fn make_pool(&self) -> Result<Vec<DataKey>, KeyError> {
        let mut head = lock(&self.head);
        let name = self.next_name(self.env.now())?;
        let file = PoolFile::fresh(self.env.entropy.as_ref());
        self.raise_version(&mut head)?;
        self.write(&name, &file)?;
        let key =
            |(slot, secret)| DataKey::new(DataKeyId { file: name.as_str().into(), slot }, secret);
        Ok(file.keys().map(key).collect())
    }

    /// `2026-11-0003`: the month of hub time and one more than the month's highest number.
    fn next_name(&self, now: Timestamp) -> Result<String, KeyError> {
        let month = now.to_jiff().strftime("%Y-%m-").to_string();
        let number = files::names(&self.directory)?
            .iter()
            .filter_map(|name| {
                name.strip_prefix(&month)?.strip_suffix(".keys")?.parse::<u32>().ok()
            })
            .max()
            .unwrap_or(0)
            .saturating_add(1);
        Ok(format!("{month}{number:04}"))
    }

    fn destroy(&self, ids: &[DataKeyId]) -> Result<u64, KeyError> {
        let mut slots: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
        for id in ids {
            slots.entry(&id.file).or_default().insert(id.slot);
        }
        let mut head = lock(&self.head);
        for (name, slots) in slots {
            let file = self.file(name)?;
            if slots.iter().all(|slot| file.key(*slot).is_none()) {
                continue;
            }
            // Raised first: a mirror of the old version is refused from now on, whatever happens next.
            self.raise_version(&mut head)?;
            self.write(name, &file.without(&slots))?;
            lock(&self.cache).forget(name);
        }
        Ok(head.version)
    }

    fn raise_version(&self, head: &mut Head) -> Result<(), KeyError> {
        let next = head.next();
        next.write(&self.directory, &self.master, self.env.entropy.as_ref())?;
        *head = next;
        Ok(())
    }

    fn write(&self, name: &str, file: &PoolFile) -> Result<(), KeyError> {
        let bytes = file.encode(name, &self.master, self.env.entropy.as_ref())?;
        pool_file::replace(&pool_file::path(&self.directory, name), &bytes)
    }

    /// The keys of a file, from memory or disk.
    fn file(&self, name: &str) -> Result<Arc<PoolFile>, KeyError> {
        // Read under the lock: whoever destroys forgets the file afterwards, so what is kept is never stale.
        let mut cache = lock(&self.cache);
        if let Some(file) = cache.find(name) {
            return Ok(file);
        }
        let file = Arc::new(PoolFile::read(&self.directory, name, &self.master)?);
        cache.keep(name, &file);
        Ok(file)
    }

    fn mirror_to(&self, directory: &Path) -> Result<u64, KeyError> {
        let head = lock(&self.head);
        mirror::write(&self.directory, directory, &head, &self.master)?;
        Ok(head.version)
    }
}

/// The key files opened last.
#[derive(Default)]
struct Cache(VecDeque<(String, Arc<PoolFile>)>);

impl Cache {
    fn find(&mut self, name: &str) -> Option<Arc<PoolFile>> {
        let place = self.0.iter().position(|(known, _)| known == name)?;
        let found = self.0.remove(place)?;
        let file = Arc::clone(&found.1);
        self.0.push_back(found);
        Some(file)
    }

    fn keep(&mut self, name: &str, file: &Arc<PoolFile>) {
        if self.0.len() >= FILES_KEPT {
            self.0.pop_front();
        }
        self.0.push_back((name.to_owned(), Arc::clone(file)));
    }

    fn forget(&mut self, name: &str) {
        self.0.retain(|(known, _)| known != name);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What these locks guard is replaced as a whole, so a panic elsewhere leaves nothing half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn ends_in(name: &str, ending: &str) -> bool {
    Path::new(name).extension().is_some_and(|found| found == ending)
}
