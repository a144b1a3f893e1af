//! Who is at the other end: names as they stand in a certificate, read once and strictly.
//!
//! Refuses anything but the exact spelling: no percent-encoding, no wildcard, no trailing slash, query or fragment, no
//! other letter case. Two spellings of one agency would be two identities to one part of the hub and one to another.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;
use std::time::SystemTime;

use ring::digest;

/// Why a text is not a name this hub uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Not `[a-z0-9._-]{1,255}`.
    #[error("a trust domain is 1-255 of a-z, 0-9, dot, hyphen and underscore")]
    TrustDomain,
    /// Not `[A-Z0-9-]{1,32}`.
    #[error("an agency code is 1-32 of A-Z, 0-9 and hyphen")]
    Agency,
    /// Not `[a-z0-9-]{1,64}`.
    #[error("a system name or user id is 1-64 of a-z, 0-9 and hyphen")]
    Subject,
    /// Not `spiffe://<trust domain>/agency/<CODE>/system/<name>` or `…/user/<id>`.
    #[error("the name is not spiffe://<trust domain>/agency/<CODE>/system/<name> or /user/<id>")]
    Uri,
    /// The name is well formed and belongs to another partnership.
    #[error("the name belongs to another trust domain")]
    OtherTrustDomain,
    /// Not 1-20 bytes in hexadecimal.
    #[error("a serial number is 1-20 bytes in hexadecimal")]
    Serial,
}

/// The partnership that the certificates belong to: `[a-z0-9._-]{1,255}`, as in a SPIFFE id.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TrustDomain(String);

impl TrustDomain {
    /// Reads a trust domain.
    ///
    /// # Errors
    /// [`NameError::TrustDomain`] for any other character or length.
    pub fn parse(raw: &str) -> Result<Self, NameError> {
        let good =
            |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'_');
        if is_name(raw, 255, good) { Ok(Self(raw.to_owned())) } else { Err(NameError::TrustDomain) }
    }

    /// The trust domain as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TrustDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a certificate stands for a system of an agency or for one person there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// A system, by its name in the agency.
    System(String),
    /// A person, by an opaque id (domain 2.2), never a name.
    User(String),
}

impl Subject {
    /// Reads the name of a system.
    ///
    /// # Errors
    /// [`NameError::Subject`] unless it is `[a-z0-9-]{1,64}`.
    pub fn system(name: &str) -> Result<Self, NameError> {
        subject_name(name).map(Self::System)
    }

    /// Reads the id of a user.
    ///
    /// # Errors
    /// [`NameError::Subject`] unless it is `[a-z0-9-]{1,64}`.
    pub fn user(id: &str) -> Result<Self, NameError> {
        subject_name(id).map(Self::User)
    }

    /// The word that stands before the name in the URI: `system` or `user`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::System(_) => "system",
            Self::User(_) => "user",
        }
    }

    /// The system's name or the user's id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::System(name) | Self::User(name) => name,
        }
    }
}

/// What the one URI of a certificate says: an agency of a trust domain, and a system or person of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PeerName {
    trust_domain: TrustDomain,
    agency: String,
    subject: Subject,
}

impl PeerName {
    /// Builds a name from its parts.
    ///
    /// # Errors
    /// [`NameError::Agency`] unless the code is `[A-Z0-9-]{1,32}`.
    pub fn new(
        trust_domain: TrustDomain,
        agency: &str,
        subject: Subject,
    ) -> Result<Self, NameError> {
        let good = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-';
        if !is_name(agency, 32, good) {
            return Err(NameError::Agency);
        }
        Ok(Self { trust_domain, agency: agency.to_owned(), subject })
    }

    /// Reads a URI, which must be of `trust_domain`.
    ///
    /// # Errors
    /// [`NameError::OtherTrustDomain`], or the first part that is not well formed.
    pub fn parse(uri: &str, trust_domain: &TrustDomain) -> Result<Self, NameError> {
        let rest = uri.strip_prefix("spiffe://").ok_or(NameError::Uri)?;
        let (domain, path) = rest.split_once('/').ok_or(NameError::Uri)?;
        let domain = TrustDomain::parse(domain)?;
        if domain != *trust_domain {
            return Err(NameError::OtherTrustDomain);
        }
        let mut parts = path.split('/');
        let (Some("agency"), Some(agency), Some(kind), Some(name), None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(NameError::Uri);
        };
        let subject = match kind {
            "system" => Subject::system(name)?,
            "user" => Subject::user(name)?,
            _ => return Err(NameError::Uri),
        };
        Self::new(domain, agency, subject)
    }

    /// The trust domain.
    #[must_use]
    pub fn trust_domain(&self) -> &TrustDomain {
        &self.trust_domain
    }

    /// The agency's code (domain 2.1).
    #[must_use]
    pub fn agency(&self) -> &str {
        &self.agency
    }

    /// The system or person.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.subject
    }
}

impl fmt::Display for PeerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { trust_domain, agency, subject } = self;
        write!(f, "spiffe://{trust_domain}/agency/{agency}/{}/{}", subject.kind(), subject.as_str())
    }
}

