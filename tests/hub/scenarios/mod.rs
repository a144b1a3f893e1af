//! Scenarios end to end, named after the domain's own: who gets what, when, in which copy, and what must not happen.

mod days;
mod figures;
mod looking;
mod nights;
mod twins;

use std::path::PathBuf;

use prost::Message as _;
use staysafe::sdk::Client;
use staysafe::wire::{SubmitAlertRequest, json, v1};

use crate::support::{TestHub, collect, instant, sample};

#[tokio::test(flavor = "multi_thread")]
async fn s01_missing_overnight_medium_risk_until_found_across_the_clock_change() {
    let hub = TestHub::starting_at("2026-10-23T21:40:00Z").await;
    let mut police = hub.agency("MERPOL").await;

    let taken = police.submit(sample("s01-missing-reported.json")).await.unwrap();

    assert_eq!(taken.acceptance(), v1::Acceptance::Accepted, "{:?}", taken.gaps);
    let expected = [
        ("EDT", 2, "2026-10-23T22:40:00Z"),
        ("CADT", 4, "2026-10-26T17:00:00Z"),
        ("SAFERFUT", 3, "2026-10-26T13:00:00Z"),
        ("WUTH-AED", 3, "2026-10-24T01:40:00Z"),
    ];
    let copies = copies_of(&hub, &taken.alert_id, "s01-reported", &expected).await;
    nothing_for(&hub, &["AREA-03", "SCH-900101", "CIC", "FSU", "RESPONSE", "WCHC-019"]).await;

    hub.advance_to("2026-10-23T22:05:00Z").await;
    take(&hub, "EDT", "u-1301", &copies[0]).await;
    hub.advance_to("2026-10-24T09:12:00Z").await;
    let found = in_episode(sample("s01-missing-found.json"), &taken.episode_id);
    let found = police.submit(found).await.unwrap();

    assert_eq!(found.episode_id, taken.episode_id, "the same episode");
    let expected = [
        ("EDT", 3, "2026-10-24T13:12:00Z"),
        ("CADT", 3, "2026-10-26T13:00:00Z"),
        ("SAFERFUT", 3, "2026-10-26T13:00:00Z"),
        ("WUTH-AED", 3, "2026-10-24T13:12:00Z"),
    ];
    copies_of(&hub, &found.alert_id, "s01-found", &expected).await;

    // The look-out is purged within the hour: who reads the mailbox anew gets no copy of it.
    hub.advance_to("2026-10-24T10:12:00Z").await;
    let mut emergency = hub.agency("WUTH-AED").await;
    let again = replay(&mut emergency, "WUTH-AED").await;
    assert!(again.iter().all(|copy| copy.alert_id != taken.alert_id), "the look-out is purged");
    the_interview_is_warned_of_offered_and_held_in_time(&hub, &found).await;
    let trace = trace(&hub, &taken.alert_id).await;
    in_order(
        &trace,
        &[
            "ALERT_SUBMITTED",
            "BASIS_ACCEPTED",
            "ROUTE_COMPUTED",
            "QUEUED",
            "REDACTION_APPLIED",
            "DELIVERED",
            "CONFIRMED",
            "ACKNOWLEDGED",
            "LOOKOUT_PURGED",
        ],
    );
    assert!(!trace.contains(&"TRIGGER_FIRED".to_owned()));
}

