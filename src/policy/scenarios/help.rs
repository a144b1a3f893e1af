//! S10 and the checks between agencies: early help by agreement, questions, answers, and what goes to nobody.
//!
//! The withdrawal in S10 comes with the kind that tells of it.

use std::sync::Arc;

use crate::domain::alert::{TimerKind, TimerState};
use crate::domain::delivery::Purpose;
use crate::domain::event::EventKind;
use crate::domain::referral::ReferralOutcome;
use crate::domain::submission::*;
use crate::domain::{AlertId, AlertRecord, Letter, Priority, Rule};
use crate::policy::fixtures::*;
use crate::policy::{Decision, sender_view};

const S10: &str = "2026-09-07T10:00+01:00";
const S10_UPDATED: &str = "2026-09-09T09:18+01:00";
const MONDAY: &str = "2026-11-16T10:00Z";

fn has(decision: &Decision, kind: EventKind) -> bool {
    decision.events.iter().any(|event| event.kind == kind)
}

/// Path and reason of everything for which it is refused on its own.
fn refused(alert: AlertBuilder) -> Vec<(String, &'static str)> {
    refused_in(alert, MONDAY, &[])
}

/// The same, each path without its root.
fn refused_at(alert: AlertBuilder) -> Vec<(String, &'static str)> {
    let short = |path: String| path.rsplit('.').next().unwrap().to_owned();
    refused(alert).into_iter().map(|(path, reason)| (short(path), reason)).collect()
}

#[test]
fn s10_early_help_goes_to_whom_the_mother_named_and_to_nobody_else() {
    let (validated, decision) = taken(early_help(), S10);

    assert_eq!(validated.gaps, []);
    assert_eq!(recipients(&decision), ["SCH-900104 P5 - D13", "WCHC-019 P5 - D13"]);
    assert_eq!(clocks(&decision), ["TAC_REVIEW_DUE AREA-01 Mon 19 Oct 10:00"]);
    assert!(has(&decision, EventKind::ConsentRecorded));
    assert!(!has(&decision, EventKind::ConsentRefused));
}

#[test]
fn s10_the_team_s_news_settles_the_review_and_starts_the_next_until_the_help_ends() {
    let mut episode = vec![record_of(&early_help(), S10)];
    let update = follow(&mut episode, &team_update(), S10_UPDATED);

    assert_eq!(clocks(&update), ["TAC_REVIEW_DUE AREA-01 Wed 21 Oct 09:18"]);
    let reviews = |episode: &[Arc<AlertRecord>]| clocks_of(episode, TimerKind::TacReviewDue);
    assert_eq!(reviews(&episode), [TimerState::Cancelled, TimerState::Armed]);
    let over = team_update().plan(|plan| plan.status = known(FamilyHelpStatus::ClosedNeedsMet));
    let closed = follow(&mut episode, &over, "2026-10-19T10:00+01:00");
    assert_eq!(clocks(&closed), Vec::<String>::new());
    assert_eq!(reviews(&episode), [TimerState::Cancelled, TimerState::Cancelled]);
}

#[test]
fn a_review_that_nobody_held_is_a_task_for_the_area_team() {
    let record = record_of(&early_help(), S10);

    let steps = fire_at(&record, "2026-10-19T10:00+01:00");
    let tasks = steps.record.deliveries.iter().filter(|it| it.purpose == Purpose::Task);
    let tasks: Vec<_> = tasks.map(|it| (it.mailbox.as_str(), it.priority)).collect();
    assert_eq!(tasks, [("AREA-01", Priority::P4)]);
}

