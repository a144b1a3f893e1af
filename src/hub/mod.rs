//! Builds the hub from its configuration, owns its tasks, stops it in order.
//!
//! Starting: store, clock, keys, audit log, directory, services, TLS, gRPC, admin address, drivers. Stopping: health
//! says draining, streams end, calls under way finish, drivers stop, the last entries are integrated and published,
//! the store closes with its clean-stop mark. A stop by force loses nothing either; it only costs a longer start.

mod admin;
mod alarms;
mod build;
mod calendar;
mod clocks;
mod deadlines;
mod drivers;
mod fault;
mod place;
mod progress;
mod rotas;
mod serve;
mod standing;

#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use build::StartError;
pub use standing::Standing;

use crate::audit::{Audit, HubEvent};
use crate::config::Config;
use crate::domain::principal::Driver;
use crate::domain::{EventKind, Timestamp};
use crate::store::embedded::EmbeddedStore;
use alarms::{Alarms, Heard};
use build::Built;
use drivers::Drivers;
use serve::ServerLimits;
use standing::Watch;

/// How long streams and calls may take to end when the hub stops.
const DRAIN: Duration = Duration::from_secs(10);

/// How long recording what was heard before the stop may take.
const LAST_HEARD: Duration = Duration::from_secs(2);

/// How a hub is started besides its configuration.
#[derive(Clone, Copy, Debug, Default)]
pub struct StartOptions {
    /// Simulate hub time from this instant: demonstrations and tests. The data directory is marked and never
    /// served with real time.
    pub simulated_from: Option<Timestamp>,
    /// Answer reflection requests.
    pub reflection: bool,
}

/// A hub that serves.
pub struct Running {
    /// Where partner systems connect.
    pub address: SocketAddr,
    /// Where health and metrics are.
    pub admin_address: SocketAddr,
    store: Arc<EmbeddedStore>,
    audit: Arc<Audit>,
    drivers: Arc<Drivers>,
    watch: Arc<Watch>,
    health: tonic_health::server::HealthReporter,
    /// The server, its streams and handshakes.
    serving: TaskTracker,
    /// The drivers and the admin address.
    background: TaskTracker,
    /// Ends streams and the acceptor.
    draining: CancellationToken,
    /// Ends the drivers and the admin address.
    stopping: CancellationToken,
}

/// Starts a hub. It serves when this returns.
///
/// # Errors
/// [`StartError`], in words: what could not be opened, and where.
pub async fn start(config: &Config, options: StartOptions) -> Result<Running, StartError> {
    let (alarms, heard) = Alarms::new();
    let serving = TaskTracker::new();
    let background = TaskTracker::new();
    let draining = CancellationToken::new();
    let stopping = CancellationToken::new();
    let built = build::build(config, options, &alarms, (&serving, &draining)).await?;
    let Built { store, audit, drivers, watch, routes, health, simulated } = built;

    let listener = TcpListener::bind(config.hub.listen.get())
        .await
        .map_err(|source| StartError::Listen { what: "hub.listen", source })?;
    let address = listener
        .local_addr()
        .map_err(|source| StartError::Listen { what: "hub.listen", source })?;
    let admin_listener = TcpListener::bind(config.hub.admin_listen.get())
        .await
        .map_err(|source| StartError::Listen { what: "hub.admin_listen", source })?;
    let admin_address = admin_listener
        .local_addr()
        .map_err(|source| StartError::Listen { what: "hub.admin_listen", source })?;

    let settings = build::accept_settings(config);
    let tls_tasks = crate::tls::Tasks { tracker: serving.clone(), shutdown: draining.clone() };
    let incoming = drivers.tls.accept_on(listener, settings, &tls_tasks);
    let limits = ServerLimits::of(&config.limits);
    let until = draining.clone();
    serving.spawn(async move {
        if let Err(error) = serve::serve(routes, incoming, limits, until).await {
            tracing::error!(%error, "the gRPC server stopped");
        }
    });
    let metrics = crate::telemetry::start_metrics().map_err(StartError::Telemetry)?;
    let shown = admin::Admin {
        metrics,
        watch: Arc::clone(&watch),
        simulated,
        drivers: Arc::clone(&drivers),
    };
    let until = stopping.clone();
    background.spawn(async move {
        let admin = axum::serve(admin_listener, admin::router(shown));
        if let Err(error) = admin.with_graceful_shutdown(until.cancelled_owned()).await {
            tracing::error!(%error, "the admin address stopped");
        }
    });
    drivers.start(&background, &stopping);
    background.spawn(record_heard(Arc::clone(&audit), heard, (stopping.clone(), LAST_HEARD)));
    background.spawn(report_health(Arc::clone(&watch), health.clone(), stopping.clone()));
    tracing::info!(%address, %admin_address, simulated = watch.simulated, "the hub serves");
    Ok(Running {
        address,
        admin_address,
        store,
        audit,
        drivers,
        watch,
        health,
        serving,
        background,
        draining,
        stopping,
    })
}

