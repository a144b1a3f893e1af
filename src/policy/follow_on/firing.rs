//! What a clock raises when it is due and nobody has settled it.

use crate::domain::alert::{Timer, TimerState};
use crate::domain::delivery::{DeliveryState, Purpose};
use crate::domain::directory::{Directory, MailboxRole};
use crate::domain::event::EventKind;
use crate::domain::{Delivery, Letter, MailboxId, Priority, Rule, Timestamp, View};

use super::super::decide::task;
use super::super::escalation::{Climb, first_rung};
use super::super::partners::{CADT, EDT};
use super::super::sketch::EventSketch;
use super::super::{Clocks, consent, disagreement, routing, sharing};
use super::table::{self, Fires, Whom};
use super::{is_settled, long};

/// Fires every armed timer due at `now`, but the purge of copies: that is retention's.
pub(crate) fn fire(
    climb: &mut Climb<'_>,
    (directory, clocks): (&Directory, &Clocks),
    now: Timestamp,
) {
    let due: Vec<(usize, Timer)> = climb
        .record
        .timers
        .iter()
        .enumerate()
        .filter(|(_, timer)| timer.state == TimerState::Armed && timer.due.at <= now)
        .filter(|(_, timer)| table::plan(timer.kind).fires != Fires::Purge)
        .map(|(index, timer)| (index, timer.clone()))
        .collect();
    for (index, timer) in due {
        let state = if is_settled(&climb.record, &timer) {
            TimerState::Cancelled
        } else {
            fired(climb, (directory, clocks), &timer, now)
        };
        if let Some(timer) = climb.record.timers.get_mut(index) {
            timer.state = state;
        }
    }
}

fn fired(
    climb: &mut Climb<'_>,
    (directory, clocks): (&Directory, &Clocks),
    timer: &Timer,
    now: Timestamp,
) -> TimerState {
    if table::plan(timer.kind).fires == Fires::MissingLong {
        return long::fire(climb, (directory, clocks), timer, now);
    }
    let mut raise = Raise { climb, directory, clocks, timer, now };
    match table::plan(timer.kind).fires {
        Fires::Tells(event, tells) => {
            raise.event(event);
            tells.iter().for_each(|(whom, priority)| raise.tell(*whom, *priority));
        }
        Fires::Handover => raise.handover(),
        Fires::Joins => raise.joins(),
        Fires::ConsentTakesEffect => consent::take_effect(climb, (directory, clocks, now)),
        Fires::NextStage => disagreement::next_stage(climb, timer, (directory, clocks, now)),
        Fires::Purge | Fires::MissingLong => {}
    }
    TimerState::Fired
}

/// What a timer that fires raises.
struct Raise<'a, 'c> {
    climb: &'a mut Climb<'c>,
    directory: &'a Directory,
    clocks: &'a Clocks,
    timer: &'a Timer,
    now: Timestamp,
}

impl Raise<'_, '_> {
    fn event(&mut self, kind: EventKind) {
        let event =
            EventSketch::of(kind).due(Some(self.timer.due)).because(self.timer.kind.as_str());
        self.climb.events.push(match self.timer.delivery {
            Some(number) => event.to(number, &self.timer.mailbox),
            None => event.at_mailbox(&self.timer.mailbox),
        });
    }

    fn task(&mut self, mailbox: &MailboxId, priority: Priority, letter: Letter) {
        let (directory, now) = (self.directory, self.now);
        let mailbox = sharing::told_of(mailbox, self.climb.conflicts, (directory, now));
        let new = task(0, &mailbox, priority, self.now);
        let due = Some(self.timer.due);
        self.climb.add(Delivery { letter, due, of: self.timer.delivery, ..new });
    }

    /// A task for whom the clock's line names; none where the front door is told of its own duty.
    fn tell(&mut self, whom: Whom, priority: Priority) {
        let holder = self.timer.mailbox.clone();
        let own = self.directory.agency_of(&holder).map_or(Letter::T, |agency| agency.letter);
        let letter = if whom.is_sender() { Letter::T } else { own };
        if whom == Whom::FrontDoor {
            if holder.agency_code() != CADT
                && let Some(front_door) = self.mailbox_of(CADT, MailboxRole::Duty)
            {
                self.task(&front_door, priority, Letter::C);
            }
            return;
        }
        let role = whom.role();
        let named = role.and_then(|role| self.mailbox_of(holder.agency_code(), role));
        self.task(&named.unwrap_or(holder), priority, letter);
    }

