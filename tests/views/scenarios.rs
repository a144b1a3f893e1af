//! The redaction paragraphs of the scenarios (domain 9), one test a sentence.

use serde_json::json;
use staysafe::domain::{AlertKind, Letter, View};
use staysafe::policy::views::RedactionReason;

use crate::people::{alcohol_accepted, gold_domestic_abuse, missing_overnight};
use crate::{banner_codes, banner_text, cut, json, marker, shows, standard};

// S01: missing overnight.

#[test]
fn s01_the_emergency_department_gets_the_lookout_and_nothing_else() {
    let copy = cut(&missing_overnight(), &standard(AlertKind::MissingReported, Letter::H1));

    assert_eq!(copy.view, View::Lookout);
    assert_eq!(
        json(&copy.body),
        json!({
            "envelope": {
                "kind": "ALERT_KIND_MISSING_REPORTED",
                "sender_agency": "MERPOL",
                "sender_user": {"duty_phone": "+441514960100"},
                "subjects": [{
                    "family_name": "Marrowby", "given_names": ["Ellie-Test"], "also_known_as": ["Ells"],
                    "dob": "2012-03-09", "dob_precision": "DOB_PRECISION_FULL", "sex": "SEX_F",
                }],
            },
            "missing": {"police_ref": "MP-0418", "description_lookout": "5ft3, red coat"},
        })
    );
    assert!(banner_text(&copy).contains("phone the police"), "the fixed sentence");
    assert!(
        copy.redactions.is_empty(),
        "a closed view is a complete list: nothing is said to be missing"
    );
    assert!(copy.sealed.is_empty());
}

#[test]
fn s01_safer_futures_sees_the_carers_names_and_safe_phones_and_no_trace_of_the_unsafe_one() {
    let copy = cut(&missing_overnight(), &standard(AlertKind::MissingReported, Letter::S));
    let body = json(&copy.body);

    assert_eq!(
        body["envelope"]["household"],
        json!([{
            "person_ref": "2", "family_name": "Marrowby", "given_names": ["Jo-Test"],
            "phones": [{"number": "+447700900200", "safe_to_call": "BOOL3_YES"}],
        }])
    );
    assert!(!shows(&copy, "+447700900666"));
    assert!(!shows(&copy, "Ned-Test"), "not the brother");
    assert!(!copy.redactions.iter().any(|redaction| redaction.path.contains("phones")));
    assert!(!copy.sealed.iter().any(|path| path.contains("phones")));
    assert!(banner_codes(&copy).contains(&"DO_NOT_USE_NUMBERS_YOU_HOLD"));
}

#[test]
fn s01_the_front_door_sees_the_whole_report_but_no_sealed_phone() {
    let copy = cut(&missing_overnight(), &standard(AlertKind::MissingReported, Letter::C));
    let body = json(&copy.body);

    assert_eq!(body["missing"]["last_seen_place"], "bus stop, Test Lane");
    assert_eq!(body["envelope"]["area"], json!(["AREA-03"]));
    assert_eq!(body["envelope"]["sharing"]["necessity"], "whereabouts unknown overnight");
    assert!(!shows(&copy, "+447700900666"));
    let path = "envelope.household[].phones[NOT_SAFE_TO_CALL]";
    assert_eq!(marker(&copy, path), Some(RedactionReason::Sealed));
}

#[test]
fn s01_others_see_the_basis_code_of_the_sharing_record_only() {
    let copy = cut(&missing_overnight(), &standard(AlertKind::MissingReported, Letter::S));

    assert_eq!(json(&copy.body)["envelope"]["sharing"], json!({"basis6": "BASIS6_E"}));
}

#[test]
fn s02_the_lookout_shows_a_risk_only_to_health_and_no_exploitation_flag() {
    let mut alert = missing_overnight();
    alert["missing"]["risk_factors"] = json!([
        "MISSING_RISK_FACTOR_CCE_FLAG",
        "MISSING_RISK_FACTOR_SELF_HARM",
        "MISSING_RISK_FACTOR_HBA"
    ]);

    let copy = cut(&alert, &standard(AlertKind::MissingReported, Letter::H1));

    assert_eq!(
        json(&copy.body)["missing"]["risk_factors"],
        json!(["MISSING_RISK_FACTOR_SELF_HARM"])
    );
}

