//! The stored form of every commit and entry (`proto/staysafe/record/v1/record.proto`).
//!
//! Owns the bytes of the journal, of its index and of the audit log's leaves, and the way back from bytes to the
//! words of the field. Decoding is total: bytes that are not a record are a [`RecordError`] naming the field,
//! never the value. What a record says is not judged again: rules change, records do not.
//!
//! Old bytes stay readable. The golden files beside this module hold one of each with every field set; a test
//! fails when today's code writes other bytes or no longer reads those.

mod alert;
mod body;
mod conflicts;
mod consent;
mod counted;
mod delivery;
mod directory;
mod disagreement;
mod encode;
mod entry;
mod error;
mod field;
mod fields;
mod mentions;
mod receipt;
mod referral;
mod write;

#[cfg(test)]
mod arbitrary;
#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;

use std::ops::Range;

use prost::Message as _;
use prost::bytes::Bytes;

use crate::domain::directory::Directory;
use crate::domain::event::{EntryDraft, Event, EventKind};
use crate::domain::{AlertId, AlertRecord};

use encode::{Encode, Encoder, encoded};

pub use body::{Body, decode_body, encode_body};
pub use conflicts::{kept_from, open_conflicts, seal_conflicts};
pub use entry::{Leaf, event_hash};
pub use error::RecordError;
pub use mentions::{open_mentions, seal_mentions};
pub use receipt::{Receipt, ReceiptError, ReceiptKind, VerifiedReceipt, verify_receipt};
pub use write::Write;

/// The generated types of the stored form; nothing outside this module sees them.
mod pb {
    #![expect(unreachable_pub, reason = "generated code writes `pub`")]
    #![expect(clippy::large_enum_variant, reason = "a write is decoded, converted and dropped")]
    #![expect(clippy::use_self, reason = "generated code writes the name of a message within it")]
    #![expect(clippy::struct_excessive_bools, reason = "each is a field of the stored form")]
    include!(concat!(env!("OUT_DIR"), "/staysafe.record.v1.rs"));
}

/// The format this code writes, and the newest it reads.
pub const FORMAT: u32 = 1;

// About how many bytes each takes: room that need not grow for most.
const EVENT_BYTES: usize = 192;
const LEAF_BYTES: usize = 768;
const ALERT_BYTES: usize = 1_024;
const COMMIT_BYTES: usize = 6 * 1_024;

/// One entry as it is recorded: the leaf, and each event under its own salt.
///
/// The leaf commits to each event by `SHA-256(0x02 || salt || event)`, so one event can be shown and proven
/// without the others. The bytes are stored once and never re-encoded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordedEntry {
    /// The leaf's bytes: what the audit tree hashes.
    pub leaf: Bytes,
    /// The events in order.
    pub events: Vec<RecordedEvent>,
}

/// One event's bytes and its salt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordedEvent {
    /// Random, so that the leaf's commitment says nothing about the event.
    pub salt: [u8; 32],
    /// The event's bytes.
    pub bytes: Bytes,
}

/// One commit as it is stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredCommit {
    /// Its entry.
    pub entry: RecordedEntry,
    /// Its changes, in the order in which they apply.
    pub writes: Vec<Write>,
}

impl RecordedEntry {
    /// Encodes an entry. Each event's salt is `SHA-256("staysafe event salt" || seed || index)`, the index as
    /// 4 bytes, most significant first.
    #[must_use]
    pub fn record(draft: &EntryDraft, salt_seed: &[u8; 32]) -> Self {
        let room = draft.events.len().saturating_mul(EVENT_BYTES);
        let all = encode::each_apart(&draft.events, room);
        let event = |(index, bytes)| {
            let salt = entry::event_salt(salt_seed, index);
            RecordedEvent { salt, bytes }
        };
        let events: Vec<RecordedEvent> = (0_u32..).zip(all).map(event).collect();
        let leaf = Leaf {
            actor: draft.actor.clone(),
            at: draft.at,
            event_hashes: events
                .iter()
                .map(|event| event_hash(&event.salt, &event.bytes))
                .collect(),
        };
        Self { leaf: encoded(&leaf, LEAF_BYTES).into(), events }
    }

    /// The hash the audit tree holds for this entry: `SHA-256(0x00 || leaf)` (RFC 9162 section 2.1.1).
    #[must_use]
    pub fn leaf_hash(&self) -> [u8; 32] {
        entry::sha256(&[&[0x00], &self.leaf])
    }

