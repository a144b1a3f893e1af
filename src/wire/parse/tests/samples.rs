//! The samples of `docs/samples/alerts`: the scenarios' own alerts, complete where the scenario says so.

use super::*;
use crate::domain::submission::{
    AgeFact, ChildPresence, CompetenceOutcome, FoundPlace, Given, ImpactCode, MissingRiskFactor,
    RiskBand, Scope, SubjectRole,
};
use crate::domain::{AlertKind, Priority, Risk};

pub(super) const WHOLE: &[&str] = &[
    "s01-missing-reported",
    "s01-missing-found",
    "s01-rhi-offered",
    "s01-rhi-completed",
    "s02-missing-reported",
    "s02-missing-updated",
    "s03-alcohol-attendance",
    "s03-pathway-booked",
    "s03-pathway-attended",
    "s03-pathway-engaged",
    "s04-alcohol-attendance",
    "s05-domestic-abuse-gold",
    "s06a-corrected",
    "s06b-completed",
    "s17-alcohol-attendance",
    "s19-domestic-abuse-bronze",
    "s07-marac-referral",
    "s07-marac-outcome",
    "s07-repeat",
    "s08-place-of-safety",
    "s08-police-protection",
    "s08-operation-report",
    "full-missing",
    "full-return-interview",
    "full-alcohol-pathway",
    "full-alcohol",
    "full-domestic-abuse",
    "full-marac-referral",
    "full-marac-outcome",
    "full-place-of-safety",
    "full-operation-report",
    "s09-referral",
    "s09-decision",
    "s13-referral",
    "s13-no-number",
    "s13-swapped-number",
    "s13-right-number",
    "concern",
    "full-contact",
    "full-concern",
    "full-referral-decision",
    "full-feedback",
    "s10-caf-registered",
    "s10-tac-update",
    "information-request",
    "information-response",
    "full-family-help",
    "full-information-request",
    "full-information-response",
    "full-not-shared",
    "full-assessment",
];

/// S06: one impact says nothing about the child, the other child has none.
pub(super) const WITH_GAPS: &[&str] = &["s06a-rejected", "s06b-incomplete"];

#[test]
fn every_whole_sample_breaks_no_rule() {
    for name in WHOLE {
        let parsed = parse(&sample(name)).unwrap();

        assert_eq!(told(&parsed.submission.violations), [], "{name}");
    }
}

#[test]
fn s06_tells_the_two_missing_impacts_by_their_paths() {
    for name in WITH_GAPS {
        let parsed = parse(&sample(name)).unwrap();

        assert_eq!(
            told(&parsed.submission.violations),
            [
                ("alert.domestic_violence.child_impacts[0].impact_text", "STOP_LIST"),
                ("alert.domestic_violence.child_impacts[1]", "REQUIRED"),
            ],
            "{name}"
        );
    }
}

/// Every sample by name, as it stands in its file and as it should.
fn files() -> Vec<(String, String, String)> {
    let listed = std::fs::read_dir(directory()).unwrap().map(|entry| entry.unwrap().path());
    let samples = listed.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    let read = samples.map(|path| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let request = json::request_from_json(&text).unwrap();
        (name, text, format!("{}\n", json::request_to_json(&request).unwrap()))
    });
    read.collect()
}

#[test]
fn every_sample_is_in_one_of_the_lists_and_in_canonical_json() {
    let files = files();

    assert_eq!(files.len(), WHOLE.len().saturating_add(WITH_GAPS.len()));
    for (name, text, canonical) in files {
        assert!(WHOLE.contains(&name.as_str()) || WITH_GAPS.contains(&name.as_str()), "{name}");
        assert!(text == canonical, "{name} is not canonical: run rewrite_the_samples");
    }
}

#[test]
#[ignore = "writes the samples anew after a change of the contract"]
fn rewrite_the_samples() {
    for (name, _, canonical) in files() {
        std::fs::write(directory().join(name).with_extension("json"), canonical).unwrap();
    }
}

#[test]
fn no_sample_is_taken_in_production() {
    let is_of_person = |name: &&&str| !name.ends_with("operation-report");
    let of_test_people = |name: &&&str| !name.starts_with("s06") && !name.starts_with("s19");
    for name in WHOLE.iter().filter(of_test_people).filter(is_of_person) {
        let parsed = submission(&sample(name), TestOrProduction::Production).unwrap();

        let told = told(&parsed.submission.violations);
        let has_number = *name != "s13-no-number";
        assert_eq!(told.iter().any(|(path, _)| path.ends_with("nhs_number")), has_number, "{name}");
        assert!(told.iter().any(|(path, _)| path.ends_with("postcode")), "{name}");
    }
}

