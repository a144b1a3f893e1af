//! What is taken, what is refused, and what becomes a gap (domain 3.2).

use super::*;
use crate::domain::alert::{AlertStatus, Conflicts};
use crate::domain::submission::{
    BodyFacts, EnvelopeFacts, LookedAfter, MissingCategory, MissingFacts, MissingRiskFactor,
    RiskMarker, SchemaStanding, SharingFacts, SubjectFacts, SubjectRole, ToldState,
};
use crate::domain::{AlertKind, Redacted};
use crate::policy::Replaces;
use crate::policy::fixtures::*;

const NOW: &str = "2026-11-16T10:00Z";

fn high() -> AlertBuilder {
    missing_child().risk(Risk::High).stating(Priority::P1)
}

/// `REQUIRED alert.envelope.risk`, every violation.
fn faults(alert: AlertBuilder) -> Vec<String> {
    let refused = validated_at(alert, NOW).unwrap_err();
    refused.violations.iter().map(|it| format!("{} {}", it.reason, it.path)).collect()
}

/// `GAP6 TOO_SHORT alert.envelope.headline_concern`, every gap.
fn gaps(alert: AlertBuilder) -> Vec<String> {
    let taken = validated_at(alert, NOW).unwrap();
    taken.gaps.iter().map(|gap| format!("{} {} {}", gap.rule, gap.reason, gap.path)).collect()
}

#[test]
fn the_fixtures_are_whole() {
    for alert in [missing_child(), high(), found_child(), attendance(), abuse()] {
        let taken = validated_at(alert, NOW).unwrap();
        assert_eq!(taken.status, AlertStatus::Accepted, "{:#?}", taken.gaps);
    }
}

#[test]
fn a_missing_hard_field_refuses_at_every_priority() {
    let directory = directory();
    let sender = agency(&directory, "MERPOL");
    let context = Context {
        directory: &directory,
        now: at(NOW),
        episode: &[],
        replaces: Replaces::Nothing,
        kept_from: &Conflicts::default(),
        sender,
        approver: None,
        decision_maker: None,
        clocks: Clocks::DEFAULT,
        repeats: &triggers::NOTHING_KNOWN,
    };
    let refused = |field: &str, change: fn(&mut EnvelopeFacts)| {
        for alert in [high(), missing_child()] {
            let alert = alert.envelope(change).sent_at(NOW);
            let refused = validate(&alert, &context).unwrap_err();
            let told: Vec<_> = refused.violations.iter().map(|it| it.path.as_str()).collect();
            assert_eq!(told, [format!("alert.envelope.{field}")]);
        }
    };

    refused("sender_agency", |envelope| envelope.sender_agency = Given::Missing);
    refused("idempotency_key", |envelope| envelope.key = Given::Missing);
    refused("headline_concern", |envelope| envelope.headline = Given::Missing);
    let nameless = high().primary(|child| child.named = false);
    assert_eq!(faults(nameless), ["REQUIRED alert.envelope.subjects"]);
}

#[test]
fn a_kind_that_is_not_the_sender_s_is_refused_even_at_p1() {
    let refused = validated_at(high().from("SAFERFUT"), NOW).unwrap_err();

    assert_eq!(refused.priority, Priority::P1, "the sender is told to phone");
    let is_told = refused.violations.iter().any(|it| it.reason == "KIND_NOT_ALLOWED");
    assert!(is_told);
}

#[test]
fn an_urgent_alert_with_nothing_but_the_hard_fields_is_taken() {
    let bare = high().with(|alert| {
        let envelope = &alert.envelope;
        alert.envelope = EnvelopeFacts {
            sender_agency: envelope.sender_agency.clone(),
            key: envelope.key.clone(),
            headline: envelope.headline,
            ..EnvelopeFacts::default()
        };
        alert.subjects = vec![SubjectFacts { named: true, ..SubjectFacts::default() }];
        alert.sharing = SharingFacts::default();
        alert.body = BodyFacts::absent(alert.kind);
    });

    let (validated, decision) = taken(bare, NOW);

    assert_eq!(validated.mode, Priority::P2, "where no priority can be told, P2");
    assert_eq!(validated.status, AlertStatus::AcceptedIncomplete);
    assert!(validated.gaps.len() > 10);
    assert_eq!(validated.sharing, SharingStanding::Provisional);
    let lines = recipients(&decision);
    assert!(lines.contains(&"CADT P2 Mon 16 Nov 11:00 D7".to_owned()), "{lines:?}");
    assert!(decision.decisions.iter().all(|decided| decided.provisional));
}

