//! What a submission finds and changes of the episode it joins.

use std::borrow::Cow;
use std::sync::Arc;

use super::duplicate::Duplicate;
use super::{Broker, Correction, Received, SubmitError};
use crate::crypto::SealError;
use crate::domain::alert::{AlertStatus, Conflicts, TimerKind, TimerState};
use crate::domain::delivery::EndReason;
use crate::domain::directory::Directory;
use crate::domain::submission::{EpisodeName, Given, Need, Violation};
use crate::domain::{
    AgencyCode, AlertId, AlertRecord, Delivery, DeliveryState, EpisodeId, EpisodeReference,
    MentionToken, Principal, Submission,
};
use crate::policy::{self, Moved, Replaces};
use crate::record::open_conflicts;
use crate::repeats::Changes;
use crate::store::{self, Expect, Write};

/// What was loaded to decide on.
pub(super) struct Loaded {
    /// The directory at the version that everything is decided on.
    pub(super) directory: Arc<Directory>,
    /// The alert this key was used for.
    pub(super) earlier: Option<Arc<AlertRecord>>,
    /// The episode's alerts, the first one first; empty for a new episode.
    pub(super) episode: Vec<Arc<AlertRecord>>,
    /// What the sender calls the episode, where it uses a reference of its own.
    pub(super) called: Option<Called>,
    /// The incomplete alert to be completed: one of the sender's that is still open.
    pub(super) completes: Option<Arc<AlertRecord>>,
    /// The alert of the sender and of this episode whose place the new one takes.
    pub(super) replaced: Option<Arc<AlertRecord>>,
    /// Whether the one that is replaced was wrong.
    pub(super) correction: Option<Correction>,
    /// The earlier alert about the same event, whose episode this is.
    pub(super) same_event: Option<Arc<AlertRecord>>,
}

/// A sender's own reference and the episode it named, by its first alert, when the decision was made.
pub(super) struct Called {
    pub(super) reference: EpisodeReference,
    pub(super) first: Option<AlertId>,
}

impl Loaded {
    /// The alert joins the episode of the one that tells of the same event.
    pub(super) fn linked_to(self, duplicate: Option<Duplicate>) -> Self {
        match duplicate {
            None => self,
            Some(Duplicate { event, episode, .. }) => {
                Self { same_event: event.into_iter().next(), episode, ..self }
            }
        }
    }

    /// What the new alert takes the place of.
    pub(super) fn replaces(&self) -> Replaces<'_> {
        match (&self.replaced, &self.correction) {
            (None, _) => Replaces::Nothing,
            (Some(replaced), None) => Replaces::Updates(replaced),
            (Some(replaced), Some(_)) => Replaces::Corrects(replaced),
        }
    }
}

impl Broker {
    pub(super) async fn load(
        &self,
        (principal, sender): (&Principal, &AgencyCode),
        received: &Received,
    ) -> Result<Loaded, SubmitError> {
        let store = &self.parts.store;
        // A correction is the whole alert again: it fills the gaps of the one that was wrong.
        let corrects = received.corrects.as_ref().map(|correction| correction.alert);
        let completes = corrects.or(received.completes);
        let completes = self.completed((principal, sender), completes).await?;
        let envelope = &received.submission.envelope;
        let called = self.called(sender, &envelope.episode).await?;
        let named = match &envelope.episode {
            _ if corrects.is_some() => corrects,
            Given::Given(EpisodeName::Hub(first)) => Some(*first),
            Given::Given(EpisodeName::Own(_)) | Given::Missing | Given::Malformed => called
                .as_ref()
                .and_then(|called| called.first)
                .or_else(|| envelope.supersedes.get().copied())
                .or_else(|| completes.as_ref().map(|completed| completed.id))
                .or_else(|| received.submission.refers_to()),
        };
        let directory = store.directory();
        let facts = store.submission_facts(sender, &received.key, named).await?;
        let corrected = match (&received.corrects, &facts.earlier) {
            // Asked again: the answer is there, whatever has become of the original since.
            (None, _) | (Some(_), Some(_)) => None,
            (Some(correction), None) => Some(self.original(sender, correction.alert).await?),
        };
        let about = match received.submission.refers_to() {
            Some(id) => store.alert(id).await?.filter(|named| may_join(sender, named)),
            None => None,
        };
        let episode = self.joining(sender, (facts.episode, about)).await?;
        let mut episode = self.known_to(principal, (named, episode))?;
        // What completes a report is that report again, and no new one.
        let is_again = completes.is_some() || corrected.is_some();
        if !is_again && policy::begins_anew(received.submission.kind, &episode) {
            episode.clear();
        }
        let named = envelope.supersedes.get().copied().or(received.completes);
        let is_named = |alert: &&Arc<AlertRecord>| {
            Some(alert.id) == named
                && alert.sender == *sender
                && policy::may_replace(received.submission.kind, alert.kind)
        };
        let replaced = corrected.or_else(|| episode.iter().find(is_named).cloned());
        let correction = received.corrects.clone();
        let earlier = facts.earlier;
        let same_event = None;
        Ok(Loaded {
            directory,
            earlier,
            episode,
            called,
            completes,
            replaced,
            correction,
            same_event,
        })
    }

