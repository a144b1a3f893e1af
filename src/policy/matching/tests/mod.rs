//! The decision table line by line, and what must hold of every pair (domain 4.5).

use jiff::civil::{Date, date};
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::domain::identity::{Evidence, MatchClass};

mod rules;
mod unborn;

/// One person of the table: `key value, key value`.
fn person(text: &str) -> Features {
    let mut person = Features::default();
    for said in text.split(',').map(str::trim).filter(|said| !said.is_empty()) {
        match said.strip_prefix("mother ") {
            Some(said) => say(person.mother.get_or_insert_default(), said),
            None => say(&mut person, said),
        }
    }
    person
}

fn say(person: &mut Features, said: &str) {
    let (key, value) = said.split_once(' ').unwrap_or((said, ""));
    match key {
        "nhs" => person.nhs = Some(number(value, false)),
        "traced" => person.nhs = Some(number(value, true)),
        "protected" => person.protected = true,
        "family" => person.family = Some(Name::of(value)),
        "given" => person.given = Some(Name::of(value)),
        "alias" => person.aliases.push(Name::of(value)),
        "born" => person.born = Some(value.parse().unwrap()),
        "year" => person.born_in = Some(value.parse().unwrap()),
        "uprn" => person.uprn = Some(value.to_owned()),
        "postcode" => person.postcode = Some(value.to_owned()),
        "phone" => person.phones.push(value.to_owned()),
        "school" => person.school = Some(value.to_owned()),
        "sex" => person.sex = Some(i32::from(value == "M")),
        "expected" => person.expected = Some(value.parse().unwrap()),
        "several" => person.of_several = true,
        other => panic!("not a word of this table: {other}"),
    }
}

fn number(digits: &str, verified: bool) -> NhsNumber {
    NhsNumber { digits: digits.to_owned(), verified }
}

