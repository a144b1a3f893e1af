//! What the disk can do: groups of commits, each one write and one fsync, as the journal does it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::Instant;

use super::super::error::CliError;
use super::load::{Sample, micros};

/// What one submission of the measured alert takes in the journal, rounded; `bench --fill` prints it.
const COMMIT_BYTES: usize = 4096;
/// The file's size, preallocated; writing starts over at its end.
const FILE_BYTES: usize = 64 * 1024 * 1024;

/// Groups of `commits` for this long.
pub(super) async fn groups(
    path: PathBuf,
    commits: usize,
    span: Duration,
) -> Result<Sample, CliError> {
    let measured = tokio::task::spawn_blocking(move || {
        let done = write_groups(&path, commits, span);
        done.map_err(|source| CliError::file("measure", &path, source))
    });
    measured.await.map_err(|source| CliError::because("the disk could not be measured", source))?
}

fn write_groups(path: &Path, commits: usize, span: Duration) -> io::Result<Sample> {
    let file = File::options().create(true).truncate(false).write(true).open(path)?;
    let group = vec![0x5a; COMMIT_BYTES.saturating_mul(commits)];
    if file.metadata()?.len() == 0 {
        file.write_all_at(&vec![0; FILE_BYTES], 0)?;
        file.sync_all()?;
    }
    let (mut offset, mut latencies) = (0_usize, Vec::new());
    let begun = Instant::now();
    while begun.elapsed() < span {
        let started = Instant::now();
        file.write_all_at(&group, u64::try_from(offset).unwrap_or_default())?;
        file.sync_data()?;
        latencies.push(micros(started.elapsed()));
        offset = offset.saturating_add(group.len());
        if offset.saturating_add(group.len()) > FILE_BYTES {
            offset = 0;
        }
    }
    let written = latencies.len().saturating_mul(commits);
    Ok(Sample::new(u64::try_from(written).unwrap_or(u64::MAX), begun.elapsed(), latencies))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_group_counts_for_every_commit_in_it() {
        let dir = tempfile::tempdir().unwrap();

        let path = dir.path().join("fsync");
        let sample = groups(path, 8, Duration::from_millis(20)).await.unwrap();

        let groups = f64::from(u32::try_from(sample.latencies.len()).unwrap());
        assert!(groups >= 1.0);
        assert!(sample.rate > groups, "{} of {groups}", sample.rate);
    }
}
