//! Who gets an alert, how urgently and by when (domain 5).
//!
//! All matching rows apply. Recipients are the union; for each mailbox there is one delivery at the highest
//! priority that names every row. An agency is never routed its own alert. Nobody is routed by a SAFE
//! address. Whether a routed recipient may see the alert is not decided here (see [`super::sharing`]).

mod after;
mod alcohol;
mod alcohol_pathway;
pub mod contact;
mod correction;
mod domestic_abuse;
mod due;
mod elsewhere;
mod encompass;
mod family_help;
mod information;
mod marac;
mod missing;
mod place_of_safety;
mod referral;
mod repeats;
mod return_interview;
mod row;
mod union;

pub(crate) use due::{chase, due_at, due_in};
pub(crate) use missing::{ends, is_confirmed_end};
pub(in crate::policy) use repeats::is_repeat_of;
use row::{Row, To};

use super::validation::Validated;
use super::{Context, area};
use crate::domain::delivery::Purpose;
use crate::domain::directory::{Agency, Directory, Mailbox, MailboxRole};
use crate::domain::{AgencyCode, Deadline, Letter, MailboxId, Priority, Rule, Submission, View};

/// One recipient.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Routed {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// Its agency.
    pub agency: AgencyCode,
    /// The letter its copy is cut by.
    pub letter: Letter,
    /// The view its copy is cut by.
    pub view: View,
    /// The alert itself, or the front door's copy while the out-of-hours team acts.
    pub purpose: Purpose,
    /// The school or college (URN) an Encompass notice is about, where a stand-in gets it.
    pub setting: Option<String>,
    /// Its priority.
    pub priority: Priority,
    /// The rows that named it, ascending.
    pub rules: Vec<Rule>,
    /// When a person must have taken it.
    pub due: Option<Deadline>,
}

impl Routed {
    /// What makes it a delivery beside any other to the same mailbox: a task about a SAFE address, or feedback.
    #[must_use]
    pub const fn beside(&self) -> Option<View> {
        match self.view {
            View::SafeTask | View::Feedback => Some(self.view),
            View::Standard
            | View::Lookout
            | View::Cancelled
            | View::Info
            | View::Ladder
            | View::Pathway => None,
        }
    }
}

/// Every recipient of one alert.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Routes {
    /// The recipients, most urgent first.
    pub recipients: Vec<Routed>,
    /// Agencies a row names that the directory does not hold, or that have no inbox.
    pub unroutable: Vec<AgencyCode>,
    /// Whether a school deadline rests on no term calendar: CALENDAR_UNKNOWN.
    pub calendar_unknown: bool,
    /// Operation Encompass: school URN and by when it must know.
    pub encompass: Vec<(String, crate::domain::Timestamp)>,
    /// Operation Encompass: the setting, empty where nobody knows it, and the child it is told about.
    pub pupils: Vec<(String, usize)>,
}

/// One row's wish: whom to tell, how urgently, what to show.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Wish {
    to: Target,
    priority: Priority,
    view: View,
    /// The letter in place of the agency's own.
    letter: Option<Letter>,
    rule: Rule,
    /// The row's own deadline (Encompass) in place of the inbox's clock.
    due: Option<Deadline>,
    /// The setting of an Encompass notice, where anybody knows it.
    setting: Option<String>,
}

/// Whom a row names.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Target {
    /// An agency's duty inbox. CADT means the front door with its out-of-hours swap.
    Duty(AgencyCode),
    /// A mailbox that got the episode before.
    Again(MailboxId),
}

/// What the rows look at.
struct Facts<'a> {
    submission: &'a Submission,
    validated: &'a Validated,
    context: &'a Context<'a>,
    area: area::Area,
}

impl Facts<'_> {
    /// Whether neither an Area Team nor a school hears of it before the front door decides: under forced marriage or HBA
    /// somebody there may be of the family (domain 3.3, "one chance").
    fn is_kept_from(&self, code: &AgencyCode) -> bool {
        let letter = self.context.directory.agencies.get(code).map(|agency| agency.letter);
        self.submission.is_one_chance() && matches!(letter, Some(Letter::A | Letter::E))
    }
}

/// What the rows answer.
#[derive(Default)]
struct Wishes {
    list: Vec<Wish>,
    calendar_unknown: bool,
    encompass: Vec<(String, crate::domain::Timestamp)>,
    pupils: Vec<(String, usize)>,
}

impl Wishes {
    fn tell(&mut self, rule: Rule, to: &str, priority: Priority, view: View) {
        if let Ok(agency) = AgencyCode::try_from(to) {
            self.agency(rule, agency, priority, view);
        }
    }

