//! Commits to test stores with. Synthetic throughout.

#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic")]

use crate::crypto::Sealed;
use crate::domain::alert::{AlertStatus, BodyRef, DataKeyId, ShownTo};
use crate::domain::counted::Counted;
use crate::domain::delivery::{Delivery, DeliveryState, Purpose, Rung};
use crate::domain::directory::Directory;
use crate::domain::principal::{Driver, Principal};
use crate::domain::{
    AfterSending, AgencyCode, AlertId, AlertKind, AlertRecord, DeliveryId, EpisodeId, Event,
    EventId, EventKind, IdempotencyKey, Letter, MailboxId, Position, Priority, Rule, Span,
    SystemName, Timestamp, View,
};
use crate::policy::access::{Action, permit};
use crate::record::Write;
use crate::store::{Commit, Expect};

/// 2026-11-23T08:00:00Z, a Monday.
pub(crate) const AT: Timestamp = Timestamp::from_millis(1_795_420_800_000);

pub(crate) fn agency(code: &str) -> AgencyCode {
    AgencyCode::try_from(code).unwrap()
}

pub(crate) fn mailbox(id: &str) -> MailboxId {
    MailboxId::try_from(id).unwrap()
}

pub(crate) fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::try_from(text).unwrap()
}

pub(crate) fn seconds(count: i64) -> Timestamp {
    AT.plus(Span::seconds(count))
}

/// Ids that sort as they are numbered.
pub(crate) fn alert_id(number: u64) -> AlertId {
    let mut bytes = [0x70; 16];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    AlertId::from_bytes(bytes)
}

pub(crate) fn delivery_id(alert: u64, number: u32) -> DeliveryId {
    DeliveryId { alert: alert_id(alert), number }
}

pub(crate) fn data_key(slot: u32) -> DataKeyId {
    DataKeyId { file: "2026-11-0001".into(), slot }
}

/// An alert of `MERPOL` taken at [`AT`], the first of its episode, without deliveries.
pub(crate) fn alert(number: u64) -> AlertRecord {
    let id = alert_id(number);
    AlertRecord {
        id,
        version: 1,
        kind: AlertKind::MissingReported,
        schema_version: "1.0".into(),
        sender: agency("MERPOL"),
        sender_system: Some(SystemName::try_from("niche").unwrap()),
        author: None,
        key: key(&format!("key-{number}")),
        episode: EpisodeId::from(id),
        completes: None,
        followers: Vec::new(),
        exercise: false,
        priority: Priority::P2,
        risk: None,
        received_at: AT,
        status: AlertStatus::Accepted,
        gaps: Vec::new(),
        raised: Vec::new(),
        subjects: Vec::new(),
        decisions: Vec::new(),
        deliveries: Vec::new(),
        timers: Vec::new(),
        stage: None,
        advice: Vec::new(),
        conflicts: None,
        referral: None,
        counted: Counted::default(),
        mentions: None,
        links: Vec::new(),
        denied: Vec::new(),
        shown: ShownTo::Readers,
        flags: Vec::new(),
        body: Some(BodyRef { position: Position::THIS, key: data_key(0), commitment: [0xC0; 32] }),
        after: AfterSending::default(),
        submitted: Position::THIS,
    }
}

pub(crate) fn delivery(number: u32, to: &str, priority: Priority) -> Delivery {
    Delivery {
        number,
        mailbox: mailbox(to),
        letter: Letter::C,
        view: View::Standard,
        purpose: Purpose::Alert,
        of: None,
        setting: None,
        priority,
        routes: vec![Rule::R01],
        row: Rule::D7,
        queued_at: AT,
        due: None,
        rung: None,
        state: DeliveryState::Queued,
        sequence: None,
        failed: None,
        delivered: None,
        confirmed: None,
        opened: None,
        acknowledged: None,
        declined: None,
        closed: None,
        held_by: None,
        note: None,
        decline_text: None,
        closing_note: None,
    }
}

pub(crate) fn with_rung(mut delivery: Delivery, at: Timestamp) -> Delivery {
    delivery.rung = Some(Rung { level: 1, at });
    delivery
}

/// The record at its next version, after `change`.
pub(crate) fn next(record: &AlertRecord, change: impl FnOnce(&mut AlertRecord)) -> AlertRecord {
    let mut next = record.clone();
    next.version += 1;
    change(&mut next);
    next
}

