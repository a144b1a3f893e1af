//! The sections for calendars, for counting and for what scores mean: `[calendar]`, `[triggers]`, `[measures]`.

use std::path::PathBuf;

use serde::Deserialize;

use super::unit::{Count, Days, Hours};

/// `[calendar]`: the bank holidays that working clocks rest on (domain 5.5).
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Calendar {
    /// A file newer than the list built in, in its form; it wins over the list and the rules. Default: none.
    pub bank_holidays: Option<PathBuf>,
    /// From how many days before the list ends the hub calls for a new one, 1 to 730. Default 180.
    pub warn_days: Days<1, 730>,
}

impl Default for Calendar {
    fn default() -> Self {
        Self { bank_holidays: None, warn_days: Days::default_of::<180>() }
    }
}

/// `[triggers]`: how many in how long is a repeat, and what may be one event (domain 5.8, 5.9). All local choices;
/// months stop at 12, for no counter reaches further back.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Triggers {
    /// T1: missing episodes, 2 to 10. Default 3.
    pub missing_episodes: Count<2, 10>,
    /// T1: in so many days up to today, 7 to 366. Default 90.
    pub missing_days: Days<7, 366>,
    /// T2: missing for longer than so many hours, 1 to 72. Default 24.
    pub missing_hours: Hours<1, 72>,
    /// T2: of this age or younger, 10 to 17. Default 13.
    pub missing_age: Count<10, 17>,
    /// T3: attendances because of alcohol, 2 to 10. Default 2.
    pub attendances: Count<2, 10>,
    /// T3: in so many calendar months, 1 to 12. Default 12.
    pub attendance_months: Count<1, 12>,
    /// T5: notifications about the same pair, 2 to 10. Default 3.
    pub notifications: Count<2, 10>,
    /// T5: in so many calendar months, 1 to 12. Default 12.
    pub notification_months: Count<1, 12>,
    /// T6: a referral so many calendar months after the one before, 1 to 12. Default 12.
    pub rereferral_months: Count<1, 12>,
    /// T7: contacts without a referral, 2 to 20. Default 3.
    pub contacts: Count<2, 20>,
    /// T7: in so many days up to today, 7 to 366. Default 90.
    pub contact_days: Days<7, 366>,
    /// Two missing reports may be one episode when they start within so many hours, 1 to 24. Default 6.
    pub same_missing_hours: Hours<1, 24>,
    /// Two attendances may be one, 1 to 24. Default 2.
    pub same_attendance_hours: Hours<1, 24>,
    /// Two notifications about the same parties may be one, 1 to 48. Default 12.
    pub same_incident_hours: Hours<1, 48>,
}

impl Default for Triggers {
    fn default() -> Self {
        Self {
            missing_episodes: Count::default_of::<3>(),
            missing_days: Days::default_of::<90>(),
            missing_hours: Hours::default_of::<24>(),
            missing_age: Count::default_of::<13>(),
            attendances: Count::default_of::<2>(),
            attendance_months: Count::default_of::<12>(),
            notifications: Count::default_of::<3>(),
            notification_months: Count::default_of::<12>(),
            rereferral_months: Count::default_of::<12>(),
            contacts: Count::default_of::<3>(),
            contact_days: Days::default_of::<90>(),
            same_missing_hours: Hours::default_of::<6>(),
            same_attendance_hours: Hours::default_of::<2>(),
            same_incident_hours: Hours::default_of::<12>(),
        }
    }
}

/// `[measures]`: what scores and dates mean where no statute says (domain 3.6, 3.7). DASH counts to 24.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Measures {
    /// A DASH score of so many is HIGH, 2 to 24. Default 14.
    pub dash_high: Count<2, 24>,
    /// A DASH score of so many is MEDIUM, 1 to 23, less than `dash_high`. Default 10.
    pub dash_medium: Count<1, 23>,
    /// A MERIT score of so many is GOLD, 1 to 999. Default 72, from St Helens.
    pub merit_high: Count<1, 999>,
    /// A second contact so many days after the first appointment makes it engagement, 1 to 183. Default 28.
    pub engaged_days: Days<1, 183>,
}

impl Default for Measures {
    fn default() -> Self {
        Self {
            dash_high: Count::default_of::<14>(),
            dash_medium: Count::default_of::<10>(),
            merit_high: Count::default_of::<72>(),
            engaged_days: Days::default_of::<28>(),
        }
    }
}
