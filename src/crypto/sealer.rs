//! Sealing an alert's content, and the commitment an entry makes to it.

use std::sync::Arc;

use ring::{hkdf, hmac};
use zeroize::Zeroizing;

use crate::domain::alert::DataKeyId;
use crate::domain::{AgencyCode, AlertId, EpisodeReference, MentionToken};
use crate::env::Entropy;

use super::aead;
use super::error::KeyError;
use super::keys::KeyStore;
use super::secret::{ContentKey, DataKey, Secret};

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

/// Why content cannot be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The data key was destroyed: the content is gone for good, as it should be.
    #[error("the data key of this content was destroyed")]
    Shredded,
    /// The bytes are not what was sealed for this alert.
    #[error("the sealed content does not open: it is damaged or belongs to another alert")]
    Unopened,
    /// There is no key to be had.
    #[error("the data key cannot be had")]
    Key(#[source] KeyError),
}

impl SealError {
    /// The stable reason code.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Shredded => "CONTENT_SHREDDED",
            Self::Unopened => "CONTENT_DAMAGED",
            Self::Key(error) => error.reason(),
        }
    }
}

/// Seals and opens the content of alerts.
pub struct Sealer {
    keys: Arc<KeyStore>,
    entropy: Arc<dyn Entropy>,
    #[cfg(test)]
    tokens_made: std::sync::atomic::AtomicUsize,
}

