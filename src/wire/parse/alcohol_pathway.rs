//! Reads the part of ALCOHOL_PATHWAY (domain 3.6).

use super::reader::{At, Reader};
use crate::domain::submission::{
    AlcoholPathwayFacts, Given, Need, PathwayClosed, PathwayState, path,
};
use crate::wire::v1;
use crate::wire::words::reason;

/// Reads the part.
pub(super) fn alcohol_pathway(
    reader: &mut Reader,
    raw: &v1::AlcoholPathway,
) -> AlcoholPathwayFacts {
    let at = At::root(path::ALCOHOL_PATHWAY);
    let required = Some(Need::Required);
    let state = reader.code(at.field("state"), raw.state, PathwayState::from_code, required);
    let when = |wanted: &[PathwayState]| {
        wanted.iter().any(|wanted| state.is(*wanted)).then_some(Need::Conditional)
    };
    let booked = when(&[PathwayState::AppointmentBooked, PathwayState::Dna]);
    let attended = when(&[PathwayState::AttendedFirst, PathwayState::Engaged]);
    let closed = when(&[PathwayState::Closed]);
    let mut instant =
        |name, raw: Option<&v1::Instant>, need| reader.instant(at.field(name), raw, need);
    let facts = AlcoholPathwayFacts {
        state,
        state_at: instant("state_at", raw.state_at.as_ref(), required),
        appointment_at: instant("appointment_at", raw.appointment_at.as_ref(), booked),
        first_attended_at: instant("first_attended_at", raw.first_attended_at.as_ref(), attended),
        second_contact_at: instant("second_contact_at", raw.second_contact_at.as_ref(), None),
        care_plan_at: instant("care_plan_at", raw.care_plan_at.as_ref(), None),
        closed_reason: Given::Missing,
    };
    let why = at.field("closed_reason");
    let closed_reason = reader.code(why, raw.closed_reason, PathwayClosed::from_code, closed);
    if closed_reason.is_given() && !facts.state.is(PathwayState::Closed) {
        reader.malformed(why, reason::CONTRADICTION);
    }
    AlcoholPathwayFacts { closed_reason, ..facts }
}
