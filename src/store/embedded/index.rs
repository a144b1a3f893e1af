//! The index: sled, fed off the acknowledgement path. Never the only copy of anything.
//!
//! sled's `flush` is not an fsync and a power cut may leave it whole but old in places, so the index carries a
//! sum over all its keys and values, kept in the same batch as they are: what does not add up at opening is
//! put aside and built anew from the journal. Few keys an alert, values of at most about 16 KiB:
//!
//! | key | value |
//! |---|---|
//! | `a` alert id | what stands in [`super::index_alert`]: where its record lies, what waits, what is due |
//! | `k` agency, 0, key | alert id and expiry |
//! | `r` agency, 0, reference | the first alert of the episode that the agency calls so |
//! | `s` token, alert id | nothing: the alert mentions whom the token may be of |
//! | `m` mailbox, 0, chunk | up to 200 deliveries handed out, the chunk's first number 200 × chunk + 1 |
//! | `d` | position of the commit with the newest directory |
//! | `p` | format, next position to apply, and the sum over everything else |

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};

use ring::digest::{Context, SHA256};

use super::bytes::{Cursor, narrow, wide};
use super::effect::{Effect, Effects, Held, InGroup, KeyUse};
use super::filter::Filter;
use super::index_alert::{self, Indexed};
use super::index_position::IndexPosition;
use super::journal::Reader;
use super::live::Standing;
use crate::domain::{
    AgencyCode, AlertId, DeliveryId, EpisodeReference, IdempotencyKey, MailboxId, MentionToken,
    Position, Timestamp,
};
use crate::store::StoreError;

/// Deliveries in one chunk of a mailbox: 4,000 bytes.
const CHUNK_DELIVERIES: u64 = 200;
const DELIVERY_BYTES: usize = 20;

const CACHE_BYTES: u64 = 64 * 1024 * 1024;

const ALERT: u8 = b'a';
const KEY: u8 = b'k';
const REFERENCE: u8 = b'r';
const MENTION: u8 = b's';
const MAILBOX: u8 = b'm';
const DIRECTORY: &[u8] = b"d";
const MARKER: &[u8] = b"p";

/// The format of all this; an index of another is built anew.
const FORMAT: u8 = 3;

/// The open index.
pub(crate) struct Index {
    tree: sled::Db,
    /// sled's own file once more: its `flush` does not sync.
    file: File,
    marker: Mutex<Marker>,
    position: Mutex<IndexPosition>,
    /// The keys that are there, perhaps.
    filter: RwLock<Filter>,
    /// How often more than one key was looked through.
    scans: AtomicU64,
}

/// How far the index is and what it adds up to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Marker {
    /// The next position to apply.
    pub(crate) next: Position,
    sum: u128,
}

/// What an index holds that lives in memory while the hub runs.
#[derive(Debug)]
pub(crate) enum Found {
    /// What is going on with an alert.
    Alert(AlertId, Standing),
    /// The highest number handed out to a mailbox in one of its chunks.
    HandedOut(MailboxId, u64),
}

impl Index {
    /// Opens the index in `directory`, or says why it is of no use.
    pub(crate) fn open(
        directory: &Path,
        position: IndexPosition,
    ) -> Result<Self, (&'static str, IndexPosition)> {
        // sled asserts some of what it reads from disk, so a damaged file may end in a panic.
        match catch_unwind(|| open_tree(directory)) {
            Ok(Ok((tree, file, marker))) => Ok(Self {
                tree,
                file,
                marker: Mutex::new(marker),
                position: Mutex::new(position),
                filter: RwLock::default(),
                scans: AtomicU64::new(0),
            }),
            Ok(Err(reason)) => Err((reason, position)),
            Err(_panic) => Err(("it could not be opened", position)),
        }
    }

    /// Gives the position file back, to open another index with.
    pub(crate) fn into_position(self) -> IndexPosition {
        self.position.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next position to apply.
    pub(crate) fn next(&self) -> Position {
        self.lock_marker().next
    }

    /// Reads everything once – without that nothing is found by key –, gives what lives in memory to `visit`, forgets keys that expired before `now`,
    /// and says whether the index is whole.
    pub(crate) fn read_through(
        &self,
        now: Option<Timestamp>,
        visit: &mut dyn FnMut(Found),
    ) -> Result<(), &'static str> {
        catch_unwind(AssertUnwindSafe(|| self.read_all(now, visit)))
            .unwrap_or(Err("it could not be read"))
    }

