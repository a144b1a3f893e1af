//! Rules that look at content, and closed views.

use jiff::civil::date;
use serde_json::json;
use staysafe::domain::submission::RiskBand;
use staysafe::domain::{AlertKind, Letter, Timestamp, View};
use staysafe::policy::views::{
    self, CopyRequest, HubFacts, HubNote, RedactionReason, ViewError, may_see, padding_len,
};

use crate::people::{alcohol_accepted, gold_domestic_abuse, missing_overnight};
use crate::{banner_codes, banner_text, bytes, cut, json, shows, standard};

#[test]
fn of_a_child_who_has_died_only_front_door_councils_and_police_learn_how_the_child_was_found() {
    let mut alert = missing_overnight();
    alert["missing"]["found_how"] = json!("FOUND_HOW_DECEASED");
    alert["missing"]["found_at"] = json!({"at": "2026-10-24T09:00:00Z"});

    for letter in Letter::ALL {
        let copy = cut(&alert, &standard(AlertKind::MissingFound, *letter));
        let may_know = matches!(letter, Letter::C | Letter::CL | Letter::P | Letter::L | Letter::X);
        assert_eq!(shows(&copy, "DECEASED"), may_know, "{letter}");
        assert_eq!(copy.view == View::Cancelled, !may_know, "{letter}");
    }
}

/// Born on 9 March 2012: of the child's parent on the day before the 18th birthday and on it.
#[test]
fn from_the_18th_birthday_no_parent_is_told_and_the_young_person_s_own_entry_stands() {
    let mut alert = missing_overnight();
    alert["envelope"]["subjects"][0]["dob"] = json!("2012-03-09");
    alert["envelope"]["told"] = json!([
        {"about": "TOLD_ABOUT_CHILD", "state": "TOLD_STATE_NO_NOT_YET"},
        {"about": "TOLD_ABOUT_ADULT", "role": "mother", "state": "TOLD_STATE_YES"},
    ]);
    let states = |alert: &serde_json::Value, on: jiff::civil::Date| {
        let request = standard(AlertKind::MissingUpdated, Letter::C);
        let copy = cut(alert, &CopyRequest { on: Some(on), ..request });
        let told = json(&copy.body)["envelope"]["told"].clone();
        [told[0]["state"].clone(), told[1]["state"].clone()]
    };
    let (eve, birthday) = (date(2030, 3, 8), date(2030, 3, 9));

    assert_eq!(states(&alert, eve), ["TOLD_STATE_NO_NOT_YET", "TOLD_STATE_YES"]);
    assert_eq!(states(&alert, birthday), ["TOLD_STATE_NO_NOT_YET", "TOLD_STATE_NO_ADULT"]);

    // Not: where there is another child, whose parent it may be.
    let mut sibling = alert["envelope"]["subjects"][0].clone();
    sibling["subject_role"] = json!("SUBJECT_ROLE_SIBLING");
    sibling["dob"] = json!("2020-03-09");
    alert["envelope"]["subjects"].as_array_mut().unwrap().push(sibling);
    assert_eq!(states(&alert, birthday), ["TOLD_STATE_NO_NOT_YET", "TOLD_STATE_YES"]);
}

#[test]
fn a_safe_place_where_a_child_was_found_is_never_in_a_copy() {
    let mut alert = missing_overnight();
    alert["missing"]["found_place"] = json!("Harbour House");
    alert["missing"]["found_place_is_safe"] = json!(true);

    for letter in Letter::ALL {
        let copy = cut(&alert, &standard(AlertKind::MissingFound, *letter));
        assert!(!shows(&copy, "Harbour House"), "{letter}");
    }
    let specialist = cut(&alert, &standard(AlertKind::MissingFound, Letter::F));
    assert!(specialist.sealed.contains(&"missing.found_place[SAFE]".to_owned()));
}

#[test]
fn what_belongs_to_another_kind_is_not_in_the_copy() {
    let mut alert = missing_overnight();
    alert["missing"]["found_place"] = json!("Harbour House");

    let copy = cut(&alert, &standard(AlertKind::MissingReported, Letter::C));

    assert!(!shows(&copy, "Harbour House"));
}

#[test]
fn honour_based_abuse_puts_the_strictest_instructions_on_every_copy() {
    let mut alert = gold_domestic_abuse();
    alert["domestic_violence"]["abuse_types"] = json!(["ABUSE_TYPE_HBA"]);

    for letter in Letter::ALL {
        let copy = cut(&alert, &standard(AlertKind::DvNotification, *letter));
        assert!(banner_codes(&copy).contains(&"VIA_SENDER_ONLY"), "{letter}");
        assert!(banner_text(&copy).contains("anybody in the family"), "{letter}");
    }
}

