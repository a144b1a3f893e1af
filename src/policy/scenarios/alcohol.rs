//! S03, S04 (without R14) and S17: young people in the emergency department.

use crate::domain::submission::{
    CompetenceOutcome, CpisResult, Given, Intoxication, OfferAgreedBy, OverrideFact, RefusedBy,
    RiskMarker, SafeDischarge, SuspectedPersonType, ToldState, ViewOnPolice,
};
use crate::domain::{EventKind, Priority, Rule};
use crate::policy::fixtures::*;

const S03: &str = "2026-11-08T03:10Z";
const S04: &str = "2026-06-19T22:30+01:00";
const S17: &str = "2026-03-05T02:40Z";

/// Kacey, 13, unconscious, looked after by Liverpool, refuses everything on waking.
fn kacey() -> AlertBuilder {
    attendance()
        .born(2013, 5, 12)
        .living_in("ZX46")
        .looked_after_by("341")
        .alcohol(refused())
        .alcohol(|facts| {
            facts.intoxication = known(Intoxication::Unconscious);
            facts.gcs_lowest = Given::Given(8);
            facts.suspected_person_type = known(SuspectedPersonType::Unknown);
            facts.view_on_police = known(ViewOnPolice::NotAsked);
            facts.safe_discharge_to = known(SafeDischarge::NoSafeAdult);
            facts.cpis_result = known(CpisResult::LookedAfter);
            let mut record = competent(13);
            record.outcome = known(CompetenceOutcome::UnableToAssess);
            record.understands_all = false;
            facts.competence = Given::Given(record);
        })
        .markers(&[
            RiskMarker::Unconscious,
            RiskMarker::CseConcern,
            RiskMarker::CpisFlag,
            RiskMarker::NoSafeAdult,
        ])
        .sharing(|record| record.refused_by = known(RefusedBy::Child))
}

/// Priya, 17, mild, refuses Response and telling parents.
fn priya() -> AlertBuilder {
    attendance()
        .born(2009, 4, 4)
        .alcohol(refused())
        .alcohol(|facts| facts.competence = Given::Given(competent(16)))
        .envelope(|envelope| {
            envelope.told[0].state = known(ToldState::NoChildRefused);
            envelope.told[0].reason = text(20);
            envelope.do_not_tell = 1;
        })
        .sharing(|record| record.refused_by = known(RefusedBy::Child))
}

fn kinds(decision: &crate::policy::Decision) -> Vec<EventKind> {
    decision.events.iter().map(|event| event.kind).collect()
}

#[test]
fn s03_a_competent_15_year_old_who_agrees_reaches_response() {
    let (validated, decision) = taken(attendance(), S03);

    assert_eq!(validated.priority, Priority::P4);
    assert_eq!(
        recipients(&decision),
        ["RESPONSE P4 Mon 9 Nov 17:00 D9", "WUTH-SG P4 Mon 9 Nov 17:00 D10a", "WCHC-019 P5 - D10",]
    );
    assert_eq!(rules_for(&decision, "RESPONSE"), [Rule::R10]);
    assert_eq!(clocks(&decision), ["RESPONSE_CONTACT_DUE RESPONSE Wed 11 Nov 17:00"]);
}

#[test]
fn s04_a_13_year_old_unconscious_with_an_exploitation_concern() {
    let (validated, decision) = taken(kacey(), S04);

    assert_eq!(validated.priority, Priority::P2);
    assert_eq!(
        recipients(&decision),
        [
            "EDT P2 Fri 19 Jun 23:30 D11",
            "LA-341 P2 Fri 19 Jun 23:30 D11",
            "MERPOL P2 Fri 19 Jun 23:30 D11",
            "WUTH-SG P3 Mon 22 Jun 13:00 D10a",
            "CADT P4 Mon 22 Jun 17:00 D11",
            "RESPONSE withheld D9",
            "WCHC-019 P5 - D10",
        ]
    );
    assert_eq!(rules_for(&decision, "EDT"), [Rule::R12, Rule::R13]);
    assert_eq!(rules_for(&decision, "LA-341"), [Rule::R14, Rule::R80]);
    let review = "OVERRIDE_REVIEW_DUE WUTH-AED/manager Mon 22 Jun 17:00".to_owned();
    assert_eq!(clocks(&decision), [review]);
    assert!(kinds(&decision).contains(&EventKind::RefusalOverridden));
    let refused = decision.events.iter().find(|event| event.kind == EventKind::BasisRefused);
    assert_eq!(refused.unwrap().rules, [Rule::D9]);
    assert!(!recipients(&decision).iter().any(|line| {
        ["SAFERFUT", "AREA", "CIC", "SCH"].iter().any(|agency| line.starts_with(agency))
    }));
}

