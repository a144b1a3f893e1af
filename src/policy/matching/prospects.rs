//! Which earlier alerts are worth reading for a submission.
//!
//! Many alerts share a date of birth or the sound of a name with a new one, and nearly all of them are about somebody
//! else. They are told apart here by their people alone, so that neither their record is read nor their content opened.
//! Nothing is ruled out that a claim could name (domain 4.4) or that judging one needs; what is said of the people by
//! the stewards is in the record, and only makes claims fewer.

use super::known::{are_twins, features, state};
use super::table::{are_traced_and_different, compare, have_one_number};
use super::unborn;
use super::{Features, Surroundings};
use crate::domain::AlertKind;
use crate::domain::identity::Mentions;

/// The people of an earlier alert, ready to be compared. Personal data: never printed.
#[derive(Debug)]
pub struct Prospect {
    people: Vec<Features>,
    /// It ends an episode: whether the episode is open is asked even where nobody in it is known again.
    ends_episode: bool,
    /// The kind it counts as, where counters look at it (domain 5.8).
    counted: Option<AlertKind>,
}

impl Prospect {
    /// Of the alert's kind and of who is mentioned in it, neither of which ever changes.
    #[must_use]
    pub fn of(kind: AlertKind, mentions: &Mentions) -> Self {
        Self {
            people: unmarked(mentions),
            ends_episode: matches!(kind, AlertKind::MissingFound | AlertKind::MissingCancelled),
            counted: Some(kind).filter(|kind| is_counted(*kind)),
        }
    }

    /// The kind it counts as, where counters look at the alert: then it is read however many others tell of the child.
    #[must_use]
    pub const fn counted(&self) -> Option<AlertKind> {
        self.counted
    }
}

/// What happened, what ended, what anchors a repeat; not what is said of it in between.
const fn is_counted(kind: AlertKind) -> bool {
    let ends = matches!(kind, AlertKind::MissingFound | AlertKind::MissingCancelled);
    let happened = matches!(
        kind,
        AlertKind::MissingReported | AlertKind::AlcoholAttendance | AlertKind::DvNotification
    );
    let anchors = matches!(kind, AlertKind::MaracReferral | AlertKind::MaracOutcome);
    ends || happened || anchors || kind.is_referral()
}

/// As if nothing said that an identity is protected.
fn unmarked(mentions: &Mentions) -> Vec<Features> {
    mentions.people.iter().map(|person| features(person, |_| false).unmarked()).collect()
}

/// Which of the earlier alerts are worth reading for a new one, in their order: one answer for each.
#[must_use]
pub fn worth_reading(own: &Prospect, prospects: &[&Prospect]) -> Vec<bool> {
    let own = own.people.as_slice();
    let known = || prospects.iter().flat_map(|prospect| prospect.people.iter());
    let has_number_of_ours =
        |theirs: &&Features| own.iter().any(|own| have_one_number(own, theirs));
    // Whose twins make a claim one for a human: whoever has a number of ours (I3b), and a child that was expected before
    // it was born (domain 4.5.7).
    let mut with_twins: Vec<&Features> = known().filter(has_number_of_ours).collect();
    with_twins.extend(known().flat_map(|theirs| own.iter().filter_map(|own| born(own, theirs))));
    let is_worth_it = |prospect: &&Prospect| {
        prospect.ends_episode
            || prospect.people.iter().any(|theirs| {
                own.iter().any(|own| may_be(own, theirs))
                    || with_twins.iter().any(|one| are_twins(one, theirs))
            })
    };
    prospects.iter().map(is_worth_it).collect()
}

fn may_be(own: &Features, theirs: &Features) -> bool {
    !are_traced_and_different(own, theirs)
        && state(&compare(own, theirs, Surroundings::default())).is_some()
}

