mod integrating;
mod publishing;
mod reading;
mod receipts;
mod recording;
mod verifying;

use std::path::Path;
use std::sync::Arc;

use super::fake_store::FakeStore;
use super::refusal::PER_MINUTE_MAX;
use super::*;
use crate::domain::event::{EntryDraft, Event, EventKind, EventOutcome};
use crate::domain::principal::{Driver, Person, Role};
use crate::domain::{
    AgencyCode, EpisodeId, EventId, Position, Span, SystemName, Timestamp, UserId,
};
use crate::env::{FakeClock, FakeEntropy, FakeMachine, SimulatedClock};
use crate::merkle::{Checkpoint, Tree, leaf_hash, verify_consistency, verify_inclusion};
use crate::record::{ReceiptError, RecordedEntry, decode_event, verify_receipt};

const NOW: Timestamp = Timestamp::from_millis(1_795_392_000_000);

/// A data directory that outlives the hubs opened on it, and the store they share.
struct House {
    place: tempfile::TempDir,
    store: Arc<FakeStore>,
    clock: Arc<FakeClock>,
}

/// One start of the hub.
struct Hub {
    audit: Arc<Audit>,
    integrator: Integrator,
    publisher: Publisher,
}

impl House {
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let key = place.path().join("signing.pem");
        Signer::generate_file(&key, "hub.example/audit", &FakeEntropy::seeded(2)).unwrap();
        Self { place, store: Arc::default(), clock: Arc::new(FakeClock::at(NOW)) }
    }

    fn data(&self) -> &Path {
        self.place.path()
    }

    fn open(&self) -> Result<Arc<Audit>, AuditError> {
        self.open_with("hub.example/audit", Arc::<FakeClock>::clone(&self.clock))
    }

    fn open_with(
        &self,
        name: &str,
        clock: Arc<dyn crate::env::Clock>,
    ) -> Result<Arc<Audit>, AuditError> {
        let signer = Signer::from_file(&self.data().join("signing.pem"), name).unwrap();
        Audit::open(Parts {
            store: Arc::<FakeStore>::clone(&self.store),
            env: Env::new(clock, Arc::new(FakeEntropy::seeded(1))),
            signer: Arc::new(signer),
            data_dir: self.data(),
        })
    }

    fn start(&self) -> Hub {
        let audit = self.open().unwrap();
        let integrator = Integrator::new(Arc::clone(&audit));
        let publisher = Publisher::new(Arc::clone(&audit), PublisherPace::default());
        Hub { audit, integrator, publisher }
    }

    /// Adds `count` entries, in groups of seven.
    fn record(&self, count: u64) {
        let entries: Vec<RecordedEntry> = (0..count).map(entry).collect();
        for group in entries.chunks(7) {
            self.store.add_group(group.to_vec(), NOW);
        }
    }

    /// The tree over what the store holds, as an independent oracle.
    fn oracle(&self) -> Tree {
        self.store.entries().iter().map(|entry| leaf_hash(&entry.leaf)).collect()
    }

    fn hashes(&self) -> std::path::PathBuf {
        self.data().join("tree").join("hashes")
    }
}

impl Hub {
    async fn publish(&self) -> u64 {
        self.integrator.run_once().await.unwrap();
        match self.publisher.publish_now().await.unwrap() {
            Publication::Published(size) => size,
            other @ (Publication::UpToDate | Publication::Waiting) => panic!("{other:?}"),
        }
    }
}

fn alert() -> AlertId {
    AlertId::from_bytes([0xA1; 16])
}

fn event(kind: EventKind, number: u8) -> Event {
    let event = Event::new(EventId::from_bytes([number; 16]), kind);
    event.about(alert(), EpisodeId::from(alert()))
}

fn recorded(events: Vec<Event>, seed: u8) -> RecordedEntry {
    let actor = crate::domain::event::Actor::of(&system("MERPOL"), None);
    RecordedEntry::record(&EntryDraft { actor, at: NOW, events }, &[seed; 32])
}

fn entry(number: u64) -> RecordedEntry {
    let mut queued = event(EventKind::Queued, 1);
    queued.count = Some(number);
    recorded(vec![queued], 3)
}

fn system(code: &str) -> Principal {
    Principal::System {
        agency: AgencyCode::try_from(code).unwrap(),
        system: SystemName::try_from("main").unwrap(),
        person: None,
        fingerprint: [7; 32],
    }
}

fn reviewer(code: &str, role: Role) -> Principal {
    Principal::User {
        agency: AgencyCode::try_from(code).unwrap(),
        person: Person { user: UserId::try_from("u-3301").unwrap(), roles: vec![role] },
        fingerprint: [8; 32],
    }
}
