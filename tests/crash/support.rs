//! A hub in a process of its own: its directory outlives it.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use prost::Message as _;
use serde_json::Value;
use staysafe::env::SystemEntropy;
use staysafe::sdk::{Client, ClientError, Connect};
use staysafe::tls::{
    Authority, ClientTls, IssuedCertificate, ServerNames, SystemMachineClock, TrustDomain,
};
use staysafe::wire::{SubmitAlertRequest, json, v1};
use tokio::task::block_in_place;

/// The hub's time, at which the sample was sent.
const START: &str = "2026-11-08T03:10:00Z";
/// The sample every test sends: an alert to the young people's service.
pub(crate) const ALERT: &str = "docs/samples/alerts/s03-alcohol-attendance.json";
/// Who sends it.
pub(crate) const SENDER: &str = "WUTH-AED";
/// Whose mailbox it reaches.
pub(crate) const RECIPIENT: &str = "RESPONSE";

/// A hub's directory: certificates, keys, configuration, data.
pub(crate) struct Place {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) authority: Authority,
}

impl Place {
    pub(crate) fn prepare() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let authority = authority(&dir.path().join("certs"));
        let names =
            ServerNames { dns: vec!["localhost".into()], ips: vec!["127.0.0.1".parse().unwrap()] };
        authority.write(&authority.issue_server(&names, 30).unwrap()).unwrap();
        authority.write_crl(Duration::from_secs(30 * 24 * 3600)).unwrap();
        for agency in [SENDER, RECIPIENT] {
            authority.write(&authority.issue_system(agency, "main", 30).unwrap()).unwrap();
        }
        let entropy = SystemEntropy::new();
        staysafe::crypto::MasterKey::generate_file(&dir.path().join("master.key"), &entropy)
            .unwrap();
        staysafe::crypto::Signer::generate_file(
            &dir.path().join("signing.pem"),
            "unnamed",
            &entropy,
        )
        .unwrap();
        let config = format!(
            "[hub]\nname = \"test\"\ntrust_domain = \"staysafe.example\"\ndata_dir = \"data\"\n\
             listen = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n\
             [tls]\nauthorities = \"certs/ca.pem\"\ncertificate = \"certs/server/hub.pem\"\n\
             key = \"certs/server/hub.key\"\nrevocations = \"certs/ca.crl.pem\"\n\
             [keys]\nmaster_key_file = \"master.key\"\nsigning_key_file = \"signing.pem\"\n\
             [directory]\nfile = \"{}\"\n[audit]\npublish_seconds = 1\n",
            in_repository("docs/samples/partnership.toml").display(),
        );
        std::fs::write(dir.path().join("hub.toml"), config).unwrap();
        Self { dir, authority }
    }

    /// Starts a hub on the directory and waits until it serves.
    pub(crate) fn start(&self) -> Hub {
        self.start_under(&[])
    }

    /// Starts a hub as the last words of another program's command line.
    pub(crate) fn start_under(&self, wrapper: &[&str]) -> Hub {
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
        Hub { address: serving("address"), admin: serving("admin"), child, input, _output: output }
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

    /// A connected client of an agency's main system.
    pub(crate) async fn client(&self, hub: &Hub, agency: &str) -> Client {
        Client::connect(&self.connect(hub, agency)).await.unwrap()
    }

    /// How to reach the hub as an agency's main system.
    pub(crate) fn connect(&self, hub: &Hub, agency: &str) -> Connect {
        Connect::to(format!("https://{}", hub.address), self.files(agency))
    }
}

/// An authority in a directory that has none.
pub(crate) fn authority(dir: &Path) -> Authority {
    let domain = TrustDomain::parse("staysafe.example").unwrap();
    Authority::create(dir, &domain, Arc::new(SystemMachineClock)).unwrap()
}

/// Writes a certificate; its files.
pub(crate) fn written(authority: &Authority, issued: &IssuedCertificate) -> [PathBuf; 2] {
    let files = authority.write(issued).unwrap();
    [files.certificate, files.key]
}

