//! `staysafe directory rota`: who is on duty when, and replacing that.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::json;

use super::super::connect::Session;
use super::super::error::CliError;
use super::super::json;
use super::super::output::{Output, clean};
use super::{directory, words};
use crate::wire::v1;

#[derive(Debug, Subcommand)]
pub(super) enum RotaCommand {
    /// Show who is on duty now and next, and the turns to come, at your agency's mailboxes.
    Show {
        /// One mailbox; without it, every one with a rota.
        mailbox: Option<String>,
    },
    /// Replace the rota of a mailbox by that of a file: JSON of ReplaceRota. Refused where a working hour would have
    /// nobody.
    Set {
        /// File with the rota.
        file: PathBuf,
    },
}

/// Reads a rota from a file.
pub(super) fn read(file: &Path) -> Result<v1::ReplaceRota, CliError> {
    let text = fs::read_to_string(file);
    let text = text.map_err(|source| CliError::file("read", file, source))?;
    json::read("staysafe.v1.ReplaceRota", &text)
}

/// Shows the rotas.
pub(super) async fn show(
    session: &mut Session,
    mailbox: Option<&str>,
    out: &mut Output,
) -> Result<(), CliError> {
    let found = directory::fetch(session).await?;
    let own = found.agencies.iter().flat_map(|agency| &agency.mailboxes);
    let wanted = |inbox: &&v1::Mailbox| match mailbox {
        Some(mailbox) => inbox.mailbox == mailbox,
        None => !inbox.rota.is_empty(),
    };
    let shown: Vec<&v1::Mailbox> = own.filter(wanted).collect();
    if shown.is_empty() {
        out.text("No rota: whoever is at the desk serves the mailbox.")?;
    }
    for inbox in &shown {
        out.text(&text(inbox))?;
    }
    let rotas: Vec<_> = shown
        .into_iter()
        .map(|inbox| json::of("staysafe.v1.Mailbox", inbox))
        .collect::<Result<_, _>>()?;
    out.json(&json!({ "rotas": rotas }))
}

fn text(inbox: &v1::Mailbox) -> String {
    let people = |ids: &[String]| match ids {
        [] => "NOBODY".to_owned(),
        some => some.join(", "),
    };
    let duty = inbox.on_duty.clone().unwrap_or_default();
    let mut lines = vec![format!("{}: on duty {}", inbox.mailbox, people(&duty.now))];
    if let Some(until) = &duty.until {
        let until = words::time(Some(until));
        lines.push(format!("  until {until}, then {}", people(&duty.next)));
    }
    lines.extend(inbox.rota.iter().map(|slot| {
        let deputy = match slot.deputy.as_str() {
            "" => String::new(),
            deputy => format!(", deputy {deputy}"),
        };
        let (from, until) = (words::time(slot.from.as_ref()), words::time(slot.until.as_ref()));
        format!("  {from} to {until}: {}{deputy}", slot.user_id)
    }));
    lines.iter().map(|line| clean(line)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rota_says_who_is_on_and_next_and_says_nobody_where_there_is_nobody() {
        let at = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        let slot = v1::RotaSlot {
            from: at(1_795_420_800),
            until: at(1_795_435_200),
            user_id: "u-1".to_owned(),
            deputy: "u-2".to_owned(),
        };
        let inbox = v1::Mailbox {
            mailbox: "CADT".to_owned(),
            rota: vec![slot],
            on_duty: Some(v1::OnDuty {
                now: vec!["u-1".to_owned()],
                until: at(1_795_435_200),
                next: Vec::new(),
            }),
            ..v1::Mailbox::default()
        };

        insta::assert_snapshot!(text(&inbox), @r"
        CADT: on duty u-1
          until Mon 23 Nov 2026 12:00 GMT, then NOBODY
          Mon 23 Nov 2026 08:00 GMT to Mon 23 Nov 2026 12:00 GMT: u-1, deputy u-2
        ");
    }
}
