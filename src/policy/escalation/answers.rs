//! What answers set going: a clock for what comes of an acknowledgement, the next call after a decline.

use std::sync::Arc;

use super::*;
use crate::domain::alert::{Timer, TimerKind};
use crate::domain::delivery::{AckOutcome, DeclineReason};
use crate::domain::directory::{Mailbox, MailboxRole};
use crate::domain::submission::{RiskMarker, SafeDischarge};
use crate::domain::{AlertKind, DeadlineTag, Priority, Risk, UserId};
use crate::policy::fixtures::*;
use crate::policy::{Decision, EpisodeChanges, sender_view};

/// A Sunday night.
const S20: &str = "2026-05-24T01:00+01:00";

fn user(id: &str) -> UserId {
    UserId::try_from(id).unwrap()
}

fn high() -> AlertBuilder {
    missing_child().risk(Risk::High).stating(Priority::P1)
}

fn number_of(record: &AlertRecord, to: &str) -> u32 {
    record.deliveries.iter().find(|delivery| delivery.mailbox == mailbox(to)).unwrap().number
}

fn change(record: &mut AlertRecord, number: u32, by: impl Fn(Delivery) -> Delivery) {
    let delivery = record.deliveries.iter_mut().find(|it| it.number == number).unwrap();
    *delivery = by(delivery.clone());
}

/// Hands out and takes a delivery, as the mailbox does.
fn take(mut record: AlertRecord, number: u32, outcome: AckOutcome, when: &str) -> AlertRecord {
    change(&mut record, number, |it| {
        let it = it.hand_out(1, at(when)).unwrap();
        it.acknowledge(user("u-7"), outcome, at(when)).unwrap()
    });
    settled(acknowledged(record, number, at(when), &Clocks::DEFAULT))
}

fn decline(mut record: AlertRecord, number: u32, when: &str) -> AlertRecord {
    change(&mut record, number, |it| {
        let it = it.hand_out(1, at(when)).unwrap();
        it.decline(user("u-7"), DeclineReason::NoCapacity, at(when)).unwrap()
    });
    settled(declined(record, number, at(when)))
}

fn outcome_of(record: &AlertRecord) -> Vec<&Timer> {
    record.timers.iter().filter(|timer| timer.kind == TimerKind::OutcomeDue).collect()
}

fn due_of(record: &AlertRecord) -> String {
    london(outcome_of(record)[0].due.at)
}

fn steps_at(record: &AlertRecord, when: &str) -> Steps {
    steps(record, &Conflicts::default(), at(when), (&directory(), &Clocks::DEFAULT))
}

fn said(steps: &Steps, kind: EventKind) -> Vec<String> {
    let of = steps.events.iter().filter(|event| event.kind == kind);
    of.map(|event| event.mailbox.clone().unwrap().to_string()).collect()
}

#[test]
fn what_is_taken_wants_an_outcome_by_its_priority_and_never_at_p5() {
    let friday = "2026-10-23T15:00+01:00";
    let record = Arc::unwrap_or_clone(record_of(&high(), friday));
    let due = |priority| {
        let mut record = record.clone();
        let number = number_of(&record, "CADT");
        change(&mut record, number, |it| Delivery { priority, ..it });
        let taken = take(record, number, AckOutcome::Accepted, friday);
        outcome_of(&taken).first().map(|timer| london(timer.due.at))
    };

    assert_eq!(due(Priority::P1).unwrap(), "Fri 23 Oct 19:00");
    assert_eq!(due(Priority::P2).unwrap(), "Fri 23 Oct 23:00");
    assert_eq!(due(Priority::P3).unwrap(), "Tue 27 Oct 17:00");
    assert_eq!(due(Priority::P4).unwrap(), "Fri 30 Oct 17:00");
    assert_eq!(due(Priority::P5), None);
}

