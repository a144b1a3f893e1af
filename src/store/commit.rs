//! A commit: leave to act, the entry that says so, and the writes the leave allows.

use crate::domain::event::{EntryDraft, Event};
use crate::domain::{
    AgencyCode, AlertId, EpisodeReference, IdempotencyKey, MailboxId, MentionToken, Timestamp,
};
use crate::policy::access::{Action, Permit};
use crate::record::{RecordedEntry, Write};

/// What a commit rests on; checked in the writer, against everything committed before it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Expect {
    /// The sender's key is not in use.
    KeyAbsent {
        /// The sender.
        agency: AgencyCode,
        /// Its key.
        key: IdempotencyKey,
    },
    /// The sender's own reference names this episode, by its first alert, or none yet.
    Reference {
        /// The sender.
        agency: AgencyCode,
        /// What it calls the episode.
        reference: EpisodeReference,
        /// The first alert of the episode.
        alert: Option<AlertId>,
    },
    /// The alert is at this version; 0 when it must not exist.
    AlertVersion {
        /// The alert.
        alert: AlertId,
        /// The version read.
        version: u64,
    },
    /// The mailbox's next sequence number is this.
    NextSequence {
        /// The mailbox.
        mailbox: MailboxId,
        /// The number.
        sequence: u64,
    },
    /// Nobody else is mentioned under the token than was found when the alert was decided on: who may be the same person,
    /// or tell of the same event, was seen.
    Mentioned {
        /// The token.
        token: MentionToken,
        /// What [`Store::mentioned`](super::Store::mentioned) answered with `limit`, in any order.
        alerts: Vec<AlertId>,
        /// With which limit.
        limit: usize,
    },
    /// The directory is at this version.
    DirectoryVersion(u64),
}

/// Why a commit cannot be made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CommitError {
    /// The action of the permit does not allow one of the writes.
    #[error("the permit to {action} does not allow this write")]
    WriteNotAllowed {
        /// The action.
        action: Action,
    },
    /// There is no event: nothing happens without an entry.
    #[error("a commit needs at least one event")]
    NoEvent,
}

/// One atomic change with its audit entry. Made only by [`Commit::new`].
#[derive(Debug)]
pub struct Commit {
    action: Action,
    entry: RecordedEntry,
    at: Timestamp,
    writes: Vec<Write>,
    expects: Vec<Expect>,
}

impl Commit {
    /// Makes a commit. The entry's "by whom" is the permit's; `salt_seed` is fresh randomness.
    ///
    /// # Errors
    /// When there is no event.
    pub fn new(
        permit: &Permit,
        at: Timestamp,
        events: Vec<Event>,
        salt_seed: [u8; 32],
    ) -> Result<Self, CommitError> {
        if events.is_empty() {
            return Err(CommitError::NoEvent);
        }
        let draft = EntryDraft { actor: permit.actor().clone(), at, events };
        let entry = RecordedEntry::record(&draft, &salt_seed);
        let action = permit.action();
        Ok(Self { action, entry, at, writes: Vec::new(), expects: Vec::new() })
    }

    /// Adds the writes.
    ///
    /// # Errors
    /// When the permit's action does not allow one of them.
    pub fn writing(mut self, writes: Vec<Write>) -> Result<Self, CommitError> {
        let action = self.action;
        if writes.iter().any(|write| !allows(action, write)) {
            return Err(CommitError::WriteNotAllowed { action });
        }
        self.writes = writes;
        Ok(self)
    }

    /// Adds what the commit rests on.
    #[must_use]
    pub fn expecting(mut self, expects: Vec<Expect>) -> Self {
        self.expects = expects;
        self
    }

    /// The entry as it will be recorded.
    #[must_use]
    pub const fn entry(&self) -> &RecordedEntry {
        &self.entry
    }

    /// Hub time of the decision.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    /// The changes.
    #[must_use]
    pub fn writes(&self) -> &[Write] {
        &self.writes
    }

    /// What it rests on.
    #[must_use]
    pub fn expects(&self) -> &[Expect] {
        &self.expects
    }

    /// Takes it apart: entry, writes, expectations.
    #[must_use]
    pub fn into_parts(self) -> (RecordedEntry, Vec<Write>, Vec<Expect>) {
        (self.entry, self.writes, self.expects)
    }
}

