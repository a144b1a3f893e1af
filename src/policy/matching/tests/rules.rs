//! The rules that must hold of every link (domain 4.5), each as the domain says it, for people as senders know them:
//! misspelt, incomplete, now and then under somebody else's number.

#![expect(clippy::arithmetic_side_effects, reason = "test arithmetic")]

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::super::*;
use crate::domain::identity::{
    Flag, Flagged, IdentityFacts, Link, LinkState, MatchClass, MentionedPerson, Mentions,
};
use crate::domain::{
    AlertId, AlertKind, AlertRecord, EventKind, Redacted, Rule, Span, Timestamp, UserId,
};
use crate::policy::fixtures::{self, at, missing_child, record_of};
use crate::policy::triggers::{self, Link as Standing, Thresholds};

const NOW: &str = "2026-07-15T15:20:00Z";

/// A person as one sender knows one of four: two twins, a girl of the same sound, and a stranger.
fn known_as() -> impl Strategy<Value = MentionedPerson> {
    let family = select(vec!["Simulacre", "Simulacra", "SIMULACRE", "Marrowby"]);
    let given = option::weighted(0.8, select(vec!["Ava", "Mia", "Amelia", "Jake", "Jack"]));
    let number = option::weighted(0.6, select(vec!["9990026033", "9990027404"]));
    let days = vec![(2015, 2, 3), (2015, 3, 2), (2015, 2, 13), (2012, 3, 9)];
    let born = option::weighted(0.9, select(days));
    let place = option::weighted(0.7, select(vec!["100000000009", "100000000001"]));
    let said = (any::<bool>(), proptest::bool::weighted(0.1), proptest::bool::weighted(0.2));
    (family, given, number, born, place, said).prop_map(
        |(family, given, number, born, uprn, said)| {
            let text = |text: &str| Redacted::new(text.to_owned());
            let (nhs_verified, protected, safe) = said;
            let day = |(year, month, day)| Redacted::new(jiff::civil::date(year, month, day));
            MentionedPerson {
                identity: IdentityFacts {
                    nhs_number: number.map(text),
                    protected,
                    family: Some(text(family)),
                    given: given.map(text),
                    uprn: uprn.map(text),
                    ..IdentityFacts::default()
                },
                nhs_verified,
                born: born.map(day),
                safe,
                ..MentionedPerson::default()
            }
        },
    )
}

/// One of two women, mostly well known.
fn a_mother() -> impl Strategy<Value = MentionedPerson> {
    let is_known = (proptest::bool::weighted(0.8), proptest::bool::weighted(0.9));
    let said = (any::<bool>(), proptest::bool::weighted(0.1));
    (any::<bool>(), is_known, said).prop_map(|(is_dana, (has_number, has_name), said)| {
        let text = |text: &str| Redacted::new(text.to_owned());
        let (number, given) = if is_dana { ("9990009597", "Dana") } else { ("9990012334", "Mara") };
        let (nhs_verified, protected) = said;
        MentionedPerson {
            identity: IdentityFacts {
                nhs_number: has_number.then(|| text(number)),
                protected,
                family: Some(text("Exemplar")),
                given: has_name.then(|| text(given)),
                uprn: Some(text("100000000009")),
                ..IdentityFacts::default()
            },
            nhs_verified,
            born: Some(Redacted::new(jiff::civil::date(1994, 7, 21))),
            ..MentionedPerson::default()
        }
    })
}

/// A child before birth, or a small one, with its mother.
fn a_child() -> impl Strategy<Value = MentionedPerson> {
    let days = vec![(2015, 2, 3), (2015, 2, 24), (2015, 2, 25)];
    let several = proptest::bool::weighted(0.2);
    let before_birth = (a_mother(), select(days), several);
    let before_birth = before_birth.prop_map(|(mother, (year, month, day), of_several)| {
        let expected = Some(Redacted::new(jiff::civil::date(year, month, day)));
        let mother = Some(Box::new(mother));
        MentionedPerson { expected, mother, of_several, ..MentionedPerson::default() }
    });
    let small = (known_as(), a_mother())
        .prop_map(|(child, mother)| MentionedPerson { mother: Some(Box::new(mother)), ..child });
    prop_oneof![3 => before_birth, 2 => small]
}

/// Anybody: alone, or a child with its mother.
fn anybody_at_all() -> impl Strategy<Value = MentionedPerson> {
    prop_oneof![2 => known_as(), 1 => a_child()]
}

