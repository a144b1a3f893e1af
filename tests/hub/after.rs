//! What a sender does after sending, as partners meet it: S13, and recalls that race with hand-outs on a real disk.

use std::collections::BTreeSet;

use prost::Message as _;
use staysafe::sdk::{Client, Received};
use staysafe::wire::{SubmitAlertRequest, v1};

use crate::support::{PATIENCE, TestHub, collect, sample};

/// Ava's, and her twin's (domain 9.1).
const AVA: &str = "9990026033";
const MIA: &str = "9990027404";
const NUMBER: &str = "alert.envelope.subjects[0].nhs_number";

/// The attendance of a girl with this NHS number.
fn attendance(number: &str, key: &str) -> SubmitAlertRequest {
    let mut request = sample("s03-alcohol-attendance.json");
    let mut alert = v1::Alert::decode(request.alert.as_ref()).unwrap();
    alert.envelope.as_mut().unwrap().subjects[0].nhs_number = number.to_owned();
    request.alert = alert.encode_to_vec().into();
    request.idempotency_key = key.to_owned();
    request
}

fn correction(alert_id: &str, corrected: SubmitAlertRequest) -> v1::CorrectAlertRequest {
    v1::CorrectAlertRequest {
        alert_id: alert_id.to_owned(),
        field_paths: vec![NUMBER.to_owned(), "alert.alcohol.gcs_lowest".to_owned()],
        reason: v1::CorrectionReason::Identity.into(),
        corrected: Some(corrected),
    }
}

fn recall(alert_id: &str) -> v1::RecallAlertRequest {
    v1::RecallAlertRequest {
        alert_id: alert_id.to_owned(),
        recipients: Vec::new(),
        reason: v1::RecallReason::WrongPerson.into(),
        user_id: String::new(),
    }
}

