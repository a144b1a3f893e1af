//! From whom an alert is kept is sealed, holds for what comes later, and is gone with the alert's key.

use super::*;
use crate::domain::Span;
use crate::domain::submission::{EpisodeName, Exclusion};

const NIGHT: &str = "2026-10-23T21:40:00Z";

/// The urgent alert, kept from the emergency duty team.
fn kept_from_edt(key: &str) -> Received {
    let mut received = received(URGENT, key);
    let edt = AgencyCode::try_from("EDT").unwrap();
    received.submission.envelope.exclude.push(Exclusion::Agency(edt));
    received
}

/// The urgent alert once more, as news of an episode; it does not repeat from whom it is to be kept.
fn news_of(first: AlertId, key: &str) -> Received {
    let mut received = received(URGENT, key);
    received.submission.envelope.episode = Given::Given(EpisodeName::Hub(first));
    received
}

fn went_to(accepted: &Accepted, mailbox: &str) -> bool {
    accepted.alert.deliveries.iter().any(|delivery| delivery.mailbox == id(mailbox))
}

#[tokio::test]
async fn news_is_kept_from_whom_the_stored_first_alert_is_kept_without_saying_so_again() {
    let desk = Desk::opening_at(NIGHT).await;
    let first = desk.tries("MERPOL", &kept_from_edt("k-1")).await.unwrap();

    let news = desk.tries("MERPOL", &news_of(first.alert.id, "k-2")).await.unwrap();
    let later = desk.tries("MERPOL", &news_of(news.alert.id, "k-3")).await.unwrap();

    for taken in [&first, &news, &later] {
        assert!(!went_to(taken, "EDT"));
        assert!(went_to(taken, "CADT/lead"), "to whoever stands in its place");
    }
    desk.clock.advance(Span::hours(8));
    desk.escalation.run_once().await.unwrap();
    let climbed = desk.parts.store.alert(later.alert.id).await.unwrap().unwrap();
    let edt = |mailbox: &MailboxId| mailbox.agency_code() == "EDT";
    assert!(climbed.deliveries.len() > later.alert.deliveries.len(), "the ladder was climbed");
    assert!(!climbed.deliveries.iter().any(|delivery| edt(&delivery.mailbox)));
}

#[tokio::test]
async fn with_the_key_goes_whom_an_alert_was_kept_from_and_then_nobody_is_called_about_it() {
    let desk = Desk::opening_at(NIGHT).await;
    let kept = desk.tries("MERPOL", &kept_from_edt("k-1")).await.unwrap().alert;
    let open = desk.submits("MERPOL", URGENT, "k-2").await;
    desk.keys.destroy(&[kept.body.as_ref().unwrap().key.clone()]).unwrap();
    desk.clock.advance(Span::minutes(61));

    let fired = desk.escalation.run_once().await.unwrap();

    assert_eq!((fired.changed, fired.newly_failing), (1, 1), "an alarm, and no other waits");
    assert_eq!(desk.store.count("ESCALATED", kept.id), 0);
    assert!(desk.store.count("ESCALATED", open) > 0);
}

#[tokio::test]
async fn news_of_an_episode_that_nobody_knows_whom_to_keep_from_goes_to_nobody_and_says_phone() {
    let desk = Desk::opening_at(NIGHT).await;
    let first = desk.tries("MERPOL", &kept_from_edt("k-1")).await.unwrap().alert;
    desk.keys.destroy(&[first.body.as_ref().unwrap().key.clone()]).unwrap();

    let refused = desk.tries("MERPOL", &news_of(first.id, "k-2")).await.unwrap_err();

    assert_eq!(refused.reason(), "NOT_SENT");
    assert!(refused.advice().is_some(), "an urgent sender is told whom to phone");
    let stored = desk.parts.store.alert(first.id).await.unwrap().unwrap();
    assert!(stored.followers.is_empty());
}
