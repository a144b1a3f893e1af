//! Reads `access.txt`, and the calls of the contract that it must have a row for.

use std::collections::BTreeSet;

use prost_reflect::DescriptorPool;

/// One part of the table: kinds of caller across, calls down.
pub(super) struct Part {
    pub(super) name: String,
    pub(super) callers: Vec<String>,
    pub(super) rows: Vec<Row>,
}

/// A call and its outcome for each caller of the part.
pub(super) struct Row {
    pub(super) call: String,
    pub(super) outcomes: Vec<String>,
}

/// The outcomes the table may hold, and "does not arise".
const OUTCOMES: [&str; 7] = ["OK", "NF", "PD", "IA", "UA", "TLS", "-"];

/// The parts of the table in order.
pub(super) fn parts() -> Vec<Part> {
    read(include_str!("access.txt"))
}

fn read(text: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
        if let Some(head) = line.strip_prefix('[') {
            let name = head.split(']').next().unwrap().to_owned();
            parts.push(Part { name, callers: Vec::new(), rows: Vec::new() });
            continue;
        }
        let mut words = line.split_whitespace().map(str::to_owned);
        let (call, rest) = (words.next().unwrap(), words.collect::<Vec<_>>());
        let part = parts.last_mut().unwrap();
        if call == "call" {
            part.callers = rest;
            continue;
        }
        assert_eq!(rest.len(), part.callers.len(), "{}: {call} has a cell for each", part.name);
        let unknown = rest.iter().find(|cell| !OUTCOMES.contains(&cell.as_str()));
        assert_eq!(unknown, None, "{}: {call} has an outcome that is none", part.name);
        part.rows.push(Row { call, outcomes: rest });
    }
    parts
}

/// Every call that the hub serves, as the table names it.
pub(super) fn calls() -> BTreeSet<String> {
    let sets = [
        staysafe::wire::DESCRIPTORS,
        tonic_health::pb::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
    ];
    sets.into_iter().flat_map(calls_of).collect()
}

/// The service whose calls are made in a mailbox: each has a second row, for the lead's.
const MAILBOXES: &str = "staysafe.v1.MailboxService";
/// Ends the name of a row for the lead's inbox.
pub(super) const AT_LEAD: &str = "@lead";

fn calls_of(set: &[u8]) -> Vec<String> {
    let pool = DescriptorPool::decode(set).unwrap();
    let mut calls = Vec::new();
    for service in pool.services() {
        for method in service.methods() {
            calls.push(match service.package_name().strip_prefix("grpc.") {
                Some(theirs) => format!("{theirs}/{}", method.name()),
                None => method.name().to_owned(),
            });
            if service.full_name() == MAILBOXES {
                calls.push(format!("{}{AT_LEAD}", method.name()));
            }
        }
    }
    calls
}

/// What is wrong with the rows of `parts`, given the calls there are.
pub(super) fn faults(parts: &[Part], calls: &BTreeSet<String>) -> Vec<String> {
    let mut faults = Vec::new();
    for part in parts {
        let rows: BTreeSet<String> = part.rows.iter().map(|row| row.call.clone()).collect();
        if rows.len() != part.rows.len() {
            faults.push(format!("[{}] has a call twice", part.name));
        }
        let missing = calls.difference(&rows);
        faults.extend(missing.map(|call| format!("[{}] has no row for {call}", part.name)));
        let made_up = rows.difference(calls);
        faults.extend(made_up.map(|call| format!("[{}]: there is no call {call}", part.name)));
    }
    faults
}

#[test]
fn every_call_of_the_contract_has_a_row_for_every_kind_of_caller() {
    assert_eq!(faults(&parts(), &calls()), Vec::<String>::new());
}

#[test]
fn a_new_call_without_a_row_and_a_row_without_a_call_are_told() {
    let mut calls = calls();
    calls.insert("MakeTea".to_owned());
    calls.remove("Decline");
    let one = &parts()[..1];

    assert_eq!(
        faults(one, &calls),
        ["[system] has no row for MakeTea", "[system]: there is no call Decline"]
    );
}