#[test]
fn r12_an_attendance_that_the_front_door_accepts_is_decided_on_within_a_working_day_once() {
    let hard = attendance()
        .alcohol(refused())
        .alcohol(|facts| facts.safe_discharge_to = known(SafeDischarge::NoSafeAdult))
        .markers(&[RiskMarker::NoSafeAdult]);
    let record = record_of(&hard, "2026-11-16T10:00Z");
    let decisions = |record: &AlertRecord| {
        let decisions = record.timers.iter().filter(|it| it.kind == TimerKind::ReferralDecisionDue);
        decisions.map(|it| format!("{} {}", it.mailbox, london(it.due.at))).collect::<Vec<_>>()
    };
    let number = number_of(&record, "CADT");
    assert_eq!(decisions(&record), Vec::<String>::new(), "not before it is accepted");

    let taken = take((*record).clone(), number, AckOutcome::Accepted, "2026-11-16T10:30Z");

    assert_eq!(decisions(&taken), ["CADT Tue 17 Nov 10:30"]);
    let passed_on = take((*record).clone(), number, AckOutcome::Forwarded, "2026-11-16T10:30Z");
    assert_eq!(decisions(&passed_on), Vec::<String>::new());
    let by_others = number_of(&record, "WUTH-SG");
    let by_others = take((*record).clone(), by_others, AckOutcome::Accepted, "2026-11-16T10:30Z");
    assert_eq!(decisions(&by_others), Vec::<String>::new(), "the hospital decides nothing");
}

#[test]
fn an_acknowledgement_without_an_outcome_comes_back_to_its_inbox_once_as_a_p4_task() {
    let record = Arc::unwrap_or_clone(record_of(&high(), S20));
    let edt = number_of(&record, "EDT");
    let mut taken = take(record, edt, AckOutcome::Accepted, "2026-05-24T01:10+01:00");
    taken.deliveries.iter_mut().for_each(|it| it.rung = None);
    assert_eq!(due_of(&taken), "Sun 24 May 05:10");
    assert_eq!(outcome_of(&taken)[0].due.tag.label(), "local target");

    let before = steps_at(&taken, "2026-05-24T05:09+01:00");
    let reminded = steps_at(&taken, "2026-05-24T05:10+01:00");
    let again = steps_at(&reminded.record, "2026-05-24T09:00+01:00");

    assert!(said(&before, EventKind::Chased).is_empty());
    assert_eq!(said(&reminded, EventKind::Chased), ["EDT"]);
    let task = reminded.record.deliveries.last().unwrap();
    assert_eq!((task.mailbox.clone(), task.priority), (mailbox("EDT"), Priority::P4));
    assert_eq!((task.purpose, task.of, task.rung), (Purpose::Task, Some(edt), None));
    assert_eq!(task.due.unwrap().tag, DeadlineTag::Default);
    assert!(said(&again, EventKind::Chased).is_empty(), "once");
}

#[test]
fn a_closing_note_at_once_or_later_ends_the_wait() {
    let record = Arc::unwrap_or_clone(record_of(&high(), S20));
    let edt = number_of(&record, "EDT");
    let when = "2026-05-24T01:10+01:00";

    let at_once = take(record.clone(), edt, AckOutcome::Closed, when);
    let mut later = take(record, edt, AckOutcome::Accepted, when);
    change(&mut later, edt, |it| it.close(user("u-8"), at("2026-05-24T02:00+01:00")).unwrap());
    let later = settled(later);

    assert!(outcome_of(&at_once).is_empty());
    assert!(at_once.delivery(edt).unwrap().closed.is_some());
    assert_eq!(outcome_of(&later)[0].state, TimerState::Cancelled);
    assert!(said(&steps_at(&later, "2026-05-25T01:00+01:00"), EventKind::Chased).is_empty());
}

#[test]
fn news_of_the_episode_by_the_agency_that_took_it_is_an_outcome_and_nobody_elses() {
    let record = Arc::unwrap_or_clone(record_of(&high(), S20));
    let edt = number_of(&record, "EDT");
    let taken = take(record, edt, AckOutcome::Accepted, "2026-05-24T01:10+01:00");
    let episode = [Arc::new(taken.clone())];
    let news_by = |sender: &str| -> EpisodeChanges {
        let news = missing_child().kind(AlertKind::MissingUpdated).risk(Risk::High).from(sender);
        taken_in(news, "2026-05-24T02:00+01:00", &episode, &directory()).1.changes
    };

    let theirs = news_by("EDT").apply(&taken, LATER);
    let others = news_by("MERPOL").apply(&taken, LATER);

    assert_eq!(outcome_of(&theirs)[0].state, TimerState::Cancelled);
    assert_eq!(outcome_of(&others)[0].state, TimerState::Armed);
}

