//! From whom an alert is kept because of a conflict of interest (domain 5.7).

use super::decision::SharingDecision;
use super::delivery::Delivery;
use super::id::{AgencyCode, MailboxId, UserId};

/// From whom an alert is kept because of a conflict of interest (domain 5.7). Empty for nearly every alert. Stands in
/// no record in the clear: see [`super::alert::SealedConflicts`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Conflicts {
    /// Agencies whose general inboxes are closed to it, ascending.
    pub agencies: Vec<AgencyCode>,
    /// Single inboxes that are closed to it, ascending.
    pub mailboxes: Vec<MailboxId>,
    /// People who must not learn of it, ascending.
    pub users: Vec<UserId>,
    /// Agencies that employ a person of concern who is not named, ascending: their general inboxes are closed to it until
    /// their lead says who it is (domain 5.7, 0).
    pub unnamed: Vec<AgencyCode>,
    /// What these agencies get then.
    pub held: Vec<Held>,
}

/// What an inbox would have got, and gets if it does not serve the person of concern.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Held {
    /// The delivery as it would have been. Its number is none of the alert's.
    pub delivery: Delivery,
    /// What was decided.
    pub decision: SharingDecision,
}

impl Conflicts {
    /// Whether the inbox is closed to the alert.
    #[must_use]
    pub fn close(&self, mailbox: &MailboxId) -> bool {
        self.close_for_good(mailbox) || self.unnamed.iter().any(|agency| is_its(agency, mailbox))
    }

    /// Whether the inbox stays closed whoever is named.
    #[must_use]
    pub fn close_for_good(&self, mailbox: &MailboxId) -> bool {
        self.mailboxes.contains(mailbox)
            || self.agencies.iter().any(|agency| is_its(agency, mailbox))
    }

    /// Whether the alert is kept from nobody.
    #[must_use]
    pub const fn are_none(&self) -> bool {
        self.agencies.is_empty()
            && self.mailboxes.is_empty()
            && self.users.is_empty()
            && self.unnamed.is_empty()
    }

    /// These and `others`, each once. What the other alerts hold back is theirs.
    #[must_use]
    pub fn and(mut self, others: &Self) -> Self {
        self.agencies.extend(others.agencies.iter().cloned());
        self.mailboxes.extend(others.mailboxes.iter().cloned());
        self.users.extend(others.users.iter().cloned());
        self.unnamed.extend(others.unnamed.iter().cloned());
        self.agencies.sort();
        self.agencies.dedup();
        self.mailboxes.sort();
        self.mailboxes.dedup();
        self.users.sort();
        self.users.dedup();
        self.unnamed.sort();
        self.unnamed.dedup();
        self
    }
}

fn is_its(agency: &AgencyCode, mailbox: &MailboxId) -> bool {
    agency.as_str() == mailbox.agency_code()
}
