//! Nights at random: alerts come, desks receive, open, take and decline, the wall clock is set, the hub is killed and
//! starts again – and every ladder ends where it must, by one call a level, each in its minute, in deadline order.
//!
//! The driver runs as in production: at each instant something is due, and at each start. So every call must come at the
//! first run at or after the time its table gives ([`judge`]). A seed is one night. On a failure the seed is printed:
//! `night(SEED, ..)` repeats it exactly.

mod judge;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::FutureExt as _;

use super::*;
use crate::domain::delivery::{AckOutcome, DeclineReason};
use crate::domain::principal::Person;
use crate::domain::{DeliveryId, Event, Priority, Redacted, Role, Span, UserId};
use crate::env::{FakeMachine, MachineTime, SystemClock, random};
use crate::mailbox::Answer;
use crate::store::StoreError;
use crate::store::embedded::{EmbeddedOptions, EmbeddedStore, Unobserved};

/// A Monday afternoon, after everything the samples tell of.
const START: &str = "2026-11-16T15:40:00Z";
/// Steps of one night.
const OPS: u32 = 24;
/// Life in danger: a child in police protection, P1 to the front door.
const PROTECTED: &str = include_str!("../../../../docs/samples/alerts/s08-police-protection.json");
/// How the wall clock is set in a night (threat list, V21). At most one night in a while jumps by more than a year.
const JUMPS: [Span; 3] = [Span::hours(1), Span::hours(-1), YEAR_AND_MORE];
const YEAR_AND_MORE: Span = Span::days(400);
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
        let gold = include_str!("../../../../docs/samples/alerts/s05-domestic-abuse-gold.json");
        let alerts = [
            ("MERPOL", URGENT),
            ("WUTH-AED", ROUTINE),
            ("MERPOL", gold),
            ("MERPOL", PROTECTED),
            ("MERPOL", PROTECTED),
        ];
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
    machine: Arc<FakeMachine>,
    env: Env,
    store: Arc<TroubledStore>,
    services: Option<Services>,
    place: tempfile::TempDir,
    sent: Vec<AlertId>,
    handed: Vec<(MailboxId, DeliveryId)>,
    /// When the driver ran.
    looks: Looks,
    has_jumped_far: bool,
}

/// The instants of hub time at which the driver ran.
#[derive(Default)]
struct Looks {
    /// To its end: nothing due is left behind.
    whole: BTreeSet<Timestamp>,
    /// Killed at one of its commits.
    cut: BTreeSet<Timestamp>,
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
        let machine = Arc::new(FakeMachine::at(instant(START)));
        let entropy = Arc::new(FakeEntropy::seeded(seed));
        let place = tempfile::tempdir().unwrap();
        let store = opened(engine, place.path());
        let mut night = Self {
            common,
            engine,
            seed,
            dice: FakeEntropy::seeded(seed ^ 0x00D1_CE00),
            env: Env::new(started(&machine, None), entropy),
            machine,
            store,
            services: None,
            place,
            sent: Vec::new(),
            handed: Vec::new(),
            looks: Looks::default(),
            has_jumped_far: false,
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
        let store: Arc<dyn Store> = Arc::<TroubledStore>::clone(&self.store);
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
                reach: Arc::new(CutOff::default()),
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

    /// Killed, and started again after a while on what was durable. Hub time begins anew from the wall clock.
    async fn crash(&mut self, dead: Span) {
        self.services = None;
        if self.engine == Engine::Embedded {
            // The lock must be free before the store is opened again.
            self.store = Arc::new(TroubledStore::default());
            self.store = opened(self.engine, self.place.path());
        }
        self.machine.pass(dead);
        self.env.clock = started(&self.machine, self.store.standing().last_group_at);
        // Where the wall clock was set back, time begins anew after the newest group: runs later than that left nothing.
        let now = self.env.now();
        self.looks.whole.retain(|at| *at <= now);
        self.looks.cut.retain(|at| *at <= now);
        self.services = Some(self.serve());
        self.drives().await;
    }

    /// Somebody sets the wall clock, and mostly the hub goes on; where it starts again, its time follows.
    async fn jumps(&mut self) {
        let by = *self.one(&JUMPS).unwrap();
        if by == YEAR_AND_MORE && std::mem::replace(&mut self.has_jumped_far, true) {
            return;
        }
        self.machine.set_wall_by(by);
        if self.die(3) == 0 {
            self.crash(Span::minutes(1)).await;
        }
    }

    /// Time passes under a running hub: it wakes whenever something is due.
    async fn lives(&mut self, span: Span) {
        let until = self.machine.monotonic() + span.to_std();
        loop {
            let left = until.saturating_sub(self.machine.monotonic());
            let left = Span::millis(i64::try_from(left.as_millis()).unwrap());
            let next = self.services().escalation.next_due().await.unwrap();
            let Some(wait) = next.map(|at| at.since(self.env.now())).filter(|wait| *wait <= left)
            else {
                self.machine.pass(left);
                return;
            };
            self.machine.pass(wait);
            self.drives().await;
        }
    }

    fn die(&self, sides: u32) -> u32 {
        u32::from_be_bytes(random::<4>(&self.dice)) % sides
    }

    fn one<'b, T>(&self, of: &'b [T]) -> Option<&'b T> {
        let count = u32::try_from(of.len()).unwrap();
        (count > 0).then(|| &of[usize::try_from(self.die(count)).unwrap()])
    }

    async fn step(&mut self) {
        match self.die(12) {
            0 | 1 => self.submits().await,
            2 | 3 => self.receives().await,
            4 => self.answers(&Answer::Opened).await,
            5 => {
                let outcome = *self.one(AckOutcome::ALL).unwrap();
                let note = Redacted::new("reached them by the duty phone".to_owned());
                self.answers(&Answer::Acknowledge { outcome, note }).await;
            }
            6 => {
                let reason = *self.one(DeclineReason::ALL).unwrap();
                let text = Redacted::new("cannot act on this".to_owned());
                self.answers(&Answer::Decline { reason, text }).await;
            }
            7 | 8 => self.lives(Span::minutes(self.die(90).into())).await,
            9 => self.lives(Span::hours(i64::from(self.die(60)) + 1)).await,
            10 => self.jumps().await,
            _ => self.crash(Span::minutes(self.die(180).into())).await,
        }
        self.drives().await;
    }

    /// The driver runs, or is killed at one of its commits and the hub starts again, or runs twice.
    async fn drives(&mut self) {
        if self.die(4) == 0 {
            let at = self.env.now();
            let good = usize::try_from(self.die(3)).unwrap();
            self.store.fail_after(good, StoreError::Closed);
            let run = self.services().escalation.run_once().await;
            self.store.fail_no_more();
            match run {
                Ok(_) => self.looks.whole.insert(at),
                Err(_killed) => self.looks.cut.insert(at),
            };
        }
        for _time in 0..=self.die(2) {
            self.looks().await;
        }
    }

    /// One whole run: alerts in the order of what is due first for each.
    async fn looks(&mut self) {
        let at = self.env.now();
        let record = |alert: &AlertId| self.record(*alert).next_due();
        let due: BTreeMap<AlertId, Option<Timestamp>> =
            self.sent.iter().map(|alert| (*alert, record(alert))).collect();
        let from = self.store.standing().durable;

        let fired = self.services().escalation.run_once().await.unwrap();

        assert_eq!(fired.newly_failing, 0);
        let next = self.services().escalation.next_due().await.unwrap();
        assert!(next.is_none_or(|next| next > at), "nothing due is left behind by a run");
        self.looks.whole.insert(at);
        let log = judge::log(&*self.store, from);
        let calls = log.iter().filter(|(_, event)| event.kind == EventKind::Escalated);
        let mut order: Vec<AlertId> = calls.filter_map(|(_, event)| event.alert).collect();
        order.dedup();
        assert!(order.is_sorted_by_key(|alert| due[alert]), "in deadline order: {order:?}");
        for alert in &order {
            assert!(judge::are_in_order(&self.record(*alert), &log), "in deadline order: {alert}");
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
        self.drives().await;
        self.lives(Span::days(21)).await;
    }

    fn record(&self, alert: AlertId) -> Arc<crate::domain::AlertRecord> {
        now(self.store.alert(alert)).unwrap().unwrap()
    }
}

