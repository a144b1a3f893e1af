//! Nights at random: alerts come, desks receive, open, take and decline, time jumps, the hub is killed and starts
//! again – and every ladder ends where it must, by one call a level, in order.
//!
//! A seed is one night. On a failure the seed is printed: `night(SEED, ..)` repeats it exactly.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::FutureExt as _;

use super::*;
use crate::domain::delivery::{AckOutcome, DeclineReason, DeliveryState, Purpose};
use crate::domain::principal::Person;
use crate::domain::{Delivery, DeliveryId, Event, Priority, Redacted, Role, Span, UserId};
use crate::env::random;
use crate::mailbox::Answer;
use crate::policy::escalation::{answer_to, first_rung};
use crate::record::decode_event;
use crate::store::StoreError;
use crate::store::embedded::{EmbeddedOptions, EmbeddedStore, Unobserved};

/// A Monday afternoon, after everything the samples tell of.
const START: &str = "2026-11-16T15:40:00Z";
/// Steps of one night.
const OPS: u32 = 24;
/// Several inboxes of each kind: around the clock, office hours, a manager's, a senior's.
const INBOXES: [&str; 8] =
    ["EDT", "CADT", "SAFERFUT", "WUTH-AED", "FSU", "EDT/manager", "CADT/lead", "COUNCIL/director"];

/// What does not change from night to night; made once, for it is slow.
struct Common {
    directory: DirectoryRecord,
    alerts: Vec<(&'static str, Received)>,
    keys: Arc<KeyStore>,
    _place: tempfile::TempDir,
}

impl Common {
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let env =
            Env::new(Arc::new(FakeClock::at(instant(START))), Arc::new(FakeEntropy::seeded(11)));
        let master = MasterKey::parse(&[0x33; 32]).unwrap();
        let keys = KeyStore::open(&place.path().join("keys"), master, env).unwrap();
        let gold = include_str!("../../../docs/samples/alerts/s05-domestic-abuse-gold.json");
        let alerts = [("MERPOL", URGENT), ("WUTH-AED", ROUTINE), ("MERPOL", gold)];
        Self {
            directory: crate::directory::parse(PARTNERSHIP).unwrap(),
            alerts: alerts.map(|(sender, sample)| (sender, received(sample, "k"))).into(),
            keys: Arc::new(keys),
            _place: place,
        }
    }
}

/// Which store a night rests on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Engine {
    /// In memory: what a kill loses is what lives beside it.
    Model,
    /// The real one, closed and opened again.
    Embedded,
}

/// One night.
struct Night<'a> {
    common: &'a Common,
    engine: Engine,
    seed: u64,
    dice: FakeEntropy,
    clock: Arc<FakeClock>,
    env: Env,
    store: Arc<dyn Store>,
    /// The same, where commits can be made to fail.
    troubled: Option<Arc<TroubledStore>>,
    services: Option<Services>,
    place: tempfile::TempDir,
    sent: Vec<AlertId>,
    handed: Vec<(MailboxId, DeliveryId)>,
}

struct Services {
    broker: Broker,
    mailboxes: Mailboxes,
    escalation: escalation::Driver,
}

impl Drop for Night<'_> {
    #[expect(clippy::print_stderr, reason = "a test says which seed failed")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the night of seed {}", self.seed);
        }
    }
}

impl<'a> Night<'a> {
    fn begin(common: &'a Common, seed: u64, engine: Engine) -> Self {
        let clock = Arc::new(FakeClock::at(instant(START)));
        let time: Arc<dyn crate::env::Clock> = Arc::<FakeClock>::clone(&clock);
        let env = Env::new(time, Arc::new(FakeEntropy::seeded(seed)));
        let place = tempfile::tempdir().unwrap();
        let (store, troubled) = opened(engine, place.path());
        let dice = FakeEntropy::seeded(seed ^ 0x00D1_CE00);
        let (sent, handed, services) = (Vec::new(), Vec::new(), None);
        let mut night = Self {
            common,
            engine,
            seed,
            dice,
            clock,
            env,
            store,
            troubled,
            services,
            place,
            sent,
            handed,
        };
        night.load_directory();
        night.services = Some(night.serve());
        night
    }

