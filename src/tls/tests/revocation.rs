//! V29, V30, M5: revocation of those who come and of those who are in; the grace of a list that ran out (domain 2.3).

use super::*;

fn list_end(hub: &TestHub) -> SystemTime {
    hub.reloader.revocation_freshness().unwrap().1
}

#[tokio::test]
async fn a_revoked_certificate_is_refused_after_the_next_check_and_others_are_not() {
    let hub = TestHub::start().await;
    let issued = hub.authority.issue_system("CADT", "main", 90).unwrap();
    let (client, other) = (hub.client(&issued), hub.agency("MERPOL"));
    hub.accepts(&client).await;
    assert!(!hub.reloader.live().is_revoked(&issued.serial));

    hub.authority.revoke(&issued.serial).unwrap();
    assert!(matches!(hub.reloader.check(), Reload::Replaced { generation: 2, .. }));

    let (refusal, words) = hub.refuses(&client).await;
    assert_eq!(refusal, Refusal::Revoked);
    assert!(words.contains("revoked this certificate"), "{words}");
    assert!(hub.reloader.live().is_revoked(&issued.serial));
    hub.accepts(&other).await;
}

#[tokio::test]
async fn revocation_ends_the_open_stream_of_its_certificate_and_no_other() {
    let hub = TestHub::start().await;
    let issued = hub.authority.issue_system("CADT", "main", 90).unwrap();
    let mut stream = watch(hub.channel(&hub.client(&issued)).await).await;
    let other = hub.channel(&hub.agency("MERPOL")).await;
    let mut other_stream = watch(other.clone()).await;

    hub.authority.revoke(&issued.serial).unwrap();
    let reload = hub.reloader.check();

    assert_eq!(reload, Reload::Replaced { generation: 2, cut: 1 });
    let end = time::timeout(PATIENCE, stream.message()).await.expect("the stream must end");
    assert!(end.is_err(), "{end:?}");
    hub.said.wait_for(|event| *event == Event::Closed(Closed::Revoked)).await;
    assert_eq!(hub.reloader.live().count(), 1);
    let still = time::timeout(Duration::from_millis(50), other_stream.message()).await;
    assert!(still.is_err(), "nothing may come on the other stream: {still:?}");
    check(other).await.unwrap();
}

#[tokio::test]
async fn a_call_on_the_channel_of_a_revoked_client_fails_with_words() {
    let hub = TestHub::start().await;
    let issued = hub.authority.issue_system("CADT", "main", 90).unwrap();
    let channel = hub.channel(&hub.client(&issued)).await;
    check(channel.clone()).await.unwrap();

    hub.authority.revoke(&issued.serial).unwrap();
    hub.reloader.check();
    hub.said.wait_for(|event| *event == Event::Closed(Closed::Revoked)).await;

    // The first call may still meet the dying connection; the channel then makes a new one and is told.
    let mut words = None;
    for _ in 0..3 {
        let error = check(channel.clone()).await.unwrap_err();
        words = words.or_else(|| explain(&error));
    }
    assert!(words.unwrap().contains("revoked this certificate"));
}

#[tokio::test]
async fn a_handshake_begun_under_the_former_list_does_not_slip_in_after_the_sweep() {
    let hub = TestHub::start().await;
    let issued = hub.authority.issue_system("CADT", "main", 90).unwrap();
    let authority = hub.reloader.generation().trust.authorities[0].id;
    let peer = PeerIdentity {
        serial: issued.serial.clone(),
        authority,
        ..PeerIdentity::of(&uri("CADT/system/main"))
    };

    hub.authority.revoke(&issued.serial).unwrap();
    hub.reloader.check();

    let late = hub.reloader.live().register(Arc::new(peer), hub.clock.now());
    assert_eq!(late.map(drop), Err(Refusal::Revoked));
}

#[tokio::test]
async fn a_list_that_ran_out_serves_for_exactly_its_grace_with_an_alarm_for_each_connection() {
    let hub = TestHub::start().await;
    let client = hub.agency("CADT");
    let end = list_end(&hub);

    hub.clock.stand_at(end - SECOND);
    hub.accepts(&client).await;
    assert_eq!(hub.said.count(Event::CrlGraceUsed), 0);

    hub.clock.stand_at(end);
    hub.accepts(&client).await;
    assert_eq!(hub.said.count(Event::CrlGraceUsed), 1);

    hub.clock.stand_at(end + DAY - SECOND);
    hub.accepts(&client).await;
    assert_eq!(hub.said.count(Event::CrlGraceUsed), 2);

    hub.clock.stand_at(end + DAY);
    let (refusal, words) = hub.refuses(&client).await;
    assert_eq!(refusal, Refusal::RevocationListLapsed);
    assert!(words.contains("has run out") && words.contains("phone"), "{words}");
}

