//! Working time: working days and hours, bank holidays, school days, elapsed clocks across clock changes.
//!
//! Owns the clocks of domain 5.5 and the ages of domain 5.6, as pure functions from instants (UTC) and dates to
//! instants and dates. All local times are Europe/London, from the time zone data built into the program.
//! Reads no clock and decides no deadline: which clock runs is `policy`'s, when it started is the caller's.
//!
//! - Elapsed clocks add seconds in UTC and are then shown in local time: 72 hours are 72 hours.
//! - Working clocks run on working days from 09:00 to 17:00, never on bank holidays of England and Wales.
//! - Beyond the bank holiday data the rules are used, and [`BankHolidays::warning`] says so.
//!
//! Every function is total: an instant or a date beyond the year 9999 is [`CalendarError::OutOfRange`].

mod age;
mod bank_holidays;
mod london;
mod office;
mod school;

#[cfg(test)]
mod tests;

pub use age::{
    age_at, age_on, anniversary, attains, attains_18, calendar_months, days_after, days_before,
    is_within_months, subject_access_due,
};
pub use bank_holidays::{
    BankHoliday, BankHolidays, DataEnds, DataError, OnlyIn, is_bank_holiday, rule_bank_holidays,
};
pub use london::{
    in_words, instant, local, local_date, on_screen, on_screen_with_year, start_of_day,
    words_of_day, words_of_day_with_year,
};
pub use office::{
    Cover, OFFICE_CLOSES, OFFICE_MINUTES, OFFICE_OPENS, OneWorkingDay, WORKING_DAYS_MAX,
    elapsed_hours, elapsed_minutes, is_office_hours, is_working_day, next_office_closing,
    next_office_opening, next_working_day, one_working_day, working_clock_start, working_days,
    working_days_before, working_hours, working_minutes,
};
pub use school::{
    CalendarBasis, CouncilHolidays, DATED_SPANS_MAX, ENCOMPASS_DUE, SCHOOL_SPAN_DAYS_MAX,
    SchoolDay, SchoolTerms, is_school_hours, next_school_day,
};

/// Why a time or a date cannot be computed. Holds no date: dates of birth are personal.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CalendarError {
    /// The answer, or an instant on the way to it, is before the year -9999 or after 9999.
    #[error("time is out of range")]
    OutOfRange,
    /// More working days, or their minutes, than [`WORKING_DAYS_MAX`].
    #[error("period is too long")]
    PeriodTooLong,
    /// A period of no working days has no end.
    #[error("period must be at least one working day")]
    NoPeriod,
    /// The date is before the date of birth.
    #[error("date is before the date of birth")]
    BeforeBirth,
    /// A school or council calendar whose spans are reversed, overlap, or are too many or too far apart.
    #[error("school calendar must be at most 64 spans in order within ten years")]
    SchoolCalendar,
}
