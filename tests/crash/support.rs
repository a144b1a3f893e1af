//! A hub in a process of its own: its directory outlives it.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use prost::Message as _;
use staysafe::sdk::{Client, ClientError, Connect};
use staysafe::tls::{Authority, IssuedCertificate};
use staysafe::wire::{SubmitAlertRequest, json, v1};
use tokio::task::block_in_place;

use crate::child_hub::{self, Directory, Served, in_repository};

/// The sample every test sends: an alert to the young people's service.
pub(crate) const ALERT: &str = "docs/samples/alerts/s03-alcohol-attendance.json";
/// Who sends it.
pub(crate) const SENDER: &str = "WUTH-AED";
/// Whose mailbox it reaches.
pub(crate) const RECIPIENT: &str = "RESPONSE";

/// A hub's directory.
pub(crate) struct Place(Directory);

impl std::ops::Deref for Place {
    type Target = Directory;

    fn deref(&self) -> &Directory {
        &self.0
    }
}

impl Place {
    pub(crate) fn prepare() -> Self {
        let sections = ("", "[audit]\npublish_seconds = 1\n");
        Self(Directory::prepare(&[SENDER, RECIPIENT], sections))
    }

    /// Starts a hub on the directory and waits until it serves.
    pub(crate) fn start(&self) -> Hub {
        self.start_under(&[])
    }

    /// Starts a hub as the last words of another program's command line.
    pub(crate) fn start_under(&self, wrapper: &[&str]) -> Hub {
        Hub(self.serve(wrapper))
    }

    /// A connected client of an agency's main system.
    pub(crate) async fn client(&self, hub: &Hub, agency: &str) -> Client {
        Client::connect(&self.connect(hub, agency)).await.unwrap()
    }

    /// How to reach the hub as an agency's main system.
    pub(crate) fn connect(&self, hub: &Hub, agency: &str) -> Connect {
        Connect::to(format!("https://{}", hub.address), self.files(agency))
    }
}

/// Writes a certificate; its files.
pub(crate) fn written(authority: &Authority, issued: &IssuedCertificate) -> [PathBuf; 2] {
    let files = authority.write(issued).unwrap();
    [files.certificate, files.key]
}

/// A running hub; stopped in order when it is dropped.
pub(crate) struct Hub(Served);

impl std::ops::Deref for Hub {
    type Target = Served;

    fn deref(&self) -> &Served {
        &self.0
    }
}

impl Hub {
    /// SIGKILL: nothing of the hub runs any more when this returns.
    pub(crate) fn kill(mut self) {
        self.0.child.kill().unwrap();
        block_in_place(|| self.0.child.wait()).unwrap();
    }

    /// Ends the hub and waits for it; it may say that it failed.
    pub(crate) fn end(mut self) {
        drop(self.0.input.take());
        // Meanwhile the clients of this process must be able to hang up.
        block_in_place(|| self.0.child.wait()).unwrap();
    }

    /// The answer of an admin path, with its status line.
    pub(crate) async fn ask(&self, path: &str) -> String {
        child_hub::ask(&self.admin, path).await.unwrap()
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        drop(self.0.input.take());
        drop(block_in_place(|| self.0.child.wait()));
    }
}

/// What a sender was told: from then on it may not be lost.
#[derive(Clone)]
pub(crate) struct Acknowledged {
    pub(crate) key: String,
    pub(crate) alert_id: String,
    receipt: Vec<u8>,
}

/// Everything that was acknowledged, by all senders.
pub(crate) type Ledger = Arc<Mutex<Vec<Acknowledged>>>;

/// Submits the sample under a key.
pub(crate) async fn submit(client: &mut Client, key: &str) -> Result<Acknowledged, ClientError> {
    let response = client.submit(request(key)).await?;
    Ok(Acknowledged {
        key: key.to_owned(),
        alert_id: response.alert_id,
        receipt: response.receipt.unwrap().encode_to_vec(),
    })
}

/// The hub still has an acknowledged alert, and says of it what it said before.
pub(crate) async fn is_kept(client: &mut Client, told: &Acknowledged) {
    let (key, id) = (&told.key, &told.alert_id);
    let status = client.status(id).await.unwrap_or_else(|error| panic!("{key} {id}: {error}"));
    assert!(!status.deliveries.is_empty(), "{key} {id} is delivered to no one");
    let again = submit(client, key).await.unwrap_or_else(|error| panic!("{key} {id}: {error}"));
    assert_eq!(again.alert_id, *id, "{key} became another alert");
    assert!(again.receipt == told.receipt, "{key} {id} has another receipt");
}

/// The sample under a key.
pub(crate) fn request(key: &str) -> SubmitAlertRequest {
    static SAMPLE: std::sync::LazyLock<SubmitAlertRequest> = std::sync::LazyLock::new(|| {
        json::request_from_json(&std::fs::read_to_string(in_repository(ALERT)).unwrap()).unwrap()
    });
    SubmitAlertRequest { idempotency_key: key.to_owned(), ..SAMPLE.clone() }
}

/// The copies in a mailbox from its beginning, confirmed as they come.
pub(crate) async fn collect(client: &mut Client, mailbox: &str) -> Vec<v1::AlertCopy> {
    use staysafe::sdk::Received;

    let mut stream = client.receive(mailbox, Vec::new()).await.unwrap();
    let (mut copies, mut pending) = (Vec::new(), Vec::new());
    loop {
        let next = tokio::time::timeout(Duration::from_secs(30), stream.next()).await;
        let ended = match next.unwrap().unwrap() {
            Received::Copy { copy, .. } => {
                pending.push(copy.sequence);
                copies.push(*copy);
                false
            }
            Received::Tombstone { .. } => false,
            Received::Heartbeat(beat) => !beat.more_waiting,
        };
        if ended || pending.len() == 100 {
            client.confirm(mailbox, &std::mem::take(&mut pending)).await.unwrap();
        }
        if ended {
            return copies;
        }
    }
}
