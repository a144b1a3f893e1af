//! Checking the commits of one group, one after the other, against everything before them: the index, the
//! tail, and the earlier commits of the same group, which nobody else sees yet.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::effect::{Effect, Held, InGroup, KeyUse};
use super::state::Shared;
use crate::domain::{
    AgencyCode, AlertId, EpisodeReference, IdempotencyKey, MailboxId, MentionToken, Position,
    Timestamp,
};
use crate::record::Write;
use crate::store::{Expect, StoreError};

/// One group in the making.
pub(crate) struct Admission<'a> {
    shared: &'a Shared,
    /// Hub time of the newest group.
    now: Timestamp,
    staged: Staged,
}

/// What the earlier commits of the group change, and what was looked up for them: only the writer changes what
/// is visible, so it stays so until the group is done.
#[derive(Default)]
struct Staged {
    alerts: HashMap<AlertId, Option<Arc<Held>>>,
    keys: HashMap<AgencyCode, HashMap<IdempotencyKey, Option<KeyUse>>>,
    references: HashMap<(AgencyCode, EpisodeReference), AlertId>,
    mentions: HashSet<MentionToken>,
    last_sequences: HashMap<MailboxId, u64>,
    directory_version: Option<u64>,
}

impl<'a> Admission<'a> {
    /// Begins a group.
    pub(crate) fn new(shared: &'a Shared) -> Self {
        let now = shared.visible().last_group_at.unwrap_or(Timestamp::from_millis(i64::MIN));
        Self { shared, now, staged: Staged::default() }
    }

    /// Takes a commit in at `position`, or says why not; then nothing of it is staged.
    ///
    /// Beside what it expects, every write must be the next of its kind: an alert's or the directory's next
    /// version, a mailbox's next number, a key not in use.
    pub(crate) fn admit(
        &mut self,
        position: Position,
        at: Timestamp,
        expects: &[Expect],
        writes: Vec<Write>,
    ) -> Result<Vec<Effect>, StoreError> {
        let now = self.now.max(at);
        for expect in expects {
            self.check(expect, now)?;
        }
        let mut changes = Vec::with_capacity(writes.len());
        for write in writes {
            changes.extend(self.change(position, now, write)?);
        }
        if repeats(&changes) {
            return Err(StoreError::Conflict);
        }
        self.stage(&changes);
        Ok(changes)
    }

    fn check(&mut self, expect: &Expect, now: Timestamp) -> Result<(), StoreError> {
        let holds = match expect {
            Expect::KeyAbsent { agency, key } => !self.key_in_use(agency, key, now)?,
            Expect::Reference { agency, reference, alert } => {
                self.referenced(agency, *reference)? == *alert
            }
            Expect::AlertVersion { alert, version } => self.version(*alert)? == *version,
            Expect::NextSequence { mailbox, sequence } => {
                self.last_sequence(mailbox).checked_add(1) == Some(*sequence)
            }
            Expect::Mentioned { token, alerts, limit } => {
                !self.staged.mentions.contains(token)
                    && are_same(self.shared.mentioned(*token, *limit)?, alerts)
            }
            Expect::DirectoryVersion(version) => self.directory_version() == *version,
        };
        if holds { Ok(()) } else { Err(StoreError::Conflict) }
    }

    /// What a write changes; none for a sealed body, which is read from the journal.
    fn change(
        &mut self,
        position: Position,
        now: Timestamp,
        write: Write,
    ) -> Result<Option<Effect>, StoreError> {
        let change = match write {
            Write::Body { .. } => return Ok(None),
            Write::Alert(record) => {
                let old = self.alert(record.id)?;
                let version = old.as_ref().map_or(0, |old| old.record.version);
                next_or_conflict(version, record.version)?;
                let new = Arc::new(Held::after(old.as_deref(), *record, position));
                Effect::Alert { old, new, lies: InGroup::default() }
            }
            Write::Key { agency, key, alert, expires_at } => {
                if self.key_in_use(&agency, &key, now)? {
                    return Err(StoreError::Conflict);
                }
                Effect::Key { agency, key, usage: KeyUse { alert, expires_at } }
            }
            Write::Reference { agency, reference, alert } => {
                Effect::Reference { agency, reference, alert }
            }
            Write::Mentions { alert, tokens } => Effect::Mentions { alert, tokens },
            Write::HandOut { mailbox, first_sequence, deliveries } => {
                next_or_conflict(self.last_sequence(&mailbox), first_sequence)?;
                Effect::HandOut { mailbox, first_sequence, deliveries }
            }
            Write::Directory(directory) => {
                next_or_conflict(self.directory_version(), directory.version)?;
                Effect::Directory(Arc::from(directory))
            }
        };
        Ok(Some(change))
    }

