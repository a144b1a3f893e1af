//! A hub in a process of its own that logs all it can.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;
use staysafe::sdk::{Client, ClientError, Connect};
use staysafe::tls::ClientTls;

use crate::support::{TestHub, http, instant};

/// A running hub with its directory; the parent makes certificates and reads what is left behind.
pub(super) struct ChildHub {
    pub(super) place: TestHub,
    address: String,
    admin: std::net::SocketAddr,
    child: Child,
    input: Option<ChildStdin>,
    _output: BufReader<ChildStdout>,
}

impl ChildHub {
    /// Starts a hub at an hour, with every log line there is.
    pub(super) fn start(place: TestHub, at: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_staysafe"));
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("STAYSAFE_")) {
            command.env_remove(name);
        }
        let log = File::create(place.dir.path().join("hub.log")).unwrap();
        let mut child = command
            .env("STAYSAFE_LOG", "trace")
            .args(["--json", "hub", "--stop-with-stdin", "--simulated-from", at, "--config"])
            .arg(place.dir.path().join("hub.toml"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let input = child.stdin.take();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        let serving = |field: &str| said["serving"][field].as_str().unwrap().to_owned();
        let (address, admin) = (serving("address"), serving("admin").parse().unwrap());
        Self { place, address, admin, child, input, _output: output }
    }

    pub(super) fn endpoint(&self) -> String {
        format!("https://{}", self.address)
    }

    pub(super) async fn connect(&self, tls: ClientTls) -> Result<Client, ClientError> {
        Client::connect(&Connect::to(self.endpoint(), tls)).await
    }

    pub(super) async fn advance_to(&self, to: &str) {
        let body = format!("{{\"advance_to_ms\":{}}}", instant(to).as_millis());
        let answer = http(self.admin, "POST", "/simulated-time", &body).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    /// What an operator sees.
    pub(super) async fn shown(&self) -> String {
        let mut all = String::new();
        for path in ["/metrics", "/status", "/health"] {
            all += &http(self.admin, "GET", path, "").await;
        }
        all
    }

    /// Stops the hub in order; its log.
    pub(super) fn stop(mut self) -> (TestHub, PathBuf) {
        drop(self.input.take());
        let ended = tokio::task::block_in_place(|| self.child.wait()).unwrap();
        let log = self.place.dir.path().join("hub.log");
        if !ended.success() {
            let told = std::fs::read(&log).unwrap();
            let last = &told[told.len().saturating_sub(2_000)..];
            panic!("{ended}: {}", String::from_utf8_lossy(last));
        }
        (self.place, log)
    }
}
