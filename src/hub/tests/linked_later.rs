//! Two alerts about one event over a hub's services (domain 5.9): linked when a steward confirms the person, and the higher
//! risk of the two reaches whoever has the other.

use serde_json::{Value, json};

use super::duplicates::{by, ended, figure, found_by, record, split, told_by};
use super::repeats::{on, wait_until, without_number};
use super::*;
use crate::domain::delivery::{DeliveryState, Purpose};
use crate::domain::submission::{EpisodeName, Exclusion};
use crate::domain::{AlertRecord, Delivery, EpisodeId, Priority, Risk, Rule, Span, View};
use crate::identity::Hand;

const DAY: &str = "2026-10-20";

/// The report of an agency without the child's number: the hub proposes that he is one (I6).
fn nameless(agency: &str, key: &str) -> Received {
    received(&told_by(agency, &without_number(&on(DAY))), key)
}

async fn says(desk: &Desk, hand: Hand, one: AlertId, other: AlertId) {
    let asked = stewarding::says(hand, one, other);
    stewarding::identity(desk).decide(&stewarding::steward(), &asked).await.unwrap();
}

/// Two agencies report him half an hour apart, and nobody knows yet that he is one.
async fn reported_apart() -> (Desk, AlertId, AlertId) {
    let desk = Desk::opening_at("2026-10-20T12:00:00Z").await;
    let first = desk.tries("MERPOL", &by("MERPOL", DAY, "k-1")).await.unwrap().alert;
    wait_until(&desk, "2026-10-20T12:30:00Z");
    let second = desk.tries("EDT", &nameless("EDT", "k-2")).await.unwrap().alert;
    assert_ne!(second.episode, first.episode);
    (desk, first.id, second.id)
}

#[tokio::test]
async fn confirmed_later_it_is_linked_then_counts_once_since_and_goes_on_in_one_episode() {
    let (desk, first, second) = reported_apart().await;
    let news = |agency: &str, of: AlertId, key: &str| {
        let mut news = by(agency, DAY, key);
        news.submission.kind = crate::domain::AlertKind::MissingUpdated;
        news.submission.envelope.episode = Given::Given(EpisodeName::Hub(of));
        news
    };
    let update = desk.tries("EDT", &news("EDT", second, "k-3")).await.unwrap().alert.id;
    let figure_of = async || figure(&desk, "missing episodes", &[first, second]).await;

    says(&desk, Hand::Link, first, second).await;

    let (one, two) = (record(&desk, first).await, record(&desk, second).await);
    assert_eq!((two.episode, two.after.same_event.earlier), (one.episode, Some(first)));
    assert_eq!(one.after.same_event.later, [second]);
    assert_eq!((&one.followers, &two.followers), (&vec![second, update], &vec![]));
    assert_eq!(record(&desk, update).await.episode, one.episode);
    assert_eq!(figure_of().await, Some(1));
    for alert in [first, second] {
        assert_eq!(desk.store.count("DUPLICATE_LINKED", alert), 1);
    }
    // Whichever of the two its sender names, and for whoever comes third.
    let next = desk.tries("EDT", &news("EDT", second, "k-4")).await.unwrap().alert;
    assert_eq!(next.episode, one.episode);
    wait_until(&desk, "2026-10-20T12:40:00Z");
    let third = desk.tries("CIC", &by("CIC", DAY, "k-5")).await.unwrap().alert;
    assert_eq!(third.after.same_event.earlier, Some(first));
    says(&desk, Hand::Link, first, second).await;
    assert_eq!(desk.store.count("DUPLICATE_LINKED", second), 1, "once");
}

#[tokio::test]
async fn an_end_of_one_of_them_is_the_end_of_both_when_they_are_linked() {
    for of_first in [true, false] {
        let (desk, first, second) = reported_apart().await;
        wait_until(&desk, "2026-10-20T15:00:00Z");
        let (by, of) = if of_first { ("MERPOL", first) } else { ("EDT", second) };
        let found = if by == "MERPOL" { by } else { "MERPOL" };
        let mut end = found_by(found, DAY, of, "k-3");
        if !of_first {
            // Police end what the team reported: they have been handed it.
            end.submission.envelope.episode = Given::Given(EpisodeName::Hub(second));
        }
        let end = desk.tries(found, &end).await.unwrap().alert;
        assert_eq!(end.episode, EpisodeId::from(of));

        says(&desk, Hand::Link, first, second).await;

        let both = [record(&desk, first).await, record(&desk, second).await];
        assert_eq!(both[1].episode, both[0].episode);
        assert_eq!(ended(&desk, &[first]).await, 1);
        let look_outs = |record: &AlertRecord| {
            let of = record.deliveries.iter().filter(|it| it.view == View::Lookout);
            of.filter(|it| !matches!(it.state, DeliveryState::Ended(_))).count()
        };
        for record in &both {
            let purges = record.timers.iter();
            let purges = purges
                .filter(|it| it.kind == crate::domain::alert::TimerKind::LookoutPurge)
                .count();
            assert_eq!(purges, look_outs(record), "of the first {of_first}");
        }
    }
}

