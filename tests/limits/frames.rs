//! HTTP/2 frames made and read by hand, over the TLS of the SDK: a library's client would keep to the rules.

use std::io;
use std::time::Duration;

use staysafe::tls::{ClientTls, connector};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;
use tower::ServiceExt as _;

use crate::support::{Hub, PATIENCE};

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

pub(crate) const ACK: u8 = 1;
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

pub(crate) const REFUSED_STREAM: u32 = 7;
pub(crate) const ENHANCE_YOUR_CALM: u32 = 11;

/// A call that a stream stays open for.
pub(crate) const RECEIVE: &str = "/staysafe.v1.MailboxService/Receive";
/// A call that is answered at once.
pub(crate) const HELLO: &str = "/staysafe.v1.HubService/Hello";
/// A message of gRPC without a field.
pub(crate) const EMPTY_MESSAGE: [u8; 5] = [0; 5];

/// One frame.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

impl Frame {
    /// The number an RST_STREAM, or a GOAWAY, gives as its reason.
    pub(crate) fn code(&self) -> u32 {
        let at = if self.kind == GOAWAY { 4 } else { 0 };
        u32::from_be_bytes(self.payload[at..at + 4].try_into().unwrap())
    }

    /// Whether headers say `:status: 200`: the only one with an entry of its own in the static table that we see.
    pub(crate) fn is_success(&self) -> bool {
        assert_eq!(self.kind, HEADERS);
        let size_update = |byte: &&u8| **byte & 0xE0 == 0x20;
        self.payload.iter().find(|byte| !size_update(byte)) == Some(&0x88)
    }
}

/// A connection whose every frame is ours.
pub(crate) struct Raw {
    writer: WriteHalf<TlsStream<TcpStream>>,
    heard: mpsc::UnboundedReceiver<Frame>,
    _reader: JoinSet<()>,
}

impl Raw {
    /// Connects, with these settings in the preface.
    pub(crate) async fn connect(hub: &Hub, files: &ClientTls, settings: &[(u16, u32)]) -> Self {
        let tls = tls(hub, files).await;
        let (reader, writer) = tokio::io::split(tls);
        let (tell, heard) = mpsc::unbounded_channel();
        let mut tasks = JoinSet::new();
        tasks.spawn(read_on(reader, tell));
        let mut this = Self { writer, heard, _reader: tasks };
        this.write(&preface(settings)).await.unwrap();
        this
    }

    /// Writes bytes at once: up to 16 KiB are one TLS record, so the hub sees all of them or none.
    pub(crate) async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        let written = async {
            self.writer.write_all(bytes).await?;
            self.writer.flush().await
        };
        timeout(PATIENCE, written)
            .await
            .map_err(|_elapsed| io::Error::from(io::ErrorKind::TimedOut))?
    }

    /// The next frame; none when the hub has closed the connection.
    pub(crate) async fn next(&mut self) -> Option<Frame> {
        timeout(PATIENCE, self.heard.recv()).await.expect("the hub says something or hangs up")
    }

    /// The next frame of a kind; none when the hub closes the connection before.
    pub(crate) async fn next_of(&mut self, kind: u8) -> Option<Frame> {
        loop {
            let frame = self.next().await?;
            if frame.kind == kind {
                return Some(frame);
            }
        }
    }

    /// The next frame on a stream; none when the hub closes the connection before.
    pub(crate) async fn next_on(&mut self, stream: u32) -> Option<Frame> {
        loop {
            let frame = self.next().await?;
            if frame.stream == stream {
                return Some(frame);
            }
        }
    }

    /// Whether the hub answers a PING: the connection lives, and all that was written before was read.
    pub(crate) async fn is_alive(&mut self) -> bool {
        if self.write(&frame(PING, 0, 0, b"are you?")).await.is_err() {
            return false;
        }
        loop {
            match self.next().await {
                Some(Frame { kind: PING, flags: ACK, .. }) => return true,
                Some(Frame { kind: GOAWAY, .. }) | None => return false,
                Some(_) => {}
            }
        }
    }

    /// With which reason the hub sends this client away; none when it hangs up without.
    pub(crate) async fn sent_away(&mut self) -> Option<u32> {
        self.next_of(GOAWAY).await.map(|frame| frame.code())
    }
}

/// A connection of which nothing is read. Returns what was written before the hub would take no more.
pub(crate) async fn write_unread(hub: &Hub, files: &ClientTls, bytes: &[u8], times: u32) -> u32 {
    let mut tls = tls(hub, files).await;
    tls.write_all(&preface(&[])).await.unwrap();
    for written in 0..times {
        // Longer than loopback ever takes; a writer that waits has met the bound it was to meet.
        let sent = timeout(Duration::from_secs(1), tls.write_all(bytes)).await;
        if !matches!(sent, Ok(Ok(()))) {
            return written;
        }
    }
    times
}

