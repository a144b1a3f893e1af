//! What a sender sees of its own alerts (domain 5.3a).

use std::sync::Arc;

use super::{Broker, SubmitError};
use crate::audit::ReceiptOf;
use crate::crypto::{ContentKey, content_key};
use crate::domain::alert::BodyRef;
use crate::domain::{AgencyCode, AlertId, AlertRecord, Event, EventKind, Principal};
use crate::policy::access::{self, Action, Permit};
use crate::policy::disagreement::VisibleDisagreement;
use crate::policy::sender_view::{self, Notice, VisibleDelivery, VisibleRecall};
use crate::record::{Receipt, ReceiptKind, RecordedEntry};
use crate::store::{Commit, Group};

/// Rows in one page, at most.
pub const PAGE_MAX: usize = 256;

/// One alert as its sender may see it.
#[derive(Clone, Debug)]
pub struct Status {
    /// The alert.
    pub alert: Arc<AlertRecord>,
    /// The *stored* receipt, byte for byte as first given.
    pub receipt: Receipt,
    /// The deliveries the sender may see.
    pub deliveries: Vec<Seen>,
    /// What the sender must know.
    pub notices: Vec<Notice>,
    /// What became of a recall, at each recipient the sender may know of.
    pub recalls: Vec<VisibleRecall>,
    /// The sender's disagreement with the last decision on it, if it raised one.
    pub disagreement: Option<VisibleDisagreement>,
}

/// One delivery as the sender may see it, with its receipts.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The delivery, under the name the sender may know.
    pub delivery: VisibleDelivery,
    /// *Delivered* and *taken*, where they exist and the delivery is named.
    pub receipts: Vec<Receipt>,
}

impl Broker {
    /// The status of one of the caller's own alerts. The showing is recorded.
    ///
    /// # Errors
    /// An alert of another agency is the same as none.
    pub async fn status(
        &self,
        principal: &Principal,
        alert: AlertId,
    ) -> Result<Status, SubmitError> {
        let permit = self.permit_for(principal, Action::ReadStatus).await?;
        let found = self.parts.store.alert(alert).await?;
        let Some(alert) = self.shown_to(principal, (alert, found))? else {
            self.parts.audit.refuse(principal, "NOT_FOUND").await?;
            return Err(SubmitError::NotFound);
        };
        self.viewed(&permit, &[&alert]).await?;
        let receipt = self.stored_receipt(&alert).await?;
        let directory = self.parts.store.directory();
        let now = self.parts.env.now();
        let mut deliveries = Vec::new();
        for delivery in sender_view::deliveries(&alert, &directory, now) {
            let receipts = self.receipts(&alert, &delivery).await?;
            deliveries.push(Seen { delivery, receipts });
        }
        let simulated = self.parts.env.clock.is_simulated();
        let mut notices = sender_view::notices(&alert, &directory, simulated);
        notices.extend(sender_view::overdue(&alert, &directory, now));
        let recalls = sender_view::recalls(&alert, &directory, now);
        let disagreement = self.disagreement(&alert).await?;
        Ok(Status { alert, receipt, deliveries, notices, recalls, disagreement })
    }

    /// Up to `limit` of the caller's own alerts of the last 30 days, newest first, older than `before`.
    ///
    /// # Errors
    /// Denied, or the store.
    pub async fn own_alerts(
        &self,
        principal: &Principal,
        before: Option<AlertId>,
        limit: usize,
    ) -> Result<Vec<Arc<AlertRecord>>, SubmitError> {
        let permit = self.permit_for(principal, Action::ReadStatus).await?;
        let agency: AgencyCode = permit.agency().cloned().ok_or(SubmitError::NotFound)?;
        let limit = limit.clamp(1, PAGE_MAX);
        let mut alerts: Vec<Arc<AlertRecord>> = Vec::new();
        let mut before = before;
        // What the caller may not see leaves no gap: the page is filled from what comes behind it.
        while alerts.len() < limit {
            let more = self.parts.store.own_alerts(&agency, before, limit).await?;
            let Some(last) = more.last() else { break };
            before = Some(last.id);
            for alert in more {
                alerts.extend(self.shown_to(principal, (alert.id, Some(alert)))?);
            }
        }
        alerts.truncate(limit);
        if !alerts.is_empty() {
            let shown: Vec<&AlertRecord> = alerts.iter().map(AsRef::as_ref).collect();
            self.viewed(&permit, &shown).await?;
        }
        Ok(alerts)
    }

