//! `staysafe store`: what an operator does with a data directory, and the keys a new hub needs.

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};
use indicatif::ProgressBar;
use serde_json::{Value, json};

use super::error::CliError;
use super::output::Output;
use crate::calendar;
use crate::crypto::{MasterKey, Signer};
use crate::env::SystemEntropy;
use crate::store::embedded::tools::{self, Verified};
use crate::store::embedded::{OpenError, StoreEvent, StoreObserver};

/// `store`.
#[derive(Debug, Args)]
pub(crate) struct StoreArgs {
    #[command(subcommand)]
    command: StoreCommand,
}

#[derive(Debug, Subcommand)]
enum StoreCommand {
    /// Read the whole journal and check it; a hub may serve from it meanwhile. `audit verify --data` compares it with a
    /// checkpoint kept elsewhere.
    Verify {
        /// The data directory.
        #[arg(value_name = "DIR")]
        data: PathBuf,
    },
    /// Put the index aside and build it anew from the journal. No hub may run on it.
    RebuildIndex {
        /// The data directory.
        #[arg(value_name = "DIR")]
        data: PathBuf,
    },
    /// Copy the journal into a new or empty directory, with digests; a hub may serve from it meanwhile. Keys are never in
    /// a backup: their one mirror is that of `keys.mirror_dir`.
    Backup {
        /// The data directory.
        #[arg(value_name = "DIR")]
        data: PathBuf,
        /// A new or empty directory.
        #[arg(value_name = "TO")]
        to: PathBuf,
    },
    /// Check a backup and put it into a new or empty data directory.
    Restore {
        /// The backup.
        #[arg(value_name = "FROM")]
        from: PathBuf,
        /// A new or empty directory.
        #[arg(value_name = "DIR")]
        data: PathBuf,
    },
    /// Make the keys of a new hub: the master key and the key that signs receipts and checkpoints.
    Keys {
        /// A directory outside the data directory; keys that exist are not touched.
        #[arg(value_name = "DIR")]
        keys: PathBuf,
    },
}

/// Runs `store`.
pub(crate) fn run(args: &StoreArgs, out: &mut Output) -> Result<(), CliError> {
    match &args.command {
        StoreCommand::Verify { data } => {
            let verified = read_journal(data, out)?;
            out.text(&text(&verified))?;
            out.json(&json!({ "verified": describe(&verified) }))
        }
        StoreCommand::RebuildIndex { data } => {
            let bar = Arc::new(Bar::over(out, "index"));
            let positions = tools::rebuild_index(data, Arc::clone(&bar) as Arc<dyn StoreObserver>);
            bar.finish();
            let positions = positions.map_err(failed)?;
            out.text(&format!("the index covers {positions} entries again"))?;
            out.json(&json!({ "rebuilt": { "entries": positions } }))
        }
        StoreCommand::Backup { data, to } => {
            let copied = tools::backup(data, to).map_err(failed)?;
            out.text(&format!(
                "copied {} entries in {} segments, {} bytes, to {}\nKeep the mirror of the data keys beside it: \
                 without them it opens nothing.",
                copied.positions,
                copied.segments,
                copied.bytes,
                to.display()
            ))?;
            out.json(&json!({
                "backup": {
                    "entries": copied.positions,
                    "segments": copied.segments,
                    "bytes": copied.bytes,
                    "directory": to,
                }
            }))
        }
        StoreCommand::Restore { from, data } => {
            let bar = Bar::over(out, "backup");
            let restored = tools::restore(from, data, &bar);
            bar.finish();
            let restored = restored.map_err(failed)?;
            out.text(&format!("{}\nrestored into {}", text(&restored), data.display()))?;
            out.json(&json!({ "restored": describe(&restored) }))
        }
        StoreCommand::Keys { keys } => make_keys(keys, out),
    }
}

/// Reads the whole journal under a progress bar.
fn read_journal(data: &Path, out: &Output) -> Result<Verified, CliError> {
    let bar = Bar::over(out, "journal");
    let verified = tools::verify(data, &bar);
    bar.finish();
    verified.map_err(failed)
}