    /// The incomplete alert of the sender that is to be completed.
    async fn completed(
        &self,
        (principal, sender): (&Principal, &AgencyCode),
        named: Option<AlertId>,
    ) -> Result<Option<Arc<AlertRecord>>, SubmitError> {
        let Some(id) = named else { return Ok(None) };
        let found = self.parts.store.alert(id).await?.filter(|alert| is_open(sender, alert));
        let is_denied = self.is_denied(principal, (id, found.as_slice()))?;
        Ok(found.filter(|_| !is_denied))
    }

    /// The episode, unless the caller must learn nothing of it: whoever is on the list joins nothing, and an alert of theirs
    /// is one of its own.
    fn known_to(
        &self,
        principal: &Principal,
        (named, episode): (Option<AlertId>, Vec<Arc<AlertRecord>>),
    ) -> Result<Vec<Arc<AlertRecord>>, SubmitError> {
        let Some(named) = named else { return Ok(episode) };
        let is_denied = self.is_denied(principal, (named, &episode))?;
        Ok(if is_denied { Vec::new() } else { episode })
    }

    /// The episode that an alert named, where `sender` may add to it; `about` is the alert that a question or an answer
    /// refers to.
    async fn joining(
        &self,
        sender: &AgencyCode,
        (named, about): (Option<Arc<AlertRecord>>, Option<Arc<AlertRecord>>),
    ) -> Result<Vec<Arc<AlertRecord>>, SubmitError> {
        let first = match named {
            Some(named) if named.episode.first_alert() != named.id => {
                self.parts.store.alert(named.episode.first_alert()).await?
            }
            named => named,
        };
        let Some(first) = first else { return Ok(Vec::new()) };
        // Who was asked may answer, although the episode began with a question to somebody else; in no other episode.
        let is_about = about.is_some_and(|named| named.episode.first_alert() == first.id);
        let is_open = is_about || may_join(sender, &first);
        let episode = self.episode_of(first).await?;
        // Whose alert was linked to the episode of another's goes on in it (domain 5.9).
        let is_theirs =
            |it: &Arc<AlertRecord>| it.sender == *sender && it.after.same_event.earlier.is_some();
        Ok(if is_open || episode.iter().any(is_theirs) { episode } else { Vec::new() })
    }

    /// The alerts of the episode that `first` opened, it first.
    pub(super) async fn episode_of(
        &self,
        first: Arc<AlertRecord>,
    ) -> Result<Vec<Arc<AlertRecord>>, SubmitError> {
        Ok(store::episode_of(self.parts.store.as_ref(), first, &[]).await?)
    }