#[test]
fn a_routine_alert_is_refused_with_every_violation_at_once() {
    let alert = missing_child()
        .envelope(|envelope| {
            envelope.told.clear();
            envelope.sender_user = Given::Missing;
        })
        .missing(|facts| facts.last_seen_at = Given::Missing)
        .sharing(|record| record.necessity = text(19));

    assert_eq!(
        faults(alert),
        [
            "REQUIRED alert.envelope.sender_user",
            "TOO_SHORT alert.envelope.sharing.necessity",
            "REQUIRED alert.envelope.told",
            "REQUIRED alert.missing.last_seen_at",
        ]
    );
}

#[test]
fn gap1_times_ahead_are_flagged_and_refuse_only_routine_alerts() {
    let ahead = |alert: AlertBuilder, by: &str| {
        alert.envelope(|envelope| envelope.sent_at = Given::Given(at(by)))
    };

    assert!(validated_at(ahead(missing_child(), "2026-11-16T10:05Z"), NOW).is_ok());
    let refused = faults(ahead(missing_child(), "2026-11-16T10:05:01Z"));
    assert_eq!(refused, ["IN_FUTURE alert.envelope.sent_at"]);
    let taken = validated_at(ahead(high(), "2027-01-01T00:00Z"), NOW).unwrap();
    assert_eq!(taken.gaps[0].rule, Rule::GAP1);
    assert_eq!(taken.skewed, ["alert.envelope.sent_at"]);
}

#[test]
fn gap2_an_absent_child_of_13_is_missing() {
    let alert = missing_child()
        .born(2012, 11, 17)
        .missing(|facts| facts.category = known(MissingCategory::NoApparentRisk));

    let taken = validated_at(alert, NOW).unwrap();

    assert_eq!(taken.priority, Priority::P1);
    assert!(taken.mismatches.iter().any(|it| it.path == "alert.missing.category"));
}

#[test]
fn gap5_a_date_of_birth_of_an_adult_is_a_gap_when_urgent_and_refused_when_routine() {
    assert_eq!(gaps(high().born(2008, 11, 16)), ["GAP5 ADULT alert.envelope.subjects[0].dob"]);
    assert_eq!(
        faults(missing_child().born(2008, 11, 16)),
        ["ADULT alert.envelope.subjects[0].dob"]
    );
    assert!(validated_at(missing_child().born(2008, 11, 17), NOW).is_ok(), "17 until tomorrow");
    let unknown =
        missing_child().primary(|child| child.age = crate::domain::submission::AgeFact::Unknown);
    assert!(validated_at(unknown, NOW).is_ok(), "age unknown: a child");
}

#[test]
fn gap6_short_headline_no_sender_user_unknown_version() {
    let alert = |alert: AlertBuilder| {
        alert.envelope(|envelope| {
            envelope.headline = text(19);
            envelope.sender_user = Given::Missing;
            envelope.schema = SchemaStanding::Unknown;
        })
    };

    assert_eq!(
        gaps(alert(high())),
        [
            "GAP6 TOO_SHORT alert.envelope.headline_concern",
            "GAP6 UNKNOWN_VERSION alert.envelope.schema_version",
            "GAP6 REQUIRED alert.envelope.sender_user",
        ]
    );
    assert_eq!(faults(alert(missing_child())).len(), 3);
    let at_the_bound = missing_child().envelope(|envelope| envelope.headline = text(20));
    assert!(validated_at(at_the_bound, NOW).is_ok());
}

