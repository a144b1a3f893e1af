//! What recipients and senders read.

use prost::Message as _;

use super::*;
use crate::domain::delivery::{AckOutcome, DeclineReason, EndReason, Moment};
use crate::domain::{AlertId, Letter, Position, Rule, UserId};
use crate::policy::fixtures::{mailbox, missing_child, record_of};
use crate::policy::views::{BLOCK_BYTES, CopyRequest, Cut, cut};
use crate::wire::json;

const RECEIVED: &str = "2026-10-23T22:40+01:00";

fn record() -> AlertRecord {
    let mut record = AlertRecord::clone(&record_of(&missing_child(), RECEIVED));
    record.deliveries.truncate(1);
    record
}

/// A copy of the full fixture of the missing kinds.
fn copy(record: &AlertRecord, letter: Letter, view: View) -> v1::AlertCopy {
    let text = include_str!("../../../docs/samples/alerts/full-missing.json");
    let alert = json::request_from_json(text).unwrap().alert;
    let cut = cut(&alert, &CopyRequest::new(record.kind, letter, view)).unwrap();
    rendered(record, letter, &cut)
}

fn rendered(record: &AlertRecord, letter: Letter, cut: &Cut) -> v1::AlertCopy {
    let delivery = Delivery { letter, view: cut.view, ..record.deliveries[0].clone() };
    let sender_phone = "+441514960100";
    alert_copy(&CopyParts {
        alert: record,
        delivery: &delivery,
        cut,
        sender_phone,
        simulated: true,
        replaces: record.completes,
        superseded_by: record.after.superseded_by,
        disagreement: None,
    })
}

#[test]
fn every_copy_fills_whole_blocks() {
    let record = record();
    for letter in Letter::ALL {
        for view in View::ALL {
            let copy = copy(&record, *letter, *view);
            assert_eq!(copy.encoded_len().checked_rem(BLOCK_BYTES), Some(0), "{letter} {view}");
        }
    }
}

#[test]
fn a_safe_task_says_neither_kind_nor_episode() {
    let mut record = record();
    record.completes = Some(AlertId::from_bytes([3; 16]));

    let task = copy(&record, Letter::F, View::SafeTask);

    assert_eq!(task.kind(), v1::AlertKind::Unspecified);
    assert_eq!(task.view(), v1::CopyView::SafeTask);
    assert_eq!((task.episode_id.as_str(), task.replaces_alert_id.as_str()), ("", ""));
    assert!(task.redactions.is_empty() && task.sealed.is_empty());
    assert_eq!(task.alert_id, record.id.to_string());
    assert_eq!(task.sender_duty_phone, "+441514960100");
    let listed = Delivery { view: View::SafeTask, ..record.deliveries[0].clone() };
    assert_eq!(
        delivery_summary(&record, &listed, record.received_at).kind(),
        v1::AlertKind::Unspecified
    );
}

#[test]
fn a_step_of_the_ladder_names_the_mailbox_that_is_late() {
    let mut record = record();
    let late = record.deliveries[0].mailbox.to_string();
    let step = Delivery {
        number: 1,
        of: Some(0),
        mailbox: mailbox("EDT/manager"),
        ..record.deliveries[0].clone()
    };
    record.deliveries.push(step.clone());
    let cut = Cut {
        view: View::Ladder,
        body: Vec::new(),
        redactions: Vec::new(),
        sealed: Vec::new(),
        banners: Vec::new(),
        other_children: 0,
        subjects: Vec::new(),
    };
    let parts = CopyParts {
        alert: &record,
        delivery: &step,
        cut: &cut,
        sender_phone: "",
        simulated: false,
        replaces: None,
        superseded_by: None,
        disagreement: None,
    };

    assert_eq!(alert_copy(&parts).mailbox, late);
    let own = Cut { view: View::Standard, ..cut.clone() };
    assert_eq!(alert_copy(&CopyParts { cut: &own, ..parts }).mailbox, "EDT/manager");
}

