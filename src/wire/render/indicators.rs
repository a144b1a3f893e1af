//! Figures as the contract says them: texts, for "c" is no number.

use crate::policy::indicators::Published;
use crate::wire::v1;

/// One line of the report.
#[must_use]
pub fn indicator_figure(figure: &Published) -> v1::IndicatorFigure {
    let text = |cell: Option<crate::policy::indicators::Cell>| {
        cell.map_or_else(String::new, |cell| cell.to_string())
    };
    let exclusion = |(why, count): &(&'static str, crate::policy::indicators::Cell)| {
        v1::IndicatorExclusion { why: (*why).to_owned(), count: count.to_string() }
    };
    v1::IndicatorFigure {
        id: figure.indicator.id.to_owned(),
        line: figure.indicator.line.to_owned(),
        value: figure.value.to_string(),
        numerator: text(figure.numerator),
        denominator: text(figure.denominator),
        exclusions: figure.exclusions.iter().map(exclusion).collect(),
        notes: figure.notes.iter().map(|note| (*note).to_owned()).collect(),
        definition_version: figure.version,
    }
}
