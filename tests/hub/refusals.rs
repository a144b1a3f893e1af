//! What is refused at the door of a submission: who asked stands in the log, and which fields; never a value.

use prost::Message as _;
use staysafe::sdk::ClientError;
use staysafe::wire::{SubmitAlertRequest, v1};

use crate::support::{TestHub, sample};

const SECRET: &str = "kit-quillmock-was-here";

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_cannot_be_submitted_leaves_an_entry_with_its_sender_and_its_paths() {
    let hub = TestHub::starting_at("2026-10-23T21:40:00Z").await;
    let mut police = hub.agency("MERPOL").await;
    let urgent = || sample("s01-missing-reported.json");
    let mut unreadable = urgent();
    unreadable.alert = SECRET.as_bytes().to_vec().into();
    let keyed = |mut request: SubmitAlertRequest, key: String| {
        request.idempotency_key = key;
        request
    };
    let routine = || sample("s03-alcohol-attendance.json");
    let longest = "k".repeat(64);
    for (request, path, phone) in [
        (unreadable, "alert", true),
        (keyed(urgent(), String::new()), "idempotency_key", true),
        (keyed(urgent(), format!("{longest}k")), "idempotency_key", true),
        (keyed(urgent(), format!("{SECRET} \u{7}")), "idempotency_key", true),
        (keyed(urgent(), format!("{SECRET}-\u{e9}")), "idempotency_key", true),
        (keyed(routine(), format!("{SECRET} ")), "idempotency_key", false),
    ] {
        let before = rejections(&hub).await.len();
        let refused = police.submit(request).await.unwrap_err();

        let ClientError::Refused { reason, violations, message, .. } = &refused else {
            panic!("{refused}")
        };
        assert_eq!(reason, "ALERT_REJECTED");
        assert!(violations.iter().any(|violation| violation.field == path), "{violations:?}");
        assert_eq!(message.contains("Not sent: phone"), phone, "{path}: {message}");
        let entries = rejections(&hub).await;
        assert_eq!(entries.len(), before + 1, "{path}");
        let (actor, event) = entries.last().unwrap();
        assert_eq!(actor, "MERPOL");
        assert_eq!(event.outcome, "DENIED");
        assert!(event.paths.iter().any(|told| told == path), "{event:?}");
        let bytes = event.encode_to_vec();
        assert!(!bytes.windows(SECRET.len()).any(|part| part == SECRET.as_bytes()));
    }

    police.submit(keyed(urgent(), longest)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_urgent_alert_that_completes_what_cannot_be_read_is_taken_with_that_gap() {
    let hub = TestHub::starting_at("2026-10-23T21:40:00Z").await;
    let mut police = hub.agency("MERPOL").await;
    let mut completing = sample("s01-missing-reported.json");
    completing.completes = SECRET.into();

    let taken = police.submit(completing).await.unwrap();

    assert_eq!(taken.acceptance(), v1::Acceptance::AcceptedIncomplete);
    let gaps: Vec<_> = taken.gaps.iter().map(|gap| (&*gap.path, &*gap.reason)).collect();
    assert_eq!(gaps, [("completes", "MALFORMED")]);
    assert!(!taken.gaps[0].what_to_do.is_empty());
    assert!(rejections(&hub).await.is_empty());
}

/// The rejections in the log, with the agency that was refused.
async fn rejections(hub: &TestHub) -> Vec<(String, v1::AuditEvent)> {
    let mut reviewer = hub.connect(hub.person("HUB-IG", "u-3301")).await.unwrap();
    let page = reviewer.entries(0, 500).await.unwrap();
    let mut found = Vec::new();
    for entry in page.entries {
        for event in entry.events {
            if event.r#type == "ALERT_REJECTED" {
                found.push((entry.actor_agency.clone(), event));
            }
        }
    }
    found
}
