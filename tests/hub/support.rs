//! A hub of one's own for a test: certificates, partnership, data directory, simulated time.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use staysafe::config::Config;
use staysafe::domain::Timestamp;
use staysafe::env::SystemEntropy;
use staysafe::hub::{self, Running, StartOptions};
use staysafe::sdk::{Client, Connect, Received};
use staysafe::tls::{Authority, ClientTls, ServerNames, SystemMachineClock, TrustDomain};
use staysafe::wire::{SubmitAlertRequest, json, v1};

/// How long a test waits for something that must happen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A hub in this process, on loopback, with the partnership of the samples.
pub(crate) struct TestHub {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) authority: Authority,
    running: Option<Running>,
}

impl TestHub {
    /// Starts a hub whose time stands still at `start` (RFC 3339).
    pub(crate) async fn starting_at(start: &str) -> Self {
        let mut hub = Self::prepared(&partnership());
        hub.start(start).await;
        hub
    }

    /// A hub that was never started, with a partnership of the test's own.
    pub(crate) fn prepared(partnership: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let domain = TrustDomain::parse("staysafe.example").unwrap();
        let clock = Arc::new(SystemMachineClock);
        let authority = Authority::create(&dir.path().join("certs"), &domain, clock).unwrap();
        let names =
            ServerNames { dns: vec!["localhost".into()], ips: vec!["127.0.0.1".parse().unwrap()] };
        authority.write(&authority.issue_server(&names, 30).unwrap()).unwrap();
        authority.write_crl(Duration::from_secs(30 * 24 * 3600)).unwrap();
        write_keys(dir.path());
        std::fs::write(dir.path().join("partnership.toml"), partnership).unwrap();
        write_config(dir.path());
        Self { dir, authority, running: None }
    }

    /// Adds to the configuration, before a start.
    pub(crate) fn configure(&self, more: &str) {
        let file = self.dir.path().join("hub.toml");
        let config = std::fs::read_to_string(&file).unwrap() + more;
        std::fs::write(file, config).unwrap();
    }

    /// Starts the hub again on its data directory; its time goes on where it was, or from `start` if later.
    pub(crate) async fn start(&mut self, start: &str) {
        self.try_start(start).await.unwrap();
    }

    /// Starts the hub again, or says why it does not.
    pub(crate) async fn try_start(&mut self, start: &str) -> Result<(), hub::StartError> {
        let config = Config::load(
            Some(&self.dir.path().join("hub.toml")),
            &staysafe::config::Environment::default(),
        )
        .unwrap();
        let options = StartOptions { simulated_from: Some(instant(start)), reflection: true };
        self.running = Some(hub::start(&config, options).await?);
        Ok(())
    }

    /// Stops the hub in order.
    pub(crate) async fn stop(&mut self) {
        self.running.take().unwrap().stop().await;
    }

    /// `https://127.0.0.1:port`.
    pub(crate) fn endpoint(&self) -> String {
        format!("https://{}", self.running.as_ref().unwrap().address)
    }

    /// Where health and metrics are.
    pub(crate) fn admin(&self) -> std::net::SocketAddr {
        self.running.as_ref().unwrap().admin_address
    }

