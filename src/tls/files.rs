//! The four files the hub's TLS rests on: read with a bound, refused in words.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ring::digest;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use zeroize::Zeroizing;

/// Where the hub's certificates, key and revocation lists are.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// PEM: the authorities whose clients are accepted, one or more (two during a change of authority). A client's
    /// certificate must be signed by one of them directly, so an issuing authority stands here itself.
    pub authorities: PathBuf,
    /// PEM: the hub's own certificate, then its chain if there is one.
    pub certificate: PathBuf,
    /// PEM: the hub's private key.
    pub key: PathBuf,
    /// PEM or DER: one revocation list for every authority.
    pub revocations: PathBuf,
}

/// Why files were refused. Names files, never what is in them.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file could not be read.
    #[error("{path} could not be read")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// A file is longer than its bound.
    #[error("{path} is longer than {bytes_max} bytes")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The bound.
        bytes_max: u64,
    },
    /// A file holds nothing of the kind it should.
    #[error("{path} holds no {wanted} in PEM form")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        wanted: &'static str,
    },
    /// A certificate among the authorities is none.
    #[error("a certificate among the authorities may not sign certificates and revocation lists")]
    NotAnAuthority,
    /// Two authorities have one name, so a list could not be told to be of one or the other.
    #[error("two authorities have the same name")]
    SameAuthorityName,
    /// A revocation list of an authority that is not configured.
    #[error("a revocation list is of an authority that is not configured")]
    StrayRevocationList,
    /// A revocation list whose signature is not its authority's.
    #[error("the signature of a revocation list is wrong")]
    UnsignedRevocationList,
    /// A revocation list that does not say when the next one comes.
    #[error("a revocation list has no next update")]
    EndlessRevocationList,
    /// An authority without a revocation list.
    #[error("an authority has no revocation list")]
    NoRevocationList,
    /// Two revocation lists for one authority.
    #[error("an authority has two revocation lists")]
    TwoRevocationLists,
    /// A revocation list older than the one in force.
    #[error("a revocation list is older than the one in force")]
    RolledBackRevocationList,
    /// A revocation list of a kind that is not understood (delta, indirect, unknown critical extension).
    #[error("a revocation list is of a kind that is not understood")]
    UnsupportedRevocationList {
        /// What rustls said.
        #[source]
        source: rustls::server::VerifierBuilderError,
    },
    /// The hub's own certificate is past its end, or before its beginning.
    #[error("the hub's own certificate is not valid now")]
    OwnCertificateNotValid,
    /// The hub's key is not that of its certificate, or of a kind that is not supported.
    #[error("the hub's certificate and key do not go together")]
    OwnCertificate {
        /// What rustls said.
        #[source]
        source: rustls::Error,
    },
}

impl LoadError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "UNREADABLE",
            Self::TooLarge { .. } => "TOO_LARGE",
            Self::Malformed { .. } => "MALFORMED",
            Self::NotAnAuthority => "NOT_AN_AUTHORITY",
            Self::SameAuthorityName => "SAME_AUTHORITY_NAME",
            Self::StrayRevocationList => "STRAY_REVOCATION_LIST",
            Self::UnsignedRevocationList => "UNSIGNED_REVOCATION_LIST",
            Self::EndlessRevocationList => "ENDLESS_REVOCATION_LIST",
            Self::NoRevocationList => "NO_REVOCATION_LIST",
            Self::TwoRevocationLists => "TWO_REVOCATION_LISTS",
            Self::RolledBackRevocationList => "ROLLED_BACK_REVOCATION_LIST",
            Self::UnsupportedRevocationList { .. } => "UNSUPPORTED_REVOCATION_LIST",
            Self::OwnCertificateNotValid => "OWN_CERTIFICATE_NOT_VALID",
            Self::OwnCertificate { .. } => "OWN_CERTIFICATE",
        }
    }
}

