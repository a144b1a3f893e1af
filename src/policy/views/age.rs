//! What the 18th birthday changes in a copy (domain 5.6): age is read again on the day of the hand-out.

use jiff::civil::Date;

use super::super::age::Age;
use super::CopyRequest;
use super::facts::{Part, Subject};
use super::table::numbers::{field, value};
use super::tree::{Content, Node};
use crate::domain::Redacted;
use crate::domain::submission::AgeFact;

/// Whether the one child the alert is about is 18 by the day of the hand-out. Where the alert is about other children
/// too, nobody can tell whose parent an entry of `told` is.
pub(super) fn has_come_of_age(
    envelope: &Node,
    subjects: &[Subject],
    request: &CopyRequest<'_>,
) -> bool {
    let Some(on) = request.on else { return false };
    let is_primary = |subject: &Subject| subject.part == Part::PrimaryChild;
    let Some(place) = subjects.iter().position(is_primary) else { return false };
    if subjects.iter().filter(|subject| subject.part.is_child()).count() != 1 {
        return false;
    }
    let person = envelope.nodes(field::envelope::SUBJECTS).nth(place);
    person.is_some_and(|person| Age::on(born(person.text(field::person::DOB)), on).is_adult())
}

/// A date of birth, or as much of one as the sender knew.
fn born(dob: &str) -> AgeFact {
    let mut parts = dob.split('-').map(str::parse::<i16>);
    let mut next = || parts.next().and_then(Result::ok);
    let (year, month, day) = (next(), next(), next());
    let small = |part: Option<i16>| part.and_then(|part| i8::try_from(part).ok());
    match (year, small(month), small(day)) {
        (Some(year), Some(month), Some(day)) => Date::new(year, month, day)
            .map_or(AgeFact::Unknown, |day| AgeFact::Born(Redacted::new(day))),
        (Some(year), Some(month), None) => {
            AgeFact::BornIn { year: Redacted::new(year), month: Redacted::new(month) }
        }
        (Some(year), None, _) => AgeFact::BornInYear(Redacted::new(year)),
        (None, ..) => AgeFact::Unknown,
    }
}

/// An entry of `told`: of somebody who is an adult no parent is told any more.
pub(super) fn told(mut entry: Node, is_adult: bool) -> Content {
    let is_parent = entry.value(field::told::ABOUT) != value::told_about::CHILD;
    if is_adult && is_parent {
        for item in entry.items.iter_mut().filter(|it| it.field.number == field::told::STATE) {
            item.content = Content::of_value(value::told_state::NO_ADULT);
        }
    }
    Content::Node(entry)
}
