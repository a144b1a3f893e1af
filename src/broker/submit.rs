//! The submit use case.

use std::sync::Arc;

use super::{ATTEMPTS_MAX, Accepted, Broker, KEY_DAYS, Received, SubmitError};
use crate::crypto::{Sealed, commitment, content_key};
use crate::domain::alert::{AlertStatus, BodyRef, TimerKind, TimerState};
use crate::domain::submission::{EpisodeName, Exercise, Given};
use crate::domain::{
    AgencyCode, AlertId, AlertRecord, EpisodeId, Event, EventKind, MailboxId, Position, Principal,
    Span, Timestamp,
};
use crate::policy::access::{self, Action, Permit};
use crate::policy::{self, Context, Decision, Validated};
use crate::record::{Body, encode_body};
use crate::store::{Commit, Expect, StoreError, Write};

/// What was loaded to decide on.
struct Loaded {
    /// The alert this key was used for.
    earlier: Option<Arc<AlertRecord>>,
    /// The episode's alerts, the first one first; empty for a new episode.
    episode: Vec<Arc<AlertRecord>>,
    /// The incomplete alert to be completed.
    completes: Option<Arc<AlertRecord>>,
}

/// What an alert gets from the hub when it is taken.
struct Taking {
    alert: AlertId,
    sender: AgencyCode,
    body: BodyRef,
    now: Timestamp,
}

/// The sealed body and what the record says about it.
struct SealedBody {
    sealed: Sealed,
    body: BodyRef,
}

impl Broker {
    /// Takes an alert, or says everything that is wrong with it.
    ///
    /// # Errors
    /// [`SubmitError`]; nothing is stored then but the entry that says it was refused.
    pub async fn submit(
        &self,
        principal: &Principal,
        received: Received,
    ) -> Result<Accepted, SubmitError> {
        for _attempt in 0..ATTEMPTS_MAX {
            match self.submit_once(principal, &received).await {
                Err(SubmitError::Store(StoreError::Conflict)) => {}
                Err(SubmitError::Store(source)) => {
                    return Err(self.not_sent(&received, source));
                }
                done => return done,
            }
        }
        Err(SubmitError::Busy)
    }

    async fn submit_once(
        &self,
        principal: &Principal,
        received: &Received,
    ) -> Result<Accepted, SubmitError> {
        let permit = self.permit(principal, Action::SubmitAlert, received).await?;
        let sender = permit.agency().cloned().ok_or(SubmitError::NotFound)?;
        let loaded = self.load(&sender, received).await?;
        if let Some(earlier) = &loaded.earlier {
            return self.replay(principal, received, earlier).await;
        }

        let now = self.parts.env.now();
        let directory = self.parts.store.directory();
        let agency = directory.agencies.get(&sender).ok_or(SubmitError::NotFound)?;
        let context = Context {
            directory: &directory,
            now,
            episode: &loaded.episode,
            sender: agency,
            approver: access::approver(principal),
            clocks: self.parts.clocks,
        };
        let validated = match policy::validate(&received.submission, &context) {
            Ok(validated) => validated,
            Err(rejected) => return Err(self.reject(principal, received, rejected).await?),
        };
        let decision = policy::decide(&received.submission, &validated, &context);
        for agency in &decision.unroutable {
            tracing::error!(%agency, "a rule names an agency the directory does not hold");
        }

        let alert = self.parts.env.ids(now).alert();
        let body = self.seal(
            alert,
            &Body {
                alert: received.alert.to_vec(),
                hub_facts: decision.hub_facts.encode(),
                living_outside: decision.living_outside.clone(),
            },
        )?;
        let SealedBody { sealed, body } = body;
        let taking = Taking { alert, sender, body, now };
        let record = self.record(&permit, received, (&validated, &decision), taking);
        let record = joined(record, &loaded);
        let written = self.write(&permit, received, (&record, &loaded), (sealed, decision, now));
        let committed = self.parts.store.commit(written?).await?;

        for delivery in &record.deliveries {
            self.parts.wake.notify(&delivery.mailbox);
        }
        self.parts.wake.notify_driver();
        let record = Arc::new(record.settled_at(committed.position));
        self.accepted(record).await
    }

    async fn permit(
        &self,
        principal: &Principal,
        action: Action,
        received: &Received,
    ) -> Result<Permit, SubmitError> {
        // The agency in the message must be the certificate's (domain 3.2: a failed identity refuses).
        let stated = received.submission.envelope.sender_agency.get();
        match access::permit(principal, action, stated.or_else(|| principal.agency())) {
            Ok(permit) => Ok(permit),
            Err(denied) => {
                self.parts.audit.refuse(principal, denied.reason()).await?;
                Err(denied.into())
            }
        }
    }

