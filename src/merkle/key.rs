//! Names, ids and public keys of those who sign notes (c2sp.org/signed-note).

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, UnparsedPublicKey};

use super::hash::sha256;

/// The longest key name (and checkpoint origin), in bytes.
pub const KEY_NAME_BYTES_MAX: usize = 255;

const PUBLIC_KEY_BYTES: usize = 32;

// The signature type of c2sp.org/signed-note for plain Ed25519; other types are never verified here.
const TYPE_ED25519: u8 = 0x01;

/// Why a key name or a verifier key is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeyError {
    /// A name is 1 to 255 bytes without spaces, control characters or `+`.
    #[error("key name must be 1-255 bytes without spaces, control characters or plus")]
    Name,
    /// A verifier key is `name+id+key`, the id 8 hexadecimal digits, the key base64.
    #[error("verifier key must be name+8 hex digits+base64")]
    Format,
    /// The key is not a plain Ed25519 key of 32 bytes.
    #[error("verifier key is not an Ed25519 key")]
    Algorithm,
    /// The key is one of the few under which anybody can make a signature that fits many texts.
    #[error("verifier key is a weak Ed25519 key")]
    Weak,
    /// The id does not belong to the name and the key: one of them was altered or mistyped.
    #[error("verifier key id does not match its name and key")]
    Id,
}

/// The name of a signer, a URL without scheme by convention (`hub.example/audit`); also a checkpoint's origin.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct KeyName(String);

impl KeyName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for KeyName {
    type Error = KeyError;

    fn try_from(raw: String) -> Result<Self, KeyError> {
        let well_formed = !raw.is_empty()
            && raw.len() <= KEY_NAME_BYTES_MAX
            && !raw.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+');
        if well_formed { Ok(Self(raw)) } else { Err(KeyError::Name) }
    }
}

impl FromStr for KeyName {
    type Err = KeyError;

    fn from_str(raw: &str) -> Result<Self, KeyError> {
        Self::try_from(raw.to_owned())
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Names a key beside its name: SHA-256(name || 0x0A || type || key), the first 4 bytes. Short on purpose: it
/// tells keys apart and proves nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct KeyId(pub [u8; 4]);

/// Eight lower-case hexadecimal digits.
impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", u32::from_be_bytes(self.0))
    }
}

/// An Ed25519 public key under a name: what a partner is given to check the hub's notes with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifierKey {
    name: KeyName,
    id: KeyId,
    public_key: [u8; PUBLIC_KEY_BYTES],
}

impl VerifierKey {
    /// The key of this name. Whether the bytes are a point on the curve shows at the first verification, which
    /// fails if they are not.
    ///
    /// # Errors
    /// [`KeyError::Weak`] for a point of small order: a signer with such a key could deny what they signed.
    pub fn new(name: KeyName, public_key: [u8; PUBLIC_KEY_BYTES]) -> Result<Self, KeyError> {
        if is_small_order(&public_key) {
            return Err(KeyError::Weak);
        }
        let digest = sha256(&[name.as_str().as_bytes(), b"\n", &[TYPE_ED25519], &public_key]);
        let [a, b, c, d, ..] = digest.0;
        Ok(Self { name, id: KeyId([a, b, c, d]), public_key })
    }

    /// The signer's name.
    #[must_use]
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// The key's id under that name.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// The raw Ed25519 public key (RFC 8032).
    #[must_use]
    pub const fn public_key(&self) -> &[u8; PUBLIC_KEY_BYTES] {
        &self.public_key
    }

    /// Whether `signature` is this key's over `message`.
    #[must_use]
    pub fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.public_key).verify(message, signature).is_ok()
    }
}

/// `name+id+base64(type || key)`, as other C2SP tools read it.
impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let typed: Vec<u8> = std::iter::once(TYPE_ED25519).chain(self.public_key).collect();
        write!(f, "{}+{}+{}", self.name, self.id, STANDARD.encode(typed))
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        // The base64 part may hold a plus, the name and the id may not.
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError::Format);
        };
        let name = KeyName::from_str(name)?;
        let Ok(typed) = STANDARD.decode(key) else { return Err(KeyError::Format) };
        let public_key = match typed.split_first() {
            Some((&TYPE_ED25519, raw)) => raw.try_into().ok().ok_or(KeyError::Algorithm)?,
            _ => return Err(KeyError::Algorithm),
        };
        let key = Self::new(name, public_key)?;
        let well_formed = id.len() == 8 && id.bytes().all(|b| b.is_ascii_hexdigit());
        match (well_formed, id.eq_ignore_ascii_case(&key.id.to_string())) {
            (false, _) => Err(KeyError::Format),
            (true, false) => Err(KeyError::Id),
            (true, true) => Ok(key),
        }
    }
}

/// Whether this encodes one of the eight points of small order (RFC 8032 section 5.1: they satisfy `[8]P = 0`),
/// non-canonical encodings included. `ring` accepts them.
fn is_small_order(public_key: &[u8; PUBLIC_KEY_BYTES]) -> bool {
    let mut y = *public_key;
    let [.., last] = &mut y;
    // The top bit is the sign of x: both signs of these points are of small order.
    *last &= 0x7f;
    SMALL_ORDER_Y.contains(&y)
}

/// The y of the points of small order, little-endian: 0, 1, the two of order 8, then p - 1, p and p + 1.
const SMALL_ORDER_Y: [[u8; PUBLIC_KEY_BYTES]; 7] = [
    [0; PUBLIC_KEY_BYTES],
    [
        1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0,
    ],
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
    near_p(0xec),
    near_p(0xed),
    near_p(0xee),
];

/// The 255-bit number that differs from p = 2^255 - 19 in its lowest byte only; p itself ends in 0xed.
const fn near_p(lowest: u8) -> [u8; PUBLIC_KEY_BYTES] {
    let mut y = [0xff; PUBLIC_KEY_BYTES];
    let [first, .., last] = &mut y;
    *first = lowest;
    *last = 0x7f;
    y
}
