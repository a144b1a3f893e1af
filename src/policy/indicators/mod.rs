//! Indicators (domain 08): figures of the hub's own events, exact, with what they rest on.
//!
//! Owns definitions, exclusions, rounding (half up to one decimal, by exact fractions, never floats), and what must
//! not be published: cells of 1 to 5 are "c", and so is what would give them away. Reads plain facts, one type a kind,
//! that a service derives from what the hub stores; decides nothing about who may ask. A denominator of 0 is "not
//! applicable", never 0 %. A figure whose facts the hub does not have is "not computable" and says why.
//!
//! Counts confirmed people only, an episode once however many alerts told of it, no training; of what was corrected the
//! correction, of what was recalled nothing. What is left out is counted beside the figure, by why. A fact is of the period
//! of its own day; one that the hub was told of more than 31 days later is of the day on which it was told.

mod caf;
mod exact;
mod facts;
mod figure;
mod marac;
mod missing;
mod operations;
mod pathway;
mod period;
mod publish;
mod referrals;
mod report;
mod timeliness;

#[cfg(test)]
mod tests;

pub use caf::{NoAuditedDenominator, rated_of_registered};
pub use exact::{Exact, Tenths, percentage};
pub use facts::{
    Acknowledgement, AgeGroup, Assessment, AssessmentKind, Attendance, CafAudit, CafRating,
    CafRegistered, Ended, Facts, FrontDoorContact, Interview, Known, MissingEnd, MissingEpisode,
    Notification, Operation, PairCase, Referrer, Share, Source, Standing, counted_on, link_of,
};
pub use figure::{Exclusion, Figure, Indicator, Value};
pub use missing::{SelfAssessment, SelfAssessmentError};
pub use period::{LATE_DAYS, Period, PeriodError};
pub use publish::{Cell, Published, PublishedValue, partition, publish};
pub use report::{Asked, report};

/// The version of the definitions, stated with every figure. One more with every change of one.
pub const INDICATORS_VERSION: u32 = 2;

/// The id of every indicator, once.
pub const IDS: &[&str] = &[
    "NI 32",
    "NI 32 current",
    "NI 59",
    "NI 60",
    "Assessments",
    "NI 68",
    "Re-referrals",
    "ni68_flow",
    "Alcohol injury",
    "NI 71",
    "NI 71 evidence",
    "RHI rate",
    "PATH",
    "OSS",
    "CAFQ",
    "Feedback",
    "Acknowledged",
    "Child impact",
    "Shares by basis",
];

/// What a figure is compared with, as people write it: `12% (national 23%)`.
#[must_use]
pub fn beside_national(ours: (u64, u64), national: (u64, u64)) -> String {
    let shown = |(numerator, denominator)| match percentage(numerator, denominator) {
        Some(percent) => format!("{}%", percent.shortest()),
        None => "not applicable".to_owned(),
    };
    format!("{} (national {})", shown(ours), shown(national))
}

/// The difference of two percentages in percentage points, from the exact fractions: `+11.3`, `-11`.
#[must_use]
pub fn points(now: (u64, u64), before: (u64, u64)) -> Option<String> {
    let difference = Exact::ratio(now.0, now.1)?.minus(Exact::ratio(before.0, before.1)?)?;
    Some(difference.times(100)?.signed_shortest())
}

/// A change of a count, with its percentage of what it was: `-5 (-9.6%)`.
#[must_use]
pub fn change(before: u64, after: u64) -> Option<String> {
    let difference = Exact::ratio(after, 1)?.minus(Exact::ratio(before, 1)?)?;
    let share = Exact::ratio(after, before)?.minus(Exact::ratio(1, 1)?)?.times(100)?;
    Some(format!("{} ({}%)", difference.signed_shortest(), share.signed_tenths()))
}
