//! Figures and their entries from a shell, and how much an alert says about a person.

use serde_json::Value;

use crate::support::{Hub, done, sample, staysafe, told};

const REVIEWER: &str = "HUB-IG/user/u-3301";
const ANALYST: &str = "HUB-IG/user/u-3308";
const YEAR: [&str; 4] = ["report", "indicators", "--year", "2026"];

/// A hub at which these people have certificates of their own.
fn hub_with(people: &[&str]) -> Hub {
    let hub = Hub::start();
    let certs = hub.path("certs").display().to_string();
    for person in people {
        let (agency, user) = person.split_once("/user/").unwrap();
        let issue = ["certs", "--dir", &certs, "issue", "--agency", agency, "--user", user];
        done(staysafe().args(issue));
    }
    hub
}

/// What a command says that must succeed.
fn said(hub: &Hub, caller: &str, words: &[&str]) -> String {
    let output = hub.client(caller, words);
    assert!(output.status.success(), "{}", told(&output));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn a_reviewer_reads_the_entries_of_a_figure_and_an_analyst_the_figure_alone() {
    let hub = hub_with(&[REVIEWER, ANALYST]);
    said(&hub, "WUTH-AED", &["send", &sample("s03-alcohol-attendance.json")]);
    let drill = |more: &[&'static str]| [&YEAR[..], &["--drill", "PATH"], more].concat();
    let attended = drill(&["--line", "attended, under 16"]);

    let figures = said(&hub, ANALYST, &YEAR);
    let entries = said(&hub, REVIEWER, &attended);
    let of = drill(&["--line", "engaged of attended", "--part", "denominator"]);
    let of = said(&hub, REVIEWER, &of);
    let left_out =
        drill(&["--line", "attended, under 16", "--part", "exclusion", "--why", "training"]);
    let left_out = said(&hub, REVIEWER, &left_out);

    assert!(figures.contains("PATH: attended, under 16: c\n"), "one is too few: {figures}");
    assert!(entries.starts_with("1 counted, by version 2 of the definitions\nentry "), "{entries}");
    assert_eq!(entries.lines().count(), 2, "{entries}");
    assert_eq!(of, entries, "of the same one attendance");
    assert!(left_out.starts_with("0 counted, "), "{left_out}");
    assert!(!left_out.contains("entry "), "{left_out}");
    let json = said(&hub, REVIEWER, &[&["--json"], &attended[..]].concat());
    let json: Value = serde_json::from_str(json.lines().last().unwrap()).unwrap();
    let index = &json["entries"]["entries"][0]["index"];
    assert!(entries.contains(&format!("entry {}", index.as_str().unwrap())), "{json}");

    for (caller, words, reason) in [
        (ANALYST, &attended, "ROLE_NOT_ALLOWED"),
        ("WUTH-AED", &attended, "OWN_CERTIFICATE_NEEDED"),
        (REVIEWER, &drill(&[]), "NO_SUCH_LINE"),
    ] {
        let refused = hub.client(caller, words);
        assert!(!refused.status.success(), "{caller} {words:?}");
        assert!(told(&refused).contains(reason), "{}", told(&refused));
        assert!(!told(&refused).contains("entry "), "{}", told(&refused));
    }
    let both = hub.client(REVIEWER, &drill(&["--csv"]));
    assert!(told(&both).contains("cannot be used with"), "{}", told(&both));
}

#[test]
fn a_manager_says_how_much_an_alert_says_and_the_desk_reads_it() {
    const MANAGER: &str = "CADT/user/u-1103";
    const DESK: &str = "CADT/user/u-1101";
    let hub = hub_with(&[MANAGER, DESK]);
    said(&hub, "MERPOL", &["send", &sample("s01-missing-reported.json")]);
    let inbox = said(&hub, "CADT", &["--json", "inbox", "--user", "u-1101"]);
    let copy = inbox.lines().find(|line| line.contains("\"copy\"")).unwrap();
    let copy: Value = serde_json::from_str(copy).unwrap();
    let delivery = copy["copy"]["deliveryId"].as_str().unwrap();

    let before = said(&hub, DESK, &["chronology", delivery]);
    let set = said(&hub, MANAGER, &["chronology", delivery, "--significance", "high"]);
    let after = said(&hub, DESK, &["chronology", delivery]);

    assert!(!before.contains("significance"), "{before}");
    assert!(set.starts_with("set ") && set.contains("2026"), "{set}");
    assert!(after.contains("significance HIGH"), "{after}");
    for (caller, reason) in [(DESK, "ROLE_NOT_ALLOWED"), ("CADT", "OWN_CERTIFICATE_NEEDED")] {
        let refused = hub.client(caller, &["chronology", delivery, "--significance", "low"]);
        assert!(!refused.status.success(), "{caller}");
        assert!(told(&refused).contains(reason), "{}", told(&refused));
    }
    let unknown = hub.client(MANAGER, &["chronology", delivery, "--significance", "grave"]);
    assert!(told(&unknown).contains("possible values"), "{}", told(&unknown));
    let still = said(&hub, DESK, &["chronology", delivery]);
    assert!(still.contains("significance HIGH"), "nothing was unsaid: {still}");
}
