//! From a submission with an unborn child to a claim (domain 4.5.7).

use super::super::*;
use crate::domain::identity::{LinkState, MentionedPerson, Mentions};
use crate::domain::submission::{AgeFact, MotherFacts, SubjectFacts, SubjectRole, Submission};
use crate::domain::{AlertId, Priority, Redacted, Timestamp};
use crate::policy::fixtures::{self, abuse, at, expected_on, person, record_of};

const BEFORE: &str = "2026-11-14T00:40Z";
const AFTER: &str = "2027-03-01T10:00Z";

fn text(text: &str) -> Option<Redacted<String>> {
    Some(Redacted::new(text.to_owned()))
}

/// Dana, known by number, birth and name; or Mara.
fn mother(number: &str, given: &str) -> Option<Box<MotherFacts>> {
    let identity = crate::domain::identity::IdentityFacts {
        nhs_number: text(number),
        family: text("Exemplar"),
        given: text(given),
        ..Default::default()
    };
    let age = AgeFact::Born(Redacted::new(jiff::civil::date(1994, 7, 21)));
    Some(Box::new(MotherFacts { place: 0, identity, age, ..MotherFacts::default() }))
}

fn dana() -> Option<Box<MotherFacts>> {
    mother("9990009597", "Dana")
}

fn unborn(mother: Option<Box<MotherFacts>>) -> SubjectFacts {
    SubjectFacts { mother, ..expected_on(2027, 2, 10) }
}

/// A child that is born, under this name and on this day.
fn born(given: &str, (year, month, day): (i16, i8, i8)) -> SubjectFacts {
    let identity = crate::domain::identity::IdentityFacts {
        family: text("Exemplar"),
        given: text(given),
        ..Default::default()
    };
    SubjectFacts {
        mother: dana(),
        identity,
        age: fixtures::born(year, month, day),
        ..person(SubjectRole::OtherChild)
    }
}

fn with(children: impl IntoIterator<Item = SubjectFacts>) -> Submission {
    abuse().with(|alert| alert.subjects.extend(children)).build()
}

fn earlier(number: u8, submission: &Submission, now: &str) -> Earlier {
    let mut record = record_of(&abuse(), now).as_ref().clone();
    record.id = AlertId::from_bytes([number; 16]);
    record.links = Vec::new();
    Earlier { record: std::sync::Arc::new(record), mentions: mentioned(submission, at(now)) }
}

/// Who of the children a new alert names may be whom of the earlier ones: `place-place state`.
fn claimed(submission: &Submission, earlier: &[Earlier]) -> Vec<String> {
    let links = claims(&mentioned(submission, at(AFTER)), earlier, at(AFTER));
    let by_mother = links.iter().filter(|link| link.is_by_mother());
    let mut said: Vec<String> = by_mother
        .map(|link| format!("{}-{} {} {}", link.mention, link.other_mention, link.rule, link.state))
        .collect();
    said.sort();
    said
}

/// The place of the first child that is added.
fn first() -> usize {
    abuse().build().subjects.len()
}

fn child(mentions: &Mentions, place: usize) -> Option<&MentionedPerson> {
    mentions.people.iter().find(|person| usize::try_from(person.index) == Ok(place))
}

#[test]
fn a_child_that_was_expected_is_proposed_when_it_is_born_and_waits_for_a_steward() {
    let place = first();
    let before = earlier(1, &with([unborn(dana())]), BEFORE);

    let claims = claimed(&with([born("Wren", (2027, 2, 14))]), &[before]);

    assert_eq!(claims, [format!("{place}-{place} I6 PROPOSED")]);
}

#[test]
fn a_child_of_another_mother_one_on_another_day_and_a_grown_one_are_new() {
    let before = || earlier(1, &with([unborn(dana())]), BEFORE);

    let of_mara =
        SubjectFacts { mother: mother("9990012334", "Mara"), ..born("Wren", (2027, 2, 14)) };
    assert!(claimed(&with([of_mara]), &[before()]).is_empty(), "another mother");
    assert!(claimed(&with([born("Wren", (2027, 1, 19))]), &[before()]).is_empty(), "22 days");
    assert!(claimed(&with([born("Noah", (2023, 4, 14))]), &[before()]).is_empty(), "a brother");
    let nobodys = SubjectFacts { mother: None, ..born("Wren", (2027, 2, 14)) };
    assert!(claimed(&with([nobodys]), &[before()]).is_empty(), "no word of a mother");
}

#[test]
fn twins_of_one_pregnancy_are_two_and_each_pair_is_asked_of_a_human() {
    let (one, two) = (first(), first() + 1);
    let before = earlier(1, &with([unborn(dana()), unborn(dana())]), BEFORE);
    let of_both =
        [one, two].map(|own| [one, two].map(|other| format!("{own}-{other} I5 PROPOSED")));

    let both = with([born("Wren", (2027, 2, 14)), born("Lark", (2027, 2, 14))]);
    assert_eq!(claimed(&both, std::slice::from_ref(&before)), of_both.concat());

    let alone = with([born("Wren", (2027, 2, 14))]);
    assert_eq!(claimed(&alone, &[before]), of_both[0]);
}

#[test]
fn a_twin_told_of_in_another_alert_makes_a_single_pregnancy_two() {
    let place = first();
    let before = earlier(1, &with([unborn(dana())]), BEFORE);
    let wren = earlier(2, &with([born("Wren", (2027, 2, 14))]), AFTER);

    let lark = claimed(&with([born("Lark", (2027, 2, 14))]), &[wren, before]);

    assert_eq!(lark, [format!("{place}-{place} I5 PROPOSED")], "not the one child for both");
}

