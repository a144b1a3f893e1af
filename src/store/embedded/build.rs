//! Making the index and the live sets ready at opening: read through, put aside when of no use, brought up to
//! the journal.

use std::path::Path;
use std::sync::Arc;

use arc_swap::ArcSwap;

use super::admission::Admission;
use super::applier;
use super::backlog::{Backlog, TailBound};
use super::effect::{Effects, InGroup};
use super::error::OpenError;
use super::event::{Stage, StoreEvent, StoreObserver};
use super::group::GroupBytes;
use super::index::{Found, Index, remove_broken_snapshots};
use super::index_position::IndexPosition;
use super::journal::Reader;
use super::live::Live;
use super::place::Place;
use super::state::{Shared, Visible, commit_in, writes_at};
use super::tail::Tail;
use crate::domain::directory::Directory;
use crate::domain::{Position, Timestamp};
use crate::record::Write;
use crate::store::{StoreError, WriteStanding};

/// How many commits are applied at once.
const BATCH_COMMITS: usize = 64;

/// Progress is told about every so many keys or positions.
const PROGRESS_STEP: u64 = 10_000;

/// What building needs.
pub(crate) struct Building<'a> {
    pub(crate) place: &'a Place,
    pub(crate) reader: Arc<Reader>,
    pub(crate) observer: Arc<dyn StoreObserver>,
    /// How many positions the journal holds.
    pub(crate) durable: Position,
    /// Hub time of the newest group.
    pub(crate) last_group_at: Option<Timestamp>,
    pub(crate) tail_bound: TailBound,
}

impl Building<'_> {
    /// Opens or builds the index and everything in memory.
    pub(crate) fn run(self, position: IndexPosition) -> Result<Shared, OpenError> {
        let (index, live) = self.index(position)?;
        let from = index.next();
        let shared = match self.share(index, live) {
            Ok(shared) => shared,
            // It added up and yet does not fit the journal.
            Err((position, _misfit)) if from > Position(0) => {
                self.put_aside("it does not fit the journal")?;
                let index = self.new_index(position)?;
                self.share(index, Live::default()).map_err(|(_, source)| replay_failed(source))?
            }
            Err((_, source)) => return Err(replay_failed(source)),
        };
        shared.visible_mut().last_group_at = self.last_group_at;
        Ok(shared)
    }

    /// Brings an index up to the journal.
    fn share(&self, index: Index, live: Live) -> Result<Shared, (IndexPosition, StoreError)> {
        let from = index.next();
        let directory = match self.directory(&index) {
            Ok(directory) => directory,
            Err(error) => return Err((index.into_position(), error)),
        };
        let visible = Visible {
            tail: Tail::default(),
            live,
            directory: Arc::new(ArcSwap::new(directory)),
            durable: from,
            last_group_at: None,
            writing: WriteStanding::Open,
        };
        let backlog = Backlog::new(self.tail_bound);
        let observer = Arc::clone(&self.observer);
        let shared = Shared::new(Arc::clone(&self.reader), index, backlog, observer, visible);
        match catch_up(&shared, from, self.durable) {
            Ok(()) => Ok(shared),
            Err(error) => Err((shared.index.into_position(), error)),
        }
    }

    /// An index that adds up and is not ahead of the journal: the one that is there, or a new one.
    fn index(&self, position: IndexPosition) -> Result<(Index, Live), OpenError> {
        let path = self.place.index();
        if remove_broken_snapshots(&path).map_err(OpenError::io("clean", &path))? {
            self.observer.observe(&StoreEvent::SnapshotRemoved);
        }
        let position = match Index::open(&path, position) {
            Ok(index) => match self.read_through(&index) {
                Ok(live) => return Ok((index, live)),
                Err(reason) => {
                    let position = index.into_position();
                    self.put_aside(reason)?;
                    position
                }
            },
            Err((reason, position)) => {
                self.put_aside(reason)?;
                position
            }
        };
        Ok((self.new_index(position)?, Live::default()))
    }

    fn new_index(&self, position: IndexPosition) -> Result<Index, OpenError> {
        let index = Index::open(&self.place.index(), position);
        index.map_err(|_refused| OpenError::Index { doing: "be made anew" })
    }

    fn read_through(&self, index: &Index) -> Result<Live, &'static str> {
        if index.next() > self.durable {
            return Err("it is ahead of the journal");
        }
        let mut live = Live::default();
        let mut keys = 0_u64;
        index.read_through(self.last_group_at, &mut |found| {
            match found {
                Found::Alert(alert, standing) => live.add(alert, standing),
                Found::HandedOut(mailbox, last) => live.handed_out(&mailbox, last),
            }
            keys = keys.saturating_add(1);
            if keys.is_multiple_of(PROGRESS_STEP) {
                let stage = Stage::ReadingIndex;
                self.observer.observe(&StoreEvent::Progress { stage, done: keys, total: 0 });
            }
        })?;
        Ok(live)
    }

    /// Keeps the newest index that was of no use; older ones go.
    fn put_aside(&self, reason: &'static str) -> Result<(), OpenError> {
        let (path, kept) = (self.place.index(), self.place.index_aside());
        if !path.exists() {
            return Ok(());
        }
        remove_tree(&kept)?;
        std::fs::rename(&path, &kept).map_err(OpenError::io("put aside", &path))?;
        self.observer.observe(&StoreEvent::IndexPutAside { reason, kept });
        Ok(())
    }

    fn directory(&self, index: &Index) -> Result<Arc<Directory>, StoreError> {
        let Some(position) = index.directory()? else { return Ok(Arc::default()) };
        let writes = writes_at(&self.reader, position)?;
        let found = writes.into_iter().find_map(|write| match write {
            Write::Directory(directory) => Some(Arc::from(directory)),
            Write::Alert(_)
            | Write::Body { .. }
            | Write::Key { .. }
            | Write::Reference { .. }
            | Write::Mentions { .. }
            | Write::HandOut { .. } => None,
        });
        found.ok_or(StoreError::Index { doing: "name the commit with the directory" })
    }
}

