//! What the configuration promises.

use std::fs;

use super::*;

const MINIMAL: &str = include_str!("../../docs/samples/minimal.toml");
const FULL: &str = include_str!("../../docs/samples/hub.toml");

/// The minimal file with more lines behind it.
fn with(lines: &str) -> Result<Config, ConfigError> {
    Config::parse(&format!("{MINIMAL}\n{lines}"))
}

/// The minimal file with one line changed.
fn changed(from: &str, to: &str) -> Result<Config, ConfigError> {
    assert!(MINIMAL.contains(from));
    Config::parse(&MINIMAL.replace(from, to))
}

fn refusal(result: Result<Config, ConfigError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn the_full_sample_is_the_minimal_one_and_every_default() {
    let mut minimal = Config::parse(MINIMAL).unwrap();
    // What has no default or another one in words.
    minimal.keys.mirror_dir = Some("/mnt/mirror/staysafe-keys".into());
    minimal.directory.file = Some("directory.toml".into());
    minimal.calendar.bank_holidays = Some("bank-holidays.tsv".into());
    assert_eq!(minimal.audit_origin(), "staysafe.example/hub-1");
    minimal.audit.origin = Some(minimal.audit_origin());

    assert_eq!(Config::parse(FULL).unwrap(), minimal);
}

#[test]
fn the_full_sample_names_every_field() {
    let config = format!("{:#?}", Config::parse(FULL).unwrap());
    let fields =
        config.lines().filter_map(|line| line.trim().split_once(": ")).map(|(name, _)| name);

    for field in fields {
        let named = FULL.lines().any(|line| {
            let line = line.trim_start_matches(['#', ' ', '[']).trim_start_matches("clocks.");
            line.starts_with(&format!("{field} =")) || line.starts_with(&format!("{field}]"))
        });
        assert!(named, "docs/samples/hub.toml does not name {field}");
    }
}

#[test]
fn the_defaults_are_those_of_the_domain_and_of_the_limits_that_tests_pin() {
    let config = Config::parse(MINIMAL).unwrap();

    let p1 = config.clocks.p1;
    assert_eq!(p1.acknowledge_minutes.get(), 15);
    assert_eq!(p1.level_4_minutes.get(), 120);
    assert_eq!(config.clocks.p2.acknowledge_minutes.get(), 60);
    assert_eq!(config.clocks.p3.acknowledge_working_minutes.get(), 4 * 60);
    assert_eq!(config.clocks.p4.acknowledge_working_minutes.get(), 8 * 60);
    assert_eq!(config.limits.concurrent_streams_max.get(), 64);
    assert_eq!(config.limits.message_bytes_max.to_usize(), 256 * 1_024);
    assert_eq!(config.tls.revocation_grace_hours.to_std().as_secs(), 24 * 3_600);
    assert!(config.audit.publish_seconds.get() <= 60);
}

#[test]
fn one_time_of_a_clock_may_be_set_and_the_others_stay() {
    let config = with("[clocks.p1]\nacknowledge_minutes = 10\n").unwrap();

    assert_eq!(config.clocks.p1.acknowledge_minutes.get(), 10);
    assert_eq!(config.clocks.p1.level_2_minutes.get(), 30);
    assert_eq!(config.clocks.p2, Config::parse(MINIMAL).unwrap().clocks.p2);
}

#[test]
fn a_field_that_is_not_known_is_refused_with_its_place() {
    let error = refusal(with("[store]\nsegment_byte = 5\n"));
    assert!(error.starts_with("store.segment_byte in line "), "{error}");
    assert!(error.contains("unknown field"), "{error}");

    let error = refusal(with("[stroe]\nsegment_bytes = 5\n"));
    assert!(error.contains("unknown field `stroe`"), "{error}");
    let error = refusal(with("[clocks.p1]\nlevel_5_minutes = 5\n"));
    assert!(error.starts_with("clocks.p1.level_5_minutes"), "{error}");
}

#[test]
fn a_field_that_is_needed_is_named_when_it_is_missing() {
    let error = refusal(changed("trust_domain = \"staysafe.example\"", ""));
    assert!(error.starts_with("hub in line ") && error.contains("`trust_domain`"), "{error}");

    let error = refusal(Config::parse(""));
    assert!(error.contains("missing field `hub`"), "{error}");
}

#[test]
fn a_value_outside_its_bounds_is_refused_by_field_and_rule_without_the_value() {
    for (lines, expected) in [
        (
            "[store]\nsegment_bytes = 77\n",
            "store.segment_bytes in line 19: must be 1048576 to 2147483648 bytes",
        ),
        (
            "[limits]\nconcurrent_streams_max = 77777\n",
            "limits.concurrent_streams_max in line 19: must be 1 to 1024",
        ),
        (
            "[audit]\npublish_seconds = 77\n",
            "audit.publish_seconds in line 19: must be 1 to 60 seconds",
        ),
        ("[mailbox]\nhand_out_max = -77\n", "mailbox.hand_out_max in line 19: must be 1 to 256"),
        ("[mailbox]\nhand_out_max = 277\n", "mailbox.hand_out_max in line 19: must be 1 to 256"),
    ] {
        assert_eq!(refusal(with(lines)), expected);
    }
    assert!(with("[mailbox]\nhand_out_max = 256\n").is_ok());
}

#[test]
fn no_group_and_no_message_is_allowed_that_cannot_be_read_back() {
    for (section, field, most) in
        [("store", "group_bytes_max", 33_554_432_u32), ("limits", "message_bytes_max", 524_288)]
    {
        let at = |bytes: u32| with(&format!("[{section}]\n{field} = {bytes}\n"));

        assert!(at(most).is_ok(), "{field}");
        let error = refusal(at(most + 1));
        assert!(error.starts_with(&format!("{section}.{field} in line 19")), "{error}");
    }
}

#[test]
fn a_value_of_another_type_is_not_repeated_either() {
    for (lines, expected) in [
        (
            "[mailbox]\nhand_out_max = \"c0ffee\"\n",
            "mailbox.hand_out_max in line 19: must be a whole number",
        ),
        ("[logging]\nformat = \"c0ffee\"\n", "logging.format in line 19: must be `text` or `json`"),
    ] {
        assert_eq!(refusal(with(lines)), expected);
    }
    let pasted = "master_key_command = \"c0ffee\"";
    let error = refusal(changed("master_key_file = \"/etc/staysafe/keys/master.key\"", pasted));
    assert!(error.starts_with("keys.master_key_command in line 15: must be"), "{error}");
    assert!(!error.contains("c0ffee"), "{error}");
}

#[test]
fn a_revocation_list_counts_at_most_seven_days_after_its_end() {
    let set = |hours: u32| {
        let line = format!("revocations = \"r.pem\"\nrevocation_grace_hours = {hours}");
        changed("revocations = \"/etc/staysafe/tls/revocations.pem\"", &line)
    };

    assert!(set(7 * 24).is_ok());
    assert!(refusal(set(7 * 24 + 1)).contains("tls.revocation_grace_hours"));
}

#[test]
fn what_has_no_tls_listens_on_the_loopback_only() {
    let listen = |address: &str| {
        let line = format!("name = \"hub-1\"\nadmin_listen = \"{address}\"");
        changed("name = \"hub-1\"", &line)
    };

    assert!(listen("127.0.0.1:0").is_ok());
    assert!(listen("[::1]:8080").is_ok());
    for address in ["0.0.0.0:8080", "192.0.2.1:8080", "[::]:8080", "localhost:8080", "8080"] {
        let error = refusal(listen(address));
        assert!(error.starts_with("hub.admin_listen in line 5: must be a loopback"), "{error}");
    }
}

#[test]
fn names_are_checked_where_they_are_read() {
    for (from, to, field) in [
        ("\"hub-1\"", "\"Hub 1\"", "hub.name"),
        ("\"hub-1\"", "\"\"", "hub.name"),
        ("\"staysafe.example\"", "\"https://staysafe.example\"", "hub.trust_domain"),
    ] {
        let error = refusal(changed(from, to));
        assert!(error.starts_with(field) && error.contains("must be 1-"), "{error}");
        assert!(!error.contains("https"), "{error}");
    }
}

#[test]
fn the_master_key_comes_from_a_file_or_a_command_and_not_from_both() {
    let line = "master_key_file = \"/etc/staysafe/keys/master.key\"";
    let command = "master_key_command = [\"/bin/unseal\"]";
    let rule = "keys must be told either `master_key_file` or `master_key_command`, not both and not neither";

    assert!(changed(line, command).is_ok());
    assert_eq!(refusal(changed(line, "")), rule);
    assert_eq!(refusal(changed(line, &format!("{line}\n{command}"))), rule);
    let error = refusal(changed(line, "master_key_command = []"));
    assert_eq!(error, "keys.master_key_command must be a program and its arguments");
}

#[test]
fn keys_lie_outside_the_data_directory() {
    for (from, field) in [
        ("/etc/staysafe/keys/master.key", "keys.master_key_file"),
        ("/etc/staysafe/keys/signing.pem", "keys.signing_key_file"),
    ] {
        let error = refusal(changed(from, "/var/lib/staysafe/keys/a.key"));
        assert!(error.starts_with(&format!("{field} must be outside hub.data_dir")), "{error}");
    }
    let error = refusal(changed("[keys]", "[keys]\nmirror_dir = \"/var/lib/staysafe/mirror\""));
    assert!(error.starts_with("keys.mirror_dir"), "{error}");
}

#[test]
fn a_ladder_climbs() {
    let error = refusal(with("[clocks.p1]\nlevel_2_minutes = 15\n"));
    assert!(error.starts_with("clocks.p1 must be in ascending order"), "{error}");

    let error = refusal(with("[clocks]\nchase_second_minutes = 60\n"));
    assert!(error.starts_with("clocks.chase_second_minutes"), "{error}");
    let error = refusal(with("[mailbox]\nbackoff_seconds_max = 29\n"));
    assert!(error.starts_with("mailbox.backoff_seconds_max"), "{error}");
}

#[test]
fn relative_paths_start_at_the_file_and_the_environment_wins() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("hub.toml");
    let text = MINIMAL.replace("/etc/staysafe/tls/hub.key", "tls/hub.key");
    fs::write(&path, text).unwrap();

    let config = Config::load(Some(&path), &Environment::default()).unwrap();
    assert_eq!(config.tls.key, place.path().join("tls/hub.key"));
    assert_eq!(config.tls.certificate, Path::new("/etc/staysafe/tls/hub.pem"));

    let environment = Environment::from_lookup(|name| {
        Ok(match name {
            "STAYSAFE_CONFIG" => Some(path.display().to_string()),
            "STAYSAFE_DATA_DIR" => Some("/srv/data".into()),
            "STAYSAFE_LISTEN" => Some("127.0.0.1:0".into()),
            "STAYSAFE_LOG" => Some(String::new()),
            _ => None,
        })
    })
    .unwrap();
    let config = Config::load(None, &environment).unwrap();
    assert_eq!(config.hub.data_dir, Path::new("/srv/data"));
    assert_eq!(config.hub.listen.get().to_string(), "127.0.0.1:0");
    assert_eq!(config.logging.filter, "info", "an empty variable counts as absent");
}