    async fn load(&self, sender: &AgencyCode, received: &Received) -> Result<Loaded, SubmitError> {
        let envelope = &received.submission.envelope;
        let named = match (&envelope.episode, &envelope.supersedes) {
            (Given::Given(EpisodeName::Hub(first)), _) => Some(*first),
            (_, Given::Given(superseded)) => Some(*superseded),
            (_, Given::Missing | Given::Malformed) => received.completes,
        };
        let store = &self.parts.store;
        let facts = store.submission_facts(sender, &received.key, named).await?;
        let first = match facts.episode {
            Some(named) if named.episode.first_alert() != named.id => {
                store.alert(named.episode.first_alert()).await?
            }
            named => named,
        };
        let mut episode = Vec::new();
        if let Some(first) = first.filter(|first| may_join(sender, first)) {
            let followers = first.followers.clone();
            episode.push(first);
            for follower in followers {
                episode.extend(store.alert(follower).await?);
            }
        }
        let completes = match received.completes {
            None => None,
            Some(id) => Some(
                store
                    .alert(id)
                    .await?
                    .filter(|alert| alert.sender == *sender)
                    .filter(|alert| alert.status == AlertStatus::AcceptedIncomplete)
                    .ok_or(SubmitError::NothingToComplete)?,
            ),
        };
        Ok(Loaded { earlier: facts.earlier, episode, completes })
    }

    /// The same key again: the same answer for the same bytes, a recorded refusal for others.
    async fn replay(
        &self,
        principal: &Principal,
        received: &Received,
        earlier: &Arc<AlertRecord>,
    ) -> Result<Accepted, SubmitError> {
        let same = match &earlier.body {
            None => false,
            Some(body) => {
                let key = content_key(&self.parts.sealer.key(&body.key)?)?;
                commitment(&key, &received.alert) == body.commitment
            }
        };
        if same {
            return self.accepted(Arc::clone(earlier)).await;
        }
        let mut event = self.denied(EventKind::AlertRejected, "IDEMPOTENCY_KEY_REUSED");
        event.alert = Some(earlier.id);
        event.episode = Some(earlier.episode);
        self.record_refusal(principal, vec![event]).await?;
        Err(SubmitError::KeyReused)
    }

    async fn reject(
        &self,
        principal: &Principal,
        received: &Received,
        rejected: policy::Rejected,
    ) -> Result<SubmitError, SubmitError> {
        let mut event = self.denied(EventKind::AlertRejected, "ALERT_REJECTED");
        event.fields_refused =
            rejected.violations.iter().map(|violation| violation.path.clone()).collect();
        self.record_refusal(principal, vec![event]).await?;
        let phone = rejected.priority.is_urgent().then(|| self.phone(received)).flatten();
        Ok(SubmitError::Rejected { violations: rejected.violations, phone })
    }

    async fn record_refusal(
        &self,
        principal: &Principal,
        events: Vec<Event>,
    ) -> Result<(), SubmitError> {
        let env = &self.parts.env;
        let permit = access::refusal(principal);
        let commit = Commit::new(&permit, env.now(), events, env.salt_seed())?;
        self.parts.store.commit(commit).await?;
        Ok(())
    }

    fn denied(&self, kind: EventKind, reason: &str) -> Event {
        Event::denied(self.parts.env.ids(self.parts.env.now()).event(), kind, reason)
    }

    /// Seals the bytes as received, with the hub's own facts beside them.
    fn seal(&self, alert: AlertId, body: &Body) -> Result<SealedBody, SubmitError> {
        let key = self.parts.sealer.fresh_key()?;
        let sealed = self.parts.sealer.seal(&key, alert, &encode_body(body))?;
        let commitment = commitment(&content_key(&key)?, &body.alert);
        let body = BodyRef { position: Position::THIS, key: key.id().clone(), commitment };
        Ok(SealedBody { sealed, body })
    }

    fn record(
        &self,
        permit: &Permit,
        received: &Received,
        (validated, decision): (&Validated, &Decision),
        taking: Taking,
    ) -> AlertRecord {
        let Taking { alert: id, sender, body, now } = taking;
        let submission = &received.submission;
        let ids = self.parts.env.ids(now);
        let actor = permit.actor();
        let incomplete = !validated.gaps.is_empty();
        AlertRecord {
            id,
            version: 1,
            kind: submission.kind,
            schema_version: submission.envelope.schema_version.clone(),
            sender,
            sender_system: actor.system.clone(),
            author: actor.user.clone(),
            key: received.key.clone(),
            episode: EpisodeId::from(id),
            completes: received.completes,
            followers: Vec::new(),
            exercise: submission.envelope.exercise == Exercise::Yes,
            priority: validated.priority,
            risk: validated.risk,
            received_at: now,
            status: if incomplete {
                AlertStatus::AcceptedIncomplete
            } else {
                AlertStatus::Accepted
            },
            gaps: validated.gaps.clone(),
            subjects: submission.subjects.iter().map(|_| ids.subject()).collect(),
            decisions: decision.decisions.clone(),
            deliveries: decision.deliveries.clone(),
            timers: decision.timers.clone(),
            conflicts: decision.conflicts.clone(),
            body: Some(body),
            submitted: Position::THIS,
        }
    }

