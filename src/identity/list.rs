//! What is decided to be one person has one deny list (domain 5.7, 2).

use super::{Identity, IdentityError};
use crate::denylist::{self, DenyError};
use crate::domain::{AlertRecord, Timestamp};
use crate::policy::staff;
use crate::record::open_conflicts;
use crate::repeats::Changes;

impl Identity {
    /// Who must learn nothing of one of two mentions must learn nothing of the other, and of no alert about either: the
    /// marks are added to what changes. Information governance is told where somebody has looked (5.7, 3).
    pub(super) async fn spread_list(
        &self,
        changes: &mut Changes,
        persons: [(&AlertRecord, u32); 2],
        now: Timestamp,
    ) -> Result<(), IdentityError> {
        let (sealer, directory) = (&self.parts.sealer, self.parts.store.directory());
        let mut users = Vec::new();
        for person in persons {
            users.extend(denylist::kept_from(sealer, person, &directory)?);
        }
        if users.is_empty() {
            return Ok(());
        }
        let mentions = persons.map(|(record, person)| (record.id, person));
        let mut has_looked = false;
        let (about, seen) = denylist::about((&self.parts.store, sealer), mentions).await?;
        changes.expects.extend(seen);
        for about in about {
            let Some(marked) = about.denying(sealer, &users)? else { continue };
            has_looked |= staff::has_looked(&users, [&about.record], now);
            match changes.records.iter_mut().find(|record| record.id == marked.id) {
                Some(record) => record.denied = marked.denied,
                None => changes.records.push(marked),
            }
        }
        if let Some(record) = changes.records.first_mut().filter(|_| has_looked) {
            let conflicts = open_conflicts(sealer, record).unwrap_or_default();
            let asked = (&*directory, now);
            let (next, told) = staff::with_look_back(record.clone(), &conflicts, asked);
            *record = next;
            changes.events.extend(told.into_iter().map(|mut event| {
                event.id = self.parts.env.ids(now).event();
                event
            }));
        }
        Ok(())
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
