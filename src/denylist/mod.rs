//! The deny list (domain 5.7, 2): who must not learn anything about a person, whatever alert it stands in.
//!
//! Owns the marks by which an alert's record says so, and the way from one alert to the others about the same persons: by
//! claims that are confirmed, or that wait for a steward and are strong. A mark is a token over the alert and the user that only the hub can
//! make: records and files tell nobody who is on the list, and whether somebody is costs the same for an alert that says
//! so, one that does not, and one that is not there. Nobody comes off the list: a claim that is undone takes no mark away.
//!
//! Does not decide who must not know (see [`crate::policy`]), nor what a caller is told then: the services say what they
//! say of something that does not exist.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use crate::crypto::{SealError, Sealer};
use crate::domain::directory::Directory;
use crate::domain::identity::{Link, LinkState};
use crate::domain::{AlertId, AlertRecord, MentionToken, UserId};
use crate::policy::matching;
use crate::record::{open_conflicts, open_mentions};
use crate::store::{Expect, Store, StoreError};

/// Persons of alerts that are followed from one alert to the others, at most.
const MENTIONS_MAX: usize = 512;

/// Later alerts looked at under one token of a person, newest first.
const LATER_MAX: usize = 256;

/// A person of an alert: the alert, and the place among its subjects, from 0.
pub type Mention = (AlertId, u32);

