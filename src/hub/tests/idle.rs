//! Open deadlines cost nothing while none of them is due.

use std::sync::Arc;
use std::time::Duration;

use crate::crypto::{Rig, Sealer};
use crate::domain::{Priority, Span};
use crate::env::{Env, FakeClock, FakeEntropy};
use crate::hub::alarms::Alarms;
use crate::hub::deadlines::Deadlines;
use crate::policy::Clocks;
use crate::record::Write;
use crate::store::Store;
use crate::store::embedded::{EmbeddedOptions, EmbeddedStore, Unobserved};
use crate::store::fixture;
use crate::wake::{InProcessWake, Wake};
use crate::{escalation, retention};

const COMMITS: u64 = 100;
const ALERTS_A_COMMIT: u64 = 100;
const DEADLINES_AN_ALERT: u32 = 10;

/// A store with 100,000 open rungs, the first due in an hour.
async fn full_store(place: &std::path::Path) -> Arc<EmbeddedStore> {
    let options = EmbeddedOptions::new(place);
    let store = EmbeddedStore::open(&options, Arc::new(Unobserved), None).unwrap();
    for commit in 0..COMMITS {
        let alerts = (0..ALERTS_A_COMMIT).map(|number| {
            let number = commit * ALERTS_A_COMMIT + number;
            let mut alert = fixture::alert(number);
            let at =
                fixture::AT.plus(Span::hours(1)).plus(Span::seconds(number.try_into().unwrap()));
            alert.deliveries = (0..DEADLINES_AN_ALERT)
                .map(|to| fixture::with_rung(fixture::delivery(to, "EDT", Priority::P1), at))
                .collect();
            Write::Alert(Box::new(alert))
        });
        let commit = fixture::submits_raw(fixture::AT, alerts.collect(), Vec::new());
        store.commit(commit).await.unwrap();
    }
    Arc::new(store)
}

#[tokio::test]
async fn an_idle_minute_with_100_000_open_deadlines_scans_no_index_and_looks_60_times_at_most() {
    let place = tempfile::tempdir().unwrap();
    let store = full_store(place.path()).await;
    let port: Arc<dyn Store> = Arc::clone(&store) as Arc<dyn Store>;
    let rig = Rig::new();
    let keys = Arc::new(rig.open().unwrap());
    let clock = Arc::new(FakeClock::at(fixture::AT));
    let time: Arc<dyn crate::env::Clock> = Arc::<FakeClock>::clone(&clock);
    let env = Env::new(time, Arc::new(FakeEntropy::seeded(1)));
    let wake: Arc<dyn Wake> = Arc::new(InProcessWake::new());
    let sealer = Arc::new(Sealer::new(keys, Arc::clone(&env.entropy)));
    let ladder = escalation::Driver::new(
        (Arc::clone(&port), sealer),
        env.clone(),
        Arc::clone(&wake),
        Clocks::DEFAULT,
    );
    let purge = retention::Driver::new(Arc::clone(&port), env.clone());
    let (alarms, _heard) = Alarms::new();
    let deadlines = Deadlines::new((env, wake), ladder, purge, alarms);
    store.drain_index();
    let before = (store.index_scans(), store.standing().durable);

    let mut passed = Duration::ZERO;
    while passed < Duration::from_secs(60) {
        let pause = deadlines.look().await;
        clock.advance(Span::millis(pause.as_millis().try_into().unwrap()));
        passed += pause;
    }

    let looks = deadlines.looks();
    assert!((2..=60).contains(&looks), "{looks}");
    assert_eq!((store.index_scans(), store.standing().durable), before, "nothing was read through");
}
