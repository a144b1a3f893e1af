//! The contract's generated types, and what turns them into the words of the field and back.
//!
//! The types come from `proto/staysafe/v1` through `build.rs`. `Debug` of a type that holds parts of an alert
//! shows its name only: personal data cannot reach a log through `{:?}`.

pub mod json;
pub mod parse;
pub mod render;
pub mod words;

/// The types, clients and servers of package `staysafe.v1`.
#[allow(
    clippy::all,
    clippy::restriction,
    clippy::pedantic,
    clippy::nursery,
    clippy::allow_attributes,
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    unused_results,
    rustdoc::all,
    reason = "generated"
)]
pub mod v1 {
    tonic::include_proto!("staysafe.v1");
    include!(concat!(env!("OUT_DIR"), "/redacted_debug.rs"));
}

/// The contract as an encoded `google.protobuf.FileDescriptorSet`, our field options included: for server
/// reflection, canonical JSON and tests.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// `staysafe.v1.SubmitAlertRequest` with the alert as the bytes received.
///
/// On the wire a message field and a bytes field are the same. Kept as bytes, a field that this hub does not
/// know is sealed with the rest and not lost; parsing decodes them once.
#[derive(Clone, PartialEq, prost::Message)]
#[prost(skip_debug)]
pub struct SubmitAlertRequest {
    /// The sender's own key, unique per agency for 30 days.
    #[prost(string, tag = "1")]
    pub idempotency_key: String,
    /// An encoded [`v1::Alert`].
    #[prost(bytes = "bytes", tag = "2")]
    pub alert: prost::bytes::Bytes,
    /// The incomplete alert that this one completes; empty for a new alert.
    #[prost(string, tag = "3")]
    pub completes: String,
}

impl std::fmt::Debug for SubmitAlertRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SubmitAlertRequest [redacted]")
    }
}
