//! Calendar months, anniversaries and ages (domain 5.5 and 5.6).

use jiff::civil::Date;
use jiff::{Span, Timestamp};

use super::CalendarError;
use super::london::{local_date, start_of_day};
use super::office::working_day_from;

const MAJORITY: u16 = 18;

/// The same day number `months` later (earlier if negative), or the last day of that month.
///
/// # Errors
/// [`CalendarError::OutOfRange`] beyond the year 9999.
pub fn calendar_months(date: Date, months: i32) -> Result<Date, CalendarError> {
    let span = Span::new().try_months(months).ok().ok_or(CalendarError::OutOfRange)?;
    date.checked_add(span).ok().ok_or(CalendarError::OutOfRange)
}

/// Whether `event` is on or after `anchor` and at most `months` calendar months after it, the last day included: the
/// windows of T3 to T6 ("event date <= last referral date + 12 calendar months").
///
/// # Errors
/// [`CalendarError::OutOfRange`] beyond the year 9999.
pub fn is_within_months(anchor: Date, event: Date, months: u16) -> Result<bool, CalendarError> {
    Ok(anchor <= event && event <= calendar_months(anchor, i32::from(months))?)
}

/// The date `days` before: rolling windows count local dates, both ends included (T1).
///
/// # Errors
/// [`CalendarError::OutOfRange`] before the year -9999.
pub fn days_before(date: Date, days: u32) -> Result<Date, CalendarError> {
    let span = Span::new().try_days(i64::from(days)).ok().ok_or(CalendarError::OutOfRange)?;
    date.checked_sub(span).ok().ok_or(CalendarError::OutOfRange)
}

/// The date `days` after, for periods in days of any kind ("+ 31 days").
///
/// # Errors
/// [`CalendarError::OutOfRange`] beyond the year 9999.
pub fn days_after(date: Date, days: u32) -> Result<Date, CalendarError> {
    let span = Span::new().try_days(i64::from(days)).ok().ok_or(CalendarError::OutOfRange)?;
    date.checked_add(span).ok().ok_or(CalendarError::OutOfRange)
}

/// When a subject access request must be answered: one calendar month after the day of receipt, and if that is
/// no working day on the next one [GUID ICO].
///
/// # Errors
/// [`CalendarError::OutOfRange`] beyond the year 9999.
pub fn subject_access_due(received: Date) -> Result<Date, CalendarError> {
    working_day_from(calendar_months(received, 1)?)
}

/// The date on which somebody attains an age; born on 29 February, 1 March in years without one.
///
/// # Errors
/// [`CalendarError::OutOfRange`] beyond the year 9999.
pub fn anniversary(born: Date, years: u16) -> Result<Date, CalendarError> {
    let year = i16::try_from(years).ok().and_then(|years| born.year().checked_add(years));
    let year = year.ok_or(CalendarError::OutOfRange)?;
    let same_day = Date::new(year, born.month(), born.day());
    // Only 29 February can be missing from a year.
    same_day.or_else(|_| Date::new(year, 3, 1)).ok().ok_or(CalendarError::OutOfRange)
}

/// Completed years on a date.
///
/// # Errors
/// [`CalendarError::BeforeBirth`] when the date is before the date of birth.
pub fn age_on(born: Date, date: Date) -> Result<u16, CalendarError> {
    if date < born {
        return Err(CalendarError::BeforeBirth);
    }
    let years = date.year().saturating_sub(born.year());
    let years = u16::try_from(years).ok().ok_or(CalendarError::OutOfRange)?;
    match anniversary(born, years)? <= date {
        true => Ok(years),
        false => Ok(years.saturating_sub(1)),
    }
}

/// Completed years at an instant, by the local date.
///
/// # Errors
/// [`CalendarError::BeforeBirth`] when the instant is before the date of birth.
pub fn age_at(born: Date, t: Timestamp) -> Result<u16, CalendarError> {
    age_on(born, local_date(t))
}

/// The instant at which somebody attains an age: the start of the anniversary, local time (Family Law Reform
/// Act 1969 s9).
///
/// # Errors
/// [`CalendarError::OutOfRange`] beyond the year 9999.
pub fn attains(born: Date, years: u16) -> Result<Timestamp, CalendarError> {
    start_of_day(anniversary(born, years)?)
}

/// The instant at which somebody stops being a child.
///
/// # Errors
/// [`CalendarError::OutOfRange`] beyond the year 9999.
pub fn attains_18(born: Date) -> Result<Timestamp, CalendarError> {
    attains(born, MAJORITY)
}
