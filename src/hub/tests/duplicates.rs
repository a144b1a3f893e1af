//! Duplicate episodes over a hub's services (domain 5.9): linked, counted once, and two again when a human says so.

use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::domain::alert::TimerKind;
use crate::domain::delivery::DeliveryState;
use crate::domain::principal::Role;
use crate::domain::submission::{EpisodeName, Exclusion};
use crate::domain::{AlertKind, AlertRecord, EpisodeId, Event, Rule, View};
use crate::identity::Hand;
use crate::indicators::{Asked, EpisodeAlert, Period, facts};
use crate::policy::access::permit_to_send;
use crate::policy::indicators::report;

/// Jaydon, 15, with an exploitation flag.
const S02: &str = include_str!("../../../docs/samples/alerts/s02-missing-reported.json");
/// A girl is back; made of another child here.
const FOUND: &str = include_str!("../../../docs/samples/alerts/s01-missing-found.json");

/// The report of a day by an agency, without the flag.
pub(super) fn by(agency: &str, day: &str, key: &str) -> Received {
    received(&told_by(agency, &on(S02, day)), key)
}

fn on(sample: &str, day: &str) -> String {
    sample.replace("2026-11-19", day).replace("2026-11-18", day).replace("CCE_FLAG", "NONE_KNOWN")
}

pub(super) fn told_by(agency: &str, sample: &str) -> String {
    let mut request: Value = serde_json::from_str(sample).unwrap();
    let envelope = &mut request["alert"]["envelope"];
    envelope["senderAgency"] = json!(agency);
    envelope["senderUser"]["userId"] = json!("");
    request.to_string()
}

/// He is found, as an agency tells of an episode.
pub(super) fn found_by(agency: &str, day: &str, first: AlertId, key: &str) -> Received {
    let mut request: Value = serde_json::from_str(&told_by(agency, FOUND)).unwrap();
    let report: Value = serde_json::from_str(S02).unwrap();
    request["alert"]["envelope"]["subjects"] = report["alert"]["envelope"]["subjects"].clone();
    let mut found = received(&request.to_string().replace("2026-10-24", day), key);
    found.submission.envelope.episode = Given::Given(EpisodeName::Hub(first));
    found
}

pub(super) async fn record(desk: &Desk, alert: AlertId) -> Arc<AlertRecord> {
    desk.parts.store.alert(alert).await.unwrap().unwrap()
}

/// A person of the front door splits it; it has been handed out before.
pub(super) async fn split(desk: &Desk, alert: AlertId) -> EpisodeId {
    let mut stream = desk.stream("CADT", &[]).await;
    desk.receives(&mut stream).await;
    let caller = stewarding::person("CADT", "u-1101", Role::DutyReceiver);
    stewarding::identity(desk).split(&caller, alert).await.unwrap()
}

fn wait_until(desk: &Desk, at: &str) {
    desk.clock.advance(instant(at).since(desk.env.now()));
}

/// Two agencies report him missing on 20 October, half an hour apart.
async fn reported_twice() -> (Desk, AlertId, AlertId) {
    let desk = Desk::opening_at("2026-10-20T12:00:00Z").await;
    let first = desk.tries("MERPOL", &by("MERPOL", "2026-10-20", "k-1")).await.unwrap().alert;
    wait_until(&desk, "2026-10-20T12:30:00Z");
    let second = desk.tries("EDT", &by("EDT", "2026-10-20", "k-2")).await.unwrap().alert;
    assert_eq!(second.episode, first.episode);
    (desk, first.id, second.id)
}

