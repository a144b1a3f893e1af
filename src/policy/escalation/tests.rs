//! The ladder and the clocks, minute by minute.

use std::sync::Arc;

use super::*;
use crate::domain::alert::{AlertStatus, TimerKind};
use crate::domain::delivery::{AckOutcome, DeclineReason};
use crate::domain::directory::{MailboxRole, RotaSlot, UserEntry};
use crate::domain::submission::{Given, ImpactCode, RiskBand};
use crate::domain::{AlertKind, Priority, Risk, UserId, View};
use crate::policy::fixtures::*;

/// S20: a HIGH risk report at 01:00 on a Sunday; EDT never answers.
const S20: &str = "2026-05-24T01:00+01:00";

/// What is due for an alert that is kept from nobody.
fn steps(record: &AlertRecord, now: Timestamp, by: (&Directory, &Clocks)) -> Steps {
    super::steps(record, &Conflicts::default(), now, by)
}

fn high() -> AlertBuilder {
    missing_child().risk(Risk::High).stating(Priority::P1)
}

/// Only this delivery keeps its ladder, so that a test reads as one story.
fn alone(record: &AlertRecord, mailbox_: &str) -> AlertRecord {
    let mut record = record.clone();
    // T2 by the clock has tests of its own.
    record.timers.retain(|timer| timer.kind != TimerKind::MissingLong);
    for delivery in &mut record.deliveries {
        if delivery.mailbox != mailbox(mailbox_) {
            delivery.rung = None;
        }
    }
    record
}

fn only_at(alert: &AlertBuilder, now: &str, mailbox_: &str) -> AlertRecord {
    alone(&record_of(alert, now), mailbox_)
}

fn user(id: &str) -> UserId {
    UserId::try_from(id).unwrap()
}

/// Steps at each of these times; what was said, as `02:00 ESCALATED 3 COUNCIL/head-of-service`.
fn climbed(record: &mut AlertRecord, times: &[&str], directory: &Directory) -> Vec<String> {
    let mut said = Vec::new();
    for time in times {
        let now = at(time);
        let steps = steps(record, now, (directory, &Clocks::DEFAULT));
        for event in steps.events.iter().filter(|event| event.kind == EventKind::Escalated) {
            let (level, to) = (event.level.unwrap(), event.mailbox.clone().unwrap());
            let why = event.reason.as_deref().map(|why| format!(" {why}")).unwrap_or_default();
            let clock = london(now).rsplit(' ').next().unwrap().to_owned();
            said.push(format!("{clock} L{level} {to}{why}"));
        }
        *record = steps.record;
    }
    said
}

fn every_minute(from: &str, minutes: i64) -> Vec<String> {
    (0..=minutes)
        .map(|minute| at(from).plus(crate::domain::Span::minutes(minute)).to_string())
        .collect()
}

fn climb_through(record: &mut AlertRecord, from: &str, minutes: i64) -> Vec<String> {
    let times = every_minute(from, minutes);
    let times: Vec<&str> = times.iter().map(String::as_str).collect();
    climbed(record, &times, &directory())
}

#[test]
fn s20_an_unanswered_p1_of_edt_climbs_to_the_director() {
    let mut record = only_at(&high(), S20, "EDT");

    let said = climb_through(&mut record, S20, 200);

    assert_eq!(
        said,
        [
            "01:15 L1 EDT/manager",
            "01:30 L2 EDT/lead",
            "02:00 L3 COUNCIL/head-of-service",
            "03:00 L4 COUNCIL/director",
        ]
    );
}

#[test]
fn s02_an_acknowledgement_before_l3_stops_the_ladder() {
    let mut record = only_at(&high(), "2026-11-19T02:15Z", "EDT");

    let mut said = climb_through(&mut record, "2026-11-19T02:15Z", 36);
    let edt = record.deliveries.iter().position(|it| it.mailbox == mailbox("EDT")).unwrap();
    let taken = record.deliveries[edt].clone().hand_out(1, at("2026-11-19T02:16Z")).unwrap();
    let taken =
        taken.acknowledge(user("u-7"), AckOutcome::Accepted, at("2026-11-19T02:52Z")).unwrap();
    record.deliveries[edt] = taken;
    said.extend(climb_through(&mut record, "2026-11-19T02:52Z", 200));

    assert_eq!(said, ["02:30 L1 EDT/manager", "02:45 L2 EDT/lead"]);
}

