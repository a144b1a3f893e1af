//! What a sender does after sending, and who is faster: a recall, a correction, a hand-out, a person.

use super::*;
use crate::broker::{Correction, Recall, Recipients};
use crate::domain::after::{CorrectionReason, RecallReason, RecallStage};
use crate::domain::delivery::{AckOutcome, DeliveryState, EndReason, Purpose};
use crate::domain::principal::Person;
use crate::domain::{AlertRecord, ErrorKind, Event, Redacted, Role, Span, UserId};
use crate::mailbox::{Answer, Tombstone};
use crate::policy::Clocks;
use crate::policy::recall::{self, Asked};

const NIGHT: &str = "2026-10-23T21:40:00Z";
const FOUND: &str = include_str!("../../../docs/samples/alerts/s01-missing-found.json");

fn on_duty() -> Principal {
    Principal::User {
        agency: AgencyCode::try_from("EDT").unwrap(),
        person: Person {
            user: UserId::try_from("u-1301").unwrap(),
            roles: vec![Role::DutyReceiver],
        },
        fingerprint: [8; 32],
    }
}

fn from_all(alert: AlertId) -> Recall {
    Recall { alert, recipients: Recipients::All, reason: RecallReason::WrongPerson }
}

fn correction(alert: AlertId, sample: &str, key: &str) -> Received {
    let changed = vec!["alert.envelope.subjects[].nhs_number".to_owned()];
    let reason = Some(CorrectionReason::Identity);
    Received { corrects: Some(Correction { alert, reason, changed }), ..received(sample, key) }
}

impl Desk {
    async fn record(&self, alert: AlertId) -> Arc<AlertRecord> {
        self.parts.store.alert(alert).await.unwrap().unwrap()
    }

    async fn recalls(&self, alert: AlertId) -> Arc<AlertRecord> {
        self.broker.recall(&system("MERPOL"), &from_all(alert)).await.unwrap().alert
    }

    /// The commit of a recall as it is decided on now, for somebody else to be faster with.
    async fn recall_of(&self, alert: AlertId) -> Commit {
        let record = self.record(alert).await;
        let asked =
            Asked { reason: RecallReason::WrongPerson, recipients: &Recipients::All, by: None };
        let now = self.env.now();
        let directory = self.parts.store.directory();
        let change = recall::recall(&record, asked, (&directory, &Clocks::DEFAULT, now)).unwrap();
        let events = change.events.into_iter().map(|mut event: Event| {
            event.id = self.env.ids(now).event();
            event
        });
        let permit = permit(&system("MERPOL"), Action::RecallAlert, None).unwrap();
        let commit = Commit::new(&permit, now, events.collect(), [0x5B; 32]).unwrap();
        let mut after = change.record;
        after.version += 1;
        commit.writing(vec![Write::Alert(Box::new(after))]).unwrap()
    }

    /// Everything the stream sends until nothing more waits.
    async fn items(&self, stream: &mut Stream) -> (Vec<AlertId>, Vec<Tombstone>) {
        let (mut copies, mut tombstones) = (Vec::new(), Vec::new());
        loop {
            let batch = self.mailboxes.next_batch(stream).await.unwrap();
            for item in &batch.items {
                match item {
                    Item::Copy(copy) => copies.push(copy.alert.id),
                    Item::Tombstone(tombstone) => tombstones.push(*tombstone),
                }
            }
            if batch.items.is_empty() {
                return (copies, tombstones);
            }
        }
    }

    async fn opens(&self, alert: AlertId) {
        let delivery = self.delivery_of(alert, "EDT").await;
        let opened = Answer::Opened;
        self.mailboxes.answer(&on_duty(), &id("EDT"), delivery, &opened).await.unwrap();
    }

    async fn delivery_of(&self, alert: AlertId, mailbox: &str) -> crate::domain::DeliveryId {
        let record = self.record(alert).await;
        let is_it = |it: &&crate::domain::Delivery| {
            it.mailbox == id(mailbox) && it.purpose == Purpose::Alert
        };
        let number = record.deliveries.iter().find(is_it).unwrap().number;
        crate::domain::DeliveryId { alert, number }
    }
}

