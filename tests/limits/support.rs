//! Who sends and receives here; what is measured of a hub, and how it is told to stop.

use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use staysafe::sdk::{Client, ClientError, Received, Receiving};
use staysafe::wire::{SubmitAlertRequest, json, v1};
use tokio::task::block_in_place;
use tokio::time::timeout;

pub(crate) use crate::child_hub::Hub;
pub(crate) use crate::place::Place;
use crate::place::{ask, in_repository};

/// How long a test waits for something that must happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// Who sends the sample.
pub(crate) const SENDER: &str = "WUTH-AED";
/// Whose mailbox it reaches.
pub(crate) const RECIPIENT: &str = "RESPONSE";
/// Whose mailbox it reaches too.
pub(crate) const NEIGHBOUR: &str = "WUTH-SG";

const ALERT: &str = "docs/samples/alerts/s03-alcohol-attendance.json";

impl Place {
    /// With these sections of the configuration besides the needed ones.
    pub(crate) fn with(sections: &str) -> Self {
        Self::of(&[SENDER, RECIPIENT, NEIGHBOUR], ("reload_seconds = 1\n", sections))
    }

    /// A connected client of an agency's main system, or its refusal.
    pub(crate) async fn connect(&self, hub: &Hub, agency: &str) -> Result<Client, ClientError> {
        Client::connect(&self.way_to(hub, agency)).await
    }

    /// A name that a clean stop leaves and a start takes away.
    pub(crate) fn clean_mark(&self) -> bool {
        fn anywhere(dir: &Path) -> bool {
            std::fs::read_dir(dir).unwrap().any(|entry| {
                let path = entry.unwrap().path();
                path.is_dir() && anywhere(&path) || path.ends_with("CLEAN")
            })
        }
        anywhere(&self.dir.path().join("data"))
    }
}

impl Hub {
    /// What it holds in memory, in KiB.
    pub(crate) fn resident_kib(&self) -> u64 {
        self.memory_kib("VmRSS:")
    }

    /// A figure of its memory, in KiB, by its name in `/proc`.
    pub(crate) fn memory_kib(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// SIGTERM.
    pub(crate) fn terminate(&self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    }

    /// Waits until it has ended.
    pub(crate) fn wait(mut self) -> ExitStatus {
        block_in_place(|| self.child.wait()).unwrap()
    }

    /// The answer of an admin path, with its status line; none when the address is closed.
    pub(crate) async fn ask(&self, path: &str) -> Option<String> {
        ask(self, path).await
    }

    /// Waits until an admin path answers with these words in it.
    pub(crate) async fn says(&self, path: &str, words: &str) {
        let asked = async {
            while !self.ask(path).await.is_some_and(|answer| answer.contains(words)) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, asked).await.unwrap_or_else(|_| panic!("{path} never says {words}"));
    }
}

/// The sample under a key.
pub(crate) fn request(key: &str) -> SubmitAlertRequest {
    static SAMPLE: std::sync::LazyLock<SubmitAlertRequest> = std::sync::LazyLock::new(|| {
        json::request_from_json(&std::fs::read_to_string(in_repository(ALERT)).unwrap()).unwrap()
    });
    SubmitAlertRequest { idempotency_key: key.to_owned(), ..SAMPLE.clone() }
}

/// Asks for something small: the hub serves this client.
pub(crate) async fn served(client: &mut Client) {
    timeout(PATIENCE, client.own_alerts(1, "")).await.unwrap().unwrap();
}

/// The next copy of a stream, and the cursor behind it.
pub(crate) async fn next_copy(
    stream: &mut Receiving,
) -> Result<(v1::AlertCopy, Vec<u8>), ClientError> {
    let copy = async {
        loop {
            if let Received::Copy { copy, cursor } = stream.next().await? {
                return Ok((*copy, cursor));
            }
        }
    };
    timeout(PATIENCE, copy).await.expect("a copy comes")
}
