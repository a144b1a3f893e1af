//! Copies that are out already and are more urgent from now on: what nobody has taken climbs in the steps of the new
//! priority, who has taken it is told by a task.
//!
//! Owns how a delivery is raised, never lowered. Which ones, and why, is whoever's who found the reason: T2 by the clock
//! (domain 5.8), another alert about the same event (5.9). The rows that sent a copy stay its rows; the entry names those
//! that raise it. Nobody gets a copy who had none, but for the out-of-hours team that acts for the front door (5.1).

use super::super::decide::task;
use super::super::partners::CADT;
use super::super::sketch::EventSketch;
use super::super::{Clocks, clock, routing, sharing};
use super::{Climb, first_rung, is_answered, ladder};
use crate::domain::delivery::Purpose;
use crate::domain::directory::Directory;
use crate::domain::event::EventKind;
use crate::domain::{Delivery, Letter, MailboxId, Priority, Rule, Timestamp};

/// Why copies are raised, and with what.
#[derive(Clone, Copy)]
pub(crate) struct Raising<'a> {
    pub(crate) directory: &'a Directory,
    pub(crate) clocks: &'a Clocks,
    /// The rules that entries name.
    pub(crate) rules: &'a [Rule],
    /// The reason that entries name.
    pub(crate) reason: &'a str,
    pub(crate) now: Timestamp,
}

impl Raising<'_> {
    /// Asks an inbox for something, beside the alert.
    pub(crate) fn task(
        &self,
        climb: &mut Climb<'_>,
        mailbox: &MailboxId,
        (priority, reason): (Priority, &str),
    ) {
        let due = routing::due_at((self.directory, self.clocks), mailbox, priority, self.now);
        let new = task(0, mailbox, priority, self.now);
        let number = climb.add(Delivery { due, routes: self.rules.to_vec(), ..new });
        let created = EventSketch::of(EventKind::TaskCreated).to(number, mailbox).due(due);
        climb.events.push(created.by_rules(self.rules).because(reason));
    }

    /// Tells whoever has taken a delivery, or whose ladder is at its end, that it is as urgent as that: by a task.
    pub(crate) fn tell(&self, climb: &mut Climb<'_>, mailbox: &MailboxId, to: Priority) {
        self.task(climb, mailbox, (to, self.reason));
    }

    /// One recipient that has not taken its delivery has it as urgently as that.
    pub(crate) fn raise(&self, climb: &mut Climb<'_>, number: u32, to: Priority) {
        let Some(held) = climb.record.delivery(number).cloned() else { return };
        if held.priority <= to || is_answered(&climb.record, number) {
            return;
        }
        let is_closed = to.is_urgent() && !clock::is_office_hours(self.now);
        if held.mailbox.agency_code() == CADT && held.row != Rule::D0 && is_closed {
            self.forward_by_night(climb, &held, to);
            return;
        }
        let due = routing::due_at((self.directory, self.clocks), &held.mailbox, to, self.now);
        let raised = ladder::raised(&held, (to, due), (self.now, self.clocks));
        let said = EventSketch::of(EventKind::RouteComputed).to(raised.number, &raised.mailbox);
        climb.events.push(said.by_rules(self.rules).because(self.reason).due(raised.due));
        put(climb, raised);
    }

    /// What is urgent for the front door outside its hours is the out-of-hours team's (domain 5.1).
    fn forward_by_night(&self, climb: &mut Climb<'_>, held: &Delivery, to: Priority) {
        let takers = sharing::out_of_hours(self.directory, climb.conflicts, self.now);
        for mailbox in &takers {
            let has_it = |it: &Delivery| it.mailbox == *mailbox && it.purpose == Purpose::Alert;
            if climb.record.deliveries.iter().any(has_it) {
                continue;
            }
            let due = routing::due_at((self.directory, self.clocks), mailbox, to, self.now);
            let agency = self.directory.agency_of(mailbox);
            let letter = agency.map_or(held.letter, |agency| match agency.code.as_str() {
                CADT => Letter::CL,
                _ => agency.letter,
            });
            let mut routes = held.routes.clone();
            routes.extend(self.rules.iter().filter(|rule| !held.routes.contains(rule)));
            let new = task(0, mailbox, to, self.now);
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
            climb.events.push(said.by_rules(self.rules).because(self.reason));
        }
        // The clock moves with the alert: the front door's own ladder ends.
        if !takers.is_empty() {
            put(climb, Delivery { rung: None, ..held.clone() });
        }
    }
}

fn put(climb: &mut Climb<'_>, changed: Delivery) {
    let of = |delivery: &&mut Delivery| delivery.number == changed.number;
    if let Some(delivery) = climb.record.deliveries.iter_mut().find(of) {
        *delivery = changed;
    }
}
