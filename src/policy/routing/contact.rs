//! Whom the sender of an urgent alert can phone when the hub cannot take it (domain 3.2: "not sent: phone").

use crate::domain::directory::{Agency, Directory, Mailbox, MailboxRole};
use crate::domain::{AgencyCode, MailboxId, Submission, Timestamp};

use super::super::partners::{self, CADT, COUNCIL, EDT};
use super::super::{clock, sharing};
use super::duty_mailbox;

/// A desk to phone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DutyContact {
    /// The desk.
    pub mailbox: MailboxId,
    /// Its number.
    pub phone: String,
    /// Whom to reach when nobody answers.
    pub fallback: String,
}

/// The front door's desk that is staffed at `now`. Where a person of concern works there it is the senior on
/// call (domain 5.3a): a warning never reaches the person it is about. Of a request that cannot be read nobody knows
/// more than the hour.
#[must_use]
pub fn emergency_contact(
    submission: Option<&Submission>,
    directory: &Directory,
    now: Timestamp,
) -> Option<DutyContact> {
    let of = |code: &str| directory.agencies.get(&AgencyCode::try_from(code).ok()?);
    let stated = submission.map(|submission| sharing::stated_conflicts(submission, directory));
    if stated.is_some_and(|stated| stated.agencies.iter().any(partners::is_front_door))
        && let Some(mailbox) = of(COUNCIL).and_then(|it| it.mailbox(MailboxRole::HeadOfService))
    {
        return Some(contact(mailbox));
    }
    let desk = if clock::is_office_hours(now) { CADT } else { EDT };
    let agency: &Agency = of(desk).or_else(|| of(CADT))?;
    duty_mailbox(agency).map(contact)
}

fn contact(mailbox: &Mailbox) -> DutyContact {
    DutyContact {
        mailbox: mailbox.id.clone(),
        phone: mailbox.phone.clone(),
        fallback: mailbox.fallback.clone(),
    }
}
