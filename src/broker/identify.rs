//! Who the persons of an alert may be: finds earlier mentions, judges, and says what to keep and to tell.
//!
//! Never refuses an alert: what cannot be compared is as if nobody had been found.

use std::sync::Arc;

use super::{Broker, SubmitError};
use crate::domain::directory::Directory;
use crate::domain::identity::{Link, Mentions};
use crate::domain::submission::Exercise;
use crate::domain::{AlertId, AlertRecord, Event, MentionToken, Submission, Timestamp};
use crate::policy::Decision;
use crate::policy::matching::{self, Earlier};
use crate::policy::triggers::{self, Repeats, Thresholds};
use crate::record::open_mentions;

/// Newest alerts looked at under one token: nobody has more, and a token that everybody shares costs no more.
const CANDIDATES_MAX: usize = 32;

/// What was found about the persons of an alert.
#[derive(Default)]
pub(super) struct Identified {
    /// Who they are, to be sealed.
    pub(super) mentions: Mentions,
    /// By what they may be found again.
    pub(super) tokens: Vec<MentionToken>,
    /// The claims.
    pub(super) links: Vec<Link>,
    /// The earlier alerts that the claims name.
    pub(super) earlier: Vec<Earlier>,
}

impl Identified {
    /// The submission with the protected-subject register applied (domain 4.5.8): who is, or may be, a person at a SAFE
    /// address is treated as one.
    pub(super) fn protecting(&self, submission: &Submission) -> Option<Submission> {
        let safe = matching::treated_as_safe(&self.mentions, &self.links, &self.earlier);
        if safe.is_empty() {
            return None;
        }
        let mut submission = submission.clone();
        for (person, index) in submission.subjects.iter_mut().zip(0_u32..) {
            person.has_safe_address |= safe.contains(&index);
        }
        Some(submission)
    }

    /// What is known from before of these persons, for repeat triggers.
    pub(super) fn repeats(&self, thresholds: &Thresholds) -> Repeats {
        triggers::known(&self.mentions, &self.links, &self.earlier, thresholds)
    }

    /// Adds what the claims ask of the stewards, and what is recorded of them: each event names the earlier person, by
    /// the reference that entries know it by. Gives the place of the first.
    pub(super) fn tell(
        &self,
        decision: &mut Decision,
        (directory, now): (&Directory, Timestamp),
    ) -> usize {
        let number = u32::try_from(decision.deliveries.len()).unwrap_or(u32::MAX);
        let mut told = matching::tell(&self.links, directory, (number, now));
        for (event, link) in told.events.iter_mut().zip(&self.links) {
            let other = self.earlier.iter().find(|earlier| earlier.record.id == link.other);
            let other = other.and_then(|earlier| {
                earlier.record.subjects.get(usize::try_from(link.other_mention).ok()?)
            });
            event.subjects.extend(other);
        }
        let first = decision.events.len();
        decision.events.extend(told.events);
        decision.deliveries.extend(told.task);
        first
    }
}

/// The events of the record's links name its own person beside the earlier one.
pub(super) fn name_both(events: &mut [Event], record: &AlertRecord) {
    for (event, link) in events.iter_mut().zip(&record.links) {
        let own = usize::try_from(link.mention).ok();
        event.subjects.extend(own.and_then(|own| record.subjects.get(own)));
    }
}

impl Broker {
    /// Looks for who the persons may be. Nobody is looked for in training.
    pub(super) async fn identify(
        &self,
        submission: &Submission,
        now: Timestamp,
    ) -> Result<Identified, SubmitError> {
        if submission.envelope.exercise == Exercise::Yes {
            return Ok(Identified::default());
        }
        let mentions = matching::mentioned(submission, now);
        let pieces: Vec<_> = mentions.people.iter().flat_map(matching::pieces).collect();
        if pieces.is_empty() {
            return Ok(Identified::default());
        }
        let mut tokens = self.parts.sealer.mention_tokens(&pieces)?;
        tokens.sort_unstable();
        tokens.dedup();
        let earlier = self.earlier(&tokens).await?;
        let links = matching::claims(&mentions, &earlier, now);
        Ok(Identified { mentions, tokens, links, earlier })
    }

    /// The alerts that mention whom a token may be of. One that cannot be read, or is shredded, is passed over.
    async fn earlier(&self, tokens: &[MentionToken]) -> Result<Vec<Earlier>, SubmitError> {
        let mut alerts: Vec<AlertId> = Vec::new();
        for token in tokens {
            alerts.extend(self.parts.store.mentioned(*token, CANDIDATES_MAX).await?);
        }
        alerts.sort_unstable_by(|one, other| other.cmp(one));
        alerts.dedup();
        let mut earlier = Vec::with_capacity(alerts.len());
        for alert in alerts {
            let Ok(Some(record)) = self.parts.store.alert(alert).await else { continue };
            // What was corrected speaks through its correction alone.
            if record.after.superseded_by.is_some() {
                continue;
            }
            let Ok(mentions) = open_mentions(&self.parts.sealer, &record) else { continue };
            earlier.push(Earlier { record: Arc::clone(&record), mentions });
        }
        Ok(earlier)
    }
}
