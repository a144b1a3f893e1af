use super::*;
use crate::domain::delivery::AckOutcome;
use crate::domain::{Delivery, Risk};
use crate::policy::Clocks;
use crate::policy::fixtures::*;
use crate::policy::follow_on::fixed;

const SENT: &str = "2026-10-23T22:40+01:00";
const RECALLED: &str = "2026-10-24T08:00+01:00";

/// A medium-risk child at night: EDT P2, SAFERFUT P3, a look-out at WUTH-AED, a copy for CADT.
fn sent() -> AlertRecord {
    let alert = missing_child().risk(Risk::Medium).stating(Priority::P2);
    AlertRecord::clone(&record_of(&alert, SENT))
}

fn user() -> UserId {
    UserId::try_from("u-1301").unwrap()
}

fn change(record: &mut AlertRecord, to: &str, change: impl FnOnce(Delivery) -> Delivery) {
    let it = record.deliveries.iter_mut().find(|it| it.mailbox == mailbox(to)).unwrap();
    *it = change(it.clone());
}

fn handed_out(record: &mut AlertRecord, to: &str) {
    change(record, to, |delivery| delivery.hand_out(1, at(SENT)).unwrap());
}

fn opened(record: &mut AlertRecord, to: &str) {
    handed_out(record, to);
    change(record, to, |delivery| delivery.open(user(), at(SENT)).unwrap());
}

fn from_all(record: &AlertRecord, reason: RecallReason) -> Change {
    let asked = Asked { reason, recipients: &Recipients::All, by: None };
    recall(record, asked, (&directory(), &Clocks::DEFAULT, at(RECALLED))).unwrap()
}

fn from_some(record: &AlertRecord, names: &[&str]) -> Result<Change, UnknownRecipient> {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    let asked = Asked {
        reason: RecallReason::WrongRecipient,
        recipients: &Recipients::Named(names),
        by: None,
    };
    recall(record, asked, (&directory(), &Clocks::DEFAULT, at(RECALLED)))
}

/// `RECALLED EDT` in order, of one mailbox or of all.
fn said(change: &Change) -> Vec<String> {
    let to = |event: &Event| event.mailbox.as_ref().map(ToString::to_string).unwrap_or_default();
    change.events.iter().map(|event| format!("{} {}", event.kind, to(event))).collect()
}

fn state(record: &AlertRecord, to: &str) -> DeliveryState {
    record.deliveries.iter().find(|it| it.mailbox == mailbox(to)).unwrap().state.clone()
}

fn tombstones(record: &AlertRecord) -> Vec<&Delivery> {
    record.deliveries.iter().filter(|it| it.purpose == Purpose::Recall).collect()
}

#[test]
fn what_was_not_handed_out_is_cancelled_and_its_recipient_never_learns() {
    let change = from_all(&sent(), RecallReason::WrongPerson);

    assert!(is_recalled(&change.record));
    for to in ["EDT", "SAFERFUT", "WUTH-AED", "CADT"] {
        assert_eq!(state(&change.record, to), DeliveryState::Ended(EndReason::Cancelled), "{to}");
    }
    assert_eq!(tombstones(&change.record), Vec::<&Delivery>::new(), "no tombstone, no number");
    let names = ["RECALLED EDT", "RECALLED SAFERFUT", "RECALLED WUTH-AED", "RECALLED CADT"];
    assert_eq!(said(&change), names, "nobody was reached: no task for governance either");
}

#[test]
fn what_was_handed_out_and_not_opened_goes_by_a_tombstone_that_says_nothing_of_why() {
    let mut record = sent();
    handed_out(&mut record, "EDT");

    let change = from_all(&record, RecallReason::Withdrawn);

    assert_eq!(state(&change.record, "EDT"), DeliveryState::Ended(EndReason::Recalled));
    let [tombstone] = tombstones(&change.record)[..] else { panic!("one tombstone") };
    assert_eq!((&tombstone.mailbox, tombstone.of), (&mailbox("EDT"), Some(0)));
    assert_eq!((tombstone.priority, tombstone.due, tombstone.rung), (Priority::P2, None, None));
    assert_eq!(tombstone.view, View::Ladder, "no content");
    assert_eq!(said(&change)[..3], ["RECALLED EDT", "WITHDRAWN_BEFORE_OPEN EDT", "QUEUED EDT"]);
    let asked = |event: &Event| event.kind == EventKind::StopRequested;
    assert!(!change.events.iter().any(asked), "nobody has seen it: nothing to confirm");
    assert!(change.record.timers.iter().all(|timer| timer.state != TimerState::Armed));
}