    /// What the sender calls the episode, and which one it has called so before.
    pub(super) async fn called(
        &self,
        sender: &AgencyCode,
        named: &Given<EpisodeName>,
    ) -> Result<Option<Called>, SubmitError> {
        let Given::Given(EpisodeName::Own(text)) = named else { return Ok(None) };
        let reference = self.parts.sealer.episode_reference(sender, text.expose())?;
        let first = self.parts.store.referenced(sender, reference).await?;
        Ok(Some(Called { reference, first }))
    }

    /// Counts again what later alerts have counted of the alert whose place this one takes, as both are to stand: in the
    /// same commit, so that a correction that is stored has told whoever must hear of it.
    pub(super) async fn counted_without(
        &self,
        record: &AlertRecord,
        loaded: &Loaded,
        changes: &mut Changes,
    ) -> Result<(), SubmitError> {
        let speaks = |replaced: &&Arc<AlertRecord>| policy::speaks_for(record, replaced);
        let Some(replaced) = loaded.replaced.as_ref().filter(speaks) else { return Ok(()) };
        changes.records.push(record.clone());
        Box::pin(self.counting().all_again(std::slice::from_ref(replaced), changes)).await?;
        // The new alert is written by its own.
        changes.records.retain(|it| it.id != record.id);
        Ok(())
    }

    /// From whom the earlier alerts of the episode are kept.
    pub(super) fn kept_from(&self, episode: &[Arc<AlertRecord>]) -> Result<Conflicts, SubmitError> {
        episode.iter().try_fold(Conflicts::default(), |all, earlier| {
            let theirs = match open_conflicts(&self.parts.sealer, earlier) {
                // An urgent alert is not held up by a key that is gone. What the record still tells stays closed.
                Err(SealError::Shredded) => policy::conflicts_left(earlier),
                theirs => theirs.map_err(SubmitError::Conflicts)?,
            };
            Ok(all.and(&theirs))
        })
    }
}

/// Whether `sender` may add to the episode that `first` opened: it sent it, or received one of its alerts.
fn may_join(sender: &AgencyCode, first: &AlertRecord) -> bool {
    let received = |delivery: &Delivery| {
        let is_undone = matches!(
            delivery.state,
            DeliveryState::Ended(EndReason::Cancelled | EndReason::Recalled)
        );
        delivery.mailbox.agency_code() == sender.as_str() && !is_undone
    };
    first.sender == *sender || first.deliveries.iter().any(received)
}

/// Whether the alert is an incomplete one of `sender` that is still to be completed.
fn is_open(sender: &AgencyCode, alert: &AlertRecord) -> bool {
    alert.sender == *sender && alert.status == AlertStatus::AcceptedIncomplete
}

/// What is decided on. An alert that names nothing open as what it completes is one of its own: the name is not
/// followed, and is a fault like any other (domain 3.2: a gap where it is urgent, else a refusal). Somebody else's
/// alert and none at all are the same fault.
pub(super) fn as_loaded<'a>(received: &'a Received, loaded: &Loaded) -> Cow<'a, Submission> {
    let completes_nothing = received.completes.is_some() && loaded.completes.is_none();
    let is_other_kind = loaded.correction.is_some()
        && loaded.replaced.as_ref().is_some_and(|it| it.kind != received.submission.kind);
    let mut submission = Cow::Borrowed(&received.submission);
    if completes_nothing {
        submission.to_mut().violations.push(Violation {
            path: "completes".to_owned(),
            reason: "NOTHING_TO_COMPLETE",
            need: Need::Format,
            what_to_do: "name an alert of yours that is still incomplete, or none",
        });
    }
    if is_other_kind {
        submission.to_mut().violations.push(Violation {
            path: "alert.envelope.kind".to_owned(),
            reason: "OTHER_KIND",
            need: Need::Hard,
            what_to_do: "recall the alert and send another; a correction is of the same kind",
        });
    }
    submission
}

/// The episode that a new alert belongs to: the one it joins, or its own.
pub(super) fn episode_of(alert: AlertId, loaded: &Loaded) -> EpisodeId {
    loaded.episode.first().map_or(EpisodeId::from(alert), |first| first.episode)
}