fn number(copy: &v1::AlertCopy) -> String {
    copy.body.as_ref().unwrap().envelope.as_ref().unwrap().subjects[0].nhs_number.clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn s13_a_swapped_number_is_corrected_at_everybody_who_got_it() {
    let mut hub = TestHub::starting_at("2026-11-08T03:10:00Z").await;
    let mut emergency = hub.agency("WUTH-AED").await;
    let wrong = emergency.submit(attendance(AVA, "k-1")).await.unwrap();
    let mut response = hub.agency("RESPONSE").await;
    let before = collect(&mut response, "RESPONSE").await;
    assert_eq!(number(&before[0]), AVA);

    let request = correction(&wrong.alert_id, attendance(MIA, "k-2"));
    let right = emergency.correct(request.clone()).await.unwrap();

    assert_eq!(right.episode_id, wrong.episode_id);
    let after = collect(&mut response, "RESPONSE").await;
    assert_eq!((after.len(), number(&after[0])), (1, MIA.to_owned()));
    assert_eq!(after[0].replaces_alert_id, wrong.alert_id);
    assert_eq!(after[0].priority(), v1::Priority::P3, "R57");
    // The safeguarding team had nothing yet: it gets the right one only, and hears of no other.
    let mut team = hub.agency("WUTH-SG").await;
    let team = collect(&mut team, "WUTH-SG").await;
    assert_eq!((team.len(), number(&team[0])), (1, MIA.to_owned()));
    assert_eq!((team[0].sequence, team[0].replaces_alert_id.as_str()), (1, ""));
    // Both survive a restart, and the same key gives the same answer.
    hub.stop().await;
    hub.start("2026-11-08T03:20:00Z").await;
    let mut emergency = hub.agency("WUTH-AED").await;
    assert_eq!(emergency.correct(request).await.unwrap().alert_id, right.alert_id);
    let status = emergency.status(&wrong.alert_id).await.unwrap();
    let summary = status.summary.unwrap();
    assert_eq!(summary.superseded_by_alert_id, right.alert_id);
    assert!(status.notices.iter().any(|it| it.code() == v1::NoticeCode::Superseded));
    let summary = emergency.status(&right.alert_id).await.unwrap().summary.unwrap();
    assert_eq!(summary.supersedes_alert_id, wrong.alert_id);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_says_which_fields_were_corrected_as_far_as_its_view_may_see_them() {
    let hub = TestHub::starting_at("2026-11-08T03:10:00Z").await;
    let mut emergency = hub.agency("WUTH-AED").await;
    let wrong = emergency.submit(attendance(AVA, "k-1")).await.unwrap();
    emergency.correct(correction(&wrong.alert_id, attendance(MIA, "k-2"))).await.unwrap();

    for (agency, seen) in [("WUTH-SG", vec!["alert.alcohol.gcs_lowest"]), ("RESPONSE", vec![])] {
        let mut client = hub.agency(agency).await;
        let copies = collect(&mut client, agency).await;
        let told: Vec<&str> = copies[0].changed_paths.iter().map(String::as_str).collect();
        assert_eq!(told, seen, "{agency}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recalled_alert_goes_from_every_partner_and_the_sender_sees_who_has_opened_it() {
    let hub = TestHub::starting_at("2026-10-23T21:40:00Z").await;
    let mut police = hub.agency("MERPOL").await;
    let taken = police.submit(sample("s01-missing-reported.json")).await.unwrap();
    let mut team = hub.agency("EDT").await;
    let copy = collect(&mut team, "EDT").await.remove(0);
    let opened = v1::ReportOpenedRequest {
        mailbox: "EDT".to_owned(),
        delivery_id: copy.delivery_id.clone(),
        user_id: "u-1301".to_owned(),
    };
    team.report_opened(opened).await.unwrap();

    let done = police.recall(recall(&taken.alert_id)).await.unwrap();

    let told = |recipients: &[v1::RecalledRecipient]| -> Vec<_> {
        let seen = recipients.iter().map(|it| (it.name.clone(), it.stage(), it.confirmed_at));
        seen.map(|(name, stage, at)| (name, stage, at.is_some())).collect()
    };
    let (cancelled, open) = (v1::RecallStage::NotHandedOut, v1::RecallStage::Opened);
    let line = |name: &str, stage, at| (name.to_owned(), stage, at);
    let expected = [
        line("EDT", open, false),
        line("front door", cancelled, false),
        line("CADT", cancelled, false),
    ];
    assert_eq!(told(&done.recipients), expected);
    let tombstones = tombstones(&mut team, "EDT").await;
    assert_eq!(tombstones.len(), 1);
    let tombstone = &tombstones[0];
    assert_eq!(tombstone.reason(), v1::TombstoneReason::Recalled);
    assert_eq!(
        (&tombstone.delivery_id, tombstone.copy_sequence),
        (&copy.delivery_id, copy.sequence)
    );
    assert!(tombstone.confirm_by.is_some());
    let confirm = v1::ConfirmRecallRequest {
        mailbox: "EDT".to_owned(),
        delivery_id: copy.delivery_id,
        user_id: String::new(),
    };
    team.confirm_recall(confirm).await.unwrap();
    let status = police.status(&taken.alert_id).await.unwrap();
    assert_eq!(told(&status.recalls)[0], line("EDT", open, true));
    assert!(status.summary.unwrap().recalled);
    // Whoever never had it hears nothing, whoever reviews is told without content.
    assert_eq!(collect(&mut hub.agency("CADT").await, "CADT").await, []);
    let task = collect(&mut hub.agency("HUB-IG").await, "HUB-IG").await.remove(0);
    assert_eq!((task.view(), task.alert_id), (v1::CopyView::Ladder, taken.alert_id));
    hub.advance_to("2026-10-30T09:00:00Z").await;
    assert_eq!(collect(&mut hub.at("EDT/manager").await, "EDT/manager").await, [], "no ladder");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recall_and_a_hand_out_at_the_same_moment_end_in_no_copy_or_in_a_copy_and_its_tombstone()
{
    const ALERTS: usize = 60;
    let hub = TestHub::starting_at("2026-10-23T21:40:00Z").await;
    let mut police = hub.agency("MERPOL").await;
    let mut alerts = Vec::new();
    for number in 0..ALERTS {
        let mut request = sample("s01-missing-reported.json");
        request.idempotency_key = format!("race-{number}");
        alerts.push(police.submit(request).await.unwrap().alert_id);
    }
    let mut team = hub.agency("EDT").await;

    let recalling = async {
        let mut stages = Vec::new();
        for alert in &alerts {
            let done = police.recall(recall(alert)).await.unwrap();
            let edt = done.recipients.into_iter().find(|it| it.name == "EDT").unwrap();
            stages.push((alert.clone(), edt.stage()));
        }
        stages
    };
    let receiving = collect(&mut team, "EDT");
    let (stages, mut copies) = tokio::join!(recalling, receiving);
    copies.extend(collect(&mut team, "EDT").await);
    let gone: BTreeSet<String> =
        tombstones(&mut team, "EDT").await.into_iter().map(|it| it.delivery_id).collect();

    assert_eq!(stages.len(), ALERTS);
    for (alert, stage) in stages {
        let of = |delivery: &String| delivery.starts_with(&alert);
        let copy = copies.iter().any(|copy| copy.alert_id == alert);
        match stage {
            v1::RecallStage::NotHandedOut => {
                assert!(!copy && !gone.iter().any(of), "{alert}: never learnt of");
            }
            v1::RecallStage::NotOpened => assert!(gone.iter().any(of), "{alert}: told to drop it"),
            other => panic!("{alert}: nobody opened it: {other:?}"),
        }
    }
}

/// Every tombstone in a mailbox, read from its beginning.
async fn tombstones(client: &mut Client, mailbox: &str) -> Vec<v1::Tombstone> {
    let mut found: Vec<v1::Tombstone> = Vec::new();
    let start = [&[1_u8][..], &0_u64.to_be_bytes()].concat();
    let mut stream = client.receive(mailbox, start).await.unwrap();
    loop {
        match tokio::time::timeout(PATIENCE, stream.next()).await.unwrap().unwrap() {
            Received::Tombstone { tombstone, .. } => {
                if found.iter().all(|known| known.delivery_id != tombstone.delivery_id) {
                    found.push(tombstone);
                }
            }
            Received::Heartbeat(beat) if !beat.more_waiting => break,
            Received::Copy { .. } | Received::Heartbeat(_) => {}
        }
    }
    found
}