#[test]
fn only_letters_that_may_see_the_name_read_it_in_the_instruction() {
    for letter in Letter::ALL {
        let copy = cut(&gold_domestic_abuse(), &standard(AlertKind::DvNotification, *letter));
        let may_see_name = matches!(
            letter,
            Letter::C
                | Letter::CL
                | Letter::P
                | Letter::F
                | Letter::M
                | Letter::K
                | Letter::H2
                | Letter::N
                | Letter::L
                | Letter::X
                | Letter::S
        );
        assert!(
            banner_codes(&copy).contains(&"DO_NOT_TELL"),
            "everybody gets the banner: {letter}"
        );
        assert_eq!(banner_text(&copy).contains("Craig"), may_see_name, "{letter}");
    }
}

#[test]
fn domestic_abuse_without_a_contact_rule_says_do_not_contact_the_home() {
    let mut alert = gold_domestic_abuse();
    alert["envelope"].as_object_mut().unwrap().remove("contact_rule");

    let copy = cut(&alert, &standard(AlertKind::DvNotification, Letter::C));

    assert!(banner_codes(&copy).contains(&"DO_NOT_CONTACT_HOME"));
}

#[test]
fn a_threat_not_known_to_be_immediate_is_a_banner_for_those_who_may_see_the_threat() {
    let mut alert = gold_domestic_abuse();
    alert["domestic_violence"]["immediate_threat"] = json!("BOOL3_UNKNOWN");

    let front_door = cut(&alert, &standard(AlertKind::DvNotification, Letter::C));
    let school = cut(&alert, &standard(AlertKind::DvNotification, Letter::E));

    assert!(banner_codes(&front_door).contains(&"THREAT_UNKNOWN"));
    assert!(!banner_codes(&school).contains(&"THREAT_UNKNOWN"));
}

#[test]
fn the_banner_goes_by_the_band_the_alert_is_taken_at_and_not_by_a_lower_one_it_was_sent_with() {
    let taken_at = |band: Option<RiskBand>| {
        let mut alert = gold_domestic_abuse();
        alert["domestic_violence"]["immediate_threat"] = json!("BOOL3_UNKNOWN");
        alert["domestic_violence"]["risk_band"] = json!("RISK_BAND_MEDIUM_SILVER");
        let facts = HubFacts { effective_risk_band: band, ..HubFacts::default() };
        let request = standard(AlertKind::DvNotification, Letter::C);
        let front_door = cut(&alert, &CopyRequest { hub_facts: Some(&facts), ..request });
        banner_codes(&front_door).contains(&"THREAT_UNKNOWN")
    };

    assert!(
        taken_at(Some(RiskBand::HighGold)),
        "its score is high, whatever band it was sent with"
    );
    assert!(!taken_at(None), "taken as it was sent");
}

#[test]
fn a_school_learns_of_an_order_only_when_it_bars_somebody_from_that_school() {
    let mut alert = gold_domestic_abuse();
    alert["domestic_violence"]["protective_orders"] = json!([
        {"type": "PROTECTIVE_ORDER_TYPE_BAIL", "person_name": "Craig Fabrico",
         "relationship": "RELATIONSHIP_PARTNER", "condition": "not to enter the school",
         "ends_on": "2027-01-31", "bars_school": true, "school_urns": ["900101"]},
        {"type": "PROTECTIVE_ORDER_TYPE_OCCUPATION", "person_name": "Craig Fabrico",
         "condition": "not to enter the home"},
        {"type": "PROTECTIVE_ORDER_TYPE_BAIL", "person_name": "Craig Fabrico",
         "condition": "not to enter another school", "bars_school": true, "school_urns": ["900102"]},
    ]);
    let mut request = standard(AlertKind::DvNotification, Letter::E);
    request.school_urn = Some("900101");

    let copy = cut(&alert, &request);

    assert_eq!(
        json(&copy.body)["domestic_violence"]["protective_orders"],
        json!([{
            "person_name": "Craig Fabrico", "relationship": "RELATIONSHIP_PARTNER",
            "condition": "not to enter the school", "ends_on": "2027-01-31",
        }])
    );
}

