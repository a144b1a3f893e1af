use super::*;

#[tokio::test]
async fn a_checkpoint_is_signed_kept_and_told_to_any_agency() {
    let house = House::new();
    house.record(10);
    let hub = house.start();
    assert_eq!(hub.audit.checkpoint(&system("MERPOL")).unwrap_err().reason(), "NOT_PUBLISHED");

    hub.publish().await;

    let shown = hub.audit.checkpoint(&system("SCH-900101")).unwrap();
    let opened = Checkpoint::open(shown.note.as_bytes(), hub.audit.verifier_key()).unwrap();
    assert_eq!(opened, shown.checkpoint);
    assert_eq!((opened.size(), *opened.root()), (10, house.oracle().root()));
    assert_eq!(opened.origin().as_str(), "hub.example/audit");
    assert_eq!(published_size(house.data()).unwrap(), 10);
    let hub_itself = Principal::Hub(Driver::Audit);
    assert_eq!(hub.audit.checkpoint(&hub_itself).unwrap_err().kind(), ErrorKind::Denied);
}

#[tokio::test]
async fn checkpoints_keep_their_pace_and_nothing_new_is_nothing_published() {
    let house = House::new();
    house.record(1);
    let hub = house.start();
    let run = async || {
        hub.integrator.run_once().await.unwrap();
        hub.publisher.run_once().await.unwrap()
    };

    assert_eq!(run().await, Publication::Published(1));
    assert_eq!(run().await, Publication::UpToDate);
    house.record(1);
    assert_eq!(run().await, Publication::Waiting);
    house.clock.advance(Span::millis(999));
    assert_eq!(run().await, Publication::Waiting);
    house.clock.advance(Span::millis(1));
    assert_eq!(run().await, Publication::Published(2));
}

#[tokio::test]
async fn nothing_is_published_before_the_tree_was_compared_with_the_last_checkpoint() {
    let house = House::new();
    house.record(10);
    house.start().publish().await;
    house.record(10);

    let hub = house.start();
    let leaves: Vec<[u8; 32]> =
        house.store.entries()[10..].iter().map(RecordedEntry::leaf_hash).collect();
    hub.audit.tree.append(10, &leaves).unwrap();

    assert_eq!(hub.publisher.publish_now().await.unwrap(), Publication::Waiting);
    hub.integrator.run_once().await.unwrap();
    assert!(matches!(hub.publisher.publish_now().await, Ok(Publication::Published(_))));
}

#[tokio::test]
async fn every_checkpoint_ever_published_is_in_the_archive_and_sizes_only_grow() {
    let house = House::new();
    for count in [3, 4, 5] {
        house.record(count);
        house.start().publish().await;
    }

    let archive = std::fs::read_to_string(house.data().join("checkpoints/archive")).unwrap();

    let lines: Vec<&str> = archive.lines().collect();
    let key = house.start().audit.verifier_key().clone();
    let sizes: Vec<u64> = lines
        .chunks(5)
        .map(|note| format!("{}\n", note.join("\n")))
        .map(|note| Checkpoint::open(note.as_bytes(), &key).unwrap().size())
        .collect();
    assert_eq!(sizes.len(), 3);
    assert!(sizes.is_sorted() && sizes[0] == 3, "{sizes:?}");
    assert!(!house.data().join("checkpoints/latest.new").exists());
}

#[tokio::test]
async fn an_entry_that_waits_longer_than_a_minute_is_one_alarm_a_lateness() {
    let house = House::new();
    let hub = house.start();
    let alarms = async |late: bool| {
        hub.publisher.run_once().await.unwrap();
        assert_eq!(hub.publisher.is_late(), late);
        hub.publisher.is_newly_late()
    };

    for _lateness in 0..2 {
        house.record(1);
        assert!(!alarms(false).await);
        house.clock.advance(Span::seconds(60));
        assert!(!alarms(false).await, "at the bound");
        house.clock.advance(Span::millis(1));
        assert!(alarms(true).await, "one past it");
        assert!(!alarms(true).await, "told already");
        hub.integrator.run_once().await.unwrap();
        assert!(!alarms(false).await);
    }
}

#[tokio::test]
async fn a_checkpoint_of_another_log_or_a_damaged_one_stops_the_start() {
    let house = House::new();
    house.record(1);
    house.start().publish().await;
    let latest = house.data().join("checkpoints/latest");
    let note = std::fs::read_to_string(&latest).unwrap();

    std::fs::write(&latest, note.replacen("\n1\n", "\n2\n", 1)).unwrap();
    assert_eq!(house.open().map(|_| ()).unwrap_err().reason(), "CHECKPOINT_UNREADABLE");
    std::fs::write(&latest, "").unwrap();
    assert_eq!(house.open().map(|_| ()).unwrap_err().reason(), "CHECKPOINT_UNREADABLE");
    assert!(published_size(house.data()).is_err());
    assert_eq!(published_size(&house.data().join("nowhere")).unwrap(), 0);
}

#[test]
fn a_simulated_hubs_log_says_so_and_a_real_one_never() {
    let house = House::new();
    let simulated: Arc<dyn crate::env::Clock> =
        Arc::new(SimulatedClock::starting_at(NOW, Arc::new(FakeMachine::at(NOW))));
    assert!(simulated.is_simulated());

    let name = origin("hub.example/audit", true).unwrap();
    assert_eq!(name.as_str(), "hub.example/audit/SIMULATED");
    assert!(house.open_with(name.as_str(), Arc::clone(&simulated)).is_ok());
    let plain = house.open_with("hub.example/audit", simulated).map(|_| ()).unwrap_err();
    assert!(matches!(plain, AuditError::Simulated));
    let real: Arc<dyn crate::env::Clock> = Arc::<FakeClock>::clone(&house.clock);
    let real = house.open_with(name.as_str(), real).map(|_| ()).unwrap_err();
    assert!(matches!(real, AuditError::Simulated));
}

#[tokio::test]
async fn a_note_that_a_power_cut_left_unfinished_is_cut_from_the_archive() {
    let house = House::new();
    house.record(3);
    house.start().publish().await;
    let archive = house.data().join("checkpoints/archive");
    let whole = std::fs::read(&archive).unwrap();

    for torn in [whole[..whole.len() / 2].to_vec(), vec![0; 500], b"hub".to_vec()] {
        std::fs::write(&archive, [whole.clone(), torn].concat()).unwrap();
        house.start();
        assert_eq!(std::fs::read(&archive).unwrap(), whole);
    }
}
