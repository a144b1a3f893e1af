//! Handing out: what a stream receives next.
//!
//! In this order: what the partner has not stored (everything after its cursor), what was sent and not
//! confirmed in time, then what waits. A sequence number is given in the hand-out commit, so numbers are
//! contiguous for the recipient and a delivery cancelled before leaves no trace.
//!
//! A delivery whose copy cannot be made is passed over (see [`super::failure`]). It keeps its number and its lease,
//! and is sent when it can be: the partner's cursor and confirmations of later numbers do not settle it.

use std::sync::Arc;
use std::time::Duration;

use super::failure::PassedOver;
use super::{ATTEMPTS_MAX, Copy, MailboxError, Mailboxes};
use crate::domain::delivery::{DeliveryState, EndReason, Purpose};
use crate::domain::{
    AlertRecord, Delivery, DeliveryId, EpisodeId, Event, EventKind, MailboxId, Principal,
    Timestamp, UserId,
};
use crate::policy::access::Action;
use crate::policy::{consent, views};
use crate::store::{Commit, Expect, StoreError, Write};
use crate::wake::Waiter;

/// The shortest wait for something to be tried again: whatever goes wrong, no stream spins.
const PAUSE_MIN: Duration = Duration::from_millis(100);

/// A cursor's version byte.
const CURSOR_VERSION: u8 = 1;

/// One partner's stream on one mailbox.
#[derive(Debug)]
pub struct Stream {
    mailbox: MailboxId,
    principal: Principal,
    /// Everything up to here was sent in this stream or stored by the partner before it.
    through: u64,
    /// The highest number whose delivery is kept from the person who reads, and the highest of the others (domain 5.7, 2).
    kept: u64,
    shown: u64,
    /// How much of what waits is kept from the person who reads.
    kept_waiting: u64,
    /// Listens since before the store was first looked into, so that no news is slept through.
    waiter: Waiter,
}

/// A delivery with its number, and its alert if that can be read.
struct Numbered {
    sequence: u64,
    id: DeliveryId,
    alert: Result<Arc<AlertRecord>, MailboxError>,
}

/// What a stream sends next.
#[derive(Clone, Debug)]
pub struct Batch {
    /// In the order to be sent.
    pub items: Vec<Item>,
    /// The highest sequence number handed out for this mailbox.
    pub high_water: u64,
    /// Whether more waits that can be sent at once.
    pub more_waiting: bool,
    /// Hub time.
    pub at: Timestamp,
}

/// One thing sent on a stream.
#[derive(Clone, Debug)]
pub enum Item {
    /// A copy.
    Copy(Box<Copy>),
    /// The delivery has ended; the partner drops its copy.
    Tombstone(Tombstone),
}

/// What a partner is told of a delivery that has ended: neither why nor who else had it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tombstone {
    /// The delivery whose copy goes.
    pub delivery: DeliveryId,
    /// The number to confirm: a recall's own, else the copy's.
    pub sequence: u64,
    /// The number under which the copy came.
    pub copy_sequence: u64,
    /// Looked out for, or recalled.
    pub reason: EndReason,
    /// By when the recipient should confirm that it stopped; none where nobody has to.
    pub confirm_by: Option<Timestamp>,
}

impl Tombstone {
    /// Of a delivery that has ended, or by the recall that is a delivery of its own.
    fn of(alert: &AlertRecord, delivery: &Delivery) -> Self {
        let recalled = delivery.of.filter(|_| delivery.purpose == Purpose::Recall);
        let recalled = recalled.and_then(|number| alert.delivery(number)).unwrap_or(delivery);
        let recall = alert.after.recall_of(recalled.number).filter(|recall| recall.is_open());
        let notice = recall.and_then(|recall| alert.delivery(recall.notice?));
        Self {
            delivery: DeliveryId { alert: alert.id, number: recalled.number },
            sequence: delivery.sequence.unwrap_or_default(),
            copy_sequence: recalled.sequence.unwrap_or_default(),
            reason: match &recalled.state {
                DeliveryState::Ended(reason) => *reason,
                DeliveryState::Queued | DeliveryState::Delivered => EndReason::LookoutPurged,
            },
            confirm_by: notice.and_then(|notice| notice.due).map(|due| due.at),
        }
    }
}

