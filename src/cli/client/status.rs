//! `staysafe status`: what became of one's own alerts, with every receipt verified.

use clap::Args;
use comfy_table::Table;
use serde_json::{Value, json};

use super::super::connect::{ConnectArgs, Session};
use super::super::error::CliError;
use super::super::json;
use super::super::output::{Output, clean};
use super::on_behalf::Person;
use super::receipts::{self, Checked};
use super::words;
use crate::wire::v1;

/// Of the option `user`.
const ASKS: &str = "Who asks, by opaque id, where a system asks for the author of an alert that is kept from others";

/// `status`.
#[derive(Debug, Args)]
#[command(mut_arg("user", |user| user.help(ASKS)))]
pub(crate) struct StatusArgs {
    /// One alert of your agency; without it, all of them, newest first.
    #[arg(value_name = "ALERT")]
    alert: Option<String>,

    /// How many alerts to list at most.
    #[arg(long, default_value_t = 50, value_name = "COUNT")]
    limit: usize,

    #[command(flatten)]
    person: Person,

    #[command(flatten)]
    connect: ConnectArgs,
}

/// Runs `status`.
pub(crate) async fn run(args: &StatusArgs, out: &mut Output) -> Result<(), CliError> {
    let mut session = args.connect.open(out).await?;
    match &args.alert {
        Some(alert) => one(&mut session, (alert, &args.person.user), out).await,
        None => all(&mut session, (args.limit, &args.person.user), out).await,
    }?;
    session.finish()
}

async fn one(
    session: &mut Session,
    (alert, user): (&str, &str),
    out: &mut Output,
) -> Result<(), CliError> {
    let status = session.client.status_for(alert, user).await?;
    let stored = receipts::checked(status.receipt.as_ref(), &session.key)?;
    let mut checked: Vec<Vec<Checked<'_>>> = Vec::new();
    for delivery in &status.deliveries {
        let of_delivery = delivery.receipts.iter();
        let of_delivery = of_delivery.map(|receipt| receipts::checked(Some(receipt), &session.key));
        checked.push(of_delivery.collect::<Result<_, _>>()?);
    }
    out.text(&text(&status, &stored, &checked))?;
    out.json(&json!({ "status": to_json(&status, &stored, &checked)? }))
}

fn text(
    status: &v1::GetAlertStatusResponse,
    stored: &Checked<'_>,
    checked: &[Vec<Checked<'_>>],
) -> String {
    let summary = status.summary.clone().unwrap_or_default();
    let mut lines = vec![
        format!(
            "{} {}  alert {}",
            words::priority(summary.priority()),
            words::kind(summary.kind()),
            clean(&summary.alert_id),
        ),
        format!(
            "  received {}, {}",
            words::time(summary.received_at.as_ref()),
            words::short(summary.acceptance().as_str_name(), "ACCEPTANCE_"),
        ),
        format!("  {}", stored.text()),
    ];
    if !status.gaps.is_empty() {
        lines.push("still missing:".to_owned());
        lines.extend(words::gaps(&status.gaps));
    }
    for (delivery, receipts) in status.deliveries.iter().zip(checked) {
        lines.push(delivery_line(delivery));
        lines.extend(receipts.iter().map(|receipt| format!("  {}", receipt.text())));
    }
    if !status.recalls.is_empty() {
        lines.push("recalled:".to_owned());
        lines.extend(super::recall::recipients(&status.recalls));
    }
    lines.extend(status.disagreement.iter().map(super::disagree::line));
    lines.extend(words::notices(&status.notices));
    lines.join("\n")
}

fn delivery_line(delivery: &v1::VisibleDelivery) -> String {
    let due = match &delivery.due_at {
        Some(due) => format!(", due {} ({})", words::time(Some(due)), delivery.due_label),
        None => String::new(),
    };
    let late = match (delivery.failed, delivery.overdue) {
        (true, _) => format!("  NOT DELIVERED: phone them now, {}", delivery.phone),
        (false, true) => format!("  NOT ACKNOWLEDGED: phone them now, {}", delivery.phone),
        (false, false) => String::new(),
    };
    clean(&format!(
        "{}: {} {}{due}{late}",
        delivery.name,
        words::priority(delivery.priority()),
        words::delivery_state(delivery.state()),
    ))
}

fn to_json(
    status: &v1::GetAlertStatusResponse,
    stored: &Checked<'_>,
    checked: &[Vec<Checked<'_>>],
) -> Result<Value, CliError> {
    let mut value = json::of("staysafe.v1.GetAlertStatusResponse", status)?;
    if let Some(object) = value.as_object_mut() {
        object.insert("receipt".to_owned(), stored.json()?);
    }
    let deliveries = value.get_mut("deliveries").and_then(Value::as_array_mut);
    for (delivery, receipts) in deliveries.into_iter().flatten().zip(checked) {
        let receipts = receipts.iter().map(Checked::json).collect::<Result<Vec<_>, _>>()?;
        if let Some(object) = delivery.as_object_mut() {
            object.insert("receipts".to_owned(), Value::Array(receipts));
        }
    }
    Ok(value)
}

async fn all(
    session: &mut Session,
    (limit, user): (usize, &str),
    out: &mut Output,
) -> Result<(), CliError> {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_header([
        "alert",
        "kind",
        "priority",
        "received",
        "least advanced",
        "gaps",
    ]);
    let (mut token, mut alerts) = (String::new(), Vec::new());
    while alerts.len() < limit {
        let left = limit.saturating_sub(alerts.len()).min(200);
        let size = u32::try_from(left).unwrap_or(200);
        let page = session.client.own_alerts_for(user, size, &token).await?;
        for summary in &page.alerts {
            table.add_row(row(summary));
            alerts.push(json::of("staysafe.v1.AlertSummary", summary)?);
        }
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    match alerts.is_empty() {
        true => out.text("Your agency has sent nothing.")?,
        false => out.text(&table.to_string())?,
    }
    out.json(&json!({ "alerts": alerts }))
}

fn row(summary: &v1::AlertSummary) -> [String; 6] {
    [
        clean(&summary.alert_id),
        words::kind(summary.kind()).to_owned(),
        words::priority(summary.priority()).to_owned(),
        words::time(summary.received_at.as_ref()),
        words::delivery_state(summary.state()).to_owned(),
        match summary.open_gaps {
            0 => String::new(),
            gaps => gaps.to_string(),
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_that_nobody_took_in_time_says_whom_to_phone() {
        let late = v1::VisibleDelivery {
            name: "EDT".to_owned(),
            state: v1::DeliveryState::Confirmed.into(),
            priority: v1::Priority::P2.into(),
            overdue: true,
            phone: "0151 496 0030".to_owned(),
            ..v1::VisibleDelivery::default()
        };

        assert_eq!(
            delivery_line(&late),
            "EDT: P2 CONFIRMED  NOT ACKNOWLEDGED: phone them now, 0151 496 0030"
        );
        let failed = v1::VisibleDelivery {
            state: v1::DeliveryState::Queued.into(),
            failed: true,
            ..late.clone()
        };
        assert_eq!(
            delivery_line(&failed),
            "EDT: P2 QUEUED  NOT DELIVERED: phone them now, 0151 496 0030"
        );
        let taken = v1::VisibleDelivery { overdue: false, ..late };
        assert!(!delivery_line(&taken).contains("phone"));
    }
}
