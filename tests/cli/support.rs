//! A hub made by the commands of the manual, and the clients of its agencies.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::child_hub;

/// The program, without the settings of whoever runs the tests.
pub(crate) fn staysafe() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_staysafe"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("STAYSAFE_")) {
        command.env_remove(name);
    }
    command.stdin(Stdio::null());
    command
}

/// A hub that serves until it is dropped.
pub(crate) struct Hub {
    pub(crate) dir: tempfile::TempDir,
    served: child_hub::Hub,
}

impl Hub {
    /// Certificates, keys, configuration, hub: as a newcomer would make them.
    pub(crate) fn start() -> Self {
        let prepared = Self::prepare(0);
        Self::serve(prepared)
    }

    /// Everything a hub needs, for one that will listen on `port`.
    pub(crate) fn prepare(port: u16) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let at = |inside: &str| dir.path().join(inside).display().to_string();
        done(staysafe().args(["certs", "--dir", &at("certs"), "partnership"]));
        done(staysafe().args(["store", "keys", &at("keys")]));
        let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/samples");
        let config = format!(
            "[hub]\nname = \"hub-1\"\ntrust_domain = \"staysafe.example\"\ndata_dir = \"data\"\n\
             listen = \"127.0.0.1:{port}\"\nadmin_listen = \"127.0.0.1:0\"\n\
             [tls]\nauthorities = \"certs/ca.pem\"\ncertificate = \"certs/server/hub.pem\"\n\
             key = \"certs/server/hub.key\"\nrevocations = \"certs/ca.crl.pem\"\n\
             [keys]\nmaster_key_file = \"keys/master.key\"\nsigning_key_file = \"keys/signing.pem\"\n\
             [directory]\nfile = \"{}\"\n[audit]\npublish_seconds = 1\n",
            samples.join("partnership.toml").display()
        );
        std::fs::write(at("hub.toml"), config).unwrap();
        dir
    }

    /// Starts the hub of a prepared directory.
    pub(crate) fn serve(dir: tempfile::TempDir) -> Self {
        let served = child_hub::Hub::launch(dir.path(), "2026-11-08T03:10:00Z", &[], &[]);
        Self { dir, served }
    }

    /// Stops the hub, lets `meanwhile` do something to its directory, and starts it again on another port.
    pub(crate) fn again(mut self, meanwhile: impl FnOnce(&Path)) -> Self {
        self.stop();
        let dir = std::mem::replace(&mut self.dir, tempfile::tempdir().unwrap());
        meanwhile(dir.path());
        Self::serve(dir)
    }

    /// A client's command as `caller`.
    pub(crate) fn client(&self, caller: &str, words: &[&str]) -> Output {
        self.client_with(&self.path("certs"), caller, words)
    }

    /// A client's command with certificates of another directory.
    pub(crate) fn client_with(&self, certs: &Path, caller: &str, words: &[&str]) -> Output {
        let mut command = staysafe();
        command.args(words).args(["--hub", &self.endpoint(), "--as", caller, "--certs"]).arg(certs);
        command.output().unwrap()
    }

    /// Where the hub is.
    pub(crate) fn endpoint(&self) -> String {
        self.served.endpoint()
    }

    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        self.dir.path().join(inside)
    }

    /// Stops the hub in order.
    pub(crate) fn stop(&mut self) {
        assert!(self.served.close().unwrap().success(), "the hub stops in order");
    }
}

/// Runs a command that must succeed; what it printed.
pub(crate) fn done(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", told(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// Everything a command said.
pub(crate) fn told(output: &Output) -> String {
    let (out, aside) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    format!("{out}{aside}")
}

/// Copies a directory with everything in it.
pub(crate) fn copy_directory(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy_directory(&entry.path(), &to),
            false => drop(std::fs::copy(entry.path(), to).unwrap()),
        }
    }
}

/// A sample alert.
pub(crate) fn sample(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    root.join("docs/samples/alerts").join(name).display().to_string()
}

/// Runs a client's command with something on its standard input.
pub(crate) fn with_input(command: &mut Command, input: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}
