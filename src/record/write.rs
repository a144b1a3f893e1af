//! The changes of a commit.

use crate::crypto::Sealed;
use crate::domain::alert::DataKeyId;
use crate::domain::directory::Directory;
use crate::domain::{
    AgencyCode, AlertId, AlertRecord, DeliveryId, EpisodeReference, IdempotencyKey, MailboxId,
    Timestamp,
};

use super::error::RecordError;
use super::pb::write::Change;
use super::{field, pb};

/// One change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Write {
    /// Puts an alert's record at its next version.
    Alert(Box<AlertRecord>),
    /// Keeps the sealed bytes of an alert.
    Body {
        /// The alert.
        alert: AlertId,
        /// Its sealed bytes.
        sealed: Sealed,
    },
    /// Remembers what a sender's key was used for.
    Key {
        /// The sender.
        agency: AgencyCode,
        /// Its key.
        key: IdempotencyKey,
        /// The alert taken under it.
        alert: AlertId,
        /// When the key may be forgotten: 30 days after the alert was taken.
        expires_at: Timestamp,
    },
    /// Remembers which episode a sender's own reference names, in place of an earlier one.
    Reference {
        /// The sender.
        agency: AgencyCode,
        /// What it calls the episode.
        reference: EpisodeReference,
        /// The episode's first alert.
        alert: AlertId,
    },
    /// Appends to what a mailbox was handed out. The deliveries' own records are written beside it.
    HandOut {
        /// The mailbox.
        mailbox: MailboxId,
        /// The number of the first delivery; the rest follow without a gap.
        first_sequence: u64,
        /// At most 256 deliveries.
        deliveries: Vec<DeliveryId>,
    },
    /// Puts the directory at its next version.
    Directory(Box<Directory>),
}

impl From<&Write> for pb::Write {
    fn from(write: &Write) -> Self {
        let change = match write {
            Write::Alert(alert) => Change::Alert(alert.as_ref().into()),
            Write::Body { alert, sealed } => Change::Body(pb::StoredBody {
                alert: alert.as_bytes().to_vec(),
                sealed: Some(sealed.into()),
            }),
            Write::Key { agency, key, alert, expires_at } => Change::Key(pb::StoredKey {
                agency: agency.to_string(),
                key: key.to_string(),
                alert: alert.as_bytes().to_vec(),
                expires_at: expires_at.as_millis(),
            }),
            Write::Reference { agency, reference, alert } => {
                Change::Reference(pb::StoredReference {
                    agency: agency.to_string(),
                    reference: reference.as_bytes().to_vec(),
                    alert: alert.as_bytes().to_vec(),
                })
            }
            Write::HandOut { mailbox, first_sequence, deliveries } => {
                Change::HandOut(pb::HandOut {
                    mailbox: mailbox.to_string(),
                    first_sequence: *first_sequence,
                    deliveries: deliveries.iter().map(Into::into).collect(),
                })
            }
            Write::Directory(directory) => Change::Directory(directory.as_ref().into()),
        };
        Self { change: Some(change) }
    }
}

impl TryFrom<pb::Write> for Write {
    type Error = RecordError;

    fn try_from(raw: pb::Write) -> Result<Self, Self::Error> {
        Ok(match field::required("Write.change", raw.change)? {
            Change::Alert(alert) => Self::Alert(Box::new(alert.try_into()?)),
            Change::Body(body) => Self::Body {
                alert: field::id("StoredBody.alert", &body.alert, AlertId::from_bytes)?,
                sealed: field::required("StoredBody.sealed", body.sealed)?.try_into()?,
            },
            Change::Key(key) => Self::Key {
                agency: field::text("StoredKey.agency", key.agency)?,
                key: field::text("StoredKey.key", key.key)?,
                alert: field::id("StoredKey.alert", &key.alert, AlertId::from_bytes)?,
                expires_at: Timestamp::from_millis(key.expires_at),
            },
            Change::Reference(named) => Self::Reference {
                agency: field::text("StoredReference.agency", named.agency)?,
                reference: EpisodeReference::from_bytes(field::bytes(
                    "StoredReference.reference",
                    &named.reference,
                )?),
                alert: field::id("StoredReference.alert", &named.alert, AlertId::from_bytes)?,
            },
            Change::HandOut(hand_out) => Self::HandOut {
                mailbox: field::text("HandOut.mailbox", hand_out.mailbox)?,
                first_sequence: hand_out.first_sequence,
                deliveries: hand_out
                    .deliveries
                    .into_iter()
                    .map(DeliveryId::try_from)
                    .collect::<Result<_, _>>()?,
            },
            Change::Directory(directory) => Self::Directory(Box::new(directory.try_into()?)),
        })
    }
}

impl From<&DeliveryId> for pb::DeliveryId {
    fn from(id: &DeliveryId) -> Self {
        Self { alert: id.alert.as_bytes().to_vec(), number: id.number }
    }
}

impl TryFrom<pb::DeliveryId> for DeliveryId {
    type Error = RecordError;

    fn try_from(raw: pb::DeliveryId) -> Result<Self, Self::Error> {
        let alert = field::id("DeliveryId.alert", &raw.alert, AlertId::from_bytes)?;
        Ok(Self { alert, number: raw.number })
    }
}

impl From<&Sealed> for pb::Sealed {
    fn from(sealed: &Sealed) -> Self {
        Self {
            key: Some((&sealed.key).into()),
            nonce: sealed.nonce.to_vec(),
            ciphertext: sealed.ciphertext.clone(),
        }
    }
}

impl TryFrom<pb::Sealed> for Sealed {
    type Error = RecordError;

    fn try_from(raw: pb::Sealed) -> Result<Self, Self::Error> {
        Ok(Self {
            key: field::required("Sealed.key", raw.key)?.into(),
            nonce: field::bytes("Sealed.nonce", &raw.nonce)?,
            ciphertext: raw.ciphertext,
        })
    }
}

impl From<&DataKeyId> for pb::DataKeyId {
    fn from(key: &DataKeyId) -> Self {
        Self { file: key.file.clone(), slot: key.slot }
    }
}

impl From<pb::DataKeyId> for DataKeyId {
    fn from(raw: pb::DataKeyId) -> Self {
        Self { file: raw.file, slot: raw.slot }
    }
}
