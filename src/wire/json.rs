//! The contract's messages as canonical proto3 JSON, for files and for people.
//!
//! Reads and writes `lowerCamelCase` names (snake_case is read too), enums by name, instants as RFC 3339, bytes
//! as base64. A name the contract does not have is an error, never dropped. Errors name the place, never the
//! value: such files hold personal data.

use std::sync::LazyLock;

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor};
use serde_json::Value;

use super::{DESCRIPTORS, SubmitAlertRequest, v1};

/// The longest JSON text read, in bytes: 4 MiB, several times the longest message.
pub const TEXT_BYTES_MAX: usize = 4 * 1024 * 1024;

static POOL: LazyLock<Result<DescriptorPool, prost_reflect::DescriptorError>> =
    LazyLock::new(|| DescriptorPool::decode(DESCRIPTORS));

/// Why a text is not a message, or a message cannot be written.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum JsonError {
    /// The text is longer than [`TEXT_BYTES_MAX`].
    #[error("the text is longer than 4 MiB")]
    TooLong,
    /// Not JSON at all.
    #[error("not JSON: line {line}, column {column}")]
    Syntax {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },
    /// The contract has no such field.
    #[error("{path}: there is no such field in {message}")]
    UnknownField {
        /// Where, e.g. `alert.envelope.rsk`.
        path: String,
        /// The message that was expected to have it.
        message: String,
    },
    /// A value of the wrong type, or a code that is not in the list.
    #[error("{path}: must be {expected}")]
    WrongValue {
        /// Where; empty for the whole text.
        path: String,
        /// What would be right.
        expected: String,
    },
    /// The contract does not hold this message: a fault of this program.
    #[error("the contract has no message {0}")]
    UnknownMessage(&'static str),
    /// The message does not fit the contract: a fault of this program.
    #[error("the message does not fit {0}")]
    Mismatch(&'static str),
}

impl JsonError {
    /// The stable reason code.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::TooLong => "JSON_TOO_LONG",
            Self::Syntax { .. } => "JSON_SYNTAX",
            Self::UnknownField { .. } => "JSON_UNKNOWN_FIELD",
            Self::WrongValue { .. } => "JSON_WRONG_VALUE",
            Self::UnknownMessage(_) | Self::Mismatch(_) => "JSON_INTERNAL",
        }
    }
}

/// Reads a submission. What it says is not checked: see [`super::parse`].
///
/// # Errors
/// [`JsonError`] naming the place.
pub fn request_from_json(text: &str) -> Result<SubmitAlertRequest, JsonError> {
    from_json("staysafe.v1.SubmitAlertRequest", text)
}

/// Writes a submission, indented.
///
/// # Errors
/// [`JsonError::Mismatch`] when its alert is no message of the contract.
pub fn request_to_json(request: &SubmitAlertRequest) -> Result<String, JsonError> {
    to_json("staysafe.v1.SubmitAlertRequest", request)
}

/// Writes a copy, indented, without its padding.
///
/// # Errors
/// [`JsonError::Mismatch`] never in practice: every copy fits the contract.
pub fn copy_to_json(copy: &v1::AlertCopy) -> Result<String, JsonError> {
    let copy = v1::AlertCopy { padding: Vec::new(), ..copy.clone() };
    to_json("staysafe.v1.AlertCopy", &copy)
}

/// Reads any message of the contract by its full name.
///
/// # Errors
/// [`JsonError`] naming the place.
pub fn from_json<M: Message + Default>(name: &'static str, text: &str) -> Result<M, JsonError> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(JsonError::TooLong);
    }
    let descriptor = message(name)?;
    let value: Value = serde_json::from_str(text)
        .map_err(|error| JsonError::Syntax { line: error.line(), column: error.column() })?;
    let dynamic = DynamicMessage::deserialize(descriptor.clone(), &value)
        .map_err(|_holds_values| fault(&descriptor, &value, ""))?;
    M::decode(dynamic.encode_to_vec().as_slice()).map_err(|_not_it| JsonError::Mismatch(name))
}

/// Writes any message of the contract by its full name, indented.
///
/// # Errors
/// [`JsonError::Mismatch`] when `message` is not a message of that name.
pub fn to_json(name: &'static str, message: &impl Message) -> Result<String, JsonError> {
    let descriptor = self::message(name)?;
    let mismatch = |()| JsonError::Mismatch(name);
    let bytes = message.encode_to_vec();
    let dynamic = DynamicMessage::decode(descriptor, bytes.as_slice())
        .map_err(|_holds_values| mismatch(()))?;
    serde_json::to_string_pretty(&dynamic).map_err(|_holds_values| mismatch(()))
}

fn message(name: &'static str) -> Result<MessageDescriptor, JsonError> {
    let pool = POOL.as_ref().ok();
    pool.and_then(|pool| pool.get_message_by_name(name)).ok_or(JsonError::UnknownMessage(name))
}

/// Finds the first place in `value` that does not fit, by trying each part alone.
fn fault(descriptor: &MessageDescriptor, value: &Value, path: &str) -> JsonError {
    let whole = || JsonError::WrongValue {
        path: path.to_owned(),
        expected: format!("a valid {}", descriptor.name()),
    };
    let Value::Object(fields) = value else { return whole() };
    for (name, value) in fields {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let by_json = descriptor.get_field_by_json_name(name);
        let Some(field) = by_json.or_else(|| descriptor.get_field_by_name(name)) else {
            return JsonError::UnknownField { path, message: descriptor.name().to_owned() };
        };
        if let Some(fault) = field_fault(&field, value, path) {
            return fault;
        }
    }
    whole()
}

