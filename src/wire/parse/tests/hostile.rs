//! Bytes nobody should send: nothing panics, nothing is read as less urgent, nothing unknown is lost.

use proptest::prelude::*;

use super::*;

const SAMPLES: &[&str] = &[
    "full-missing",
    "full-alcohol",
    "full-domestic-abuse",
    "s06a-rejected",
    "full-marac-outcome",
    "full-place-of-safety",
    "full-operation-report",
];

fn request(alert: Vec<u8>) -> SubmitAlertRequest {
    SubmitAlertRequest {
        idempotency_key: "K".to_owned(),
        alert: alert.into(),
        ..Default::default()
    }
}

fn unreadable(alert: Vec<u8>) -> &'static str {
    let unreadable = parse(&request(alert)).unwrap_err();
    assert_eq!(unreadable.violations.len(), 1);
    assert_eq!(unreadable.violations[0].path, "alert");
    unreadable.violations[0].reason
}

#[test]
fn bytes_that_are_no_alert_are_told_as_such() {
    assert_eq!(unreadable(Vec::new()), "REQUIRED");
    assert_eq!(unreadable(vec![0xff]), "UNREADABLE");
    assert_eq!(unreadable(vec![0x0a, 0x7f]), "UNREADABLE");
    let mut cut_off = sample("full-missing").alert.to_vec();
    cut_off.pop();
    assert_eq!(unreadable(cut_off), "UNREADABLE");
}

#[test]
fn a_text_that_is_not_utf_8_is_told_without_the_text() {
    // Envelope (field 1) with sender_agency (field 6) of two bytes that are no UTF-8.
    let alert = vec![0x0a, 0x04, 0x32, 0x02, 0xc3, 0x28];

    assert_eq!(unreadable(alert), "UNREADABLE");
}

#[test]
fn fields_this_hub_does_not_know_stay_in_the_bytes() {
    let mut bytes = sample("s01-missing-reported").alert.to_vec();
    // Field 500, length-delimited: "later".
    bytes.extend([0xa2, 0x1f, 0x05]);
    bytes.extend(b"later");

    let parsed = parse(&request(bytes.clone())).unwrap();

    assert_eq!(told(&parsed.submission.violations), []);
    assert_eq!(parsed.alert, bytes);
}

#[test]
fn two_envelopes_or_two_parts_are_told() {
    let bytes = sample("s01-missing-reported").alert.to_vec();
    let envelope = v1::Alert { envelope: Some(v1::Envelope::default()), ..Default::default() };
    let other = v1::Alert {
        body: Some(v1::alert::Body::Alcohol(v1::AlcoholAttendance::default())),
        ..Default::default()
    };
    let twice = [bytes.clone(), envelope.encode_to_vec()].concat();
    let first = [other.encode_to_vec(), bytes.clone()].concat();
    let last = [bytes.clone(), other.encode_to_vec()].concat();
    let doubled = [bytes.clone(), bytes].concat();

    let told_of = |bytes: Vec<u8>| {
        let parsed = parse(&request(bytes)).unwrap();
        told(&parsed.submission.violations)
            .iter()
            .map(|(p, r)| format!("{p} {r}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(told_of(twice), ["alert.envelope DUPLICATE"]);
    assert_eq!(told_of(first), ["alert.alcohol NOT_FOR_KIND"]);
    assert_eq!(told_of(last)[0], "alert.alcohol NOT_FOR_KIND");
    assert_eq!(told_of(doubled)[..2], ["alert.envelope DUPLICATE", "alert.missing DUPLICATE"]);
}

#[test]
fn a_list_of_more_than_256_persons_is_not_decoded() {
    let crowd = |people: usize| {
        changed("s01-missing-reported", |alert| {
            envelope(alert).household = vec![v1::Person::default(); people];
        })
    };

    assert!(parse(&crowd(256)).is_ok());
    let told_of = parse(&crowd(257)).unwrap_err();
    assert_eq!(told(&told_of.violations), [("alert", "TOO_MANY")]);
    // Spread over two envelopes it is the same list.
    let half = v1::Envelope { household: vec![v1::Person::default(); 129], ..Default::default() };
    let half = v1::Alert { envelope: Some(half), ..Default::default() }.encode_to_vec();
    assert_eq!(unreadable([half.clone(), half].concat()), "TOO_MANY");
}

#[test]
fn an_unknown_number_is_never_the_least_urgent_answer() {
    for number in [6, 99, -1, i32::MIN, i32::MAX] {
        let request = changed("s01-missing-reported", |alert| {
            envelope(alert).priority = number;
            envelope(alert).risk = number;
        });
        let read = parse(&request).unwrap().submission.envelope;

        assert!(read.priority.is_unrecognised() && read.risk.is_unrecognised());
        assert!(read.priority.known().is_none() && read.risk.known().is_none());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _parsed = parse(&request(bytes));
    }

    #[test]
    fn a_damaged_sample_never_panics_and_every_violation_has_words(
        name in proptest::sample::select(SAMPLES),
        damage in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<proptest::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        let mut bytes = sample(name).alert.to_vec();
        for (place, byte) in damage {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if is_cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        for scheme in [TestOrProduction::Test, TestOrProduction::Production] {
            let violations = match submission(&request(bytes.clone()), scheme) {
                Ok(parsed) => parsed.submission.violations,
                Err(unreadable) => unreadable.violations,
            };
            for violation in violations {
                prop_assert!(!violation.what_to_do.is_empty());
                prop_assert!(violation.path.is_ascii() && !violation.path.contains("Zq"));
            }
        }
    }
}
