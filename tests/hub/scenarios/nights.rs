//! S02, S04, S17, S19 and S20 over a whole hub: who is woken, who is only told, and who hears nothing.

use staysafe::domain::Timestamp;

use super::*;
use crate::support::PATIENCE;

/// A sample with words of its text replaced.
pub(super) fn retold(name: &str, words: &[(&str, &str)]) -> SubmitAlertRequest {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/samples/alerts").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    let retold = words.iter().fold(text, |text, (from, to)| {
        assert!(text.contains(from), "{name} says nothing of {from}");
        text.replace(from, to)
    });
    json::request_from_json(&retold).unwrap()
}

/// An earlier, undangerous evening of Jaydon's, told on `day` at 02:15.
fn earlier(day: &str, category: &str) -> SubmitAlertRequest {
    retold(
        "s02-missing-reported.json",
        &[
            ("2026-11-19", day),
            ("2026-11-18T21", &format!("{day}T01")),
            ("20261119", &day.replace('-', "")),
            ("RISK_MEDIUM", "RISK_LOW"),
            ("PRIORITY_P2", "PRIORITY_P3"),
            ("CCE_FLAG", "NONE_KNOWN"),
            ("CATEGORY_MISSING", category),
        ],
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn s02_a_third_episode_at_night_wakes_the_duty_manager_and_not_the_head_of_service() {
    let hub = TestHub::starting_at("2026-08-21T02:15:00Z").await;
    let mut police = hub.agency("MERPOL").await;
    police.submit(earlier("2026-08-21", "CATEGORY_MISSING")).await.unwrap();
    for (day, category) in
        [("2026-10-20", "CATEGORY_MISSING"), ("2026-11-02", "CATEGORY_NO_APPARENT_RISK")]
    {
        hub.advance_to(&format!("{day}T02:15:00Z")).await;
        police.submit(earlier(day, category)).await.unwrap();
    }

    hub.advance_to("2026-11-19T02:15:00Z").await;
    let taken = police.submit(sample("s02-missing-reported.json")).await.unwrap();

    // The flag alone makes the hub's own minimum HIGH, whatever the sender says.
    assert_eq!(taken.priority(), v1::Priority::P1);
    let expected = [
        ("EDT", 1, "2026-11-19T02:30:00Z"),
        ("WUTH-AED", 2, "2026-11-19T03:15:00Z"),
        ("SAFERFUT", 3, "2026-11-19T13:00:00Z"),
        ("AREA-05", 5, ""),
    ];
    let copies = arrived(&hub, &taken.alert_id, &expected).await;
    let look_out = json::copy_to_json(&copies[1]).unwrap();
    assert!(!look_out.contains("CCE_FLAG"), "a look-out shows no exploitation flag");
    // The front door has its copy, and one task for both triggers.
    let at_the_front_door = asked(&hub, "CADT", &taken.alert_id).await;
    let expected = [
        ("COPY_VIEW_STANDARD", 4, instant("2026-11-19T17:00:00Z")),
        ("COPY_VIEW_LADDER", 3, instant("2026-11-19T13:00:00Z")),
    ];
    assert_eq!(at_the_front_door, expected.map(|(view, at, due)| (view.to_owned(), at, due)));
    assert_eq!(asked(&hub, "MERPOL/manager", &taken.alert_id).await.len(), 1, "the mismatch");

    hub.advance_to("2026-11-19T02:29:59Z").await;
    let alert = taken.alert_id.as_str();
    assert!(asked(&hub, "EDT/manager", alert).await.is_empty(), "not before the deadline");
    hub.advance_to("2026-11-19T02:30:00Z").await;
    assert_eq!(asked(&hub, "EDT/manager", alert).await.len(), 1, "L1");
    hub.advance_to("2026-11-19T02:44:59Z").await;
    assert!(asked(&hub, "EDT/lead", alert).await.is_empty(), "not yet");
    hub.advance_to("2026-11-19T02:45:00Z").await;
    assert_eq!(asked(&hub, "EDT/lead", alert).await.len(), 1, "L2");
    hub.advance_to("2026-11-19T02:52:00Z").await;
    take(&hub, "EDT", "u-1303", &copies[0]).await;
    hub.advance_to("2026-11-19T03:15:00Z").await;
    let head = "COUNCIL/head-of-service";
    assert!(asked(&hub, head, &taken.alert_id).await.is_empty(), "L3 is not fired");
    let story = [
        "PRIORITY_MISMATCH",
        "TRIGGER_FIRED",
        "TRIGGER_FIRED",
        "TASK_CREATED",
        "ESCALATED",
        "ESCALATED",
        "ACKNOWLEDGED",
    ];
    in_order(&trace(&hub, &taken.alert_id).await, &story);

    hub.advance_to("2026-11-19T09:00:00Z").await;
    let sighting = in_episode(sample("s02-missing-updated.json"), &taken.episode_id);
    let sighting = police.submit(sighting).await.unwrap();
    a_sighting_goes_out_and_the_downgrade_comes_back(&hub, &sighting).await;
}

async fn a_sighting_goes_out_and_the_downgrade_comes_back(
    hub: &TestHub,
    sighting: &v1::SubmitAlertResponse,
) {
    let noon = "2026-11-19T13:00:00Z";
    let expected = [
        ("EDT", 3, noon),
        ("CADT", 3, noon),
        ("SAFERFUT", 3, noon),
        ("WUTH-AED", 3, noon),
        ("AREA-05", 5, ""),
    ];
    let copies = arrived(hub, &sighting.alert_id, &expected).await;
    let seen = |copy: &v1::AlertCopy| json::copy_to_json(copy).unwrap().contains("platform 2");
    assert!(seen(&copies[0]) && !seen(&copies[3]), "the hospital is not told the place");
    let story = trace(hub, &sighting.alert_id).await;
    in_order(&story, &["ALERT_UPDATED", "ALERT_REJECTED"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn s04_unconscious_at_13_with_an_exploitation_concern_and_looked_after_by_another_council() {
    let hub = TestHub::starting_at("2026-06-19T21:30:00Z").await;
    let mut emergency = hub.agency("WUTH-AED").await;

    let taken = emergency.submit(sample("s04-alcohol-attendance.json")).await.unwrap();

    let (soon, monday) = ("2026-06-19T22:30:00Z", "2026-06-22T16:00:00Z");
    let expected = [
        ("EDT", 2, soon),
        ("MERPOL", 2, soon),
        ("LA-341", 2, soon),
        ("CADT", 4, monday),
        ("WUTH-SG", 3, "2026-06-22T12:00:00Z"),
        ("WCHC-019", 5, ""),
    ];
    let copies = arrived(&hub, &taken.alert_id, &expected).await;
    let seen = v1::AlertCopy { redactions: Vec::new(), ..copies[1].clone() };
    let police = json::copy_to_json(&seen).unwrap();
    assert!(police.contains("CSE_CONCERN"), "{police}");
    assert!(police.contains("LOOKED_AFTER_YES") && police.contains("341"), "whose child: {police}");
    for clinical in ["gcs", "audit", "competence", "diagnosis", "arrival"] {
        assert!(!police.to_lowercase().contains(clinical), "the police must not see {clinical}");
    }
    // RESPONSE only by agreement; nobody goes round the front door to the exploitation team; it is Liverpool's child.
    nothing_for(&hub, &["RESPONSE", "SAFERFUT", "AREA-06", "CIC", "SCH-900104"]).await;
    let status = emergency.status(&taken.alert_id).await.unwrap();
    let named: Vec<&str> = status.deliveries.iter().map(|line| line.name.as_str()).collect();
    assert!(!named.contains(&"LA-341"), "a council is a front door to the sender: {named:?}");
    let story = trace(&hub, &taken.alert_id).await;
    in_order(&story, &["ALERT_SUBMITTED", "REFUSAL_OVERRIDDEN"]);
    assert!(story.contains(&"BASIS_REFUSED".to_owned()), "RESPONSE is withheld by D9");
    // The hospital's own manager reviews that a refusal was overridden, within 8 working hours.
    let review = asked(&hub, "WUTH-AED/manager", &taken.alert_id).await;
    assert_eq!(review, [("COPY_VIEW_LADDER".to_owned(), 4, instant(monday))], "Mon 22 Jun 17:00");
}

#[tokio::test(flavor = "multi_thread")]
async fn s17_a_17_year_old_says_no_and_only_the_hospital_s_own_team_hears() {
    let hub = TestHub::starting_at("2026-03-05T02:40:00Z").await;
    let mut emergency = hub.agency("WUTH-AED").await;

    let taken = emergency.submit(sample("s17-alcohol-attendance.json")).await.unwrap();

    assert_eq!(taken.acceptance(), v1::Acceptance::Accepted, "{:?}", taken.gaps);
    arrived(&hub, &taken.alert_id, &[("WUTH-SG", 4, "2026-03-05T17:00:00Z")]).await;
    nothing_for(&hub, &["RESPONSE", "WCHC-019", "CADT", "EDT", "MERPOL", "AREA-07"]).await;
    let story = trace(&hub, &taken.alert_id).await;
    assert!(story.contains(&"BASIS_REFUSED".to_owned()), "{story:?}");
    assert!(!story.contains(&"REFUSAL_OVERRIDDEN".to_owned()), "no is right: {story:?}");
    for mailbox in ["WUTH-AED/manager", "CADT/manager"] {
        assert!(asked(&hub, mailbox, &taken.alert_id).await.is_empty(), "nothing to review");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s19_a_school_is_told_at_christmas_and_has_until_the_pupils_come_back() {
    let hub = TestHub::starting_at("2026-12-19T23:30:00Z").await;
    let mut police = hub.agency("MERPOL").await;

    let taken = police.submit(sample("s19-domestic-abuse-bronze.json")).await.unwrap();

    assert_eq!(taken.acceptance(), v1::Acceptance::Accepted, "{:?}", taken.gaps);
    let expected = [
        ("SCH-900101", 3, "2027-01-05T08:30:00Z"),
        ("CADT", 4, "2026-12-21T17:00:00Z"),
        ("FSU", 4, "2026-12-21T17:00:00Z"),
    ];
    let copies = arrived(&hub, &taken.alert_id, &expected).await;
    nothing_for(&hub, &["MARAC", "EDT", "AREA-02", "WCHC-019", "MIDW"]).await;
    // Nobody keeps a lead who looks in during the holidays from taking it.
    hub.advance_to("2026-12-22T11:00:00Z").await;
    take(&hub, "SCH-900101", "u-3201", &copies[0]).await;
    let story = trace(&hub, &taken.alert_id).await;
    in_order(&story, &["DELIVERED", "CONFIRMED", "ACKNOWLEDGED"]);
    hub.advance_to("2027-01-05T09:00:00Z").await;
    let manager = asked(&hub, "SCH-900101/manager", &taken.alert_id).await;
    assert!(manager.is_empty(), "taken in time");
}

/// A child missing at high risk, at night.
async fn urgent_and_missing(hub: &TestHub) -> v1::SubmitAlertResponse {
    let request = retold(
        "s01-missing-reported.json",
        &[
            ("2026-10-23", "2026-05-23"),
            ("20261023", "20260523"),
            ("RISK_MEDIUM", "RISK_HIGH"),
            ("PRIORITY_P2", "PRIORITY_P1"),
        ],
    );
    let taken = hub.agency("MERPOL").await.submit(request).await.unwrap();
    assert_eq!(taken.priority(), v1::Priority::P1, "{:?}", taken.gaps);
    taken
}

/// A child missing at high risk, to an Emergency Duty Team that nobody can reach.
async fn unreachable(hub: &TestHub) -> v1::SubmitAlertResponse {
    let taken = urgent_and_missing(hub).await;
    hub.advance_to("2026-05-24T00:30:00Z").await;
    assert_eq!(levels(hub, "EDT/manager").await, [1], "01:15");
    assert_eq!(levels(hub, "EDT/lead").await, [2], "01:30");
    taken
}

/// Whom the ladder has called for an alert, in order.
async fn called(hub: &TestHub, alert: &str) -> Vec<String> {
    let mut reviewer = hub.connect(hub.person("HUB-IG", "u-3301")).await.unwrap();
    let page = reviewer.entries(0, 500).await.unwrap();
    let events = page.entries.into_iter().flat_map(|entry| entry.events);
    let rungs = events.filter(|event| event.alert_id == alert && event.r#type == "ESCALATED");
    rungs.map(|event| event.recipient_mailbox).collect()
}

/// A new certificate for the team's system.
fn renewed(hub: &TestHub, agency: &str) -> staysafe::tls::ClientTls {
    let old = hub.system(agency);
    std::fs::remove_file(&old.cert).unwrap();
    std::fs::remove_file(&old.key).unwrap();
    hub.system(agency)
}

/// Whether the hub lets this system in.
async fn is_let_in(hub: &TestHub, tls: staysafe::tls::ClientTls) -> bool {
    match hub.connect(tls).await {
        Ok(mut client) => client.own_alerts(1, "").await.is_ok(),
        Err(_) => false,
    }
}

/// The certificate of the team's system is revoked, and the hub knows it.
async fn revoked(hub: &TestHub, agency: &str) -> staysafe::tls::ClientTls {
    let old = hub.system(agency);
    assert!(is_let_in(hub, old.clone()).await, "it was there before");
    let name = format!("spiffe://staysafe.example/agency/{agency}/system/main");
    hub.authority.revoke_name(&name).unwrap();
    hub.authority.write_crl(std::time::Duration::from_secs(30 * 24 * 3_600)).unwrap();
    let out = async {
        while is_let_in(hub, old.clone()).await {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, out).await.unwrap();
    old
}

// A store that cannot write is tested with the store.
#[tokio::test(flavor = "multi_thread")]
async fn s20_a_broken_connection_climbs_until_the_team_is_back_and_the_sender_is_told_to_phone() {
    let hub = TestHub::starting_at("2026-05-23T23:50:00Z").await;
    let old = revoked(&hub, "EDT").await;
    hub.advance_to("2026-05-24T00:00:00Z").await;

    let taken = urgent_and_missing(&hub).await;

    let phone_now = "EDT cannot be reached by the hub: phone now, ";
    assert!(taken.notices.iter().any(|it| it.text.starts_with(phone_now)), "{:?}", taken.notices);
    let mut police = hub.agency("MERPOL").await;
    let failed = |status: &v1::GetAlertStatusResponse| {
        let line = status.deliveries.iter().find(|line| line.name == "EDT").unwrap();
        assert!(!line.phone.is_empty());
        (line.failed, line.overdue)
    };
    assert_eq!(failed(&police.status(&taken.alert_id).await.unwrap()), (true, false), "01:00");
    hub.advance_to("2026-05-24T00:15:00Z").await;
    assert_eq!(called(&hub, &taken.alert_id).await, ["EDT/manager"], "01:15, L1");
    hub.advance_to("2026-05-24T00:30:00Z").await;
    assert_eq!(called(&hub, &taken.alert_id).await, ["EDT/manager", "EDT/lead"], "01:30, L2");
    assert_eq!(failed(&police.status(&taken.alert_id).await.unwrap()), (true, true), "01:30");

    hub.advance_to("2026-05-24T00:40:00Z").await;
    assert!(!is_let_in(&hub, old).await, "the old certificate reads no mailbox");
    let mut team = hub.connect(renewed(&hub, "EDT")).await.unwrap();
    let mut copies = collect(&mut team, "EDT").await;
    copies.retain(|copy| copy.alert_id == taken.alert_id && copy.view() == v1::CopyView::Standard);
    assert_eq!((copies.len(), copies[0].late_minutes), (1, 40), "40 min late");
    assert_eq!(failed(&police.status(&taken.alert_id).await.unwrap()), (false, true), "it has it");

    hub.advance_to("2026-05-24T00:44:00Z").await;
    let acknowledged = v1::AcknowledgeRequest {
        mailbox: "EDT".to_owned(),
        delivery_id: copies[0].delivery_id.clone(),
        user_id: "u-1301".to_owned(),
        outcome: v1::AcknowledgeOutcome::Accepted.into(),
        note: String::new(),
    };
    team.acknowledge(acknowledged).await.unwrap();
    hub.advance_to("2026-05-24T02:00:00Z").await;
    let head = "COUNCIL/head-of-service";
    assert!(asked(&hub, head, &taken.alert_id).await.is_empty(), "taken before L3");
    let trace = trace(&hub, &taken.alert_id).await;
    let told = ["DELIVERY_FAILED", "ESCALATED", "ESCALATED", "DELIVERED", "ACKNOWLEDGED"];
    in_order(&trace, &told);
    let failures = trace.iter().filter(|kind| *kind == "DELIVERY_FAILED").count();
    assert_eq!(failures, 1, "of the one team alone");
}

#[tokio::test(flavor = "multi_thread")]
async fn s20_who_has_a_good_certificate_and_does_not_call_has_not_failed() {
    let hub = TestHub::starting_at("2026-05-24T00:00:00Z").await;
    drop(hub.agency("EDT").await);

    let taken = unreachable(&hub).await;

    let status = hub.agency("MERPOL").await.status(&taken.alert_id).await.unwrap();
    let line = status.deliveries.iter().find(|line| line.name == "EDT").unwrap();
    assert!(!line.failed && line.overdue && !line.phone.is_empty(), "phone them: {line:?}");
    assert!(!trace(&hub, &taken.alert_id).await.contains(&"DELIVERY_FAILED".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn s20_variant_a_senior_outside_reaches_them_by_phone_and_sees_the_ladder_only() {
    let hub = TestHub::starting_at("2026-05-24T00:00:00Z").await;
    let taken = unreachable(&hub).await;

    hub.advance_to("2026-05-24T01:00:00Z").await;
    let head = "COUNCIL/head-of-service";
    let mut senior = hub.at(head).await;
    let copies = collect(&mut senior, head).await;
    assert_eq!((copies.len(), copies[0].view()), (1, v1::CopyView::Ladder), "02:00, L3");
    let seen = json::copy_to_json(&copies[0]).unwrap();
    for hidden in ["Marrowby", "Ellie", "ZX43", "9990001375"] {
        assert!(!seen.contains(hidden), "no name and no place outside: {hidden}");
    }
    let how = v1::AcknowledgeRequest {
        mailbox: head.to_owned(),
        delivery_id: copies[0].delivery_id.clone(),
        user_id: String::new(),
        outcome: v1::AcknowledgeOutcome::Accepted.into(),
        note: "Rang the team's own mobile; they go out now.".to_owned(),
    };
    senior.acknowledge(how).await.unwrap();

    // 03:00, when the director would be called.
    hub.advance_to("2026-05-24T02:00:00Z").await;
    let director = asked(&hub, "COUNCIL/director", &taken.alert_id).await;
    assert_eq!(director, [], "the ladder stops");
    in_order(&trace(&hub, &taken.alert_id).await, &["ESCALATED", "ESCALATED", "TAKEN_OVER"]);
}

/// What lies in a mailbox of one alert: view, priority, deadline.
pub(super) async fn asked(
    hub: &TestHub,
    mailbox: &str,
    alert: &str,
) -> Vec<(String, i32, Timestamp)> {
    let mut client = hub.at(mailbox).await;
    let from_the_start = replay(&mut client, mailbox).await;
    let new = collect(&mut client, mailbox).await;
    let due = |copy: &v1::AlertCopy| {
        let at = copy.due_at.map_or(0, |at| at.seconds * 1_000);
        Timestamp::from_millis(at)
    };
    let mut seen: Vec<_> = from_the_start
        .iter()
        .chain(&new)
        .filter(|copy| copy.alert_id == alert)
        .map(|copy| (copy.sequence, copy.view().as_str_name().to_owned(), copy.priority, due(copy)))
        .collect();
    seen.sort();
    seen.dedup();
    seen.into_iter().map(|(_, view, priority, due)| (view, priority, due)).collect()
}