    fn read_all(
        &self,
        now: Option<Timestamp>,
        visit: &mut dyn FnMut(Found),
    ) -> Result<(), &'static str> {
        self.scans.fetch_add(1, Ordering::Relaxed);
        let mut filter = self.filter.write().unwrap_or_else(PoisonError::into_inner);
        let mut sum = 0_u128;
        let mut expired = Vec::new();
        for item in self.tree.iter() {
            let (key, value) = item.map_err(|_error| "it could not be read")?;
            if *key == *MARKER {
                continue;
            }
            filter.add(&key);
            sum = sum.wrapping_add(fingerprint(&key, &value));
            match key.first().copied() {
                Some(ALERT) => {
                    let (alert, indexed) =
                        alert_in(&key, &value).ok_or("an alert is not readable")?;
                    visit(Found::Alert(alert, indexed.standing));
                }
                Some(MAILBOX) => {
                    let (mailbox, last) =
                        last_in_chunk(&key, &value).ok_or("a chunk is not readable")?;
                    visit(Found::HandedOut(mailbox, last));
                }
                Some(KEY) => {
                    let usage = decode_key(&value).ok_or("a key is not readable")?;
                    if now.is_some_and(|now| !usage.counts_at(now)) {
                        expired.push((key, value));
                    }
                }
                Some(REFERENCE) => {
                    decode_referenced(&value).ok_or("a reference is not readable")?;
                }
                Some(MENTION) => {
                    let (token, _) = mention_in(&key).ok_or("a mention is not readable")?;
                    filter.add(&token_key(token));
                }
                Some(_) if *key == *DIRECTORY => {}
                Some(_) | None => return Err("it holds something unknown"),
            }
        }
        if sum != self.lock_marker().sum {
            return Err("it does not add up");
        }
        self.forget(&expired)
    }

    fn forget(&self, keys: &[(sled::IVec, sled::IVec)]) -> Result<(), &'static str> {
        let mut marker = self.lock_marker();
        for some in keys.chunks(64) {
            let mut next = *marker;
            let mut batch = sled::Batch::default();
            for (key, value) in some {
                next.sum = next.sum.wrapping_sub(fingerprint(key, value));
                batch.remove(key);
            }
            batch.insert(MARKER, next.encode());
            self.tree.apply_batch(batch).map_err(|_error| "it could not be written")?;
            *marker = next;
        }
        Ok(())
    }

    /// Applies commits; those it has already are passed over.
    pub(crate) fn apply(&self, batch: &[Effects]) -> Result<(), StoreError> {
        let mut marker = self.lock_marker();
        let mut next = *marker;
        let mut puts = Puts::default();
        for effects in batch.iter().filter(|effects| effects.position >= marker.next) {
            for change in &effects.changes {
                puts.take(&self.tree, effects.position, change)?;
            }
            next.next = effects.position.next();
        }
        let mut changes = sled::Batch::default();
        for (key, value) in puts.finish() {
            if let Some(old) = self.get(&key)? {
                next.sum = next.sum.wrapping_sub(fingerprint(&key, &old));
            }
            next.sum = next.sum.wrapping_add(fingerprint(&key, &value));
            // Before the tree has it, so that nobody is told it is not there.
            let mut filter = self.filter.write().unwrap_or_else(PoisonError::into_inner);
            filter.add(&key);
            if let Some((token, _)) = mention_in(&key) {
                filter.add(&token_key(token));
            }
            drop(filter);
            changes.insert(key, value);
        }
        changes.insert(MARKER, next.encode());
        self.tree.apply_batch(changes).map_err(failed("write"))?;
        *marker = next;
        Ok(())
    }

    /// Makes what is applied durable, and then says so in the position file.
    pub(crate) fn persist(&self) -> Result<(), StoreError> {
        let applied = self.next();
        self.tree.flush().map_err(failed("flush"))?;
        let io = |_error| StoreError::Index { doing: "sync" };
        self.file.sync_data().map_err(io)?;
        let mut position = self.position.lock().unwrap_or_else(PoisonError::into_inner);
        position.advance(applied).map_err(io)
    }

    /// An alert.
    pub(crate) fn alert(
        &self,
        alert: AlertId,
        reader: &Reader,
    ) -> Result<Option<Held>, StoreError> {
        match self.get(&alert_key(alert))? {
            Some(value) => {
                let indexed = index_alert::decode(&value).ok_or_else(|| unreadable("alert"))?;
                indexed.held(alert, reader).map(Some)
            }
            None => Ok(None),
        }
    }

    /// What a key was used for.
    pub(crate) fn key(
        &self,
        agency: &AgencyCode,
        key: &IdempotencyKey,
    ) -> Result<Option<KeyUse>, StoreError> {
        match self.get(&key_key(agency, key.as_str()))? {
            Some(value) => decode_key(&value).map(Some).ok_or_else(|| unreadable("key")),
            None => Ok(None),
        }
    }

    /// Which episode a reference names, by its first alert.
    pub(crate) fn referenced(
        &self,
        agency: &AgencyCode,
        reference: EpisodeReference,
    ) -> Result<Option<AlertId>, StoreError> {
        match self.get(&reference_key(agency, reference))? {
            Some(value) => {
                decode_referenced(&value).map(Some).ok_or_else(|| unreadable("reference"))
            }
            None => Ok(None),
        }
    }

    /// Up to `limit` alerts that mention whom the token may be of, newest first.
    pub(crate) fn mentioned(
        &self,
        token: MentionToken,
        limit: usize,
    ) -> Result<Vec<AlertId>, StoreError> {
        let prefix = token_key(token);
        if !self.filter.read().unwrap_or_else(PoisonError::into_inner).may_hold(&prefix) {
            return Ok(Vec::new());
        }
        let newest = self.tree.scan_prefix(prefix).keys().rev().take(limit);
        newest
            .map(|key| {
                let key = key.map_err(failed("read"))?;
                mention_in(&key).map(|(_, alert)| alert).ok_or_else(|| unreadable("mention"))
            })
            .collect()
    }

    /// What all the keys of an agency were used for.
    pub(crate) fn keys_of(&self, agency: &AgencyCode) -> Result<Vec<KeyUse>, StoreError> {
        self.scans.fetch_add(1, Ordering::Relaxed);
        let entries = self.tree.scan_prefix(key_key(agency, ""));
        entries
            .map(|entry| {
                let (_, value) = entry.map_err(failed("read"))?;
                decode_key(&value).ok_or_else(|| unreadable("key"))
            })
            .collect()
    }

    /// Up to `limit` deliveries handed out with a number above `after`, ascending.
    pub(crate) fn handed_out(
        &self,
        mailbox: &MailboxId,
        after: u64,
        limit: usize,
    ) -> Result<Vec<(u64, DeliveryId)>, StoreError> {
        let mut handed = Vec::new();
        let mut next = after.saturating_add(1);
        while handed.len() < limit {
            let (chunk, slot) = place(next);
            let value = self.tree.get(chunk_key(mailbox, chunk)).map_err(failed("read"))?;
            let Some(value) = value else { break };
            let deliveries = decode_chunk(&value).ok_or_else(|| unreadable("chunk"))?;
            let room = limit.saturating_sub(handed.len());
            let some = (next..).zip(deliveries.into_iter().skip(slot).take(room));
            let before = handed.len();
            handed.extend(some);
            next = next.saturating_add(wide(handed.len().saturating_sub(before)));
            if handed.len() == before {
                break;
            }
        }
        Ok(handed)
    }

    /// How often more than one key was looked through.
    #[cfg(test)]
    pub(crate) fn scans(&self) -> u64 {
        self.scans.load(Ordering::Relaxed)
    }

    /// The commit with the newest directory.
    pub(crate) fn directory(&self) -> Result<Option<Position>, StoreError> {
        let value = self.tree.get(DIRECTORY).map_err(failed("read"))?;
        let position = |value: sled::IVec| Cursor::new(&value).u64().map(Position);
        value.map(|value| position(value).ok_or_else(|| unreadable("directory"))).transpose()
    }

    fn get(&self, key: &[u8]) -> Result<Option<sled::IVec>, StoreError> {
        if self.filter.read().unwrap_or_else(PoisonError::into_inner).may_hold(key) {
            self.tree.get(key).map_err(failed("read"))
        } else {
            Ok(None)
        }
    }

    fn lock_marker(&self) -> std::sync::MutexGuard<'_, Marker> {
        self.marker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn open_tree(directory: &Path) -> Result<(sled::Db, File, Marker), &'static str> {
    super::index_lock::wait_until_free(directory);
    let tree = sled::Config::new()
        .path(directory)
        .cache_capacity(CACHE_BYTES)
        .flush_every_ms(None)
        .open()
        .map_err(|_error| "it could not be opened")?;
    let file = File::open(directory.join("db")).map_err(|_error| "its file could not be opened")?;
    let marker = match tree.get(MARKER).map_err(|_error| "it could not be read")? {
        Some(value) => {
            Marker::decode(&value).ok_or("its marker is not readable or of another format")?
        }
        None => Marker::default(),
    };
    Ok((tree, file, marker))
}