/// A running hub; stopped in order when it is dropped.
pub(crate) struct Hub {
    pub(crate) address: String,
    pub(crate) admin: String,
    child: Child,
    input: Option<ChildStdin>,
    _output: BufReader<ChildStdout>,
}

impl Hub {
    /// SIGKILL: nothing of the hub runs any more when this returns.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        block_in_place(|| self.child.wait()).unwrap();
    }

    /// Ends the hub and waits for it; it may say that it failed.
    pub(crate) fn end(mut self) {
        drop(self.input.take());
        // Meanwhile the clients of this process must be able to hang up.
        block_in_place(|| self.child.wait()).unwrap();
    }

    /// The answer of an admin path, with its status line.
    pub(crate) async fn ask(&self, path: &str) -> String {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

        let mut stream = tokio::net::TcpStream::connect(&self.admin).await.unwrap();
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", self.admin);
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        drop(self.input.take());
        drop(block_in_place(|| self.child.wait()));
    }
}

/// What a sender was told: from then on it may not be lost.
#[derive(Clone)]
pub(crate) struct Acknowledged {
    pub(crate) key: String,
    pub(crate) alert_id: String,
    receipt: Vec<u8>,
}

/// Everything that was acknowledged, by all senders.
pub(crate) type Ledger = Arc<Mutex<Vec<Acknowledged>>>;

/// Submits the sample under a key.
pub(crate) async fn submit(client: &mut Client, key: &str) -> Result<Acknowledged, ClientError> {
    let response = client.submit(request(key)).await?;
    Ok(Acknowledged {
        key: key.to_owned(),
        alert_id: response.alert_id,
        receipt: response.receipt.unwrap().encode_to_vec(),
    })
}

/// The hub still has an acknowledged alert, and says of it what it said before.
pub(crate) async fn is_kept(client: &mut Client, told: &Acknowledged) {
    let (key, id) = (&told.key, &told.alert_id);
    let status = client.status(id).await.unwrap_or_else(|error| panic!("{key} {id}: {error}"));
    assert!(!status.deliveries.is_empty(), "{key} {id} is delivered to no one");
    let again = submit(client, key).await.unwrap_or_else(|error| panic!("{key} {id}: {error}"));
    assert_eq!(again.alert_id, *id, "{key} became another alert");
    assert!(again.receipt == told.receipt, "{key} {id} has another receipt");
}

/// The sample under a key.
pub(crate) fn request(key: &str) -> SubmitAlertRequest {
    static SAMPLE: std::sync::LazyLock<SubmitAlertRequest> = std::sync::LazyLock::new(|| {
        json::request_from_json(&std::fs::read_to_string(in_repository(ALERT)).unwrap()).unwrap()
    });
    SubmitAlertRequest { idempotency_key: key.to_owned(), ..SAMPLE.clone() }
}

/// The copies in a mailbox from its beginning, confirmed as they come.
pub(crate) async fn collect(client: &mut Client, mailbox: &str) -> Vec<v1::AlertCopy> {
    use staysafe::sdk::Received;

    let mut stream = client.receive(mailbox, Vec::new()).await.unwrap();
    let (mut copies, mut pending) = (Vec::new(), Vec::new());
    loop {
        let next = tokio::time::timeout(Duration::from_secs(30), stream.next()).await;
        let ended = match next.unwrap().unwrap() {
            Received::Copy { copy, .. } => {
                pending.push(copy.sequence);
                copies.push(*copy);
                false
            }
            Received::Tombstone { .. } => false,
            Received::Heartbeat(beat) => !beat.more_waiting,
        };
        if ended || pending.len() == 100 {
            client.confirm(mailbox, &std::mem::take(&mut pending)).await.unwrap();
        }
        if ended {
            return copies;
        }
    }
}

/// A path of the repository.
pub(crate) fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
