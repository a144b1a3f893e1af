//! `staysafe audit verify`: is the log the one that was seen before, and do my receipts stand in it?

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use super::super::super::connect::{ConnectArgs, Session};
use super::super::super::error::CliError;
use super::super::super::json;
use super::super::super::output::Output;
use super::super::receipts;
use super::{before, consistent, describe, newest, offline, prove};
use crate::merkle::{Checkpoint, leaf_hash};
use crate::wire::v1;

/// `audit verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// A receipt as `send` keeps it: verify it, and that its entry stands in the log. May be given several times.
    #[arg(long, value_name = "FILE", conflicts_with = "data")]
    receipt: Vec<PathBuf>,

    /// Without a hub: the data directory of a hub that is stopped, or a copy of it.
    #[arg(long, value_name = "DIR", requires = "checkpoint")]
    data: Option<PathBuf>,

    /// A checkpoint that was kept elsewhere, as a witness keeps it.
    #[arg(long, value_name = "FILE", requires = "data")]
    checkpoint: Option<PathBuf>,

    /// The hub's key, where the checkpoint's file does not begin with it.
    #[arg(long = "verifier-key", value_name = "KEY", requires = "data")]
    verifier_key: Option<String>,

    #[command(flatten)]
    connect: ConnectArgs,
}

/// Runs `audit verify`.
pub(super) async fn run(args: &VerifyArgs, out: &mut Output) -> Result<(), CliError> {
    if let (Some(data), Some(checkpoint)) = (&args.data, &args.checkpoint) {
        return offline::run(data, checkpoint, args.verifier_key.as_deref(), out);
    }
    let mut session = args.connect.open_verifying(out).await?;
    let (_note, checkpoint) = newest(&mut session).await?;
    let before = before(&session);
    out.text(&format!(
        "checkpoint of {}: {} entries, signature verified; {}",
        checkpoint.origin(),
        checkpoint.size(),
        consistent(before),
    ))?;
    let mut verified = Vec::new();
    for path in &args.receipt {
        verified.push(receipt(&mut session, path, &checkpoint, out).await?);
    }
    out.json(&json!({
        "verified": {
            "checkpoint": describe(&checkpoint),
            "consistentWithSize": before,
            "receipts": verified,
        }
    }))
}

/// Verifies one receipt alone, then that the log holds its very entry.
async fn receipt(
    session: &mut Session,
    path: &Path,
    checkpoint: &Checkpoint,
    out: &mut Output,
) -> Result<Value, CliError> {
    let text = fs::read_to_string(path).map_err(|source| CliError::file("read", path, source))?;
    let receipt: v1::Receipt = read(&text)?;
    let checked = receipts::checked(Some(&receipt), &session.key)?;
    let entry = checked.entry();
    let leaf = prove::included(session, entry, checkpoint).await?;
    if leaf != leaf_hash(&receipt.leaf) {
        return Err(CliError::Proof(format!("entry {entry} of the log is not the one receipted")));
    }
    out.text(&format!(
        "{}\n  and its entry stands in the log of {} entries: inclusion verified",
        checked.text(),
        checkpoint.size()
    ))?;
    Ok(json!({ "file": path, "alertId": receipt.alert_id, "entry": entry }))
}

/// A receipt in canonical JSON; that `send` noted it as verified is no part of it.
fn read(text: &str) -> Result<v1::Receipt, CliError> {
    let mut value: Value = serde_json::from_str(text).map_err(|why| CliError::Malformed {
        what: "this is no receipt".to_owned(),
        why: why.to_string(),
    })?;
    if let Some(object) = value.as_object_mut() {
        object.remove("verified");
    }
    json::read("staysafe.v1.Receipt", &value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_is_read_as_send_keeps_it() {
        let kept = r#"{"kind":"RECEIPT_KIND_STORED","alertId":"a","verified":true}"#;

        assert_eq!(read(kept).unwrap().kind(), v1::ReceiptKind::Stored);
        assert!(read("[]").is_err());
    }
}