/// Removes snapshots that a crash left half written: with one of them sled does not open.
pub(crate) fn remove_broken_snapshots(directory: &Path) -> std::io::Result<bool> {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    };
    let mut removed = false;
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            std::fs::remove_file(entry.path())?;
            removed = true;
        }
    }
    Ok(removed)
}

impl Marker {
    fn encode(self) -> Vec<u8> {
        let mut value = vec![FORMAT];
        value.extend_from_slice(&self.next.0.to_le_bytes());
        value.extend_from_slice(&self.sum.to_le_bytes());
        value
    }

    fn decode(value: &[u8]) -> Option<Self> {
        let mut cursor = Cursor::new(value);
        let ([format], next, sum) = (cursor.array()?, cursor.u64()?, cursor.array()?);
        let marker = Self { next: Position(next), sum: u128::from_le_bytes(sum) };
        (format == FORMAT).then_some(marker)
    }
}

/// What a batch puts: each key once, at its newest.
#[derive(Default)]
struct Puts<'a> {
    alerts: HashMap<AlertId, (Position, &'a Held, InGroup)>,
    others: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl<'a> Puts<'a> {
    fn take(
        &mut self,
        tree: &sled::Db,
        position: Position,
        change: &'a Effect,
    ) -> Result<(), StoreError> {
        match change {
            Effect::Alert { new, lies, .. } => {
                self.alerts.insert(new.record.id, (position, new, *lies));
            }
            Effect::Key { agency, key, usage } => {
                self.others.insert(key_key(agency, key.as_str()), encode_key(usage));
            }
            Effect::Reference { agency, reference, alert } => {
                let key = reference_key(agency, *reference);
                self.others.insert(key, alert.as_bytes().to_vec());
            }
            Effect::Mentions { alert, tokens } => {
                let keys = tokens.iter().map(|token| mention_key(*token, *alert));
                self.others.extend(keys.map(|key| (key, Vec::new())));
            }
            Effect::HandOut { mailbox, first_sequence, deliveries } => {
                for (sequence, delivery) in (*first_sequence..).zip(deliveries) {
                    self.hand_out(tree, mailbox, sequence, delivery)?;
                }
            }
            Effect::Directory(_) => {
                self.others.insert(DIRECTORY.to_vec(), position.0.to_le_bytes().to_vec());
            }
        }
        Ok(())
    }

    fn hand_out(
        &mut self,
        tree: &sled::Db,
        mailbox: &MailboxId,
        sequence: u64,
        delivery: &DeliveryId,
    ) -> Result<(), StoreError> {
        let (chunk, slot) = place(sequence);
        let key = chunk_key(mailbox, chunk);
        let mut value = match self.others.remove(&key) {
            Some(value) => value,
            None => tree.get(&key).map_err(failed("read"))?.map_or_else(Vec::new, |v| v.to_vec()),
        };
        value.truncate(slot.saturating_mul(DELIVERY_BYTES));
        value.extend_from_slice(delivery.alert.as_bytes());
        value.extend_from_slice(&delivery.number.to_le_bytes());
        self.others.insert(key, value);
        Ok(())
    }

    fn finish(self) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
        let alerts = self.alerts.into_iter().map(|(id, (position, held, lies))| {
            (alert_key(id), index_alert::encode(held, position, lies))
        });
        alerts.chain(self.others)
    }
}

