//! Domain 5.8 through services and store: what an alert that was corrected or recalled takes back of the repeats that later
//! alerts told of, from whom, and how often.

use std::sync::Arc;

use serde_json::{Value, json};

use super::repeats::{
    REFERRAL, REPEAT, accepted, after_a_referral, is_rereferral, on, referred, reported, tasks_of,
    wait_until, withdrawn_to, without_number,
};
use super::*;
use crate::broker::{Correction, Recall, Recipients};
use crate::domain::after::{CorrectionReason, RecallReason};
use crate::domain::identity::Flag;
use crate::domain::principal::Role;
use crate::domain::{AlertRecord, Rule, View};
use crate::identity::{Entry, Hand, Mention, Registered};

const NO_RISK: &str = "MISSING_CATEGORY_NO_APPARENT_RISK";

/// Jaydon's three episodes in 90 days, all police's; the third told T1.
struct Three {
    desk: Desk,
    alerts: [Accepted; 3],
}

impl Three {
    async fn told() -> Self {
        let desk = Desk::opening_at("2026-08-21T12:00:00Z").await;
        let first = reported(&desk, "2026-08-21", "k-1").await;
        let second = reported(&desk, "2026-10-20", "k-2").await;
        let third = reported(&desk, "2026-11-19", "k-3").await;
        assert_eq!(desk.store.count("TRIGGER_FIRED", third.alert.id), 1);
        Self { desk, alerts: [first, second, third] }
    }

    fn id(&self, place: usize) -> AlertId {
        self.alerts[place].alert.id
    }

    /// How often it was said of each that it fired, and that it was taken back.
    fn said(&self, kind: &str) -> [usize; 3] {
        [0, 1, 2].map(|place| self.desk.store.count(kind, self.id(place)))
    }

    /// Who was told by the third that it is taken back, and that nobody's copy is another.
    async fn taken_back_from(&self) -> Vec<String> {
        let (before, after) = (&self.alerts[2].alert, self.desk.now_of(self.id(2)).await);
        let first_new = before.deliveries.len();
        assert_eq!(after.deliveries[..first_new], before.deliveries[..], "no copy is changed");
        withdrawn_to(&after, first_new).into_iter().map(str::to_owned).collect()
    }
}

impl Desk {
    async fn now_of(&self, alert: AlertId) -> Arc<AlertRecord> {
        self.parts.store.alert(alert).await.unwrap().unwrap()
    }

    async fn corrects(&self, alert: AlertId, sample: &str, key: &str) -> Accepted {
        let changed = vec!["alert.missing.category".to_owned()];
        let reason = Some(CorrectionReason::SourceWrong);
        let sender = self.now_of(alert).await.sender.clone();
        let corrects = Some(Correction { alert, reason, changed });
        let received = Received { corrects, ..received(sample, key) };
        self.tries(sender.as_str(), &received).await.unwrap()
    }

    async fn recalls_as(&self, agency: &str, alert: AlertId, reason: RecallReason) {
        let asked = Recall { alert, recipients: Recipients::All, reason };
        self.broker.recall(&system(agency), &asked).await.unwrap();
    }
}

fn of_no_risk(day: &str) -> String {
    on(day).replace("MISSING_CATEGORY_MISSING", NO_RISK)
}

/// The number of a child of whom nothing is known.
fn of_another(day: &str) -> String {
    let other = on(day).replace("9990002746", "9990027404").replace("2011-06-18", "2012-02-03");
    other.replace("Jaydon", "Probe").replace("Fictus", "Dummyman").replace("ZX45 1AA", "ZX99 9ZZ")
}

#[tokio::test]
async fn an_earlier_episode_corrected_takes_the_later_alert_s_trigger_back_once() {
    for place in [0, 1] {
        let three = Three::told().await;
        let day = ["2026-08-21", "2026-10-20"][place];
        let deliveries = three.desk.now_of(three.id(place)).await.deliveries.len();

        let right = three.desk.corrects(three.id(place), &of_no_risk(day), "c-1").await;

        assert_eq!(three.said("TRIGGER_WITHDRAWN"), [0, 0, 1]);
        assert_eq!(three.taken_back_from().await, ["CADT", "SAFERFUT"], "who was told, each once");
        assert_eq!(three.desk.store.count("TRIGGER_WITHDRAWN", right.alert.id), 0);
        assert!(tasks_of(&right, Rule::T1).is_empty(), "it told of none, and takes none back");
        let wrong = three.desk.now_of(three.id(place)).await;
        assert_eq!(wrong.deliveries.len(), deliveries, "who was never told hears nothing");
        let other = three.desk.now_of(three.id(1 - place)).await;
        assert_eq!(other.version, three.alerts[1 - place].alert.version, "another's is untouched");

        // The same once more, and the correction corrected: nothing is left to be taken back.
        three.desk.corrects(three.id(place), &of_no_risk(day), "c-1").await;
        let again = of_no_risk(day).replace("tracksuit", "jacket");
        three.desk.corrects(right.alert.id, &again, "c-2").await;
        assert_eq!(three.said("TRIGGER_WITHDRAWN"), [0, 0, 1], "told once");
    }
}