#[test]
fn an_answer_on_a_rung_stops_the_ladder_of_what_nobody_answered() {
    let mut record = only_at(&high(), S20, "EDT");
    climb_through(&mut record, S20, 15);
    let rung = record.deliveries.iter().position(|it| it.purpose == Purpose::Level1).unwrap();
    let answered = record.deliveries[rung].clone().hand_out(1, at(S20)).unwrap();
    record.deliveries[rung] =
        answered.acknowledge(user("u-8"), AckOutcome::Accepted, at(S20)).unwrap();

    let mut unsettled = record.clone();
    let settled = settled(record);

    assert_eq!(settled.next_due(), None);
    assert!(climb_through(&mut unsettled, S20, 200).is_empty(), "nor if nobody settled it");
    assert_eq!(unsettled.next_due(), None);
    assert!(climb_through(&mut settled.clone(), S20, 200).is_empty());
}

#[test]
fn climbing_twice_at_one_instant_changes_nothing_twice_and_late_climbing_misses_no_level() {
    let record = only_at(&high(), S20, "EDT");
    let late = at("2026-05-24T05:00+01:00");

    let once = steps(&record, late, (&directory(), &Clocks::DEFAULT));
    let twice = steps(&once.record, late, (&directory(), &Clocks::DEFAULT));

    let levels: Vec<_> = once.events.iter().filter_map(|event| event.level).collect();
    assert_eq!(levels, [1, 2, 3, 4]);
    assert!(twice.events.is_empty());
    assert_eq!(twice.record, once.record);
    let notice = once.events.iter().find(|event| event.kind == EventKind::NoticeSent).unwrap();
    assert_eq!(notice.reason.as_deref(), Some("FAILED_DUTY_COVER"));
    let told = once.record.delivery(notice.delivery.unwrap()).unwrap();
    assert_eq!(told.mailbox, mailbox("HUB-IG"), "the notice was sent");
    assert_eq!((told.purpose, told.view, told.letter), (Purpose::Task, View::Ladder, Letter::G));
    assert!(once.events.iter().all(|event| event.alert == Some(record.id)));
}

#[test]
fn nothing_due_changes_nothing_and_says_nothing() {
    let record = only_at(&high(), S20, "EDT");

    let early = steps(&record, at("2026-05-24T01:14+01:00"), (&directory(), &Clocks::DEFAULT));

    assert_eq!(early.record, record);
    assert!(early.events.is_empty());
}

#[test]
fn inside_the_agency_its_view_is_seen_and_outside_it_the_envelope_only() {
    let mut record = only_at(&high(), S20, "WUTH-AED");
    climb_through(&mut record, S20, 300);

    let seen: Vec<String> = record
        .deliveries
        .iter()
        .filter(|delivery| delivery.purpose.level().is_some())
        .map(|delivery| format!("{} {}", delivery.mailbox, delivery.view))
        .collect();

    assert_eq!(
        seen,
        [
            "WUTH-AED/manager LOOKOUT",
            "WUTH-AED/lead LOOKOUT",
            // EDT has the alert itself.
            "EDT/manager STANDARD",
            "COUNCIL/director LADDER",
        ]
    );
    assert!(record.deliveries.iter().all(|it| it.view != View::Lookout || it.letter == Letter::H1));
}

#[test]
fn a_p2_of_a_closed_desk_counts_from_its_opening() {
    let gold = abuse().band(RiskBand::HighGold).stating(Priority::P2);
    let mut record = only_at(&gold, "2026-11-14T00:40Z", "FSU");

    let said = climb_through(&mut record, "2026-11-16T09:00Z", 300);

    assert_eq!(
        said,
        [
            "10:00 L1 FSU/manager",
            "10:30 L2 FSU/lead",
            "11:00 L3 CADT/manager",
            "13:00 L4 COUNCIL/director",
        ]
    );
    assert!(
        climb_through(&mut only_at(&gold, "2026-11-14T00:40Z", "FSU"), "2026-11-14T00:40Z", 500)
            .is_empty()
    );
}

