//! NI 32: repeat victimisation among the pairs heard at a MARAC, by both definitions side by side.

use super::facts::{Known, PairCase, Source};
use super::figure::{Exclusion, Figure, Fold, Indicator, if_told, sift};
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
    let by: (fn(&PairCase) -> &Source, Fold<PairCase>) = (|case| &case.source, Fold::ByEpisode);
    let sifted = sift(cases, by, |case| year.holds(case.source.counted_on(case.heard_on)));
    let is_known = |case: &&&PairCase| of(case) != MaracRepeat::Unknown;
    let known = sifted.kept.iter().filter(is_known);
    let known: Vec<&PairCase> = known.copied().collect();
    let unsure = sifted.kept.iter().filter(|case| !is_known(case)).map(|case| &case.source);
    let unsure = Exclusion::of("pair not confirmed, or nobody tells what happened", unsure);
    let repeats = known.iter().filter(|case| of(case) == MaracRepeat::Repeat);
    let repeats: Vec<&Source> = repeats.map(|case| &case.source).collect();
    let known: Vec<&Source> = known.iter().map(|case| &case.source).collect();
    indicator
        .percent(&repeats, &known)
        .leaving_out(&sifted.left_out)
        .leaving_out(&[unsure])
        .noting("rolling twelve months; the two lines differ by definition, not by cases")
}
