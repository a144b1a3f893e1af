//! `staysafe bench`: what the hub does on this machine, beside what the machine itself can do.
//!
//! One run measures, in turns: a bare tonic echo over the same mutual TLS (`echo`), groups of commits written and
//! fsynced (`fsync`), durable submissions (`submit`), a submission until its copy is with the recipient (`delivered`)
//! and the emptying of a full mailbox (`receive`). Hub and echo are processes of their own; load comes from this one, so
//! all share the machine's cores. Figures of different runs or machines say little; the ratios of one run do.
//!
//! A submit figure counts only if the index kept up: what is taken faster than it is indexed is borrowed.

mod alert;
mod callers;
mod echo;
mod fsync;
mod load;
mod machine;
mod report;

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde_json::Value;

use super::admin;
use super::error::CliError;
use super::local::{Home, HubProcess, HubSettings};
use super::output::Output;
use crate::sdk::{Client, Connect};
use crate::tls::ClientTls;
use callers::{Deliver, Echo, Receive, Submit};
use echo::EchoProcess;
use load::{Caller, Level, Load, Sample};
use machine::Machine;
use report::{Filled, Measured, Report};

/// One call at a time, one busy connection, and four of them.
const LEVELS: [Level; 3] = [
    Level { in_flight: 1, connections: 1 },
    Level { in_flight: 64, connections: 1 },
    Level { in_flight: 256, connections: 4 },
];
/// The index may be behind by this much only, so that a rate that it cannot keep up with is not taken for one.
const SUSTAINED: &str = "[store]\ntail_commits_max = 2048\n";
/// Who sends the alert of the measurements, and who receives it.
const SENDER: &str = "WUTH-AED";
const RECIPIENT: &str = "RESPONSE";

/// `bench`.
#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// Seconds of each measurement, after a warm-up of half as long.
    #[arg(long, default_value_t = 2.0, value_parser = seconds, value_name = "SECONDS")]
    seconds: f64,

    /// How often everything is measured, in turns.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100), value_name = "ROUNDS")]
    rounds: u32,

    /// At the end, fill the hub up to this many alerts; then report memory, processor time and disk.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=10_000_000), value_name = "ALERTS")]
    fill: u64,

    /// A new directory for everything, which stays; by default one under the system's temporary directory, which
    /// is removed.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,

    /// Serve the echo with the certificates of this directory, until standard input ends.
    #[arg(long, hide = true, value_name = "DIR", conflicts_with_all = ["dir", "fill"])]
    serve_echo: Option<PathBuf>,
}

fn seconds(raw: &str) -> Result<f64, String> {
    let seconds: f64 = raw.parse().map_err(|_malformed| "write a number of seconds".to_owned())?;
    match (0.05..=600.0).contains(&seconds) {
        true => Ok(seconds),
        false => Err("between 0.05 and 600 seconds".to_owned()),
    }
}

/// Runs `bench`.
pub(crate) async fn run(args: &BenchArgs, out: &mut Output) -> Result<(), CliError> {
    if let Some(certs) = &args.serve_echo {
        return echo::serve(certs, out).await;
    }
    let home = Home::make("bench", args.dir.as_deref())?;
    let measured = measure(args, &home, out).await;
    if args.dir.is_none() {
        let root = home.path("");
        fs::remove_dir_all(&root).map_err(|source| CliError::file("remove", &root, source))?;
    }
    let report = measured?;
    out.text(&report.to_text())?;
    out.json(&report.to_json())
}

