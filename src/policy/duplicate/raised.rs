//! The copies of an alert that are out when another about the same event is more urgent (domain 5.9: the higher risk is
//! kept). Never lowered, and nobody gets a copy by it.

use super::super::Clocks;
use super::super::escalation::{Climb, Raising, Steps, is_answered};
use crate::domain::alert::Conflicts;
use crate::domain::delivery::{DeliveryState, Purpose};
use crate::domain::directory::Directory;
use crate::domain::{AlertRecord, Delivery, EventKind, Letter, Rule, Timestamp, View};

/// One alert about an event as it stands beside another about it, `urgent`. Who has both has both as urgently as the more
/// urgent copy; front door and police have what the other one did not go to them for as urgently as that alert. Whoever has
/// taken it and gets nothing of the other hears by a task, but its own sender. No events where nothing changes.
///
/// Only what is kept from nobody is linked, so nobody stands in anybody's place.
#[must_use]
pub fn raised(
    (record, urgent): (&AlertRecord, &AlertRecord),
    (directory, clocks, now): (&Directory, &Clocks, Timestamp),
) -> Steps {
    let kept = Conflicts::default();
    let mut climb = Climb::of(record, &[], &kept);
    if record.risk >= urgent.risk && record.priority <= urgent.priority {
        return climb.steps();
    }
    let reason = EventKind::DuplicateLinked.as_str();
    for held in record.deliveries.iter().filter(|it| is_live(it)) {
        let same = urgent.deliveries.iter().find(|it| is_same_place(it, held));
        let (to, rules) = match same {
            Some(same) => (same.priority, same.routes.clone()),
            None if leads(held) => (urgent.priority, most_urgent_rows(urgent)),
            None => continue,
        };
        let raising = Raising { directory, clocks, rules: &rules, reason, now };
        if held.rung.is_some() && !is_answered(record, held.number) {
            raising.raise(&mut climb, held.number, to);
            continue;
        }
        let hears = urgent.deliveries.iter().any(|it| it.mailbox == held.mailbox)
            || held.mailbox.agency_code() == urgent.sender.as_str();
        if to < held.priority && !hears {
            raising.tell(&mut climb, &held.mailbox, to);
        }
    }
    climb.steps()
}

/// The rows by which the alert went out most urgently.
fn most_urgent_rows(alert: &AlertRecord) -> Vec<Rule> {
    let live = || alert.deliveries.iter().filter(|it| is_live(it));
    let first = live().map(|it| it.priority).min();
    let mut rows: Vec<Rule> =
        live().filter(|it| Some(it.priority) == first).flat_map(|it| it.routes.clone()).collect();
    rows.sort_unstable();
    rows.dedup();
    rows
}

fn leads(delivery: &Delivery) -> bool {
    let is_of_them = matches!(delivery.letter, Letter::C | Letter::CL | Letter::P);
    is_of_them && delivery.view == View::Standard
}

fn is_live(delivery: &Delivery) -> bool {
    delivery.purpose == Purpose::Alert && !matches!(delivery.state, DeliveryState::Ended(_))
}

fn is_same_place(one: &Delivery, other: &Delivery) -> bool {
    is_live(one)
        && one.mailbox == other.mailbox
        && one.view == other.view
        && one.setting == other.setting
}
