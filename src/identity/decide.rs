//! Links by hand, and the register.

use std::sync::Arc;

use super::{ATTEMPTS_MAX, Identity, IdentityError, reference};
use crate::denylist;
use crate::domain::identity::{Flag, Link, LinkState, MentionedPerson, StewardBasis};
use crate::domain::{
    AgencyCode, AlertId, AlertRecord, Event, EventKind, Principal, Timestamp, UserId,
};
use crate::policy::access::{self, Action, Permit};
use crate::policy::matching::{self, Decided, Entry, Hand, Mentioned};
use crate::record::open_mentions;
use crate::repeats::{Changes, LATER_MAX};
use crate::store::{Commit, Expect, StoreError, Write, mentioned_under};

/// A person of an alert.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mention {
    /// The alert.
    pub alert: AlertId,
    /// The place among its subjects, from 0; the alleged perpetrator of domestic abuse stands after them.
    pub person: u32,
}

/// Two mentions, in whichever order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Between {
    /// One.
    pub one: Mention,
    /// The other.
    pub other: Mention,
}

/// What a steward says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Asked {
    /// Of whom.
    pub between: Between,
    /// What.
    pub hand: Hand,
    /// On what it rests.
    pub basis: StewardBasis,
}

/// An entry of the register to be set or lifted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Registered {
    /// Of whom.
    pub mention: Mention,
    /// What it says.
    pub flag: Flag,
    /// Set or lifted.
    pub entry: Entry,
}

/// A mention as it is kept.
struct Opened {
    record: Arc<AlertRecord>,
    person: MentionedPerson,
}

impl Opened {
    fn mentioned(&self) -> Mentioned<'_> {
        Mentioned { record: &self.record, person: &self.person }
    }
}

impl Identity {
    /// Records what a steward says of two mentions; where the claim stands then. May be repeated.
    ///
    /// # Errors
    /// Denied, an alert or person that is not there, or a rule of identity that forbids it (each recorded).
    pub async fn decide(
        &self,
        principal: &Principal,
        asked: &Asked,
    ) -> Result<LinkState, IdentityError> {
        for _attempt in 0..ATTEMPTS_MAX {
            let leave = access::permit(principal, Action::DecideMatch, principal.agency());
            let permit = self.permitted(principal, leave).await?;
            match self.decide_once(&permit, asked).await {
                Err(IdentityError::Store(StoreError::Conflict)) => {}
                done => return self.told(principal, done).await,
            }
        }
        Err(IdentityError::Busy)
    }

    async fn decide_once(
        &self,
        permit: &Permit,
        asked: &Asked,
    ) -> Result<LinkState, IdentityError> {
        let Between { one, other } = asked.between;
        let by = permit.actor().user.as_ref();
        let (one, other) = (self.opened(one, by).await?, self.opened(other, by).await?);
        // By when they were taken: ids of one millisecond are in no order.
        let is_newer = one.record.submitted > other.record.submitted;
        let (newer, older) = if is_newer { (one, other) } else { (other, one) };
        let by = permit.actor().user.clone().ok_or(IdentityError::NotFound)?;
        let now = self.parts.env.now();
        let (new, old) = (newer.mentioned(), older.mentioned());
        let decided = matching::decide_by_hand(new, old, asked.hand, (&by, now))?;
        let link = match decided {
            Decided::AsItWas(link) => return Ok(link.state),
            Decided::Changed(link) => link,
        };
        let state = link.state;
        let said = self.said(&link, (&newer.record, &older.record), asked.basis);
        let record = matching::with_link(&newer.record, link);
        let mut changes = Changes::default();
        changes.events.push(said);
        changes.events.extend(self.settled(&newer.record, &record));
        changes.records.push(record);
        self.worked_in(&[newer.record.id], now, &mut changes).await?;
        if state.is_confirmed() {
            let persons =
                [(&*newer.record, newer.person.index), (&*older.record, older.person.index)];
            self.spread_list(&mut changes, persons, now).await?;
        }
        let (alert, version) = (older.record.id, older.record.version);
        changes.expects.push(Expect::AlertVersion { alert, version });
        self.put(permit, now, changes).await?;
        Ok(state)
    }

