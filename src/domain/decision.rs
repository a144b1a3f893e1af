//! The sharing decision for one alert and one recipient, as recorded.

use super::alert::Priority;
use super::codes::code_list;
use super::id::MailboxId;
use super::letter::{Letter, View};
use super::rule::Rule;

code_list! {
    /// What was decided (domain 6.5).
    ShareOutcome {
        /// The letter's standard view.
        Share = 1 => "share",
        /// A closed view or named parts.
        ShareLimited = 2 => "share limited",
        /// Nothing.
        Withhold = 3 => "withhold",
        /// To somebody else, because of a conflict of interest.
        AlternateRoute = 4 => "alternate route",
    }
}

code_list! {
    /// Lawful basis of the sharing (domain 6.2), UK GDPR Art 6 and DPA 2018.
    Basis6 {
        /// Legal obligation.
        LegalObligation = 1 => "6C",
        /// Vital interests.
        VitalInterests = 2 => "6D",
        /// Public task.
        PublicTask = 3 => "6E",
        /// Recognised legitimate interest: safeguarding.
        RecognisedInterest = 4 => "6EA",
        /// Legitimate interests with balancing.
        LegitimateInterests = 5 => "6F",
        /// Consent.
        Consent = 6 => "6A",
    }
}

/// Where one alert was routed and what was decided about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SharingDecision {
    /// The mailbox it was routed to (after the out-of-hours swap).
    pub mailbox: MailboxId,
    /// The letter under which the matrix was read.
    pub letter: Letter,
    /// The routing rules that named this mailbox, ascending.
    pub routes: Vec<Rule>,
    /// The delivery's priority.
    pub priority: Priority,
    /// The sharing row that decided.
    pub row: Rule,
    /// Every sharing row that applied, ascending, the deciding one among them.
    pub applicable: Vec<Rule>,
    /// The outcome.
    pub outcome: ShareOutcome,
    /// The view the copy is cut by.
    pub view: View,
    /// The lawful basis recorded for it; none when withheld.
    pub basis: Option<Basis6>,
    /// Whether the basis was filled in by the hub because the sender's record was not coherent (domain 6.4).
    pub provisional: bool,
}
