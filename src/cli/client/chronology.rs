//! `staysafe chronology`: what the own mailbox has about one person, alert by alert, oldest first; and for the front door
//! how much one of the alerts says about the person.
//!
//! Needs a person's own certificate; every reading is recorded. Prints and keeps nothing: a chronology is not an export.

use clap::{Args, ValueEnum};
use serde_json::json;

use super::super::connect::ConnectArgs;
use super::super::error::CliError;
use super::super::json;
use super::super::output::{Output, clean};
use super::words;
use crate::wire::v1;

/// `chronology`.
#[derive(Debug, Args)]
pub(crate) struct ChronologyArgs {
    /// A copy that shows the person, by its delivery id.
    #[arg(value_name = "DELIVERY")]
    delivery: String,

    /// The person: the place among the subjects of that copy, from 0.
    #[arg(long, default_value_t = 0, value_name = "PLACE")]
    person: u32,

    /// Mailbox; by default your agency's duty mailbox.
    #[arg(long, value_name = "MAILBOX")]
    mailbox: Option<String>,

    /// Say how much the alert of that copy says about the person, instead of reading; for the front door's duty manager,
    /// decision maker or lead. Whoever's copy is a line of the chronology sees it.
    #[arg(long, value_enum, value_name = "WEIGHT")]
    significance: Option<Weight>,

    #[command(flatten)]
    connect: ConnectArgs,
}

/// How much an alert says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Weight {
    /// For completeness.
    Low,
    /// One of several that count together.
    Medium,
    /// By itself a reason to act, or to look again.
    High,
}

impl From<Weight> for v1::Significance {
    fn from(weight: Weight) -> Self {
        match weight {
            Weight::Low => Self::Low,
            Weight::Medium => Self::Medium,
            Weight::High => Self::High,
        }
    }
}

/// Runs `chronology`.
pub(crate) async fn run(args: &ChronologyArgs, out: &mut Output) -> Result<(), CliError> {
    let mut session = args.connect.open(out).await?;
    let mailbox = session.mailbox(args.mailbox.as_ref());
    if let Some(weight) = args.significance {
        let request = v1::SetSignificanceRequest {
            mailbox,
            delivery_id: args.delivery.clone(),
            person: args.person,
            significance: v1::Significance::from(weight).into(),
        };
        let said = session.client.set_significance(request).await?;
        out.text(&format!("set {}", words::time(said.set_at.as_ref())))?;
        out.json(&json!({ "set": json::of("staysafe.v1.SetSignificanceResponse", &said)? }))?;
        return session.finish();
    }
    let mut page_token = String::new();
    let mut is_empty = true;
    loop {
        let request = v1::GetChronologyRequest {
            mailbox: mailbox.clone(),
            delivery_id: args.delivery.clone(),
            person: args.person,
            page_size: 0,
            page_token,
        };
        let page = session.client.chronology(request).await?;
        for line in &page.lines {
            is_empty = false;
            for text in told(line) {
                out.text(&text)?;
            }
        }
        out.json(&json!({ "chronology": json::of("staysafe.v1.GetChronologyResponse", &page)? }))?;
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    if is_empty {
        out.text("nothing")?;
    }
    session.finish()
}

/// One line as a person reads it, and what stands below it.
fn told(line: &v1::ChronologyLine) -> Vec<String> {
    let occurred = line.occurred_at.as_ref().and_then(|instant| instant.at.as_ref());
    let when = match (occurred, line.occurred_precision()) {
        (None, _) => format!("sent {}", words::time(line.queued_at.as_ref())),
        (Some(at), v1::OccurredPrecision::Unspecified | v1::OccurredPrecision::Exact) => {
            words::time(Some(at))
        }
        (Some(at), precision) => {
            let precision = words::short(precision.as_str_name(), "OCCURRED_PRECISION_");
            format!("{} ({precision})", words::time(Some(at)))
        }
    };
    let mut first = format!(
        "{when}  {}  {}  {}",
        clean(&line.sender_agency),
        words::kind(line.kind()),
        words::delivery_state(line.state())
    );
    if line.standing() != v1::LineStanding::Unspecified {
        first.push_str("  ");
        first.push_str(words::short(line.standing().as_str_name(), "LINE_STANDING_"));
    }
    if line.significance() != v1::Significance::Unspecified {
        let said = words::short(line.significance().as_str_name(), "SIGNIFICANCE_");
        first.push_str(&format!("  significance {said}"));
    }
    if !line.outcome.is_empty() {
        first.push_str(&format!("  came to {}", clean(&line.outcome)));
    }
    for (marked, word) in [(line.older, "  (older)"), (line.exercise, "  TRAINING")] {
        if marked {
            first.push_str(word);
        }
    }
    let mut lines = vec![first];
    lines.extend(line.child_words.iter().map(|words| format!("  child: {}", clean(words))));
    lines.extend(line.actions.iter().map(|action| {
        let code = words::short(action.code().as_str_name(), "IMMEDIATE_ACTION_CODE_");
        format!("  done at once: {code} {}", clean(&action.text)).trim_end().to_owned()
    }));
    lines
}
