//! A hub and its clients, from certificates to a log verified without the hub.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::process::Stdio;

use serde_json::Value;

use crate::support::{Hub, done, sample, staysafe, told};

#[test]
fn an_alert_goes_from_one_agency_to_another_and_its_receipt_stands_in_the_log() {
    let mut hub = Hub::start();

    let sent = hub.client("WUTH-AED", &["send", &sample("s03-alcohol-attendance.json")]);
    assert!(sent.status.success(), "{}", told(&sent));
    assert!(told(&sent).contains("path and event verified"), "{}", told(&sent));

    let inbox = hub.client("RESPONSE", &["--json", "inbox", "--user", "u-3001"]);
    let first = told(&inbox).lines().find(|line| line.contains("\"copy\"")).map(str::to_owned);
    let copy: Value = serde_json::from_str(&first.unwrap()).unwrap();
    assert_eq!(copy["opened"], "OPENED");
    let delivery = copy["copy"]["deliveryId"].as_str().unwrap();
    let taken = hub.client("RESPONSE", &["ack", delivery, "--user", "u-3001"]);
    assert!(told(&taken).contains("ACKNOWLEDGED"), "{}", told(&taken));

    let alert = copy["copy"]["alertId"].as_str().unwrap();
    let status = told(&hub.client("WUTH-AED", &["status", alert]));
    assert!(status.contains("RESPONSE: P4 ACKNOWLEDGED"), "{status}");
    assert!(status.contains("receipt TAKEN"), "{status}");

    let receipt = hub.path(&format!("certs/state/WUTH-AED/receipts/{alert}.json"));
    let receipt = receipt.display().to_string();
    let verified = (0..40).find_map(|_| {
        let verified = hub.client("WUTH-AED", &["audit", "verify", "--receipt", &receipt]);
        std::thread::sleep(std::time::Duration::from_millis(250));
        verified.status.success().then(|| told(&verified))
    });
    assert!(verified.unwrap().contains("inclusion verified"));

    hub.stop();
    let (data, kept) = (hub.path("data"), hub.path("certs/witness/WUTH-AED"));
    let offline = done(
        staysafe().args(["audit", "verify", "--data"]).arg(&data).arg("--checkpoint").arg(&kept),
    );
    assert!(offline.contains("are those the checkpoint was signed over"), "{offline}");
    let whole = done(staysafe().args(["store", "verify"]).arg(&data));
    assert!(whole.starts_with("whole: "), "{whole}");
}

#[test]
fn a_log_that_lost_entries_since_a_partner_looked_is_an_alarm() {
    let mut hub = Hub::start();
    let early = hub.path("early");
    done(staysafe().args(["store", "backup"]).arg(hub.path("data")).arg(&early));
    assert!(
        hub.client("WUTH-AED", &["send", &sample("s03-alcohol-attendance.json")]).status.success()
    );
    let grown = (0..40).any(|_| {
        let looked = told(&hub.client("FSU", &["audit", "verify"]));
        std::thread::sleep(std::time::Duration::from_millis(250));
        looked.contains("the log still begins with") && hub_size(&hub) > 5
    });
    assert!(grown, "a checkpoint covers the alert");
    hub.stop();

    let mut verify = staysafe();
    verify.args(["audit", "verify", "--data"]).arg(&early);
    verify.arg("--checkpoint").arg(hub.path("certs/witness/FSU"));
    let refused = verify.output().unwrap();

    assert_eq!(refused.status.code(), Some(1));
    let words = told(&refused);
    assert!(words.contains("ALARM: the log has"), "{words}");
}

/// How many entries the newest checkpoint covers.
fn hub_size(hub: &Hub) -> u64 {
    let printed = hub.client("FSU", &["--json", "audit", "checkpoint"]);
    let object: Value = serde_json::from_slice(&printed.stdout).unwrap();
    object["checkpoint"]["size"].as_u64().unwrap()
}

