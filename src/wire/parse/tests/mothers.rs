//! Who the mother of a child is, as the alert says it (domain 4.5.7).

use super::*;
use crate::domain::submission::SubjectFacts;
use v1::{Bool3, PrBasis, Relationship, Sex, SubjectRole};

/// Dana, Tilly, Noah, the unborn child; nobody in the household.
const ABUSE: &str = "s05-domestic-abuse-gold";
/// A child, and a mother in the household.
const PLACE: &str = "s08-place-of-safety";

fn subjects(name: &str, change: impl FnOnce(&mut v1::Alert)) -> Vec<SubjectFacts> {
    parse(&changed(name, change)).unwrap().submission.subjects
}

/// The place of each subject's mother.
fn mothers(name: &str, change: impl FnOnce(&mut v1::Alert)) -> Vec<Option<u32>> {
    let place = |child: SubjectFacts| child.mother.map(|mother| mother.place);
    subjects(name, change).into_iter().map(place).collect()
}

#[test]
fn the_children_of_the_victim_are_hers_born_or_not() {
    assert_eq!(mothers(ABUSE, |_| {}), [None, Some(0), Some(0), Some(0)]);

    let unborn = subjects(ABUSE, |_| {}).remove(3);
    let mother = unborn.mother.unwrap();
    assert_eq!(mother.identity.given.unwrap().expose(), "Dana");
    assert!(
        mother.nhs_verified && matches!(mother.age, crate::domain::submission::AgeFact::Born(_))
    );
    assert_eq!(unborn.expected_delivery.get().unwrap().expose().to_string(), "2027-02-10");
}

#[test]
fn an_unborn_child_without_a_relationship_is_the_victims_unless_she_is_said_not_to_be_pregnant() {
    let unrelated = |alert: &mut v1::Alert| {
        envelope(alert).subjects[3].relationship = Relationship::Unspecified.into();
    };
    assert_eq!(mothers(ABUSE, unrelated)[3], Some(0));
    let of_another = mothers(ABUSE, |alert| {
        unrelated(alert);
        abuse(alert).pregnancy = Bool3::No.into();
    });
    assert_eq!(of_another[3], None);
    assert_eq!(of_another[1], Some(0), "her born children are hers all the same");
}

#[test]
fn a_man_is_nobodys_mother() {
    let his = mothers(ABUSE, |alert| envelope(alert).subjects[0].sex = Sex::M.into());

    assert_eq!(his, [None, None, None, None]);
}

#[test]
fn the_mother_of_a_child_is_the_one_of_its_household() {
    // After the one subject, and the other one of a pair.
    assert_eq!(mothers(PLACE, |_| {}), [Some(2)]);
    let father = mothers(PLACE, |alert| {
        envelope(alert).household[0].relationship = Relationship::Father.into();
    });
    assert_eq!(father, [None]);
    let two = mothers(PLACE, |alert| {
        let mut other = envelope(alert).household[0].clone();
        other.person_ref = "other".to_owned();
        envelope(alert).household.push(other);
    });
    assert_eq!(two, [None], "which of the two bore the child is not guessed");
}

#[test]
fn of_two_mothers_she_is_who_holds_responsibility_as_the_mother() {
    let hers = mothers(PLACE, |alert| {
        let mut other = envelope(alert).household[0].clone();
        other.person_ref = "other".to_owned();
        let envelope = envelope(alert);
        envelope.household.push(other);
        envelope.subjects[0].pr_holders = vec![v1::PrHolder {
            person_ref: "other".to_owned(),
            basis: PrBasis::Mother.into(),
            ..Default::default()
        }];
    });

    assert_eq!(hers, [Some(3)]);
}

#[test]
fn the_unborn_child_of_a_child_is_hers_and_its_brother_or_sister_is_her_mothers() {
    let with = |relationship: Relationship| {
        mothers(PLACE, move |alert| {
            envelope(alert).subjects[0].sex = Sex::F.into();
            envelope(alert).subjects.push(v1::Person {
                subject_role: SubjectRole::Unborn.into(),
                relationship: relationship.into(),
                ..Default::default()
            });
        })
    };

    assert_eq!(with(Relationship::Child)[1], Some(0));
    assert_eq!(with(Relationship::Sibling)[1], Some(3), "after two subjects now");
    assert_eq!(with(Relationship::Unspecified)[1], None, "not guessed");
    assert_eq!(with(Relationship::OtherRelative)[1], None);
}
