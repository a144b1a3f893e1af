//! Runs the routing tables of `tests/tables/routing_*.txt`: one line, one alert, in words a safeguarding lead reads.
//!
//! A line has four columns: the rows that must apply; what is given, words separated by commas, the kind first; when
//! it is received, London time; who gets it, each with priority and deciding row. A recipient that a row withholds is
//! listed as `withheld`, one that learns only that it is over as `CANCELLED`. Nobody else may get it: the list is
//! complete. Where alerts came before it in the episode, they stand before the word `then`, each taken at the same
//! moment; what it corrects stands before `corrected by`; what is known of its persons follows `knowing`.

mod gaps;
mod help;
mod known;
mod referrals;
mod words;

use std::sync::Arc;

use jiff::civil::DateTime;

use super::Decision;
use super::fixtures::*;
use crate::domain::{EventKind, Rule, View};

const TABLES: &[(&str, &str)] = &[
    ("routing_missing.txt", include_str!("../../../tests/tables/routing_missing.txt")),
    ("routing_interview.txt", include_str!("../../../tests/tables/routing_interview.txt")),
    ("routing_pathway.txt", include_str!("../../../tests/tables/routing_pathway.txt")),
    ("routing_alcohol.txt", include_str!("../../../tests/tables/routing_alcohol.txt")),
    (
        "routing_domestic_abuse.txt",
        include_str!("../../../tests/tables/routing_domestic_abuse.txt"),
    ),
    ("routing_marac.txt", include_str!("../../../tests/tables/routing_marac.txt")),
    (
        "routing_place_of_safety.txt",
        include_str!("../../../tests/tables/routing_place_of_safety.txt"),
    ),
    ("routing_referrals.txt", include_str!("../../../tests/tables/routing_referrals.txt")),
    ("routing_help.txt", include_str!("../../../tests/tables/routing_help.txt")),
];

/// What a line of a table says, or what the hub does.
#[derive(PartialEq, Eq, Debug)]
struct Told {
    rows: Vec<String>,
    recipients: Vec<String>,
}

#[test]
fn every_line_of_the_routing_tables_is_what_the_hub_does() {
    let mut wrong = Vec::new();
    for (name, table) in TABLES {
        let lines = table.lines().enumerate();
        for (number, line) in lines.filter(|(_, line)| !line.starts_with('#') && !line.is_empty()) {
            let [rows, given, received, recipients] = columns_of(line);
            let expected = Told { rows: split(rows, ' '), recipients: split(recipients, ';') };
            let told = told(given, received);
            if told != expected {
                let number = number + 1;
                let rows = told.rows.join(" ");
                let recipients = told.recipients.join("; ");
                wrong
                    .push(format!("{name}:{number}: {rows} | {given} | {received} | {recipients}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn columns_of<const N: usize>(line: &str) -> [&str; N] {
    let columns: Vec<&str> = line.split('|').map(str::trim).collect();
    columns.try_into().unwrap_or_else(|_| panic!("{N} columns: {line}"))
}

fn split(column: &str, by: char) -> Vec<String> {
    column.split(by).map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
}

fn told(given: &str, received: &str) -> Told {
    let local: DateTime = received
        .split_once(' ')
        .and_then(|(_, rest)| rest.replace(' ', "T").parse().ok())
        .unwrap_or_else(|| panic!("a day and a time: {received}"));
    let now = local.to_zoned(jiff::tz::TimeZone::get("Europe/London").unwrap()).unwrap();
    let now = now.timestamp().to_string();
    let decision = decision_on(given, &now);
    let mut rows: Vec<Rule> =
        decision.decisions.iter().flat_map(|decided| decided.routes.iter().copied()).collect();
    // R58 sends it to nobody, so only the route itself names it.
    let computed = decision.events.iter().filter(|event| event.kind == EventKind::RouteComputed);
    rows.extend(computed.flat_map(|event| event.rules.iter().copied()));
    rows.sort_unstable();
    rows.dedup();
    let over = decision.deliveries.iter().filter(|delivery| delivery.view == View::Cancelled);
    let over: Vec<String> = over.map(|delivery| format!("{} ", delivery.mailbox)).collect();
    let recipients = recipients(&decision).into_iter().map(|line| {
        let is_over = over.iter().any(|inbox| line.starts_with(inbox));
        format!("{}{}", without_due(&line), if is_over { " CANCELLED" } else { "" })
    });
    let recipients = recipients.collect();
    Told { rows: rows.iter().map(|rule| rule.as_str().to_owned()).collect(), recipients }
}

/// What is decided on the last alert of a line.
fn decision_on(given: &str, now: &str) -> Decision {
    if let Some((wrong, right)) = given.split_once(" corrected by ") {
        return corrected(words::alert(right), now, &record_of(&words::alert(wrong), now)).1;
    }
    if let Some((alert, repeats)) = given.split_once(" knowing ") {
        return taken_knowing(words::alert(alert), now, &known::of(repeats)).1;
    }
    let directory = directory();
    let mut episode = Vec::new();
    let mut alerts: Vec<&str> = given.split(" then ").collect();
    let last = alerts.pop().unwrap_or_default();
    for earlier in alerts {
        let alert = words::alert(earlier);
        let (validated, decision) = taken_in(alert.clone(), now, &episode, &directory);
        episode.push(Arc::new(recorded(&alert, now, (&validated, &decision))));
    }
    taken_in(words::alert(last), now, &episode, &directory).1
}

/// `EDT P2 D7` of `EDT P2 Fri 23 Oct 23:40 D7`: the clocks have their own table.
fn without_due(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    match words.as_slice() {
        [to, "withheld", row] => format!("{to} withheld {row}"),
        [to, priority, .., row] => format!("{to} {priority} {row}"),
        _ => line.to_owned(),
    }
}
