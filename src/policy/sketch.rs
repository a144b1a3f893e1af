//! An event before it has an id: what policy says must be recorded.

use crate::domain::deadline::Deadline;
use crate::domain::event::{Event, EventKind, EventOutcome};
use crate::domain::id::EventId;
use crate::domain::{AgencyCode, AlertRecord, MailboxId, Rule, UserId, View};

/// One event a decision caused. Its id, and for a new alert the alert's, are the caller's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct EventSketch(Event);

impl EventSketch {
    pub(crate) const fn of(kind: EventKind) -> Self {
        Self(Event::new(EventId::from_bytes([0; 16]), kind))
    }

    /// A refused event with its stable reason.
    pub(crate) fn denied(kind: EventKind, reason: &str) -> Self {
        Self(Event::denied(EventId::from_bytes([0; 16]), kind, reason))
    }

    /// The event without its id.
    pub(crate) fn into_event(self) -> Event {
        self.0
    }

    /// The same, of an alert that is stored and of whom it is about.
    pub(crate) fn about(self, record: &AlertRecord) -> Event {
        let mut event = self.0.about(record.id, record.episode);
        event.subjects.clone_from(&record.subjects);
        event
    }

    pub(crate) fn failed(mut self) -> Self {
        self.0.outcome = EventOutcome::Error;
        self
    }

    pub(crate) fn to(self, delivery: u32, mailbox: &MailboxId) -> Self {
        Self(self.0.to(delivery, mailbox))
    }

    pub(crate) fn at_mailbox(mut self, mailbox: &MailboxId) -> Self {
        self.0.recipient = AgencyCode::try_from(mailbox.agency_code()).ok();
        self.0.mailbox = Some(mailbox.clone());
        self
    }

    pub(crate) fn by_rules(mut self, rules: &[Rule]) -> Self {
        self.0.rules = rules.to_vec();
        self.0.policy_version = Some(super::POLICY_VERSION);
        self
    }

    pub(crate) fn because(mut self, reason: &str) -> Self {
        self.0.reason = Some(reason.to_owned());
        self
    }

    /// About this person, by opaque id, who is not the one who acted.
    pub(crate) fn naming(mut self, person: &UserId) -> Self {
        self.0.person = Some(person.clone());
        self
    }

    pub(crate) fn refusing(mut self, paths: &[String]) -> Self {
        self.0.fields_refused = paths.to_vec();
        self
    }

    pub(crate) fn on_basis(mut self, basis: Option<crate::domain::decision::Basis6>) -> Self {
        self.0.basis = basis.map(|basis| basis.as_str().to_owned());
        self
    }

    pub(crate) const fn in_view(mut self, view: View) -> Self {
        self.0.view = Some(view);
        self
    }

    pub(crate) const fn due(mut self, deadline: Option<Deadline>) -> Self {
        self.0.deadline = deadline;
        self
    }

    pub(crate) const fn counting(mut self, count: u64) -> Self {
        self.0.count = Some(count);
        self
    }

    /// With this commitment to words that came with it.
    pub(crate) const fn committing(mut self, content: Option<[u8; 32]>) -> Self {
        self.0.content = content;
        self
    }

    pub(crate) const fn at_level(mut self, level: u8) -> Self {
        self.0.level = Some(level);
        self
    }
}
