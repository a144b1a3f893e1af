//! What an answer sets going: a clock for what comes of an acknowledgement, the next call after a decline (domain 5.2).

use super::super::clocks::Clocks;
use super::super::follow_on;
use super::{first_rung, is_answered, takes_over};
use crate::domain::alert::{Timer, TimerKind};
use crate::domain::delivery::{AckOutcome, Purpose, Rung};
use crate::domain::{AlertKind, AlertRecord, Delivery, Letter, Timestamp};

/// Characters of the note that says what came of an alert, at least.
pub const CLOSING_NOTE_MIN: usize = 10;

/// The record with a clock for what must come of the delivery `number`, which somebody has just taken. None where that
/// person said so at once, for a task, at P5, and for who took over from another agency: that agency must act.
/// Call it in the commit that records the acknowledgement.
#[must_use]
pub fn acknowledged(
    mut record: AlertRecord,
    number: u32,
    now: Timestamp,
    clocks: &Clocks,
) -> AlertRecord {
    let Some(delivery) = record.delivery(number) else { return record };
    let is_open = delivery.is_acknowledged() && delivery.closed.is_none();
    let is_alert = match delivery.purpose {
        Purpose::Alert | Purpose::OutOfHoursCopy => true,
        Purpose::Level1 | Purpose::Level2 | Purpose::Level3 | Purpose::Level4 => {
            !takes_over(&record, delivery)
        }
        Purpose::Task | Purpose::Recall => false,
    };
    let decides = accepts_attendance(&record, delivery).then(|| delivery.mailbox.clone());
    let due = clocks.outcome_due(delivery.priority, now).filter(|_| is_open && is_alert);
    if let Some(at) = due {
        let timer = follow_on::fixed(TimerKind::OutcomeDue, at, delivery.mailbox.clone());
        record.timers.push(Timer { delivery: Some(number), ..timer });
    }
    if let Some(desk) = decides {
        let timer = follow_on::fixed(TimerKind::ReferralDecisionDue, now, desk);
        record.timers.push(Timer { delivery: Some(number), ..timer });
    }
    record
}

/// Whether the front door has just accepted an attendance with a hard marker: it decides as about a referral (R12), and
/// once, whoever of it accepts first.
fn accepts_attendance(record: &AlertRecord, delivery: &Delivery) -> bool {
    let is_accepted =
        delivery.acknowledged.as_ref().is_some_and(|(_, outcome)| *outcome == AckOutcome::Accepted);
    let decides = |timer: &Timer| timer.kind == TimerKind::ReferralDecisionDue;
    record.kind == AlertKind::AlcoholAttendance
        && delivery.letter == Letter::C
        && matches!(delivery.purpose, Purpose::Alert | Purpose::OutOfHoursCopy)
        && is_accepted
        && !record.timers.iter().any(decides)
}

/// The record with the next call due at once, because the delivery `number` was declined: the duty manager, also about
/// what has no acknowledgement clock; the next level, where a level that was called declines. Call it in the commit that
/// records it.
#[must_use]
pub fn declined(mut record: AlertRecord, number: u32, now: Timestamp) -> AlertRecord {
    let Some(delivery) = record.delivery(number) else { return record };
    let (of, level) = match (delivery.of, delivery.purpose.level()) {
        (Some(of), Some(level)) => (of, level.saturating_add(1)),
        (Some(_) | None, _) => (number, 1),
    };
    let is_alert = matches!(delivery.purpose, Purpose::Alert | Purpose::OutOfHoursCopy);
    let has_no_clock = first_rung(delivery.letter, delivery.purpose, delivery.due).is_none();
    let is_answered = is_answered(&record, of);
    let unanswered = record.deliveries.iter_mut().find(|delivery| delivery.number == of);
    let Some(unanswered) = unanswered.filter(|_| !is_answered) else { return record };
    match &mut unanswered.rung {
        Some(rung) if rung.level == level => rung.at = rung.at.min(now),
        Some(_) => {}
        None if is_alert && has_no_clock => unanswered.rung = Some(Rung { level: 1, at: now }),
        None => {}
    }
    record
}
