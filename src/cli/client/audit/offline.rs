//! `staysafe audit verify --data`: a data directory against a checkpoint that was kept elsewhere, without a hub.
//!
//! Whoever can change a data directory cannot change what its partners keep. Reads only; the directory may be a copy.

use std::path::Path;
use std::sync::mpsc;
use std::thread;

use serde_json::json;

use super::super::super::error::CliError;
use super::super::super::output::Output;
use super::super::super::store::Bar;
use super::kept;
use crate::audit::{self, LogVerified, VerifyError};
use crate::merkle::VerifierKey;
use crate::record::RecordedEntry;
use crate::store::embedded::OpenError;
use crate::store::embedded::tools::read_entries;

/// Entries read ahead of the verifying.
const READ_AHEAD: usize = 256;

/// Verifies the log in `data` against the checkpoint in `file`.
pub(super) fn run(
    data: &Path,
    file: &Path,
    key: Option<&str>,
    out: &mut Output,
) -> Result<(), CliError> {
    let (key, note) = kept(file, key)?;
    let bar = Bar::over(out, "journal");
    let verified = verify(data, &note, &key, &bar);
    bar.finish();
    let LogVerified { size, root, beyond } = verified.map_err(told)?;
    out.text(&format!(
        "the {size} entries of {} are those the checkpoint was signed over; {beyond} were recorded since",
        key.name()
    ))?;
    out.json(&json!({
        "verified": {
            "checkpoint": {
                "origin": key.name().to_string(),
                "size": size,
                "root": root.to_base64(),
            },
            "beyond": beyond,
        }
    }))
}

/// Reads on one thread and verifies on this one, so that a log of any length needs little memory.
fn verify(
    data: &Path,
    note: &str,
    key: &VerifierKey,
    bar: &Bar,
) -> Result<LogVerified, VerifyError<OpenError>> {
    thread::scope(|scope| {
        let (to, entries) = mpsc::sync_channel::<Result<RecordedEntry, OpenError>>(READ_AHEAD);
        scope.spawn(move || {
            // Nobody takes entries any more once one does not hold: reading on to the end does no harm.
            let mut pass = |entry| drop(to.send(Ok(entry)));
            if let Err(error) = read_entries(data, bar, &mut pass) {
                drop(to.send(Err(error)));
            }
        });
        audit::verify(entries, note.as_bytes(), key)
    })
}

fn told(error: VerifyError<OpenError>) -> CliError {
    match error {
        VerifyError::Store { index, source } => {
            CliError::because(format!("entry {index} could not be read"), source)
        }
        VerifyError::Checkpoint(why) => {
            CliError::Proof(format!("the checkpoint does not verify: {why}"))
        }
        VerifyError::Shorter { .. }
        | VerifyError::RootDiffers { .. }
        | VerifyError::EventChanged { .. }
        | VerifyError::Unreadable { .. } => CliError::Proof(error.to_string()),
    }
}