#[test]
fn s17_a_17_year_old_s_no_is_respected() {
    let (_, decision) = taken(priya(), S17);

    assert_eq!(recipients(&decision), ["RESPONSE withheld D9", "WUTH-SG P4 Thu 5 Mar 17:00 D10a"]);
    assert_eq!(rules_for(&decision, "WUTH-SG"), [Rule::R11]);
    assert_eq!(clocks(&decision), ["SAFEGUARDING_REVIEW_DUE WUTH-SG Thu 5 Mar 17:00"]);
    assert!(!kinds(&decision).contains(&EventKind::RefusalOverridden));
    let d12: Vec<_> = decision.events.iter().filter(|event| event.rules == [Rule::D12]).collect();
    assert_eq!(d12.len(), 1, "no parent is told");
    assert_eq!(d12[0].kind, EventKind::ConsentRefused);
}

#[test]
fn d12_is_the_word_of_a_young_person_who_can_decide_and_of_nobody_else() {
    let unable = priya().born(2012, 9, 1).alcohol(|facts| {
        let mut record = competent(13);
        record.outcome = known(CompetenceOutcome::UnableToAssess);
        record.understands_all = false;
        facts.competence = Given::Given(record);
    });
    let told = attendance();

    for (alert, why) in [(unable, "not found competent"), (told, "nothing is kept from anybody")] {
        let (_, decision) = taken(alert, S17);

        let d12 = decision.events.iter().any(|event| event.rules.contains(&Rule::D12));
        assert!(!d12, "{why}");
    }
}

#[test]
fn the_rows_by_marker_and_agreement() {
    use RiskMarker::{
        Assault, CarerIntoxicated, CceConcern, None, Pregnant, Repeat, SuppliedByAdult,
    };
    let (agreed, refuses) = (true, false);
    // marker, year of birth, agreement => at CADT, rules at WUTH-SG
    let table = [
        (None, 2011, agreed, "-", "R10"),
        (None, 2011, refuses, "-", "R11"),
        (Repeat, 2011, agreed, "-", "R10 R12a"),
        (Repeat, 2011, refuses, "-", "R11 R12a"),
        (Pregnant, 2009, refuses, "-", "R11 R12a"),
        (Pregnant, 2011, refuses, "P3 D11", "R12"),
        (Assault, 2011, refuses, "P3 D11", "R12"),
        (SuppliedByAdult, 2009, refuses, "P3 D11", "R12"),
        (CarerIntoxicated, 2011, agreed, "P3 D11", "R12"),
        (CceConcern, 2011, refuses, "P2 D11", "R12 R13"),
    ];
    for (marker, year, agrees, front_door, rules) in table {
        let alert = attendance().born(year, 1, 30).markers(&[marker]).alcohol(|facts| {
            facts.suspected_person_type = known(SuspectedPersonType::Other);
            facts.view_on_police = known(ViewOnPolice::Agrees);
        });
        let alert = if agrees { alert } else { alert.alcohol(refused()) };

        let (_, decision) = taken(alert, "2026-11-09T10:00Z");

        let at = format!("{marker} {year} {agrees}");
        let cadt = decision.decisions.iter().find(|it| it.mailbox == mailbox("CADT"));
        let told = cadt.map_or("-".to_owned(), |it| format!("{} {}", it.priority, it.row));
        let named: Vec<_> =
            rules_for(&decision, "WUTH-SG").iter().map(|rule| rule.as_str()).collect();
        assert_eq!(told, front_door, "{at}");
        assert_eq!(named.join(" "), rules, "{at}");
    }
}

