//! What a commit changes, decoded: the form in which the writer, the tail and the index pass it on.

use std::ops::Range;
use std::sync::Arc;

use crate::domain::directory::Directory;
use crate::domain::{
    AgencyCode, AlertId, AlertRecord, DeliveryId, EpisodeReference, IdempotencyKey, MailboxId,
    MentionToken, Position, Timestamp,
};
use crate::record;

/// Where an alert's record lies within the group that holds it and what its bytes add up to, so that it can be read
/// without the rest of its commit. No more than a hint: what does not add up is read with its whole group.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct InGroup {
    /// From the beginning of the group's header.
    pub(crate) offset: u32,
    /// How many bytes.
    pub(crate) length: u32,
    /// Their CRC-32C.
    pub(crate) check: u32,
}

impl InGroup {
    /// Where the alerts' records lie within the bytes of a commit, in the order of its writes.
    pub(crate) fn of_alerts(commit: &[u8]) -> Vec<Self> {
        let place = |range: Range<usize>| {
            let bytes = commit.get(range.clone()).unwrap_or_default();
            let (offset, length) = (short(range.start), short(bytes.len()));
            Self { offset, length, check: crc32c::crc32c(bytes) }
        };
        record::alerts_in_commit(commit).map(place).collect()
    }
}

// A group is far shorter than 4 GiB.
fn short(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// The changes of one commit.
#[derive(Debug)]
pub(crate) struct Effects {
    /// The commit.
    pub(crate) position: Position,
    /// About how much memory they hold, in bytes.
    pub(crate) bytes: u64,
    /// The changes, in the commit's order.
    pub(crate) changes: Vec<Effect>,
}

impl Effects {
    /// Notes where the alerts lie within the commit.
    pub(crate) fn note_alerts(&mut self, places: impl IntoIterator<Item = InGroup>) {
        self.places().zip(places).for_each(|(lies, place)| *lies = place);
    }

    /// Notes that the commit begins at this place of its group.
    pub(crate) fn begin_at(&mut self, begin: usize) {
        for lies in self.places() {
            lies.offset = lies.offset.saturating_add(short(begin));
        }
    }

    fn places(&mut self) -> impl Iterator<Item = &mut InGroup> {
        self.changes.iter_mut().filter_map(|change| match change {
            Effect::Alert { lies, .. } => Some(lies),
            Effect::Key { .. }
            | Effect::Reference { .. }
            | Effect::Mentions { .. }
            | Effect::HandOut { .. }
            | Effect::Directory(_) => None,
        })
    }

    /// The alerts that are written, in the commit's order.
    pub(crate) fn alerts(&self) -> Vec<Arc<AlertRecord>> {
        let written = self.changes.iter().filter_map(|change| match change {
            Effect::Alert { new, .. } => Some(Arc::clone(&new.record)),
            Effect::Key { .. }
            | Effect::Reference { .. }
            | Effect::Mentions { .. }
            | Effect::HandOut { .. }
            | Effect::Directory(_) => None,
        });
        written.collect()
    }
}

/// One change.
#[derive(Debug)]
pub(crate) enum Effect {
    /// An alert's record at its next version.
    Alert {
        /// What it replaces; taken once the change is visible.
        old: Option<Arc<Held>>,
        /// The record.
        new: Arc<Held>,
        /// Where it lies.
        lies: InGroup,
    },
    /// What a sender's key was used for.
    Key {
        /// The sender.
        agency: AgencyCode,
        /// Its key.
        key: IdempotencyKey,
        /// What it was used for.
        usage: KeyUse,
    },
    /// Which episode a sender's own reference names.
    Reference {
        /// The sender.
        agency: AgencyCode,
        /// What it calls the episode.
        reference: EpisodeReference,
        /// The episode's first alert.
        alert: AlertId,
    },
    /// By what the persons of an alert may be found again.
    Mentions {
        /// The alert.
        alert: AlertId,
        /// The tokens.
        tokens: Vec<MentionToken>,
    },
    /// Deliveries handed out.
    HandOut {
        /// The mailbox.
        mailbox: MailboxId,
        /// The number of the first.
        first_sequence: u64,
        /// The deliveries.
        deliveries: Vec<DeliveryId>,
    },
    /// The directory at its next version.
    Directory(Arc<Directory>),
}

/// What a sender's key was used for, and until when that counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct KeyUse {
    /// The alert taken under it.
    pub(crate) alert: AlertId,
    /// From this instant on the key may be used anew.
    pub(crate) expires_at: Timestamp,
}

impl KeyUse {
    /// Whether the key is still taken at `now`.
    pub(crate) fn counts_at(&self, now: Timestamp) -> bool {
        self.expires_at > now
    }
}

/// An alert's record with what the engine must know beside it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Held {
    /// The record; every position in it is settled.
    pub(crate) record: Arc<AlertRecord>,
    /// The commits that queued deliveries after the alert was taken: number and position, ascending. What
    /// waits in a mailbox is ordered by commit, which the record itself does not say for these.
    pub(crate) queued: Vec<(u32, Position)>,
}

impl Held {
    /// The record as the commit at `own` puts it, after `old`.
    pub(crate) fn after(old: Option<&Self>, record: AlertRecord, own: Position) -> Self {
        let record = record.settled_at(own);
        let mut queued = old.map_or_else(Vec::new, |old| old.queued.clone());
        for delivery in &record.deliveries {
            let known = old.is_some_and(|old| old.record.delivery(delivery.number).is_some());
            if !known && record.submitted != own {
                queued.push((delivery.number, own));
            }
        }
        queued.sort_unstable();
        Self { record: Arc::new(record), queued }
    }

    /// The commit that queued a delivery.
    pub(crate) fn queued_at(&self, delivery: u32) -> Position {
        let found = self.queued.binary_search_by_key(&delivery, |(number, _)| *number);
        let later = found.ok().and_then(|index| self.queued.get(index));
        later.map_or(self.record.submitted, |(_, position)| *position)
    }
}
