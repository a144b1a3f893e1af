//! S07, as far as one alert tells: a referral to the MARAC, and its outcome. Repeats of a pair are the pair register's.

use crate::domain::alert::{AlertStatus, TimerKind, TimerState};
use crate::domain::event::EventKind;
use crate::domain::submission::{Codes, Given, ImpactCode, MaracBasis, RiskBand, VictimAnswer};
use crate::domain::{AlertKind, Letter, Priority, Rule};
use crate::policy::fixtures::*;

const REFERRED: &str = "2025-11-20T10:00Z";
const HEARD: &str = "2025-12-11T16:00Z";

/// Rhian's case, on the list for 11 December.
fn listed() -> AlertBuilder {
    marac_referral().case(|case| case.meeting_at = Given::Given(at("2025-12-11T10:00Z")))
}

#[test]
fn s07_a_referral_goes_to_coordinator_and_attending_agencies_and_flags_the_case_for_12_months() {
    let (validated, decision) = taken(listed().from("MERPOL"), REFERRED);

    assert_eq!(validated.status, AlertStatus::Accepted, "{:#?}", validated.gaps);
    assert_eq!(
        recipients(&decision),
        [
            "FSU P2 Thu 20 Nov 11:00 D4",
            "MARAC P3 Thu 20 Nov 14:00 D4",
            "WCHC-019 P4 Fri 21 Nov 10:00 D4",
        ],
        "never its own sender; no front door without children"
    );
    let letter = |code: &str| {
        let found = decision.deliveries.iter().find(|of| of.mailbox == mailbox(code)).unwrap();
        found.letter
    };
    assert_eq!(letter("WCHC-019"), Letter::K, "because it attends");
    assert_eq!((letter("FSU"), letter("MARAC")), (Letter::F, Letter::M));
    assert_eq!(decision.hub_facts.flag_until.unwrap().to_string(), "2026-11-20");
    assert_eq!(london(decision.hub_facts.marac_research_due_at.unwrap()), "Tue 9 Dec 17:00");
    assert_eq!(clocks(&decision), ["MARAC_RESEARCH_DUE WCHC-019 Tue 9 Dec 17:00"]);
}

#[test]
fn r30_research_that_was_due_before_the_referral_came_is_chased_with_nobody() {
    let soon =
        marac_referral().case(|case| case.meeting_at = Given::Given(at("2025-11-21T10:00Z")));

    let (_, decision) = taken(soon, REFERRED);

    assert_eq!(clocks(&decision), Vec::<String>::new());
    assert!(decision.hub_facts.marac_research_due_at.is_some(), "and is shown all the same");
}

#[test]
fn s07_a_victim_who_refuses_does_not_stop_it_but_the_reason_is_required() {
    let refuses = |reason: usize| {
        listed().case(|case| {
            case.victim_agrees = known(VictimAnswer::No);
            case.share_without_agreement_reason =
                if reason == 0 { Given::Missing } else { text(reason) };
        })
    };

    let refused = validated_at(refuses(0), REFERRED).unwrap_err();
    let paths: Vec<_> = refused.violations.iter().map(|v| v.path.as_str()).collect();
    assert_eq!(
        paths,
        ["alert.envelope.sharing.override", "alert.marac_referral.share_without_agreement_reason"],
        "below P2 a duty manager approves first (6.4)"
    );
    let (_, decision) = taken(refuses(60).stating(Priority::P2), REFERRED);
    assert!(decision.decisions.iter().all(|decided| decided.row == Rule::D4));
    let overridden: Vec<_> = decision
        .events
        .iter()
        .filter(|event| event.kind == EventKind::RefusalOverridden)
        .map(|event| event.rules.clone())
        .collect();
    assert_eq!(overridden, [[Rule::D4]]);
    assert!(decision.timers.iter().any(|timer| timer.kind == TimerKind::OverrideReviewDue));
}

#[test]
fn asking_that_is_not_safe_is_no_refusal_and_needs_its_reason() {
    let unsafe_to_ask = |reason| {
        listed().case(|case| {
            case.victim_agrees = known(VictimAnswer::UnsafeToAsk);
            case.share_without_agreement_reason = reason;
        })
    };

    assert!(validated_at(unsafe_to_ask(text(60)), REFERRED).is_ok(), "nobody need approve");
    let refused = validated_at(unsafe_to_ask(Given::Missing), REFERRED).unwrap_err();
    assert_eq!(refused.violations.len(), 1);
}

#[test]
fn r30_a_child_brings_the_front_door_in_whatever_letter_it_attends_under() {
    let with_child = listed()
        .child_of_case(tilly(), impact(&[ImpactCode::FearDistress]))
        .case(|case| case.attendees.push(code("CADT")));

    let (_, decision) = taken(with_child, REFERRED);

    let front_door = decision.deliveries.iter().find(|of| of.mailbox == mailbox("CADT")).unwrap();
    assert_eq!((front_door.letter, front_door.priority), (Letter::C, Priority::P3));
    assert_eq!(front_door.row, Rule::D6);
}

