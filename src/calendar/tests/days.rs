//! Bank holidays, office hours, school calendars and ages, one rule a test.

use jiff::civil::Date;

use super::super::{
    BankHolidays, CalendarError, CouncilHolidays, Cover, DATED_SPANS_MAX, DataError, OnlyIn,
    SchoolDay, SchoolTerms, WORKING_DAYS_MAX, age_at, age_on, anniversary, calendar_months,
    days_after, days_before, elapsed_hours, instant, is_bank_holiday, is_office_hours,
    is_school_hours, is_within_months, is_working_day, local, next_office_closing,
    next_office_opening, next_working_day, on_screen_with_year, one_working_day,
    rule_bank_holidays, start_of_day, words_of_day_with_year, working_clock_start, working_days,
    working_hours, working_minutes,
};
use super::{at, date};

fn bundled(year: i16) -> Vec<String> {
    let all = BankHolidays::bundled().all().iter().filter(|holiday| holiday.date.year() == year);
    all.map(|holiday| holiday.date.to_string()).collect()
}

fn ruled(year: i16) -> Vec<String> {
    rule_bank_holidays(year).iter().map(Date::to_string).collect()
}

#[test]
fn the_zone_and_the_holidays_are_built_in() {
    assert_eq!(local(at("2026-07-01 12:00")).to_string(), "2026-07-01T12:00:00");
    assert_eq!(at("2026-07-01 12:00").to_string(), "2026-07-01T11:00:00Z");
    let data = BankHolidays::bundled();
    assert_eq!(data.starts_on(), date("2010-01-01"));
    assert!(data.ends_on() >= date("2028-12-31"));
    assert!(data.compiled() >= date("2026-11-22"));
}

#[test]
fn the_bank_holidays_of_2026_to_2028_are_those_of_section_5_5() {
    let of = |year: &str, days: &str| -> Vec<String> {
        days.split(' ').map(|day| format!("{year}-{day}")).collect()
    };
    for (year, text, days) in [
        (2026, "2026", "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28"),
        (2027, "2027", "01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28"),
        (2028, "2028", "01-03 04-14 04-17 05-01 05-29 08-28 12-25 12-26"),
    ] {
        assert_eq!(bundled(year), of(text, days));
        assert_eq!(ruled(year), of(text, days));
    }
}

#[test]
fn the_data_and_the_rules_differ_by_the_known_one_offs_and_nothing_else() {
    let mut only_data = Vec::new();
    let mut only_rules = Vec::new();
    for year in 2010..=BankHolidays::bundled().ends_on().year() {
        let (data, rules) = (bundled(year), ruled(year));
        only_data.extend(data.iter().filter(|day| !rules.contains(day)).cloned());
        only_rules.extend(rules.iter().filter(|day| !data.contains(day)).cloned());
    }
    let one_offs = "2011-04-29 2012-06-04 2012-06-05 2020-05-08 2022-06-02 2022-06-03 2022-09-19 \
        2023-05-08";
    assert_eq!(only_data.join(" "), one_offs);
    assert_eq!(only_rules.join(" "), "2012-05-28 2020-05-04 2022-05-30");
}

#[test]
fn the_data_wins_over_the_rules() {
    assert!(!is_bank_holiday(date("2020-05-04")) && is_working_day(date("2020-05-04")));
    assert!(is_bank_holiday(date("2020-05-08")) && !is_working_day(date("2020-05-08")));
    let moved = BankHolidays::bundled().on(date("2020-05-08")).unwrap();
    assert_eq!(moved.name, "Early May bank holiday (VE Day)");
}

#[test]
fn a_holiday_of_scotland_alone_is_a_working_day() {
    let june = (1..=30).map(|day| Date::new(2026, 6, day).unwrap());
    assert_eq!(june.filter(|day| is_working_day(*day)).count(), 22);
}

