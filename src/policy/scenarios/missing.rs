//! S01 and S02: missing children.

use std::sync::Arc;

use crate::domain::alert::{AlertStatus, TimerKind, TimerState};
use crate::domain::delivery::Purpose;
use crate::domain::submission::{
    FoundHow, FoundPlace, Given, MissingCategory, MissingRiskFactor, Rank,
};
use crate::domain::{AlertKind, AlertRecord, EventKind, Priority, Risk, Rule, View};
use crate::policy::begins_anew;
use crate::policy::fixtures::*;

const S01: &str = "2026-10-23T22:40+01:00";
const S01_FOUND: &str = "2026-10-24T10:12+01:00";
const S02: &str = "2026-11-19T02:15Z";
const S02_UPDATE: &str = "2026-11-19T09:00Z";

fn overnight() -> AlertBuilder {
    missing_child().risk(Risk::Medium).stating(Priority::P2)
}

fn jaydon() -> AlertBuilder {
    missing_child()
        .born(2011, 6, 18)
        .living_in("ZX45")
        .risk(Risk::Medium)
        .stating(Priority::P2)
        .flags(&[MissingRiskFactor::CceFlag])
}

#[test]
fn s01_a_medium_risk_child_missing_overnight_goes_to_edt_saferfut_and_the_look_out() {
    let (validated, decision) = taken(overnight(), S01);

    assert_eq!(validated.status, AlertStatus::Accepted);
    assert_eq!(
        recipients(&decision),
        [
            "EDT P2 Fri 23 Oct 23:40 D7",
            "SAFERFUT P3 Mon 26 Oct 13:00 D7",
            "WUTH-AED P3 Sat 24 Oct 02:40 D8",
            "CADT P4 Mon 26 Oct 17:00 D7",
        ]
    );
    assert_eq!(rules_for(&decision, "EDT"), [Rule::R02]);
    let lookout = &decision.deliveries[2];
    assert_eq!(lookout.view, View::Lookout);
    assert_eq!(clocks(&decision), ["MISSING_LONG CADT Sat 24 Oct 22:40"]);
}

#[test]
fn s01_the_return_cancels_the_look_out_and_starts_72_elapsed_hours() {
    let episode = [record_of(&overnight(), S01)];
    let found = found_child().missing(|facts| {
        facts.found_at = Given::Given(at("2026-10-24T10:00+01:00"));
    });

    let (_, decision) = taken_in(found, S01_FOUND, &episode, &directory());

    assert_eq!(
        recipients(&decision),
        [
            "CADT P3 Mon 26 Oct 13:00 D7",
            "EDT P3 Sat 24 Oct 14:12 D7",
            "SAFERFUT P3 Mon 26 Oct 13:00 D7",
            "WUTH-AED P3 Sat 24 Oct 14:12 D8",
        ]
    );
    assert_eq!(decision.deliveries[3].view, View::Cancelled);
    assert_eq!(
        clocks(&decision),
        [
            "RHI_WARNING CADT Mon 26 Oct 09:00",
            "RHI_WARNING SAFERFUT Mon 26 Oct 09:00",
            "RHI_DUE CADT Tue 27 Oct 09:00",
        ]
    );
    let changed = decision.changes.apply(&episode[0], LATER);
    let armed = changed.timers.iter().filter(|timer| timer.state == TimerState::Armed);
    let purge: Vec<_> = armed.map(|timer| (timer.kind, london(timer.due.at))).collect();
    assert_eq!(purge, [(TimerKind::LookoutPurge, "Sat 24 Oct 11:12".to_owned())]);
}

#[test]
fn s02_an_exploitation_flag_makes_it_p1_whatever_the_sender_says() {
    let (validated, decision) = taken(jaydon(), S02);

    assert_eq!(validated.priority, Priority::P1);
    assert_eq!(validated.risk, Some(Risk::High));
    let reasons: Vec<_> = validated.mismatches.iter().map(|mismatch| mismatch.reason).collect();
    assert_eq!(reasons, ["RISK_BELOW_MINIMUM", "PRIORITY_BELOW_MINIMUM"]);
    assert_eq!(
        recipients(&decision),
        [
            "EDT P1 Thu 19 Nov 02:30 D1",
            "WUTH-AED P2 Thu 19 Nov 03:15 D1",
            "SAFERFUT P3 Thu 19 Nov 13:00 D1",
            "CADT P4 Thu 19 Nov 17:00 D1",
            "AREA-05 P5 - D7",
        ]
    );
    assert_eq!(decision.deliveries[4].view, View::Info);
    // The sender's duty manager hears of the mismatch; the flag alone asks the front door (T2).
    let [.., told, asked] = decision.deliveries.as_slice() else { panic!("two tasks") };
    assert_eq!(told.mailbox, mailbox("MERPOL/manager"));
    assert_eq!((told.purpose, told.view), (Purpose::Task, View::Ladder));
    assert_eq!((&asked.mailbox, &asked.routes), (&mailbox("CADT"), &vec![Rule::T2]));
    assert_eq!((asked.purpose, asked.view), (Purpose::Task, View::Ladder));
}

