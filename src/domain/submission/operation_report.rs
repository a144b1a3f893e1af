//! What the report of an operation says, as far as a decision reads it (domain 3.9): numbers, and no person.

use super::super::id::AgencyCode;
use super::{Given, Length};

/// The part of OPERATION_REPORT.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OperationReportFacts {
    /// Which operation.
    pub operation_id: Given<Length>,
    /// On which day.
    pub date: Given<jiff::civil::Date>,
    /// Where, as area codes.
    pub areas: Vec<AgencyCode>,
    /// Young people spoken to.
    pub engaged: Given<u32>,
    /// How many agencies took part.
    pub agencies: usize,
    /// Young people moved to a place of safety.
    pub moved: Given<u32>,
    /// Of these, by a power.
    pub powers_used: Given<u32>,
}
