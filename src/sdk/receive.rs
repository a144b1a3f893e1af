//! Receiving: a stream of copies, tombstones and heartbeats.

use tonic::Streaming;

use super::ClientError;
use crate::wire::v1;
use crate::wire::v1::receive_response::Item;

/// An open stream.
pub struct Receiving {
    stream: Streaming<v1::ReceiveResponse>,
}

/// One thing the hub sent, with the cursor to keep once it is stored.
#[derive(Debug)]
pub enum Received {
    /// A copy of an alert.
    Copy {
        /// The copy.
        copy: Box<v1::AlertCopy>,
        /// Keep it after storing the copy; give it on the next connection.
        cursor: Vec<u8>,
    },
    /// A delivery that has ended: drop your copy.
    Tombstone {
        /// Which.
        tombstone: v1::Tombstone,
        /// Keep it after dropping the copy.
        cursor: Vec<u8>,
    },
    /// The hub is there; how far it is.
    Heartbeat(v1::Heartbeat),
}

impl Receiving {
    pub(super) const fn new(stream: Streaming<v1::ReceiveResponse>) -> Self {
        Self { stream }
    }

    /// The next thing the hub sends.
    ///
    /// # Errors
    /// The hub ended the stream or refused, or the connection broke: connect again with the cursor kept.
    pub async fn next(&mut self) -> Result<Received, ClientError> {
        loop {
            let Some(response) = self.stream.message().await? else {
                return Err(ClientError::StreamEnded);
            };
            let cursor = response.cursor;
            match response.item {
                Some(Item::Copy(copy)) => {
                    return Ok(Received::Copy { copy: Box::new(copy), cursor });
                }
                Some(Item::Tombstone(tombstone)) => {
                    return Ok(Received::Tombstone { tombstone, cursor });
                }
                Some(Item::Heartbeat(heartbeat)) => return Ok(Received::Heartbeat(heartbeat)),
                // A newer hub's item: not for this client.
                None => {}
            }
        }
    }
}
