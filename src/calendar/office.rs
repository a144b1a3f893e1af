//! Working days, office hours and the clocks that run in them (domain 5.1 and 5.5).

use std::fmt;

use jiff::civil::{Date, DateTime, Time, Weekday, time};
use jiff::{SignedDuration, Timestamp};

use super::CalendarError;
use super::bank_holidays::is_bank_holiday;
use super::london::{first_after, instant, local, tomorrow, words_of_day};

/// When offices open on a working day: CADT, AREA, FSU, MARAC, SAFERFUT and the like (domain 9.1).
pub const OFFICE_OPENS: Time = time(9, 0, 0, 0);

/// When they close: at 17:00 exactly they are closed.
pub const OFFICE_CLOSES: Time = time(17, 0, 0, 0);

/// Minutes in an office day; eight working hours are one working day [STAT-READING, domain 5.5].
pub const OFFICE_MINUTES: u32 = 480;

/// The longest period, in working days: more than any retention or review period.
pub const WORKING_DAYS_MAX: u32 = 10_000;

/// When somebody answers an inbox (domain 5.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cover {
    /// Day and night: MERPOL, WUTH-AED, EDT, the MIDW ward, other councils' emergency teams.
    RoundTheClock,
    /// 09:00 to 17:00 on working days.
    OfficeHours,
}

impl Cover {
    /// Whether somebody is there now.
    #[must_use]
    pub fn is_open(self, t: Timestamp) -> bool {
        match self {
            Self::RoundTheClock => true,
            Self::OfficeHours => is_office_hours(t),
        }
    }

    /// The instant `minutes` on the clock of such an inbox after `from`: elapsed or working minutes.
    ///
    /// # Errors
    /// When the answer is out of range or the period too long.
    pub fn minutes(self, from: Timestamp, minutes: u32) -> Result<Timestamp, CalendarError> {
        match self {
            Self::RoundTheClock => elapsed_minutes(from, minutes),
            Self::OfficeHours => working_minutes(from, minutes),
        }
    }

    /// The instant `hours` on the clock of such an inbox after `from`: elapsed or working hours.
    ///
    /// # Errors
    /// When the answer is out of range or the period too long.
    pub fn hours(self, from: Timestamp, hours: u32) -> Result<Timestamp, CalendarError> {
        self.minutes(from, minutes_of(hours)?)
    }
}

/// Whether this is a Monday to Friday that is not a bank holiday of England and Wales.
#[must_use]
pub fn is_working_day(date: Date) -> bool {
    let weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
    !weekend && !is_bank_holiday(date)
}

/// The first working day after a date.
///
/// # Errors
/// [`CalendarError::OutOfRange`] at the end of the year 9999.
pub fn next_working_day(date: Date) -> Result<Date, CalendarError> {
    working_day_from(tomorrow(date)?)
}

/// The date itself if it is a working day, else the first one after it.
pub(super) fn working_day_from(date: Date) -> Result<Date, CalendarError> {
    let mut date = date;
    while !is_working_day(date) {
        date = tomorrow(date)?;
    }
    Ok(date)
}

/// Whether offices are open: a working day, from 09:00 to just before 17:00.
#[must_use]
pub fn is_office_hours(t: Timestamp) -> bool {
    let local = local(t);
    OFFICE_OPENS <= local.time() && local.time() < OFFICE_CLOSES && is_working_day(local.date())
}

/// The first 09:00 of a working day strictly after an instant: "closed until".
///
/// # Errors
/// [`CalendarError::OutOfRange`] at the end of the year 9999.
pub fn next_office_opening(t: Timestamp) -> Result<Timestamp, CalendarError> {
    first_after(t, OFFICE_OPENS, Date::MAX, is_working_day)?.ok_or(CalendarError::OutOfRange)
}

/// The first 17:00 of a working day strictly after an instant: when a P1/P2 still held by CADT goes to EDT.
///
/// # Errors
/// [`CalendarError::OutOfRange`] at the end of the year 9999.
pub fn next_office_closing(t: Timestamp) -> Result<Timestamp, CalendarError> {
    first_after(t, OFFICE_CLOSES, Date::MAX, is_working_day)?.ok_or(CalendarError::OutOfRange)
}

/// When a working clock started by something received at `t` begins to run: at once in office hours, else at the
/// next opening.
///
/// # Errors
/// [`CalendarError::OutOfRange`] at the end of the year 9999.
pub fn working_clock_start(t: Timestamp) -> Result<Timestamp, CalendarError> {
    if is_office_hours(t) { Ok(t) } else { next_office_opening(t) }
}

/// The instant after `hours` working hours; see [`working_minutes`].
///
/// # Errors
/// As [`working_minutes`].
pub fn working_hours(received: Timestamp, hours: u32) -> Result<Timestamp, CalendarError> {
    working_minutes(received, minutes_of(hours)?)
}

