//! Processes of this program: a hub, and every agency's own client, over real sockets.
//!
//! Each is called as an operator or a partner would call it.

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

/// How long a process may take until it serves, or to stop.
const SERVING_MAX: Duration = Duration::from_secs(60);
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

/// A process of this program that serves, until its standard input is closed.
pub(crate) struct Server {
    child: Child,
    /// The process stops when this is closed; waiting for a child would close it if the child still had it.
    _lifeline: Option<ChildStdin>,
    /// What it said when it began to serve.
    serving: Value,
}

/// A hub in a process of its own.
pub(crate) struct HubProcess {
    server: Server,
    admin: SocketAddr,
    clients: Clients,
}

/// How a hub is started besides what every hub here has.
#[derive(Clone, Copy, Default)]
pub(crate) struct HubSettings<'a> {
    /// Where its time stands still at first; none: it has the machine's time.
    pub(crate) simulated_from: Option<&'a str>,
    /// Sections of its configuration.
    pub(crate) toml: &'a str,
}

/// How the agencies reach one hub.
#[derive(Clone)]
pub(crate) struct Clients {
    program: PathBuf,
    endpoint: String,
    certs: PathBuf,
    /// The hub's own directory: what clients keep of one hub does not fit another.
    kept: PathBuf,
}

/// What a client's command printed and whether it succeeded.
pub(crate) struct Answer {
    /// One object a line.
    pub(crate) objects: Vec<Value>,
    /// Whether it exited with 0.
    pub(crate) done: bool,
}

impl Server {
    /// Starts this program with `arguments` and waits until it says that it serves; it logs into `log`.
    pub(crate) async fn start(arguments: &[&str], log: &Path) -> Result<Self, CliError> {
        let file = File::create(log).map_err(|source| CliError::file("write", log, source))?;
        let mut command = command(&this_program()?);
        // Held open as long as this process lives: however it ends, the other stops in order.
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(file);
        let mut child =
            command.spawn().map_err(|source| CliError::system("start the process", source))?;
        let said = tokio::time::timeout(SERVING_MAX, first_object(&mut child)).await;
        let said = said.ok().flatten().unwrap_or_default();
        match said.get("serving") {
            Some(serving) => {
                let serving = serving.clone();
                Ok(Self { _lifeline: child.stdin.take(), child, serving })
            }
            None => {
                Err(CliError::failed(format!("it did not start: {said}; see {}", log.display())))
            }
        }
    }

    /// One of the addresses it serves on.
    pub(crate) fn address(&self, which: &str) -> Result<SocketAddr, CliError> {
        let address = self.serving.get(which).and_then(Value::as_str);
        address
            .and_then(|address| address.parse().ok())
            .ok_or_else(|| CliError::failed("it did not say where it serves"))
    }

    /// The process, while it runs.
    pub(crate) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits until the process ends by itself.
    async fn ended(&mut self) -> Result<(), CliError> {
        let ended = self.child.wait().await;
        ended.map(drop).map_err(|source| CliError::system("wait for the process", source))
    }

    /// Asks the process to stop in order, and waits for it.
    pub(crate) async fn stop(mut self) -> Result<(), CliError> {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok());
        if let Some(process) = id.and_then(rustix::process::Pid::from_raw) {
            let told = rustix::process::kill_process(process, rustix::process::Signal::TERM);
            told.map_err(|error| CliError::system("stop the process", error.into()))?;
        }
        match tokio::time::timeout(SERVING_MAX, self.ended()).await {
            Ok(ended) => ended,
            // Dropping the child kills it.
            Err(_elapsed) => Err(CliError::failed("a process did not stop within a minute")),
        }
    }
}

impl HubProcess {
    /// Starts a hub of this name.
    pub(crate) async fn start(
        home: &Home,
        name: &str,
        settings: HubSettings<'_>,
    ) -> Result<Self, CliError> {
        let config = home.make_hub(name, settings.toml)?.display().to_string();
        let mut arguments = vec!["--json", "hub", "--stop-with-stdin", "--config", &config];
        if let Some(from) = settings.simulated_from {
            arguments.extend(["--simulated-from", from]);
        }
        let server = Server::start(&arguments, &home.path(&format!("{name}/hub.log"))).await?;
        let clients = Clients {
            program: this_program()?,
            endpoint: format!("https://{}", server.address("address")?),
            certs: home.path("certs"),
            kept: home.path(name),
        };
        Ok(Self { admin: server.address("admin")?, server, clients })
    }

    /// The address of its health and figures.
    pub(crate) const fn admin(&self) -> SocketAddr {
        self.admin
    }

    /// The process, while it runs.
    pub(crate) fn id(&self) -> Option<u32> {
        self.server.id()
    }

    /// How the agencies reach it.
    pub(crate) const fn clients(&self) -> &Clients {
        &self.clients
    }

    /// Moves hub time; what comes due on the way happens on the way.
    pub(crate) async fn advance_to(&self, at: jiff::Timestamp) -> Result<(), CliError> {
        let asked = json!({ "advance_to_ms": at.as_millisecond() });
        admin::move_time(self.admin, &asked).await.map(drop)
    }

    /// From now on hub time passes as real time does.
    pub(crate) async fn run_on(&self) -> Result<(), CliError> {
        admin::move_time(self.admin, &json!({ "run": true })).await.map(drop)
    }

    /// Waits until the hub's process ends by itself.
    pub(crate) async fn ended(&mut self) -> Result<(), CliError> {
        self.server.ended().await
    }

    /// Asks the hub to stop in order, and waits for it.
    pub(crate) async fn stop(self) -> Result<(), CliError> {
        self.server.stop().await
    }
}

impl Clients {
    /// Where the hub is.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The program, for commands that a reader can try.
    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    /// The file in which an agency keeps the last checkpoint it saw.
    pub(crate) fn witness(&self, agency: &str) -> PathBuf {
        self.kept.join("witness").join(agency)
    }

    /// Where an agency keeps what it received.
    pub(crate) fn state(&self, agency: &str) -> PathBuf {
        self.kept.join("state").join(agency)
    }

    /// Runs a client's command as `caller`.
    pub(crate) async fn call(&self, caller: &str, words: &[&str]) -> Result<Answer, CliError> {
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
    pub(crate) async fn offline(&self, words: &[&str]) -> Result<Answer, CliError> {
        let mut command = command(&self.program);
        command.arg("--json").args(words);
        run(command).await
    }
}

impl Answer {
    /// The first object that has this name.
    pub(crate) fn object(&self, name: &str) -> Option<&Value> {
        self.objects.iter().find_map(|object| object.get(name))
    }

    /// Every object of this name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Value> {
        self.objects.iter().filter_map(move |object| object.get(name))
    }

    /// The object of this name; what the command said where it has none.
    pub(crate) fn needed(&self, name: &str, doing: &str) -> Result<&Value, CliError> {
        match self.object(name).filter(|_| self.done) {
            Some(object) => Ok(object),
            None => {
                let said: Vec<String> = self.objects.iter().map(ToString::to_string).collect();
                Err(CliError::failed(format!("{doing} failed: {}", said.join(" "))))
            }
        }
    }
}

fn this_program() -> Result<PathBuf, CliError> {
    std::env::current_exe().map_err(|source| CliError::system("find this program", source))
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
