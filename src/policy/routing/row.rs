//! What a row of the routing matrix is made of: words for a reader, and the functions that decide what they say.

use super::{Facts, Wishes};
use crate::domain::{AgencyCode, Letter, Priority, Rule, View};

/// A question about one alert.
pub(super) type Test = fn(&Facts<'_>) -> bool;

/// One row (domain 5.3).
#[derive(Debug)]
pub(super) struct Row {
    pub(super) rule: Rule,
    /// Kind and condition in words.
    pub(super) when: &'static str,
    /// The same as code.
    pub(super) applies: Test,
    pub(super) lines: &'static [Line],
}

impl Row {
    /// Tells whom the row names, where it applies.
    pub(super) fn run(&self, facts: &Facts<'_>, wishes: &mut Wishes) {
        if !(self.applies)(facts) {
            return;
        }
        for line in
            self.lines.iter().filter(|line| line.only.is_none_or(|only| (only.holds)(facts)))
        {
            line.run(self.rule, facts, wishes);
        }
    }
}

/// One recipient of a row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) to: To,
    pub(super) priority: Priority,
    /// The most urgent it may be, where a function decides between this and `priority`.
    pub(super) up_to: Option<Priority>,
    pub(super) view: View,
    /// The letter its copy is cut by, where that is not the agency's own.
    pub(super) letter: Option<Letter>,
    /// The part of the row's cases in which it is told; none: all.
    pub(super) only: Option<Only>,
}

/// A condition of one line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Only {
    /// In words.
    pub(super) words: &'static str,
    holds: Test,
}

/// Whom a line names.
#[derive(Clone, Copy, Debug)]
pub(super) enum To {
    /// An agency's duty inbox. CADT means the front door with its out-of-hours swap.
    Agency(&'static str),
    /// Those the alert itself leads to.
    Those {
        /// In words.
        words: &'static str,
        /// The letters they may have.
        letters: &'static [Letter],
        of: fn(&Facts<'_>) -> Vec<AgencyCode>,
    },
    /// Whoever the function tells: its priorities and deadlines are its own.
    Told {
        /// In words.
        words: &'static str,
        /// The letters they may have.
        letters: &'static [Letter],
        by: fn(&Facts<'_>, &mut Wishes),
    },
}

impl Line {
    /// Only where this holds.
    pub(super) const fn only(self, words: &'static str, holds: Test) -> Self {
        Self { only: Some(Only { words, holds }), ..self }
    }

    pub(super) fn run(&self, rule: Rule, facts: &Facts<'_>, wishes: &mut Wishes) {
        match self.to {
            To::Agency(code) => wishes.tell(rule, code, self.priority, self.view),
            To::Those { of, .. } => {
                for code in of(facts) {
                    wishes.agency(rule, code, self.priority, self.view);
                    if let Some(wish) = wishes.list.last_mut() {
                        wish.letter = self.letter;
                    }
                }
            }
            To::Told { by, .. } => by(facts, wishes),
        }
    }
}

/// A line in the letter's standard view.
pub(super) const fn line(to: &'static str, priority: Priority) -> Line {
    Line {
        to: To::Agency(to),
        priority,
        up_to: None,
        view: View::Standard,
        letter: None,
        only: None,
    }
}

/// A look-out.
pub(super) const fn lookout(to: &'static str, priority: Priority) -> Line {
    line(to, priority).seeing(View::Lookout)
}

/// Those whom the alert itself leads to.
pub(super) const fn those(
    (words, letters): (&'static str, &'static [Letter]),
    of: fn(&Facts<'_>) -> Vec<AgencyCode>,
    priority: Priority,
) -> Line {
    Line {
        to: To::Those { words, letters, of },
        priority,
        up_to: None,
        view: View::Standard,
        letter: None,
        only: None,
    }
}

/// Whoever the function tells; the priority is that of the least urgent of them, for a reader. [`Line::up_to`] names
/// the most urgent.
pub(super) const fn told(
    (words, letters): (&'static str, &'static [Letter]),
    by: fn(&Facts<'_>, &mut Wishes),
    priority: Priority,
) -> Line {
    Line {
        to: To::Told { words, letters, by },
        priority,
        up_to: None,
        view: View::Standard,
        letter: None,
        only: None,
    }
}

impl Line {
    /// As urgently as this, where the function says so.
    pub(super) const fn up_to(self, priority: Priority) -> Self {
        Self { up_to: Some(priority), ..self }
    }

    /// Under this letter in place of the agency's own.
    pub(super) const fn under(self, letter: Letter) -> Self {
        Self { letter: Some(letter), ..self }
    }

    /// In this view in place of the letter's own.
    pub(super) const fn seeing(self, view: View) -> Self {
        Self { view, ..self }
    }
}
