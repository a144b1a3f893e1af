//! R10–R13: a young person in the emergency department because of alcohol (domain 5.3).
//!
//! RESPONSE and maternity are listed whenever a row names them; whether they get anything is D9's.

use crate::domain::submission::{
    CompetenceOutcome, Offer, RiskMarker, SuspectedPersonType, ViewOnPolice,
};
use crate::domain::{Priority, Rule};

use super::super::partners::{CADT, MERPOL, MIDW, RESPONSE, WCHC, WUTH_SG};
use super::super::validation::AlcoholAssessment;
use super::{Facts, Line, Wishes, line};

/// R10, R11: the young people's service and the hospital's safeguarding team.
const R10: &[Line] = &[line(RESPONSE, Priority::P4), line(WUTH_SG, Priority::P4)];
const R11: &[Line] = R10;

/// R12 beside the front door: any hard marker.
const R12: &[Line] = &[line(WUTH_SG, Priority::P4), line(RESPONSE, Priority::P4)];

/// R13 beside police: exploitation or sexual assault.
const R13: &[Line] = &[line(CADT, Priority::P2), line(WUTH_SG, Priority::P3)];

/// Community health, under 16, in each of R10–R12.
const UNDER_16: Line = line(WCHC, Priority::P5);

pub(super) fn rows(facts: &Facts<'_>, found: &AlcoholAssessment, wishes: &mut Wishes) {
    let has = |marker: RiskMarker| found.markers.contains(&marker);
    let is_agreed = facts.submission.alcohol().is_some_and(|body| body.offer.is(Offer::Accepted));
    let mut named = Vec::new();
    match (found.hard, is_agreed) {
        (true, _) => {
            r12(found, wishes);
            named.push(Rule::R12);
        }
        (false, true) => {
            wishes.lines(Rule::R10, R10);
            named.push(Rule::R10);
        }
        (false, false) => {
            wishes.lines(Rule::R11, R11);
            named.push(Rule::R11);
        }
    }
    let is_soft = !found.hard && (has(RiskMarker::Repeat) || has(RiskMarker::Pregnant));
    if is_soft {
        wishes.lines(Rule::R12a, &[line(WUTH_SG, Priority::P4)]);
    }
    if is_soft && has(RiskMarker::Pregnant) {
        wishes.lines(Rule::R12a, &[line(MIDW, Priority::P4)]);
    }
    if found.age.may_be_under(16) {
        named.iter().for_each(|rule| wishes.lines(*rule, &[UNDER_16]));
    }
    if RiskMarker::EXPLOITATION.iter().any(|marker| has(*marker)) {
        r13(facts, found, wishes);
    }
}

fn r12(found: &AlcoholAssessment, wishes: &mut Wishes) {
    let is_urgent = found.plan || found.markers.contains(&RiskMarker::NoSafeAdult);
    let front_door = if is_urgent { Priority::P2 } else { Priority::P3 };
    wishes.lines(Rule::R12, &[line(CADT, front_door)]);
    wishes.lines(Rule::R12, R12);
}

fn r13(facts: &Facts<'_>, found: &AlcoholAssessment, wishes: &mut Wishes) {
    wishes.lines(Rule::R13, R13);
    if !police_wait(facts, found) {
        wishes.lines(Rule::R13, &[line(MERPOL, Priority::P2)]);
    }
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
