//! Hub time on a machine (architecture section 7).
//!
//! Hub time is the wall clock at the start plus monotonic time since. It follows the wall clock while the two
//! differ by at most 2 s. When they differ by more, hub time keeps its own course, says so once, and waits for
//! somebody to put the wall clock right: a step of the ladder must be neither missed nor doubled because a clock
//! was set.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::domain::{Span, Timestamp};

use super::{Clock, MachineTime};

/// How far the wall clock may be from hub time and still be followed.
const FOLLOWED_MAX: Span = Span::seconds(2);

/// A wall clock this much after the last group is taken, but somebody should know.
const GAP_MAX: Span = Span::hours(24);

/// What somebody should know about the clock; recorded as `CLOCK_SKEW`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClockAlarm {
    /// At the start the wall clock was earlier than the last group: hub time goes on from that group.
    StartedBehind {
        /// By how much the wall clock is behind.
        by: Span,
    },
    /// At the start the wall clock was more than 24 h after the last group: it was taken.
    StartedAfterGap {
        /// From the last group to the wall clock.
        gap: Span,
    },
    /// The wall clock and hub time differ by more than 2 s: hub time keeps its own course.
    Skewed {
        /// Wall clock minus hub time.
        by: Span,
    },
    /// The wall clock and hub time agree again: hub time follows.
    Agrees,
}

/// Is told of every [`ClockAlarm`], once a change. Called by whoever reads the clock, so it must not block.
pub type ClockObserver = Box<dyn Fn(ClockAlarm) + Send + Sync>;

/// Hub time on a machine.
pub struct SystemClock {
    machine: Arc<dyn MachineTime>,
    course: Mutex<Course>,
    observer: ClockObserver,
}

/// Where hub time is.
struct Course {
    /// Hub time at `since`.
    base: Timestamp,
    /// Monotonic time of `base`.
    since: Duration,
    /// The latest hub time that was told.
    told: Timestamp,
    /// Wall clock minus hub time as last reported; none while they agree.
    skew: Option<Span>,
}

impl SystemClock {
    /// Starts hub time: the wall clock, but never before `last_group`, the hub time of the newest group in the
    /// store.
    #[must_use]
    pub fn start(
        machine: Arc<dyn MachineTime>,
        last_group: Option<Timestamp>,
        observer: ClockObserver,
    ) -> Self {
        let (wall, since) = (machine.wall(), machine.monotonic());
        let base = last_group.map_or(wall, |last| last.max(wall));
        if let Some(last) = last_group {
            let gap = wall.since(last);
            if wall < last {
                observer(ClockAlarm::StartedBehind { by: last.since(wall) });
            } else if gap > GAP_MAX {
                observer(ClockAlarm::StartedAfterGap { gap });
            }
        }
        // A start behind the last group has been reported; the same difference is not reported again.
        let apart = wall.since(base);
        let skew = is_apart(apart).then_some(apart);
        let course = Mutex::new(Course { base, since, told: base, skew });
        Self { machine, course, observer }
    }

    /// Wall clock minus hub time as last reported; none while hub time follows the wall clock.
    #[must_use]
    pub fn skew(&self) -> Option<Span> {
        self.course().skew
    }

