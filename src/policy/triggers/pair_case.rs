//! Whether the case of a pair before the MARAC is a repeat, by T4 and by T4-legacy: what NI 32 counts (domain 5.8, 8).
//!
//! A case is an episode with a referral or an outcome. What counts before it are the cases of the same pair in other
//! episodes, and the event is what brought it: the notifications of its own episode, else the last one of the pair since
//! the last referral, else the referral itself – of which nobody has told what happened.

use std::sync::Arc;

use jiff::civil::Date;

use super::count::local_date;
use super::known::{register, same_pair};
use super::ledger::Link;
use super::marac::{MaracDates, Pair, legacy_repeat, repeat};
use crate::domain::counted::{MaracRepeat, PairCounted};
use crate::domain::identity::{self, Mentions};
use crate::domain::submission::AbuseType;
use crate::domain::{AlertId, AlertKind, AlertRecord, EpisodeId};
use crate::policy::matching::Earlier;
use crate::policy::recall;

/// What is told of the abuse that brought the case.
struct Event<'a> {
    on: Date,
    /// None where nobody has told what happened.
    abuse: Option<&'a [AbuseType]>,
}

/// Judges the case of an alert of this episode about the MARAC. When it was heard is the caller's to say.
#[must_use]
pub fn pair_case(
    (mentions, episode): (&Mentions, EpisodeId),
    links: &[identity::Link],
    earlier: &[Earlier],
) -> PairCounted {
    let pair = same_pair(mentions, links, earlier);
    let others: Vec<(&Earlier, Link)> = pair
        .iter()
        .filter(|(it, _)| it.record.episode != episode && it.record.after.superseded_by.is_none())
        .copied()
        .collect();
    let (dates, parties) = register(&others, mentions.tally.partner.is_some());
    let events = events(mentions, episode, (&pair, &dates));
    let current = most(events.iter().map(|event| repeat(parties, &dates, event.on)));
    let legacy = most(events.iter().map(|event| of_legacy(parties, &dates, event)));
    let anchor = |kind, on| last(&others, kind, on);
    PairCounted {
        current,
        legacy,
        referral: anchor(AlertKind::MaracReferral, dates.last_referral),
        meeting: anchor(AlertKind::MaracOutcome, dates.last_meeting),
        heard_at: None,
    }
}

/// One repeat makes the case one; what cannot be told is not told.
fn most(of_events: impl Iterator<Item = MaracRepeat>) -> MaracRepeat {
    of_events.fold(MaracRepeat::NotRepeat, |most, found| match (most, found) {
        (MaracRepeat::Repeat, _) | (_, MaracRepeat::Repeat) => MaracRepeat::Repeat,
        (MaracRepeat::Unknown, _) | (_, MaracRepeat::Unknown) => MaracRepeat::Unknown,
        (MaracRepeat::NotRepeat, MaracRepeat::NotRepeat) => MaracRepeat::NotRepeat,
    })
}

/// Whether it would be criminal is not told where nobody says what happened.
fn of_legacy(parties: Pair, dates: &MaracDates, event: &Event<'_>) -> MaracRepeat {
    if let Some(abuse) = event.abuse {
        return legacy_repeat(parties, dates, (event.on, abuse));
    }
    match legacy_repeat(parties, dates, (event.on, &[AbuseType::Physical])) {
        MaracRepeat::Repeat => MaracRepeat::Unknown,
        found @ (MaracRepeat::NotRepeat | MaracRepeat::Unknown) => found,
    }
}

fn events<'a>(
    mentions: &Mentions,
    episode: EpisodeId,
    (pair, dates): (&[(&'a Earlier, Link)], &MaracDates),
) -> Vec<Event<'a>> {
    let own_day = local_date(mentions.tally.started);
    let told = |it: &&(&'a Earlier, Link)| {
        it.0.record.kind == AlertKind::DvNotification
            && it.0.record.after.superseded_by.is_none()
            && it.1 == Link::Confirmed
    };
    let event = |it: &(&'a Earlier, Link)| {
        let tally = &it.0.mentions.tally;
        Event { on: local_date(tally.started), abuse: Some(tally.abuse.as_slice()) }
    };
    let own: Vec<Event<'a>> =
        pair.iter().filter(told).filter(|it| it.0.record.episode == episode).map(event).collect();
    if !own.is_empty() {
        return own;
    }
    let since = dates.last_referral.unwrap_or(Date::MIN);
    let last = pair.iter().filter(told).map(event);
    let last = last.filter(|event| since < event.on && event.on <= own_day);
    let last = last.max_by_key(|event| event.on);
    vec![last.unwrap_or(Event { on: own_day, abuse: None })]
}

fn last(others: &[(&Earlier, Link)], kind: AlertKind, on: Option<Date>) -> Option<AlertId> {
    let is_it = |it: &&(&Earlier, Link)| {
        it.0.record.kind == kind && Some(local_date(it.0.mentions.tally.started)) == on
    };
    others.iter().filter(is_it).map(|it| it.0.record.id).max()
}

/// Whether what a repeat counts from stands: not recalled, and not corrected, unless the correction is of the same two
/// persons as the case, whose alerts are `case`. `chain` is the alert that was counted from, and after it what took its
/// place.
#[must_use]
pub fn anchor_stands(chain: &[Arc<AlertRecord>], case: &[AlertId]) -> bool {
    let Some(last) = chain.last() else { return true };
    let links_to = |alert: AlertId| {
        let stands = move |link: &&identity::Link| link.other == alert && link.state.is_confirmed();
        last.links.iter().filter(stands)
    };
    // The other one of the pair stands after the subjects.
    let is_partner =
        |link: &identity::Link| usize::try_from(link.mention) == Ok(last.subjects.len());
    let is_of_pair = || {
        case.iter().any(|alert| {
            links_to(*alert).any(is_partner) && links_to(*alert).any(|link| !is_partner(link))
        })
    };
    !recall::is_recalled(last) && (chain.len() == 1 || is_of_pair())
}
