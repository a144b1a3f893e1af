//! Who is on duty: the rota of a mailbox, with deputies, when it passes to whom, and when it runs out.
//!
//! A rota speaks from its first slot to its last. Before and after, the mailbox's cover hours hold, as where no rota is
//! kept: a rota that nobody renewed must not make a staffed desk unreachable (domain 5.2 would skip it at every level).

use super::super::clock;
use crate::domain::directory::{Agency, Cover, Directory, Mailbox, RotaSlot};
use crate::domain::{MailboxId, Span, Timestamp, UserId};

/// How long before a rota ends somebody is told `[DEFAULT]`: time to write the next.
const ENDS_SOON: Span = Span::days(7);

/// Who is on duty by a rota now, and who is next.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Duty {
    /// On duty now, ascending; nobody in a gap of the rota.
    pub now: Vec<UserId>,
    /// When that changes; none where the rota ends or is over.
    pub until: Option<Timestamp>,
    /// Who is on duty from then on, ascending. Nobody where a gap begins, or the rota ends.
    pub next: Vec<UserId>,
}

/// Reads who is on duty at `now`.
#[must_use]
pub fn duty(agency: &Agency, mailbox: &Mailbox, now: Timestamp) -> Duty {
    let on = |at| on_rota(agency, mailbox, at, &[]);
    let today = on(now);
    let mut ends: Vec<Timestamp> = mailbox
        .rota
        .iter()
        .flat_map(|slot| [slot.from, slot.until])
        .filter(|at| *at > now)
        .collect();
    ends.sort_unstable();
    let until = ends.into_iter().find(|at| on(*at) != today);
    let next = until.map(on).unwrap_or_default();
    Duty { now: today, until, next }
}

/// A rota that ends soon, or has ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RotaEnds {
    /// Of this mailbox.
    pub mailbox: MailboxId,
    /// The end of its last slot.
    pub at: Timestamp,
}

/// The rotas that are over or end within 7 days, by mailbox in the order of the directory.
#[must_use]
pub fn rotas_ending(directory: &Directory, now: Timestamp) -> Vec<RotaEnds> {
    let soon = now.plus(ENDS_SOON);
    directory
        .agencies
        .values()
        .flat_map(|agency| &agency.mailboxes)
        .filter_map(|mailbox| {
            let at = mailbox.rota.iter().map(|slot| slot.until).max()?;
            (at < soon).then(|| RotaEnds { mailbox: mailbox.id.clone(), at })
        })
        .collect()
}

/// Whether anybody can take something from this mailbox now: a rota slot of an active person; where no rota speaks of
/// now, the mailbox's cover hours. Nobody of `without` counts: rotas skip whom a conflict of interest concerns.
#[must_use]
pub fn is_staffed(
    directory: &Directory,
    mailbox: &MailboxId,
    now: Timestamp,
    without: &[UserId],
) -> bool {
    let Some(agency) = directory.agency_of(mailbox) else { return false };
    let Some(mailbox) = directory.mailbox(mailbox) else { return false };
    if !speaks_of(&mailbox.rota, now) {
        return match mailbox.cover {
            Cover::AllHours => true,
            Cover::OfficeHours => clock::is_office_hours(now),
            Cover::SchoolDays => false,
        };
    }
    !on_rota(agency, mailbox, now, without).is_empty()
}

/// Whether `at` lies between the first and the last instant of a rota. In a gap between the two nobody is there.
fn speaks_of(rota: &[RotaSlot], at: Timestamp) -> bool {
    let first = rota.iter().map(|slot| slot.from).min();
    let last = rota.iter().map(|slot| slot.until).max();
    first.is_some_and(|first| first <= at) && last.is_some_and(|last| at < last)
}

