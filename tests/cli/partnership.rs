//! An agency joins by two people of the host, as they would do it from a shell.

use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::support::{Hub, done, staysafe, told};

const ONE: &str = "HUB-IG/user/u-3305";
const TWO: &str = "HUB-IG/user/u-3306";
const ADMIN: &str = "SCH-900102/user/u-4202";

#[test]
fn an_agency_and_its_school_join_by_two_people_and_the_agency_opens_an_inbox_itself() {
    let hub = Hub::start();
    for (agency, subject) in [
        ("HUB-IG", ["--user", "u-3305"]),
        ("HUB-IG", ["--user", "u-3306"]),
        ("SCH-900102", ["--user", "u-4202"]),
        ("SCH-900102", ["--system", "main"]),
    ] {
        let certs = hub.path("certs").display().to_string();
        done(
            staysafe().args(["certs", "--dir", &certs, "issue", "--agency", agency]).args(subject),
        );
    }
    let agency = file(&hub, "agency.toml", &joining());
    let school =
        file(&hub, "school.toml", "[[schools]]\nurn = \"900102\"\nagency = \"SCH-900102\"\n");

    let stranger = hub.client("SCH-900102", &["directory", "show"]);
    let proposed = said(&hub.client(ONE, &["--json", "directory", "add-agency", &agency]));
    let id = proposed["proposed"]["changeId"].as_str().unwrap().to_owned();
    let alone = hub.client(ONE, &["directory", "approve-partnership", &id]);
    let listed = hub.client(TWO, &["directory", "partnership-changes"]);
    let approved = hub.client(TWO, &["directory", "approve-partnership", &id]);
    let again = hub.client(ONE, &["directory", "add-agency", &agency]);

    assert!(!stranger.status.success(), "before it was approved: {}", told(&stranger));
    assert!(told(&alone).contains("SECOND_PERSON_NEEDED"), "{}", told(&alone));
    let text = String::from_utf8(listed.stdout).unwrap();
    for shown in ["SCH-900102 shall take part", "0151 496 0420", "u-4202: DIRECTORY_ADMIN"] {
        assert!(text.contains(shown), "{text}");
    }
    assert!(approved.status.success(), "{}", told(&approved));
    assert!(told(&again).contains("AGENCY_KNOWN"), "{}", told(&again));

    let proposed = said(&hub.client(TWO, &["--json", "directory", "set-school", &school]));
    let id = proposed["proposed"]["changeId"].as_str().unwrap();
    said(&hub.client(ONE, &["--json", "directory", "approve-partnership", id]));
    let open = ["directory", "add-mailbox", "SCH-900102/lead", "LEAD", "0151 496 0421"];
    let open = [&open[..], &["Education safeguarding, 0151 496 0020", "SCHOOL_DAYS"]].concat();
    let opened = hub.client(ADMIN, &open);
    assert!(opened.status.success(), "{}", told(&opened));
    let shown = hub.client("SCH-900102", &["directory", "show"]);
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("SCH-900102/lead"), "{shown}");
}

#[test]
fn a_file_against_the_rules_is_refused_with_every_path() {
    let hub = Hub::start();
    let certs = hub.path("certs").display().to_string();
    done(
        staysafe()
            .args(["certs", "--dir", &certs, "issue", "--agency", "HUB-IG", "--user", "u-3305"]),
    );
    let text = joining()
        .replace("phone = \"0151 496 0420\"", "phone = \"bell\"")
        .replace("\"E\"", "\"Q\"");
    let agency = file(&hub, "agency.toml", &text);
    let misspelt = file(&hub, "misspelt.toml", &joining().replace("fallback", "fallbak"));

    let refused = hub.client(ONE, &["directory", "add-agency", &agency]);
    let unread = hub.client(ONE, &["directory", "add-agency", &misspelt]);

    for path in ["change.add_agency.letter", "change.add_agency.mailboxes[0].phone"] {
        assert!(told(&refused).contains(path), "{}", told(&refused));
    }
    assert!(told(&unread).contains("fallbak"), "{}", told(&unread));
}

fn file(hub: &Hub, name: &str, text: &str) -> String {
    let path = hub.path(name);
    std::fs::write(&path, text).unwrap();
    Path::new(&path).display().to_string()
}

fn said(output: &Output) -> Value {
    assert!(output.status.success(), "{}", told(output));
    let text = std::str::from_utf8(&output.stdout).unwrap();
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}

/// An agency as the hub's directory file would hold it.
fn joining() -> String {
    "[[agencies]]\ncode = \"SCH-900102\"\nname = \"Ashgrove School\"\ntype = \"PUBLIC\"\n\
     letter = \"E\"\nsystems = [\"main\"]\nusers = [\n\
     { id = \"u-4201\", roles = [\"DUTY_RECEIVER\"] },\n\
     { id = \"u-4202\", roles = [\"DIRECTORY_ADMIN\"] },\n\
     { id = \"u-4203\", roles = [\"DIRECTORY_ADMIN\"] },\n]\n\n\
     [[agencies.mailboxes]]\nid = \"SCH-900102\"\nrole = \"duty\"\nphone = \"0151 496 0420\"\n\
     fallback = \"Education safeguarding, 0151 496 0020\"\ncover = \"school days 08-16\"\n"
        .to_owned()
}
