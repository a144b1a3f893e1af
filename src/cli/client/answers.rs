//! `staysafe answers`: who took or declined a delivery of the own agency, and what they wrote.

use clap::Args;
use serde_json::json;

use super::super::connect::ConnectArgs;
use super::super::error::CliError;
use super::super::json;
use super::super::output::{Output, clean};
use super::on_behalf::{self, AtInbox};
use super::words;
use crate::wire::v1;

/// `answers`.
#[derive(Debug, Args)]
#[command(mut_arg("user", |user| on_behalf::who(user, "reads")))]
pub(crate) struct AnswersArgs {
    /// The delivery, as the copy names it.
    #[arg(value_name = "DELIVERY")]
    delivery: String,

    #[command(flatten)]
    desk: AtInbox,

    #[command(flatten)]
    connect: ConnectArgs,
}

/// Runs `answers`.
pub(crate) async fn run(args: &AnswersArgs, out: &mut Output) -> Result<(), CliError> {
    let mut session = args.connect.open(out).await?;
    let request = v1::ReadAnswerRequest {
        mailbox: session.mailbox(args.desk.mailbox.as_ref()),
        delivery_id: args.delivery.clone(),
        user_id: args.desk.person.user.clone(),
    };
    let answer = session.client.read_answer(request).await?;
    if let Some(taken) = &answer.acknowledged {
        let how = match taken.outcome() {
            v1::AcknowledgeOutcome::Forwarded => "taken and passed on",
            v1::AcknowledgeOutcome::Closed => "taken and closed",
            v1::AcknowledgeOutcome::Accepted | v1::AcknowledgeOutcome::Unspecified => "taken",
        };
        told(out, (how, &taken.user_id, taken.at.as_ref()), &taken.note)?;
    }
    if let Some(declined) = &answer.declined {
        let how = format!("declined, {}", words::decline_reason(declined.reason()));
        told(out, (&how, &declined.user_id, declined.at.as_ref()), &declined.text)?;
    }
    if let Some(closed) = &answer.closed {
        told(out, ("closed", &closed.user_id, closed.at.as_ref()), &closed.note)?;
    }
    if answer.acknowledged.is_none() && answer.declined.is_none() {
        out.text("nobody has taken or declined it yet")?;
    }
    out.json(&json!({ "answers": json::of("staysafe.v1.ReadAnswerResponse", &answer)? }))?;
    session.finish()
}

fn told(
    out: &mut Output,
    (how, by, at): (&str, &str, Option<&prost_types::Timestamp>),
    written: &str,
) -> Result<(), CliError> {
    out.text(&format!("{how} by {}, {}", clean(by), words::time(at)))?;
    if !written.is_empty() {
        out.text(&format!("  {}", clean(written)))?;
    }
    Ok(())
}
