//! What figures are made of, beside an alert.

#[cfg(test)]
use crate::domain::counted::Counted;
use crate::domain::counted::{AssessmentDone, PlanAudited};
use crate::domain::{AlertId, Timestamp};

use super::encode::{Encode, Encoder};
use super::error::RecordError;
use super::{field, pb};

impl Encode for AssessmentDone {
    fn encode(&self, to: &mut Encoder) {
        to.bytes(1, self.referral.as_bytes());
        to.code(2, self.kind.code());
        to.instant(3, self.started_at.as_millis());
        to.instant(4, self.ended_at.as_millis());
    }
}

impl TryFrom<pb::AssessmentDone> for AssessmentDone {
    type Error = RecordError;

    fn try_from(raw: pb::AssessmentDone) -> Result<Self, Self::Error> {
        Ok(Self {
            referral: field::id("AssessmentDone.referral", &raw.referral, AlertId::from_bytes)?,
            kind: field::code("AssessmentDone.kind", raw.kind)?,
            started_at: Timestamp::from_millis(raw.started_at),
            ended_at: Timestamp::from_millis(raw.ended_at),
        })
    }
}

impl Encode for PlanAudited {
    fn encode(&self, to: &mut Encoder) {
        to.code(1, self.rating.code());
        to.instant(2, self.at.as_millis());
    }
}

impl TryFrom<pb::PlanAudited> for PlanAudited {
    type Error = RecordError;

    fn try_from(raw: pb::PlanAudited) -> Result<Self, Self::Error> {
        Ok(Self {
            rating: field::code("PlanAudited.rating", raw.rating)?,
            at: Timestamp::from_millis(raw.at),
        })
    }
}

/// Any of it.
#[cfg(test)]
pub(super) fn arbitrary() -> impl proptest::strategy::Strategy<Value = Counted> {
    use crate::domain::submission::{AssessmentKind, QualityRating};
    use proptest::prelude::*;
    use proptest::{option, sample::select};

    let instant = || any::<i64>().prop_map(Timestamp::from_millis);
    let assessment = (any::<[u8; 16]>(), select(AssessmentKind::ALL), instant(), instant());
    let audit = (select(QualityRating::ALL), instant());
    (option::of(assessment), option::of(audit)).prop_map(|(assessment, audit)| Counted {
        assessment: assessment.map(|(referral, kind, started_at, ended_at)| AssessmentDone {
            referral: AlertId::from_bytes(referral),
            kind,
            started_at,
            ended_at,
        }),
        audit: audit.map(|(rating, at)| PlanAudited { rating, at }),
    })
}
