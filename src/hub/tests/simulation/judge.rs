//! The property a night must keep: each level is called once, at the first run of the driver at or after the time that
//! the table of domain 5.2 gives, and a ladder ends taken or at its top.
//!
//! The table stands here again, by hand, so that it is not the code under test that says when.

use super::{Called, Looks, Night, id, now};
use crate::calendar;
use crate::domain::alert::{TimerKind, TimerState};
use crate::domain::delivery::{DeliveryState, Purpose};
use crate::domain::directory::Cover;
use crate::domain::{
    AlertId, AlertRecord, Delivery, Event, EventKind, Letter, Position, Priority, Span, Timestamp,
};
use crate::record::decode_event;
use crate::store::Store;

/// One call of one level.
struct Call {
    at: Timestamp,
    level: u8,
    is_missed: bool,
}

/// A delivery with a ladder, and what became of it.
struct Ladder<'a> {
    night: &'a Night<'a>,
    record: &'a AlertRecord,
    delivery: &'a Delivery,
    calls: Vec<Call>,
    which: String,
}

impl Night<'_> {
    /// Judges every ladder of the night, and counts its calls.
    pub(super) fn judge(&self) -> Called {
        let log = log(&*self.store, Position(0));
        assert!(log.is_sorted_by_key(|(at, _)| *at), "the log goes forward");
        let mut called = Called::new();
        for alert in &self.sent {
            let record = self.record(*alert);
            for delivery in &record.deliveries {
                let calls = calls(&log, *alert, delivery.number);
                let which = format!("{} to {} of {alert}", delivery.number, delivery.mailbox);
                let ladder = Ladder { night: self, record: &record, delivery, calls, which };
                ladder.judge(&mut called);
            }
        }
        called
    }
}

