//! Bank holidays of England and Wales: a dated data file, which wins, and the rules beside it.
//!
//! The data is for whole years. Inside them a day is a bank holiday if the file says so and never otherwise, so
//! that one-off and moved holidays are right; outside them the rules are the best guess there is.
//!
//! The data built into the program is in force unless the deployment puts a newer file in force at its start, once
//! for the whole process: two calendars in one hub would make two deadlines of one clock.

use std::fmt;
use std::sync::{LazyLock, OnceLock};

use jiff::civil::{Date, Weekday};

use super::london::words_of_day_with_year;

const BUNDLED: &str = include_str!("bank-holidays-england-and-wales.tsv");
const DATA_BYTES_MAX: usize = 64 * 1024;

/// The standing bank holidays of a year. One-offs and moves have added days and never taken one away.
const STANDING_IN_A_YEAR: usize = 8;

/// The deployment's file, where there is one.
static IN_FORCE: OnceLock<BankHolidays> = OnceLock::new();

#[expect(
    clippy::expect_used,
    reason = "built in; `the_zone_and_the_holidays_are_built_in` reads it"
)]
static HOLIDAYS: LazyLock<BankHolidays> =
    LazyLock::new(|| BankHolidays::parse(BUNDLED).expect("the data built in is well-formed"));

/// Whether this is a bank holiday in England and Wales: by the data, outside its years by the rules.
#[must_use]
pub fn is_bank_holiday(date: Date) -> bool {
    let data = BankHolidays::in_force();
    match data.starts_on() <= date && date <= data.ends_on() {
        true => data.on(date).is_some(),
        false => rule_bank_holidays(date.year()).contains(&date),
    }
}

/// One bank holiday.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BankHoliday {
    /// The day off, which for a substitute is not the day celebrated.
    pub date: Date,
    /// Its name.
    pub name: String,
}

/// The bank holidays of whole years.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BankHolidays {
    compiled: Date,
    starts_on: Date,
    ends_on: Date,
    // In order of date.
    holidays: Vec<BankHoliday>,
}