#[test]
fn markers_are_read_from_the_other_fields_and_none_beside_them_is_a_contradiction() {
    let told = |alert: AlertBuilder| {
        let (validated, decision) = taken(alert, "2026-11-09T10:00Z");
        let line = recipients(&decision).into_iter().find(|line| line.starts_with("CADT"));
        let contradictions = validated.mismatches.iter().filter(|it| it.reason == "CONTRADICTION");
        let front_door = line.map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" "));
        (front_door, contradictions.count())
    };
    let p3 = (Some("CADT P3".to_owned()), 1);
    let p2 = (Some("CADT P2".to_owned()), 1);
    let say =
        |change: fn(&mut crate::domain::submission::AlcoholFacts)| attendance().alcohol(change);

    assert_eq!(told(say(|f| f.intoxication = known(Intoxication::Unconscious))), p3);
    assert_eq!(told(say(|f| f.gcs_lowest = Given::Given(8))), p3);
    assert_eq!(told(say(|f| f.safe_discharge_to = known(SafeDischarge::NoSafeAdult))), p2);
    assert_eq!(told(say(|f| f.cpis_result = known(CpisResult::CpPlan))), p2);
    assert_eq!(told(say(|f| f.cpis_result = known(CpisResult::LookedAfter))), p3);
    assert_eq!(told(attendance().born(2013, 11, 20)), p3);
    assert_eq!(told(say(|f| f.gcs_lowest = Given::Given(9))), (None, 0));
}

#[test]
fn r13_police_wait_for_a_competent_17_year_old_who_refuses_them_unless_others_are_in_danger() {
    let alert = |kind, view, outcome: CompetenceOutcome| {
        attendance()
            .born(2009, 1, 30)
            .markers(&[RiskMarker::SexualAssaultConcern])
            .alcohol(refused())
            .alcohol(|facts| {
                facts.suspected_person_type = known(kind);
                facts.view_on_police = known(view);
                let mut record = competent(17);
                record.outcome = known(outcome);
                facts.competence = Given::Given(record);
            })
    };
    let police = |alert: AlertBuilder| {
        let (_, decision) = taken(alert, "2026-11-09T10:00Z");
        recipients(&decision).iter().any(|line| line.starts_with("MERPOL P"))
    };
    use CompetenceOutcome::{Competent, NotCompetent};
    use SuspectedPersonType::{AdultInTrust, Other, RiskToOthers};
    use ViewOnPolice::{NotAsked, Refuses};

    assert!(!police(alert(Other, Refuses, Competent)));
    assert!(police(alert(AdultInTrust, Refuses, Competent)));
    assert!(police(alert(RiskToOthers, Refuses, Competent)));
    assert!(police(alert(Other, NotAsked, Competent)));
    assert!(police(alert(Other, Refuses, NotCompetent)));
    assert!(police(alert(Other, Refuses, Competent).born(2011, 1, 30)));
    assert!(police(alert(Other, Refuses, Competent).stating(Priority::P1)));
}

#[test]
fn r82_a_p1_about_a_child_reaches_the_front_door_even_where_no_row_sends_it() {
    let (_, decision) = taken(attendance().stating(Priority::P1), "2026-11-09T10:00Z");

    assert_eq!(recipients(&decision)[0], "CADT P1 Mon 9 Nov 10:15 D1");
    assert_eq!(rules_for(&decision, "CADT"), [Rule::R82]);
}

#[test]
fn a_refusal_set_aside_below_p2_needs_its_approver_first_and_a_name_in_the_message_is_none() {
    let alert = attendance()
        .markers(&[RiskMarker::Assault])
        .sharing(|record| record.refused_by = known(RefusedBy::Child));
    let claiming = alert.clone().sharing(|record| {
        record.override_ = Given::Given(OverrideFact {
            reason: text(60),
            approver: Some(crate::domain::UserId::try_from("u-manager").unwrap()),
            approver_role: Some(crate::domain::Role::DutyManager),
        });
    });

    let refused = validated_at(alert, "2026-11-09T10:00Z").unwrap_err();
    let claimed = validated_at(claiming, "2026-11-09T10:00Z").unwrap_err();
    assert!(claimed.violations.iter().any(|it| it.reason == "APPROVER_FIRST"));

    assert_eq!(refused.priority, Priority::P3);
    let told: Vec<_> = refused.violations.iter().map(|it| it.reason).collect();
    assert_eq!(told, ["APPROVER_FIRST"]);
}

#[test]
fn maternity_gets_nothing_without_an_agreement_to_maternity() {
    let alert = attendance()
        .born(2009, 1, 30)
        .markers(&[RiskMarker::Pregnant])
        .alcohol(|facts| facts.offer_agreed_by = known(OfferAgreedBy::YoungPerson));

    let (_, decision) = taken(alert, "2026-11-09T10:00Z");

    assert!(recipients(&decision).contains(&"MIDW withheld D9".to_owned()));
    assert!(recipients(&decision).iter().any(|line| line.starts_with("RESPONSE P4")));
}