#[test]
fn beyond_the_data_the_rules_are_used_and_the_warning_says_so() {
    let data = BankHolidays::bundled();
    assert!(is_bank_holiday(date("2029-12-25")) && is_bank_holiday(date("2009-12-28")));
    assert!(!is_working_day(date("2029-03-30")), "Good Friday 2029");

    assert_eq!(data.warning(date("2028-12-31")), None);
    assert_eq!(
        data.warning(date("2029-01-01")).unwrap().to_string(),
        "bank holidays after Sun 31 Dec 2028 are by rule only: update the bank holiday file"
    );
}

/// The data built in, as a deployment would copy it, with one year more.
fn newer(last_year: &str) -> String {
    let text = include_str!("../bank-holidays-england-and-wales.tsv");
    let text = text.replace("2028-12-31", "2029-12-31");
    format!("{text}\n{last_year}")
}

const YEAR_2029: &str = "2029-01-01\tNew Year's Day\n2029-03-30\tGood Friday\n2029-04-02\tEaster Monday\n\
    2029-05-07\tEarly May bank holiday\n2029-05-28\tSpring bank holiday\n2029-08-27\tSummer bank holiday\n\
    2029-12-25\tChristmas Day\n2029-12-26\tBoxing Day\n";

#[test]
fn a_deployment_may_bring_a_newer_file_and_it_wins_over_the_rules() {
    let one_off = YEAR_2029.replace("2029-08-27", "2029-06-29\tJubilee\n2029-08-27");

    let data = BankHolidays::deployed(&newer(&one_off)).unwrap();

    assert_eq!(data.ends_on(), date("2029-12-31"));
    assert!(data.on(date("2029-06-29")).is_some());
    assert_eq!(data.differences(date("2026-11-22")), [(date("2029-06-29"), OnlyIn::Data)]);
    let moved = data.differences(date("2020-01-01"));
    assert!(moved.contains(&(date("2020-05-04"), OnlyIn::Rules)));
}

#[test]
fn a_deployments_file_that_cannot_be_right_is_refused_with_the_line_and_the_rule() {
    let refused = |text: &str| BankHolidays::deployed(text).unwrap_err().to_string();
    let line = |text: &str, starts: &str| {
        text.lines().position(|line| line.starts_with(starts)).unwrap() + 1
    };

    let weekend = newer(&YEAR_2029.replace("2029-12-26", "2029-12-29"));
    let number = line(&weekend, "2029-12-29");
    assert_eq!(
        refused(&weekend),
        format!("line {number} of the bank holiday file is a weekend: give the substitute day")
    );
    let few = newer(&YEAR_2029.replace("2029-12-26\tBoxing Day\n", ""));
    assert_eq!(
        refused(&few),
        "line 6 of the bank holiday file covers 2029, which has fewer than 8 bank holidays"
    );
    let narrow = "compiled\t2026-11-22\ncovers\t2027-01-01\t2029-12-31\n";
    assert_eq!(
        refused(narrow),
        "line 2 of the bank holiday file must cover every year that the built-in list covers"
    );
    assert!(refused(&newer("2029-01-01 New Year")).ends_with("is not a date, a tab and a name"));
}

#[test]
fn one_file_is_in_force_in_a_process_and_no_second_one() {
    let built_in = BankHolidays::bundled().clone();

    assert_eq!(built_in.clone().put_in_force(), Ok(()));
    assert_eq!(built_in.put_in_force(), Ok(()), "the same one again");
    let other = BankHolidays::deployed(&newer(YEAR_2029)).unwrap();
    assert_eq!(other.put_in_force(), Err(DataError::OtherInForce));
    assert_eq!(BankHolidays::in_force(), BankHolidays::bundled());
}

#[test]
fn the_end_of_the_data_is_told_from_the_day_on_which_fewer_days_are_left_than_asked() {
    let data = BankHolidays::bundled();

    assert_eq!(data.days_left(date("2028-12-31")), 0);
    assert_eq!(data.days_left(date("2029-01-01")), -1);
    // 180 days before 31 December 2028 is 4 July 2028: 180 are left, which is enough.
    assert_eq!(data.ends_within(date("2028-07-04"), 180), None);
    let notice = data.ends_within(date("2028-07-05"), 180).unwrap();
    assert_eq!(notice.ends_on, date("2028-12-31"));
    assert!(data.ends_within(date("2030-01-01"), 180).is_some());
}

