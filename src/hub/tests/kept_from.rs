//! From whom an alert is kept is sealed, holds for what comes later, and is gone with the alert's key.

use super::*;
use crate::domain::principal::{Person, Role};
use crate::domain::submission::{EpisodeName, Exclusion};
use crate::domain::{DeliveryId, Span, UserId};

const NIGHT: &str = "2026-10-23T21:40:00Z";

/// The urgent alert, kept from the emergency duty team.
fn kept_from_edt(key: &str) -> Received {
    let mut received = received(URGENT, key);
    let edt = AgencyCode::try_from("EDT").unwrap();
    received.submission.envelope.exclude.push(Exclusion::Agency(edt));
    received
}

/// The urgent alert once more, as news of an episode; it does not repeat from whom it is to be kept.
fn news_of(first: AlertId, key: &str) -> Received {
    let mut received = received(URGENT, key);
    received.submission.envelope.episode = Given::Given(EpisodeName::Hub(first));
    received
}

fn went_to(accepted: &Accepted, mailbox: &str) -> bool {
    accepted.alert.deliveries.iter().any(|delivery| delivery.mailbox == id(mailbox))
}

#[tokio::test]
async fn news_is_kept_from_whom_the_stored_first_alert_is_kept_without_saying_so_again() {
    let desk = Desk::opening_at(NIGHT).await;
    let first = desk.tries("MERPOL", &kept_from_edt("k-1")).await.unwrap();

    let news = desk.tries("MERPOL", &news_of(first.alert.id, "k-2")).await.unwrap();
    let later = desk.tries("MERPOL", &news_of(news.alert.id, "k-3")).await.unwrap();

    for taken in [&first, &news, &later] {
        assert!(!went_to(taken, "EDT"));
        assert!(went_to(taken, "CADT/lead"), "to whoever stands in its place");
    }
    desk.clock.advance(Span::hours(8));
    desk.escalation.run_once().await.unwrap();
    let climbed = desk.parts.store.alert(later.alert.id).await.unwrap().unwrap();
    let edt = |mailbox: &MailboxId| mailbox.agency_code() == "EDT";
    assert!(climbed.deliveries.len() > later.alert.deliveries.len(), "the ladder was climbed");
    assert!(!climbed.deliveries.iter().any(|delivery| edt(&delivery.mailbox)));
}

#[tokio::test]
async fn with_the_key_goes_whom_an_alert_was_kept_from_and_then_nobody_is_called_about_it() {
    let desk = Desk::opening_at(NIGHT).await;
    let kept = desk.tries("MERPOL", &kept_from_edt("k-1")).await.unwrap().alert;
    let open = desk.submits("MERPOL", URGENT, "k-2").await;
    desk.keys.destroy(&[kept.body.as_ref().unwrap().key.clone()]).unwrap();
    desk.clock.advance(Span::minutes(61));

    let fired = desk.escalation.run_once().await.unwrap();

    assert_eq!((fired.changed, fired.newly_failing), (2, 0), "no alarm, and no other waits");
    assert_eq!(desk.store.count("ESCALATED", kept.id), 0);
    assert_eq!(desk.store.count("TASK_DONE:KEY_DESTROYED", kept.id), 1);
    assert!(desk.store.count("ESCALATED", open) > 0);
    let ended = desk.parts.store.alert(kept.id).await.unwrap().unwrap();
    assert_eq!(ended.next_due(), None, "it is at rest");
    let again = desk.escalation.run_once().await.unwrap();
    assert_eq!((again.changed, again.newly_failing), (0, 0));
}

#[tokio::test]
async fn news_of_an_episode_whose_key_is_gone_goes_out_and_past_whom_the_record_still_tells_of() {
    let desk = Desk::opening_at(NIGHT).await;
    let first = desk.tries("MERPOL", &kept_from_edt("k-1")).await.unwrap().alert;
    desk.keys.destroy(&[first.body.as_ref().unwrap().key.clone()]).unwrap();

    let news = desk.tries("MERPOL", &news_of(first.id, "k-2")).await.unwrap();

    assert!(!went_to(&news, "EDT") && !went_to(&news, "CADT"), "either desk may have been meant");
    assert!(went_to(&news, "CADT/lead"));
    assert!(went_to(&news, "COUNCIL/head-of-service"), "nobody is without a person on duty");
    let stored = desk.parts.store.alert(first.id).await.unwrap().unwrap();
    assert_eq!(stored.followers, [news.alert.id]);
}