impl Item {
    /// The sequence number of the delivery.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        match self {
            Self::Copy(copy) => copy.delivery.sequence.unwrap_or_default(),
            Self::Tombstone(tombstone) => tombstone.sequence,
        }
    }
}

impl Stream {
    /// The mailbox.
    #[must_use]
    pub const fn mailbox(&self) -> &MailboxId {
        &self.mailbox
    }

    /// The person who reads, where one does.
    pub(super) fn reader(&self) -> Option<&UserId> {
        self.principal.person().map(|person| &person.user)
    }

    /// The highest number that the reader may know of: what is kept from it is not counted.
    fn high_water(&self, last: u64) -> u64 {
        if self.kept >= last { self.shown } else { last }
    }
}

/// The cursor a partner keeps after storing `sequence`: opaque, versioned.
#[must_use]
pub fn cursor(sequence: u64) -> Vec<u8> {
    let mut bytes = vec![CURSOR_VERSION];
    bytes.extend_from_slice(&sequence.to_be_bytes());
    bytes
}

fn sequence_of(cursor: &[u8]) -> Result<u64, MailboxError> {
    let (version, number) = cursor.split_first().ok_or(MailboxError::Cursor)?;
    let number: [u8; 8] = number.try_into().map_err(|_length| MailboxError::Cursor)?;
    if *version == CURSOR_VERSION {
        Ok(u64::from_be_bytes(number))
    } else {
        Err(MailboxError::Cursor)
    }
}

impl Mailboxes {
    /// Opens a stream on `mailbox` after `cursor`; an empty cursor starts at the first delivery that is
    /// neither confirmed nor ended.
    ///
    /// # Errors
    /// Denied or unknown mailbox (recorded), a cursor that is not ours or lies beyond what was handed out.
    pub async fn open_stream(
        &self,
        principal: &Principal,
        mailbox: MailboxId,
        cursor: &[u8],
    ) -> Result<Stream, MailboxError> {
        self.permit(principal, Action::Receive, &mailbox).await?;
        let waiter = self.wake.subscribe(&mailbox);
        let standing = self.store.mailbox(&mailbox).await?;
        let through = if cursor.is_empty() {
            self.settled_through(&mailbox).await?
        } else {
            sequence_of(cursor)?
        };
        if through > standing.last_sequence {
            return Err(MailboxError::Cursor);
        }
        self.take_up(&mailbox, through).await?;
        let (principal, kept, shown) = (principal.clone(), 0, through);
        Ok(Stream { waiter, mailbox, principal, through, kept, shown, kept_waiting: 0 })
    }

    /// What the stream sends next; empty when there is nothing now, or nothing of it can be sent: then
    /// `more_waiting` says whether to ask again at once.
    ///
    /// # Errors
    /// When the principal may no longer receive, or the store cannot record the hand-out: then nothing is
    /// disclosed.
    pub async fn next_batch(&self, stream: &mut Stream) -> Result<Batch, MailboxError> {
        // Asked also when nothing waits, so that a stream ends soon after its caller may no longer receive.
        self.permit(&stream.principal, Action::Receive, &stream.mailbox).await?;
        let mut sequences = self.replayed(stream).await?;
        if sequences.is_empty() {
            sequences = self.overdue(stream).await?;
        }
        let items = if sequences.is_empty() {
            self.hand_out_waiting(stream).await?
        } else {
            self.send_again(stream, sequences).await?
        };
        let standing = self.store.mailbox(&stream.mailbox).await?;
        let unreadable = self.outstanding.unreadable_count(&stream.mailbox);
        let unreadable = u64::try_from(unreadable).unwrap_or(u64::MAX);
        Ok(Batch {
            items,
            high_water: stream.high_water(standing.last_sequence),
            more_waiting: standing.waiting > unreadable.saturating_add(stream.kept_waiting)
                || standing.last_sequence > stream.through,
            at: self.env.now(),
        })
    }