#[test]
fn a_window_of_months_begins_with_its_anchor_and_ends_with_the_same_day_number() {
    for (anchor, event, inside) in [
        ("2025-11-20", "2025-11-19", false),
        ("2025-11-20", "2025-11-20", true),
        ("2025-11-20", "2026-11-20", true),
        ("2025-11-20", "2026-11-21", false),
        // 29 February: the last day of that month a year later.
        ("2028-02-29", "2029-02-28", true),
        ("2028-02-29", "2029-03-01", false),
        ("2027-02-28", "2028-02-28", true),
        ("2027-02-28", "2028-02-29", false),
    ] {
        assert_eq!(is_within_months(date(anchor), date(event), 12), Ok(inside), "{anchor} {event}");
    }
    assert!(is_within_months(date("9999-06-01"), date("9999-06-02"), 12).is_err());
}

#[test]
fn easter_is_found_in_every_kind_of_year() {
    // Earliest, latest, and the years in which the tables make their exceptions.
    for (year, good_friday) in [
        (1818, "1818-03-20"),
        (1943, "1943-04-23"),
        (1954, "1954-04-16"),
        (1981, "1981-04-17"),
        (2000, "2000-04-21"),
        (2038, "2038-04-23"),
        (2049, "2049-04-16"),
        (2076, "2076-04-17"),
        (2285, "2285-03-20"),
    ] {
        assert!(ruled(year).contains(&good_friday.to_owned()), "{year}");
    }
}

#[test]
fn malformed_bank_holiday_files_are_refused_with_the_line() {
    let head = "compiled\t2026-11-22\ncovers\t2027-01-01\t2027-12-31\n";
    let parse = |rest: &str| BankHolidays::parse(&format!("{head}{rest}")).map(|_| ());
    assert_eq!(parse("# comment\n\n2027-01-01\tNew Year's Day\n"), Ok(()));
    assert_eq!(parse("2027-01-01\n"), Err(DataError::Line { line: 3 }));
    assert_eq!(parse("2027-1-1\tx\n"), Err(DataError::Line { line: 3 }));
    assert_eq!(parse("20270101\tx\n"), Err(DataError::Line { line: 3 }));
    assert_eq!(parse("2027-02-29\tx\n"), Err(DataError::Line { line: 3 }));
    assert_eq!(parse("2027-01-01\tx\ty\n"), Err(DataError::Line { line: 3 }));
    assert_eq!(parse("2028-01-03\tx\n"), Err(DataError::Order { line: 3 }));
    assert_eq!(parse("2027-01-02\tx\n2027-01-01\tx\n"), Err(DataError::Order { line: 4 }));
    assert_eq!(parse("2027-01-02\tx\n2027-01-02\tx\n"), Err(DataError::Order { line: 4 }));
    assert_eq!(parse(&" ".repeat(64 * 1024)), Err(DataError::TooLong));

    assert_eq!(BankHolidays::parse(""), Err(DataError::Header));
    assert_eq!(BankHolidays::parse("compiled\t2026-11-22\n"), Err(DataError::Header));
    assert_eq!(BankHolidays::parse("covers\t2027-01-01\t2027-12-31\n"), Err(DataError::Header));
    for part_year in ["2027-01-01\t2027-12-30", "2027-01-02\t2027-12-31", "2028-01-01\t2027-12-31"]
    {
        let text = format!("compiled\t2026-11-22\ncovers\t{part_year}\n");
        assert_eq!(BankHolidays::parse(&text), Err(DataError::Header), "{part_year}");
    }
    let early = "2027-01-01\tx\ncompiled\t2026-11-22\ncovers\t2027-01-01\t2027-12-31\n";
    assert_eq!(BankHolidays::parse(early), Err(DataError::Order { line: 1 }));
}

