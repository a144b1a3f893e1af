//! Time and randomness, injected.
//!
//! Owns the ports [`Clock`] and [`Entropy`] and their system and fake forms. Hub time decides deadlines and is
//! recorded; monotonic time runs leases, heartbeats and time-outs (architecture section 7).

use std::time::Duration;

use crate::domain::Timestamp;

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Hub time.
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
