//! What is one event, line by line of `tests/tables/duplicates.txt`; what is kept of two; what goes along with a split.

#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic")]

use std::collections::BTreeSet;

use super::*;
use crate::calendar;
use crate::domain::after::{RecallReason, RecallStage};
use crate::domain::delivery::Moment;
use crate::domain::identity::{LinkState, MatchClass, Tally};
use crate::domain::submission::{Exclusion, MissingCategory};
use crate::domain::{MailboxId, Position, Priority, Recalled, Redacted, Risk, Rule, Timestamp};
use crate::policy::fixtures::*;
use crate::policy::triggers::{History, Link as Sure, Past, THIS};

const EARLIER: AlertId = AlertId::from_bytes([1; 16]);
const END: AlertId = AlertId::from_bytes([9; 16]);
const NOW: &str = "2026-11-20T12:00Z";

/// `MISSING 2026-11-19 02:15`.
fn told(text: &str) -> (AlertBuilder, Timestamp) {
    let (kind, when) = text.split_once(' ').unwrap();
    let alert = match kind {
        "MISSING" => missing_child(),
        "ATTENDANCE" => attendance(),
        "DV" => abuse(),
        other => panic!("unknown kind {other}"),
    };
    let local: jiff::civil::DateTime = when.trim().replace(' ', "T").parse().unwrap();
    (alert, calendar::instant(local).unwrap().into())
}

fn mentions(kind: AlertKind, started: Timestamp) -> Mentions {
    let is_pair = kind == AlertKind::DvNotification;
    let tally = Tally {
        started,
        category: Some(MissingCategory::Missing),
        abuse: Vec::new(),
        about: Some(0),
        partner: is_pair.then_some(1),
        is_named: false,
    };
    Mentions { people: Vec::new(), tally }
}

/// `confirmed`, or `confirmed, strong` of a pair.
fn claims(text: &str, other: AlertId) -> Vec<Link> {
    let state = |word: &str| match word {
        "confirmed" => Some(LinkState::Automatic),
        "strong" => Some(LinkState::Proposed),
        "possible" => Some(LinkState::Candidate),
        "nobody" | "somebody else" => None,
        other => panic!("unknown certainty {other}"),
    };
    let words: Vec<&str> = text.split(", ").collect();
    let (first, last) = (*words.first().unwrap(), *words.last().unwrap());
    let claim = |(mention, word): (u32, &str)| {
        Some(Link {
            mention,
            other,
            other_mention: mention,
            rule: Rule::I4,
            class: MatchClass::Exact,
            evidence: Vec::new(),
            state: state(word)?,
            by: None,
            at: at(NOW),
            earlier: Vec::new(),
        })
    };
    [(0, first), (1, last)].into_iter().filter_map(claim).collect()
}

/// What was there before.
fn before(first: &str, besides: &str) -> Vec<Earlier> {
    let (alert, started) = told(first);
    let mut record = AlertRecord::clone(&record_of(&alert, NOW));
    (record.id, record.episode) = (EARLIER, EpisodeId::from(EARLIER));
    record.sender = code("MERPOL");
    let linked = |count: u8| (0..count).map(|it| AlertId::from_bytes([10 + it; 16])).collect();
    let mut end = None;
    match besides {
        "found in between" => end = Some("MERPOL"),
        "found by A&E in between" => end = Some("WUTH-AED"),
        "first was training" => record.exercise = true,
        "first was recalled" => recall_all(&mut record),
        "seven linked already" => record.after.same_event.later = linked(7),
        "eight linked already" => record.after.same_event.later = linked(8),
        "-"
        | "same agency"
        | "same agency, own name"
        | "own name"
        | "first kept from somebody"
        | "second kept from somebody" => {}
        other => panic!("unknown: {other}"),
    }
    let mentions = mentions(record.kind, started);
    let end = end.map(|by| {
        let record = AlertRecord {
            id: END,
            sender: code(by),
            kind: AlertKind::MissingFound,
            ..record.clone()
        };
        Earlier { record: Arc::new(record), mentions: mentions.clone() }
    });
    let first = Earlier { record: Arc::new(record), mentions };
    std::iter::once(first).chain(end).collect()
}

fn recall_all(record: &mut AlertRecord) {
    record.deliveries.clear();
    record.after.recalls.push(Recalled {
        delivery: 0,
        reason: RecallReason::WrongPerson,
        stage: RecallStage::Opened,
        at: Moment { at: at(NOW), by: None, position: Position(1) },
        notice: None,
        confirmed: None,
    });
}

