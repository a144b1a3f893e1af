//! What a claim that a human made or undid, an event that a human split from another, and an alert that was corrected or
//! recalled, do to the repeats an alert was told of (domain 4.5.6, 5.8, 5.9).
//!
//! Owns the comparison: counted with what was known, and with what is, at the moment the alert came. What holds
//! no more, or counts less, is taken back from everybody who was told of it; what holds now asks for the tasks it would
//! have asked for. Nobody gets a copy by it, and no copy is changed.

use std::sync::Arc;

use super::Clocks;
use super::decide::{asked_inbox, trigger_task};
use super::matching::{self, Earlier};
use super::sharing;
use super::sketch::EventSketch;
use super::taken_back::TakingBack;
use super::triggers::{self, Ask, Changed, Contact, Finding, Past, Trigger, What};
use crate::domain::alert::Conflicts;
use crate::domain::directory::Directory;
use crate::domain::identity::Link;
use crate::domain::referral::ReferralStatus;
use crate::domain::{AlertRecord, Delivery, Event, EventKind, MailboxId, Rule, Timestamp};

/// The alert that holds the claims, and what they are about.
#[derive(Clone, Copy, Debug)]
pub struct Recounting<'a> {
    /// The alert.
    pub alert: &'a Earlier,
    /// The alerts whose place it took: whoever was told by them was told.
    pub before: &'a [Arc<AlertRecord>],
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

/// An alert in whose place another tells the same event, and the last that does.
#[derive(Clone, Debug)]
pub struct Corrected {
    /// The one that claims name.
    pub wrong: Earlier,
    /// What stands.
    pub right: Earlier,
}

/// The claims of an alert as they hold of what stands now; the corrections join `earlier`.
///
/// A claim on a corrected alert is on its correction where that names the same person in the same place; where it names
/// another, or a human has said something of the two, the correction's own claim decides (domain 4.5.5).
#[must_use]
pub fn with_corrections(
    record: &AlertRecord,
    corrected: &[Corrected],
    earlier: &mut Vec<Earlier>,
) -> Vec<Link> {
    earlier.extend(corrected.iter().map(Corrected::stands));
    let now = |link: &Link| {
        let Some(it) = corrected.iter().find(|it| it.wrong.record.id == link.other) else {
            return Some(link.clone());
        };
        let other = it.right.record.id;
        let is_it = |own: &&Link| own.other == record.id && own.other_mention == link.mention;
        let own = it.right.record.links.iter().find(is_it);
        let by_hand = own.filter(|own| own.by.is_some());
        let own = match by_hand {
            None if it.is_same_person(link.other_mention) => {
                return Some(Link { other, ..link.clone() });
            }
            by_hand => by_hand.or(own)?,
        };
        let state = own.state;
        Some(Link { other, other_mention: own.mention, state, ..link.clone() })
    };
    record.links.iter().filter_map(now).collect()
}

impl Corrected {
    fn is_same_person(&self, mention: u32) -> bool {
        let of = |it: &Earlier| it.mentions.people.iter().find(|who| who.index == mention).cloned();
        let both = of(&self.wrong).zip(of(&self.right));
        both.is_some_and(|(wrong, right)| matching::is_same(&wrong, &right))
    }

    /// The correction, with what was decided on the alert whose place it took. What has no time of its own began when the
    /// hub first heard of it.
    fn stands(&self) -> Earlier {
        let Self { wrong, right } = self;
        let mut stands = right.clone();
        let decided = |it: &AlertRecord| it.referral.filter(|it| it.decided().is_some());
        if decided(&right.record).is_none() && decided(&wrong.record).is_some() {
            let referral = wrong.record.referral;
            stands.record = Arc::new(AlertRecord { referral, ..right.record.as_ref().clone() });
        }
        let has_no_time = right.mentions.tally.started == right.record.received_at;
        if has_no_time && wrong.mentions.tally.started == wrong.record.received_at {
            stands.mentions.tally.started = wrong.mentions.tally.started;
        }
        stands
    }
}