    /// Waits until the mailbox may have news, a delivery is due again, or `at_most` has passed.
    pub async fn wait(&self, stream: &mut Stream, at_most: Duration) {
        let now = self.env.clock.monotonic();
        let again = self.outstanding.next_at(&stream.mailbox);
        let until_again = again.map_or(at_most, |at| at.saturating_sub(now).max(PAUSE_MIN));
        // Woken or not: the store is looked into all the same.
        let _woken = stream.waiter.wait(at_most.min(until_again)).await;
    }

    /// What was handed out after the stream's position: sent again in order.
    async fn replayed(&self, stream: &Stream) -> Result<Vec<(u64, DeliveryId)>, MailboxError> {
        let limit = self.limits.hand_out_max;
        Ok(self.store.handed_out(&stream.mailbox, stream.through, limit).await?)
    }

    /// What was sent, not confirmed, and is due again.
    async fn overdue(&self, stream: &Stream) -> Result<Vec<(u64, DeliveryId)>, MailboxError> {
        let now = self.env.clock.monotonic();
        let limit = self.limits.hand_out_max;
        let due = self.outstanding.due(&stream.mailbox, stream.through, now, limit);
        let mut found = Vec::with_capacity(due.len());
        for sequence in due {
            let before = sequence.saturating_sub(1);
            for (sequence, id) in self.store.handed_out(&stream.mailbox, before, 1).await? {
                if !self.is_kept_from_reader(stream, id).await? {
                    found.push((sequence, id));
                }
            }
        }
        Ok(found)
    }

    /// Sends deliveries again that have their numbers already. Each disclosure is recorded first.
    async fn send_again(
        &self,
        stream: &mut Stream,
        sequences: Vec<(u64, DeliveryId)>,
    ) -> Result<Vec<Item>, MailboxError> {
        let now = self.env.now();
        let mut events = Vec::new();
        let mut found = Vec::with_capacity(sequences.len());
        for (sequence, id) in sequences {
            if self.is_kept_from_reader(stream, id).await? {
                stream.through = stream.through.max(sequence);
                stream.kept = stream.kept.max(sequence);
                continue;
            }
            stream.shown = stream.shown.max(sequence);
            let alert = self.alert_if_readable(id).await?;
            if let Ok(alert) = &alert
                && let Some(delivery) = alert.delivery(id.number)
                && sendable(alert, delivery)
                && !self.is_held_back(&stream.mailbox, sequence, (alert, delivery))
            {
                events.push(self.delivered(alert, id.number, &stream.mailbox));
            }
            found.push(Numbered { sequence, id, alert });
        }
        if !events.is_empty() {
            let permit = self.permit(&stream.principal, Action::Receive, &stream.mailbox).await?;
            self.store.commit(Commit::new(&permit, now, events, self.env.salt_seed())?).await?;
        }
        self.items(stream, found).await
    }

    /// Gives numbers to what waits, in one commit, then cuts the copies.
    async fn hand_out_waiting(&self, stream: &mut Stream) -> Result<Vec<Item>, MailboxError> {
        for _attempt in 0..ATTEMPTS_MAX {
            let standing = self.store.mailbox(&stream.mailbox).await?;
            let first = standing.last_sequence.saturating_add(1);
            // Another stream of this mailbox may have handed out since we looked; going on behind its numbers would
            // skip them for this partner. Whoever hands out after `first` was read makes our commit a conflict.
            let missed = self.replayed(stream).await?;
            if !missed.is_empty() {
                return self.send_again(stream, missed).await;
            }
            let waiting = self.readable_waiting(stream).await?;
            if waiting.is_empty() {
                return Ok(Vec::new());
            }
            match self.commit_hand_out(stream, &waiting, first).await {
                Ok(()) => {}
                // Somebody was faster, or a delivery ended meanwhile.
                Err(MailboxError::Store(StoreError::Conflict) | MailboxError::Transition(_)) => {
                    continue;
                }
                Err(other) => return Err(other),
            }
            let mut found = Vec::with_capacity(waiting.len());
            for (sequence, (id, _)) in (first..).zip(waiting) {
                stream.shown = stream.shown.max(sequence);
                let alert = self.alert_if_readable(id).await?;
                found.push(Numbered { sequence, id, alert });
            }
            return self.items(stream, found).await;
        }
        Err(MailboxError::Busy)
    }

