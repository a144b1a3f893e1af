//! What TLS, store and clock tell the hub: counted, logged, recorded where the audit log asks for it.
//!
//! Called from many tasks that must not wait, so recording goes through a bounded queue; what does not fit is counted.

use std::error::Error;
use std::io;
use std::time::SystemTime;

use tokio::sync::mpsc;

use super::fault::{Fault, News};
use crate::audit::{Caller, HubEvent, Peer, raise_alarm};
use crate::domain::{AgencyCode, EventKind, SystemName, UserId};
use crate::env::ClockAlarm;
use crate::store::embedded::{StoreEvent, StoreObserver};
use crate::tls::{Closed, Fingerprint, LoadError, PeerIdentity, Refusal, Subject, TlsEvents};

/// Events waiting to be recorded.
const QUEUE_MAX: usize = 256;

/// Something heard that is to be recorded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Heard {
    /// The hub did or saw something.
    Hub(HubEvent),
    /// A connection came in.
    Connected(Peer),
    /// A handshake was refused.
    Refused {
        /// The stable reason code.
        reason: &'static str,
        /// SHA-256 of the certificate that was shown, if any.
        certificate: Option<[u8; 32]>,
    },
}

/// The hub's ear. Cheap to clone.
#[derive(Clone)]
pub(super) struct Alarms {
    queue: mpsc::Sender<Heard>,
}

impl Alarms {
    /// An ear, and where what it hears waits to be recorded.
    pub(super) fn new() -> (Self, mpsc::Receiver<Heard>) {
        let (queue, waiting) = mpsc::channel(QUEUE_MAX);
        (Self { queue }, waiting)
    }

    /// Counts and logs an alarm: someone must act.
    pub(super) fn raise(&self, code: &'static str) {
        raise_alarm(code);
    }

    /// Tells of a driver's run: the alarm `code` when it begins to fail or fails for another reason, a line when it
    /// works again, nothing while a fault lasts.
    pub(super) fn tell(
        &self,
        code: &'static str,
        fault: &mut Fault,
        failed: Option<(&'static str, &dyn Error)>,
    ) {
        match fault.note(failed.map(|(reason, _)| reason)) {
            News::None => {}
            News::Fails => {
                self.raise(code);
                if let Some((reason, error)) = failed {
                    let source = error.source().map(ToString::to_string).unwrap_or_default();
                    tracing::error!(code, reason, %error, source, "a driver could not run");
                }
            }
            News::Recovered => tracing::info!(code, "a driver that failed runs again"),
        }
    }

    /// Hub time and the wall clock part, or meet again.
    pub(super) fn clock(&self, alarm: ClockAlarm) {
        let (reason, span) = match alarm {
            ClockAlarm::StartedBehind { by } => ("STARTED_BEHIND", by),
            ClockAlarm::StartedAfterGap { gap } => ("STARTED_AFTER_GAP", gap),
            ClockAlarm::Skewed { by } => ("SKEWED", by),
            ClockAlarm::Agrees => {
                tracing::info!("hub time follows the wall clock again");
                return;
            }
        };
        self.raise("CLOCK_SKEW");
        let millis = span.as_millis().unsigned_abs();
        self.record(Heard::Hub(HubEvent::error(EventKind::ClockSkew, reason).counting(millis)));
    }

    fn record(&self, heard: Heard) {
        if self.queue.try_send(heard).is_err() {
            metrics::counter!("staysafe_alarms_total", "code" => "EVENT_QUEUE_FULL").increment(1);
        }
    }
}

impl TlsEvents for Alarms {
    fn accepted(&self, peer: &PeerIdentity) {
        metrics::counter!("staysafe_connections_total", "agency" => peer.agency().to_owned())
            .increment(1);
        metrics::gauge!("staysafe_connections_live").increment(1.0);
        match bearer(peer) {
            Some(peer) => self.record(Heard::Connected(peer)),
            // The acceptor lets no such name in; every call under it is refused and recorded.
            None => tracing::error!("a connection's certificate has a name the hub cannot record"),
        }
    }

