//! Saying who of an agency a person of concern is (domain 5.7, 0): its lead's word, on the task that asked for it.
//!
//! It holds for every alert of the episode that asks. Who it is is sealed with what the alert is kept from; the log says
//! that it was said, by whom and when.

use std::sync::Arc;

use super::{ATTEMPTS_MAX, MailboxError, Mailboxes};
use crate::denylist;
use crate::domain::alert::Conflicts;
use crate::domain::{
    AgencyCode, AlertRecord, DeliveryId, Event, MailboxId, Principal, Timestamp, UserId,
};
use crate::policy::access::{Action, Permit};
use crate::policy::staff::{self, Named, Naming};
use crate::record::{kept_from, open_conflicts};
use crate::store::{Expect, StoreError, episode_of};

/// Who it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StaffUser {
    /// These users of the agency, at least one, ascending.
    Users(Vec<UserId>),
    /// None of the agency's users: whoever it is does not use the hub.
    NotAHubUser,
}

impl StaffUser {
    fn users(&self) -> &[UserId] {
        match self {
            Self::Users(users) => users,
            Self::NotAHubUser => &[],
        }
    }
}

impl Mailboxes {
    /// Records who of the agency it is; when that was said. The same word again changes nothing.
    ///
    /// # Errors
    /// Denied, or a delivery that asks nobody here (recorded); a person who is not the agency's, another word than before,
    /// or the store.
    pub async fn name_staff(
        &self,
        principal: &Principal,
        (mailbox, delivery): (&MailboxId, DeliveryId),
        who: &StaffUser,
    ) -> Result<Timestamp, MailboxError> {
        for _attempt in 0..ATTEMPTS_MAX {
            let permit = self.permit(principal, Action::NameStaff, mailbox).await?;
            match self.name_staff_once(&permit, (mailbox, delivery), who).await {
                Err(MailboxError::Store(StoreError::Conflict)) => {}
                done => return self.told(principal, done).await,
            }
        }
        Err(MailboxError::Busy)
    }

    async fn name_staff_once(
        &self,
        permit: &Permit,
        (mailbox, id): (&MailboxId, DeliveryId),
        who: &StaffUser,
    ) -> Result<Timestamp, MailboxError> {
        let (record, question) = self.handed_out(permit, mailbox, id).await?;
        if !staff::is_question(&question) {
            return Err(MailboxError::NotFound);
        }
        let (directory, now) = (self.store.directory(), self.env.now());
        let conflicts = open_conflicts(&self.sealer, &record)?;
        if let Some(closed) = question.closed.filter(|_| is_said(&conflicts, who)) {
            return Ok(closed.at);
        }
        let asked = staff::asked_of(mailbox, &conflicts, (&directory, now));
        let holds = |agency: &&AgencyCode| {
            let users = directory.agencies.get(agency).map(|agency| &agency.users);
            who.users().iter().all(|user| users.is_some_and(|known| known.contains_key(user)))
        };
        let agency = match (asked.as_slice(), who) {
            ([], _) => return Err(MailboxError::AlreadyNamed),
            (asked, StaffUser::Users(_)) => asked.iter().find(holds),
            ([one], StaffUser::NotAHubUser) => Some(one),
            (_, StaffUser::NotAHubUser) => None,
        };
        let agency = agency.ok_or(MailboxError::NotOfTheAgency)?;
        let by = permit.actor().user.as_ref().ok_or(MailboxError::NotFound)?;
        let naming = Naming { agency, users: who.users(), by };
        let episode = self.episode_of(&record).await?;
        let (mut changed, mut events) = (Vec::new(), Vec::new());
        for alert in &episode {
            let before = open_conflicts(&self.sealer, alert)?;
            let with = (&*directory, &self.clocks, now);
            let named = staff::name((alert, &before), &naming, with);
            let Some(Named { record, conflicts, events: more }) = named else { continue };
            changed.push(kept_from(&self.sealer, record, &conflicts)?);
            events.extend(more);
        }
        let mut expects = Vec::new();
        let named = (&record, who.users(), now);
        events.extend(self.put_on_list(&mut changed, &mut expects, named).await?);
        for event in &mut events {
            event.id = self.env.ids(now).event();
        }
        let told = new_mailboxes(&changed, now);
        self.put_expecting(permit, (now, events), changed, expects).await?;
        told.iter().for_each(|mailbox| self.wake.notify(mailbox));
        self.wake.notify_driver();
        Ok(now)
    }

    /// Puts who was named on the deny list for the subjects, in every alert about them; tells information governance where
    /// one of them has looked (domain 5.7, 2 and 3).
    async fn put_on_list(
        &self,
        changed: &mut Vec<AlertRecord>,
        expects: &mut Vec<Expect>,
        (asked, users, now): (&Arc<AlertRecord>, &[UserId], Timestamp),
    ) -> Result<Vec<Event>, MailboxError> {
        if users.is_empty() {
            return Ok(Vec::new());
        }
        let persons: Vec<_> = changed.iter().flat_map(denylist::subjects).collect();
        let mut has_looked = false;
        let (about, seen) = denylist::about((&self.store, &self.sealer), persons).await?;
        expects.extend(seen);
        for about in about {
            let Some(marked) = about.denying(&self.sealer, users)? else { continue };
            has_looked |= staff::has_looked(users, [&about.record], now);
            match changed.iter_mut().find(|record| record.id == marked.id) {
                Some(record) => record.denied = marked.denied,
                None => changed.push(marked),
            }
        }
        let place = changed.iter().position(|record| record.id == asked.id);
        let Some(place) = place.filter(|_| has_looked) else { return Ok(Vec::new()) };
        let record = changed.remove(place);
        let conflicts = open_conflicts(&self.sealer, &record)?;
        let directory = self.store.directory();
        let (record, events) = staff::with_look_back(record, &conflicts, (&directory, now));
        changed.push(record);
        Ok(events)
    }

    /// Every alert of the episode, the first one first.
    async fn episode_of(
        &self,
        alert: &Arc<AlertRecord>,
    ) -> Result<Vec<Arc<AlertRecord>>, MailboxError> {
        let Some(first) = self.store.alert(alert.episode.first_alert()).await? else {
            return Ok(vec![Arc::clone(alert)]);
        };
        Ok(episode_of(self.store.as_ref(), first, &[]).await?)
    }
}

/// Whether it was said so before.
fn is_said(conflicts: &Conflicts, who: &StaffUser) -> bool {
    conflicts.unnamed.is_empty() && who.users().iter().all(|user| conflicts.users.contains(user))
}

fn new_mailboxes(changed: &[AlertRecord], now: Timestamp) -> Vec<MailboxId> {
    let deliveries = changed.iter().flat_map(|record| &record.deliveries);
    let mut told: Vec<MailboxId> =
        deliveries.filter(|it| it.queued_at == now).map(|it| it.mailbox.clone()).collect();
    told.sort();
    told.dedup();
    told
}
