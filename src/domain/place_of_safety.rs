//! How long a power holds a child in a place of safety, and how that ends (domain 3.9).
//!
//! A stay by agreement or after an arrest has no such clock: nobody is held. A power is [`Held`] until the child is
//! [`Released`] or the power has [`Expired`]; each transition consumes the one and gives the other, or says why not.
//! Nothing extends police protection.

use super::time::{Span, Timestamp};

/// Police protection ends no later than this after it began, in elapsed time: Children Act 1989 s46(6).
pub const POLICE_PROTECTION_MAX: Span = Span::hours(72);

/// Mental Health Act 1983 s136A: the period from coming to the place `[VERIFY]`.
pub const S136_PERIOD: Span = Span::hours(24);

/// s136B: a doctor may add this once `[VERIFY]`.
pub const S136_EXTENSION: Span = Span::hours(12);

/// A child kept under a power.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Held {
    since: Timestamp,
    ends_at: Timestamp,
}

/// Let go before the power ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Released {
    /// When.
    pub at: Timestamp,
}

/// The power ended of itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Expired {
    /// When.
    pub at: Timestamp,
}

/// Why a stay does not end like this.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StayError {
    /// Let go before it began.
    #[error("the release is before the power began")]
    BeforeItBegan,
    /// Let go after the power had ended: somebody kept the child without one.
    #[error("the release is after the power had ended")]
    AfterItEnded,
}

impl Held {
    /// Police protection since `taken_at`.
    #[must_use]
    pub const fn by_police_protection(taken_at: Timestamp) -> Self {
        Self { since: taken_at, ends_at: taken_at.plus(POLICE_PROTECTION_MAX) }
    }

    /// Mental Health Act 1983 s136 since coming to the place; not extended.
    #[must_use]
    pub const fn by_s136(arrived_at: Timestamp) -> Self {
        Self { since: arrived_at, ends_at: arrived_at.plus(S136_PERIOD) }
    }

    /// Since when.
    #[must_use]
    pub const fn since(&self) -> Timestamp {
        self.since
    }

    /// When the power ends if nobody lets the child go before.
    #[must_use]
    pub const fn ends_at(&self) -> Timestamp {
        self.ends_at
    }

    /// The same with a doctor's one extension (s136B).
    #[must_use]
    pub const fn extended_by_doctor(self) -> Self {
        Self { ends_at: self.since.plus(S136_PERIOD).plus(S136_EXTENSION), ..self }
    }

    /// Lets the child go.
    ///
    /// # Errors
    /// [`StayError`] where the power had not begun or had ended.
    pub fn release(self, at: Timestamp) -> Result<Released, StayError> {
        if at < self.since {
            Err(StayError::BeforeItBegan)
        } else if at > self.ends_at {
            Err(StayError::AfterItEnded)
        } else {
            Ok(Released { at })
        }
    }

    /// What the power has come to by `now`: gives itself back where it still runs.
    ///
    /// # Errors
    /// The power itself while it runs.
    pub fn expire(self, now: Timestamp) -> Result<Expired, Self> {
        if self.ends_at <= now { Ok(Expired { at: self.ends_at }) } else { Err(self) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(count: i64) -> Timestamp {
        Timestamp::from_millis(count.checked_mul(3_600_000).unwrap())
    }

    #[test]
    fn police_protection_ends_72_hours_after_it_began_and_not_a_millisecond_later() {
        let held = Held::by_police_protection(hours(1));

        assert_eq!(held.ends_at(), hours(73));
        assert_eq!(held.release(hours(73)), Ok(Released { at: hours(73) }));
        let late = hours(73).plus(Span::millis(1));
        assert_eq!(held.release(late), Err(StayError::AfterItEnded));
        assert_eq!(held.release(hours(0)), Err(StayError::BeforeItBegan));
    }

    #[test]
    fn a_power_runs_until_its_end_and_is_then_gone() {
        let held = Held::by_police_protection(hours(0));

        assert_eq!(held.expire(hours(71)), Err(held));
        assert_eq!(held.expire(hours(72)), Ok(Expired { at: hours(72) }));
    }

    #[test]
    fn a_doctor_adds_twelve_hours_to_s136_once() {
        let held = Held::by_s136(hours(0));

        assert_eq!(held.ends_at(), hours(24));
        assert_eq!(held.extended_by_doctor().ends_at(), hours(36));
        assert_eq!(held.extended_by_doctor().extended_by_doctor().ends_at(), hours(36));
    }
}
