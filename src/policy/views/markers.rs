//! What a copy says about withheld fields: a function of kind and letter alone (domain 3.4).

use super::rules::is_open;
use super::table::{self, Class, Field, Marker, Message, Rule, Shape};
use super::{Redaction, RedactionReason};
use crate::domain::{AlertKind, Letter, LetterSet, SensitivityClass, View};

/// The redactions and the sealed handles of a copy cut by the letter's own view.
pub(super) fn list(kind: AlertKind, letter: Letter) -> (Vec<Redaction>, Vec<String>) {
    let mut list = Lister {
        kind: i32::try_from(kind.code()).unwrap_or_default(),
        letter,
        redactions: Vec::new(),
        sealed: Vec::new(),
    };
    if let Some(alert) = table::message_named("Alert") {
        list.walk(alert, "", Voice::Speaks);
    }
    (list.redactions, list.sealed)
}

/// Whether a copy of this kind for this letter may name the field at `path`, for example in a gap list.
///
/// `path` is a request path: `alert.domestic_violence.child_impacts[1].impact_text`. A path into a list of which
/// the letter sees only some elements, a sealed field, a path that does not exist: no. In a closed view: only
/// what the view holds, and nothing about persons.
#[must_use]
pub fn may_see(kind: AlertKind, letter: Letter, view: View, path: &str) -> bool {
    let kind = i32::try_from(kind.code()).unwrap_or_default();
    let whole = matches!(letter, Letter::C | Letter::CL | Letter::P | Letter::F | Letter::M);
    let mut message = table::message_named("Alert");
    let steps = path.strip_prefix("alert.").unwrap_or(path);
    for step in steps.split('.') {
        let name = step.split('[').next().unwrap_or_default();
        let found = message.and_then(|message| message.fields.iter().find(|f| f.name == name));
        let Some(field) = found else { return false };
        let open = match view {
            View::Standard => {
                is_open(field, letter, kind) && (whole || !is_cut_by_content(field.rule))
            }
            View::Lookout
            | View::Cancelled
            | View::Info
            | View::SafeTask
            | View::Ladder
            | View::Pathway
            | View::Feedback => field.is_in(view) && !is_cut_by_content(field.rule),
        };
        if !open || field.is_sealed() || !field.is_for(kind) {
            return false;
        }
        message = inner(field);
    }
    true
}

/// Whether `path` names a field of an alert of this kind, whoever may see it: `alert.envelope.subjects[0].dob`. Without
/// positions it is the contract's own path, and holds nothing of the alert.
#[must_use]
pub fn names_a_field(kind: AlertKind, path: &str) -> bool {
    let kind = i32::try_from(kind.code()).unwrap_or_default();
    let mut message = table::message_named("Alert");
    let Some(steps) = path.strip_prefix("alert.") else { return false };
    for step in steps.split('.') {
        let name = step.strip_suffix("[]").unwrap_or(step);
        let found = message.and_then(|message| message.fields.iter().find(|f| f.name == name));
        let Some(field) = found.filter(|field| field.is_for(kind)) else { return false };
        if name != step && !field.repeated {
            return false;
        }
        message = inner(field);
    }
    true
}

/// Letters that read a marker for a sealed field they are not entitled to.
fn sealed_marked(letter: Letter) -> bool {
    matches!(letter, Letter::H2 | Letter::D | Letter::Z) || narrow(letter)
}

/// Letters that read a marker for fields about third parties.
fn narrow(letter: Letter) -> bool {
    matches!(
        letter,
        Letter::C
            | Letter::CL
            | Letter::P
            | Letter::F
            | Letter::M
            | Letter::L
            | Letter::X
            | Letter::H2
    )
}

