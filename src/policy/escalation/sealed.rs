//! The ladder and the hand-over of an alert that somebody must not learn of (domain 5.7).

use std::sync::Arc;

use super::*;
use crate::domain::delivery::DeliveryState;
use crate::domain::directory::{MailboxRole, RotaSlot};
use crate::domain::submission::Exclusion;
use crate::domain::{Priority, Risk, Rule, UserId};
use crate::policy::fixtures::*;

/// Thursday 16:50: the front door is open and closes in ten minutes.
const BEFORE_CLOSING: &str = "2026-11-19T16:50Z";

fn kept_from(codes: &[&str]) -> AlertBuilder {
    let agencies = codes.iter().map(|text| Exclusion::Agency(code(text)));
    let agencies: Vec<Exclusion> = agencies.collect();
    missing_child()
        .risk(Risk::High)
        .stating(Priority::P1)
        .envelope(|envelope| envelope.exclude.extend(agencies))
}

/// An alert as it was taken, and from whom it is kept.
struct Taken {
    record: AlertRecord,
    conflicts: Conflicts,
}

fn taken_at(alert: &AlertBuilder, now: &str) -> Taken {
    let (validated, decision) = taken(alert.clone(), now);
    let record = recorded(alert, now, (&validated, &decision));
    Taken { record, conflicts: decision.conflicts }
}

/// The deliveries to this mailbox, as `P1 L1 LADDER D0`.
fn sent_to(record: &AlertRecord, to: &str) -> Vec<String> {
    let of = record.deliveries.iter().filter(|delivery| delivery.mailbox == mailbox(to));
    of.map(|it| format!("{} {} {} {}", it.priority, it.purpose, it.view, it.row)).collect()
}

fn levels(steps: &Steps, unanswered: u32) -> Vec<String> {
    let is_rung = |it: &&Delivery| it.of == Some(unanswered) && it.purpose.level().is_some();
    let of = steps.record.deliveries.iter().filter(is_rung);
    of.map(|it| format!("{} {} {}", it.purpose, it.mailbox, it.view)).collect()
}

fn number_of(record: &AlertRecord, to: &str) -> u32 {
    record.deliveries.iter().find(|delivery| delivery.mailbox == mailbox(to)).unwrap().number
}

fn everything_by(taken: &Taken, when: &str, directory: &Directory) -> Steps {
    steps(&taken.record, &taken.conflicts, at(when), (directory, &Clocks::DEFAULT))
}

#[test]
fn at_closing_what_the_front_door_s_lead_holds_under_d0_is_nobody_else_s() {
    let taken = taken_at(&kept_from(&["CADT"]), BEFORE_CLOSING);

    let at_closing = everything_by(&taken, "2026-11-19T17:00Z", &directory());

    assert_eq!(sent_to(&at_closing.record, "CADT/lead"), ["P1 ALERT STANDARD D0"]);
    assert_eq!(sent_to(&at_closing.record, "EDT"), Vec::<String>::new());
}

#[test]
fn at_closing_edt_is_passed_over_where_the_alert_is_kept_from_it() {
    let taken = taken_at(&kept_from(&["EDT"]), BEFORE_CLOSING);

    let at_closing = everything_by(&taken, "2026-11-19T17:00Z", &directory());

    let record = at_closing.record;
    assert_eq!(sent_to(&record, "EDT"), Vec::<String>::new());
    assert_eq!(sent_to(&record, "CADT/lead"), ["P1 ALERT STANDARD D0"]);
    assert_eq!(sent_to(&record, "COUNCIL/head-of-service"), ["P1 ALERT STANDARD D0"]);
    let due = record.deliveries.last().unwrap().due.unwrap();
    assert_eq!(london(due.at), "Thu 19 Nov 17:05", "with the clock it has");
    assert_eq!(record.delivery(number_of(&record, "CADT")).unwrap().rung, None);
}

#[test]
fn a_sealed_item_s_ladder_is_its_lead_then_head_of_service_then_the_director() {
    let taken = taken_at(&kept_from(&["CADT"]), "2026-11-19T10:00Z");
    let lead = number_of(&taken.record, "CADT/lead");

    let late = everything_by(&taken, "2026-11-19T16:00Z", &directory());

    let expected = ["L1 COUNCIL/head-of-service LADDER", "L2 COUNCIL/director LADDER"];
    assert_eq!(levels(&late, lead), expected);
    let told = |event: &Event| late.record.delivery(event.delivery.unwrap()).unwrap().of;
    let mut notices = late.events.iter().filter(|event| event.kind == EventKind::NoticeSent);
    assert!(notices.any(|notice| told(notice) == Some(lead)), "failed cover of the lead is told");
}

#[test]
fn cover_at_the_head_of_service_is_called_no_second_time_there_but_at_the_director() {
    // 02:00: no lead of the front door is on duty.
    let taken = taken_at(&kept_from(&["EDT", "CADT"]), "2026-11-19T02:00Z");
    let head = number_of(&taken.record, "COUNCIL/head-of-service");

    let late = everything_by(&taken, "2026-11-19T09:00Z", &directory());

    assert_eq!(levels(&late, head), ["L1 COUNCIL/director LADDER"]);
}

