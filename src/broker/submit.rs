//! The submit use case.

use std::borrow::Cow;
use std::sync::Arc;

use super::deny::Taken;
use super::duplicate::decided;
use super::episode::{
    Loaded, as_loaded, call, changed_episode, complete, episode_of, joined, mark, supersede,
};
use super::identify::{Identified, name_both};
use super::{ATTEMPTS_MAX, Accepted, Broker, Correction, KEY_DAYS, Received, SubmitError};
use crate::crypto::{ContentKey, Sealed, commitment, content_key};
use crate::domain::alert::{BodyRef, Conflicts, SealedConflicts};
use crate::domain::counted::Counted;
use crate::domain::delivery::Moment;
use crate::domain::event::EventOutcome;
use crate::domain::identity::{Link, Mentions};
use crate::domain::submission::{Exercise, Violation};
use crate::domain::{
    AfterSending, AgencyCode, AlertId, AlertRecord, EpisodeId, Event, EventId, EventKind,
    MailboxId, MentionToken, Position, Principal, Rule, SameEvent, Span, Submission, Timestamp,
};
use crate::policy::access::{self, Permit};
use crate::policy::{self, Context, Decision, Validated};
use crate::record::{Body, encode_body, seal_conflicts, seal_mentions};
use crate::repeats::Changes;
use crate::store::{Commit, Expect, StoreError, Write};

/// What an alert gets from the hub when it is taken.
struct Taking {
    alert: AlertId,
    sender: AgencyCode,
    completes: Option<AlertId>,
    after: AfterSending,
    body: BodyRef,
    conflicts: Option<SealedConflicts>,
    people: People,
    now: Timestamp,
}

/// Who is mentioned, sealed, and who they may be.
struct People {
    mentions: Option<SealedConflicts>,
    links: Vec<Link>,
    /// What figures are made of: whose case it is stands in the claims.
    counted: Counted,
}

/// What is written beside the record: the sealed body, by what its persons may be found again, what was seen of them, and
/// the marks that other alerts about them get.
struct Beside {
    sealed: Sealed,
    tokens: Vec<MentionToken>,
    seen: Vec<Expect>,
    denied: Vec<(Arc<AlertRecord>, Vec<MentionToken>)>,
}

/// The sealed body, what the record says about it, from whom it is kept, and the key that goes into the receipt.
struct SealedBody {
    sealed: Sealed,
    body: BodyRef,
    conflicts: Option<SealedConflicts>,
    mentions: Option<SealedConflicts>,
    content_key: ContentKey,
}

impl Broker {
    /// Takes an alert, or says everything that is wrong with it.
    ///
    /// # Errors
    /// [`SubmitError`]; nothing is stored then but the entry that says it was refused.
    pub async fn submit(
        &self,
        principal: &Principal,
        received: &Received,
    ) -> Result<Accepted, SubmitError> {
        for attempt in 0..ATTEMPTS_MAX {
            match self.submit_once(principal, received, attempt).await {
                Err(SubmitError::Store(StoreError::Conflict)) => {}
                Err(error) => {
                    self.record_refused_correction(principal, received, &error).await?;
                    return Err(self.not_sent(received, error));
                }
                done => return done,
            }
        }
        Err(self.not_sent(received, SubmitError::Busy))
    }

    /// What to tell a sender whose call took too long: the commit may be under way and still become durable.
    #[must_use]
    pub fn outcome_unknown(&self, received: &Received) -> SubmitError {
        SubmitError::OutcomeUnknown { phone: self.urgent_phone(&received.submission) }
    }

    /// Refuses a request that cannot be submitted at all; recorded with the paths of what is wrong, never the values.
    /// `submission` is what could be read of it; where nothing could, it may be urgent (domain 3.2: no priority can
    /// be told, P2), so its sender is told whom to phone too.
    pub async fn refuse(
        &self,
        principal: &Principal,
        submission: Option<&Submission>,
        violations: Vec<Violation>,
    ) -> SubmitError {
        let mut event = self.denied(EventKind::AlertRejected, "ALERT_REJECTED");
        event.fields_refused = violations.iter().map(|violation| violation.path.clone()).collect();
        let phone = match submission {
            Some(submission) => self.urgent_phone(submission),
            None => self.phone(None),
        };
        match self.record_refusal(principal, vec![event]).await {
            Ok(()) => SubmitError::Rejected { violations, phone },
            Err(source) => SubmitError::NotSent { phone, source: Box::new(source) },
        }
    }

