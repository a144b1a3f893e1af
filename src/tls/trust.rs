//! One generation of trust: the authorities and lists in force, and the rustls configuration built from them.

use std::cell::Cell;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::SystemTime;

use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, RootCertStore, ServerConfig,
    SignatureScheme,
};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::clock::{MachineClock, RustlsTime, instant};
use super::events::{Freshness, Refusal};
use super::files::{LoadError, Material, TlsFiles};
use super::identity::{ConnectionId, Fingerprint, PeerIdentity, TrustDomain};
use super::leaf::{self, Leaf};
use super::live::LiveConnections;
use super::revocation::{self, RevocationRules, TrustedAuthority};

tokio::task_local! {
    /// Why the verifier refused, for the task of this handshake: rustls keeps only the alert.
    pub(crate) static VERDICT: Cell<Option<(Refusal, Fingerprint)>>;
}

/// What does not change from one generation to the next.
#[derive(Clone)]
pub(crate) struct Ground {
    pub(crate) trust_domain: TrustDomain,
    pub(crate) rules: RevocationRules,
    pub(crate) clock: Arc<dyn MachineClock>,
    pub(crate) live: Arc<LiveConnections>,
}

/// The authorities and lists in force.
pub(crate) struct Trust {
    ground: Ground,
    pub(crate) authorities: Vec<TrustedAuthority>,
}

/// Everything one handshake is judged by; replaced as a whole.
pub(crate) struct Generation {
    pub(crate) number: u64,
    pub(crate) trust: Arc<Trust>,
    /// Without application protocols: every listener adds its own.
    pub(crate) config: ServerConfig,
    pub(crate) own_not_after: SystemTime,
}

impl Generation {
    pub(crate) fn build(
        number: u64,
        ground: &Ground,
        files: &TlsFiles,
        material: &Material,
    ) -> Result<Self, LoadError> {
        let roots = material.authorities(files)?;
        let lists = material.revocations(files)?;
        let authorities = revocation::pair(&roots, &lists)?;
        let trust = Arc::new(Trust { ground: ground.clone(), authorities });

        let mut store = RootCertStore::empty();
        for root in roots {
            store.add(root).ok().ok_or(LoadError::NotAnAuthority)?;
        }
        let provider = provider();
        // The age of a list is not enforced here: `Trust::verify` does, with the grace of domain 2.3.
        let webpki =
            WebPkiClientVerifier::builder_with_provider(store.into(), Arc::clone(&provider))
                .with_crls(lists)
                .build()
                .map_err(|source| LoadError::UnsupportedRevocationList { source })?;
        let verifier = Arc::new(Verifier { webpki, trust: Arc::clone(&trust) });

        let chain = material.chain(files)?;
        let own_not_after = own_validity(&chain, ground.clock.now())?;
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(|source| LoadError::OwnCertificate { source })?
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, material.key(files)?)
            .map_err(|source| LoadError::OwnCertificate { source })?;
        // A resumed session skips the verifier: a revoked client would come back in.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        config.max_early_data_size = 0;
        config.time_provider = Arc::new(RustlsTime(Arc::clone(&ground.clock)));
        Ok(Self { number, trust, config, own_not_after })
    }

    /// Whether one of our lists is older than that of the same authority in `former`.
    pub(crate) fn rolls_back(&self, former: &Self) -> bool {
        self.trust.authorities.iter().any(|new| {
            former
                .trust
                .authorities
                .iter()
                .any(|old| old.id == new.id && new.revocations.is_older_than(&old.revocations))
        })
    }
}

impl Trust {
    /// Reads the identity from a certificate that passed [`Verifier::verify_client_cert`].
    pub(crate) fn identify(
        &self,
        der: &[u8],
        connection: ConnectionId,
        remote: SocketAddr,
    ) -> Result<PeerIdentity, Refusal> {
        let Leaf { name, serial, not_after, issuer } = leaf::read(der, &self.ground.trust_domain)?;
        let authority = self.authority(&issuer)?.id;
        let fingerprint = Fingerprint::of(der);
        Ok(PeerIdentity { name, serial, fingerprint, authority, not_after, connection, remote })
    }

    /// The end of the grace that `peer` was accepted in, if it was.
    pub(crate) fn grace_used(&self, peer: &PeerIdentity) -> Option<SystemTime> {
        let issuer = self.authorities.iter().find(|authority| authority.id == peer.authority)?;
        let Ground { rules, clock, .. } = &self.ground;
        let next_update = issuer.revocations.next_update;
        match rules.freshness(next_update, clock.now()) {
            Freshness::Fresh | Freshness::Expiring => None,
            Freshness::Grace | Freshness::Lapsed => Some(rules.grace_until(next_update)),
        }
    }

    fn authority(&self, name: &[u8]) -> Result<&TrustedAuthority, Refusal> {
        let mut named = self.authorities.iter().filter(|authority| authority.name == name);
        named.next().ok_or(Refusal::UnknownAuthority)
    }

