//! S05, S06 and S19: domestic abuse.

use crate::domain::alert::{AlertStatus, TimerKind, TimerState};
use crate::domain::submission::{
    AbuseType, AgeFact, Bool3, ChildPresence, ChildrenInScope, Given, ImpactCode, ImpactFacts,
    ImpactText, ImpactedChild, PerpetratorFacts, RiskBand, RiskTool, SchoolFact, SeenAndSpokenTo,
    SubjectFacts, SubjectRole, VictimConsentSupport,
};
use crate::domain::{Priority, Rule, View};
use crate::policy::fixtures::*;

const S05: &str = "2026-11-14T00:40Z";
const S06: &str = "2026-05-12T11:00+01:00";
const S19: &str = "2026-12-19T23:30Z";

fn noah() -> SubjectFacts {
    SubjectFacts {
        age: born(2023, 4, 14),
        addresses: vec![home("ZX42")],
        ..person(SubjectRole::Sibling)
    }
}

fn unborn() -> SubjectFacts {
    expected_on(2027, 2, 10)
}

fn own(words: &str, codes: &[ImpactCode]) -> ImpactFacts {
    ImpactFacts { text: ImpactText::of(words, words.len()), ..impact(codes) }
}

/// Dana, pregnant, GOLD by MERIT 78; Tilly, Noah and the unborn child.
fn gold() -> AlertBuilder {
    abuse()
        .domestic_abuse(|facts| {
            facts.tool = known(RiskTool::Merit);
            facts.tool_score = Given::Given(78);
            facts.risk_band = known(RiskBand::HighGold);
            facts.pregnancy = known(Bool3::Yes);
            facts.abuse_types = crate::domain::submission::Codes::of(&[
                AbuseType::ControllingCoercive,
                AbuseType::Physical,
            ]);
        })
        .child(
            tilly(),
            ImpactFacts {
                seen: known(SeenAndSpokenTo::YesAlone),
                child_voice: text(45),
                ..own(
                    "told him to stop and he shouted at her, she is frightened",
                    &[ImpactCode::FearDistress, ImpactCode::IntervenedOrShield],
                )
            },
        )
        .child(
            noah(),
            ImpactFacts {
                presence: known(ChildPresence::InPropertyExposureUnknown),
                ..own("clings to his mother and wakes at night", &[ImpactCode::BehaviourChange])
            },
        )
        .child(
            unborn(),
            ImpactFacts {
                presence: known(ChildPresence::Unborn),
                seen: known(SeenAndSpokenTo::NotSeen),
                not_seen_reason: text(10),
                ..own("mother was pushed against a door", &[ImpactCode::RiskToUnborn])
            },
        )
        .stating(Priority::P2)
}

#[test]
fn s05_gold_with_three_children_one_of_them_unborn() {
    let (validated, decision) = taken(gold(), S05);

    assert_eq!(validated.status, AlertStatus::Accepted, "{:#?}", validated.gaps);
    assert_eq!(
        recipients(&decision),
        [
            "EDT P2 Sat 14 Nov 01:40 D6",
            "FSU P2 Mon 16 Nov 10:00 D4",
            "MIDW P2 Sat 14 Nov 01:40 D6",
            "MARAC P3 Mon 16 Nov 13:00 D4",
            "SCH-900101 P3 Mon 16 Nov 08:30 D2",
            "WCHC-019 P3 Mon 16 Nov 13:00 D6",
            "CADT P4 Mon 16 Nov 17:00 D6",
        ]
    );
    assert_eq!(rules_for(&decision, "WCHC-019"), [Rule::R20, Rule::R24]);
    assert_eq!(
        clocks(&decision),
        [
            "ENCOMPASS_DUE MERPOL/manager Mon 16 Nov 08:30",
            "MARAC_REFERRAL_EXPECTED MARAC Wed 18 Nov 17:00",
        ]
    );
}

#[test]
fn s05_an_injured_child_or_an_immediate_threat_makes_the_front_door_p1() {
    let injured = gold().domestic_abuse(|facts| {
        facts.impacts[0].codes =
            crate::domain::submission::Codes::of(&[ImpactCode::PhysicalInjury]);
    });
    let threatened = gold().domestic_abuse(|facts| facts.immediate_threat = known(Bool3::Yes));

    for alert in [injured, threatened.clone()] {
        let (validated, decision) = taken(alert, S05);
        assert_eq!(validated.priority, Priority::P1);
        assert_eq!(recipients(&decision)[0], "EDT P1 Sat 14 Nov 00:55 D1");
    }
    let (_, decision) = taken(threatened.from("FSU"), S05);
    assert!(recipients(&decision).contains(&"MERPOL P1 Sat 14 Nov 00:55 D1".to_owned()));
}

