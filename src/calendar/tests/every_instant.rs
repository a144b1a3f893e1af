//! What holds at any instant there is: no panic, no deadline before receipt, none outside office hours.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::super::{
    CalendarError, CouncilHolidays, OFFICE_CLOSES, OFFICE_OPENS, SchoolTerms, age_on, anniversary,
    attains_18, calendar_months, days_after, days_before, elapsed_hours, in_words, instant,
    is_office_hours, is_working_day, local, local_date, next_office_closing, next_office_opening,
    next_school_day, on_screen, on_screen_with_year, one_working_day, subject_access_due,
    working_days, working_hours, working_minutes,
};
use super::at;

fn any_instant() -> impl Strategy<Value = Timestamp> {
    let all = Timestamp::MIN.as_nanosecond()..=Timestamp::MAX.as_nanosecond();
    all.prop_map(|nanos| Timestamp::from_nanosecond(nanos).unwrap())
}

/// Instants of the years that the bank holiday data covers.
fn hub_instant() -> impl Strategy<Value = Timestamp> {
    let (first, last) = (at("2010-01-01 00:00"), at("2028-06-30 00:00"));
    (first.as_second()..=last.as_second())
        .prop_map(|second| Timestamp::from_second(second).unwrap())
}

fn any_date() -> impl Strategy<Value = Date> {
    any_instant().prop_map(local_date)
}

/// The same clock, minute by minute: slow and plain.
fn minute_by_minute(received: Timestamp, minutes: u32) -> Timestamp {
    let mut t = received;
    for _ in 0..minutes {
        while !is_office_hours(t) {
            t = next_office_opening(t).unwrap();
        }
        let later = t.checked_add(SignedDuration::from_mins(1)).unwrap();
        let closes = instant(local_date(t).to_datetime(OFFICE_CLOSES)).unwrap();
        t = if later <= closes {
            later
        } else {
            let spent = closes.duration_since(t);
            let left = SignedDuration::from_mins(1).checked_sub(spent).unwrap();
            next_office_opening(t).unwrap().checked_add(left).unwrap()
        };
    }
    t
}

fn total_at(t: Timestamp) {
    let date = local_date(t);
    let (spans, covers) = (vec![(date, date)], (date, date));
    let terms = SchoolTerms::new(spans.clone(), Vec::new()).unwrap();
    let council = CouncilHolidays::new(covers, spans).unwrap();
    assert!(!on_screen(t).is_empty() && !on_screen_with_year(t).is_empty());
    assert!(!in_words(t).is_empty());
    let instants = [
        next_office_opening(t),
        next_office_closing(t),
        working_minutes(t, 480),
        working_days(t, 45),
        elapsed_hours(t, 72),
        one_working_day(t).map(|day| day.due),
        next_school_day(t, Some(&terms), Some(&council)).map(|(at, _)| at),
        next_school_day(t, None, None).map(|(at, _)| at),
    ];
    for due in instants {
        assert!(due.map_or_else(|error| error == CalendarError::OutOfRange, |due| due > t));
    }
    for date in [calendar_months(date, 1), days_after(date, 90), subject_access_due(date)] {
        assert!(date.is_ok() || date == Err(CalendarError::OutOfRange));
    }
    assert!(days_before(date, 90).is_ok() || date.year() == -9999);
    assert!(attains_18(date).is_ok() || date.year() > 9980);
    assert!(anniversary(date, 18).is_ok() || date.year() > 9980);
}

#[test]
fn the_ends_of_time_are_errors_and_not_panics() {
    let week = SignedDuration::from_hours(170);
    for t in [Timestamp::MIN, Timestamp::MAX, Timestamp::UNIX_EPOCH] {
        total_at(t);
        for near in [t.checked_add(week), t.checked_sub(week)].into_iter().flatten() {
            total_at(near);
        }
    }
    assert_eq!(working_days(Timestamp::MAX, 2), Err(CalendarError::OutOfRange));
    assert_eq!(next_office_opening(Timestamp::MAX), Err(CalendarError::OutOfRange));
    assert_eq!(next_school_day(Timestamp::MAX, None, None), Err(CalendarError::OutOfRange));
    assert_eq!(subject_access_due(Date::MAX), Err(CalendarError::OutOfRange));
    assert_eq!(attains_18(Date::MAX), Err(CalendarError::OutOfRange));
    assert_eq!(days_before(Date::MIN, 1), Err(CalendarError::OutOfRange));
    assert_eq!(age_on(Date::MIN, Date::MAX), Ok(19_998));
}

proptest! {
    #[test]
    fn every_function_is_total(t in any_instant()) {
        total_at(t);
    }

    #[test]
    fn working_minutes_are_those_counted_one_by_one(t in hub_instant(), minutes in 1_u32..1_500) {
        prop_assert_eq!(working_minutes(t, minutes), Ok(minute_by_minute(t, minutes)));
    }

    #[test]
    fn a_later_receipt_is_never_due_earlier(t in hub_instant(), after in 0_i64..2_000_000, n in 1_u32..50) {
        let later = t.checked_add(SignedDuration::from_secs(after)).unwrap();
        prop_assert!(working_hours(t, n).unwrap() <= working_hours(later, n).unwrap());
        prop_assert!(working_days(t, n).unwrap() <= working_days(later, n).unwrap());
        let school = |t| next_school_day(t, None, None).unwrap().0;
        prop_assert!(school(t) <= school(later));
    }

    #[test]
    fn working_deadlines_fall_in_or_at_the_end_of_office_hours(t in hub_instant(), n in 1_u32..3_000) {
        let due = local(working_minutes(t, n).unwrap());
        prop_assert!(is_working_day(due.date()));
        prop_assert!(OFFICE_OPENS < due.time() && due.time() <= OFFICE_CLOSES);
        let due = local(working_days(t, n.max(2)).unwrap());
        prop_assert!(is_working_day(due.date()) && due.time() == OFFICE_CLOSES);
    }

    #[test]
    fn an_age_is_the_number_of_anniversaries_reached(born in any_date(), date in any_date()) {
        match age_on(born, date) {
            Err(error) => prop_assert!(error == CalendarError::BeforeBirth && date < born),
            Ok(age) => {
                prop_assert!(anniversary(born, age).unwrap() <= date);
                prop_assert!(anniversary(born, age.saturating_add(1)).map_or(true, |next| date < next));
            }
        }
    }
}
