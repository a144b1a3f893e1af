//! T2 by the clock: a child who has been missing for more than 24 hours, and nobody writes (domain 5.8).

use std::sync::Arc;

use crate::domain::alert::{AlertRecord, Conflicts, TimerKind, TimerState};
use crate::domain::delivery::{AckOutcome, Purpose};
use crate::domain::submission::{Exercise, Given, MissingRiskFactor};
use crate::domain::{AlertKind, EventKind, Priority, Risk, Rule, UserId};
use crate::policy::Clocks;
use crate::policy::escalation::{Beside, Steps, steps_in};
use crate::policy::fixtures::*;

/// A Saturday; office hours are over.
const MISSED: &str = "2026-11-14T10:00Z";
/// Missing for exactly 24 hours, and a millisecond longer.
const A_DAY: &str = "2026-11-15T10:00Z";
const LONGER: &str = "2026-11-15T10:00:00.001Z";

/// 15, by the front door's own reading not in danger: R03, P3.
fn low() -> AlertBuilder {
    missing_child().born(2011, 3, 9).risk(Risk::Low).stating(Priority::P3).from("CIC")
}

fn clock_of(record: &AlertRecord) -> Vec<TimerState> {
    clocks_of(&[Arc::new(record.clone())], TimerKind::MissingLong)
}

/// `MERPOL P1 ALERT 10:15` for each delivery that is live at P1, and each task of T2.
fn raised(record: &AlertRecord) -> Vec<String> {
    let is_its = |it: &&crate::domain::Delivery| {
        it.priority == Priority::P1 || it.routes.contains(&Rule::T2)
    };
    let line = |it: &crate::domain::Delivery| {
        let due = it.due.map_or("-".to_owned(), |due| london(due.at));
        format!("{} {} {:?} {due}", it.mailbox, it.priority, it.purpose)
    };
    record.deliveries.iter().filter(is_its).map(line).collect()
}

fn beside(record: AlertRecord) -> Beside {
    Beside { record: Arc::new(record), conflicts: Conflicts::default() }
}

fn fired(steps: &Steps) -> usize {
    steps.events.iter().filter(|event| event.kind == EventKind::TriggerFired).count()
}

fn taken_by_person(mut record: AlertRecord, to: &str, when: &str) -> AlertRecord {
    let it = record.deliveries.iter_mut().find(|it| it.mailbox == mailbox(to)).unwrap();
    let user = UserId::try_from("u-7").unwrap();
    let handed = it.clone().hand_out(1, at(when)).unwrap();
    *it = handed.acknowledge(user, AckOutcome::Accepted, at(when)).unwrap();
    crate::policy::escalation::settled(record)
}

#[test]
fn t2_not_at_24_hours_but_a_millisecond_later_and_once() {
    let record = record_of(&low(), MISSED);

    let early = fire_at(&record, A_DAY);
    let late = fire_at(&record, LONGER);
    let again = fire_at(&late.record, "2026-11-17T10:00Z");

    assert_eq!((fired(&early), clock_of(&early.record)), (0, vec![TimerState::Armed]));
    assert_eq!((fired(&late), clock_of(&late.record)), (1, vec![TimerState::Fired]));
    assert_eq!(fired(&again), 0);
    assert!(late.events.iter().any(|it| it.rules == [Rule::T2] && it.count == Some(1)));
}

#[test]
fn t2_front_door_and_police_have_it_at_p1_and_the_front_door_one_task_at_p3() {
    let record = fire_at(&record_of(&low(), MISSED), "2026-11-15T09:00Z").record;

    let steps = fire_at(&record, LONGER);

    // A Sunday: the front door's P1 is the out-of-hours team's.
    assert_eq!(
        raised(&steps.record),
        [
            "MERPOL P1 Alert Sun 15 Nov 10:15",
            "CADT P3 Task Mon 16 Nov 13:00",
            "EDT P1 Alert Sun 15 Nov 10:15",
        ]
    );
    let priority = |to: &str| {
        let of = steps.record.deliveries.iter().find(|it| it.mailbox == mailbox(to)).unwrap();
        (of.priority, of.rung.map(|rung| london(rung.at)))
    };
    assert_eq!(priority("CADT"), (Priority::P3, None), "no double ladder");
    let service = (Priority::P4, Some("Mon 16 Nov 17:00".to_owned()));
    assert_eq!(priority("SAFERFUT"), service, "keeps its own pace");
    // Police have missed their P3 before: the second level is next, in the steps of P1.
    let called = |when: &str| {
        let called = fire_at(&steps.record, when).events;
        let of = |it: &crate::domain::Event| Some((it.level?, it.mailbox.clone()?.to_string()));
        called.iter().filter_map(of).collect::<Vec<_>>()
    };
    assert!(called("2026-11-15T10:14Z").is_empty());
    assert_eq!(called("2026-11-15T10:15:00.001Z"), [(1, "EDT/manager".to_owned())]);
    assert!(called("2026-11-15T10:30:00.001Z").contains(&(2, "MERPOL/lead".to_owned())));
}

