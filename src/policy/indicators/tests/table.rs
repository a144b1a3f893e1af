//! Runs `tests/tables/indicators.txt`.

use super::super::publish::in_words;
use super::super::*;
use super::words::{date, facts, instant, none};
use crate::domain::{Position, Span, Timestamp};

const TABLE: &str = include_str!("../../../../tests/tables/indicators.txt");

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

fn year() -> Period {
    Period::financial_year(2026).unwrap()
}

/// The year as asked for on 1 April 2027 at noon.
fn asked() -> Asked {
    Asked {
        population_0_to_17: Some(67_890),
        self_assessment: Some(SelfAssessment::new(&[2, 1, 3, 0, 3]).unwrap()),
        ..Asked::of(year(), instant("2027-04-01 12:00"))
    }
}

#[test]
fn percentages_are_exact_and_rounded_half_up() {
    holds("percentages", |row| {
        let number = |text: &str| text.parse::<u64>().unwrap();
        let percent = percentage(number(row[1]), number(row[2]));
        percent.map_or_else(|| "not applicable".to_owned(), |percent| percent.to_string())
    });
}

#[test]
fn comparisons_are_written_as_people_write_them() {
    holds("comparing", |row| {
        let ratio = |text: &str| {
            let (numerator, denominator) = text.split_once('/').unwrap();
            (numerator.parse().unwrap(), denominator.parse().unwrap())
        };
        let words: Vec<&str> = row[1].split(' ').collect();
        match words.as_slice() {
            [ours, "beside", national] => beside_national(ratio(ours), ratio(national)),
            [now, "minus", before] => points(ratio(now), ratio(before)).unwrap(),
            [before, "to", after] => {
                change(before.parse().unwrap(), after.parse().unwrap()).unwrap()
            }
            other => panic!("unknown comparison {other:?}"),
        }
    });
}

#[test]
fn a_percentage_of_audits_is_never_multiplied_by_the_number_registered() {
    holds("common assessments", |row| {
        let audited = row[2].split_once(" of ");
        let audited = audited.map(|(good, all)| (good.parse().unwrap(), all.parse().unwrap()));
        match rated_of_registered(row[0].parse().unwrap(), row[1].parse().unwrap(), audited) {
            Ok((good, all)) => format!("{good} of {all}"),
            Err(refused) => {
                assert!(refused.to_string().ends_with("no audited denominator"));
                "refused".to_owned()
            }
        }
    });
}

#[test]
fn every_figure_has_its_numerator_denominator_and_what_was_left_out() {
    holds("figures", |row| {
        let [id, line, given] = row else { panic!("four columns: {row:?}") };
        let (id, days) = match id.strip_suffix(" in 10") {
            Some(id) => (id, 10),
            None => (*id, 7),
        };
        let asked = Asked { ni_59_days: days, ..asked() };
        let figures = report(&facts(given), &asked).unwrap();
        let mut found = figures.iter().filter(|figure| figure.indicator.id == id);
        let figure = found.find(|figure| figure.indicator.line.starts_with(line));
        let figure = figure.unwrap_or_else(|| panic!("no line {line} of {id}"));
        said(figure)
    });
}

fn said(figure: &Figure) -> String {
    let value = in_words(figure);
    let value = match (figure.numerator, figure.denominator) {
        (Some(numerator), Some(all)) => format!("{numerator} of {all} = {value}"),
        (Some(numerator), None) => format!("{numerator} = {value}"),
        (None, _) => value,
    };
    let left_out = figure.exclusions.iter();
    let left_out = left_out.map(|left| format!("; left out {} {}", left.count, left.why));
    std::iter::once(value).chain(left_out).collect()
}

#[test]
fn an_episode_is_overnight_when_any_part_of_it_is_before_six() {
    holds("nights", |row| {
        let mut facts = facts("MISSING");
        let Known::Facts(episodes) = &mut facts.episodes else { panic!("told") };
        episodes[0].started_at = instant(row[0]);
        let ended = |at| Ended { at, how: MissingEnd::Found, told_on: date("2026-06-03") };
        episodes[0].ended = (row[1] != "-").then(|| ended(instant(row[1])));
        let asked = Asked { now: instant("2026-06-02 12:00"), ..asked() };
        let figures = report(&facts, &asked).unwrap();
        let is_it = |figure: &&Figure| figure.indicator.line.starts_with("episodes with");
        match figures.iter().find(is_it).unwrap().numerator {
            Some(1) => "yes".to_owned(),
            _ => "no".to_owned(),
        }
    });
}

#[test]
fn years_run_from_april_to_march() {
    holds("periods", |row| {
        let (year, quarter) = row[0].split_once(" Q").unwrap_or((row[0], ""));
        let year: i16 = year.split('/').next().unwrap().parse().unwrap();
        let period = match quarter {
            "" => Period::financial_year(year),
            quarter => Period::quarter(year, quarter.parse().unwrap()),
        };
        let period = period.unwrap();
        assert_eq!(period.first, date(row[1]));
        period.last.to_string()
    });
}

