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

/// Names every routing row beside the rows of the sharing matrix, and tries none.
const PAIRS: &str = "tests/tables/rows_and_sharing.txt";

#[test]
fn each_routing_row_and_each_gap_stands_in_a_line_of_a_table() {
    let told = told(&["tests/tables"], &[PAIRS]);

    let ids = Rule::ALL.iter().map(|rule| rule.as_str());
    let ids = ids.filter(|id| id.starts_with('R') || id.starts_with("GAP"));
    let missing: Vec<&str> = ids.filter(|id| !stands(&told, id)).collect();

    assert!(missing.is_empty(), "no line of a table tells of {}", missing.join(", "));
}

#[test]
fn each_rule_appears_in_at_least_one_row_or_scenario() {
    let told = told(ROWS_AND_SCENARIOS, &[PAIRS]);
    let with_pairs = self::told(ROWS_AND_SCENARIOS, &[]);
    let is_routing = |id: &str| id.starts_with('R');
    let stands = |id: &str| stands(if is_routing(id) { &told } else { &with_pairs }, id);

    let ids = Rule::ALL.iter().map(|rule| rule.as_str()).chain(["T4-legacy"]);
    let missing: Vec<&str> = ids.filter(|id| !stands(id)).collect();

    assert!(Rule::ALL.len() > 80, "{} rules", Rule::ALL.len());
    assert!(missing.is_empty(), "no row and no scenario tells of {}", missing.join(", "));
}

/// Where the acceptance scenarios of domain 9 are played: through policy, one view of a copy, one store, a whole hub.
const PLAYED: &[&str] = &["src/policy", "src/hub/tests", "tests/hub", "tests/views"];

#[test]
fn each_of_the_twenty_scenarios_is_at_least_one_test_of_its_name() {
    let tests = tests_of(&told(PLAYED, &[]));

    let begins = |scenario: u8| format!("s{scenario:02}");
    let is_of = |name: &str, scenario: u8| {
        // `s06a_…` is a part of S06.
        let rest = name.strip_prefix(&begins(scenario)).unwrap_or_default();
        rest.trim_start_matches(|c: char| c.is_ascii_lowercase()).starts_with('_')
    };
    let missing: Vec<String> = (1..=20)
        .filter(|scenario| !tests.iter().any(|name| is_of(name, *scenario)))
        .map(begins)
        .collect();

    assert!(missing.is_empty(), "no test is named {}_…", missing.join("_…, "));
}

/// The names of the functions that are marked as tests.
fn tests_of(lines: &[String]) -> Vec<String> {
    let mut names = Vec::new();
    let mut marked = false;
    for line in lines.iter().map(|line| line.trim()).filter(|line| !line.is_empty()) {
        let after_fn = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
        match after_fn.and_then(|rest| rest.split('(').next()) {
            Some(name) if marked => names.push(name.to_owned()),
            _ => {}
        }
        marked = line.starts_with("#[test")
            || line.starts_with("#[tokio::test")
            || (marked && line.starts_with("#["));
    }
    names
}

#[test]
fn a_function_that_is_no_test_plays_no_scenario() {
    let lines = [
        "#[test]",
        "fn s01_a() {",
        "}",
        "fn s02_b() {",
        "#[tokio::test(x)]",
        "#[ignore]",
        "async fn s03_c() {",
    ];

    assert_eq!(tests_of(&lines.map(str::to_owned)), ["s01_a", "s03_c"]);
}

#[test]
fn an_id_that_stands_in_no_row_is_missed_and_one_in_a_comment_or_a_longer_word_does_not_count() {
    let told = [
        without_comment("// R98 is named, and nothing tries it", true),
        without_comment("let rule = Rule::R97;  // not R98", true),
        without_comment("# R98: who hears of it", false),
        without_comment("R981 | s98_R98x | D10a", false),
    ];
    let told = told.map(str::to_owned);

    assert!(!stands(&told, "R98"));
    assert!(stands(&told, "R97"));
    assert!(!stands(&[String::from("RESPONSE P4 D10a")], "D10"), "D10a is another rule");
    assert!(stands(&[String::from("WUTH-SG P4 D10a; RESPONSE P4 D9")], "D9"));
}

/// The lines of these files and folders but of those, without comments.
fn told(places: &[&str], without: &[&str]) -> Vec<String> {
    let mut lines = Vec::new();
    let is_left_out = |file: &PathBuf| without.iter().any(|other| *file == root().join(other));
    let found = places.iter().flat_map(|place| files(&root().join(place)));
    for file in found.filter(|file| !is_left_out(file)) {
        let text = std::fs::read_to_string(&file).unwrap();
        let is_source = file.extension().is_some_and(|ending| ending == "rs");
        lines.extend(text.lines().map(|line| without_comment(line, is_source).to_owned()));
    }
    lines
}

/// `#` begins a comment of a table, `//` one of a source.
fn without_comment(line: &str, is_source: bool) -> &str {
    match is_source {
        true => line.split("//").next().unwrap_or_default(),
        false if line.trim_start().starts_with('#') => "",
        false => line,
    }
}

/// Whether the id stands in a line as a word of its own.
fn stands(lines: &[String], id: &str) -> bool {
    // T4-legacy is a rule of its own, and `T4` does not stand in it.
    let ends = |c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '-';
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
