//! Europe/London: instants to local times and back, and how they are written for people.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{TimeZone, TimeZoneDatabase};

use super::CalendarError;

// The data built in, never the machine's: the same instant has the same local time on every hub.
#[expect(
    clippy::expect_used,
    reason = "built in; `the_zone_and_the_holidays_are_built_in` reads it"
)]
static LONDON: LazyLock<TimeZone> = LazyLock::new(|| {
    TimeZoneDatabase::bundled().get("Europe/London").expect("Europe/London is built in")
});

/// The local date and time of an instant.
#[must_use]
pub fn local(t: Timestamp) -> DateTime {
    LONDON.to_datetime(t)
}

/// The local date of an instant.
#[must_use]
pub fn local_date(t: Timestamp) -> Date {
    local(t).date()
}

/// The instant of a local time. An hour that the clocks repeat means its first pass, an hour that they skip the
/// same time after the gap.
///
/// # Errors
/// [`CalendarError::OutOfRange`] at the ends of the range.
pub fn instant(local: DateTime) -> Result<Timestamp, CalendarError> {
    LONDON.to_timestamp(local).ok().ok_or(CalendarError::OutOfRange)
}

/// The instant at which a local date begins.
///
/// # Errors
/// [`CalendarError::OutOfRange`] at the ends of the range.
pub fn start_of_day(date: Date) -> Result<Timestamp, CalendarError> {
    instant(date.to_datetime(Time::midnight()))
}

/// For screens and tables: `Mon 26 Oct 17:00 GMT`.
#[must_use]
pub fn on_screen(t: Timestamp) -> String {
    format!("{} {}", local(t).strftime("%a %-d %b %H:%M"), zone_letters(t))
}

/// For screens, where the year is not this one: `Thu 14 Jan 2027 17:00 GMT`.
#[must_use]
pub fn on_screen_with_year(t: Timestamp) -> String {
    format!("{} {}", local(t).strftime("%a %-d %b %Y %H:%M"), zone_letters(t))
}

/// For sentences: `Mon 26 Oct, 5pm`, `Mon 26 Oct, 4:30pm`, `Mon 26 Oct, midday`. The first instant of a day is
/// `Mon 26 Oct, start of day`: at "midnight" people ask which.
#[must_use]
pub fn in_words(t: Timestamp) -> String {
    let local = local(t);
    let day = words_of_day(local.date());
    match (local.hour(), local.minute()) {
        (0, 0) => format!("{day}, start of day"),
        (12, 0) => format!("{day}, midday"),
        (_, 0) => format!("{day}, {}", local.strftime("%-I%P")),
        (_, _) => format!("{day}, {}", local.strftime("%-I:%M%P")),
    }
}

/// `Tue 7 Apr`.
#[must_use]
pub fn words_of_day(date: Date) -> String {
    date.strftime("%a %-d %b").to_string()
}

/// `Tue 29 Dec 2026`.
#[must_use]
pub fn words_of_day_with_year(date: Date) -> String {
    date.strftime("%a %-d %b %Y").to_string()
}

fn zone_letters(t: Timestamp) -> String {
    LONDON.to_offset_info(t).abbreviation().to_owned()
}

/// The first instant strictly after `t` that is `time` on a local day for which `holds`, up to `last`.
pub(super) fn first_after(
    t: Timestamp,
    time: Time,
    last: Date,
    holds: impl Fn(Date) -> bool,
) -> Result<Option<Timestamp>, CalendarError> {
    let mut date = local_date(t);
    while date <= last {
        if holds(date) {
            let at = instant(date.to_datetime(time))?;
            if at > t {
                return Ok(Some(at));
            }
        }
        date = tomorrow(date)?;
    }
    Ok(None)
}

pub(super) fn tomorrow(date: Date) -> Result<Date, CalendarError> {
    date.tomorrow().ok().ok_or(CalendarError::OutOfRange)
}
