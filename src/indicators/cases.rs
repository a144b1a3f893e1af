//! Cases of pairs heard at a MARAC, as facts for NI 32 (domain 8).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::EpisodeAlert;
use super::derive::{Reading, day};
use crate::domain::counted::{MaracRepeat, PairCounted};
use crate::domain::{AlertId, AlertKind, AlertRecord};
use crate::policy::indicators::{PairCase, Source};
use crate::policy::recall::is_recalled;
use crate::policy::triggers::{Link, anchor_stands};

/// What an alert that a repeat counts from has become: itself, and after it what took its place.
pub(super) type Chains = BTreeMap<AlertId, Vec<Arc<AlertRecord>>>;

/// The alerts that the cases of these outcomes count from.
pub(super) fn anchors<'a>(
    outcomes: &'a [Arc<AlertRecord>],
    episodes: &'a BTreeMap<AlertId, Vec<EpisodeAlert>>,
) -> impl Iterator<Item = AlertId> + 'a {
    let cases = outcomes.iter().filter_map(|outcome| case_of(outcome, episodes));
    cases.flat_map(|(case, _)| [case.referral, case.meeting]).flatten()
}

/// The cases that were heard. What was corrected or recalled is left out.
pub(super) fn pair_cases(
    outcomes: &[Arc<AlertRecord>],
    episodes: &BTreeMap<AlertId, Vec<EpisodeAlert>>,
    chains: &Chains,
) -> Vec<PairCase> {
    let read = Reading::of(episodes);
    let fact = |outcome: &Arc<AlertRecord>| {
        let heard_at = outcome.counted.pair?.heard_at?;
        let (case, alerts) = case_of(outcome, episodes)?;
        let counts = |found: MaracRepeat, from: Option<AlertId>| {
            let chain = from.and_then(|from| chains.get(&from));
            let is_undone = chain.is_some_and(|chain| !anchor_stands(chain, &alerts));
            if is_undone { MaracRepeat::NotRepeat } else { found }
        };
        Some(PairCase {
            // Whether the pair is known, the case says itself: where it is not, it is no repeat that can be told.
            source: Source { link: Link::Confirmed, ..read.source(outcome) },
            heard_on: day(heard_at),
            current: counts(case.current, case.referral),
            legacy: counts(case.legacy, case.meeting),
        })
    };
    outcomes.iter().filter_map(fact).collect()
}

/// What counts of the case of an outcome: its referral's word, else its own; and the alerts of the case.
fn case_of(
    outcome: &AlertRecord,
    episodes: &BTreeMap<AlertId, Vec<EpisodeAlert>>,
) -> Option<(PairCounted, Vec<AlertId>)> {
    let own = outcome.counted.pair?;
    let episode = episodes.get(&outcome.episode.first_alert());
    let standing = episode.into_iter().flatten().map(|it| &it.record);
    let standing: Vec<&Arc<AlertRecord>> = standing.filter(|record| stands(record)).collect();
    let is_referral = |record: &&&Arc<AlertRecord>| record.kind == AlertKind::MaracReferral;
    let referral = standing.iter().rfind(is_referral).and_then(|record| record.counted.pair);
    let is_case = |record: &&Arc<AlertRecord>| record.counted.pair.is_some();
    let alerts = standing.iter().copied().filter(is_case).map(|record| record.id).collect();
    Some((referral.unwrap_or(own), alerts))
}

fn stands(record: &AlertRecord) -> bool {
    record.after.superseded_by.is_none() && !is_recalled(record)
}
