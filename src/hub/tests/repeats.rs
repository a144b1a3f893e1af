//! Repeat triggers over a hub's services: from three alerts about one child to one task of the front door.

use super::*;
use crate::domain::{Delivery, Priority, Rule};

/// Jaydon, 15, with an exploitation flag.
const S02: &str = include_str!("../../../docs/samples/alerts/s02-missing-reported.json");

/// The sample as it would have been sent on another day, without the flag.
fn on(day: &str) -> String {
    S02.replace("2026-11-19", day).replace("2026-11-18", day).replace("CCE_FLAG", "NONE_KNOWN")
}

fn wait_until(desk: &Desk, at: &str) {
    desk.clock.advance(instant(at).since(desk.env.now()));
}

async fn reported(desk: &Desk, day: &str, key: &str) -> Accepted {
    wait_until(desk, &format!("{day}T12:00:00Z"));
    desk.tries("MERPOL", &received(&on(day), key)).await.unwrap()
}

fn tasks_of(accepted: &Accepted, rule: Rule) -> Vec<&Delivery> {
    accepted.alert.deliveries.iter().filter(|it| it.routes.contains(&rule)).collect()
}

#[tokio::test]
async fn a_third_episode_in_ninety_days_fires_t1_and_asks_the_front_door_once() {
    let desk = Desk::opening_at("2026-08-21T12:00:00Z").await;
    let first = reported(&desk, "2026-08-21", "k-1").await;
    let second = reported(&desk, "2026-10-20", "k-2").await;
    for earlier in [&first, &second] {
        assert!(tasks_of(earlier, Rule::T1).is_empty());
        assert_eq!(desk.store.count("TRIGGER_FIRED", earlier.alert.id), 0);
    }

    let third = reported(&desk, "2026-11-19", "k-3").await;

    assert_eq!(desk.store.count("TRIGGER_FIRED", third.alert.id), 1);
    let [service, task] = tasks_of(&third, Rule::T1)[..] else { panic!("the service and a task") };
    assert_eq!((service.mailbox.as_str(), service.priority), ("SAFERFUT", Priority::P3));
    assert_eq!((task.mailbox.as_str(), task.priority), ("CADT", Priority::P3));
}

#[tokio::test]
async fn an_episode_a_day_too_early_or_told_twice_is_not_counted() {
    let desk = Desk::opening_at("2026-08-20T12:00:00Z").await;
    reported(&desk, "2026-08-20", "k-1").await;
    reported(&desk, "2026-10-20", "k-2").await;
    // The same evening from the same agency once more: a duplicate.
    reported(&desk, "2026-10-20", "k-3").await;

    let last = reported(&desk, "2026-11-19", "k-4").await;

    assert_eq!(desk.store.count("TRIGGER_FIRED", last.alert.id), 0);
}

#[tokio::test]
async fn training_neither_fires_nor_counts() {
    let desk = Desk::opening_at("2026-08-21T12:00:00Z").await;
    reported(&desk, "2026-08-21", "k-1").await;
    wait_until(&desk, "2026-10-20T12:00:00Z");
    let training = on("2026-10-20").replace("\"kind\":", "\"exercise\": true,\n      \"kind\":");
    desk.tries("MERPOL", &received(&training, "k-2")).await.unwrap();

    let last = reported(&desk, "2026-11-19", "k-3").await;

    assert_eq!(desk.store.count("TRIGGER_FIRED", last.alert.id), 0);
}
