//! Which alerts the chronology of a person holds for one mailbox (domain 3.12).
//!
//! Confirmed links only, of either direction, and never over a third alert (domain 4.5.4, 4.5.5). Only what lies in the
//! mailbox: what was never handed out, was recalled or was withheld is no line, whatever else it would tell. What a line
//! says is cut as the copy is, see [`crate::policy::views`].

use crate::domain::delivery::{DeliveryState, EndReason, Purpose};
use crate::domain::identity::Link;
use crate::domain::{AlertId, AlertRecord, Delivery, Letter, MailboxId, View};

/// A person of an alert, by place among those it mentions.
pub type Mention = (AlertId, u32);

/// How much of an alert a line may say.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Extent {
    /// What the copy shows.
    Whole,
    /// Date, kind, agency and outcome: the recipient's copy has ended.
    Older,
}

/// Whom the alert's own claims say is the person: mentions of earlier alerts.
pub fn earlier(record: &AlertRecord, person: u32) -> impl Iterator<Item = Mention> {
    let is_theirs = move |link: &&Link| link.mention == person && link.state.is_confirmed();
    record.links.iter().filter(is_theirs).map(|link| (link.other, link.other_mention))
}

/// Which person of a later alert its claims say is this one.
#[must_use]
pub fn later(record: &AlertRecord, (alert, person): Mention) -> Option<Mention> {
    let is_theirs = |link: &&Link| {
        link.other == alert && link.other_mention == person && link.state.is_confirmed()
    };
    record.links.iter().find(is_theirs).map(|link| (record.id, link.mention))
}

/// The deliveries of an alert that the mailbox has or had a copy of, in the order in which a line is made of them: what
/// it still has first.
#[must_use]
pub fn copies<'a>(record: &'a AlertRecord, mailbox: &MailboxId) -> Vec<(&'a Delivery, Extent)> {
    let extent = |delivery: &Delivery| match delivery.state {
        DeliveryState::Delivered => Some(Extent::Whole),
        DeliveryState::Ended(EndReason::LookoutPurged) => Some(Extent::Older),
        DeliveryState::Queued
        | DeliveryState::Ended(EndReason::Cancelled | EndReason::Recalled | EndReason::Withdrawn) => {
            None
        }
    };
    let is_copy = |delivery: &&Delivery| {
        delivery.mailbox == *mailbox
            && delivery.purpose != Purpose::Recall
            && delivery.sequence.is_some()
    };
    let of_mailbox = record.deliveries.iter().filter(is_copy);
    let mut copies: Vec<_> = of_mailbox.filter_map(|it| Some((it, extent(it)?))).collect();
    copies.sort_by_key(|(delivery, extent)| (*extent, delivery.number));
    copies
}

/// Whether a copy showed every subject, so that it need not be opened to know that it showed this one: content that is
/// gone can be asked no more.
#[must_use]
pub const fn shows_everybody(delivery: &Delivery) -> bool {
    matches!(delivery.view, View::Standard)
        && matches!(delivery.letter, Letter::C | Letter::CL | Letter::P | Letter::F | Letter::M)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identity::LinkState;
    use crate::policy::fixtures::*;

    const SENT: &str = "2026-10-23T22:40+01:00";

    fn sent() -> AlertRecord {
        AlertRecord::clone(&record_of(&missing_child(), SENT))
    }

    #[test]
    fn confirmed_links_count_in_both_directions_and_only_for_the_person_meant() {
        let first = AlertId::from_bytes([1; 16]);
        let mut record = sent();
        for (state, counts) in [
            (LinkState::Automatic, true),
            (LinkState::Confirmed, true),
            (LinkState::Proposed, false),
            (LinkState::Candidate, false),
            (LinkState::Conflict, false),
            (LinkState::Rejected, false),
            (LinkState::Unlinked, false),
        ] {
            record.links = vec![link((1, first, 0), state)];

            assert_eq!(earlier(&record, 1).any(|it| it == (first, 0)), counts, "{state}");
            assert_eq!(later(&record, (first, 0)).is_some(), counts, "{state}");
            assert_eq!(earlier(&record, 0).count(), 0, "a sibling is somebody else");
            assert_eq!(later(&record, (first, 1)), None, "and so is another person there");
        }
    }

    #[test]
    fn a_line_is_made_of_what_the_mailbox_was_handed_and_has_not_given_up() {
        let mut record = sent();
        record.deliveries.truncate(1);
        let (number, own) = (0, record.deliveries[0].mailbox.clone());
        assert!(copies(&record, &own).is_empty(), "it waits");
        let handed = record.deliveries[number].clone().hand_out(1, at(SENT)).unwrap();
        for (delivery, expected) in [
            (handed.clone(), Some(Extent::Whole)),
            (handed.clone().end(EndReason::LookoutPurged), Some(Extent::Older)),
            (handed.clone().end(EndReason::Recalled), None),
            (record.deliveries[number].clone().end(EndReason::LookoutPurged), None),
            (Delivery { purpose: Purpose::Recall, ..handed.clone() }, None),
            (Delivery { mailbox: mailbox("RESPONSE"), ..handed.clone() }, None),
        ] {
            record.deliveries[number] = delivery;

            let found = copies(&record, &own);
            assert_eq!(found.first().map(|(_, extent)| *extent), expected);
        }
    }
}
