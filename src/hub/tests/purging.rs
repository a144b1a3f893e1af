//! What must go goes, whatever else is due.

use super::*;
use crate::domain::Span;
use crate::domain::submission::EpisodeName;
use crate::retention;

/// The girl of the urgent alert is back.
const FOUND: &str = include_str!("../../../docs/samples/alerts/s01-missing-found.json");

/// More than the driver asks for at once.
const OTHERS: u32 = 257;

/// A desk at which the ladders of [`OTHERS`] alerts are due, and after them the look-outs of one more.
async fn desk_with_look_outs_to_purge() -> (Desk, Vec<AlertId>, AlertId) {
    let desk = Desk::opening_at("2026-10-24T09:12:00Z").await;
    let mut others = Vec::new();
    for number in 0..OTHERS {
        others.push(desk.submits("MERPOL", URGENT, &format!("k-{number}")).await);
    }
    desk.clock.advance(Span::minutes(10));
    let first = of_another_child(received(URGENT, "first"));
    let first = desk.tries("MERPOL", &first).await.unwrap().alert.id;
    let mut found = received(FOUND, "found");
    found.submission.envelope.episode = Given::Given(EpisodeName::Hub(first));
    desk.tries("MERPOL", &found).await.unwrap();
    desk.clock.advance(Span::minutes(61));
    (desk, others, first)
}

#[tokio::test]
async fn look_outs_go_although_hundreds_of_alerts_are_due_before_them_with_nothing_to_purge() {
    let (desk, _, first) = desk_with_look_outs_to_purge().await;
    let driver = retention::Driver::new(Arc::clone(&desk.parts.store), desk.env.clone());

    let (once, twice) = (driver.run_once().await.unwrap(), driver.run_once().await.unwrap());

    assert_eq!((once, twice), (1, 0));
    assert!(desk.store.count("LOOKOUT_PURGED", first) > 0);
}

#[tokio::test]
async fn look_outs_go_although_hundreds_of_alerts_before_them_cannot_be_read() {
    let (desk, others, first) = desk_with_look_outs_to_purge().await;
    others.iter().for_each(|alert| desk.store.set_unreadable(*alert, true));
    let driver = retention::Driver::new(Arc::clone(&desk.parts.store), desk.env.clone());

    driver.run_once().await.unwrap_err();

    assert!(desk.store.count("LOOKOUT_PURGED", first) > 0);
}
