//! One recipient's copy of an alert, cut to what that recipient may see.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::{MailboxError, Mailboxes};
use crate::calendar;
use crate::domain::alert::{BodyRef, Gap};
use crate::domain::directory::Directory;
use crate::domain::{
    AgencyCode, AlertId, AlertRecord, Delivery, DeliveryId, DeliveryState, Disagreement,
    DisagreementStage, Letter, MailboxId, Redacted, Timestamp,
};
use crate::policy::staff;
use crate::policy::views::{self, CopyRequest, Cut, HubFacts};
use crate::record;

/// A copy ready to be rendered: the record's facts and the cut body. Nothing else may leave.
#[derive(Clone, Debug)]
pub struct Copy {
    /// The alert's record.
    pub alert: Arc<AlertRecord>,
    /// The delivery it is the copy of.
    pub delivery: Delivery,
    /// What the view left of the body.
    pub cut: Cut,
    /// The sender's duty phone.
    pub sender_phone: String,
    /// Whether hub time is simulated; marked on the copy.
    pub simulated: bool,
    /// The alert that this one completes or supersedes, where this mailbox had that one.
    pub replaces: Option<AlertId>,
    /// The alert that took the place of this one, where this mailbox gets that one.
    pub superseded_by: Option<AlertId>,
    /// The disagreement because of which the reader was called.
    pub disagreement: Option<Called>,
}

/// Whoever is called because a referrer does not agree sees what that referrer said (R90).
#[derive(Clone, Debug)]
pub struct Called {
    /// The agency that does not agree.
    pub referrer: AgencyCode,
    /// The stage that called.
    pub stage: DisagreementStage,
    /// What was said up to then, oldest first: with which stage, when, the words.
    pub words: Vec<(DisagreementStage, Timestamp, Redacted<String>)>,
}

impl Copy {
    /// The delivery's id.
    #[must_use]
    pub fn delivery_id(&self) -> DeliveryId {
        DeliveryId { alert: self.alert.id, number: self.delivery.number }
    }
}

impl Mailboxes {
    /// Opens sealed bytes. The only place where that is done; that they are shown is recorded and durable before
    /// this is called.
    pub(super) async fn open(
        &self,
        alert: AlertId,
        body: &BodyRef,
    ) -> Result<Zeroizing<Vec<u8>>, MailboxError> {
        let sealed = self.store.body(alert, body).await?;
        self.sealer.open_body(alert, &sealed).map_err(|_opaque| MailboxError::Body)
    }

    /// Opens the body and cuts the copy; its hand-out is recorded and durable before this is called.
    pub(super) async fn cut_copy(
        &self,
        alert: Arc<AlertRecord>,
        number: u32,
    ) -> Result<Copy, MailboxError> {
        let delivery = alert.delivery(number).cloned().ok_or(MailboxError::NotFound)?;
        let body = alert.body.as_ref().ok_or(MailboxError::NotFound)?;
        let plain = self.open(alert.id, body).await?;
        let body = record::decode_body(&plain).map_err(|_malformed| MailboxError::Body)?;
        let hub_facts =
            HubFacts::decode(&body.hub_facts).map_err(|_malformed| MailboxError::Body)?;
        let directory = self.store.directory();
        let urn = school_urn(&directory, &delivery);
        let pupils = pupils(&delivery, urn.as_deref(), &body.pupils);
        let council_children = council_children(&delivery, &body.pupils);
        let protected = protected(&alert, body.safe);
        let request = CopyRequest {
            council_children: &council_children,
            agency: Some(delivery.mailbox.agency_code()),
            hub_facts: Some(&hub_facts),
            school_urn: urn.as_deref(),
            pupils: &pupils,
            living_outside: &body.living_outside,
            protected: &protected,
            on: Some(calendar::local_date(self.env.now().to_jiff())),
            school_words_name_somebody: alert.gaps.iter().any(names_somebody_to_a_school),
            ..CopyRequest::new(alert.kind, delivery.letter, delivery.view)
        };
        let mut cut = views::cut(&body.alert, &request).map_err(|_malformed| MailboxError::Body)?;
        if staff::is_question(&delivery) {
            cut.banners.push(views::asking_for_staff());
        }
        let sender_phone = sender_phone(&directory, &alert);
        let simulated = self.env.clock.is_simulated();
        let replaces = alert.after.supersedes.or(alert.completes);
        let had = |it: &Delivery| it.sequence.is_some();
        let replaces = self.also_in(&delivery.mailbox, replaces, had).await;
        let gets = |it: &Delivery| it.sequence.is_some() || it.state == DeliveryState::Queued;
        let superseded_by = self.also_in(&delivery.mailbox, alert.after.superseded_by, gets).await;
        let disagreement = self.called(&alert, number).await?;
        Ok(Copy {
            alert,
            delivery,
            cut,
            sender_phone,
            simulated,
            replaces,
            superseded_by,
            disagreement,
        })
    }

