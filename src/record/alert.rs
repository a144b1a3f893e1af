//! An alert's record.

use crate::domain::after::{AfterSending, Recalled, SameEvent, Weighed};
use crate::domain::alert::{BodyRef, Gap, Risk, SealedConflicts, ShownTo, Timer};
use crate::domain::counted::{
    AssessmentDone, AttendanceCounted, Counted, MissingCounted, OperationCounted, PairCounted,
    PlanAudited,
};
use crate::domain::decision::{Basis6, SharingDecision};
use crate::domain::identity::{Flagged, Link};
use crate::domain::referral::Referral;
use crate::domain::{
    Advice, AlertId, AlertRecord, EpisodeId, MentionToken, Position, Stage, SubjectRef, SystemName,
    Timestamp, UserId,
};

use super::encode::{Encode, Encoder};
use super::error::RecordError;
use super::{field, pb};

impl Encode for AlertRecord {
    fn encode(&self, to: &mut Encoder) {
        to.bytes(1, self.id.as_bytes());
        to.number(2, self.version);
        to.code(3, self.kind.code());
        to.text(4, &self.schema_version);
        to.text(5, self.sender.as_str());
        to.optional_text(6, self.sender_system.as_ref().map(SystemName::as_str));
        to.optional_text(7, self.author.as_ref().map(UserId::as_str));
        to.text(8, self.key.as_str());
        to.bytes(9, self.episode.as_bytes());
        self.followers.iter().for_each(|id| to.given(10, id.as_bytes()));
        to.flag(11, self.exercise);
        to.code(12, self.priority.code());
        to.optional_code(13, self.risk.map(Risk::code));
        to.instant(14, self.received_at.as_millis());
        to.code(15, self.status.code());
        to.each(16, &self.gaps);
        self.subjects.iter().for_each(|id| to.given(17, id.as_bytes()));
        to.each(18, &self.decisions);
        to.each(19, &self.deliveries);
        to.each(20, &self.timers);
        to.maybe(21, self.body.as_ref());
        to.optional(22, position_out(self.submitted));
        if let Some(completed) = &self.completes {
            to.given(23, completed.as_bytes());
        }
        self.raised.iter().for_each(|path| to.given(25, path.as_bytes()));
        to.maybe(26, self.conflicts.as_ref());
        to.maybe(27, self.mentions.as_ref());
        to.each(28, &self.links);
        to.each(29, &self.flags);
        let AfterSending {
            supersedes,
            superseded_by,
            changed,
            recalls,
            disagreements,
            consents,
            same_event: SameEvent { earlier, later, split_from },
            weighed,
        } = &self.after;
        supersedes.iter().for_each(|id| to.given(30, id.as_bytes()));
        superseded_by.iter().for_each(|id| to.given(31, id.as_bytes()));
        changed.iter().for_each(|path| to.given(32, path.as_bytes()));
        to.each(33, recalls);
        to.each(34, disagreements);
        to.each(35, consents);
        to.maybe(40, self.referral.as_ref());
        earlier.iter().for_each(|id| to.given(41, id.as_bytes()));
        later.iter().for_each(|id| to.given(42, id.as_bytes()));
        split_from.iter().for_each(|id| to.given(43, id.as_bytes()));
        to.maybe(45, self.counted.assessment.as_ref());
        to.maybe(46, self.counted.audit.as_ref());
        to.maybe(47, self.counted.pair.as_ref());
        to.each(48, weighed);
        to.optional_code(50, self.stage.map(Stage::code));
        to.codes(51, self.advice.iter().copied().map(Advice::code));
        self.denied.iter().for_each(|token| to.given(52, token.as_bytes()));
        to.flag(53, self.shown == ShownTo::AuthorAndLead);
        to.maybe(60, self.counted.operation.as_ref());
        to.maybe(61, self.counted.attendance.as_ref());
        to.maybe(62, self.counted.missing.as_ref());
        to.optional(63, self.counted.about.map(u64::from));
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
            completes: optional_alert("AlertRecord.completes", raw.completes)?,
            followers: field::ids("AlertRecord.followers", &raw.followers, AlertId::from_bytes)?,
            exercise: raw.exercise,
            priority: field::code("AlertRecord.priority", raw.priority)?,
            risk: field::optional_code("AlertRecord.risk", raw.risk)?,
            received_at: Timestamp::from_millis(raw.received_at),
            status: field::code("AlertRecord.status", raw.status)?,
            gaps: raw.gaps.into_iter().map(Gap::try_from).collect::<Result<_, _>>()?,
            raised: raw.raised,
            subjects: field::ids("AlertRecord.subjects", &raw.subjects, SubjectRef::from_bytes)?,
            decisions: all(raw.decisions)?,
            deliveries: all(raw.deliveries)?,
            timers: raw.timers.into_iter().map(Timer::try_from).collect::<Result<_, _>>()?,
            stage: field::optional_code("AlertRecord.stage", raw.stage)?,
            advice: field::codes("AlertRecord.advice", raw.advice)?,
            conflicts: raw.conflicts.map(SealedConflicts::try_from).transpose()?,
            referral: raw.referral.map(Referral::try_from).transpose()?,
            counted: Counted {
                assessment: raw.assessment.map(AssessmentDone::try_from).transpose()?,
                audit: raw.audit.map(PlanAudited::try_from).transpose()?,
                pair: raw.pair.map(PairCounted::try_from).transpose()?,
                operation: raw.operation.map(OperationCounted::from),
                attendance: raw.attendance.map(AttendanceCounted::try_from).transpose()?,
                missing: raw.missing.map(MissingCounted::try_from).transpose()?,
                about: raw.about,
            },
            mentions: raw.mentions.map(SealedConflicts::try_from).transpose()?,
            links: raw.links.into_iter().map(Link::try_from).collect::<Result<_, _>>()?,
            denied: field::ids("AlertRecord.denied", &raw.denied, MentionToken::from_bytes)?,
            shown: if raw.author_and_lead { ShownTo::AuthorAndLead } else { ShownTo::Readers },
            flags: raw.flags.into_iter().map(Flagged::try_from).collect::<Result<_, _>>()?,
            body: raw.body.map(BodyRef::try_from).transpose()?,
            after: AfterSending {
                supersedes: optional_alert("AlertRecord.supersedes", raw.supersedes)?,
                superseded_by: optional_alert("AlertRecord.superseded_by", raw.superseded_by)?,
                changed: raw.changed,
                recalls: all(raw.recalls)?,
                disagreements: all(raw.disagreements)?,
                same_event: SameEvent {
                    earlier: optional_alert("AlertRecord.same_event", raw.same_event)?,
                    later: field::ids(
                        "AlertRecord.same_event_later",
                        &raw.same_event_later,
                        AlertId::from_bytes,
                    )?,
                    split_from: raw
                        .split_from
                        .map(|id| field::id("AlertRecord.split_from", &id, EpisodeId::from_bytes))
                        .transpose()?,
                },
                consents: all(raw.consents)?,
                weighed: all(raw.weighed)?,
            },
            submitted: position_in(raw.submitted),
        })
    }
}

