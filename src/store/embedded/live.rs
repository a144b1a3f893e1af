//! What is going on now, in memory: what waits in each mailbox, what is due, how far hand-out has come.
//!
//! Rebuilt from the alert records at every opening. Leases are not here: they are the services' and only save
//! work.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::effect::{Effect, Held};
use crate::domain::delivery::DeliveryState;
use crate::domain::{AlertId, DeliveryId, EpisodeId, MailboxId, Position, Priority, Timestamp};
use crate::store::MailboxStanding;

/// The live sets.
#[derive(Debug, Default)]
pub(crate) struct Live {
    mailboxes: HashMap<MailboxId, Waiting>,
    due: BTreeSet<(Timestamp, AlertId)>,
}

/// What waits in one mailbox, and the highest number handed out.
#[derive(Debug, Default)]
struct Waiting {
    last_sequence: u64,
    count: u64,
    /// By id, which tells the time: what comes next lies beside what came last.
    episodes: BTreeMap<EpisodeId, Episode>,
    /// Episodes, most urgent first.
    order: BTreeSet<(Rank, EpisodeId)>,
}

/// What is going on with one alert.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Standing {
    pub(crate) episode: EpisodeId,
    /// When the next thing is due.
    pub(crate) due: Option<Timestamp>,
    /// Its deliveries that were never handed out and have not ended.
    pub(crate) waits: Vec<Waits>,
}

/// A delivery that waits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Waits {
    pub(crate) mailbox: MailboxId,
    /// Its number within the alert.
    pub(crate) number: u32,
    /// The commit that queued it.
    pub(crate) queued: Position,
    pub(crate) priority: Priority,
}

/// Where a delivery stands within its episode: in commit order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Turn {
    queued: Position,
    delivery: DeliveryId,
}

/// Where an episode stands among the others: by the most urgent delivery that waits in it, because an urgent
/// one must not wait for other episodes only because a less urgent one of its own comes first; then by the
/// first delivery's turn.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Rank {
    priority: Priority,
    first: Turn,
}

/// What waits of one episode, by turn. A list: an episode has a few deliveries in a mailbox, most have one.
#[derive(Debug, Default)]
struct Episode {
    turns: Vec<(Turn, Priority)>,
}

impl Live {
    /// Takes in one change.
    pub(crate) fn take(&mut self, effect: &Effect) {
        match effect {
            Effect::Alert { old, new, .. } => self.replace(old.as_deref(), new),
            Effect::HandOut { mailbox, first_sequence, deliveries } => {
                let count = u64::try_from(deliveries.len()).unwrap_or(u64::MAX);
                self.handed_out(mailbox, first_sequence.saturating_add(count).saturating_sub(1));
            }
            Effect::Key { .. }
            | Effect::Reference { .. }
            | Effect::Mentions { .. }
            | Effect::Directory(_) => {}
        }
    }

    /// Puts an alert in the place of its earlier record.
    pub(crate) fn replace(&mut self, old: Option<&Held>, new: &Held) {
        if let Some(old) = old {
            self.forget(old);
        }
        if let Some(at) = new.record.next_due() {
            self.due.insert((at, new.record.id));
        }
        for (mailbox, turn, priority) in waiting_of(new) {
            let waiting = self.mailboxes.entry(mailbox.clone()).or_default();
            waiting.add(new.record.episode, turn, priority);
        }
    }

    /// Takes in an alert that was not there.
    pub(crate) fn add(&mut self, alert: AlertId, standing: Standing) {
        if let Some(at) = standing.due {
            self.due.insert((at, alert));
        }
        for waits in standing.waits {
            let delivery = DeliveryId { alert, number: waits.number };
            let turn = Turn { queued: waits.queued, delivery };
            let waiting = self.mailboxes.entry(waits.mailbox).or_default();
            waiting.add(standing.episode, turn, waits.priority);
        }
    }

    /// Notes the highest number handed out.
    pub(crate) fn handed_out(&mut self, mailbox: &MailboxId, last_sequence: u64) {
        let waiting = self.mailboxes.entry(mailbox.clone()).or_default();
        waiting.last_sequence = waiting.last_sequence.max(last_sequence);
    }

    /// Up to `limit` deliveries that wait, in the order in which they are to be handed out.
    pub(crate) fn waiting(&self, mailbox: &MailboxId, limit: usize) -> Vec<DeliveryId> {
        self.mailboxes.get(mailbox).map_or_else(Vec::new, |waiting| waiting.next(limit))
    }

    /// Where a mailbox stands.
    pub(crate) fn standing(&self, mailbox: &MailboxId) -> MailboxStanding {
        self.mailboxes.get(mailbox).map_or_else(MailboxStanding::default, |waiting| {
            MailboxStanding { last_sequence: waiting.last_sequence, waiting: waiting.count }
        })
    }