pub(crate) fn sealed(length: usize) -> Sealed {
    Sealed { key: data_key(0), nonce: [9; 12], ciphertext: vec![0x5E; length] }
}

fn commit(
    principal: &Principal,
    action: Action,
    at: Timestamp,
    writes: Vec<Write>,
    expects: Vec<Expect>,
) -> Commit {
    let permit = permit(principal, action, None).unwrap();
    let event = Event::new(EventId::from_bytes([0xE0; 16]), EventKind::AlertSubmitted);
    let commit = Commit::new(&permit, at, vec![event], [0x5A; 32]).unwrap();
    commit.writing(writes).unwrap().expecting(expects)
}

pub(crate) fn system() -> Principal {
    Principal::System {
        agency: agency("MERPOL"),
        system: SystemName::try_from("niche").unwrap(),
        person: None,
        fingerprint: [7; 32],
    }
}

/// Takes an alert: record, sealed body, key; expects the key absent and the alert new.
pub(crate) fn submits(record: &AlertRecord) -> Commit {
    submits_with(record, sealed(200))
}

pub(crate) fn submits_with(record: &AlertRecord, sealed: Sealed) -> Commit {
    let (agency, key) = (record.sender.clone(), record.key.clone());
    let expires_at = record.received_at.plus(Span::days(30));
    let expects = vec![
        Expect::KeyAbsent { agency: agency.clone(), key: key.clone() },
        Expect::AlertVersion { alert: record.id, version: 0 },
    ];
    let writes = vec![
        Write::Alert(Box::new(record.clone())),
        Write::Body { alert: record.id, sealed },
        Write::Key { agency, key, alert: record.id, expires_at },
    ];
    commit(&system(), Action::SubmitAlert, record.received_at, writes, expects)
}

/// Puts records at their next versions; expects the versions before.
pub(crate) fn changes(at: Timestamp, records: &[AlertRecord]) -> Commit {
    let expects = records
        .iter()
        .map(|record| Expect::AlertVersion { alert: record.id, version: record.version - 1 })
        .collect();
    let writes = records.iter().map(|record| Write::Alert(Box::new(record.clone()))).collect();
    commit(&Principal::Hub(Driver::Escalation), Action::Escalate, at, writes, expects)
}

/// Hands deliveries out under numbers from `first_sequence` on.
pub(crate) fn hands_out(
    to: &MailboxId,
    first_sequence: u64,
    records: &[AlertRecord],
    deliveries: &[DeliveryId],
    at: Timestamp,
) -> Commit {
    let records = records.iter().map(|record| {
        next(record, |record| {
            for held in &mut record.deliveries {
                let id = DeliveryId { alert: record.id, number: held.number };
                if let Some(index) = deliveries.iter().position(|delivery| *delivery == id) {
                    let sequence = first_sequence + u64::try_from(index).unwrap();
                    *held = held.clone().hand_out(sequence, at).unwrap();
                }
            }
        })
    });
    let mut writes: Vec<Write> = records.map(|record| Write::Alert(Box::new(record))).collect();
    let deliveries = deliveries.to_vec();
    writes.push(Write::HandOut { mailbox: to.clone(), first_sequence, deliveries });
    let expects = vec![Expect::NextSequence { mailbox: to.clone(), sequence: first_sequence }];
    commit(&system(), Action::Receive, at, writes, expects)
}

/// Puts the directory at `version`; expects the one before.
pub(crate) fn directory(version: u64, at: Timestamp) -> Commit {
    let mut directory = Directory { version, ..Directory::default() };
    directory.areas.insert(format!("ZX{version}"), agency("AREA-01"));
    let expects = vec![Expect::DirectoryVersion(version - 1)];
    let writes = vec![Write::Directory(Box::new(directory))];
    commit(&Principal::Hub(Driver::Operator), Action::LoadDirectory, at, writes, expects)
}

/// An entry alone.
pub(crate) fn notes(at: Timestamp) -> Commit {
    let driver = Principal::Hub(Driver::Operator);
    commit(&driver, Action::RecordHubEvent, at, Vec::new(), Vec::new())
}

/// A commit with these writes and expectations, whatever they are.
pub(crate) fn submits_raw(at: Timestamp, writes: Vec<Write>, expects: Vec<Expect>) -> Commit {
    commit(&system(), Action::SubmitAlert, at, writes, expects)
}
