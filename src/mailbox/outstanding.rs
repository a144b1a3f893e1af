//! What was handed out and not yet confirmed: when to send it again. And what waits and cannot be read.
//!
//! In memory only. A lost lease costs a second sending, never a delivery.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Limits;
use crate::domain::{DeliveryId, EpisodeId, MailboxId};

/// Deliveries kept per mailbox; the oldest stay, later ones are found again in the store.
const KEPT_MAX: usize = 4_096;

/// How often the copy of a delivery may fail while it holds back the later ones of its episode. Order within the
/// episode is worth one wait, not an episode that nobody hears of again.
const FAILURES_HOLDING: u32 = 1;

/// The unconfirmed deliveries of every mailbox.
#[derive(Default)]
pub(super) struct Outstanding {
    mailboxes: Mutex<HashMap<MailboxId, BTreeMap<u64, Lease>>>,
    unreadable: Mutex<Unreadable>,
    marks: Mutex<HashMap<MailboxId, Marks>>,
}

/// Deliveries that wait and whose alert cannot be read.
#[derive(Default)]
struct Unreadable(HashMap<MailboxId, HashMap<DeliveryId, Retry>>);

/// How often something failed, and when to try again.
#[derive(Clone, Copy, Default)]
struct Retry {
    failures: u32,
    again_at: Duration,
}

/// What is known about the numbers of a mailbox; only saves reading.
#[derive(Clone, Copy, Default)]
struct Marks {
    /// Up to which number everything is confirmed or ended.
    settled: u64,
    /// Up to which number everything is settled or has a lease.
    taken_up: u64,
}

/// One delivery that was sent, or was to be sent, and is not confirmed.
#[derive(Clone, Copy, Debug)]
struct Lease {
    episode: EpisodeId,
    /// Attempts to send it.
    sendings: u32,
    /// How many of the last attempts failed.
    failures: u32,
    again_at: Duration,
}

impl Lease {
    /// Whether later deliveries of its episode wait for it while it is in backoff.
    const fn holds_back(&self) -> bool {
        self.failures <= FAILURES_HOLDING
    }
}

impl Outstanding {
    /// Notes that `sequence` was sent at `now` (monotonic).
    pub(super) fn sent(
        &self,
        mailbox: &MailboxId,
        what: (u64, EpisodeId),
        now: Duration,
        limits: Limits,
    ) {
        self.attempted(mailbox, what, (now, limits), |_failures| 0);
    }

    /// Notes that the copy of `sequence` could not be made at `now`: it and its episode go into backoff.
    pub(super) fn failed(
        &self,
        mailbox: &MailboxId,
        what: (u64, EpisodeId),
        now: Duration,
        limits: Limits,
    ) {
        self.attempted(mailbox, what, (now, limits), |failures| failures.saturating_add(1));
    }

    /// Notes an attempt at `now`; `count` tells the failures in a row after it from those before.
    fn attempted(
        &self,
        mailbox: &MailboxId,
        (sequence, episode): (u64, EpisodeId),
        (now, limits): (Duration, Limits),
        count: impl FnOnce(u32) -> u32,
    ) {
        let fresh = Lease { episode, sendings: 0, failures: 0, again_at: Duration::ZERO };
        self.keep(mailbox, sequence, fresh, |lease| {
            lease.sendings = lease.sendings.saturating_add(1);
            lease.failures = count(lease.failures);
            lease.again_at = now.saturating_add(backoff(lease.sendings, limits));
        });
    }

    /// Notes that `sequence` has its number and is held back: due as soon as nothing holds it back.
    pub(super) fn held_back(
        &self,
        mailbox: &MailboxId,
        (sequence, episode): (u64, EpisodeId),
        now: Duration,
    ) {
        let fresh = Lease { episode, sendings: 0, failures: 0, again_at: now };
        self.keep(mailbox, sequence, fresh, |_lease| {});
    }

