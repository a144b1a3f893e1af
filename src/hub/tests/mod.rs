//! The services on a store with troubles: what is wrong with one alert, one commit or one moment stays there.

#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic")]

mod after;
mod deadlines;
mod denying;
mod disagreeing;
mod duplicates;
mod figures;
mod handing_over;
mod heard;
mod identifying;
mod idle;
mod jumps;
mod kept_from;
mod long;
mod pair_cases;
mod purging;
mod receiving;
mod repeats;
mod schools;
mod simulation;
mod stewarding;
mod submitting;
mod taken_back;
mod told;
mod troubled;
mod unborn;
mod unlinking;
mod withdrawing;

use std::sync::Arc;

use crate::audit::{self, Audit};
use crate::broker::{self, Accepted, Broker, Received, SubmitError};
use crate::crypto::{KeyStore, MasterKey, Sealer, Signer};
use crate::directory::Directory;
use crate::domain::directory::Directory as DirectoryRecord;
use crate::domain::principal::Driver;
use crate::domain::submission::Given;
use crate::domain::{
    AgencyCode, AlertId, EventId, EventKind, IdempotencyKey, MailboxId, Principal, Redacted,
    SystemName, Timestamp,
};
use crate::env::{Env, FakeClock, FakeEntropy};
use crate::escalation;
use crate::mailbox::{self, Item, Mailboxes, Stream};
use crate::policy::Clocks;
use crate::policy::access::{Action, permit};
use crate::store::{Commit, Store, Write};
use crate::wake::{InProcessWake, Wake};
use crate::wire::{json, parse};
use troubled::TroubledStore;

const PARTNERSHIP: &str = include_str!("../../../docs/samples/partnership.toml");
/// A missing child: urgent, to the emergency duty team among others.
const URGENT: &str = include_str!("../../../docs/samples/alerts/s01-missing-reported.json");
/// Not urgent.
const ROUTINE: &str = include_str!("../../../docs/samples/alerts/s03-alcohol-attendance.json");

/// The services of a hub on one store.
struct Desk {
    store: Arc<TroubledStore>,
    clock: Arc<FakeClock>,
    env: Env,
    keys: Arc<KeyStore>,
    broker: Broker,
    mailboxes: Mailboxes,
    escalation: escalation::Driver,
    parts: mailbox::Parts,
    reach: Arc<CutOff>,
    place: tempfile::TempDir,
}

/// Whose certificates are all revoked.
#[derive(Default)]
struct CutOff(std::sync::Mutex<Vec<String>>);

impl broker::Reach for CutOff {
    fn is_cut_off(&self, agency: &AgencyCode) -> bool {
        self.0.lock().unwrap().iter().any(|code| code == agency.as_str())
    }
}

impl Desk {
    /// Opens at `start` (RFC 3339).
    async fn opening_at(start: &str) -> Self {
        let place = tempfile::tempdir().unwrap();
        let store = Arc::new(TroubledStore::default());
        let port: Arc<dyn Store> = Arc::<TroubledStore>::clone(&store);
        let clock = Arc::new(FakeClock::at(instant(start)));
        let time: Arc<dyn crate::env::Clock> = Arc::<FakeClock>::clone(&clock);
        let env = Env::new(time, Arc::new(FakeEntropy::seeded(1)));
        let master = place.path().join("master.key");
        MasterKey::generate_file(&master, &FakeEntropy::seeded(3)).unwrap();
        let data = place.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let master = MasterKey::from_file(&master, &data).unwrap();
        let keys = Arc::new(KeyStore::open(&data.join("keys"), master, env.clone()).unwrap());
        let sealer = Arc::new(Sealer::new(Arc::clone(&keys), Arc::clone(&env.entropy)));
        let key = place.path().join("signing.pem");
        let signer = Signer::generate_file(&key, "hub.example/audit", &FakeEntropy::seeded(2));
        let audit = Audit::open(audit::Parts {
            store: Arc::clone(&port),
            env: env.clone(),
            signer: Arc::new(signer.unwrap()),
            data_dir: &data,
        })
        .unwrap();
        let directory = Directory::new(Arc::clone(&port), env.clone(), Arc::clone(&audit));
        directory.load_if_empty(PARTNERSHIP).await.unwrap();
        let wake: Arc<dyn Wake> = Arc::new(InProcessWake::new());
        let reach = Arc::new(CutOff::default());
        let broker = Broker::new(broker::Parts {
            store: Arc::clone(&port),
            env: env.clone(),
            sealer: Arc::clone(&sealer),
            wake: Arc::clone(&wake),
            audit: Arc::clone(&audit),
            clocks: Clocks::DEFAULT,
            reach: Arc::<CutOff>::clone(&reach),
        });
        let escalation = escalation::Driver::new(
            (Arc::clone(&port), Arc::clone(&sealer)),
            env.clone(),
            Arc::clone(&wake),
            Clocks::DEFAULT,
        );
        let parts = mailbox::Parts {
            store: port,
            env: env.clone(),
            sealer,
            wake,
            audit,
            limits: mailbox::Limits::default(),
            clocks: Clocks::DEFAULT,
        };
        let mailboxes = Mailboxes::new(copied(&parts));
        Self { store, clock, env, keys, broker, mailboxes, escalation, parts, reach, place }
    }

