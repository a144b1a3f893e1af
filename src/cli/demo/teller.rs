//! Where the story is told: on standard output for a reader, beside it for a script.

use super::super::error::CliError;
use super::super::output::{Form, Output};

/// Tells the story.
pub(super) struct Teller<'a> {
    out: &'a mut Output,
}

impl<'a> Teller<'a> {
    pub(super) const fn new(out: &'a mut Output) -> Self {
        Self { out }
    }

    /// Tells lines. With `--json` standard output is kept for the one object at the end.
    pub(super) fn say(&mut self, lines: &str) -> Result<(), CliError> {
        match (lines, self.out.form()) {
            ("", _) => Ok(()),
            (lines, Form::Text) => self.out.text(lines),
            (lines, Form::Json) => self.out.aside(lines),
        }
    }
}
