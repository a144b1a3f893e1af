//! R20–R22: domestic abuse by its band (domain 5.3). Encompass is R24's.
//!
//! Community health gets one delivery for all children together, at the most urgent that one of them asks for.

use crate::domain::submission::{Bool3, RiskBand, SubjectFacts, SubjectRole};
use crate::domain::{Letter, Priority, Rule};

use super::super::age::Age;
use super::super::area;
use super::super::partners::{ASC, CADT, FSU, MARAC, MERPOL, MIDW, WCHC};
use super::super::validation::{Danger, DomesticAbuseAssessment};
use super::row::{Line, Row, line, told};
use super::{Facts, encompass};

/// Each relevant school, at once; due before its next school day.
const ENCOMPASS: Row = Row {
    rule: Rule::R24,
    when: "DV_NOTIFICATION from police with a child who saw, heard or experienced it",
    applies: |facts| found(facts).is_some_and(|found| found.child_in_scope),
    lines: &[told(
        (
            "each relevant school P3; CADT-EDU P2 where it has no inbox, the child is taught at home or is in no \
             education; CADT-EDU and CADT P2 where the setting is not known; WCHC-019 P4 below reception age and for \
             a nursery; nobody under FORCED_MARRIAGE or HBA before the front door decides, of an unborn child, of a \
             child who lives outside the police area (R80), of NO_OBSERVED_IMPACT_ASSESSED, of a victim under 18 \
             without an impact of her own",
            &[Letter::E, Letter::N, Letter::C],
        ),
        encompass::r24,
        Priority::P4,
    )
    .up_to(Priority::P2)],
};

pub(super) const ROWS: &[Row] = &[
    Row {
        rule: Rule::R20,
        when: "DV_NOTIFICATION, GOLD or HIGH",
        applies: |facts| is_of(facts, RiskBand::HighGold),
        lines: &[
            line(FSU, Priority::P2),
            line(MARAC, Priority::P3),
            line(MERPOL, Priority::P1)
                .only("immediate threat", |facts| is_in(facts, &[Danger::ImmediateThreat])),
            with_a_child(CADT, Priority::P2),
            line(CADT, Priority::P1).only("child in scope: immediate threat or injured", |facts| {
                has_child(facts) && is_in(facts, &[Danger::ImmediateThreat, Danger::ChildInjured])
            }),
            if_pregnant(Priority::P2),
            line(WCHC, Priority::P3).only("a child under 5 or unborn", has_small_child),
            line(WCHC, Priority::P4).only("a school-age child living in Wirral", has_school_child),
        ],
    },
    Row {
        rule: Rule::R21,
        when: "DV_NOTIFICATION, SILVER or MEDIUM",
        applies: |facts| is_of(facts, RiskBand::MediumSilver),
        lines: &[
            line(FSU, Priority::P3),
            with_a_child(CADT, Priority::P3),
            if_pregnant(Priority::P4),
            line(WCHC, Priority::P4).only("a child under 5 or unborn", has_small_child),
            line(WCHC, Priority::P4).only("a school-age child living in Wirral", has_school_child),
        ],
    },
    Row {
        rule: Rule::R22,
        when: "DV_NOTIFICATION, BRONZE or STANDARD",
        applies: |facts| is_of(facts, RiskBand::StandardBronze),
        lines: &[
            line(FSU, Priority::P4),
            with_a_child(CADT, Priority::P4),
            if_pregnant(Priority::P4),
        ],
    },
    ENCOMPASS,
    Row {
        rule: Rule::R25,
        when: "DV_NOTIFICATION, victim 18 or over with care_needs YES",
        applies: has_care_needs,
        lines: &[
            line(ASC, Priority::P3),
            line(ASC, Priority::P2).only("GOLD or HIGH", |facts| is_of(facts, RiskBand::HighGold)),
        ],
    },
];

fn has_care_needs(facts: &Facts<'_>) -> bool {
    let Some(victim) = found(facts).and_then(|found| found.victim) else { return false };
    let is_adult = facts.validated.ages.get(victim).is_some_and(|age| age.is_adult());
    let person = facts.submission.subjects.get(victim);
    is_adult && person.is_some_and(|person| person.care_needs.is(Bool3::Yes))
}

const fn with_a_child(to: &'static str, priority: Priority) -> Line {
    line(to, priority).only("a child in scope", has_child)
}

const fn if_pregnant(priority: Priority) -> Line {
    line(MIDW, priority).only("pregnant, a child in scope", |facts| {
        has_child(facts) && found(facts).is_some_and(|found| found.pregnant)
    })
}

fn found<'a>(facts: &Facts<'a>) -> Option<&'a DomesticAbuseAssessment> {
    facts.validated.assessment.domestic_abuse()
}

fn is_of(facts: &Facts<'_>, band: RiskBand) -> bool {
    found(facts).is_some_and(|found| found.band == band)
}

fn is_in(facts: &Facts<'_>, dangers: &[Danger]) -> bool {
    found(facts).is_some_and(|found| dangers.contains(&found.danger))
}

fn has_child(facts: &Facts<'_>) -> bool {
    found(facts).is_some_and(|found| found.child_in_scope)
}

fn has_small_child(facts: &Facts<'_>) -> bool {
    let unborn = has_child(facts) && found(facts).is_some_and(|found| found.pregnant);
    unborn || any_child(facts, is_small)
}

fn has_school_child(facts: &Facts<'_>) -> bool {
    let directory = facts.context.directory;
    any_child(facts, |person, age| {
        !is_small(person, age) && area::lives_in_wirral(person, directory) && age.may_be_under(18)
    })
}

fn is_small(person: &SubjectFacts, age: Age) -> bool {
    person.role.is(SubjectRole::Unborn) || age.is_at_most(4)
}

fn any_child(facts: &Facts<'_>, is_it: impl Fn(&SubjectFacts, Age) -> bool) -> bool {
    let Some(found) = found(facts).filter(|found| found.child_in_scope) else { return false };
    found.children.iter().any(|index| {
        let age = facts.validated.ages.get(*index).copied().unwrap_or(Age::Unknown);
        facts.submission.subjects.get(*index).is_some_and(|person| is_it(person, age))
    })
}