/// A process' time: the wall clock at its start, never before the newest group.
fn started(machine: &Arc<FakeMachine>, last: Option<Timestamp>) -> Arc<dyn crate::env::Clock> {
    let machine: Arc<dyn MachineTime> = Arc::<FakeMachine>::clone(machine);
    Arc::new(SystemClock::start(machine, last, Box::new(|_alarm| {})))
}

fn opened(engine: Engine, place: &std::path::Path) -> Arc<TroubledStore> {
    match engine {
        Engine::Model => Arc::new(TroubledStore::default()),
        Engine::Embedded => {
            let mut options = EmbeddedOptions::new(&place.join("data"));
            options.segment_bytes = 1024 * 1024;
            std::fs::create_dir_all(place.join("data")).unwrap();
            let store = EmbeddedStore::open(&options, Arc::new(Unobserved), None).unwrap();
            Arc::new(TroubledStore::on(Arc::new(store)))
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

/// How often each level of each priority was called in the very instant of its table, and how often later: after a
/// time in which the hub was dead.
type Called = BTreeMap<(Priority, u8), [u32; 2]>;

fn night(common: &Common, seed: u64, engine: Engine) -> Called {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    runtime.block_on(async {
        let mut night = Night::begin(common, seed, engine);
        night.submits().await;
        for _op in 0..OPS {
            night.step().await;
        }
        night.ends().await;
        night.judge()
    })
}

/// The nights of these seeds, on two threads.
fn nights(seeds: std::ops::Range<u64>) -> Called {
    let common = Common::new();
    let half = |part: u64| {
        let mine = seeds.clone().filter(|seed| seed % 2 == part);
        mine.map(|seed| night(&common, seed, Engine::Model)).fold(Called::new(), both)
    };
    std::thread::scope(|scope| {
        let (even, odd) = (scope.spawn(|| half(0)), scope.spawn(|| half(1)));
        both(even.join().unwrap(), odd.join().unwrap())
    })
}

fn both(mut one: Called, other: Called) -> Called {
    for (which, [exact, late]) in other {
        let sum = one.entry(which).or_default();
        sum[0] += exact;
        sum[1] += late;
    }
    one
}

#[test]
fn in_1_000_nights_every_alert_is_taken_or_at_the_top_of_its_ladder_by_one_call_a_level_in_time() {
    let called = nights(0..1_000);

    // Every rung of the table of domain 5.2 was called in its instant, and each also after a dead time.
    let levels = [(Priority::P1, 4), (Priority::P2, 4), (Priority::P3, 3), (Priority::P4, 3)];
    for (priority, level) in
        levels.into_iter().flat_map(|(it, top)| (1..=top).map(move |at| (it, at)))
    {
        let [exact, late] = called.get(&(priority, level)).copied().unwrap_or_default();
        assert!(exact > 0 && late > 0, "{priority} level {level}: {called:?}");
    }
}

#[test]
fn so_it_is_over_crashes_and_lost_commits_of_the_real_store() {
    let common = Common::new();
    for seed in 10_000..10_010 {
        night(&common, seed, Engine::Embedded);
    }
}
