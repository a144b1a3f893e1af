//! What a claim that a human made or undid, or an event that a human split from another, does to the repeats an alert was
//! told of (domain 4.5.6, 5.8, 5.9).
//!
//! Owns the comparison: counted with what was known, and with what is, at the moment the alert came. What holds
//! no more, or counts less, is taken back from everybody who was told of it; what holds now asks for the tasks it would
//! have asked for. Nobody gets a copy by it, and no copy is changed.

use std::sync::Arc;

use super::decide::task;
use super::matching::Earlier;
use super::routing;
use super::sharing;
use super::sketch::EventSketch;
use super::triggers::{self, Ask, Contact, Finding, Past, Standing, Trigger, What};
use super::{Clocks, partners};
use crate::domain::alert::Conflicts;
use crate::domain::delivery::{DeliveryState, Purpose};
use crate::domain::directory::{Directory, MailboxRole};
use crate::domain::identity::Link;
use crate::domain::referral::ReferralStatus;
use crate::domain::{AlertRecord, Delivery, Event, EventKind, Letter, MailboxId, Rule, Timestamp};

/// The alert that holds the claims, and what they are about.
#[derive(Clone, Copy, Debug)]
pub struct Recounting<'a> {
    /// The alert.
    pub alert: &'a Earlier,
    /// The alerts its claims name.
    pub earlier: &'a [Earlier],
    /// From whom the alert is kept.
    pub conflicts: &'a Conflicts,
    /// The directory.
    pub directory: &'a Directory,
    /// Thresholds and deadlines.
    pub clocks: &'a Clocks,
    /// Hub time.
    pub now: Timestamp,
}

/// What is to be told.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Recounted {
    /// Tasks, numbered after the alert's deliveries.
    pub tasks: Vec<Delivery>,
    /// The events, without ids, alert and episode.
    pub events: Vec<Event>,
    /// Whether the alert, which the front door accepted as a referral, is a re-referral; none where that has not changed.
    pub is_rereferral: Option<bool>,
}

/// A trigger that changed: how many count now.
struct Changed {
    trigger: Trigger,
    left: u32,
}

/// Counts as it was and as it is: with the claims of the alert and the episodes of the alerts they name.
#[must_use]
pub fn recount(before: Recounting<'_>, after: Recounting<'_>) -> Recounted {
    let (was, is) = (findings(before), findings(after));
    let of = |found: &[Finding], trigger: Trigger| -> u32 {
        let holds = found.iter().find(|it| it.trigger == trigger);
        holds.filter(|it| it.standing == Standing::Holds).map_or(0, |it| it.count)
    };
    let mut telling = Telling { known: before, said: Recounted::default() };
    for trigger in Trigger::ALL {
        let (was, left) = (of(&was, *trigger), of(&is, *trigger));
        let changed = Changed { trigger: *trigger, left };
        if left < was {
            telling.withdrawn(&changed);
        } else if was == 0 && left > 0 {
            telling.fired(&changed);
        }
    }
    telling.said
}

/// Counts T6 of what a decision was about, with the claims of the decision as they were and as they are: `known` is the
/// alert that was decided on, beside whom the decision mentions.
#[must_use]
pub fn recount_decided(known: Recounting<'_>, (before, after): (&[Link], &[Link])) -> Recounted {
    let holds = |links: &[Link]| {
        rereferral(known, links).is_some_and(|found| found.standing == Standing::Holds)
    };
    let mut telling = Telling { known, said: Recounted::default() };
    match (holds(before), holds(after)) {
        (true, false) => telling.withdrawn(&Changed { trigger: Trigger::T6, left: 0 }),
        (false, true) => telling.fired(&Changed { trigger: Trigger::T6, left: 1 }),
        (true, true) | (false, false) => {}
    }
    telling.said
}

/// The alert with what was counted again: its flag of a re-referral, where that changed. Its version is the caller's.
#[must_use]
pub fn with_rereferral(mut record: AlertRecord, is_rereferral: Option<bool>) -> AlertRecord {
    record.referral = match (record.referral, is_rereferral) {
        (Some(referral), Some(is_rereferral)) => Some(referral.counted_again(is_rereferral)),
        (referral, _) => referral,
    };
    record
}

/// The alerts of the episode of which this decision is the one that stands.
pub fn decided_by<'a>(
    decision: &'a AlertRecord,
    episode: &'a [Arc<AlertRecord>],
) -> impl Iterator<Item = &'a Arc<AlertRecord>> {
    let by = |earlier: &AlertRecord| earlier.referral?.decided().map(|decided| decided.by);
    episode.iter().filter(move |earlier| by(earlier) == Some(decision.id))
}

/// T6 of an alert that the front door accepted as a referral: it counts from when the front door was asked.
fn rereferral(known: Recounting<'_>, links: &[Link]) -> Option<Finding> {
    let Earlier { record, mentions } = known.alert;
    let decided = record.referral?.decided()?;
    if decided.status != ReferralStatus::Referral {
        return None;
    }
    let thresholds = &known.clocks.thresholds;
    let new = Past {
        alert: record.id,
        episode: record.episode,
        started: record.received_at,
        what: What::Contact(Contact::Referral),
        link: triggers::Link::Confirmed,
    };
    let repeats = triggers::known(mentions, links, known.earlier, thresholds);
    let history = repeats.subject.with(new.clone());
    let about = (&new, triggers::Danger::default(), repeats.parties);
    let found = triggers::find(&history, about, decided.at, thresholds);
    found.into_iter().find(|finding| finding.trigger == Trigger::T6)
}

