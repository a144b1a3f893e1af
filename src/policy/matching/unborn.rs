//! Children before birth: matched by mother and date (domain 4.5.7).
//!
//! A child that is born is a new person: no automatic link leads from one to whoever was expected, however much agrees. A
//! steward says so. Children of one pregnancy are as many persons as they are; which of them is meant is asked of a human.

use jiff::civil::Date;

use super::score::Score;
use super::table::{Claim, Surroundings, compare};
use super::{Features, known::are_twins};
use crate::domain::Rule;
use crate::domain::identity::{Evidence, MatchClass};

/// An unborn child's dates of delivery, and its birth, may be this many days apart (domain 4.5.7).
pub(super) const DELIVERY_DAYS: u32 = 21;

/// How many children a pregnancy has, as far as either mention shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pregnancy {
    /// One.
    Single,
    /// Twins or more, or a twin that was told of elsewhere.
    Multiple,
}

/// When a child is expected, or was born.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Delivery {
    /// Not born yet.
    Expected(Date),
    /// Born.
    Born(Date),
}

impl Delivery {
    fn of(person: &Features) -> Option<Self> {
        let expected = person.expected.map(Self::Expected);
        expected.or_else(|| person.born.map(Self::Born))
    }

    const fn date(self) -> Date {
        match self {
            Self::Expected(date) | Self::Born(date) => date,
        }
    }

    /// Whether both can be one child's; what speaks for it then.
    fn evidence(self, other: Self) -> Option<Evidence> {
        if !are_near(self.date(), other.date()) {
            return None;
        }
        match (self, other) {
            (Self::Expected(one), Self::Expected(other)) if one == other => {
                Some(Evidence::DeliveryEqual)
            }
            (Self::Expected(_), Self::Expected(_)) => Some(Evidence::DeliveryNear),
            (Self::Expected(_), Self::Born(_)) | (Self::Born(_), Self::Expected(_)) => {
                Some(Evidence::BornNear)
            }
            // Two children that are born are compared by themselves.
            (Self::Born(_), Self::Born(_)) => None,
        }
    }
}

/// Whether two days can be of one delivery.
pub(super) fn are_near(one: Date, other: Date) -> bool {
    let apart = one.until(other).map_or(u32::MAX, |span| span.get_days().unsigned_abs());
    apart <= DELIVERY_DAYS
}

/// Whether the two are compared by mother and date.
pub(super) const fn is_of_unborn(one: &Features, other: &Features) -> bool {
    one.expected.is_some() || other.expected.is_some()
}

/// The child that is born, where the other one was expected.
pub(super) const fn born_one<'a>(one: &'a Features, other: &'a Features) -> Option<&'a Features> {
    match (one.expected, other.expected) {
        (None, Some(_)) => Some(one),
        (Some(_), None) => Some(other),
        (None, None) | (Some(_), Some(_)) => None,
    }
}

/// Whether a twin of whichever of the two is born is among those known.
pub(super) fn has_twin<'a>(
    (one, other): (&'a Features, &'a Features),
    known: impl IntoIterator<Item = &'a Features>,
) -> bool {
    born_one(one, other).is_some_and(|born| known.into_iter().any(|third| are_twins(born, third)))
}

/// Compares two mentions of which one at least is of a child that is not born. Symmetric.
pub(super) fn compare_mentions(one: &Features, other: &Features, around: Surroundings) -> Claim {
    if one.protected || other.protected {
        return claim(Rule::I1, MatchClass::Protected, []);
    }
    let mothers = one.mother.as_deref().zip(other.mother.as_deref());
    let dates = Delivery::of(one).zip(Delivery::of(other));
    let Some((mothers, dates)) = mothers.zip(dates) else {
        return claim(Rule::I8, MatchClass::New, []);
    };
    let (mother, also) = mothers;
    let mother = compare(mother, also, Surroundings::default());
    let is_multiple = one.of_several || other.of_several || around.has_twin;
    let pregnancy = if is_multiple { Pregnancy::Multiple } else { Pregnancy::Single };
    compare_unborn(dates, &mother, pregnancy)
}

/// Compares two mentions of a child of which one at least is from before birth: by what the mothers are to each other, and
/// by the days. Whatever keeps the mothers apart keeps the children apart.
#[must_use]
pub fn compare_unborn(
    (one, other): (Delivery, Delivery),
    mother: &Claim,
    pregnancy: Pregnancy,
) -> Claim {
    let near = one.evidence(other);
    match (mother.class, near, pregnancy) {
        (MatchClass::Protected, _, _) => claim(Rule::I1, MatchClass::Protected, []),
        (MatchClass::Different, _, _) => claim(Rule::I2, MatchClass::Different, []),
        (MatchClass::NhsConflict, _, _) => claim(Rule::I3, MatchClass::Different, []),
        (MatchClass::Exact, Some(near), Pregnancy::Single) => {
            claim(Rule::I6, MatchClass::Strong, [Evidence::MotherEqual, near])
        }
        (MatchClass::Exact, Some(near), Pregnancy::Multiple) => {
            claim(Rule::I5, MatchClass::TwinSuspect, [Evidence::MotherEqual, near])
        }
        // Not her for sure: a candidate until a steward has said of the mother who she is.
        (MatchClass::Strong, Some(near), _) => {
            claim(Rule::I7, MatchClass::Possible, [Evidence::MotherStrong, near])
        }
        (MatchClass::Exact | MatchClass::Strong, None, _)
        | (MatchClass::TwinSuspect | MatchClass::Possible | MatchClass::New, _, _) => {
            claim(Rule::I8, MatchClass::New, [])
        }
    }
}

fn claim(rule: Rule, class: MatchClass, evidence: impl Into<Vec<Evidence>>) -> Claim {
    Claim { rule, class, score: Score { evidence: evidence.into() } }
}
