//! From a figure to the audit entries it rests on, for those who may read entries.
//!
//! An analyst gets aggregates with small numbers hidden and is not answered here: a list of entries would undo that
//! (domain 2.2, 8). The reading is itself recorded first, with the line and the part that was asked for.

use std::collections::BTreeMap;

use super::{Asked, Indicators, IndicatorsError};
use crate::domain::{AgencyCode, Position, Principal};
use crate::policy::access::{self, Action, Denied, Permit};
use crate::policy::indicators::{self, Figure};

/// The most entries of one page.
pub const ENTRIES_OF_PAGE_MAX: usize = 500;

/// The agency whose reviewers read the log (domain 2.1).
const GOVERNANCE: &str = "HUB-IG";

/// Which part of a figure.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Part {
    /// What is counted.
    Numerator,
    /// Of what.
    Denominator,
    /// What was left out: for this reason, or, empty, for any.
    LeftOut(String),
}

impl Part {
    const fn as_str(&self) -> &'static str {
        match self {
            Self::Numerator => "NUMERATOR",
            Self::Denominator => "DENOMINATOR",
            Self::LeftOut(_) => "EXCLUSION",
        }
    }

    fn of(&self, figure: &Figure) -> Vec<Position> {
        match self {
            Self::Numerator => figure.from.clone(),
            Self::Denominator => figure.of.clone(),
            Self::LeftOut(why) => {
                let left_out = figure.exclusions.iter();
                let of = left_out.filter(|it| why.is_empty() || it.why == why);
                of.flat_map(|it| it.from.iter().copied()).collect()
            }
        }
    }
}

/// What is asked of which figure.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Drill {
    /// The id of the indicator, as the report says it.
    pub id: String,
    /// The line, as the report says it; empty where the indicator has only one.
    pub line: String,
    /// The part.
    pub part: Part,
    /// The first index of an entry to be looked at.
    pub from_index: u64,
    /// Entries at most, 1 to [`ENTRIES_OF_PAGE_MAX`].
    pub limit: usize,
}

/// An entry, and how often the part counts it: one entry may share several copies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EntryCounted {
    /// Its index in the log.
    pub index: u64,
    /// How often.
    pub times: u32,
}

/// A page of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartPage {
    /// In the order of the log.
    pub entries: Vec<EntryCounted>,
    /// Where the next page begins.
    pub next: Option<u64>,
    /// How much the whole part counts.
    pub counted: u64,
    /// The version of the definitions.
    pub version: u32,
}

impl Indicators {
    /// The entries that one part of one figure rests on. The reading is recorded before anything is read.
    ///
    /// # Errors
    /// [`IndicatorsError`]: not permitted (recorded), or no such line.
    pub async fn entries(
        &self,
        caller: &Principal,
        (asked, drill): (&Asked, &Drill),
    ) -> Result<PartPage, IndicatorsError> {
        let permit = self.leave_to_drill(caller).await?;
        let known = indicators::IDS.iter().find(|id| **id == drill.id);
        let id = known.ok_or(IndicatorsError::NoSuchLine)?;
        let end = self.recorded(&permit, |event| {
            event.reason = Some("INDICATOR_ENTRIES".to_owned());
            event.count = Some(drill.from_index);
            event.fields_viewed = vec![format!("indicators[{id}].{}", drill.part.as_str())];
        });
        let end = end.await?;
        let facts = self.facts(asked, end).await?;
        let figures = indicators::report(&facts, asked)?;
        let is_it = |figure: &&Figure| {
            figure.indicator.id == *id
                && (drill.line.is_empty() || figure.indicator.line == drill.line)
        };
        let mut found = figures.iter().filter(is_it);
        match (found.next(), found.next()) {
            (Some(figure), None) => Ok(page(figure, drill)),
            (Some(_), Some(_)) | (None, _) => Err(IndicatorsError::NoSuchLine),
        }
    }

    /// Refuses, and records, whoever may never read entries.
    ///
    /// # Errors
    /// [`IndicatorsError::Denied`], or that it could not be recorded.
    pub async fn may_drill(&self, caller: &Principal) -> Result<(), IndicatorsError> {
        self.leave_to_drill(caller).await.map(|_permit| ())
    }

    async fn leave_to_drill(&self, caller: &Principal) -> Result<Permit, IndicatorsError> {
        let governance = AgencyCode::try_from(GOVERNANCE).ok();
        match access::permit(caller, Action::ReadIndicatorEntries, governance.as_ref()) {
            Ok(permit) => Ok(permit),
            Err(denied) => {
                self.audit.refuse(caller, denied.reason()).await?;
                // That there is a log is no secret: another agency hears that it may not.
                let told = if denied == Denied::OtherAgency { Denied::Role } else { denied };
                Err(told.into())
            }
        }
    }
}

fn page(figure: &Figure, drill: &Drill) -> PartPage {
    let all = drill.part.of(figure);
    let mut times: BTreeMap<u64, u32> = BTreeMap::new();
    for entry in &all {
        let times = times.entry(entry.0).or_default();
        *times = times.saturating_add(1);
    }
    let limit = drill.limit.clamp(1, ENTRIES_OF_PAGE_MAX);
    let mut rest = times.range(drill.from_index..);
    let counted = |(index, times): (&u64, &u32)| EntryCounted { index: *index, times: *times };
    let entries: Vec<EntryCounted> = rest.by_ref().take(limit).map(counted).collect();
    PartPage {
        entries,
        next: rest.next().map(|(index, _)| *index),
        counted: u64::try_from(all.len()).unwrap_or(u64::MAX),
        version: figure.version,
    }
}
