//! Every bound: the most that fits, and one more.

use Need::Format;

use super::*;

type Set = fn(&mut v1::Alert, String);
type Fill = fn(&mut v1::Alert, usize);

fn person() -> v1::Person {
    v1::Person { subject_role: 2, family_name: "Fictus".to_owned(), ..v1::Person::default() }
}

fn concern() -> v1::PersonOfConcern {
    let person = v1::Person { subject_role: 5, ..person() };
    v1::PersonOfConcern { person: Some(person), allegation_status: 1, ..Default::default() }
}

/// A text of so many characters, none of them ASCII: bounds count characters, not bytes.
fn text(characters: usize) -> String {
    "é".repeat(characters)
}

/// Sample, path, bound, and what sets or fills the field.
const LONGEST: &[(&str, &str, usize, Set)] = &[
    ("full-missing", "alert.envelope.headline_concern", 200, |a, t| {
        envelope(a).headline_concern = t
    }),
    ("full-missing", "alert.envelope.episode_id", 64, |a, t| envelope(a).episode_id = t),
    ("full-missing", "alert.envelope.sender_user.name", 140, |a, t| {
        envelope(a).sender_user.as_mut().unwrap().name = t
    }),
    ("full-missing", "alert.envelope.sender_user.role", 100, |a, t| {
        envelope(a).sender_user.as_mut().unwrap().role = t
    }),
    ("full-missing", "alert.envelope.sender_user.team", 100, |a, t| {
        envelope(a).sender_user.as_mut().unwrap().team = t
    }),
    ("full-missing", "alert.envelope.told[1].role", 50, |a, t| envelope(a).told[1].role = t),
    ("full-missing", "alert.envelope.told[1].reason", 200, |a, t| envelope(a).told[1].reason = t),
    ("full-missing", "alert.envelope.do_not_tell[0].role", 100, |a, t| {
        envelope(a).do_not_tell[0].role = t
    }),
    ("full-missing", "alert.envelope.do_not_tell[0].name", 140, |a, t| {
        envelope(a).do_not_tell[0].name = t
    }),
    ("full-missing", "alert.envelope.child_voice", 2_000, |a, t| envelope(a).child_voice = t),
    ("full-missing", "alert.envelope.voice_for_school", 300, |a, t| {
        envelope(a).voice_for_school = t
    }),
    ("full-missing", "alert.envelope.immediate_actions[0].text", 500, |a, t| {
        envelope(a).immediate_actions[0].text = t
    }),
    ("full-missing", "alert.envelope.interpreter", 200, |a, t| envelope(a).interpreter = t),
    ("full-missing", "alert.envelope.disability_needs", 200, |a, t| {
        envelope(a).disability_needs = t
    }),
    ("full-missing", "alert.envelope.subjects[0].family_name", 70, |a, t| {
        envelope(a).subjects[0].family_name = t
    }),
    ("full-missing", "alert.envelope.subjects[0].given_names[1]", 70, |a, t| {
        envelope(a).subjects[0].given_names[1] = t
    }),
    ("full-missing", "alert.envelope.subjects[0].also_known_as[0]", 70, |a, t| {
        envelope(a).subjects[0].also_known_as[0] = t
    }),
    ("full-missing", "alert.envelope.subjects[0].gender_text", 50, |a, t| {
        envelope(a).subjects[0].gender_text = t
    }),
    ("full-missing", "alert.envelope.subjects[0].description", 500, |a, t| {
        envelope(a).subjects[0].description = t
    }),
    ("full-missing", "alert.envelope.subjects[0].addresses[0].lines[1]", 100, |a, t| {
        envelope(a).subjects[0].addresses[0].lines[1] = t
    }),
    (
        "full-missing",
        "alert.envelope.subjects[0].phones[0].safe_contact_instructions",
        200,
        |a, t| envelope(a).subjects[0].phones[0].safe_contact_instructions = t,
    ),
    ("full-missing", "alert.envelope.subjects[0].pr_holders[1].name", 140, |a, t| {
        envelope(a).subjects[0].pr_holders[1].name = t
    }),
    ("full-missing", "alert.envelope.subjects[0].pr_holders[1].basis_other", 200, |a, t| {
        envelope(a).subjects[0].pr_holders[1].basis_other = t
    }),
    ("full-missing", "alert.envelope.sharing.necessity", 4_000, |a, t| {
        envelope(a).sharing.as_mut().unwrap().necessity = t
    }),
    ("full-missing", "alert.envelope.sharing.agreement_ref", 64, |a, t| {
        envelope(a).sharing.as_mut().unwrap().agreement_ref = t
    }),
    ("full-missing", "alert.envelope.sharing.decided_by", 140, |a, t| {
        envelope(a).sharing.as_mut().unwrap().decided_by = t
    }),
    ("full-missing", "alert.envelope.sharing.override.reason", 4_000, |a, t| {
        envelope(a).sharing.as_mut().unwrap().r#override.as_mut().unwrap().reason = t
    }),
    ("full-missing", "alert.envelope.sharing.opt_out_fields[0].reason", 200, |a, t| {
        envelope(a).sharing.as_mut().unwrap().opt_out_fields[0].reason = t
    }),
    ("full-missing", "alert.envelope.sharing.consents[0].scope", 100, |a, t| {
        envelope(a).sharing.as_mut().unwrap().consents[0].scope = t
    }),
    ("full-missing", "alert.envelope.sharing.consents[0].entered_by", 140, |a, t| {
        envelope(a).sharing.as_mut().unwrap().consents[0].entered_by = t
    }),
    ("full-missing", "alert.missing.police_ref", 30, |a, t| missing(a).police_ref = t),
    ("full-missing", "alert.missing.last_seen_place", 200, |a, t| missing(a).last_seen_place = t),
    ("full-missing", "alert.missing.description_lookout", 500, |a, t| {
        missing(a).description_lookout = t
    }),
    ("full-missing", "alert.missing.inform_school_reason", 200, |a, t| {
        missing(a).inform_school_reason = t
    }),
    ("full-missing", "alert.missing.downgrade_by.name", 140, |a, t| {
        missing(a).downgrade_by.as_mut().unwrap().name = t
    }),
    ("full-missing", "alert.missing.downgrade_by.rank", 50, |a, t| {
        missing(a).downgrade_by.as_mut().unwrap().rank = t
    }),
    ("full-missing", "alert.missing.associates", 2_000, |a, t| missing(a).associates = t),
    ("full-missing", "alert.missing.likely_places", 2_000, |a, t| missing(a).likely_places = t),
    ("full-missing", "alert.missing.found_place", 200, |a, t| missing(a).found_place = t),
    ("full-missing", "alert.missing.cancel_reason", 200, |a, t| missing(a).cancel_reason = t),
    ("full-alcohol", "alert.alcohol.accompanied_by", 100, |a, t| alcohol(a).accompanied_by = t),
    ("full-alcohol", "alert.alcohol.cpis_not_checked_reason", 200, |a, t| {
        alcohol(a).cpis_not_checked_reason = t
    }),
    ("full-alcohol", "alert.alcohol.agreement_scope", 200, |a, t| alcohol(a).agreement_scope = t),
    ("full-alcohol", "alert.alcohol.safe_contact_for_appointment", 200, |a, t| {
        alcohol(a).safe_contact_for_appointment = t
    }),
    ("full-alcohol", "alert.alcohol.competence.decision_scope", 100, |a, t| {
        alcohol(a).competence.as_mut().unwrap().decision_scope = t
    }),
    ("full-alcohol", "alert.alcohol.competence.assessed_by", 140, |a, t| {
        alcohol(a).competence.as_mut().unwrap().assessed_by = t
    }),
    ("full-alcohol", "alert.alcohol.competence.notes", 4_000, |a, t| {
        alcohol(a).competence.as_mut().unwrap().notes = t
    }),
    ("full-domestic-abuse", "alert.domestic_violence.incident_ref", 30, |a, t| {
        abuse(a).incident_ref = t
    }),
    ("full-domestic-abuse", "alert.domestic_violence.tool_not_completed_reason", 200, |a, t| {
        abuse(a).tool_not_completed_reason = t
    }),
    ("full-domestic-abuse", "alert.domestic_violence.judgement_reason", 4_000, |a, t| {
        abuse(a).judgement_reason = t
    }),
    ("full-domestic-abuse", "alert.domestic_violence.none_confirmed_how", 200, |a, t| {
        abuse(a).none_confirmed_how = t
    }),
    ("full-domestic-abuse", "alert.domestic_violence.safe_contact", 200, |a, t| {
        abuse(a).safe_contact = t
    }),
    (
        "full-domestic-abuse",
        "alert.domestic_violence.child_impacts[0].impact_text",
        4_000,
        |a, t| abuse(a).child_impacts[0].impact_text = t,
    ),
    (
        "full-domestic-abuse",
        "alert.domestic_violence.child_impacts[0].child_voice",
        2_000,
        |a, t| abuse(a).child_impacts[0].child_voice = t,
    ),
    (
        "full-domestic-abuse",
        "alert.domestic_violence.child_impacts[0].voice_for_school",
        300,
        |a, t| abuse(a).child_impacts[0].voice_for_school = t,
    ),
    (
        "full-domestic-abuse",
        "alert.domestic_violence.child_impacts[2].not_seen_reason",
        200,
        |a, t| abuse(a).child_impacts[2].not_seen_reason = t,
    ),
    (
        "full-domestic-abuse",
        "alert.domestic_violence.child_impacts[2].not_assessed.reason",
        200,
        |a, t| abuse(a).child_impacts[2].not_assessed.as_mut().unwrap().reason = t,
    ),
    (
        "full-domestic-abuse",
        "alert.domestic_violence.protective_orders[0].person_name",
        140,
        |a, t| abuse(a).protective_orders[0].person_name = t,
    ),
    (
        "full-domestic-abuse",
        "alert.domestic_violence.protective_orders[0].condition",
        500,
        |a, t| abuse(a).protective_orders[0].condition = t,
    ),
];

