//! Canonical proto3 JSON of the contract's messages, as values to print, and messages to be read field by field.
//!
//! Messages are named in full, such as `staysafe.v1.Receipt`.

use std::sync::LazyLock;

use prost::Message;
use prost_reflect::{DescriptorError, DescriptorPool, DynamicMessage};
use serde_json::Value;

use super::error::CliError;
use crate::wire::{self, json};

static CONTRACT: LazyLock<Result<DescriptorPool, DescriptorError>> =
    LazyLock::new(|| DescriptorPool::decode(wire::DESCRIPTORS));

/// Reads one message. A field the contract does not have is refused, not lost.
pub(crate) fn read<M: Message + Default>(name: &'static str, text: &str) -> Result<M, CliError> {
    json::from_json(name, text).map_err(|error| CliError::Malformed {
        what: format!("this is no {}", short(name)),
        why: error.to_string(),
    })
}

/// A message as a JSON value; fields that are not set are left out.
pub(crate) fn of(name: &'static str, message: &impl Message) -> Result<Value, CliError> {
    let failed = || format!("could not write {}", short(name));
    let text =
        json::to_json(name, message).map_err(|source| CliError::because(failed(), source))?;
    serde_json::from_str(&text).map_err(|source| CliError::because(failed(), source))
}

/// A message whose fields are known by name.
pub(crate) fn dynamic(name: &str, message: &impl Message) -> Result<DynamicMessage, CliError> {
    let known = CONTRACT.as_ref().ok().and_then(|contract| contract.get_message_by_name(name));
    let known = known.ok_or_else(|| CliError::failed(format!("the contract has no {name}")))?;
    DynamicMessage::decode(known, message.encode_to_vec().as_slice())
        .map_err(|source| CliError::because(format!("could not read {}", short(name)), source))
}

fn short(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::v1;

    #[test]
    fn a_message_comes_back_from_its_json() {
        let receipt = v1::Receipt {
            kind: v1::ReceiptKind::Taken.into(),
            alert_id: "a".to_owned(),
            entry_index: u64::MAX,
            leaf: vec![0, 255],
            ..v1::Receipt::default()
        };

        let json = of("staysafe.v1.Receipt", &receipt).unwrap();

        assert_eq!(json["kind"], "RECEIPT_KIND_TAKEN");
        assert_eq!(json["entryIndex"], u64::MAX.to_string(), "canonical: 64 bits as a string");
        let back: v1::Receipt = read("staysafe.v1.Receipt", &json.to_string()).unwrap();
        assert_eq!(back, receipt);
    }

    #[test]
    fn a_field_that_the_contract_does_not_have_is_refused_by_its_path() {
        let text = r#"{"envelope":{"headlineConcernn":"Marrowby"}}"#;

        let refused = read::<v1::Alert>("staysafe.v1.Alert", text).unwrap_err().to_string();

        assert!(refused.contains("envelope.headlineConcernn"), "{refused}");
        assert!(!refused.contains("Marrowby"), "{refused}");
    }

    #[test]
    fn every_message_is_known_to_the_reader_by_name() {
        assert!(dynamic("staysafe.v1.Alert", &v1::Alert::default()).is_ok());
        assert!(dynamic("staysafe.v1.Nothing", &v1::Alert::default()).is_err());
    }
}