/// How many count for repeats, and how many more may.
fn counted(new: Past, history: &History) -> String {
    let new = triggers::folded(new, history, &Thresholds::DEFAULT);
    let events = || history.events.iter().chain(std::iter::once(&new));
    let sure: BTreeSet<EpisodeId> =
        events().filter(|it| it.link == Sure::Confirmed).map(|it| it.episode).collect();
    let all: BTreeSet<EpisodeId> = events().map(|it| it.episode).collect();
    match all.len() - sure.len() {
        0 => sure.len().to_string(),
        possible => format!("{} + {possible} possible", sure.len()),
    }
}

/// `one | 1`.
fn says(row: &[&str]) -> String {
    let [first, second, person, besides] = row else { panic!("{row:?}") };
    let earlier = before(first, besides);
    let (alert, started) = told(second);
    let alert = if besides.starts_with("same agency") { alert.from("MERPOL") } else { alert };
    let mut alert = alert.sent_at(NOW);
    if *besides == "second kept from somebody" {
        alert.envelope.exclude.push(Exclusion::Agency(code("EDT")));
    }
    let kept = match *besides {
        "first kept from somebody" => {
            Conflicts { agencies: vec![code("EDT")], ..Conflicts::default() }
        }
        _ => Conflicts::default(),
    };
    let sender = if besides.starts_with("same agency") { code("MERPOL") } else { code("CIC") };
    let mut own = mentions(alert.kind, started);
    own.tally.is_named = besides.ends_with("own name");
    let links = claims(person, EARLIER);
    let thresholds = &Thresholds::DEFAULT;
    let repeats = triggers::known(&own, &links, &earlier, thresholds);

    let found = found((&sender, &alert), (&own, &repeats), &earlier, thresholds);
    let found = found.filter(|_| may_be_linked(&alert, &directory(), &kept));
    let episode: Vec<Arc<AlertRecord>> = earlier.iter().map(|it| Arc::clone(&it.record)).collect();
    let event = found.and_then(|found| event_of(&episode, found.record.id));

    let new = Earlier { record: record_of(&told(second).0, NOW), mentions: own.clone() };
    let mut new = triggers::event_of(&new).unwrap();
    (new.alert, new.episode) = (THIS, EpisodeId::from(THIS));
    let history = if own.tally.partner.is_some() { &repeats.pair } else { &repeats.subject };
    format!("{} | {}", if event.is_some() { "one" } else { "two" }, counted(new, history))
}