#[test]
fn p3_and_p4_climb_in_working_hours_and_end_at_the_front_door() {
    let mut record = only_at(&missing_child(), "2026-11-16T10:00Z", "SAFERFUT");
    assert_eq!(record.deliveries[1].due.map(|due| london(due.at)).unwrap(), "Tue 17 Nov 10:00");

    let times =
        ["2026-11-17T10:00Z", "2026-11-17T12:00Z", "2026-11-18T10:00Z", "2026-11-30T10:00Z"];
    let said = climbed(&mut record, &times, &directory());

    assert_eq!(
        said,
        ["10:00 L1 SAFERFUT/manager", "12:00 L2 SAFERFUT/lead", "10:00 L3 CADT/manager"]
    );
}

#[test]
fn a_level_without_anybody_on_its_rota_is_skipped_said_so_and_the_next_called_at_once() {
    let mut directory = directory();
    let edt = directory.agencies.get_mut(&code("EDT")).unwrap();
    let entry = UserEntry { roles: Vec::new(), active: false };
    edt.users.insert(user("u-left"), entry);
    let slot = |who: &str, from: &str, until: &str| RotaSlot {
        from: at(from),
        until: at(until),
        user: user(who),
        deputy: None,
    };
    let (eve, noon) = ("2026-05-23T18:00+01:00", "2026-05-24T12:00+01:00");
    for inbox in &mut edt.mailboxes {
        match inbox.role {
            MailboxRole::Manager => inbox.rota = vec![slot("u-left", eve, noon)],
            // In the gap between two turns.
            MailboxRole::Lead => {
                inbox.rota =
                    vec![slot("u-2", eve, S20), slot("u-2", noon, "2026-05-25T12:00+01:00")];
            }
            MailboxRole::Duty
            | MailboxRole::Deputy
            | MailboxRole::HeadOfService
            | MailboxRole::Director => {}
        }
    }
    let mut record = only_at(&high(), S20, "EDT");

    let said = climbed(&mut record, &["2026-05-24T01:15+01:00"], &directory);

    assert_eq!(
        said,
        [
            "01:15 L1 EDT/manager NOBODY_ON_DUTY",
            "01:15 L2 EDT/lead NOBODY_ON_DUTY",
            "01:15 L3 COUNCIL/head-of-service",
        ]
    );
    let called = record.deliveries.iter().filter(|it| it.purpose.level().is_some()).count();
    assert_eq!(called, 1);
}

#[test]
fn the_last_level_is_called_even_when_nobody_is_on_its_rota() {
    let mut directory = directory();
    directory.agencies.get_mut(&code("COUNCIL")).unwrap().mailboxes[1].rota =
        [("2026-05-23T01:00+01:00", S20), ("2026-05-24T12:00+01:00", "2026-05-25T01:00+01:00")]
            .map(|(from, until)| RotaSlot {
                from: at(from),
                until: at(until),
                user: user("u-3"),
                deputy: None,
            })
            .into();
    let mut record = only_at(&high(), S20, "EDT");

    let said = climbed(&mut record, &["2026-05-24T05:00+01:00"], &directory);

    assert_eq!(said.last().unwrap(), "05:00 L4 COUNCIL/director NOBODY_ON_DUTY");
    assert!(record.deliveries.iter().any(|delivery| delivery.purpose == Purpose::Level4));
}

#[test]
fn a_decline_calls_the_duty_manager_at_once_and_is_no_missed_deadline() {
    let mut record = only_at(&high(), S20, "EDT");
    let edt = record.deliveries.iter().position(|it| it.mailbox == mailbox("EDT")).unwrap();
    let handed = record.deliveries[edt].clone().hand_out(1, at(S20)).unwrap();
    let when = at("2026-05-24T01:03+01:00");
    record.deliveries[edt] = handed.decline(user("u-7"), DeclineReason::NoCapacity, when).unwrap();

    let climbed = steps(&record, when, (&directory(), &Clocks::DEFAULT));

    let kinds: Vec<_> = climbed.events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::Escalated, EventKind::Queued]);
    let rung = climbed.record.deliveries[edt].rung.unwrap();
    assert_eq!((rung.level, london(rung.at)), (2, "Sun 24 May 01:30".to_owned()));
}

