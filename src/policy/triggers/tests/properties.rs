//! Counters equal a recount from source, whatever happened in between.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::select;

use super::super::*;
use super::words::id;
use crate::domain::submission::MissingCategory;
use crate::domain::{EpisodeId, Span, Timestamp};

/// Something that happens to a history.
#[derive(Clone, Debug)]
enum Step {
    Take(Past),
    Correct(u8, MissingCategory),
    Unlink(u8),
    Confirm(u8),
    Recall(u8),
    Split(u8),
}

const DAY_0: i64 = 1_790_000_000_000;

fn past() -> impl Strategy<Value = Past> {
    let categories = select(MissingCategory::ALL);
    let links = select(&[Link::Confirmed, Link::Strong, Link::Possible][..]);
    (1..20_u8, 1..12_u8, 0..200_i64, 0..6_u8, categories, links).prop_map(
        |(number, episode, days, kind, category, link)| Past {
            alert: id(number),
            episode: EpisodeId::from(id(100 + episode)),
            started: Timestamp::from_millis(DAY_0).plus(Span::hours(24 * days)),
            what: match kind {
                0 | 1 => What::Missing { category, is_open: true },
                2 => What::Attendance,
                3 => What::DomesticAbuse { abuse: Vec::new() },
                4 => What::Contact(Contact::Undecided),
                _ => What::Contact(Contact::Referral),
            },
            link,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => past().prop_map(Step::Take),
        1 => (1..20_u8, select(MissingCategory::ALL)).prop_map(|(at, to)| Step::Correct(at, to)),
        1 => (1..20_u8).prop_map(Step::Unlink),
        1 => (1..20_u8).prop_map(Step::Confirm),
        1 => (1..20_u8).prop_map(Step::Recall),
        1 => (1..20_u8).prop_map(Step::Split),
    ]
}

fn apply(history: History, step: &Step) -> History {
    let changed = |history: History, number: u8, change: &dyn Fn(&mut Past)| {
        let found = history.events.iter().find(|past| past.alert == id(number)).cloned();
        match found {
            None => history,
            Some(mut past) => {
                change(&mut past);
                history.with(past)
            }
        }
    };
    match step {
        Step::Take(past) => history.with(past.clone()),
        Step::Recall(number) => history.without(id(*number)),
        Step::Unlink(number) => changed(history, *number, &|past| past.link = Link::Possible),
        Step::Confirm(number) => changed(history, *number, &|past| past.link = Link::Confirmed),
        Step::Split(number) => {
            changed(history, *number, &|past| past.episode = EpisodeId::from(past.alert))
        }
        Step::Correct(number, to) => changed(history, *number, &|past| {
            if let What::Missing { category, .. } = &mut past.what {
                *category = *to;
            }
        }),
    }
}

/// The local dates that count, by hand.
#[derive(Clone, Copy)]
enum Reach {
    /// So many days before today, and later.
    Days(i64),
    /// The same day number so many months on, or that month's last, is not over.
    Months(i8),
}

impl Reach {
    fn holds(self, started: Timestamp, now: Timestamp) -> bool {
        let date = |at: Timestamp| crate::calendar::local_date(at.to_jiff());
        match self {
            Self::Days(days) => date(started) >= date(now.minus(Span::hours(24 * days))),
            Self::Months(months) => {
                let (start, today) = (date(started), date(now));
                let months = i16::from(start.month()) + i16::from(months) - 1;
                let (year, month) =
                    (start.year() + months / 12, i8::try_from(months % 12 + 1).unwrap());
                let first = jiff::civil::date(year, month, 1);
                let last = first.last_of_month().day();
                today <= jiff::civil::date(year, month, start.day().min(last))
            }
        }
    }
}

/// Counts again by hand: the confirmed alerts, episode by episode, day by day.
fn recount(events: &[Past], now: Timestamp, is_of: impl Fn(&What) -> bool, reach: Reach) -> u32 {
    let confirmed: Vec<&Past> = events.iter().filter(|past| past.link == Link::Confirmed).collect();
    let episodes: BTreeSet<EpisodeId> = confirmed.iter().map(|past| past.episode).collect();
    let counts = episodes.iter().filter(|episode| {
        let alerts: Vec<&&Past> =
            confirmed.iter().filter(|past| past.episode == **episode).collect();
        let first = alerts.iter().map(|past| past.started).min().unwrap();
        reach.holds(first, now) && alerts.iter().any(|past| is_of(&past.what))
    });
    u32::try_from(counts.count()).unwrap()
}

/// A trigger that is a count.
struct Counter {
    trigger: Trigger,
    /// What is counted.
    is_of: fn(&What) -> bool,
    /// How far back.
    reach: Reach,
    /// What the new event is.
    new: What,
}

const COUNTERS: [Counter; 4] = [
    Counter {
        trigger: Trigger::T1,
        is_of: |what| matches!(what, What::Missing { category: MissingCategory::Missing, .. }),
        reach: Reach::Days(15),
        new: What::Missing { category: MissingCategory::Missing, is_open: true },
    },
    Counter {
        trigger: Trigger::T3,
        is_of: |what| *what == What::Attendance,
        reach: Reach::Months(3),
        new: What::Attendance,
    },
    Counter {
        trigger: Trigger::T5,
        is_of: |what| matches!(what, What::DomesticAbuse { .. }),
        reach: Reach::Months(5),
        new: What::DomesticAbuse { abuse: Vec::new() },
    },
    Counter {
        trigger: Trigger::T7,
        is_of: |what| matches!(what, What::Contact(_)),
        reach: Reach::Days(15),
        new: What::Contact(Contact::Undecided),
    },
];

const NUMBERS: Thresholds = Thresholds {
    missing_days: 15,
    attendance_months: 3,
    notification_months: 5,
    rereferral_months: 3,
    contact_days: 15,
    ..Thresholds::DEFAULT
};

proptest! {
    #[test]
    fn counters_equal_a_recount_from_source(
        steps in prop::collection::vec(step(), 1..40),
        later in 0..30_i64,
    ) {
        let history = steps.iter().fold(History::default(), apply);
        let Some(new) = history.events.last() else { return Ok(()) };
        for Counter { trigger, is_of, reach, new: what } in COUNTERS {
            // Days of 24 hours end before the clocks change; months reach over it, to all that may have begun.
            let days = if matches!(reach, Reach::Days(_)) { 20 } else { 170 + later };
            let now = Timestamp::from_millis(DAY_0).plus(Span::hours(24 * days));
            let new = Past { what, ..new.clone() };

            let found = find(&history, (&new, Danger::default(), Pair::Confirmed), now, &NUMBERS);

            let finding = found.iter().find(|finding| finding.trigger == trigger).unwrap();
            let by_hand = recount(&history.events, now, is_of, reach);
            prop_assert_eq!(finding.count, by_hand, "{:?}", trigger);
            prop_assert_eq!(finding.from.len(), by_hand as usize, "{:?}", trigger);
        }
    }

    #[test]
    fn a_re_referral_is_one_where_a_recount_finds_the_referral_before(
        steps in prop::collection::vec(step(), 1..40),
    ) {
        let history = steps.iter().fold(History::default(), apply);
        let Some(new) = history.events.last() else { return Ok(()) };
        let new = Past { what: What::Contact(Contact::Referral), link: Link::Confirmed, ..new.clone() };
        let now = new.started.plus(Span::hours(1));

        let found = find(&history, (&new, Danger::default(), Pair::Confirmed), now, &NUMBERS);

        let finding = found.iter().find(|finding| finding.trigger == Trigger::T6).unwrap();
        let before = history.events.iter().filter(|past| {
            past.episode != new.episode && past.started <= new.started
        });
        let before: Vec<Past> = before.cloned().collect();
        let is_referral = |what: &What| *what == What::Contact(Contact::Referral);
        let earlier = recount(&before, new.started, is_referral, Reach::Months(3));
        prop_assert_eq!(finding.standing == Standing::Holds, earlier > 0);
        prop_assert_eq!(finding.count, u32::from(earlier > 0));
    }

    #[test]
    fn an_unconfirmed_link_never_fires_and_never_changes_a_count(
        steps in prop::collection::vec(step(), 1..40),
    ) {
        let history = steps.iter().fold(History::default(), apply);
        let sure = History {
            events: history.events.iter().filter(|past| past.link == Link::Confirmed).cloned().collect(),
            ..History::default()
        };
        let now = Timestamp::from_millis(DAY_0).plus(Span::hours(24 * 20));
        let Some(new) = sure.events.last() else { return Ok(()) };
        let about = (new, Danger::default(), Pair::Confirmed);
        let (all, only_sure) = (
            find(&history, about, now, &Thresholds::DEFAULT),
            find(&sure, about, now, &Thresholds::DEFAULT),
        );
        for (with, without) in all.iter().zip(&only_sure) {
            prop_assert_eq!(with.count, without.count);
            prop_assert_eq!(with.news, without.news);
        }
    }

    #[test]
    fn undoing_a_change_gives_the_count_that_was_there_before(
        steps in prop::collection::vec(step(), 1..30),
        extra in past(),
    ) {
        let before = steps.iter().fold(History::default(), apply).without(extra.alert);
        let after = before.clone().with(extra.clone()).without(extra.alert);

        prop_assert_eq!(before, after);
    }

    #[test]
    fn what_is_counted_again_without_an_alert_is_taken_back_at_most_and_never_fires(
        steps in prop::collection::vec(past(), 2..30),
        gone in 0_usize..29,
    ) {
        let now = Timestamp::from_millis(DAY_0).plus(Span::hours(24 * 200));
        // An episode of its own each: one that loses its first alert starts later, and may come into the window.
        let alone = |past: Past| Past { episode: EpisodeId::from(past.alert), ..past };
        let steps: Vec<Past> = steps.into_iter().map(alone).collect();
        let history = steps.iter().fold(History::default(), |known, new| known.with(new.clone()));
        let new = steps.last().unwrap();
        let found = |history: &History| {
            find(history, (new, Danger::default(), Pair::Confirmed), now, &Thresholds::DEFAULT)
        };
        let was = found(&history);
        let gone = steps.get(gone).filter(|gone| gone.alert != new.alert);
        let is = gone.map_or_else(|| was.clone(), |gone| found(&history.clone().without(gone.alert)));
        // T7 may fire: what is gone can be the one referral.
        let changed = counted_again(&was, &is);
        prop_assert!(changed.iter().all(|it| it.trigger == Trigger::T7 || it.left < it.told));
        prop_assert!(counted_again(&was, &was).is_empty());
    }
}
