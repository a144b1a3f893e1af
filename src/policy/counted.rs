//! What is counted of an alert when it is taken (domain 8): the small clear facts that figures are made of.
//!
//! Owns what needs an age, a home, a day or the hub's time: the age group of an attendance, whether it was an admission with
//! an injury of a resident, how a missing episode ended, the numbers of an operation. Keeps no field of a person: where a
//! figure needs clinical fields together, their one answer is kept and the fields stay sealed. Opens nothing later: what
//! was not kept when the alert was taken is "not told".

use super::age::{Age, has_come_of_age};
use super::area;
use crate::calendar;
use crate::domain::counted::{
    AgeGroup, AttendanceCounted, Counted, MissingCounted, MissingEnd, MissingEnded,
    OperationCounted,
};
use crate::domain::directory::Directory;
use crate::domain::submission::{
    AlcoholFacts, Bool3, FoundHow, Given, InjuryMechanism, MissingFacts, Submission,
};
use crate::domain::{AlertKind, Timestamp};

/// What is counted of this submission, taken at this instant. Who it is about, and whose case before the MARAC it is, is
/// the caller's to add.
#[must_use]
pub fn counted(submission: &Submission, (directory, now): (&Directory, Timestamp)) -> Counted {
    Counted {
        operation: operation(submission),
        attendance: submission
            .alcohol()
            .map(|facts| of_attendance((submission, facts), (directory, now))),
        missing: submission.missing().and_then(|facts| of_missing((submission, facts), now)),
        ..Counted::of(submission)
    }
}

/// The sender's instant where it can be true.
fn told(given: &Given<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    given.get().copied().filter(|at| *at <= now)
}

/// The numbers of an operation; one that is not there makes them no operation that can be added up.
fn operation(submission: &Submission) -> Option<OperationCounted> {
    let facts = submission.operation_report()?;
    let on = calendar::start_of_day(*facts.date.get()?).ok()?;
    Some(OperationCounted {
        on: on.into(),
        engaged: *facts.engaged.get()?,
        moved: *facts.moved.get()?,
        powers_used: *facts.powers_used.get()?,
    })
}

fn of_attendance(
    (submission, facts): (&Submission, &AlcoholFacts),
    (directory, now): (&Directory, Timestamp),
) -> AttendanceCounted {
    let at = told(&facts.attendance_at, now);
    let day = calendar::local_date(at.unwrap_or(now).to_jiff());
    let primary = submission.primary();
    let ages = match primary.map_or(Age::Unknown, |person| Age::on(person.age, day)) {
        Age::Unknown => AgeGroup::Unknown,
        Age::Years(0..=15) => AgeGroup::Under16,
        Age::Years(16 | 17) => AgeGroup::Of16To17,
        Age::Years(_) => AgeGroup::Adult,
    };
    let admitted = facts.admitted.known().unwrap_or(Bool3::Unknown);
    AttendanceCounted {
        at,
        ages,
        injury_admission: both(admitted, injured(facts)),
        resident: primary.map_or(Bool3::Unknown, |person| area::is_resident(person, directory)),
    }
}

/// An injury, or how it came about, other than NONE. What contradicts itself is an injury (GAP2: upward).
fn injured(facts: &AlcoholFacts) -> Bool3 {
    let told = facts.injury.known();
    match (told, facts.injury_mechanism.known()) {
        (Some(Bool3::Yes), _)
        | (
            _,
            Some(
                InjuryMechanism::Fall
                | InjuryMechanism::Assault
                | InjuryMechanism::SelfHarm
                | InjuryMechanism::Rtc
                | InjuryMechanism::Other,
            ),
        ) => Bool3::Yes,
        (Some(Bool3::No), _) | (_, Some(InjuryMechanism::None)) => Bool3::No,
        (Some(Bool3::Unknown) | None, None) => Bool3::Unknown,
    }
}

/// Both: one NO settles it.
const fn both(one: Bool3, other: Bool3) -> Bool3 {
    match (one, other) {
        (Bool3::No, _) | (_, Bool3::No) => Bool3::No,
        (Bool3::Yes, Bool3::Yes) => Bool3::Yes,
        (Bool3::Unknown, _) | (_, Bool3::Unknown) => Bool3::Unknown,
    }
}

