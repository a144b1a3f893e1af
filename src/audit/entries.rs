//! Reading the log. Reading is itself audited: the entry that says so is durable before anything is returned.

use super::{Audit, AuditError};
use crate::domain::event::{Actor, Event, EventKind};
use crate::domain::{AgencyCode, Position, Principal, Timestamp};
use crate::policy::access::{self, Denied, Reading};
use crate::record::{RecordedEntry, decode_event};
use crate::store::Commit;

/// The most entries of one page.
pub const ENTRIES_MAX: usize = 500;
/// The most bytes of leaves and events in one page; the first entry is always in it.
const PAGE_BYTES_MAX: usize = 512 * 1024;
/// The agency whose reviewers read the log (domain 2.1).
const GOVERNANCE: &str = "HUB-IG";

/// One entry as a reviewer sees it: who, when, what. No personal data is in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditedEntry {
    /// Its index in the log.
    pub index: u64,
    /// Hub time of the decision.
    pub at: Timestamp,
    /// By whom.
    pub actor: Actor,
    /// The leaf's bytes.
    pub leaf: Vec<u8>,
    /// What happened, in order.
    pub events: Vec<Event>,
}

/// A part of the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EntryPage {
    /// In the order of the log.
    pub entries: Vec<AuditedEntry>,
    /// Where the next page begins; none when this one reaches the reading's own entry.
    pub next: Option<u64>,
}

impl Audit {
    /// Reads up to `limit` entries from index `from` on; `limit` is cut to [`ENTRIES_MAX`].
    ///
    /// # Errors
    /// Not permitted (recorded), the store could not record or read, or an entry is damaged.
    pub async fn entries(
        &self,
        caller: &Principal,
        from: u64,
        limit: usize,
    ) -> Result<EntryPage, AuditError> {
        let (end, reading) = self.record_reading(caller, from, limit).await?;
        let limit = limit.clamp(1, ENTRIES_MAX);
        let recorded = self.store.recorded_from(Position(from), limit).await?;
        let mut entries = Vec::new();
        let mut bytes = 0_usize;
        let mut next = from;
        for (index, entry) in (from..end).zip(&recorded) {
            bytes = bytes.saturating_add(size_of_entry(entry));
            if bytes > PAGE_BYTES_MAX && next > from {
                break;
            }
            next = next.saturating_add(1);
            let entry = read(index, entry)?;
            match reading {
                Reading::Everything => entries.push(entry),
                Reading::Conflicts => entries.extend(self.of_conflicts(entry, caller).await?),
            }
        }
        Ok(EntryPage { entries, next: (next < end).then_some(next) })
    }

    /// The entry with what a conflict of interest has changed in an alert that the caller's agency has, at an inbox the caller
    /// serves; nothing of any other. Where it is kept from the agency's own people it has it at none of theirs.
    async fn of_conflicts(
        &self,
        mut entry: AuditedEntry,
        caller: &Principal,
    ) -> Result<Option<AuditedEntry>, AuditError> {
        entry.events.retain(|event| event.kind == EventKind::CoiApplied);
        let Some(alert) = entry.events.iter().find_map(|event| event.alert) else {
            return Ok(None);
        };
        entry.events.retain(|event| event.alert == Some(alert));
        let Some(record) = self.store.alert(alert).await? else { return Ok(None) };
        let directory = self.store.directory();
        let has_it = record.deliveries.iter().any(|delivery| {
            let serves = directory.mailbox(&delivery.mailbox).map(|mailbox| mailbox.role);
            let is_own =
                caller.agency().is_some_and(|own| own.as_str() == delivery.mailbox.agency_code());
            is_own
                && serves
                    .zip(caller.person())
                    .is_some_and(|(serves, person)| access::may_serve(serves, &person.roles))
        });
        Ok(has_it.then_some(entry))
    }

    /// Records the reading; returns the index of the entry that says so, and what is read.
    async fn record_reading(
        &self,
        caller: &Principal,
        from: u64,
        limit: usize,
    ) -> Result<(u64, Reading), AuditError> {
        let governance = AgencyCode::try_from(GOVERNANCE).ok();
        let permit = match access::permit_to_read_audit(caller, governance.as_ref()) {
            Ok(permit) => permit,
            Err(denied) => {
                self.refuse(caller, denied.reason()).await?;
                // That the log can be read is no secret: another agency hears that it may not.
                let told = if denied == Denied::OtherAgency { Denied::Role } else { denied };
                return Err(told.into());
            }
        };
        let now = self.env.now();
        let mut event = Event::new(self.env.ids(now).event(), EventKind::IgReportRun);
        let (permit, reading) = permit;
        event.reason = Some(match reading {
            Reading::Everything => "ENTRIES".to_owned(),
            Reading::Conflicts => "CONFLICTS".to_owned(),
        });
        event.count = Some(from);
        let last = from.saturating_add(u64::try_from(limit.min(ENTRIES_MAX)).unwrap_or(0));
        event.fields_viewed = vec![format!("entries[{from}..{last}]")];
        #[expect(clippy::expect_used, reason = "a commit is refused only without an event")]
        let commit = Commit::new(&permit, now, vec![event], self.env.salt_seed())
            .expect("one event is given");
        Ok((self.store.commit(commit).await?.position.0, reading))
    }
}

fn size_of_entry(entry: &RecordedEntry) -> usize {
    let events = entry.events.iter().map(|event| event.bytes.len());
    events.fold(entry.leaf.len(), usize::saturating_add)
}

fn read(index: u64, entry: &RecordedEntry) -> Result<AuditedEntry, AuditError> {
    let unreadable = |source| AuditError::Unreadable { index, source };
    let leaf = entry.decode_leaf().map_err(unreadable)?;
    let events = entry.events.iter().map(|event| decode_event(&event.bytes));
    let events = events.collect::<Result<_, _>>().map_err(unreadable)?;
    Ok(AuditedEntry { index, at: leaf.at, actor: leaf.actor, leaf: entry.leaf.to_vec(), events })
}
