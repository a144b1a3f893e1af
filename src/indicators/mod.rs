//! Indicators: what the hub stores as facts, and the figures of `policy::indicators` as they may be published.
//!
//! Owns the reading of a period, and of the days after it on which the hub may still be told of what is dated in it, and
//! what each fact is read from. Opens no body and no seal: what only the content of
//! an alert would tell is "not computable". Decides no definition. Gives an analyst no row, no alert and no entry; which
//! entries a figure rests on it gives to whoever reads the log (see [`Indicators::entries`]).

mod cases;
mod derive;
mod drill;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::audit::{Audit, AuditError};
use crate::calendar;
use crate::domain::event::{Event, EventKind};
use crate::domain::{
    AlertId, AlertKind, AlertRecord, ErrorKind, Position, Principal, Stage, Timestamp,
};
use crate::env::Env;
use crate::policy::access::{self, Action, Denied, Permit};
use crate::policy::indicators::{self, Facts, Known};
use crate::record::{RecordError, decode_event};
use crate::store::{Commit, Store, StoreError, episode_of};

pub use crate::policy::indicators::{Asked, Period, PeriodError, Published, SelfAssessment};
pub use derive::facts;
pub use drill::{Drill, ENTRIES_OF_PAGE_MAX, EntryCounted, Part, PartPage};

/// Entries read at a time.
const PAGE: usize = 500;
/// The most entries looked at in one call, and the most alerts.
const ENTRIES_MAX: u64 = 400_000;
const ALERTS_MAX: usize = 100_000;
/// Corrections of corrections that are followed.
const CHAIN_MAX: usize = 16;
/// What the entry of an interview says that was held after it was due.
const HELD_LATE: &str = "RHI_COMPLETED_LATE";

/// An alert of an episode, and whether it tells of an interview that was held late.
#[derive(Clone, Debug)]
pub struct EpisodeAlert {
    /// The alert.
    pub record: Arc<AlertRecord>,
    /// See there.
    pub is_late: bool,
}

/// Answers what an analyst asks.
pub struct Indicators {
    store: Arc<dyn Store>,
    env: Env,
    audit: Arc<Audit>,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum IndicatorsError {
    /// The caller may not ask.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The refusal could not be recorded.
    #[error("the refusal could not be recorded")]
    NotRecorded(#[from] AuditError),
    /// The store could not record or read.
    #[error("the store could not record or read")]
    Store(#[from] StoreError),
    /// An entry cannot be read.
    #[error("an entry of the period cannot be read")]
    Unreadable(#[from] RecordError),
    /// There is no such period.
    #[error("there is no such period")]
    Period(#[from] PeriodError),
    /// The period holds more than one call computes.
    #[error("the period holds more than one call computes")]
    TooLarge,
    /// No figure of that name, or several of it.
    #[error("the line of the report is not named, or not there")]
    NoSuchLine,
}

impl IndicatorsError {
    /// What kind of failure a caller sees.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Denied(denied) => denied.kind(),
            Self::NotRecorded(error) => error.kind(),
            Self::Store(error) => error.kind(),
            Self::Unreadable(_) => ErrorKind::Internal,
            Self::Period(_) | Self::NoSuchLine => ErrorKind::Invalid,
            Self::TooLarge => ErrorKind::Exhausted,
        }
    }

    /// The stable reason code.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::Denied(denied) => denied.reason(),
            Self::NotRecorded(error) => error.reason(),
            Self::Store(error) => error.reason(),
            Self::Unreadable(_) => "ENTRY_UNREADABLE",
            Self::Period(_) => "PERIOD_REFUSED",
            Self::TooLarge => "PERIOD_TOO_LARGE",
            Self::NoSuchLine => "NO_SUCH_LINE",
        }
    }
}

/// When the alerts were taken that count in a period, and before it the outcomes of cases: NI 32 rolls over twelve months.
fn window_of_cases(period: Period) -> Result<Period, PeriodError> {
    let year = period.rolling_year()?;
    let told = period.with_what_is_told_late();
    Ok(Period { first: year.first.min(told.first), ..told })
}

impl Indicators {
    /// On what the hub keeps.
    #[must_use]
    pub const fn new(store: Arc<dyn Store>, env: Env, audit: Arc<Audit>) -> Self {
        Self { store, env, audit }
    }

