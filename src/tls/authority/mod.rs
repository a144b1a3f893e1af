//! A certificate authority for development, the demo and tests: P-256, a few files in a directory.
//!
//! Owns `ca.pem`, `ca.key`, `ca.crl.pem` and `issued.toml`. The key lies on the disk unsealed (mode 0600), so this is
//! not for a partnership with real people in it: there, an authority with its key in hardware signs, and the hub sees
//! only the certificates and lists.

mod index;
mod write;

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertificateRevocationListParams,
    CustomExtension, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod,
    KeyPair, KeyUsagePurpose, RevocationReason, RevokedCertParams, SanType, SerialNumber,
};
use ring::rand::{SecureRandom, SystemRandom};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use time::OffsetDateTime;
use x509_parser::prelude::{FromDer, X509Certificate};
use zeroize::Zeroizing;

use self::index::Index;
use self::write::Mode;
use super::clock::MachineClock;
use super::identity::{NameError, PeerName, Serial, Subject, TrustDomain};

pub use self::index::IssuedEntry;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const AUTHORITY_DAYS: u32 = 3650;

/// Certificates are valid from 5 minutes before they are made: agencies' clocks differ.
const BACKDATED: Duration = Duration::from_secs(5 * 60);

/// Why an authority could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// There is an authority in that directory.
    #[error("{dir} holds an authority already")]
    Exists {
        /// The directory.
        dir: PathBuf,
    },
    /// A file could not be read or written.
    #[error("{path} could not be read or written")]
    File {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The list of what was issued is malformed.
    #[error("{path} is malformed")]
    Index {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// The list of what was issued could not be put into words.
    #[error("the list of issued certificates could not be written")]
    IndexForm {
        /// What is wrong with it.
        #[source]
        source: toml::ser::Error,
    },
    /// The authority's certificate is malformed.
    #[error("the authority's certificate is malformed")]
    Certificate,
    /// A name is not one that this hub uses.
    #[error("the name cannot stand in a certificate")]
    Name(#[from] NameError),
    /// A server name is no DNS name, or none was given.
    #[error("a server needs at least one DNS name or IP address")]
    ServerName,
    /// A certificate or key could not be made.
    #[error("the certificate could not be made")]
    Making(#[from] rcgen::Error),
    /// No randomness from the operating system.
    #[error("the operating system gave no randomness")]
    Randomness,
    /// A date out of range.
    #[error("a date is out of range")]
    Date,
    /// Nothing to revoke by that name or serial number.
    #[error("no valid certificate by that name or serial number")]
    NotIssued,
}

/// The names in a hub's certificate.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerNames {
    /// DNS names.
    pub dns: Vec<String>,
    /// IP addresses.
    pub ips: Vec<IpAddr>,
}

/// One name in a certificate made by [`Authority::issue_custom`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeafName {
    /// A URI, ASCII.
    Uri(String),
    /// A DNS name, ASCII.
    Dns(String),
    /// An IP address.
    Ip(IpAddr),
    /// An email address, ASCII.
    Email(String),
}

/// A certificate made to measure, in most cases to see it refused. Not reachable from the command line.
#[derive(Debug, Clone)]
pub struct CustomLeaf {
    /// The common name, which the hub never reads.
    pub common_name: String,
    /// The subject alternative names, in this order.
    pub names: Vec<LeafName>,
    /// The content of a subject alternative name extension as DER, beside that of `names` if there are any.
    pub names_der: Option<Vec<u8>>,
    /// Whether it may be a client's (`clientAuth`).
    pub client: bool,
    /// Whether it may be a server's (`serverAuth`).
    pub server: bool,
    /// Whether it says `CA:TRUE`.
    pub authority: bool,
    /// The beginning of its validity.
    pub not_before: SystemTime,
    /// The end of its validity.
    pub not_after: SystemTime,
}

/// A certificate and its key, not yet written anywhere.
pub struct IssuedCertificate {
    /// Its serial number.
    pub serial: Serial,
    /// The path of its files in an authority's directory, without an extension, such as `agencies/CADT/system-main`.
    pub stem: PathBuf,
    /// The certificate, PEM.
    pub certificate_pem: String,
    /// The private key, PEM (PKCS #8).
    pub key_pem: Zeroizing<String>,
}

/// Where a certificate and its key were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The certificate.
    pub certificate: PathBuf,
    /// The private key, mode 0600.
    pub key: PathBuf,
}