/// The chunk a number lies in, and its slot there.
fn place(sequence: u64) -> (u64, usize) {
    let index = sequence.saturating_sub(1);
    let slot = index.checked_rem(CHUNK_DELIVERIES).and_then(narrow).unwrap_or(0);
    (index.checked_div(CHUNK_DELIVERIES).unwrap_or(0), slot)
}

fn alert_key(alert: AlertId) -> Vec<u8> {
    let mut bytes = vec![ALERT];
    bytes.extend_from_slice(alert.as_bytes());
    bytes
}

fn alert_in(key: &[u8], value: &[u8]) -> Option<(AlertId, Indexed)> {
    let (_, id) = key.split_first()?;
    Some((AlertId::from_bytes(id.try_into().ok()?), index_alert::decode(value)?))
}

// Neither agencies nor mailboxes contain a zero byte, so it ends them.
fn key_key(agency: &AgencyCode, key: &str) -> Vec<u8> {
    let mut bytes = vec![KEY];
    bytes.extend_from_slice(agency.as_str().as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(key.as_bytes());
    bytes
}

fn reference_key(agency: &AgencyCode, reference: EpisodeReference) -> Vec<u8> {
    let mut bytes = vec![REFERENCE];
    bytes.extend_from_slice(agency.as_str().as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(reference.as_bytes());
    bytes
}

fn token_key(token: MentionToken) -> Vec<u8> {
    let mut bytes = vec![MENTION];
    bytes.extend_from_slice(token.as_bytes());
    bytes
}

// Ids tell the time, so that the alerts of a token sort by it.
fn mention_key(token: MentionToken, alert: AlertId) -> Vec<u8> {
    let mut bytes = token_key(token);
    bytes.extend_from_slice(alert.as_bytes());
    bytes
}

fn mention_in(key: &[u8]) -> Option<(MentionToken, AlertId)> {
    let rest = key.strip_prefix(&[MENTION])?;
    let (token, alert) = rest.split_first_chunk::<16>()?;
    Some((MentionToken::from_bytes(*token), AlertId::from_bytes(alert.try_into().ok()?)))
}

fn decode_referenced(value: &[u8]) -> Option<AlertId> {
    value.try_into().ok().map(AlertId::from_bytes)
}

// Most significant byte first, so that chunks sort by number.
fn chunk_key(mailbox: &MailboxId, chunk: u64) -> Vec<u8> {
    let mut bytes = vec![MAILBOX];
    bytes.extend_from_slice(mailbox.as_str().as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(&chunk.to_be_bytes());
    bytes
}

fn last_in_chunk(key: &[u8], value: &[u8]) -> Option<(MailboxId, u64)> {
    let (_, rest) = key.split_first()?;
    let (name, chunk) = rest.split_last_chunk::<8>()?;
    let mailbox = std::str::from_utf8(name.strip_suffix(&[0])?).ok()?;
    let before = u64::from_be_bytes(*chunk).checked_mul(CHUNK_DELIVERIES)?;
    let count = wide(decode_chunk(value)?.len());
    Some((MailboxId::try_from(mailbox).ok()?, before.checked_add(count)?))
}

fn decode_chunk(value: &[u8]) -> Option<Vec<DeliveryId>> {
    let (items, rest) = value.as_chunks::<DELIVERY_BYTES>();
    let decode = |item: &[u8; DELIVERY_BYTES]| {
        let mut cursor = Cursor::new(item);
        Some(DeliveryId { alert: AlertId::from_bytes(cursor.array()?), number: cursor.u32()? })
    };
    if rest.is_empty() { items.iter().map(decode).collect() } else { None }
}

fn encode_key(usage: &KeyUse) -> Vec<u8> {
    let mut value = usage.alert.as_bytes().to_vec();
    value.extend_from_slice(&usage.expires_at.as_millis().to_le_bytes());
    value
}

fn decode_key(value: &[u8]) -> Option<KeyUse> {
    let mut cursor = Cursor::new(value);
    let alert = AlertId::from_bytes(cursor.array()?);
    let expires_at = Timestamp::from_millis(i64::from_le_bytes(cursor.array()?));
    Some(KeyUse { alert, expires_at })
}

fn fingerprint(key: &[u8], value: &[u8]) -> u128 {
    let mut context = Context::new(&SHA256);
    context.update(&wide(key.len()).to_le_bytes());
    context.update(key);
    context.update(value);
    let digest = context.finish();
    digest.as_ref().first_chunk().map_or(0, |first| u128::from_le_bytes(*first))
}

fn failed(doing: &'static str) -> impl FnOnce(sled::Error) -> StoreError {
    move |_error| StoreError::Index { doing }
}

fn unreadable(what: &'static str) -> StoreError {
    StoreError::Damaged { place: format!("a record of the index: {what}") }
}
