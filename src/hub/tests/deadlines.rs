use super::*;
use crate::domain::Span;
use crate::store::StoreError;

const NIGHT: &str = "2026-10-23T21:40:00Z";

#[tokio::test]
async fn an_alert_that_cannot_be_read_stops_the_ladder_of_no_other() {
    let desk = Desk::opening_at(NIGHT).await;
    let mut alerts = Vec::new();
    for number in 0..300 {
        alerts.push(desk.submits("MERPOL", URGENT, &format!("k-{number}")).await);
        desk.clock.advance(Span::millis(1));
    }
    let (damaged, good) = alerts.split_at(299);
    damaged.iter().for_each(|alert| desk.store.set_unreadable(*alert, true));
    desk.clock.advance(Span::minutes(61));

    let fired = desk.escalation.run_once().await.unwrap();
    let again = desk.escalation.run_once().await.unwrap();

    assert_eq!((fired.changed, fired.newly_failing), (1, 299));
    assert_eq!((again.changed, again.newly_failing), (0, 0), "told once");
    assert_eq!(desk.store.count("ESCALATED", good[0]), 1);
    desk.store.set_unreadable(damaged[0], false);
    assert_eq!(desk.escalation.run_once().await.unwrap().changed, 1);
    assert_eq!(desk.store.count("ESCALATED", damaged[0]), 1, "late, and not lost");
}

#[tokio::test]
async fn a_store_that_takes_nothing_from_anybody_stops_the_run() {
    let desk = Desk::opening_at(NIGHT).await;
    let alert = desk.submits("MERPOL", URGENT, "k-1").await;
    desk.clock.advance(Span::minutes(61));
    desk.store.fail_next([StoreError::Poisoned]);

    desk.escalation.run_once().await.unwrap_err();

    assert_eq!(desk.store.count("ESCALATED", alert), 0);
}

#[tokio::test]
async fn the_ladder_never_climbs_on_a_directory_that_changed_meanwhile() {
    let desk = Desk::opening_at(NIGHT).await;
    let alert = desk.submits("MERPOL", URGENT, "k-1").await;
    desk.clock.advance(Span::minutes(61));
    let change = desk.next_directory();
    desk.store.after_directory_is_read(change);

    desk.escalation.run_once().await.unwrap();

    assert_eq!(desk.store.conflicts(), 1, "what was decided on the old directory is not committed");
    assert_eq!(desk.store.count("ESCALATED", alert), 1, "decided anew");
}
