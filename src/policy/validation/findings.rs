//! What the checks found, each once.

use std::collections::BTreeMap;

use crate::domain::submission::{Given, Need, Violation};

/// Violations by path and reason; the one that is needed most stays.
pub(super) struct Findings(BTreeMap<(String, &'static str), Violation>);

impl Findings {
    pub(super) fn of(violations: &[Violation]) -> Self {
        let mut findings = Self(BTreeMap::new());
        violations.iter().cloned().for_each(|violation| findings.add(violation));
        findings
    }

    pub(super) fn hard(&mut self, path: String, reason: &'static str, what_to_do: &'static str) {
        self.add(Violation { path, reason, need: Need::Hard, what_to_do });
    }

    /// A required field that was not given. Malformed ones the parser has told.
    pub(super) fn require<T>(&mut self, given: &Given<T>, path: &str, field: &str) {
        if matches!(given, Given::Missing) {
            self.missing(format!("{path}.{field}"), Need::Required, "give this field");
        }
    }

    /// A field required here that was not given.
    pub(super) fn require_since<T>(
        &mut self,
        given: &Given<T>,
        path: &str,
        field: &str,
        what_to_do: &'static str,
    ) {
        if matches!(given, Given::Missing) {
            self.missing(format!("{path}.{field}"), Need::Conditional, what_to_do);
        }
    }

    pub(super) fn missing(&mut self, path: String, need: Need, what_to_do: &'static str) {
        self.add(Violation { path, reason: "REQUIRED", need, what_to_do });
    }

    pub(super) fn wrong(&mut self, path: String, reason: &'static str, what_to_do: &'static str) {
        self.add(Violation { path, reason, need: Need::Format, what_to_do });
    }

    pub(super) fn into_sorted(self) -> Vec<Violation> {
        self.0.into_values().collect()
    }

    fn add(&mut self, violation: Violation) {
        let key = (violation.path.clone(), violation.reason);
        let stronger = |found: &Violation| found.need <= violation.need;
        if !self.0.get(&key).is_some_and(stronger) {
            self.0.insert(key, violation);
        }
    }
}
