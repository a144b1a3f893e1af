//! The machine's own clocks and randomness: the one place where they are read.

use std::sync::Mutex;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroize as _;

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
///
/// A submission draws a dozen ids and salts; each would be a call of the kernel under its lock. Small draws are taken
/// from a kilobyte that was drawn at once; what was given is wiped, so no byte is ever given twice. There are several
/// such kilobytes, so that threads that draw at once do not wait for one another.
pub struct SystemEntropy {
    source: SystemRandom,
    drawn: [Mutex<Drawn>; 4],
}

/// Draws up to this size come from what was drawn ahead.
const SMALL_BYTES: usize = 64;

/// Randomness drawn ahead: the bytes from `next` on were given to nobody.
struct Drawn {
    bytes: [u8; 1024],
    next: usize,
}

impl SystemEntropy {
    /// Opens the source.
    #[must_use]
    pub fn new() -> Self {
        let drawn = || Mutex::new(Drawn { bytes: [0; 1024], next: 1024 });
        Self { source: SystemRandom::new(), drawn: [(); 4].map(|()| drawn()) }
    }

    #[expect(
        clippy::expect_used,
        reason = "the kernel's source does not fail once it is up; to go on with a key that is not random would \
                  be worse than to stop"
    )]
    fn draw(&self, bytes: &mut [u8]) {
        self.source.fill(bytes).expect("the operating system gives randomness");
    }
}

impl std::fmt::Debug for SystemEntropy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SystemEntropy").finish_non_exhaustive()
    }
}

impl Default for SystemEntropy {
    fn default() -> Self {
        Self::new()
    }
}

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        if bytes.len() > SMALL_BYTES {
            return self.draw(bytes);
        }
        let mut free = self.drawn.iter().filter_map(|drawn| drawn.try_lock().ok());
        let Some(mut drawn) = free.next() else { return self.draw(bytes) };
        if drawn.bytes.len().saturating_sub(drawn.next) < bytes.len() {
            self.draw(&mut drawn.bytes);
            drawn.next = 0;
        }
        let from = drawn.next;
        drawn.next = from.saturating_add(bytes.len());
        let to = drawn.next;
        if let Some(given) = drawn.bytes.get_mut(from..to) {
            bytes.copy_from_slice(given);
            given.zeroize();
        }
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

    #[test]
    fn small_and_large_draws_are_never_given_twice() {
        let entropy = SystemEntropy::new();
        let mut seen = std::collections::BTreeSet::new();

        // Past the end of what is drawn ahead, several times, and in sizes that do not divide it.
        for round in 0..1_000_usize {
            let mut bytes = vec![0; 9 + round % 120];
            entropy.fill(&mut bytes);
            assert!(bytes.windows(9).all(|part| part != [0; 9]), "round {round} was not filled");
            assert!(seen.insert(bytes), "round {round} was given before");
        }
    }
}
