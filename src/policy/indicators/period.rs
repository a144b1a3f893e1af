//! Periods of whole days, both ends inside. Years are financial years, 1 April to 31 March, unless stated.

use std::fmt;

use jiff::civil::{Date, date};

use crate::calendar;

/// First and last day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Period {
    /// The first day.
    pub first: Date,
    /// The last day.
    pub last: Date,
}

/// Why a period is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PeriodError {
    /// It ends before it begins.
    #[error("the period ends before it begins")]
    Reversed,
    /// Longer than five years, or a year out of range.
    #[error("a period is at most five years, between 2000 and 2100")]
    OutOfRange,
    /// There are four quarters.
    #[error("a quarter is 1 to 4: April, July, October, January")]
    Quarter,
}

/// Days after a period in which the hub may still be told of what is dated in it `[DEFAULT]`.
pub const LATE_DAYS: u32 = 31;
/// The most days of a period: five years.
const DAYS_MAX: i64 = 1_827;

impl Period {
    /// From first to last day.
    ///
    /// # Errors
    /// [`PeriodError`].
    pub fn new(first: Date, last: Date) -> Result<Self, PeriodError> {
        if last < first {
            return Err(PeriodError::Reversed);
        }
        let days = last.duration_since(first).as_hours() / 24;
        let is_of_our_time = date(2000, 1, 1) <= first && last <= date(2100, 12, 31);
        match is_of_our_time && days <= DAYS_MAX {
            true => Ok(Self { first, last }),
            false => Err(PeriodError::OutOfRange),
        }
    }

    /// The financial year that begins on 1 April of `year`.
    ///
    /// # Errors
    /// [`PeriodError::OutOfRange`].
    pub fn financial_year(year: i16) -> Result<Self, PeriodError> {
        Self::quarters(year, 1, 4)
    }

    /// A quarter, 1 to 4, of the financial year that begins on 1 April of `year`.
    ///
    /// # Errors
    /// [`PeriodError`].
    pub fn quarter(year: i16, quarter: u8) -> Result<Self, PeriodError> {
        match quarter {
            1..=4 => Self::quarters(year, quarter, quarter),
            _ => Err(PeriodError::Quarter),
        }
    }

    fn quarters(year: i16, from: u8, to: u8) -> Result<Self, PeriodError> {
        let begins = |quarter: u8| {
            let april = Date::new(year, 4, 1).ok()?;
            let months = i32::from(quarter).checked_sub(1)?.checked_mul(3)?;
            calendar::calendar_months(april, months).ok()
        };
        let next = to.checked_add(1).and_then(begins);
        let last = next.and_then(|next| calendar::days_before(next, 1).ok());
        let (Some(first), Some(last)) = (begins(from), last) else {
            return Err(PeriodError::OutOfRange);
        };
        Self::new(first, last)
    }

    /// The twelve months that end with this period's last day.
    ///
    /// # Errors
    /// [`PeriodError::OutOfRange`].
    pub fn rolling_year(self) -> Result<Self, PeriodError> {
        let next = calendar::days_after(self.last, 1).ok();
        let first = next.and_then(|next| calendar::calendar_months(next, -12).ok());
        Self::new(first.ok_or(PeriodError::OutOfRange)?, self.last)
    }

    /// The days on which the hub may be told of what counts in this period.
    #[must_use]
    pub fn with_what_is_told_late(self) -> Self {
        let last = calendar::days_after(self.last, LATE_DAYS).unwrap_or(self.last);
        Self { first: self.first, last }
    }

    /// Whether the day is inside.
    #[must_use]
    pub fn holds(&self, day: Date) -> bool {
        self.first <= day && day <= self.last
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.first, self.last)
    }
}
