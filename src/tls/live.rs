//! The live connections: how many each certificate and agency holds, and which must be cut.
//!
//! One lock guards the list of revocations and the entries together, so that a handshake that began under the former
//! list cannot slip in after the sweep.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use arc_swap::ArcSwap;
use tokio_util::sync::CancellationToken;

use super::events::{Closed, Refusal, TlsEvents};
use super::identity::{ConnectionId, Fingerprint, PeerIdentity, Serial, Subject};

/// How many connections may be open at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// For one certificate; 8.
    pub per_certificate: usize,
    /// For one agency, over all its certificates; 512.
    pub per_agency: usize,
    /// For the hub; 4,096.
    pub in_all: usize,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self { per_certificate: 8, per_agency: 512, in_all: 4096 }
    }
}

/// One open connection, for the status page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveConnection {
    /// Its number.
    pub connection: ConnectionId,
    /// The agency's code.
    pub agency: String,
    /// The system or person.
    pub subject: Subject,
    /// The certificate's serial number.
    pub serial: Serial,
    /// When the handshake ended, by the machine's clock.
    pub since: SystemTime,
}

/// The registry of open connections and of what is revoked.
pub struct LiveConnections {
    limits: ConnectionLimits,
    events: Arc<dyn TlsEvents>,
    next: AtomicU64,
    standing: ArcSwap<Standing>,
    entries: Mutex<Entries>,
}

/// Whose connections may live.
#[derive(Debug, Default)]
pub(crate) struct Standing {
    pub(crate) authorities: HashSet<Fingerprint>,
    pub(crate) revoked: HashSet<Serial>,
}

#[derive(Default)]
struct Entries {
    by_id: HashMap<ConnectionId, Entry>,
    per_certificate: HashMap<Fingerprint, usize>,
    per_agency: HashMap<String, usize>,
    /// By agency, with which certificates it has connected, the newest last; at most [`KNOWN_MAX`].
    known: HashMap<String, Vec<Serial>>,
}

/// So many certificates of an agency are remembered, more than it uses at a time; since the start of the hub.
const KNOWN_MAX: usize = 64;

struct Entry {
    peer: Arc<PeerIdentity>,
    since: SystemTime,
    cut: CancellationToken,
    why: Closed,
}

impl LiveConnections {
    pub(crate) fn new(limits: ConnectionLimits, events: Arc<dyn TlsEvents>) -> Self {
        Self {
            limits,
            events,
            next: AtomicU64::new(1),
            standing: ArcSwap::default(),
            entries: Mutex::default(),
        }
    }

    /// Whether a certificate is on a list of revocations in force. Asked for every call: a connection may be younger
    /// than its revocation by a moment.
    ///
    /// Serial numbers are compared without their authority. Authorities give random ones, so a clash does not happen;
    /// if it did, it would refuse too much and never too little.
    #[must_use]
    pub fn is_revoked(&self, serial: &Serial) -> bool {
        self.standing.load().revoked.contains(serial)
    }

    /// Whether an agency has connected since the start of the hub, and every certificate with which it did is revoked
    /// now: nothing of it can come for what is put into its mailboxes. Of an agency that was never there, or that has a
    /// good certificate and merely does not call, nothing is said.
    #[must_use]
    pub fn is_cut_off(&self, agency: &str) -> bool {
        let entries = self.lock();
        let known = entries.known.get(agency);
        known.is_some_and(|known| known.iter().all(|serial| self.is_revoked(serial)))
    }

    /// The open connections, oldest first.
    #[must_use]
    pub fn list(&self) -> Vec<LiveConnection> {
        let mut all: Vec<LiveConnection> = self
            .lock()
            .by_id
            .values()
            .map(|entry| LiveConnection {
                connection: entry.peer.connection(),
                agency: entry.peer.agency().to_owned(),
                subject: entry.peer.subject().clone(),
                serial: entry.peer.serial().clone(),
                since: entry.since,
            })
            .collect();
        all.sort_by_key(|live| live.connection);
        all
    }

    /// How many connections are open.
    #[must_use]
    pub fn count(&self) -> usize {
        self.lock().by_id.len()
    }

