//! The processes of a demonstration: a hub, and every agency's own client, over real sockets.
//!
//! Each is this program again, called as a partner would call it.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};

use super::super::admin;
use super::super::error::CliError;
use super::home::Home;

/// How long a hub may take to serve, or to stop.
const HUB_MAX: Duration = Duration::from_secs(60);
/// How long a client's command may take.
const CLIENT_MAX: Duration = Duration::from_secs(60);

/// Settings of the person at the screen that must not reach these processes.
const NOT_INHERITED: &[&str] = &[
    "STAYSAFE_CONFIG",
    "STAYSAFE_DATA_DIR",
    "STAYSAFE_LISTEN",
    "STAYSAFE_ADMIN_LISTEN",
    "STAYSAFE_LOG",
    "STAYSAFE_HUB",
    "STAYSAFE_CERTS",
    "STAYSAFE_AS",
    "STAYSAFE_CERT",
    "STAYSAFE_KEY",
    "STAYSAFE_CA",
    "STAYSAFE_SERVER_NAME",
    "STAYSAFE_WITNESS",
    "STAYSAFE_STATE",
    "STAYSAFE_USER",
];

/// A hub in a process of its own.
pub(super) struct HubProcess {
    child: Child,
    /// The hub stops when this is closed; waiting for a child would close it if the child still had it.
    _lifeline: Option<ChildStdin>,
    admin: SocketAddr,
    clients: Clients,
}

/// How the agencies reach one hub.
#[derive(Clone)]
pub(super) struct Clients {
    program: PathBuf,
    endpoint: String,
    certs: PathBuf,
    /// The hub's own directory: what clients keep of one hub does not fit another.
    kept: PathBuf,
}

/// What a client's command printed and whether it succeeded.
pub(super) struct Answer {
    /// One object a line.
    pub(super) objects: Vec<Value>,
    /// Whether it exited with 0.
    pub(super) done: bool,
}

impl HubProcess {
    /// Starts a hub of this name whose time stands still at `from`.
    pub(super) async fn start(home: &Home, name: &str, from: &str) -> Result<Self, CliError> {
        let config = home.make_hub(name)?;
        let log_path = home.path(&format!("{name}/hub.log"));
        let log = File::create(&log_path);
        let log = log.map_err(|source| CliError::file("write", &log_path, source))?;
        let program = std::env::current_exe()
            .map_err(|source| CliError::system("find this program", source))?;
        let mut command = command(&program);
        command.args(["--json", "hub", "--stop-with-stdin", "--simulated-from", from, "--config"]);
        // Held open as long as this process lives: however it ends, the hub stops in order.
        command.arg(&config).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        let mut child =
            command.spawn().map_err(|source| CliError::system("start the hub", source))?;

        let serving = tokio::time::timeout(HUB_MAX, first_object(&mut child)).await;
        let serving = serving.ok().flatten();
        let addresses = serving.as_ref().and_then(|object| object.get("serving"));
        let address =
            |which: &str| -> Option<SocketAddr> { addresses?.get(which)?.as_str()?.parse().ok() };
        let (Some(hub), Some(admin)) = (address("address"), address("admin")) else {
            let what = serving.unwrap_or_default();
            return Err(CliError::failed(format!(
                "the hub did not start: {what}; see {}",
                log_path.display()
            )));
        };
        let clients = Clients {
            program,
            endpoint: format!("https://{hub}"),
            certs: home.path("certs"),
            kept: home.path(name),
        };
        Ok(Self { _lifeline: child.stdin.take(), child, admin, clients })
    }

    /// How the agencies reach it.
    pub(super) const fn clients(&self) -> &Clients {
        &self.clients
    }

    /// Moves hub time; what comes due on the way happens on the way.
    pub(super) async fn advance_to(&self, at: jiff::Timestamp) -> Result<(), CliError> {
        let asked = json!({ "advance_to_ms": at.as_millisecond() });
        admin::move_time(self.admin, &asked).await.map(drop)
    }

    /// From now on hub time passes as real time does.
    pub(super) async fn run_on(&self) -> Result<(), CliError> {
        admin::move_time(self.admin, &json!({ "run": true })).await.map(drop)
    }

