//! Who calls: from the verified connection to a principal, checked for every call.

use std::sync::Arc;

use tonic::{Request, Status};

use super::{Edge, status};
use crate::directory::{Caller, Peer};
use crate::domain::{AgencyCode, ErrorKind, Principal, SystemName, UserId};
use crate::tls::{PeerIdentity, Subject};

impl Edge {
    /// The principal behind a call; `named` is the person on whose behalf a system says it acts, or empty.
    ///
    /// # Errors
    /// No verified certificate, a revoked one, a caller the directory does not know: UNAUTHENTICATED and
    /// recorded. A named person who is not the agency's: PERMISSION_DENIED and recorded.
    pub(super) async fn principal<T>(
        &self,
        request: &Request<T>,
        named: &str,
    ) -> Result<Principal, Status> {
        let unknown = || status::of(ErrorKind::Unauthenticated, "CERTIFICATE_NEEDED");
        let identity = request.extensions().get::<Arc<PeerIdentity>>().ok_or_else(unknown)?;
        if self.connections.is_revoked(identity.serial()) {
            return Err(status::of(ErrorKind::Unauthenticated, "CERTIFICATE_REVOKED"));
        }
        self.resolve(peer(identity, named)?).await
    }

    /// The principal behind a submission: a person it names whom the directory does not know is a claim in the
    /// alert, not a reason to refuse it (domain 3.2).
    pub(super) async fn sending_principal<T>(
        &self,
        request: &Request<T>,
        named: &str,
    ) -> Result<Principal, Status> {
        let unnamed = self.principal(request, "").await?;
        let identity = request.extensions().get::<Arc<PeerIdentity>>();
        let claimed = identity.and_then(|identity| peer(identity, named).ok());
        let known = claimed.and_then(|peer| self.directory.resolve(&peer).ok());
        Ok(known.unwrap_or(unnamed))
    }

    async fn resolve(&self, peer: Peer) -> Result<Principal, Status> {
        match self.directory.resolve(&peer) {
            Ok(principal) => Ok(principal),
            Err(refused) => {
                let recorded = self.audit.refuse_peer(&peer, refused.reason()).await;
                recorded.map_err(|error| status::of(error.kind(), error.reason()))?;
                Err(status::of(refused.kind(), refused.reason()))
            }
        }
    }
}

fn peer(identity: &PeerIdentity, named: &str) -> Result<Peer, Status> {
    let malformed = |_| status::of(ErrorKind::Unauthenticated, "CERTIFICATE_NAME_MALFORMED");
    let agency = AgencyCode::try_from(identity.agency()).map_err(malformed)?;
    let caller = match identity.subject() {
        Subject::System(name) => {
            Caller::System(SystemName::try_from(name.as_str()).map_err(malformed)?)
        }
        Subject::User(id) => Caller::User(UserId::try_from(id.as_str()).map_err(malformed)?),
    };
    let named = match named {
        "" => None,
        named => Some(
            UserId::try_from(named)
                .map_err(|_malformed| status::of_field("user_id", "1-64 of [a-z0-9-]"))?,
        ),
    };
    Ok(Peer { agency, caller, fingerprint: *identity.fingerprint().as_bytes(), named })
}
