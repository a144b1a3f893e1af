//! The return home interview and the pathway: what police see of the one, and the hospital of the other (R07, R15).

use serde_json::Value;
use staysafe::domain::{AlertKind, Letter, View};

use super::{banner_codes, cut, json, marker, shows, standard};

const KIND: AlertKind = AlertKind::RhiUpdate;

fn interview() -> Value {
    alert(include_str!("../../docs/samples/alerts/full-return-interview.json"))
}

fn pathway() -> Value {
    alert(include_str!("../../docs/samples/alerts/full-alcohol-pathway.json"))
}

fn alert(request: &str) -> Value {
    let request: Value = serde_json::from_str(request).unwrap();
    request.get("alert").unwrap().clone()
}

#[test]
fn police_see_the_outcome_and_of_the_rest_what_is_marked_as_theirs() {
    let copy = cut(&interview(), &standard(KIND, Letter::P));

    let body = json(&copy.body)["return_interview"].clone();
    assert_eq!(body["outcome"], "INTERVIEW_OUTCOME_COMPLETED");
    assert_eq!(body["push_pull"].as_array().unwrap().len(), 1);
    assert_eq!(body["push_pull"][0]["factor"], "PUSH_PULL_FACTOR_EXPLOITATION");
    assert!(shows(&copy, "Zq377"), "the marked part");
    // Not: the other part, whether harm was told, whom the interviewer told, the child's words, the headline's.
    assert!(!shows(&copy, "Zq378"));
    for hidden in ["harm_disclosed", "shared_with", "interviewer_independent"] {
        assert!(body.get(hidden).is_none(), "{hidden}");
    }
    let voice = interview()["envelope"]["childVoice"].as_str().unwrap().to_owned();
    assert!(!shows(&copy, &voice));
    assert_eq!(
        json(&copy.body)["envelope"]["headline_concern"],
        "There is news of a return home interview."
    );
}

#[test]
fn that_parts_are_kept_from_police_is_never_told_by_a_marker_of_the_list() {
    let copy = cut(&interview(), &standard(KIND, Letter::P));

    assert_eq!(marker(&copy, "return_interview.push_pull[]"), None);
    assert_eq!(marker(&copy, "return_interview.disclosures[]"), None);
    assert!(
        marker(&copy, "envelope.child_voice").is_some(),
        "the same whether or not there is one"
    );
}

#[test]
fn the_service_the_front_door_and_the_council_see_all_of_it() {
    for letter in [Letter::C, Letter::S, Letter::L, Letter::X] {
        let copy = cut(&interview(), &standard(KIND, letter));

        assert!(shows(&copy, "Zq377") && shows(&copy, "Zq378"), "{letter}");
        assert_eq!(json(&copy.body)["return_interview"]["harm_disclosed"], "BOOL3_YES", "{letter}");
    }
}

#[test]
fn nobody_else_sees_anything_of_an_interview() {
    for letter in [Letter::N, Letter::E, Letter::A, Letter::H1, Letter::H2, Letter::R, Letter::F] {
        let copy = cut(&interview(), &standard(KIND, letter));

        let body = json(&copy.body);
        let empty =
            body.get("return_interview").is_none_or(|it| it.as_object().unwrap().is_empty());
        assert!(empty, "{letter}: {body}");
    }
}

#[test]
fn the_front_door_is_warned_of_an_interviewer_who_is_not_independent() {
    let warned = |letter| {
        let copy = cut(&interview(), &standard(KIND, letter));
        banner_codes(&copy).contains(&"INTERVIEWER_NOT_INDEPENDENT")
    };

    assert!(warned(Letter::C));
    for other in [Letter::P, Letter::S, Letter::X] {
        assert!(!warned(other), "{other}");
    }
    let mut independent = interview();
    independent["returnInterview"]["interviewerIndependent"] = "BOOL3_YES".into();
    let copy = cut(&independent, &standard(KIND, Letter::C));
    assert!(!banner_codes(&copy).contains(&"INTERVIEWER_NOT_INDEPENDENT"));
}

#[test]
fn a_parent_s_refusal_says_to_whom_the_duty_is_owed_now() {
    let mut refused = interview();
    refused["returnInterview"]["outcome"] = "INTERVIEW_OUTCOME_REFUSED_BY_PARENT".into();
    for (letter, expected) in
        [(Letter::C, true), (Letter::X, true), (Letter::S, true), (Letter::P, false)]
    {
        let copy = cut(&refused, &standard(KIND, letter));

        assert_eq!(banner_codes(&copy).contains(&"OFFER_TO_CHILD_DIRECTLY"), expected, "{letter}");
    }
}

#[test]
fn the_hospital_sees_state_and_date_of_a_pathway_and_nothing_of_the_young_person() {
    for letter in [Letter::H1, Letter::H2] {
        // Whatever a row asks for.
        let copy = cut(&pathway(), &standard(AlertKind::AlcoholPathway, letter));

        assert_eq!(copy.view, View::Pathway, "{letter}");
        let body = json(&copy.body);
        let mut seen: Vec<&String> = body["alcohol_pathway"].as_object().unwrap().keys().collect();
        seen.sort();
        assert_eq!(seen, ["state", "state_at"]);
        let mut seen: Vec<&String> = body["envelope"].as_object().unwrap().keys().collect();
        seen.sort();
        assert_eq!(seen, ["contact_rule", "kind", "sender_agency", "sender_user"]);
        let user = &body["envelope"]["sender_user"];
        assert_eq!(user.as_object().unwrap().keys().collect::<Vec<_>>(), ["duty_phone"]);
        assert!(copy.redactions.is_empty() && copy.sealed.is_empty());
    }
}

#[test]
fn the_front_door_sees_the_dates_of_a_pathway_and_police_none_of_it() {
    let front_door = cut(&pathway(), &standard(AlertKind::AlcoholPathway, Letter::C));
    let police = cut(&pathway(), &standard(AlertKind::AlcoholPathway, Letter::P));

    let body = json(&front_door.body);
    assert_eq!(body["alcohol_pathway"]["closed_reason"], "PATHWAY_CLOSED_COMPLETED");
    assert!(json(&police.body)["alcohol_pathway"].get("state").is_none());
}