#[test]
fn an_unknown_code_is_never_read_as_the_least_urgent() {
    let unknown = |alert: AlertBuilder| validated_at(alert, NOW).unwrap().mode;
    fn code<T>() -> Given<Code<T>> {
        Given::Given(Code::Unrecognised(99))
    }

    assert_eq!(unknown(missing_child().envelope(|e| e.risk = code())), Priority::P2);
    assert_eq!(unknown(missing_child().envelope(|e| e.priority = code())), Priority::P2);
    let factor = crate::domain::submission::Codes::new(vec![Code::Unrecognised(99)]);
    assert_eq!(unknown(missing_child().missing(|f| f.risk_factors = factor)), Priority::P2);
    assert_eq!(unknown(attendance().alcohol(|f| f.intoxication = code())), Priority::P2);
    assert_eq!(unknown(abuse().domestic_abuse(|f| f.risk_band = code())), Priority::P2);
    assert_eq!(unknown(abuse().domestic_abuse(|f| f.immediate_threat = code())), Priority::P2);
    let category = missing_child().missing(|f| f.category = code()).sent_at(NOW);
    let directory = directory();
    let sender = agency(&directory, "MERPOL");
    let context = Context {
        directory: &directory,
        now: at(NOW),
        episode: &[],
        replaces: Replaces::Nothing,
        kept_from: &Conflicts::default(),
        sender,
        approver: None,
        decision_maker: None,
        clocks: Clocks::DEFAULT,
        repeats: &triggers::NOTHING_KNOWN,
    };
    assert_eq!(validate(&category, &context).unwrap().mode, Priority::P3, "read as MISSING");
}

#[test]
fn the_sender_may_raise_and_never_lower() {
    let stated = |alert: AlertBuilder, priority| {
        let taken = validated_at(alert.stating(priority), NOW).unwrap();
        let said = taken.mismatches.iter().map(|it| it.reason).collect::<Vec<_>>();
        (taken.priority, said)
    };

    assert_eq!(stated(missing_child(), Priority::P3), (Priority::P3, vec![]));
    assert_eq!(
        stated(missing_child(), Priority::P4),
        (Priority::P3, vec!["PRIORITY_BELOW_MINIMUM"])
    );
    assert_eq!(stated(missing_child(), Priority::P1), (Priority::P1, vec!["PRIORITY_RAISED"]));
    let (_, decision) = taken(missing_child().from("CADT").stating(Priority::P1), NOW);
    assert_eq!(recipients(&decision)[0], "MERPOL P1 Mon 16 Nov 10:15 D1", "it goes as sent");
}

#[test]
fn who_must_not_be_told_must_be_named_and_why() {
    let alert = missing_child().envelope(|envelope| {
        envelope.told[0].state = known(ToldState::NoUnsafe);
    });

    assert_eq!(
        faults(alert),
        ["REQUIRED alert.envelope.do_not_tell", "REQUIRED alert.envelope.told[0].reason"]
    );
}

#[test]
fn everybody_has_a_place_and_child_kinds_have_one_primary() {
    let with = |role| missing_child().with(|alert| alert.subjects.push(person(role)));

    assert_eq!(
        faults(with(SubjectRole::ParentCarer)),
        ["ROLE_MISPLACED alert.envelope.subjects[1].subject_role"]
    );
    assert_eq!(
        faults(with(SubjectRole::Victim)),
        ["ROLE_MISPLACED alert.envelope.subjects[1].subject_role"]
    );
    assert_eq!(faults(with(SubjectRole::Primary)), ["ONE_PRIMARY alert.envelope.subjects"]);
    assert!(validated_at(with(SubjectRole::Sibling), NOW).is_ok());
}

#[test]
fn a_looked_after_child_needs_its_council() {
    let alert = missing_child().envelope(|envelope| {
        envelope.looked_after = known(LookedAfter::Yes);
    });

    assert_eq!(faults(alert), ["REQUIRED alert.envelope.responsible_la"]);
}

#[test]
fn police_give_their_reference_and_others_say_when_police_were_told() {
    let silent =
        |sender| missing_child().from(sender).missing(|facts| facts.police_ref = Given::Missing);

    assert_eq!(faults(silent("MERPOL")), ["REQUIRED alert.missing.police_ref"]);
    assert_eq!(faults(silent("CADT")), ["REQUIRED alert.missing.police_told_at"]);
}

