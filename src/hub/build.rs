//! Puts the parts together, from the store up to the routes.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tonic::service::Routes;

use super::StartOptions;
use super::alarms::Alarms;
use super::calendar;
use super::clocks;
use super::deadlines::Deadlines;
use super::drivers::Drivers;
use super::place::DataDir;
use super::progress::Progress;
use super::rotas::Rotas;
use super::standing::Watch;
use crate::audit::{
    self, Audit, AuditError, HubEvent, Integrator, Publisher, PublisherPace, published_size,
};
use crate::broker::{self, Broker};
use crate::calendar::DataError;
use crate::config::{Config, Keys, People};
use crate::crypto::{KeyError, KeyStore, MasterKey, Sealer, Signer, SignerError};
use crate::directory::{Directory, DirectoryError};
use crate::domain::principal::Driver;
use crate::domain::{AgencyCode, EventKind, Position};
use crate::env::{Clock, Env, Machine, MachineTime, SimulatedClock, SystemClock, SystemEntropy};
use crate::grpc::{self, EdgeLimits, HubFacts, Services};
use crate::identity::{self, Identity};
use crate::indicators::Indicators;
use crate::mailbox::{self, Mailboxes};
use crate::store::embedded::{EmbeddedOptions, EmbeddedStore, OpenError, StoreObserver};
use crate::store::{Store, StoreError};
use crate::tls::{
    AcceptSettings, ConnectionLimits, LiveConnections, LoadError, RevocationRules, ServerTls,
    SystemMachineClock, TlsFiles, TlsReloader, TrustDomain,
};
use crate::wake::{InProcessWake, Wake};
use crate::wire::parse::TestOrProduction;
use crate::{escalation, retention, telemetry, wire};

