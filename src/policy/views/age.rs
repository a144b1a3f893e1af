//! What the 18th birthday changes in a copy (domain 5.6): age is read again on the day of the hand-out.

use jiff::civil::Date;

use super::CopyRequest;
use super::facts::{Part, Subject};
use super::table::numbers::{field, value};
use super::tree::{Content, Node};
use crate::calendar;

const ADULT_YEARS: u16 = 18;

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
    let born = person.and_then(|person| latest(person.text(field::person::DOB)));
    let years = born.and_then(|born| calendar::age_on(born, on).ok());
    years.is_some_and(|years| years >= ADULT_YEARS)
}

/// The latest day a date of birth allows that may be of a month or a year only: a child stays a child.
fn latest(dob: &str) -> Option<Date> {
    let mut parts = dob.split('-').map(str::parse::<i16>);
    let mut next = || parts.next().and_then(Result::ok);
    let (year, month, day) = (next()?, next(), next());
    let small = |part: i16| i8::try_from(part).ok();
    match (month, day) {
        (Some(month), Some(day)) => Date::new(year, small(month)?, small(day)?).ok(),
        (Some(month), None) => Date::new(year, small(month)?, 1).ok().map(Date::last_of_month),
        (None, _) => Date::new(year, 12, 31).ok(),
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