#[tokio::test]
async fn the_correction_and_what_it_takes_back_are_one_commit() {
    let three = Three::told().await;
    // Somebody changes the alert that is counted again at the same moment: everything is decided anew.
    let (desk, third) = (&three.desk, three.desk.now_of(three.id(2)).await);
    let permit = permit(&system("MERPOL"), Action::RecallAlert, None).unwrap();
    let event = crate::domain::Event::new(EventId::from_bytes([0xE0; 16]), EventKind::Queued);
    let commit = Commit::new(&permit, desk.env.now(), vec![event], [0x5B; 32]).unwrap();
    let mut next = third.as_ref().clone();
    next.version += 1;
    desk.store.before_next_commit(commit.writing(vec![Write::Alert(Box::new(next))]).unwrap());

    desk.corrects(three.id(1), &of_no_risk("2026-10-20"), "c-1").await;

    assert_eq!(desk.store.conflicts(), 1);
    assert_eq!(three.said("TRIGGER_WITHDRAWN"), [0, 0, 1]);
    assert_eq!(three.taken_back_from().await, ["CADT", "SAFERFUT"]);
}

#[tokio::test]
async fn a_time_out_of_the_window_or_another_child_takes_it_back_and_nothing_that_counts_does_not()
{
    let earlier = on("2026-08-21").replace("2026-08-21T01", "2026-08-19T01");
    let earlier = earlier.replace("2026-08-21T21", "2026-08-19T21");
    let described = on("2026-08-21").replace("tracksuit", "jacket");
    for (right, taken_back) in
        [(earlier, 1), (of_another("2026-08-21"), 1), (described, 0), (on("2026-08-21"), 0)]
    {
        let three = Three::told().await;

        let right = three.desk.corrects(three.id(0), &right, "c-1").await;

        assert_eq!(three.said("TRIGGER_WITHDRAWN"), [0, 0, taken_back]);
        assert_eq!(three.said("TRIGGER_FIRED"), [0, 0, 1], "nobody is told a second time");
        assert!(tasks_of(&right, Rule::T1).is_empty(), "as many as before are no news");
    }
}

#[tokio::test]
async fn a_correction_that_raises_the_count_fires_once_and_asks_the_front_door_once() {
    let desk = Desk::opening_at("2026-08-21T12:00:00Z").await;
    reported(&desk, "2026-08-21", "k-1").await;
    wait_until(&desk, "2026-10-20T12:00:00Z");
    let second = desk.tries("MERPOL", &received(&of_no_risk("2026-10-20"), "k-2")).await.unwrap();
    let third = reported(&desk, "2026-11-19", "k-3").await;
    assert_eq!(desk.store.count("TRIGGER_FIRED", third.alert.id), 0);

    let right = desk.corrects(second.alert.id, &on("2026-10-20"), "c-1").await;

    assert_eq!(desk.store.count("TRIGGER_FIRED", third.alert.id), 0, "one telling of one count");
    let of_t1 = tasks_of(&right, Rule::T1);
    let of_t1: Vec<&str> = of_t1.iter().map(|it| it.mailbox.as_str()).collect();
    assert_eq!(
        of_t1,
        ["SAFERFUT", "CADT"],
        "the service by its copy of the correction, and the task"
    );

    // And taken back again by whom it was told.
    let back = desk.corrects(right.alert.id, &of_no_risk("2026-10-20"), "c-2").await;
    assert_eq!(desk.store.count("TRIGGER_WITHDRAWN", back.alert.id), 1);
    assert_eq!(desk.store.count("TRIGGER_WITHDRAWN", third.alert.id), 0, "it told nobody");
}

