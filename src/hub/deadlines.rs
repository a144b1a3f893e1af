//! The two drivers of what is due – the purge of copies and the ladder –, and when they look.
//!
//! Owns the wait between two looks: until the next thing is due, until somebody hints that something may be due
//! earlier, or [`IDLE`], whichever comes first. However many deadlines are open, a minute in which none is due costs
//! a few looks at the earliest one and reads no index.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::alarms::Alarms;
use super::fault::Fault;
use crate::domain::Timestamp;
use crate::env::Env;
use crate::escalation::Driver as Escalation;
use crate::retention::Driver as Retention;
use crate::wake::Wake;

/// The longest time between two looks: how late a deadline is at most where hub time followed a wall clock that was
/// set, or a hint was lost.
const IDLE: Duration = Duration::from_secs(2);
/// Between two looks while something that is due cannot be done.
const STUCK: Duration = Duration::from_secs(1);

/// Runs what is due.
pub(super) struct Deadlines {
    env: Env,
    wake: Arc<dyn Wake>,
    escalation: Escalation,
    retention: Retention,
    alarms: Alarms,
    /// One run at a time; a second would only conflict.
    running: Mutex<Faults>,
    looks: AtomicU64,
}

/// How the drivers ended last.
#[derive(Default)]
struct Faults {
    retention: Fault,
    escalation: Fault,
}

impl Deadlines {
    pub(super) fn new(
        (env, wake): (Env, Arc<dyn Wake>),
        escalation: Escalation,
        retention: Retention,
        alarms: Alarms,
    ) -> Self {
        let (running, looks) = (Mutex::default(), AtomicU64::new(0));
        Self { env, wake, escalation, retention, alarms, running, looks }
    }

    /// Fires what is due; how many alerts changed.
    pub(super) async fn run_once(&self) -> usize {
        self.looks.fetch_add(1, Ordering::Relaxed);
        // Held to the end: one run at a time.
        let mut faults = self.running.lock().await;
        let purged = self.retention.run_once().await;
        let failed = purged.as_ref().err().map(|error| (error.reason(), error as &dyn Error));
        self.alarms.tell("RETENTION_FAILED", &mut faults.retention, failed);
        let purged = purged.unwrap_or_default();
        let fired = self.escalation.run_once().await;
        let failed = fired.as_ref().err().map(|error| (error.reason(), error as &dyn Error));
        self.alarms.tell("ESCALATION_FAILED", &mut faults.escalation, failed);
        match fired {
            Ok(fired) => {
                if fired.newly_failing > 0 {
                    self.alarms.raise("ESCALATION_FAILED");
                }
                let changed = fired.changed.saturating_add(purged);
                let count = u64::try_from(changed).unwrap_or(u64::MAX);
                metrics::counter!("staysafe_escalations_total").increment(count);
                changed
            }
            Err(_told) => purged,
        }
    }

    /// When something is due next; none where nothing is, or the store does not say.
    pub(super) async fn next_due(&self) -> Option<Timestamp> {
        self.escalation.next_due().await.ok().flatten()
    }

    /// Runs what is due, when it is due, until the hub stops.
    pub(super) async fn run_until(&self, stop: CancellationToken) {
        let mut waiter = self.wake.subscribe_driver();
        while !stop.is_cancelled() {
            let pause = self.look().await;
            tokio::select! {
                () = stop.cancelled() => {}
                _woken = waiter.wait(pause) => {}
            }
        }
    }

    /// Runs what is due and says how long nothing needs to be looked at.
    pub(super) async fn look(&self) -> Duration {
        self.run_once().await;
        pause(self.env.now(), self.next_due().await)
    }

    /// How often it was looked for something due.
    #[cfg(test)]
    pub(super) fn looks(&self) -> u64 {
        self.looks.load(Ordering::Relaxed)
    }
}

/// How long nothing needs to be looked at.
fn pause(now: Timestamp, next: Option<Timestamp>) -> Duration {
    match next {
        None => IDLE,
        Some(due) if due > now => due.since(now).to_std().min(IDLE),
        Some(_) => STUCK,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Span;

    #[test]
    fn it_waits_for_what_is_due_next_never_long_and_never_in_a_rush() {
        let now = Timestamp::from_millis(1_795_420_800_000);

        assert_eq!(pause(now, None), IDLE);
        assert_eq!(pause(now, Some(now.plus(Span::days(400)))), IDLE);
        assert_eq!(pause(now, Some(now.plus(Span::millis(250)))), Duration::from_millis(250));
        assert_eq!(pause(now, Some(now)), STUCK, "what cannot be done does not spin");
        assert_eq!(pause(now, Some(now.minus(Span::days(400)))), STUCK);
    }
}