    fn course(&self) -> MutexGuard<'_, Course> {
        // A panic while the lock was held cannot leave half a course: every field is a plain value.
        self.course.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Course {
    fn take(&mut self, wall: Timestamp, monotonic: Duration) -> Option<ClockAlarm> {
        let own = self.own(monotonic);
        let apart = wall.since(own);
        if !is_apart(apart) {
            (self.base, self.since) = (wall, monotonic);
            self.told = self.told.max(wall);
            return self.skew.take().map(|_ended| ClockAlarm::Agrees);
        }
        self.told = own;
        let news = self.skew.is_none_or(|known| is_apart(difference(apart, known)));
        if news {
            // Not at every reading: what is less than a millisecond would be lost each time.
            (self.base, self.since, self.skew) = (own, monotonic, Some(apart));
        }
        news.then_some(ClockAlarm::Skewed { by: apart })
    }

    /// Hub time by monotonic time alone, never before what was told.
    fn own(&self, monotonic: Duration) -> Timestamp {
        let elapsed = monotonic.saturating_sub(self.since).as_millis();
        let own = self.base.plus(Span::millis(i64::try_from(elapsed).unwrap_or(i64::MAX)));
        own.max(self.told)
    }
}

fn is_apart(by: Span) -> bool {
    by > FOLLOWED_MAX || by.as_millis() < FOLLOWED_MAX.as_millis().saturating_neg()
}

fn difference(a: Span, b: Span) -> Span {
    Span::millis(a.as_millis().saturating_sub(b.as_millis()))
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let (now, alarm) = {
            let mut course = self.course();
            // Read under the lock, so that readings are taken in one order.
            let alarm = course.take(self.machine.wall(), self.machine.monotonic());
            (course.told, alarm)
        };
        // Told outside the lock, so that the observer may read the clock.
        if let Some(alarm) = alarm {
            (self.observer)(alarm);
        }
        now
    }

    fn monotonic(&self) -> Duration {
        self.machine.monotonic()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::FakeMachine;

    const START: Timestamp = Timestamp::from_millis(1_795_420_800_000);

    struct Rig {
        machine: Arc<FakeMachine>,
        clock: SystemClock,
        alarms: Arc<Mutex<Vec<ClockAlarm>>>,
    }

    fn rig(last_group: Option<Timestamp>) -> Rig {
        let machine = Arc::new(FakeMachine::at(START));
        let alarms = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&alarms);
        let observer = Box::new(move |alarm| heard.lock().unwrap().push(alarm));
        let clock = SystemClock::start(Arc::<FakeMachine>::clone(&machine), last_group, observer);
        Rig { machine, clock, alarms }
    }

    impl Rig {
        fn alarms(&self) -> Vec<ClockAlarm> {
            std::mem::take(&mut self.alarms.lock().unwrap())
        }
    }

    #[test]
    fn hub_time_is_the_wall_clock_while_nobody_sets_it() {
        let rig = rig(None);

        rig.machine.pass(Span::hours(30));

        assert_eq!(rig.clock.now(), START.plus(Span::hours(30)));
        assert_eq!(rig.clock.monotonic(), Duration::from_secs(30 * 3_600));
        assert_eq!(rig.alarms(), []);
        assert_eq!(rig.clock.skew(), None);
    }

    #[test]
    fn hub_time_follows_a_wall_clock_that_is_set_by_up_to_two_seconds() {
        let rig = rig(None);

        rig.machine.set_wall_by(Span::seconds(2));
        assert_eq!(rig.clock.now(), START.plus(Span::seconds(2)));

        rig.machine.set_wall_by(Span::seconds(2));
        assert_eq!(rig.clock.now(), START.plus(Span::seconds(4)));
        assert_eq!(rig.alarms(), []);
    }

    #[test]
    fn hub_time_never_goes_back_when_it_follows() {
        let rig = rig(None);
        rig.machine.pass(Span::seconds(10));
        let told = rig.clock.now();

        rig.machine.set_wall_by(Span::seconds(-2));
        assert_eq!(rig.clock.now(), told);
        rig.machine.pass(Span::seconds(3));

        assert_eq!(rig.clock.now(), START.plus(Span::seconds(11)));
        assert_eq!(rig.alarms(), []);
    }

    #[test]
    fn many_small_steps_back_do_not_hold_hub_time_still_unnoticed() {
        let rig = rig(None);

        for _step in 0..10 {
            rig.machine.set_wall_by(Span::seconds(-1));
            rig.clock.now();
        }
        rig.machine.pass(Span::minutes(1));

        assert_eq!(rig.clock.now(), START.plus(Span::minutes(1)));
        assert!(matches!(rig.alarms()[0], ClockAlarm::Skewed { .. }));
    }

