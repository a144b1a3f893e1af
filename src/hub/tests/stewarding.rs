//! What stewards and registrars say of who is who, through services and store.

use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::domain::identity::{Flag, LinkState, StewardBasis};
use crate::domain::principal::{Person as Caller, Role};
use crate::domain::{AlertRecord, UserId, View};
use crate::identity::{
    self, Asked, Between, Entry, Hand, Identity, IdentityError, Mention, Person, Registered,
};

const NIGHT: &str = "2026-10-23T21:40:00Z";
const FOUND: &str = include_str!("../../../docs/samples/alerts/s01-missing-found.json");

pub(super) fn identity(desk: &Desk) -> Identity {
    Identity::new(identity::Parts {
        store: Arc::clone(&desk.parts.store),
        env: desk.env.clone(),
        sealer: Arc::clone(&desk.parts.sealer),
        audit: Arc::clone(&desk.parts.audit),
        wake: Arc::clone(&desk.parts.wake),
        clocks: Clocks::DEFAULT,
    })
}

pub(super) fn person(agency: &str, user: &str, role: Role) -> Principal {
    Principal::User {
        agency: AgencyCode::try_from(agency).unwrap(),
        person: Caller { user: UserId::try_from(user).unwrap(), roles: vec![role] },
        fingerprint: [8; 32],
    }
}

pub(super) fn steward() -> Principal {
    person("HUB-STEWARD", "u-3801", Role::IdentitySteward)
}

fn of(alert: AlertId) -> Mention {
    Mention { alert, person: 0 }
}

pub(super) fn says(hand: Hand, one: AlertId, other: AlertId) -> Asked {
    let between = Between { one: of(one), other: of(other) };
    Asked { between, hand, basis: StewardBasis::SenderSaid }
}

/// The urgent sample without a number: the same name, birth and home are STRONG (I6).
fn without_number(sample: &str) -> String {
    let mut request: Value = serde_json::from_str(sample).unwrap();
    let subject = &mut request["alert"]["envelope"]["subjects"][0];
    subject["nhsNumber"] = json!("");
    subject["nhsNumberStatus"] = json!("NHS_NUMBER_STATUS_ABSENT");
    request.to_string()
}

