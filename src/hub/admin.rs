//! The admin address: health, metrics, and the time of a simulated hub. Loopback only, no content.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use metrics_exporter_prometheus::PrometheusHandle;
use serde::{Deserialize, Serialize};

use super::drivers::Drivers;
use super::standing::{Standing, Watch};
use crate::domain::Timestamp;
use crate::env::{Clock as _, SimulatedClock};

/// What the admin address shows and moves.
#[derive(Clone)]
pub(super) struct Admin {
    pub(super) metrics: PrometheusHandle,
    pub(super) watch: Arc<Watch>,
    /// The clock to be moved; none on a hub with real time: then there is nothing to post to.
    pub(super) simulated: Option<Arc<SimulatedClock>>,
    pub(super) drivers: Arc<Drivers>,
}

/// The routes of the admin address.
pub(super) fn router(admin: Admin) -> Router {
    let mut router = Router::new()
        .route("/health", get(health))
        .route("/metrics", get(render_metrics))
        .route("/status", get(status));
    if admin.simulated.is_some() {
        router = router.route("/simulated-time", post(move_time));
    }
    router.with_state(admin)
}

async fn health(State(admin): State<Admin>) -> Response {
    let standing = admin.watch.standing();
    let code = match standing {
        Standing::Serving => StatusCode::OK,
        Standing::NotTakingWrites | Standing::Draining => StatusCode::SERVICE_UNAVAILABLE,
    };
    // The first line is the standing; what follows must be seen to soon and changes no status.
    let lines: Vec<String> =
        std::iter::once(standing.as_str().to_owned()).chain(admin.watch.notices()).collect();
    (code, format!("{}\n", lines.join("\n"))).into_response()
}

async fn render_metrics(State(admin): State<Admin>) -> String {
    admin.watch.count();
    admin.metrics.render()
}

async fn status(State(admin): State<Admin>) -> Json<super::standing::Report> {
    Json(admin.watch.report())
}

/// Where simulated time is to go.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MoveTime {
    /// To this instant, milliseconds since the Unix epoch; forward only.
    advance_to_ms: Option<i64>,
    /// From now on at the pace of real time, or standing still.
    run: Option<bool>,
}

/// Where simulated time is.
#[derive(Serialize)]
struct TimeNow {
    hub_time_ms: i64,
}

/// Moves simulated time and fires what has come due before it answers.
async fn move_time(State(admin): State<Admin>, Json(asked): Json<MoveTime>) -> Response {
    let Some(clock) = &admin.simulated else { return StatusCode::NOT_FOUND.into_response() };
    if let Some(to) = asked.advance_to_ms
        && admin.drivers.advance(clock, Timestamp::from_millis(to)).await.is_err()
    {
        return (StatusCode::CONFLICT, "simulated time goes forward only\n").into_response();
    }
    match asked.run {
        Some(true) => clock.run(),
        Some(false) => clock.stand_still(),
        None => {}
    }
    Json(TimeNow { hub_time_ms: clock.now().as_millis() }).into_response()
}