impl BankHolidays {
    /// The data built into the program.
    #[must_use]
    pub fn bundled() -> &'static Self {
        &HOLIDAYS
    }

    /// The data that clocks run by: the deployment's file, without one the data built in.
    #[must_use]
    pub fn in_force() -> &'static Self {
        IN_FORCE.get().unwrap_or_else(Self::bundled)
    }

    /// Puts the deployment's file in force for the whole process, before the first clock is computed.
    ///
    /// # Errors
    /// [`DataError::OtherInForce`] when another file is in force already; the same one again is no error.
    pub fn put_in_force(self) -> Result<(), DataError> {
        match IN_FORCE.get_or_init(|| self.clone()) == &self {
            true => Ok(()),
            false => Err(DataError::OtherInForce),
        }
    }

    /// Reads a deployment's file, as [`Self::parse`], and holds it to what must be true of every list of England and
    /// Wales: bank holidays fall on weekdays (substitute days), no year has fewer than eight, and no year is left
    /// out that the data built in knows.
    ///
    /// # Errors
    /// With the number of the first line that is wrong, and the rule.
    pub fn deployed(text: &str) -> Result<Self, DataError> {
        let data = Self::parse(text)?;
        let number = |starts: &str| {
            let found = (1..).zip(text.lines()).find(|(_, line)| line.starts_with(starts));
            found.map_or(1, |(number, _)| number)
        };
        let on_weekend = data
            .holidays
            .iter()
            .find(|holiday| matches!(holiday.date.weekday(), Weekday::Saturday | Weekday::Sunday));
        if let Some(holiday) = on_weekend {
            return Err(DataError::Weekend { line: number(&holiday.date.to_string()) });
        }
        let covers = number("covers");
        let built_in = Self::bundled();
        if built_in.starts_on < data.starts_on || data.ends_on < built_in.ends_on {
            return Err(DataError::Narrow { line: covers });
        }
        let in_year = |year| data.holidays.iter().filter(|day| day.date.year() == year).count();
        let years = data.starts_on.year()..=data.ends_on.year();
        match years.into_iter().find(|year| in_year(*year) < STANDING_IN_A_YEAR) {
            Some(year) => Err(DataError::Few { line: covers, year }),
            None => Ok(data),
        }
    }

    /// The days from `from` on that only the data, or only the standing rules, call a bank holiday, within the years
    /// of the data: one-offs and moves, or mistakes. For whoever compares a new file with the published list.
    #[must_use]
    pub fn differences(&self, from: Date) -> Vec<(Date, OnlyIn)> {
        let years = self.starts_on.year()..=self.ends_on.year();
        let rules: Vec<Date> = years.flat_map(rule_bank_holidays).collect();
        let in_data = self.holidays.iter().map(|holiday| holiday.date);
        let only_data = in_data.filter(|day| !rules.contains(day)).map(|day| (day, OnlyIn::Data));
        let only_rules = rules.iter().filter(|day| self.on(**day).is_none());
        let mut all: Vec<_> =
            only_data.chain(only_rules.map(|day| (*day, OnlyIn::Rules))).collect();
        all.retain(|(day, _)| *day >= from);
        all.sort_unstable();
        all
    }

    /// How many days the data still reaches after `today`; negative once it has ended.
    #[must_use]
    pub fn days_left(&self, today: Date) -> i64 {
        self.ends_on.duration_since(today).as_hours() / 24
    }

    /// The notice that the file must be renewed: fewer than `days` days are left of it.
    #[must_use]
    pub fn ends_within(&self, today: Date, days: u32) -> Option<DataEnds> {
        let is_short = self.days_left(today) < i64::from(days);
        is_short.then_some(DataEnds { ends_on: self.ends_on })
    }

    /// Reads a data file: lines of date, tab, name in order of date, after a line `compiled`, tab, date and a
    /// line `covers`, tab, first day, tab, last day. Lines that begin with `#` are comments.
    ///
    /// # Errors
    /// With the number of the first line that is wrong.
    pub fn parse(text: &str) -> Result<Self, DataError> {
        if text.len() > DATA_BYTES_MAX {
            return Err(DataError::TooLong);
        }
        let (mut compiled, mut covers) = (None, None);
        let mut holidays: Vec<BankHoliday> = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let fields: Vec<&str> = line.split('\t').collect();
            match fields.as_slice() {
                ["compiled", date] => compiled = Some(parse_date(date, number)?),
                ["covers", first, last] => {
                    covers = Some((parse_date(first, number)?, parse_date(last, number)?));
                }
                [date, name] => {
                    let date = parse_date(date, number)?;
                    let inside = covers.is_some_and(|(first, last)| first <= date && date <= last);
                    if !inside || holidays.last().is_some_and(|before| before.date >= date) {
                        return Err(DataError::Order { line: number });
                    }
                    holidays.push(BankHoliday { date, name: (*name).to_owned() });
                }
                _ => return Err(DataError::Line { line: number }),
            }
        }
        let (Some(compiled), Some((starts_on, ends_on))) = (compiled, covers) else {
            return Err(DataError::Header);
        };
        let whole_years =
            starts_on == starts_on.first_of_year() && ends_on == ends_on.last_of_year();
        match whole_years && starts_on < ends_on {
            true => Ok(Self { compiled, starts_on, ends_on, holidays }),
            false => Err(DataError::Header),
        }
    }

    /// The day on which the data was compiled.
    #[must_use]
    pub const fn compiled(&self) -> Date {
        self.compiled
    }

    /// The first day the data knows.
    #[must_use]
    pub const fn starts_on(&self) -> Date {
        self.starts_on
    }

    /// The last day the data knows.
    #[must_use]
    pub const fn ends_on(&self) -> Date {
        self.ends_on
    }

    /// All of them, in order of date.
    #[must_use]
    pub fn all(&self) -> &[BankHoliday] {
        &self.holidays
    }

    /// The bank holiday on this date, if the data has one.
    #[must_use]
    pub fn on(&self, date: Date) -> Option<&BankHoliday> {
        let place = self.holidays.binary_search_by_key(&date, |holiday| holiday.date).ok()?;
        self.holidays.get(place)
    }

    /// The warning that belongs beside a computed date: it rests on rules because the data ends before it.
    #[must_use]
    pub fn warning(&self, computed: Date) -> Option<DataEnds> {
        (computed > self.ends_on).then_some(DataEnds { ends_on: self.ends_on })
    }
}

/// Where a day is called a bank holiday.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum OnlyIn {
    /// In the data: a one-off, or a day that another moved to.
    Data,
    /// By the standing rules: a day that moved.
    Rules,
}

/// The bank holiday data ends: before a computed date, or soon.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DataEnds {
    /// The last day the data knows.
    pub ends_on: Date,
}

impl fmt::Display for DataEnds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = words_of_day_with_year(self.ends_on);
        write!(f, "bank holidays after {last} are by rule only: update the bank holiday file")
    }
}

