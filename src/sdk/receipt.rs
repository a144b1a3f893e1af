//! Verifying a receipt offline, with the hub's public key alone.

use crate::domain::receipt::GroupStatement;
use crate::domain::{AlertId, Position, Timestamp};
use crate::merkle::{Hash, KeyName, VerifierKey};
use crate::record::{
    Receipt, ReceiptError as NotProven, ReceiptKind, RecordedEvent, VerifiedReceipt, verify_receipt,
};
use crate::wire::v1;

/// Why a receipt does not hold.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptError {
    /// A field of the receipt is not of its form.
    #[error("the receipt's {field} is malformed")]
    Malformed {
        /// The field.
        field: &'static str,
    },
    /// It is well-formed and proves nothing.
    #[error("the receipt does not hold")]
    NotProven(#[from] NotProven),
}

/// Checks a receipt as it came over the wire.
///
/// # Errors
/// [`ReceiptError`], naming the first step that does not hold.
pub fn verify(receipt: &v1::Receipt, key: &VerifierKey) -> Result<VerifiedReceipt, ReceiptError> {
    Ok(verify_receipt(&parse(receipt)?, key)?)
}

fn parse(raw: &v1::Receipt) -> Result<Receipt, ReceiptError> {
    let malformed = |field| ReceiptError::Malformed { field };
    let hash = |bytes: &Vec<u8>, field| Hash::from_slice(bytes).ok_or(malformed(field));
    let kind = u32::try_from(raw.kind).ok().and_then(ReceiptKind::from_code);
    let content_key = match raw.content_key.as_slice() {
        [] => None,
        key => Some(key.try_into().map_err(|_length| malformed("content_key"))?),
    };
    Ok(Receipt {
        kind: kind.ok_or(malformed("kind"))?,
        alert: AlertId::try_from(raw.alert_id.as_str())
            .map_err(|_malformed| malformed("alert_id"))?,
        entry: Position(raw.entry_index),
        leaf: raw.leaf.clone().into(),
        event: RecordedEvent {
            salt: *hash(&raw.event_salt, "event_salt")?.as_bytes(),
            bytes: raw.event.clone().into(),
        },
        path: raw.path.iter().map(|step| hash(step, "path")).collect::<Result<_, _>>()?,
        group: GroupStatement {
            first: Position(raw.group_first_index),
            size: raw.group_size,
            at: Timestamp::from_millis(raw.hub_time_ms),
            root: *hash(&raw.group_root, "group_root")?.as_bytes(),
        },
        signature: raw.signature.as_slice().try_into().map_err(|_length| malformed("signature"))?,
        key_name: KeyName::try_from(raw.key_name.clone())
            .map_err(|_malformed| malformed("key_name"))?,
        content_key,
    })
}