/// An authority in a directory.
pub struct Authority {
    dir: PathBuf,
    trust_domain: TrustDomain,
    issuer: Issuer<'static, KeyPair>,
    clock: Arc<dyn MachineClock>,
}

impl Authority {
    /// How long a revocation list lasts unless said otherwise: 30 days.
    pub const LIST_DAYS: u32 = 30;

    /// Makes a new authority in `dir`, with an empty revocation list of 30 days.
    ///
    /// # Errors
    /// [`AuthorityError::Exists`] when there is one; nothing is overwritten.
    pub fn create(
        dir: &Path,
        trust_domain: &TrustDomain,
        clock: Arc<dyn MachineClock>,
    ) -> Result<Self, AuthorityError> {
        let (certificate, key) = (dir.join("ca.pem"), dir.join("ca.key"));
        if key.exists() || certificate.exists() || Index::path(dir).exists() {
            return Err(AuthorityError::Exists { dir: dir.to_owned() });
        }
        let now = clock.now();
        let serial = random_serial()?;
        // A name of its own for every authority: the hub tells revocation lists apart by it.
        let short: String = serial.to_string().chars().take(8).collect();
        let mut params = authority_params(&format!("StaySafe development authority {short}"));
        params.serial_number = Some(serial_number(&serial));
        params.not_before = date(now.checked_sub(BACKDATED))?;
        params.not_after = date(now.checked_add(days(AUTHORITY_DAYS)))?;
        let pair = KeyPair::generate()?;
        let own = params.self_signed(&pair)?;
        write::replace(&key, Zeroizing::new(pair.serialize_pem()).as_bytes(), Mode::Private)?;
        write::replace(&certificate, own.pem().as_bytes(), Mode::Public)?;
        let trust_domain = trust_domain.clone();
        Index { trust_domain: trust_domain.to_string(), revocation_list: 0, entries: Vec::new() }
            .create(dir)?;
        let issuer = Issuer::new(params, pair);
        let this = Self { dir: dir.to_owned(), trust_domain, issuer, clock };
        this.write_crl(days(Self::LIST_DAYS))?;
        Ok(this)
    }

    /// Opens the authority in `dir`.
    ///
    /// # Errors
    /// [`AuthorityError`] when a file is missing or malformed.
    pub fn load(dir: &Path, clock: Arc<dyn MachineClock>) -> Result<Self, AuthorityError> {
        let read = |name: &str| {
            let path = dir.join(name);
            std::fs::read_to_string(&path).map_err(|source| AuthorityError::File { path, source })
        };
        let pair = KeyPair::from_pem(&Zeroizing::new(read("ca.key")?))?;
        let params = authority_params(&common_name(&read("ca.pem")?)?);
        let trust_domain = TrustDomain::parse(&Index::read(dir)?.trust_domain)?;
        let issuer = Issuer::new(params, pair);
        Ok(Self { dir: dir.to_owned(), trust_domain, issuer, clock })
    }

    /// The partnership whose names it issues.
    #[must_use]
    pub fn trust_domain(&self) -> &TrustDomain {
        &self.trust_domain
    }

    /// Where its own certificate is: what clients and the hub trust.
    #[must_use]
    pub fn ca_path(&self) -> PathBuf {
        self.dir.join("ca.pem")
    }

    /// Where its revocation list is.
    #[must_use]
    pub fn crl_path(&self) -> PathBuf {
        self.dir.join("ca.crl.pem")
    }

