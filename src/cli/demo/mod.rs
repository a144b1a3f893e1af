//! `staysafe demo`: four evenings of a partnership, each agency with its own client, on simulated hub time.
//!
//! Makes certificates, keys and a directory for itself, starts hubs as processes, and plays the story through the
//! same commands a partner would use. It compares what happens with what domain section 9 says must happen, and ends
//! with 1 where it does not.

mod expect;
mod player;
mod story;
mod tell;
mod teller;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use super::certs::PARTNERSHIP;
use super::error::CliError;
use super::local::{Clients, Home, HubProcess, HubSettings};
use super::output::Output;
use crate::domain::principal::Role;
use player::Player;
use story::{AUTUMN, Chapter, REFUSALS, SAMPLES, Step};
use teller::Teller;

/// How often a witness asks again for a checkpoint that covers what it holds a receipt of.
const WITNESS_TRIES: u32 = 40;
const WITNESS_PAUSE: Duration = Duration::from_millis(500);

/// A demonstration is small, and so are its files.
const SMALL_SEGMENTS: &str = "[store]\nsegment_bytes = 4194304\n";

/// `demo`.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// A new directory for certificates, keys and data; by default one under the system's temporary directory.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,

    /// End when the story is told, instead of running on.
    #[arg(long)]
    exit: bool,
}

/// Runs `demo`.
pub(crate) async fn run(args: &DemoArgs, out: &mut Output) -> Result<(), CliError> {
    let told = tokio::select! {
        told = Box::pin(tell(args, out)) => told?,
        stopped = tokio::signal::ctrl_c() => {
            return stopped.map_err(|source| CliError::system("wait for the signal to stop", source));
        }
    };
    let ended = match args.exit {
        true => told.hub.stop().await,
        false => run_on(&told.home, told.hub, &mut Teller::new(out)).await,
    };
    match told.as_written {
        true => ended,
        false => Err(CliError::failed("the story did not come out as it is written")),
    }
}

/// The story told, and the hub it ended on.
struct Told {
    home: Home,
    hub: HubProcess,
    as_written: bool,
}

async fn tell(args: &DemoArgs, out: &mut Output) -> Result<Told, CliError> {
    let home = Home::make("demo", args.dir.as_deref())?;
    for (name, text) in SAMPLES {
        home.write(&format!("alerts/{name}"), text)?;
    }
    let mut teller = Teller::new(out);
    teller.say(&format!(
        "StaySafe, on SIMULATED time with synthetic people. Everything lies in {}",
        home.path("").display()
    ))?;
    teller.say(&format!("{} agencies have certificates and inboxes.", PARTNERSHIP.len()))?;

    let (refusals, hub) = play(&home, "refusals", REFUSALS, &mut teller).await?;
    let clients = hub.clients().clone();
    hub.stop().await?;
    verify_stopped(&home, &clients, &mut teller).await?;
    let (autumn, hub) = play(&home, "autumn", AUTUMN, &mut teller).await?;

    let broken: Vec<String> = [&refusals, &autumn].iter().flat_map(|p| p.broken.clone()).collect();
    let held = refusals.held.saturating_add(autumn.held);
    teller.say(&verdict(held, &broken))?;
    let summary = json!({
        "demo": {
            "directory": home.path(""),
            "hub": hub.clients().endpoint(),
            "simulated": true,
            "asWritten": held,
            "notAsWritten": broken,
            "receiptsVerified": refusals.receipts.saturating_add(autumn.receipts),
            "checkpoint": autumn.checkpoint,
            "alerts": refusals.alerts.iter().chain(&autumn.alerts).collect::<Vec<_>>(),
        }
    });
    out.json(&summary)?;
    Ok(Told { home, hub, as_written: broken.is_empty() })
}

/// What came of playing on one hub.
struct Played {
    held: usize,
    broken: Vec<String>,
    receipts: usize,
    alerts: Vec<Value>,
    checkpoint: Value,
}

/// Starts a hub, plays the chapters on it, and lets every agency verify its log.
async fn play(
    home: &Home,
    name: &str,
    chapters: &[Chapter],
    teller: &mut Teller<'_>,
) -> Result<(Played, HubProcess), CliError> {
    let from = chapters.iter().flat_map(|chapter| chapter.steps).find_map(|step| match step {
        Step::At(at) => Some(*at),
        Step::Tell(_)
        | Step::Send(_)
        | Step::Take(..)
        | Step::TakeAll(_)
        | Step::Follow(..)
        | Step::Look(..) => None,
    });
    let settings = HubSettings { simulated_from: from, toml: SMALL_SEGMENTS };
    let hub = HubProcess::start(home, name, settings).await?;
    teller.say(&format!("\nA hub serves on {}, over mutual TLS.", hub.clients().endpoint()))?;
    let mut player = Player::new(home, hub);
    for chapter in chapters {
        player.play(chapter, teller).await?;
    }
    let checkpoint = witness(&mut player, teller).await?;
    let played = Played {
        held: player.tally.held,
        broken: std::mem::take(&mut player.tally.broken),
        receipts: player.receipts,
        alerts: std::mem::take(&mut player.alerts),
        checkpoint,
    };
    Ok((played, player.into_hub()))
}