#[test]
fn texts_hold_as_many_characters_as_the_contract_says() {
    for (name, path, max, set) in LONGEST {
        fits(name, |alert| set(alert, text(*max)));
        breaks(name, (path, "TOO_LONG", Format), |alert| set(alert, text(max + 1)));
        assert!(
            violations(name, |alert| set(alert, format!("{}\u{0}", text(*max - 1)))).contains(&(
                (*path).to_owned(),
                "MALFORMED",
                Format
            )),
            "{path}: no control characters"
        );
    }
}

#[test]
fn shortest_texts_are_counted_after_trimming() {
    let cases: &[(&str, &str, usize, Set)] = &[
        ("full-missing", "alert.envelope.headline_concern", 20, |a, t| {
            envelope(a).headline_concern = t
        }),
        ("full-missing", "alert.envelope.sharing.necessity", 20, |a, t| {
            envelope(a).sharing.as_mut().unwrap().necessity = t
        }),
        ("full-missing", "alert.envelope.sharing.override.reason", 50, |a, t| {
            envelope(a).sharing.as_mut().unwrap().r#override.as_mut().unwrap().reason = t
        }),
        ("full-alcohol", "alert.alcohol.competence.notes", 20, |a, t| {
            alcohol(a).competence.as_mut().unwrap().notes = t
        }),
        (
            "full-domestic-abuse",
            "alert.domestic_violence.child_impacts[0].impact_text",
            30,
            |a, t| abuse(a).child_impacts[0].impact_text = t,
        ),
    ];
    for (name, path, min, set) in cases {
        fits(name, |alert| set(alert, format!("  {}\n", text(*min))));
        breaks(name, (path, "TOO_SHORT", Format), |alert| {
            set(alert, format!("  {}\n", text(min - 1)))
        });
    }
}

