//! The gRPC server on top of the TLS acceptor, with its bounds.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::transport::Server;

use crate::config::Limits;
use crate::tls::Incoming;

/// Bounds of HTTP/2 and of a connection's life; values come from the configuration.
#[derive(Clone, Copy, Debug)]
pub(super) struct ServerLimits {
    /// Streams of one connection at a time; more wait.
    pub(super) concurrent_streams: u32,
    /// Header list of one call, in bytes.
    pub(super) header_bytes: u32,
    /// Local resets before a connection is told to calm down (rapid reset, MadeYouReset).
    pub(super) local_resets: usize,
    /// Streams reset before they were accepted.
    pub(super) pending_resets: usize,
    /// Ping an idle connection after this.
    pub(super) keepalive_interval: Duration,
    /// Give up a connection that does not answer the ping within this.
    pub(super) keepalive_timeout: Duration,
    /// A connection is asked to go after this. The acceptor closes it a while later, so that a revoked certificate's
    /// life is bounded in any case.
    pub(super) connection_age: Duration,
}

impl ServerLimits {
    /// As configured.
    pub(super) fn of(limits: &Limits) -> Self {
        Self {
            concurrent_streams: limits.concurrent_streams_max.get(),
            header_bytes: limits.header_list_bytes_max.get(),
            local_resets: limits.local_error_resets_max.to_usize(),
            pending_resets: limits.pending_resets_max.to_usize(),
            keepalive_interval: limits.keepalive_interval_seconds.to_std(),
            keepalive_timeout: limits.keepalive_timeout_seconds.to_std(),
            connection_age: limits.connection_age_seconds_max.to_std(),
        }
    }
}

/// Serves until the signal, then lets calls under way end.
pub(super) async fn serve(
    routes: Routes,
    incoming: Incoming,
    limits: ServerLimits,
    stop: CancellationToken,
) -> Result<(), tonic::transport::Error> {
    Server::builder()
        .max_concurrent_streams(limits.concurrent_streams)
        .http2_max_header_list_size(limits.header_bytes)
        .http2_max_local_error_reset_streams(Some(limits.local_resets))
        .http2_max_pending_accept_reset_streams(Some(limits.pending_resets))
        .http2_keepalive_interval(Some(limits.keepalive_interval))
        .http2_keepalive_timeout(Some(limits.keepalive_timeout))
        // Without tonic's grace: with it, tonic 0.14.9 closes without ever asking.
        .max_connection_age(limits.connection_age)
        .add_routes(routes)
        .serve_with_incoming_shutdown(incoming, async move { stop.cancelled().await })
        .await
}
