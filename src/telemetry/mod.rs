//! Logs and metrics: what an operator sees of the hub. Never content, never a name.
//!
//! Logs are structured, one line an event, to standard error. Metrics are rendered as Prometheus text by the admin
//! address. Labels are codes: agencies, kinds, reasons.

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing::level_filters::LevelFilter;
use tracing::subscriber::set_global_default;
use tracing_log::{AsLog as _, LogTracer};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt as _;

/// How log lines look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LogForm {
    /// For people.
    Text,
    /// For machines: one JSON object a line.
    Json,
}

/// Why telemetry could not start.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter is not one.
    #[error("the log filter must be like `info` or `staysafe=debug,info`")]
    Filter,
    /// Something else has taken the process' log.
    #[error("the log is taken already")]
    Taken,
    /// The metrics recorder could not be built.
    #[error("the metrics recorder could not be built")]
    Metrics,
}

/// Sends log lines of at least the filter's level to standard error.
///
/// # Errors
/// A malformed filter, or a second call in one process.
pub fn start_log(form: LogForm, filter: &str) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(filter).map_err(|_malformed| TelemetryError::Filter)?;
    let registry = tracing_subscriber::registry().with(filter);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let started = match form {
        LogForm::Text => set_global_default(registry.with(lines.with_target(false))),
        LogForm::Json => set_global_default(registry.with(lines.json())),
    };
    started.map_err(|_taken| TelemetryError::Taken)?;
    take_in_log_crate()
}

/// Takes in what is logged by way of the `log` crate, rustls' lines among it, but for sled's. At the finest level sled
/// logs while its threads' locals are being dropped, where those of the log are gone already, and the process aborts
/// at its end. A crate that is left out is left out before any of them is touched.
fn take_in_log_crate() -> Result<(), TelemetryError> {
    LogTracer::builder()
        .ignore_crate("sled")
        .with_max_level(LevelFilter::current().as_log())
        .init()
        .map_err(|_taken| TelemetryError::Taken)
}

/// Starts counting; the handle renders what was counted. One recorder serves the whole process.
///
/// # Errors
/// When a recorder of another kind is installed already.
pub fn start_metrics() -> Result<PrometheusHandle, TelemetryError> {
    use std::sync::OnceLock;

    static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    let handle = HANDLE.get_or_init(|| PrometheusBuilder::new().install_recorder().ok());
    let handle = handle.clone().ok_or(TelemetryError::Metrics)?;
    describe();
    Ok(handle)
}

/// Says what each metric is; units stand in the names.
fn describe() {
    use metrics::{describe_counter, describe_gauge};

    describe_counter!("staysafe_connections_total", "Connections that passed every check");
    describe_counter!("staysafe_connections_refused_total", "Connections refused, by reason");
    describe_counter!("staysafe_alarms_total", "Alarms raised, by code: someone must act");
    describe_counter!("staysafe_escalations_total", "Alerts changed by the deadline driver");
    describe_gauge!("staysafe_connections_live", "Live connections");
    describe_gauge!("staysafe_store_commits", "Durable commits");
    describe_gauge!("staysafe_index_backlog_commits", "Commits not yet in the index");
    describe_gauge!("staysafe_store_writing", "1 while the store takes writes");
    describe_gauge!("staysafe_tree_size_entries", "Entries integrated into the audit tree");
    describe_gauge!("staysafe_checkpoint_late", "1 while the newest checkpoint is late");
    describe_gauge!("staysafe_checkpoint_size_entries", "Entries under the newest checkpoint");
}

#[cfg(test)]
mod tests {
    use tracing_log::log::{Level, log_enabled};

    use super::*;

    #[test]
    fn at_the_finest_level_rustls_is_heard_and_sled_is_not() {
        start_log(LogForm::Text, "trace").unwrap();

        assert!(log_enabled!(target: "rustls::server::hs", Level::Trace));
        for level in [Level::Error, Level::Trace] {
            assert!(!log_enabled!(target: "sled::pagecache::iobuf", level), "{level}");
        }
        assert!(matches!(start_log(LogForm::Text, "trace"), Err(TelemetryError::Taken)));
    }
}
