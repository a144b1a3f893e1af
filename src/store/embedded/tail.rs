//! Commits that are durable and visible but not yet in the index.
//!
//! Readers look here first, then into the index; what is applied leaves only after the index has it.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::effect::{Effect, Effects, Held, KeyUse};
use crate::domain::{
    AgencyCode, AlertId, DeliveryId, EpisodeReference, IdempotencyKey, MailboxId, MentionToken,
    Position,
};

/// What the index does not have yet.
#[derive(Debug, Default)]
pub(crate) struct Tail {
    alerts: HashMap<AlertId, (Position, Arc<Held>)>,
    keys: HashMap<AgencyCode, HashMap<IdempotencyKey, (Position, KeyUse)>>,
    references: HashMap<(AgencyCode, EpisodeReference), (Position, AlertId)>,
    mentions: HashMap<MentionToken, Vec<(Position, AlertId)>>,
    handed_out: HashMap<MailboxId, VecDeque<HandedOut>>,
}

#[derive(Debug)]
struct HandedOut {
    position: Position,
    sequence: u64,
    delivery: DeliveryId,
}

impl Tail {
    /// Takes in one change of the commit at `position`.
    pub(crate) fn take(&mut self, position: Position, effect: &Effect) {
        match effect {
            Effect::Alert { new, .. } => {
                self.alerts.insert(new.record.id, (position, Arc::clone(new)));
            }
            Effect::Key { agency, key, usage } => {
                let keys = self.keys.entry(agency.clone()).or_default();
                keys.insert(key.clone(), (position, *usage));
            }
            Effect::Reference { agency, reference, alert } => {
                self.references.insert((agency.clone(), *reference), (position, *alert));
            }
            Effect::Mentions { alert, tokens } => {
                for token in tokens {
                    self.mentions.entry(*token).or_default().push((position, *alert));
                }
            }
            Effect::HandOut { mailbox, first_sequence, deliveries } => {
                let list = self.handed_out.entry(mailbox.clone()).or_default();
                list.extend((*first_sequence..).zip(deliveries).map(|(sequence, delivery)| {
                    HandedOut { position, sequence, delivery: *delivery }
                }));
            }
            Effect::Directory(_) => {}
        }
    }

    /// Lets go of what these commits changed, unless a later commit has changed it again.
    pub(crate) fn release(&mut self, applied: &[Effects]) {
        for effects in applied {
            for change in &effects.changes {
                self.release_one(effects.position, change);
            }
        }
    }

    fn release_one(&mut self, applied: Position, effect: &Effect) {
        match effect {
            Effect::Alert { new, .. } => {
                let id = new.record.id;
                if self.alerts.get(&id).is_some_and(|(position, _)| *position <= applied) {
                    self.alerts.remove(&id);
                }
            }
            Effect::Key { agency, key, .. } => {
                if let Some(keys) = self.keys.get_mut(agency) {
                    if keys.get(key).is_some_and(|(position, _)| *position <= applied) {
                        keys.remove(key);
                    }
                    if keys.is_empty() {
                        self.keys.remove(agency);
                    }
                }
            }
            Effect::Reference { agency, reference, .. } => {
                let key = (agency.clone(), *reference);
                if self.references.get(&key).is_some_and(|(position, _)| *position <= applied) {
                    self.references.remove(&key);
                }
            }
            Effect::Mentions { tokens, .. } => {
                for token in tokens {
                    if let Some(list) = self.mentions.get_mut(token) {
                        list.retain(|(position, _)| *position > applied);
                        if list.is_empty() {
                            self.mentions.remove(token);
                        }
                    }
                }
            }
            Effect::HandOut { mailbox, .. } => {
                if let Some(list) = self.handed_out.get_mut(mailbox) {
                    while list.front().is_some_and(|first| first.position <= applied) {
                        list.pop_front();
                    }
                    if list.is_empty() {
                        self.handed_out.remove(mailbox);
                    }
                }
            }
            Effect::Directory(_) => {}
        }
    }

    /// An alert, if the index may not have its newest record yet.
    pub(crate) fn alert(&self, alert: AlertId) -> Option<Arc<Held>> {
        self.alerts.get(&alert).map(|(_, held)| Arc::clone(held))
    }

    /// What a key was used for, if the index may not know yet.
    pub(crate) fn key(&self, agency: &AgencyCode, key: &IdempotencyKey) -> Option<KeyUse> {
        self.keys.get(agency)?.get(key).map(|(_, usage)| *usage)
    }

    /// Which episode a reference names, if the index may not know yet.
    pub(crate) fn referenced(
        &self,
        agency: &AgencyCode,
        reference: EpisodeReference,
    ) -> Option<AlertId> {
        self.references.get(&(agency.clone(), reference)).map(|(_, alert)| *alert)
    }

    /// Who is mentioned under a token that the index may not have yet.
    pub(crate) fn mentioned(&self, token: MentionToken) -> Vec<AlertId> {
        let list = self.mentions.get(&token).into_iter().flatten();
        list.map(|(_, alert)| *alert).collect()
    }

    /// What an agency's keys were used for that the index may not know yet.
    pub(crate) fn keys_of(&self, agency: &AgencyCode) -> Vec<KeyUse> {
        let keys = self.keys.get(agency);
        keys.map_or_else(Vec::new, |keys| keys.values().map(|(_, usage)| *usage).collect())
    }

    /// Up to `limit` deliveries handed out with a number above `after` that the index may not have yet.
    pub(crate) fn handed_out(
        &self,
        mailbox: &MailboxId,
        after: u64,
        limit: usize,
    ) -> Vec<(u64, DeliveryId)> {
        let Some(list) = self.handed_out.get(mailbox) else { return Vec::new() };
        let from = list.partition_point(|handed| handed.sequence <= after);
        let above = list.iter().skip(from).take(limit);
        above.map(|handed| (handed.sequence, handed.delivery)).collect()
    }

    /// Whether the index has everything.
    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.alerts.is_empty()
            && self.keys.is_empty()
            && self.references.is_empty()
            && self.mentions.is_empty()
            && self.handed_out.is_empty()
    }
}