#[test]
fn the_envelopes_words_for_the_school_reach_no_school_when_the_alert_has_several_children() {
    let mut alert = gold_domestic_abuse();
    alert["envelope"]["voice_for_school"] = json!("words of one of them");
    let mut request = standard(AlertKind::DvNotification, Letter::E);
    request.school_urn = Some("900101");

    assert!(!shows(&cut(&alert, &request), "words of one of them"));
}

#[test]
fn a_school_without_a_pupil_in_the_alert_sees_nobody() {
    let mut request = standard(AlertKind::DvNotification, Letter::E);
    request.school_urn = Some("900199");

    let body = json(&cut(&gold_domestic_abuse(), &request).body);

    assert!(body["envelope"].get("subjects").is_none());
    assert!(body["domestic_violence"].get("child_impacts").is_none());
}

#[test]
fn the_education_inbox_stands_in_for_the_school_of_a_child_named_by_routing() {
    let mut request = standard(AlertKind::DvNotification, Letter::E);
    request.pupils = &[2];

    let copy = cut(&gold_domestic_abuse(), &request);

    assert!(shows(&copy, "Noah") && !shows(&copy, "Tilly"));
}

#[test]
fn a_council_sees_the_child_it_is_responsible_for_and_a_count_of_the_others() {
    let mut request = standard(AlertKind::DvNotification, Letter::X);
    request.council_children = &[1];

    let copy = cut(&gold_domestic_abuse(), &request);

    assert!(shows(&copy, "Tilly") && shows(&copy, "Dana"));
    assert!(!shows(&copy, "Noah") && !shows(&copy, "2027-02-10"));
    assert_eq!(copy.other_children, 2);
    let body = json(&copy.body);
    assert_eq!(body["domestic_violence"]["child_impacts"].as_array().unwrap().len(), 1);
}

#[test]
fn a_council_counts_children_at_home_that_are_not_its_own() {
    let copy = cut(&missing_overnight(), &standard(AlertKind::MissingReported, Letter::X));

    assert!(shows(&copy, "Ellie-Test") && shows(&copy, "Jo-Test"));
    assert!(!shows(&copy, "Ned-Test"));
    assert_eq!(copy.other_children, 1);
}

#[test]
fn a_person_of_concern_is_not_shown_as_one_who_may_agree() {
    let mut alert = alcohol_accepted();
    alert["envelope"]["persons_of_concern"] =
        json!([{"person": {"person_ref": "x", "family_name": "Samplewood"}}]);
    alert["envelope"]["subjects"][0]["pr_holders"][0]["person_ref"] = json!("x");

    let response = cut(&alert, &standard(AlertKind::AlcoholAttendance, Letter::R));
    let front_door = cut(&alert, &standard(AlertKind::AlcoholAttendance, Letter::C));

    assert!(!shows(&response, "Una Samplewood"));
    assert!(shows(&front_door, "Una Samplewood"));
}

#[test]
fn an_alleged_perpetrators_address_stays_with_police_when_the_familys_is_safe() {
    let mut alert = gold_domestic_abuse();
    alert["domestic_violence"]["alleged_perpetrator"]["person"]["addresses"] =
        json!([{"type": "ADDRESS_TYPE_HOME", "postcode": "ZX47 2LN"}]);
    let mut request = standard(AlertKind::DvNotification, Letter::P);
    request.protected = &[0];

    let copy = cut(&alert, &request);

    assert!(shows(&copy, "ZX47 2LN") && !shows(&copy, "ZX42 4GH"));
}

#[test]
fn sealed_fields_and_third_parties_are_marked_only_to_the_letters_that_may_know_of_them() {
    const THIRD_PARTIES: [&str; 8] = [
        "addresses",
        "phones",
        "area",
        "household",
        "persons_of_concern",
        "alleged_perpetrator",
        "pr_holders",
        "protective_orders",
    ];
    for kind in AlertKind::ALL {
        for letter in Letter::ALL {
            let copy = views::cut(&[], &standard(*kind, *letter)).unwrap();
            let narrow = matches!(
                letter,
                Letter::C
                    | Letter::CL
                    | Letter::P
                    | Letter::F
                    | Letter::M
                    | Letter::L
                    | Letter::X
                    | Letter::H2
            );
            let sealed = narrow || matches!(letter, Letter::D | Letter::Z);
            for redaction in &copy.redactions {
                let path = &redaction.path;
                let third_party = path.split(['.', '[']).any(|step| THIRD_PARTIES.contains(&step));
                assert!(narrow || !third_party, "{kind} {letter} {path}");
                let marked_sealed = redaction.reason == RedactionReason::Sealed;
                assert!(sealed || !marked_sealed, "{kind} {letter} {path}");
                let by_value = path.ends_with("risk_markers") || path.ends_with("risk_factors");
                let in_part = matches!(letter, Letter::P | Letter::S | Letter::R);
                assert!(!(by_value && in_part && *kind == AlertKind::AlcoholAttendance), "{path}");
            }
        }
    }
}