    /// Waits until the hub's process ends by itself.
    pub(super) async fn ended(&mut self) -> Result<(), CliError> {
        let ended = self.child.wait().await;
        ended.map(drop).map_err(|source| CliError::system("wait for the hub", source))
    }

    /// Asks the hub to stop in order, and waits for it.
    pub(super) async fn stop(mut self) -> Result<(), CliError> {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok());
        if let Some(process) = id.and_then(rustix::process::Pid::from_raw) {
            let told = rustix::process::kill_process(process, rustix::process::Signal::TERM);
            told.map_err(|error| CliError::system("stop the hub", error.into()))?;
        }
        match tokio::time::timeout(HUB_MAX, self.ended()).await {
            Ok(ended) => ended,
            // Dropping the child kills it.
            Err(_elapsed) => Err(CliError::failed("the hub did not stop within a minute")),
        }
    }
}

impl Clients {
    /// Where the hub is.
    pub(super) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The program, for commands that a reader can try.
    pub(super) fn program(&self) -> &Path {
        &self.program
    }

    /// The file in which an agency keeps the last checkpoint it saw.
    pub(super) fn witness(&self, agency: &str) -> PathBuf {
        self.kept.join("witness").join(agency)
    }

    /// Where an agency keeps what it received.
    pub(super) fn state(&self, agency: &str) -> PathBuf {
        self.kept.join("state").join(agency)
    }

    /// Runs a client's command as `caller`.
    pub(super) async fn call(&self, caller: &str, words: &[&str]) -> Result<Answer, CliError> {
        let agency = caller.split('/').next().unwrap_or(caller);
        // A person keeps checkpoints apart from the agency's system: two processes do not write one file.
        let witness = self.witness(&caller.replace('/', "-"));
        let mut command = command(&self.program);
        command
            .arg("--json")
            .args(words)
            .args(["--hub", &self.endpoint, "--as", caller, "--timeout", "60"])
            .arg("--certs")
            .arg(&self.certs)
            .arg("--witness")
            .arg(&witness);
        if words.first().is_some_and(|command| matches!(*command, "send" | "inbox")) {
            command.arg("--state").arg(self.state(agency));
        }
        run(command).await
    }

    /// Runs a command that needs no hub.
    pub(super) async fn offline(&self, words: &[&str]) -> Result<Answer, CliError> {
        let mut command = command(&self.program);
        command.arg("--json").args(words);
        run(command).await
    }
}

impl Answer {
    /// The first object that has this name.
    pub(super) fn object(&self, name: &str) -> Option<&Value> {
        self.objects.iter().find_map(|object| object.get(name))
    }

    /// Every object of this name.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Value> {
        self.objects.iter().filter_map(move |object| object.get(name))
    }

    /// The object of this name; what the command said where it has none.
    pub(super) fn needed(&self, name: &str, doing: &str) -> Result<&Value, CliError> {
        match self.object(name).filter(|_| self.done) {
            Some(object) => Ok(object),
            None => {
                let said: Vec<String> = self.objects.iter().map(ToString::to_string).collect();
                Err(CliError::failed(format!("{doing} failed: {}", said.join(" "))))
            }
        }
    }
}

fn command(program: &Path) -> Command {
    let mut command = Command::new(program);
    for name in NOT_INHERITED {
        command.env_remove(name);
    }
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

async fn run(mut command: Command) -> Result<Answer, CliError> {
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let output = tokio::time::timeout(CLIENT_MAX, command.output()).await;
    let output = match output {
        Ok(output) => output.map_err(|source| CliError::system("run a client", source))?,
        Err(_elapsed) => return Err(CliError::failed("a client did not end within a minute")),
    };
    let printed = String::from_utf8_lossy(&output.stdout);
    let objects = printed.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    Ok(Answer { objects, done: output.status.success() })
}

async fn first_object(child: &mut Child) -> Option<Value> {
    let out = child.stdout.take()?;
    let line = BufReader::new(out).lines().next_line().await.ok()??;
    serde_json::from_str(&line).ok()
}
