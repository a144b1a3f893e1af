//! The local clocks: how soon a person must take an alert and how fast the ladder climbs (domain 5.1, 5.2).
//!
//! No statute sets them: every one is `[DEFAULT]` and may be replaced by configuration, which checks its bounds.

use super::clock;
use super::follow_on::FollowOn;
use super::measures::Measures;
use super::triggers::Thresholds;
use crate::domain::{Priority, Span, Timestamp};

/// Every local clock. The default is the domain's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Clocks {
    /// P1, from the commit into the inbox: 15, 30, 60 and 120 minutes.
    pub p1: UrgentClock,
    /// P2, from the commit into the inbox: 60, 90, 120 and 240 minutes.
    pub p2: UrgentClock,
    /// P3: 4 working hours; the ladder 2 working hours and 1 working day after.
    pub p3: RoutineClock,
    /// P4: 8 working hours; the ladder as P3.
    pub p4: RoutineClock,
    /// An urgent delivery to a desk that is closed: working minutes from its next opening; 60.
    pub after_opening_minutes: u32,
    /// The sender of an incomplete alert is chased; after 60 minutes (domain 3.2).
    pub chase_first: Span,
    /// The sender's duty manager is chased; after 120 minutes.
    pub chase_second: Span,
    /// Something must have come of what a person has taken (domain 5.2).
    pub outcome: OutcomeClock,
    /// How long what follows an alert may take.
    pub follow_on: FollowOn,
    /// How many in how long is a repeat (domain 5.8).
    pub thresholds: Thresholds,
    /// What scores and dates mean.
    pub measures: Measures,
}

/// How long after somebody has taken an alert something must have come of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutcomeClock {
    /// P1: elapsed time; 4 hours.
    pub p1: Span,
    /// P2: elapsed time; 8 hours.
    pub p2: Span,
    /// P3: working days, due at 17:00; 2.
    pub p3_days: u32,
    /// P4: working days, due at 17:00; 5.
    pub p4_days: u32,
}

/// Elapsed minutes from the commit into the inbox, ascending.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UrgentClock {
    /// A person must have acknowledged; the first level is called.
    pub acknowledge: u32,
    /// The second, third and fourth level are called.
    pub levels: [u32; 3],
}

/// Office time (domain 5.5); a desk with cover round the clock counts elapsed minutes to its deadline instead.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RoutineClock {
    /// A person must have acknowledged: working minutes from the commit into the inbox.
    pub acknowledge: u32,
    /// The second level: working minutes from the deadline.
    pub level_2: u32,
    /// The third level: working minutes from the deadline; a working day has 480.
    pub level_3: u32,
}

impl UrgentClock {
    /// How long after the deadline a level, 2 to 4, is called.
    pub(super) fn after_deadline(&self, level: u8) -> Span {
        let [second, third, fourth] = self.levels;
        let from_inbox = match level {
            0..=2 => second,
            3 => third,
            _ => fourth,
        };
        Span::minutes(i64::from(from_inbox.saturating_sub(self.acknowledge)))
    }
}

impl Clocks {
    /// The domain's proposals.
    pub const DEFAULT: Self = Self {
        p1: UrgentClock { acknowledge: 15, levels: [30, 60, 120] },
        p2: UrgentClock { acknowledge: 60, levels: [90, 120, 240] },
        p3: RoutineClock { acknowledge: 240, level_2: 120, level_3: 480 },
        p4: RoutineClock { acknowledge: 480, level_2: 120, level_3: 480 },
        after_opening_minutes: 60,
        chase_first: Span::minutes(60),
        chase_second: Span::minutes(120),
        outcome: OutcomeClock { p1: Span::hours(4), p2: Span::hours(8), p3_days: 2, p4_days: 5 },
        follow_on: FollowOn::DEFAULT,
        thresholds: Thresholds::DEFAULT,
        measures: Measures::DEFAULT,
    };

    /// When something must have come of an alert of this priority that was taken `at`; never at P5, which nobody has to
    /// take.
    pub(super) fn outcome_due(&self, priority: Priority, at: Timestamp) -> Option<Timestamp> {
        match priority {
            Priority::P1 => Some(at.plus(self.outcome.p1)),
            Priority::P2 => Some(at.plus(self.outcome.p2)),
            Priority::P3 => Some(clock::working_days(at, self.outcome.p3_days)),
            Priority::P4 => Some(clock::working_days(at, self.outcome.p4_days)),
            Priority::P5 => None,
        }
    }

    /// How long after its deadline, elapsed or in working minutes, a level above the first is called.
    pub(super) fn ladder(&self, priority: Priority, level: u8) -> Pause {
        let routine = |clock: &RoutineClock| {
            Pause::Working(if level <= 2 { clock.level_2 } else { clock.level_3 })
        };
        match priority {
            Priority::P1 => Pause::Elapsed(self.p1.after_deadline(level)),
            Priority::P2 => Pause::Elapsed(self.p2.after_deadline(level)),
            Priority::P3 => routine(&self.p3),
            Priority::P4 | Priority::P5 => routine(&self.p4),
        }
    }
}

impl Default for Clocks {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A time to wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Pause {
    /// By the clock.
    Elapsed(Span),
    /// In office time, minutes.
    Working(u32),
}
