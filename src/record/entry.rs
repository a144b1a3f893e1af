//! Entries: the leaf, its events and their salted hashes.

use ring::digest;

use crate::domain::event::{Actor, Event, RedactionReason};
use crate::domain::{AlertId, EpisodeId, EventId, SubjectRef, Timestamp};

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

impl From<&RecordedEntry> for pb::RecordedEntry {
    fn from(entry: &RecordedEntry) -> Self {
        let event = |event: &RecordedEvent| pb::RecordedEvent {
            salt: event.salt.to_vec(),
            event: event.bytes.clone(),
        };
        Self { leaf: entry.leaf.clone(), events: entry.events.iter().map(event).collect() }
    }
}

impl TryFrom<pb::RecordedEntry> for RecordedEntry {
    type Error = RecordError;

    fn try_from(raw: pb::RecordedEntry) -> Result<Self, Self::Error> {
        let event = |raw: pb::RecordedEvent| {
            let salt = field::bytes("RecordedEvent.salt", &raw.salt)?;
            Ok(RecordedEvent { salt, bytes: raw.event })
        };
        Ok(Self {
            leaf: raw.leaf,
            events: raw.events.into_iter().map(event).collect::<Result<_, RecordError>>()?,
        })
    }
}

impl From<&Leaf> for pb::Leaf {
    fn from(leaf: &Leaf) -> Self {
        Self {
            format: FORMAT,
            at: leaf.at.as_millis(),
            actor: Some((&leaf.actor).into()),
            event_hashes: leaf.event_hashes.iter().map(|hash| hash.to_vec()).collect(),
        }
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

impl From<&Actor> for pb::Actor {
    fn from(actor: &Actor) -> Self {
        Self {
            how: actor.how.code(),
            agency: actor.agency.as_ref().map(ToString::to_string),
            system: actor.system.as_ref().map(ToString::to_string),
            user: actor.user.as_ref().map(ToString::to_string),
            role: actor.role.map(|role| role.code()),
            driver: actor.driver.map(|driver| driver.code()),
            fingerprint: actor.fingerprint.map(|fingerprint| fingerprint.to_vec()),
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

impl From<&Event> for pb::Event {
    fn from(event: &Event) -> Self {
        let redacted = |(path, reason): &(String, RedactionReason)| pb::RedactedField {
            path: path.clone(),
            reason: reason.code(),
        };
        Self {
            id: event.id.as_bytes().to_vec(),
            kind: event.kind.code(),
            outcome: event.outcome.code(),
            alert: event.alert.map(|id| id.as_bytes().to_vec()),
            delivery: event.delivery,
            episode: event.episode.map(|id| id.as_bytes().to_vec()),
            subjects: event.subjects.iter().map(|id| id.as_bytes().to_vec()).collect(),
            fields_viewed: event.fields_viewed.clone(),
            fields_redacted: event.fields_redacted.iter().map(redacted).collect(),
            fields_refused: event.fields_refused.clone(),
            rules: field::rules(&event.rules),
            recipient: event.recipient.as_ref().map(ToString::to_string),
            mailbox: event.mailbox.as_ref().map(ToString::to_string),
            view: event.view.map(|view| view.code()),
            view_version: event.view_version,
            policy_version: event.policy_version,
            basis: event.basis.clone(),
            deadline: event.deadline.as_ref().map(Into::into),
            level: event.level.map(u32::from),
            count: event.count,
            reason: event.reason.clone(),
            person: event.person.as_ref().map(ToString::to_string),
            roles: field::roles(&event.roles),
            content: event.content.map(|content| content.to_vec()),
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
