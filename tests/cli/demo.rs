//! The demonstration, whole: what a newcomer runs first, and our acceptance scenarios over real sockets.

use std::path::Path;

use serde_json::Value;

use crate::support::{staysafe, told};

/// Everybody in the story by name, and what only the sealed parts of it hold.
const PERSONAL: &[&str] = &[
    "Marrowby",
    "Samplewood",
    "Exemplar",
    "Fabrico",
    "9990001375",
    "ZX43 2AB",
    "Tilly",
    "Fictus",
    "Dummyman",
    "Stubwell",
    "Testerton",
    "Simulacre",
    "9990026033",
    "ZX43 8WX",
];

#[test]
fn the_story_comes_out_as_the_scenarios_say_and_leaves_no_personal_data_in_the_logs() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("demo");

    let played =
        staysafe().args(["--json", "demo", "--exit", "--dir"]).arg(&home).output().unwrap();

    assert!(played.status.success(), "{}", told(&played));
    let out = String::from_utf8(played.stdout).unwrap();
    let summary: Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
    assert_eq!(summary["demo"]["notAsWritten"], serde_json::json!([]));
    assert_eq!(summary["demo"]["simulated"], true);
    let alerts = summary["demo"]["alerts"].as_array().unwrap();
    let names: Vec<&str> = alerts.iter().map(|alert| alert["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "referred",
            "neglect",
            "decided",
            "urgent",
            "corrected",
            "completed",
            "twins",
            "seen",
            "swapped",
            "right",
            "repeat",
            "reported",
            "found",
            "staysafe",
            "attended",
            "gold",
            "flagged",
            "sighting",
        ],
        "what was refused is none of them"
    );
    let origin = summary["demo"]["checkpoint"]["origin"].as_str().unwrap();
    assert!(origin.contains("SIMULATED"), "{origin}");
    for hub in ["year", "autumn"] {
        no_personal_data(&home.join(hub).join("hub.log"));
    }
}

fn no_personal_data(log: &Path) {
    let text = std::fs::read_to_string(log).unwrap();
    assert!(!text.is_empty(), "{} has something to look at", log.display());
    for word in PERSONAL {
        let word = word.to_lowercase();
        assert!(!text.to_lowercase().contains(&word), "{} holds {word}", log.display());
    }
}
