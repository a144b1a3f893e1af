//! From the configuration's units to the clocks that policy decides by.

use crate::config;
use crate::policy::triggers::Thresholds;
use crate::policy::{Clocks, OutcomeClock, RoutineClock, UrgentClock};

/// Eight working hours are one working day (domain 5.5).
const WORKING_DAY_MINUTES: u32 = 480;

/// The local clocks as the file has them.
pub(super) fn of(file: &config::Config) -> Clocks {
    let thresholds = thresholds(&file.triggers);
    let file = &file.clocks;
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
        outcome: OutcomeClock {
            p1: file.outcome.p1_minutes.to_span(),
            p2: file.outcome.p2_minutes.to_span(),
            p3_days: file.outcome.p3_working_days.get(),
            p4_days: file.outcome.p4_working_days.get(),
        },
        thresholds,
    }
}

const fn thresholds(file: &config::Triggers) -> Thresholds {
    Thresholds {
        missing_episodes: file.missing_episodes.get(),
        missing_days: file.missing_days.get(),
        missing_hours: file.missing_hours.get(),
        missing_age: file.missing_age.get(),
        attendances: file.attendances.get(),
        attendance_months: file.attendance_months.get(),
        notifications: file.notifications.get(),
        notification_months: file.notification_months.get(),
        rereferral_months: file.rereferral_months.get(),
        contacts: file.contacts.get(),
        contact_days: file.contact_days.get(),
        same_missing_hours: file.same_missing_hours.get(),
        same_attendance_hours: file.same_attendance_hours.get(),
        same_incident_hours: file.same_incident_hours.get(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINIMAL: &str = include_str!("../../docs/samples/minimal.toml");

    fn read(lines: &str) -> config::Config {
        config::Config::parse(&format!("{MINIMAL}\n{lines}")).unwrap()
    }

    #[test]
    fn a_file_that_says_nothing_gives_the_clocks_of_the_domain() {
        assert_eq!(of(&read("")), Clocks::DEFAULT);
    }

    #[test]
    fn a_threshold_is_set_within_its_bounds_and_refused_one_past_them_by_field_and_rule() {
        for bound in Thresholds::BOUNDS {
            let (field, least, most) = (bound.field, bound.least, bound.most);
            for value in [least, most] {
                let config = read(&format!("[triggers]\n{field} = {value}\n"));
                assert_eq!((bound.of)(&of(&config).thresholds), value, "{field}");
            }
            for value in [least - 1, most + 1] {
                let text = format!("{MINIMAL}\n[triggers]\n{field} = {value}\n");
                let refused = config::Config::parse(&text).unwrap_err().to_string();
                assert!(refused.starts_with(&format!("triggers.{field} in line ")), "{refused}");
                assert!(refused.contains(&format!("must be {least} to {most}")), "{refused}");
            }
        }
    }
}
