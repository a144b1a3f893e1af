//! `staysafe audit`: the hub's log, checked from outside.
//!
//! Every partner is a witness. These commands ask the hub for proofs and verify them here; `verify --data` needs no
//! hub at all, only its data directory and a checkpoint that was kept elsewhere.

mod entries;
mod offline;
mod prove;
mod verify;

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::super::connect::{ConnectArgs, Session};
use super::super::error::CliError;
use super::super::output::Output;
use crate::merkle::{Checkpoint, Hash, VerifierKey};

/// `audit`.
#[derive(Debug, Args)]
pub(crate) struct AuditArgs {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// Show the newest published checkpoint, and keep it.
    Checkpoint(CheckpointArgs),
    /// Prove that an entry stands in the log, or that a later log only adds to an earlier one.
    Prove(prove::ProveArgs),
    /// Verify the log: with the hub as a witness does, or a data directory against a checkpoint kept elsewhere.
    Verify(verify::VerifyArgs),
    /// List entries; for information governance reviewers, with an own certificate.
    Entries(entries::EntriesArgs),
}

/// `audit checkpoint`.
#[derive(Debug, Args)]
struct CheckpointArgs {
    /// File to write it to, with the hub's key in the first line.
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,

    #[command(flatten)]
    connect: ConnectArgs,
}

/// Runs `audit`.
pub(crate) async fn run(args: AuditArgs, out: &mut Output) -> Result<(), CliError> {
    match args.command {
        AuditCommand::Checkpoint(args) => checkpoint(&args, out).await,
        AuditCommand::Prove(args) => prove::run(&args, out).await,
        AuditCommand::Verify(args) => verify::run(&args, out).await,
        AuditCommand::Entries(args) => entries::run(&args, out).await,
    }
}

async fn checkpoint(args: &CheckpointArgs, out: &mut Output) -> Result<(), CliError> {
    let mut session = args.connect.open_verifying(out).await?;
    let (note, checkpoint) = newest(&mut session).await?;
    if let Some(path) = &args.to {
        let written = fs::write(path, format!("{}\n{note}", session.key));
        written.map_err(|source| CliError::file("write", path, source))?;
    }
    let before = before(&session);
    out.text(note.trim_end())?;
    out.text(&format!("signature verified; {}", consistent(before)))?;
    out.json(&json!({
        "checkpoint": describe(&checkpoint),
        "note": note,
        "verifierKey": session.key.to_string(),
        "consistentWithSize": before,
    }))
}

/// The newest checkpoint, opened with the hub's key.
async fn newest(session: &mut Session) -> Result<(String, Checkpoint), CliError> {
    let note = session.client.checkpoint().await?;
    let checkpoint = Checkpoint::open(note.as_bytes(), &session.key)
        .map_err(|why| CliError::Proof(format!("the checkpoint does not verify: {why}")))?;
    Ok((note, checkpoint))
}

/// The size this witness had seen before it connected now.
fn before(session: &Session) -> Option<u64> {
    session.witnessed().and_then(|witnessed| witnessed.before)
}

fn consistent(before: Option<u64>) -> String {
    match before {
        Some(size) => format!("the log still begins with the {size} entries seen before"),
        None => "nothing was seen before, so there is nothing to compare with".to_owned(),
    }
}

fn describe(checkpoint: &Checkpoint) -> Value {
    json!({
        "origin": checkpoint.origin().to_string(),
        "size": checkpoint.size(),
        "root": checkpoint.root().to_base64(),
    })
}

/// A file as a witness keeps it: the hub's key in the first line, a signed checkpoint after it. A bare checkpoint
/// needs the key given.
fn kept(path: &Path, key: Option<&str>) -> Result<(VerifierKey, String), CliError> {
    let text = fs::read_to_string(path).map_err(|source| CliError::file("read", path, source))?;
    let malformed =
        |why: &str| CliError::Malformed { what: path.display().to_string(), why: why.to_owned() };
    let of_file = text
        .split_once('\n')
        .and_then(|(first, note)| Some((VerifierKey::from_str(first).ok()?, note.to_owned())));
    let given = key.map(VerifierKey::from_str).transpose();
    let given = given.map_err(|source| CliError::because("--key is no verifier key", source))?;
    match (of_file, given) {
        (Some((known, _)), Some(given)) if known != given => {
            Err(malformed("it was kept under another key than --key"))
        }
        (Some((known, note)), _) => Ok((known, note)),
        (None, Some(given)) => Ok((given, text)),
        (None, None) => Err(malformed("its first line is no verifier key: give --key")),
    }
}

fn hash(bytes: &[u8]) -> Result<Hash, CliError> {
    let hash = Hash::from_slice(bytes);
    hash.ok_or_else(|| CliError::Proof("the proof is malformed: a hash is 32 bytes".to_owned()))
}

fn path_of(hashes: &[Vec<u8>]) -> Result<Vec<Hash>, CliError> {
    hashes.iter().map(|bytes| hash(bytes)).collect()
}
