//! What is decided to be one person has one deny list (domain 5.7, 2).

use super::{Identity, IdentityError};
use crate::denylist::{self, DenyError};
use crate::domain::{AlertRecord, Event, Timestamp};
use crate::policy::staff;
use crate::record::open_conflicts;

impl Identity {
    /// Who must learn nothing of one of two mentions must learn nothing of the other, and of no alert about either: the
    /// marks are added to what changes. Information governance is told where somebody has looked (5.7, 3).
    pub(super) async fn spread_list(
        &self,
        changed: &mut Vec<AlertRecord>,
        persons: [(&AlertRecord, u32); 2],
        now: Timestamp,
    ) -> Result<Vec<Event>, IdentityError> {
        let (sealer, directory) = (&self.parts.sealer, self.parts.store.directory());
        let mut users = Vec::new();
        for person in persons {
            users.extend(denylist::kept_from(sealer, person, &directory)?);
        }
        if users.is_empty() {
            return Ok(Vec::new());
        }
        let mentions = persons.map(|(record, person)| (record.id, person));
        let mut has_looked = false;
        for about in denylist::about((&self.parts.store, sealer), mentions).await? {
            let Some(marked) = about.denying(sealer, &users)? else { continue };
            has_looked |= staff::has_looked(&users, [&about.record], now);
            match changed.iter_mut().find(|record| record.id == marked.id) {
                Some(record) => record.denied = marked.denied,
                None => changed.push(marked),
            }
        }
        let mut told = Vec::new();
        if has_looked && !changed.is_empty() {
            let record = changed.remove(0);
            let conflicts = open_conflicts(sealer, &record).unwrap_or_default();
            let (record, events) = staff::with_look_back(record, &conflicts, (&directory, now));
            changed.insert(0, record);
            told = events;
        }
        for event in &mut told {
            event.id = self.parts.env.ids(now).event();
        }
        Ok(told)
    }
}

impl From<DenyError> for IdentityError {
    fn from(error: DenyError) -> Self {
        match error {
            DenyError::Store(source) => source.into(),
            DenyError::Seal(source) => source.into(),
        }
    }
}