#[test]
fn r30_each_child_has_an_impact_and_a_judgement_its_reason() {
    let unborn = expected_on(2027, 2, 10);
    let alert = listed()
        .with(|alert| alert.subjects.push(unborn))
        .referral(|facts| facts.basis = Codes::of(&[MaracBasis::ProfessionalJudgement]));

    let refused = validated_at(alert, REFERRED).unwrap_err();

    let paths: Vec<_> = refused.violations.iter().map(|v| v.path.as_str()).collect();
    assert_eq!(
        paths,
        ["alert.marac_referral.child_impacts[0]", "alert.marac_referral.judgement_reason"]
    );
    let short = listed().referral(|facts| facts.judgement_reason = text(49));
    assert_eq!(validated_at(short, REFERRED).unwrap_err().violations[0].reason, "TOO_SHORT");
    let whole = listed().referral(|facts| facts.judgement_reason = text(50));
    assert!(validated_at(whole, REFERRED).is_ok());
}

#[test]
fn r20_a_referral_in_the_episode_settles_the_clock_that_waits_for_one() {
    let gold =
        record_of(&abuse().band(RiskBand::HighGold).stating(Priority::P2), "2025-11-18T10:00Z");
    let waits = |record: &crate::domain::AlertRecord| {
        record.timers.iter().any(|timer| {
            timer.kind == TimerKind::MaracReferralExpected && timer.state == TimerState::Armed
        })
    };
    assert!(waits(&gold));

    let (_, decision) = taken_in(listed(), REFERRED, std::slice::from_ref(&gold), &directory());

    assert!(!waits(&decision.changes.apply(&gold, LATER)));
    let done = decision.events.iter().filter(|event| event.kind == EventKind::TaskDone);
    assert_eq!(done.count(), 1);
}

#[test]
fn r31_an_outcome_gives_each_attending_agency_its_own_and_keeps_the_flag_of_the_referral() {
    let referral = record_of(&listed(), REFERRED);

    let (validated, decision) =
        taken_in(marac_outcome(), HEARD, std::slice::from_ref(&referral), &directory());

    assert_eq!(validated.status, AlertStatus::Accepted);
    assert_eq!(
        recipients(&decision),
        [
            "MERPOL P3 Thu 11 Dec 20:00 D4",
            "WCHC-019 P3 Fri 12 Dec 12:00 D4",
            "FSU P4 Fri 12 Dec 16:00 D4",
        ]
    );
    assert_eq!(decision.hub_facts.flag_until.unwrap().to_string(), "2026-11-20");
    let (_, alone) = taken(marac_outcome(), HEARD);
    assert_eq!(alone.hub_facts.flag_until, None, "the pair register knows the last referral");
}

#[test]
fn r31_no_outcome_before_the_meeting_and_no_action_for_who_was_not_there() {
    let early =
        marac_outcome().case(|case| case.meeting_at = Given::Given(at("2025-12-11T16:01Z")));
    let absent = marac_outcome().outcome(|facts| facts.actions.push(code("MIDW")));
    let none = marac_outcome().outcome(|facts| facts.actions.clear());
    let told = |alert: AlertBuilder| -> Vec<(String, &'static str)> {
        let refused = validated_at(alert, HEARD).unwrap_err();
        refused.violations.into_iter().map(|v| (v.path, v.reason)).collect()
    };

    assert_eq!(told(early), [("alert.marac_outcome.meeting_at".to_owned(), "IN_FUTURE")]);
    assert_eq!(
        told(absent),
        [("alert.marac_outcome.actions[1].agency".to_owned(), "NOT_ATTENDING")]
    );
    assert_eq!(told(none), [("alert.marac_outcome.actions".to_owned(), "REQUIRED")]);
}

#[test]
fn hba_is_one_chance_before_the_marac_too() {
    let alert = listed().referral(|facts| facts.basis = Codes::of(&[MaracBasis::Hba])).build();

    assert!(alert.is_one_chance());
    let attended = |alert: AlertBuilder| {
        let attendees = ["WCHC-019", "SCH-900101", "AREA-02"];
        let alert = alert.case(|case| case.attendees = attendees.into_iter().map(code).collect());
        let told = recipients(&taken(alert, REFERRED).1).into_iter();
        told.map(|line| line.split(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let by_hba = listed().referral(|facts| facts.basis = Codes::of(&[MaracBasis::Hba]));
    let [open, closed] = [listed(), by_hba].map(attended);
    for kept in ["SCH-900101", "AREA-02"] {
        assert!(open.contains(&kept.to_owned()), "{open:?}");
        assert!(
            !closed.contains(&kept.to_owned()),
            "not before the front door decides: {closed:?}"
        );
    }
    assert!(closed.contains(&"WCHC-019".to_owned()), "{closed:?}");
    assert!(AlertKind::MaracReferral.is_marac() && !AlertKind::MaracReferral.is_child_kind());
}