    /// A mention; of an alert that is kept from who asks, none.
    async fn opened(&self, mention: Mention, by: Option<&UserId>) -> Result<Opened, IdentityError> {
        let found = self.parts.store.alert(mention.alert).await?;
        let is_kept = denylist::denies(&self.parts.sealer, (mention.alert, found.as_deref()), by)?;
        let record = found.filter(|_| !is_kept).ok_or(IdentityError::NotFound)?;
        let mentions = open_mentions(&self.parts.sealer, &record)?;
        let mut people = mentions.people.into_iter();
        let person = people.find(|person| person.index == mention.person);
        Ok(Opened { person: person.ok_or(IdentityError::NotFound)?, record })
    }

    fn said(
        &self,
        link: &Link,
        (record, other): (&AlertRecord, &AlertRecord),
        basis: StewardBasis,
    ) -> Event {
        let kind = match link.state {
            LinkState::Automatic | LinkState::Confirmed => EventKind::SubjectLinked,
            LinkState::Proposed
            | LinkState::Candidate
            | LinkState::Conflict
            | LinkState::Rejected
            | LinkState::Unlinked => EventKind::SubjectUnlinked,
        };
        let mut event = Event::new(self.parts.env.ids(self.parts.env.now()).event(), kind)
            .about(record.id, record.episode)
            .by_rules(&[link.rule]);
        event.reason = Some(basis.as_str().to_owned());
        let both = [reference(record, link.mention), reference(other, link.other_mention)];
        event.subjects.extend(both.into_iter().flatten());
        event
    }

    /// The stewards' task is done with the last claim that waited.
    fn settled(&self, before: &AlertRecord, after: &AlertRecord) -> Option<Event> {
        let waits = |record: &AlertRecord| record.links.iter().any(Link::waits);
        let stewards = matching::steward(&self.parts.store.directory())?;
        let task = matching::task_of(after, &stewards)?;
        if !waits(before) || waits(after) {
            return None;
        }
        let event =
            Event::new(self.parts.env.ids(self.parts.env.now()).event(), EventKind::TaskDone);
        let mut event = event.about(after.id, after.episode).to(task.number, &stewards);
        event.reason = Some("MATCH".to_owned());
        Some(event)
    }

    /// Sets or lifts an entry of the protected-subject register, about a person of an alert that the caller's agency
    /// sent or was handed. May be repeated.
    ///
    /// # Errors
    /// Denied, or an alert or person that is not there for the caller (recorded).
    pub async fn flag(
        &self,
        principal: &Principal,
        asked: &Registered,
    ) -> Result<(), IdentityError> {
        for _attempt in 0..ATTEMPTS_MAX {
            let directory = self.parts.store.directory();
            let leave = access::permit_to_flag(principal, &directory);
            let permit = self.permitted(principal, leave).await?;
            match self.flag_once(&permit, asked).await {
                Err(IdentityError::Store(StoreError::Conflict)) => {}
                done => return self.told(principal, done).await,
            }
        }
        Err(IdentityError::Busy)
    }