#[test]
fn an_urgent_report_without_a_description_is_taken_and_asked_for() {
    let alert = high().missing(|facts| facts.description_lookout = Given::Missing);

    assert_eq!(gaps(alert), ["GAP REQUIRED alert.missing.description_lookout"]);
}

#[test]
fn a_public_authority_does_not_share_on_legitimate_interest() {
    use crate::domain::decision::Basis6::{Consent, LegitimateInterests, RecognisedInterest};
    let on = |basis| missing_child().sharing(|record| record.basis6 = known(basis));

    let expected = ["BASIS_NOT_FOR_PUBLIC alert.envelope.sharing.basis6"];
    assert_eq!(faults(on(RecognisedInterest)), expected);
    assert_eq!(faults(on(LegitimateInterests)), expected);
    assert_eq!(faults(on(Consent)), ["CONSENT_RECORD_MISSING alert.envelope.sharing.basis6"]);
}

#[test]
fn health_data_needs_its_condition_and_a_competent_refusal_is_no_reason_for_9g18() {
    use crate::domain::submission::{Basis9, Codes, RefusedBy};
    let flagged = missing_child()
        .flags(&[MissingRiskFactor::SelfHarm])
        .sharing(|record| record.basis9 = Codes::default());
    assert_eq!(faults(flagged), ["REQUIRED alert.envelope.sharing.basis9"]);

    let alert = |basis: &[Basis9]| {
        attendance().markers(&[RiskMarker::NoSafeAdult]).sharing(|record| {
            record.refused_by = known(RefusedBy::Child);
            record.basis9 = Codes::of(basis);
        })
    };
    let only = gaps(alert(&[Basis9::Safeguarding]));
    assert_eq!(only, ["GAP REFUSED_IS_NO_REASON alert.envelope.sharing.basis9"]);
    assert!(gaps(alert(&[Basis9::Safeguarding, Basis9::HealthOrSocialCare])).is_empty());
}

#[test]
fn minimum_priority_is_told_from_the_alert_alone() {
    let minimum = |alert: AlertBuilder| minimum_priority(&alert.sent_at(NOW), &Clocks::DEFAULT);

    assert_eq!(minimum(missing_child()), Priority::P3);
    assert_eq!(minimum(missing_child().born(2013, 11, 16)), Priority::P1);
    assert_eq!(minimum(missing_child().stating(Priority::P2)), Priority::P2);
    assert_eq!(minimum(attendance()), Priority::P4);
    assert_eq!(minimum(attendance().markers(&[RiskMarker::CseConcern])), Priority::P2);
}

#[test]
fn what_the_parser_and_policy_both_say_is_said_once() {
    let alert = missing_child()
        .missing(|facts: &mut MissingFacts| facts.last_seen_at = Given::Missing)
        .with(|alert| {
            alert.violations.push(Violation {
                path: "alert.missing.last_seen_at".to_owned(),
                reason: "REQUIRED",
                need: Need::Required,
                what_to_do: "give this field",
            });
        });

    assert_eq!(faults(alert), ["REQUIRED alert.missing.last_seen_at"]);
}

#[test]
fn a_date_of_birth_ahead_tells_no_age() {
    let ahead =
        crate::domain::submission::AgeFact::Born(Redacted::new(jiff::civil::date(2027, 1, 1)));
    let alert = missing_child().primary(|child| child.age = ahead);

    assert_eq!(faults(alert), ["IN_FUTURE alert.envelope.subjects[0].dob"]);
}

#[test]
fn a_found_child_needs_when_and_how() {
    let alert = found_child().missing(|facts| {
        facts.found_at = Given::Missing;
        facts.found_how = Given::Missing;
    });

    assert_eq!(
        faults(alert),
        ["REQUIRED alert.missing.found_at", "REQUIRED alert.missing.found_how"]
    );
    let cancelled = missing_child().kind(AlertKind::MissingCancelled);
    assert_eq!(faults(cancelled), ["REQUIRED alert.missing.cancelled_at"]);
}
