//! An alert's record.

use crate::domain::alert::{BodyRef, Gap, SealedConflicts, Timer};
use crate::domain::decision::SharingDecision;
use crate::domain::{AlertId, AlertRecord, Delivery, EpisodeId, Position, SubjectRef, Timestamp};

use super::error::RecordError;
use super::{field, pb};

impl From<&AlertRecord> for pb::AlertRecord {
    fn from(alert: &AlertRecord) -> Self {
        Self {
            id: alert.id.as_bytes().to_vec(),
            version: alert.version,
            kind: alert.kind.code(),
            schema_version: alert.schema_version.clone(),
            sender: alert.sender.to_string(),
            sender_system: alert.sender_system.as_ref().map(ToString::to_string),
            author: alert.author.as_ref().map(ToString::to_string),
            key: alert.key.to_string(),
            episode: alert.episode.as_bytes().to_vec(),
            completes: alert.completes.map(|id| id.as_bytes().to_vec()),
            followers: alert.followers.iter().map(|id| id.as_bytes().to_vec()).collect(),
            exercise: alert.exercise,
            priority: alert.priority.code(),
            risk: alert.risk.map(|risk| risk.code()),
            received_at: alert.received_at.as_millis(),
            status: alert.status.code(),
            gaps: alert.gaps.iter().map(Into::into).collect(),
            raised: alert.raised.clone(),
            subjects: alert.subjects.iter().map(|id| id.as_bytes().to_vec()).collect(),
            decisions: alert.decisions.iter().map(Into::into).collect(),
            deliveries: alert.deliveries.iter().map(Into::into).collect(),
            timers: alert.timers.iter().map(Into::into).collect(),
            body: alert.body.as_ref().map(Into::into),
            submitted: position_out(alert.submitted),
            conflicts: alert.conflicts.as_ref().map(Into::into),
        }
    }
}

impl TryFrom<pb::AlertRecord> for AlertRecord {
    type Error = RecordError;

    fn try_from(raw: pb::AlertRecord) -> Result<Self, Self::Error> {
        Ok(Self {
            id: field::id("AlertRecord.id", &raw.id, AlertId::from_bytes)?,
            version: raw.version,
            kind: field::code("AlertRecord.kind", raw.kind)?,
            schema_version: raw.schema_version,
            sender: field::text("AlertRecord.sender", raw.sender)?,
            sender_system: field::optional_text("AlertRecord.sender_system", raw.sender_system)?,
            author: field::optional_text("AlertRecord.author", raw.author)?,
            key: field::text("AlertRecord.key", raw.key)?,
            episode: field::id("AlertRecord.episode", &raw.episode, EpisodeId::from_bytes)?,
            completes: raw
                .completes
                .map(|id| field::id("AlertRecord.completes", &id, AlertId::from_bytes))
                .transpose()?,
            followers: field::ids("AlertRecord.followers", &raw.followers, AlertId::from_bytes)?,
            exercise: raw.exercise,
            priority: field::code("AlertRecord.priority", raw.priority)?,
            risk: field::optional_code("AlertRecord.risk", raw.risk)?,
            received_at: Timestamp::from_millis(raw.received_at),
            status: field::code("AlertRecord.status", raw.status)?,
            gaps: raw.gaps.into_iter().map(Gap::try_from).collect::<Result<_, _>>()?,
            raised: raw.raised,
            subjects: field::ids("AlertRecord.subjects", &raw.subjects, SubjectRef::from_bytes)?,
            decisions: raw
                .decisions
                .into_iter()
                .map(SharingDecision::try_from)
                .collect::<Result<_, _>>()?,
            deliveries: raw
                .deliveries
                .into_iter()
                .map(Delivery::try_from)
                .collect::<Result<_, _>>()?,
            timers: raw.timers.into_iter().map(Timer::try_from).collect::<Result<_, _>>()?,
            conflicts: raw.conflicts.map(SealedConflicts::try_from).transpose()?,
            body: raw.body.map(BodyRef::try_from).transpose()?,
            submitted: position_in(raw.submitted),
        })
    }
}

/// A position, or nothing for the commit that carries the record.
pub(super) fn position_out(position: Position) -> Option<u64> {
    (position != Position::THIS).then_some(position.0)
}