    /// The hub time of one use case.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.env.now()
    }

    /// Every figure of a period, as it may be published. The asking is recorded before anything is read.
    ///
    /// # Errors
    /// [`IndicatorsError`].
    pub async fn report(
        &self,
        caller: &Principal,
        asked: &Asked,
    ) -> Result<Vec<Published>, IndicatorsError> {
        let end = self.record_asking(caller).await?;
        let facts = self.facts(asked, end).await?;
        Ok(indicators::publish(&indicators::report(&facts, asked)?))
    }

    /// What the hub has of the period, up to this entry.
    async fn facts(&self, asked: &Asked, end: Position) -> Result<Facts, IndicatorsError> {
        let (wide, told) = (window_of_cases(asked.period)?, asked.period.with_what_is_told_late());
        let (read, cases_read) = match self.alerts(wide, end).await {
            Ok(read) => (read, true),
            // The figures of the period itself are not lost by it.
            Err(IndicatorsError::TooLarge) => (self.alerts(told, end).await?, false),
            Err(error) => return Err(error),
        };
        let is_outcome = |alert: &&Arc<AlertRecord>| alert.kind == AlertKind::MaracOutcome;
        let outcomes: Vec<_> = read.iter().filter(is_outcome).cloned().collect();
        let holds = |alert: &Arc<AlertRecord>| {
            told.holds(calendar::local_date(alert.received_at.to_jiff()))
        };
        let alerts: Vec<_> = read.into_iter().filter(holds).collect();
        let pair_cases = match cases_read {
            true => Known::Facts(self.pair_cases(&outcomes).await?),
            false => Known::NotTold("twelve months hold more than one call computes"),
        };
        let episodes = self.episodes(&alerts).await?;
        Ok(Facts { pair_cases, ..facts(&episodes) })
    }

    /// The cases that were heard, by these outcomes. What a repeat counts from may have been corrected or recalled since.
    async fn pair_cases(
        &self,
        outcomes: &[Arc<AlertRecord>],
    ) -> Result<Vec<indicators::PairCase>, IndicatorsError> {
        let episodes = self.episodes(outcomes).await?;
        let mut chains = cases::Chains::new();
        for anchor in cases::anchors(outcomes, &episodes) {
            let mut chain = Vec::new();
            let mut next = Some(anchor);
            while let Some(id) = next.filter(|_| chain.len() < CHAIN_MAX) {
                let found = self.store.alert(id).await?;
                next = found.as_ref().and_then(|record| record.after.superseded_by);
                chain.extend(found);
            }
            chains.insert(anchor, chain);
        }
        Ok(cases::pair_cases(outcomes, &episodes, &chains))
    }

    /// Refuses, and records, whoever may never ask.
    ///
    /// # Errors
    /// [`IndicatorsError::Denied`], or that it could not be recorded.
    pub async fn may_ask(&self, caller: &Principal) -> Result<(), IndicatorsError> {
        self.leave(caller).await.map(|_permit| ())
    }

    async fn leave(&self, caller: &Principal) -> Result<Permit, IndicatorsError> {
        match access::permit(caller, Action::ReadIndicators, None) {
            Ok(permit) => Ok(permit),
            Err(denied) => {
                self.audit.refuse(caller, denied.reason()).await?;
                Err(denied.into())
            }
        }
    }

    async fn record_asking(&self, caller: &Principal) -> Result<Position, IndicatorsError> {
        let permit = self.leave(caller).await?;
        self.recorded(&permit, |event| event.reason = Some("INDICATORS".to_owned())).await
    }

