//! S09 over a whole hub: a referral, the decision, and what the school hears.

use staysafe::sdk::Client;
use staysafe::wire::{SubmitAlertRequest, json, v1};

use crate::support::{TestHub, collect, sample};

const DECISION_MAKER: &str = "u-1106";

/// The school's referral, sent on the Thursday before Easter.
async fn referred(hub: &TestHub) -> (Client, v1::SubmitAlertResponse) {
    let mut school = hub.agency("SCH-900104").await;
    let taken = school.submit(sample("s09-referral.json")).await.unwrap();
    assert_eq!(taken.acceptance(), v1::Acceptance::Accepted, "{:?}", taken.gaps);
    (school, taken)
}

fn on(mut request: SubmitAlertRequest, episode: &str) -> SubmitAlertRequest {
    use prost::Message as _;
    let mut alert = v1::Alert::decode(request.alert.as_ref()).unwrap();
    episode.clone_into(&mut alert.envelope.as_mut().unwrap().episode_id);
    request.alert = alert.encode_to_vec().into();
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn s09_a_decision_reaches_the_school_as_feedback_and_nothing_else_of_it() {
    let hub = TestHub::starting_at("2026-04-02T14:00:00Z").await;
    let (mut school, taken) = referred(&hub).await;
    let told: Vec<_> = taken.notices.iter().map(|notice| notice.text.as_str()).collect();
    assert!(told.iter().any(|text| text.contains("statutory limit end of Tue 7 Apr")), "{told:?}");

    let mut front_door = hub.agency("CADT").await;
    let copies = collect(&mut front_door, "CADT").await;
    let due = copies[0].body.as_ref().unwrap().hub.as_ref().unwrap().decision_due_at.unwrap();
    assert_eq!(due.at.unwrap().to_string(), "2026-04-07T14:00:00Z");

    hub.advance_to("2026-04-07T13:10:00Z").await;
    let decision = on(sample("s09-decision.json"), &taken.episode_id);
    let by_system = front_door.submit(decision.clone()).await.unwrap_err();
    assert!(format!("{by_system:?}").contains("DECISION_MAKER_NEEDED"), "{by_system:?}");
    let manager = hub.person("CADT", DECISION_MAKER);
    let mut manager = hub.connect(manager).await.unwrap();
    let decided = manager.submit(decision).await.unwrap();

    assert_eq!(decided.acceptance(), v1::Acceptance::Accepted, "{:?}", decided.gaps);
    assert_eq!(decided.episode_id, taken.episode_id);
    let copies = collect(&mut school, "SCH-900104").await;
    let copy = &copies[0];
    assert_eq!((copies.len(), copy.kind()), (1, v1::AlertKind::Feedback));
    assert_eq!((copy.view(), copy.letter.as_str()), (v1::CopyView::Feedback, "T"));
    assert_eq!(copy.episode_id, taken.episode_id, "it knows which referral");
    let text = json::copy_to_json(copy).unwrap();
    assert!(text.contains("A social worker will assess the family"), "{text}");
    assert!(text.contains("L4_S17_ASSESSMENT") && text.contains("Front door, 0151 496 0010"));
    for hidden in
        ["Testerton", "Persistent neglect", "registered social worker", "ZX48", "9990017816"]
    {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
    assert!(collect(&mut hub.agency("AREA-08").await, "AREA-08").await.is_empty());
    let status = school.status(&taken.alert_id).await.unwrap();
    assert!(!status.notices.iter().any(|notice| notice.text.contains("overdue")));
}

#[tokio::test(flavor = "multi_thread")]
async fn s09_variant_nobody_decides_and_the_duty_manager_and_the_school_hear_of_it() {
    let hub = TestHub::starting_at("2026-04-02T14:00:00Z").await;
    let (mut school, taken) = referred(&hub).await;
    let mut front_door = hub.agency("CADT").await;
    let copies = collect(&mut front_door, "CADT").await;
    let take = v1::AcknowledgeRequest {
        mailbox: "CADT".to_owned(),
        delivery_id: copies[0].delivery_id.clone(),
        user_id: "u-1101".to_owned(),
        outcome: v1::AcknowledgeOutcome::Accepted.into(),
        note: String::new(),
    };
    front_door.acknowledge(take).await.unwrap();

    hub.advance_to("2026-04-07T14:00:00Z").await;

    let tasks = collect(&mut hub.at("CADT/manager").await, "CADT/manager").await;
    assert_eq!(tasks.len(), 1, "L1: the duty manager");
    let status = school.status(&taken.alert_id).await.unwrap();
    let overdue =
        status.notices.iter().filter(|notice| notice.text.contains("decision is overdue"));
    assert_eq!(overdue.count(), 1, "{:?}", status.notices);
}