/// The people of the turns that run at `at`, each once, ascending.
fn on_rota(agency: &Agency, mailbox: &Mailbox, at: Timestamp, without: &[UserId]) -> Vec<UserId> {
    let runs = |slot: &&RotaSlot| slot.from <= at && at < slot.until;
    // A person who left, or was put out of action, does not answer.
    let is_able = |user: &&UserId| {
        agency.users.get(*user).is_none_or(|entry| entry.active) && !without.contains(user)
    };
    let mut on: Vec<UserId> = mailbox
        .rota
        .iter()
        .filter(runs)
        .filter_map(|slot| {
            Some(&slot.user).filter(is_able).or_else(|| slot.deputy.as_ref().filter(is_able))
        })
        .cloned()
        .collect();
    on.sort_unstable();
    on.dedup();
    on
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::fixtures::*;

    fn user(id: &str) -> UserId {
        UserId::try_from(id).unwrap()
    }

    fn slot(from: &str, until: &str, who: &str, deputy: Option<&str>) -> RotaSlot {
        let (from, until) = (at(from), at(until));
        RotaSlot { from, until, user: user(who), deputy: deputy.map(user) }
    }

    /// The front door's desk with this rota.
    fn desk(rota: Vec<RotaSlot>) -> (Directory, Agency, Mailbox) {
        let mut directory = directory();
        let agency = directory.agencies.get_mut(&code("CADT")).unwrap();
        agency.mailboxes[0].rota = rota;
        let (agency, mailbox) = (agency.clone(), agency.mailboxes[0].clone());
        (directory, agency, mailbox)
    }

    const NINE: &str = "2026-11-19T09:00Z";
    const ONE: &str = "2026-11-19T13:00Z";
    const FIVE: &str = "2026-11-19T17:00Z";

    #[test]
    fn who_is_on_now_and_next_and_when_duty_passes_on() {
        let (_, agency, mailbox) =
            desk(vec![slot(NINE, ONE, "u-1", None), slot(ONE, FIVE, "u-2", None)]);
        let read = |time: &str| duty(&agency, &mailbox, at(time));

        let morning = read("2026-11-19T09:00Z");
        assert_eq!((morning.now, morning.next), (vec![user("u-1")], vec![user("u-2")]));
        assert_eq!(morning.until, Some(at(ONE)));
        let last = read("2026-11-19T16:59Z");
        assert_eq!((last.now, last.next, last.until), (vec![user("u-2")], vec![], Some(at(FIVE))));
        let before = read("2026-11-19T08:00Z");
        assert_eq!((before.now, before.next), (vec![], vec![user("u-1")]));
        assert_eq!(read("2026-11-20T08:00Z"), Duty::default(), "the rota is over");
    }

    #[test]
    fn the_deputy_stands_in_for_who_left_or_must_not_know_and_for_nobody_else() {
        let (directory, _, mailbox) = desk(vec![slot(NINE, FIVE, "u-1", Some("u-2"))]);
        let staffed = |without: &[UserId]| is_staffed(&directory, &mailbox.id, at(ONE), without);

        assert!(staffed(&[]));
        assert!(staffed(&[user("u-1")]), "the deputy");
        assert!(!staffed(&[user("u-1"), user("u-2")]));
        let agency = &directory.agencies[&code("CADT")];
        assert_eq!(duty(agency, &mailbox, at(ONE)).now, [user("u-1")], "not both");
    }

    #[test]
    fn before_and_after_a_rota_the_cover_hours_hold_and_in_a_gap_of_it_nobody_is_there() {
        let (ten, noon) = ("2026-11-19T10:00Z", "2026-11-19T12:00Z");
        let (directory, _, mailbox) =
            desk(vec![slot(ten, noon, "u-1", None), slot(ONE, "2026-11-19T15:00Z", "u-2", None)]);
        let staffed = |time: &str| is_staffed(&directory, &mailbox.id, at(time), &[]);

        assert!(staffed(NINE), "the rota has not begun");
        assert!(staffed(ten));
        assert!(!staffed(noon), "a gap");
        assert!(staffed(ONE));
        assert!(staffed("2026-11-19T15:00Z"), "the rota is over, the desk is open until 17:00");
        assert!(!staffed(FIVE), "closed, rota or not");
        assert!(staffed("2026-11-26T09:00Z"), "nobody renewed it");
        assert!(!staffed("2026-11-28T09:00Z"), "a Saturday");
    }

    #[test]
    fn a_rota_that_ends_within_a_week_or_is_over_is_told_of_and_none_that_has_time() {
        let (directory, _, _) = desk(vec![slot(NINE, FIVE, "u-1", None)]);
        let ending = |time: &str| rotas_ending(&directory, at(time));
        let ends = RotaEnds { mailbox: mailbox("CADT"), at: at(FIVE) };

        assert_eq!(ending("2026-11-12T17:00Z"), []);
        assert_eq!(ending("2026-11-12T17:01Z"), std::slice::from_ref(&ends));
        assert_eq!(ending("2027-11-12T17:01Z"), [ends], "until it is renewed or taken away");
    }
}
