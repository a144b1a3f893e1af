//! A message of the contract as indented lines: field names as in the contract, times in local time, codes short.
//!
//! Shows every field that is set and knows none by name, so a field added to the contract is shown too.

use prost_reflect::{
    DynamicMessage, EnumDescriptor, FieldDescriptor, Kind, ReflectMessage as _, Value,
};

use super::output::clean;
use crate::calendar;

/// How far one level is set in.
const STEP: &str = "  ";

/// The message's fields as lines, set in by `depth` steps.
pub(crate) fn lines(message: &DynamicMessage, depth: usize) -> Vec<String> {
    let mut lines = Vec::new();
    add_fields(message, depth, &mut lines);
    lines
}

fn add_fields(message: &DynamicMessage, depth: usize, lines: &mut Vec<String>) {
    for (field, value) in message.fields() {
        match value {
            Value::List(values) => add_list(&field, values, depth, lines),
            Value::Bool(_)
            | Value::I32(_)
            | Value::I64(_)
            | Value::U32(_)
            | Value::U64(_)
            | Value::F32(_)
            | Value::F64(_)
            | Value::String(_)
            | Value::Bytes(_)
            | Value::EnumNumber(_)
            | Value::Message(_)
            | Value::Map(_) => add(field.name(), &field, value, (depth, &mut *lines)),
        }
    }
}

/// Codes stand in one line; messages and texts each under their place in the list, as violations name them.
fn add_list(field: &FieldDescriptor, values: &[Value], depth: usize, lines: &mut Vec<String>) {
    let short = !matches!(field.kind(), Kind::Message(_))
        && values.iter().all(|value| value.as_str().is_none_or(|text| text.len() <= 24));
    if short {
        let words: Vec<String> = values.iter().map(|value| word(field, value)).collect();
        lines.push(format!("{}{}: {}", STEP.repeat(depth), field.name(), words.join(", ")));
        return;
    }
    for (place, value) in values.iter().enumerate() {
        add(&format!("{}[{place}]", field.name()), field, value, (depth, &mut *lines));
    }
}

fn add(
    name: &str,
    field: &FieldDescriptor,
    value: &Value,
    (depth, lines): (usize, &mut Vec<String>),
) {
    let indent = STEP.repeat(depth);
    match value.as_message() {
        Some(message) => match instant(message) {
            Some(time) => lines.push(format!("{indent}{name}: {time}")),
            None => {
                lines.push(format!("{indent}{name}:"));
                add_fields(message, depth.saturating_add(1), lines);
            }
        },
        None => {
            let word = word(field, value);
            let mut parts = word.lines();
            lines.push(format!("{indent}{name}: {}", parts.next().unwrap_or_default()));
            lines.extend(parts.map(|part| format!("{indent}{STEP}{part}")));
        }
    }
}

fn word(field: &FieldDescriptor, value: &Value) -> String {
    match value {
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::I32(number) => number.to_string(),
        Value::I64(number) => number.to_string(),
        Value::U32(number) => number.to_string(),
        Value::U64(number) => number.to_string(),
        Value::F32(number) => number.to_string(),
        Value::F64(number) => number.to_string(),
        Value::String(text) => clean(text),
        Value::Bytes(bytes) => format!("{} bytes", bytes.len()),
        Value::EnumNumber(number) => match field.kind().as_enum() {
            Some(codes) => code(codes, *number),
            None => number.to_string(),
        },
        // The contract has no maps; messages are told field by field.
        Value::Message(_) | Value::List(_) | Value::Map(_) => String::new(),
    }
}

/// A code without the prefix that all its list share; a number of a newer contract as `other (number)`.
fn code(codes: &EnumDescriptor, number: i32) -> String {
    let zero = codes.get_value(0).map(|zero| zero.name().to_owned()).unwrap_or_default();
    let prefix = zero.strip_suffix("UNSPECIFIED").unwrap_or_default();
    match codes.get_value(number) {
        Some(value) => value.name().strip_prefix(prefix).unwrap_or(value.name()).to_owned(),
        None => format!("other ({number})"),
    }
}

/// A moment in local time, where the message is one.
fn instant(message: &DynamicMessage) -> Option<String> {
    match message.descriptor().full_name() {
        "google.protobuf.Timestamp" => {
            let number = |name| message.get_field_by_name(name);
            let seconds = number("seconds")?.as_i64()?;
            let nanos = number("nanos")?.as_i32()?;
            let at = jiff::Timestamp::new(seconds, nanos).ok()?;
            Some(calendar::on_screen_with_year(at))
        }
        "staysafe.v1.Instant" => {
            let at = message.get_field_by_name("at")?;
            instant(at.as_message()?)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::json;
    use super::*;
    use crate::wire::v1;

    fn shown(alert: &str) -> String {
        let alert: v1::Alert = json::read("staysafe.v1.Alert", alert).unwrap();
        lines(&json::dynamic("staysafe.v1.Alert", &alert).unwrap(), 0).join("\n")
    }

    #[test]
    fn an_alert_reads_as_indented_lines_with_local_times_and_short_codes() {
        let shown = shown(
            r#"{
              "envelope": {
                "kind": "ALERT_KIND_MISSING_REPORTED",
                "occurredAt": {"at": "2026-10-24T23:40:00Z", "utcOffsetMinutes": 60},
                "subjects": [
                  {"familyName": "Marrowby", "givenNames": ["Ellie-Test"], "sex": "SEX_F",
                   "addresses": [{"type": "ADDRESS_TYPE_HOME", "postcode": "ZX43 2AB"}]}
                ]
              },
              "missing": {
                "informSchool": true,
                "riskFactors": ["MISSING_RISK_FACTOR_MEDICATION", "MISSING_RISK_FACTOR_SELF_HARM"]
              }
            }"#,
        );

        insta::assert_snapshot!(shown, @r"
        envelope:
          kind: MISSING_REPORTED
          occurred_at: Sun 25 Oct 2026 00:40 BST
          subjects[0]:
            family_name: Marrowby
            given_names: Ellie-Test
            sex: F
            addresses[0]:
              type: HOME
              postcode: ZX43 2AB
        missing:
          inform_school: yes
          risk_factors: MEDICATION, SELF_HARM
        ");
    }

    #[test]
    fn a_code_of_a_newer_contract_is_shown_and_not_dropped() {
        assert_eq!(shown(r#"{"envelope": {"risk": 99}}"#), "envelope:\n  risk: other (99)");
    }

    #[test]
    fn a_text_of_several_lines_stays_set_in_and_cannot_steer_the_terminal() {
        let shown = shown(r#"{"envelope": {"childVoice": "first\nsecond\u001b[31m"}}"#);

        assert_eq!(shown, "envelope:\n  child_voice: first\n    second\u{FFFD}[31m");
    }
}
