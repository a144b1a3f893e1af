use super::*;

fn of(kind: ReceiptKind, position: u64) -> ReceiptOf {
    let (position, content_key) = (Position(position), None);
    ReceiptOf { kind, alert: alert(), delivery: None, position, content_key }
}

/// Five entries in one group; the third says that the alert was taken in.
fn group_with_a_submission(house: &House) {
    let mut submitted = event(EventKind::AlertSubmitted, 2);
    submitted.content = Some([0xC0; 32]);
    let events = vec![event(EventKind::RouteComputed, 3), submitted, entry_event()];
    let mut entries: Vec<RecordedEntry> = (0..5).map(entry).collect();
    entries[2] = recorded(events, 4);
    house.store.add_group(entries, NOW);
}

fn entry_event() -> Event {
    event(EventKind::Queued, 4)
}

#[tokio::test]
async fn a_receipt_shows_one_event_and_is_checked_with_the_public_key_alone() {
    let house = House::new();
    house.record(3);
    group_with_a_submission(&house);
    let hub = house.start();

    let wanted = ReceiptOf { content_key: Some([5; 32]), ..of(ReceiptKind::Stored, 5) };
    let receipt = hub.audit.receipt(wanted).await.unwrap();
    let verified = verify_receipt(&receipt, hub.audit.verifier_key()).unwrap();

    assert_eq!(verified.event.kind, EventKind::AlertSubmitted);
    assert_eq!(verified.event.content, Some([0xC0; 32]));
    assert_eq!(verified.leaf.actor.agency, AgencyCode::try_from("MERPOL").ok());
    assert_eq!((receipt.group.first, receipt.group.size), (Position(3), 5));
    assert_eq!(receipt.content_key, Some([5; 32]));
}

#[tokio::test]
async fn a_receipt_made_again_after_a_restart_is_the_same_byte_for_byte() {
    let house = House::new();
    group_with_a_submission(&house);

    let first = house.start().audit.receipt(of(ReceiptKind::Stored, 2)).await.unwrap();
    house.record(50);
    let again = house.start().audit.receipt(of(ReceiptKind::Stored, 2)).await.unwrap();

    assert_eq!(first, again);
}

#[tokio::test]
async fn nothing_in_a_receipt_can_be_changed() {
    let house = House::new();
    group_with_a_submission(&house);
    let hub = house.start();
    let receipt = hub.audit.receipt(of(ReceiptKind::Stored, 2)).await.unwrap();
    let key = hub.audit.verifier_key();
    let broken = |break_it: fn(&mut crate::record::Receipt)| {
        let mut receipt = receipt.clone();
        break_it(&mut receipt);
        verify_receipt(&receipt, key).unwrap_err()
    };

    assert!(matches!(broken(|it| it.entry = Position(3)), ReceiptError::NotInGroup(_)));
    assert!(matches!(broken(|it| it.entry = Position(u64::MAX)), ReceiptError::NotInGroup(_)));
    assert!(matches!(
        broken(|it| it.leaf = [it.leaf.as_ref(), &[0]].concat().into()),
        ReceiptError::NotInGroup(_)
    ));
    assert!(matches!(broken(|it| it.path.push(it.path[0])), ReceiptError::NotInGroup(_)));
    assert_eq!(broken(|it| it.event.salt[0] ^= 1), ReceiptError::NotInLeaf);
    assert_eq!(broken(|it| it.event.bytes.clear()), ReceiptError::NotInLeaf);
    assert_eq!(broken(|it| it.group.root[0] ^= 1), ReceiptError::BadSignature);
    assert_eq!(broken(|it| it.group.size = 6), ReceiptError::BadSignature);
    assert_eq!(broken(|it| it.group.first = Position(1)), ReceiptError::BadSignature);
    assert_eq!(
        broken(|it| it.group.at = it.group.at.plus(Span::millis(1))),
        ReceiptError::BadSignature
    );
    assert_eq!(broken(|it| it.signature[0] ^= 1), ReceiptError::BadSignature);
    assert_eq!(broken(|it| it.kind = ReceiptKind::Taken), ReceiptError::OtherEvent);
    assert_eq!(broken(|it| it.alert = AlertId::from_bytes([1; 16])), ReceiptError::OtherEvent);
    assert_eq!(
        broken(|it| it.key_name = "other.example/audit".parse().unwrap()),
        ReceiptError::OtherKey
    );
}

#[tokio::test]
async fn a_receipt_for_one_of_several_deliveries_shows_that_delivery() {
    let house = House::new();
    let confirmed = |number: u8, delivery: u32| {
        let mut confirmed = event(EventKind::Confirmed, number);
        confirmed.delivery = Some(delivery);
        confirmed
    };
    let entry = recorded(vec![confirmed(1, 0), confirmed(2, 3)], 1);
    let group = house.store.add_group(vec![entry.clone()], NOW);
    let hub = house.start();

    let wanted = ReceiptOf { delivery: Some(3), ..of(ReceiptKind::Delivered, 0) };
    let receipt = hub.audit.receipt_from(&wanted, &entry, &group).unwrap();

    let verified = verify_receipt(&receipt, hub.audit.verifier_key()).unwrap();
    assert_eq!(verified.event.delivery, Some(3));
    let absent = ReceiptOf { delivery: Some(1), ..of(ReceiptKind::Delivered, 0) };
    assert_eq!(hub.audit.receipt(absent).await.unwrap_err().reason(), "NO_SUCH_EVENT");
    let taken = of(ReceiptKind::Taken, 0);
    assert_eq!(hub.audit.receipt(taken).await.unwrap_err().reason(), "NO_SUCH_EVENT");
    let beyond = of(ReceiptKind::Delivered, 1);
    assert_eq!(hub.audit.receipt(beyond).await.unwrap_err().reason(), "NO_SUCH_EVENT");
}
