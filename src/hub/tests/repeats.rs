//! Repeat triggers over a hub's services: from three alerts about one child to one task of the front door.

use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::domain::principal::Role;
use crate::domain::{AlertRecord, Delivery, Priority, Rule};
use crate::identity::Hand;

/// Jaydon, 15, with an exploitation flag.
const S02: &str = include_str!("../../../docs/samples/alerts/s02-missing-reported.json");

/// The sample as it would have been sent on another day, without the flag.
pub(super) fn on(day: &str) -> String {
    S02.replace("2026-11-19", day).replace("2026-11-18", day).replace("CCE_FLAG", "NONE_KNOWN")
}

pub(super) fn wait_until(desk: &Desk, at: &str) {
    desk.clock.advance(instant(at).since(desk.env.now()));
}

pub(super) async fn reported(desk: &Desk, day: &str, key: &str) -> Accepted {
    wait_until(desk, &format!("{day}T12:00:00Z"));
    desk.tries("MERPOL", &received(&on(day), key)).await.unwrap()
}

pub(super) fn tasks_of(accepted: &Accepted, rule: Rule) -> Vec<&Delivery> {
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

/// Without the number by which the hub links by itself: name, birth and home are STRONG (I6).
pub(super) fn without_number(sample: &str) -> String {
    let mut request: Value = serde_json::from_str(sample).unwrap();
    let subject = &mut request["alert"]["envelope"]["subjects"][0];
    subject["nhsNumber"] = json!("");
    subject["nhsNumberStatus"] = json!("NHS_NUMBER_STATUS_ABSENT");
    request.to_string()
}

pub(super) fn withdrawn_to(record: &AlertRecord, first_new: usize) -> Vec<&str> {
    let new = record.deliveries.iter().skip(first_new);
    let mut told: Vec<&str> = new.map(|delivery| delivery.mailbox.as_str()).collect();
    told.sort_unstable();
    told
}

#[tokio::test]
async fn unlinking_takes_a_false_repeat_back_from_everybody_who_was_told_of_it() {
    let desk = Desk::opening_at("2026-08-21T12:00:00Z").await;
    let first = reported(&desk, "2026-08-21", "k-1").await.alert;
    reported(&desk, "2026-10-20", "k-2").await;
    let third = reported(&desk, "2026-11-19", "k-3").await.alert;
    let asked = stewarding::says(Hand::Unlink, first.id, third.id);

    stewarding::identity(&desk).decide(&stewarding::steward(), &asked).await.unwrap();

    let after = desk.parts.store.alert(third.id).await.unwrap().unwrap();
    assert_eq!(desk.store.count("TRIGGER_WITHDRAWN", third.id), 1);
    assert_eq!(desk.store.count("TASK_CREATED:TRIGGER_WITHDRAWN", third.id), 2);
    assert_eq!(withdrawn_to(&after, third.deliveries.len()), ["CADT", "SAFERFUT"]);
    let kept = &after.deliveries[..third.deliveries.len()];
    assert_eq!(kept, third.deliveries.as_slice(), "no copy is changed");
    let untouched = desk.parts.store.alert(first.id).await.unwrap().unwrap();
    assert_eq!(untouched.version, first.version);

    stewarding::identity(&desk).decide(&stewarding::steward(), &asked).await.unwrap();
    assert_eq!(desk.store.count("TRIGGER_WITHDRAWN", third.id), 1, "told once");
}

#[tokio::test]
async fn a_link_that_a_steward_confirms_counts_from_then_on() {
    let desk = Desk::opening_at("2026-08-21T12:00:00Z").await;
    let first = reported(&desk, "2026-08-21", "k-1").await.alert;
    let second = reported(&desk, "2026-10-20", "k-2").await.alert;
    wait_until(&desk, "2026-11-19T12:00:00Z");
    let nameless = without_number(&on("2026-11-19"));
    let third = desk.tries("MERPOL", &received(&nameless, "k-3")).await.unwrap().alert;
    assert_eq!(desk.store.count("TRIGGER_FIRED", third.id), 0, "4.5.4: nobody has confirmed it");
    let identity = stewarding::identity(&desk);

    for (other, fired) in [(first.id, 0), (second.id, 1)] {
        let asked = stewarding::says(Hand::Link, other, third.id);
        identity.decide(&stewarding::steward(), &asked).await.unwrap();
        assert_eq!(desk.store.count("TRIGGER_FIRED", third.id), fired);
    }

    let after = desk.parts.store.alert(third.id).await.unwrap().unwrap();
    assert_eq!(withdrawn_to(&after, third.deliveries.len()), ["CADT", "SAFERFUT"], "asked now");
}

/// A notification between Rhian and Tomas, as S07 has it: a friend acts for him.
fn on_behalf(of_tomas: bool) -> String {
    let referral: Value = serde_json::from_str(MARAC).unwrap();
    let mut request: Value = serde_json::from_str(ABUSE).unwrap();
    request["alert"]["envelope"]["subjects"][0] =
        referral["alert"]["envelope"]["subjects"][0].clone();
    request["alert"]["envelope"]["subjects"][0]["personRef"] = json!("dana");
    if of_tomas {
        let mut tomas = numbered(MARAC)["alert"]["envelope"]["personsOfConcern"][0].clone();
        tomas["person"]["personRef"] = json!("behalf");
        request["alert"]["domesticViolence"]["onBehalfOf"] = tomas;
    }
    request.to_string()
}

/// The referral of the pair, Tomas with a number: then the hub knows him again by itself.
fn numbered(sample: &str) -> Value {
    let mut request: Value = serde_json::from_str(sample).unwrap();
    let tomas = &mut request["alert"]["envelope"]["personsOfConcern"][0]["person"];
    tomas["nhsNumber"] = json!("9990026033");
    tomas["nhsNumberStatus"] = json!("NHS_NUMBER_STATUS_VERIFIED");
    request
}

#[tokio::test]
async fn s07_a_marac_repeat_is_of_the_pair_and_reaches_who_acted_for_him() {
    let desk = Desk::opening_at("2026-06-01T10:00:00Z").await;
    let sent = numbered(MARAC).to_string();
    desk.tries("FSU", &received(&sent, "k-1")).await.unwrap();
    wait_until(&desk, "2026-11-14T00:40:00Z");

    let other = desk.tries("MERPOL", &received(&on_behalf(false), "k-2")).await.unwrap();
    assert_eq!(desk.store.count("TRIGGER_FIRED", other.alert.id), 0, "another pair");
    let repeat = desk.tries("MERPOL", &received(&on_behalf(true), "k-3")).await.unwrap();

    assert_eq!(desk.store.count("TRIGGER_FIRED", repeat.alert.id), 1);
    let marac = tasks_of(&repeat, Rule::R23).into_iter().find(|it| it.mailbox.as_str() == "MARAC");
    assert_eq!(marac.map(|it| it.priority), Some(Priority::P3), "P3, and the band is unchanged");
}

const MARAC: &str = include_str!("../../../docs/samples/alerts/s07-marac-referral.json");
const ABUSE: &str = include_str!("../../../docs/samples/alerts/s05-domestic-abuse-gold.json");
pub(super) const REFERRAL: &str = include_str!("../../../docs/samples/alerts/s09-referral.json");
pub(super) const DECISION: &str = include_str!("../../../docs/samples/alerts/s09-decision.json");

pub(super) async fn referred(desk: &Desk, at: &str, key: &str) -> Accepted {
    wait_until(desk, at);
    let sent = REFERRAL.replace("2026-04-02", at.split('T').next().unwrap());
    desk.tries("SCH-900104", &received(&sent, key)).await.unwrap()
}

pub(super) async fn accepted(desk: &Desk, referral: &Accepted, key: &str) -> Accepted {
    let now = desk.env.now().to_jiff().to_string();
    let decided = DECISION.replace("2026-04-07T13:00:00Z", &now);
    let decided = decided.replace("2026-04-07T13:10:00Z", &now);
    let mut request: Value = serde_json::from_str(&decided).unwrap();
    request["alert"]["envelope"]["episodeId"] = json!(referral.alert.episode.to_string());
    let caller = stewarding::person("CADT", "u-1106", Role::DecisionMaker);
    let received = received(&request.to_string(), key);
    desk.broker.submit(&caller, &received).await.unwrap()
}

#[tokio::test]
async fn three_contacts_and_no_referral_ask_for_the_manager_s_review() {
    let desk = Desk::opening_at("2026-04-02T14:00:00Z").await;
    let first = referred(&desk, "2026-04-02T14:00:00Z", "k-1").await;
    let second = referred(&desk, "2026-05-05T14:00:00Z", "k-2").await;
    for earlier in [&first, &second] {
        assert_eq!(desk.store.count("TRIGGER_FIRED", earlier.alert.id), 0);
    }

    let third = referred(&desk, "2026-06-23T14:00:00Z", "k-3").await;

    let [review] = tasks_of(&third, Rule::T7)[..] else { panic!("{:?}", third.alert.deliveries) };
    assert_eq!((review.mailbox.as_str(), review.priority), ("CADT/manager", Priority::P4));
}

#[tokio::test]
async fn a_referral_within_twelve_months_of_the_one_before_is_a_re_referral() {
    let desk = Desk::opening_at("2026-04-02T14:00:00Z").await;
    let first = referred(&desk, "2026-04-02T14:00:00Z", "k-1").await;
    let decided = accepted(&desk, &first, "d-1").await;
    assert_eq!(desk.store.count("TRIGGER_FIRED", decided.alert.id), 0);

    let second = referred(&desk, "2026-11-24T14:00:00Z", "k-2").await;
    assert!(tasks_of(&second, Rule::T7).is_empty());
    let decided = accepted(&desk, &second, "d-2").await;

    assert_eq!(desk.store.count("TRIGGER_FIRED", decided.alert.id), 1, "T6");
    let flagged = |accepted: &Accepted| {
        let store = Arc::clone(&desk.parts.store);
        let id = accepted.alert.id;
        async move { store.alert(id).await.unwrap().unwrap().referral.unwrap().decided().unwrap() }
    };
    assert!(flagged(&second).await.is_rereferral);
    assert!(!flagged(&first).await.is_rereferral);
}

/// Whether the contact, accepted as a referral, is one again as the hub has it now.
pub(super) async fn is_rereferral(desk: &Desk, contact: &Accepted) -> bool {
    let record = desk.parts.store.alert(contact.alert.id).await.unwrap().unwrap();
    record.referral.unwrap().decided().unwrap().is_rereferral
}

#[tokio::test]
async fn t6_is_counted_again_with_the_claims_of_the_contact_or_of_its_decision() {
    for by_decision in [false, true] {
        let desk = Desk::opening_at("2026-04-02T14:00:00Z").await;
        let first = referred(&desk, "2026-04-02T14:00:00Z", "k-1").await;
        accepted(&desk, &first, "d-1").await;
        let second = referred(&desk, "2026-11-24T14:00:00Z", "k-2").await;
        let decided = accepted(&desk, &second, "d-2").await;
        assert!(is_rereferral(&desk, &second).await);
        let identity = stewarding::identity(&desk);
        let of = if by_decision { decided.alert.id } else { second.alert.id };
        let asked = stewarding::says(Hand::Unlink, first.alert.id, of);

        identity.decide(&stewarding::steward(), &asked).await.unwrap();
        identity.decide(&stewarding::steward(), &asked).await.unwrap();

        assert!(!is_rereferral(&desk, &second).await, "{by_decision}");
        assert!(!is_rereferral(&desk, &first).await);
        assert_eq!(desk.store.count("TRIGGER_WITHDRAWN", second.alert.id), 1, "told once");
        let told = desk.parts.store.alert(second.alert.id).await.unwrap().unwrap();
        let told = told.deliveries.iter().filter(|it| it.routes == [Rule::T6]);
        let told: Vec<&str> = told.map(|it| it.mailbox.as_str()).collect();
        assert_eq!(told, ["CADT"], "who had the flag, and nobody else");

        // Linked again by hand, it is one again.
        let asked = stewarding::says(Hand::Link, first.alert.id, of);
        identity.decide(&stewarding::steward(), &asked).await.unwrap();
        assert!(is_rereferral(&desk, &second).await, "{by_decision}");
        assert_eq!(desk.store.count("TRIGGER_FIRED", second.alert.id), 1);
    }
}

/// Rhian and Tomas before the MARAC, on 20 November 2025.
const REFERRED: &str = include_str!("../../../docs/samples/alerts/s07-marac-referral.json");
/// Messages of a friend, on his behalf, on 19 November 2026.
pub(super) const REPEAT: &str = include_str!("../../../docs/samples/alerts/s07-repeat.json");

/// The pair is referred; a year later `repeat` comes, on `day`.
pub(super) async fn after_a_referral(repeat: &str, day: &str) -> (Desk, Accepted) {
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
    let mut friend_s_own: Value = serde_json::from_str(REPEAT).unwrap();
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
