//! A child that is expected, and then born, through the whole submit path (domain 4.5.7).

use serde_json::{Value, json};

use super::repeats::wait_until;
use super::stewarding::{identity, steward};
use super::*;
use crate::domain::delivery::Purpose;
use crate::domain::identity::{Evidence, Link, LinkState, MatchClass, StewardBasis};
use crate::domain::{AlertRecord, Priority, Rule};
use crate::identity::{Asked, Between, Hand, IdentityError, Mention, Person};

const ABUSE: &str = include_str!("../../../docs/samples/alerts/s05-domestic-abuse-gold.json");
const CONCERN: &str = include_str!("../../../docs/samples/alerts/concern.json");

/// The place of the unborn child in the sample.
const CHILD: u32 = 3;

/// Dana's notification of 13 November: she expects a child on 10 February.
fn expecting(change: impl FnOnce(&mut Value)) -> String {
    let mut request: Value = serde_json::from_str(ABUSE).unwrap();
    change(&mut request["alert"]);
    request.to_string()
}

/// Dana's notification of 1 March, with a child that was born on that day.
fn notified(born: &str) -> String {
    let later = ABUSE
        .replace("2026-11-14", "2027-03-02")
        .replace("2026-11-13", "2027-03-01")
        .replace("VPRF1-T-0091", "VPRF1-T-0999");
    let mut request: Value = serde_json::from_str(&later).unwrap();
    let alert = &mut request["alert"];
    let child = baby(born);
    alert["envelope"]["subjects"][3] = json!({"personRef": "unborn",
        "subjectRole": "SUBJECT_ROLE_OTHER_CHILD", "relationship": "RELATIONSHIP_CHILD"});
    for (field, value) in child.as_object().unwrap() {
        alert["envelope"]["subjects"][3][field] = value.clone();
    }
    let impact = &mut alert["domesticViolence"]["childImpacts"][2];
    impact["presence"] = json!("CHILD_PRESENCE_IN_PROPERTY_EXPOSURE_UNKNOWN");
    impact["impactCodes"] = json!(["IMPACT_CODE_NOT_YET_ASSESSED"]);
    alert["domesticViolence"]["pregnancy"] = json!("BOOL3_NO");
    request.to_string()
}

fn baby(born: &str) -> Value {
    json!({"familyName": "Exemplar", "givenNames": ["Wren"], "dob": born,
        "dobPrecision": "DOB_PRECISION_FULL", "sex": "SEX_F",
        "addresses": [{"type": "ADDRESS_TYPE_HOME", "postcode": "ZX48 1PQ"}]})
}

/// A concern of 1 March about a child, with the mother in its household.
fn concern(born: &str, mother: &Value) -> String {
    let later = CONCERN.replace("2026-11-23", "2027-03-02").replace("2026-11-22", "2027-03-01");
    let mut request: Value = serde_json::from_str(&later).unwrap();
    let envelope = &mut request["alert"]["envelope"];
    let child = &mut envelope["subjects"][0];
    let gone = json!({"personRef": "wren", "subjectRole": "SUBJECT_ROLE_PRIMARY",
        "relationship": "RELATIONSHIP_SELF"});
    *child = gone;
    for (field, value) in baby(born).as_object().unwrap() {
        child[field] = value.clone();
    }
    envelope["household"] = json!([mother]);
    request.to_string()
}

/// As a partner knows her from her own records: nothing about the family's home.
fn dana() -> Value {
    json!({"personRef": "mother", "subjectRole": "SUBJECT_ROLE_PARENT_CARER",
        "nhsNumber": "9990009597", "nhsNumberStatus": "NHS_NUMBER_STATUS_VERIFIED",
        "familyName": "Exemplar", "givenNames": ["Dana"], "dob": "1994-07-21",
        "dobPrecision": "DOB_PRECISION_FULL", "sex": "SEX_F",
        "relationship": "RELATIONSHIP_MOTHER"})
}

fn somebody_else() -> Value {
    let mut other = dana();
    other["nhsNumber"] = json!("9990026033");
    other["givenNames"] = json!(["Mara"]);
    other["dob"] = json!("1991-01-30");
    other
}

async fn record(desk: &Desk, alert: AlertId) -> Arc<AlertRecord> {
    desk.parts.store.alert(alert).await.unwrap().unwrap()
}

