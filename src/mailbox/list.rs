//! A mailbox at a glance: what was handed out, by number, without content.
//!
//! An alert whose record cannot be read hides no other: it is a row that says so.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use super::{MailboxError, Mailboxes};
use crate::domain::event::EventOutcome;
use crate::domain::{
    AlertId, AlertRecord, Delivery, DeliveryId, Event, EventKind, MailboxId, Principal,
};
use crate::policy::access::Action;
use crate::store::Commit;

/// Rows in one page, at most.
pub const PAGE_MAX: usize = 256;

/// Remembered showings; beyond this everything is recorded again.
const SHOWN_MAX: usize = 100_000;

/// One row of a list.
#[derive(Clone, Debug)]
pub struct Row {
    /// The delivery's number in the mailbox.
    pub sequence: u64,
    /// Its id.
    pub id: DeliveryId,
    /// What is known of it.
    pub known: Known,
}

/// What is known of a handed-out delivery.
#[derive(Clone, Debug)]
pub enum Known {
    /// What its alert's record says.
    Read {
        /// The alert's record.
        alert: Arc<AlertRecord>,
        /// The delivery.
        delivery: Box<Delivery>,
    },
    /// That it was handed out: the record cannot be read now.
    Unreadable,
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Page {
    /// The rows, ascending by number.
    pub rows: Vec<Row>,
    /// Where the next page starts; none at the end.
    pub next: Option<u64>,
}

/// Which alerts were shown to whom and that recorded, so that a refresh records only what is new.
#[derive(Default)]
pub(super) struct Shown {
    seen: Mutex<HashSet<([u8; 32], AlertId)>>,
}

impl Shown {
    /// The first row of each alert whose showing to the holder of the certificate is not recorded yet.
    fn news<'a>(&self, fingerprint: [u8; 32], rows: &'a [Row]) -> Vec<&'a Row> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mut here = HashSet::new();
        rows.iter()
            .filter(|row| !seen.contains(&(fingerprint, row.id.alert)) && here.insert(row.id.alert))
            .collect()
    }

    /// Remembers showings whose entry is durable.
    fn note(&self, fingerprint: [u8; 32], rows: &[&Row]) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= SHOWN_MAX {
            seen.clear();
        }
        seen.extend(rows.iter().map(|row| (fingerprint, row.id.alert)));
    }
}

impl Mailboxes {
    /// Lists up to `limit` (at most [`PAGE_MAX`]) handed-out deliveries numbered above `after` for which
    /// `keep` says yes, and those that cannot be read. The showing is recorded before it is returned.
    ///
    /// # Errors
    /// Denied or unknown mailbox (recorded), or the store.
    pub async fn list(
        &self,
        principal: &Principal,
        mailbox: &MailboxId,
        (after, limit): (u64, usize),
        keep: impl Fn(&Delivery) -> bool + Send,
    ) -> Result<Page, MailboxError> {
        let permit = self.permit(principal, Action::ListMailbox, mailbox).await?;
        let limit = limit.clamp(1, PAGE_MAX);
        let mut rows = Vec::new();
        let mut through = after;
        let mut next = None;
        'pages: loop {
            let page = self.store.handed_out(mailbox, through, PAGE_MAX).await?;
            if page.is_empty() {
                break;
            }
            for (sequence, id) in page {
                if rows.len() == limit {
                    next = Some(through);
                    break 'pages;
                }
                through = sequence;
                let known = self.known(id).await?;
                let by = permit.actor().user.as_ref();
                let is_wanted = match &known {
                    Known::Read { alert, .. } if self.is_kept_from(alert, by)? => false,
                    Known::Read { delivery, .. } => keep(delivery),
                    Known::Unreadable => true,
                };
                if is_wanted {
                    rows.push(Row { sequence, id, known });
                }
            }
        }
        let fingerprint = permit.actor().fingerprint.unwrap_or_default();
        // Two calls at once both record: neither may return rows on the strength of an entry that the other has not
        // made durable yet.
        let news = self.shown.news(fingerprint, &rows);
        if !news.is_empty() {
            let events: Vec<Event> = news.iter().map(|row| self.viewed(row, mailbox)).collect();
            let now = self.env.now();
            self.store.commit(Commit::new(&permit, now, events, self.env.salt_seed())?).await?;
            self.shown.note(fingerprint, &news);
        }
        Ok(Page { rows, next })
    }

    async fn known(&self, id: DeliveryId) -> Result<Known, MailboxError> {
        let alert = match self.alert_if_readable(id).await? {
            Ok(alert) => alert,
            Err(error) => {
                tracing::warn!(delivery = %id, reason = error.reason(), "a row cannot be read");
                return Ok(Known::Unreadable);
            }
        };
        let delivery = alert.delivery(id.number).cloned().map(Box::new);
        Ok(delivery.map_or(Known::Unreadable, |delivery| Known::Read { alert, delivery }))
    }

    fn viewed(&self, row: &Row, mailbox: &MailboxId) -> Event {
        let event = Event::new(self.env.ids(self.env.now()).event(), EventKind::RecordViewed);
        let mut event = event.to(row.id.number, mailbox);
        event.alert = Some(row.id.alert);
        event.reason = Some("LIST".to_owned());
        match &row.known {
            Known::Read { alert, .. } => {
                event.episode = Some(alert.episode);
                event.subjects.clone_from(&alert.subjects);
            }
            Known::Unreadable => event.outcome = EventOutcome::Error,
        }
        event
    }
}