#[test]
fn early_help_without_an_agreement_that_counts_is_refused_at_every_priority() {
    let agreement = |change: fn(&mut ConsentFact)| {
        early_help().plan(|plan| {
            let mut record = agreed_to_help(ConsentGiver::PrHolder);
            change(&mut record);
            plan.agreement = Given::Given(record);
        })
    };
    let none = early_help().plan(|plan| plan.agreement = Given::Missing);
    for priority in [Priority::P1, Priority::P4] {
        assert_eq!(refused_at(none.clone().stating(priority)), [("agreement".into(), "REQUIRED")]);
        for no in [
            agreement(|record| record.state = known(ConsentState::Refused)),
            agreement(|record| record.state = known(ConsentState::Withdrawn)),
            agreement(|record| record.kind = known(ConsentType::DpConsent)),
            agreement(|record| record.scope = Given::Given(Scope::Response)),
            agreement(|record| record.standing = GiverStanding::Barred),
        ] {
            let told = refused_at(no.stating(priority));
            assert_eq!(told, [("agreement".into(), "NOT_AGREED")], "{priority}");
        }
    }
}

#[test]
fn a_child_who_agreed_is_recorded_as_competent_for_that() {
    let by_child = early_help().born(2012, 3, 9).plan(|plan| {
        plan.agreement = Given::Given(agreed_to_help(ConsentGiver::ChildCompetent));
    });

    assert_eq!(refused_at(by_child), [("competence".into(), "REQUIRED")]);
}

#[test]
fn early_help_is_never_urgent_and_says_where_urgent_content_belongs() {
    let (validated, decision) = taken(early_help().stating(Priority::P1), S10);

    assert_eq!(validated.priority, Priority::P3);
    assert!(has(&decision, EventKind::PriorityMismatch));
    assert_eq!(recipients(&decision), ["SCH-900104 P5 - D13", "WCHC-019 P5 - D13"]);
}

#[test]
fn a_step_up_needs_an_answer_of_a_parent_and_where_asking_is_unsafe_a_referral() {
    let asked = |parent| stepped_up(team_update(), parent);
    let silent = asked("AGREES").plan(|plan| plan.parent_agreement = Given::Missing);

    assert_eq!(refused_at(silent), [("parent_agreement".into(), "REQUIRED")]);
    for parent in ["REFUSES", "NOT_ASKED_OTHER"] {
        let told = refused_at(asked(parent));
        assert_eq!(told, [("parent_agreement_reason".into(), "REQUIRED")], "{parent}");
    }
    let unsafe_to_ask = refused_at(asked("NOT_ASKED_UNSAFE"));
    assert_eq!(unsafe_to_ask, [("parent_agreement".into(), "SEND_REFERRAL")]);
    let at_once = asked("AGREES").kind(crate::domain::AlertKind::CafRegistered);
    assert_eq!(refused_at(at_once), [("status".into(), "NOT_FOR_KIND")]);
}

#[test]
fn whoever_the_family_named_is_an_agency_of_the_partnership() {
    let stranger = early_help().plan(|plan| plan.agreed.push(code("SCH-999999")));

    assert_eq!(refused_at(stranger), [("agreed_agencies[2]".into(), "NO_SUCH_AGENCY")]);
}

/// Police ask WCHC-019 about the plan.
fn of_police(route: LegalRoute) -> AlertBuilder {
    question("WCHC-019").from("MERPOL").by_route(route)
}

#[test]
fn s10_police_get_the_plan_by_no_agreement_and_by_no_statute_of_the_councils() {
    let (_, by_agreement) = taken(of_police(LegalRoute::Agreement), MONDAY);

    assert_eq!(recipients(&by_agreement), ["WCHC-019 withheld D13"]);
    assert_eq!(clocks(&by_agreement), Vec::<String>::new(), "nobody was asked");
    assert!(has(&by_agreement, EventKind::BasisRefused));
    let by_statute = refused_at(of_police(LegalRoute::Ca89S47Help));
    assert_eq!(by_statute, [("legal_route".into(), "NOT_YOUR_ROUTE")]);
}

