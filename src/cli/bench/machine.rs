//! What the machine says of its processes: memory, processor time by thread, and who else was busy. Linux only.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Bytes of memory a process holds; 0 where the machine does not say.
pub(super) fn resident_bytes(process: u32) -> u64 {
    kib_of(process, "VmRSS:")
}

/// The most bytes of memory a process has held.
pub(super) fn peak_bytes(process: u32) -> u64 {
    kib_of(process, "VmHWM:")
}

fn kib_of(process: u32, field: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let kib = line.and_then(|line| line.split_ascii_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or_default().saturating_mul(1024)
}

/// Bytes that the files under a directory occupy on the disk.
pub(super) fn directory_bytes(directory: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt as _;

    let Ok(entries) = fs::read_dir(directory) else { return 0 };
    let of = |entry: fs::DirEntry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => directory_bytes(&entry.path()),
        // A block is 512 bytes: preallocated space counts, holes do not.
        Ok(meta) => meta.blocks().saturating_mul(512),
        Err(_gone) => 0,
    };
    entries.filter_map(Result::ok).map(of).fold(0, u64::saturating_add)
}

/// Processor time by the name of a thread, in hundredths of a second: Linux counts no finer.
pub(super) type Threads = BTreeMap<String, u64>;

/// What a process has used until now. Threads of a pool are counted together.
pub(super) fn threads(process: u32) -> Threads {
    let mut used = Threads::new();
    let Ok(entries) = fs::read_dir(format!("/proc/{process}/task")) else { return used };
    for entry in entries.filter_map(Result::ok) {
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        if let Some((name, ticks)) = name_and_ticks(&stat) {
            let name = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-').to_owned();
            let so_far = used.entry(name).or_default();
            *so_far = so_far.saturating_add(ticks);
        }
    }
    used
}

/// What was used between two readings.
pub(super) fn spent(before: &Threads, after: &Threads) -> Threads {
    let since = |(name, ticks): (&String, &u64)| {
        let earlier = before.get(name).copied().unwrap_or_default();
        (name.clone(), ticks.saturating_sub(earlier))
    };
    after.iter().map(since).filter(|(_, ticks)| *ticks > 0).collect()
}

/// The name in a `stat` line, and user and system time in hundredths of a second.
fn name_and_ticks(stat: &str) -> Option<(&str, u64)> {
    let (head, tail) = stat.rsplit_once(')')?;
    let (_, name) = head.split_once('(')?;
    let mut fields = tail.split_ascii_whitespace().skip(11);
    let (user, system): (u64, u64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some((name, user.saturating_add(system)))
}

/// Watches who uses the processors: the processes that are measured, or somebody else.
pub(super) struct Machine {
    processes: [u32; 3],
    begin: Usage,
}

#[derive(Clone, Copy, Default)]
struct Usage {
    /// All there was, busy or not.
    all: u64,
    busy: u64,
    ours: u64,
}

impl Machine {
    /// Begins to watch.
    pub(super) fn watch(processes: [u32; 3]) -> Self {
        Self { processes, begin: usage(&processes) }
    }

    /// The share of the processors' time that processes other than these have used since, from 0 to 1.
    pub(super) fn share_of_others(&mut self) -> f64 {
        let now = usage(&self.processes);
        let since = |now: u64, begin: u64| now.saturating_sub(begin);
        let all = since(now.all, self.begin.all);
        let busy = since(now.busy, self.begin.busy);
        let others = busy.saturating_sub(since(now.ours, self.begin.ours));
        let part = |ticks: u64| f64::from(u32::try_from(ticks).unwrap_or(u32::MAX));
        if all == 0 { 0.0 } else { part(others) / part(all) }
    }
}

fn usage(processes: &[u32]) -> Usage {
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    // user, nice, system, idle, iowait, irq, softirq, steal
    let ticks: Vec<u64> = stat
        .lines()
        .next()
        .unwrap_or_default()
        .split_ascii_whitespace()
        .skip(1)
        .take(8)
        .filter_map(|field| field.parse().ok())
        .collect();
    let all = ticks.iter().fold(0_u64, |sum, ticks| sum.saturating_add(*ticks));
    let waiting = ticks.iter().skip(3).take(2).fold(0_u64, |sum, ticks| sum.saturating_add(*ticks));
    let of = |process: &u32| {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        name_and_ticks(&stat).map_or(0, |(_, ticks)| ticks)
    };
    let ours = processes.iter().map(of).fold(0, u64::saturating_add);
    Usage { all, busy: all.saturating_sub(waiting), ours }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_spaces_does_not_shift_the_fields() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 1 0 0 0 31 11 0 0 20 0 1 0 5";

        assert_eq!(name_and_ticks(stat), Some(("a) b (c", 42)));
        assert_eq!(name_and_ticks(""), None);
    }

    #[test]
    fn this_process_has_memory_and_threads() {
        let me = std::process::id();

        assert!(resident_bytes(me) > 1024 * 1024);
        assert!(peak_bytes(me) >= resident_bytes(me) / 2);
        assert!(!threads(me).is_empty());
        assert_eq!(resident_bytes(u32::MAX), 0);
    }

    #[test]
    fn only_what_was_used_since_is_spent() {
        let before = Threads::from([("a".to_owned(), 5), ("b".to_owned(), 1)]);
        let after = Threads::from([("a".to_owned(), 9), ("b".to_owned(), 1), ("c".to_owned(), 2)]);

        let spent = spent(&before, &after);

        assert_eq!(spent, Threads::from([("a".to_owned(), 4), ("c".to_owned(), 2)]));
    }
}
