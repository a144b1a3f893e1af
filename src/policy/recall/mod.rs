//! Recall: a sender takes its alert back, from all or from some (R57; domain 3.13, 7.6; tombstones as domain 6.6).
//!
//! Not handed out: cancelled, and the recipient never learns. Handed out: the hub makes no copy of it any more, and a
//! tombstone tells the partner's system to drop its own; where a person has seen it, the recipient must confirm that
//! nothing more is done with it, and is chased. A recipient learns neither why nor who else had it. Afterwards no
//! ladder runs and no clock but the chase. Does not decide who may recall (see [`super::access`]).

use super::decide::{queued, task};
use super::follow_on::armed;
use super::partners::HUB_IG;
use super::sketch::EventSketch;
use super::{Clocks, escalation, follow_on, routing, sender_view};
use crate::domain::after::{RecallReason, RecallStage, Recalled};
use crate::domain::alert::{Timer, TimerKind, TimerState};
use crate::domain::delivery::{DeliveryState, EndReason, Moment, Purpose};
use crate::domain::directory::Directory;
use crate::domain::{
    AgencyCode, AlertRecord, Delivery, Event, EventKind, Letter, MailboxId, Position, Priority,
    Rule, Timestamp, UserId, View,
};

/// From whom an alert is recalled.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Recipients {
    /// From everybody.
    All,
    /// From these, each by a name that its status tells the sender (domain 5.3a).
    Named(Vec<String>),
}

/// What a sender asks for.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Why.
    pub reason: RecallReason,
    /// From whom.
    pub recipients: &'a Recipients,
    /// Who asks, where a person does.
    pub by: Option<&'a UserId>,
}

/// The alert as it must stand, and what to record. Nothing has changed where there are no events.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// The record; its version is the caller's to raise.
    pub record: AlertRecord,
    /// What to record, without ids.
    pub events: Vec<Event>,
}

/// A name that the alert's status does not tell the sender: whether somebody of that name got it is not said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct UnknownRecipient {
    /// Its place in the list, from 0.
    pub index: usize,
}

/// Recalls what has not been recalled yet.
///
/// # Errors
/// [`UnknownRecipient`]; then nothing is recalled.
pub fn recall(
    record: &AlertRecord,
    asked: Asked<'_>,
    (directory, clocks, now): (&Directory, &Clocks, Timestamp),
) -> Result<Change, UnknownRecipient> {
    let chosen = chosen(record, asked.recipients, directory)?;
    let mut recalling = Recalling::of(record, asked, (clocks, now));
    let was_out = chosen.iter().filter(|number| recalling.take(**number)).count();
    recalling.settle(&chosen);
    if was_out > 0 && asked.reason.is_breach() {
        recalling.tell_governance(directory, Priority::P3);
    }
    Ok(changed(recalling.record, recalling.events))
}

/// Deliveries that end because the agreement they rested on was ended (domain 6.6).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Withdrawal<'a> {
    /// Their numbers.
    pub(crate) numbers: &'a [u32],
    /// Since when nobody agrees any more: when the person told anyone.
    pub(crate) since: Timestamp,
    /// Who entered it, where a person did.
    pub(crate) by: Option<&'a UserId>,
}

/// Ends what has not ended yet. What was handed out after the agreement had ended, and seen, is told to information
/// governance, which decides what it is.
#[must_use]
pub(crate) fn withdraw(
    record: &AlertRecord,
    withdrawal: Withdrawal<'_>,
    (directory, clocks, now): (&Directory, &Clocks, Timestamp),
) -> (AlertRecord, Vec<EventSketch>) {
    let Withdrawal { numbers, since, by } = withdrawal;
    let reason = RecallReason::AgreementEnded;
    let asked = Asked { reason, recipients: &Recipients::All, by };
    let mut ending = Recalling::of(record, asked, (clocks, now));
    let mut was_disclosed = false;
    for number in numbers {
        let before = record.delivery(*number);
        let is_after = before.and_then(|it| it.delivered.as_ref()).is_some_and(|it| it.at >= since);
        let is_seen = before.is_some_and(|it| it.opened.is_some() || it.acknowledged.is_some());
        was_disclosed |= ending.take(*number) && is_after && is_seen;
    }
    ending.settle(numbers);
    if was_disclosed {
        ending.tell_governance(directory, Priority::P4);
    }
    (ending.record, ending.events)
}

