//! An agreement changes after it was given (domain 3.13, 6.6): refused, withdrawn, given again. Which deliveries that ends is
//! decided in [`crate::policy::consent`].
//!
//! One commit for the whole episode: the word is kept by every alert of it, and each alert's deliveries end by its own
//! version. A hand-out under way is decided again on what the change left. To test a row anew the alert is opened, which
//! is recorded first; nothing of it leaves the hub.

use std::sync::Arc;

use super::{ATTEMPTS_MAX, Broker, KEY_DAYS, SubmitError};
use crate::domain::alert::Conflicts;
use crate::domain::consent::{Service, Standing};
use crate::domain::delivery::Moment;
use crate::domain::principal::Driver;
use crate::domain::submission::{ConsentGiver, ConsentState, GiverStanding};
use crate::domain::{
    AgencyCode, AlertId, AlertRecord, ConsentChanged, Event, EventKind, IdempotencyKey, Position,
    Principal, Span, Timestamp,
};
use crate::policy::access::{self, Action, Permit};
use crate::policy::consent::Read;
use crate::policy::escalation::Steps;
use crate::policy::sender_view::{self, VisibleRecall};
use crate::policy::{Context, Replaces, consent, triggers};
use crate::record::{decode_body, open_conflicts};
use crate::store::{Commit, Expect, StoreError, Write};

/// What is said of an agreement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChangeConsent {
    /// The key of whoever enters it.
    pub key: IdempotencyKey,
    /// An alert of the caller's own, of the episode that it is about.
    pub alert: AlertId,
    /// About which service.
    pub service: Service,
    /// With which agencies, ascending; empty: with all.
    pub agencies: Vec<AgencyCode>,
    /// Whose word it is.
    pub giver: ConsentGiver,
    /// What is said.
    pub state: ConsentState,
    /// When the person told anyone at the sender.
    pub effective_at: Timestamp,
}

/// Reads a stored alert again with the new word among its own records; none where it cannot be read. What is read is
/// the edge's to know (see [`crate::wire`]).
#[derive(Clone, Copy)]
pub struct Reread<'a>(pub &'a (dyn Fn(&[u8]) -> Option<Read> + Send + Sync));

/// What became of a change.
#[derive(Clone, Debug)]
pub struct ConsentDone {
    /// How far each copy had come that ended, now or before, of the alert named, as its sender may know.
    pub recipients: Vec<VisibleRecall>,
    /// When the hub took it.
    pub entered_at: Timestamp,
}

impl Broker {
    /// Records what was said of an agreement, and ends what rested on it. The same key again changes nothing.
    ///
    /// # Errors
    /// An alert of another agency is the same as none; the key used for something else. Both are recorded.
    pub async fn change_consent(
        &self,
        principal: &Principal,
        asked: &ChangeConsent,
        reread: Reread<'_>,
    ) -> Result<ConsentDone, SubmitError> {
        for _attempt in 0..ATTEMPTS_MAX {
            match self.change_consent_once(principal, asked, reread).await {
                Err(SubmitError::Store(StoreError::Conflict)) => {}
                Err(error @ (SubmitError::NotFound | SubmitError::KeyReused { .. })) => {
                    self.parts.audit.refuse(principal, error.reason()).await?;
                    return Err(error);
                }
                done => return done,
            }
        }
        Err(SubmitError::Busy)
    }

    async fn change_consent_once(
        &self,
        principal: &Principal,
        asked: &ChangeConsent,
        reread: Reread<'_>,
    ) -> Result<ConsentDone, SubmitError> {
        let permit = self.permit_for(principal, Action::ChangeConsent).await?;
        let sender = permit.agency().cloned().ok_or(SubmitError::NotFound)?;
        let facts = self.parts.store.submission_facts(&sender, &asked.key, None).await?;
        if let Some(earlier) = facts.earlier {
            return self.said_before(&earlier, asked);
        }
        let found = self.parts.store.alert(asked.alert).await?;
        let named = self.shown_to(principal, (asked.alert, found))?;
        let named = named.ok_or(SubmitError::NotFound)?;
        let episode = self.whole_episode(&named).await?;
        let now = self.parts.env.now();
        self.record_reading(&episode).await?;
        // Whose word counts is told by the alert that names the giver.
        let of_named = self.read_again(&named, reread).await?;
        let said = of_named.as_ref().and_then(|read| read.said.sharing.consents.last());
        let standing = match said.is_none_or(|said| said.standing == GiverStanding::Counts) {
            true => Standing::Counts,
            false => Standing::Barred,
        };
        let entered = Moment { at: now, by: permit.actor().user.clone(), position: Position::THIS };
        let word = ConsentChanged {
            key: asked.key.clone(),
            service: asked.service,
            agencies: asked.agencies.clone(),
            giver: asked.giver,
            state: asked.state,
            standing,
            effective_at: asked.effective_at,
            entered,
            ends: Vec::new(),
        };
        let mut changes = Vec::with_capacity(episode.len());
        for alert in &episode {
            changes.push(self.changed_by(alert, &word, &episode, reread).await?);
        }
        let alert = self.put_changes(&permit, changes, (asked, sender)).await?;
        let directory = self.parts.store.directory();
        let recipients = sender_view::recalls(&alert, &directory, now);
        Ok(ConsentDone { recipients, entered_at: now })
    }

