//! Ages from what is known of a birth (domain 5.6).
//!
//! Where only a month or a year is known the person is taken as the youngest it allows: the more urgent
//! reading, and the one that keeps a child a child.

use jiff::civil::{Date, date};

use crate::calendar;
use crate::domain::Timestamp;
use crate::domain::submission::{AgeFact, Submission};

/// A person's age in whole years.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Age {
    /// In years.
    Years(u8),
    /// Not known: a child (GAP5), but not a child of 13 or under.
    Unknown,
}

impl Age {
    /// Reads the age on `day`. A date of birth after `day` tells nothing.
    #[must_use]
    pub fn on(fact: AgeFact, day: Date) -> Self {
        if let AgeFact::Estimated(years) = fact {
            return Self::Years(*years.expose());
        }
        let years = born(fact).map(|born| calendar::age_on(born, day));
        match (years, fact) {
            (Some(Ok(years)), _) => Self::Years(u8::try_from(years).unwrap_or(u8::MAX)),
            // The youngest reading of a partial date may lie ahead although the person is born: the newborn.
            (Some(Err(_)), AgeFact::BornIn { .. } | AgeFact::BornInYear(_)) => Self::Years(0),
            (Some(Err(_)), AgeFact::Born(_) | AgeFact::Estimated(_) | AgeFact::Unknown)
            | (None, _) => Self::Unknown,
        }
    }

    /// Whether known to be `years` or less.
    #[must_use]
    pub const fn is_at_most(self, years: u8) -> bool {
        matches!(self, Self::Years(age) if age <= years)
    }

    /// Whether below `years`, or not known: a child is not made an adult by a missing date.
    #[must_use]
    pub const fn may_be_under(self, years: u8) -> bool {
        match self {
            Self::Years(age) => age < years,
            Self::Unknown => true,
        }
    }

    /// Whether known to be 18 or over.
    #[must_use]
    pub const fn is_adult(self) -> bool {
        !self.may_be_under(18)
    }

    /// Whether known to be 16 or 17.
    #[must_use]
    pub const fn is_16_or_17(self) -> bool {
        matches!(self, Self::Years(16 | 17))
    }
}

/// The start of the 18th birthday of a person born so (Family Law Reform Act 1969 s9): on 1 March of a year without the
/// 29 February of the birth. None where the birth is not known, or only estimated.
pub(crate) fn turns_18(fact: AgeFact) -> Option<Timestamp> {
    born(fact).and_then(|born| calendar::attains_18(born).ok()).map(Timestamp::from)
}

/// Whether the PRIMARY is known to be 18 by then.
pub(crate) fn has_come_of_age(submission: &Submission, at: Timestamp) -> bool {
    let birthday = submission.primary().and_then(|person| turns_18(person.age));
    birthday.is_some_and(|birthday| birthday <= at)
}

/// The latest date of birth that the fact allows; none where it tells none.
fn born(fact: AgeFact) -> Option<Date> {
    match fact {
        AgeFact::Estimated(_) | AgeFact::Unknown => None,
        AgeFact::Born(born) => Some(*born.expose()),
        AgeFact::BornIn { year, month } => {
            Date::new(*year.expose(), *month.expose(), 1).ok().map(Date::last_of_month)
        }
        AgeFact::BornInYear(year) => Date::new(*year.expose(), 12, 31).ok(),
    }
}

/// Whether a child born so has reached the September in which reception begins: the one after the fourth
/// birthday. Unknown: has.
pub(crate) fn has_reached_reception(fact: AgeFact, day: Date) -> bool {
    let on_first_of_september = |year: i16| Age::on(fact, date(year, 9, 1));
    let year = if day.month() >= 9 { day.year() } else { day.year().saturating_sub(1) };
    match on_first_of_september(year) {
        Age::Years(age) => match fact {
            // An estimate is of today, not of last September.
            AgeFact::Estimated(_) => age >= 5,
            AgeFact::Born(_)
            | AgeFact::BornIn { .. }
            | AgeFact::BornInYear(_)
            | AgeFact::Unknown => age >= 4,
        },
        // Born after that September, or nothing known.
        Age::Unknown => matches!(fact, AgeFact::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Redacted;

    fn born(year: i16, month: i8, day: i8) -> AgeFact {
        AgeFact::Born(Redacted::new(date(year, month, day)))
    }

    #[test]
    fn a_year_is_complete_at_the_start_of_the_birthday() {
        let tess = born(2008, 11, 23);

        assert_eq!(Age::on(tess, date(2026, 11, 22)), Age::Years(17));
        assert_eq!(Age::on(tess, date(2026, 11, 23)), Age::Years(18));
    }

    #[test]
    fn born_on_29_february_the_anniversary_is_1_march_in_other_years() {
        let leap = born(2008, 2, 29);

        assert_eq!(Age::on(leap, date(2026, 2, 28)), Age::Years(17));
        assert_eq!(Age::on(leap, date(2026, 3, 1)), Age::Years(18));
    }

    #[test]
    fn a_partial_date_of_birth_is_read_as_the_youngest_it_allows() {
        let year_only = AgeFact::BornInYear(Redacted::new(2012));
        let month = AgeFact::BornIn { year: Redacted::new(2012), month: Redacted::new(10) };

        assert_eq!(Age::on(year_only, date(2026, 10, 23)), Age::Years(13));
        assert_eq!(Age::on(month, date(2026, 10, 23)), Age::Years(13));
        assert_eq!(Age::on(month, date(2026, 10, 31)), Age::Years(14));
    }

    #[test]
    fn an_unknown_age_is_a_child_but_not_a_child_of_13() {
        let unknown = Age::on(AgeFact::Unknown, date(2026, 10, 23));

        assert!(unknown.may_be_under(16));
        assert!(!unknown.is_adult());
        assert!(!unknown.is_at_most(13));
        assert_eq!(Age::on(born(2027, 1, 1), date(2026, 10, 23)), Age::Unknown);
    }

    #[test]
    fn reception_begins_in_the_september_after_the_fourth_birthday() {
        let noah = born(2023, 4, 14);

        assert!(!has_reached_reception(noah, date(2026, 11, 14)));
        assert!(!has_reached_reception(noah, date(2027, 8, 31)));
        assert!(has_reached_reception(noah, date(2027, 9, 1)));
    }
}
