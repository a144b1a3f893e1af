//! What the stored form promises.

use proptest::prelude::*;

use super::*;
use crate::domain::Position;
use crate::domain::alert::ShownTo;

const SEED: [u8; 32] = [0x5E; 32];

fn golden_entry() -> RecordedEntry {
    RecordedEntry::record(&sample::draft(), &SEED)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> =
        text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(16).unwrap()).collect();
    digits.chunks(2).map(|pair| u8::try_from((pair[0] << 4) | pair[1]).unwrap()).collect()
}

const GOLDEN_LEAF: &str = include_str!("golden/leaf-1.hex");
const GOLDEN_EVENT: &str = include_str!("golden/event-1.hex");
const GOLDEN_ALERT: &str = include_str!("golden/alert-1.hex");
const GOLDEN_ALERT_2: &str = include_str!("golden/alert-2.hex");
const GOLDEN_ALERT_3: &str = include_str!("golden/alert-3.hex");
const GOLDEN_DIRECTORY: &str = include_str!("golden/directory-1.hex");
const GOLDEN_DIRECTORY_2: &str = include_str!("golden/directory-2.hex");
const GOLDEN_COMMIT: &str = include_str!("golden/commit-1.hex");
const GOLDEN_COMMIT_2: &str = include_str!("golden/commit-2.hex");

#[test]
fn todays_code_writes_the_golden_bytes() {
    let entry = golden_entry();

    for (name, bytes, golden) in [
        ("leaf", entry.leaf.clone(), GOLDEN_LEAF),
        ("event", entry.events[0].bytes.clone(), GOLDEN_EVENT),
        ("alert", encode_alert(&sample::alert()).into(), GOLDEN_ALERT),
        ("recalled alert", encode_alert(&sample::alert_after_sending()).into(), GOLDEN_ALERT_2),
        ("closed alert", encode_alert(&sample::alert_after_duty()).into(), GOLDEN_ALERT_3),
        ("directory", encode_directory(&sample::directory()).into(), GOLDEN_DIRECTORY_2),
        ("commit", encode_commit(&entry, &sample::writes()).into(), GOLDEN_COMMIT_2),
    ] {
        assert_eq!(hex(&bytes), hex(&unhex(golden)), "the stored form of {name} has changed");
    }
}

#[test]
fn the_golden_bytes_are_still_read() {
    let leaf = RecordedEntry { leaf: unhex(GOLDEN_LEAF).into(), events: Vec::new() };
    let leaf = leaf.decode_leaf().unwrap();
    assert_eq!((leaf.actor, leaf.at), (sample::actor(), sample::AT));
    assert_eq!(decode_event(&unhex(GOLDEN_EVENT)).unwrap(), sample::event());
    assert_eq!(decode_alert(&unhex(GOLDEN_ALERT)).unwrap(), sample::alert());
    let recalled = sample::alert_after_sending();
    assert_eq!(decode_alert(&unhex(GOLDEN_ALERT_2)).unwrap(), recalled);
    let closed = sample::alert_after_duty();
    assert_eq!(decode_alert(&unhex(GOLDEN_ALERT_3)).unwrap(), closed);
    let first = sample::directory_of_the_first_golden_file();
    assert_eq!(decode_directory(&unhex(GOLDEN_DIRECTORY)).unwrap(), first);
    assert_eq!(decode_directory(&unhex(GOLDEN_DIRECTORY_2)).unwrap(), sample::directory());
    for (golden, directory) in [(GOLDEN_COMMIT, first), (GOLDEN_COMMIT_2, sample::directory())] {
        let mut writes = sample::writes();
        let last = writes.last_mut().unwrap();
        assert!(matches!(last, Write::Directory(_)));
        let is_first = directory == sample::directory_of_the_first_golden_file();
        *last = Write::Directory(Box::new(directory));
        // Mentions came later.
        writes.retain(|write| !(is_first && matches!(write, Write::Mentions { .. })));
        if let (true, Some(Write::Alert(alert))) = (is_first, writes.first_mut()) {
            (alert.mentions, alert.links, alert.flags) = (None, Vec::new(), Vec::new());
            (alert.denied, alert.shown) = (Vec::new(), ShownTo::Readers);
            alert.deliveries.iter_mut().for_each(|delivery| delivery.failed = None);
        }
        let commit = decode_commit(&unhex(golden)).unwrap();
        assert_eq!(commit, StoredCommit { entry: golden_entry(), writes });
    }
}

