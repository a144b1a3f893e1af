//! The repeats that rested on a claim, counted again when it changes (domain 4.5.6).

use std::sync::Arc;

use super::{Identity, IdentityError};
use crate::domain::{AlertId, AlertRecord, Event};
use crate::policy::matching::Earlier;
use crate::policy::recount::{Recounting, recount};
use crate::record::{open_conflicts, open_mentions};

impl Identity {
    /// The changed alert with the tasks that its changed claims ask for; what is to be recorded of them is added to the
    /// events. What cannot be opened any more is counted as if it were not there.
    pub(super) async fn recounted(
        &self,
        before: &Arc<AlertRecord>,
        mut after: AlertRecord,
        events: &mut Vec<Event>,
    ) -> Result<AlertRecord, IdentityError> {
        if before.links == after.links || before.exercise {
            return Ok(after);
        }
        let sealer = &self.parts.sealer;
        let (Ok(mentions), Ok(conflicts)) =
            (open_mentions(sealer, before), open_conflicts(sealer, before))
        else {
            return Ok(after);
        };
        let alert = Earlier { record: Arc::clone(before), mentions };
        let mut named: Vec<AlertId> = after.links.iter().map(|link| link.other).collect();
        named.sort_unstable();
        named.dedup();
        let mut earlier = Vec::with_capacity(named.len());
        for other in named {
            let Some(record) = self.parts.store.alert(other).await? else { continue };
            let Ok(mentions) = open_mentions(sealer, &record) else { continue };
            earlier.push(Earlier { record, mentions });
        }
        let now = self.parts.env.now();
        let known = Recounting {
            alert: &alert,
            earlier: &earlier,
            conflicts: &conflicts,
            directory: &self.parts.store.directory(),
            clocks: &self.parts.clocks,
            now,
        };
        let told = recount(known, (&before.links, &after.links));
        for mut event in told.events {
            event.id = self.parts.env.ids(now).event();
            events.push(event.about(before.id, before.episode));
        }
        after.deliveries.extend(told.tasks);
        Ok(after)
    }
}
