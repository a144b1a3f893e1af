//! Reading what a person of the recipient agency wrote with an answer.

use std::sync::Arc;

use super::{MailboxError, Mailboxes};
use crate::domain::alert::BodyRef;
use crate::domain::delivery::{AckOutcome, DeclineReason, Moment};
use crate::domain::{
    AlertId, AlertRecord, Delivery, DeliveryId, Event, EventKind, MailboxId, Principal, Redacted,
};
use crate::policy::access::{Action, Permit};
use crate::store::Commit;

/// Who answered a delivery, how, and what they wrote.
#[derive(Clone, Debug)]
pub struct Answers {
    /// Who took it.
    pub acknowledged: Option<(Moment, AckOutcome, Redacted<String>)>,
    /// Who declined it.
    pub declined: Option<(Moment, DeclineReason, Redacted<String>)>,
    /// Who said what came of it. The words stand with the taking where one did both at once.
    pub closed: Option<(Moment, Redacted<String>)>,
}

impl Mailboxes {
    /// Reads the answers to one delivery. What is shown is recorded first, where somebody wrote something.
    ///
    /// # Errors
    /// Denied, unknown mailbox or delivery (recorded), sealed words that do not open, or the store.
    pub async fn read_answers(
        &self,
        principal: &Principal,
        mailbox: &MailboxId,
        id: DeliveryId,
    ) -> Result<Answers, MailboxError> {
        let permit = self.permit(principal, Action::ListMailbox, mailbox).await?;
        let found = self.handed_out(&permit, mailbox, id).await;
        let (alert, delivery) = self.told(principal, found).await?;
        let shown: Vec<String> = ["note", "decline_text", "closing_note"]
            .into_iter()
            .zip([&delivery.note, &delivery.decline_text, &delivery.closing_note])
            .filter(|(_, words)| words.is_some())
            .map(|(path, _)| path.to_owned())
            .collect();
        if !shown.is_empty() {
            let now = self.env.now();
            let event = Event::new(self.env.ids(now).event(), EventKind::RecordViewed);
            let mut event = event.about(alert.id, alert.episode).to(id.number, mailbox);
            event.subjects.clone_from(&alert.subjects);
            event.fields_viewed = shown;
            event.reason = Some("ANSWER".to_owned());
            let commit = Commit::new(&permit, now, vec![event], self.env.salt_seed())?;
            self.store.commit(commit).await?;
        }
        let note = self.words(alert.id, delivery.note.as_ref()).await?;
        let text = self.words(alert.id, delivery.decline_text.as_ref()).await?;
        let closing = self.words(alert.id, delivery.closing_note.as_ref()).await?;
        let acknowledged = delivery.acknowledged.clone();
        let declined = delivery.declined.clone();
        Ok(Answers {
            acknowledged: acknowledged.map(|(moment, outcome)| (moment, outcome, note)),
            declined: declined.map(|(moment, reason)| (moment, reason, text)),
            closed: delivery.closed.map(|moment| (moment, closing)),
        })
    }

    /// A delivery that `mailbox` was handed, and its alert.
    pub(super) async fn handed_out(
        &self,
        permit: &Permit,
        mailbox: &MailboxId,
        id: DeliveryId,
    ) -> Result<(Arc<AlertRecord>, Delivery), MailboxError> {
        let alert = self.alert_for(permit, id.alert).await?;
        let known =
            |delivery: &&Delivery| delivery.mailbox == *mailbox && delivery.sequence.is_some();
        let delivery = alert.delivery(id.number).filter(known).cloned();
        Ok((alert, delivery.ok_or(MailboxError::NotFound)?))
    }

    pub(super) async fn words(
        &self,
        alert: AlertId,
        words: Option<&BodyRef>,
    ) -> Result<Redacted<String>, MailboxError> {
        let Some(words) = words else { return Ok(Redacted::default()) };
        let plain = self.open(alert, words).await?;
        let text = String::from_utf8(plain.to_vec()).map_err(|_bytes| MailboxError::Body)?;
        Ok(Redacted::new(text))
    }
}
