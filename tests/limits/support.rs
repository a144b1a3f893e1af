//! A hub in a process of its own, so that its memory can be measured and its signals are its own.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use staysafe::env::SystemEntropy;
use staysafe::sdk::{Client, ClientError, Connect, Received, Receiving};
use staysafe::tls::{Authority, ClientTls, ServerNames, SystemMachineClock, TrustDomain};
use staysafe::wire::{SubmitAlertRequest, json, v1};
use tokio::task::block_in_place;
use tokio::time::timeout;

/// How long a test waits for something that must happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// Who sends the sample.
pub(crate) const SENDER: &str = "WUTH-AED";
/// Whose mailbox it reaches.
pub(crate) const RECIPIENT: &str = "RESPONSE";
/// Whose mailbox it reaches too.
pub(crate) const NEIGHBOUR: &str = "WUTH-SG";

const START: &str = "2026-11-08T03:10:00Z";
const ALERT: &str = "docs/samples/alerts/s03-alcohol-attendance.json";

/// A hub's directory: certificates, keys, configuration, data.
pub(crate) struct Place {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) authority: Authority,
}

impl Place {
    /// With these sections of the configuration besides the needed ones.
    pub(crate) fn with(sections: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let domain = TrustDomain::parse("staysafe.example").unwrap();
        let clock = Arc::new(SystemMachineClock);
        let authority = Authority::create(&dir.path().join("certs"), &domain, clock).unwrap();
        authority.write_crl(Duration::from_secs(30 * 24 * 3600)).unwrap();
        for agency in [SENDER, RECIPIENT, NEIGHBOUR] {
            authority.write(&authority.issue_system(agency, "main", 30).unwrap()).unwrap();
        }
        let entropy = SystemEntropy::new();
        let (master, signing) = (dir.path().join("master.key"), dir.path().join("signing.pem"));
        staysafe::crypto::MasterKey::generate_file(&master, &entropy).unwrap();
        staysafe::crypto::Signer::generate_file(&signing, "unnamed", &entropy).unwrap();
        let partnership = in_repository("docs/samples/partnership.toml");
        let config = format!(
            "[hub]\nname = \"test\"\ntrust_domain = \"staysafe.example\"\ndata_dir = \"data\"\n\
             listen = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n\
             [tls]\nauthorities = \"certs/ca.pem\"\ncertificate = \"certs/server/hub.pem\"\n\
             key = \"certs/server/hub.key\"\nrevocations = \"certs/ca.crl.pem\"\n\
             reload_seconds = 1\n\
             [keys]\nmaster_key_file = \"master.key\"\nsigning_key_file = \"signing.pem\"\n\
             [directory]\nfile = \"{}\"\n{sections}",
            partnership.display(),
        );
        std::fs::write(dir.path().join("hub.toml"), config).unwrap();
        let place = Self { dir, authority };
        place.new_hub_certificate();
        place
    }

    /// Gives the hub another certificate; one that runs takes it up by itself.
    pub(crate) fn new_hub_certificate(&self) {
        let names =
            ServerNames { dns: vec!["localhost".into()], ips: vec!["127.0.0.1".parse().unwrap()] };
        self.authority.write(&self.authority.issue_server(&names, 30).unwrap()).unwrap();
    }

    /// Starts a hub on the directory; it serves when this returns.
    pub(crate) fn start(&self) -> Hub {
        let log = self.dir.path().join("hub.log");
        let mut child = Command::new(env!("CARGO_BIN_EXE_staysafe"))
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
        Hub { address, admin, child, _input: input, _output: output }
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

    /// A connected client of an agency's main system, or its refusal.
    pub(crate) async fn connect(&self, hub: &Hub, agency: &str) -> Result<Client, ClientError> {
        Client::connect(&Connect::to(hub.endpoint(), self.files(agency))).await
    }

    /// A connected client of an agency's main system.
    pub(crate) async fn client(&self, hub: &Hub, agency: &str) -> Client {
        self.connect(hub, agency).await.unwrap()
    }

    /// A name that a clean stop leaves and a start takes away.
    pub(crate) fn clean_mark(&self) -> bool {
        fn anywhere(dir: &Path) -> bool {
            std::fs::read_dir(dir).unwrap().any(|entry| {
                let path = entry.unwrap().path();
                path.is_dir() && anywhere(&path) || path.ends_with("CLEAN")
            })
        }
        anywhere(&self.dir.path().join("data"))
    }
}

/// A running hub; killed when it is dropped.
pub(crate) struct Hub {
    pub(crate) address: String,
    admin: String,
    child: Child,
    _input: Option<ChildStdin>,
    _output: BufReader<ChildStdout>,
}

impl Hub {
    /// `https://127.0.0.1:port`.
    pub(crate) fn endpoint(&self) -> String {
        format!("https://{}", self.address)
    }

    /// What it holds in memory, in KiB.
    pub(crate) fn resident_kib(&self) -> u64 {
        self.memory_kib("VmRSS:")
    }

    /// A figure of its memory, in KiB, by its name in `/proc`.
    pub(crate) fn memory_kib(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// SIGTERM.
    pub(crate) fn terminate(&self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    }

    /// Waits until it has ended.
    pub(crate) fn wait(mut self) -> ExitStatus {
        block_in_place(|| self.child.wait()).unwrap()
    }

    /// The answer of an admin path, with its status line; none when the address is closed.
    pub(crate) async fn ask(&self, path: &str) -> Option<String> {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

        let mut stream = tokio::net::TcpStream::connect(&self.admin).await.ok()?;
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", self.admin);
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok()?;
        Some(answer)
    }

    /// Waits until an admin path answers with these words in it.
    pub(crate) async fn says(&self, path: &str, words: &str) {
        let asked = async {
            while !self.ask(path).await.is_some_and(|answer| answer.contains(words)) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(PATIENCE, asked).await.unwrap_or_else(|_| panic!("{path} never says {words}"));
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The sample under a key.
pub(crate) fn request(key: &str) -> SubmitAlertRequest {
    static SAMPLE: std::sync::LazyLock<SubmitAlertRequest> = std::sync::LazyLock::new(|| {
        json::request_from_json(&std::fs::read_to_string(in_repository(ALERT)).unwrap()).unwrap()
    });
    SubmitAlertRequest { idempotency_key: key.to_owned(), ..SAMPLE.clone() }
}

/// Asks for something small: the hub serves this client.
pub(crate) async fn served(client: &mut Client) {
    timeout(PATIENCE, client.own_alerts(1, "")).await.unwrap().unwrap();
}

/// The next copy of a stream, and the cursor behind it.
pub(crate) async fn next_copy(
    stream: &mut Receiving,
) -> Result<(v1::AlertCopy, Vec<u8>), ClientError> {
    let copy = async {
        loop {
            if let Received::Copy { copy, cursor } = stream.next().await? {
                return Ok((*copy, cursor));
            }
        }
    };
    timeout(PATIENCE, copy).await.expect("a copy comes")
}

fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