    async fn submit_once(
        &self,
        principal: &Principal,
        received: &Received,
        attempt: u32,
    ) -> Result<Accepted, SubmitError> {
        let permit = self.permit(principal, received).await?;
        let sender = permit.agency().cloned().ok_or(SubmitError::NotFound)?;
        self.may_correct(principal, received).await?;
        let loaded = self.load((principal, &sender), received).await?;
        if let Some(earlier) = &loaded.earlier {
            return self.replay(principal, received, earlier).await;
        }

        let now = self.parts.env.now();
        let directory = &loaded.directory;
        let agency = directory.agencies.get(&sender).ok_or(SubmitError::NotFound)?;
        let submission = as_loaded(received, &loaded);
        let identified = self.identify(&submission, (now, attempt)).await?;
        let submission = identified.protecting(&submission).map_or(submission, Cow::Owned);
        let repeats = identified.repeats(&self.parts.clocks.thresholds);
        let about = (&identified, &repeats);
        let duplicate = self.duplicate((principal, received), &loaded, about).await?;
        let context = Context {
            directory,
            now,
            episode: &loaded.episode,
            replaces: loaded.replaces(),
            kept_from: &self.kept_from(&loaded.episode)?,
            sender: agency,
            approver: access::approver(principal),
            decision_maker: access::decision_maker(principal),
            clocks: self.parts.clocks,
            repeats: &repeats,
        };
        let (validated, mut decision) = match decided(&submission, &context, duplicate.as_ref()) {
            Ok(decided) => decided,
            Err(rejected) => return Err(self.reject(principal, received, rejected).await?),
        };
        self.tell_of_failures(&mut decision, now);
        let linked = identified.tell(&mut decision, (directory, now));
        decision.unroutable.iter().for_each(not_in_the_directory);
        let loaded = loaded.linked_to(duplicate);
        let taken = Taken { submission: &submission, identified: &identified, loaded: &loaded };
        let denials = self.denials(taken, &mut decision, now).await?;
        let alert = self.parts.env.ids(now).alert();
        let beside = (&decision.conflicts, &identified.mentions);
        let body = self.seal(alert, &body_of(received, &submission, &decision), beside)?;
        let SealedBody { sealed, body, conflicts, mentions, content_key } = body;
        let (completes, after) = (loaded.completes.as_ref().map(|it| it.id), after(&loaded));
        let whole = (submission.as_ref(), episode_of(alert, &loaded));
        let counted = identified.counted(whole, (&loaded.directory, now));
        let Identified { own, links, tokens, .. } = identified;
        self.prospects.keep(alert, own);
        let people = People { mentions, links, counted };
        let taking = Taking { alert, sender, completes, after, body, conflicts, people, now };
        let record = self.record(&permit, received, (&validated, &decision), taking);
        let record = denials.marked(joined(record, &loaded), &self.parts.sealer)?;
        name_both(decision.events.get_mut(linked..).unwrap_or_default(), &record);
        let sealed = Beside { sealed, tokens, seen: denials.seen, denied: denials.others };
        let taken = (record, &loaded);
        let (commit, told) = self.write(&permit, received, taken, (sealed, decision, now)).await?;
        let entry = commit.entry().clone();
        let committed = self.parts.store.commit(commit).await?;

        let record = committed.alert(alert)?;
        self.say_that_it_is_there(&record, &told);
        let receipt = self.receipt_at_once(&record, &content_key, (&entry, &committed.group))?;
        Ok(self.accepted_with(record, receipt))
    }

