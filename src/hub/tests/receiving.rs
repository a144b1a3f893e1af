use super::*;
use crate::domain::Span;
use crate::domain::principal::{Person, Role};
use crate::store::StoreError;

const NIGHT: &str = "2026-10-23T21:40:00Z";
const LEASE: Span = Span::seconds(30);

#[tokio::test]
async fn a_body_that_does_not_open_holds_up_nobody_else_and_is_sent_when_it_opens() {
    let desk = Desk::opening_at(NIGHT).await;
    let bad = desk.submits("MERPOL", URGENT, "k-1").await;
    let good = of_another_child(received(URGENT, "k-2"));
    let good = desk.tries("MERPOL", &good).await.unwrap().alert.id;
    desk.store.set_body_damaged(bad, true);
    let mut stream = desk.stream("EDT", &[]).await;

    assert_eq!(desk.receives(&mut stream).await, [(2, good)], "numbers stay contiguous");
    assert_eq!(desk.store.count("DELIVERY_FAILED:COPY_FAILED", bad), 1);

    // The partner has stored number 2 and says so: that settles number 2 and no other.
    desk.mailboxes.confirm(&system("EDT"), &id("EDT"), &[2]).await.unwrap();
    desk.clock.advance(LEASE);
    assert!(desk.receives(&mut stream).await.is_empty());
    assert_eq!(desk.store.count("DELIVERY_FAILED:COPY_FAILED", bad), 2, "tried again, told again");
    desk.store.set_body_damaged(bad, false);
    desk.clock.advance(Span::seconds(60));
    assert_eq!(desk.receives(&mut stream).await, [(1, bad)]);
    assert_eq!(desk.store.count("DELIVERED", bad), 3, "each attempt was recorded before it");
}

#[tokio::test]
async fn a_cursor_beyond_a_failed_copy_does_not_lose_it_over_a_restart() {
    let mut desk = Desk::opening_at(NIGHT).await;
    let bad = desk.submits("MERPOL", URGENT, "k-1").await;
    desk.submits("MERPOL", URGENT, "k-2").await;
    desk.store.set_body_damaged(bad, true);
    let mut stream = desk.stream("EDT", &[]).await;
    desk.receives(&mut stream).await;
    desk.mailboxes.confirm(&system("EDT"), &id("EDT"), &[2]).await.unwrap();

    desk.restart_mailboxes();
    desk.store.set_body_damaged(bad, false);
    let mut stream = desk.stream("EDT", &mailbox::cursor(2)).await;

    assert!(desk.receives(&mut stream).await.is_empty());
    desk.clock.advance(LEASE);
    assert_eq!(desk.receives(&mut stream).await, [(1, bad)]);
}

#[tokio::test]
async fn a_record_that_cannot_be_read_gets_no_number_and_holds_up_nobody_else() {
    let desk = Desk::opening_at(NIGHT).await;
    let mut bad = Vec::new();
    for number in 0..70 {
        bad.push(desk.submits("MERPOL", URGENT, &format!("bad-{number}")).await);
    }
    let good = desk.submits("MERPOL", URGENT, "good").await;
    bad.iter().for_each(|alert| desk.store.set_unreadable(*alert, true));
    let mut stream = desk.stream("EDT", &[]).await;

    assert_eq!(desk.receives(&mut stream).await, [(1, good)]);
    assert_eq!(desk.store.count("DELIVERY_FAILED:COPY_FAILED", bad[0]), 1);

    bad.iter().for_each(|alert| desk.store.set_unreadable(*alert, false));
    assert!(desk.receives(&mut stream).await.is_empty(), "in backoff");
    desk.clock.advance(LEASE);
    assert_eq!(
        desk.receives(&mut stream).await.iter().filter(|(_, it)| bad.contains(it)).count(),
        70
    );
}

#[tokio::test]
async fn a_later_alert_of_the_episode_waits_once_for_the_failed_one_and_not_for_ever() {
    let desk = Desk::opening_at(NIGHT).await;
    let bad = desk.submits("MERPOL", URGENT, "k-1").await;
    let mut follow_on = received(URGENT, "k-2");
    follow_on.submission.envelope.episode =
        Given::Given(crate::domain::submission::EpisodeName::Hub(bad));
    let later = desk.tries("MERPOL", &follow_on).await.unwrap().alert.id;
    desk.store.set_body_damaged(bad, true);
    let mut stream = desk.stream("EDT", &[]).await;

    assert!(desk.receives(&mut stream).await.is_empty());
    assert_eq!(desk.store.count("DELIVERY_FAILED:HELD_BACK", later), 1);

    desk.clock.advance(LEASE);
    assert_eq!(desk.receives(&mut stream).await, [(2, later)]);
}