    /// Issues a certificate for a system of an agency.
    ///
    /// # Errors
    /// [`AuthorityError::Name`] for a code or name that a certificate of this hub cannot bear.
    pub fn issue_system(
        &self,
        agency: &str,
        system: &str,
        validity_days: u32,
    ) -> Result<IssuedCertificate, AuthorityError> {
        self.issue_client(agency, Subject::system(system)?, validity_days)
    }

    /// Issues a certificate for a person, by an opaque id.
    ///
    /// # Errors
    /// As [`Self::issue_system`].
    pub fn issue_user(
        &self,
        agency: &str,
        user: &str,
        validity_days: u32,
    ) -> Result<IssuedCertificate, AuthorityError> {
        self.issue_client(agency, Subject::user(user)?, validity_days)
    }

    /// Issues a hub's certificate.
    ///
    /// # Errors
    /// [`AuthorityError::ServerName`] without a name, or for a text that is no DNS name.
    pub fn issue_server(
        &self,
        names: &ServerNames,
        validity_days: u32,
    ) -> Result<IssuedCertificate, AuthorityError> {
        let all = names.dns.iter().cloned().map(LeafName::Dns);
        let all: Vec<LeafName> = all.chain(names.ips.iter().copied().map(LeafName::Ip)).collect();
        let well_formed =
            |name: &String| rustls::pki_types::DnsName::try_from(name.as_str()).is_ok();
        let (false, true) = (all.is_empty(), names.dns.iter().all(well_formed)) else {
            return Err(AuthorityError::ServerName);
        };
        let (not_before, not_after) = self.validity(validity_days)?;
        let leaf = CustomLeaf {
            common_name: "StaySafe hub".to_owned(),
            names: all,
            names_der: None,
            client: false,
            server: true,
            authority: false,
            not_before,
            not_after,
        };
        self.issue(&leaf, PathBuf::from("server/hub"), "hub")
    }

    /// Issues what it is told to, well formed or not: for tests that see it refused.
    ///
    /// # Errors
    /// [`AuthorityError::Making`] for a name that is not ASCII.
    pub fn issue_custom(&self, leaf: &CustomLeaf) -> Result<IssuedCertificate, AuthorityError> {
        let short: String = random_serial()?.to_string().chars().take(8).collect();
        self.issue(leaf, PathBuf::from(format!("custom/{short}")), "custom")
    }

    /// What a good client's certificate is made of, to be spoilt by a test.
    ///
    /// # Errors
    /// [`AuthorityError::Date`] for a clock out of range.
    pub fn client_leaf(&self, uri: &str) -> Result<CustomLeaf, AuthorityError> {
        let (not_before, not_after) = self.validity(1)?;
        Ok(CustomLeaf {
            common_name: "StaySafe client".to_owned(),
            names: vec![LeafName::Uri(uri.to_owned())],
            names_der: None,
            client: true,
            server: false,
            authority: false,
            not_before,
            not_after,
        })
    }

    /// Writes a certificate and its key into the authority's directory, over an earlier one of the same name.
    ///
    /// # Errors
    /// [`AuthorityError::File`] when the disk refuses.
    pub fn write(&self, issued: &IssuedCertificate) -> Result<CertificateFiles, AuthorityError> {
        let stem = self.dir.join(&issued.stem);
        let (certificate, key) = (stem.with_extension("pem"), stem.with_extension("key"));
        write::replace(&key, issued.key_pem.as_bytes(), Mode::Private)?;
        write::replace(&certificate, issued.certificate_pem.as_bytes(), Mode::Public)?;
        Ok(CertificateFiles { certificate, key })
    }

    /// Revokes one certificate and writes a new revocation list.
    ///
    /// # Errors
    /// [`AuthorityError::NotIssued`] when it was never issued here, or is revoked already.
    pub fn revoke(&self, serial: &Serial) -> Result<(), AuthorityError> {
        let serial = serial.to_string();
        self.revoke_where(|entry| entry.serial == serial).map(drop)
    }

    /// Revokes every certificate with this URI and writes a new revocation list. Returns the serial numbers.
    ///
    /// # Errors
    /// [`AuthorityError::NotIssued`] when there is none that is not revoked already.
    pub fn revoke_name(&self, uri: &str) -> Result<Vec<Serial>, AuthorityError> {
        self.revoke_where(|entry| entry.name == uri)
    }

