//! Correction: the whole alert again, in the place of one that was wrong (domain 3.13, R57).
//!
//! Records are never edited: the corrected alert is a new one of the same episode that supersedes the original. It is
//! decided anew for every recipient of the original, and the original says by which alert it was superseded.

use std::sync::Arc;

use super::{Broker, Received, SubmitError};
use crate::domain::after::CorrectionReason;
use crate::domain::{AgencyCode, AlertId, AlertRecord, Principal};
use crate::policy::recall;

/// What a sender says of a correction, beside the corrected alert.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Correction {
    /// The alert that was wrong.
    pub alert: AlertId,
    /// Why; none where an urgent correction does not say.
    pub reason: Option<CorrectionReason>,
    /// The fields that change, as paths of the contract without positions, ascending.
    pub changed: Vec<String>,
}

impl Broker {
    /// The alert to be corrected: one of the sender's own that nothing took the place of yet.
    ///
    /// # Errors
    /// Another agency's is the same as none, and recorded; recalled, or corrected before.
    pub(super) async fn original(
        &self,
        sender: &AgencyCode,
        id: AlertId,
    ) -> Result<Arc<AlertRecord>, SubmitError> {
        let found = self.parts.store.alert(id).await?;
        let original =
            found.filter(|alert| alert.sender == *sender).ok_or(SubmitError::NotFound)?;
        if recall::is_recalled(&original) {
            return Err(SubmitError::NotPossible { reason: "ALERT_RECALLED" });
        }
        if let Some(newer) = original.after.superseded_by
            && let Some(newer) = self.parts.store.alert(newer).await?
            && !newer.after.changed.is_empty()
        {
            return Err(SubmitError::NotPossible { reason: "ALERT_SUPERSEDED" });
        }
        Ok(original)
    }

    /// Whether the caller may know of the alert that it corrects; else it is like none.
    pub(super) async fn may_correct(
        &self,
        principal: &Principal,
        received: &Received,
    ) -> Result<(), SubmitError> {
        let Some(Correction { alert, .. }) = received.corrects else { return Ok(()) };
        let found = self.parts.store.alert(alert).await?;
        self.shown_to(principal, (alert, found))?.map(|_| ()).ok_or(SubmitError::NotFound)
    }

    /// Another agency's alert, none at all, or one that cannot be corrected any more: a recorded refusal.
    pub(super) async fn record_refused_correction(
        &self,
        principal: &Principal,
        received: &Received,
        error: &SubmitError,
    ) -> Result<(), SubmitError> {
        let is_refusal = matches!(error, SubmitError::NotFound | SubmitError::NotPossible { .. });
        if is_refusal && received.corrects.is_some() {
            self.parts.audit.refuse(principal, error.reason()).await?;
        }
        Ok(())
    }
}