    /// Our rules, after webpki's.
    fn verify(&self, der: &[u8], fingerprint: Fingerprint) -> Result<(), Refusal> {
        let Ground { trust_domain, rules, clock, live } = &self.ground;
        let leaf = leaf::read(der, trust_domain)?;
        let list = &self.authority(&leaf.issuer)?.revocations;
        if list.revoked.contains(&leaf.serial) {
            return Err(Refusal::Revoked);
        }
        match rules.freshness(list.next_update, clock.now()) {
            Freshness::Fresh | Freshness::Expiring | Freshness::Grace => {}
            Freshness::Lapsed => return Err(Refusal::RevocationListLapsed),
        }
        live.has_room(fingerprint, leaf.name.agency())
    }
}

/// The ring provider: the only cryptography of this hub's TLS.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn own_validity(chain: &[CertificateDer<'_>], now: SystemTime) -> Result<SystemTime, LoadError> {
    let own = chain.first().and_then(|der| X509Certificate::from_der(der).ok());
    let (_, own) = own.ok_or(LoadError::OwnCertificateNotValid)?;
    let not_before = instant(own.validity().not_before.timestamp());
    let not_after = instant(own.validity().not_after.timestamp());
    if not_before <= now && now <= not_after {
        Ok(not_after)
    } else {
        Err(LoadError::OwnCertificateNotValid)
    }
}

/// webpki's verdict, then ours; leaves the reason in [`VERDICT`].
struct Verifier {
    webpki: Arc<dyn ClientCertVerifier>,
    trust: Arc<Trust>,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier")
    }
}

impl ClientCertVerifier for Verifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.webpki.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let fingerprint = Fingerprint::of(end_entity);
        // What else the client sends is left aside: an issuing authority must be configured, so no path is built from
        // certificates that a stranger chose.
        let webpki = self.webpki.verify_client_cert(end_entity, &[], now);
        let (refusal, error) = match webpki {
            Err(error) => (refusal_of(&error, end_entity, &self.trust), error),
            Ok(verified) => match self.trust.verify(end_entity, fingerprint) {
                Ok(()) => return Ok(verified),
                Err(refusal) => (refusal, alert_for(refusal)),
            },
        };
        // Outside a handshake task (a test of the verifier alone) nobody asks for the reason.
        let _kept = VERDICT.try_with(|verdict| verdict.set(Some((refusal, fingerprint)))).is_ok();
        Err(error)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        self.webpki.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        self.webpki.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.webpki.supported_verify_schemes()
    }
}

/// Puts webpki's verdict into our words.
fn refusal_of(error: &rustls::Error, der: &[u8], trust: &Trust) -> Refusal {
    use CertificateError as E;
    let rustls::Error::InvalidCertificate(error) = error else {
        return Refusal::UnacceptableCertificate;
    };
    #[expect(clippy::wildcard_enum_match_arm, reason = "rustls may add variants")]
    match error {
        E::BadEncoding => Refusal::MalformedCertificate,
        E::Expired | E::ExpiredContext { .. } => Refusal::Expired,
        E::NotValidYet | E::NotValidYetContext { .. } => Refusal::NotYetValid,
        E::Revoked => Refusal::Revoked,
        E::UnknownRevocationStatus => Refusal::RevocationUnknown,
        E::UnknownIssuer => Refusal::UnknownAuthority,
        E::BadSignature => Refusal::BadSignature,
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => Refusal::WrongPurpose,
        // webpki has no word of its own for an authority used as a client; our reading has.
        _ => match leaf::read(der, &trust.ground.trust_domain) {
            Err(refusal) => refusal,
            Ok(_) => Refusal::UnacceptableCertificate,
        },
    }
}

/// Chooses the alert by which the client can tell what to do; `explain` is the other end of this table.
fn alert_for(refusal: Refusal) -> rustls::Error {
    let error = match refusal {
        Refusal::Revoked => CertificateError::Revoked,
        Refusal::UnknownAuthority | Refusal::RevocationUnknown => CertificateError::UnknownIssuer,
        // Alert 113, which nothing else here sends: "status cannot be told" has its own words at the client.
        Refusal::RevocationListLapsed => CertificateError::InvalidOcspResponse,
        Refusal::NameMissing
        | Refusal::NameNotSingle
        | Refusal::NameMalformed
        | Refusal::OtherTrustDomain
        | Refusal::MalformedCertificate => CertificateError::NotValidForName,
        Refusal::WrongPurpose | Refusal::AuthorityAsClient | Refusal::WeakKey => {
            CertificateError::InvalidPurpose
        }
        Refusal::TooManyForCertificate | Refusal::TooManyForAgency | Refusal::TooManyInAll => {
            CertificateError::ApplicationVerificationFailure
        }
        Refusal::Expired => CertificateError::Expired,
        Refusal::NotYetValid => CertificateError::NotValidYet,
        Refusal::NoCertificate
        | Refusal::BadSignature
        | Refusal::UnacceptableCertificate
        | Refusal::HandshakeTimeout
        | Refusal::ProtocolVersion
        | Refusal::ApplicationProtocol
        | Refusal::HubNotTrusted
        | Refusal::GaveUp
        | Refusal::HandshakeBroken => CertificateError::BadEncoding,
    };
    rustls::Error::InvalidCertificate(error)
}