    /// Gives `sequence` a lease as if it had been sent at `now`, unless it has one.
    pub(super) fn take_up(
        &self,
        mailbox: &MailboxId,
        (sequence, episode): (u64, EpisodeId),
        now: Duration,
        limits: Limits,
    ) {
        let again_at = now.saturating_add(backoff(1, limits));
        let fresh = Lease { episode, sendings: 1, failures: 0, again_at };
        self.keep(mailbox, sequence, fresh, |_lease| {});
    }

    fn keep(
        &self,
        mailbox: &MailboxId,
        sequence: u64,
        fresh: Lease,
        change: impl FnOnce(&mut Lease),
    ) {
        let mut mailboxes = self.lock();
        let leases = mailboxes.entry(mailbox.clone()).or_default();
        change(leases.entry(sequence).or_insert(fresh));
        while leases.len() > KEPT_MAX
            && let Some((dropped, _)) = leases.pop_last()
        {
            let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
            let marks = marks.entry(mailbox.clone()).or_default();
            marks.taken_up = marks.taken_up.min(dropped.saturating_sub(1));
        }
    }

    /// Whether an earlier delivery of the episode could not be sent and is to be tried first.
    pub(super) fn is_held_back(
        &self,
        mailbox: &MailboxId,
        (sequence, episode): (u64, EpisodeId),
        now: Duration,
    ) -> bool {
        let mailboxes = self.lock();
        let Some(leases) = mailboxes.get(mailbox) else { return false };
        leases.range(..sequence).any(|(_, lease)| {
            lease.episode == episode
                && lease.failures > 0
                && lease.holds_back()
                && lease.again_at > now
        })
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
                if lease.holds_back() {
                    held.push(lease.episode);
                }
            } else if !held.contains(&lease.episode) && due.len() < limit {
                due.push(*sequence);
            }
        }
        due
    }

    /// When something of `mailbox` is to be tried again (monotonic): not before what holds it back.
    pub(super) fn next_at(&self, mailbox: &MailboxId) -> Option<Duration> {
        let mut held: HashMap<EpisodeId, Duration> = HashMap::new();
        let mailboxes = self.lock();
        let leases = mailboxes.get(mailbox).into_iter().flat_map(BTreeMap::values);
        let sending = leases.map(|lease| {
            let at = held.get(&lease.episode).map_or(lease.again_at, |at| lease.again_at.max(*at));
            if lease.holds_back() {
                held.insert(lease.episode, at);
            }
            at
        });
        let sending = sending.min();
        let unreadable = self.unreadable();
        let waiting = unreadable.0.get(mailbox).into_iter().flat_map(HashMap::values);
        sending.into_iter().chain(waiting.map(|retry| retry.again_at)).min()
    }

    /// How many deliveries wait that cannot be read.
    pub(super) fn unreadable_count(&self, mailbox: &MailboxId) -> usize {
        self.unreadable().0.get(mailbox).map_or(0, HashMap::len)
    }

    /// Whether `delivery` could not be read and is not to be tried again yet.
    pub(super) fn is_put_off(
        &self,
        mailbox: &MailboxId,
        delivery: DeliveryId,
        now: Duration,
    ) -> bool {
        let unreadable = self.unreadable();
        let found = unreadable.0.get(mailbox).and_then(|of| of.get(&delivery));
        found.is_some_and(|retry| retry.again_at > now)
    }

    /// Notes that `delivery` waits and cannot be read.
    pub(super) fn put_off(
        &self,
        mailbox: &MailboxId,
        delivery: DeliveryId,
        now: Duration,
        limits: Limits,
    ) {
        let mut unreadable = self.unreadable();
        let of = unreadable.0.entry(mailbox.clone()).or_default();
        let retry = of.entry(delivery).or_default();
        retry.failures = retry.failures.saturating_add(1);
        retry.again_at = now.saturating_add(backoff(retry.failures, limits));
    }

    /// Forgets all that could not be read but `still`.
    pub(super) fn keep_put_off(&self, mailbox: &MailboxId, still: &[DeliveryId]) {
        let mut unreadable = self.unreadable();
        if let Some(of) = unreadable.0.get_mut(mailbox) {
            of.retain(|delivery, _| still.contains(delivery));
            if of.is_empty() {
                unreadable.0.remove(mailbox);
            }
        }
    }

    /// Up to which number everything is known to be confirmed or ended; 0 when nothing is known.
    pub(super) fn settled_through(&self, mailbox: &MailboxId) -> u64 {
        self.marks(mailbox).settled
    }

    /// Remembers that everything up to `through` is confirmed or ended; that never becomes untrue.
    pub(super) fn note_settled_through(&self, mailbox: &MailboxId, through: u64) {
        let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        let marks = marks.entry(mailbox.clone()).or_default();
        marks.settled = through.max(marks.settled);
    }

    /// Up to which number everything is known to be settled or to have a lease.
    pub(super) fn taken_up_through(&self, mailbox: &MailboxId) -> u64 {
        let marks = self.marks(mailbox);
        marks.settled.max(marks.taken_up)
    }

    /// Remembers that everything up to `through` is settled or has a lease.
    pub(super) fn note_taken_up_through(&self, mailbox: &MailboxId, through: u64) {
        let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        let marks = marks.entry(mailbox.clone()).or_default();
        marks.taken_up = through.max(marks.taken_up);
    }

    fn marks(&self, mailbox: &MailboxId) -> Marks {
        let marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
        marks.get(mailbox).copied().unwrap_or_default()
    }

    fn unreadable(&self) -> MutexGuard<'_, Unreadable> {
        self.unreadable.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<MailboxId, BTreeMap<u64, Lease>>> {
        // The map is valid after any panic: each change is one insert or remove.
        self.mailboxes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The wait after the n-th sending: the lease, doubled each time, up to the bound.
fn backoff(sendings: u32, limits: Limits) -> Duration {
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

    fn limits() -> Limits {
        Limits::default()
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
        outstanding.put_off(&mailbox(), delivery(), at(5), limits());
        assert_eq!(outstanding.next_at(&mailbox()), Some(at(35)), "nor what cannot be read");
    }

    #[test]
    fn a_copy_that_fails_holds_back_its_episode_for_one_wait_and_no_longer() {
        let outstanding = Outstanding::default();
        let at = Duration::from_secs;
        outstanding.failed(&mailbox(), (1, episode(1)), at(0), limits());
        let held = |sequence, n, now| {
            outstanding.is_held_back(&mailbox(), (sequence, episode(n)), at(now))
        };

        assert!(held(2, 1, 29));
        assert!(!held(2, 2, 29), "another episode is not held back");
        assert!(!held(2, 1, 30), "the failed one is due again, in front of it");
        outstanding.held_back(&mailbox(), (2, episode(1)), at(10));
        assert_eq!(outstanding.next_at(&mailbox()), Some(at(30)));
        assert_eq!(outstanding.due(&mailbox(), 9, at(30), 10), [1, 2]);

        outstanding.failed(&mailbox(), (1, episode(1)), at(30), limits());
        assert!(!held(2, 1, 31));
        assert_eq!(outstanding.due(&mailbox(), 9, at(31), 10), [2]);
        assert_eq!(outstanding.due(&mailbox(), 9, at(90), 10), [1, 2], "tried again ever later");
    }

    #[test]
    fn what_is_dropped_beyond_the_bound_is_taken_up_again() {
        let outstanding = Outstanding::default();
        let last = u64::try_from(KEPT_MAX).unwrap();
        for sequence in 1..=last {
            outstanding.sent(&mailbox(), (sequence, episode(1)), Duration::ZERO, limits());
        }
        outstanding.note_taken_up_through(&mailbox(), last + 1);
        assert_eq!(outstanding.taken_up_through(&mailbox()), last + 1);

        outstanding.sent(&mailbox(), (last + 1, episode(1)), Duration::ZERO, limits());

        assert_eq!(outstanding.taken_up_through(&mailbox()), last);
    }

    fn delivery() -> DeliveryId {
        DeliveryId { alert: crate::domain::AlertId::from_bytes([1; 16]), number: 0 }
    }
}
