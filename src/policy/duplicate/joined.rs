//! Two alerts that are one event once a human has confirmed that they are about one person (domain 4.4 I6, 5.9): the later
//! one, with what its episode holds, goes under the episode of the earlier one, as if that had been known when it came.

use std::sync::Arc;

use super::super::Clocks;
use super::super::EpisodeChanges;
use super::super::recall;
use super::super::sketch::EventSketch;
use super::{event_of, is_other_to, raised, sooner};
use crate::domain::delivery::{DeliveryState, Rung};
use crate::domain::directory::Directory;
use crate::domain::event::EventKind;
use crate::domain::identity::Mentions;
use crate::domain::{AlertId, AlertRecord, Event, Position, Timestamp};

/// Whether the alert is the first of an episode of its own and nobody has linked it, so that it may be linked now. What was
/// corrected speaks through its correction alone; training and what was recalled tell of nothing.
#[must_use]
pub fn heads(record: &AlertRecord) -> bool {
    record.episode.first_alert() == record.id
        && record.after.same_event.earlier.is_none()
        && record.after.superseded_by.is_none()
        && !record.exercise
        && !recall::is_recalled(record)
}

/// What linking changes in the two episodes, and what is recorded, without ids: `own` is the one that the alert opened,
/// `episode` that of the alert `found`, which tells of the same event. Nothing where they may not be linked.
#[must_use]
pub fn join(
    (alert, mentions): (&AlertRecord, &Mentions),
    own: &[Arc<AlertRecord>],
    (episode, found): (&[Arc<AlertRecord>], AlertId),
    (directory, clocks, now): (&Directory, &Clocks, Timestamp),
) -> Option<(Vec<AlertRecord>, Vec<Event>)> {
    if is_other_to((&alert.sender, &mentions.tally), episode.iter().map(|it| &**it)) {
        return None;
    }
    let event = event_of(episode, found)?;
    let (first, of_event) = (episode.first()?, event.first()?);
    let told: Vec<AlertId> =
        std::iter::once(alert.id).chain(alert.after.same_event.later.iter().copied()).collect();
    let mut changed: Vec<AlertRecord> =
        episode.iter().chain(own).map(|it| it.as_ref().clone()).collect();
    for next in &mut changed {
        if next.id == first.id {
            let gone = own.iter().map(|it| it.id).filter(|id| !first.followers.contains(id));
            next.followers.extend(gone);
            next.followers.sort_by_key(|follower| submitted(*follower, (episode, own)));
        }
        if next.id == of_event.id {
            next.after.same_event.later.extend(&told);
        }
        // An end that it shares with the episode it was split from stays of that.
        if next.episode == alert.episode {
            next.episode = first.episode;
        }
        if next.id == alert.id {
            next.followers.clear();
            next.after.same_event.later.clear();
        }
        if told.contains(&next.id) {
            next.after.same_event.earlier = Some(of_event.id);
        }
    }
    let mut joining = Joining { changed, events: Vec::new(), with: (directory, clocks, now) };
    joining.end((own, episode), alert.id);
    joining.keep_earlier_clock(&told, &event);
    let known: Vec<AlertId> = event.iter().map(|it| it.id).collect();
    joining.raise(&known, &told);
    joining.raise(&told, &known);
    for linked in [of_event.id, alert.id] {
        joining.say(linked, EventSketch::of(EventKind::DuplicateLinked));
    }
    let Joining { changed, events, .. } = joining;
    let before = |it: &AlertRecord| episode.iter().chain(own).any(|known| **known == *it);
    Some((changed.into_iter().filter(|it| !before(it)).collect(), events))
}

/// When the alert was taken.
fn submitted(
    alert: AlertId,
    (one, other): (&[Arc<AlertRecord>], &[Arc<AlertRecord>]),
) -> Option<Position> {
    let mut both = one.iter().chain(other);
    both.find(|it| it.id == alert).map(|it| it.submitted)
}

/// Both episodes while they become one.
struct Joining<'a> {
    changed: Vec<AlertRecord>,
    events: Vec<Event>,
    with: (&'a Directory, &'a Clocks, Timestamp),
}

impl Joining<'_> {
    /// Whoever was found was missing no more, whichever report began it: an end of one is the end of both.
    fn end(&mut self, (own, episode): (&[Arc<AlertRecord>], &[Arc<AlertRecord>]), by: AlertId) {
        let is_over = |alerts: &[Arc<AlertRecord>]| alerts.iter().any(|it| recall::is_end(it));
        let open = match (is_over(own), is_over(episode)) {
            (true, false) => episode,
            (false, true) => own,
            (true, true) | (false, false) => return,
        };
        let (_, _, now) = self.with;
        let ended = EpisodeChanges::ending(now);
        for it in open {
            let Some(place) = self.changed.iter_mut().find(|next| next.id == it.id) else {
                continue;
            };
            *place = ended.apply(place, by);
            for done in ended.settled(std::slice::from_ref(it)) {
                self.say(it.id, done);
            }
        }
    }

    /// Who had an earlier one and has not taken it is due for the later ones no later.
    fn keep_earlier_clock(&mut self, told: &[AlertId], event: &[Arc<AlertRecord>]) {
        let mut sooner_due = Vec::new();
        for record in self.changed.iter_mut().filter(|record| told.contains(&record.id)) {
            for delivery in &mut record.deliveries {
                let is_over = matches!(delivery.state, DeliveryState::Ended(_));
                let Some(rung) = delivery.rung.filter(|_| !is_over) else { continue };
                let Some(first) = sooner(delivery, event) else { continue };
                delivery.due = Some(first);
                if rung.level <= 1 {
                    delivery.rung = Some(Rung { at: first.at, ..rung });
                }
                let said = EventSketch::of(EventKind::RouteComputed);
                let said = said.to(delivery.number, &delivery.mailbox).due(delivery.due);
                let said = said.by_rules(&delivery.routes);
                sooner_due.push((record.id, said.because(EventKind::DuplicateLinked.as_str())));
            }
        }
        for (alert, said) in sooner_due {
            self.say(alert, said);
        }
    }

    /// These alerts by the most urgent of the others.
    fn raise(&mut self, alerts: &[AlertId], others: &[AlertId]) {
        let (directory, clocks, now) = self.with;
        let of = |ids: &[AlertId], record: &&AlertRecord| ids.contains(&record.id);
        let urgent = self.changed.iter().filter(|it| of(others, it));
        let urgent = urgent.min_by_key(|it| (it.priority, std::cmp::Reverse(it.risk))).cloned();
        let Some(urgent) = urgent else { return };
        for record in self.changed.iter_mut().filter(|it| alerts.contains(&it.id)) {
            let steps = raised((record, &urgent), (directory, clocks, now));
            self.events.extend(steps.events);
            *record = steps.record;
        }
    }

    fn say(&mut self, alert: AlertId, said: EventSketch) {
        let Some(record) = self.changed.iter().find(|it| it.id == alert) else { return };
        self.events.push(said.about(record));
    }
}
