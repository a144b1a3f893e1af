//! How much speaks for two mentions being one person (domain 4.3).

use jiff::civil::Date;

use super::{Features, Name};
use crate::domain::identity::Evidence;

/// What speaks for a match, at most one piece a kind, in the order of the list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Score {
    /// The evidence.
    pub evidence: Vec<Evidence>,
}

impl Score {
    /// Compares two mentions. Symmetric.
    #[must_use]
    pub fn of(one: &Features, other: &Features) -> Self {
        let place = || address(one, other);
        let is_shared = |one: Option<_>, other: Option<_>| one.is_some() && one == other;
        let phone = one.phones.iter().any(|phone| other.phones.contains(phone));
        let school = is_shared(one.school.as_ref(), other.school.as_ref());
        let evidence = [
            born(one, other),
            family(one, other),
            given(one, other),
            place(),
            phone.then_some(Evidence::PhoneEqual),
            school.then_some(Evidence::SchoolEqual),
            (one.sex.is_some() && one.sex == other.sex).then_some(Evidence::SexEqual),
        ];
        Self { evidence: evidence.into_iter().flatten().collect() }
    }

    /// The sum of the points.
    #[must_use]
    pub fn points(&self) -> u32 {
        self.evidence.iter().map(|evidence| evidence.points()).sum()
    }

    /// Whether this is among the evidence.
    #[must_use]
    pub fn has(&self, evidence: Evidence) -> bool {
        self.evidence.contains(&evidence)
    }
}

fn born(one: &Features, other: &Features) -> Option<Evidence> {
    let same_year = |one: Option<i16>, other: Option<i16>| {
        (one.is_some() && one == other).then_some(Evidence::BornSameYear)
    };
    let (Some(born), Some(also)) = (one.born, other.born) else {
        let year = |person: &Features| person.born.map(Date::year).or(person.born_in);
        return same_year(year(one), year(other));
    };
    if born == also {
        return Some(Evidence::BornEqual);
    }
    if is_swapped(born, also) {
        return Some(Evidence::BornSwapped);
    }
    let differing = digits(born).into_iter().zip(digits(also)).filter(|(one, other)| one != other);
    if differing.count() == 1 {
        return Some(Evidence::BornOneDigit);
    }
    same_year(Some(born.year()), Some(also.year()))
}

/// As it is written: YYYYMMDD.
fn digits(date: Date) -> [i16; 8] {
    let (year, month, day) = (date.year(), i16::from(date.month()), i16::from(date.day()));
    let places = [
        (year, 1000),
        (year, 100),
        (year, 10),
        (year, 1),
        (month, 10),
        (month, 1),
        (day, 10),
        (day, 1),
    ];
    places.map(|(number, place)| number.div_euclid(place).rem_euclid(10))
}

/// Day and month exchanged, as a form in another order gives them.
pub(super) fn is_swapped(one: Date, other: Date) -> bool {
    one.year() == other.year() && one.month() == other.day() && one.day() == other.month()
}

/// Whether the name is the other's, or the other's alias, or the other way round.
pub(super) fn is_alias(name: &Name, other: &Features) -> bool {
    other.aliases.iter().any(|alias| alias.is_same_as(name))
}

fn family(one: &Features, other: &Features) -> Option<Evidence> {
    let (name, also) = (one.family.as_ref()?, other.family.as_ref()?);
    if name.is_same_as(also) {
        Some(Evidence::FamilyEqual)
    } else if is_alias(name, other) || is_alias(also, one) {
        Some(Evidence::FamilyAlias)
    } else {
        name.is_similar_to(also).then_some(Evidence::FamilySimilar)
    }
}

fn given(one: &Features, other: &Features) -> Option<Evidence> {
    let (name, also) = (one.given.as_ref()?, other.given.as_ref()?);
    if name.is_same_as(also) {
        Some(Evidence::GivenEqual)
    } else if name.is_nickname_of(also) || is_alias(name, other) || is_alias(also, one) {
        Some(Evidence::GivenAlias)
    } else if name.is_initial_of(also) {
        Some(Evidence::GivenInitial)
    } else {
        name.is_similar_to(also).then_some(Evidence::GivenSimilar)
    }
}

fn address(one: &Features, other: &Features) -> Option<Evidence> {
    if one.uprn.is_some() && one.uprn == other.uprn {
        return Some(Evidence::UprnEqual);
    }
    let (postcode, also) = (one.postcode.as_ref()?, other.postcode.as_ref()?);
    if postcode == also {
        return Some(Evidence::PostcodeEqual);
    }
    let is_outward = postcode.split(' ').next() == also.split(' ').next();
    is_outward.then_some(Evidence::OutwardEqual)
}
