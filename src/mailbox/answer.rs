//! What a recipient says about its deliveries: stored, seen, taken, declined, and what came of it.
//!
//! Confirming is the partner system's word; the others are a named person's. Each is one commit that
//! rests on the version of the alert it was decided on.

use super::{ATTEMPTS_MAX, MailboxError, Mailboxes};
use crate::crypto::{commitment, content_key};
use crate::domain::alert::BodyRef;
use crate::domain::delivery::{AckOutcome, DeclineReason, TransitionError};
use crate::domain::{
    AlertId, AlertRecord, Delivery, DeliveryId, Event, EventKind, MailboxId, Position, Principal,
    Redacted, Timestamp, UserId,
};
use crate::policy::access::{Action, Permit};
use crate::policy::recall::{self, Change};
use crate::policy::{Clocks, escalation};
use crate::store::{Commit, Expect, StoreError, Write};

/// Sequence numbers in one confirmation.
pub const CONFIRM_MAX: usize = 256;

/// What a person says about one delivery.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// The person has seen it.
    Opened,
    /// The person takes it.
    Acknowledge {
        /// How.
        outcome: AckOutcome,
        /// What the person wrote; may be empty. Seen by the recipient agency only.
        note: Redacted<String>,
    },
    /// The person declines it.
    Decline {
        /// Why.
        reason: DeclineReason,
        /// What the person wrote. Seen by the recipient agency only.
        text: Redacted<String>,
    },
    /// The person says what came of it.
    Close {
        /// What the person wrote. Seen by the recipient agency only.
        note: Redacted<String>,
    },
}

/// Where the delivery stands after an answer.
#[derive(Clone, Debug)]
pub struct Acknowledged {
    /// The delivery.
    pub delivery: Delivery,
    /// Hub time of the answer that counts: the first one of its kind.
    pub at: Timestamp,
}

/// Where a person who answers stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Standing {
    /// In the recipient agency.
    Inside,
    /// Outside it, called by its ladder: who takes the delivery takes it over (domain 5.2).
    Outside,
}

impl Standing {
    fn of(record: &AlertRecord, delivery: &Delivery) -> Self {
        if escalation::takes_over(record, delivery) { Self::Outside } else { Self::Inside }
    }

    const fn is_outside(self) -> bool {
        matches!(self, Self::Outside)
    }
}

impl Answer {
    const fn action(&self) -> Action {
        match self {
            Self::Opened => Action::ReportOpened,
            // Part of taking it: nobody else may.
            Self::Acknowledge { .. } | Self::Close { .. } => Action::Acknowledge,
            Self::Decline { .. } => Action::Decline,
        }
    }

    const fn event(&self, standing: Standing) -> EventKind {
        match self {
            Self::Opened => EventKind::Opened,
            Self::Acknowledge { .. } if standing.is_outside() => EventKind::TakenOver,
            // Passing it on is taking it first: the ladder stops, the *taken* receipt stands.
            Self::Acknowledge { .. } => EventKind::Acknowledged,
            Self::Decline { .. } => EventKind::Declined,
            Self::Close { .. } => EventKind::TaskDone,
        }
    }

    fn apply(
        &self,
        delivery: Delivery,
        by: UserId,
        now: Timestamp,
    ) -> Result<Delivery, TransitionError> {
        match self {
            Self::Opened => delivery.open(by, now),
            Self::Acknowledge { outcome, .. } => delivery.acknowledge(by, *outcome, now),
            Self::Decline { reason, .. } => delivery.decline(by, *reason, now),
            Self::Close { .. } => delivery.close(by, now),
        }
    }

    /// Whether a person outside the recipient agency says how it was reached, and who closes it what came of it.
    fn says_enough(&self, standing: Standing) -> bool {
        let says = |note: &Redacted<String>, min| note.expose().trim().chars().count() >= min;
        match self {
            Self::Acknowledge { note, .. } if standing.is_outside() => {
                says(note, escalation::TAKEN_OVER_NOTE_MIN)
            }
            Self::Acknowledge { outcome: AckOutcome::Closed, note } | Self::Close { note } => {
                says(note, escalation::CLOSING_NOTE_MIN)
            }
            Self::Opened | Self::Acknowledge { .. } | Self::Decline { .. } => true,
        }
    }