#[test]
fn s02_an_area_team_gets_the_childs_name_the_date_and_the_area() {
    let copy = cut(&missing_overnight(), &standard(AlertKind::MissingReported, Letter::A));

    assert_eq!(copy.view, View::Info);
    assert_eq!(
        json(&copy.body)["envelope"],
        json!({
            "kind": "ALERT_KIND_MISSING_REPORTED",
            "sender_agency": "MERPOL",
            "sender_user": {"duty_phone": "+441514960100"},
            "occurred_at": {"at": "2026-10-22T23:00:00Z", "utc_offset_minutes": 60},
            "subjects": [{"family_name": "Marrowby", "given_names": ["Ellie-Test"]}],
            "area": ["AREA-03"],
        })
    );
    assert!(json(&copy.body).get("missing").is_none());
}

// S03: a young person accepts an appointment.

#[test]
fn s03_response_gets_no_diagnosis_no_gcs_no_cpis_result_and_is_not_told_that_there_are_no_markers()
{
    let copy = cut(&alcohol_accepted(), &standard(AlertKind::AlcoholAttendance, Letter::R));
    let body = json(&copy.body);
    let alcohol = &body["alcohol"];

    for withheld in
        ["diagnosis_code", "gcs_lowest", "cpis_result", "cpis_checked_at", "injury_mechanism"]
    {
        assert!(alcohol.get(withheld).is_none(), "{withheld}");
        assert_eq!(
            marker(&copy, &format!("alcohol.{withheld}")),
            Some(RedactionReason::MinNecessary)
        );
    }
    assert!(alcohol.get("risk_markers").is_none());
    assert_eq!(marker(&copy, "alcohol.risk_markers"), None);
    assert_eq!(alcohol["audit_c"], 5);
    assert_eq!(alcohol["injury"], "BOOL3_NO");
    assert_eq!(alcohol["safe_contact_for_appointment"], "text only");
    assert_eq!(
        body["envelope"]["headline_concern"],
        "A young person attended hospital and may need support."
    );
    assert_eq!(
        body["envelope"]["told"],
        json!([{"about": "TOLD_ABOUT_CHILD", "state": "TOLD_STATE_YES"}])
    );
}

#[test]
fn s03_response_sees_who_may_agree_and_not_a_parent_restricted_by_order() {
    let copy = cut(&alcohol_accepted(), &standard(AlertKind::AlcoholAttendance, Letter::R));

    assert!(shows(&copy, "Una Samplewood"));
    assert!(!shows(&copy, "Rex Samplewood"));
}

#[test]
fn s03_health_visiting_and_school_nursing_get_attendance_and_substance_but_no_audit_c() {
    let copy = cut(&alcohol_accepted(), &standard(AlertKind::AlcoholAttendance, Letter::N));

    assert_eq!(
        json(&copy.body)["alcohol"],
        json!({
            "attendance_at": {"at": "2026-11-07T23:50:00Z"},
            "substances": ["SUBSTANCE_ALCOHOL"],
        })
    );
    assert_eq!(marker(&copy, "alcohol.audit_c"), Some(RedactionReason::MinNecessary));
}

#[test]
fn s03_the_contact_for_the_appointment_is_sealed_where_a_parent_must_not_know() {
    let mut alert = alcohol_accepted();
    alert["envelope"]["told"] = json!([
        {"about": "TOLD_ABOUT_ADULT", "role": "parent", "state": "TOLD_STATE_NO_CHILD_REFUSED"}
    ]);

    let with_refusal = cut(&alert, &standard(AlertKind::AlcoholAttendance, Letter::R));
    let without = cut(&alcohol_accepted(), &standard(AlertKind::AlcoholAttendance, Letter::R));

    assert!(json(&with_refusal.body)["alcohol"].get("safe_contact_for_appointment").is_none());
    assert_eq!(with_refusal.sealed, without.sealed, "the handle is there either way");
    assert!(with_refusal.sealed.contains(&"alcohol.safe_contact_for_appointment[SAFE]".to_owned()));
}

