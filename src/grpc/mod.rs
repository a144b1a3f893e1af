//! The gRPC edge: parse, call a service, render. Decides nothing.
//!
//! Who calls is read from the verified connection and resolved against revocation and directory for every call
//! (`peer`); errors become status codes in `status` and nowhere else.

mod alerts;
mod audit;
mod directory;
mod guard;
mod hello;
mod identity;
mod indicators;
mod mailbox;
mod partnership;
mod peer;
pub mod status;

use std::sync::Arc;
use std::time::Duration;

pub use guard::guard;
pub use hello::HubFacts;

use crate::audit::Audit;
use crate::broker::Broker;
use crate::directory::Directory;
use crate::domain::Redacted;
use crate::env::Env;
use crate::identity::Identity;
use crate::indicators::Indicators;
use crate::mailbox::Mailboxes;
use crate::tls::LiveConnections;
use crate::wire::v1::alert_service_server::AlertServiceServer;
use crate::wire::v1::audit_service_server::AuditServiceServer;
use crate::wire::v1::directory_service_server::DirectoryServiceServer;
use crate::wire::v1::hub_service_server::HubServiceServer;
use crate::wire::v1::identity_service_server::IdentityServiceServer;
use crate::wire::v1::indicator_service_server::IndicatorServiceServer;
use crate::wire::v1::mailbox_service_server::MailboxServiceServer;

/// What the edge calls.
#[derive(Clone)]
pub struct Services {
    /// Accepts alerts.
    pub broker: Arc<Broker>,
    /// Hands out and takes answers.
    pub mailboxes: Arc<Mailboxes>,
    /// Proofs, checkpoints, entries, refusals.
    pub audit: Arc<Audit>,
    /// Agencies and people.
    pub directory: Arc<Directory>,
    /// Figures.
    pub indicators: Arc<Indicators>,
    /// Who is who, as people decide it.
    pub identity: Arc<Identity>,
    /// Revocation, per call.
    pub connections: Arc<LiveConnections>,
    /// Time.
    pub env: Env,
    /// Which people this hub may hold: synthetic ones in tests and demonstrations, real ones in production.
    pub people: crate::wire::parse::TestOrProduction,
    /// What hello says.
    pub facts: Arc<HubFacts>,
    /// Bounds of the edge.
    pub limits: EdgeLimits,
    /// Where the feeders of streams are kept; owned by the hub.
    pub tasks: tokio_util::task::TaskTracker,
    /// Cancelled when the hub drains: streams end, nothing is lost.
    pub draining: tokio_util::sync::CancellationToken,
}

/// Bounds of the edge; values come from the configuration.
#[derive(Clone, Copy, Debug)]
pub struct EdgeLimits {
    /// How long a unary call may take.
    pub unary_timeout: Duration,
    /// Between two heartbeats of an idle stream.
    pub heartbeat: Duration,
    /// Copies buffered for a slow reader before the hub waits.
    pub stream_buffer: usize,
    /// How long a reader may take nothing before its stream is ended.
    pub slow_reader: Duration,
    /// The largest message accepted, in bytes; refused by its length prefix, before allocation.
    pub message_bytes_max: usize,
}

impl Default for EdgeLimits {
    /// 10 s, 10 s, 16 copies, 60 s, 256 KiB.
    fn default() -> Self {
        Self {
            unary_timeout: Duration::from_secs(10),
            heartbeat: Duration::from_secs(10),
            stream_buffer: 16,
            slow_reader: Duration::from_secs(60),
            message_bytes_max: 256 * 1024,
        }
    }
}

/// One edge for every service; cheap to clone.
#[derive(Clone)]
pub(crate) struct Edge(Arc<Services>);

impl std::ops::Deref for Edge {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.0
    }
}

impl Edge {
    /// Runs a unary call within its time; a streaming call is never timed as a whole.
    async fn timed<T>(
        &self,
        call: impl Future<Output = Result<T, tonic::Status>>,
    ) -> Result<tonic::Response<T>, tonic::Status> {
        match tokio::time::timeout(self.limits.unary_timeout, call).await {
            Ok(done) => done.map(tonic::Response::new),
            Err(_elapsed) => Err(status::timed_out()),
        }
    }
}

/// What a person wrote, at most (contract: notes, reasons to decline, disagreements).
const WORDS_MAX: usize = 1_000;

/// What a person wrote, within its bounds.
fn words(field: &str, min: usize, raw: String) -> Result<Redacted<String>, tonic::Status> {
    let length = raw.chars().count();
    if (min..=WORDS_MAX).contains(&length) {
        Ok(Redacted::new(raw))
    } else {
        Err(status::of_field(field, &format!("{min} to {WORDS_MAX} characters")))
    }
}

/// The routes of every service of the contract.
pub fn routes(services: Services) -> tonic::service::Routes {
    let largest = services.limits.message_bytes_max;
    let edge = Edge(Arc::new(services));
    let mut builder = tonic::service::Routes::builder();
    builder
        .add_service(AlertServiceServer::new(edge.clone()).max_decoding_message_size(largest))
        .add_service(MailboxServiceServer::new(edge.clone()).max_decoding_message_size(largest))
        .add_service(AuditServiceServer::new(edge.clone()).max_decoding_message_size(largest))
        .add_service(DirectoryServiceServer::new(edge.clone()).max_decoding_message_size(largest))
        .add_service(IndicatorServiceServer::new(edge.clone()).max_decoding_message_size(largest))
        .add_service(IdentityServiceServer::new(edge.clone()).max_decoding_message_size(largest))
        .add_service(HubServiceServer::new(edge).max_decoding_message_size(largest));
    builder.routes()
}
