//! `staysafe close`: a named person says what came of a delivery that the agency has taken.

use clap::Args;
use serde_json::json;

use super::super::connect::ConnectArgs;
use super::super::error::CliError;
use super::super::json;
use super::super::output::{Output, clean};
use super::on_behalf::{self, AtInbox};
use super::words;
use crate::wire::v1;

/// `close`.
#[derive(Debug, Args)]
#[command(mut_arg("user", |user| on_behalf::who(user, "says so")))]
pub(crate) struct CloseArgs {
    /// The delivery, as the copy names it.
    #[arg(value_name = "DELIVERY")]
    delivery: String,

    /// What came of it, 10 to 1,000 characters; the sender does not see it.
    #[arg(long, value_name = "TEXT")]
    note: String,

    #[command(flatten)]
    desk: AtInbox,

    #[command(flatten)]
    connect: ConnectArgs,
}

/// Runs `close`.
pub(crate) async fn run(args: &CloseArgs, out: &mut Output) -> Result<(), CliError> {
    let mut session = args.connect.open(out).await?;
    let request = v1::CloseDeliveryRequest {
        mailbox: session.mailbox(args.desk.mailbox.as_ref()),
        delivery_id: args.delivery.clone(),
        user_id: args.desk.person.user.clone(),
        note: args.note.clone(),
    };
    let answer = session.client.close_delivery(request).await?;
    out.text(&format!(
        "CLOSED: delivery {}, {}",
        clean(&args.delivery),
        words::time(answer.closed_at.as_ref()),
    ))?;
    out.json(&json!({ "closed": json::of("staysafe.v1.CloseDeliveryResponse", &answer)? }))?;
    session.finish()
}