#[tokio::test]
async fn what_may_not_be_linked_at_once_is_not_linked_later_either() {
    let own = |mut of: Received, name: &str| {
        let own = EpisodeName::Own(Redacted::new(name.to_owned()));
        of.submission.envelope.episode = Given::Given(own);
        of
    };
    let kept = |mut of: Received| {
        let edt = AgencyCode::try_from("EDT").unwrap();
        of.submission.envelope.exclude.push(Exclusion::Agency(edt));
        of
    };
    for (why, sender, report, linked) in [
        ("another agency", "CIC", nameless("CIC", "k-2"), true),
        ("the same agency again", "MERPOL", nameless("MERPOL", "k-2"), true),
        ("by another name", "MERPOL", own(nameless("MERPOL", "k-2"), "MP 8"), false),
        ("another agency by a name", "CIC", own(nameless("CIC", "k-2"), "C 1"), true),
        ("kept from somebody", "CIC", kept(nameless("CIC", "k-2")), false),
    ] {
        let desk = Desk::opening_at("2026-10-20T12:00:00Z").await;
        let first = desk.tries("MERPOL", &by("MERPOL", DAY, "k-1")).await.unwrap().alert.id;
        desk.clock.advance(Span::minutes(5));
        let second = desk.tries(sender, &report).await.unwrap().alert.id;

        says(&desk, Hand::Link, first, second).await;

        let after = record(&desk, second).await;
        assert_eq!(after.after.same_event.earlier.is_some(), linked, "{why}");
    }
}

#[tokio::test]
async fn what_a_human_split_is_never_linked_again_and_what_a_claim_undid_is() {
    let (desk, first, second) = reported_apart().await;
    says(&desk, Hand::Link, first, second).await;

    says(&desk, Hand::Unlink, first, second).await;
    assert_eq!(record(&desk, second).await.episode, EpisodeId::from(second));
    says(&desk, Hand::Link, first, second).await;
    assert_eq!(record(&desk, second).await.episode, EpisodeId::from(first));

    split(&desk, second).await;
    says(&desk, Hand::Unlink, first, second).await;
    says(&desk, Hand::Link, first, second).await;
    assert_eq!(record(&desk, second).await.episode, EpisodeId::from(second), "two events");
}

/// The report at a risk.
fn at_risk(agency: &str, (risk, priority): (Risk, Priority), key: &str) -> Received {
    let mut request: Value = serde_json::from_str(&told_by(agency, &on(DAY))).unwrap();
    request["alert"]["envelope"]["risk"] = json!(format!("RISK_{risk}"));
    request["alert"]["envelope"]["priority"] = json!(format!("PRIORITY_{priority}"));
    received(&request.to_string(), key)
}

fn to<'a>(record: &'a AlertRecord, mailbox: &str) -> &'a Delivery {
    let is_it = |it: &&Delivery| it.mailbox == id(mailbox) && it.purpose == Purpose::Alert;
    record.deliveries.iter().find(is_it).unwrap()
}

#[tokio::test]
async fn copies_that_are_out_are_raised_when_a_later_alert_carries_a_higher_risk_and_never_lowered()
{
    let desk = Desk::opening_at("2026-10-20T12:00:00Z").await;
    let low = at_risk("CIC", (Risk::Low, Priority::P3), "k-1");
    let first = desk.tries("CIC", &low).await.unwrap().alert;
    let before: Vec<Priority> =
        ["CADT", "MERPOL", "SAFERFUT"].map(|it| to(&first, it).priority).to_vec();
    assert_eq!(before, [Priority::P3, Priority::P3, Priority::P4], "R03");
    desk.clock.advance(Span::minutes(30));

    let high = at_risk("MERPOL", (Risk::High, Priority::P1), "k-2");
    let second = desk.tries("MERPOL", &high).await.unwrap().alert;

    assert_eq!(second.after.same_event.earlier, Some(first.id));
    let after = record(&desk, first.id).await;
    let now = desk.env.now();
    for (mailbox, priority, minutes) in [("CADT", Priority::P1, 15), ("MERPOL", Priority::P1, 15)] {
        let (was, is) = (to(&first, mailbox), to(&after, mailbox));
        assert_eq!(is.priority, priority, "{mailbox}");
        assert_eq!(is.due.map(|due| due.at), Some(now.plus(Span::minutes(minutes))), "{mailbox}");
        assert_eq!(is.rung.map(|rung| rung.at), is.due.map(|due| due.at), "{mailbox}");
        assert_eq!(is.routes, was.routes, "the rows that sent it are its rows");
    }
    assert_eq!(to(&after, "SAFERFUT").priority, Priority::P3, "as R01 says");
    assert_eq!(after.risk, Some(Risk::Low), "what its sender said stays");
    assert_eq!(desk.store.count("ROUTE_COMPUTED:DUPLICATE_LINKED", first.id), 3);
    assert_eq!(desk.store.count("DUPLICATE_LINKED", first.id), 1);
    assert_eq!(
        desk.store.count("TASK_CREATED:DUPLICATE_LINKED", first.id),
        0,
        "they get the other"
    );

    desk.clock.advance(Span::minutes(5));
    let third = at_risk("EDT", (Risk::Low, Priority::P3), "k-3");
    let third = desk.tries("EDT", &third).await.unwrap().alert;
    assert_eq!(third.risk, Some(Risk::High), "the higher risk of them");
    let lowered = record(&desk, first.id).await;
    assert_eq!(to(&lowered, "CADT").priority, Priority::P1);
    assert_eq!(desk.store.count("ROUTE_COMPUTED:DUPLICATE_LINKED", second.id), 0);
    desk.clock.advance(Span::minutes(11));
    desk.escalation.run_once().await.unwrap();
    assert!(desk.store.count("ESCALATED", first.id) > 0, "in the steps of P1");
}

