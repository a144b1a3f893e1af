//! `staysafe recall`, `staysafe confirm-recall`: an alert is taken back; its recipient has stopped using it.

use clap::{Args, ValueEnum};
use serde_json::json;

use super::super::connect::ConnectArgs;
use super::super::error::CliError;
use super::super::json;
use super::super::output::{Output, clean};
use super::on_behalf::{self, AtInbox, Person};
use super::words;
use crate::wire::v1;

/// `recall`.
#[derive(Debug, Args)]
#[command(mut_arg("user", |user| on_behalf::who(user, "recalls")))]
pub(crate) struct RecallArgs {
    /// The alert.
    #[arg(value_name = "ALERT")]
    alert: String,

    /// Why. No recipient is told.
    #[arg(long, value_name = "REASON")]
    reason: Reason,

    /// From whom, as `staysafe status` names them; may be given several times. Without it, from everybody.
    #[arg(long = "from", value_name = "NAME")]
    recipients: Vec<String>,

    #[command(flatten)]
    person: Person,

    #[command(flatten)]
    connect: ConnectArgs,
}

/// Why an alert is recalled.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Reason {
    /// It is about the wrong person.
    WrongPerson,
    /// It went where it should not have gone.
    WrongRecipient,
    /// You take it back.
    Withdrawn,
}

impl From<Reason> for v1::RecallReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::WrongPerson => Self::WrongPerson,
            Reason::WrongRecipient => Self::WrongRecipient,
            Reason::Withdrawn => Self::Withdrawn,
        }
    }
}

/// Runs `recall`.
pub(crate) async fn run(args: &RecallArgs, out: &mut Output) -> Result<(), CliError> {
    let mut session = args.connect.open(out).await?;
    let request = v1::RecallAlertRequest {
        alert_id: args.alert.clone(),
        recipients: args.recipients.clone(),
        reason: v1::RecallReason::from(args.reason).into(),
        user_id: args.person.user.clone(),
    };
    let answer = session.client.recall(request).await?;
    let mut lines = vec![clean(&format!("recalled: alert {}", answer.alert_id))];
    lines.extend(recipients(&answer.recipients));
    lines.push("If somebody is still at risk, send another alert and phone.".to_owned());
    out.text(&lines.join("\n"))?;
    out.json(&json!({ "recalled": json::of("staysafe.v1.RecallAlertResponse", &answer)? }))?;
    session.finish()
}

/// A line for each recipient of a recall.
pub(super) fn recipients(recipients: &[v1::RecalledRecipient]) -> Vec<String> {
    let line = |recipient: &v1::RecalledRecipient| {
        let rest = match (recipient.stage(), &recipient.confirmed_at) {
            (v1::RecallStage::NotHandedOut, _) => "cancelled, never handed out".to_owned(),
            (v1::RecallStage::NotOpened, _) => {
                "handed out, nobody is known to have opened it".to_owned()
            }
            (v1::RecallStage::Opened, Some(at)) => {
                format!(
                    "OPENED; confirmed {} that nothing more is done with it",
                    words::time(Some(at))
                )
            }
            (v1::RecallStage::Opened, None) => {
                format!("OPENED, not confirmed yet: phone {}", recipient.phone)
            }
            (v1::RecallStage::Unspecified, _) => "recalled".to_owned(),
        };
        clean(&format!("  {}: {rest}", recipient.name))
    };
    recipients.iter().map(line).collect()
}

/// `confirm-recall`.
#[derive(Debug, Args)]
#[command(mut_arg("user", |user| on_behalf::who(user, "confirms")))]
pub(crate) struct ConfirmArgs {
    /// The delivery that was recalled, as the tombstone names it.
    #[arg(value_name = "DELIVERY")]
    delivery: String,

    #[command(flatten)]
    desk: AtInbox,

    #[command(flatten)]
    connect: ConnectArgs,
}

/// Runs `confirm-recall`.
pub(crate) async fn confirm(args: &ConfirmArgs, out: &mut Output) -> Result<(), CliError> {
    let mut session = args.connect.open(out).await?;
    let request = v1::ConfirmRecallRequest {
        mailbox: session.mailbox(args.desk.mailbox.as_ref()),
        delivery_id: args.delivery.clone(),
        user_id: args.desk.person.user.clone(),
    };
    let answer = session.client.confirm_recall(request).await?;
    out.text(&format!(
        "confirmed {}: nothing more is done with delivery {}",
        words::time(answer.confirmed_at.as_ref()),
        clean(&args.delivery),
    ))?;
    out.json(&json!({ "confirmed": json::of("staysafe.v1.ConfirmRecallResponse", &answer)? }))?;
    session.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_seen_it_and_not_confirmed_is_to_be_phoned() {
        let of = |name: &str, stage: v1::RecallStage| v1::RecalledRecipient {
            name: name.to_owned(),
            stage: stage.into(),
            confirmed_at: None,
            phone: "0151 496 0030".to_owned(),
        };

        let told = recipients(&[
            of("EDT", v1::RecallStage::Opened),
            of("front door", v1::RecallStage::NotOpened),
            of("CADT", v1::RecallStage::NotHandedOut),
        ]);

        assert_eq!(
            told,
            [
                "  EDT: OPENED, not confirmed yet: phone 0151 496 0030",
                "  front door: handed out, nobody is known to have opened it",
                "  CADT: cancelled, never handed out",
            ]
        );
    }
}
