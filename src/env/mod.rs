//! Time and randomness, injected.
//!
//! Owns the ports [`Clock`] and [`Entropy`], their system, simulated and fake forms, and the making of ids. Hub
//! time decides deadlines and is recorded; monotonic time runs leases, heartbeats and time-outs (architecture
//! section 7). TLS validity is no business of this module: it always uses the machine's clock.

mod fake;
mod ids;
mod machine;
mod simulated;
mod system;

use std::sync::Arc;
use std::time::Duration;

use crate::domain::Timestamp;

pub use fake::{FakeClock, FakeEntropy, FakeMachine};
pub use ids::Ids;
pub use machine::{Machine, MachineTime, SystemEntropy};
pub use simulated::{NotForward, SimulatedClock};
pub use system::{ClockAlarm, ClockObserver, SystemClock};

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Hub time. Never less than what was told before.
    fn now(&self) -> Timestamp;

    /// Time since the process started; never goes back, never jumps.
    fn monotonic(&self) -> Duration;

    /// Whether hub time is simulated.
    fn is_simulated(&self) -> bool {
        false
    }
}

/// Gives randomness fit for keys.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` with randomness.
    fn fill(&self, bytes: &mut [u8]);
}

/// `N` fresh random bytes.
#[must_use]
pub fn random<const N: usize>(entropy: &dyn Entropy) -> [u8; N] {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes);
    bytes
}

/// The two ports together, as services carry them.
#[derive(Clone)]
pub struct Env {
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Gives randomness.
    pub entropy: Arc<dyn Entropy>,
}

impl Env {
    /// Puts the ports together.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { clock, entropy }
    }

    /// Hub time. A use case reads it once and passes it on.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Makes ids for a use case that runs at `at`.
    #[must_use]
    pub fn ids(&self, at: Timestamp) -> Ids<'_> {
        Ids::new(self.entropy.as_ref(), at)
    }

    /// Fresh randomness for the salts of one entry.
    #[must_use]
    pub fn salt_seed(&self) -> [u8; 32] {
        random(self.entropy.as_ref())
    }
}
