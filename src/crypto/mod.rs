//! Sealing, keys and signatures.
//!
//! Owns the data keys ([`KeyStore`]), the sealing of an alert's content under them ([`Sealer`]), the commitment
//! an entry makes to that content, and the hub's signing key ([`Signer`]). Decides nothing: who may see an
//! opened body, and that the opening is recorded first, is the services' business. TLS keys are not here.
//!
//! Keys lie beside whichever engine, never inside a database. Secrets are wiped from memory when dropped and
//! print as `[redacted]`.

mod aead;
mod error;
mod files;
mod keys;
mod master;
mod sealer;
mod secret;
mod signer;

pub use error::KeyError;
pub use keys::KeyStore;
#[cfg(test)]
pub(crate) use keys::tests::Rig;
pub use master::MasterKey;
pub use sealer::{SealError, Sealed, Sealer, commitment, content_key};
pub use secret::{ContentKey, DataKey};
pub use signer::{Signer, SignerError};
