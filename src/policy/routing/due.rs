//! When a person must have acknowledged (domain 5.1). No statute sets inbox times: DEFAULT throughout.

use crate::domain::directory::Cover;
use crate::domain::{Deadline, DeadlineTag, MailboxId, Priority, Span, Timestamp};

use super::super::{Context, clock};

const P1: Span = Span::minutes(15);
const P2: Span = Span::minutes(60);
/// The own clock of a desk that was closed: from its next opening.
const CLOSED_MINUTES: u32 = 60;
const P3_HOURS: u32 = 4;
const P4_HOURS: u32 = 8;

/// The deadline of a delivery into this mailbox now; none at P5 and for schools.
pub(crate) fn due_in(
    context: &Context<'_>,
    mailbox: &MailboxId,
    priority: Priority,
) -> Option<Deadline> {
    let cover = context.directory.mailbox(mailbox)?.cover;
    let at = due(cover, priority, context.now)?;
    Some(Deadline { at, tag: DeadlineTag::Default })
}

fn due(cover: Cover, priority: Priority, now: Timestamp) -> Option<Timestamp> {
    let is_staffed = match cover {
        Cover::AllHours => true,
        Cover::OfficeHours => clock::is_office_hours(now),
        // Schools are told; no acknowledgement clock runs but Encompass.
        Cover::SchoolDays => return None,
    };
    let hours = |hours: u32| match cover {
        Cover::AllHours => now.plus(Span::hours(i64::from(hours))),
        Cover::OfficeHours | Cover::SchoolDays => {
            clock::working_minutes(now, hours.saturating_mul(60))
        }
    };
    match priority {
        Priority::P1 if is_staffed => Some(now.plus(P1)),
        Priority::P2 if is_staffed => Some(now.plus(P2)),
        Priority::P1 | Priority::P2 => Some(clock::working_minutes(now, CLOSED_MINUTES)),
        Priority::P3 => Some(hours(P3_HOURS)),
        Priority::P4 => Some(hours(P4_HOURS)),
        Priority::P5 => None,
    }
}

/// When an incomplete alert is chased: the sender's desk, then its duty manager (domain 3.2).
pub(crate) const fn chase(now: Timestamp) -> (Timestamp, Timestamp) {
    (now.plus(Span::minutes(60)), now.plus(Span::minutes(120)))
}
