//! An agreement changes after it was given (domain 6.6): what that does to deliveries that rest on it.
//!
//! Not handed out: cancelled, and the recipient never learns. Handed out and unopened: the partner's system drops its
//! copy. Seen: it stays in the recipient's own record, no further use is made of it for this service, and the recipient
//! confirms that. What did not rest on the agreement goes on. Owns which deliveries a change ends and when; the
//! tombstone, the request to stop and its chase are [`super::recall`]'s. Whose word counts is decided by the same rows
//! as for a new alert (see [`super::sharing`]).

use super::escalation::{Climb, Steps};
use super::recall::{self, Withdrawal};
use super::sharing::{Agreement, Case, agreement_to, competent_objection};
use super::sketch::EventSketch;
use super::{Clocks, Context, follow_on, validate};
use crate::domain::alert::{Conflicts, TimerKind};
use crate::domain::consent::{ConsentChanged, Service, Standing};
use crate::domain::delivery::{DeliveryState, Purpose};
use crate::domain::directory::Directory;
use crate::domain::submission::{ConsentGiver, ConsentState, ParentAgreement, Scope};
use crate::domain::{
    AgencyCode, AlertRecord, Delivery, EventKind, Letter, MailboxId, Rule, Submission, Timestamp,
};

/// Which services a delivery rests on the agreement to; none where it needed none. Any one of them is enough.
fn rests_on(record: &AlertRecord, delivery: &Delivery) -> &'static [Service] {
    let is_information = record.kind.is_information();
    if delivery.row == Rule::D5 {
        &[Service::FamilySafety]
    } else if delivery.row == Rule::D9 && delivery.letter == Letter::N {
        &[Service::Maternity]
    } else if delivery.row == Rule::D9 {
        &[Service::Response]
    } else if delivery.row == Rule::D10 {
        // Information to community health needs no agreement; a competent child may object.
        &[Service::CommunityHealth]
    } else if delivery.row == Rule::D13 && is_information {
        &[Service::Information, Service::EarlyHelp]
    } else if delivery.row == Rule::D13 {
        &[Service::EarlyHelp]
    } else if delivery.row == Rule::D14 {
        &[Service::FrontDoor]
    } else if delivery.row == Rule::D17 {
        &[Service::AdultCare]
    } else {
        &[]
    }
}

/// A stored alert, read again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Read {
    /// As it was given.
    pub given: Submission,
    /// With one more word among its sharing records.
    pub said: Submission,
}

/// The deliveries of `record` that end with the change, with their rungs and tasks, ascending. `read` is the alert as
/// given and with the new word among its own records: the test of its row is made anew on that, with what the episode has
/// heard since. Where it cannot be made, a word that ends an agreement ends what rests on it.
#[must_use]
pub fn ended(
    record: &AlertRecord,
    change: &ConsentChanged,
    read: Option<&Read>,
    context: &Context<'_>,
) -> Vec<u32> {
    if !change.ends_agreement() || change.standing == Standing::Barred {
        return Vec::new();
    }
    let is_original = |delivery: &&Delivery| {
        matches!(delivery.purpose, Purpose::Alert | Purpose::OutOfHoursCopy)
            && !matches!(delivery.state, DeliveryState::Ended(_))
    };
    let is_ended = |delivery: &&Delivery| {
        let rests_on = rests_on(record, delivery);
        rests_on.contains(&change.service)
            && change.is_with(delivery.mailbox.agency_code())
            && !read.is_some_and(|read| {
                stands((read, record.received_at), change, (delivery, rests_on), context)
            })
    };
    let originals = record.deliveries.iter().filter(is_original).filter(is_ended);
    let originals: Vec<u32> = originals.map(|delivery| delivery.number).collect();
    let is_of = |delivery: &&Delivery| {
        let of = delivery.of.filter(|_| delivery.purpose != Purpose::Recall);
        originals.contains(&of.unwrap_or(delivery.number))
    };
    record.deliveries.iter().filter(is_of).map(|delivery| delivery.number).collect()
}

