//! A figure: its value with numerator, denominator, exclusions, notes and what it rests on.

use std::collections::BTreeSet;

use super::INDICATORS_VERSION;
use super::exact::{Exact, Tenths, percentage};
use super::facts::{Known, Source, Standing};
use crate::domain::{AlertId, Position};
use crate::policy::triggers::Link;

/// Which indicator, and which line of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Indicator {
    /// The id of domain 08, e.g. `NI 59`.
    pub id: &'static str,
    /// What the line says, in words.
    pub line: &'static str,
}

/// What was computed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// A percentage of the denominator.
    Percent(Tenths),
    /// So many for each so many of the denominator.
    Rate {
        /// The rate.
        rate: Tenths,
        /// For each so many.
        per: u32,
    },
    /// The mean of the denominator's.
    Mean(Tenths),
    /// A count: the numerator.
    Count,
    /// A score out of so many, given by hand: the numerator.
    Score {
        /// The most.
        of: u64,
    },
    /// The denominator is 0.
    NotApplicable,
    /// The field was not recorded.
    NotRecorded,
    /// The hub does not have the facts, and why.
    NotComputable(&'static str),
}

/// How many were left out, and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exclusion {
    /// Why, in words.
    pub why: &'static str,
    /// How many.
    pub count: u64,
    /// Their audit entries, for whoever may see entries.
    pub from: Vec<Position>,
}

impl Exclusion {
    pub(super) fn of<'a>(
        why: &'static str,
        left_out: impl IntoIterator<Item = &'a Source>,
    ) -> Self {
        let from: Vec<Position> = left_out.into_iter().map(|source| source.entry).collect();
        Self { why, count: length(&from), from }
    }
}

/// One line of a report.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Figure {
    /// Which.
    pub indicator: Indicator,
    /// What it is.
    pub value: Value,
    /// How many it counts; none where nothing could be counted.
    pub numerator: Option<u64>,
    /// Of how many.
    pub denominator: Option<u64>,
    /// What was left out.
    pub exclusions: Vec<Exclusion>,
    /// What a reader must know of the data and the definition.
    pub notes: Vec<&'static str>,
    /// [`INDICATORS_VERSION`].
    pub version: u32,
    /// The whole that this line is one part of, where the lines of a table add up to one.
    pub part_of: Option<&'static str>,
    /// The audit entries that are counted in the numerator, for whoever may see entries: never in a published view. One
    /// entry may count more than once.
    pub from: Vec<Position>,
    /// Those of the denominator. Empty for one that is no count of what the hub took: residents, a sum.
    pub of: Vec<Position>,
}

impl Indicator {
    pub(super) const fn new(id: &'static str, line: &'static str) -> Self {
        Self { id, line }
    }

    /// The share of `counted` among `all`, in percent.
    pub(super) fn percent(self, counted: &[&Source], all: &[&Source]) -> Figure {
        self.percent_of(length(counted), length(all)).resting_on(counted).among(all)
    }

    /// The same from sums that are no lists of facts.
    pub(super) fn percent_of(self, numerator: u64, denominator: u64) -> Figure {
        let value = percentage(numerator, denominator);
        let value = value.map_or(Value::NotApplicable, Value::Percent);
        self.figure(value, Some(numerator), Some(denominator))
    }

    /// So many for each `per` of the denominator.
    pub(super) fn rate(self, numerator: u64, denominator: u64, per: u32) -> Figure {
        let rate = Exact::ratio(numerator, denominator)
            .and_then(|ratio| ratio.times(per))
            .and_then(Exact::tenths);
        let value = rate.map_or(Value::NotApplicable, |rate| Value::Rate { rate, per });
        self.figure(value, Some(numerator), Some(denominator))
    }

    /// The mean.
    pub(super) fn mean(self, sum: u64, of: u64) -> Figure {
        let mean = Exact::ratio(sum, of).and_then(Exact::tenths);
        self.figure(mean.map_or(Value::NotApplicable, Value::Mean), Some(sum), Some(of))
    }

    /// A count.
    pub(super) fn count(self, counted: &[&Source]) -> Figure {
        self.figure(Value::Count, Some(length(counted)), None).resting_on(counted)
    }

    /// Nothing could be counted.
    pub(super) const fn without(self, value: Value) -> Figure {
        self.figure(value, None, None)
    }

    pub(super) const fn figure(
        self,
        value: Value,
        numerator: Option<u64>,
        denominator: Option<u64>,
    ) -> Figure {
        Figure {
            indicator: self,
            value,
            numerator,
            denominator,
            exclusions: Vec::new(),
            notes: Vec::new(),
            version: INDICATORS_VERSION,
            part_of: None,
            from: Vec::new(),
            of: Vec::new(),
        }
    }
}