#[test]
fn t2_in_office_hours_the_front_door_holds_it_itself() {
    let record = fire_at(&record_of(&low(), "2026-11-17T10:00Z"), "2026-11-18T09:30Z").record;

    let steps = fire_at(&record, "2026-11-18T10:00:00.001Z");

    let of_front_door: Vec<_> =
        raised(&steps.record).into_iter().filter(|line| line.starts_with("CADT")).collect();
    assert_eq!(of_front_door, ["CADT P1 Alert Wed 18 Nov 10:15", "CADT P3 Task Wed 18 Nov 14:00"]);
    assert!(steps.record.deliveries.iter().all(|it| it.mailbox != mailbox("EDT")));
}

#[test]
fn t2_who_has_taken_it_is_told_and_called_by_no_ladder_and_nobody_new_hears() {
    let record = AlertRecord::clone(&record_of(&low(), MISSED));
    let before: Vec<_> = record.deliveries.iter().map(|it| it.mailbox.clone()).collect();
    let record = taken_by_person(record, "MERPOL", "2026-11-14T10:20Z");

    let steps = fire_at(&record, LONGER);

    let police: Vec<_> = steps
        .record
        .deliveries
        .iter()
        .filter(|it| it.mailbox == mailbox("MERPOL"))
        .map(|it| (it.purpose, it.priority, it.rung))
        .collect();
    assert_eq!(
        police,
        [(Purpose::Alert, Priority::P3, None), (Purpose::Task, Priority::P1, None)],
        "what was answered is not changed"
    );
    let new = steps.record.deliveries.iter().map(|it| &it.mailbox);
    let mut new: Vec<_> = new.filter(|it| !before.contains(it)).map(|it| it.as_str()).collect();
    new.dedup();
    assert_eq!(new, ["EDT"], "the front door's own swap, and no other");
}

#[test]
fn t2_the_confirmed_end_stops_the_clock_and_a_and_e_s_word_does_not() {
    for (kind, sender, left) in [
        (AlertKind::MissingFound, "MERPOL", TimerState::Cancelled),
        (AlertKind::MissingCancelled, "MERPOL", TimerState::Cancelled),
        (AlertKind::MissingFound, "WUTH-AED", TimerState::Armed),
        (AlertKind::MissingUpdated, "MERPOL", TimerState::Armed),
    ] {
        let mut episode = vec![record_of(&low(), MISSED)];
        let is_update = kind == AlertKind::MissingUpdated;
        let news = if is_update { low() } else { found_child().born(2011, 3, 9) };
        let news = news.kind(kind).from(sender).missing(|facts| {
            facts.cancelled_at = Given::Given(at("2026-11-14T20:00Z"));
        });

        follow(&mut episode, &news, "2026-11-14T20:30Z");

        assert_eq!(clocks_of(&episode, TimerKind::MissingLong), [left], "{kind} {sender}");
        let is_told = fired(&fire_at(&episode[0], LONGER)) == 1;
        assert_eq!(is_told, left == TimerState::Armed, "{kind} {sender}");
    }
}

#[test]
fn t2_that_an_alert_told_is_not_told_by_the_clock() {
    let flagged = || low().flags(&[MissingRiskFactor::CceFlag]);
    let reported = record_of(&flagged(), MISSED);
    assert!(clock_of(&reported).is_empty(), "told at once");

    let mut episode = vec![record_of(&low(), MISSED)];
    follow(&mut episode, &flagged().kind(AlertKind::MissingUpdated), "2026-11-14T20:00Z");
    assert_eq!(clocks_of(&episode, TimerKind::MissingLong), [TimerState::Cancelled]);
    assert_eq!(fired(&fire_at(&episode[0], LONGER)), 0);

    // An alert that comes between the hour and the clock's look tells it, and is P1 by it.
    let mut episode = vec![record_of(&low(), MISSED)];
    let late = follow(&mut episode, &low().kind(AlertKind::MissingUpdated), "2026-11-15T10:01Z");
    assert_eq!(clocks_of(&episode, TimerKind::MissingLong), [TimerState::Cancelled]);
    let police = late.deliveries.iter().find(|it| it.mailbox == mailbox("MERPOL")).unwrap();
    assert_eq!(police.priority, Priority::P1);
}

