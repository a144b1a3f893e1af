//! `staysafe decline`: a named person says that this is not theirs to take, and why.

use clap::{Args, ValueEnum};
use serde_json::json;

use super::super::connect::ConnectArgs;
use super::super::error::CliError;
use super::super::json;
use super::super::output::{Output, clean};
use super::on_behalf::{self, AtInbox};
use super::words;
use crate::wire::v1;

/// `decline`.
#[derive(Debug, Args)]
#[command(mut_arg("user", |user| on_behalf::who(user, "declines")))]
pub(crate) struct DeclineArgs {
    /// The delivery, as the copy names it.
    #[arg(value_name = "DELIVERY")]
    delivery: String,

    /// Why.
    #[arg(long, value_name = "REASON")]
    reason: Reason,

    /// The reason in words, 10 to 1,000 characters.
    #[arg(long, value_name = "TEXT")]
    text: String,

    #[command(flatten)]
    desk: AtInbox,

    #[command(flatten)]
    connect: ConnectArgs,
}

/// Why a delivery is declined.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Reason {
    /// It is another agency's.
    NotOurs,
    /// Nobody can act in time.
    NoCapacity,
    /// The person knows somebody concerned.
    ConflictOfInterest,
    /// Told in the text.
    Other,
}

impl From<Reason> for v1::DeclineReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::NotOurs => Self::NotOurs,
            Reason::NoCapacity => Self::NoCapacity,
            Reason::ConflictOfInterest => Self::ConflictOfInterest,
            Reason::Other => Self::Other,
        }
    }
}

/// Runs `decline`.
pub(crate) async fn run(args: &DeclineArgs, out: &mut Output) -> Result<(), CliError> {
    let mut session = args.connect.open(out).await?;
    let request = v1::DeclineRequest {
        mailbox: session.mailbox(args.desk.mailbox.as_ref()),
        delivery_id: args.delivery.clone(),
        user_id: args.desk.person.user.clone(),
        reason: v1::DeclineReason::from(args.reason).into(),
        text: args.text.clone(),
    };
    let answer = session.client.decline(request).await?;
    out.text(&format!(
        "{}: delivery {}; it is with the duty manager now",
        words::delivery_state(answer.state()),
        clean(&args.delivery),
    ))?;
    out.json(&json!({ "declined": json::of("staysafe.v1.DeclineResponse", &answer)? }))?;
    session.finish()
}
