//! Secrets that are wiped when dropped and never printed.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

use crate::domain::alert::DataKeyId;

/// 32 secret bytes.
pub(crate) type Secret = Zeroizing<[u8; 32]>;

/// A key under which one alert's content is sealed.
#[derive(Clone)]
pub struct DataKey {
    id: DataKeyId,
    secret: Arc<Secret>,
}

impl DataKey {
    pub(crate) const fn new(id: DataKeyId, secret: Arc<Secret>) -> Self {
        Self { id, secret }
    }

    /// Its name: which key file and which slot of it.
    #[must_use]
    pub const fn id(&self) -> &DataKeyId {
        &self.id
    }

    pub(crate) fn secret(&self) -> &[u8; 32] {
        &self.secret
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataKey").field("id", &self.id).field("secret", &"[redacted]").finish()
    }
}

/// The key of the commitment to one alert's content. The sender's receipt carries it, so that the sender can
/// prove the content; nobody can find the data key from it.
pub struct ContentKey(Secret);

impl ContentKey {
    pub(crate) const fn new(secret: Secret) -> Self {
        Self(secret)
    }

    /// Borrows the 32 bytes, for the receipt.
    #[must_use]
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for ContentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContentKey [redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_print_themselves() {
        let id = DataKeyId { file: "2026-11-0001".into(), slot: 3 };
        let key = DataKey::new(id, Arc::new(Zeroizing::new([0xAB; 32])));
        let content = ContentKey::new(Zeroizing::new([0xAB; 32]));

        let shown = format!("{key:?} {content:?}");

        assert!(shown.contains("2026-11-0001") && shown.contains("[redacted]"));
        assert!(!shown.contains("171") && !shown.to_lowercase().contains("ab, "), "{shown}");
    }
}