fn optional_alert(
    name: &'static str,
    raw: Option<Vec<u8>>,
) -> Result<Option<AlertId>, RecordError> {
    raw.map(|id| field::id(name, &id, AlertId::from_bytes)).transpose()
}

/// Every one of a list.
fn all<R, T: TryFrom<R, Error = RecordError>>(raw: Vec<R>) -> Result<Vec<T>, RecordError> {
    raw.into_iter().map(T::try_from).collect()
}

/// A position, or nothing for the commit that carries the record.
pub(super) fn position_out(position: Position) -> Option<u64> {
    (position != Position::THIS).then_some(position.0)
}

/// The way back from [`position_out`].
pub(super) fn position_in(raw: Option<u64>) -> Position {
    raw.map_or(Position::THIS, Position)
}

impl Encode for Weighed {
    fn encode(&self, to: &mut Encoder) {
        to.number(1, self.person.into());
        to.code(2, self.significance.code());
        to.one(3, &self.at);
    }
}

impl TryFrom<pb::Weighed> for Weighed {
    type Error = RecordError;

    fn try_from(raw: pb::Weighed) -> Result<Self, Self::Error> {
        Ok(Self {
            person: raw.person,
            significance: field::code("Weighed.significance", raw.significance)?,
            at: field::required("Weighed.at", raw.at)?.try_into()?,
        })
    }
}

impl Encode for Recalled {
    fn encode(&self, to: &mut Encoder) {
        to.code(1, self.delivery);
        to.code(2, self.reason.code());
        to.code(3, self.stage.code());
        to.one(4, &self.at);
        to.optional_code(5, self.notice);
        to.maybe(6, self.confirmed.as_ref());
    }
}

impl TryFrom<pb::Recalled> for Recalled {
    type Error = RecordError;

    fn try_from(raw: pb::Recalled) -> Result<Self, Self::Error> {
        Ok(Self {
            delivery: raw.delivery,
            reason: field::code("Recalled.reason", raw.reason)?,
            stage: field::code("Recalled.stage", raw.stage)?,
            at: field::required("Recalled.at", raw.at)?.try_into()?,
            notice: raw.notice,
            confirmed: raw.confirmed.map(TryInto::try_into).transpose()?,
        })
    }
}

impl Encode for SealedConflicts {
    fn encode(&self, to: &mut Encoder) {
        to.bytes(1, &self.nonce);
        to.bytes(2, &self.ciphertext);
    }
}

impl TryFrom<pb::SealedConflicts> for SealedConflicts {
    type Error = RecordError;

    fn try_from(raw: pb::SealedConflicts) -> Result<Self, Self::Error> {
        let nonce = field::bytes("SealedConflicts.nonce", &raw.nonce)?;
        Ok(Self { nonce, ciphertext: raw.ciphertext })
    }
}

impl Encode for Gap {
    fn encode(&self, to: &mut Encoder) {
        to.text(1, &self.path);
        to.code(2, self.rule.code());
        to.text(3, &self.reason);
    }
}

impl TryFrom<pb::Gap> for Gap {
    type Error = RecordError;

    fn try_from(raw: pb::Gap) -> Result<Self, Self::Error> {
        Ok(Self { path: raw.path, rule: field::code("Gap.rule", raw.rule)?, reason: raw.reason })
    }
}

impl Encode for BodyRef {
    fn encode(&self, to: &mut Encoder) {
        to.optional(1, position_out(self.position));
        to.one(2, &self.key);
        to.bytes(3, &self.commitment);
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

impl Encode for SharingDecision {
    fn encode(&self, to: &mut Encoder) {
        to.text(1, self.mailbox.as_str());
        to.optional_code(2, Some(self.letter.code()));
        to.codes(3, self.routes.iter().map(|rule| rule.code()));
        to.code(4, self.priority.code());
        to.code(5, self.row.code());
        to.codes(6, self.applicable.iter().map(|rule| rule.code()));
        to.code(7, self.outcome.code());
        to.code(8, self.view.code());
        to.optional_code(9, self.basis.map(Basis6::code));
        to.flag(10, self.provisional);
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

impl Encode for Timer {
    fn encode(&self, to: &mut Encoder) {
        to.code(1, self.kind.code());
        to.one(2, &self.due);
        to.text(3, self.mailbox.as_str());
        to.optional_code(4, self.delivery);
        to.code(5, self.state.code());
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
