//! A trigger that holds no more, or of less than was told: who hears, and by what (domain 4.5.6, 5.8).
//!
//! Owns who was told of a trigger, by the deliveries of the alerts that told of it, and the tasks by which they hear that it
//! is taken back: one for each inbox, however many triggers. What is taken back is found by whoever counts: the correction
//! itself when it is decided, and [`super::recount`] for what else rested on what has changed.

use super::Clocks;
use super::decide::trigger_task;
use super::sharing;
use super::sketch::EventSketch;
use super::triggers::{Ask, Trigger};
use crate::domain::alert::Conflicts;
use crate::domain::delivery::{DeliveryState, Purpose};
use crate::domain::directory::Directory;
use crate::domain::{AlertRecord, Delivery, Letter, MailboxId, Rule, Timestamp};

/// Who is told, and when.
#[derive(Clone, Copy)]
pub(super) struct TakingBack<'a> {
    /// By whose deliveries people were told: the alert itself, and those whose place it took.
    pub(super) told: &'a [&'a AlertRecord],
    /// From whom it is kept.
    pub(super) conflicts: &'a Conflicts,
    pub(super) directory: &'a Directory,
    pub(super) clocks: &'a Clocks,
    pub(super) now: Timestamp,
}

impl TakingBack<'_> {
    /// Whether anybody was told of it.
    pub(super) fn was_told(&self, trigger: Trigger) -> bool {
        self.telling(trigger).next().is_some()
    }

    /// The tasks, which stand after `before` deliveries, each with what to record.
    pub(super) fn tasks(
        &self,
        triggers: &[Trigger],
        before: usize,
    ) -> Vec<(Delivery, EventSketch)> {
        let mut told: Vec<(MailboxId, Vec<Trigger>)> = Vec::new();
        for trigger in triggers {
            for held in self.telling(*trigger).filter(|it| is_live(it)) {
                let by = (self.directory, self.now);
                let mailbox = sharing::told_of(&held.mailbox, self.conflicts, by);
                match told.iter_mut().find(|(known, _)| *known == mailbox) {
                    Some((_, of)) if of.contains(trigger) => {}
                    Some((_, of)) => of.push(*trigger),
                    None => told.push((mailbox, vec![*trigger])),
                }
            }
        }
        let with = (self.directory, self.clocks, self.now);
        let numbered = told.iter().zip(before..);
        let task = |((mailbox, of), before): (&(MailboxId, Vec<Trigger>), usize)| {
            trigger_task(before, mailbox, (Ask::TriggerWithdrawn, of), with)
        };
        numbered.map(task).collect()
    }

    fn telling(&self, trigger: Trigger) -> impl Iterator<Item = &Delivery> {
        let all = self.told.iter().flat_map(|record| &record.deliveries);
        all.filter(move |delivery| tells_of(delivery, trigger))
    }
}

const fn is_live(delivery: &Delivery) -> bool {
    !matches!(delivery.state, DeliveryState::Ended(_))
}

/// Whether a delivery told of the trigger: its rows rest on it, its copy carries the marker REPEAT (T3), or whoever has
/// it told the hub's flag by its decision (T6).
fn tells_of(delivery: &Delivery, trigger: Trigger) -> bool {
    let rests_on: &[Rule] = match trigger {
        Trigger::T1 => &[Rule::T1],
        Trigger::T2 => &[Rule::T2],
        Trigger::T3 => &[Rule::T3, Rule::R12a],
        Trigger::T4 => &[Rule::T4, Rule::R23],
        Trigger::T5 => &[Rule::T5, Rule::R23],
        Trigger::T6 => &[Rule::T6],
        Trigger::T7 => &[Rule::T7],
    };
    let sees_markers =
        matches!(delivery.letter, Letter::C | Letter::H1 | Letter::H2 | Letter::L | Letter::X);
    let is_alert = delivery.purpose == Purpose::Alert;
    let has_marker = trigger == Trigger::T3 && is_alert && sees_markers;
    // The front door has it on its own decision.
    let has_flag = trigger == Trigger::T6 && is_alert && delivery.letter == Letter::C;
    has_marker || has_flag || delivery.routes.iter().any(|rule| rests_on.contains(rule))
}
