//! T2 by the clock (domain 5.8): a child who has been missing for longer than 24 hours without a break.
//!
//! Owns when the clock of an episode starts and what it raises: front door and police have the episode at P1 from then
//! on, and the front door is asked whether a strategy meeting is needed – by one task, which T1 may have set already.
//! Tells nobody who does not have the alert, and nothing after an alert of the episode has told of T2.

use std::sync::Arc;

use crate::domain::alert::{Conflicts, Timer, TimerKind, TimerState};
use crate::domain::delivery::{DeliveryState, Purpose};
use crate::domain::directory::Directory;
use crate::domain::event::EventKind;
use crate::domain::submission::Exercise;
use crate::domain::{
    AlertKind, AlertRecord, Delivery, Letter, MailboxId, Priority, Rule, Span, Timestamp, View,
};

use super::super::decide::task;
use super::super::escalation::{self, Climb, first_rung};
use super::super::partners::CADT;
use super::super::sketch::EventSketch;
use super::super::triggers::{self, Ask, Trigger};
use super::super::{Clocks, clock, routing, sharing, standing};
use super::fixed;
use super::starting::{Started, duty_of};

/// Arms the clock of the episode, unless it has one or has told of T2 already.
pub(super) fn start(started: &Started<'_>, timers: &mut Vec<Timer>) {
    let Started { submission, validated, context, .. } = *started;
    let is_open = standing::is_missing_still(submission, context);
    let is_training = submission.envelope.exercise == Exercise::Yes;
    let Some(facts) = submission.missing().filter(|_| is_open && !is_training) else { return };
    // The report that is told again starts its clock from what it says now; news does not.
    let is_again =
        submission.kind == AlertKind::MissingReported || context.replaces.corrected().is_some();
    let replaced = context.replaces.record().filter(|_| is_again);
    let is_other =
        |earlier: &&Arc<AlertRecord>| replaced.is_none_or(|replaced| replaced.id != earlier.id);
    let has_clock = |earlier: &Arc<AlertRecord>| {
        let runs = |timer: &Timer| {
            timer.kind == TimerKind::MissingLong && timer.state == TimerState::Armed
        };
        earlier.timers.iter().any(runs) || triggers::told_of_long(earlier)
    };
    let is_settled = triggers::holds(&validated.repeats, Trigger::T2)
        || context.episode.iter().filter(is_other).any(has_clock);
    let desk = duty_of(context, CADT).filter(|_| !is_settled);
    if let Some(desk) = desk {
        let longest = context.clocks.thresholds.missing_span();
        let over = triggers::missing_since(facts, context).plus(longest).plus(Span::millis(1));
        timers.push(fixed(TimerKind::MissingLong, over, desk));
    }
}

/// Whether the clock is due, which asks what the episode has told.
pub(crate) fn is_due(timer: &Timer, now: Timestamp) -> bool {
    timer.kind == TimerKind::MissingLong && timer.state == TimerState::Armed && timer.due.at <= now
}

/// Tells of T2 once; how the clock ends.
pub(super) fn fire(
    climb: &mut Climb<'_>,
    (directory, clocks): (&Directory, &Clocks),
    timer: &Timer,
    now: Timestamp,
) -> TimerState {
    let stands = |record: &&AlertRecord| record.after.superseded_by.is_none();
    if episode(climb).filter(stands).any(triggers::told_of_long) {
        return TimerState::Cancelled;
    }
    let fired = EventSketch::of(EventKind::TriggerFired).by_rules(&[Rule::T2]).counting(1);
    climb.events.push(fired.because(timer.kind.as_str()).due(Some(timer.due)));
    let conflicts = climb.conflicts;
    let telling = Telling { directory, clocks, conflicts, timer, now };
    let asked = sharing::told_of(&timer.mailbox, conflicts, (directory, now));
    if !is_asked(climb, &asked) {
        telling.ask(climb, &asked);
    }
    let numbers: Vec<u32> = leads(&climb.record).map(|delivery| delivery.number).collect();
    for number in numbers {
        telling.raise(climb, number, &asked);
    }
    TimerState::Fired
}

fn episode<'a>(climb: &'a Climb<'_>) -> impl Iterator<Item = &'a AlertRecord> {
    climb.beside.iter().map(Arc::as_ref).chain([&climb.record])
}

/// Whether T1 has set the task in this episode. That T1 is taken back is told to the same inbox by a task under the same
/// rule, so of an even number nothing is left.
fn is_asked(climb: &Climb<'_>, mailbox: &MailboxId) -> bool {
    let is_its = |delivery: &&Delivery| {
        delivery.purpose == Purpose::Task
            && delivery.mailbox == *mailbox
            && delivery.routes.contains(&Rule::T1)
    };
    let tasks = episode(climb).flat_map(|record| &record.deliveries).filter(is_its).count();
    !tasks.is_multiple_of(2)
}

