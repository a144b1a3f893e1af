//! What is known from before of the persons of an alert, from the claims of identity (domain 4.5): a claim that is
//! linked automatically or by a human counts, a proposed or possible one is told as such, any other is nothing.
//!
//! A missing episode, an attendance, a contact is its PRIMARY's alone: who is mentioned beside has not gone missing. A
//! notification is a pair's when both of its persons are, and so are the referrals to the MARAC and the meetings that
//! anchor T4: there is no other register of pairs. Duplicates are folded here (domain 5.9), each event as it would have
//! been when it came.

use std::collections::BTreeSet;

use super::count;
use super::folding::{duplicate_of, folded};
use super::judge::{Repeats, THIS};
use super::ledger::{Contact, History, Link, Past, What};
use super::marac::{MaracDates, Pair};
use super::thresholds::Thresholds;
use crate::domain::identity::{LinkState, Mentions, Tally};
use crate::domain::referral::{Referral, ReferralStatus};
use crate::domain::submission::MissingCategory;
use crate::domain::{AlertId, AlertKind, AlertRecord, EpisodeId, identity};
use crate::policy::decide::has_reached_anybody;
use crate::policy::matching::Earlier;
use crate::policy::recall;

/// Gathers it.
#[must_use]
pub fn known(
    mentions: &Mentions,
    links: &[identity::Link],
    earlier: &[Earlier],
    thresholds: &Thresholds,
) -> Repeats {
    let Tally { about, partner, .. } = mentions.tally;
    // What is not confirmed ends nothing: FOUND_UNCONFIRMED is still missing (domain 3.5).
    let ends = earlier.iter().map(|it| &it.record).filter(|record| recall::is_end(record));
    let (ends, ended): (BTreeSet<AlertId>, BTreeSet<EpisodeId>) =
        ends.map(|record| (record.id, record.episode)).unzip();
    let past = |earlier: &Earlier, link: Link| {
        // What was split after the end shares it: the end is a follower of both.
        let record = &earlier.record;
        let is_open = !ended.contains(&record.episode)
            && !record.followers.iter().any(|follower| ends.contains(follower));
        Some(Past {
            alert: earlier.record.id,
            episode: earlier.record.episode,
            started: earlier.mentions.tally.started,
            what: what(earlier, is_open)?,
            link,
        })
    };
    let of_subject = earlier
        .iter()
        .filter(|it| is_real(it))
        .filter(|it| it.mentions.tally.partner.is_none())
        .filter(|it| it.record.kind != AlertKind::DvNotification)
        .filter_map(|it| past(it, claim(links, about, (it, it.mentions.tally.about))?));
    let same_pair = same_pair(mentions, links, earlier);
    let (marac, parties) = register(&same_pair, partner.is_some());
    let of_pair = same_pair.iter().filter_map(|(it, link)| past(it, *link));
    let apart = earlier.iter().filter_map(|it| split(&it.record)).collect();
    let none = History { apart, ..History::EMPTY };
    Repeats {
        subject: in_order(of_subject.collect(), none.clone(), thresholds),
        pair: History { marac, ..in_order(of_pair.collect(), none, thresholds) },
        parties,
    }
}

/// The earlier alerts about the same pair, training apart, and how sure that is.
pub(super) fn same_pair<'a>(
    mentions: &Mentions,
    links: &[identity::Link],
    earlier: &'a [Earlier],
) -> Vec<(&'a Earlier, Link)> {
    let Tally { about, partner, .. } = mentions.tally;
    let of_pair = earlier
        .iter()
        .filter(|it| is_real(it) && it.mentions.tally.partner.is_some())
        .filter_map(|it| {
            let victim = claim(links, about, (it, it.mentions.tally.about))?;
            let other = claim(links, partner, (it, it.mentions.tally.partner))?;
            Some((it, weaker(victim, other)))
        });
    of_pair.collect()
}

/// How sure it is that the two mentions are one person.
fn claim(
    links: &[identity::Link],
    mention: Option<u32>,
    (earlier, other): (&Earlier, Option<u32>),
) -> Option<Link> {
    let is_it = |link: &&identity::Link| {
        Some(link.mention) == mention
            && link.other == earlier.record.id
            && Some(link.other_mention) == other
    };
    links.iter().filter(is_it).find_map(|link| standing(link.state))
}

/// Training, and what its sender took back, is nothing that happened.
fn is_real(alert: &Earlier) -> bool {
    !alert.record.exercise && !recall::is_recalled(&alert.record)
}

/// What earlier referrals to the MARAC and its outcomes say of the pair, and whether it is sure that it is theirs. With
/// nobody named as the other one it can be any pair.
pub(super) fn register(same_pair: &[(&Earlier, Link)], has_partner: bool) -> (MaracDates, Pair) {
    let heard: Vec<(&Earlier, Link)> = same_pair
        .iter()
        .filter(|(it, _)| {
            matches!(it.record.kind, AlertKind::MaracReferral | AlertKind::MaracOutcome)
        })
        .copied()
        .collect();
    let sure = heard.iter().any(|(_, link)| *link == Link::Confirmed);
    let counted = |kind: AlertKind| {
        let dates = heard
            .iter()
            .filter(|(it, link)| it.record.kind == kind && (!sure || *link == Link::Confirmed))
            .map(|(it, _)| count::local_date(it.mentions.tally.started));
        dates.max()
    };
    let dates = MaracDates {
        last_referral: counted(AlertKind::MaracReferral),
        last_meeting: counted(AlertKind::MaracOutcome),
    };
    let parties = match (has_partner, heard.is_empty(), sure) {
        (false, ..) | (true, false, false) => Pair::Unconfirmed,
        (true, true, _) => Pair::Other,
        (true, false, true) => Pair::Confirmed,
    };
    (dates, parties)
}