#[tokio::test]
async fn a_claim_that_a_steward_confirmed_holds_of_the_correction_too() {
    let desk = Desk::opening_at("2026-08-21T12:00:00Z").await;
    let first = reported(&desk, "2026-08-21", "k-1").await.alert;
    let second = reported(&desk, "2026-10-20", "k-2").await.alert;
    wait_until(&desk, "2026-11-19T12:00:00Z");
    let nameless = without_number(&on("2026-11-19"));
    let third = desk.tries("MERPOL", &received(&nameless, "k-3")).await.unwrap().alert;
    for other in [first.id, second.id] {
        let asked = stewarding::says(Hand::Link, other, third.id);
        stewarding::identity(&desk).decide(&stewarding::steward(), &asked).await.unwrap();
    }
    assert_eq!(desk.store.count("TRIGGER_FIRED", third.id), 1);

    let described = on("2026-10-20").replace("tracksuit", "jacket");
    let right = desk.corrects(second.id, &described, "c-1").await.alert;
    assert_eq!(desk.store.count("TRIGGER_WITHDRAWN", third.id), 0, "the same child");

    desk.corrects(right.id, &of_no_risk("2026-10-20"), "c-2").await;
    assert_eq!(desk.store.count("TRIGGER_WITHDRAWN", third.id), 1);
    // What a steward undoes later finds nothing to take back a second time.
    let asked = stewarding::says(Hand::Unlink, second.id, third.id);
    stewarding::identity(&desk).decide(&stewarding::steward(), &asked).await.unwrap();
    assert_eq!(desk.store.count("TRIGGER_WITHDRAWN", third.id), 1);
}

#[tokio::test]
async fn whoever_was_told_by_the_alert_that_was_itself_corrected_hears_too() {
    let three = Three::told().await;
    let described = on("2026-11-19").replace("tracksuit", "jacket");
    let last = three.desk.corrects(three.id(2), &described, "c-1").await.alert;

    three.desk.corrects(three.id(0), &of_no_risk("2026-08-21"), "c-2").await;

    assert_eq!(three.said("TRIGGER_WITHDRAWN"), [0, 0, 0], "it speaks through its correction");
    assert_eq!(three.desk.store.count("TRIGGER_WITHDRAWN", last.id), 1);
    let after = three.desk.now_of(last.id).await;
    assert!(withdrawn_to(&after, last.deliveries.len()).contains(&"CADT"));
}

#[tokio::test]
async fn a_recalled_episode_counts_no_more_and_whoever_was_told_hears() {
    for reason in [RecallReason::WrongPerson, RecallReason::Withdrawn] {
        let three = Three::told().await;
        let desk = &three.desk;

        desk.recalls_as("MERPOL", three.id(1), reason).await;
        desk.recalls_as("MERPOL", three.id(1), reason).await;

        assert_eq!(three.said("TRIGGER_WITHDRAWN"), [0, 0, 1], "told once");
        assert_eq!(three.taken_back_from().await, ["CADT", "SAFERFUT"]);
        assert_eq!(desk.now_of(three.id(0)).await.version, three.alerts[0].alert.version);

        // It makes no claims and no repeats any more: two days later there are three without it.
        wait_until(desk, "2026-11-20T12:00:00Z");
        let fourth = reported(desk, "2026-11-20", "k-4").await;
        assert!(fourth.alert.links.iter().all(|link| link.other != three.id(1)));
        let date = "2026-11-20: 21 August is a day too early";
        assert_eq!(desk.store.count("TRIGGER_FIRED", fourth.alert.id), 0, "{date}");
    }
}

#[tokio::test]
async fn one_delivery_to_the_wrong_recipient_leaves_the_episode_counted() {
    let three = Three::told().await;
    let second = three.desk.now_of(three.id(1)).await;
    let name = second.deliveries[0].mailbox.as_str().split('/').next().unwrap().to_owned();
    let recipients = Recipients::Named(vec![name]);
    let reason = RecallReason::WrongRecipient;
    let asked = Recall { alert: second.id, recipients, reason };

    three.desk.broker.recall(&system("MERPOL"), &asked).await.unwrap();

    assert_eq!(three.said("TRIGGER_WITHDRAWN"), [0, 0, 0]);
}

#[tokio::test]
async fn a_recalled_alert_that_told_of_a_trigger_takes_it_back_by_its_own_tombstones() {
    let three = Three::told().await;

    three.desk.recalls_as("MERPOL", three.id(2), RecallReason::WrongPerson).await;

    assert_eq!(three.said("TRIGGER_WITHDRAWN"), [0, 0, 0]);
    assert_eq!(three.desk.now_of(three.id(0)).await.version, three.alerts[0].alert.version);
}