#[test]
fn who_has_seen_it_is_asked_to_stop_and_chased_after_two_working_days() {
    let mut record = sent();
    opened(&mut record, "EDT");

    let change = from_all(&record, RecallReason::Withdrawn);

    assert_eq!(said(&change)[..3], ["RECALLED EDT", "STOP_REQUESTED EDT", "QUEUED EDT"]);
    let recalled = change.record.after.recall_of(0).unwrap();
    assert_eq!((recalled.stage, recalled.is_open()), (RecallStage::Opened, true));
    let [tombstone] = tombstones(&change.record)[..] else { panic!("one tombstone") };
    assert_eq!(tombstone.due.map(|due| london(due.at)), Some("Wed 28 Oct 17:00".to_owned()));

    // Nobody says so: one task, once, and no ladder.
    let steps = |record: &AlertRecord, now: &str| {
        let conflicts = crate::domain::alert::Conflicts::default();
        escalation::steps(record, &conflicts, at(now), (&directory(), &Clocks::DEFAULT))
    };
    let chased = steps(&change.record, "2026-10-28T17:00Z");
    let kinds: Vec<_> = chased.events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["CHASED", "QUEUED"]);
    assert_eq!(steps(&chased.record, "2026-11-30T17:00Z").events, []);
}

#[test]
fn the_recipients_word_ends_the_chase_and_a_second_one_changes_nothing() {
    let mut record = sent();
    opened(&mut record, "EDT");
    let recalled = from_all(&record, RecallReason::Withdrawn).record;

    let said_so = confirm(&recalled, 0, (Some(user()), at(RECALLED))).unwrap();

    assert_eq!(said(&said_so), ["STOP_CONFIRMED EDT"]);
    assert!(!said_so.record.after.recall_of(0).unwrap().is_open());
    assert_eq!(said_so.record.next_due(), None, "nothing is chased any more");
    let again = confirm(&said_so.record, 0, (None, at(RECALLED))).unwrap();
    assert_eq!((again.events, again.record), (vec![], said_so.record));
    assert_eq!(confirm(&recalled, 1, (None, at(RECALLED))), None, "SAFERFUT never had it");
    assert_eq!(confirm(&record, 0, (None, at(RECALLED))), None, "not recalled");
}

#[test]
fn after_a_recall_no_ladder_runs_and_no_clock_but_the_chase() {
    let mut record = sent();
    opened(&mut record, "EDT");
    let conflicts = crate::domain::alert::Conflicts::default();
    let late = at("2026-10-23T23:50+01:00");
    let climbed =
        escalation::steps(&record, &conflicts, late, (&directory(), &Clocks::DEFAULT)).record;
    let called = climbed.deliveries.iter().filter(|it| it.purpose == Purpose::Level1).count();
    assert_eq!(called, 1, "the manager of EDT was called");

    let recalled = from_all(&climbed, RecallReason::Withdrawn).record;

    let level1 = recalled.deliveries.iter().find(|it| it.purpose == Purpose::Level1).unwrap();
    assert_eq!(level1.state, DeliveryState::Ended(EndReason::Cancelled));
    assert!(recalled.deliveries.iter().all(|delivery| delivery.rung.is_none()));
    let armed: Vec<_> =
        recalled.timers.iter().filter(|timer| timer.state == TimerState::Armed).collect();
    assert!(armed.iter().all(|timer| timer.kind == TimerKind::StopConfirmationDue));
    assert_eq!(armed.len(), 1);
}

#[test]
fn a_recall_from_one_leaves_the_others_and_their_ladders_alone() {
    let mut record = sent();
    opened(&mut record, "EDT");
    handed_out(&mut record, "CADT");

    let change = from_some(&record, &["CADT"]).unwrap();

    assert_eq!(state(&change.record, "CADT"), DeliveryState::Ended(EndReason::Recalled));
    assert_eq!(state(&change.record, "EDT"), DeliveryState::Delivered);
    assert_eq!(state(&change.record, "SAFERFUT"), DeliveryState::Queued);
    assert!(!is_recalled(&change.record));
    assert!(change.record.delivery(0).unwrap().rung.is_some(), "EDT's ladder stands");
    let told: Vec<_> = tombstones(&change.record).iter().map(|it| it.mailbox.clone()).collect();
    assert_eq!(told, [mailbox("CADT")]);
}

#[test]
fn a_sender_names_only_recipients_it_may_know_and_the_rest_by_the_front_door() {
    let record = sent();

    // SAFERFUT and WUTH-AED got it, and the sender is not told so by name (domain 5.3a).
    for unknown in ["SAFERFUT", "WUTH-AED", "MIDW", "no mailbox"] {
        let refused = from_some(&record, &["CADT", unknown]);
        assert_eq!(refused, Err(UnknownRecipient { index: 1 }), "{unknown}: all alike");
    }
    let change = from_some(&record, &[sender_view::FRONT_DOOR]).unwrap();
    assert_eq!(state(&change.record, "SAFERFUT"), DeliveryState::Ended(EndReason::Cancelled));
    assert_eq!(state(&change.record, "WUTH-AED"), DeliveryState::Ended(EndReason::Cancelled));
    assert_eq!(state(&change.record, "EDT"), DeliveryState::Queued);
}

