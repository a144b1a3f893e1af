//! The clocks an alert starts besides its acknowledgements (domain 5.3, last column; 3.2; 6.4): one mechanism for all.
//!
//! `table` says of each kind of clock when it is due, what settles it and what it raises when nobody has; `starting`
//! which of them an alert starts and whose duty each is; `firing` raises. A clock is a [`Timer`] of the alert, an
//! instant of hub time: it survives a restart and no jump of the wall clock misses or doubles it. It fires once, in
//! one commit, or is cancelled in the commit of what settles it.
//!
//! Acknowledgement and its ladder are [`super::escalation`]'s; the purge of look-outs is retention's.

mod firing;
mod local;
mod long;
mod starting;
mod table;

pub use local::FollowOn;
pub use table::{Authority, lines};

pub(crate) use firing::fire;
pub(crate) use long::is_due as asks_of_the_episode;
pub(crate) use starting::{
    Started, answer_due_at, assessment_due, contact_due, decision_due, enquiries, interview_due,
    interview_owner, referral_expected, research_due, timers,
};
pub(crate) use table::{
    armed, due, ends_with_episode, fixed, is_purge, settled_by_news, waits_for_its_holder,
};

use super::escalation;
use crate::domain::AlertRecord;
use crate::domain::alert::{AlertStatus, Timer, TimerKind};
use crate::domain::delivery::DeliveryState;
use table::SettledBy;

/// Whether the alert that completes another starts a clock of this kind itself, from what is then known.
#[must_use]
pub const fn starts_again_on_completion(kind: TimerKind) -> bool {
    matches!(
        kind,
        TimerKind::S46Warning48
            | TimerKind::S46Warning60
            | TimerKind::S46Warning71
            | TimerKind::S46Expiry
            | TimerKind::EpoExpiry
            | TimerKind::MaracResearchDue
    )
}

/// Whether the timer has nothing to do any more, as the alert's own record tells. What news settles is told when the
/// news comes (see [`settled_by_news`]).
pub(crate) fn is_settled(record: &AlertRecord, timer: &Timer) -> bool {
    let answered = || timer.delivery.is_some_and(|number| escalation::is_answered(record, number));
    let opened = || {
        let delivery = timer.delivery.and_then(|number| record.delivery(number));
        delivery.is_some_and(|delivery| delivery.opened.is_some())
    };
    match table::plan(timer.kind).settled_by {
        SettledBy::Completion => record.status != AlertStatus::AcceptedIncomplete,
        SettledBy::Answer => answered(),
        SettledBy::OpeningOrAnswer => opened() || answered(),
        SettledBy::Outcome => {
            let delivery = timer.delivery.and_then(|number| record.delivery(number));
            delivery.is_none_or(|delivery| {
                delivery.closed.is_some() || matches!(delivery.state, DeliveryState::Ended(_))
            })
        }
        SettledBy::StopConfirmed => {
            let recalled = timer.delivery.and_then(|number| record.after.recall_of(number));
            recalled.is_none_or(|recalled| !recalled.is_open())
        }
        SettledBy::News { .. } | SettledBy::End | SettledBy::Nothing => false,
    }
}
