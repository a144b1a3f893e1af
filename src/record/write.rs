//! The changes of a commit.

use crate::crypto::Sealed;
use crate::domain::alert::DataKeyId;
use crate::domain::directory::Directory;
use crate::domain::{
    AgencyCode, AlertId, AlertRecord, DeliveryId, EpisodeReference, IdempotencyKey, MailboxId,
    MentionToken, Timestamp,
};

use super::encode::{Encode, Encoder};
use super::error::RecordError;
use super::pb::write::Change;
use super::{encode_directory, field, pb};

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
    /// Remembers by what the persons of an alert may be found again.
    Mentions {
        /// The alert.
        alert: AlertId,
        /// The tokens, each once.
        tokens: Vec<MentionToken>,
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

impl Encode for Write {
    fn encode(&self, to: &mut Encoder) {
        match self {
            Self::Alert(alert) => to.one(1, alert.as_ref()),
            Self::Body { alert, sealed } => to.nested(2, |to| {
                to.bytes(1, alert.as_bytes());
                to.one(2, sealed);
            }),
            Self::Key { agency, key, alert, expires_at } => to.nested(3, |to| {
                to.text(1, agency.as_str());
                to.text(2, key.as_str());
                to.bytes(3, alert.as_bytes());
                to.instant(4, expires_at.as_millis());
            }),
            Self::HandOut { mailbox, first_sequence, deliveries } => to.nested(4, |to| {
                to.text(1, mailbox.as_str());
                to.number(2, *first_sequence);
                to.each(3, deliveries);
            }),
            Self::Directory(directory) => to.given(5, &encode_directory(directory)),
            Self::Reference { agency, reference, alert } => to.nested(6, |to| {
                to.text(1, agency.as_str());
                to.bytes(2, reference.as_bytes());
                to.bytes(3, alert.as_bytes());
            }),
            Self::Mentions { alert, tokens } => to.nested(7, |to| {
                to.bytes(1, alert.as_bytes());
                tokens.iter().for_each(|token| to.bytes(2, token.as_bytes()));
            }),
        }
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
            Change::Mentions(mentions) => Self::Mentions {
                alert: field::id("StoredMentions.alert", &mentions.alert, AlertId::from_bytes)?,
                tokens: mentions
                    .tokens
                    .iter()
                    .map(|token| {
                        field::id("StoredMentions.tokens", token, MentionToken::from_bytes)
                    })
                    .collect::<Result<_, _>>()?,
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

impl Encode for DeliveryId {
    fn encode(&self, to: &mut Encoder) {
        to.bytes(1, self.alert.as_bytes());
        to.code(2, self.number);
    }
}

impl TryFrom<pb::DeliveryId> for DeliveryId {
    type Error = RecordError;

    fn try_from(raw: pb::DeliveryId) -> Result<Self, Self::Error> {
        let alert = field::id("DeliveryId.alert", &raw.alert, AlertId::from_bytes)?;
        Ok(Self { alert, number: raw.number })
    }
}

impl Encode for Sealed {
    fn encode(&self, to: &mut Encoder) {
        to.one(1, &self.key);
        to.bytes(2, &self.nonce);
        to.bytes(3, &self.ciphertext);
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

impl Encode for DataKeyId {
    fn encode(&self, to: &mut Encoder) {
        to.text(1, &self.file);
        to.code(2, self.slot);
    }
}

impl From<pb::DataKeyId> for DataKeyId {
    fn from(raw: pb::DataKeyId) -> Self {
        Self { file: raw.file.into(), slot: raw.slot }
    }
}
