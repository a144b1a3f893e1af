//! V24, M5: the shape of a handshake: version, resumption, protocols, slow clients.

use rustls::client::Resumption;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, HandshakeKind, RootCertStore};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::certificates::s_client;
use super::*;

/// A client of the most forthcoming kind: resumption on, application protocols as given.
fn raw_client(client: &ClientTls, protocols: &[&[u8]]) -> Arc<ClientConfig> {
    use crate::tls::files::{certificates, private_key};
    let read = |path: &PathBuf| fs::read(path).unwrap();
    let mut roots = RootCertStore::empty();
    for root in certificates(&client.ca, &read(&client.ca)).unwrap() {
        roots.add(root).unwrap();
    }
    let chain = certificates(&client.cert, &read(&client.cert)).unwrap();
    let key = private_key(&client.key, &read(&client.key)).unwrap();
    let mut config = ClientConfig::builder_with_provider(trust::provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_client_auth_cert(chain, key)
        .unwrap();
    config.resumption = Resumption::in_memory_sessions(32);
    config.enable_early_data = true;
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    Arc::new(config)
}

async fn raw_connect(
    hub: &TestHub,
    config: &Arc<ClientConfig>,
) -> io::Result<TlsStream<TcpStream>> {
    let tcp = TcpStream::connect(hub.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut stream = TlsConnector::from(Arc::clone(config)).connect(name, tcp).await?;
    stream.fill_buf().await?;
    Ok(stream)
}

#[tokio::test]
async fn a_session_is_never_resumed_so_every_certificate_is_looked_at() {
    let hub = TestHub::start().await;
    let config = raw_client(&hub.agency("CADT"), &[b"h2"]);

    for _ in 0..3 {
        let stream = raw_connect(&hub, &config).await.unwrap();
        let (_, session) = stream.get_ref();

        assert_eq!(session.handshake_kind(), Some(HandshakeKind::Full));
        assert_eq!(session.tls13_tickets_received(), 0);
        assert!(!session.is_early_data_accepted());
    }
}

#[tokio::test]
async fn a_revoked_client_does_not_come_back_by_resumption() {
    let hub = TestHub::start().await;
    let issued = hub.authority.issue_system("CADT", "main", 90).unwrap();
    let config = raw_client(&hub.client(&issued), &[b"h2"]);
    raw_connect(&hub, &config).await.unwrap();

    hub.authority.revoke(&issued.serial).unwrap();
    hub.reloader.check();

    let error = raw_connect(&hub, &config).await.map(drop).unwrap_err();
    assert!(error.to_string().contains("CertificateRevoked"), "{error}");
}

#[tokio::test]
async fn tls_1_2_is_refused() {
    let hub = TestHub::start().await;
    let client = hub.agency("CADT");
    let (cert, key) = (client.cert.to_str().unwrap(), client.key.to_str().unwrap());

    let said = s_client(&hub, &["-tls1_2", "-cert", cert, "-key", key]).await;

    assert_eq!(hub.said.refusal().await.0, Refusal::ProtocolVersion);
    assert!(said.contains("protocol version"), "{said}");
}

#[tokio::test]
async fn the_client_of_openssl_gets_in_with_tls_1_3() {
    let hub = TestHub::start().await;
    let client = hub.agency("CADT");
    let (cert, key) = (client.cert.to_str().unwrap(), client.key.to_str().unwrap());

    s_client(&hub, &["-tls1_3", "-alpn", "h2", "-cert", cert, "-key", key]).await;

    hub.said.wait_for(|event| *event == Event::Accepted).await;
}

#[tokio::test]
async fn a_client_must_agree_to_an_application_protocol() {
    let hub = TestHub::start().await;
    let client = hub.agency("CADT");

    let other = raw_connect(&hub, &raw_client(&client, &[b"http/1.1"])).await.map(drop);
    assert_eq!(hub.said.refusal().await.0, Refusal::ApplicationProtocol);
    assert!(other.unwrap_err().to_string().contains("NoApplicationProtocol"));

    hub.said.forget();
    // Without any, nothing comes but the end of the connection.
    let stream = raw_connect(&hub, &raw_client(&client, &[])).await;
    assert_eq!(hub.said.refusal().await.0, Refusal::ApplicationProtocol);
    let rest = match stream {
        Ok(mut stream) => stream.read_u8().await.map(drop),
        Err(error) => Err(error),
    };
    assert!(rest.is_err());
}

#[tokio::test]
async fn a_desk_may_offer_http_1_1_beside() {
    let hub = TestHub::start().await;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let desk = listener.local_addr().unwrap();
    let protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let settings = AcceptSettings { protocols, ..AcceptSettings::default() };
    let mut incoming = hub.reloader.accept_on(listener, settings, &hub.tasks);

    let config = raw_client(&hub.agency("CADT"), &[b"http/1.1"]);
    let tcp = TcpStream::connect(desk).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let _client = TlsConnector::from(config).connect(name, tcp).await.unwrap();

    let stream = incoming.accept().await.unwrap();
    assert_eq!(stream.protocol(), b"http/1.1");
    assert_eq!(stream.peer().agency(), "CADT");
}

fn quick(handshake_timeout: Duration, handshakes_max: usize) -> Build {
    let accept = AcceptSettings { handshake_timeout, handshakes_max, ..AcceptSettings::default() };
    Build { accept, ..Build::default() }
}

#[tokio::test]
async fn a_silent_client_is_put_out_when_its_time_is_over() {
    let hub = TestHub::build(quick(Duration::from_millis(50), 4)).await;
    let mut silent = TcpStream::connect(hub.address).await.unwrap();

    assert_eq!(hub.said.refusal().await, (Refusal::HandshakeTimeout, None));
    assert_eq!(silent.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_client_that_goes_away_is_no_more_than_noted() {
    let hub = TestHub::start().await;

    drop(TcpStream::connect(hub.address).await.unwrap());

    assert_eq!(hub.said.refusal().await, (Refusal::GaveUp, None));
    hub.accepts(&hub.agency("CADT")).await;
}

#[tokio::test]
async fn silent_clients_do_not_keep_others_out() {
    let hub = TestHub::build(quick(PATIENCE * 10, 9)).await;
    let mut silent = Vec::new();
    for _ in 0..8 {
        silent.push(TcpStream::connect(hub.address).await.unwrap());
    }

    for agency in ["CADT", "MERPOL", "EDT"] {
        hub.accepts(&hub.agency(agency)).await;
    }
    assert_eq!(hub.said.count(Event::Accepted), 3);
}

#[tokio::test]
async fn above_the_bound_of_handshakes_a_newcomer_waits_and_is_not_refused() {
    let hub = TestHub::build(quick(2 * SECOND, 2)).await;
    let _silent = [
        TcpStream::connect(hub.address).await.unwrap(),
        TcpStream::connect(hub.address).await.unwrap(),
    ];

    hub.accepts(&hub.agency("CADT")).await;

    assert_eq!(hub.said.count(Event::Rejected(Refusal::HandshakeTimeout, None)), 2);
}

#[tokio::test]
async fn shutdown_ends_the_listening_and_the_handshakes_under_way() {
    let hub = TestHub::build(quick(PATIENCE * 10, 4)).await;
    let mut silent = TcpStream::connect(hub.address).await.unwrap();
    // Accepted after the silent one, so that one is under way.
    hub.accepts(&hub.agency("CADT")).await;

    hub.tasks.shutdown.cancel();
    hub.tasks.tracker.close();

    time::timeout(PATIENCE, hub.tasks.tracker.wait()).await.unwrap();
    assert_eq!(silent.read(&mut [0]).await.unwrap_or(0), 0);
    assert!(TcpStream::connect(hub.address).await.is_err());
}

#[tokio::test]
async fn shutdown_ends_a_listener_whose_server_is_still_there() {
    let hub = TestHub::start().await;
    let (mut incoming, address) = listen(&hub).await;

    hub.tasks.shutdown.cancel();

    assert!(time::timeout(PATIENCE, incoming.accept()).await.unwrap().is_none());
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_server_that_goes_away_closes_its_listener() {
    let hub = TestHub::start().await;
    let (incoming, address) = listen(&hub).await;

    drop(incoming);

    let closed = async {
        while TcpStream::connect(address).await.is_ok() {
            time::sleep(Duration::from_millis(5)).await;
        }
    };
    time::timeout(PATIENCE, closed).await.unwrap();
}

async fn listen(hub: &TestHub) -> (Incoming, SocketAddr) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    (hub.reloader.accept_on(listener, AcceptSettings::default(), &hub.tasks), address)
}

#[tokio::test]
async fn a_cut_wakes_who_waits_to_read_and_fails_who_writes() {
    let hub = TestHub::start().await;
    let (mut incoming, address) = listen(&hub).await;
    let issued = hub.authority.issue_system("CADT", "main", 90).unwrap();
    let config = raw_client(&hub.client(&issued), &[b"h2"]);
    let tcp = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let _client = TlsConnector::from(config).connect(name, tcp).await.unwrap();
    let mut stream = incoming.accept().await.unwrap();
    hub.authority.revoke(&issued.serial).unwrap();

    let mut byte = [0];
    let (read, _) = tokio::join!(time::timeout(PATIENCE, stream.read(&mut byte)), async {
        tokio::task::yield_now().await;
        hub.reloader.check();
    });

    let aborted = Some(io::ErrorKind::ConnectionAborted);
    assert_eq!(read.unwrap().err().map(|error| error.kind()), aborted);
    assert_eq!(stream.write(b"x").await.err().map(|error| error.kind()), aborted);
    assert_eq!(stream.flush().await.err().map(|error| error.kind()), aborted);
}
