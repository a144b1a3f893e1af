//! What a recipient says of a delivery that was recalled: nothing more is done with it.

use super::{ATTEMPTS_MAX, MailboxError, Mailboxes};
use crate::domain::{DeliveryId, Event, MailboxId, Principal, Timestamp};
use crate::policy::access::{Action, Permit};
use crate::policy::recall;
use crate::store::StoreError;

impl Mailboxes {
    /// Records that nothing more is done with a recalled delivery; when that was first said.
    ///
    /// # Errors
    /// Denied or unknown mailbox, an unknown delivery or one that was never handed out (recorded), one that was not
    /// recalled.
    pub async fn confirm_recall(
        &self,
        principal: &Principal,
        mailbox: &MailboxId,
        delivery: DeliveryId,
    ) -> Result<Timestamp, MailboxError> {
        for _attempt in 0..ATTEMPTS_MAX {
            let permit = self.permit(principal, Action::ConfirmRecall, mailbox).await?;
            match self.confirm_recall_once(&permit, (mailbox, delivery)).await {
                Err(MailboxError::Store(StoreError::Conflict)) => {}
                done => return self.told(principal, done).await,
            }
        }
        Err(MailboxError::Busy)
    }

    async fn confirm_recall_once(
        &self,
        permit: &Permit,
        (mailbox, id): (&MailboxId, DeliveryId),
    ) -> Result<Timestamp, MailboxError> {
        let now = self.env.now();
        let record = self.alert_for(permit, id.alert).await?;
        let delivery = record.delivery(id.number).filter(|it| it.mailbox == *mailbox);
        let delivery = delivery.filter(|it| it.sequence.is_some()).ok_or(MailboxError::NotFound)?;
        let by = permit.actor().user.clone();
        let confirmed = recall::confirm(&record, delivery.number, (by, now));
        let recall::Change { record, events } = confirmed.ok_or(MailboxError::NotRecalled)?;
        let recalled = record.after.recall_of(id.number);
        let first = recalled.and_then(|recalled| recalled.confirmed.as_ref());
        let first = first.map_or(now, |moment| moment.at);
        if !events.is_empty() {
            let stamped = |mut event: Event| {
                event.id = self.env.ids(now).event();
                event
            };
            let events = events.into_iter().map(stamped).collect();
            self.put(permit, now, events, vec![record]).await?;
            self.wake.notify_driver();
        }
        Ok(first)
    }
}
