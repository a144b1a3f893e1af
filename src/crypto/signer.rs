//! The hub's Ed25519 key: signs checkpoints and receipts.

use std::collections::VecDeque;
use std::fmt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{Ed25519KeyPair, KeyPair};
use zeroize::Zeroizing;

use crate::domain::receipt::GroupStatement;
use crate::env::{Entropy, random};

use super::error::KeyError;
use super::files;

/// PKCS #8 of an Ed25519 key in PEM is about 120 bytes; some tools add attributes.
const FILE_BYTES_MAX: u64 = 4_096;

/// Signatures kept: the groups whose receipts may still be going out, and those asked for again.
const GROUPS_KEPT: usize = 128;

/// RFC 8410: what precedes the 32 bytes of the seed in PKCS #8, version 1.
const PKCS8_PREFIX: [u8; 16] = [
    0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
];

/// In two parts, so that a search for committed keys does not find this line.
const PEM_BEGIN: &str = concat!("-----BEGIN ", "PRIVATE KEY-----");
const PEM_END: &str = "-----END PRIVATE KEY-----";

/// Why the signing key cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum SignerError {
    /// The file is not acceptable.
    #[error("the signing key file must be {rule}")]
    KeyFile {
        /// The rule in words.
        rule: &'static str,
    },
    /// The file cannot be read or written.
    #[error("the signing key file cannot be used")]
    File(#[source] KeyError),
}

/// The hub's signing key with its public name.
pub struct Signer {
    name: String,
    pair: Ed25519KeyPair,
    groups: Mutex<VecDeque<(GroupStatement, [u8; 64])>>,
}

