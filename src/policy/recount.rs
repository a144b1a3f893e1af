//! What a claim that a human made or undid, or an event that a human split from another, does to the repeats an alert was
//! told of (domain 4.5.6, 5.8, 5.9).
//!
//! Owns the comparison: counted with what was known, and with what is, at the moment the alert came. What holds
//! no more, or counts less, is taken back from everybody who was told of it; what holds now asks for the tasks it would
//! have asked for. Nobody gets a copy by it, and no copy is changed.

use super::decide::task;
use super::matching::Earlier;
use super::routing;
use super::sharing;
use super::sketch::EventSketch;
use super::triggers::{self, Ask, Finding, Standing, Thresholds, Trigger};
use super::{Clocks, partners};
use crate::domain::alert::Conflicts;
use crate::domain::delivery::{DeliveryState, Purpose};
use crate::domain::directory::{Directory, MailboxRole};
use crate::domain::{Delivery, Event, EventKind, Letter, MailboxId, Rule, Timestamp};

/// An alert with what counts beside it.
#[derive(Clone, Copy, Debug)]
pub struct Counted<'a> {
    /// The alert, with its claims.
    pub alert: &'a Earlier,
    /// The alerts its claims name.
    pub earlier: &'a [Earlier],
}

/// What the alert is counted with beside, and who is told.
#[derive(Clone, Copy, Debug)]
pub struct Recounting<'a> {
    /// The alert's deliveries: who was told.
    pub deliveries: &'a [Delivery],
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
}

/// A trigger that changed: how many count now.
struct Changed {
    trigger: Trigger,
    left: u32,
}

/// Counts as it was and as it is.
#[must_use]
pub fn recount(known: Recounting<'_>, (before, after): (Counted<'_>, Counted<'_>)) -> Recounted {
    let thresholds = &known.clocks.thresholds;
    let (was, is) = (findings(before, thresholds), findings(after, thresholds));
    let of = |found: &[Finding], trigger: Trigger| -> u32 {
        let holds = found.iter().find(|it| it.trigger == trigger);
        holds.filter(|it| it.standing == Standing::Holds).map_or(0, |it| it.count)
    };
    let mut telling = Telling { known, said: Recounted::default() };
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

/// The triggers of the alert itself that rest on who its persons are. T2 is of the episode alone.
fn findings(Counted { alert, earlier }: Counted<'_>, thresholds: &Thresholds) -> Vec<Finding> {
    let Earlier { record, mentions } = alert;
    let Some(new) = triggers::event_of(alert) else { return Vec::new() };
    let repeats = triggers::known(mentions, &record.links, earlier, thresholds);
    let mut history = match mentions.tally.partner {
        Some(_) => repeats.pair,
        None => repeats.subject,
    };
    history.apart.extend(triggers::split(record));
    let new = triggers::folded(new, &history, thresholds);
    let history = history.with(new.clone());
    let about = (&new, triggers::Danger::default(), repeats.parties);
    let mut found = triggers::find(&history, about, record.received_at, thresholds);
    found.retain(|finding| finding.trigger != Trigger::T2);
    found
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
        let mut told: Vec<MailboxId> = Vec::new();
        for delivery in self.known.deliveries {
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
        for ask in triggers::asks_of(changed.trigger) {
            let Some(mailbox) = self.place(*ask) else { continue };
            self.ask(&mailbox, *ask, changed.trigger);
        }
    }

    fn ask(&mut self, mailbox: &MailboxId, ask: Ask, trigger: Trigger) {
        let Recounting { deliveries, conflicts, directory, clocks, now } = self.known;
        let mailbox = sharing::told_of(mailbox, conflicts, (directory, now));
        let number = deliveries.len().saturating_add(self.said.tasks.len());
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

/// Whether a delivery told of the trigger: its rows rest on it, or its copy carries the marker REPEAT (T3).
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
    let has_marker = trigger == Trigger::T3 && delivery.purpose == Purpose::Alert && sees_markers;
    has_marker || delivery.routes.iter().any(|rule| rests_on.contains(rule))
}