    /// What waits, in order, with its alert. What cannot be read gets no number, for its record cannot be changed: it
    /// stays in the mailbox and is looked at again after a while.
    async fn readable_waiting(
        &self,
        stream: &mut Stream,
    ) -> Result<Vec<(DeliveryId, Arc<AlertRecord>)>, MailboxError> {
        let mailbox = &stream.mailbox;
        let now = self.env.clock.monotonic();
        let limit = self.limits.hand_out_max;
        // Those that cannot be read must not stand before the others.
        let asked = limit.saturating_add(self.outstanding.unreadable_count(mailbox));
        let asked = asked.saturating_add(usize::try_from(stream.kept_waiting).unwrap_or(0));
        let mut kept = 0_u64;
        let mut readable = Vec::new();
        let mut unreadable = Vec::new();
        let mut passed = PassedOver::default();
        for id in self.store.waiting(mailbox, asked).await? {
            if self.outstanding.is_put_off(mailbox, id, now) {
                unreadable.push(id);
            } else if readable.len() < limit {
                match self.alert_if_readable(id).await? {
                    // Its clock is about to cancel it: the agreement it rests on has ended.
                    Ok(alert) if consent::is_withdrawn(&alert, id.number, self.env.now()) => {}
                    Ok(alert) if self.is_kept_from(&alert, stream.reader())? => {
                        kept = kept.saturating_add(1);
                    }
                    Ok(alert) => readable.push((id, alert)),
                    Err(error) => {
                        self.outstanding.put_off(mailbox, id, now, self.limits);
                        unreadable.push(id);
                        passed.failed(id, None, &error);
                    }
                }
            }
        }
        self.outstanding.keep_put_off(mailbox, &unreadable);
        self.record_passed_over(mailbox, passed).await;
        stream.kept_waiting = kept;
        Ok(readable)
    }

    /// The alert of a delivery, or why it cannot be read when that is a matter of this alert alone.
    pub(super) async fn alert_if_readable(
        &self,
        id: DeliveryId,
    ) -> Result<Result<Arc<AlertRecord>, MailboxError>, MailboxError> {
        let found = match self.alert(id.alert).await {
            Ok(alert) if alert.delivery(id.number).is_none() => Err(MailboxError::NotFound),
            other => other,
        };
        match found {
            Err(error) if !error.concerns_one_alert() => Err(error),
            found => Ok(found),
        }
    }