/// The one that is born of two who may be one child, the other one from before.
fn born<'a>(own: &'a Features, theirs: &'a Features) -> Option<&'a Features> {
    unborn::born_one(own, theirs).filter(|_| may_be(own, theirs))
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::super::known::surroundings;
    use super::super::tests::anybody;
    use super::super::{Name, NhsNumber};
    use super::*;

    /// The state of every claim between the new people and the earlier ones, as `claims` makes them.
    fn states(own: &[Features], earlier: &[&Features]) -> Vec<String> {
        let mut states = Vec::new();
        for own in own {
            for theirs in earlier {
                let around = surroundings(own, theirs, earlier.iter().copied());
                let claim = compare(own, theirs, around);
                states.extend(state(&claim).map(|state| format!("{} {state:?}", claim.rule)));
            }
        }
        states
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(600))]

        #[test]
        fn nobody_is_ruled_out_whom_a_claim_could_name(own in vec(anybody(), 1..3), earlier in vec(anybody(), 0..8)) {
            let unmarked = |person: &Features| person.clone().unmarked();
            let prospect = |person: &Features| Prospect { people: vec![unmarked(person)], ends_episode: false, counted: None };
            let prospects: Vec<Prospect> = earlier.iter().map(prospect).collect();
            let own_unmarked: Vec<Features> = own.iter().map(unmarked).collect();

            let new = Prospect { people: own_unmarked.clone(), ends_episode: false, counted: None };
            let worth = worth_reading(&new, &prospects.iter().collect::<Vec<_>>());

            let read: Vec<&Features> =
                earlier.iter().zip(&worth).filter(|(_, worth)| **worth).map(|(person, _)| person).collect();
            let all: Vec<&Features> = earlier.iter().collect();
            prop_assert_eq!(states(&own, &read), states(&own, &all));
            let open: Vec<Features> = earlier.iter().map(unmarked).collect();
            let open_read: Vec<Features> = read.iter().map(|person| unmarked(person)).collect();
            let unmarked_states = |earlier: &[Features]| states(&own_unmarked, &earlier.iter().collect::<Vec<_>>());
            prop_assert_eq!(unmarked_states(&open_read), unmarked_states(&open));
        }
    }

    /// Traced under another number, so that no claim can name it; yet it makes a claim to its twin one for a human (I3b).
    #[test]
    fn the_twin_of_whoever_has_the_same_number_is_read_too() {
        let twin = |number: &str, given: &str| Features {
            nhs: Some(NhsNumber { digits: number.to_owned(), verified: true }),
            family: Some(Name::of("Simulacre")),
            given: Some(Name::of(given)),
            born: Some(jiff::civil::date(2015, 2, 3)),
            ..Features::default()
        };
        let alone = |person: Features| Prospect {
            people: vec![person],
            ends_episode: false,
            counted: None,
        };
        let (jack, mia) = (alone(twin("9990026033", "Jack")), alone(twin("9990027404", "Mia")));
        let own = alone(twin("9990026033", "Jake"));

        assert_eq!(worth_reading(&own, &[&jack, &mia]), [true, true]);
        assert_eq!(worth_reading(&own, &[&mia]), [false], "alone she is somebody else");
    }

    /// No claim can name her; yet with her the child that was expected is one of two (domain 4.5.7).
    #[test]
    fn the_twin_of_a_child_that_was_expected_is_read_too() {
        let dana = || Features {
            nhs: Some(NhsNumber { digits: "9990009597".to_owned(), verified: true }),
            family: Some(Name::of("Exemplar")),
            given: Some(Name::of("Dana")),
            born: Some(jiff::civil::date(1994, 7, 21)),
            ..Features::default()
        };
        let born = |number: &str, given: &str| Features {
            nhs: Some(NhsNumber { digits: number.to_owned(), verified: true }),
            family: Some(Name::of("Exemplar")),
            given: Some(Name::of(given)),
            born: Some(jiff::civil::date(2027, 2, 14)),
            mother: Some(Box::new(dana())),
            ..Features::default()
        };
        let unborn = Features {
            expected: Some(jiff::civil::date(2027, 2, 10)),
            mother: Some(Box::new(dana())),
            ..Features::default()
        };
        let alone = |person: Features| Prospect {
            people: vec![person],
            ends_episode: false,
            counted: None,
        };
        let (unborn, lark) = (alone(unborn), alone(born("9990027404", "Lark")));
        let own = alone(born("9990026033", "Wren"));

        assert_eq!(worth_reading(&own, &[&unborn, &lark]), [true, true]);
        assert_eq!(worth_reading(&own, &[&lark]), [false], "alone she is somebody else");
    }

    #[test]
    fn a_stranger_is_ruled_out_unless_the_alert_ends_an_episode() {
        let stranger = || vec![Features { sex: Some(1), ..Features::default() }];
        let strangers = Prospect { people: stranger(), ends_episode: false, counted: None };
        let found = Prospect { people: stranger(), ends_episode: true, counted: None };

        assert_eq!(worth_reading(&strangers, &[&strangers, &found]), [false, true]);
    }
}