fn by_mother(record: &AlertRecord) -> Vec<&Link> {
    record.links.iter().filter(|link| link.is_by_mother()).collect()
}

/// The one entry about who was shown of the alert's claims.
fn viewed(desk: &Desk, alert: AlertId) -> crate::domain::Event {
    let entries = desk.store.entries();
    let events = entries.iter().flat_map(|entry| &entry.events);
    let events = events.filter_map(|event| crate::record::decode_event(&event.bytes).ok());
    let mut viewed = events
        .filter(|event| event.kind == EventKind::RecordViewed)
        .filter(|event| event.alert == Some(alert));
    let one = viewed.next().unwrap();
    assert!(viewed.next().is_none());
    one
}

/// A hub that was told in November of the child that Dana expects.
async fn expected() -> (Desk, AlertId) {
    let desk = Desk::opening_at("2026-11-14T00:40:00Z").await;
    let first = desk.submits("MERPOL", &expecting(|_| {}), "k-1").await;
    wait_until(&desk, "2027-03-02T10:00:00Z");
    (desk, first)
}

#[tokio::test]
async fn a_birth_is_proposed_to_the_stewards_and_never_linked_by_the_hub() {
    let (desk, first) = expected().await;

    let second = desk.submits("MERPOL", &notified("2027-02-14"), "k-2").await;

    let found = record(&desk, second).await;
    let [link] = by_mother(&found)[..] else { panic!("{:?}", found.links) };
    assert_eq!((link.other, link.mention, link.other_mention), (first, CHILD, CHILD));
    assert_eq!((link.rule, link.class), (Rule::I6, MatchClass::Strong));
    assert_eq!((link.state, &link.by), (LinkState::Proposed, &None));
    assert_eq!(link.evidence, [Evidence::MotherEqual, Evidence::BornNear]);
    let task = found.deliveries.iter().find(|it| it.mailbox == id("HUB-STEWARD")).unwrap();
    assert_eq!((task.purpose, task.priority), (Purpose::Task, Priority::P4));
    assert!(found.deliveries.iter().any(|it| it.purpose == Purpose::Alert), "no delay");
    assert_eq!(record(&desk, first).await.version, 1, "nothing changes what was told before");
}

#[tokio::test]
async fn the_child_is_found_through_a_mother_who_is_no_subject() {
    let (desk, first) = expected().await;

    let second = desk.submits("RESPONSE", &concern("2027-02-14", &dana()), "k-2").await;

    let found = record(&desk, second).await;
    let [link] = by_mother(&found)[..] else { panic!("{:?}", found.links) };
    assert_eq!((link.other, link.mention, link.other_mention), (first, 0, CHILD));
    assert_eq!(link.state, LinkState::Proposed);
    let stored = format!("{found:?}");
    for clear in ["Dana", "Exemplar", "9990009597", "2027-02-1"] {
        assert!(!stored.contains(clear), "{clear} stands in clear");
    }
}

#[tokio::test]
async fn a_child_of_another_mother_and_one_outside_three_weeks_are_new() {
    let (desk, _) = expected().await;

    for (key, request) in
        [("k-2", concern("2027-02-14", &somebody_else())), ("k-3", concern("2027-01-19", &dana()))]
    {
        let other = desk.submits("RESPONSE", &request, key).await;
        let other = record(&desk, other).await;
        assert!(by_mother(&other).is_empty(), "{key}");
    }
    let early = desk.submits("MERPOL", &notified("2027-01-19"), "k-4").await;
    let early = record(&desk, early).await;
    let unborn = early.links.iter().filter(|link| link.other_mention == CHILD);
    let unborn: Vec<_> = unborn.filter(|link| link.mention == CHILD).collect();
    // Told of by the concern of k-3: that child she is, by name and birth; the expected one she is not.
    assert!(unborn.iter().all(|link| !link.is_by_mother()), "{unborn:?}");
}