#[test]
fn a_period_has_bounds() {
    let period = |first, last| Period::new(date(first), date(last)).map(|_| ());
    assert_eq!(period("2026-04-01", "2026-04-01"), Ok(()));
    assert_eq!(period("2026-04-02", "2026-04-01"), Err(PeriodError::Reversed));
    assert_eq!(period("2026-04-01", "2031-04-02"), Ok(()));
    assert_eq!(period("2026-04-01", "2031-04-03"), Err(PeriodError::OutOfRange));
    assert_eq!(period("1999-12-31", "2000-01-01"), Err(PeriodError::OutOfRange));
    assert_eq!(period("2100-12-31", "2101-01-01"), Err(PeriodError::OutOfRange));
    assert_eq!(Period::quarter(2026, 0), Err(PeriodError::Quarter));
    assert_eq!(Period::quarter(2026, 5), Err(PeriodError::Quarter));
    assert_eq!(Period::financial_year(i16::MAX), Err(PeriodError::OutOfRange));
}

#[test]
fn small_cells_are_hidden_and_so_is_what_gives_them_away() {
    let mut wrong = Vec::new();
    for (number, row) in section("published") {
        let parts: Vec<u64> = row[0].split(' ').map(|part| part.parse().unwrap()).collect();
        let (cells, total) = partition(&parts);
        let cells: Vec<String> = cells.iter().map(ToString::to_string).collect();
        let said = format!("{} | {total}", cells.join(" "));
        if said != format!("{} | {}", row[1], row[2]) {
            wrong.push(format!("line {number}: {said}"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_figure_with_a_small_cell_shows_neither_it_nor_its_percentage() {
    let figures = report(&facts("3 x REFERRAL assessed; 57 x REFERRAL"), &asked()).unwrap();
    let published = publish(&figures);

    let ni_68 = published.iter().find(|figure| figure.indicator.id == "NI 68").unwrap();

    assert_eq!(ni_68.numerator, Some(Cell::Suppressed));
    assert_eq!(ni_68.denominator, Some(Cell::Shown(60)));
    assert_eq!(ni_68.value.to_string(), "c");
}

#[test]
fn all_but_a_few_of_a_whole_is_hidden_too() {
    let figures = report(&facts("57 x REFERRAL assessed; 3 x REFERRAL"), &asked()).unwrap();

    let published = publish(&figures);

    let ni_68 = published.iter().find(|figure| figure.indicator.id == "NI 68").unwrap();
    assert_eq!(
        (ni_68.numerator, ni_68.denominator),
        (Some(Cell::Suppressed), Some(Cell::Shown(60)))
    );
}

#[test]
fn a_stage_of_the_funnel_that_is_hidden_once_is_hidden_in_every_line() {
    // Three took up and did not engage: from 36 and 33 that would be plain.
    let given = "3 x ATTENDED took-up; 33 x ATTENDED took-up engaged; 44 x ATTENDED";
    let figures = report(&facts(given), &asked()).unwrap();

    let published = publish(&figures);

    let engaged = published.iter().filter(|figure| figure.indicator.id == "PATH");
    let engaged: Vec<&Published> =
        engaged.filter(|figure| figure.indicator.line.starts_with("engaged")).collect();
    assert_eq!(engaged.len(), 3);
    for figure in engaged {
        assert_eq!(figure.numerator, Some(Cell::Suppressed), "{}", figure.indicator.line);
        assert_eq!(figure.value, PublishedValue::Suppressed);
    }
}

#[test]
fn a_basis_that_few_copies_had_hides_the_next_smallest_as_well() {
    let given = "40 x SHARE 6E; 8 x SHARE 6A; 2 x SHARE none";
    let figures = report(&facts(given), &asked()).unwrap();

    let published = publish(&figures);

    let shown = |line: &str| {
        let mut shares = published.iter().filter(|it| it.indicator.id == "Shares by basis");
        shares.find(|it| it.indicator.line == line).unwrap().numerator.unwrap().to_string()
    };
    assert_eq!(shown("none stated"), "c");
    assert_eq!(shown("6A"), "c");
    assert_eq!(shown("6E"), "40");
    assert_eq!(shown("copies shared"), "50");
}

#[test]
fn exclusions_are_cells_too() {
    let figures =
        report(&facts("60 x REFERRAL assessed; 2 x REFERRAL training"), &asked()).unwrap();

    let published = publish(&figures);

    let ni_68 = published.iter().find(|figure| figure.indicator.id == "NI 68").unwrap();
    assert_eq!(ni_68.exclusions, [("training", Cell::Suppressed)]);
}

#[test]
fn a_figure_names_the_entries_of_its_numerator_and_its_version() {
    let figures = report(&facts("REFERRAL; 2 x REFERRAL assessed"), &asked()).unwrap();

    let ni_68 = figures.iter().find(|figure| figure.indicator.id == "NI 68").unwrap();

    assert_eq!(ni_68.from, [Position(2), Position(3)]);
    assert!(figures.iter().all(|figure| figure.version == INDICATORS_VERSION));
}

#[test]
fn a_share_rests_on_as_many_entries_as_it_counts_above_below_and_beside() {
    let given = "REFERRAL; 2 x REFERRAL assessed; 3 x REFERRAL training; 4 x SHARE 6E; SHARE none; \
                 2 x CASE legacy; CASE; CASE unknown";
    let figures = report(&facts(given), &asked()).unwrap();
    let length = |entries: &[Position]| u64::try_from(entries.len()).unwrap();

    let shares = figures.iter().filter(|it| matches!(it.value, Value::Percent(_)));
    for figure in shares.filter(|it| it.indicator.id != "OSS") {
        let Indicator { id, line } = figure.indicator;
        assert_eq!(Some(length(&figure.from)), figure.numerator, "{id} {line}");
        assert_eq!(Some(length(&figure.of)), figure.denominator, "{id} {line}");
        for left_out in &figure.exclusions {
            assert_eq!(length(&left_out.from), left_out.count, "{id} {line} {}", left_out.why);
        }
        assert!(figure.from.iter().all(|it| figure.of.contains(it)) || id == "ni68_flow", "{id}");
    }
    let counts = figures.iter().filter(|it| it.value == Value::Count);
    for figure in counts {
        assert_eq!(Some(length(&figure.from)), figure.numerator);
    }
}

#[test]
fn every_line_is_of_an_indicator_that_can_be_asked_for_by_its_id() {
    let figures = report(&none(), &asked()).unwrap();

    for id in IDS {
        assert!(figures.iter().any(|it| it.indicator.id == *id), "{id}");
    }
    assert!(figures.iter().all(|it| IDS.contains(&it.indicator.id)));
}

#[test]
fn what_the_hub_is_not_told_is_not_computable_and_says_why() {
    let why = "the hub does not take ASSESSMENT_COMPLETED";
    let facts = Facts { assessments: Known::NotTold(why), ..none() };

    let figures = report(&facts, &asked()).unwrap();

    for id in ["NI 59", "NI 60", "Assessments", "ni68_flow"] {
        let figure = figures.iter().find(|figure| figure.indicator.id == id).unwrap();
        assert_eq!(figure.value, Value::NotComputable(why), "{id}");
        assert_eq!((figure.numerator, figure.denominator), (None, None), "never 0");
    }
}

#[test]
fn nothing_is_called_ni_70() {
    let figures = report(&facts("ATTENDED admitted injured resident"), &asked()).unwrap();

    let is_named = |figure: &Figure| {
        figure.indicator.id.contains("70") || figure.indicator.line.contains("NI 70")
    };
    assert!(!figures.iter().any(is_named));
}

#[test]
fn the_population_and_the_scores_come_from_elsewhere_or_there_is_no_figure() {
    let bare = Asked { population_0_to_17: None, self_assessment: None, ..asked() };

    let figures = report(&facts("6 x ATTENDED admitted injured resident"), &bare).unwrap();

    let value = |start: &str| {
        let found = figures.iter().find(|figure| figure.indicator.line.starts_with(start));
        in_words(found.unwrap())
    };
    assert!(
        value("admissions under 18 with alcohol and an injury, for").starts_with("not computable")
    );
    assert!(value("self-assessment").starts_with("not computable"));
}

#[test]
fn the_self_assessment_is_five_scores_of_nought_to_three() {
    assert_eq!(SelfAssessment::new(&[3, 3, 3, 3, 3]).map(SelfAssessment::sum), Ok(15));
    assert_eq!(SelfAssessment::new(&[0, 0, 0, 0, 0]).map(SelfAssessment::sum), Ok(0));
    assert_eq!(SelfAssessment::new(&[3, 3, 3, 3]), Err(SelfAssessmentError));
    assert_eq!(SelfAssessment::new(&[3, 3, 3, 3, 4]), Err(SelfAssessmentError));
}

#[test]
fn what_is_not_due_yet_is_neither_late_nor_in_time() {
    let asked = Asked { now: instant("2026-06-01 10:14"), ..asked() };
    let figures = report(&facts("ACK P1 never"), &asked).unwrap();
    let p1 = figures.iter().find(|figure| figure.indicator.line.starts_with("P1")).unwrap();
    assert_eq!(said(p1), "0 of 0 = not applicable; left out 1 not due yet");

    let due: Timestamp = instant("2026-06-01 10:15");
    for (now, expected) in [(due, "0 of 1 = 0.0%"), (due.plus(Span::millis(1)), "0 of 1 = 0.0%")] {
        let figures = report(&facts("ACK P1 never"), &Asked { now, ..asked }).unwrap();
        let p1 = figures.iter().find(|figure| figure.indicator.line.starts_with("P1")).unwrap();
        assert_eq!(said(p1), expected);
    }
}
