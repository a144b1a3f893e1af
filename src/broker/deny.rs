//! Who must learn nothing of the persons of an alert (domain 5.7, 2): who is on the deny list for them from before, and
//! whom this alert puts on it, for every alert about them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::episode::{Loaded, put};
use super::identify::Identified;
use super::{Broker, Parts, SubmitError};
use crate::crypto::{SealError, Sealer};
use crate::denylist::{self, DenyError};
use crate::domain::Submission;
use crate::domain::alert::Conflicts;
use crate::domain::directory::Directory;
use crate::domain::{AlertId, AlertRecord, Event, MentionToken, Principal, Timestamp, UserId};
use crate::policy::staff::{self, Named};
use crate::policy::{Decision, access};
use crate::record::{kept_from, open_conflicts};
use crate::store::Expect;

/// Who is on the list for an alert that is being taken, and whom it puts on the list for others.
#[derive(Default)]
pub(super) struct Denials {
    /// For each of its persons, by place.
    own: BTreeMap<u32, Vec<UserId>>,
    /// Earlier alerts about the same persons, each with its marks from now on.
    pub(super) others: Vec<(Arc<AlertRecord>, Vec<MentionToken>)>,
    /// That they are all of them, and what was seen of its persons: what the commit rests on.
    pub(super) seen: Vec<Expect>,
    /// Whether somebody who must not know from now on has looked at one of those.
    has_looked: bool,
}

/// What is being taken.
pub(super) struct Taken<'a> {
    /// As it is decided on.
    pub(super) submission: &'a Submission,
    /// Who its persons are.
    pub(super) identified: &'a Identified,
    /// The directory, and the earlier alerts of its episode.
    pub(super) loaded: &'a Loaded,
}

impl Broker {
    /// Finds both, and adds to the decision what information governance is told of it.
    pub(super) async fn denials(
        &self,
        taken: Taken<'_>,
        decision: &mut Decision,
        now: Timestamp,
    ) -> Result<Denials, SubmitError> {
        let Taken { submission, identified, loaded: Loaded { directory, episode, .. } } = taken;
        let (sealer, conflicts) = (&self.parts.sealer, decision.conflicts.clone());
        let subjects = u32::try_from(submission.subjects.len()).unwrap_or(u32::MAX);
        let mut of_all = conflicts.users.clone();
        for earlier in episode {
            of_all.extend(denylist::denied(sealer, (earlier, None), directory)?);
        }
        let mut own: BTreeMap<u32, Vec<UserId>> = BTreeMap::new();
        if !of_all.is_empty() {
            own.extend((0..subjects).map(|person| (person, of_all.clone())));
        }
        // The list outlives what its sender took back.
        let (unspoken, silent) = &identified.silent;
        let links = identified.links.iter().chain(unspoken);
        let links = links.filter(|link| denylist::reaches(link));
        let links: Vec<_> = links.filter(|link| link.mention < subjects).collect();
        for link in &links {
            let mut known = identified.earlier.iter().chain(silent);
            let earlier = known.find(|it| it.record.id == link.other);
            let Some(earlier) = earlier else { continue };
            let person = (&*earlier.record, Some(link.other_mention));
            let users = denylist::denied(sealer, person, directory)?;
            if !users.is_empty() {
                own.entry(link.mention).or_default().extend(users);
            }
        }
        let seen = identified.seen.clone();
        let mut denials = Denials { own, seen, ..Denials::default() };
        if conflicts.users.is_empty() {
            return Ok(denials);
        }
        let named = links.iter().map(|link| (link.other, link.other_mention));
        let of_episode = episode.iter().flat_map(|earlier| denylist::subjects(earlier));
        let persons = named.chain(of_episode);
        let (about, seen) = denylist::about((&self.parts.store, sealer), persons).await?;
        denials.seen.extend(seen);
        for about in about {
            if let Some(marked) = about.denying(sealer, &conflicts.users)? {
                denials.has_looked |= staff::has_looked(&conflicts.users, [&about.record], now);
                denials.others.push((about.record, marked.denied));
            }
        }
        denials.tell(decision, (directory, now));
        Ok(denials)
    }

