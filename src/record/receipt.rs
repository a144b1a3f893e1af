//! Receipts: signed promises of the hub, and their checking without the hub.
//!
//! A receipt proves that one event stands in the audit log: the event's salted hash is in the leaf, the leaf is
//! under the root of the group that was made durable together, and the hub has signed that root. One signature
//! serves the whole group. Later an inclusion proof shows the same leaf under a published checkpoint.
//!
//! Pure: what a partner runs on what it was sent. A content key given with a stored receipt is not checked
//! here: it opens the event's `content` over the bytes that the sender itself holds.

use prost::bytes::Bytes;

use super::{Leaf, RecordError, RecordedEntry, RecordedEvent, decode_event, event_hash};
use crate::domain::codes::code_list;
use crate::domain::event::{Event, EventKind};
use crate::domain::receipt::GroupStatement;
use crate::domain::{AlertId, Position};
use crate::merkle::{
    Hash, INCLUSION_HASHES_MAX, KeyName, ProofError, SIGNATURE_BYTES, VerifierKey, leaf_hash,
    verify_inclusion,
};

code_list! {
    /// What a receipt promises.
    ReceiptKind {
        /// The alert is durable at the hub, with its audit entry.
        Stored = 1 => "STORED",
        /// The recipient's system says that it has stored the copy. Nobody need have seen it.
        Delivered = 2 => "DELIVERED",
        /// A named person of the recipient agency has taken it.
        Taken = 3 => "TAKEN",
    }
}

impl ReceiptKind {
    /// The event that a receipt of this kind shows.
    #[must_use]
    pub const fn event(self) -> EventKind {
        match self {
            Self::Stored => EventKind::AlertSubmitted,
            Self::Delivered => EventKind::Confirmed,
            Self::Taken => EventKind::Acknowledged,
        }
    }
}

/// A signed promise about one event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// What it promises.
    pub kind: ReceiptKind,
    /// The alert it is about.
    pub alert: AlertId,
    /// Index of the entry in the audit log.
    pub entry: Position,
    /// The leaf's bytes.
    pub leaf: Bytes,
    /// The one event, with its salt.
    pub event: RecordedEvent,
    /// From the leaf to the group's root; at most [`INCLUSION_HASHES_MAX`] hashes.
    pub path: Vec<Hash>,
    /// The group.
    pub group: GroupStatement,
    /// Ed25519 over [`GroupStatement::to_bytes`].
    pub signature: [u8; SIGNATURE_BYTES],
    /// The signer's name.
    pub key_name: KeyName,
    /// Stored receipts for the sender only: the key of the event's `content`.
    pub content_key: Option<[u8; 32]>,
}

/// What a checked receipt says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifiedReceipt {
    /// Index of the entry in the audit log.
    pub entry_index: u64,
    /// Hub time at which the entry's group was made durable, in milliseconds since 1970-01-01T00:00:00Z.
    pub hub_time_ms: i64,
    /// The event.
    pub event: Event,
    /// The leaf: who and when.
    pub leaf: Leaf,
}

/// Why a receipt proves nothing.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReceiptError {
    /// Another name than the expected key's.
    #[error("the receipt is signed by another hub")]
    OtherKey,
    /// The signature is not the key's over this group.
    #[error("the receipt's signature is not valid")]
    BadSignature,
    /// The leaf is not in the group.
    #[error("the receipt's entry is not in its group")]
    NotInGroup(#[source] ProofError),
    /// The leaf or the event cannot be read.
    #[error("the receipt cannot be read")]
    Unreadable(#[from] RecordError),
    /// The event is not in the leaf.
    #[error("the receipt's event is not in its entry")]
    NotInLeaf,
    /// The event is not the one that a receipt of this kind about this alert shows.
    #[error("the receipt's event is about something else")]
    OtherEvent,
}

/// Checks a receipt with nothing but the hub's public key.
///
/// # Errors
/// [`ReceiptError`]: the first thing that does not hold.
pub fn verify_receipt(
    receipt: &Receipt,
    key: &VerifierKey,
) -> Result<VerifiedReceipt, ReceiptError> {
    if receipt.key_name != *key.name() {
        return Err(ReceiptError::OtherKey);
    }
    let group = &receipt.group;
    if !key.signed(&group.to_bytes(), &receipt.signature) {
        return Err(ReceiptError::BadSignature);
    }
    if receipt.path.len() > INCLUSION_HASHES_MAX {
        return Err(ReceiptError::NotInGroup(ProofError::TooLong));
    }
    let place = receipt.entry.0.checked_sub(receipt.group.first.0);
    let place = place.ok_or(ReceiptError::NotInGroup(ProofError::IndexBeyondSize))?;
    let (size, root) = (u64::from(group.size), Hash(group.root));
    verify_inclusion(&leaf_hash(&receipt.leaf), place, size, &receipt.path, &root)
        .map_err(ReceiptError::NotInGroup)?;

    let leaf = RecordedEntry { leaf: receipt.leaf.clone(), events: Vec::new() }.decode_leaf()?;
    if !leaf.event_hashes.contains(&event_hash(&receipt.event.salt, &receipt.event.bytes)) {
        return Err(ReceiptError::NotInLeaf);
    }
    let event = decode_event(&receipt.event.bytes)?;
    match event.kind == receipt.kind.event() && event.alert == Some(receipt.alert) {
        true => Ok(VerifiedReceipt {
            entry_index: receipt.entry.0,
            hub_time_ms: group.at.as_millis(),
            event,
            leaf,
        }),
        false => Err(ReceiptError::OtherEvent),
    }
}
