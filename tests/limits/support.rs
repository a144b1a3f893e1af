//! A hub in a process of its own, so that its memory can be measured and its signals are its own.

use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use staysafe::sdk::{Client, ClientError, Connect, Received, Receiving};
use staysafe::wire::{SubmitAlertRequest, json, v1};
use tokio::task::block_in_place;
use tokio::time::timeout;

use crate::child_hub::{self, Directory, Served, in_repository};

/// How long a test waits for something that must happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// Who sends the sample.
pub(crate) const SENDER: &str = "WUTH-AED";
/// Whose mailbox it reaches.
pub(crate) const RECIPIENT: &str = "RESPONSE";
/// Whose mailbox it reaches too.
pub(crate) const NEIGHBOUR: &str = "WUTH-SG";

const ALERT: &str = "docs/samples/alerts/s03-alcohol-attendance.json";

/// A hub's directory.
pub(crate) struct Place(Directory);

impl std::ops::Deref for Place {
    type Target = Directory;

    fn deref(&self) -> &Directory {
        &self.0
    }
}

impl Place {
    /// With these sections of the configuration besides the needed ones.
    pub(crate) fn with(sections: &str) -> Self {
        let agencies = [SENDER, RECIPIENT, NEIGHBOUR];
        Self(Directory::prepare(&agencies, ("reload_seconds = 1\n", sections)))
    }

    /// Starts a hub on the directory; it serves when this returns.
    pub(crate) fn start(&self) -> Hub {
        Hub(self.serve(&[]))
    }

    /// A connected client of an agency's main system, or its refusal.
    pub(crate) async fn connect(&self, hub: &Hub, agency: &str) -> Result<Client, ClientError> {
        Client::connect(&Connect::to(hub.endpoint(), self.files(agency))).await
    }

    /// A connected client of an agency's main system.
    pub(crate) async fn client(&self, hub: &Hub, agency: &str) -> Client {
        self.connect(hub, agency).await.unwrap()
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

/// A running hub; killed when it is dropped.
pub(crate) struct Hub(Served);

impl std::ops::Deref for Hub {
    type Target = Served;

    fn deref(&self) -> &Served {
        &self.0
    }
}

impl Hub {
    /// `https://127.0.0.1:port`.
    pub(crate) fn endpoint(&self) -> String {
        format!("https://{}", self.address)
    }

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
        block_in_place(|| self.0.child.wait()).unwrap()
    }

    /// The answer of an admin path, with its status line; none when the address is closed.
    pub(crate) async fn ask(&self, path: &str) -> Option<String> {
        child_hub::ask(&self.admin, path).await
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

impl Drop for Hub {
    fn drop(&mut self) {
        drop(self.0.input.take());
        drop(self.0.child.kill());
        drop(self.0.child.wait());
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
