//! What the TLS layer tells the hub: who came, who was refused and why, what an operator must see to.

use std::fmt;
use std::io;
use std::time::SystemTime;

use super::files::LoadError;
use super::identity::{Fingerprint, PeerIdentity};

/// Receives what happened. Implemented by the hub (metrics, alarms, audit); called from many tasks, so it must return
/// quickly and never wait.
pub trait TlsEvents: Send + Sync {
    /// A connection passed the handshake and every check.
    fn accepted(&self, peer: &PeerIdentity);

    /// A connection ended.
    fn closed(&self, peer: &PeerIdentity, why: Closed);

    /// A connection was refused. The fingerprint is that of the certificate shown, when there was one.
    fn rejected(&self, refusal: Refusal, certificate: Option<Fingerprint>);

    /// Alarm CRL_EXPIRING: a revocation list runs out within 7 days, at `next_update`. Repeated hourly.
    fn crl_expiring(&self, next_update: SystemTime);

    /// Alarm: a revocation list has run out; the last good list serves until `grace_until`. Repeated hourly.
    fn crl_in_grace(&self, grace_until: SystemTime);

    /// Alarm, one for every connection: accepted on a list that has run out (domain 2.3).
    fn crl_grace_used(&self, peer: &PeerIdentity, grace_until: SystemTime);

    /// Alarm: a revocation list has run out and so has its grace; new connections are refused. Repeated hourly.
    fn crl_lapsed(&self, next_update: SystemTime);

    /// Alarm: the hub's own certificate runs out within 14 days, at `not_after`. Repeated hourly.
    fn own_certificate_expiring(&self, not_after: SystemTime);

    /// New files are in force. `cut` live connections lost their right and were cut.
    fn reloaded(&self, generation: u64, cut: usize);

    /// Alarm: changed files were refused; the former ones stay in force. Once for each content.
    fn reload_failed(&self, error: &LoadError);

    /// The operating system refused a connection (for example no file descriptors left).
    fn accept_failed(&self, kind: io::ErrorKind);
}

/// Why a connection was refused. The code of each is stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// No certificate was shown.
    NoCertificate,
    /// The bytes are not a certificate.
    MalformedCertificate,
    /// Not signed by an authority of this hub.
    UnknownAuthority,
    /// The name of an authority of this hub, with a signature that is not its own.
    BadSignature,
    /// Past its end.
    Expired,
    /// Before its beginning.
    NotYetValid,
    /// On the list of revocations. No grace.
    Revoked,
    /// No list of revocations covers it.
    RevocationUnknown,
    /// The list of revocations has run out, and its grace as well (domain 2.3).
    RevocationListLapsed,
    /// Not made for a client: no extended key usage `clientAuth`, or no `digitalSignature`.
    WrongPurpose,
    /// An authority's own certificate used as a client's.
    AuthorityAsClient,
    /// A key weaker than P-256 or RSA of 2048 bits.
    WeakKey,
    /// No name in the subject alternative names (a common name does not count).
    NameMissing,
    /// More than one name, or one of another kind than a URI.
    NameNotSingle,
    /// A URI that is not exactly of the form of domain 2.1.
    NameMalformed,
    /// A name of another partnership.
    OtherTrustDomain,
    /// Another critical extension, or one that breaks the rules of X.509.
    UnacceptableCertificate,
    /// As many connections as one certificate may hold.
    TooManyForCertificate,
    /// As many connections as one agency may hold.
    TooManyForAgency,
    /// As many connections as the hub holds.
    TooManyInAll,
    /// The handshake took too long.
    HandshakeTimeout,
    /// Not TLS 1.3, or no cipher in common.
    ProtocolVersion,
    /// No application protocol in common.
    ApplicationProtocol,
    /// The other end did not accept the hub's certificate.
    HubNotTrusted,
    /// The other end went away in the middle of the handshake.
    GaveUp,
    /// Not TLS, or broken TLS.
    HandshakeBroken,
}

impl Refusal {
    /// The stable code, for metrics and audit.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NoCertificate => "NO_CERTIFICATE",
            Self::MalformedCertificate => "MALFORMED_CERTIFICATE",
            Self::UnknownAuthority => "UNKNOWN_AUTHORITY",
            Self::BadSignature => "BAD_SIGNATURE",
            Self::Expired => "EXPIRED",
            Self::NotYetValid => "NOT_YET_VALID",
            Self::Revoked => "REVOKED",
            Self::RevocationUnknown => "REVOCATION_UNKNOWN",
            Self::RevocationListLapsed => "REVOCATION_LIST_LAPSED",
            Self::WrongPurpose => "WRONG_PURPOSE",
            Self::AuthorityAsClient => "AUTHORITY_AS_CLIENT",
            Self::WeakKey => "WEAK_KEY",
            Self::NameMissing => "NAME_MISSING",
            Self::NameNotSingle => "NAME_NOT_SINGLE",
            Self::NameMalformed => "NAME_MALFORMED",
            Self::OtherTrustDomain => "OTHER_TRUST_DOMAIN",
            Self::UnacceptableCertificate => "UNACCEPTABLE_CERTIFICATE",
            Self::TooManyForCertificate => "TOO_MANY_FOR_CERTIFICATE",
            Self::TooManyForAgency => "TOO_MANY_FOR_AGENCY",
            Self::TooManyInAll => "TOO_MANY_IN_ALL",
            Self::HandshakeTimeout => "HANDSHAKE_TIMEOUT",
            Self::ProtocolVersion => "PROTOCOL_VERSION",
            Self::ApplicationProtocol => "APPLICATION_PROTOCOL",
            Self::HubNotTrusted => "HUB_NOT_TRUSTED",
            Self::GaveUp => "GAVE_UP",
            Self::HandshakeBroken => "HANDSHAKE_BROKEN",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Why a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Closed {
    /// By the other end, by a time-out above TLS or by the shutdown of the hub.
    Ended,
    /// Cut: its certificate was revoked.
    Revoked,
    /// Cut: its authority is no longer one of this hub.
    AuthorityRemoved,
    /// Cut: its certificate ran out.
    Expired,
}

/// How fresh a revocation list is (domain 2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Freshness {
    /// More than 7 days before its end.
    Fresh,
    /// Within 7 days of its end: CRL_EXPIRING.
    Expiring,
    /// Past its end, within the grace: connections are accepted, each with an alarm.
    Grace,
    /// Past its grace: new connections are refused.
    Lapsed,
}