#[test]
fn s02_a_downgrade_without_authority_comes_back_alone_and_the_sighting_goes_out() {
    let episode = [record_of(&jaydon(), S02)];
    let update = jaydon().kind(AlertKind::MissingUpdated).stating(Priority::P3);

    let (validated, decision) = taken_in(update, S02_UPDATE, &episode, &directory());

    assert_eq!(validated.risk, Some(Risk::High));
    assert_eq!(validated.status, AlertStatus::Accepted);
    assert_eq!(validated.refused_fields, ["alert.missing.downgrade_by"]);
    assert_eq!(
        recipients(&decision),
        [
            "CADT P3 Thu 19 Nov 13:00 D7",
            "EDT P3 Thu 19 Nov 13:00 D7",
            "SAFERFUT P3 Thu 19 Nov 13:00 D7",
            "WUTH-AED P3 Thu 19 Nov 13:00 D8",
            "AREA-05 P5 - D7",
        ]
    );
    assert_eq!(rules_for(&decision, "EDT"), [Rule::R05]);
    let kinds: Vec<EventKind> = decision.events.iter().map(|event| event.kind).collect();
    let refused = kinds.iter().position(|kind| *kind == EventKind::AlertRejected).unwrap();
    let updated = kinds.iter().position(|kind| *kind == EventKind::AlertUpdated).unwrap();
    assert!(updated < refused);
    assert_eq!(decision.events[refused].fields_refused, ["alert.missing.downgrade_by"]);
}

#[test]
fn an_inspector_may_lower_a_high_risk() {
    let episode = [record_of(&jaydon(), S02)];
    let update = jaydon()
        .kind(AlertKind::MissingUpdated)
        .stating(Priority::P3)
        .missing(|facts| facts.downgrade_by = Given::Given(Rank::InspectorOrAbove));

    let (validated, decision) = taken_in(update, S02_UPDATE, &episode, &directory());

    assert_eq!(validated.risk, Some(Risk::Medium));
    assert!(validated.refused_fields.is_empty());
    assert_eq!(rules_for(&decision, "EDT"), [Rule::R05]);
}

#[test]
fn a_rising_risk_makes_the_new_row_s_set_with_new_clocks() {
    let episode = [record_of(&overnight(), S01)];
    let update = overnight().kind(AlertKind::MissingUpdated).risk(Risk::High);

    let (validated, decision) = taken_in(update, "2026-10-24T01:00+01:00", &episode, &directory());

    assert_eq!(validated.priority, Priority::P1);
    assert_eq!(
        recipients(&decision),
        [
            "EDT P1 Sat 24 Oct 01:15 D1",
            "WUTH-AED P2 Sat 24 Oct 02:00 D1",
            "SAFERFUT P3 Mon 26 Oct 13:00 D1",
            "CADT P4 Mon 26 Oct 17:00 D1",
            "AREA-03 P5 - D7",
        ]
    );
    assert_eq!(rules_for(&decision, "EDT"), [Rule::R01, Rule::R05]);
}

#[test]
fn in_office_hours_the_front_door_itself_holds_a_p1_until_closing() {
    let (_, decision) = taken(jaydon(), "2026-11-19T16:50Z");

    assert_eq!(recipients(&decision)[0], "CADT P1 Thu 19 Nov 17:05 D1");
    assert!(!recipients(&decision).iter().any(|line| line.starts_with("EDT")));
    assert_eq!(clocks(&decision), ["OUT_OF_HOURS_HANDOVER EDT Thu 19 Nov 17:00"]);
}