async fn record(desk: &Desk, alert: AlertId) -> Arc<AlertRecord> {
    desk.parts.store.alert(alert).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_steward_sees_both_persons_and_the_showing_is_recorded_first() {
    let desk = Desk::opening_at(NIGHT).await;
    let first = desk.submits("MERPOL", URGENT, "k-1").await;
    let second = desk.submits("MERPOL", &without_number(URGENT), "k-2").await;

    let page = identity(&desk).tasks(&steward(), (0, 20)).await.unwrap();

    let [task] = page.tasks.as_slice() else { panic!("{:?}", page.tasks) };
    assert_eq!((task.alert.id, page.next), (second, None));
    let [claim] = task.claims.as_slice() else { panic!("{:?}", task.claims) };
    assert_eq!((claim.link.other, claim.link.state), (first, LinkState::Proposed));
    let family = |person: &Person| match person {
        Person::Known(person) => person.identity.family.as_ref().map(|it| it.expose().clone()),
        Person::Gone => None,
    };
    assert!(family(&claim.own).is_some());
    assert_eq!(family(&claim.own), family(&claim.other));
    assert_eq!(desk.store.count("RECORD_VIEWED:MATCHES", second), 1);
}

#[tokio::test]
async fn what_a_steward_links_leaves_the_queue_and_unlinking_restores_what_was() {
    let desk = Desk::opening_at(NIGHT).await;
    let first = desk.submits("MERPOL", URGENT, "k-1").await;
    let second = desk.submits("MERPOL", &without_number(URGENT), "k-2").await;
    let (identity, before) = (identity(&desk), record(&desk, second).await);
    let other = record(&desk, first).await;

    let linked = identity.decide(&steward(), &says(Hand::Link, first, second)).await.unwrap();

    assert_eq!(linked, LinkState::Confirmed);
    assert_eq!(identity.tasks(&steward(), (0, 20)).await.unwrap().tasks.len(), 0);
    assert_eq!(desk.store.count("SUBJECT_LINKED:SENDER_SAID", second), 1);
    assert_eq!(desk.store.count("TASK_DONE:MATCH", second), 1);
    let again = identity.decide(&steward(), &says(Hand::Link, second, first)).await.unwrap();
    assert_eq!(again, LinkState::Confirmed, "in whichever order, and as often as wanted");
    assert_eq!(desk.store.count("SUBJECT_LINKED:SENDER_SAID", second), 1, "recorded once");

    let undone = identity.decide(&steward(), &says(Hand::Unlink, first, second)).await.unwrap();

    assert_eq!(undone, LinkState::Unlinked);
    let after = record(&desk, second).await;
    assert_eq!(after.links[0].earlier.len(), 2, "every step is kept");
    let (version, links) = (before.version, before.links.clone());
    let without = AlertRecord { version, links, ..after.as_ref().clone() };
    assert_eq!(without, *before, "nothing but the claim has changed");
    let after = record(&desk, first).await;
    let without = AlertRecord { version: other.version, ..after.as_ref().clone() };
    assert_eq!(without, *other, "nor has the other: they were one event, and are two again");
}

#[tokio::test]
async fn nobody_else_decides_and_each_refusal_is_recorded() {
    let desk = Desk::opening_at(NIGHT).await;
    let first = desk.submits("MERPOL", URGENT, "k-1").await;
    let second = desk.submits("MERPOL", &without_number(URGENT), "k-2").await;
    let identity = identity(&desk);
    let asked = says(Hand::Link, first, second);

    for (caller, reason) in [
        (system("HUB-STEWARD"), "OWN_CERTIFICATE_NEEDED"),
        (person("CADT", "u-1101", Role::DutyManager), "ROLE_NOT_ALLOWED"),
        (person("HUB-IG", "u-3301", Role::IgReviewer), "ROLE_NOT_ALLOWED"),
    ] {
        assert_eq!(identity.decide(&caller, &asked).await.unwrap_err().reason(), reason);
        assert_eq!(identity.tasks(&caller, (0, 20)).await.unwrap_err().reason(), reason);
    }
    let nobody = says(Hand::Link, first, AlertId::from_bytes([9; 16]));
    let refused = identity.decide(&steward(), &nobody).await.unwrap_err();
    assert!(matches!(refused, IdentityError::NotFound));
    assert_eq!(record(&desk, second).await.links[0].state, LinkState::Proposed);
}

#[tokio::test]
async fn an_entry_of_the_register_reaches_the_next_alert_and_is_lifted_again() {
    let desk = Desk::opening_at(NIGHT).await;
    let first = desk.submits("MERPOL", URGENT, "k-1").await;
    let identity = identity(&desk);
    let registrar = person("CADT", "u-1101", Role::DutyManager);
    let entry = |entry| Registered { mention: of(first), flag: Flag::Safe, entry };
    let early = identity.flag(&registrar, &entry(Entry::Set)).await.unwrap_err();
    assert_eq!(early.reason(), "NOT_FOUND", "it has not been handed the alert yet");
    desk.receives(&mut desk.stream("CADT", &[]).await).await;

    identity.flag(&registrar, &entry(Entry::Set)).await.unwrap();
    identity.flag(&registrar, &entry(Entry::Set)).await.unwrap();

    assert_eq!(desk.store.count("SUBJECT_FLAGGED:SAFE_SET", first), 1, "once");
    assert_eq!(record(&desk, first).await.flags.len(), 1);
    let fsu = |record: &AlertRecord| {
        record.deliveries.iter().any(|delivery| delivery.view == View::SafeTask)
    };
    let flagged = record(&desk, desk.submits("MERPOL", FOUND, "k-2").await).await;
    assert!(fsu(&flagged), "R06: found, and may live at a SAFE address");

    identity.flag(&registrar, &entry(Entry::Lifted)).await.unwrap();

    let lifted = record(&desk, desk.submits("MERPOL", FOUND, "k-3").await).await;
    assert!(!fsu(&lifted));
    let police = person("MERPOL", "u-1", Role::DutyManager);
    let refused = identity.flag(&police, &entry(Entry::Set)).await.unwrap_err();
    assert_eq!(refused.reason(), "ROLE_NOT_ALLOWED");
}

#[tokio::test]
async fn a_protected_person_is_parted_from_every_alert_and_never_shown() {
    let desk = Desk::opening_at(NIGHT).await;
    let first = desk.submits("MERPOL", URGENT, "k-1").await;
    let second = desk.submits("MERPOL", URGENT, "k-2").await;
    let third = desk.submits("MERPOL", &without_number(URGENT), "k-3").await;
    desk.receives(&mut desk.stream("CADT", &[]).await).await;
    let identity = identity(&desk);
    let registrar = person("CADT", "u-1101", Role::DutyManager);
    let mention = of(first);
    let asked = Registered { mention, flag: Flag::Protected, entry: Entry::Set };

    identity.flag(&registrar, &asked).await.unwrap();

    for later in [second, third] {
        let links = record(&desk, later).await.links.clone();
        let to_first = links.iter().find(|link| link.other == first).unwrap();
        assert_eq!(to_first.state, LinkState::Unlinked);
        assert_eq!(desk.store.count("SUBJECT_UNLINKED:PROTECTED", later), 1);
    }
    let linked = identity.decide(&steward(), &says(Hand::Link, first, second)).await;
    assert_eq!(linked.unwrap_err().reason(), "LINK_BARRED", "I1");
    let page = identity.tasks(&steward(), (0, 20)).await.unwrap();
    let shown = page.tasks.iter().flat_map(|task| &task.claims);
    assert!(shown.into_iter().all(|claim| claim.link.other != first));
}

#[tokio::test]
async fn an_alert_about_whoever_may_be_protected_is_treated_as_safe_and_links_nobody() {
    let desk = Desk::opening_at(NIGHT).await;
    let first = desk.submits("MERPOL", URGENT, "k-1").await;
    desk.receives(&mut desk.stream("CADT", &[]).await).await;
    let registrar = person("CADT", "u-1101", Role::DutyManager);
    let (mention, flag) = (of(first), Flag::Protected);
    let asked = Registered { mention, flag, entry: Entry::Set };
    identity(&desk).flag(&registrar, &asked).await.unwrap();

    let found = record(&desk, desk.submits("MERPOL", FOUND, "k-2").await).await;

    assert!(found.deliveries.iter().any(|delivery| delivery.view == View::SafeTask), "R06");
    assert_eq!(found.links, [], "I1");
}
