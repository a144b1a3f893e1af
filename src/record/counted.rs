//! What figures are made of, beside an alert.

#[cfg(test)]
use crate::domain::counted::Counted;
use crate::domain::counted::{
    AssessmentDone, AttendanceCounted, MissingCounted, MissingEnded, OperationCounted, PairCounted,
    PlanAudited,
};
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

impl Encode for OperationCounted {
    fn encode(&self, to: &mut Encoder) {
        to.instant(1, self.on.as_millis());
        to.number(2, u64::from(self.engaged));
        to.number(3, u64::from(self.moved));
        to.number(4, u64::from(self.powers_used));
    }
}

impl From<pb::OperationCounted> for OperationCounted {
    fn from(raw: pb::OperationCounted) -> Self {
        Self {
            on: Timestamp::from_millis(raw.on),
            engaged: raw.engaged,
            moved: raw.moved,
            powers_used: raw.powers_used,
        }
    }
}

impl Encode for AttendanceCounted {
    fn encode(&self, to: &mut Encoder) {
        to.optional(1, self.at.map(|at| at.as_millis().cast_unsigned()));
        to.code(2, self.ages.code());
        to.code(3, self.injury_admission.code());
        to.code(4, self.resident.code());
    }
}

impl TryFrom<pb::AttendanceCounted> for AttendanceCounted {
    type Error = RecordError;

    fn try_from(raw: pb::AttendanceCounted) -> Result<Self, Self::Error> {
        Ok(Self {
            at: raw.at.map(Timestamp::from_millis),
            ages: field::code("AttendanceCounted.ages", raw.ages)?,
            injury_admission: field::code(
                "AttendanceCounted.injury_admission",
                raw.injury_admission,
            )?,
            resident: field::code("AttendanceCounted.resident", raw.resident)?,
        })
    }
}

impl Encode for MissingCounted {
    fn encode(&self, to: &mut Encoder) {
        let (at, ended) = match self {
            Self::Since(at) => (*at, None),
            Self::Ended(ended) => (ended.at, Some(ended)),
        };
        to.optional(1, at.map(|at| at.as_millis().cast_unsigned()));
        to.optional_code(2, ended.map(|ended| ended.how.code()));
        to.flag(3, ended.is_some_and(|ended| ended.is_adult));
    }
}

impl TryFrom<pb::MissingCounted> for MissingCounted {
    type Error = RecordError;

    fn try_from(raw: pb::MissingCounted) -> Result<Self, Self::Error> {
        let at = raw.at.map(Timestamp::from_millis);
        let Some(how) = raw.how else { return Ok(Self::Since(at)) };
        let how = field::code("MissingCounted.how", how)?;
        Ok(Self::Ended(MissingEnded { at, how, is_adult: raw.is_adult }))
    }
}

/// Any of it.
#[cfg(test)]
pub(super) fn arbitrary() -> impl proptest::strategy::Strategy<Value = Counted> {
    use crate::domain::counted::{AgeGroup, MaracRepeat, MissingEnd};
    use crate::domain::submission::{AssessmentKind, Bool3, QualityRating};
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
    let operation = (instant(), any::<u32>(), any::<u32>(), any::<u32>()).prop_map(
        |(on, engaged, moved, powers_used)| OperationCounted { on, engaged, moved, powers_used },
    );
    let bool3 = || select(Bool3::ALL);
    let attendance = (option::of(instant()), select(AgeGroup::ALL), bool3(), bool3()).prop_map(
        |(at, ages, injury_admission, resident)| AttendanceCounted {
            at,
            ages,
            injury_admission,
            resident,
        },
    );
    let end = option::of((select(MissingEnd::ALL), any::<bool>()));
    let missing = (option::of(instant()), end).prop_map(|(at, end)| match end {
        None => MissingCounted::Since(at),
        Some((how, is_adult)) => MissingCounted::Ended(MissingEnded { at, how, is_adult }),
    });
    let of_case = (option::of(assessment), option::of(audit), option::of(pair));
    let of_event = (option::of(operation), option::of(attendance), option::of(missing));
    (of_case, of_event, option::of(any::<u32>())).prop_map(
        |((assessment, audit, pair), (operation, attendance, missing), about)| Counted {
            assessment,
            audit,
            pair,
            operation,
            attendance,
            missing,
            about,
        },
    )
}