#[tokio::test]
async fn what_is_recalled_before_the_hand_out_leaves_no_trace_in_the_mailbox() {
    let desk = Desk::opening_at(NIGHT).await;
    let wrong = desk.submits("MERPOL", URGENT, "k-1").await;
    desk.recalls(wrong).await;
    let right = desk.submits("MERPOL", URGENT, "k-2").await;
    let mut stream = desk.stream("EDT", &[]).await;

    assert_eq!(desk.receives(&mut stream).await, [(1, right)], "no gap in the numbers");
    assert_eq!(desk.store.count("DELIVERED", wrong), 0);
    let page = desk.mailboxes.list(&on_duty(), &id("EDT"), (0, 50), |_| true).await.unwrap();
    assert_eq!(page.rows.len(), 1, "not in the list either");
    let unknown = desk.delivery_of(wrong, "EDT").await;
    let answer = Answer::Opened;
    let told = desk.mailboxes.answer(&on_duty(), &id("EDT"), unknown, &answer).await.unwrap_err();
    assert_eq!(told.reason(), "NOT_FOUND", "the recipient never learns");
    let told = desk.mailboxes.confirm_recall(&on_duty(), &id("EDT"), unknown).await.unwrap_err();
    assert_eq!(told.reason(), "NOT_FOUND");
}

#[tokio::test]
async fn a_tombstone_comes_under_a_number_of_its_own_until_it_is_confirmed() {
    let desk = Desk::opening_at(NIGHT).await;
    let alert = desk.submits("MERPOL", URGENT, "k-1").await;
    let mut stream = desk.stream("EDT", &[]).await;
    desk.receives(&mut stream).await;
    desk.mailboxes.confirm(&system("EDT"), &id("EDT"), &[1]).await.unwrap();

    desk.recalls(alert).await;
    let (copies, tombstones) = desk.items(&mut stream).await;

    assert!(copies.is_empty());
    let expected = Tombstone {
        delivery: desk.delivery_of(alert, "EDT").await,
        sequence: 2,
        copy_sequence: 1,
        reason: EndReason::Recalled,
        confirm_by: None,
    };
    assert_eq!(tombstones, [expected], "nobody has seen it: nothing to confirm");
    desk.clock.advance(Span::seconds(30));
    assert_eq!(desk.items(&mut stream).await.1, [expected], "not confirmed: told again");
    desk.mailboxes.confirm(&system("EDT"), &id("EDT"), &[2]).await.unwrap();
    desk.clock.advance(Span::seconds(3_600));
    assert_eq!(desk.items(&mut stream).await, (vec![], vec![]));
    // Whoever reads the mailbox anew gets no copy.
    let mut anew = desk.stream("EDT", &mailbox::cursor(0)).await;
    let (copies, tombstones) = desk.items(&mut anew).await;
    assert!(copies.is_empty());
    assert!(tombstones.iter().all(|it| it.delivery == expected.delivery), "{tombstones:?}");
}

#[tokio::test]
async fn a_recall_that_is_faster_than_the_hand_out_wins() {
    let desk = Desk::opening_at(NIGHT).await;
    let alert = desk.submits("MERPOL", URGENT, "k-1").await;
    let mut stream = desk.stream("EDT", &[]).await;
    desk.store.before_next_commit(desk.recall_of(alert).await);

    assert_eq!(desk.items(&mut stream).await, (vec![], vec![]));
    assert_eq!(desk.store.conflicts(), 1, "decided on what had changed");
    assert_eq!(desk.store.count("DELIVERED", alert), 0);
}

#[tokio::test]
async fn a_recall_between_the_hand_out_and_the_copy_keeps_the_copy_back() {
    let desk = Desk::opening_at(NIGHT).await;
    let alert = desk.submits("MERPOL", URGENT, "k-1").await;
    let mut stream = desk.stream("EDT", &[]).await;
    // What will be recalled is decided on the alert as the hand-out leaves it.
    let mut handed_out = AlertRecord::clone(&*desk.record(alert).await);
    handed_out.deliveries[0] =
        handed_out.deliveries[0].clone().hand_out(1, desk.env.now()).unwrap();
    handed_out.deliveries[0] = handed_out.deliveries[0].clone().end(EndReason::Recalled);
    handed_out.version += 2;
    let permit = permit(&system("MERPOL"), Action::RecallAlert, None).unwrap();
    let event = Event::new(EventId::from_bytes([0xE0; 16]), EventKind::Recalled);
    let commit = Commit::new(&permit, desk.env.now(), vec![event], [0x5B; 32]).unwrap();
    let commit = commit.writing(vec![Write::Alert(Box::new(handed_out))]).unwrap();
    desk.store.after_next_commit(commit);

    let (copies, tombstones) = desk.items(&mut stream).await;

    assert!(copies.is_empty(), "handed out on record, and no copy left");
    assert_eq!(tombstones.len(), 1);
}

