//! Receipts: every one that a command gets is verified before it is believed, and the command says so.

use serde_json::{Value, json};

use super::super::error::CliError;
use super::super::json;
use super::words;
use crate::merkle::VerifierKey;
use crate::sdk::verify_receipt;
use crate::wire::v1;

/// A receipt that holds.
pub(crate) struct Checked<'a> {
    receipt: &'a v1::Receipt,
}

/// Verifies a receipt that must be there.
pub(crate) fn checked<'a>(
    receipt: Option<&'a v1::Receipt>,
    key: &VerifierKey,
) -> Result<Checked<'a>, CliError> {
    let receipt = receipt.ok_or_else(|| CliError::Proof("the hub gave no receipt".to_owned()))?;
    match verify_receipt(receipt, key) {
        Ok(_proven) => Ok(Checked { receipt }),
        Err(why) => Err(CliError::Proof(format!(
            "the {} receipt of alert {} does not hold: {why}",
            words::receipt_kind(receipt.kind()),
            receipt.alert_id
        ))),
    }
}

impl Checked<'_> {
    /// The index of the entry in the audit log.
    pub(crate) const fn entry(&self) -> u64 {
        self.receipt.entry_index
    }

    /// One line.
    pub(crate) fn text(&self) -> String {
        format!(
            "receipt {}: entry {} of the audit log, {}; signature, path and event verified",
            words::receipt_kind(self.receipt.kind()),
            self.receipt.entry_index,
            words::time_of_millis(self.receipt.hub_time_ms),
        )
    }

    /// The receipt in canonical JSON, and that it was verified.
    pub(crate) fn json(&self) -> Result<Value, CliError> {
        let mut receipt = json::of("staysafe.v1.Receipt", self.receipt)?;
        if let Some(object) = receipt.as_object_mut() {
            object.insert("verified".to_owned(), json!(true));
        }
        Ok(receipt)
    }
}
