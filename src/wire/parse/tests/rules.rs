//! Envelope and persons, one rule a line: what is missing, malformed or misplaced, by path, reason and need.

use super::*;
use Need::{Conditional, Format, Hard, Required};

const MISSING: &str = "s01-missing-reported";
const FOUND: &str = "s01-missing-found";
const ALCOHOL: &str = "s03-alcohol-attendance";
const ABUSE: &str = "s05-domestic-abuse-gold";
const INTERVIEW: &str = "s01-rhi-completed";
const PATHWAY: &str = "s03-pathway-engaged";
const REFERRAL: &str = "s07-marac-referral";
const OUTCOME: &str = "s07-marac-outcome";
const PLACE: &str = "s08-place-of-safety";
const REPORT: &str = "s08-operation-report";

#[test]
fn what_refuses_at_every_priority_is_hard() {
    breaks(MISSING, ("alert.envelope.sender_agency", "REQUIRED", Hard), |alert| {
        envelope(alert).sender_agency.clear();
    });
    breaks(MISSING, ("alert.envelope.sender_agency", "MALFORMED", Hard), |alert| {
        envelope(alert).sender_agency = "merpol".to_owned();
    });
    breaks(MISSING, ("alert.envelope.headline_concern", "REQUIRED", Hard), |alert| {
        envelope(alert).headline_concern = " \n ".to_owned();
    });
    breaks(MISSING, ("alert.envelope.subjects", "REQUIRED", Hard), |alert| {
        envelope(alert).subjects.clear();
    });
    let mut request = sample(MISSING);
    for (key, reason) in [("", "REQUIRED"), ("two words", "MALFORMED"), ("é", "MALFORMED")] {
        request.idempotency_key = key.to_owned();
        let parsed = parse(&request).unwrap();
        assert!(!parsed.key.is_given());
        assert_eq!(told(&parsed.submission.violations), [("idempotency_key", reason)]);
        assert_eq!(parsed.submission.violations[0].need, Hard);
    }
}

#[test]
fn an_alert_without_a_kind_this_hub_speaks_cannot_be_read() {
    for (kind, reason) in [(0, "REQUIRED"), (9, "UNKNOWN_CODE"), (-1, "UNKNOWN_CODE")] {
        let request = changed(MISSING, |alert| envelope(alert).kind = kind);

        let unreadable = parse(&request).unwrap_err();
        assert_eq!(told(&unreadable.violations), [("alert.envelope.kind", reason)]);
    }
    let request = changed(MISSING, |alert| alert.envelope = None);
    assert_eq!(
        told(&parse(&request).unwrap_err().violations),
        [("alert.envelope.kind", "REQUIRED")]
    );
}

#[test]
fn nothing_given_is_told_with_its_need() {
    let without = v1::Alert {
        envelope: Some(v1::Envelope { kind: 1, ..v1::Envelope::default() }),
        ..v1::Alert::default()
    };
    let request =
        SubmitAlertRequest { alert: without.encode_to_vec().into(), ..Default::default() };
    let parsed = parse(&request).unwrap();

    let told: Vec<_> =
        parsed.submission.violations.iter().map(|v| (v.path.as_str(), v.need)).collect();
    assert_eq!(
        told,
        [
            ("idempotency_key", Hard),
            ("alert.missing", Required),
            ("alert.envelope.schema_version", Required),
            ("alert.envelope.sender_agency", Hard),
            ("alert.envelope.sender_user", Required),
            ("alert.envelope.sent_at", Required),
            ("alert.envelope.occurred_at", Required),
            ("alert.envelope.headline_concern", Hard),
            ("alert.envelope.risk", Required),
            ("alert.envelope.priority", Required),
            ("alert.envelope.looked_after", Required),
            ("alert.envelope.told", Required),
            ("alert.envelope.subjects", Hard),
            ("alert.envelope.sharing", Required),
        ]
    );
}