    fn load_directory(&self) {
        let permit = permit(&Principal::Hub(Driver::Operator), Action::LoadDirectory, None);
        let event = Event::new(EventId::from_bytes([0xE0; 16]), EventKind::DirectoryChanged);
        let commit = Commit::new(&permit.unwrap(), self.env.now(), vec![event], [0x5A; 32]);
        let directory = Write::Directory(Box::new(self.common.directory.clone()));
        let commit = commit.unwrap().writing(vec![directory]).unwrap();
        now(self.store.commit(commit)).unwrap();
    }

    /// The services anew, on the store as it is.
    fn serve(&self) -> Services {
        let store = Arc::clone(&self.store);
        let env = self.env.clone();
        let sealer = Sealer::new(Arc::clone(&self.common.keys), Arc::clone(&env.entropy));
        let sealer = Arc::new(sealer);
        let key = self.place.path().join("signing.pem");
        let _old = std::fs::remove_file(&key);
        let signer = Signer::generate_file(&key, "hub.example/audit", &FakeEntropy::seeded(2));
        let audit = Audit::open(audit::Parts {
            store: Arc::clone(&store),
            env: env.clone(),
            signer: Arc::new(signer.unwrap()),
            data_dir: self.place.path(),
        })
        .unwrap();
        let wake: Arc<dyn Wake> = Arc::new(InProcessWake::new());
        let clocks = Clocks::DEFAULT;
        Services {
            broker: Broker::new(broker::Parts {
                store: Arc::clone(&store),
                env: env.clone(),
                sealer: Arc::clone(&sealer),
                wake: Arc::clone(&wake),
                audit: Arc::clone(&audit),
                clocks,
            }),
            escalation: escalation::Driver::new(
                (Arc::clone(&store), Arc::clone(&sealer)),
                env.clone(),
                Arc::clone(&wake),
                clocks,
            ),
            mailboxes: Mailboxes::new(mailbox::Parts {
                store,
                env,
                sealer,
                wake,
                audit,
                limits: mailbox::Limits::default(),
                clocks,
            }),
        }
    }

    fn services(&self) -> &Services {
        self.services.as_ref().unwrap()
    }

    /// Killed, and started again on what was durable.
    fn crash(&mut self) {
        self.services = None;
        if self.engine == Engine::Embedded {
            // The lock must be free before the store is opened again.
            self.store = Arc::new(crate::store::model::ModelStore::default());
            (self.store, self.troubled) = opened(self.engine, self.place.path());
        }
        self.services = Some(self.serve());
    }

    fn die(&self, sides: u32) -> u32 {
        u32::from_be_bytes(random::<4>(&self.dice)) % sides
    }