    /// What cannot be delivered, for its recipient's certificates are revoked: its clocks run, for they run from the
    /// commit into the mailbox, and its sender is told to phone (domain 5.1, S20).
    fn tell_of_failures(&self, decision: &mut Decision, now: Timestamp) {
        let is_cut_off = |to: &MailboxId| {
            let agency = AgencyCode::try_from(to.agency_code());
            agency.is_ok_and(|agency| self.parts.reach.is_cut_off(&agency))
        };
        for delivery in decision.deliveries.iter_mut().filter(|it| is_cut_off(&it.mailbox)) {
            delivery.failed = Some(Moment { at: now, by: None, position: Position::THIS });
            let failed = Event::new(self.parts.env.ids(now).event(), EventKind::DeliveryFailed);
            let mut failed = failed.to(delivery.number, &delivery.mailbox);
            failed.outcome = EventOutcome::Error;
            failed.reason = Some("CERTIFICATE_REVOKED".to_owned());
            decision.events.push(failed);
        }
    }

    /// To its own recipients, and to whom something else was queued with it.
    fn say_that_it_is_there(&self, record: &AlertRecord, told: &[MailboxId]) {
        let own = record.deliveries.iter().map(|delivery| &delivery.mailbox);
        own.chain(told).for_each(|mailbox| self.parts.wake.notify(mailbox));
        self.parts.wake.notify_driver();
    }