#[test]
fn every_kind_tells_the_whole_part_that_is_missing() {
    for (name, body, count) in [
        (MISSING, "missing", 5),
        (FOUND, "missing", 3),
        (ALCOHOL, "alcohol", 12),
        (ABUSE, "domestic_violence", 11),
        (INTERVIEW, "return_interview", 2),
        (PATHWAY, "alcohol_pathway", 2),
        (REFERRAL, "marac_referral", 7),
        (OUTCOME, "marac_outcome", 8),
        (PLACE, "place_of_safety", 9),
        (REPORT, "operation_report", 7),
        ("full-contact", "contact", 6),
        ("full-concern", "concern", 5),
        ("full-referral-decision", "referral_decision", 6),
        ("full-feedback", "feedback", 3),
        ("full-information-request", "information_request", 4),
        ("full-information-response", "information_response", 3),
        ("full-not-shared", "not_shared", 3),
        ("full-assessment", "assessment_completed", 4),
    ] {
        let told = violations(name, |alert| match alert.body.as_mut().unwrap() {
            v1::alert::Body::Missing(body) => *body = v1::MissingFromHome::default(),
            v1::alert::Body::Alcohol(body) => *body = v1::AlcoholAttendance::default(),
            v1::alert::Body::DomesticViolence(body) => {
                *body = v1::DomesticViolenceNotification::default()
            }
            v1::alert::Body::ReturnInterview(body) => *body = v1::ReturnInterview::default(),
            v1::alert::Body::AlcoholPathway(body) => *body = v1::AlcoholPathway::default(),
            v1::alert::Body::MaracReferral(body) => *body = v1::MaracReferral::default(),
            v1::alert::Body::MaracOutcome(body) => *body = v1::MaracOutcome::default(),
            v1::alert::Body::PlaceOfSafety(body) => *body = v1::PlaceOfSafety::default(),
            v1::alert::Body::OperationReport(body) => *body = v1::OperationReport::default(),
            v1::alert::Body::Contact(body) => *body = v1::CscContact::default(),
            v1::alert::Body::Concern(body) => *body = v1::Concern::default(),
            v1::alert::Body::ReferralDecision(body) => *body = v1::ReferralDecision::default(),
            v1::alert::Body::Feedback(body) => *body = v1::Feedback::default(),
            v1::alert::Body::FamilyHelp(body) => *body = v1::FamilyHelp::default(),
            v1::alert::Body::InformationRequest(body) => {
                *body = v1::InformationRequest::default();
            }
            v1::alert::Body::InformationResponse(body) => {
                *body = v1::InformationResponse::default();
            }
            v1::alert::Body::NotShared(body) => *body = v1::NotShared::default(),
            v1::alert::Body::AssessmentCompleted(body) => {
                *body = v1::AssessmentCompleted::default();
            }
        });

        let own = format!("alert.{body}.");
        // References to persons of the part lead nowhere now; that is told too.
        let told: Vec<_> = told.into_iter().filter(|(path, ..)| path.starts_with(&own)).collect();
        assert_eq!(told.len(), count, "{told:?}");
        assert!(
            told.iter().all(|(path, reason, need)| {
                path.starts_with(&own)
                    && *reason == "REQUIRED"
                    && matches!(need, Required | Conditional)
            }),
            "{told:?}"
        );
    }
}

#[test]
fn the_part_belongs_to_the_kind() {
    let other = parse(&changed(ABUSE, |alert| envelope(alert).kind = 10)).unwrap();
    assert_eq!(
        told(&other.submission.violations),
        [("alert.alcohol", "REQUIRED"), ("alert.domestic_violence", "NOT_FOR_KIND"),]
    );
    assert!(other.submission.alcohol().is_some(), "the empty part of the kind");
    breaks(MISSING, ("alert.missing.found_at", "NOT_FOR_KIND", Format), |alert| {
        missing(alert).found_at = missing(alert).last_seen_at;
    });
    breaks(MISSING, ("alert.missing.cancelled_at", "NOT_FOR_KIND", Format), |alert| {
        missing(alert).cancelled_at = missing(alert).last_seen_at;
    });
}

