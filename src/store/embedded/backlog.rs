//! The queue between the writer and the applier: bounded, so that the tail cannot grow without end.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::effect::Effects;

/// How many commits are applied in one batch: sled's memory grows with larger and with smaller ones.
const BATCH_COMMITS: usize = 64;

/// How long the applier waits for a batch to fill: nobody waits for the index, and sled takes 64 commits at
/// once at half the cost of 64 single ones.
const BATCH_PATIENCE: Duration = Duration::from_millis(20);

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
    /// There is something to apply, or a batch of it.
    work: Condvar,
    /// Something was applied.
    room: Condvar,
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
        Self { bound, state: Mutex::default(), work: Condvar::new(), room: Condvar::new() }
    }

    /// Waits until there is room; `waiting` is called once if that takes waiting.
    pub(crate) fn wait_for_room(&self, waiting: &dyn Fn()) -> Result<(), NoRoom> {
        let mut state = self.lock();
        let mut told = false;
        while self.is_full(&state) {
            if state.failed {
                return Err(NoRoom);
            }
            if !told {
                told = true;
                waiting();
            }
            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        Ok(())
    }

    /// Whether there will never be room again.
    pub(crate) fn is_stuck(&self) -> bool {
        let state = self.lock();
        state.failed && self.is_full(&state)
    }

    const fn is_full(&self, state: &State) -> bool {
        state.commits >= self.bound.commits || state.bytes >= self.bound.bytes
    }

    /// Queues commits that are visible.
    pub(crate) fn push(&self, group: Vec<Effects>) {
        let mut state = self.lock();
        let before = state.queue.len();
        for effects in group {
            state.commits = state.commits.saturating_add(1);
            state.bytes = state.bytes.saturating_add(effects.bytes);
            state.queue.push_back(effects);
        }
        // Between its first commit and a full batch there is nothing to wake the applier for.
        if before == 0 || (before < BATCH_COMMITS && state.queue.len() >= BATCH_COMMITS) {
            self.work.notify_one();
        }
    }

    /// Waits for work; with `patience`, no longer than that.
    pub(crate) fn take(&self, patience: Option<Duration>) -> Work {
        let mut state = self.lock();
        let mut waited_for_batch = false;
        loop {
            let stopping = state.stop.is_some();
            let waiting = if state.paused && !stopping { 0 } else { state.queue.len() };
            match state.stop {
                Some(Stop::AtOnce) => return Work::Stop,
                Some(Stop::Drained) if waiting == 0 => return Work::Stop,
                Some(Stop::Drained) | None => {}
            }
            if waiting >= BATCH_COMMITS || (waiting > 0 && (waited_for_batch || stopping)) {
                let count = waiting.min(BATCH_COMMITS);
                return Work::Apply(state.queue.drain(..count).collect());
            }
            let limit = if waiting > 0 { Some(BATCH_PATIENCE) } else { patience };
            let Some(limit) = limit else {
                state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let (woken, timeout) =
                self.work.wait_timeout(state, limit).unwrap_or_else(PoisonError::into_inner);
            state = woken;
            if timeout.timed_out() && waiting == 0 && (state.queue.is_empty() || state.paused) {
                return Work::Idle;
            }
            waited_for_batch = waiting > 0 && timeout.timed_out();
        }
    }

    /// These are applied.
    pub(crate) fn done(&self, applied: &[Effects]) {
        let mut state = self.lock();
        for effects in applied {
            state.commits = state.commits.saturating_sub(1);
            state.bytes = state.bytes.saturating_sub(effects.bytes);
        }
        self.room.notify_all();
    }

    /// The index takes nothing any more.
    pub(crate) fn fail(&self) {
        self.lock().failed = true;
        self.room.notify_all();
    }

    /// Lets the applier end.
    pub(crate) fn stop(&self, how: Stop) {
        self.lock().stop.get_or_insert(how);
        self.work.notify_all();
    }

    /// How many commits wait.
    pub(crate) fn commits(&self) -> u64 {
        self.lock().commits
    }

    /// Holds the applier back, or lets it go on.
    #[cfg(test)]
    pub(crate) fn pause(&self, paused: bool) {
        self.lock().paused = paused;
        self.work.notify_all();
    }

    /// Waits until everything is applied.
    #[cfg(test)]
    pub(crate) fn drain(&self) {
        let mut state = self.lock();
        while state.commits > 0 && !state.failed {
            state = self.room.wait(state).unwrap();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