/// 72 elapsed hours from the return, with the hour that the night gave back: Tuesday 09:00.
async fn the_interview_is_warned_of_offered_and_held_in_time(
    hub: &TestHub,
    found: &v1::SubmitAlertResponse,
) {
    hub.advance_to("2026-10-26T08:59:59Z").await;
    let warned = |story: Vec<String>| story.contains(&"DEADLINE_WARNED".to_owned());
    assert!(!warned(trace(hub, &found.alert_id).await), "not before 48 hours");
    hub.advance_to("2026-10-26T09:00:00Z").await;
    assert!(warned(trace(hub, &found.alert_id).await));
    let mut service = hub.agency("SAFERFUT").await;
    for (at, name) in [
        ("2026-10-26T11:00:00Z", "s01-rhi-offered.json"),
        ("2026-10-26T16:30:00Z", "s01-rhi-completed.json"),
    ] {
        hub.advance_to(at).await;
        let told = service.submit(in_episode(sample(name), &found.episode_id)).await.unwrap();
        assert_eq!(told.acceptance(), v1::Acceptance::Accepted, "{name} {:?}", told.gaps);
        for mailbox in ["CADT", "MERPOL"] {
            let mut client = hub.agency(mailbox).await;
            let copies = collect(&mut client, mailbox).await;
            let copy = copies.iter().find(|copy| copy.alert_id == told.alert_id).unwrap();
            assert_eq!(copy.priority, 4, "{mailbox}");
            let text = json::copy_to_json(copy).unwrap();
            let is_police = mailbox == "MERPOL";
            assert!(!(is_police && text.contains("HOME_CONFLICT")), "the outcome only: {text}");
        }
    }
    hub.advance_to("2026-10-27T08:59:59Z").await;
    let called = nights::asked(hub, "CADT/lead", &found.alert_id).await.len();
    hub.advance_to("2026-10-27T09:00:00Z").await;
    let now = nights::asked(hub, "CADT/lead", &found.alert_id).await.len();
    assert_eq!(now, called, "it was held in time: no lead is called about it");
}

#[tokio::test(flavor = "multi_thread")]
async fn s03_fifteen_year_old_accepts_response_and_the_front_door_hears_nothing() {
    let hub = TestHub::starting_at("2026-11-08T03:10:00Z").await;
    let mut emergency = hub.agency("WUTH-AED").await;

    let taken = emergency.submit(sample("s03-alcohol-attendance.json")).await.unwrap();

    assert_eq!(taken.acceptance(), v1::Acceptance::Accepted, "{:?}", taken.gaps);
    let expected = [
        ("RESPONSE", 4, "2026-11-09T17:00:00Z"),
        ("WCHC-019", 5, ""),
        ("WUTH-SG", 4, "2026-11-09T17:00:00Z"),
    ];
    let copies = copies_of(&hub, &taken.alert_id, "s03", &expected).await;
    nothing_for(&hub, &["CADT", "EDT", "MERPOL", "AREA-01", "SCH-900101"]).await;

    hub.advance_to("2026-11-09T10:00:00Z").await;
    take(&hub, "RESPONSE", "u-3001", &copies[0]).await;
    let status = emergency.status(&taken.alert_id).await.unwrap();
    let response = status.deliveries.iter().find(|line| line.name == "RESPONSE").unwrap();
    assert_eq!(response.state(), v1::DeliveryState::Acknowledged);
    let kinds: Vec<_> = response.receipts.iter().map(v1::Receipt::kind).collect();
    assert_eq!(kinds, [v1::ReceiptKind::Delivered, v1::ReceiptKind::Taken]);
    assert!(
        status.deliveries.iter().all(|line| line.name != "WCHC-019"),
        "not the sender's to see"
    );
    the_pathway_goes_on_in_states(&hub, &taken.episode_id).await;
}

