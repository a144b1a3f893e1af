//! The hub at its bounds and one past them, met by clients that keep to no rule: floods, stalled readers, oversize
//! messages, revoked certificates, a stop under load. Whatever one does, the others are served.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "test helpers"
)]

mod certificates;
#[path = "../support/child_hub.rs"]
mod child_hub;
mod draining;
mod floods;
mod frames;
mod headers;
mod messages;
#[path = "../support/place.rs"]
mod place;
mod streams;
mod support;