/// A certificate's serial number: 1-20 bytes, leading zeros dropped, shown in lower-case hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Serial(Box<[u8]>);

impl Serial {
    /// Takes the big-endian bytes as they stand in a certificate or a revocation list.
    #[must_use]
    pub fn from_bytes(raw: &[u8]) -> Self {
        let first = raw.iter().position(|byte| *byte != 0).unwrap_or(raw.len());
        Self(raw.get(first..).unwrap_or_default().into())
    }

    /// The bytes, big-endian, without leading zeros.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl FromStr for Serial {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text: String = text.chars().filter(|c| *c != ':').collect();
        let bytes = unhex(&text).filter(|bytes| (1..=20).contains(&bytes.len()));
        bytes.map(|bytes| Self::from_bytes(&bytes)).ok_or(NameError::Serial)
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0, f)
    }
}

/// SHA-256 over a certificate, shown in lower-case hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Hashes a certificate's DER bytes.
    #[must_use]
    pub fn of(der: &[u8]) -> Self {
        let mut bytes = [0; 32];
        for (to, from) in bytes.iter_mut().zip(digest::digest(&digest::SHA256, der).as_ref()) {
            *to = *from;
        }
        Self(bytes)
    }

    /// The 32 bytes of the hash.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(&self.0, f)
    }
}

/// Tells one connection from another in this run of the hub; given out from 1 upwards, never again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(u64);

impl ConnectionId {
    pub(crate) fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub fn as_u64(self) -> u64 {
        self.0
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The verified other end of one connection, found in `request.extensions()` as `Arc<PeerIdentity>`.
///
/// A statement about a certificate at the time of the handshake, not a permission: every call asks
/// [`LiveConnections::is_revoked`](super::LiveConnections::is_revoked) and the directory again.
#[derive(Clone, PartialEq, Eq)]
pub struct PeerIdentity {
    pub(crate) name: PeerName,
    pub(crate) serial: Serial,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) authority: Fingerprint,
    pub(crate) not_after: SystemTime,
    pub(crate) connection: ConnectionId,
    pub(crate) remote: SocketAddr,
}

impl PeerIdentity {
    /// The name in the certificate.
    #[must_use]
    pub fn name(&self) -> &PeerName {
        &self.name
    }

    /// The trust domain.
    #[must_use]
    pub fn trust_domain(&self) -> &TrustDomain {
        self.name.trust_domain()
    }

    /// The agency's code, `[A-Z0-9-]{1,32}` (domain 2.1).
    #[must_use]
    pub fn agency(&self) -> &str {
        self.name.agency()
    }

    /// The system or person.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        self.name.subject()
    }

    /// The certificate's serial number.
    #[must_use]
    pub fn serial(&self) -> &Serial {
        &self.serial
    }

    /// SHA-256 of the certificate.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// The last instant of the certificate's validity.
    #[must_use]
    pub fn not_after(&self) -> SystemTime {
        self.not_after
    }

    /// The connection.
    #[must_use]
    pub fn connection(&self) -> ConnectionId {
        self.connection
    }

    /// The network address of the other end. Can point to a person: for the sealed side record of an audit entry only,
    /// never for a log line.
    #[must_use]
    pub fn remote(&self) -> SocketAddr {
        self.remote
    }

    /// Makes an identity out of nothing, for unit tests of the layers above.
    #[cfg(test)]
    pub(crate) fn of(uri: &str) -> Self {
        let domain = uri.strip_prefix("spiffe://").and_then(|rest| rest.split('/').next());
        let domain = TrustDomain::parse(domain.unwrap_or_default()).unwrap();
        Self {
            name: PeerName::parse(uri, &domain).unwrap(),
            serial: Serial::from_bytes(&[1]),
            fingerprint: Fingerprint::of(uri.as_bytes()),
            authority: Fingerprint::of(b"authority"),
            not_after: super::clock::instant(4_000_000_000),
            connection: ConnectionId::new(1),
            remote: SocketAddr::from(([127, 0, 0, 1], 1)),
        }
    }
}

/// Leaves out the user's id and the address.
impl fmt::Debug for PeerIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeerIdentity")
            .field("agency", &self.agency())
            .field("subject", &self.subject().kind())
            .field("serial", &format_args!("{}", self.serial))
            .field("connection", &self.connection.0)
            .finish_non_exhaustive()
    }
}

fn is_name(raw: &str, length_max: usize, good: impl Fn(u8) -> bool) -> bool {
    (1..=length_max).contains(&raw.len()) && raw.bytes().all(good)
}

fn subject_name(raw: &str) -> Result<String, NameError> {
    let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if is_name(raw, 64, good) { Ok(raw.to_owned()) } else { Err(NameError::Subject) }
}

