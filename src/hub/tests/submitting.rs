use super::*;
use crate::broker::Advice;
use crate::domain::alert::{AlertStatus, Timer, TimerKind};
use crate::domain::submission::EpisodeName;
use crate::domain::{ErrorKind, Redacted, Rule};
use crate::policy::access::permit_to_send;
use crate::store::StoreError;

/// The girl of the urgent alert is back.
const FOUND: &str = include_str!("../../../docs/samples/alerts/s01-missing-found.json");

const NIGHT: &str = "2026-10-23T21:40:00Z";

/// The phone of the emergency duty team in the samples' partnership.
fn phone_of_the_night(desk: &Desk) -> String {
    let directory = desk.parts.store.directory();
    directory.mailbox(&id("EDT")).unwrap().phone.clone()
}

#[tokio::test]
async fn an_alert_is_never_taken_on_a_directory_that_changed_meanwhile() {
    let desk = Desk::opening_at(NIGHT).await;
    let before = desk.parts.store.directory().version;
    let change = desk.next_directory();
    desk.store.after_directory_is_read(change);

    // Its commit loses, and the second decision rests on the new directory.
    let taken = desk.tries("MERPOL", &received(URGENT, "k-1")).await.unwrap();

    assert_eq!(desk.parts.store.directory().version, before + 1);
    let submitted = desk.store.trace();
    let place = |kind: &str| submitted.iter().position(|(text, _)| text == kind).unwrap();
    assert!(place("DIRECTORY_CHANGED") < place("ALERT_SUBMITTED"));
    assert_eq!(desk.store.count("ALERT_SUBMITTED", taken.alert.id), 1);
    assert_eq!(desk.store.conflicts(), 1, "what was decided on the old directory is not committed");
}

#[tokio::test]
async fn an_urgent_alert_that_the_hub_cannot_take_is_answered_with_whom_to_phone() {
    let desk = Desk::opening_at(NIGHT).await;
    let phone = phone_of_the_night(&desk);
    let urgent = received(URGENT, "k-1");
    let said = |error: &SubmitError| error.advice().map(|advice| advice.to_string());
    let told = Some(format!("Not sent: phone {phone}. In danger call 999."));

    desk.store.fail_next([StoreError::IndexStopped]);
    let refused = desk.tries("MERPOL", &urgent).await.unwrap_err();
    assert_eq!((said(&refused), refused.kind()), (told.clone(), ErrorKind::Unavailable));

    desk.store.fail_next(std::iter::repeat_n(StoreError::Conflict, 16));
    let busy = desk.tries("MERPOL", &urgent).await.unwrap_err();
    assert_eq!((said(&busy), busy.kind()), (told.clone(), ErrorKind::Conflict));

    desk.break_keys();
    let unsealed = desk.tries("MERPOL", &urgent).await.unwrap_err();
    assert_eq!((said(&unsealed), unsealed.kind()), (told, ErrorKind::Unavailable));
    assert_eq!(unsealed.reason(), "NOT_SENT");
    let routine = desk.tries("WUTH-AED", &received(ROUTINE, "k-2")).await.unwrap_err();
    assert_eq!(said(&routine), None, "not urgent: try again");
}

#[tokio::test]
async fn a_stored_alert_whose_key_cannot_be_had_is_not_told_as_not_sent() {
    let desk = Desk::opening_at(NIGHT).await;
    let taken = desk.submits("MERPOL", URGENT, "k-1").await;
    let alert = desk.parts.store.alert(taken).await.unwrap().unwrap();
    desk.keys.destroy(&[alert.body.as_ref().unwrap().key.clone()]).unwrap();

    let error = desk.tries("MERPOL", &received(URGENT, "k-1")).await.unwrap_err();

    assert!(matches!(error, SubmitError::StoredKey(_)), "{error}");
    assert_eq!(error.advice(), None);
}

#[tokio::test]
async fn a_sender_whose_call_took_too_long_hears_that_nobody_knows_and_whom_to_phone() {
    let desk = Desk::opening_at(NIGHT).await;
    desk.store.never_answer();
    let urgent = received(URGENT, "k-1");
    let pending = desk.tries("MERPOL", &urgent);
    assert!(futures_util::FutureExt::now_or_never(pending).is_none());

    let error = desk.broker.outcome_unknown(&urgent);

    let phone = phone_of_the_night(&desk);
    assert_eq!(error.advice(), Some(Advice::NotKnown { phone: &phone }));
    assert_eq!(error.reason(), "CALL_TIMED_OUT");
    let words = error.advice().unwrap().to_string();
    assert_eq!(words, format!("Not known to be stored: phone {phone}. In danger call 999."));
    assert_eq!(desk.broker.outcome_unknown(&received(ROUTINE, "k-2")).advice(), None);
}

