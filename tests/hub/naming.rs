//! Who of an agency a person of concern is (domain 5.7): the lead's word opens what was closed, and only to whom it may.

use prost::Message as _;
use staysafe::sdk::{Client, ClientError};
use staysafe::wire::{SubmitAlertRequest, v1};

use crate::support::{TestHub, collect, sample};

/// Monday 10:00: every desk is open.
const MONDAY: &str = "2026-11-16T10:00:00Z";

/// Abuse by somebody whom the Family Safety Unit employs; who it is nobody has said.
fn by_staff_of_fsu() -> SubmitAlertRequest {
    changed(sample("s05-domestic-abuse-gold.json"), |alert| {
        let Some(v1::alert::Body::DomesticViolence(abuse)) = &mut alert.body else { panic!() };
        abuse.alleged_perpetrator.as_mut().unwrap().employed_by = "FSU".into();
        let author = alert.envelope.as_mut().unwrap().sender_user.as_mut().unwrap();
        author.user_id = "u-2401".into();
    })
}

fn changed(
    mut request: SubmitAlertRequest,
    change: impl FnOnce(&mut v1::Alert),
) -> SubmitAlertRequest {
    let mut alert = v1::Alert::decode(request.alert.as_ref()).unwrap();
    change(&mut alert);
    request.alert = alert.encode_to_vec().into();
    request
}

fn word(delivery: &str, users: &[&str]) -> v1::NameStaffUserRequest {
    v1::NameStaffUserRequest {
        mailbox: "FSU/lead".into(),
        delivery_id: delivery.into(),
        staff_user_ids: users.iter().map(|user| (*user).to_owned()).collect(),
        not_a_hub_user: users.is_empty(),
    }
}

/// The question among the lead's copies.
fn question(copies: &[v1::AlertCopy]) -> String {
    let asks = |copy: &&v1::AlertCopy| {
        copy.banners.iter().any(|banner| banner.code() == v1::BannerCode::NameStaffUser)
    };
    let found: Vec<&v1::AlertCopy> = copies.iter().filter(asks).collect();
    assert_eq!(found.len(), 1, "asked once");
    assert_eq!((found[0].view(), found[0].priority()), (v1::CopyView::Ladder, v1::Priority::P2));
    found[0].delivery_id.clone()
}

