//! The bound of a message, told by its length before a byte of it is taken.

use axum::body::Body;
use prost::bytes::{Buf as _, BufMut as _};
use staysafe::tls::connector;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};
use tower::ServiceExt as _;

use crate::frames::{HELLO, message};
use crate::support::{Hub, PATIENCE, Place, SENDER, served};

/// The bound.
const MESSAGE_BYTES_MAX: usize = 256 * 1024;

/// One call of every service.
const CALLS: [&str; 6] = [
    HELLO,
    "/staysafe.v1.AlertService/SubmitAlert",
    "/staysafe.v1.MailboxService/Confirm",
    "/staysafe.v1.AuditService/GetCheckpoint",
    "/staysafe.v1.DirectoryService/GetDirectory",
    "/grpc.health.v1.Health/Check",
];

/// Messages as they are.
#[derive(Default)]
struct Plain;

impl Codec for Plain {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Plain {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Plain {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        Ok(Some(buffer.copy_to_bytes(buffer.remaining()).to_vec()))
    }
}

async fn channel(place: &Place, hub: &Hub) -> Channel {
    let endpoint = Endpoint::from_shared(hub.endpoint()).unwrap();
    endpoint.connect_with_connector(connector(&place.files(SENDER)).unwrap()).await.unwrap()
}

/// A message of `length` bytes for any call: one field that no contract knows, number 1,000.
fn of_length(length: usize) -> Vec<u8> {
    let content = length - 5;
    let low = |shift: u32| u8::try_from((content >> shift) & 0x7F).unwrap();
    let mut bytes = vec![0xC2, 0x3E, low(0) | 0x80, low(7) | 0x80, low(14)];
    bytes.resize(length, b'u');
    bytes
}

async fn code_of(channel: &Channel, path: &'static str, message: Vec<u8>) -> Code {
    let mut client = Grpc::new(channel.clone());
    client.ready().await.unwrap();
    let path = http::uri::PathAndQuery::from_static(path);
    let called = client.unary(Request::new(message), path, Plain).await;
    called.map_or_else(|status| status.code(), |_| Code::Ok)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_at_the_bound_is_read_by_every_service_and_one_byte_more_is_out_of_range() {
    let place = Place::with("");
    let hub = place.start();
    let channel = channel(&place, &hub).await;

    for path in CALLS {
        let at = code_of(&channel, path, of_length(MESSAGE_BYTES_MAX)).await;
        let beyond = code_of(&channel, path, of_length(MESSAGE_BYTES_MAX + 1)).await;

        let read = [Code::Ok, Code::InvalidArgument, Code::NotFound, Code::Unavailable];
        assert!(read.contains(&at), "{path}: {at:?}");
        assert_eq!(beyond, Code::OutOfRange, "{path}");
    }
    assert_eq!(code_of(&channel, HELLO, of_length(MESSAGE_BYTES_MAX)).await, Code::Ok);
}

/// The `grpc-status` of a call whose body is these bytes and stays open.
async fn status_of(channel: &Channel, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Code {
    let mut request = http::Request::post(format!("https://hub{path}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    // Nothing more comes and nothing ends: a hub that waited for the whole would wait for ever.
    let (more, open) = tokio::sync::mpsc::channel::<Result<Vec<u8>, std::io::Error>>(1);
    more.send(Ok(body)).await.unwrap();
    let body = Body::from_stream(tokio_stream::wrappers::ReceiverStream::new(open));
    let request = request.body(tonic::body::Body::new(body)).unwrap();
    let called = tokio::time::timeout(PATIENCE, channel.clone().oneshot(request));
    let response = called.await.unwrap().unwrap();
    drop(more);
    let code = response.headers().get("grpc-status").expect("refused before any message");
    Code::from_bytes(code.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_length_of_2_gib_with_few_bytes_behind_it_is_refused_at_once_and_reserves_nothing() {
    let place = Place::with("");
    let hub = place.start();
    let channel = channel(&place, &hub).await;
    served(&mut place.client(&hub, SENDER).await).await;
    let (held, reserved) = (hub.resident_kib(), hub.memory_kib("VmPeak:"));

    for path in CALLS {
        let claimed = vec![0, 0x80, 0, 0, 0, 1, 2, 3];
        assert_eq!(status_of(&channel, path, &[], claimed).await, Code::OutOfRange, "{path}");
    }

    // Twice the bound for each, and what a first call of its kind costs.
    let grown = hub.resident_kib().saturating_sub(held);
    assert!(grown <= 8 * 1024, "{grown} KiB more");
    let grown = hub.memory_kib("VmPeak:").saturating_sub(reserved);
    assert!(grown <= 1024 * 1024, "{grown} KiB more reserved");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_compressed_message_is_refused_unopened() {
    let place = Place::with("");
    let hub = place.start();
    let channel = channel(&place, &hub).await;
    let mut compressed = message(&bomb());
    compressed[0] = 1;
    assert!(compressed.len() < 72 * 1024);
    served(&mut place.client(&hub, SENDER).await).await;
    let before = hub.resident_kib();

    for path in CALLS {
        for encoding in ["gzip", "deflate", "zstd"] {
            let headers = [("grpc-encoding", encoding)];
            let code = status_of(&channel, path, &headers, compressed.clone()).await;
            assert_eq!(code, Code::Unimplemented, "{path} {encoding}");
        }
        // Compressed, and no word of how.
        let code = status_of(&channel, path, &[], compressed.clone()).await;
        assert_ne!(code, Code::Ok, "{path}");
    }
    let grown = hub.resident_kib().saturating_sub(before);
    assert!(grown <= 8 * 1024, "{grown} KiB more");
    served(&mut place.client(&hub, SENDER).await).await;
}

/// 64 MiB of zeros in 65 kB of gzip: the head of a block whose codes say in two bits "258 times the byte before".
fn bomb() -> Vec<u8> {
    let mut bytes = vec![0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3];
    bytes.extend([0xEC, 0xC1, 1, 1, 0, 0, 0, 0x80, 0x90, 0xFE, 0xAF, 0xEE, 0x08, 0x0A]);
    bytes.resize(bytes.len() + 65_020, 0);
    bytes
}