#[test]
fn health_visiting_does_not_see_the_impact_on_a_schoolchild_who_lives_elsewhere() {
    let mut request = standard(AlertKind::DvNotification, Letter::N);
    request.living_outside = &[1];

    let copy = cut(&gold_domestic_abuse(), &request);

    assert!(!shows(&copy, "stood between") && shows(&copy, "clingy"));
}

#[test]
fn the_hospital_sees_a_person_of_concern_only_for_the_safety_of_its_patients() {
    let mut alert = alcohol_accepted();
    alert["envelope"]["persons_of_concern"] = json!([
        {"person": {"person_ref": "a", "family_name": "Adultone"}, "patient_safety": true},
        {"person": {"person_ref": "b", "family_name": "Adulttwo"}},
    ]);

    for letter in [Letter::H1, Letter::H2] {
        let copy = cut(&alert, &standard(AlertKind::AlcoholAttendance, letter));
        assert!(shows(&copy, "Adultone") && !shows(&copy, "Adulttwo"), "{letter}");
    }
}

#[test]
fn a_safe_task_tells_the_childs_name_and_neither_kind_nor_content() {
    let mut request = CopyRequest::new(AlertKind::DvNotification, Letter::F, View::SafeTask);
    request.protected = &[1];

    let copy = cut(&gold_domestic_abuse(), &request);

    assert_eq!(
        json(&copy.body),
        json!({"envelope": {
            "sender_agency": "MERPOL",
            "sender_user": {"duty_phone": "+441514960100"},
            "contact_rule": "CONTACT_RULE_DO_NOT_CONTACT_HOME",
            "subjects": [{"family_name": "Exemplar", "given_names": ["Tilly"]}],
        }})
    );
    assert!(!banner_text(&copy).contains("Craig"));
}

#[test]
fn outside_the_recipient_agency_the_ladder_shows_no_person() {
    let request = CopyRequest::new(AlertKind::DvNotification, Letter::C, View::Ladder);

    let copy = cut(&gold_domestic_abuse(), &request);

    assert_eq!(
        json(&copy.body),
        json!({"envelope": {
            "kind": "ALERT_KIND_DV_NOTIFICATION",
            "sender_agency": "MERPOL",
            "sender_user": {"duty_phone": "+441514960100"},
            "contact_rule": "CONTACT_RULE_DO_NOT_CONTACT_HOME",
        }})
    );
    assert!(!banner_text(&copy).contains("Craig"));
}

#[test]
fn an_urgent_alert_without_roles_still_has_somebody_to_look_out_for() {
    let mut alert = missing_overnight();
    alert["envelope"]["subjects"][0].as_object_mut().unwrap().remove("subject_role");

    let copy = cut(&alert, &standard(AlertKind::MissingReported, Letter::H1));

    assert!(shows(&copy, "Ellie-Test"));
}

#[test]
fn the_senders_own_references_do_not_leave_the_hub() {
    let copy = cut(&gold_domestic_abuse(), &standard(AlertKind::DvNotification, Letter::C));
    let body = json(&copy.body);

    assert_eq!(body["envelope"]["do_not_tell"], json!([{"person_ref": "5"}]));
    assert_eq!(body["domestic_violence"]["alleged_perpetrator"]["person"]["person_ref"], "5");
    assert_eq!(body["domestic_violence"]["child_impacts"][0]["child_ref"], "2");
    assert!(!body.to_string().contains("craig") && !body.to_string().contains("tilly"));
}

