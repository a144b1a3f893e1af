//! The chronology of one person, as far as one mailbox has copies (domain 3.12).
//!
//! Asked from a copy that shows the person. Each line is one alert, cut as this mailbox's copy of it is, so two agencies
//! read different chronologies of one child. That they are shown is recorded before any of them is opened: first the copy
//! that is asked from, then the others. Nothing is exported: a page at a time, to a person with an own certificate.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Copy, MailboxError, Mailboxes};
use crate::domain::delivery::DeliveryState;
use crate::domain::{
    AlertId, AlertRecord, Delivery, DeliveryId, Event, EventKind, MailboxId, Principal, Timestamp,
};
use crate::policy::access::{Action, Permit};
use crate::policy::chronology::{self, Extent};
use crate::policy::{matching, views};
use crate::record::open_mentions;
use crate::store::{Commit, mentioned_under};

/// Lines in one page, at most.
pub const LINES_MAX: usize = 200;

/// Newest alerts looked at under one token of the person, and alerts of which a chronology is made, newest first.
const ALERTS_MAX: usize = 256;

/// The paths of what a line may show, recorded where the copy's view holds them.
const SHOWN: [&str; 6] = [
    "alert.envelope.occurred_at",
    "alert.envelope.child_voice",
    "alert.envelope.voice_for_school",
    "alert.envelope.immediate_actions",
    "alert.domestic_violence.child_impacts",
    "alert.concern.source",
];

/// Of whom a chronology is asked.
#[derive(Clone, Debug)]
pub struct About {
    /// For which mailbox.
    pub mailbox: MailboxId,
    /// A copy in it that shows the person.
    pub delivery: DeliveryId,
    /// The place among the subjects of that copy, from 0.
    pub person: usize,
}

/// Where a line stands: by when it happened, then by alert.
pub type LineKey = (Timestamp, AlertId);

/// One alert that names the person.
#[derive(Clone, Debug)]
pub enum Line {
    /// As the mailbox's copy shows it.
    Copied {
        /// The copy.
        copy: Box<Copy>,
        /// The person's place among its subjects.
        place: usize,
        /// How much of it the line may say.
        extent: Extent,
    },
    /// Its content is gone.
    Gone {
        /// The record.
        alert: Arc<AlertRecord>,
        /// The mailbox's delivery.
        delivery: Box<Delivery>,
    },
}

impl Line {
    fn key(&self) -> LineKey {
        match self {
            Self::Copied { copy, extent: Extent::Whole, .. } => {
                let at = views::occurred_at(&copy.cut.body);
                (at.unwrap_or(copy.delivery.queued_at), copy.alert.id)
            }
            Self::Copied { copy, extent: Extent::Older, .. } => {
                (copy.delivery.queued_at, copy.alert.id)
            }
            Self::Gone { alert, delivery } => (delivery.queued_at, alert.id),
        }
    }
}

/// One page.
#[derive(Clone, Debug)]
pub struct Chronology {
    /// Oldest first.
    pub lines: Vec<Line>,
    /// The last line of the page, where more come after it.
    pub next: Option<LineKey>,
}

/// An alert that may become a line: the person's place in it, and the copies.
struct Candidate {
    alert: Arc<AlertRecord>,
    person: u32,
    copies: Vec<(u32, Extent)>,
}

