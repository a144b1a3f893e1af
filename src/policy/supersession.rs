//! What an alert takes over from the one whose place it takes: its clocks (domain 3.3 `supersedes`, 3.13 Correction).
//!
//! Whoever has not taken the earlier alert must take this one, by the earlier of the two deadlines and as urgently as
//! the more urgent of them; its ladder goes on where it stood, so nobody is called twice. What somebody has taken
//! is not touched. A correction also cancels what was not handed out: nobody is sent what is known to be wrong.

use super::sketch::EventSketch;
use super::{escalation, follow_on};
use crate::domain::alert::{Timer, TimerKind, TimerState};
use crate::domain::delivery::{DeliveryState, EndReason, Purpose, Rung};
use crate::domain::{AlertKind, AlertRecord, Delivery, EventKind, Letter, Rule};

/// The earlier alert of the same sender and episode whose place an alert takes.
#[derive(Clone, Copy, Debug)]
pub enum Replaces<'a> {
    /// None.
    Nothing,
    /// This one, by news of what it told, or by the same told whole.
    Updates(&'a AlertRecord),
    /// This one, which was wrong.
    Corrects(&'a AlertRecord),
}

impl<'a> Replaces<'a> {
    /// The earlier alert.
    #[must_use]
    pub const fn record(self) -> Option<&'a AlertRecord> {
        match self {
            Self::Nothing => None,
            Self::Updates(record) | Self::Corrects(record) => Some(record),
        }
    }

    /// The earlier alert, where it was wrong.
    #[must_use]
    pub const fn corrected(self) -> Option<&'a AlertRecord> {
        match self {
            Self::Corrects(record) => Some(record),
            Self::Nothing | Self::Updates(_) => None,
        }
    }
}

/// Whether an alert of the kind can take the place of that one. A decision names what was decided on; it takes the place
/// of an earlier decision only.
#[must_use]
pub fn may_replace(kind: AlertKind, earlier: AlertKind) -> bool {
    let is_of_front_door = |kind| matches!(kind, AlertKind::ReferralDecision | AlertKind::Feedback);
    kind == earlier || !(is_of_front_door(kind) || is_of_front_door(earlier))
}

/// Whether what took the place of an alert tells the same event anew: then the earlier one counts for nobody any more. News
/// of another kind leaves the report standing.
#[must_use]
pub fn speaks_for(newer: &AlertRecord, earlier: &AlertRecord) -> bool {
    newer.kind == earlier.kind
}

/// What leaves the earlier alert. Empty where nothing does.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Moved {
    /// Deliveries whose clock runs with the new alert's.
    deliveries: Vec<u32>,
    /// Deliveries that are not handed out any more.
    cancelled: Vec<u32>,
    /// Timers, by their place in the record.
    timers: Vec<usize>,
}

impl Moved {
    /// The earlier alert as it stands afterwards.
    #[must_use]
    pub fn apply(&self, earlier: &AlertRecord) -> AlertRecord {
        let mut after = earlier.clone();
        for delivery in &mut after.deliveries {
            if self.deliveries.contains(&delivery.number) {
                delivery.rung = None;
                delivery.due = None;
            }
            if self.cancelled.contains(&delivery.number) {
                *delivery = delivery.clone().end(EndReason::Cancelled);
            }
        }
        for (place, timer) in after.timers.iter_mut().enumerate() {
            if self.timers.contains(&place) {
                timer.state = TimerState::Cancelled;
            }
        }
        after
    }

    /// What to record of the earlier alert; its id is the caller's to fill in.
    pub(super) fn events(&self, earlier: &AlertRecord) -> Vec<EventSketch> {
        let cancelled = self.cancelled.iter().filter_map(|number| earlier.delivery(*number));
        let said = cancelled.map(|delivery| {
            let event = EventSketch::of(EventKind::Recalled);
            event.to(delivery.number, &delivery.mailbox).by_rules(&[Rule::R57]).because("CORRECTED")
        });
        said.collect()
    }
}