#[tokio::test]
async fn a_grace_may_be_as_long_as_seven_days() {
    let rules = RevocationRules::new(RevocationRules::GRACE_MAX).unwrap();
    let hub = TestHub::build(Build { rules, ..Build::default() }).await;
    let client = hub.agency("CADT");
    let end = list_end(&hub);

    hub.clock.stand_at(end + 7 * DAY - SECOND);
    hub.accepts(&client).await;

    hub.clock.stand_at(end + 7 * DAY);
    assert_eq!(hub.refuses(&client).await.0, Refusal::RevocationListLapsed);
}

#[tokio::test]
async fn a_revoked_certificate_gets_no_grace() {
    let hub = TestHub::start().await;
    let issued = hub.authority.issue_system("CADT", "main", 90).unwrap();
    hub.authority.revoke(&issued.serial).unwrap();
    hub.reloader.check();

    hub.clock.stand_at(list_end(&hub) + SECOND);

    assert_eq!(hub.refuses(&hub.client(&issued)).await.0, Refusal::Revoked);
}

#[tokio::test]
async fn a_stream_that_is_open_outlives_the_grace() {
    let hub = TestHub::start().await;
    let channel = hub.channel(&hub.agency("CADT")).await;

    hub.clock.stand_at(list_end(&hub) + 2 * DAY);
    hub.reloader.check();

    check(channel).await.unwrap();
}

#[tokio::test]
async fn a_new_list_ends_the_grace() {
    let hub = TestHub::start().await;
    let client = hub.agency("CADT");
    hub.clock.stand_at(list_end(&hub) + 2 * DAY);
    assert_eq!(hub.refuses(&client).await.0, Refusal::RevocationListLapsed);

    hub.authority.write_crl(30 * DAY).unwrap();
    hub.reloader.check();

    hub.said.forget();
    hub.accepts(&client).await;
    assert_eq!(hub.said.count(Event::CrlGraceUsed), 0);
    assert_eq!(hub.reloader.revocation_freshness().unwrap().0, Freshness::Fresh);
}

#[tokio::test]
async fn an_alarm_is_raised_from_seven_days_before_once_and_again_each_hour() {
    let hub = TestHub::start().await;
    let end = list_end(&hub);
    let hour = 3600 * SECOND;
    let alarms_at = |at: SystemTime, alarm: Event| {
        hub.clock.stand_at(at);
        hub.reloader.check();
        hub.said.count(alarm)
    };

    assert_eq!(alarms_at(end - 7 * DAY - SECOND, Event::CrlExpiring), 0);
    assert_eq!(alarms_at(end - 7 * DAY, Event::CrlExpiring), 1);
    assert_eq!(alarms_at(end - 7 * DAY + hour - SECOND, Event::CrlExpiring), 1);
    assert_eq!(alarms_at(end - 7 * DAY + hour, Event::CrlExpiring), 2);
    assert_eq!(alarms_at(end, Event::CrlInGrace), 1);
    assert_eq!(alarms_at(end + DAY - SECOND, Event::CrlLapsed), 0);
    assert_eq!(alarms_at(end + DAY, Event::CrlLapsed), 1);
    assert_eq!(hub.said.count(Event::CrlExpiring), 2);
}

#[tokio::test]
async fn a_certificate_that_runs_out_while_connected_is_cut() {
    let hub = TestHub::start().await;
    let issued = hub.authority.issue_system("CADT", "main", 2).unwrap();
    let (client, other) = (hub.client(&issued), hub.agency("MERPOL"));
    let mut stream = watch(hub.channel(&client).await).await;
    let other = hub.channel(&other).await;

    hub.clock.stand_at(SystemMachineClock.now() + 2 * DAY + SECOND);
    hub.reloader.check();

    let end = time::timeout(PATIENCE, stream.message()).await.expect("the stream must end");
    assert!(end.is_err());
    hub.said.wait_for(|event| *event == Event::Closed(Closed::Expired)).await;
    check(other).await.unwrap();
}
