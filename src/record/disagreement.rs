//! A referrer's disagreement with a decision.

use crate::domain::disagreement::{Answered, Raised, Said};
use crate::domain::{AlertId, Disagreement, IdempotencyKey, Timestamp};

use super::encode::{Encode, Encoder};
use super::error::RecordError;
use super::{field, pb};

impl Encode for Disagreement {
    fn encode(&self, to: &mut Encoder) {
        to.bytes(1, self.referral.as_bytes());
        to.text(2, self.referrer.as_str());
        to.each(3, &self.raised);
    }
}

impl TryFrom<pb::Disagreement> for Disagreement {
    type Error = RecordError;

    fn try_from(raw: pb::Disagreement) -> Result<Self, Self::Error> {
        Ok(Self {
            referral: field::id("Disagreement.referral", &raw.referral, AlertId::from_bytes)?,
            referrer: field::text("Disagreement.referrer", raw.referrer)?,
            raised: raw.raised.into_iter().map(Raised::try_from).collect::<Result<_, _>>()?,
        })
    }
}

impl Encode for Raised {
    fn encode(&self, to: &mut Encoder) {
        to.code(1, self.stage.code());
        to.one(2, &self.at);
        to.codes(3, self.called.iter().copied());
        to.optional_text(4, self.said.as_ref().map(|said| said.key.as_str()));
        to.maybe(5, self.said.as_ref().map(|said| &said.text));
        to.maybe(6, self.answered.as_ref());
    }
}

impl TryFrom<pb::DisagreementRaised> for Raised {
    type Error = RecordError;

    fn try_from(raw: pb::DisagreementRaised) -> Result<Self, Self::Error> {
        let key: Option<IdempotencyKey> = field::optional_text("DisagreementRaised.key", raw.key)?;
        let text = raw.text.map(TryInto::try_into).transpose()?;
        Ok(Self {
            stage: field::code("DisagreementRaised.stage", raw.stage)?,
            at: field::required("DisagreementRaised.at", raw.at)?.try_into()?,
            called: raw.called,
            said: key.zip(text).map(|(key, text)| Said { key, text }),
            answered: raw.answered.map(Answered::try_from).transpose()?,
        })
    }
}

impl Encode for Answered {
    fn encode(&self, to: &mut Encoder) {
        to.bytes(1, self.by.as_bytes());
        to.instant(2, self.at.as_millis());
    }
}

impl TryFrom<pb::DisagreementAnswered> for Answered {
    type Error = RecordError;

    fn try_from(raw: pb::DisagreementAnswered) -> Result<Self, Self::Error> {
        Ok(Self {
            by: field::id("DisagreementAnswered.by", &raw.by, AlertId::from_bytes)?,
            at: Timestamp::from_millis(raw.at),
        })
    }
}