#[test]
fn the_stewards_have_eight_working_hours_for_a_birth_and_for_twins() {
    let mut directory = fixtures::directory();
    let front_door = directory.agencies[&fixtures::code("CADT")].clone();
    directory.agencies.insert(fixtures::code(STEWARD), front_door);
    for children in [vec![unborn(dana())], vec![unborn(dana()), unborn(dana())]] {
        let before = earlier(1, &with(children), BEFORE);
        let own = mentioned(&with([born("Wren", (2027, 2, 14))]), at(AFTER));
        let links: Vec<_> = claims(&own, &[before], at(AFTER));
        let links: Vec<_> = links.into_iter().filter(|link| link.is_by_mother()).collect();

        let told = tell(&links, &directory, (9, at(AFTER)));

        let task = told.task.unwrap();
        let eight_hours = crate::policy::clock::working_minutes(at(AFTER), 480);
        assert_eq!((task.priority, task.due.unwrap().at), (Priority::P4, eight_hours));
        assert!(links.iter().all(|link| link.state == LinkState::Proposed && link.waits()));
    }
}

#[test]
fn an_unborn_child_is_kept_by_mother_and_date_alone_and_found_by_her() {
    let named = SubjectFacts { identity: born("Wren", (2027, 2, 14)).identity, ..unborn(dana()) };
    let kept = mentioned(&with([named]), at(BEFORE));
    let child = child(&kept, first()).unwrap();

    assert!(child.identity.family.is_none() && child.identity.given.is_none(), "no name");
    assert!(child.expected.is_some() && child.born.is_none());
    let found_by: Vec<_> = pieces(child).into_iter().map(|(what, _)| what).collect();
    assert_eq!(found_by, ["mother nhs", "mother born", "mother sound"]);
}

#[test]
fn without_a_mother_or_a_date_nobody_is_found_by_it() {
    let without = SubjectFacts { mother: None, ..unborn(None) };
    assert_eq!(child(&mentioned(&with([without]), at(BEFORE)), first()), None);
    let undated = SubjectFacts { mother: dana(), ..person(SubjectRole::Unborn) };
    let before = earlier(1, &with([undated]), BEFORE);
    assert!(claimed(&with([born("Wren", (2027, 2, 14))]), &[before]).is_empty());
}

#[test]
fn a_mother_is_kept_with_a_child_under_five_and_no_longer() {
    let has_mother = |day| {
        let kept = mentioned(&with([born("Noah", day)]), at(AFTER));
        child(&kept, first()).unwrap().mother.is_some()
    };
    assert!(has_mother((2022, 3, 2)), "five tomorrow");
    assert!(!has_mother((2022, 3, 1)), "five today");
}

#[test]
fn whoever_is_expected_of_a_mother_at_a_safe_address_is_treated_as_safe_when_born() {
    let mut safe = dana();
    safe.as_mut().unwrap().has_safe_address = true;
    let before = earlier(1, &with([unborn(safe)]), BEFORE);
    let own = mentioned(&with([born("Wren", (2027, 2, 14))]), at(AFTER));
    let links = claims(&own, std::slice::from_ref(&before), at(AFTER));

    let safe = treated_as_safe(&own, &links, &[before]);

    assert!(safe.contains(&u32::try_from(first()).unwrap()), "4.5.8: until a human says otherwise");
}

#[test]
fn a_protected_mother_is_never_shown_with_her_child_and_reaches_it_all_the_same() {
    let mut hidden = dana();
    hidden.as_mut().unwrap().identity.protected = true;
    let before = earlier(1, &with([unborn(hidden)]), BEFORE);
    let own = mentioned(&with([born("Wren", (2027, 2, 14))]), at(AFTER));
    let links = claims(&own, std::slice::from_ref(&before), at(AFTER));

    assert!(links.iter().all(|link| !link.is_by_mother()), "I1");
    let unborn = child(&before.mentions, first()).unwrap();
    assert!(is_protected(&before.record, unborn));
    let safe = treated_as_safe(&own, &links, &[before]);
    assert!(safe.contains(&u32::try_from(first()).unwrap()));
}

#[test]
fn a_steward_who_has_linked_one_twin_cannot_link_the_other_to_the_same_child() {
    use crate::domain::UserId;

    let before = earlier(1, &with([unborn(dana()), unborn(dana())]), BEFORE);
    let now = with([born("Wren", (2027, 2, 14)), born("Lark", (2027, 2, 14))]);
    let own = mentioned(&now, at(AFTER));
    let mut record = earlier(2, &now, AFTER).record.as_ref().clone();
    record.links = claims(&own, std::slice::from_ref(&before), at(AFTER));
    let by = UserId::try_from("u-3801").unwrap();
    let says = |record: &crate::domain::AlertRecord, one: usize, other: usize| {
        let newer = Mentioned { record, person: child(&own, one).unwrap() };
        let older =
            Mentioned { record: &before.record, person: child(&before.mentions, other).unwrap() };
        decide_by_hand(newer, older, Hand::Link, (&by, Timestamp::from_millis(0)))
    };
    let (one, two) = (first(), first() + 1);

    let linked = says(&record, one, one).unwrap();
    let record = with_link(&record, linked.link().clone());

    assert_eq!(says(&record, one, two), Err(Refused::OneAlert), "Wren would be both");
    assert_eq!(says(&record, two, one), Err(Refused::OneAlert), "both would be Wren");
    assert!(says(&record, two, two).is_ok(), "Lark is the other one");
}
