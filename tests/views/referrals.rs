//! Contacts, concerns and decisions: who reads which part.

use serde_json::Value;

use super::*;
use staysafe::policy::views::{HubFacts, HubNote};

/// The alert of a sample.
fn sample(name: &str) -> Value {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/samples/alerts");
    let text = std::fs::read_to_string(path.join(name)).unwrap();
    let mut request: Value = serde_json::from_str(&text).unwrap();
    request.get_mut("alert").unwrap().take()
}

fn copy(alert: &Value, kind: AlertKind, letter: Letter) -> Value {
    json(&cut(alert, &CopyRequest::new(kind, letter, View::Standard)).body)
}

#[test]
fn police_read_the_account_only_where_a_crime_is_suspected() {
    for (name, kind, body, crime, account) in [
        ("full-contact.json", AlertKind::CscReferral, "contact", "crimeSuspected", "evidence"),
        ("full-concern.json", AlertKind::Concern, "concern", "crimeSuspected", "narrative"),
    ] {
        let mut alert = sample(name);
        let suspected = copy(&alert, kind, Letter::P);
        alert[body][crime] = "BOOL3_NO".into();
        let none = copy(&alert, kind, Letter::P);

        assert!(suspected[body][account].is_string(), "{name}");
        assert!(none[body].get(account).is_none(), "{name}");
        assert_eq!(none[body]["significant_harm_suspected"], "BOOL3_YES", "{name}");
        assert!(copy(&alert, kind, Letter::C)[body][account].is_string(), "{name}");
    }
}

#[test]
fn adult_social_care_reads_a_concern_only_where_it_is_about_an_adult() {
    let alert = sample("full-concern.json");
    let adult = HubFacts { notes: vec![HubNote::AdultPrimary], ..HubFacts::default() };
    let child = CopyRequest::new(AlertKind::Concern, Letter::Z, View::Standard);
    let of_adult = CopyRequest { hub_facts: Some(&adult), ..child };

    let child = json(&cut(&alert, &child).body);
    let of_adult = json(&cut(&alert, &of_adult).body);
    assert!(child["concern"].get("narrative").is_none());
    assert!(of_adult["concern"]["narrative"].is_string());
    assert_eq!(of_adult["envelope"]["subjects"].as_array().unwrap().len(), 1);
    assert!(of_adult.get("hub").is_none_or(|hub| hub.get("adult_primary").is_none()));
}

#[test]
fn that_a_concern_is_about_a_worker_is_streamed_to_nobody_and_sealed_for_the_designated_officer() {
    let alert = sample("full-concern.json");
    for letter in Letter::ALL {
        let cut = cut(&alert, &CopyRequest::new(AlertKind::Concern, *letter, View::Standard));

        assert!(json(&cut.body)["concern"].get("about_worker").is_none(), "{letter}");
        let is_entitled = matches!(letter, Letter::CL | Letter::D);
        let has_handle = cut.sealed.iter().any(|path| path.ends_with("about_worker"));
        assert_eq!(has_handle, is_entitled, "{letter}");
        assert!(!cut.redactions.iter().any(|it| it.path.ends_with("about_worker")), "{letter}");
    }
}

#[test]
fn a_referrer_who_asks_to_stay_unnamed_is_sealed() {
    let mut alert = sample("full-contact.json");
    let unnamed = copy(&alert, AlertKind::CscReferral, Letter::C);
    alert["contact"]["anonymityRequested"] = false.into();
    let named = copy(&alert, AlertKind::CscReferral, Letter::C);

    assert!(unnamed["contact"].get("referrer").is_none());
    assert!(named["contact"]["referrer"].is_string());
}

#[test]
fn an_inbox_reads_what_is_released_to_it_and_nothing_else_of_the_decision() {
    let alert = sample("full-referral-decision.json");
    let of = |letter, agency| {
        let request = CopyRequest::new(AlertKind::ReferralDecision, letter, View::Standard);
        json(&cut(&alert, &CopyRequest { agency: Some(agency), ..request }).body)
    };

    let theirs = of(Letter::N, "WCHC-019")["referral_decision"].clone();
    assert_eq!(theirs["release_to"].as_array().unwrap().len(), 1);
    for hidden in ["rationale", "decided_by", "feedback", "became_referral", "decision"] {
        assert!(theirs.get(hidden).is_none(), "{hidden}");
    }
    let other = of(Letter::N, "MIDW");
    assert!(other["referral_decision"].get("release_to").is_none());
    let area = of(Letter::A, "AREA-01");
    assert_eq!(area["referral_decision"]["decision"], "REFERRAL_OUTCOME_L4_S17_ASSESSMENT");
    assert!(area["referral_decision"].get("rationale").is_none());
}

#[test]
fn feedback_holds_its_fields_and_whom_to_contact_is_the_front_door_where_anybody_is_safe() {
    let mut alert = sample("full-referral-decision.json");
    let hub = HubFacts { feedback_contact: Some("CADT, 1".to_owned()), ..HubFacts::default() };
    let request = CopyRequest::new(AlertKind::ReferralDecision, Letter::T, View::Feedback);
    let request = CopyRequest { hub_facts: Some(&hub), ..request };
    let safe = json(&cut(&alert, &request).body);
    let addresses = alert["envelope"]["subjects"][0]["addresses"].as_array_mut().unwrap();
    addresses.retain(|address| address["type"] != "ADDRESS_TYPE_SAFE");
    let request = CopyRequest::new(AlertKind::ReferralDecision, Letter::T, View::Feedback);
    let plain = json(&cut(&alert, &request).body);

    let of = |copy: &Value| copy["referral_decision"]["feedback"].clone();
    assert!(of(&safe).get("contact").is_none(), "nobody is named");
    assert_eq!(safe["hub"]["feedback_contact"], "CADT, 1");
    assert!(of(&plain)["contact"].is_string() && of(&plain)["text"].is_string());
    for copy in [&safe, &plain] {
        assert_eq!(copy["referral_decision"].as_object().unwrap().len(), 1, "feedback alone");
        assert!(copy["envelope"].get("subjects").is_none());
        assert!(copy["envelope"].get("headline_concern").is_none());
    }
}