/// Counts as it was and as it is: with the claims of the alert and the episodes of the alerts they name. What `fired`
/// names is asked already.
#[must_use]
pub fn recount(before: Recounting<'_>, after: Recounting<'_>, fired: &[Rule]) -> Recounted {
    let mut telling = Telling::of(after);
    for changed in triggers::counted_again(&findings(before), &findings(after)) {
        if changed.left < changed.told {
            telling.withdrawn(&changed);
        } else if !fired.contains(&changed.trigger.rule()) {
            telling.fired(&changed);
        }
    }
    telling.all()
}

/// Counts T6 of what a decision was about, with the claims of the decision as they were and as they are: the alert is the
/// one that was decided on, beside whom the decision mentions.
#[must_use]
pub fn recount_decided(
    (before, were): (Recounting<'_>, &[Link]),
    (after, are): (Recounting<'_>, &[Link]),
) -> Recounted {
    let found = |known: Recounting<'_>, links: &[Link]| Vec::from_iter(rereferral(known, links));
    let mut telling = Telling::of(after);
    for changed in triggers::counted_again(&found(before, were), &found(after, are)) {
        if changed.left < changed.told {
            telling.withdrawn(&changed);
        } else {
            telling.fired(&changed);
        }
    }
    telling.all()
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
    taken_back: Vec<Trigger>,
    said: Recounted,
}

impl<'a> Telling<'a> {
    fn of(known: Recounting<'a>) -> Self {
        Self { known, taken_back: Vec::new(), said: Recounted::default() }
    }

    /// Whoever was told hears that it was wrong: TRIGGER_WITHDRAWN. Where nobody was told, nobody hears.
    fn withdrawn(&mut self, changed: &Changed) {
        let told = self.told();
        let is_unheard =
            !self.taking_back(&told).was_told(changed.trigger) && changed.trigger != Trigger::T6;
        if is_unheard || self.is_flagged(changed) {
            return;
        }
        let event =
            EventSketch::of(EventKind::TriggerWithdrawn).by_rules(&[changed.trigger.rule()]);
        self.say(event.counting(u64::from(changed.left)));
        self.flag(changed);
        self.taken_back.push(changed.trigger);
    }

    /// Everything that is to be told.
    fn all(mut self) -> Recounted {
        let told = self.told();
        let deliveries = self.known.alert.record.deliveries.len();
        let before = deliveries.saturating_add(self.said.tasks.len());
        for (task, created) in self.taking_back(&told).tasks(&self.taken_back, before) {
            self.say(created);
            self.said.tasks.push(task);
        }
        self.said
    }

    /// By whose deliveries people were told.
    fn told(&self) -> Vec<&'a AlertRecord> {
        let Recounting { alert, before, .. } = self.known;
        before.iter().map(|it| &**it).chain([&*alert.record]).collect()
    }

    fn taking_back<'b>(&self, told: &'b [&'b AlertRecord]) -> TakingBack<'b>
    where
        'a: 'b,
    {
        let Recounting { conflicts, directory, clocks, now, .. } = self.known;
        TakingBack { told, conflicts, directory, clocks, now }
    }

    /// Whether the flag of a re-referral says so already: then it was told.
    fn is_flagged(&self, changed: &Changed) -> bool {
        let decided = self.known.alert.record.referral.and_then(|it| it.decided());
        let is_so =
            |decided: crate::domain::referral::Decided| decided.is_rereferral == (changed.left > 0);
        changed.trigger == Trigger::T6 && decided.is_some_and(is_so)
    }

    /// What it asks of people beside the alert.
    fn fired(&mut self, changed: &Changed) {
        if self.is_flagged(changed) {
            return;
        }
        let event = EventSketch::of(EventKind::TriggerFired).by_rules(&[changed.trigger.rule()]);
        self.say(event.counting(u64::from(changed.left)));
        self.flag(changed);
        for ask in triggers::asks_of(changed.trigger) {
            let Some(mailbox) = asked_inbox(*ask, self.known.directory) else { continue };
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
        let before = alert.record.deliveries.len().saturating_add(self.said.tasks.len());
        let with = (directory, clocks, now);
        let (task, created) = trigger_task(before, &mailbox, (ask, &[trigger]), with);
        self.say(created);
        self.said.tasks.push(task);
    }

    fn say(&mut self, event: EventSketch) {
        self.said.events.push(event.into_event());
    }
}
