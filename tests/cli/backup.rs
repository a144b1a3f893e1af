//! A data directory that comes back from a backup is served as what it was.

use std::path::Path;
use std::process::Output;

use crate::support::{Hub, done, staysafe, told};

/// Starts a hub that ends at once, for its standard input is at its end.
fn start_and_stop(home: &Path, more: &[&str]) -> Output {
    let mut hub = staysafe();
    hub.args(["hub", "--stop-with-stdin", "--config"]).arg(home.join("hub.toml")).args(more);
    hub.output().unwrap()
}

/// Replaces the data directory by what a backup of it gives back, keys included.
fn lose_and_restore(home: &Path) {
    let (data, kept) = (home.join("data"), home.join("kept"));
    done(staysafe().args(["store", "backup"]).arg(&data).arg(&kept));
    // What a mirror is: the key directory as it stood.
    std::fs::rename(data.join("keys"), home.join("mirror")).unwrap();
    std::fs::remove_dir_all(&data).unwrap();
    let mut restore = staysafe();
    restore.args(["store", "restore"]).arg(&kept).arg(&data);
    restore.arg("--keys").arg(home.join("mirror"));
    restore.arg("--master-key").arg(home.join("keys/master.key"));
    done(&mut restore);
}

#[test]
fn what_was_simulated_is_never_served_as_real_after_a_restore_nor_the_other_way_round() {
    let simulated = ["--simulated-from", "2026-11-08T03:10:00Z"];
    for (own, other, words) in [
        (&simulated[..], &[][..], "holds simulated time"),
        (&[][..], &simulated[..], "holds real alerts"),
    ] {
        let dir = Hub::prepare(0);
        let first = start_and_stop(dir.path(), own);
        assert!(first.status.success(), "{}", told(&first));

        lose_and_restore(dir.path());
        let refused = start_and_stop(dir.path(), other);
        let served = start_and_stop(dir.path(), own);

        assert_eq!(refused.status.code(), Some(1), "{}", told(&refused));
        assert!(told(&refused).contains(words), "{}", told(&refused));
        assert!(served.status.success(), "{}", told(&served));
    }
}
