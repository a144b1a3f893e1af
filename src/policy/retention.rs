//! What must go, and when (domain 7.8).

use crate::domain::alert::{Timer, TimerKind, TimerState};
use crate::domain::delivery::EndReason;
use crate::domain::{AlertRecord, Event, EventId, EventKind, Timestamp};

/// What one look at an alert ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Purge {
    /// The record as it must stand; its version is the caller's to raise.
    pub record: AlertRecord,
    /// LOOKOUT_PURGED for each copy; ids and alert are the caller's to fill in.
    pub events: Vec<Event>,
}

/// Ends the look-out copies whose hour has passed (domain 7.8: 1 h after found). None when nothing is due.
#[must_use]
pub fn purge(record: &AlertRecord, now: Timestamp) -> Option<Purge> {
    let mut after = record.clone();
    let mut events = Vec::new();
    for timer in after.timers.iter_mut().filter(|timer| is_due(timer, now)) {
        timer.state = TimerState::Fired;
        let held = after.deliveries.iter_mut().find(|it| Some(it.number) == timer.delivery);
        let Some(delivery) = held else { continue };
        *delivery = delivery.clone().end(EndReason::LookoutPurged);
        let event = Event::new(EventId::from_bytes([0; 16]), EventKind::LookoutPurged);
        let mut event = event.to(delivery.number, &delivery.mailbox);
        event.deadline = Some(timer.due);
        events.push(event);
    }
    (!events.is_empty()).then_some(Purge { record: after, events })
}

fn is_due(timer: &Timer, now: Timestamp) -> bool {
    timer.kind == TimerKind::LookoutPurge && timer.state == TimerState::Armed && timer.due.at <= now
}
