//! At the end of a turn on duty what is open changes hands, and the log says so.

use super::*;
use crate::domain::delivery::AckOutcome;
use crate::domain::directory::RotaSlot;
use crate::domain::principal::{Person, Role};
use crate::domain::{DeliveryId, Redacted, Span, UserId};
use crate::mailbox::{Answer, MailboxError};

const NIGHT: &str = "2026-10-23T21:40:00Z";

fn user(id: &str) -> UserId {
    UserId::try_from(id).unwrap()
}

fn of_edt(id: &str) -> Principal {
    let person = Person { user: user(id), roles: vec![Role::DutyReceiver] };
    let agency = AgencyCode::try_from("EDT").unwrap();
    Principal::User { agency, person, fingerprint: [8; 32] }
}

/// Two alerts that `u-1301` has taken at EDT.
async fn two_taken(desk: &Desk) -> Vec<DeliveryId> {
    let mut taken = Vec::new();
    for key in ["k-1", "k-2"] {
        let alert = desk.submits("MERPOL", URGENT, key).await;
        let record = desk.parts.store.alert(alert).await.unwrap().unwrap();
        let number = record.deliveries.iter().find(|it| it.mailbox == id("EDT")).unwrap().number;
        taken.push(DeliveryId { alert, number });
    }
    let mut stream = desk.stream("EDT", &[]).await;
    desk.receives(&mut stream).await;
    for delivery in &taken {
        let outcome = AckOutcome::Accepted;
        let answer = Answer::Acknowledge { outcome, note: Redacted::default() };
        desk.mailboxes.answer(&of_edt("u-1301"), &id("EDT"), *delivery, &answer).await.unwrap();
    }
    taken
}

/// A rota on which `u-1302` follows `u-1301`.
async fn with_rota(desk: &Desk) {
    let start = instant(NIGHT);
    let slot = |from: i64, until: i64, who: &str| RotaSlot {
        from: start.plus(Span::hours(from)),
        until: start.plus(Span::hours(until)),
        user: user(who),
        deputy: None,
    };
    let mut next: DirectoryRecord = desk.parts.store.directory().as_ref().clone();
    next.version += 1;
    let edt = next.agencies.get_mut(&AgencyCode::try_from("EDT").unwrap()).unwrap();
    edt.mailboxes[0].rota = vec![slot(-8, 1, "u-1301"), slot(1, 9, "u-1302")];
    let permit = permit(&Principal::Hub(Driver::Operator), Action::LoadDirectory, None).unwrap();
    let event = crate::domain::Event::new(EventId::from_bytes([0xE0; 16]), EventKind::RotaChanged);
    let commit = Commit::new(&permit, desk.env.now(), vec![event], [0x5A; 32]).unwrap();
    let commit = commit.writing(vec![Write::Directory(Box::new(next))]).unwrap();
    desk.parts.store.commit(commit).await.unwrap();
}

#[tokio::test]
async fn everything_that_is_open_goes_to_who_is_next_by_the_rota_and_each_is_recorded() {
    let desk = Desk::opening_at(NIGHT).await;
    with_rota(&desk).await;
    let taken = two_taken(&desk).await;
    let closing = Answer::Close { note: Redacted::new("she is home and safe".to_owned()) };
    desk.mailboxes.answer(&of_edt("u-1301"), &id("EDT"), taken[1], &closing).await.unwrap();

    let handed = desk.mailboxes.hand_over(&of_edt("u-1301"), &id("EDT"), None, &[]).await.unwrap();
    let again = desk.mailboxes.hand_over(&of_edt("u-1301"), &id("EDT"), None, &[]).await.unwrap();

    assert_eq!((handed.to, handed.deliveries), (user("u-1302"), vec![taken[0]]), "not the closed");
    assert!(again.deliveries.is_empty(), "nothing is left with this person");
    assert_eq!(desk.store.count("FORWARDED:HANDED_OVER", taken[0].alert), 1);
    let record = desk.parts.store.alert(taken[0].alert).await.unwrap().unwrap();
    let delivery = record.delivery(taken[0].number).unwrap();
    assert_eq!(delivery.held_by, Some(user("u-1302")));
    let (moment, _) = delivery.acknowledged.as_ref().unwrap();
    assert_eq!(moment.by, Some(user("u-1301")), "who took it stays who took it");
    // The next one hands over in turn.
    let back = Some(user("u-1301"));
    let third = desk.mailboxes.hand_over(&of_edt("u-1302"), &id("EDT"), back.as_ref(), &[]).await;
    assert_eq!(third.unwrap().deliveries, [taken[0]]);
}

#[tokio::test]
async fn nobody_who_does_not_serve_the_inbox_takes_over_and_without_a_rota_somebody_is_named() {
    let desk = Desk::opening_at(NIGHT).await;
    let taken = two_taken(&desk).await;
    let hand = async |to: Option<&str>, deliveries: &[DeliveryId]| {
        let to = to.map(user);
        let (from, edt) = (of_edt("u-1301"), id("EDT"));
        desk.mailboxes.hand_over(&from, &edt, to.as_ref(), deliveries).await
    };

    let refused = |done: Result<_, MailboxError>| done.map(drop).unwrap_err().reason();
    assert_eq!(refused(hand(None, &taken).await), "NOBODY_NEXT");
    for stranger in ["u-1308", "u-1101", "nobody"] {
        assert_eq!(refused(hand(Some(stranger), &taken).await), "NOT_OF_THIS_DESK", "{stranger}");
    }
    let elsewhere = DeliveryId { alert: taken[0].alert, number: 99 };
    assert_eq!(refused(hand(Some("u-1302"), &[elsewhere]).await), "NOT_FOUND");
    assert_eq!(desk.store.count("FORWARDED:HANDED_OVER", taken[0].alert), 0);
    assert_eq!(hand(Some("u-1302"), &taken).await.unwrap().deliveries, taken);
}
