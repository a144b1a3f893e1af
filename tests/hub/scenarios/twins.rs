//! S13 over a whole hub: twins, a missing number and a swapped one, and a steward who links nobody wrongly.

use super::*;

/// The claims that wait for a steward about this alert: rule, state and the earlier alert's person.
async fn claims(steward: &mut Client, alert: &str) -> Vec<(String, String, String, u32)> {
    let request = v1::ListMatchTasksRequest { page_size: 0, page_token: String::new() };
    let page = steward.identity().list_match_tasks(request).await.unwrap().into_inner();
    let tasks = page.tasks.into_iter().filter(|task| task.alert_id == alert);
    let claims = tasks.flat_map(|task| task.claims);
    claims
        .map(|claim| {
            let other = claim.other_mention.clone().unwrap();
            let state = claim.state().as_str_name().to_owned();
            (claim.rule, state, other.alert_id, other.person)
        })
        .collect()
}

async fn link(
    steward: &mut Client,
    one: (&str, u32),
    other: (&str, u32),
) -> Result<(), tonic::Status> {
    let mention = |(alert, person): (&str, u32)| {
        Some(v1::SubjectMention { alert_id: alert.to_owned(), person })
    };
    let basis = v1::StewardBasis::SenderSaid.into();
    let request = v1::LinkSubjectsRequest { one: mention(one), other: mention(other), basis };
    steward.identity().link_subjects(request).await.map(|_| ())
}

#[tokio::test(flavor = "multi_thread")]
async fn s13_twins_are_told_apart_and_a_swapped_number_links_nobody() {
    let hub = TestHub::starting_at("2026-07-13T09:00:00Z").await;
    let mut school = hub.agency("SCH-900104").await;
    let twins = school.submit(sample("s13-referral.json")).await.unwrap();
    let (ava, mia) = ((twins.alert_id.as_str(), 0), (twins.alert_id.as_str(), 1));
    let steward = hub.connect(hub.person("HUB-STEWARD", "u-3801")).await;
    let mut steward = steward.unwrap();

    hub.advance_to("2026-07-15T15:20:00Z").await;
    let seen = hub.agency("MERPOL").await.submit(sample("s13-no-number.json")).await.unwrap();
    arrived(&hub, &seen.alert_id, &[("CADT", 4, "2026-07-16T15:20:00Z")]).await;
    let waiting = claims(&mut steward, &seen.alert_id).await;
    let told: Vec<_> =
        waiting.iter().map(|(rule, state, _, who)| (&**rule, &**state, *who)).collect();
    let expected = [("I5", "LINK_STATE_CANDIDATE", ava.1), ("I6", "LINK_STATE_PROPOSED", mia.1)];
    assert_eq!(told, expected, "Mia is proposed, her twin is not");
    link(&mut steward, (&seen.alert_id, 0), mia).await.unwrap();

    hub.advance_to("2026-07-17T09:30:00Z").await;
    let mut emergency = hub.agency("WUTH-AED").await;
    let swapped = emergency.submit(sample("s13-swapped-number.json")).await.unwrap();
    let story = trace(&hub, &swapped.alert_id).await;
    assert!(story.contains(&"NHS_CONFLICT".to_owned()), "I3b: {story:?}");
    assert!(!story.contains(&"SUBJECT_LINKED".to_owned()), "{story:?}");
    let barred = link(&mut steward, (&swapped.alert_id, 0), mia).await.unwrap_err();
    assert!(format!("{barred:?}").contains("LINK_BARRED"), "two traced numbers: {barred:?}");

    let right = v1::CorrectAlertRequest {
        alert_id: swapped.alert_id.clone(),
        field_paths: vec!["alert.envelope.subjects[0].nhs_number".to_owned()],
        reason: v1::CorrectionReason::Identity.into(),
        corrected: Some(sample("s13-right-number.json")),
    };
    let right = emergency.correct(right).await.unwrap();

    let story = trace(&hub, &right.alert_id).await;
    assert!(story.contains(&"SUBJECT_LINKED".to_owned()), "I4: {story:?}");
    let story = trace(&hub, &swapped.alert_id).await;
    assert!(story.contains(&"ALERT_CORRECTED".to_owned()), "{story:?}");
    let of_the_twins = trace(&hub, &twins.alert_id).await;
    assert!(!of_the_twins.contains(&"ALERT_CORRECTED".to_owned()), "Ava's record stays as it was");
}
