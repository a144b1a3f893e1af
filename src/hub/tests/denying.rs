//! The deny list (domain 5.7, 2): who must not know of one alert finds nothing about the child, in the same words and with
//! the same work as what does not exist.

use super::stewarding::{identity, person, says, steward};
use super::*;
use crate::denylist;
use crate::domain::principal::Role;
use crate::domain::submission::Exclusion;
use crate::domain::{AlertRecord, DeliveryId, Redacted, Span, UserId};
use crate::identity::IdentityError;
use crate::mailbox::{About, Answer, MailboxError};
use crate::policy::matching::Hand;

const NIGHT: &str = "2026-10-23T21:40:00Z";

/// A duty receiver of the emergency duty team, with an own certificate.
fn receiver(user: &str) -> Principal {
    person("EDT", user, Role::DutyReceiver)
}

fn user(id: &str) -> UserId {
    UserId::try_from(id).unwrap()
}

/// The urgent alert about the same child, its sender naming whom it must be kept from.
fn naming(key: &str, who: &str) -> Received {
    let mut received = received(URGENT, key);
    received.submission.envelope.exclude.push(Exclusion::User(user(who)));
    received
}

/// About another child.
fn another(key: &str) -> Received {
    let text = URGENT.replace("9990001375", "9990008221").replace("Marrowby", "Otherwell");
    received(&text.replace("2012-03-09", "2011-11-30").replace("ZX43 2AB", "ZX47 9ZZ"), key)
}

async fn record(desk: &Desk, alert: AlertId) -> Arc<AlertRecord> {
    desk.parts.store.alert(alert).await.unwrap().unwrap()
}

/// The team's delivery of an alert.
async fn at_edt(desk: &Desk, alert: AlertId) -> DeliveryId {
    let record = record(desk, alert).await;
    let delivery = record.deliveries.iter().find(|it| it.mailbox == id("EDT")).unwrap();
    DeliveryId { alert, number: delivery.number }
}

/// An alert that the team has, and then another one about the same child that is kept from `u-1301` of the team.
async fn denied(desk: &Desk) -> (AlertId, AlertId) {
    let before = desk.submits("MERPOL", URGENT, "k-1").await;
    let mut stream = desk.stream("EDT", &[]).await;
    desk.receives(&mut stream).await;
    let kept = desk.tries("MERPOL", &naming("k-2", "u-1301")).await.unwrap().alert;
    assert_ne!(kept.episode, record(desk, before).await.episode, "an episode of its own");
    (before, kept.id)
}

/// What an answer costs: records read, tokens made, entries written.
fn cost(desk: &Desk) -> [usize; 3] {
    let tokens = desk.parts.sealer.tokens_made();
    [desk.store.reads(), tokens, desk.store.entries().len()]
}

#[tokio::test]
async fn whatever_is_about_the_child_is_not_there_for_who_must_not_know_and_is_for_others() {
    let desk = Desk::opening_at(NIGHT).await;
    let (before, _) = denied(&desk).await;
    let delivery = at_edt(&desk, before).await;
    let (mailbox, kept, other) = (id("EDT"), receiver("u-1301"), receiver("u-1302"));
    let about = About { mailbox: mailbox.clone(), delivery, person: 0 };

    let list = desk.mailboxes.list(&kept, &mailbox, (0, 50), |_| true).await.unwrap();
    assert!(list.rows.is_empty() && list.next.is_none(), "nor is it counted");
    let chronology = desk.mailboxes.chronology(&kept, &about, (None, 50)).await;
    assert!(matches!(chronology, Err(MailboxError::NotFound)));
    let read = desk.mailboxes.read_answers(&kept, &mailbox, delivery).await;
    assert!(matches!(read, Err(MailboxError::NotFound)));
    let confirmed = desk.mailboxes.confirm(&kept, &mailbox, &[1]).await;
    assert!(matches!(confirmed, Err(MailboxError::NotFound)));
    let recall = desk.mailboxes.confirm_recall(&kept, &mailbox, delivery).await;
    assert!(matches!(recall, Err(MailboxError::NotFound)));
    for answer in [
        Answer::Opened,
        Answer::Acknowledge {
            outcome: crate::domain::delivery::AckOutcome::Accepted,
            note: Redacted::default(),
        },
    ] {
        let answered = desk.mailboxes.answer(&kept, &mailbox, delivery, &answer).await;
        assert!(matches!(answered, Err(MailboxError::NotFound)), "{answer:?}");
    }
    let stays = record(&desk, before).await;
    assert!(stays.deliveries.iter().all(|it| it.opened.is_none() && it.acknowledged.is_none()));

    let list = desk.mailboxes.list(&other, &mailbox, (0, 50), |_| true).await.unwrap();
    assert_eq!(list.rows.len(), 1);
    let page = desk.mailboxes.chronology(&other, &about, (None, 50)).await.unwrap();
    assert_eq!(page.lines.len(), 1);
    let (to, deliveries) = (user("u-1301"), [delivery]);
    let handed = desk.mailboxes.hand_over(&other, &mailbox, Some(&to), &deliveries).await;
    assert_eq!(handed.unwrap_err().reason(), "NOT_OF_THIS_DESK", "nor is it handed over");
    desk.mailboxes.answer(&other, &mailbox, delivery, &Answer::Opened).await.unwrap();
}

