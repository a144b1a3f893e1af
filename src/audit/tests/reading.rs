use super::*;

fn governance() -> Principal {
    reviewer("HUB-IG", Role::IgReviewer)
}

#[tokio::test]
async fn the_reading_is_durable_before_anything_is_returned() {
    let house = House::new();
    let hub = house.start();
    house.record(20);

    let page = hub.audit.entries(&governance(), 5, 10).await.unwrap();

    assert_eq!(page.entries.len(), 10);
    assert_eq!(page.entries[0].index, 5);
    assert_eq!(page.entries[0].events[0].count, Some(5));
    assert_eq!(page.next, Some(15));
    let last = house.store.entries().pop().unwrap();
    let event = decode_event(&last.events[0].bytes).unwrap();
    assert_eq!(event.kind, EventKind::IgReportRun);
    assert_eq!(event.fields_viewed, ["entries[5..15]"]);
    assert_eq!(last.decode_leaf().unwrap().actor.role, Some(Role::IgReviewer));

    house.store.fail(StoreError::Poisoned);
    let refused = hub.audit.entries(&governance(), 5, 10).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unavailable, "no audit, no access");
}

#[tokio::test]
async fn the_last_page_ends_before_the_readings_own_entry() {
    let house = House::new();
    let hub = house.start();
    house.record(20);

    let page = hub.audit.entries(&governance(), 15, 1_000).await.unwrap();

    assert_eq!(page.entries.len(), 5);
    assert_eq!(page.next, None);
    let beyond = hub.audit.entries(&governance(), 500, 10).await.unwrap();
    assert!(beyond.entries.is_empty() && beyond.next.is_none());
}

#[tokio::test]
async fn a_page_is_bounded_in_entries_and_in_bytes() {
    let house = House::new();
    let hub = house.start();
    house.record(600);
    let page = hub.audit.entries(&governance(), 0, usize::MAX).await.unwrap();
    assert_eq!((page.entries.len(), page.next), (ENTRIES_MAX, Some(500)));

    let heavy: Vec<Event> = (0..200)
        .map(|number| {
            let mut event = event(EventKind::RedactionApplied, number);
            event.fields_viewed = vec!["x".repeat(1_000)];
            event
        })
        .collect();
    let from = u64::try_from(house.store.entries().len()).unwrap();
    house.store.add_group(vec![recorded(heavy, 9); 4], NOW);
    let page = hub.audit.entries(&governance(), from, 4).await.unwrap();
    assert_eq!(page.entries.len(), 2);
    assert_eq!(page.next, from.checked_add(2));
}

#[tokio::test]
async fn only_the_hosts_reviewers_with_an_own_certificate_read_and_refusals_are_recorded() {
    let house = House::new();
    let hub = house.start();
    let named = Principal::System {
        agency: AgencyCode::try_from("HUB-IG").unwrap(),
        system: SystemName::try_from("main").unwrap(),
        person: governance().person().cloned(),
        fingerprint: [7; 32],
    };

    for (caller, reason) in [
        (reviewer("CADT", Role::IgReviewer), "ROLE_NOT_ALLOWED"),
        (reviewer("HUB-IG", Role::SysAdmin), "ROLE_NOT_ALLOWED"),
        (named, "OWN_CERTIFICATE_NEEDED"),
    ] {
        let refused = hub.audit.entries(&caller, 0, 10).await.unwrap_err();
        assert_eq!((refused.kind(), refused.reason()), (ErrorKind::Denied, reason));
    }

    assert_eq!(
        house.store.trace(),
        [
            "ACCESS_DENIED:NOT_FOUND",
            "ACCESS_DENIED:ROLE_NOT_ALLOWED",
            "ACCESS_DENIED:OWN_CERTIFICATE_NEEDED",
        ]
    );
}