#[test]
fn a_copy_lists_the_gaps_its_reader_may_see_with_what_to_do() {
    let mut record = record();
    let gap =
        |path: &str| Gap { path: path.to_owned(), rule: Rule::GAP, reason: "REQUIRED".to_owned() };
    record.gaps =
        vec![gap("alert.missing.last_seen_place"), gap("alert.envelope.sharing.necessity")];
    let seen = |letter| {
        let gaps = copy(&record, letter, View::Standard).gaps;
        gaps.into_iter().map(|gap| gap.path).collect::<Vec<_>>()
    };

    assert_eq!(
        seen(Letter::C),
        ["alert.missing.last_seen_place", "alert.envelope.sharing.necessity"]
    );
    assert_eq!(seen(Letter::S), ["alert.missing.last_seen_place"]);
    assert_eq!(seen(Letter::H1), Vec::<String>::new());
    let copy = copy(&record, Letter::C, View::Standard);
    assert!(copy.gaps.iter().all(|gap| !gap.what_to_do.is_empty() && gap.rule == "GAP"));
}

#[test]
fn every_view_has_a_word_in_the_contract() {
    for view in View::ALL {
        assert_eq!(copy_view(*view), v1::CopyView::try_from(code(view.code())).unwrap(), "{view}");
    }
    for kind in AlertKind::ALL {
        assert_eq!(
            kind_in(View::Standard, *kind),
            v1::AlertKind::try_from(code(kind.code())).unwrap()
        );
    }
}

#[test]
fn the_state_of_a_delivery_is_the_furthest_it_came() {
    let moment = || Moment {
        at: Timestamp::from_millis(0),
        by: Some(UserId::try_from("u-1").unwrap()),
        position: Position(0),
    };
    let mut delivery = record().deliveries.remove(0);
    let mut states = vec![delivery_state(&delivery)];
    delivery.state = DeliveryState::Delivered;
    states.push(delivery_state(&delivery));
    delivery.confirmed = Some(moment());
    states.push(delivery_state(&delivery));
    delivery.opened = Some(moment());
    states.push(delivery_state(&delivery));
    delivery.declined = Some((moment(), DeclineReason::Other));
    states.push(delivery_state(&delivery));
    delivery.acknowledged = Some((moment(), AckOutcome::Accepted));
    states.push(delivery_state(&delivery));
    delivery.state = DeliveryState::Ended(EndReason::Recalled);
    states.push(delivery_state(&delivery));

    use v1::DeliveryState::{Acknowledged, Confirmed, Declined, Delivered, Ended, Opened, Queued};
    assert_eq!(states, [Queued, Delivered, Confirmed, Opened, Declined, Acknowledged, Ended]);
}

#[test]
fn a_delivery_is_late_from_its_due_time_until_somebody_takes_it() {
    let record = record();
    let delivery = &record.deliveries[0];
    let due = delivery.due.unwrap().at;
    let just_before = Timestamp::from_millis(due.as_millis().saturating_sub(1));
    let overdue = |delivery: &Delivery, now| delivery_summary(&record, delivery, now).overdue;

    assert!(!overdue(delivery, just_before));
    assert!(overdue(delivery, due));
    let taken = delivery.clone().hand_out(1, due).unwrap();
    let taken =
        taken.acknowledge(UserId::try_from("u-1").unwrap(), AckOutcome::Accepted, due).unwrap();
    assert!(!overdue(&taken, due));
    assert!(!overdue(&delivery.clone().end(EndReason::Cancelled), due));
}

#[test]
fn instants_before_1970_have_positive_nanoseconds() {
    assert_eq!(
        timestamp(Timestamp::from_millis(-1)),
        WireTimestamp { seconds: -1, nanos: 999_000_000 }
    );
    assert_eq!(
        timestamp(Timestamp::from_millis(1_500)),
        WireTimestamp { seconds: 1, nanos: 500_000_000 }
    );
}