#[tokio::test]
async fn what_is_kept_and_what_does_not_exist_are_the_same_words_and_the_same_work() {
    let desk = Desk::opening_at(NIGHT).await;
    let (before, _) = denied(&desk).await;
    let kept = at_edt(&desk, before).await;
    let nothing = DeliveryId { alert: AlertId::from_bytes([9; 16]), number: 0 };
    let (caller, mailbox) = (receiver("u-1301"), id("EDT"));

    let mut told = Vec::new();
    for delivery in [kept, nothing] {
        let at = cost(&desk);
        let opened = desk.mailboxes.answer(&caller, &mailbox, delivery, &Answer::Opened).await;
        let read = desk.mailboxes.read_answers(&caller, &mailbox, delivery).await;
        let about = About { mailbox: mailbox.clone(), delivery, person: 0 };
        let told_of = desk.mailboxes.chronology(&caller, &about, (None, 10)).await;
        let asker = person("MERPOL", "u-1301", Role::Sender);
        let status = desk.broker.status(&asker, delivery.alert).await.unwrap_err();
        let after = cost(&desk);
        let spent: Vec<usize> = after.iter().zip(at).map(|(after, at)| after - at).collect();
        let errors = [opened.unwrap_err(), read.unwrap_err(), told_of.unwrap_err()];
        let errors: Vec<String> = errors.iter().map(|error| format!("{error:?} {error}")).collect();
        told.push((errors, format!("{status:?} {status}"), spent));
    }

    assert_eq!(told[0], told[1]);
    assert_eq!(told[0].2, [4, 4, 4], "a record, a token and an entry each");
    let entries = desk.store.trace();
    let last: Vec<_> = entries.iter().rev().take(8).collect();
    assert!(
        last.iter().all(|(event, alert)| event == "ACCESS_DENIED:NOT_FOUND" && alert.is_none())
    );
}

#[tokio::test]
async fn a_later_alert_about_the_child_and_its_ladder_pass_the_person_by_too() {
    let desk = Desk::opening_at(NIGHT).await;
    let (_, kept) = denied(&desk).await;

    // From another agency, which knows nothing of the conflict.
    let later = desk.tries("LA-341", &of_another_event("LA-341", "k-3")).await.unwrap().alert;
    let unrelated = desk.tries("MERPOL", &another("k-4")).await.unwrap().alert;

    let sealer = &desk.parts.sealer;
    let denies = |record: &AlertRecord, who: &str| {
        denylist::denies(sealer, (record.id, Some(record)), Some(&user(who))).unwrap()
    };
    for record in [record(&desk, later.id).await, record(&desk, kept).await] {
        assert!(denies(&record, "u-1301") && !denies(&record, "u-1302"));
    }
    assert_eq!(later.conflicts, None, "it is no conflict of its own");
    assert!(!denies(&unrelated, "u-1301"), "another child");
    let directory = desk.parts.store.directory();
    let skipped = denylist::denied(sealer, (&later, None), &directory).unwrap();
    assert_eq!(skipped, [user("u-1301")], "whom rotas skip");
}