#[test]
fn s04_police_see_the_exploitation_marker_and_no_clinical_detail() {
    let mut alert = alcohol_accepted();
    alert["envelope"]["looked_after"] = json!("LOOKED_AFTER_YES");
    alert["envelope"]["responsible_la"] = json!("341");
    alert["alcohol"]["risk_markers"] = json!([
        "RISK_MARKER_UNCONSCIOUS",
        "RISK_MARKER_CSE_CONCERN",
        "RISK_MARKER_CPIS_FLAG",
        "RISK_MARKER_NO_SAFE_ADULT"
    ]);

    let copy = cut(&alert, &standard(AlertKind::AlcoholAttendance, Letter::P));
    let body = json(&copy.body);

    assert_eq!(body["alcohol"], json!({"risk_markers": ["RISK_MARKER_CSE_CONCERN"]}));
    assert_eq!(body["envelope"]["looked_after"], "LOOKED_AFTER_YES");
    assert_eq!(body["envelope"]["responsible_la"], "341");
    assert_eq!(
        body["envelope"]["headline_concern"],
        "15-year-old attended with alcohol, now sober"
    );
}

// S05: gold domestic abuse, three children including unborn.

#[test]
fn s05_the_school_gets_its_own_pupil_and_nothing_on_anybody_else() {
    let mut request = standard(AlertKind::DvNotification, Letter::E);
    request.school_urn = Some("900101");

    let copy = cut(&gold_domestic_abuse(), &request);
    let body = json(&copy.body);

    assert_eq!(
        body["envelope"]["subjects"],
        json!([{
            "person_ref": "1", "subject_role": "SUBJECT_ROLE_OTHER_CHILD", "family_name": "Exemplar",
            "given_names": ["Tilly"], "dob": "2018-09-02", "sex": "SEX_F", "school_urn": "900101",
            "relationship": "RELATIONSHIP_CHILD",
        }])
    );
    assert_eq!(
        body["domestic_violence"],
        json!({
            "incident_at": {"at": "2026-11-13T00:00:00Z"},
            "place_type": "PLACE_TYPE_HOME",
            "incident_ref": "VPRF1-T-0091",
            "child_impacts": [{
                "child_ref": "1", "presence": "CHILD_PRESENCE_SAW",
                "impact_codes": ["IMPACT_CODE_FEAR_DISTRESS", "IMPACT_CODE_INTERVENED_OR_SHIELD"],
                "seen_and_spoken_to": "SEEN_AND_SPOKEN_TO_YES_ALONE",
                "voice_for_school": "I told him to stop",
            }],
        })
    );
    for word in [
        "Dana",
        "Craig",
        "Fabrico",
        "Noah",
        "ZX42",
        "GOLD",
        "RISK_HIGH",
        "frightened",
        "shouted",
        "clingy",
        "pregnan",
        "UNBORN",
        "AREA",
        "Sampler",
        "23:15",
    ] {
        assert!(!shows(&copy, word), "{word}");
    }
}

#[test]
fn s05_the_school_reads_role_free_instructions() {
    let mut request = standard(AlertKind::DvNotification, Letter::E);
    request.school_urn = Some("900101");

    let copy = cut(&gold_domestic_abuse(), &request);

    assert_eq!(
        banner_codes(&copy),
        ["DO_NOT_TELL", "DO_NOT_CONTACT_HOME", "SPEAK_TO_CHILD_ONLY", "RESTRICTED_FILE"]
    );
    assert!(copy.sealed.is_empty());
    assert!(!copy.redactions.iter().any(|redaction| redaction.reason == RedactionReason::Sealed));
}

