//! What was handed out and not yet confirmed: when to send it again.
//!
//! In memory only. A lost lease costs a second sending, never a delivery.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::domain::{EpisodeId, MailboxId};

/// Deliveries kept per mailbox; the oldest stay, later ones are found again in the store.
const KEPT_MAX: usize = 4_096;

/// The unconfirmed deliveries of every mailbox.
#[derive(Default)]
pub(super) struct Outstanding {
    mailboxes: Mutex<HashMap<MailboxId, BTreeMap<u64, Lease>>>,
    /// Up to which number everything is known to be confirmed or ended; only saves reading.
    settled: Mutex<HashMap<MailboxId, u64>>,
}

/// One delivery that was sent and not confirmed.
#[derive(Clone, Copy, Debug)]
struct Lease {
    episode: EpisodeId,
    sendings: u32,
    again_at: Duration,
}

impl Outstanding {
    /// Notes that `sequence` was sent at `now` (monotonic).
    pub(super) fn sent(
        &self,
        mailbox: &MailboxId,
        (sequence, episode): (u64, EpisodeId),
        now: Duration,
        limits: super::Limits,
    ) {
        let mut mailboxes = self.lock();
        let leases = mailboxes.entry(mailbox.clone()).or_default();
        let sendings = leases.get(&sequence).map_or(0, |lease| lease.sendings).saturating_add(1);
        let again_at = now.saturating_add(backoff(sendings, limits));
        leases.insert(sequence, Lease { episode, sendings, again_at });
        while leases.len() > KEPT_MAX {
            leases.pop_last();
        }
    }

    /// Forgets `sequence`: confirmed, answered or ended.
    pub(super) fn settled(&self, mailbox: &MailboxId, sequence: u64) {
        let mut mailboxes = self.lock();
        if let Some(leases) = mailboxes.get_mut(mailbox) {
            leases.remove(&sequence);
            if leases.is_empty() {
                mailboxes.remove(mailbox);
            }
        }
    }

    /// Up to `limit` sequence numbers at most `through` whose time to be sent again has come, ascending.
    ///
    /// A delivery still in backoff holds back the later ones of its own episode, and only those.
    pub(super) fn due(
        &self,
        mailbox: &MailboxId,
        through: u64,
        now: Duration,
        limit: usize,
    ) -> Vec<u64> {
        let mailboxes = self.lock();
        let Some(leases) = mailboxes.get(mailbox) else { return Vec::new() };
        let mut held = Vec::new();
        let mut due = Vec::new();
        for (sequence, lease) in leases.range(..=through) {
            if lease.again_at > now {
                held.push(lease.episode);
            } else if !held.contains(&lease.episode) && due.len() < limit {
                due.push(*sequence);
            }
        }
        due
    }

    /// When a delivery of `mailbox` is to be sent again (monotonic): not before what holds it back.
    pub(super) fn next_at(&self, mailbox: &MailboxId) -> Option<Duration> {
        let mut held: HashMap<EpisodeId, Duration> = HashMap::new();
        let mailboxes = self.lock();
        let leases = mailboxes.get(mailbox)?.values();
        let sending = leases.map(|lease| {
            let at = held.get(&lease.episode).map_or(lease.again_at, |at| lease.again_at.max(*at));
            held.insert(lease.episode, at);
            at
        });
        sending.min()
    }

    /// Up to which number everything is known to be confirmed or ended; 0 when nothing is known.
    pub(super) fn settled_through(&self, mailbox: &MailboxId) -> u64 {
        let settled = self.settled.lock().unwrap_or_else(PoisonError::into_inner);
        settled.get(mailbox).copied().unwrap_or_default()
    }

    /// Remembers that everything up to `through` is confirmed or ended; that never becomes untrue.
    pub(super) fn note_settled_through(&self, mailbox: &MailboxId, through: u64) {
        let mut settled = self.settled.lock().unwrap_or_else(PoisonError::into_inner);
        let known = settled.entry(mailbox.clone()).or_default();
        *known = through.max(*known);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<MailboxId, BTreeMap<u64, Lease>>> {
        // The map is valid after any panic: each change is one insert or remove.
        self.mailboxes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The wait after the n-th sending: the lease, doubled each time, up to the bound.
fn backoff(sendings: u32, limits: super::Limits) -> Duration {
    let doublings = sendings.saturating_sub(1).min(16);
    limits.lease.saturating_mul(1_u32.wrapping_shl(doublings)).min(limits.backoff_max)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailbox() -> MailboxId {
        MailboxId::try_from("EDT").unwrap()
    }

    fn episode(n: u8) -> EpisodeId {
        EpisodeId::from_bytes([n; 16])
    }

    fn limits() -> super::super::Limits {
        super::super::Limits::default()
    }

    #[test]
    fn an_unconfirmed_delivery_is_due_again_after_its_lease_and_then_ever_later() {
        let outstanding = Outstanding::default();
        let at = Duration::from_secs;
        outstanding.sent(&mailbox(), (1, episode(1)), at(0), limits());

        assert!(outstanding.due(&mailbox(), 9, at(29), 10).is_empty());
        assert_eq!(outstanding.due(&mailbox(), 9, at(30), 10), [1]);

        outstanding.sent(&mailbox(), (1, episode(1)), at(30), limits());
        assert!(outstanding.due(&mailbox(), 9, at(89), 10).is_empty());
        assert_eq!(outstanding.due(&mailbox(), 9, at(90), 10), [1]);
    }

    #[test]
    fn the_wait_between_two_sendings_is_bounded() {
        assert_eq!(backoff(1, limits()), Duration::from_secs(30));
        assert_eq!(backoff(200, limits()), Duration::from_secs(600));
    }

    #[test]
    fn a_delivery_in_backoff_holds_back_its_own_episode_only() {
        let outstanding = Outstanding::default();
        let at = Duration::from_secs;
        outstanding.sent(&mailbox(), (2, episode(1)), at(0), limits());
        outstanding.sent(&mailbox(), (3, episode(2)), at(0), limits());
        outstanding.sent(&mailbox(), (1, episode(1)), at(20), limits());

        let due = outstanding.due(&mailbox(), 9, at(40), 10);

        assert_eq!(due, [3], "2 waits behind 1 of its episode; 3 does not");
    }

    #[test]
    fn a_confirmed_delivery_is_never_due_again() {
        let outstanding = Outstanding::default();
        outstanding.sent(&mailbox(), (1, episode(1)), Duration::ZERO, limits());

        outstanding.settled(&mailbox(), 1);

        assert!(outstanding.due(&mailbox(), 9, Duration::from_secs(9_999), 10).is_empty());
        assert_eq!(outstanding.next_at(&mailbox()), None);
    }

    #[test]
    fn nothing_is_waited_for_before_it_may_be_sent() {
        let outstanding = Outstanding::default();
        let at = Duration::from_secs;
        outstanding.sent(&mailbox(), (2, episode(1)), at(0), limits());
        outstanding.sent(&mailbox(), (1, episode(1)), at(20), limits());

        assert!(outstanding.due(&mailbox(), 9, at(40), 10).is_empty(), "2 waits behind 1");
        assert_eq!(outstanding.next_at(&mailbox()), Some(at(50)));

        outstanding.sent(&mailbox(), (3, episode(2)), at(15), limits());
        assert_eq!(outstanding.next_at(&mailbox()), Some(at(45)), "another episode does not wait");
    }
}