#[test]
fn what_is_one_event_is_what_the_table_says_line_by_line() {
    let table = include_str!("../../../tests/tables/duplicates.txt");
    let is_row = |line: &&str| !line.starts_with('#') && !line.trim().is_empty();
    let mut wrong = Vec::new();
    let mut rows = 0_u32;
    for line in table.lines().filter(is_row).skip(1) {
        let columns: Vec<&str> = line.split('|').map(str::trim).collect();
        let [row @ .., episode, counted] = columns.as_slice() else { panic!("{line}") };
        let said = says(row);
        if said != format!("{episode} | {counted}") {
            wrong.push(format!("{line}\n    says {said}"));
        }
        rows += 1;
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(rows >= 25, "{rows} lines");
}

/// The alert that reported the child, and two more about the same event, each with its id.
fn episode_of_three() -> Vec<Arc<AlertRecord>> {
    let id = |number: u8| AlertId::from_bytes([number; 16]);
    let of = |number: u8, sender: &str, earlier: Option<AlertId>, later: Vec<AlertId>| {
        let mut record = AlertRecord::clone(&record_of(&missing_child(), NOW));
        (record.id, record.episode, record.sender) =
            (id(number), EpisodeId::from(id(1)), code(sender));
        (record.after.same_event.earlier, record.after.same_event.later) = (earlier, later);
        Arc::new(record)
    };
    let mut first = AlertRecord::clone(&of(1, "MERPOL", None, vec![id(2), id(3)]));
    first.followers = vec![id(2), id(3)];
    vec![Arc::new(first), of(2, "EDT", Some(id(1)), vec![]), of(3, "CIC", Some(id(1)), vec![])]
}

#[test]
fn the_highest_risk_of_all_who_told_of_it_is_kept_and_no_higher_one_is_lowered() {
    let mut event = episode_of_three();
    let risk = |record: &mut Arc<AlertRecord>, risk, priority| {
        let changed = AlertRecord { risk: Some(risk), priority, ..AlertRecord::clone(record) };
        *record = Arc::new(changed);
    };
    risk(&mut event[0], Risk::Medium, Priority::P2);
    risk(&mut event[1], Risk::High, Priority::P1);
    let (mut low, _) = taken(missing_child().risk(Risk::Low).stating(Priority::P3), NOW);
    keep_higher_risk(&mut low, &event);
    assert_eq!((low.risk, low.priority), (Some(Risk::High), Priority::P1));

    risk(&mut event[1], Risk::Low, Priority::P4);
    let (mut high, _) = taken(missing_child().risk(Risk::High), NOW);
    let before = high.priority;
    keep_higher_risk(&mut high, &event);
    assert_eq!((high.risk, high.priority), (Some(Risk::High), before));
}

#[test]
fn who_has_not_taken_an_earlier_one_is_due_no_later_and_who_has_is_due_by_the_new_clock() {
    let event = episode_of_three();
    let (_, mut later) = taken(missing_child(), "2026-11-20T12:40Z");
    let own = later.deliveries.clone();
    keep_earlier_clock(&mut later, &event);
    let first = |mailbox: &MailboxId| {
        let of = |it: &&Delivery| it.mailbox == *mailbox && it.due.is_some();
        event[0].deliveries.iter().find(of).and_then(|it| it.due)
    };
    let dues = later.deliveries.iter().filter(|it| it.due.is_some());
    for delivery in dues {
        assert_eq!(delivery.due, first(&delivery.mailbox), "{}", delivery.mailbox);
    }
    let queued = later.events.iter().filter(|it| it.kind == EventKind::Queued);
    for event in queued {
        let of = later.deliveries.iter().find(|it| Some(it.number) == event.delivery).unwrap();
        assert_eq!(event.deadline, of.due, "the entry says the same");
    }

    let (_, mut for_information) = taken(missing_child(), "2026-11-20T12:40Z");
    for delivery in &mut for_information.deliveries {
        (delivery.due, delivery.rung) = (None, None);
    }
    keep_earlier_clock(&mut for_information, &event);
    let is_without = |it: &Delivery| it.due.is_none() && it.rung.is_none();
    assert!(for_information.deliveries.iter().all(is_without), "no clock is made of none");

    let taken_over: Vec<Arc<AlertRecord>> = event
        .iter()
        .map(|it| Arc::new(AlertRecord { deliveries: Vec::new(), ..AlertRecord::clone(it) }))
        .collect();
    let (_, mut later) = taken(missing_child(), "2026-11-20T12:40Z");
    keep_earlier_clock(&mut later, &taken_over);
    assert_eq!(later.deliveries, own);
}

#[test]
fn what_was_linked_to_none_is_not_split_and_of_three_one_alone_goes() {
    let episode = episode_of_three();
    assert_eq!(split(episode[0].id, &episode, Apart::TwoEvents), None, "the first of the event");
    assert_eq!(split(END, &episode, Apart::TwoEvents), None, "of another episode");

    let changed = split(episode[1].id, &episode, Apart::TwoEvents).unwrap();

    let [first, second] = changed.as_slice() else { panic!("{} changed", changed.len()) };
    assert_eq!(first.after.same_event.later, [episode[2].id]);
    assert_eq!(first.followers, [episode[2].id]);
    assert_eq!(second.episode, EpisodeId::from(second.id));
    assert_eq!(second.after.same_event.split_from, Some(episode[0].episode));
    // What was split is never one with that episode again, whoever else tells of it.
    let apart = triggers::split(second);
    assert_eq!(apart, Some((second.id, episode[0].episode)));
}

#[test]
fn the_values_that_differ_are_named_by_path_and_never_told() {
    let person = |given: &str, phone: &str| MentionedPerson {
        identity: crate::domain::identity::IdentityFacts {
            given: Some(Redacted::new(given.to_owned())),
            phones: vec![Redacted::new(phone.to_owned())],
            ..Default::default()
        },
        ..MentionedPerson::default()
    };
    let (_, started) = told("MISSING 2026-11-19 02:15");
    let (_, other) = told("MISSING 2026-11-19 03:00");
    let mut earlier = before("MISSING 2026-11-19 02:15", "-").remove(0);
    earlier.mentions.people = vec![person("Ava", "+447700900131")];
    let mut own = mentions(AlertKind::MissingReported, other);
    own.people = vec![person("Ava-May", "+447700900131")];
    let links = claims("confirmed", EARLIER);
    assert_ne!(started, other);

    let paths = differences((AlertKind::MissingReported, &own, &links), &earlier);

    assert_eq!(paths, ["alert.envelope.subjects[].given_names", "alert.missing.last_seen_at"]);
    own.people = earlier.mentions.people.clone();
    own.tally = earlier.mentions.tally.clone();
    let paths = differences((AlertKind::MissingReported, &own, &links), &earlier);
    assert!(paths.is_empty(), "{paths:?}");
}