fn two_children() -> AlertBuilder {
    let small = SubjectFacts {
        age: AgeFact::Unknown,
        addresses: vec![home("ZX42")],
        ..person(SubjectRole::OtherChild)
    };
    abuse()
        .child(
            tilly(),
            ImpactFacts {
                text: ImpactText::of("children present", 1),
                ..impact(&[ImpactCode::FearDistress])
            },
        )
        .with(|alert| alert.subjects.push(small))
}

#[test]
fn s06a_a_bronze_notification_without_the_children_s_impact_is_refused_with_both_paths() {
    let alert = two_children().from("FSU");

    let refused = validated_at(alert, S06).unwrap_err();

    let told: Vec<_> = refused.violations.iter().map(|it| (it.path.as_str(), it.reason)).collect();
    assert_eq!(
        told,
        [
            ("alert.domestic_violence.child_impacts[0].impact_text", "STOP_LIST"),
            ("alert.domestic_violence.child_impacts[1]", "REQUIRED"),
        ]
    );
    assert_eq!(refused.priority, Priority::P4);
}

#[test]
fn s06a_resent_correctly_it_goes_to_the_front_door_only() {
    let alert = two_children().from("FSU").domestic_abuse(|facts| {
        facts.impacts[0].text = ImpactText::of("she hides in her room whenever he shouts", 1);
        let other = ImpactFacts {
            child: Given::Given(ImpactedChild::Subject(2)),
            ..own("wets the bed again since the summer", &[ImpactCode::BehaviourChange])
        };
        facts.impacts.push(other);
    });

    let (_, decision) = taken(alert, "2026-05-12T11:20+01:00");

    assert_eq!(recipients(&decision), ["CADT P4 Wed 13 May 11:20 D6"]);
}

#[test]
fn s06b_the_same_gaps_with_gold_are_taken_delivered_and_chased() {
    let alert = two_children().band(RiskBand::HighGold).stating(Priority::P2);

    let (validated, decision) = taken(alert, "2026-05-12T11:00+01:00");

    assert_eq!(validated.status, AlertStatus::AcceptedIncomplete);
    let gaps: Vec<_> = validated.gaps.iter().map(|gap| gap.reason.as_str()).collect();
    assert_eq!(gaps, ["STOP_LIST", "REQUIRED"]);
    assert_eq!(recipients(&decision)[0], "CADT P2 Tue 12 May 12:00 D6");
    let chases = &clocks(&decision)[..2];
    assert_eq!(
        chases,
        ["CHASE_FIRST MERPOL Tue 12 May 12:00", "CHASE_SECOND MERPOL/manager Tue 12 May 13:00"]
    );
}

#[test]
fn what_was_not_assessed_yet_is_chased_at_the_close_of_the_day_the_sender_gave_until_it_is() {
    let unknown = ImpactFacts {
        assess_by: Given::Given(jiff::civil::date(2026, 5, 13)),
        ..impact(&[ImpactCode::NotYetAssessed])
    };
    let alert = abuse().child(tilly(), unknown);
    let clock = "IMPACT_DUE MERPOL Wed 13 May 17:00";

    let (_, decision) = taken(alert.clone(), "2026-05-12T11:00+01:00");

    assert!(clocks(&decision).contains(&clock.to_owned()), "{:?}", clocks(&decision));
    let of = |episode: &[std::sync::Arc<crate::domain::AlertRecord>]| {
        clocks_of(episode, TimerKind::ImpactDue)
    };
    let mut episode = vec![record_of(&alert, "2026-05-12T11:00+01:00")];
    follow(&mut episode, &alert, "2026-05-12T12:00+01:00");
    assert_eq!(of(&episode)[0], TimerState::Armed, "still not assessed");
    let assessed = abuse().child(tilly(), impact(&[ImpactCode::FearDistress]));
    follow(&mut episode, &assessed, "2026-05-13T12:00+01:00");
    assert!(of(&episode).iter().all(|state| *state == TimerState::Cancelled), "{:?}", of(&episode));
    let whole = abuse().child(tilly(), impact(&[ImpactCode::FearDistress]));
    let (_, decision) = taken(whole, "2026-05-12T11:00+01:00");
    assert!(!clocks(&decision).iter().any(|clock| clock.starts_with("IMPACT_DUE")));
}