#[tokio::test]
async fn three_who_tell_of_one_event_are_linked_to_the_first_and_a_split_parts_one_alone() {
    let (desk, first, second) = reported_twice().await;
    let third = desk.tries("CIC", &by("CIC", "2026-10-20", "k-3")).await.unwrap().alert;
    assert_eq!(third.after.same_event.earlier, Some(first), "the first, not the nearest");
    assert_eq!(record(&desk, first).await.after.same_event.later, [second, third.id]);

    let own = split(&desk, second).await;

    assert_eq!(own.first_alert(), second);
    let (one, two, three) =
        (record(&desk, first).await, record(&desk, second).await, record(&desk, third.id).await);
    assert_eq!((two.episode, two.after.same_event.earlier), (own, None));
    assert_eq!(one.after.same_event.later, [third.id]);
    assert_eq!(one.followers, [third.id]);
    assert_eq!((three.episode, three.after.same_event.earlier), (one.episode, Some(first)));
}

#[tokio::test]
async fn one_event_counts_once_and_two_after_a_split_for_whatever_came_later() {
    let (desk, _first, second) = reported_twice().await;
    wait_until(&desk, "2026-11-19T12:00:00Z");
    let later = desk.tries("MERPOL", &by("MERPOL", "2026-11-19", "k-3")).await.unwrap().alert;
    assert_eq!(desk.store.count("TRIGGER_FIRED", later.id), 0, "two episodes, not three");

    split(&desk, second).await;

    assert_eq!(desk.store.count("TRIGGER_FIRED", later.id), 1, "T1: three");
    let after = record(&desk, later.id).await;
    let asked = after.deliveries.iter().skip(later.deliveries.len());
    let mut asked: Vec<&str> =
        asked.filter(|it| it.routes.contains(&Rule::T1)).map(|it| it.mailbox.as_str()).collect();
    asked.sort_unstable();
    assert_eq!(asked, ["CADT", "SAFERFUT"]);
    assert_eq!(desk.store.count("TRIGGER_FIRED", second), 0, "then there were two");
    split(&desk, second).await;
    assert_eq!(desk.store.count("TRIGGER_FIRED", later.id), 1, "told once");
}

#[tokio::test]
async fn a_third_report_that_is_the_second_told_again_fires_nothing_and_fires_when_it_is_split() {
    let desk = Desk::opening_at("2026-08-21T12:00:00Z").await;
    for (day, key) in [("2026-08-21", "k-1"), ("2026-10-20", "k-2")] {
        wait_until(&desk, &format!("{day}T12:00:00Z"));
        desk.tries("MERPOL", &by("MERPOL", day, key)).await.unwrap();
    }
    let again = desk.tries("EDT", &by("EDT", "2026-10-20", "k-3")).await.unwrap().alert;
    assert_eq!(desk.store.count("TRIGGER_FIRED", again.id), 0);

    split(&desk, again.id).await;

    assert_eq!(desk.store.count("TRIGGER_FIRED", again.id), 1);
}

#[tokio::test]
async fn what_the_second_sender_told_since_goes_along_and_its_next_news_is_of_its_own_episode() {
    let (desk, first, second) = reported_twice().await;
    let news = |agency: &str, key: &str, of: AlertId| {
        let mut news = by(agency, "2026-10-20", key);
        news.submission.envelope.episode = Given::Given(EpisodeName::Hub(of));
        news
    };
    let theirs = desk.tries("EDT", &news("EDT", "k-3", first)).await.unwrap().alert;
    let others = desk.tries("MERPOL", &news("MERPOL", "k-4", first)).await.unwrap().alert;
    assert_eq!((theirs.episode, others.episode), (EpisodeId::from(first), EpisodeId::from(first)));

    let own = split(&desk, second).await;

    assert_eq!(record(&desk, theirs.id).await.episode, own);
    assert_eq!(record(&desk, second).await.followers, [theirs.id]);
    assert_eq!(record(&desk, others.id).await.episode, EpisodeId::from(first));
    assert_eq!(record(&desk, first).await.followers, [others.id]);
    let next = desk.tries("EDT", &news("EDT", "k-5", second)).await.unwrap().alert;
    assert_eq!(next.episode, own);
}