/// The instant at which `minutes` have passed inside office hours since something was received. Received at or
/// after 17:00, or not on a working day, the clock starts at the next 09:00. A period that is used up at 17:00
/// ends then, not on the next morning.
///
/// # Errors
/// When the answer is out of range, or the period longer than [`WORKING_DAYS_MAX`].
pub fn working_minutes(received: Timestamp, minutes: u32) -> Result<Timestamp, CalendarError> {
    if minutes.div_ceil(OFFICE_MINUTES) > WORKING_DAYS_MAX {
        return Err(CalendarError::PeriodTooLong);
    }
    let mut from = local(working_clock_start(received)?);
    let mut left = SignedDuration::from_mins(i64::from(minutes));
    loop {
        // No clock change falls between 09:00 and 17:00, so local time runs as fast as UTC.
        let today = from.date().to_datetime(OFFICE_CLOSES).duration_since(from);
        if left <= today {
            return instant(later(from, left)?);
        }
        left = left.checked_sub(today).ok_or(CalendarError::OutOfRange)?;
        from = next_working_day(from.date())?.to_datetime(OFFICE_OPENS);
    }
}

/// 17:00 on the n-th working day after day 0, which is the day of receipt if that is a working day and before
/// 17:00, else the next working day. One working day is eight working hours (see [`one_working_day`]).
///
/// # Errors
/// When `days` is 0 or more than [`WORKING_DAYS_MAX`], or the answer is out of range.
pub fn working_days(received: Timestamp, days: u32) -> Result<Timestamp, CalendarError> {
    match days {
        0 => Err(CalendarError::NoPeriod),
        1 => working_hours(received, 8),
        2..=WORKING_DAYS_MAX => {
            let last = working_days_after(day_zero(received)?, days)?;
            instant(last.to_datetime(OFFICE_CLOSES))
        }
        _ => Err(CalendarError::PeriodTooLong),
    }
}

/// 17:00 on the n-th working day before the local day of an instant, which itself counts for nothing: what must be there
/// some working days ahead of a meeting.
///
/// # Errors
/// When `days` is 0 or more than [`WORKING_DAYS_MAX`], or the answer is out of range.
pub fn working_days_before(of: Timestamp, days: u32) -> Result<Timestamp, CalendarError> {
    match days {
        0 => Err(CalendarError::NoPeriod),
        1..=WORKING_DAYS_MAX => {
            let day = local(of).date();
            let first = (0..days).try_fold(day, |day, _| previous_working_day(day))?;
            instant(first.to_datetime(OFFICE_CLOSES))
        }
        _ => Err(CalendarError::PeriodTooLong),
    }
}

fn previous_working_day(date: Date) -> Result<Date, CalendarError> {
    let mut date = date.yesterday().ok().ok_or(CalendarError::OutOfRange)?;
    while !is_working_day(date) {
        date = date.yesterday().ok().ok_or(CalendarError::OutOfRange)?;
    }
    Ok(date)
}

fn working_days_after(date: Date, days: u32) -> Result<Date, CalendarError> {
    (0..days).try_fold(date, |date, _| next_working_day(date))
}

fn day_zero(received: Timestamp) -> Result<Date, CalendarError> {
    let local = local(received);
    if local.time() < OFFICE_CLOSES {
        working_day_from(local.date())
    } else {
        next_working_day(local.date())
    }
}

/// A statutory "within one working day": the hub's reading and the limit of the text itself.
///
/// Shown as `local reading of a statutory time: Tue 15:00; statutory limit end of Tue 7 Apr` [STAT-READING,
/// domain 5.5].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OneWorkingDay {
    /// Eight working hours after receipt: the deadline the hub works to.
    pub due: Timestamp,
    /// The working day after the day of receipt, at whose end the statutory time is over.
    pub limit: Date,
}

impl fmt::Display for OneWorkingDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let due = local(self.due).strftime("%a %H:%M");
        let limit = words_of_day(self.limit);
        write!(f, "local reading of a statutory time: {due}; statutory limit end of {limit}")
    }
}

/// One working day after receipt, both ways of reading it.
///
/// # Errors
/// [`CalendarError::OutOfRange`] at the end of the year 9999.
pub fn one_working_day(received: Timestamp) -> Result<OneWorkingDay, CalendarError> {
    let due = working_hours(received, 8)?;
    let limit = next_working_day(day_zero(received)?)?;
    Ok(OneWorkingDay { due, limit })
}

/// The instant `hours` later by the clock on no wall: 72 hours across a clock change are 72 hours.
///
/// # Errors
/// [`CalendarError::OutOfRange`] beyond the year 9999.
pub fn elapsed_hours(from: Timestamp, hours: u32) -> Result<Timestamp, CalendarError> {
    elapsed(from, SignedDuration::from_hours(i64::from(hours)))
}

/// The instant `minutes` later, see [`elapsed_hours`].
///
/// # Errors
/// [`CalendarError::OutOfRange`] beyond the year 9999.
pub fn elapsed_minutes(from: Timestamp, minutes: u32) -> Result<Timestamp, CalendarError> {
    elapsed(from, SignedDuration::from_mins(i64::from(minutes)))
}

fn elapsed(from: Timestamp, by: SignedDuration) -> Result<Timestamp, CalendarError> {
    from.checked_add(by).ok().ok_or(CalendarError::OutOfRange)
}

fn later(from: DateTime, by: SignedDuration) -> Result<DateTime, CalendarError> {
    from.checked_add(by).ok().ok_or(CalendarError::OutOfRange)
}

fn minutes_of(hours: u32) -> Result<u32, CalendarError> {
    hours.checked_mul(60).ok_or(CalendarError::PeriodTooLong)
}
