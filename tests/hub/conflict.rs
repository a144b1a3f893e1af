//! Who may open which mailbox, and what becomes of an alert that an agency's own people must not learn of.

use std::time::Duration;

use prost::Message as _;
use staysafe::sdk::{Client, ClientError, Received};
use staysafe::wire::v1::change_directory_request::Change;
use staysafe::wire::{SubmitAlertRequest, v1};

use crate::scenarios::in_episode;
use crate::support::{PATIENCE, TestHub, collect, sample};

/// Friday 22:40: EDT has the alert, P2.
const NIGHT: &str = "2026-10-23T21:40:00Z";

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_to_the_lead_for_a_conflict_never_comes_back_to_the_closed_general_inbox() {
    // Monday 10:00: the front door is open.
    let hub = TestHub::starting_at("2026-10-26T10:00:00Z").await;
    let mut police = hub.agency("MERPOL").await;
    police.submit(keeping_from(sample("s01-missing-reported.json"), "CADT")).await.unwrap();

    let mut desk = hub.agency("CADT").await;
    assert!(collect(&mut desk, "CADT").await.is_empty());
    let mut lead = hub.at("CADT/lead").await;
    let copies = collect(&mut lead, "CADT/lead").await;
    // The alert, and the task that goes with an exploitation flag (T2): the conflict holds for both.
    let views: Vec<_> = copies.iter().map(v1::AlertCopy::view).collect();
    assert_eq!(views, [v1::CopyView::Standard, v1::CopyView::Ladder], "the lead has it");

    assert_eq!(receiving(&mut desk, "CADT/lead").await, "OWN_CERTIFICATE_NEEDED");
    let delivery = copies[0].delivery_id.as_str();
    for (user, reason) in
        [("u-1101", "OWN_CERTIFICATE_NEEDED"), ("u-1105", "OWN_CERTIFICATE_NEEDED")]
    {
        let opened = desk.report_opened(opening("CADT/lead", delivery, user)).await.unwrap_err();
        assert_eq!(opened.reason(), reason, "{user}");
        let taken = desk.acknowledge(taking("CADT/lead", delivery, user, "")).await.unwrap_err();
        assert_eq!(taken.reason(), reason, "{user}");
    }
    let receiver = hub.person("CADT", "u-1101");
    let mut receiver = hub.connect(receiver).await.unwrap();
    assert_eq!(receiving(&mut receiver, "CADT/lead").await, "ROLE_NOT_ALLOWED");
    let asked = v1::ListDeliveriesRequest { mailbox: "CADT/lead".into(), ..Default::default() };
    assert_eq!(receiver.list_deliveries(asked).await.unwrap_err().reason(), "ROLE_NOT_ALLOWED");
    lead.acknowledge(taking("CADT/lead", delivery, "", "")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_still_waits_for_an_inbox_goes_to_its_lead_when_news_of_the_episode_says_who_must_not_know()
 {
    let hub = TestHub::starting_at("2026-10-23T10:00:00Z").await;
    let mut police = hub.agency("MERPOL").await;
    let first = police.submit(sample("s01-missing-reported.json")).await.unwrap();
    let mut desk = hub.agency("CADT").await;
    assert_eq!(collect(&mut desk, "CADT").await.len(), 1, "the front door has the report");

    hub.advance_to("2026-10-24T09:12:00Z").await;
    let found = in_episode(sample("s01-missing-found.json"), &first.episode_id);
    let second = police.submit(keeping_from(found, "SAFERFUT")).await.unwrap();

    let mut service = hub.agency("SAFERFUT").await;
    let told = collect(&mut service, "SAFERFUT").await;
    assert_eq!(told.len(), 0, "neither the news nor the report that waited");
    let mut lead = hub.at("SAFERFUT/lead").await;
    let copies = collect(&mut lead, "SAFERFUT/lead").await;
    let of = |alert: &str| copies.iter().filter(|copy| copy.alert_id == alert).count();
    assert_eq!((of(&first.alert_id), of(&second.alert_id)), (1, 1), "the lead has both, once");
    let trace = crate::scenarios::trace(&hub, &first.alert_id).await;
    assert!(trace.contains(&"COI_APPLIED".to_owned()), "{trace:?}");
    // Not: anybody else's copy.
    let mut emergency = hub.agency("WUTH-AED").await;
    let look_out = collect(&mut emergency, "WUTH-AED").await;
    assert!(look_out.iter().any(|copy| copy.alert_id == first.alert_id), "{}", look_out.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manager_s_mailbox_is_received_by_the_system_and_answered_by_a_manager() {
    let hub = TestHub::starting_at(NIGHT).await;
    let mut police = hub.agency("MERPOL").await;
    police.submit(sample("s01-missing-reported.json")).await.unwrap();
    hub.advance_to("2026-10-23T22:40:00Z").await;

    let mut team = hub.agency("EDT").await;
    let copies = collect(&mut team, "EDT/manager").await;

    let delivery = copies[0].delivery_id.as_str();
    let refused = team.acknowledge(taking("EDT/manager", delivery, "u-1301", "")).await;
    assert_eq!(refused.unwrap_err().reason(), "ROLE_NOT_ALLOWED", "a duty receiver");
    team.acknowledge(taking("EDT/manager", delivery, "u-1303", "")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_takes_over_from_outside_says_how_the_agency_was_reached() {
    const HOW: &str = "Rang the team leader at home; she is on her way in.";
    let hub = TestHub::starting_at(NIGHT).await;
    let mut police = hub.agency("MERPOL").await;
    let sent = police.submit(sample("s01-missing-reported.json")).await.unwrap();
    hub.advance_to("2026-10-23T23:40:00Z").await;
    let mut senior = hub.at("COUNCIL/head-of-service").await;
    let copies = collect(&mut senior, "COUNCIL/head-of-service").await;
    assert_eq!(copies[0].view(), v1::CopyView::Ladder);
    let delivery = copies[0].delivery_id.as_str();
    let take = |note| taking("COUNCIL/head-of-service", delivery, "", note);

    let refused = senior.acknowledge(take("rang them twice  ok ")).await.unwrap_err();
    senior.acknowledge(take(HOW)).await.unwrap();
    senior.acknowledge(take(HOW)).await.unwrap();
    hub.advance_to("2026-10-24T04:00:00Z").await;

    let ClientError::Refused { violations, reason, .. } = &refused else { panic!("{refused}") };
    assert_eq!((reason.as_str(), violations[0].field.as_str()), ("NOTE_NEEDED", "note"));
    let trace = crate::scenarios::trace(&hub, &sent.alert_id).await;
    let count = |kind: &str| trace.iter().filter(|found| *found == kind).count();
    assert_eq!((count("TAKEN_OVER"), count("ACKNOWLEDGED")), (1, 0), "{trace:?}");
    assert_eq!(count("NOTICE_SENT"), 0, "the director is not called: {trace:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_put_out_of_action_receives_nothing_more_on_an_open_stream() {
    let hub = TestHub::starting_at(NIGHT).await;
    let mut receiver = hub.connect(hub.person("EDT", "u-1302")).await.unwrap();
    let mut stream = receiver.receive("EDT", Vec::new()).await.unwrap();
    assert!(matches!(stream.next().await.unwrap(), Received::Heartbeat(_)));

    let mut admin = hub.connect(hub.person("EDT", "u-1307")).await.unwrap();
    let known = admin.directory().get_directory(v1::GetDirectoryRequest::default()).await;
    let version = known.unwrap().into_inner().version;
    let user = v1::DeactivateUser { user_id: "u-1302".into() };
    let request = v1::ChangeDirectoryRequest {
        expected_version: version,
        change: Some(Change::DeactivateUser(user)),
    };
    admin.directory().change_directory(request).await.unwrap();
    let mut police = hub.agency("MERPOL").await;
    police.submit(sample("s01-missing-reported.json")).await.unwrap();

    let ended = loop {
        match tokio::time::timeout(PATIENCE, stream.next()).await.unwrap() {
            Ok(Received::Heartbeat(_)) => {}
            Ok(other) => panic!("handed out: {other:?}"),
            Err(error) => break error,
        }
    };
    assert_eq!(ended.reason(), "CALLER_UNKNOWN");
}

fn keeping_from(mut request: SubmitAlertRequest, agency: &str) -> SubmitAlertRequest {
    let mut alert = v1::Alert::decode(request.alert.as_ref()).unwrap();
    let kind = v1::ExcludeKind::Agency.into();
    let excluded = v1::Exclusion { kind, id: agency.into() };
    alert.envelope.as_mut().unwrap().exclude.push(excluded);
    request.alert = alert.encode_to_vec().into();
    request
}

/// Why the mailbox is not received.
async fn receiving(client: &mut Client, mailbox: &str) -> String {
    match client.receive(mailbox, Vec::new()).await {
        Err(error) => error.reason().to_owned(),
        Ok(mut stream) => {
            let first = tokio::time::timeout(Duration::from_secs(20), stream.next()).await;
            first.unwrap().unwrap_err().reason().to_owned()
        }
    }
}

fn opening(mailbox: &str, delivery: &str, user: &str) -> v1::ReportOpenedRequest {
    v1::ReportOpenedRequest {
        mailbox: mailbox.into(),
        delivery_id: delivery.into(),
        user_id: user.into(),
    }
}

fn taking(mailbox: &str, delivery: &str, user: &str, note: &str) -> v1::AcknowledgeRequest {
    v1::AcknowledgeRequest {
        mailbox: mailbox.into(),
        delivery_id: delivery.into(),
        user_id: user.into(),
        outcome: v1::AcknowledgeOutcome::Accepted.into(),
        note: note.into(),
    }
}
