//! "Unlink recomputes counters and sends a correction to every recipient told of the false repeat" (domain 4.5.6): in
//! whatever order stewards say what they say, what stands is what is linked, and after the last unlinking nothing is left.

use proptest::collection::vec;
use proptest::prelude::Strategy;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::repeats::{on, reported, wait_until, withdrawn_to, without_number};
use super::stewarding::{identity, says, steward};
use super::*;
use crate::domain::AlertRecord;
use crate::identity::Hand;

/// The days of three episodes; with two of them the next one is the third in ninety days (T1).
const EARLIER: [&str; 3] = ["2026-09-01", "2026-10-01", "2026-10-25"];
const DAY: &str = "2026-11-19";

/// Orders of hands that are tried.
const RUNS: usize = 12;

/// Three episodes of a child, and a fourth under no number: the hub proposes, and stewards say.
async fn told() -> (Desk, Vec<Arc<AlertRecord>>, Arc<AlertRecord>) {
    let desk = Desk::opening_at("2026-09-01T12:00:00Z").await;
    let mut earlier = Vec::new();
    for day in EARLIER {
        earlier.push(reported(&desk, day, day).await.alert);
    }
    wait_until(&desk, &format!("{DAY}T12:00:00Z"));
    let nameless = received(&without_number(&on(DAY)), "k-4");
    let last = desk.tries("MERPOL", &nameless).await.unwrap().alert;
    (desk, earlier, last)
}

async fn now_of(desk: &Desk, alert: AlertId) -> Arc<AlertRecord> {
    desk.parts.store.alert(alert).await.unwrap().unwrap()
}

/// What has been told of the last alert, against what is linked now.
async fn holds(desk: &Desk, last: &AlertRecord) -> bool {
    let after = now_of(desk, last.id).await;
    let linked = after.links.iter().filter(|link| link.state.is_confirmed()).count();
    let (fired, withdrawn) = (
        desk.store.count("TRIGGER_FIRED", last.id),
        desk.store.count("TRIGGER_WITHDRAWN", last.id),
    );
    assert_eq!(fired - withdrawn, usize::from(linked >= 2), "{linked} linked");
    let mut told = vec!["CADT"; fired + withdrawn];
    told.extend(vec!["SAFERFUT"; fired + withdrawn]);
    assert_eq!(withdrawn_to(&after, last.deliveries.len()), told, "whoever was told, each time");
    assert_eq!(desk.store.count("TASK_CREATED:TRIGGER_WITHDRAWN", last.id), 2 * withdrawn);
    let kept = &after.deliveries[..last.deliveries.len()];
    assert_eq!(kept, last.deliveries.as_slice(), "no copy is changed");
    fired > 0
}

#[tokio::test]
async fn rule_6_what_is_told_is_what_is_linked_and_after_the_last_unlinking_nothing_is_left() {
    let mut runner = TestRunner::deterministic();
    let hands = vec((0..EARLIER.len(), select(Hand::ALL)), 1..10);
    let mut ever_fired = false;
    for _run in 0..RUNS {
        let (desk, earlier, last) = told().await;
        let identity = identity(&desk);
        let mut said = hands.new_tree(&mut runner).unwrap().current();
        said.extend((0..EARLIER.len()).map(|place| (place, Hand::Unlink)));
        for (place, hand) in said {
            // What is not linked is not unlinked, and so on: refused, and nothing changes.
            let _refused =
                identity.decide(&steward(), &says(hand, earlier[place].id, last.id)).await;
            ever_fired |= holds(&desk, &last).await;
        }

        let after = now_of(&desk, last.id).await;
        assert!(after.links.iter().all(|link| !link.state.is_confirmed()));
        let (fired, withdrawn) = ("TRIGGER_FIRED", "TRIGGER_WITHDRAWN");
        assert_eq!(desk.store.count(fired, last.id), desk.store.count(withdrawn, last.id));
        for before in &earlier {
            let now = now_of(&desk, before.id).await;
            assert_eq!(now.version, before.version, "what was told before stays as it was");
        }
    }
    assert!(ever_fired, "some order links two");
}