    /// What the person wrote, if anything.
    fn words(&self) -> Option<&str> {
        let words = match self {
            Self::Opened => return None,
            Self::Acknowledge { note, .. } | Self::Close { note } => note,
            Self::Decline { text, .. } => text,
        };
        Some(words.expose().as_str()).filter(|words| !words.is_empty())
    }

    /// Says in the delivery where its words lie.
    fn keep_words(&self, delivery: &mut Delivery, words: Option<BodyRef>) {
        match self {
            Self::Opened => {}
            Self::Acknowledge { .. } => delivery.note = words,
            Self::Decline { .. } => delivery.decline_text = words,
            Self::Close { .. } => delivery.closing_note = words,
        }
    }

    /// What else changes in the record with it: ladders and clocks that it stops, and those that it sets going.
    fn follow(
        &self,
        record: AlertRecord,
        number: u32,
        (now, clocks): (Timestamp, &Clocks),
    ) -> AlertRecord {
        let record = match self {
            Self::Opened | Self::Close { .. } => record,
            Self::Acknowledge { .. } => escalation::acknowledged(record, number, now, clocks),
            Self::Decline { .. } => escalation::declined(record, number, now),
        };
        escalation::settled(record)
    }

    fn settled_at(&self, delivery: &Delivery) -> Option<Timestamp> {
        let moment = match self {
            Self::Opened => delivery.opened.as_ref(),
            Self::Acknowledge { .. } => delivery.acknowledged.as_ref().map(|(moment, _)| moment),
            Self::Decline { .. } => delivery.declined.as_ref().map(|(moment, _)| moment),
            Self::Close { .. } => delivery.closed.as_ref(),
        };
        moment.map(|moment| moment.at)
    }
}

impl Mailboxes {
    /// Confirms that the partner system has stored these numbers; tells how many were newly confirmed.
    ///
    /// Numbers never handed out are refused; numbers confirmed before, or ended since, change nothing. What cannot be
    /// read now is not confirmed, keeps its lease and is sent again; the others of the call are confirmed.
    ///
    /// # Errors
    /// More than [`CONFIRM_MAX`] numbers, an unknown number, or the store.
    pub async fn confirm(
        &self,
        principal: &Principal,
        mailbox: &MailboxId,
        sequences: &[u64],
    ) -> Result<u32, MailboxError> {
        if sequences.len() > CONFIRM_MAX {
            return Err(MailboxError::TooMany);
        }
        for _attempt in 0..ATTEMPTS_MAX {
            let permit = self.permit(principal, Action::Receive, mailbox).await?;
            match self.confirm_once(&permit, mailbox, sequences).await {
                Err(MailboxError::Store(StoreError::Conflict)) => {}
                done => {
                    let done = done.map(|(confirmed, settled)| {
                        settled.iter().for_each(|n| self.outstanding.settled(mailbox, *n));
                        confirmed
                    });
                    return self.told(principal, done).await;
                }
            }
        }
        Err(MailboxError::Busy)
    }

    /// How many were newly confirmed, and the numbers of which nothing more is to be sent.
    async fn confirm_once(
        &self,
        permit: &Permit,
        mailbox: &MailboxId,
        sequences: &[u64],
    ) -> Result<(u32, Vec<u64>), MailboxError> {
        let now = self.env.now();
        let mut changed: Vec<AlertRecord> = Vec::new();
        let mut settled = Vec::with_capacity(sequences.len());
        let mut events = Vec::new();
        for sequence in sequences {
            let before = sequence.checked_sub(1).ok_or(MailboxError::NotFound)?;
            let found = self.store.handed_out(mailbox, before, 1).await?;
            let Some((_, id)) = found.into_iter().find(|(number, _)| number == sequence) else {
                return Err(MailboxError::NotFound);
            };
            let at = match changed.iter().position(|record| record.id == id.alert) {
                Some(at) => at,
                None => match self.alert_if_readable(id).await? {
                    Ok(alert) if self.is_kept_from(&alert, permit.actor().user.as_ref())? => {
                        return Err(MailboxError::NotFound);
                    }
                    Ok(alert) => {
                        changed.push(alert.as_ref().clone());
                        changed.len().saturating_sub(1)
                    }
                    Err(error) => {
                        let reason = error.reason();
                        tracing::warn!(delivery = %id, reason, "a delivery cannot be confirmed");
                        continue;
                    }
                },
            };
            settled.push(*sequence);
            let Some(record) = changed.get_mut(at) else { return Err(MailboxError::NotFound) };
            if let Some(event) = self.confirm_delivery(record, id, mailbox, now) {
                events.push(event);
            }
        }
        if events.is_empty() {
            return Ok((0, settled));
        }
        let confirmed = u32::try_from(events.len()).unwrap_or(u32::MAX);
        changed.retain(|record| {
            events.iter().any(|event: &Event| event.alert.is_some_and(|alert| alert == record.id))
        });
        self.put(permit, now, events, changed).await?;
        Ok((confirmed, settled))
    }

