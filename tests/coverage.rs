//! Counts what the tests tell of: each rule of the domain tables stands in at least one row or scenario that is run.
//! Reads the sources; runs nothing.
#![expect(clippy::unwrap_used, reason = "test helpers")]

use std::path::{Path, PathBuf};

use staysafe::domain::Rule;

/// Where a safeguarding lead looks a rule up: tables that are run row by row, and scenarios played through policy or a
/// whole hub.
const ROWS_AND_SCENARIOS: &[&str] = &[
    "tests/tables",
    "src/policy/sharing/rows.txt",
    "src/policy/scenarios",
    "src/hub/tests",
    "tests/hub",
];

#[test]
fn each_rule_appears_in_at_least_one_row_or_scenario() {
    let told = told(ROWS_AND_SCENARIOS);

    let missing: Vec<&str> =
        Rule::ALL.iter().map(|rule| rule.as_str()).filter(|id| !stands(&told, id)).collect();

    assert!(Rule::ALL.len() > 80, "{} rules", Rule::ALL.len());
    assert!(missing.is_empty(), "no row and no scenario tells of {}", missing.join(", "));
}

#[test]
fn an_id_that_stands_in_no_row_is_missed_and_one_in_a_comment_or_a_longer_word_does_not_count() {
    let told = [
        "// R98 is named, and nothing tries it",
        "# R98: who hears of it | R981 | s98_R98x | D10a",
        "let rule = Rule::R97;  // not R98",
    ];
    let told: Vec<String> = told.iter().map(|line| without_comment(line).to_owned()).collect();

    assert!(!stands(&told, "R98"));
    assert!(stands(&told, "R97"));
    assert!(!stands(&[String::from("RESPONSE P4 D10a")], "D10"), "D10a is another rule");
    assert!(stands(&[String::from("WUTH-SG P4 D10a; RESPONSE P4 D9")], "D9"));
}

/// The lines of these files and folders, without comments.
fn told(places: &[&str]) -> Vec<String> {
    let mut lines = Vec::new();
    for file in places.iter().flat_map(|place| files(&root().join(place))) {
        let text = std::fs::read_to_string(&file).unwrap();
        lines.extend(text.lines().map(|line| without_comment(line).to_owned()));
    }
    lines
}

/// `#` begins a comment of a table, `//` one of a source. What stands behind a rule in a row is not looked at twice.
fn without_comment(line: &str) -> &str {
    if line.trim_start().starts_with('#') {
        return "";
    }
    line.split("//").next().unwrap_or_default()
}

/// Whether the id stands in a line as a word of its own.
fn stands(lines: &[String], id: &str) -> bool {
    let ends = |c: char| !c.is_ascii_alphanumeric() && c != '_';
    lines.iter().any(|line| line.split(ends).any(|word| word == id))
}

/// The tables and sources at a place, itself one of them or a folder of them.
fn files(place: &Path) -> Vec<PathBuf> {
    if place.is_file() {
        return vec![place.to_owned()];
    }
    let mut found: Vec<PathBuf> = std::fs::read_dir(place)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.is_dir() || path.extension().is_some_and(|it| it == "rs" || it == "txt")
        })
        .flat_map(|path| files(&path))
        .collect();
    found.sort();
    found
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}
