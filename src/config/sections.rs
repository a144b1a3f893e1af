//! The sections of the file, each field with its meaning, bounds and default.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use serde::Deserialize;

use super::follow_on::FollowOn;
use super::unit::{
    Bytes, Count, Hours, HubName, ListenAddress, LoopbackAddress, Minutes, Seconds, TrustDomain,
    WorkingDays, WorkingMinutes,
};

/// `[hub]`: who the hub is and where it listens.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hub {
    /// Its name, 1-64 of [a-z0-9-]. Needed.
    pub name: HubName,
    /// The trust domain of every certificate's name, 1-255 of [a-z0-9.-]. Needed.
    pub trust_domain: TrustDomain,
    /// Where the journal, the index and the data keys lie. Needed.
    pub data_dir: PathBuf,
    /// Where partner systems connect. Default `0.0.0.0:8443`.
    #[serde(default = "default_listen")]
    pub listen: ListenAddress,
    /// Where health and metrics are served without TLS: loopback only. Default `127.0.0.1:8080`.
    #[serde(default = "default_admin_listen")]
    pub admin_listen: LoopbackAddress,
    /// Which people it may hold: `synthetic` takes test NHS numbers and test postcodes only, `real` refuses them.
    /// Default `synthetic`: an information governance lead decides when a hub holds real people.
    #[serde(default)]
    pub people: People,
}

/// Which people a hub may hold (domain 3.4, 4.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum People {
    /// Made-up people of the test ranges.
    #[default]
    Synthetic,
    /// Real people.
    Real,
}

const fn default_listen() -> ListenAddress {
    ListenAddress::new(SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 8443))
}

#[expect(clippy::expect_used, reason = "a constant; reading any configuration in a test runs it")]
const fn default_admin_listen() -> LoopbackAddress {
    LoopbackAddress::new(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080))
        .expect("localhost is a loopback address")
}

/// `[tls]`: certificates, revocation, connections.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// PEM: the authorities whose clients are accepted. Needed.
    pub authorities: PathBuf,
    /// PEM: the hub's certificate and its chain. Needed.
    pub certificate: PathBuf,
    /// PEM: the hub's private key. Needed.
    pub key: PathBuf,
    /// The revocation lists, one for every authority. Needed.
    pub revocations: PathBuf,
    /// How long after its end a revocation list still counts, with an alarm, 0 to 168 (7 days; domain 2.3): an
    /// expired list must not cut off child protection. Default 24.
    #[serde(default = "Hours::default_of::<24>")]
    pub revocation_grace_hours: Hours<0, 168>,
    /// How often the files are looked at for changes, 1 to 60: a revoked certificate is out within a minute.
    /// Default 10.
    #[serde(default = "Seconds::default_of::<10>")]
    pub reload_seconds: Seconds<1, 60>,
    /// How long a handshake may take, 1 to 60. Default 5.
    #[serde(default = "Seconds::default_of::<5>")]
    pub handshake_seconds_max: Seconds<1, 60>,
    /// Handshakes under way at a time, 1 to 65,536. Default 256.
    #[serde(default = "Count::default_of::<256>")]
    pub handshakes_max: Count<1, 65_536>,
    /// Connections of one certificate, 1 to 1,024. Default 8.
    #[serde(default = "Count::default_of::<8>")]
    pub connections_per_certificate_max: Count<1, 1_024>,
    /// Connections of one agency over all its certificates, 1 to 65,536. Default 512.
    #[serde(default = "Count::default_of::<512>")]
    pub connections_per_agency_max: Count<1, 65_536>,
    /// Connections in all, 1 to 1,000,000. Default 4,096.
    #[serde(default = "Count::default_of::<4_096>")]
    pub connections_max: Count<1, 1_000_000>,
}

/// `[keys]`: the files of the hub's own keys. All outside the data directory.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// The master key: 32 bytes or 64 hexadecimal digits, mode 0600 or 0400. This or the command is needed.
    pub master_key_file: Option<PathBuf>,
    /// A program and its arguments that print the master key, e.g. a client of a hardware module.
    pub master_key_command: Option<Vec<String>>,
    /// The Ed25519 key that signs checkpoints and receipts: PKCS #8, mode 0600 or 0400. Needed.
    pub signing_key_file: PathBuf,
    /// Where the one current mirror of the data keys is kept. Default: none, and then a lost disk loses every
    /// content.
    pub mirror_dir: Option<PathBuf>,
}