#[tokio::test]
async fn a_person_who_receives_with_an_own_certificate_gets_the_rest_and_no_word_of_it() {
    let desk = Desk::opening_at(NIGHT).await;
    let (before, _) = denied(&desk).await;
    let fine = desk.tries("MERPOL", &another("k-4")).await.unwrap().alert.id;
    let later = desk.tries("LA-341", &of_another_event("LA-341", "k-3")).await.unwrap().alert.id;
    let receives = async |who: &str| {
        let reader = receiver(who);
        let stream = desk.mailboxes.open_stream(&reader, id("EDT"), &[]).await;
        let mut stream = stream.unwrap();
        let got = desk.receives(&mut stream).await;
        let last = desk.mailboxes.next_batch(&mut stream).await.unwrap();
        let got: Vec<AlertId> = got.into_iter().map(|(_, alert)| alert).collect();
        (got, last.more_waiting, last.high_water)
    };

    let (got, more, high) = receives("u-1301").await;

    assert_eq!(got, [fine]);
    assert!(!more, "nothing waits, as far as this reader may know");
    let (all, more, last) = receives("u-1302").await;
    for alert in [before, fine, later] {
        assert!(all.contains(&alert), "{all:?}");
    }
    assert!(!more && high < last, "{high} {last}");
}

#[tokio::test]
async fn the_list_survives_a_restart_and_the_key_of_the_alert_that_made_it() {
    let mut desk = Desk::opening_at(NIGHT).await;
    let (before, kept) = denied(&desk).await;
    let key = record(&desk, kept).await.body.as_ref().unwrap().key.clone();
    desk.keys.destroy(&[key]).unwrap();
    let env = desk.env.clone();
    desk.restart_on(env);

    let delivery = at_edt(&desk, before).await;
    let opened = Answer::Opened;
    let caller = receiver("u-1301");
    let answered = desk.mailboxes.answer(&caller, &id("EDT"), delivery, &opened).await;

    assert!(matches!(answered, Err(MailboxError::NotFound)));
}

#[tokio::test]
async fn who_looked_at_another_episode_of_the_child_is_a_task_for_governance_for_twelve_months() {
    // Opened on 23 October 2026 at 22:40 local time; named on the same day a year later, and a day after that.
    for (days, tasks) in [(0, 1), (365, 1), (366, 0)] {
        let desk = Desk::opening_at(NIGHT).await;
        let before = desk.submits("MERPOL", URGENT, "k-1").await;
        let mut stream = desk.stream("EDT", &[]).await;
        desk.receives(&mut stream).await;
        let delivery = at_edt(&desk, before).await;
        let reader = receiver("u-1301");
        desk.mailboxes.answer(&reader, &id("EDT"), delivery, &Answer::Opened).await.unwrap();
        desk.clock.advance(Span::days(days));

        let other = desk.tries("MERPOL", &naming("k-2", "u-1302")).await.unwrap().alert;
        let kept = desk.tries("MERPOL", &naming("k-3", "u-1301")).await.unwrap().alert;

        let told = |alert: &AlertRecord| {
            alert.deliveries.iter().filter(|it| it.mailbox == id("HUB-IG")).count()
        };
        assert_eq!(told(&kept), tasks, "{days} days");
        assert_eq!(told(&other), 0, "who did not look");
        assert_eq!(desk.store.count("TASK_CREATED:CONFLICT_LOOK_BACK", kept.id), tasks);
    }
}

