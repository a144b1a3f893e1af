//! Deliveries whose copy cannot be made now: told, put into backoff, and passed over.
//!
//! Whatever is wrong with one alert – a data key that cannot be read, a group of the journal that is damaged, a view
//! that does not cut – the others of the mailbox go on.

use super::{MailboxError, Mailboxes};
use crate::audit::raise_alarm;
use crate::domain::event::EventOutcome;
use crate::domain::principal::Driver;
use crate::domain::{AlertRecord, DeliveryId, Event, EventKind, MailboxId, Principal};
use crate::policy::access::{self, Action};
use crate::store::Commit;

/// The copy could not be made.
const COPY_FAILED: &str = "COPY_FAILED";
/// An earlier delivery of the episode is tried first.
const HELD_BACK: &str = "HELD_BACK";

/// Deliveries that were passed over in one batch.
#[derive(Default)]
pub(super) struct PassedOver(Vec<(DeliveryId, Option<AlertRecord>, &'static str)>);

impl PassedOver {
    /// The copy of `id` could not be made: somebody must act.
    pub(super) fn failed(
        &mut self,
        id: DeliveryId,
        alert: Option<&AlertRecord>,
        error: &MailboxError,
    ) {
        raise_alarm(COPY_FAILED);
        let source = std::error::Error::source(error).map(ToString::to_string).unwrap_or_default();
        tracing::error!(delivery = %id, reason = error.reason(), source, "a copy cannot be made");
        self.0.push((id, alert.cloned(), COPY_FAILED));
    }

    /// `id` waits for an earlier delivery of its episode.
    pub(super) fn held_back(&mut self, id: DeliveryId, alert: &AlertRecord) {
        self.0.push((id, Some(alert.clone()), HELD_BACK));
    }
}

impl Mailboxes {
    /// Records what was passed over: an entry may say already that it was delivered. That this cannot be recorded
    /// keeps nothing back that can be sent.
    pub(super) async fn record_passed_over(&self, mailbox: &MailboxId, passed: PassedOver) {
        let events: Vec<Event> =
            passed.0.iter().map(|passed| self.delivery_failed(mailbox, passed)).collect();
        if events.is_empty() {
            return;
        }
        if let Err(error) = self.commit_hub_events(events).await {
            tracing::error!(%mailbox, %error, "a failed delivery could not be recorded");
        }
    }

    fn delivery_failed(
        &self,
        mailbox: &MailboxId,
        (id, alert, reason): &(DeliveryId, Option<AlertRecord>, &'static str),
    ) -> Event {
        let event = Event::new(self.env.ids(self.env.now()).event(), EventKind::DeliveryFailed);
        let mut event = event.to(id.number, mailbox);
        event.alert = Some(id.alert);
        event.outcome = EventOutcome::Error;
        event.reason = Some((*reason).to_owned());
        if let Some(alert) = alert {
            event.episode = Some(alert.episode);
            event.subjects.clone_from(&alert.subjects);
            event.count = alert.delivery(id.number).and_then(|delivery| delivery.sequence);
        }
        event
    }

    async fn commit_hub_events(&self, events: Vec<Event>) -> Result<(), MailboxError> {
        let hub = Principal::Hub(Driver::Operator);
        let permit = access::permit(&hub, Action::RecordHubEvent, None)?;
        let commit = Commit::new(&permit, self.env.now(), events, self.env.salt_seed())?;
        self.store.commit(commit).await?;
        Ok(())
    }
}
