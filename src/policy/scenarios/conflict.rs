//! Conflict of interest (domain 5.7, 3): who must not know, and has looked at the episode before.

use std::sync::Arc;

use crate::domain::alert::Conflicts;
use crate::domain::delivery::{AckOutcome, DeclineReason, Moment};
use crate::domain::{AlertKind, AlertRecord, Delivery, Position, Priority, Risk, UserId};
use crate::policy::Decision;
use crate::policy::fixtures::*;

const SEEN: &str = "2025-11-20T10:00Z";
const NEWS: &str = "2025-11-21T10:00Z";

fn user(id: &str) -> UserId {
    UserId::try_from(id).unwrap()
}

fn moment() -> Moment {
    Moment { at: at(SEEN), by: Some(user("u-7")), position: Position::THIS }
}

/// An alert whose first delivery `u-7` has answered so.
fn seen_by_u_7(answer: impl Fn(&mut Delivery)) -> AlertRecord {
    let alert = missing_child().risk(Risk::High).stating(Priority::P1);
    let mut record = Arc::unwrap_or_clone(record_of(&alert, SEEN));
    answer(&mut record.deliveries[0]);
    record
}

/// News of the episode that is kept from this person.
fn news_kept_from(who: &str, earlier: &AlertRecord, now: &str) -> Decision {
    let kept_from = Conflicts { users: vec![user(who)], ..Conflicts::default() };
    let news = missing_child().kind(AlertKind::MissingUpdated).risk(Risk::High).from("EDT");
    let episode = [Arc::new(earlier.clone())];
    taken_kept_from(news, now, (&episode, &kept_from), &directory()).1
}

/// What information governance is told, in words.
fn told_ig(decision: &Decision) -> Vec<String> {
    let why = |number| {
        let of = decision.events.iter().filter(move |event| event.delivery == Some(number));
        of.filter_map(|event| event.reason.clone()).collect::<Vec<_>>().join(" ")
    };
    let to_ig = decision.deliveries.iter().filter(|it| it.mailbox == mailbox("HUB-IG"));
    to_ig.map(|it| format!("{} {}", it.priority, why(it.number))).collect()
}

#[test]
fn whoever_opened_took_declined_or_closed_has_looked_and_information_governance_hears_at_p2() {
    let answers: [fn(&mut Delivery); 4] = [
        |it| it.opened = Some(moment()),
        |it| it.acknowledged = Some((moment(), AckOutcome::Accepted)),
        |it| it.declined = Some((moment(), DeclineReason::NoCapacity)),
        |it| it.closed = Some(moment()),
    ];
    for answer in answers {
        let decision = news_kept_from("u-7", &seen_by_u_7(answer), NEWS);

        assert_eq!(told_ig(&decision), ["P2 CONFLICT_LOOK_BACK"]);
        let said = format!("{:?}{:?}", decision.events, decision.deliveries);
        assert!(!said.contains("u-7"), "who it is stands in no entry and no delivery");
    }
}

#[test]
fn it_is_no_task_where_somebody_else_looked_nobody_did_or_only_a_system_confirmed() {
    let opened = seen_by_u_7(|it| it.opened = Some(moment()));
    let untouched = seen_by_u_7(|_unopened| {});
    let by_nobody = seen_by_u_7(|it| it.opened = Some(Moment { by: None, ..moment() }));

    assert!(told_ig(&news_kept_from("u-8", &opened, NEWS)).is_empty());
    assert!(told_ig(&news_kept_from("u-7", &untouched, NEWS)).is_empty());
    assert!(told_ig(&news_kept_from("u-7", &by_nobody, NEWS)).is_empty());
}

#[test]
fn it_looks_back_twelve_months_to_the_day_and_no_further() {
    let opened = seen_by_u_7(|it| it.opened = Some(moment()));

    assert_eq!(told_ig(&news_kept_from("u-7", &opened, "2026-11-20T23:59Z")).len(), 1);
    assert!(told_ig(&news_kept_from("u-7", &opened, "2026-11-21T00:00Z")).is_empty());
}