const fn is_cut_by_content(rule: Rule) -> bool {
    match rule {
        Rule::Subjects
        | Rule::Household
        | Rule::PersonsOfConcern
        | Rule::Addresses
        | Rule::Phones
        | Rule::Told
        | Rule::ChildImpacts
        | Rule::ProtectiveOrders
        | Rule::FoundPlace
        | Rule::AppointmentContact
        | Rule::PrHolders
        | Rule::OwnSchool
        | Rule::SchoolVoice
        | Rule::ChildSchoolVoice
        | Rule::OwnPart
        | Rule::Agreed
        | Rule::IfCrime
        | Rule::Concern
        | Rule::Referrer
        | Rule::OwnRelease
        | Rule::FeedbackContact
        | Rule::PoliceRelevant
        | Rule::OwnActions => true,
        // A gap names the block that may not be read, never what is in it.
        Rule::Plain
        | Rule::Headline
        | Rule::SchoolDate
        | Rule::SchoolPlace
        | Rule::Area
        | Rule::PersonRef
        | Rule::OccurredAt
        | Rule::PoliceProtection => false,
    }
}

fn inner(field: &Field) -> Option<&'static Message> {
    match field.shape {
        Shape::Message(index) => table::message(index),
        Shape::Varint
        | Shape::Enum
        | Shape::Fixed32
        | Shape::Fixed64
        | Shape::Text
        | Shape::Bytes => None,
    }
}

/// Whether withheld fields below a message are named.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Voice {
    Speaks,
    Silent,
}

struct Lister {
    kind: i32,
    letter: Letter,
    redactions: Vec<Redaction>,
    sealed: Vec<String>,
}

impl Lister {
    fn walk(&mut self, message: &'static Message, prefix: &str, voice: Voice) {
        if message.opaque {
            return;
        }
        let kind = self.kind;
        for field in message.fields.iter().filter(|field| field.is_for(kind)) {
            let list = if field.repeated && inner(field).is_some() { "[]" } else { "" };
            self.field(field, &format!("{prefix}{}{list}", field.name), voice);
        }
    }

    fn field(&mut self, field: &'static Field, path: &str, voice: Voice) {
        let open = is_open(field, self.letter, self.kind);
        if let Some(part) = &field.sealed {
            self.sealed_part(part.letters, open, field.marker, &part_path(path, part.part));
        }
        if field.is_sealed() {
            return self.sealed_field(field, path);
        }
        if !open {
            return self.withheld(field, path, voice);
        }
        if let Some(message) = inner(field) {
            self.walk(message, &format!("{path}."), self.voice_below(field, voice));
        }
    }

    /// Below a list about third parties only the narrow letters read markers; below a person of whom a letter
    /// sees a fixed few fields, nobody does.
    fn voice_below(&self, field: &Field, voice: Voice) -> Voice {
        let third_party = field.marker == Marker::Narrow && !narrow(self.letter);
        let quiet = field.marker == Marker::Never || third_party;
        if quiet { Voice::Silent } else { voice }
    }

    fn sealed_field(&mut self, field: &Field, path: &str) {
        if field.is_open_to(self.letter) {
            self.sealed.push(path.to_owned());
        } else if self.marks_sealed(field.marker) {
            self.mark(path, RedactionReason::Sealed);
        }
    }

    fn sealed_part(&mut self, letters: LetterSet, open: bool, marker: Marker, path: &str) {
        if letters.contains(self.letter) {
            self.sealed.push(path.to_owned());
        } else if open && self.marks_sealed(marker) {
            self.mark(path, RedactionReason::Sealed);
        }
    }

    fn marks_sealed(&self, marker: Marker) -> bool {
        match marker {
            Marker::ByClass => sealed_marked(self.letter),
            Marker::Narrow => narrow(self.letter),
            Marker::Never => false,
        }
    }

    fn withheld(&mut self, field: &Field, path: &str, voice: Voice) {
        let named = match (field.marker, field.class) {
            (Marker::Never, _) | (_, Class::Of(SensitivityClass::S0)) => false,
            (Marker::Narrow, _) => narrow(self.letter),
            (Marker::ByClass, Class::Of(_) | Class::AsContainer) => true,
        };
        if named && voice == Voice::Speaks {
            self.mark(path, field.reason);
        }
    }

    fn mark(&mut self, path: &str, reason: RedactionReason) {
        self.redactions.push(Redaction { path: path.to_owned(), reason });
    }
}

/// `subjects[].addresses[]` and `SAFE` as `subjects[].addresses[SAFE]`; `found_place` as `found_place[SAFE]`.
fn part_path(path: &str, part: &str) -> String {
    format!("{}[{part}]", path.strip_suffix("[]").unwrap_or(path))
}