#[test]
fn what_the_front_door_still_holds_at_closing_goes_to_edt_with_the_clock_it_has() {
    let mut record = only_at(&high(), "2026-11-19T16:50Z", "CADT");

    let at_closing = steps(&record, at("2026-11-19T17:00Z"), (&directory(), &Clocks::DEFAULT));
    record = at_closing.record;

    let edt = record.deliveries.last().unwrap();
    assert_eq!(edt.mailbox, mailbox("EDT"));
    assert_eq!(edt.due.map(|due| london(due.at)).unwrap(), "Thu 19 Nov 17:05");
    let said = climb_through(&mut record, "2026-11-19T17:00Z", 60);
    assert_eq!(
        said,
        ["17:05 L1 EDT/manager", "17:20 L2 EDT/lead", "17:50 L3 COUNCIL/head-of-service"]
    );
}

#[test]
fn what_the_front_door_has_taken_stays_with_it_at_closing() {
    let mut record = only_at(&high(), "2026-11-19T16:50Z", "CADT");
    let taken = record.deliveries[0].clone().hand_out(1, at("2026-11-19T16:51Z")).unwrap();
    assert_eq!(taken.mailbox, mailbox("CADT"));
    let when = at("2026-11-19T16:55Z");
    record.deliveries[0] = taken.acknowledge(user("u-7"), AckOutcome::Accepted, when).unwrap();
    let record = settled(record);

    let at_closing = steps(&record, at("2026-11-19T17:00Z"), (&directory(), &Clocks::DEFAULT));

    assert!(at_closing.events.is_empty());
}

#[test]
fn an_incomplete_alert_is_chased_twice_and_a_completed_one_not_at_all() {
    let gaps = high().envelope(|envelope| envelope.sender_user = Given::Missing);
    let record = only_at(&gaps, S20, "nobody");
    let chased = |record: &AlertRecord, time: &str| {
        let steps = steps(record, at(time), (&directory(), &Clocks::DEFAULT));
        let of = |event: &&Event| event.kind == EventKind::Chased;
        let to: Vec<String> = steps
            .events
            .iter()
            .filter(of)
            .map(|e| e.mailbox.clone().unwrap().to_string())
            .collect();
        (to, steps.record)
    };

    let (first, after) = chased(&record, "2026-05-24T02:00+01:00");
    let (second, _) = chased(&after, "2026-05-24T03:00+01:00");
    assert_eq!((first, second), (vec!["MERPOL".to_owned()], vec!["MERPOL/manager".to_owned()]));

    let mut completed = record;
    completed.status = AlertStatus::Completed;
    let completed = settled(completed);
    assert!(completed.timers.iter().all(|timer| timer.state == TimerState::Cancelled));
    assert!(chased(&completed, "2026-05-24T03:00+01:00").0.is_empty());
}

#[test]
fn the_purge_of_a_look_out_is_armed_for_retention_and_left_to_it() {
    let report = missing_child().risk(Risk::Medium).stating(Priority::P2);
    let episode = [record_of(&report, "2026-10-23T22:40+01:00")];
    let back = "2026-10-24T10:12+01:00";
    let (_, decision) = taken_in(found_child(), back, &episode, &directory());

    let record = alone(&decision.changes.apply(&episode[0], LATER), "nobody");

    let armed: Vec<_> = record.timers.iter().map(|it| (it.kind, london(it.due.at))).collect();
    assert_eq!(armed, [(TimerKind::LookoutPurge, "Sat 24 Oct 11:12".to_owned())]);
    let lookout = record.timers[0].delivery.and_then(|number| record.delivery(number)).unwrap();
    assert_eq!(lookout.view, View::Lookout);
    assert_eq!(decision.changes.apply(&record, LATER), record, "found twice is purged once");
    let after = steps(&record, at("2026-10-24T12:00+01:00"), (&directory(), &Clocks::DEFAULT));
    assert!(after.events.is_empty());
}