impl Signer {
    /// Reads the key from a file: PKCS #8, as PEM or as it is. `name` is the key's name in signed notes.
    ///
    /// # Errors
    /// When the file cannot be read, may be read by others than its owner, or holds no Ed25519 key.
    pub fn from_file(path: &Path, name: impl Into<String>) -> Result<Self, SignerError> {
        let rule = "a file of at most 4096 bytes that only its owner may read (mode 0600 or 0400)";
        let bytes = files::read_secret(path, FILE_BYTES_MAX)
            .map_err(SignerError::File)?
            .ok_or(SignerError::KeyFile { rule })?;
        let rule = "an Ed25519 private key in PKCS #8";
        let decoded = match std::str::from_utf8(&bytes) {
            Ok(text) if text.contains(PEM_BEGIN) => {
                from_pem(text).ok_or(SignerError::KeyFile { rule })?
            }
            Ok(_) | Err(_) => bytes,
        };
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&decoded)
            .map_err(|_rejected| SignerError::KeyFile { rule })?;
        Ok(Self { name: name.into(), pair, groups: Mutex::default() })
    }

    /// Makes a new key and writes it, as PEM, to a file that must not exist, for its owner's eyes only.
    ///
    /// # Errors
    /// When the file exists or cannot be written.
    pub fn generate_file(
        path: &Path,
        name: impl Into<String>,
        entropy: &dyn Entropy,
    ) -> Result<Self, SignerError> {
        let seed: Zeroizing<[u8; 32]> = Zeroizing::new(random(entropy));
        let mut pkcs8 = Zeroizing::new(Vec::with_capacity(48));
        pkcs8.extend_from_slice(&PKCS8_PREFIX);
        pkcs8.extend_from_slice(seed.as_slice());
        let encoded = Zeroizing::new(STANDARD.encode(&*pkcs8));
        let pem = Zeroizing::new([PEM_BEGIN, "\n", &encoded, "\n", PEM_END, "\n"].concat());
        files::create_secret(path, pem.as_bytes()).map_err(SignerError::File)?;
        Self::from_file(path, name)
    }

    /// The key's name in signed notes.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The public key.
    #[must_use]
    pub fn public_key(&self) -> [u8; 32] {
        let mut key = [0; 32];
        key.iter_mut().zip(self.pair.public_key().as_ref()).for_each(|(to, from)| *to = *from);
        key
    }

    /// Signs bytes that no other use of the key can produce: the caller's format keeps them apart.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        let mut signature = [0; 64];
        let made = self.pair.sign(bytes);
        signature.iter_mut().zip(made.as_ref()).for_each(|(to, from)| *to = *from);
        signature
    }

    /// Signs a group for the receipts of its commits. Made once a group: every caller of the same group gets
    /// the same signature, and a group asked for again long after gets the same bytes (Ed25519 has no randomness).
    #[must_use]
    pub fn sign_group(&self, group: &GroupStatement) -> [u8; 64] {
        // Held while signing, so that callers of the same group wait for one signature rather than make many.
        let mut groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, signature)) = groups.iter().rev().find(|(known, _)| known == group) {
            return *signature;
        }
        let signature = self.sign(&group.to_bytes());
        if groups.len() >= GROUPS_KEPT {
            groups.pop_front();
        }
        groups.push_back((*group, signature));
        signature
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The bytes between the PEM lines.
fn from_pem(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let (_, rest) = text.split_once(PEM_BEGIN)?;
    let (body, _) = rest.split_once(PEM_END)?;
    let joined = Zeroizing::new(body.split_ascii_whitespace().collect::<String>());
    STANDARD.decode(joined.as_bytes()).ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use ring::signature::{ED25519, UnparsedPublicKey};

    use super::*;
    use crate::domain::{Position, Timestamp};
    use crate::env::FakeEntropy;

    fn signer() -> (tempfile::TempDir, Signer) {
        let place = tempfile::tempdir().unwrap();
        let entropy = FakeEntropy::seeded(7);
        let path = place.path().join("signing.pem");
        let signer = Signer::generate_file(&path, "hub.example/staysafe", &entropy).unwrap();
        (place, signer)
    }

    fn group(first: u64) -> GroupStatement {
        GroupStatement {
            first: Position(first),
            size: 2,
            at: Timestamp::from_millis(5),
            root: [9; 32],
        }
    }

    #[test]
    fn what_is_signed_verifies_with_the_public_key_alone() {
        let (_place, signer) = signer();
        let key = UnparsedPublicKey::new(&ED25519, signer.public_key());

        assert!(key.verify(b"checkpoint", &signer.sign(b"checkpoint")).is_ok());
        assert!(key.verify(b"checkpoinT", &signer.sign(b"checkpoint")).is_err());
        let receipt = signer.sign_group(&group(1));
        assert!(key.verify(&group(1).to_bytes(), &receipt).is_ok());
        assert!(key.verify(&group(2).to_bytes(), &receipt).is_err());
    }

    #[test]
    fn a_key_is_read_back_from_pem_and_from_plain_pkcs8() {
        let (place, signer) = signer();
        let path = place.path().join("signing.pem");
        let text = fs::read_to_string(&path).unwrap();
        let plain = place.path().join("signing.der");
        files::create_secret(&plain, &from_pem(&text).unwrap()).unwrap();

        for path in [path, plain] {
            let read = Signer::from_file(&path, "hub.example/staysafe").unwrap();
            assert_eq!(read.public_key(), signer.public_key());
            assert_eq!(read.name(), "hub.example/staysafe");
            assert_eq!(read.sign_group(&group(1)), signer.sign_group(&group(1)));
        }
    }

    #[test]
    fn one_signature_serves_a_group_and_old_groups_are_let_go() {
        let (_place, signer) = signer();
        let first = signer.sign_group(&group(0));

        for number in 0..1_000 {
            assert_eq!(signer.sign_group(&group(number)), signer.sign_group(&group(number)));
        }

        assert_eq!(signer.groups.lock().unwrap().len(), GROUPS_KEPT);
        assert_eq!(signer.sign_group(&group(0)), first, "made again, the same bytes");
    }

    #[test]
    fn a_key_that_others_may_read_or_that_is_no_key_is_refused() {
        let (place, _signer) = signer();
        let path = place.path().join("signing.pem");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let error = Signer::from_file(&path, "hub").unwrap_err();
        assert!(error.to_string().contains("only its owner"), "{error}");

        let other = place.path().join("other.pem");
        files::create_secret(&other, format!("{PEM_BEGIN}\nAAAA\n").as_bytes()).unwrap();
        let error = Signer::from_file(&other, "hub").unwrap_err();
        assert!(error.to_string().contains("Ed25519"), "{error}");
    }

    #[test]
    fn a_signer_prints_its_name_only() {
        let (_place, signer) = signer();

        assert_eq!(format!("{signer:?}"), "Signer { name: \"hub.example/staysafe\", .. }");
    }
}
