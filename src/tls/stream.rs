//! One connection after its handshake: bytes, an identity, and an end that the hub can bring about.

use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::WaitForCancellationFutureOwned;
use tonic::transport::server::Connected;

use super::identity::PeerIdentity;
use super::live::LiveGuard;

/// A verified connection. While it lives it counts against the limits; when it is cut (revocation, authority removed,
/// certificate run out), reading and writing fail with `ConnectionAborted`, even in the middle of a stream.
pub struct PeerStream {
    tls: TlsStream<TcpStream>,
    guard: LiveGuard,
    // One each, because reading and writing may be polled by different tasks and a future keeps only one waker.
    cut_while_reading: Pin<Box<WaitForCancellationFutureOwned>>,
    cut_while_writing: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl PeerStream {
    pub(crate) fn new(tls: TlsStream<TcpStream>, guard: LiveGuard) -> Self {
        let cut_while_reading = Box::pin(guard.cut.clone().cancelled_owned());
        let cut_while_writing = Box::pin(guard.cut.clone().cancelled_owned());
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
        if self.cut_while_reading.as_mut().poll(cx).is_ready() {
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
        if self.cut_while_writing.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(cut_off()));
        }
        Pin::new(&mut self.tls).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.cut_while_writing.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(cut_off()));
        }
        Pin::new(&mut self.tls).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.tls.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.cut_while_writing.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(cut_off()));
        }
        Pin::new(&mut self.tls).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.cut_while_writing.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Err(cut_off()));
        }
        Pin::new(&mut self.tls).poll_shutdown(cx)
    }
}
