//! What is kept from who calls: of it the mailbox is silent (domain 5.7, 2).
//!
//! The same work is done for what is there, what is kept and what is not there, and the caller is told the same.

use std::sync::Arc;

use super::{MailboxError, Mailboxes, Stream};
use crate::denylist;
use crate::domain::{AlertId, AlertRecord, DeliveryId, UserId};
use crate::policy::access::Permit;

impl Mailboxes {
    /// The alert as far as who calls may know of it: for whom it is kept from it is not there.
    pub(super) async fn alert_for(
        &self,
        permit: &Permit,
        alert: AlertId,
    ) -> Result<Arc<AlertRecord>, MailboxError> {
        let found = self.store.alert(alert).await?;
        let user = permit.actor().user.as_ref();
        let is_kept = denylist::denies(&self.sealer, (alert, found.as_deref()), user)?;
        found.filter(|_| !is_kept).ok_or(MailboxError::NotFound)
    }

    /// Whether an alert that was read is kept from this person.
    pub(super) fn is_kept_from(
        &self,
        alert: &AlertRecord,
        user: Option<&UserId>,
    ) -> Result<bool, MailboxError> {
        Ok(denylist::denies(&self.sealer, (alert.id, Some(alert)), user)?)
    }

    /// Whether the alert of a delivery is kept from the person who reads. One that cannot be read is not told apart.
    pub(super) async fn is_kept_from_reader(
        &self,
        stream: &Stream,
        id: DeliveryId,
    ) -> Result<bool, MailboxError> {
        let Some(reader) = stream.reader() else { return Ok(false) };
        match self.alert_if_readable(id).await? {
            Ok(alert) => self.is_kept_from(&alert, Some(reader)),
            Err(_told_when_it_is_sent) => Ok(false),
        }
    }
}