#[test]
fn a_manager_outside_sees_the_envelope_only_though_its_lead_has_the_alert_under_d0() {
    let taken = taken_at(&kept_from(&["CADT"]), "2026-11-19T10:00Z");
    let police = number_of(
        &taken_at(&kept_from(&["CADT"]).from("EDT"), "2026-11-19T10:00Z").record,
        "MERPOL",
    );
    let of_edt = taken_at(&kept_from(&["CADT"]).from("EDT"), "2026-11-19T10:00Z");

    let late = everything_by(&of_edt, "2026-11-19T16:00Z", &directory());

    let of_police = levels(&late, police);
    assert_eq!(of_police[2], "L3 COUNCIL/head-of-service LADDER", "not the closed front door");
    assert!(!of_police.iter().any(|line| line.contains("CADT")), "{of_police:?}");
    let shared = everything_by(&taken, "2026-11-19T16:00Z", &directory());
    let closed = |it: &&Delivery| it.mailbox.agency_code() == "CADT" && it.row != Rule::D0;
    let at_the_front_door: Vec<_> = shared.record.deliveries.iter().filter(closed).collect();
    assert!(at_the_front_door.is_empty(), "{at_the_front_door:?}");
}

#[test]
fn the_third_level_never_calls_a_desk_that_the_alert_is_kept_from() {
    let night = "2026-11-19T02:00Z";
    let taken = taken_at(&kept_from(&["EDT"]).from("LA-341"), night);
    let police = number_of(&taken.record, "MERPOL");

    let late = everything_by(&taken, "2026-11-19T08:00Z", &directory());

    let expected = [
        "L1 MERPOL/manager STANDARD",
        "L2 MERPOL/lead STANDARD",
        "L3 COUNCIL/head-of-service LADDER",
        "L4 COUNCIL/director LADDER",
    ];
    assert_eq!(levels(&late, police), expected);
}

#[test]
fn a_rota_on_which_only_the_person_stands_is_nobody_on_duty() {
    let person = UserId::try_from("u-2").unwrap();
    let mut directory = directory();
    let edt = directory.agencies.get_mut(&code("MERPOL")).unwrap();
    for inbox in edt.mailboxes.iter_mut().filter(|inbox| inbox.role == MailboxRole::Manager) {
        let (from, until) = (at("2026-11-19T00:00Z"), at("2026-11-20T00:00Z"));
        inbox.rota = vec![RotaSlot { from, until, user: person.clone(), deputy: None }];
    }
    let alert = kept_from(&[]).from("EDT");
    let alert = alert.envelope(|it| it.exclude.push(Exclusion::User(person.clone())));
    let taken = taken_at(&alert, "2026-11-19T10:00Z");
    let police = number_of(&taken.record, "MERPOL");

    let at_l1 = everything_by(&taken, "2026-11-19T10:15Z", &directory);

    let said: Vec<_> = at_l1
        .events
        .iter()
        .filter(|event| event.kind == EventKind::Escalated && event.delivery == Some(police))
        .map(|event| (event.level.unwrap(), event.reason.clone()))
        .collect();
    assert_eq!(said[0], (1, Some("NOBODY_ON_DUTY".to_owned())));
}

#[test]
fn a_task_goes_to_no_inbox_that_is_closed_to_the_alert() {
    let found = found_child().envelope(|it| it.exclude.push(Exclusion::Agency(code("CADT"))));
    let taken = taken_at(&found, "2026-10-24T10:00+01:00");

    let missed = everything_by(&taken, "2026-10-28T09:00Z", &directory());

    let is_task = |it: &&Delivery| it.purpose == Purpose::Task && it.state == DeliveryState::Queued;
    let told: Vec<_> =
        missed.record.deliveries.iter().filter(is_task).map(|it| it.mailbox.to_string()).collect();
    assert!(told.contains(&"CADT/lead".to_owned()), "{told:?}");
    assert!(!told.contains(&"CADT".to_owned()), "{told:?}");
}

#[test]
fn news_of_an_episode_is_kept_from_whom_its_first_alert_was_kept() {
    let first = taken_at(&kept_from(&["EDT"]), "2026-11-19T02:00Z");
    let episode = [Arc::new(first.record)];
    let news = missing_child().kind(crate::domain::AlertKind::MissingUpdated).risk(Risk::High);

    let kept_from = (episode.as_slice(), &first.conflicts);
    let (_, decision) = taken_kept_from(news, "2026-11-19T03:00Z", kept_from, &directory());

    let told: Vec<_> = decision
        .deliveries
        .iter()
        .filter(|it| it.purpose != Purpose::Task)
        .map(|it| format!("{} {} {}", it.mailbox, it.letter, it.row))
        .filter(|line| !line.contains("D7") && !line.contains("D8"))
        .collect();
    assert_eq!(told, ["CADT/lead CL D0", "COUNCIL/head-of-service C D0"]);
    assert!(decision.deliveries.iter().all(|it| it.mailbox != mailbox("EDT")));
}
