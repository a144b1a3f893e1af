//! What changes while an alert is decided on is seen: what is recalled is not counted, whoever counts it is counted again;
//! and however much is told of one person, what counters count is found (domain 5.8).

use super::duplicates::record;
use super::repeats::{on, reported, wait_until};
use super::*;
use crate::broker::{Recall, Recipients};
use crate::domain::after::{RecallReason, RecallStage};
use crate::domain::delivery::Moment;
use crate::domain::submission::EpisodeName;
use crate::domain::{AlertKind, Event, Position, Recalled, Span};
use crate::policy::access::permit_to_send;

/// The alert is recalled, as its sender's recall would.
async fn recalled(desk: &Desk, alert: AlertId) -> Commit {
    let mut next = record(desk, alert).await.as_ref().clone();
    next.version += 1;
    next.deliveries.clear();
    let at = Moment { at: desk.env.now(), by: None, position: Position(1) };
    let (reason, stage) = (RecallReason::WrongPerson, RecallStage::Opened);
    let recall = Recalled { delivery: 0, reason, stage, at, notice: None, confirmed: None };
    next.after.recalls.push(recall);
    let permit = permit(&system("MERPOL"), Action::RecallAlert, None).unwrap();
    let event = Event::new(EventId::from_bytes([0xE2; 16]), EventKind::Recalled);
    let commit = Commit::new(&permit, desk.env.now(), vec![event], [0x5B; 32]).unwrap();
    commit.writing(vec![Write::Alert(Box::new(next))]).unwrap()
}

#[tokio::test]
async fn what_is_recalled_while_a_later_alert_is_decided_on_is_not_counted() {
    let desk = Desk::opening_at("2026-08-21T12:00:00Z").await;
    reported(&desk, "2026-08-21", "k-1").await;
    let second = reported(&desk, "2026-10-20", "k-2").await.alert.id;
    wait_until(&desk, "2026-11-19T12:00:00Z");
    desk.store.before_next_commit(recalled(&desk, second).await);

    let third = desk.tries("MERPOL", &received(&on("2026-11-19"), "k-3")).await.unwrap().alert;

    assert_eq!(desk.store.conflicts(), 1, "decided anew");
    assert_eq!(desk.store.count("TRIGGER_FIRED", third.id), 0);
    assert!(third.links.iter().all(|link| link.other != second));
}

#[tokio::test]
async fn whoever_is_mentioned_while_an_alert_is_recalled_is_looked_at_before_the_recall_is_there() {
    let desk = Desk::opening_at("2026-08-21T12:00:00Z").await;
    reported(&desk, "2026-08-21", "k-1").await;
    let second = reported(&desk, "2026-10-20", "k-2").await.alert.id;
    let third = reported(&desk, "2026-11-19", "k-3").await.alert.id;
    let number = ("nhs", "9990002746".to_owned());
    let tokens = desk.parts.sealer.mention_tokens(&[number]).unwrap();
    let permit = permit_to_send(&system("MERPOL")).unwrap();
    let event = Event::new(EventId::from_bytes([0xE1; 16]), EventKind::AlertUpdated);
    let commit = Commit::new(&permit, desk.env.now(), vec![event], [0x5B; 32]).unwrap();
    let mention = Write::Mentions { alert: AlertId::from_bytes([0xFF; 16]), tokens };
    desk.store.before_next_commit(commit.writing(vec![mention]).unwrap());

    let reason = RecallReason::WrongPerson;
    let asked = Recall { alert: second, recipients: Recipients::All, reason };
    desk.broker.recall(&system("MERPOL"), &asked).await.unwrap();

    assert_eq!(desk.store.conflicts(), 1, "decided anew");
    assert_eq!(desk.store.count("TRIGGER_WITHDRAWN", third), 1);
}

#[tokio::test]
async fn however_many_updates_are_told_of_a_child_its_episodes_are_counted_and_taken_back() {
    let desk = Desk::opening_at("2026-08-21T12:00:00Z").await;
    let first = reported(&desk, "2026-08-21", "k-1").await.alert.id;
    let second = reported(&desk, "2026-10-20", "k-2").await.alert.id;
    for number in 0..40 {
        desk.clock.advance(Span::minutes(1));
        let mut news = received(&on("2026-10-20"), &format!("u-{number}"));
        news.submission.kind = AlertKind::MissingUpdated;
        news.submission.envelope.episode = Given::Given(EpisodeName::Hub(second));
        desk.tries("MERPOL", &news).await.unwrap();
    }

    let third = reported(&desk, "2026-11-19", "k-3").await.alert;

    assert_eq!(desk.store.count("TRIGGER_FIRED", third.id), 1, "T1: three");
    let named = |alert| third.links.iter().any(|link| link.other == alert);
    assert!(named(first) && named(second), "beyond the newest 32 under the number");

    for number in 0..40 {
        desk.clock.advance(Span::minutes(1));
        let mut news = received(&on("2026-11-19"), &format!("v-{number}"));
        news.submission.kind = AlertKind::MissingUpdated;
        news.submission.envelope.episode = Given::Given(EpisodeName::Hub(third.id));
        desk.tries("MERPOL", &news).await.unwrap();
    }
    let reason = RecallReason::WrongPerson;
    let asked = Recall { alert: first, recipients: Recipients::All, reason };
    desk.broker.recall(&system("MERPOL"), &asked).await.unwrap();
    assert_eq!(desk.store.count("TRIGGER_WITHDRAWN", third.id), 1);
}
