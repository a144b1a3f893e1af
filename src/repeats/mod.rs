//! The repeats that rested on a claim, an event or an alert, counted again when it changes (domain 4.5.6, 5.8, 5.9).
//!
//! Owns which later alerts counted it, and with what they are counted: each earlier alert as it stands, a corrected one as
//! its correction tells it, a recalled one not at all. What it was counted on is expected of the commit: whoever counts what
//! changes at the same moment is counted again, or counts again itself. What that takes back of what was told, or asks anew, is decided in
//! [`crate::policy::recount`]. Commits nothing: the changed alerts go with the commit that changes the count, so that no
//! crash leaves a false repeat that nobody takes back, and nobody hears of a correction that was not stored.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::crypto::{SealError, Sealer};
use crate::domain::alert::Conflicts;
use crate::domain::counted::PairCounted;
use crate::domain::identity::Link;
use crate::domain::{
    AlertId, AlertKind, AlertRecord, Event, EventKind, MailboxId, Rule, Timestamp,
};
use crate::env::Env;
use crate::policy::matching::{self, Earlier};
use crate::policy::recall;
use crate::policy::recount::{
    self, Corrected, Recounted, Recounting, decided_by, recount, recount_decided, with_rereferral,
};
use crate::policy::triggers::{pair_case, same_event_as};
use crate::policy::{self, Clocks};
use crate::record::{open_conflicts, open_mentions};
use crate::store::{Expect, Store, StoreError, episode_of};

/// Alerts under one token that are looked through for those that counted an alert, the newest of them: as many as a
/// submission looks at under an NHS number. A later alert beyond that keeps what it was told.
pub const LATER_MAX: usize = 512;

/// How many corrections of corrections are followed. Beyond that the last one reached is counted.
const CORRECTIONS_MAX: usize = 16;

/// Why it was not counted.
#[derive(Debug, thiserror::Error)]
pub enum RepeatsError {
    /// No key is to be had to look for the persons.
    #[error("the persons cannot be looked for")]
    Seal(#[from] SealError),
    /// The store could not.
    #[error("the store could not")]
    Store(#[from] StoreError),
}

/// What one commit changes, each alert once, and what is recorded of it.
#[derive(Default)]
pub struct Changes {
    /// The alerts as they are to stand; their versions are the caller's to raise.
    pub records: Vec<AlertRecord>,
    /// What is recorded, with ids.
    pub events: Vec<Event>,
    /// The triggers that fire with this commit: nobody is asked a second time by another alert of the same count.
    pub fired: Vec<Rule>,
    /// What it was counted on, beside the records: that nothing of it has changed by then.
    pub expects: Vec<Expect>,
    /// Alerts as the store has them, each opened once however many alerts counted it.
    pub opened: BTreeMap<AlertId, Option<Earlier>>,
}

impl Changes {
    /// How an alert is to stand; none where it does not change.
    #[must_use]
    pub fn of(&self, alert: AlertId) -> Option<&AlertRecord> {
        self.records.iter().find(|it| it.id == alert)
    }

    /// In the place of how it was to stand before.
    pub fn put(&mut self, record: AlertRecord) {
        match self.records.iter_mut().find(|it| it.id == record.id) {
            Some(place) => *place = record,
            None => self.records.push(record),
        }
    }

    /// The alerts of an episode as they are to stand, the first one first; none where that is not there.
    ///
    /// # Errors
    /// The store could not.
    pub async fn episode(
        &self,
        store: &dyn Store,
        first: AlertId,
    ) -> Result<Vec<Arc<AlertRecord>>, StoreError> {
        let first = match self.of(first) {
            Some(changed) => Some(Arc::new(changed.clone())),
            None => store.alert(first).await?,
        };
        match first {
            Some(first) => episode_of(store, first, &self.records).await,
            None => Ok(Vec::new()),
        }
    }

    /// The inboxes that something is queued for at this moment.
    #[must_use]
    pub fn told(&self, now: Timestamp) -> Vec<MailboxId> {
        let deliveries = self.records.iter().flat_map(|record| &record.deliveries);
        deliveries.filter(|it| it.queued_at == now).map(|it| it.mailbox.clone()).collect()
    }
}

/// With what it is counted.
#[derive(Clone, Copy)]
pub struct Counting<'a> {
    /// Where everything is kept.
    pub store: &'a dyn Store,
    /// Opens who is mentioned.
    pub sealer: &'a Sealer,
    /// Time and ids.
    pub env: &'a Env,
    /// Thresholds and deadlines.
    pub clocks: &'a Clocks,
}

/// An alert, opened, with the claims and the earlier alerts as they stand.
struct Opened {
    alert: Earlier,
    conflicts: Conflicts,
    earlier: Vec<Earlier>,
    /// The alerts whose place it took: whoever was told by them was told.
    before: Vec<Arc<AlertRecord>>,
}

impl Counting<'_> {
    /// Counts again, each once, what changes with these alerts: themselves, and every later alert that counted one of them
    /// or of those whose place they took. All are taken as they stand in the store, and as `changes` has them.
    ///
    /// # Errors
    /// The store could not, or no key is to be had.
    pub async fn all_again(
        &self,
        changed: &[Arc<AlertRecord>],
        changes: &mut Changes,
    ) -> Result<(), RepeatsError> {
        let mut spoken: Vec<Arc<AlertRecord>> = Vec::new();
        for record in changed {
            add(&mut spoken, Arc::clone(record));
            self.predecessors(record).await?.into_iter().for_each(|it| add(&mut spoken, it));
        }
        let mut counted = spoken.clone();
        for record in &spoken {
            let later = self.counted_with(record, &mut changes.expects).await?;
            later.into_iter().for_each(|it| add(&mut counted, it));
        }
        // Decisions after what they decided on: a flag is told of once.
        counted.sort_by_key(|it| (it.kind == AlertKind::ReferralDecision, it.submitted));
        for it in counted {
            if self.speaks_in(&it, &changes.records).await? {
                expect(&mut changes.expects, &it);
                self.again(&it, changes).await?;
            }
        }
        Ok(())
    }

