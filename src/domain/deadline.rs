//! Deadlines and on whose authority they stand (domain 0.1).

use super::codes::code_list;
use super::time::Timestamp;

code_list! {
    /// The status of a rule that sets a time (domain 0.1).
    DeadlineTag {
        /// Act or regulations.
        Law = 1 => "LAW",
        /// Statutory guidance.
        Stat = 2 => "STAT",
        /// Our reading of a statutory time.
        StatReading = 3 => "STAT-READING",
        /// Regulator or national guidance.
        Guid = 4 => "GUID",
        /// Published by a local body.
        Local = 5 => "LOCAL",
        /// Common practice.
        Practice = 6 => "PRACTICE",
        /// Our proposal.
        Default = 7 => "DEFAULT",
        /// Not yet confirmed by an information governance lead.
        Verify = 8 => "VERIFY",
    }
}

impl DeadlineTag {
    /// The words a screen shows beside the time. A default is never called statutory.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Law | Self::Stat => "statutory",
            Self::StatReading => "local reading of a statutory time",
            Self::Guid => "national guidance",
            Self::Local | Self::Practice | Self::Default | Self::Verify => "local target",
        }
    }
}

/// When something is due and on whose authority.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Deadline {
    /// The instant of hub time.
    pub at: Timestamp,
    /// The authority.
    pub tag: DeadlineTag,
}
