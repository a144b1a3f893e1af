//! NI 32: repeat victimisation among the pairs heard at a MARAC, by both definitions side by side.

use super::facts::{Known, PairCase, Source};
use super::figure::{Exclusion, Figure, Fold, Indicator, if_told, length, sift};
use super::period::Period;
use crate::policy::triggers::MaracRepeat;

const LEGACY: Indicator =
    Indicator::new("NI 32", "repeat cases, within 12 months of the last meeting, criminal");
const CURRENT: Indicator = Indicator::new(
    "NI 32 current",
    "repeat cases, within 12 months of the last referral, any abuse",
);

/// Over the twelve months that end with `year`.
pub(super) fn figures(cases: &Known<PairCase>, year: Period) -> Vec<Figure> {
    if_told(cases, &[LEGACY, CURRENT], |cases| {
        vec![line(LEGACY, cases, year, |case| case.legacy), {
            line(CURRENT, cases, year, |case| case.current)
        }]
    })
}

fn line(
    indicator: Indicator,
    cases: &[PairCase],
    year: Period,
    of: fn(&PairCase) -> MaracRepeat,
) -> Figure {
    let by: (fn(&PairCase) -> &Source, Fold) = (|case| &case.source, Fold::ByEpisode);
    let sifted = sift(cases, by, |case| year.holds(case.heard_on));
    let known: Vec<&&PairCase> =
        sifted.kept.iter().filter(|case| of(case) != MaracRepeat::Unknown).collect();
    let repeats: Vec<&Source> = known
        .iter()
        .filter(|case| of(case) == MaracRepeat::Repeat)
        .map(|case| &case.source)
        .collect();
    let unknown = length(&sifted.kept).saturating_sub(length(&known));
    let unsure = Exclusion { why: "pair not confirmed", count: unknown };
    indicator
        .percent(&repeats, length(&known))
        .leaving_out(&sifted.left_out)
        .leaving_out(&[unsure])
        .noting("rolling twelve months; the two lines differ by definition, not by cases")
}
