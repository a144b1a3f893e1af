//! S08: Operation Stay Safe, with and without a power, and the report of the operation.

use std::sync::Arc;

use crate::domain::alert::{AlertStatus, TimerKind, TimerState};
use crate::domain::delivery::Purpose;
use crate::domain::event::EventKind;
use crate::domain::submission::{
    Circumstance, Codes, Collection, Given, OfferAgreedBy, Onward, PowerUsed, ReleasedTo,
};
use crate::domain::{AlertKind, Letter, Priority, Rule, View};
use crate::policy::fixtures::*;

const NIGHT: &str = "2026-10-30T22:55Z";
const EARLIER: &str = "2026-10-30T21:50Z";
const SATURDAY: &str = "2026-11-14T03:40Z";

#[test]
fn s08_moved_by_agreement_and_collected_waits_for_the_front_door_until_monday() {
    let (validated, decision) = taken(moved_child(), NIGHT);

    assert_eq!(validated.status, AlertStatus::Accepted, "{:#?}", validated.gaps);
    assert_eq!(validated.priority, Priority::P3);
    assert_eq!(recipients(&decision), ["CADT P3 Mon 2 Nov 13:00 D15", "AREA-07 P5 - D15"]);
    assert_eq!(rules_for(&decision, "CADT"), [Rule::R40]);
    let area = decision.deliveries.iter().find(|of| of.letter == Letter::A).unwrap();
    assert_eq!(area.view, View::Info);
    // Nobody is held: no clock of a power, no task to make enquiries, nobody told of an end.
    assert_eq!(clocks(&decision), Vec::<String>::new());
    assert_eq!(decision.hub_facts.s46_expires_at, None);
    assert!(decision.deliveries.iter().all(|delivery| delivery.purpose != Purpose::Task));
}

#[test]
fn s08_nobody_safe_to_go_home_to_is_urgent_at_night() {
    for collection in [Collection::NoSafeAdult, Collection::Unknown] {
        let alert = moved_child().place(|facts| facts.collection = known(collection));

        let (_, decision) = taken(alert, EARLIER);

        assert_eq!(
            recipients(&decision),
            ["EDT P2 Fri 30 Oct 22:50 D15", "CADT P4 Mon 2 Nov 17:00 D15", "AREA-07 P5 - D15",],
            "{collection}"
        );
    }
}

#[test]
fn s08_a_block_of_police_protection_without_the_power_is_refused_below_p2() {
    let alert = moved_child()
        .place(|facts| facts.s46 = Given::Given(police_protection("2026-10-30T21:35Z")));

    let refused = validated_at(alert, NIGHT).unwrap_err();

    let told: Vec<_> = refused.violations.iter().map(|v| (v.path.as_str(), v.reason)).collect();
    assert_eq!(told, [("alert.place_of_safety.s46", "MUST_BE_ABSENT")]);
    assert_eq!(refused.priority, Priority::P3);
}

#[test]
fn s08_the_same_on_an_urgent_alert_is_a_gap_at_p1_and_never_police_protection() {
    let alert = moved_child()
        .stating(Priority::P2)
        .place(|facts| facts.s46 = Given::Given(police_protection("2026-10-30T21:35Z")));

    let (validated, decision) = taken(alert, NIGHT);

    assert_eq!(validated.status, AlertStatus::AcceptedIncomplete);
    assert_eq!(validated.gaps.len(), 1);
    assert_eq!(validated.gaps[0].rule, Rule::GAP3);
    assert_eq!(validated.gaps[0].path, "alert.place_of_safety.s46");
    assert_eq!(recipients(&decision)[0], "EDT P1 Fri 30 Oct 23:10 D1");
    assert_eq!(rules_for(&decision, "EDT"), [Rule::R40], "not the row of police protection");
    assert_eq!(decision.hub_facts.s46_expires_at, None);
    let powers = decision.timers.iter().filter(|timer| timer.kind != TimerKind::ChaseFirst);
    assert_eq!(powers.filter(|timer| timer.kind != TimerKind::ChaseSecond).count(), 0);
}

/// Negative 2 of the scenario: taken at 03:40 without the designated officer.
fn protected() -> AlertBuilder {
    protected_child(SATURDAY).place(|facts| {
        if let Given::Given(block) = &mut facts.s46 {
            block.designated_officer = Given::Missing;
        }
    })
}

