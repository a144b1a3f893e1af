//! Handing out: what a stream receives next.
//!
//! In this order: what the partner has not stored (everything after its cursor), what was sent and not
//! confirmed in time, then what waits. A sequence number is given in the hand-out commit, so numbers are
//! contiguous for the recipient and a delivery cancelled before leaves no trace.

use std::sync::Arc;
use std::time::Duration;

use super::{ATTEMPTS_MAX, Copy, MailboxError, Mailboxes};
use crate::domain::delivery::DeliveryState;
use crate::domain::{AlertRecord, DeliveryId, Event, EventKind, MailboxId, Principal, Timestamp};
use crate::policy::access::Action;
use crate::policy::views;
use crate::store::{Commit, Expect, StoreError, Write};
use crate::wake::Waiter;

/// A cursor's version byte.
const CURSOR_VERSION: u8 = 1;

/// One partner's stream on one mailbox.
#[derive(Debug)]
pub struct Stream {
    mailbox: MailboxId,
    principal: Principal,
    /// Everything up to here was sent in this stream or stored by the partner before it.
    through: u64,
    /// Listens since before the store was first looked into, so that no news is slept through.
    waiter: Waiter,
}

/// What a stream sends next.
#[derive(Clone, Debug)]
pub struct Batch {
    /// In the order to be sent.
    pub items: Vec<Item>,
    /// The highest sequence number handed out for this mailbox.
    pub high_water: u64,
    /// Whether more waits.
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
    Tombstone {
        /// The delivery.
        delivery: DeliveryId,
        /// Its number.
        sequence: u64,
    },
}

impl Item {
    /// The sequence number of the delivery.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        match self {
            Self::Copy(copy) => copy.delivery.sequence.unwrap_or_default(),
            Self::Tombstone { sequence, .. } => *sequence,
        }
    }
}

impl Stream {
    /// The mailbox.
    #[must_use]
    pub const fn mailbox(&self) -> &MailboxId {
        &self.mailbox
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
        Ok(Stream { waiter, mailbox, principal: principal.clone(), through })
    }

    /// What the stream sends next; empty when there is nothing now.
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
        Ok(Batch {
            items,
            high_water: standing.last_sequence,
            more_waiting: standing.waiting > 0 || standing.last_sequence > stream.through,
            at: self.env.now(),
        })
    }

    /// Waits until the mailbox may have news, a delivery is due again, or `at_most` has passed.
    pub async fn wait(&self, stream: &mut Stream, at_most: Duration) {
        let now = self.env.clock.monotonic();
        let again = self.outstanding.next_at(&stream.mailbox);
        let until_again = again.map_or(at_most, |at| at.saturating_sub(now));
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
            found.extend(self.store.handed_out(&stream.mailbox, before, 1).await?);
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
            let alert = self.alert(id.alert).await?;
            if let Some(delivery) = alert.delivery(id.number)
                && sendable(&alert, delivery)
            {
                events.push(self.delivered(&alert, id.number, &stream.mailbox));
            }
            found.push((sequence, id, alert));
        }
        if !events.is_empty() {
            let permit = self.permit(&stream.principal, Action::Receive, &stream.mailbox).await?;
            self.store.commit(Commit::new(&permit, now, events, self.env.salt_seed())?).await?;
        }
        let mut items = Vec::with_capacity(found.len());
        for (sequence, id, alert) in found {
            items.push(self.item(stream, sequence, (id, alert)).await?);
        }
        Ok(items)
    }

    /// Gives numbers to what waits, in one commit, then cuts the copies.
    async fn hand_out_waiting(&self, stream: &mut Stream) -> Result<Vec<Item>, MailboxError> {
        for _attempt in 0..ATTEMPTS_MAX {
            let waiting = self.store.waiting(&stream.mailbox, self.limits.hand_out_max).await?;
            if waiting.is_empty() {
                return Ok(Vec::new());
            }
            let standing = self.store.mailbox(&stream.mailbox).await?;
            let first = standing.last_sequence.saturating_add(1);
            match self.commit_hand_out(stream, &waiting, first).await {
                Ok(()) => {}
                Err(MailboxError::Store(StoreError::Conflict)) => continue,
                Err(other) => return Err(other),
            }
            let mut items = Vec::with_capacity(waiting.len());
            for (sequence, id) in (first..).zip(waiting) {
                let alert = self.alert(id.alert).await?;
                items.push(self.item(stream, sequence, (id, alert)).await?);
            }
            return Ok(items);
        }
        Err(MailboxError::Busy)
    }

    async fn commit_hand_out(
        &self,
        stream: &Stream,
        waiting: &[DeliveryId],
        first: u64,
    ) -> Result<(), MailboxError> {
        let permit = self.permit(&stream.principal, Action::Receive, &stream.mailbox).await?;
        let now = self.env.now();
        let mut changed: Vec<AlertRecord> = Vec::new();
        let mut events = Vec::new();
        for (sequence, id) in (first..).zip(waiting) {
            let record = match changed.iter_mut().find(|record| record.id == id.alert) {
                Some(record) => record,
                None => {
                    changed.push(self.alert(id.alert).await?.as_ref().clone());
                    changed.last_mut().ok_or(MailboxError::NotFound)?
                }
            };
            let delivery = record
                .deliveries
                .iter_mut()
                .find(|delivery| delivery.number == id.number)
                .ok_or(MailboxError::NotFound)?;
            *delivery = delivery.clone().hand_out(sequence, now)?;
            events.push(self.redacted(record, id.number, &stream.mailbox));
            events.push(self.delivered(record, id.number, &stream.mailbox));
        }
        let mailbox = stream.mailbox.clone();
        let mut expects = vec![Expect::NextSequence { mailbox: mailbox.clone(), sequence: first }];
        let mut writes =
            vec![Write::HandOut { mailbox, first_sequence: first, deliveries: waiting.to_vec() }];
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

    /// The copy, or a tombstone when the delivery has ended, and the note that it was sent.
    async fn item(
        &self,
        stream: &mut Stream,
        sequence: u64,
        (id, alert): (DeliveryId, Arc<AlertRecord>),
    ) -> Result<Item, MailboxError> {
        stream.through = stream.through.max(sequence);
        let delivery = alert.delivery(id.number).ok_or(MailboxError::NotFound)?;
        let open = sendable(&alert, delivery);
        if delivery.confirmed.is_some() || !open {
            self.outstanding.settled(&stream.mailbox, sequence);
        } else {
            let now = self.env.clock.monotonic();
            let what = (sequence, alert.episode);
            self.outstanding.sent(&stream.mailbox, what, now, self.limits);
        }
        if open {
            Ok(Item::Copy(Box::new(self.cut_copy(alert, id.number).await?)))
        } else {
            Ok(Item::Tombstone { delivery: id, sequence })
        }
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
                let alert = self.alert(id.alert).await?;
                let settled = alert.delivery(id.number).is_none_or(|delivery| {
                    delivery.confirmed.is_some() || !sendable(&alert, delivery)
                });
                if !settled {
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

/// Whether a copy may still leave: not ended, and the body is still held.
fn sendable(alert: &AlertRecord, delivery: &crate::domain::Delivery) -> bool {
    let ended = matches!(delivery.state, DeliveryState::Ended(_));
    !ended && alert.body.is_some()
}
