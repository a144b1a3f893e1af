use super::*;

type Read = Result<RecordedEntry, StoreError>;

async fn log() -> (House, Vec<u8>, VerifierKey) {
    let house = House::new();
    house.record(40);
    let hub = house.start();
    hub.publish().await;
    let note = hub.audit.latest().unwrap().note.clone().into_bytes();
    let key = hub.audit.verifier_key().clone();
    (house, note, key)
}

fn read(entries: Vec<RecordedEntry>) -> Vec<Read> {
    entries.into_iter().map(Ok).collect()
}

#[tokio::test]
async fn a_log_verifies_against_a_checkpoint_kept_elsewhere() {
    let (house, note, key) = log().await;
    house.record(2);

    let verified = verify(read(house.store.entries()), &note, &key).unwrap();

    let root = house.oracle().root_at(40).unwrap();
    assert_eq!(verified, LogVerified { size: 40, root, beyond: 2 });
}

#[tokio::test]
async fn a_changed_removed_or_reordered_entry_is_found() {
    let (house, note, key) = log().await;
    let entries = house.store.entries();
    let fails = |entries: Vec<RecordedEntry>| verify(read(entries), &note, &key).unwrap_err();

    let mut other = entries.clone();
    other[17] = entry(1_000);
    assert_eq!(fails(other).to_string(), RootDiffers::text());
    let mut swapped = entries.clone();
    swapped.swap(3, 4);
    assert_eq!(fails(swapped).to_string(), RootDiffers::text());
    let shorter = fails(entries[..39].to_vec());
    assert!(matches!(shorter, VerifyError::Shorter { found: 39, size: 40 }));
    let mut event = entries.clone();
    event[5].events[0].bytes = entries[6].events[0].bytes.clone();
    assert!(matches!(fails(event), VerifyError::EventChanged { index: 5 }));
    let mut leaf = entries;
    leaf[5].leaf = vec![0xFF].into();
    assert!(matches!(fails(leaf), VerifyError::Unreadable { index: 5, .. }));
}

struct RootDiffers;

impl RootDiffers {
    fn text() -> String {
        VerifyError::<StoreError>::RootDiffers { size: 40 }.to_string()
    }
}

#[tokio::test]
async fn a_checkpoint_that_the_key_did_not_sign_proves_nothing() {
    let (house, note, _key) = log().await;
    let other = House::new();
    std::fs::remove_file(other.data().join("signing.pem")).unwrap();
    let name = "hub.example/audit";
    let signer =
        Signer::generate_file(&other.data().join("signing.pem"), name, &FakeEntropy::seeded(9));
    let key = VerifierKey::new(name.parse().unwrap(), signer.unwrap().public_key()).unwrap();

    let error = verify(read(house.store.entries()), &note, &key).unwrap_err();

    assert!(matches!(error, VerifyError::Checkpoint(_)));
}

#[tokio::test]
async fn an_entry_that_cannot_be_read_is_named() {
    let (house, note, key) = log().await;
    let mut entries = read(house.store.entries());
    entries[7] = Err(StoreError::Damaged { place: "segment 1".into() });

    let error = verify(entries, &note, &key).unwrap_err();

    assert!(matches!(error, VerifyError::Store { index: 7, .. }));
}
