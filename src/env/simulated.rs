//! Simulated hub time, for demonstrations: forward only, standing still or running at the machine's pace.
//!
//! Simulates hub time and nothing else: leases and time-outs stay on the machine's monotonic time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::domain::{Span, Timestamp};

use super::{Clock, MachineTime};

/// Hub time that is moved by hand.
pub struct SimulatedClock {
    machine: Arc<dyn MachineTime>,
    course: Mutex<Course>,
}

struct Course {
    /// Hub time when it was last moved, stopped or set going.
    base: Timestamp,
    /// Since when it runs, in monotonic time; none while it stands still.
    running_since: Option<Duration>,
}

/// Simulated time goes forward only.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("simulated time goes forward only")]
pub struct NotForward;

impl SimulatedClock {
    /// Stands still at `start`.
    #[must_use]
    pub fn starting_at(start: Timestamp, machine: Arc<dyn MachineTime>) -> Self {
        Self { machine, course: Mutex::new(Course { base: start, running_since: None }) }
    }

    /// Moves to `instant`.
    ///
    /// # Errors
    /// When that is in the past.
    pub fn advance_to(&self, instant: Timestamp) -> Result<(), NotForward> {
        let mut course = self.course();
        course.settle(self.machine.monotonic());
        if instant < course.base {
            return Err(NotForward);
        }
        course.base = instant;
        Ok(())
    }

    /// Moves on by `span`.
    ///
    /// # Errors
    /// When the span is negative.
    pub fn advance_by(&self, span: Span) -> Result<(), NotForward> {
        if span < Span::default() {
            return Err(NotForward);
        }
        let mut course = self.course();
        course.settle(self.machine.monotonic());
        course.base = course.base.plus(span);
        Ok(())
    }

    /// From now on passes at the machine's pace.
    pub fn run(&self) {
        let mut course = self.course();
        let monotonic = self.machine.monotonic();
        course.settle(monotonic);
        course.running_since = Some(monotonic);
    }

    /// Stands still from now on.
    pub fn stand_still(&self) {
        let mut course = self.course();
        course.settle(self.machine.monotonic());
        course.running_since = None;
    }

    fn course(&self) -> MutexGuard<'_, Course> {
        // A panic while the lock was held cannot leave half a course: every field is a plain value.
        self.course.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Course {
    fn now(&self, monotonic: Duration) -> Timestamp {
        let passed =
            self.running_since.map_or(0, |since| monotonic.saturating_sub(since).as_millis());
        self.base.plus(Span::millis(i64::try_from(passed).unwrap_or(i64::MAX)))
    }

    /// Takes what has passed into the base.
    fn settle(&mut self, monotonic: Duration) {
        self.base = self.now(monotonic);
        self.running_since = self.running_since.map(|_earlier| monotonic);
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        let course = self.course();
        course.now(self.machine.monotonic())
    }

    fn monotonic(&self) -> Duration {
        self.machine.monotonic()
    }

    fn is_simulated(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::FakeMachine;

    const START: Timestamp = Timestamp::from_millis(1_000_000);

    fn rig() -> (Arc<FakeMachine>, SimulatedClock) {
        let machine = Arc::new(FakeMachine::at(Timestamp::from_millis(77)));
        let clock = SimulatedClock::starting_at(START, Arc::<FakeMachine>::clone(&machine));
        (machine, clock)
    }

    #[test]
    fn it_says_that_it_is_simulated_and_stands_still_whatever_the_machine_does() {
        let (machine, clock) = rig();

        machine.pass(Span::hours(5));
        machine.set_wall_by(Span::days(-3));

        assert!(clock.is_simulated());
        assert_eq!(clock.now(), START);
        assert_eq!(clock.monotonic(), Duration::from_secs(5 * 3_600), "leases run on");
    }

    #[test]
    fn it_moves_forward_and_never_back() {
        let (_machine, clock) = rig();

        clock.advance_by(Span::minutes(15)).unwrap();
        assert_eq!(clock.now(), START.plus(Span::minutes(15)));
        clock.advance_to(START.plus(Span::minutes(20))).unwrap();
        clock.advance_to(START.plus(Span::minutes(20))).unwrap();

        assert_eq!(clock.advance_to(START.plus(Span::minutes(19))), Err(NotForward));
        assert_eq!(clock.advance_by(Span::millis(-1)), Err(NotForward));
        assert_eq!(clock.now(), START.plus(Span::minutes(20)));
    }

    #[test]
    fn while_it_runs_it_passes_at_the_machines_pace() {
        let (machine, clock) = rig();

        clock.run();
        machine.pass(Span::seconds(3));
        assert_eq!(clock.now(), START.plus(Span::seconds(3)));
        clock.advance_by(Span::hours(1)).unwrap();
        machine.pass(Span::seconds(4));
        assert_eq!(clock.now(), START.plus(Span::seconds(3_607)));

        clock.stand_still();
        machine.pass(Span::seconds(50));
        assert_eq!(clock.now(), START.plus(Span::seconds(3_607)));
    }

    #[test]
    fn while_it_runs_the_past_includes_what_has_just_passed() {
        let (machine, clock) = rig();
        clock.run();
        machine.pass(Span::seconds(10));

        assert_eq!(clock.advance_to(START.plus(Span::seconds(9))), Err(NotForward));
    }
}