#[test]
fn offices_are_open_from_nine_to_just_before_five_on_working_days() {
    for (time, open) in [
        ("2026-11-23 08:59:59.999", false),
        ("2026-11-23 09:00", true),
        ("2026-11-23 16:59:59.999", true),
        ("2026-11-23 17:00", false),
        ("2026-11-22 12:00", false),
        ("2026-12-28 12:00", false),
        // By the wall, not by UTC: 09:30 in summer is 08:30 in UTC.
        ("2026-07-01 09:30", true),
        ("2026-07-01 08:30", false),
    ] {
        assert_eq!(is_office_hours(at(time)), open, "{time}");
        assert_eq!(Cover::OfficeHours.is_open(at(time)), open);
        assert!(Cover::RoundTheClock.is_open(at(time)));
    }
}

#[test]
fn closed_inboxes_say_until_when() {
    for (t, opens, closes, starts) in [
        ("2026-11-23 08:00", "2026-11-23 09:00", "2026-11-23 17:00", "2026-11-23 09:00"),
        ("2026-11-23 09:00", "2026-11-24 09:00", "2026-11-23 17:00", "2026-11-23 09:00"),
        ("2026-11-23 12:00", "2026-11-24 09:00", "2026-11-23 17:00", "2026-11-23 12:00"),
        ("2026-11-23 17:00", "2026-11-24 09:00", "2026-11-24 17:00", "2026-11-24 09:00"),
        ("2026-12-24 17:01", "2026-12-29 09:00", "2026-12-29 17:00", "2026-12-29 09:00"),
    ] {
        assert_eq!(next_office_opening(at(t)), Ok(at(opens)), "{t}");
        assert_eq!(next_office_closing(at(t)), Ok(at(closes)), "{t}");
        assert_eq!(working_clock_start(at(t)), Ok(at(starts)), "{t}");
    }
    assert_eq!(next_working_day(date("2026-12-24")), Ok(date("2026-12-29")));
}

#[test]
fn the_same_hours_are_elapsed_or_working_by_the_cover_of_the_inbox() {
    let saturday = at("2026-11-14 00:40");
    assert_eq!(Cover::RoundTheClock.hours(saturday, 4), Ok(at("2026-11-14 04:40")));
    assert_eq!(Cover::OfficeHours.hours(saturday, 4), Ok(at("2026-11-16 13:00")));
    assert_eq!(Cover::RoundTheClock.minutes(saturday, 60), Ok(at("2026-11-14 01:40")));
    assert_eq!(Cover::OfficeHours.minutes(saturday, 60), Ok(at("2026-11-16 10:00")));
}

#[test]
fn a_statutory_working_day_is_shown_in_both_readings() {
    let shown = |received| one_working_day(at(received)).unwrap().to_string();
    assert_eq!(
        shown("2026-04-02 15:00"),
        "local reading of a statutory time: Tue 15:00; statutory limit end of Tue 7 Apr"
    );
    // Received on a Sunday: the hub's own deadline is Monday evening, the text runs to the end of Tuesday.
    assert_eq!(
        shown("2026-11-22 02:00"),
        "local reading of a statutory time: Mon 17:00; statutory limit end of Tue 24 Nov"
    );
}

#[test]
fn seconds_are_kept_and_a_used_up_day_ends_at_five() {
    assert_eq!(working_hours(at("2026-11-20 16:30:20.5"), 1), Ok(at("2026-11-23 09:30:20.5")));
    assert_eq!(working_hours(at("2026-11-23 09:00"), 8), Ok(at("2026-11-23 17:00")));
    assert_eq!(
        working_hours(at("2026-11-23 09:00:00.000000001"), 8).unwrap(),
        at("2026-11-24 09:00:00.000000001")
    );
    assert_eq!(working_minutes(at("2026-11-20 18:00"), 0), Ok(at("2026-11-23 09:00")));
}

