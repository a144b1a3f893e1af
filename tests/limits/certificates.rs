//! Certificates replaced under a running hub: who lost the right is out, everybody else stays.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::frames::tls;
use crate::support::{
    Hub, NEIGHBOUR, PATIENCE, Place, RECIPIENT, SENDER, next_copy, request, served,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_certificate_loses_its_streams_and_its_way_back_and_nobody_else_does() {
    let place = Place::with("");
    let hub = place.start();
    let mut sender = place.client(&hub, SENDER).await;
    let mut revoked = place.client(&hub, RECIPIENT).await;
    let mut lost = revoked.receive(RECIPIENT, Vec::new()).await.unwrap();
    let mut neighbour = place.client(&hub, NEIGHBOUR).await;
    let mut kept = neighbour.receive(NEIGHBOUR, Vec::new()).await.unwrap();
    sender.submit(request("before")).await.unwrap();
    next_copy(&mut lost).await.unwrap();
    next_copy(&mut kept).await.unwrap();

    let name = format!("spiffe://staysafe.example/agency/{RECIPIENT}/system/main");
    place.authority.revoke_name(&name).unwrap();
    place.authority.write_crl(Duration::from_secs(30 * 24 * 3600)).unwrap();

    let ended = async { while lost.next().await.is_ok() {} };
    // PATIENCE is half of the minute that domain 2.3 allows.
    timeout(PATIENCE, ended).await.unwrap();
    sender.submit(request("after")).await.unwrap();
    assert!(lost.next().await.is_err(), "nothing more is told");
    assert!(timeout(PATIENCE, revoked.own_alerts(1, "")).await.unwrap().is_err());
    assert!(place.connect(&hub, RECIPIENT).await.is_err());
    assert!(revoked.receive(RECIPIENT, Vec::new()).await.is_err());

    next_copy(&mut kept).await.expect("the other stream is the same one, and goes on");
    served(&mut sender).await;
}

/// The certificate a new connection is shown.
async fn shown(place: &Place, hub: &Hub) -> Vec<u8> {
    let tls = tls(hub, &place.files(NEIGHBOUR)).await;
    tls.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_of_the_hub_is_shown_to_new_connections_and_cuts_no_stream() {
    let place = Place::with("");
    let hub = place.start();
    let mut sender = place.client(&hub, SENDER).await;
    let mut recipient = place.client(&hub, RECIPIENT).await;
    let mut stream = recipient.receive(RECIPIENT, Vec::new()).await.unwrap();
    let before = shown(&place, &hub).await;

    place.new_hub_certificate();

    let replaced = async {
        while shown(&place, &hub).await == before {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, replaced).await.unwrap();
    sender.submit(request("after")).await.unwrap();
    next_copy(&mut stream).await.unwrap();
    served(&mut place.client(&hub, NEIGHBOUR).await).await;
}