#[test]
fn the_hub_alone_fills_the_hubs_part() {
    breaks(MISSING, ("alert.hub", "SET_BY_HUB", Format), |alert| {
        alert.hub = Some(v1::HubFacts { late: true, ..v1::HubFacts::default() });
    });
}

#[test]
fn a_found_or_cancelled_child_is_not_refused_for_what_the_report_said() {
    fits(FOUND, |alert| {
        let found = missing(alert);
        found.category = 0;
        found.last_seen_at = None;
        found.last_seen_place.clear();
        found.missing_from = 0;
        found.risk_factors.clear();
    });
    breaks(FOUND, ("alert.missing.harm_codes", "REQUIRED", Conditional), |alert| {
        missing(alert).harm_while_missing = 1;
    });
}

#[test]
fn who_stands_behind_the_alert_has_name_role_and_phone() {
    for (field, clear) in [
        ("name", (|user| user.name.clear()) as fn(&mut v1::SenderUser)),
        ("role", |user| user.role.clear()),
        ("phone", |user| user.phone.clear()),
    ] {
        let path = format!("alert.envelope.sender_user.{field}");
        breaks(MISSING, (&path, "REQUIRED", Required), |alert| {
            clear(envelope(alert).sender_user.as_mut().unwrap());
        });
    }
    breaks(MISSING, ("alert.envelope.sender_user.duty_phone", "MALFORMED", Format), |alert| {
        envelope(alert).sender_user.as_mut().unwrap().duty_phone = "0151 496 0100".to_owned();
    });
    breaks(MISSING, ("alert.envelope.sender_user.user_id", "MALFORMED", Format), |alert| {
        envelope(alert).sender_user.as_mut().unwrap().user_id = "Tess Vector".to_owned();
    });
}

#[test]
fn only_the_version_this_hub_speaks_is_accepted() {
    breaks(MISSING, ("alert.envelope.schema_version", "UNKNOWN_VERSION", Format), |alert| {
        envelope(alert).schema_version = "2.0".to_owned();
    });
    breaks(MISSING, ("alert.envelope.schema_version", "MALFORMED", Format), |alert| {
        envelope(alert).schema_version = "Marrowby".to_owned();
    });
    fits(MISSING, |alert| envelope(alert).schema_version = "1.7".to_owned());
    let request = changed(MISSING, |alert| envelope(alert).schema_version = "Marrowby".to_owned());
    assert_eq!(parse(&request).unwrap().submission.envelope.schema_version, "", "never kept");
}

#[test]
fn an_unknown_code_is_told_and_kept_and_zero_is_not_given() {
    use crate::domain::submission::{Code, Given};

    breaks(MISSING, ("alert.envelope.risk", "UNKNOWN_CODE", Format), |a| envelope(a).risk = 99);
    breaks(MISSING, ("alert.envelope.risk", "UNKNOWN_CODE", Format), |a| envelope(a).risk = -1);
    breaks(MISSING, ("alert.envelope.risk", "REQUIRED", Required), |a| envelope(a).risk = 0);
    breaks(MISSING, ("alert.missing.risk_factors[1]", "UNKNOWN_CODE", Format), |alert| {
        missing(alert).risk_factors = vec![1, 77];
    });
    breaks(MISSING, ("alert.missing.risk_factors[0]", "REQUIRED", Format), |alert| {
        missing(alert).risk_factors = vec![0, 1];
    });
    breaks(MISSING, ("alert.envelope.subjects[0].sex", "UNKNOWN_CODE", Format), |alert| {
        envelope(alert).subjects[0].sex = 9;
    });

    let request = changed(MISSING, |alert| {
        envelope(alert).risk = 99;
        envelope(alert).priority = 99;
    });
    let read = parse(&request).unwrap().submission.envelope;
    assert_eq!(read.risk, Given::Given(Code::Unrecognised(99)));
    assert_eq!(read.priority, Given::Given(Code::Unrecognised(99)));
}

