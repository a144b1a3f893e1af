//! What people say of claims: linking, refusing, undoing (domain 4.5), and the protected-subject register (domain 3.4).
//!
//! Nobody can link what I1, I2 or I3 keep apart. A claim that is undone stays, with where it stood before, and neither
//! mention is touched by it: what was known of each is as it was.

use super::known::{features_in, is_flagged};
use super::{Surroundings, compare, may_be_linked_by_hand};
use crate::domain::codes::code_list;
use crate::domain::delivery::Purpose;
use crate::domain::identity::{Flag, Flagged, Link, LinkState, MentionedPerson};
use crate::domain::{AlertId, AlertRecord, Delivery, MailboxId, Timestamp, UserId};

/// Claims on one alert, at most.
const LINKS_MAX: usize = 512;

/// Changes of one claim, at most.
const STEPS_MAX: usize = 64;

code_list! {
    /// What a steward does with a claim.
    Hand {
        /// They are one person.
        Link = 1 => "LINK",
        /// They are not, though it was said.
        Unlink = 2 => "UNLINK",
        /// They are not.
        Reject = 3 => "REJECT",
    }
}

code_list! {
    /// Why a steward cannot do it.
    Refused {
        /// I1, I2, I3 or I3b keep the two apart, whatever anybody says.
        Barred = 1 => "LINK_BARRED",
        /// Two persons of one alert are two persons.
        OneAlert = 2 => "ONE_ALERT",
        /// Nobody claims that they are one person.
        NoClaim = 3 => "NO_CLAIM",
        /// They are linked: unlink them.
        Linked = 4 => "LINKED",
        /// They are not linked.
        NotLinked = 5 => "NOT_LINKED",
        /// The alert has as many claims, or the claim as many changes, as there can be.
        TooMany = 6 => "TOO_MANY",
    }
}

/// A mention, with the alert it stands in.
#[derive(Clone, Copy, Debug)]
pub struct Mentioned<'a> {
    /// The alert.
    pub record: &'a AlertRecord,
    /// The person.
    pub person: &'a MentionedPerson,
}

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Decided {
    /// It was so already.
    AsItWas(Link),
    /// The claim as it is from now on.
    Changed(Link),
}

impl Decided {
    /// The claim.
    #[must_use]
    pub const fn link(&self) -> &Link {
        match self {
            Self::AsItWas(link) | Self::Changed(link) => link,
        }
    }
}

/// Decides on a claim, which the newer of the two alerts holds.
///
/// # Errors
/// [`Refused`]; then nothing changes.
pub fn decide_by_hand(
    newer: Mentioned<'_>,
    older: Mentioned<'_>,
    hand: Hand,
    (by, now): (&UserId, Timestamp),
) -> Result<Decided, Refused> {
    if newer.record.id == older.record.id {
        return Err(Refused::OneAlert);
    }
    let known = newer.record.links.iter().find(|link| is_between(link, newer, older));
    let moved = |link: &Link, state| match link.earlier.len() < STEPS_MAX {
        true => Ok(Decided::Changed(link.clone().moved(state, (by, now)))),
        false => Err(Refused::TooMany),
    };
    match (hand, known) {
        (Hand::Link, known) => {
            let fresh = may_be_linked(newer, older, known, (by, now))?;
            match known {
                Some(link) if link.state.is_confirmed() => Ok(Decided::AsItWas(link.clone())),
                Some(link) => moved(link, LinkState::Confirmed),
                None if newer.record.links.len() >= LINKS_MAX => Err(Refused::TooMany),
                None => Ok(Decided::Changed(fresh)),
            }
        }
        (Hand::Unlink | Hand::Reject, None) => Err(Refused::NoClaim),
        (Hand::Unlink, Some(link)) => match link.state {
            LinkState::Automatic | LinkState::Confirmed => moved(link, LinkState::Unlinked),
            LinkState::Unlinked => Ok(Decided::AsItWas(link.clone())),
            LinkState::Proposed
            | LinkState::Candidate
            | LinkState::Conflict
            | LinkState::Rejected => Err(Refused::NotLinked),
        },
        (Hand::Reject, Some(link)) => match link.state {
            LinkState::Proposed | LinkState::Candidate | LinkState::Conflict => {
                moved(link, LinkState::Rejected)
            }
            LinkState::Rejected | LinkState::Unlinked => Ok(Decided::AsItWas(link.clone())),
            LinkState::Automatic | LinkState::Confirmed => Err(Refused::Linked),
        },
    }
}