/// An alert about one person, which began so many days ago.
fn alert(number: u8, person: &MentionedPerson, days: i64) -> Earlier {
    thread_local! {
        static RECORD: Arc<AlertRecord> = record_of(&missing_child(), NOW);
    }
    let mut record = RECORD.with(|record| record.as_ref().clone());
    record.id = AlertId::from_bytes([number; 16]);
    record.episode = record.id.into();
    let people = Mentions { people: vec![person.clone()], ..Mentions::default() };
    let tally = crate::domain::identity::Tally {
        started: at(NOW).minus(Span::days(days)),
        about: Some(0),
        ..Default::default()
    };
    Earlier { record: Arc::new(record), mentions: Mentions { tally, ..people } }
}

fn only(it: &Earlier) -> Mentioned<'_> {
    Mentioned { record: &it.record, person: &it.mentions.people[0] }
}

fn user(number: u8) -> UserId {
    UserId::try_from(format!("u-38{number:02}").as_str()).unwrap()
}

/// What a steward does, and who and when.
fn hands() -> impl Strategy<Value = Vec<(Hand, u8)>> {
    vec((select(Hand::ALL), 0..9_u8), 0..8)
}

/// The new alert with the hub's claims on the earlier ones.
fn taken(new: &Earlier, earlier: &[Earlier]) -> Earlier {
    let mut record = new.record.as_ref().clone();
    record.links = claims(&new.mentions, earlier, at(NOW));
    Earlier { record: Arc::new(record), mentions: new.mentions.clone() }
}

/// The new alert after a steward's hand, if it was let; the link that changed.
fn after(
    new: &Earlier,
    old: &Earlier,
    (hand, by, now): (Hand, &UserId, Timestamp),
) -> Result<(Earlier, Option<Link>), Refused> {
    let done = decide_by_hand(only(new), only(old), hand, (by, now))?;
    let changed = match &done {
        Decided::Changed(link) => Some(link.clone()),
        Decided::AsItWas(_) => None,
    };
    let record = Arc::new(with_link(&new.record, done.link().clone()));
    Ok((Earlier { record, mentions: new.mentions.clone() }, changed))
}

fn link_to(it: &Earlier, other: AlertId) -> Option<&Link> {
    it.record.links.iter().find(|link| link.other == other)
}

