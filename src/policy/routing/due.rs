//! When a person must have acknowledged (domain 5.1). No statute sets inbox times: DEFAULT throughout.

use crate::domain::directory::{Cover, Directory};
use crate::domain::{Deadline, DeadlineTag, MailboxId, Priority, Span, Timestamp};

use super::super::{Clocks, Context, clock};

/// The deadline of a delivery into this mailbox now; none at P5 and for schools.
pub(crate) fn due_in(
    context: &Context<'_>,
    mailbox: &MailboxId,
    priority: Priority,
) -> Option<Deadline> {
    due_at((context.directory, &context.clocks), mailbox, priority, context.now)
}

/// The same for a delivery that comes into the mailbox at `now`, whenever that is.
pub(crate) fn due_at(
    (directory, clocks): (&Directory, &Clocks),
    mailbox: &MailboxId,
    priority: Priority,
    now: Timestamp,
) -> Option<Deadline> {
    let cover = directory.mailbox(mailbox)?.cover;
    let at = due(cover, priority, (now, clocks))?;
    Some(Deadline { at, tag: DeadlineTag::Default })
}

fn due(cover: Cover, priority: Priority, (now, clocks): (Timestamp, &Clocks)) -> Option<Timestamp> {
    let is_staffed = match cover {
        Cover::AllHours => true,
        Cover::OfficeHours => clock::is_office_hours(now),
        // Schools are told; no acknowledgement clock runs but Encompass.
        Cover::SchoolDays => return None,
    };
    let elapsed = |minutes: u32| now.plus(Span::minutes(i64::from(minutes)));
    let routine = |minutes: u32| match cover {
        Cover::AllHours => elapsed(minutes),
        Cover::OfficeHours | Cover::SchoolDays => clock::working_minutes(now, minutes),
    };
    match priority {
        Priority::P1 if is_staffed => Some(elapsed(clocks.p1.acknowledge)),
        Priority::P2 if is_staffed => Some(elapsed(clocks.p2.acknowledge)),
        Priority::P1 | Priority::P2 => {
            Some(clock::working_minutes(now, clocks.after_opening_minutes))
        }
        Priority::P3 => Some(routine(clocks.p3.acknowledge)),
        Priority::P4 => Some(routine(clocks.p4.acknowledge)),
        Priority::P5 => None,
    }
}

/// When an incomplete alert is chased: the sender's desk, then its duty manager (domain 3.2).
pub(crate) const fn chase(context: &Context<'_>) -> (Timestamp, Timestamp) {
    let Context { now, clocks, .. } = context;
    (now.plus(clocks.chase_first), now.plus(clocks.chase_second))
}
