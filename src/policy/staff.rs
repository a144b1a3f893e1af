//! Who of an agency a person of concern is (domain 5.7, 0), and what somebody has seen who must not know (5.7, 3).
//!
//! Where the sender knows the employer and not the person, every general inbox of the agency is closed until its
//! safeguarding lead says who it is; where the lead is the person, LADO. From then on only that person and the inboxes
//! that serve them are; the others get what was held back for them, by the rows that had sent it there. Who it is stands
//! in no entry.

use std::sync::Arc;

use super::decide::{queued, task};
use super::partners::{HUB_IG, LADO};
use super::sketch::EventSketch;
use super::{Clocks, Context, access, clock, escalation, routing, sharing};
use crate::domain::alert::{Conflicts, Held};
use crate::domain::decision::{ShareOutcome, SharingDecision};
use crate::domain::delivery::{AckOutcome, EndReason, Moment, Purpose};
use crate::domain::directory::{Agency, Directory, Mailbox};
use crate::domain::{
    AgencyCode, AlertRecord, Delivery, DeliveryState, Event, EventKind, Letter, MailboxId,
    Priority, Rule, Timestamp, UserId,
};

/// How far back information governance is told of what somebody kept from an alert has seen, in calendar months.
const LOOK_BACK_MONTHS: i32 = 12;

/// Why information governance is told.
pub const CONFLICT_LOOK_BACK: &str = "CONFLICT_LOOK_BACK";

/// Why a lead is asked, and what is done with the answer.
const NAME_STAFF_USER: &str = "NAME_STAFF_USER";

/// What a lead says.
#[derive(Clone, Copy, Debug)]
pub struct Naming<'a> {
    /// Of which agency.
    pub agency: &'a AgencyCode,
    /// Who it is, of the hub's users; nobody where no person of concern is one.
    pub users: &'a [UserId],
    /// Who says so.
    pub by: &'a UserId,
}

/// The alert once its lead has spoken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Named {
    /// The record; its version, and the sealing of the conflicts, are the caller's.
    pub record: AlertRecord,
    /// From whom it is kept from now on.
    pub conflicts: Conflicts,
    /// What to record, without ids.
    pub events: Vec<Event>,
}

/// Asks the leads of the agencies that employ somebody nobody has named: a P2 task each. One that was asked because of an
/// earlier alert of the episode is not asked again.
pub(super) fn ask(
    conflicts: &Conflicts,
    context: &Context<'_>,
    (deliveries, events): (&mut Vec<Delivery>, &mut Vec<EventSketch>),
) {
    let Context { directory, ref clocks, now, kept_from, .. } = *context;
    let news = conflicts.unnamed.iter().filter(|it| !kept_from.unnamed.contains(it));
    let mut inboxes: Vec<MailboxId> =
        news.filter_map(|agency| asked_at(agency, conflicts, (directory, now))).collect();
    inboxes.sort();
    inboxes.dedup();
    for mailbox in inboxes {
        let number = u32::try_from(deliveries.len()).unwrap_or(u32::MAX);
        let due = routing::due_at((directory, clocks), &mailbox, Priority::P2, now);
        let created = EventSketch::of(EventKind::TaskCreated).to(number, &mailbox).due(due);
        events.push(created.by_rules(&[Rule::D0]).because(NAME_STAFF_USER));
        let asked = task(number, &mailbox, Priority::P2, now);
        deliveries.push(Delivery { due, row: Rule::D0, ..asked });
    }
}

/// Whether the delivery asks who of an agency a person of concern is.
#[must_use]
pub fn is_question(delivery: &Delivery) -> bool {
    delivery.purpose == Purpose::Task && delivery.row == Rule::D0
}

/// Where it is asked who of the agency it is: at its lead's, or at whoever stands in the lead's place.
fn asked_at(
    agency: &AgencyCode,
    conflicts: &Conflicts,
    (directory, now): (&Directory, Timestamp),
) -> Option<MailboxId> {
    let duty = routing::duty_mailbox(directory.agencies.get(agency)?)?;
    Some(sharing::told_of(&duty.id, conflicts, (directory, now)))
}

/// The agencies about whose people the inbox is asked.
#[must_use]
pub fn asked_of(
    mailbox: &MailboxId,
    conflicts: &Conflicts,
    (directory, now): (&Directory, Timestamp),
) -> Vec<AgencyCode> {
    let is_asked = |agency: &&AgencyCode| {
        asked_at(agency, conflicts, (directory, now)).as_ref() == Some(mailbox)
    };
    conflicts.unnamed.iter().filter(is_asked).cloned().collect()
}