impl Figure {
    pub(super) fn noting(mut self, note: &'static str) -> Self {
        self.notes.push(note);
        self
    }

    /// A note where it applies.
    pub(super) fn noting_if(self, applies: Option<&'static str>) -> Self {
        match applies {
            Some(note) => self.noting(note),
            None => self,
        }
    }

    /// One of the lines that add up to `whole`.
    pub(super) fn part_of(self, whole: &'static str) -> Self {
        Self { part_of: Some(whole), ..self }
    }

    pub(super) fn leaving_out(mut self, exclusions: &[Exclusion]) -> Self {
        self.exclusions.extend(exclusions.iter().filter(|left_out| left_out.count > 0).cloned());
        self
    }

    pub(super) fn resting_on(mut self, counted: &[&Source]) -> Self {
        self.from = counted.iter().map(|source| source.entry).collect();
        self
    }

    pub(super) fn among(mut self, all: &[&Source]) -> Self {
        self.of = all.iter().map(|source| source.entry).collect();
        self
    }
}

/// Which facts count once.
#[derive(Clone, Copy)]
pub(super) enum Fold<T> {
    /// Those of an episode: duplicates were linked under one.
    ByEpisode,
    /// Those of which this says the same.
    BySame(fn(&T) -> Same),
    /// Each counts.
    Each,
}

/// What one fact has in common with another that tells the same again.
#[derive(PartialEq, Eq, PartialOrd, Ord, Clone, Debug)]
pub(super) struct Same(pub(super) AlertId, pub(super) String);

/// What is left of the facts of a period, and what was left out.
pub(super) struct Sifted<'a, T> {
    pub(super) kept: Vec<&'a T>,
    pub(super) left_out: Vec<Exclusion>,
    source: fn(&T) -> &Source,
}

impl<'a, T> Sifted<'a, T> {
    /// Where what is left comes from.
    pub(super) fn sources(&self) -> Vec<&'a Source> {
        self.kept.iter().map(|fact| (self.source)(fact)).collect()
    }
}

/// Takes the facts that are inside the period: no training, nothing corrected or recalled, confirmed people, what is told
/// twice once.
pub(super) fn sift<'a, T>(
    facts: &'a [T],
    (source, fold): (fn(&T) -> &Source, Fold<T>),
    inside: impl Fn(&T) -> bool,
) -> Sifted<'a, T> {
    let [mut training, mut corrected, mut recalled, mut unconfirmed, mut duplicates] =
        [const { Vec::new() }; 5];
    let mut seen = BTreeSet::new();
    let mut kept = Vec::new();
    let mut is_first = |fact: &T| match fold {
        Fold::ByEpisode => seen.insert(Same(source(fact).episode.first_alert(), String::new())),
        Fold::BySame(same) => seen.insert(same(fact)),
        Fold::Each => true,
    };
    for fact in facts.iter().filter(|fact| inside(fact)) {
        let of = source(fact);
        match (of.is_training, of.standing, of.link) {
            (true, ..) => training.push(of),
            (false, Standing::Corrected, _) => corrected.push(of),
            (false, Standing::Recalled, _) => recalled.push(of),
            (false, Standing::Stands, Link::Strong | Link::Possible) => unconfirmed.push(of),
            (false, Standing::Stands, Link::Confirmed) if is_first(fact) => kept.push(fact),
            (false, Standing::Stands, Link::Confirmed) => duplicates.push(of),
        }
    }
    let left_out = vec![
        Exclusion::of("training", training),
        Exclusion::of("corrected: the correction counts", corrected),
        Exclusion::of("recalled by its sender", recalled),
        Exclusion::of("person not confirmed", unconfirmed),
        Exclusion::of("duplicate of an episode that is counted", duplicates),
    ];
    Sifted { kept, left_out, source }
}

/// The figures of facts that are there, or one line for each indicator that says why it is not computable.
pub(super) fn if_told<T>(
    known: &Known<T>,
    indicators: &[Indicator],
    compute: impl FnOnce(&[T]) -> Vec<Figure>,
) -> Vec<Figure> {
    match known {
        Known::Facts(facts) => compute(facts),
        Known::NotTold(why) => {
            let line = |indicator: &Indicator| indicator.without(Value::NotComputable(why));
            indicators.iter().map(line).collect()
        }
    }
}

/// A length as a count.
pub(super) fn length<T>(list: &[T]) -> u64 {
    u64::try_from(list.len()).unwrap_or(u64::MAX)
}