    /// Up to `limit` alerts due at or before `now`, earliest first.
    pub(crate) fn due(&self, now: Timestamp, limit: usize) -> Vec<AlertId> {
        let due = self.due.iter().take_while(|(at, _)| *at <= now);
        due.map(|(_, alert)| *alert).take(limit).collect()
    }

    /// The earliest instant at which something is due.
    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
    }

    fn forget(&mut self, old: &Held) {
        if let Some(at) = old.record.next_due() {
            self.due.remove(&(at, old.record.id));
        }
        for (mailbox, turn, _) in waiting_of(old) {
            if let Some(waiting) = self.mailboxes.get_mut(mailbox) {
                waiting.remove(old.record.episode, turn);
            }
        }
    }
}

impl Standing {
    /// What is going on with an alert.
    pub(crate) fn of(held: &Held) -> Self {
        let waits = waiting_of(held).map(|(mailbox, turn, priority)| Waits {
            mailbox: mailbox.clone(),
            number: turn.delivery.number,
            queued: turn.queued,
            priority,
        });
        let waits = waits.collect();
        Self { episode: held.record.episode, due: held.record.next_due(), waits }
    }
}

/// The deliveries of an alert that were never handed out and have not ended.
fn waiting_of(held: &Held) -> impl Iterator<Item = (&MailboxId, Turn, Priority)> {
    let queued =
        held.record.deliveries.iter().filter(|delivery| delivery.state == DeliveryState::Queued);
    queued.map(|delivery| {
        let id = DeliveryId { alert: held.record.id, number: delivery.number };
        let turn = Turn { queued: held.queued_at(delivery.number), delivery: id };
        (&delivery.mailbox, turn, delivery.priority)
    })
}

impl Waiting {
    fn add(&mut self, id: EpisodeId, turn: Turn, priority: Priority) {
        let episode = self.episodes.entry(id).or_default();
        let before = episode.rank();
        if let Err(index) = episode.find(turn) {
            episode.turns.insert(index, (turn, priority));
            self.count = self.count.saturating_add(1);
        }
        let after = episode.rank();
        self.reorder(id, before, after);
    }

    fn remove(&mut self, id: EpisodeId, turn: Turn) {
        let Some(episode) = self.episodes.get_mut(&id) else { return };
        let before = episode.rank();
        if let Ok(index) = episode.find(turn) {
            episode.turns.remove(index);
            self.count = self.count.saturating_sub(1);
        }
        let after = episode.rank();
        if after.is_none() {
            self.episodes.remove(&id);
        }
        self.reorder(id, before, after);
    }

    fn reorder(&mut self, id: EpisodeId, before: Option<Rank>, after: Option<Rank>) {
        if before == after {
            return;
        }
        if let Some(rank) = before {
            self.order.remove(&(rank, id));
        }
        if let Some(rank) = after {
            self.order.insert((rank, id));
        }
    }

    fn next(&self, limit: usize) -> Vec<DeliveryId> {
        let mut next = Vec::new();
        let mut untouched = self.order.iter().peekable();
        // Episodes that have given something, by what they would give next.
        let mut begun: BTreeMap<Rank, std::vec::IntoIter<Rank>> = BTreeMap::new();
        while next.len() < limit {
            let first = begun.first_key_value().map(|(rank, _)| *rank);
            let fresh = untouched.next_if(|(rank, _)| first.is_none_or(|first| *rank < first));
            if let Some((_, id)) = fresh {
                let ranks = self.episodes.get(id).map(Episode::ranks).unwrap_or_default();
                put_back(&mut begun, ranks.into_iter());
                continue;
            }
            let Some((rank, turns)) = begun.pop_first() else { break };
            next.push(rank.first.delivery);
            put_back(&mut begun, turns);
        }
        next
    }
}

fn put_back(
    begun: &mut BTreeMap<Rank, std::vec::IntoIter<Rank>>,
    mut turns: std::vec::IntoIter<Rank>,
) {
    if let Some(rank) = turns.next() {
        begun.insert(rank, turns);
    }
}

impl Episode {
    fn find(&self, turn: Turn) -> Result<usize, usize> {
        self.turns.binary_search_by_key(&turn, |(turn, _)| *turn)
    }

    fn rank(&self) -> Option<Rank> {
        let (first, _) = self.turns.first()?;
        let priority = self.turns.iter().map(|(_, priority)| *priority).min()?;
        Some(Rank { priority, first: *first })
    }

    /// The rank the episode has before each of its turns is taken.
    fn ranks(&self) -> Vec<Rank> {
        let mut most_urgent = None;
        let mut ranks: Vec<Rank> = self
            .turns
            .iter()
            .rev()
            .map(|(turn, priority)| {
                let priority = most_urgent.map_or(*priority, |urgent| priority.most_urgent(urgent));
                most_urgent = Some(priority);
                Rank { priority, first: *turn }
            })
            .collect();
        ranks.reverse();
        ranks
    }
}
