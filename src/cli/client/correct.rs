//! `staysafe correct`: the whole alert again, in the place of one that was wrong.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::super::connect::ConnectArgs;
use super::super::error::CliError;
use super::super::output::Output;
use super::send::{Submission, not_sent, taken};
use super::state::StateArgs;
use crate::wire::v1;

/// `correct`.
#[derive(Debug, Args)]
pub(crate) struct CorrectArgs {
    /// The alert that was wrong.
    #[arg(value_name = "ALERT")]
    alert: String,

    /// File with the whole alert as it should have been, as JSON; - reads standard input.
    #[arg(value_name = "FILE|-")]
    file: PathBuf,

    /// A field that changes, for example alert.missing.last_seen_place; may be given several times.
    #[arg(long = "field", required = true, value_name = "PATH")]
    fields: Vec<String>,

    /// Why.
    #[arg(long, value_name = "REASON")]
    reason: Reason,

    /// Key of this submission, unique for your agency for 30 days. Made up if neither it nor the file's is given.
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,

    #[command(flatten)]
    state: StateArgs,

    #[command(flatten)]
    connect: ConnectArgs,
}

/// Why an alert is corrected.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Reason {
    /// Typed or chosen wrongly.
    EntryError,
    /// What you were told was wrong.
    SourceWrong,
    /// Who somebody is was wrong: a name, a date of birth, an NHS number.
    Identity,
    /// Something was left out.
    Omitted,
}

impl From<Reason> for v1::CorrectionReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::EntryError => Self::EntryError,
            Reason::SourceWrong => Self::SourceWrong,
            Reason::Identity => Self::Identity,
            Reason::Omitted => Self::Omitted,
        }
    }
}

/// Runs `correct`.
pub(crate) async fn run(args: &CorrectArgs, out: &mut Output) -> Result<(), CliError> {
    let mut submission = Submission::read(&args.file)?;
    submission.set_key(args.idempotency_key.as_ref());
    let urgent = submission.is_urgent();

    let opened = args.connect.open(out).await;
    let mut session = opened.map_err(|error| not_sent(error, urgent))?;
    submission.set_sent_at(&session);
    let key = submission.key.clone();
    let request = v1::CorrectAlertRequest {
        alert_id: args.alert.clone(),
        field_paths: args.fields.clone(),
        reason: v1::CorrectionReason::from(args.reason).into(),
        corrected: Some(submission.into_request()),
    };
    let answer = session.client.correct(request).await;
    let answer = answer.map_err(|error| {
        if error.is_worth_retrying() {
            let again = format!("Sending again is safe with --idempotency-key {key}");
            // The refusal itself is told next; losing this line loses nothing.
            drop(out.aside(&again));
        }
        not_sent(error.into(), urgent)
    })?;
    taken((args.state.directory(&args.connect), urgent), &session, &answer, out)?;
    session.finish()
}