#[test]
fn a_leaf_commits_to_each_event_under_a_salt_of_its_own() {
    let entry = golden_entry();

    let leaf = entry.decode_leaf().unwrap();

    let hashes: Vec<[u8; 32]> =
        entry.events.iter().map(|event| event_hash(&event.salt, &event.bytes)).collect();
    assert_eq!(leaf.event_hashes, hashes);
    assert_ne!(entry.events[0].salt, entry.events[1].salt);
    let other_seed = RecordedEntry::record(&sample::draft(), &[0x5F; 32]);
    assert_ne!(other_seed.events[0].salt, entry.events[0].salt);
    assert_ne!(other_seed.leaf, entry.leaf, "the leaf hides what its events say");
}

#[test]
fn hashes_are_those_of_the_published_format() {
    let entry = golden_entry();
    let hash = |parts: &[&[u8]]| -> [u8; 32] {
        let bytes = parts.concat();
        ring::digest::digest(&ring::digest::SHA256, &bytes).as_ref().try_into().unwrap()
    };

    let salt = hash(&[b"staysafe event salt", &SEED, &[0, 0, 0, 1]]);
    assert_eq!(entry.events[1].salt, salt);
    let event = event_hash(&salt, &entry.events[1].bytes);
    assert_eq!(event, hash(&[&[2], &salt, &entry.events[1].bytes]));
    assert_eq!(entry.leaf_hash(), hash(&[&[0], &entry.leaf]));
}

fn raw_alert(alert: &AlertRecord) -> pb::AlertRecord {
    pb::AlertRecord::decode(encode_alert(alert).as_slice()).unwrap()
}

fn raw_entry() -> pb::RecordedEntry {
    pb::RecordedEntry::decode(encoded(&golden_entry(), COMMIT_BYTES).as_slice()).unwrap()
}

#[test]
fn the_position_of_the_carrying_commit_is_not_written() {
    let mut alert = sample::alert();
    alert.submitted = Position::THIS;
    let raw = raw_alert(&alert);

    assert_eq!(raw.submitted, None);
    assert_eq!(decode_alert(&encode_alert(&alert)).unwrap().submitted, Position::THIS);
    alert.submitted = Position(0);
    assert_eq!(decode_alert(&encode_alert(&alert)).unwrap().submitted, Position(0));
}

#[test]
fn fields_of_a_newer_program_are_ignored() {
    let mut bytes = encode_alert(&sample::alert());
    // Field 2047, two bytes of content.
    bytes.extend([0xFA, 0x7F, 0x02, 0x01, 0x02]);

    assert_eq!(decode_alert(&bytes).unwrap(), sample::alert());
}

#[test]
fn a_newer_format_is_refused_and_none_is_missing() {
    let with_format = |format| {
        let raw = pb::StoredCommit { format, entry: Some(raw_entry()), writes: vec![] };
        decode_commit(&raw.encode_to_vec()).map(|_| ()).unwrap_err()
    };

    assert_eq!(with_format(2), RecordError::Newer { field: "StoredCommit.format" });
    assert_eq!(with_format(0), RecordError::Missing { field: "StoredCommit.format" });
    let leaf = pb::Leaf { format: 2, ..pb::Leaf::default() }.encode_to_vec();
    let entry = RecordedEntry { leaf: leaf.into(), events: vec![] };
    assert_eq!(entry.decode_leaf().unwrap_err(), RecordError::Newer { field: "Leaf.format" });
}

fn broken_alert(break_it: impl FnOnce(&mut pb::AlertRecord)) -> RecordError {
    let mut raw = raw_alert(&sample::alert());
    break_it(&mut raw);
    decode_alert(&raw.encode_to_vec()).unwrap_err()
}