/// Why it cannot be told who is on the list.
#[derive(Debug, thiserror::Error)]
pub enum DenyError {
    /// The store could not.
    #[error("the store could not")]
    Store(#[from] StoreError),
    /// No token could be made.
    #[error("no token could be made")]
    Seal(#[from] SealError),
}

/// Whether `user` must learn nothing of the alert. One token is made whatever the answer is, also of an alert that is not
/// there; nobody is asked where no person calls.
///
/// # Errors
/// Never for a master key that is there; the derivation is fallible in its library.
pub fn denies(
    sealer: &Sealer,
    (alert, record): (AlertId, Option<&AlertRecord>),
    user: Option<&UserId>,
) -> Result<bool, SealError> {
    let Some(user) = user else { return Ok(false) };
    let token = token(sealer, &whole(alert, user))?;
    let nobody: &[MentionToken] = &[];
    let denied = record.map_or(nobody, |record| &record.denied);
    // All are looked at, in whatever place it stands.
    Ok(denied.iter().fold(false, |found, known| found | (Some(*known) == token)))
}

/// Puts these users on the list for these persons of the alert.
///
/// # Errors
/// As [`denies`].
pub fn deny(
    sealer: &Sealer,
    record: &mut AlertRecord,
    (persons, users): (&[u32], &[UserId]),
) -> Result<(), SealError> {
    let mut pieces = Vec::new();
    for user in users {
        pieces.push(("denied", whole(record.id, user)));
        pieces.extend(persons.iter().map(|person| ("denied", of(record.id, *person, user))));
    }
    record.denied.extend(sealer.mention_tokens(&pieces)?);
    record.denied.sort_unstable();
    record.denied.dedup();
    Ok(())
}

/// Who is on the list for the alert, or for one of its persons, ascending. Only whom the directory holds can be told.
///
/// # Errors
/// As [`denies`].
pub fn denied(
    sealer: &Sealer,
    (record, person): (&AlertRecord, Option<u32>),
    directory: &Directory,
) -> Result<Vec<UserId>, SealError> {
    let mut found = Vec::new();
    if record.denied.is_empty() {
        return Ok(found);
    }
    for user in directory.agencies.values().flat_map(|agency| agency.users.keys()) {
        let piece = match person {
            Some(person) => of(record.id, person, user),
            None => whole(record.id, user),
        };
        if token(sealer, &piece)?.is_some_and(|token| record.denied.contains(&token)) {
            found.push(user.clone());
        }
    }
    found.sort();
    Ok(found)
}

/// Who must learn nothing of one person of the alert: who is on the list for it, and from whom the alert itself is kept.
///
/// # Errors
/// As [`denies`].
pub fn kept_from(
    sealer: &Sealer,
    (record, person): (&AlertRecord, u32),
    directory: &Directory,
) -> Result<Vec<UserId>, SealError> {
    let mut users = denied(sealer, (record, Some(person)), directory)?;
    // Gone with the alert's key: the marks are what is left.
    users.extend(open_conflicts(sealer, record).unwrap_or_default().users);
    users.sort();
    users.dedup();
    Ok(users)
}

fn whole(alert: AlertId, user: &UserId) -> String {
    format!("{alert}/{user}")
}

fn of(alert: AlertId, person: u32, user: &UserId) -> String {
    format!("{alert}/{person}/{user}")
}

fn token(sealer: &Sealer, piece: &str) -> Result<Option<MentionToken>, SealError> {
    let made = sealer.mention_tokens(&[("denied", piece.to_owned())])?;
    Ok(made.first().copied())
}

/// Whether a claim makes two mentions one person as far as the list goes.
#[must_use]
pub const fn reaches(link: &Link) -> bool {
    match link.state {
        LinkState::Automatic | LinkState::Confirmed | LinkState::Proposed => true,
        LinkState::Candidate | LinkState::Conflict | LinkState::Rejected | LinkState::Unlinked => {
            false
        }
    }
}

/// An alert that is about some of the persons, and which of its own they are.
#[derive(Clone, Debug)]
pub struct About {
    /// The alert.
    pub record: Arc<AlertRecord>,
    /// Its persons, ascending, each once.
    pub persons: Vec<u32>,
}

impl About {
    /// The record with these users on the list; none where they were.
    ///
    /// # Errors
    /// As [`denies`].
    pub fn denying(
        &self,
        sealer: &Sealer,
        users: &[UserId],
    ) -> Result<Option<AlertRecord>, SealError> {
        let mut record = self.record.as_ref().clone();
        deny(sealer, &mut record, (&self.persons, users))?;
        Ok((record.denied != self.record.denied).then_some(record))
    }
}

/// The subjects of an alert, as mentions.
pub fn subjects(record: &AlertRecord) -> impl Iterator<Item = Mention> {
    let count = u32::try_from(record.subjects.len()).unwrap_or(u32::MAX);
    (0..count).map(|person| (record.id, person))
}

/// The alerts about these persons, those they are named in among them, oldest first; followed from claim to claim in both
/// directions, as far as `MENTIONS_MAX` of them. One that cannot be read hides no other. Beside them, what the commit that
/// marks them rests on: that nobody else is mentioned so by then, who would go without the mark.
///
/// # Errors
/// The store, where it can read nothing at all.
pub async fn about(
    (store, sealer): (&Arc<dyn Store>, &Sealer),
    persons: impl IntoIterator<Item = Mention>,
) -> Result<(Vec<About>, Vec<Expect>), DenyError> {
    let mut search = Search { store, sealer, known: BTreeMap::new(), seen: Vec::new() };
    let mut open: VecDeque<Mention> = persons.into_iter().collect();
    let mut seen: BTreeSet<Mention> = open.iter().copied().collect();
    while let Some((alert, person)) = open.pop_front() {
        let Some(record) = search.record(alert).await? else { continue };
        let mut next = earlier(&record, person);
        next.extend(search.later(&record, person).await?);
        for mention in next {
            if seen.len() < MENTIONS_MAX && seen.insert(mention) {
                open.push_back(mention);
            }
        }
    }
    let mut found: Vec<About> = Vec::new();
    for (alert, person) in seen {
        match found.last_mut().filter(|about| about.record.id == alert) {
            Some(about) => about.persons.push(person),
            None => {
                let record = search.record(alert).await?;
                found.extend(record.map(|record| About { record, persons: vec![person] }));
            }
        }
    }
    Ok((found, search.seen))
}

/// Who the person is in earlier alerts.
fn earlier(record: &AlertRecord, person: u32) -> Vec<Mention> {
    let links = record.links.iter().filter(|link| link.mention == person && reaches(link));
    links.map(|link| (link.other, link.other_mention)).collect()
}

/// Records that were read, so that each is read once.
struct Search<'a> {
    store: &'a Arc<dyn Store>,
    sealer: &'a Sealer,
    known: BTreeMap<AlertId, Option<Arc<AlertRecord>>>,
    /// Under which tokens was looked, and what was found.
    seen: Vec<Expect>,
}

impl Search<'_> {
    async fn record(&mut self, alert: AlertId) -> Result<Option<Arc<AlertRecord>>, StoreError> {
        if let Some(known) = self.known.get(&alert) {
            return Ok(known.clone());
        }
        let record = match self.store.alert(alert).await {
            Ok(record) => record,
            Err(error) if error.concerns_every_commit() => return Err(error),
            Err(error) => {
                tracing::warn!(%alert, reason = error.reason(), "an alert cannot be read");
                None
            }
        };
        self.known.insert(alert, record.clone());
        Ok(record)
    }

    /// Who the person is in later alerts. Nobody once the content is gone: then only the alert's own claims speak.
    async fn later(
        &mut self,
        record: &AlertRecord,
        person: u32,
    ) -> Result<Vec<Mention>, DenyError> {
        let mentions = open_mentions(self.sealer, record).unwrap_or_default();
        let known = mentions.people.iter().find(|known| known.index == person);
        let pieces = known.map(matching::pieces).unwrap_or_default();
        let tokens = self.sealer.mention_tokens(&pieces)?;
        let mut alerts = BTreeSet::new();
        for token in tokens {
            let limit = LATER_MAX;
            let under = self.store.mentioned(token, limit).await?;
            alerts.extend(under.iter().copied());
            // A full list is no one person's.
            let seen = Expect::Mentioned { token, alerts: under, limit };
            if alerts.len() < limit && !self.seen.contains(&seen) {
                self.seen.push(seen);
            }
        }
        let mut found = Vec::new();
        for alert in alerts {
            let Some(later) = self.record(alert).await? else { continue };
            let is_it = |link: &&Link| {
                (link.other, link.other_mention) == (record.id, person) && reaches(link)
            };
            let links = later.links.iter().filter(is_it);
            found.extend(links.map(|link| (later.id, link.mention)));
        }
        Ok(found)
    }
}