#[tokio::test]
async fn linked_later_the_one_of_lower_risk_is_raised_whichever_came_first() {
    for low_first in [true, false] {
        let desk = Desk::opening_at("2026-10-20T12:00:00Z").await;
        let low = |agency, key| at_risk(agency, (Risk::Low, Priority::P3), key);
        let high = |agency, key| at_risk(agency, (Risk::High, Priority::P1), key);
        let (one, mut two) = match low_first {
            true => (low("CIC", "k-1"), high("EDT", "k-2")),
            false => (high("CIC", "k-1"), low("EDT", "k-2")),
        };
        two.submission.subjects[0].identity.nhs_number = None;
        let first = desk.tries("CIC", &one).await.unwrap().alert.id;
        desk.clock.advance(Span::minutes(10));
        let second = desk.tries("EDT", &two).await.unwrap().alert.id;
        let low = if low_first { first } else { second };
        let before = record(&desk, low).await;
        assert_eq!(to(&before, "MERPOL").priority, Priority::P3);

        says(&desk, Hand::Link, first, second).await;

        assert_eq!(record(&desk, second).await.after.same_event.earlier, Some(first));
        let after = record(&desk, low).await;
        assert_eq!(to(&after, "MERPOL").priority, Priority::P1);
    }
}

#[tokio::test]
async fn t2_by_the_clock_raises_every_alert_of_the_episode_that_is_out_and_tells_each_inbox_once() {
    let desk = Desk::opening_at("2026-10-20T12:00:00Z").await;
    let low = |agency, key| at_risk(agency, (Risk::Low, Priority::P3), key);
    let first = desk.tries("CIC", &low("CIC", "k-1")).await.unwrap().alert.id;
    desk.clock.advance(Span::minutes(10));
    let second = desk.tries("EDT", &low("EDT", "k-2")).await.unwrap().alert;
    assert_eq!(second.after.same_event.earlier, Some(first));
    let mut update = low("CIC", "k-3");
    update.submission.kind = crate::domain::AlertKind::MissingUpdated;
    update.submission.envelope.episode = Given::Given(EpisodeName::Hub(first));
    let update = desk.tries("CIC", &update).await.unwrap().alert.id;
    assert_eq!(to(&second, "MERPOL").priority, Priority::P3);

    wait_until(&desk, "2026-10-21T12:01:00Z");
    desk.escalation.run_once().await.unwrap();

    for alert in [first, second.id, update] {
        let after = record(&desk, alert).await;
        assert_eq!(to(&after, "MERPOL").priority, Priority::P1, "{alert}");
        assert!(to(&after, "SAFERFUT").priority > Priority::P1, "keeps its own pace");
    }
    let fired =
        [first, second.id, update].map(|it| desk.store.count("TRIGGER_FIRED:MISSING_LONG", it));
    assert_eq!(fired.iter().sum::<usize>(), 1, "told once an episode");
    let mut tasks = Vec::new();
    for alert in [first, second.id, update] {
        let after = record(&desk, alert).await;
        let of_t2 = after.deliveries.iter().filter(|it| it.purpose == Purpose::Task);
        let of_t2 = of_t2.filter(|it| it.routes.contains(&Rule::T2));
        tasks.extend(of_t2.map(|it| it.mailbox.to_string()));
    }
    assert_eq!(tasks, ["CADT"], "one task; whose ladder goes on hears by that");
}