/// The triggers of the alert that rest on who its persons are. T2 is of the episode alone.
fn findings(known: Recounting<'_>) -> Vec<Finding> {
    let links = &known.alert.record.links;
    let mut found = of_event(known, links);
    found.retain(|finding| !matches!(finding.trigger, Trigger::T2 | Trigger::T6));
    found.extend(rereferral(known, links));
    found
}

/// Those of what the alert itself tells of.
fn of_event(known: Recounting<'_>, links: &[Link]) -> Vec<Finding> {
    let Earlier { record, mentions } = known.alert;
    let thresholds = &known.clocks.thresholds;
    let Some(new) = triggers::event_of(known.alert) else { return Vec::new() };
    let repeats = triggers::known(mentions, links, known.earlier, thresholds);
    let mut history = match mentions.tally.partner {
        Some(_) => repeats.pair,
        None => repeats.subject,
    };
    history.apart.extend(triggers::split(record));
    let new = triggers::folded(new, &history, thresholds);
    let history = history.with(new.clone());
    let about = (&new, triggers::Danger::default(), repeats.parties);
    triggers::find(&history, about, record.received_at, thresholds)
}

struct Telling<'a> {
    known: Recounting<'a>,
    said: Recounted,
}

impl Telling<'_> {
    /// Whoever was told hears that it was wrong: TRIGGER_WITHDRAWN.
    fn withdrawn(&mut self, changed: &Changed) {
        let event =
            EventSketch::of(EventKind::TriggerWithdrawn).by_rules(&[changed.trigger.rule()]);
        self.say(event.counting(u64::from(changed.left)));
        self.flag(changed);
        let mut told: Vec<MailboxId> = Vec::new();
        for delivery in &self.known.alert.record.deliveries {
            let is_new = !told.contains(&delivery.mailbox);
            if is_new && is_live(delivery) && tells_of(delivery, changed.trigger) {
                told.push(delivery.mailbox.clone());
            }
        }
        for mailbox in told {
            self.ask(&mailbox, Ask::TriggerWithdrawn, changed.trigger);
        }
    }

    /// What it asks of people beside the alert.
    fn fired(&mut self, changed: &Changed) {
        let event = EventSketch::of(EventKind::TriggerFired).by_rules(&[changed.trigger.rule()]);
        self.say(event.counting(u64::from(changed.left)));
        self.flag(changed);
        for ask in triggers::asks_of(changed.trigger) {
            let Some(mailbox) = self.place(*ask) else { continue };
            self.ask(&mailbox, *ask, changed.trigger);
        }
    }

    /// T6 asks nothing of anybody: it is a flag, and what the rate of re-referrals counts.
    fn flag(&mut self, changed: &Changed) {
        if changed.trigger == Trigger::T6 {
            self.said.is_rereferral = Some(changed.left > 0);
        }
    }

    fn ask(&mut self, mailbox: &MailboxId, ask: Ask, trigger: Trigger) {
        let Recounting { alert, conflicts, directory, clocks, now, .. } = self.known;
        let mailbox = sharing::told_of(mailbox, conflicts, (directory, now));
        let number = alert.record.deliveries.len().saturating_add(self.said.tasks.len());
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        let due = routing::due_at((directory, clocks), &mailbox, ask.priority(), now);
        let created = EventSketch::of(EventKind::TaskCreated).to(number, &mailbox).due(due);
        self.say(created.because(ask.as_str()));
        let task = task(number, &mailbox, ask.priority(), now);
        self.said.tasks.push(Delivery { due, routes: vec![trigger.rule()], ..task });
    }

    fn say(&mut self, event: EventSketch) {
        self.said.events.push(event.into_event());
    }

    /// The inbox that answers this.
    fn place(&self, ask: Ask) -> Option<MailboxId> {
        let (agency, role) = match ask {
            Ask::StrategyMeeting | Ask::PossibleRepeat => (partners::CADT, MailboxRole::Duty),
            Ask::ManagerReview => (partners::CADT, MailboxRole::Manager),
            Ask::RepeatMissing => (partners::SAFERFUT, MailboxRole::Duty),
            Ask::MaracRepeat => (partners::MARAC, MailboxRole::Duty),
            Ask::TriggerWithdrawn => return None,
        };
        routing::inbox_of(self.known.directory, (agency, role))
    }
}

const fn is_live(delivery: &Delivery) -> bool {
    !matches!(delivery.state, DeliveryState::Ended(_))
}

/// Whether a delivery told of the trigger: its rows rest on it, its copy carries the marker REPEAT (T3), or whoever has
/// it told the hub's flag by its decision (T6).
fn tells_of(delivery: &Delivery, trigger: Trigger) -> bool {
    let rests_on: &[Rule] = match trigger {
        Trigger::T1 => &[Rule::T1],
        Trigger::T2 => &[Rule::T2],
        Trigger::T3 => &[Rule::T3, Rule::R12a],
        Trigger::T4 => &[Rule::T4, Rule::R23],
        Trigger::T5 => &[Rule::T5, Rule::R23],
        Trigger::T6 => &[Rule::T6],
        Trigger::T7 => &[Rule::T7],
    };
    let sees_markers =
        matches!(delivery.letter, Letter::C | Letter::H1 | Letter::H2 | Letter::L | Letter::X);
    let is_alert = delivery.purpose == Purpose::Alert;
    let has_marker = trigger == Trigger::T3 && is_alert && sees_markers;
    // The front door has it on its own decision.
    let has_flag = trigger == Trigger::T6 && is_alert && delivery.letter == Letter::C;
    has_marker || has_flag || delivery.routes.iter().any(|rule| rests_on.contains(rule))
}
