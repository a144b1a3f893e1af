//! A hub as a process of its own: the one way in which a suite starts one, whatever it prepares and watches.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};

use serde_json::Value;
use tokio::task::block_in_place;

/// A process that serves. It ends when its standard input does, and is killed when it is dropped.
pub(crate) struct Hub {
    pub(crate) child: Child,
    pub(crate) input: Option<ChildStdin>,
    /// What it said when it served.
    said: Value,
    /// Read to its first line; held, so that the hub may write more.
    _output: BufReader<ChildStdout>,
}

impl Hub {
    /// Starts a hub on the `hub.toml` of a directory, its time standing still at `start`, without the settings of
    /// whoever runs the tests but with these; what it logs is added to the directory's `hub.log`. Where `wrapper` is
    /// another program's command line, the hub is its last words.
    pub(crate) fn launch(
        dir: &Path,
        start: &str,
        wrapper: &[&str],
        settings: &[(&str, &str)],
    ) -> Self {
        let binary = env!("CARGO_BIN_EXE_staysafe");
        let words: Vec<&str> = wrapper.iter().copied().chain([binary]).collect();
        let log = dir.join("hub.log");
        let mut command = Command::new(words[0]);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("STAYSAFE_")) {
            command.env_remove(name);
        }
        let mut child = command
            .envs(settings.iter().copied())
            .args(&words[1..])
            .args(["--json", "hub", "--stop-with-stdin", "--simulated-from", start, "--config"])
            .arg(dir.join("hub.toml"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::options().create(true).append(true).open(&log).unwrap())
            .spawn()
            .unwrap();
        let input = child.stdin.take();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        block_in_place(|| output.read_line(&mut line)).unwrap();
        let said = serde_json::from_str(&line).unwrap_or_else(|_| {
            panic!("no hub: {line:?}\n{}", std::fs::read_to_string(&log).unwrap())
        });
        Self { child, input, said, _output: output }
    }

    /// What it said when it served: its `address`, its `admin` address.
    pub(crate) fn said(&self, field: &str) -> &str {
        self.said["serving"][field].as_str().unwrap_or_else(|| panic!("{}", self.said))
    }

    /// `https://127.0.0.1:port`.
    pub(crate) fn endpoint(&self) -> String {
        format!("https://{}", self.said("address"))
    }

    /// Has it stop in order, and waits; meanwhile the clients of this process are able to hang up.
    pub(crate) fn close(&mut self) -> io::Result<ExitStatus> {
        drop(self.input.take());
        block_in_place(|| self.child.wait())
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.close());
    }
}