#[test]
fn only_what_was_taken_can_be_closed_and_the_first_word_counts() {
    let record = Arc::unwrap_or_clone(record_of(&high(), S20));
    let edt = record.delivery(number_of(&record, "EDT")).unwrap().clone();
    let handed = edt.hand_out(1, at(S20)).unwrap();
    let closed = |it: Delivery, by: &str| it.close(user(by), at(S20));

    assert_eq!(closed(handed.clone(), "u-7").unwrap_err().reason(), "NOT_TAKEN");
    let taken = handed.acknowledge(user("u-7"), AckOutcome::Accepted, at(S20)).unwrap();
    let done = closed(taken, "u-8").unwrap();
    assert_eq!(closed(done.clone(), "u-8").unwrap(), done);
    assert_eq!(closed(done, "u-9").unwrap_err().reason(), "CLOSED_BY_ANOTHER");
}

#[test]
fn who_takes_over_from_another_agency_owes_no_outcome_of_its_own() {
    let mut record = Arc::unwrap_or_clone(record_of(&high(), S20));
    record.deliveries.retain(|it| it.mailbox == mailbox("EDT"));
    let record = steps_at(&record, "2026-05-24T02:00+01:00").record;
    let outside = number_of(&record, "COUNCIL/head-of-service");
    let inside = number_of(&record, "EDT/manager");

    let over = take(record.clone(), outside, AckOutcome::Accepted, "2026-05-24T02:05+01:00");
    let manager = take(record, inside, AckOutcome::Accepted, "2026-05-24T02:05+01:00");

    assert!(outcome_of(&over).is_empty());
    assert_eq!(outcome_of(&manager)[0].mailbox, mailbox("EDT/manager"), "the same inbox");
}

#[test]
fn what_has_no_clock_goes_to_the_duty_manager_when_it_is_declined_and_no_further() {
    let record = Arc::unwrap_or_clone(record_of(&high(), "2026-11-19T02:15Z"));
    let area = number_of(&record, "AREA-03");
    assert_eq!(record.delivery(area).unwrap().priority, Priority::P5);
    let mut record = decline(record, area, "2026-11-19T10:00Z");
    record.timers.clear();
    record.deliveries.iter_mut().filter(|it| it.number != area).for_each(|it| it.rung = None);

    let called = steps_at(&record, "2026-11-19T10:00Z");
    let much_later = steps_at(&called.record, "2026-12-19T10:00Z");

    assert_eq!(said(&called, EventKind::Escalated), ["AREA-03/manager"]);
    assert!(said(&called, EventKind::DeadlineMissed).is_empty(), "nothing was late");
    assert!(said(&much_later, EventKind::Escalated).is_empty());
}

#[test]
fn where_a_level_that_was_called_declines_the_next_is_called_at_once() {
    let mut record = Arc::unwrap_or_clone(record_of(&high(), S20));
    record.deliveries.retain(|it| it.mailbox == mailbox("EDT"));
    let record = steps_at(&record, "2026-05-24T01:15+01:00").record;
    let manager = number_of(&record, "EDT/manager");

    let record = decline(record, manager, "2026-05-24T01:17+01:00");
    let called = steps_at(&record, "2026-05-24T01:17+01:00");

    assert_eq!(said(&called, EventKind::Escalated), ["EDT/lead"]);
    let next = called.record.deliveries[0].rung.unwrap();
    assert_eq!((next.level, london(next.at)), (3, "Sun 24 May 02:00".to_owned()));
}