#[test]
fn s08_police_protection_without_its_designated_officer_is_taken_and_chased() {
    let (validated, decision) = taken(protected(), SATURDAY);

    assert_eq!(validated.priority, Priority::P1);
    assert_eq!(validated.status, AlertStatus::AcceptedIncomplete);
    assert_eq!(validated.gaps[0].path, "alert.place_of_safety.s46.designated_officer");
    assert_eq!(
        recipients(&decision),
        ["EDT P1 Sat 14 Nov 03:55 D1", "CADT P4 Mon 16 Nov 17:00 D1"],
        "neither Area Team nor hospital nor school"
    );
    assert_eq!(rules_for(&decision, "EDT"), [Rule::R41]);
    assert_eq!(london(decision.hub_facts.s46_expires_at.unwrap()), "Tue 17 Nov 03:40");
    assert_eq!(
        clocks(&decision),
        [
            "CHASE_FIRST MERPOL Sat 14 Nov 04:40",
            "CHASE_SECOND MERPOL/manager Sat 14 Nov 05:40",
            // Who of the front door is there then, and the police.
            "S46_WARNING_48 EDT Mon 16 Nov 03:40",
            "S46_WARNING_48 MERPOL Mon 16 Nov 03:40",
            "S46_WARNING_60 CADT Mon 16 Nov 15:40",
            "S46_WARNING_60 MERPOL Mon 16 Nov 15:40",
            "S46_WARNING_71 EDT Tue 17 Nov 02:40",
            "S46_WARNING_71 MERPOL Tue 17 Nov 02:40",
            "S46_EXPIRY CADT Tue 17 Nov 03:40",
            "S47_DUE CADT Mon 16 Nov 17:00",
        ]
    );
}

#[test]
fn r41_the_enquiries_are_a_task_of_the_front_door_and_edt_s_where_due_outside_its_hours() {
    let task = |now: &str| {
        let (_, decision) = taken(protected_child(now), now);
        let task = decision.deliveries.iter().find(|of| of.purpose == Purpose::Task).unwrap();
        assert_eq!(task.view, View::Ladder, "it names no child");
        let created = decision.events.iter().filter(|event| event.kind == EventKind::TaskCreated);
        assert_eq!(created.count(), 1);
        format!("{} {}", task.mailbox, london(task.due.unwrap().at))
    };

    assert_eq!(task(SATURDAY), "CADT Mon 16 Nov 17:00");
    assert_eq!(task("2026-11-19T15:00Z"), "CADT Fri 20 Nov 15:00");
    // Christmas Day to Monday 28 December, a bank holiday: 72 hours come before 8 working hours.
    assert_eq!(task("2026-12-25T03:40Z"), "EDT Mon 28 Dec 03:40");
}

#[test]
fn r41_the_councils_that_answer_for_the_child_hear_at_p1() {
    let elsewhere = protected_child(SATURDAY).living_in("ZX91");
    let cared_for = protected_child(SATURDAY).looked_after_by("344");
    let order = protected_child(SATURDAY).place(|facts| {
        facts.power_used = known(PowerUsed::EpoS44);
        facts.s46 = Given::Missing;
        facts.order_expires_at = Given::Given(at("2026-11-20T17:00Z"));
    });

    let (_, decision) = taken(elsewhere, SATURDAY);
    assert!(recipients(&decision).contains(&"LA-341 P1 Sat 14 Nov 03:55 D1".to_owned()));
    let (_, decision) = taken(cared_for, SATURDAY);
    let cic = decision.deliveries.iter().find(|of| of.mailbox == mailbox("CIC")).unwrap();
    assert_eq!((cic.priority, cic.row), (Priority::P1, Rule::D1));
    let (_, decision) = taken(order, SATURDAY);
    assert_eq!(rules_for(&decision, "EDT"), [Rule::R41]);
    assert_eq!(
        clocks(&decision),
        ["EPO_EXPIRY CADT Fri 20 Nov 17:00", "S47_DUE CADT Mon 16 Nov 17:00"],
        "an order has no 72 hours"
    );
    assert_eq!(decision.hub_facts.s46_expires_at, None);
}

#[test]
fn r41_the_end_of_the_stay_stops_the_warnings_and_wakes_nobody() {
    let first = record_of(&protected_child(SATURDAY), SATURDAY);
    let release = protected_child(SATURDAY).stating(Priority::P3).place(|facts| {
        facts.found_at = Given::Given(at(SATURDAY));
        facts.moved_at = Given::Given(at(SATURDAY));
        facts.released_at = Given::Given(at("2026-11-14T11:00Z"));
        facts.released_to = known(ReleasedTo::OtherSafeAdult);
        facts.collection = known(Collection::Collected);
    });
    let now = "2026-11-14T11:20Z";

    let (validated, decision) = taken_in(release, now, std::slice::from_ref(&first), &directory());

    assert_eq!(validated.priority, Priority::P3);
    assert_eq!(recipients(&decision), ["CADT P3 Mon 16 Nov 13:00 D2"]);
    assert_eq!(clocks(&decision), Vec::<String>::new());
    let after = decision.changes.apply(&first, LATER);
    let armed: Vec<_> = after
        .timers
        .iter()
        .filter(|timer| timer.state == TimerState::Armed)
        .map(|timer| timer.kind)
        .collect();
    assert_eq!(armed, [TimerKind::S47Due], "the duty to make enquiries stays");
}