/// Every agency checks the newest checkpoint against the last it saw, and that its own receipts stand under it.
async fn witness(player: &mut Player<'_>, teller: &mut Teller<'_>) -> Result<Value, CliError> {
    let mut checkpoint = Value::Null;
    for agency in PARTNERSHIP {
        let mut words = vec!["audit", "verify"];
        words.extend(player.receipts_of(agency).into_iter().flat_map(|file| ["--receipt", file]));
        let mut tries = 1_u32;
        let verified = loop {
            let answer = player.clients().call(agency, &words).await?;
            if answer.done || tries >= WITNESS_TRIES {
                break answer.needed("verified", &format!("the witness of {agency}"))?.clone();
            }
            tries = tries.saturating_add(1);
            tokio::time::sleep(WITNESS_PAUSE).await;
        };
        checkpoint = verified.get("checkpoint").cloned().unwrap_or_default();
    }
    let size = checkpoint.get("size").cloned().unwrap_or_default();
    teller.say(&format!(
        "\nCheckpoint of {}: {size} entries, root {}.\nAll {} agencies verified its signature, that the log only grew \
         since they last looked,\nand that every receipt they hold stands under it.",
        tell::text(&checkpoint, "origin"),
        tell::text(&checkpoint, "root"),
        PARTNERSHIP.len(),
    ))?;
    Ok(checkpoint)
}

/// With the hub stopped, its data directory against the checkpoint that one partner kept.
async fn verify_stopped(
    home: &Home,
    clients: &Clients,
    teller: &mut Teller<'_>,
) -> Result<(), CliError> {
    let data = home.path("refusals/data").display().to_string();
    let kept = clients.witness("FSU").display().to_string();
    let words = ["audit", "verify", "--data", &data, "--checkpoint", &kept];
    let answer = clients.offline(&words).await?;
    answer.needed("verified", "verifying the stopped hub's log")?;
    teller.say(
        "\nThat hub has stopped. Its data directory alone, against the checkpoint the Family Safety Unit kept: every \
         entry is as it was.",
    )
}

fn verdict(held: usize, broken: &[String]) -> String {
    match broken {
        [] => format!(
            "\nEvery recipient, priority, deadline and refusal was as the scenarios say: {held} facts compared."
        ),
        broken => {
            format!("\nNOT AS THE SCENARIOS SAY ({held} facts were):\n  {}", broken.join("\n  "))
        }
    }
}

/// Lets hub time pass at its real pace until the reader ends it.
async fn run_on(home: &Home, mut hub: HubProcess, teller: &mut Teller<'_>) -> Result<(), CliError> {
    hub.run_on().await?;
    let clients = hub.clients();
    let program = clients.program().display();
    let alerts = home.path("alerts");
    let person = home.person("WUTH-SG", Role::DutyReceiver)?;
    let lines = [
        "\nThe hub runs on, at the pace of real time. In another terminal:\n".to_owned(),
        format!(
            "  export STAYSAFE_HUB={} STAYSAFE_CERTS={}",
            clients.endpoint(),
            home.path("certs").display()
        ),
        format!("  {program} status --as MERPOL"),
        format!("  {program} inbox --list --as MIDW"),
        format!(
            "  {program} send --as WUTH-AED {}",
            alerts.join("s17-alcohol-attendance.json").display()
        ),
        format!("  {program} inbox --as WUTH-SG --user {person}"),
        format!("  {program} ack DELIVERY --as WUTH-SG --user {person}"),
        format!("  {program} audit verify --as FSU"),
        format!("  {program} audit entries --as {}", home.reviewer()?),
        format!("  {program} directory --as CADT"),
        "\nCtrl-C ends it. Nothing is deleted.".to_owned(),
    ];
    teller.say(&lines.join("\n"))?;
    tokio::select! {
        ended = hub.ended() => return ended,
        stopped = tokio::signal::ctrl_c() => {
            stopped.map_err(|source| CliError::system("wait for the signal to stop", source))?;
        }
    }
    hub.stop().await
}
