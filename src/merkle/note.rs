//! Signed notes (c2sp.org/signed-note): a text, a blank line, one signature line a signer.
//!
//! ```text
//! hub.example/audit
//! 4
//! xJ5Y…=
//!
//! — hub.example/audit Az3grl…=
//! ```
//!
//! Private keys stay where they are: a signer is a function from bytes to a raw Ed25519 signature.

use std::fmt;
use std::str::FromStr as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::key::{KeyId, KeyName, VerifierKey};

/// The longest text, in bytes.
pub const NOTE_TEXT_BYTES_MAX: usize = 16 * 1024;

/// The most signature lines: twice what every verifier must accept (16).
pub const NOTE_SIGNATURES_MAX: usize = 32;

/// The longest signature of another kind that is carried along, in bytes: post-quantum ones are near 5,000.
pub const SIGNATURE_BYTES_MAX: usize = 6 * 1024;

/// Bytes in a raw Ed25519 signature.
pub const SIGNATURE_BYTES: usize = 64;

/// The longest note, in bytes; longer input is refused unread.
pub const NOTE_BYTES_MAX: usize = 320 * 1024;

const SIGNATURE_START: &str = "\u{2014} ";

/// Why a note is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoteError {
    /// Longer than [`NOTE_BYTES_MAX`], or its text than [`NOTE_TEXT_BYTES_MAX`].
    #[error("note is too long")]
    TooLong,
    /// More than [`NOTE_SIGNATURES_MAX`] signature lines.
    #[error("note has too many signatures")]
    TooManySignatures,
    /// Not UTF-8, a control character other than newline, or no newline at the end.
    #[error("note text must be UTF-8 lines without control characters")]
    Text,
    /// No blank line followed by at least one signature line.
    #[error("note has no signature lines")]
    NoSignatures,
    /// A line after the blank line is not a signature line.
    #[error("note has a malformed signature line")]
    SignatureLine,
    /// The signer itself failed.
    #[error("could not sign the note")]
    Signer,
    /// The signer gave a signature that its own public key does not confirm: the keys are mixed up.
    #[error("signature does not belong to the key it is given under")]
    WrongKey,
    /// Nobody known has signed.
    #[error("note is not signed by the expected key")]
    NotSigned,
    /// The expected key is named and its signature is not valid over this text.
    #[error("note has an invalid signature of the expected key")]
    BadSignature,
}

/// A text and its signatures; well-formed, not thereby verified.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedNote {
    text: String,
    signatures: Vec<SignatureLine>,
}

impl SignedNote {
    /// Signs a text with one key.
    ///
    /// `sign` makes the raw Ed25519 signature (RFC 8032) over the bytes it is given; what it returns is checked
    /// against `key` before anything leaves.
    ///
    /// # Errors
    /// When the text is not well-formed, the signer fails, or it holds another key.
    pub fn sign<E>(
        text: String,
        key: &VerifierKey,
        sign: impl FnOnce(&[u8]) -> Result<[u8; SIGNATURE_BYTES], E>,
    ) -> Result<Self, NoteError> {
        check_text(&text)?;
        let line = SignatureLine::sign(&text, key, sign)?;
        Ok(Self { text, signatures: vec![line] })
    }

    /// Adds a further signature line; the same line twice is kept once.
    ///
    /// # Errors
    /// When the note has [`NOTE_SIGNATURES_MAX`] lines.
    pub fn with(mut self, line: SignatureLine) -> Result<Self, NoteError> {
        if self.signatures.contains(&line) {
            return Ok(self);
        }
        if self.signatures.len() >= NOTE_SIGNATURES_MAX {
            return Err(NoteError::TooManySignatures);
        }
        self.signatures.push(line);
        Ok(self)
    }

