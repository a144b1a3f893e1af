//! The repeats that rested on a claim or on an event, counted again when it changes (domain 4.5.6, 5.9).

use std::sync::Arc;

use super::{Identity, IdentityError};
use crate::domain::{AlertId, AlertRecord, Event};
use crate::policy::matching::Earlier;
use crate::policy::recount::{Counted, Recounting, recount};
use crate::record::{open_conflicts, open_mentions};

impl Identity {
    /// The changed alert with the tasks that its changed claims ask for; what is to be recorded of them is added to the
    /// events. What cannot be opened any more is counted as if it were not there.
    pub(super) async fn recounted(
        &self,
        before: &Arc<AlertRecord>,
        after: AlertRecord,
        events: &mut Vec<Event>,
    ) -> Result<AlertRecord, IdentityError> {
        if before.links == after.links {
            return Ok(after);
        }
        self.counted_again(before, after, &[], events).await
    }

    /// The same where other alerts that it counts with change too: `changed` is how they are to stand.
    pub(super) async fn counted_again(
        &self,
        before: &Arc<AlertRecord>,
        mut after: AlertRecord,
        changed: &[AlertRecord],
        events: &mut Vec<Event>,
    ) -> Result<AlertRecord, IdentityError> {
        if before.exercise {
            return Ok(after);
        }
        let sealer = &self.parts.sealer;
        let (Ok(mentions), Ok(conflicts)) =
            (open_mentions(sealer, before), open_conflicts(sealer, before))
        else {
            return Ok(after);
        };
        let mut named: Vec<AlertId> = after.links.iter().map(|link| link.other).collect();
        named.sort_unstable();
        named.dedup();
        let (mut was, mut is) = (Vec::with_capacity(named.len()), Vec::with_capacity(named.len()));
        for other in named {
            let Some(record) = self.parts.store.alert(other).await? else { continue };
            let Ok(mentions) = open_mentions(sealer, &record) else { continue };
            let now = changed.iter().find(|it| it.id == other).cloned().map(Arc::new);
            let now = now.unwrap_or_else(|| Arc::clone(&record));
            is.push(Earlier { record: now, mentions: mentions.clone() });
            was.push(Earlier { record, mentions });
        }
        let now = self.parts.env.now();
        let known = Recounting {
            deliveries: &before.deliveries,
            conflicts: &conflicts,
            directory: &self.parts.store.directory(),
            clocks: &self.parts.clocks,
            now,
        };
        let old = Earlier { record: Arc::clone(before), mentions: mentions.clone() };
        let new = Earlier { record: Arc::new(after.clone()), mentions };
        let was = Counted { alert: &old, earlier: &was };
        let told = recount(known, (was, Counted { alert: &new, earlier: &is }));
        for mut event in told.events {
            event.id = self.parts.env.ids(now).event();
            events.push(event.about(after.id, after.episode));
        }
        after.deliveries.extend(told.tasks);
        Ok(after)
    }
}