#[test]
fn roles_have_their_lists() {
    let role = |index: usize, role: v1::SubjectRole| {
        move |alert: &mut v1::Alert| envelope(alert).subjects[index].subject_role = role.into()
    };
    let at = "alert.envelope.subjects[1].subject_role";
    breaks(ABUSE, (at, "ROLE_MISPLACED", Format), |alert| {
        abuse(alert).children_in_scope = 2;
        abuse(alert).none_confirmed_how = "asked".to_owned();
        role(1, v1::SubjectRole::ParentCarer)(alert);
    });
    breaks(
        ABUSE,
        ("alert.envelope.subjects", "ONE_PRIMARY", Format),
        role(1, v1::SubjectRole::Primary),
    );
    fits(ABUSE, role(1, v1::SubjectRole::Victim));
    breaks(
        ABUSE,
        ("alert.envelope.subjects", "ONE_PRIMARY", Format),
        role(0, v1::SubjectRole::Victim),
    );
    assert_eq!(
        violations(MISSING, role(0, v1::SubjectRole::Victim)),
        [
            ("alert.envelope.subjects[0].subject_role".to_owned(), "ROLE_MISPLACED", Format),
            ("alert.envelope.subjects".to_owned(), "ONE_PRIMARY", Format),
        ]
    );
    breaks(
        MISSING,
        ("alert.envelope.subjects[0].subject_role", "REQUIRED", Required),
        role(0, v1::SubjectRole::Unspecified),
    );
    breaks(
        MISSING,
        ("alert.envelope.household[0].subject_role", "ROLE_MISPLACED", Format),
        |alert| {
            envelope(alert).household[0].subject_role = v1::SubjectRole::PersonOfConcern.into();
        },
    );
    breaks(
        ABUSE,
        (
            "alert.domestic_violence.alleged_perpetrator.person.subject_role",
            "ROLE_MISPLACED",
            Format,
        ),
        |alert| {
            let concern = abuse(alert).alleged_perpetrator.as_mut().unwrap();
            concern.person.as_mut().unwrap().subject_role = v1::SubjectRole::ParentCarer.into();
        },
    );
}

#[test]
fn a_person_has_a_name_or_a_description() {
    let nameless = |person: &mut v1::Person| {
        person.family_name.clear();
        person.given_names.clear();
        person.also_known_as.clear();
    };
    assert_eq!(
        violations(MISSING, |alert| nameless(&mut envelope(alert).subjects[0])),
        [
            ("alert.envelope.subjects[0].family_name".to_owned(), "REQUIRED", Conditional),
            ("alert.envelope.subjects".to_owned(), "REQUIRED", Hard),
        ]
    );
    fits(MISSING, |alert| {
        nameless(&mut envelope(alert).subjects[0]);
        envelope(alert).subjects[0].description = "girl of about 14, red coat".to_owned();
    });
    breaks(ABUSE, ("alert.envelope.subjects[2].family_name", "REQUIRED", Conditional), |alert| {
        nameless(&mut envelope(alert).subjects[2]);
    });
    breaks(MISSING, ("alert.envelope.subjects[0].given_names[0]", "REQUIRED", Format), |alert| {
        envelope(alert).subjects[0].given_names[0] = " ".to_owned();
    });
}