#[test]
fn what_was_received_once_is_not_received_again_and_a_second_look_shows_nothing_new() {
    let hub = Hub::start();
    assert!(
        hub.client("WUTH-AED", &["send", &sample("s03-alcohol-attendance.json")]).status.success()
    );

    let first = told(&hub.client("WUTH-SG", &["inbox"]));
    let second = told(&hub.client("WUTH-SG", &["inbox"]));

    assert!(first.contains("1 copy received, stored and confirmed"), "{first}");
    assert!(first.contains("[SIMULATED hub time: not a real alert]"), "{first}");
    assert!(second.contains("WUTH-SG: nothing new."), "{second}");
    let stranger = told(&hub.client("CADT", &["inbox"]));
    assert!(stranger.contains("CADT: nothing new."), "{stranger}");
}

#[test]
fn every_copy_is_shown_even_where_the_hub_does_not_take_who_looked() {
    let hub = Hub::start();
    let alert = sample("s03-alcohol-attendance.json");
    for key in ["first", "second"] {
        assert!(
            hub.client("WUTH-AED", &["send", &alert, "--idempotency-key", key]).status.success()
        );
    }

    let looked = hub.client("WUTH-SG", &["--json", "inbox", "--user", "u-nobody"]);

    let printed = String::from_utf8_lossy(&looked.stdout).into_owned();
    let objects: Vec<Value> =
        printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let shown = objects.iter().filter(|object| object.get("copy").is_some()).count();
    assert_eq!(shown, 2, "{}", told(&looked));
    let summary = objects.iter().find_map(|object| object.get("inbox")).unwrap();
    assert_eq!(summary["notReportedOpened"].as_array().unwrap().len(), 2, "{summary}");
    assert_eq!(looked.status.code(), Some(1));
    assert!(printed.lines().last().unwrap().contains("not reported as opened"), "{printed}");
}

#[test]
fn a_mailbox_of_another_agency_does_not_exist_for_the_caller() {
    let hub = Hub::start();

    let refused = hub.client("WUTH-SG", &["inbox", "--mailbox", "CADT"]);
    let nowhere = hub.client("WUTH-SG", &["inbox", "--mailbox", "NOWHERE"]);

    assert_eq!(refused.status.code(), Some(1));
    let told_of = |output| told(output).replace("NOWHERE", "CADT");
    assert_eq!(told_of(&refused), told_of(&nowhere));
}

#[test]
fn a_refused_alert_names_every_field_and_a_second_sending_under_one_key_is_the_first_again() {
    let hub = Hub::start();

    let refused = hub.client("FSU", &["send", &sample("s06a-rejected.json")]);
    let first = hub.client("FSU", &["--json", "send", &sample("s06a-corrected.json")]);
    let again = hub.client("FSU", &["--json", "send", &sample("s06a-corrected.json")]);

    assert_eq!(refused.status.code(), Some(1));
    let words = told(&refused);
    assert!(words.contains("child_impacts[0].impact_text"), "{words}");
    assert!(words.contains("child_impacts[1]"), "{words}");
    assert!(!words.contains("NOT SENT"), "P4: nobody needs to phone at once: {words}");
    let alert = |output: &std::process::Output| {
        let line: Value = serde_json::from_slice(&output.stdout).unwrap();
        line["sent"]["alertId"].clone()
    };
    assert_eq!(alert(&first), alert(&again));
}

#[test]
fn a_certificate_of_another_authority_is_refused_in_words() {
    let hub = Hub::start();
    let other = hub.path("other");
    done(staysafe().args(["certs", "--dir"]).arg(&other).arg("partnership"));
    std::fs::copy(hub.path("certs/ca.pem"), other.join("ca.pem")).unwrap();

    let refused = hub.client_with(&other, "CADT", &["status"]);

    assert_eq!(refused.status.code(), Some(1));
    let words = told(&refused);
    assert!(words.contains("authority"), "{words}");
    assert!(!words.contains("transport error"), "{words}");
}

#[test]
fn a_revoked_certificate_is_refused_in_words_while_others_go_on() {
    let hub = Hub::start();
    assert!(hub.client("MIDW", &["status"]).status.success());
    done(staysafe().args(["certs", "--dir"]).arg(hub.path("certs")).args([
        "revoke",
        "--name",
        "spiffe://staysafe.example/agency/MIDW/system/main",
    ]));

    // The list is read again within seconds. A call under way at that moment is cut without words; the next is told.
    let mut refused = (0..80).filter_map(|_| {
        let asked = hub.client("MIDW", &["status"]);
        std::thread::sleep(std::time::Duration::from_millis(250));
        (!asked.status.success()).then(|| told(&asked))
    });
    let first = refused.next().unwrap();
    let then = told(&hub.client("MIDW", &["status"]));

    assert!(then.contains("revoked this certificate"), "first: {first}\nthen: {then}");
    assert!(hub.client("CADT", &["status"]).status.success());
}

