//! Who the persons of an alert may be, through the whole submit path.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::*;
use crate::domain::Delivery;
use crate::domain::delivery::Purpose;
use crate::domain::identity::{LinkState, MatchClass};
use crate::domain::{Priority, Rule, View};

const NIGHT: &str = "2026-10-23T21:40:00Z";
const FOUND: &str = include_str!("../../../docs/samples/alerts/s01-missing-found.json");

/// The urgent sample about somebody else, or known otherwise.
fn about(change: impl FnOnce(&mut Value)) -> String {
    changed(URGENT, change)
}

fn changed(sample: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut request: Value = serde_json::from_str(sample).unwrap();
    change(&mut request["alert"]["envelope"]["subjects"][0]);
    request.to_string()
}

/// One of the twins of S13; police know no NHS number.
fn twin(given: &str, number: Option<&str>) -> String {
    about(|person| {
        person["familyName"] = json!("Simulacre");
        person["givenNames"] = json!([given]);
        person["alsoKnownAs"] = json!([]);
        person["dob"] = json!("2015-02-03");
        person["addresses"] =
            json!([{"type": "ADDRESS_TYPE_HOME", "uprn": "100000000009", "postcode": "ZX43 8WX"}]);
        person["schoolUrn"] = json!("900104");
        match number {
            Some(number) => person["nhsNumber"] = json!(number),
            None => {
                person["nhsNumber"] = json!("");
                person["nhsNumberStatus"] = json!("NHS_NUMBER_STATUS_ABSENT");
            }
        }
    })
}

async fn record(desk: &Desk, alert: AlertId) -> Arc<crate::domain::AlertRecord> {
    desk.parts.store.alert(alert).await.unwrap().unwrap()
}

fn steward_task(record: &crate::domain::AlertRecord) -> Option<&Delivery> {
    record.deliveries.iter().find(|delivery| delivery.mailbox == id("HUB-STEWARD"))
}

#[tokio::test]
async fn number_birth_and_name_link_two_alerts_and_ask_nobody() {
    let desk = Desk::opening_at(NIGHT).await;
    let first = desk.submits("MERPOL", URGENT, "k-1").await;

    let second = desk.submits("MERPOL", URGENT, "k-2").await;

    let found = record(&desk, second).await;
    let [link] = found.links.as_slice() else { panic!("{:?}", found.links) };
    assert_eq!((link.other, link.mention, link.other_mention), (first, 0, 0));
    assert_eq!((link.rule, link.class), (Rule::I4, MatchClass::Exact));
    assert_eq!((link.state, &link.by), (LinkState::Automatic, &None));
    assert_eq!(steward_task(&found), None);
    assert_eq!(desk.store.count("SUBJECT_LINKED:EXACT", second), 1);
    assert_eq!(record(&desk, first).await.links, [], "a claim changes nothing that was there");
}

