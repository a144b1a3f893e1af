//! Early help, questions and answers: who reads which part.

use serde_json::Value;

use super::*;
use staysafe::policy::views::{HubFacts, HubNote};

fn sample(name: &str) -> Value {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/samples/alerts");
    let text = std::fs::read_to_string(path.join(name)).unwrap();
    let mut request: Value = serde_json::from_str(&text).unwrap();
    request.get_mut("alert").unwrap().take()
}

fn plan_for(letter: Letter, agency: &str) -> Value {
    let alert = sample("full-family-help.json");
    let request = CopyRequest::new(AlertKind::TacUpdate, letter, View::Standard);
    json(&cut(&alert, &CopyRequest { agency: Some(agency), ..request }).body)
}

fn texts(plan: &Value, list: &str) -> Vec<String> {
    let parts = plan.pointer(&format!("/family_help/{list}")).and_then(Value::as_array);
    let parts = parts.cloned().unwrap_or_default();
    parts.iter().map(|part| part["text"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn each_agreed_agency_reads_its_own_parts_and_what_is_for_all_and_the_area_team_everything() {
    let (area, nurse) = (plan_for(Letter::A, "AREA-02"), plan_for(Letter::N, "WCHC-019"));
    let school = plan_for(Letter::E, "SCH-900101");

    assert_eq!((texts(&area, "needs").len(), texts(&area, "strengths").len()), (2, 1));
    assert_eq!((texts(&nurse, "needs").len(), texts(&nurse, "strengths").len()), (2, 0));
    assert_eq!((texts(&school, "needs").len(), texts(&school, "strengths").len()), (1, 1));
    assert_eq!((texts(&school, "goals").len(), texts(&school, "actions").len()), (0, 0));
    for agreed in [&nurse, &school] {
        let plan = agreed["family_help"].as_object().unwrap();
        assert!(plan.contains_key("caf_ref") && plan.contains_key("lead_practitioner"));
        for hidden in
            ["agreement", "agreed_agencies", "competence", "quality_rating", "parent_agreement"]
        {
            assert!(!plan.contains_key(hidden), "{hidden}");
        }
        let parts = plan["needs"].as_array().unwrap();
        assert!(parts.iter().all(|part| part.get("for_agencies").is_none()), "who else has some");
    }
    assert!(area["family_help"]["agreement"].is_object());
}

#[test]
fn by_a_step_up_the_front_door_and_a_council_read_why_and_not_the_plan() {
    for (letter, agency) in [(Letter::C, "CADT"), (Letter::X, "LA-341"), (Letter::L, "CIC")] {
        let copy = plan_for(letter, agency);
        let plan: Vec<&String> = copy["family_help"].as_object().unwrap().keys().collect();
        assert_eq!(plan, ["parent_agreement", "parent_agreement_reason", "status"], "{agency}");
    }
}

#[test]
fn a_council_that_the_family_agreed_to_reads_the_plan() {
    let mut alert = sample("full-family-help.json");
    alert["familyHelp"]["agreedAgencies"].as_array_mut().unwrap().push("LA-341".into());
    let request = CopyRequest::new(AlertKind::TacUpdate, Letter::X, View::Standard);
    let copy = json(&cut(&alert, &CopyRequest { agency: Some("LA-341"), ..request }).body);

    assert!(copy["family_help"]["caf_ref"].is_string());
    assert_eq!(texts(&copy, "needs").len(), 1, "what is for all");
}

#[test]
fn a_question_and_its_answer_are_read_whole_by_the_one_agency_they_go_to() {
    for (name, kind, body, texts) in [
        (
            "full-information-request.json",
            AlertKind::InformationRequest,
            "information_request",
            "questions",
        ),
        (
            "full-information-response.json",
            AlertKind::InformationResponse,
            "information_response",
            "answers",
        ),
    ] {
        for letter in [Letter::C, Letter::P, Letter::N, Letter::R, Letter::Y, Letter::X] {
            let copy =
                json(&cut(&sample(name), &CopyRequest::new(kind, letter, View::Standard)).body);
            assert_eq!(copy[body][texts].as_array().unwrap().len(), 2, "{name} {letter}");
        }
    }
}

#[test]
fn who_asks_about_an_adult_names_the_adult_to_adult_social_care_and_no_adult_to_the_nurse() {
    let alert = sample("full-information-request.json");
    let adult = HubFacts { notes: vec![HubNote::AdultPrimary], ..HubFacts::default() };
    let subjects = |letter, facts| {
        let request = CopyRequest::new(AlertKind::InformationRequest, letter, View::Standard);
        let copy = json(&cut(&alert, &CopyRequest { hub_facts: facts, ..request }).body);
        copy["envelope"]["subjects"].as_array().map_or(0, Vec::len)
    };

    assert_eq!(subjects(Letter::N, None), 1, "a child");
    assert_eq!(subjects(Letter::Z, Some(&adult)), 1);
}

#[test]
fn what_goes_to_nobody_is_read_by_its_sender_alone() {
    for (name, kind, body) in [
        ("full-not-shared.json", AlertKind::NotSharedRecord, "not_shared"),
        ("full-assessment.json", AlertKind::AssessmentCompleted, "assessment_completed"),
    ] {
        for letter in Letter::ALL {
            let request = CopyRequest::new(kind, *letter, View::Standard);
            let copy = json(&cut(&sample(name), &request).body);
            let reads = copy[body].as_object().is_some_and(|body| !body.is_empty());
            assert_eq!(reads, matches!(letter, Letter::T | Letter::G), "{name} {letter}");
        }
    }
}