    /// The one commit: the alert, its body, its key, the episode's other changes, the entry.
    fn write(
        &self,
        permit: &Permit,
        received: &Received,
        (record, loaded): (&AlertRecord, &Loaded),
        (sealed, decision, now): (Sealed, Decision, Timestamp),
    ) -> Result<Commit, SubmitError> {
        let sender = record.sender.clone();
        let expires_at = now.plus(Span::days(KEY_DAYS));
        let key = received.key.clone();
        let mut writes = vec![
            Write::Alert(Box::new(record.clone())),
            Write::Body { alert: record.id, sealed },
            Write::Key { agency: sender.clone(), key: key.clone(), alert: record.id, expires_at },
        ];
        let mut expects = vec![
            Expect::KeyAbsent { agency: sender, key },
            Expect::AlertVersion { alert: record.id, version: 0 },
            Expect::DirectoryVersion(self.parts.store.directory().version),
        ];
        let mut events: Vec<Event> =
            decision.events.into_iter().map(|event| self.stamped(event, record)).collect();
        let mut changed = changed_episode(record, loaded, &decision.changes);
        if let Some(completed) = &loaded.completes {
            complete(&mut changed, completed);
            let event = Event::new(self.parts.env.ids(now).event(), EventKind::AlertCompleted);
            events.push(event.about(completed.id, completed.episode));
        }
        for mut other in changed {
            expects.push(Expect::AlertVersion { alert: other.id, version: other.version });
            other.version = other.version.saturating_add(1);
            writes.push(Write::Alert(Box::new(other)));
        }
        let commit = Commit::new(permit, now, events, self.parts.env.salt_seed())?;
        Ok(commit.writing(writes)?.expecting(expects))
    }

    /// Gives a decided event its id, its alert and its subjects.
    fn stamped(&self, mut event: Event, record: &AlertRecord) -> Event {
        event.id = self.parts.env.ids(record.received_at).event();
        if event.kind == EventKind::AlertSubmitted {
            event.content = record.body.as_ref().map(|body| body.commitment);
        }
        event.alert = Some(record.id);
        event.episode = Some(record.episode);
        event.subjects.clone_from(&record.subjects);
        event
    }

    /// Nothing was stored: an urgent sender is told whom to phone.
    fn not_sent(&self, received: &Received, source: StoreError) -> SubmitError {
        let urgent = policy::minimum_priority(&received.submission).is_urgent();
        let phone = urgent.then(|| self.phone(received)).flatten();
        SubmitError::NotSent { phone, source }
    }

    /// The duty phone of whoever would have to act first.
    fn phone(&self, received: &Received) -> Option<String> {
        let directory = self.parts.store.directory();
        let now = self.parts.env.now();
        policy::emergency_contact(&received.submission, &directory, now)
            .map(|contact| contact.phone)
    }
}

/// Whether `sender` may add to the episode that `first` opened: it sent it, or received one of its alerts.
fn may_join(sender: &AgencyCode, first: &AlertRecord) -> bool {
    let received = |mailbox: &MailboxId| mailbox.agency_code() == sender.as_str();
    first.sender == *sender || first.deliveries.iter().any(|delivery| received(&delivery.mailbox))
}

fn joined(mut record: AlertRecord, loaded: &Loaded) -> AlertRecord {
    if let Some(first) = loaded.episode.first() {
        record.episode = first.episode;
    }
    record
}

/// The episode's earlier alerts as this one changes them: the first one learns of its follower, and what the
/// decision ends or cancels is ended or cancelled.
fn changed_episode(
    record: &AlertRecord,
    loaded: &Loaded,
    changes: &policy::EpisodeChanges,
) -> Vec<AlertRecord> {
    let mut changed = Vec::new();
    for (at, earlier) in loaded.episode.iter().enumerate() {
        let mut after = changes.apply(earlier);
        if at == 0 {
            after.followers.push(record.id);
        }
        if after != **earlier {
            changed.push(after);
        }
    }
    changed
}

/// Marks the incomplete alert as completed and stops its chasers.
fn complete(changed: &mut Vec<AlertRecord>, completed: &Arc<AlertRecord>) {
    let at = match changed.iter().position(|record| record.id == completed.id) {
        Some(at) => at,
        None => {
            changed.push(completed.as_ref().clone());
            changed.len().saturating_sub(1)
        }
    };
    let Some(record) = changed.get_mut(at) else { return };
    record.status = AlertStatus::Completed;
    for timer in &mut record.timers {
        if matches!(timer.kind, TimerKind::ChaseFirst | TimerKind::ChaseSecond)
            && timer.state == TimerState::Armed
        {
            timer.state = TimerState::Cancelled;
        }
    }
}