#[test]
fn the_environment_cannot_move_the_data_onto_the_keys() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("hub.toml");
    fs::write(&path, MINIMAL).unwrap();
    let environment =
        Environment { data_dir: Some("/etc/staysafe".into()), ..Environment::default() };

    let error = Config::load(Some(&path), &environment).unwrap_err();

    assert!(
        in_full(&error).contains("is refused: keys.master_key_file must be outside"),
        "{error}"
    );
}

/// With what stands behind it.
fn in_full(error: &ConfigError) -> String {
    let source = std::error::Error::source(error).unwrap().to_string();
    format!("{error}: {source}")
}

#[test]
fn a_wrong_threshold_or_clock_is_refused_with_its_file_its_field_and_the_rule() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join("hub.toml");
    let refused = |lines: &str| {
        fs::write(&path, format!("{MINIMAL}\n{lines}")).unwrap();
        let error = Config::load(Some(&path), &Environment::default()).unwrap_err();
        let said = in_full(&error);
        let file = format!("the configuration file {} is refused: ", path.display());
        said.strip_prefix(&file).unwrap_or_else(|| panic!("{said}")).to_owned()
    };

    assert_eq!(
        refused("[triggers]\nmissing_episodes = 1\n"),
        "triggers.missing_episodes in line 19: must be 2 to 10"
    );
    assert_eq!(
        refused("[clocks.p1]\nacknowledge_minutes = 31\n"),
        "clocks.p1 must be in ascending order: acknowledge, level 2, level 3, level 4"
    );
}

#[test]
fn a_bad_variable_is_named_with_its_rule() {
    let with = |variable: &'static str| {
        Environment::from_lookup(|name| Ok((name == variable).then(|| "192.0.2.1:x".to_owned())))
            .unwrap_err()
            .to_string()
    };

    let error = with("STAYSAFE_LISTEN");
    assert!(error.starts_with("the environment variable STAYSAFE_LISTEN must be an IP"), "{error}");
    assert!(with("STAYSAFE_ADMIN_LISTEN").contains("loopback"));
    let error = Environment::from_lookup(|_name| Err("text in UTF-8")).unwrap_err().to_string();
    assert_eq!(error, "the environment variable STAYSAFE_CONFIG must be text in UTF-8");
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error =
        Config::load(Some(Path::new("/nowhere/hub.toml")), &Environment::default()).unwrap_err();

    assert_eq!(error.to_string(), "could not read the configuration file /nowhere/hub.toml");
}