#[test]
fn r41_a_release_after_the_power_had_ended_is_seen() {
    let late = protected_child("2026-11-11T03:00Z").place(|facts| {
        facts.found_at = Given::Given(at("2026-11-11T02:00Z"));
        facts.moved_at = Given::Given(at("2026-11-11T03:00Z"));
        facts.released_at = Given::Given(at("2026-11-14T03:01Z"));
        facts.released_to = known(ReleasedTo::Parent);
    });

    let validated = validated_at(late, SATURDAY).unwrap();

    assert_eq!(validated.gaps[0].path, "alert.place_of_safety.released_at");
    assert_eq!(validated.gaps[0].reason, "AFTER_POWER_ENDED");
}

#[test]
fn r42_the_mental_health_act_brings_the_hospital_in_and_has_no_72_hours() {
    let alert = moved_child().stating(Priority::P1).looked_after_by("341").place(|facts| {
        facts.power_used = known(PowerUsed::MhaS136);
        facts.agreement = Given::Missing;
        facts.found_at = Given::Given(at("2026-11-14T03:10Z"));
        facts.moved_at = Given::Given(at("2026-11-14T03:30Z"));
    });

    let (_, decision) = taken(alert, SATURDAY);

    assert_eq!(
        recipients(&decision),
        [
            "EDT P1 Sat 14 Nov 03:55 D1",
            "LA-341 P1 Sat 14 Nov 03:55 D1",
            "WUTH-AED P2 Sat 14 Nov 04:40 D1",
            "WUTH-SG P3 Mon 16 Nov 13:00 D1",
            "CADT P4 Mon 16 Nov 17:00 D1",
        ]
    );
    assert_eq!(clocks(&decision), Vec::<String>::new());
    assert_eq!(london(decision.hub_facts.s136_ends_at.unwrap()), "Sun 15 Nov 03:30");
    assert_eq!(london(decision.hub_facts.s136_latest_at.unwrap()), "Sun 15 Nov 15:30");
    assert_eq!(decision.hub_facts.s46_expires_at, None);
}

#[test]
fn r40_the_missing_service_and_response_come_in_where_the_record_says_so() {
    let missing = moved_child().place(|facts| {
        facts.circumstances = Codes::of(&[Circumstance::Missing]);
    });
    let onward = |agreed: Option<OfferAgreedBy>| {
        moved_child().place(|facts| {
            facts.onward = Codes::of(&[Onward::Response]);
            facts.offer_agreed_by = agreed.map_or(Given::Missing, known);
            facts.competence = Given::Given(competent(14));
        })
    };

    let (_, decision) = taken(missing, NIGHT);
    assert!(recipients(&decision).contains(&"SAFERFUT P4 Mon 2 Nov 17:00 D15".to_owned()));
    let (_, decision) = taken(onward(Some(OfferAgreedBy::ChildCompetent)), NIGHT);
    assert!(recipients(&decision).contains(&"RESPONSE P4 Mon 2 Nov 17:00 D9".to_owned()));
    // A young person of 14 is not the one who agrees as from 16; and without any agreement nothing goes.
    let (_, decision) = taken(onward(Some(OfferAgreedBy::YoungPerson)), NIGHT);
    assert!(recipients(&decision).contains(&"RESPONSE withheld D9".to_owned()));
    let (_, decision) = taken(onward(None).stating(Priority::P2), NIGHT);
    assert!(recipients(&decision).contains(&"RESPONSE withheld D9".to_owned()));
}

#[test]
fn r40_an_arrest_is_no_power_to_hold_a_child_in_a_place_of_safety() {
    let alert = moved_child().place(|facts| {
        facts.power_used = known(PowerUsed::PaceArrest);
        facts.agreement = Given::Missing;
    });

    let (_, decision) = taken(alert, NIGHT);

    assert_eq!(recipients(&decision)[0], "CADT P3 Mon 2 Nov 13:00 D15");
    assert_eq!(clocks(&decision), Vec::<String>::new());
}