    /// Writes a revocation list that ends after `lifetime`.
    ///
    /// # Errors
    /// [`AuthorityError`] when the index or the disk refuses.
    pub fn write_crl(&self, lifetime: Duration) -> Result<PathBuf, AuthorityError> {
        let mut locked = Index::lock(&self.dir)?;
        self.write_list(&mut locked.index, lifetime)?;
        locked.save()?;
        Ok(self.crl_path())
    }

    /// What was issued, oldest first.
    ///
    /// # Errors
    /// [`AuthorityError`] when the index is missing or malformed.
    pub fn issued(&self) -> Result<Vec<IssuedEntry>, AuthorityError> {
        Ok(Index::read(&self.dir)?.entries)
    }

    fn issue_client(
        &self,
        agency: &str,
        subject: Subject,
        validity_days: u32,
    ) -> Result<IssuedCertificate, AuthorityError> {
        let stem = format!("agencies/{agency}/{}-{}", subject.kind(), subject.as_str());
        let name = PeerName::new(self.trust_domain.clone(), agency, subject)?;
        let uri = name.to_string();
        let (not_before, not_after) = self.validity(validity_days)?;
        let leaf = CustomLeaf { not_before, not_after, ..self.client_leaf(&uri)? };
        self.issue(&leaf, PathBuf::from(stem), &uri)
    }

    fn issue(
        &self,
        leaf: &CustomLeaf,
        stem: PathBuf,
        name: &str,
    ) -> Result<IssuedCertificate, AuthorityError> {
        let serial = random_serial()?;
        let pair = KeyPair::generate()?;
        let certificate: Certificate =
            leaf_params(leaf, &serial)?.signed_by(&pair, &self.issuer)?;
        let mut locked = Index::lock(&self.dir)?;
        locked.index.entries.push(IssuedEntry {
            serial: serial.to_string(),
            name: name.to_owned(),
            not_after: stamp(leaf.not_after)?,
            revoked_at: None,
        });
        locked.save()?;
        let key_pem = Zeroizing::new(pair.serialize_pem());
        Ok(IssuedCertificate { serial, stem, certificate_pem: certificate.pem(), key_pem })
    }

    fn revoke_where(
        &self,
        wanted: impl Fn(&IssuedEntry) -> bool,
    ) -> Result<Vec<Serial>, AuthorityError> {
        let now = stamp(self.clock.now())?;
        let mut locked = Index::lock(&self.dir)?;
        let mut revoked = Vec::new();
        for entry in &mut locked.index.entries {
            if entry.revoked_at.is_none() && wanted(entry) {
                entry.revoked_at = Some(now);
                revoked.push(entry.serial.parse()?);
            }
        }
        if revoked.is_empty() {
            return Err(AuthorityError::NotIssued);
        }
        self.write_list(&mut locked.index, days(Self::LIST_DAYS))?;
        locked.save()?;
        Ok(revoked)
    }

