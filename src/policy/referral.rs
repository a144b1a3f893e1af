//! What a decision is about: the alerts of the episode that asked for one, and who hears of it (domain 3.10, R51).

use std::sync::Arc;

use super::Context;
use super::routing::duty_mailbox;
use super::validation::Validated;
use crate::domain::alert::Conflicts;
use crate::domain::directory::MailboxRole;
use crate::domain::referral::{OwnReport, Referral, ReferrerType};
use crate::domain::submission::{Code, Given};
use crate::domain::{AlertRecord, Letter, MailboxId, Submission, View};

/// The referral that a new alert is; none where it asks the front door for nothing.
pub(super) fn of(submission: &Submission, validated: &Validated) -> Option<Referral> {
    let found = validated.assessment.worry()?;
    let referrer = match submission.contact().map(|facts| &facts.referrer) {
        // Only a referrer who is known to be a professional is told by the hub: a code of a newer contract is not.
        Some(Given::Given(Code::Unrecognised(_))) => ReferrerType::Public,
        Some(given) => given.known().unwrap_or(ReferrerType::Professional),
        // A concern comes from an agency of the partnership.
        None => ReferrerType::Professional,
    };
    Some(Referral::received(referrer, found.own_report))
}

/// The alerts that a decision in this episode is about: those that asked for one; where none did, the first.
pub(super) fn decided_on(episode: &[Arc<AlertRecord>]) -> impl Iterator<Item = &AlertRecord> {
    let asked = |earlier: &&Arc<AlertRecord>| earlier.referral.is_some();
    let has_asked = episode.iter().any(|earlier| earlier.referral.is_some());
    let first = if has_asked { None } else { episode.first() };
    episode.iter().filter(asked).chain(first).map(AsRef::as_ref)
}

/// The referral of an alert that was decided on: an agency's alert of another kind is a professional's.
pub(super) fn referral_of(earlier: &AlertRecord) -> Referral {
    let professional = || Referral::received(ReferrerType::Professional, OwnReport::None);
    earlier.referral.unwrap_or_else(professional)
}

/// Where the sender of an alert that was decided on is told; nowhere where it is kept from that inbox. What is kept from
/// somebody stays with the lead of the sending agency (domain 5.7, 6).
pub(super) fn told_at(
    earlier: &AlertRecord,
    conflicts: &Conflicts,
    context: &Context<'_>,
) -> Option<MailboxId> {
    let agency = context.directory.agencies.get(&earlier.sender)?;
    let lead = agency.mailbox(MailboxRole::Lead).filter(|_| is_kept(earlier, conflicts));
    let mailbox = lead.or_else(|| duty_mailbox(agency))?;
    (!conflicts.close(&mailbox.id)).then(|| mailbox.id.clone())
}

/// Whether what becomes of it is for the lead of the sending agency alone.
pub(super) fn is_kept(earlier: &AlertRecord, conflicts: &Conflicts) -> bool {
    *conflicts != Conflicts::default()
        || earlier.decisions.iter().any(|decision| decision.letter == Letter::D)
}

/// Whether anybody of the episode has a SAFE address, as far as this alert and its deliveries so far tell.
pub(super) fn has_safe_address(submission: &Submission, episode: &[Arc<AlertRecord>]) -> bool {
    let tasks = episode.iter().flat_map(|earlier| &earlier.deliveries);
    submission.subjects.iter().any(|person| person.has_safe_address)
        || tasks.into_iter().any(|delivery| delivery.view == View::SafeTask)
}
