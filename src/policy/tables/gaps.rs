//! Runs `tests/tables/gaps.txt`: what comes back of a routine alert, and what an urgent one is taken with.

use std::sync::Arc;

use super::columns_of;
use super::words::of;
use crate::domain::submission::*;
use crate::domain::{AlertKind, AlertRecord, Priority, Risk};
use crate::policy::fixtures::*;

const RECEIVED: &str = "2026-11-16T10:00Z";

#[test]
fn every_line_of_the_table_of_gaps_is_what_the_hub_does() {
    let table = include_str!("../../../tests/tables/gaps.txt");
    let mut wrong = Vec::new();
    for (number, line) in table.lines().enumerate() {
        if line.starts_with('#') || line.is_empty() {
            continue;
        }
        let [given, routine, urgent] = columns_of(line);
        let [came_back, taken_with] = [came_of(given, Priority::P3), came_of(given, Priority::P1)];
        if (came_back.as_str(), taken_with.as_str()) != (routine, urgent) {
            wrong.push(format!("{}: {given} | {came_back} | {taken_with}", number + 1));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The gaps of an alert that is taken with some, the fields of one that comes back, or `taken`.
fn came_of(given: &str, priority: Priority) -> String {
    let told = match validated_in(alert(given, priority), RECEIVED, &before(given)) {
        Ok(taken) => taken
            .gaps
            .iter()
            .map(|gap| format!("{} {} {}", gap.rule, field(&gap.path), gap.reason))
            .collect(),
        Err(refused) => refused
            .violations
            .iter()
            .map(|violation| format!("{} {}", field(&violation.path), violation.reason))
            .collect::<Vec<_>>(),
    };
    if told.is_empty() { "taken".to_owned() } else { told.join("; ") }
}

/// The report of the same child at risk HIGH, which an update may not set down without its authority.
fn before(given: &str) -> Vec<Arc<AlertRecord>> {
    let report = missing_child().risk(Risk::High).stating(Priority::P1);
    if given.starts_with("updated") { vec![record_of(&report, RECEIVED)] } else { Vec::new() }
}

fn field(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

fn alert(given: &str, priority: Priority) -> AlertBuilder {
    let words: Vec<&str> = given.split(',').map(str::trim).collect();
    let whole = if words.contains(&"moved") {
        moved_child().stating(if priority.is_urgent() { Priority::P2 } else { Priority::P3 })
    } else if words.contains(&"updated") {
        missing_child().kind(AlertKind::MissingUpdated).risk(Risk::Medium).stating(priority)
    } else if words.contains(&"abuse") {
        abuse().stating(if priority.is_urgent() { Priority::P2 } else { Priority::P3 })
    } else if priority.is_urgent() {
        missing_child().risk(Risk::High).stating(Priority::P1)
    } else {
        missing_child()
    };
    words.into_iter().fold(whole, spoiled)
}

fn spoiled(alert: AlertBuilder, word: &str) -> AlertBuilder {
    let (what, which) = word.rsplit_once(' ').unwrap_or((word, ""));
    match (word, what) {
        ("nothing" | "moved" | "updated" | "abuse", _) => alert,
        ("by an inspector", _) => {
            alert.missing(|facts| facts.downgrade_by = Given::Given(Rank::InspectorOrAbove))
        }
        ("no children", _) => alert.domestic_abuse(|facts| {
            facts.children_in_scope = known(ChildrenInScope::NoneConfirmed);
            facts.none_confirmed_how = text(30);
        }),
        (_, "dash") => alert.domestic_abuse(|facts| {
            facts.tool = known(RiskTool::Dash);
            facts.tool_score = Given::Given(u32::try_from(number(which)).unwrap());
        }),
        (_, "band") => alert.band(of(RiskBand::ALL, RiskBand::as_str, which)),
        ("s46 block", _) => alert.place(|facts| {
            facts.s46 = Given::Given(police_protection("2026-11-16T09:35Z"));
        }),
        ("age unknown", _) => alert.primary(|child| child.age = AgeFact::Unknown),
        ("no sender user", _) => alert.envelope(|envelope| envelope.sender_user = Given::Missing),
        ("unknown version", _) => {
            alert.envelope(|envelope| envelope.schema = SchemaStanding::Unknown)
        }
        ("no last seen", _) => alert.missing(|facts| facts.last_seen_at = Given::Missing),
        ("nobody told", _) => alert.envelope(|envelope| envelope.told.clear()),
        (_, "sent") => alert.envelope(|envelope| envelope.sent_at = Given::Given(at(which))),
        (_, "happened") => {
            alert.envelope(|envelope| envelope.occurred_at = Given::Given(at(which)))
        }
        (_, "headline of") => alert.envelope(|envelope| envelope.headline = text(number(which))),
        (_, "necessity of") => alert.sharing(|record| record.necessity = text(number(which))),
        (_, "born") => {
            let born: jiff::civil::Date = which.parse().unwrap();
            alert.born(born.year(), born.month(), born.day())
        }
        _ => panic!("what is {word}?"),
    }
}

fn number(digits: &str) -> usize {
    digits.parse().unwrap_or_else(|_| panic!("a number: {digits}"))
}