#[test]
fn periods_are_bounded() {
    let t = at("2026-11-23 09:00");
    assert_eq!(working_days(t, 0), Err(CalendarError::NoPeriod));
    assert!(working_days(t, WORKING_DAYS_MAX).is_ok());
    assert_eq!(working_days(t, WORKING_DAYS_MAX + 1), Err(CalendarError::PeriodTooLong));
    assert!(working_minutes(t, WORKING_DAYS_MAX * 480).is_ok());
    assert_eq!(working_minutes(t, WORKING_DAYS_MAX * 480 + 1), Err(CalendarError::PeriodTooLong));
    assert_eq!(working_hours(t, u32::MAX), Err(CalendarError::PeriodTooLong));
    assert_eq!(Cover::RoundTheClock.hours(t, u32::MAX), Err(CalendarError::PeriodTooLong));
    assert_eq!(elapsed_hours(t, u32::MAX), Err(CalendarError::OutOfRange));
}

#[test]
fn an_hour_the_clocks_repeat_is_its_first_pass_and_one_they_skip_comes_after() {
    assert_eq!(at("2026-10-25 01:30").to_string(), "2026-10-25T00:30:00Z");
    assert_eq!(at("2026-03-29 01:30").to_string(), "2026-03-29T01:30:00Z");
    assert_eq!(start_of_day(date("2026-10-25")), Ok(at("2026-10-25 00:00")));
    assert_eq!(instant(jiff::civil::DateTime::MAX), Err(CalendarError::OutOfRange));
}

#[test]
fn dates_of_another_year_are_written_with_it() {
    assert_eq!(on_screen_with_year(at("2027-01-14 17:00")), "Thu 14 Jan 2027 17:00 GMT");
    assert_eq!(words_of_day_with_year(date("2026-12-29")), "Tue 29 Dec 2026");
}

#[test]
fn the_window_of_t1_begins_ninety_days_before() {
    // S02: 21 August is inside on 19 November, 20 August is not.
    assert_eq!(days_before(date("2026-11-19"), 90), Ok(date("2026-08-21")));
    assert_eq!(days_before(date("2026-11-19"), u32::MAX), Err(CalendarError::OutOfRange));
}

#[test]
fn the_marac_entry_of_s07_is_purged_thirty_one_days_after_the_twelve_months() {
    let flagged = calendar_months(date("2025-12-11"), 12).unwrap();
    assert_eq!(days_after(flagged, 31), Ok(date("2027-01-11")));
    assert_eq!(days_after(flagged, u32::MAX), Err(CalendarError::OutOfRange));
    assert_eq!(calendar_months(flagged, i32::MAX), Err(CalendarError::OutOfRange));
    assert_eq!(calendar_months(flagged, i32::MIN), Err(CalendarError::OutOfRange));
}

#[test]
fn ages_are_completed_years() {
    let born = date("2012-03-09");
    assert_eq!(age_on(born, date("2026-10-23")), Ok(14));
    assert_eq!(age_on(born, date("2026-03-08")), Ok(13));
    assert_eq!(age_on(born, date("2026-03-09")), Ok(14));
    assert_eq!(age_on(born, born), Ok(0));
    assert_eq!(age_on(born, date("2012-03-08")), Err(CalendarError::BeforeBirth));
    // In summer the day begins an hour before it does in UTC.
    let summer = date("2012-06-18");
    assert_eq!(age_at(summer, "2026-06-17T22:59:59Z".parse().unwrap()), Ok(13));
    assert_eq!(age_at(summer, "2026-06-17T23:00:00Z".parse().unwrap()), Ok(14));
}

#[test]
fn somebody_born_on_29_february_ages_on_1_march_unless_there_is_one() {
    let born = date("2008-02-29");
    assert_eq!(age_on(born, date("2026-02-28")), Ok(17));
    assert_eq!(age_on(born, date("2026-03-01")), Ok(18));
    assert_eq!(anniversary(born, 20), Ok(date("2028-02-29")));
    assert_eq!(age_on(born, date("2028-02-28")), Ok(19));
    assert_eq!(anniversary(born, u16::MAX), Err(CalendarError::OutOfRange));
}

