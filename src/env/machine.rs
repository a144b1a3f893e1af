//! The machine's own clocks and randomness: the one place where they are read.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ring::rand::{SecureRandom, SystemRandom};

use crate::domain::Timestamp;

use super::Entropy;

/// What a machine knows of time.
pub trait MachineTime: Send + Sync {
    /// The wall clock. May jump in both directions.
    fn wall(&self) -> Timestamp;

    /// Time since this value was made. Never goes back.
    fn monotonic(&self) -> Duration;
}

/// The machine this process runs on.
#[derive(Clone, Copy, Debug)]
pub struct Machine {
    started: Instant,
}

impl Machine {
    /// Starts the monotonic count at 0.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one reader of the machine's clocks")]
    pub fn new() -> Self {
        Self { started: Instant::now() }
    }
}

impl Default for Machine {
    fn default() -> Self {
        Self::new()
    }
}

impl MachineTime for Machine {
    #[expect(clippy::disallowed_methods, reason = "the one reader of the machine's clocks")]
    fn wall(&self) -> Timestamp {
        let millis = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => Timestamp::from_millis(millis(since)),
            Err(before) => Timestamp::from_millis(millis(before.duration()).saturating_neg()),
        }
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }
}

/// The operating system's randomness.
#[derive(Clone, Debug)]
pub struct SystemEntropy(SystemRandom);

impl SystemEntropy {
    /// Opens the source.
    #[must_use]
    pub fn new() -> Self {
        Self(SystemRandom::new())
    }
}

impl Default for SystemEntropy {
    fn default() -> Self {
        Self::new()
    }
}

impl Entropy for SystemEntropy {
    #[expect(
        clippy::expect_used,
        reason = "the kernel's source does not fail once it is up; to go on with a key that is not random would \
                  be worse than to stop"
    )]
    fn fill(&self, bytes: &mut [u8]) {
        self.0.fill(bytes).expect("the operating system gives randomness");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_tells_a_plausible_time_and_counts_forward() {
        let machine = Machine::new();

        let year_2026 = Timestamp::from_millis(1_767_225_600_000);
        assert!(machine.wall() > year_2026);
        let first = machine.monotonic();
        assert!(machine.monotonic() >= first);
    }

    #[test]
    fn two_draws_of_randomness_differ() {
        let entropy = SystemEntropy::new();
        let (mut first, mut second) = ([0; 32], [0; 32]);

        entropy.fill(&mut first);
        entropy.fill(&mut second);

        assert_ne!(first, second);
        assert_ne!(first, [0; 32]);
    }
}
