//! Entries: the leaf, its events and their salted hashes.

use ring::digest;

use crate::domain::event::{Actor, Event};
use crate::domain::principal::Driver;
use crate::domain::{
    AgencyCode, AlertId, EpisodeId, EventId, MailboxId, Role, SubjectRef, SystemName, Timestamp,
    UserId, View,
};

use super::encode::{Encode, Encoder};
use super::error::RecordError;
use super::{FORMAT, RecordedEntry, RecordedEvent, field, pb};

/// One leaf of the audit tree, read: who, when, and a commitment to each event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Leaf {
    /// By whom.
    pub actor: Actor,
    /// Hub time of the decision.
    pub at: Timestamp,
    /// [`event_hash`] of each event, in order.
    pub event_hashes: Vec<[u8; 32]>,
}

/// The fields of an `Event` that tell which it is; the others are passed over.
#[derive(Clone, PartialEq, ::prost::Message)]
pub(super) struct Head {
    #[prost(uint32, tag = "2")]
    pub(super) kind: u32,
    #[prost(bytes = "vec", optional, tag = "4")]
    pub(super) alert: Option<Vec<u8>>,
    #[prost(uint32, optional, tag = "5")]
    pub(super) delivery: Option<u32>,
}

/// What a leaf holds for one event: `SHA-256(0x02 || salt || event)`.
///
/// The prefix keeps it apart from the tree's leaves (0x00) and nodes (0x01).
#[must_use]
pub fn event_hash(salt: &[u8; 32], event: &[u8]) -> [u8; 32] {
    sha256(&[&[0x02], salt, event])
}

pub(super) fn event_salt(seed: &[u8; 32], index: u32) -> [u8; 32] {
    sha256(&[b"staysafe event salt", seed, &index.to_be_bytes()])
}

pub(super) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = digest::Context::new(&digest::SHA256);
    parts.iter().for_each(|part| context.update(part));
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    hash
}

impl Encode for RecordedEntry {
    fn encode(&self, to: &mut Encoder) {
        to.bytes(1, &self.leaf);
        to.each(2, &self.events);
    }
}

impl Encode for RecordedEvent {
    fn encode(&self, to: &mut Encoder) {
        to.bytes(1, &self.salt);
        to.bytes(2, &self.bytes);
    }
}

impl TryFrom<pb::RecordedEntry> for RecordedEntry {
    type Error = RecordError;

    fn try_from(raw: pb::RecordedEntry) -> Result<Self, Self::Error> {
        let event = |raw: pb::RecordedEvent| {
            let salt = field::bytes("RecordedEvent.salt", &raw.salt)?;
            Ok(RecordedEvent { salt, bytes: raw.event.into() })
        };
        Ok(Self {
            leaf: raw.leaf.into(),
            events: raw.events.into_iter().map(event).collect::<Result<_, RecordError>>()?,
        })
    }
}

impl Encode for Leaf {
    fn encode(&self, to: &mut Encoder) {
        to.code(1, FORMAT);
        to.instant(2, self.at.as_millis());
        to.one(3, &self.actor);
        self.event_hashes.iter().for_each(|hash| to.given(4, hash));
    }
}

impl TryFrom<pb::Leaf> for Leaf {
    type Error = RecordError;

    fn try_from(raw: pb::Leaf) -> Result<Self, Self::Error> {
        field::format("Leaf.format", raw.format)?;
        let hash = |raw: &Vec<u8>| field::bytes("Leaf.event_hashes", raw);
        Ok(Self {
            actor: field::required("Leaf.actor", raw.actor)?.try_into()?,
            at: Timestamp::from_millis(raw.at),
            event_hashes: raw.event_hashes.iter().map(hash).collect::<Result<_, _>>()?,
        })
    }
}

impl Encode for Actor {
    fn encode(&self, to: &mut Encoder) {
        to.code(1, self.how.code());
        to.optional_text(2, self.agency.as_ref().map(AgencyCode::as_str));
        to.optional_text(3, self.system.as_ref().map(SystemName::as_str));
        to.optional_text(4, self.user.as_ref().map(UserId::as_str));
        to.optional_code(5, self.role.map(Role::code));
        to.optional_code(6, self.driver.map(Driver::code));
        if let Some(fingerprint) = &self.fingerprint {
            to.given(7, fingerprint);
        }
    }
}

impl TryFrom<pb::Actor> for Actor {
    type Error = RecordError;