/// Why a hub could not start. Says what and where; never what is in it.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data directory cannot be used.
    #[error("the data directory {} cannot be used", .path.display())]
    DataDir {
        /// Where.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The directory's time was simulated; a hub with real time would go on from a made-up past.
    #[error("{} holds simulated time: it can be served by a simulated hub only", .path.display())]
    SimulatedData {
        /// Where.
        path: PathBuf,
    },
    /// The directory's time is real.
    #[error("{} holds real alerts: it is never served with simulated time", .path.display())]
    RealData {
        /// Where.
        path: PathBuf,
    },
    /// The store does not open.
    #[error("the store does not open")]
    Store(#[from] OpenError),
    /// There are alerts and no keys to open them with.
    #[error(
        "{} holds no data keys, and the store has entries: put the mirror of its keys there \
         (`staysafe store restore --keys`), or serve from a new data directory",
        .path.display()
    )]
    KeysGone {
        /// Where they should be.
        path: PathBuf,
    },
    /// The master key or the data keys cannot be had.
    #[error("the data keys cannot be used")]
    Keys(#[from] KeyError),
    /// The command that should print the master key failed.
    #[error("the command of `keys.master_key_command` failed")]
    KeyCommand,
    /// The signing key cannot be had.
    #[error("the signing key cannot be used")]
    Signer(#[from] SignerError),
    /// The audit log does not open.
    #[error("the audit log does not open")]
    Audit(#[from] AuditError),
    /// The directory file is refused, with field and rule.
    #[error("the directory file {} cannot be loaded", .path.display())]
    Directory {
        /// Where.
        path: PathBuf,
        /// Which fields, by which rules.
        #[source]
        source: DirectoryError,
    },
    /// There is no directory yet and no file to load it from.
    #[error("there is no directory yet: `directory.file` must name the file to load it from")]
    NoDirectory,
    /// The directory file cannot be read.
    #[error("the directory file {} cannot be read", .path.display())]
    DirectoryFile {
        /// Where.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The bank holiday file cannot be read.
    #[error("the bank holiday file {} cannot be read", .path.display())]
    CalendarFile {
        /// Where.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The bank holiday file is refused, with the line and the rule.
    #[error("the bank holiday file {} is refused", .path.display())]
    Calendar {
        /// Where.
        path: PathBuf,
        /// Which line, by which rule.
        #[source]
        source: DataError,
    },
    /// The certificates are refused.
    #[error("the certificates cannot be used")]
    Tls(#[from] LoadError),
    /// A configured value is not acceptable to the part it is for.
    #[error("`{field}` is not acceptable")]
    Config {
        /// The field.
        field: &'static str,
    },
    /// An address cannot be listened on.
    #[error("`{what}` cannot be listened on")]
    Listen {
        /// The field.
        what: &'static str,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// Logs or metrics cannot start.
    #[error("telemetry cannot start")]
    Telemetry(#[source] telemetry::TelemetryError),
    /// The start could not be recorded.
    #[error("the start could not be recorded")]
    NotRecorded(#[from] StoreError),
    /// A helper thread ended badly.
    #[error("the store's opening was interrupted")]
    Interrupted,
    /// Reflection could not be built from the contract.
    #[error("reflection cannot be built")]
    Reflection,
}

/// The parts of a hub.
pub(super) struct Built {
    pub(super) store: Arc<EmbeddedStore>,
    pub(super) audit: Arc<Audit>,
    pub(super) drivers: Arc<Drivers>,
    pub(super) watch: Arc<Watch>,
    pub(super) routes: Routes,
    pub(super) health: tonic_health::server::HealthReporter,
    pub(super) simulated: Option<Arc<SimulatedClock>>,
}

/// Builds every part; nothing serves yet.
pub(super) async fn build(
    config: &Config,
    options: StartOptions,
    alarms: &Alarms,
    (tasks, draining): (&TaskTracker, &CancellationToken),
) -> Result<Built, StartError> {
    calendar::put_in_force(&config.calendar)?;
    let place = DataDir::take(&config.hub.data_dir, options.simulated_from.is_some())?;
    let store = open_store(config, &place, alarms).await?;
    if options.simulated_from.is_some() {
        place.mark_simulated()?;
    }
    let (env, simulated) = environment(&store, options, alarms);
    let port: Arc<dyn Store> = Arc::clone(&store) as Arc<dyn Store>;
    let wake: Arc<dyn Wake> = Arc::new(InProcessWake::new());

    // A new key store beside an old journal would hide that everything sealed is lost.
    if store.standing().durable > Position::default() && !KeyStore::exists(&place.keys()) {
        return Err(StartError::KeysGone { path: place.keys() });
    }
    let keys = KeyStore::open(&place.keys(), master_key(&config.keys, place.root())?, env.clone())?;
    let keys = Arc::new(keys);
    let sealer = Arc::new(Sealer::new(Arc::clone(&keys), Arc::clone(&env.entropy)));
    let audit = open_audit(config, &place, (&port, &env))?;
    record_restore(&store, &audit).await?;
    let started = HubEvent::new(EventKind::HubStarted);
    audit.hub_event(Driver::Operator, started).await?;
    let directory = Directory::new(Arc::clone(&port), env.clone(), Arc::clone(&audit));
    load_directory(config, &directory).await?;

    let tls = open_tls(config, alarms)?;
    let publisher = Arc::new(Publisher::new(Arc::clone(&audit), pace(config)));
    let watch = Arc::new(Watch {
        store: Arc::clone(&port),
        audit: Arc::clone(&audit),
        publisher: Arc::clone(&publisher),
        tls: Arc::clone(&tls),
        draining: AtomicBool::new(false),
        simulated: simulated.is_some(),
        env: env.clone(),
        calendar_warn_days: config.calendar.warn_days.get(),
    });
    let drivers = Arc::new(Drivers {
        env: env.clone(),
        deadlines: deadlines(config, (&port, &sealer), (&env, &wake), alarms),
        integrator: Integrator::new(Arc::clone(&audit)),
        publisher,
        tls: Arc::clone(&tls),
        tls_tick: config.tls.reload_seconds.to_std(),
        keys,
        mirror: config.keys.mirror_dir.clone(),
        alarms: alarms.clone(),
        calendar: calendar::Reach::new(config.calendar.warn_days.get()),
        rotas: Rotas::default(),
        store: Arc::clone(&port),
    });
    // A witness that connects at once finds a checkpoint.
    drivers.finish().await;
    let services = services(config, Arc::clone(&audit), directory, {
        Shared { store: port, env, sealer, wake, tls, tasks, draining }
    });
    let (health, routes) = routes(services, options)?;
    Ok(Built { store, audit, drivers, watch, routes, health, simulated })
}

fn deadlines(
    config: &Config,
    (store, sealer): (&Arc<dyn Store>, &Arc<Sealer>),
    (env, wake): (&Env, &Arc<dyn Wake>),
    alarms: &Alarms,
) -> Deadlines {
    let escalation = escalation::Driver::new(
        (Arc::clone(store), Arc::clone(sealer)),
        env.clone(),
        Arc::clone(wake),
        clocks::of(config),
    );
    let retention = retention::Driver::new(Arc::clone(store), env.clone());
    Deadlines::new((env.clone(), Arc::clone(wake)), escalation, retention, alarms.clone())
}

/// Who can be reached, by the connections there have been.
struct Connections(Arc<LiveConnections>);

impl broker::Reach for Connections {
    fn is_cut_off(&self, agency: &AgencyCode) -> bool {
        self.0.is_cut_off(agency.as_str())
    }
}

/// What several services are built on.
struct Shared<'a> {
    store: Arc<dyn Store>,
    env: Env,
    sealer: Arc<Sealer>,
    wake: Arc<dyn Wake>,
    tls: Arc<TlsReloader>,
    tasks: &'a TaskTracker,
    draining: &'a CancellationToken,
}

fn services(
    config: &Config,
    audit: Arc<Audit>,
    directory: Directory,
    shared: Shared<'_>,
) -> Services {
    let Shared { store, env, sealer, wake, tls, tasks, draining } = shared;
    let broker = Broker::new(broker::Parts {
        store: Arc::clone(&store),
        env: env.clone(),
        sealer: Arc::clone(&sealer),
        wake: Arc::clone(&wake),
        audit: Arc::clone(&audit),
        clocks: clocks::of(config),
        reach: Arc::new(Connections(Arc::clone(tls.live()))),
    });
    let indicators = Indicators::new(Arc::clone(&store), env.clone(), Arc::clone(&audit));
    let identity = Identity::new(identity::Parts {
        store: Arc::clone(&store),
        env: env.clone(),
        sealer: Arc::clone(&sealer),
        audit: Arc::clone(&audit),
        wake: Arc::clone(&wake),
        clocks: clocks::of(config),
    });
    let mailboxes = Mailboxes::new(mailbox::Parts {
        store,
        env: env.clone(),
        sealer,
        wake,
        audit: Arc::clone(&audit),
        limits: mailbox::Limits {
            hand_out_max: config.mailbox.hand_out_max.to_usize(),
            lease: config.mailbox.lease_seconds.to_std(),
            backoff_max: config.mailbox.backoff_seconds_max.to_std(),
        },
        clocks: clocks::of(config),
    });
    let facts = HubFacts {
        checkpoint_origin: audit.verifier_key().name().to_string(),
        verifier_key: audit.verifier_key().to_string(),
    };
    Services {
        indicators: Arc::new(indicators),
        broker: Arc::new(broker),
        mailboxes: Arc::new(mailboxes),
        audit,
        directory: Arc::new(directory),
        identity: Arc::new(identity),
        connections: Arc::clone(tls.live()),
        env,
        people: people(config),
        facts: Arc::new(facts),
        limits: EdgeLimits {
            unary_timeout: config.limits.unary_seconds_max.to_std(),
            heartbeat: config.mailbox.heartbeat_seconds.to_std(),
            stream_buffer: config.mailbox.stream_buffer.to_usize(),
            slow_reader: config.mailbox.slow_reader_seconds_max.to_std(),
            message_bytes_max: config.limits.message_bytes_max.to_usize(),
        },
        tasks: tasks.clone(),
        draining: draining.clone(),
    }
}

fn routes(
    services: Services,
    options: StartOptions,
) -> Result<(tonic_health::server::HealthReporter, Routes), StartError> {
    let connections = Arc::clone(&services.connections);
    let largest = services.limits.message_bytes_max;
    let (health, health_service) = tonic_health::server::health_reporter();
    let health_service = health_service.max_decoding_message_size(largest);
    let mut routes = grpc::routes(services).add_service(health_service);
    if options.reflection {
        let described = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(wire::DESCRIPTORS)
        };
        let v1 = described().build_v1().map_err(|_unreadable| StartError::Reflection)?;
        let v1alpha = described().build_v1alpha().map_err(|_unreadable| StartError::Reflection)?;
        routes = routes
            .add_service(v1.max_decoding_message_size(largest))
            .add_service(v1alpha.max_decoding_message_size(largest));
    }
    // Health and reflection too are for verified, unrevoked peers only.
    let guard = axum::middleware::from_fn_with_state(connections, grpc::guard);
    let router = routes.into_axum_router().layer(guard);
    Ok((health, Routes::from(router)))
}

async fn open_store(
    config: &Config,
    place: &DataDir,
    alarms: &Alarms,
) -> Result<Arc<EmbeddedStore>, StartError> {
    let mut options = EmbeddedOptions::new(place.root());
    options.segment_bytes = u64::from(config.store.segment_bytes.get());
    options.group_commits_max = config.store.group_commits_max.to_usize();
    options.group_bytes_max = config.store.group_bytes_max.to_usize();
    options.tail_commits_max = u64::from(config.store.tail_commits_max.get());
    options.tail_bytes_max = u64::from(config.store.tail_bytes_max.get());
    options.queue_commits_max = config.store.queue_commits_max.to_usize();
    let published = published_size(place.root())?;
    let progress = Arc::new(Progress::beside(alarms.clone()));
    let observer = Arc::clone(&progress) as Arc<dyn StoreObserver>;
    // Reads and checks the journal: not on a thread that serves.
    let opening = tokio::task::spawn_blocking(move || {
        EmbeddedStore::open(&options, observer, Some(published))
    });
    let opened = opening.await;
    progress.finish();
    let opened = opened.map_err(|_panicked| StartError::Interrupted)?;
    Ok(Arc::new(opened?))
}

/// Hub time and randomness; the clock to be moved by hand where time is simulated.
fn environment(
    store: &Arc<EmbeddedStore>,
    options: StartOptions,
    alarms: &Alarms,
) -> (Env, Option<Arc<SimulatedClock>>) {
    let machine: Arc<dyn MachineTime> = Arc::new(Machine::new());
    let entropy = Arc::new(SystemEntropy::new());
    let last = store.standing().last_group_at;
    match options.simulated_from {
        Some(from) => {
            let from = last.map_or(from, |last| last.max(from));
            let clock = Arc::new(SimulatedClock::starting_at(from, machine));
            let port: Arc<dyn Clock> = Arc::clone(&clock) as Arc<dyn Clock>;
            (Env::new(port, entropy), Some(clock))
        }
        None => {
            let alarms = alarms.clone();
            let observer = Box::new(move |alarm| alarms.clock(alarm));
            (Env::new(Arc::new(SystemClock::start(machine, last, observer)), entropy), None)
        }
    }
}

fn master_key(keys: &Keys, data_dir: &std::path::Path) -> Result<MasterKey, StartError> {
    match (&keys.master_key_file, &keys.master_key_command) {
        (Some(file), _) => Ok(MasterKey::from_file(file, data_dir)?),
        (None, Some(command)) => {
            let (program, arguments) = command.split_first().ok_or(StartError::KeyCommand)?;
            let output = std::process::Command::new(program)
                .args(arguments)
                .output()
                .map_err(|_not_started| StartError::KeyCommand)?;
            if !output.status.success() {
                return Err(StartError::KeyCommand);
            }
            Ok(MasterKey::parse(&output.stdout)?)
        }
        (None, None) => Err(StartError::Config { field: "keys.master_key_file" }),
    }
}

fn open_audit(
    config: &Config,
    place: &DataDir,
    (store, env): (&Arc<dyn Store>, &Env),
) -> Result<Arc<Audit>, StartError> {
    let origin = audit::origin(&config.audit_origin(), env.clock.is_simulated())
        .map_err(|_not_a_name| StartError::Config { field: "audit.origin" })?;
    let signer = Signer::from_file(&config.keys.signing_key_file, origin.as_str())?;
    Ok(Audit::open(audit::Parts {
        store: Arc::clone(store),
        env: env.clone(),
        signer: Arc::new(signer),
        data_dir: place.root(),
    })?)
}

/// Records that these data come from a backup, and with how many entries, before anything else happens on them. The
/// mark goes last: a crash between the two tells it twice, never not at all.
async fn record_restore(store: &EmbeddedStore, audit: &Audit) -> Result<(), StartError> {
    if !store.is_restored() {
        return Ok(());
    }
    let entries = store.standing().durable.0;
    let restored = HubEvent::new(EventKind::StoreRestored).counting(entries);
    audit.hub_event(Driver::Operator, restored).await?;
    store.restore_recorded()?;
    tracing::warn!(entries, "these data were restored from a backup");
    Ok(())
}

async fn load_directory(config: &Config, directory: &Directory) -> Result<(), StartError> {
    if directory.current().version != 0 {
        return Ok(());
    }
    let path = config.directory.file.as_ref().ok_or(StartError::NoDirectory)?;
    let text = std::fs::read_to_string(path)
        .map_err(|source| StartError::DirectoryFile { path: path.clone(), source })?;
    let refused = |source| StartError::Directory { path: path.clone(), source };
    directory.load_if_empty(&text).await.map_err(refused)?;
    Ok(())
}

fn open_tls(config: &Config, alarms: &Alarms) -> Result<Arc<TlsReloader>, StartError> {
    let tls = &config.tls;
    let trust_domain = TrustDomain::parse(config.hub.trust_domain.as_str())
        .map_err(|_malformed| StartError::Config { field: "hub.trust_domain" })?;
    let revocation = RevocationRules::new(tls.revocation_grace_hours.to_std())
        .map_err(|_too_long| StartError::Config { field: "tls.revocation_grace_hours" })?;
    let files = TlsFiles {
        authorities: tls.authorities.clone(),
        certificate: tls.certificate.clone(),
        key: tls.key.clone(),
        revocations: tls.revocations.clone(),
    };
    let limits = ConnectionLimits {
        per_certificate: tls.connections_per_certificate_max.to_usize(),
        per_agency: tls.connections_per_agency_max.to_usize(),
        in_all: tls.connections_max.to_usize(),
    };
    let server = ServerTls { files, trust_domain, revocation, limits };
    Ok(TlsReloader::start(server, Arc::new(SystemMachineClock), Arc::new(alarms.clone()))?)
}

/// How connections are accepted.
pub(super) fn accept_settings(config: &Config) -> AcceptSettings {
    AcceptSettings {
        handshake_timeout: config.tls.handshake_seconds_max.to_std(),
        handshakes_max: config.tls.handshakes_max.to_usize(),
        connection_age_max: config
            .limits
            .connection_age_seconds_max
            .to_std()
            .saturating_add(config.limits.connection_age_grace_seconds.to_std()),
        ..AcceptSettings::default()
    }
}

/// Which people this hub may hold. Simulated time is for synthetic people only.
const fn people(config: &Config) -> TestOrProduction {
    match config.hub.people {
        People::Synthetic => TestOrProduction::Test,
        People::Real => TestOrProduction::Production,
    }
}

fn pace(config: &Config) -> PublisherPace {
    PublisherPace { at_latest: config.audit.publish_seconds.to_std(), ..PublisherPace::default() }
}
