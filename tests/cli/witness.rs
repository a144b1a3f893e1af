//! A hub whose log is in doubt: an alarm for everybody, and no alert is kept from anybody (domain 7.1).

use std::path::Path;

use serde_json::Value;

use crate::support::{Hub, copy_directory, sample, told};

/// A hub that lost what a partner had seen: its directory was put back to an earlier day.
fn rolled_back() -> Hub {
    let alert = sample("s03-alcohol-attendance.json");
    let early = |home: &Path| home.join("early");
    let hub = Hub::start().again(|home| copy_directory(&home.join("data"), &early(home)));
    assert!(hub.client("WUTH-AED", &["send", &alert]).status.success());
    // Stopping publishes the last entries; the next connection of a partner sees them.
    let hub = hub.again(|_home| {});
    for agency in ["WUTH-AED", "RESPONSE"] {
        assert!(hub.client(agency, &["status"]).status.success());
    }
    hub.again(|home| {
        std::fs::remove_dir_all(home.join("data")).unwrap();
        copy_directory(&early(home), &home.join("data"));
    })
}

fn objects(output: &std::process::Output) -> Vec<Value> {
    let printed = String::from_utf8_lossy(&output.stdout);
    printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn under_an_alarm_an_alert_is_sent_received_and_taken_and_the_log_is_not_verified() {
    let hub = rolled_back();
    let alert = sample("s03-alcohol-attendance.json");

    let sent = hub.client("WUTH-AED", &["send", &alert]);
    let received = hub.client("RESPONSE", &["--json", "inbox", "--user", "u-3001"]);
    let verified = hub.client("WUTH-AED", &["--json", "audit", "verify"]);

    let words = told(&sent);
    assert!(words.contains("stored: alert"), "{words}");
    assert!(words.contains("!!  ALARM: the hub's audit log is not consistent"), "{words}");
    assert!(words.contains("it was rolled back"), "{words}");
    let evidence = hub.path("certs/witness/WUTH-AED.unfit-1");
    assert!(words.contains(&format!("is kept in {}", evidence.display())), "{words}");
    assert!(evidence.exists(), "beside the last one that fitted");
    assert_eq!(sent.status.code(), Some(3), "done, and not in order: {words}");

    let received_objects = objects(&received);
    assert_eq!(received_objects[0]["alarm"]["reason"], "AUDIT_LOG_INCONSISTENT");
    let copy = &received_objects[1]["copy"];
    assert_eq!(copy["kind"], "ALERT_KIND_ALCOHOL_ATTENDANCE", "{received_objects:?}");
    assert!(received_objects.iter().all(|object| object.get("error").is_none()));
    assert_eq!(received.status.code(), Some(3));
    let delivery = copy["deliveryId"].as_str().unwrap();
    let taken = hub.client("RESPONSE", &["ack", delivery, "--user", "u-3001"]);
    assert!(told(&taken).contains("ACKNOWLEDGED"), "{}", told(&taken));
    assert_eq!(taken.status.code(), Some(3));

    assert_eq!(verified.status.code(), Some(1));
    assert_eq!(objects(&verified)[0]["error"]["reason"], "AUDIT_LOG_INCONSISTENT");
}

#[test]
fn a_file_of_ones_own_that_cannot_be_written_is_not_laid_at_the_door_of_the_hub() {
    let hub = Hub::start();
    std::fs::write(hub.path("file"), "").unwrap();
    let witness = hub.path("file/witness").display().to_string();
    let alert = sample("s03-alcohol-attendance.json");

    let sent = hub.client("WUTH-AED", &["send", &alert, "--witness", &witness]);
    let verified = hub.client("WUTH-AED", &["--json", "audit", "verify", "--witness", &witness]);

    assert_eq!(sent.status.code(), Some(0), "{}", told(&sent));
    assert!(told(&sent).contains("the hub's audit log was not checked"), "{}", told(&sent));
    for output in [&sent, &verified] {
        assert!(!told(output).contains("not consistent"), "{}", told(output));
    }
    assert_eq!(verified.status.code(), Some(1));
    assert_eq!(objects(&verified)[0]["error"]["reason"], "WITNESS_FILE");
}

#[test]
fn clients_of_one_agency_at_once_keep_one_whole_checkpoint() {
    let hub = Hub::start();

    let done = std::thread::scope(|scope| {
        let looking: Vec<_> =
            (0..6).map(|_| scope.spawn(|| hub.client("FSU", &["audit", "verify"]))).collect();
        looking.into_iter().map(|one| one.join().unwrap()).collect::<Vec<_>>()
    });

    assert!(
        done.iter().all(|one| one.status.success()),
        "{:?}",
        done.iter().map(told).collect::<Vec<_>>()
    );
    let names: Vec<_> = std::fs::read_dir(hub.path("certs/witness")).unwrap().collect();
    assert_eq!(names.len(), 1, "nothing half written stays: {names:?}");
}
