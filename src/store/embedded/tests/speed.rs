//! How fast, on this machine, now. Says something in a release build on a quiet machine only.

#![expect(clippy::disallowed_methods, reason = "a measurement reads the clock and owns its tasks")]
#![expect(clippy::print_stdout, reason = "a measurement tells its figures")]

use std::sync::Arc;
use std::time::Instant;

use crate::domain::Priority;
use crate::store::embedded::{EmbeddedOptions, EmbeddedStore, Unobserved};
use crate::store::fixture::{alert, delivery, sealed, submits_with};
use crate::store::{Commit, Store};

const COMMITS: u64 = 100_000;

fn commit(number: u64) -> Commit {
    let mut record = alert(number);
    record.deliveries = vec![delivery(0, "CADT", Priority::P3), delivery(1, "EDT", Priority::P1)];
    submits_with(&record, sealed(600))
}

/// Resident memory in KiB.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon")).unwrap();
    line.split_ascii_whitespace().nth(1).unwrap().parse().unwrap()
}

/// CPU time so far of the threads with this name, in hundredths of a second.
fn cpu(name: &str) -> u64 {
    let threads = std::fs::read_dir("/proc/self/task").unwrap();
    let of = |thread: std::io::Result<std::fs::DirEntry>| {
        let stat = std::fs::read_to_string(thread.ok()?.path().join("stat")).ok()?;
        let (head, tail) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = tail.split_ascii_whitespace().collect();
        let time = |field: usize| fields[field].parse::<u64>().unwrap();
        head.contains(name).then(|| time(11) + time(12))
    };
    threads.filter_map(of).sum()
}

/// Commits with so many in flight at once; how many a second are durable.
async fn run(store: &Arc<EmbeddedStore>, in_flight: u64, count: u64) {
    let each = count / in_flight;
    let names = ["store-writer", "store-applier", "tokio-rt", "sled-io"];
    let before = names.map(cpu);
    let start = Instant::now();
    let tasks: Vec<_> = (0..in_flight)
        .map(|task| {
            let store = Arc::clone(store);
            tokio::task::spawn(async move {
                for number in task * each..(task + 1) * each {
                    store.commit(commit(number)).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let durable = start.elapsed();
    let left = store.standing().index_backlog;
    let count = f64::from(u32::try_from(in_flight * each).unwrap());
    let rate = count / durable.as_secs_f64();
    println!("{in_flight} in flight: {rate:.0} commits/s durable ({left} then not indexed)");
    for (name, before) in names.into_iter().zip(before) {
        let spent = f64::from(u32::try_from(cpu(name) - before).unwrap()) * 10_000.0;
        println!("  {name}: {:.1} us of CPU a commit", spent / count);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement, not a check"]
async fn commits_a_second_while_the_index_is_held_back() {
    for in_flight in [1, 16, 64, 256] {
        let directory = tempfile::tempdir().unwrap();
        let options = EmbeddedOptions::new(directory.path());
        let store = Arc::new(EmbeddedStore::open(&options, Arc::new(Unobserved), None).unwrap());
        store.hold_index(true);
        run(&store, in_flight, if in_flight == 1 { 5_000 } else { 40_000 }).await;
        println!("  {} KiB", resident());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement, not a check"]
async fn commits_a_second_by_how_many_are_in_flight() {
    for in_flight in [1, 16, 64, 256] {
        let directory = tempfile::tempdir().unwrap();
        let before = resident();
        let options = EmbeddedOptions::new(directory.path());
        let store = Arc::new(EmbeddedStore::open(&options, Arc::new(Unobserved), None).unwrap());
        println!("empty store: {} KiB", resident().saturating_sub(before));
        let start = Instant::now();
        let count = if in_flight == 1 { COMMITS / 20 } else { COMMITS };
        run(&store, in_flight, count).await;
        store.drain_index();
        let rate = f64::from(u32::try_from(count).unwrap()) / start.elapsed().as_secs_f64();
        println!("  {rate:.0} commits/s indexed; {} KiB", resident());
        store.close().unwrap();
        drop(store);
        let start = Instant::now();
        drop(EmbeddedStore::open(&options, Arc::new(Unobserved), None).unwrap());
        println!("  opened again in {:.2} s", start.elapsed().as_secs_f64());
        std::fs::remove_dir_all(directory.path().join("index")).unwrap();
        let start = Instant::now();
        drop(EmbeddedStore::open(&options, Arc::new(Unobserved), None).unwrap());
        println!("  index built anew in {:.2} s", start.elapsed().as_secs_f64());
    }
}