    /// An entry stays on the list after its certificate has run out: clocks differ, and the list is small.
    fn write_list(&self, index: &mut Index, lifetime: Duration) -> Result<(), AuthorityError> {
        let now = self.clock.now();
        index.revocation_list = index.revocation_list.saturating_add(1);
        let mut revoked_certs = Vec::new();
        for entry in &index.entries {
            let Some(revoked_at) = entry.revoked_at else { continue };
            revoked_certs.push(RevokedCertParams {
                serial_number: serial_number(&entry.serial.parse()?),
                revocation_time: date(Some(revoked_at.into()))?,
                reason_code: Some(RevocationReason::CessationOfOperation),
                invalidity_date: None,
            });
        }
        let list = CertificateRevocationListParams {
            this_update: date(Some(now))?,
            next_update: date(now.checked_add(lifetime))?,
            crl_number: SerialNumber::from(index.revocation_list),
            issuing_distribution_point: None,
            revoked_certs,
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let list = list.signed_by(&self.issuer)?;
        write::replace(&self.crl_path(), list.pem()?.as_bytes(), Mode::Public)
    }

    fn validity(&self, validity_days: u32) -> Result<(SystemTime, SystemTime), AuthorityError> {
        let now = self.clock.now();
        let not_before = now.checked_sub(BACKDATED).ok_or(AuthorityError::Date)?;
        let not_after = now.checked_add(days(validity_days)).ok_or(AuthorityError::Date)?;
        Ok((not_before, not_after))
    }
}

fn authority_params(common_name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = distinguished_name(common_name);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn leaf_params(leaf: &CustomLeaf, serial: &Serial) -> Result<CertificateParams, AuthorityError> {
    const SUBJECT_ALTERNATIVE_NAME: &[u64] = &[2, 5, 29, 17];
    let mut params = CertificateParams::default();
    params.serial_number = Some(serial_number(serial));
    params.distinguished_name = distinguished_name(&leaf.common_name);
    params.not_before = date(Some(leaf.not_before))?;
    params.not_after = date(Some(leaf.not_after))?;
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.is_ca =
        if leaf.authority { IsCa::Ca(BasicConstraints::Unconstrained) } else { IsCa::ExplicitNoCa };
    for (wanted, purpose) in [
        (leaf.client, ExtendedKeyUsagePurpose::ClientAuth),
        (leaf.server, ExtendedKeyUsagePurpose::ServerAuth),
    ] {
        if wanted {
            params.insert_extended_key_usage(purpose);
        }
    }
    if let Some(der) = leaf.names_der.clone() {
        let extension = CustomExtension::from_oid_content(SUBJECT_ALTERNATIVE_NAME, der);
        params.custom_extensions.push(extension);
    }
    for name in &leaf.names {
        params.subject_alt_names.push(match name {
            LeafName::Uri(uri) => SanType::URI(uri.as_str().try_into()?),
            LeafName::Dns(dns) => SanType::DnsName(dns.as_str().try_into()?),
            LeafName::Ip(ip) => SanType::IpAddress(*ip),
            LeafName::Email(email) => SanType::Rfc822Name(email.as_str().try_into()?),
        });
    }
    Ok(params)
}

fn distinguished_name(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

fn common_name(pem: &str) -> Result<String, AuthorityError> {
    let der = CertificateDer::from_pem_slice(pem.as_bytes()).ok();
    let der = der.ok_or(AuthorityError::Certificate)?;
    let (_, certificate) =
        X509Certificate::from_der(&der).ok().ok_or(AuthorityError::Certificate)?;
    let name = certificate.subject().iter_common_name().next();
    let name = name.and_then(|name| name.as_str().ok()).ok_or(AuthorityError::Certificate)?;
    Ok(name.to_owned())
}

/// 128 random bits, the first two of them 01: positive, and of one length.
fn random_serial() -> Result<Serial, AuthorityError> {
    let mut bytes = [0_u8; 16];
    SystemRandom::new().fill(&mut bytes).ok().ok_or(AuthorityError::Randomness)?;
    if let Some(first) = bytes.first_mut() {
        *first = (*first & 0x3f) | 0x40;
    }
    Ok(Serial::from_bytes(&bytes))
}

fn serial_number(serial: &Serial) -> SerialNumber {
    SerialNumber::from_slice(serial.as_bytes())
}

fn days(count: u32) -> Duration {
    DAY.saturating_mul(count)
}

fn stamp(at: SystemTime) -> Result<Timestamp, AuthorityError> {
    let stamp = Timestamp::try_from(at).ok().ok_or(AuthorityError::Date)?;
    Timestamp::from_second(stamp.as_second()).ok().ok_or(AuthorityError::Date)
}

fn date(at: Option<SystemTime>) -> Result<OffsetDateTime, AuthorityError> {
    let seconds = stamp(at.ok_or(AuthorityError::Date)?)?.as_second();
    OffsetDateTime::from_unix_timestamp(seconds).ok().ok_or(AuthorityError::Date)
}
