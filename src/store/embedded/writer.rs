//! The writer: one thread that makes groups durable, then visible, and only then answers.
//!
//! It takes whatever is queued and never waits for more: while one group is being fsynced the next gathers.

use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};

use super::admission::Admission;
use super::bytes::wide;
use super::effect::{Effects, InGroup};
use super::event::StoreEvent;
use super::group::{Link, places};
use super::journal::{AppendError, Appender};
use super::state::Shared;
use crate::domain::Timestamp;
use crate::record::Write;
use crate::store::{Committed, Expect, Group, StoreError, WriteStanding};

/// How much one group may hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct GroupBound {
    pub(crate) commits: usize,
    pub(crate) bytes: usize,
}

/// A commit on its way to the writer, already encoded.
pub(crate) struct Request {
    pub(crate) encoded: Vec<u8>,
    pub(crate) leaf: [u8; 32],
    /// Where the alerts' records lie in `encoded`.
    pub(crate) alerts: Vec<InGroup>,
    pub(crate) at: Timestamp,
    /// Without the sealed bodies: those stand in `encoded`.
    pub(crate) writes: Vec<Write>,
    pub(crate) expects: Vec<Expect>,
    pub(crate) reply: Reply,
}

/// Where the answer to a commit goes. A caller that no longer listens misses it; the commit stands.
pub(crate) struct Reply {
    to: oneshot::Sender<Answer>,
    /// Where the caller runs.
    caller: Option<Handle>,
}

type Answer = Result<Committed, StoreError>;

impl Reply {
    /// To whoever waits at the other end of the channel, within this runtime.
    pub(crate) fn new(to: oneshot::Sender<Answer>) -> Self {
        Self { to, caller: Handle::try_current().ok() }
    }

    fn give(self, answer: Answer) {
        // The caller may have gone away.
        self.to.send(answer).unwrap_or_default();
    }
}

/// Answers a whole group. To wake callers one by one from this thread takes a lock and may take a system call each;
/// their own runtime does it with neither.
fn give_all(answers: Vec<(Reply, Answer)>) {
    let give = |answers: Vec<(Reply, Answer)>| {
        answers.into_iter().for_each(|(reply, answer)| reply.give(answer));
    };
    let caller = answers.first().and_then(|(reply, _)| reply.caller.clone());
    match caller {
        Some(caller) if answers.len() > 1 => drop(caller.spawn(async move { give(answers) })),
        Some(_) | None => give(answers),
    }
}

/// The writer.
pub(crate) struct Writer {
    shared: Arc<Shared>,
    appender: Appender,
    requests: mpsc::Receiver<Request>,
    bound: GroupBound,
    /// A request that did not fit into the group before.
    held_over: Option<Request>,
}

/// A group in the making.
#[derive(Default)]
struct Making {
    effects: Vec<Effects>,
    leaves: Vec<[u8; 32]>,
    commits: Vec<Vec<u8>>,
    at: Option<Timestamp>,
    replies: Vec<Reply>,
    /// Those whose expectations do not hold, perhaps because of an earlier commit of this very group: they
    /// are told after the fsync, so that what they then read is there.
    losers: Vec<Reply>,
}

impl Writer {
    pub(crate) const fn new(
        shared: Arc<Shared>,
        appender: Appender,
        requests: mpsc::Receiver<Request>,
        bound: GroupBound,
    ) -> Self {
        Self { shared, appender, requests, bound, held_over: None }
    }

    /// Runs until nobody can send any more; where the journal then ends, unless it is poisoned.
    pub(crate) fn run(mut self) -> Option<Link> {
        let _alarm = PoisonOnPanic(Arc::clone(&self.shared));
        loop {
            let Some(first) = self.next() else { break };
            let shared = Arc::clone(&self.shared);
            let waiting = || shared.observer.observe(&StoreEvent::TailFull);
            let room = shared.backlog.wait_for_room(&waiting);
            let gathered = self.gather(first);
            match room {
                Ok(()) => self.commit(gathered),
                Err(_no_room) => gathered.into_iter().for_each(|request| {
                    request.reply.give(Err(StoreError::IndexStopped));
                }),
            }
        }
        let poisoned = self.shared.visible().writing == WriteStanding::Poisoned;
        (!poisoned).then(|| *self.appender.link())
    }

    /// The next commit; while there is none the journal is made ready for it. None when nobody can send any more.
    fn next(&mut self) -> Option<Request> {
        if let Some(held_over) = self.held_over.take() {
            return Some(held_over);
        }
        if let Ok(queued) = self.requests.try_recv() {
            return Some(queued);
        }
        if self.appender.write_ahead().is_err() {
            set_standing(&self.shared, WriteStanding::Poisoned);
        }
        self.requests.blocking_recv()
    }

