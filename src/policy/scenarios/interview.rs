//! S01 and S14, the return home interview: offered, held, late; and what does not close the duty (domain 3.5, R06, R07).

use std::sync::Arc;

use crate::domain::alert::{TimerKind, TimerState};
use crate::domain::delivery::Purpose;
use crate::domain::submission::{Bool3, Given, InterviewOutcome};
use crate::domain::{
    Advice, AlertRecord, DeadlineTag, EventKind, Letter, Priority, Risk, Stage, View,
};
use crate::policy::fixtures::*;

const REPORTED: &str = "2026-10-23T22:40+01:00";
const FOUND: &str = "2026-10-24T10:12+01:00";
const OFFERED: &str = "2026-10-26T11:00Z";
const HELD: &str = "2026-10-26T16:30Z";

/// S01: missing overnight and back at 10:00, the night before the clocks change.
fn returned() -> Vec<Arc<AlertRecord>> {
    let reported = missing_child().risk(Risk::Medium).stating(Priority::P2);
    let mut episode = vec![record_of(&reported, REPORTED)];
    let found = found_child().missing(|facts| {
        facts.found_at = Given::Given(at("2026-10-24T10:00+01:00"));
    });
    follow(&mut episode, &found, FOUND);
    episode
}

#[test]
fn s01_an_offer_leaves_the_72_hours_running_and_the_interview_ends_them() {
    let mut episode = returned();

    let offered = follow(&mut episode, &interview_that(None), OFFERED);

    assert_eq!(
        recipients(&offered),
        ["CADT P4 Tue 27 Oct 11:00 D7", "MERPOL P4 Mon 26 Oct 19:00 D7"]
    );
    assert_eq!(offered.stage, Some(Stage::InterviewOffered));
    assert_eq!(clocks_of(&episode, TimerKind::RhiDue), [TimerState::Armed]);
    assert_eq!(reasons(&offered, EventKind::AlertUpdated), ["RHI_OFFERED"]);

    let held = follow(&mut episode, &interview(), HELD);

    assert_eq!(recipients(&held), ["CADT P4 Tue 27 Oct 16:30 D7", "MERPOL P4 Tue 27 Oct 00:30 D7"]);
    assert_eq!(clocks_of(&episode, TimerKind::RhiDue), [TimerState::Cancelled]);
    assert_eq!(reasons(&held, EventKind::AlertUpdated), ["RHI_COMPLETED"]);
    assert!(reasons(&held, EventKind::TaskDone).contains(&"RHI_DUE"));
    assert_eq!(held.hub_facts.interview_late_minutes, None);
    // Not: a second clock of 72 hours, a missed deadline, advice to send a concern.
    assert!(held.timers.is_empty() && offered.timers.is_empty());
    assert!(held.events.iter().all(|event| event.kind != EventKind::DeadlineMissed));
    assert!(held.advice.is_empty());
}

#[test]
fn s14_an_interview_held_after_the_72_hours_is_recorded_as_late() {
    let denny = || missing_child().looked_after_by("341").living_in("ZX45").risk(Risk::High);
    let mut episode = vec![record_of(&denny(), "2026-03-28T08:05Z")];
    let found = found_child().looked_after_by("341").living_in("ZX45").missing(|facts| {
        facts.found_at = Given::Given(at("2026-03-28T10:00Z"));
    });
    let found = follow(&mut episode, &found, "2026-03-28T10:20Z");
    assert!(clocks(&found).contains(&"RHI_DUE LA-341 Tue 31 Mar 11:00".to_owned()), "{found:?}");
    let missed = fire_at(&episode[1], "2026-03-31T11:00+01:00");
    assert!(missed.events.iter().any(|event| event.kind == EventKind::DeadlineMissed));
    episode[1] = Arc::new(missed.record);

    let held = interview().from("LA-341").looked_after_by("341").living_in("ZX45");
    let held =
        held.sharing(|record| record.basis6 = known(crate::domain::decision::Basis6::PublicTask));
    let held = follow(&mut episode, &held, "2026-03-31T11:30+01:00");

    assert_eq!(
        recipients(&held),
        [
            "CADT P4 Wed 1 Apr 11:30 D7",
            "MERPOL P4 Tue 31 Mar 19:30 D7",
            "SAFERFUT P4 Wed 1 Apr 11:30 D7",
        ]
    );
    assert_eq!(held.hub_facts.interview_late_minutes, Some(30));
    assert_eq!(reasons(&held, EventKind::AlertUpdated), ["RHI_COMPLETED_LATE"]);
    // What was missed stays missed.
    assert_eq!(clocks_of(&episode, TimerKind::RhiDue), [TimerState::Fired]);
    // Not: CIC, for the child is Liverpool's.
    assert!(recipients(&held).iter().all(|line| !line.starts_with("CIC")));
}

#[test]
fn an_interview_held_in_time_and_told_late_is_not_late() {
    let mut episode = returned();
    let told_late = interview().interview(|facts| {
        facts.completed_at = Given::Given(at("2026-10-27T09:00Z"));
    });

    let held = follow(&mut episode, &told_late, "2026-10-28T10:00Z");

    assert_eq!(held.hub_facts.interview_late_minutes, None, "at the minute itself");
    assert_eq!(reasons(&held, EventKind::AlertUpdated), ["RHI_COMPLETED"]);
}