/// Whether nobody has the alert, or will have it, from whom it was not recalled.
#[must_use]
pub fn is_recalled(record: &AlertRecord) -> bool {
    let by_sender = |it: &Recalled| it.reason != RecallReason::AgreementEnded;
    let is_live = |delivery: &Delivery| {
        is_original(delivery) && !matches!(delivery.state, DeliveryState::Ended(_))
    };
    record.after.recalls.iter().any(by_sender) && !record.deliveries.iter().any(is_live)
}

/// A person turns out to have seen a copy that was recalled as unopened: the partner's system told so after the
/// recall. From now on it is one that was seen.
#[must_use]
pub fn seen_after_all(
    mut record: AlertRecord,
    number: u32,
    (clocks, now): (&Clocks, Timestamp),
) -> Change {
    let Some(delivery) = record.delivery(number).cloned() else {
        return Change { record, events: Vec::new() };
    };
    let of = |recalled: &&mut Recalled| recalled.delivery == number;
    let recalled = record.after.recalls.iter_mut().find(of);
    let moves_on = recalled
        .filter(|recalled| recalled.stage == RecallStage::NotOpened && has_content(&delivery));
    let Some(recalled) = moves_on else { return Change { record, events: Vec::new() } };
    recalled.stage = RecallStage::Opened;
    let timer = chase(&delivery, (clocks, now));
    let asked = EventSketch::of(EventKind::StopRequested).to(number, &delivery.mailbox);
    let events = vec![asked.by_rules(&[Rule::R57]).due(Some(timer.due))];
    record.timers.push(timer);
    changed(record, events)
}

/// The recipient says that nothing more is done with a copy that was recalled. None where the delivery was not
/// recalled from it after the hand-out. Saying it again changes nothing.
#[must_use]
pub fn confirm(
    record: &AlertRecord,
    number: u32,
    (by, now): (Option<UserId>, Timestamp),
) -> Option<Change> {
    let mut record = record.clone();
    let mailbox = record.delivery(number)?.mailbox.clone();
    let of = |recalled: &&mut Recalled| {
        recalled.delivery == number && recalled.stage != RecallStage::NotHandedOut
    };
    let recalled = record.after.recalls.iter_mut().find(of)?;
    if recalled.confirmed.is_some() {
        return Some(Change { record, events: Vec::new() });
    }
    recalled.confirmed = Some(Moment { at: now, by, position: Position::THIS });
    let event = EventSketch::of(EventKind::StopConfirmed).to(number, &mailbox);
    let events = vec![event.by_rules(&[Rule::R57])];
    Some(changed(escalation::settled(record), events))
}

/// An earlier alert of an episode whose end was recalled: the child is missing as before, so its look-outs stay and the
/// clocks run that the end had stopped. What was told meanwhile is not told again.
#[must_use]
pub fn without_purge(earlier: &AlertRecord) -> AlertRecord {
    let mut after = earlier.clone();
    let stands = earlier.after.superseded_by.is_none() && !is_recalled(earlier);
    let stopped = after.timers.iter_mut().filter(|timer| follow_on::ends_with_episode(timer.kind));
    for timer in stopped.filter(|timer| stands && timer.state == TimerState::Cancelled) {
        timer.state = TimerState::Armed;
    }
    let purges = after.timers.iter_mut().filter(|timer| timer.kind == TimerKind::LookoutPurge);
    for timer in purges.filter(|timer| timer.state == TimerState::Armed) {
        timer.state = TimerState::Cancelled;
    }
    after
}

