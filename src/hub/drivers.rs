//! The hub's own tasks: integrate, publish, escalate, look at certificates. Each is `run_once` on a tick.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinError;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::alarms::Alarms;
use super::calendar::Reach;
use super::deadlines::Deadlines;
use super::fault::Fault;
use super::rotas::Rotas;
use crate::audit::{AuditError, Integrator, Publisher};
use crate::crypto::{KeyError, KeyStore};
use crate::domain::Timestamp;
use crate::env::{Env, NotForward, SimulatedClock};
use crate::store::Store;
use crate::tls::TlsReloader;

/// How often durable entries are integrated: well within the 1 s of the architecture.
const INTEGRATION_TICK: Duration = Duration::from_millis(200);
/// How often the publisher looks.
const PUBLICATION_TICK: Duration = Duration::from_millis(250);
/// How often the mirror of the data keys is brought up to date.
const MIRROR_TICK: Duration = Duration::from_secs(10);
/// How often it is looked whether the bank holiday data and the rotas still reach far enough.
const CALENDAR_TICK: Duration = Duration::from_secs(60);

/// The drivers.
pub(super) struct Drivers {
    pub(super) env: Env,
    pub(super) deadlines: Deadlines,
    pub(super) integrator: Integrator,
    pub(super) publisher: Arc<Publisher>,
    pub(super) tls: Arc<TlsReloader>,
    /// How often certificate and revocation files are looked at: revocation ends streams within 60 s.
    pub(super) tls_tick: Duration,
    pub(super) keys: Arc<KeyStore>,
    /// Where the one current mirror of the data keys is kept, if anywhere.
    pub(super) mirror: Option<PathBuf>,
    pub(super) alarms: Alarms,
    /// How far the bank holiday data reaches.
    pub(super) calendar: Reach,
    /// How far the rotas reach.
    pub(super) rotas: Rotas,
    pub(super) store: Arc<dyn Store>,
}

impl Drivers {
    /// Starts every driver; each stops on the signal.
    pub(super) fn start(self: &Arc<Self>, tasks: &TaskTracker, stop: &CancellationToken) {
        let (me, until) = (Arc::clone(self), stop.clone());
        tasks.spawn(async move { me.deadlines.run_until(until).await });
        let (me, until) = (Arc::clone(self), stop.clone());
        tasks.spawn(async move { me.integrate_until(until).await });
        let (me, until) = (Arc::clone(self), stop.clone());
        tasks.spawn(async move { me.publish_until(until).await });
        let (me, until) = (Arc::clone(self), stop.clone());
        tasks.spawn(async move { me.watch_certificates_until(until).await });
        let (me, until) = (Arc::clone(self), stop.clone());
        tasks.spawn(async move { me.watch_calendar_until(until).await });
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
            let next = self.deadlines.next_due().await;
            let now = self.env.now();
            match next {
                Some(due) if due > now && due <= to => clock.advance_to(due)?,
                Some(due) if due <= now && now <= to => {}
                Some(_) | None => break,
            }
            if self.deadlines.run_once().await == 0 && next.is_some_and(|due| due <= now) {
                // What is due cannot be done; going on is better than standing still for ever.
                break;
            }
        }
        clock.advance_to(to)?;
        self.deadlines.run_once().await;
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

    async fn integrate_until(&self, stop: CancellationToken) {
        let run = || self.integrator.run_once();
        run_until(&stop, INTEGRATION_TICK, (&self.alarms, "INTEGRATION_FAILED"), run).await;
    }

    async fn publish_until(&self, stop: CancellationToken) {
        let run = || async move {
            let run = self.publisher.run_once().await;
            if self.publisher.is_newly_late() {
                self.alarms.raise("PUBLICATION_LATE");
            }
            run
        };
        run_until(&stop, PUBLICATION_TICK, (&self.alarms, "PUBLICATION_FAILED"), run).await;
    }

    async fn watch_certificates_until(&self, stop: CancellationToken) {
        while pause(self.tls_tick, &stop).await {
            let tls = Arc::clone(&self.tls);
            // Reads files: not on a thread that serves.
            let _outcome = tokio::task::spawn_blocking(move || tls.check()).await;
        }
    }

    async fn watch_calendar_until(&self, stop: CancellationToken) {
        loop {
            if let Some(ends) = self.calendar.run_once(self.env.now()) {
                self.alarms.raise("BANK_HOLIDAYS_END");
                tracing::error!(ends_on = %ends.ends_on, "the list of bank holidays must be renewed");
            }
            for ends in self.rotas.run_once(&self.store.directory(), self.env.now()) {
                self.alarms.raise("ROTA_ENDS");
                tracing::warn!(mailbox = %ends.mailbox, at = %ends.at, "a rota must be renewed");
            }
            if !pause(CALENDAR_TICK, &stop).await {
                return;
            }
        }
    }

