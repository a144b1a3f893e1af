//! A bare tonic echo over the hub's own mutual TLS, in a process of its own: what the machine could do if nothing
//! were checked, decided or stored.

use std::convert::Infallible;
use std::io::ErrorKind;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use futures_util::future::{BoxFuture, Ready, ready};
use serde_json::json;
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::transport::{Channel, Endpoint, Server as GrpcServer};
use tonic_prost::ProstCodec;

use super::super::error::CliError;
use super::super::local::{Home, Server};
use super::super::output::Output;
use crate::tls::{
    self, AcceptSettings, ClientTls, Closed, ConnectionLimits, Fingerprint, LoadError,
    PeerIdentity, Refusal, RevocationRules, ServerTls, SystemMachineClock, Tasks, TlsFiles,
    TlsReloader, TrustDomain,
};

/// What is sent and comes back: `google.protobuf.BytesValue`.
pub(super) type Echoed = prost::bytes::Bytes;
/// The one method.
pub(super) const ECHO_PATH: &str = "/staysafe.bench.Echo/Echo";

/// A serving echo.
pub(super) struct EchoProcess(Server, String);

impl EchoProcess {
    /// Starts it with the certificates of `home`.
    pub(super) async fn start(home: &Home) -> Result<Self, CliError> {
        let certs = home.path("certs").display().to_string();
        let arguments = ["--json", "bench", "--serve-echo", &certs];
        let server = Server::start(&arguments, &home.path("echo.log")).await?;
        let endpoint = format!("https://{}", server.address("address")?);
        Ok(Self(server, endpoint))
    }

    /// The process.
    pub(super) fn id(&self) -> u32 {
        self.0.id().unwrap_or_default()
    }

    /// So many connections, made as the typed client makes its own.
    pub(super) async fn connect(
        &self,
        tls: &ClientTls,
        connections: usize,
    ) -> Result<Vec<Channel>, CliError> {
        let connector = tls::connector(tls)
            .map_err(|source| CliError::because("the certificates are not usable", source))?;
        let mut channels = Vec::new();
        for _ in 0..connections {
            let endpoint = Endpoint::from_shared(self.1.clone())
                .map_err(|source| CliError::because("the echo's address is malformed", source))?
                .tcp_nodelay(true);
            let channel = endpoint.connect_with_connector(connector.clone()).await;
            channels.push(
                channel.map_err(|source| CliError::because("the echo is not there", source))?,
            );
        }
        Ok(channels)
    }

    /// Stops it.
    pub(super) async fn stop(self) -> Result<(), CliError> {
        self.0.stop().await
    }
}

/// Serves the echo with the certificates under `certs` until standard input ends.
pub(super) async fn serve(certs: &Path, out: &mut Output) -> Result<(), CliError> {
    let refused = |source| CliError::because("the echo's certificates are refused", source);
    let clock = Arc::new(SystemMachineClock);
    let reloader = TlsReloader::start(server_tls(certs)?, clock, Arc::new(Unheard));
    let reloader = reloader.map_err(refused)?;
    let listener = TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.map_err(|source| CliError::system("listen", source))?;
    let address =
        listener.local_addr().map_err(|source| CliError::system("listen", source))?.to_string();
    let incoming = reloader.accept_on(listener, AcceptSettings::default(), &Tasks::default());
    out.json(&json!({ "serving": { "address": address } }))?;
    let served = GrpcServer::builder().add_service(EchoService).serve_with_incoming(incoming);
    tokio::select! {
        served = served => served.map_err(|source| CliError::because("the echo stopped", source)),
        ended = super::super::hub::stop_or_end_of_input() => {
            ended.map_err(|source| CliError::system("wait for the signal to stop", source))
        }
    }
}

fn server_tls(certs: &Path) -> Result<ServerTls, CliError> {
    let unusable = |what: &str| CliError::failed(format!("{what} is not usable"));
    Ok(ServerTls {
        files: TlsFiles {
            authorities: certs.join("ca.pem"),
            certificate: certs.join("server/hub.pem"),
            key: certs.join("server/hub.key"),
            revocations: certs.join("ca.crl.pem"),
        },
        trust_domain: TrustDomain::parse(Home::TRUST_DOMAIN)
            .map_err(|_malformed| unusable("the trust domain"))?,
        revocation: RevocationRules::new(Duration::ZERO)
            .map_err(|_too_long| unusable("the grace"))?,
        limits: ConnectionLimits::default(),
    })
}

/// Nobody asks what happens at an echo's door.
struct Unheard;

impl tls::TlsEvents for Unheard {
    fn accepted(&self, _peer: &PeerIdentity) {}
    fn closed(&self, _peer: &PeerIdentity, _why: Closed) {}
    fn rejected(&self, _refusal: Refusal, _certificate: Option<Fingerprint>) {}
    fn crl_expiring(&self, _next_update: SystemTime) {}
    fn crl_in_grace(&self, _grace_until: SystemTime) {}
    fn crl_grace_used(&self, _peer: &PeerIdentity, _grace_until: SystemTime) {}
    fn crl_lapsed(&self, _next_update: SystemTime) {}
    fn own_certificate_expiring(&self, _not_after: SystemTime) {}
    fn reloaded(&self, _generation: u64, _cut: usize) {}
    fn reload_failed(&self, _error: &LoadError) {}
    fn accept_failed(&self, _kind: ErrorKind) {}
}

/// The echo as tonic serves it.
#[derive(Clone)]
struct EchoService;

impl NamedService for EchoService {
    const NAME: &'static str = "staysafe.bench.Echo";
}

impl tower::Service<http::Request<Body>> for EchoService {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let answer = async move {
            let mut grpc = Grpc::new(ProstCodec::<Echoed, Echoed>::default());
            Ok(grpc.unary(Same, request).await)
        };
        Box::pin(answer) as Pin<Box<_>>
    }
}

/// Answers with what it was asked.
struct Same;

impl UnaryService<Echoed> for Same {
    type Response = Echoed;
    type Future = Ready<Result<tonic::Response<Echoed>, tonic::Status>>;

    fn call(&mut self, request: tonic::Request<Echoed>) -> Self::Future {
        ready(Ok(tonic::Response::new(request.into_inner())))
    }
}