    #[test]
    fn hub_time_keeps_its_course_when_the_wall_clock_is_set_by_more() {
        for jump in [
            Span::millis(2_001),
            Span::millis(-2_001),
            Span::hours(1),
            Span::hours(-1),
            Span::days(400),
        ] {
            let rig = rig(None);
            rig.clock.now();

            rig.machine.set_wall_by(jump);
            rig.machine.pass(Span::minutes(1));

            assert_eq!(rig.clock.now(), START.plus(Span::minutes(1)), "after {jump:?}");
            assert_eq!(rig.alarms(), [ClockAlarm::Skewed { by: jump }]);
            assert_eq!(rig.clock.skew(), Some(jump));
        }
    }

    #[test]
    fn a_skew_is_told_once_and_again_only_when_it_changes() {
        let rig = rig(None);
        rig.machine.set_wall_by(Span::hours(1));
        rig.clock.now();
        assert_eq!(rig.alarms().len(), 1);

        rig.machine.pass(Span::hours(8));
        rig.clock.now();
        rig.clock.now();
        assert_eq!(rig.alarms(), [], "the same skew, hours later");

        rig.machine.set_wall_by(Span::hours(-2));
        rig.clock.now();
        assert_eq!(rig.alarms(), [ClockAlarm::Skewed { by: Span::hours(-1) }]);
    }

    #[test]
    fn hub_time_follows_again_once_the_wall_clock_is_put_right() {
        let rig = rig(None);
        rig.machine.set_wall_by(Span::hours(1));
        rig.clock.now();
        rig.alarms();

        rig.machine.set_wall_by(Span::millis(-3_599_000));

        assert_eq!(rig.clock.now(), START.plus(Span::seconds(1)));
        assert_eq!(rig.alarms(), [ClockAlarm::Agrees]);
        assert_eq!(rig.clock.skew(), None);
    }

    #[test]
    fn a_start_with_an_earlier_wall_clock_goes_on_from_the_last_group() {
        let last = START.plus(Span::hours(1));

        let rig = rig(Some(last));

        assert_eq!(rig.alarms(), [ClockAlarm::StartedBehind { by: Span::hours(1) }]);
        rig.machine.pass(Span::minutes(5));
        assert_eq!(rig.clock.now(), last.plus(Span::minutes(5)));
        assert_eq!(rig.alarms(), [], "the start has said it");
        assert_eq!(rig.clock.skew(), Some(Span::hours(-1)));
    }

    #[test]
    fn a_start_just_behind_the_last_group_catches_up_without_going_back() {
        let last = START.plus(Span::seconds(1));

        let rig = rig(Some(last));

        assert_eq!(rig.alarms(), [ClockAlarm::StartedBehind { by: Span::seconds(1) }]);
        assert_eq!(rig.clock.now(), last);
        rig.machine.pass(Span::seconds(2));
        assert_eq!(rig.clock.now(), START.plus(Span::seconds(2)));
        assert_eq!(rig.alarms(), []);
    }

    #[test]
    fn a_start_long_after_the_last_group_takes_the_wall_clock_and_says_so() {
        let day_before = rig(Some(START.minus(Span::hours(24))));
        assert_eq!(day_before.clock.now(), START);
        assert_eq!(day_before.alarms(), []);

        let gap = Span::millis(24 * 3_600_000 + 1);
        let longer = rig(Some(START.minus(gap)));
        assert_eq!(longer.clock.now(), START);
        assert_eq!(longer.alarms(), [ClockAlarm::StartedAfterGap { gap }]);
    }

    #[test]
    fn an_observer_may_read_the_clock() {
        let machine = Arc::new(FakeMachine::at(START));
        let slot: Arc<std::sync::OnceLock<Arc<SystemClock>>> = Arc::default();
        let seen = Arc::clone(&slot);
        let observer = Box::new(move |_alarm| {
            seen.get().map(|clock| clock.now());
        });
        let clock =
            Arc::new(SystemClock::start(Arc::<FakeMachine>::clone(&machine), None, observer));
        assert!(slot.set(Arc::clone(&clock)).is_ok());

        machine.set_wall_by(Span::hours(1));

        assert_eq!(clock.now(), START);
    }
}
