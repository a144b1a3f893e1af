//! The one writer of the command line: text for people, JSON for scripts, and asides on standard error.
//!
//! Text from outside passes through [`clean`]: an alert cannot move the cursor or colour the screen of whoever reads
//! it. With `--json`, standard output holds JSON objects only, one a line, an error among them.

use std::io::{self, IsTerminal as _, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;

use super::error::CliError;

/// What is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Writes answers to standard output and asides to standard error.
pub(crate) struct Output {
    form: Form,
    out: Box<dyn Write + Send>,
    aside: Box<dyn Write + Send>,
}

impl Output {
    /// Writes to this process' standard output and error.
    pub(crate) fn of_process(form: Form) -> Self {
        Self { form, out: Box::new(io::stdout()), aside: Box::new(io::stderr()) }
    }

    /// What is printed.
    pub(crate) const fn form(&self) -> Form {
        self.form
    }

    /// Prints lines for people; nothing with `--json`.
    pub(crate) fn text(&mut self, lines: &str) -> Result<(), CliError> {
        match self.form {
            Form::Text if !lines.is_empty() => write_lines(&mut *self.out, lines),
            Form::Text | Form::Json => Ok(()),
        }
    }

    /// Prints one JSON object as one line; nothing without `--json`.
    pub(crate) fn json(&mut self, object: &Value) -> Result<(), CliError> {
        match self.form {
            Form::Json => write_lines(&mut *self.out, &object.to_string()),
            Form::Text => Ok(()),
        }
    }

    /// Prints lines that are not the answer: on standard error, so that a pipe does not take them.
    pub(crate) fn aside(&mut self, lines: &str) -> Result<(), CliError> {
        write_lines(&mut *self.aside, lines)
    }

    /// Prints what must not be overlooked and does not stop the command: as a box on standard error, and with `--json` as
    /// an object of its own, too.
    pub(crate) fn alarm(&mut self, alarm: &CliError) -> Result<(), CliError> {
        self.json(&alarm.to_alarm())?;
        self.aside(&alarm.to_text())
    }

    /// Prints why a command failed. What cannot be printed any more is let go: the exit code still tells.
    pub(crate) fn error(&mut self, error: &CliError) {
        let printed = match self.form {
            Form::Json if error.is_told_in_json() => Ok(()),
            Form::Json => write_lines(&mut *self.out, &error.to_json().to_string()),
            Form::Text => write_lines(&mut *self.aside, &error.to_text()),
        };
        drop(printed);
    }

    /// A progress bar over `length` steps, on standard error; hidden with `--json` and where nobody watches.
    pub(crate) fn progress(&self, what: &'static str, length: u64) -> ProgressBar {
        let watched = self.form == Form::Text && io::stderr().is_terminal();
        let target =
            if watched { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(length), target).with_message(what);
        let template = "{msg} {wide_bar} {pos}/{len} {eta}";
        let bar = match ProgressStyle::with_template(template) {
            Ok(style) => bar.with_style(style),
            Err(_malformed) => bar,
        };
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    }
}

fn write_lines(to: &mut dyn Write, lines: &str) -> Result<(), CliError> {
    let written = writeln!(to, "{}", lines.strip_suffix('\n').unwrap_or(lines));
    written.and_then(|()| to.flush()).map_err(CliError::Print)
}

/// Replaces what could steer a terminal or turn the reading direction: every control character but the newline, and
/// the characters that reorder text.
pub(crate) fn clean(text: &str) -> String {
    let steers = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200E}' | '\u{200F}' | '\u{061C}')
            || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
            || matches!(c, '\u{2028}' | '\u{2029}')
    };
    text.chars().map(|c| if steers(c) { '\u{FFFD}' } else { c }).collect()
}

/// A box around what must not be overlooked.
pub(crate) fn loud(lines: &str) -> String {
    let bar = "!".repeat(78);
    let inside: Vec<String> = lines.lines().map(|line| format!("!!  {line}")).collect();
    format!("{bar}\n{}\n{bar}", inside.join("\n"))
}

#[cfg(test)]
pub(crate) mod captured {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// What was printed, for tests.
    #[derive(Clone, Default)]
    pub(crate) struct Captured(Arc<Mutex<Vec<u8>>>);

    impl Captured {
        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Captured {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// An output, what it prints, and its asides.
    pub(crate) fn output(form: Form) -> (Output, Captured, Captured) {
        let (out, aside) = (Captured::default(), Captured::default());
        let output = Output { form, out: Box::new(out.clone()), aside: Box::new(aside.clone()) };
        (output, out, aside)
    }
}

#[cfg(test)]
mod tests {
    use super::captured::output;
    use super::*;

    #[test]
    fn text_is_for_people_and_json_for_scripts_and_neither_gets_the_other() {
        for (form, expected) in [(Form::Text, "stored\n"), (Form::Json, "{\"stored\":true}\n")] {
            let (mut to, out, aside) = output(form);

            to.text("stored").unwrap();
            to.json(&serde_json::json!({ "stored": true })).unwrap();

            assert_eq!(out.text(), expected);
            assert_eq!(aside.text(), "");
        }
    }

    #[test]
    fn an_aside_does_not_go_into_the_pipe() {
        let (mut to, out, aside) = output(Form::Json);

        to.aside("connecting again").unwrap();

        assert_eq!(out.text(), "");
        assert_eq!(aside.text(), "connecting again\n");
    }

    #[test]
    fn text_of_an_alert_cannot_steer_the_terminal() {
        let hostile = "\u{1b}[2Jgone\u{7}\r\u{202e}txt.exe\u{9b}31m";

        let cleaned = clean(hostile);

        assert!(!cleaned.chars().any(char::is_control), "{cleaned:?}");
        assert!(!cleaned.contains('\u{202e}'));
        assert!(cleaned.contains("gone"));
        assert_eq!(clean("two\nlines"), "two\nlines");
        assert_eq!(clean("Zoë Ó Test"), "Zoë Ó Test");
    }
}
