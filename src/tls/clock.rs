//! The machine's clock, by which certificates and revocation lists are judged.
//!
//! Hub time (`env`) is steered and may be simulated; the validity of a certificate must not follow it.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::pki_types::UnixTime;
use rustls::time_provider::TimeProvider;

/// Tells the wall-clock time of this machine.
pub trait MachineClock: Send + Sync {
    /// Reads the clock.
    fn now(&self) -> SystemTime;
}

/// The clock of the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemMachineClock;

impl MachineClock for SystemMachineClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one reading of the machine's clock for TLS validity"
    )]
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// Gives rustls the injected clock.
#[derive(Clone)]
pub(crate) struct RustlsTime(pub(crate) Arc<dyn MachineClock>);

impl fmt::Debug for RustlsTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RustlsTime")
    }
}

impl TimeProvider for RustlsTime {
    fn current_time(&self) -> Option<UnixTime> {
        let since = self.0.now().duration_since(UNIX_EPOCH).ok()?;
        Some(UnixTime::since_unix_epoch(since))
    }
}

/// Makes an instant of the seconds since 1970 that a certificate states; before 1970 counts as 1970.
pub(crate) fn instant(seconds: i64) -> SystemTime {
    let seconds = u64::try_from(seconds).unwrap_or(0);
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).unwrap_or(UNIX_EPOCH)
}