pub(super) fn joined(mut record: AlertRecord, loaded: &Loaded) -> AlertRecord {
    if let Some(first) = loaded.episode.first() {
        record.episode = first.episode;
    }
    record
}

/// The episode's earlier alerts as this one changes them: the first one learns of its follower, and what the
/// decision ends or cancels is ended or cancelled.
pub(super) fn changed_episode(
    record: &AlertRecord,
    loaded: &Loaded,
    changes: &policy::EpisodeChanges,
) -> Vec<AlertRecord> {
    let mut changed = Vec::new();
    for (at, earlier) in loaded.episode.iter().enumerate() {
        let mut after = changes.apply(earlier, record.id);
        if at == 0 {
            after.followers.push(record.id);
        }
        if after != **earlier {
            changed.push(after);
        }
    }
    changed
}

/// The sender's own reference names this episode from now on, if it did not before. Of two alerts that are the first
/// under it, one must join the other.
pub(super) fn call(
    record: &AlertRecord,
    loaded: &Loaded,
    writes: &mut Vec<Write>,
    expects: &mut Vec<Expect>,
) {
    let Some(Called { reference, first }) = loaded.called else { return };
    let agency = record.sender.clone();
    expects.push(Expect::Reference { agency: agency.clone(), reference, alert: first });
    // It stays with an alert of the sender's own where it was linked to another's: if that is split, the name goes along.
    let alert = match loaded.same_event {
        Some(_) => record.id,
        None => record.episode.first_alert(),
    };
    let is_of_it = |first: AlertId| loaded.episode.iter().any(|it| it.id == first);
    if !first.is_some_and(is_of_it) {
        writes.push(Write::Reference { agency, reference, alert });
    }
}

/// Marks the incomplete alert as completed and stops its chasers.
pub(super) fn complete(changed: &mut Vec<AlertRecord>, completed: &Arc<AlertRecord>) {
    let Some(record) = among(changed, completed) else { return };
    record.status = AlertStatus::Completed;
    for timer in &mut record.timers {
        let is_chase = matches!(timer.kind, TimerKind::ChaseFirst | TimerKind::ChaseSecond);
        if (is_chase || policy::follow_on::starts_again_on_completion(timer.kind))
            && timer.state == TimerState::Armed
        {
            timer.state = TimerState::Cancelled;
        }
    }
}

/// Says in the alert that was replaced by which one, and takes from it what moved there.
pub(super) fn supersede(
    changed: &mut Vec<AlertRecord>,
    replaced: &Arc<AlertRecord>,
    (by, moved): (AlertId, &Moved),
) {
    let Some(record) = among(changed, replaced) else { return };
    *record = moved.apply(record);
    record.after.superseded_by = Some(by);
}

/// Marks who must learn nothing of an earlier alert's persons.
pub(super) fn mark(
    changed: &mut Vec<AlertRecord>,
    other: &Arc<AlertRecord>,
    denied: Vec<MentionToken>,
) {
    if let Some(record) = among(changed, other) {
        record.denied = denied;
    }
}

/// Says in the earlier alert about the same event which one was linked to it.
pub(super) fn link(changed: &mut Vec<AlertRecord>, earlier: &Arc<AlertRecord>, by: AlertId) {
    if let Some(record) = among(changed, earlier) {
        record.after.same_event.later.push(by);
    }
}

/// The alert as it is to stand, in the place of how it was to stand before.
pub(super) fn put(changed: &mut Vec<AlertRecord>, record: AlertRecord) {
    match changed.iter_mut().find(|known| known.id == record.id) {
        Some(place) => *place = record,
        None => changed.push(record),
    }
}

/// The alert among those that change with this commit, put there if it is not.
fn among<'a>(
    changed: &'a mut Vec<AlertRecord>,
    record: &Arc<AlertRecord>,
) -> Option<&'a mut AlertRecord> {
    let at = match changed.iter().position(|known| known.id == record.id) {
        Some(at) => at,
        None => {
            changed.push(record.as_ref().clone());
            changed.len().saturating_sub(1)
        }
    };
    changed.get_mut(at)
}
