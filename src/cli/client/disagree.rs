//! `staysafe disagree`: a referrer does not agree with what was decided.

use clap::Args;
use serde_json::json;

use super::super::connect::ConnectArgs;
use super::super::error::CliError;
use super::super::json;
use super::super::output::{Output, clean};
use super::on_behalf::{self, Person};
use super::words;
use crate::wire::v1;

/// `disagree`.
#[derive(Debug, Args)]
#[command(mut_arg("user", |user| on_behalf::who(user, "disagrees")))]
pub(crate) struct DisagreeArgs {
    /// Your alert that was decided on.
    #[arg(value_name = "ALERT")]
    alert: String,

    /// The stage: 1 the front door's duty manager, 2 the safeguarding leads of both agencies, 3 the senior on call.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(i32).range(1..=3))]
    stage: i32,

    /// Why, 10 to 1,000 characters. Read by whom this stage and the later ones call.
    #[arg(long, value_name = "TEXT")]
    text: String,

    /// The decision, as your copy names it; by default the last one.
    #[arg(long, default_value = "", value_name = "ALERT", hide_default_value = true)]
    decision: String,

    /// A key of your own: the same key with the same words is raised once.
    #[arg(long, value_name = "KEY")]
    idempotency_key: String,

    #[command(flatten)]
    person: Person,

    #[command(flatten)]
    connect: ConnectArgs,
}

/// Runs `disagree`.
pub(crate) async fn run(args: &DisagreeArgs, out: &mut Output) -> Result<(), CliError> {
    let mut session = args.connect.open(out).await?;
    let request = v1::DisagreeRequest {
        idempotency_key: args.idempotency_key.clone(),
        alert_id: args.alert.clone(),
        decision_id: args.decision.clone(),
        stage: args.stage,
        text: args.text.clone(),
        user_id: args.person.user.clone(),
    };
    let answer = session.client.disagree(request).await?;
    let raised = answer.disagreement.clone().unwrap_or_default();
    let lines = [line(&raised), "If a child is not safe, phone now.".to_owned()];
    out.text(&lines.join("\n"))?;
    out.json(&json!({ "disagreed": json::of("staysafe.v1.DisagreeResponse", &answer)? }))?;
    session.finish()
}

/// How far a disagreement has gone.
pub(super) fn line(raised: &v1::Disagreement) -> String {
    let with = |stage| match stage {
        v1::DisagreementStage::DisagreementStage1 => "the front door's duty manager",
        v1::DisagreementStage::DisagreementStage2 => "the safeguarding leads of both agencies",
        v1::DisagreementStage::DisagreementStage3 => "the senior on call",
        v1::DisagreementStage::Unspecified => "nobody",
    };
    let since = words::time(raised.raised_at.as_ref());
    let rest = match (&raised.answered_at, &raised.next_at) {
        (Some(at), _) => format!("; answered {}", words::time(Some(at))),
        (None, Some(at)) => {
            format!("; unanswered at {}: {}", words::time(Some(at)), with(raised.next_stage()))
        }
        (None, None) => String::new(),
    };
    clean(&format!(
        "disagreement with {}: stage {}, {} since {since}{rest}",
        raised.decision_id,
        raised.stage,
        with(raised.stage()),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_it_now_and_who_is_next_is_said() {
        let mut raised = v1::Disagreement {
            decision_id: "d-1".to_owned(),
            stage: 1,
            raised_at: Some(prost_types::Timestamp { seconds: 1_795_536_000, nanos: 0 }),
            next_stage: 2,
            next_at: Some(prost_types::Timestamp { seconds: 1_795_622_400, nanos: 0 }),
            answered_at: None,
        };

        let told = line(&raised);
        assert!(
            told.starts_with("disagreement with d-1: stage 1, the front door's duty"),
            "{told}"
        );
        assert!(told.ends_with(": the safeguarding leads of both agencies"), "{told}");
        raised.answered_at = raised.next_at.take();
        assert!(line(&raised).contains("; answered "), "{}", line(&raised));
    }
}