    /// Counts an alert again. A decision is counted by what it decided on. What cannot be opened any more is as if it were
    /// not there; training counts nothing.
    async fn again(
        &self,
        before: &Arc<AlertRecord>,
        changes: &mut Changes,
    ) -> Result<(), RepeatsError> {
        if before.exercise {
            return Ok(());
        }
        let after =
            changes.of(before.id).map_or_else(|| Arc::clone(before), |it| Arc::new(it.clone()));
        let Some(was) = self.open(before, Standing::InStore, changes).await? else { return Ok(()) };
        let is = self.open(&after, Standing::AsChanged, changes).await?;
        let Some(is) = is else { return Ok(()) };
        if before.kind == AlertKind::ReferralDecision {
            return self.decided_again(before, (&was, &is), changes).await;
        }
        let directory = self.store.directory();
        let told = recount(
            self.recounting(&was, &was.alert, &directory),
            self.recounting(&is, &is.alert, &directory),
            &changes.fired,
        );
        let mut stands = after.as_ref().clone();
        if let Some(case) = &mut stands.counted.pair {
            let Earlier { record, mentions } = &is.alert;
            let counted = pair_case((mentions, after.episode), &record.links, &is.earlier);
            *case = PairCounted { heard_at: case.heard_at, ..counted };
        }
        if stands != *after {
            changes.put(stands.clone());
        }
        self.tell(stands, told, changes);
        Ok(())
    }

    /// The later alerts whose claims name this one, and that they are all of them.
    async fn counted_with(
        &self,
        record: &AlertRecord,
        expects: &mut Vec<Expect>,
    ) -> Result<Vec<Arc<AlertRecord>>, RepeatsError> {
        let Ok(mentions) = open_mentions(self.sealer, record) else { return Ok(Vec::new()) };
        let pieces: Vec<_> = mentions.people.iter().flat_map(matching::pieces).collect();
        let mut alerts = BTreeSet::new();
        for token in self.sealer.mention_tokens(&pieces)? {
            let limit = LATER_MAX;
            let under = self.store.mentioned(token, limit).await?;
            alerts.extend(under.iter().copied());
            let seen = Expect::Mentioned { token, alerts: under, limit };
            if !expects.contains(&seen) {
                expects.push(seen);
            }
        }
        let mut counted = Vec::new();
        for alert in alerts {
            let names = |it: &Arc<AlertRecord>| it.links.iter().any(|to| to.other == record.id);
            counted.extend(self.store.alert(alert).await?.filter(names));
        }
        Ok(counted)
    }

