use super::*;

#[tokio::test]
async fn every_durable_entry_is_integrated_once_and_a_repeated_run_adds_nothing() {
    let house = House::new();
    let hub = house.start();
    house.record(700);

    let first = hub.integrator.run_once().await.unwrap();
    let second = hub.integrator.run_once().await.unwrap();

    assert_eq!(first, Integrated { added: 700, size: 700 });
    assert_eq!(second, Integrated { added: 0, size: 700 });
    let kept = std::fs::read(house.hashes()).unwrap();
    let leaves: Vec<u8> =
        house.store.entries().iter().flat_map(|entry| entry.leaf_hash()).collect();
    assert_eq!(kept, leaves);
}

#[tokio::test]
async fn roots_and_proofs_are_those_of_the_plain_tree_at_every_size_around_a_chunk() {
    let house = House::new();
    let hub = house.start();
    house.record(1_030);
    hub.integrator.run_once().await.unwrap();
    let oracle = house.oracle();
    let witness = system("MERPOL");

    for size in [1, 2, 255, 256, 257, 511, 512, 513, 768, 1_023, 1_024, 1_025, 1_030] {
        let root = crate::merkle::root_at(&hub.audit.tree.nodes(), size).unwrap();
        assert_eq!(root, oracle.root_at(size).unwrap(), "root at {size}");
        for index in [0, size / 2, size.checked_sub(1).unwrap()] {
            let proof = hub.audit.prove_inclusion(&witness, index, size).unwrap();
            assert_eq!(proof.path, oracle.inclusion(index, size).unwrap());
            verify_inclusion(&proof.leaf, index, size, &proof.path, &root).unwrap();
        }
        let proof = hub.audit.prove_consistency(&witness, size, 1_030).unwrap();
        let (old, new) = (oracle.root_at(size).unwrap(), oracle.root());
        verify_consistency(size, 1_030, &proof.path, &old, &new).unwrap();
    }
}

#[tokio::test]
async fn a_proof_of_what_is_not_there_yet_is_refused() {
    let house = House::new();
    let hub = house.start();
    house.record(5);
    hub.integrator.run_once().await.unwrap();
    let witness = system("MERPOL");

    let reasons = [
        hub.audit.prove_inclusion(&witness, 0, 0).unwrap_err().reason(),
        hub.audit.prove_inclusion(&witness, 5, 5).unwrap_err().reason(),
        hub.audit.prove_inclusion(&witness, 0, 6).unwrap_err().reason(),
        hub.audit.prove_consistency(&witness, 4, 3).unwrap_err().reason(),
        hub.audit.prove_consistency(&witness, 0, u64::MAX).unwrap_err().reason(),
    ];

    assert_eq!(
        reasons,
        ["NOT_PUBLISHED", "NOT_INTEGRATED", "NOT_INTEGRATED", "NOT_INTEGRATED", "NOT_INTEGRATED"]
    );
}

#[tokio::test]
async fn a_file_that_is_gone_short_or_torn_is_completed_from_the_journal() {
    let house = House::new();
    house.record(600);
    let size = house.start().publish().await;
    let whole = std::fs::read(house.hashes()).unwrap();

    for damage in [None, Some(0), Some(40), Some(32 * 599)] {
        match damage {
            None => std::fs::remove_file(house.hashes()).unwrap(),
            Some(len) => std::fs::write(house.hashes(), &whole[..len]).unwrap(),
        }
        let hub = house.start();
        hub.integrator.run_once().await.unwrap();
        assert!(std::fs::read(house.hashes()).unwrap().starts_with(&whole), "{damage:?}");
        assert!(hub.audit.integrated_size() >= size);
        assert_eq!(hub.audit.breach(), None);
    }
}

#[tokio::test]
async fn what_no_checkpoint_covers_is_taken_from_the_journal_again_after_a_start() {
    let house = House::new();
    house.record(100);
    house.start().publish().await;
    house.record(20);
    house.start().integrator.run_once().await.unwrap();
    // A power cut leaves the unpublished tail full of zeros.
    let mut bytes = std::fs::read(house.hashes()).unwrap();
    bytes[32 * 110..].fill(0);
    std::fs::write(house.hashes(), &bytes).unwrap();

    let hub = house.start();
    hub.integrator.run_once().await.unwrap();

    assert_eq!(hub.audit.breach(), None);
    assert_eq!(hub.publish().await, hub.audit.integrated_size());
    let root = *hub.audit.latest().unwrap().checkpoint.root();
    assert_eq!(root, house.oracle().root_at(hub.audit.integrated_size()).unwrap());
}