/// The earlier event that an alert of this kind tells of too, though another has told of it: confirmed, and within the
/// family's hours (domain 5.9).
#[must_use]
pub fn same_event(
    (kind, tally): (AlertKind, &Tally),
    repeats: &Repeats,
    thresholds: &Thresholds,
) -> Option<AlertId> {
    let new = Past {
        alert: THIS,
        episode: EpisodeId::from(THIS),
        started: tally.started,
        what: what_of((kind, tally), true)?,
        link: Link::Confirmed,
    };
    duplicate_of(&new, &confirmed(&new, repeats), thresholds).map(|past| past.alert)
}

/// As [`same_event`], of an alert that is there with these claims: never what a human has split from it.
#[must_use]
pub fn same_event_as(
    alert: &Earlier,
    earlier: &[Earlier],
    thresholds: &Thresholds,
) -> Option<AlertId> {
    let Earlier { record, mentions } = alert;
    let what = what_of((record.kind, &mentions.tally), true)?;
    let new = Past { what, ..event_of(alert)? };
    let repeats = known(mentions, &record.links, earlier, thresholds);
    let mut history = confirmed(&new, &repeats);
    history.apart.extend(split(record));
    duplicate_of(&new, &history, thresholds).map(|past| past.alert)
}

/// What is known of the person or the pair that an event is of, as far as it is confirmed.
fn confirmed(new: &Past, repeats: &Repeats) -> History {
    let mut history = match new.what {
        What::DomesticAbuse { .. } => repeats.pair.clone(),
        What::Missing { .. } | What::Attendance | What::Contact(_) => repeats.subject.clone(),
    };
    history.events.retain(|past| past.link == Link::Confirmed);
    history
}

/// The alert and the episode that a human has split it from.
pub fn split(record: &AlertRecord) -> Option<(AlertId, EpisodeId)> {
    Some((record.id, record.after.same_event.split_from?))
}

/// What an alert itself tells of, as it stands in the history of later ones.
#[must_use]
pub fn event_of(alert: &Earlier) -> Option<Past> {
    Some(Past {
        alert: alert.record.id,
        episode: alert.record.episode,
        started: alert.mentions.tally.started,
        what: what(alert, true)?,
        link: Link::Confirmed,
    })
}

const fn standing(state: LinkState) -> Option<Link> {
    match state {
        LinkState::Automatic | LinkState::Confirmed => Some(Link::Confirmed),
        LinkState::Proposed => Some(Link::Strong),
        LinkState::Candidate => Some(Link::Possible),
        LinkState::Conflict | LinkState::Rejected | LinkState::Unlinked => None,
    }
}

const fn weaker(one: Link, other: Link) -> Link {
    match (one, other) {
        (Link::Possible, _) | (_, Link::Possible) => Link::Possible,
        (Link::Strong, _) | (_, Link::Strong) => Link::Strong,
        (Link::Confirmed, Link::Confirmed) => Link::Confirmed,
    }
}

fn what(earlier: &Earlier, is_open: bool) -> Option<What> {
    let told = what_of((earlier.record.kind, &earlier.mentions.tally), is_open);
    // A contact that was withheld from the front door (D14) is none that it had.
    let heard = earlier.record.referral.filter(|_| has_reached_anybody(&earlier.record.deliveries));
    told.or_else(|| heard.map(|referral| What::Contact(became(&referral))))
}

/// What has duplicates.
fn what_of((kind, tally): (AlertKind, &Tally), is_open: bool) -> Option<What> {
    // What cannot be read is no lesser category.
    let category = tally.category.unwrap_or(MissingCategory::Missing);
    if kind == AlertKind::MissingReported {
        Some(What::Missing { category, is_open })
    } else if kind == AlertKind::AlcoholAttendance {
        Some(What::Attendance)
    } else if kind == AlertKind::DvNotification {
        Some(What::DomesticAbuse { abuse: tally.abuse.clone() })
    } else {
        None
    }
}

/// What the front door made of a contact so far.
fn became(referral: &Referral) -> Contact {
    match referral.decided().map(|decided| decided.status) {
        None => Contact::Undecided,
        Some(ReferralStatus::Contact) => Contact::NoReferral,
        Some(ReferralStatus::Referral) => Contact::Referral,
    }
}

/// The events in the order they were taken, each put into the episode of the one it is a duplicate of.
fn in_order(mut events: Vec<Past>, none: History, thresholds: &Thresholds) -> History {
    events.sort_by_key(|past| past.alert);
    events.into_iter().fold(none, |mut known, past| {
        let past = folded(past, &known, thresholds);
        known.events.push(past);
        known
    })
}
