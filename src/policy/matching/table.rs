//! The decision table I1–I8: the first condition that holds decides (domain 4.4).

use super::score::{self, Score};
use super::{Features, unborn};
use crate::domain::Rule;
use crate::domain::identity::{Evidence, MatchClass};

/// From here a match is STRONG, and from here POSSIBLE (domain 4.3, DEFAULT).
const STRONG: u32 = 75;
const POSSIBLE: u32 = 50;

/// What matching says of two mentions, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claim {
    /// The row that decided.
    pub rule: Rule,
    /// What they are to each other.
    pub class: MatchClass,
    /// What speaks for it.
    pub score: Score,
}

/// What else is known about the mention that is compared with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Surroundings {
    /// Another confirmed person shares its date of birth and family name or property: twins whose numbers may be
    /// swapped (I3b), or of whom one may be the child that was expected (domain 4.5.7).
    pub has_twin: bool,
}

/// Compares two mentions. Symmetric.
#[must_use]
pub fn compare(one: &Features, other: &Features, around: Surroundings) -> Claim {
    if unborn::is_of_unborn(one, other) {
        return unborn::compare_mentions(one, other, around);
    }
    let score = Score::of(one, other);
    let (rule, class) = if one.protected || other.protected {
        (Rule::I1, MatchClass::Protected)
    } else if are_traced_and_different(one, other) {
        (Rule::I2, MatchClass::Different)
    } else if have_one_number(one, other) {
        one_number(one, other, &score, around)
    } else {
        by_score(one, other, &score)
    };
    Claim { rule, class, score }
}

/// Whether a human may say that they are one person: never against I1, I2 and I3 (domain 4.5.3).
#[must_use]
pub const fn may_be_linked_by_hand(class: MatchClass) -> bool {
    match class {
        MatchClass::Protected | MatchClass::Different | MatchClass::NhsConflict => false,
        MatchClass::Exact
        | MatchClass::Strong
        | MatchClass::TwinSuspect
        | MatchClass::Possible
        | MatchClass::New => true,
    }
}

pub(super) fn are_traced_and_different(one: &Features, other: &Features) -> bool {
    one.nhs
        .as_ref()
        .zip(other.nhs.as_ref())
        .is_some_and(|(one, other)| one.verified && other.verified && one.digits != other.digits)
}

pub(super) fn have_one_number(one: &Features, other: &Features) -> bool {
    one.nhs.as_ref().zip(other.nhs.as_ref()).is_some_and(|(one, other)| one.digits == other.digits)
}

/// I3, I3b, I4, I4b: the same NHS number.
fn one_number(
    one: &Features,
    other: &Features,
    score: &Score,
    around: Surroundings,
) -> (Rule, MatchClass) {
    let are_dissimilar = |one: Option<&super::Name>, other: Option<&super::Name>| {
        one.zip(other).is_some_and(|(one, other)| one.is_dissimilar_to(other))
    };
    let has_family = score.has(Evidence::FamilyEqual) || score.has(Evidence::FamilyAlias);
    let has_given = score.has(Evidence::GivenEqual) || score.has(Evidence::GivenAlias);
    let is_born_equal = score.has(Evidence::BornEqual);
    let has_both_given = one.given.is_some() && other.given.is_some();
    let is_given_dissimilar =
        !has_given && are_dissimilar(one.given.as_ref(), other.given.as_ref());
    let is_family_dissimilar =
        !has_family && are_dissimilar(one.family.as_ref(), other.family.as_ref());

    if contradict(one, other) || (is_given_dissimilar && is_family_dissimilar) {
        return (Rule::I3, MatchClass::NhsConflict);
    }
    let may_be_a_twin = is_given_dissimilar || around.has_twin;
    if is_born_equal && has_both_given && !has_given && may_be_a_twin {
        return (Rule::I3b, MatchClass::NhsConflict);
    }
    if is_born_equal && has_family && (has_given || !has_both_given) {
        return (Rule::I4, MatchClass::Exact);
    }
    (Rule::I4b, MatchClass::Strong)
}

/// Whether both dates of birth are known, and neither equal nor swapped.
fn contradict(one: &Features, other: &Features) -> bool {
    one.born
        .zip(other.born)
        .is_some_and(|(born, also)| born != also && !score::is_swapped(born, also))
}

/// I5–I8.
fn by_score(one: &Features, other: &Features, score: &Score) -> (Rule, MatchClass) {
    let has_both_given = one.given.is_some() && other.given.is_some();
    let has_given = score.has(Evidence::GivenEqual) || score.has(Evidence::GivenAlias);
    let lives_there = score.has(Evidence::UprnEqual) || score.has(Evidence::PostcodeEqual);
    let is_twin = has_both_given
        && !has_given
        && score.has(Evidence::BornEqual)
        && score.has(Evidence::FamilyEqual)
        && lives_there;
    match score.points() {
        _ if is_twin => (Rule::I5, MatchClass::TwinSuspect),
        STRONG.. => (Rule::I6, MatchClass::Strong),
        POSSIBLE.. => (Rule::I7, MatchClass::Possible),
        _ => (Rule::I8, MatchClass::New),
    }
}