#[tokio::test]
async fn found_after_both_began_ends_both_also_when_they_are_split_afterwards() {
    let (desk, first, second) = reported_twice().await;
    wait_until(&desk, "2026-10-20T15:00:00Z");
    let found = found_by("MERPOL", "2026-10-20", first, "k-3");
    let found = desk.tries("MERPOL", &found).await.unwrap().alert;

    let own = split(&desk, second).await;

    let (one, two) = (record(&desk, first).await, record(&desk, second).await);
    assert_eq!((&one.followers, &two.followers), (&vec![found.id], &vec![found.id]));
    assert_eq!(record(&desk, found.id).await.episode, one.episode);
    // Whoever reports him in either episode from now on tells of a new one (domain 3.5).
    for (key, of) in [("k-4", first), ("k-5", second)] {
        wait_until(&desk, "2026-10-20T22:00:00Z");
        let mut again = by("EDT", "2026-10-20", key);
        again.submission.envelope.episode = Given::Given(EpisodeName::Hub(of));
        let again = desk.tries("EDT", &again).await.unwrap().alert;
        assert!(again.episode != own && again.episode != one.episode);
    }
}

#[tokio::test]
async fn found_by_a_and_e_closes_nothing_until_it_is_confirmed_and_then_both() {
    let (desk, first, second) = reported_twice().await;
    wait_until(&desk, "2026-10-20T15:00:00Z");
    let look_outs = |record: &AlertRecord| {
        let held = record.deliveries.iter().filter(|it| it.view == View::Lookout);
        held.filter(|it| !matches!(it.state, DeliveryState::Ended(_))).count()
    };
    let purges = |record: &AlertRecord| {
        let timers = record.timers.iter();
        timers.filter(|it| it.kind == TimerKind::LookoutPurge).count()
    };

    let unconfirmed = found_by("WUTH-AED", "2026-10-20", first, "k-3");
    desk.tries("WUTH-AED", &unconfirmed).await.unwrap();

    for alert in [first, second] {
        let record = record(&desk, alert).await;
        assert!(look_outs(&record) > 0, "look-outs stay");
        assert_eq!(purges(&record), 0);
    }
    // FOUND_UNCONFIRMED is still missing: who reports him now tells of the same event.
    let third = desk.tries("CIC", &by("CIC", "2026-10-20", "k-4")).await.unwrap().alert;
    assert_eq!(third.after.same_event.earlier, Some(first));

    desk.tries("MERPOL", &found_by("MERPOL", "2026-10-20", first, "k-5")).await.unwrap();

    for alert in [first, second, third.id] {
        let record = record(&desk, alert).await;
        assert_eq!(purges(&record), look_outs(&record), "they go within the hour");
    }
    wait_until(&desk, "2026-10-20T17:30:00Z");
    let new = desk.tries("CIC", &by("CIC", "2026-10-20", "k-6")).await.unwrap().alert;
    assert_eq!(new.episode, EpisodeId::from(new.id), "a new episode, however soon");
}

#[tokio::test]
async fn a_claim_that_is_undone_takes_the_event_it_was_linked_by_with_it() {
    let (desk, first, second) = reported_twice().await;
    let asked = stewarding::says(Hand::Unlink, first, second);

    stewarding::identity(&desk).decide(&stewarding::steward(), &asked).await.unwrap();

    let (one, two) = (record(&desk, first).await, record(&desk, second).await);
    assert_eq!(two.episode, EpisodeId::from(second), "it is about another child");
    assert!(one.followers.is_empty() && one.after.same_event.later.is_empty());
    assert_eq!(desk.store.count("DUPLICATE_SPLIT", second), 1);
}