    /// Without a mirror a lost disk loses every content; a mirror that lags loses what came last.
    async fn mirror_keys_until(&self, mirror: PathBuf, stop: CancellationToken) {
        let mut fault = Fault::default();
        loop {
            // Once more when the hub stops: a backup taken then finds the mirror current.
            let is_last = stop.is_cancelled();
            let (keys, to) = (Arc::clone(&self.keys), mirror.clone());
            let mirrored = tokio::task::spawn_blocking(move || keys.mirror_to(&to)).await;
            tell_of_mirror(&self.alarms, &mut fault, &mirrored);
            if is_last {
                return;
            }
            let _goes_on = pause(MIRROR_TICK, &stop).await;
        }
    }
}

/// A mirror that is not current is one alarm while that lasts, and a line when it is again.
fn tell_of_mirror<T>(
    alarms: &Alarms,
    fault: &mut Fault,
    mirrored: &Result<Result<T, KeyError>, JoinError>,
) {
    let failed: Option<(&'static str, &dyn Error)> = match mirrored {
        Ok(Ok(_version)) => None,
        Ok(Err(error)) => Some((error.reason(), error)),
        Err(panicked) => Some(("MIRROR_PANICKED", panicked)),
    };
    alarms.tell("KEY_MIRROR_FAILED", fault, failed);
}

/// Runs a driver of the log on its tick until the hub stops; a fault that lasts is one alarm.
async fn run_until<T, F: Future<Output = Result<T, AuditError>>>(
    stop: &CancellationToken,
    tick: Duration,
    (alarms, code): (&Alarms, &'static str),
    mut run: impl FnMut() -> F,
) {
    let mut fault = Fault::default();
    while pause(tick, stop).await {
        let failed = run().await.err();
        let failed = failed.as_ref().map(|error| (error.reason(), error as &dyn Error));
        alarms.tell(code, &mut fault, failed);
    }
}

/// Waits one tick; no when the hub stops.
async fn pause(tick: Duration, stop: &CancellationToken) -> bool {
    tokio::select! {
        () = stop.cancelled() => false,
        () = tokio::time::sleep(tick) => true,
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use super::*;

    #[test]
    fn a_mirror_that_is_not_current_is_one_alarm_until_it_is_again() {
        const CODE: &str = "KEY_MIRROR_FAILED";
        let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
        let (alarms, _heard) = Alarms::new();
        let mut fault = Fault::default();
        let full = || Ok(Err(KeyError::InUse));
        metrics::with_local_recorder(&recorder, || {
            for mirrored in [Ok(Ok(1)), full(), full(), full(), Ok(Ok(2)), full()] {
                tell_of_mirror(&alarms, &mut fault, &mirrored);
            }
        });
        let shown = recorder.handle().render();
        let line = format!("staysafe_alarms_total{{code=\"{CODE}\"}} 2");
        assert!(shown.lines().any(|it| it == line), "{shown}");
    }

    #[test]
    fn a_driver_that_keeps_failing_is_one_alarm_and_one_more_when_it_failed_for_something_else() {
        const CODE: &str = "INTEGRATION_FAILED";
        let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
        let shown = recorder.handle();
        let raised = |outcomes: Vec<Result<(), AuditError>>| {
            let mut left = outcomes.into_iter();
            let stop = CancellationToken::new();
            let (alarms, _heard) = Alarms::new();
            let run = || {
                let next = left.next();
                if next.is_none() {
                    stop.cancel();
                }
                ready(next.unwrap_or(Ok(())))
            };
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
            metrics::with_local_recorder(&recorder, || {
                runtime.unwrap().block_on(run_until(&stop, Duration::ZERO, (&alarms, CODE), run));
            });
            let line = format!("staysafe_alarms_total{{code=\"{CODE}\"}} ");
            let text = shown.render();
            let counted = text.lines().find_map(|shown| shown.strip_prefix(&line));
            counted.map_or(0, |count| count.parse::<u64>().unwrap())
        };
        let (one, other) = (|| Err(AuditError::NotPublished), || Err(AuditError::Simulated));

        assert_eq!(raised(vec![Ok(()), one(), one(), one(), one()]), 1, "on every tick");
        assert_eq!(raised(vec![one(), other(), other()]), 3, "it fails for something else");
        assert_eq!(raised(vec![one(), Ok(()), Ok(()), one(), one()]), 5, "again after recovering");
    }
}