#[test]
fn an_unknown_code_is_an_error_that_names_its_list_and_never_a_default() {
    let unknown = |field, list| RecordError::UnknownCode { field, list };

    assert_eq!(broken_alert(|raw| raw.priority = 0), unknown("AlertRecord.priority", "Priority"));
    assert_eq!(broken_alert(|raw| raw.priority = 6), unknown("AlertRecord.priority", "Priority"));
    assert_eq!(broken_alert(|raw| raw.risk = Some(0)), unknown("AlertRecord.risk", "Risk"));
    assert_eq!(broken_alert(|raw| raw.gaps[0].rule = 1), unknown("Gap.rule", "Rule"));
    assert_eq!(broken_alert(|raw| raw.deliveries[0].state = 4), unknown("Delivery.state", "Stage"));
}

#[test]
fn a_letter_that_is_not_there_is_not_read_as_the_front_doors() {
    // The front door's letter has the number 0, which is what an absent number would otherwise read as.
    let missing = |field| RecordError::Missing { field };

    assert_eq!(broken_alert(|raw| raw.deliveries[0].letter = None), missing("Delivery.letter"));
    assert_eq!(
        broken_alert(|raw| raw.decisions[0].letter = None),
        missing("SharingDecision.letter")
    );
    let mut raw = pb::Directory::from(&sample::directory());
    raw.agencies[0].letter = None;
    assert_eq!(decode_directory(&raw.encode_to_vec()).unwrap_err(), missing("Agency.letter"));
}

#[test]
fn a_broken_field_is_named_and_its_value_is_not() {
    let error = broken_alert(|raw| raw.sender = "Jane Canary".into());

    assert_eq!(error.to_string(), "AlertRecord.sender must be 1-32 of [A-Z0-9-]");
    assert_eq!(error.reason(), "RECORD_FIELD_MALFORMED");
    assert!(!format!("{error:?}").contains("Canary"));
    let error = broken_alert(|raw| raw.id = vec![1; 15]);
    assert_eq!(error, RecordError::malformed("AlertRecord.id", "16 bytes"));
    let error = broken_alert(|raw| raw.body.as_mut().unwrap().commitment.push(0));
    assert_eq!(error, RecordError::malformed("BodyRef.commitment", "32 bytes"));
    let error = broken_alert(|raw| raw.timers[0].due = None);
    assert_eq!(error, RecordError::Missing { field: "Timer.due" });
}

#[test]
fn an_end_reason_stands_with_an_ended_delivery_only() {
    let reason = |error: RecordError| error.to_string();

    let error = broken_alert(|raw| raw.deliveries[1].end_reason = None);
    assert_eq!(reason(error), "Delivery.end_reason is missing");
    let error = broken_alert(|raw| raw.deliveries[0].end_reason = Some(1));
    assert_eq!(reason(error), "Delivery.end_reason must be absent unless the delivery ended");
}

#[test]
fn a_directory_with_two_rows_for_one_agency_is_refused() {
    let mut raw = pb::Directory::from(&sample::directory());
    raw.agencies.push(raw.agencies[0].clone());

    let error = decode_directory(&raw.encode_to_vec()).unwrap_err();

    let rule = "a list without repeated keys";
    assert_eq!(error, RecordError::malformed("Directory.agencies", rule));
}

#[test]
fn no_holidays_and_holidays_not_known_stay_apart() {
    for holidays in [None, Some(Vec::new())] {
        let directory = Directory { school_holidays: holidays, ..sample::directory() };

        assert_eq!(decode_directory(&encode_directory(&directory)).unwrap(), directory);
    }
}

#[test]
fn a_write_that_says_nothing_is_refused() {
    let raw = pb::StoredCommit {
        format: FORMAT,
        entry: Some(raw_entry()),
        writes: vec![pb::Write { change: None }],
    };

    let error = decode_commit(&raw.encode_to_vec()).unwrap_err();

    assert_eq!(error, RecordError::Missing { field: "Write.change" });
}

#[test]
fn bytes_that_are_no_record_are_an_error() {
    let error = decode_commit(&[0xFF; 40]).unwrap_err();

    assert_eq!(error.reason(), "RECORD_UNREADABLE");
    assert_eq!(error.to_string(), "the bytes are not a StoredCommit");
}