#[test]
fn t2_told_by_the_clock_is_not_told_by_an_alert() {
    let told = fire_at(&record_of(&low(), MISSED), LONGER).record;
    let mut episode = vec![Arc::new(told)];

    let late = follow(&mut episode, &low().kind(AlertKind::MissingUpdated), "2026-11-15T12:00Z");

    assert!(late.events.iter().all(|event| event.kind != EventKind::TriggerFired));
    assert!(late.deliveries.iter().all(|it| !it.routes.contains(&Rule::T2)));
    assert!(clock_of(&episode[1]).is_empty(), "one clock an episode");
}

#[test]
fn t2_is_one_task_with_t1_s_wherever_in_the_episode_that_stands() {
    let task_of_t1 = |record: &mut AlertRecord| {
        let number = u32::try_from(record.deliveries.len()).unwrap();
        let task = crate::policy::decide::task(number, &mailbox("CADT"), Priority::P3, at(MISSED));
        let task = crate::domain::Delivery { routes: vec![Rule::T1], ..task };
        record.deliveries.push(task);
    };
    let tasks_of = |steps: &Steps| {
        let is_task = |it: &&crate::domain::Delivery| {
            it.purpose == Purpose::Task && it.mailbox == mailbox("CADT")
        };
        steps.record.deliveries.iter().filter(is_task).count()
    };
    let mut own = AlertRecord::clone(&record_of(&low(), MISSED));
    let mut other = own.clone();
    let alone = fire_at(&own, LONGER);
    task_of_t1(&mut own);
    let beside_own = fire_at(&own, LONGER);
    task_of_t1(&mut other);
    other.timers.clear();
    let clear = AlertRecord::clone(&record_of(&low(), MISSED));
    let others = [beside(other.clone())];
    let in_episode = (&clear, others.as_slice());
    let of = (&directory(), &Clocks::DEFAULT);
    let beside_other = steps_in(in_episode, &Conflicts::default(), at(LONGER), of);
    // T1 was taken back: the same inbox has heard of it twice.
    task_of_t1(&mut other);
    let others = [beside(other)];
    let taken_back = steps_in((&clear, &others), &Conflicts::default(), at(LONGER), of);

    assert_eq!((tasks_of(&alone), tasks_of(&beside_own)), (1, 1), "T1's alone");
    assert_eq!((tasks_of(&beside_other), tasks_of(&taken_back)), (0, 1));
    assert_eq!((fired(&beside_own), fired(&beside_other)), (1, 1), "told all the same");
}

#[test]
fn t2_told_in_the_episode_by_another_alert_is_told_no_second_time() {
    let told = beside(fire_at(&record_of(&low(), MISSED), LONGER).record);
    let record = record_of(&low(), MISSED);
    let of = (&directory(), &Clocks::DEFAULT);

    let steps = steps_in((&record, &[told]), &Conflicts::default(), at(LONGER), of);

    assert_eq!((fired(&steps), raised(&steps.record)), (0, vec![]));
    assert_eq!(clock_of(&steps.record), [TimerState::Cancelled]);
}

#[test]
fn t2_a_corrected_time_moves_the_clock_and_training_starts_none() {
    let original = record_of(&low(), MISSED);
    let seen = |when: &'static str| {
        low().missing(move |facts| facts.last_seen_at = Given::Given(at(when)))
    };

    let (_, decision) = corrected(seen("2026-11-14T06:00Z"), "2026-11-14T11:00Z", &original);

    assert!(clocks(&decision).contains(&"MISSING_LONG CADT Sun 15 Nov 06:00".to_owned()));
    assert_eq!(clock_of(&decision.moved.apply(&original)), [TimerState::Cancelled]);
    let training = low().envelope(|envelope| envelope.exercise = Exercise::Yes);
    assert!(clock_of(&record_of(&training, MISSED)).is_empty());
}