#[test]
fn r01_to_r04_by_risk_age_flag_and_category() {
    use MissingCategory::{AwayFromPlacement, Missing, NoApparentRisk};
    use MissingRiskFactor::{Hba, NoneKnown, SelfHarm, Trafficking};
    let table = [
        (Risk::High, 2012, NoneKnown, Missing, Rule::R01, Priority::P1),
        (Risk::Low, 2013, NoneKnown, Missing, Rule::R01, Priority::P1),
        (Risk::Low, 2013, NoneKnown, NoApparentRisk, Rule::R01, Priority::P1),
        (Risk::Low, 2012, Trafficking, Missing, Rule::R01, Priority::P1),
        (Risk::Low, 2012, Hba, NoApparentRisk, Rule::R01, Priority::P1),
        (Risk::Medium, 2012, SelfHarm, Missing, Rule::R02, Priority::P2),
        (Risk::Medium, 2012, NoneKnown, AwayFromPlacement, Rule::R02, Priority::P2),
        (Risk::Low, 2012, SelfHarm, Missing, Rule::R03, Priority::P3),
        (Risk::NoneApparent, 2012, NoneKnown, Missing, Rule::R03, Priority::P3),
        (Risk::NoneApparent, 2012, NoneKnown, NoApparentRisk, Rule::R04, Priority::P4),
        (Risk::Low, 2012, NoneKnown, AwayFromPlacement, Rule::R04, Priority::P4),
    ];
    for (risk, year, flag, category, row, priority) in table {
        let alert = missing_child()
            .risk(risk)
            .born(year, 3, 9)
            .flags(&[flag])
            .missing(|facts| facts.category = known(category))
            .from("CADT");

        let (validated, decision) = taken(alert, S01);

        let at = format!("{risk} {year} {flag} {category}");
        assert_eq!(validated.priority, priority, "{at}");
        assert_eq!(rules_for(&decision, "MERPOL"), [row], "{at}");
    }
}

#[test]
fn forced_marriage_and_hba_never_reach_the_school_or_the_area() {
    let alert = |flag| {
        missing_child().flags(&[flag]).missing(|facts| {
            facts.inform_school = true;
            facts.inform_school_reason = text(20);
        })
    };
    let told = |flag| {
        let (_, decision) = taken(alert(flag), "2026-11-19T10:00Z");
        let lines = recipients(&decision);
        let has = |agency: &str| lines.iter().any(|line| line.starts_with(agency));
        (has("SCH-"), has("AREA-"))
    };

    assert_eq!(told(MissingRiskFactor::CseFlag), (true, true));
    assert_eq!(told(MissingRiskFactor::ForcedMarriage), (false, false));
    assert_eq!(told(MissingRiskFactor::Hba), (false, false));
}

#[test]
fn the_school_is_told_only_when_wanted_with_a_reason_and_near_a_school_day() {
    let alert = |wanted: bool, reason: bool| {
        missing_child().risk(Risk::High).missing(|facts| {
            facts.inform_school = wanted;
            facts.inform_school_reason = if reason { text(20) } else { Given::Missing };
        })
    };
    let told = |alert, now| {
        let (_, decision) = taken(alert, now);
        recipients(&decision).contains(&"SCH-900101 P3 - D7".to_owned())
    };

    assert!(told(alert(true, true), "2026-11-19T10:00Z"));
    assert!(told(alert(true, true), "2026-11-22T20:00Z"), "Sunday before a school day");
    assert!(!told(alert(false, true), "2026-11-19T10:00Z"));
    assert!(!told(alert(true, false), "2026-11-19T10:00Z"));
    assert!(!told(alert(true, true), "2026-10-27T10:00Z"), "half term");
}

#[test]
fn a_looked_after_child_away_from_placement_reaches_the_responsible_council() {
    let away = |council| {
        missing_child()
            .looked_after_by(council)
            .missing(|facts| facts.category = known(MissingCategory::AwayFromPlacement))
    };
    let lines = |alert: AlertBuilder| recipients(&taken(alert, S01).1);
    let others = ["CADT P4 Mon 26 Oct 17:00 D7", "SAFERFUT P5 - D7"];
    let by_police = |team| [team, others[0], others[1]];
    let by_another = |team| [team, others[0], "MERPOL P4 Sat 24 Oct 06:40 D7", others[1]];

    assert_eq!(lines(away("344")), by_police("CIC P3 Mon 26 Oct 13:00 D7"));
    assert_eq!(lines(away("341")), by_police("LA-341 P3 Sat 24 Oct 02:40 D7"));
    let by_council = lines(away("344").from("EDT"));
    assert_eq!(by_council, by_another("CIC P3 Mon 26 Oct 13:00 D7"));
}

