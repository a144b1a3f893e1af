//! Keeps the files in force: polled, rebuilt as a whole, swapped, and then enforced on the live connections.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use tokio::net::TcpListener;

use super::accept::{self, AcceptSettings, Incoming, Tasks};
use super::clock::MachineClock;
use super::events::{Freshness, TlsEvents};
use super::files::{LoadError, Material, TlsFiles};
use super::identity::TrustDomain;
use super::live::{ConnectionLimits, LiveConnections, Standing};
use super::revocation::RevocationRules;
use super::trust::{Generation, Ground};

/// How long before its end the hub's own certificate is called for.
const OWN_CERTIFICATE_EXPIRING: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// An alarm that goes on is raised again after this time.
const ALARM_AGAIN: Duration = Duration::from_secs(60 * 60);

/// What the hub's TLS is made of.
#[derive(Debug, Clone)]
pub struct ServerTls {
    /// The files, read again by every [`TlsReloader::check`].
    pub files: TlsFiles,
    /// The partnership whose names are accepted.
    pub trust_domain: TrustDomain,
    /// What happens when a revocation list runs out.
    pub revocation: RevocationRules,
    /// How many connections may be open.
    pub limits: ConnectionLimits,
}

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reload {
    /// The files are those in force.
    Unchanged,
    /// New files are in force.
    Replaced {
        /// Counts the contents in force, from 1.
        generation: u64,
        /// Live connections that lost their right and were cut.
        cut: usize,
    },
    /// The files changed and were refused; the former ones are in force. The code is that of [`LoadError::code`].
    Kept {
        /// Why.
        code: &'static str,
    },
}

/// The files in force, and everybody connected under them.
///
/// Polled by the hub every 2 s or so; a revocation takes effect on live connections at the next check after the new
/// list is on disk.
pub struct TlsReloader {
    files: TlsFiles,
    ground: Ground,
    events: Arc<dyn TlsEvents>,
    current: ArcSwap<Generation>,
    seen: Mutex<Seen>,
}

