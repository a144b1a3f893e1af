//! What may be published (domain 08): cells of 1 to 5 are "c", and so is every other cell that would give one away.
//!
//! A share is two parts of its denominator, and a table by code is as many parts as it has lines: where one part is
//! hidden and the total is shown, the smallest other part is hidden too. A number that is hidden in one line of an
//! indicator is hidden in all of its lines, and no percentage stands beside a hidden number. 0 is shown.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::figure::{Exclusion, Figure, Indicator, Value};

/// The largest number that could point at somebody.
const SMALL_MAX: u64 = 5;

/// A number as it is published.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cell {
    /// As it is.
    Shown(u64),
    /// "c".
    Suppressed,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shown(number) => number.fmt(f),
            Self::Suppressed => f.write_str("c"),
        }
    }
}

/// A value as it is published.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum PublishedValue {
    /// In words: `45.0%`, `3.7 per 1,000`, `not recorded`.
    Shown(String),
    /// "c".
    Suppressed,
}

impl fmt::Display for PublishedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shown(text) => f.write_str(text),
            Self::Suppressed => f.write_str("c"),
        }
    }
}

/// A figure as it is published: aggregates only, no entry ids.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Published {
    /// Which.
    pub indicator: Indicator,
    /// What it is.
    pub value: PublishedValue,
    /// How many it counts.
    pub numerator: Option<Cell>,
    /// Of how many.
    pub denominator: Option<Cell>,
    /// What was left out, and how many.
    pub exclusions: Vec<(&'static str, Cell)>,
    /// What a reader must know.
    pub notes: Vec<&'static str>,
    /// The version of the definitions.
    pub version: u32,
}

/// Hides small parts of a whole, and as many others as keep them hidden; the whole itself where nothing else does.
#[must_use]
pub fn partition(parts: &[u64]) -> (Vec<Cell>, Cell) {
    let total = parts.iter().fold(0_u64, |sum, part| sum.saturating_add(*part));
    let mut hidden: Vec<bool> = parts.iter().map(|part| is_small(*part)).collect();
    let mut total_cell = cell(total, is_small(total));
    while gives_away(parts, &hidden) && total_cell != Cell::Suppressed {
        let candidates = parts.iter().zip(&hidden).enumerate();
        let shown = candidates.filter(|(_, (part, is_hidden))| !**is_hidden && **part > 0);
        match shown.min_by_key(|(_, (part, _))| **part).map(|(place, _)| place) {
            Some(place) => {
                if let Some(is_hidden) = hidden.get_mut(place) {
                    *is_hidden = true;
                }
            }
            None => total_cell = Cell::Suppressed,
        }
    }
    let cells = parts.iter().zip(&hidden).map(|(part, is_hidden)| cell(*part, *is_hidden));
    (cells.collect(), total_cell)
}

/// Whether the hidden parts follow from the total: one alone does, and so do parts that are all 1, for a part that is
/// hidden is at least 1.
fn gives_away(parts: &[u64], hidden: &[bool]) -> bool {
    let of: Vec<u64> =
        parts.iter().zip(hidden).filter(|(_, hidden)| **hidden).map(|(part, _)| *part).collect();
    match of.as_slice() {
        [] => false,
        [_] => true,
        several => several.iter().all(|part| *part == 1),
    }
}

/// Publishes figures.
#[must_use]
pub fn publish(figures: &[Figure]) -> Vec<Published> {
    let hidden = hidden(figures);
    figures.iter().map(|figure| published(figure, &hidden)).collect()
}

/// The numbers that no line of their indicator may show.
fn hidden(figures: &[Figure]) -> BTreeSet<(&'static str, u64)> {
    let mut hidden = BTreeSet::new();
    let mut hide = |id, number: u64, found: Cell| {
        if found == Cell::Suppressed {
            hidden.insert((id, number));
        }
    };
    let mut wholes: BTreeMap<(&str, &str), Vec<u64>> = BTreeMap::new();
    for figure in figures {
        let id = figure.indicator.id;
        match (figure.part_of, figure.numerator, figure.denominator) {
            (Some(whole), Some(part), _) => wholes.entry((id, whole)).or_default().push(part),
            (None, Some(part), Some(whole)) if part <= whole && is_share(&figure.value) => {
                let (cells, total) = partition(&[part, whole.saturating_sub(part)]);
                cells.first().into_iter().for_each(|found| hide(id, part, *found));
                hide(id, whole, total);
            }
            (_, numerator, denominator) => {
                for number in [numerator, denominator].into_iter().flatten() {
                    hide(id, number, cell(number, is_small(number)));
                }
            }
        }
    }
    for figure in figures {
        let id = figure.indicator.id;
        let Some(whole) = figure.part_of else { continue };
        let Some(parts) = wholes.get(&(id, whole)) else { continue };
        let (cells, total) = partition(parts);
        for (part, found) in parts.iter().zip(cells) {
            hide(id, *part, found);
        }
        figure.denominator.into_iter().for_each(|whole| hide(id, whole, total));
    }
    hidden
}

/// Whether numerator and rest are two parts of one whole.
const fn is_share(value: &Value) -> bool {
    match value {
        Value::Percent(_) | Value::Rate { .. } => true,
        Value::Mean(_)
        | Value::Count
        | Value::Score { .. }
        | Value::NotApplicable
        | Value::NotRecorded
        | Value::NotComputable(_) => false,
    }
}

fn published(figure: &Figure, hidden: &BTreeSet<(&'static str, u64)>) -> Published {
    let is_score = matches!(figure.value, Value::Score { .. });
    let cell_of = |number: u64| {
        // A score is about the partnership, not about people.
        cell(number, !is_score && hidden.contains(&(figure.indicator.id, number)))
    };
    let (numerator, denominator) = (figure.numerator.map(cell_of), figure.denominator.map(cell_of));
    let is_hidden =
        [numerator, denominator].into_iter().flatten().any(|cell| cell == Cell::Suppressed);
    let value = match (in_words(figure), is_hidden) {
        (_, true) => PublishedValue::Suppressed,
        (text, false) => PublishedValue::Shown(text),
    };
    let left_out =
        |Exclusion { why, count, .. }: &Exclusion| (*why, cell(*count, is_small(*count)));
    Published {
        indicator: figure.indicator,
        value,
        numerator,
        denominator,
        exclusions: figure.exclusions.iter().map(left_out).collect(),
        notes: figure.notes.clone(),
        version: figure.version,
    }
}

pub(super) fn in_words(figure: &Figure) -> String {
    match &figure.value {
        Value::Percent(percent) => format!("{percent}%"),
        Value::Rate { rate, per } => format!("{rate} per {}", thousands(*per)),
        Value::Mean(mean) => mean.to_string(),
        Value::Count => figure.numerator.map_or_else(String::new, |count| count.to_string()),
        Value::Score { of } => {
            let score = figure.numerator.unwrap_or_default();
            format!("{score} of {of}")
        }
        Value::NotApplicable => "not applicable".to_owned(),
        Value::NotRecorded => "not recorded".to_owned(),
        Value::NotComputable(why) => format!("not computable: {why}"),
    }
}

fn thousands(number: u32) -> String {
    match (number / 1_000, number % 1_000) {
        (0, rest) => rest.to_string(),
        (thousands, rest) => format!("{thousands},{rest:03}"),
    }
}

const fn is_small(number: u64) -> bool {
    0 < number && number <= SMALL_MAX
}

const fn cell(number: u64, is_hidden: bool) -> Cell {
    if is_hidden { Cell::Suppressed } else { Cell::Shown(number) }
}