impl Sealer {
    /// Seals under keys of this store.
    #[must_use]
    pub fn new(keys: Arc<KeyStore>, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            keys,
            entropy,
            #[cfg(test)]
            tokens_made: std::sync::atomic::AtomicUsize::new(0),
        }
    }

    /// Takes a data key that nobody has had before. Costs no fsync; waits for one when the pools have run dry.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn fresh_key(&self) -> Result<DataKey, SealError> {
        self.keys.take().map_err(SealError::Key)
    }

    /// Finds the key of sealed content.
    ///
    /// # Errors
    /// [`SealError::Shredded`] when it was destroyed; or it cannot be read.
    pub fn key(&self, id: &DataKeyId) -> Result<DataKey, SealError> {
        self.keys.get(id).map_err(SealError::Key)?.ok_or(SealError::Shredded)
    }

    /// Seals the bytes of an alert as received.
    ///
    /// # Errors
    /// When the content is longer than AES-GCM can seal (64 GiB).
    pub fn seal(&self, key: &DataKey, alert: AlertId, content: &[u8]) -> Result<Sealed, SealError> {
        let (nonce, ciphertext) =
            aead::seal(key.secret(), self.entropy.as_ref(), alert.as_bytes(), content)
                .map_err(|aead::Unopened| SealError::Unopened)?;
        Ok(Sealed { key: key.id().clone(), nonce, ciphertext })
    }

    /// What `agency` calls an episode, as it may be kept: the same for the same text, and nothing to whoever has not
    /// got the master key. HMAC-SHA-256 under a key derived from that: HKDF-SHA-256, no salt, info `staysafe episode
    /// reference v1`; over the agency's code, a zero byte and the text.
    ///
    /// # Errors
    /// Never for a 32-byte key; the derivation is fallible in its library.
    pub fn episode_reference(
        &self,
        agency: &AgencyCode,
        text: &str,
    ) -> Result<EpisodeReference, SealError> {
        let key = derived(self.keys.master(), b"staysafe episode reference v1")?;
        let named = [agency.as_str().as_bytes(), &[0], text.as_bytes()].concat();
        Ok(EpisodeReference::from_bytes(authenticated(&key, &named)))
    }

    /// Seals from whom an alert is kept, beside its body and under the same key.
    ///
    /// # Errors
    /// When the content is longer than AES-GCM can seal (64 GiB).
    pub fn seal_conflicts(
        &self,
        key: &DataKey,
        alert: AlertId,
        content: &[u8],
    ) -> Result<Sealed, SealError> {
        self.seal_beside(key, &conflicts_of(alert), content)
    }

    /// Opens from whom an alert is kept. Nobody is shown it: the hub itself decides by it, so it is no disclosure and
    /// is not recorded.
    ///
    /// # Errors
    /// When the key was destroyed or cannot be read, or the bytes are not what was sealed for this alert.
    pub fn open_conflicts(
        &self,
        alert: AlertId,
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        self.open_beside(&conflicts_of(alert), sealed)
    }

    /// Seals who is mentioned in an alert, beside its body and under the same key.
    ///
    /// # Errors
    /// When the content is longer than AES-GCM can seal (64 GiB).
    pub fn seal_mentions(
        &self,
        key: &DataKey,
        alert: AlertId,
        content: &[u8],
    ) -> Result<Sealed, SealError> {
        self.seal_beside(key, &mentions_of(alert), content)
    }

    /// Opens who is mentioned in an alert. The hub compares by it; a person who is shown it is recorded first.
    ///
    /// # Errors
    /// When the key was destroyed or cannot be read, or the bytes are not what was sealed for this alert.
    pub fn open_mentions(
        &self,
        alert: AlertId,
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        self.open_beside(&mentions_of(alert), sealed)
    }

    /// By what a person may be found again: the same for the same piece of what is known, and nothing to whoever has
    /// not got the master key. The first half of HMAC-SHA-256 under a key derived from that: HKDF-SHA-256, no salt,
    /// info `staysafe mention token v1`; over what it is, a zero byte and the piece.
    ///
    /// # Errors
    /// Never for a 32-byte key; the derivation is fallible in its library.
    pub fn mention_tokens(
        &self,
        pieces: &[(&'static str, String)],
    ) -> Result<Vec<MentionToken>, SealError> {
        #[cfg(test)]
        self.tokens_made.fetch_add(pieces.len(), std::sync::atomic::Ordering::Relaxed);
        let key = derived(self.keys.master(), b"staysafe mention token v1")?;
        let token = |(what, piece): &(&'static str, String)| {
            let named = [what.as_bytes(), &[0], piece.as_bytes()].concat();
            let whole = authenticated(&key, &named);
            MentionToken::from_bytes(whole.first_chunk().copied().unwrap_or_default())
        };
        Ok(pieces.iter().map(token).collect())
    }

    /// How many mention tokens were made: a test counts what an answer costs.
    #[cfg(test)]
    pub(crate) fn tokens_made(&self) -> usize {
        self.tokens_made.load(std::sync::atomic::Ordering::Relaxed)
    }

    fn seal_beside(
        &self,
        key: &DataKey,
        bound: &[u8],
        content: &[u8],
    ) -> Result<Sealed, SealError> {
        let (nonce, ciphertext) = aead::seal(key.secret(), self.entropy.as_ref(), bound, content)
            .map_err(|aead::Unopened| SealError::Unopened)?;
        Ok(Sealed { key: key.id().clone(), nonce, ciphertext })
    }

    fn open_beside(&self, bound: &[u8], sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let key = self.key(&sealed.key)?;
        aead::open(key.secret(), sealed.nonce, bound, &sealed.ciphertext)
            .map_err(|aead::Unopened| SealError::Unopened)
    }

    /// Opens the content of an alert. The opening must be recorded first.
    ///
    /// # Errors
    /// When the key was destroyed or cannot be read, or the bytes are not what was sealed for this alert.
    pub fn open_body(
        &self,
        alert: AlertId,
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let key = self.key(&sealed.key)?;
        aead::open(key.secret(), sealed.nonce, alert.as_bytes(), &sealed.ciphertext)
            .map_err(|aead::Unopened| SealError::Unopened)
    }
}

/// What sealed conflicts are bound to: no body passes for them, nor they for a body.
fn conflicts_of(alert: AlertId) -> Vec<u8> {
    [alert.as_bytes().as_slice(), b"conflicts"].concat()
}

/// What sealed mentions are bound to.
fn mentions_of(alert: AlertId) -> Vec<u8> {
    [alert.as_bytes().as_slice(), b"mentions"].concat()
}

/// Derives the key of the commitment from a data key: HKDF-SHA-256 (RFC 5869), no salt, info
/// `staysafe content key v1`. Destroying the data key leaves the hub unable to make it again.
///
/// # Errors
/// Never for a 32-byte key; the derivation is fallible in its library.
pub fn content_key(key: &DataKey) -> Result<ContentKey, SealError> {
    derived(key.secret(), b"staysafe content key v1").map(ContentKey::new)
}

fn derived(from: &[u8; 32], purpose: &[u8]) -> Result<Secret, SealError> {
    let mut secret = Zeroizing::new([0; 32]);
    hkdf::Salt::new(hkdf::HKDF_SHA256, &[])
        .extract(from)
        .expand(&[purpose], hkdf::HKDF_SHA256)
        .and_then(|derived| derived.fill(secret.as_mut_slice()))
        .map_err(|_length| SealError::Unopened)?;
    Ok(secret)
}

/// What an entry says of content it must not show: HMAC-SHA-256 of the bytes as received.
#[must_use]
pub fn commitment(key: &ContentKey, content: &[u8]) -> [u8; 32] {
    authenticated(key.expose(), content)
}

fn authenticated(key: &[u8; 32], content: &[u8]) -> [u8; 32] {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), content);
    let mut authenticated = [0; 32];
    authenticated.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
    authenticated
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::keys::tests::Rig;

    const CONTENT: &[u8] = b"synthetic content";

    fn alert(byte: u8) -> AlertId {
        AlertId::from_bytes([byte; 16])
    }

    fn sealer(rig: &Rig) -> (Arc<KeyStore>, Sealer) {
        let keys = Arc::new(rig.open().unwrap());
        let sealer = Sealer::new(Arc::clone(&keys), Arc::clone(&rig.env.entropy));
        (keys, sealer)
    }

    #[test]
    fn sealed_content_opens_for_its_own_alert_only() {
        let rig = Rig::new();
        let (_keys, sealer) = sealer(&rig);
        let key = sealer.fresh_key().unwrap();

        let sealed = sealer.seal(&key, alert(1), CONTENT).unwrap();

        assert_eq!(sealer.open_body(alert(1), &sealed).unwrap().as_slice(), CONTENT);
        let other = sealer.open_body(alert(2), &sealed).unwrap_err();
        assert_eq!(other.reason(), "CONTENT_DAMAGED");
        assert!(!sealed.ciphertext.windows(9).any(|part| part == b"synthetic"));
    }

    #[test]
    fn changed_or_swapped_content_does_not_open() {
        let rig = Rig::new();
        let (_keys, sealer) = sealer(&rig);
        let seal = || sealer.seal(&sealer.fresh_key().unwrap(), alert(1), CONTENT).unwrap();
        let (first, second) = (seal(), seal());

        for place in 0..first.ciphertext.len() {
            let mut changed = first.clone();
            changed.ciphertext[place] ^= 1;
            assert!(sealer.open_body(alert(1), &changed).is_err());
        }
        let swapped = Sealed { key: second.key.clone(), ..first.clone() };
        assert!(sealer.open_body(alert(1), &swapped).is_err());
        let cut = Sealed { ciphertext: first.ciphertext[..5].to_vec(), ..first };
        assert!(sealer.open_body(alert(1), &cut).is_err());
    }

    #[test]
    fn content_whose_key_was_destroyed_is_gone() {
        let rig = Rig::new();
        let (keys, sealer) = sealer(&rig);
        let key = sealer.fresh_key().unwrap();
        let sealed = sealer.seal(&key, alert(1), CONTENT).unwrap();

        keys.destroy(&[key.id().clone()]).unwrap();

        let error = sealer.open_body(alert(1), &sealed).unwrap_err();
        assert_eq!(error.reason(), "CONTENT_SHREDDED");
    }

    #[test]
    fn a_commitment_needs_the_content_and_the_key_and_does_not_tell_the_data_key() {
        let rig = Rig::new();
        let (_keys, sealer) = sealer(&rig);
        let (key, other) = (sealer.fresh_key().unwrap(), sealer.fresh_key().unwrap());
        let derived = content_key(&key).unwrap();

        let made = commitment(&derived, CONTENT);

        assert_eq!(made, commitment(&content_key(&key).unwrap(), CONTENT));
        assert_ne!(made, commitment(&derived, b"other content"));
        assert_ne!(made, commitment(&content_key(&other).unwrap(), CONTENT));
        assert_ne!(derived.expose(), key.secret());
    }

    #[test]
    fn a_reference_of_an_episode_is_known_again_by_its_agency_and_says_nothing_of_the_text() {
        let rig = Rig::new();
        let agency = |code: &str| AgencyCode::try_from(code).unwrap();
        let reference = {
            let (_keys, sealer) = sealer(&rig);
            sealer.episode_reference(&agency("MERPOL"), "MP 7").unwrap()
        };
        let (keys, sealer) = sealer(&rig);

        let again = sealer.episode_reference(&agency("MERPOL"), "MP 7").unwrap();

        assert_eq!(again, reference, "after a restart too");
        for (code, text) in [("MERPOL", "MP 8"), ("CADT", "MP 7"), ("MERPO", "LMP 7")] {
            assert_ne!(sealer.episode_reference(&agency(code), text).unwrap(), reference);
        }
        assert_ne!(reference.as_bytes(), &authenticated(keys.master(), b"MERPOL\0MP 7"));
    }

    #[test]
    fn no_nonce_is_used_twice() {
        let rig = Rig::new();
        let (_keys, sealer) = sealer(&rig);
        let key = sealer.fresh_key().unwrap();

        let nonces: std::collections::BTreeSet<[u8; 12]> =
            (0..500).map(|_| sealer.seal(&key, alert(1), CONTENT).unwrap().nonce).collect();

        assert_eq!(nonces.len(), 500);
    }
}
