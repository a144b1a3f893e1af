//! An episode as it stands: what was recalled never was, and a correction stands where the alert stood that it corrects.
//!
//! Owns the order in which news follows news, and whether a missing episode is open. Which news may follow is the
//! machines' ([`Stage`](crate::domain::Stage), [`MissingEpisode`]).

use std::sync::Arc;

use super::partners::WUTH_AED;
use super::{Context, recall};
use crate::domain::missing_episode::EpisodeOver;
use crate::domain::{AgencyCode, AlertKind, AlertRecord, MissingEpisode, MissingNews, Submission};

/// What this kind from this sender tells of a missing episode; none where it is about something else. A&E's word alone
/// does not end it (FOUND_UNCONFIRMED, domain 3.5).
pub(crate) fn missing_news(kind: AlertKind, sender: &AgencyCode) -> Option<MissingNews> {
    if kind == AlertKind::MissingReported {
        Some(MissingNews::Reported)
    } else if kind == AlertKind::MissingUpdated {
        Some(MissingNews::Updated)
    } else if kind == AlertKind::MissingCancelled {
        Some(MissingNews::Cancelled)
    } else if kind != AlertKind::MissingFound {
        None
    } else if sender.as_str() == WUTH_AED {
        Some(MissingNews::FoundUnconfirmed)
    } else {
        Some(MissingNews::Found)
    }
}

/// How far the missing episode of these alerts has come; none where they tell of none. News that does not follow, taken
/// because it was urgent, changes nothing.
pub(crate) fn missing_episode<'a>(
    alerts: impl IntoIterator<Item = &'a AlertRecord>,
) -> Option<MissingEpisode> {
    let told = |record: &AlertRecord| missing_news(record.kind, &record.sender);
    alerts.into_iter().filter_map(told).fold(None, |state, news| match state {
        None => Some(MissingEpisode::begun_by(news)),
        Some(state) => Some(state.then(news).unwrap_or(state)),
    })
}

/// Whether the child of a report or an update is missing still: neither is news of an episode that has ended otherwise,
/// whenever it is told again or corrected.
pub(crate) fn is_missing_still(submission: &Submission, context: &Context<'_>) -> bool {
    let is_its = matches!(submission.kind, AlertKind::MissingReported | AlertKind::MissingUpdated);
    let others = in_order(context.episode).into_iter().filter(|it| !is_replaced(it, context));
    is_its && missing_episode(others).is_none_or(MissingEpisode::is_open)
}

/// How far the missing episode had come before an alert of this kind. What completes or tells again an alert of its own
/// kind is judged where that one came: the child may have been found since.
fn missing_before(kind: AlertKind, context: &Context<'_>) -> Option<MissingEpisode> {
    let mut standing = before(context);
    let replaced = context.replaces.record().filter(|replaced| replaced.kind == kind);
    let at = replaced.and_then(|it| standing.iter().position(|record| record.id == it.id));
    standing.truncate(at.unwrap_or(standing.len()));
    missing_episode(standing)
}

/// Whether what the alert tells of a missing episode follows what was told before; so of anything else.
pub(super) fn follows(
    (kind, sender): (AlertKind, &AgencyCode),
    context: &Context<'_>,
) -> Result<(), EpisodeOver> {
    let state = missing_before(kind, context).zip(missing_news(kind, sender));
    state.map_or(Ok(()), |(state, news)| state.then(news).map(|_next| ()))
}

/// What stood before the alert, in order. Where it corrects one, what stood before that one.
pub(super) fn before<'a>(context: &Context<'a>) -> Vec<&'a AlertRecord> {
    let mut standing = in_order(context.episode);
    if let Some(at) = corrected_at(&standing, context) {
        standing.truncate(at);
    }
    standing
}

/// What stands after the alert, in order: something only where it corrects one.
pub(super) fn after<'a>(context: &Context<'a>) -> Vec<&'a AlertRecord> {
    let mut standing = in_order(context.episode);
    match corrected_at(&standing, context) {
        Some(at) => standing.split_off(at.saturating_add(1)),
        None => Vec::new(),
    }
}

/// The alerts of an episode that stand, each where it, or what it corrects, came.
pub(super) fn in_order(episode: &[Arc<AlertRecord>]) -> Vec<&AlertRecord> {
    let of = |id| episode.iter().find(|record| record.id == id).map(AsRef::as_ref);
    let is_correction = |record: &&AlertRecord| {
        !record.after.changed.is_empty() && record.after.supersedes.and_then(of).is_some()
    };
    let mut standing = Vec::new();
    for first in episode.iter().map(AsRef::as_ref).filter(|record| !is_correction(record)) {
        let mut last = first;
        // Each is corrected by a later one: no more steps than there are alerts.
        for _ in episode {
            let next = last.after.superseded_by.and_then(of).filter(is_correction);
            let Some(next) = next else { break };
            last = next;
        }
        if !recall::is_recalled(last) {
            standing.push(last);
        }
    }
    standing
}

fn corrected_at(standing: &[&AlertRecord], context: &Context<'_>) -> Option<usize> {
    let corrected = context.replaces.corrected()?;
    standing.iter().position(|record| record.id == corrected.id)
}

fn is_replaced(record: &AlertRecord, context: &Context<'_>) -> bool {
    context.replaces.record().is_some_and(|replaced| replaced.id == record.id)
}
