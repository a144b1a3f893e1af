//! Runs `tests/tables/triggers.txt`.

use super::super::crossing::news;
use super::super::*;
use super::words::{Word, date, event, events, id, instant};
use crate::domain::Span;
use crate::domain::submission::AbuseType;

const TABLE: &str = include_str!("../../../../tests/tables/triggers.txt");

/// The lines of a section below its heading, cut at the bars, with their numbers.
fn section(name: &str) -> Vec<(usize, Vec<&'static str>)> {
    let heading = format!("[{name}]");
    let lines = TABLE.lines().enumerate().skip_while(|(_, line)| *line != heading).skip(1);
    let lines = lines.take_while(|(_, line)| !line.starts_with('['));
    let rows = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let cut = |(number, line): (usize, &'static str)| {
        (number + 1, line.split('|').map(str::trim).collect())
    };
    let rows: Vec<_> = rows.skip(1).map(cut).collect();
    assert!(!rows.is_empty(), "no section {name}");
    rows
}

/// Compares every line of a section; `run` gives what the hub says from the columns before the last.
fn holds(name: &str, run: impl Fn(&[&str]) -> String) {
    let mut wrong = Vec::new();
    for (number, row) in section(name) {
        let (expected, given) = row.split_last().unwrap();
        let said = run(given);
        if said != *expected {
            wrong.push(format!("line {number}: says {said}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn history_of(words: &[Word]) -> History {
    let there = words.iter().filter(|word| !word.is_gone);
    History { events: there.map(|word| word.past.clone()).collect(), ..History::default() }
}

fn judged(history: &History, now: &str, trigger: Trigger) -> Finding {
    let new = history.events.last().unwrap().clone();
    let about = (&new, Danger::default(), Pair::Confirmed);
    let found = find(history, about, instant(now), &Thresholds::DEFAULT);
    found.into_iter().find(|finding| finding.trigger == trigger).unwrap()
}

#[test]
fn what_counts_and_over_which_window() {
    holds("counting", |row| {
        let [trigger, now, known] = row else { panic!("four columns: {row:?}") };
        let trigger = Trigger::parse(trigger).unwrap();
        let finding = judged(&history_of(&events(known)), now, trigger);
        let Finding { count, possible, .. } = finding;
        let standing = match finding.standing {
            Standing::Below => format!("BELOW {count}"),
            Standing::Possible => format!("POSSIBLE {count}+{possible}"),
            Standing::Holds => format!("HOLDS {count}"),
        };
        match finding.beside {
            0 => standing,
            beside => format!("{standing} beside {beside}"),
        }
    });
}

#[test]
fn a_possible_repeat_is_never_a_trigger() {
    for (_, row) in section("counting") {
        let [trigger, now, known, says] = row.as_slice() else { panic!("four columns") };
        let trigger = Trigger::parse(trigger).unwrap();
        let finding = judged(&history_of(&events(known)), now, trigger);

        assert_eq!(finding.news == News::Fires, says.starts_with("HOLDS"), "{row:?}");
        let asks = asked(std::slice::from_ref(&finding));
        let confirm = asks.iter().any(|asked| asked.ask == Ask::PossibleRepeat);
        assert_eq!(confirm, says.starts_with("POSSIBLE"), "{row:?}");
    }
}

#[test]
fn one_episode_is_dangerous_by_its_length_the_childs_age_or_a_flag() {
    holds("one missing episode", |row| {
        let [age, flag, missing_for, is_open] = row else { panic!("five columns: {row:?}") };
        let hours: i64 = missing_for.split(' ').next().unwrap().parse().unwrap();
        let start = instant("2026-11-19 02:15");
        let is_over = if *is_open == "yes" { "" } else { " ended" };
        let new = event(&format!("MISSING 2026-11-19 02:15{is_over}"), 1).past;
        let age: u32 = age.parse().unwrap();
        let danger =
            Danger { is_young: age <= Thresholds::DEFAULT.missing_age, is_flagged: *flag != "-" };
        let history = History::default().with(new.clone());
        let now = start.plus(Span::hours(hours));
        let about = (&new, danger, Pair::Other);
        let found = find(&history, about, now, &Thresholds::DEFAULT);
        let finding = found.iter().find(|finding| finding.trigger == Trigger::T2).unwrap();
        if finding.standing == Standing::Holds { "HOLDS" } else { "BELOW" }.to_owned()
    });
}

#[test]
fn a_marac_repeat_is_of_the_pair_and_counts_from_the_last_referral() {
    holds("marac", |row| {
        let (pair, dates, day, abuse) = marac(row);
        let current = repeat(pair, &dates, day);
        assert_eq!(current.as_str(), row[6], "{row:?}");
        legacy_repeat(pair, &dates, (day, &abuse)).as_str().to_owned()
    });
}

fn marac(row: &[&str]) -> (Pair, MaracDates, jiff::civil::Date, Vec<AbuseType>) {
    let pair = match row[1] {
        "CONFIRMED" => Pair::Confirmed,
        "OTHER" => Pair::Other,
        "UNCONFIRMED" => Pair::Unconfirmed,
        other => panic!("unknown pair {other}"),
    };
    let dates = MaracDates { last_referral: date(row[2]), last_meeting: date(row[3]) };
    let abuse = row[5].split(' ').map(|kind| AbuseType::parse(kind).unwrap()).collect();
    (pair, dates, date(row[4]).unwrap(), abuse)
}

#[test]
fn t4_fires_for_a_repeat_and_asks_to_confirm_where_somebody_of_the_pair_is_not_confirmed() {
    for (_, row) in section("marac") {
        let (pair, marac, day, _) = marac(&row);
        let new = event(&format!("DV {day}"), 1).past;
        let history = History { marac, ..History::default() }.with(new.clone());
        let about = (&new, Danger::default(), pair);

        let found = find(&history, about, new.started, &Thresholds::DEFAULT);

        let t4 = found.iter().find(|finding| finding.trigger == Trigger::T4).unwrap();
        assert_eq!(t4.news == News::Fires, row[6] == "REPEAT", "{row:?}");
        assert_eq!(t4.standing == Standing::Possible, row[6] == "UNKNOWN", "{row:?}");
    }
}

#[test]
fn a_trigger_is_told_once_a_crossing_and_again_only_when_the_count_rises_further() {
    holds("telling", |row| {
        let number = |text: &&str| text.parse::<u32>().ok();
        let [told, before, after, threshold] = row else { panic!("five columns: {row:?}") };
        let counts = (number(before).unwrap(), number(after).unwrap());
        match news(number(told), counts, number(threshold).unwrap()) {
            News::None => "nothing".to_owned(),
            News::Fires => "fires".to_owned(),
        }
    });
}

#[test]
fn what_a_correction_makes_untrue_is_taken_back() {
    holds("taking back", |row| {
        let [trigger, told_at, told, stands] = row else { panic!("five columns: {row:?}") };
        let trigger = Trigger::parse(trigger).unwrap();
        let found = |known: &str| [judged(&history_of(&events(known)), told_at, trigger)];
        match counted_again(&found(told), &found(stands)).as_slice() {
            [] => "nothing".to_owned(),
            [Changed { told: 0, left, .. }] => format!("0 to {left}, fires"),
            [Changed { told, left: 0, .. }] => format!("{told} to 0, withdrawn"),
            [Changed { told, left, .. }] => format!("{told} to {left}, stands"),
            more => panic!("told once, taken back {} times", more.len()),
        }
    });
}

#[test]
fn t1_and_t2_make_one_task_and_a_marker_makes_none() {
    holds("asking", |row| {
        let fires = |trigger: &str| Finding {
            trigger: Trigger::parse(trigger).unwrap(),
            standing: Standing::Holds,
            news: News::Fires,
            count: 3,
            possible: 0,
            was: 0,
            beside: 0,
            from: vec![id(1)],
        };
        let findings: Vec<Finding> = row[0].split(' ').map(fires).collect();
        let asks = asked(&findings);
        let line = |asked: &Asked| {
            let triggers: Vec<&str> = asked.triggers.iter().map(|of| of.as_str()).collect();
            format!("{} {} {}", asked.ask, asked.ask.priority(), triggers.join(" "))
        };
        match asks.as_slice() {
            [] => "-".to_owned(),
            asks => asks.iter().map(line).collect::<Vec<String>>().join("; "),
        }
    });
}

#[test]
fn two_alerts_about_one_event_are_linked_and_never_across_an_end_or_a_split() {
    holds("duplicates", |row| {
        let (first, second) = (event(row[0], 1).past, event(row[1], 2));
        let apart = second.is_split.then_some((second.past.alert, first.episode));
        let apart = apart.into_iter().collect();
        let known = History { apart, ..History::EMPTY }.with(first);
        match duplicate_of(&second.past, &known, &Thresholds::DEFAULT) {
            Some(_) => "one episode".to_owned(),
            None => "two".to_owned(),
        }
    });
}

#[test]
fn of_several_the_nearest_is_the_duplicate() {
    let known = history_of(&events("MISSING 2026-11-19 02:00; MISSING 2026-11-19 06:00"));
    let new = event("MISSING 2026-11-19 05:00", 3).past;

    let found = duplicate_of(&new, &known, &Thresholds::DEFAULT).unwrap();

    assert_eq!(found.alert, id(2));
}

#[test]
fn every_number_has_bounds_and_is_refused_one_past_them() {
    let set = |field: &str, value: u32| {
        let mut numbers = Thresholds::DEFAULT;
        let place = match field {
            "missing_episodes" => &mut numbers.missing_episodes,
            "missing_days" => &mut numbers.missing_days,
            "missing_hours" => &mut numbers.missing_hours,
            "missing_age" => &mut numbers.missing_age,
            "attendances" => &mut numbers.attendances,
            "attendance_months" => &mut numbers.attendance_months,
            "notifications" => &mut numbers.notifications,
            "notification_months" => &mut numbers.notification_months,
            "rereferral_months" => &mut numbers.rereferral_months,
            "contacts" => &mut numbers.contacts,
            "contact_days" => &mut numbers.contact_days,
            "same_missing_hours" => &mut numbers.same_missing_hours,
            "same_attendance_hours" => &mut numbers.same_attendance_hours,
            "same_incident_hours" => &mut numbers.same_incident_hours,
            other => panic!("unknown number {other}"),
        };
        *place = value;
        numbers.checked().map_err(|error| error.to_string())
    };
    let rows = section("numbers");
    assert_eq!(rows.len(), Thresholds::BOUNDS.len());
    for ((_, row), bound) in rows.iter().zip(Thresholds::BOUNDS) {
        let number = |column: usize| row[column].parse::<u32>().unwrap();
        let (least, default, most) = (number(2), number(3), number(4));
        assert_eq!((row[0], row[1]), (bound.rule, bound.field));
        assert_eq!(
            (bound.least, (bound.of)(&Thresholds::DEFAULT), bound.most),
            (least, default, most)
        );
        assert!(set(bound.field, least).is_ok() && set(bound.field, most).is_ok(), "{row:?}");
        let refused = format!("{} ({}) must be {least} to {most}", bound.field, bound.rule);
        assert_eq!(set(bound.field, least - 1), Err(refused.clone()));
        assert_eq!(set(bound.field, most + 1), Err(refused));
    }
}

#[test]
fn t2_is_told_once_an_episode_and_again_in_the_next() {
    let first = event("MISSING 2026-11-19 02:15", 1).past;
    let flagged = Danger { is_flagged: true, is_young: false };
    let find_t2 = |history: &History, new: &Past| {
        let found = find(history, (new, flagged, Pair::Other), new.started, &Thresholds::DEFAULT);
        found.into_iter().find(|finding| finding.trigger == Trigger::T2).unwrap()
    };
    let history = History::default().with(first.clone());
    let fired = find_t2(&history, &first);
    assert_eq!(fired.news, News::Fires);

    let history = history.telling(fired.told(first.started));
    assert_eq!(find_t2(&history, &first).news, News::None, "an update of the same episode");

    let next = event("MISSING 2026-11-25 20:00", 2).past;
    assert_eq!(find_t2(&history.with(next.clone()), &next).news, News::Fires);
}

#[test]
fn s02_three_episodes_and_a_flag_make_one_task_of_the_front_door() {
    let known = "MISSING 2026-08-21; MISSING 2026-10-20; NO_APPARENT_RISK 2026-11-02; \
                 MISSING 2026-11-19 01:40";
    let history = history_of(&events(known));
    let new = history.events.last().unwrap().clone();
    let danger = Danger { is_flagged: true, is_young: false };
    let now = instant("2026-11-19 02:15");

    let found = find(&history, (&new, danger, Pair::Other), now, &Thresholds::DEFAULT);

    let asks = asked(&found);
    assert_eq!(asks.len(), 2);
    assert_eq!(asks[0].ask, Ask::StrategyMeeting);
    assert_eq!(asks[0].triggers, [Trigger::T1, Trigger::T2]);
    assert_eq!(asks[1].ask, Ask::RepeatMissing);
}
