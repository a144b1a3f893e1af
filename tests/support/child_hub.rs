//! A hub's directory, and the hub as a process on it: what every suite needs that watches a hub from outside.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use staysafe::env::SystemEntropy;
use staysafe::tls::{Authority, ClientTls, ServerNames, SystemMachineClock, TrustDomain};
use tokio::task::block_in_place;

/// The hub's time, at which the sample was sent.
const START: &str = "2026-11-08T03:10:00Z";

/// A hub's directory: certificates, keys, configuration, data.
pub(crate) struct Directory {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) authority: Authority,
}

/// A process that serves. It ends when its standard input does.
pub(crate) struct Served {
    pub(crate) address: String,
    pub(crate) admin: String,
    pub(crate) child: Child,
    pub(crate) input: Option<ChildStdin>,
    /// Read to its first line; held, so that the hub may write more.
    pub(crate) _output: BufReader<ChildStdout>,
}

impl Directory {
    /// With certificates for the main systems of these agencies; `tls` and `sections` complete the configuration.
    pub(crate) fn prepare(agencies: &[&str], (tls, sections): (&str, &str)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let authority = authority(&dir.path().join("certs"));
        authority.write_crl(Duration::from_secs(30 * 24 * 3600)).unwrap();
        for agency in agencies {
            authority.write(&authority.issue_system(agency, "main", 30).unwrap()).unwrap();
        }
        let entropy = SystemEntropy::new();
        let (master, signing) = (dir.path().join("master.key"), dir.path().join("signing.pem"));
        staysafe::crypto::MasterKey::generate_file(&master, &entropy).unwrap();
        staysafe::crypto::Signer::generate_file(&signing, "unnamed", &entropy).unwrap();
        let config = format!(
            "[hub]\nname = \"test\"\ntrust_domain = \"staysafe.example\"\ndata_dir = \"data\"\n\
             listen = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n\
             [tls]\nauthorities = \"certs/ca.pem\"\ncertificate = \"certs/server/hub.pem\"\n\
             key = \"certs/server/hub.key\"\nrevocations = \"certs/ca.crl.pem\"\n{tls}\
             [keys]\nmaster_key_file = \"master.key\"\nsigning_key_file = \"signing.pem\"\n\
             [directory]\nfile = \"{}\"\n{sections}",
            in_repository("docs/samples/partnership.toml").display(),
        );
        std::fs::write(dir.path().join("hub.toml"), config).unwrap();
        let directory = Self { dir, authority };
        directory.new_hub_certificate();
        directory
    }

    /// Gives the hub another certificate; one that runs takes it up by itself.
    pub(crate) fn new_hub_certificate(&self) {
        let names =
            ServerNames { dns: vec!["localhost".into()], ips: vec!["127.0.0.1".parse().unwrap()] };
        self.authority.write(&self.authority.issue_server(&names, 30).unwrap()).unwrap();
    }

    /// Starts a hub on the directory, as the last words of another program's command line where `wrapper` is one.
    pub(crate) fn serve(&self, wrapper: &[&str]) -> Served {
        let binary = env!("CARGO_BIN_EXE_staysafe");
        let words: Vec<&str> = wrapper.iter().copied().chain([binary]).collect();
        let log = self.dir.path().join("hub.log");
        let mut child = Command::new(words[0])
            .args(&words[1..])
            .args(["--json", "hub", "--stop-with-stdin", "--simulated-from", START, "--config"])
            .arg(self.dir.path().join("hub.toml"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::options().create(true).append(true).open(&log).unwrap())
            .spawn()
            .unwrap();
        let input = child.stdin.take();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        block_in_place(|| output.read_line(&mut line)).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap_or_else(|_| {
            panic!("no hub: {line:?}\n{}", std::fs::read_to_string(&log).unwrap())
        });
        let serving = |field: &str| said["serving"][field].as_str().unwrap().to_owned();
        let (address, admin) = (serving("address"), serving("admin"));
        Served { address, admin, child, input, _output: output }
    }

    /// The files of an agency's main system.
    pub(crate) fn files(&self, agency: &str) -> ClientTls {
        let stem = self.dir.path().join("certs/agencies").join(agency);
        ClientTls {
            ca: self.authority.ca_path(),
            cert: stem.join("system-main.pem"),
            key: stem.join("system-main.key"),
            server_name: None,
        }
    }
}

/// An authority in a directory that has none.
pub(crate) fn authority(dir: &Path) -> Authority {
    let domain = TrustDomain::parse("staysafe.example").unwrap();
    Authority::create(dir, &domain, Arc::new(SystemMachineClock)).unwrap()
}

/// The answer of an admin path, with its status line; none when the address is closed.
pub(crate) async fn ask(admin: &str, path: &str) -> Option<String> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let mut stream = tokio::net::TcpStream::connect(admin).await.ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: {admin}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    Some(answer)
}

/// A path of the repository.
pub(crate) fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