#[test]
fn governance_hears_where_data_reached_somebody_without_a_basis_and_nowhere_else() {
    let mut record = sent();
    handed_out(&mut record, "EDT");
    let told =
        |change: &Change| change.record.deliveries.iter().any(|it| it.mailbox == mailbox("HUB-IG"));

    assert!(told(&from_all(&record, RecallReason::WrongPerson)));
    assert!(told(&from_some(&record, &["EDT"]).unwrap()), "the wrong inbox (domain 7.6)");
    assert!(!told(&from_all(&record, RecallReason::Withdrawn)), "there was a basis");
    assert!(!told(&from_all(&sent(), RecallReason::WrongPerson)), "it reached nobody");
    let task = from_all(&record, RecallReason::WrongPerson).record;
    let task = task.deliveries.iter().find(|it| it.mailbox == mailbox("HUB-IG")).unwrap().clone();
    assert_eq!((task.purpose, task.view), (Purpose::Task, View::Ladder), "no content");
}

#[test]
fn recalling_again_changes_nothing() {
    let mut record = sent();
    opened(&mut record, "EDT");
    let first = from_all(&record, RecallReason::WrongPerson);

    let again = from_all(&first.record, RecallReason::WrongPerson);

    assert_eq!((again.events, again.record), (vec![], first.record));
}

#[test]
fn an_opening_told_after_the_recall_makes_it_one_that_was_seen() {
    let mut record = sent();
    handed_out(&mut record, "EDT");
    let mut recalled = from_all(&record, RecallReason::WrongPerson).record;
    assert_eq!(recalled.after.recall_of(0).unwrap().stage, RecallStage::NotOpened);
    change(&mut recalled, "EDT", |delivery| delivery.open(user(), at(RECALLED)).unwrap());

    let change = seen_after_all(recalled.clone(), 0, (&Clocks::DEFAULT, at(RECALLED)));

    assert_eq!(said(&change), ["STOP_REQUESTED EDT"]);
    assert!(change.record.after.recall_of(0).unwrap().is_open());
    assert!(change.record.next_due().is_some(), "chased");
    assert_eq!(
        seen_after_all(change.record.clone(), 0, (&Clocks::DEFAULT, at(RECALLED))).events,
        [],
        "once"
    );
    let taken = recalled.delivery(0).unwrap().clone();
    let taken = taken.acknowledge(user(), AckOutcome::Accepted, at(RECALLED));
    assert!(taken.is_err(), "nobody takes what was recalled");
}

#[test]
fn the_sender_sees_who_has_opened_it_by_the_names_it_may_know() {
    let mut record = sent();
    opened(&mut record, "EDT");
    opened(&mut record, "SAFERFUT");
    handed_out(&mut record, "WUTH-AED");
    let recalled = from_all(&record, RecallReason::WrongPerson).record;
    let seen = |record: &AlertRecord| -> Vec<_> {
        let seen = sender_view::recalls(record, &directory(), at(RECALLED));
        seen.into_iter().map(|it| (it.name, it.stage, it.confirmed.is_some())).collect()
    };

    assert_eq!(
        seen(&recalled),
        [
            ("EDT".to_owned(), RecallStage::Opened, false),
            // SAFERFUT has, WUTH-AED has not.
            (sender_view::FRONT_DOOR.to_owned(), RecallStage::Opened, false),
            ("CADT".to_owned(), RecallStage::NotHandedOut, false),
        ]
    );
    let confirmed = confirm(&recalled, 0, (None, at(RECALLED))).unwrap().record;
    assert!(seen(&confirmed)[0].2 && !seen(&confirmed)[1].2);
}

#[test]
fn the_recalled_end_of_an_episode_is_no_end_and_its_look_outs_stay() {
    let found = record_of(&found_child(), "2026-10-24T10:12+01:00");
    assert!(is_end(&found));
    let purge = Timer {
        delivery: Some(2),
        ..fixed(TimerKind::LookoutPurge, at(SENT), mailbox("WUTH-AED"))
    };
    let mut reported = sent();
    reported.timers[0].state = TimerState::Cancelled;
    reported.timers.push(purge);

    let recalled = from_all(&found, RecallReason::WrongPerson).record;

    assert!(!is_end(&recalled));
    let after = without_purge(&reported);
    let stand: Vec<_> = after.timers.iter().map(|timer| (timer.kind, timer.state)).collect();
    let [long, purge] = [TimerKind::MissingLong, TimerKind::LookoutPurge];
    assert_eq!(stand, [(long, TimerState::Armed), (purge, TimerState::Cancelled)]);
}