    fn closed(&self, peer: &PeerIdentity, why: Closed) {
        metrics::gauge!("staysafe_connections_live").decrement(1.0);
        tracing::debug!(agency = peer.agency(), ?why, "connection closed");
    }

    fn rejected(&self, refusal: Refusal, certificate: Option<Fingerprint>) {
        let reason = refusal.code();
        metrics::counter!("staysafe_connections_refused_total", "reason" => reason).increment(1);
        let shown = certificate.as_ref().map(ToString::to_string).unwrap_or_default();
        tracing::warn!(reason, certificate = shown, "connection refused");
        let certificate = certificate.map(|print| *print.as_bytes());
        self.record(Heard::Refused { reason, certificate });
    }

    fn crl_expiring(&self, next_update: SystemTime) {
        self.raise("CRL_EXPIRING");
        tracing::warn!(?next_update, "the revocation list runs out within 7 days");
    }

    fn crl_in_grace(&self, grace_until: SystemTime) {
        self.raise("CRL_IN_GRACE");
        tracing::error!(?grace_until, "the revocation list has run out");
    }

    fn crl_grace_used(&self, peer: &PeerIdentity, grace_until: SystemTime) {
        self.raise("CRL_GRACE_USED");
        tracing::error!(
            agency = peer.agency(),
            ?grace_until,
            "accepted on a list that has run out"
        );
    }

    fn crl_lapsed(&self, next_update: SystemTime) {
        self.raise("CRL_LAPSED");
        tracing::error!(?next_update, "the revocation list and its grace have run out");
    }

    fn own_certificate_expiring(&self, not_after: SystemTime) {
        self.raise("CERTIFICATE_EXPIRING");
        tracing::warn!(?not_after, "the hub's own certificate runs out within 14 days");
    }

    fn reloaded(&self, generation: u64, cut: usize) {
        tracing::info!(generation, cut, "certificates and revocations are in force");
    }

    fn reload_failed(&self, error: &LoadError) {
        self.raise("TLS_RELOAD_FAILED");
        tracing::error!(
            reason = error.code(),
            "changed files were refused; the former stay in force"
        );
    }

    fn accept_failed(&self, kind: io::ErrorKind) {
        self.raise("ACCEPT_FAILED");
        tracing::error!(?kind, "the operating system refused a connection");
    }
}

/// Who stands in a verified certificate, as an entry names it.
fn bearer(identity: &PeerIdentity) -> Option<Peer> {
    let caller = match identity.subject() {
        Subject::System(name) => Caller::System(SystemName::try_from(name.as_str()).ok()?),
        Subject::User(id) => Caller::User(UserId::try_from(id.as_str()).ok()?),
    };
    let agency = AgencyCode::try_from(identity.agency()).ok()?;
    Some(Peer { agency, caller, fingerprint: *identity.fingerprint().as_bytes(), named: None })
}

impl StoreObserver for Alarms {
    fn observe(&self, event: &StoreEvent) {
        match event {
            StoreEvent::Progress { stage, done, total } => {
                tracing::debug!(?stage, done, total, "opening the store");
            }
            StoreEvent::UncleanStart { positions } => {
                tracing::warn!(%positions, "the last stop was not orderly; nothing taken is lost");
            }
            StoreEvent::TornTail { segment, offset, kept } => {
                self.raise("JOURNAL_TORN_TAIL");
                let kept = kept.display();
                tracing::warn!(segment, offset, %kept, "a group that was never acknowledged was kept aside");
            }
            StoreEvent::IndexPutAside { reason, kept } => {
                self.raise("INDEX_REBUILT");
                tracing::warn!(reason, kept = %kept.display(), "the index is built anew from the journal");
            }
            StoreEvent::SnapshotRemoved => {
                tracing::warn!("a half-written index snapshot was removed")
            }
            StoreEvent::DiskFull => self.raise("DISK_FULL"),
            StoreEvent::SpaceAgain => tracing::info!("there is space on the disk again"),
            StoreEvent::Poisoned => self.raise("STORE_POISONED"),
            StoreEvent::IndexFailed => self.raise("INDEX_FAILED"),
            StoreEvent::TailFull => tracing::warn!("the writer waits for the index"),
        }
    }
}
