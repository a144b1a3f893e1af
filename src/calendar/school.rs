//! School days, and the first 08:30 by which an Encompass notice is due (domain 5.5, R24).

use jiff::Timestamp;
use jiff::civil::{Date, Time, time};

use super::CalendarError;
use super::london::{first_after, local};
use super::office::is_working_day;

/// When an Encompass notice is due on the next school day [STAT-READING].
pub const ENCOMPASS_DUE: Time = time(8, 30, 0, 0);

/// The most terms, INSET days or holidays in one calendar.
pub const DATED_SPANS_MAX: usize = 64;

/// The longest calendar, in days from first to last.
pub const SCHOOL_SPAN_DAYS_MAX: i32 = 3_660;

const SCHOOL_OPENS: Time = time(8, 0, 0, 0);
const SCHOOL_CLOSES: Time = time(16, 0, 0, 0);

/// The terms of one school (by URN), half terms as separate spans, and its INSET days.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SchoolTerms {
    terms: Vec<(Date, Date)>,
    inset: Vec<Date>,
}

/// What a school's calendar says of a date.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SchoolDay {
    /// Pupils are in school.
    Open,
    /// Holiday, weekend, bank holiday or INSET day.
    Closed,
    /// Before the first or after the last term it lists.
    NotListed,
}

impl SchoolTerms {
    /// A calendar of terms, each from its first to its last day for pupils, and days in them without pupils.
    ///
    /// # Errors
    /// [`CalendarError::SchoolCalendar`] when there is no term, terms are reversed, out of order or overlap, or
    /// there are more than [`DATED_SPANS_MAX`] of either or more than [`SCHOOL_SPAN_DAYS_MAX`] days.
    pub fn new(terms: Vec<(Date, Date)>, inset: Vec<Date>) -> Result<Self, CalendarError> {
        match !terms.is_empty() && in_order(&terms) && inset.len() <= DATED_SPANS_MAX {
            true => Ok(Self { terms, inset }),
            false => Err(CalendarError::SchoolCalendar),
        }
    }

    /// Whether pupils are in school on this date.
    #[must_use]
    pub fn on(&self, date: Date) -> SchoolDay {
        let Some((first, last)) = outer(&self.terms) else { return SchoolDay::NotListed };
        if date < first || last < date {
            return SchoolDay::NotListed;
        }
        let in_term = contains(&self.terms, date) && !self.inset.contains(&date);
        if in_term && is_working_day(date) { SchoolDay::Open } else { SchoolDay::Closed }
    }
}

/// A council's table of school holidays, for schools whose own terms are not known.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CouncilHolidays {
    covers: (Date, Date),
    holidays: Vec<(Date, Date)>,
}

impl CouncilHolidays {
    /// Holidays from first to last day, and the first and last day that the table speaks for.
    ///
    /// # Errors
    /// [`CalendarError::SchoolCalendar`] when spans are reversed, out of order or overlap, or there are more
    /// than [`DATED_SPANS_MAX`] of them or more than [`SCHOOL_SPAN_DAYS_MAX`] days.
    pub fn new(covers: (Date, Date), holidays: Vec<(Date, Date)>) -> Result<Self, CalendarError> {
        match in_order(&[covers]) && in_order(&holidays) {
            true => Ok(Self { covers, holidays }),
            false => Err(CalendarError::SchoolCalendar),
        }
    }
}

/// On what a next school day rests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CalendarBasis {
    /// The school's own terms.
    Terms,
    /// The council's holiday table.
    Council,
    /// Neither: the next working day, to be on the safe side.
    Unknown,
}

impl CalendarBasis {
    /// Whether a calendar was there.
    #[must_use]
    pub const fn is_known(self) -> bool {
        match self {
            Self::Terms | Self::Council => true,
            Self::Unknown => false,
        }
    }

    /// The field's spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Terms => "SCHOOL_TERMS",
            Self::Council => "COUNCIL_HOLIDAYS",
            Self::Unknown => "CALENDAR_UNKNOWN",
        }
    }
}

/// The first 08:30 of a school day strictly after receipt: the latest time for an Encompass notice, which is
/// sent at once whatever this says.
///
/// By the school's terms; without them, or outside the terms they list, the first working day that is no
/// holiday in the council's table; without that either, the next working day. A missing calendar so makes the
/// deadline earlier, never later.
///
/// # Errors
/// [`CalendarError::OutOfRange`] at the end of the year 9999.
pub fn next_school_day(
    received: Timestamp,
    terms: Option<&SchoolTerms>,
    council: Option<&CouncilHolidays>,
) -> Result<(Timestamp, CalendarBasis), CalendarError> {
    let today = local(received).date();
    let listed = terms.and_then(|terms| Some((terms, outer(&terms.terms)?)));
    // Before the first term it lists a calendar is silent, not a holiday: an older term may be missing from it.
    if let Some((terms, (first, last))) = listed
        && first <= today
        && let Some(at) =
            first_after(received, ENCOMPASS_DUE, last, |date| terms.on(date) == SchoolDay::Open)?
    {
        return Ok((at, CalendarBasis::Terms));
    }
    if let Some(CouncilHolidays { covers: (first, last), holidays }) = council
        && *first <= today
        && let Some(at) = first_after(received, ENCOMPASS_DUE, *last, |date| {
            is_working_day(date) && !contains(holidays, date)
        })?
    {
        return Ok((at, CalendarBasis::Council));
    }
    let at = first_after(received, ENCOMPASS_DUE, Date::MAX, is_working_day)?;
    Ok((at.ok_or(CalendarError::OutOfRange)?, CalendarBasis::Unknown))
}

/// Whether a school is there to read: 08:00 to 16:00 on its school days (domain 5.1).
#[must_use]
pub fn is_school_hours(t: Timestamp, terms: &SchoolTerms) -> bool {
    let local = local(t);
    let in_hours = SCHOOL_OPENS <= local.time() && local.time() < SCHOOL_CLOSES;
    in_hours && terms.on(local.date()) == SchoolDay::Open
}

fn contains(spans: &[(Date, Date)], date: Date) -> bool {
    spans.iter().any(|(first, last)| *first <= date && date <= *last)
}

fn outer(spans: &[(Date, Date)]) -> Option<(Date, Date)> {
    spans.first().zip(spans.last()).map(|((first, _), (_, last))| (*first, *last))
}

fn in_order(spans: &[(Date, Date)]) -> bool {
    let forward = spans.iter().all(|(first, last)| first <= last);
    let apart = spans.iter().zip(spans.iter().skip(1)).all(|((_, last), (next, _))| last < next);
    let short = outer(spans).is_none_or(|(first, last)| {
        last.duration_since(first).as_hours() <= i64::from(SCHOOL_SPAN_DAYS_MAX).saturating_mul(24)
    });
    spans.len() <= DATED_SPANS_MAX && forward && apart && short
}