    pub(crate) fn next_id(&self) -> ConnectionId {
        ConnectionId::new(self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// Says early, while the client can still be told by an alert, that a limit is reached. [`Self::register`] decides.
    pub(crate) fn has_room(&self, certificate: Fingerprint, agency: &str) -> Result<(), Refusal> {
        self.lock().has_room(self.limits, certificate, agency)
    }

    /// Enters a connection, unless it has lost its right since its handshake began or a limit is reached.
    pub(crate) fn register(
        self: &Arc<Self>,
        peer: Arc<PeerIdentity>,
        since: SystemTime,
    ) -> Result<LiveGuard, Refusal> {
        let mut entries = self.lock();
        match self.standing.load().right_of(&peer, since) {
            None => {}
            Some(Closed::Expired) => return Err(Refusal::Expired),
            Some(Closed::AuthorityRemoved) => return Err(Refusal::UnknownAuthority),
            Some(Closed::Revoked | Closed::Ended) => return Err(Refusal::Revoked),
        }
        entries.has_room(self.limits, peer.fingerprint(), peer.agency())?;
        let cut = CancellationToken::new();
        let guard =
            LiveGuard { registry: Arc::clone(self), peer: Arc::clone(&peer), cut: cut.clone() };
        entries.count(&peer);
        entries.remember(&peer);
        let why = Closed::Ended;
        entries.by_id.insert(peer.connection(), Entry { peer, since, cut, why });
        Ok(guard)
    }

    /// Puts a new standing in force and cuts who has lost the right. Returns how many.
    pub(crate) fn enforce(&self, standing: Standing, now: SystemTime) -> usize {
        let mut entries = self.lock();
        self.standing.store(Arc::new(standing));
        Self::sweep(&mut entries, &self.standing.load(), now)
    }

    /// Cuts who has lost the right by the passing of time. Returns how many.
    pub(crate) fn cut_expired(&self, now: SystemTime) -> usize {
        Self::sweep(&mut self.lock(), &self.standing.load(), now)
    }

    fn sweep(entries: &mut Entries, standing: &Standing, now: SystemTime) -> usize {
        let mut cut: usize = 0;
        for entry in entries.by_id.values_mut().filter(|entry| !entry.cut.is_cancelled()) {
            if let Some(why) = standing.right_of(&entry.peer, now) {
                entry.why = why;
                entry.cut.cancel();
                cut = cut.saturating_add(1);
            }
        }
        cut
    }

    /// A panic elsewhere cannot leave the counts half made: each is one step.
    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Standing {
    /// Why `peer` may no longer be connected; `None` if it may.
    fn right_of(&self, peer: &PeerIdentity, now: SystemTime) -> Option<Closed> {
        if self.revoked.contains(peer.serial()) {
            Some(Closed::Revoked)
        } else if !self.authorities.contains(&peer.authority) {
            Some(Closed::AuthorityRemoved)
        } else if now > peer.not_after() {
            Some(Closed::Expired)
        } else {
            None
        }
    }
}

impl Entries {
    fn has_room(
        &self,
        limits: ConnectionLimits,
        certificate: Fingerprint,
        agency: &str,
    ) -> Result<(), Refusal> {
        let held = |count: Option<&usize>| count.copied().unwrap_or(0);
        if held(self.per_certificate.get(&certificate)) >= limits.per_certificate {
            Err(Refusal::TooManyForCertificate)
        } else if held(self.per_agency.get(agency)) >= limits.per_agency {
            Err(Refusal::TooManyForAgency)
        } else if self.by_id.len() >= limits.in_all {
            Err(Refusal::TooManyInAll)
        } else {
            Ok(())
        }
    }

    fn count(&mut self, peer: &PeerIdentity) {
        for held in [
            self.per_certificate.entry(peer.fingerprint()).or_default(),
            self.per_agency.entry(peer.agency().to_owned()).or_default(),
        ] {
            *held = held.saturating_add(1);
        }
    }

    fn remember(&mut self, peer: &PeerIdentity) {
        let known = self.known.entry(peer.agency().to_owned()).or_default();
        known.retain(|serial| serial != peer.serial());
        if known.len() >= KNOWN_MAX {
            known.remove(0);
        }
        known.push(peer.serial().clone());
    }

    fn uncount(&mut self, peer: &PeerIdentity) {
        take_one(&mut self.per_certificate, &peer.fingerprint());
        take_one(&mut self.per_agency, peer.agency());
    }
}

fn take_one<K, Q>(counts: &mut HashMap<K, usize>, key: &Q)
where
    K: std::borrow::Borrow<Q> + Eq + std::hash::Hash,
    Q: Eq + std::hash::Hash + ?Sized,
{
    if let Some(held) = counts.get_mut(key) {
        *held = held.saturating_sub(1);
        if *held == 0 {
            counts.remove(key);
        }
    }
}

/// Keeps one entry in the registry for as long as its stream lives.
pub(crate) struct LiveGuard {
    registry: Arc<LiveConnections>,
    pub(crate) peer: Arc<PeerIdentity>,
    pub(crate) cut: CancellationToken,
}

impl Drop for LiveGuard {
    fn drop(&mut self) {
        let removed = {
            let mut entries = self.registry.lock();
            entries.uncount(&self.peer);
            entries.by_id.remove(&self.peer.connection())
        };
        let why = removed.map_or(Closed::Ended, |entry| entry.why);
        self.registry.events.closed(&self.peer, why);
    }
}