#[tokio::test]
async fn what_a_steward_joins_has_one_list_and_the_steward_on_it_sees_no_claim() {
    let desk = Desk::opening_at(NIGHT).await;
    let without = URGENT.replace("\"9990001375\"", "\"\"").replace("_VERIFIED", "_ABSENT");
    // Another home and another year: a mere candidate, that only a steward can make one person.
    let weak = without.replace("ZX43 2AB", "ZX47 9ZZ").replace("2012-03-09", "2012-09-03");
    let first = desk.submits("MERPOL", &weak, "k-1").await;
    let kept = desk.tries("MERPOL", &naming("k-2", "u-1301")).await.unwrap().alert.id;
    let sealer = &desk.parts.sealer;
    let denies = async |alert: AlertId, who: &str| {
        let record = record(&desk, alert).await;
        denylist::denies(sealer, (alert, Some(&record)), Some(&user(who))).unwrap()
    };
    assert!(!denies(first, "u-1301").await, "nobody has said that they are one");

    identity(&desk).decide(&steward(), &says(Hand::Link, first, kept)).await.unwrap();

    assert!(denies(first, "u-1301").await);
    assert!(!denies(first, "u-1302").await);
    let third = desk.tries("MERPOL", &naming("k-3", "u-3801")).await.unwrap().alert.id;
    let refused = identity(&desk).decide(&steward(), &says(Hand::Unlink, first, kept)).await;
    assert!(matches!(refused, Err(IdentityError::NotFound)), "the steward is on the list now");
    let page = identity(&desk).tasks(&steward(), (0, 50)).await.unwrap();
    assert!(page.tasks.iter().all(|task| ![first, kept, third].contains(&task.alert.id)));
}

/// The urgent alert in another agency's name.
fn from(agency: &str, key: &str) -> Received {
    received(&URGENT.replace("\"MERPOL\"", &format!("\"{agency}\"")), key)
}

/// The same child, missing eight hours before: another event, of whose sender nobody knows a conflict.
fn of_another_event(agency: &str, key: &str) -> Received {
    let text = URGENT.replace("\"MERPOL\"", &format!("\"{agency}\""));
    received(&text.replace("2026-10-23T14:35:00Z", "2026-10-23T06:35:00Z"), key)
}

/// News of the episode, as the team tells of it, and the report once more.
fn of_team(kind: crate::domain::AlertKind, first: Option<AlertId>, key: &str) -> Received {
    let mut told = from("EDT", key);
    told.submission.kind = kind;
    if let Some(first) = first {
        let named = crate::domain::submission::EpisodeName::Hub(first);
        told.submission.envelope.episode = Given::Given(named);
    }
    told
}

#[tokio::test]
async fn who_must_not_know_joins_no_episode_by_naming_it_nor_by_telling_of_the_same_event() {
    use crate::domain::AlertKind::{MissingReported, MissingUpdated};
    for (kind, named) in [(MissingUpdated, true), (MissingReported, false), (MissingReported, true)]
    {
        let desk = Desk::opening_at(NIGHT).await;
        let (before, _) = denied(&desk).await;
        let first = record(&desk, before).await;
        desk.clock.advance(Span::minutes(1));

        let told = of_team(kind, named.then_some(before), "k-8");
        let kept = desk.broker.submit(&receiver("u-1301"), &told).await.unwrap().alert;
        let told = of_team(kind, named.then_some(before), "k-9");
        let other = desk.broker.submit(&receiver("u-1302"), &told).await.unwrap().alert;

        assert_ne!(kept.episode, first.episode, "{kind} {named}: as if it were not there");
        assert!(!kept.after.same_event.is_linked());
        // Of two that tell of the same event a colleague's may be near to either.
        assert!(!named || other.episode == first.episode, "{kind} {named}");
    }
}

#[tokio::test]
async fn a_mark_that_is_made_while_an_alert_is_decided_on_is_seen() {
    let desk = Desk::opening_at(NIGHT).await;
    let before = desk.submits("MERPOL", URGENT, "k-1").await;
    let mut marked = record(&desk, before).await.as_ref().clone();
    denylist::deny(&desk.parts.sealer, &mut marked, (&[0], &[user("u-1301")])).unwrap();
    marked.version += 1;
    let permit = permit(&system("MERPOL"), Action::RecallAlert, None).unwrap();
    let event = crate::domain::Event::new(EventId::from_bytes([0xE4; 16]), EventKind::CoiApplied);
    let commit = Commit::new(&permit, desk.env.now(), vec![event], [0x5B; 32]).unwrap();
    desk.store.before_next_commit(commit.writing(vec![Write::Alert(Box::new(marked))]).unwrap());

    let later = desk.tries("LA-341", &from("LA-341", "k-2")).await.unwrap().alert;

    assert_eq!(desk.store.conflicts(), 1, "decided anew");
    let later = record(&desk, later.id).await;
    let is_denied =
        denylist::denies(&desk.parts.sealer, (later.id, Some(&later)), Some(&user("u-1301")));
    assert!(is_denied.unwrap());
}