impl Mailboxes {
    /// Up to `limit` (at most [`LINES_MAX`]) lines after `after`, oldest first. What is shown is recorded first.
    ///
    /// # Errors
    /// Denied, a copy that the mailbox has not got or a person it does not show (recorded), or the store.
    pub async fn chronology(
        &self,
        principal: &Principal,
        about: &About,
        (after, limit): (Option<LineKey>, usize),
    ) -> Result<Chronology, MailboxError> {
        let permit = self.permit(principal, Action::ReadChronology, &about.mailbox).await?;
        let found = self.asked_from(&permit, about).await;
        let (alert, person) = self.told(principal, found).await?;
        let candidates = self.others(&alert, person, &about.mailbox).await?;
        let by = permit.actor().user.as_ref();
        let mut kept = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            if !self.is_kept_from(&candidate.alert, by)? {
                kept.push(candidate);
            }
        }
        let mut candidates = kept;
        let events = candidates.iter().map(|it| self.chronicled(it, &about.mailbox)).collect();
        self.record_shown(&permit, events).await?;
        let own = self.candidate(&alert, person, &about.mailbox);
        candidates.extend(own);
        let mut lines = Vec::with_capacity(candidates.len());
        for candidate in candidates {
            let is_asked_from = candidate.alert.id == alert.id;
            let line = self.line(candidate, is_asked_from).await?;
            lines.extend(line.map(|line| (line.key(), line)));
        }
        lines.retain(|(key, _)| after.is_none_or(|after| *key > after));
        lines.sort_by_key(|(key, _)| *key);
        let limit = limit.clamp(1, LINES_MAX);
        let has_more = lines.len() > limit;
        lines.truncate(limit);
        let next = lines.last().filter(|_| has_more).map(|(key, _)| *key);
        Ok(Chronology { lines: lines.into_iter().map(|(_, line)| line).collect(), next })
    }

    /// The alert of the copy that is asked from, and which of its persons is meant. Recorded before it is opened.
    pub(super) async fn asked_from(
        &self,
        permit: &Permit,
        about: &About,
    ) -> Result<(Arc<AlertRecord>, u32), MailboxError> {
        let (alert, delivery) = self.handed_out(permit, &about.mailbox, about.delivery).await?;
        let is_there = chronology::copies(&alert, &about.mailbox)
            .iter()
            .any(|(copy, extent)| copy.number == delivery.number && *extent == Extent::Whole);
        if !is_there || !matches!(delivery.state, DeliveryState::Delivered) {
            return Err(MailboxError::NotFound);
        }
        let asked = Candidate {
            alert: Arc::clone(&alert),
            person: 0,
            copies: vec![(delivery.number, Extent::Whole)],
        };
        let mut event = self.chronicled(&asked, &about.mailbox);
        // Which of them is meant is in the copy, which is not open yet.
        event.subjects.clone_from(&alert.subjects);
        self.record_shown(permit, vec![event]).await?;
        let copy = self.cut_copy(Arc::clone(&alert), delivery.number).await?;
        let person = copy.cut.subjects.get(about.person).copied();
        Ok((alert, person.ok_or(MailboxError::NotFound)?))
    }

    /// The other alerts that are confirmed to name the person and of which the mailbox has or had a copy, newest first.
    async fn others(
        &self,
        alert: &Arc<AlertRecord>,
        person: u32,
        mailbox: &MailboxId,
    ) -> Result<Vec<Candidate>, MailboxError> {
        let mut mentions: BTreeMap<AlertId, u32> = BTreeMap::new();
        mentions.extend(chronology::earlier(alert, person));
        for later in self.mentioning(alert, person).await? {
            let Ok(Some(record)) = self.store.alert(later).await else { continue };
            mentions.extend(chronology::later(&record, (alert.id, person)));
        }
        mentions.remove(&alert.id);
        let mut found = Vec::new();
        for (other, person) in mentions.into_iter().rev() {
            if found.len() >= ALERTS_MAX {
                break;
            }
            match self.store.alert(other).await {
                Ok(record) => {
                    let record = record.as_ref();
                    found.extend(record.and_then(|it| self.candidate(it, person, mailbox)));
                }
                Err(error) if error.concerns_every_commit() => return Err(error.into()),
                // One that cannot be read hides no other.
                Err(error) => {
                    tracing::warn!(alert = %other, reason = error.reason(), "a line cannot be read");
                }
            }
        }
        Ok(found)
    }

    /// The alerts that mention who may be the person. Nobody once the content is gone: then only its own claims speak.
    async fn mentioning(
        &self,
        alert: &AlertRecord,
        person: u32,
    ) -> Result<BTreeSet<AlertId>, MailboxError> {
        let mentions = open_mentions(&self.sealer, alert).unwrap_or_default();
        let person = mentions.people.iter().find(|known| known.index == person);
        let pieces = person.map(matching::pieces).unwrap_or_default();
        let tokens = self.sealer.mention_tokens(&pieces)?;
        Ok(mentioned_under(self.store.as_ref(), &tokens, ALERTS_MAX).await?)
    }

    fn candidate(
        &self,
        alert: &Arc<AlertRecord>,
        person: u32,
        mailbox: &MailboxId,
    ) -> Option<Candidate> {
        let copies = chronology::copies(alert, mailbox);
        let copies: Vec<_> = copies.iter().map(|(copy, extent)| (copy.number, *extent)).collect();
        (!copies.is_empty()).then(|| Candidate { alert: Arc::clone(alert), person, copies })
    }

    /// The line of an alert: of the first copy that shows the person. None where none does, and where the mailbox has
    /// the alert that took the place of this one.
    async fn line(
        &self,
        candidate: Candidate,
        is_asked_from: bool,
    ) -> Result<Option<Line>, MailboxError> {
        let Candidate { alert, person, copies } = candidate;
        for (number, extent) in copies {
            let copy = match self.cut_copy(Arc::clone(&alert), number).await {
                Ok(copy) => copy,
                Err(MailboxError::Store(error)) if error.concerns_every_commit() => {
                    return Err(error.into());
                }
                Err(error) => {
                    tracing::info!(alert = %alert.id, reason = error.reason(), "a line has no content");
                    return Ok(gone(alert, number));
                }
            };
            if copy.superseded_by.is_some() && !is_asked_from {
                return Ok(None);
            }
            let place = copy.cut.subjects.iter().position(|shown| *shown == person);
            if let Some(place) = place {
                return Ok(Some(Line::Copied { copy: Box::new(copy), place, extent }));
            }
        }
        Ok(None)
    }

    fn chronicled(&self, candidate: &Candidate, mailbox: &MailboxId) -> Event {
        let Candidate { alert, person, copies } = candidate;
        let event = Event::new(self.env.ids(self.env.now()).event(), EventKind::RecordViewed);
        let mut event = event.about(alert.id, alert.episode);
        if let Some((number, extent)) = copies.first() {
            event = event.to(*number, mailbox);
            let delivery = alert.delivery(*number).filter(|_| *extent == Extent::Whole);
            if let Some(delivery) = delivery {
                let holds =
                    |path: &&str| views::may_see(alert.kind, delivery.letter, delivery.view, path);
                event.fields_viewed = SHOWN.iter().copied().filter(holds).map(Into::into).collect();
                event.view = Some(delivery.view);
                event.view_version = Some(views::VIEW_VERSION);
            }
        }
        let subject = usize::try_from(*person).ok().and_then(|place| alert.subjects.get(place));
        event.subjects.extend(subject);
        event.reason = Some("CHRONOLOGY".to_owned());
        event
    }

    async fn record_shown(&self, permit: &Permit, events: Vec<Event>) -> Result<(), MailboxError> {
        if events.is_empty() {
            return Ok(());
        }
        let commit = Commit::new(permit, self.env.now(), events, self.env.salt_seed())?;
        self.store.commit(commit).await?;
        Ok(())
    }
}

/// The line of an alert whose content cannot be opened; none where it is not known that the copy showed the person.
fn gone(alert: Arc<AlertRecord>, number: u32) -> Option<Line> {
    let delivery = alert.delivery(number).filter(|it| chronology::shows_everybody(it)).cloned()?;
    Some(Line::Gone { alert, delivery: Box::new(delivery) })
}
