//! How a client command reaches a hub, and as whom: the options that every such command shares.
//!
//! `--as` finds certificate and key where `staysafe certs` puts them. Every connection with `--as` is a witness: it
//! keeps the last checkpoint it saw. A hub whose log does not begin with it is an alarm, and the command does its work
//! all the same: a log in doubt must not keep an alert from anybody (domain 7.1). Only what verifies the log fails.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::error::CliError;
use super::output::Output;
use crate::merkle::VerifierKey;
use crate::sdk::{Client, Connect, Witnessed};
use crate::tls::ClientTls;

/// The hub, and who calls.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Connection")]
pub(crate) struct ConnectArgs {
    /// Address of the hub.
    #[arg(
        long,
        global = true,
        env = "STAYSAFE_HUB",
        hide_env_values = true,
        default_value = "https://127.0.0.1:8443",
        value_name = "URL"
    )]
    pub(crate) hub: String,

    /// Directory of certificates, as `staysafe certs` writes it.
    #[arg(
        long,
        global = true,
        env = "STAYSAFE_CERTS",
        hide_env_values = true,
        default_value = "certs-dev/out",
        value_name = "DIR"
    )]
    pub(crate) certs: PathBuf,

    /// Who calls: an agency, one of its systems or people.
    #[arg(
        long = "as",
        global = true,
        env = "STAYSAFE_AS",
        hide_env_values = true,
        value_name = "AGENCY[/system/NAME|/user/ID]"
    )]
    pub(crate) caller: Option<Caller>,

    /// Certificate, where it is not under --certs.
    #[arg(
        long,
        global = true,
        env = "STAYSAFE_CERT",
        hide_env_values = true,
        value_name = "FILE",
        requires = "key"
    )]
    pub(crate) cert: Option<PathBuf>,

    /// Private key of the certificate.
    #[arg(
        long,
        global = true,
        env = "STAYSAFE_KEY",
        hide_env_values = true,
        value_name = "FILE",
        requires = "cert"
    )]
    pub(crate) key: Option<PathBuf>,

    /// Authority that signed the hub's certificate; by default ca.pem under --certs.
    #[arg(long, global = true, env = "STAYSAFE_CA", hide_env_values = true, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,

    /// Name in the hub's certificate, where it is not the host of --hub.
    #[arg(
        long,
        global = true,
        env = "STAYSAFE_SERVER_NAME",
        hide_env_values = true,
        value_name = "NAME"
    )]
    pub(crate) server_name: Option<String>,

    /// File that keeps the last checkpoint of the hub's log; by default witness/AGENCY under --certs.
    #[arg(
        long,
        global = true,
        env = "STAYSAFE_WITNESS",
        hide_env_values = true,
        value_name = "FILE"
    )]
    pub(crate) witness: Option<PathBuf>,

    /// Seconds that one call may take.
    #[arg(long, global = true, default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=300), value_name = "SECONDS")]
    pub(crate) timeout: u64,
}

/// Who calls, by the words of `--as`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Caller {
    agency: String,
    subject: Subject,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Subject {
    /// The agency's only system, or its `main` one.
    AnySystem,
    System(String),
    User(String),
}

impl std::str::FromStr for Caller {
    type Err = String;

    fn from_str(raw: &str) -> Result<Self, String> {
        let wrong = || "write CADT, CADT/system/NAME or CADT/user/ID".to_owned();
        let mut parts = raw.split('/');
        let agency = parts.next().filter(|agency| is_code(agency)).ok_or_else(wrong)?.to_owned();
        let subject = match (parts.next(), parts.next(), parts.next()) {
            (None, None, None) => Subject::AnySystem,
            (Some("system"), Some(name), None) if is_name(name) => Subject::System(name.to_owned()),
            (Some("user"), Some(id), None) if is_name(id) => Subject::User(id.to_owned()),
            _ => return Err(wrong()),
        };
        Ok(Self { agency, subject })
    }
}

fn is_code(raw: &str) -> bool {
    !raw.is_empty()
        && raw.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-')
}

