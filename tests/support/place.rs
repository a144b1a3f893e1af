//! A hub's directory and the hub on it: what every suite needs that watches a hub from outside.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use staysafe::env::SystemEntropy;
use staysafe::sdk::{Client, Connect};
use staysafe::tls::{Authority, ClientTls, ServerNames, SystemMachineClock, TrustDomain};

use crate::child_hub::Hub;

/// The hub's time, at which the sample was sent.
const START: &str = "2026-11-08T03:10:00Z";

/// A hub's directory: certificates, keys, configuration, data. It outlives the hub.
pub(crate) struct Place {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) authority: Authority,
}

impl Place {
    /// With certificates for the main systems of these agencies; `tls` and `sections` complete the configuration.
    pub(crate) fn of(agencies: &[&str], (tls, sections): (&str, &str)) -> Self {
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
        self.start_under(&[])
    }

    /// Starts a hub as the last words of another program's command line.
    pub(crate) fn start_under(&self, wrapper: &[&str]) -> Hub {
        Hub::launch(self.dir.path(), START, wrapper, &[])
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

    /// How to reach a hub as an agency's main system.
    pub(crate) fn way_to(&self, hub: &Hub, agency: &str) -> Connect {
        Connect::to(hub.endpoint(), self.files(agency))
    }

    /// A connected client of an agency's main system.
    pub(crate) async fn client(&self, hub: &Hub, agency: &str) -> Client {
        Client::connect(&self.way_to(hub, agency)).await.unwrap()
    }
}

/// An authority in a directory that has none.
pub(crate) fn authority(dir: &Path) -> Authority {
    let domain = TrustDomain::parse("staysafe.example").unwrap();
    Authority::create(dir, &domain, Arc::new(SystemMachineClock)).unwrap()
}

/// The answer of an admin path, with its status line; none when the address is closed.
pub(crate) async fn ask(hub: &Hub, path: &str) -> Option<String> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let admin = hub.said("admin");
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