#[tokio::test]
async fn what_is_kept_from_somebody_is_linked_to_nothing_and_counts_once_all_the_same() {
    for kept_first in [true, false] {
        let desk = Desk::opening_at("2026-08-21T12:00:00Z").await;
        desk.tries("MERPOL", &by("MERPOL", "2026-08-21", "k-0")).await.unwrap();
        wait_until(&desk, "2026-10-20T12:00:00Z");
        let edt = AgencyCode::try_from("EDT").unwrap();
        let mut kept = by("MERPOL", "2026-10-20", "k-1");
        kept.submission.envelope.exclude.push(Exclusion::Agency(edt));
        let open = by("CIC", "2026-10-20", "k-2");
        let sent = if kept_first {
            [("MERPOL", kept), ("CIC", open)]
        } else {
            [("CIC", open), ("MERPOL", kept)]
        };

        for (agency, received) in &sent {
            let taken = desk.tries(agency, received).await.unwrap().alert;

            assert_eq!(taken.episode, EpisodeId::from(taken.id));
            assert!(!taken.after.same_event.is_linked(), "nobody learns that there is another");
            assert_eq!(desk.store.count("TRIGGER_FIRED", taken.id), 0);
        }
    }
}

#[tokio::test]
async fn who_names_two_reports_by_two_references_tells_of_two_events() {
    let desk = Desk::opening_at("2026-10-20T12:00:00Z").await;
    let called = |agency: &str, reference: &str, key: &str| {
        let mut called = by(agency, "2026-10-20", key);
        let own = EpisodeName::Own(Redacted::new(reference.to_owned()));
        called.submission.envelope.episode = Given::Given(own);
        called
    };
    let first = desk.tries("MERPOL", &called("MERPOL", "MP 7", "k-1")).await.unwrap().alert;
    desk.clock.advance(crate::domain::Span::seconds(1));
    // Without a reference, or by another agency, it is the same event.
    let mut again = by("MERPOL", "2026-10-20", "k-3");
    again.submission.envelope.episode = Given::Missing;
    let again = desk.tries("MERPOL", &again).await.unwrap().alert;
    assert_eq!(again.after.same_event.earlier, Some(first.id));
    desk.clock.advance(crate::domain::Span::seconds(1));
    let theirs = desk.tries("EDT", &called("EDT", "E 1", "k-4")).await.unwrap().alert;
    assert_eq!(theirs.episode, first.episode);
    desk.clock.advance(crate::domain::Span::seconds(1));
    let other = desk.tries("MERPOL", &called("MERPOL", "MP 8", "k-2")).await.unwrap().alert;
    assert_ne!(other.episode, first.episode);
    desk.clock.advance(crate::domain::Span::seconds(1));
    let mut found = found_by("EDT", "2026-10-20", first.id, "k-5");
    let own = EpisodeName::Own(Redacted::new("E 1".to_owned()));
    found.submission.envelope.episode = Given::Given(own);
    let found = desk.tries("EDT", &found).await.unwrap().alert;
    assert_eq!(found.episode, first.episode, "its own reference leads there too");
}

/// What the hub's figures say of these alerts: how many are counted.
pub(super) async fn figure(desk: &Desk, line: &str, alerts: &[AlertId]) -> Option<u64> {
    let mut episodes = std::collections::BTreeMap::new();
    for alert in alerts {
        let found = record(desk, *alert).await;
        let first = record(desk, found.episode.first_alert()).await;
        let mut episode = vec![Arc::clone(&first)];
        for follower in &first.followers {
            episode.push(record(desk, *follower).await);
        }
        let whole = episode.into_iter().map(|record| EpisodeAlert { record, is_late: false });
        episodes.insert(first.id, whole.collect());
    }
    let asked = Asked::of(Period::financial_year(2026).unwrap(), desk.env.now());
    let figures = report(&facts(&episodes), &asked).unwrap();
    figures.iter().find(|it| it.indicator.line.starts_with(line)).unwrap().numerator
}

/// How many of the missing episodes that these alerts are of have come to an end.
pub(super) async fn ended(desk: &Desk, alerts: &[AlertId]) -> usize {
    let mut ended = 0;
    for alert in alerts {
        let first = record(desk, *alert).await;
        let mut has_end = false;
        for follower in &first.followers {
            has_end |= record(desk, *follower).await.kind == AlertKind::MissingFound;
        }
        ended += usize::from(has_end);
    }
    ended
}

