//! The rules for a client's certificate that webpki does not know: one name, of one kind, and a purpose.

use std::time::SystemTime;

use x509_parser::oid_registry::{
    OID_EC_P256, OID_KEY_TYPE_EC_PUBLIC_KEY, OID_NIST_EC_P384, OID_PKCS1_RSAENCRYPTION,
    OID_SIG_ED25519,
};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};
use x509_parser::public_key::PublicKey;

use super::clock::instant;
use super::events::Refusal;
use super::identity::{NameError, PeerName, Serial, TrustDomain};

const RSA_BITS_MIN: usize = 2048;

/// What a certificate says, once it passed every rule here.
#[derive(Debug, Clone)]
pub(crate) struct Leaf {
    pub(crate) name: PeerName,
    pub(crate) serial: Serial,
    pub(crate) not_after: SystemTime,
    /// The issuer's name, as DER.
    pub(crate) issuer: Vec<u8>,
}

/// Reads a client's certificate. Signature, validity and revocation are webpki's part, done before.
pub(crate) fn read(der: &[u8], trust_domain: &TrustDomain) -> Result<Leaf, Refusal> {
    let Ok(([], certificate)) = X509Certificate::from_der(der) else {
        return Err(Refusal::MalformedCertificate);
    };
    // A second extension of one kind is where two readers of a certificate would differ.
    certificate.extensions_map().ok().ok_or(Refusal::UnacceptableCertificate)?;
    check_authority(&certificate)?;
    check_purpose(&certificate)?;
    check_key(&certificate)?;
    Ok(Leaf {
        name: name(&certificate, trust_domain)?,
        serial: Serial::from_bytes(certificate.raw_serial()),
        not_after: instant(certificate.validity().not_after.timestamp()),
        issuer: certificate.issuer().as_raw().to_vec(),
    })
}

fn check_authority(certificate: &X509Certificate<'_>) -> Result<(), Refusal> {
    let constraints =
        certificate.basic_constraints().ok().ok_or(Refusal::UnacceptableCertificate)?;
    match constraints {
        Some(constraints) if constraints.value.ca => Err(Refusal::AuthorityAsClient),
        Some(_) | None => Ok(()),
    }
}

/// `clientAuth` must be said; webpki is content when nothing is said.
fn check_purpose(certificate: &X509Certificate<'_>) -> Result<(), Refusal> {
    let extended = certificate.extended_key_usage().ok().flatten().ok_or(Refusal::WrongPurpose)?;
    let usage = certificate.key_usage().ok().ok_or(Refusal::UnacceptableCertificate)?;
    let signs = usage.is_none_or(|usage| usage.value.digital_signature());
    if extended.value.client_auth && signs { Ok(()) } else { Err(Refusal::WrongPurpose) }
}

fn check_key(certificate: &X509Certificate<'_>) -> Result<(), Refusal> {
    let info = certificate.public_key();
    let kind = &info.algorithm.algorithm;
    let curve = info.algorithm.parameters.as_ref().and_then(|any| any.as_oid().ok());
    let strong = if *kind == OID_KEY_TYPE_EC_PUBLIC_KEY {
        curve.is_some_and(|curve| curve == OID_EC_P256 || curve == OID_NIST_EC_P384)
    } else if *kind == OID_PKCS1_RSAENCRYPTION {
        match info.parsed() {
            Ok(PublicKey::RSA(key)) => key.key_size() >= RSA_BITS_MIN,
            _ => false,
        }
    } else {
        *kind == OID_SIG_ED25519
    };
    if strong { Ok(()) } else { Err(Refusal::WeakKey) }
}

fn name(
    certificate: &X509Certificate<'_>,
    trust_domain: &TrustDomain,
) -> Result<PeerName, Refusal> {
    let names = certificate.subject_alternative_name().ok().ok_or(Refusal::NameMalformed)?;
    let names = names.map(|extension| extension.value.general_names.as_slice()).unwrap_or_default();
    let uri = match names {
        [] => return Err(Refusal::NameMissing),
        [GeneralName::URI(uri)] => uri,
        [GeneralName::Invalid(..)] => return Err(Refusal::NameMalformed),
        [_, ..] => return Err(Refusal::NameNotSingle),
    };
    PeerName::parse(uri, trust_domain).map_err(|error| match error {
        NameError::OtherTrustDomain => Refusal::OtherTrustDomain,
        NameError::TrustDomain
        | NameError::Agency
        | NameError::Subject
        | NameError::Uri
        | NameError::Serial => Refusal::NameMalformed,
    })
}