#[tokio::test]
async fn nobody_takes_what_is_recalled_at_the_same_moment() {
    let desk = Desk::opening_at(NIGHT).await;
    let alert = desk.submits("MERPOL", URGENT, "k-1").await;
    let mut stream = desk.stream("EDT", &[]).await;
    desk.receives(&mut stream).await;
    let delivery = desk.delivery_of(alert, "EDT").await;
    desk.store.before_next_commit(desk.recall_of(alert).await);

    let taken = Answer::Acknowledge {
        outcome: AckOutcome::Accepted,
        note: Redacted::new("on my way".to_owned()),
    };
    let told = desk.mailboxes.answer(&on_duty(), &id("EDT"), delivery, &taken).await.unwrap_err();

    assert_eq!((told.kind(), told.reason()), (ErrorKind::Precondition, "DELIVERY_ENDED"));
    assert_eq!(desk.store.count("ACKNOWLEDGED", alert), 0);
    assert!(desk.record(alert).await.deliveries[0].note.is_none());
}

#[tokio::test]
async fn an_opening_that_loses_against_the_recall_is_recorded_and_the_recipient_asked_to_stop() {
    let desk = Desk::opening_at(NIGHT).await;
    let alert = desk.submits("MERPOL", URGENT, "k-1").await;
    let mut stream = desk.stream("EDT", &[]).await;
    desk.receives(&mut stream).await;
    desk.store.before_next_commit(desk.recall_of(alert).await);

    desk.opens(alert).await;

    assert_eq!(desk.store.count("WITHDRAWN_BEFORE_OPEN", alert), 1, "as far as was known then");
    assert_eq!(desk.store.count("OPENED", alert), 1);
    assert_eq!(desk.store.count("STOP_REQUESTED", alert), 1);
    let record = desk.record(alert).await;
    assert_eq!(record.after.recall_of(0).unwrap().stage, RecallStage::Opened);
    desk.opens(alert).await;
    assert_eq!(desk.store.count("STOP_REQUESTED", alert), 1, "once");
}

#[tokio::test]
async fn a_recipient_that_has_seen_it_confirms_by_its_system_or_is_chased() {
    let desk = Desk::opening_at(NIGHT).await;
    let alert = desk.submits("MERPOL", URGENT, "k-1").await;
    let mut stream = desk.stream("EDT", &[]).await;
    desk.receives(&mut stream).await;
    desk.opens(alert).await;
    let delivery = desk.delivery_of(alert, "EDT").await;
    let early = desk.mailboxes.confirm_recall(&system("EDT"), &id("EDT"), delivery).await;
    assert_eq!(early.unwrap_err().reason(), "NOT_RECALLED");

    desk.recalls(alert).await;
    let (_, tombstones) = desk.items(&mut stream).await;

    assert!(tombstones.iter().any(|it| it.confirm_by.is_some()), "{tombstones:?}");
    desk.clock.advance(Span::days(6));
    desk.escalation.run_once().await.unwrap();
    desk.escalation.run_once().await.unwrap();
    assert_eq!(desk.store.count("CHASED:STOP_CONFIRMATION_DUE", alert), 1);
    assert_eq!(desk.store.count("ESCALATED", alert), 0, "no ladder after a recall");
    let at = desk.mailboxes.confirm_recall(&system("EDT"), &id("EDT"), delivery).await.unwrap();
    desk.clock.advance(Span::hours(1));
    let again = desk.mailboxes.confirm_recall(&on_duty(), &id("EDT"), delivery).await.unwrap();
    assert_eq!((at, desk.store.count("STOP_CONFIRMED", alert)), (again, 1));
}