/// Whether the row of a delivery still lets it through.
fn stands(
    (read, taken_at): (&Read, Timestamp),
    change: &ConsentChanged,
    (delivery, services): (&Delivery, &[Service]),
    context: &Context<'_>,
) -> bool {
    let Ok(agency) = AgencyCode::try_from(delivery.mailbox.agency_code()) else { return false };
    // As it was taken: ages and offices of then. The episode tells what was heard since.
    let alone = Context { episode: &[], now: taken_at, ..*context };
    let Ok(validated) = validate(&read.given, &alone) else { return false };
    let said = &read.said;
    let case = Case { submission: said, validated: &validated, context };
    let still = |scope: Scope| agreement_to(&case, scope, &agency) == Agreement::Given;
    match change.service {
        Service::CommunityHealth => !competent_objection(&case, &agency),
        // The adult victim alone decides about support.
        Service::FamilySafety => change.giver != ConsentGiver::Adult,
        Service::FrontDoor => change.giver != ConsentGiver::PrHolder || !rests_on_parent(said),
        Service::Response
        | Service::Maternity
        | Service::EarlyHelp
        | Service::AdultCare
        | Service::Information => services.iter().filter_map(|service| service.scope()).any(still),
    }
}

/// D14 on AGREES; a written reason needs no agreement.
fn rests_on_parent(said: &Submission) -> bool {
    let of_plan = said.family_help().map(|plan| plan.parent_agreement);
    let answer = of_plan.or_else(|| said.worry().map(|worry| worry.parent_agreement));
    answer.is_some_and(|answer| answer.known() == Some(ParentAgreement::Agrees))
}

/// The alert with the change among its records, and with what it ends from now on; a change that is effective later
/// waits for its clock.
#[must_use]
pub fn change(
    record: &AlertRecord,
    change: &ConsentChanged,
    conflicts: &Conflicts,
    (directory, clocks, now): (&Directory, &Clocks, Timestamp),
) -> Steps {
    let mut climb = Climb::of(record, &[], conflicts);
    let kind = match change.state {
        ConsentState::Given => EventKind::ConsentRecorded,
        ConsentState::Refused => EventKind::ConsentRefused,
        ConsentState::Withdrawn => EventKind::ConsentWithdrawn,
    };
    let said = EventSketch::of(kind).because(change.service.as_str());
    climb.events.push(match change.standing {
        Standing::Counts => said,
        Standing::Barred => EventSketch::denied(kind, "GIVER_BARRED"),
    });
    climb.record.after.consents.push(change.clone());
    if change.effective_at <= now {
        take_effect(&mut climb, (directory, clocks, now));
    } else if let Ok(sender) = MailboxId::try_from(record.sender.as_str()) {
        let clock = follow_on::fixed(TimerKind::ConsentTakesEffect, change.effective_at, sender);
        climb.record.timers.push(clock);
    }
    climb.steps()
}

/// Ends what the changes that are effective by now end, once.
pub(crate) fn take_effect(
    climb: &mut Climb<'_>,
    (directory, clocks, now): (&Directory, &Clocks, Timestamp),
) {
    for change in climb.record.after.consents.clone() {
        if change.effective_at > now {
            continue;
        }
        let withdrawal = Withdrawal {
            numbers: &change.ends,
            since: change.effective_at,
            by: change.entered.by.as_ref(),
        };
        let (record, events) =
            recall::withdraw(&climb.record, withdrawal, (directory, clocks, now));
        climb.record = record;
        climb.events.extend(events);
    }
}

/// Whether the delivery may not be handed out any more at `now`: asked again inside the hand-out.
#[must_use]
pub fn is_withdrawn(record: &AlertRecord, number: u32, now: Timestamp) -> bool {
    let mut changes = record.after.consents.iter();
    changes.any(|change| change.effective_at <= now && change.ends.contains(&number))
}
