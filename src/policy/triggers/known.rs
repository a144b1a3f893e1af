//! What is known from before of the persons of an alert, from the claims of identity (domain 4.5): a claim that is
//! linked automatically or by a human counts, a proposed or possible one is told as such, any other is nothing.
//!
//! A missing episode, an attendance is its PRIMARY's alone: who is mentioned beside has not gone missing. A notification
//! is a pair's when both of its persons are, and so is a referral to the MARAC, which is what T4 counts from. Duplicates are folded here (domain 5.9), each event as it would have been
//! when it came.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::folding::duplicate_of;
use super::judge::Repeats;
use super::ledger::{History, Link, Past, What};
use super::marac::{MaracDates, Pair};
use super::thresholds::Thresholds;
use crate::domain::identity::{LinkState, Mentions, Tally};
use crate::domain::submission::MissingCategory;
use crate::domain::{AlertKind, EpisodeId, identity};
use crate::policy::clock;
use crate::policy::matching::Earlier;

/// Gathers it.
#[must_use]
pub fn known(
    mentions: &Mentions,
    links: &[identity::Link],
    earlier: &[Earlier],
    thresholds: &Thresholds,
) -> Repeats {
    let Tally { about, partner, .. } = mentions.tally;
    let ended: BTreeSet<EpisodeId> = earlier
        .iter()
        .filter(|it| {
            matches!(it.record.kind, AlertKind::MissingFound | AlertKind::MissingCancelled)
        })
        .map(|it| it.record.episode)
        .collect();
    let claim = |mention: Option<u32>, earlier: &Earlier, other: Option<u32>| {
        let is_it = |link: &&identity::Link| {
            Some(link.mention) == mention
                && link.other == earlier.record.id
                && Some(link.other_mention) == other
        };
        links.iter().filter(is_it).find_map(|link| standing(link.state))
    };
    let past = |earlier: &Earlier, link: Link| {
        let is_open = !ended.contains(&earlier.record.episode);
        Some(Past {
            alert: earlier.record.id,
            episode: earlier.record.episode,
            started: earlier.mentions.tally.started,
            what: what(earlier, is_open)?,
            link,
        })
    };
    let real = earlier.iter().filter(|it| !it.record.exercise);
    let (referrals, events): (Vec<&Earlier>, Vec<&Earlier>) =
        real.partition(|it| it.record.kind == AlertKind::MaracReferral);
    let (pair, subject): (Vec<&Earlier>, Vec<&Earlier>) =
        events.into_iter().partition(|it| it.record.kind == AlertKind::DvNotification);
    let of_subject =
        subject.into_iter().filter_map(|it| past(it, claim(about, it, it.mentions.tally.about)?));
    let both = |it: &Earlier| {
        let victim = claim(about, it, it.mentions.tally.about)?;
        let other = claim(partner, it, it.mentions.tally.partner)?;
        Some(weaker(victim, other))
    };
    let of_pair = pair.into_iter().filter_map(|it| past(it, both(it)?));
    let referred: Vec<(Link, Date)> = referrals
        .into_iter()
        .filter_map(|it| Some((both(it)?, clock::date_of(it.mentions.tally.started))))
        .collect();
    let (parties, marac) = register(&referred);
    Repeats {
        subject: folded(of_subject.collect(), thresholds),
        pair: History { marac, ..folded(of_pair.collect(), thresholds) },
        parties,
    }
}

/// What the referrals of a pair say of it. Of a pair that is not confirmed: whether somebody must look.
fn register(referred: &[(Link, Date)]) -> (Pair, MaracDates) {
    let last = |confirmed: bool| {
        let of = referred.iter().filter(|(link, _)| (*link == Link::Confirmed) == confirmed);
        of.map(|(_, on)| *on).max()
    };
    let (parties, last_referral) = match (last(true), last(false)) {
        (Some(confirmed), _) => (Pair::Confirmed, Some(confirmed)),
        (None, Some(perhaps)) => (Pair::Unconfirmed, Some(perhaps)),
        (None, None) => (Pair::Other, None),
    };
    // The outcome's meeting is the anchor of T4-legacy alone, which no alert is decided by.
    (parties, MaracDates { last_referral, last_meeting: None })
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
    let tally = &earlier.mentions.tally;
    let kind = earlier.record.kind;
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

/// The events in the order they were taken, each put into the episode of the one it is a duplicate of.
fn folded(mut events: Vec<Past>, thresholds: &Thresholds) -> History {
    events.sort_by_key(|past| past.alert);
    let mut kept: Vec<Past> = Vec::with_capacity(events.len());
    for mut past in events {
        if let Some(first) = duplicate_of(&past, &kept, &[], thresholds) {
            past.episode = first.episode;
        }
        kept.push(past);
    }
    History { events: kept, ..History::EMPTY }
}