    fn one<'b, T>(&self, of: &'b [T]) -> Option<&'b T> {
        let count = u32::try_from(of.len()).unwrap();
        (count > 0).then(|| &of[usize::try_from(self.die(count)).unwrap()])
    }

    async fn step(&mut self) {
        match self.die(10) {
            0 => self.submits().await,
            1 | 2 => self.receives().await,
            3 => self.answers(&Answer::Opened).await,
            4 => {
                let outcome = *self.one(AckOutcome::ALL).unwrap();
                let note = Redacted::new("reached them by the duty phone".to_owned());
                self.answers(&Answer::Acknowledge { outcome, note }).await;
            }
            5 => {
                let reason = *self.one(DeclineReason::ALL).unwrap();
                let text = Redacted::new("cannot act on this".to_owned());
                self.answers(&Answer::Decline { reason, text }).await;
            }
            6 | 7 => self.clock.advance(Span::minutes(self.die(90).into())),
            8 => self.clock.advance(Span::hours(i64::from(self.die(60)) + 1)),
            _ => self.crash(),
        }
        self.drives().await;
    }

    /// The driver runs, or is killed at one of its commits, or runs twice.
    async fn drives(&self) {
        if let Some(troubled) = self.troubled.as_ref().filter(|_| self.die(4) == 0) {
            troubled.fail_next([StoreError::Closed]);
            let _killed = self.services().escalation.run_once().await;
            troubled.fail_no_more();
        }
        for _time in 0..=self.die(2) {
            let fired = self.services().escalation.run_once().await.unwrap();
            assert_eq!(fired.newly_failing, 0);
        }
    }

    async fn submits(&mut self) {
        let (sender, template) = self.one(&self.common.alerts).unwrap();
        let key = format!("k-{}", self.sent.len());
        let received = Received {
            submission: template.submission.clone(),
            key: IdempotencyKey::try_from(key.as_str()).unwrap(),
            alert: template.alert.clone(),
            completes: None,
            corrects: None,
        };
        let taken = self.services().broker.submit(&system(sender), &received).await.unwrap();
        self.sent.push(taken.alert.id);
    }

    async fn receives(&mut self) {
        let mailbox = id(self.one(&INBOXES).unwrap());
        let caller = self.keeper(&mailbox);
        let mailboxes = &self.services().mailboxes;
        let mut stream = mailboxes.open_stream(&caller, mailbox.clone(), &[]).await.unwrap();
        let batch = mailboxes.next_batch(&mut stream).await.unwrap();
        let sequences: Vec<u64> = batch.items.iter().map(Item::sequence).collect();
        let found = batch.items.iter().filter_map(|item| match item {
            Item::Copy(copy) => Some((mailbox.clone(), copy.delivery_id())),
            Item::Tombstone { .. } => None,
        });
        let found: Vec<_> = found.collect();
        if self.die(3) > 0 {
            mailboxes.confirm(&caller, &mailbox, &sequences).await.unwrap();
        }
        self.handed.extend(found);
    }

    /// A person answers one of the deliveries that were handed out. What is refused is refused: taken by another, ended.
    async fn answers(&self, answer: &Answer) {
        let Some((mailbox, delivery)) = self.one(&self.handed).cloned() else { return };
        let caller = self.keeper(&mailbox);
        let _refused = self.services().mailboxes.answer(&caller, &mailbox, delivery, answer).await;
    }

    /// Somebody who may do everything at this inbox.
    fn keeper(&self, mailbox: &MailboxId) -> Principal {
        let role = match mailbox.as_str().split_once('/') {
            None => Role::DutyReceiver,
            Some((_, "manager")) => Role::DutyManager,
            Some((_, "lead")) => Role::SafeguardingLead,
            Some(_) => Role::SeniorOnCall,
        };
        let agency = AgencyCode::try_from(mailbox.agency_code()).unwrap();
        let users = &self.common.directory.agencies[&agency].users;
        let able: Vec<&UserId> = users
            .iter()
            .filter(|(_, entry)| entry.roles.contains(&role))
            .map(|(user, _)| user)
            .collect();
        let user = (*self.one(&able).unwrap()).clone();
        let roles = users[&user].roles.clone();
        Principal::User { agency, person: Person { user, roles }, fingerprint: [8; 32] }
    }

    /// Nobody does anything any more; everything that is due comes due.
    async fn ends(&mut self) {
        for _day in 0..21 {
            self.clock.advance(Span::days(1));
            self.drives().await;
        }
    }

    fn record(&self, alert: AlertId) -> Arc<crate::domain::AlertRecord> {
        now(self.store.alert(alert)).unwrap().unwrap()
    }

    /// Every event in the order of the log, with the time of its entry.
    fn log(&self) -> Vec<(Timestamp, Event)> {
        let count = usize::try_from(self.store.standing().durable.0).unwrap();
        let mut log = Vec::new();
        for position in 0..count {
            let position = crate::domain::Position(u64::try_from(position).unwrap());
            let entry = now(self.store.recorded(position)).unwrap().unwrap().entry;
            let at = entry.decode_leaf().unwrap().at;
            log.extend(entry.events.iter().map(|event| (at, decode_event(&event.bytes).unwrap())));
        }
        log
    }

    /// The property.
    fn judge(&self) {
        let log = self.log();
        assert!(log.is_sorted_by_key(|(at, _)| *at), "the log goes forward");
        for alert in &self.sent {
            let record = self.record(*alert);
            for delivery in &record.deliveries {
                self.judge_ladder(&record, delivery, &steps(&log, *alert, delivery.number));
            }
        }
    }

    fn judge_ladder(
        &self,
        record: &crate::domain::AlertRecord,
        delivery: &Delivery,
        steps: &[(usize, Timestamp, u8)],
    ) {
        let which = format!("{} to {} of {}", delivery.number, delivery.mailbox, record.id);
        let levels: Vec<u8> = steps.iter().map(|(_, _, level)| *level).collect();
        let one_each: Vec<u8> = (1..).take(levels.len()).collect();
        assert_eq!(levels, one_each, "one call a level, none left out, in order: {which}");
        let has_ladder = first_rung(delivery.letter, delivery.purpose, delivery.due).is_some();
        let is_alert = matches!(delivery.purpose, Purpose::Alert | Purpose::OutOfHoursCopy);
        if !has_ladder {
            let is_declined = delivery.declined.is_some() && is_alert;
            assert_eq!(levels.len(), usize::from(is_declined), "no clock, no ladder: {which}");
            return;
        }
        assert_eq!(delivery.rung, None, "nothing is left to call: {which}");
        let top = if delivery.priority <= Priority::P2 { 4 } else { 3 };
        let is_over = matches!(delivery.state, DeliveryState::Ended(_));
        let went_on = record.timers.iter().any(|timer| {
            timer.kind == crate::domain::alert::TimerKind::OutOfHoursHandover
                && timer.delivery == Some(delivery.number)
                && timer.state == crate::domain::alert::TimerState::Fired
        });
        match answer_to(record, delivery.number) {
            Some(answer) => {
                let (taken, _) = answer.acknowledged.as_ref().unwrap();
                let late = steps.iter().filter(|(_, at, _)| *at > taken.at).count();
                assert_eq!(late, 0, "nobody is called after somebody took it: {which}");
            }
            None => assert!(
                levels.len() == top || is_over || went_on,
                "taken, ended, handed over or at the top: {which}: {levels:?}"
            ),
        }
        if let (Some((_, at, _)), None) = (steps.first(), &delivery.declined) {
            assert!(*at >= delivery.due.unwrap().at, "not before its deadline: {which}");
        }
    }
}