#[tokio::test]
async fn the_recall_of_a_child_found_keeps_the_look_outs() {
    let desk = Desk::opening_at(NIGHT).await;
    let reported = desk.submits("MERPOL", URGENT, "k-1").await;
    let mut stream = desk.stream("WUTH-AED", &[]).await;
    desk.receives(&mut stream).await;
    let mut found = received(FOUND, "k-2");
    found.submission.envelope.episode =
        Given::Given(crate::domain::submission::EpisodeName::Hub(reported));
    let found = desk.tries("MERPOL", &found).await.unwrap().alert.id;
    let armed = |record: &AlertRecord| {
        let purge = crate::domain::alert::TimerKind::LookoutPurge;
        let armed = crate::domain::alert::TimerState::Armed;
        record.timers.iter().filter(|it| it.kind == purge && it.state == armed).count()
    };
    assert_eq!(armed(&*desk.record(reported).await), 1);

    desk.recalls(found).await;

    assert_eq!(armed(&*desk.record(reported).await), 0, "the child is missing as before");
    desk.clock.advance(Span::hours(2));
    let lookout = desk.record(reported).await;
    let lookout = lookout.deliveries.iter().find(|it| it.mailbox == id("WUTH-AED")).unwrap();
    assert_eq!(lookout.state, DeliveryState::Delivered);
}

#[tokio::test]
async fn a_correction_takes_the_place_of_the_original_and_says_what_changed() {
    let desk = Desk::opening_at(NIGHT).await;
    let original = desk.submits("MERPOL", URGENT, "k-1").await;
    let mut stream = desk.stream("EDT", &[]).await;
    desk.receives(&mut stream).await;

    let taken = desk.tries("MERPOL", &correction(original, URGENT, "k-2")).await.unwrap().alert;

    assert_eq!(taken.episode.first_alert(), original);
    assert_eq!(taken.after.supersedes, Some(original));
    let before = desk.record(original).await;
    assert_eq!(before.after.superseded_by, Some(taken.id));
    assert_eq!(desk.store.count("ALERT_CORRECTED:IDENTITY", original), 1);
    // To EDT the original had gone; to CADT it had not, and does not go any more.
    let copy = |batch: mailbox::Batch| match batch.items.into_iter().next() {
        Some(Item::Copy(copy)) => copy,
        other => panic!("no copy: {other:?}"),
    };
    let at_edt = copy(desk.mailboxes.next_batch(&mut stream).await.unwrap());
    assert_eq!((at_edt.alert.id, at_edt.replaces), (taken.id, Some(original)));
    let mut stream = desk.stream("CADT", &[]).await;
    let at_cadt = copy(desk.mailboxes.next_batch(&mut stream).await.unwrap());
    assert_eq!((at_cadt.alert.id, at_cadt.replaces), (taken.id, None), "it never had the other");
    // A partner that reads anew is told by the original too.
    let mut anew = desk.stream("EDT", &mailbox::cursor(0)).await;
    let first = copy(desk.mailboxes.next_batch(&mut anew).await.unwrap());
    assert_eq!((first.alert.id, first.superseded_by), (original, Some(taken.id)));
}

#[tokio::test]
async fn a_correction_is_taken_once_and_only_of_what_stands() {
    let desk = Desk::opening_at(NIGHT).await;
    let original = desk.submits("MERPOL", URGENT, "k-1").await;
    let first = desk.tries("MERPOL", &correction(original, URGENT, "k-2")).await.unwrap();

    let again = desk.tries("MERPOL", &correction(original, URGENT, "k-2")).await.unwrap();
    assert_eq!(again.alert.id, first.alert.id, "the same key: the same answer");
    let as_new = desk.tries("MERPOL", &received(URGENT, "k-2")).await.unwrap_err();
    assert_eq!(as_new.reason(), "IDEMPOTENCY_KEY_REUSED");
    let twice = desk.tries("MERPOL", &correction(original, URGENT, "k-3")).await.unwrap_err();
    assert_eq!((twice.kind(), twice.reason()), (ErrorKind::Precondition, "ALERT_SUPERSEDED"));
    let newest = first.alert.id;
    desk.recalls(newest).await;
    let late = desk.tries("MERPOL", &correction(newest, URGENT, "k-4")).await.unwrap_err();
    assert_eq!((late.kind(), late.reason()), (ErrorKind::Precondition, "ALERT_RECALLED"));
    let theirs = correction(newest, ROUTINE, "k-5");
    let theirs = desk.tries("WUTH-AED", &theirs).await.unwrap_err();
    assert_eq!((theirs.kind(), theirs.reason()), (ErrorKind::NotFound, "NOT_FOUND"));
    assert_eq!(
        desk.store.trace().iter().filter(|(it, _)| it == "ACCESS_DENIED:NOT_FOUND").count(),
        1
    );
}

