//! `staysafe hand-over`: at the end of a turn on duty, what is open goes to who is on duty next.

use clap::Args;
use serde_json::json;

use super::super::connect::ConnectArgs;
use super::super::error::CliError;
use super::super::json;
use super::super::output::{Output, clean};
use super::on_behalf::{self, AtInbox};
use crate::wire::v1;

/// `hand-over`.
#[derive(Debug, Args)]
#[command(mut_arg("user", |user| on_behalf::who(user, "hands over")))]
pub(crate) struct HandOverArgs {
    /// Deliveries, as the copies name them; without any, all that you hold and nothing has come of.
    #[arg(value_name = "DELIVERY")]
    deliveries: Vec<String>,

    /// Who takes over, by opaque id; without it, who is next by the rota.
    #[arg(long, default_value = "", value_name = "ID", hide_default_value = true)]
    to: String,

    #[command(flatten)]
    desk: AtInbox,

    #[command(flatten)]
    connect: ConnectArgs,
}

/// Runs `hand-over`.
pub(crate) async fn run(args: &HandOverArgs, out: &mut Output) -> Result<(), CliError> {
    let mut session = args.connect.open(out).await?;
    let request = v1::HandOverRequest {
        mailbox: session.mailbox(args.desk.mailbox.as_ref()),
        user_id: args.desk.person.user.clone(),
        to_user_id: args.to.clone(),
        delivery_ids: args.deliveries.clone(),
    };
    let answer = session.client.hand_over(request).await?;
    let line = match answer.delivery_ids.as_slice() {
        [] => "nothing to hand over".to_owned(),
        [one] => format!("{one} is with {} now", answer.to_user_id),
        many => format!("{} deliveries are with {} now", many.len(), answer.to_user_id),
    };
    out.text(&clean(&line))?;
    out.json(&json!({ "handedOver": json::of("staysafe.v1.HandOverResponse", &answer)? }))?;
    session.finish()
}
