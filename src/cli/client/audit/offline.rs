//! `staysafe audit verify --data`: a data directory against a checkpoint that was kept elsewhere, without a hub.
//!
//! Whoever can change a data directory cannot change what its partners keep. Reads only; the directory may be a copy.

use std::path::Path;

use serde_json::json;

use super::super::super::error::CliError;
use super::super::super::output::Output;
use super::super::super::store::read_journal;
use super::{describe, kept};
use crate::merkle::Checkpoint;

/// Verifies the log in `data` against the checkpoint in `file`.
pub(super) fn run(
    data: &Path,
    file: &Path,
    key: Option<&str>,
    out: &mut Output,
) -> Result<(), CliError> {
    let (key, note) = kept(file, key)?;
    let checkpoint = Checkpoint::open(note.as_bytes(), &key)
        .map_err(|why| CliError::Proof(format!("the checkpoint does not verify: {why}")))?;
    let journal = read_journal(data, out)?;
    let size = checkpoint.size();
    match journal.root_at(size) {
        None => Err(CliError::Proof(format!(
            "the log has {} entries, the checkpoint covers {size}: entries were removed",
            journal.positions
        ))),
        Some(root) if root != *checkpoint.root() => Err(CliError::Proof(format!(
            "the {size} entries under the checkpoint are not those it was signed over"
        ))),
        Some(_root) => {
            let beyond = journal.positions.saturating_sub(size);
            out.text(&format!(
                "the {size} entries of {} are those the checkpoint was signed over; {beyond} were recorded since",
                checkpoint.origin()
            ))?;
            out.json(&json!({
                "verified": { "checkpoint": describe(&checkpoint), "beyond": beyond },
            }))
        }
    }
}
