//! `staysafe policy`: the tables the hub decides by, in words an information governance officer can review.
//!
//! Printed from the same rows that decide, so that what is read is what happens. Needs no hub and no data.

use clap::{Args, Subcommand};
use serde_json::json;

use super::error::CliError;
use super::output::Output;
use crate::domain::{Letter, View};
use crate::policy::Measures;
use crate::policy::follow_on::{self, FollowOn};
use crate::policy::routing::{self, RecipientInWords, RowInWords};

/// Arguments of `staysafe policy`.
#[derive(Debug, Args)]
pub(crate) struct PolicyArgs {
    #[command(subcommand)]
    table: Table,
}

#[derive(Debug, Subcommand)]
enum Table {
    /// Who gets which alert, how urgently: the routing matrix, row by row.
    Routes,
    /// The clocks an alert starts besides its acknowledgements.
    Clocks,
    /// What scores and dates mean, and whose numbers these are.
    Measures,
}

/// Prints one table.
pub(crate) fn run(args: &PolicyArgs, out: &mut Output) -> Result<(), CliError> {
    match args.table {
        Table::Routes => routes(out),
        Table::Clocks => clocks(out),
        Table::Measures => measures(out),
    }
}

fn routes(out: &mut Output) -> Result<(), CliError> {
    for words in routing::of_all_rows() {
        out.text(&format!("{words}\n"))?;
        out.json(&json!({ "of_all_rows": words }))?;
    }
    routing::in_words().try_for_each(|row| row_of(&row, out))?;
    out.text("After an alert was sent:\n")?;
    routing::after_sending_in_words().try_for_each(|row| row_of(&row, out))
}

fn row_of(row: &RowInWords, out: &mut Output) -> Result<(), CliError> {
    let recipients: Vec<String> = row.recipients.iter().map(recipient).collect();
    out.text(&format!("{}  {}\n{}\n", row.rule.as_str(), row.when, recipients.join("\n")))?;
    let recipients: Vec<_> = row.recipients.iter().map(recipient_json).collect();
    out.json(&json!({ "rule": row.rule.as_str(), "when": row.when, "recipients": recipients }))
}

fn recipient(line: &RecipientInWords) -> String {
    let view = if line.view == View::Standard {
        String::new()
    } else {
        format!(", {} view", line.view.as_str())
    };
    let only = if line.only.is_empty() { String::new() } else { format!(" – {}", line.only) };
    let all = line.letters.len() == Letter::ALL.len();
    let named = line.letters.iter().filter(|_| !all);
    let letters: Vec<&str> = named.map(|letter| letter.as_str()).collect();
    let letters =
        if letters.is_empty() { String::new() } else { format!(" [{}]", letters.join(" ")) };
    format!("     {}  {}{letters}{view}{only}", how_urgently(line), line.to)
}

/// `P3`, or `P1 to P3` where the row says which.
fn how_urgently(line: &RecipientInWords) -> String {
    let least = line.priority.as_str();
    line.up_to.map_or_else(|| least.to_owned(), |most| format!("{} to {least}", most.as_str()))
}

fn recipient_json(line: &RecipientInWords) -> serde_json::Value {
    let view = line.view.as_str();
    let letters: Vec<&str> = line.letters.iter().map(|letter| letter.as_str()).collect();
    let (priority, up_to) = (line.priority.as_str(), line.up_to.map(|most| most.as_str()));
    json!({
        "to": line.to, "letters": letters, "priority": priority, "up_to": up_to, "view": view, "only": line.only,
    })
}

fn clocks(out: &mut Output) -> Result<(), CliError> {
    for (kind, what, due, authority) in follow_on::lines(&FollowOn::DEFAULT) {
        let label = authority.tag.label();
        let (source, tag) = (authority.source, authority.tag.as_str());
        out.text(&format!("{}  {what}\n     {due} – {label} [{tag}], {source}\n", kind.as_str()))?;
        out.json(&json!({
            "clock": kind.as_str(), "what": what, "due": due, "label": label, "tag": tag, "source": source,
        }))?;
    }
    Ok(())
}