    /// Forgets what mailboxes hold in memory, as a restart does.
    fn restart_mailboxes(&mut self) {
        self.mailboxes = Mailboxes::new(copied(&self.parts));
    }

    /// Everything that lives in memory anew on the same store, with this time.
    fn restart_on(&mut self, env: Env) {
        self.parts.env = env.clone();
        self.restart_mailboxes();
        let (store, sealer) = (Arc::clone(&self.parts.store), Arc::clone(&self.parts.sealer));
        let wake = Arc::clone(&self.parts.wake);
        let ladder = (Arc::clone(&store), Arc::clone(&sealer));
        let clocks = Clocks::DEFAULT;
        self.escalation = escalation::Driver::new(ladder, env.clone(), Arc::clone(&wake), clocks);
        let audit = Arc::clone(&self.parts.audit);
        let reach: Arc<dyn broker::Reach> = Arc::<CutOff>::clone(&self.reach);
        self.broker = Broker::new(broker::Parts {
            store,
            env: env.clone(),
            sealer,
            wake,
            audit,
            clocks,
            reach,
        });
        self.env = env;
    }

    /// No data key is to be had from now on.
    fn break_keys(&self) {
        let root = self.place.path();
        std::fs::rename(root.join("data/keys"), root.join("gone")).unwrap();
        while self.keys.take().is_ok() {}
    }

    async fn submits(&self, agency: &str, sample: &str, key: &str) -> AlertId {
        self.tries(agency, &received(sample, key)).await.unwrap().alert.id
    }

    async fn tries(&self, agency: &str, received: &Received) -> Result<Accepted, SubmitError> {
        // Large, and inside every other future of these tests.
        Box::pin(self.broker.submit(&system(agency), received)).await
    }

    async fn stream(&self, mailbox: &str, cursor: &[u8]) -> Stream {
        let agency = system(mailbox.split('/').next().unwrap());
        self.mailboxes.open_stream(&agency, id(mailbox), cursor).await.unwrap()
    }

    /// Everything the stream sends until nothing more waits: the alerts of the copies, with their numbers.
    async fn receives(&self, stream: &mut Stream) -> Vec<(u64, AlertId)> {
        let mut got = Vec::new();
        for _round in 0..100 {
            let batch = self.mailboxes.next_batch(stream).await.unwrap();
            got.extend(batch.items.iter().filter_map(|item| match item {
                Item::Copy(copy) => Some((item.sequence(), copy.alert.id)),
                Item::Tombstone(_) => None,
            }));
            if batch.items.is_empty() && !batch.more_waiting {
                return got;
            }
        }
        panic!("the stream never comes to rest: {got:?}");
    }

    /// A change of the directory that touches nobody.
    fn next_directory(&self) -> Commit {
        let mut next: DirectoryRecord = self.parts.store.directory().as_ref().clone();
        next.version += 1;
        let permit = permit(&Principal::Hub(Driver::Operator), Action::LoadDirectory, None);
        let event =
            crate::domain::Event::new(EventId::from_bytes([0xE0; 16]), EventKind::DirectoryChanged);
        let commit = Commit::new(&permit.unwrap(), self.env.now(), vec![event], [0x5A; 32]);
        commit.unwrap().writing(vec![Write::Directory(Box::new(next))]).unwrap()
    }
}

fn copied(parts: &mailbox::Parts) -> mailbox::Parts {
    mailbox::Parts {
        store: Arc::clone(&parts.store),
        env: parts.env.clone(),
        sealer: Arc::clone(&parts.sealer),
        wake: Arc::clone(&parts.wake),
        audit: Arc::clone(&parts.audit),
        limits: parts.limits,
        clocks: parts.clocks,
    }
}

fn received(sample: &str, key: &str) -> Received {
    let request = json::request_from_json(sample).unwrap();
    let parsed = parse::submission(&request, parse::TestOrProduction::Test).unwrap();
    let key = IdempotencyKey::try_from(key).unwrap();
    let completes = match parsed.completes {
        Given::Given(id) => Some(id),
        Given::Missing | Given::Malformed => None,
    };
    Received { submission: parsed.submission, key, alert: parsed.alert, completes, corrects: None }
}

/// The same about another child: no duplicate of it (domain 5.9).
fn of_another_child(mut received: Received) -> Received {
    let number = Redacted::new("9990027404".to_owned());
    received.submission.subjects[0].identity.nhs_number = Some(number);
    received
}

fn system(agency: &str) -> Principal {
    Principal::System {
        agency: AgencyCode::try_from(agency).unwrap(),
        system: SystemName::try_from("main").unwrap(),
        person: None,
        fingerprint: [7; 32],
    }
}

fn id(mailbox: &str) -> MailboxId {
    MailboxId::try_from(mailbox).unwrap()
}

fn instant(text: &str) -> Timestamp {
    Timestamp::from(text.parse::<jiff::Timestamp>().unwrap())
}
