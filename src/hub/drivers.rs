//! The hub's own tasks: integrate, publish, escalate, look at certificates. Each is `run_once` on a tick.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::alarms::Alarms;
use crate::audit::{Integrator, Publisher};
use crate::crypto::KeyStore;
use crate::domain::Timestamp;
use crate::env::{Env, NotForward, SimulatedClock};
use crate::escalation::Driver as Escalation;
use crate::retention::Driver as Retention;
use crate::tls::TlsReloader;
use crate::wake::Wake;

/// How often the deadline driver looks even when nobody woke it.
const ESCALATION_TICK: Duration = Duration::from_millis(500);
/// How often durable entries are integrated: well within the 1 s of the architecture.
const INTEGRATION_TICK: Duration = Duration::from_millis(200);
/// How often the publisher looks.
const PUBLICATION_TICK: Duration = Duration::from_millis(250);
/// How often the mirror of the data keys is brought up to date.
const MIRROR_TICK: Duration = Duration::from_secs(10);

/// The drivers.
pub(super) struct Drivers {
    pub(super) env: Env,
    pub(super) wake: Arc<dyn Wake>,
    pub(super) escalation: Escalation,
    pub(super) retention: Retention,
    pub(super) integrator: Integrator,
    pub(super) publisher: Arc<Publisher>,
    pub(super) tls: Arc<TlsReloader>,
    /// How often certificate and revocation files are looked at: revocation ends streams within 60 s.
    pub(super) tls_tick: Duration,
    pub(super) keys: Arc<KeyStore>,
    /// Where the one current mirror of the data keys is kept, if anywhere.
    pub(super) mirror: Option<PathBuf>,
    pub(super) alarms: Alarms,
    /// One run of the deadline driver at a time; a second would only conflict.
    pub(super) escalating: Mutex<()>,
}

impl Drivers {
    /// Starts every driver; each stops on the signal.
    pub(super) fn start(self: &Arc<Self>, tasks: &TaskTracker, stop: &CancellationToken) {
        let (me, until) = (Arc::clone(self), stop.clone());
        tasks.spawn(async move { me.escalate_until(until).await });
        let (me, until) = (Arc::clone(self), stop.clone());
        tasks.spawn(async move { me.integrate_until(until).await });
        let (me, until) = (Arc::clone(self), stop.clone());
        tasks.spawn(async move { me.publish_until(until).await });
        let (me, until) = (Arc::clone(self), stop.clone());
        tasks.spawn(async move { me.watch_certificates_until(until).await });
        if let Some(mirror) = self.mirror.clone() {
            let (me, until) = (Arc::clone(self), stop.clone());
            tasks.spawn(async move { me.mirror_keys_until(mirror, until).await });
        }
    }

    /// Moves simulated time to `to`, stopping at every instant at which something is due, so that what was to
    /// happen in between happens then and not later.
    pub(super) async fn advance(
        &self,
        clock: &SimulatedClock,
        to: Timestamp,
    ) -> Result<(), NotForward> {
        loop {
            let next = self.escalation.next_due().await.ok().flatten();
            let now = self.env.now();
            match next {
                Some(due) if due > now && due <= to => clock.advance_to(due)?,
                Some(due) if due <= now && now <= to => {}
                Some(_) | None => break,
            }
            if self.escalate().await == 0 && next.is_some_and(|due| due <= now) {
                // What is due cannot be done; going on is better than standing still for ever.
                break;
            }
        }
        clock.advance_to(to)?;
        self.escalate().await;
        Ok(())
    }

    /// Integrates and publishes what is still open when the hub stops.
    pub(super) async fn finish(&self) {
        if let Err(error) = self.integrator.run_once().await {
            tracing::error!(%error, "the last entries could not be integrated");
        }
        if let Err(error) = self.publisher.publish_now().await {
            tracing::error!(%error, "the last checkpoint could not be published");
        }
    }

    /// Fires what is due; how many alerts changed.
    async fn escalate(&self) -> usize {
        let _one_at_a_time = self.escalating.lock().await;
        let purged = match self.retention.run_once().await {
            Ok(purged) => purged,
            Err(error) => {
                tracing::error!(%error, "the retention driver could not run");
                self.alarms.raise("RETENTION_FAILED");
                0
            }
        };
        match self.escalation.run_once().await {
            Ok(fired) => {
                if fired.newly_failing > 0 {
                    self.alarms.raise("ESCALATION_FAILED");
                }
                let changed = fired.changed.saturating_add(purged);
                let count = u64::try_from(changed).unwrap_or(u64::MAX);
                metrics::counter!("staysafe_escalations_total").increment(count);
                changed
            }
            Err(error) => {
                tracing::error!(%error, "the deadline driver could not run");
                self.alarms.raise("ESCALATION_FAILED");
                0
            }
        }
    }

    async fn escalate_until(&self, stop: CancellationToken) {
        let mut waiter = self.wake.subscribe_driver();
        while !stop.is_cancelled() {
            self.escalate().await;
            tokio::select! {
                () = stop.cancelled() => {}
                _woken = waiter.wait(ESCALATION_TICK) => {}
            }
        }
    }

    async fn integrate_until(&self, stop: CancellationToken) {
        while pause(INTEGRATION_TICK, &stop).await {
            if let Err(error) = self.integrator.run_once().await {
                tracing::error!(%error, "durable entries could not be integrated");
                self.alarms.raise("INTEGRATION_FAILED");
            }
        }
    }

    async fn publish_until(&self, stop: CancellationToken) {
        while pause(PUBLICATION_TICK, &stop).await {
            if let Err(error) = self.publisher.run_once().await {
                tracing::error!(%error, "the checkpoint could not be published");
                self.alarms.raise("PUBLICATION_FAILED");
            }
            if self.publisher.is_newly_late() {
                self.alarms.raise("PUBLICATION_LATE");
            }
        }
    }

    async fn watch_certificates_until(&self, stop: CancellationToken) {
        while pause(self.tls_tick, &stop).await {
            let tls = Arc::clone(&self.tls);
            // Reads files: not on a thread that serves.
            let _outcome = tokio::task::spawn_blocking(move || tls.check()).await;
        }
    }

    /// Without a mirror a lost disk loses every content; a mirror that lags loses what came last.
    async fn mirror_keys_until(&self, mirror: PathBuf, stop: CancellationToken) {
        loop {
            // Once more when the hub stops: a backup taken then finds the mirror current.
            let is_last = stop.is_cancelled();
            let (keys, to) = (Arc::clone(&self.keys), mirror.clone());
            match tokio::task::spawn_blocking(move || keys.mirror_to(&to)).await {
                Ok(Ok(version)) => tracing::debug!(version, "the key mirror is current"),
                Ok(Err(error)) => {
                    tracing::error!(reason = error.reason(), "the key mirror is not current");
                    self.alarms.raise("KEY_MIRROR_FAILED");
                }
                Err(_panicked) => self.alarms.raise("KEY_MIRROR_FAILED"),
            }
            if is_last {
                return;
            }
            let _goes_on = pause(MIRROR_TICK, &stop).await;
        }
    }
}

/// Waits one tick; no when the hub stops.
async fn pause(tick: Duration, stop: &CancellationToken) -> bool {
    tokio::select! {
        () = stop.cancelled() => false,
        () = tokio::time::sleep(tick) => true,
    }
}
