//! Figures over a hub's services: of which period a fact is that was told late, and what a steward's word changes.

use serde_json::{Value, json};

use super::*;
use crate::broker::{Correction, Recall, Recipients};
use crate::domain::after::{CorrectionReason, RecallReason};
use crate::domain::principal::Role;
use crate::identity::Hand;
use crate::indicators::{Asked, Drill, Indicators, Part, Period};

const OPERATION: &str = include_str!("../../../docs/samples/alerts/s08-operation-report.json");
const OPERATIONS: &str = "operations";
const ATTENDED: &str = "attended, under 16";

fn wait_until(desk: &Desk, at: &str) {
    desk.clock.advance(instant(at).since(desk.env.now()));
}

/// What counts in a line of the year that begins in April, and what was left out of it, as a reviewer may read.
async fn of_year(desk: &Desk, (id, line): (&str, &str), year: i16) -> (u64, u64) {
    let (store, audit) = (Arc::clone(&desk.parts.store), Arc::clone(&desk.parts.audit));
    let service = Indicators::new(store, desk.env.clone(), audit);
    let asked = Asked::of(Period::financial_year(year).unwrap(), desk.env.now());
    let reviewer = stewarding::person("HUB-IG", "u-3301", Role::IgReviewer);
    let mut counted = Vec::new();
    for part in [Part::Numerator, Part::LeftOut(String::new())] {
        let (id, line) = (id.to_owned(), line.to_owned());
        let drill = Drill { id, line, part, from_index: 0, limit: 10 };
        counted.push(service.entries(&reviewer, (&asked, &drill)).await.unwrap().counted);
    }
    (counted[0], counted[1])
}

/// The report of an operation of this day, sent on another.
async fn operation(desk: &Desk, (day, sent): (&str, &str), key: &str) -> Accepted {
    wait_until(desk, &format!("{sent}T10:00:00Z"));
    let text = OPERATION.replace("2026-10-30", day).replace("2026-10-31", sent);
    desk.tries("MERPOL", &received(&text, key)).await.unwrap()
}

#[tokio::test]
async fn what_is_dated_in_a_year_and_told_in_the_next_counts_in_one_of_them_only() {
    let desk = Desk::opening_at("2026-03-01T10:00:00Z").await;
    for (day, sent, key) in [
        ("2026-03-31", "2026-04-02", "k-1"),
        ("2026-03-31", "2026-05-01", "k-2"),
        // More than 31 days later: it is of the day on which it was told.
        ("2026-03-31", "2026-05-02", "k-3"),
        ("2026-05-20", "2026-05-21", "k-4"),
    ] {
        operation(&desk, (day, sent), key).await;
    }

    assert_eq!(of_year(&desk, ("OSS", OPERATIONS), 2025).await, (2, 0));
    assert_eq!(of_year(&desk, ("OSS", OPERATIONS), 2026).await, (2, 0));
}

#[tokio::test]
async fn a_correction_counts_where_what_it_corrects_would_have_whenever_it_comes() {
    let desk = Desk::opening_at("2026-03-31T10:00:00Z").await;
    let wrong = operation(&desk, ("2026-03-30", "2026-03-31"), "k-1").await;
    wait_until(&desk, "2026-06-30T10:00:00Z");
    let text = OPERATION.replace("2026-10-30", "2026-03-30").replace("2026-10-31", "2026-06-30");
    let corrects = Correction {
        alert: wrong.alert.id,
        reason: Some(CorrectionReason::EntryError),
        changed: vec!["alert.operation_report.engaged_count".to_owned()],
    };
    let text = text.replace("272", "227");
    let right = Received { corrects: Some(corrects), ..received(&text, "k-2") };
    let right = desk.tries("MERPOL", &right).await.unwrap();

    assert_eq!(of_year(&desk, ("OSS", OPERATIONS), 2025).await, (1, 1), "the wrong one is named");
    assert_eq!(of_year(&desk, ("OSS", OPERATIONS), 2026).await, (0, 0));

    let all = Recall {
        alert: right.alert.id,
        recipients: Recipients::All,
        reason: RecallReason::Withdrawn,
    };
    desk.broker.recall(&system("MERPOL"), &all).await.unwrap();
    assert_eq!(of_year(&desk, ("OSS", OPERATIONS), 2025).await, (0, 2), "nor the recalled one");
}

/// The attendance on another day, without the number by which the hub knows her again: the same name, birth and home.
fn without_number(day: &str) -> String {
    let mut request: Value = serde_json::from_str(ROUTINE).unwrap();
    let subject = &mut request["alert"]["envelope"]["subjects"][0];
    subject["nhsNumber"] = json!("");
    subject["nhsNumberStatus"] = json!("NHS_NUMBER_STATUS_ABSENT");
    request.to_string().replace("2026-11-08", day).replace("2026-11-07", day)
}

#[tokio::test]
async fn who_may_be_somebody_known_counts_once_a_steward_has_said_who_it_is() {
    for hand in [Hand::Link, Hand::Reject] {
        let desk = Desk::opening_at("2026-11-08T03:10:00Z").await;
        let first = desk.tries("WUTH-AED", &received(ROUTINE, "k-1")).await.unwrap();
        wait_until(&desk, "2026-11-20T23:59:00Z");
        let second = received(&without_number("2026-11-20"), "k-2");
        let second = desk.tries("WUTH-AED", &second).await.unwrap();
        assert_eq!(of_year(&desk, ("PATH", ATTENDED), 2026).await, (1, 1), "not confirmed yet");

        let said = stewarding::says(hand, first.alert.id, second.alert.id);
        stewarding::identity(&desk).decide(&stewarding::steward(), &said).await.unwrap();

        assert_eq!(of_year(&desk, ("PATH", ATTENDED), 2026).await, (2, 0), "{hand:?}");
    }
}
