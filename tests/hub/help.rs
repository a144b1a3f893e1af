//! S10 and a check between agencies over a whole hub: who gets what, and who may answer.

use prost::Message as _;
use staysafe::wire::{SubmitAlertRequest, json, v1};

use crate::support::{TestHub, collect, sample};

/// The answer to the question of this id.
fn answering(question: &str) -> SubmitAlertRequest {
    let mut request = sample("information-response.json");
    let mut alert = v1::Alert::decode(request.alert.as_ref()).unwrap();
    let Some(v1::alert::Body::InformationResponse(body)) = alert.body.as_mut() else {
        panic!("another kind")
    };
    question.clone_into(&mut body.request);
    request.alert = alert.encode_to_vec().into();
    request
}

#[tokio::test(flavor = "multi_thread")]
async fn s10_a_plan_reaches_whom_the_mother_named_each_with_its_own_parts_and_nobody_else() {
    let hub = TestHub::starting_at("2026-09-07T09:00:00Z").await;
    let mut area = hub.agency("AREA-01").await;

    let taken = area.submit(sample("s10-caf-registered.json")).await.unwrap();

    assert_eq!(taken.acceptance(), v1::Acceptance::Accepted, "{:?}", taken.gaps);
    let nurse = collect(&mut hub.agency("WCHC-019").await, "WCHC-019").await;
    let school = collect(&mut hub.agency("SCH-900104").await, "SCH-900104").await;
    assert_eq!((nurse.len(), school.len()), (1, 1));
    let (nurse, school) =
        (json::copy_to_json(&nurse[0]).unwrap(), json::copy_to_json(&school[0]).unwrap());
    assert!(nurse.contains("his hearing has not been tested"), "{nurse}");
    assert!(!school.contains("his hearing has not been tested"), "for the nurse alone");
    for copy in [&nurse, &school] {
        assert!(copy.contains("sleeps badly"), "for all: {copy}");
        assert!(!copy.contains("Robin Sampleford\", \"role"), "{copy}");
    }
    for other in ["CADT", "MERPOL", "AREA-02", "EDT"] {
        assert!(collect(&mut hub.agency(other).await, other).await.is_empty(), "{other}");
    }
    let status = area.status(&taken.alert_id).await.unwrap();
    let named: Vec<_> = status.deliveries.iter().map(|seen| seen.name.as_str()).collect();
    assert_eq!(named, ["SCH-900104", "WCHC-019"], "whom its sender listed is told by name");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_asked_answers_in_the_question_s_episode_and_nobody_else_does() {
    let hub = TestHub::starting_at("2026-04-07T13:20:00Z").await;
    let mut front_door = hub.agency("CADT").await;
    let asked = front_door.submit(sample("information-request.json")).await.unwrap();
    assert_eq!(asked.acceptance(), v1::Acceptance::Accepted, "{:?}", asked.gaps);
    let mut nurse = hub.agency("WCHC-019").await;
    let copies = collect(&mut nurse, "WCHC-019").await;
    assert_eq!(copies.len(), 1);
    let facts = copies[0].body.as_ref().unwrap().hub.as_ref().unwrap();
    let due = facts.answer_due_at.unwrap().at.unwrap();
    assert_eq!(due.to_string(), "2026-04-08T13:20:00Z", "AMBER: 8 working hours");

    let take = v1::AcknowledgeRequest {
        mailbox: "WCHC-019".to_owned(),
        delivery_id: copies[0].delivery_id.clone(),
        user_id: "u-2701".to_owned(),
        outcome: v1::AcknowledgeOutcome::Accepted.into(),
        note: String::new(),
    };
    nurse.acknowledge(take).await.unwrap();
    hub.advance_to("2026-04-07T15:40:00Z").await;
    let mut stranger = answering(&asked.alert_id);
    let mut alert = v1::Alert::decode(stranger.alert.as_ref()).unwrap();
    "MIDW".clone_into(&mut alert.envelope.as_mut().unwrap().sender_agency);
    stranger.alert = alert.encode_to_vec().into();
    let refused = hub.agency("MIDW").await.submit(stranger).await.unwrap_err();
    assert!(format!("{refused:?}").contains("NOTHING_ASKED"), "{refused:?}");
    let answered = nurse.submit(answering(&asked.alert_id)).await.unwrap();

    assert_eq!(answered.episode_id, asked.episode_id);
    let copies = collect(&mut front_door, "CADT").await;
    assert_eq!((copies.len(), copies[0].kind()), (1, v1::AlertKind::InformationResponse));
    let text = json::copy_to_json(&copies[0]).unwrap();
    assert!(text.contains("two kilograms"), "{text}");
    hub.advance_to("2026-04-08T13:20:00Z").await;
    let late = collect(&mut hub.at("WCHC-019/manager").await, "WCHC-019/manager").await;
    assert!(late.is_empty(), "answered in time");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_joins_no_other_episode_for_whoever_answers_it() {
    let hub = TestHub::starting_at("2026-04-07T13:20:00Z").await;
    let mut front_door = hub.agency("CADT").await;
    let asked = front_door.submit(sample("information-request.json")).await.unwrap();
    let referral = sample("s09-referral.json");
    let mut school = hub.agency("SCH-900104").await;
    let other = school.submit(referral).await.unwrap();
    hub.advance_to("2026-04-07T15:40:00Z").await;

    // The nurse was asked; the school's referral is none of hers.
    let mut request = answering(&asked.alert_id);
    let mut alert = v1::Alert::decode(request.alert.as_ref()).unwrap();
    other.episode_id.clone_into(&mut alert.envelope.as_mut().unwrap().episode_id);
    request.alert = alert.encode_to_vec().into();
    let refused = hub.agency("WCHC-019").await.submit(request).await.unwrap_err();

    assert!(format!("{refused:?}").contains("NOTHING_ASKED"), "{refused:?}");
}
