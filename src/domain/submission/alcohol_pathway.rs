//! What ALCOHOL_PATHWAY says (domain 3.6): the state a young person has come to with the alcohol and drug service, and
//! never what was said there.

use super::super::codes::code_list;
use super::super::time::{Span, Timestamp};
use super::{Code, Given};

code_list! {
    /// The states that the service tells.
    PathwayState {
        /// Offered.
        Offered = 1 => "OFFERED",
        /// Not offered.
        NotOffered = 2 => "NOT_OFFERED",
        /// Accepted.
        Accepted = 3 => "ACCEPTED",
        /// Refused.
        Refused = 4 => "REFUSED",
        /// An appointment is booked.
        AppointmentBooked = 5 => "APPOINTMENT_BOOKED",
        /// The first appointment was kept.
        AttendedFirst = 6 => "ATTENDED_FIRST",
        /// An appointment was not kept.
        Dna = 7 => "DNA",
        /// Engaged.
        Engaged = 8 => "ENGAGED",
        /// Closed.
        Closed = 9 => "CLOSED",
    }
}

code_list! {
    /// Why the service closed it.
    PathwayClosed {
        /// What was agreed is done.
        Completed = 1 => "COMPLETED",
        /// The young person does not want it any more.
        Withdrawn = 2 => "WITHDRAWN",
        /// Appointments were not kept.
        DidNotAttend = 3 => "DID_NOT_ATTEND",
        /// Another service has it.
        Transferred = 4 => "TRANSFERRED",
        /// Moved away.
        Moved = 5 => "MOVED",
        /// Another reason.
        Other = 6 => "OTHER",
    }
}

/// The part of ALCOHOL_PATHWAY.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AlcoholPathwayFacts {
    /// The state.
    pub state: Given<Code<PathwayState>>,
    /// Since when.
    pub state_at: Given<Timestamp>,
    /// When the appointment is.
    pub appointment_at: Given<Timestamp>,
    /// When the first one was kept, face to face.
    pub first_attended_at: Given<Timestamp>,
    /// When there was a second contact.
    pub second_contact_at: Given<Timestamp>,
    /// When there was a care plan.
    pub care_plan_at: Given<Timestamp>,
    /// Why it was closed.
    pub closed_reason: Given<Code<PathwayClosed>>,
}

impl AlcoholPathwayFacts {
    /// Whether these dates make it engagement: a first appointment kept, and after it a second contact or a care plan
    /// within that time.
    #[must_use]
    pub fn is_engagement(&self, within: Span) -> bool {
        let Some(first) = self.first_attended_at.get() else { return false };
        let is_in_time = |at: &Timestamp| *at >= *first && at.since(*first) <= within;
        [&self.second_contact_at, &self.care_plan_at]
            .into_iter()
            .any(|given| given.get().is_some_and(is_in_time))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn engaged(second: Option<i64>, plan: Option<i64>) -> bool {
        let day = |days: Option<i64>| match days {
            Some(days) => Given::Given(Timestamp::from_millis(days.saturating_mul(86_400_000))),
            None => Given::Missing,
        };
        AlcoholPathwayFacts {
            first_attended_at: day(Some(10)),
            second_contact_at: day(second),
            care_plan_at: day(plan),
            ..AlcoholPathwayFacts::default()
        }
        .is_engagement(Span::days(28))
    }

    #[test]
    fn engaged_is_a_first_appointment_and_a_second_contact_or_a_plan_within_28_days() {
        assert!(engaged(Some(24), None));
        assert!(engaged(Some(38), None), "the 28th day");
        assert!(!engaged(Some(39), None), "the 29th");
        assert!(engaged(None, Some(10)), "a plan at the first appointment");
        assert!(engaged(Some(60), Some(20)));
        assert!(!engaged(Some(9), None), "before the first");
        assert!(!engaged(None, None));
        let nothing = AlcoholPathwayFacts::default();
        assert!(!nothing.is_engagement(Span::days(28)));
    }
}