#[tokio::test]
async fn urgent_news_that_says_who_must_not_know_goes_out_though_the_key_of_what_came_before_is_gone()
 {
    let desk = Desk::opening_at(NIGHT).await;
    let first = desk.submits("MERPOL", URGENT, "k-1").await;
    let before = desk.parts.store.alert(first).await.unwrap().unwrap();
    desk.keys.destroy(&[before.body.as_ref().unwrap().key.clone()]).unwrap();
    let mut news = news_of(first, "k-2");
    let edt = AgencyCode::try_from("EDT").unwrap();
    news.submission.envelope.exclude.push(Exclusion::Agency(edt));

    let news = desk.tries("MERPOL", &news).await.unwrap();

    assert!(!went_to(&news, "EDT") && went_to(&news, "CADT/lead"));
    let stored = desk.parts.store.alert(first).await.unwrap().unwrap();
    assert_eq!(stored.followers, [news.alert.id]);
}

#[tokio::test]
async fn at_night_what_is_kept_from_the_front_door_goes_past_the_team_that_acts_for_it() {
    let desk = Desk::opening_at(NIGHT).await;
    let mut received = received(URGENT, "k-1");
    let cadt = AgencyCode::try_from("CADT").unwrap();
    received.submission.envelope.exclude.push(Exclusion::Agency(cadt));

    let taken = desk.tries("MERPOL", &received).await.unwrap();

    assert!(!went_to(&taken, "EDT") && !went_to(&taken, "CADT"));
    assert!(went_to(&taken, "CADT/lead") && went_to(&taken, "COUNCIL/head-of-service"));
}

#[tokio::test]
async fn who_must_not_know_and_has_looked_before_is_a_task_for_information_governance_at_once() {
    let desk = Desk::opening_at(NIGHT).await;
    let first = desk.submits("MERPOL", URGENT, "k-1").await;
    let mut stream = desk.stream("EDT", &[]).await;
    desk.receives(&mut stream).await;
    let user = UserId::try_from("u-1301").unwrap();
    let record = desk.parts.store.alert(first).await.unwrap().unwrap();
    let to_edt = record.deliveries.iter().find(|it| it.mailbox == id("EDT")).unwrap();
    let delivery = DeliveryId { alert: first, number: to_edt.number };
    let person = Person { user: user.clone(), roles: vec![Role::DutyReceiver] };
    let agency = AgencyCode::try_from("EDT").unwrap();
    let opener = Principal::User { agency, person, fingerprint: [8; 32] };
    let opened = mailbox::Answer::Opened;
    desk.mailboxes.answer(&opener, &id("EDT"), delivery, &opened).await.unwrap();
    let naming = |key: &str, user: UserId| {
        let mut news = news_of(first, key);
        news.submission.envelope.exclude.push(Exclusion::User(user));
        news
    };

    let told = desk.tries("MERPOL", &naming("k-2", user)).await.unwrap();
    let other = UserId::try_from("u-1302").unwrap();
    let untold = desk.tries("MERPOL", &naming("k-3", other)).await.unwrap();

    let task = told.alert.deliveries.iter().find(|it| it.mailbox == id("HUB-IG")).unwrap();
    assert_eq!(task.priority, crate::domain::Priority::P2);
    assert_eq!(desk.store.count("TASK_CREATED:CONFLICT_LOOK_BACK", told.alert.id), 1);
    assert_eq!(
        desk.store.count("TASK_CREATED:CONFLICT_LOOK_BACK", untold.alert.id),
        1,
        "kept from both now"
    );
}