/// Applies what the journal holds from `from` on.
fn catch_up(shared: &Shared, from: Position, durable: Position) -> Result<(), StoreError> {
    let total = durable.0.saturating_sub(from.0);
    let mut batch = Vec::with_capacity(BATCH_COMMITS);
    let mut next = from;
    while next < durable
        && let Some(group) = shared.reader.group(next)?
    {
        while next < group.header.end() {
            batch.push(replay(shared, &group, next)?);
            next = next.next();
            if batch.len() >= BATCH_COMMITS || next == durable {
                applier::apply(shared, &batch)?;
                batch.clear();
            }
            let done = next.0.saturating_sub(from.0);
            if done.is_multiple_of(PROGRESS_STEP) {
                let stage = Stage::Indexing;
                shared.observer.observe(&StoreEvent::Progress { stage, done, total });
            }
        }
    }
    if from < durable { shared.index.persist() } else { Ok(()) }
}

/// Takes one commit of the journal in, as if it had just been made.
fn replay(shared: &Shared, group: &GroupBytes, position: Position) -> Result<Effects, StoreError> {
    let commit = commit_in(group, position)?;
    // Only its own writes are checked: what it expected held when it was made.
    let changes = Admission::new(shared).admit(position, group.header.at, &[], commit.writes)?;
    let mut effects = Effects { position, bytes: 0, changes };
    if let Some((begin, commit)) = group.place(position) {
        effects.note_alerts(InGroup::of_alerts(commit));
        effects.begin_at(begin);
    }
    shared.visible_mut().take(&mut effects);
    Ok(effects)
}

fn remove_tree(path: &Path) -> Result<(), OpenError> {
    match std::fs::remove_dir_all(path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(OpenError::io("remove", path)(error)),
    }
}

fn replay_failed(source: StoreError) -> OpenError {
    OpenError::Replay { source }
}
