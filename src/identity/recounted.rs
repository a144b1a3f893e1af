//! What a changed claim or event changes beside it: which alerts are one event, and the repeats that rested on it (domain
//! 4.5.6, 5.8, 5.9).

use std::sync::Arc;

use super::{Identity, IdentityError};
use crate::domain::{AlertId, AlertRecord, Timestamp};
use crate::repeats::{Changes, Counting};

impl Identity {
    /// Works the changed claims of these alerts, which `changes` has, into everything that rested on them: what was one
    /// event by a claim that ended is split, what is one by a claim that is confirmed now is linked, and every alert that
    /// counted by them is counted again, once.
    pub(super) async fn worked_in(
        &self,
        alerts: &[AlertId],
        now: Timestamp,
        changes: &mut Changes,
    ) -> Result<(), IdentityError> {
        let mut touched: Vec<Arc<AlertRecord>> = Vec::new();
        for alert in alerts {
            let Some(before) = self.parts.store.alert(*alert).await? else { continue };
            if changes.of(*alert).is_none_or(|after| after.links == before.links) {
                continue;
            }
            touched.push(before);
            self.parted_events(*alert, now, changes).await?;
            touched.extend(self.joined_events(*alert, now, changes).await?);
        }
        Box::pin(self.counting().all_again(&touched, changes)).await?;
        Ok(())
    }

    pub(super) fn counting(&self) -> Counting<'_> {
        let super::Parts { store, sealer, env, clocks, .. } = &self.parts;
        Counting { store: store.as_ref(), sealer, env, clocks }
    }
}
