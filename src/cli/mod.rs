//! The command line: one file a subcommand, everything a person reads or a script parses.
//!
//! Owns arguments, words and exit codes: 0 done, 1 refused or failed, 2 wrongly called, 3 done
//! though the hub's log raised an alarm. What a partner's system does stands in `client` and uses the typed client only.
//! Text by default; with `--json` one JSON object a line.

mod admin;
mod bench;
mod client;
mod connect;
mod demo;
mod error;
mod hub;
mod json;
mod local;
mod output;
mod policy;
mod readable;
mod store;

pub mod certs;

#[cfg(test)]
mod tests;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tokio::runtime::Builder;

use error::CliError;
use output::{Form, Output};

/// Carries safeguarding alerts between agencies: the hub, and the client of a partner.
#[derive(Debug, Parser)]
#[command(name = "staysafe", version, propagate_version = true, after_help = AFTER_HELP)]
struct Cli {
    /// Print JSON, one object a line, instead of text.
    #[arg(long, global = true)]
    json: bool,

    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str =
    "An alert does not replace 999 or a phone call. Start with `staysafe demo`.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a hub until it is told to stop.
    Hub(hub::HubArgs),
    /// Play a year of a partnership on this machine, with hubs and every agency's own client.
    Demo(demo::DemoArgs),
    /// Make, list and revoke certificates of a development authority.
    Certs(certs::CertsArgs),
    /// Send an alert: canonical JSON of SubmitAlertRequest or of Alert, from a file or from standard input.
    Send(client::send::SendArgs),
    /// Correct an alert of your agency: send the whole alert again, to everybody who got it.
    Correct(client::correct::CorrectArgs),
    /// Take an alert of your agency back, from everybody or from some.
    Recall(client::recall::RecallArgs),
    /// Say that nothing more is done with a delivery that was recalled.
    ConfirmRecall(client::recall::ConfirmArgs),
    /// Say what became of an agreement: refused, withdrawn, given again. What rests on it ends.
    Consent(client::consent::ConsentArgs),
    /// Disagree with what the front door decided on a referral of your agency.
    Disagree(client::disagree::DisagreeArgs),
    /// Receive, keep and show what waits in a mailbox.
    Inbox(client::inbox::InboxArgs),
    /// Take a delivery, as a named person. Only this stops escalation.
    #[command(visible_alias = "ack")]
    Acknowledge(client::acknowledge::AcknowledgeArgs),
    /// Read who took or declined a delivery of your agency, and what they wrote.
    Answers(client::answers::AnswersArgs),
    /// Show what your mailbox has about one person, alert by alert, oldest first.
    Chronology(client::chronology::ChronologyArgs),
    /// Decline a delivery, as a named person, with a reason. It goes to the duty manager at once.
    Decline(client::decline::DeclineArgs),

    /// Say what came of a delivery that your agency has taken.
    Close(client::close::CloseArgs),

