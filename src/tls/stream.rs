//! One connection after its handshake: bytes, an identity, and an end that the hub can bring about.

use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};
use tokio_rustls::server::TlsStream;
use tokio_util::sync::WaitForCancellationFutureOwned;
use tonic::transport::server::Connected;

use super::identity::PeerIdentity;
use super::live::LiveGuard;

/// A verified connection. While it lives it counts against the limits; when it is cut (revocation, authority removed,
/// certificate run out) or too old, reading and writing fail with `ConnectionAborted`, even in the middle of a stream.
pub struct PeerStream {
    tls: TlsStream<TcpStream>,
    guard: LiveGuard,
    // One each, because reading and writing may be polled by different tasks and a future keeps only one waker.
    cut_while_reading: Cut,
    cut_while_writing: Cut,
}

/// Waits until the connection is cut or too old. Stays ready once it is, however often it is asked.
struct Cut {
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
    old: Pin<Box<Sleep>>,
}

impl Cut {
    fn is_due(&mut self, cx: &mut Context<'_>) -> bool {
        self.cut.as_mut().poll(cx).is_ready() || self.old.as_mut().poll(cx).is_ready()
    }
}

impl PeerStream {
    pub(crate) fn new(tls: TlsStream<TcpStream>, guard: LiveGuard, age_max: Duration) -> Self {
        let cut = || Cut {
            cut: Box::pin(guard.cut.clone().cancelled_owned()),
            old: Box::pin(sleep(age_max)),
        };
        let (cut_while_reading, cut_while_writing) = (cut(), cut());
        Self { tls, guard, cut_while_reading, cut_while_writing }
    }

    /// Who is at the other end.
    #[must_use]
    pub fn peer(&self) -> &Arc<PeerIdentity> {
        &self.guard.peer
    }

    /// The application protocol agreed upon, such as `h2`.
    #[must_use]
    pub fn protocol(&self) -> &[u8] {
        self.tls.get_ref().1.alpn_protocol().unwrap_or_default()
    }
}

impl Connected for PeerStream {
    type ConnectInfo = Arc<PeerIdentity>;

    fn connect_info(&self) -> Self::ConnectInfo {
        Arc::clone(&self.guard.peer)
    }
}

impl fmt::Debug for PeerStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeerStream").field("peer", self.peer()).finish_non_exhaustive()
    }
}

fn cut_off() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "connection cut by the hub")
}

impl AsyncRead for PeerStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.cut_while_reading.is_due(cx) {
            return Poll::Ready(Err(cut_off()));
        }
        Pin::new(&mut self.tls).poll_read(cx, buffer)
    }
}

impl AsyncWrite for PeerStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.cut_while_writing.is_due(cx) {
            return Poll::Ready(Err(cut_off()));
        }
        Pin::new(&mut self.tls).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.cut_while_writing.is_due(cx) {
            return Poll::Ready(Err(cut_off()));
        }
        Pin::new(&mut self.tls).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.tls.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.cut_while_writing.is_due(cx) {
            return Poll::Ready(Err(cut_off()));
        }
        Pin::new(&mut self.tls).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.cut_while_writing.is_due(cx) {
            return Poll::Ready(Err(cut_off()));
        }
        Pin::new(&mut self.tls).poll_shutdown(cx)
    }
}