    /// The earlier alert about the same event as this one, as both are to stand (domain 5.9): its id.
    ///
    /// # Errors
    /// The store could not.
    pub async fn same_event(
        &self,
        alert: &Arc<AlertRecord>,
        changes: &mut Changes,
    ) -> Result<Option<AlertId>, RepeatsError> {
        let opened = self.open(alert, Standing::AsChanged, changes).await?;
        let found = opened.and_then(|opened| {
            same_event_as(&opened.alert, &opened.earlier, &self.clocks.thresholds)
        });
        Ok(found)
    }

    /// Whether an alert counts for anybody: none has taken its place, and it was not recalled.
    ///
    /// # Errors
    /// The store could not.
    pub async fn speaks(&self, record: &AlertRecord) -> Result<bool, StoreError> {
        self.speaks_in(record, &[]).await
    }

    async fn speaks_in(
        &self,
        record: &AlertRecord,
        standing: &[AlertRecord],
    ) -> Result<bool, StoreError> {
        let record = standing.iter().find(|it| it.id == record.id).unwrap_or(record);
        if recall::is_recalled(record) {
            return Ok(false);
        }
        let Some(by) = record.after.superseded_by else { return Ok(true) };
        if let Some(newer) = standing.iter().find(|it| it.id == by) {
            return Ok(!policy::speaks_for(newer, record));
        }
        let newer = self.store.alert(by).await?;
        Ok(!newer.is_some_and(|newer| policy::speaks_for(&newer, record)))
    }

    /// The alerts whose place it took, one after the other; the newest first.
    async fn predecessors(
        &self,
        record: &AlertRecord,
    ) -> Result<Vec<Arc<AlertRecord>>, RepeatsError> {
        let mut found: Vec<Arc<AlertRecord>> = Vec::new();
        let mut named = record.after.supersedes;
        while let Some(older) = named.filter(|_| found.len() < CORRECTIONS_MAX) {
            let older = self.store.alert(older).await?;
            let Some(older) = older.filter(|older| policy::speaks_for(record, older)) else {
                break;
            };
            named = older.after.supersedes;
            found.push(older);
        }
        Ok(found)
    }

    /// What a decision was about, where T6 has changed by what the decision's own claims reach.
    async fn decided_again(
        &self,
        decision: &Arc<AlertRecord>,
        (was, is): (&Opened, &Opened),
        changes: &mut Changes,
    ) -> Result<(), RepeatsError> {
        let episode = changes.episode(self.store, decision.episode.first_alert()).await?;
        let directory = self.store.directory();
        for about in decided_by(decision, &episode) {
            let stands =
                changes.of(about.id).map_or_else(|| Arc::clone(about), |it| Arc::new(it.clone()));
            let of = |record: &Arc<AlertRecord>, opened: &Opened| Earlier {
                record: Arc::clone(record),
                mentions: opened.alert.mentions.clone(),
            };
            let (before, after) = (of(about, was), of(&stands, is));
            let told = recount_decided(
                (self.recounting(was, &before, &directory), &was.alert.record.links),
                (self.recounting(is, &after, &directory), &is.alert.record.links),
            );
            self.tell(stands.as_ref().clone(), told, changes);
        }
        Ok(())
    }

