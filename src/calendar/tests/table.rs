//! Runs `clocks.txt`, which is written for people who answer for these times and do not read code.

use jiff::Timestamp;
use jiff::civil::Date;

use super::super::{
    CalendarError, CouncilHolidays, SchoolTerms, attains_18, calendar_months, elapsed_hours,
    elapsed_minutes, in_words, local, next_school_day, on_screen, subject_access_due, working_days,
    working_hours, working_minutes,
};
use super::{at, date};

const TABLE: &str = include_str!("clocks.txt");

/// The rows of a section without its heading, each as its cells.
fn rows(section: &str) -> Vec<Vec<&'static str>> {
    let heading = format!("[{section}]");
    let rows: Vec<_> = TABLE
        .lines()
        .skip_while(|line| *line != heading)
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .skip(1)
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();
    assert!(!rows.is_empty(), "no rows in {section}");
    rows
}

/// An instant as the table writes it, in as many words as `like` has.
fn written(t: Timestamp, like: &str) -> String {
    let screen = on_screen(t);
    let letters = screen.rsplit(' ').next().unwrap();
    let minute = local(t).strftime("%a %Y-%m-%d %H:%M").to_string();
    match like.split(' ').count() {
        // A date alone is due at 17:00.
        2 => minute.trim_end_matches(" 17:00").to_owned(),
        3 => minute,
        _ => format!("{minute} {letters}"),
    }
}

/// Reads an instant of the table; a weekday that is not that date's is a slip of the pen in the table.
fn read(cell: &str) -> Timestamp {
    let t = at(cell.split_once(' ').unwrap().1);
    assert_eq!(written(t, cell), cell);
    t
}

fn read_day(cell: &str) -> Date {
    let day = date(cell.split_once(' ').unwrap().1);
    assert_eq!(day.strftime("%a %Y-%m-%d").to_string(), cell);
    day
}

fn due(received: Timestamp, clock: &str) -> Result<Timestamp, CalendarError> {
    let (number, unit) = clock.split_once(' ').unwrap();
    let number = number.parse().unwrap();
    match unit {
        "h" => elapsed_hours(received, number),
        "min" => elapsed_minutes(received, number),
        "wm" => working_minutes(received, number),
        "wh" => working_hours(received, number),
        "wd" => working_days(received, number),
        _ => panic!("no such clock: {clock}"),
    }
}

#[test]
fn the_table_of_section_5_5() {
    let clocks = ["4 wh", "8 wh", "2 wd", "7 wd", "10 wd", "15 wd", "35 wd", "45 wd"];
    for row in rows("working time") {
        let received = read(row[0]);
        for (clock, expected) in clocks.iter().zip(&row[1..]) {
            let computed = due(received, clock).unwrap();
            assert_eq!(written(computed, expected), *expected, "{clock} from {}", row[0]);
        }
        assert_eq!(row.len(), 9);
    }
}

#[test]
fn the_deadlines_of_section_5_5_and_of_the_scenarios() {
    for row in rows("deadlines") {
        let [place, received, clock, expected] = row[..] else { panic!("{row:?}") };
        let computed = due(read(received), clock).unwrap();
        assert_eq!(written(computed, expected), expected, "{place}");
    }
}

#[test]
fn subject_access_requests_are_due_as_the_ico_counts() {
    for row in rows("subject access") {
        let [received, expected] = row[..] else { panic!("{row:?}") };
        let computed = subject_access_due(read_day(received)).unwrap();
        assert_eq!(computed.strftime("%a %Y-%m-%d").to_string(), expected);
    }
}

#[test]
fn encompass_is_due_by_the_next_school_day() {
    let half_term = [("2026-09-02", "2026-10-23"), ("2026-11-02", "2026-12-18")];
    let spans = half_term.into_iter().chain([("2027-01-04", "2027-02-12")]);
    let spans = spans.map(|(first, last)| (date(first), date(last))).collect();
    let terms = SchoolTerms::new(spans, vec![date("2027-01-04")]).unwrap();
    let covers = (date("2026-09-01"), date("2027-08-31"));
    let holidays = vec![(date("2026-12-19"), date("2027-01-04"))];
    let council = CouncilHolidays::new(covers, holidays).unwrap();

    for row in rows("next school day") {
        let [calendars, received, expected, basis] = row[..] else { panic!("{row:?}") };
        let (terms, council) = match calendars {
            "terms" => (Some(&terms), None),
            "council" => (None, Some(&council)),
            "terms and council" => (Some(&terms), Some(&council)),
            "none" => (None, None),
            _ => panic!("no such calendars: {calendars}"),
        };
        let (computed, rests_on) = next_school_day(read(received), terms, council).unwrap();
        assert_eq!(written(computed, expected), expected, "{row:?}");
        assert_eq!(rests_on.as_str(), basis, "{row:?}");
        assert_eq!(rests_on.is_known(), basis != "CALENDAR_UNKNOWN");
    }
}

#[test]
fn a_person_attains_18_at_the_start_of_the_18th_anniversary() {
    for row in rows("attaining 18") {
        let [born, expected] = row[..] else { panic!("{row:?}") };
        let computed = attains_18(date(born)).unwrap();
        assert_eq!(written(computed, expected), expected, "born {born}");
    }
}

#[test]
fn calendar_months_keep_the_day_or_end_with_the_month() {
    for row in rows("calendar months") {
        let [from, months, expected] = row[..] else { panic!("{row:?}") };
        let computed = calendar_months(date(from), months.parse().unwrap()).unwrap();
        assert_eq!(computed.to_string(), expected, "{months} months from {from}");
    }
}

#[test]
fn instants_are_written_for_people() {
    for row in rows("writing") {
        let [instant, screen, words] = row[..] else { panic!("{row:?}") };
        assert_eq!(on_screen(read(instant)), screen);
        assert_eq!(in_words(read(instant)), words);
    }
}
