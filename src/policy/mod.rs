//! Decisions: who may do what, where an alert goes, what may be shared and in which copy, what happens when
//! nobody answers. Pure: everything it needs is handed in, the time too.
//!
//! One alert passes [`validate`], then [`decide()`]: routes, sharing decisions, deliveries, timers and events,
//! ready to be put into one record and one commit. What happens afterwards, when time passes, is
//! [`escalation`].

pub mod access;
pub mod age;
pub mod area;
pub mod chronology;
pub mod consent;
pub mod disagreement;
pub mod duplicate;
pub mod escalation;
pub mod follow_on;
pub mod indicators;
pub mod matching;
pub mod recall;
pub mod retention;
pub mod routing;
pub mod sender_view;
pub mod sharing;
pub mod triggers;
pub mod validation;
pub mod views;

mod advised;
mod clock;
mod clocks;
mod counted;
mod decide;
mod episode;
mod hub_facts;
mod measures;
mod partners;
pub mod recount;
mod referral;
mod sketch;
pub mod staff;
mod stage;
mod standing;
mod supersession;

#[cfg(test)]
pub(crate) mod fixtures;

use std::sync::Arc;

pub use clocks::{Clocks, OutcomeClock, RoutineClock, UrgentClock};
pub use counted::counted;
pub use decide::{Decision, decide};
pub use episode::{EpisodeChanges, begins_anew};
pub use measures::Measures;
pub use routing::contact::{DutyContact, emergency_contact};
pub use sharing::conflicts_left;
pub use supersession::{Moved, Replaces, may_replace, speaks_for};
pub use validation::{Rejected, Validated, minimum_priority, validate};

use crate::domain::alert::Conflicts;
use crate::domain::directory::{Agency, Directory};
use crate::domain::{AlertRecord, Timestamp, UserId};

/// The version of the rules, recorded with what they decided. One more with every change of a table.
pub const POLICY_VERSION: u32 = 1;

/// What a decision on a submission rests on besides the submission.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The directory at one version.
    pub directory: &'a Directory,
    /// Hub time, read once for the whole use case.
    pub now: Timestamp,
    /// The earlier alerts of the episode the alert joins, in order; empty for a new one.
    pub episode: &'a [Arc<AlertRecord>],
    /// The earlier alert whose place this one takes.
    pub replaces: Replaces<'a>,
    /// From whom those earlier alerts are kept.
    pub kept_from: &'a Conflicts,
    /// The agency of the sender's certificate.
    pub sender: &'a Agency,
    /// The duty manager with whose own certificate it was sent, where it was: the only approval that counts.
    pub approver: Option<&'a UserId>,
    /// The decision maker with whose own certificate it was sent, where it was: nobody else decides on a referral.
    pub decision_maker: Option<&'a UserId>,
    /// The local clocks of this deployment.
    pub clocks: Clocks,
    /// What is known from before of the persons of the alert.
    pub repeats: &'a triggers::Repeats,
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod scenarios;
#[cfg(test)]
mod tables;
