//! Whom a reference means: whose word counts, and on which child an impact is told.

use super::*;
use crate::domain::submission::{Given, GiverStanding, ImpactedChild};

const FULL: &str = "full-missing";
const ABUSE: &str = "s05-domestic-abuse-gold";

fn consent_of(alert: &mut v1::Alert, giver: &str) {
    let sharing = envelope(alert).sharing.get_or_insert_default();
    let record = v1::ConsentRecord { giver_ref: giver.to_owned(), ..Default::default() };
    sharing.consents = vec![record];
}

fn standing(change: impl FnOnce(&mut v1::Alert)) -> GiverStanding {
    let parsed = parse(&changed(FULL, change)).unwrap();
    parsed.submission.sharing.consents[0].standing
}

#[test]
fn the_word_of_a_person_of_concern_or_of_somebody_restricted_by_an_order_does_not_count() {
    let of_concern = standing(|alert| {
        let concern = envelope(alert).persons_of_concern[0].person.clone().unwrap();
        consent_of(alert, &concern.person_ref);
    });
    let holder = |restricted: v1::Bool3| {
        standing(move |alert| {
            let mother = envelope(alert).household[0].person_ref.clone();
            consent_of(alert, &mother);
            let holder = v1::PrHolder {
                person_ref: mother,
                restricted_by_order: restricted.into(),
                ..Default::default()
            };
            envelope(alert).subjects[0].pr_holders = vec![holder];
        })
    };

    assert_eq!(of_concern, GiverStanding::Barred);
    assert_eq!(holder(v1::Bool3::Yes), GiverStanding::Barred);
    assert_eq!(holder(v1::Bool3::No), GiverStanding::Counts);
    assert_eq!(standing(|alert| consent_of(alert, "")), GiverStanding::Counts);
}

#[test]
fn an_impact_may_be_told_on_the_alleged_perpetrator_and_on_nobody_else_outside_the_subjects() {
    let told_on = |place: fn(&mut v1::Alert) -> String| {
        let request = changed(ABUSE, |alert| {
            let reference = place(alert);
            abuse(alert).child_impacts[0].child_ref = reference;
        });
        let parsed = parse(&request).unwrap();
        parsed.submission.domestic_abuse().unwrap().impacts[0].child
    };

    let alleged = told_on(|alert| {
        let concern = abuse(alert).alleged_perpetrator.as_mut().unwrap();
        concern.person.as_mut().unwrap().person_ref = "alleged".to_owned();
        "alleged".to_owned()
    });
    let other = told_on(|alert| {
        let person = v1::Person { person_ref: "aunt".to_owned(), ..Default::default() };
        envelope(alert).household.push(person);
        "aunt".to_owned()
    });

    assert_eq!(alleged, Given::Given(ImpactedChild::AllegedPerpetrator));
    assert_eq!(other, Given::Malformed);
}
