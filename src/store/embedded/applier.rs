//! The applier: one thread that brings what is visible into the index, off the path of any acknowledgement.

use std::sync::Arc;
use std::time::Duration;

use super::backlog::Work;
use super::bytes::wide;
use super::effect::Effects;
use super::event::StoreEvent;
use super::state::Shared;
use crate::store::StoreError;

/// The index is made durable after so many commits...
const PERSIST_COMMITS: u64 = 4_096;

/// ...or when nothing has come for so long: an fsync more would make the writer's slower.
const PERSIST_IDLE: Duration = Duration::from_secs(2);

/// How much the applier, and sled's own threads that it starts, give way to others.
const NICENESS: i32 = 10;

/// Runs until the backlog is stopped.
pub(crate) fn run(shared: &Arc<Shared>) {
    // Below the writer and the callers: while they are busy the tail takes what comes. No more than a wish.
    rustix::process::nice(NICENESS).map(drop).unwrap_or_default();
    let mut alarm = AlarmOnEnd { shared, armed: true };
    alarm.armed = apply_all(shared).is_err();
}

/// An applier that ends by an error or a panic says so, so that the writer does not wait for it for ever.
struct AlarmOnEnd<'a> {
    shared: &'a Arc<Shared>,
    armed: bool,
}

impl Drop for AlarmOnEnd<'_> {
    fn drop(&mut self) {
        if self.armed {
            self.shared.backlog.fail();
            self.shared.observer.observe(&StoreEvent::IndexFailed);
        }
    }
}

fn apply_all(shared: &Shared) -> Result<(), StoreError> {
    let mut unpersisted = 0_u64;
    loop {
        let patience = (unpersisted > 0).then_some(PERSIST_IDLE);
        match shared.backlog.take(patience) {
            Work::Apply(batch) => {
                apply(shared, &batch)?;
                unpersisted = unpersisted.saturating_add(wide(batch.len()));
                shared.backlog.done(&batch);
                if unpersisted >= PERSIST_COMMITS {
                    shared.index.persist()?;
                    unpersisted = 0;
                }
            }
            Work::Idle => {
                shared.index.persist()?;
                unpersisted = 0;
            }
            Work::Stop => return shared.index.persist(),
        }
    }
}

/// Puts commits into the index and takes them out of the tail.
pub(crate) fn apply(shared: &Shared, batch: &[Effects]) -> Result<(), StoreError> {
    shared.index.apply(batch)?;
    shared.visible_mut().tail.release(batch);
    Ok(())
}
