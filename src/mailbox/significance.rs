//! How much an alert says about a person, as the front door weighs it (domain 3.12).
//!
//! A line of a chronology has it for everybody whose copy is a line; who said so, and what was said before, stands in the
//! log. It changes nobody's copy, no priority and no clock.

use super::{ATTEMPTS_MAX, About, MailboxError, Mailboxes};
use crate::domain::after::{Significance, Weighed};
use crate::domain::delivery::Moment;
use crate::domain::{Event, EventKind, Position, Principal, Timestamp};
use crate::policy::access::{self, Action, Permit};
use crate::store::StoreError;

impl Mailboxes {
    /// Says how much the alert of a copy says about a person whom the copy shows; when it was said first. Saying the same
    /// again changes nothing.
    ///
    /// # Errors
    /// Denied, a copy that the mailbox has not got or a person it does not show (recorded), or the store.
    pub async fn set_significance(
        &self,
        principal: &Principal,
        about: &About,
        significance: Significance,
    ) -> Result<Timestamp, MailboxError> {
        if let Err(denied) = access::permit_to_weigh(principal) {
            self.audit.refuse(principal, denied.reason()).await?;
            return Err(denied.into());
        }
        for _attempt in 0..ATTEMPTS_MAX {
            let permit = self.permit(principal, Action::SetSignificance, &about.mailbox).await?;
            match self.weigh(&permit, about, significance).await {
                Err(MailboxError::Store(StoreError::Conflict)) => {}
                done => return self.told(principal, done).await,
            }
        }
        Err(MailboxError::Busy)
    }

    async fn weigh(
        &self,
        permit: &Permit,
        about: &About,
        significance: Significance,
    ) -> Result<Timestamp, MailboxError> {
        let (alert, person) = self.asked_from(permit, about).await?;
        let said = alert.after.weighed.iter().find(|it| it.person == person);
        if let Some(said) = said.filter(|it| it.significance == significance) {
            return Ok(said.at.at);
        }
        let now = self.env.now();
        let at = Moment { at: now, by: permit.actor().user.clone(), position: Position::THIS };
        let mut record = alert.as_ref().clone();
        record.after.weigh(Weighed { person, significance, at });
        let event = Event::new(self.env.ids(now).event(), EventKind::SignificanceSet);
        let event = event.about(alert.id, alert.episode);
        let mut event = event.to(about.delivery.number, &about.mailbox);
        let place = usize::try_from(person).ok();
        event.subjects.extend(place.and_then(|place| alert.subjects.get(place)));
        event.reason = Some(significance.as_str().to_owned());
        self.put(permit, now, vec![event], vec![record]).await?;
        Ok(now)
    }
}