/// Why a bank holiday file is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DataError {
    /// Longer than any real one.
    #[error("bank holiday file is longer than 64 KiB")]
    TooLong,
    /// No `compiled` or `covers` line, or `covers` is not whole years.
    #[error("bank holiday file must say when it was compiled and which whole years it covers")]
    Header,
    /// Not a date, a tab and a name.
    #[error("line {line} of the bank holiday file is not a date, a tab and a name")]
    Line {
        /// Which, from 1.
        line: u32,
    },
    /// Out of order, twice, or outside the years covered.
    #[error("line {line} of the bank holiday file is out of order or outside the years covered")]
    Order {
        /// Which, from 1.
        line: u32,
    },
    /// On a Saturday or Sunday.
    #[error("line {line} of the bank holiday file is a weekend: give the substitute day")]
    Weekend {
        /// Which, from 1.
        line: u32,
    },
    /// A year with fewer than the eight standing ones.
    #[error(
        "line {line} of the bank holiday file covers {year}, which has fewer than 8 bank holidays"
    )]
    Few {
        /// The line that says which years are covered.
        line: u32,
        /// The year.
        year: i16,
    },
    /// Years are left out that the data built in covers.
    #[error(
        "line {line} of the bank holiday file must cover every year that the built-in list covers"
    )]
    Narrow {
        /// The line that says which years are covered.
        line: u32,
    },
    /// Another file is in force.
    #[error("another bank holiday file is in force in this process")]
    OtherInForce,
}

fn parse_date(text: &str, line: u32) -> Result<Date, DataError> {
    text.parse().ok().filter(|date: &Date| date.to_string() == text).ok_or(DataError::Line { line })
}

/// The bank holidays of a year by the standing rules, in order of date, without one-offs. The early May holiday
/// is as old as 1978; the rules are not meant for years before that.
#[must_use]
pub fn rule_bank_holidays(year: i16) -> Vec<Date> {
    let on = |month, day| Date::new(year, month, day).ok();
    let monday = |month, nth| on(month, 1)?.nth_weekday_of_month(nth, Weekday::Monday).ok();
    let easter = easter_sunday(year);
    // New Year's Day on a weekend moves to the Monday.
    let new_year = match on(1, 1).map(Date::weekday) {
        Some(Weekday::Saturday) => on(1, 3),
        Some(Weekday::Sunday) => on(1, 2),
        _ => on(1, 1),
    };
    let (christmas, boxing) = match on(12, 25).map(Date::weekday) {
        Some(Weekday::Friday) => (on(12, 25), on(12, 28)),
        Some(Weekday::Saturday) => (on(12, 27), on(12, 28)),
        Some(Weekday::Sunday) => (on(12, 26), on(12, 27)),
        _ => (on(12, 25), on(12, 26)),
    };
    let good_friday = easter.and_then(|sunday| sunday.yesterday().ok()?.yesterday().ok());
    let easter_monday = easter.and_then(|sunday| sunday.tomorrow().ok());
    let (early_may, spring, summer) = (monday(5, 1), monday(5, -1), monday(8, -1));
    [new_year, good_friday, easter_monday, early_may, spring, summer, christmas, boxing]
        .into_iter()
        .flatten()
        .collect()
}

/// Easter Sunday in the Gregorian calendar: the Sunday after the first full moon of the tables on or after
/// 21 March (Meeus, Astronomical Algorithms, chapter 8).
#[expect(
    clippy::arithmetic_side_effects,
    reason = "|year| < 10,000: no step leaves the range of i32"
)]
fn easter_sunday(year: i16) -> Option<Date> {
    let (golden, century, of_century) = (
        i32::from(year).rem_euclid(19),
        i32::from(year).div_euclid(100),
        i32::from(year).rem_euclid(100),
    );
    let leaps = century.div_euclid(4);
    let moon_correction = (century - (century + 8).div_euclid(25) + 1).div_euclid(3);
    let moon = (19 * golden + century - leaps - moon_correction + 15).rem_euclid(30);
    let weekday = (32 + 2 * century.rem_euclid(4) + 2 * (of_century / 4) - moon - of_century % 4)
        .rem_euclid(7);
    let late = (golden + 11 * moon + 22 * weekday) / 451;
    // Days after 22 March, at most 34.
    let days = moon + weekday - 7 * late;
    let (month, day) = if days <= 9 { (3, 22 + days) } else { (4, days - 9) };
    Date::new(year, month, i8::try_from(day).ok()?).ok()
}