#[test]
fn a_school_day_is_a_working_day_in_term_without_inset() {
    let span = |first, last| (date(first), date(last));
    let terms = vec![span("2026-04-20", "2026-05-22"), span("2026-06-01", "2026-07-21")];
    let school = SchoolTerms::new(terms, vec![date("2026-06-01")]).unwrap();
    for (day, expected) in [
        ("2026-04-17", SchoolDay::NotListed),
        ("2026-04-20", SchoolDay::Open),
        ("2026-05-04", SchoolDay::Closed),
        ("2026-05-16", SchoolDay::Closed),
        ("2026-05-22", SchoolDay::Open),
        ("2026-05-27", SchoolDay::Closed),
        ("2026-06-01", SchoolDay::Closed),
        ("2026-06-02", SchoolDay::Open),
        ("2026-07-21", SchoolDay::Open),
        ("2026-07-22", SchoolDay::NotListed),
    ] {
        assert_eq!(school.on(date(day)), expected, "{day}");
    }
    assert!(!is_school_hours(at("2026-06-02 07:59"), &school));
    assert!(is_school_hours(at("2026-06-02 08:00"), &school));
    assert!(!is_school_hours(at("2026-06-02 16:00"), &school));
    assert!(!is_school_hours(at("2026-06-01 12:00"), &school));
}

#[test]
fn school_calendars_that_make_no_sense_are_refused() {
    let span = |first, last| (date(first), date(last));
    let (autumn, spring) = (span("2026-09-01", "2026-12-18"), span("2027-01-05", "2027-03-25"));
    let refused = Err(CalendarError::SchoolCalendar);
    let terms = |spans| SchoolTerms::new(spans, Vec::new()).map(|_| ());
    assert_eq!(terms(vec![autumn, spring]), Ok(()));
    assert_eq!(terms(Vec::new()), refused);
    assert_eq!(terms(vec![spring, autumn]), refused);
    assert_eq!(terms(vec![autumn, autumn]), refused);
    assert_eq!(terms(vec![autumn, span("2026-12-18", "2027-03-25")]), refused);
    assert_eq!(terms(vec![span("2026-12-18", "2026-09-01")]), refused);
    assert_eq!(terms(vec![autumn, span("2037-09-01", "2037-12-18")]), refused);
    let days = |count| (0..count).map(|n| days_after(date("2026-01-01"), n).unwrap());
    let single = |count| days(count).map(|day| (day, day)).collect::<Vec<_>>();
    let most = u32::try_from(DATED_SPANS_MAX).unwrap();
    assert_eq!(terms(single(most)), Ok(()));
    assert_eq!(terms(single(most + 1)), refused);
    let inset = |count| SchoolTerms::new(vec![autumn], days(count).collect()).map(|_| ());
    assert_eq!((inset(most), inset(most + 1)), (Ok(()), refused));
    let council = |covers, spans| CouncilHolidays::new(covers, spans).map(|_| ());
    assert_eq!(council(autumn, vec![spring]), Ok(()));
    assert_eq!(council(span("2027-01-01", "2026-01-01"), Vec::new()), refused);
    assert_eq!(council(autumn, vec![spring, autumn]), refused);
}

#[test]
fn working_days_are_counted_back_from_the_day_of_a_meeting() {
    let back = |meeting: &str, days| {
        let meeting: jiff::Timestamp = meeting.parse().unwrap();
        crate::calendar::working_days_before(meeting, days).map(crate::calendar::on_screen)
    };

    assert_eq!(back("2026-11-19T10:00Z", 2).unwrap(), "Tue 17 Nov 17:00 GMT");
    assert_eq!(back("2026-11-16T10:00Z", 2).unwrap(), "Thu 12 Nov 17:00 GMT", "over a weekend");
    assert_eq!(back("2026-04-08T09:00+01:00", 2).unwrap(), "Thu 2 Apr 17:00 BST", "over Easter");
    assert!(back("2026-11-19T10:00Z", 0).is_err());
}
