//! A young person in a place of safety, and the report of an operation: domain 3.9, GAP3.

use serde_json::{Value, json};
use staysafe::domain::{AlertKind, Letter, Timestamp, View};
use staysafe::policy::views::{CopyRequest, HubFacts};

use super::{banner_codes, cut, json as body_of, shows, standard};

const PLACE: AlertKind = AlertKind::PlaceOfSafety;

/// The alert of `docs/samples/alerts/NAME.json`.
fn sample(name: &str) -> Value {
    let path = format!("{}/docs/samples/alerts/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let request: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    request.get("alert").unwrap().clone()
}

fn hub_facts() -> HubFacts {
    HubFacts { s46_expires_at: Some(Timestamp::from_millis(0)), ..HubFacts::default() }
}

#[test]
fn s08_the_front_door_sees_how_the_young_person_came_there_and_no_word_of_police_protection() {
    let copy = cut(&sample("s08-place-of-safety"), &standard(PLACE, Letter::C));

    let place = &body_of(&copy.body)["place_of_safety"];
    assert_eq!(place["power_used"], "POWER_USED_NONE_VOLUNTARY");
    assert_eq!(place["staffed_by"], "Two youth workers");
    assert!(place.get("s46").is_none());
    assert!(!banner_codes(&copy).contains(&"POWER_UNCLEAR"));
    for words in ["police protection", "Police protection", "S46"] {
        assert!(!shows(&copy, words), "{words}");
    }
}

#[test]
fn s08_the_area_team_gets_name_date_and_area() {
    let copy = cut(&sample("s08-place-of-safety"), &standard(PLACE, Letter::A));

    assert_eq!(copy.view, View::Info);
    let body = body_of(&copy.body);
    assert_eq!(
        body["envelope"]["subjects"],
        json!([{"family_name": "Trialby", "given_names": ["Sam"]}])
    );
    assert!(body.get("place_of_safety").is_none());
    assert!(!shows(&copy, "drunk"));
}

#[test]
fn police_protection_is_for_front_door_police_and_councils_with_its_end() {
    let alert = sample("s08-police-protection");
    let facts = hub_facts();
    let seen = |letter| {
        let request = CopyRequest { hub_facts: Some(&facts), ..standard(PLACE, letter) };
        body_of(&cut(&alert, &request).body)
    };

    for letter in [Letter::C, Letter::CL, Letter::P, Letter::L, Letter::X] {
        let body = seen(letter);
        let block = &body["place_of_safety"]["s46"];
        assert_eq!(block["designated_officer"], "Insp Kim Placeholder", "{letter}");
        assert!(body["hub"].get("s46_expires_at").is_some(), "{letter}");
    }
    for letter in [Letter::S, Letter::H1, Letter::H2, Letter::R, Letter::F, Letter::N, Letter::T] {
        let body = seen(letter);
        assert!(body["place_of_safety"].get("s46").is_none(), "{letter}");
        assert!(body["hub"].get("s46_expires_at").is_none(), "{letter}");
    }
}

#[test]
fn gap3_a_block_without_its_power_is_in_no_copy_and_the_copy_says_phone_the_officer() {
    let unclear = [json!("POWER_USED_NONE_VOLUNTARY"), json!("POWER_USED_EPO_S44"), json!(0)];
    for power in unclear {
        let mut alert = sample("s08-police-protection");
        alert["placeOfSafety"]["powerUsed"] = power.clone();

        for letter in [Letter::C, Letter::P, Letter::X] {
            let copy = cut(&alert, &standard(PLACE, letter));

            assert!(banner_codes(&copy).contains(&"POWER_UNCLEAR"), "{power} {letter}");
            assert!(shows(&copy, "phone the officer"), "{power} {letter}");
            assert!(body_of(&copy.body)["place_of_safety"].get("s46").is_none());
            assert!(!shows(&copy, "Insp Kim Placeholder"), "{power} {letter}");
            assert!(!shows(&copy, "olice protection"), "{power} {letter}");
        }
        let response = cut(&alert, &standard(PLACE, Letter::R));
        assert!(!banner_codes(&response).contains(&"POWER_UNCLEAR"), "no power, no word of one");
    }
}

#[test]
fn response_sees_who_agreed_and_a_sentence_of_the_hub() {
    let copy = cut(&sample("full-place-of-safety"), &standard(PLACE, Letter::R));

    let body = body_of(&copy.body);
    let place = body["place_of_safety"].as_object().unwrap();
    let fields: Vec<_> = place.keys().map(String::as_str).collect();
    assert_eq!(fields, ["competence", "offer_agreed_by"]);
    assert_eq!(
        body["envelope"]["headline_concern"],
        "A young person was taken to a place of safety."
    );
}

#[test]
fn the_hospital_sees_the_power_and_its_end_and_no_more_of_the_place() {
    let mut alert = sample("s08-place-of-safety");
    alert["placeOfSafety"]["powerUsed"] = json!("POWER_USED_MHA_S136");
    let at = Some(Timestamp::from_millis(0));
    let facts = HubFacts { s136_ends_at: at, s136_latest_at: at, ..HubFacts::default() };

    for letter in [Letter::H1, Letter::H2] {
        let request = CopyRequest { hub_facts: Some(&facts), ..standard(PLACE, letter) };
        let body = body_of(&cut(&alert, &request).body);

        assert_eq!(body["place_of_safety"], json!({"power_used": "POWER_USED_MHA_S136"}));
        assert!(body["hub"].get("s136_ends_at").is_some());
        assert!(body["hub"].get("s136_latest_at").is_some());
    }
}

#[test]
fn r43_a_report_shows_its_numbers_to_front_door_police_youth_justice_and_area() {
    let alert = sample("s08-operation-report");
    let seen = |letter| {
        let copy = cut(&alert, &standard(AlertKind::OperationReport, letter));
        (copy.view, body_of(&copy.body)["operation_report"].clone())
    };

    for letter in [Letter::C, Letter::P, Letter::Y, Letter::A] {
        let (view, report) = seen(letter);
        assert_eq!(view, View::Standard, "{letter}");
        assert_eq!(report["engaged_count"], 272, "{letter}");
        assert_eq!(report["powers_used_count"], 0, "{letter}");
    }
    for letter in [Letter::F, Letter::E, Letter::H2, Letter::S] {
        assert!(seen(letter).1.get("engaged_count").is_none(), "{letter}");
    }
}