#[test]
fn s10_on_a_crime_route_the_front_door_decides_and_hands_on() {
    let asked = of_police(LegalRoute::Crime);
    let (_, question) = taken(asked.clone(), MONDAY);
    assert_eq!(recipients(&question), ["CADT P3 Mon 16 Nov 14:00 D3"], "and not WCHC-019");

    let hands_on = decided(ReferralOutcome::InfoAdvice).decision(|facts| {
        facts.releases = vec![ReleaseFact { inbox: Given::Given(mailbox("MERPOL")), parts: 1 }];
    });
    let record = record_of(&asked, MONDAY);
    let (_, decision) = taken_in(hands_on, "2026-11-16T11:00Z", &[record], &directory());
    let told = recipients(&decision);
    assert!(told.contains(&"MERPOL P4 Mon 16 Nov 19:00 D3".to_owned()), "{told:?}");
}

#[test]
fn s10_a_council_that_makes_enquiries_asks_by_statute_a_council_or_the_health_service_only() {
    let (_, nurse) = taken(question("WCHC-019"), MONDAY);
    assert_eq!(recipients(&nurse), ["WCHC-019 P3 Mon 16 Nov 14:00 D2"]);
    for other in ["MERPOL", "SAFERFUT", "SCH-900104"] {
        let told = refused_at(question(other));
        assert_eq!(told, [("legal_route".into(), "NOT_YOUR_ROUTE")], "{other}");
    }
    let other_council = question("CADT").from("LA-341");
    assert_eq!(recipients(&taken(other_council, MONDAY).1), ["CADT P3 Mon 16 Nov 14:00 D2"]);
}

#[test]
fn a_question_names_one_other_agency_a_route_in_force_and_the_same_power_as_its_record() {
    let to_itself = question("CADT").by_route(LegalRoute::Ca04S11);
    assert_eq!(refused_at(to_itself), [("asked_agency".into(), "NO_SUCH_AGENCY")]);
    let stranger = question("SCH-999999").by_route(LegalRoute::Ca04S11);
    assert_eq!(refused_at(stranger), [("asked_agency".into(), "NO_SUCH_AGENCY")]);
    let not_in_force = question("WCHC-019").by_route(LegalRoute::Ca04S16La);
    assert!(refused(not_in_force).iter().all(|(_, reason)| *reason == "NOT_IN_FORCE"));
    let other_power = question("WCHC-019").sharing(|record| {
        record.gateways = Codes::of(&[Gateway::Ca04S11]);
    });
    assert_eq!(refused_at(other_power), [("legal_route".into(), "NOT_IN_SHARING_RECORD")]);
}

#[test]
fn an_answer_is_due_by_how_urgently_it_is_asked_and_late_ones_are_the_duty_manager_s() {
    for (rating, clock) in [
        (RequestRating::Red, "ANSWER_DUE_RED WCHC-019 Mon 16 Nov 14:00"),
        (RequestRating::Amber, "ANSWER_DUE_AMBER WCHC-019 Tue 17 Nov 10:00"),
        (RequestRating::Green, "ANSWER_DUE_GREEN WCHC-019 Thu 19 Nov 17:00"),
    ] {
        let asked = question("WCHC-019").question(|facts| facts.rating = known(rating));
        let (_, decision) = taken(asked, MONDAY);
        assert_eq!(clocks(&decision), [clock]);
        let due = decision.hub_facts.answer_due_at.unwrap();
        assert!(clock.ends_with(&london(due)), "the copy says so");
    }
    let record = record_of(&question("WCHC-019"), MONDAY);
    let steps = fire_at(&record, "2026-11-16T14:00Z");
    assert!(steps.events.iter().any(|event| event.kind == EventKind::DeadlineMissed));
    let tasks: Vec<_> =
        steps.record.deliveries.iter().filter(|it| it.purpose == Purpose::Task).collect();
    assert_eq!(tasks.len(), 1);
    assert_eq!(tasks[0].mailbox.agency_code(), "WCHC-019");
    let overdue = sender_view::overdue(&steps.record, &directory(), at("2026-11-16T14:01Z"));
    assert!(overdue.iter().any(|notice| notice.text.contains("answer is overdue")), "{overdue:?}");
}

