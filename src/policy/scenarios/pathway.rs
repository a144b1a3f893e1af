//! S03, the pathway, and what S17 must not become: states and dates, never content (domain 3.6, R15).

use crate::domain::alert::{TimerKind, TimerState};
use crate::domain::submission::{Given, PathwayState};
use crate::domain::{Advice, EventKind, Priority, Stage, View};
use crate::policy::fixtures::*;

const ATTENDED: &str = "2026-11-08T03:10Z";
const FIRST: &str = "2026-11-13T10:00Z";
const SECOND: &str = "2026-11-27T10:00Z";

#[test]
fn s03_an_accepted_offer_becomes_engagement_and_the_hospital_sees_states_only() {
    let mut episode = vec![record_of(&attendance(), ATTENDED)];
    assert_eq!(episode[0].stage, Some(Stage::Accepted));
    assert_eq!(clocks_of(&episode, TimerKind::ResponseContactDue), [TimerState::Armed]);

    let booked =
        follow(&mut episode, &pathway_to(PathwayState::AppointmentBooked), "2026-11-10T10:00Z");

    assert_eq!(recipients(&booked), ["WUTH-AED P5 - D16", "WUTH-SG P5 - D16"]);
    assert!(booked.deliveries.iter().all(|delivery| delivery.view == View::Pathway));
    assert_eq!(
        clocks_of(&episode, TimerKind::ResponseContactDue),
        [TimerState::Cancelled],
        "contact was made in time"
    );

    follow(&mut episode, &pathway_to(PathwayState::AttendedFirst), FIRST);
    let engaged = pathway_to(PathwayState::Engaged).pathway(|facts| {
        facts.first_attended_at = Given::Given(at(FIRST));
        facts.second_contact_at = Given::Given(at(SECOND));
    });
    let engaged = follow(&mut episode, &engaged, SECOND);

    assert_eq!(engaged.stage, Some(Stage::Engaged), "after 14 days");
    let told = engaged.events.iter().find(|event| event.kind == EventKind::AlertUpdated);
    assert_eq!(told.unwrap().reason.as_deref(), Some("ENGAGED"));
    // Not: the front door, which never had the attendance; feedback with content.
    assert_eq!(recipients(&engaged), ["WUTH-AED P5 - D16", "WUTH-SG P5 - D16"]);
}

#[test]
fn a_state_that_does_not_follow_is_refused() {
    let mut episode = vec![record_of(&attendance(), ATTENDED)];
    let state = |reason| vec![("alert.alcohol_pathway.state".to_owned(), reason)];

    let early = refused_in(pathway_to(PathwayState::Engaged), FIRST, &episode);
    assert_eq!(early, state("STAGE_NOT_REACHED"));

    follow(&mut episode, &pathway_to(PathwayState::Closed), FIRST);
    let late = refused_in(pathway_to(PathwayState::AppointmentBooked), SECOND, &episode);
    assert_eq!(late, state("STAGE_OVER"));
}

#[test]
fn engaged_without_a_second_contact_in_28_days_is_refused() {
    let mut episode = vec![record_of(&attendance(), ATTENDED)];
    follow(&mut episode, &pathway_to(PathwayState::AppointmentBooked), "2026-11-10T10:00Z");
    follow(&mut episode, &pathway_to(PathwayState::AttendedFirst), FIRST);
    let too_late = pathway_to(PathwayState::Engaged).pathway(|facts| {
        facts.first_attended_at = Given::Given(at(FIRST));
        facts.second_contact_at = Given::Given(at("2026-12-12T10:00Z"));
    });

    let refused = refused_in(too_late, "2026-12-12T11:00Z", &episode);

    assert_eq!(refused, [("alert.alcohol_pathway.second_contact_at".to_owned(), "NOT_ENGAGED")]);
}

#[test]
fn a_state_names_the_episode_of_the_attendance() {
    let nobody_s =
        pathway_to(PathwayState::Closed).envelope(|envelope| envelope.episode = Given::Missing);

    let refused = refused_in(nobody_s, FIRST, &[]);

    assert_eq!(refused, [("alert.envelope.episode_id".to_owned(), "REQUIRED")]);
}

#[test]
fn a_pathway_state_is_never_urgent_and_the_sender_is_told_where_urgent_content_belongs() {
    for stated in [Priority::P1, Priority::P2] {
        let (validated, decision) =
            taken(pathway_to(PathwayState::Accepted).stating(stated), FIRST);

        assert!(!validated.priority.is_urgent() && !validated.mode.is_urgent());
        let reasons: Vec<_> = validated.mismatches.iter().map(|it| it.reason).collect();
        assert_eq!(reasons, ["ROUTINE_KIND"]);
        assert_eq!(validated.raised(), Vec::<String>::new(), "nothing was raised");
        assert_eq!(decision.advice, [Advice::UrgentInConcern]);
        // Not: the front door by R82 or D1.
        assert!(recipients(&decision).iter().all(|line| line.starts_with("WUTH-")));
    }
}

#[test]
fn s17_a_refusal_reaches_nobody_whom_a_pathway_could_start_from() {
    let priya =
        attendance().stating(Priority::P4).born(2009, 4, 4).living_in("ZX47").alcohol(refused());

    let record = record_of(&priya, "2026-03-05T02:40Z");

    assert_eq!(record.stage, Some(Stage::Refused));
    let told: Vec<_> = record.deliveries.iter().map(|delivery| delivery.mailbox.as_str()).collect();
    assert_eq!(told, ["WUTH-SG"], "not RESPONSE, not community health at 17, not the front door");
    let timers = record.timers.iter().map(|timer| timer.kind).collect::<Vec<_>>();
    assert_eq!(timers, [TimerKind::SafeguardingReviewDue]);
}
