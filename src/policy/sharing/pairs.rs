//! Every (routing row × recipient letter) has a sharing row that lets it through (domain 5.3 with 6.5a).
//!
//! `tests/tables/rows_and_sharing.txt`: a pair that can only end in D99 fails, unless the table says why it is there.

use std::collections::BTreeMap;

use super::super::fixtures::directory;
use super::super::routing;
use super::matrix::{self, Asked, Condition};
use crate::domain::directory::{Agency, Directory};
use crate::domain::{AgencyCode, Letter, Rule};

/// One line of the table.
struct Line {
    text: &'static str,
    pair: (Rule, Letter),
    /// The line of the matrix.
    matrix: char,
    rows: Vec<Rule>,
    why: &'static str,
}

fn table() -> Vec<Line> {
    let text = include_str!("../../../tests/tables/rows_and_sharing.txt");
    let is_row = |line: &&str| !line.starts_with('#') && !line.trim().is_empty();
    text.lines().filter(is_row).map(line).collect()
}

fn line(text: &'static str) -> Line {
    let columns: Vec<&str> = text.split('|').map(str::trim).collect();
    let [rule, letter, matrix, rows, why] = columns.as_slice() else { panic!("{text}") };
    let rule = Rule::parse(rule).unwrap_or_else(|| panic!("no rule: {text}"));
    let letter = Letter::parse(letter).unwrap_or_else(|| panic!("no letter: {text}"));
    let rows = rows.split_whitespace().map(|row| Rule::parse(row).unwrap()).collect();
    let matrix = matrix.chars().next().unwrap();
    Line { text, pair: (rule, letter), matrix, rows, why }
}

/// Every row with each letter it may name; an agency's letter is its directory's.
fn pairs(directory: &Directory) -> Vec<(Rule, Letter)> {
    let mut pairs = Vec::new();
    // R57 goes by the row by which the recipient got the original, whichever that was.
    for row in routing::in_words().filter(|row| row.rule != Rule::R57) {
        for to in &row.recipients {
            let own = AgencyCode::try_from(to.to).ok();
            let own =
                own.and_then(|code| directory.agencies.get(&code)).map(|agency| agency.letter);
            let letters =
                if to.letters.is_empty() { own.into_iter().collect() } else { to.letters.to_vec() };
            assert!(!letters.is_empty(), "{} {}", row.rule.as_str(), to.to);
            pairs.extend(letters.into_iter().map(|letter| (row.rule, letter)));
        }
    }
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

/// The rows of a line's cell, whoever sends it, whichever agency of the letter gets it, and whatever the cell asks. What
/// waits for the front door is looked at as it is handed on.
fn cell(directory: &Directory, line: char, rule: Rule, letter: Letter) -> Vec<Rule> {
    // Anybody may be the sender who is told, or attend a MARAC.
    let is_of =
        |agency: &&Agency| matches!(letter, Letter::T | Letter::K) || agency.letter == letter;
    let recipients = directory.agencies.values().filter(is_of);
    let asked = [(false, false), (false, true), (true, false), (true, true)];
    let mut rows: Vec<Rule> = recipients
        .flat_map(|to| directory.agencies.values().map(move |from| (to, from)))
        .flat_map(|pair| Condition::all().map(move |condition| (condition, pair)))
        .filter(|(condition, _)| condition.line() == line)
        .flat_map(|it| asked.map(|asked| (it, asked)))
        .filter_map(|((condition, pair), (adult_at_risk, crime_and_high))| {
            let released = matches!(rule, Rule::R51 | Rule::R52);
            let asked = Asked { released, adult_at_risk, crime_and_high };
            matrix::cell(condition, letter, pair, asked)
        })
        .map(matrix::Row::rule)
        .collect();
    rows.sort_unstable();
    rows.dedup();
    if rows.is_empty() { vec![Rule::D99] } else { rows }
}

#[test]
fn every_line_says_what_the_matrix_says() {
    let directory = directory();
    for line in table() {
        let is_there = Condition::all().any(|condition| condition.line() == line.matrix);
        assert!(is_there, "no such line: {}", line.text);
        let (rule, letter) = line.pair;
        assert_eq!(cell(&directory, line.matrix, rule, letter), line.rows, "{}", line.text);
    }
}

#[test]
fn every_recipient_of_every_routing_row_has_a_sharing_row_that_can_let_it_through() {
    let mut table_of: BTreeMap<(Rule, Letter), Vec<Line>> = BTreeMap::new();
    for line in table() {
        table_of.entry(line.pair).or_default().push(line);
    }
    let mut faults = Vec::new();
    for pair in pairs(&directory()) {
        let (rule, letter) = (pair.0.as_str(), pair.1.as_str());
        match table_of.remove(&pair) {
            None => faults.push(format!("{rule} {letter}: not in the table")),
            Some(lines) => {
                let passes = lines.iter().any(|line| line.rows != [Rule::D99]);
                if !passes && lines.iter().all(|line| line.why.is_empty()) {
                    faults
                        .push(format!("{rule} {letter}: can only end in D99, and nobody says why"));
                }
            }
        }
    }
    faults.extend(
        table_of.keys().map(|(rule, letter)| format!("{rule} {letter}: no such recipient")),
    );
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
