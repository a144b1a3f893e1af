//! A disk that is slow, that fails and that is full: strace makes the hub's own system calls so.

use std::process::Command;
use std::time::Duration;

use staysafe::sdk::{Client, ClientError};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tonic::Code;

use crate::support::{Acknowledged, Hub, Place, SENDER, is_kept, submit};

/// How long every fdatasync takes on the slow disk.
const SYNC: Duration = Duration::from_millis(300);
/// At which sync of the writing thread the disk fails: 20 places, from soon after the start.
const FAILED_SYNCS: std::ops::Range<u32> = 6..26;
/// More submissions than any of the faults here lets through.
const SUBMISSIONS_MAX: usize = 2_000;

#[tokio::test(flavor = "multi_thread")]
async fn no_reply_of_two_hundred_is_given_before_the_disk_has_the_alert() {
    let place = Place::prepare();
    let hub = start_with_fault(&place, "fdatasync", "delay_enter=300000");
    let mut client = place.client(&hub, SENDER).await;

    for number in 0..8 {
        let begun = Instant::now();
        submit(&mut client, &format!("slow-{number}")).await.unwrap();
        assert!(begun.elapsed() >= SYNC, "answered after {:?}", begun.elapsed());
    }

    for wave in 0..3 {
        let begun = Instant::now();
        let mut together = JoinSet::new();
        for number in 0..64 {
            let mut client = client.clone();
            together.spawn(async move {
                let begun = Instant::now();
                submit(&mut client, &format!("slow-{wave}-{number}")).await.unwrap();
                begun.elapsed()
            });
        }
        while let Some(took) = together.join_next().await.transpose().unwrap() {
            assert!(took >= SYNC, "answered after {took:?}");
        }
        let one_by_one = 64 * SYNC;
        assert!(begun.elapsed() < one_by_one, "no sync is shared: {:?}", begun.elapsed());
    }
    hub.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn after_one_failed_sync_nothing_is_taken_and_nothing_acknowledged_is_lost() {
    let mut places = FAILED_SYNCS;
    let mut running = JoinSet::new();
    // Mostly they wait: for a disk, for a retry.
    for nth in places.by_ref().take(4) {
        running.spawn(fails_at_sync(nth));
    }
    while running.join_next().await.transpose().unwrap().is_some() {
        if let Some(nth) = places.next() {
            running.spawn(fails_at_sync(nth));
        }
    }
}

/// Only the `nth` sync of the writing thread fails; the ones after it would say that all is well.
async fn fails_at_sync(nth: u32) {
    let place = Place::prepare();
    let fault = format!("error=EIO:when={nth}");
    let hub = start_with_fault(&place, "fdatasync", &fault);
    let mut client = place.client(&hub, SENDER).await;
    let told = submit_until_refused(&mut client, Code::Unavailable, &fault).await;

    let refused = submit(&mut client, "afterwards").await;
    let refused = refused.err().unwrap_or_else(|| panic!("{fault}: taken afterwards"));
    assert_not_sent(&refused, Code::Unavailable, &fault);
    assert_not_taking_writes(&hub).await;
    nothing_is_disclosed_unrecorded(&mut client, &told, Code::Unavailable).await;
    hub.end();

    let hub = place.start();
    all_kept(&place, &hub, &told).await;
    let mut client = place.client(&hub, SENDER).await;
    submit(&mut client, "on-a-sound-disk").await.unwrap();
    hub.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_nothing_is_taken_and_with_room_again_the_same_hub_goes_on() {
    let place = Place::prepare();
    let fault = "error=ENOSPC:when=20..50";
    let hub = start_with_fault(&place, "pwrite64", fault);
    let mut client = place.client(&hub, SENDER).await;
    let told = submit_until_refused(&mut client, Code::ResourceExhausted, fault).await;
    assert_not_taking_writes(&hub).await;
    nothing_is_disclosed_unrecorded(&mut client, &told, Code::ResourceExhausted).await;

    let mut taken = None;
    for _ in 0..SUBMISSIONS_MAX {
        match submit(&mut client, "with-room-again").await {
            Ok(now) => taken = Some(now),
            Err(refused) => assert_not_sent(&refused, Code::ResourceExhausted, fault),
        }
        if taken.is_some() {
            break;
        }
    }
    let taken = taken.unwrap_or_else(|| panic!("never taken again"));
    let health = hub.ask("/health").await;
    assert!(health.starts_with("HTTP/1.1 200"), "{health}");
    let told: Vec<_> = told.into_iter().chain([taken]).collect();
    all_kept(&place, &hub, &told).await;
    hub.end();

    let hub = place.start();
    all_kept(&place, &hub, &told).await;
    hub.end();
}

async fn all_kept(place: &Place, hub: &Hub, told: &[Acknowledged]) {
    let mut client = place.client(hub, SENDER).await;
    for told in told {
        is_kept(&mut client, told).await;
    }
}

async fn assert_not_taking_writes(hub: &Hub) {
    let health = hub.ask("/health").await;
    assert!(health.starts_with("HTTP/1.1 503"), "{health}");
    assert!(health.ends_with("not taking writes\n"), "{health}");
}

/// A look at an alert is recorded first: what cannot be recorded is not shown.
async fn nothing_is_disclosed_unrecorded(client: &mut Client, told: &[Acknowledged], code: Code) {
    let refused = client.status(&told[0].alert_id).await.unwrap_err();
    assert!(
        matches!(refused, ClientError::Refused { code: said, .. } if said == code),
        "{refused}"
    );
}

/// Submits until the fault is met; what was acknowledged before.
async fn submit_until_refused(client: &mut Client, code: Code, fault: &str) -> Vec<Acknowledged> {
    let mut told = Vec::new();
    for number in 0..SUBMISSIONS_MAX {
        match submit(client, &format!("disk-{number}")).await {
            Ok(taken) => told.push(taken),
            Err(refused) => {
                assert_not_sent(&refused, code, fault);
                assert!(!told.is_empty(), "{fault}: met before the first alert");
                return told;
            }
        }
    }
    panic!("{fault}: never met");
}

fn assert_not_sent(error: &ClientError, expected: Code, fault: &str) {
    let ClientError::Refused { code, reason, .. } = error else {
        panic!("{fault}: {error}");
    };
    assert_eq!((*code, reason.as_str()), (expected, "NOT_SENT"), "{fault}: {error}");
}

/// Starts a hub some of whose system calls wait or fail.
fn start_with_fault(place: &Place, call: &str, fault: &str) -> Hub {
    let there = Command::new("strace").arg("-V").output().is_ok_and(|said| said.status.success());
    assert!(there, "strace is missing: run tests/install-tools.sh once");
    let (trace, inject) = (format!("trace={call}"), format!("inject={call}:{fault}"));
    place.start_under(&[
        "strace",
        "-f",
        "--seccomp-bpf",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        &trace,
        "-e",
        &inject,
    ])
}
