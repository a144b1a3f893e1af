//! Moments, exclusions and references of the envelope.

use Need::{Format, Required};

use super::*;

const MISSING: &str = "s01-missing-reported";

#[test]
fn moments_have_an_instant_and_an_offset_of_this_earth() {
    let sent = |at: Option<prost_types::Timestamp>, offset: i32| {
        move |alert: &mut v1::Alert| {
            envelope(alert).sent_at = Some(v1::Instant { at, utc_offset_minutes: offset });
        }
    };
    let good = Some(prost_types::Timestamp { seconds: 1_792_791_600, nanos: 0 });
    let path = "alert.envelope.sent_at.at";
    fits(MISSING, sent(good, 840));
    fits(MISSING, sent(good, -840));
    for offset in [841, -841, i32::MAX, i32::MIN] {
        breaks(
            MISSING,
            ("alert.envelope.sent_at.utc_offset_minutes", "OUT_OF_RANGE", Format),
            sent(good, offset),
        );
    }
    breaks(MISSING, (path, "REQUIRED", Required), sent(None, 60));
    for (seconds, nanos) in
        [(253_402_300_799, 0), (i64::MIN, 0), (i64::MAX, 0), (0, -1), (0, 1_000_000_000)]
    {
        breaks(
            MISSING,
            (path, "OUT_OF_RANGE", Format),
            sent(Some(prost_types::Timestamp { seconds, nanos }), 0),
        );
    }
}

#[test]
fn exclusions_name_an_agency_a_mailbox_or_a_user() {
    let excluded = |kind: i32, id: &str| v1::Exclusion { kind, id: id.to_owned() };
    let at = "alert.envelope.exclude[0].id";
    for (kind, id, reason, need) in [
        (1, "", "REQUIRED", Required),
        (1, "sch 1", "MALFORMED", Format),
        (2, "CADT lead", "MALFORMED", Format),
        (3, "Kit Quillmock", "MALFORMED", Format),
    ] {
        breaks(MISSING, (at, reason, need), |alert| {
            envelope(alert).exclude = vec![excluded(kind, id)]
        });
    }
    breaks(MISSING, ("alert.envelope.exclude[0].kind", "REQUIRED", Required), |alert| {
        envelope(alert).exclude = vec![excluded(0, "MERPOL")];
    });
}

#[test]
fn an_own_episode_reference_is_not_followed_and_a_hub_id_is() {
    use crate::domain::Redacted;
    use crate::domain::submission::{EpisodeName, Given};

    let named = |text: &str| {
        let request = changed(MISSING, |alert| envelope(alert).episode_id = text.to_owned());
        parse(&request).unwrap().submission.envelope.episode
    };
    assert_eq!(named(""), Given::Missing);
    assert_eq!(named("OWN-7"), Given::Given(EpisodeName::Own(Redacted::new("OWN-7".to_owned()))));
    assert!(matches!(
        named("01920000-0000-7000-8000-000000000001"),
        Given::Given(EpisodeName::Hub(_))
    ));
    let mut request = sample(MISSING);
    request.completes = "not an id".to_owned();
    assert_eq!(told(&parse(&request).unwrap().submission.violations), [("completes", "MALFORMED")]);
}