#[test]
fn a_school_that_nobody_opened_in_time_is_the_sender_s_to_phone() {
    let notice = abuse().child(tilly(), impact(&[ImpactCode::FearDistress]));
    let record = only_at(&notice, "2026-11-16T10:00Z", "nobody");
    let due = at("2026-11-17T08:30Z");

    let missed = steps(&record, due, (&directory(), &Clocks::DEFAULT));
    let mut opened = record;
    let school = opened.deliveries.iter().position(|it| it.letter == Letter::E).unwrap();
    let handed = opened.deliveries[school].clone().hand_out(1, due).unwrap();
    opened.deliveries[school] = handed.open(user("u-5"), due).unwrap();
    let told = steps(&opened, due, (&directory(), &Clocks::DEFAULT));

    let event = &missed.events[0];
    assert_eq!(event.kind, EventKind::DeadlineMissed);
    assert_eq!(event.deadline.unwrap().tag, crate::domain::DeadlineTag::StatReading);
    assert_eq!(missed.record.deliveries.last().unwrap().mailbox, mailbox("MERPOL/manager"));
    let kinds: Vec<_> = told.events.iter().map(|event| event.kind).collect();
    assert_eq!(kinds, [EventKind::TaskDone]);
}

#[test]
fn the_return_interview_is_warned_of_at_48_hours_and_missed_at_72() {
    let record = Arc::unwrap_or_clone(record_of(&found_child(), "2026-10-24T10:00+01:00"));
    let record = alone(&record, "nobody");

    let warned = steps(&record, at("2026-10-26T09:00Z"), (&directory(), &Clocks::DEFAULT));
    let missed = steps(&warned.record, at("2026-10-27T09:00Z"), (&directory(), &Clocks::DEFAULT));

    let to = |steps: &Steps, kind| -> Vec<String> {
        let of = steps.events.iter().filter(move |event| event.kind == kind);
        of.map(|event| event.mailbox.clone().unwrap().to_string()).collect()
    };
    assert_eq!(to(&warned, EventKind::DeadlineWarned), ["CADT", "SAFERFUT"]);
    assert_eq!(to(&missed, EventKind::DeadlineMissed), ["CADT"]);
    assert_eq!(missed.record.deliveries.last().unwrap().mailbox, mailbox("CADT/lead"));
    let fired = missed.record.timers.iter().filter(|timer| timer.kind == TimerKind::RhiDue);
    assert!(fired.into_iter().all(|timer| timer.state == TimerState::Fired));
}

#[test]
fn a_cancellation_after_the_return_is_refused_and_where_urgent_leaves_the_clocks_of_the_interview()
{
    let found = record_of(&found_child(), "2026-10-24T10:00+01:00");
    let waits = |record: &AlertRecord| {
        let armed = record.timers.iter().filter(|timer| timer.state == TimerState::Armed);
        let of = |kind: &TimerKind| matches!(kind, TimerKind::RhiWarning | TimerKind::RhiDue);
        armed.map(|timer| timer.kind).filter(of).count()
    };
    assert_eq!(waits(&found), 3, "two warnings and the interview itself");
    let cancelled = missing_child().kind(AlertKind::MissingCancelled).missing(|facts| {
        facts.cancelled_at = Given::Given(at("2026-10-24T11:00+01:00"));
    });
    let (now, episode) = ("2026-10-24T11:05+01:00", [found]);

    let refused = refused_in(cancelled.clone(), now, &episode);
    assert_eq!(refused, [("alert.envelope.kind".to_owned(), "EPISODE_OVER")]);

    let urgent = cancelled.stating(Priority::P2);
    let (validated, decision) = taken_in(urgent, now, &episode, &directory());
    assert_eq!(validated.gaps[0].reason, "EPISODE_OVER");
    assert_eq!(waits(&decision.changes.apply(&episode[0], LATER)), 3, "the duty stands");
    assert!(decision.events.iter().all(|event| event.kind != EventKind::TaskDone));
}

#[test]
fn schools_and_information_copies_have_no_ladder() {
    let due = Some(Deadline { at: at(S20), tag: crate::domain::DeadlineTag::Default });

    assert_eq!(first_rung(Letter::E, Purpose::Alert, due), None);
    assert_eq!(first_rung(Letter::A, Purpose::Alert, None), None);
    assert_eq!(first_rung(Letter::C, Purpose::Task, due), None);
    assert_eq!(first_rung(Letter::C, Purpose::OutOfHoursCopy, due).map(|rung| rung.level), Some(1));
}
