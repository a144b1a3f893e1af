//! The making of ids, fixed before sealing and the same in every engine.

use uuid::Builder;

use crate::domain::id::ProposalId;
use crate::domain::{AlertId, EventId, SubjectRef, Timestamp};

use super::{Entropy, random};

/// Makes ids for one use case: UUIDv7 from its one reading of hub time, random where an id must say nothing.
pub struct Ids<'a> {
    entropy: &'a dyn Entropy,
    at: Timestamp,
}

impl<'a> Ids<'a> {
    /// Ids that carry the instant `at`; before 1970 they carry 0.
    #[must_use]
    pub fn new(entropy: &'a dyn Entropy, at: Timestamp) -> Self {
        Self { entropy, at }
    }

    /// An id for an alert.
    #[must_use]
    pub fn alert(&self) -> AlertId {
        AlertId::from_bytes(self.uuid_v7())
    }

    /// An id for an audit event.
    #[must_use]
    pub fn event(&self) -> EventId {
        EventId::from_bytes(self.uuid_v7())
    }

    /// An id for a proposal.
    #[must_use]
    pub fn proposal(&self) -> ProposalId {
        ProposalId::from_bytes(self.uuid_v7())
    }

    /// A reference to a person in one alert. Random throughout (UUIDv4): not even the time may join two.
    #[must_use]
    pub fn subject(&self) -> SubjectRef {
        let uuid = Builder::from_random_bytes(random(self.entropy)).into_uuid();
        SubjectRef::from_bytes(uuid.into_bytes())
    }

    fn uuid_v7(&self) -> [u8; 16] {
        let millis = u64::try_from(self.at.as_millis()).unwrap_or(0);
        let uuid = Builder::from_unix_timestamp_millis(millis, &random(self.entropy)).into_uuid();
        uuid.into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::FakeEntropy;

    #[test]
    fn ids_carry_the_instant_of_their_use_case_and_differ() {
        let entropy = FakeEntropy::seeded(1);
        let at = Timestamp::from_millis(0x0123_4567_89AB);
        let ids = Ids::new(&entropy, at);

        let (first, second) = (ids.alert(), ids.alert());

        assert_ne!(first, second);
        assert!(first.to_string().starts_with("01234567-89ab-7"), "{first}");
        assert!(ids.event().to_string().starts_with("01234567-89ab-7"));
        assert!(ids.proposal().to_string().starts_with("01234567-89ab-7"));
    }

    #[test]
    fn a_later_alert_has_a_greater_id() {
        let entropy = FakeEntropy::seeded(1);
        let early = Ids::new(&entropy, Timestamp::from_millis(1_000)).alert();
        let late = Ids::new(&entropy, Timestamp::from_millis(1_001)).alert();

        assert!(early < late);
    }

    #[test]
    fn a_reference_to_a_person_does_not_tell_the_time() {
        let entropy = FakeEntropy::seeded(1);
        let ids = Ids::new(&entropy, Timestamp::from_millis(0x0123_4567_89AB));

        let subject = ids.subject().to_string();

        assert!(!subject.starts_with("01234567"), "{subject}");
        assert_eq!(subject.as_bytes()[14], b'4', "{subject} is a random UUID");
        assert_ne!(subject, ids.subject().to_string());
    }

    #[test]
    fn an_instant_before_1970_makes_an_id_all_the_same() {
        let entropy = FakeEntropy::seeded(1);

        let id = Ids::new(&entropy, Timestamp::from_millis(-5)).alert();

        assert!(id.to_string().starts_with("00000000-0000-7"));
    }
}