    /// Confirms one delivery in `record`; none when it was confirmed before or has ended.
    fn confirm_delivery(
        &self,
        record: &mut AlertRecord,
        id: DeliveryId,
        mailbox: &MailboxId,
        now: Timestamp,
    ) -> Option<Event> {
        let delivery =
            record.deliveries.iter_mut().find(|delivery| delivery.number == id.number)?;
        if delivery.confirmed.is_some() {
            return None;
        }
        *delivery = delivery.clone().confirm(now).ok()?;
        let event = Event::new(self.env.ids(self.env.now()).event(), EventKind::Confirmed);
        let mut event = event.about(record.id, record.episode).to(id.number, mailbox);
        event.subjects.clone_from(&record.subjects);
        Some(event)
    }

    /// Records a person's answer to one delivery. The same answer by the same person again succeeds and
    /// changes nothing, since the first reply may have been lost.
    ///
    /// # Errors
    /// No person named, a person without the role, an unknown delivery, a state that does not allow it.
    pub async fn answer(
        &self,
        principal: &Principal,
        mailbox: &MailboxId,
        delivery: DeliveryId,
        answer: &Answer,
    ) -> Result<Acknowledged, MailboxError> {
        for _attempt in 0..ATTEMPTS_MAX {
            let permit = self.permit(principal, answer.action(), mailbox).await?;
            let user = permit.actor().user.clone().ok_or(MailboxError::NotFound)?;
            match self.answer_once(&permit, (mailbox, delivery), user, answer).await {
                Err(MailboxError::Store(StoreError::Conflict)) => {}
                done => return self.told(principal, done).await,
            }
        }
        Err(MailboxError::Busy)
    }

    async fn answer_once(
        &self,
        permit: &Permit,
        (mailbox, id): (&MailboxId, DeliveryId),
        user: UserId,
        answer: &Answer,
    ) -> Result<Acknowledged, MailboxError> {
        let now = self.env.now();
        let mut record = self.alert_for(permit, id.alert).await?.as_ref().clone();
        let is_it =
            |delivery: &Delivery| delivery.number == id.number && delivery.mailbox == *mailbox;
        let before = record.deliveries.iter().find(|delivery| is_it(delivery)).cloned();
        let before = before.ok_or(MailboxError::NotFound)?;
        // A delivery that was never handed out is not known to the recipient, whatever became of it.
        if before.sequence.is_none() {
            return Err(MailboxError::NotFound);
        }
        let standing = Standing::of(&record, &before);
        let delivery = record.deliveries.iter_mut().find(|delivery| is_it(delivery));
        let delivery = delivery.ok_or(MailboxError::NotFound)?;
        *delivery = answer.apply(before.clone(), user, now)?;
        if !answer.says_enough(standing) {
            return Err(MailboxError::NoteNeeded);
        }
        let at = answer.settled_at(delivery).unwrap_or(now);
        let is_news = *delivery != before;
        let sealed = if is_news { self.seal_words(id.alert, answer)? } else { None };
        let (words, body) = sealed.unzip();
        if is_news {
            answer.keep_words(delivery, words);
        }
        let after = delivery.clone();
        if is_news {
            let record = answer.follow(record, id.number, (now, &self.clocks));
            let mut events = self.answered(&record, (&after, standing), answer);
            let Change { record, events: more } =
                recall::seen_after_all(record, id.number, (&self.clocks, now));
            events.extend(more.into_iter().map(|mut event| {
                event.id = self.env.ids(now).event();
                event
            }));
            let words = body.into_iter().collect();
            self.put_with(permit, (now, events), vec![record], (words, Vec::new())).await?;
            if let Some(sequence) = after.sequence {
                self.outstanding.settled(mailbox, sequence);
            }
            self.wake.notify_driver();
        }
        Ok(Acknowledged { delivery: after, at })
    }