#[tokio::test]
async fn told_of_twice_before_birth_it_is_one_claim_and_twins_are_two() {
    let (desk, first) = expected().await;
    let again = |change: fn(&mut Value)| expecting(change).replace("VPRF1-T-0091", "VPRF1-T-0777");

    let moved = again(|alert| {
        alert["envelope"]["subjects"][3]["expectedDelivery"] = json!("2027-03-03");
    });
    let moved = record(&desk, desk.submits("MERPOL", &moved, "k-2").await).await;
    let [link] = by_mother(&moved)[..] else { panic!("{:?}", moved.links) };
    assert_eq!((link.other, link.state), (first, LinkState::Proposed));
    assert_eq!(link.evidence, [Evidence::MotherEqual, Evidence::DeliveryNear]);

    let twins = again(|alert| {
        let mut other = alert["envelope"]["subjects"][3].clone();
        other["personRef"] = json!("other");
        alert["envelope"]["subjects"].as_array_mut().unwrap().push(other);
        let mut impact = alert["domesticViolence"]["childImpacts"][2].clone();
        impact["childRef"] = json!("other");
        alert["domesticViolence"]["childImpacts"].as_array_mut().unwrap().push(impact);
    });
    let twins = record(&desk, desk.submits("MERPOL", &twins, "k-3").await).await;
    let of_first: Vec<_> =
        by_mother(&twins).into_iter().filter(|link| link.other == first).collect();
    assert_eq!(of_first.iter().map(|link| link.mention).collect::<Vec<_>>(), [3, 4]);
    for link in of_first {
        assert_eq!((link.rule, link.class), (Rule::I5, MatchClass::TwinSuspect));
        assert_eq!(link.state, LinkState::Proposed, "which of them is asked of a human");
    }
}

#[tokio::test]
async fn a_steward_sees_the_mothers_and_links_the_child_to_one_of_the_twins_only() {
    let desk = Desk::opening_at("2026-11-14T00:40:00Z").await;
    let twins = expecting(|alert| {
        let mut other = alert["envelope"]["subjects"][3].clone();
        other["personRef"] = json!("other");
        alert["envelope"]["subjects"].as_array_mut().unwrap().push(other);
    });
    let first = desk.submits("MERPOL", &twins, "k-1").await;
    wait_until(&desk, "2027-03-02T10:00:00Z");
    let second = desk.submits("RESPONSE", &concern("2027-02-14", &dana()), "k-2").await;
    let identity = identity(&desk);

    let page = identity.tasks(&steward(), (0, 20)).await.unwrap();

    let [task] = page.tasks.as_slice() else { panic!("{:?}", page.tasks) };
    assert_eq!((task.alert.id, task.claims.len()), (second, 2));
    for claim in &task.claims {
        let (Person::Known(own), Person::Known(other)) = (&claim.own, &claim.other) else {
            panic!("both are there")
        };
        assert!(own.mother.is_some() && other.mother.is_some());
        assert!(own.expected.is_none() && other.expected.is_some());
    }
    let viewed = viewed(&desk, second);
    let of_household = "alert.envelope.household[].family_name".to_owned();
    assert!(viewed.fields_viewed.contains(&of_household), "the mother of the concern is shown");
    let told_before = record(&desk, first).await.subjects.clone();
    let shown = [0, 3, 4].map(|place| told_before[place]);
    assert!(shown.iter().all(|it| viewed.subjects.contains(it)), "she and both children");
    let siblings = [1, 2].map(|place| told_before[place]);
    assert!(siblings.iter().all(|it| !viewed.subjects.contains(it)), "and nobody else of it");
    let says = |hand, place| {
        let of = |alert, person| Mention { alert, person };
        let between = Between { one: of(second, 0), other: of(first, place) };
        Asked { between, hand, basis: StewardBasis::RecordsCompared }
    };
    let linked = identity.decide(&steward(), &says(Hand::Link, 3)).await.unwrap();
    assert_eq!(linked, LinkState::Confirmed);
    let refused = identity.decide(&steward(), &says(Hand::Link, 4)).await.unwrap_err();
    assert!(matches!(refused, IdentityError::Refused(_)) && refused.reason() == "ONE_ALERT");
    identity.decide(&steward(), &says(Hand::Reject, 4)).await.unwrap();
    assert!(identity.tasks(&steward(), (0, 20)).await.unwrap().tasks.is_empty());
    assert_eq!(desk.store.count("SUBJECT_LINKED:RECORDS_COMPARED", second), 1);
}