    /// Hand what is open over to who is on duty next, at the end of a turn.
    HandOver(client::hand_over::HandOverArgs),
    /// Say who of your agency a person of concern is, on the task that asks for it.
    NameStaff(client::name_staff::NameStaffArgs),
    /// Show what became of one alert of your agency, or list them.
    Status(client::status::StatusArgs),
    /// Check the hub's audit log: checkpoints, proofs, receipts, entries.
    Audit(client::audit::AuditArgs),
    /// Show the agencies and their duty phones, or change your own agency's part.
    Directory(client::directory::DirectoryArgs),
    /// Print indicators of a period, for analysts.
    Report(client::report::ReportArgs),
    /// Say who is who: the stewards' queue, links, and the protected-subject register.
    Identity(client::identity::IdentityArgs),
    /// Print the tables the hub decides by, in words.
    Policy(policy::PolicyArgs),
    /// Measure what a hub does on this machine, beside what the machine itself can do.
    Bench(bench::BenchArgs),
    /// Check, rebuild, back up or restore the data directory of a stopped hub.
    Store(store::StoreArgs),
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let form = if cli.json { Form::Json } else { Form::Text };
    let mut out = Output::of_process(form);
    match run(cli.command, &mut out) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read has gone: there is nobody to tell, and nothing failed.
        Err(error) if error.exit_code() == 0 => ExitCode::SUCCESS,
        Err(error) => {
            out.error(&error);
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(command: Command, out: &mut Output) -> Result<(), CliError> {
    let (mut threads, command) = match command {
        Command::Certs(args) => return run_certs(&args, out),
        Command::Store(args) => return store::run(&args, out),
        Command::Policy(args) => return policy::run(&args, out),
        // A hub and a demonstration use every core; a client's command does one thing after the other.
        serves @ (Command::Hub(_) | Command::Demo(_) | Command::Bench(_)) => {
            (Builder::new_multi_thread(), serves)
        }
        asks @ (Command::Send(_)
        | Command::Correct(_)
        | Command::Recall(_)
        | Command::ConfirmRecall(_)
        | Command::Consent(_)
        | Command::Disagree(_)
        | Command::Inbox(_)
        | Command::Acknowledge(_)
        | Command::Answers(_)
        | Command::Chronology(_)
        | Command::Decline(_)
        | Command::Close(_)
        | Command::HandOver(_)
        | Command::NameStaff(_)
        | Command::Status(_)
        | Command::Audit(_)
        | Command::Directory(_)
        | Command::Identity(_)
        | Command::Report(_)) => (Builder::new_current_thread(), asks),
    };
    let runtime = threads.enable_all().build();
    let runtime = runtime.map_err(|source| CliError::system("start the runtime", source))?;
    let done = runtime.block_on(Box::pin(dispatch(command, out)));
    // A read of standard input that nobody ends must not keep the process.
    runtime.shutdown_background();
    done
}

async fn dispatch(command: Command, out: &mut Output) -> Result<(), CliError> {
    match command {
        Command::Certs(args) => run_certs(&args, out),
        Command::Store(args) => store::run(&args, out),
        Command::Policy(args) => policy::run(&args, out),
        Command::Hub(args) => Box::pin(hub::run(&args, out)).await,
        Command::Demo(args) => Box::pin(demo::run(&args, out)).await,
        Command::Bench(args) => Box::pin(bench::run(&args, out)).await,
        Command::Send(args) => Box::pin(client::send::run(&args, out)).await,
        Command::Correct(args) => Box::pin(client::correct::run(&args, out)).await,
        Command::Recall(args) => Box::pin(client::recall::run(&args, out)).await,
        Command::ConfirmRecall(args) => Box::pin(client::recall::confirm(&args, out)).await,
        Command::Consent(args) => Box::pin(client::consent::run(&args, out)).await,
        Command::Disagree(args) => Box::pin(client::disagree::run(&args, out)).await,
        Command::Inbox(args) => Box::pin(client::inbox::run(&args, out)).await,
        Command::Acknowledge(args) => Box::pin(client::acknowledge::run(&args, out)).await,
        Command::Answers(args) => Box::pin(client::answers::run(&args, out)).await,
        Command::Chronology(args) => Box::pin(client::chronology::run(&args, out)).await,
        Command::Decline(args) => Box::pin(client::decline::run(&args, out)).await,
        Command::Close(args) => Box::pin(client::close::run(&args, out)).await,
        Command::HandOver(args) => Box::pin(client::hand_over::run(&args, out)).await,
        Command::NameStaff(args) => Box::pin(client::name_staff::run(&args, out)).await,
        Command::Status(args) => Box::pin(client::status::run(&args, out)).await,
        Command::Audit(args) => Box::pin(client::audit::run(args, out)).await,
        Command::Directory(args) => Box::pin(client::directory::run(args, out)).await,
        Command::Report(args) => Box::pin(client::report::run(&args, out)).await,
        Command::Identity(args) => Box::pin(client::identity::run(args, out)).await,
    }
}

fn run_certs(args: &certs::CertsArgs, out: &mut Output) -> Result<(), CliError> {
    let mut printed = Vec::new();
    let done = certs::run(args, &mut printed).map_err(CliError::from);
    let printed = String::from_utf8_lossy(&printed).into_owned();
    let lines: Vec<&str> = printed.lines().collect();
    out.text(printed.trim_end())?;
    out.json(&serde_json::json!({ "certs": lines }))?;
    done
}
