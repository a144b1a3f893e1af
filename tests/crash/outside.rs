//! A partner whose transport no one here wrote: Python's grpcio, with stubs made from the contract.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use staysafe::tls::{CustomLeaf, LeafName};

use crate::place::{authority, in_repository};
use crate::support::{ALERT, Hub, Place, RECIPIENT, SENDER, written};

/// The exit code of a call that the hub refused.
const REFUSED: i32 = 3;
const URI: &str = "spiffe://staysafe.example/agency/WUTH-AED/system/main";
const OTHER_URI: &str = "spiffe://staysafe.example/agency/CADT/system/main";

#[test]
fn an_alert_goes_from_a_foreign_sender_to_a_foreign_recipient() {
    let place = Place::prepare();
    let hub = place.start();
    let mut command = partner("exchange", &place, &hub);
    let (sender, recipient) = (place.files(SENDER), place.files(RECIPIENT));
    command.arg("--sender").args([&sender.cert, &sender.key]);
    command.arg("--recipient").args([&recipient.cert, &recipient.key]);
    command.args(["--mailbox", RECIPIENT, "--user", "u-3001", "--alert"]);
    command.arg(in_repository(ALERT));

    let (code, said) = answer(&mut command);

    assert_eq!(code, 0, "{said}");
    assert_eq!(said["acceptance"], "ACCEPTANCE_ACCEPTED");
    assert_eq!(said["replay_is_the_same"], true);
    assert_eq!(said["copy_of"], said["alert_id"]);
    assert_eq!(said["copy"]["envelope"]["kind"], "ALERT_KIND_ALCOHOL_ATTENDANCE");
    assert_eq!(said["copy"]["envelope"]["sender_agency"], SENDER);
    assert_eq!(said["confirmed"], 1);
    assert_eq!(said["state"], "DELIVERY_STATE_ACKNOWLEDGED");
    assert_eq!(said["receipts"], json!(["RECEIPT_KIND_DELIVERED", "RECEIPT_KIND_TAKEN"]), "{said}");
    assert_eq!(said["another_body_under_the_key"], "ALREADY_EXISTS");
}

#[test]
fn a_foreign_caller_without_a_good_certificate_is_refused_and_one_with_it_is_known() {
    let place = Place::prepare();
    let bad = bad_identities(&place);
    let hub = place.start();

    for (what, identity) in &bad {
        let (code, said) = call(&place, &hub, identity.as_ref());
        assert_eq!(code, REFUSED, "{what}: {said}");
        assert_eq!(said, json!({ "refused": "UNAVAILABLE" }), "{what}: no answer of the services");
    }

    // The refusals were not for want of a hub.
    let good = place.files(SENDER);
    let (code, said) = call(&place, &hub, Some(&[good.cert, good.key]));
    assert_eq!(code, 0, "{said}");
    assert_eq!(said["agency"], SENDER);
}

fn bad_identities(place: &Place) -> Vec<(&'static str, Option<[PathBuf; 2]>)> {
    let ours = &place.authority;
    let custom = |spoil: &dyn Fn(&mut CustomLeaf)| {
        let mut leaf = ours.client_leaf(URI).unwrap();
        spoil(&mut leaf);
        Some(written(ours, &ours.issue_custom(&leaf).unwrap()))
    };
    let day = Duration::from_secs(24 * 3600);
    let expired = custom(&|leaf| {
        leaf.not_before -= 3 * day;
        leaf.not_after = leaf.not_before + day;
    });
    let common_name_only = custom(&|leaf| {
        leaf.common_name = URI.to_owned();
        leaf.names.clear();
    });
    let two_names = custom(&|leaf| leaf.names.push(LeafName::Uri(OTHER_URI.to_owned())));
    let server_only = custom(&|leaf| (leaf.client, leaf.server) = (false, true));
    let revoked = ours.issue_custom(&ours.client_leaf(URI).unwrap()).unwrap();
    let revoked_files = written(ours, &revoked);
    ours.revoke(&revoked.serial).unwrap();
    let others = authority(&place.dir.path().join("other"));
    let stranger = written(&others, &others.issue_system(SENDER, "main", 30).unwrap());
    vec![
        ("no certificate", None),
        ("another authority", Some(stranger)),
        ("expired", expired),
        ("revoked", Some(revoked_files)),
        ("common name only", common_name_only),
        ("two names", two_names),
        ("a server's", server_only),
    ]
}

fn call(place: &Place, hub: &Hub, identity: Option<&[PathBuf; 2]>) -> (i32, Value) {
    let mut command = partner("call", place, hub);
    if let Some(identity) = identity {
        command.arg("--identity").args(identity);
    }
    answer(&mut command)
}

fn partner(what: &str, place: &Place, hub: &Hub) -> Command {
    let python = in_repository("target/test-venv/bin/python");
    assert!(
        Path::new(&python).exists(),
        "{} is missing: run tests/install-tools.sh once",
        python.display()
    );
    let mut command = Command::new(python);
    command.arg(in_repository("tests/outside/partner.py")).arg(what);
    command.args(["--hub", hub.said("address"), "--ca"]).arg(place.authority.ca_path());
    command
}

fn answer(command: &mut Command) -> (i32, Value) {
    let output = command.output().unwrap();
    let said = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| {
        panic!("no answer: {}", String::from_utf8_lossy(&output.stderr));
    });
    (output.status.code().unwrap(), said)
}
