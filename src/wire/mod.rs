//! The contract's generated types, and what turns them into the words of the field and back.
//!
//! The types come from `proto/staysafe/v1` through `build.rs`. `Debug` of a type that holds parts of an alert
//! shows its name only: personal data cannot reach a log through `{:?}`.

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
