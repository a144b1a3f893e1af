//! Time and randomness that tests hold in their hands.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use ring::digest;

use crate::domain::{Span, Timestamp};

use super::{Clock, Entropy, MachineTime};

/// A clock that moves when a test says so; hub time and monotonic time move together.
#[derive(Debug)]
pub struct FakeClock {
    start: Timestamp,
    passed: AtomicI64,
}

impl FakeClock {
    /// Stands at `start`.
    #[must_use]
    pub const fn at(start: Timestamp) -> Self {
        Self { start, passed: AtomicI64::new(0) }
    }

    /// Lets time pass; a negative span passes nothing.
    pub fn advance(&self, span: Span) {
        self.passed.fetch_add(span.as_millis().max(0), Ordering::SeqCst);
    }

    fn passed(&self) -> Span {
        Span::millis(self.passed.load(Ordering::SeqCst))
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        self.start.plus(self.passed())
    }

    fn monotonic(&self) -> Duration {
        self.passed().to_std()
    }
}

/// A machine whose wall clock a test may set.
#[derive(Debug)]
pub struct FakeMachine {
    wall: AtomicI64,
    monotonic: AtomicI64,
}

impl FakeMachine {
    /// A machine whose wall clock shows `wall`.
    #[must_use]
    pub const fn at(wall: Timestamp) -> Self {
        Self { wall: AtomicI64::new(wall.as_millis()), monotonic: AtomicI64::new(0) }
    }

    /// Lets time pass on both clocks; a negative span passes nothing.
    pub fn pass(&self, span: Span) {
        let millis = span.as_millis().max(0);
        self.wall.fetch_add(millis, Ordering::SeqCst);
        self.monotonic.fetch_add(millis, Ordering::SeqCst);
    }

    /// Sets the wall clock forward or back.
    pub fn set_wall_by(&self, span: Span) {
        self.wall.fetch_add(span.as_millis(), Ordering::SeqCst);
    }
}

impl MachineTime for FakeMachine {
    fn wall(&self) -> Timestamp {
        Timestamp::from_millis(self.wall.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Span::millis(self.monotonic.load(Ordering::SeqCst)).to_std()
    }
}

/// Randomness that is the same for the same seed. For tests and simulations: never for keys that protect
/// anything.
#[derive(Debug)]
pub struct FakeEntropy {
    seed: u64,
    drawn: AtomicU64,
}

impl FakeEntropy {
    /// The sequence of `seed`.
    #[must_use]
    pub const fn seeded(seed: u64) -> Self {
        Self { seed, drawn: AtomicU64::new(0) }
    }
}

impl Entropy for FakeEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(digest::SHA256_OUTPUT_LEN) {
            let block = self.drawn.fetch_add(1, Ordering::SeqCst);
            let mut context = digest::Context::new(&digest::SHA256);
            context.update(b"staysafe fake entropy");
            context.update(&self.seed.to_be_bytes());
            context.update(&block.to_be_bytes());
            let hash = context.finish();
            chunk.iter_mut().zip(hash.as_ref()).for_each(|(byte, drawn)| *byte = *drawn);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::random;

    #[test]
    fn a_fake_clock_moves_both_times_and_only_forward() {
        let clock = FakeClock::at(Timestamp::from_millis(5));

        clock.advance(Span::millis(10));
        clock.advance(Span::millis(-7));

        assert_eq!(clock.now(), Timestamp::from_millis(15));
        assert_eq!(clock.monotonic(), Duration::from_millis(10));
        assert!(!clock.is_simulated());
    }

    #[test]
    fn fake_randomness_repeats_with_its_seed_and_not_within_it() {
        let (first, again, other) =
            (FakeEntropy::seeded(1), FakeEntropy::seeded(1), FakeEntropy::seeded(2));
        let drawn: [u8; 80] = random(&first);

        assert_eq!(drawn, random::<80>(&again));
        assert_ne!(drawn, random::<80>(&other));
        assert_ne!(drawn, random::<80>(&first));
        assert_ne!(drawn[..32], drawn[32..64]);
    }
}