fn of_missing(
    (submission, facts): (&Submission, &MissingFacts),
    now: Timestamp,
) -> Option<MissingCounted> {
    let ended = |at: Option<Timestamp>, how| MissingEnded {
        at,
        how,
        is_adult: has_come_of_age(submission, at.unwrap_or(now)),
    };
    if submission.kind == AlertKind::MissingReported {
        Some(MissingCounted::Since(told(&facts.last_seen_at, now)))
    } else if submission.kind == AlertKind::MissingFound {
        let is_dead = facts.found_how.is(FoundHow::Deceased);
        let how = if is_dead { MissingEnd::Deceased } else { MissingEnd::Found };
        Some(MissingCounted::Ended(ended(told(&facts.found_at, now), how)))
    } else if submission.kind == AlertKind::MissingCancelled {
        let at = told(&facts.cancelled_at, now);
        Some(MissingCounted::Ended(ended(at, MissingEnd::Cancelled)))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::*;
    use super::*;
    use crate::domain::submission::Given::{Given, Missing};

    fn of(alert: AlertBuilder, now: &str) -> Counted {
        counted(&alert.build(), (&directory(), at(now)))
    }

    fn attended(change: impl FnOnce(&mut AlcoholFacts)) -> AttendanceCounted {
        of(attendance().alcohol(change), "2026-11-08T03:10Z").attendance.unwrap()
    }

    #[test]
    fn an_admission_with_an_injury_is_one_answer_and_one_no_settles_it() {
        use Bool3::{No, Unknown, Yes};

        for (admitted, injury, mechanism, expected) in [
            (Some(Yes), Some(Yes), None, Yes),
            (Some(Yes), None, Some(InjuryMechanism::Fall), Yes),
            (Some(Yes), Some(No), Some(InjuryMechanism::Assault), Yes),
            (Some(Yes), Some(Yes), Some(InjuryMechanism::None), Yes),
            (Some(Yes), Some(No), Some(InjuryMechanism::None), No),
            (Some(Yes), Some(Unknown), Some(InjuryMechanism::None), No),
            (Some(Yes), Some(Unknown), None, Unknown),
            (Some(Yes), None, None, Unknown),
            (Some(No), Some(Yes), Some(InjuryMechanism::Fall), No),
            (Some(No), None, None, No),
            (Some(Unknown), Some(Yes), None, Unknown),
            (None, Some(Yes), None, Unknown),
            (None, Some(No), None, No),
        ] {
            let found = attended(|facts| {
                facts.admitted = admitted.map_or(Missing, known);
                facts.injury = injury.map_or(Missing, known);
                facts.injury_mechanism = mechanism.map_or(Missing, known);
            });
            let case = (admitted, injury, mechanism);
            assert_eq!(found.injury_admission, expected, "{case:?}");
        }
    }

    #[test]
    fn a_resident_has_a_home_in_the_area_and_a_sealed_or_unknown_one_is_not_told() {
        let lives =
            |alert: AlertBuilder| of(alert, "2026-11-08T03:10Z").attendance.unwrap().resident;

        assert_eq!(lives(attendance().living_in("ZX41")), Bool3::Yes);
        assert_eq!(lives(attendance().living_in("ZX91")), Bool3::No);
        assert_eq!(lives(attendance().primary(|child| child.addresses.clear())), Bool3::Unknown);
        let safe = attendance().primary(|child| child.has_safe_address = true);
        assert_eq!(lives(safe), Bool3::Unknown, "not even the council is told");
    }

    #[test]
    fn the_age_group_is_that_of_the_day_of_the_attendance() {
        let ages = |alert: AlertBuilder| of(alert, "2026-11-08T03:10Z").attendance.unwrap().ages;
        let on_the_seventh =
            || attendance().alcohol(|facts| facts.attendance_at = Given(at("2026-11-07T23:50Z")));

        assert_eq!(ages(on_the_seventh().born(2010, 11, 8)), AgeGroup::Under16);
        assert_eq!(ages(on_the_seventh().born(2010, 11, 7)), AgeGroup::Of16To17);
        assert_eq!(ages(on_the_seventh().born(2008, 11, 7)), AgeGroup::Adult);
        let unknown = attendance().primary(|child| {
            child.age = crate::domain::submission::AgeFact::Unknown;
        });
        assert_eq!(ages(unknown), AgeGroup::Unknown);
    }

    #[test]
    fn an_episode_counts_from_when_the_child_was_last_seen_and_never_from_the_future() {
        let since = |last_seen| {
            let report = missing_child().missing(|facts| facts.last_seen_at = last_seen);
            match of(report, "2026-10-23T21:40Z").missing {
                Some(MissingCounted::Since(since)) => since,
                other => panic!("a report: {other:?}"),
            }
        };

        assert_eq!(since(Given(at("2026-10-23T17:00Z"))), Some(at("2026-10-23T17:00Z")));
        assert_eq!(since(Given(at("2026-10-23T21:41Z"))), None);
        assert_eq!(since(Missing), None);
    }

    #[test]
    fn an_end_says_how_when_and_whether_of_age_by_then() {
        let ended = |alert: AlertBuilder| match of(alert, "2026-11-23T09:00Z").missing {
            Some(MissingCounted::Ended(ended)) => ended,
            other => panic!("an end: {other:?}"),
        };
        let found = |how, born: (i16, i8, i8)| {
            let alert = found_child().born(born.0, born.1, born.2).missing(|facts| {
                facts.found_how = known(how);
                facts.found_at = Given(at("2026-11-22T23:59Z"));
            });
            ended(alert)
        };

        let alive = found(FoundHow::ReturnedSelf, (2008, 11, 23));
        assert_eq!((alive.how, alive.is_adult), (MissingEnd::Found, false), "the day before");
        assert_eq!(alive.at, Some(at("2026-11-22T23:59Z")));
        assert!(found(FoundHow::ReturnedSelf, (2008, 11, 22)).is_adult);
        assert_eq!(found(FoundHow::Deceased, (2011, 1, 30)).how, MissingEnd::Deceased);
        let cancelled = ended(missing_child().kind(AlertKind::MissingCancelled));
        assert_eq!(cancelled.how, MissingEnd::Cancelled);
        assert_eq!(
            of(missing_child().kind(AlertKind::MissingUpdated), "2026-11-23T09:00Z").missing,
            None
        );
    }

    #[test]
    fn an_operation_is_its_numbers_and_one_that_lacks_a_number_is_none() {
        let whole = of(operation_report(), "2026-11-21T09:00Z").operation.unwrap();
        let lacks = operation_report().report(|facts| facts.moved = Missing);

        assert!(whole.engaged >= whole.moved && whole.moved >= whole.powers_used);
        assert_eq!(of(lacks, "2026-11-21T09:00Z").operation, None);
    }
}
