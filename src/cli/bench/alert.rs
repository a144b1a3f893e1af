//! The alert that is submitted again and again: a sample, as if it had happened just now.

use jiff::{SignedDuration, Timestamp};
use prost::Message as _;
use serde_json::Value;

use super::super::error::CliError;
use crate::wire::{SubmitAlertRequest, json};

const SAMPLE: &str = include_str!("../../../docs/samples/alerts/s03-alcohol-attendance.json");

/// The alert; cheap to clone, as its bytes are shared.
#[derive(Clone)]
pub(super) struct Alert(SubmitAlertRequest);

impl Alert {
    /// The sample with every instant moved by the same span, so that it is sent at `now`.
    pub(super) fn new(now: Timestamp) -> Result<Self, CliError> {
        let malformed = |source| CliError::because("the sample alert is malformed", source);
        let mut sample: Value = serde_json::from_str(SAMPLE).map_err(malformed)?;
        let sent = sample.pointer("/alert/envelope/sentAt/at").and_then(Value::as_str);
        let sent: Option<Timestamp> = sent.and_then(|sent| sent.parse().ok());
        let sent = sent.ok_or_else(|| CliError::failed("the sample alert is not dated"))?;
        move_instants(&mut sample, now.duration_since(sent));
        let request = json::request_from_json(&sample.to_string());
        request.map(Self).map_err(|source| CliError::because("the sample alert is refused", source))
    }

    /// The alert under a key of the sender.
    pub(super) fn under(&self, key: String) -> SubmitAlertRequest {
        SubmitAlertRequest { idempotency_key: key, ..self.0.clone() }
    }

    /// Its size on the wire, in bytes.
    pub(super) fn encoded_len(&self) -> usize {
        self.0.encoded_len()
    }
}

fn move_instants(value: &mut Value, by: SignedDuration) {
    match value {
        Value::String(text) => {
            let instant: Option<Timestamp> = text.parse().ok();
            if let Some(moved) = instant.and_then(|instant| instant.checked_add(by).ok()) {
                *text = moved.to_string();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| move_instants(item, by)),
        Value::Object(fields) => fields.values_mut().for_each(|field| move_instants(field, by)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_moved_as_a_whole() {
        let now: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();

        let mut moved: Value = serde_json::from_str(SAMPLE).unwrap();
        move_instants(&mut moved, SignedDuration::from_hours(24));

        let at = |pointer: &str| moved.pointer(pointer).and_then(Value::as_str).unwrap().to_owned();
        assert_eq!(at("/alert/envelope/sentAt/at"), "2026-11-09T03:10:00Z");
        assert_eq!(at("/alert/alcohol/attendanceAt/at"), "2026-11-08T23:50:00Z");
        assert_eq!(at("/alert/envelope/subjects/0/dob"), "2011-01-30");
        assert_eq!(Alert::new(now).unwrap().under("k".to_owned()).idempotency_key, "k");
    }
}
