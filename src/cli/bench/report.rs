//! What was measured, for people and as one object.
//!
//! A figure of several rounds is the median of its rounds; a ratio is the median of the ratios within a round, so that
//! what slowed one round slowed both of its halves.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};
use serde_json::{Value, json};

use super::LEVELS;
use super::load::{Level, Sample};
use super::machine::Threads;

/// Somebody else used more of the processors than this: the figures are not the hub's alone.
const NOISE: f64 = 0.05;
/// Rounds of the same echo that differ by more than this factor say so too.
const SPREAD: f64 = 1.5;
/// What the index may be behind by more at the end than at the beginning: one batch of the applier and one more
/// group on its way, for the two readings fall anywhere within a batch.
const BATCHES: u64 = 512;

/// One measurement.
pub(super) struct Measured {
    pub(super) name: &'static str,
    pub(super) level: Level,
    pub(super) sample: Sample,
}

/// The hub after it was filled.
pub(super) struct Filled {
    /// Commits it holds.
    pub(super) commits: u64,
    pub(super) memory: u64,
    pub(super) peak_memory: u64,
    /// What each kind of thread used.
    pub(super) processor: Threads,
    pub(super) journal_bytes: u64,
    pub(super) index_bytes: u64,
}

/// Everything that was measured.
pub(super) struct Report {
    pub(super) measured: Vec<Measured>,
    /// The size of the alert submitted, and of the echo.
    pub(super) alert_bytes: usize,
    /// Commits not yet indexed, at the beginning and at the end of everything.
    pub(super) backlog: (u64, u64),
    /// Memory of the hub when it served and nothing was in it, in bytes.
    pub(super) idle_memory: u64,
    pub(super) filled: Option<Filled>,
    /// The share of the processors that others used meanwhile.
    pub(super) others: f64,
}

/// One line of the table: the rounds of one measurement together.
struct Line {
    name: &'static str,
    level: Level,
    rates: Vec<f64>,
    rate: f64,
    p50: u32,
    p99: u32,
    /// To the echo of the same round at the same level.
    ratio: Option<f64>,
    /// The backlog at the beginning and the end of the round in which it grew most.
    backlog: Option<(u64, u64)>,
}

impl Line {
    /// Whether the figure counts: the index kept up in every round.
    fn counts(&self) -> bool {
        self.backlog.is_none_or(|(begin, end)| end <= begin.saturating_add(BATCHES))
    }
}

impl Report {
    fn rounds(&self, name: &str, in_flight: usize) -> Vec<&Measured> {
        let wanted = |one: &&Measured| one.name == name && one.level.in_flight == in_flight;
        self.measured.iter().filter(wanted).collect()
    }