    async fn commit_hand_out(
        &self,
        stream: &Stream,
        waiting: &[(DeliveryId, Arc<AlertRecord>)],
        first: u64,
    ) -> Result<(), MailboxError> {
        let permit = self.permit(&stream.principal, Action::Receive, &stream.mailbox).await?;
        let now = self.env.now();
        let mut changed: Vec<AlertRecord> = Vec::new();
        let mut events = Vec::new();
        // Asked again at the instant of the hand-out (domain 6.6).
        if waiting.iter().any(|(id, alert)| consent::is_withdrawn(alert, id.number, now)) {
            return Err(StoreError::Conflict.into());
        }
        for (sequence, (id, alert)) in (first..).zip(waiting) {
            let record = match changed.iter_mut().find(|record| record.id == id.alert) {
                Some(record) => record,
                None => {
                    changed.push(alert.as_ref().clone());
                    changed.last_mut().ok_or(MailboxError::NotFound)?
                }
            };
            let delivery = record
                .deliveries
                .iter_mut()
                .find(|delivery| delivery.number == id.number)
                .ok_or(MailboxError::NotFound)?;
            *delivery = delivery.clone().hand_out(sequence, now)?;
            let is_copy = delivery.purpose != Purpose::Recall;
            if is_copy {
                events.push(self.redacted(record, id.number, &stream.mailbox));
            }
            events.push(self.delivered(record, id.number, &stream.mailbox));
        }
        let mailbox = stream.mailbox.clone();
        let mut expects = vec![Expect::NextSequence { mailbox: mailbox.clone(), sequence: first }];
        let deliveries = waiting.iter().map(|(id, _)| *id).collect();
        let mut writes = vec![Write::HandOut { mailbox, first_sequence: first, deliveries }];
        for mut record in changed {
            expects.push(Expect::AlertVersion { alert: record.id, version: record.version });
            record.version = record.version.saturating_add(1);
            writes.push(Write::Alert(Box::new(record)));
        }
        let commit = Commit::new(&permit, now, events, self.env.salt_seed())?
            .writing(writes)?
            .expecting(expects);
        self.store.commit(commit).await?;
        Ok(())
    }

    /// What can be sent of deliveries that have their numbers, and the notes about it.
    async fn items(
        &self,
        stream: &mut Stream,
        found: Vec<Numbered>,
    ) -> Result<Vec<Item>, MailboxError> {
        let mut items = Vec::with_capacity(found.len());
        let mut passed = PassedOver::default();
        for Numbered { sequence, id, alert } in found {
            stream.through = stream.through.max(sequence);
            let sent = match &alert {
                Ok(alert) => self.item(stream, (sequence, id), alert, &mut passed).await,
                Err(error) => {
                    passed.failed(id, None, error);
                    // Nothing tells the episode; the alert's own holds back no other.
                    self.note_failed(&stream.mailbox, (sequence, EpisodeId::from(id.alert)));
                    Ok(None)
                }
            };
            items.extend(sent?);
        }
        self.record_passed_over(&stream.mailbox, passed).await;
        Ok(items)
    }

