//! What a human says of alerts that were linked as one event (domain 5.9): they are two.

use std::sync::Arc;

use super::{ATTEMPTS_MAX, Identity, IdentityError};
use crate::domain::{AlertId, AlertRecord, EpisodeId, Event, EventKind, Principal, Timestamp};
use crate::policy::access::{self, Action, Permit};
use crate::policy::duplicate;
use crate::record::open_mentions;
use crate::repeats::Changes;
use crate::store::StoreError;

impl Identity {
    /// Says that an alert tells of another event than the one it was linked to: it gets an episode of its own, and
    /// counts by itself. The repeats that rested on one event are counted again. Gives that episode. May be repeated.
    ///
    /// # Errors
    /// Denied, an alert that the caller's agency neither sent nor has as the front door, or one that was never linked
    /// (recorded).
    pub async fn split(
        &self,
        principal: &Principal,
        alert: AlertId,
    ) -> Result<EpisodeId, IdentityError> {
        for _attempt in 0..ATTEMPTS_MAX {
            let leave = access::permit(principal, Action::SplitDuplicate, principal.agency());
            let permit = self.permitted(principal, leave).await?;
            match self.split_once(&permit, alert).await {
                Err(IdentityError::Store(StoreError::Conflict)) => {}
                done => return self.told(principal, done).await,
            }
        }
        Err(IdentityError::Busy)
    }

    async fn split_once(
        &self,
        permit: &Permit,
        alert: AlertId,
    ) -> Result<EpisodeId, IdentityError> {
        let found = self.parts.store.alert(alert).await?;
        let directory = self.parts.store.directory();
        let may = |record: &Arc<AlertRecord>| {
            permit.agency().is_some_and(|it| access::may_split(it, record, &directory))
        };
        let record = found.filter(may).ok_or(IdentityError::NotFound)?;
        if record.after.same_event.earlier.is_none() {
            let was_split = record.after.same_event.split_from.is_some();
            return was_split.then_some(record.episode).ok_or(IdentityError::NotFound);
        }
        let now = self.parts.env.now();
        let mut changes = Changes::default();
        self.apart(&record, now, &mut changes).await?;
        if changes.records.is_empty() {
            return Err(IdentityError::NotFound);
        }
        self.put(permit, (now, changes.events), changes.records, Vec::new()).await?;
        Ok(EpisodeId::from(alert))
    }

    /// Splits an alert from what it was linked to, as everything is to stand so far.
    async fn apart(
        &self,
        record: &AlertRecord,
        now: Timestamp,
        changes: &mut Changes,
    ) -> Result<(), IdentityError> {
        let episode = self.episode_of(record, changes).await?;
        for it in duplicate::split(record.id, &episode).unwrap_or_default() {
            let event = Event::new(self.parts.env.ids(now).event(), EventKind::DuplicateSplit);
            let mut event = event.about(it.id, it.episode);
            event.subjects.clone_from(&it.subjects);
            changes.events.push(event);
            changes.put(it);
        }
        let counting = self.counting();
        for before in counting.counted_with(record).await? {
            counting.again(&before, changes).await?;
        }
        Ok(())
    }

    /// Splits the alert where a claim that ended is what it was linked by: it was of somebody else.
    pub(super) async fn parted_events(
        &self,
        alert: AlertId,
        now: Timestamp,
        changes: &mut Changes,
    ) -> Result<(), IdentityError> {
        let Some(after) = changes.of(alert).cloned() else { return Ok(()) };
        if after.after.same_event.earlier.is_none() {
            return Ok(());
        }
        let mentions = open_mentions(&self.parts.sealer, &after)?;
        let episode = self.episode_of(&after, changes).await?;
        let event: Vec<AlertId> = episode.iter().map(|it| it.id).collect();
        if duplicate::still_holds(&after, &mentions, &event) {
            return Ok(());
        }
        self.apart(&after, now, changes).await
    }

    /// The alerts of the record's episode as they are to stand, the first one first.
    async fn episode_of(
        &self,
        record: &AlertRecord,
        changes: &Changes,
    ) -> Result<Vec<Arc<AlertRecord>>, IdentityError> {
        let first = self.standing(record.episode.first_alert(), changes).await?;
        let Some(first) = first else { return Ok(Vec::new()) };
        let mut episode = vec![Arc::clone(&first)];
        for follower in &first.followers {
            episode.extend(self.standing(*follower, changes).await?);
        }
        Ok(episode)
    }

    async fn standing(
        &self,
        alert: AlertId,
        changes: &Changes,
    ) -> Result<Option<Arc<AlertRecord>>, IdentityError> {
        match changes.of(alert) {
            Some(changed) => Ok(Some(Arc::new(changed.clone()))),
            None => Ok(self.parts.store.alert(alert).await?),
        }
    }
}
