//! R10–R13: a young person in the emergency department because of alcohol (domain 5.3).
//!
//! RESPONSE and maternity are listed whenever a row names them; whether they get anything is D9's.

use crate::domain::submission::{
    CompetenceOutcome, Offer, RiskMarker, SuspectedPersonType, ViewOnPolice,
};
use crate::domain::{AgencyCode, Letter, Priority, Rule};

use super::super::partners;
use super::super::partners::{CADT, MERPOL, MIDW, RESPONSE, WCHC, WUTH_SG};
use super::super::validation::AlcoholAssessment;
use super::Facts;
use super::row::{Line, Row, line, those};

/// Community health, under 16, in each of R10–R12.
const UNDER_16: Line = line(WCHC, Priority::P5)
    .only("under 16", |facts| found(facts).is_some_and(|found| found.age.may_be_under(16)));

pub(super) const ROWS: &[Row] = &[
    Row {
        rule: Rule::R10,
        when: "ALCOHOL_ATTENDANCE, no hard marker, support agreed",
        applies: |facts| is_hard(facts) == Some(false) && is_agreed(facts),
        lines: &[line(RESPONSE, Priority::P4), UNDER_16, line(WUTH_SG, Priority::P4)],
    },
    Row {
        rule: Rule::R11,
        when: "ALCOHOL_ATTENDANCE, no hard marker, refused, not offered or undecided",
        applies: |facts| is_hard(facts) == Some(false) && !is_agreed(facts),
        lines: &[line(RESPONSE, Priority::P4), UNDER_16, line(WUTH_SG, Priority::P4)],
    },
    Row {
        rule: Rule::R12,
        when: "ALCOHOL_ATTENDANCE with a hard marker",
        applies: |facts| is_hard(facts) == Some(true),
        lines: &[
            line(CADT, Priority::P3),
            line(CADT, Priority::P2).only("no safe adult, or a protection plan", |facts| {
                found(facts).is_some_and(|found| found.plan) || has(facts, RiskMarker::NoSafeAdult)
            }),
            line(WUTH_SG, Priority::P4),
            UNDER_16,
            line(RESPONSE, Priority::P4),
        ],
    },
    Row {
        rule: Rule::R12a,
        when: "ALCOHOL_ATTENDANCE with only a soft marker: REPEAT, or PREGNANT at 16 or 17",
        applies: |facts| {
            let is_soft = has(facts, RiskMarker::Repeat) || has(facts, RiskMarker::Pregnant);
            is_hard(facts) == Some(false) && is_soft
        },
        lines: &[
            line(WUTH_SG, Priority::P4),
            line(MIDW, Priority::P4).only("pregnant", |facts| has(facts, RiskMarker::Pregnant)),
        ],
    },
    Row {
        rule: Rule::R13,
        when: "ALCOHOL_ATTENDANCE with SEXUAL_ASSAULT_CONCERN, CSE_CONCERN or CCE_CONCERN",
        applies: |facts| RiskMarker::EXPLOITATION.iter().any(|marker| has(facts, *marker)),
        lines: &[
            line(CADT, Priority::P2),
            line(MERPOL, Priority::P2).only(
                "not while a competent person of 16 or 17 refuses police and endangers no others",
                |facts| found(facts).is_some_and(|found| !police_wait(facts, found)),
            ),
            line(WUTH_SG, Priority::P3),
        ],
    },
    Row {
        rule: Rule::R14,
        when: "ALCOHOL_ATTENDANCE with CPIS_FLAG from another council",
        applies: |facts| has(facts, RiskMarker::CpisFlag),
        lines: &[those(
            ("the council of the flag", &[Letter::X]),
            council_of_the_flag,
            Priority::P2,
        )],
    },
];

/// The responsible council, unless it is the hub's own.
fn council_of_the_flag(facts: &Facts<'_>) -> Vec<AgencyCode> {
    let council = facts.submission.envelope.responsible_la.get();
    let council = council.filter(|council| *council != partners::WIRRAL);
    council.and_then(|council| partners::responsible_team(council)).into_iter().collect()
}

fn found<'a>(facts: &Facts<'a>) -> Option<&'a AlcoholAssessment> {
    facts.validated.assessment.alcohol()
}

/// Whether a marker is hard; nothing for another kind.
fn is_hard(facts: &Facts<'_>) -> Option<bool> {
    found(facts).map(|found| found.hard)
}

fn has(facts: &Facts<'_>, marker: RiskMarker) -> bool {
    found(facts).is_some_and(|found| found.markers.contains(&marker))
}

fn is_agreed(facts: &Facts<'_>) -> bool {
    facts.submission.alcohol().is_some_and(|body| body.offer.is(Offer::Accepted))
}

/// 16 or 17, competent and refusing police: the front door decides, unless others are in danger (R13).
fn police_wait(facts: &Facts<'_>, found: &AlcoholAssessment) -> bool {
    let Some(body) = facts.submission.alcohol() else { return false };
    let is_competent =
        body.competence.get().is_some_and(|record| record.outcome.is(CompetenceOutcome::Competent));
    let endangers_others = matches!(
        body.suspected_person_type.known(),
        Some(SuspectedPersonType::AdultInTrust | SuspectedPersonType::RiskToOthers)
    ) || body.suspected_person_type.is_unrecognised();
    found.age.is_16_or_17()
        && is_competent
        && body.view_on_police.is(ViewOnPolice::Refuses)
        && !endangers_others
        && facts.validated.priority != Priority::P1
}
