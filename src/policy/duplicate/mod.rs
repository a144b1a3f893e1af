//! Duplicate episodes (domain 5.9): what becomes of an alert about an event that is known already, and of the two when a
//! human says that they were two events.
//!
//! Owns to which earlier alert it is linked, at once or when a human confirms that the person is one, what of the two
//! differs, that the higher risk and the earlier clock are kept, by the copies that are out already too, and what goes along
//! with an alert that is linked or split. Nothing is merged: both alerts, both sets of copies stay. Which events
//! may be one is [`super::triggers`]' own. Only confirmed links join episodes; what is STRONG is counted once, and shown.

mod joined;
mod raised;

#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use joined::{heads, join};
pub use raised::raised;

use super::escalation;
use super::matching::Earlier;
use super::recall;
use super::sharing;
use super::triggers::{self, Repeats, Thresholds};
use super::{Decision, Validated};
use crate::domain::alert::Conflicts;
use crate::domain::delivery::DeliveryState;
use crate::domain::directory::Directory;
use crate::domain::event::EventKind;
use crate::domain::identity::{Link, MentionedPerson, Mentions, Tally};
use crate::domain::{
    AgencyCode, AlertId, AlertKind, AlertRecord, Deadline, Delivery, EpisodeId, Submission,
};

/// Later alerts that are linked to one, at most: beyond that somebody looks, and they are counted once all the same.
const DUPLICATES_MAX: usize = 8;

/// The earlier alert about the same event, the nearest of them. A sender that told of it before and gives this one a
/// reference of its own says that it is another.
#[must_use]
pub fn found<'a>(
    (sender, submission): (&AgencyCode, &Submission),
    (mentions, repeats): (&Mentions, &Repeats),
    earlier: &'a [Earlier],
    thresholds: &Thresholds,
) -> Option<&'a Earlier> {
    let kind = submission.kind;
    let found = triggers::same_event((kind, &mentions.tally), repeats, thresholds)?;
    let found = earlier.iter().find(|it| it.record.id == found)?;
    // Whoever else told of it meanwhile.
    let of_it = earlier.iter().filter(|it| it.record.episode == found.record.episode);
    (!is_other_to((sender, &mentions.tally), of_it.map(|it| &*it.record))).then_some(found)
}

/// Whether the sender told of the event before and gives this alert a reference of its own.
fn is_other_to<'a>(
    (sender, tally): (&AgencyCode, &Tally),
    mut event: impl Iterator<Item = &'a AlertRecord>,
) -> bool {
    tally.is_named && event.any(|it| it.sender == *sender)
}

/// Whether the two may be linked: neither is kept from anybody. Where one is, the other's sender and recipients would learn
/// by the link that it exists (domain 5.7); they are counted once all the same.
#[must_use]
pub fn may_be_linked(submission: &Submission, directory: &Directory, kept: &Conflicts) -> bool {
    kept.are_none() && sharing::stated_conflicts(submission, directory).are_none()
}

/// The alerts of an episode that tell of the event that `found` tells of, the first of them first: to that one a new one
/// is linked. Nothing where it is training or recalled, or too many are linked already.
#[must_use]
pub fn event_of(episode: &[Arc<AlertRecord>], found: AlertId) -> Option<Vec<Arc<AlertRecord>>> {
    let found = episode.iter().find(|it| it.id == found)?;
    let first = found.after.same_event.earlier.unwrap_or(found.id);
    let first = episode.iter().find(|it| it.id == first)?;
    let may_be_linked = !first.exercise
        && !recall::is_recalled(found)
        && first.after.same_event.later.len() < DUPLICATES_MAX;
    let is_of_it = |it: &&Arc<AlertRecord>| it.after.same_event.earlier == Some(first.id);
    let later = episode.iter().filter(is_of_it);
    may_be_linked.then(|| std::iter::once(first).chain(later).cloned().collect())
}

/// The paths of what the two say differently, as far as the hub keeps it for matching and counting; never a value.
#[must_use]
pub fn differences(
    (kind, own, links): (AlertKind, &Mentions, &[Link]),
    earlier: &Earlier,
) -> Vec<String> {
    let mut paths = Vec::new();
    let of = |mentions: &Mentions, index: u32| {
        mentions.people.iter().find(|person| person.index == index).cloned()
    };
    let confirmed =
        links.iter().filter(|link| link.other == earlier.record.id && link.state.is_confirmed());
    for link in confirmed {
        let pair = of(own, link.mention).zip(of(&earlier.mentions, link.other_mention));
        paths.extend(pair.into_iter().flat_map(|(one, other)| of_person(&one, &other)));
    }
    let (one, other) = (&own.tally, &earlier.mentions.tally);
    let started = if kind == AlertKind::MissingReported {
        "alert.missing.last_seen_at"
    } else if kind == AlertKind::AlcoholAttendance {
        "alert.alcohol.attendance_at"
    } else {
        "alert.domestic_violence.incident_at"
    };
    for (path, differs) in [
        (started, one.started != other.started),
        ("alert.missing.category", one.category != other.category),
        ("alert.domestic_violence.abuse_types", one.abuse != other.abuse),
    ] {
        paths.extend(differs.then(|| path.to_owned()));
    }
    paths.sort_unstable();
    paths.dedup();
    paths
}