fn decide_every_line(table: &str, said: impl Fn(&Claim) -> String) {
    let is_row = |line: &&str| !line.starts_with('#') && !line.trim().is_empty();
    let mut wrong = Vec::new();
    for line in table.lines().filter(is_row) {
        let columns: Vec<&str> = line.split('|').map(str::trim).collect();
        let [one, other, around, expected] = columns.as_slice() else { panic!("{line}") };
        let around = Surroundings { has_twin: *around == "twin" };
        let (one, other) = (person(one), person(other));

        let claim = compare(&one, &other, around);

        if said(&claim) != *expected {
            let (said, evidence) = (said(&claim), &claim.score.evidence);
            wrong.push(format!("{line}\n    is {said} by {evidence:?}"));
        }
        assert_eq!(claim, compare(&other, &one, around), "the other way round: {line}");
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn in_words(claim: &Claim) -> String {
    format!("{} {} {}", claim.rule.as_str(), claim.class, claim.score.points())
}

#[test]
fn every_line_of_the_identity_table_is_decided_as_it_says() {
    decide_every_line(include_str!("../../../../tests/tables/identity.txt"), in_words);
}

#[test]
fn every_line_of_the_table_of_unborn_children_is_decided_as_it_says() {
    let said = |claim: &Claim| {
        let state = known::state(claim).map_or("-", |state| state.as_str());
        format!("{} {state}", in_words(claim))
    };
    decide_every_line(include_str!("../../../../tests/tables/unborn.txt"), said);
}

#[test]
fn no_human_links_against_i1_i2_and_i3() {
    for class in MatchClass::ALL {
        let is_barred = matches!(
            class,
            MatchClass::Protected | MatchClass::Different | MatchClass::NhsConflict
        );
        assert_eq!(may_be_linked_by_hand(*class), !is_barred, "{class}");
    }
}

fn a_name(names: &'static [&'static str]) -> impl Strategy<Value = Option<Name>> {
    proptest::option::of(select(names).prop_map(Name::of))
}

fn a_date() -> impl Strategy<Value = Option<Date>> {
    let days = vec![date(2015, 2, 3), date(2015, 3, 2), date(2015, 2, 13), date(2012, 3, 9)];
    proptest::option::of(select(days))
}

/// Somebody with nothing said of a mother.
fn somebody() -> impl Strategy<Value = Features> {
    let numbers = select(vec!["9990026033", "9990027404"]);
    let nhs =
        proptest::option::of((numbers, any::<bool>()).prop_map(|(it, traced)| number(it, traced)));
    let family = a_name(&["Simulacre", "Simulacra", "Marrowby", "Marrow", "Stubbs-Placeholder"]);
    let given = a_name(&["Ava", "Mia", "Amelia", "Jack", "Jake", "Jon", "J"]);
    let places = (
        proptest::option::of(select(vec!["100000000001", "100000000002"])),
        proptest::option::of(select(vec!["ZX43 8WX", "ZX43 2AB", "ZX41 3AD"])),
        proptest::option::of(select(vec!["900101", "900104"])),
    );
    (
        nhs,
        proptest::bool::weighted(0.1),
        family,
        given,
        a_date(),
        places,
        proptest::option::of(0..2),
    )
        .prop_map(|(nhs, protected, family, given, born, places, sex)| {
            let (uprn, postcode, school) = places;
            let text = |it: Option<&str>| it.map(str::to_owned);
            let (uprn, postcode, school) = (text(uprn), text(postcode), text(school));
            Features {
                nhs,
                protected,
                family,
                given,
                born,
                uprn,
                postcode,
                school,
                sex,
                ..Features::default()
            }
        })
}

/// Anybody: alone, a child with its mother, a child that is not born.
pub(super) fn anybody() -> impl Strategy<Value = Features> {
    let mother = || proptest::option::weighted(0.9, mothers().prop_map(Box::new));
    let days = vec![date(2015, 2, 3), date(2015, 2, 24), date(2015, 2, 25), date(2015, 1, 13)];
    let small = (somebody(), mother(), any::<bool>());
    let unborn = (proptest::bool::weighted(0.1), mother(), select(days), any::<bool>());
    prop_oneof![
        4 => somebody(),
        2 => small.prop_map(|(child, mother, of_several)| Features { mother, of_several, ..child }),
        2 => unborn.prop_map(|(protected, mother, expected, of_several)| Features {
            protected,
            mother,
            expected: Some(expected),
            of_several,
            ..Features::default()
        }),
    ]
}

/// One of two women, more or less well known.
fn mothers() -> impl Strategy<Value = Features> {
    let known = (any::<bool>(), any::<bool>(), any::<bool>(), proptest::bool::weighted(0.1));
    (any::<bool>(), known).prop_map(|(is_dana, (has_number, traced, has_birth, protected))| {
        let (digits, given) = if is_dana { ("9990009597", "Dana") } else { ("9990012334", "Mara") };
        Features {
            nhs: has_number.then(|| number(digits, traced)),
            protected,
            family: Some(Name::of("Exemplar")),
            given: Some(Name::of(given)),
            born: has_birth.then(|| date(1994, 7, 21)),
            uprn: Some("100000000001".to_owned()),
            ..Features::default()
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn comparing_is_symmetric_and_the_same_each_time(one in anybody(), other in anybody(), twin: bool) {
        let around = Surroundings { has_twin: twin };

        let claim = compare(&one, &other, around);

        prop_assert_eq!(&claim, &compare(&other, &one, around));
        prop_assert_eq!(&claim, &compare(&one, &other, around));
    }

    #[test]
    fn a_protected_or_differently_traced_person_is_never_linked(one in anybody(), other in anybody()) {
        let claim = compare(&one, &other, Surroundings::default());
        let traced = |person: &Features| person.nhs.clone().filter(|nhs| nhs.verified);
        let differ = traced(&one).zip(traced(&other)).is_some_and(|(a, b)| a.digits != b.digits);

        if one.protected || other.protected || differ {
            prop_assert!(!may_be_linked_by_hand(claim.class));
            prop_assert!(claim.class != MatchClass::Exact);
        }
    }

    #[test]
    fn only_number_birth_and_name_together_link_without_a_human(one in anybody(), other in anybody()) {
        let claim = compare(&one, &other, Surroundings::default());

        if claim.class == MatchClass::Exact {
            prop_assert!(one.nhs.as_ref().map(|n| &n.digits) == other.nhs.as_ref().map(|n| &n.digits));
            prop_assert!(one.born.is_some() && one.born == other.born);
            prop_assert!(claim.score.has(Evidence::FamilyEqual) || claim.score.has(Evidence::FamilyAlias));
        }
    }

    #[test]
    fn more_evidence_never_makes_a_weaker_score(one in anybody(), other in anybody()) {
        let (mut one, mut other) = (one, other);
        let before = Score::of(&one, &other).points();
        one.phones.push("+447700900123".to_owned());
        other.phones.push("+447700900123".to_owned());

        prop_assert_eq!(Score::of(&one, &other).points().checked_sub(before), Some(5));
    }
}
