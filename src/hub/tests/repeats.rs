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

/// Rhian and Tomas before the MARAC, on 20 November 2025.
const REFERRED: &str = include_str!("../../../docs/samples/alerts/s07-marac-referral.json");
/// Messages of a friend, on his behalf, on 19 November 2026.
const REPEAT: &str = include_str!("../../../docs/samples/alerts/s07-repeat.json");

/// The pair is referred; a year later `repeat` comes, on `day`.
async fn after_a_referral(repeat: &str, day: &str) -> (Desk, Accepted) {
    let desk = Desk::opening_at("2025-11-20T10:00:00Z").await;
    desk.tries("FSU", &received(REFERRED, "k-1")).await.unwrap();
    wait_until(&desk, &format!("{day}T10:00:00Z"));
    let taken = desk.tries("FSU", &received(&repeat.replace("2026-11-19", day), "k-2")).await;
    (desk, taken.unwrap())
}

#[tokio::test]
async fn s07_the_same_pair_through_a_friend_within_twelve_months_goes_to_the_marac() {
    let (desk, repeat) = after_a_referral(REPEAT, "2026-11-19").await;

    assert_eq!(desk.store.count("TRIGGER_FIRED", repeat.alert.id), 1);
    let [told] = tasks_of(&repeat, Rule::R23)[..] else { panic!("the coordinator alone") };
    assert_eq!((told.mailbox.as_str(), told.priority), ("MARAC", Priority::P3));
    assert_eq!(told.due.unwrap().at, instant("2026-11-19T14:00:00Z"));
}

#[tokio::test]
async fn s07_a_day_later_or_on_nobody_s_behalf_or_by_another_it_is_no_repeat() {
    let mut friend_s_own: serde_json::Value = serde_json::from_str(REPEAT).unwrap();
    let alert = &mut friend_s_own["alert"];
    alert["domesticViolence"].as_object_mut().unwrap().remove("onBehalfOf");
    alert["envelope"]["told"][1]["personRef"] = "friend".into();
    alert["envelope"]["doNotTell"][0]["personRef"] = "friend".into();
    let another = REPEAT.replace("Dummyman", "Fictus").replace("9990015074", "9990002746");
    let another = another.replace("1987-12-03", "1991-06-18");
    for (alert, day) in [
        (REPEAT, "2026-11-21"),
        (&friend_s_own.to_string(), "2026-11-19"),
        (&another, "2026-11-19"),
    ] {
        let (desk, taken) = after_a_referral(alert, day).await;

        assert_eq!(desk.store.count("TRIGGER_FIRED", taken.alert.id), 0, "{day}");
        assert!(taken.alert.deliveries.iter().all(|it| it.mailbox.as_str() != "MARAC"), "{day}");
    }
}