#[tokio::test]
async fn news_that_takes_a_report_s_place_leaves_the_episode_counted() {
    let desk = Desk::opening_at("2026-08-21T12:00:00Z").await;
    reported(&desk, "2026-08-21", "k-1").await;
    let second = reported(&desk, "2026-10-20", "k-2").await.alert;
    let mut news: Value = serde_json::from_str(&on("2026-10-20")).unwrap();
    news["alert"]["envelope"]["kind"] = json!("ALERT_KIND_MISSING_UPDATED");
    news["alert"]["envelope"]["episodeId"] = json!(second.episode.to_string());
    news["alert"]["envelope"]["supersedes"] = json!(second.id.to_string());
    desk.tries("MERPOL", &received(&news.to_string(), "k-3")).await.unwrap();
    assert!(desk.now_of(second.id).await.after.superseded_by.is_some());

    let third = reported(&desk, "2026-11-19", "k-4").await;

    assert_eq!(desk.store.count("TRIGGER_FIRED", third.alert.id), 1);
}

#[tokio::test]
async fn a_recalled_referral_to_the_marac_anchors_no_repeat() {
    let (desk, repeat) = after_a_referral(REPEAT, "2026-11-19").await;
    let repeat = repeat.alert;
    assert_eq!(desk.store.count("TRIGGER_FIRED", repeat.id), 1);
    let referral = repeat.links[0].other;

    desk.recalls_as("FSU", referral, RecallReason::WrongPerson).await;

    assert_eq!(desk.store.count("TRIGGER_WITHDRAWN", repeat.id), 1);
    let after = desk.now_of(repeat.id).await;
    assert_eq!(withdrawn_to(&after, repeat.deliveries.len()), ["MARAC"], "and nobody else");
    wait_until(&desk, "2026-11-19T23:30:00Z");
    let next = REPEAT.replace("2026-11-19T", "2026-11-18T");
    let next = desk.tries("FSU", &received(&next, "k-9")).await.unwrap().alert;
    assert_eq!(desk.store.count("TRIGGER_FIRED", next.id), 0, "T4");
}

#[tokio::test]
async fn a_recalled_contact_is_none_of_three_and_no_earlier_referral() {
    let desk = Desk::opening_at("2026-04-02T14:00:00Z").await;
    let first = referred(&desk, "2026-04-02T14:00:00Z", "k-1").await;
    referred(&desk, "2026-05-05T14:00:00Z", "k-2").await;
    let third = referred(&desk, "2026-06-23T14:00:00Z", "k-3").await.alert;
    assert_eq!(desk.store.count("TRIGGER_FIRED", third.id), 1, "T7");

    desk.recalls_as("SCH-900104", first.alert.id, RecallReason::WrongPerson).await;

    assert_eq!(desk.store.count("TRIGGER_WITHDRAWN", third.id), 1);
    let after = desk.now_of(third.id).await;
    assert_eq!(withdrawn_to(&after, third.deliveries.len()), ["CADT/manager"]);
}

#[tokio::test]
async fn the_flag_of_a_re_referral_falls_with_the_contact_it_rested_on_and_stays_where_that_is_corrected()
 {
    let desk = Desk::opening_at("2026-04-02T14:00:00Z").await;
    let first = referred(&desk, "2026-04-02T14:00:00Z", "k-1").await;
    accepted(&desk, &first, "d-1").await;
    let second = referred(&desk, "2026-11-24T14:00:00Z", "k-2").await;
    accepted(&desk, &second, "d-2").await;
    assert!(is_rereferral(&desk, &second).await);

    let right = desk.corrects(first.alert.id, REFERRAL, "c-1").await;
    assert!(is_rereferral(&desk, &second).await, "the decision stands");
    assert_eq!(desk.store.count("TRIGGER_WITHDRAWN", second.alert.id), 0);

    desk.recalls_as("SCH-900104", right.alert.id, RecallReason::WrongPerson).await;

    assert!(!is_rereferral(&desk, &second).await);
    assert_eq!(
        desk.store.count("TRIGGER_WITHDRAWN", second.alert.id),
        1,
        "once, by claim and decision"
    );
    let told = desk.now_of(second.alert.id).await;
    let told: Vec<&str> = told
        .deliveries
        .iter()
        .filter(|it| it.routes == [Rule::T6])
        .map(|it| it.mailbox.as_str())
        .collect();
    assert_eq!(told, ["CADT"]);
}