fn hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let nibbles: Vec<u8> = text
        .chars()
        .map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok()))
        .collect::<Option<_>>()?;
    let pairs = nibbles.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    Some(pairs.filter_map(|pair| Some((pair.first()? << 4) | pair.last()?)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domain() -> TrustDomain {
        TrustDomain::parse("staysafe.example").unwrap()
    }

    fn read(uri: &str) -> Result<PeerName, NameError> {
        PeerName::parse(uri, &domain())
    }

    #[test]
    fn a_system_and_a_user_of_an_agency_are_told_apart() {
        let system = read("spiffe://staysafe.example/agency/WUTH-AED/system/ehr").unwrap();
        let user = read("spiffe://staysafe.example/agency/CADT/user/u-1001").unwrap();

        assert_eq!(system.agency(), "WUTH-AED");
        assert_eq!(system.subject(), &Subject::System("ehr".into()));
        assert_eq!(user.subject(), &Subject::User("u-1001".into()));
        assert_eq!(user.to_string(), "spiffe://staysafe.example/agency/CADT/user/u-1001");
    }

    #[test]
    fn every_other_spelling_is_refused() {
        let refused = [
            "",
            "https://staysafe.example/agency/CADT/system/main",
            "SPIFFE://staysafe.example/agency/CADT/system/main",
            "spiffe://staysafe.example",
            "spiffe://staysafe.example/",
            "spiffe:///agency/CADT/system/main",
            "spiffe://staysafe.example/agency/CADT",
            "spiffe://staysafe.example/agency/CADT/system",
            "spiffe://staysafe.example/agency/CADT/system/",
            "spiffe://staysafe.example/agency/CADT/system/main/",
            "spiffe://staysafe.example/agency/CADT/system/main/more",
            "spiffe://staysafe.example//agency/CADT/system/main",
            "spiffe://staysafe.example/agency/CADT//system/main",
            "spiffe://staysafe.example/Agency/CADT/system/main",
            "spiffe://staysafe.example/agency/cadt/system/main",
            "spiffe://staysafe.example/agency/Cadt/system/main",
            "spiffe://staysafe.example/agency/CADT/System/main",
            "spiffe://staysafe.example/agency/CADT/system/Main",
            "spiffe://staysafe.example/agency/CADT/robot/main",
            "spiffe://staysafe.example/agency/*/system/main",
            "spiffe://staysafe.example/agency/CADT/system/*",
            "spiffe://staysafe.example/agency/CADT%2DEDU/system/main",
            "spiffe://staysafe.example/agency/CADT/system/main?x=1",
            "spiffe://staysafe.example/agency/CADT/system/main#x",
            "spiffe://staysafe.example/agency/CADT/system/main\0",
            "spiffe://staysafe.example/agency/CADT\0/system/main",
            "spiffe://staysafe.example/agency/CADT/system/ma in",
            " spiffe://staysafe.example/agency/CADT/system/main",
            "spiffe://staysafe.example/agency/CADT/system/main\n",
            "spiffe://staysafe.example/agency/C\u{410}DT/system/main",
            "spiffe://staysafe.example/agency/../system/main",
            "spiffe://staysafe.example:443/agency/CADT/system/main",
            "spiffe://user@staysafe.example/agency/CADT/system/main",
            "spiffe://Staysafe.example/agency/CADT/system/main",
        ];
        for uri in refused {
            assert!(read(uri).is_err(), "{uri:?} was accepted");
        }
    }

    #[test]
    fn the_bounds_of_each_part_are_exact() {
        let uri = |agency: usize, name: usize| {
            format!(
                "spiffe://staysafe.example/agency/{}/user/{}",
                "A".repeat(agency),
                "a".repeat(name)
            )
        };

        assert!(read(&uri(32, 64)).is_ok());
        assert_eq!(read(&uri(33, 64)), Err(NameError::Agency));
        assert_eq!(read(&uri(32, 65)), Err(NameError::Subject));
        assert_eq!(read(&uri(0, 1)), Err(NameError::Agency));
        assert_eq!(read(&uri(1, 0)), Err(NameError::Subject));
        assert!(TrustDomain::parse(&"a".repeat(255)).is_ok());
        assert!(TrustDomain::parse(&"a".repeat(256)).is_err());
    }

    #[test]
    fn a_name_of_another_partnership_is_told_as_such() {
        let other = read("spiffe://elsewhere.example/agency/CADT/system/main");

        assert_eq!(other, Err(NameError::OtherTrustDomain));
    }

    #[test]
    fn a_serial_is_the_same_with_and_without_leading_zeros_and_colons() {
        assert_eq!(Serial::from_bytes(&[0, 0, 0xab, 1]), "00:ab:01".parse().unwrap());
        assert_eq!(Serial::from_bytes(&[0xab, 1]).to_string(), "ab01");
        assert_eq!("abc".parse::<Serial>(), Err(NameError::Serial));
        assert_eq!("".parse::<Serial>(), Err(NameError::Serial));
        assert_eq!("zz".parse::<Serial>(), Err(NameError::Serial));
        assert_eq!("00".repeat(21).parse::<Serial>(), Err(NameError::Serial));
    }

    #[test]
    fn an_identity_in_a_log_line_shows_neither_the_user_nor_the_address() {
        let identity = PeerIdentity::of("spiffe://staysafe.example/agency/CADT/user/u-1001");

        let shown = format!("{identity:?}");

        assert!(shown.contains("CADT"), "{shown}");
        assert!(!shown.contains("u-1001") && !shown.contains("127.0.0.1"), "{shown}");
    }
}
