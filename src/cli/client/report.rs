//! `staysafe report`: figures for an analyst, as a table, as CSV or as JSON.

use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;
use serde_json::json;

use super::super::connect::{ConnectArgs, Session};
use super::super::error::CliError;
use super::super::json;
use super::super::output::{Output, clean};
use crate::wire::v1;

/// Entries asked for at once.
const DRILL_PAGE: u32 = 500;

/// `report`.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    #[command(subcommand)]
    report: Report,
}

#[derive(Debug, Subcommand)]
enum Report {
    /// Indicators of a period: aggregates, small numbers as "c"; for analysts, with an own certificate.
    Indicators(IndicatorsArgs),
}

/// `report indicators`.
#[derive(Debug, Args)]
struct IndicatorsArgs {
    /// The financial year, by the year in which its April lies.
    #[arg(long, value_name = "YEAR", required_unless_present = "from", conflicts_with = "from")]
    year: Option<i16>,

    /// A quarter of that year: 1 begins in April.
    #[arg(long, value_name = "1-4", requires = "year", value_parser = clap::value_parser!(u8).range(1..=4))]
    quarter: Option<u8>,

    /// First day of another period, YYYY-MM-DD.
    #[arg(long, value_name = "DAY", requires = "to")]
    from: Option<Date>,

    /// Last day of it.
    #[arg(long, value_name = "DAY", requires = "from")]
    to: Option<Date>,

    /// NI 68: assessments begun by this day count; without it, by the last day.
    #[arg(long, value_name = "DAY")]
    cut_off: Option<Date>,

    /// NI 59: working days, 7, or 10 by the rule of March 2010.
    #[arg(long, value_name = "7|10", default_value_t = 7)]
    ni_59_days: u32,

    /// Residents of 0 to 17, from elsewhere; without it no rate is computed.
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    population: u64,

    /// The five scores of NI 71, 0 to 3 each.
    #[arg(long, value_name = "N,N,N,N,N", value_delimiter = ',')]
    self_assessment: Vec<u32>,

    /// Print CSV.
    #[arg(long, conflicts_with = "drill")]
    csv: bool,

    #[command(flatten)]
    drill: DrillArgs,

    #[command(flatten)]
    connect: ConnectArgs,
}

/// From a figure to the audit entries it rests on.
#[derive(Debug, Args)]
struct DrillArgs {
    /// Instead of figures, the indexes of the audit entries that this indicator rests on, e.g. "NI 68"; for information
    /// governance reviewers, with an own certificate. Every reading is recorded.
    #[arg(long, value_name = "ID")]
    drill: Option<String>,

    /// Which line of it, in the words of the report; without it the indicator must have one line only.
    #[arg(long, value_name = "WORDS", requires = "drill")]
    line: Option<String>,

    /// Which part of it.
    #[arg(long, value_enum, default_value_t = DrilledPart::Numerator, requires = "drill")]
    part: DrilledPart,

    /// Of what was left out, only what was for this reason, in the words of the report.
    #[arg(long, value_name = "WORDS", requires = "drill")]
    why: Option<String>,
}

/// A part of a figure.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum DrilledPart {
    /// What is counted.
    Numerator,
    /// Of what.
    Denominator,
    /// What was left out.
    Exclusion,
}

impl From<DrilledPart> for v1::IndicatorPart {
    fn from(part: DrilledPart) -> Self {
        match part {
            DrilledPart::Numerator => Self::Numerator,
            DrilledPart::Denominator => Self::Denominator,
            DrilledPart::Exclusion => Self::Exclusion,
        }
    }
}

/// Runs `report`.
pub(crate) async fn run(args: &ReportArgs, out: &mut Output) -> Result<(), CliError> {
    match &args.report {
        Report::Indicators(args) => indicators(args, out).await,
    }
}

async fn indicators(args: &IndicatorsArgs, out: &mut Output) -> Result<(), CliError> {
    let (first, last) = period(args)?;
    let mut session = args.connect.open(out).await?;
    let request = v1::GetIndicatorsRequest {
        first_day: first.to_string(),
        last_day: last.to_string(),
        cut_off_day: args.cut_off.map(|day| day.to_string()).unwrap_or_default(),
        ni_59_working_days: args.ni_59_days,
        population_0_to_17: args.population,
        self_assessment: args.self_assessment.clone(),
    };
    if let Some(id) = &args.drill.drill {
        drill(&mut session, (request, id), &args.drill, out).await?;
        return session.finish();
    }
    let answer = session.client.indicators(request).await?;
    if args.csv {
        out.text(&csv(&answer.figures))?;
    } else {
        out.text(&format!("{first} to {last}\n"))?;
        for figure in &answer.figures {
            out.text(&text(figure))?;
        }
    }
    for figure in &answer.figures {
        out.json(&json!({ "figure": json::of("staysafe.v1.IndicatorFigure", figure)? }))?;
    }
    session.finish()
}