/// Which writes an action allows: a permit to read cannot carry a write.
const fn allows(action: Action, write: &Write) -> bool {
    match action {
        Action::SubmitAlert | Action::CorrectAlert => {
            matches!(
                write,
                Write::Alert(_)
                    | Write::Body { .. }
                    | Write::Key { .. }
                    | Write::Reference { .. }
                    | Write::Mentions { .. }
            )
        }
        Action::Receive => matches!(write, Write::Alert(_) | Write::HandOut { .. }),
        Action::Disagree => {
            matches!(write, Write::Alert(_) | Write::Body { .. } | Write::Key { .. })
        }
        Action::ChangeConsent => matches!(write, Write::Alert(_) | Write::Key { .. }),
        // The words that come with an answer are kept sealed.
        Action::Acknowledge | Action::Decline => {
            matches!(write, Write::Alert(_) | Write::Body { .. })
        }
        Action::ReportOpened
        | Action::HandOver
        | Action::SetSignificance
        | Action::NameStaff
        | Action::RecallAlert
        | Action::ConfirmRecall
        | Action::DecideMatch
        | Action::FlagSubject
        | Action::SplitDuplicate
        | Action::Escalate
        | Action::Purge => matches!(write, Write::Alert(_)),
        Action::ChangeDirectory
        | Action::ProposeRoles
        | Action::ApproveRoles
        | Action::ProposePartnership
        | Action::ApprovePartnership
        | Action::LoadDirectory => matches!(write, Write::Directory(_)),
        Action::ReadStatus
        | Action::ListMailbox
        | Action::ReadChronology
        | Action::Witness
        | Action::ReadAudit
        | Action::ReadConflicts
        | Action::ReadDirectory
        | Action::ReadIndicators
        | Action::ReadIndicatorEntries
        | Action::Hello
        | Action::RecordHubEvent
        | Action::ReadMatches
        | Action::RecordRefusal => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Sealed;
    use crate::domain::Position;
    use crate::domain::alert::DataKeyId;
    use crate::record::sample;

    /// One write of each kind, and the letter it has in the table.
    fn writes() -> Vec<(char, Write)> {
        let key = DataKeyId { file: "2026-11-0001".into(), slot: 0 };
        let alert = AlertId::from_bytes([1; 16]);
        let agency = AgencyCode::try_from("MERPOL").unwrap();
        vec![
            ('A', Write::Alert(Box::new(sample::alert().settled_at(Position(1))))),
            (
                'B',
                Write::Body { alert, sealed: Sealed { key, nonce: [0; 12], ciphertext: vec![] } },
            ),
            (
                'K',
                Write::Key {
                    agency,
                    key: IdempotencyKey::try_from("k-1").unwrap(),
                    alert,
                    expires_at: Timestamp::from_millis(0),
                },
            ),
            (
                'R',
                Write::Reference {
                    agency: AgencyCode::try_from("MERPOL").unwrap(),
                    reference: EpisodeReference::from_bytes([2; 32]),
                    alert,
                },
            ),
            ('M', Write::Mentions { alert, tokens: vec![] }),
            (
                'H',
                Write::HandOut {
                    mailbox: MailboxId::try_from("EDT").unwrap(),
                    first_sequence: 1,
                    deliveries: vec![],
                },
            ),
            ('D', Write::Directory(Box::default())),
        ]
    }

    #[test]
    fn each_action_allows_its_own_writes_and_a_permit_to_read_allows_none() {
        let table = [
            (Action::SubmitAlert, "ABKRM"),
            (Action::ReadStatus, ""),
            (Action::CorrectAlert, "ABKRM"),
            (Action::RecallAlert, "A"),
            (Action::Disagree, "ABK"),
            (Action::ChangeConsent, "AK"),
            (Action::Receive, "AH"),
            (Action::ListMailbox, ""),
            (Action::ReadChronology, ""),
            (Action::SetSignificance, "A"),
            (Action::ReportOpened, "A"),
            (Action::Acknowledge, "AB"),
            (Action::Decline, "AB"),
            (Action::HandOver, "A"),
            (Action::NameStaff, "A"),
            (Action::ConfirmRecall, "A"),
            (Action::Witness, ""),
            (Action::ReadAudit, ""),
            (Action::ReadConflicts, ""),
            (Action::ReadDirectory, ""),
            (Action::ReadIndicators, ""),
            (Action::ReadIndicatorEntries, ""),
            (Action::ChangeDirectory, "D"),
            (Action::ProposeRoles, "D"),
            (Action::ApproveRoles, "D"),
            (Action::ProposePartnership, "D"),
            (Action::ApprovePartnership, "D"),
            (Action::Hello, ""),
            (Action::Escalate, "A"),
            (Action::Purge, "A"),
            (Action::LoadDirectory, "D"),
            (Action::RecordHubEvent, ""),
            (Action::RecordRefusal, ""),
            (Action::ReadMatches, ""),
            (Action::DecideMatch, "A"),
            (Action::FlagSubject, "A"),
            (Action::SplitDuplicate, "A"),
        ];
        assert_eq!(table.len(), Action::ALL.len(), "every action has a row");
        for (action, allowed) in table {
            let found: String = writes()
                .iter()
                .filter(|(_, write)| allows(action, write))
                .map(|(letter, _)| *letter)
                .collect();
            assert_eq!(found, allowed, "{action}");
        }
    }
}
