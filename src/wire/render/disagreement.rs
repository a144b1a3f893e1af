//! A referrer's disagreement: as the referrer sees it, and as whoever is called does.

use super::{code, timestamp, v1};
use crate::domain::{AgencyCode, DisagreementStage, Redacted, Timestamp};
use crate::policy::disagreement::VisibleDisagreement;

/// As the referrer sees it.
#[must_use]
pub fn disagreement(seen: &VisibleDisagreement) -> v1::Disagreement {
    v1::Disagreement {
        decision_id: seen.decision.to_string(),
        stage: code(seen.stage.code()),
        raised_at: Some(timestamp(seen.raised_at)),
        next_stage: seen.next.map_or(0, |(stage, _)| code(stage.code())),
        next_at: seen.next.map(|(_, at)| timestamp(at)),
        answered_at: seen.answered_at.map(timestamp),
    }
}

/// Beside the copy of whoever is called: by which stage, and what the referrer said.
#[must_use]
pub fn called(
    referrer: &AgencyCode,
    stage: DisagreementStage,
    words: &[(DisagreementStage, Timestamp, Redacted<String>)],
) -> v1::CopyDisagreement {
    let said = words.iter().map(|(stage, at, text)| v1::DisagreementWords {
        stage: code(stage.code()),
        at: Some(timestamp(*at)),
        text: text.expose().clone(),
    });
    v1::CopyDisagreement {
        referrer: referrer.to_string(),
        stage: code(stage.code()),
        words: said.collect(),
    }
}
