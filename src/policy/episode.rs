//! What news does to the episode's earlier alerts.

use std::sync::Arc;

use super::Context;
use super::routing::{ends, is_confirmed_end};
use crate::domain::alert::{Timer, TimerKind, TimerState};
use crate::domain::delivery::DeliveryState;
use crate::domain::{
    AlertKind, AlertRecord, Deadline, DeadlineTag, Delivery, Span, Submission, View,
};

/// How the episode's earlier alerts change with this one. Put each changed record into the same commit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct EpisodeChanges {
    /// When look-out copies are purged; none while the child is missing or FOUND_UNCONFIRMED.
    purge_at: Option<Deadline>,
}

impl EpisodeChanges {
    /// A confirmed end purges the look-outs within an hour (R06, domain 7.8).
    pub(super) fn of(submission: &Submission, context: &Context<'_>) -> Self {
        let at = context.now.plus(Span::hours(1));
        let purge_at = is_confirmed_end(submission, context)
            .then_some(Deadline { at, tag: DeadlineTag::Default });
        Self { purge_at }
    }

    /// The earlier alert as it stands afterwards; equal where nothing changes.
    #[must_use]
    pub fn apply(&self, earlier: &AlertRecord) -> AlertRecord {
        let mut after = earlier.clone();
        let Some(due) = self.purge_at else { return after };
        let is_held = |delivery: &&Delivery| {
            let is_over = matches!(delivery.state, DeliveryState::Ended(_));
            delivery.view == View::Lookout && !is_over && !is_armed(earlier, delivery.number)
        };
        let purges = earlier.deliveries.iter().filter(is_held).map(|delivery| Timer {
            kind: TimerKind::LookoutPurge,
            due,
            mailbox: delivery.mailbox.clone(),
            delivery: Some(delivery.number),
            state: TimerState::Armed,
        });
        after.timers.extend(purges);
        after
    }
}

/// Whether an alert of this kind begins an episode of its own although it names this one: any report after the child
/// was found or was not missing, however soon (domain 3.5). While FOUND_UNCONFIRMED it belongs to it.
#[must_use]
pub fn begins_anew(kind: AlertKind, episode: &[Arc<AlertRecord>]) -> bool {
    kind == AlertKind::MissingReported
        && episode.iter().any(|earlier| ends(earlier.kind, &earlier.sender))
}

/// Found and then cancelled: the first purge stands.
fn is_armed(record: &AlertRecord, delivery: u32) -> bool {
    record
        .timers
        .iter()
        .any(|timer| timer.kind == TimerKind::LookoutPurge && timer.delivery == Some(delivery))
}
