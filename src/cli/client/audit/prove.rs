//! `staysafe audit prove`: asks for a proof and verifies it under the newest checkpoint.

use clap::Args;
use serde_json::json;

use super::super::super::connect::{ConnectArgs, Session};
use super::super::super::error::CliError;
use super::super::super::output::Output;
use super::{describe, hash, newest, path_of};
use crate::merkle::{Checkpoint, Hash, verify_consistency, verify_inclusion};

/// `audit prove`.
#[derive(Debug, Args)]
pub(crate) struct ProveArgs {
    /// Index of an entry: prove that it stands in the log.
    #[arg(value_name = "ENTRY", required_unless_present = "size")]
    entry: Option<u64>,

    /// An earlier size of the log: prove that the log of now begins with it. With --root the earlier root is compared.
    #[arg(long, value_name = "SIZE", conflicts_with = "entry", requires = "root")]
    size: Option<u64>,

    /// Root of the log at the earlier size, in base64, as its checkpoint says.
    #[arg(long, value_name = "BASE64", requires = "size")]
    root: Option<String>,

    #[command(flatten)]
    connect: ConnectArgs,
}

/// Runs `audit prove`.
pub(super) async fn run(args: &ProveArgs, out: &mut Output) -> Result<(), CliError> {
    let mut session = args.connect.open_verifying(out).await?;
    let (_note, checkpoint) = newest(&mut session).await?;
    if let Some(entry) = args.entry {
        let leaf = included(&mut session, entry, &checkpoint).await?;
        out.text(&format!(
            "entry {entry} stands in the log of {} entries: inclusion verified under the signed checkpoint",
            checkpoint.size()
        ))?;
        return out.json(&json!({
            "included": { "entry": entry, "leafHash": leaf.to_base64() },
            "checkpoint": describe(&checkpoint),
        }));
    }
    let (size, root) = (args.size.unwrap_or_default(), args.root.as_deref().unwrap_or_default());
    let root = Hash::from_base64(root)
        .ok_or_else(|| CliError::Usage("--root must be 32 bytes in base64".to_owned()))?;
    let proof = if size == 0 || size == checkpoint.size() {
        Vec::new()
    } else {
        let answer = session.client.prove_consistency(size, checkpoint.size()).await?;
        path_of(&answer.path)?
    };
    verify_consistency(size, checkpoint.size(), &proof, &root, checkpoint.root()).map_err(
        |why| CliError::Proof(format!("the log does not begin with those {size} entries: {why}")),
    )?;
    out.text(&format!(
        "the log of {} entries begins with those {size}: consistency verified",
        checkpoint.size()
    ))?;
    out.json(&json!({ "consistent": { "size": size }, "checkpoint": describe(&checkpoint) }))
}

/// The leaf hash of `entry`, proven to stand under `checkpoint`.
pub(super) async fn included(
    session: &mut Session,
    entry: u64,
    checkpoint: &Checkpoint,
) -> Result<Hash, CliError> {
    if entry >= checkpoint.size() {
        return Err(CliError::failed(format!(
            "the newest checkpoint covers {} entries; entry {entry} comes with the next one, within a minute",
            checkpoint.size()
        )));
    }
    let answer = session.client.prove_inclusion(entry, checkpoint.size()).await?;
    let (leaf, path) = (hash(&answer.leaf_hash)?, path_of(&answer.path)?);
    verify_inclusion(&leaf, entry, checkpoint.size(), &path, checkpoint.root()).map_err(|why| {
        CliError::Proof(format!("entry {entry} does not stand under the checkpoint: {why}"))
    })?;
    Ok(leaf)
}