#[test]
fn s01_is_read_as_a_child_of_fourteen_with_medium_risk() {
    let parsed = parse(&sample("s01-missing-reported")).unwrap();
    let alert = &parsed.submission;

    assert_eq!(alert.kind, AlertKind::MissingReported);
    assert!(alert.envelope.risk.is(Risk::Medium));
    assert!(alert.envelope.priority.is(Priority::P2));
    assert_eq!(alert.envelope.told.len(), 2);
    assert_eq!(alert.subjects.len(), 1);
    let ellie = &alert.subjects[0];
    assert!(ellie.role.is(SubjectRole::Primary) && ellie.named && ellie.nhs_verified);
    assert_eq!(ellie.addresses[0].district.as_ref().unwrap().expose(), "ZX43");
    assert!(matches!(&ellie.age, AgeFact::Born(day) if day.expose().to_string() == "2012-03-09"));
    let missing = alert.missing().unwrap();
    assert!(missing.risk_factors.contains(MissingRiskFactor::NoneKnown));
    assert!(!missing.inform_school);
}

#[test]
fn s03_is_read_as_an_agreement_of_a_competent_child_to_response() {
    let parsed = parse(&sample("s03-alcohol-attendance")).unwrap();

    let alcohol = parsed.submission.alcohol().unwrap();
    assert_eq!(alcohol.agreement_scope, Given::Given(Scope::Response));
    let competence = alcohol.competence.get().unwrap();
    assert!(competence.outcome.is(CompetenceOutcome::Competent) && competence.understands_all);
    assert_eq!(competence.scope, Given::Given(Scope::Response));
    assert_eq!(parsed.submission.sharing.consents[0].scope, Given::Given(Scope::Response));
}

#[test]
fn s05_is_read_with_one_impact_for_each_child() {
    let parsed = parse(&sample("s05-domestic-abuse-gold")).unwrap();
    let alert = &parsed.submission;

    let abuse = alert.domestic_abuse().unwrap();
    assert!(abuse.risk_band.is(RiskBand::HighGold));
    assert_eq!(abuse.tool_score, Given::Given(78));
    assert_eq!(abuse.victim, Given::Given(0));
    let children: Vec<_> = abuse.impacts.iter().map(|impact| impact.subject()).collect();
    assert_eq!(children, [Some(1), Some(2), Some(3)]);
    assert!(abuse.impacts[0].presence.is(ChildPresence::Saw));
    assert!(abuse.impacts[2].codes.contains(ImpactCode::RiskToUnborn));
    assert!(alert.subjects[3].expected_delivery.is_given());
    assert_eq!(alert.envelope.do_not_tell, 1);
}

#[test]
fn safe_addresses_and_places_become_a_flag_and_nothing_else() {
    let parsed = parse(&sample("full-missing")).unwrap();
    let kid = &parsed.submission.subjects[0];

    assert!(kid.has_safe_address);
    assert_eq!(kid.addresses.len(), 4, "HOME, PLACEMENT, TEMPORARY, OTHER_PARENT");
    assert_eq!(parsed.submission.missing().unwrap().found_place, FoundPlace::Safe);
}

#[test]
fn a_closed_address_is_no_fact() {
    let parsed = parse(&sample("full-domestic-abuse")).unwrap();

    assert!(parsed.submission.subjects[0].has_safe_address);
    assert_eq!(parsed.submission.subjects[0].addresses, []);
}

#[test]
fn employers_of_every_person_of_concern_are_read() {
    let parsed = parse(&sample("full-domestic-abuse")).unwrap();
    let alert = &parsed.submission;

    let employers: Vec<_> =
        alert.envelope.employers_of_concern.iter().map(|agency| agency.as_str()).collect();
    assert_eq!(employers, ["SCH-900906", "SCH-900908"]);
    let perpetrator = alert.domestic_abuse().unwrap().perpetrator.get().unwrap();
    assert_eq!(perpetrator.employed_by.as_ref().unwrap().as_str(), "SCH-900907");
    let staff: Vec<_> = alert.envelope.staff_of_concern.iter().map(|user| user.as_str()).collect();
    assert_eq!(staff, ["u-8806", "u-8807", "u-8808"]);
    assert_eq!(alert.envelope.exclude.len(), 3);
}

#[test]
fn no_part_of_a_submission_but_the_bytes_holds_a_text_of_the_alert() {
    for name in ["full-missing", "full-alcohol", "full-domestic-abuse"] {
        let parsed = parse(&sample(name)).unwrap();

        let shown = format!("{:?}", parsed.submission);
        assert!(!shown.contains("Zq"), "{name}");
        assert!(String::from_utf8_lossy(&parsed.alert).contains("Zq"), "the fixture is not empty");
    }
}
