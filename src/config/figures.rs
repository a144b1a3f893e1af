//! The sections for calendars and for counting: `[calendar]`.

use std::path::PathBuf;

use serde::Deserialize;

use super::unit::Days;

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