/// A revocation list of 1 MiB revokes some 25,000 certificates; a partnership has hundreds.
pub(crate) const REVOCATIONS_BYTES_MAX: u64 = 1024 * 1024;
pub(crate) const PEM_BYTES_MAX: u64 = 256 * 1024;

/// The bytes of the four files, read once.
pub(crate) struct Material {
    authorities: Vec<u8>,
    certificate: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
    revocations: Vec<u8>,
}

impl Material {
    pub(crate) fn read(files: &TlsFiles) -> Result<Self, LoadError> {
        Ok(Self {
            authorities: read_bounded(&files.authorities, PEM_BYTES_MAX)?,
            certificate: read_bounded(&files.certificate, PEM_BYTES_MAX)?,
            key: Zeroizing::new(read_bounded(&files.key, PEM_BYTES_MAX)?),
            revocations: read_bounded(&files.revocations, REVOCATIONS_BYTES_MAX)?,
        })
    }

    /// Tells one content from another.
    pub(crate) fn digest(&self) -> Vec<u8> {
        let mut all = digest::Context::new(&digest::SHA256);
        for part in [&self.authorities, &self.certificate, &*self.key, &self.revocations] {
            all.update(digest::digest(&digest::SHA256, part).as_ref());
        }
        all.finish().as_ref().to_vec()
    }

    pub(crate) fn authorities(
        &self,
        files: &TlsFiles,
    ) -> Result<Vec<CertificateDer<'static>>, LoadError> {
        certificates(&files.authorities, &self.authorities)
    }

    pub(crate) fn chain(
        &self,
        files: &TlsFiles,
    ) -> Result<Vec<CertificateDer<'static>>, LoadError> {
        certificates(&files.certificate, &self.certificate)
    }

    pub(crate) fn key(&self, files: &TlsFiles) -> Result<PrivateKeyDer<'static>, LoadError> {
        private_key(&files.key, &self.key)
    }

    pub(crate) fn revocations(
        &self,
        files: &TlsFiles,
    ) -> Result<Vec<CertificateRevocationListDer<'static>>, LoadError> {
        const DER_SEQUENCE: u8 = 0x30;
        if self.revocations.first() == Some(&DER_SEQUENCE) {
            return Ok(vec![self.revocations.clone().into()]);
        }
        sections(&files.revocations, &self.revocations, "revocation list")
    }
}

/// Reads a file of at most `bytes_max` bytes.
pub(crate) fn read_bounded(path: &Path, bytes_max: u64) -> Result<Vec<u8>, LoadError> {
    let unreadable = |source| LoadError::Unreadable { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
    match u64::try_from(bytes.len()) {
        Ok(length) if length <= bytes_max => Ok(bytes),
        Ok(_) | Err(_) => Err(LoadError::TooLarge { path: path.to_owned(), bytes_max }),
    }
}

/// Reads every certificate of a PEM file; one at least.
pub(crate) fn certificates(
    path: &Path,
    pem: &[u8],
) -> Result<Vec<CertificateDer<'static>>, LoadError> {
    sections(path, pem, "certificate")
}

/// Reads the private key of a PEM file.
pub(crate) fn private_key(path: &Path, pem: &[u8]) -> Result<PrivateKeyDer<'static>, LoadError> {
    // The reader's error says where in the key it stopped; that is left out.
    PrivateKeyDer::from_pem_slice(pem)
        .ok()
        .ok_or_else(|| LoadError::Malformed { path: path.to_owned(), wanted: "private key" })
}

fn sections<T: PemObject>(
    path: &Path,
    pem: &[u8],
    wanted: &'static str,
) -> Result<Vec<T>, LoadError> {
    let read: Option<Vec<T>> = T::pem_slice_iter(pem).map(Result::ok).collect();
    read.filter(|all| !all.is_empty())
        .ok_or_else(|| LoadError::Malformed { path: path.to_owned(), wanted })
}
