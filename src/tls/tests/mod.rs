//! Real sockets on loopback, real handshakes, certificates made on the spot.

mod certificates;
mod files;
mod handshakes;
mod hub_certificate;
mod limits;
mod revocation;

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use http::Uri;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::time;
use tonic::service::InterceptorLayer;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Code, Request, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tower::ServiceExt;

use super::*;

pub(crate) const DOMAIN: &str = "staysafe.example";
pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);
pub(crate) const SECOND: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn uri(path: &str) -> String {
    format!("spiffe://{DOMAIN}/agency/{path}")
}

/// The machine's clock, shifted.
#[derive(Default)]
pub(crate) struct ShiftedClock(Mutex<Shift>);

#[derive(Default, Clone, Copy)]
enum Shift {
    #[default]
    None,
    At(SystemTime),
}

impl ShiftedClock {
    pub(crate) fn stand_at(&self, at: SystemTime) {
        *self.0.lock().unwrap() = Shift::At(at);
    }
}

impl MachineClock for ShiftedClock {
    fn now(&self) -> SystemTime {
        match *self.0.lock().unwrap() {
            Shift::None => SystemMachineClock.now(),
            Shift::At(at) => at,
        }
    }
}

/// What the TLS layer said, in order.
#[derive(Default)]
pub(crate) struct Said(Mutex<Vec<Event>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    Accepted,
    Closed(Closed),
    Rejected(Refusal, Option<Fingerprint>),
    CrlExpiring,
    CrlInGrace,
    CrlGraceUsed,
    CrlLapsed,
    OwnCertificateExpiring,
    Reloaded(u64, usize),
    ReloadFailed(&'static str),
}

impl Said {
    fn say(&self, event: Event) {
        self.0.lock().unwrap().push(event);
    }

    pub(crate) fn all(&self) -> Vec<Event> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn forget(&self) {
        self.0.lock().unwrap().clear();
    }

    pub(crate) fn count(&self, wanted: Event) -> usize {
        self.all().into_iter().filter(|event| *event == wanted).count()
    }

    pub(crate) async fn wait_for(&self, wanted: impl Fn(&Event) -> bool) -> Event {
        wait_until(|| self.all().into_iter().find(|event| wanted(event))).await
    }

    pub(crate) async fn refusal(&self) -> (Refusal, Option<Fingerprint>) {
        let event = self.wait_for(|event| matches!(event, Event::Rejected(..))).await;
        let Event::Rejected(refusal, fingerprint) = event else { panic!("{event:?}") };
        (refusal, fingerprint)
    }
}

impl TlsEvents for Said {
    fn accepted(&self, _: &PeerIdentity) {
        self.say(Event::Accepted);
    }
    fn closed(&self, _: &PeerIdentity, why: Closed) {
        self.say(Event::Closed(why));
    }
    fn rejected(&self, refusal: Refusal, certificate: Option<Fingerprint>) {
        self.say(Event::Rejected(refusal, certificate));
    }
    fn crl_expiring(&self, _: SystemTime) {
        self.say(Event::CrlExpiring);
    }
    fn crl_in_grace(&self, _: SystemTime) {
        self.say(Event::CrlInGrace);
    }
    fn crl_grace_used(&self, _: &PeerIdentity, _: SystemTime) {
        self.say(Event::CrlGraceUsed);
    }
    fn crl_lapsed(&self, _: SystemTime) {
        self.say(Event::CrlLapsed);
    }
    fn own_certificate_expiring(&self, _: SystemTime) {
        self.say(Event::OwnCertificateExpiring);
    }
    fn reloaded(&self, generation: u64, cut: usize) {
        self.say(Event::Reloaded(generation, cut));
    }
    fn reload_failed(&self, error: &LoadError) {
        self.say(Event::ReloadFailed(error.code()));
    }
    fn accept_failed(&self, kind: io::ErrorKind) {
        panic!("accept failed: {kind}");
    }
}

/// Asks until there is an answer; the only wait in these tests that is not for an event.
pub(crate) async fn wait_until<T>(ask: impl Fn() -> Option<T>) -> T {
    let found = async {
        loop {
            if let Some(answer) = ask() {
                return answer;
            }
            time::sleep(Duration::from_millis(5)).await;
        }
    };
    time::timeout(PATIENCE, found).await.expect("it never happened")
}

/// A hub that answers health checks, with an authority of its own.
pub(crate) struct TestHub {
    pub(crate) dir: TempDir,
    pub(crate) authority: Authority,
    pub(crate) clock: Arc<ShiftedClock>,
    pub(crate) said: Arc<Said>,
    pub(crate) reloader: Arc<TlsReloader>,
    pub(crate) tasks: Tasks,
    pub(crate) address: SocketAddr,
    pub(crate) callers: Arc<Mutex<Vec<Arc<PeerIdentity>>>>,
}

/// How a test hub differs from the usual one.
#[derive(Default)]
pub(crate) struct Build {
    pub(crate) limits: ConnectionLimits,
    pub(crate) accept: AcceptSettings,
    pub(crate) rules: RevocationRules,
    pub(crate) server: Option<CustomLeaf>,
}

impl TestHub {
    pub(crate) async fn start() -> Self {
        Self::build(Build::default()).await
    }

    pub(crate) async fn build(build: Build) -> Self {
        let dir = TempDir::new().unwrap();
        let clock = Arc::new(ShiftedClock::default());
        let authority = new_authority(dir.path(), &clock);
        let issued = match &build.server {
            None => authority.issue_server(&localhost(), 365).unwrap(),
            Some(leaf) => authority.issue_custom(leaf).unwrap(),
        };
        let server = authority.write(&issued).unwrap();
        let files = hub_files(&authority, dir.path(), &server);
        let said = Arc::new(Said::default());
        let tls = ServerTls {
            files,
            trust_domain: TrustDomain::parse(DOMAIN).unwrap(),
            revocation: build.rules,
            limits: build.limits,
        };
        let (dyn_clock, events) = (Arc::clone(&clock), Arc::clone(&said));
        let reloader = TlsReloader::start(tls, dyn_clock, events).unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let tasks = Tasks::default();
        let incoming = reloader.accept_on(listener, build.accept, &tasks);
        let callers = Arc::new(Mutex::new(Vec::new()));
        serve(incoming, &tasks, Arc::clone(&callers));
        Self { dir, authority, clock, said, reloader, tasks, address, callers }
    }

    /// A client with a good certificate.
    pub(crate) fn agency(&self, agency: &str) -> ClientTls {
        self.system(agency, "main")
    }

    pub(crate) fn system(&self, agency: &str, system: &str) -> ClientTls {
        self.client(&self.authority.issue_system(agency, system, 90).unwrap())
    }

    pub(crate) fn client(&self, issued: &IssuedCertificate) -> ClientTls {
        let files = self.authority.write(issued).unwrap();
        let server_name = Some("localhost".to_owned());
        ClientTls {
            ca: self.authority.ca_path(),
            cert: files.certificate,
            key: files.key,
            server_name,
        }
    }

    /// A good leaf to be spoilt.
    pub(crate) fn leaf(&self) -> CustomLeaf {
        self.authority.client_leaf(&uri("CADT/system/main")).unwrap()
    }

    pub(crate) fn connector(&self, client: &ClientTls) -> Connector {
        let clock = Arc::clone(&self.clock);
        Connector::new(client, clock).unwrap()
    }

    pub(crate) fn uri(&self) -> Uri {
        format!("http://{}", self.address).parse().unwrap()
    }

    pub(crate) async fn connect(&self, client: &ClientTls) -> Result<Connection, ConnectError> {
        self.connector(client).oneshot(self.uri()).await
    }

    /// A gRPC channel, connected.
    pub(crate) async fn channel(&self, client: &ClientTls) -> Channel {
        let endpoint = Endpoint::from(self.uri());
        endpoint.connect_with_connector(self.connector(client)).await.unwrap()
    }

    /// Connects, which must fail, and returns what the hub noted and what the client is told.
    pub(crate) async fn refuses(&self, client: &ClientTls) -> (Refusal, String) {
        self.said.forget();
        let error = self.connect(client).await.map(drop).unwrap_err();
        let (refusal, _) = self.said.refusal().await;
        assert_eq!(self.said.count(Event::Accepted), 0);
        (refusal, explain(&error).unwrap_or_default().to_owned())
    }

    pub(crate) async fn accepts(&self, client: &ClientTls) {
        drop(self.connect(client).await.unwrap());
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}

impl Drop for TestHub {
    fn drop(&mut self) {
        self.tasks.shutdown.cancel();
    }
}

pub(crate) fn new_authority(dir: &Path, clock: &Arc<ShiftedClock>) -> Authority {
    let clock = Arc::clone(clock);
    Authority::create(dir, &TrustDomain::parse(DOMAIN).unwrap(), clock).unwrap()
}

pub(crate) fn localhost() -> ServerNames {
    ServerNames { dns: vec!["localhost".to_owned()], ips: Vec::new() }
}

/// Copies, so that a test may change what the hub reads without touching the authority's own files.
pub(crate) fn hub_files(authority: &Authority, dir: &Path, server: &CertificateFiles) -> TlsFiles {
    let copy = |from: &Path, to: &str| {
        let to = dir.join(to);
        fs::copy(from, &to).unwrap();
        to
    };
    TlsFiles {
        authorities: copy(&authority.ca_path(), "hub-authorities.pem"),
        certificate: copy(&server.certificate, "hub-certificate.pem"),
        key: copy(&server.key, "hub-key.pem"),
        // Not a copy: a revocation is seen at the next check.
        revocations: authority.crl_path(),
    }
}

fn serve(incoming: Incoming, tasks: &Tasks, callers: Arc<Mutex<Vec<Arc<PeerIdentity>>>>) {
    let (_reporter, health) = tonic_health::server::health_reporter();
    let who = move |request: Request<()>| {
        let peer = request.extensions().get::<Arc<PeerIdentity>>();
        let peer = peer.ok_or_else(|| Status::new(Code::Internal, "no peer"))?;
        callers.lock().unwrap().push(Arc::clone(peer));
        Ok(request)
    };
    let shutdown = tasks.shutdown.clone().cancelled_owned();
    let server = Server::builder().layer(InterceptorLayer::new(who)).add_service(health);
    tasks.tracker.spawn(async move {
        server.serve_with_incoming_shutdown(incoming, shutdown).await.unwrap();
    });
}

/// Opens a stream that stays open until the connection ends.
pub(crate) async fn watch(
    channel: Channel,
) -> tonic::Streaming<tonic_health::pb::HealthCheckResponse> {
    let request = HealthCheckRequest { service: String::new() };
    let mut stream = HealthClient::new(channel).watch(request).await.unwrap().into_inner();
    stream.message().await.unwrap().expect("the state now");
    stream
}

pub(crate) async fn check(channel: Channel) -> Result<(), Status> {
    let request = HealthCheckRequest { service: String::new() };
    HealthClient::new(channel).check(request).await.map(drop)
}
