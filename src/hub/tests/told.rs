//! What a sender hears of its alert: whom to phone, what was not taken as sent, and nothing of who it may not know of.

use super::*;
use crate::domain::submission::{BodyFacts, ChildrenInScope, PerpetratorFacts};
use crate::policy::sender_view::NoticeCode;

/// Gold, with children, from the police.
const GOLD: &str = include_str!("../../../docs/samples/alerts/s05-domestic-abuse-gold.json");
/// A boy with an exploitation flag, at medium risk.
const FLAGGED: &str = include_str!("../../../docs/samples/alerts/s02-missing-reported.json");
const REPORTED_AT: &str = "2026-11-19T02:20:00Z";
/// A sighting of him, without authority to lower the risk.
const UPDATED: &str = include_str!("../../../docs/samples/alerts/s02-missing-updated.json");
const SATURDAY: &str = "2026-11-14T00:40:00Z";
const MONDAY: &str = "2026-11-16T11:00:00Z";

const PHONE_OF_CADT: &str = "0151 496 0010";
const PHONE_OF_EDT: &str = "0151 496 0030";

fn phones(contacts: &[crate::policy::sender_view::DutyContact]) -> Vec<(&str, &str)> {
    contacts.iter().map(|contact| (&*contact.name, &*contact.phone)).collect()
}

fn notice(accepted: &Accepted, code: NoticeCode) -> Option<&str> {
    accepted.notices.iter().find(|notice| notice.code == code).map(|notice| &*notice.text)
}

/// The gold alert with something else about it.
fn gold(
    key: &str,
    change: impl FnOnce(&mut crate::domain::submission::DomesticAbuseFacts),
) -> Received {
    let mut received = received(GOLD, key);
    let BodyFacts::DomesticAbuse(facts) = &mut received.submission.body else {
        panic!("not domestic abuse")
    };
    change(facts);
    received
}

fn works_at(agency: &str) -> impl FnOnce(&mut crate::domain::submission::DomesticAbuseFacts) {
    let employed_by = AgencyCode::try_from(agency).ok();
    move |facts| {
        let perpetrator = facts.perpetrator.get().cloned().unwrap_or_default();
        facts.perpetrator = Given::Given(PerpetratorFacts { employed_by, ..perpetrator });
    }
}

fn phone_of(desk: &Desk, mailbox: &str) -> String {
    desk.parts.store.directory().mailbox(&id(mailbox)).unwrap().phone.clone()
}

#[tokio::test]
async fn the_front_door_s_number_is_that_of_the_desk_that_holds_the_alert() {
    for (start, phone) in [(SATURDAY, PHONE_OF_EDT), (MONDAY, PHONE_OF_CADT)] {
        let desk = Desk::opening_at(start).await;

        // The midwife is urgent and not to be foreseen by police.
        let taken = desk.tries("MERPOL", &received(GOLD, "k-1")).await.unwrap();

        assert!(phones(&taken.contacts).contains(&("front door", phone)), "{:?}", taken.contacts);
        let status = desk.broker.status(&system("MERPOL"), taken.alert.id).await.unwrap();
        let line = status.deliveries.iter().find(|seen| seen.delivery.name == "front door");
        assert_eq!(line.unwrap().delivery.phone, phone, "{start}");
    }
}

#[tokio::test]
async fn the_night_s_desk_keeps_what_it_holds_in_the_morning_too() {
    let desk = Desk::opening_at(SATURDAY).await;
    let taken = desk.submits("MERPOL", GOLD, "k-1").await;
    desk.clock.advance(crate::domain::Span::hours(59));

    let status = desk.broker.status(&system("MERPOL"), taken).await.unwrap();

    let line = status.deliveries.iter().find(|seen| seen.delivery.name == "front door");
    assert_eq!(line.unwrap().delivery.phone, PHONE_OF_EDT);
}

#[tokio::test]
async fn where_a_person_of_concern_works_on_the_desk_the_senior_on_call_is_to_be_phoned() {
    for (start, employer) in [(MONDAY, "CADT"), (SATURDAY, "CADT"), (SATURDAY, "EDT")] {
        let desk = Desk::opening_at(start).await;

        let taken = desk.tries("MERPOL", &gold("k-1", works_at(employer))).await.unwrap();

        let senior = phone_of(&desk, "COUNCIL/head-of-service");
        let told = phones(&taken.contacts);
        assert!(told.contains(&("front door", &senior)), "{employer} at {start}: {told:?}");
        for (name, phone) in told {
            assert!(!name.contains('/'), "{name}: nothing made under D0 has a name");
            let desk = if employer == "CADT" { PHONE_OF_CADT } else { PHONE_OF_EDT };
            assert_ne!(phone, desk, "{name}");
        }
        let status = desk.broker.status(&system("MERPOL"), taken.alert.id).await.unwrap();
        assert!(status.deliveries.iter().all(|seen| !seen.delivery.name.contains('/')));
    }
}