    fn try_from(raw: pb::Actor) -> Result<Self, Self::Error> {
        let fingerprint = raw.fingerprint.map(|raw| field::bytes("Actor.fingerprint", &raw));
        Ok(Self {
            how: field::code("Actor.how", raw.how)?,
            agency: field::optional_text("Actor.agency", raw.agency)?,
            system: field::optional_text("Actor.system", raw.system)?,
            user: field::optional_text("Actor.user", raw.user)?,
            role: field::optional_code("Actor.role", raw.role)?,
            driver: field::optional_code("Actor.driver", raw.driver)?,
            fingerprint: fingerprint.transpose()?,
        })
    }
}

impl Encode for Event {
    fn encode(&self, to: &mut Encoder) {
        to.bytes(1, self.id.as_bytes());
        to.code(2, self.kind.code());
        to.code(3, self.outcome.code());
        if let Some(alert) = &self.alert {
            to.given(4, alert.as_bytes());
        }
        to.optional_code(5, self.delivery);
        if let Some(episode) = &self.episode {
            to.given(6, episode.as_bytes());
        }
        self.subjects.iter().for_each(|subject| to.given(7, subject.as_bytes()));
        self.fields_viewed.iter().for_each(|path| to.given(8, path.as_bytes()));
        for (path, reason) in &self.fields_redacted {
            to.nested(9, |to| {
                to.text(1, path);
                to.code(2, reason.code());
            });
        }
        self.fields_refused.iter().for_each(|path| to.given(10, path.as_bytes()));
        to.codes(11, self.rules.iter().map(|rule| rule.code()));
        to.optional_text(12, self.recipient.as_ref().map(AgencyCode::as_str));
        to.optional_text(13, self.mailbox.as_ref().map(MailboxId::as_str));
        to.optional_code(14, self.view.map(View::code));
        to.optional_code(15, self.view_version);
        to.optional_code(16, self.policy_version);
        to.optional_text(17, self.basis.as_deref());
        to.maybe(18, self.deadline.as_ref());
        to.optional_code(19, self.level.map(u32::from));
        to.optional(20, self.count);
        to.optional_text(21, self.reason.as_deref());
        to.optional_text(22, self.person.as_ref().map(UserId::as_str));
        to.codes(23, self.roles.iter().map(|role| role.code()));
        if let Some(content) = &self.content {
            to.given(24, content);
        }
    }
}

impl TryFrom<pb::Event> for Event {
    type Error = RecordError;

    fn try_from(raw: pb::Event) -> Result<Self, Self::Error> {
        let redacted = |raw: pb::RedactedField| {
            Ok((raw.path, field::code("RedactedField.reason", raw.reason)?))
        };
        let content = raw.content.map(|raw| field::bytes("Event.content", &raw));
        let alert = raw.alert.map(|raw| field::id("Event.alert", &raw, AlertId::from_bytes));
        let episode =
            raw.episode.map(|raw| field::id("Event.episode", &raw, EpisodeId::from_bytes));
        Ok(Self {
            id: field::id("Event.id", &raw.id, EventId::from_bytes)?,
            kind: field::code("Event.kind", raw.kind)?,
            outcome: field::code("Event.outcome", raw.outcome)?,
            alert: alert.transpose()?,
            delivery: raw.delivery,
            episode: episode.transpose()?,
            subjects: field::ids("Event.subjects", &raw.subjects, SubjectRef::from_bytes)?,
            fields_viewed: raw.fields_viewed,
            fields_redacted: raw
                .fields_redacted
                .into_iter()
                .map(redacted)
                .collect::<Result<_, RecordError>>()?,
            fields_refused: raw.fields_refused,
            rules: field::codes("Event.rules", raw.rules)?,
            recipient: field::optional_text("Event.recipient", raw.recipient)?,
            mailbox: field::optional_text("Event.mailbox", raw.mailbox)?,
            view: field::optional_code("Event.view", raw.view)?,
            view_version: raw.view_version,
            policy_version: raw.policy_version,
            basis: raw.basis,
            deadline: raw.deadline.map(TryInto::try_into).transpose()?,
            level: raw.level.map(|raw| field::level("Event.level", raw)).transpose()?,
            count: raw.count,
            reason: raw.reason,
            person: field::optional_text("Event.person", raw.person)?,
            roles: field::codes("Event.roles", raw.roles)?,
            content: content.transpose()?,
        })
    }
}
