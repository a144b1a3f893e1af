//! The queue between the writer and the applier: bounded, so that the tail cannot grow without end.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::effect::Effects;

/// How many commits are applied in one batch: sled's memory grows with larger and with smaller ones.
const BATCH_COMMITS: usize = 64;

/// How much may wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct TailBound {
    pub(crate) commits: u64,
    pub(crate) bytes: u64,
}

/// Commits that are visible and wait for the index.
pub(crate) struct Backlog {
    bound: TailBound,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Effects>,
    /// Queued or being applied.
    commits: u64,
    bytes: u64,
    stop: Option<Stop>,
    failed: bool,
    paused: bool,
}

/// How the applier ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stop {
    /// After everything is applied.
    Drained,
    /// At once; the next opening applies the rest.
    AtOnce,
}

/// What the applier has to do next.
pub(crate) enum Work {
    /// Apply these.
    Apply(Vec<Effects>),
    /// Nothing came for a while.
    Idle,
    /// End.
    Stop,
}

/// The index takes nothing any more and the tail is at its bound.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct NoRoom;

impl Backlog {
    pub(crate) fn new(bound: TailBound) -> Self {
        Self { bound, state: Mutex::default(), changed: Condvar::new() }
    }

    /// Waits until there is room; `waiting` is called once if that takes waiting.
    pub(crate) fn wait_for_room(&self, waiting: &dyn Fn()) -> Result<(), NoRoom> {
        let mut state = self.lock();
        let mut told = false;
        while state.commits >= self.bound.commits || state.bytes >= self.bound.bytes {
            if state.failed {
                return Err(NoRoom);
            }
            if !told {
                told = true;
                waiting();
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        Ok(())
    }

    /// Queues commits that are visible.
    pub(crate) fn push(&self, group: Vec<Effects>) {
        let mut state = self.lock();
        for effects in group {
            state.commits = state.commits.saturating_add(1);
            state.bytes = state.bytes.saturating_add(effects.bytes);
            state.queue.push_back(effects);
        }
        self.changed.notify_all();
    }

    /// Waits for work; with `patience`, no longer than that.
    pub(crate) fn take(&self, patience: Option<Duration>) -> Work {
        let mut state = self.lock();
        loop {
            match state.stop {
                Some(Stop::AtOnce) => return Work::Stop,
                Some(Stop::Drained) if state.queue.is_empty() => return Work::Stop,
                Some(Stop::Drained) | None => {}
            }
            if !state.queue.is_empty() && (!state.paused || state.stop.is_some()) {
                let count = state.queue.len().min(BATCH_COMMITS);
                return Work::Apply(state.queue.drain(..count).collect());
            }
            let Some(patience) = patience else {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let (woken, timeout) =
                self.changed.wait_timeout(state, patience).unwrap_or_else(PoisonError::into_inner);
            if timeout.timed_out() {
                return Work::Idle;
            }
            state = woken;
        }
    }

    /// These are applied.
    pub(crate) fn done(&self, applied: &[Effects]) {
        let mut state = self.lock();
        for effects in applied {
            state.commits = state.commits.saturating_sub(1);
            state.bytes = state.bytes.saturating_sub(effects.bytes);
        }
        self.changed.notify_all();
    }

    /// The index takes nothing any more.
    pub(crate) fn fail(&self) {
        self.lock().failed = true;
        self.changed.notify_all();
    }

    /// Lets the applier end.
    pub(crate) fn stop(&self, how: Stop) {
        self.lock().stop.get_or_insert(how);
        self.changed.notify_all();
    }

    /// How many commits wait.
    pub(crate) fn commits(&self) -> u64 {
        self.lock().commits
    }

    /// Holds the applier back, or lets it go on.
    #[cfg(test)]
    pub(crate) fn pause(&self, paused: bool) {
        self.lock().paused = paused;
        self.changed.notify_all();
    }

    /// Waits until everything is applied.
    #[cfg(test)]
    pub(crate) fn drain(&self) {
        let mut state = self.lock();
        while state.commits > 0 && !state.failed {
            state = self.changed.wait(state).unwrap();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