    /// The inbox becomes a recipient by D7, at P3 and with its own clock (domain 5.6); where it must not know, whoever
    /// stands in its place does by D0. Nothing where it has the alert already.
    fn joins(&mut self) {
        let by_rule = self.timer.mailbox.clone();
        let (directory, now) = (self.directory, self.now);
        let mailbox = sharing::told_of(&by_rule, self.climb.conflicts, (directory, now));
        let is_there = |it: &Delivery| it.mailbox == mailbox && it.purpose == Purpose::Alert;
        if self.climb.record.deliveries.iter().any(is_there) {
            return;
        }
        let row = if mailbox == by_rule { Rule::D7 } else { Rule::D0 };
        let letter = directory.agency_of(&by_rule).map_or(Letter::Z, |agency| agency.letter);
        let due = routing::due_at((directory, self.clocks), &mailbox, Priority::P3, now);
        let rung = first_rung(letter, Purpose::Alert, due);
        let new = task(0, &mailbox, Priority::P3, now);
        let view = View::Standard;
        let purpose = Purpose::Alert;
        let (is_d7, reason) = (row == Rule::D7, self.timer.kind.as_str());
        let computed = EventSketch::of(EventKind::RouteComputed).at_mailbox(&mailbox);
        self.climb.events.push(computed.by_rules(&[row]).because(reason));
        if !is_d7 {
            let applied = EventSketch::of(EventKind::CoiApplied).at_mailbox(&mailbox);
            self.climb.events.push(applied.by_rules(&[Rule::D0, Rule::D7]));
        }
        self.climb.add(Delivery { letter, view, purpose, row, due, rung, ..new });
    }

    /// The out-of-hours team takes over what the front door still holds, with the clock it already has.
    fn handover(&mut self) {
        let held = self.timer.delivery.and_then(|number| self.climb.record.delivery(number));
        let Some(held) = held.cloned() else { return };
        let is_there = self.climb.record.deliveries.iter().any(|delivery| {
            delivery.mailbox == self.timer.mailbox && delivery.purpose == Purpose::Alert
        });
        if !is_there {
            // Where EDT must not have it, whoever has it in EDT's place has it under D0 (domain 5.7).
            let is_edt = self.timer.mailbox.agency_code() == EDT;
            let row = if is_edt { held.row } else { Rule::D0 };
            let agency = self.directory.agency_of(&self.timer.mailbox);
            let letter = match agency {
                Some(agency) if agency.code.as_str() == CADT => Letter::CL,
                Some(agency) => agency.letter,
                None => held.letter,
            };
            let number = self.climb.add(Delivery {
                mailbox: self.timer.mailbox.clone(),
                letter,
                row,
                purpose: Purpose::Alert,
                of: None,
                queued_at: self.now,
                rung: first_rung(letter, Purpose::Alert, held.due),
                state: DeliveryState::Queued,
                sequence: None,
                delivered: None,
                confirmed: None,
                opened: None,
                declined: None,
                closed: None,
                held_by: None,
                ..held.clone()
            });
            let said = EventSketch::of(EventKind::Forwarded).to(number, &self.timer.mailbox);
            self.climb.events.push(said.because(self.timer.kind.as_str()).due(held.due));
        }
        // The clock moves with the alert: the front door's own ladder ends.
        let of = |delivery: &&mut Delivery| delivery.number == held.number;
        if let Some(delivery) = self.climb.record.deliveries.iter_mut().find(of) {
            delivery.rung = None;
        }
    }

    fn mailbox_of(&self, code: &str, role: MailboxRole) -> Option<MailboxId> {
        let code = crate::domain::AgencyCode::try_from(code).ok()?;
        let agency = self.directory.agencies.get(&code)?;
        let mailbox = match role {
            MailboxRole::Duty => routing::duty_mailbox(agency),
            MailboxRole::Manager
            | MailboxRole::Lead
            | MailboxRole::HeadOfService
            | MailboxRole::Director
            | MailboxRole::Deputy => agency.mailbox(role),
        };
        mailbox.map(|mailbox| mailbox.id.clone())
    }
}