    /// Seals what the person wrote under a data key of its own, so that it can go without the alert.
    fn seal_words(
        &self,
        alert: AlertId,
        answer: &Answer,
    ) -> Result<Option<(BodyRef, Write)>, MailboxError> {
        let Some(words) = answer.words() else { return Ok(None) };
        let key = self.sealer.fresh_key()?;
        let sealed = self.sealer.seal(&key, alert, words.as_bytes())?;
        let commitment = commitment(&content_key(&key)?, words.as_bytes());
        let body = BodyRef { position: Position::THIS, key: key.id().clone(), commitment };
        Ok(Some((body, Write::Body { alert, sealed })))
    }

    fn answered(
        &self,
        record: &AlertRecord,
        (delivery, standing): (&Delivery, Standing),
        answer: &Answer,
    ) -> Vec<Event> {
        let words = match answer {
            Answer::Opened => None,
            Answer::Acknowledge { .. } => delivery.note.as_ref(),
            Answer::Decline { .. } => delivery.decline_text.as_ref(),
            Answer::Close { .. } => delivery.closing_note.as_ref(),
        };
        let mut event = Event::new(self.env.ids(self.env.now()).event(), answer.event(standing))
            .about(record.id, record.episode)
            .to(delivery.number, &delivery.mailbox);
        event.subjects.clone_from(&record.subjects);
        event.level = delivery.purpose.level();
        event.deadline = delivery.due;
        event.content = words.map(|words| words.commitment);
        event.reason = match answer {
            Answer::Decline { reason, .. } => Some(reason.as_str().to_owned()),
            Answer::Acknowledge { outcome: AckOutcome::Closed, .. } | Answer::Close { .. } => {
                Some("CLOSED".to_owned())
            }
            Answer::Opened | Answer::Acknowledge { .. } => None,
        };
        let passed_on =
            matches!(answer, Answer::Acknowledge { outcome: AckOutcome::Forwarded, .. }).then(
                || Event {
                    id: self.env.ids(self.env.now()).event(),
                    kind: EventKind::Forwarded,
                    content: None,
                    ..event.clone()
                },
            );
        std::iter::once(event).chain(passed_on).collect()
    }

    /// Commits changed alerts, each at its next version.
    pub(super) async fn put(
        &self,
        permit: &Permit,
        now: Timestamp,
        events: Vec<Event>,
        changed: Vec<AlertRecord>,
    ) -> Result<(), MailboxError> {
        self.put_expecting(permit, (now, events), changed, Vec::new()).await
    }

    /// As [`Self::put`], where this must hold too.
    pub(super) async fn put_expecting(
        &self,
        permit: &Permit,
        (now, events): (Timestamp, Vec<Event>),
        changed: Vec<AlertRecord>,
        expects: Vec<Expect>,
    ) -> Result<(), MailboxError> {
        self.put_with(permit, (now, events), changed, (Vec::new(), expects)).await
    }

    /// As [`Self::put`], with further writes.
    async fn put_with(
        &self,
        permit: &Permit,
        (now, events): (Timestamp, Vec<Event>),
        changed: Vec<AlertRecord>,
        (mut writes, mut expects): (Vec<Write>, Vec<Expect>),
    ) -> Result<(), MailboxError> {
        for mut record in changed {
            expects.push(Expect::AlertVersion { alert: record.id, version: record.version });
            record.version = record.version.saturating_add(1);
            writes.push(Write::Alert(Box::new(record)));
        }
        let commit = Commit::new(permit, now, events, self.env.salt_seed())?
            .writing(writes)?
            .expecting(expects);
        self.store.commit(commit).await?;
        Ok(())
    }
}
