//! V32: the client's side. A hub whose certificate is wrong gets nothing, and every failure has words.

use super::*;

type Row = (&'static str, fn(&mut CustomLeaf), &'static str);

const ROWS: &[Row] = &[
    (
        "another name",
        |leaf| leaf.names = vec![LeafName::Dns("elsewhere.example".into())],
        "not the hub",
    ),
    (
        "no name but the common one",
        |leaf| {
            leaf.common_name = "localhost".to_owned();
            leaf.names.clear();
        },
        "not the hub",
    ),
    ("a client's certificate", |leaf| (leaf.client, leaf.server) = (true, false), "not acceptable"),
    ("an authority's certificate", |leaf| leaf.authority = true, "not acceptable"),
];

fn server_leaf() -> CustomLeaf {
    let now = SystemMachineClock.now();
    CustomLeaf {
        common_name: "hub".to_owned(),
        names: vec![LeafName::Dns("localhost".to_owned())],
        names_der: None,
        client: false,
        server: true,
        authority: false,
        not_before: now - SECOND,
        not_after: now + 30 * DAY,
    }
}

async fn told(hub: &TestHub, client: &ClientTls) -> &'static str {
    let error = hub.connect(client).await.map(drop).unwrap_err();
    assert!(matches!(error, ConnectError::HubCertificate { .. }), "{error:?}");
    assert_eq!(hub.said.refusal().await, (Refusal::HubNotTrusted, None));
    explain(&error).unwrap()
}

#[tokio::test]
async fn a_client_does_not_talk_to_a_hub_with_a_wrong_certificate() {
    for (what, spoil, words) in ROWS {
        let mut leaf = server_leaf();
        spoil(&mut leaf);
        let hub = TestHub::build(Build { server: Some(leaf), ..Build::default() }).await;

        let told = told(&hub, &hub.agency("CADT")).await;

        assert!(told.contains(words), "{what}: {told}");
    }
}

#[tokio::test]
async fn a_client_talks_to_the_unspoilt_hub_of_the_table() {
    let hub = TestHub::build(Build { server: Some(server_leaf()), ..Build::default() }).await;

    hub.accepts(&hub.agency("CADT")).await;
}

#[tokio::test]
async fn a_client_does_not_talk_to_a_hub_of_another_authority() {
    let hub = TestHub::start().await;
    let elsewhere = TempDir::new().unwrap();
    let other = new_authority(elsewhere.path(), &hub.clock);
    let client = ClientTls { ca: other.ca_path(), ..hub.agency("CADT") };

    assert!(told(&hub, &client).await.contains("no certificate of an authority that you trust"));
}

#[tokio::test]
async fn a_client_does_not_talk_to_a_hub_whose_certificate_is_out_of_date() {
    for shift in [366 * DAY, DAY] {
        let hub = TestHub::start().await;
        let client = hub.agency("CADT");
        let clock = Arc::new(ShiftedClock::default());
        let now = SystemMachineClock.now();
        clock.stand_at(if shift > DAY { now + shift } else { now - shift });

        let error = Connector::new(&client, clock).unwrap().oneshot(hub.uri()).await.map(drop);

        assert!(explain(&error.unwrap_err()).unwrap().contains("Check the clock"));
    }
}

#[tokio::test]
async fn the_words_are_found_beneath_the_errors_of_tonic() {
    let hub = TestHub::start().await;
    let issued = hub.authority.issue_system("CADT", "main", 90).unwrap();
    hub.authority.revoke(&issued.serial).unwrap();
    hub.reloader.check();
    let connector = hub.connector(&hub.client(&issued));
    let endpoint = Endpoint::from(hub.uri());

    let at_connect = endpoint.connect_with_connector(connector.clone()).await.unwrap_err();
    let at_call = check(endpoint.connect_with_connector_lazy(connector)).await.unwrap_err();

    assert!(explain(&at_connect).unwrap().contains("revoked this certificate"));
    assert!(explain(&at_call).unwrap().contains("revoked this certificate"));
}

#[tokio::test]
async fn a_hub_that_is_not_there_or_says_nothing_has_words_too() {
    let hub = TestHub::start().await;
    let connector = hub.connector(&hub.agency("CADT")).timeout(Duration::from_millis(100));
    let silent = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let to = |address: SocketAddr| format!("http://{address}").parse::<Uri>().unwrap();

    let timed_out = connector.clone().oneshot(to(silent.local_addr().unwrap())).await;
    let closed = silent.local_addr().unwrap();
    drop(silent);
    let unreachable = connector.oneshot(to(closed)).await;

    let (timed_out, unreachable) =
        (timed_out.map(drop).unwrap_err(), unreachable.map(drop).unwrap_err());
    assert!(matches!(timed_out, ConnectError::TimedOut));
    assert!(explain(&timed_out).unwrap().contains("in time"));
    assert!(matches!(unreachable, ConnectError::Unreachable { .. }));
    assert!(explain(&unreachable).unwrap().contains("could not be reached"));
}

#[test]
fn an_error_from_elsewhere_has_no_words_of_ours() {
    assert_eq!(explain(&io::Error::other("disk")), None);
}

#[test]
fn a_refusal_inside_an_error_of_the_operating_system_is_found() {
    let alert = rustls::Error::AlertReceived(rustls::AlertDescription::CertificateRevoked);
    let error = io::Error::new(io::ErrorKind::InvalidData, alert);

    assert!(explain(&error).unwrap().contains("revoked this certificate"));
}
