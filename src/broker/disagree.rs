//! Disagreement: a referrer does not agree with what was decided on its referral (R90, domain 3.13, 5.2a). Who may, whom a
//! stage calls and when the next one is due is decided in [`crate::policy::disagreement`].
//!
//! It stands in the record of the decision, with the deliveries and the clocks that it causes: one commit, resting on
//! the versions of the decision and of the referral, so that a decision made at the same moment is seen.

use std::sync::Arc;

use super::{ATTEMPTS_MAX, Broker, KEY_DAYS, SubmitError};
use crate::crypto::{commitment, content_key};
use crate::domain::alert::BodyRef;
use crate::domain::disagreement::Said;
use crate::domain::{
    AgencyCode, AlertId, AlertRecord, DisagreementStage, Event, EventKind, IdempotencyKey,
    Position, Principal, Redacted, Role, Span,
};
use crate::policy::access::{Action, Permit};
use crate::policy::disagreement::{self, Asked, NotPossible, VisibleDisagreement};
use crate::policy::escalation::Steps;
use crate::record::open_conflicts;
use crate::store::{Commit, Expect, StoreError, Write};

/// What a referrer says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Disagree {
    /// The referrer's key.
    pub key: IdempotencyKey,
    /// Its alert that was decided on.
    pub referral: AlertId,
    /// The decision as the referrer knows it; none for whichever is the last.
    pub decision: Option<AlertId>,
    /// The stage it wants.
    pub stage: DisagreementStage,
    /// Why. Kept sealed; seen by whom the stages call.
    pub text: Redacted<String>,
}

impl Broker {
    /// Raises a stage of a disagreement with the decision on one of the caller's own alerts. The same key again gives the
    /// same answer.
    ///
    /// # Errors
    /// An alert of another agency is the same as none; no decision the referrer was told of, another decision than it
    /// names, a stage that was reached before; the key used for something else. Each is recorded.
    pub async fn disagree(
        &self,
        principal: &Principal,
        asked: &Disagree,
    ) -> Result<VisibleDisagreement, SubmitError> {
        for _attempt in 0..ATTEMPTS_MAX {
            let done = self.disagree_once(principal, asked).await;
            match done {
                Err(SubmitError::Store(StoreError::Conflict)) => {}
                Err(
                    error @ (SubmitError::NotFound
                    | SubmitError::NotPossible { .. }
                    | SubmitError::KeyReused { .. }),
                ) => {
                    self.parts.audit.refuse(principal, error.reason()).await?;
                    return Err(error);
                }
                done => return done,
            }
        }
        Err(SubmitError::Busy)
    }

    async fn disagree_once(
        &self,
        principal: &Principal,
        asked: &Disagree,
    ) -> Result<VisibleDisagreement, SubmitError> {
        let permit = self.permit_for(principal, Action::Disagree).await?;
        let sender = permit.agency().cloned().ok_or(SubmitError::NotFound)?;
        let facts = self.parts.store.submission_facts(&sender, &asked.key, None).await?;
        if let Some(earlier) = facts.earlier {
            return self.raised_before(&earlier, asked);
        }
        let found = self.parts.store.alert(asked.referral).await?;
        let referral = self.shown_to(principal, (asked.referral, found))?;
        let referral = referral.ok_or(SubmitError::NotFound)?;
        let decision = disagreement::decision_of(&referral, asked.decision)?;
        let decision = self.parts.store.alert(decision).await?.ok_or(SubmitError::NotFound)?;
        let conflicts = open_conflicts(&self.parts.sealer, &decision);
        let conflicts = conflicts.map_err(SubmitError::Conflicts)?;
        let (directory, now) = (self.parts.store.directory(), self.parts.env.now());
        // Who was not told of the decision does not learn by this call that there is one.
        if disagreement::is_for_lead(&referral, &conflicts, &directory)
            && !principal.holds(Role::SafeguardingLead)
        {
            return Err(NotPossible::NotDecided.into());
        }
        let by = permit.actor().user.as_ref();
        let raising = Asked { referral: &referral, stage: asked.stage, by };
        disagreement::may_raise(&decision, &raising)?;
        let (text, words) = self.seal_disagreement(decision.id, asked)?;
        let said = Said { key: asked.key.clone(), text };
        let with = (&*directory, &self.parts.clocks, now);
        let raised = disagreement::raise(&decision, (&raising, said), &conflicts, with)?;
        let expects = vec![
            Expect::KeyAbsent { agency: sender.clone(), key: asked.key.clone() },
            Expect::AlertVersion { alert: referral.id, version: referral.version },
            Expect::AlertVersion { alert: decision.id, version: decision.version },
            Expect::DirectoryVersion(directory.version),
        ];
        let decision = self.put_raised(&permit, raised, (words, asked, sender), expects).await?;
        disagreement::visible(&decision, referral.id).ok_or(SubmitError::NotFound)
    }