#[tokio::test]
async fn a_request_that_cannot_be_submitted_is_refused_on_record_by_its_paths() {
    let desk = Desk::opening_at(NIGHT).await;
    let mut request = json::request_from_json(URGENT).unwrap();
    request.idempotency_key = "not a key\u{7}".into();
    let parsed = parse::submission(&request, parse::TestOrProduction::Test).unwrap();
    let violations = parsed.submission.violations.clone();

    let error = desk.broker.refuse(&system("MERPOL"), Some(&parsed.submission), violations).await;

    assert_eq!((error.kind(), error.reason()), (ErrorKind::Invalid, "ALERT_REJECTED"));
    assert!(error.advice().is_some(), "urgent: phone");
    let entries = desk.store.entries();
    let event = crate::record::decode_event(&entries.last().unwrap().events[0].bytes).unwrap();
    assert_eq!(event.kind, EventKind::AlertRejected);
    assert_eq!(event.fields_refused, ["idempotency_key"]);
    let actor = entries.last().unwrap().decode_leaf().unwrap().actor;
    assert_eq!(actor.agency, AgencyCode::try_from("MERPOL").ok());
}

#[tokio::test]
async fn an_urgent_alert_that_completes_nothing_open_is_one_of_its_own_with_a_gap() {
    let desk = Desk::opening_at(NIGHT).await;
    let whole = desk.submits("MERPOL", URGENT, "k-1").await;
    let mut again = of_another_child(received(URGENT, "k-2"));
    again.completes = Some(whole);

    let taken = desk.tries("MERPOL", &again).await.unwrap().alert;

    assert_eq!(taken.status, AlertStatus::AcceptedIncomplete);
    let gaps: Vec<_> = taken.gaps.iter().map(|gap| (&*gap.path, &*gap.reason)).collect();
    assert_eq!(gaps, [("completes", "NOTHING_TO_COMPLETE")]);
    assert_eq!(taken.completes, None, "what it names is not followed");
    assert_eq!(taken.episode.first_alert(), taken.id);
    let before = desk.parts.store.alert(whole).await.unwrap().unwrap();
    assert_eq!((before.version, before.status), (1, AlertStatus::Accepted));
    // Open it is: now it can be completed, once.
    for (key, status) in [("k-3", AlertStatus::Accepted), ("k-4", AlertStatus::AcceptedIncomplete)]
    {
        let mut completing = received(URGENT, key);
        completing.completes = Some(taken.id);
        let completing = desk.tries("MERPOL", &completing).await.unwrap().alert;
        assert_eq!(completing.status, status, "{key}");
    }
}

#[tokio::test]
async fn a_routine_alert_that_completes_nothing_open_is_refused_by_that_path() {
    let desk = Desk::opening_at("2026-11-08T03:10:00Z").await;
    let other = desk.submits("MERPOL", URGENT, "k-1").await;
    let mut routine = received(ROUTINE, "k-2");
    routine.completes = Some(other);

    let refused = desk.tries("WUTH-AED", &routine).await.unwrap_err();

    let SubmitError::Rejected { violations, phone } = &refused else { panic!("{refused}") };
    let told: Vec<_> = violations.iter().map(|told| (&*told.path, told.reason)).collect();
    assert_eq!((told, phone), (vec![("completes", "NOTHING_TO_COMPLETE")], &None));
}

/// A sample under a reference of the sender's own.
fn called(sample: &str, key: &str, reference: &str) -> Received {
    let mut received = received(sample, key);
    let own = EpisodeName::Own(Redacted::new(reference.to_owned()));
    received.submission.envelope.episode = Given::Given(own);
    received
}

#[tokio::test]
async fn an_episode_is_found_under_the_senders_own_reference_and_its_look_outs_end() {
    let desk = Desk::opening_at("2026-10-24T09:12:00Z").await;
    let first = desk.tries("MERPOL", &called(URGENT, "k-1", "MP 7")).await.unwrap().alert;
    assert_eq!(first.episode.first_alert(), first.id);

    let found = desk.tries("MERPOL", &called(FOUND, "k-2", "MP 7")).await.unwrap().alert;

    assert_eq!(found.episode, first.episode);
    let is_purge = |timer: &&Timer| timer.kind == TimerKind::LookoutPurge;
    let before = desk.parts.store.alert(first.id).await.unwrap().unwrap();
    assert!(before.timers.iter().any(|timer| is_purge(&timer)), "the look-outs end");
    let mut by_another = called(FOUND, "k-3", "MP 7");
    by_another.submission.envelope.sender_agency = agency("CADT");
    let other = desk.tries("CADT", &by_another).await.unwrap().alert;
    assert_eq!(other.episode.first_alert(), other.id, "what another agency calls so is another");
}