#[test]
fn s19_encompass_over_christmas_waits_for_the_pupils_and_not_for_the_inset_day() {
    let (_, decision) = taken(abuse().child(tilly(), impact(&[ImpactCode::FearDistress])), S19);

    assert_eq!(
        recipients(&decision),
        [
            "SCH-900101 P3 Tue 5 Jan 08:30 D2",
            "CADT P4 Mon 21 Dec 17:00 D6",
            "FSU P4 Mon 21 Dec 17:00 D6",
        ]
    );
}

#[test]
fn s19_without_any_calendar_the_next_working_day_stands_in_and_it_is_said() {
    let mut directory = directory();
    directory.school_holidays = None;
    for school in directory.schools.values_mut() {
        school.terms.clear();
    }
    let alert = abuse().child(tilly(), impact(&[ImpactCode::FearDistress]));

    let (_, decision) = taken_in(alert, S19, &[], &directory);

    assert_eq!(recipients(&decision)[0], "SCH-900101 P3 Mon 21 Dec 08:30 D2");
    let said = decision.events.iter().any(|e| e.kind == crate::domain::EventKind::CalendarUnknown);
    assert!(said);
}

#[test]
fn r24_only_police_tell_a_school_and_never_about_a_child_without_observed_impact() {
    let told = |alert: AlertBuilder| {
        let (_, decision) = taken(alert, "2026-11-16T10:00Z");
        recipients(&decision)
            .into_iter()
            .filter(|line| line.starts_with("SCH") || line.starts_with("CADT-EDU"))
            .collect::<Vec<_>>()
    };
    let with = |child: SubjectFacts| abuse().child(child, impact(&[ImpactCode::FearDistress]));
    let none: [String; 0] = [];

    assert_eq!(told(with(tilly())), ["SCH-900101 P3 Tue 17 Nov 08:30 D2"]);
    assert_eq!(told(with(tilly()).from("FSU")), none);
    let unaffected = [ImpactCode::NoObservedImpactAssessed];
    assert_eq!(told(abuse().child(tilly(), impact(&unaffected))), none);
    let forced = with(tilly()).domestic_abuse(|facts| {
        facts.abuse_types = crate::domain::submission::Codes::of(&[AbuseType::ForcedMarriage]);
    });
    assert_eq!(told(forced), none);
    let at_home = SubjectFacts { school: Given::Given(SchoolFact::HomeEducated), ..tilly() };
    assert_eq!(told(with(at_home)), ["CADT-EDU P2 Tue 17 Nov 08:30 D2"]);
    let in_cheshire = SubjectFacts { addresses: vec![home("ZX90")], ..tilly() };
    assert_eq!(told(with(in_cheshire)), none);
    let in_liverpool = SubjectFacts { addresses: vec![home("ZX91")], ..tilly() };
    assert_eq!(told(with(in_liverpool)), ["SCH-900101 P3 Tue 17 Nov 08:30 D2"]);
    assert_eq!(told(with(noah())), none);
    let safe = SubjectFacts { has_safe_address: true, addresses: Vec::new(), ..tilly() };
    assert_eq!(told(with(safe)), ["SCH-900101 P3 Tue 17 Nov 08:30 D2"]);
}

#[test]
fn r24_an_unknown_setting_is_a_task_for_the_front_door_while_the_clock_runs() {
    let unknown = SubjectFacts { school: Given::Missing, ..tilly() };
    let alert = abuse().child(unknown, impact(&[ImpactCode::FearDistress]));

    let (_, decision) = taken(alert, "2026-11-14T00:40Z");

    assert_eq!(
        recipients(&decision)[..2],
        ["CADT-EDU P2 Mon 16 Nov 08:30 D2", "EDT P2 Sat 14 Nov 01:40 D6"]
    );
    assert_eq!(rules_for(&decision, "EDT"), [Rule::R22, Rule::R24]);
}

