//! OSS, Operation Stay Safe: sums of operation reports, which hold numbers only.

use super::facts::{Known, Operation, Source};
use super::figure::{Figure, Fold, Indicator, if_told, length, sift};
use super::report::Asked;

const OPERATIONS: Indicator = Indicator::new("OSS", "operations");
const ENGAGED: Indicator = Indicator::new("OSS", "young people engaged, mean of an operation");
const MOVED: Indicator = Indicator::new("OSS", "moved to a place of safety, of those engaged");
const MOVED_RATE: Indicator =
    Indicator::new("OSS", "moved to a place of safety, for 1,000 engaged");
const POWERS: Indicator = Indicator::new("OSS", "legal powers used, of those moved");

/// The operations of the period.
pub(super) fn figures(known: &Known<Operation>, asked: &Asked) -> Vec<Figure> {
    if_told(known, &[OPERATIONS, ENGAGED, MOVED, MOVED_RATE, POWERS], |operations| {
        let by: (fn(&Operation) -> &Source, Fold<Operation>) = (|it| &it.source, Fold::Each);
        let sifted = sift(operations, by, |operation| {
            asked.period.holds(operation.source.counted_on(operation.on))
        });
        let all: Vec<&Source> = sifted.kept.iter().map(|it| &it.source).collect();
        let sum = |of: fn(&Operation) -> u64| {
            sifted.kept.iter().fold(0_u64, |sum, it| sum.saturating_add(of(it)))
        };
        let (engaged, moved, powers) =
            (sum(|it| it.engaged), sum(|it| it.moved), sum(|it| it.powers_used));
        let lines = [
            OPERATIONS.count(&all),
            ENGAGED.mean(engaged, length(&all)),
            MOVED.percent_of(moved, engaged),
            MOVED_RATE.rate(moved, engaged, 1_000),
            POWERS.percent_of(powers, moved),
        ];
        // What is summed stands in each report.
        let lines = lines.into_iter().map(|figure| figure.resting_on(&all));
        lines.map(|figure| figure.leaving_out(&sifted.left_out)).collect()
    })
}
