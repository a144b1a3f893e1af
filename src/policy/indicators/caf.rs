//! CAFQ: common assessments rated good or excellent, of those audited – never of those registered.

use super::facts::{CafAudit, CafRating, CafRegistered, Known, Source};
use super::figure::{Figure, Fold, Indicator, Same, if_told, sift};
use super::report::Asked;

const QUALITY: Indicator = Indicator::new("CAFQ", "audited assessments rated good or excellent");
const REGISTERED: Indicator = Indicator::new("CAFQ", "assessments registered");

/// A percentage of audited assessments says nothing about those registered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "a percentage of audited assessments is not one of those registered: no audited denominator"
)]
pub struct NoAuditedDenominator;

/// How many of those registered were rated good: from a percentage alone this is always refused. The audits of a month
/// are a sample, and how large it was must be known.
///
/// # Errors
/// [`NoAuditedDenominator`] unless the number audited is given.
pub fn rated_of_registered(
    percent: u8,
    registered: u64,
    audited: Option<(u64, u64)>,
) -> Result<(u64, u64), NoAuditedDenominator> {
    let _meaningless = (percent, registered);
    audited.ok_or(NoAuditedDenominator)
}

/// Ratings of the audits of the period, and how many were registered.
pub(super) fn figures(
    audits: &Known<CafAudit>,
    registered: &Known<CafRegistered>,
    asked: &Asked,
) -> Vec<Figure> {
    let mut figures = if_told(audits, &[QUALITY], |audits| {
        // One audit, however often the team tells of it.
        let same = |it: &CafAudit| Same(it.source.episode.first_alert(), it.audited_on.to_string());
        let by: (fn(&CafAudit) -> &Source, Fold<CafAudit>) = (|it| &it.source, Fold::BySame(same));
        let sifted =
            sift(audits, by, |audit| asked.period.holds(audit.source.counted_on(audit.audited_on)));
        let is_good = |audit: &&&CafAudit| match audit.rating {
            CafRating::Good | CafRating::Excellent => true,
            CafRating::Poor | CafRating::Adequate => false,
        };
        let good: Vec<&Source> = sifted.kept.iter().filter(is_good).map(|it| &it.source).collect();
        vec![
            QUALITY
                .percent(&good, &sifted.sources())
                .leaving_out(&sifted.left_out)
                .noting("of those audited, not of those registered"),
        ]
    });
    figures.extend(if_told(registered, &[REGISTERED], |registered| {
        let by: (fn(&CafRegistered) -> &Source, Fold<CafRegistered>) =
            (|it| &it.source, Fold::ByEpisode);
        let sifted = sift(registered, by, |caf| asked.period.holds(caf.source.counted_on(caf.on)));
        let all: Vec<&Source> = sifted.kept.iter().map(|it| &it.source).collect();
        vec![REGISTERED.count(&all).leaving_out(&sifted.left_out)]
    }));
    figures
}