#[test]
fn an_nhs_number_that_cannot_be_is_told_and_never_verified() {
    let at = "alert.envelope.subjects[0].nhs_number";
    for number in ["9990001376", "999000137", "9434765919", "1111111111"] {
        breaks(MISSING, (at, "MALFORMED", Format), |alert| {
            envelope(alert).subjects[0].nhs_number = number.to_owned();
        });
        let request =
            changed(MISSING, |alert| envelope(alert).subjects[0].nhs_number = number.to_owned());
        assert!(!parse(&request).unwrap().submission.subjects[0].nhs_verified);
    }
    fits(MISSING, |alert| envelope(alert).subjects[0].nhs_number = "999 000 1375".to_owned());
    breaks(MISSING, (at, "REQUIRED", Conditional), |alert| {
        envelope(alert).subjects[0].nhs_number.clear();
    });
    let unverified = changed(MISSING, |alert| envelope(alert).subjects[0].nhs_number_status = 2);
    assert!(!parse(&unverified).unwrap().submission.subjects[0].nhs_verified);
}

#[test]
fn a_date_of_birth_exists_fits_its_precision_and_is_not_later_than_the_alert() {
    use crate::domain::submission::AgeFact;

    let dob = |text: &str, precision: i32| {
        let text = text.to_owned();
        move |alert: &mut v1::Alert| {
            envelope(alert).subjects[0].dob = text;
            envelope(alert).subjects[0].dob_precision = precision;
        }
    };
    let at = "alert.envelope.subjects[0].dob";
    for (text, precision) in [
        ("2023-02-29", 1),
        ("0000-01-01", 1),
        ("9999-12-31", 1),
        ("09/03/2012", 1),
        ("2012-03", 1),
        ("2012", 2),
        ("2012-03-09", 3),
        ("2012-13", 2),
    ] {
        breaks(MISSING, (at, "MALFORMED", Format), dob(text, precision));
        let read = parse(&changed(MISSING, dob(text, precision))).unwrap();
        assert_eq!(read.submission.subjects[0].age, AgeFact::Unknown, "{text}");
    }
    breaks(MISSING, (at, "IN_FUTURE", Format), dob("2026-10-25", 1));
    breaks(MISSING, (at, "IN_FUTURE", Format), dob("2027", 3));
    fits(MISSING, dob("2026-10-24", 1));
    fits(MISSING, dob("2012-02-29", 1));
    fits(MISSING, dob("2012-03", 2));
    fits(MISSING, dob("2026", 3));
    breaks(MISSING, (at, "REQUIRED", Conditional), dob("", 1));
    breaks(
        MISSING,
        ("alert.envelope.subjects[0].dob_precision", "REQUIRED", Conditional),
        dob("2012-03-09", 0),
    );
    let unsaid = parse(&changed(MISSING, dob("2012-03-09", 0))).unwrap();
    assert!(
        matches!(unsaid.submission.subjects[0].age, AgeFact::Born(_)),
        "an age in sight is used"
    );
    breaks(
        MISSING,
        ("alert.envelope.subjects[0].estimated_age", "REQUIRED", Conditional),
        dob("", 4),
    );
    let guessed = changed(MISSING, |alert| {
        dob("", 4)(alert);
        envelope(alert).subjects[0].estimated_age = Some(14);
    });
    let guessed = parse(&guessed).unwrap();
    assert_eq!(guessed.submission.violations, []);
    assert!(
        matches!(guessed.submission.subjects[0].age, AgeFact::Estimated(age) if *age.expose() == 14)
    );
}

#[test]
fn an_unborn_child_is_expected_within_300_days() {
    let at = "alert.envelope.subjects[3].expected_delivery";
    let expected = |text: &str| {
        let text = text.to_owned();
        move |alert: &mut v1::Alert| envelope(alert).subjects[3].expected_delivery = text
    };
    fits(ABUSE, expected("2027-09-09"));
    breaks(ABUSE, (at, "OUT_OF_RANGE", Format), expected("2027-09-10"));
    fits(ABUSE, expected("2026-10-16"));
    breaks(ABUSE, (at, "OUT_OF_RANGE", Format), expected("2026-10-15"));
    breaks(ABUSE, (at, "REQUIRED", Conditional), expected(""));
    breaks(ABUSE, (at, "MALFORMED", Format), expected("February"));
}