    /// Takes what is queued, up to the bounds of a group.
    fn gather(&mut self, first: Request) -> Vec<Request> {
        let mut bytes = first.encoded.len();
        let mut gathered = vec![first];
        while gathered.len() < self.bound.commits {
            let Ok(next) = self.requests.try_recv() else { break };
            bytes = bytes.saturating_add(next.encoded.len());
            if bytes > self.bound.bytes {
                self.held_over = Some(next);
                break;
            }
            gathered.push(next);
        }
        gathered
    }

    fn commit(&mut self, gathered: Vec<Request>) {
        let mut making = self.admit(gathered);
        if making.effects.is_empty() {
            making.losers.into_iter().for_each(|reply| reply.give(Err(StoreError::Conflict)));
            return;
        }
        let commits: Vec<&[u8]> = making.commits.iter().map(Vec::as_slice).collect();
        let at = making.at.unwrap_or_default();
        let count = u32::try_from(commits.len()).unwrap_or(u32::MAX);
        let places = places(count, commits.iter().copied());
        for (effects, (begin, _)) in making.effects.iter_mut().zip(places) {
            effects.begin_at(begin);
        }
        match self.appender.append(at, &making.leaves, &commits) {
            Ok(header) => {
                let group = Group {
                    first: header.first,
                    leaves: std::mem::take(&mut making.leaves),
                    root: header.root,
                    at: header.at,
                };
                self.publish(&Arc::new(group), making);
            }
            Err(error) => self.refuse(&error, making),
        }
    }

    fn admit(&self, gathered: Vec<Request>) -> Making {
        let mut admission = Admission::new(&self.shared);
        let mut making = Making::default();
        let mut position = self.appender.link().first;
        for request in gathered {
            match admission.admit(position, request.at, &request.expects, request.writes) {
                Ok(changes) => {
                    let bytes = wide(request.encoded.len());
                    let mut effects = Effects { position, bytes, changes };
                    effects.note_alerts(request.alerts);
                    making.effects.push(effects);
                    making.leaves.push(request.leaf);
                    making.commits.push(request.encoded);
                    making.at = making.at.max(Some(request.at));
                    making.replies.push(request.reply);
                    position = position.next();
                }
                Err(StoreError::Conflict) => making.losers.push(request.reply),
                Err(error) => request.reply.give(Err(error)),
            }
        }
        making
    }

    /// Makes a durable group visible, then answers.
    fn publish(&self, group: &Arc<Group>, mut making: Making) {
        let was_full = {
            let mut visible = self.shared.visible_mut();
            for effects in &mut making.effects {
                visible.take(effects);
            }
            visible.last_group_at = Some(group.at);
            self.shared.reader.publish(visible.durable);
            std::mem::replace(&mut visible.writing, WriteStanding::Open) == WriteStanding::DiskFull
        };
        let mut answers = Vec::with_capacity(making.replies.len());
        for (effects, reply) in making.effects.iter().zip(making.replies) {
            let (position, group) = (effects.position, Arc::clone(group));
            answers.push((reply, Ok(Committed { position, group, alerts: effects.alerts() })));
        }
        self.shared.backlog.push(making.effects);
        if was_full {
            self.shared.observer.observe(&StoreEvent::SpaceAgain);
        }
        answers.extend(making.losers.into_iter().map(|reply| (reply, Err(StoreError::Conflict))));
        give_all(answers);
    }

    /// Answers everybody of a group that is not durable; nobody of them is told anything else.
    fn refuse(&self, error: &AppendError, making: Making) {
        let (answer, standing) = match error {
            AppendError::DiskFull => (StoreError::DiskFull, Some(WriteStanding::DiskFull)),
            AppendError::Poisoned => (StoreError::Poisoned, Some(WriteStanding::Poisoned)),
            AppendError::Io(source) => {
                let source = Arc::clone(source);
                (StoreError::Io { doing: "write the journal", source }, None)
            }
        };
        if let Some(standing) = standing {
            set_standing(&self.shared, standing);
        }
        for reply in making.replies.into_iter().chain(making.losers) {
            reply.give(Err(answer.clone()));
        }
    }
}

/// Sets how the store is, and tells the observer when that is news.
fn set_standing(shared: &Shared, standing: WriteStanding) {
    let before = std::mem::replace(&mut shared.visible_mut().writing, standing);
    if before == standing {
        return;
    }
    match standing {
        WriteStanding::DiskFull => shared.observer.observe(&StoreEvent::DiskFull),
        WriteStanding::Poisoned => shared.observer.observe(&StoreEvent::Poisoned),
        WriteStanding::Open | WriteStanding::IndexStopped | WriteStanding::Closed => {}
    }
}

/// A writer that ends by a panic leaves a store that takes nothing, and says so.
struct PoisonOnPanic(Arc<Shared>);

impl Drop for PoisonOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            set_standing(&self.0, WriteStanding::Poisoned);
        }
    }
}