struct Seen {
    in_force: Vec<u8>,
    refused: Option<Vec<u8>>,
    alarms: Vec<(Alarm, SystemTime)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Alarm {
    List(Freshness, SystemTime),
    OwnCertificate(SystemTime),
}

impl TlsReloader {
    /// Reads the files for the first time.
    ///
    /// # Errors
    /// [`LoadError`] when any of them is missing, malformed or does not fit the others: the hub does not start.
    /// A revocation list that is merely old is no error: what it lets in is decided at each handshake (domain 2.3).
    pub fn start(
        tls: ServerTls,
        clock: Arc<dyn MachineClock>,
        events: Arc<dyn TlsEvents>,
    ) -> Result<Arc<Self>, LoadError> {
        let ServerTls { files, trust_domain, revocation: rules, limits } = tls;
        let live = Arc::new(LiveConnections::new(limits, Arc::clone(&events)));
        let ground = Ground { trust_domain, rules, clock, live };
        let material = Material::read(&files)?;
        let generation = Generation::build(1, &ground, &files, &material)?;
        ground.live.enforce(standing(&generation), ground.clock.now());
        let seen = Seen { in_force: material.digest(), refused: None, alarms: Vec::new() };
        let reloader = Self {
            files,
            ground,
            events,
            current: ArcSwap::from_pointee(generation),
            seen: Mutex::new(seen),
        };
        reloader.alarm(&mut reloader.seen.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(Arc::new(reloader))
    }

    /// Accepts connections on `listener` until shutdown or until the result is dropped. Must be called in a tokio
    /// runtime; several listeners may share one reloader, each with protocols of its own.
    #[must_use]
    pub fn accept_on(
        self: &Arc<Self>,
        listener: TcpListener,
        settings: AcceptSettings,
        tasks: &Tasks,
    ) -> Incoming {
        accept::listen(listener, Arc::clone(self), settings, tasks)
    }

    /// Reads the files again, puts changed ones in force, cuts who lost the right to be connected and raises the
    /// alarms that are due. Reads four small files: a few hundred microseconds, blocking.
    pub fn check(&self) -> Reload {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = self.reload(&mut seen);
        self.ground.live.cut_expired(self.now());
        self.alarm(&mut seen);
        outcome
    }

    /// The registry of open connections and revoked certificates.
    #[must_use]
    pub fn live(&self) -> &Arc<LiveConnections> {
        &self.ground.live
    }

    /// The freshness of the revocation list that runs out first, and its end.
    #[must_use]
    pub fn revocation_freshness(&self) -> Option<(Freshness, SystemTime)> {
        let current = self.current.load();
        let ends =
            current.trust.authorities.iter().map(|authority| authority.revocations.next_update);
        let first = ends.min()?;
        Some((self.ground.rules.freshness(first, self.now()), first))
    }

    pub(crate) fn generation(&self) -> Arc<Generation> {
        self.current.load_full()
    }

    pub(crate) fn events(&self) -> &dyn TlsEvents {
        &*self.events
    }

    pub(crate) fn now(&self) -> SystemTime {
        self.ground.clock.now()
    }

    fn reload(&self, seen: &mut Seen) -> Reload {
        let material = match Material::read(&self.files) {
            Ok(material) => material,
            Err(error) => return self.refuse(seen, error.to_string().into_bytes(), &error),
        };
        let digest = material.digest();
        if digest == seen.in_force {
            seen.refused = None;
            return Reload::Unchanged;
        }
        let current = self.current.load_full();
        let number = current.number.saturating_add(1);
        let built = match Generation::build(number, &self.ground, &self.files, &material) {
            // A list put back to an earlier one would give a revoked certificate its life again.
            Ok(built) if built.rolls_back(&current) => Err(LoadError::RolledBackRevocationList),
            Ok(built) => Ok(built),
            Err(error) => Err(error),
        };
        let generation = match built {
            Ok(generation) => generation,
            Err(error) => return self.refuse(seen, digest, &error),
        };
        let standing = standing(&generation);
        // New handshakes first, then those who are in: nobody enters under the former files after the sweep.
        self.current.store(Arc::new(generation));
        let cut = self.ground.live.enforce(standing, self.now());
        seen.in_force = digest;
        seen.refused = None;
        self.events.reloaded(number, cut);
        Reload::Replaced { generation: number, cut }
    }

    fn refuse(&self, seen: &mut Seen, content: Vec<u8>, error: &LoadError) -> Reload {
        if seen.refused.as_ref() != Some(&content) {
            self.events.reload_failed(error);
            seen.refused = Some(content);
        }
        Reload::Kept { code: error.code() }
    }

    fn alarm(&self, seen: &mut Seen) {
        let now = self.now();
        let due = self.alarms(now);
        seen.alarms.retain(|(alarm, raised)| {
            // A clock set back makes the alarm due again too.
            let age = now.duration_since(*raised).unwrap_or(ALARM_AGAIN);
            due.contains(alarm) && age < ALARM_AGAIN
        });
        for alarm in due {
            if seen.alarms.iter().any(|(raised, _)| *raised == alarm) {
                continue;
            }
            match alarm {
                Alarm::List(Freshness::Fresh, _) => {}
                Alarm::List(Freshness::Expiring, end) => self.events.crl_expiring(end),
                Alarm::List(Freshness::Grace, end) => {
                    self.events.crl_in_grace(self.ground.rules.grace_until(end));
                }
                Alarm::List(Freshness::Lapsed, end) => self.events.crl_lapsed(end),
                Alarm::OwnCertificate(end) => self.events.own_certificate_expiring(end),
            }
            seen.alarms.push((alarm, now));
        }
    }

    fn alarms(&self, now: SystemTime) -> Vec<Alarm> {
        let current = self.current.load();
        let own = current.own_not_after;
        let own_from = own.checked_sub(OWN_CERTIFICATE_EXPIRING).unwrap_or(SystemTime::UNIX_EPOCH);
        let lists = current.trust.authorities.iter().map(|authority| {
            let end = authority.revocations.next_update;
            Alarm::List(self.ground.rules.freshness(end, now), end)
        });
        let lists = lists.filter(|alarm| !matches!(alarm, Alarm::List(Freshness::Fresh, _)));
        let own = (now >= own_from).then_some(Alarm::OwnCertificate(own));
        lists.chain(own).collect()
    }
}

fn standing(generation: &Generation) -> Standing {
    let authorities = &generation.trust.authorities;
    Standing {
        authorities: authorities.iter().map(|authority| authority.id).collect(),
        revoked: authorities
            .iter()
            .flat_map(|authority| authority.revocations.revoked.iter().cloned())
            .collect(),
    }
}
