//! AES-256-GCM with a random nonce: the one way in which anything is encrypted here.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::env::{Entropy, random};

pub(crate) const NONCE_BYTES: usize = 12;
pub(crate) const TAG_BYTES: usize = 16;

/// The bytes do not open: another key, other associated data, or damage. Which, cannot be told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Unopened;

/// Encrypts `plain` under a fresh nonce; gives the nonce and the ciphertext with its tag.
pub(crate) fn seal(
    secret: &[u8; 32],
    entropy: &dyn Entropy,
    associated: &[u8],
    plain: &[u8],
) -> Result<([u8; NONCE_BYTES], Vec<u8>), Unopened> {
    let nonce: [u8; NONCE_BYTES] = random(entropy);
    // Room for the tag, so that the plain text is not moved and left behind when the buffer grows.
    let mut buffer = Vec::with_capacity(plain.len().saturating_add(TAG_BYTES));
    buffer.extend_from_slice(plain);
    let unique = Nonce::assume_unique_for_key(nonce);
    key(secret)?
        .seal_in_place_append_tag(unique, Aad::from(associated), &mut buffer)
        .map_err(|_too_long| Unopened)?;
    Ok((nonce, buffer))
}

/// Decrypts; what is returned is wiped when dropped.
pub(crate) fn open(
    secret: &[u8; 32],
    nonce: [u8; NONCE_BYTES],
    associated: &[u8],
    ciphertext: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Unopened> {
    let mut buffer = Zeroizing::new(ciphertext.to_vec());
    let unique = Nonce::assume_unique_for_key(nonce);
    let length = key(secret)?
        .open_in_place(unique, Aad::from(associated), &mut buffer)
        .map_err(|_refused| Unopened)?
        .len();
    buffer.truncate(length);
    Ok(buffer)
}

fn key(secret: &[u8; 32]) -> Result<LessSafeKey, Unopened> {
    let unbound = UnboundKey::new(&AES_256_GCM, secret).map_err(|_length| Unopened)?;
    Ok(LessSafeKey::new(unbound))
}
