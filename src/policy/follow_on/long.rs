//! T2 by the clock (domain 5.8): a child who has been missing for longer than 24 hours without a break.
//!
//! Owns when the clock of an episode starts and what it raises: front door and police have the episode at P1 from then
//! on, by every alert of it that is out, and the front door is asked whether a strategy meeting is needed – by one task, which T1 may have set already.
//! Tells nobody who does not have the alert, and nothing after an alert of the episode has told of T2.

use std::sync::Arc;

use crate::domain::alert::{Timer, TimerKind, TimerState};
use crate::domain::delivery::{DeliveryState, Purpose};
use crate::domain::directory::Directory;
use crate::domain::event::EventKind;
use crate::domain::submission::Exercise;
use crate::domain::{
    AlertKind, AlertRecord, Delivery, Letter, MailboxId, Priority, Rule, Span, Timestamp, View,
};

use super::super::escalation::{self, Climb, Raising};
use super::super::partners::CADT;
use super::super::sketch::EventSketch;
use super::super::triggers::{self, Ask, Trigger};
use super::super::{Clocks, recall, sharing, standing};
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

/// Tells of T2 once, by every alert of the episode that is still out; how the clock ends.
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
    let (rules, reason) = (&[Rule::T2], timer.kind.as_str());
    let raising = Raising { directory, clocks, rules, reason, now };
    let asked = sharing::told_of(&timer.mailbox, climb.conflicts, (directory, now));
    if !is_asked(climb, &asked) {
        let ask = Ask::StrategyMeeting;
        raising.task(climb, &asked, (ask.priority(), ask.as_str()));
    }
    // Whose ladder goes on anywhere in the episode hears by that.
    let open = episode(climb).flat_map(|record| leads(record).map(move |it| (record, it)));
    let open = open.filter(|(record, it)| it.rung.is_some() && !is_taken(record, it));
    let mut told: Vec<MailboxId> = open.map(|(_, it)| it.mailbox.clone()).collect();
    told.push(asked);
    raise(climb, &raising, &mut told);
    for beside in climb.beside.iter().filter(|beside| is_out(&beside.record)) {
        let mut other = Climb::of(&beside.record, &[], &beside.conflicts);
        raise(&mut other, &raising, &mut told);
        if !other.events.is_empty() {
            climb.others.push(other.steps());
        }
    }
    TimerState::Fired
}

/// Front door and police have the alert at P1. What nobody has taken yet climbs in the steps of P1; who has taken it, or
/// was called to the end, is told by a task, once in the episode.
fn raise(climb: &mut Climb<'_>, raising: &Raising<'_>, told: &mut Vec<MailboxId>) {
    let numbers: Vec<u32> = leads(&climb.record).map(|delivery| delivery.number).collect();
    for number in numbers {
        let Some(held) = climb.record.delivery(number).cloned() else { continue };
        let has_no_ladder = held.rung.is_none() || is_taken(&climb.record, &held);
        if has_no_ladder && !told.contains(&held.mailbox) {
            told.push(held.mailbox.clone());
            raising.tell(climb, &held.mailbox, Priority::P1);
        }
        raising.raise(climb, number, Priority::P1);
    }
}

fn is_taken(record: &AlertRecord, delivery: &Delivery) -> bool {
    escalation::is_answered(record, delivery.number)
}

/// Whether the alert tells that the child is missing, and is still out: neither replaced nor recalled.
fn is_out(record: &AlertRecord) -> bool {
    let is_open = matches!(record.kind, AlertKind::MissingReported | AlertKind::MissingUpdated);
    is_open && record.after.superseded_by.is_none() && !recall::is_recalled(record)
}

fn episode<'a>(climb: &'a Climb<'_>) -> impl Iterator<Item = &'a AlertRecord> {
    climb.beside.iter().map(|beside| &*beside.record).chain([&climb.record])
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
