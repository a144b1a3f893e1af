//! Before any service, health and reflection too: a verified certificate that is not revoked.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use super::status;
use crate::domain::ErrorKind;
use crate::tls::{LiveConnections, PeerIdentity};

/// Lets a request through if its connection's certificate still counts.
pub async fn guard(
    State(connections): State<Arc<LiveConnections>>,
    request: Request,
    next: Next,
) -> Response {
    let refused = match request.extensions().get::<Arc<PeerIdentity>>() {
        None => Some("CERTIFICATE_NEEDED"),
        Some(peer) if connections.is_revoked(peer.serial()) => Some("CERTIFICATE_REVOKED"),
        Some(_) => None,
    };
    match refused {
        Some(reason) => status::of(ErrorKind::Unauthenticated, reason).into_http(),
        None => next.run(request).await,
    }
}