fn is_between(link: &Link, newer: Mentioned<'_>, older: Mentioned<'_>) -> bool {
    link.mention == newer.person.index
        && link.other == older.record.id
        && link.other_mention == older.person.index
}

/// Whether one of the two is linked already to another person of the other's alert: those would be one, and persons of one
/// alert are as many as they are, twins above all.
fn would_be_two(newer: Mentioned<'_>, older: Mentioned<'_>) -> bool {
    let between = newer.record.links.iter().filter(|link| link.other == older.record.id);
    between.filter(|link| link.state.is_confirmed()).any(|link| {
        (link.mention == newer.person.index) != (link.other_mention == older.person.index)
    })
}

/// The claim as a human makes it, judged by what is known now: the register may have learned of somebody since. What
/// the hub saw when the alert came stands as well: it saw twins beside the two.
fn may_be_linked(
    newer: Mentioned<'_>,
    older: Mentioned<'_>,
    known: Option<&Link>,
    (by, now): (&UserId, Timestamp),
) -> Result<Link, Refused> {
    if would_be_two(newer, older) {
        return Err(Refused::OneAlert);
    }
    let of = |it: Mentioned<'_>| features_in(it.record, it.person);
    let claim = compare(&of(newer), &of(older), Surroundings::default());
    let was_barred = known.is_some_and(|link| !may_be_linked_by_hand(link.class));
    if was_barred || !may_be_linked_by_hand(claim.class) {
        return Err(Refused::Barred);
    }
    Ok(Link {
        mention: newer.person.index,
        other: older.record.id,
        other_mention: older.person.index,
        rule: claim.rule,
        class: claim.class,
        evidence: claim.score.evidence,
        state: LinkState::Confirmed,
        by: Some(by.clone()),
        at: now,
        earlier: Vec::new(),
    })
}

/// The record with the claim in the place of what it was.
#[must_use]
pub fn with_link(record: &AlertRecord, link: Link) -> AlertRecord {
    let mut next = record.clone();
    let is_it = |known: &&mut Link| {
        known.mention == link.mention
            && known.other == link.other
            && known.other_mention == link.other_mention
    };
    match next.links.iter_mut().find(is_it) {
        Some(known) => *known = link,
        None => next.links.push(link),
    }
    next
}

/// The task that asks the stewards about an alert's claims, where it has one.
#[must_use]
pub fn task_of<'a>(record: &'a AlertRecord, stewards: &MailboxId) -> Option<&'a Delivery> {
    let is_it = |it: &&Delivery| it.purpose == Purpose::Task && it.mailbox == *stewards;
    record.deliveries.iter().find(is_it)
}

/// Sets or lifts an entry of the register; none where it says so already. Setting PROTECTED ends what links the person:
/// an old and a new identity are never linked (I1).
#[must_use]
pub fn flagged(
    record: &AlertRecord,
    (mention, flag): (u32, Flag),
    entry: Entry,
    (by, now): (&UserId, Timestamp),
) -> Option<AlertRecord> {
    let is_set = is_flagged(record, mention, flag);
    let mut next = record.clone();
    match (entry, is_set) {
        (Entry::Set, true) | (Entry::Lifted, false) => return None,
        (Entry::Set, false) => {
            next.flags.push(Flagged { mention, flag, by: by.clone(), at: now });
            if flag == Flag::Protected {
                apart(&mut next, |link| link.mention == mention, (by, now));
            }
        }
        (Entry::Lifted, true) => {
            next.flags.retain(|known| known.mention != mention || known.flag != flag);
        }
    }
    Some(next)
}

