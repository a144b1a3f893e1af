//! Alerts that are one event, or are not, by what a human says (domain 5.9): that they are two, or that the person is one.

use std::sync::Arc;

use super::{ATTEMPTS_MAX, Identity, IdentityError};
use crate::domain::{AlertId, AlertRecord, EpisodeId, Event, EventKind, Principal, Timestamp};
use crate::policy::access::{self, Action, Permit};
use crate::policy::conflicts_left;
use crate::policy::duplicate::{self, Apart};
use crate::record::{open_conflicts, open_mentions};
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
        self.apart(&record, (now, Apart::TwoEvents), &mut changes).await?;
        if changes.records.is_empty() {
            return Err(IdentityError::NotFound);
        }
        Box::pin(self.counting().all_again(std::slice::from_ref(&record), &mut changes)).await?;
        self.put(permit, now, changes).await?;
        Ok(EpisodeId::from(alert))
    }

    /// Splits an alert from what it was linked to, as everything is to stand so far.
    async fn apart(
        &self,
        record: &AlertRecord,
        (now, why): (Timestamp, Apart),
        changes: &mut Changes,
    ) -> Result<(), IdentityError> {
        let episode = self.episode_of(record, changes).await?;
        for it in duplicate::split(record.id, &episode, why).unwrap_or_default() {
            let event = Event::new(self.parts.env.ids(now).event(), EventKind::DuplicateSplit);
            let mut event = event.about(it.id, it.episode);
            event.subjects.clone_from(&it.subjects);
            changes.events.push(event);
            changes.put(it);
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
        self.apart(&after, (now, Apart::TwoPersons), changes).await
    }

    /// The alerts of the record's episode as they are to stand, the first one first.
    async fn episode_of(
        &self,
        record: &AlertRecord,
        changes: &Changes,
    ) -> Result<Vec<Arc<AlertRecord>>, IdentityError> {
        let store = self.parts.store.as_ref();
        Ok(changes.episode(store, record.episode.first_alert()).await?)
    }

    /// Links the alert to an earlier one that tells of the same event, where a claim that a human has confirmed was all that
    /// was missing: what the hub does by itself where the claim is sure at once. Gives the alerts of the event that move,
    /// as they were.
    pub(super) async fn joined_events(
        &self,
        alert: AlertId,
        now: Timestamp,
        changes: &mut Changes,
    ) -> Result<Vec<Arc<AlertRecord>>, IdentityError> {
        let Some(after) = changes.of(alert).cloned().map(Arc::new) else { return Ok(Vec::new()) };
        if !duplicate::heads(&after) {
            return Ok(Vec::new());
        }
        let Some(found) = self.counting().same_event(&after, changes).await? else {
            return Ok(Vec::new());
        };
        let Some(found) = self.parts.store.alert(found).await? else { return Ok(Vec::new()) };
        let own = self.episode_of(&after, changes).await?;
        let episode = self.episode_of(&found, changes).await?;
        // By the link whoever must not know would learn that the other is there (domain 5.7).
        let mut all = own.iter().chain(&episode);
        if found.episode == after.episode || all.any(|it| self.is_kept_from_somebody(it)) {
            return Ok(Vec::new());
        }
        let mentions = open_mentions(&self.parts.sealer, &after)?;
        let directory = self.parts.store.directory();
        let joined = duplicate::join(
            (&after, &mentions),
            &own,
            (&episode, found.id),
            (&directory, &self.parts.clocks, now),
        );
        let Some((records, events)) = joined else { return Ok(Vec::new()) };
        records.into_iter().for_each(|record| changes.put(record));
        changes.events.extend(events.into_iter().map(|mut event| {
            event.id = self.parts.env.ids(now).event();
            event
        }));
        let is_told =
            |it: &&Arc<AlertRecord>| it.id == alert || it.after.same_event.earlier == Some(alert);
        let mut told = Vec::new();
        for it in own.iter().filter(is_told) {
            told.extend(self.parts.store.alert(it.id).await?);
        }
        Ok(told)
    }

    fn is_kept_from_somebody(&self, record: &AlertRecord) -> bool {
        let kept = open_conflicts(&self.parts.sealer, record);
        !kept.unwrap_or_else(|_gone| conflicts_left(record)).are_none()
    }
}