#[tokio::test]
async fn an_entry_of_the_register_outlives_the_alert_it_was_made_on() {
    let desk = Desk::opening_at("2026-10-23T21:40:00Z").await;
    let first = desk.submits("MERPOL", URGENT, "k-1").await;
    desk.receives(&mut desk.stream("CADT", &[]).await).await;
    let registrar = stewarding::person("CADT", "u-1101", Role::DutyManager);
    let mention = Mention { alert: first, person: 0 };
    let asked = Registered { mention, flag: Flag::Safe, entry: Entry::Set };
    stewarding::identity(&desk).flag(&registrar, &asked).await.unwrap();

    desk.recalls_as("MERPOL", first, RecallReason::WrongRecipient).await;

    let found = include_str!("../../../docs/samples/alerts/s01-missing-found.json");
    let found = desk.now_of(desk.submits("MERPOL", found, "k-2").await).await;
    assert!(found.deliveries.iter().any(|it| it.view == View::SafeTask), "R06");
    assert_eq!(found.links, [], "and makes no claim");
}

#[tokio::test]
async fn what_an_alert_told_is_taken_back_by_whichever_correction_of_it_and_told_again_by_the_next()
{
    let three = Three::told().await;
    let described = on("2026-11-19").replace("tracksuit", "jacket");

    let first = three.desk.corrects(three.id(2), &described, "c-1").await.alert;
    let of_t1 = first.deliveries.iter().filter(|it| it.routes.contains(&Rule::T1));
    let of_t1: Vec<&str> = of_t1.map(|it| it.mailbox.as_str()).collect();
    assert_eq!(of_t1, ["SAFERFUT"], "whose first copy was never handed out; as many are no news");
    three.desk.receives(&mut three.desk.stream("SAFERFUT", &[]).await).await;
    let back = three.desk.corrects(first.id, &of_no_risk("2026-11-19"), "c-2").await;

    assert_eq!(three.desk.store.count("TRIGGER_WITHDRAWN", back.alert.id), 1);
    let heard = |it: &Accepted| {
        let told = tasks_of(it, Rule::T1).into_iter();
        let mut told: Vec<String> = told.map(|it| it.mailbox.to_string()).collect();
        told.sort();
        told
    };
    assert_eq!(heard(&back), ["CADT", "SAFERFUT"], "whom the first of the three told");
    let same = three.desk.corrects(back.alert.id, &of_no_risk("2026-11-19"), "c-3").await;
    assert_eq!(three.desk.store.count("TRIGGER_WITHDRAWN", same.alert.id), 0, "once");
    let again = three.desk.corrects(same.alert.id, &on("2026-11-19"), "c-4").await;
    assert_eq!(three.desk.store.count("TRIGGER_FIRED", again.alert.id), 1);
    assert_eq!(heard(&again), ["CADT", "SAFERFUT"]);
}

/// Four episodes; the last told that there are four.
#[tokio::test]
async fn a_correction_after_which_fewer_count_says_so_although_the_trigger_stands() {
    let desk = Desk::opening_at("2026-08-21T12:00:00Z").await;
    for (day, key) in [("2026-08-21", "k-1"), ("2026-09-20", "k-2"), ("2026-10-20", "k-3")] {
        reported(&desk, day, key).await;
    }
    let fourth = reported(&desk, "2026-11-19", "k-4").await;
    assert_eq!(desk.store.count("TRIGGER_FIRED", fourth.alert.id), 1);

    let right = desk.corrects(fourth.alert.id, &of_no_risk("2026-11-19"), "c-1").await;

    assert_eq!(desk.store.count("TRIGGER_WITHDRAWN", right.alert.id), 1, "three, not four");
}

#[tokio::test]
async fn what_a_steward_says_of_a_correction_reaches_the_later_alert_that_counted_what_was_wrong() {
    let desk = Desk::opening_at("2026-08-21T12:00:00Z").await;
    reported(&desk, "2026-08-21", "k-1").await;
    let second = reported(&desk, "2026-10-20", "k-2").await.alert;
    let third = reported(&desk, "2026-11-19", "k-3").await.alert;
    assert_eq!(desk.store.count("TRIGGER_FIRED", third.id), 1);
    let nameless = without_number(&on("2026-10-20")).replace("Jaydon", "Jayden");
    let right = desk.corrects(second.id, &nameless, "c-1").await.alert;
    assert_eq!(desk.store.count("TRIGGER_WITHDRAWN", third.id), 1, "nobody has confirmed it");
    let identity = stewarding::identity(&desk);

    let linked = stewarding::says(Hand::Link, right.id, third.id);
    identity.decide(&stewarding::steward(), &linked).await.unwrap();

    assert_eq!(desk.store.count("TRIGGER_FIRED", third.id), 2, "three again");
    let undone = stewarding::says(Hand::Unlink, right.id, third.id);
    identity.decide(&stewarding::steward(), &undone).await.unwrap();
    assert_eq!(desk.store.count("TRIGGER_WITHDRAWN", third.id), 2);
}
