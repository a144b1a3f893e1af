//! The accept loop: every handshake in a task of its own, with a time limit, and never more of them than a bound.
//!
//! A slow or silent client holds one of the permits for the length of the time limit and nothing else. While all
//! permits are taken nobody is accepted: newcomers wait in the kernel's queue.
//!
//! A refused client is told why by a TLS alert. By then it may have sent its first request, as TLS 1.3 lets it, and a
//! socket closed with bytes unread is reset, which destroys the alert on its way: so a refused connection lingers,
//! within bounds, until the client has gone.

use std::cell::Cell;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use rustls::ServerConfig;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_stream::Stream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::events::Refusal;
use super::identity::Fingerprint;
use super::reload::TlsReloader;
use super::stream::PeerStream;
use super::trust::{Generation, VERDICT};

/// How one listener accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptSettings {
    /// The application protocols, most wanted first: `h2`, and `http/1.1` for the desk. A client must agree to one.
    pub protocols: Vec<Vec<u8>>,
    /// How long a handshake may take; 5 s.
    pub handshake_timeout: Duration,
    /// How many handshakes may run at a time; 256.
    pub handshakes_max: usize,
    /// How long a connection may last, whatever its streams do; an hour and 30 s.
    pub connection_age_max: Duration,
}

impl Default for AcceptSettings {
    fn default() -> Self {
        Self {
            protocols: vec![b"h2".to_vec()],
            handshake_timeout: Duration::from_secs(5),
            handshakes_max: 256,
            connection_age_max: Duration::from_secs(3_630),
        }
    }
}

/// Where tasks are kept and how they are told to stop.
#[derive(Debug, Clone, Default)]
pub struct Tasks {
    /// Keeps the accept loop and the handshakes.
    pub tracker: TaskTracker,
    /// Ends the accept loop and handshakes under way; verified connections are left to their server.
    pub shutdown: CancellationToken,
}

/// Verified connections, in the order in which their handshakes ended. Dropping it closes the listening socket.
///
/// A failed handshake is never an item: it goes to [`TlsEvents::rejected`](super::TlsEvents::rejected), so a server
/// on top does not stop for it.
#[derive(Debug)]
pub struct Incoming(mpsc::Receiver<PeerStream>);

impl Incoming {
    /// Waits for the next connection; `None` after shutdown.
    pub async fn accept(&mut self) -> Option<PeerStream> {
        self.0.recv().await
    }
}

impl Stream for Incoming {
    type Item = io::Result<PeerStream>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(cx).map(|next| next.map(Ok))
    }
}

/// After an error of the operating system (no file descriptors), trying again at once would only burn the processor.
const PAUSE_AFTER_ERROR: Duration = Duration::from_millis(100);

pub(crate) fn listen(
    listener: TcpListener,
    reloader: Arc<TlsReloader>,
    settings: AcceptSettings,
    tasks: &Tasks,
) -> Incoming {
    // A connection in this queue is counted and can be cut; the permits bound how many wait to enter it.
    let (ready, incoming) = mpsc::channel(16);
    let accept = Accept { reloader, settings, tasks: tasks.clone(), ready };
    tasks.tracker.spawn(accept.run(listener));
    Incoming(incoming)
}

struct Accept {
    reloader: Arc<TlsReloader>,
    settings: AcceptSettings,
    tasks: Tasks,
    ready: mpsc::Sender<PeerStream>,
}

impl Accept {
    async fn run(self, listener: TcpListener) {
        let permits = Arc::new(Semaphore::new(self.settings.handshakes_max));
        let shutdown = self.tasks.shutdown.clone();
        let ready = self.ready.clone();
        let mut current = self.configured(self.reloader.generation());
        let accepting = async {
            // The semaphore is never closed.
            while let Ok(permit) = Arc::clone(&permits).acquire_owned().await {
                match listener.accept().await {
                    Ok((tcp, remote)) => {
                        let newest = self.reloader.generation();
                        if newest.number != current.0.number {
                            current = self.configured(newest);
                        }
                        let age_max = self.settings.connection_age_max;
                        let current = current.clone();
                        self.start(Newcomer { tcp, remote, permit, current, age_max });
                    }
                    Err(error) => {
                        self.reloader.events().accept_failed(error.kind());
                        time::sleep(PAUSE_AFTER_ERROR).await;
                    }
                }
            }
        };
        tokio::select! {
            biased;
            () = shutdown.cancelled() => {}
            () = ready.closed() => {}
            () = accepting => {}
        }
    }

    fn configured(&self, generation: Arc<Generation>) -> Configured {
        let mut config = generation.config.clone();
        config.alpn_protocols.clone_from(&self.settings.protocols);
        Configured(generation, Arc::new(config))
    }

