//! Whom a reference means: on which child an impact is told.

use super::*;
use crate::domain::submission::{Given, ImpactedChild};

const ABUSE: &str = "s05-domestic-abuse-gold";

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
