//! Receipts.

use super::{code, v1};
use crate::record::Receipt;

/// A receipt, byte for byte as it was first given.
#[must_use]
pub fn receipt(receipt: &Receipt) -> v1::Receipt {
    v1::Receipt {
        kind: code(receipt.kind.code()),
        alert_id: receipt.alert.to_string(),
        entry_index: receipt.entry.0,
        leaf: receipt.leaf.to_vec(),
        event: receipt.event.bytes.to_vec(),
        event_salt: receipt.event.salt.to_vec(),
        path: receipt.path.iter().map(|hash| hash.as_bytes().to_vec()).collect(),
        group_first_index: receipt.group.first.0,
        group_size: receipt.group.size,
        group_root: receipt.group.root.to_vec(),
        hub_time_ms: receipt.group.at.as_millis(),
        signature: receipt.signature.to_vec(),
        key_name: receipt.key_name.to_string(),
        content_key: receipt.content_key.map(|key| key.to_vec()).unwrap_or_default(),
    }
}
