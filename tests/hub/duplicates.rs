//! Two agencies tell of one event (domain 5.9): one episode, both alerts, one count; and a human who splits them again.

use futures_util::future::join_all;
use prost::Message as _;
use staysafe::sdk::Client;
use staysafe::wire::{SubmitAlertRequest, v1};

use crate::scenarios::{in_episode, trace};
use crate::support::{TestHub, collect, sample};

/// Police report Ellie missing; an hour later the out-of-hours team does.
struct Reported {
    hub: TestHub,
    first: v1::SubmitAlertResponse,
    second: v1::SubmitAlertResponse,
}

impl Reported {
    async fn twice() -> Self {
        let hub = TestHub::starting_at("2026-10-23T21:40:00Z").await;
        let mut police = hub.agency("MERPOL").await;
        let first = police.submit(sample("s01-missing-reported.json")).await.unwrap();
        hub.advance_to("2026-10-23T22:10:00Z").await;
        let mut team = hub.agency("EDT").await;
        let second = team.submit(by("EDT", |_| {})).await.unwrap();
        Self { hub, first, second }
    }
}

/// The same child, as another agency tells it.
fn by(sender: &str, change: impl FnOnce(&mut v1::Envelope)) -> SubmitAlertRequest {
    let mut request = sample("s01-missing-reported.json");
    let mut alert = v1::Alert::decode(request.alert.as_ref()).unwrap();
    let envelope = alert.envelope.as_mut().unwrap();
    sender.clone_into(&mut envelope.sender_agency);
    envelope.sender_user.as_mut().unwrap().user_id = String::new();
    change(envelope);
    request.alert = alert.encode_to_vec().into();
    request.idempotency_key = format!("{sender}-again");
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn both_alerts_are_kept_in_one_episode_and_both_senders_are_told_without_a_name() {
    let Reported { hub, first, second } = Reported::twice().await;

    assert_ne!(first.alert_id, second.alert_id);
    assert_eq!(first.episode_id, second.episode_id, "the first one's");
    let mut police = hub.agency("MERPOL").await;
    let mut team = hub.agency("EDT").await;
    let told = police.status(&first.alert_id).await.unwrap();
    for notices in [&second.notices, &told.notices] {
        let notice = notices.iter().find(|it| it.code() == v1::NoticeCode::SameEvent).unwrap();
        assert!(notice.text.contains(&first.episode_id), "{}", notice.text);
        assert!(!notice.text.contains("MERPOL") && !notice.text.contains("EDT"));
    }
    assert!(trace(&hub, &first.alert_id).await.contains(&"DUPLICATE_LINKED".to_owned()));
    let later = trace(&hub, &second.alert_id).await;
    assert!(later.contains(&"DUPLICATE_LINKED".to_owned()));
    assert!(later.contains(&"QUEUED".to_owned()), "it goes to whom it would go to anyway");
    // Who reported second goes on in the episode, though it was opened by another.
    let found = by("EDT", |envelope| envelope.episode_id.clone_from(&second.episode_id));
    let again = SubmitAlertRequest { idempotency_key: "EDT-third".into(), ..found };
    let third = team.submit(again).await.unwrap();
    assert_eq!(third.episode_id, first.episode_id);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_higher_risk_and_the_earlier_clock_are_kept_and_the_front_door_reads_what_differs() {
    let hub = TestHub::starting_at("2026-10-23T21:40:00Z").await;
    let mut police = hub.agency("MERPOL").await;
    let first = police.submit(sample("s01-missing-reported.json")).await.unwrap();
    hub.advance_to("2026-10-23T22:10:00Z").await;
    let mut team = hub.agency("CIC").await;
    let lower = |envelope: &mut v1::Envelope| {
        envelope.risk = v1::Risk::Low.into();
        envelope.priority = v1::Priority::P3.into();
        envelope.subjects[0].phones.clear();
    };
    let second = team.submit(by("CIC", lower)).await;

    let second = second.unwrap();
    assert_eq!(second.episode_id, first.episode_id);
    let copies = collect(&mut hub.agency("CADT").await, "CADT").await;
    let of = |id: &str| copies.iter().find(|copy| copy.alert_id == id).unwrap();
    let (one, other) = (of(&first.alert_id), of(&second.alert_id));
    assert!(other.due_at.unwrap().seconds <= one.due_at.unwrap().seconds);
    let facts = other.body.as_ref().unwrap().hub.as_ref().unwrap();
    assert_eq!(facts.effective_risk(), v1::Risk::Medium);
    assert_eq!(facts.duplicate_differences, ["alert.envelope.subjects[].phones"]);
    let safer = collect(&mut hub.agency("SAFERFUT").await, "SAFERFUT").await;
    for copy in &safer {
        let facts = copy.body.as_ref().unwrap().hub.as_ref();
        let differs = facts.is_some_and(|facts| !facts.duplicate_differences.is_empty());
        assert!(!differs, "for the front door alone");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_of_the_front_door_splits_them_and_nobody_links_them_again() {
    let Reported { hub, first, second } = Reported::twice().await;
    for mailbox in ["CADT", "EDT"] {
        collect(&mut hub.agency(mailbox).await, mailbox).await;
    }
    let mut person = hub.connect(hub.person("CADT", "u-1101")).await.unwrap();

    let refused = split(&mut person, &first.alert_id).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::NotFound, "it was linked to nothing");
    let episode = split(&mut person, &second.alert_id).await.unwrap();

    assert_ne!(episode, first.episode_id);
    assert_eq!(split(&mut person, &second.alert_id).await.unwrap(), episode, "may be repeated");
    let told = trace(&hub, &second.alert_id).await;
    assert_eq!(told.iter().filter(|kind| *kind == "DUPLICATE_SPLIT").count(), 1);
    let mut police = hub.agency("MERPOL").await;
    let status = police.status(&first.alert_id).await.unwrap();
    let is_told = |it: &v1::Notice| it.code() == v1::NoticeCode::SameEvent;
    assert!(!status.notices.iter().any(is_told), "there is no other alert about it");
    let found = in_episode(sample("s01-missing-found.json"), &first.episode_id);
    hub.advance_to("2026-10-24T09:12:00Z").await;
    assert_eq!(police.submit(found).await.unwrap().episode_id, first.episode_id);
}

/// Everybody's report of one child, sent at the same instant; the children differ by `number`.
async fn at_once(hub: &TestHub, number: &str, senders: &[&str]) -> Vec<v1::SubmitAlertResponse> {
    let sending = senders.iter().map(|sender| async move {
        let request = by(sender, |envelope| {
            number.clone_into(&mut envelope.subjects[0].nhs_number);
        });
        let key = format!("{sender}-{number}");
        let request = SubmitAlertRequest { idempotency_key: key, ..request };
        hub.agency(sender).await.submit(request).await.unwrap()
    });
    join_all(sending).await
}

#[tokio::test(flavor = "multi_thread")]
async fn of_reports_at_the_same_instant_each_sees_the_one_before_it() {
    let hub = TestHub::starting_at("2026-10-23T21:40:00Z").await;
    let senders = ["MERPOL", "EDT", "CIC", "CADT"];

    for number in ["9990002746", "9990026033", "9990027404"] {
        let taken = at_once(&hub, number, &senders).await;

        let first = &taken[0].episode_id;
        assert!(taken.iter().all(|it| it.episode_id == *first), "one episode of {}", taken.len());
        let opened = taken.iter().filter(|it| it.alert_id == it.episode_id).count();
        assert_eq!(opened, 1, "one of them began it");
        let told = |it: &&v1::SubmitAlertResponse| {
            it.notices.iter().any(|notice| notice.code() == v1::NoticeCode::SameEvent)
        };
        assert_eq!(taken.iter().filter(told).count(), senders.len() - 1, "all but the first");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_about_different_children_at_the_same_instant_are_each_an_episode() {
    let hub = TestHub::starting_at("2026-10-23T21:40:00Z").await;

    let (one, other) = tokio::join!(
        at_once(&hub, "9990002746", &["MERPOL", "EDT"]),
        at_once(&hub, "9990026033", &["CIC", "CADT"])
    );

    assert_eq!(one[0].episode_id, one[1].episode_id);
    assert_eq!(other[0].episode_id, other[1].episode_id);
    assert_ne!(one[0].episode_id, other[0].episode_id);
}

/// A child is told of by the police and the out-of-hours team, found by A&E, confirmed by the police; the front door says
/// afterwards that they were two events. What each step shows to whom.
#[tokio::test(flavor = "multi_thread")]
async fn from_two_reports_to_a_child_who_is_found_and_two_events_after_all() {
    let Reported { hub, first, second } = Reported::twice().await;
    let look_out = |copy: &v1::AlertCopy| copy.alert_id == first.alert_id;
    let mut emergency = hub.agency("WUTH-AED").await;
    assert!(collect(&mut emergency, "WUTH-AED").await.iter().any(look_out));

    // A&E believes to have found her: the look-outs stay, and whoever reports her again tells of the same event.
    hub.advance_to("2026-10-23T23:40:00Z").await;
    let found = |sender: &str| {
        let mut request = in_episode(sample("s01-missing-found.json"), &first.episode_id);
        let mut alert = v1::Alert::decode(request.alert.as_ref()).unwrap();
        let envelope = alert.envelope.as_mut().unwrap();
        sender.clone_into(&mut envelope.sender_agency);
        envelope.sender_user.as_mut().unwrap().user_id = String::new();
        request.alert = alert.encode_to_vec().into();
        request.idempotency_key = format!("{sender}-found");
        request
    };
    hub.advance_to("2026-10-24T09:12:00Z").await;
    let unconfirmed = emergency.submit(found("WUTH-AED")).await.unwrap();
    assert_eq!(unconfirmed.episode_id, first.episode_id);
    hub.advance_to("2026-10-24T11:00:00Z").await;
    assert!(!trace(&hub, &first.alert_id).await.contains(&"LOOKOUT_PURGED".to_owned()));

    // The police confirm it: the look-outs of both go within the hour.
    let mut police = hub.agency("MERPOL").await;
    police.submit(found("MERPOL")).await.unwrap();
    hub.advance_to("2026-10-24T12:01:00Z").await;
    for alert in [&first.alert_id, &second.alert_id] {
        assert!(trace(&hub, alert).await.contains(&"LOOKOUT_PURGED".to_owned()), "{alert}");
    }

    // The front door reads both and says that they were two.
    for mailbox in ["CADT", "EDT"] {
        collect(&mut hub.agency(mailbox).await, mailbox).await;
    }
    let mut person = hub.connect(hub.person("CADT", "u-1101")).await.unwrap();
    let own = split(&mut person, &second.alert_id).await.unwrap();
    assert_eq!(own, second.alert_id);
    let mut team = hub.agency("EDT").await;
    let told = team.status(&second.alert_id).await.unwrap();
    assert_eq!(told.summary.unwrap().episode_id, own);
    assert!(told.notices.iter().all(|it| it.code() != v1::NoticeCode::SameEvent));
    // She was found in either: who reports her now tells of a new event.
    let again = by("EDT", |envelope| envelope.episode_id.clone_from(&own));
    let again = SubmitAlertRequest { idempotency_key: "EDT-fourth".into(), ..again };
    let again = team.submit(again).await.unwrap();
    assert!(again.episode_id != own && again.episode_id != first.episode_id);
}

#[tokio::test(flavor = "multi_thread")]
async fn training_another_child_and_another_time_are_no_duplicates() {
    let hub = TestHub::starting_at("2026-10-23T21:40:00Z").await;
    let mut police = hub.agency("MERPOL").await;
    let first = police.submit(sample("s01-missing-reported.json")).await.unwrap();
    let mut team = hub.agency("EDT").await;
    let own = |request: SubmitAlertRequest, key: &str| SubmitAlertRequest {
        idempotency_key: key.to_owned(),
        ..request
    };

    let training = by("EDT", |envelope| envelope.exercise = true);
    let training = team.submit(own(training, "training")).await.unwrap();
    let unsure = by("EDT", |envelope| envelope.subjects[0].nhs_number.clear());
    let unsure = team.submit(own(unsure, "unsure")).await.unwrap();

    for other in [training, unsure] {
        assert_ne!(other.episode_id, first.episode_id);
    }
}

async fn split(client: &mut Client, alert: &str) -> Result<String, tonic::Status> {
    let request = v1::SplitDuplicateRequest { alert_id: alert.to_owned() };
    let done = client.identity().split_duplicate(request).await?;
    Ok(done.into_inner().episode_id)
}
