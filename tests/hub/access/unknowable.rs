//! What another agency has and what nobody has: no caller can tell one from the other.

use staysafe::wire::v1;
use tonic::Status;

use super::calls::Object;
use super::people::{self, CONCERNED, Caller, OTHER};
use super::{World, sent_by};
use crate::support::sample;

/// Well-formed, and of nothing.
const NO_ALERT: &str = "0192f0c1-0000-7000-8000-000000000000";
const NO_MAILBOX: &str = "NO-SUCH-AGENCY";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_another_agencys_and_what_is_not_there_are_refused_in_the_same_words() {
    let mut world = World::start(2).await;
    let mut faults = Vec::new();
    let theirs = world.object("ApproveRoleChange", CONCERNED).await;
    let nothing = Object {
        alert: NO_ALERT.to_owned(),
        mailbox: NO_MAILBOX.to_owned(),
        delivery: format!("{NO_ALERT}.0"),
        user: people::STRANGER.to_owned(),
        change: NO_ALERT.to_owned(),
        ..theirs.clone()
    };
    // In a mailbox of one's own: a delivery of another agency, one that nobody has, and a number not handed out.
    let own = |object: &Object| Object { mailbox: OTHER.to_owned(), ..object.clone() };
    let (theirs_in_own, nothing_in_own) = (own(&theirs), own(&nothing));

    for (call, column) in [
        ("GetAlertStatus", "SEND"),
        ("CorrectAlert", "SEND"),
        ("RecallAlert", "SEND"),
        ("Disagree", "SEND"),
        ("ChangeConsent", "SEND"),
        ("Receive", "DUTY"),
        ("Confirm", "DUTY"),
        ("ReportOpened", "DUTY"),
        ("ListDeliveries", "DUTY"),
        ("Acknowledge", "DUTY"),
        ("Decline", "DUTY"),
        ("CloseDelivery", "DUTY"),
        ("HandOver", "DUTY"),
        ("ReadAnswer", "DUTY"),
        ("ConfirmRecall", "DUTY"),
        ("NameStaffUser", "DUTY"),
        ("ChangeDirectory", "DIR"),
        ("ProposeRoleChange", "DIR"),
        ("ApproveRoleChange", "DIR"),
    ] {
        let caller = people::caller("other-people", column);
        same(&mut world, (call, &caller), [&theirs, &nothing], &mut faults).await;
    }
    for call in [
        "Confirm",
        "ReportOpened",
        "Acknowledge",
        "Decline",
        "CloseDelivery",
        "HandOver",
        "ReadAnswer",
        "ConfirmRecall",
    ] {
        let caller = people::caller("other-people", "DUTY");
        let objects = [&theirs_in_own, &nothing_in_own, &theirs];
        same(&mut world, (call, &caller), objects, &mut faults).await;
    }
    // A caller whose role never makes the call hears that, whatever it asks for.
    for call in ["GetAlertStatus", "Receive", "Acknowledge", "ReadAnswer", "ApproveRoleChange"] {
        let caller = people::caller("other-people", "ANA");
        same(&mut world, (call, &caller), [&theirs, &nothing], &mut faults).await;
    }

    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn completing_another_agencys_alert_is_like_completing_none() {
    let world = World::start(1).await;
    let numbered = |agency, number| sent_by(agency, sample("s01-missing-reported.json"), number);
    let mut open = numbered(CONCERNED, 1_000);
    open.completes = NO_ALERT.to_owned();
    let open = world.hub.agency(CONCERNED).await.submit(open).await.unwrap();
    assert_eq!(open.acceptance(), v1::Acceptance::AcceptedIncomplete);

    let mut other = world.hub.agency("CADT").await;
    let mut told = Vec::new();
    for (number, completes) in [(1_001, open.alert_id.as_str()), (1_002, NO_ALERT)] {
        let mut request = numbered("CADT", number);
        request.completes = completes.to_owned();
        let taken = other.submit(request).await.unwrap();
        assert_eq!(taken.episode_id, taken.alert_id, "an episode of its own");
        told.push((taken.acceptance(), taken.gaps, taken.priority, taken.notices));
    }

    assert_eq!(told[0], told[1]);
    assert_eq!(told[0].1[0].reason, "NOTHING_TO_COMPLETE");
    let mut sender = world.hub.agency(CONCERNED).await;
    let status = sender.status(&open.alert_id).await.unwrap();
    assert_eq!(status.gaps, open.gaps, "still open");
}

/// Makes the call on each object; all must be refused alike, and each refusal recorded.
async fn same<const N: usize>(
    world: &mut World,
    (call, caller): (&str, &Caller),
    objects: [&Object; N],
    faults: &mut Vec<String>,
) {
    let mut told = Vec::new();
    for object in objects {
        let called = world.call(call, caller, object).await;
        let denied = world.denied_since().await;
        if denied.len() != 1 {
            faults.push(format!("{call}: {} entries of a refusal", denied.len()));
        }
        told.push(called.as_ref().map_err(told_of).copied());
    }
    if told.iter().any(Result::is_ok) || told.iter().any(|one| *one != told[0]) {
        faults.push(format!("{call}: told apart by {told:?}"));
    }
}

fn told_of(status: &Status) -> (tonic::Code, String, Vec<u8>) {
    (status.code(), status.message().to_owned(), status.details().to_vec())
}