impl Running {
    /// Waits for SIGTERM or SIGINT, then stops in order.
    ///
    /// # Errors
    /// When the signals cannot be listened to; the hub is stopped then.
    pub async fn run_until_stopped(self) -> std::io::Result<()> {
        use tokio::signal::unix::{SignalKind, signal};

        let waited = async {
            let mut terminate = signal(SignalKind::terminate())?;
            let mut interrupt = signal(SignalKind::interrupt())?;
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            Ok(())
        }
        .await;
        self.stop().await;
        waited
    }

    /// Stops in order; nothing taken is lost.
    pub async fn stop(mut self) {
        tracing::info!("the hub drains");
        self.watch.draining.store(true, Ordering::Relaxed);
        self.health.set_service_status("", tonic_health::ServingStatus::NotServing).await;
        let stopped = HubEvent::new(EventKind::HubStopped);
        if let Err(error) = self.audit.hub_event(Driver::Operator, stopped).await {
            tracing::error!(%error, "the stop could not be recorded");
        }
        self.draining.cancel();
        // Who watches the health has heard it; a watch that never ended would keep its connection, and the hub, open.
        self.health.clear_service_status("").await;
        self.serving.close();
        if tokio::time::timeout(DRAIN, self.serving.wait()).await.is_err() {
            tracing::warn!("some calls did not end in time; what they were told stays true");
        }
        // The drivers first: what they still do must be over when the last entries are published.
        self.stopping.cancel();
        self.background.close();
        if tokio::time::timeout(DRAIN, self.background.wait()).await.is_err() {
            tracing::warn!("a driver did not end in time");
        }
        if tokio::time::timeout(DRAIN, self.drivers.finish()).await.is_err() {
            tracing::warn!(
                "the last entries could not be published in time; the next start does it"
            );
        }
        let store = Arc::clone(&self.store);
        match tokio::task::spawn_blocking(move || store.close()).await {
            Ok(Ok(())) => tracing::info!("the hub has stopped"),
            Ok(Err(error)) => tracing::error!(%error, "the store did not close cleanly"),
            Err(_panicked) => tracing::error!("the store did not close cleanly"),
        }
    }
}

/// Records what was heard; when the hub stops, what was heard before too, but for no longer than `at_most`.
async fn record_heard(
    audit: Arc<Audit>,
    heard: mpsc::Receiver<Heard>,
    (stop, at_most): (CancellationToken, Duration),
) {
    let late = async {
        stop.cancelled().await;
        tokio::time::sleep(at_most).await;
    };
    tokio::select! {
        () = record_to_the_last(&audit, heard, &stop) => {}
        () = late => {
            tracing::warn!("what was heard before the stop could not all be recorded in time");
            metrics::counter!("staysafe_alarms_total", "code" => "EVENT_QUEUE_FULL").increment(1);
        }
    }
}

/// One after the other; from the stop on nothing more is heard, and the rest of the queue is the end.
async fn record_to_the_last(
    audit: &Audit,
    mut heard: mpsc::Receiver<Heard>,
    stop: &CancellationToken,
) {
    loop {
        let next = tokio::select! {
            () = stop.cancelled(), if !heard.is_closed() => {
                heard.close();
                continue;
            }
            next = heard.recv() => next,
        };
        let Some(next) = next else { return };
        record(audit, next).await;
    }
}

async fn record(audit: &Audit, heard: Heard) {
    let recorded = match heard {
        Heard::Hub(event) => audit.hub_event(Driver::Operator, event).await.map(Some),
        Heard::Connected(peer) => audit.connected(&peer).await,
        Heard::Refused { reason, certificate } => audit.refuse_stranger(certificate, reason).await,
    };
    if let Err(error) = recorded {
        tracing::warn!(%error, "an event of the hub could not be recorded");
    }
}

/// Keeps the standard health service at what the watch sees.
async fn report_health(
    watch: Arc<Watch>,
    health: tonic_health::server::HealthReporter,
    stop: CancellationToken,
) {
    let mut told = None;
    loop {
        let standing = watch.standing();
        if told != Some(standing) {
            let status = match standing {
                Standing::Serving => tonic_health::ServingStatus::Serving,
                Standing::NotTakingWrites | Standing::Draining => {
                    tonic_health::ServingStatus::NotServing
                }
            };
            health.set_service_status("", status).await;
            told = Some(standing);
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(Duration::from_millis(500)) => {}
        }
    }
}
