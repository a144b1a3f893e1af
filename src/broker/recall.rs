//! Recall: a sender takes its alert back (domain 3.13, R57). Who has it, and what they must do, is decided in
//! [`crate::policy::recall`]; whether a copy left before the recall or a recall came before the copy, by whichever
//! commit is first: both rest on the version of the alert.

use std::sync::Arc;

use super::{ATTEMPTS_MAX, Broker, SubmitError};
use crate::domain::after::RecallReason;
use crate::domain::submission::{Need, Violation};
use crate::domain::{AlertId, AlertRecord, Event, EventKind, Principal};
use crate::policy::access::{Action, Permit};
use crate::policy::recall::{self, Asked, Change, Recipients, UnknownRecipient};
use crate::policy::sender_view::{self, VisibleRecall};
use crate::repeats::Changes;
use crate::store::{Commit, Expect, StoreError, Write};

/// What a sender asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recall {
    /// The alert.
    pub alert: AlertId,
    /// From whom.
    pub recipients: Recipients,
    /// Why.
    pub reason: RecallReason,
}

/// What became of a recall.
#[derive(Clone, Debug)]
pub struct RecallDone {
    /// The alert as it stands.
    pub alert: Arc<AlertRecord>,
    /// How far it had come at each recipient the sender may know of, recalled now or before.
    pub recipients: Vec<VisibleRecall>,
}

impl Broker {
    /// Recalls one of the caller's own alerts. Recalling again what was recalled changes nothing.
    ///
    /// # Errors
    /// An alert of another agency is the same as none; a name that its status does not tell the sender.
    pub async fn recall(
        &self,
        principal: &Principal,
        asked: &Recall,
    ) -> Result<RecallDone, SubmitError> {
        for _attempt in 0..ATTEMPTS_MAX {
            match self.recall_once(principal, asked).await {
                Err(SubmitError::Store(StoreError::Conflict)) => {}
                done => return done,
            }
        }
        Err(SubmitError::Busy)
    }

    async fn recall_once(
        &self,
        principal: &Principal,
        asked: &Recall,
    ) -> Result<RecallDone, SubmitError> {
        let permit = self.permit_for(principal, Action::RecallAlert).await?;
        let found = self.parts.store.alert(asked.alert).await?;
        let Some(alert) = self.shown_to(principal, (asked.alert, found))? else {
            self.parts.audit.refuse(principal, "NOT_FOUND").await?;
            return Err(SubmitError::NotFound);
        };
        let (directory, now) = (self.parts.store.directory(), self.parts.env.now());
        let by = permit.actor().user.as_ref();
        let what = Asked { reason: asked.reason, recipients: &asked.recipients, by };
        let change = match recall::recall(&alert, what, (&directory, &self.parts.clocks, now)) {
            Ok(change) => change,
            Err(unknown) => return Err(self.unknown(principal, &alert, unknown).await?),
        };
        let alert = if change.events.is_empty() {
            self.viewed(&permit, &[&alert]).await?;
            alert
        } else {
            self.take_back(&permit, &alert, change).await?
        };
        let recipients = sender_view::recalls(&alert, &directory, now);
        Ok(RecallDone { alert, recipients })
    }

    /// The one commit: the alert, the earlier ones of an episode whose end it was, and the later ones that counted it.
    async fn take_back(
        &self,
        permit: &Permit,
        alert: &Arc<AlertRecord>,
        change: Change,
    ) -> Result<Arc<AlertRecord>, SubmitError> {
        let env = &self.parts.env;
        let is_gone = recall::is_recalled(&change.record) && !recall::is_recalled(alert);
        let mut changed = vec![change.record];
        changed.extend(self.no_longer_ended(alert, &changed).await?);
        let events = change.events.into_iter().map(|mut event: Event| {
            event.id = env.ids(env.now()).event();
            event
        });
        let events = events.collect();
        let mut changes = Changes { records: changed, events, ..Changes::default() };
        // What nobody is to have counts for nobody (domain 5.8).
        if is_gone {
            Box::pin(self.counting().all_again(std::slice::from_ref(alert), &mut changes)).await?;
        }
        let told = changes.told(env.now());
        let Changes { records, events, mut expects, .. } = changes;
        let mut writes = Vec::with_capacity(records.len());
        for mut record in records {
            expects.push(Expect::AlertVersion { alert: record.id, version: record.version });
            record.version = record.version.saturating_add(1);
            writes.push(Write::Alert(Box::new(record)));
        }
        let commit = Commit::new(permit, env.now(), events, env.salt_seed())?;
        let commit = commit.writing(writes)?.expecting(expects);
        let committed = self.parts.store.commit(commit).await?;
        told.iter().for_each(|mailbox| self.parts.wake.notify(mailbox));
        self.parts.wake.notify_driver();
        Ok(committed.alert(alert.id)?)
    }

    /// The earlier alerts whose look-outs stay, because the word that the child was found was recalled.
    async fn no_longer_ended(
        &self,
        before: &Arc<AlertRecord>,
        after: &[AlertRecord],
    ) -> Result<Vec<AlertRecord>, SubmitError> {
        let stands = after.iter().any(recall::is_end);
        if !recall::is_end(before) || stands {
            return Ok(Vec::new());
        }
        let Some(first) = self.parts.store.alert(before.episode.first_alert()).await? else {
            return Ok(Vec::new());
        };
        let mut episode = self.episode_of(first).await?;
        episode.retain(|other| other.id != before.id);
        if episode.iter().any(|other| recall::is_end(other)) {
            return Ok(Vec::new());
        }
        let kept = episode.iter().map(|other| (other, recall::without_purge(other)));
        let kept = kept.filter(|(other, kept)| other.as_ref() != kept);
        Ok(kept.map(|(_, kept)| kept).collect())
    }

    /// A refusal by the name's place in the list: whether somebody of that name got the alert is not said.
    async fn unknown(
        &self,
        principal: &Principal,
        alert: &AlertRecord,
        unknown: UnknownRecipient,
    ) -> Result<SubmitError, SubmitError> {
        let path = format!("recipients[{}]", unknown.index);
        let mut event = self.denied(EventKind::AlertRejected, "NOT_A_RECIPIENT");
        event = event.about(alert.id, alert.episode);
        event.fields_refused = vec![path.clone()];
        self.record_refusal(principal, vec![event]).await?;
        let violation = Violation {
            path,
            reason: "NOT_A_RECIPIENT",
            need: Need::Hard,
            what_to_do: "a name from the deliveries of GetAlertStatus, or none for all",
        };
        Ok(SubmitError::Rejected { violations: vec![violation], phone: None })
    }
}
