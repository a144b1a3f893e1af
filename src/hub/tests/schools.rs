//! Whom a school, or who stands in for one, is told about.

use super::*;
use crate::wire::{SubmitAlertRequest, v1};

use prost::Message as _;

/// Dana, the victim; Tilly, at school 900101; Noah, too young for one; an unborn child.
const GOLD: &str = include_str!("../../../docs/samples/alerts/s05-domestic-abuse-gold.json");
const SATURDAY: &str = "2026-11-14T00:40:00Z";

fn gold(change: impl FnOnce(&mut v1::Envelope, &mut v1::DomesticViolenceNotification)) -> Received {
    let request: SubmitAlertRequest = json::request_from_json(GOLD).unwrap();
    let mut alert = v1::Alert::decode(request.alert.as_ref()).unwrap();
    let Some(v1::alert::Body::DomesticViolence(body)) = &mut alert.body else {
        panic!("not domestic abuse")
    };
    change(alert.envelope.as_mut().unwrap(), body);
    let request = SubmitAlertRequest { alert: alert.encode_to_vec().into(), ..request };
    let parsed = parse::submission(&request, parse::TestOrProduction::Test).unwrap();
    let key = IdempotencyKey::try_from("k-1").unwrap();
    Received {
        submission: parsed.submission,
        key,
        alert: parsed.alert,
        completes: None,
        corrects: None,
    }
}

fn person<'a>(envelope: &'a mut v1::Envelope, given: &str) -> &'a mut v1::Person {
    let is_named = |person: &&mut v1::Person| person.given_names.iter().any(|name| name == given);
    envelope.subjects.iter_mut().find(is_named).unwrap()
}

/// The children each copy in a mailbox shows, and how many impacts.
async fn shown(desk: &Desk, mailbox: &str) -> Vec<(Vec<String>, usize)> {
    let mut stream = desk.stream(mailbox, &[]).await;
    let batch = desk.mailboxes.next_batch(&mut stream).await.unwrap();
    let copies = batch.items.iter().filter_map(|item| match item {
        Item::Copy(copy) => Some(v1::Alert::decode(copy.cut.body.as_slice()).unwrap()),
        Item::Tombstone { .. } => None,
    });
    let of = |alert: v1::Alert| {
        let people = alert.envelope.unwrap().subjects.into_iter();
        let names = people.flat_map(|person| person.given_names).collect();
        match alert.body {
            Some(v1::alert::Body::DomesticViolence(body)) => (names, body.child_impacts.len()),
            _ => (names, 0),
        }
    };
    copies.map(of).collect()
}

fn only(name: &str) -> Vec<(Vec<String>, usize)> {
    vec![(vec![name.to_owned()], 1)]
}

#[tokio::test]
async fn who_stands_in_for_a_setting_nobody_knows_sees_the_child() {
    let desk = Desk::opening_at(SATURDAY).await;
    let unknown = gold(|envelope, _| person(envelope, "Tilly").school_urn.clear());

    desk.tries("MERPOL", &unknown).await.unwrap();

    assert_eq!(shown(&desk, "CADT-EDU").await, only("Tilly"));
    assert!(shown(&desk, "SCH-900101").await.is_empty());
}

#[tokio::test]
async fn who_stands_in_for_a_school_with_a_conflict_of_interest_sees_its_pupil() {
    let desk = Desk::opening_at(SATURDAY).await;
    let excluded = gold(|envelope, _| {
        envelope.exclude.push(v1::Exclusion {
            kind: v1::ExcludeKind::Agency.into(),
            id: "SCH-900101".to_owned(),
        });
    });

    desk.tries("MERPOL", &excluded).await.unwrap();

    assert_eq!(shown(&desk, "CADT-EDU").await, only("Tilly"));
    assert!(shown(&desk, "SCH-900101").await.is_empty());
}

#[tokio::test]
async fn the_school_of_a_victim_who_is_a_child_is_told_of_the_impact_on_her_and_else_of_nothing() {
    for with_impact in [true, false] {
        let desk = Desk::opening_at(SATURDAY).await;
        let young = gold(|envelope, body| {
            let victim = person(envelope, "Dana");
            victim.dob = "2009-07-21".to_owned();
            // Without an inbox of its own.
            victim.school_urn = "900102".to_owned();
            let of_another = body.child_impacts.first().unwrap().clone();
            let child_ref = victim.person_ref.clone();
            if with_impact {
                let impact_text = "Stays away from lessons and does not sleep at night".to_owned();
                let own = v1::ChildImpact { child_ref, impact_text, ..of_another };
                body.child_impacts.push(own);
            }
        });

        let taken = desk.tries("MERPOL", &young).await.unwrap();

        let hers = shown(&desk, "CADT-EDU").await;
        assert_eq!(
            hers,
            if with_impact { only("Dana") } else { Vec::new() },
            "{:?}",
            taken.alert.gaps
        );
        assert_eq!(shown(&desk, "SCH-900101").await, only("Tilly"), "nothing of her to others");
    }
}
