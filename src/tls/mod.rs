//! Mutual TLS: who is at the other end of a connection.
//!
//! Owns the acceptor (TLS 1.3 only, a client certificate always), the reading of a certificate into a
//! [`PeerIdentity`], revocation, hot reload, the registry of live connections, the client's connector and the making
//! of certificates for development and tests ([`Authority`]). It does not decide what a peer may do: that is `policy`,
//! asked by the edges for every call.
//!
//! - Exactly one name counts: the URI `spiffe://<trust domain>/agency/<CODE>/system/<name>` or `…/user/<id>`
//!   (domain 2.1). The common name is never read.
//! - No session is ever resumed, so every connection is checked against the list of revocations in force.
//! - A revocation list that runs out must not cut off child protection: see [`RevocationRules`] (domain 2.3). A revoked
//!   certificate gets no grace: its live connections are cut by [`TlsReloader::check`].
//! - Validity is judged by the machine's clock ([`MachineClock`]), never by hub time.
//! - Nothing here logs. What happened goes to [`TlsEvents`], without a name of a person or an address.

mod accept;
mod authority;
mod clock;
mod connect;
mod events;
mod explain;
mod files;
mod identity;
mod leaf;
mod live;
mod reload;
mod revocation;
mod stream;
mod trust;

pub use accept::{AcceptSettings, Incoming, Tasks};
pub use authority::{
    Authority, AuthorityError, CertificateFiles, CustomLeaf, IssuedCertificate, IssuedEntry,
    LeafName, ServerNames,
};
pub use clock::{MachineClock, SystemMachineClock};
pub use connect::{ClientTls, ConnectError, Connection, Connector, ConnectorError, connector};
pub use events::{Closed, Freshness, Refusal, TlsEvents};
pub use explain::explain;
pub use files::{LoadError, TlsFiles};
pub use identity::{
    ConnectionId, Fingerprint, NameError, PeerIdentity, PeerName, Serial, Subject, TrustDomain,
};
pub use live::{ConnectionLimits, LiveConnection, LiveConnections};
pub use reload::{Reload, ServerTls, TlsReloader};
pub use revocation::{GraceTooLong, RevocationRules};
pub use stream::PeerStream;

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "test arithmetic")]
mod tests;