    /// From whoever the alert is kept, the earlier alerts of its episode are kept from now on; what to record of it. One
    /// whose key is gone has nothing to hand out any more.
    pub(super) fn kept_from_now_on(
        &self,
        changed: &mut Vec<AlertRecord>,
        record: &AlertRecord,
        loaded: &Loaded,
        (stated, now): (&Conflicts, Timestamp),
    ) -> Result<Vec<Event>, SubmitError> {
        let Parts { sealer, clocks, env, .. } = &self.parts;
        let mut events = Vec::new();
        if stated.are_none() {
            return Ok(events);
        }
        for earlier in loaded.episode.iter().filter(|it| it.episode == record.episode) {
            let before = match open_conflicts(sealer, earlier) {
                Err(SealError::Shredded) => continue,
                before => before.map_err(SubmitError::Conflicts)?,
            };
            let stands = changed.iter().find(|it| it.id == earlier.id).unwrap_or(earlier);
            let with = (&*loaded.directory, clocks, now);
            let kept = staff::kept_from_now_on((stands, &before), stated, with);
            let Some(Named { record, conflicts, events: said }) = kept else { continue };
            let record = match kept_from(sealer, record, &conflicts) {
                Err(SealError::Shredded) => continue,
                record => record.map_err(SubmitError::Conflicts)?,
            };
            events.extend(said.into_iter().map(|mut event| {
                event.id = env.ids(now).event();
                event
            }));
            put(changed, record);
        }
        Ok(events)
    }

    /// Whether somebody of these alerts must not be known to the caller: for whoever is on the list none of them is there. One
    /// token is made where there is none (domain 5.7, 2).
    pub(super) fn is_denied(
        &self,
        principal: &Principal,
        (named, alerts): (AlertId, &[Arc<AlertRecord>]),
    ) -> Result<bool, SubmitError> {
        let user = principal.person().map(|person| &person.user);
        let mut is_denied = denylist::denies(&self.parts.sealer, (named, None), user)?;
        for alert in alerts {
            is_denied |= denylist::denies(&self.parts.sealer, (alert.id, Some(alert)), user)?;
        }
        Ok(is_denied)
    }

    /// The alert if it is the caller's agency's and the caller may see it; else it is like none. The same is done for one
    /// that is kept and one that is not there.
    pub(super) fn shown_to(
        &self,
        principal: &Principal,
        (alert, found): (AlertId, Option<Arc<AlertRecord>>),
    ) -> Result<Option<Arc<AlertRecord>>, SubmitError> {
        let user = principal.person().map(|person| &person.user);
        let is_kept = denylist::denies(&self.parts.sealer, (alert, found.as_deref()), user)?;
        let is_own = |alert: &Arc<AlertRecord>| {
            Some(&alert.sender) == principal.agency() && access::may_see_sent(principal, alert)
        };
        Ok(found.filter(is_own).filter(|_| !is_kept))
    }
}

impl Denials {
    /// Tells information governance, once an alert, where somebody has looked who must not know (domain 5.7, 3).
    fn tell(&self, decision: &mut Decision, (directory, now): (&Directory, Timestamp)) {
        let is_told = |event: &Event| event.reason.as_deref() == Some(staff::CONFLICT_LOOK_BACK);
        if !self.has_looked || decision.events.iter().any(is_told) {
            return;
        }
        let number = u32::try_from(decision.deliveries.len()).unwrap_or(u32::MAX);
        let (tasks, events) = staff::look_back_task(number, &decision.conflicts, (directory, now));
        decision.deliveries.extend(tasks);
        decision.events.extend(events);
    }

    /// The alert that is being taken, with its marks.
    pub(super) fn marked(
        &self,
        mut record: AlertRecord,
        sealer: &Sealer,
    ) -> Result<AlertRecord, SubmitError> {
        for (person, users) in &self.own {
            denylist::deny(sealer, &mut record, (&[*person], users))?;
        }
        Ok(record)
    }
}

impl From<DenyError> for SubmitError {
    fn from(error: DenyError) -> Self {
        match error {
            DenyError::Store(source) => source.into(),
            DenyError::Seal(source) => source.into(),
        }
    }
}