/// What the lead's word changes in one alert. Nothing where the agency is not asked about.
#[must_use]
pub fn name(
    (record, conflicts): (&AlertRecord, &Conflicts),
    naming: &Naming<'_>,
    (directory, clocks, now): (&Directory, &Clocks, Timestamp),
) -> Option<Named> {
    let Naming { agency, users, by } = *naming;
    let known = directory.agencies.get(agency).filter(|_| conflicts.unnamed.contains(agency))?;
    let asked = asked_at(agency, conflicts, (directory, now));
    let serving = known.mailboxes.iter().filter(|mailbox| serves_any(known, mailbox, users));
    let mut after = Conflicts {
        mailboxes: serving.map(|mailbox| mailbox.id.clone()).collect(),
        users: users.to_vec(),
        ..Conflicts::default()
    }
    .and(conflicts);
    after.unnamed.retain(|unnamed| unnamed != agency);
    let still = |other: &AgencyCode| asked_at(other, conflicts, (directory, now)) == asked;
    let is_answered = !after.unnamed.iter().any(still);
    let mut naming = Releasing { record: record.clone(), events: Vec::new(), now };
    naming.said(known, users);
    if let Some(mailbox) = asked.filter(|_| is_answered) {
        naming.done(&mailbox, by);
    }
    naming.keep_back(&after);
    // A correction of the alert holds back its own.
    let is_live = record.after.superseded_by.is_none() && !super::recall::is_recalled(record);
    let (open, held): (Vec<Held>, Vec<Held>) = conflicts
        .held
        .iter()
        .cloned()
        .partition(|it| is_live && !after.close(&it.delivery.mailbox));
    for held in open {
        naming.release(held, (directory, clocks));
    }
    for held in held.iter().filter(|_| is_live) {
        naming.instead(held, &after, (directory, clocks));
    }
    after.held = held;
    let Releasing { record, events, .. } = naming;
    let events = events.into_iter().map(|sketch| sketch.about(&record)).collect();
    Some(Named { record, conflicts: after, events })
}

/// What a later alert of the episode changes in this one where it says of somebody that they must not know: what waits for
/// an inbox that serves them, or that is closed until they are named, is not handed out, and whoever stands in its place
/// has it (domain 5.7, 1). Nothing where the alert was kept from the same people before.
#[must_use]
pub fn kept_from_now_on(
    (record, conflicts): (&AlertRecord, &Conflicts),
    stated: &Conflicts,
    (directory, clocks, now): (&Directory, &Clocks, Timestamp),
) -> Option<Named> {
    let mut after = conflicts.clone().and(stated);
    // Who was named once is not asked for again.
    if after == *conflicts {
        return None;
    }
    let closes = |it: &Delivery| after.close(&it.mailbox) && !conflicts.close(&it.mailbox);
    let waits = |it: &&Delivery| it.state == DeliveryState::Queued && closes(it);
    let waiting: Vec<Delivery> = record.deliveries.iter().filter(waits).cloned().collect();
    let mut keeping = Releasing { record: record.clone(), events: Vec::new(), now };
    keeping.not_handed_out(|it| waiting.iter().any(|waiting| waiting.number == it.number));
    let is_live = record.after.superseded_by.is_none() && !super::recall::is_recalled(record);
    let is_copy = |it: &&Delivery| it.purpose == Purpose::Alert && is_live;
    for missed in waiting.iter().filter(is_copy) {
        let decided = record.decisions.iter().rev().find(|it| it.mailbox == missed.mailbox);
        let Some(decision) = decided else { continue };
        if !after.close_for_good(&missed.mailbox) {
            let held = Held { delivery: missed.clone(), decision: decision.clone() };
            after.held.push(held);
        }
        for place in sharing::stand_ins(missed, &after, (directory, now)) {
            keeping.stand_in((missed, decision), place, (directory, clocks));
        }
    }
    let Releasing { record, events, .. } = keeping;
    let record = escalation::settled(record);
    let events = events.into_iter().map(|sketch| sketch.about(&record)).collect();
    Some(Named { record, conflicts: after, events })
}

