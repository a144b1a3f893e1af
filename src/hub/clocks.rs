//! From the configuration's units to the clocks that policy decides by.

use crate::config;
use crate::policy::{Clocks, RoutineClock, UrgentClock};

/// Eight working hours are one working day (domain 5.5).
const WORKING_DAY_MINUTES: u32 = 480;

/// The local clocks as the file has them.
pub(super) fn of(file: &config::Clocks) -> Clocks {
    let urgent = |clock: &config::ElapsedClock| UrgentClock {
        acknowledge: clock.acknowledge_minutes.get(),
        levels: [clock.level_2_minutes, clock.level_3_minutes, clock.level_4_minutes]
            .map(|minutes| minutes.get()),
    };
    let routine = |clock: &config::WorkingClock| RoutineClock {
        acknowledge: clock.acknowledge_working_minutes.get(),
        level_2: clock.level_2_working_minutes.get(),
        level_3: clock.level_3_working_days.get().saturating_mul(WORKING_DAY_MINUTES),
    };
    Clocks {
        p1: urgent(&file.p1),
        p2: urgent(&file.p2),
        p3: routine(&file.p3),
        p4: routine(&file.p4),
        after_opening_minutes: file.after_opening_working_minutes.get(),
        chase_first: file.chase_first_minutes.to_span(),
        chase_second: file.chase_second_minutes.to_span(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_says_nothing_gives_the_clocks_of_the_domain() {
        assert_eq!(of(&config::Clocks::default()), Clocks::DEFAULT);
    }
}
