//! How far the opening of the store is, shown where it takes longer than a second: a bar to whoever watches, else a line
//! in the log at most once a second.

use std::io::{self, IsTerminal as _};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::alarms::Alarms;
use crate::env::{Machine, MachineTime as _};
use crate::store::embedded::{Stage, StoreEvent, StoreObserver};

/// An opening that is done sooner shows nothing; a line of the log comes no more often.
const PAUSE: Duration = Duration::from_secs(1);
/// How often a bar is drawn.
const DRAWN: Duration = Duration::from_millis(200);

/// Hears the store and passes on what it hears.
pub(super) struct Progress {
    alarms: Alarms,
    machine: Machine,
    shown: Mutex<Shown>,
}

struct Shown {
    /// Monotonic.
    next: Duration,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Shows progress beside the alarms.
    pub(super) fn beside(alarms: Alarms) -> Self {
        let machine = Machine::new();
        let next = machine.monotonic().saturating_add(PAUSE);
        Self { alarms, machine, shown: Mutex::new(Shown { next, bar: None }) }
    }

    /// The store is open: the bar goes.
    pub(super) fn finish(&self) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bar) = shown.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl StoreObserver for Progress {
    fn observe(&self, event: &StoreEvent) {
        if let StoreEvent::Progress { stage, done, total } = event {
            let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
            if shown.is_due(self.machine.monotonic(), io::stderr().is_terminal()) {
                shown.show(*stage, *done, *total);
            }
        }
        self.alarms.observe(event);
    }
}

impl Shown {
    fn is_due(&mut self, now: Duration, is_watched: bool) -> bool {
        let is_due = now >= self.next;
        if is_due {
            self.next = now.saturating_add(if is_watched { DRAWN } else { PAUSE });
            if is_watched && self.bar.is_none() {
                self.bar = Some(bar());
            }
        }
        is_due
    }

    fn show(&self, stage: Stage, done: u64, total: u64) {
        match &self.bar {
            Some(bar) => {
                bar.set_message(words(stage));
                bar.set_length(total.max(done));
                bar.set_position(done);
            }
            None => tracing::info!(stage = words(stage), done, total, "the store is being opened"),
        }
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
    match ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}") {
        Ok(style) => bar.with_style(style),
        Err(_malformed) => bar,
    }
}

const fn words(stage: Stage) -> &'static str {
    match stage {
        Stage::ReadingJournal => "reading the journal",
        Stage::ReadingIndex => "reading the index",
        Stage::Indexing => "building the index",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_shown_of_a_short_opening_and_of_a_long_one_a_line_a_second() {
        let mut shown = Shown { next: PAUSE, bar: None };
        let at = Duration::from_millis;

        let lines = [0, 999, 1_000, 1_500, 1_999, 2_000, 9_000, 9_100];

        let due: Vec<u64> =
            lines.into_iter().filter(|millis| shown.is_due(at(*millis), false)).collect();
        assert_eq!(due, [1_000, 2_000, 9_000]);
        assert!(shown.bar.is_none());
    }
}
