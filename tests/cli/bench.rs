//! The benchmark as a command: that it measures what it says, not how fast anything is.

use serde_json::Value;

use crate::support::{staysafe, told};

#[test]
fn one_run_measures_echo_fsync_and_submission_at_every_level_and_fills_the_hub() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().join("bench");

    let measured = staysafe()
        // Long enough that 256 in flight come to an end in a build without optimisation, with other tests beside it.
        .args(["--json", "bench", "--seconds", "2", "--rounds", "1", "--fill", "1500", "--dir"])
        .arg(&home)
        .output()
        .unwrap();

    assert!(measured.status.success(), "{}", told(&measured));
    let out = String::from_utf8(measured.stdout).unwrap();
    let report: Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
    let results = report["results"].as_array().unwrap();
    let found: Vec<(&str, u64, u64)> = results
        .iter()
        .map(|one| {
            let number = |field: &str| one[field].as_u64().unwrap();
            assert!(one["rate"].as_f64().unwrap() > 0.0, "{one}");
            assert!(number("p99_us") >= number("p50_us"), "{one}");
            (one["name"].as_str().unwrap(), number("in_flight"), number("connections"))
        })
        .collect();
    let expected = [
        ("echo", 1, 1),
        ("echo", 64, 1),
        ("echo", 256, 4),
        ("fsync", 1, 0),
        ("fsync", 64, 0),
        ("fsync", 256, 0),
        ("submit", 1, 1),
        ("submit", 64, 1),
        ("submit", 256, 4),
        ("delivered", 1, 1),
        ("receive", 1, 1),
    ];
    assert_eq!(found, expected);
    for submit in results.iter().filter(|one| one["name"] == "submit") {
        assert!(submit["counts"].is_boolean(), "{submit}");
        assert!(submit["index_backlog_end"].is_u64(), "{submit}");
        assert!(submit["ratio_to_echo"].as_f64().unwrap() > 0.0, "{submit}");
    }
    assert!(report["noisy"].is_boolean());
    assert!(report["index_backlog_start"].is_u64() && report["index_backlog_end"].is_u64());
    assert!(report["idle_memory_bytes"].as_u64().unwrap() > 0);
    assert!(report["filled"]["commits"].as_u64().unwrap() >= 1500);
    assert!(home.join("load/data/journal").is_dir(), "a directory that was chosen stays");
}

#[test]
fn a_span_without_sense_is_refused() {
    for span in ["0", "nan", "-1", "1e9", "soon"] {
        let refused = staysafe().args(["bench", "--seconds", span]).output().unwrap();

        assert_eq!(refused.status.code(), Some(2), "{span}: {}", told(&refused));
    }
}
