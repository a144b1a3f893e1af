//! `staysafe name-staff`: a safeguarding lead says who of the agency a person of concern is.

use clap::Args;
use serde_json::json;

use super::super::connect::ConnectArgs;
use super::super::error::CliError;
use super::super::json;
use super::super::output::{Output, clean};
use crate::wire::v1;

/// `name-staff`.
#[derive(Debug, Args)]
pub(crate) struct NameStaffArgs {
    /// The task that asks for it, as its copy names it.
    #[arg(value_name = "DELIVERY")]
    delivery: String,

    /// Who it is, by opaque id; every person of concern of the agency who uses the hub.
    #[arg(value_name = "ID", required_unless_present = "not_a_hub_user")]
    users: Vec<String>,

    /// Nobody of them uses the hub.
    #[arg(long, conflicts_with = "users")]
    not_a_hub_user: bool,

    /// The mailbox of the task, for example MERPOL/lead.
    #[arg(long, value_name = "MAILBOX")]
    mailbox: Option<String>,

    #[command(flatten)]
    connect: ConnectArgs,
}

/// Runs `name-staff`.
pub(crate) async fn run(args: &NameStaffArgs, out: &mut Output) -> Result<(), CliError> {
    let mut session = args.connect.open(out).await?;
    let request = v1::NameStaffUserRequest {
        mailbox: session.mailbox(args.mailbox.as_ref()),
        delivery_id: args.delivery.clone(),
        staff_user_ids: args.users.clone(),
        not_a_hub_user: args.not_a_hub_user,
    };
    let answer = session.client.name_staff_user(request).await?;
    let line = match args.not_a_hub_user {
        true => "said: nobody of the agency's users; its mailboxes get the alert now",
        false => "named: the mailboxes that do not serve them get the alert now",
    };
    out.text(&clean(line))?;
    out.json(&json!({ "named": json::of("staysafe.v1.NameStaffUserResponse", &answer)? }))?;
    session.finish()
}
