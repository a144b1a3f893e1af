//! The client's side: TCP, TLS 1.3 with a certificate of one's own, and refusals in words.
//!
//! In TLS 1.3 a client is done before the server has looked at its certificate, so a refusal would surface at the
//! first call, far from its cause. The connector therefore waits for the hub's first bytes (an HTTP/2 server speaks
//! at once) before it calls the connection made.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{AlertDescription, CertificateError, ClientConfig, RootCertStore};
use tokio::io::AsyncBufReadExt;
use tokio::net::TcpStream;
use tokio::time;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use zeroize::Zeroizing;

use super::clock::{MachineClock, RustlsTime, SystemMachineClock};
use super::files::{self, LoadError, PEM_BYTES_MAX};
use super::trust::provider;

/// What a client needs to reach the hub.
#[derive(Debug, Clone)]
pub struct ClientTls {
    /// PEM: the authorities that the hub's certificate may be signed by.
    pub ca: PathBuf,
    /// PEM: the client's certificate.
    pub cert: PathBuf,
    /// PEM: the client's private key.
    pub key: PathBuf,
    /// The name the hub's certificate must bear; the host of the address when `None`.
    pub server_name: Option<String>,
}

/// Why a connector could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ConnectorError {
    /// A file is missing or malformed.
    #[error("the client's certificate files could not be used")]
    Files(#[from] LoadError),
    /// Certificate and key do not go together.
    #[error("the client's certificate and key do not go together")]
    Certificate {
        /// What rustls said.
        #[source]
        source: rustls::Error,
    },
    /// The server name is neither a DNS name nor an IP address.
    #[error("the server name is neither a DNS name nor an IP address")]
    ServerName,
}

/// Why a connection was not made. [`explain`](super::explain()) has plain words for each.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The address has no host that a certificate could bear.
    #[error("the hub's address has no host name")]
    Address,
    /// No TCP connection.
    #[error("the hub could not be reached")]
    Unreachable {
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// No answer within the time limit.
    #[error("the hub did not answer in time")]
    TimedOut,
    /// The hub refused the connection by an alert, in most cases for the client's certificate.
    #[error("the hub refused the connection: {alert:?}")]
    Refused {
        /// The alert.
        alert: AlertDescription,
    },
    /// The client does not accept the hub's certificate.
    #[error("the hub's certificate is not acceptable")]
    HubCertificate {
        /// Why.
        why: CertificateError,
    },
    /// The hub closed the connection without saying why.
    #[error("the hub closed the connection")]
    Closed,
    /// TLS failed otherwise.
    #[error("the secure connection could not be made")]
    Tls {
        /// What rustls or the operating system said.
        #[source]
        source: io::Error,
    },
}

/// A made connection, for `hyper`.
pub type Connection = TokioIo<TlsStream<TcpStream>>;

/// Makes connections; for `tonic::transport::Endpoint::connect_with_connector` with an `http://` address.
#[derive(Clone)]
pub struct Connector {
    config: Arc<ClientConfig>,
    server_name: Option<ServerName<'static>>,
    timeout: Duration,
}

/// Makes a connector for gRPC (`h2`), judging the hub's certificate by this machine's clock.
///
/// # Errors
/// [`ConnectorError`] when a file is missing or malformed, or certificate and key do not go together.
pub fn connector(tls: &ClientTls) -> Result<Connector, ConnectorError> {
    Connector::new(tls, Arc::new(SystemMachineClock))
}

impl Connector {
    /// As [`connector`], with a clock.
    ///
    /// # Errors
    /// As [`connector`].
    pub fn new(tls: &ClientTls, clock: Arc<dyn MachineClock>) -> Result<Self, ConnectorError> {
        let read = |path| files::read_bounded(path, PEM_BYTES_MAX);
        let chain = files::certificates(&tls.cert, &read(&tls.cert)?)?;
        let key = files::private_key(&tls.key, &Zeroizing::new(read(&tls.key)?))?;
        let mut config = builder(tls)?
            .with_client_auth_cert(chain, key)
            .map_err(|source| ConnectorError::Certificate { source })?;
        config.time_provider = Arc::new(RustlsTime(clock));
        Self::with(config, tls)
    }

