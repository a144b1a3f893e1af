//! How far a referral has come.

use crate::domain::referral::{Decided, Referral, ReferralError, Stage};
use crate::domain::{AlertId, Timestamp};

use super::encode::{Encode, Encoder};
use super::error::RecordError;
use super::{field, pb};

impl Encode for Referral {
    fn encode(&self, to: &mut Encoder) {
        to.code(1, self.referrer.code());
        to.code(2, self.own_report.code());
        to.maybe(3, self.decided().as_ref());
        to.flag(4, matches!(self.stage, Stage::FedBack(_)));
    }
}

impl TryFrom<pb::Referral> for Referral {
    type Error = RecordError;

    fn try_from(raw: pb::Referral) -> Result<Self, Self::Error> {
        let referrer = field::code("Referral.referrer", raw.referrer)?;
        let own_report = field::code("Referral.own_report", raw.own_report)?;
        let received = Self::received(referrer, own_report);
        let decided = raw.decided.map(Decided::try_from).transpose()?;
        let reached = decided.map_or(received, |decided| received.decide(decided));
        if !raw.fed_back {
            return Ok(reached);
        }
        let impossible = |_error: ReferralError| RecordError::Missing { field: "Referral.decided" };
        reached.feed_back().map_err(impossible)
    }
}

impl Encode for Decided {
    fn encode(&self, to: &mut Encoder) {
        to.code(1, self.outcome.code());
        to.bytes(2, self.by.as_bytes());
        to.instant(3, self.at.as_millis());
        to.code(4, self.status.code());
        to.flag(5, self.is_rereferral);
    }
}

impl TryFrom<pb::ReferralDecided> for Decided {
    type Error = RecordError;

    fn try_from(raw: pb::ReferralDecided) -> Result<Self, Self::Error> {
        Ok(Self {
            outcome: field::code("ReferralDecided.outcome", raw.outcome)?,
            by: field::id("ReferralDecided.by", &raw.by, AlertId::from_bytes)?,
            at: Timestamp::from_millis(raw.at),
            status: field::code("ReferralDecided.status", raw.status)?,
            is_rereferral: raw.is_rereferral,
        })
    }
}