#[test]
fn the_first_level_is_the_duty_manager_and_the_deputy_each_with_a_delivery_of_their_own() {
    let mut directory = directory();
    let edt = directory.agencies.get_mut(&code("EDT")).unwrap();
    let manager = edt.mailbox(MailboxRole::Manager).unwrap().clone();
    let deputy = Mailbox { id: mailbox("EDT/deputy"), role: MailboxRole::Deputy, ..manager };
    edt.mailboxes.push(deputy);
    let mut record = Arc::unwrap_or_clone(record_of(&high(), S20));
    record.deliveries.retain(|it| it.mailbox == mailbox("EDT"));
    let when = at("2026-05-24T01:15+01:00");

    let called = steps(&record, &Conflicts::default(), when, (&directory, &Clocks::DEFAULT));

    assert_eq!(said(&called, EventKind::Escalated), ["EDT/manager", "EDT/deputy"]);
    assert_eq!(said(&called, EventKind::Queued), ["EDT/manager", "EDT/deputy"]);
    assert_eq!(said(&called, EventKind::DeadlineMissed), ["EDT"], "one deadline was missed");
    let deputy = number_of(&called.record, "EDT/deputy");
    let answered = take(called.record, deputy, AckOutcome::Accepted, "2026-05-24T01:20+01:00");
    assert!(answered.deliveries[0].rung.is_none(), "either stops the ladder");
}

#[test]
fn the_sender_is_told_to_phone_when_it_is_declined_or_late_and_no_more_once_anybody_there_took_it()
{
    let seen = |record: &AlertRecord, when: &str| {
        let seen = sender_view::deliveries(record, &directory(), at(when));
        let edt = seen.into_iter().find(|line| line.name == "EDT").unwrap();
        (edt.delivery.stage(), edt.overdue)
    };
    let mut record = Arc::unwrap_or_clone(record_of(&high(), S20));
    record.deliveries.retain(|it| it.mailbox == mailbox("EDT"));

    let early = "2026-05-24T01:05+01:00";
    assert_eq!(seen(&record, early), ("QUEUED", false));
    assert_eq!(seen(&record, "2026-05-24T01:15+01:00"), ("QUEUED", true), "late");
    let declined = decline(record, 0, "2026-05-24T01:03+01:00");
    assert_eq!(seen(&declined, early), ("DECLINED", true), "before its deadline");
    let called = steps_at(&declined, "2026-05-24T02:00+01:00").record;

    let manager = number_of(&called, "EDT/manager");
    let taken = take(called.clone(), manager, AckOutcome::Accepted, "2026-05-24T02:00+01:00");
    assert_eq!(seen(&taken, "2026-05-24T03:00+01:00"), ("ACKNOWLEDGED", false));
    let senior = number_of(&called, "COUNCIL/head-of-service");
    let over = take(called, senior, AckOutcome::Accepted, "2026-05-24T02:00+01:00");
    let after = "2026-05-24T03:00+01:00";
    assert_eq!(seen(&over, after), ("DECLINED", false), "EDT itself has not acknowledged");
}

#[test]
fn beside_our_reading_of_a_statutory_time_stands_the_statutory_limit() {
    use crate::domain::submission::ImpactCode;

    let notice = abuse().child(tilly(), impact(&[ImpactCode::FearDistress]));
    let record = record_of(&notice, "2026-11-16T10:00Z");
    let label = |letter| {
        let of = record.deliveries.iter().find(|it| it.letter == letter);
        of.unwrap().due_label().unwrap()
    };

    assert_eq!(
        label(Letter::E),
        "local reading of a statutory time; statutory limit: before the start of that school day"
    );
    assert_eq!(label(Letter::C), "local target", "no statute sets inbox times");
}

/// A missing child of 17 whose birthday is on this day.
fn nearly_18(born: (i16, i8, i8)) -> AlertBuilder {
    missing_child().risk(Risk::Medium).stating(Priority::P2).born(born.0, born.1, born.2)
}

fn to_asc(record: &AlertRecord) -> Vec<String> {
    let of = record.deliveries.iter().filter(|it| it.mailbox == mailbox("ASC"));
    of.map(|it| {
        let due = it.due.map(|due| london(due.at)).unwrap_or_default();
        format!("{} {} {} {} {due}", it.priority, it.letter, it.view, it.row)
    })
    .collect()
}