#[test]
fn a_safe_address_routes_neither_area_nor_council() {
    let alert =
        protected_child(SATURDAY).living_in("ZX91").primary(|child| child.has_safe_address = true);

    let (_, decision) = taken(alert, SATURDAY);

    let to: Vec<_> = decision.deliveries.iter().map(|of| of.mailbox.agency_code()).collect();
    assert!(!to.contains(&"LA-341") && !to.iter().any(|code| code.starts_with("AREA-")), "{to:?}");
}

#[test]
fn s08_the_operation_s_report_goes_to_front_door_youth_justice_and_the_area_for_information() {
    let (validated, decision) = taken(operation_report(), "2026-10-31T10:00Z");

    assert_eq!(validated.status, AlertStatus::Accepted);
    assert_eq!(recipients(&decision), ["AREA-07 P5 - D18", "CADT P5 - D18", "YOS P5 - D18"]);
    assert_eq!(rules_for(&decision, "YOS"), [Rule::R43]);
    let from_youth_justice = operation_report().from("YOS");
    let (_, decision) = taken(from_youth_justice, "2026-10-31T10:00Z");
    assert_eq!(recipients(&decision), ["AREA-07 P5 - D18", "CADT P5 - D18"]);
}

#[test]
fn r43_a_report_is_routine_whatever_its_sender_says() {
    let alert = operation_report().stating(Priority::P1);

    let (validated, decision) = taken(alert, "2026-10-31T10:00Z");

    assert_eq!(validated.priority, Priority::P3, "urgent content belongs in a concern");
    let mismatch = &validated.mismatches[0];
    assert_eq!(
        (mismatch.path.as_str(), mismatch.reason),
        ("alert.envelope.priority", "ROUTINE_KIND")
    );
    assert!(decision.decisions.iter().all(|decided| decided.row == Rule::D18));
    // Never taken with gaps: what is wrong comes back.
    let broken = operation_report().stating(Priority::P1).report(|facts| facts.areas.clear());
    let refused = validated_at(broken, "2026-10-31T10:00Z").unwrap_err();
    assert_eq!(refused.violations[0].path, "alert.operation_report.areas");
}

#[test]
fn r43_more_powers_than_children_moved_and_any_person_are_refused() {
    let now = "2026-10-31T10:00Z";
    let paths = |alert: AlertBuilder| -> Vec<String> {
        let refused = validated_at(alert, now).unwrap_err();
        refused.violations.into_iter().map(|violation| violation.path).collect()
    };

    let powers = operation_report().report(|facts| facts.powers_used = Given::Given(2));
    assert_eq!(paths(powers), ["alert.operation_report.powers_used_count"]);
    let named = operation_report().with(|alert| {
        alert.subjects.push(person(crate::domain::submission::SubjectRole::Primary));
    });
    assert_eq!(paths(named), ["alert.envelope.subjects"]);
}

#[test]
fn a_place_of_safety_is_no_news_that_ends_a_missing_episode() {
    let missing: Arc<_> = record_of(&missing_child(), "2026-10-30T20:00Z");

    let (_, decision) =
        taken_in(moved_child(), NIGHT, std::slice::from_ref(&missing), &directory());

    assert_eq!(*missing, decision.changes.apply(&missing, LATER));
    assert!(!AlertKind::PlaceOfSafety.is_missing());
}

#[test]
fn nothing_but_a_correction_follows_the_end_of_a_stay() {
    let left = moved_child().place(|facts| {
        facts.released_at = Given::Given(at(NIGHT));
        facts.released_to = known(ReleasedTo::Parent);
        facts.collection = known(Collection::Collected);
    });
    let mut episode = vec![record_of(&moved_child(), NIGHT)];
    follow(&mut episode, &moved_child(), NIGHT);
    follow(&mut episode, &left, NIGHT);
    let episode = numbered(episode);

    let over = [("alert.place_of_safety.released_at".to_owned(), "STAGE_OVER")];
    assert_eq!(refused_in(moved_child(), NIGHT, &episode), over);
    assert_eq!(refused_in(left.clone(), NIGHT, &episode), over);
    assert_eq!(refused_correcting((left, &episode[2]), NIGHT, &episode), []);
    // Urgent: taken, with the gap.
    let alone = moved_child().place(|facts| facts.collection = known(Collection::NoSafeAdult));
    let gaps = validated_in(alone, NIGHT, &episode).unwrap().gaps;
    assert_eq!(gaps.iter().map(|gap| gap.reason.as_str()).collect::<Vec<_>>(), ["STAGE_OVER"]);
}
