//! What the hub heard is recorded, to the last before it stops.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::*;
use crate::domain::Span;
use crate::env::ClockAlarm;
use crate::hub::alarms::Alarms;
use crate::hub::record_heard;

const EVENTS: usize = 64;

fn heard_at_a_stop() -> (Alarms, tokio::sync::mpsc::Receiver<crate::hub::Heard>, CancellationToken)
{
    let (alarms, heard) = Alarms::new();
    for _ in 0..EVENTS {
        alarms.clock(ClockAlarm::Skewed { by: Span::seconds(3) });
    }
    let stop = CancellationToken::new();
    stop.cancel();
    (alarms, heard, stop)
}

#[tokio::test]
async fn what_was_heard_before_the_stop_is_recorded_though_the_hub_stops_already() {
    let desk = Desk::opening_at("2026-10-23T21:40:00Z").await;
    // The ear is held on to, as connections do that are still open.
    let (_ear, heard, stop) = heard_at_a_stop();

    let audit = Arc::clone(&desk.parts.audit);
    record_heard(audit, heard, (stop, Duration::from_secs(60))).await;

    let told = desk.store.trace();
    let skews = told.iter().filter(|(event, _)| event == "CLOCK_SKEW:SKEWED");
    assert_eq!(skews.count(), EVENTS);
}

#[tokio::test]
async fn a_store_that_never_answers_does_not_keep_a_hub_from_stopping() {
    let desk = Desk::opening_at("2026-10-23T21:40:00Z").await;
    let (_ear, heard, stop) = heard_at_a_stop();
    desk.store.never_answer();

    let audit = Arc::clone(&desk.parts.audit);
    let stopping = record_heard(audit, heard, (stop, Duration::from_millis(50)));
    let stopped = tokio::time::timeout(Duration::from_secs(20), stopping).await;

    assert!(stopped.is_ok(), "it waits for ever");
}