/// The calls of one ladder in the order of the log: place, time, level.
fn steps(log: &[(Timestamp, Event)], alert: AlertId, delivery: u32) -> Vec<(usize, Timestamp, u8)> {
    let mut called: BTreeMap<u8, usize> = BTreeMap::new();
    let mut steps = Vec::new();
    for (place, (at, event)) in log.iter().enumerate() {
        let is_its = event.alert == Some(alert) && event.delivery == Some(delivery);
        if let (true, EventKind::Escalated, Some(level)) = (is_its, event.kind, event.level) {
            *called.entry(level).or_default() += 1;
            steps.push((place, *at, level));
        }
    }
    assert!(called.values().all(|count| *count == 1), "exactly one a level: {called:?}");
    steps
}

fn opened(engine: Engine, place: &std::path::Path) -> (Arc<dyn Store>, Option<Arc<TroubledStore>>) {
    match engine {
        Engine::Model => {
            let troubled = Arc::new(TroubledStore::default());
            (Arc::<TroubledStore>::clone(&troubled), Some(troubled))
        }
        Engine::Embedded => {
            let mut options = EmbeddedOptions::new(&place.join("data"));
            options.segment_bytes = 1024 * 1024;
            std::fs::create_dir_all(place.join("data")).unwrap();
            let store = EmbeddedStore::open(&options, Arc::new(Unobserved), None).unwrap();
            (Arc::new(store), None)
        }
    }
}

/// What a store answers; the embedded one answers from its own threads.
fn now<T>(answer: impl Future<Output = T>) -> T {
    futures_util::pin_mut!(answer);
    loop {
        if let Some(answer) = answer.as_mut().now_or_never() {
            return answer;
        }
        std::thread::yield_now();
    }
}

fn night(common: &Common, seed: u64, engine: Engine) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let mut night = Night::begin(common, seed, engine);
        night.submits().await;
        for _op in 0..OPS {
            night.step().await;
        }
        night.ends().await;
        night.judge();
    });
}

/// The nights of these seeds, on two threads.
fn nights(seeds: std::ops::Range<u64>) {
    let common = Common::new();
    std::thread::scope(|scope| {
        for part in 0..2 {
            let (common, seeds) = (&common, seeds.clone());
            scope.spawn(move || {
                for seed in seeds.filter(|seed| seed % 2 == part) {
                    night(common, seed, Engine::Model);
                }
            });
        }
    });
}

#[test]
fn in_1_000_nights_every_alert_is_taken_or_at_the_top_of_its_ladder_by_one_call_a_level() {
    nights(0..1_000);
}

#[test]
fn so_it_is_over_crashes_of_the_real_store() {
    let common = Common::new();
    for seed in 10_000..10_010 {
        night(&common, seed, Engine::Embedded);
    }
}