#[test]
fn a_hub_that_is_not_the_one_certified_is_not_believed() {
    let hub = Hub::start();
    let other = hub.path("other");
    done(staysafe().args(["certs", "--dir"]).arg(&other).arg("partnership"));

    let refused = hub.client_with(&other, "CADT", &["status"]);

    assert_eq!(refused.status.code(), Some(1));
    assert!(
        told(&refused).contains("no certificate of an authority that you trust"),
        "{}",
        told(&refused)
    );
}

#[test]
fn an_alert_can_come_on_standard_input() {
    let hub = Hub::start();
    let text = std::fs::read_to_string(sample("s03-alcohol-attendance.json")).unwrap();
    let mut command = staysafe();
    command.args(["send", "-", "--as", "WUTH-AED", "--idempotency-key", "from-a-pipe"]);
    command.args(["--hub", &hub.endpoint(), "--certs"]).arg(hub.path("certs"));

    let sent = crate::support::with_input(&mut command, &text);

    assert!(sent.status.success(), "{}", told(&sent));
}

#[test]
fn a_follower_waits_for_a_hub_that_is_not_there_yet_and_then_shows_what_comes() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let prepared = Hub::prepare(port);
    let hub_url = format!("https://127.0.0.1:{port}");
    let certs = prepared.path().join("certs");
    let mut follower = staysafe()
        .args(["--json", "inbox", "--follow", "--as", "RESPONSE", "--hub", &hub_url, "--certs"])
        .arg(&certs)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut asides = BufReader::new(follower.stderr.take().unwrap()).lines();
    assert!(asides.next().unwrap().unwrap().contains("Connecting again"));

    let hub = Hub::serve(prepared);
    assert!(
        hub.client("WUTH-AED", &["send", &sample("s03-alcohol-attendance.json")]).status.success()
    );

    let first = BufReader::new(follower.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    follower.kill().unwrap();
    follower.wait().unwrap();
    let copy: Value = serde_json::from_str(&first).unwrap();
    assert_eq!(copy["copy"]["kind"], "ALERT_KIND_ALCOHOL_ATTENDANCE");
    let later = told(&hub.client("RESPONSE", &["inbox"]));
    assert!(later.contains("nothing new"), "it was stored and confirmed: {later}");
}

#[test]
fn the_audit_log_is_read_with_an_own_certificate_only() {
    let hub = Hub::start();
    done(
        staysafe()
            .args(["certs", "--dir"])
            .arg(hub.path("certs"))
            .args(["issue", "--agency", "HUB-IG", "--user", "u-3301"]),
    );

    let refused = hub.client("HUB-IG", &["audit", "entries"]);
    let read = hub.client("HUB-IG/user/u-3301", &["audit", "entries"]);

    assert_eq!(refused.status.code(), Some(1));
    assert!(told(&read).contains("HUB_STARTED"), "{}", told(&read));
}

#[test]
fn the_binary_asks_a_running_hub_for_its_health() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let dir = Hub::prepare(0);
    let config = dir.path().join("hub.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let admin = format!("admin_listen = \"127.0.0.1:{port}\"");
    std::fs::write(&config, text.replace("admin_listen = \"127.0.0.1:0\"", &admin)).unwrap();
    let ask = || staysafe().args(["hub", "--health", "--config"]).arg(&config).output().unwrap();

    let before = ask();
    let mut hub = Hub::serve(dir);
    let serving =
        staysafe().args(["hub", "--health", "--config"]).arg(hub.path("hub.toml")).output();
    let serving = serving.unwrap();
    hub.stop();

    assert_eq!(before.status.code(), Some(1), "nobody is there: {}", told(&before));
    assert!(serving.status.success(), "{}", told(&serving));
    assert_eq!(told(&serving), "serving\n");
}