    /// Reads a note.
    ///
    /// # Errors
    /// When it is too long or not well-formed.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > NOTE_BYTES_MAX {
            return Err(NoteError::TooLong);
        }
        let Ok(note) = std::str::from_utf8(bytes) else { return Err(NoteError::Text) };
        // The last empty line separates: the text itself may hold empty lines.
        let Some((body, lines)) = note.rsplit_once("\n\n") else {
            return Err(NoteError::NoSignatures);
        };
        let text = format!("{body}\n");
        check_text(&text)?;
        let Some(lines) = lines.strip_suffix('\n') else { return Err(NoteError::NoSignatures) };

        let mut signatures = Vec::new();
        for line in lines.split('\n') {
            if signatures.len() >= NOTE_SIGNATURES_MAX {
                return Err(NoteError::TooManySignatures);
            }
            signatures.push(SignatureLine::parse(line)?);
        }
        Ok(Self { text, signatures })
    }

    /// The text, its final newline included. To be believed only after [`Self::verify`].
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signature lines, in the order of the note.
    #[must_use]
    pub fn signatures(&self) -> &[SignatureLine] {
        &self.signatures
    }

    /// Checks that `key` has signed this text. Lines of other keys are ignored; every line that names this key
    /// must be valid.
    ///
    /// # Errors
    /// When no line names the key, or one that does is not valid.
    pub fn verify(&self, key: &VerifierKey) -> Result<(), NoteError> {
        let mut named = self.signatures.iter().filter(|line| line.names(key)).peekable();
        if named.peek().is_none() {
            return Err(NoteError::NotSigned);
        }
        match named.all(|line| key.signed(self.text.as_bytes(), &line.signature)) {
            true => Ok(()),
            false => Err(NoteError::BadSignature),
        }
    }
}

/// The note as it is sent: text, blank line, signature lines.
impl fmt::Display for SignedNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|line| writeln!(f, "{line}"))
    }
}

/// One signature line: who signed and the signature, which may be of a kind that is not understood here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignatureLine {
    name: KeyName,
    id: KeyId,
    signature: Vec<u8>,
}

impl SignatureLine {
    /// Signs a text for a note that exists already, see [`SignedNote::with`].
    ///
    /// # Errors
    /// When the text is not well-formed, the signer fails, or it holds another key.
    pub fn sign<E>(
        text: &str,
        key: &VerifierKey,
        sign: impl FnOnce(&[u8]) -> Result<[u8; SIGNATURE_BYTES], E>,
    ) -> Result<Self, NoteError> {
        check_text(text)?;
        let signature = sign(text.as_bytes()).ok().ok_or(NoteError::Signer)?;
        if !key.signed(text.as_bytes(), &signature) {
            return Err(NoteError::WrongKey);
        }
        Ok(Self { name: key.name().clone(), id: key.id(), signature: signature.to_vec() })
    }

    /// Reads one line, without its newline.
    ///
    /// # Errors
    /// When it is not `— name base64(id || signature)`, or the signature is longer than
    /// [`SIGNATURE_BYTES_MAX`].
    pub fn parse(line: &str) -> Result<Self, NoteError> {
        let parts = line.strip_prefix(SIGNATURE_START).and_then(|rest| rest.split_once(' '));
        let (name, encoded) = parts.ok_or(NoteError::SignatureLine)?;
        let name = KeyName::from_str(name).ok().ok_or(NoteError::SignatureLine)?;
        let bytes = STANDARD.decode(encoded).ok().ok_or(NoteError::SignatureLine)?;
        match bytes.as_slice() {
            [a, b, c, d, signature @ ..]
                if !signature.is_empty() && signature.len() <= SIGNATURE_BYTES_MAX =>
            {
                Ok(Self { name, id: KeyId([*a, *b, *c, *d]), signature: signature.to_vec() })
            }
            _ => Err(NoteError::SignatureLine),
        }
    }

    /// The name the line gives.
    #[must_use]
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// The key id the line gives.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// The signature without the key id.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    fn names(&self, key: &VerifierKey) -> bool {
        self.name == *key.name() && self.id == key.id()
    }
}

/// The line without its newline.
impl fmt::Display for SignatureLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes: Vec<u8> = self.id.0.iter().chain(&self.signature).copied().collect();
        write!(f, "{SIGNATURE_START}{} {}", self.name, STANDARD.encode(bytes))
    }
}

fn check_text(text: &str) -> Result<(), NoteError> {
    if text.len() > NOTE_TEXT_BYTES_MAX {
        return Err(NoteError::TooLong);
    }
    match text.ends_with('\n') && !text.chars().any(|c| c < ' ' && c != '\n') {
        true => Ok(()),
        false => Err(NoteError::Text),
    }
}
