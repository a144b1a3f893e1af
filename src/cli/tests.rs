//! The command line as a whole: its help, its errors, its exit codes.

use std::path::Path;

use clap::{CommandFactory as _, Parser as _};

use super::output::captured::output;
use super::*;

fn help(of: &[&str]) -> String {
    let mut command = Cli::command().term_width(100);
    command.build();
    for name in of {
        command = command.find_subcommand(name).unwrap().clone().term_width(100);
    }
    command.render_long_help().to_string()
}

fn run_words(form: Form, words: &[&str]) -> (Result<(), CliError>, String) {
    let cli = Cli::try_parse_from(["staysafe"].iter().chain(words)).unwrap();
    let (mut out, printed, _aside) = output(form);
    let done = run(cli.command, &mut out);
    if let Err(error) = &done {
        out.error(error);
    }
    (done, printed.text())
}

#[test]
fn the_arguments_of_every_command_are_well_formed() {
    Cli::command().debug_assert();
}

#[test]
fn the_help_names_every_command() {
    insta::assert_snapshot!("help", help(&[]));
}

#[test]
fn the_help_of_every_command_of_a_partner_reads_well() {
    for name in [
        "send",
        "correct",
        "recall",
        "confirm-recall",
        "consent",
        "disagree",
        "inbox",
        "acknowledge",
        "chronology",
        "decline",
        "status",
        "audit",
        "directory",
        "report",
        "identity",
    ] {
        insta::assert_snapshot!(format!("help_{name}"), help(&[name]));
    }
    insta::assert_snapshot!("help_audit_verify", help(&["audit", "verify"]));
}

#[test]
fn the_help_of_every_command_of_an_operator_reads_well() {
    for name in ["hub", "store", "demo"] {
        insta::assert_snapshot!(format!("help_{name}"), help(&[name]));
    }
}

#[test]
fn ack_is_acknowledge() {
    let parsed = Cli::try_parse_from(["staysafe", "ack", "d-1", "--as", "EDT"]).unwrap();

    assert!(matches!(parsed.command, Command::Acknowledge(_)));
}

#[test]
fn a_wrong_call_ends_with_2_and_a_failed_one_with_1() {
    let (wrong, _) = run_words(Form::Text, &["status"]);
    assert_eq!(wrong.unwrap_err().exit_code(), 2, "nobody says who calls");

    let (failed, _) = run_words(Form::Text, &["send", "/nowhere/alert.json", "--as", "EDT"]);
    let failed = failed.unwrap_err();
    assert_eq!(failed.exit_code(), 1);
    assert_eq!(failed.reason(), "FILE");
}

#[test]
fn an_error_is_one_object_with_a_stable_reason_where_json_is_asked_for() {
    let (_, printed) = run_words(Form::Json, &["--json", "send", "/nowhere.json", "--as", "EDT"]);

    let object: serde_json::Value = serde_json::from_str(printed.trim()).unwrap();
    assert_eq!(object["error"]["reason"], "FILE");
    assert_eq!(object["error"]["violations"], serde_json::json!([]));
}

#[test]
fn a_file_that_is_no_alert_is_refused_by_the_path_of_what_is_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("alert.json");
    std::fs::write(&file, r#"{"envelope": {"risk": "Marrowby"}}"#).unwrap();

    let (refused, _) = run_words(Form::Text, &["send", file.to_str().unwrap(), "--as", "EDT"]);

    let told = refused.unwrap_err().to_text();
    assert!(told.contains("envelope.risk"), "{told}");
    assert!(!told.contains("Marrowby"), "{told}");
}

fn certificates(dir: &Path) -> String {
    let certs = dir.to_str().unwrap().to_owned();
    for words in [vec!["init"], vec!["issue", "--agency", "EDT", "--system", "main"]] {
        let words: Vec<&str> = [vec!["certs", "--dir", &certs], words].concat();
        run_words(Form::Text, &words).0.unwrap();
    }
    certs
}

#[test]
fn a_hub_that_is_not_there_is_told_in_words_and_an_urgent_alert_ends_with_a_phone() {
    let dir = tempfile::tempdir().unwrap();
    let certs = certificates(dir.path());
    let alert = dir.path().join("alert.json");
    std::fs::write(&alert, r#"{"envelope": {"priority": "PRIORITY_P2"}}"#).unwrap();
    let hub = ["--hub", "https://127.0.0.1:1", "--certs", &certs, "--as", "EDT"];

    let (status, _) = run_words(Form::Text, &[&["status"][..], &hub].concat());
    let (send, _) = run_words(Form::Text, &[&["send", alert.to_str().unwrap()][..], &hub].concat());

    let status = status.unwrap_err().to_text();
    assert!(status.contains("could not be reached"), "{status}");
    assert!(!status.contains("NOT SENT"), "{status}");
    let send = send.unwrap_err().to_text();
    assert!(send.contains("NOT SENT"), "{send}");
    assert!(send.contains("call 999"), "{send}");
}

#[test]
fn the_certificates_of_a_new_authority_are_listed_in_json_too() {
    let dir = tempfile::tempdir().unwrap();
    let certs = certificates(dir.path());

    let (done, printed) = run_words(Form::Json, &["--json", "certs", "--dir", &certs, "list"]);

    done.unwrap();
    let object: serde_json::Value = serde_json::from_str(printed.trim()).unwrap();
    assert!(object["certs"][1].as_str().unwrap().contains("agency/EDT/system/main"), "{printed}");
}