#[tokio::test]
async fn an_alert_joins_the_episode_that_took_its_reference_while_it_was_decided_on() {
    let desk = Desk::opening_at("2026-10-24T09:12:00Z").await;
    let first = desk.submits("MERPOL", URGENT, "k-1").await;
    desk.store.after_directory_is_read(names(&desk, "MP 7", first));

    let found = desk.tries("MERPOL", &called(FOUND, "k-2", "MP 7")).await.unwrap().alert;

    assert_eq!(found.episode.first_alert(), first);
    assert_eq!(desk.store.conflicts(), 1);
}

#[tokio::test]
async fn a_report_after_the_child_was_found_is_a_new_episode_whatever_it_names() {
    let desk = Desk::opening_at("2026-10-24T09:12:00Z").await;
    let first = desk.submits("MERPOL", URGENT, "k-1").await;
    let by_emergency = |key: &str| {
        let mut found = in_episode(received(FOUND, key), first);
        found.submission.envelope.sender_agency = agency("WUTH-AED");
        found
    };
    desk.tries("WUTH-AED", &by_emergency("k-2")).await.unwrap();
    let disproved = in_episode(received(URGENT, "k-3"), first);
    let disproved = desk.tries("MERPOL", &disproved).await.unwrap().alert;
    assert_eq!(disproved.episode.first_alert(), first, "nobody has confirmed that she is found");
    desk.tries("MERPOL", &called(FOUND, "k-4", "MP 7")).await.unwrap();

    let found = in_episode(received(FOUND, "k-5"), first);
    desk.tries("MERPOL", &found).await.unwrap();
    let again = in_episode(received(URGENT, "k-6"), first);
    let again = desk.tries("MERPOL", &again).await.unwrap().alert;
    // Under the sender's own reference it is the same; that names the new episode from now on.
    let called_again = desk.tries("MERPOL", &called(URGENT, "k-7", "MP 7")).await.unwrap().alert;
    let back = desk.tries("MERPOL", &called(FOUND, "k-8", "MP 7")).await.unwrap().alert;

    assert_eq!(again.episode.first_alert(), again.id);
    assert_eq!(called_again.episode.first_alert(), called_again.id);
    assert_eq!(back.episode, called_again.episode);
    let before = desk.parts.store.alert(first).await.unwrap().unwrap();
    assert!(!before.followers.contains(&again.id));
}

fn in_episode(mut received: Received, first: AlertId) -> Received {
    received.submission.envelope.episode = Given::Given(EpisodeName::Hub(first));
    received
}

fn agency(code: &str) -> Given<AgencyCode> {
    Given::Given(AgencyCode::try_from(code).unwrap())
}

/// A commit by which the police call an episode so.
fn names(desk: &Desk, text: &str, alert: AlertId) -> Commit {
    let agency = AgencyCode::try_from("MERPOL").unwrap();
    let reference = desk.parts.sealer.episode_reference(&agency, text).unwrap();
    let permit = permit_to_send(&system("MERPOL")).unwrap();
    let event = crate::domain::Event::new(EventId::from_bytes([0xE1; 16]), EventKind::AlertUpdated);
    let commit = Commit::new(&permit, desk.env.now(), vec![event], [0x5B; 32]).unwrap();
    commit.writing(vec![Write::Reference { agency, reference, alert }]).unwrap()
}

#[tokio::test]
async fn an_update_whose_downgrade_alone_is_refused_is_whole_and_nobody_is_chased() {
    const REPORTED: &str = include_str!("../../../docs/samples/alerts/s02-missing-reported.json");
    const UPDATED: &str = include_str!("../../../docs/samples/alerts/s02-missing-updated.json");
    let desk = Desk::opening_at("2026-11-19T09:00:00Z").await;
    let first = desk.submits("MERPOL", REPORTED, "k-1").await;
    let update = in_episode(received(UPDATED, "k-2"), first);

    let taken = desk.tries("MERPOL", &update).await.unwrap().alert;

    assert_eq!(taken.status, AlertStatus::Accepted);
    let gaps: Vec<_> = taken.gaps.iter().map(|gap| (&*gap.path, gap.rule)).collect();
    assert_eq!(gaps, [("alert.missing.downgrade_by", Rule::GAP4)]);
    let chases =
        |timer: &&Timer| matches!(timer.kind, TimerKind::ChaseFirst | TimerKind::ChaseSecond);
    assert_eq!(taken.timers.iter().find(chases), None);
}

#[tokio::test]
async fn an_urgent_alert_under_a_key_that_was_used_for_another_is_answered_with_whom_to_phone() {
    let desk = Desk::opening_at(NIGHT).await;
    desk.submits("MERPOL", URGENT, "k-1").await;
    let mut other = received(URGENT, "k-1");
    other.alert = [other.alert.as_ref(), &[0xFA, 0x7F, 0x01, 0x00]].concat().into();

    let refused = desk.tries("MERPOL", &other).await.unwrap_err();

    assert_eq!(refused.kind(), ErrorKind::AlreadyExists);
    let phone = phone_of_the_night(&desk);
    assert_eq!(refused.advice(), Some(Advice::NotSent { phone: &phone }));
}
