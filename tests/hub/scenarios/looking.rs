//! S11 and S12 as far as they are built: who may look, who may not, and that every look is written down.

use staysafe::sdk::Client;

use super::*;

/// What the log says of what somebody did, as the reviewer reads it.
async fn done_by(hub: &TestHub, actor: &str) -> Vec<(String, String)> {
    let mut reviewer = hub.connect(hub.person("HUB-IG", "u-3301")).await.unwrap();
    let page = reviewer.entries(0, 500).await.unwrap();
    assert_eq!(page.next_index, 0, "one page");
    let own = page.entries.iter().filter(|it| it.actor == actor || it.actor_agency == actor);
    let told = |event: &v1::AuditEvent| (event.r#type.clone(), event.alert_id.clone());
    own.flat_map(|entry| entry.events.iter().map(told)).collect()
}

pub(super) async fn refused(client: &mut Client, mailbox: &str) -> String {
    match client.receive(mailbox, Vec::new()).await {
        Err(error) => error.reason().to_owned(),
        Ok(mut stream) => stream.next().await.unwrap_err().reason().to_owned(),
    }
}

// Left out until break-glass: the search bounded to five candidates, the 60 minutes, the sealed item that a second
// factor opens, notices to lead, data owner, governance and Caldicott guardian, and the review that falls due. What
// stands here is what must hold without it.
#[tokio::test(flavor = "multi_thread")]
async fn s11_whoever_was_sent_nothing_opens_nothing_and_is_told_nothing() {
    let hub = TestHub::starting_at("2026-11-14T00:40:00Z").await;
    let mut police = hub.agency("MERPOL").await;
    let taken = police.submit(sample("s05-domestic-abuse-gold.json")).await.unwrap();
    let copies = arrived(&hub, &taken.alert_id, &[("FSU", 2, "2026-11-16T10:00:00Z")]).await;

    // A registrar at night: another's mailbox, the alert by its id, another's delivery by its id.
    let mut emergency = hub.agency("WUTH-AED").await;
    assert!(collect(&mut emergency, "WUTH-AED").await.is_empty());
    let other = refused(&mut emergency, "FSU").await;
    let none = refused(&mut emergency, "NOBODY").await;
    assert_eq!(other, none, "whether there is such a mailbox cannot be told");
    let opened = v1::ReportOpenedRequest {
        mailbox: "WUTH-AED".to_owned(),
        delivery_id: copies[0].delivery_id.clone(),
        user_id: "u-2501".to_owned(),
    };
    let opened = emergency.report_opened(opened).await.unwrap_err();
    let asked = emergency.status(&taken.alert_id).await.unwrap_err();
    // A school's lead, and the alert of a pupil of another school.
    let mut school = hub.agency("SCH-900104").await;
    let by_school = school.status(&taken.alert_id).await.unwrap_err();
    let never = school.status("0199f1a0-0000-7000-8000-000000000000").await.unwrap_err();

    for refusal in [&opened, &asked, &by_school, &never] {
        let told = format!("{refusal} {refusal:?}");
        for hidden in ["Exemplar", "ZX42", "Dana", "MARAC"] {
            assert!(!told.contains(hidden), "{hidden} in {told}");
        }
    }
    assert_eq!(by_school.reason(), never.reason(), "neutral: as if there were no such alert");
    for agency in ["WUTH-AED", "SCH-900104"] {
        let done = done_by(&hub, agency).await;
        let denied = done.iter().filter(|(what, _)| what == "ACCESS_DENIED").count();
        assert!(denied >= 2, "{agency}: each attempt is written down: {done:?}");
    }
}

// Left out until the reports of information governance: the scores that call a look curious, the task of a reviewer
// from elsewhere, who looked at one child (Q1) and at whom one clerk looked (Q2), a case, and its breach pack.
#[tokio::test(flavor = "multi_thread")]
async fn s12_a_clerk_s_look_is_written_down_by_name_and_role_and_a_reviewer_reads_no_content() {
    let hub = TestHub::starting_at("2026-11-10T10:00:00Z").await;
    let mut police = hub.agency("MERPOL").await;
    let taken = police.submit(sample("s02-missing-reported.json")).await.unwrap();
    let copies = arrived(&hub, &taken.alert_id, &[("AREA-05", 5, "")]).await;

    // At a quarter to seven in the evening, with nothing to do about it.
    hub.advance_to("2026-11-10T18:45:00Z").await;
    let clerk = hub.person("AREA-05", "u-1801");
    let mut clerk = hub.connect(clerk).await.unwrap();
    let opened = v1::ReportOpenedRequest {
        mailbox: "AREA-05".to_owned(),
        delivery_id: copies[0].delivery_id.clone(),
        user_id: String::new(),
    };
    clerk.report_opened(opened).await.unwrap();
    let of_the_front_door = refused(&mut clerk, "CADT").await;

    let done = done_by(&hub, "u-1801").await;
    let looks = done.iter().filter(|(what, of)| what == "OPENED" && *of == taken.alert_id).count();
    assert_eq!(looks, 1, "{done:?}");
    let denied = done.iter().filter(|(what, _)| what == "ACCESS_DENIED").count();
    assert_eq!(denied, 1, "nor is the look at another's mailbox forgotten: {done:?}");
    assert_eq!(of_the_front_door, "NOT_FOUND");
    // Not the clerk, and no system: only a reviewer reads who looked.
    assert_eq!(clerk.entries(0, 500).await.unwrap_err().reason(), "ROLE_NOT_ALLOWED");
    // The reviewer reads that it was opened, and not what it says.
    let mut reviewer = hub.connect(hub.person("HUB-IG", "u-3301")).await.unwrap();
    assert_eq!(refused(&mut reviewer, "AREA-05").await, "NOT_FOUND");
    assert_eq!(reviewer.status(&taken.alert_id).await.unwrap_err().reason(), "NOT_FOUND");
}
