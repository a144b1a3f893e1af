//! Section 4 limits: 8 connections for a certificate, 512 for an agency, so many for the hub.

use super::*;

async fn open(hub: &TestHub, client: &ClientTls, count: usize) -> Vec<Connection> {
    let mut open = Vec::new();
    for _ in 0..count {
        open.push(hub.connect(client).await.unwrap());
    }
    open
}

#[tokio::test]
async fn a_certificate_holds_eight_connections_and_not_nine() {
    let hub = TestHub::start().await;
    let (client, other) = (hub.agency("CADT"), hub.agency("MERPOL"));
    let mut held = open(&hub, &client, 8).await;

    let (refusal, words) = hub.refuses(&client).await;
    assert_eq!(refusal, Refusal::TooManyForCertificate);
    assert!(words.contains("As many connections"), "{words}");
    hub.accepts(&other).await;

    drop(held.pop());
    wait_until(|| (hub.reloader.live().count() == 7).then_some(())).await;
    hub.accepts(&client).await;
}

#[tokio::test]
async fn an_agency_holds_so_many_over_all_its_certificates() {
    let limits = ConnectionLimits { per_agency: 3, ..ConnectionLimits::default() };
    let hub = TestHub::build(Build { limits, ..Build::default() }).await;
    let _two = open(&hub, &hub.system("CADT", "one"), 2).await;
    let _third = open(&hub, &hub.system("CADT", "two"), 1).await;

    let (refusal, _) = hub.refuses(&hub.system("CADT", "three")).await;

    assert_eq!(refusal, Refusal::TooManyForAgency);
    hub.accepts(&hub.agency("MERPOL")).await;
}

#[tokio::test]
async fn the_hub_holds_so_many_in_all() {
    let limits = ConnectionLimits { in_all: 2, ..ConnectionLimits::default() };
    let hub = TestHub::build(Build { limits, ..Build::default() }).await;
    let _held = (open(&hub, &hub.agency("CADT"), 1).await, open(&hub, &hub.agency("EDT"), 1).await);

    let (refusal, _) = hub.refuses(&hub.agency("MERPOL")).await;

    assert_eq!(refusal, Refusal::TooManyInAll);
}

#[tokio::test]
async fn the_registry_lists_who_is_connected_and_forgets_who_left() {
    let hub = TestHub::start().await;
    let issued = hub.authority.issue_user("CADT", "u-1001", 90).unwrap();
    let connection = hub.connect(&hub.client(&issued)).await.unwrap();

    let listed = hub.reloader.live().list();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].agency, "CADT");
    assert_eq!(listed[0].subject, Subject::User("u-1001".to_owned()));
    assert_eq!(listed[0].serial, issued.serial);

    drop(connection);
    hub.said.wait_for(|event| *event == Event::Closed(Closed::Ended)).await;
    assert!(hub.reloader.live().list().is_empty());
}

#[tokio::test]
async fn a_limit_passed_by_two_at_once_is_kept_at_the_last_moment() {
    let limits = ConnectionLimits { per_certificate: 1, ..ConnectionLimits::default() };
    let hub = TestHub::build(Build { limits, ..Build::default() }).await;
    let _held = open(&hub, &hub.agency("CADT"), 1).await;
    let peer = Arc::new(PeerIdentity {
        fingerprint: hub.reloader.generation().trust.authorities[0].id,
        authority: hub.reloader.generation().trust.authorities[0].id,
        ..PeerIdentity::of(&uri("EDT/system/main"))
    });

    let now = hub.clock.now();
    let first = hub.reloader.live().register(Arc::clone(&peer), now);
    let second = hub.reloader.live().register(peer, now);

    assert!(first.is_ok());
    assert_eq!(second.map(drop), Err(Refusal::TooManyForCertificate));
}