#[tokio::test]
async fn an_alert_that_cannot_be_read_hides_no_other_row_and_is_a_row_that_says_so() {
    let desk = Desk::opening_at(NIGHT).await;
    let bad = desk.submits("MERPOL", URGENT, "k-1").await;
    let good = desk.submits("MERPOL", URGENT, "k-2").await;
    let mut stream = desk.stream("EDT", &[]).await;
    desk.receives(&mut stream).await;
    desk.store.set_unreadable(bad, true);
    let (team, mailbox) = (system("EDT"), id("EDT"));

    let all = desk.mailboxes.list(&team, &mailbox, (0, 50), |_| true).await.unwrap();
    let none = desk.mailboxes.list(&team, &mailbox, (0, 50), |_| false).await.unwrap();

    let is_read = |row: &mailbox::Row| matches!(row.known, mailbox::Known::Read { .. });
    let told = |page: mailbox::Page| -> Vec<_> {
        page.rows.iter().map(|row| (row.sequence, row.id.alert, is_read(row))).collect()
    };
    assert_eq!(told(all), [(1, bad, false), (2, good, true)]);
    assert_eq!(told(none), [(1, bad, false)], "in no state that anybody knows");
    assert_eq!(desk.store.count("RECORD_VIEWED:LIST", bad), 1);
}

#[tokio::test]
async fn one_that_cannot_be_read_does_not_keep_the_others_from_being_confirmed_and_comes_again() {
    let desk = Desk::opening_at(NIGHT).await;
    let bad = desk.submits("MERPOL", URGENT, "k-1").await;
    let good = desk.submits("MERPOL", URGENT, "k-2").await;
    let mut stream = desk.stream("EDT", &[]).await;
    desk.receives(&mut stream).await;
    desk.store.set_unreadable(bad, true);

    let confirmed = desk.mailboxes.confirm(&system("EDT"), &id("EDT"), &[1, 2]).await.unwrap();

    assert_eq!(confirmed, 1);
    assert_eq!((desk.store.count("CONFIRMED", good), desk.store.count("CONFIRMED", bad)), (1, 0));
    desk.store.set_unreadable(bad, false);
    desk.clock.advance(LEASE);
    assert_eq!(desk.receives(&mut stream).await, [(1, bad)], "and not the confirmed one");
    let unknown = desk.mailboxes.confirm(&system("EDT"), &id("EDT"), &[1, 3]).await.unwrap_err();
    assert_eq!(unknown.reason(), "NOT_FOUND", "a number never handed out");
    assert_eq!(desk.store.count("CONFIRMED", bad), 0);
}

#[tokio::test]
async fn rows_are_shown_only_on_the_strength_of_an_entry_that_is_durable() {
    let desk = Desk::opening_at(NIGHT).await;
    let alert = desk.submits("MERPOL", URGENT, "k-1").await;
    let mut stream = desk.stream("EDT", &[]).await;
    desk.receives(&mut stream).await;
    let team = Principal::User {
        agency: AgencyCode::try_from("EDT").unwrap(),
        person: Person {
            user: crate::domain::UserId::try_from("u-1301").unwrap(),
            roles: vec![Role::DutyReceiver],
        },
        fingerprint: [8; 32],
    };
    let mailbox = id("EDT");
    let list = || desk.mailboxes.list(&team, &mailbox, (0, 50), |_| true);

    desk.store.fail_next([StoreError::DiskFull]);
    assert!(list().await.is_err());
    assert_eq!(list().await.unwrap().rows.len(), 1);
    assert_eq!(desk.store.count("RECORD_VIEWED:LIST", alert), 1, "the second try recorded it");
    list().await.unwrap();
    assert_eq!(desk.store.count("RECORD_VIEWED:LIST", alert), 1, "a refresh records nothing new");
}

#[tokio::test]
async fn what_cannot_be_delivered_is_said_at_once_and_of_that_inbox_alone() {
    let desk = Desk::opening_at("2026-10-23T21:40:00Z").await;
    desk.reach.0.lock().unwrap().push("EDT".to_owned());

    let alert = desk.submits("MERPOL", URGENT, "k-1").await;

    assert_eq!(desk.store.count("DELIVERY_FAILED:CERTIFICATE_REVOKED", alert), 1);
    let record = desk.parts.store.alert(alert).await.unwrap().unwrap();
    for delivery in &record.deliveries {
        assert_eq!(delivery.failed.is_some(), delivery.mailbox == id("EDT"), "{delivery:?}");
        // The clock runs from the commit into the mailbox all the same.
        assert_eq!(delivery.queued_at, record.received_at);
    }
}
