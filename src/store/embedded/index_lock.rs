//! The lock that sled holds on its own file.
//!
//! sled's threads may keep the file open for a moment after its last user has let it go, and sled does not open while
//! they do. The data directory's lock says that no other hub is here, so whoever holds this one is about to let go:
//! waiting costs a moment, and an index put aside for it would cost a rebuild.

use std::fs::File;
use std::path::Path;
use std::thread;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(10);
/// Looks before whoever opens it may fail: five seconds.
const LOOKS: u32 = 500;

/// Waits until nobody holds the lock, within bounds; whoever opens the index then finds out.
pub(crate) fn wait_until_free(directory: &Path) {
    wait(directory, LOOKS);
}

fn wait(directory: &Path, looks: u32) {
    // Without a file there is no lock, and sled makes both.
    let Ok(file) = File::open(directory.join("db")) else { return };
    for _look in 0..looks {
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok() {
            // Given back with the file.
            return;
        }
        thread::park_timeout(PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locked(directory: &Path) -> File {
        let file = File::create(directory.join("db")).unwrap();
        flock(&file, FlockOperation::NonBlockingLockExclusive).unwrap();
        file
    }

    fn is_free(directory: &Path) -> bool {
        let file = File::open(directory.join("db")).unwrap();
        flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok()
    }

    #[test]
    fn a_lock_that_is_let_go_is_waited_for_and_not_kept() {
        let directory = tempfile::tempdir().unwrap();
        let held = locked(directory.path());
        assert!(!is_free(directory.path()));

        let waiting = {
            let directory = directory.path().to_owned();
            thread::spawn(move || wait_until_free(&directory))
        };
        thread::park_timeout(PAUSE);
        drop(held);
        waiting.join().unwrap();

        assert!(is_free(directory.path()));
    }

    #[test]
    fn a_lock_that_is_never_let_go_is_not_waited_for_without_end() {
        let directory = tempfile::tempdir().unwrap();
        let _held = locked(directory.path());

        wait(directory.path(), 3);

        assert!(!is_free(directory.path()));
    }

    #[test]
    fn an_index_that_is_not_there_yet_has_no_lock() {
        wait_until_free(tempfile::tempdir().unwrap().path());
    }
}