/// A later alert without its links to a person who is protected from now on; none where it has no such link.
#[must_use]
pub fn apart_from(
    later: &AlertRecord,
    (alert, mention): (AlertId, u32),
    by: (&UserId, Timestamp),
) -> Option<AlertRecord> {
    let mut next = later.clone();
    apart(&mut next, |link| link.other == alert && link.other_mention == mention, by);
    (next != *later).then_some(next)
}

fn apart(record: &mut AlertRecord, ends: impl Fn(&Link) -> bool, by: (&UserId, Timestamp)) {
    let still = |link: &Link| link.state.is_confirmed() || link.state.is_open();
    for link in record.links.iter_mut().filter(|link| ends(link) && still(link)) {
        *link = link.clone().moved(LinkState::Unlinked, by);
    }
}

code_list! {
    /// What is done with an entry of the register.
    Entry {
        /// It is set.
        Set = 1 => "SET",
        /// It is lifted.
        Lifted = 2 => "LIFTED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Redacted;
    use crate::domain::identity::{IdentityFacts, LinkStep, MatchClass};
    use crate::policy::fixtures::{missing_child, record_of};

    const AT: &str = "2026-07-15T15:20:00Z";

    fn alert(number: u8) -> AlertRecord {
        let mut record = record_of(&missing_child(), AT).as_ref().clone();
        record.id = AlertId::from_bytes([number; 16]);
        record
    }

    fn child(given: &str, number: Option<&str>) -> MentionedPerson {
        let text = |text: &str| Redacted::new(text.to_owned());
        MentionedPerson {
            identity: IdentityFacts {
                nhs_number: number.map(text),
                family: Some(text("Simulacre")),
                given: Some(text(given)),
                uprn: Some(text("100000000009")),
                ..IdentityFacts::default()
            },
            nhs_verified: number.is_some(),
            born: Some(Redacted::new(jiff::civil::date(2015, 2, 3))),
            ..MentionedPerson::default()
        }
    }

    fn steward() -> UserId {
        UserId::try_from("u-3801").unwrap()
    }

    fn by_hand(
        newer: (&AlertRecord, &MentionedPerson),
        older: (&AlertRecord, &MentionedPerson),
        hand: Hand,
    ) -> Result<Decided, Refused> {
        let of = |(record, person)| Mentioned { record, person };
        let at = Timestamp::from_millis(1_784_128_800_000);
        decide_by_hand(of(newer), of(older), hand, (&steward(), at))
    }

    #[test]
    fn i2_and_i3_cannot_be_linked_by_hand_and_nothing_changes() {
        let (old, new) = (alert(1), alert(2));
        let (ava, mia) = (child("Ava", Some("9990026033")), child("Mia", Some("9990027404")));
        let swapped = child("Mia", Some("9990026033"));

        for (one, other) in [(&swapped, &mia), (&swapped, &ava)] {
            let refused = by_hand((&new, one), (&old, other), Hand::Link);
            assert_eq!(refused, Err(Refused::Barred));
        }
    }

    #[test]
    fn i1_cannot_be_linked_by_hand_whether_the_alert_says_so_or_the_register() {
        let (mut old, new) = (alert(1), alert(2));
        let (one, mut other) = (child("Mia", None), child("Mia", None));
        assert!(by_hand((&new, &one), (&old, &other), Hand::Link).is_ok());

        other.identity.protected = true;
        assert_eq!(by_hand((&new, &one), (&old, &other), Hand::Link), Err(Refused::Barred));
        other.identity.protected = false;
        let by = (&steward(), Timestamp::from_millis(0));
        old = flagged(&old, (0, Flag::Protected), Entry::Set, by).unwrap();
        assert_eq!(by_hand((&new, &one), (&old, &other), Hand::Link), Err(Refused::Barred));
    }

    #[test]
    fn unlinking_leaves_both_mentions_as_they_were_and_keeps_every_step() {
        let (old, new) = (alert(1), alert(2));
        let (one, other) = (child("Mia", None), child("Mia", None));
        let linked = by_hand((&new, &one), (&old, &other), Hand::Link).unwrap();
        let linked = with_link(&new, linked.link().clone());

        let undone = by_hand((&linked, &one), (&old, &other), Hand::Unlink).unwrap();
        let undone = with_link(&linked, undone.link().clone());

        let [link] = undone.links.as_slice() else { panic!("{:?}", undone.links) };
        let at = Timestamp::from_millis(1_784_128_800_000);
        let before = LinkStep { state: LinkState::Confirmed, by: Some(steward()), at };
        assert_eq!((link.state, &link.earlier), (LinkState::Unlinked, &vec![before]));
        let without = AlertRecord { links: Vec::new(), ..undone.clone() };
        assert_eq!(without, new, "but for the claim nothing changed");
        let again = by_hand((&undone, &one), (&old, &other), Hand::Unlink).unwrap();
        assert_eq!(again, Decided::AsItWas(link.clone()), "repeating it changes nothing");
    }

    #[test]
    fn what_is_linked_is_not_rejected_and_what_nobody_claims_is_not_undone() {
        let (old, new) = (alert(1), alert(2));
        let (one, other) = (child("Mia", None), child("Mia", None));
        let linked = by_hand((&new, &one), (&old, &other), Hand::Link).unwrap();
        let linked = with_link(&new, linked.link().clone());

        let reject = by_hand((&linked, &one), (&old, &other), Hand::Reject);
        assert_eq!(reject, Err(Refused::Linked));
        for hand in [Hand::Unlink, Hand::Reject] {
            let refused = by_hand((&new, &one), (&old, &other), hand);
            assert_eq!(refused, Err(Refused::NoClaim), "{hand}");
        }
        let same = by_hand((&new, &one), (&new, &other), Hand::Link);
        assert_eq!(same, Err(Refused::OneAlert));
    }

    #[test]
    fn a_protected_person_is_parted_from_whoever_was_linked() {
        let (old, new) = (alert(1), alert(2));
        let (one, other) = (child("Mia", None), child("Mia", None));
        let linked = by_hand((&new, &one), (&old, &other), Hand::Link).unwrap();
        let linked = with_link(&new, linked.link().clone());
        let (by, at) = (steward(), Timestamp::from_millis(0));

        let own = flagged(&linked, (0, Flag::Protected), Entry::Set, (&by, at)).unwrap();
        let later = apart_from(&linked, (old.id, 0), (&by, at)).unwrap();
        let safe = flagged(&linked, (0, Flag::Safe), Entry::Set, (&by, at)).unwrap();

        assert_eq!(own.links[0].state, LinkState::Unlinked);
        assert_eq!(later.links[0].state, LinkState::Unlinked);
        assert_eq!(safe.links[0].state, LinkState::Confirmed, "SAFE reaches through links");
        assert_eq!(apart_from(&linked, (old.id, 1), (&by, at)), None, "somebody else");
    }

    #[test]
    fn the_register_is_set_once_and_lifted_once() {
        let (record, by, at) = (alert(1), steward(), Timestamp::from_millis(0));
        let flag = |record: &AlertRecord, entry| flagged(record, (0, Flag::Safe), entry, (&by, at));

        assert_eq!(flag(&record, Entry::Lifted), None);
        let set = flag(&record, Entry::Set).unwrap();
        assert_eq!(flag(&set, Entry::Set), None);
        assert_eq!(flag(&set, Entry::Lifted).unwrap(), record);
        assert_eq!(MatchClass::ALL.len(), 8, "a new class: may it be linked by hand?");
    }
}
