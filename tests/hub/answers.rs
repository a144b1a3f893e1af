//! What a person writes with an answer is kept for the own agency, sealed, and committed to in the log.

use std::path::Path;

use prost::Message as _;
use staysafe::sdk::ClientError;
use staysafe::wire::v1;

use crate::support::{TestHub, collect, sample};

const NOTE: &str = "Rang the ward; Kestrel will visit on Monday morning.";
const WHY: &str = "Our worker knows the family through football.";

#[tokio::test(flavor = "multi_thread")]
async fn words_of_an_answer_are_read_by_the_own_agency_after_a_restart_and_by_no_one_else() {
    let mut hub = TestHub::starting_at("2026-11-08T03:10:00Z").await;
    let mut emergency = hub.agency("WUTH-AED").await;
    let taken = emergency.submit(sample("s03-alcohol-attendance.json")).await.unwrap();
    let mut response = hub.agency("RESPONSE").await;
    let copies = collect(&mut response, "RESPONSE").await;
    let delivery = copies[0].delivery_id.clone();

    response.decline(decline(&delivery, WHY)).await.unwrap();
    response.acknowledge(acknowledge(&delivery, NOTE)).await.unwrap();
    hub.stop().await;
    hub.start("2026-11-08T03:20:00Z").await;

    let mut response = hub.agency("RESPONSE").await;
    let answer = response.read_answer(ask("RESPONSE", &delivery)).await.unwrap();
    let (took, declined) = (answer.acknowledged.unwrap(), answer.declined.unwrap());
    assert_eq!((took.user_id.as_str(), took.note.as_str()), ("u-3001", NOTE));
    assert_eq!((declined.user_id.as_str(), declined.text.as_str()), ("u-3001", WHY));
    assert_eq!(declined.reason(), v1::DeclineReason::ConflictOfInterest);

    let mut emergency = hub.agency("WUTH-AED").await;
    for mailbox in ["RESPONSE", "WUTH-AED"] {
        let refused = emergency.read_answer(ask(mailbox, &delivery)).await.unwrap_err();
        assert_eq!(reason(&refused), "NOT_FOUND", "{mailbox}");
    }
    let status = emergency.status(&taken.alert_id).await.unwrap();
    assert!(!contains(&status.encode_to_vec(), NOTE), "the sender is not told");
    let files = files(&hub.dir.path().join("data"));
    assert!(files.iter().any(|bytes| contains(bytes, "u-3001")), "who answered stands there");
    for words in [NOTE, WHY] {
        assert!(!files.iter().any(|bytes| contains(bytes, words)), "sealed where it lies");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_out_of_bounds_are_refused_and_the_answer_with_them() {
    let hub = TestHub::starting_at("2026-11-08T03:10:00Z").await;
    let mut emergency = hub.agency("WUTH-AED").await;
    emergency.submit(sample("s03-alcohol-attendance.json")).await.unwrap();
    let mut response = hub.agency("RESPONSE").await;
    let delivery = collect(&mut response, "RESPONSE").await[0].delivery_id.clone();

    let short = response.decline(decline(&delivery, "too short")).await.unwrap_err();
    let long = response.acknowledge(acknowledge(&delivery, &"x".repeat(1_001))).await.unwrap_err();

    assert_eq!([reason(&short), reason(&long)], ["MALFORMED", "MALFORMED"]);
    assert!(!format!("{short} {short:?}").contains("too short"), "the value is not repeated");
    let answer = response.read_answer(ask("RESPONSE", &delivery)).await.unwrap();
    assert_eq!(answer, v1::ReadAnswerResponse::default(), "nobody has answered");
    response.acknowledge(acknowledge(&delivery, &"ä".repeat(1_000))).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_person_who_declines_is_told_that_the_first_did_and_loses_no_words_unnoticed() {
    let hub = TestHub::starting_at("2026-11-08T03:10:00Z").await;
    let mut emergency = hub.agency("WUTH-AED").await;
    emergency.submit(sample("s03-alcohol-attendance.json")).await.unwrap();
    let mut response = hub.agency("RESPONSE").await;
    let delivery = collect(&mut response, "RESPONSE").await[0].delivery_id.clone();
    response.decline(decline(&delivery, WHY)).await.unwrap();

    response.decline(decline(&delivery, WHY)).await.unwrap();
    let other = v1::DeclineRequest { user_id: "u-3002".into(), ..decline(&delivery, NOTE) };
    let refused = response.decline(other).await.unwrap_err();

    assert_eq!(reason(&refused), "DECLINED_BY_ANOTHER");
    let answer = response.read_answer(ask("RESPONSE", &delivery)).await.unwrap();
    assert_eq!(answer.declined.unwrap().text, WHY);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_comes_back_as_a_task_unless_somebody_says_what_came_of_it() {
    let hub = TestHub::starting_at("2026-11-09T10:00:00Z").await;
    let mut emergency = hub.agency("WUTH-AED").await;
    let mut deliveries = Vec::new();
    let mut response = hub.agency("RESPONSE").await;
    for key in ["first", "second"] {
        let mut request = sample("s03-alcohol-attendance.json");
        request.idempotency_key = key.to_owned();
        emergency.submit(request).await.unwrap();
        deliveries.push(collect(&mut response, "RESPONSE").await[0].delivery_id.clone());
        response.acknowledge(acknowledge(deliveries.last().unwrap(), NOTE)).await.unwrap();
    }
    let [open, closed] = deliveries.as_slice() else { panic!("{deliveries:?}") };
    let close = |delivery: &str, note: &str| v1::CloseDeliveryRequest {
        mailbox: "RESPONSE".into(),
        delivery_id: delivery.into(),
        user_id: "u-3002".into(),
        note: note.into(),
    };

    let short = response.close_delivery(close(closed, "done")).await.unwrap_err();
    assert_eq!(reason(&short), "MALFORMED");
    // Not the person who took it: that one may have gone off duty.
    response.close_delivery(close(closed, WHY)).await.unwrap();
    // P4: five working days after it was taken.
    hub.advance_to("2026-11-16T17:00:00Z").await;
    let tasks = collect(&mut response, "RESPONSE").await;

    let of_alert = |delivery: &str| delivery.split('.').next().unwrap().to_owned();
    let reminded: Vec<&str> = tasks
        .iter()
        .filter(|task| task.due_at.as_ref().is_some_and(|due| due.seconds == 1_794_848_400))
        .map(|task| task.alert_id.as_str())
        .collect();
    assert_eq!(reminded, [of_alert(open)], "the closed one is at rest");
    let answer = response.read_answer(ask("RESPONSE", closed)).await.unwrap();
    assert_eq!(answer.closed.unwrap().note, WHY);
    let files = files(&hub.dir.path().join("data"));
    assert!(!files.iter().any(|bytes| contains(bytes, WHY)), "sealed where it lies");
}

fn decline(delivery: &str, text: &str) -> v1::DeclineRequest {
    v1::DeclineRequest {
        mailbox: "RESPONSE".into(),
        delivery_id: delivery.into(),
        user_id: "u-3001".into(),
        reason: v1::DeclineReason::ConflictOfInterest.into(),
        text: text.into(),
    }
}

fn acknowledge(delivery: &str, note: &str) -> v1::AcknowledgeRequest {
    v1::AcknowledgeRequest {
        mailbox: "RESPONSE".into(),
        delivery_id: delivery.into(),
        user_id: "u-3001".into(),
        outcome: v1::AcknowledgeOutcome::Accepted.into(),
        note: note.into(),
    }
}

fn ask(mailbox: &str, delivery: &str) -> v1::ReadAnswerRequest {
    let (mailbox, delivery_id) = (mailbox.into(), delivery.into());
    v1::ReadAnswerRequest { mailbox, delivery_id, user_id: String::new() }
}

fn reason(error: &ClientError) -> &str {
    let ClientError::Refused { reason, .. } = error else { panic!("{error}") };
    reason
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// The bytes of every file below a directory.
fn files(dir: &Path) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(std::fs::read(path).unwrap());
        }
    }
    found
}