/// A TLS connection to the hub, agreed upon `h2`, without a byte of HTTP/2 sent.
pub(crate) async fn tls(hub: &Hub, files: &ClientTls) -> TlsStream<TcpStream> {
    let uri = hub.endpoint().parse().unwrap();
    connector(files).unwrap().oneshot(uri).await.unwrap().into_inner()
}

async fn read_on(mut reader: ReadHalf<TlsStream<TcpStream>>, tell: mpsc::UnboundedSender<Frame>) {
    loop {
        let mut head = [0; 9];
        if reader.read_exact(&mut head).await.is_err() {
            return;
        }
        let [a, b, c, kind, flags, stream @ ..] = head;
        let mut payload = vec![0; usize::try_from(u32::from_be_bytes([0, a, b, c])).unwrap()];
        if reader.read_exact(&mut payload).await.is_err() {
            return;
        }
        let stream = u32::from_be_bytes(stream) & 0x7FFF_FFFF;
        if tell.send(Frame { kind, flags, stream, payload }).is_err() {
            return;
        }
    }
}

fn preface(settings: &[(u16, u32)]) -> Vec<u8> {
    let mut payload = Vec::new();
    for (id, value) in settings {
        payload.extend_from_slice(&id.to_be_bytes());
        payload.extend_from_slice(&value.to_be_bytes());
    }
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    bytes.extend(frame(SETTINGS, 0, 0, &payload));
    bytes.extend(frame(SETTINGS, ACK, 0, &[]));
    bytes
}

/// One frame's bytes.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, a, b, c] = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut bytes = vec![a, b, c, kind, flags];
    bytes.extend_from_slice(&stream.to_be_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

/// The header block of a gRPC call with further fields: literals, nothing indexed.
pub(crate) fn block(path: &str, further: &[(&str, &str)]) -> Vec<u8> {
    let fields = [
        (":method", "POST"),
        (":scheme", "https"),
        (":path", path),
        (":authority", "hub"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ];
    let mut bytes = Vec::new();
    for (name, value) in fields.iter().chain(further) {
        bytes.push(0);
        literal(&mut bytes, name);
        literal(&mut bytes, value);
    }
    bytes
}

/// What RFC 9113, section 6.5.2, counts of a call's headers: names, values and 32 for each.
pub(crate) fn header_list_bytes(path: &str, further: &[(&str, &str)]) -> usize {
    let block = block(path, further);
    let (mut at, mut total) = (0, 0);
    while at < block.len() {
        at += 1;
        for _ in 0..2 {
            let (length, used) = integer(&block[at..]);
            at += used + length;
            total += length;
        }
        total += 32;
    }
    total
}

/// A call's HEADERS frame, whole.
pub(crate) fn call(stream: u32, flags: u8, path: &str, further: &[(&str, &str)]) -> Vec<u8> {
    frame(HEADERS, END_HEADERS | flags, stream, &block(path, further))
}

/// Ends a stream as no longer wanted.
pub(crate) fn cancel(stream: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes())
}

/// The n-th stream of a client, from 0.
pub(crate) fn stream(n: u32) -> u32 {
    2 * n + 1
}

/// A string literal of HPACK, not Huffman coded.
pub(crate) fn literal(bytes: &mut Vec<u8>, text: &str) {
    match u8::try_from(text.len()) {
        Ok(short @ 0..127) => bytes.push(short),
        _ => {
            bytes.push(127);
            let mut rest = text.len() - 127;
            while rest >= 128 {
                bytes.push(u8::try_from(rest % 128).unwrap() | 0x80);
                rest /= 128;
            }
            bytes.push(u8::try_from(rest).unwrap());
        }
    }
    bytes.extend_from_slice(text.as_bytes());
}

/// An integer with a prefix of seven bits, and how many bytes it takes.
fn integer(bytes: &[u8]) -> (usize, usize) {
    let mut value = usize::from(bytes[0]);
    let mut used = 1;
    if value == 127 {
        let mut shift = 0;
        loop {
            let byte = usize::from(bytes[used]);
            value += (byte & 0x7F) << shift;
            shift += 7;
            used += 1;
            if byte < 128 {
                break;
            }
        }
    }
    (value, used)
}

/// A message of gRPC, uncompressed.
pub(crate) fn message(content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0];
    bytes.extend_from_slice(&u32::try_from(content.len()).unwrap().to_be_bytes());
    bytes.extend_from_slice(content);
    bytes
}

/// A whole call that receives from a mailbox: its stream stays open.
pub(crate) fn receive(stream: u32, mailbox: &str) -> Vec<u8> {
    let mut request = vec![0x0A, u8::try_from(mailbox.len()).unwrap()];
    request.extend_from_slice(mailbox.as_bytes());
    let mut bytes = call(stream, 0, RECEIVE, &[]);
    bytes.extend(frame(DATA, END_STREAM, stream, &message(&request)));
    bytes
}