/// Sample, path, bound, and what sets or fills the field.
const LISTS: &[(&str, &str, usize, Fill)] = &[
    ("s01-missing-reported", "alert.envelope.subjects", 20, |a, n| {
        envelope(a).subjects.resize(n, person())
    }),
    ("s01-missing-reported", "alert.envelope.household", 20, |a, n| {
        envelope(a).household.resize(n, person())
    }),
    ("s01-missing-reported", "alert.envelope.persons_of_concern", 10, |a, n| {
        envelope(a).persons_of_concern = vec![concern(); n]
    }),
    ("s01-missing-reported", "alert.envelope.area", 4, |a, n| {
        envelope(a).area = vec!["AREA-03".to_owned(); n]
    }),
    ("s01-missing-reported", "alert.envelope.told", 20, |a, n| {
        let t = envelope(a).told[0].clone();
        envelope(a).told.resize(n, t);
    }),
    ("s01-missing-reported", "alert.envelope.do_not_tell", 10, |a, n| {
        envelope(a).do_not_tell =
            vec![v1::DoNotTell { role: "uncle".to_owned(), ..Default::default() }; n]
    }),
    ("s01-missing-reported", "alert.envelope.immediate_actions", 10, |a, n| {
        envelope(a).immediate_actions =
            vec![v1::ImmediateAction { code: 5, text: String::new() }; n]
    }),
    ("s01-missing-reported", "alert.envelope.exclude", 20, |a, n| {
        envelope(a).exclude = vec![v1::Exclusion { kind: 1, id: "SCH-1".to_owned() }; n]
    }),
    ("s01-missing-reported", "alert.envelope.retention_flags", 8, |a, n| {
        envelope(a).retention_flags = vec![1; n]
    }),
    ("s01-missing-reported", "alert.envelope.subjects[0].given_names", 5, |a, n| {
        envelope(a).subjects[0].given_names = vec!["Ellie".to_owned(); n]
    }),
    ("s01-missing-reported", "alert.envelope.subjects[0].also_known_as", 10, |a, n| {
        envelope(a).subjects[0].also_known_as = vec!["Ells".to_owned(); n]
    }),
    ("s01-missing-reported", "alert.envelope.subjects[0].addresses", 8, |a, n| {
        let x = envelope(a).subjects[0].addresses[0].clone();
        envelope(a).subjects[0].addresses.resize(n, x);
    }),
    ("s01-missing-reported", "alert.envelope.subjects[0].addresses[0].lines", 5, |a, n| {
        envelope(a).subjects[0].addresses[0].lines = vec!["1 High St".to_owned(); n]
    }),
    ("s01-missing-reported", "alert.envelope.subjects[0].phones", 8, |a, n| {
        let x = envelope(a).subjects[0].phones[0].clone();
        envelope(a).subjects[0].phones.resize(n, x);
    }),
    ("s01-missing-reported", "alert.envelope.subjects[0].pr_holders", 8, |a, n| {
        let x = envelope(a).subjects[0].pr_holders[0].clone();
        envelope(a).subjects[0].pr_holders.resize(n, x);
    }),
    ("s03-alcohol-attendance", "alert.envelope.sharing.consents", 16, |a, n| {
        let s = envelope(a).sharing.as_mut().unwrap();
        let x = s.consents[0].clone();
        s.consents.resize(n, x);
    }),
    ("s01-missing-reported", "alert.envelope.sharing.opt_out_fields", 32, |a, n| {
        envelope(a).sharing.as_mut().unwrap().opt_out_fields =
            vec![v1::OptOut { path: "a".to_owned(), reason: "b".to_owned() }; n]
    }),
    ("s01-missing-reported", "alert.missing.risk_factors", 32, |a, n| {
        missing(a).risk_factors = vec![1; n]
    }),
    ("s05-domestic-abuse-gold", "alert.domestic_violence.protective_orders", 10, |a, n| {
        abuse(a).protective_orders =
            vec![v1::ProtectiveOrder { r#type: 1, ..Default::default() }; n]
    }),
    (
        "s05-domestic-abuse-gold",
        "alert.domestic_violence.protective_orders[0].school_urns",
        20,
        |a, n| {
            abuse(a).protective_orders = vec![v1::ProtectiveOrder {
                r#type: 1,
                school_urns: vec!["900101".to_owned(); n],
                ..Default::default()
            }]
        },
    ),
];

#[test]
fn lists_hold_as_many_elements_as_the_contract_says() {
    for (name, path, max, fill) in LISTS {
        fits(name, |alert| fill(alert, *max));
        breaks(name, (path, "TOO_MANY", Format), |alert| fill(alert, max + 1));
    }
}

#[test]
fn twenty_children_have_twenty_impacts_and_one_more_is_told() {
    let family = |children: usize| {
        move |alert: &mut v1::Alert| {
            let (child, impact) =
                (envelope(alert).subjects[1].clone(), abuse(alert).child_impacts[0].clone());
            abuse(alert).pregnancy = 2;
            envelope(alert).subjects.truncate(1);
            abuse(alert).child_impacts.clear();
            for number in 0..children {
                let person_ref = format!("child-{number}");
                envelope(alert)
                    .subjects
                    .push(v1::Person { person_ref: person_ref.clone(), ..child.clone() });
                abuse(alert)
                    .child_impacts
                    .push(v1::ChildImpact { child_ref: person_ref, ..impact.clone() });
            }
        }
    };
    fits("s05-domestic-abuse-gold", family(19));
    let subjects = ("alert.envelope.subjects".to_owned(), "TOO_MANY", Format);
    assert_eq!(violations("s05-domestic-abuse-gold", family(20)), std::slice::from_ref(&subjects));
    let told = violations("s05-domestic-abuse-gold", family(21));
    assert_eq!(told[0], subjects);
    assert_eq!(told[1], ("alert.domestic_violence.child_impacts".to_owned(), "TOO_MANY", Format));
}

#[test]
fn the_form_of_the_tool_holds_64_kib() {
    fits("full-domestic-abuse", |alert| abuse(alert).tool_answers = vec![7; 64 * 1024]);
    let path = "alert.domestic_violence.tool_answers";
    breaks("full-domestic-abuse", (path, "TOO_LONG", Format), |alert| {
        abuse(alert).tool_answers = vec![7; 64 * 1024 + 1];
    });
}

#[test]
fn numbers_have_their_ranges() {
    fits("full-missing", |alert| missing(alert).previous_episodes_known = Some(1_000));
    breaks(
        "full-missing",
        ("alert.missing.previous_episodes_known", "OUT_OF_RANGE", Format),
        |alert| {
            missing(alert).previous_episodes_known = Some(1_001);
        },
    );
    fits("full-alcohol", |alert| alcohol(alert).gcs_lowest = Some(3));
    fits("full-alcohol", |alert| alcohol(alert).audit_c = Some(12));
    let guess = |age: u32| {
        move |alert: &mut v1::Alert| {
            let subject = &mut envelope(alert).subjects[0];
            (subject.dob_precision, subject.estimated_age) = (4, Some(age));
            subject.dob.clear();
        }
    };
    fits("full-missing", guess(120));
    breaks(
        "full-missing",
        ("alert.envelope.subjects[0].estimated_age", "OUT_OF_RANGE", Format),
        guess(121),
    );
}

#[test]
fn an_idempotency_key_has_64_characters() {
    let mut request = sample("s01-missing-reported");
    request.idempotency_key = "k".repeat(64);
    assert!(parse(&request).unwrap().key.is_given());
    request.idempotency_key.push('k');
    assert_eq!(
        told(&parse(&request).unwrap().submission.violations),
        [("idempotency_key", "MALFORMED")]
    );
}

#[test]
fn at_most_a_hundred_violations_are_told_and_those_that_refuse_come_first() {
    let told = violations("s01-missing-reported", |alert| {
        envelope(alert).subjects = vec![v1::Person::default(); 200];
    });

    assert_eq!(told.len(), super::super::VIOLATIONS_MAX);
    assert_eq!(told[0], ("alert.envelope.subjects".to_owned(), "REQUIRED", Need::Hard));
}