fn of_person(one: &MentionedPerson, other: &MentionedPerson) -> Vec<String> {
    let (who, them) = (&one.identity, &other.identity);
    let born = (one.born, one.born_in) != (other.born, other.born_in);
    [
        ("nhs_number", who.nhs_number != them.nhs_number),
        ("family_name", who.family != them.family),
        ("given_names", who.given != them.given),
        ("also_known_as", who.aliases != them.aliases),
        ("dob", born),
        ("sex", who.sex != them.sex),
        ("addresses", (&who.uprn, &who.postcode) != (&them.uprn, &them.postcode)),
        ("phones", who.phones != them.phones),
        ("school_urn", one.school != other.school),
        ("expected_delivery", one.expected != other.expected),
    ]
    .into_iter()
    .filter(|(_, differs)| *differs)
    .map(|(field, _)| format!("alert.envelope.subjects[].{field}"))
    .collect()
}

/// The highest risk of those who told of the event, and with it the most urgent priority.
pub fn keep_higher_risk(validated: &mut Validated, event: &[Arc<AlertRecord>]) {
    for earlier in event.iter().filter(|it| it.risk > validated.risk).collect::<Vec<_>>() {
        validated.risk = validated.risk.max(earlier.risk);
        validated.priority = validated.priority.most_urgent(earlier.priority);
    }
}

/// The earlier clock: who has an earlier alert about the event and has not taken it is due for the later one no later.
pub fn keep_earlier_clock(decision: &mut Decision, event: &[Arc<AlertRecord>]) {
    for delivery in &mut decision.deliveries {
        let Some(first) = sooner(delivery, event) else { continue };
        delivery.due = Some(first);
        delivery.rung = escalation::first_rung(delivery.letter, delivery.purpose, delivery.due);
        let of_it = decision.events.iter_mut().filter(|event| {
            event.kind == EventKind::Queued && event.delivery == Some(delivery.number)
        });
        of_it.for_each(|event| event.deadline = Some(first));
    }
}

/// When whoever has the delivery was due for one of these, where that is sooner. What is for information has no clock to
/// keep.
fn sooner(delivery: &Delivery, event: &[Arc<AlertRecord>]) -> Option<Deadline> {
    let own = delivery.due?;
    let waits =
        |it: &&Delivery| !it.is_acknowledged() && !matches!(it.state, DeliveryState::Ended(_));
    let is_same = |it: &&Delivery| it.mailbox == delivery.mailbox && it.purpose == delivery.purpose;
    let known = event.iter().flat_map(|earlier| &earlier.deliveries);
    let running = known.filter(waits).filter(is_same);
    let first = running.filter_map(|it| it.due).min_by_key(|due| due.at)?;
    (first.at < own.at).then_some(first)
}

/// Whether what an alert was linked by still holds: a confirmed claim of its person, and of the other one of a pair, to
/// one of the alerts about the event.
#[must_use]
pub fn still_holds(record: &AlertRecord, mentions: &Mentions, event: &[AlertId]) -> bool {
    let is_claimed = |mention: u32| {
        let is_it = |link: &Link| link.mention == mention && event.contains(&link.other);
        record.links.iter().any(|link| is_it(link) && link.state.is_confirmed())
    };
    mentions.tally.about.is_some_and(is_claimed) && mentions.tally.partner.is_none_or(is_claimed)
}

/// Why an alert is split from what it was linked to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Apart {
    /// A human says that they are two events: they are never linked again.
    TwoEvents,
    /// The claim that made it one person is undone, and with it what rested on it: as if it had never been linked.
    TwoPersons,
}

/// What a split changes, in the order of the episode: the alert becomes the first of an episode of its own.
///
/// What completes, corrects or updates it goes along, and so does what its sender told since and before the end, where
/// that sender told nothing of the episode before. An end, and what followed it, stays and is of both: whoever was found
/// was missing no more, whichever report began it. Nothing where the alert is linked to none.
#[must_use]
pub fn split(alert: AlertId, episode: &[Arc<AlertRecord>], why: Apart) -> Option<Vec<AlertRecord>> {
    let at = episode.iter().position(|it| it.id == alert)?;
    let (before, rest) = episode.split_at_checked(at)?;
    let (apart, later) = rest.split_first()?;
    apart.after.same_event.earlier?;
    let end = later.iter().position(|it| recall::is_end(it)).unwrap_or(later.len());
    let is_known = before.iter().any(|it| it.sender == apart.sender);
    let mut gone = vec![apart.id];
    for (place, it) in later.iter().enumerate() {
        let mut replaced = it.completes.iter().chain(&it.after.supersedes);
        let is_news = !is_known
            && place < end
            && it.sender == apart.sender
            && it.after.same_event.earlier.is_none();
        if replaced.any(|replaced| gone.contains(replaced)) || is_news {
            gone.push(it.id);
        }
    }
    let shared = later.iter().skip(end).map(|it| it.id).filter(|id| !gone.contains(id));
    let mut followers: Vec<AlertId> = gone.iter().copied().skip(1).collect();
    followers.extend(shared);
    let changed = episode.iter().map(|it| {
        let mut next = it.as_ref().clone();
        if gone.contains(&it.id) {
            next.episode = EpisodeId::from(alert);
            next.after.same_event.earlier = None;
            if why == Apart::TwoEvents {
                next.after.same_event.split_from = Some(it.episode);
            }
        } else {
            next.followers.retain(|follower| !gone.contains(follower));
            next.after.same_event.later.retain(|later| !gone.contains(later));
        }
        if it.id == alert {
            next.followers.clone_from(&followers);
        }
        (it, next)
    });
    Some(changed.filter(|(it, next)| ***it != *next).map(|(_, next)| next).collect())
}
