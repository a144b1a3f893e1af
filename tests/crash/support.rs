//! Who sends and receives here, what was acknowledged, and how a hub is ended.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use prost::Message as _;
use staysafe::sdk::{Client, ClientError};
use staysafe::tls::{Authority, IssuedCertificate};
use staysafe::wire::{SubmitAlertRequest, json, v1};

pub(crate) use crate::child_hub::Hub;
pub(crate) use crate::place::Place;
use crate::place::{ask, in_repository};

/// The sample every test sends: an alert to the young people's service.
pub(crate) const ALERT: &str = "docs/samples/alerts/s03-alcohol-attendance.json";
/// Who sends it.
pub(crate) const SENDER: &str = "WUTH-AED";
/// Whose mailbox it reaches.
pub(crate) const RECIPIENT: &str = "RESPONSE";

impl Place {
    /// With certificates for whoever sends and receives here.
    pub(crate) fn prepare() -> Self {
        Self::of(&[SENDER, RECIPIENT], ("", "[audit]\npublish_seconds = 1\n"))
    }
}

/// Writes a certificate; its files.
pub(crate) fn written(authority: &Authority, issued: &IssuedCertificate) -> [PathBuf; 2] {
    let files = authority.write(issued).unwrap();
    [files.certificate, files.key]
}

impl Hub {
    /// SIGKILL: nothing of the hub runs any more when this returns.
    pub(crate) fn kill(self) {
        drop(self);
    }

    /// Ends the hub and waits for it; it may say that it failed.
    pub(crate) fn end(mut self) {
        self.close().unwrap();
    }

    /// The answer of an admin path, with its status line.
    pub(crate) async fn ask(&self, path: &str) -> String {
        ask(self, path).await.unwrap()
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
