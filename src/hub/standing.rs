//! How the hub is: serving, not taking writes, draining.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::civil::Date;
use serde::Serialize;

use super::rotas;
use crate::audit::{Audit, Publisher};
use crate::calendar::{BankHolidays, local_date};
use crate::env::Env;
use crate::policy::escalation::rotas_ending;
use crate::store::{Store, WriteStanding};
use crate::tls::TlsReloader;

/// How the hub is, in one word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// Everything works.
    Serving,
    /// Reads and streams go on; nothing new is taken.
    NotTakingWrites,
    /// Stopping: streams end, nothing is lost.
    Draining,
}

impl Standing {
    /// As the health service and the admin address say it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Serving => "serving",
            Self::NotTakingWrites => "not taking writes",
            Self::Draining => "draining",
        }
    }
}

/// Looks at the parts.
pub(super) struct Watch {
    pub(super) store: Arc<dyn Store>,
    pub(super) audit: Arc<Audit>,
    pub(super) publisher: Arc<Publisher>,
    pub(super) tls: Arc<TlsReloader>,
    pub(super) draining: AtomicBool,
    pub(super) simulated: bool,
    pub(super) env: Env,
    /// From how many days before its end the bank holiday data is called for.
    pub(super) calendar_warn_days: u32,
}

/// What `/status` shows.
#[derive(Serialize)]
pub(super) struct Report {
    standing: &'static str,
    simulated: bool,
    store_commits: u64,
    index_backlog_commits: u64,
    tree_size_entries: u64,
    checkpoint_size_entries: u64,
    checkpoint_late: bool,
    audit_broken: Option<&'static str>,
    connections_live: usize,
    bank_holidays_until: String,
    bank_holidays_days_left: i64,
    /// What somebody must see to soon, in words; the hub serves.
    notices: Vec<String>,
}

impl Watch {
    /// How the hub is.
    pub(super) fn standing(&self) -> Standing {
        if self.draining.load(Ordering::Relaxed) {
            return Standing::Draining;
        }
        match self.store.standing().writing {
            WriteStanding::Open => Standing::Serving,
            WriteStanding::DiskFull
            | WriteStanding::Poisoned
            | WriteStanding::IndexStopped
            | WriteStanding::Closed => Standing::NotTakingWrites,
        }
    }

    /// What somebody must see to soon, in words. The hub serves all the same.
    pub(super) fn notices(&self) -> Vec<String> {
        let ends = BankHolidays::in_force().ends_within(self.today(), self.calendar_warn_days);
        let (directory, now) = (self.store.directory(), self.env.now());
        let rotas = rotas_ending(&directory, now);
        let rotas = rotas.iter().map(|ends| rotas::in_words(ends, now));
        ends.map(|ends| ends.to_string()).into_iter().chain(rotas).collect()
    }

    fn today(&self) -> Date {
        local_date(self.env.now().to_jiff())
    }

    /// The figures of `/status`.
    pub(super) fn report(&self) -> Report {
        let store = self.store.standing();
        let holidays = BankHolidays::in_force();
        Report {
            standing: self.standing().as_str(),
            simulated: self.simulated,
            store_commits: store.durable.0,
            index_backlog_commits: store.index_backlog,
            tree_size_entries: self.audit.integrated_size(),
            checkpoint_size_entries: self.published(),
            checkpoint_late: self.publisher.is_late(),
            audit_broken: self.audit.breach().map(|breach| breach.reason),
            connections_live: self.tls.live().list().len(),
            bank_holidays_until: holidays.ends_on().to_string(),
            bank_holidays_days_left: holidays.days_left(self.today()),
            notices: self.notices(),
        }
    }

    /// Puts the figures into the metrics.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a gauge is a float; counts stay far below 2^52"
    )]
    pub(super) fn count(&self) {
        let report = self.report();
        let writing = if self.standing() == Standing::Serving { 1.0 } else { 0.0 };
        metrics::gauge!("staysafe_store_writing").set(writing);
        metrics::gauge!("staysafe_store_commits").set(report.store_commits as f64);
        metrics::gauge!("staysafe_index_backlog_commits").set(report.index_backlog_commits as f64);
        metrics::gauge!("staysafe_tree_size_entries").set(report.tree_size_entries as f64);
        metrics::gauge!("staysafe_checkpoint_size_entries")
            .set(report.checkpoint_size_entries as f64);
        metrics::gauge!("staysafe_bank_holidays_days_left")
            .set(report.bank_holidays_days_left as f64);
        metrics::gauge!("staysafe_checkpoint_late")
            .set(f64::from(u8::from(report.checkpoint_late)));
    }

    fn published(&self) -> u64 {
        self.audit.latest().map_or(0, |latest| latest.checkpoint.size())
    }
}