#[test]
fn what_a_sender_writes_in_the_hubs_place_is_not_taken_and_what_the_hub_adds_is_cut_too() {
    let mut alert = gold_domestic_abuse();
    alert["hub"] = json!({"area": ["AREA-99"], "clock_skew": true});
    let facts = HubFacts {
        received_at: Some(Timestamp::from_millis(1_000_500)),
        area: vec!["AREA-02".to_owned()],
        notes: vec![HubNote::ProvisionalBasis],
        encompass: vec![
            ("900101".to_owned(), Timestamp::from_millis(2_000_000)),
            ("900102".to_owned(), Timestamp::from_millis(2_000_000)),
        ],
        ..HubFacts::default()
    };
    let mut front_door = standard(AlertKind::DvNotification, Letter::C);
    front_door.hub_facts = Some(&facts);
    let mut school = standard(AlertKind::DvNotification, Letter::E);
    school.hub_facts = Some(&facts);
    school.school_urn = Some("900101");

    let (front_door, school) = (cut(&alert, &front_door), cut(&alert, &school));

    assert!(!shows(&front_door, "AREA-99"));
    assert_eq!(
        json(&front_door.body)["hub"],
        json!({
            "received_at": {"at": "1970-01-01T00:16:40.500Z"}, "area": ["AREA-02"],
            "provisional_basis": true,
            "encompass": [
                {"school_urn": "900101", "due_at": {"at": "1970-01-01T00:33:20Z"}},
                {"school_urn": "900102", "due_at": {"at": "1970-01-01T00:33:20Z"}},
            ],
        })
    );
    assert_eq!(
        json(&school.body)["hub"],
        json!({
            "received_at": {"at": "1970-01-01T00:16:40.500Z"},
            "encompass": [{"school_urn": "900101", "due_at": {"at": "1970-01-01T00:33:20Z"}}],
        })
    );
}

#[test]
fn a_singular_field_given_twice_cannot_smuggle_a_second_envelope_past_the_rules() {
    let first = bytes(&json!({"envelope": {"do_not_tell": [{"role": "father"}]}}));
    let twice = [first, bytes(&gold_domestic_abuse())].concat();
    let request = standard(AlertKind::DvNotification, Letter::C);

    let copy = views::cut(&twice, &request).unwrap();

    assert_eq!(json(&copy.body)["envelope"]["do_not_tell"].as_array().unwrap().len(), 2);
    assert!(banner_text(&copy).contains("father") && banner_text(&copy).contains("Craig"));
}

#[test]
fn bytes_that_are_not_an_alert_give_no_copy() {
    let request = standard(AlertKind::DvNotification, Letter::C);

    assert_eq!(views::cut(&[0x0a, 0xff], &request), Err(ViewError::AlertMalformed));
    assert_eq!(views::cut(&[0x08, 0x01], &request), Err(ViewError::AlertMalformed));
}

#[test]
fn a_gap_is_named_only_where_the_field_may_be() {
    let dv = AlertKind::DvNotification;
    let impact = "alert.domestic_violence.child_impacts[1].impact_text";
    let score = "alert.domestic_violence.tool_score";

    assert!(may_see(dv, Letter::C, View::Standard, impact));
    assert!(!may_see(dv, Letter::N, View::Standard, impact), "a list it sees in part");
    assert!(!may_see(dv, Letter::E, View::Standard, impact));
    assert!(may_see(dv, Letter::P, View::Standard, score));
    assert!(!may_see(dv, Letter::N, View::Standard, score));
    assert!(!may_see(dv, Letter::F, View::Standard, "alert.domestic_violence.safe_contact"));
    assert!(!may_see(dv, Letter::C, View::Standard, "alert.missing.police_ref"), "another kind");
    assert!(!may_see(dv, Letter::C, View::Standard, "alert.no_such_field"));
    assert!(!may_see(dv, Letter::C, View::Ladder, "alert.envelope.subjects[0].dob"));
    assert!(may_see(dv, Letter::C, View::Ladder, "alert.envelope.sender_user"));
}

#[test]
fn every_copy_fills_whole_blocks() {
    for length in 0..5_000_usize {
        let padding = padding_len(length);
        let prefix = if padding == 0 { 0 } else { 2 + varint_len(padding) };
        assert_eq!((length + prefix + padding) % 1024, 0, "{length}");
        assert!(padding < 2 * 1024, "{length}");
    }
}

fn varint_len(value: usize) -> usize {
    if value < 0x80 {
        1
    } else if value < 0x4000 {
        2
    } else {
        3
    }
}

#[test]
fn what_a_cut_holds_does_not_appear_in_its_debug_text() {
    let copy = cut(&gold_domestic_abuse(), &standard(AlertKind::DvNotification, Letter::C));

    let text = format!("{copy:?} {:?}", copy.banners);

    assert!(!text.contains("Craig") && !text.contains("Tilly"));
}