/// The record while a lead's word is worked into it.
struct Releasing {
    record: AlertRecord,
    events: Vec<EventSketch>,
    now: Timestamp,
}

impl Releasing {
    fn said(&mut self, agency: &Agency, users: &[UserId]) {
        let what = if users.is_empty() { "NOT_A_HUB_USER" } else { "STAFF_USER_NAMED" };
        let said = EventSketch::of(EventKind::CoiApplied).by_rules(&[Rule::D0]).because(what);
        self.events.push(match routing::duty_mailbox(agency) {
            Some(duty) => said.at_mailbox(&duty.id),
            None => said,
        });
    }

    /// The question is answered: closed where somebody has it, else nobody needs to see it any more.
    fn done(&mut self, mailbox: &MailboxId, by: &UserId) {
        let now = self.now;
        let open = |it: &&mut Delivery| is_question(it) && it.mailbox == *mailbox;
        for delivery in self.record.deliveries.iter_mut().filter(open) {
            let after = match delivery.state {
                DeliveryState::Queued => delivery.clone().end(EndReason::Cancelled),
                DeliveryState::Delivered => {
                    let taken = delivery.clone().acknowledge(by.clone(), AckOutcome::Closed, now);
                    // Another lead had taken it: then it is that one's still, and closed by this one.
                    let taken = taken.unwrap_or_else(|_by_another| delivery.clone());
                    let closed = taken.clone().close(by.clone(), now);
                    closed.unwrap_or(taken)
                }
                DeliveryState::Ended(_) => continue,
            };
            *delivery = after;
            let done = EventSketch::of(EventKind::TaskDone).to(delivery.number, mailbox);
            self.events.push(done.because(NAME_STAFF_USER));
        }
    }

    /// What waits for an inbox that serves the person is not handed out. What was handed out stays where it is, but not
    /// for the person.
    fn keep_back(&mut self, after: &Conflicts) {
        self.not_handed_out(|it| after.mailboxes.contains(&it.mailbox));
    }

    fn not_handed_out(&mut self, is_kept: impl Fn(&Delivery) -> bool) {
        let waits = |it: &&mut Delivery| it.state == DeliveryState::Queued && is_kept(it);
        for delivery in self.record.deliveries.iter_mut().filter(waits) {
            *delivery = delivery.clone().end(EndReason::Cancelled);
            let kept =
                EventSketch::of(EventKind::CoiApplied).to(delivery.number, &delivery.mailbox);
            self.events.push(kept.by_rules(&[Rule::D0]).because("NOT_HANDED_OUT"));
        }
    }

    /// The inbox gets what was held back for it.
    fn release(&mut self, held: Held, with: (&Directory, &Clocks)) {
        let Held { delivery, decision } = held;
        self.add(delivery, with);
        self.record.decisions.push(decision);
    }

    /// Where the person who was named leads the agency's safeguarding, its lead is no alternate any more: LADO is.
    fn instead(
        &mut self,
        held: &Held,
        after: &Conflicts,
        (directory, clocks): (&Directory, &Clocks),
    ) {
        let mailbox = sharing::told_of(&held.delivery.mailbox, after, (directory, self.now));
        let has_it = |it: &Delivery| it.mailbox == mailbox && !is_question(it);
        if mailbox.agency_code() != LADO || self.record.deliveries.iter().any(has_it) {
            return;
        }
        let missed = (&held.delivery, &held.decision);
        self.stand_in(missed, (mailbox, Letter::D), (directory, clocks));
    }

    /// Whoever stands in somebody's place has the delivery, unless it has the alert already.
    fn stand_in(
        &mut self,
        (missed, decision): (&Delivery, &SharingDecision),
        (mailbox, letter): (MailboxId, Letter),
        with: (&Directory, &Clocks),
    ) {
        let has_it = |it: &Delivery| {
            let is_over = matches!(it.state, DeliveryState::Ended(_));
            it.mailbox == mailbox && it.purpose == Purpose::Alert && !is_over
        };
        if self.record.deliveries.iter().any(has_it) {
            return;
        }
        let mut decision = decision.clone();
        decision.mailbox = mailbox.clone();
        decision.letter = letter;
        decision.applicable.insert(0, Rule::D0);
        decision.row = Rule::D0;
        decision.outcome = ShareOutcome::AlternateRoute;
        self.add(Delivery { mailbox, letter, row: Rule::D0, ..missed.clone() }, with);
        self.record.decisions.push(decision);
    }