/// Who has a P1 at P1 (domain 5.3): front door and police, and whoever has the alert as urgently as they do. Look-outs,
/// information copies, schools and the missing service keep their own pace.
fn leads(record: &AlertRecord) -> impl Iterator<Item = &Delivery> {
    let is_live = |delivery: &&Delivery| {
        delivery.purpose == Purpose::Alert && !matches!(delivery.state, DeliveryState::Ended(_))
    };
    let first = record.deliveries.iter().filter(is_live).map(|delivery| delivery.priority).min();
    record.deliveries.iter().filter(is_live).filter(move |delivery| {
        let leads = matches!(delivery.letter, Letter::C | Letter::CL | Letter::P);
        let follows =
            matches!(delivery.letter, Letter::A | Letter::E | Letter::H1 | Letter::S | Letter::T);
        let is_whole = delivery.view == View::Standard;
        is_whole && (leads || (Some(delivery.priority) == first && !follows))
    })
}

/// What the clock of an episode tells.
struct Telling<'a> {
    directory: &'a Directory,
    clocks: &'a Clocks,
    conflicts: &'a Conflicts,
    timer: &'a Timer,
    now: Timestamp,
}

impl Telling<'_> {
    /// The front door's task: "strategy meeting?".
    fn ask(&self, climb: &mut Climb<'_>, mailbox: &MailboxId) {
        self.task(climb, mailbox, (Ask::StrategyMeeting.priority(), Ask::StrategyMeeting.as_str()));
    }

    fn task(
        &self,
        climb: &mut Climb<'_>,
        mailbox: &MailboxId,
        (priority, reason): (Priority, &str),
    ) {
        let due = routing::due_at((self.directory, self.clocks), mailbox, priority, self.now);
        let new = task(0, mailbox, priority, self.now);
        let number = climb.add(Delivery { due, routes: vec![Rule::T2], ..new });
        let created = EventSketch::of(EventKind::TaskCreated).to(number, mailbox).due(due);
        climb.events.push(created.by_rules(&[Rule::T2]).because(reason));
    }

    /// One recipient has the episode at P1. What nobody has taken yet climbs in the steps of P1; who has taken it is told
    /// by a task, unless that is the inbox that is `asked` already.
    fn raise(&self, climb: &mut Climb<'_>, number: u32, asked: &MailboxId) {
        let Some(held) = climb.record.delivery(number).cloned() else { return };
        let is_answered = escalation::is_answered(&climb.record, number);
        // Taken, or everybody was called: there is no ladder to go on with.
        if (is_answered || held.rung.is_none()) && held.mailbox != *asked {
            let said = (Priority::P1, self.timer.kind.as_str());
            self.task(climb, &held.mailbox, said);
        }
        if is_answered || held.priority == Priority::P1 {
            return;
        }
        let is_closed = !clock::is_office_hours(self.now);
        if held.mailbox.agency_code() == CADT && held.row != Rule::D0 && is_closed {
            self.to_out_of_hours(climb, &held);
            return;
        }
        let due =
            routing::due_at((self.directory, self.clocks), &held.mailbox, Priority::P1, self.now);
        let raised = escalation::raised(&held, due, (self.now, self.clocks));
        self.routed(climb, &raised);
        put(climb, raised);
    }

    /// A P1 of the front door outside its hours is the out-of-hours team's (domain 5.1).
    fn to_out_of_hours(&self, climb: &mut Climb<'_>, held: &Delivery) {
        let takers = sharing::out_of_hours(self.directory, self.conflicts, self.now);
        for mailbox in &takers {
            let has_it = |it: &Delivery| it.mailbox == *mailbox && it.purpose == Purpose::Alert;
            if climb.record.deliveries.iter().any(has_it) {
                continue;
            }
            let of = (self.directory, self.clocks);
            let due = routing::due_at(of, mailbox, Priority::P1, self.now);
            let agency = self.directory.agency_of(mailbox);
            let letter = agency.map_or(held.letter, |agency| match agency.code.as_str() {
                CADT => Letter::CL,
                _ => agency.letter,
            });
            let mut routes = held.routes.clone();
            routes.push(Rule::T2);
            let new = task(0, mailbox, Priority::P1, self.now);
            let number = climb.add(Delivery {
                letter,
                view: held.view,
                purpose: Purpose::Alert,
                routes,
                row: held.row,
                due,
                rung: first_rung(letter, Purpose::Alert, due),
                ..new
            });
            let said = EventSketch::of(EventKind::Forwarded).to(number, mailbox).due(due);
            climb.events.push(said.by_rules(&[Rule::T2]).because(self.timer.kind.as_str()));
        }
        // The clock moves with the alert: the front door's own ladder ends.
        if !takers.is_empty() {
            put(climb, Delivery { rung: None, ..held.clone() });
        }
    }

    fn routed(&self, climb: &mut Climb<'_>, raised: &Delivery) {
        let said = EventSketch::of(EventKind::RouteComputed).to(raised.number, &raised.mailbox);
        let said = said.by_rules(&[Rule::T2]).because(self.timer.kind.as_str());
        climb.events.push(said.due(raised.due));
    }
}

fn put(climb: &mut Climb<'_>, changed: Delivery) {
    let of = |delivery: &&mut Delivery| delivery.number == changed.number;
    if let Some(delivery) = climb.record.deliveries.iter_mut().find(of) {
        *delivery = changed;
    }
}
