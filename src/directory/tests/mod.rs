mod changing;
mod inboxes;
mod partnership;
mod reading;
mod roles;
mod the_file;
mod the_first_start;
mod who_calls;

use std::sync::Arc;

use super::file::FileError;
use super::*;
use crate::audit;
use crate::audit::fake_store::FakeStore;
use crate::calendar;
use crate::crypto::Signer;
use crate::domain::directory::{Cover, RotaSlot};
use crate::domain::principal::Person;
use crate::domain::{MailboxId, SystemName};
use crate::env::{FakeClock, FakeEntropy};
use crate::record::decode_event;

const PARTNERSHIP: &str = include_str!("../../../docs/samples/partnership.toml");
const NOW: Timestamp = Timestamp::from_millis(1_795_392_000_000);

struct Desk {
    directory: Directory,
    store: Arc<FakeStore>,
    _place: tempfile::TempDir,
}

fn empty_desk() -> Desk {
    let place = tempfile::tempdir().unwrap();
    let store = Arc::new(FakeStore::default());
    let env = Env::new(Arc::new(FakeClock::at(NOW)), Arc::new(FakeEntropy::seeded(1)));
    let key = place.path().join("signing.pem");
    let signer = Signer::generate_file(&key, "hub.example/audit", &FakeEntropy::seeded(2)).unwrap();
    let audit = Audit::open(audit::Parts {
        store: Arc::<FakeStore>::clone(&store),
        env: env.clone(),
        signer: Arc::new(signer),
        data_dir: place.path(),
    })
    .unwrap();
    let directory = Directory::new(Arc::<FakeStore>::clone(&store), env, audit);
    Desk { directory, store, _place: place }
}

async fn desk() -> Desk {
    let desk = empty_desk();
    desk.directory.load_if_empty(PARTNERSHIP).await.unwrap();
    desk
}

fn code(text: &str) -> AgencyCode {
    AgencyCode::try_from(text).unwrap()
}

fn user(text: &str) -> UserId {
    UserId::try_from(text).unwrap()
}

fn mailbox(text: &str) -> MailboxId {
    MailboxId::try_from(text).unwrap()
}

/// A person with an own certificate, as the directory knows that person now.
fn person(desk: &Desk, agency: &str, id: &str) -> Principal {
    let peer = Peer {
        agency: code(agency),
        caller: Caller::User(user(id)),
        fingerprint: [1; 32],
        named: None,
    };
    desk.directory.resolve(&peer).unwrap()
}

// CADT's two directory administrators, and one of its duty receivers.
const ADMIN: &str = "u-1108";
const OTHER_ADMIN: &str = "u-1109";
const RECEIVER: &str = "u-1101";

fn slot(from: &str, until: &str, id: &str) -> RotaSlot {
    let instant = |text: &str| Timestamp::from(text.parse::<jiff::Timestamp>().unwrap());
    RotaSlot { from: instant(from), until: instant(until), user: user(id), deputy: None }
}

fn violations(text: &str) -> Vec<String> {
    match parse(text).unwrap_err() {
        FileError::Violations(violations) => {
            violations.into_iter().map(|violation| violation.to_string()).collect()
        }
        other @ (FileError::TooLong | FileError::Syntax { .. }) => panic!("{other}"),
    }
}