    /// Gives up a connection that is not made within `timeout`; 10 s unless said otherwise.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    fn with(mut config: ClientConfig, tls: &ClientTls) -> Result<Self, ConnectorError> {
        config.alpn_protocols = vec![b"h2".to_vec()];
        config.resumption = rustls::client::Resumption::disabled();
        let server_name = match &tls.server_name {
            None => None,
            Some(name) => {
                Some(ServerName::try_from(name.clone()).ok().ok_or(ConnectorError::ServerName)?)
            }
        };
        Ok(Self { config: Arc::new(config), server_name, timeout: Duration::from_secs(10) })
    }

    /// Without a certificate of its own, to see it refused.
    #[cfg(test)]
    pub(crate) fn without_certificate(tls: &ClientTls) -> Self {
        Self::with(builder(tls).unwrap().with_no_client_auth(), tls).unwrap()
    }

    fn server_name(&self, uri: &Uri) -> Result<ServerName<'static>, ConnectError> {
        if let Some(name) = &self.server_name {
            return Ok(name.clone());
        }
        let host = uri.host().ok_or(ConnectError::Address)?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        ServerName::try_from(host.to_owned()).ok().ok_or(ConnectError::Address)
    }

    async fn connect(self, uri: Uri) -> Result<Connection, ConnectError> {
        let name = self.server_name(&uri)?;
        let host = uri.host().ok_or(ConnectError::Address)?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let port = uri.port_u16().unwrap_or(443);
        let unreachable = |source| ConnectError::Unreachable { source };
        let tcp = TcpStream::connect((host, port)).await.map_err(unreachable)?;
        tcp.set_nodelay(true).map_err(unreachable)?;
        let mut tls =
            TlsConnector::from(self.config).connect(name, tcp).await.map_err(tls_error)?;
        let first = tls.fill_buf().await.map_err(tls_error)?;
        if first.is_empty() {
            return Err(ConnectError::Closed);
        }
        Ok(TokioIo::new(tls))
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connector").field("server_name", &self.server_name).finish_non_exhaustive()
    }
}

impl tower::Service<Uri> for Connector {
    type Response = Connection;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Connection, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let (this, timeout) = (self.clone(), self.timeout);
        Box::pin(async move {
            match time::timeout(timeout, this.connect(uri)).await {
                Ok(result) => result,
                Err(_elapsed) => Err(ConnectError::TimedOut),
            }
        })
    }
}

fn builder(
    tls: &ClientTls,
) -> Result<rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert>, ConnectorError> {
    let mut roots = RootCertStore::empty();
    let pem = files::read_bounded(&tls.ca, PEM_BYTES_MAX)?;
    for root in files::certificates(&tls.ca, &pem)? {
        roots.add(root).ok().ok_or(LoadError::NotAnAuthority)?;
    }
    let builder = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|source| ConnectorError::Certificate { source })?;
    Ok(builder.with_root_certificates(roots))
}

fn tls_error(source: io::Error) -> ConnectError {
    let tls = source.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    #[expect(clippy::wildcard_enum_match_arm, reason = "rustls may add variants")]
    match tls {
        Some(rustls::Error::AlertReceived(alert)) => ConnectError::Refused { alert: *alert },
        Some(rustls::Error::InvalidCertificate(why)) => {
            ConnectError::HubCertificate { why: why.clone() }
        }
        Some(_) => ConnectError::Tls { source },
        // The hub hung up: TLS has no alert for a limit reached at the last moment.
        None => match source.kind() {
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe => ConnectError::Closed,
            _ => ConnectError::Tls { source },
        },
    }
}