impl Ladder<'_> {
    fn judge(&self, called: &mut Called) {
        let levels: Vec<u8> = self.calls.iter().map(|call| call.level).collect();
        let one_each: Vec<u8> = (1..).take(levels.len()).collect();
        assert_eq!(levels, one_each, "one call a level, none left out, in order: {}", self.which);
        let is_alert = matches!(self.delivery.purpose, Purpose::Alert | Purpose::OutOfHoursCopy);
        let Some(due) = self.delivery.due.filter(|_| is_alert && self.delivery.letter != Letter::E)
        else {
            let is_declined = self.delivery.declined.is_some() && is_alert;
            assert_eq!(levels.len(), usize::from(is_declined), "no clock: {}", self.which);
            return;
        };
        assert!(self.delivery.priority < Priority::P5, "P5 has no clock: {}", self.which);
        assert_eq!(self.delivery.rung, None, "nothing is left to call: {}", self.which);
        self.is_due_in_time(due.at);
        for call in &self.calls {
            let table = table(self.delivery.priority, due.at, call.level);
            let from = self.callable(call.level, table);
            let latest = first(&self.night.looks, from);
            let is_run = self.night.looks.whole.contains(&call.at)
                || self.night.looks.cut.contains(&call.at);
            assert!(is_run, "level {} out of a run: {}", call.level, self.which);
            assert!(
                from <= call.at && latest.is_some_and(|latest| call.at <= latest),
                "level {} from {from:?}, called at {:?}, the first run {latest:?}: {}",
                call.level,
                call.at,
                self.which
            );
            let sum = called.entry((self.delivery.priority, call.level)).or_default();
            sum[0] += u32::from(call.at == table);
            sum[1] += u32::from(call.at > table);
        }
        self.ends(due.at);
    }

    /// From when a level may be called: its time in the table, or at once where the level before it reached nobody or
    /// was declined.
    fn callable(&self, level: u8, table: Timestamp) -> Timestamp {
        let before = self.calls.iter().find(|call| call.level + 1 == level);
        let is_below = |it: &&Delivery| {
            it.of == Some(self.delivery.number) && it.purpose.level() == Some(level - 1)
        };
        let of_rungs = self.record.deliveries.iter().filter(is_below);
        let of_itself = (level == 1).then_some(self.delivery);
        let declined = of_itself.into_iter().chain(of_rungs);
        let declined = declined.filter_map(|it| Some(it.declined.as_ref()?.0.at)).min();
        let missed = before.filter(|call| call.is_missed).map(|call| call.at);
        let from = [declined, missed].into_iter().flatten().fold(table, Timestamp::min);
        // What EDT takes over at closing has the clock it already had, and is called about from then on.
        from.max(before.map_or(self.delivery.queued_at, |call| call.at))
    }

    /// The deadline is the one of domain 5.1, or an earlier clock that was taken over.
    fn is_due_in_time(&self, due: Timestamp) {
        let directory = &self.night.common.directory;
        let cover = directory.mailbox(&self.delivery.mailbox).unwrap().cover;
        let own = deadline(cover, self.delivery.priority, self.delivery.queued_at);
        let is_of_another = |record: &AlertRecord| {
            record.deliveries.iter().any(|it| {
                let is_it = record.id == self.record.id && it.number == self.delivery.number;
                !is_it && it.due.is_some_and(|it| it.at == due)
            })
        };
        let is_earlier = due < own
            && self.night.sent.iter().any(|alert| is_of_another(&self.night.record(*alert)));
        assert!(due == own || is_earlier, "due {due:?}, by the table {own:?}: {}", self.which);
    }

    /// Taken, ended, handed over or at the top – and until then no call was left out.
    fn ends(&self, due: Timestamp) {
        let top = if self.delivery.priority <= Priority::P2 { 4 } else { 3 };
        if self.calls.len() == top {
            self.nobody_after(self.taken());
            return;
        }
        let stopped = [self.taken(), self.handed_over()].into_iter().flatten().min();
        self.nobody_after(stopped);
        let is_over = matches!(self.delivery.state, DeliveryState::Ended(_));
        assert!(stopped.is_some() || is_over, "neither taken nor at the top: {}", self.which);
        let next = u8::try_from(self.calls.len() + 1).unwrap();
        let from = self.callable(next, table(self.delivery.priority, due, next));
        let missed = first(&self.night.looks, from).zip(stopped);
        assert!(
            missed.is_none_or(|(look, stopped)| look >= stopped),
            "level {next} was left out: {missed:?}: {}",
            self.which
        );
    }

    /// When somebody first took it: the desk itself, or one that was called.
    fn taken(&self) -> Option<Timestamp> {
        let number = self.delivery.number;
        let is_of = |it: &&Delivery| {
            it.number == number || (it.of == Some(number) && it.purpose.level().is_some())
        };
        let of_it = self.record.deliveries.iter().filter(is_of);
        of_it.filter_map(|it| Some(it.acknowledged.as_ref()?.0.at)).min()
    }

    fn nobody_after(&self, stopped: Option<Timestamp>) {
        let late = self.calls.iter().filter(|call| stopped.is_some_and(|at| call.at > at)).count();
        assert_eq!(late, 0, "nobody is called after somebody took it: {}", self.which);
    }

    /// When the front door closed and the out-of-hours team had it.
    fn handed_over(&self) -> Option<Timestamp> {
        let timer = self.record.timers.iter().find(|timer| {
            timer.kind == TimerKind::OutOfHoursHandover
                && timer.delivery == Some(self.delivery.number)
                && timer.state == TimerState::Fired
        })?;
        let edt = self.record.deliveries.iter().find(|it| {
            it.mailbox == id("EDT") && it.purpose == Purpose::Alert && it.queued_at >= timer.due.at
        });
        edt.map(|it| it.queued_at).or(Some(timer.due.at))
    }
}

/// The first whole run at or after an instant.
fn first(looks: &Looks, from: Timestamp) -> Option<Timestamp> {
    looks.whole.range(from..).next().copied()
}