    /// The copy, or a tombstone when the delivery has ended; none when it is passed over.
    async fn item(
        &self,
        stream: &Stream,
        (sequence, id): (u64, DeliveryId),
        alert: &Arc<AlertRecord>,
        passed: &mut PassedOver,
    ) -> Result<Option<Item>, MailboxError> {
        let (mailbox, what) = (&stream.mailbox, (sequence, alert.episode));
        let delivery = alert.delivery(id.number).ok_or(MailboxError::NotFound)?;
        if !sendable(alert, delivery) {
            self.outstanding.settled(mailbox, sequence);
            return Ok(Some(Item::Tombstone(Tombstone::of(alert, delivery))));
        }
        let now = self.env.clock.monotonic();
        if self.is_held_back(mailbox, sequence, (alert, delivery)) {
            self.outstanding.held_back(mailbox, what, now);
            passed.held_back(id, alert);
            return Ok(None);
        }
        let confirmed = delivery.confirmed.is_some();
        if delivery.purpose == Purpose::Recall {
            // Until the partner confirms that its copy is gone, it is told again.
            if confirmed {
                self.outstanding.settled(mailbox, sequence);
            } else {
                self.outstanding.sent(mailbox, what, now, self.limits);
            }
            return Ok(Some(Item::Tombstone(Tombstone::of(alert, delivery))));
        }
        match self.cut_copy(Arc::clone(alert), id.number).await {
            Ok(copy) => {
                if confirmed {
                    self.outstanding.settled(mailbox, sequence);
                } else {
                    self.outstanding.sent(mailbox, what, now, self.limits);
                }
                Ok(Some(Item::Copy(Box::new(copy))))
            }
            Err(error) if error.concerns_one_alert() => {
                passed.failed(id, Some(alert), &error);
                // The partner has stored a confirmed one: it asks for it again if it wants it.
                if !confirmed {
                    self.note_failed(mailbox, what);
                }
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn note_failed(&self, mailbox: &MailboxId, what: (u64, EpisodeId)) {
        self.outstanding.failed(mailbox, what, self.env.clock.monotonic(), self.limits);
    }

    /// Whether a delivery waits for an earlier one of its episode that could not be sent.
    fn is_held_back(
        &self,
        mailbox: &MailboxId,
        sequence: u64,
        (alert, delivery): (&AlertRecord, &Delivery),
    ) -> bool {
        let now = self.env.clock.monotonic();
        delivery.confirmed.is_none()
            && self.outstanding.is_held_back(mailbox, (sequence, alert.episode), now)
    }

    /// Gives a lease to what was handed out up to `through` and is not confirmed. After a restart leases are gone, and
    /// the partner's cursor may be beyond a delivery whose copy could not be made.
    async fn take_up(&self, mailbox: &MailboxId, through: u64) -> Result<(), MailboxError> {
        let mut after = self.outstanding.taken_up_through(mailbox);
        let now = self.env.clock.monotonic();
        while after < through {
            let page = self.store.handed_out(mailbox, after, 256).await?;
            let Some((last, _)) = page.last() else { break };
            after = *last;
            for (sequence, id) in page.into_iter().filter(|(sequence, _)| *sequence <= through) {
                let episode = match self.alert_if_readable(id).await? {
                    Ok(alert) if is_settled(&alert, id.number) => continue,
                    Ok(alert) => alert.episode,
                    Err(_told_when_it_is_sent) => EpisodeId::from(id.alert),
                };
                self.outstanding.take_up(mailbox, (sequence, episode), now, self.limits);
            }
            self.outstanding.note_taken_up_through(mailbox, after.min(through));
        }
        Ok(())
    }

    /// The highest number up to which everything is confirmed or ended.
    async fn settled_through(&self, mailbox: &MailboxId) -> Result<u64, MailboxError> {
        let mut through = self.outstanding.settled_through(mailbox);
        loop {
            let page = self.store.handed_out(mailbox, through, 256).await?;
            if page.is_empty() {
                break;
            }
            for (sequence, id) in page {
                // What cannot be read now may be sent later.
                let alert = self.alert_if_readable(id).await?;
                if !alert.is_ok_and(|alert| is_settled(&alert, id.number)) {
                    self.outstanding.note_settled_through(mailbox, through);
                    return Ok(through);
                }
                through = sequence;
            }
        }
        self.outstanding.note_settled_through(mailbox, through);
        Ok(through)
    }

    fn delivered(&self, alert: &AlertRecord, number: u32, mailbox: &MailboxId) -> Event {
        let id = self.env.ids(self.env.now()).event();
        let delivery = alert.delivery(number);
        let mut event =
            Event::new(id, EventKind::Delivered).about(alert.id, alert.episode).to(number, mailbox);
        event.subjects.clone_from(&alert.subjects);
        event.view = delivery.map(|delivery| delivery.view);
        event.view_version = Some(views::VIEW_VERSION);
        event.count = delivery.and_then(|delivery| delivery.sequence);
        event
    }

    fn redacted(&self, alert: &AlertRecord, number: u32, mailbox: &MailboxId) -> Event {
        let mut event = self.delivered(alert, number, mailbox);
        event.kind = EventKind::RedactionApplied;
        event.count = None;
        if let Some(delivery) = alert.delivery(number) {
            event.rules = vec![delivery.row];
        }
        event
    }
}

/// Whether nothing more is to be sent of it: confirmed, ended, or not there.
fn is_settled(alert: &AlertRecord, number: u32) -> bool {
    alert
        .delivery(number)
        .is_none_or(|delivery| delivery.confirmed.is_some() || !sendable(alert, delivery))
}

/// Whether it may still leave: not ended, and for a copy the body is still held.
fn sendable(alert: &AlertRecord, delivery: &Delivery) -> bool {
    let ended = matches!(delivery.state, DeliveryState::Ended(_));
    !ended && (alert.body.is_some() || delivery.purpose == Purpose::Recall)
}
