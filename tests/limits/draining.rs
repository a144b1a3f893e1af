//! A stop under load: everybody is told to come back, nothing receipted is lost, nothing comes under another name.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use staysafe::sdk::{Client, Received, Receiving};
use staysafe::tls::connector;
use staysafe::wire::v1;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::frames::{Raw, receive};
use crate::support::{Hub, NEIGHBOUR, PATIENCE, Place, RECIPIENT, SENDER, next_copy, request};

/// Alerts with a receipt before the hub is told to stop.
const RECEIPTED_MIN: usize = 40;

/// Alert by key: what senders have a receipt for.
type Receipted = Arc<Mutex<BTreeMap<String, String>>>;

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_told_to_stop_under_load_lets_everybody_come_back_and_loses_nothing() {
    let place = Place::with("");
    let hub = place.start();
    let mut streams = open_streams(&place, &hub).await;
    let mut health = watch_health(&place, &hub).await;
    // Its stream cannot be sent a byte: it holds the stop up until it goes.
    let mut stalled = Raw::connect(&hub, &place.files(NEIGHBOUR), &[(4, 0)]).await;
    stalled.write(&receive(1, NEIGHBOUR)).await.unwrap();
    let follower = Follower::start(&place, &hub).await;
    let receipted = Receipted::default();
    let mut senders = start_senders(&place, &hub, &receipted).await;
    let enough = async {
        while receipted.lock().unwrap().len() < RECEIPTED_MIN {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, enough).await.unwrap();

    hub.terminate();

    hub.says("/health", "draining").await;
    let mut told = 0;
    while let Some(now) = timeout(PATIENCE, health.message()).await.unwrap().unwrap() {
        assert_eq!(now.status(), ServingStatus::NotServing);
        told += 1;
    }
    assert!(told > 0, "who watches hears it, and the watch ends while the hub still runs");
    while let Some(ended) = timeout(PATIENCE, streams.join_next()).await.unwrap() {
        assert_eq!(ended.unwrap(), "HUB_DRAINING");
    }
    let mut follower = follower.ended().await;
    assert!(place.connect(&hub, SENDER).await.is_err(), "nobody new");
    drop(stalled);
    assert!(hub.wait().success());
    assert!(place.clean_mark());
    while let Some(sender) = timeout(PATIENCE, senders.join_next()).await.unwrap() {
        sender.unwrap();
    }

    let hub = place.start();
    let mut sender = place.client(&hub, SENDER).await;
    let receipted = std::mem::take(&mut *receipted.lock().unwrap());
    for (key, alert) in &receipted {
        let again = sender.submit(request(key)).await.unwrap();
        assert_eq!(again.alert_id, *alert, "{key} became another alert");
        assert!(!sender.status(alert).await.unwrap().deliveries.is_empty());
    }
    follower.catch_up(&place, &hub).await;
    follower.has_each_once(&receipted);
}

/// 24 streams over four connections; each ends with the reason the hub gave.
async fn open_streams(place: &Place, hub: &Hub) -> JoinSet<String> {
    let mut streams = JoinSet::new();
    for _ in 0..4 {
        let mut client = place.client(hub, RECIPIENT).await;
        for _ in 0..6 {
            let mut stream = client.receive(RECIPIENT, Vec::new()).await.unwrap();
            streams.spawn(async move {
                loop {
                    if let Err(error) = stream.next().await {
                        assert!(error.is_worth_retrying(), "{error}");
                        return error.reason().to_owned();
                    }
                }
            });
        }
    }
    streams
}

async fn watch_health(
    place: &Place,
    hub: &Hub,
) -> tonic::Streaming<tonic_health::pb::HealthCheckResponse> {
    let connector = connector(&place.files(NEIGHBOUR)).unwrap();
    let endpoint = Endpoint::from_shared(hub.endpoint()).unwrap();
    let channel = endpoint.connect_with_connector(connector).await.unwrap();
    let request = HealthCheckRequest { service: String::new() };
    let mut health = HealthClient::new(channel).watch(request).await.unwrap().into_inner();
    let first = timeout(PATIENCE, health.message()).await.unwrap().unwrap().unwrap();
    assert_eq!(first.status(), ServingStatus::Serving);
    health
}

/// Four senders over two connections, until the hub is gone.
async fn start_senders(place: &Place, hub: &Hub, receipted: &Receipted) -> JoinSet<()> {
    let mut senders = JoinSet::new();
    for connection in 0..2 {
        let client = place.client(hub, SENDER).await;
        for lane in 0..2 {
            let (mut client, receipted) = (client.clone(), Arc::clone(receipted));
            senders.spawn(async move {
                for number in 0_u32.. {
                    let key = format!("stop-{connection}-{lane}-{number}");
                    match client.submit(request(&key)).await {
                        Ok(taken) => {
                            assert!(taken.receipt.is_some());
                            receipted.lock().unwrap().insert(key, taken.alert_id);
                        }
                        Err(error) => {
                            assert!(error.is_worth_retrying(), "refused for good: {error}");
                            return;
                        }
                    }
                }
            });
        }
    }
    senders
}

/// A partner that stores each copy, then keeps its cursor, as the guide says.
struct Follower {
    stored: Vec<v1::AlertCopy>,
    cursor: Vec<u8>,
}

struct Following(JoinSet<Follower>);

impl Follower {
    async fn start(place: &Place, hub: &Hub) -> Following {
        let mut client = place.client(hub, NEIGHBOUR).await;
        let mut stream = client.receive(NEIGHBOUR, Vec::new()).await.unwrap();
        let mut task = JoinSet::new();
        task.spawn(async move {
            let mut this = Self { stored: Vec::new(), cursor: Vec::new() };
            while let Ok(copy) = next_copy(&mut stream).await {
                this.store(&mut client, copy).await;
            }
            this
        });
        Following(task)
    }

    async fn store(&mut self, client: &mut Client, (copy, cursor): (v1::AlertCopy, Vec<u8>)) {
        // Every other one is confirmed; one in flight when the hub goes may fail, and is confirmed to nobody.
        if copy.sequence % 2 == 0 {
            drop(client.confirm(NEIGHBOUR, &[copy.sequence]).await);
        }
        self.stored.push(copy);
        self.cursor = cursor;
    }

    /// Receives from its cursor on until nothing more waits.
    async fn catch_up(&mut self, place: &Place, hub: &Hub) {
        let mut client = place.client(hub, NEIGHBOUR).await;
        let mut stream: Receiving = client.receive(NEIGHBOUR, self.cursor.clone()).await.unwrap();
        loop {
            match timeout(PATIENCE, stream.next()).await.unwrap().unwrap() {
                Received::Copy { copy, cursor } => self.store(&mut client, (*copy, cursor)).await,
                Received::Heartbeat(beat) if !beat.more_waiting => return,
                Received::Heartbeat(_) | Received::Tombstone { .. } => {}
            }
        }
    }

    /// No gap in the numbers, no delivery under a second number, and a copy of each receipted alert.
    fn has_each_once(&self, receipted: &BTreeMap<String, String>) {
        let mut by_sequence = BTreeMap::new();
        for copy in &self.stored {
            let known = by_sequence.insert(copy.sequence, &copy.delivery_id);
            assert!(known.is_none_or(|known| *known == copy.delivery_id), "{}", copy.sequence);
        }
        let sequences: Vec<u64> = by_sequence.keys().copied().collect();
        let all: Vec<u64> = (1..).take(sequences.len()).collect();
        assert_eq!(sequences, all, "a gap");
        let mut copies: BTreeMap<&str, usize> = BTreeMap::new();
        let alerts: BTreeMap<&str, &str> = self
            .stored
            .iter()
            .map(|copy| (copy.delivery_id.as_str(), copy.alert_id.as_str()))
            .collect();
        assert_eq!(alerts.len(), by_sequence.len(), "a delivery under two numbers");
        for alert in alerts.values() {
            *copies.entry(alert).or_default() += 1;
        }
        for (key, alert) in receipted {
            assert_eq!(copies.get(alert.as_str()), Some(&1), "copies of {key} {alert}");
        }
    }
}

impl Following {
    async fn ended(mut self) -> Follower {
        timeout(PATIENCE, self.0.join_next()).await.unwrap().unwrap().unwrap()
    }
}
