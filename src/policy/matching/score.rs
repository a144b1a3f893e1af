//! How much speaks for two mentions being one person (domain 4.3).

use jiff::civil::Date;

use super::{Features, Name};
use crate::domain::codes::code_list;

code_list! {
    /// One piece of evidence. Numbers are stored.
    Evidence {
        /// Dates of birth equal.
        BornEqual = 1 => "DOB_EQUAL",
        /// Day and month swapped.
        BornSwapped = 2 => "DOB_DAY_MONTH_SWAPPED",
        /// One digit of the date different.
        BornOneDigit = 3 => "DOB_ONE_DIGIT_DIFFERENT",
        /// The same year only.
        BornSameYear = 4 => "DOB_SAME_YEAR",
        /// Family names equal.
        FamilyEqual = 10 => "FAMILY_NAME_EQUAL",
        /// The family name is an alias of the other.
        FamilyAlias = 11 => "FAMILY_NAME_IS_ALIAS",
        /// Family names alike in sound or spelling.
        FamilySimilar = 12 => "FAMILY_NAME_SIMILAR",
        /// Given names equal.
        GivenEqual = 20 => "GIVEN_NAME_EQUAL",
        /// A nickname or alias.
        GivenAlias = 21 => "GIVEN_NAME_IS_NICKNAME_OR_ALIAS",
        /// Given names alike in sound or spelling.
        GivenSimilar = 22 => "GIVEN_NAME_SIMILAR",
        /// Only an initial.
        GivenInitial = 23 => "GIVEN_NAME_INITIAL",
        /// The same property.
        UprnEqual = 30 => "UPRN_EQUAL",
        /// The same postcode.
        PostcodeEqual = 31 => "POSTCODE_EQUAL",
        /// The same outward code only.
        OutwardEqual = 32 => "OUTWARD_CODE_EQUAL",
        /// A phone number in common.
        PhoneEqual = 40 => "PHONE_EQUAL",
        /// The same school.
        SchoolEqual = 41 => "SCHOOL_EQUAL",
        /// The same sex. Another one never subtracts.
        SexEqual = 42 => "SEX_EQUAL",
    }
}

impl Evidence {
    /// Its points (domain 4.3, DEFAULT).
    #[must_use]
    pub const fn points(self) -> u32 {
        match self {
            Self::BornEqual => 30,
            Self::FamilyEqual => 20,
            Self::BornSwapped | Self::FamilyAlias => 18,
            Self::BornOneDigit | Self::GivenEqual | Self::UprnEqual => 15,
            Self::FamilySimilar | Self::GivenAlias => 12,
            Self::PostcodeEqual => 10,
            Self::GivenSimilar => 8,
            Self::BornSameYear | Self::PhoneEqual | Self::SchoolEqual => 5,
            Self::GivenInitial => 4,
            Self::OutwardEqual => 3,
            Self::SexEqual => 2,
        }
    }
}

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
    let digits = |date: Date| date.strftime("%Y%m%d").to_string();
    let differing = digits(born).bytes().zip(digits(also).bytes()).filter(|(a, b)| a != b).count();
    if differing == 1 {
        return Some(Evidence::BornOneDigit);
    }
    same_year(Some(born.year()), Some(also.year()))
}

/// Day and month exchanged, as a form in another order gives them.
pub(super) fn is_swapped(one: Date, other: Date) -> bool {
    one.year() == other.year() && one.month() == other.day() && one.day() == other.month()
}

/// Whether the name is the other's, or the other's alias, or the other way round.
pub(super) fn is_alias(name: &Name, other: &Features) -> bool {
    other.aliases.contains(name)
}

fn family(one: &Features, other: &Features) -> Option<Evidence> {
    let (name, also) = (one.family.as_ref()?, other.family.as_ref()?);
    if name == also {
        Some(Evidence::FamilyEqual)
    } else if is_alias(name, other) || is_alias(also, one) {
        Some(Evidence::FamilyAlias)
    } else {
        name.is_similar_to(also).then_some(Evidence::FamilySimilar)
    }
}

fn given(one: &Features, other: &Features) -> Option<Evidence> {
    let (name, also) = (one.given.as_ref()?, other.given.as_ref()?);
    if name == also {
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
    let outward = |postcode: &str| postcode.split(' ').next().map(str::to_owned);
    (outward(postcode) == outward(also)).then_some(Evidence::OutwardEqual)
}