    fn start(&self, newcomer: Newcomer) {
        let reloader = Arc::clone(&self.reloader);
        let timeout = self.settings.handshake_timeout;
        let (ready, shutdown) = (self.ready.clone(), self.tasks.shutdown.clone());
        self.tasks.tracker.spawn(async move {
            let welcome = async {
                match welcome(&reloader, newcomer, timeout).await {
                    Ok((stream, _permit)) => {
                        // Fails only when the server is gone; the connection then ends with it.
                        drop(ready.send(stream).await);
                    }
                    Err((refusal, certificate)) => {
                        reloader.events().rejected(refusal, certificate);
                    }
                }
            };
            tokio::select! {
                biased;
                () = shutdown.cancelled() => {}
                () = welcome => {}
            }
        });
    }
}

/// A generation and its configuration with this listener's protocols.
#[derive(Clone)]
struct Configured(Arc<Generation>, Arc<ServerConfig>);

struct Newcomer {
    tcp: TcpStream,
    remote: SocketAddr,
    permit: OwnedSemaphorePermit,
    current: Configured,
    age_max: Duration,
}

type Rejected = (Refusal, Option<Fingerprint>);

async fn welcome(
    reloader: &Arc<TlsReloader>,
    newcomer: Newcomer,
    timeout: Duration,
) -> Result<(PeerStream, OwnedSemaphorePermit), Rejected> {
    let Newcomer { tcp, remote, permit, current: Configured(generation, config), age_max } =
        newcomer;
    // Small messages both ways: waiting to fill a packet costs 40 ms each.
    tcp.set_nodelay(true).map_err(|_gone| (Refusal::GaveUp, None))?;
    let handshake = VERDICT.scope(Cell::new(None), handshake(tcp, config));
    let tls = match time::timeout(timeout, handshake).await {
        Ok(result) => result?,
        Err(_elapsed) => return Err((Refusal::HandshakeTimeout, None)),
    };
    let (_, session) = tls.get_ref();
    let certificate = session.peer_certificates().and_then(<[_]>::first);
    let certificate = certificate.ok_or((Refusal::NoCertificate, None))?;
    let fingerprint = Some(Fingerprint::of(certificate));
    if session.alpn_protocol().is_none() {
        return Err((Refusal::ApplicationProtocol, fingerprint));
    }
    let live = reloader.live();
    let peer = generation
        .trust
        .identify(certificate, live.next_id(), remote)
        .map_err(|refusal| (refusal, fingerprint))?;
    let peer = Arc::new(peer);
    let guard = live
        .register(Arc::clone(&peer), reloader.now())
        .map_err(|refusal| (refusal, fingerprint))?;
    reloader.events().accepted(&peer);
    if let Some(grace_until) = generation.trust.grace_used(&peer) {
        reloader.events().crl_grace_used(&peer, grace_until);
    }
    Ok((PeerStream::new(tls, guard, age_max), permit))
}

async fn handshake(
    tcp: TcpStream,
    config: Arc<ServerConfig>,
) -> Result<TlsStream<TcpStream>, Rejected> {
    match TlsAcceptor::from(config).accept(tcp).into_fallible().await {
        Ok(stream) => Ok(stream),
        Err((error, tcp)) => {
            let verdict = VERDICT.with(Cell::take);
            linger(tcp).await;
            Err(match verdict {
                Some((refusal, fingerprint)) => (refusal, Some(fingerprint)),
                None => (refusal_of(&error), None),
            })
        }
    }
}

/// How long, and for how many bytes, a refused connection is kept so that its alert arrives.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: u64 = 64 * 1024;

/// Says that nothing more comes, then takes in what the client had already sent.
async fn linger(mut tcp: TcpStream) {
    let gone = async {
        tcp.shutdown().await?;
        tokio::io::copy(&mut tcp.take(LINGER_BYTES), &mut tokio::io::sink()).await
    };
    // The client is refused already; whatever becomes of its socket changes nothing.
    drop(time::timeout(LINGER, gone).await);
}

/// Puts what rustls says of a handshake that failed before or after the certificate into our words.
fn refusal_of(error: &io::Error) -> Refusal {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match tls {
        None => Refusal::GaveUp,
        Some(rustls::Error::NoCertificatesPresented) => Refusal::NoCertificate,
        Some(rustls::Error::PeerIncompatible(_)) => Refusal::ProtocolVersion,
        Some(rustls::Error::NoApplicationProtocol) => Refusal::ApplicationProtocol,
        Some(rustls::Error::AlertReceived(_)) => Refusal::HubNotTrusted,
        Some(rustls::Error::InvalidCertificate(_)) => Refusal::BadSignature,
        Some(_) => Refusal::HandshakeBroken,
    }
}
