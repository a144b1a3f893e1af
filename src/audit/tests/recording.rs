use super::*;

#[tokio::test]
async fn a_refusal_is_an_entry_of_its_own_by_whom_it_concerns() {
    let house = House::new();
    let hub = house.start();
    let refusal = Refusal {
        kind: EventKind::AlertRejected,
        alert: Some((alert(), EpisodeId::from(alert()))),
        fields: vec!["alert.subjects[0]".into(); 200],
        ..Refusal::access("INVALID")
    };

    hub.audit.refuse(&system("MERPOL"), "ROLE_NOT_ALLOWED").await.unwrap();
    hub.audit.refuse_more(&system("MERPOL"), refusal).await.unwrap();

    let entries = house.store.entries();
    let event = decode_event(&entries[1].events[0].bytes).unwrap();
    assert_eq!(event.outcome, EventOutcome::Denied);
    assert_eq!((event.alert, event.fields_refused.len()), (Some(alert()), 100));
    let actor = entries[0].decode_leaf().unwrap().actor;
    assert_eq!(actor.agency, AgencyCode::try_from("MERPOL").ok());
    assert_eq!(house.store.trace(), ["ACCESS_DENIED:ROLE_NOT_ALLOWED", "ALERT_REJECTED:INVALID"]);
}

#[tokio::test]
async fn unknown_callers_fill_the_log_at_a_bounded_rate_and_none_is_forgotten() {
    let house = House::new();
    let hub = house.start();
    let peer = peer("NOBODY");

    let attempts = PER_MINUTE_MAX.checked_add(5).unwrap();
    for _ in 0..attempts {
        hub.audit.refuse_peer(&peer, "AGENCY_UNKNOWN").await.unwrap();
    }
    assert_eq!(house.store.entries().len(), usize::try_from(PER_MINUTE_MAX).unwrap());
    house.clock.advance(Span::seconds(60));
    hub.audit.refuse_stranger(Some([9; 32]), "CERTIFICATE_EXPIRED").await.unwrap().unwrap();

    let last = house.store.entries().pop().unwrap();
    let event = decode_event(&last.events[0].bytes).unwrap();
    assert_eq!((event.kind, event.count), (EventKind::CertRejected, Some(5)));
    assert_eq!(house.store.trace()[0], "CERT_REJECTED:AGENCY_UNKNOWN");
}

#[tokio::test]
async fn a_known_system_that_names_strangers_is_recorded_every_time() {
    let house = House::new();
    let hub = house.start();
    let peer = Peer {
        agency: AgencyCode::try_from("CADT").unwrap(),
        caller: Caller::System(SystemName::try_from("main").unwrap()),
        fingerprint: [1; 32],
        named: UserId::try_from("u-9999").ok(),
    };

    let attempts = PER_MINUTE_MAX.checked_add(5).unwrap();
    for _ in 0..attempts {
        assert!(hub.audit.refuse_peer(&peer, "PERSON_UNKNOWN").await.unwrap().is_some());
    }

    assert_eq!(house.store.entries().len(), usize::try_from(attempts).unwrap());
}

#[tokio::test]
async fn what_the_hub_does_is_recorded_as_its_driver_and_is_never_left_out() {
    let house = House::new();
    let hub = house.start();

    for _ in 0..100 {
        let skew = HubEvent::error(EventKind::ClockSkew, "WALL_AHEAD").counting(2_500);
        hub.audit.hub_event(Driver::Operator, skew).await.unwrap();
    }

    let last = house.store.entries().pop().unwrap();
    let actor = last.decode_leaf().unwrap().actor;
    assert_eq!((actor.driver, actor.agency), (Some(Driver::Operator), None));
    assert_eq!(house.store.entries().len(), 100);
}

#[tokio::test]
async fn a_person_nobody_knows_is_an_access_denied_and_the_name_is_not_kept() {
    let house = House::new();
    let hub = house.start();
    let peer = Peer {
        agency: AgencyCode::try_from("CADT").unwrap(),
        caller: Caller::System(SystemName::try_from("main").unwrap()),
        fingerprint: [1; 32],
        named: UserId::try_from("kit-quillmock").ok(),
    };

    hub.audit.refuse_peer(&peer, "PERSON_UNKNOWN").await.unwrap();
    hub.audit.refuse_peer(&peer, "SYSTEM_UNKNOWN").await.unwrap();

    assert_eq!(
        house.store.trace(),
        ["ACCESS_DENIED:PERSON_UNKNOWN", "CERT_REJECTED:SYSTEM_UNKNOWN"]
    );
    let bytes: Vec<u8> =
        house.store.entries().iter().flat_map(|entry| entry.leaf.clone()).collect();
    assert!(!String::from_utf8_lossy(&bytes).contains("quillmock"));
}

#[tokio::test]
async fn a_connection_is_recorded_with_who_came_in_and_by_which_certificate() {
    let house = House::new();
    let hub = house.start();

    hub.audit.connected(&peer("CADT")).await.unwrap().unwrap();

    let entry = house.store.entries().pop().unwrap();
    let actor = entry.decode_leaf().unwrap().actor;
    assert_eq!(actor.agency, AgencyCode::try_from("CADT").ok());
    assert_eq!((actor.fingerprint, actor.driver), (Some([1; 32]), None));
    let event = decode_event(&entry.events[0].bytes).unwrap();
    assert_eq!((event.kind, event.outcome), (EventKind::CertAccepted, EventOutcome::Success));
}

#[tokio::test]
async fn a_refused_handshake_is_denied_with_its_certificate_and_names_no_agency() {
    let house = House::new();
    let hub = house.start();

    hub.audit.refuse_stranger(Some([9; 32]), "CERTIFICATE_REVOKED").await.unwrap().unwrap();
    hub.audit.refuse_stranger(None, "CERTIFICATE_MISSING").await.unwrap().unwrap();

    let entries = house.store.entries();
    let shown: Vec<_> = entries
        .iter()
        .map(|entry| entry.decode_leaf().unwrap().actor)
        .map(|actor| (actor.agency, actor.driver, actor.fingerprint))
        .collect();
    let operator = Some(Driver::Operator);
    assert_eq!(shown, [(None, operator, Some([9; 32])), (None, operator, None)]);
    let event = decode_event(&entries[0].events[0].bytes).unwrap();
    assert_eq!((event.kind, event.outcome), (EventKind::CertRejected, EventOutcome::Denied));
}

#[tokio::test]
async fn connections_that_come_in_keep_no_refusal_out_of_the_log() {
    let house = House::new();
    let hub = house.start();
    let mut accepted = 0;
    for _ in 0..100 {
        accepted += u32::from(hub.audit.connected(&peer("CADT")).await.unwrap().is_some());
    }

    let refused = hub.audit.refuse_stranger(None, "CERTIFICATE_MISSING").await.unwrap();

    assert_eq!(accepted, PER_MINUTE_MAX);
    assert!(refused.is_some());
}

fn peer(agency: &str) -> Peer {
    Peer {
        agency: AgencyCode::try_from(agency).unwrap(),
        caller: Caller::System(SystemName::try_from("main").unwrap()),
        fingerprint: [1; 32],
        named: None,
    }
}