async fn person(hub: &TestHub, agency: &str, user: &str) -> Client {
    hub.connect(hub.person(agency, user)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lead_names_a_person_and_the_inboxes_that_do_not_serve_them_get_the_alert() {
    let hub = TestHub::starting_at(MONDAY).await;
    let mut police = hub.agency("MERPOL").await;
    let sent = police.submit(by_staff_of_fsu()).await.unwrap().alert_id;
    let (mut unit, mut lead) = (hub.agency("FSU").await, hub.at("FSU/lead").await);
    assert!(collect(&mut unit, "FSU").await.is_empty(), "closed until somebody says who it is");
    let copies = collect(&mut lead, "FSU/lead").await;
    let asked = question(&copies);

    // Neither the unit's system nor anybody but its lead may say so, nor the lead on what asks nothing.
    assert_eq!(
        unit.name_staff_user(word(&asked, &["u-2206"])).await.unwrap_err().reason(),
        "OWN_CERTIFICATE_NEEDED"
    );
    let mut receiver = person(&hub, "FSU", "u-2201").await;
    let refused = receiver.name_staff_user(word(&asked, &["u-2206"])).await.unwrap_err();
    assert_eq!(refused.reason(), "ROLE_NOT_ALLOWED");
    let mut other = person(&hub, "MARAC", "u-2305").await;
    assert_eq!(
        other.name_staff_user(word(&asked, &["u-2206"])).await.unwrap_err().reason(),
        "NOT_FOUND"
    );
    let other_copy = copies.iter().find(|copy| copy.delivery_id != asked).unwrap();
    let on_alert = lead.name_staff_user(word(&other_copy.delivery_id, &["u-2206"])).await;
    assert_eq!(on_alert.unwrap_err().reason(), "NOT_FOUND");
    let stranger = lead.name_staff_user(word(&asked, &["u-1101"])).await.unwrap_err();
    assert_eq!(stranger.reason(), "NOT_OF_THE_AGENCY", "a user of the front door");
    assert!(collect(&mut unit, "FSU").await.is_empty(), "nothing has changed");

    let first = lead.name_staff_user(word(&asked, &["u-2206"])).await.unwrap();
    let again = lead.name_staff_user(word(&asked, &["u-2206"])).await.unwrap();

    assert_eq!(first, again, "the same word again");
    let another = lead.name_staff_user(word(&asked, &["u-2207"])).await.unwrap_err();
    assert_eq!(another.reason(), "ALREADY_NAMED");
    let copies = collect(&mut unit, "FSU").await;
    assert_eq!(copies.len(), 1, "once");
    assert_eq!(
        (copies[0].view(), copies[0].priority()),
        (v1::CopyView::Standard, v1::Priority::P2)
    );
    let text = format!("{:?}", copies[0].body);
    assert!(!text.contains("u-2206"), "nobody learns who it is");
    let trace = crate::scenarios::trace(&hub, &sent).await;
    let count = |kind: &str| trace.iter().filter(|found| *found == kind).count();
    assert_eq!(count("TASK_DONE"), 1, "{trace:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waited_when_news_of_the_episode_raised_the_question_comes_once_it_is_answered() {
    let hub = TestHub::starting_at(MONDAY).await;
    let mut police = hub.agency("MERPOL").await;
    let first = police.submit(sample("s05-domestic-abuse-gold.json")).await.unwrap();
    let mut news = by_staff_of_fsu();
    news.idempotency_key = "staff-1".into();
    let news = crate::scenarios::in_episode(news, &first.episode_id);
    let second = police.submit(news).await.unwrap();

    let (mut unit, mut lead) = (hub.agency("FSU").await, hub.at("FSU/lead").await);
    assert!(collect(&mut unit, "FSU").await.is_empty(), "nor what waited for it");
    let copies = collect(&mut lead, "FSU/lead").await;
    let has = |alert: &str| copies.iter().any(|copy| copy.alert_id == alert);
    assert!(has(&first.alert_id) && has(&second.alert_id), "the lead has both");
    lead.name_staff_user(word(&question(&copies), &["u-2206"])).await.unwrap();

    let mut came: Vec<String> =
        collect(&mut unit, "FSU").await.into_iter().map(|copy| copy.alert_id).collect();
    came.sort();
    let mut both = [first.alert_id, second.alert_id];
    both.sort();
    assert_eq!(came, both, "each once: the unit's inbox does not serve who was named");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inbox_that_serves_the_person_stays_closed_and_what_it_has_of_the_child_is_gone_for_them()
 {
    let hub = TestHub::starting_at(MONDAY).await;
    let mut police = hub.agency("MERPOL").await;
    // What the unit has of the same family from before, and what comes later from somebody who knows of no conflict.
    let before = police.submit(sample("s05-domestic-abuse-gold.json")).await.unwrap().alert_id;
    let mut kept = by_staff_of_fsu();
    kept.idempotency_key = "staff-1".into();
    police.submit(kept).await.unwrap();
    let (mut unit, mut lead) = (hub.agency("FSU").await, hub.at("FSU/lead").await);
    let copies = collect(&mut unit, "FSU").await;
    let known = copies.iter().find(|copy| copy.alert_id == before).unwrap().delivery_id.clone();
    let mut named = person(&hub, "FSU", "u-2201").await;
    let mut colleague = person(&hub, "FSU", "u-2202").await;
    let open = |delivery: &str| v1::ReportOpenedRequest {
        mailbox: "FSU".into(),
        delivery_id: delivery.into(),
        user_id: String::new(),
    };
    named.report_opened(open(&known)).await.unwrap();
    let asked = question(&collect(&mut lead, "FSU/lead").await);

    lead.name_staff_user(word(&asked, &["u-2201"])).await.unwrap();

    assert!(collect(&mut unit, "FSU").await.is_empty(), "the desk serves the person");
    let nothing = "0192f0c1-0000-7000-8000-000000000000.0";
    let told: Vec<_> = [
        named.report_opened(open(&known)).await.unwrap_err(),
        named.report_opened(open(nothing)).await.unwrap_err(),
    ]
    .iter()
    .map(told_of)
    .collect();
    assert_eq!(told[0], told[1], "byte for byte");
    let list = v1::ListDeliveriesRequest { mailbox: "FSU".into(), ..Default::default() };
    let listed = named.list_deliveries(list.clone()).await.unwrap();
    assert!(listed.deliveries.is_empty() && listed.next_page_token.is_empty());
    assert_eq!(colleague.list_deliveries(list.clone()).await.unwrap().deliveries.len(), 1);
    // The system names the person, and hears the same.
    let mut by_system = open(&known);
    by_system.user_id = "u-2201".into();
    assert_eq!(unit.report_opened(by_system).await.unwrap_err().reason(), "NOT_FOUND");
    // Who looked before is known to information governance.
    let mut governance = hub.agency("HUB-IG").await;
    let tasks = collect(&mut governance, "HUB-IG").await;
    assert_eq!(tasks.iter().filter(|task| task.priority() == v1::Priority::P2).count(), 1);

    let mut later = sample("s05-domestic-abuse-gold.json");
    later.idempotency_key = "later-1".into();
    police.submit(later).await.unwrap();
    assert_eq!(collect(&mut unit, "FSU").await.len(), 1, "colleagues have to act");
    assert!(named.list_deliveries(list.clone()).await.unwrap().deliveries.is_empty());
    assert_eq!(colleague.list_deliveries(list).await.unwrap().deliveries.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_from_somebody_is_shown_to_its_author_by_the_system_that_sent_it_and_to_the_lead()
 {
    let hub = TestHub::starting_at(MONDAY).await;
    let mut police = hub.agency("MERPOL").await;
    let taken = police.submit(by_staff_of_fsu()).await.unwrap();
    let mut open = sample("s01-missing-reported.json");
    open.idempotency_key = "open-1".into();
    let open = police.submit(open).await.unwrap().alert_id;
    let alert = taken.alert_id.as_str();

    // The author is u-2401, as the alert names its sender.
    let status = police.status_for(alert, "u-2401").await.unwrap();
    assert!(status.deliveries.iter().all(|it| !it.name.starts_with("FSU")), "as 5.3a");
    let mut lead = hub.at("MERPOL/lead").await;
    lead.status(alert).await.unwrap();
    let mut author = person(&hub, "MERPOL", "u-2401").await;
    author.status(alert).await.unwrap();
    let none = police.status("0192f0c1-0000-7000-8000-000000000000").await.unwrap_err();
    for user in ["", "u-2402"] {
        let refused = police.status_for(alert, user).await.unwrap_err();
        assert_eq!(told_of(&refused), told_of(&none), "{user}");
        let listed = police.own_alerts_for(user, 50, "").await.unwrap().alerts;
        let listed: Vec<&str> = listed.iter().map(|found| found.alert_id.as_str()).collect();
        assert_eq!(listed, [open.as_str()], "{user}");
    }
    let mut colleague = person(&hub, "MERPOL", "u-2402").await;
    assert_eq!(colleague.status(alert).await.unwrap_err().reason(), "NOT_FOUND");
    let recall = v1::RecallAlertRequest {
        alert_id: alert.to_owned(),
        reason: v1::RecallReason::Withdrawn.into(),
        ..Default::default()
    };
    assert_eq!(colleague.recall(recall.clone()).await.unwrap_err().reason(), "NOT_FOUND");
    assert_eq!(police.own_alerts_for("u-2401", 50, "").await.unwrap().alerts.len(), 2);
    author.recall(recall).await.unwrap();
}

/// Everything a refusal says.
fn told_of(error: &ClientError) -> String {
    format!("{error:?}")
}