fn field_fault(field: &FieldDescriptor, value: &Value, path: String) -> Option<JsonError> {
    if let (true, Value::Array(elements)) = (field.is_list(), value) {
        // An element is tried as the list of it alone.
        return elements.iter().enumerate().find_map(|(index, value)| {
            let alone = Value::Array(vec![value.clone()]);
            single_fault(field, value, alone, format!("{path}[{index}]"))
        });
    }
    single_fault(field, value, value.clone(), path)
}

/// Tries a field of the message alone with `tried`, which holds `value`.
fn single_fault(
    field: &FieldDescriptor,
    value: &Value,
    tried: Value,
    path: String,
) -> Option<JsonError> {
    let alone = Value::Object([(field.json_name().to_owned(), tried)].into_iter().collect());
    if DynamicMessage::deserialize(field.parent_message().clone(), &alone).is_ok() {
        return None;
    }
    match (field.kind(), value) {
        (Kind::Message(inner), Value::Object(_)) => Some(fault(&inner, value, &path)),
        (kind, _) => {
            let is_list = field.is_list() && !path.ends_with(']');
            let one = expected(&kind);
            let expected = if is_list { format!("a list; each element {one}") } else { one };
            Some(JsonError::WrongValue { path, expected })
        }
    }
}

/// What one value of a kind is, in words.
fn expected(kind: &Kind) -> String {
    match kind {
        Kind::Bool => "true or false".to_owned(),
        Kind::String => "a text in quotes".to_owned(),
        Kind::Bytes => "base64 in quotes".to_owned(),
        Kind::Double | Kind::Float => "a number".to_owned(),
        Kind::Int32
        | Kind::Sint32
        | Kind::Sfixed32
        | Kind::Int64
        | Kind::Sint64
        | Kind::Sfixed64 => "a whole number".to_owned(),
        Kind::Uint32 | Kind::Fixed32 | Kind::Uint64 | Kind::Fixed64 => {
            "a whole number, 0 or more".to_owned()
        }
        Kind::Enum(list) => {
            let names: Vec<_> = list.values().map(|value| value.name().to_owned()).collect();
            format!("one of {}", names.get(1..).unwrap_or(&names).join(", "))
        }
        Kind::Message(inner) if inner.full_name() == "google.protobuf.Timestamp" => {
            "a time like 2026-10-23T21:40:00Z".to_owned()
        }
        Kind::Message(inner) => format!("an object ({})", inner.name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault_of(text: &str) -> String {
        request_from_json(text).unwrap_err().to_string()
    }

    #[test]
    fn a_request_reads_back_as_it_was_written() {
        let text = r#"{"idempotencyKey": "K-1", "alert": {"envelope": {
            "kind": "ALERT_KIND_MISSING_REPORTED",
            "sentAt": {"at": "2026-10-23T21:40:00Z", "utcOffsetMinutes": 60},
            "subjects": [{"person_ref": "child"}]}}}"#;

        let request = request_from_json(text).unwrap();
        let again = request_from_json(&request_to_json(&request).unwrap()).unwrap();

        assert_eq!(request, again);
        let alert = v1::Alert::decode(request.alert.as_ref()).unwrap();
        let envelope = alert.envelope.unwrap();
        assert_eq!(envelope.kind(), v1::AlertKind::MissingReported);
        assert_eq!(envelope.subjects[0].person_ref, "child");
    }

    #[test]
    fn a_name_the_contract_does_not_have_is_named_with_its_place() {
        assert_eq!(
            fault_of(r#"{"alert": {"envelope": {"subjects": [{}, {"famlyName": "Marrowby"}]}}}"#),
            "alert.envelope.subjects[1].famlyName: there is no such field in Person"
        );
    }

    #[test]
    fn a_wrong_value_is_named_with_its_place_and_never_shown() {
        for (text, fault) in [
            (
                r#"{"alert": {"envelope": {"risk": "Marrowby"}}}"#,
                "alert.envelope.risk: must be one of RISK_NONE_APPARENT, RISK_LOW, RISK_MEDIUM, RISK_HIGH",
            ),
            (
                r#"{"alert": {"envelope": {"sentAt": {"at": "Marrowby"}}}}"#,
                "alert.envelope.sentAt.at: must be a time like 2026-10-23T21:40:00Z",
            ),
            (
                r#"{"alert": {"envelope": {"exercise": "Marrowby"}}}"#,
                "alert.envelope.exercise: must be true or false",
            ),
            (
                r#"{"alert": {"envelope": {"subjects": [{"givenNames": ["Ellie", 7]}]}}}"#,
                "alert.envelope.subjects[0].givenNames[1]: must be a text in quotes",
            ),
            (
                r#"{"alert": {"envelope": {"subjects": "Marrowby"}}}"#,
                "alert.envelope.subjects: must be a list; each element an object (Person)",
            ),
            (r#"["Marrowby"]"#, ": must be a valid SubmitAlertRequest"),
            ("{\n\"alert\": Marrowby", "not JSON: line 2, column 10"),
        ] {
            assert_eq!(fault_of(text), fault);
        }
    }

    #[test]
    fn a_text_over_the_bound_is_not_read() {
        let text = " ".repeat(TEXT_BYTES_MAX);

        assert_eq!(request_from_json(&text).unwrap_err().reason(), "JSON_SYNTAX");
        assert_eq!(request_from_json(&format!("{text} ")).unwrap_err(), JsonError::TooLong);
    }

    #[test]
    fn a_copy_is_written_without_its_padding() {
        let copy = v1::AlertCopy { sequence: 7, padding: vec![0; 100], ..v1::AlertCopy::default() };

        assert_eq!(copy_to_json(&copy).unwrap(), "{\n  \"sequence\": \"7\"\n}");
    }
}