#[test]
fn a_question_about_whom_its_desk_knows_goes_to_the_lead_who_holds_its_clock() {
    let kept = question("MERPOL").by_route(LegalRoute::Ca04S11).envelope(|envelope| {
        envelope.exclude.push(Exclusion::Agency(code("MERPOL")));
    });
    let (_, decision) = taken(kept, MONDAY);

    assert!(!recipients(&decision).iter().any(|line| line.starts_with("MERPOL ")));
    let clock = decision.timers.iter().find(|timer| timer.kind == TimerKind::AnswerDueRed);
    let held_by = clock.map(|timer| timer.mailbox.as_str().to_owned());
    assert_ne!(held_by.as_deref(), Some("MERPOL"));
}

#[test]
fn an_answer_goes_to_whoever_asked_as_fast_as_it_was_asked() {
    for (rating, line) in [
        (RequestRating::Red, "CADT P3 Mon 16 Nov 15:00 D2"),
        (RequestRating::Amber, "CADT P3 Mon 16 Nov 15:00 D2"),
        (RequestRating::Green, "CADT P4 Tue 17 Nov 11:00 D2"),
    ] {
        let asked = question("WCHC-019").question(|facts| facts.rating = known(rating));
        let mut episode = vec![record_of(&asked, MONDAY)];
        let decision = follow(&mut episode, &answer("WCHC-019", RECORDED), "2026-11-16T11:00Z");
        assert_eq!(recipients(&decision), [line]);
        assert!(has(&decision, EventKind::TaskDone), "the clock is settled");
        assert_eq!(clocks(&decision), Vec::<String>::new());
    }
}

#[test]
fn the_answerer_s_own_record_decides_and_what_is_withheld_settles_nothing() {
    let mut episode = vec![record_of(&question("WCHC-019"), MONDAY)];
    let by_agreement = answer("WCHC-019", RECORDED).by_route(LegalRoute::Agreement);
    let decision = follow(&mut episode, &by_agreement, "2026-11-16T11:00Z");

    assert_eq!(recipients(&decision), ["CADT withheld D13"]);
    assert_eq!(clocks_of(&episode, TimerKind::AnswerDueRed), [TimerState::Armed]);
}

#[test]
fn an_answer_settles_its_own_question_and_no_other_of_the_episode() {
    let first = record_of(&question("WCHC-019"), MONDAY);
    let second = AlertRecord { id: AlertId::from_bytes([6; 16]), ..AlertRecord::clone(&first) };
    let episode = [first, Arc::new(second)];
    let (_, decision) =
        taken_in(answer("WCHC-019", RECORDED), "2026-11-16T11:00Z", &episode, &directory());

    let states =
        episode.iter().map(|earlier| decision.changes.apply(earlier, LATER).timers[0].state);
    assert_eq!(states.collect::<Vec<_>>(), [TimerState::Cancelled, TimerState::Armed]);
}

#[test]
fn nobody_answers_what_it_was_not_asked() {
    let episode = [record_of(&question("WCHC-019"), MONDAY)];
    let other = answer("MIDW", RECORDED);
    let told = refused_in(other, "2026-11-16T11:00Z", &episode);
    assert_eq!(told, [("alert.information_response.request".to_owned(), "NOTHING_ASKED")]);

    let referral = [record_of(&referred(), MONDAY)];
    let no_question = refused_in(answer("CADT", RECORDED), "2026-11-16T11:00Z", &referral);
    assert!(no_question.iter().any(|(_, reason)| *reason == "NOTHING_ASKED"));
}