#[test]
fn bands_and_children_decide_who_hears() {
    use RiskBand::{HighGold, MediumSilver, StandardBronze};
    let adult: &[(RiskBand, &[&str])] = &[
        (HighGold, &["FSU P2 D4", "MARAC P3 D4"]),
        (MediumSilver, &["FSU P3 D5"]),
        (StandardBronze, &["FSU P4 D5"]),
    ];
    let child: &[(RiskBand, &[&str])] = &[
        (
            HighGold,
            &["CADT P2 D6", "FSU P2 D4", "MARAC P3 D4", "SCH-900101 P3 D2", "WCHC-019 P4 D6"],
        ),
        (MediumSilver, &["CADT P3 D6", "FSU P3 D6", "SCH-900101 P3 D2", "WCHC-019 P4 D6"]),
        (StandardBronze, &["SCH-900101 P3 D2", "CADT P4 D6", "FSU P4 D6"]),
    ];
    let lines = |alert: AlertBuilder| -> Vec<String> {
        let (_, decision) = taken(alert, "2026-11-16T10:00Z");
        let line = |it: &crate::domain::decision::SharingDecision| {
            format!("{} {} {}", it.mailbox, it.priority, it.row)
        };
        decision.decisions.iter().map(line).collect()
    };
    for (band, expected) in adult {
        assert_eq!(lines(abuse().band(*band)), *expected, "{band}, adults only");
    }
    for (band, expected) in child {
        let alert = abuse().child(tilly(), impact(&[ImpactCode::FearDistress])).band(*band);
        assert_eq!(lines(alert), *expected, "{band}, with a child");
    }
}

#[test]
fn d5_an_adult_victim_decides_about_support_below_high() {
    let with = |band, says| {
        let alert =
            abuse().band(band).domestic_abuse(|facts| facts.victim_consent_support = known(says));
        recipients(&taken(alert, "2026-11-16T10:00Z").1)[0].clone()
    };
    use RiskBand::{HighGold, MediumSilver};
    use VictimConsentSupport::{No, NotAskedUnsafe, Yes};

    assert_eq!(with(MediumSilver, Yes), "FSU P3 Mon 16 Nov 14:00 D5");
    assert_eq!(with(MediumSilver, No), "FSU withheld D5");
    assert_eq!(with(MediumSilver, NotAskedUnsafe), "FSU withheld D5");
    assert_eq!(with(HighGold, No), "FSU P2 Mon 16 Nov 11:00 D4");
}

#[test]
fn gap2_a_score_above_its_band_is_taken_at_the_score_s_band() {
    let alert = abuse().band(RiskBand::MediumSilver).domestic_abuse(|facts| {
        facts.tool = known(RiskTool::Dash);
        facts.tool_score = Given::Given(15);
    });

    let (validated, decision) = taken(alert, "2026-11-16T10:00Z");

    assert_eq!(validated.priority, Priority::P2);
    assert_eq!(validated.gaps[0].rule, Rule::GAP2);
    assert_eq!(rules_for(&decision, "FSU"), [Rule::R20]);
    assert_eq!(decision.hub_facts.effective_risk_band, Some(RiskBand::HighGold), "copies say so");
}

#[test]
fn a_band_taken_as_it_was_sent_is_not_said_twice() {
    let (_, decision) = taken(abuse(), "2026-11-16T10:00Z");

    assert_eq!(decision.hub_facts.effective_risk_band, None);
}

#[test]
fn a_child_in_scope_is_found_whatever_is_answered() {
    let denied = |change: fn(AlertBuilder) -> AlertBuilder| {
        let alert = change(abuse().stating(Priority::P2));
        let (validated, decision) = taken(alert, "2026-11-16T10:00Z");
        let says_so = validated.gaps.iter().any(|gap| gap.rule == Rule::GAP2);
        let cadt = decision.decisions.iter().any(|it| it.mailbox == mailbox("CADT"));
        (says_so, cadt)
    };

    assert_eq!(denied(|it| it), (false, false));
    assert_eq!(denied(|it| it.born(2009, 7, 21)), (true, true));
    assert_eq!(denied(|it| it.with(|alert| alert.subjects.push(tilly()))), (true, true));
    assert_eq!(
        denied(|it| it.domestic_abuse(|facts| facts.pregnancy = known(Bool3::Yes))),
        (true, true)
    );
    let unknown = abuse().domestic_abuse(|facts| {
        facts.children_in_scope = known(ChildrenInScope::Unknown);
    });
    assert!(rules_for(&taken(unknown, "2026-11-16T10:00Z").1, "CADT") == [Rule::R22]);
}