#[tokio::test]
async fn figures_count_one_episode_of_two_alerts_and_two_after_a_split() {
    let (desk, first, second) = reported_twice().await;
    assert_eq!(figure(&desk, "missing episodes", &[first, second]).await, Some(1));
    split(&desk, second).await;
    assert_eq!(figure(&desk, "missing episodes", &[first, second]).await, Some(2));

    // Ended together, and split afterwards: both ended, and neither is missing still.
    let (desk, first, second) = reported_twice().await;
    wait_until(&desk, "2026-10-20T15:00:00Z");
    let found = found_by("MERPOL", "2026-10-20", first, "k-3");
    let found = desk.tries("MERPOL", &found).await.unwrap().alert.id;
    assert_eq!(figure(&desk, "interviews offered", &[first, second, found]).await, Some(0));
    split(&desk, second).await;
    let all = [first, second, found];
    assert_eq!(figure(&desk, "missing episodes", &all).await, Some(2));
    assert_eq!(ended(&desk, &all).await, 2, "both");
}

#[tokio::test]
async fn two_attendances_of_one_night_count_once_and_twice_after_a_split() {
    let desk = Desk::opening_at("2026-11-08T03:10:00Z").await;
    let first = desk.tries("WUTH-AED", &received(ROUTINE, "k-1")).await.unwrap().alert;
    // Only A&E tells of attendances: the same agency tells twice.
    let again = desk.tries("WUTH-AED", &received(ROUTINE, "k-2")).await.unwrap().alert;
    assert_eq!(again.episode, first.episode);
    let all = [first.id, again.id];
    assert_eq!(figure(&desk, "attended", &all).await, Some(1));
    // The front door was handed neither: whoever sent it says that it is another, and nobody else.
    let identity = stewarding::identity(&desk);
    for agency in ["CADT", "MERPOL", "RESPONSE"] {
        let caller = stewarding::person(agency, "u-9", Role::DutyReceiver);
        let refused = identity.split(&caller, again.id).await.unwrap_err();
        assert_eq!(refused.reason(), "NOT_FOUND", "{agency}");
    }
    assert_eq!(figure(&desk, "attended", &all).await, Some(1));
    let caller = stewarding::person("WUTH-AED", "u-9", Role::DutyReceiver);
    identity.split(&caller, again.id).await.unwrap();
    assert_eq!(figure(&desk, "attended", &all).await, Some(2));
}

/// Somebody with this number is mentioned in an alert that is there.
fn mentions(desk: &Desk, number: &str, alert: AlertId) -> Commit {
    let tokens = desk.parts.sealer.mention_tokens(&[("nhs", number.to_owned())]).unwrap();
    let permit = permit_to_send(&system("MERPOL")).unwrap();
    let event = Event::new(EventId::from_bytes([0xE1; 16]), EventKind::AlertUpdated);
    let commit = Commit::new(&permit, desk.env.now(), vec![event], [0x5B; 32]).unwrap();
    commit.writing(vec![Write::Mentions { alert, tokens }]).unwrap()
}

#[tokio::test]
async fn who_is_mentioned_while_an_alert_is_decided_on_is_seen_and_another_child_is_no_matter() {
    for (number, conflicts) in [("9990002746", 1), ("9990026033", 0)] {
        let desk = Desk::opening_at("2026-10-20T12:00:00Z").await;
        let first = desk.tries("MERPOL", &by("MERPOL", "2026-10-20", "k-1")).await.unwrap().alert;
        let girl = desk.submits("MERPOL", URGENT, "k-2").await;
        desk.store.before_next_commit(mentions(&desk, number, girl));

        let second = desk.tries("EDT", &by("EDT", "2026-10-20", "k-3")).await.unwrap().alert;

        assert_eq!(desk.store.conflicts(), conflicts, "{number}");
        assert_eq!(second.episode, first.episode);
    }
}