#[test]
fn an_answer_says_what_it_is() {
    let episode = [record_of(&question("WCHC-019"), MONDAY)];
    let told = |change: fn(&mut InformationResponseFacts)| {
        let told = refused_in(answer("WCHC-019", RECORDED).answer(change), MONDAY, &episode);
        told.into_iter().map(|(path, reason)| format!("{path} {reason}")).collect::<Vec<_>>()
    };

    let empty = told(|facts| facts.answers = 0);
    assert_eq!(empty, ["alert.information_response.answers REQUIRED"]);
    let unexplained = told(|facts| facts.outcome = known(AnswerOutcome::NotShared));
    assert_eq!(unexplained, ["alert.information_response.refusal_reason REQUIRED"]);
}

#[test]
fn a_decision_not_to_share_goes_to_nobody_and_comes_back_to_whoever_took_it() {
    let (validated, decision) = taken(not_shared(), MONDAY);

    assert_eq!(validated.priority, Priority::P5);
    assert_eq!(recipients(&decision), Vec::<String>::new());
    assert_eq!(decision.deliveries, []);
    let kept = decision.events.iter().find(|event| event.kind == EventKind::NotSharedRecorded);
    assert_eq!(kept.unwrap().rules, [Rule::R58]);
    assert_eq!(clocks(&decision), ["NOT_SHARED_REVIEW SCH-900104 Mon 14 Dec 09:00"]);
    let record = record_of(&not_shared(), MONDAY);
    let told = sender_view::notices(&record, &directory(), false);
    assert!(told.iter().any(|notice| notice.text == "Recorded. It goes to nobody."), "{told:?}");
    let steps = fire_at(&record, "2026-12-14T09:00Z");
    let tasks: Vec<_> = steps.record.deliveries.iter().map(|it| (it.letter, it.purpose)).collect();
    assert_eq!(tasks, [(Letter::T, Purpose::Task)]);
    assert_eq!(steps.record.deliveries[0].mailbox.as_str(), "SCH-900104");
}

#[test]
fn a_decision_not_to_share_is_looked_at_again_within_a_year() {
    let review = |when: &str| {
        let when = at(when);
        not_shared().with(|alert| {
            let BodyFacts::NotShared(facts) = &mut alert.body else { panic!("another kind") };
            facts.review_at = Given::Given(when);
        })
    };

    for wrong in ["2026-11-16T10:00Z", "2027-11-18T10:00Z"] {
        assert_eq!(refused_at(review(wrong)), [("review_at".into(), "OUT_OF_RANGE")], "{wrong}");
    }
    assert!(validated_at(review("2027-11-16T10:00Z"), MONDAY).is_ok());
}

#[test]
fn s09_a_completed_assessment_settles_its_clock_and_goes_to_nobody() {
    let mut episode = vec![record_of(&referred(), "2026-04-02T15:00+01:00")];
    let decision = decided(ReferralOutcome::L4S17Assessment);
    follow(&mut episode, &decision, "2026-04-07T14:10+01:00");
    assert_eq!(clocks_of(&episode, TimerKind::AssessmentDue), [TimerState::Armed]);

    let done = follow(&mut episode, &assessed(RECORDED), "2026-05-20T16:00+01:00");
    assert_eq!(done.deliveries, []);
    assert_eq!(clocks_of(&episode, TimerKind::AssessmentDue), [TimerState::Cancelled]);
}

#[test]
fn an_assessment_is_of_a_referral_and_no_earlier_than_now() {
    let now = "2026-05-20T16:00+01:00";
    let of_nothing = refused_in(assessed(RECORDED), now, &[]);
    assert_eq!(
        of_nothing,
        [("alert.assessment_completed.referral".to_owned(), "NOTHING_REFERRED")]
    );
    let episode = [record_of(&referred(), "2026-04-02T15:00+01:00")];
    let ahead = refused_in(assessed(RECORDED), "2026-05-20T14:00+01:00", &episode);
    assert_eq!(ahead, [("alert.assessment_completed.ended_at".to_owned(), "IN_FUTURE")]);
}