async fn measure(args: &BenchArgs, home: &Home, out: &Output) -> Result<Report, CliError> {
    let bench = Bench::start(home, Duration::from_secs_f64(args.seconds)).await?;
    let idle_memory = bench.hub_memory();
    let mut machine = Machine::watch([std::process::id(), bench.echo.id(), id(&bench.hub)]);
    let backlog_start = bench.backlog().await?;

    let per_round = LEVELS.len().saturating_mul(3).saturating_add(1);
    let steps = u64::from(args.rounds).saturating_mul(u64::try_from(per_round).unwrap_or(u64::MAX));
    let bar = out.progress("measuring", steps);
    let mut measured = Vec::new();
    for _round in 0..args.rounds {
        for level in LEVELS {
            measured.push(bench.echo(level).await?);
            bar.inc(1);
            measured.push(bench.submit(level).await?);
            bar.inc(1);
            measured.push(bench.fsync(home, level).await?);
            bar.inc(1);
        }
        measured.push(bench.delivered().await?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    let others = machine.share_of_others();
    measured.push(bench.receive().await?);
    let filled = match args.fill {
        0 => None,
        alerts => Some(bench.fill(home, alerts, out).await?),
    };
    let backlog_end = bench.backlog().await?;
    let report = Report {
        measured,
        alert_bytes: bench.alert_bytes(),
        backlog: (backlog_start, backlog_end),
        idle_memory,
        filled,
        others,
    };
    bench.stop().await?;
    Ok(report)
}

fn id(hub: &HubProcess) -> u32 {
    hub.id().unwrap_or_default()
}

/// The processes that are measured.
struct Bench {
    echo: EchoProcess,
    /// Takes the load of `submit`.
    hub: HubProcess,
    /// Has empty mailboxes, for `delivered`.
    quiet: HubProcess,
    /// Where `SENDER`'s and `RECIPIENT`'s certificates are.
    sender: ClientTls,
    recipient: ClientTls,
    alert: alert::Alert,
    span: Duration,
}

impl Bench {
    async fn start(home: &Home, span: Duration) -> Result<Self, CliError> {
        let settings = HubSettings { toml: SUSTAINED, ..HubSettings::default() };
        let hub = HubProcess::start(home, "load", settings).await?;
        let quiet = HubProcess::start(home, "quiet", HubSettings::default()).await?;
        Ok(Self {
            echo: EchoProcess::start(home).await?,
            hub,
            quiet,
            sender: files(home, SENDER)?,
            recipient: files(home, RECIPIENT)?,
            alert: alert::Alert::new(jiff::Timestamp::now())?,
            span,
        })
    }

    fn alert_bytes(&self) -> usize {
        self.alert.encoded_len()
    }

    fn hub_memory(&self) -> u64 {
        machine::resident_bytes(id(&self.hub))
    }

    async fn backlog(&self) -> Result<u64, CliError> {
        figure(&self.hub, "index_backlog_commits").await
    }

    async fn echo(&self, level: Level) -> Result<Measured, CliError> {
        let mut callers = Vec::new();
        let bytes = self.alert_bytes();
        for channel in self.echo.connect(&self.sender, level.connections).await? {
            callers.push(Echo::new(channel, bytes));
        }
        let sample = self.sample(level, &callers, false).await?;
        Ok(Measured { name: "echo", level, sample })
    }

    async fn submit(&self, level: Level) -> Result<Measured, CliError> {
        let callers = self.submitters(&self.hub, level).await?;
        let sample = self.sample(level, &callers, true).await?;
        Ok(Measured { name: "submit", level, sample })
    }

    async fn submitters(&self, hub: &HubProcess, level: Level) -> Result<Vec<Submit>, CliError> {
        let connect = Connect::to(hub.clients().endpoint(), self.sender.clone());
        let mut callers = Vec::new();
        for _ in 0..level.connections {
            let client = Client::connect(&connect).await.map_err(CliError::from)?;
            callers.push(Submit::new(client, self.alert.clone()));
        }
        Ok(callers)
    }

    async fn fsync(&self, home: &Home, level: Level) -> Result<Measured, CliError> {
        let sample = fsync::groups(home.path("fsync"), level.in_flight, self.span).await?;
        Ok(Measured { name: "fsync", level: Level { connections: 0, ..level }, sample })
    }

    async fn delivered(&self) -> Result<Measured, CliError> {
        let level = Level { in_flight: 1, connections: 1 };
        let endpoint = self.quiet.clients().endpoint();
        let sender = Connect::to(endpoint, self.sender.clone());
        let recipient = Connect::to(endpoint, self.recipient.clone());
        let deliver = Deliver::open(&sender, &recipient, self.alert.clone()).await?;
        let sample = self.sample(level, &[deliver], false).await?;
        Ok(Measured { name: "delivered", level, sample })
    }

    async fn receive(&self) -> Result<Measured, CliError> {
        let level = Level { in_flight: 1, connections: 1 };
        let recipient = Connect::to(self.hub.clients().endpoint(), self.recipient.clone());
        let receive = Receive::open(&recipient).await?;
        let sample = self.sample(level, &[receive], false).await?;
        Ok(Measured { name: "receive", level, sample })
    }

    /// Warms up, then measures; the backlog is read while the load goes on.
    async fn sample<C: Caller>(
        &self,
        level: Level,
        callers: &[C],
        indexed: bool,
    ) -> Result<Sample, CliError> {
        let load = Load::start(callers, level.in_flight);
        tokio::time::sleep(self.span.div_f64(2.0)).await;
        let before = if indexed { Some(self.backlog().await?) } else { None };
        let took = load.record_for(self.span).await;
        let after = if indexed { Some(self.backlog().await?) } else { None };
        load.end(took, before.zip(after)).await
    }

    /// Submits to a hub of its own until it holds so many alerts.
    async fn fill(&self, home: &Home, alerts: u64, out: &Output) -> Result<Filled, CliError> {
        let hub = HubProcess::start(home, "full", HubSettings::default()).await?;
        let level = Level { in_flight: 64, connections: 1 };
        let bar = out.progress("filling", alerts);
        let before = machine::threads(id(&hub));
        let load = Load::start(&self.submitters(&hub, level).await?, level.in_flight);
        while figure(&hub, "store_commits").await? < alerts {
            tokio::time::sleep(Duration::from_millis(50)).await;
            bar.set_position(figure(&hub, "store_commits").await?);
        }
        load.end(Duration::ZERO, None).await?;
        while figure(&hub, "index_backlog_commits").await? > 0 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        bar.finish_and_clear();
        let filled = Filled {
            commits: figure(&hub, "store_commits").await?,
            memory: machine::resident_bytes(id(&hub)),
            peak_memory: machine::peak_bytes(id(&hub)),
            processor: machine::spent(&before, &machine::threads(id(&hub))),
            journal_bytes: machine::directory_bytes(&home.path("full/data/journal")),
            index_bytes: machine::directory_bytes(&home.path("full/data/index")),
        };
        hub.stop().await?;
        Ok(filled)
    }

    async fn stop(self) -> Result<(), CliError> {
        self.echo.stop().await?;
        self.quiet.stop().await?;
        self.hub.stop().await
    }
}

/// One of a hub's figures.
async fn figure(hub: &HubProcess, name: &str) -> Result<u64, CliError> {
    let status = admin::status(hub.admin()).await?;
    Ok(status.get(name).and_then(Value::as_u64).unwrap_or_default())
}

/// The files of an agency's system in this directory.
fn files(home: &Home, agency: &str) -> Result<ClientTls, CliError> {
    let cert = home.certificate(agency)?;
    Ok(ClientTls {
        ca: home.path("certs/ca.pem"),
        key: cert.with_extension("key"),
        cert,
        server_name: None,
    })
}
