//! The repeats that rested on a claim or on an event, counted again when it changes (domain 4.5.6, 5.9).

use std::sync::Arc;

use super::{Identity, IdentityError};
use crate::domain::alert::Conflicts;
use crate::domain::counted::PairCounted;
use crate::domain::identity::{Link, Mentions};
use crate::domain::{AlertId, AlertKind, AlertRecord, Event};
use crate::policy::matching::Earlier;
use crate::policy::recount::{
    Recounted, Recounting, decided_by, recount, recount_decided, with_rereferral,
};
use crate::policy::triggers::pair_case;
use crate::record::{open_conflicts, open_mentions};

/// What is counted again with.
struct Opened {
    mentions: Mentions,
    conflicts: Conflicts,
    earlier: Vec<Earlier>,
}

impl Identity {
    /// The changed alert with the tasks that its changed claims ask for, and after it what it decided on, where it is a
    /// decision that changes by them; what is to be recorded is added to the events. What cannot be opened any more is
    /// counted as if it were not there.
    pub(super) async fn recounted(
        &self,
        before: &Arc<AlertRecord>,
        after: AlertRecord,
        events: &mut Vec<Event>,
    ) -> Result<Vec<AlertRecord>, IdentityError> {
        if before.links == after.links || before.exercise {
            return Ok(vec![after]);
        }
        if before.kind == AlertKind::ReferralDecision {
            let Some(opened) = self.open(before, &after.links).await? else {
                return Ok(vec![after]);
            };
            let links = (before.links.as_slice(), after.links.as_slice());
            let mut changed = self.decided_again(before, &opened, links, events).await?;
            changed.insert(0, after);
            return Ok(changed);
        }
        Ok(vec![self.counted_again(before, after, &[], events).await?])
    }

    /// The alert as it is to stand, with the tasks that its changed claims or episodes ask for: `changed` is how the alerts
    /// beside it are to stand.
    pub(super) async fn counted_again(
        &self,
        before: &Arc<AlertRecord>,
        mut after: AlertRecord,
        changed: &[AlertRecord],
        events: &mut Vec<Event>,
    ) -> Result<AlertRecord, IdentityError> {
        let opened = self.open(before, &after.links).await?.filter(|_| !before.exercise);
        let Some(opened) = opened else { return Ok(after) };
        let standing = opened.earlier.iter().map(|it| {
            let new = changed.iter().find(|new| new.id == it.record.id).cloned().map(Arc::new);
            let record = new.unwrap_or_else(|| Arc::clone(&it.record));
            Earlier { record, mentions: it.mentions.clone() }
        });
        let (mentions, conflicts) = (opened.mentions.clone(), opened.conflicts.clone());
        let now = Opened { mentions, conflicts, earlier: standing.collect() };
        if let Some(case) = &mut after.counted.pair {
            let counted = pair_case((&now.mentions, after.episode), &after.links, &now.earlier);
            *case = PairCounted { heard_at: case.heard_at, ..counted };
        }
        let new = Arc::new(after.clone());
        let told = self.count(before, &opened, |was| self.count(&new, &now, |is| recount(was, is)));
        self.say(&after, told.events, events);
        after.deliveries.extend(told.tasks);
        Ok(with_rereferral(after, told.is_rereferral))
    }

    async fn open(
        &self,
        record: &AlertRecord,
        links: &[Link],
    ) -> Result<Option<Opened>, IdentityError> {
        let sealer = &self.parts.sealer;
        let (Ok(mentions), Ok(conflicts)) =
            (open_mentions(sealer, record), open_conflicts(sealer, record))
        else {
            return Ok(None);
        };
        Ok(Some(Opened { mentions, conflicts, earlier: self.named(links).await? }))
    }

    /// What a decision was about, where T6 has changed by the claims of the decision.
    async fn decided_again(
        &self,
        decision: &Arc<AlertRecord>,
        opened: &Opened,
        links: (&[Link], &[Link]),
        events: &mut Vec<Event>,
    ) -> Result<Vec<AlertRecord>, IdentityError> {
        let store = &self.parts.store;
        let first = store.alert(decision.episode.first_alert()).await?;
        let mut episode = Vec::new();
        for follower in first.iter().flat_map(|first| &first.followers) {
            episode.extend(store.alert(*follower).await?);
        }
        episode.extend(first);
        let mut changed = Vec::new();
        for about in decided_by(decision, &episode) {
            let told = self.count(about, opened, |known| recount_decided(known, links));
            if told.is_rereferral.is_some() {
                self.say(about, told.events, events);
                let mut record = with_rereferral(about.as_ref().clone(), told.is_rereferral);
                record.deliveries.extend(told.tasks);
                changed.push(record);
            }
        }
        Ok(changed)
    }

    fn count(
        &self,
        record: &Arc<AlertRecord>,
        opened: &Opened,
        counting: impl FnOnce(Recounting<'_>) -> Recounted,
    ) -> Recounted {
        let Opened { mentions, conflicts, earlier } = opened;
        let alert = Earlier { record: Arc::clone(record), mentions: mentions.clone() };
        let directory = self.parts.store.directory();
        let now = self.parts.env.now();
        let clocks = &self.parts.clocks;
        let (alert, directory) = (&alert, directory.as_ref());
        counting(Recounting { alert, earlier, conflicts, directory, clocks, now })
    }

    fn say(&self, about: &AlertRecord, told: Vec<Event>, events: &mut Vec<Event>) {
        let now = self.parts.env.now();
        events.extend(told.into_iter().map(|mut event| {
            event.id = self.parts.env.ids(now).event();
            event.about(about.id, about.episode)
        }));
    }

    /// The alerts that the claims name.
    async fn named(&self, links: &[Link]) -> Result<Vec<Earlier>, IdentityError> {
        let mut named: Vec<AlertId> = links.iter().map(|link| link.other).collect();
        named.sort_unstable();
        named.dedup();
        let mut earlier = Vec::with_capacity(named.len());
        for other in named {
            let Some(record) = self.parts.store.alert(other).await? else { continue };
            let Ok(mentions) = open_mentions(&self.parts.sealer, &record) else { continue };
            earlier.push(Earlier { record, mentions });
        }
        Ok(earlier)
    }
}
