//! The rotas of this deployment: watched for their end.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jiff::civil::Date;

use crate::calendar::local_date;
use crate::domain::directory::Directory;
use crate::domain::{MailboxId, Timestamp};
use crate::policy::escalation::{RotaEnds, rotas_ending};

/// Watches how far rotas reach.
#[derive(Default)]
pub(super) struct Rotas {
    /// Who was told of, on which local date.
    told_on: Mutex<BTreeMap<MailboxId, Date>>,
}

impl Rotas {
    /// The rotas that end soon, or are over, and of which nobody was told today.
    pub(super) fn run_once(&self, directory: &Directory, now: Timestamp) -> Vec<RotaEnds> {
        let today = local_date(now.to_jiff());
        let ending = rotas_ending(directory, now);
        // A poisoned lock holds dates all the same.
        let mut told_on = self.told_on.lock().unwrap_or_else(PoisonError::into_inner);
        told_on.retain(|mailbox, _| ending.iter().any(|it| it.mailbox == *mailbox));
        let is_news = |it: &RotaEnds| told_on.insert(it.mailbox.clone(), today) != Some(today);
        ending.into_iter().filter(is_news).collect()
    }
}

/// What `/status` says of a rota.
pub(super) fn in_words(ends: &RotaEnds, now: Timestamp) -> String {
    let day = local_date(ends.at.to_jiff());
    let verb = if ends.at <= now { "ended" } else { "ends" };
    format!("the rota of {} {verb} on {day}: its cover hours hold after it", ends.mailbox)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::directory::RotaSlot;
    use crate::domain::{AgencyCode, UserId};

    fn at(text: &str) -> Timestamp {
        Timestamp::from(text.parse::<jiff::Timestamp>().unwrap())
    }

    /// The samples' partnership, with a rota of the front door that ends so.
    fn ending(until: &str) -> Directory {
        let partnership = include_str!("../../docs/samples/partnership.toml");
        let mut directory = crate::directory::parse(partnership).unwrap();
        let cadt = AgencyCode::try_from("CADT").unwrap();
        let (from, until) = (at("2026-11-16T09:00:00Z"), at(until));
        let user = UserId::try_from("u-2101").unwrap();
        let slot = RotaSlot { from, until, user, deputy: None };
        directory.agencies.get_mut(&cadt).unwrap().mailboxes[0].rota = vec![slot];
        directory
    }

    #[test]
    fn an_end_is_told_once_a_day_until_the_rota_is_renewed() {
        let (rotas, old) = (Rotas::default(), ending("2026-11-27T17:00:00Z"));
        let told = |directory: &Directory, now: &str| rotas.run_once(directory, at(now)).len();

        assert_eq!(told(&old, "2026-11-20T17:00:00Z"), 0, "a week is left");
        assert_eq!(told(&old, "2026-11-21T09:00:00Z"), 1);
        assert_eq!(told(&old, "2026-11-21T23:59:00Z"), 0, "told today");
        assert_eq!(told(&old, "2026-11-22T00:00:00Z"), 1);
        assert_eq!(told(&ending("2027-01-29T17:00:00Z"), "2026-11-23T09:00:00Z"), 0, "renewed");
        assert_eq!(told(&old, "2026-12-01T09:00:00Z"), 1, "over");
    }

    #[test]
    fn the_notice_names_the_inbox_and_the_day_and_nobody() {
        let ends = rotas_ending(&ending("2026-11-27T17:00:00Z"), at("2026-11-23T09:00:00Z"));

        let (before, after) = (at("2026-11-27T16:59:00Z"), at("2026-11-27T17:00:00Z"));
        let said = "the rota of CADT ends on 2026-11-27: its cover hours hold after it";
        assert_eq!(in_words(&ends[0], before), said);
        assert_eq!(in_words(&ends[0], after), said.replace("ends", "ended"));
    }
}