#[test]
fn who_may_send_these_kinds() {
    for (kind, sender) in [
        (early_help(), "MERPOL"),
        (team_update(), "RESPONSE"),
        (question("WCHC-019").by_route(LegalRoute::Ca04S11), "SCH-900104"),
        (question("MERPOL").by_route(LegalRoute::Ca04S11), "WCHC-019"),
        (assessed(RECORDED), "LA-341"),
    ] {
        let told = refused(kind.from(sender));
        assert!(told.iter().any(|(path, _)| path == "alert.envelope.kind"), "{sender}: {told:?}");
    }
}

const TUESDAY: &str = "2026-11-17T10:00Z";

/// What the team says of the help: `OPEN`, `CLOSED_MOVED` and so on.
fn help(status: &str) -> AlertBuilder {
    let status = FamilyHelpStatus::parse(status).unwrap();
    if status == FamilyHelpStatus::StepUpRequested {
        return stepped_up(team_update(), "AGREES");
    }
    team_update().plan(|plan| plan.status = known(status))
}

/// Leo's help, registered and then so.
fn helped(statuses: &[&str]) -> Vec<Arc<AlertRecord>> {
    let mut episode = vec![record_of(&early_help(), S10)];
    for status in statuses {
        follow(&mut episode, &help(status), MONDAY);
    }
    numbered(episode)
}

#[test]
fn help_is_open_steps_up_and_down_again_and_ends_once() {
    helped(&["OPEN", "STEP_UP_REQUESTED", "STEP_UP_REQUESTED", "OPEN", "CLOSED_NEEDS_MET"]);
    helped(&["STEP_UP_REQUESTED", "CLOSED_MOVED"]);

    let state = |reason| [("alert.family_help.status".to_owned(), reason)];
    for end in ["CLOSED_NEEDS_MET", "CLOSED_WITHDRAWN", "CLOSED_MOVED"] {
        let over = helped(&[end]);
        for next in FamilyHelpStatus::ALL {
            let refused = refused_in(help(next.as_str()), TUESDAY, &over);
            assert_eq!(refused, state("STAGE_OVER"), "{end} then {next}");
        }
        assert_eq!(refused_in(early_help(), TUESDAY, &over), state("STAGE_OVER"), "{end}");
    }
}

#[test]
fn help_is_registered_once_and_everything_wrong_is_said_at_once() {
    let open = helped(&["OPEN"]);
    let again = refused_in(early_help(), TUESDAY, &open);
    assert_eq!(again, [("alert.family_help.status".to_owned(), "ALREADY_REGISTERED")]);

    let late = help("OPEN").plan(|plan| plan.needs = 0);
    let refused = refused_in(late, TUESDAY, &helped(&["CLOSED_NEEDS_MET"]));
    let reasons: Vec<_> = refused.iter().map(|(path, reason)| (path.as_str(), *reason)).collect();
    let both =
        [("alert.family_help.needs", "REQUIRED"), ("alert.family_help.status", "STAGE_OVER")];
    assert_eq!(reasons, both);
}

#[test]
fn a_correction_of_help_stands_where_the_wrong_word_stood() {
    let episode = helped(&["STEP_UP_REQUESTED", "CLOSED_NEEDS_MET"]);
    let correct = |status: &str, place: usize| {
        let alert = (help(status), &episode[place]);
        refused_correcting(alert, TUESDAY, &episode).into_iter().map(|it| it.1).collect::<Vec<_>>()
    };

    assert!(correct("OPEN", 1).is_empty(), "it had not stepped up");
    assert!(correct("OPEN", 2).is_empty(), "it has not ended");
    assert!(correct("CLOSED_MOVED", 2).is_empty(), "it ended otherwise");
    assert_eq!(correct("CLOSED_MOVED", 1), ["STAGE_OVER"], "more was told since");
}