/// Every page of the entries, one index a line; how often it counts, where that is more than once.
async fn drill(
    session: &mut Session,
    (report, id): (v1::GetIndicatorsRequest, &str),
    args: &DrillArgs,
    out: &mut Output,
) -> Result<(), CliError> {
    let mut request = v1::GetIndicatorEntriesRequest {
        asked: Some(report),
        id: id.to_owned(),
        line: args.line.clone().unwrap_or_default(),
        part: v1::IndicatorPart::from(args.part).into(),
        why: args.why.clone().unwrap_or_default(),
        from_index: 0,
        page_size: DRILL_PAGE,
    };
    let mut is_first = true;
    loop {
        let page = session.client.indicator_entries(request.clone()).await?;
        if is_first {
            let (counted, version) = (page.counted, page.definition_version);
            out.text(&format!("{counted} counted, by version {version} of the definitions\n"))?;
        }
        for entry in &page.entries {
            let times = if entry.times > 1 { format!("  x{}", entry.times) } else { String::new() };
            out.text(&format!("entry {}{times}\n", entry.index))?;
        }
        out.json(
            &json!({ "entries": json::of("staysafe.v1.GetIndicatorEntriesResponse", &page)? }),
        )?;
        if page.next_index == 0 {
            return Ok(());
        }
        request.from_index = page.next_index;
        is_first = false;
    }
}

/// The first and last day asked for.
fn period(args: &IndicatorsArgs) -> Result<(Date, Date), CliError> {
    let named = match args.year {
        Some(year) => of_year(year, args.quarter),
        None => args.from.zip(args.to),
    };
    named.ok_or_else(|| CliError::failed("give --year, or --from and --to"))
}

/// A financial year, or a quarter of it.
fn of_year(year: i16, quarter: Option<u8>) -> Option<(Date, Date)> {
    let (quarter, months) = quarter.map_or((1, 12), |quarter| (quarter, 3));
    let before = i64::from(quarter).checked_sub(1)?.checked_mul(3)?;
    let span = |months| jiff::Span::new().try_months(months).ok();
    let first = Date::new(year, 4, 1).ok()?.checked_add(span(before)?).ok()?;
    let next = first.checked_add(span(months)?).ok()?;
    Some((first, next.yesterday().ok()?))
}

fn text(figure: &v1::IndicatorFigure) -> String {
    let of = match (figure.numerator.as_str(), figure.denominator.as_str()) {
        ("", _) => String::new(),
        (numerator, "") if numerator == figure.value => String::new(),
        (numerator, "") => format!("  ({numerator})"),
        (numerator, denominator) => format!("  ({numerator} of {denominator})"),
    };
    let mut lines = vec![format!("{}: {}: {}{of}", figure.id, figure.line, figure.value)];
    let left_out = figure.exclusions.iter();
    lines.extend(left_out.map(|left| format!("    left out: {} {}", left.count, left.why)));
    lines.extend(figure.notes.iter().map(|note| format!("    {note}")));
    clean(&lines.join("\n"))
}

fn csv(figures: &[v1::IndicatorFigure]) -> String {
    let head = "indicator,line,value,numerator,denominator,left out,notes,definition version";
    let row = |figure: &v1::IndicatorFigure| {
        let left_out: Vec<String> =
            figure.exclusions.iter().map(|left| format!("{} {}", left.count, left.why)).collect();
        let version = figure.definition_version.to_string();
        let cells = [
            figure.id.as_str(),
            &figure.line,
            &figure.value,
            &figure.numerator,
            &figure.denominator,
            &left_out.join("; "),
            &figure.notes.join("; "),
            &version,
        ];
        cells.map(quoted).join(",")
    };
    let rows = figures.iter().map(row);
    clean(&std::iter::once(head.to_owned()).chain(rows).collect::<Vec<String>>().join("\n"))
}

/// A cell of RFC 4180. One that a spreadsheet would take for a formula is set apart.
fn quoted(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '+', '@', '\t']);
    let cell = if is_formula { format!("'{cell}") } else { cell.to_owned() };
    match cell.contains([',', '"', '\n']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure() -> v1::IndicatorFigure {
        v1::IndicatorFigure {
            id: "NI 68".to_owned(),
            line: "referrals going on to an assessment".to_owned(),
            value: "71.7%".to_owned(),
            numerator: "43".to_owned(),
            denominator: "60".to_owned(),
            exclusions: vec![v1::IndicatorExclusion {
                why: "contact, no referral".to_owned(),
                count: "c".to_owned(),
            }],
            notes: vec!["contacts wrongly counted as referrals lower it".to_owned()],
            definition_version: 1,
        }
    }

    #[test]
    fn a_figure_reads_with_what_it_rests_on() {
        insta::assert_snapshot!(text(&figure()), @r"
        NI 68: referrals going on to an assessment: 71.7%  (43 of 60)
            left out: c contact, no referral
            contacts wrongly counted as referrals lower it
        ");
    }

    #[test]
    fn a_csv_cell_with_a_comma_is_quoted_and_a_formula_is_none() {
        let lines = csv(&[figure()]);
        let row = lines.lines().nth(1).unwrap();

        assert!(row.contains("\"c contact, no referral\""), "{row}");
        assert_eq!(quoted("=1+1"), "'=1+1");
        assert_eq!(quoted("a \"b\""), "\"a \"\"b\"\"\"");
        assert_eq!(quoted("-11"), "-11");
    }

    #[test]
    fn a_year_runs_from_april_to_march_and_a_quarter_three_months() {
        let days = |year, quarter| {
            let (first, last) = of_year(year, quarter).unwrap();
            format!("{first} {last}")
        };
        assert_eq!(days(2026, None), "2026-04-01 2027-03-31");
        assert_eq!(days(2026, Some(1)), "2026-04-01 2026-06-30");
        assert_eq!(days(2026, Some(4)), "2027-01-01 2027-03-31");
    }
}
