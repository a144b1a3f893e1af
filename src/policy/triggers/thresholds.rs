//! How many in how long: the numbers of domain 5.8 and 5.9 that a partnership may set, within bounds.

use crate::domain::Span;
use crate::policy::age::Age;

/// The numbers. Every one is a local choice [DEFAULT/PRACTICE]; months stop at 12, for the trigger ledger keeps no
/// more (domain 7.8).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Thresholds {
    /// T1: missing episodes.
    pub missing_episodes: u32,
    /// T1: in so many days up to today.
    pub missing_days: u32,
    /// T2: missing for longer than so many hours.
    pub missing_hours: u32,
    /// T2, and with it R01 and the category MISSING (GAP2): of this age or younger.
    pub missing_age: u32,
    /// T3: attendances because of alcohol.
    pub attendances: u32,
    /// T3: in so many calendar months.
    pub attendance_months: u32,
    /// T5: notifications of domestic abuse between the same pair.
    pub notifications: u32,
    /// T5: in so many calendar months.
    pub notification_months: u32,
    /// T6: a referral within so many calendar months of the one before.
    pub rereferral_months: u32,
    /// T7: contacts without a referral.
    pub contacts: u32,
    /// T7: in so many days up to today.
    pub contact_days: u32,
    /// Two missing reports may be one episode when they start within so many hours of each other.
    pub same_missing_hours: u32,
    /// Two attendances may be one.
    pub same_attendance_hours: u32,
    /// Two notifications about the same parties may be one.
    pub same_incident_hours: u32,
}

/// One number: its name in the configuration, what it may be, and which it is.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    /// The field.
    pub field: &'static str,
    /// The rule it belongs to.
    pub rule: &'static str,
    /// The least.
    pub least: u32,
    /// The most.
    pub most: u32,
    /// Reads it.
    pub of: fn(&Thresholds) -> u32,
}

/// A number outside its bounds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{field} ({rule}) must be {least} to {most}")]
pub struct ThresholdsError {
    /// The field.
    pub field: &'static str,
    /// The rule it belongs to.
    pub rule: &'static str,
    /// The least.
    pub least: u32,
    /// The most.
    pub most: u32,
}

macro_rules! bounds {
    ($($field:ident, $rule:literal: $least:literal to $most:literal;)+) => {
        &[$(Bound {
            field: stringify!($field),
            rule: $rule,
            least: $least,
            most: $most,
            of: |thresholds| thresholds.$field,
        },)+]
    };
}

impl Thresholds {
    /// As the domain proposes them.
    pub const DEFAULT: Self = Self {
        missing_episodes: 3,
        missing_days: 90,
        missing_hours: 24,
        missing_age: 13,
        attendances: 2,
        attendance_months: 12,
        notifications: 3,
        notification_months: 12,
        rereferral_months: 12,
        contacts: 3,
        contact_days: 90,
        same_missing_hours: 6,
        same_attendance_hours: 2,
        same_incident_hours: 12,
    };

    /// Every number with its bounds.
    pub const BOUNDS: &'static [Bound] = bounds! {
        missing_episodes, "T1": 2 to 10;
        missing_days, "T1": 7 to 366;
        missing_hours, "T2": 1 to 72;
        missing_age, "T2": 10 to 17;
        attendances, "T3": 2 to 10;
        attendance_months, "T3": 1 to 12;
        notifications, "T5": 2 to 10;
        notification_months, "T5": 1 to 12;
        rereferral_months, "T6": 1 to 12;
        contacts, "T7": 2 to 20;
        contact_days, "T7": 7 to 366;
        same_missing_hours, "5.9": 1 to 24;
        same_attendance_hours, "5.9": 1 to 24;
        same_incident_hours, "5.9": 1 to 48;
    };

    /// These numbers, if each is within its bounds.
    ///
    /// # Errors
    /// The first that is not, by field and rule.
    pub fn checked(self) -> Result<Self, ThresholdsError> {
        let outside = |bound: &&Bound| {
            let value = (bound.of)(&self);
            value < bound.least || bound.most < value
        };
        match Self::BOUNDS.iter().find(outside) {
            None => Ok(self),
            Some(Bound { field, rule, least, most, .. }) => {
                Err(ThresholdsError { field, rule, least: *least, most: *most })
            }
        }
    }

    /// Whether a missing child is so young that it is R01's whatever its sender says.
    #[must_use]
    pub fn is_young(&self, age: Age) -> bool {
        age.is_at_most(u8::try_from(self.missing_age).unwrap_or(u8::MAX))
    }

    /// T2: the length of time after which an episode is long.
    #[must_use]
    pub fn missing_span(&self) -> Span {
        Span::hours(i64::from(self.missing_hours))
    }
}

impl Default for Thresholds {
    fn default() -> Self {
        Self::DEFAULT
    }
}