fn class_of(new: &Earlier, old: &Earlier) -> MatchClass {
    let of = |it: &Earlier| known::features_in(&it.record, &it.mentions.people[0]);
    compare(&of(new), &of(old), Surroundings::default()).class
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// "No operation deletes or overwrites a source record because of a link; unlink restores the exact prior state."
    #[test]
    fn rule_1_nothing_but_the_claim_ever_changes_and_unlinking_leaves_what_was(
        one in anybody_at_all(), other in anybody_at_all(), hands in hands()
    ) {
        let old = alert(1, &other, 14);
        let new = taken(&alert(2, &one, 0), std::slice::from_ref(&old));
        let before = old.clone();
        let mut stands = new.clone();
        for (hand, by) in hands {
            let was = link_to(&stands, old.record.id).cloned();
            let Ok((next, _)) = after(&stands, &old, (hand, &user(by), at(NOW))) else { continue };
            let is = link_to(&next, old.record.id).unwrap();
            if let Some(was) = was {
                let kept = is.earlier.get(..was.earlier.len());
                prop_assert_eq!(kept, Some(was.earlier.as_slice()), "no step is lost");
            }
            stands = next;
        }
        let (undone, _) = after(&stands, &old, (Hand::Unlink, &user(1), at(NOW))).unwrap_or((stands, None));

        let without = |it: &Earlier| AlertRecord { links: Vec::new(), ..it.record.as_ref().clone() };
        prop_assert_eq!(without(&undone), without(&new));
        prop_assert_eq!(&undone.mentions, &new.mentions);
        prop_assert_eq!((&old.record, &old.mentions), (&before.record, &before.mentions));
        let counts = link_to(&undone, old.record.id).is_some_and(|link| link.state.is_confirmed());
        prop_assert!(!counts, "after it the two are two");
    }

    /// "Every link/unlink has who/what evidence/when."
    #[test]
    fn rule_2_every_claim_says_who_made_it_by_what_and_when(
        one in anybody_at_all(), other in anybody_at_all(), hands in hands()
    ) {
        let old = alert(1, &other, 14);
        let new = taken(&alert(2, &one, 0), std::slice::from_ref(&old));
        for link in &new.record.links {
            prop_assert_eq!((&link.by, link.at), (&None, at(NOW)), "the hub, now");
            prop_assert!(!link.evidence.is_empty() || link.rule == Rule::I4b || link.state == LinkState::Conflict);
        }
        let told = tell(&new.record.links, &fixtures::directory(), (0, at(NOW)));
        let of = |kind| told.events.iter().filter(|event| event.kind == kind).count();
        let is_linked = |link: &&Link| link.state.is_confirmed();
        prop_assert_eq!(of(EventKind::SubjectLinked), new.record.links.iter().filter(is_linked).count());
        prop_assert_eq!(told.events.len(), new.record.links.len(), "each is recorded by its rule");
        let by_rules = told.events.iter().map(|event| event.rules.as_slice());
        prop_assert!(by_rules.eq(new.record.links.iter().map(|link| std::slice::from_ref(&link.rule))));

        let mut stands = new;
        for ((hand, by), minute) in hands.into_iter().zip(1..) {
            let (by, now) = (user(by), at(NOW).plus(Span::minutes(minute)));
            let was = link_to(&stands, old.record.id).cloned();
            let Ok((next, changed)) = after(&stands, &old, (hand, &by, now)) else { continue };
            if let Some(link) = changed {
                prop_assert_eq!((link.by.as_ref(), link.at), (Some(&by), now));
                let before = was.map(|was| (was.state, was.by, was.at));
                let step = link.earlier.last().map(|step| (step.state, step.by.clone(), step.at));
                prop_assert_eq!(step, before, "and who, when had brought it where it was");
            }
            stands = next;
        }
    }

    /// "A link made by human against I2, I3 or I1 is impossible through the API."
    #[test]
    fn rule_3_no_hand_links_what_i1_i2_and_i3_keep_apart(
        one in anybody_at_all(), other in anybody_at_all(), hands in hands(), protected: bool
    ) {
        let mut old = alert(1, &other, 14);
        if protected {
            let flag = Flagged { mention: 0, flag: Flag::Protected, by: user(0), at: at(NOW) };
            Arc::make_mut(&mut old.record).flags.push(flag);
        }
        let mut stands = taken(&alert(2, &one, 0), std::slice::from_ref(&old));
        let is_barred = !may_be_linked_by_hand(class_of(&stands, &old));

        for (hand, by) in hands {
            let done = after(&stands, &old, (hand, &user(by), at(NOW)));
            if hand == Hand::Link && is_barred {
                prop_assert_eq!(done.as_ref().err(), Some(&Refused::Barred));
            }
            stands = done.map_or(stands, |(next, _)| next);
            let is_linked = link_to(&stands, old.record.id).is_some_and(|link| link.state.is_confirmed());
            prop_assert!(!(is_barred && is_linked));
        }
    }

    /// "Repeat counters count only EXACT or human-confirmed links."
    #[test]
    fn rule_4_only_what_is_linked_counts_as_known_for_sure(
        one in known_as(), others in vec(known_as(), 1..5), hands in vec(option::of(select(Hand::ALL)), 5)
    ) {
        let earlier: Vec<Earlier> =
            others.iter().zip(1..).map(|(person, number)| alert(number, person, i64::from(number) * 7)).collect();
        let mut new = taken(&alert(9, &one, 0), &earlier);
        for (old, hand) in earlier.iter().zip(&hands) {
            let Some(hand) = *hand else { continue };
            new = after(&new, old, (hand, &user(1), at(NOW))).map_or(new, |(next, _)| next);
        }

        let repeats = triggers::known(&new.mentions, &new.record.links, &earlier, &Thresholds::DEFAULT);

        let sure = repeats.subject.events.iter().filter(|past| past.link == Standing::Confirmed);
        let sure: BTreeSet<AlertId> = sure.map(|past| past.alert).collect();
        let linked = new.record.links.iter().filter(|link| link.state.is_confirmed());
        prop_assert_eq!(sure, linked.map(|link| link.other).collect::<BTreeSet<_>>());
    }

    /// "A~B and B~C does not give A~C without evaluation."
    #[test]
    fn rule_5_what_links_a_to_b_and_b_to_c_says_nothing_of_a_and_c(
        a in anybody_at_all(), b in anybody_at_all(), c in anybody_at_all()
    ) {
        let c = alert(1, &c, 21);
        let alone = alert(2, &b, 14);
        let b = taken(&alone, std::slice::from_ref(&c));
        let linked = after(&b, &c, (Hand::Link, &user(1), at(NOW))).map_or(b, |(next, _)| next);
        let a = alert(3, &a, 0);

        let with_b = taken(&a, &[linked.clone(), c.clone()]);
        let unlinked = taken(&a, &[alone, c.clone()]);
        prop_assert_eq!(&with_b.record.links, &unlinked.record.links, "b's claims are not looked at");

        let by_itself = taken(&a, std::slice::from_ref(&c));
        let of = |it: &Earlier| link_to(it, c.record.id).map(|link| (link.rule, link.state));
        let asks_about_twins = |it: &Earlier| of(it).is_some_and(|(rule, _)| [Rule::I3b, Rule::I5].contains(&rule));
        if !asks_about_twins(&with_b) {
            prop_assert_eq!(of(&with_b), of(&by_itself), "judged for itself");
        }
        let Ok((by_hand, _)) = after(&with_b, &linked, (Hand::Link, &user(1), at(NOW))) else { return Ok(()) };
        prop_assert_eq!(of(&by_hand), of(&with_b), "a hand on a and b leaves a and c");
    }

    /// "Unborn: matched on mother + EDD (+/- 21 days); at birth a new person linked by steward."
    #[test]
    fn rule_7_who_was_expected_is_known_by_mother_and_date_and_linked_by_nobody_but_a_steward(
        one in a_child(), other in a_child()
    ) {
        let old = alert(1, &other, 14);
        let new = taken(&alert(2, &one, 0), std::slice::from_ref(&old));
        if one.expected.is_none() && other.expected.is_none() {
            return Ok(());
        }

        let Some(link) = link_to(&new, old.record.id) else { return Ok(()) };

        prop_assert!(!link.state.is_confirmed(), "never by the hub");
        let days = |person: &MentionedPerson| *person.expected.or(person.born).unwrap().expose();
        let apart = days(&one).until(days(&other)).unwrap().get_days().abs();
        prop_assert!(apart <= 21, "{apart} days");
        let mothers = one.mother.as_deref().zip(other.mother.as_deref());
        let (hers, theirs) = mothers.unwrap();
        let (hers, theirs) = (alert(3, hers, 0), alert(4, theirs, 0));
        let class = class_of(&hers, &theirs);
        prop_assert!([MatchClass::Exact, MatchClass::Strong].contains(&class), "{class}");
        prop_assert_eq!(link.waits(), class == MatchClass::Exact, "not her for sure is no more than a candidate");
    }

    /// "The protected-subject register applies to candidates as to links: an unconfirmed possible match with a SAFE subject
    /// is treated as SAFE until a human says otherwise."
    #[test]
    fn rule_8_whoever_may_be_a_safe_subject_is_treated_as_one_until_a_human_says_otherwise(
        one in anybody_at_all(), other in anybody_at_all(), flagged: bool, hand in option::of(select(Hand::ALL))
    ) {
        let mut old = alert(1, &other, 14);
        if flagged {
            let flag = Flagged { mention: 0, flag: Flag::Safe, by: user(0), at: at(NOW) };
            Arc::make_mut(&mut old.record).flags.push(flag);
        }
        let mut new = taken(&alert(2, &one, 0), std::slice::from_ref(&old));
        if let Some(hand) = hand {
            new = after(&new, &old, (hand, &user(1), at(NOW))).map_or(new, |(next, _)| next);
        }

        let safe = treated_as_safe(&new.mentions, &new.record.links, std::slice::from_ref(&old));

        let is_known = old.mentions.people[0].safe || flagged;
        let may_be = link_to(&new, old.record.id)
            .is_some_and(|link| link.state.is_confirmed() || link.state.is_open());
        let is_hidden = is_protected(&old.record, &old.mentions.people[0]);
        if is_known && may_be {
            prop_assert_eq!(&safe, &[0]);
        } else if !is_hidden {
            prop_assert_eq!(&safe, &[0_u32; 0]);
        }
    }

    /// The same people, the same claims: in whichever order they are told of, and however often one looks.
    #[test]
    fn each_pair_is_judged_the_same_in_both_directions_and_each_time(
        one in anybody_at_all(), other in anybody_at_all()
    ) {
        let (first, second) = (alert(1, &one, 14), alert(2, &other, 0));
        let (there, back) = (
            taken(&second, std::slice::from_ref(&first)),
            taken(&first, std::slice::from_ref(&second)),
        );

        let said = |it: &Earlier| {
            it.record.links.iter().map(|link| (link.rule, link.class, link.evidence.clone(), link.state)).collect::<Vec<_>>()
        };
        // Whose earlier mark hides whom differs: the register of the new alert is not there yet.
        prop_assert_eq!(said(&there), said(&back));
        prop_assert_eq!(&there.record.links, &taken(&second, std::slice::from_ref(&first)).record.links);
        prop_assert_eq!(first.record.kind, AlertKind::MissingReported);
    }
}
