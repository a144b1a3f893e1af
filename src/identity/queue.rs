//! The stewards' queue: what waits for them, with the two persons side by side.
//!
//! Who is shown to whom is recorded before it leaves. A steward sees names, date of birth, sex and NHS number (domain
//! 3.4), and what speaks for the claim: neither an address nor what happened.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Identity, IdentityError, reference};
use crate::denylist;
use crate::domain::identity::{Link, MentionedPerson, Mentions};
use crate::domain::{
    AlertId, AlertRecord, Delivery, DeliveryId, Event, EventKind, MailboxId, Principal, UserId,
};
use crate::policy::access::{self, Action, Permit};
use crate::policy::matching;
use crate::record::open_mentions;
use crate::store::Commit;

/// Tasks in one page, at most.
pub const PAGE_MAX: usize = 50;

/// Tasks read for a page, at most: those that were done before take room too.
const READ_MAX: usize = 256;

/// Tasks that nobody has received yet are looked through up to here, most urgent first.
const WAITING_MAX: usize = 2_048;

/// The paths of what a steward is shown.
const SHOWN: [&str; 6] =
    ["family_name", "given_names", "also_known_as", "dob", "sex", "nhs_number"];

/// One alert with claims that wait.
#[derive(Clone, Debug)]
pub struct Task {
    /// The alert whose persons are claimed to be known.
    pub alert: Arc<AlertRecord>,
    /// The task in the stewards' inbox.
    pub delivery: Delivery,
    /// The claims about them, those that are mere candidates too.
    pub claims: Vec<Claim>,
}

/// Two mentions side by side.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The claim.
    pub link: Link,
    /// The person of this alert.
    pub own: Person,
    /// The person of the earlier alert.
    pub other: Person,
}

/// Who a person is, as far as a steward may see it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Person {
    /// As kept. Its `Debug` shows nothing.
    Known(Box<MentionedPerson>),
    /// Gone with the alert, or not to be opened.
    Gone,
}

/// One page of the queue.
#[derive(Clone, Debug)]
pub struct Page {
    /// The tasks.
    pub tasks: Vec<Task>,
    /// Where the next page starts; none at the end.
    pub next: Option<u64>,
}

/// A task before anybody is shown who it is about.
struct Found {
    alert: Arc<AlertRecord>,
    delivery: Delivery,
}

impl Identity {
    /// Up to `limit` (at most [`PAGE_MAX`]) alerts with claims that wait for a steward: those handed out to the
    /// stewards' inbox under numbers above `after`, then those that nobody has received yet. The showing is recorded
    /// before it is returned.
    ///
    /// # Errors
    /// Denied (recorded), or the store.
    pub async fn tasks(
        &self,
        principal: &Principal,
        (after, limit): (u64, usize),
    ) -> Result<Page, IdentityError> {
        let leave = access::permit(principal, Action::ReadMatches, principal.agency());
        let permit = self.permitted(principal, leave).await?;
        let Some(stewards) = matching::steward(&self.parts.store.directory()) else {
            return Ok(Page { tasks: Vec::new(), next: None });
        };
        let limit = limit.clamp(1, PAGE_MAX);
        let by = permit.actor().user.clone();
        let (mut found, next) = self.handed_out(&stewards, (after, limit), by.as_ref()).await?;
        if next.is_none() {
            let waiting = self.parts.store.waiting(&stewards, WAITING_MAX).await?;
            for id in waiting {
                if found.len() >= limit {
                    break;
                }
                found.extend(self.task(id, &stewards, by.as_ref()).await?);
            }
        }
        self.shown(&permit, found).await.map(|tasks| Page { tasks, next })
    }

    async fn handed_out(
        &self,
        stewards: &MailboxId,
        (after, limit): (u64, usize),
        by: Option<&UserId>,
    ) -> Result<(Vec<Found>, Option<u64>), IdentityError> {
        let page = self.parts.store.handed_out(stewards, after, READ_MAX).await?;
        let (read, mut through, mut found) = (page.len(), after, Vec::new());
        for (sequence, id) in page {
            if found.len() >= limit {
                return Ok((found, Some(through)));
            }
            found.extend(self.task(id, stewards, by).await?);
            through = sequence;
        }
        Ok((found, (read >= READ_MAX).then_some(through)))
    }

    /// The task, where a claim of its alert still waits. One whose alert cannot be read hides no other.
    async fn task(
        &self,
        id: DeliveryId,
        stewards: &MailboxId,
        by: Option<&UserId>,
    ) -> Result<Option<Found>, IdentityError> {
        let alert = match self.parts.store.alert(id.alert).await {
            Ok(alert) => alert,
            Err(error) if error.concerns_every_commit() => return Err(error.into()),
            Err(error) => {
                tracing::warn!(delivery = %id, reason = error.reason(), "a task cannot be read");
                None
            }
        };
        // What was corrected speaks through its correction alone.
        let waits = |alert: &Arc<AlertRecord>| {
            alert.after.superseded_by.is_none() && alert.links.iter().any(Link::waits)
        };
        let alert = alert.filter(waits);
        if self.is_kept(alert.as_deref(), by).await? {
            return Ok(None);
        }
        Ok(alert.and_then(|alert| {
            let delivery = matching::task_of(&alert, stewards)?;
            let delivery = (delivery.number == id.number).then(|| delivery.clone())?;
            Some(Found { alert, delivery })
        }))
    }

