//! Fresh keys made ahead, so that taking one costs no fsync on the way of an alert.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::crypto::error::KeyError;
use crate::crypto::secret::DataKey;
use crate::domain::alert::DataKeyId;

use super::{Keys, POOL_KEYS, lock};

/// With fewer at hand than this the next pool is made: a whole pool lasts while a slow disk makes another.
const FRESH_MIN: usize = POOL_KEYS as usize;

/// Longer than two fsyncs of a struggling disk, shorter than a caller's patience.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// Pause after a failure before the next attempt, unless somebody asks sooner.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The keys at hand and the thread that makes more.
pub(super) struct Pools {
    shared: Arc<Shared>,
    maker: Option<JoinHandle<()>>,
}

struct Shared {
    fresh: Mutex<Fresh>,
    /// Tells the maker that keys run low, or that it should stop.
    wanted: Condvar,
    /// Tells takers that keys came, or that they could not be made.
    made: Condvar,
}

#[derive(Default)]
struct Fresh {
    keys: VecDeque<DataKey>,
    failure: Option<KeyError>,
    stop: bool,
}

impl Pools {
    /// Makes the first pool, then goes on in a thread of its own.
    pub(super) fn start(keys: Arc<Keys>) -> Result<Self, KeyError> {
        let fresh = Fresh { keys: keys.make_pool()?.into(), ..Fresh::default() };
        let shared = Arc::new(Shared {
            fresh: Mutex::new(fresh),
            wanted: Condvar::new(),
            made: Condvar::new(),
        });
        let (ours, place) = (Arc::clone(&shared), keys.directory.clone());
        let maker = thread::Builder::new()
            .name("key-pools".to_owned())
            .spawn(move || ours.make_until_stopped(&keys))
            .map_err(KeyError::io("start the thread that makes keys in", place))?;
        Ok(Self { shared, maker: Some(maker) })
    }

    pub(super) fn take(&self) -> Result<DataKey, KeyError> {
        let mut fresh = lock(&self.shared.fresh);
        loop {
            if fresh.keys.len() <= FRESH_MIN {
                self.shared.wanted.notify_one();
            }
            if let Some(key) = fresh.keys.pop_front() {
                return Ok(key);
            }
            if let Some(failure) = fresh.failure.take() {
                return Err(failure);
            }
            let (after, waited) = self
                .shared
                .made
                .wait_timeout(fresh, WAIT_MAX)
                .unwrap_or_else(PoisonError::into_inner);
            fresh = after;
            if waited.timed_out() && fresh.keys.is_empty() && fresh.failure.is_none() {
                return Err(KeyError::Exhausted);
            }
        }
    }

    /// Makes sure that keys about to be destroyed are not handed out.
    pub(super) fn forget(&self, ids: &[DataKeyId]) {
        lock(&self.shared.fresh).keys.retain(|key| !ids.contains(key.id()));
        self.shared.wanted.notify_one();
    }

    pub(super) fn fresh_keys(&self) -> usize {
        lock(&self.shared.fresh).keys.len()
    }
}

impl Shared {
    fn make_until_stopped(&self, keys: &Keys) {
        while self.wait_until_wanted() {
            let made = keys.make_pool();
            let mut fresh = lock(&self.fresh);
            let failed = made.is_err();
            match made {
                Ok(keys) => {
                    fresh.keys.extend(keys);
                    fresh.failure = None;
                }
                Err(failure) => fresh.failure = Some(failure),
            }
            self.made.notify_all();
            if failed && !fresh.stop {
                drop(
                    self.wanted
                        .wait_timeout(fresh, RETRY_AFTER)
                        .unwrap_or_else(PoisonError::into_inner),
                );
            }
        }
    }

    /// True when keys are wanted, false when the store closes.
    fn wait_until_wanted(&self) -> bool {
        let fresh = self
            .wanted
            .wait_while(lock(&self.fresh), |fresh| !fresh.stop && fresh.keys.len() >= FRESH_MIN)
            .unwrap_or_else(PoisonError::into_inner);
        !fresh.stop
    }
}

impl Drop for Pools {
    fn drop(&mut self) {
        lock(&self.shared.fresh).stop = true;
        self.shared.wanted.notify_one();
        if let Some(maker) = self.maker.take() {
            // A maker that panicked has nothing left to give; its keys are on disk or were never handed out.
            drop(maker.join());
        }
    }
}
