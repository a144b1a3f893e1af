//! The part of a pathway state (domain 3.6), and whether it follows the episode's.

use super::super::stage;
use super::Subject;
use super::findings::Findings;
use crate::domain::submission::{Given, Need, PathwayState, path};

pub(super) fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(facts) = subject.submission.alcohol_pathway() else { return };
    let at = path::ALCOHOL_PATHWAY;
    findings.require(&facts.state, at, "state");
    findings.require(&facts.state_at, at, "state_at");
    if facts.state_at.get().is_some_and(|at| *at > subject.context.now) {
        findings.wrong(of("state_at"), "IN_FUTURE", "correct the clock or the time");
    }
    // A state is of an attendance: without it nobody could tell whose.
    if subject.submission.envelope.episode == Given::Missing {
        let what = "give the episode of the attendance";
        findings.missing(format!("{}.episode_id", path::ENVELOPE), Need::Conditional, what);
    }
    let Some(state) = facts.state.known() else { return };
    match state {
        PathwayState::AppointmentBooked | PathwayState::Dna => {
            let what = "say when the appointment is or was";
            findings.require_since(&facts.appointment_at, at, "appointment_at", what);
        }
        PathwayState::AttendedFirst => {
            let what = "say when the first appointment was kept";
            findings.require_since(&facts.first_attended_at, at, "first_attended_at", what);
        }
        PathwayState::Engaged => {
            let what = "say when the first appointment was kept";
            findings.require_since(&facts.first_attended_at, at, "first_attended_at", what);
            let within = subject.context.clocks.measures.engaged_within();
            if facts.first_attended_at.is_given() && !facts.is_engagement(within) {
                let what = "engaged needs a second contact or a care plan in the days that count";
                findings.wrong(of("second_contact_at"), "NOT_ENGAGED", what);
            }
        }
        PathwayState::Closed => {
            let what = "say why it was closed";
            findings.require_since(&facts.closed_reason, at, "closed_reason", what);
        }
        PathwayState::Offered
        | PathwayState::NotOffered
        | PathwayState::Accepted
        | PathwayState::Refused => {}
    }
    if let Some(error) = stage::refused(state.into(), subject.context) {
        findings.wrong(of("state"), error.reason(), "give a state that follows the last one told");
    }
}

fn of(field: &str) -> String {
    format!("{}.{field}", path::ALCOHOL_PATHWAY)
}
