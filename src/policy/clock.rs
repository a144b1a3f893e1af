//! The calendar on hub time: [`crate::calendar`] with [`Timestamp`], and total.
//!
//! Beyond the calendar's range (the year 9999) an instant stays where it is: no deadline of ours goes there.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp as Instant};

use crate::calendar::{self, CalendarError, CouncilHolidays, SchoolDay, SchoolTerms};
use crate::domain::directory::{Directory, School};
use crate::domain::{Span, Timestamp};

/// Whether a term calendar was known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Calendar {
    /// The school's or the council's.
    Known,
    /// Neither: the next working day stands in (CALENDAR_UNKNOWN).
    Unknown,
}

/// Whether offices are open: 09:00 up to, not including, 17:00 on a working day.
pub(crate) fn is_office_hours(at: Timestamp) -> bool {
    calendar::is_office_hours(at.to_jiff())
}

/// 17:00 of the working day that runs or comes next.
pub(crate) fn next_closing(at: Timestamp) -> Timestamp {
    or_now(at, calendar::next_office_closing(at.to_jiff()))
}

/// 17:00 of that day, or of the working day that comes next; none beyond the calendar's range.
pub(crate) fn closing_of(day: Date) -> Option<Timestamp> {
    let start = calendar::start_of_day(day).ok()?;
    calendar::next_office_closing(start).ok().map(Timestamp::from)
}

/// `minutes` of office time after `from`.
pub(crate) fn working_minutes(from: Timestamp, minutes: u32) -> Timestamp {
    or_now(from, calendar::working_minutes(from.to_jiff(), minutes))
}

/// 17:00 on the `days`-th working day after day 0 (domain 5.5).
pub(crate) fn working_days(from: Timestamp, days: u32) -> Timestamp {
    or_now(from, calendar::working_days(from.to_jiff(), days))
}

/// 17:00 on the `days`-th working day before the local day of `meeting` (R30).
pub(crate) fn working_days_before(meeting: Timestamp, days: u32) -> Timestamp {
    or_now(meeting, calendar::working_days_before(meeting.to_jiff(), days))
}

/// The local day `months` calendar months after that of `from`; none beyond the calendar's range.
pub(crate) fn months_after(from: Timestamp, months: u32) -> Option<Date> {
    calendar::calendar_months(date_of(from), i32::try_from(months).ok()?).ok()
}

/// The first 08:30 of a school day strictly after `at` (R24).
pub(crate) fn next_school_morning(
    at: Timestamp,
    school: Option<&School>,
    directory: &Directory,
) -> (Timestamp, Calendar) {
    let (terms, council) = (terms(school), council(directory));
    match calendar::next_school_day(at.to_jiff(), terms.as_ref(), council.as_ref()) {
        Ok((due, basis)) if basis.is_known() => (due.into(), Calendar::Known),
        Ok((due, _)) => (due.into(), Calendar::Unknown),
        Err(_) => (at, Calendar::Unknown),
    }
}

/// Whether today or tomorrow is a school day (R01). Without terms: whether the next school morning is.
pub(crate) fn school_today_or_tomorrow(
    at: Timestamp,
    school: Option<&School>,
    directory: &Directory,
) -> bool {
    let days = [date_of(at), date_of(at.plus(Span::hours(24)))];
    match terms(school) {
        Some(terms) => days.iter().any(|day| terms.on(*day) == SchoolDay::Open),
        None => {
            let yesterday = at.minus(Span::hours(24));
            let (morning, _) = next_school_morning(yesterday, school, directory);
            days.contains(&date_of(morning))
        }
    }
}

/// Whether `at` lies at most `months` calendar months before `now`, by local dates.
pub(crate) fn is_within_months(at: Timestamp, now: Timestamp, months: i32) -> bool {
    let first = calendar::calendar_months(date_of(now), months.saturating_neg());
    first.is_ok_and(|first| first <= date_of(at))
}

/// The local date of `at`.
pub(crate) fn date_of(at: Timestamp) -> Date {
    calendar::local_date(at.to_jiff())
}

fn terms(school: Option<&School>) -> Option<SchoolTerms> {
    let school = school?;
    SchoolTerms::new(school.terms.clone(), school.inset.clone()).ok()
}

/// The council's table speaks up to its last holiday, and for the term before its first.
fn council(directory: &Directory) -> Option<CouncilHolidays> {
    const TERM: SignedDuration = SignedDuration::from_hours(100 * 24);
    let holidays = directory.school_holidays.clone()?;
    let (first, _) = *holidays.first()?;
    let (_, last) = *holidays.last()?;
    let from = first.checked_sub(TERM).unwrap_or(first);
    CouncilHolidays::new((from, last), holidays).ok()
}

fn or_now(now: Timestamp, computed: Result<Instant, CalendarError>) -> Timestamp {
    computed.map_or(now, Timestamp::from)
}
