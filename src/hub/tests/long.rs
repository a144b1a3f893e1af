//! T2 by the clock over a hub's services: 24 hours pass, and nobody writes (domain 5.8).

use super::*;
use crate::domain::alert::TimerKind;
use crate::domain::delivery::Purpose;
use crate::domain::{AlertRecord, Priority, Rule, Span};
use crate::env::{FakeMachine, SystemClock};
use crate::store::StoreError;

/// When the child of the sample was last seen.
const SEEN: &str = "2026-10-23T14:35:00Z";
/// When it is reported.
const REPORTED: &str = "2026-10-23T21:40:00Z";
const FOUND: &str = include_str!("../../../docs/samples/alerts/s01-missing-found.json");

async fn record(desk: &Desk, alert: AlertId) -> Arc<AlertRecord> {
    desk.parts.store.alert(alert).await.unwrap().unwrap()
}

/// How often the hub has told it, and how many tasks of T2 the front door has.
async fn told(desk: &Desk, alert: AlertId) -> (usize, usize) {
    let after = record(desk, alert).await;
    let is_task = |it: &&crate::domain::Delivery| {
        it.purpose == Purpose::Task && it.mailbox == id("CADT") && it.routes.contains(&Rule::T2)
    };
    let tasks = after.deliveries.iter().filter(is_task).count();
    (desk.store.count("TRIGGER_FIRED:MISSING_LONG", alert), tasks)
}

async fn look_at(desk: &Desk, at: Timestamp) {
    desk.clock.advance(at.since(desk.env.now()));
    desk.escalation.run_once().await.unwrap();
    desk.escalation.run_once().await.unwrap();
}

fn a_day_after(seen: &str) -> Timestamp {
    instant(seen).plus(Span::hours(24))
}

#[tokio::test]
async fn t2_fires_by_the_clock_alone_a_millisecond_after_24_hours_and_once() {
    let mut desk = Desk::opening_at(REPORTED).await;
    let alert = desk.submits("MERPOL", URGENT, "k-1").await;

    look_at(&desk, a_day_after(SEEN)).await;
    assert_eq!(told(&desk, alert).await, (0, 0), "24 hours are not more than 24 hours");
    desk.restart_on(desk.env.clone());
    look_at(&desk, a_day_after(SEEN).plus(Span::millis(1))).await;
    assert_eq!(told(&desk, alert).await, (1, 1));
    desk.restart_on(desk.env.clone());
    look_at(&desk, a_day_after(SEEN).plus(Span::days(3))).await;

    assert_eq!(told(&desk, alert).await, (1, 1));
    assert_eq!(desk.store.count("TASK_CREATED:STRATEGY_MEETING", alert), 1);
    let edt = record(&desk, alert).await;
    let edt = edt.deliveries.iter().find(|it| it.mailbox == id("EDT")).unwrap();
    assert_eq!(edt.priority, Priority::P1);
}

#[tokio::test]
async fn t2_the_child_who_was_found_in_time_is_nobody_s_trigger() {
    let desk = Desk::opening_at(REPORTED).await;
    let alert = desk.submits("MERPOL", URGENT, "k-1").await;
    desk.clock.advance(instant("2026-10-24T09:12:00Z").since(desk.env.now()));
    let mut found = received(FOUND, "k-2");
    found.submission.envelope.episode =
        Given::Given(crate::domain::submission::EpisodeName::Hub(alert));
    let found = desk.tries("MERPOL", &found).await.unwrap().alert;

    look_at(&desk, a_day_after(SEEN).plus(Span::days(1))).await;

    assert_eq!(told(&desk, alert).await, (0, 0));
    assert_eq!(told(&desk, found.id).await, (0, 0));
    assert_eq!(desk.store.count("TRIGGER_FIRED", alert), 0);
}

#[tokio::test]
async fn t2_is_one_task_however_the_alert_and_the_clock_race() {
    let desk = Desk::opening_at(REPORTED).await;
    let alert = desk.submits("MERPOL", URGENT, "k-1").await;
    let update = || {
        let mut update = received(URGENT, "k-2");
        update.submission.kind = crate::domain::AlertKind::MissingUpdated;
        let named = crate::domain::submission::EpisodeName::Hub(alert);
        update.submission.envelope.episode = Given::Given(named);
        update
    };
    desk.clock.advance(a_day_after(SEEN).plus(Span::minutes(1)).since(desk.env.now()));

    let late = desk.tries("MERPOL", &update()).await.unwrap().alert;
    look_at(&desk, desk.env.now()).await;

    assert_eq!(told(&desk, alert).await, (0, 0), "the alert told it first");
    assert_eq!(desk.store.count("TRIGGER_FIRED", late.id), 1);
    let timers = record(&desk, alert).await;
    let clock = timers.timers.iter().find(|it| it.kind == TimerKind::MissingLong).unwrap();
    assert_eq!(clock.state, crate::domain::alert::TimerState::Cancelled);
}

#[tokio::test]
async fn t2_no_jump_of_the_wall_clock_and_no_kill_doubles_or_hides_it() {
    for jump in [Span::hours(1), Span::hours(-1), Span::days(400)] {
        let mut desk = Desk::opening_at(REPORTED).await;
        let machine = Arc::new(FakeMachine::at(instant(REPORTED)));
        let restart = |desk: &mut Desk| {
            let time: Arc<dyn crate::env::MachineTime> = Arc::<FakeMachine>::clone(&machine);
            let last = desk.store.standing().last_group_at;
            let clock = SystemClock::start(time, last, Box::new(|_alarm| {}));
            let entropy = Arc::clone(&desk.env.entropy);
            desk.restart_on(Env::new(Arc::new(clock), entropy));
        };
        restart(&mut desk);
        let alert = desk.submits("MERPOL", URGENT, "k-1").await;

        machine.pass(Span::hours(16));
        desk.escalation.run_once().await.unwrap();
        machine.set_wall_by(jump);
        desk.escalation.run_once().await.unwrap();
        assert_eq!(told(&desk, alert).await, (0, 0), "{jump:?}: hub time keeps its course");
        machine.pass(Span::hours(1));
        // Killed before the commit is durable: nothing of it is there.
        desk.store.fail_next([StoreError::Closed]);
        let _killed = desk.escalation.run_once().await;
        restart(&mut desk);
        desk.store.fail_no_more();
        for _minute in 0..180 {
            machine.pass(Span::minutes(1));
            desk.escalation.run_once().await.unwrap();
        }

        assert_eq!(told(&desk, alert).await, (1, 1), "{jump:?}");
    }
}