    fn lines(&self) -> Vec<Line> {
        let mut wanted: Vec<(&'static str, usize)> = Vec::new();
        for name in ["echo", "fsync", "submit"] {
            wanted.extend(LEVELS.iter().map(|level| (name, level.in_flight)));
        }
        wanted.extend([("delivered", 1), ("receive", 1)]);
        wanted.into_iter().filter_map(|(name, in_flight)| self.line(name, in_flight)).collect()
    }

    fn line(&self, name: &'static str, in_flight: usize) -> Option<Line> {
        let rounds = self.rounds(name, in_flight);
        let echoes = self.rounds("echo", in_flight);
        let level = rounds.first()?.level;
        let rates: Vec<f64> = rounds.iter().map(|one| one.sample.rate).collect();
        let ratios =
            rounds.iter().zip(&echoes).map(|(one, echo)| one.sample.rate / echo.sample.rate);
        let percentile = |percent| {
            let of = |one: &&Measured| f64::from(one.sample.percentile(percent));
            whole(median(rounds.iter().map(of).collect()))
        };
        let backlog = rounds.iter().filter_map(|one| one.sample.backlog);
        Some(Line {
            name,
            level,
            rate: median(rates.clone()),
            rates,
            p50: percentile(50),
            p99: percentile(99),
            // How fast a mailbox is emptied has no echo of its kind.
            ratio: (name != "receive").then(|| median(ratios.collect())),
            backlog: backlog.max_by_key(|(begin, end)| end.saturating_sub(*begin)),
        })
    }

    /// Whether the figures are not the hub's alone: others were busy, or the echo itself was unsteady.
    fn is_noisy(&self) -> bool {
        let unsteady = LEVELS.iter().any(|level| {
            let rates = self.rounds("echo", level.in_flight);
            let rates = rates.iter().map(|one| one.sample.rate);
            let (least, most) = rates
                .fold((f64::MAX, 0.0_f64), |(least, most), rate| (least.min(rate), most.max(rate)));
            most > least * SPREAD
        });
        unsteady || self.others > NOISE
    }

    /// The longest a submission may take until its copy is there: three times an echo and two fsyncs of this run.
    fn delivered_bound(lines: &[Line]) -> Option<u32> {
        let p50 = |name: &str| {
            lines.iter().find(|one| one.name == name && one.level.in_flight == 1).map(|one| one.p50)
        };
        let two_syncs = p50("fsync")?.saturating_mul(2);
        Some(p50("echo")?.saturating_add(two_syncs).saturating_mul(3))
    }

    /// One object.
    pub(super) fn to_json(&self) -> Value {
        let lines = self.lines();
        let noisy = self.is_noisy();
        let result = |line: &Line| {
            let mut result = json!({
                "name": line.name,
                "in_flight": line.level.in_flight,
                "connections": line.level.connections,
                "rate": tenths(line.rate),
                "p50_us": line.p50,
                "p99_us": line.p99,
                "ratio_to_echo": line.ratio.map(thousandths),
                "rates": line.rates.iter().copied().map(tenths).collect::<Vec<f64>>(),
            });
            if let (Some(fields), Some((begin, end))) = (result.as_object_mut(), line.backlog) {
                fields.insert("index_backlog_start".to_owned(), json!(begin));
                fields.insert("index_backlog_end".to_owned(), json!(end));
                fields.insert("counts".to_owned(), json!(line.counts()));
            }
            result
        };
        json!({
            "results": lines.iter().map(result).collect::<Vec<Value>>(),
            "index_backlog_start": self.backlog.0,
            "index_backlog_end": self.backlog.1,
            "noisy": noisy,
            "others_share": thousandths(self.others),
            "alert_bytes": self.alert_bytes,
            "idle_memory_bytes": self.idle_memory,
            "delivered_p50_us_max": Self::delivered_bound(&lines),
            "filled": self.filled.as_ref().map(Filled::to_json),
        })
    }

    /// A table and what it means.
    pub(super) fn to_text(&self) -> String {
        let lines = self.lines();
        let mut table = Table::new();
        table.load_style(NOTHING).set_header([
            "",
            "in flight",
            "connections",
            "a second",
            "p50 us",
            "p99 us",
            "of echo",
            "",
        ]);
        for line in &lines {
            table.add_row([
                line.name.to_owned(),
                line.level.in_flight.to_string(),
                line.level.connections.to_string(),
                format!("{:.0}", line.rate),
                line.p50.to_string(),
                line.p99.to_string(),
                line.ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default(),
                (if line.counts() { "" } else { "does not count: the index fell behind" })
                    .to_owned(),
            ]);
        }
        for column in table.column_iter_mut().skip(1).take(6) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        let mut said = vec![table.trim_fmt(), String::new()];
        if let Some(bound) = Self::delivered_bound(&lines) {
            said.push(format!(
                "delivered: p50 aims at no more than 3 x (echo + 2 x fsync) = {bound} us"
            ));
        }
        said.push(format!(
            "alert: {} bytes; hub with an empty store: {} of memory; not indexed: {} commits at the start, {} at the end",
            self.alert_bytes,
            mebibytes(self.idle_memory),
            self.backlog.0,
            self.backlog.1
        ));
        said.extend(self.filled.as_ref().map(Filled::to_text));
        said.push(match self.is_noisy() {
            true => format!(
                "NOISY: others used {:.0} % of the processors, or the echo itself was unsteady. Measure again.",
                self.others * 100.0
            ),
            false => "quiet: nobody else was busy, and the echo was steady".to_owned(),
        });
        said.join("\n")
    }
}

impl Filled {
    fn to_json(&self) -> Value {
        let each = |ticks: &u64| tenths(self.micros_each(*ticks));
        let threads: serde_json::Map<String, Value> =
            self.processor.iter().map(|(name, ticks)| (name.clone(), json!(each(ticks)))).collect();
        json!({
            "commits": self.commits,
            "memory_bytes": self.memory,
            "peak_memory_bytes": self.peak_memory,
            "processor_us_per_commit": threads,
            "journal_bytes": self.journal_bytes,
            "index_bytes": self.index_bytes,
        })
    }

