//! A case before the MARAC: domain 3.8.

use serde_json::{Value, json};
use staysafe::domain::{AlertKind, Letter, View};
use staysafe::policy::views::{CopyRequest, HubFacts, RedactionReason};

use super::{banner_codes, banner_text, cut, json as body_of, marker, shows, standard};

const REFERRAL: AlertKind = AlertKind::MaracReferral;
const OUTCOME: AlertKind = AlertKind::MaracOutcome;
const NEVER: &str = "PERPETRATOR_MUST_NOT_KNOW";

fn sample(name: &str) -> Value {
    let path = format!("{}/docs/samples/alerts/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let request: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    request.get("alert").unwrap().clone()
}

#[test]
fn every_copy_of_a_case_says_that_the_perpetrator_must_not_know() {
    let kinds = [(REFERRAL, sample("s07-marac-referral")), (OUTCOME, sample("s07-marac-outcome"))];
    for (kind, alert) in kinds {
        for letter in Letter::ALL {
            for view in View::ALL {
                let copy = cut(&alert, &CopyRequest::new(kind, *letter, *view));

                // A task about a child at a safe address tells neither kind nor content.
                let is_told = banner_codes(&copy).contains(&NEVER);
                assert_eq!(is_told, *view != View::SafeTask, "{kind} {letter} {view}");
                assert!(is_told || banner_codes(&copy).contains(&"DO_NOT_TELL"));
                assert!(*view == View::Standard || !banner_text(&copy).contains("Tomas"));
            }
        }
    }
    let other = cut(&sample("s08-place-of-safety"), &standard(AlertKind::PlaceOfSafety, Letter::C));
    assert!(!banner_codes(&other).contains(&NEVER));
}

#[test]
fn an_attending_agency_sees_what_its_research_needs_and_neither_reasons_nor_answers() {
    let facts =
        HubFacts { flag_until: Some(jiff::civil::date(2026, 11, 20)), ..HubFacts::default() };
    let request = CopyRequest { hub_facts: Some(&facts), ..standard(REFERRAL, Letter::K) };
    let copy = cut(&sample("full-marac-referral"), &request);

    let body = body_of(&copy.body);
    let case = body["marac_referral"].as_object().unwrap();
    let fields: Vec<_> = case.keys().map(String::as_str).collect();
    assert_eq!(fields, ["attendees", "child_impacts", "meeting_at", "referral_basis"]);
    assert_eq!(case["child_impacts"].as_array().unwrap().len(), 2);
    assert_eq!(body["hub"]["flag_until"], "2026-11-20");
    assert!(body["envelope"].get("persons_of_concern").is_none());
    assert_eq!(marker(&copy, "marac_referral.judgement_reason"), None, "sealed: no marker for K");
    let agrees = marker(&copy, "marac_referral.victim_agrees");
    assert_eq!(agrees, Some(RedactionReason::MinNecessary));
}

#[test]
fn a_judgement_is_sealed_for_coordinator_police_and_adviser() {
    let path = "marac_referral.judgement_reason".to_owned();
    for letter in Letter::ALL {
        let copy = cut(&sample("full-marac-referral"), &standard(REFERRAL, *letter));

        let is_entitled = matches!(letter, Letter::M | Letter::P | Letter::F);
        assert_eq!(copy.sealed.contains(&path), is_entitled, "{letter}");
        assert!(!shows(&copy, "escalating threats"), "{letter}");
    }
}

#[test]
fn actions_are_sealed_and_streamed_to_nobody() {
    for letter in Letter::ALL {
        let copy = cut(&sample("s07-marac-outcome"), &standard(OUTCOME, *letter));

        let is_entitled = matches!(
            letter,
            Letter::C | Letter::CL | Letter::P | Letter::F | Letter::M | Letter::K
        );
        assert_eq!(
            copy.sealed.iter().any(|path| path.starts_with("marac_outcome.actions")),
            is_entitled
        );
        for words in ["bail conditions", "nursery"] {
            assert!(!shows(&copy, words), "{letter}");
        }
    }
}

#[test]
fn a_school_that_does_not_attend_would_see_nothing_of_a_case() {
    let request = CopyRequest { school_urn: Some("900101"), ..standard(REFERRAL, Letter::E) };
    let copy = cut(&sample("s07-marac-referral"), &request);

    assert_eq!(body_of(&copy.body)["marac_referral"], json!({}));
    assert!(!shows(&copy, "Rhian") && !shows(&copy, "Tomas"));
}

#[test]
fn contact_is_by_default_not_at_home() {
    let mut alert = sample("s07-marac-referral");
    alert["envelope"].as_object_mut().unwrap().remove("contactRule");

    let copy = cut(&alert, &standard(REFERRAL, Letter::K));

    assert!(banner_codes(&copy).contains(&"DO_NOT_CONTACT_HOME"));
}