#[tokio::test]
async fn a_journal_that_disagrees_with_the_file_breaks_the_log_once_and_for_good() {
    let house = House::new();
    house.record(9_000);
    house.start().publish().await;
    house.store.tamper(8_500);

    let hub = house.start();
    let error = hub.integrator.run_once().await.unwrap_err();
    let again = hub.integrator.run_once().await.unwrap_err();

    let breach = Breach { index: 8_500, reason: "TREE_DISAGREES_WITH_JOURNAL" };
    assert!(matches!(error, AuditError::Broken(found) if found == breach), "{error}");
    assert_eq!(again.reason(), "AUDIT_BROKEN");
    let alarms = house.store.trace().iter().filter(|it| it.starts_with("AUDIT_BROKEN")).count();
    assert_eq!(alarms, 1);
    let refused = hub.publisher.publish_now().await.unwrap_err();
    assert_eq!(refused.reason(), "AUDIT_BROKEN");
    assert_eq!(published_size(house.data()).unwrap(), 9_000);
}

#[tokio::test]
async fn a_file_that_was_altered_with_its_journal_disagrees_with_what_was_published() {
    let house = House::new();
    house.record(300);
    house.start().publish().await;
    house.store.tamper(10);
    let altered = house.store.entries()[10].leaf_hash();
    let mut bytes = std::fs::read(house.hashes()).unwrap();
    bytes[320..352].copy_from_slice(&altered);
    std::fs::write(house.hashes(), &bytes).unwrap();

    let hub = house.start();
    let error = hub.integrator.run_once().await.unwrap_err();

    let breach = Breach { index: 300, reason: "ROOT_DISAGREES_WITH_CHECKPOINT" };
    assert!(matches!(error, AuditError::Broken(found) if found == breach), "{error}");
    assert!(hub.publisher.publish_now().await.is_err());
}

#[tokio::test]
async fn a_journal_shorter_than_the_checkpoint_breaks_the_log() {
    let house = House::new();
    house.record(300);
    house.start().publish().await;
    house.store.truncate(299);

    let error = house.start().integrator.run_once().await.unwrap_err();

    assert_eq!(error.reason(), "AUDIT_BROKEN");
    assert_eq!(house.store.trace().last().unwrap(), "AUDIT_BROKEN:JOURNAL_SHORTER_THAN_TREE");
}

#[tokio::test]
async fn a_start_on_a_good_log_says_that_it_was_verified() {
    let house = House::new();
    house.record(300);
    house.start().publish().await;

    let hub = house.start();
    hub.integrator.run_once().await.unwrap();
    hub.integrator.run_once().await.unwrap();

    let verified = house.store.trace().iter().filter(|it| *it == "AUDIT_VERIFIED").count();
    assert_eq!(verified, 1);
}

#[tokio::test]
async fn what_a_failed_append_left_in_the_file_is_not_part_of_the_tree() {
    let house = House::new();
    let hub = house.start();
    house.record(10);
    hub.integrator.run_once().await.unwrap();
    let mut bytes = std::fs::read(house.hashes()).unwrap();
    bytes.extend([7; 320]);
    std::fs::write(house.hashes(), &bytes).unwrap();

    let beyond = hub.audit.tree.nodes().node(1, 5);
    assert!(matches!(beyond, Err(NodeError::Absent)));
    house.record(3);
    hub.integrator.run_once().await.unwrap();
    let root = crate::merkle::root_at(&hub.audit.tree.nodes(), 13).unwrap();
    assert_eq!(root, house.oracle().root());
}

#[tokio::test]
async fn two_runs_at_once_take_each_leaf_once() {
    let house = House::new();
    let hub = house.start();
    house.record(500);

    let (one, other) = tokio::join!(hub.integrator.run_once(), hub.integrator.run_once());

    assert_eq!([one.unwrap().added, other.unwrap().added], [500, 0]);
    assert_eq!(hub.audit.integrated_size(), 500);
    assert_eq!(hub.audit.breach(), None);
    let root = crate::merkle::root_at(&hub.audit.tree.nodes(), 500).unwrap();
    assert_eq!(root, house.oracle().root());
}

#[tokio::test]
async fn leaves_that_do_not_begin_where_the_tree_ends_are_refused() {
    let house = House::new();
    let hub = house.start();
    house.record(3);
    hub.integrator.run_once().await.unwrap();

    for wrong in [2, 4] {
        let refused = hub.audit.tree.append(wrong, &[[7; 32]]).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::InvalidInput);
    }

    assert_eq!(hub.audit.integrated_size(), 3);
    assert_eq!(std::fs::read(house.hashes()).unwrap().len(), 3 * 32);
    hub.audit.tree.append(3, &[[7; 32]]).unwrap();
}