#[test]
fn a_parent_s_refusal_does_not_close_the_duty_and_its_owner_has_a_task() {
    let mut episode = returned();
    follow(&mut episode, &interview_that(None), OFFERED);

    let refused =
        follow(&mut episode, &interview_that(Some(InterviewOutcome::RefusedByParent)), HELD);

    let task = refused.deliveries.iter().find(|delivery| delivery.purpose == Purpose::Task);
    let task = task.unwrap();
    assert_eq!(task.mailbox, mailbox("CADT"), "the owner of the duty");
    assert_eq!((task.priority, task.view), (Priority::P3, View::Ladder));
    assert_eq!(reasons(&refused, EventKind::TaskCreated), ["OFFER_TO_CHILD_DIRECTLY"]);
    assert_eq!(refused.advice, [Advice::OfferToChildDirectly]);
    assert_eq!(clocks_of(&episode, TimerKind::RhiDue), [TimerState::Armed], "the clock runs on");

    let offered_again = follow(&mut episode, &interview_that(None), "2026-10-26T17:00Z");

    assert_eq!(offered_again.stage, Some(Stage::InterviewOffered));
}

#[test]
fn every_other_end_settles_the_clocks() {
    for outcome in InterviewOutcome::ALL {
        let mut episode = returned();
        follow(&mut episode, &interview_that(None), OFFERED);
        let alert = match outcome {
            InterviewOutcome::Completed => interview(),
            InterviewOutcome::DeclinedByChild
            | InterviewOutcome::RefusedByParent
            | InterviewOutcome::WentMissingAgain
            | InterviewOutcome::NotContactable
            | InterviewOutcome::NotOffered => interview_that(Some(*outcome)),
        };

        follow(&mut episode, &alert, HELD);

        let expected = if *outcome == InterviewOutcome::RefusedByParent {
            TimerState::Armed
        } else {
            TimerState::Cancelled
        };
        assert_eq!(clocks_of(&episode, TimerKind::RhiDue), [expected], "{outcome}");
    }
}

#[test]
fn a_child_who_tells_of_harm_makes_the_hub_ask_for_a_concern_and_no_alarm_of_its_own() {
    let mut episode = returned();
    let told = interview().interview(|facts| facts.harm_disclosed = known(Bool3::Yes));

    let held = follow(&mut episode, &told, HELD);

    assert_eq!(held.advice, [Advice::SendConcern]);
    // Not: a higher priority, nor anybody more.
    assert_eq!(recipients(&held), ["CADT P4 Tue 27 Oct 16:30 D7", "MERPOL P4 Tue 27 Oct 00:30 D7"]);
}

#[test]
fn an_interviewer_who_is_not_independent_is_told_so() {
    let mut episode = returned();
    for answer in [Bool3::No, Bool3::Unknown] {
        let alert = interview_that(None).interview(|facts| facts.independent = known(answer));

        let offered = follow(&mut episode, &alert, OFFERED);

        assert_eq!(offered.advice, [Advice::InterviewerNotIndependent]);
    }
}

#[test]
fn what_was_held_is_over_and_what_was_never_offered_is_not_held() {
    let over = |episode: &[Arc<AlertRecord>], alert| refused_in(alert, HELD, episode);
    let mut episode = returned();

    let never_offered = interview().interview(|facts| facts.offered_at = Given::Missing);
    assert_eq!(
        over(&episode, never_offered),
        [("alert.return_interview.offered_at".to_owned(), "REQUIRED")]
    );

    follow(&mut episode, &interview(), HELD);
    assert_eq!(
        over(&episode, interview_that(None)),
        [("alert.return_interview.state".to_owned(), "STAGE_OVER")]
    );
}

#[test]
fn an_interview_that_falls_due_outside_the_front_door_s_hours_is_the_night_team_s_task() {
    let reported = missing_child().risk(Risk::Medium).stating(Priority::P2);
    let mut episode = vec![record_of(&reported, "2026-11-12T12:00Z")];
    let found =
        found_child().missing(|facts| facts.found_at = Given::Given(at("2026-11-12T22:00Z")));

    let found = follow(&mut episode, &found, "2026-11-12T22:05Z");

    let told = clocks(&found);
    for clock in ["RHI_WARNING EDT Sat 14 Nov 22:00", "RHI_DUE EDT Sun 15 Nov 22:00"] {
        assert!(told.contains(&clock.to_owned()), "{told:?}");
    }
    assert!(!told.iter().any(|clock| clock.starts_with("RHI_DUE CADT")), "{told:?}");
}

#[test]
fn whoever_returns_as_an_adult_is_offered_it_as_good_practice_and_no_school_hears() {
    let child = |alert: AlertBuilder| alert.born(2008, 11, 17).risk(Risk::High);
    let reported = child(missing_child()).missing(|facts| {
        facts.inform_school = true;
        facts.inform_school_reason = text(20);
    });
    let mut episode = vec![record_of(&reported, "2026-11-16T09:00Z")];
    assert!(episode[0].deliveries.iter().any(|it| it.letter == Letter::E), "the school was told");
    let found = child(found_child()).primary(|child| child.nhs_verified = true).missing(|facts| {
        facts.found_at = Given::Given(at("2026-11-17T08:00Z"));
    });

    let found = follow(&mut episode, &found, "2026-11-17T09:30Z");

    let due = found.timers.iter().find(|timer| timer.kind == TimerKind::RhiDue).unwrap();
    assert_eq!(due.due.tag, DeadlineTag::Practice, "the statutory duty is to children");
    assert!(!recipients(&found).iter().any(|line| line.starts_with("SCH-")), "{found:?}");
}