    async fn flag_once(&self, permit: &Permit, asked: &Registered) -> Result<(), IdentityError> {
        let Registered { mention, flag, entry } = *asked;
        let found = self.parts.store.alert(mention.alert).await?;
        let user = permit.actor().user.as_ref();
        let kept = denylist::denies(&self.parts.sealer, (mention.alert, found.as_deref()), user)?;
        let knows =
            |record: &Arc<AlertRecord>| !kept && permit.agency().is_some_and(|it| has(record, it));
        let record = found.filter(knows).ok_or(IdentityError::NotFound)?;
        // Who is no subject is in no list that the caller sees.
        let subject = reference(&record, mention.person).ok_or(IdentityError::NotFound)?;
        let by = permit.actor().user.clone().ok_or(IdentityError::NotFound)?;
        let now = self.parts.env.now();
        let next = matching::flagged(&record, (mention.person, flag), entry, (&by, now));
        let Some(next) = next else { return Ok(()) };
        let ids = self.parts.env.ids(now);
        let mut event = Event::new(ids.event(), EventKind::SubjectFlagged);
        event = event.about(record.id, record.episode);
        event.subjects.push(subject);
        event.reason = Some(format!("{flag}_{entry}"));
        let mut changed = vec![next];
        if (flag, entry) == (Flag::Protected, Entry::Set) {
            changed.extend(self.later_without(&record, mention, (&by, now)).await?);
        }
        let parted = changed.iter().flat_map(|after| self.parted(after, now));
        let events: Vec<Event> = std::iter::once(event).chain(parted).collect();
        let parted: Vec<AlertId> = changed.iter().map(|it| it.id).collect();
        let mut changes = Changes { records: changed, events, ..Changes::default() };
        self.worked_in(&parted, now, &mut changes).await?;
        self.put(permit, now, changes).await
    }

    /// Later alerts without their links to the person.
    async fn later_without(
        &self,
        record: &AlertRecord,
        mention: Mention,
        by: (&UserId, Timestamp),
    ) -> Result<Vec<AlertRecord>, IdentityError> {
        let mentions = open_mentions(&self.parts.sealer, record)?;
        let person = mentions.people.iter().find(|person| person.index == mention.person);
        let pieces = person.map(matching::pieces).unwrap_or_default();
        let tokens = self.parts.sealer.mention_tokens(&pieces)?;
        let later = mentioned_under(self.parts.store.as_ref(), &tokens, LATER_MAX).await?;
        let mut parted = Vec::new();
        for alert in later.into_iter().filter(|alert| *alert != record.id) {
            let Some(found) = self.parts.store.alert(alert).await? else { continue };
            parted.extend(matching::apart_from(&found, (record.id, mention.person), by));
        }
        Ok(parted)
    }

    /// What is recorded of the claims that ended now.
    fn parted(&self, after: &AlertRecord, now: Timestamp) -> Vec<Event> {
        let ended = |link: &&Link| link.state == LinkState::Unlinked && link.at == now;
        let event = |link: &Link| {
            let ids = self.parts.env.ids(now);
            let event = Event::new(ids.event(), EventKind::SubjectUnlinked);
            let mut event = event.about(after.id, after.episode).by_rules(&[link.rule]);
            event.reason = Some("PROTECTED".to_owned());
            event.subjects.extend(reference(after, link.mention));
            event
        };
        after.links.iter().filter(ended).map(event).collect()
    }

    /// Commits changed alerts, each at its next version; what was only looked at must not have changed either.
    pub(super) async fn put(
        &self,
        permit: &Permit,
        now: Timestamp,
        changes: Changes,
    ) -> Result<(), IdentityError> {
        let told = changes.told(now);
        let Changes { records, events, mut expects, .. } = changes;
        let mut writes = Vec::with_capacity(records.len());
        for mut record in records {
            expects.push(Expect::AlertVersion { alert: record.id, version: record.version });
            record.version = record.version.saturating_add(1);
            writes.push(Write::Alert(Box::new(record)));
        }
        let commit = Commit::new(permit, now, events, self.parts.env.salt_seed())?
            .writing(writes)?
            .expecting(expects);
        self.parts.store.commit(commit).await?;
        told.iter().for_each(|mailbox| self.parts.wake.notify(mailbox));
        if !told.is_empty() {
            self.parts.wake.notify_driver();
        }
        Ok(())
    }
}

/// Whether the agency sent the alert or was handed it.
fn has(record: &AlertRecord, agency: &AgencyCode) -> bool {
    let was_handed = record.deliveries.iter().any(|delivery| {
        delivery.sequence.is_some() && delivery.mailbox.agency_code() == agency.as_str()
    });
    record.sender == *agency || was_handed
}
