//! S10 and a check between agencies over a whole hub: who gets what, and who may answer.

use prost::Message as _;
use staysafe::sdk::Received;
use staysafe::wire::{SubmitAlertRequest, json, v1};

use crate::scenarios::trace;
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

/// Joanne stops sharing with the nursery: told to her worker at 09:20, entered by the Area Team.
fn withdrawal(plan: &str) -> v1::ChangeConsentRequest {
    v1::ChangeConsentRequest {
        idempotency_key: "withdrawn-0920".to_owned(),
        alert_id: plan.to_owned(),
        service: v1::ConsentService::EarlyHelp.into(),
        giver: v1::ConsentGiver::PrHolder.into(),
        state: v1::ConsentState::Withdrawn.into(),
        effective_at: Some("2026-09-09T08:20:00Z".parse().unwrap()),
        agencies: vec![NURSERY.to_owned()],
        ..v1::ChangeConsentRequest::default()
    }
}

/// The nursery, as the samples have it.
const NURSERY: &str = "SCH-900104";

/// The plan, registered and taken by the nursery, and the update that waits for it on Wednesday at 09:18.
async fn updated(hub: &TestHub) -> (String, String) {
    let mut area = hub.agency("AREA-01").await;
    let plan = area.submit(sample("s10-caf-registered.json")).await.unwrap();
    let mut nursery = hub.agency(NURSERY).await;
    let copies = collect(&mut nursery, NURSERY).await;
    let take = v1::AcknowledgeRequest {
        mailbox: NURSERY.to_owned(),
        delivery_id: copies[0].delivery_id.clone(),
        user_id: "u-4401".to_owned(),
        outcome: v1::AcknowledgeOutcome::Accepted.into(),
        note: String::new(),
    };
    nursery.acknowledge(take).await.unwrap();
    hub.advance_to("2026-09-09T08:18:00Z").await;
    let mut update = sample("s10-tac-update.json");
    let mut alert = v1::Alert::decode(update.alert.as_ref()).unwrap();
    plan.episode_id.clone_into(&mut alert.envelope.as_mut().unwrap().episode_id);
    update.alert = alert.encode_to_vec().into();
    let update = area.submit(update).await.unwrap();
    (plan.alert_id, update.alert_id)
}

/// What the nursery's system is sent when it is there: number, alert, and whether it is a copy.
async fn sent(hub: &TestHub) -> Vec<(u64, String, bool)> {
    let mut nursery = hub.agency(NURSERY).await;
    let mut stream = nursery.receive(NURSERY, Vec::new()).await.unwrap();
    let mut sent = Vec::new();
    loop {
        match stream.next().await.unwrap() {
            Received::Copy { copy, .. } => sent.push((copy.sequence, copy.alert_id, true)),
            Received::Tombstone { tombstone, .. } => {
                let (alert, _) = tombstone.delivery_id.split_once('.').unwrap();
                sent.push((tombstone.sequence, alert.to_owned(), false));
            }
            Received::Heartbeat(beat) if !beat.more_waiting => return sent,
            Received::Heartbeat(_) => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s10_a_nursery_that_comes_back_after_the_withdrawal_never_sees_the_update() {
    let hub = TestHub::starting_at("2026-09-07T09:00:00Z").await;
    let (plan, update) = updated(&hub).await;
    let health = collect(&mut hub.agency("WCHC-019").await, "WCHC-019").await;
    assert!(health.iter().any(|copy| copy.alert_id == update), "health had it at once");

    hub.advance_to("2026-09-09T08:31:00Z").await;
    hub.agency("AREA-01").await.change_consent(withdrawal(&plan)).await.unwrap();
    hub.advance_to("2026-09-09T08:40:00Z").await;

    // The plan was number 1: no gap says that something else was there.
    assert_eq!(sent(&hub).await, [(2, plan.clone(), false)]);
    let told = trace(&hub, &update).await;
    assert!(told.contains(&"CANCELLED_CONSENT".to_owned()), "{told:?}");
    assert!(trace(&hub, &plan).await.contains(&"STOP_REQUESTED".to_owned()));
    let again = collect(&mut hub.agency("WCHC-019").await, "WCHC-019").await;
    assert!(again.is_empty(), "health is unaffected");
}

#[tokio::test(flavor = "multi_thread")]
async fn s10_a_withdrawal_and_a_hand_out_at_once_leave_no_copy_that_nobody_is_asked_to_drop() {
    for _ in 0..5 {
        let hub = TestHub::starting_at("2026-09-07T09:00:00Z").await;
        let (plan, update) = updated(&hub).await;
        hub.advance_to("2026-09-09T08:31:00Z").await;
        let mut area = hub.agency("AREA-01").await;

        let (said, mut got) = tokio::join!(area.change_consent(withdrawal(&plan)), sent(&hub));
        said.unwrap();
        got.extend(sent(&hub).await);

        got.sort();
        got.dedup();
        let mut numbers: Vec<u64> = got.iter().map(|(number, ..)| *number).collect();
        numbers.dedup();
        let from_2: Vec<u64> = (2..).take(numbers.len()).collect();
        assert_eq!(numbers, from_2, "no gap: {got:?}");
        let of_update: Vec<bool> =
            got.iter().filter(|(_, alert, _)| *alert == update).map(|it| it.2).collect();
        let cancelled = trace(&hub, &update).await.contains(&"CANCELLED_CONSENT".to_owned());
        match of_update.as_slice() {
            [] => assert!(cancelled, "cancelled before it was handed out"),
            [true, false] => assert!(!cancelled, "handed out first, then taken back"),
            // The copy was cut off by its own tombstone before it left.
            [false] => assert!(!cancelled, "handed out on record, and taken back"),
            other => panic!("{other:?}"),
        }
        assert!(got.iter().any(|(_, alert, is_copy)| *alert == plan && !is_copy), "{got:?}");
    }
}
