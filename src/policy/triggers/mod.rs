//! Repeat triggers T1–T7 (domain 5.8) and duplicate episodes (domain 5.9).
//!
//! Owns what counts, over which window of local dates, when a count is news and when it is taken back, and what a
//! trigger asks of whom. Counts what it is handed: the events of one confirmed person, or of one confirmed pair.
//! A link that nobody confirmed is never counted; where it would make the difference that is said, as a possible
//! repeat (domain 4.5). A trigger decides nothing about anybody: it asks a person to look.
//!
//! An event is taken with [`History::with`], judged with [`find()`], and what must be asked of people is [`asked`].
//! After a correction, a recall, an unlinking or a split, [`counted_again`] says what that takes back of what was told.

mod asks;
mod count;
mod crossing;
mod find;
mod folding;
mod judge;
mod known;
mod ledger;
mod marac;
mod pair_case;
mod thresholds;

#[cfg(test)]
mod tests;

use crate::domain::Rule;
use crate::domain::codes::code_list;
pub use crate::domain::counted::MaracRepeat;

pub(crate) use asks::asks_of;
pub use asks::{Ask, Asked, asked};
pub use count::Count;
pub use crossing::News;
pub use find::{Danger, Finding, Standing, counted_again, find};
pub(crate) use folding::folded;
pub use folding::{Family, duplicate_of};
pub use judge::{NOTHING_KNOWN, Repeats, THIS};
pub(crate) use judge::{
    fires, holds, judge, missing_since, replaced_by, taken_back_by_correction, told_of_long,
};
pub use known::{event_of, known, same_event, same_event_as, split};
pub use ledger::{Changed, Contact, History, Link, Past, Told, What};
pub use marac::{MaracDates, Pair, legacy_repeat, repeat};
pub use pair_case::{anchor_stands, pair_case};

pub use thresholds::{Bound, Thresholds, ThresholdsError};

code_list! {
    /// A trigger of domain 5.8. T4-legacy is no trigger: it is for the NI 32 report only, see [`legacy_repeat`].
    Trigger {
        /// Missing, so many episodes in so many days.
        T1 = 1 => "T1",
        /// Missing: long, young, or an exploitation flag.
        T2 = 2 => "T2",
        /// Attended because of alcohol again.
        T3 = 3 => "T3",
        /// MARAC repeat.
        T4 = 4 => "T4",
        /// Domestic abuse between the same pair, so many notifications.
        T5 = 5 => "T5",
        /// A referral again.
        T6 = 6 => "T6",
        /// Contacts and no referral.
        T7 = 7 => "T7",
    }
}

impl Trigger {
    /// The rule as audit entries name it.
    #[must_use]
    pub const fn rule(self) -> Rule {
        match self {
            Self::T1 => Rule::T1,
            Self::T2 => Rule::T2,
            Self::T3 => Rule::T3,
            Self::T4 => Rule::T4,
            Self::T5 => Rule::T5,
            Self::T6 => Rule::T6,
            Self::T7 => Rule::T7,
        }
    }
}