    fn stage(&mut self, changes: &[Effect]) {
        for change in changes {
            match change {
                Effect::Alert { new, .. } => {
                    self.staged.alerts.insert(new.record.id, Some(Arc::clone(new)));
                }
                Effect::Key { agency, key, usage } => {
                    let keys = self.staged.keys.entry(agency.clone()).or_default();
                    keys.insert(key.clone(), Some(*usage));
                }
                Effect::Reference { agency, reference, alert } => {
                    self.staged.references.insert((agency.clone(), *reference), *alert);
                }
                Effect::Mentions { tokens, .. } => self.staged.mentions.extend(tokens),
                Effect::HandOut { mailbox, first_sequence, deliveries } => {
                    let count = u64::try_from(deliveries.len()).unwrap_or(u64::MAX);
                    let last = first_sequence.saturating_add(count).saturating_sub(1);
                    self.staged.last_sequences.insert(mailbox.clone(), last);
                }
                Effect::Directory(directory) => {
                    self.staged.directory_version = Some(directory.version);
                }
            }
        }
    }

    fn alert(&mut self, alert: AlertId) -> Result<Option<Arc<Held>>, StoreError> {
        if let Some(held) = self.staged.alerts.get(&alert) {
            return Ok(held.clone());
        }
        let held = self.shared.held(alert)?;
        self.staged.alerts.insert(alert, held.clone());
        Ok(held)
    }

    fn version(&mut self, alert: AlertId) -> Result<u64, StoreError> {
        Ok(self.alert(alert)?.map_or(0, |held| held.record.version))
    }

    fn key_in_use(
        &mut self,
        agency: &AgencyCode,
        key: &IdempotencyKey,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let staged = self.staged.keys.get(agency).and_then(|keys| keys.get(key));
        let usage = match staged {
            Some(usage) => *usage,
            None => {
                let usage = self.shared.key(agency, key)?;
                let keys = self.staged.keys.entry(agency.clone()).or_default();
                keys.insert(key.clone(), usage);
                usage
            }
        };
        Ok(usage.is_some_and(|usage| usage.counts_at(now)))
    }

    fn referenced(
        &self,
        agency: &AgencyCode,
        reference: EpisodeReference,
    ) -> Result<Option<AlertId>, StoreError> {
        match self.staged.references.get(&(agency.clone(), reference)) {
            Some(alert) => Ok(Some(*alert)),
            None => self.shared.referenced(agency, reference),
        }
    }

    fn last_sequence(&self, mailbox: &MailboxId) -> u64 {
        let staged = self.staged.last_sequences.get(mailbox).copied();
        staged.unwrap_or_else(|| self.shared.visible().live.standing(mailbox).last_sequence)
    }

    fn directory_version(&self) -> u64 {
        self.staged.directory_version.unwrap_or_else(|| self.shared.directory().version)
    }
}

fn next_or_conflict(current: u64, given: u64) -> Result<(), StoreError> {
    if current.checked_add(1) == Some(given) { Ok(()) } else { Err(StoreError::Conflict) }
}

/// Whether the two lists name the same alerts.
fn are_same(mut found: Vec<AlertId>, seen: &[AlertId]) -> bool {
    found.sort_unstable();
    let mut seen = seen.to_vec();
    seen.sort_unstable();
    found == seen
}

/// Whether one commit changes the same thing twice.
fn repeats(changes: &[Effect]) -> bool {
    let same = |a: &Effect, b: &Effect| match (a, b) {
        (Effect::Alert { new: a, .. }, Effect::Alert { new: b, .. }) => a.record.id == b.record.id,
        (
            Effect::Key { agency: agency_a, key: key_a, .. },
            Effect::Key { agency: agency_b, key: key_b, .. },
        ) => agency_a == agency_b && key_a == key_b,
        (
            Effect::Reference { agency: agency_a, reference: a, .. },
            Effect::Reference { agency: agency_b, reference: b, .. },
        ) => agency_a == agency_b && a == b,
        (Effect::HandOut { mailbox: a, .. }, Effect::HandOut { mailbox: b, .. }) => a == b,
        (Effect::Directory(_), Effect::Directory(_)) => true,
        (
            Effect::Alert { .. }
            | Effect::Key { .. }
            | Effect::Reference { .. }
            | Effect::Mentions { .. }
            | Effect::HandOut { .. }
            | Effect::Directory(_),
            _,
        ) => false,
    };
    let mut rest = changes;
    while let Some((first, later)) = rest.split_first() {
        if later.iter().any(|other| same(first, other)) {
            return true;
        }
        rest = later;
    }
    false
}