/// `[directory]`: agencies, mailboxes, people, areas, schools.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Directory {
    /// Loaded at the first start, when the store has no directory yet. Default: none.
    pub file: Option<PathBuf>,
}

/// `[limits]`: limits of the gRPC edge.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Streams of one connection at a time, 1 to 1,024; more wait. Default 64.
    pub concurrent_streams_max: Count<1, 1_024>,
    /// Bytes of a request's headers, 4,096 to 65,536. Default 8,192.
    pub header_list_bytes_max: Bytes<4_096, 65_536>,
    /// Bytes of one message, 65,536 to 524,288: a copy has gaps and padding on top, and clients take 1 MiB. Default
    /// 262,144.
    pub message_bytes_max: Bytes<65_536, 524_288>,
    /// Resets a peer may cause by its own faults before it is sent away, 1 to 1,024. Default 64.
    pub local_error_resets_max: Count<1, 1_024>,
    /// Reset streams not yet accepted before the peer is sent away, 1 to 1,024. Default 20.
    pub pending_resets_max: Count<1, 1_024>,
    /// How long a unary call may take, 1 to 300; streams are not timed as a whole. Default 10.
    pub unary_seconds_max: Seconds<1, 300>,
    /// After how much silence the hub asks whether the peer is there, 1 to 300. Default 10.
    pub keepalive_interval_seconds: Seconds<1, 300>,
    /// How long it waits for that answer, 1 to 300. Default 20.
    pub keepalive_timeout_seconds: Seconds<1, 300>,
    /// After how long a connection is asked to go, 2 to 86,400. Default 3,600.
    pub connection_age_seconds_max: Seconds<2, 86_400>,
    /// How long calls under way may then go on before it is closed, 1 to 3,600. Default 30.
    pub connection_age_grace_seconds: Seconds<1, 3_600>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            concurrent_streams_max: Count::default_of::<64>(),
            header_list_bytes_max: Bytes::default_of::<8_192>(),
            message_bytes_max: Bytes::default_of::<262_144>(),
            local_error_resets_max: Count::default_of::<64>(),
            pending_resets_max: Count::default_of::<20>(),
            unary_seconds_max: Seconds::default_of::<10>(),
            keepalive_interval_seconds: Seconds::default_of::<10>(),
            keepalive_timeout_seconds: Seconds::default_of::<20>(),
            connection_age_seconds_max: Seconds::default_of::<3_600>(),
            connection_age_grace_seconds: Seconds::default_of::<30>(),
        }
    }
}

/// `[store]`: bounds of the embedded store.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Store {
    /// Bytes of a segment file, 1,048,576 to 2,147,483,648. Default 67,108,864.
    pub segment_bytes: Bytes<1_048_576, 2_147_483_648>,
    /// Commits that one fsync covers, 1 to 65,536. Default 256.
    pub group_commits_max: Count<1, 65_536>,
    /// Bytes of commits that one fsync covers, 65,536 to 33,554,432: half of the longest group that the journal
    /// reads back, for the leaves of its commits come on top. Default 4,194,304.
    pub group_bytes_max: Bytes<65_536, 33_554_432>,
    /// Commits that may wait for the index, 1 to 1,000,000; then the writer waits. Default 50,000.
    pub tail_commits_max: Count<1, 1_000_000>,
    /// Bytes of commits that may wait for the index, 1,048,576 to 1,073,741,824. Default 67,108,864.
    pub tail_bytes_max: Bytes<1_048_576, 1_073_741_824>,
    /// Commits that may wait for the writer, 1 to 65,536; then callers wait. Default 1,024.
    pub queue_commits_max: Count<1, 65_536>,
}

impl Default for Store {
    fn default() -> Self {
        Self {
            segment_bytes: Bytes::default_of::<67_108_864>(),
            group_commits_max: Count::default_of::<256>(),
            group_bytes_max: Bytes::default_of::<4_194_304>(),
            tail_commits_max: Count::default_of::<50_000>(),
            tail_bytes_max: Bytes::default_of::<67_108_864>(),
            queue_commits_max: Count::default_of::<1_024>(),
        }
    }
}