#[test]
fn a_child_found_dead_is_told_to_front_door_and_police_and_all_others_learn_only_the_end() {
    let episode = [record_of(&jaydon(), S02)];
    let found = found_child().from("CADT").missing(|facts| {
        facts.found_how = known(FoundHow::Deceased);
    });

    let (validated, decision) = taken_in(found, "2026-11-20T03:00Z", &episode, &directory());

    assert_eq!(validated.priority, Priority::P1);
    let seen: Vec<String> = decision
        .deliveries
        .iter()
        .map(|delivery| format!("{} {} {}", delivery.mailbox, delivery.priority, delivery.view))
        .collect();
    assert_eq!(
        seen,
        [
            "EDT P1 STANDARD",
            "MERPOL P1 STANDARD",
            "SAFERFUT P3 CANCELLED",
            "WUTH-AED P3 CANCELLED",
            "AREA-05 P5 CANCELLED",
            // The hub raised it: the sender's duty manager is told.
            "CADT/manager P3 LADDER",
        ]
    );
    assert!(decision.timers.is_empty(), "no return home interview");
}

#[test]
fn a_and_e_s_word_alone_does_not_end_the_look_out() {
    let episode = [record_of(&overnight(), S01)];
    let found = found_child().from("WUTH-AED");

    let (_, decision) = taken_in(found, S01_FOUND, &episode, &directory());

    assert!(clocks(&decision).is_empty());
    assert_eq!(decision.changes.apply(&episode[0], LATER), *episode[0]);
    assert_eq!(recipients(&decision)[0], "MERPOL P2 Sat 24 Oct 11:12 D7");
    assert!(!recipients(&decision).iter().any(|line| line.starts_with("WUTH-AED")));
}

#[test]
fn a_child_found_at_a_safe_address_is_a_task_for_fsu_that_names_no_address() {
    let episode = [record_of(&overnight(), S01)];
    let found = found_child().missing(|facts| facts.found_place = FoundPlace::Safe);

    let (_, decision) = taken_in(found, S01_FOUND, &episode, &directory());

    let task = decision.deliveries.iter().find(|it| it.mailbox == mailbox("FSU")).unwrap();
    assert_eq!((task.priority, task.view, task.row), (Priority::P2, View::SafeTask, Rule::D3));
}

#[test]
fn the_owner_of_the_interview_is_the_responsible_council() {
    let owner = |council: &str| {
        let (_, decision) = taken(found_child().looked_after_by(council), S01_FOUND);
        clocks(&decision).last().unwrap().clone()
    };

    assert!(owner("341").starts_with("RHI_DUE LA-341"));
    assert!(owner("344").starts_with("RHI_DUE CIC"));
}

#[test]
fn a_safe_address_seals_the_area_and_no_area_team_hears_of_the_child() {
    let alert = missing_child().risk(Risk::High).primary(|child| child.has_safe_address = true);

    let (_, decision) = taken(alert, S02);

    assert!(!recipients(&decision).iter().any(|line| line.starts_with("AREA")));
    assert_eq!(decision.hub_facts.area, ["AREA-SEALED"]);
}

#[test]
fn an_episode_that_becomes_safe_stops_the_area_s_copies() {
    let episode = [record_of(&jaydon(), S02)];
    let update =
        jaydon().kind(AlertKind::MissingUpdated).primary(|child| child.has_safe_address = true);

    let (_, decision) = taken_in(update, S02_UPDATE, &episode, &directory());

    assert!(!recipients(&decision).iter().any(|line| line.starts_with("AREA")));
}

#[test]
fn no_agency_is_ever_routed_its_own_alert() {
    for sender in ["MERPOL", "CADT", "EDT", "CIC", "LA-341"] {
        for now in [S02, S02_UPDATE] {
            let alert = jaydon().looked_after_by("344").from(sender);
            let (_, decision) = taken(alert, now);
            let own = decision.decisions.iter().any(|it| it.mailbox == mailbox(sender));
            assert!(!own, "{sender} at {now}");
        }
    }
}

#[test]
fn what_edt_itself_reports_at_night_still_leaves_the_front_door_a_copy() {
    let (_, decision) = taken(jaydon().from("EDT"), S02);

    let lines = recipients(&decision);
    assert!(lines.contains(&"CADT P4 Thu 19 Nov 17:00 D1".to_owned()), "{lines:?}");
    assert!(lines.contains(&"MERPOL P1 Thu 19 Nov 02:30 D1".to_owned()), "{lines:?}");
}