    /// What the word does to one alert of the episode.
    async fn changed_by(
        &self,
        alert: &Arc<AlertRecord>,
        word: &ConsentChanged,
        episode: &[Arc<AlertRecord>],
        reread: Reread<'_>,
    ) -> Result<(u64, Steps), SubmitError> {
        let (directory, now) = (self.parts.store.directory(), self.parts.env.now());
        let read = self.read_again(alert, reread).await?;
        let sender = directory.agencies.get(&alert.sender).ok_or(SubmitError::NotFound)?;
        let context = Context {
            directory: &directory,
            now,
            episode,
            replaces: Replaces::Nothing,
            kept_from: &Conflicts::default(),
            sender,
            approver: None,
            decision_maker: alert.author.as_ref(),
            clocks: self.parts.clocks,
            repeats: &triggers::Repeats::default(),
        };
        let ends = consent::ended(alert, word, read.as_ref(), &context);
        let word = ConsentChanged { ends, ..word.clone() };
        let conflicts = open_conflicts(&self.parts.sealer, alert);
        let conflicts = conflicts.map_err(SubmitError::Conflicts)?;
        Ok((
            alert.version,
            consent::change(alert, &word, &conflicts, (&directory, &self.parts.clocks, now)),
        ))
    }

    /// The one commit: every alert of the episode at its next version, and the key.
    async fn put_changes(
        &self,
        permit: &Permit,
        changes: Vec<(u64, Steps)>,
        (asked, sender): (&ChangeConsent, AgencyCode),
    ) -> Result<Arc<AlertRecord>, SubmitError> {
        let env = &self.parts.env;
        let now = env.now();
        let (mut events, mut told) = (Vec::new(), Vec::new());
        let mut writes = vec![Write::Key {
            agency: sender.clone(),
            key: asked.key.clone(),
            alert: asked.alert,
            expires_at: now.plus(Span::days(KEY_DAYS)),
        }];
        let mut expects = vec![Expect::KeyAbsent { agency: sender, key: asked.key.clone() }];
        for (version, Steps { mut record, events: more, .. }) in changes {
            expects.push(Expect::AlertVersion { alert: record.id, version });
            record.version = version.saturating_add(1);
            told.extend(record.deliveries.iter().map(|delivery| delivery.mailbox.clone()));
            writes.push(Write::Alert(Box::new(record)));
            events.extend(more.into_iter().map(|mut event: Event| {
                event.id = env.ids(now).event();
                event
            }));
        }
        let commit = Commit::new(permit, now, events, env.salt_seed())?;
        let commit = commit.writing(writes)?.expecting(expects);
        let committed = self.parts.store.commit(commit).await?;
        told.sort();
        told.dedup();
        told.iter().for_each(|mailbox| self.parts.wake.notify(mailbox));
        self.parts.wake.notify_driver();
        Ok(committed.alert(asked.alert)?)
    }

    /// The same key again: the same answer for the same word about the same alert.
    fn said_before(
        &self,
        alert: &AlertRecord,
        asked: &ChangeConsent,
    ) -> Result<ConsentDone, SubmitError> {
        let is_it = |said: &&ConsentChanged| {
            said.key == asked.key
                && said.service == asked.service
                && said.agencies == asked.agencies
                && said.giver == asked.giver
                && said.state == asked.state
                && said.effective_at == asked.effective_at
        };
        let known = alert.after.consents.iter().find(is_it).filter(|_| alert.id == asked.alert);
        let known = known.ok_or(SubmitError::KeyReused { phone: None })?;
        let directory = self.parts.store.directory();
        let recipients = sender_view::recalls(alert, &directory, self.parts.env.now());
        Ok(ConsentDone { recipients, entered_at: known.entered.at })
    }

    /// Every alert of the episode, the first one first.
    async fn whole_episode(
        &self,
        named: &Arc<AlertRecord>,
    ) -> Result<Vec<Arc<AlertRecord>>, SubmitError> {
        let store = &self.parts.store;
        let Some(first) = store.alert(named.episode.first_alert()).await? else {
            return Ok(vec![Arc::clone(named)]);
        };
        self.episode_of(first).await
    }

    /// That the hub opens these alerts to test their rows anew: recorded and durable before one is opened. Nobody is shown
    /// anything, so it is the hub's own act.
    async fn record_reading(&self, episode: &[Arc<AlertRecord>]) -> Result<(), SubmitError> {
        let env = &self.parts.env;
        let viewed = |alert: &Arc<AlertRecord>| {
            let event = Event::new(env.ids(env.now()).event(), EventKind::RecordViewed);
            let mut event = event.about(alert.id, alert.episode);
            event.subjects.clone_from(&alert.subjects);
            event.reason = Some("CONSENT_CHANGE".to_owned());
            event
        };
        let hub = Principal::Hub(Driver::Escalation);
        let permit = access::permit(&hub, Action::RecordHubEvent, None)?;
        let events = episode.iter().map(viewed).collect();
        let commit = Commit::new(&permit, env.now(), events, env.salt_seed())?;
        self.parts.store.commit(commit).await?;
        Ok(())
    }

    /// The alert as given, with the new word among its records. Nothing of it leaves the hub.
    async fn read_again(
        &self,
        alert: &AlertRecord,
        reread: Reread<'_>,
    ) -> Result<Option<Read>, SubmitError> {
        let Some(body) = &alert.body else { return Ok(None) };
        let sealed = self.parts.store.body(alert.id, body).await?;
        let opened = self.parts.sealer.open_body(alert.id, &sealed);
        let plain = opened.map_err(SubmitError::StoredKey)?;
        let body = decode_body(&plain).ok();
        Ok(body.and_then(|body| (reread.0)(&body.alert)))
    }
}
