//! The hub as its partners meet it: real sockets, real mutual TLS, a real data directory.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "test helpers"
)]

mod answers;
mod conflict;
mod scenarios;
mod support;
