//! `staysafe store`: what an operator does with a data directory, and the keys a new hub needs.

use std::fs;
use std::io::{self, Read as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, Subcommand};
use indicatif::ProgressBar;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::error::CliError;
use super::output::Output;
use crate::calendar;
use crate::crypto::{KeyError, KeyStore, MasterKey, Signer};
use crate::env::SystemEntropy;
use crate::store::embedded::tools::{self, TimeKind, Verified};
use crate::store::embedded::{OpenError, StoreEvent, StoreObserver};

/// More than a master key has, in whatever form.
const MASTER_KEY_BYTES_MAX: usize = 128;

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
    /// Check a backup and put it into a new or empty data directory, with the data keys of their mirror.
    Restore(RestoreArgs),
    /// Make the keys of a new hub: the master key and the key that signs receipts and checkpoints.
    Keys {
        /// A directory outside the data directory; keys that exist are not touched.
        #[arg(value_name = "DIR")]
        keys: PathBuf,
    },
}

/// `store restore`.
#[derive(Debug, Args)]
struct RestoreArgs {
    /// The backup.
    #[arg(value_name = "FROM")]
    from: PathBuf,

    /// A new or empty directory.
    #[arg(value_name = "DIR")]
    data: PathBuf,

    /// The mirror of the data keys, as `keys.mirror_dir` names it. One that is older than the backup is refused: it
    /// lacks keys of alerts and brings destroyed ones back.
    #[arg(long, value_name = "MIRROR", requires = "master_key")]
    keys: Option<PathBuf>,

    /// The master key that opens the mirror; - reads what `keys.master_key_command` prints from standard input.
    #[arg(long, value_name = "FILE|-", requires = "keys")]
    master_key: Option<PathBuf>,
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
        StoreCommand::Backup { data, to } => backup(data, to, out),
        StoreCommand::Restore(args) => restore(args, out),
        StoreCommand::Keys { keys } => make_keys(keys, out),
    }
}

fn backup(data: &Path, to: &Path, out: &mut Output) -> Result<(), CliError> {
    let bar = Bar::over(out, "backup");
    let copied = tools::backup(data, to, &bar);
    bar.finish();
    let copied = copied.map_err(failed)?;
    let keys = match copied.keys_version {
        Some(version) => format!(
            "The data keys are not in it. They are in the mirror that `keys.mirror_dir` names, which must be at \
             version {version} or newer; without it the backup opens nothing."
        ),
        None => "There are no data keys in this directory, and none in the backup.".to_owned(),
    };
    out.text(&format!(
        "copied {} entries in {} segments, {} bytes, to {}\n{keys}",
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
            "simulated": copied.time == TimeKind::Simulated,
            "keysVersion": copied.keys_version,
        }
    }))
}

fn restore(args: &RestoreArgs, out: &mut Output) -> Result<(), CliError> {
    let RestoreArgs { from, data, keys, master_key } = args;
    let refused = |source| CliError::because("the data keys were not restored", source);
    let mirror = match (keys, master_key) {
        (Some(mirror), Some(master)) => {
            let master = read_master_key(master, data)?;
            // Before anything is written: a wrong mirror must not leave half a hub behind.
            let version = KeyStore::check_mirror(mirror, from, &master).map_err(refused)?;
            Some((mirror, master, version))
        }
        (Some(_), None) | (None, Some(_)) | (None, None) => None,
    };
    let bar = Bar::over(out, "backup");
    let restored = tools::restore(from, data, &bar);
    bar.finish();
    let restored = restored.map_err(failed)?;
    out.text(&format!("{}\nrestored into {}", text(&restored), data.display()))?;
    let version = match mirror {
        Some((mirror, master, known)) => {
            let keys = data.join("keys");
            let version = KeyStore::restore(mirror, &keys, &master, known).map_err(refused)?;
            out.text(&format!("with the data keys of version {version}"))?;
            Some(version)
        }
        None => {
            out.text(
                "WITHOUT data keys: do not start a hub on it yet, for it would make new ones. Restore again with \
                 --keys MIRROR --master-key FILE.",
            )?;
            None
        }
    };
    let mut described = describe(&restored);
    if let Some(object) = described.as_object_mut() {
        object.insert("keysVersion".to_owned(), json!(version));
    }
    out.json(&json!({ "restored": described }))
}

