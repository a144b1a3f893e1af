//! R25, R80 and R81 over every kind: S14's council, children who live elsewhere, adults in a child kind.

use crate::domain::submission::*;
use crate::domain::{AlertKind, Risk, Rule, View};
use crate::policy::fixtures::*;

const S14: &str = "2026-03-28T08:05Z";
const MORNING: &str = "2026-11-16T10:00Z";

#[test]
fn s14_a_child_placed_from_liverpool_is_liverpool_s_as_soon_as_the_front_door_s() {
    let missing =
        missing_child().born(2010, 12, 1).looked_after_by("341").risk(Risk::High).primary(
            |child| {
                let mut placement = home("ZX45");
                placement.kind = AddressType::Placement;
                child.addresses = vec![placement];
            },
        );
    let (_, decision) = taken(missing, S14);

    assert_eq!(
        recipients(&decision),
        [
            "EDT P1 Sat 28 Mar 08:20 D1",
            "LA-341 P1 Sat 28 Mar 08:20 D1",
            "WUTH-AED P2 Sat 28 Mar 09:05 D1",
            "SAFERFUT P3 Mon 30 Mar 13:00 D1",
            "CADT P4 Mon 30 Mar 17:00 D1",
            "AREA-05 P5 - D7",
        ]
    );
}

#[test]
fn a_child_of_domestic_abuse_who_lives_elsewhere_is_that_council_s_too() {
    let tilly = SubjectFacts { addresses: vec![home("ZX90")], ..tilly() };
    let alert = abuse()
        .living_in("ZX90")
        .band(RiskBand::MediumSilver)
        .child(tilly, impact(&[ImpactCode::FearDistress]));
    let (_, decision) = taken(alert, MORNING);

    let told = recipients(&decision);
    assert!(told.contains(&"LA-896 P3 Mon 16 Nov 14:00 D6".to_owned()), "{told:?}");
    assert!(told.contains(&"CADT P5 - D6".to_owned()), "{told:?}");
    assert!(!told.iter().any(|line| line.starts_with("SCH-")), "its front door arranges it (R24)");
    assert_eq!(decision.pupils, [("LA-896".to_owned(), 1)], "whom that council sees");
}

#[test]
fn a_victim_with_care_needs_is_adult_social_care_s_and_one_without_is_not() {
    let with =
        |needs, band| abuse().band(band).primary(move |victim| victim.care_needs = known(needs));
    let told = |alert| {
        let lines = recipients(&taken(alert, MORNING).1).into_iter();
        lines.filter(|line| line.starts_with("ASC")).collect::<Vec<_>>()
    };

    let (yes, no) = (Bool3::Yes, Bool3::No);
    assert_eq!(told(with(yes, RiskBand::StandardBronze)), ["ASC P3 Mon 16 Nov 14:00 D3"]);
    assert_eq!(told(with(yes, RiskBand::HighGold)), ["ASC P2 Mon 16 Nov 11:00 D3"]);
    assert_eq!(told(with(no, RiskBand::HighGold)), Vec::<String>::new());
}

fn adult(alert: AlertBuilder) -> AlertBuilder {
    alert.born(2007, 1, 1).primary(|person| person.nhs_verified = true)
}

#[test]
fn r81_an_adult_in_a_child_kind_goes_the_adult_route_and_below_p2_is_refused() {
    let high = adult(missing_child()).risk(Risk::High);
    let medium = adult(missing_child()).risk(Risk::Medium);
    let low = adult(missing_child());

    let (validated, decision) = taken(high, MORNING);
    assert_eq!(validated.gaps, [], "not a gap: the number is traced");
    assert_eq!(
        recipients(&decision),
        ["ASC P1 Mon 16 Nov 10:15 D3", "EDT P1 Mon 16 Nov 10:15 D1"],
        "police sent it"
    );
    let (_, decision) = taken(medium, MORNING);
    assert_eq!(recipients(&decision), ["ASC P2 Mon 16 Nov 11:00 D3"]);
    let refused = validated_at(low, MORNING).unwrap_err();
    assert_eq!(refused.violations[0].reason, "ADULT");
    assert!(refused.violations[0].what_to_do.contains("adult"));
}

#[test]
fn r81_whoever_had_a_care_leaver_in_care_stays_a_recipient() {
    let in_care = |state, council: &str| {
        let leaver = adult(missing_child()).risk(Risk::Medium);
        leaver.envelope(|envelope| {
            envelope.looked_after = known(state);
            envelope.responsible_la = Given::Given(council.to_owned());
        })
    };
    let told = |alert| recipients(&taken(alert, MORNING).1);

    let of_wirral = told(in_care(LookedAfter::Last12Months, "344"));
    assert_eq!(of_wirral, ["ASC P2 Mon 16 Nov 11:00 D3", "CIC P2 Mon 16 Nov 11:00 D7"]);
    let of_liverpool = told(in_care(LookedAfter::Yes, "341"));
    assert_eq!(of_liverpool, ["ASC P2 Mon 16 Nov 11:00 D3", "LA-341 P2 Mon 16 Nov 11:00 D7"]);
    let never = told(in_care(LookedAfter::No, "344"));
    assert_eq!(never, ["ASC P2 Mon 16 Nov 11:00 D3"]);
}

#[test]
fn r81_needs_the_traced_number_a_date_of_birth_alone_may_be_mistyped() {
    let mistyped = missing_child().born(2007, 1, 1).risk(Risk::High);
    let (validated, decision) = taken(mistyped, MORNING);

    assert!(validated.gaps.iter().any(|gap| gap.rule == Rule::GAP5));
    assert!(recipients(&decision).iter().any(|line| line.starts_with("CADT P1")));
    assert!(!recipients(&decision).iter().any(|line| line.starts_with("ASC")));
}

#[test]
fn an_open_missing_episode_goes_on_after_the_birthday_with_adult_social_care_beside() {
    let first = missing_child().born(2008, 11, 17).risk(Risk::Medium);
    let reported = record_of(&first, "2026-11-16T22:00Z");
    let found = found_child()
        .born(2008, 11, 17)
        .primary(|person| person.nhs_verified = true)
        .risk(Risk::Medium);
    let (_, decision) = taken_in(found, "2026-11-17T09:30Z", &[reported], &directory());

    let told = recipients(&decision);
    assert!(told.contains(&"ASC P3 Tue 17 Nov 13:30 D7".to_owned()), "{told:?}");
    assert!(told.iter().any(|line| line.starts_with("SAFERFUT P3")), "{told:?}");
}

#[test]
fn a_found_child_s_safe_place_makes_one_task() {
    let found = found_child().missing(|facts| facts.found_place = FoundPlace::Safe);
    let alert = found.primary(|child| child.has_safe_address = true).kind(AlertKind::MissingFound);
    let (_, decision) = taken(alert, MORNING);

    let tasks = decision.deliveries.iter().filter(|it| it.view == View::SafeTask).count();
    assert_eq!(tasks, 1);
    assert_eq!(rules_for(&decision, "FSU"), [Rule::R06, Rule::R80]);
}
