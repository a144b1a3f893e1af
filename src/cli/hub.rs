//! `staysafe hub`: runs a hub until it is told to stop.

use std::io::{self, Read as _};
use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use super::admin;
use super::error::CliError;
use super::output::Output;
use crate::config::{Config, Environment, LogFormat};
use crate::domain::Timestamp;
use crate::hub::{self, StartOptions};
use crate::telemetry::{self, LogForm};

/// Nothing is read from standard input but its end; who writes this much has written enough.
const INPUT_BYTES_MAX: u64 = 64 * 1024;

/// `hub`.
#[derive(Debug, Args)]
pub(crate) struct HubArgs {
    /// Configuration; without it the file that STAYSAFE_CONFIG names, or /etc/staysafe/hub.toml.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Simulate hub time from this instant on, such as 2026-10-23T22:00:00+01:00: for demonstrations and tests. The
    /// data directory is marked and never served with real time.
    #[arg(long, value_name = "INSTANT")]
    simulated_from: Option<jiff::Timestamp>,

    /// Answer reflection requests.
    #[arg(long)]
    reflection: bool,

    /// Ask the hub that runs with this configuration for its health, and exit: 0 when it takes alerts.
    #[arg(long, conflicts_with_all = ["simulated_from", "reflection", "stop_with_stdin"])]
    health: bool,

    /// Stop in order when standard input ends, too: for a program that starts a hub and must not leave it behind.
    #[arg(long)]
    stop_with_stdin: bool,
}

/// Runs `hub`.
pub(crate) async fn run(args: &HubArgs, out: &mut Output) -> Result<(), CliError> {
    let refused = |source| CliError::because("the configuration is refused", source);
    let environment = Environment::read().map_err(refused)?;
    let config = Config::load(args.config.as_deref(), &environment).map_err(refused)?;
    if args.health {
        let says = admin::health(config.hub.admin_listen.get()).await?;
        out.text(&says)?;
        return out.json(&json!({ "health": says }));
    }
    let form = match config.logging.format {
        LogFormat::Text => LogForm::Text,
        LogFormat::Json => LogForm::Json,
    };
    telemetry::start_log(form, &config.logging.filter)
        .map_err(|source| CliError::because("the log cannot start", source))?;

    let options = StartOptions {
        simulated_from: args.simulated_from.map(Timestamp::from),
        reflection: args.reflection,
    };
    let running = hub::start(&config, options)
        .await
        .map_err(|source| CliError::because("the hub cannot start", source))?;
    let (address, admin) = (running.address, running.admin_address);
    out.text(&format!("serving on {address}; health and metrics on http://{admin}"))?;
    out.json(&json!({
        "serving": { "address": address.to_string(), "admin": admin.to_string() },
    }))?;
    match args.stop_with_stdin {
        false => running.run_until_stopped().await,
        true => {
            let until = stop_or_end_of_input().await;
            running.stop().await;
            until
        }
    }
    .map_err(|source| CliError::system("wait for the signal to stop", source))
}

/// Waits for a signal to stop, or for the end of standard input.
pub(crate) async fn stop_or_end_of_input() -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let input = tokio::task::spawn_blocking(|| {
        io::copy(&mut io::stdin().lock().take(INPUT_BYTES_MAX), &mut io::sink())
    });
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
        _ended = input => Ok(()),
    }
}
