//! SIGKILL under load, again and again on one data directory.

use std::collections::BTreeMap;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use staysafe::sdk::Client;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use crate::support::{
    Acknowledged, Hub, Ledger, Place, RECIPIENT, SENDER, collect, is_kept, submit,
};

const ROUNDS: usize = 20;
/// Rounds in all, the void ones among them.
const ROUNDS_MAX: usize = 30;
const SENDERS: usize = 8;
/// Two senders share each: a certificate may have eight connections, and the checker needs some.
const CONNECTIONS: usize = 4;
/// A round with fewer acknowledged alerts counts for nothing.
const ACKNOWLEDGED_MIN: usize = 200;
/// How long senders may take for that.
const ROUND_PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_when_the_hub_is_killed_under_load() {
    let place = Place::prepare();
    let mut hub = place.start();
    let mut all: Vec<Acknowledged> = Vec::new();
    let (mut valid, mut log_size) = (0, 0);
    for round in 0..ROUNDS_MAX {
        let acknowledged = load_until_killed(&place, hub, round).await;
        if round > 0 {
            verify_tree(&place);
        }
        hub = place.start();

        let (now, later): (Vec<_>, Vec<_>) =
            acknowledged.iter().cloned().enumerate().partition(|(place, _)| place % 2 == 0);
        all_kept(&place, &hub, now).await;
        log_size = witness(&place, &hub, log_size).await;
        sleep(Duration::from_millis(300)).await;
        all_kept(&place, &hub, later).await;

        valid += usize::from(acknowledged.len() >= ACKNOWLEDGED_MIN);
        all.extend(acknowledged);
        if valid == ROUNDS {
            break;
        }
    }
    assert_eq!(valid, ROUNDS, "too many rounds with too few acknowledged alerts");

    let mut recipient = place.client(&hub, RECIPIENT).await;
    let mut copies: BTreeMap<String, usize> = BTreeMap::new();
    for copy in collect(&mut recipient, RECIPIENT).await {
        assert!(copy.body.is_some(), "{} does not open", copy.alert_id);
        *copies.entry(copy.alert_id).or_default() += 1;
    }
    for told in &all {
        let found = copies.get(&told.alert_id).copied();
        assert_eq!(found, Some(1), "copies of {} {}", told.key, told.alert_id);
    }
    hub.end();
    verify_tree(&place);
}

/// The stored bytes, as the killed hub left them, are those of the checkpoint kept elsewhere.
fn verify_tree(place: &Place) {
    let output = Command::new(env!("CARGO_BIN_EXE_staysafe"))
        .args(["audit", "verify", "--data"])
        .arg(place.dir.path().join("data"))
        .arg("--checkpoint")
        .arg(place.dir.path().join("witness"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Senders submit until the hub is killed under them; what it had acknowledged.
async fn load_until_killed(place: &Place, hub: Hub, round: usize) -> Vec<Acknowledged> {
    let ledger: Ledger = Arc::new(Mutex::new(Vec::new()));
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(place.client(&hub, SENDER).await);
    }
    let mut senders = JoinSet::new();
    for sender in 0..SENDERS {
        let client = connections[sender % CONNECTIONS].clone();
        senders.spawn(send(client, format!("kill-{round}-{sender}"), Arc::clone(&ledger)));
    }
    let begun = Instant::now();
    while ledger.lock().unwrap().len() < ACKNOWLEDGED_MIN && begun.elapsed() < ROUND_PATIENCE {
        sleep(Duration::from_millis(2)).await;
    }
    // Not always at the same point of a group of commits.
    sleep(Duration::from_millis(u64::try_from(round * 7 % 31).unwrap())).await;
    hub.kill();
    while senders.join_next().await.transpose().unwrap().is_some() {}
    std::mem::take(&mut *ledger.lock().unwrap())
}

async fn send(mut client: Client, prefix: String, ledger: Ledger) {
    for number in 0_u32.. {
        match submit(&mut client, &format!("{prefix}-{number}")).await {
            Ok(told) => ledger.lock().unwrap().push(told),
            Err(error) => {
                assert!(error.is_worth_retrying(), "refused before it was killed: {error}");
                return;
            }
        }
    }
}

async fn all_kept(place: &Place, hub: &Hub, told: Vec<(usize, Acknowledged)>) {
    let client = place.client(hub, SENDER).await;
    let mut checkers = JoinSet::new();
    for part in told.chunks(told.len().div_ceil(SENDERS).max(1)) {
        let (mut client, part) = (client.clone(), part.to_vec());
        checkers.spawn(async move {
            for (_, told) in &part {
                is_kept(&mut client, told).await;
            }
        });
    }
    while checkers.join_next().await.transpose().unwrap().is_some() {}
}

/// The log still begins with what was seen before the kill; its size now.
async fn witness(place: &Place, hub: &Hub, before: u64) -> u64 {
    let mut connect = place.connect(hub, RECIPIENT);
    connect.witness = Some(place.dir.path().join("witness"));
    let client = Client::connect(&connect).await.unwrap();
    let seen = client.witnessed().unwrap().unwrap();
    assert_eq!(seen.before.unwrap_or_default(), before, "the checkpoint kept is the last one seen");
    assert!(seen.checkpoint.size() >= before);
    seen.checkpoint.size()
}