/// `[clocks]`: acknowledgement clocks and the ladder (domain 5.1, 5.2). All proposals of ours: no statute sets them.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Clocks {
    /// P1, elapsed minutes from the commit into the inbox. Default 15, 30, 60, 120.
    #[serde(deserialize_with = "p1")]
    pub p1: ElapsedClock,
    /// P2, elapsed minutes from the commit into the inbox. Default 60, 90, 120, 240.
    #[serde(deserialize_with = "p2")]
    pub p2: ElapsedClock,
    /// P3: acknowledgement in working minutes, the ladder from the deadline. Default 240, 120, 1 day.
    #[serde(deserialize_with = "p3")]
    pub p3: WorkingClock,
    /// P4: acknowledgement in working minutes, the ladder from the deadline. Default 480, 120, 1 day.
    #[serde(deserialize_with = "p4")]
    pub p4: WorkingClock,
    /// An urgent delivery to an inbox that is closed: working minutes from its next opening, 1 to 480 (domain
    /// 5.1). Default 60.
    pub after_opening_working_minutes: WorkingMinutes<1, 480>,
    /// The sender of an incomplete alert is chased, 1 to 1,440 minutes (domain 3.2). Default 60.
    pub chase_first_minutes: Minutes<1, 1_440>,
    /// The sender's duty manager is chased, 1 to 1,440 minutes (domain 3.2). Default 120.
    pub chase_second_minutes: Minutes<1, 1_440>,
    /// Who has taken an alert is reminded unless something came of it (domain 5.2).
    pub outcome: OutcomeClock,
    /// How long what follows an alert may take.
    pub follow_on: FollowOn,
}

impl Default for Clocks {
    fn default() -> Self {
        Self {
            p1: P1,
            p2: P2,
            p3: P3,
            p4: P4,
            after_opening_working_minutes: WorkingMinutes::default_of::<60>(),
            chase_first_minutes: Minutes::default_of::<60>(),
            chase_second_minutes: Minutes::default_of::<120>(),
            outcome: OutcomeClock::default(),
            follow_on: FollowOn::default(),
        }
    }
}

/// `[clocks.outcome]`: how long after a person has taken an alert something must have come of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OutcomeClock {
    /// P1, elapsed, 1 to 10,080. Default 240.
    pub p1_minutes: Minutes<1, 10_080>,
    /// P2, elapsed, 1 to 10,080. Default 480.
    pub p2_minutes: Minutes<1, 10_080>,
    /// P3, at 17:00 of that working day, 1 to 20. Default 2.
    pub p3_working_days: WorkingDays<1, 20>,
    /// P4, at 17:00 of that working day, 1 to 20. Default 5.
    pub p4_working_days: WorkingDays<1, 20>,
}

impl Default for OutcomeClock {
    fn default() -> Self {
        Self {
            p1_minutes: Minutes::default_of::<240>(),
            p2_minutes: Minutes::default_of::<480>(),
            p3_working_days: WorkingDays::default_of::<2>(),
            p4_working_days: WorkingDays::default_of::<5>(),
        }
    }
}

/// A clock in elapsed minutes from the commit into the inbox, 1 to 10,080 each, ascending.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ElapsedClock {
    /// A person must have acknowledged; the first level is called.
    pub acknowledge_minutes: Minutes<1, 10_080>,
    /// The second level is called.
    pub level_2_minutes: Minutes<1, 10_080>,
    /// The third level is called.
    pub level_3_minutes: Minutes<1, 10_080>,
    /// The fourth level is called.
    pub level_4_minutes: Minutes<1, 10_080>,
}

impl ElapsedClock {
    pub(super) fn climbs(&self) -> bool {
        [self.acknowledge_minutes, self.level_2_minutes, self.level_3_minutes, self.level_4_minutes]
            .is_sorted_by(|earlier, later| earlier < later)
    }
}

/// A clock in office time (domain 5.5). Inboxes with cover round the clock count elapsed minutes instead.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WorkingClock {
    /// A person must have acknowledged, working minutes from the commit into the inbox, 1 to 4,800.
    pub acknowledge_working_minutes: WorkingMinutes<1, 4_800>,
    /// The second level is called, working minutes from the deadline, 1 to 4,800.
    pub level_2_working_minutes: WorkingMinutes<1, 4_800>,
    /// The third level is called, working days from the deadline, 1 to 20.
    pub level_3_working_days: WorkingDays<1, 20>,
}

const P1: ElapsedClock = ElapsedClock {
    acknowledge_minutes: Minutes::default_of::<15>(),
    level_2_minutes: Minutes::default_of::<30>(),
    level_3_minutes: Minutes::default_of::<60>(),
    level_4_minutes: Minutes::default_of::<120>(),
};

const P2: ElapsedClock = ElapsedClock {
    acknowledge_minutes: Minutes::default_of::<60>(),
    level_2_minutes: Minutes::default_of::<90>(),
    level_3_minutes: Minutes::default_of::<120>(),
    level_4_minutes: Minutes::default_of::<240>(),
};

