//! A case on its way through the MARAC: referred, heard, with an outcome (domain 3.8).
//!
//! Each step consumes the one before: there is no outcome of a case that nobody has heard, and nobody hears it before
//! the meeting.

use super::time::Timestamp;

/// A case that was referred.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Referred {
    /// When it was referred; none where the hub had no referral of it.
    pub referred_at: Option<Timestamp>,
}

/// A case that was heard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Heard {
    /// When.
    pub at: Timestamp,
}

/// A case with an outcome: somebody has something to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decided {
    /// When it was heard.
    pub heard_at: Timestamp,
    /// How many actions there are; never 0.
    pub actions: usize,
}

/// Why a case does not go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CaseError {
    /// The meeting lies ahead.
    #[error("the meeting lies ahead")]
    NotHeardYet,
    /// The meeting was before the referral.
    #[error("the meeting was before the referral")]
    BeforeReferral,
    /// Heard, and nobody has anything to do.
    #[error("the outcome names no action")]
    NoAction,
}

impl Referred {
    /// The case is heard at `meeting_at`, as told at `now`.
    ///
    /// # Errors
    /// [`CaseError`] where the meeting lies ahead, or before the referral.
    pub fn heard(self, meeting_at: Timestamp, now: Timestamp) -> Result<Heard, CaseError> {
        if meeting_at > now {
            Err(CaseError::NotHeardYet)
        } else if self.referred_at.is_some_and(|referred| meeting_at < referred) {
            Err(CaseError::BeforeReferral)
        } else {
            Ok(Heard { at: meeting_at })
        }
    }
}

impl Heard {
    /// The outcome.
    ///
    /// # Errors
    /// [`CaseError::NoAction`] where nobody has anything to do.
    pub const fn decided(self, actions: usize) -> Result<Decided, CaseError> {
        if actions == 0 {
            Err(CaseError::NoAction)
        } else {
            Ok(Decided { heard_at: self.at, actions })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn a_case_is_referred_then_heard_then_decided() {
        let referred = Referred { referred_at: Some(at(1)) };

        let heard = referred.heard(at(5), at(6)).unwrap();

        assert_eq!(heard.decided(2), Ok(Decided { heard_at: at(5), actions: 2 }));
        assert_eq!(heard.decided(0), Err(CaseError::NoAction));
    }

    #[test]
    fn nobody_hears_a_case_before_the_meeting_or_before_its_referral() {
        let referred = Referred { referred_at: Some(at(10)) };

        assert_eq!(referred.heard(at(21), at(20)), Err(CaseError::NotHeardYet));
        assert_eq!(referred.heard(at(9), at(20)), Err(CaseError::BeforeReferral));
        assert!(referred.heard(at(10), at(20)).is_ok());
        let unknown = Referred { referred_at: None };
        assert!(unknown.heard(at(0), at(20)).is_ok(), "a case referred before the hub knew of any");
    }
}
