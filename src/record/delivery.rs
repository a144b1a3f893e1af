//! One delivery within an alert's record.

use crate::domain::delivery::{AckOutcome, DeclineReason, Delivery, DeliveryState, Moment, Rung};
use crate::domain::{Deadline, Timestamp};

use super::alert::{position_in, position_out};
use super::error::RecordError;
use super::{field, pb};

const QUEUED: u32 = 1;
const DELIVERED: u32 = 2;
const ENDED: u32 = 3;

impl From<&Delivery> for pb::Delivery {
    fn from(delivery: &Delivery) -> Self {
        let (state, end_reason) = match &delivery.state {
            DeliveryState::Queued => (QUEUED, None),
            DeliveryState::Delivered => (DELIVERED, None),
            DeliveryState::Ended(reason) => (ENDED, Some(reason.code())),
        };
        Self {
            number: delivery.number,
            mailbox: delivery.mailbox.to_string(),
            letter: Some(delivery.letter.code()),
            view: delivery.view.code(),
            purpose: delivery.purpose.code(),
            of: delivery.of,
            setting: delivery.setting.clone(),
            priority: delivery.priority.code(),
            routes: field::rules(&delivery.routes),
            row: delivery.row.code(),
            queued_at: delivery.queued_at.as_millis(),
            due: delivery.due.as_ref().map(Into::into),
            rung: delivery.rung.as_ref().map(Into::into),
            state,
            end_reason,
            sequence: delivery.sequence,
            delivered: delivery.delivered.as_ref().map(Into::into),
            confirmed: delivery.confirmed.as_ref().map(Into::into),
            opened: delivery.opened.as_ref().map(Into::into),
            acknowledged: delivery.acknowledged.as_ref().map(|answer| pb::Acknowledgement {
                note: delivery.note.as_ref().map(Into::into),
                ..answer.into()
            }),
            declined: delivery.declined.as_ref().map(|answer| pb::Refusal {
                text: delivery.decline_text.as_ref().map(Into::into),
                ..answer.into()
            }),
        }
    }
}

impl TryFrom<pb::Delivery> for Delivery {
    type Error = RecordError;

    fn try_from(raw: pb::Delivery) -> Result<Self, Self::Error> {
        let letter = field::required("Delivery.letter", raw.letter)?;
        let note = raw.acknowledged.as_ref().and_then(|answer| answer.note.clone());
        let decline_text = raw.declined.as_ref().and_then(|answer| answer.text.clone());
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
            delivered: raw.delivered.map(Moment::try_from).transpose()?,
            confirmed: raw.confirmed.map(Moment::try_from).transpose()?,
            opened: raw.opened.map(Moment::try_from).transpose()?,
            acknowledged: raw.acknowledged.map(TryInto::try_into).transpose()?,
            declined: raw.declined.map(TryInto::try_into).transpose()?,
            note: note.map(TryInto::try_into).transpose()?,
            decline_text: decline_text.map(TryInto::try_into).transpose()?,
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

impl From<&Rung> for pb::Rung {
    fn from(rung: &Rung) -> Self {
        Self { level: u32::from(rung.level), at: rung.at.as_millis() }
    }
}

impl TryFrom<pb::Rung> for Rung {
    type Error = RecordError;

    fn try_from(raw: pb::Rung) -> Result<Self, Self::Error> {
        let level = field::level("Rung.level", raw.level)?;
        Ok(Self { level, at: Timestamp::from_millis(raw.at) })
    }
}

impl From<&Moment> for pb::Moment {
    fn from(moment: &Moment) -> Self {
        Self {
            at: moment.at.as_millis(),
            by: moment.by.as_ref().map(ToString::to_string),
            position: position_out(moment.position),
        }
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

impl From<&(Moment, AckOutcome)> for pb::Acknowledgement {
    fn from((moment, outcome): &(Moment, AckOutcome)) -> Self {
        Self { moment: Some(moment.into()), outcome: outcome.code(), note: None }
    }
}

impl TryFrom<pb::Acknowledgement> for (Moment, AckOutcome) {
    type Error = RecordError;

    fn try_from(raw: pb::Acknowledgement) -> Result<Self, Self::Error> {
        let moment = field::required("Acknowledgement.moment", raw.moment)?.try_into()?;
        Ok((moment, field::code("Acknowledgement.outcome", raw.outcome)?))
    }
}

impl From<&(Moment, DeclineReason)> for pb::Refusal {
    fn from((moment, reason): &(Moment, DeclineReason)) -> Self {
        Self { moment: Some(moment.into()), reason: reason.code(), text: None }
    }
}

impl TryFrom<pb::Refusal> for (Moment, DeclineReason) {
    type Error = RecordError;

    fn try_from(raw: pb::Refusal) -> Result<Self, Self::Error> {
        let moment = field::required("Refusal.moment", raw.moment)?.try_into()?;
        Ok((moment, field::code("Refusal.reason", raw.reason)?))
    }
}
