//! What is sealed of an alert.

use prost::Message as _;

use super::RecordError;
use super::pb;

/// The plain form of a sealed body. `Debug` shows no content.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Body {
    /// The encoded alert, as received.
    pub alert: Vec<u8>,
    /// What the hub added, encoded.
    pub hub_facts: Vec<u8>,
    /// Positions of school-age subjects who live outside the hub's own council.
    pub living_outside: Vec<usize>,
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Body({} bytes, [redacted])", self.alert.len())
    }
}

/// Encodes a body for sealing.
#[must_use]
pub fn encode_body(body: &Body) -> Vec<u8> {
    let living_outside =
        body.living_outside.iter().filter_map(|at| u32::try_from(*at).ok()).collect();
    pb::Body { alert: body.alert.clone(), hub_facts: body.hub_facts.clone(), living_outside }
        .encode_to_vec()
}

/// Decodes an opened body.
///
/// # Errors
/// When the bytes are no body.
pub fn decode_body(bytes: &[u8]) -> Result<Body, RecordError> {
    let raw = pb::Body::decode(bytes)
        .map_err(|source| RecordError::Unreadable { record: "Body", source })?;
    let living_outside =
        raw.living_outside.into_iter().filter_map(|at| usize::try_from(at).ok()).collect();
    Ok(Body { alert: raw.alert, hub_facts: raw.hub_facts, living_outside })
}