#[test]
fn the_samples_set_every_field_so_that_the_golden_files_cover_it() {
    let mut alert = raw_alert(&sample::alert_after_sending());
    // The first is not ended and so has no end reason; the second has everything, but no person delivers.
    alert.deliveries = raw_alert(&sample::alert_after_duty()).deliveries;
    alert.deliveries.remove(0);
    let leaf = pb::Leaf::decode(golden_entry().leaf.as_ref()).unwrap();
    let event = pb::Event::decode(golden_entry().events[0].bytes.as_ref()).unwrap();
    let directory = pb::Directory::from(&sample::directory());

    for shown in [
        format!("{alert:?}").replace("by: None", ""),
        format!("{leaf:?}"),
        format!("{event:?}"),
        format!("{directory:?}"),
    ] {
        for unset in ["None", "[]", "\"\"", ": 0,", "false"] {
            assert!(!shown.contains(unset), "{unset} in {shown}");
        }
    }
}

/// Read by a generated type and written by it.
fn again<M: prost::Message + Default>(bytes: &[u8]) -> Vec<u8> {
    M::decode(bytes).unwrap().encode_to_vec()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 128, ..Default::default() })]

    #[test]
    fn what_is_written_is_read_back(
        draft in arbitrary::draft(),
        writes in proptest::collection::vec(arbitrary::write(), 0..4),
        seed: [u8; 32],
    ) {
        let entry = RecordedEntry::record(&draft, &seed);

        let bytes = encode_commit(&entry, &writes);
        let stored = decode_commit(&bytes).unwrap();

        prop_assert_eq!(&stored.entry, &entry);
        prop_assert_eq!(&stored.writes, &writes);
        let apart = alerts_in_commit(&bytes).map(|place| decode_alert(&bytes[place]).unwrap());
        let alerts = writes.iter().filter_map(|write| match write {
            Write::Alert(alert) => Some(alert.as_ref().clone()),
            Write::Body { .. }
            | Write::Key { .. }
            | Write::Reference { .. }
            | Write::Mentions { .. }
            | Write::HandOut { .. }
            | Write::Directory(_) => None,
        });
        prop_assert!(apart.eq(alerts));
        let leaf = entry.decode_leaf().unwrap();
        prop_assert_eq!(leaf.actor, draft.actor);
        prop_assert_eq!(leaf.at, draft.at);
        for (event, recorded) in draft.events.iter().zip(&entry.events) {
            prop_assert_eq!(&decode_event(&recorded.bytes).unwrap(), event);
        }
    }

    #[test]
    fn what_is_written_is_byte_for_byte_what_the_generated_types_write(
        draft in arbitrary::draft(),
        writes in proptest::collection::vec(arbitrary::write(), 0..4),
        seed: [u8; 32],
    ) {
        let entry = RecordedEntry::record(&draft, &seed);
        let commit = encode_commit(&entry, &writes);

        prop_assert_eq!(again::<pb::StoredCommit>(&commit), commit);
        prop_assert_eq!(again::<pb::Leaf>(&entry.leaf), entry.leaf);
        for event in entry.events {
            prop_assert_eq!(again::<pb::Event>(&event.bytes), event.bytes);
        }
    }

    #[test]
    fn damaged_bytes_never_panic(
        alert in arbitrary::alert(),
        directory in arbitrary::directory(),
        event in arbitrary::event(),
        place: prop::sample::Index,
        bit in 0_u8..8,
        cut: prop::sample::Index,
    ) {
        let event = encoded(&event, EVENT_BYTES);
        for mut bytes in [encode_alert(&alert), encode_directory(&directory), event] {
            if bytes.is_empty() { continue }
            let at = place.index(bytes.len());
            bytes[at] ^= 1 << bit;
            bytes.truncate(cut.index(bytes.len()));
            drop(decode_alert(&bytes));
            drop(decode_directory(&bytes));
            drop(decode_event(&bytes));
            drop(decode_commit(&bytes));
        }
    }
}