    /// Leave to send for the certificate's agency. Another one in the message is a violation of that field
    /// (domain 3.2: a failed identity refuses, with its path and whom to phone).
    async fn permit(
        &self,
        principal: &Principal,
        received: &Received,
    ) -> Result<Permit, SubmitError> {
        let asked = match received.corrects {
            Some(_) => access::permit_to_correct(principal),
            None => access::permit_to_send(principal),
        };
        match asked {
            Ok(permit) => Ok(permit),
            Err(denied) => {
                self.parts.audit.refuse(principal, denied.reason()).await?;
                Err(denied.into())
            }
        }
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
            Some(body) => commitment(&self.stored_key(body)?, &received.alert) == body.commitment,
        };
        if same && is_same_correction(earlier, received) {
            return self.accepted(Arc::clone(earlier)).await;
        }
        let mut event = self.denied(EventKind::AlertRejected, "IDEMPOTENCY_KEY_REUSED");
        event.alert = Some(earlier.id);
        event.episode = Some(earlier.episode);
        self.record_refusal(principal, vec![event]).await?;
        Err(SubmitError::KeyReused { phone: self.urgent_phone(&received.submission) })
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
        let phone =
            rejected.priority.is_urgent().then(|| self.phone(Some(&received.submission))).flatten();
        Ok(SubmitError::Rejected { violations: rejected.violations, phone })
    }

    pub(super) async fn record_refusal(
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

    pub(super) fn denied(&self, kind: EventKind, reason: &str) -> Event {
        Event::denied(self.parts.env.ids(self.parts.env.now()).event(), kind, reason)
    }

    /// Seals the bytes as received, with the hub's own facts beside them, and from whom they are kept.
    fn seal(
        &self,
        alert: AlertId,
        body: &Body,
        (conflicts, mentions): (&Conflicts, &Mentions),
    ) -> Result<SealedBody, SubmitError> {
        let key = self.parts.sealer.fresh_key()?;
        let sealed = self.parts.sealer.seal(&key, alert, &encode_body(body))?;
        let content_key = content_key(&key)?;
        let commitment = commitment(&content_key, &body.alert);
        let conflicts = seal_conflicts(&self.parts.sealer, (&key, alert), conflicts)?;
        let mentions = seal_mentions(&self.parts.sealer, (&key, alert), mentions)?;
        let body = BodyRef { position: Position::THIS, key: key.id().clone(), commitment };
        Ok(SealedBody { sealed, body, conflicts, mentions, content_key })
    }

    fn record(
        &self,
        permit: &Permit,
        received: &Received,
        (validated, decision): (&Validated, &Decision),
        taking: Taking,
    ) -> AlertRecord {
        let Taking { alert: id, sender, completes, after, body, conflicts, people, now } = taking;
        let submission = &received.submission;
        let ids = self.parts.env.ids(now);
        let actor = permit.actor();
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
            completes,
            followers: Vec::new(),
            exercise: submission.envelope.exercise == Exercise::Yes,
            priority: validated.priority,
            risk: validated.risk,
            received_at: now,
            status: validated.status,
            gaps: validated.gaps.clone(),
            raised: validated.raised(),
            subjects: submission.subjects.iter().map(|_| ids.subject()).collect(),
            decisions: decision.decisions.clone(),
            deliveries: decision.deliveries.clone(),
            timers: decision.timers.clone(),
            stage: decision.stage,
            advice: decision.advice.clone(),
            conflicts,
            referral: decision.referral,
            counted: people.counted,
            mentions: people.mentions,
            links: people.links,
            denied: Vec::new(),
            shown: decision.shown,
            flags: Vec::new(),
            body: Some(body),
            after,
            submitted: Position::THIS,
        }
    }

    /// The one commit: the alert, its body, its key, the sender's name for the episode, the episode's other changes, what
    /// later alerts count anew of the one whose place it takes, the entry; and who is told beside its own recipients.
    async fn write(
        &self,
        permit: &Permit,
        received: &Received,
        (record, loaded): (AlertRecord, &Loaded),
        (beside, decision, now): (Beside, Decision, Timestamp),
    ) -> Result<(Commit, Vec<MailboxId>), SubmitError> {
        let sender = record.sender.clone();
        let expires_at = now.plus(Span::days(KEY_DAYS));
        let key = received.key.clone();
        let mut writes = vec![
            Write::Body { alert: record.id, sealed: beside.sealed },
            Write::Key { agency: sender.clone(), key: key.clone(), alert: record.id, expires_at },
        ];
        if !beside.tokens.is_empty() {
            writes.push(Write::Mentions { alert: record.id, tokens: beside.tokens });
        }
        let mut expects = vec![
            Expect::KeyAbsent { agency: sender, key },
            Expect::AlertVersion { alert: record.id, version: 0 },
            Expect::DirectoryVersion(loaded.directory.version),
        ];
        expects.extend(beside.seen);
        call(&record, loaded, &mut writes, &mut expects);
        let mut events: Vec<Event> =
            decision.events.into_iter().map(|event| self.stamped(event, &record)).collect();
        let fired = events.iter().filter(|event| event.kind == EventKind::TriggerFired);
        let fired: Vec<Rule> = fired.flat_map(|event| event.rules.iter().copied()).collect();
        let mut changed = changed_episode(&record, loaded, &decision.changes);
        if let Some(completed) = &loaded.completes {
            complete(&mut changed, completed);
            let event = Event::new(self.parts.env.ids(now).event(), EventKind::AlertCompleted);
            events.push(event.about(completed.id, completed.episode));
        }
        if let Some(replaced) = &loaded.replaced {
            supersede(&mut changed, replaced, (record.id, &decision.moved));
            let said = decision.moved_events.into_iter().chain(corrected(loaded));
            events.extend(said.map(|mut event| {
                event.id = self.parts.env.ids(now).event();
                event.subjects.clone_from(&replaced.subjects);
                event.about(replaced.id, replaced.episode)
            }));
        }
        events.extend(self.linked(&mut changed, (&record, loaded)));
        for (other, denied) in beside.denied {
            mark(&mut changed, &other, denied);
        }
        let stated = (&decision.conflicts, now);
        events.extend(self.kept_from_now_on(&mut changed, &record, loaded, stated)?);
        let mut changes = Changes { records: changed, events, fired, ..Changes::default() };
        self.counted_without(&record, loaded, &mut changes).await?;
        let told = changes.told(now);
        let Changes { records, events, expects: counted, .. } = changes;
        expects.extend(counted);
        for mut other in records {
            expects.push(Expect::AlertVersion { alert: other.id, version: other.version });
            other.version = other.version.saturating_add(1);
            writes.push(Write::Alert(Box::new(other)));
        }
        writes.push(Write::Alert(Box::new(record)));
        let commit = Commit::new(permit, now, events, self.parts.env.salt_seed())?;
        Ok((commit.writing(writes)?.expecting(expects), told))
    }

    /// Gives a decided event its id, its alert and its subjects.
    fn stamped(&self, mut event: Event, record: &AlertRecord) -> Event {
        event.id = self.parts.env.ids(record.received_at).event();
        if event.kind == EventKind::AlertSubmitted {
            event.content = record.body.as_ref().map(|body| body.commitment);
        }
        event.alert = Some(record.id);
        event.episode = Some(record.episode);
        // What joins two persons names the other already.
        if event.subjects.is_empty() {
            event.subjects.clone_from(&record.subjects);
        }
        event
    }

    /// Where nothing was stored an urgent sender is told whom to phone.
    fn not_sent(&self, received: &Received, error: SubmitError) -> SubmitError {
        match error {
            SubmitError::Store(_)
            | SubmitError::Commit(_)
            | SubmitError::Seal(_)
            | SubmitError::Conflicts(_)
            | SubmitError::Busy => {
                let phone = self.urgent_phone(&received.submission);
                SubmitError::NotSent { phone, source: Box::new(error) }
            }
            // These say it themselves, or the alert is stored, or it is not the hub that failed.
            SubmitError::NotSent { .. }
            | SubmitError::NotPossible { .. }
            | SubmitError::Rejected { .. }
            | SubmitError::OutcomeUnknown { .. }
            | SubmitError::StoredKey(_)
            | SubmitError::Receipt(_)
            | SubmitError::Denied(_)
            | SubmitError::KeyReused { .. }
            | SubmitError::NotFound => error,
        }
    }

    /// The duty phone, where the alert is urgent.
    fn urgent_phone(&self, submission: &Submission) -> Option<String> {
        policy::minimum_priority(submission, &self.parts.clocks)
            .is_urgent()
            .then(|| self.phone(Some(submission)))
            .flatten()
    }

    /// The duty phone of whoever would have to act first.
    fn phone(&self, submission: Option<&Submission>) -> Option<String> {
        let directory = self.parts.store.directory();
        let now = self.parts.env.now();
        policy::emergency_contact(submission, &directory, now).map(|contact| contact.phone)
    }
}

