//! What figures are made of, beside an alert.

#[cfg(test)]
use crate::domain::counted::Counted;
use crate::domain::counted::{AssessmentDone, PairCounted, PlanAudited};
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

impl Encode for PairCounted {
    fn encode(&self, to: &mut Encoder) {
        to.code(1, self.current.code());
        to.code(2, self.legacy.code());
        self.referral.iter().for_each(|id| to.given(3, id.as_bytes()));
        self.meeting.iter().for_each(|id| to.given(4, id.as_bytes()));
        to.optional(5, self.heard_at.map(|at| at.as_millis().cast_unsigned()));
    }
}

impl TryFrom<pb::PairCounted> for PairCounted {
    type Error = RecordError;

    fn try_from(raw: pb::PairCounted) -> Result<Self, Self::Error> {
        let anchor = |name, id: Option<Vec<u8>>| {
            id.map(|id| field::id(name, &id, AlertId::from_bytes)).transpose()
        };
        Ok(Self {
            current: field::code("PairCounted.current", raw.current)?,
            legacy: field::code("PairCounted.legacy", raw.legacy)?,
            referral: anchor("PairCounted.referral", raw.referral)?,
            meeting: anchor("PairCounted.meeting", raw.meeting)?,
            heard_at: raw.heard_at.map(Timestamp::from_millis),
        })
    }
}

/// Any of it.
#[cfg(test)]
pub(super) fn arbitrary() -> impl proptest::strategy::Strategy<Value = Counted> {
    use crate::domain::counted::MaracRepeat;
    use crate::domain::submission::{AssessmentKind, QualityRating};
    use proptest::prelude::*;
    use proptest::{option, sample::select};

    let instant = || any::<i64>().prop_map(Timestamp::from_millis);
    let alert = || any::<[u8; 16]>().prop_map(AlertId::from_bytes);
    let assessment = (alert(), select(AssessmentKind::ALL), instant(), instant()).prop_map(
        |(referral, kind, started_at, ended_at)| AssessmentDone {
            referral,
            kind,
            started_at,
            ended_at,
        },
    );
    let audit =
        (select(QualityRating::ALL), instant()).prop_map(|(rating, at)| PlanAudited { rating, at });
    let repeat = || select(MaracRepeat::ALL);
    let anchors = (option::of(alert()), option::of(alert()));
    let pair = (repeat(), repeat(), anchors, option::of(instant())).prop_map(
        |(current, legacy, (referral, meeting), heard_at)| PairCounted {
            current,
            legacy,
            referral,
            meeting,
            heard_at,
        },
    );
    (option::of(assessment), option::of(audit), option::of(pair))
        .prop_map(|(assessment, audit, pair)| Counted { assessment, audit, pair })
}