    /// Records a reading; the position of the entry that says so.
    async fn recorded(
        &self,
        permit: &Permit,
        say: impl FnOnce(&mut Event),
    ) -> Result<Position, IndicatorsError> {
        let now = self.env.now();
        let mut event = Event::new(self.env.ids(now).event(), EventKind::IgReportRun);
        say(&mut event);
        #[expect(clippy::expect_used, reason = "a commit is refused only without an event")]
        let commit = Commit::new(permit, now, vec![event], self.env.salt_seed())
            .expect("one event is given");
        Ok(self.store.commit(commit).await?.position)
    }

    /// The alerts taken in the period, in order, up to the entry of the asking.
    async fn alerts(
        &self,
        period: Period,
        end: Position,
    ) -> Result<Vec<Arc<AlertRecord>>, IndicatorsError> {
        let start = calendar::start_of_day(period.first).map_or(Timestamp::default(), Into::into);
        let next_day = calendar::days_after(period.last, 1).and_then(calendar::start_of_day);
        let until = next_day.map_or(Timestamp::MAX, Into::into);
        let first = self.first_at(start, end).await?;
        let mut alerts = Vec::new();
        let mut from = first;
        while from < end.0 {
            if from.saturating_sub(first) > ENTRIES_MAX || alerts.len() > ALERTS_MAX {
                return Err(IndicatorsError::TooLarge);
            }
            let page = self.store.recorded_from(Position(from), PAGE).await?;
            if page.is_empty() {
                break;
            }
            for entry in &page {
                if entry.decode_leaf()?.at >= until {
                    return Ok(alerts);
                }
                for stored in &entry.events {
                    let event = decode_event(&stored.bytes)?;
                    if let (EventKind::AlertSubmitted, Some(alert)) = (event.kind, event.alert) {
                        alerts.extend(self.store.alert(alert).await?);
                    }
                }
            }
            from = from.saturating_add(u64::try_from(page.len()).unwrap_or(u64::MAX));
        }
        Ok(alerts)
    }

    /// The first position whose group is not before `start`: hub time never goes back from group to group.
    async fn first_at(&self, start: Timestamp, end: Position) -> Result<u64, IndicatorsError> {
        let (mut low, mut high) = (0_u64, end.0);
        while low < high {
            let middle = low.midpoint(high);
            let recorded = self.store.recorded(Position(middle)).await?;
            match recorded.is_some_and(|recorded| recorded.group.at < start) {
                true => low = middle.saturating_add(1),
                false => high = middle,
            }
        }
        Ok(low)
    }

    /// The whole episodes of these alerts, by their first: what came before the period began, and what became of them
    /// after it ended.
    async fn episodes(
        &self,
        alerts: &[Arc<AlertRecord>],
    ) -> Result<BTreeMap<AlertId, Vec<EpisodeAlert>>, IndicatorsError> {
        let mut episodes = BTreeMap::new();
        for alert in alerts {
            let id = alert.episode.first_alert();
            if episodes.contains_key(&id) {
                continue;
            }
            let Some(first) = self.store.alert(id).await? else { continue };
            let mut episode = Vec::new();
            for record in episode_of(self.store.as_ref(), first, &[]).await? {
                let is_late = self.is_late(&record).await?;
                episode.push(EpisodeAlert { record, is_late });
            }
            episodes.insert(id, episode);
        }
        Ok(episodes)
    }

    /// Whether an interview was held after it was due: its entry says so.
    async fn is_late(&self, record: &AlertRecord) -> Result<bool, IndicatorsError> {
        if record.stage != Some(Stage::InterviewCompleted) {
            return Ok(false);
        }
        let Some(recorded) = self.store.recorded(record.submitted).await? else { return Ok(false) };
        for stored in &recorded.entry.events {
            if decode_event(&stored.bytes)?.reason.as_deref() == Some(HELD_LATE) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