    /// Leave for something with the agency's own alerts, or a recorded refusal.
    pub(super) async fn permit_for(
        &self,
        principal: &Principal,
        action: Action,
    ) -> Result<Permit, SubmitError> {
        match access::permit(principal, action, None) {
            Ok(permit) => Ok(permit),
            Err(denied) => {
                self.parts.audit.refuse(principal, denied.reason()).await?;
                Err(denied.into())
            }
        }
    }

    pub(super) async fn viewed(
        &self,
        permit: &Permit,
        alerts: &[&AlertRecord],
    ) -> Result<(), SubmitError> {
        let env = &self.parts.env;
        let events = alerts
            .iter()
            .map(|alert| {
                let event = Event::new(env.ids(env.now()).event(), EventKind::RecordViewed);
                let mut event = event.about(alert.id, alert.episode);
                event.subjects.clone_from(&alert.subjects);
                event.reason = Some("STATUS".to_owned());
                event
            })
            .collect();
        let commit = Commit::new(permit, env.now(), events, env.salt_seed())?;
        self.parts.store.commit(commit).await?;
        Ok(())
    }

    /// The *stored* receipt, made again byte for byte from the journal.
    pub(super) async fn stored_receipt(&self, alert: &AlertRecord) -> Result<Receipt, SubmitError> {
        let key = alert.body.as_ref().map(|body| self.stored_key(body)).transpose()?;
        Ok(self.parts.audit.receipt(stored(alert, key.as_ref())).await?)
    }

    /// The same receipt from the entry and the content key in hand, right after its commit.
    pub(super) fn receipt_at_once(
        &self,
        alert: &AlertRecord,
        key: &ContentKey,
        (entry, group): (&RecordedEntry, &Group),
    ) -> Result<Receipt, SubmitError> {
        Ok(self.parts.audit.receipt_from(&stored(alert, Some(key)), entry, group)?)
    }

    /// The content key of an alert that is stored.
    pub(super) fn stored_key(&self, body: &BodyRef) -> Result<ContentKey, SubmitError> {
        let key = self.parts.sealer.key(&body.key).map_err(SubmitError::StoredKey)?;
        content_key(&key).map_err(SubmitError::StoredKey)
    }

    /// *Delivered* and *taken* of a delivery the sender may name.
    async fn receipts(
        &self,
        alert: &AlertRecord,
        visible: &VisibleDelivery,
    ) -> Result<Vec<Receipt>, SubmitError> {
        let Some(delivery) = visible.named.and_then(|number| alert.delivery(number)) else {
            return Ok(Vec::new());
        };
        let confirmed = delivery.confirmed.as_ref().map(|moment| (ReceiptKind::Delivered, moment));
        let taken = delivery.acknowledged.as_ref().map(|(moment, _)| (ReceiptKind::Taken, moment));
        let mut receipts = Vec::new();
        for (kind, moment) in confirmed.into_iter().chain(taken) {
            let of = ReceiptOf {
                kind,
                alert: alert.id,
                delivery: Some(delivery.number),
                position: moment.position,
                content_key: None,
            };
            receipts.push(self.parts.audit.receipt(of).await?);
        }
        Ok(receipts)
    }
}

fn stored(alert: &AlertRecord, key: Option<&ContentKey>) -> ReceiptOf {
    ReceiptOf {
        kind: ReceiptKind::Stored,
        alert: alert.id,
        delivery: None,
        position: alert.submitted,
        content_key: key.map(|key| *key.expose()),
    }
}
