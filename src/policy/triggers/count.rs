//! Counting episodes in a window of local dates, both ends inside.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::ledger::{Link, Past};
use crate::calendar;
use crate::domain::{AlertId, EpisodeId, Timestamp};

/// How many, and which.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Count {
    /// Episodes of confirmed links.
    pub confirmed: u32,
    /// Episodes that would count too if their link were confirmed.
    pub possible: u32,
    /// The alerts counted, one of each confirmed episode: the one that started first.
    pub from: Vec<AlertId>,
}

/// How far back a window reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Window {
    /// From the date so many days before today on: date(start) >= date(now) - days.
    Days(u32),
    /// While the same day number so many months after the start has not passed; without that day, the month's last.
    Months(u32),
}

impl Window {
    /// Whether something that started then is inside. Beyond the calendar's range nothing is.
    pub(super) fn holds(self, started: Timestamp, now: Timestamp) -> bool {
        let (start, today) = (local_date(started), local_date(now));
        match self {
            Self::Days(days) => {
                calendar::days_before(today, days).is_ok_and(|first| start >= first)
            }
            Self::Months(months) => i32::try_from(months)
                .ok()
                .and_then(|months| calendar::calendar_months(start, months).ok())
                .is_some_and(|last| today <= last),
        }
    }
}

/// The date in London.
pub(super) fn local_date(at: Timestamp) -> Date {
    calendar::local_date(at.to_jiff())
}

/// Counts the episodes of which an alert `counts` and that started inside the window.
///
/// An episode starts with its earliest alert (domain 5.9: the earlier clock is kept).
pub(super) fn count(
    events: &[Past],
    (window, now): (Window, Timestamp),
    counts: impl Fn(&Past) -> bool,
) -> Count {
    let mut episodes: BTreeMap<EpisodeId, Vec<&Past>> = BTreeMap::new();
    for past in events {
        episodes.entry(past.episode).or_default().push(past);
    }
    let mut found = Count::default();
    for alerts in episodes.values() {
        let is_of = |sure: bool| {
            let kept = alerts.iter().filter(|past| !sure || past.link == Link::Confirmed);
            let kept: Vec<&&Past> = kept.collect();
            let first = kept.iter().min_by_key(|past| (past.started, past.alert))?;
            let counted = kept.iter().any(|past| counts(past));
            (counted && window.holds(first.started, now)).then_some(first.alert)
        };
        if let Some(first) = is_of(true) {
            found.confirmed = found.confirmed.saturating_add(1);
            found.from.push(first);
        } else if is_of(false).is_some() {
            found.possible = found.possible.saturating_add(1);
        }
    }
    found
}
