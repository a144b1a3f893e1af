//! `staysafe acknowledge`: a named person takes a delivery. Only this stops escalation.

use clap::Args;
use serde_json::json;

use super::super::connect::ConnectArgs;
use super::super::error::CliError;
use super::super::json;
use super::super::output::{Output, clean};
use super::on_behalf::{self, AtInbox};
use super::words;
use crate::wire::v1;

/// `acknowledge`.
#[derive(Debug, Args)]
#[command(mut_arg("user", |user| on_behalf::who(user, "takes it")))]
pub(crate) struct AcknowledgeArgs {
    /// The delivery, as the copy names it.
    #[arg(value_name = "DELIVERY")]
    delivery: String,

    #[command(flatten)]
    desk: AtInbox,

    /// Passed on within your agency, by a person who stays responsible.
    #[arg(long)]
    forwarded: bool,

    /// Taken and done: the note says what came of it, in at least 10 characters.
    #[arg(long, conflicts_with = "forwarded")]
    closed: bool,

    /// A note of at most 1,000 characters; the sender does not see it. Who takes over from an agency that did not
    /// answer says here how it was reached, in at least 20 characters.
    #[arg(long, default_value = "", value_name = "TEXT", hide_default_value = true)]
    note: String,

    #[command(flatten)]
    connect: ConnectArgs,
}

/// Runs `acknowledge`.
pub(crate) async fn run(args: &AcknowledgeArgs, out: &mut Output) -> Result<(), CliError> {
    let mut session = args.connect.open(out).await?;
    let outcome = match (args.forwarded, args.closed) {
        (true, _) => v1::AcknowledgeOutcome::Forwarded,
        (false, true) => v1::AcknowledgeOutcome::Closed,
        (false, false) => v1::AcknowledgeOutcome::Accepted,
    };
    let request = v1::AcknowledgeRequest {
        mailbox: session.mailbox(args.desk.mailbox.as_ref()),
        delivery_id: args.delivery.clone(),
        user_id: args.desk.person.user.clone(),
        outcome: outcome.into(),
        note: args.note.clone(),
    };
    let answer = session.client.acknowledge(request).await?;
    out.text(&format!(
        "{}: delivery {}, {}",
        words::delivery_state(answer.state()),
        clean(&args.delivery),
        words::time(answer.acknowledged_at.as_ref()),
    ))?;
    out.json(&json!({ "acknowledged": json::of("staysafe.v1.AcknowledgeResponse", &answer)? }))?;
    session.finish()
}