const P3: WorkingClock = WorkingClock {
    acknowledge_working_minutes: WorkingMinutes::default_of::<240>(),
    level_2_working_minutes: WorkingMinutes::default_of::<120>(),
    level_3_working_days: WorkingDays::default_of::<1>(),
};

const P4: WorkingClock =
    WorkingClock { acknowledge_working_minutes: WorkingMinutes::default_of::<480>(), ..P3 };

/// A clock as it may stand in the file: what is left out keeps the default of its priority.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ElapsedFields {
    acknowledge_minutes: Option<Minutes<1, 10_080>>,
    level_2_minutes: Option<Minutes<1, 10_080>>,
    level_3_minutes: Option<Minutes<1, 10_080>>,
    level_4_minutes: Option<Minutes<1, 10_080>>,
}

/// See [`ElapsedFields`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WorkingFields {
    acknowledge_working_minutes: Option<WorkingMinutes<1, 4_800>>,
    level_2_working_minutes: Option<WorkingMinutes<1, 4_800>>,
    level_3_working_days: Option<WorkingDays<1, 20>>,
}

macro_rules! clock_of {
    ($($name:ident = $fields:ident over $default:ident as $clock:ident { $($field:ident),+ };)+) => {
        $(fn $name<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<$clock, D::Error> {
            let fields = $fields::deserialize(deserializer)?;
            Ok($clock { $($field: fields.$field.unwrap_or($default.$field),)+ })
        })+
    };
}

clock_of! {
    p1 = ElapsedFields over P1 as ElapsedClock {
        acknowledge_minutes, level_2_minutes, level_3_minutes, level_4_minutes
    };
    p2 = ElapsedFields over P2 as ElapsedClock {
        acknowledge_minutes, level_2_minutes, level_3_minutes, level_4_minutes
    };
    p3 = WorkingFields over P3 as WorkingClock {
        acknowledge_working_minutes, level_2_working_minutes, level_3_working_days
    };
    p4 = WorkingFields over P4 as WorkingClock {
        acknowledge_working_minutes, level_2_working_minutes, level_3_working_days
    };
}

/// `[mailbox]`: bounds of handing out.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mailbox {
    /// How long a delivery handed out and not confirmed is left in peace, 1 to 3,600. Default 30.
    pub lease_seconds: Seconds<1, 3_600>,
    /// The longest time between two sendings of the same delivery, 1 to 86,400. Default 600.
    pub backoff_seconds_max: Seconds<1, 86_400>,
    /// Deliveries in one hand-out, 1 to 256: one hand-out is one audit entry. Default 64.
    pub hand_out_max: Count<1, 256>,
    /// Copies buffered for a slow reader before the hub waits, 1 to 256. Default 16.
    pub stream_buffer: Count<1, 256>,
    /// Between two heartbeats of an idle stream, 1 to 60. Default 10.
    pub heartbeat_seconds: Seconds<1, 60>,
    /// How long a reader may take nothing before its stream is ended, 1 to 3,600. Default 60.
    pub slow_reader_seconds_max: Seconds<1, 3_600>,
}

impl Default for Mailbox {
    fn default() -> Self {
        Self {
            lease_seconds: Seconds::default_of::<30>(),
            backoff_seconds_max: Seconds::default_of::<600>(),
            hand_out_max: Count::default_of::<64>(),
            stream_buffer: Count::default_of::<16>(),
            heartbeat_seconds: Seconds::default_of::<10>(),
            slow_reader_seconds_max: Seconds::default_of::<60>(),
        }
    }
}

/// `[audit]`: the audit log.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Audit {
    /// The longest an entry may wait for a signed checkpoint before the alarm, 1 to 60 (domain 7.1); checkpoints
    /// follow new entries after about a second. Default 30.
    pub publish_seconds: Seconds<1, 60>,
    /// The log's name in checkpoints. Default `<trust domain>/<hub name>`.
    pub origin: Option<String>,
}

impl Default for Audit {
    fn default() -> Self {
        Self { publish_seconds: Seconds::default_of::<30>(), origin: None }
    }
}

/// `[logging]`: what is logged, to standard error. Never personal data, at any level.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Logging {
    /// A filter of levels and modules. Default `info`.
    pub filter: String,
    /// How lines look. Default `text`.
    pub format: LogFormat,
}

impl Default for Logging {
    fn default() -> Self {
        Self { filter: "info".to_owned(), format: LogFormat::Text }
    }
}

/// How log lines look.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}
