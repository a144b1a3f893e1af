//! The wall clock jumps, the hub is killed, drivers run twice: no step of a ladder is missed, none is taken twice.

use super::*;
use crate::domain::Span;
use crate::env::{FakeMachine, SystemClock};
use crate::record::decode_event;
use crate::store::StoreError;

/// A Friday night.
const NIGHT: &str = "2026-10-23T21:40:00Z";

/// A desk whose hub time rests on a machine's clocks, as in production.
struct Jumping {
    desk: Desk,
    machine: Arc<FakeMachine>,
    alert: AlertId,
}

impl Jumping {
    /// With one urgent alert that nobody answers.
    async fn opened() -> Self {
        let desk = Desk::opening_at(NIGHT).await;
        let machine = Arc::new(FakeMachine::at(instant(NIGHT)));
        let mut jumping = Self { desk, machine, alert: AlertId::from_bytes([0; 16]) };
        jumping.restart();
        jumping.alert = jumping.desk.submits("MERPOL", URGENT, "k-1").await;
        jumping
    }

    /// A new process on the same store: hub time begins anew from the wall clock and the newest group.
    fn restart(&mut self) {
        let last = self.desk.store.standing().last_group_at;
        let machine: Arc<dyn crate::env::MachineTime> = Arc::<FakeMachine>::clone(&self.machine);
        let clock = SystemClock::start(machine, last, Box::new(|_alarm| {}));
        let entropy = Arc::clone(&self.desk.env.entropy);
        self.desk.restart_on(Env::new(Arc::new(clock), entropy));
    }

    /// Lets minutes pass; the driver runs twice in each.
    async fn pass(&self, minutes: i64) {
        for _minute in 0..minutes {
            self.machine.pass(Span::minutes(1));
            self.desk.escalation.run_once().await.unwrap();
            self.desk.escalation.run_once().await.unwrap();
        }
    }

    /// The levels called for the delivery to EDT, each with the minutes of hub time since the alert came.
    fn called(&self) -> Vec<(u8, i64)> {
        let start = instant(NIGHT);
        let mut called = Vec::new();
        for entry in self.desk.store.entries() {
            let at = entry.decode_leaf().unwrap().at;
            for event in &entry.events {
                let event = decode_event(&event.bytes).unwrap();
                let is_of_edt = event.kind == EventKind::Escalated
                    && event.alert == Some(self.alert)
                    && event.delivery == Some(self.number());
                if is_of_edt {
                    let minutes = at.since(start).as_millis() / 60_000;
                    called.push((event.level.unwrap(), minutes));
                }
            }
        }
        called
    }

    /// The number of the delivery to EDT.
    fn number(&self) -> u32 {
        let record = self.desk.parts.store.alert(self.alert);
        let record = futures_util::FutureExt::now_or_never(record).unwrap().unwrap().unwrap();
        record.deliveries.iter().find(|delivery| delivery.mailbox == id("EDT")).unwrap().number
    }
}

/// The ladder of a P2 (the sample's priority) in an undisturbed night.
const UNDISTURBED: [(u8, i64); 4] = [(1, 60), (2, 90), (3, 120), (4, 240)];

#[tokio::test]
async fn without_a_jump_every_level_comes_in_its_minute() {
    let night = Jumping::opened().await;

    night.pass(300).await;

    assert_eq!(night.called(), UNDISTURBED);
}

#[tokio::test]
async fn a_wall_clock_set_by_an_hour_or_by_400_days_moves_no_deadline_of_a_running_hub() {
    for jump in [Span::hours(1), Span::hours(-1), Span::days(400)] {
        let night = Jumping::opened().await;

        night.pass(70).await;
        night.machine.set_wall_by(jump);
        night.pass(230).await;

        assert_eq!(night.called(), UNDISTURBED, "{jump:?}");
    }
}

#[tokio::test]
async fn a_restart_with_a_clock_an_hour_on_calls_what_fell_due_meanwhile_once() {
    let mut night = Jumping::opened().await;

    night.pass(70).await;
    night.machine.set_wall_by(Span::hours(1));
    night.restart();
    night.pass(200).await;

    assert_eq!(night.called(), [(1, 60), (2, 131), (3, 131), (4, 240)]);
}

#[tokio::test]
async fn a_restart_with_a_clock_an_hour_back_repeats_no_level_and_misses_none() {
    let mut night = Jumping::opened().await;

    night.pass(70).await;
    night.machine.set_wall_by(Span::hours(-1));
    night.restart();
    night.pass(300).await;

    let levels: Vec<u8> = night.called().into_iter().map(|(level, _)| level).collect();
    assert_eq!(levels, [1, 2, 3, 4]);
    let minutes: Vec<i64> = night.called().into_iter().map(|(_, minutes)| minutes).collect();
    assert!(minutes.is_sorted() && minutes[1] >= 90, "hub time never goes back: {minutes:?}");
}

#[tokio::test]
async fn a_restart_400_days_on_calls_every_level_once() {
    let mut night = Jumping::opened().await;

    night.pass(70).await;
    night.machine.set_wall_by(Span::days(400));
    night.restart();
    night.pass(5).await;

    let levels: Vec<u8> = night.called().into_iter().map(|(level, _)| level).collect();
    assert_eq!(levels, [1, 2, 3, 4]);
}

#[tokio::test]
async fn a_hub_killed_at_any_step_goes_on_there() {
    let mut night = Jumping::opened().await;

    for _quarter in 0..20 {
        night.machine.pass(Span::minutes(15));
        // Killed before the step is durable: nothing of it is there.
        night.desk.store.fail_next([StoreError::Closed]);
        let _killed = night.desk.escalation.run_once().await;
        night.restart();
        // Killed right after: the next process finds it done.
        night.desk.store.fail_no_more();
        night.desk.escalation.run_once().await.unwrap();
        night.restart();
        night.desk.escalation.run_once().await.unwrap();
    }

    assert_eq!(night.called(), UNDISTURBED);
}
