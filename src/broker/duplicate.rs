//! Alerts about one event (domain 5.9): linked when the later one comes. Split again by hand: [`crate::identity`].

use std::sync::Arc;

use super::episode::{Loaded, link, put};
use super::identify::Identified;
use super::{Broker, Received, SubmitError};
use crate::domain::{AlertRecord, Event, EventId, EventKind, Principal, Submission, Timestamp};
use crate::policy::triggers::Repeats;
use crate::policy::{self, Context, Decision, Rejected, Validated, duplicate};

/// What told of the event before.
pub(super) struct Duplicate {
    /// The alerts about it, the first of them first: to that one the new one is linked.
    pub(super) event: Vec<Arc<AlertRecord>>,
    /// Its episode, the first alert first.
    pub(super) episode: Vec<Arc<AlertRecord>>,
    /// The paths of what the two say differently.
    pub(super) differences: Vec<String>,
}

/// Validates and decides. What tells of an event that is known keeps the higher risk and the earlier clock.
pub(super) fn decided(
    submission: &Submission,
    context: &Context<'_>,
    duplicate: Option<&Duplicate>,
) -> Result<(Validated, Decision), Rejected> {
    let mut validated = policy::validate(submission, context)?;
    if let Some(known) = duplicate {
        duplicate::keep_higher_risk(&mut validated, &known.event);
    }
    let mut decision = policy::decide(submission, &validated, context);
    if let Some(known) = duplicate {
        duplicate::keep_earlier_clock(&mut decision, &known.event);
        decision.hub_facts.duplicate_differences.clone_from(&known.differences);
        let unnamed = EventId::from_bytes([0; 16]);
        decision.events.push(Event::new(unnamed, EventKind::DuplicateLinked));
    }
    Ok((validated, decision))
}

impl Broker {
    /// The earlier alert that a new one is linked to. What joins an episode, completes or corrects says itself what it
    /// belongs to; in training nobody is looked for.
    pub(super) async fn duplicate(
        &self,
        (principal, received): (&Principal, &Received),
        loaded: &Loaded,
        (identified, repeats): (&Identified, &Repeats),
    ) -> Result<Option<Duplicate>, SubmitError> {
        let says_itself = !loaded.episode.is_empty()
            || loaded.completes.is_some()
            || loaded.replaced.is_some()
            || received.corrects.is_some();
        let Some(sender) = principal.agency().filter(|_| !says_itself) else { return Ok(None) };
        let submission = &received.submission;
        let Identified { mentions, links, earlier, .. } = identified;
        let thresholds = &self.parts.clocks.thresholds;
        let found =
            duplicate::found((sender, submission), (mentions, repeats), earlier, thresholds);
        let Some(found) = found else { return Ok(None) };
        let differences = duplicate::differences((submission.kind, mentions, links), found);
        let first = found.record.episode.first_alert();
        let Some(first) = self.parts.store.alert(first).await? else { return Ok(None) };
        // As it is now: what changes with this commit must be what it was decided on.
        let episode = self.episode_of(first).await?;
        // For whoever must learn nothing of it, it is not there.
        if self.is_denied(principal, (found.record.id, &episode))? {
            return Ok(None);
        }
        let kept = self.kept_from(&episode)?;
        if !duplicate::may_be_linked(submission, &loaded.directory, &kept) {
            return Ok(None);
        }
        let event = duplicate::event_of(&episode, found.record.id);
        Ok(event.map(|event| Duplicate { event, episode, differences }))
    }

    /// What the earlier alerts about the event become when a new one is linked to the first of them: it says so, and what is
    /// out already is raised where the new one is more urgent. Gives what is recorded of them.
    pub(super) fn linked(
        &self,
        changed: &mut Vec<AlertRecord>,
        (record, loaded): (&AlertRecord, &Loaded),
    ) -> Vec<Event> {
        let Some(first) = &loaded.same_event else { return Vec::new() };
        link(changed, first, record.id);
        let now = record.received_at;
        let mut events = vec![self.said(EventKind::DuplicateLinked, first, now)];
        let is_of_it = |it: &&Arc<AlertRecord>| {
            it.id == first.id || it.after.same_event.earlier == Some(first.id)
        };
        for earlier in loaded.episode.iter().filter(is_of_it) {
            let stands = changed.iter().find(|it| it.id == earlier.id).unwrap_or(earlier);
            let with = (&*loaded.directory, &self.parts.clocks, now);
            let raised = duplicate::raised((stands, record), with);
            if raised.events.is_empty() {
                continue;
            }
            put(changed, raised.record);
            events.extend(raised.events.into_iter().map(|mut event| {
                event.id = self.parts.env.ids(now).event();
                event
            }));
        }
        events
    }

    /// What is recorded of one of the alerts.
    pub(super) fn said(&self, kind: EventKind, record: &AlertRecord, now: Timestamp) -> Event {
        let event = Event::new(self.parts.env.ids(now).event(), kind);
        let mut event = event.about(record.id, record.episode);
        event.subjects.clone_from(&record.subjects);
        event
    }
}
