//! What was said of an agreement after it was given.

use crate::domain::{AgencyCode, ConsentChanged, Timestamp};

use super::encode::{Encode, Encoder};
use super::error::RecordError;
use super::{field, pb};

impl Encode for ConsentChanged {
    fn encode(&self, to: &mut Encoder) {
        to.text(1, self.key.as_str());
        to.code(2, self.service.code());
        self.agencies.iter().for_each(|agency| to.given(3, agency.as_str().as_bytes()));
        to.code(4, self.giver.code());
        to.code(5, self.state.code());
        to.code(6, self.standing.code());
        to.instant(7, self.effective_at.as_millis());
        to.one(8, &self.entered);
        to.codes(9, self.ends.iter().copied());
    }
}

impl TryFrom<pb::ConsentChanged> for ConsentChanged {
    type Error = RecordError;

    fn try_from(raw: pb::ConsentChanged) -> Result<Self, Self::Error> {
        let agency = |code| field::text::<AgencyCode>("ConsentChanged.agencies", code);
        Ok(Self {
            key: field::text("ConsentChanged.key", raw.key)?,
            service: field::code("ConsentChanged.service", raw.service)?,
            agencies: raw.agencies.into_iter().map(agency).collect::<Result<_, _>>()?,
            giver: field::code("ConsentChanged.giver", raw.giver)?,
            state: field::code("ConsentChanged.state", raw.state)?,
            standing: field::code("ConsentChanged.standing", raw.standing)?,
            effective_at: Timestamp::from_millis(raw.effective_at),
            entered: field::required("ConsentChanged.entered", raw.entered)?.try_into()?,
            ends: raw.ends,
        })
    }
}