#[tokio::test]
async fn s13_twins_and_a_swapped_number() {
    let desk = Desk::opening_at("2026-07-15T15:20:00Z").await;
    let ava = desk.submits("MERPOL", &twin("Ava", Some("9990026033")), "k-1").await;
    let mia = desk.submits("MERPOL", &twin("Mia", Some("9990027404")), "k-2").await;
    assert_eq!(record(&desk, mia).await.links, [], "I2: two traced numbers differ");

    // Police know no number: Mia is proposed, Ava is not.
    let seen = record(&desk, desk.submits("MERPOL", &twin("Mia", None), "k-3").await).await;
    // Both came in the same millisecond: their ids, and so the claims, have no order worth a test.
    let claims: BTreeSet<_> = seen.links.iter().map(|link| (link.other, link.rule)).collect();
    assert_eq!(claims, BTreeSet::from([(mia, Rule::I6), (ava, Rule::I5)]));
    let task = steward_task(&seen).unwrap();
    assert_eq!(
        (task.priority, task.purpose, task.view),
        (Priority::P4, Purpose::Task, View::Ladder)
    );
    assert_eq!(task.due.unwrap().at, instant("2026-07-16T15:20:00Z"), "8 working hours");
    assert!(seen.deliveries.iter().any(|delivery| delivery.purpose == Purpose::Alert), "no delay");

    // Mia under Ava's number: a conflict, and nobody may link her to Mia by hand either (I2).
    let swapped = desk.submits("MERPOL", &twin("Mia", Some("9990026033")), "k-4").await;
    let swapped = record(&desk, swapped).await;
    let of =
        |other| swapped.links.iter().filter(move |link| link.other == other).collect::<Vec<_>>();
    assert_eq!(of(ava)[0].rule, Rule::I3b);
    assert_eq!(of(ava)[0].state, LinkState::Conflict);
    assert_eq!(of(mia), Vec::<&crate::domain::identity::Link>::new());
    assert_eq!(steward_task(&swapped).unwrap().priority, Priority::P2);
    assert!(!swapped.links.iter().any(|link| link.state.is_confirmed()));

    // With the right number she is linked to herself, and nothing about Ava has changed.
    let right =
        record(&desk, desk.submits("MERPOL", &twin("Mia", Some("9990027404")), "k-5").await).await;
    let confirmed: Vec<_> = right
        .links
        .iter()
        .filter(|link| link.state.is_confirmed())
        .map(|link| link.other)
        .collect();
    assert_eq!(confirmed, [mia]);
    assert_eq!(record(&desk, ava).await.version, 1);
}

#[tokio::test]
async fn an_alert_that_does_not_know_of_the_refuge_is_treated_as_safe() {
    let desk = Desk::opening_at(NIGHT).await;
    let refuge = about(|person| {
        person["addresses"] = json!([{"type": "ADDRESS_TYPE_SAFE", "postcode": "ZX42 9ZZ"}]);
    });
    desk.submits("MERPOL", &refuge, "k-1").await;

    let found = desk.submits("MERPOL", FOUND, "k-2").await;

    let fsu = |record: &crate::domain::AlertRecord| {
        record.deliveries.iter().any(|delivery| delivery.view == View::SafeTask)
    };
    assert!(fsu(&*record(&desk, found).await), "R06: found, and lives at a SAFE address");
    let stranger = changed(FOUND, |person| {
        person["familyName"] = json!("Fictus");
        person["givenNames"] = json!(["Jaydon"]);
        person["alsoKnownAs"] = json!([]);
        person["nhsNumber"] = json!("9990002746");
        person["dob"] = json!("2011-06-18");
    });
    let other = desk.submits("MERPOL", &stranger, "k-3").await;
    assert!(!fsu(&*record(&desk, other).await), "somebody else");
}

#[tokio::test]
async fn who_is_mentioned_is_gone_with_the_alert() {
    let desk = Desk::opening_at(NIGHT).await;
    let first = record(&desk, desk.submits("MERPOL", URGENT, "k-1").await).await;
    desk.keys.destroy(&[first.body.as_ref().unwrap().key.clone()]).unwrap();

    let second = record(&desk, desk.submits("MERPOL", URGENT, "k-2").await).await;

    assert_eq!(
        second.links,
        [],
        "nobody is matched with a shredded alert, and the new one is taken"
    );
}

#[tokio::test]
async fn an_earlier_alert_that_is_not_in_memory_is_read_once_like_one_that_is() {
    let mut reads = Vec::new();
    for restarts in [false, true] {
        let mut desk = Desk::opening_at(NIGHT).await;
        desk.submits("MERPOL", URGENT, "k-1").await;
        if restarts {
            desk.restart_on(desk.env.clone());
        }
        let before = desk.store.reads();

        let second = desk.submits("MERPOL", URGENT, "k-2").await;

        reads.push(desk.store.reads() - before);
        assert_eq!(record(&desk, second).await.links.len(), 1);
    }
    assert_eq!(reads[0], reads[1]);
}