#[test]
fn s05_maternity_and_health_visiting_see_the_alleged_perpetrators_name_and_relationship_as_he_lives_there()
 {
    let copy = cut(&gold_domestic_abuse(), &standard(AlertKind::DvNotification, Letter::N));
    let body = json(&copy.body);

    assert_eq!(
        body["domestic_violence"]["alleged_perpetrator"],
        json!({"person": {
            "person_ref": "5", "family_name": "Fabrico", "given_names": ["Craig"],
            "relationship": "RELATIONSHIP_PARTNER",
        }})
    );
    assert!(banner_text(&copy).contains("Do not tell: Craig Fabrico."));
    assert_eq!(body["domestic_violence"]["risk_band"], "RISK_BAND_HIGH_GOLD");
    assert!(body["domestic_violence"].get("tool_score").is_none(), "band only, no score");
    assert_eq!(body["domestic_violence"]["child_impacts"].as_array().unwrap().len(), 3);
    assert!(!shows(&copy, "text only after"));
    assert!(!copy.sealed.iter().any(|path| path.contains("safe_contact")));
    assert_eq!(marker(&copy, "domestic_violence.safe_contact"), None, "they see nothing of it");
}

#[test]
fn s05_without_contact_they_see_the_relationship_only() {
    let mut alert = gold_domestic_abuse();
    alert["domestic_violence"]["alleged_perpetrator"]["lives_with_family"] = json!("BOOL3_UNKNOWN");

    let copy = cut(&alert, &standard(AlertKind::DvNotification, Letter::N));

    assert_eq!(
        json(&copy.body)["domestic_violence"]["alleged_perpetrator"],
        json!({"person": {"person_ref": "5", "relationship": "RELATIONSHIP_PARTNER"}})
    );
}

#[test]
fn s05_the_safe_contact_has_a_handle_for_three_and_a_marker_for_the_front_door() {
    for letter in [Letter::F, Letter::P, Letter::M] {
        let copy = cut(&gold_domestic_abuse(), &standard(AlertKind::DvNotification, letter));
        assert!(copy.sealed.contains(&"domestic_violence.safe_contact".to_owned()), "{letter}");
        assert!(!shows(&copy, "text only after"), "never streamed to a system: {letter}");
    }

    let front_door = cut(&gold_domestic_abuse(), &standard(AlertKind::DvNotification, Letter::C));

    let path = "domestic_violence.safe_contact";
    assert_eq!(marker(&front_door, path), Some(RedactionReason::Sealed));
    assert!(!front_door.sealed.contains(&path.to_owned()));
    assert!(!shows(&front_door, "text only after"));
}

#[test]
fn s05_adult_social_care_sees_the_adult_and_no_child() {
    let copy = cut(&gold_domestic_abuse(), &standard(AlertKind::DvNotification, Letter::Z));

    assert!(shows(&copy, "Dana"));
    assert!(!shows(&copy, "Tilly") && !shows(&copy, "Craig"));
    assert!(json(&copy.body)["domestic_violence"].get("child_impacts").is_none());
}

#[test]
fn s16_where_a_child_has_a_safe_address_no_area_and_no_current_home_is_shown_to_anybody() {
    let mut alert = gold_domestic_abuse();
    alert["envelope"]["subjects"][1]["addresses"]
        .as_array_mut()
        .unwrap()
        .push(json!({"type": "ADDRESS_TYPE_SAFE", "postcode": "ZX42 9ZZ"}));

    for letter in Letter::ALL {
        let mut request = standard(AlertKind::DvNotification, *letter);
        request.school_urn = Some("900101");
        let copy = cut(&alert, &request);

        assert!(!shows(&copy, "ZX42"), "{letter}");
        assert!(!shows(&copy, "AREA-02"), "{letter}");
    }
    let front_door = cut(&alert, &standard(AlertKind::DvNotification, Letter::C));
    assert_eq!(json(&front_door.body)["envelope"]["area"], json!(["AREA-SEALED"]));
}

#[test]
fn s16_a_subject_of_the_protected_register_is_treated_alike_though_the_alert_knows_of_no_refuge() {
    let mut request = standard(AlertKind::DvNotification, Letter::C);
    request.protected = &[1];

    let copy = cut(&gold_domestic_abuse(), &request);

    assert!(!shows(&copy, "ZX42") && !shows(&copy, "AREA-02"));
}
