//! What a sender is told when an alert was taken.

use std::sync::Arc;

use super::{Broker, SubmitError};
use crate::domain::AlertRecord;
use crate::policy::sender_view::{self, DutyContact, Notice};
use crate::record::Receipt;

/// The answer to a submission: the same for the same key, whenever it is asked again.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// The alert as taken.
    pub alert: Arc<AlertRecord>,
    /// The *stored* receipt.
    pub receipt: Receipt,
    /// What the sender must know: not 999, phone, not a police report, closed until.
    pub notices: Vec<Notice>,
    /// Whom to phone, as far as the sender may know the recipients.
    pub contacts: Vec<DutyContact>,
}

impl Broker {
    /// The answer to an alert that was taken before.
    pub(super) async fn accepted(&self, alert: Arc<AlertRecord>) -> Result<Accepted, SubmitError> {
        let receipt = self.stored_receipt(&alert).await?;
        Ok(self.accepted_with(alert, receipt))
    }

    /// The answer with its receipt.
    pub(super) fn accepted_with(&self, alert: Arc<AlertRecord>, receipt: Receipt) -> Accepted {
        let directory = self.parts.store.directory();
        let simulated = self.parts.env.clock.is_simulated();
        let notices = sender_view::notices(&alert, &directory, simulated);
        let contacts = sender_view::contacts(&alert, &directory);
        Accepted { alert, receipt, notices, contacts }
    }
}
