//! The repeats that rested on a claim or on an event, counted again when it changes (domain 4.5.6, 5.9).

use std::sync::Arc;

use super::{Identity, IdentityError};
use crate::domain::{AlertRecord, Event};
use crate::repeats::{Changes, Counting};

impl Identity {
    /// The changed alert with the tasks that its changed claims ask for, and after it what it decided on, where it is a
    /// decision that changes by them; what is to be recorded is added to the events.
    pub(super) async fn recounted(
        &self,
        before: &Arc<AlertRecord>,
        after: AlertRecord,
        events: &mut Vec<Event>,
    ) -> Result<Vec<AlertRecord>, IdentityError> {
        if before.links == after.links {
            return Ok(vec![after]);
        }
        let mut changes = Changes { records: vec![after], ..Changes::default() };
        self.counting().again(before, &mut changes).await?;
        events.extend(changes.events);
        Ok(changes.records)
    }

    pub(super) fn counting(&self) -> Counting<'_> {
        let super::Parts { store, sealer, env, clocks, .. } = &self.parts;
        Counting { store: store.as_ref(), sealer, env, clocks }
    }
}
