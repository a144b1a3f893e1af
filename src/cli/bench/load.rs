//! A closed loop: so many calls at a time, each begun when the one before it has ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::super::error::CliError;

/// How many calls at a time, over how many connections.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Level {
    pub(super) in_flight: usize,
    pub(super) connections: usize,
}

/// Makes one call after the other; a clone makes its own on the same connection.
pub(super) trait Caller: Clone + Send + 'static {
    /// One call, done when its answer is here. Caller number `number` of this load makes it.
    fn call(&mut self, number: usize) -> impl Future<Output = Result<u32, CliError>> + Send;
}

/// What came of one load.
#[derive(Clone, Debug, Default)]
pub(super) struct Sample {
    /// Things done a second.
    pub(super) rate: f64,
    /// How long each call took, in microseconds, ascending.
    pub(super) latencies: Vec<u32>,
    /// Commits not yet indexed at the beginning and at the end.
    pub(super) backlog: Option<(u64, u64)>,
}

impl Sample {
    /// Of `count` things in `took`, in calls that took so long.
    pub(super) fn new(count: u64, took: Duration, mut latencies: Vec<u32>) -> Self {
        latencies.sort_unstable();
        let count = f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        let rate = if took.is_zero() { 0.0 } else { count / took.as_secs_f64() };
        Self { rate, latencies, backlog: None }
    }

    /// The latency that so many in a hundred calls did not exceed, in microseconds; 0 without calls.
    pub(super) fn percentile(&self, percent: usize) -> u32 {
        let last = self.latencies.len().saturating_sub(1);
        let at = last.saturating_mul(percent).div_ceil(100);
        self.latencies.get(at).copied().unwrap_or_default()
    }
}

const WARMING: u8 = 0;
const RECORDING: u8 = 1;
const RECORDED: u8 = 2;
const ENDING: u8 = 3;

/// Calls under way.
pub(super) struct Load {
    phase: Arc<AtomicU8>,
    callers: JoinSet<Result<Recorded, CliError>>,
}

#[derive(Default)]
struct Recorded {
    count: u64,
    latencies: Vec<u32>,
}

impl Load {
    /// Starts `in_flight` callers, spread over those given.
    pub(super) fn start<C: Caller>(callers: &[C], in_flight: usize) -> Self {
        let phase = Arc::new(AtomicU8::new(WARMING));
        let mut running = JoinSet::new();
        for (number, caller) in callers.iter().cycle().take(in_flight).enumerate() {
            running.spawn(call_until_ended(caller.clone(), number, Arc::clone(&phase)));
        }
        Self { phase, callers: running }
    }

    /// Counts what ends within this time; how long it really was.
    pub(super) async fn record_for(&self, span: Duration) -> Duration {
        let begun = Instant::now();
        self.phase.store(RECORDING, Ordering::Relaxed);
        tokio::time::sleep(span).await;
        self.phase.store(RECORDED, Ordering::Relaxed);
        begun.elapsed()
    }

    /// Ends the calls. The load went on until now, so the backlog was read under it.
    pub(super) async fn end(
        mut self,
        took: Duration,
        backlog: Option<(u64, u64)>,
    ) -> Result<Sample, CliError> {
        self.phase.store(ENDING, Ordering::Relaxed);
        let mut all = Recorded::default();
        while let Some(ended) = self.callers.join_next().await {
            let one =
                ended.map_err(|source| CliError::because("a caller ended badly", source))??;
            all.count = all.count.saturating_add(one.count);
            all.latencies.extend(one.latencies);
        }
        Ok(Sample { backlog, ..Sample::new(all.count, took, all.latencies) })
    }
}

async fn call_until_ended<C: Caller>(
    mut caller: C,
    number: usize,
    phase: Arc<AtomicU8>,
) -> Result<Recorded, CliError> {
    let mut recorded = Recorded::default();
    loop {
        let begun = Instant::now();
        let done = caller.call(number).await?;
        match phase.load(Ordering::Relaxed) {
            RECORDING => {
                recorded.count = recorded.count.saturating_add(u64::from(done));
                recorded.latencies.push(micros(begun.elapsed()));
            }
            ENDING => return Ok(recorded),
            _ => {}
        }
    }
}

/// Whole microseconds.
pub(super) fn micros(span: Duration) -> u32 {
    u32::try_from(span.as_micros()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone)]
    struct Nothing;

    impl Caller for Nothing {
        async fn call(&mut self, _number: usize) -> Result<u32, CliError> {
            tokio::task::yield_now().await;
            Ok(2)
        }
    }

    #[test]
    fn a_percentile_is_one_of_the_latencies_and_never_below_its_share() {
        let sample = Sample::new(4, Duration::from_secs(2), vec![40, 10, 30, 20]);

        assert_eq!(sample.percentile(0), 10);
        assert_eq!(sample.percentile(50), 30);
        assert_eq!(sample.percentile(99), 40);
        assert!((sample.rate - 2.0).abs() < f64::EPSILON);
        assert_eq!(Sample::default().percentile(50), 0);
    }

    #[tokio::test]
    async fn only_what_ends_while_it_is_recorded_counts() {
        let load = Load::start(&[Nothing], 3);
        let unrecorded = load.end(Duration::from_secs(1), None).await.unwrap();
        assert!(unrecorded.latencies.is_empty());

        let load = Load::start(&[Nothing], 3);
        let took = load.record_for(Duration::from_millis(20)).await;
        let recorded = load.end(took, Some((1, 2))).await.unwrap();

        assert!(!recorded.latencies.is_empty());
        assert!(recorded.rate > 0.0);
        assert_eq!(recorded.backlog, Some((1, 2)));
    }
}