fn failed(source: OpenError) -> CliError {
    CliError::because("the store is not as it should be", source)
}

fn text(verified: &Verified) -> String {
    let newest = verified.last_group_at.map_or_else(
        || "nothing was written yet".to_owned(),
        |at| format!("the newest of {}", calendar::on_screen_with_year(at.to_jiff())),
    );
    let mut lines = format!(
        "whole: {} entries in {} groups and {} segments; {newest}",
        verified.positions,
        verified.groups,
        verified.segments.len(),
    );
    if let Some((segment, offset, length)) = &verified.torn {
        lines.push_str(&format!(
            "\n{length} bytes at the end of {segment} from offset {offset} are no whole group: never acknowledged, or \
             being written now"
        ));
    }
    lines
}

fn describe(verified: &Verified) -> Value {
    json!({
        "entries": verified.positions,
        "groups": verified.groups,
        "segments": verified.segments,
        "root": verified.root_at(verified.positions).map(|root| root.to_base64()),
        "lastGroupAt": verified.last_group_at.map(|at| at.to_string()),
        "tornBytes": verified.torn.as_ref().map(|(_, _, length)| length),
    })
}

fn make_keys(directory: &Path, out: &mut Output) -> Result<(), CliError> {
    let (master, signing) = write_keys(directory)?;
    out.text(&format!(
        "{}\n{}\nKeep a copy of both in a safe place: without the first nothing opens, without the second partners \
         see another hub.",
        master.display(),
        signing.display()
    ))?;
    out.json(&json!({ "keys": { "master": master, "signing": signing } }))
}

/// Makes both keys in `directory`; where they lie.
pub(crate) fn write_keys(directory: &Path) -> Result<(PathBuf, PathBuf), CliError> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(directory);
    made.map_err(|source| CliError::file("make", directory, source))?;
    let (master, signing) = (directory.join("master.key"), directory.join("signing.pem"));
    let entropy = SystemEntropy::new();
    MasterKey::generate_file(&master, &entropy)
        .map_err(|source| CliError::because("the master key was not made", source))?;
    // The name belongs to the log and is given when the hub opens the key; a file holds none.
    Signer::generate_file(&signing, "new", &entropy)
        .map_err(|source| CliError::because("the signing key was not made", source))?;
    Ok((master, signing))
}

/// Shows how far the engine is.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// A bar for reading `what`.
    pub(crate) fn over(out: &Output, what: &'static str) -> Self {
        Self(out.progress(what, 0))
    }

    /// Takes the bar from the screen.
    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

impl StoreObserver for Bar {
    fn observe(&self, event: &StoreEvent) {
        if let StoreEvent::Progress { done, total, .. } = event {
            self.0.set_length(*total);
            self.0.set_position(*done);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::output::Form;
    use super::super::output::captured::output;
    use super::*;

    #[test]
    fn keys_are_made_once_and_never_over_others() {
        let dir = tempfile::tempdir().unwrap();
        let keys = dir.path().join("keys");

        let (master, signing) = write_keys(&keys).unwrap();

        let before = fs::read(&master).unwrap();
        assert!(MasterKey::from_file(&master, dir.path().join("data").as_path()).is_ok());
        assert!(Signer::from_file(&signing, "a").is_ok());
        assert!(write_keys(&keys).is_err());
        assert_eq!(fs::read(&master).unwrap(), before);
    }

    #[test]
    fn a_directory_that_is_no_store_is_said_to_be_none() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("letter.txt"), "x").unwrap();
        let (mut out, printed, _aside) = output(Form::Text);

        let verify = StoreCommand::Verify { data: dir.path().to_owned() };
        let refused = run(&StoreArgs { command: verify }, &mut out).unwrap_err();

        assert_eq!(refused.exit_code(), 1);
        assert!(refused.to_text().contains("because:"), "{}", refused.to_text());
        assert_eq!(printed.text(), "");
    }
}