#[test]
fn r24_one_notice_a_setting_and_the_stand_in_gets_one_for_each() {
    let words = |n: usize| ImpactFacts {
        text: ImpactText::of("hid under the table and would not come out", n),
        ..impact(&[ImpactCode::FearDistress])
    };
    let at_school = |urn: &str| SubjectFacts { school: school(urn), ..tilly() };
    let at_home = SubjectFacts { school: Given::Given(SchoolFact::HomeEducated), ..tilly() };
    let mut directory = directory();
    directory.schools.get_mut("900103").unwrap().agency = None;
    let alert = abuse()
        .child(at_school("900101"), words(1))
        .child(at_school("900101"), words(2))
        .child(at_school("900102"), words(3))
        .child(at_school("900103"), words(4))
        .child(at_home, words(5));

    let (_, decision) = taken_in(alert, "2026-11-16T10:00Z", &[], &directory);

    let told: Vec<_> = decision
        .deliveries
        .iter()
        .filter(|delivery| delivery.routes == [Rule::R24])
        .map(|it| format!("{} {}", it.mailbox, it.setting.as_deref().unwrap_or("unknown")))
        .collect();
    assert_eq!(told, ["CADT-EDU 900103", "CADT-EDU EHE", "SCH-900101 900101", "SCH-900102 900102"]);
    let known: Vec<_> = decision.hub_facts.encompass.iter().map(|(urn, _)| urn).collect();
    assert_eq!(known, ["900101", "900102", "900103"]);
}

/// S16 as far as the alert itself says SAFE. That one which does not know of the refuge is treated alike is the
/// protected-subject register's.
#[test]
fn s16_a_notification_from_an_address_the_victim_fled_never_routes_by_it() {
    let rory = SubjectFacts {
        age: born(2019, 3, 3),
        has_safe_address: true,
        school: school("900106"),
        ..person(SubjectRole::Sibling)
    };
    let alert = abuse()
        .band(RiskBand::MediumSilver)
        .living_in("ZX44")
        .child(rory, impact(&[ImpactCode::FearDistress]));

    let (_, decision) = taken(alert, "2026-11-20T15:00Z");

    assert_eq!(
        recipients(&decision),
        [
            "FSU P2 Fri 20 Nov 16:00 D3",
            "CADT P3 Mon 23 Nov 11:00 D6",
            "FSU P3 Mon 23 Nov 11:00 D6",
            "SCH-900106 P3 Mon 23 Nov 08:30 D2",
            "WCHC-019 P4 Mon 23 Nov 15:00 D6",
        ]
    );
    assert_eq!(decision.hub_facts.area, ["AREA-SEALED"]);
    let task = &decision.deliveries[0];
    assert_eq!((task.view, task.routes.as_slice()), (View::SafeTask, [Rule::R80].as_slice()));
}

#[test]
fn a_victim_under_16_is_an_abused_child_and_urgent() {
    let (validated, decision) = taken(abuse().born(2011, 7, 21), "2026-11-16T10:00Z");

    assert_eq!(validated.priority, Priority::P2);
    assert!(validated.gaps.iter().any(|gap| gap.reason == "VICTIM_UNDER_16"));
    assert_eq!(recipients(&decision)[0], "CADT P2 Mon 16 Nov 11:00 D6");
}

#[test]
fn the_impact_on_an_alleged_perpetrator_under_18_is_asked_for() {
    let by_a_child = abuse().domestic_abuse(|facts| {
        let age = born(2011, 5, 1);
        facts.perpetrator = Given::Given(PerpetratorFacts { age, ..PerpetratorFacts::default() });
        facts.children_in_scope = known(ChildrenInScope::Yes);
    });
    let told = by_a_child.clone().domestic_abuse(|facts| {
        let child = Given::Given(ImpactedChild::AllegedPerpetrator);
        facts.impacts.push(ImpactFacts { child, ..impact(&[ImpactCode::FearDistress]) });
    });
    let by_an_adult = told.clone().domestic_abuse(|facts| {
        let age = born(1990, 2, 11);
        facts.perpetrator = Given::Given(PerpetratorFacts { age, ..PerpetratorFacts::default() });
    });
    let faults = |alert| {
        let refused = validated_at(alert, S06).unwrap_err();
        let paths = refused.violations.iter().map(|it| format!("{} {}", it.reason, it.path));
        paths.collect::<Vec<_>>()
    };

    let at = "alert.domestic_violence.child_impacts[0]";
    assert_eq!(faults(by_a_child), [format!("REQUIRED {at}")]);
    assert_eq!(validated_at(told, S06).unwrap().status, AlertStatus::Accepted);
    let no_child = format!("NOT_A_CHILD {at}.child_ref");
    let none_named = "REQUIRED alert.envelope.subjects".to_owned();
    assert_eq!(faults(by_an_adult), [no_child, none_named]);
}