/// The way back from [`position_out`].
pub(super) fn position_in(raw: Option<u64>) -> Position {
    raw.map_or(Position::THIS, Position)
}

impl From<&SealedConflicts> for pb::SealedConflicts {
    fn from(sealed: &SealedConflicts) -> Self {
        Self { nonce: sealed.nonce.to_vec(), ciphertext: sealed.ciphertext.clone() }
    }
}

impl TryFrom<pb::SealedConflicts> for SealedConflicts {
    type Error = RecordError;

    fn try_from(raw: pb::SealedConflicts) -> Result<Self, Self::Error> {
        let nonce = field::bytes("SealedConflicts.nonce", &raw.nonce)?;
        Ok(Self { nonce, ciphertext: raw.ciphertext })
    }
}

impl From<&Gap> for pb::Gap {
    fn from(gap: &Gap) -> Self {
        Self { path: gap.path.clone(), rule: gap.rule.code(), reason: gap.reason.clone() }
    }
}

impl TryFrom<pb::Gap> for Gap {
    type Error = RecordError;

    fn try_from(raw: pb::Gap) -> Result<Self, Self::Error> {
        Ok(Self { path: raw.path, rule: field::code("Gap.rule", raw.rule)?, reason: raw.reason })
    }
}

impl From<&BodyRef> for pb::BodyRef {
    fn from(body: &BodyRef) -> Self {
        Self {
            position: position_out(body.position),
            key: Some((&body.key).into()),
            commitment: body.commitment.to_vec(),
        }
    }
}

impl TryFrom<pb::BodyRef> for BodyRef {
    type Error = RecordError;

    fn try_from(raw: pb::BodyRef) -> Result<Self, Self::Error> {
        Ok(Self {
            position: position_in(raw.position),
            key: field::required("BodyRef.key", raw.key)?.into(),
            commitment: field::bytes("BodyRef.commitment", &raw.commitment)?,
        })
    }
}

impl From<&SharingDecision> for pb::SharingDecision {
    fn from(decision: &SharingDecision) -> Self {
        Self {
            mailbox: decision.mailbox.to_string(),
            letter: Some(decision.letter.code()),
            routes: field::rules(&decision.routes),
            priority: decision.priority.code(),
            row: decision.row.code(),
            applicable: field::rules(&decision.applicable),
            outcome: decision.outcome.code(),
            view: decision.view.code(),
            basis: decision.basis.map(|basis| basis.code()),
            provisional: decision.provisional,
        }
    }
}

impl TryFrom<pb::SharingDecision> for SharingDecision {
    type Error = RecordError;

    fn try_from(raw: pb::SharingDecision) -> Result<Self, Self::Error> {
        let letter = field::required("SharingDecision.letter", raw.letter)?;
        Ok(Self {
            mailbox: field::text("SharingDecision.mailbox", raw.mailbox)?,
            letter: field::code("SharingDecision.letter", letter)?,
            routes: field::codes("SharingDecision.routes", raw.routes)?,
            priority: field::code("SharingDecision.priority", raw.priority)?,
            row: field::code("SharingDecision.row", raw.row)?,
            applicable: field::codes("SharingDecision.applicable", raw.applicable)?,
            outcome: field::code("SharingDecision.outcome", raw.outcome)?,
            view: field::code("SharingDecision.view", raw.view)?,
            basis: field::optional_code("SharingDecision.basis", raw.basis)?,
            provisional: raw.provisional,
        })
    }
}

impl From<&Timer> for pb::Timer {
    fn from(timer: &Timer) -> Self {
        Self {
            kind: timer.kind.code(),
            due: Some((&timer.due).into()),
            mailbox: timer.mailbox.to_string(),
            delivery: timer.delivery,
            state: timer.state.code(),
        }
    }
}

impl TryFrom<pb::Timer> for Timer {
    type Error = RecordError;

    fn try_from(raw: pb::Timer) -> Result<Self, Self::Error> {
        Ok(Self {
            kind: field::code("Timer.kind", raw.kind)?,
            due: field::required("Timer.due", raw.due)?.try_into()?,
            mailbox: field::text("Timer.mailbox", raw.mailbox)?,
            delivery: raw.delivery,
            state: field::code("Timer.state", raw.state)?,
        })
    }
}
