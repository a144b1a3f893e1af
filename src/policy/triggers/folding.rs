//! Duplicate episodes (domain 5.9): two alerts about one event. They are linked under one episode and never merged;
//! both are kept and shown, both senders are answered, and one is counted. A human may split them again.

use super::Thresholds;
use super::ledger::{History, Link, Past, What};
use crate::domain::codes::code_list;
use crate::domain::{Span, Timestamp};

code_list! {
    /// Kinds that may tell of the same event.
    Family {
        /// Missing reports.
        Missing = 1 => "MISSING",
        /// Attendances because of alcohol.
        Attendance = 2 => "ATTENDANCE",
        /// Notifications of domestic abuse between the same parties.
        DomesticAbuse = 3 => "DOMESTIC_ABUSE",
        /// Contacts with the front door: each is one of its own.
        Contact = 4 => "CONTACT",
    }
}

impl Family {
    /// The family of an event.
    #[must_use]
    pub const fn of(what: &What) -> Self {
        match what {
            What::Missing { .. } => Self::Missing,
            What::Attendance => Self::Attendance,
            What::DomesticAbuse { .. } => Self::DomesticAbuse,
            What::Contact(_) => Self::Contact,
        }
    }

    /// How far apart two starts may be; nothing where the family has no duplicates.
    fn apart(self, thresholds: &Thresholds) -> Option<Span> {
        let hours = match self {
            Self::Missing => thresholds.same_missing_hours,
            Self::Attendance => thresholds.same_attendance_hours,
            Self::DomesticAbuse => thresholds.same_incident_hours,
            Self::Contact => return None,
        };
        Some(Span::hours(i64::from(hours)))
    }
}

/// The earlier event that a new one is a duplicate of: of the same family, confirmed or STRONG, started within the
/// family's hours before or after; the nearest of them. A missing episode that has ended has no duplicates. What a
/// human has split is never linked with that episode again.
///
/// The caller links the new alert under the episode of the event found; the earlier deadline and the higher risk of
/// the two are kept.
#[must_use]
pub fn duplicate_of<'a>(
    new: &Past,
    known: &'a History,
    thresholds: &Thresholds,
) -> Option<&'a Past> {
    let family = Family::of(&new.what);
    let within = family.apart(thresholds)?;
    let is_split = |past: &Past| known.apart.contains(&(new.alert, past.episode));
    let is_near = |past: &&Past| {
        let is_candidate = matches!(past.link, Link::Confirmed | Link::Strong)
            && matches!(new.link, Link::Confirmed | Link::Strong);
        let is_over = matches!(past.what, What::Missing { is_open: false, .. });
        past.alert != new.alert
            && Family::of(&past.what) == family
            && is_candidate
            && !is_over
            && !is_split(past)
            && between(new.started, past.started) <= within
    };
    let nearest = |past: &&Past| (between(new.started, past.started), past.started, past.alert);
    known.events.iter().filter(is_near).min_by_key(nearest)
}

/// The event as it counts: in the episode of the one it is a duplicate of. What was linked stays where it was linked.
#[must_use]
pub(crate) fn folded(new: Past, known: &History, thresholds: &Thresholds) -> Past {
    let is_linked = new.episode.first_alert() != new.alert;
    match duplicate_of(&new, known, thresholds).filter(|_| !is_linked) {
        Some(first) => Past { episode: first.episode, ..new },
        None => new,
    }
}

fn between(one: Timestamp, other: Timestamp) -> Span {
    if one < other { other.since(one) } else { one.since(other) }
}