/// Domain 5.1: when a person must have taken it.
fn deadline(cover: Cover, priority: Priority, queued: Timestamp) -> Timestamp {
    let is_open = match cover {
        Cover::AllHours => true,
        Cover::OfficeHours => calendar::is_office_hours(queued.to_jiff()),
        Cover::SchoolDays => panic!("schools have no clock"),
    };
    let minutes = |count| queued.plus(Span::minutes(count));
    match (priority, cover) {
        (Priority::P1, _) if is_open => minutes(15),
        (Priority::P2, _) if is_open => minutes(60),
        (Priority::P1 | Priority::P2, _) => working(queued, 60),
        (Priority::P3, Cover::AllHours) => minutes(4 * 60),
        (Priority::P3, _) => working(queued, 4 * 60),
        (_, Cover::AllHours) => minutes(8 * 60),
        (_, _) => working(queued, 8 * 60),
    }
}

/// Domain 5.2: P1 at +15, +30, +60, +120 minutes from the commit into the inbox, P2 at +60, +90, +120, +240; both counted
/// here from the deadline, which is the first of them. P3 and P4: two working hours and one working day after it.
fn table(priority: Priority, due: Timestamp, level: u8) -> Timestamp {
    let at =
        |minutes: [i64; 4]| due.plus(Span::minutes(minutes[usize::from(level) - 1] - minutes[0]));
    match priority {
        Priority::P1 => at([15, 30, 60, 120]),
        Priority::P2 => at([60, 90, 120, 240]),
        Priority::P3 | Priority::P4 => match level {
            1 => due,
            2 => working(due, 2 * 60),
            _ => working(due, 8 * 60),
        },
        Priority::P5 => panic!("P5 has no ladder"),
    }
}

fn working(from: Timestamp, minutes: u32) -> Timestamp {
    calendar::working_minutes(from.to_jiff(), minutes).unwrap().into()
}

/// The calls of one ladder in the order of the log.
fn calls(log: &[(Timestamp, Event)], alert: AlertId, delivery: u32) -> Vec<Call> {
    let is_its = |event: &Event| {
        event.kind == EventKind::Escalated
            && event.alert == Some(alert)
            && event.delivery == Some(delivery)
    };
    let its = log.iter().filter(|(_, event)| is_its(event));
    its.map(|(at, event)| Call {
        at: *at,
        level: event.level.unwrap(),
        is_missed: event.reason.as_deref() == Some("NOBODY_ON_DUTY"),
    })
    .collect()
}

/// Within one run the calls about one alert come in the order of their times, but where a level reached nobody or was
/// declined: there the next is called at once.
pub(super) fn are_in_order(record: &AlertRecord, log: &[(Timestamp, Event)]) -> bool {
    let calls = log.iter().filter_map(|(_, event)| {
        let is_call = event.kind == EventKind::Escalated && event.alert == Some(record.id);
        Some((event, event.delivery?, event.level?)).filter(|_| is_call)
    });
    let calls: Vec<_> = calls.collect();
    let is_plain = |number: u32, level: u8| {
        let is_declined = record
            .deliveries
            .iter()
            .any(|it| (it.number == number || it.of == Some(number)) && it.declined.is_some());
        let has_missed = |&(event, of, before): &(&Event, u32, u8)| {
            of == number && before + 1 == level && event.reason.is_some()
        };
        !is_declined && !calls.iter().any(has_missed)
    };
    let plain = calls.iter().filter(|(_, number, level)| is_plain(*number, *level));
    let times = plain.map(|(_, number, level)| {
        let delivery = record.delivery(*number).unwrap();
        table(delivery.priority, delivery.due.unwrap().at, *level)
    });
    times.is_sorted()
}

/// Every event from a position on, in the order of the log, with the time of its entry.
pub(super) fn log(store: &dyn Store, from: Position) -> Vec<(Timestamp, Event)> {
    let mut log = Vec::new();
    for entry in now(store.recorded_from(from, 100_000)).unwrap() {
        let at = entry.decode_leaf().unwrap().at;
        log.extend(entry.events.iter().map(|event| (at, decode_event(&event.bytes).unwrap())));
    }
    log
}
