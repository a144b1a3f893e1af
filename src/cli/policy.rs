//! `staysafe policy`: the tables the hub decides by, in words an information governance officer can review.
//!
//! Printed from the same rows that decide, so that what is read is what happens. Needs no hub and no data.

use clap::{Args, Subcommand};
use serde_json::json;

use super::error::CliError;
use super::output::Output;
use crate::domain::View;
use crate::policy::follow_on;
use crate::policy::routing::{self, RecipientInWords};

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
}

/// Prints one table.
pub(crate) fn run(args: &PolicyArgs, out: &mut Output) -> Result<(), CliError> {
    match args.table {
        Table::Routes => routes(out),
        Table::Clocks => clocks(out),
    }
}

fn routes(out: &mut Output) -> Result<(), CliError> {
    out.text(
        "All rows that apply are applied: recipients are the union, each at its highest priority. An agency is \
         never routed its own alert. CADT means EDT (and a P4 copy) for P1 and P2 outside its hours. Whether a \
         recipient may see the alert, and in which copy, is decided after this (the D rows).\n",
    )?;
    for row in routing::in_words() {
        let recipients: Vec<String> = row.recipients.iter().map(recipient).collect();
        out.text(&format!("{}  {}\n{}\n", row.rule.as_str(), row.when, recipients.join("\n")))?;
        let recipients: Vec<_> = row.recipients.iter().map(recipient_json).collect();
        out.json(
            &json!({ "rule": row.rule.as_str(), "when": row.when, "recipients": recipients }),
        )?;
    }
    Ok(())
}

fn recipient(line: &RecipientInWords) -> String {
    let view = if line.view == View::Standard {
        String::new()
    } else {
        format!(", {} view", line.view.as_str())
    };
    let only = if line.only.is_empty() { String::new() } else { format!(" – {}", line.only) };
    let letters: Vec<&str> = line.letters.iter().map(|letter| letter.as_str()).collect();
    let letters =
        if letters.is_empty() { String::new() } else { format!(" [{}]", letters.join(" ")) };
    format!("     {}  {}{letters}{view}{only}", line.priority.as_str(), line.to)
}

fn recipient_json(line: &RecipientInWords) -> serde_json::Value {
    let view = line.view.as_str();
    let letters: Vec<&str> = line.letters.iter().map(|letter| letter.as_str()).collect();
    json!({ "to": line.to, "letters": letters, "priority": line.priority.as_str(), "view": view, "only": line.only })
}

fn clocks(out: &mut Output) -> Result<(), CliError> {
    for (kind, what, due, authority) in follow_on::lines() {
        let label = authority.tag.label();
        let (source, tag) = (authority.source, authority.tag.as_str());
        out.text(&format!("{}  {what}\n     {due} – {label} [{tag}], {source}\n", kind.as_str()))?;
        out.json(&json!({
            "clock": kind.as_str(), "what": what, "due": due, "label": label, "tag": tag, "source": source,
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
        let rows: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();

        assert_eq!(rows.len(), routing::in_words().count());
        assert_eq!(rows[0]["rule"], "R01");
        assert_eq!(
            rows[0]["recipients"][0],
            json!({"to": "CADT", "letters": [], "priority": "P1", "view": "STANDARD", "only": ""})
        );
    }

    #[test]
    fn a_local_target_is_not_printed_as_statutory() {
        let text = printed(Form::Text, Table::Clocks);

        assert!(text.contains("72 hours, day and night – statutory [STAT], R06"), "{text}");
        let warning = text.lines().skip_while(|line| !line.starts_with("RHI_WARNING")).nth(1);
        assert!(warning.unwrap().contains("local target [DEFAULT]"), "{text}");
    }
}