/// Whether the alert, while it stands, ends its episode.
#[must_use]
pub fn is_end(record: &AlertRecord) -> bool {
    routing::ends(record.kind, &record.sender) && !is_recalled(record)
}

/// The deliveries to be recalled: with each its rungs and tasks.
fn chosen(
    record: &AlertRecord,
    recipients: &Recipients,
    directory: &Directory,
) -> Result<Vec<u32>, UnknownRecipient> {
    let recallable = record.deliveries.iter().filter(|it| it.purpose != Purpose::Recall);
    let Recipients::Named(names) = recipients else {
        return Ok(recallable.map(|delivery| delivery.number).collect());
    };
    let lines = sender_view::lines(record, directory);
    let mut originals: Vec<u32> = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let line = lines.iter().find(|(known, _)| known == name);
        let (_, numbers) = line.ok_or(UnknownRecipient { index })?;
        originals.extend(numbers);
    }
    let is_of = |delivery: &&Delivery| {
        let of = delivery.of.unwrap_or(delivery.number);
        originals.contains(&delivery.number) || originals.contains(&of)
    };
    Ok(recallable.filter(is_of).map(|delivery| delivery.number).collect())
}

const fn is_original(delivery: &Delivery) -> bool {
    matches!(delivery.purpose, Purpose::Alert | Purpose::OutOfHoursCopy)
}

/// Whether a copy says anything of a person: the ladder's envelope does not.
fn has_content(delivery: &Delivery) -> bool {
    delivery.view != View::Ladder
}

/// When a recipient that has seen the alert is chased for its word that it stopped.
fn chase(delivery: &Delivery, (clocks, now): (&Clocks, Timestamp)) -> Timer {
    let from = (now, &clocks.follow_on);
    let timer = armed(TimerKind::StopConfirmationDue, from, delivery.mailbox.clone());
    Timer { delivery: Some(delivery.number), ..timer }
}

fn changed(record: AlertRecord, events: Vec<EventSketch>) -> Change {
    let events = events.into_iter().map(|sketch| sketch.about(&record)).collect();
    Change { record, events }
}

/// A recall under way.
struct Recalling<'a> {
    record: AlertRecord,
    events: Vec<EventSketch>,
    asked: Asked<'a>,
    clocks: &'a Clocks,
    now: Timestamp,
}