#[test]
fn an_agency_the_directory_does_not_hold_is_named_and_the_others_still_hear() {
    let mut directory = directory();
    directory.agencies.remove(&code("SAFERFUT"));

    let (_, decision) = taken_in(jaydon(), S02, &[], &directory);

    assert_eq!(decision.unroutable, [code("SAFERFUT")]);
    assert_eq!(recipients(&decision)[0], "EDT P1 Thu 19 Nov 02:30 D1");
}

#[test]
fn news_of_an_episode_the_hub_does_not_know_reaches_front_door_and_police() {
    let (_, found) = taken(found_child().from("CIC"), S02_UPDATE);
    let update = missing_child().kind(AlertKind::MissingUpdated).from("CIC");
    let (_, updated) = taken(update, S02_UPDATE);

    assert_eq!(
        recipients(&found),
        ["MERPOL P2 Thu 19 Nov 10:00 D7", "CADT P3 Thu 19 Nov 13:00 D7"]
    );
    assert_eq!(rules_for(&updated, "CADT"), [Rule::R03, Rule::R05]);
}

/// Ellie missing, then this in turn: `updated`, `found`, `seen` (by A&E), `cancelled`.
fn missing_then(steps: &[&str]) -> Vec<Arc<AlertRecord>> {
    let mut episode = vec![record_of(&overnight(), S01)];
    for step in steps {
        follow(&mut episode, &news(step), S01_FOUND);
    }
    numbered(episode)
}

fn news(step: &str) -> AlertBuilder {
    let found = found_child().missing(|facts| {
        facts.found_at = Given::Given(at("2026-10-24T10:00+01:00"));
    });
    match step {
        "updated" => overnight().kind(AlertKind::MissingUpdated).stating(Priority::P3),
        "risen" => overnight().kind(AlertKind::MissingUpdated).risk(Risk::High),
        "found" => found,
        "seen" => found.from("WUTH-AED"),
        "cancelled" => found.kind(AlertKind::MissingCancelled).missing(|facts| {
            facts.cancelled_at = Given::Given(at("2026-10-24T10:00+01:00"));
        }),
        other => panic!("no step of an episode: {other}"),
    }
}

#[test]
fn only_the_same_end_follows_the_end_of_an_episode_and_what_is_urgent_is_never_refused() {
    const MONDAY: &str = "2026-10-26T10:00Z";
    for steps in [&["seen", "updated", "found", "found", "seen"][..], &["seen", "cancelled"]] {
        missing_then(steps);
    }
    let refused = [("alert.envelope.kind".to_owned(), "EPISODE_OVER")];
    for (end, next) in [("found", "cancelled"), ("cancelled", "found"), ("cancelled", "seen")] {
        assert_eq!(refused_in(news(next), MONDAY, &missing_then(&[end])), refused, "{end}, {next}");
    }

    let over = missing_then(&["found"]);
    let validated = validated_in(news("risen"), MONDAY, &over).unwrap();
    let gaps: Vec<_> = validated.gaps.iter().map(|gap| gap.reason.as_str()).collect();
    assert_eq!((validated.mode.is_urgent(), gaps), (true, vec!["EPISODE_OVER"]));
    assert!(begins_anew(AlertKind::MissingReported, &over));
    assert!(!begins_anew(AlertKind::MissingReported, &missing_then(&["seen"])));
}

#[test]
fn correcting_the_report_of_a_child_who_came_back_raises_no_alarm_that_it_is_missing_for_long() {
    const TWO_DAYS_LATER: &str = "2026-10-26T10:00Z";
    let told_of_t2 = |episode: &[Arc<AlertRecord>]| {
        let report = (overnight(), &episode[0]);
        let (validated, decision) = correcting(report, TWO_DAYS_LATER, episode).unwrap();
        let is_t2 = decision.deliveries.iter().any(|it| it.routes.contains(&Rule::T2));
        let is_armed = decision.timers.iter().any(|it| it.kind == TimerKind::MissingLong);
        (validated.priority, is_t2, is_armed)
    };

    assert_eq!(told_of_t2(&missing_then(&["found"])), (Priority::P2, false, false));
    assert_eq!(told_of_t2(&missing_then(&["cancelled"])), (Priority::P2, false, false));
    // A&E's word alone ends nothing: missing for longer than a day.
    assert_eq!(told_of_t2(&missing_then(&["seen"])), (Priority::P1, true, false));
    assert_eq!(told_of_t2(&missing_then(&[])), (Priority::P1, true, false));
}
