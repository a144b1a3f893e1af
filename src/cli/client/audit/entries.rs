//! `staysafe audit entries`: who did what, in the order of the log.

use clap::Args;
use serde_json::json;

use super::super::super::connect::ConnectArgs;
use super::super::super::error::CliError;
use super::super::super::json;
use super::super::super::output::{Output, clean};
use super::super::words;
use crate::wire::v1;

/// Entries asked for at a time.
const PAGE: u32 = 500;

/// `audit entries`.
#[derive(Debug, Args)]
pub(crate) struct EntriesArgs {
    /// First index.
    #[arg(long, default_value_t = 0, value_name = "INDEX")]
    from: u64,

    /// Only entries about this alert.
    #[arg(long, value_name = "ALERT")]
    alert: Option<String>,

    /// How many entries to look at, at most.
    #[arg(long, default_value_t = 10_000, value_name = "COUNT")]
    limit: usize,

    #[command(flatten)]
    connect: ConnectArgs,
}

/// Runs `audit entries`.
pub(super) async fn run(args: &EntriesArgs, out: &mut Output) -> Result<(), CliError> {
    let mut session = args.connect.open(out).await?;
    let (mut from, mut seen) = (args.from, 0_usize);
    while seen < args.limit {
        let page = session.client.entries(from, PAGE).await?;
        for entry in page.entries.iter().take(args.limit.saturating_sub(seen)) {
            if about(entry, args.alert.as_deref()) {
                out.text(&text(entry))?;
                out.json(&json!({ "entry": json::of("staysafe.v1.AuditEntry", entry)? }))?;
            }
        }
        seen = seen.saturating_add(page.entries.len());
        if page.next_index == 0 || page.entries.is_empty() {
            break;
        }
        from = page.next_index;
    }
    session.finish()
}

fn about(entry: &v1::AuditEntry, alert: Option<&str>) -> bool {
    alert.is_none_or(|alert| entry.events.iter().any(|event| event.alert_id == alert))
}

fn text(entry: &v1::AuditEntry) -> String {
    let actor = match entry.actor_agency.as_str() {
        "" => entry.actor.clone(),
        agency => format!("{agency}/{}", entry.actor),
    };
    let mut lines =
        vec![format!("{:>6}  {}  {actor}", entry.index, words::time(entry.hub_time.as_ref()))];
    lines.extend(entry.events.iter().map(event));
    clean(&lines.join("\n"))
}

fn event(event: &v1::AuditEvent) -> String {
    let mut line = format!("        {}", event.r#type);
    if event.outcome != "SUCCESS" {
        line.push_str(&format!(" {}", event.outcome));
    }
    for word in [&event.recipient_mailbox, &event.reason] {
        if !word.is_empty() {
            line.push_str(&format!("  {word}"));
        }
    }
    if !event.rule_ids.is_empty() {
        line.push_str(&format!("  [{}]", event.rule_ids.join(" ")));
    }
    if !event.paths.is_empty() {
        line.push_str(&format!("  {} fields", event.paths.len()));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_says_who_and_what_and_by_which_rules() {
        let entry = v1::AuditEntry {
            index: 12,
            actor: "system/hub-link".to_owned(),
            actor_agency: "MERPOL".to_owned(),
            events: vec![
                v1::AuditEvent {
                    r#type: "ROUTE_COMPUTED".to_owned(),
                    outcome: "SUCCESS".to_owned(),
                    rule_ids: vec!["R02".to_owned(), "D7".to_owned()],
                    ..v1::AuditEvent::default()
                },
                v1::AuditEvent {
                    r#type: "ACCESS_DENIED".to_owned(),
                    outcome: "DENIED".to_owned(),
                    reason: "NOT_FOUND".to_owned(),
                    ..v1::AuditEvent::default()
                },
            ],
            ..v1::AuditEntry::default()
        };

        insta::assert_snapshot!(text(&entry), @r"
            12  -  MERPOL/system/hub-link
                ROUTE_COMPUTED  [R02 D7]
                ACCESS_DENIED DENIED  NOT_FOUND
        ");
        assert!(about(&entry, None));
        assert!(!about(&entry, Some("another")));
    }
}