#[test]
fn references_lead_to_persons_of_the_alert() {
    breaks(MISSING, ("alert.envelope.told[0].person_ref", "REF_UNKNOWN", Format), |alert| {
        envelope(alert).told[0].person_ref = "uncle".to_owned();
    });
    breaks(MISSING, ("alert.envelope.household[1].person_ref", "DUPLICATE", Format), |alert| {
        envelope(alert).household[1].person_ref = "mother".to_owned();
        envelope(alert).told[1].person_ref = "mother".to_owned();
        envelope(alert).subjects[0].pr_holders[1].person_ref = "mother".to_owned();
    });
    breaks(ABUSE, ("alert.domestic_violence.victim_ref", "REF_UNKNOWN", Format), |alert| {
        abuse(alert).victim_ref = "craig".to_owned();
    });
    fits(ABUSE, |alert| abuse(alert).victim_ref.clear());
    breaks(MISSING, ("alert.envelope.household[0].person_ref", "MALFORMED", Format), |alert| {
        envelope(alert).household[0].person_ref = "9990001375".to_owned();
        envelope(alert).told.remove(0);
        envelope(alert).subjects[0].pr_holders.remove(0);
    });
}

#[test]
fn who_was_told_is_told_with_a_reason_for_each_no() {
    breaks(MISSING, ("alert.envelope.told", "REQUIRED", Required), |a| envelope(a).told.clear());
    breaks(MISSING, ("alert.envelope.told[1].reason", "REQUIRED", Conditional), |alert| {
        envelope(alert).told[1].state = v1::ToldState::NoNotYet.into();
    });
    breaks(MISSING, ("alert.envelope.told[0].state", "REQUIRED", Required), |alert| {
        envelope(alert).told[0].state = 0;
    });
    breaks(MISSING, ("alert.envelope.told[0].role", "REQUIRED", Conditional), |alert| {
        envelope(alert).told[0].person_ref.clear();
    });
    fits(ALCOHOL, |alert| envelope(alert).told[0].person_ref.clear());
    breaks(ABUSE, ("alert.envelope.told[2].person_ref", "REQUIRED", Conditional), |alert| {
        envelope(alert).told.push(v1::Told { about: 1, state: 1, ..v1::Told::default() });
    });
    for state in [v1::ToldState::NoUnsafe, v1::ToldState::NoChildRefused] {
        breaks(MISSING, ("alert.envelope.do_not_tell", "REQUIRED", Conditional), |alert| {
            envelope(alert).told[1].state = state.into();
            envelope(alert).told[1].reason = "not safe".to_owned();
        });
    }
    breaks(ABUSE, ("alert.envelope.do_not_tell[0].role", "REQUIRED", Conditional), |alert| {
        envelope(alert).do_not_tell[0] = v1::DoNotTell::default();
    });
}

#[test]
fn a_looked_after_child_has_a_responsible_council() {
    breaks(MISSING, ("alert.envelope.responsible_la", "REQUIRED", Conditional), |alert| {
        envelope(alert).looked_after = v1::LookedAfter::Yes.into();
    });
    breaks(MISSING, ("alert.envelope.responsible_la", "MALFORMED", Format), |alert| {
        envelope(alert).responsible_la = "Liverpool".to_owned();
    });
}