    /// Whether the alert, or one that its claims name, is kept from the steward: then the task is none of this one's.
    async fn is_kept(
        &self,
        alert: Option<&AlertRecord>,
        by: Option<&UserId>,
    ) -> Result<bool, IdentityError> {
        let Some(alert) = alert else { return Ok(false) };
        let sealer = &self.parts.sealer;
        let mut is_kept = denylist::denies(sealer, (alert.id, Some(alert)), by)?;
        for link in &alert.links {
            let other = self.parts.store.alert(link.other).await.ok().flatten();
            is_kept |= denylist::denies(sealer, (link.other, other.as_deref()), by)?;
        }
        Ok(is_kept)
    }

    /// Records who is about to be shown, and opens it.
    async fn shown(&self, permit: &Permit, found: Vec<Found>) -> Result<Vec<Task>, IdentityError> {
        let mut earlier: BTreeSet<AlertId> = BTreeSet::new();
        for task in &found {
            earlier.extend(task.alert.links.iter().map(|link| link.other));
        }
        let mut others = Vec::with_capacity(earlier.len());
        for alert in earlier {
            // One that cannot be read is shown as gone.
            others.extend(self.parts.store.alert(alert).await.ok().flatten());
        }
        let others: Vec<_> = others.into_iter().map(|other| self.with_mentions(other)).collect();
        let events: Vec<Event> = found.iter().map(|task| self.viewed(task, &others)).collect();
        if !events.is_empty() {
            let (now, seed) = (self.parts.env.now(), self.parts.env.salt_seed());
            self.parts.store.commit(Commit::new(permit, now, events, seed)?).await?;
        }
        let tasks = found.into_iter().map(|Found { alert, delivery }| {
            let (alert, mentions) = self.with_mentions(alert);
            let claims = claims(&alert, &mentions, &others);
            Task { alert, delivery, claims }
        });
        Ok(tasks.collect())
    }

    fn viewed(&self, task: &Found, others: &[(Arc<AlertRecord>, Mentions)]) -> Event {
        let id = self.parts.env.ids(self.parts.env.now()).event();
        let event = Event::new(id, EventKind::RecordViewed);
        let mut event = event.about(task.alert.id, task.alert.episode);
        event.reason = Some("MATCHES".to_owned());
        // With a child that is matched by its mother she is shown, who may be of the household.
        let has_mothers = task.alert.links.iter().any(Link::is_by_mother);
        let lists = ["subjects", "household"].into_iter().take(if has_mothers { 2 } else { 1 });
        let fields = |list| SHOWN.map(|field| format!("alert.envelope.{list}[].{field}"));
        event.fields_viewed = lists.flat_map(fields).collect();
        event.subjects.clone_from(&task.alert.subjects);
        for link in &task.alert.links {
            let Some((other, mentions)) = others.iter().find(|(it, _)| it.id == link.other) else {
                continue;
            };
            let mut people = mentions.people.iter();
            let person = people.find(|it| link.is_by_mother() && it.index == link.other_mention);
            let mother = person.and_then(|person| person.mother.as_ref());
            let shown = std::iter::once(link.other_mention).chain(mother.map(|it| it.index));
            event.subjects.extend(shown.filter_map(|it| reference(other, it)));
        }
        event.subjects.sort_unstable();
        event.subjects.dedup();
        event
    }

    /// Nobody where it does not open: the claim is shown without the person.
    fn with_mentions(&self, record: Arc<AlertRecord>) -> (Arc<AlertRecord>, Mentions) {
        let mentions = open_mentions(&self.parts.sealer, &record).unwrap_or_default();
        (record, mentions)
    }
}

/// The claims of an alert with both persons; none about a person of a protected identity (I1).
fn claims(
    alert: &AlertRecord,
    mentions: &Mentions,
    others: &[(Arc<AlertRecord>, Mentions)],
) -> Vec<Claim> {
    let of = |mentions: &Mentions, index: u32| {
        let person = mentions.people.iter().find(|person| person.index == index).cloned();
        person.map_or(Person::Gone, |person| Person::Known(Box::new(person)))
    };
    let is_protected = |record: &AlertRecord, person: &Person| match person {
        Person::Known(person) => matching::is_protected(record, person),
        Person::Gone => false,
    };
    let claim = |link: &Link| {
        let own = of(mentions, link.mention);
        let other = others.iter().find(|(other, _)| other.id == link.other);
        let (other, hidden) = match other {
            None => (Person::Gone, false),
            Some((record, mentions)) => {
                let person = of(mentions, link.other_mention);
                let hidden = is_protected(record, &person);
                (person, hidden)
            }
        };
        let hidden = hidden || is_protected(alert, &own);
        (!hidden).then(|| Claim { link: link.clone(), own, other })
    };
    alert.links.iter().filter_map(claim).collect()
}
