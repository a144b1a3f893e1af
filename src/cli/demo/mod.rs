//! `staysafe demo`: a year of a partnership, each agency with its own client, on simulated hub time.
//!
//! Makes certificates, keys and a directory for itself, starts hubs as processes, and plays the story through the
//! same commands a partner would use. It compares what happens with what domain section 9 says must happen, and ends
//! with 1 where it does not.

mod expect;
mod player;
mod story;
mod tell;
mod teller;
mod year;

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
use story::{AUTUMN, Chapter, SAMPLES, Step};
use teller::Teller;
use year::YEAR;

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
        false => Err(CliError::Story(None)),
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

    let mut played = Played::default();
    let ended = Box::pin(evenings(&home, &mut played, &mut teller)).await;
    if ended.is_ok() || !played.broken.is_empty() {
        teller.say(&verdict(played.held, &played.broken))?;
    }
    // The last object a script reads, whether the story was told to its end or not.
    out.json(&played.summary(&home, ended.as_ref()))?;
    match ended {
        Ok(hub) => Ok(Told { home, hub, as_written: played.broken.is_empty() }),
        Err(error) => Err(CliError::Story(Some(Box::new(error)))),
    }
}

/// Plays every evening; the hub of the last one still runs.
async fn evenings(
    home: &Home,
    played: &mut Played,
    teller: &mut Teller<'_>,
) -> Result<HubProcess, CliError> {
    let hub = play(home, ("year", YEAR), played, teller).await?;
    let clients = hub.clients().clone();
    hub.stop().await?;
    verify_stopped(home, &clients, teller).await?;
    play(home, ("autumn", AUTUMN), played, teller).await
}

/// What came of playing so far.
#[derive(Default)]
struct Played {
    held: usize,
    broken: Vec<String>,
    receipts: usize,
    alerts: Vec<Value>,
    checkpoint: Value,
}

impl Played {
    /// Takes what a player compared.
    fn add(&mut self, player: &mut Player<'_>) {
        self.held = self.held.saturating_add(player.tally.held);
        self.broken.append(&mut player.tally.broken);
        self.receipts = self.receipts.saturating_add(player.receipts);
        self.alerts.append(&mut player.alerts);
    }

    fn summary(&self, home: &Home, ended: Result<&HubProcess, &CliError>) -> Value {
        let error = ended.err().map(|error| error.to_json());
        json!({
            "demo": {
                "directory": home.path(""),
                "hub": ended.ok().map(|hub| hub.clients().endpoint()),
                "simulated": true,
                "asWritten": self.held,
                "notAsWritten": self.broken,
                "receiptsVerified": self.receipts,
                "checkpoint": self.checkpoint,
                "alerts": self.alerts,
                "error": error.and_then(|error| error.get("error").cloned()),
            }
        })
    }
}

/// Starts a hub, plays the chapters on it, and lets every agency verify its log.
async fn play(
    home: &Home,
    (name, chapters): (&str, &[Chapter]),
    played: &mut Played,
    teller: &mut Teller<'_>,
) -> Result<HubProcess, CliError> {
    let from = chapters.iter().flat_map(|chapter| chapter.steps).find_map(|step| match step {
        Step::At(at) => Some(*at),
        Step::Tell(_)
        | Step::Send(_)
        | Step::Take(..)
        | Step::TakeAll(_)
        | Step::Follow(..)
        | Step::Look(..)
        | Step::Queue(_)
        | Step::Link(_) => None,
    });
    let settings = HubSettings { simulated_from: from, toml: SMALL_SEGMENTS };
    let hub = HubProcess::start(home, name, settings).await?;
    teller.say(&format!("\nA hub serves on {}, over mutual TLS.", hub.clients().endpoint()))?;
    let mut player = Player::new(home, hub);
    let done = play_chapters(chapters, &mut player, teller).await;
    played.add(&mut player);
    played.checkpoint = done?;
    Ok(player.into_hub())
}

async fn play_chapters(
    chapters: &[Chapter],
    player: &mut Player<'_>,
    teller: &mut Teller<'_>,
) -> Result<Value, CliError> {
    for chapter in chapters {
        player.play(chapter, teller).await?;
    }
    witness(player, teller).await
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
    let data = home.path("year/data").display().to_string();
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

#[cfg(test)]
mod tests {
    use super::super::output::Form;
    use super::super::output::captured::output;
    use super::*;

    #[test]
    fn a_story_that_breaks_off_has_a_summary_that_says_why_and_nothing_is_printed_after_it() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::make("demo", Some(&dir.path().join("demo"))).unwrap();
        let played = Played { held: 3, broken: vec!["x".to_owned()], ..Played::default() };
        let why = CliError::failed("the hub did not start");
        let (mut out, printed, _aside) = output(Form::Json);

        out.json(&played.summary(&home, Err(&why))).unwrap();
        out.error(&CliError::Story(Some(Box::new(why))));

        let printed = printed.text();
        let summary: Value = serde_json::from_str(printed.lines().last().unwrap()).unwrap();
        assert_eq!(summary["demo"]["asWritten"], 3);
        assert_eq!(summary["demo"]["notAsWritten"], json!(["x"]));
        assert_eq!(summary["demo"]["error"]["message"], "the hub did not start");
    }
}