#[test]
fn addresses_phones_and_schools_have_their_shapes() {
    let person = |change: fn(&mut v1::Person)| {
        move |alert: &mut v1::Alert| change(&mut envelope(alert).subjects[0])
    };
    let at = |field: &str| format!("alert.envelope.subjects[0].{field}");
    for (field, reason, need, change) in [
        (
            "addresses[0].postcode",
            "MALFORMED",
            Format,
            (|p| p.addresses[0].postcode = "CH41 2AB".to_owned()) as fn(&mut v1::Person),
        ),
        ("addresses[0].uprn", "MALFORMED", Format, |p| {
            p.addresses[0].uprn = "1234567890123".to_owned()
        }),
        ("addresses[0].type", "REQUIRED", Required, |p| p.addresses[0].r#type = 0),
        ("addresses[0].type", "UNKNOWN_CODE", Format, |p| p.addresses[0].r#type = 9),
        ("phones[0].number", "MALFORMED", Format, |p| {
            p.phones[0].number = "07700 900123".to_owned()
        }),
        ("phones[0].number", "REQUIRED", Conditional, |p| p.phones[0].number.clear()),
        ("school_urn", "MALFORMED", Format, |p| p.school_urn = "90010".to_owned()),
        ("school_urn", "MALFORMED", Format, |p| p.school_urn = "ehe".to_owned()),
        ("gp_ods", "MALFORMED", Format, |p| p.gp_ods = "my gp".to_owned()),
        ("pr_holders[0].basis", "REQUIRED", Required, |p| p.pr_holders[0].basis = 0),
        ("pr_holders[0].basis_other", "REQUIRED", Conditional, |p| p.pr_holders[0].basis = 11),
        ("pr_holders[0].name", "REQUIRED", Conditional, |p| p.pr_holders[0].person_ref.clear()),
    ] {
        breaks(MISSING, (&at(field), reason, need), person(change));
    }
    fits(MISSING, person(|p| p.school_urn = "EHE".to_owned()));
    fits(MISSING, person(|p| p.school_urn = "NOT_IN_EDUCATION".to_owned()));
    fits(MISSING, person(|p| p.addresses[0].postcode = "ZZ99 3VZ".to_owned()));
}

#[test]
fn nothing_of_a_safe_address_is_told() {
    fits(MISSING, |alert| {
        let address = &mut envelope(alert).subjects[0].addresses[0];
        address.r#type = v1::AddressType::Safe.into();
        address.postcode = "nonsense".to_owned();
        address.uprn = "nonsense".to_owned();
        address.lines = vec!["line".to_owned(); 50];
    });
    let unknown = changed(MISSING, |a| envelope(a).subjects[0].addresses[0].r#type = 9);
    let read = &parse(&unknown).unwrap().submission.subjects[0];
    assert!(read.has_safe_address, "a type of a newer contract may be a refuge");
    assert_eq!(read.addresses, []);
}

#[test]
fn a_safe_address_beyond_the_bound_is_still_seen() {
    let request = changed(MISSING, |alert| {
        let addresses = &mut envelope(alert).subjects[0].addresses;
        addresses.resize(8, addresses[0].clone());
        addresses.push(v1::Address { r#type: 5, ..v1::Address::default() });
    });
    let parsed = parse(&request).unwrap();

    assert!(parsed.submission.subjects[0].has_safe_address);
    assert_eq!(
        told(&parsed.submission.violations),
        [("alert.envelope.subjects[0].addresses", "TOO_MANY")]
    );
}

#[test]
fn words_for_the_school_name_nobody_and_no_place() {
    let at = "alert.envelope.voice_for_school";
    for text in [
        "Neil-Test shouted",
        "it was ELLS who cried",
        "marrowby",
        "come to 4 Hill Road",
        "we live at ZX43 2AB",
        "zx432ab",
    ] {
        breaks(MISSING, (at, "STOP_LIST", Format), |alert| {
            envelope(alert).voice_for_school = text.to_owned();
        });
    }
    for text in ["I am tired", "my broad test was hard", "I do not like year 7"] {
        let text = text.replace("test", "exam");
        fits(MISSING, |alert| envelope(alert).voice_for_school = text);
    }
    breaks(
        ABUSE,
        ("alert.domestic_violence.child_impacts[0].voice_for_school", "STOP_LIST", Format),
        |alert| {
            abuse(alert).child_impacts[0].voice_for_school = "Craig hit mum".to_owned();
        },
    );
}
