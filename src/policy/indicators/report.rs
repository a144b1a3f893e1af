//! All figures of a period, in the order of domain 08.

use jiff::civil::Date;

use super::facts::Facts;
use super::figure::Figure;
use super::missing::SelfAssessment;
use super::period::{Period, PeriodError};
use super::{caf, marac, missing, operations, pathway, referrals, timeliness};
use crate::domain::Timestamp;

/// What is asked for, with what is not hub data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Asked {
    /// The period.
    pub period: Period,
    /// NI 68: assessments begun by this day count.
    pub cut_off: Date,
    /// NI 59: 7 working days, or 10 by the rule of March 2010. Anything else is read as 7.
    pub ni_59_days: u32,
    /// Residents of 0 to 17, from elsewhere.
    pub population_0_to_17: Option<u64>,
    /// The scores of NI 71, given by hand.
    pub self_assessment: Option<SelfAssessment>,
    /// Now: what is not due yet is not late.
    pub now: Timestamp,
}

impl Asked {
    /// A period with the defaults: cut-off at its end, 7 working days, nothing from elsewhere.
    #[must_use]
    pub const fn of(period: Period, now: Timestamp) -> Self {
        Self {
            period,
            cut_off: period.last,
            ni_59_days: 7,
            population_0_to_17: None,
            self_assessment: None,
            now,
        }
    }
}

/// Computes every figure.
///
/// # Errors
/// [`PeriodError`] when the period has no twelve months before its end.
pub fn report(facts: &Facts, asked: &Asked) -> Result<Vec<Figure>, PeriodError> {
    let period = asked.period;
    Ok([
        marac::figures(&facts.pair_cases, period.rolling_year()?),
        referrals::assessments(&facts.assessments, asked),
        referrals::going_on(&facts.contacts, &facts.assessments, asked),
        referrals::flow(&facts.contacts, &facts.assessments, period),
        pathway::injury(&facts.attendances, asked),
        missing::evidence(&facts.episodes, asked),
        missing::interviews(&facts.episodes, asked),
        pathway::figures(&facts.attendances, asked),
        operations::figures(&facts.operations, asked),
        caf::figures(&facts.audits, &facts.cafs, asked),
        timeliness::feedback(&facts.contacts, asked),
        timeliness::acknowledged(&facts.acknowledgements, asked),
        timeliness::impact(&facts.notifications, asked),
        timeliness::by_basis(&facts.shares, asked),
    ]
    .concat())
}
