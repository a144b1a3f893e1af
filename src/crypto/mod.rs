//! Sealing, keys and signatures.

use crate::domain::alert::DataKeyId;

/// Bytes that only the holder of their data key can open: AES-256-GCM, associated data the alert's id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sealed {
    /// The data key.
    pub key: DataKeyId,
    /// The nonce, random for each sealing.
    pub nonce: [u8; 12],
    /// Ciphertext and tag.
    pub ciphertext: Vec<u8>,
}
