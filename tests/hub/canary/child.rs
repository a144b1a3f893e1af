//! A hub in a process of its own that logs all it can.

use std::net::SocketAddr;
use std::path::PathBuf;

use staysafe::sdk::{Client, ClientError, Connect};
use staysafe::tls::ClientTls;

use crate::child_hub::Hub;
use crate::support::{TestHub, http, instant};

/// A running hub with its directory; the parent makes certificates and reads what is left behind.
pub(super) struct ChildHub {
    pub(super) place: TestHub,
    hub: Hub,
}

impl ChildHub {
    /// Starts a hub at an hour, with every log line there is.
    pub(super) fn start(place: TestHub, at: &str) -> Self {
        let hub = Hub::launch(place.dir.path(), at, &[], &[("STAYSAFE_LOG", "trace")]);
        Self { place, hub }
    }

    pub(super) fn endpoint(&self) -> String {
        self.hub.endpoint()
    }

    fn admin(&self) -> SocketAddr {
        self.hub.said("admin").parse().unwrap()
    }

    pub(super) async fn connect(&self, tls: ClientTls) -> Result<Client, ClientError> {
        Client::connect(&Connect::to(self.endpoint(), tls)).await
    }

    pub(super) async fn advance_to(&self, to: &str) {
        let body = format!("{{\"advance_to_ms\":{}}}", instant(to).as_millis());
        let answer = http(self.admin(), "POST", "/simulated-time", &body).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    /// What an operator sees.
    pub(super) async fn shown(&self) -> String {
        let mut all = String::new();
        for path in ["/metrics", "/status", "/health"] {
            all += &http(self.admin(), "GET", path, "").await;
        }
        all
    }

    /// Stops the hub in order; its log.
    pub(super) fn stop(mut self) -> (TestHub, PathBuf) {
        let ended = self.hub.close().unwrap();
        let log = self.place.dir.path().join("hub.log");
        if !ended.success() {
            let told = std::fs::read(&log).unwrap();
            let last = &told[told.len().saturating_sub(2_000)..];
            panic!("{ended}: {}", String::from_utf8_lossy(last));
        }
        (self.place, log)
    }
}
