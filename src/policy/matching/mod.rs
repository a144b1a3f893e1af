//! Whether two mentions of a person are the same person (domain 4).
//!
//! A link is a claim, never a merge: it says why, a human may make or undo it, and nothing that was known before is
//! lost. Links are not transitive: each pair is judged for itself. Here two mentions are compared; which mentions
//! are compared, and what is kept of the claim, is the identity service's. Sex and gender never speak against a
//! match, and what is missing speaks neither way.

mod known;
mod names;
mod prospects;
mod score;
mod steward;
mod table;
mod unborn;

pub use known::{
    Earlier, STEWARD, Told, claims, is_number, is_protected, is_same, mentioned, only_registered,
    pieces, steward, tell, treated_as_safe,
};
pub use names::Name;
pub use prospects::{Prospect, worth_reading};
pub use score::Score;
pub use steward::{
    Decided, Entry, Hand, Mentioned, Refused, apart_from, decide_by_hand, flagged, task_of,
    with_link,
};
pub use table::{Claim, Surroundings, compare, may_be_linked_by_hand};
pub use unborn::{Delivery, Pregnancy, compare_unborn};

use jiff::civil::Date;

/// An NHS number with a right check digit, and whether the sender traced it (domain 4.1).
#[derive(Clone, PartialEq, Eq)]
pub struct NhsNumber {
    /// Ten digits.
    pub digits: String,
    /// Status VERIFIED: traced on PDS by who sent it.
    pub verified: bool,
}

/// A person as matching reads one. Everything may be missing. Personal data: never printed.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Features {
    /// The NHS number, if valid.
    pub nhs: Option<NhsNumber>,
    /// Adoption or protected identity (I1).
    pub protected: bool,
    /// The family name.
    pub family: Option<Name>,
    /// The given name the person goes by: the first.
    pub given: Option<Name>,
    /// Nicknames and former names, each part by itself.
    pub aliases: Vec<Name>,
    /// The date of birth, if known to the day.
    pub born: Option<Date>,
    /// The year of birth, where no more is known.
    pub born_in: Option<i16>,
    /// Home's property number, without leading zeros.
    pub uprn: Option<String>,
    /// Home's postcode, in capitals with one space.
    pub postcode: Option<String>,
    /// Phones, E.164.
    pub phones: Vec<String>,
    /// The school's URN.
    pub school: Option<String>,
    /// A code; equal or not.
    pub sex: Option<i32>,
    /// The expected date of delivery of a child that is not born.
    pub expected: Option<Date>,
    /// A child's mother. She has none herself.
    pub mother: Option<Box<Self>>,
    /// Of one pregnancy with another child of the alert.
    pub of_several: bool,
}

impl Features {
    /// As if nothing said that anybody's identity is protected: the register reaches through that (domain 4.5.8).
    #[must_use]
    pub fn unmarked(self) -> Self {
        let mother = self.mother.map(|mother| Box::new(mother.unmarked()));
        Self { protected: false, mother, ..self }
    }
}

impl std::fmt::Debug for Features {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Features([redacted])")
    }
}

impl std::fmt::Debug for NhsNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NhsNumber([redacted])")
    }
}

#[cfg(test)]
mod tests;