#[tokio::test]
async fn a_delivery_made_under_d0_is_neither_named_nor_in_the_state_of_the_alert() {
    let desk = Desk::opening_at(MONDAY).await;

    let taken = desk.tries("MERPOL", &gold("k-1", works_at("FSU"))).await.unwrap();

    let lead = taken.alert.deliveries.iter().find(|held| held.mailbox == id("FSU/lead")).unwrap();
    assert_eq!(lead.row, crate::domain::Rule::D0);
    assert!(phones(&taken.contacts).iter().all(|(name, _)| !name.starts_with("FSU")));
    let mut alert = taken.alert.as_ref().clone();
    for held in &mut alert.deliveries {
        if held.row != crate::domain::Rule::D0 {
            held.state = crate::domain::delivery::DeliveryState::Delivered;
        }
    }
    let summary = crate::wire::render::alert_summary(&alert);
    assert_eq!(summary.state(), crate::wire::v1::DeliveryState::Delivered, "D0's still waits");
}

#[tokio::test]
async fn a_sender_hears_that_the_hub_took_more_than_it_stated_and_only_then() {
    use crate::domain::submission::{AgeFact, Code, Intoxication, RiskMarker, SubjectFacts};

    let missing = |key: &str| received(URGENT, key);
    let young = |key: &str| {
        let mut received = missing(key);
        let child: &mut SubjectFacts = received.submission.subjects.first_mut().unwrap();
        child.age = AgeFact::Estimated(Redacted::new(13));
        received
    };
    let contradicted = |key: &str| {
        let mut received = received(ROUTINE, key);
        let BodyFacts::Alcohol(facts) = &mut received.submission.body else {
            panic!("not an attendance")
        };
        facts.intoxication = Given::Given(Code::Known(Intoxication::Unconscious));
        assert!(facts.risk_markers.contains(RiskMarker::None));
        received
    };
    for (start, sender, alert, told) in [
        ("2026-10-23T21:40:00Z", "MERPOL", missing("k-1"), None),
        ("2026-10-23T21:40:00Z", "MERPOL", young("k-1"), Some("alert.envelope.priority")),
        (REPORTED_AT, "MERPOL", received(FLAGGED, "k-1"), Some("alert.envelope.risk")),
        (
            "2026-11-08T03:10:00Z",
            "WUTH-AED",
            contradicted("k-1"),
            Some("alert.alcohol.risk_markers"),
        ),
    ] {
        let desk = Desk::opening_at(start).await;

        let taken = desk.tries(sender, &alert).await.unwrap();

        let text = notice(&taken, NoticeCode::PriorityRaised);
        assert_eq!(text.is_some(), told.is_some(), "{told:?}: {text:?}");
        assert!(told.is_none_or(|path| text.unwrap().contains(path)), "{text:?}");
        let again = desk.tries(sender, &alert).await.unwrap();
        assert_eq!((again.notices, again.receipt), (taken.notices, taken.receipt), "repeated");
    }
}

#[tokio::test]
async fn a_sender_hears_of_a_field_that_was_refused_alone() {
    let desk = Desk::opening_at("2026-11-19T09:00:00Z").await;
    let first = desk.submits("MERPOL", FLAGGED, "k-1").await;
    let mut update = received(UPDATED, "k-2");
    update.submission.envelope.episode =
        Given::Given(crate::domain::submission::EpisodeName::Hub(first));

    let taken = desk.tries("MERPOL", &update).await.unwrap();

    let text = notice(&taken, NoticeCode::FieldRefused).unwrap();
    assert!(text.contains("alert.missing.downgrade_by"), "{text}");
    assert_eq!(notice(&taken, NoticeCode::PriorityRaised), None);
}

#[tokio::test]
async fn a_sender_that_may_not_know_of_the_closed_service_hears_until_when_without_its_name() {
    let no_child = |facts: &mut crate::domain::submission::DomesticAbuseFacts| {
        facts.children_in_scope =
            Given::Given(crate::domain::submission::Code::Known(ChildrenInScope::NoneConfirmed));
        facts.impacts.clear();
        facts.pregnancy = Given::Given(crate::domain::submission::Code::Known(
            crate::domain::submission::Bool3::No,
        ));
    };
    for (sender, is_named) in [("MERPOL", true), ("MIDW", false)] {
        let desk = Desk::opening_at(SATURDAY).await;
        let mut adult_only = gold("k-1", no_child);
        adult_only.submission.subjects.truncate(1);
        adult_only.submission.envelope.sender_agency =
            Given::Given(AgencyCode::try_from(sender).unwrap());

        let taken = desk.tries(sender, &adult_only).await.unwrap();

        let text = notice(&taken, NoticeCode::RecipientClosed).unwrap();
        assert!(text.contains("closed until") && text.contains("0808 2000 247"), "{text}");
        assert_eq!(text.contains("FSU"), is_named, "{sender}: {text}");
        assert!(phones(&taken.contacts).iter().any(|(name, _)| *name == "FSU") == is_named);
    }
}
