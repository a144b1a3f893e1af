//! What is sealed of an alert.

use prost::Message as _;

use super::encode::{Encode, Encoder, encoded};
use super::error::RecordError;
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
    /// Whom a school, or who stands in for one, is told about: the setting as the delivery names it, empty where nobody
    /// knows it, and the child's position.
    pub pupils: Vec<(String, usize)>,
    /// Positions of subjects who live at a SAFE address as the alert or the protected-subject register says.
    pub safe: Vec<usize>,
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Body({} bytes, [redacted])", self.alert.len())
    }
}

/// Encodes a body for sealing.
#[must_use]
pub fn encode_body(body: &Body) -> Vec<u8> {
    encoded(body, body.alert.len().saturating_add(body.hub_facts.len()).saturating_add(64))
}

impl Encode for Body {
    fn encode(&self, to: &mut Encoder) {
        let number = |at: &usize| u32::try_from(*at).ok();
        to.bytes(1, &self.alert);
        to.bytes(2, &self.hub_facts);
        let living_outside: Vec<u32> = self.living_outside.iter().filter_map(number).collect();
        to.codes(3, living_outside.into_iter());
        for (setting, at) in &self.pupils {
            let Some(subject) = number(at) else { continue };
            to.nested(4, |to| {
                to.text(1, setting);
                to.code(2, subject);
            });
        }
        let safe: Vec<u32> = self.safe.iter().filter_map(number).collect();
        to.codes(5, safe.into_iter());
    }
}

/// Decodes an opened body.
///
/// # Errors
/// When the bytes are no body.
pub fn decode_body(bytes: &[u8]) -> Result<Body, RecordError> {
    let raw = pb::Body::decode(bytes)
        .map_err(|source| RecordError::Unreadable { record: "Body", source })?;
    let positions =
        |raw: Vec<u32>| raw.into_iter().filter_map(|at| usize::try_from(at).ok()).collect();
    let (living_outside, safe) = (positions(raw.living_outside), positions(raw.safe));
    let pupil =
        |pupil: pb::Pupil| usize::try_from(pupil.subject).ok().map(|at| (pupil.setting, at));
    let pupils = raw.pupils.into_iter().filter_map(pupil).collect();
    Ok(Body { alert: raw.alert, hub_facts: raw.hub_facts, living_outside, pupils, safe })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_is_read_back() {
        let body = Body {
            alert: vec![1, 2],
            hub_facts: vec![3],
            living_outside: vec![4, 0],
            pupils: vec![("900101".to_owned(), 1), (String::new(), 2)],
            safe: vec![1],
        };

        let bytes = encode_body(&body);
        assert_eq!(decode_body(&bytes).unwrap(), body);
        assert_eq!(pb::Body::decode(bytes.as_slice()).unwrap().encode_to_vec(), bytes);
    }
}