    fn agency(&mut self, rule: Rule, to: AgencyCode, priority: Priority, view: View) {
        self.list.push(Wish {
            to: Target::Duty(to),
            priority,
            view,
            letter: None,
            rule,
            due: None,
            setting: None,
        });
    }

    fn names(&self, code: &str) -> bool {
        self.list.iter().any(|wish| match &wish.to {
            Target::Duty(agency) => agency.as_str() == code,
            Target::Again(mailbox) => mailbox.agency_code() == code,
        })
    }
}

/// Computes the recipients.
#[must_use]
pub fn routes(submission: &Submission, validated: &Validated, context: &Context<'_>) -> Routes {
    let area = area::resolve(submission, context.directory);
    let facts = Facts { submission, validated, context, area };
    let mut wishes = Wishes::default();
    for row in book() {
        row.run(&facts, &mut wishes);
    }
    let (recipients, unroutable) = union::of(&facts, &wishes.list);
    wishes.encompass.sort();
    wishes.encompass.dedup();
    Routes {
        recipients,
        unroutable,
        calendar_unknown: wishes.calendar_unknown,
        encompass: wishes.encompass,
        pupils: wishes.pupils,
    }
}

/// Every row, in the order of the matrix; those of no one kind look at what the others named.
fn book() -> impl Iterator<Item = &'static Row> {
    [
        missing::ROWS,
        return_interview::ROWS,
        alcohol::ROWS,
        alcohol_pathway::ROWS,
        domestic_abuse::ROWS,
        repeats::ROWS,
        marac::ROWS,
        place_of_safety::ROWS,
        referral::ROWS,
        information::ROWS,
        family_help::ROWS,
        elsewhere::ROWS,
    ]
    .into_iter()
    .flatten()
}

/// The routing matrix in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RowInWords {
    /// The rule.
    pub rule: Rule,
    /// Kind and condition.
    pub when: &'static str,
    /// Each recipient: whom, how urgently, in which view, and the condition of this recipient; empty: always.
    pub recipients: Vec<RecipientInWords>,
}

/// One recipient of a row in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecipientInWords {
    /// An agency's code, or words for those the alert itself leads to.
    pub to: &'static str,
    /// The letters those may have; empty for one agency, which has its own.
    pub letters: &'static [Letter],
    /// How urgently; at least so, where `up_to` stands beside it.
    pub priority: Priority,
    /// As urgently as this, as the words say.
    pub up_to: Option<Priority>,
    /// The view.
    pub view: View,
    /// Only then; empty: always.
    pub only: &'static str,
}

/// The whole matrix as it is routed by, for a reader.
pub fn in_words() -> impl Iterator<Item = RowInWords> {
    book().map(|row| {
        let recipients = row.lines.iter().map(|line| {
            let (to, letters): (_, &'static [Letter]) = match line.to {
                To::Agency(code) => (code, &[]),
                To::Those { words, letters, .. } | To::Told { words, letters, .. } => {
                    (words, letters)
                }
            };
            let only = line.only.map_or("", |only| only.words);
            let (priority, up_to, view) = (line.priority, line.up_to, line.view);
            RecipientInWords { to, letters, priority, up_to, view, only }
        });
        RowInWords { rule: row.rule, when: row.when, recipients: recipients.collect() }
    })
}

/// What holds of all rows of the matrix, for a reader.
#[must_use]
pub const fn of_all_rows() -> &'static [&'static str] {
    union::OF_ALL_ROWS
}

/// What is told of an alert after it was sent and is no row of the matrix: a recall (R57), a disagreement (R90).
pub fn after_sending_in_words() -> impl Iterator<Item = RowInWords> {
    after::ROWS.iter().map(after::AfterSending::in_words)
}

/// The duty inbox of an agency: the one that serves duty, else its first.
pub(crate) fn duty_mailbox(agency: &Agency) -> Option<&Mailbox> {
    agency.mailbox(MailboxRole::Duty).or_else(|| agency.mailboxes.first())
}

/// The inbox of an agency that serves these people, its duty inbox where it has none of theirs.
pub(crate) fn inbox_of(
    directory: &Directory,
    (agency, role): (&str, MailboxRole),
) -> Option<MailboxId> {
    let agency = directory.agencies.get(&AgencyCode::try_from(agency).ok()?)?;
    let mailbox = agency.mailbox(role).or_else(|| duty_mailbox(agency))?;
    Some(mailbox.id.clone())
}