    /// The disagreement that caused a delivery, with its words; none where none did.
    async fn called(
        &self,
        alert: &AlertRecord,
        number: u32,
    ) -> Result<Option<Called>, MailboxError> {
        let calling = |it: &&Disagreement| it.call(number).is_some();
        let Some(found) = alert.after.disagreements.iter().find(calling) else { return Ok(None) };
        let Some((raised, said)) = found.call(number) else { return Ok(None) };
        let mut words = Vec::with_capacity(said.len());
        for (raised, said) in said {
            let text = self.words(alert.id, Some(&said.text)).await?;
            words.push((raised.stage, raised.at.at, text));
        }
        Ok(Some(Called { referrer: found.referrer.clone(), stage: raised.stage, words }))
    }

    /// Another alert, where the mailbox has one of its deliveries of which `knows` says yes: a copy names no alert that
    /// its reader has not heard of. One that cannot be read is not named.
    async fn also_in(
        &self,
        mailbox: &MailboxId,
        other: Option<AlertId>,
        knows: impl Fn(&Delivery) -> bool + Send,
    ) -> Option<AlertId> {
        let other = self.store.alert(other?).await.ok()??;
        let is_there = |delivery: &&Delivery| delivery.mailbox == *mailbox && knows(delivery);
        other.deliveries.iter().find(is_there).map(|_| other.id)
    }
}

/// An urgent alert is taken although its words for a school say what they may not: a gap tells.
fn names_somebody_to_a_school(gap: &Gap) -> bool {
    gap.reason == "STOP_LIST" && gap.path.ends_with("voice_for_school")
}

/// Whose pupil a school's copy is about: the setting routed to, else the school of the recipient agency.
fn school_urn(directory: &Directory, delivery: &Delivery) -> Option<String> {
    delivery.setting.clone().or_else(|| {
        let recipient = delivery.mailbox.agency_code();
        let own = directory
            .schools
            .values()
            .find(|school| school.agency.as_ref().is_some_and(|code| code.as_str() == recipient));
        own.map(|school| school.urn.clone())
    })
}

/// Whom a school's copy is about by routing: the children of its setting; where nobody knows the setting, those of none.
fn pupils(delivery: &Delivery, setting: Option<&str>, all: &[(String, usize)]) -> Vec<usize> {
    if delivery.letter != Letter::E {
        return Vec::new();
    }
    let setting = setting.unwrap_or_default();
    all.iter().filter(|(of, _)| of == setting).map(|(_, position)| *position).collect()
}

/// The children a council is responsible for, or who live in its area, as routing found them (R80).
fn council_children(delivery: &Delivery, all: &[(String, usize)]) -> Vec<usize> {
    if !matches!(delivery.letter, Letter::L | Letter::X) {
        return Vec::new();
    }
    let council = delivery.mailbox.agency_code();
    all.iter().filter(|(of, _)| of == council).map(|(_, position)| *position).collect()
}

fn sender_phone(directory: &Directory, alert: &AlertRecord) -> String {
    let sender = directory.agencies.get(&alert.sender);
    let duty = sender.and_then(|agency| agency.mailboxes.first());
    duty.map(|mailbox| mailbox.phone.clone()).unwrap_or_default()
}
/// Whose home no copy shows: who was treated as living at a SAFE address when the alert was taken, and whoever the
/// register has protected since (domain 4.5.8).
fn protected(alert: &AlertRecord, safe: Vec<usize>) -> Vec<usize> {
    let since = alert.flags.iter().filter_map(|flagged| usize::try_from(flagged.mention).ok());
    let mut protected: Vec<usize> = safe.into_iter().chain(since).collect();
    protected.sort_unstable();
    protected.dedup();
    protected
}