#[tokio::test]
async fn in_the_sending_agency_such_an_alert_is_its_author_s_and_the_lead_s_alone() {
    let desk = Desk::opening_at(NIGHT).await;
    let author = system("MERPOL");
    let kept = desk.tries("MERPOL", &kept_from_edt("k-1")).await.unwrap().alert;
    let open = of_another_child(received(URGENT, "k-2"));
    let open = desk.tries("MERPOL", &open).await.unwrap().alert.id;
    assert_eq!(kept.author, None, "a system sent it in nobody's name");
    let person = |role| {
        let person = Person { user: UserId::try_from("u-9").unwrap(), roles: vec![role] };
        let agency = AgencyCode::try_from("MERPOL").unwrap();
        Principal::User { agency, person, fingerprint: [8; 32] }
    };

    for (caller, sees) in [
        (author, true),
        (person(Role::SafeguardingLead), true),
        (person(Role::Sender), false),
        (person(Role::DutyManager), false),
    ] {
        assert_eq!(desk.broker.status(&caller, kept.id).await.is_ok(), sees, "{caller:?}");
        desk.broker.status(&caller, open).await.unwrap();
        let listed = desk.broker.own_alerts(&caller, None, 10).await.unwrap();
        assert_eq!(listed.iter().any(|alert| alert.id == kept.id), sees);
        assert!(listed.iter().any(|alert| alert.id == open));
    }
}

#[tokio::test]
async fn what_a_conflict_changes_is_read_by_governance_and_by_the_officers_who_have_it_and_by_nobody_else()
 {
    use super::stewarding::person;
    let desk = Desk::opening_at(NIGHT).await;
    // The front door's lead is the person: the designated officers stand in.
    let mut of_lead = received(URGENT, "k-1");
    let lead = UserId::try_from("u-1105").unwrap();
    of_lead.submission.envelope.exclude.push(Exclusion::User(lead));
    let theirs = desk.tries("MERPOL", &of_lead).await.unwrap();
    assert!(went_to(&theirs, "LADO"));
    let mut other = of_another_child(kept_from_edt("k-2"));
    other.submission.subjects[0].identity.family = Some(Redacted::new("Otherwell".to_owned()));
    let other = desk.tries("MERPOL", &other).await.unwrap();
    assert!(!went_to(&other, "LADO"));
    let audit = &desk.parts.audit;
    let applied = |page: &audit::EntryPage| {
        let events = page.entries.iter().flat_map(|entry| &entry.events);
        let of_kind = events.filter(|event| event.kind == EventKind::CoiApplied);
        let mut alerts: Vec<AlertId> = of_kind.filter_map(|event| event.alert).collect();
        alerts.dedup();
        alerts
    };

    for (user, role) in [("u-4005", Role::SafeguardingLead), ("u-4003", Role::DutyManager)] {
        let page = audit.entries(&person("LADO", user, role), 0, 500).await.unwrap();
        assert_eq!(applied(&page), [theirs.alert.id], "of what they have");
        let all = page.entries.iter().flat_map(|entry| &entry.events);
        assert!(all.into_iter().all(|event| event.kind == EventKind::CoiApplied), "and no more");
    }
    let governance = person("HUB-IG", "u-3301", Role::IgReviewer);
    let page = audit.entries(&governance, 0, 500).await.unwrap();
    assert_eq!(applied(&page), [theirs.alert.id, other.alert.id]);
    for (caller, reason) in [
        (person("LADO", "u-4001", Role::DutyReceiver), "ROLE_NOT_ALLOWED"),
        (system("LADO"), "OWN_CERTIFICATE_NEEDED"),
        (person("CADT", "u-1105", Role::SafeguardingLead), "ROLE_NOT_ALLOWED"),
        (person("MERPOL", "u-2005", Role::SafeguardingLead), "ROLE_NOT_ALLOWED"),
        (person("COUNCIL", "u-9", Role::SeniorOnCall), "ROLE_NOT_ALLOWED"),
        (system("MERPOL"), "OWN_CERTIFICATE_NEEDED"),
    ] {
        let refused = audit.entries(&caller, 0, 500).await.unwrap_err();
        assert_eq!(refused.reason(), reason, "{caller:?}");
    }
}