/// Hospital and its safeguarding team hear how far it has come, and nothing of what was said there.
async fn the_pathway_goes_on_in_states(hub: &TestHub, episode: &str) {
    let mut service = hub.agency("RESPONSE").await;
    for (at, name, state) in [
        ("2026-11-10T10:00:00Z", "s03-pathway-booked.json", "BOOKED"),
        ("2026-11-13T11:30:00Z", "s03-pathway-attended.json", "ATTENDED"),
        ("2026-11-27T11:30:00Z", "s03-pathway-engaged.json", "ENGAGED"),
    ] {
        hub.advance_to(at).await;
        let told = service.submit(in_episode(sample(name), episode)).await.unwrap();
        assert_eq!(told.acceptance(), v1::Acceptance::Accepted, "{name} {:?}", told.gaps);
        for mailbox in ["WUTH-AED", "WUTH-SG"] {
            let mut client = hub.agency(mailbox).await;
            let copies = collect(&mut client, mailbox).await;
            let copy = copies.iter().find(|copy| copy.alert_id == told.alert_id).unwrap();
            assert_eq!((copy.view(), copy.priority), (v1::CopyView::Pathway, 5), "{mailbox}");
            assert!(json::copy_to_json(copy).unwrap().contains(state), "{mailbox} {state}");
        }
    }
    nothing_for(hub, &["CADT", "EDT", "MERPOL"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s05_gold_domestic_abuse_reaches_each_recipient_in_its_own_copy() {
    let hub = TestHub::starting_at("2026-11-14T00:40:00Z").await;
    let mut police = hub.agency("MERPOL").await;

    let taken = police.submit(sample("s05-domestic-abuse-gold.json")).await.unwrap();

    assert_eq!(taken.acceptance(), v1::Acceptance::Accepted, "{:?}", taken.gaps);
    let expected = [
        ("EDT", 2, "2026-11-14T01:40:00Z"),
        ("CADT", 4, "2026-11-16T17:00:00Z"),
        ("FSU", 2, "2026-11-16T10:00:00Z"),
        ("MIDW", 2, "2026-11-14T01:40:00Z"),
        ("WCHC-019", 3, "2026-11-16T13:00:00Z"),
        ("MARAC", 3, "2026-11-16T13:00:00Z"),
        ("SCH-900101", 3, "2026-11-16T08:30:00Z"),
    ];
    let copies = copies_of(&hub, &taken.alert_id, "s05", &expected).await;
    nothing_for(&hub, &["AREA-02", "SAFERFUT", "RESPONSE", "WUTH-AED", "CIC"]).await;
    let school = &copies[6];
    let text = json::copy_to_json(school).unwrap();
    for hidden in ["Dana", "Craig", "Noah", "GOLD", "impactText", "ZX42"] {
        assert!(!text.contains(hidden), "the school must not see {hidden}");
    }
    assert!(text.contains("Tilly"), "its own pupil");
    let front_door = json::copy_to_json(&copies[1]).unwrap();
    assert!(front_door.contains("safe_contact"), "the front door sees that it is sealed");
    // Left out until a person opens what is sealed: SEALED_VIEWED.
    let story = trace(&hub, &taken.alert_id).await;
    in_order(&story, &["ALERT_SUBMITTED", "REDACTION_APPLIED", "DELIVERED", "CONFIRMED"]);
    let expected =
        copies[5].body.as_ref().unwrap().hub.as_ref().unwrap().marac_referral_expected_at;
    assert_eq!(expected.unwrap().at.unwrap().to_string(), "2026-11-18T17:00:00Z");
}

#[tokio::test(flavor = "multi_thread")]
async fn s06a_missing_impact_of_children_is_refused_whole_and_then_taken() {
    let hub = TestHub::starting_at("2026-05-12T10:00:00Z").await;
    let mut unit = hub.agency("FSU").await;

    let refused = unit.submit(sample("s06a-rejected.json")).await.unwrap_err();

    let staysafe::sdk::ClientError::Refused { violations, reason, .. } = &refused else {
        panic!("{refused}")
    };
    assert_eq!(reason, "ALERT_REJECTED");
    let paths: Vec<&str> = violations.iter().map(|violation| violation.field.as_str()).collect();
    assert!(paths.contains(&"alert.domestic_violence.child_impacts[0].impact_text"), "{paths:?}");
    assert!(paths.contains(&"alert.domestic_violence.child_impacts[1]"), "{paths:?}");
    nothing_for(&hub, &["CADT", "EDT", "MERPOL", "WCHC-019"]).await;

    hub.advance_to("2026-05-12T10:20:00Z").await;
    let taken = unit.submit(sample("s06a-corrected.json")).await.unwrap();
    copies_of(&hub, &taken.alert_id, "s06a", &[("CADT", 4, "2026-05-13T10:20:00Z")]).await;
    nothing_for(&hub, &["FSU", "SCH-900101"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn s06b_gold_with_the_same_gaps_is_delivered_chased_and_completed() {
    let hub = TestHub::starting_at("2026-05-12T10:00:00Z").await;
    let mut police = hub.agency("MERPOL").await;

    let taken = police.submit(sample("s06b-incomplete.json")).await.unwrap();

    assert_eq!(taken.acceptance(), v1::Acceptance::AcceptedIncomplete);
    assert_eq!(taken.priority(), v1::Priority::P2);
    let mut front_door = hub.agency("CADT").await;
    let copies = collect(&mut front_door, "CADT").await;
    assert!(!copies[0].gaps.is_empty(), "delivered with a visible gap list");

    hub.advance_to("2026-05-12T10:50:00Z").await;
    let mut completing = sample("s06b-completed.json");
    completing.completes.clone_from(&taken.alert_id);
    let completed = police.submit(completing).await.unwrap();
    assert_eq!(completed.acceptance(), v1::Acceptance::Accepted, "{:?}", completed.gaps);
    hub.advance_to("2026-05-12T13:00:00Z").await;
    let trace = trace(&hub, &taken.alert_id).await;
    in_order(&trace, &["ALERT_SUBMITTED", "ALERT_INCOMPLETE", "ALERT_COMPLETED"]);
    assert!(!trace.contains(&"CHASED".to_owned()), "the chase is cancelled: {trace:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_incomplete_alert_that_nobody_completes_is_chased_at_sixty_and_at_hundred_and_twenty() {
    let hub = TestHub::starting_at("2026-05-12T10:00:00Z").await;
    let mut police = hub.agency("MERPOL").await;
    let taken = police.submit(sample("s06b-incomplete.json")).await.unwrap();

    hub.advance_to("2026-05-12T11:59:59Z").await;
    let chased = |trace: Vec<String>| trace.iter().filter(|kind| *kind == "CHASED").count();
    assert_eq!(chased(trace(&hub, &taken.alert_id).await), 1);
    hub.advance_to("2026-05-12T12:00:00Z").await;
    assert_eq!(chased(trace(&hub, &taken.alert_id).await), 2);
    hub.advance_to("2026-05-12T18:00:00Z").await;
    assert_eq!(chased(trace(&hub, &taken.alert_id).await), 2, "twice and no more");
}

#[tokio::test(flavor = "multi_thread")]
async fn words_for_a_school_that_name_somebody_are_a_gap_and_reach_no_school() {
    let hub = TestHub::starting_at("2026-11-14T00:40:00Z").await;
    let mut police = hub.agency("MERPOL").await;
    let mut request = sample("s05-domestic-abuse-gold.json");
    let mut alert = v1::Alert::decode(request.alert.as_ref()).unwrap();
    let Some(v1::alert::Body::DomesticViolence(facts)) = &mut alert.body else {
        panic!("the sample is of another kind");
    };
    let impact = facts.child_impacts.iter_mut().find(|impact| !impact.voice_for_school.is_empty());
    impact.unwrap().voice_for_school = "I told Craig to stop".to_owned();
    request.alert = alert.encode_to_vec().into();

    let taken = police.submit(request).await.unwrap();

    assert_eq!(taken.acceptance(), v1::Acceptance::AcceptedIncomplete, "urgent: taken");
    assert_eq!(taken.gaps.iter().map(|gap| gap.reason.as_str()).collect::<Vec<_>>(), ["STOP_LIST"]);
    let mut school = hub.agency("SCH-900101").await;
    let copies = collect(&mut school, "SCH-900101").await;
    assert_eq!(copies.len(), 1, "the notice itself goes out");
    let text = json::copy_to_json(&copies[0]).unwrap();
    assert!(!text.contains("Craig") && !text.contains("voiceForSchool"), "{text}");
    let mut team = hub.agency("EDT").await;
    let copies = collect(&mut team, "EDT").await;
    let text = json::copy_to_json(&copies[0]).unwrap();
    assert!(text.contains("I told Craig to stop"), "the team that acts reads what was said");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unanswered_urgent_alert_climbs_the_ladder_once_a_level_and_stops_when_taken() {
    let hub = TestHub::starting_at("2026-10-23T21:40:00Z").await;
    let mut police = hub.agency("MERPOL").await;
    let taken = police.submit(sample("s01-missing-reported.json")).await.unwrap();

    hub.advance_to("2026-10-23T22:39:59Z").await;
    assert_eq!(levels(&hub, "EDT/manager").await, Vec::<u32>::new(), "not before the deadline");
    hub.advance_to("2026-10-23T22:40:00Z").await;
    assert_eq!(levels(&hub, "EDT/manager").await, [1], "L1 at +60 min");
    let status = police.status(&taken.alert_id).await.unwrap();
    assert!(status.deliveries.iter().any(|line| line.name == "EDT" && line.overdue), "phone them");
    hub.advance_to("2026-10-23T23:10:00Z").await;
    assert_eq!(levels(&hub, "EDT/lead").await, [2], "L2 at +90 min");

    let mut team = hub.agency("EDT").await;
    let copies = collect(&mut team, "EDT").await;
    take(&hub, "EDT", "u-1301", &copies[0]).await;
    hub.advance_to("2026-10-24T04:00:00Z").await;
    assert_eq!(levels(&hub, "COUNCIL/head-of-service").await, Vec::<u32>::new(), "L3 never fires");
    assert_eq!(levels(&hub, "EDT/manager").await, [1], "L1 fired once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_that_sets_its_own_clocks_gets_them_for_deadline_and_ladder() {
    let mut hub = TestHub::starting_at("2026-10-23T21:40:00Z").await;
    hub.stop().await;
    hub.configure("[clocks.p2]\nacknowledge_minutes = 20\nlevel_2_minutes = 25\n");
    hub.start("2026-10-23T21:40:00Z").await;
    let mut police = hub.agency("MERPOL").await;

    police.submit(sample("s01-missing-reported.json")).await.unwrap();

    hub.advance_to("2026-10-23T21:59:59Z").await;
    assert_eq!(levels(&hub, "EDT/manager").await, Vec::<u32>::new(), "not before the deadline");
    hub.advance_to("2026-10-23T22:00:00Z").await;
    assert_eq!(levels(&hub, "EDT/manager").await, [1], "L1 at +20 min");
    hub.advance_to("2026-10-23T22:05:00Z").await;
    assert_eq!(levels(&hub, "EDT/lead").await, [2], "L2 at +25 min");
}

/// The escalation levels of a mailbox's deliveries, in order.
async fn levels(hub: &TestHub, mailbox: &str) -> Vec<u32> {
    let mut client = hub.at(mailbox).await;
    collect(&mut client, mailbox).await;
    let request = v1::ListDeliveriesRequest {
        mailbox: mailbox.to_owned(),
        ..v1::ListDeliveriesRequest::default()
    };
    let listed = client.list_deliveries(request).await.unwrap();
    listed.deliveries.iter().map(|row| row.escalation_level).collect()
}

/// Collects what each recipient gets of one alert and checks priority, deadline and the committed copy.
async fn copies_of(
    hub: &TestHub,
    alert: &str,
    name: &str,
    expected: &[(&str, i32, &str)],
) -> Vec<v1::AlertCopy> {
    let copies = arrived(hub, alert, expected).await;
    for ((mailbox, ..), copy) in expected.iter().zip(&copies) {
        as_committed(name, mailbox, copy);
    }
    copies
}

/// Collects what each recipient gets of one alert and checks priority and deadline. A task about it is no copy of it.
async fn arrived(hub: &TestHub, alert: &str, expected: &[(&str, i32, &str)]) -> Vec<v1::AlertCopy> {
    let mut copies = Vec::new();
    for (mailbox, priority, due) in expected {
        let mut client = hub.agency(mailbox).await;
        let mut got = collect(&mut client, mailbox).await;
        got.retain(|copy| copy.alert_id == alert && copy.view() != v1::CopyView::Ladder);
        assert_eq!(got.len(), 1, "{mailbox} gets one copy");
        let copy = got.remove(0);
        assert_eq!(copy.priority, *priority, "priority for {mailbox}");
        let at = copy.due_at.map(|at| at.seconds * 1_000);
        let wanted = (!due.is_empty()).then(|| instant(due).as_millis());
        assert_eq!(at, wanted, "deadline for {mailbox}");
        assert_eq!(copy.encoded_len() % 1_024, 0, "padded to whole blocks");
        copies.push(copy);
    }
    copies
}

/// Compares a copy with the committed one; `STAYSAFE_ACCEPT_COPIES=1` writes it instead, for a person to review.
fn as_committed(name: &str, mailbox: &str, copy: &v1::AlertCopy) {
    let mut plain = copy.clone();
    plain.delivery_id.clear();
    plain.alert_id.clear();
    plain.episode_id.clear();
    plain.padding.clear();
    if let Some(envelope) = plain.body.as_mut().and_then(|body| body.envelope.as_mut()) {
        envelope.episode_id.clear();
    }
    let text = json::copy_to_json(&plain).unwrap() + "\n";
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join(format!("tests/hub/copies/{name}/{}.json", mailbox.replace('/', "-")));
    #[expect(clippy::disallowed_methods, reason = "a switch of the test, not of the program")]
    let accept = std::env::var("STAYSAFE_ACCEPT_COPIES").is_ok();
    if accept {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, committed, "the copy of {name} for {mailbox} is not the committed one");
}

async fn nothing_for(hub: &TestHub, mailboxes: &[&str]) {
    for mailbox in mailboxes {
        let mut client = hub.agency(mailbox).await;
        assert!(collect(&mut client, mailbox).await.is_empty(), "{mailbox} must get nothing");
    }
}

/// A named person of duty takes a delivery.
async fn take(hub: &TestHub, mailbox: &str, user: &str, copy: &v1::AlertCopy) {
    let mut client = hub.agency(mailbox).await;
    let request = v1::AcknowledgeRequest {
        mailbox: mailbox.to_owned(),
        delivery_id: copy.delivery_id.clone(),
        user_id: user.to_owned(),
        outcome: v1::AcknowledgeOutcome::Accepted.into(),
        note: String::new(),
    };
    let taken = client.acknowledge(request).await.unwrap();
    assert_eq!(taken.state(), v1::DeliveryState::Acknowledged);
}

/// Everything ever handed out to a mailbox, received again from the beginning.
async fn replay(client: &mut Client, mailbox: &str) -> Vec<v1::AlertCopy> {
    let from_the_start = staysafe::mailbox::cursor(0);
    let mut stream = client.receive(mailbox, from_the_start).await.unwrap();
    let mut copies = Vec::new();
    loop {
        match stream.next().await.unwrap() {
            staysafe::sdk::Received::Copy { copy, .. } => copies.push(*copy),
            staysafe::sdk::Received::Tombstone { .. } => {}
            staysafe::sdk::Received::Heartbeat(beat) if !beat.more_waiting => return copies,
            staysafe::sdk::Received::Heartbeat(_) => {}
        }
    }
}

/// The request, joined to an episode.
pub(crate) fn in_episode(mut request: SubmitAlertRequest, episode: &str) -> SubmitAlertRequest {
    let mut alert = v1::Alert::decode(request.alert.as_ref()).unwrap();
    alert.envelope.as_mut().unwrap().episode_id = episode.to_owned();
    request.alert = alert.encode_to_vec().into();
    request
}

/// The audit events about one alert, in order, as a reviewer reads them.
pub(crate) async fn trace(hub: &TestHub, alert: &str) -> Vec<String> {
    let mut reviewer = hub.connect(hub.person("HUB-IG", "u-3301")).await.unwrap();
    let mut kinds = Vec::new();
    let mut from = 0;
    loop {
        let page = reviewer.entries(from, 500).await.unwrap();
        for event in page.entries.iter().flat_map(|entry| &entry.events) {
            if event.alert_id == alert {
                kinds.push(event.r#type.clone());
            }
        }
        if page.next_index == 0 || page.entries.is_empty() {
            return kinds;
        }
        from = page.next_index;
    }
}

fn in_order(trace: &[String], expected: &[&str]) {
    let mut rest = trace.iter();
    for kind in expected {
        assert!(rest.any(|found| found == kind), "{kind} is not in order in {trace:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_gives_the_same_answer_to_the_same_key_and_hands_out_what_waited() {
    let mut hub = TestHub::starting_at("2026-11-08T03:10:00Z").await;
    let mut emergency = hub.agency("WUTH-AED").await;
    let before = emergency.submit(sample("s03-alcohol-attendance.json")).await.unwrap();

    hub.stop().await;
    hub.start("2026-11-08T03:10:00Z").await;

    let mut emergency = hub.agency("WUTH-AED").await;
    let after = emergency.submit(sample("s03-alcohol-attendance.json")).await.unwrap();
    assert_eq!(after, before, "the whole answer, the receipt byte for byte");
    let mut response = hub.agency("RESPONSE").await;
    let copies = collect(&mut response, "RESPONSE").await;
    assert_eq!(copies.len(), 1, "once, not twice");
    assert_eq!(copies[0].alert_id, before.alert_id);
}
