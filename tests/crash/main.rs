//! A hub in a process of its own that is killed, loses its disk, and is called by a transport no one here wrote.
//! Nothing acknowledged may be lost, nothing may be acknowledged before it is durable.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "test helpers"
)]

#[path = "../support/child_hub.rs"]
mod child_hub;
mod disk;
mod kill;
mod outside;
#[path = "../support/place.rs"]
mod place;
mod support;
