//! Who sees which field: the scenarios' redaction paragraphs, and properties over random alerts.
#![expect(
    clippy::unwrap_used,
    clippy::arithmetic_side_effects,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    reason = "test helpers"
)]

mod help;
mod interview;
mod marac;
mod people;
mod police;
mod properties;
mod referrals;
mod scenarios;
mod special;

use std::sync::LazyLock;

use prost_reflect::prost::Message as _;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor};
use serde_json::Value;
use staysafe::domain::{AlertKind, Letter, View};
use staysafe::policy::views::{self, CopyRequest, Cut, RedactionReason};
use staysafe::wire;

static POOL: LazyLock<DescriptorPool> =
    LazyLock::new(|| DescriptorPool::decode(wire::DESCRIPTORS).unwrap());

fn alert_descriptor() -> MessageDescriptor {
    POOL.get_message_by_name("staysafe.v1.Alert").unwrap()
}

/// The bytes of an alert given as canonical JSON.
fn bytes(alert: &Value) -> Vec<u8> {
    DynamicMessage::deserialize(alert_descriptor(), alert).unwrap().encode_to_vec()
}

/// A copy's body as canonical JSON with the contract's own field names.
fn json(body: &[u8]) -> Value {
    let message = DynamicMessage::decode(alert_descriptor(), body).unwrap();
    let options = prost_reflect::SerializeOptions::new().use_proto_field_name(true);
    message.serialize_with_options(serde_json::value::Serializer, &options).unwrap()
}

fn cut(alert: &Value, request: &CopyRequest<'_>) -> Cut {
    views::cut(&bytes(alert), request).unwrap()
}

fn standard<'a>(kind: AlertKind, letter: Letter) -> CopyRequest<'a> {
    CopyRequest::new(kind, letter, View::Standard)
}

/// The reason a path is marked with, if it is.
fn marker(copy: &Cut, path: &str) -> Option<RedactionReason> {
    copy.redactions.iter().find(|redaction| redaction.path == path).map(|found| found.reason)
}

fn banner_codes(copy: &Cut) -> Vec<&'static str> {
    copy.banners.iter().map(|banner| banner.code.as_str()).collect()
}

fn banner_text(copy: &Cut) -> String {
    copy.banners.iter().map(|banner| banner.text.as_str()).collect::<Vec<_>>().join(" ")
}

/// Whether the words occur anywhere in what the recipient gets.
fn shows(copy: &Cut, words: &str) -> bool {
    json(&copy.body).to_string().contains(words) || banner_text(copy).contains(words)
}
