//! The binary from outside: a hub and its clients as processes, called as a person would call them.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "test helpers"
)]

mod backup;
mod bench;
#[path = "../support/child_hub.rs"]
mod child_hub;
mod demo;
mod hub;
mod partnership;
mod report;
mod support;
mod witness;
