//! From the configuration's units to the clocks that policy decides by.

use crate::config;
use crate::policy::follow_on::FollowOn;
use crate::policy::triggers::Thresholds;
use crate::policy::{Clocks, Measures, OutcomeClock, RoutineClock, UrgentClock};

/// Eight working hours are one working day (domain 5.5).
const WORKING_DAY_MINUTES: u32 = 480;

/// The local clocks as the file has them.
pub(super) fn of(file: &config::Config) -> Clocks {
    let (thresholds, measures) = (thresholds(&file.triggers), measures(&file.measures));
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
        follow_on: follow_on(&file.follow_on),
        thresholds,
        measures,
    }
}

fn follow_on(file: &config::FollowOn) -> FollowOn {
    FollowOn {
        interview_warning_hours: file.interview_warning_hours.get(),
        contact_working_days: file.contact_working_days.get(),
        marac_referral_working_days: file.marac_referral_working_days.get(),
        marac_research_working_days: file.marac_research_working_days.get(),
        police_protection_warning_hours: file
            .police_protection_warning_hours
            .map(|hours| hours.get()),
        enquiries_working_minutes: file.enquiries_working_minutes.get(),
        answer_red_working_minutes: file.answer_red_working_minutes.get(),
        answer_amber_working_minutes: file.answer_amber_working_minutes.get(),
        answer_green_working_days: file.answer_green_working_days.get(),
        team_review_days: file.team_review_days.get(),
        disagreement_leads_working_minutes: file.disagreement_leads_working_minutes.get(),
        disagreement_senior_working_days: file.disagreement_senior_working_days.get(),
        override_review_working_minutes: file.override_review_working_minutes.get(),
        stop_confirmed_working_days: file.stop_confirmed_working_days.get(),
    }
}

const fn measures(file: &config::Measures) -> Measures {
    Measures {
        dash_high: file.dash_high.get(),
        dash_medium: file.dash_medium.get(),
        merit_high: file.merit_high.get(),
        engaged_days: file.engaged_days.get(),
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
    fn what_follows_an_alert_takes_as_long_as_the_file_says() {
        let set = read(
            "[clocks.follow_on]\nanswer_red_working_minutes = 60\nteam_review_days = 28\n\
             police_protection_warning_hours = [24, 48, 70]\n",
        );
        let chosen = FollowOn {
            answer_red_working_minutes: 60,
            team_review_days: 28,
            police_protection_warning_hours: [24, 48, 70],
            ..FollowOn::DEFAULT
        };
        assert_eq!(of(&set).follow_on, chosen);

        for (wrong, says) in [
            ("interview_warning_hours = 72", "must be 1 to 71"),
            ("police_protection_warning_hours = [48, 71, 60]", "in ascending order"),
            ("answer_red_working_minutes = 481", "at most clocks.follow_on.answer_amber"),
            ("assessment_working_days = 40", "unknown field"),
        ] {
            let text = format!("{MINIMAL}\n[clocks.follow_on]\n{wrong}\n");
            let refused = config::Config::parse(&text).unwrap_err().to_string();
            assert!(refused.contains("clocks.follow_on"), "{refused}");
            assert!(refused.contains(says), "{refused}");
        }
    }

    #[test]
    fn scores_and_dates_mean_what_the_file_says_and_are_refused_one_past_their_bounds() {
        for (field, least, most) in [
            ("dash_high", 2, 24),
            ("dash_medium", 1, 23),
            ("merit_high", 1, 999),
            ("engaged_days", 1, 183),
        ] {
            let of_field = Measures::ALL.iter().find(|measure| measure.field == field).unwrap().of;
            for value in [least, most] {
                // The two bands of DASH in order.
                let beside = match (field, value) {
                    ("dash_high", 2) => "dash_medium = 1\n",
                    ("dash_medium", 23) => "dash_high = 24\n",
                    _ => "",
                };
                let set = read(&format!("[measures]\n{field} = {value}\n{beside}"));
                assert_eq!(of_field(&of(&set).measures), value, "{field}");
            }
            for value in [least - 1, most + 1] {
                let text = format!("{MINIMAL}\n[measures]\n{field} = {value}\n");
                let refused = config::Config::parse(&text).unwrap_err().to_string();
                assert!(refused.starts_with(&format!("measures.{field} in line ")), "{refused}");
                assert!(refused.contains(&format!("must be {least} to {most}")), "{refused}");
            }
        }
        let text = format!("{MINIMAL}\n[measures]\ndash_medium = 14\n");
        let refused = config::Config::parse(&text).unwrap_err().to_string();
        assert_eq!(refused, "measures.dash_medium must be less than measures.dash_high");
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
