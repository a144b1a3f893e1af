//! The alert that is submitted again and again: a sample, as if it had happened just now, each time to another child.
//!
//! Another child, because a hub compares who an alert is about with everybody it has heard of: one child who comes back
//! ten thousand times is not what a partnership sends.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use prost::Message as _;
use serde_json::Value;

use super::super::error::CliError;
use crate::wire::{SubmitAlertRequest, json, v1};

const SAMPLE: &str = include_str!("../../../docs/samples/alerts/s03-alcohol-attendance.json");

/// The alert; cheap to clone, as its bytes are shared.
#[derive(Clone)]
pub(super) struct Alert {
    request: SubmitAlertRequest,
    alert: v1::Alert,
    today: Date,
}

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
        let refused = |source| CliError::because("the sample alert is refused", source);
        let request = request.map_err(refused)?;
        let unreadable = |source| CliError::because("the sample alert cannot be read", source);
        let alert = v1::Alert::decode(request.alert.as_ref()).map_err(unreadable)?;
        Ok(Self { request, alert, today: now.to_zoned(TimeZone::UTC).date() })
    }

    /// The alert under a key of the sender, about the child of this number.
    pub(super) fn under(&self, key: String, number: u64) -> SubmitAlertRequest {
        let mut alert = self.alert.clone();
        let subjects = alert.envelope.as_mut().map(|envelope| &mut envelope.subjects);
        if let Some(child) = subjects.and_then(|subjects| subjects.first_mut()) {
            child.nhs_number = nhs_number(number);
            child.family_name = format!("{} Samplechild", syllables(number));
            child.given_names = vec![syllables(number.reverse_bits() >> 40)];
            child.also_known_as.clear();
            child.dob = born(self.today, number);
        }
        let alert = alert.encode_to_vec().into();
        SubmitAlertRequest { idempotency_key: key, alert, ..self.request.clone() }
    }

    /// Its size on the wire, in bytes.
    pub(super) fn encoded_len(&self) -> usize {
        self.request.encoded_len()
    }
}

/// A number of the test range, another for each of half a million: one of two stems that stand side by side always has a
/// check digit.
fn nhs_number(number: u64) -> String {
    let first = number.wrapping_mul(2);
    let stems = (0..).map(|step: u64| first.wrapping_add(step).wrapping_rem(1_000_000));
    let mut numbers = stems.filter_map(|stem| {
        let stem = format!("999{stem:06}");
        let weighted = stem.chars().zip((2_u32..=10).rev());
        let products =
            weighted.filter_map(|(digit, weight)| Some(digit.to_digit(10)?.wrapping_mul(weight)));
        let rest: u32 = products.sum::<u32>().wrapping_rem(11);
        match 11_u32.wrapping_sub(rest) {
            11 => Some(format!("{stem}0")),
            10 => None,
            check => Some(format!("{stem}{check}")),
        }
    });
    numbers.next().unwrap_or_default()
}

/// A name that sounds like few others.
fn syllables(number: u64) -> String {
    const SYLLABLES: [&str; 16] = [
        "ba", "de", "fi", "go", "ku", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "zo", "chu",
        "sha",
    ];
    let digits = format!("{number:04x}");
    let places = digits.chars().rev().take(4).filter_map(|digit| digit.to_digit(16));
    places.filter_map(|place| SYLLABLES.get(usize::try_from(place).ok()?)).copied().collect()
}

/// A child of 13 to 15 years, as the sample's: for others the routing is another.
fn born(today: Date, number: u64) -> String {
    let days = i64::try_from(number.wrapping_rem(1_060)).unwrap_or_default();
    let before = 13.years().days(days.wrapping_add(1));
    today.checked_sub(before).unwrap_or(today).to_string()
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
        let today = jiff::civil::date(2026, 11, 28);
        assert_eq!(born(today, 0), "2013-11-27", "13");
        assert_eq!(born(today, 1_059), "2011-01-03", "15");
        assert_eq!(nhs_number(0), "9990000018", "no number has the stem 999000000");
        let numbers: std::collections::HashSet<String> = (0..5_000).map(nhs_number).collect();
        assert_eq!(numbers.len(), 5_000, "nobody has another one's number");
        assert_eq!(Alert::new(now).unwrap().under("k".to_owned(), 1).idempotency_key, "k");
    }
}
