//! Handing over at the end of a turn on duty: who holds what is open, from now on.
//!
//! Who took a delivery has taken it for good. What changes hands is who holds it: the log says so, and the list.

use super::{ATTEMPTS_MAX, CONFIRM_MAX, MailboxError, Mailboxes};
use crate::domain::delivery::DeliveryState;
use crate::domain::directory::{Directory, Mailbox};
use crate::domain::{
    AlertRecord, Delivery, DeliveryId, Event, EventKind, MailboxId, Principal, Timestamp, UserId,
};
use crate::policy::access::{self, Action, Permit};
use crate::policy::escalation;
use crate::record::open_conflicts;
use crate::store::StoreError;

/// What was handed over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HandedOver {
    /// To whom.
    pub to: UserId,
    /// Which deliveries, in the order of the mailbox.
    pub deliveries: Vec<DeliveryId>,
}

impl Mailboxes {
    /// Hands deliveries over to a person who serves the mailbox too: `to`, or who is next by its rota. Those named, or
    /// where none is, all that the caller holds and nothing has come of, at most [`CONFIRM_MAX`].
    ///
    /// # Errors
    /// Denied (recorded), nobody next on the rota, a person who does not serve this mailbox or must not know of one of
    /// the alerts, more than [`CONFIRM_MAX`] deliveries, one that is not the mailbox's, or the store.
    pub async fn hand_over(
        &self,
        principal: &Principal,
        mailbox: &MailboxId,
        to: Option<&UserId>,
        deliveries: &[DeliveryId],
    ) -> Result<HandedOver, MailboxError> {
        if deliveries.len() > CONFIRM_MAX {
            return Err(MailboxError::TooMany);
        }
        for _attempt in 0..ATTEMPTS_MAX {
            let permit = self.permit(principal, Action::HandOver, mailbox).await?;
            match self.hand_over_once(&permit, mailbox, to, deliveries).await {
                Err(MailboxError::Store(StoreError::Conflict)) => {}
                done => return self.told(principal, done).await,
            }
        }
        Err(MailboxError::Busy)
    }

    async fn hand_over_once(
        &self,
        permit: &Permit,
        mailbox: &MailboxId,
        to: Option<&UserId>,
        deliveries: &[DeliveryId],
    ) -> Result<HandedOver, MailboxError> {
        let now = self.env.now();
        let from = permit.actor().user.as_ref().ok_or(MailboxError::NotFound)?;
        let directory = self.store.directory();
        let to = taker(&directory, mailbox, (from, to), now)?;
        let deliveries = match deliveries {
            [] => self.held_by(mailbox, from).await?,
            named => named.to_vec(),
        };
        let mut changed: Vec<AlertRecord> = Vec::new();
        let mut events = Vec::with_capacity(deliveries.len());
        for id in &deliveries {
            let at = match changed.iter().position(|record| record.id == id.alert) {
                Some(at) => at,
                None => {
                    changed.push(self.open_to(permit, *id, &to).await?);
                    changed.len().saturating_sub(1)
                }
            };
            let record = changed.get_mut(at).ok_or(MailboxError::NotFound)?;
            let is_it = |it: &&mut Delivery| it.number == id.number && it.mailbox == *mailbox;
            let delivery = record.deliveries.iter_mut().find(is_it);
            let delivery = delivery.filter(|it| it.sequence.is_some());
            let delivery = delivery.ok_or(MailboxError::NotFound)?;
            *delivery = delivery.clone().hand_over(to.clone())?;
            let event = Event::new(self.env.ids(now).event(), EventKind::Forwarded);
            let mut event = event.about(record.id, record.episode).to(id.number, mailbox);
            event.subjects.clone_from(&record.subjects);
            event.reason = Some("HANDED_OVER".to_owned());
            event.person = Some(to.clone());
            events.push(event);
        }
        if !events.is_empty() {
            self.put(permit, now, events, changed).await?;
        }
        Ok(HandedOver { to, deliveries })
    }

    /// The alert of a delivery, if `to` may know of it. Who must not is no taker: whoever hands over hears no more.
    async fn open_to(
        &self,
        permit: &Permit,
        id: DeliveryId,
        to: &UserId,
    ) -> Result<AlertRecord, MailboxError> {
        let record = self.alert_for(permit, id.alert).await?.as_ref().clone();
        let conflicts = open_conflicts(&self.sealer, &record)?;
        let is_kept = self.is_kept_from(&record, Some(to))?;
        match is_kept || conflicts.users.contains(to) {
            true => Err(MailboxError::NotOfThisDesk),
            false => Ok(record),
        }
    }

    /// What a person holds at this mailbox and nothing has come of. What cannot be read now is not handed over.
    async fn held_by(
        &self,
        mailbox: &MailboxId,
        user: &UserId,
    ) -> Result<Vec<DeliveryId>, MailboxError> {
        let (mut held, mut after) = (Vec::new(), 0);
        while held.len() < CONFIRM_MAX {
            let page = self.store.handed_out(mailbox, after, CONFIRM_MAX).await?;
            let Some((last, _)) = page.last() else { break };
            after = *last;
            for (_, id) in page {
                let Ok(alert) = self.alert_if_readable(id).await? else { continue };
                if self.is_kept_from(&alert, Some(user))? {
                    continue;
                }
                if alert.delivery(id.number).is_some_and(|delivery| is_open_with(delivery, user)) {
                    held.push(id);
                }
            }
        }
        held.truncate(CONFIRM_MAX);
        Ok(held)
    }
}

/// Whether the person holds it and nothing has come of it.
fn is_open_with(delivery: &Delivery, user: &UserId) -> bool {
    let taken_by = delivery.acknowledged.as_ref().and_then(|(moment, _)| moment.by.as_ref());
    let is_over = matches!(delivery.state, DeliveryState::Ended(_)) || delivery.closed.is_some();
    !is_over && delivery.held_by.as_ref().or(taken_by) == Some(user)
}

/// Who takes over: the person named, or who is next by the rota.
fn taker(
    directory: &Directory,
    mailbox: &MailboxId,
    (from, to): (&UserId, Option<&UserId>),
    now: Timestamp,
) -> Result<UserId, MailboxError> {
    let agency = directory.agency_of(mailbox).ok_or(MailboxError::NotFound)?;
    let known: &Mailbox = directory.mailbox(mailbox).ok_or(MailboxError::NotFound)?;
    let to = match to {
        Some(to) => to.clone(),
        None => {
            let duty = escalation::duty(agency, known, now);
            // Whose turn has just begun, while the one before still hands over; else whose turn comes next.
            let mut turns = duty.now.into_iter().chain(duty.next);
            turns.find(|user| user != from).ok_or(MailboxError::NobodyNext)?
        }
    };
    let entry = directory.active_user(&agency.code, &to);
    match entry.is_some_and(|entry| access::may_serve(known.role, &entry.roles)) {
        true => Ok(to),
        false => Err(MailboxError::NotOfThisDesk),
    }
}
