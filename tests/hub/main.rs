//! The hub as its partners meet it: real sockets, real mutual TLS, a real data directory.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    clippy::arithmetic_side_effects,
    reason = "test helpers"
)]

mod access;
mod after;
mod answers;
mod canary;
#[path = "../support/child_hub.rs"]
mod child_hub;
mod chronology;
mod conflict;
mod duplicates;
mod help;
mod naming;
mod partnership;
mod referrals;
mod refusals;
mod scenarios;
mod starting;
mod support;