fn is_name(raw: &str) -> bool {
    !raw.is_empty()
        && raw.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// A made connection.
pub(crate) struct Session {
    /// The client.
    pub(crate) client: Client,
    /// The key that receipts and checkpoints of this hub are checked with.
    pub(crate) key: VerifierKey,
}

impl Session {
    /// The last word of a command that did its work: an error where the log is in doubt.
    pub(crate) fn finish(&self) -> Result<(), CliError> {
        match self.client.witnessed() {
            Some(Err(found)) if found.is_alarm() => Err(CliError::Alarmed),
            Some(Ok(_) | Err(_)) | None => Ok(()),
        }
    }

    /// What the witness found to be in order.
    pub(crate) fn witnessed(&self) -> Option<&Witnessed> {
        self.client.witnessed().and_then(Result::ok)
    }

    fn tell_finding(&self, out: &mut Output) -> Result<(), CliError> {
        match self.client.witnessed() {
            Some(Err(found)) if found.is_alarm() => {
                out.alarm(&CliError::Witness(Arc::clone(found)))
            }
            Some(Err(found)) if found.reason() == "NOT_PUBLISHED" => {
                out.aside("The hub has not published a checkpoint yet: its log was not checked.")
            }
            Some(Err(found)) => out.aside(&CliError::Witness(Arc::clone(found)).to_text()),
            Some(Ok(_)) | None => Ok(()),
        }
    }

    /// The agency the hub read from the certificate.
    pub(crate) fn agency(&self) -> String {
        self.client.hub().agency.clone()
    }

    /// The mailbox asked for, or the agency's duty mailbox.
    pub(crate) fn mailbox(&self, asked: Option<&String>) -> String {
        asked.cloned().unwrap_or_else(|| self.agency())
    }
}

impl ConnectArgs {
    /// Connects, and says so where the hub is simulated or its log in doubt.
    pub(crate) async fn open(&self, out: &mut Output) -> Result<Session, CliError> {
        let session = self.connect(out).await?;
        session.tell_finding(out)?;
        Ok(session)
    }

    /// Connects for a command that verifies the log: one in doubt, or one that could not be checked, ends it.
    pub(crate) async fn open_verifying(&self, out: &mut Output) -> Result<Session, CliError> {
        let session = self.connect(out).await?;
        match session.client.witnessed() {
            Some(Err(found)) => Err(CliError::Witness(Arc::clone(found))),
            Some(Ok(_)) | None => Ok(session),
        }
    }

    async fn connect(&self, out: &mut Output) -> Result<Session, CliError> {
        let client = Client::connect(&self.resolve()?).await?;
        let key = VerifierKey::from_str(&client.hub().verifier_key);
        let key = key.map_err(|source| CliError::because("the hub's key is malformed", source))?;
        if client.hub().simulated {
            out.aside("SIMULATED hub time: no alert on this hub is real.")?;
        }
        Ok(Session { client, key })
    }

    /// Finds the files.
    pub(crate) fn resolve(&self) -> Result<Connect, CliError> {
        let (cert, key) = match (&self.cert, &self.key, &self.caller) {
            (Some(cert), Some(key), _) => (cert.clone(), key.clone()),
            (_, _, Some(caller)) => {
                let cert = caller.certificate(&self.certs)?;
                (cert.clone(), cert.with_extension("key"))
            }
            (_, _, None) => {
                let why = "say who calls: --as AGENCY, or --cert FILE and --key FILE";
                return Err(CliError::Usage(why.to_owned()));
            }
        };
        let ca = self.ca.clone().unwrap_or_else(|| self.certs.join("ca.pem"));
        let tls = ClientTls { ca, cert, key, server_name: self.server_name.clone() };
        let timeout = Duration::from_secs(self.timeout);
        Ok(Connect { witness: self.witness_file(), timeout, ..Connect::to(&self.hub, tls) })
    }

    /// The file of the last checkpoint; none where neither `--witness` nor `--as` names one.
    pub(crate) fn witness_file(&self) -> Option<PathBuf> {
        let of_agency = |caller: &Caller| self.certs.join("witness").join(caller.agency.as_str());
        self.witness.clone().or_else(|| self.caller.as_ref().map(of_agency))
    }

    /// Where this caller keeps copies, cursors and receipts unless `--state` says otherwise.
    pub(crate) fn state_directory(&self) -> Option<PathBuf> {
        self.caller.as_ref().map(|caller| self.certs.join("state").join(caller.agency.as_str()))
    }
}

impl Caller {
    fn certificate(&self, certs: &Path) -> Result<PathBuf, CliError> {
        let directory = certs.join("agencies").join(&self.agency);
        let named = |stem: String| directory.join(format!("{stem}.pem"));
        let found = match &self.subject {
            Subject::System(name) => named(format!("system-{name}")),
            Subject::User(id) => named(format!("user-{id}")),
            Subject::AnySystem => return only_system(&directory),
        };
        match found.try_exists() {
            Ok(true) => Ok(found),
            Ok(false) => Err(CliError::Usage(format!(
                "there is no certificate {}; make one with `staysafe certs issue`",
                found.display()
            ))),
            Err(source) => Err(CliError::file("look for", &found, source)),
        }
    }
}

/// The one certificate of a system in `directory`, or that of `main` among several.
fn only_system(directory: &Path) -> Result<PathBuf, CliError> {
    let missing = || {
        CliError::Usage(format!(
            "there is no certificate of a system in {}; make one with `staysafe certs`, or say \
             where it is with --certs",
            directory.display()
        ))
    };
    let entries = fs::read_dir(directory).ok().ok_or_else(missing)?;
    let mut systems: Vec<PathBuf> = entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            name.is_some_and(|name| name.starts_with("system-") && name.ends_with(".pem"))
        })
        .collect();
    systems.sort();
    let main = systems.iter().find(|path| path.ends_with("system-main.pem"));
    match (systems.as_slice(), main) {
        ([], _) => Err(missing()),
        ([only], _) => Ok(only.clone()),
        (_, Some(main)) => Ok(main.clone()),
        (_, None) => Err(CliError::Usage(
            "the agency has several systems: say which with --as AGENCY/system/NAME".to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Words {
        #[command(flatten)]
        connect: ConnectArgs,
    }

    fn args(words: &[&str]) -> ConnectArgs {
        Words::parse_from(["x"].iter().chain(words)).connect
    }

    fn directory_with(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for file in files {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        dir
    }

    #[test]
    fn an_agency_calls_by_its_only_system_and_is_a_witness() {
        let dir =
            directory_with(&["agencies/EDT/system-hub-link.pem", "agencies/EDT/user-u-1.pem"]);
        let certs = dir.path().to_str().unwrap();

        let connect = args(&["--certs", certs, "--as", "EDT"]).resolve().unwrap();

        assert_eq!(connect.tls.cert, dir.path().join("agencies/EDT/system-hub-link.pem"));
        assert_eq!(connect.tls.key, dir.path().join("agencies/EDT/system-hub-link.key"));
        assert_eq!(connect.tls.ca, dir.path().join("ca.pem"));
        assert_eq!(connect.witness, Some(dir.path().join("witness/EDT")));
    }

    #[test]
    fn among_several_systems_main_calls_and_without_it_nobody_guesses() {
        let dir = directory_with(&["agencies/EDT/system-a.pem", "agencies/EDT/system-main.pem"]);
        let certs = dir.path().to_str().unwrap();
        let resolve = || args(&["--certs", certs, "--as", "EDT"]).resolve();

        assert!(resolve().unwrap().tls.cert.ends_with("system-main.pem"));

        fs::rename(
            dir.path().join("agencies/EDT/system-main.pem"),
            dir.path().join("agencies/EDT/system-b.pem"),
        )
        .unwrap();
        let refused = resolve().unwrap_err();
        assert_eq!(refused.exit_code(), 2);
        assert!(refused.to_string().contains("several systems"), "{refused}");
    }

    #[test]
    fn a_person_calls_by_an_own_certificate() {
        let dir = directory_with(&["agencies/HUB-IG/user-u-4201.pem"]);
        let certs = dir.path().to_str().unwrap();

        let connect = args(&["--certs", certs, "--as", "HUB-IG/user/u-4201"]).resolve().unwrap();

        assert!(connect.tls.cert.ends_with("agencies/HUB-IG/user-u-4201.pem"));
        let absent = args(&["--certs", certs, "--as", "HUB-IG/user/u-9"]).resolve().unwrap_err();
        assert!(absent.to_string().contains("certs issue"), "{absent}");
    }

    #[test]
    fn files_named_one_by_one_are_taken_as_they_are_and_make_no_witness() {
        let connect = args(&["--cert", "a.pem", "--key", "a.key", "--ca", "ca.pem"]).resolve();

        let connect = connect.unwrap();
        assert_eq!(connect.tls.cert, PathBuf::from("a.pem"));
        assert_eq!(connect.witness, None);
    }

    #[test]
    fn without_a_caller_nothing_is_tried() {
        let refused = args(&[]).resolve().unwrap_err();

        assert_eq!(refused.exit_code(), 2);
        assert!(refused.to_string().contains("--as"), "{refused}");
    }

    #[test]
    fn a_caller_that_would_leave_the_directory_is_no_caller() {
        for bad in ["", "../x", "cadt", "CADT/user", "CADT/user/..", "CADT/role/x", "CADT/user/a/b"]
        {
            assert!(bad.parse::<Caller>().is_err(), "{bad}");
        }
        assert!("WUTH-AED/system/ehr".parse::<Caller>().is_ok());
    }
}