impl<'a> Recalling<'a> {
    fn of(record: &AlertRecord, asked: Asked<'a>, (clocks, now): (&'a Clocks, Timestamp)) -> Self {
        Self { record: record.clone(), events: Vec::new(), asked, clocks, now }
    }

    /// Recalls one delivery; whether a copy of the alert's content was out.
    fn take(&mut self, number: u32) -> bool {
        let of = |delivery: &&mut Delivery| delivery.number == number;
        let Some(delivery) = self.record.deliveries.iter_mut().find(of) else { return false };
        let is_own = delivery.mailbox.agency_code() == self.record.sender.as_str();
        // Governance hears of a duty that nobody covered, whatever became of the alert.
        if matches!(delivery.state, DeliveryState::Ended(_)) || delivery.letter == Letter::G {
            return false;
        }
        if delivery.state == DeliveryState::Queued {
            *delivery = delivery.clone().end(EndReason::Cancelled);
            let mailbox = delivery.mailbox.clone();
            if !is_own {
                self.note(number, RecallStage::NotHandedOut, None);
            }
            let cancelled = match self.asked.reason {
                RecallReason::AgreementEnded => EventKind::CancelledConsent,
                RecallReason::WrongPerson
                | RecallReason::WrongRecipient
                | RecallReason::Withdrawn => EventKind::Recalled,
            };
            self.say(cancelled, number, &mailbox);
            return false;
        }
        if is_own {
            return false;
        }
        let ended = match self.asked.reason {
            RecallReason::AgreementEnded => EndReason::Withdrawn,
            RecallReason::WrongPerson | RecallReason::WrongRecipient | RecallReason::Withdrawn => {
                EndReason::Recalled
            }
        };
        *delivery = delivery.clone().end(ended);
        let recalled = delivery.clone();
        self.take_back(&recalled);
        has_content(&recalled)
    }

    /// Takes back what was handed out: the tombstone, and where a person has seen it the request to stop.
    fn take_back(&mut self, recalled: &Delivery) {
        let Delivery { number, mailbox, .. } = recalled;
        let is_seen = recalled.opened.is_some()
            || recalled.acknowledged.is_some()
            || recalled.declined.is_some();
        let is_recall = self.asked.reason != RecallReason::AgreementEnded;
        if is_recall {
            self.say(EventKind::Recalled, *number, mailbox);
        }
        let due = if is_seen && has_content(recalled) {
            let timer = chase(recalled, (self.clocks, self.now));
            let due = timer.due;
            self.record.timers.push(timer);
            let asked = EventSketch::of(EventKind::StopRequested).to(*number, mailbox);
            self.events.push(asked.by_rules(&[Rule::R57]).due(Some(due)));
            Some(due)
        } else {
            let event = EventSketch::of(EventKind::WithdrawnBeforeOpen).to(*number, mailbox);
            self.events.push(event.by_rules(&[Rule::R57]));
            None
        };
        let stage = if due.is_some() { RecallStage::Opened } else { RecallStage::NotOpened };
        let priority = if self.record.priority.is_urgent() { Priority::P2 } else { Priority::P3 };
        let tombstone = Delivery {
            letter: recalled.letter,
            purpose: Purpose::Recall,
            of: Some(*number),
            routes: vec![Rule::R57],
            row: recalled.row,
            due,
            ..task(self.next_number(), mailbox, priority, self.now)
        };
        self.note(*number, stage, Some(tombstone.number));
        self.events.push(queued(&tombstone));
        self.record.deliveries.push(tombstone);
    }

    fn note(&mut self, delivery: u32, stage: RecallStage, notice: Option<u32>) {
        let at = Moment { at: self.now, by: self.asked.by.cloned(), position: Position::THIS };
        let reason = self.asked.reason;
        let recalled = Recalled { delivery, reason, stage, at, notice, confirmed: None };
        self.record.after.recalls.push(recalled);
    }

    fn say(&mut self, kind: EventKind, number: u32, mailbox: &MailboxId) {
        let event = EventSketch::of(kind).to(number, mailbox).by_rules(&[Rule::R57]);
        self.events.push(event.because(self.asked.reason.as_str()));
    }

    fn next_number(&self) -> u32 {
        u32::try_from(self.record.deliveries.len()).unwrap_or(u32::MAX)
    }

    /// No clock runs on for what was recalled, but the chase.
    fn settle(&mut self, chosen: &[u32]) {
        let is_whole = is_recalled(&self.record);
        for timer in &mut self.record.timers {
            let is_chase = timer.kind == TimerKind::StopConfirmationDue;
            let is_of = timer.delivery.is_some_and(|number| chosen.contains(&number));
            if timer.state == TimerState::Armed && !is_chase && (is_whole || is_of) {
                timer.state = TimerState::Cancelled;
            }
        }
    }

    /// Data was before somebody without a basis: information governance looks at it (domain 7.6). A task, no content.
    fn tell_governance(&mut self, directory: &Directory, priority: Priority) {
        let ig = AgencyCode::try_from(HUB_IG).ok().and_then(|code| directory.agencies.get(&code));
        let desk = ig.and_then(|ig| Some((ig, routing::duty_mailbox(ig)?)));
        let Some((ig, desk)) = desk else { return };
        let told = task(self.next_number(), &desk.id, priority, self.now);
        let told = Delivery { letter: ig.letter, routes: vec![Rule::R57], ..told };
        let created = EventSketch::of(EventKind::TaskCreated).to(told.number, &desk.id);
        self.events.push(created.because(self.asked.reason.as_str()));
        self.events.push(queued(&told));
        self.record.deliveries.push(told);
    }
}

#[cfg(test)]
mod tests;