    /// Reads the leaf.
    ///
    /// # Errors
    /// When the bytes are not a leaf of a known format.
    pub fn decode_leaf(&self) -> Result<Leaf, RecordError> {
        pb::Leaf::decode(self.leaf.as_ref())
            .map_err(|source| RecordError::unreadable("Leaf", source))?
            .try_into()
    }
}

/// Encodes a commit.
#[must_use]
pub fn encode_commit(entry: &RecordedEntry, writes: &[Write]) -> Vec<u8> {
    encoded(&Stored { entry, writes }, COMMIT_BYTES)
}

/// A commit to be stored.
struct Stored<'a> {
    entry: &'a RecordedEntry,
    writes: &'a [Write],
}

impl Encode for Stored<'_> {
    fn encode(&self, to: &mut Encoder) {
        to.code(1, FORMAT);
        to.one(2, self.entry);
        to.each(3, self.writes);
    }
}

/// Reads a commit.
///
/// # Errors
/// When the bytes are not a commit of a known format.
pub fn decode_commit(bytes: &[u8]) -> Result<StoredCommit, RecordError> {
    let stored = pb::StoredCommit::decode(bytes)
        .map_err(|source| RecordError::unreadable("StoredCommit", source))?;
    field::format("StoredCommit.format", stored.format)?;
    Ok(StoredCommit {
        entry: field::required("StoredCommit.entry", stored.entry)?.try_into()?,
        writes: stored.writes.into_iter().map(Write::try_from).collect::<Result<_, _>>()?,
    })
}

/// Where in the bytes of a commit the records of the alerts lie that it puts, in the order of its writes. Bytes that are
/// no commit end the list.
pub fn alerts_in_commit(commit: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let writes = fields::of(commit).filter(|(number, _)| *number == WRITES);
    writes.flat_map(|(_, write)| {
        let inner = fields::of(commit.get(write.clone()).unwrap_or_default());
        inner.filter(|(number, _)| *number == ALERT).map(move |(_, alert)| {
            let at = |place: usize| place.saturating_add(write.start);
            at(alert.start)..at(alert.end)
        })
    })
}

/// `StoredCommit.writes`.
const WRITES: u32 = 3;
/// `Write.alert`.
const ALERT: u32 = 1;

/// Encodes an alert's record.
#[must_use]
pub fn encode_alert(alert: &AlertRecord) -> Vec<u8> {
    encoded(alert, ALERT_BYTES)
}

/// Reads an alert's record.
///
/// # Errors
/// When the bytes are not one.
pub fn decode_alert(bytes: &[u8]) -> Result<AlertRecord, RecordError> {
    pb::AlertRecord::decode(bytes)
        .map_err(|source| RecordError::unreadable("AlertRecord", source))?
        .try_into()
}

/// Encodes a directory.
#[must_use]
pub fn encode_directory(directory: &Directory) -> Vec<u8> {
    pb::Directory::from(directory).encode_to_vec()
}

/// Reads a directory.
///
/// # Errors
/// When the bytes are not one.
pub fn decode_directory(bytes: &[u8]) -> Result<Directory, RecordError> {
    pb::Directory::decode(bytes)
        .map_err(|source| RecordError::unreadable("Directory", source))?
        .try_into()
}

/// What an event is about, without the rest of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EventHead {
    /// What happened; none where this code does not know it.
    pub kind: Option<EventKind>,
    /// The alert.
    pub alert: Option<AlertId>,
    /// The delivery's number within the alert.
    pub delivery: Option<u32>,
}

/// Reads what an event is about.
///
/// # Errors
/// When the bytes are no event.
pub fn decode_event_head(bytes: &[u8]) -> Result<EventHead, RecordError> {
    let raw =
        entry::Head::decode(bytes).map_err(|source| RecordError::unreadable("Event", source))?;
    let alert = raw.alert.map(|raw| field::id("Event.alert", &raw, AlertId::from_bytes));
    let (kind, delivery) = (EventKind::from_code(raw.kind), raw.delivery);
    Ok(EventHead { kind, alert: alert.transpose()?, delivery })
}

/// Reads one event.
///
/// # Errors
/// When the bytes are not one.
pub fn decode_event(bytes: &[u8]) -> Result<Event, RecordError> {
    pb::Event::decode(bytes).map_err(|source| RecordError::unreadable("Event", source))?.try_into()
}
