//! What the hub refuses and what it does by itself, recorded in entries of their own.
//!
//! An outcome DENIED is always an event (domain 7.3). A refusal is a commit with an entry and no writes. What an
//! outsider could repeat without end – callers the directory does not know, rejected certificates – is bounded, and
//! so, apart, are connections that come in: at most 30 entries a minute each, and the next entry says how many were
//! left out.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{Audit, Peer};
use crate::domain::event::{Event, EventKind, EventOutcome};
use crate::domain::principal::Driver;
use crate::domain::{AlertId, EpisodeId, EventId, MailboxId, Principal};
use crate::policy::access::{self, Action, Permit};
use crate::store::{Commit, Committed, StoreError};

/// The most entries a minute about callers that nobody vouches for.
pub(super) const PER_MINUTE_MAX: u32 = 30;
const WINDOW: Duration = Duration::from_secs(60);

/// Something a caller was refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// ACCESS_DENIED, ALERT_REJECTED or another event that may have the outcome DENIED.
    pub kind: EventKind,
    /// The stable reason code.
    pub reason: &'static str,
    /// The alert it is about, if one that exists.
    pub alert: Option<(AlertId, EpisodeId)>,
    /// The mailbox it is about.
    pub mailbox: Option<MailboxId>,
    /// The paths that a rejection names; at most 100 are kept.
    pub fields: Vec<String>,
}

/// The most field paths of one refusal entry.
pub(super) const FIELDS_MAX: usize = 100;

impl Refusal {
    /// An access that was refused.
    #[must_use]
    pub const fn access(reason: &'static str) -> Self {
        Self {
            kind: EventKind::AccessDenied,
            reason,
            alert: None,
            mailbox: None,
            fields: Vec::new(),
        }
    }

    fn into_event(self, id: EventId) -> Event {
        let mut event = Event::denied(id, self.kind, self.reason);
        if let Some((alert, episode)) = self.alert {
            event = event.about(alert, episode);
        }
        event.mailbox = self.mailbox;
        event.fields_refused = self.fields;
        event.fields_refused.truncate(FIELDS_MAX);
        event
    }
}

/// Something the hub did or saw.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HubEvent {
    /// What: HUB_STARTED, CLOCK_SKEW and the like.
    pub kind: EventKind,
    /// How it went.
    pub outcome: EventOutcome,
    /// The stable reason code, where there is one.
    pub reason: Option<&'static str>,
    /// A size, index or number of milliseconds, as the kind has it.
    pub count: Option<u64>,
}

impl HubEvent {
    /// A success without more to say.
    #[must_use]
    pub const fn new(kind: EventKind) -> Self {
        Self { kind, outcome: EventOutcome::Success, reason: None, count: None }
    }

    /// A failure with its reason.
    #[must_use]
    pub const fn error(kind: EventKind, reason: &'static str) -> Self {
        Self { kind, outcome: EventOutcome::Error, reason: Some(reason), count: None }
    }

    /// With a number.
    #[must_use]
    pub const fn counting(mut self, count: u64) -> Self {
        self.count = Some(count);
        self
    }
}

impl Audit {
    /// Records that `principal` was refused access, for `reason`.
    ///
    /// # Errors
    /// When the store cannot record it.
    pub async fn refuse(
        &self,
        principal: &Principal,
        reason: &'static str,
    ) -> Result<Committed, StoreError> {
        self.refuse_more(principal, Refusal::access(reason)).await
    }

    /// Records a refusal with all there is to say about it.
    ///
    /// # Errors
    /// When the store cannot record it.
    pub async fn refuse_more(
        &self,
        principal: &Principal,
        refusal: Refusal,
    ) -> Result<Committed, StoreError> {
        let at = self.env.now();
        let event = refusal.into_event(self.env.ids(at).event());
        self.record(&access::refusal(principal), event).await
    }