#[test]
fn at_the_start_of_the_18th_birthday_adult_social_care_joins_an_open_missing_episode_once() {
    let mut record =
        Arc::unwrap_or_clone(record_of(&nearly_18((2008, 11, 23)), "2026-11-22T15:00Z"));
    record.deliveries.iter_mut().for_each(|it| it.rung = None);

    let eve = steps_at(&record, "2026-11-22T23:59Z");
    let birthday = steps_at(&record, "2026-11-23T00:00Z");
    let again = steps_at(&birthday.record, "2026-11-23T00:01Z");

    assert_eq!(to_asc(&eve.record), Vec::<String>::new());
    assert_eq!(to_asc(&birthday.record), ["P3 Z STANDARD D7 Mon 23 Nov 13:00"]);
    assert_eq!(said(&birthday, EventKind::RouteComputed), ["ASC"]);
    assert!(said(&again, EventKind::RouteComputed).is_empty());
    let late = steps_at(&birthday.record, "2026-11-23T13:00Z");
    assert_eq!(said(&late, EventKind::Escalated), ["ASC/manager"], "its ladder is like any other");
}

#[test]
fn who_joined_at_the_birthday_hears_the_news_of_the_episode_and_once() {
    let record = Arc::unwrap_or_clone(record_of(&nearly_18((2008, 11, 23)), "2026-11-22T15:00Z"));
    let joined = steps_at(&record, "2026-11-23T00:00Z").record;
    let episode = [Arc::new(joined)];
    let found = || found_child().born(2008, 11, 23);

    let (_, told) = taken_in(found(), "2026-11-23T09:00Z", &episode, &directory());
    let (_, not_joined) = taken_in(
        found().born(2009, 11, 23),
        "2026-11-23T09:00Z",
        &[Arc::new(record)],
        &directory(),
    );

    let of = |decision: &Decision| {
        decision.deliveries.iter().filter(|it| it.mailbox == mailbox("ASC")).count()
    };
    assert_eq!(of(&told), 1);
    assert_eq!(of(&not_joined), 0, "still a child: nobody of adult social care");
}

#[test]
fn the_birthday_begins_at_midnight_in_london_by_law() {
    let record = record_of(&nearly_18((2008, 11, 23)), "2026-11-22T15:00Z");
    let due = record.timers.iter().find(|it| it.kind == TimerKind::Turns18).unwrap().due;

    // Midnight in London, not the hour of birth and not midnight in UTC in summer.
    assert_eq!(london(due.at), "Mon 23 Nov 00:00");
    let summer = record_of(&nearly_18((2008, 6, 23)), "2026-06-22T15:00Z");
    let due = summer.timers.iter().find(|it| it.kind == TimerKind::Turns18).unwrap().due;
    assert_eq!((due.at, due.tag), (at("2026-06-22T23:00Z"), DeadlineTag::Law));
}

#[test]
fn born_on_29_february_it_is_1_march_and_a_found_child_s_birthday_is_nobody_s_concern() {
    let leap = nearly_18((2008, 2, 29));
    let record = Arc::unwrap_or_clone(record_of(&leap, "2026-02-20T10:00Z"));
    let armed: Vec<&Timer> =
        record.timers.iter().filter(|it| it.kind == TimerKind::Turns18).collect();
    assert_eq!(london(armed[0].due.at), "Sun 1 Mar 00:00");

    let episode = [Arc::new(record.clone())];
    let found = found_child().born(2008, 2, 29);
    let (_, decision) = taken_in(found, "2026-02-21T10:00Z", &episode, &directory());
    let after = decision.changes.apply(&record, LATER);
    assert!(to_asc(&steps_at(&after, "2026-03-02T10:00Z").record).is_empty());
}

#[test]
fn no_birthday_further_off_than_a_year_is_kept_and_none_that_is_past() {
    let kept = |born| {
        let record = record_of(&nearly_18(born), "2026-11-22T15:00Z");
        record.timers.iter().any(|it| it.kind == TimerKind::Turns18)
    };

    assert!(kept((2009, 11, 22)));
    assert!(!kept((2009, 11, 25)), "a clock tells a date of birth");
    assert!(!kept((2012, 3, 9)));
}