    fn recounting<'b>(
        &'b self,
        opened: &'b Opened,
        alert: &'b Earlier,
        directory: &'b crate::domain::directory::Directory,
    ) -> Recounting<'b> {
        let Opened { conflicts, earlier, before, .. } = opened;
        let (clocks, now) = (self.clocks, self.env.now());
        Recounting { alert, before, earlier, conflicts, directory, clocks, now }
    }

    /// Puts what was counted among the changes, where it changes anything.
    fn tell(&self, mut record: AlertRecord, told: Recounted, changes: &mut Changes) {
        if told == Recounted::default() {
            return;
        }
        let now = self.env.now();
        let fired = told.events.iter().filter(|event| event.kind == EventKind::TriggerFired);
        changes.fired.extend(fired.flat_map(|event| event.rules.iter().copied()));
        changes.events.extend(told.events.into_iter().map(|mut event| {
            event.id = self.env.ids(now).event();
            event.about(record.id, record.episode)
        }));
        record.deliveries.extend(told.tasks);
        changes.put(with_rereferral(record, told.is_rereferral));
    }

    /// An alert and what it counts, with the others as they stand.
    async fn open(
        &self,
        record: &Arc<AlertRecord>,
        as_of: Standing,
        changes: &mut Changes,
    ) -> Result<Option<Opened>, RepeatsError> {
        let (Ok(mentions), Ok(conflicts)) =
            (open_mentions(self.sealer, record), open_conflicts(self.sealer, record))
        else {
            return Ok(None);
        };
        let mut named: Vec<AlertId> = record.links.iter().map(|link| link.other).collect();
        named.sort_unstable();
        named.dedup();
        let (mut earlier, mut corrected) = (Vec::new(), Vec::new());
        for other in named {
            let Some(known) = self.standing(other, as_of, changes).await? else { continue };
            if changes.of(other).is_none() {
                expect(&mut changes.expects, &known.record);
            }
            match self.corrected(&known.record, as_of, changes).await? {
                Some(right) => corrected.push(Corrected { wrong: known, right }),
                None => earlier.push(known),
            }
        }
        let links: Vec<Link> = recount::with_corrections(record, &corrected, &mut earlier);
        let before = self.predecessors(record).await?;
        let record = Arc::new(AlertRecord { links, ..record.as_ref().clone() });
        let alert = Earlier { record, mentions };
        Ok(Some(Opened { alert, conflicts, earlier, before }))
    }

    /// The last of the alerts that took its place and tell the same event.
    async fn corrected(
        &self,
        wrong: &AlertRecord,
        as_of: Standing,
        changes: &mut Changes,
    ) -> Result<Option<Earlier>, RepeatsError> {
        let (mut right, mut named): (Option<Earlier>, _) = (None, wrong.after.superseded_by);
        for _correction in 0..CORRECTIONS_MAX {
            let Some(newer) = named else { break };
            let newer = self.standing(newer, as_of, changes).await?;
            let speaks = |newer: &Earlier| policy::speaks_for(&newer.record, wrong);
            let Some(newer) = newer.filter(speaks) else { break };
            named = newer.record.after.superseded_by;
            right = Some(newer);
        }
        Ok(right)
    }

    async fn standing(
        &self,
        alert: AlertId,
        as_of: Standing,
        changes: &mut Changes,
    ) -> Result<Option<Earlier>, RepeatsError> {
        if as_of == Standing::AsChanged
            && let Some(changed) = changes.of(alert)
        {
            let Ok(mentions) = open_mentions(self.sealer, changed) else { return Ok(None) };
            return Ok(Some(Earlier { record: Arc::new(changed.clone()), mentions }));
        }
        if let Some(known) = changes.opened.get(&alert) {
            return Ok(known.clone());
        }
        let record = self.store.alert(alert).await?;
        let known = record.and_then(|record| {
            let mentions = open_mentions(self.sealer, &record).ok()?;
            Some(Earlier { record, mentions })
        });
        changes.opened.insert(alert, known.clone());
        Ok(known)
    }
}

/// As what alerts are counted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// As the store has them.
    InStore,
    /// As they are to stand.
    AsChanged,
}

fn add(all: &mut Vec<Arc<AlertRecord>>, record: Arc<AlertRecord>) {
    if !all.iter().any(|known| known.id == record.id) {
        all.push(record);
    }
}

/// That an alert is as it was when it was counted.
fn expect(expects: &mut Vec<Expect>, record: &AlertRecord) {
    let as_seen = Expect::AlertVersion { alert: record.id, version: record.version };
    if !expects.contains(&as_seen) {
        expects.push(as_seen);
    }
}