    /// Records that a caller is nobody to this hub: CERT_REJECTED for the bearer of the certificate, bounded,
    /// `None` when left out. ACCESS_DENIED for a person it names: the directory vouches for the bearer then, and
    /// no refusal of theirs is left out.
    ///
    /// # Errors
    /// When the store cannot record it.
    pub async fn refuse_peer(
        &self,
        peer: &Peer,
        reason: &'static str,
    ) -> Result<Option<Committed>, StoreError> {
        let (kind, left_out) = match reason {
            "PERSON_UNKNOWN" | "PERSON_MISMATCH" => (EventKind::AccessDenied, 0),
            _ => match self.bounds.refused.admit(self.env.clock.monotonic()) {
                Some(left_out) => (EventKind::CertRejected, left_out),
                None => return Ok(None),
            },
        };
        let at = self.env.now();
        let mut event = Event::denied(self.env.ids(at).event(), kind, reason);
        event.count = (left_out > 0).then_some(left_out);
        self.record(&access::refusal(&peer.unresolved()), event).await.map(Some)
    }

    /// Records that a connection's certificate was accepted, by its bearer. Bounded; `None` when left out.
    ///
    /// # Errors
    /// When the store cannot record it.
    pub async fn connected(&self, peer: &Peer) -> Result<Option<Committed>, StoreError> {
        let Some(left_out) = self.bounds.accepted.admit(self.env.clock.monotonic()) else {
            return Ok(None);
        };
        let at = self.env.now();
        let mut event = Event::new(self.env.ids(at).event(), EventKind::CertAccepted);
        event.count = (left_out > 0).then_some(left_out);
        self.record(&access::refusal(&peer.unresolved()), event).await.map(Some)
    }

    /// Records that a handshake was refused, with the certificate that was shown, if any: what it says of its bearer
    /// is not believed. Bounded; `None` when left out.
    ///
    /// # Errors
    /// When the store cannot record it.
    pub async fn refuse_stranger(
        &self,
        certificate: Option<[u8; 32]>,
        reason: &'static str,
    ) -> Result<Option<Committed>, StoreError> {
        let Some(left_out) = self.bounds.refused.admit(self.env.clock.monotonic()) else {
            return Ok(None);
        };
        let at = self.env.now();
        let mut event = Event::denied(self.env.ids(at).event(), EventKind::CertRejected, reason);
        event.count = (left_out > 0).then_some(left_out);
        self.record(&access::stranger(certificate), event).await.map(Some)
    }

    /// Records something the hub did or saw, as `driver`.
    ///
    /// # Errors
    /// When the store cannot record it.
    pub async fn hub_event(
        &self,
        driver: Driver,
        hub_event: HubEvent,
    ) -> Result<Committed, StoreError> {
        let at = self.env.now();
        let mut event = Event::new(self.env.ids(at).event(), hub_event.kind);
        event.outcome = hub_event.outcome;
        event.reason = hub_event.reason.map(str::to_owned);
        event.count = hub_event.count;
        self.record(&hub_permit(driver), event).await
    }

    async fn record(&self, permit: &Permit, event: Event) -> Result<Committed, StoreError> {
        #[expect(clippy::expect_used, reason = "a commit is refused only without an event")]
        let commit = Commit::new(permit, self.env.now(), vec![event], self.env.salt_seed())
            .expect("one event is given");
        self.store.commit(commit).await
    }
}

fn hub_permit(driver: Driver) -> Permit {
    #[expect(clippy::expect_used, reason = "policy lets every driver record its own events")]
    access::permit(&Principal::Hub(driver), Action::RecordHubEvent, None)
        .expect("drivers may record hub events")
}

/// What each kind of entry about connections may fill: those who come in and go out again and again must not keep
/// refusals out of the log.
#[derive(Default)]
pub(super) struct RateBounds {
    accepted: RateBound,
    refused: RateBound,
}

/// How many entries of one kind there were in this window, and how many were left out since the last.
#[derive(Default)]
pub(super) struct RateBound(Mutex<Window>);

#[derive(Default)]
struct Window {
    since: Option<Duration>,
    admitted: u32,
    left_out: u64,
}

impl RateBound {
    /// Whether one more entry fits; if so, how many were left out before it.
    pub(super) fn admit(&self, now: Duration) -> Option<u64> {
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = window.since.is_none_or(|since| now.saturating_sub(since) >= WINDOW);
        if fresh {
            window.since = Some(now);
            window.admitted = 0;
        }
        if window.admitted >= PER_MINUTE_MAX {
            window.left_out = window.left_out.saturating_add(1);
            return None;
        }
        window.admitted = window.admitted.saturating_add(1);
        Some(std::mem::take(&mut window.left_out))
    }
}
