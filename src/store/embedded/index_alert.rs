//! What the index keeps of an alert: where its record lies in the journal, and what is going on with it.
//!
//! The record itself stays in the journal, where it is anyway: sled's cost grows with what it is given, and most alerts
//! are looked at once more or never. What an opening needs of every alert – what waits, what is due – stands in the
//! index, so that opening reads no journal for it.
//!
//! Layout, numbers little end first:
//!
//! | bytes | what |
//! |---|---|
//! | 8 | position of the commit that put the record |
//! | 4, 4, 4 | where in that commit's group the record lies, its length, its CRC-32C |
//! | 16 | episode |
//! | 8 | when the next thing is due, in milliseconds; the least number: nothing is |
//! | 4, then 12 each | later queued deliveries: number, position of the commit that queued it |
//! | 4, then 14 and the name each | what waits: number, position as above, priority, bytes of the mailbox's name |

use std::sync::Arc;

use super::bytes::{Cursor, narrow};
use super::effect::{Held, InGroup};
use super::journal::Reader;
use super::live::{Standing, Waits};
use super::state::writes_at;
use crate::domain::{AlertId, EpisodeId, MailboxId, Position, Priority, Timestamp};
use crate::record::{self, Write};
use crate::store::StoreError;

/// What stands in the index for an alert.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Indexed {
    /// The commit that put the record.
    position: Position,
    lies: InGroup,
    /// As in [`Held`].
    queued: Vec<(u32, Position)>,
    /// What is going on.
    pub(crate) standing: Standing,
}

const NOTHING_DUE: i64 = i64::MIN;

/// The value of an alert whose record the commit at `position` put.
pub(crate) fn encode(held: &Held, position: Position, lies: InGroup) -> Vec<u8> {
    let mut value = Vec::with_capacity(160);
    let mut put = |bytes: &[u8]| value.extend_from_slice(bytes);
    let standing = Standing::of(held);
    put(&position.0.to_le_bytes());
    put(&lies.offset.to_le_bytes());
    put(&lies.length.to_le_bytes());
    put(&lies.check.to_le_bytes());
    put(standing.episode.as_bytes());
    put(&standing.due.map_or(NOTHING_DUE, Timestamp::as_millis).to_le_bytes());
    put(&count(held.queued.len()));
    for (number, position) in &held.queued {
        put(&number.to_le_bytes());
        put(&position.0.to_le_bytes());
    }
    put(&count(standing.waits.len()));
    for waits in &standing.waits {
        put(&waits.number.to_le_bytes());
        put(&waits.queued.0.to_le_bytes());
        // Codes of priorities and lengths of names are small.
        put(&[u8::try_from(waits.priority.code()).unwrap_or(u8::MAX)]);
        put(&[u8::try_from(waits.mailbox.as_str().len()).unwrap_or(u8::MAX)]);
        put(waits.mailbox.as_str().as_bytes());
    }
    value
}

fn count(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes()
}

/// Reads a value; none when it is not one.
pub(crate) fn decode(value: &[u8]) -> Option<Indexed> {
    let mut cursor = Cursor::new(value);
    let position = Position(cursor.u64()?);
    let lies = InGroup { offset: cursor.u32()?, length: cursor.u32()?, check: cursor.u32()? };
    let episode = EpisodeId::from_bytes(cursor.array()?);
    let due = i64::from_le_bytes(cursor.array()?);
    let due = (due != NOTHING_DUE).then(|| Timestamp::from_millis(due));
    let queued = cursor.u32()?;
    let queued = (0..queued).map(|_| Some((cursor.u32()?, Position(cursor.u64()?))));
    let queued = queued.collect::<Option<_>>()?;
    let waits = cursor.u32()?;
    let waits = (0..waits).map(|_| waits_in(&mut cursor)).collect::<Option<_>>()?;
    let standing = Standing { episode, due, waits };
    cursor.rest().is_empty().then_some(Indexed { position, lies, queued, standing })
}

fn waits_in(cursor: &mut Cursor<'_>) -> Option<Waits> {
    let (number, queued) = (cursor.u32()?, Position(cursor.u64()?));
    let [priority, length] = cursor.array()?;
    let name = std::str::from_utf8(cursor.bytes(narrow(u64::from(length))?)?).ok()?;
    Some(Waits {
        mailbox: MailboxId::try_from(name).ok()?,
        number,
        queued,
        priority: Priority::from_code(u32::from(priority))?,
    })
}

impl Indexed {
    /// The alert's record, from the journal.
    ///
    /// # Errors
    /// When the journal does not hold it where the index says.
    pub(crate) fn held(self, alert: AlertId, reader: &Reader) -> Result<Held, StoreError> {
        let misplaced = || StoreError::Damaged {
            place: format!("the commit at position {}: the index names it", self.position),
        };
        let record = match reader.part(self.position, self.lies)? {
            Some(bytes) => record::decode_alert(&bytes).map_err(|_error| misplaced())?,
            None => {
                let put =
                    writes_at(reader, self.position)?.into_iter().find_map(|write| match write {
                        Write::Alert(record) if record.id == alert => Some(*record),
                        Write::Alert(_)
                        | Write::Body { .. }
                        | Write::Key { .. }
                        | Write::Reference { .. }
                        | Write::Mentions { .. }
                        | Write::HandOut { .. }
                        | Write::Directory(_) => None,
                    });
                put.ok_or_else(misplaced)?
            }
        };
        if record.id != alert {
            return Err(misplaced());
        }
        let record = record.settled_at(self.position);
        Ok(Held { record: Arc::new(record), queued: self.queued })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::delivery::DeliveryState;
    use crate::record::sample;

    #[test]
    fn what_is_kept_of_an_alert_is_read_back_and_nothing_shorter_or_longer_is() {
        let mut record = sample::alert().settled_at(Position(7));
        record.deliveries[0].state = DeliveryState::Queued;
        let held = Held { record: Arc::new(record), queued: vec![(1, Position(9))] };
        let lies = InGroup { offset: 180, length: 4_000, check: 0xDEAD_BEEF };

        let value = encode(&held, Position(9), lies);

        let read = decode(&value).unwrap();
        assert_eq!((read.position, read.lies), (Position(9), lies));
        assert_eq!(read.queued, held.queued);
        assert_eq!(read.standing, Standing::of(&held));
        assert!(!read.standing.waits.is_empty(), "the sample has something that waits");
        for length in 0..value.len() {
            assert_eq!(decode(&value[..length]), None);
        }
        assert_eq!(decode(&[value.as_slice(), &[0]].concat()), None);
    }
}
