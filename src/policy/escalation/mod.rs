//! What happens when time passes and nobody answers (domain 5.2).
//!
//! L1 and L2 are people of the recipient agency and see its view. L3 and L4 are outside it and see the
//! envelope only, unless their own agency is itself a recipient. A level nobody on the rota can take is
//! skipped, said so, and the next is called at once; the last is called in any case. Climbing twice at one
//! instant does nothing twice.

use std::sync::Arc;

mod ladder;
mod outcome;
mod raising;
mod rota;

pub use outcome::{CLOSING_NOTE_MIN, acknowledged, declined};
pub(crate) use raising::Raising;
pub use rota::{Duty, RotaEnds, duty, is_staffed, rotas_ending};

use super::clocks::Clocks;
use super::follow_on;
use super::sketch::EventSketch;
use crate::domain::alert::{Conflicts, TimerState};
use crate::domain::delivery::{Purpose, Rung};
use crate::domain::directory::Directory;
use crate::domain::{AlertRecord, Deadline, Delivery, Event, EventKind, Letter, Timestamp, View};

/// What one look at an alert changes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Steps {
    /// The record as it must stand; its version is the caller's to raise. Equal where nothing was due.
    pub record: AlertRecord,
    /// What to record, of the others too, without ids; empty where nothing was due.
    pub events: Vec<Event>,
    /// The other alerts of the episode that change with it, as they must stand; their versions are the caller's too.
    pub others: Vec<AlertRecord>,
}

/// Another alert of the episode.
#[derive(Clone, Debug)]
pub struct Beside {
    /// The alert.
    pub record: Arc<AlertRecord>,
    /// From whom it is kept.
    pub conflicts: Conflicts,
}

/// The first rung of a new delivery: at its deadline. None at P5, for schools and for anything that is no
/// alert: an Encompass deadline is the sender's to miss.
#[must_use]
pub fn first_rung(letter: Letter, purpose: Purpose, due: Option<Deadline>) -> Option<Rung> {
    let has_ladder = matches!(purpose, Purpose::Alert | Purpose::OutOfHoursCopy);
    let due = due.filter(|_| has_ladder && letter != Letter::E)?;
    Some(Rung { level: 1, at: due.at })
}

/// Fires what is due at `now`: timers, then rungs. Nobody is called from whom the alert is kept.
#[must_use]
pub fn steps(
    record: &AlertRecord,
    conflicts: &Conflicts,
    now: Timestamp,
    (directory, clocks): (&Directory, &Clocks),
) -> Steps {
    steps_in((record, &[]), conflicts, now, (directory, clocks))
}

/// Whether what is due for the alert depends on the other alerts of its episode: then take its [`steps_in`] that.
#[must_use]
pub fn needs_episode(record: &AlertRecord, now: Timestamp) -> bool {
    record.timers.iter().any(|timer| follow_on::asks_of_the_episode(timer, now))
}

/// The [`steps`] of an alert beside the others of its episode.
#[must_use]
pub fn steps_in(
    (record, beside): (&AlertRecord, &[Beside]),
    conflicts: &Conflicts,
    now: Timestamp,
    (directory, clocks): (&Directory, &Clocks),
) -> Steps {
    let mut climb = Climb::of(record, beside, conflicts);
    follow_on::fire(&mut climb, (directory, clocks), now);
    ladder::call(&mut climb, (directory, clocks), now);
    if climb.events.is_empty() && climb.record != *record {
        // Everything that was due had been settled by a person.
        climb.events.push(EventSketch::of(EventKind::TaskDone));
    }
    climb.steps()
}

/// Ends every ladder and clock of an alert whose key is destroyed: there is nothing left to take or to tell. The purge
/// of copies stays retention's.
#[must_use]
pub fn over(record: &AlertRecord) -> Steps {
    let mut after = record.clone();
    after.deliveries.iter_mut().for_each(|delivery| delivery.rung = None);
    for timer in after.timers.iter_mut().filter(|timer| !follow_on::is_purge(timer.kind)) {
        if timer.state == TimerState::Armed {
            timer.state = TimerState::Cancelled;
        }
    }
    if after == *record {
        return Steps { record: after, events: Vec::new(), others: Vec::new() };
    }
    let done = EventSketch::of(EventKind::TaskDone).because("KEY_DESTROYED").about(record);
    Steps { record: after, events: vec![done], others: Vec::new() }
}