    fn add(&mut self, delivery: Delivery, (directory, clocks): (&Directory, &Clocks)) {
        let due = match delivery.routes.contains(&Rule::R24) {
            // Its time is the school's, not the inbox's.
            true => delivery.due,
            false => {
                let Delivery { mailbox, priority, .. } = &delivery;
                routing::due_at((directory, clocks), mailbox, *priority, self.now)
            }
        };
        let delivery = Delivery {
            number: u32::try_from(self.record.deliveries.len()).unwrap_or(u32::MAX),
            queued_at: self.now,
            due,
            rung: escalation::first_rung(delivery.letter, delivery.purpose, due),
            ..delivery
        };
        self.events.push(queued(&delivery));
        self.record.deliveries.push(delivery);
    }
}

/// Whether the inbox is opened by one of these people: by what they do, or by its rota.
fn serves_any(agency: &Agency, mailbox: &Mailbox, users: &[UserId]) -> bool {
    users.iter().any(|user| {
        let entry = agency.users.get(user);
        let by_role = entry.is_some_and(|entry| access::may_serve(mailbox.role, &entry.roles));
        let has_turn = mailbox
            .rota
            .iter()
            .any(|slot| slot.user == *user || slot.deputy.as_ref() == Some(user));
        by_role || has_turn
    })
}

/// Whether one of these people has looked at one of the alerts within the last 12 calendar months: opened, took, declined
/// or closed a copy (domain 5.7, 3).
#[must_use]
pub fn has_looked<'a>(
    users: &[UserId],
    alerts: impl IntoIterator<Item = &'a Arc<AlertRecord>>,
    now: Timestamp,
) -> bool {
    let is_named = |moment: &Moment| {
        let is_recent = clock::is_within_months(moment.at, now, LOOK_BACK_MONTHS);
        is_recent && moment.by.as_ref().is_some_and(|by| users.contains(by))
    };
    let has_seen = |delivery: &Delivery| {
        let answers = [&delivery.opened, &delivery.closed].into_iter().flatten();
        let taken = delivery.acknowledged.iter().map(|(moment, _)| moment);
        let declined = delivery.declined.iter().map(|(moment, _)| moment);
        answers.chain(taken).chain(declined).any(is_named)
    };
    !users.is_empty() && alerts.into_iter().flat_map(|earlier| &earlier.deliveries).any(has_seen)
}

/// Information governance is told that they have (domain 5.7, 3): a P2 task under the next number, and its event. None
/// where the partnership has nobody to tell.
pub(crate) fn tell_of_look_back(
    number: u32,
    conflicts: &Conflicts,
    (directory, now): (&Directory, Timestamp),
) -> Option<(Delivery, EventSketch)> {
    let ig = AgencyCode::try_from(HUB_IG).ok().and_then(|code| directory.agencies.get(&code))?;
    let inbox = routing::duty_mailbox(ig)?;
    let mailbox = sharing::told_of(&inbox.id, conflicts, (directory, now));
    let created = EventSketch::of(EventKind::TaskCreated).to(number, &mailbox);
    let task = task(number, &mailbox, Priority::P2, now);
    Some((Delivery { letter: ig.letter, ..task }, created.because(CONFLICT_LOOK_BACK)))
}

/// The task of looking back, for an alert that is decided or stored, and what to record, without ids.
#[must_use]
pub fn look_back_task(
    number: u32,
    conflicts: &Conflicts,
    by: (&Directory, Timestamp),
) -> (Option<Delivery>, Vec<Event>) {
    let Some((task, created)) = tell_of_look_back(number, conflicts, by) else {
        return (None, Vec::new());
    };
    let events = vec![created.into_event(), queued(&task).into_event()];
    (Some(task), events)
}

/// The stored alert with that task under the next number.
#[must_use]
pub fn with_look_back(
    mut record: AlertRecord,
    conflicts: &Conflicts,
    by: (&Directory, Timestamp),
) -> (AlertRecord, Vec<Event>) {
    let number = u32::try_from(record.deliveries.len()).unwrap_or(u32::MAX);
    let (task, events) = look_back_task(number, conflicts, by);
    record.deliveries.extend(task);
    let about = |event: Event| {
        let mut event = event.about(record.id, record.episode);
        event.subjects.clone_from(&record.subjects);
        event
    };
    let events = events.into_iter().map(about).collect();
    (record, events)
}