fn measures(out: &mut Output) -> Result<(), CliError> {
    for measure in Measures::ALL {
        let (field, decides, source) = (measure.field, measure.decides, measure.source);
        let value = (measure.of)(&Measures::DEFAULT);
        out.text(&format!("{field} = {value}  {decides}\n     {source}\n"))?;
        out.json(&json!({
            "measure": field, "value": value, "decides": decides, "source": source,
        }))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::output::Form;
    use super::super::output::captured::output;
    use super::*;
    use crate::domain::Rule;

    fn printed(form: Form, table: Table) -> String {
        let (mut out, printed, _aside) = output(form);
        run(&PolicyArgs { table }, &mut out).unwrap();
        printed.text()
    }

    #[test]
    fn every_routing_row_is_printed_with_its_condition_and_recipients() {
        let text = printed(Form::Text, Table::Routes);

        for row in routing::in_words() {
            // R58 is recorded and goes to nobody.
            let goes_to_nobody = row.rule == Rule::R58;
            assert_eq!(row.recipients.is_empty(), goes_to_nobody, "{}", row.rule.as_str());
            assert!(!row.when.is_empty(), "{}", row.rule.as_str());
            assert!(text.contains(row.rule.as_str()) && text.contains(row.when), "{text}");
        }
        assert!(text.contains("P3  WUTH-AED, LOOKOUT view"), "{text}");
        assert!(text.contains("P2  CADT – no safe adult, or a protection plan"), "{text}");
    }

    #[test]
    fn a_script_reads_one_object_a_row() {
        let text = printed(Form::Json, Table::Routes);
        let read = |line| serde_json::from_str::<serde_json::Value>(line).unwrap();
        let rows: Vec<_> =
            text.lines().map(read).filter(|row| row["of_all_rows"].is_null()).collect();

        let after = routing::after_sending_in_words();
        assert_eq!(rows.len(), routing::in_words().chain(after).count());
        assert_eq!(rows[0]["rule"], "R01");
        let front_door = json!({
            "to": "CADT", "letters": [], "priority": "P1", "up_to": null, "view": "STANDARD", "only": "",
        });
        assert_eq!(rows[0]["recipients"][0], front_door);
        let update = rows.iter().find(|row| row["rule"] == "R05").unwrap();
        assert_eq!(update["recipients"][0]["up_to"], "P1", "the new row may be R01");
    }

    /// What an officer must find who asks to whom an alert about a girl under threat of a forced marriage goes, how
    /// urgent it can become, and what is told after it was sent.
    #[test]
    fn what_functions_decide_is_said_in_words() {
        let text = printed(Form::Text, Table::Routes);

        for words in [
            "the Area Team; never under FORCED_MARRIAGE or HBA, never for a SAFE address",
            "the school, where the sender wants it told and says why; never under FORCED_MARRIAGE or HBA",
            "nobody under FORCED_MARRIAGE or HBA before the front door decides",
            "P1 to P5  the set of the new row, each at that row's priority, where the risk rises",
            "Front door (CADT, EDT) and police are told at least as urgently",
            "CADT means EDT, and a P4 copy for CADT",
            "R57  Recall: WRONG_PERSON, WRONG_RECIPIENT, WITHDRAWN",
            "P2 to P3  each recipient it is recalled from",
            "R90  Disagree:",
            "stage 3: unresolved after 5 working days",
        ] {
            assert!(text.contains(words), "{words:?} is not in\n{text}");
        }
        let says_never = |line: &&str| line.contains("the Area Team;") && !line.contains("never");
        assert_eq!(text.lines().find(says_never), None, "no Area Team without its condition");
    }

    #[test]
    fn a_local_target_is_not_printed_as_statutory() {
        let text = printed(Form::Text, Table::Clocks);

        assert!(text.contains("72 hours, day and night – statutory [STAT], R06"), "{text}");
        let warning = text.lines().skip_while(|line| !line.starts_with("RHI_WARNING")).nth(1);
        assert!(warning.unwrap().contains("local target [DEFAULT]"), "{text}");
    }

    #[test]
    fn every_measure_is_printed_with_its_number_and_its_source() {
        let text = printed(Form::Text, Table::Measures);

        assert!(
            text.contains("merit_high = 72") && text.contains("St Helens, not Wirral"),
            "{text}"
        );
        assert_eq!(printed(Form::Json, Table::Measures).lines().count(), Measures::ALL.len());
    }
}