/// Stops what a person's answer has settled: the ladder of a delivery whose rung was answered, and timers
/// that wait for the answer or for the alert's completion. Call it in the commit that records the answer.
#[must_use]
pub fn settled(mut record: AlertRecord) -> AlertRecord {
    let answered: Vec<u32> = record
        .deliveries
        .iter()
        .map(|delivery| delivery.number)
        .filter(|number| is_answered(&record, *number))
        .collect();
    for delivery in &mut record.deliveries {
        if answered.contains(&delivery.number) {
            delivery.rung = None;
        }
    }
    let done: Vec<bool> =
        record.timers.iter().map(|timer| follow_on::is_settled(&record, timer)).collect();
    for (timer, is_done) in record.timers.iter_mut().zip(done) {
        if is_done && timer.state == TimerState::Armed {
            timer.state = TimerState::Cancelled;
        }
    }
    record
}

/// Whether a person has taken the delivery, or one of its rungs.
#[must_use]
pub fn is_answered(record: &AlertRecord, number: u32) -> bool {
    answer_to(record, number).is_some()
}

/// The answer that stopped the ladder of a delivery: its own, else that of one of its rungs.
#[must_use]
pub fn answer_to(record: &AlertRecord, number: u32) -> Option<&Delivery> {
    let own = record.delivery(number).filter(|delivery| delivery.is_acknowledged());
    own.or_else(|| {
        record.deliveries.iter().find(|delivery| {
            let is_its_rung = delivery.of == Some(number) && delivery.purpose.level().is_some();
            is_its_rung && delivery.is_acknowledged()
        })
    })
}

/// Characters of the note that says how the agency was reached, at least (domain 5.2).
pub const TAKEN_OVER_NOTE_MIN: usize = 20;

/// Whether whoever answers this delivery takes it over from an agency that did not: a rung of the ladder outside the
/// recipient agency. Only a person of that agency stops its ladder by a bare acknowledgement.
#[must_use]
pub fn takes_over(record: &AlertRecord, delivery: &Delivery) -> bool {
    let of = delivery.purpose.level().and(delivery.of);
    let unanswered = of.and_then(|number| record.delivery(number));
    unanswered.is_some_and(|unanswered| {
        let is_other = unanswered.mailbox.agency_code() != delivery.mailbox.agency_code();
        is_other || delivery.view == View::Ladder
    })
}

/// The record while its steps are taken.
pub(crate) struct Climb<'a> {
    pub(crate) record: AlertRecord,
    /// The other alerts of its episode, where what is due asks for them.
    pub(crate) beside: &'a [Beside],
    /// From whom the alert is kept.
    pub(crate) conflicts: &'a Conflicts,
    pub(crate) events: Vec<EventSketch>,
    /// What becomes of those others.
    pub(crate) others: Vec<Steps>,
}

impl<'a> Climb<'a> {
    /// Nothing has been done yet.
    pub(crate) fn of(record: &AlertRecord, beside: &'a [Beside], conflicts: &'a Conflicts) -> Self {
        let (events, others) = (Vec::new(), Vec::new());
        Self { record: record.clone(), beside, conflicts, events, others }
    }

    /// The record as it has become, and what to record of it.
    pub(crate) fn steps(self) -> Steps {
        let Self { record, events, others: beside, .. } = self;
        let about = |sketch: EventSketch| sketch.about(&record);
        let mut events: Vec<Event> = events.into_iter().map(about).collect();
        let mut others = Vec::new();
        for steps in beside {
            events.extend(steps.events);
            others.push(steps.record);
        }
        Steps { record, events, others }
    }

    /// Adds a delivery under the next number and says that it was queued.
    pub(crate) fn add(&mut self, delivery: Delivery) -> u32 {
        let number = u32::try_from(self.record.deliveries.len()).unwrap_or(u32::MAX);
        let delivery = Delivery { number, ..delivery };
        self.events.push(super::decide::queued(&delivery));
        self.record.deliveries.push(delivery);
        number
    }
}

#[cfg(test)]
mod answers;
#[cfg(test)]
mod sealed;
#[cfg(test)]
mod tests;