#[tokio::test]
async fn a_correction_is_of_the_same_kind() {
    let desk = Desk::opening_at(NIGHT).await;
    let original = desk.submits("MERPOL", URGENT, "k-1").await;

    let refused = desk.tries("MERPOL", &correction(original, FOUND, "k-2")).await.unwrap_err();

    let SubmitError::Rejected { violations, .. } = &refused else { panic!("{refused}") };
    assert!(violations.iter().any(|it| it.reason == "OTHER_KIND"), "{violations:?}");
    assert_eq!(desk.record(original).await.after.superseded_by, None);
}

#[tokio::test]
async fn a_correction_that_loses_against_a_recall_is_not_taken() {
    let desk = Desk::opening_at(NIGHT).await;
    let original = desk.submits("MERPOL", URGENT, "k-1").await;
    desk.store.before_next_commit(desk.recall_of(original).await);

    let refused = desk.tries("MERPOL", &correction(original, URGENT, "k-2")).await.unwrap_err();

    assert_eq!(refused.reason(), "ALERT_RECALLED");
    assert_eq!(desk.store.trace().iter().filter(|(it, _)| it == "ALERT_SUBMITTED").count(), 1);
}

#[tokio::test]
async fn the_correction_of_an_incomplete_alert_completes_it() {
    let desk = Desk::opening_at(NIGHT).await;
    let mut open = received(URGENT, "k-1");
    let none = desk.submits("MERPOL", URGENT, "k-0").await;
    open.completes = Some(none);
    let open = desk.tries("MERPOL", &open).await.unwrap().alert.id;

    let taken = desk.tries("MERPOL", &correction(open, URGENT, "k-2")).await.unwrap().alert;

    let before = desk.record(open).await;
    assert_eq!(before.status, crate::domain::alert::AlertStatus::Completed);
    assert_eq!(taken.completes, Some(open));
    assert_eq!(desk.store.count("ALERT_COMPLETED", open), 1);
    desk.clock.advance(Span::hours(3));
    desk.escalation.run_once().await.unwrap();
    assert_eq!(desk.store.count("CHASED:CHASE_FIRST", open), 0, "nothing to chase");
}

#[tokio::test]
async fn an_update_that_names_what_it_supersedes_takes_over_its_clock() {
    let desk = Desk::opening_at(NIGHT).await;
    let reported = desk.submits("MERPOL", URGENT, "k-1").await;
    let mut update = received(URGENT, "k-2");
    update.submission.kind = crate::domain::AlertKind::MissingUpdated;
    update.submission.envelope.supersedes = Given::Given(reported);
    desk.clock.advance(Span::minutes(20));

    let taken = desk.tries("MERPOL", &update).await.unwrap().alert;

    let before = desk.record(reported).await;
    assert_eq!(before.after.superseded_by, Some(taken.id));
    let rungs = |record: &AlertRecord| {
        let edt = record.deliveries.iter().find(|it| it.mailbox == id("EDT")).unwrap().clone();
        (edt.rung, edt.due.map(|due| due.at))
    };
    let due = instant(NIGHT).plus(Span::minutes(60));
    assert_eq!(rungs(&before), (None, None));
    assert_eq!(rungs(&taken).1, Some(due), "by when the report was due");
    desk.clock.advance(Span::minutes(40));
    desk.escalation.run_once().await.unwrap();
    assert_eq!(desk.store.count("ESCALATED", taken.id), 1);
    assert_eq!(desk.store.count("ESCALATED", reported), 0, "no double ladder");
    assert_eq!(before.deliveries[0].state, DeliveryState::Queued, "news does not undo the report");
}