/// Moves the clocks of what nobody has taken to the new alert's deliveries.
pub(super) fn take_over(replaces: Replaces<'_>, deliveries: &mut [Delivery]) -> Moved {
    let mut moved = Moved::default();
    let Some(earlier) = replaces.record() else { return moved };
    for old in earlier.deliveries.iter().filter(|old| is_held(old)) {
        if replaces.corrected().is_some() && old.state == DeliveryState::Queued {
            moved.cancelled.push(old.number);
        }
        if !waits(old) || escalation::is_answered(earlier, old.number) {
            continue;
        }
        if let Some(new) = deliveries.iter_mut().find(|new| is_same_place(old, new)) {
            join(old, new);
            moved.deliveries.push(old.number);
        }
    }
    moved
}

/// Whether a clock runs for the delivery: its ladder, or a school's time to have been told.
fn waits(delivery: &Delivery) -> bool {
    let is_notice = delivery.letter == Letter::E && delivery.due.is_some();
    delivery.rung.is_some() || (is_notice && delivery.opened.is_none())
}

/// Moves the timers of the deliveries that were moved, and of a correction those that the corrected facts set anew.
pub(super) fn take_over_timers(
    (replaces, moved): (Replaces<'_>, &mut Moved),
    deliveries: &[Delivery],
    timers: &mut Vec<Timer>,
) {
    let Some(earlier) = replaces.record() else { return };
    for (place, old) in earlier.timers.iter().enumerate() {
        if old.state != TimerState::Armed {
            continue;
        }
        // One clock an episode: the report that takes the other's place has its own.
        let is_anew = old.kind == TimerKind::MissingLong
            && timers.iter().any(|timer| timer.kind == TimerKind::MissingLong);
        if is_anew || (replaces.corrected().is_some() && is_set_by_facts(old.kind)) {
            moved.timers.push(place);
            continue;
        }
        let of = old.delivery.and_then(|number| earlier.delivery(number));
        let Some(of) = of.filter(|of| moved.deliveries.contains(&of.number)) else { continue };
        let new = deliveries.iter().find(|new| is_same_place(of, new));
        // A look-out's copy goes when its own hour comes.
        let Some(new) = new.filter(|_| old.kind != TimerKind::LookoutPurge) else { continue };
        moved.timers.push(place);
        let is_same = |timer: &&mut Timer| {
            timer.kind == old.kind
                && timer.delivery == Some(new.number)
                && timer.mailbox == old.mailbox
        };
        match timers.iter_mut().find(is_same) {
            Some(timer) if old.due.at < timer.due.at => timer.due = old.due,
            Some(_) => {}
            None => timers.push(Timer { delivery: Some(new.number), ..old.clone() }),
        }
    }
}

/// The new delivery is due when the old one was, if that is sooner, and its ladder goes on where the old one's stood.
fn join(old: &Delivery, new: &mut Delivery) {
    new.priority = new.priority.most_urgent(old.priority);
    new.due = match (old.due, new.due) {
        (Some(old), Some(new)) if new.at < old.at => Some(new),
        (old, new) => old.or(new),
    };
    new.rung = match (old.rung, new.due) {
        (Some(Rung { level: 1, at }), Some(due)) => Some(Rung { level: 1, at: due.at.min(at) }),
        (rung, _) => rung,
    };
}

/// Whether a delivery is the alert's own and its recipient has or will have it.
fn is_held(delivery: &Delivery) -> bool {
    matches!(delivery.purpose, Purpose::Alert | Purpose::OutOfHoursCopy)
        && !matches!(delivery.state, DeliveryState::Ended(_))
}

/// A look-out is not the word that it has ended: the view must be the same.
fn is_same_place(old: &Delivery, new: &Delivery) -> bool {
    is_held(new) && old.mailbox == new.mailbox && old.setting == new.setting && old.view == new.view
}

/// Whether the clock runs from something the alert tells, so that the corrected alert starts its own or none.
const fn is_set_by_facts(kind: TimerKind) -> bool {
    matches!(kind, TimerKind::RhiWarning | TimerKind::RhiDue)
        || follow_on::starts_again_on_completion(kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::alert::{AlertKind, Priority};
    use crate::domain::delivery::AckOutcome;
    use crate::domain::{Risk, UserId};
    use crate::policy::fixtures::*;

    const SENT: &str = "2026-10-23T22:40+01:00";
    const LATER: &str = "2026-10-23T23:00+01:00";

    fn sent() -> AlertRecord {
        let alert = missing_child().risk(Risk::Medium).stating(Priority::P2);
        AlertRecord::clone(&record_of(&alert, SENT))
    }

    /// A new alert at 23:00 to whom the first went, all at P3.
    fn news() -> Vec<Delivery> {
        let alert = missing_child().kind(AlertKind::MissingUpdated).risk(Risk::Medium);
        let episode = [std::sync::Arc::new(sent())];
        taken_in(alert, LATER, &episode, &directory()).1.deliveries
    }

    fn to<'a>(deliveries: &'a [Delivery], name: &str) -> &'a Delivery {
        deliveries.iter().find(|delivery| delivery.mailbox == mailbox(name)).unwrap()
    }

    #[test]
    fn what_nobody_has_taken_is_due_when_it_was_and_climbs_one_ladder() {
        let earlier = sent();
        let mut new = news();

        let moved = take_over(Replaces::Updates(&earlier), &mut new);

        let edt = to(&new, "EDT");
        assert_eq!(edt.due, to(&earlier.deliveries, "EDT").due, "the earlier deadline");
        assert_eq!(edt.priority, Priority::P2, "as urgently as before");
        assert_eq!(edt.rung, to(&earlier.deliveries, "EDT").rung);
        let after = moved.apply(&earlier);
        assert!(after.deliveries.iter().all(|delivery| delivery.rung.is_none()));
        assert!(after.deliveries.iter().all(|delivery| delivery.due.is_none()));
        let queued = |delivery: &Delivery| delivery.state == DeliveryState::Queued;
        assert!(after.deliveries.iter().all(queued), "the earlier one still goes out, before it");
    }

    #[test]
    fn a_ladder_that_has_begun_goes_on_where_it_stood() {
        let mut earlier = sent();
        earlier.deliveries[0].rung = Some(Rung { level: 3, at: at("2026-10-24T00:40+01:00") });
        let mut new = news();

        take_over(Replaces::Updates(&earlier), &mut new);

        assert_eq!(to(&new, "EDT").rung, earlier.deliveries[0].rung, "nobody is called twice");
    }

    #[test]
    fn what_somebody_has_taken_is_not_touched_and_the_new_alert_has_its_own_clock() {
        let mut earlier = sent();
        let user = UserId::try_from("u-1301").unwrap();
        let taken = earlier.deliveries[0].clone().hand_out(1, at(SENT)).unwrap();
        earlier.deliveries[0] = taken.acknowledge(user, AckOutcome::Accepted, at(SENT)).unwrap();
        let before = news();
        let mut new = before.clone();

        let moved = take_over(Replaces::Updates(&earlier), &mut new);

        assert_eq!(to(&new, "EDT"), to(&before, "EDT"));
        assert_eq!(moved.apply(&earlier).deliveries[0], earlier.deliveries[0]);
    }

    #[test]
    fn a_correction_keeps_back_what_was_not_handed_out_and_says_so() {
        let mut earlier = sent();
        earlier.deliveries[0] = earlier.deliveries[0].clone().hand_out(1, at(SENT)).unwrap();
        let mut new = news();

        let moved = take_over(Replaces::Corrects(&earlier), &mut new);

        let after = moved.apply(&earlier);
        assert_eq!(after.deliveries[0].state, DeliveryState::Delivered);
        let ended = DeliveryState::Ended(EndReason::Cancelled);
        assert!(after.deliveries[1..].iter().all(|delivery| delivery.state == ended));
        let said: Vec<_> =
            moved.events(&earlier).into_iter().map(EventSketch::into_event).collect();
        assert_eq!(said.len(), earlier.deliveries.len().checked_sub(1).unwrap());
        assert!(said.iter().all(|event| event.kind == EventKind::Recalled));
    }
}