    /// The one commit: the decision, the words and the key.
    async fn put_raised(
        &self,
        permit: &Permit,
        raised: Steps,
        (words, asked, sender): (Write, &Disagree, AgencyCode),
        expects: Vec<Expect>,
    ) -> Result<Arc<AlertRecord>, SubmitError> {
        let env = &self.parts.env;
        let now = env.now();
        let Steps { mut record, events, .. } = raised;
        record.version = record.version.saturating_add(1);
        let decision = record.id;
        let stamped = |mut event: Event| {
            event.id = env.ids(now).event();
            event
        };
        let events: Vec<Event> = events.into_iter().map(stamped).collect();
        let is_call = |event: &&Event| event.kind == EventKind::Queued;
        let called = events.iter().filter(is_call).filter_map(|event| event.mailbox.clone());
        let called: Vec<_> = called.collect();
        let key = Write::Key {
            agency: sender,
            key: asked.key.clone(),
            alert: decision,
            expires_at: now.plus(Span::days(KEY_DAYS)),
        };
        let commit = Commit::new(permit, now, events, env.salt_seed())?
            .writing(vec![Write::Alert(Box::new(record)), words, key])?
            .expecting(expects);
        let committed = self.parts.store.commit(commit).await?;
        called.iter().for_each(|mailbox| self.parts.wake.notify(mailbox));
        self.parts.wake.notify_driver();
        Ok(committed.alert(decision)?)
    }

    /// The same key again: the same answer for the same words about the same referral.
    fn raised_before(
        &self,
        decision: &AlertRecord,
        asked: &Disagree,
    ) -> Result<VisibleDisagreement, SubmitError> {
        let reused = || SubmitError::KeyReused { phone: None };
        let known = decision.after.disagreement_on(asked.referral).ok_or_else(reused)?;
        let by_key = |said: &&Said| said.key == asked.key;
        let raised = known.raised.iter().find(|it| it.said.iter().any(|said| by_key(&said)));
        let raised = raised.filter(|raised| raised.stage == asked.stage).ok_or_else(reused)?;
        let text = raised.said.as_ref().map(|said| &said.text).ok_or_else(reused)?;
        let same = commitment(&self.stored_key(text)?, asked.text.expose().as_bytes());
        if same != text.commitment {
            return Err(reused());
        }
        disagreement::visible(decision, asked.referral).ok_or_else(reused)
    }

    /// Seals what the referrer wrote under a data key of its own, so that it can go without the decision.
    fn seal_disagreement(
        &self,
        decision: AlertId,
        asked: &Disagree,
    ) -> Result<(BodyRef, Write), SubmitError> {
        let words = asked.text.expose().as_bytes();
        let key = self.parts.sealer.fresh_key()?;
        let sealed = self.parts.sealer.seal(&key, decision, words)?;
        let commitment = commitment(&content_key(&key)?, words);
        let body = BodyRef { position: Position::THIS, key: key.id().clone(), commitment };
        Ok((body, Write::Body { alert: decision, sealed }))
    }

    /// What the sender of an alert sees of its disagreement with the last decision on it.
    pub(super) async fn disagreement(
        &self,
        referral: &AlertRecord,
    ) -> Result<Option<VisibleDisagreement>, SubmitError> {
        let Ok(decision) = disagreement::decision_of(referral, None) else { return Ok(None) };
        let decision = self.parts.store.alert(decision).await?;
        Ok(decision.and_then(|decision| disagreement::visible(&decision, referral.id)))
    }
}

impl From<NotPossible> for SubmitError {
    fn from(why: NotPossible) -> Self {
        Self::NotPossible { reason: why.reason() }
    }
}
