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
/// Alerts of each round that are read back at once.
const FRESH: usize = 64;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_when_the_hub_is_killed_under_load() {
    let place = Place::prepare();
    let mut hub = place.start();
    let mut all: Vec<Acknowledged> = Vec::new();
    let (mut valid, mut log_size, mut rounds_with_a_tail) = (0, 0, 0);
    for round in 0..ROUNDS_MAX {
        let acknowledged = load_until_killed(&place, hub, round).await;
        if round > 0 {
            verify_tree(&place);
        }
        hub = place.start();

        // A start brings the index up to the journal before it serves, and what is acknowledged from then on comes into
        // the tail first. So these are read from the index...
        all_kept(&place, &hub, &acknowledged).await;
        log_size = witness(&place, &hub, log_size).await;
        // ...and these, read back the moment they are acknowledged, from the tail.
        let fresh = kept_at_once(&place, &hub, round).await;
        rounds_with_a_tail += usize::from(index_backlog(&hub).await > 0);

        valid += usize::from(acknowledged.len() >= ACKNOWLEDGED_MIN);
        all.extend(acknowledged.into_iter().chain(fresh));
        if valid == ROUNDS {
            break;
        }
    }
    assert_eq!(valid, ROUNDS, "too many rounds with too few acknowledged alerts");
    assert!(rounds_with_a_tail > 0, "the index was never behind: nothing was read from the tail");

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

/// Submits one alert after the other and reads each back before the next, in parallel; what was acknowledged.
async fn kept_at_once(place: &Place, hub: &Hub, round: usize) -> Vec<Acknowledged> {
    let client = place.client(hub, SENDER).await;
    let mut senders = JoinSet::new();
    for sender in 0..SENDERS {
        let mut client = client.clone();
        senders.spawn(async move {
            let mut kept = Vec::new();
            for number in 0..FRESH / SENDERS {
                let key = format!("fresh-{round}-{sender}-{number}");
                let told = submit(&mut client, &key).await.unwrap();
                is_kept(&mut client, &told).await;
                kept.push(told);
            }
            kept
        });
    }
    senders.join_all().await.into_iter().flatten().collect()
}

/// How many commits the index does not have yet.
async fn index_backlog(hub: &Hub) -> u64 {
    let answer = hub.ask("/status").await;
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    let status: serde_json::Value = serde_json::from_str(body).unwrap();
    status["index_backlog_commits"].as_u64().unwrap()
}

async fn all_kept(place: &Place, hub: &Hub, told: &[Acknowledged]) {
    let client = place.client(hub, SENDER).await;
    let mut checkers = JoinSet::new();
    for part in told.chunks(told.len().div_ceil(SENDERS).max(1)) {
        let (mut client, part) = (client.clone(), part.to_vec());
        checkers.spawn(async move {
            for told in &part {
                is_kept(&mut client, told).await;
            }
        });
    }
    while checkers.join_next().await.transpose().unwrap().is_some() {}
}

/// The log still begins with what was seen before the kill; its size now.
async fn witness(place: &Place, hub: &Hub, before: u64) -> u64 {
    let mut connect = place.way_to(hub, RECIPIENT);
    connect.witness = Some(place.dir.path().join("witness"));
    let client = Client::connect(&connect).await.unwrap();
    let seen = client.witnessed().unwrap().unwrap();
    assert_eq!(seen.before.unwrap_or_default(), before, "the checkpoint kept is the last one seen");
    assert!(seen.checkpoint.size() >= before);
    seen.checkpoint.size()
}