    /// Moves hub time forward; what comes due in between happens.
    pub(crate) async fn advance_to(&self, to: &str) {
        let body = format!("{{\"advance_to_ms\":{}}}", instant(to).as_millis());
        let answer = http(self.admin(), "POST", "/simulated-time", &body).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    /// The files of an agency's system, made when first asked for.
    pub(crate) fn system(&self, agency: &str) -> ClientTls {
        self.system_named(agency, "main")
    }

    /// The files of a system of an agency, registered or not.
    pub(crate) fn system_named(&self, agency: &str, name: &str) -> ClientTls {
        self.files(&format!("agencies/{agency}/system-{name}"), || {
            self.authority.issue_system(agency, name, 30).unwrap()
        })
    }

    /// The files of a person, made when first asked for.
    pub(crate) fn person(&self, agency: &str, user: &str) -> ClientTls {
        self.files(&format!("agencies/{agency}/user-{user}"), || {
            self.authority.issue_user(agency, user, 30).unwrap()
        })
    }

    fn files(
        &self,
        name: &str,
        issue: impl FnOnce() -> staysafe::tls::IssuedCertificate,
    ) -> ClientTls {
        let root = self.dir.path().join("certs");
        let (cert, key) = (root.join(format!("{name}.pem")), root.join(format!("{name}.key")));
        if !cert.exists() {
            self.authority.write(&issue()).unwrap();
        }
        ClientTls { ca: self.authority.ca_path(), cert, key, server_name: None }
    }

    /// A connected client of an agency's system.
    pub(crate) async fn agency(&self, code: &str) -> Client {
        self.connect(self.system(code)).await.unwrap()
    }

    /// A connected client of whoever may open this mailbox: the agency's system, or the person it serves.
    pub(crate) async fn at(&self, mailbox: &str) -> Client {
        let files = self.keeper(mailbox);
        self.connect(files).await.unwrap()
    }

    /// The files of whoever the hub lets open a mailbox.
    pub(crate) fn keeper(&self, mailbox: &str) -> ClientTls {
        let (agency, place) = mailbox.split_once('/').unwrap_or((mailbox, ""));
        let role = match place {
            "lead" => "SAFEGUARDING_LEAD",
            "head-of-service" | "director" => "SENIOR_ON_CALL",
            _ => return self.system(agency),
        };
        let file: toml::Table = partnership().parse().unwrap();
        let agencies = file["agencies"].as_array().unwrap();
        let users = agencies
            .iter()
            .filter(|entry| entry["code"].as_str() == Some(agency))
            .flat_map(|entry| entry["users"].as_array().unwrap());
        let holds = |user: &&toml::Value| {
            user["roles"].as_array().unwrap().iter().any(|held| held.as_str() == Some(role))
        };
        let keeper = users.filter(holds).find_map(|user| user["id"].as_str());
        self.person(agency, keeper.unwrap_or_else(|| panic!("{agency} has no {role}")))
    }

    /// A connected client with these files.
    pub(crate) async fn connect(
        &self,
        tls: ClientTls,
    ) -> Result<Client, staysafe::sdk::ClientError> {
        Client::connect(&Connect::to(self.endpoint(), tls)).await
    }
}

/// A request of the samples.
pub(crate) fn sample(name: &str) -> SubmitAlertRequest {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/samples/alerts").join(name);
    json::request_from_json(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Everything waiting in a mailbox, received and confirmed. A stream that lost too many races is opened again.
pub(crate) async fn collect(client: &mut Client, mailbox: &str) -> Vec<v1::AlertCopy> {
    let mut stream = client.receive(mailbox, Vec::new()).await.unwrap();
    let mut copies = Vec::new();
    loop {
        match tokio::time::timeout(PATIENCE, stream.next()).await.unwrap() {
            Ok(Received::Copy { copy, .. }) => copies.push(*copy),
            Ok(Received::Heartbeat(beat)) if !beat.more_waiting => break,
            Ok(Received::Heartbeat(_) | Received::Tombstone { .. }) => {}
            Err(error) => {
                assert!(error.to_string().contains("do the whole operation again"), "{error}");
                // What was not confirmed comes again.
                copies.clear();
                stream = client.receive(mailbox, Vec::new()).await.unwrap();
            }
        }
    }
    let sequences: Vec<u64> = copies.iter().map(|copy| copy.sequence).collect();
    confirm(client, mailbox, &sequences).await;
    copies
}

/// Confirms; whoever loses too many races against others who change the same alerts does it again.
async fn confirm(client: &mut Client, mailbox: &str, sequences: &[u64]) {
    for _ in 0..10 {
        match client.confirm(mailbox, sequences).await {
            Err(error) if error.reason() == "BUSY" => {}
            confirmed => {
                confirmed.unwrap();
                return;
            }
        }
    }
    panic!("always busy");
}

/// One HTTP/1.1 request to the admin address; the whole answer.
pub(crate) async fn http(to: std::net::SocketAddr, method: &str, path: &str, body: &str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let mut stream = tokio::net::TcpStream::connect(to).await.unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {to}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// An instant from RFC 3339.
pub(crate) fn instant(text: &str) -> Timestamp {
    Timestamp::from(text.parse::<jiff::Timestamp>().unwrap())
}

/// The partnership of the samples.
pub(crate) fn partnership() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/samples/partnership.toml");
    std::fs::read_to_string(path).unwrap()
}

fn write_keys(dir: &Path) {
    let entropy = SystemEntropy::new();
    staysafe::crypto::MasterKey::generate_file(&dir.join("master.key"), &entropy).unwrap();
    staysafe::crypto::Signer::generate_file(&dir.join("signing.pem"), "unnamed", &entropy).unwrap();
}

fn write_config(dir: &Path) {
    let config = format!(
        "[hub]\nname = \"test\"\ntrust_domain = \"staysafe.example\"\ndata_dir = \"data\"\n\
         listen = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n\
         [tls]\nauthorities = \"certs/ca.pem\"\ncertificate = \"certs/server/hub.pem\"\n\
         key = \"certs/server/hub.key\"\nrevocations = \"{}\"\n\
         [keys]\nmaster_key_file = \"master.key\"\nsigning_key_file = \"signing.pem\"\n\
         [directory]\nfile = \"partnership.toml\"\n",
        crl(dir).display(),
    );
    std::fs::write(dir.join("hub.toml"), config).unwrap();
}

fn crl(dir: &Path) -> PathBuf {
    dir.join("certs/ca.crl.pem")
}
