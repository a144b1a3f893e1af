//! One delivery within an alert's record.

use crate::domain::alert::BodyRef;
use crate::domain::delivery::{AckOutcome, DeclineReason, Delivery, DeliveryState, Moment, Rung};
use crate::domain::{Deadline, Timestamp, UserId};

use super::alert::{position_in, position_out};
use super::encode::{Encode, Encoder};
use super::error::RecordError;
use super::{field, pb};

const QUEUED: u32 = 1;
const DELIVERED: u32 = 2;
const ENDED: u32 = 3;

impl Encode for Delivery {
    fn encode(&self, to: &mut Encoder) {
        let (state, end_reason) = match &self.state {
            DeliveryState::Queued => (QUEUED, None),
            DeliveryState::Delivered => (DELIVERED, None),
            DeliveryState::Ended(reason) => (ENDED, Some(reason.code())),
        };
        to.code(1, self.number);
        to.text(2, self.mailbox.as_str());
        to.optional_code(3, Some(self.letter.code()));
        to.code(4, self.view.code());
        to.code(5, self.purpose.code());
        to.optional_code(6, self.of);
        to.code(7, self.priority.code());
        to.codes(8, self.routes.iter().map(|rule| rule.code()));
        to.code(9, self.row.code());
        to.instant(10, self.queued_at.as_millis());
        to.maybe(11, self.due.as_ref());
        to.maybe(12, self.rung.as_ref());
        to.code(13, state);
        to.optional_code(14, end_reason);
        to.optional(15, self.sequence);
        to.maybe(16, self.delivered.as_ref());
        to.maybe(17, self.confirmed.as_ref());
        to.maybe(18, self.opened.as_ref());
        if let Some((moment, outcome)) = &self.acknowledged {
            answer(to, 19, (moment, outcome.code()), self.note.as_ref());
        }
        if let Some((moment, reason)) = &self.declined {
            answer(to, 20, (moment, reason.code()), self.decline_text.as_ref());
        }
        to.optional_text(21, self.setting.as_deref());
        to.maybe(22, self.failed.as_ref());
        if let Some(moment) = &self.closed {
            to.nested(40, |to| {
                to.one(1, moment);
                to.maybe(2, self.closing_note.as_ref());
            });
        }
        to.optional_text(41, self.held_by.as_ref().map(UserId::as_str));
    }
}

/// An `Acknowledgement` or a `Refusal`: they have the same fields.
fn answer(to: &mut Encoder, field: u32, (moment, code): (&Moment, u32), words: Option<&BodyRef>) {
    to.nested(field, |to| {
        to.one(1, moment);
        to.code(2, code);
        to.maybe(3, words);
    });
}

impl TryFrom<pb::Delivery> for Delivery {
    type Error = RecordError;

    fn try_from(raw: pb::Delivery) -> Result<Self, Self::Error> {
        let letter = field::required("Delivery.letter", raw.letter)?;
        let note = raw.acknowledged.as_ref().and_then(|answer| answer.note.clone());
        let decline_text = raw.declined.as_ref().and_then(|answer| answer.text.clone());
        let closing_note = raw.closed.as_ref().and_then(|closing| closing.note.clone());
        let closed = raw.closed.map(|closing| field::required("Closing.moment", closing.moment));
        let closed = closed.transpose()?;
        Ok(Self {
            number: raw.number,
            mailbox: field::text("Delivery.mailbox", raw.mailbox)?,
            letter: field::code("Delivery.letter", letter)?,
            view: field::code("Delivery.view", raw.view)?,
            purpose: field::code("Delivery.purpose", raw.purpose)?,
            of: raw.of,
            setting: raw.setting,
            priority: field::code("Delivery.priority", raw.priority)?,
            routes: field::codes("Delivery.routes", raw.routes)?,
            row: field::code("Delivery.row", raw.row)?,
            queued_at: Timestamp::from_millis(raw.queued_at),
            due: raw.due.map(Deadline::try_from).transpose()?,
            rung: raw.rung.map(Rung::try_from).transpose()?,
            state: state(raw.state, raw.end_reason)?,
            sequence: raw.sequence,
            failed: raw.failed.map(Moment::try_from).transpose()?,
            delivered: raw.delivered.map(Moment::try_from).transpose()?,
            confirmed: raw.confirmed.map(Moment::try_from).transpose()?,
            opened: raw.opened.map(Moment::try_from).transpose()?,
            acknowledged: raw.acknowledged.map(TryInto::try_into).transpose()?,
            declined: raw.declined.map(TryInto::try_into).transpose()?,
            note: note.map(TryInto::try_into).transpose()?,
            held_by: field::optional_text("Delivery.held_by", raw.held_by)?,
            closed: closed.map(TryInto::try_into).transpose()?,
            decline_text: decline_text.map(TryInto::try_into).transpose()?,
            closing_note: closing_note.map(TryInto::try_into).transpose()?,
        })
    }
}

fn state(state: u32, end_reason: Option<u32>) -> Result<DeliveryState, RecordError> {
    match (state, end_reason) {
        (QUEUED, None) => Ok(DeliveryState::Queued),
        (DELIVERED, None) => Ok(DeliveryState::Delivered),
        (ENDED, Some(reason)) => {
            Ok(DeliveryState::Ended(field::code("Delivery.end_reason", reason)?))
        }
        (ENDED, None) => Err(RecordError::Missing { field: "Delivery.end_reason" }),
        (QUEUED | DELIVERED, Some(_)) => {
            Err(RecordError::malformed("Delivery.end_reason", "absent unless the delivery ended"))
        }
        _ => Err(RecordError::UnknownCode { field: "Delivery.state", list: "Stage" }),
    }
}

impl Encode for Rung {
    fn encode(&self, to: &mut Encoder) {
        to.code(1, u32::from(self.level));
        to.instant(2, self.at.as_millis());
    }
}

impl TryFrom<pb::Rung> for Rung {
    type Error = RecordError;

    fn try_from(raw: pb::Rung) -> Result<Self, Self::Error> {
        let level = field::level("Rung.level", raw.level)?;
        Ok(Self { level, at: Timestamp::from_millis(raw.at) })
    }
}

impl Encode for Moment {
    fn encode(&self, to: &mut Encoder) {
        to.instant(1, self.at.as_millis());
        to.optional_text(2, self.by.as_ref().map(UserId::as_str));
        to.optional(3, position_out(self.position));
    }
}

impl TryFrom<pb::Moment> for Moment {
    type Error = RecordError;

    fn try_from(raw: pb::Moment) -> Result<Self, Self::Error> {
        Ok(Self {
            at: Timestamp::from_millis(raw.at),
            by: field::optional_text("Moment.by", raw.by)?,
            position: position_in(raw.position),
        })
    }
}

impl TryFrom<pb::Acknowledgement> for (Moment, AckOutcome) {
    type Error = RecordError;

    fn try_from(raw: pb::Acknowledgement) -> Result<Self, Self::Error> {
        let moment = field::required("Acknowledgement.moment", raw.moment)?.try_into()?;
        Ok((moment, field::code("Acknowledgement.outcome", raw.outcome)?))
    }
}

impl TryFrom<pb::Refusal> for (Moment, DeclineReason) {
    type Error = RecordError;

    fn try_from(raw: pb::Refusal) -> Result<Self, Self::Error> {
        let moment = field::required("Refusal.moment", raw.moment)?.try_into()?;
        Ok((moment, field::code("Refusal.reason", raw.reason)?))
    }
}
