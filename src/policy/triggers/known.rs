//! What is known from before of the persons of an alert, from the claims of identity (domain 4.5): a claim that is
//! linked automatically or by a human counts, a proposed or possible one is told as such, any other is nothing.
//!
//! A missing episode, an attendance, a contact is its PRIMARY's alone: who is mentioned beside has not gone missing. A
//! notification is a pair's when both of its persons are, and so are the referrals to the MARAC and the meetings that
//! anchor T4: there is no other register of pairs. Duplicates are folded here (domain 5.9), each event as it would have
//! been when it came.

use std::collections::BTreeSet;

use super::count;
use super::folding::duplicate_of;
use super::judge::Repeats;
use super::ledger::{Contact, History, Link, Past, What};
use super::marac::{MaracDates, Pair};
use super::thresholds::Thresholds;
use crate::domain::identity::{LinkState, Mentions, Tally};
use crate::domain::referral::{Referral, ReferralStatus};
use crate::domain::submission::MissingCategory;
use crate::domain::{AlertKind, EpisodeId, identity};
use crate::policy::decide::has_reached_anybody;
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
    let (pair, subject): (Vec<&Earlier>, Vec<&Earlier>) =
        real.partition(|it| it.mentions.tally.partner.is_some());
    let of_subject = subject
        .into_iter()
        .filter(|it| it.record.kind != AlertKind::DvNotification)
        .filter_map(|it| past(it, claim(about, it, it.mentions.tally.about)?));
    let same_pair = pair.into_iter().filter_map(|it| {
        let victim = claim(about, it, it.mentions.tally.about)?;
        let other = claim(partner, it, it.mentions.tally.partner)?;
        Some((it, weaker(victim, other)))
    });
    let same_pair: Vec<(&Earlier, Link)> = same_pair.collect();
    let (marac, parties) = register(&same_pair, partner.is_some());
    let of_pair = same_pair.iter().filter_map(|(it, link)| past(it, *link));
    Repeats {
        subject: folded(of_subject.collect(), thresholds),
        pair: History { marac, ..folded(of_pair.collect(), thresholds) },
        parties,
    }
}

/// What earlier referrals to the MARAC and its outcomes say of the pair, and whether it is sure that it is theirs. With
/// nobody named as the other one it can be any pair.
fn register(same_pair: &[(&Earlier, Link)], has_partner: bool) -> (MaracDates, Pair) {
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
        // A contact that was withheld from the front door (D14) is none that it had.
        let heard =
            earlier.record.referral.filter(|_| has_reached_anybody(&earlier.record.deliveries));
        heard.map(|referral| What::Contact(became(&referral)))
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
