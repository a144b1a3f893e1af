//! What must have come of a submission, compared with what came.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::story::Due;
use super::tell::{code, later, text};

/// What was compared.
#[derive(Default)]
pub(super) struct Tally {
    /// Facts that were as written.
    pub(super) held: usize,
    /// Facts that were not, in words.
    pub(super) broken: Vec<String>,
}

impl Tally {
    /// Notes one fact.
    pub(super) fn note(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if holds {
            self.held = self.held.saturating_add(1);
        } else {
            self.broken.push(otherwise());
        }
    }

    /// Compares copies, by mailbox, with what was expected; `exactly`: nobody else may have one.
    pub(super) fn compare(
        &mut self,
        name: &str,
        expected: &[Due],
        copies: &BTreeMap<String, Value>,
        exactly: bool,
    ) {
        for due in expected {
            let Some(copy) = copies.get(due.mailbox) else {
                self.note(false, || format!("{name}: {} received nothing", due.mailbox));
                continue;
            };
            self.compare_one(name, due, copy);
        }
        if exactly {
            let expected: BTreeSet<&str> = expected.iter().map(|due| due.mailbox).collect();
            let uninvited: Vec<&str> =
                copies.keys().map(String::as_str).filter(|m| !expected.contains(m)).collect();
            self.note(uninvited.is_empty(), || {
                format!("{name}: received by {} too", uninvited.join(", "))
            });
        }
    }

    fn compare_one(&mut self, name: &str, due: &Due, copy: &Value) {
        let priority = code(copy, "priority", "PRIORITY_");
        if !due.priority.is_empty() {
            self.note(priority == due.priority, || {
                format!("{name}: {} at {priority}, not {}", due.mailbox, due.priority)
            });
            let (expected, came) = (due.by.map(instant), instant(text(copy, "dueAt")));
            self.note(expected.unwrap_or_default() == came, || {
                let expected = due.by.unwrap_or("no deadline");
                format!("{name}: {} due {}, not {expected}", due.mailbox, text(copy, "dueAt"))
            });
        }
        let states = later(copy);
        let came: Vec<_> = states.iter().map(|(name, at)| (*name, instant(at))).collect();
        let expected: Vec<_> = due.later.iter().map(|(name, at)| (*name, instant(at))).collect();
        self.note(expected == came, || {
            format!("{name}: {} is told {states:?}, not {:?}", due.mailbox, due.later)
        });
    }
}

/// None where the text is no instant.
fn instant(rfc3339: &str) -> Option<jiff::Timestamp> {
    rfc3339.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const EXPECTED: &[Due] = &[
        Due { mailbox: "EDT", priority: "P2", by: Some("2026-10-23T23:40:00+01:00"), later: None },
        Due { mailbox: "WCHC-019", priority: "P5", by: None, later: None },
    ];

    fn copies() -> BTreeMap<String, Value> {
        BTreeMap::from([
            ("EDT".to_owned(), json!({"priority": "PRIORITY_P2", "dueAt": "2026-10-23T22:40:00Z"})),
            ("WCHC-019".to_owned(), json!({"priority": "PRIORITY_P5"})),
        ])
    }

    fn broken(copies: &BTreeMap<String, Value>) -> Vec<String> {
        let mut tally = Tally::default();
        tally.compare("reported", EXPECTED, copies, true);
        tally.broken
    }

    #[test]
    fn the_same_instant_in_another_offset_is_the_same_deadline() {
        assert_eq!(broken(&copies()), Vec::<String>::new());
    }

    #[test]
    fn a_later_deadline_that_is_not_told_told_otherwise_or_told_to_another_is_said() {
        let at = "2026-11-11T17:00:00+00:00";
        let expected = [Due { later: Some(("contactDueAt", at)), ..EXPECTED[1] }];
        let told = |body: Value| {
            let copy = json!({"priority": "PRIORITY_P5", "body": {"hub": body}});
            let copies = BTreeMap::from([("WCHC-019".to_owned(), copy)]);
            let mut tally = Tally::default();
            tally.compare("attended", &expected, &copies, true);
            tally.broken.len()
        };

        assert_eq!(told(json!({"contactDueAt": {"at": "2026-11-11T17:00:00Z"}})), 0);
        assert_eq!(told(json!({"contactDueAt": {"at": "2026-11-12T17:00:00Z"}})), 1);
        assert_eq!(told(json!({})), 1);
        let mut uninvited = copies();
        let told = json!({"rhiDueAt": {"at": "2026-10-27T09:00:00Z"}});
        uninvited.get_mut("EDT").unwrap()["body"] = json!({ "hub": told });
        assert_eq!(broken(&uninvited).len(), 1);
    }

    #[test]
    fn one_recipient_too_few_or_too_many_is_said() {
        let mut fewer = copies();
        fewer.remove("EDT");
        let mut more = copies();
        more.insert("AREA-03".to_owned(), json!({}));

        assert_eq!(broken(&fewer), ["reported: EDT received nothing"]);
        assert_eq!(broken(&more), ["reported: received by AREA-03 too"]);
    }

    #[test]
    fn another_priority_and_another_deadline_are_said() {
        let mut other = copies();
        other.insert(
            "EDT".to_owned(),
            json!({"priority": "PRIORITY_P3", "dueAt": "2026-10-23T22:41:00Z"}),
        );
        other.insert(
            "WCHC-019".to_owned(),
            json!({"priority": "PRIORITY_P5", "dueAt": "2026-10-23T22:41:00Z"}),
        );

        assert_eq!(
            broken(&other),
            [
                "reported: EDT at P3, not P2",
                "reported: EDT due 2026-10-23T22:41:00Z, not 2026-10-23T23:40:00+01:00",
                "reported: WCHC-019 due 2026-10-23T22:41:00Z, not no deadline",
            ]
        );
    }
}
