//! NI 71 evidence and return home interviews. NI 71 itself is a self-assessment that people score by hand.

use jiff::civil::Time;

use super::facts::{Ended, Interview, Known, MissingEnd, MissingEpisode, Source, counted_on};
use super::figure::{Exclusion, Figure, Fold, Indicator, Value, if_told, sift};
use super::report::Asked;
use crate::calendar;
use crate::domain::{Span, Timestamp};

const SCORE: Indicator = Indicator::new("NI 71", "self-assessment, scored by hand");
const EPISODES: Indicator = Indicator::new("NI 71 evidence", "missing episodes begun");
const OVERNIGHT: Indicator =
    Indicator::new("NI 71 evidence", "episodes with any part between 00:00 and 06:00");
const OFFERED: Indicator = Indicator::new("NI 71 evidence", "interviews offered");
const COMPLETED: Indicator = Indicator::new("NI 71 evidence", "interviews completed");
const RATE: Indicator =
    Indicator::new("RHI rate", "interviews completed within 72 hours of being found");

/// The end of the night `[DEFAULT]`.
const MORNING: Time = Time::constant(6, 0, 0, 0);
/// Within so long of being found `[STAT]`.
const IN_TIME: Span = Span::hours(72);
/// What England did, for a reader who compares.
const NATIONAL: &str = "about 63% in 72 hours was reported for England, 2023-24 (Missing People)";

/// The five scores of the self-assessment, 0 to 3 each (NI 71: DCSF OSR23/2010).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SelfAssessment(u8);

/// Why scores are refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the self-assessment has five scores of 0 to 3 each")]
pub struct SelfAssessmentError;

impl SelfAssessment {
    /// Five scores.
    ///
    /// # Errors
    /// When they are not five of 0 to 3.
    pub fn new(scores: &[u8]) -> Result<Self, SelfAssessmentError> {
        let is_valid = scores.len() == 5 && scores.iter().all(|score| *score <= 3);
        match is_valid {
            true => Ok(Self(scores.iter().fold(0, |sum: u8, score| sum.saturating_add(*score)))),
            false => Err(SelfAssessmentError),
        }
    }

    /// The sum, 0 to 15.
    #[must_use]
    pub const fn sum(self) -> u8 {
        self.0
    }
}

/// The evidence for NI 71: what began in the period.
pub(super) fn evidence(known: &Known<MissingEpisode>, asked: &Asked) -> Vec<Figure> {
    let score = match asked.self_assessment {
        Some(scores) => SCORE
            .figure(Value::Score { of: 15 }, Some(u64::from(scores.sum())), None)
            .noting("a self-assessment, not a count of runaways"),
        None => SCORE.without(Value::NotComputable("scored by hand: no scores were given")),
    };
    let evidence = if_told(known, &[EPISODES, OVERNIGHT], |episodes| {
        let by: (fn(&MissingEpisode) -> &Source, Fold<MissingEpisode>) =
            (|it| &it.source, Fold::ByEpisode);
        let begun = |it: &MissingEpisode| {
            let day = it.source.counted_on(calendar::local_date(it.started_at.to_jiff()));
            !has_ended(it, MissingEnd::Cancelled) && asked.period.holds(day)
        };
        let sifted = sift(episodes, by, begun);
        let all: Vec<&Source> = sifted.kept.iter().map(|it| &it.source).collect();
        let overnight = sifted.kept.iter().filter(|it| is_overnight(it, asked.now));
        let overnight: Vec<&Source> = overnight.map(|it| &it.source).collect();
        vec![
            EPISODES.count(&all).leaving_out(&sifted.left_out),
            OVERNIGHT
                .percent(&overnight, &all)
                .leaving_out(&sifted.left_out)
                .noting("from when the child was last seen, or else was reported"),
        ]
    });
    std::iter::once(score).chain(evidence).collect()
}

/// Interviews of the episodes that ended in the period and require one.
pub(super) fn interviews(known: &Known<MissingEpisode>, asked: &Asked) -> Vec<Figure> {
    if_told(known, &[OFFERED, COMPLETED, RATE], |episodes| {
        let by: (fn(&MissingEpisode) -> &Source, Fold<MissingEpisode>) =
            (|it| &it.source, Fold::ByEpisode);
        let ended = sift(episodes, by, |it| {
            let day = |it: Ended| counted_on(calendar::local_date(it.at.to_jiff()), it.told_on);
            it.ended.is_some_and(|ended| asked.period.holds(day(ended)))
        });
        let required: Vec<&MissingEpisode> =
            ended.kept.iter().copied().filter(|it| is_required(it)).collect();
        let left_out = not_required(&ended.kept);
        let told: Vec<(&Source, Timestamp, Interview)> = required
            .iter()
            .filter_map(|it| Some((&it.source, it.ended?.at, it.interview?)))
            .collect();
        if told.is_empty() && !required.is_empty() {
            let why = "the hub is not told of interviews: no RHI_UPDATE";
            let line = |indicator: Indicator| indicator.without(Value::NotComputable(why));
            return vec![line(OFFERED), line(COMPLETED), line(RATE)];
        }
        let of = |holds: fn(Timestamp, &Interview) -> bool| {
            let found = told.iter().filter(|(_, found_at, interview)| holds(*found_at, interview));
            found.map(|(source, ..)| *source).collect::<Vec<&Source>>()
        };
        let all: Vec<&Source> = required.iter().map(|it| &it.source).collect();
        let lines = [
            OFFERED.percent(&of(|_, interview| interview.offered_at.is_some()), &all),
            COMPLETED.percent(&of(|_, interview| interview.completed_at.is_some()), &all),
            RATE.percent(&of(is_in_time), &all).noting(NATIONAL),
        ];
        let done = |figure: Figure| figure.leaving_out(&ended.left_out).leaving_out(&left_out);
        lines.into_iter().map(done).collect()
    })
}

fn is_in_time(found_at: Timestamp, interview: &Interview) -> bool {
    interview.completed_at.is_some_and(|at| at.since(found_at) <= IN_TIME)
}

fn has_ended(episode: &MissingEpisode, how: MissingEnd) -> bool {
    episode.ended.is_some_and(|ended| ended.how == how)
}

fn is_required(episode: &MissingEpisode) -> bool {
    has_ended(episode, MissingEnd::Found) && !episode.turned_18
}

/// The episodes that ended and require no interview, by why.
fn not_required(ended: &[&MissingEpisode]) -> Vec<Exclusion> {
    let of = |why, holds: fn(&MissingEpisode) -> bool| {
        let these = ended.iter().filter(|it| holds(it));
        Exclusion::of(why, these.map(|it| &it.source))
    };
    vec![
        of("cancelled: nobody was missing", |it| has_ended(it, MissingEnd::Cancelled)),
        of("deceased", |it| has_ended(it, MissingEnd::Deceased)),
        of("turned 18 before the return", |it| it.turned_18 && has_ended(it, MissingEnd::Found)),
    ]
}

/// Whether any part of the episode lies between 00:00 and 06:00, London time; one that goes on, up to now.
fn is_overnight(episode: &MissingEpisode, now: Timestamp) -> bool {
    let start = calendar::local(episode.started_at.to_jiff());
    if start.time() < MORNING {
        return true;
    }
    let end = episode.ended.map_or(now, |ended| ended.at);
    let next = calendar::days_after(start.date(), 1).and_then(calendar::start_of_day);
    next.is_ok_and(|midnight| end > Timestamp::from(midnight))
}