    fn to_text(&self) -> String {
        let threads: Vec<String> = self
            .processor
            .iter()
            .map(|(name, ticks)| format!("{name} {:.1}", self.micros_each(*ticks)))
            .collect();
        format!(
            "filled: {} commits; memory {} (at most {}); journal {}, index {}\n  processor, us a commit: {}",
            self.commits,
            mebibytes(self.memory),
            mebibytes(self.peak_memory),
            mebibytes(self.journal_bytes),
            mebibytes(self.index_bytes),
            threads.join(", ")
        )
    }

    /// Microseconds of a processor for each commit.
    fn micros_each(&self, ticks: u64) -> f64 {
        let number = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        if self.commits == 0 { 0.0 } else { number(ticks) * 10_000.0 / number(self.commits) }
    }
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_unstable_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

fn tenths(figure: f64) -> f64 {
    (figure * 10.0).round() / 10.0
}

fn thousandths(figure: f64) -> f64 {
    (figure * 1000.0).round() / 1000.0
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a median of latencies is one of them, and those are u32"
)]
fn whole(figure: f64) -> u32 {
    figure as u32
}

fn mebibytes(bytes: u64) -> String {
    let kib = u32::try_from(bytes / 1024).unwrap_or(u32::MAX);
    format!("{:.1} MiB", f64::from(kib) / 1024.0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn measured(name: &'static str, per_second: u64, micros: u32) -> Measured {
        let level = Level { in_flight: 1, connections: 1 };
        let sample = Sample::new(per_second, Duration::from_secs(1), vec![micros; 3]);
        Measured { name, level, sample }
    }

    fn report(measured: Vec<Measured>) -> Report {
        Report {
            measured,
            alert_bytes: 900,
            backlog: (0, 0),
            idle_memory: 30 << 20,
            filled: None,
            others: 0.0,
        }
    }

    #[test]
    fn a_ratio_is_that_of_the_same_round() {
        let report = report(vec![
            measured("echo", 1000, 100),
            measured("submit", 500, 300),
            measured("echo", 1100, 90),
            measured("submit", 550, 280),
        ]);

        let json = report.to_json();

        let submit = &json["results"][1];
        assert_eq!(
            (submit["name"].as_str(), submit["ratio_to_echo"].as_f64()),
            (Some("submit"), Some(0.5))
        );
        assert_eq!(json["noisy"], false);
    }

    #[test]
    fn a_submission_that_runs_ahead_of_the_index_does_not_count() {
        let mut submit = measured("submit", 500, 300);
        submit.sample.backlog = Some((10, 10 + BATCHES + 1));

        let report = report(vec![measured("echo", 1000, 100), submit]);

        assert_eq!(report.to_json()["results"][1]["counts"], false);
        assert!(report.to_text().contains("does not count"));
    }

    #[test]
    fn the_bound_of_a_delivery_comes_from_echo_and_fsync_of_the_run() {
        let report = report(vec![
            measured("echo", 1000, 100),
            measured("fsync", 1000, 150),
            measured("delivered", 500, 900),
        ]);

        assert_eq!(report.to_json()["delivered_p50_us_max"], 1200);
    }

    #[test]
    fn figures_are_noisy_when_others_are_busy_or_the_echo_wavers() {
        let mut busy = report(vec![measured("echo", 1000, 100)]);
        busy.others = 0.2;
        let wavering = report(vec![measured("echo", 1000, 100), measured("echo", 600, 100)]);

        assert_eq!(busy.to_json()["noisy"], true);
        assert_eq!(wavering.to_json()["noisy"], true);
        assert!(busy.to_text().contains("NOISY"));
    }
}