fn not_in_the_directory(agency: &AgencyCode) {
    tracing::error!(%agency, "a rule names an agency the directory does not hold");
}

/// What the new alert is to the one it takes the place of.
fn after(loaded: &Loaded) -> AfterSending {
    AfterSending {
        supersedes: loaded.replaced.as_ref().map(|replaced| replaced.id),
        changed: loaded.correction.iter().flat_map(|it| it.changed.iter().cloned()).collect(),
        same_event: SameEvent {
            earlier: loaded.same_event.as_ref().map(|earlier| earlier.id),
            ..SameEvent::default()
        },
        ..AfterSending::default()
    }
}

/// ALERT_CORRECTED, of the one that was wrong. Its paths stand in the record of the new alert.
fn corrected(loaded: &Loaded) -> Option<Event> {
    let Correction { reason, changed, .. } = loaded.correction.as_ref()?;
    let mut event = Event::new(EventId::from_bytes([0; 16]), EventKind::AlertCorrected);
    event.reason = reason.map(|reason| reason.as_str().to_owned());
    event.count = u64::try_from(changed.len()).ok();
    Some(event.by_rules(&[Rule::R57]))
}

/// Whether the alert that was taken under the key was a correction of the same alert, or none and neither is this.
fn is_same_correction(earlier: &AlertRecord, received: &Received) -> bool {
    match &received.corrects {
        Some(correction) => earlier.after.supersedes == Some(correction.alert),
        None => earlier.after.changed.is_empty(),
    }
}

/// What is sealed: the bytes as received, with the hub's own facts beside them.
fn body_of(received: &Received, decided_on: &Submission, decision: &Decision) -> Body {
    let subjects = decided_on.subjects.iter().enumerate();
    let safe = subjects.filter(|(_, subject)| subject.has_safe_address).map(|(at, _)| at);
    Body {
        alert: received.alert.to_vec(),
        hub_facts: decision.hub_facts.encode(),
        living_outside: decision.living_outside.clone(),
        pupils: decision.pupils.clone(),
        safe: safe.collect(),
    }
}