fn read_master_key(file: &Path, data: &Path) -> Result<MasterKey, CliError> {
    let refused = |source: KeyError| CliError::because("the master key was not taken", source);
    if file.as_os_str() != "-" {
        return MasterKey::from_file(file, data).map_err(refused);
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(MASTER_KEY_BYTES_MAX));
    let limit = u64::try_from(MASTER_KEY_BYTES_MAX).unwrap_or(0);
    let read = io::stdin().lock().take(limit).read_to_end(&mut bytes);
    read.map_err(|source| CliError::system("read the master key", source))?;
    MasterKey::parse(&bytes).map_err(refused)
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
    use crate::domain::Timestamp;
    use crate::env::{Env, FakeClock};
    use crate::store::embedded::{EmbeddedOptions, EmbeddedStore, Unobserved};

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

    /// A store with keys and their mirror, and the file of its master key.
    struct Kept {
        dir: tempfile::TempDir,
        keys: KeyStore,
    }

    impl Kept {
        fn make() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let (data, outside) = (dir.path().join("data"), dir.path().join("outside"));
            let (master, _) = write_keys(&outside).unwrap();
            let options = EmbeddedOptions::new(&data);
            let store = EmbeddedStore::open(&options, Arc::new(Unobserved), None).unwrap();
            store.close().unwrap();
            let master = MasterKey::from_file(&master, &data).unwrap();
            let clock = Arc::new(FakeClock::at(Timestamp::from_millis(0)));
            let env = Env::new(clock, Arc::new(SystemEntropy::new()));
            let keys = KeyStore::open(&data.join("keys"), master, env).unwrap();
            Self { dir, keys }
        }

        fn path(&self, inside: &str) -> PathBuf {
            self.dir.path().join(inside)
        }

        fn mirror(&self, name: &str) -> u64 {
            self.keys.mirror_to(&self.path(name)).unwrap()
        }

        /// A new version: a key that no mirror may hold any more.
        fn destroy_a_key(&self) {
            let key = self.keys.take().unwrap();
            self.keys.destroy(&[key.id().clone()]).unwrap();
        }

        fn run(&self, words: &[&str]) -> (Result<(), CliError>, String) {
            #[derive(clap::Parser)]
            struct Words {
                #[command(flatten)]
                store: StoreArgs,
            }
            let words = words.iter().map(|word| match word.strip_prefix('@') {
                Some(inside) => self.path(inside).display().to_string(),
                None => (*word).to_owned(),
            });
            let args: Words =
                clap::Parser::parse_from(std::iter::once("store".into()).chain(words));
            let (mut out, printed, _aside) = output(Form::Text);
            (run(&args.store, &mut out), printed.text())
        }
    }

    #[test]
    fn a_backup_and_the_mirror_of_its_keys_come_back_together() {
        let kept = Kept::make();
        kept.destroy_a_key();
        let (done, said) = kept.run(&["backup", "@data", "@kept"]);
        done.unwrap();
        let version = kept.mirror("mirror");

        let words = ["restore", "@kept", "@again", "--keys", "@mirror", "--master-key"];
        let (done, restored) = kept.run(&[&words[..], &["@outside/master.key"]].concat());

        done.unwrap();
        assert!(said.contains("`keys.mirror_dir`"), "where the mirror is: {said}");
        assert!(restored.contains(&format!("data keys of version {version}")), "{restored}");
        let master = MasterKey::from_file(&kept.path("outside/master.key"), &kept.path("again"));
        let there = kept.path("again/keys");
        assert_eq!(KeyStore::check_mirror(&there, &there, &master.unwrap()).unwrap(), version);
        let names =
            fs::read_dir(kept.path("kept")).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<_> = names.collect();
        names.sort();
        assert_eq!(names, ["ABOUT", "DIGESTS", "VERSION", "journal", "key-store"], "no keys in it");
    }

    #[test]
    fn a_mirror_older_than_the_backup_is_refused_before_anything_is_written() {
        let kept = Kept::make();
        kept.mirror("mirror");
        kept.destroy_a_key();
        kept.run(&["backup", "@data", "@kept"]).0.unwrap();

        let words = ["restore", "@kept", "@again", "--keys", "@mirror", "--master-key"];
        let (refused, _) = kept.run(&[&words[..], &["@outside/master.key"]].concat());

        let told = refused.unwrap_err().to_text();
        assert!(told.contains("older than the known version"), "{told}");
        assert!(!kept.path("again").exists());
    }

    #[test]
    fn a_mirror_of_another_hub_is_refused_and_a_restore_without_keys_says_so() {
        let (kept, other) = (Kept::make(), Kept::make());
        other.mirror("mirror");
        kept.run(&["backup", "@data", "@kept"]).0.unwrap();
        let mirror = other.path("mirror").display().to_string();

        let words = ["restore", "@kept", "@again", "--keys", &mirror, "--master-key"];
        let (refused, _) = kept.run(&[&words[..], &["@outside/master.key"]].concat());
        let (done, said) = kept.run(&["restore", "@kept", "@again"]);

        assert!(refused.is_err());
        done.unwrap();
        assert!(said.contains("WITHOUT data keys"), "{said}");
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
